# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import tempfile
import traceback
from unittest import TestCase
from unittest.mock import patch

import httplib2
from trytond.modules.google_integration import transport
from trytond.modules.google_integration.client import (
    Client,
    Settings,
)
from trytond.modules.google_integration.transport import (
    InsecureURI,
    check_uri,
)

from .fake_server import (
    answer,
    batch,
    certificate,
    drop,
    error,
    everything,
)
from .test_client import CALENDAR, TOKEN, ClientTestCase, credentials


class AddressTestCase(TestCase):

    def test_accepted(self):
        "https anywhere and http on loopback are accepted"
        for uri in [
                'https://www.googleapis.com/', 'http://127.0.0.1:8080',
                'http://127.8.9.10/x', 'http://[::1]:80/', 'http://localhost/',
                'HTTPS://oauth2.googleapis.com/token']:
            self.assertEqual(check_uri(uri), uri)

    def test_refused(self):
        "Everything else is refused"
        for uri in [
                'http://www.googleapis.com/', 'http://10.0.0.1/',
                'ftp://127.0.0.1/', 'file:///etc/passwd', '', None, 3,
                'http://127.0.0.1@example.com/', 'https://a:b@example.com/',
                'http://127.0.0.1\\@example.com/', 'http://localhost.evil.com',
                'http://2130706433/', 'https:///x', '//example.com', 'https:',
                'https://example.com:0/', 'https://exa mple.com/',
                'https://example.com\n/', 'https://[::1', b'https://a.b/']:
            with self.subTest(uri=uri), self.assertRaises(InsecureURI):
                check_uri(uri)

    def test_configuration(self):
        "An api_root off loopback without TLS is refused"
        for root in ['http://example.com/', 'https://a.example/?x=1']:
            with self.assertRaises(InsecureURI):
                Client(
                    credentials(), 'calendar', 'v3', Settings(api_root=root))

    def test_unknown_api(self):
        with self.assertRaises(ValueError):
            Client(credentials(), 'nothing', 'v9', Settings())

    def test_api_root(self):
        "The root, the batch and the upload paths are replaced"
        for api, version, path in [
                ('calendar', 'v3', 'batch/calendar/v3'),
                ('drive', 'v3', 'batch/drive/v3'), ('gmail', 'v1', 'batch'),
                ('people', 'v1', 'batch')]:
            own = Client(credentials(), api, version, Settings())
            self.assertTrue(own.root.endswith('.googleapis.com/'))
            other = Client(
                credentials(), api, version,
                Settings(api_root='http://localhost:1/google'))
            self.assertEqual(
                other._batch_uri, f'http://localhost:1/google/{path}')
        drive = Client(
            credentials(), 'drive', 'v3',
            Settings(api_root='http://localhost:1/google/'))
        with tempfile.NamedTemporaryFile(suffix='.txt') as file:
            request = drive.api.files().create(media_body=file.name)
        self.assertTrue(request.uri.startswith(
                'http://localhost:1/google/upload/drive/v3/files?'))


