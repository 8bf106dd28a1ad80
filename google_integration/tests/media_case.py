# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the tests of contents share: a client of an emulated Drive, and files"
import hashlib
import os
import secrets
import tempfile
from unittest import TestCase, skipUnless

import google.oauth2.credentials
from trytond.modules.google_integration.client import Client, Settings
from trytond.modules.google_integration.transport import GoogleError

try:
    from tests.emulator import Emulator
    from tests.emulator.model import AccessToken
except ImportError:
    Emulator = None

EMAIL = 'jane.doe@example.com'
SCOPE = 'https://www.googleapis.com/auth/drive'
UNIT = 256 * 1024
FIELDS = 'id,name,size,md5Checksum,version,mimeType'


def some(size, seed=0):
    "Bytes that differ from place to place"
    pattern = bytes((i * 7 + seed) % 251 for i in range(251 * 16))
    return (pattern * (size // len(pattern) + 1))[:size]


def md5(data):
    return hashlib.md5(data).hexdigest()


@skipUnless(Emulator, "the emulator comes with the repository only")
class MediaTestCase(TestCase):

    def setUp(self):
        super().setUp()
        self.emulator = self.enterContext(Emulator())
        self.admin = self.emulator.admin
        self.admin.add_user(EMAIL)
        self.application = self.admin.add_client(['http://127.0.0.1/'])
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.slept = []
        self.refreshed = 0

    def token(self):
        "An access token without asking for consent"
        state = self.emulator.state
        with state.lock:
            held = AccessToken(
                secrets.token_urlsafe(), self.application['client_id'],
                EMAIL, [SCOPE], state.clock() + 3600)
            state.access_tokens[held.token] = held
        return google.oauth2.credentials.Credentials(held.token)

    def client(self, **settings):
        def refresh():
            self.refreshed += 1
            return self.token()

        settings = {
            'timeout': 5.0, 'api_root': self.emulator.url, **settings}
        client = Client(
            self.token(), 'drive', 'v3',
            Settings(**settings), refresh=refresh, sleep=self.slept.append)
        self.addCleanup(client.close)
        return client

    def path(self, data=None, name='content'):
        path = os.path.join(self.folder, name)
        if data is not None:
            with open(path, 'wb') as file:
                file.write(data)
        return path

    @staticmethod
    def create(client, name='a.bin', **body):
        return client.api.files().create(
            body={'name': name, **body}, fields=FIELDS)

    @staticmethod
    def update(client, file_id, **body):
        return client.api.files().update(
            fileId=file_id, body=body, fields=FIELDS)

    @staticmethod
    def get(client, file_id):
        return client.api.files().get_media(fileId=file_id)

    def methods(self):
        "What was asked of the emulator, in order"
        return [
            entry['id'].removeprefix('drive.') for entry in self.admin.log()]

    def assertContent(self, file_id, data):
        file = self.admin.file(file_id)
        self.assertEqual((file['size'], file['md5']), (len(data), md5(data)))

    def refused(self, function, *args, error=GoogleError, **kwargs):
        with self.assertRaises(error) as caught:
            function(*args, **kwargs)
        return caught.exception
