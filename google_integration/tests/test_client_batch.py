# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from datetime import datetime

import google.oauth2.credentials
from trytond.modules.google_integration.oauth import OAuthError

from .fake_server import (
    Server,
    answer,
    batch,
    drop,
    error,
    truncate,
)
from .test_client import CALENDAR, TOKEN, ClientTestCase, credentials


class RefreshTestCase(ClientTestCase):

    def setUp(self):
        super().setUp()
        self.refreshed = 0

    def refresh(self):
        self.refreshed += 1
        return credentials(f'new-{self.refreshed}')

    def test_once(self):
        "A refused token is renewed once, and the request repeated"
        server = self.serve(error(401, 'authError'), answer({}))
        client = self.client(server, refresh=self.refresh)
        client.execute(self.insert(client), idempotent=False)
        self.assertEqual(
            [r.headers['Authorization'] for r in server.requests],
            [f'Bearer {TOKEN}', 'Bearer new-1'])
        self.assertEqual(client.credentials.token, 'new-1')
        self.assertEqual(self.slept, [])

    def test_persists(self):
        server = self.serve(error(401, 'authError'))
        client = self.client(server, refresh=self.refresh)
        failure = self.refused(client.execute, self.list(client))
        self.assertEqual(
            (failure.status, failure.reason, failure.transient),
            (401, 'authError', False))
        self.assertEqual(self.refreshed, 1)
        self.assertEqual(len(server.requests), 2)

    def test_fails(self):
        def refresh():
            raise OAuthError('invalid_grant')
        server = self.serve(error(401, 'authError'))
        client = self.client(server, refresh=refresh)
        with self.assertRaises(OAuthError):
            client.execute(self.list(client))
        with self.assertRaises(OAuthError):
            client.batch([self.list(client)])

    def test_never_by_itself(self):
        "Expired credentials are sent as they are"
        server = self.serve(answer({}))
        client = self.client(server)
        client.credentials = google.oauth2.credentials.Credentials(
            TOKEN, refresh_token='refresh', token_uri=server.url + '/token',
            client_id='id', client_secret='secret',
            expiry=datetime(2020, 1, 1))
        client.execute(self.list(client))
        client.batch([self.list(client)])
        self.assertEqual(
            [r.path.split('?')[0] for r in server.requests],
            ['/calendar/v3/calendars/jane.doe%40example.com/events',
                '/batch/calendar/v3'])

    def test_other_thread(self):
        "Who finds the credentials renewed does not renew them again"
        server = self.serve(error(401, 'authError'), answer({}))
        client = self.client(server, refresh=self.refresh)
        client.renew('older')
        self.assertEqual(self.refreshed, 0)
        client.renew(TOKEN)
        client.renew(TOKEN)
        self.assertEqual(self.refreshed, 1)

    def test_batch(self):
        "The parts that were refused are sent again, the others not"
        refused = (401, {'error': {'errors': [{'reason': 'authError'}]}})
        server = self.serve(
            batch((200, {'id': 'a'}), refused, (200, {'id': 'c'})),
            batch((200, {'id': 'b'})))
        client = self.client(server, refresh=self.refresh)
        answers = client.batch([self.insert(client) for _ in range(3)])
        self.assertEqual([a['id'] for a in answers], ['a', 'b', 'c'])
        self.assertEqual(self.refreshed, 1)
        self.assertEqual(
            server.requests[1].headers['Authorization'], 'Bearer new-1')
        for request in server.requests:
            self.assertNotIn(b'uthorization', request.body)

    def test_batch_outer(self):
        server = self.serve(
            error(401, 'authError'), batch((200, {'id': 'a'})))
        client = self.client(server, refresh=self.refresh)
        self.assertEqual(
            client.batch([self.insert(client)], False), [{'id': 'a'}])

    def test_batch_keeps_what_was_done(self):
        "A dead grant does not lose the answers that came"
        def refresh():
            raise OAuthError('invalid_grant')
        server = self.serve(batch((200, {'id': 'a'}), (401, {})))
        client = self.client(server, refresh=refresh)
        done, refused = client.batch(
            [self.insert(client), self.insert(client)])
        self.assertEqual(done, {'id': 'a'})
        self.assertEqual(refused.status, 401)


