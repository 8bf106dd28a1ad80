# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import gc
import gzip
import json
import random
import threading
import weakref
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from unittest import TestCase
from unittest.mock import patch

import google.oauth2.credentials
from trytond.modules.google_integration import transport
from trytond.modules.google_integration.client import (
    Client,
    GoogleError,
    Settings,
)

from .fake_server import (
    Server,
    answer,
    drop,
    error,
    truncate,
)

TOKEN = 'ya29.secret-access-token'
CALENDAR = 'jane.doe@example.com'


def credentials(token=TOKEN):
    return google.oauth2.credentials.Credentials(token)


class ClientTestCase(TestCase):

    def setUp(self):
        super().setUp()
        self.slept = []

    def serve(self, *script, **kwargs):
        server = Server(*script, **kwargs)
        return self.enterContext(server)

    def client(self, server, api='calendar', version='v3', refresh=None,
            **settings):
        client = Client(
            credentials(), api, version,
            Settings(**{'api_root': server.url, 'timeout': 5.0, **settings}),
            refresh=refresh, sleep=self.slept.append)
        self.addCleanup(client.close)
        return client

    def list(self, client, **kwargs):
        return client.api.events().list(calendarId=CALENDAR, **kwargs)

    def insert(self, client, **body):
        return client.api.events().insert(calendarId=CALENDAR, body=body)

    def refused(self, function, *args, **kwargs):
        with self.assertRaises(GoogleError) as caught:
            function(*args, **kwargs)
        return caught.exception


