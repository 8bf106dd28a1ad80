# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Contents to Google in pieces"
import os
import traceback
from unittest.mock import patch

from trytond.modules.google_integration import media, media_send

from .fake_server import Server, answer, everything
from .media_case import EMAIL, UNIT, MediaTestCase, md5, some

CHUNK, STATUS = 'drive.upload.chunk', 'drive.upload.status'
SIZE = 3 * UNIT + 5


class Case(MediaTestCase):

    def setUp(self):
        super().setUp()
        self.google = self.client()
        self.data = some(SIZE)

    def begin(self, data=None, request=None):
        data = self.data if data is None else data
        uri = media.begin(
            self.google, request or self.create(self.google), len(data),
            'a/b')
        self.admin.clear_log()
        return uri

    def resume(self, uri, data=None, client=None, **values):
        data = self.data if data is None else data
        return media.resume(
            client or self.google, uri, self.path(data), len(data),
            **{'piece': UNIT, **values})

    def assertDone(self, resource, *methods):
        self.assertContent(resource['id'], self.data)
        self.assertEqual(resource['md5Checksum'], md5(self.data))
        self.assertEqual(
            [m.removeprefix('upload.') for m in self.methods()],
            list(methods))

    def kept(self):
        "If there is a session that is not at its end"
        return any(not u['done'] for u in self.admin.uploads())


class PlainTestCase(Case):

    def test_create(self):
        uri = media.begin(
            self.google, self.create(self.google), SIZE, 'text/x-thing')
        upload, = self.admin.uploads()
        self.assertEqual(
            (upload['name'], upload['total'], upload['received']),
            ('a.bin', SIZE, 0))
        resource = self.resume(uri, fresh=True)
        self.assertEqual(resource['mimeType'], 'text/x-thing')
        self.assertDone(
            resource, 'files.create', 'chunk', 'chunk', 'chunk', 'chunk')
        self.assertEqual(self.google.counters.requests, 5)
        self.assertEqual(self.google.counters.retries, 0)
        self.assertLess(self.google.counters.bytes_sent, SIZE + 1000)

    def test_requests(self):
        "A piece has 8 MiB, and a multiple of 256 KiB whatever is asked for"
        self.data = some(20_000_000)
        self.assertDone(
            self.resume(self.begin(), fresh=True, piece=8 * 1024 * 1024),
            'chunk', 'chunk', 'chunk')
        uri = self.begin()
        self.assertDone(
            media.resume(self.google, uri, self.path(self.data),
                len(self.data)),
            'status', 'chunk', 'chunk', 'chunk')
        self.data = some(3 * UNIT)
        for piece, count in [(1, 3), (2 * UNIT - 1, 3), (2 * UNIT + 1, 2)]:
            self.assertDone(
                self.resume(self.begin(), fresh=True, piece=piece),
                *['chunk'] * count)

    def test_update(self):
        file_id = self.admin.create_file(EMAIL, 'a.bin', b'old')['id']
        uri = self.begin(request=self.update(
                self.google, file_id, name='b.bin'))
        resource = self.resume(uri, fresh=True)
        self.assertEqual(
            (resource['id'], resource['name']), (file_id, 'b.bin'))
        self.assertDone(resource, *['chunk'] * 4)

    def test_empty(self):
        self.data = b''
        for fresh in [True, False]:
            uri = self.begin()
            resource = self.resume(uri, fresh=fresh)
            self.assertDone(resource, 'chunk')
            # whoever did not hear of it asks again
            self.assertEqual(self.resume(uri)['id'], resource['id'])