class RedirectTestCase(ClientTestCase):

    def test_same_host(self):
        server = self.serve(
            answer(None, 302, Location='/elsewhere'), answer({'id': 'x'}))
        client = self.client(server)
        self.assertEqual(client.execute(self.list(client)), {'id': 'x'})
        self.assertEqual(
            server.requests[1].headers['Authorization'], f'Bearer {TOKEN}')

    def test_other_host(self):
        "The token stays at home, and comes back with us"
        server = self.serve()
        other = self.serve(answer(None, 307, Location=server.url + '/back'))
        server.script = [
            answer(None, 302, Location=other.url + '/'), answer({'id': 'x'})]
        client = self.client(server)
        self.assertEqual(client.execute(self.list(client)), {'id': 'x'})
        self.assertNotIn('Authorization', other.requests[0].headers)
        self.assertIn('Authorization', server.requests[1].headers)
        self.assertEqual(client.counters.requests, 3)

    def test_insecure(self):
        "Plain http off loopback is refused at each hop"
        for target in [
                'http://example.com/', 'ftp://127.0.0.1/', 'file:///etc/x',
                'http://127.0.0.1@example.com/', 'http://10.0.0.1/']:
            server = self.serve(answer(None, 302, Location=target))
            client = self.client(server)
            failure = self.refused(client.execute, self.list(client))
            self.assertEqual(failure.reason, 'insecure_redirect')
            self.assertFalse(failure.transient)

    def test_loop(self):
        server = self.serve(answer(None, 302, Location='/'))
        client = self.client(server)
        failure = self.refused(client.execute, self.list(client))
        self.assertEqual(failure.reason, 'insecure_redirect')
        self.assertEqual(len(server.requests), transport.REDIRECTIONS + 1)

    def test_write(self):
        "A write is not carried elsewhere, nor a batch"
        for status in [301, 302, 303, 307, 308]:
            other = self.serve(answer({}))
            server = self.serve(answer(None, status, Location=other.url))
            client = self.client(server)
            failure = self.refused(client.execute, self.insert(client))
            self.assertEqual(failure.reason, 'insecure_redirect')
            failure, = client.batch([self.list(client)])
            self.assertEqual(failure.reason, 'insecure_redirect')
            self.assertEqual(other.requests, [])

    def test_login(self):
        "A page that asks who one is is not taken for a content"
        for uri in [
                'https://accounts.google.com/ServiceLogin?continue=x',
                'https://accounts.google.com/v3/signin/identifier']:
            self.assertFalse(transport.may_follow(
                    uri, 'https://www.googleapis.com/'))

    def test_into_own_network(self):
        "Google never leads into the own network"
        google = 'https://www.googleapis.com/'
        for uri, followed in [
                ('https://doc-0.googleusercontent.com/x', True),
                ('https://localhost/', False), ('http://127.0.0.1/', False),
                ('https://10.0.0.1/', False), ('https://[fd00::1]/', False),
                ('https://169.254.169.254/', False), ('https://intra/', False),
                ('https://metadata.google.internal/', False)]:
            self.assertEqual(transport.may_follow(uri, google), followed)


class TLSTestCase(ClientTestCase):

    def setUp(self):
        super().setUp()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.context, self.path = certificate(folder)

    def test_verified(self):
        server = self.serve(answer({'id': 'x'}), tls=self.context)
        client = self.client(server)
        with patch.object(httplib2, 'CA_CERTS', self.path):
            self.assertEqual(client.execute(self.list(client)), {'id': 'x'})
            connection, = client._http().connections.values()
        context = connection._context
        self.assertEqual(context.minimum_version.name, 'TLSv1_2')
        self.assertTrue(context.check_hostname)

    def test_self_signed(self):
        "A certificate that nobody vouches for: no token is sent"
        server = self.serve(answer({}), tls=self.context)
        client = self.client(server)
        failure = self.refused(client.execute, self.list(client))
        self.assertEqual(failure.reason, 'unreachable')
        self.assertEqual(server.requests, [])
        self.assertEqual(self.slept, [])

    def test_wrong_host(self):
        server = self.serve(
            answer({}), tls=self.context, host='127.0.0.2')
        client = self.client(server)
        with patch.object(httplib2, 'CA_CERTS', self.path):
            failure = self.refused(client.execute, self.list(client))
        self.assertEqual(failure.reason, 'unreachable')
        self.assertEqual(server.requests, [])


class SecretTestCase(ClientTestCase):

    def test_logs(self):
        "No library logs a token, an account or an address of it"
        step = error(
            403, 'forbidden', message=f"{CALENDAR} must not {TOKEN}")
        server = self.serve(
            answer({'summary': CALENDAR}), drop, error(503, 'backendError'),
            step, batch((200, {'id': CALENDAR}), (403, CALENDAR.encode())))
        with everything() as texts:
            client = self.client(server)
            request = self.list(client)
            client.execute(request)
            client.api.events().list_next(request, {'nextPageToken': TOKEN})
            failure = self.refused(client.execute, self.list(client))
            answers = client.batch([self.list(client), self.list(client)])
            import logging
            for exception in [failure, answers[1]]:
                logging.getLogger(__name__).error(
                    "failed: %s %r", exception, exception, exc_info=exception)
        text = '\n'.join(texts)
        self.assertIn("failed: 403 forbidden", text)
        self.assertNotIn(TOKEN, text)
        self.assertNotIn('jane.doe', text)
        self.assertNotIn(TOKEN, failure.message)
        self.assertNotIn(TOKEN, ''.join(
                traceback.format_exception(failure)))

    def test_debuglevel(self):
        "Not even the debug output of httplib2 shows a header"
        import contextlib
        import io
        server = self.serve(answer({}))
        output = io.StringIO()
        with (patch.object(httplib2, 'debuglevel', 9),
                contextlib.redirect_stdout(output)):
            client = self.client(server)
            client.execute(self.list(client))
        self.assertEqual(output.getvalue(), '')