class BatchTestCase(ClientTestCase):

    def requests(self, client, count):
        return [self.insert(client, id=f'event{i}') for i in range(count)]

    def test_order(self):
        "The answers are in the order of the requests"
        server = self.serve(batch(
                (200, {'id': 'a'}), (204, None),
                (412, {'error': {'errors': [
                                {'reason': 'conditionNotMet'}]}}),
                (200, {'summary': "é\u2028\nFrom: --batch_x"})))
        client = self.client(server)
        a, b, c, d = client.batch(
            [self.insert(client), client.api.events().delete(
                    calendarId=CALENDAR, eventId='abcde'),
                self.insert(client), self.list(client)])
        self.assertEqual((a, b), ({'id': 'a'}, ''))
        self.assertEqual((c.status, c.reason), (412, 'conditionNotMet'))
        self.assertEqual(d, {'summary': "é\u2028\nFrom: --batch_x"})
        self.assertEqual(server.requests[0].path, '/batch/calendar/v3')
        self.assertEqual(client.counters.requests, 1)
        self.assertEqual(client.counters.parts, 4)

    def test_nothing(self):
        server = self.serve(answer({}))
        client = self.client(server)
        self.assertEqual(client.batch([]), [])
        self.assertEqual(server.requests, [])

    def test_limit(self):
        "As many batches as the API demands"
        for api, version, count, sizes in [
                ('calendar', 'v3', 1001, [1000, 1]),
                ('drive', 'v3', 150, [100, 50])]:
            server = self.serve(
                *(batch(*[(204, None)] * size) for size in sizes))
            client = self.client(server, api, version)
            if api == 'calendar':
                requests = [client.api.events().delete(
                        calendarId='x', eventId='abcde')] * count
            else:
                requests = [client.api.files().delete(fileId='x')] * count
            self.assertEqual(client.batch(requests), [''] * count)
            self.assertEqual(client.counters.requests, 2)
            self.assertEqual(client.counters.parts, count)

    def test_parts_retried(self):
        "Only the parts that failed are sent again, together"
        rate = (
            429, {'error': {'errors': [{'reason': 'rateLimitExceeded'}]}},
            {'Retry-After': '45'})
        server = self.serve(
            batch((200, {'id': 'a'}), rate, (503, b'x'), (404, {})),
            batch((200, {'id': 'b'}), (503, b'x')),
            batch((200, {'id': 'c'})))
        client = self.client(server)
        a, b, c, d = client.batch(self.requests(client, 4))
        self.assertEqual([a['id'], b['id'], c['id']], ['a', 'b', 'c'])
        self.assertEqual(d.status, 404)
        self.assertEqual(len(self.slept), 2)
        self.assertEqual(self.slept[0], 45.0)
        self.assertIn(b'event1', server.requests[1].body)
        self.assertNotIn(b'event0', server.requests[1].body)
        self.assertEqual(client.counters.retries, 2)
        self.assertEqual(client.counters.parts, 7)

    def test_parts_not_idempotent(self):
        "What may have been done is not sent again"
        rate = (403, {'error': {'errors': [{'reason': 'rateLimitExceeded'}]}})
        server = self.serve(
            batch((503, b'x'), rate, (500, b'x')), batch((200, {'id': 'b'})))
        client = self.client(server)
        a, b, c = client.batch(self.requests(client, 3), idempotent=False)
        self.assertEqual((a.status, a.unknown), (503, True))
        self.assertEqual(b, {'id': 'b'})
        self.assertEqual((c.status, c.unknown), (500, True))

    def test_exhausted(self):
        server = self.serve(batch((503, b'x')))
        client = self.client(server, retry=3)
        failure, = client.batch(self.requests(client, 1))
        self.assertEqual(failure.status, 503)
        self.assertEqual(len(server.requests), 3)
        self.assertIsNone(failure.__traceback__)

    def test_dropped(self):
        "The whole batch is sent again if its parts may be"
        server = self.serve(drop, batch((200, {'id': 'a'})))
        client = self.client(server)
        self.assertEqual(
            client.batch(self.requests(client, 1)), [{'id': 'a'}])
        self.assertEqual(client.counters.requests, 2)

    def test_dropped_not_idempotent(self):
        server = self.serve(drop)
        client = self.client(server)
        failures = client.batch(self.requests(client, 3), idempotent=False)
        self.assertEqual(
            [(f.status, f.reason, f.unknown) for f in failures],
            [(0, 'unreachable', True)] * 3)
        self.assertEqual(len(server.requests), 1)
        self.assertEqual(len(set(map(id, failures))), 3)

    def test_unreachable(self):
        with Server(answer({})) as server:
            pass
        client = self.client(server, retry=2)
        failure, = client.batch(self.requests(client, 1), idempotent=False)
        self.assertEqual(
            (failure.reason, failure.unknown), ('unreachable', False))

    def test_refused(self):
        "The whole batch refused: each part is told"
        server = self.serve(error(403, 'accessNotConfigured'))
        client = self.client(server)
        failures = client.batch(self.requests(client, 2))
        self.assertEqual(
            [f.reason for f in failures], ['accessNotConfigured'] * 2)
        server = self.serve(
            error(429, 'rateLimitExceeded'), batch((200, {'id': 'a'})))
        client = self.client(server)
        self.assertEqual(client.batch(
                self.requests(client, 1), idempotent=False), [{'id': 'a'}])

    def test_none_taken(self):
        "Where no batch is taken the requests are sent one by one"
        for status in [404, 405, 501]:
            server = self.serve(
                error(status, 'notFound'), answer({'id': 'a'}),
                error(404, 'notFound'), answer({'id': 'c'}))
            client = self.client(server)
            a, b, c = client.batch(
                self.requests(client, 3), idempotent=False)
            self.assertEqual((a, b.status, c), ({'id': 'a'}, 404, {'id': 'c'}))
            self.assertEqual(len(server.requests), 4)

    def test_missing(self):
        "Parts that Google forgot"
        server = self.serve(batch(
                (200, {'id': 'a'}), None, b'nonsense', (200, b'{"id"'),
                b'HTTP/1.1 OK\r\n\r\n{}', (200, {'id': 'f'})))
        client = self.client(server)
        a, *lost, f = client.batch(self.requests(client, 6))
        self.assertEqual((a, f), ({'id': 'a'}, {'id': 'f'}))
        for failure in lost:
            self.assertEqual(
                (failure.reason, failure.unknown), ('malformed', True))
        self.assertEqual(len(server.requests), 1)

    def test_names(self):
        "A part is found by the end of its name, in whatever brackets"
        for named in [
                '<response-{}>', '<{}>', 'response-{}', 'response-<{}>',
                '"<response-{}>"']:
            with self.subTest(named=named):
                client = self.client(self.serve(batch(
                            (200, {'id': 'a'}), None, (200, {'id': 'c'}),
                            named=named)))
                a, b, c = client.batch(self.requests(client, 3))
                self.assertEqual((a, c), ({'id': 'a'}, {'id': 'c'}))
                self.assertEqual(b.reason, 'malformed')

    def test_forms(self):
        "What the syntax of HTTP leaves open"
        server = self.serve(batch(
                b'HTTP/1.1 200\r\n\r\n{"id": "a"}',
                b'HTTP/1.1 200 \nContent-Type: text/json\n\n{"id": "b"}',
                b'HTTP/1.1 204 No Content\r\n',
                b'HTTP/1.1 404\r\n'))
        client = self.client(server)
        *answers, failure = client.batch(self.requests(client, 4))
        self.assertEqual(answers, [{'id': 'a'}, {'id': 'b'}, {}])
        self.assertEqual(failure.status, 404)

    def test_no_batch(self):
        "An answer that is no batch at all"
        for step in [
                answer({}), answer(b''), answer(b'\xff', Content_Type='x'),
                answer(b'x', Content_Type='multipart/mixed; boundary=y'),
                answer(b'x', Content_Type='multipart/mixed')]:
            server = self.serve(step)
            client = self.client(server)
            for failure in client.batch(self.requests(client, 2)):
                self.assertEqual(
                    (failure.reason, failure.unknown), ('malformed', True))

    def test_truncated(self):
        "The parts that came whole are kept, the others unknown"
        whole = batch((200, {'id': 'a'}), (200, {'id': 'b' * 100}))
        server = self.serve(truncate(whole, 320))
        client = self.client(server)
        a, b = client.batch(self.requests(client, 2), idempotent=False)
        self.assertEqual(a, {'id': 'a'})
        self.assertEqual((b.reason, b.unknown), ('malformed', True))
        server = self.serve(truncate(whole, 320), batch((200, {'id': 'b'})))
        client = self.client(server)
        self.assertEqual(
            client.batch(self.requests(client, 2)),
            [{'id': 'a'}, {'id': 'b'}])
        server = self.serve(truncate(batch((200, b'x' * 400)), 300))
        client = self.client(server)
        failure, = client.batch([client.api.events().delete(
                    calendarId='x', eventId='abcde')], idempotent=False)
        self.assertEqual(failure.reason, 'malformed')
        server = self.serve(truncate(whole, 5))
        client = self.client(server)
        self.assertEqual(
            [f.reason for f in client.batch(
                    self.requests(client, 2), idempotent=False)],
            ['malformed'] * 2)

    def test_deadline(self):
        server = self.serve(batch((204, None)))
        client = self.client(server, deadline=0.0)
        failure, = client.batch(self.requests(client, 1))
        self.assertEqual(failure.reason, 'deadline')