class PlaceTestCase(Case):
    "Google tells where it is"

    def test_killed(self):
        "Another process goes on at the byte where the first one was"
        uri = self.begin()
        self.admin.add_fault('drop_before', method_id=CHUNK, nth=3, times=None)
        self.refused(self.resume, uri, fresh=True)
        upload, = self.admin.uploads()
        self.assertEqual(upload['received'], 2 * UNIT)
        self.admin.clear_faults()
        self.admin.clear_log()
        other = self.client()
        self.assertDone(
            self.resume(uri, client=other), 'status', 'chunk', 'chunk')
        self.assertEqual(other.counters.bytes_sent, SIZE - 2 * UNIT)

    def test_cut(self):
        "What Google has of a piece is not sent again"
        uri = self.begin()
        self.admin.add_fault(
            'drop_body', method_id=CHUNK, size=2 * UNIT + 100)
        self.assertDone(
            self.resume(uri, fresh=True, piece=16 * UNIT),
            'chunk', 'status', 'chunk')
        self.assertEqual(self.google.counters.retries, 1)
        *_, last = self.admin.log()
        self.assertEqual(last['sent'], SIZE - 2 * UNIT)

    def test_stored(self):
        "Nor what Google did not store taken for stored"
        self.admin.options(upload_stored=UNIT)
        self.assertDone(
            self.resume(self.begin(), fresh=True, piece=2 * UNIT),
            'chunk', 'chunk', 'chunk', 'chunk')
        self.assertEqual(self.google.counters.retries, 0)

    def test_nothing_stored(self):
        "It does not go on for ever when nothing goes on"
        self.admin.options(upload_stored=0)
        uri = self.begin()
        error = self.refused(self.resume, uri, fresh=True)
        self.assertNotIsInstance(error, media.SessionLost)
        self.assertTrue(error.transient)
        self.assertLessEqual(len(self.methods()), 2 * 6)
        self.admin.options(upload_stored=None)
        self.admin.clear_log()
        self.assertDone(self.resume(uri), 'status', *['chunk'] * 4)

    def test_often_cut(self):
        "It may be cut as often as it is long"
        self.data = some(20 * UNIT)
        uri = self.begin()
        self.admin.add_fault(
            'drop_body', method_id=CHUNK, size=UNIT, times=19)
        self.assertDone(
            self.resume(uri, fresh=True, piece=32 * UNIT),
            *['chunk', 'status'] * 19, 'chunk')

    def test_last_answer(self):
        "The answer to the last piece is lost: it is asked for"
        for action in ['drop_after', 'truncated', 'malformed']:
            with self.subTest(action=action):
                uri = self.begin()
                self.admin.add_fault(action, method_id=CHUNK, nth=4)
                self.assertDone(
                    self.resume(uri, fresh=True), *['chunk'] * 4, 'status')
        files = [f for f in self.admin.files(EMAIL) if f['name'] == 'a.bin']
        self.assertEqual(len(files), 3)

    def test_finished(self):
        "After the end it answers the same file"
        uri = self.begin()
        resource = self.resume(uri)
        self.admin.clear_log()
        self.assertEqual(self.resume(uri), resource)
        self.assertEqual(self.methods(), ['upload.status'])


