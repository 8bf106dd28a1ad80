# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Uploads and downloads that go wrong on the way"
import hashlib
import http.client
import json
import socket

from googleapiclient.errors import HttpError

from tests.emulator.client import EmulatorError

from .common import setUpModule, tearDownModule
from .media import FILES, UNIT, MediaTestCase, some

__all__ = ['setUpModule', 'tearDownModule']
CHUNK = 'drive.upload.chunk'
GET = 'drive.files.get_media'
BROKEN = (OSError, http.client.HTTPException)


class TestUploads(MediaTestCase):
    data = some(4 * UNIT + 5)

    def request(self, chunk=2 * UNIT):
        return self.files.create(
            body={'name': 'big'}, media_body=self.media(
                self.data, resumable=True, chunksize=chunk),
            fields='id,md5Checksum')

    def test_snapshot(self):
        "Only what is wholly received can be remembered"
        request = self.request()
        request.next_chunk()
        with self.assertRaisesRegex(EmulatorError, "not finished"):
            self.admin.snapshot()
        self.assertEqual(self.finish(request), [])
        snapshot = self.admin.snapshot()
        self.admin.reset()
        self.admin.restore(snapshot)
        file, = self.files.list().execute()['files']
        self.assertEqual(self.read(file['id']), self.data)

    def finish(self, request):
        "Go on until it is done; the errors on the way"
        answer, errors = None, []
        while answer is None:
            try:
                _, answer = request.next_chunk()
            except BROKEN as error:
                errors.append(error)
                self.admin.clear_faults()
            except HttpError as error:
                errors.append(error.resp.status)
        self.assertEqual(
            answer['md5Checksum'], hashlib.md5(self.data).hexdigest())
        self.assertEqual(self.read(answer['id']), self.data)
        self.assertEqual(len(self.files.list().execute()['files']), 1)
        return errors

    def ranges(self, address):
        return self.put(address, b'', f'bytes */{len(self.data)}')

    def chunk(self, address, start, stop):
        return self.put(
            address, self.data[start:stop],
            f'bytes {start}-{stop - 1}/{len(self.data)}')

    def test_within(self):
        "What was received stays, in multiples of 256 KB"
        for size, kept in [
                (0, 0), (UNIT - 1, 0), (UNIT, 1), (UNIT + 1000, 1),
                (10 * UNIT, 2)]:
            with self.subTest(size=size):
                address = self.start()
                self.admin.add_fault(
                    'drop_body', size=size, method_id=CHUNK)
                with self.assertRaises(BROKEN):
                    self.chunk(address, 0, 2 * UNIT)
                self.assertReceived(self.ranges(address), kept * UNIT)
                answer = self.chunk(address, kept * UNIT, len(self.data))
                self.assertEqual(answer[0], 200)
                self.assertEqual(
                    self.read(json.loads(answer[2])['id']), self.data)
        entry = [e for e in self.admin.log() if e.get('fault')][-2]
        self.assertEqual(
            (entry['id'], entry['fault'], entry['status'], entry['sent']),
            (CHUNK, 'drop_body', 0, UNIT + 1000))

    def test_within_client(self):
        request = self.request()
        self.admin.add_fault(
            'drop_body', size=UNIT + 1, method_id=CHUNK, nth=2, times=None)
        self.assertEqual(len(self.finish(request)), 1)

    def test_within_simple(self):
        "Nothing of an upload in one request stays"
        self.admin.add_fault('drop_body', size=10)
        with self.assertRaises(BROKEN):
            self.send('POST', f'{FILES}?uploadType=media', some(1000))
        self.assertEqual(self.files.list().execute()['files'], [])

    def test_within_metadata(self):
        "Also of what is no media"
        self.admin.add_fault(
            'drop_body', size=5, method_id='drive.files.create', times=2)
        with self.assertRaises(BROKEN):
            self.files.create(body={'name': 'n'}).execute()
        self.assertEqual(self.files.list().execute()['files'], [])

    def test_gone(self):
        "The client ends in the middle of a chunk"
        address = self.start()
        self.admin.clear_log()
        with socket.create_connection(
                ('127.0.0.1', self.emulator.port), 10) as connection:
            connection.sendall(
                f'PUT {address.partition(str(self.emulator.port))[2]} '
                'HTTP/1.1\r\nHost: x\r\nContent-Length: 786432\r\n'
                'Content-Range: bytes 0-786431/*\r\n\r\n'.encode()
                + some(UNIT + 10))
        self.admin.wait_requests(1)
        self.assertEqual(
            self.admin.log(id=CHUNK)[-1]['fault'], 'client gone')
        self.assertReceived(self.put(address, b'', 'bytes */*'), UNIT)

    def test_before(self):
        address = self.start()
        self.admin.add_fault('drop_before', method_id=CHUNK)
        with self.assertRaises(BROKEN):
            self.chunk(address, 0, UNIT)
        self.assertReceived(self.ranges(address), 0)

    def test_after(self):
        address = self.start(query='&fields=id')
        self.admin.add_fault('drop_after', method_id=CHUNK)
        with self.assertRaises(BROKEN):
            self.chunk(address, 0, UNIT)
        self.assertReceived(self.ranges(address), UNIT)
        # the answer to the last one is lost, but not the file
        self.admin.add_fault('drop_after', method_id=CHUNK)
        with self.assertRaises(BROKEN):
            self.chunk(address, UNIT, len(self.data))
        status, _, body = self.ranges(address)
        self.assertEqual(status, 200)
        self.assertEqual(self.read(json.loads(body)['id']), self.data)
        self.assertEqual(len(self.files.list().execute()['files']), 1)

    def test_server_error(self):
        "5xx: the session goes on"
        request = self.request()
        request.next_chunk()
        self.admin.add_fault('status', status=503, method_id=CHUNK)
        self.assertEqual(self.finish(request), [503])

    def test_server_error_at_the_start(self):
        self.admin.add_fault(
            'status', status=500, method_id='drive.files.create')
        request = self.request()
        self.assertEqual(self.finish(request), [500])

    def test_client_error(self):
        "4xx: it begins anew"
        for status, reason in [
                (403, 'rateLimitExceeded'), (404, 'notFound'),
                (429, 'rateLimitExceeded')]:
            with self.subTest(status=status):
                request = self.request()
                request.next_chunk()
                self.admin.add_fault(
                    'status', status=status, reason=reason,
                    method_id=CHUNK)
                self.assertRefused(status, reason, request.next_chunk)
                self.assertRefused(404, 'notFound', request.next_chunk)
        self.finish(self.request())

    def test_gentle(self):
        "The other reading of the guide: retry after a rate limit"
        self.admin.options(gentle_uploads=True)
        request = self.request()
        request.next_chunk()
        self.admin.add_fault(
            'status', status=403, reason='userRateLimitExceeded',
            method_id=CHUNK)
        self.assertEqual(self.finish(request), [403])

    def test_stored_in_part(self):
        "Don't assume that the server received all bytes sent"
        self.admin.options(upload_stored=UNIT)
        request = self.request()
        progress, answer = [], None
        while answer is None:
            status, answer = request.next_chunk()
            if status:
                progress.append(status.resumable_progress // UNIT)
        self.assertEqual(progress, [1, 2, 3, 4])
        self.assertEqual(self.read(answer['id']), self.data)
        address = self.start()
        self.admin.options(upload_stored=100)
        self.assertReceived(self.chunk(address, 0, UNIT), 0)


class TestDownloads(MediaTestCase):
    data = some(300_000)

    def setUp(self):
        super().setUp()
        self.file = self.upload(self.data)
        self.address = f'/drive/v3/files/{self.file["id"]}?alt=media'

    def test_truncated(self):
        for size in [0, 1, 65536, 100_000, None]:
            with self.subTest(size=size):
                self.admin.add_fault('truncated', method_id=GET, size=size)
                with self.assertRaises(
                        http.client.IncompleteRead) as caught:
                    self.send('GET', self.address)
                held = caught.exception.partial
                size = len(self.data) // 2 if size is None else size
                self.assertEqual(held, self.data[:size])
                status, headers, rest = self.send(
                    'GET', self.address, Range=f'bytes={size}-')
                self.assertEqual(status, 206)
                self.assertEqual(held + rest, self.data)

    def test_truncated_client(self):
        self.admin.add_fault('truncated', method_id=GET, size=10, nth=2)
        request = self.files.get_media(fileId=self.file['id'])
        with self.assertRaises(http.client.IncompleteRead):
            self.fetch(request, 100_000)
        self.assertEqual(self.fetch(request, 100_000), self.data)

    def test_corrupt(self):
        for size in [None, 5, 70_000]:
            with self.subTest(size=size):
                self.admin.add_fault('corrupt', method_id=GET, size=size)
                data = self.read(self.file['id'])
                self.assertNotEqual(
                    hashlib.md5(data).hexdigest(),
                    self.file['md5Checksum'])
                self.assertEqual(
                    [i for i, (a, b) in enumerate(zip(data, self.data))
                        if a != b], [size or 0])
                self.assertEqual(len(data), len(self.data))
        self.assertEqual(self.read(self.file['id']), self.data)

    def test_others(self):
        self.admin.add_fault(
            'status', status=403, reason='downloadQuotaExceeded',
            method_id=GET)
        self.assertRefused(
            403, 'downloadQuotaExceeded', self.read, self.file['id'])
        self.admin.add_fault('malformed', method_id=GET)
        self.assertIn(b'<html>', self.read(self.file['id']))
        for action in ['drop_before', 'drop_after']:
            self.admin.add_fault(action, method_id=GET)
            with self.assertRaises(BROKEN):
                self.send('GET', self.address)
        # the metadata are another method
        self.admin.add_fault('status', status=500, method_id=GET)
        self.files.get(fileId=self.file['id']).execute()
        self.assertEqual(len(self.admin.faults()), 1)
