# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import queue
import ssl
import subprocess
import tempfile
import threading
import unittest
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from .common import (
    CALENDAR, EmulatorTestCase, setUpModule, tearDownModule, timed)

__all__ = ['setUpModule', 'tearDownModule']
ANN, BOB = 'ann@example.com', 'bob@example.com'


class Receiver:
    "A web hook: got has (headers, body), statuses what it answers"

    def __init__(self, context=None):
        self.got = queue.Queue()
        self.statuses = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(
                    int(self.headers.get('Content-Length', 0)))
                receiver.got.put((self.path, dict(self.headers), body))
                status = 200
                if receiver.statuses:
                    status = receiver.statuses.pop(0)
                self.send_response(status)
                self.send_header('Content-Length', '0')
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        scheme = 'http'
        if context is not None:
            scheme = 'https'
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True)
        self.url = f'{scheme}://127.0.0.1:{self.server.server_port}/hook?a=1'
        self.thread = threading.Thread(
            target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def next(self):
        return self.got.get(timeout=60)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class ChannelTestCase(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.admin.options(http_channels=True)
        self.service_ = self.service()
        self.events = self.service_.events()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.stop)

    def body(self, id='c1', **values):
        return {
            'id': id, 'type': 'web_hook', 'address': self.receiver.url,
            'token': 'secret', **values}

    def watch(self, id='c1', collection=None, where=None, **values):
        collection = collection or self.events
        where = {'calendarId': 'primary'} if where is None else where
        return collection.watch(
            body=self.body(id, **values), **where).execute()

    def states(self, **values):
        return [
            (d['channel'], d['state'], d['status'])
            for d in self.admin.deliveries(**values)]


class TestWatch(ChannelTestCase):
    def test_answer(self):
        before = self.admin.now()
        answer = self.watch()
        self.assertEqual(answer['kind'], 'api#channel')
        self.assertEqual(answer['id'], 'c1')
        self.assertEqual(answer['token'], 'secret')
        self.assertEqual(
            answer['resourceUri'], self.emulator.url
            + '/calendar/v3/calendars/primary/events?alt=json')
        life = int(answer['expiration']) / 1000 - before
        self.assertAlmostEqual(life, 604800, delta=5)
        other = self.watch('c2')
        self.assertEqual(other['resourceId'], answer['resourceId'])
        calendar = self.admin.create_calendar(ANN, 'Other')['id']
        other = self.watch('c3', where={'calendarId': calendar})
        self.assertNotEqual(other['resourceId'], answer['resourceId'])

    def test_expiration(self):
        now = self.admin.now()
        for n, (values, life) in enumerate([
                    ({'params': {'ttl': '60'}}, 60),
                    ({'expiration': int((now + 120) * 1000)}, 120),
                    ({'expiration': str(int((now + 120) * 1000)),
                      'params': {'ttl': '60'}}, 60),
                    ({'params': {'ttl': '9999999'}}, 604800)]):
            answer = self.watch(f'c{n}', **values)
            self.assertAlmostEqual(
                int(answer['expiration']) / 1000 - now, life, delta=5)

    def test_refused(self):
        self.watch()
        for values, status, reason in [
                ({'id': 'c1'}, 400, 'channelIdNotUnique'),
                ({'id': 'x' * 65}, 400, 'invalid'),
                ({'id': 'a b'}, 400, 'invalid'),
                ({'id': ''}, 400, 'required'),
                ({'type': 'mail'}, 400, 'push.channelTypeNotSupported'),
                ({'type': ''}, 400, 'required'),
                ({'address': ''}, 400, 'required'),
                ({'address': 'http://example.com/x'}, 400,
                    'push.webhookUrlNotHttps'),
                ({'address': 'ftp://example.com/x'}, 401,
                    'push.webhookUrlUnauthorized'),
                ({'token': 'x' * 257}, 400, 'invalid'),
                ({'params': {'ttl': 'long'}}, 400, 'invalid'),
                ({'params': {'ttl': '0'}}, 400, 'invalid'),
                ({'expiration': '1000'}, 400, 'invalid')]:
            with self.subTest(values=values):
                self.assertRefused(
                    status, reason, self.watch, **{'id': 'c2', **values})
        self.assertEqual([c['id'] for c in self.admin.channels()], ['c1'])
        self.watch('x' * 64, token='y' * 256)
        self.admin.options(http_channels=False)
        self.assertRefused(
            400, 'push.webhookUrlNotHttps', self.watch, 'c9')
        self.watch('c10', address='https://example.com/hook')
        self.assertRefused(
            404, 'notFound', self.watch, 'c11',
            where={'calendarId': BOB})

    def test_ids_of_another_project(self):
        self.watch()
        other = self.admin.add_client(['http://127.0.0.1:8000/x'])
        credentials = self.credentials()
        self.assertEqual(
            [c['id'] for c in self.admin.channels(ANN)], ['c1'])
        held = self.emulator.state.access_tokens[credentials.token]
        held.client_id = other['client_id']
        self.watch(collection=self.service(credentials).events())
        self.assertEqual(len(self.admin.channels(ANN)), 2)

    def test_scopes(self):
        events = self.service(self.credentials(
                scopes=[CALENDAR + '.events.readonly'])).events()
        self.watch(collection=events)
        busy = self.service(self.credentials(
                scopes=[CALENDAR + '.freebusy'])).events()
        self.assertRefused(
            403, 'insufficientPermissions', self.watch, 'c2', busy)

    def test_stop(self):
        answer = self.watch()
        channels = self.service_.channels()
        stop = {'id': 'c1', 'resourceId': answer['resourceId']}
        bob = self.service(self.credentials(BOB)).channels()
        for service, body, status, reason in [
                (channels, {'id': 'c1'}, 400, 'required'),
                (channels, {**stop, 'resourceId': 'x'}, 404, 'notFound'),
                (channels, {**stop, 'id': 'x'}, 404, 'notFound'),
                (bob, stop, 404, 'notFound')]:
            self.assertRefused(
                status, reason, service.stop(body=body).execute)
        self.receiver.next()
        self.assertEqual(channels.stop(body=stop).execute(), '')
        self.assertEqual(self.admin.channels(live=True), [])
        self.assertRefused(
            404, 'notFound', channels.stop(body=stop).execute)
        self.assertRefused(400, 'channelIdNotUnique', self.watch)
        self.admin.insert_event(ANN, timed())
        self.assertEqual(self.states(), [('c1', 'sync', 200)])


class TestDelivery(ChannelTestCase):
    def test_headers(self):
        answer = self.watch()
        path, headers, body = self.receiver.next()
        self.assertEqual((path, body), ('/hook?a=1', b''))
        expires = headers.pop('X-Goog-Channel-Expiration')
        self.assertEqual(
            parsedate_to_datetime(expires), dt.datetime.fromtimestamp(
                int(answer['expiration']) // 1000, dt.timezone.utc))
        self.assertEqual(
            {k: v for k, v in headers.items() if k.startswith('X-')}, {
                'X-Goog-Channel-ID': 'c1',
                'X-Goog-Channel-Token': 'secret',
                'X-Goog-Resource-ID': answer['resourceId'],
                'X-Goog-Resource-URI': answer['resourceUri'],
                'X-Goog-Resource-State': 'sync',
                'X-Goog-Message-Number': '1'})
        self.admin.insert_event(ANN, timed())
        self.admin.insert_event(ANN, timed())
        numbers = [1]
        for _ in range(2):
            _, headers, body = self.receiver.next()
            self.assertEqual(
                (headers['X-Goog-Resource-State'], body), ('exists', b''))
            numbers.append(int(headers['X-Goog-Message-Number']))
        self.assertGreater(numbers[1], numbers[0] + 1)
        self.assertGreater(numbers[2], numbers[1] + 1)

    def test_no_token(self):
        self.events.watch(calendarId='primary', body={
                'id': 'c1', 'type': 'webhook',
                'address': self.receiver.url}).execute()
        self.assertNotIn('X-Goog-Channel-Token', self.receiver.next()[1])

    def test_who_is_told(self):
        "Each copy of a meeting is a change of its calendar"
        bob = self.service(self.credentials(BOB)).events()
        self.watch('ann')
        self.watch('bob', bob)
        self.watch('focus', where={
                'calendarId': 'primary', 'eventTypes': 'focusTime'})
        self.admin.wait_deliveries(3)
        self.admin.deliveries(clear=True)
        event = self.admin.insert_event(
            ANN, timed(attendees=[{'email': BOB}]))
        self.admin.patch_event(BOB, event['id'], {'colorId': '3'})
        self.admin.insert_event(ANN, timed(eventType='focusTime'))
        self.admin.get_event(ANN, event['id'])
        done = self.admin.wait_deliveries(5)
        self.assertEqual(
            sorted(d['channel'] for d in done),
            ['ann', 'ann', 'bob', 'bob', 'focus'])

    def test_other_resources(self):
        service = self.service_
        calendar = self.admin.create_calendar(ANN, 'Team')['id']
        self.watch('list', service.calendarList(), {})
        self.watch('acl', service.acl(), {'calendarId': calendar})
        self.watch('settings', service.settings(), {})
        self.admin.wait_deliveries(3)
        self.admin.deliveries(clear=True)
        self.admin.share_calendar(calendar, BOB, 'reader')
        self.admin.set_setting(ANN, 'weekStart', '0')
        self.admin.patch_calendar(ANN, calendar, summary='Work')
        done = self.admin.wait_deliveries(3)
        self.assertEqual(
            [d['channel'] for d in done], ['acl', 'settings', 'list'])
        self.assertEqual(service.settings().get(
                setting='weekStart').execute()['value'], '0')
        bob = self.service(self.credentials(BOB))
        self.assertRefused(
            403, 'requiredAccessLevel', self.watch, 'b', bob.acl(),
            {'calendarId': calendar})

    def test_statuses(self):
        "Success or not: these are not sent again"
        for status in [200, 201, 202, 204, 301, 400, 403, 404, 429, 501]:
            with self.subTest(status=status):
                self.receiver.statuses = [status]
                self.watch(f'c{status}')
                done = self.admin.wait_deliveries(channel=f'c{status}')
                self.assertEqual(
                    [(d['status'], d['attempts']) for d in done],
                    [(status, 1)])

    def test_again(self):
        self.receiver.statuses = [500, 502, 503, 504]
        self.watch()
        self.admin.wait_deliveries()
        one, = self.admin.deliveries()
        self.assertEqual(
            (one['status'], one['attempts'], one['done']), (500, 1, False))
        self.admin.advance(1.1)
        self.receiver.next()
        self.receiver.next()
        for _ in range(3):
            self.admin.wait_deliveries()
            self.admin.retry_deliveries()
            self.receiver.next()
        one, = self.admin.wait_deliveries(1)
        self.assertEqual(
            (one['status'], one['attempts'], one['done']), (200, 5, True))

    def test_given_up(self):
        self.admin.options(push_retries=1)
        self.receiver.statuses = [503, 503, 503]
        self.watch()
        self.receiver.next()
        self.admin.wait_deliveries()
        self.admin.retry_deliveries()
        one, = self.admin.wait_deliveries(1)
        self.assertEqual((one['status'], one['attempts']), (503, 2))

    def test_no_answer(self):
        self.watch(address='http://127.0.0.1:9/')
        one, = self.admin.wait_deliveries(1)
        self.assertEqual((one['status'], one['attempts']), (None, 1))
        self.assertIn('Error', one['error'])
        self.watch('c2', address='https://example.com/')
        one = self.admin.wait_deliveries(2)[1]
        self.assertIn('loopback', one['error'])

    def test_lost(self):
        self.watch()
        self.admin.wait_deliveries(1)
        self.admin.options(deliver=False)
        self.admin.insert_event(ANN, timed())
        self.admin.options(deliver=True)
        self.admin.insert_event(ANN, timed())
        done = self.admin.wait_deliveries(3)
        self.assertEqual(
            [(d['state'], d['lost'], d['attempts']) for d in done], [
                ('sync', False, 1), ('exists', True, 0),
                ('exists', False, 1)])
        self.assertEqual(self.admin.notify('c1'), 1)
        self.assertEqual(len(self.admin.wait_deliveries(4)), 4)

    def test_expired(self):
        self.watch(where={'calendarId': 'primary'})
        self.admin.wait_deliveries(1)
        self.admin.advance(604801)
        self.admin.insert_event(ANN, timed())
        self.assertEqual(self.admin.channels(live=True), [])
        self.assertEqual(len(self.admin.deliveries()), 1)

    def test_access_lost(self):
        calendar = self.admin.create_calendar(BOB, 'Team')['id']
        self.admin.share_calendar(calendar, ANN, 'reader')
        self.watch(where={'calendarId': calendar})
        self.admin.wait_deliveries(1)
        self.admin.share_calendar(calendar, ANN, 'none')
        self.admin.insert_event(BOB, timed(), calendar)
        self.admin.share_calendar(calendar, ANN, 'reader')
        self.admin.delete_calendar(BOB, calendar)
        self.assertEqual(
            [d['state'] for d in self.admin.wait_deliveries(2)],
            ['sync', 'not_exists'])

    def test_sync_before_answer(self):
        self.admin.options(sync_before_answer=True)
        request = self.events.watch(
            calendarId='primary', body=self.body())
        order = []
        put = self.receiver.got.put
        self.receiver.got.put = lambda v: (order.append('sync'), put(v))
        request.execute()
        order.append('answer')
        self.assertEqual(order, ['sync', 'answer'])

    def test_lost_answer(self):
        "The channel exists although its creator does not know"
        self.admin.add_fault(
            'drop_after', method_id='calendar.events.watch', times=2)
        with self.assertRaises(Exception):
            self.watch()
        self.assertEqual(
            self.receiver.next()[1]['X-Goog-Channel-ID'], 'c1')
        self.assertEqual(len(self.admin.channels(live=True)), 1)


class TestSecure(ChannelTestCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.certificate = str(Path(folder.name, 'certificate.pem'))
        key = str(Path(folder.name, 'key.pem'))
        try:
            subprocess.run([
                    'openssl', 'req', '-x509', '-newkey', 'rsa:2048',
                    '-nodes', '-keyout', key, '-out', self.certificate,
                    '-days', '2', '-subj', '/CN=127.0.0.1', '-addext',
                    'subjectAltName=IP:127.0.0.1'],
                check=True, capture_output=True)
        except FileNotFoundError:
            raise unittest.SkipTest("openssl is needed")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, key)
        self.secure = Receiver(context)
        self.addCleanup(self.secure.stop)
        self.admin.options(http_channels=False)

    def attempt(self, id, **options):
        self.admin.options(**options)
        self.watch(id, address=self.secure.url)
        return self.admin.wait_deliveries(channel=id)[-1]

    def test_certificate(self):
        "A certificate that is not valid is refused"
        one = self.attempt('c1')
        self.assertEqual(one['status'], None)
        self.assertIn('CERTIFICATE_VERIFY_FAILED', one['error'])
        one = self.attempt('c2', channel_ca=self.certificate)
        self.assertEqual(one['status'], 200)
        one = self.attempt('c3', channel_ca=None, verify_channels=False)
        self.assertEqual(one['status'], 200)