class EndTestCase(Case):
    "What keeps the session, and what ends it"

    def test_server_error(self):
        for values in [
                {'status': 500}, {'status': 503, 'retry_after': 7},
                {'status': 502}]:
            with self.subTest(**values):
                uri = self.begin()
                self.slept.clear()
                self.admin.add_fault(
                    'status', method_id=CHUNK, nth=2, **values)
                self.assertDone(
                    self.resume(uri, fresh=True),
                    'chunk', 'chunk', 'status', 'chunk', 'chunk', 'chunk')
                self.assertGreaterEqual(
                    self.slept.pop(), values.get('retry_after', 0))
        self.admin.add_fault(
            'status', method_id='drive.upload.*', status=503, times=None)
        error = self.refused(self.resume, self.begin())
        self.assertEqual((error.status, error.transient), (503, True))
        self.assertNotIsInstance(error, media.SessionLost)
        self.assertTrue(self.kept())
        self.assertEqual(len(self.methods()), 6)

    def test_rate_limit(self):
        "It waits, and finds out if the session still lives"
        limits = [
            {'status': 429, 'reason': 'rateLimitExceeded'},
            {'status': 403, 'reason': 'userRateLimitExceeded'}]
        for values in limits:
            for gentle in [True, False]:
                with self.subTest(gentle=gentle, **values):
                    self.admin.options(gentle_uploads=gentle)
                    uri = self.begin()
                    self.slept.clear()
                    self.admin.add_fault(
                        'status', method_id=CHUNK, nth=2, **values)
                    if gentle:
                        self.assertDone(
                            self.resume(uri, fresh=True), 'chunk', 'chunk',
                            'status', 'chunk', 'chunk', 'chunk')
                    else:
                        error = self.refused(
                            self.resume, uri, error=media.SessionLost,
                            fresh=True)
                        self.assertEqual(error.status, 404)
                    self.assertEqual(len(self.slept), 1)

    def test_lost(self):
        for status, reason in [
                (404, 'notFound'), (410, 'gone'), (400, 'badRequest'),
                (403, 'storageQuotaExceeded')]:
            with self.subTest(status=status):
                uri = self.begin()
                self.admin.add_fault(
                    'status', method_id=CHUNK, nth=2, status=status,
                    reason=reason)
                error = self.refused(
                    self.resume, uri, error=media.SessionLost, fresh=True)
                self.assertEqual(
                    (error.status, error.reason, error.transient),
                    (status, reason, False))
                self.assertEqual(
                    self.methods(), ['upload.chunk'] * 2)
        self.assertEqual(self.slept, [])

    def test_expired(self):
        uri = self.begin()
        self.admin.advance(8 * 86400)
        self.google.credentials = self.token()
        self.refused(self.resume, uri, error=media.SessionLost)

    def test_other_content(self):
        "A session of another size ends: nothing is mixed"
        uri = self.begin()
        self.refused(
            self.resume, uri, self.data + b'more', error=media.SessionLost)
        server = self.enterContext(Server(answer(
                    b'', 308, Range=f'bytes=0-{SIZE}')))
        self.refused(
            self.resume, server.url + '/?upload_id=1',
            client=self.client(api_root=server.url),
            error=media.SessionLost)

    def test_odd_range(self):
        "What can not be read does not count as progress, or as lost"
        for text in ['bytes=5-10', 'bytes=0-x', 'x', f'bytes=0-{SIZE - 1}']:
            with self.subTest(text=text):
                server = self.enterContext(Server(
                        answer(b'', 308, Range=text)))
                error = self.refused(
                    self.resume, server.url + '/?upload_id=1',
                    client=self.client(api_root=server.url))
                self.assertNotIsInstance(error, media.SessionLost)
                self.assertTrue(error.transient)
                self.assertEqual(len(server.requests), 6)

    def test_bare_range(self):
        "What Google has, without the unit"
        server = self.enterContext(Server(
                answer(b'', 308, Range=f'0-{UNIT - 1}'), answer({'id': 'x'})))
        self.assertEqual(self.resume(
                server.url + '/?upload_id=1',
                client=self.client(api_root=server.url), piece=SIZE + UNIT),
            {'id': 'x'})
        self.assertEqual(server.requests[1].body, self.data[UNIT:])

    def test_token(self):
        "A token that is refused on the way"
        for gentle in [True, False]:
            with self.subTest(gentle=gentle):
                self.admin.options(gentle_uploads=gentle)
                uri = self.begin()
                self.refreshed = 0
                self.admin.expire_access_tokens()
                if gentle:
                    self.assertDone(
                        self.resume(uri, fresh=True),
                        'chunk', 'status', *['chunk'] * 4)
                else:
                    self.refused(
                        self.resume, uri, error=media.SessionLost, fresh=True)
                self.assertEqual(self.refreshed, 1)

    def test_refused_token(self):
        "Once only"
        self.admin.options(gentle_uploads=True)
        uri = self.begin()
        self.admin.add_fault(
            'status', method_id='drive.upload.*', status=401, times=None)
        error = self.refused(self.resume, uri)
        self.assertEqual(error.status, 401)
        self.assertNotIsInstance(error, media.SessionLost)
        self.assertEqual((len(self.methods()), self.refreshed), (2, 1))

    def test_expiring_token(self):
        "It is renewed before: a refusal would end the session"
        uri = self.begin()
        with patch.object(
                type(self.google.credentials), 'expired', property(
                    lambda credentials: not self.refreshed)):
            self.assertDone(self.resume(uri, fresh=True), *['chunk'] * 4)
        self.assertEqual(self.refreshed, 1)

    def test_shorter(self):
        "A file that is cut off is not sent, and the session is kept"
        uri = self.begin()
        path = self.path(self.data)
        os.truncate(path, 2 * UNIT + 1)
        with self.assertRaises(media.SourceError):
            media.resume(
                self.google, uri, path, SIZE, fresh=True, piece=UNIT)
        self.assertTrue(self.kept())
        self.assertDone(
            self.resume(uri), 'chunk', 'chunk', 'chunk', 'status', 'chunk',
            'chunk')