class ExecuteTestCase(ClientTestCase):

    def test_answer(self):
        "The answer is returned and counted"
        server = self.serve(answer({'items': []}))
        client = self.client(server)
        self.assertEqual(client.execute(self.list(client)), {'items': []})
        self.assertEqual(client.counters.requests, 1)
        self.assertEqual(client.counters.retries, 0)
        self.assertEqual(
            client.counters.bytes_received, len(b'{"items": []}'))
        self.assertEqual(
            server.requests[0].headers['Authorization'], f'Bearer {TOKEN}')
        self.assertEqual(client.parameters, {})

    def test_compressed(self):
        "What is counted is what went over the line"
        content = gzip.compress(json.dumps({'items': ['x'] * 999}).encode())
        server = self.serve(answer(content, Content_Encoding='gzip'))
        client = self.client(server)
        self.assertEqual(len(client.execute(self.list(client))['items']), 999)
        self.assertEqual(client.counters.bytes_received, len(content))

    def test_no_content(self):
        server = self.serve(answer(None, 204), answer(None, 200))
        client = self.client(server)
        for _ in range(2):
            self.assertEqual(client.execute(client.api.events().delete(
                        calendarId=CALENDAR, eventId='abcde')), '')

    def test_kept_alive(self):
        "One connection serves several requests; a dead one is replaced"
        server = self.serve(answer({}))
        client = self.client(server)
        client.execute(self.list(client))
        connection, = client._http().connections.values()
        sock = connection.sock
        client.execute(self.list(client))
        self.assertIs(connection.sock, sock)
        # the server hangs up between two requests
        sock.shutdown(2)
        client.execute(self.insert(client), idempotent=False)
        self.assertIsNot(connection.sock, sock)
        self.assertEqual(client.counters.requests, 3)
        self.assertEqual(client.counters.retries, 0)

    def test_retried(self):
        "429, rate limits, 5xx and lost connections are repeated"
        for step in [
                error(429, 'rateLimitExceeded'),
                error(403, 'rateLimitExceeded'),
                error(403, 'userRateLimitExceeded'),
                error(500, 'backendError'), answer(b'<html>', 502),
                error(503, 'backendError'), answer(b'', 504), drop,
                truncate(answer({'items': ['x' * 100]}))]:
            server = self.serve(step, step, answer({'items': []}))
            client = self.client(server)
            client.execute(self.list(client))
            self.assertEqual(len(server.requests), 3)
            self.assertEqual(client.counters.requests, 3)
            self.assertEqual(client.counters.retries, 2)

    def test_not_retried(self):
        "Nothing else is repeated"
        for step, reason, transient in [
                (error(400, 'badRequest'), 'badRequest', False),
                (error(401, 'authError'), 'authError', False),
                (error(403, 'quotaExceeded'), 'quotaExceeded', True),
                (error(403, 'sharingRateLimitExceeded'),
                    'sharingRateLimitExceeded', True),
                (error(403, 'insufficientPermissions'),
                    'insufficientPermissions', False),
                (error(404, 'notFound'), 'notFound', False),
                (error(409, 'duplicate'), 'duplicate', False),
                (error(409, 'conflict'), 'conflict', True),
                (error(410, 'fullSyncRequired'), 'fullSyncRequired', False),
                (error(412, 'conditionNotMet'), 'conditionNotMet', False),
                (answer(b'nothing', 418), 'http_418', False),
                (answer(None, 304), 'http_304', False)]:
            with self.subTest(reason=reason):
                server = self.serve(step)
                client = self.client(server)
                failure = self.refused(client.execute, self.list(client))
                self.assertEqual(failure.reason, reason)
                self.assertEqual(failure.transient, transient)
                self.assertFalse(failure.unknown)
                self.assertEqual(len(server.requests), 1)
        self.assertEqual(self.slept, [])

    def test_not_idempotent(self):
        "What may have been done is never repeated, by no library either"
        for step, status, reason in [
                (error(500, 'backendError'), 500, 'backendError'),
                (error(503, 'backendError'), 503, 'backendError'),
                (drop, 0, 'unreachable'),
                (truncate(answer({'id': 'x' * 100})), 200, 'malformed')]:
            with self.subTest(reason=reason):
                server = self.serve(step)
                client = self.client(server)
                failure = self.refused(
                    client.execute, self.insert(client), idempotent=False)
                self.assertEqual(failure.status, status)
                self.assertEqual(failure.reason, reason)
                self.assertTrue(failure.unknown)
                self.assertTrue(failure.transient)
                self.assertEqual(len(server.requests), 1)

    def test_not_idempotent_rate(self):
        "What Google refused to execute is repeated"
        server = self.serve(
            error(429, 'rateLimitExceeded'),
            error(403, 'userRateLimitExceeded'), answer({'id': 'x'}))
        client = self.client(server)
        self.assertEqual(client.execute(
                self.insert(client, id='x'), idempotent=False), {'id': 'x'})
        self.assertEqual(len({r.body for r in server.requests}), 1)

    def test_exhausted(self):
        "The tries are limited, the last error is raised"
        server = self.serve(error(503, 'backendError'))
        client = self.client(server, retry=4)
        failure = self.refused(client.execute, self.list(client))
        self.assertEqual(failure.status, 503)
        self.assertTrue(failure.transient)
        self.assertEqual(len(server.requests), 4)
        self.assertEqual(len(self.slept), 3)

    def test_backoff(self):
        "The waits have full jitter, grow to 32 s and not further"
        bounds = []

        def uniform(low, high):
            bounds.append((low, high))
            return high

        server = self.serve(error(503, 'backendError'))
        client = self.client(server, retry=9)
        with patch.object(random, 'uniform', uniform):
            self.refused(client.execute, self.list(client))
        self.assertEqual(
            self.slept, [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 32.0, 32.0])
        self.assertEqual({low for low, _ in bounds}, {0.0})

    def test_retry_after(self):
        "Retry-After is honoured, as seconds and as a date"
        now = datetime.now(timezone.utc)
        server = self.serve(
            error(429, 'rateLimitExceeded', Retry_After='40'),
            error(503, 'backendError', Retry_After=format_datetime(
                    now + timedelta(seconds=50), usegmt=True)),
            error(429, 'rateLimitExceeded', message=(
                    "User-rate limit exceeded.  Retry after "
                    f"{now + timedelta(seconds=60):%Y-%m-%dT%H:%M:%S.000Z}")),
            answer({}))
        client = self.client(server)
        client.execute(self.list(client))
        self.assertEqual(self.slept[0], 40.0)
        self.assertAlmostEqual(self.slept[1], 50.0, delta=5)
        self.assertAlmostEqual(self.slept[2], 60.0, delta=5)
        offset = (now + timedelta(hours=1, seconds=60)).replace(
            tzinfo=timezone(timedelta(hours=1)))
        client = self.client(self.serve(
                error(429, 'rateLimitExceeded', message=(
                        f"Retry after {offset.isoformat()} (Mail sending)")),
                answer({})))
        client.execute(self.list(client))
        self.assertAlmostEqual(self.slept[3], 60.0, delta=5)

    def test_retry_after_header(self):
        for value, seconds in [
                ('7', 7.0), ('', None), ('soon', None), ('-3', None),
                ('Thu, 01 Jan 1970 00:00:00 GMT', 0.0), ('1e9', None),
                ('Fri, 02 Jan 2026 00:01:00 GMT', 60.0)]:
            self.assertEqual(transport.retry_after({
                        'retry-after': value,
                        'date': 'Fri, 02 Jan 2026 00:00:00 GMT'}), seconds)
        self.assertIsNone(transport.retry_after({}))

    def test_deadline(self):
        "A wait beyond the end of the operation is not begun"
        server = self.serve(
            error(429, 'rateLimitExceeded', Retry_After='3600'))
        client = self.client(server, deadline=60.0)
        failure = self.refused(client.execute, self.list(client))
        self.assertEqual(failure.retry_after, 3600.0)
        self.assertTrue(failure.transient)
        self.assertEqual(len(server.requests), 1)
        self.assertEqual(self.slept, [])

    def test_deadline_over(self):
        server = self.serve(answer({}))
        client = self.client(server, deadline=0.0)
        failure = self.refused(client.execute, self.list(client))
        self.assertEqual(failure.reason, 'deadline')
        self.assertTrue(failure.transient)
        self.assertFalse(failure.unknown)
        self.assertEqual(server.requests, [])

    def _slow(self, release, body):
        def step(handler, request):
            if body:
                handler.reply(200, b'{', length=100)
            release.wait(60)
            handler.hang_up()
        return step

    def test_timeout(self):
        "A server that does not answer, or not to the end"
        for body in [False, True]:
            release = threading.Event()
            server = self.serve(self._slow(release, body))
            client = self.client(server, timeout=.3, retry=1)
            failure = self.refused(client.execute, self.list(client))
            release.set()
            self.assertEqual(
                failure.reason, 'malformed' if body else 'unreachable')
            self.assertTrue(failure.unknown)
            self.assertTrue(failure.transient)
            self.assertEqual(len(server.requests), 1)

    def test_timeout_by_deadline(self):
        "A request ends with the operation"
        release = threading.Event()
        server = self.serve(self._slow(release, False))
        client = self.client(server, timeout=9.0, deadline=.1)
        failure = self.refused(client.execute, self.list(client))
        release.set()
        self.assertEqual(failure.reason, 'deadline')
        self.assertTrue(failure.unknown)

    def test_unreachable(self):
        "A server that is not there: repeated, as nothing was sent"
        with Server(answer({})) as server:
            pass
        client = self.client(server, retry=3)
        failure = self.refused(
            client.execute, self.insert(client), idempotent=False)
        self.assertEqual((failure.status, failure.reason), (0, 'unreachable'))
        self.assertTrue(failure.transient)
        self.assertFalse(failure.unknown)
        self.assertEqual(client.counters.requests, 0)
        self.assertEqual(len(self.slept), 2)

    def test_malformed(self):
        "An answer that is not JSON, or not an object"
        for content in [
                b'<html>Log in</html>', b'', b'[]', b'"x"', b'\xff\xfe{}',
                b'{"items": ', b'null', b'[' * 100000]:
            with self.subTest(content=content[:20]):
                server = self.serve(answer(content))
                client = self.client(server)
                failure = self.refused(client.execute, self.list(client))
                self.assertEqual(failure.reason, 'malformed')
                self.assertTrue(failure.unknown)
                self.assertTrue(failure.transient)
                self.assertEqual(len(server.requests), 1)
        server = self.serve(answer(b'no gzip', Content_Encoding='gzip'))
        client = self.client(server)
        failure = self.refused(client.execute, self.list(client))
        self.assertEqual(failure.reason, 'malformed')

    def test_truncated(self):
        "An answer whose end never comes"
        server = self.serve(truncate(answer({'items': ['x' * 100]})))
        client = self.client(server, retry=3)
        failure = self.refused(client.execute, self.list(client))
        self.assertEqual(failure.reason, 'malformed')
        self.assertTrue(failure.unknown)
        self.assertEqual(len(server.requests), 3)

    def test_odd_errors(self):
        "Bodies of errors that nobody would expect"
        for content in [
                b'5', b'[]', b'[{"error": 1}]', b'{"error": []}', b'\xff',
                b'{"error": {"message": {}, "errors": {"a": 1}}}',
                b'{"error": {"errors": [1, {"reason": "a b"}]}}', b'null']:
            with self.subTest(content=content):
                server = self.serve(answer(content, 403))
                client = self.client(server)
                failure = self.refused(client.execute, self.list(client))
                self.assertEqual(
                    (failure.status, failure.reason), (403, 'http_403'))

    def test_people(self):
        "People names its reasons in details"
        server = self.serve(
            answer({'error': {
                        'code': 429, 'status': 'RESOURCE_EXHAUSTED',
                        'message': "Slower"}}, 429),
            answer({'error': {
                        'code': 403, 'status': 'PERMISSION_DENIED',
                        'message': "Enable it", 'details': [{
                                '@type': 'x/google.rpc.ErrorInfo',
                                'reason': 'SERVICE_DISABLED'}]}}, 403))
        client = self.client(server, 'people', 'v1')
        failure = self.refused(client.execute, client.api.people().get(
                resourceName='people/me', personFields='names'))
        self.assertEqual(failure.reason, 'SERVICE_DISABLED')
        self.assertEqual(failure.message, "Enable it")
        self.assertEqual(len(server.requests), 2)

    def test_programming_error(self):
        "A wrong use is not taken for an answer of Google"
        server = self.serve(answer({}))
        client = self.client(server)
        request = self.list(client)
        request.headers = None
        with self.assertRaises(TypeError):
            client.execute(request)

    def test_challenge(self):
        "The header WWW-Authenticate disturbs nobody"
        for value in ['Bearer', 'Basic realm="\xfc, ,=', '"', ',']:
            server = self.serve(
                error(401, 'authError', WWW_Authenticate=value))
            client = self.client(server)
            failure = self.refused(client.execute, self.list(client))
            self.assertEqual(failure.status, 401)
            self.assertEqual(len(server.requests), 1)

    def test_long_uri(self):
        "A long address becomes a POST, and can be repeated"
        server = self.serve(drop, answer({}))
        client = self.client(server)
        client.execute(self.list(client, q='x' * 3000))
        self.assertEqual(
            {(r.method, len(r.body) > 3000) for r in server.requests},
            {('POST', True)})

    def test_only_the_client_sends(self):
        "What is made of an API is of no account, until a client sends it"
        server = self.serve(answer({}))
        one, other = self.client(server), self.client(server)
        self.assertIs(one.api, other.api)
        other.credentials = credentials(token='other')
        request = self.list(one)
        with self.assertRaises(TypeError):
            request.execute()
        self.assertEqual(server.requests, [])
        other.execute(request)
        self.assertEqual(
            server.requests[0].headers['Authorization'], 'Bearer other')

    def test_download_execute(self):
        server = self.serve(answer(b'\x00abc'))
        client = self.client(server, 'drive', 'v3')
        self.assertEqual(client.execute(
                client.api.files().get_media(fileId='x')), b'\x00abc')

    def test_resumable_upload(self):
        "308 is no redirect; the session is continued after an error"
        from googleapiclient.http import MediaInMemoryUpload
        server = self.serve()
        server.script = [
            answer(None, 200, Location=server.url + '/session'),
            answer(None, 308, Range='bytes=0-262143'),
            error(503, 'backendError'),
            answer(None, 308, Range='bytes=0-262143'),
            answer({'id': 'x'})]
        client = self.client(server, 'drive', 'v3')
        media = MediaInMemoryUpload(
            b'x' * 300000, chunksize=262144, resumable=True)
        self.assertEqual(client.execute(client.api.files().create(
                    body={'name': "x"}, media_body=media)), {'id': 'x'})
        self.assertEqual(
            [r.method for r in server.requests],
            ['POST', 'PUT', 'PUT', 'PUT', 'PUT'])
        self.assertTrue(client.counters.bytes_sent > 300000)

    def test_upload_elsewhere(self):
        "A session at another host gets no token"
        from googleapiclient.http import MediaInMemoryUpload
        other = self.serve(answer({'id': 'x'}))
        server = self.serve(answer(None, 200, Location=other.url + '/session'))
        client = self.client(server, 'drive', 'v3')
        self.assertEqual(client.execute(client.api.files().create(
                    body={}, media_body=MediaInMemoryUpload(
                        b'x', resumable=True))), {'id': 'x'})
        request, = other.requests
        self.assertNotIn('Authorization', request.headers)

    def test_threads(self):
        "Each thread has its own connection; the counters are of all"
        server = self.serve(answer({}))
        client = self.client(server)
        https, failures = [], []
        # one that has ended would leave its connection to a later one
        together = threading.Barrier(4, timeout=60)

        def work():
            try:
                together.wait()
                for _ in range(5):
                    client.execute(self.list(client))
                https.append(client._http())
                together.wait()
            except Exception as exception:
                failures.append(exception)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])
        self.assertEqual(len(set(map(id, https))), 4)
        self.assertEqual(client.counters.requests, 20)
        client.close()
        self.assertFalse(any(http.connections for http in https))

    def test_pages_are_forgotten(self):
        "Nothing holds an answer back"
        class Page(dict):
            pass

        server = self.serve(
            answer({'items': ['x']}), error(404, 'notFound'))
        client = self.client(server)
        request = self.list(client)
        postproc, pages = request.postproc, []

        def read(response, content):
            page = Page(postproc(response, content))
            pages.append(weakref.ref(page))
            return page
        request.postproc = read
        client.execute(request)
        gc.collect()
        self.assertIsNone(pages[0]())
        failure = self.refused(client.execute, self.list(client))
        self.assertIsNone(failure.__context__)
        self.assertIsNone(failure.__cause__)
