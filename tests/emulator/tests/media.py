# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the tests of contents share."
import http.client
import io
import json
from urllib.parse import urlsplit

from googleapiclient.http import MediaIoBaseDownload, MediaIoBaseUpload

from .drive import ANN, APPS, DRIVE, DriveTestCase

UNIT = 256 * 1024
FILES = '/upload/drive/v3/files'


def some(size, seed=0):
    "Bytes that differ from place to place"
    pattern = bytes((i * 7 + seed) % 251 for i in range(251 * 16))
    return (pattern * (size // len(pattern) + 1))[:size]


class MediaTestCase(DriveTestCase):
    scopes = [DRIVE]

    def setUp(self):
        super().setUp()
        self.held = self.token(ANN, self.scopes)
        self.drive = self.make_drive(self.held)
        self.files = self.drive.files()

    def make_drive(self, credentials):
        service = self.api(credentials=credentials)
        # as googleapiclient.http.build_http: 308 is no redirect
        transport = service._http
        transport.redirect_codes = transport.redirect_codes - {308}
        return service

    # -- through the client

    def media(self, data, mime_type='application/octet-stream', **values):
        return MediaIoBaseUpload(io.BytesIO(data), mime_type, **values)

    def upload(self, data, name='a.bin', mime_type='application/x-thing',
            fields='*', **values):
        return self.files.create(
            body={'name': name, **values},
            media_body=self.media(data, mime_type), fields=fields).execute()

    def native(self, kind, text=None, mime_type='text/plain', name='doc'):
        body = {'name': name, 'mimeType': APPS + kind}
        media = None if text is None else self.media(text, mime_type)
        return self.files.create(
            body=body, media_body=media, fields='*').execute()

    def fetch(self, request, chunk=1 << 20):
        buffer = io.BytesIO()
        download = MediaIoBaseDownload(buffer, request, chunksize=chunk)
        done = False
        while not done:
            _, done = download.next_chunk()
        return buffer.getvalue()

    def read(self, file_id, **values):
        return self.fetch(self.files.get_media(fileId=file_id, **values))

    # -- without it

    def send(self, verb, address, body=None, token=True, **headers):
        "Return (status, headers, body); underscores stand for hyphens"
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(
            '127.0.0.1', self.emulator.port, timeout=60)
        self.addCleanup(connection.close)
        headers = {k.replace('_', '-'): v for k, v in headers.items()}
        if token:
            headers['Authorization'] = f'Bearer {self.held.token}'
        path = parts.path + (f'?{parts.query}' if parts.query else '')
        connection.request(verb, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    def start(self, metadata=None, query='', verb='POST', path=FILES,
            **headers):
        "Begin a resumable upload; return its address"
        body = None
        if metadata is not None:
            body = json.dumps(metadata)
            headers['Content_Type'] = 'application/json; charset=UTF-8'
        status, answer, text = self.send(
            verb, f'{path}?uploadType=resumable{query}', body, **headers)
        self.assertEqual((status, text), (200, b''))
        return answer['Location']

    def put(self, address, body=b'', content_range=None, **headers):
        "A request to the address of a session, without a token"
        if content_range is not None:
            headers['Content_Range'] = content_range
        return self.send('PUT', address, body, False, **headers)

    def assertError(self, answer, status, reason):
        self.assertEqual(
            (answer[0], json.loads(answer[2])['error']['errors'][0][
                    'reason']), (status, reason), answer)

    def assertReceived(self, answer, size):
        "308 with the range of the bytes that are there"
        self.assertEqual(
            (answer[0], answer[1]['Range']),
            (308, f'bytes=0-{size - 1}' if size else None))