class BeginTestCase(Case):

    def test_begin(self):
        "It is repeated: nothing exists yet"
        for values in [
                {'action': 'drop_after'}, {'action': 'drop_before'},
                {'action': 'status', 'status': 503}]:
            self.admin.add_fault(method_id='drive.files.create', **values)
            self.assertContent(
                self.resume(self.begin(), fresh=True)['id'], self.data)
        self.assertEqual(self.google.counters.retries, 3)

    def test_begin_refused(self):
        self.admin.set_quota(EMAIL, 10)
        error = self.refused(self.begin)
        self.assertEqual(error.reason, 'storageQuotaExceeded')
        error = self.refused(
            self.begin, request=self.update(self.google, 'unknown'))
        self.assertEqual(error.status, 404)


class SecretTestCase(Case):
    "Whoever has the address of a session can upload"

    def test_host(self):
        "What is no address of a server, or not a secure one, gets nothing"
        for location in [
                'http://example.com/?upload_id=1', 'ftp://x/', 'http://[', '']:
            with self.subTest(location=location):
                server = self.enterContext(Server(answer(
                            b'', Location=location)))
                google = self.client(api_root=server.url)
                error = self.refused(
                    media.begin, google, self.create(google), SIZE, 'a/b')
                self.assertEqual(error.reason, 'insecure_session')
                if location:
                    error = self.refused(self.resume, location)
                    self.assertEqual(error.reason, 'insecure_session')
        self.assertEqual(self.methods(), [])

    def test_elsewhere(self):
        "On another host a session gets the content and not the token"
        other = self.enterContext(Server(answer({'id': 'x'})))
        location = other.url + '/up/1?upload_id=a%2Fb'
        server = self.enterContext(Server(answer(b'', Location=location)))
        google = self.client(api_root=server.url)
        uri = media.begin(google, self.create(google), SIZE, 'a/b')
        self.assertEqual(
            self.resume(uri, client=google, fresh=True, piece=SIZE + UNIT),
            {'id': 'x'})
        request, = other.requests
        self.assertEqual(
            (request.method, request.path, request.body),
            ('PUT', '/up/1?upload_id=a%2Fb', self.data))
        self.assertNotIn('Authorization', request.headers)

    def test_google(self):
        "The address that Google gives is not one of the own network"
        google = self.client(api_root='')
        address = 'upload/drive/v3/files?uploadType=resumable&upload_id=xa298'
        for host, good in [
                ('www.googleapis.com', True),
                ('content.googleapis.com', True),
                ('localhost', False),
                ('server', False),
                ('192.168.1.1', False),
                ('accounts.google.com', False)]:
            answer_ = media_send._session(google, f'https://{host}/{address}')
            self.assertEqual(isinstance(answer_, media.SessionURI), good)

    def test_redirect(self):
        "Nor does a redirect of a session lead anywhere"
        other = self.enterContext(Server(answer({})))
        for status in [301, 302, 303, 307]:
            uri = self.begin()
            self.admin.add_fault(
                'redirect', method_id='drive.upload.*', url=other.url,
                status=status)
            error = self.refused(self.resume, uri)
            self.assertEqual(error.reason, 'insecure_redirect')
            self.assertNotIsInstance(error, media.SessionLost)
        self.assertEqual(other.requests, [])

    def test_hidden(self):
        "It is in no log, no error and no text but its own"
        with everything() as texts:
            uri = self.begin()
            secret = uri.rpartition('upload_id=')[2]
            self.assertGreater(len(secret), 20)
            texts.extend([repr(uri), repr([uri]), repr({'uri': uri})])
            for action in ['drop_after', 'malformed', 'truncated']:
                self.admin.add_fault(action, method_id=CHUNK)
            self.admin.add_fault('status', method_id=CHUNK, nth=4, status=503)
            self.resume(uri, fresh=True)
            uris = [
                uri + 'x', uri.replace('127.0.0.1', '127.0.0.2'),
                uri.replace('http', 'ftp')]
            for wrong in uris:
                error = self.refused(self.resume, wrong)
                texts.extend([
                        str(error), repr(error), repr(vars(error)),
                        *traceback.format_exception(error)])
        self.assertIn(secret, str(uri))
        # what the emulator logs is Google's
        texts = [t for t in texts if 'tests.emulator' not in t]
        for text in texts:
            self.assertNotIn(secret, text)
            self.assertNotIn(self.google.credentials.token, text)
