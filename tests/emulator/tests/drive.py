# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the tests of Drive share."
import copy
import secrets

import google_auth_httplib2
import httplib2
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document

from tests.emulator.discovery import load
from tests.emulator.model import AccessToken

from .common import SCOPE, EmulatorTestCase

ANN, BOB, EVE = 'ann@example.com', 'bob@example.com', 'eve@other.com'
DRIVE = SCOPE + 'drive'
APPS = 'application/vnd.google-apps.'
FOLDER, SHORTCUT = APPS + 'folder', APPS + 'shortcut'


class DriveTestCase(EmulatorTestCase):
    "ann and bob share a domain, eve has another"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.documents = {
            n: load(n) for n in ['drive.v3', 'driveactivity.v2']}

    def setUp(self):
        super().setUp()
        self.admin.add_user(EVE)

    def api(self, user=ANN, scopes=(DRIVE,), client=None, name='drive.v3',
            credentials=None):
        "Google's own client, for the user and the application"
        document = copy.copy(self.documents[name])
        document['rootUrl'] = self.emulator.url + '/'
        document['baseUrl'] = (
            self.emulator.url + '/' + document['servicePath'])
        document.pop('mtlsRootUrl', None)
        http = google_auth_httplib2.AuthorizedHttp(
            credentials or self.granted(user, scopes, client),
            httplib2.Http(timeout=60))
        service = build_from_document(document, http=http)
        self.addCleanup(service.close)
        return service

    def granted(self, user, scopes, client=None):
        "An access token without the consent: that has its own tests"
        state = self.emulator.state
        with state.lock:
            held = AccessToken(
                secrets.token_urlsafe(), (client or self.client)['client_id'],
                user, list(scopes), state.clock() + 3600)
            state.access_tokens[held.token] = held
        return Credentials(held.token)

    def files_(self, user=ANN, **values):
        return self.api(user, **values).files()

    @staticmethod
    def create(files, name='a.txt', fields='*', parent=None, **body):
        if parent:
            body['parents'] = [parent]
        return files.create(
            body={'name': name, **body}, fields=fields,
            supportsAllDrives=True).execute()

    @staticmethod
    def folder(files, name='Folder', parent=None, **body):
        return DriveTestCase.create(
            files, name, parent=parent, mimeType=FOLDER, **body)['id']

    @staticmethod
    def get(files, file_id, fields='*'):
        return files.get(
            fileId=file_id, fields=fields, supportsAllDrives=True).execute()

    @staticmethod
    def update(files, file_id, body=None, fields='*', **values):
        return files.update(
            fileId=file_id, body=body or {}, fields=fields,
            supportsAllDrives=True, **values).execute()

    @staticmethod
    def move(files, file_id, source, destination):
        return DriveTestCase.update(
            files, file_id, addParents=destination, removeParents=source)

    @staticmethod
    def names(files, q=None, **values):
        "The names that the list has, sorted"
        found = files.list(
            q=q, fields='files(name)', **values).execute()['files']
        return sorted(f['name'] for f in found)
