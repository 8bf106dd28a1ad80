# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Contents that are not at the address of the API"
import os

from trytond.modules.google_integration import media

from .fake_server import Server, answer
from .test_media_receive import ReceiveCase


class HostTestCase(ReceiveCase):
    "Who gets the token"

    def setUp(self):
        super().setUp()
        # by another name it is another host
        self.there = self.enterContext(Server(answer(self.data)))
        self.here = self.enterContext(Server(answer(self.data)))
        self.google = self.client(api_root=self.here.url)

    def fetch(self, uri=None, *trusted):
        return media.receive(
            self.google, uri or self.there.url + '/x', self.target,
            trusted=trusted)

    def tokens(self, server):
        return [
            request.headers.get('Authorization')
            for request in server.requests]

    @property
    def bearer(self):
        return f'Bearer {self.google.credentials.token}'

    def test_trusted(self):
        "A host that is named gets the token, for that content alone"
        self.fetch(None, 'https://example.com', self.there.url)
        self.assertEqual(self.tokens(self.there), [self.bearer])
        self.assertReceived(self.fetch())
        self.assertEqual(self.tokens(self.there), [self.bearer, None])

    def test_wanted(self):
        "A host that wants the token does not end the authorization"
        self.there.script = [answer({}, 401)]
        failure = self.refused(self.fetch)
        self.assertEqual(
            (failure.status, failure.reason, failure.transient),
            (0, 'insecure_redirect', False))
        self.assertEqual(self.tokens(self.there), [None])
        self.assertFalse(os.path.exists(self.target))

    def test_like(self):
        "Another port, scheme or name is another host"
        port = self.there.server_port
        for trusted in [
                'https://127.0.0.1', f'https://127.0.0.1:{port}',
                f'http://127.0.0.1:{port + 1}', f'http://localhost:{port}',
                'http://127.0.0.1']:
            with self.subTest(trusted=trusted):
                self.assertReceived(self.fetch(None, trusted))
        self.assertEqual(set(self.tokens(self.there)), {None})

    def test_redirect(self):
        "From host to host; where it is not named no token goes"
        self.there.script = [
            answer(None, 302, Location=self.here.url + '/y')]
        strange = self.enterContext(Server(answer(self.data)))
        self.here.script = [answer(None, 302, Location=strange.url + '/z')]
        self.assertReceived(self.fetch(None, self.there.url))
        self.assertEqual(self.tokens(self.there), [self.bearer])
        self.assertEqual(self.tokens(self.here), [self.bearer])
        self.assertEqual(self.tokens(strange), [None])

    def test_no_address(self):
        "What Google tells is no address of a server"
        for uri in [
                'x', 'ftp://127.0.0.1/x', 'http://example.com/x',
                'http://127.0.0.1:port/x', 'https://u@www.googleapis.com/x',
                'https://www.googleapis.com/ x']:
            with self.subTest(uri=uri):
                error = self.refused(self.fetch, uri, uri)
                self.assertEqual(error.reason, 'insecure_redirect')
