# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import base64
import hashlib
import json
import socket

from googleapiclient.errors import HttpError
from googleapiclient.http import MediaInMemoryUpload

from .common import SCOPE, setUpModule, tearDownModule
from .drive import ANN, APPS
from .media import FILES, UNIT, MediaTestCase, some

__all__ = ['setUpModule', 'tearDownModule']
JSON = 'application/json; charset=UTF-8'


class TestSimple(MediaTestCase):
    def simple(self, data, query='', token=True, **headers):
        return self.send(
            'POST', f'{FILES}?uploadType=media{query}', data, token,
            **headers)

    def test_media(self):
        data = some(1000)
        status, headers, body = self.simple(
            data, '&fields=*', Content_Type='text/x-thing; charset=utf-8')
        file = json.loads(body)
        self.assertEqual(status, 200)
        self.assertEqual(
            (file['name'], file['mimeType'], file['size']),
            ('Untitled', 'text/x-thing', '1000'))
        for name in ['md5', 'sha1', 'sha256']:
            self.assertEqual(
                file[f'{name}Checksum'], hashlib.new(name, data).hexdigest())
        self.assertEqual(self.read(file['id']), data)
        status, _, body = self.simple(b'')
        self.assertEqual(
            json.loads(body)['mimeType'], 'application/octet-stream')

    def test_update(self):
        file = self.upload(b'old')
        status, _, body = self.send(
            'PATCH', f'{FILES}/{file["id"]}?uploadType=media'
            '&fields=mimeType,headRevisionId,size', b'newer',
            Content_Type='text/x-other')
        changed = json.loads(body)
        self.assertEqual(status, 200)
        self.assertEqual(
            (changed['mimeType'], changed['size']), ('text/x-other', '5'))
        self.assertNotEqual(
            changed['headRevisionId'], file['headRevisionId'])
        self.assertEqual(self.read(file['id']), b'newer')

    def test_refused(self):
        self.assertError(
            self.simple(b'x', token=False), 401, 'authError')
        self.assertError(
            self.simple(b'x', '&nonsense=1'), 400, 'invalidParameter')
        self.assertError(
            self.send('POST', FILES, b'x'), 400, 'badRequest')
        self.assertError(
            self.send('POST', f'{FILES}?uploadType=other', b'x'), 400,
            'badRequest')
        self.assertError(
            self.simple(b'x', Content_Encoding='gzip'), 400, 'badContent')
        self.assertEqual(
            self.send('POST', '/upload/drive/v3/about', b'')[0], 404)
        self.assertEqual(
            self.send('PATCH', f'{FILES}/x?uploadType=media', b'')[0], 404)

    def test_limit(self):
        # [Upload file data] 5 MB or less
        limit = 5 * 1024 * 1024
        self.assertEqual(self.simple(some(limit))[0], 200)
        self.assertError(
            self.simple(some(limit + 1)), 413, 'uploadTooLarge')
        with self.assertRaises(HttpError) as caught:
            self.upload(some(limit + 1))
        self.assertEqual(caught.exception.resp.status, 413)

    def test_scope(self):
        self.held = self.token(ANN, [SCOPE + 'drive.metadata'])
        self.assertError(
            self.simple(b'x'), 403, 'insufficientPermissions')

    def test_length(self):
        "Chunked, or with a length"
        address = f'{FILES}?uploadType=media&fields=size'
        status, _, body = self.send(
            'POST', address, iter([b'one', b'two']))
        self.assertEqual(
            (status, json.loads(body)['size']), (200, '6'))
        # http.client sends no length of a generator by itself
        with socket.create_connection(
                ('127.0.0.1', self.emulator.port), 10) as connection:
            connection.sendall(
                f'POST {address} HTTP/1.1\r\nHost: x\r\nAuthorization: '
                f'Bearer {self.held.token}\r\n\r\n'.encode())
            self.assertIn(b' 411 ', connection.recv(1000))


class TestMultipart(MediaTestCase):
    def multipart(self, *parts, kind='multipart/related; boundary=xyz',
            end=b'--xyz--'):
        body = b''.join(b'--xyz\r\n' + p + b'\r\n' for p in parts) + end
        return self.send(
            'POST', f'{FILES}?uploadType=multipart&fields=*', body,
            Content_Type=kind)

    def metadata(self, **values):
        return (
            f'Content-Type: {JSON}\r\n\r\n'.encode()
            + json.dumps(values).encode())

    def test_client(self):
        # with what looks like lines and boundaries
        data = b'\r\n--abc\r\n\x00\xff\n\n' + some(5000) + b'\r\n'
        file = self.upload(data, 'Naïve.bin', description="é")
        self.assertEqual(
            (file['name'], file['description'], file['mimeType']),
            ('Naïve.bin', 'é', 'application/x-thing'))
        self.assertEqual(self.read(file['id']), data)
        self.assertEqual(
            self.admin.log(id='drive.files.create')[-1]['query'],
            ['alt', 'fields', 'uploadType'])

    def test_type_of_metadata(self):
        file = self.upload(b'a', mimeType='text/x-mine')
        self.assertEqual(file['mimeType'], 'text/x-mine')

    def test_parts(self):
        media = b'Content-Type: text/x-thing\r\n\r\ntext'
        status, _, body = self.multipart(self.metadata(name='n'), media)
        self.assertEqual(status, 200)
        self.assertEqual(self.read(json.loads(body)['id']), b'text')
        encoded = (
            b'Content-Type: text/x-thing\r\nContent-Transfer-Encoding: '
            b'base64\r\n\r\n' + base64.b64encode(b'text'))
        status, _, body = self.multipart(self.metadata(name='n'), encoded)
        self.assertEqual(self.read(json.loads(body)['id']), b'text')
        for answer in [
                self.multipart(self.metadata(name='n')),
                self.multipart(media, media),
                self.multipart(self.metadata(), media, media),
                self.multipart(self.metadata(), b'\r\n\r\ntext'),
                self.multipart(self.metadata(), media, end=b''),
                self.multipart(
                    self.metadata(), media, kind='multipart/mixed'),
                self.multipart(
                    self.metadata(), media, kind='multipart/related')]:
            with self.subTest(answer=answer[2]):
                self.assertError(answer, 400, 'badContent')
        self.assertError(
            self.multipart(
                f'Content-Type: {JSON}\r\n\r\n{{'.encode(), media),
            400, 'parseError')

    def test_generated_id(self):
        identifier, = self.files.generateIds(count=1).execute()['ids']
        self.upload(b'a', id=identifier)
        with self.assertRaises(HttpError) as caught:
            self.upload(b'a', id=identifier)
        self.assertEqual(caught.exception.resp.status, 409)
        self.assertEqual(self.read(identifier), b'a')


class TestResumable(MediaTestCase):
    def test_client(self):
        data = some(3 * UNIT + 100)
        request = self.files.create(
            body={'name': 'big'}, media_body=self.media(
                data, 'text/x-thing', resumable=True, chunksize=UNIT),
            fields='id,size,md5Checksum,mimeType')
        progress, answer = [], None
        while answer is None:
            status, answer = request.next_chunk()
            if status:
                progress.append(status.resumable_progress)
        self.assertEqual(progress, [UNIT, 2 * UNIT, 3 * UNIT])
        self.assertEqual(set(answer), {
                'id', 'size', 'md5Checksum', 'mimeType'})
        self.assertEqual(answer['mimeType'], 'text/x-thing')
        self.assertEqual(
            answer['md5Checksum'], hashlib.md5(data).hexdigest())
        self.assertEqual(self.read(answer['id']), data)
        changed = self.files.update(
            fileId=answer['id'], media_body=self.media(
                data[:UNIT], resumable=True, chunksize=UNIT),
            fields='size').execute()
        self.assertEqual(changed, {'size': str(UNIT)})
        self.assertEqual(
            [e['id'] for e in self.admin.log()][-3:-1],
            ['drive.files.get_media', 'drive.files.update'])

    def test_sizes_of_the_client(self):
        for size in [0, 1, UNIT, 2 * UNIT]:
            with self.subTest(size=size):
                file = self.files.create(media_body=self.media(
                        some(size), resumable=True, chunksize=UNIT),
                    fields='id,size').execute()
                self.assertEqual(file['size'], str(size))
                self.assertEqual(self.read(file['id']), some(size))

    def test_unknown_total(self):
        class Stream(MediaInMemoryUpload):
            def size(self):
                return None

            def has_stream(self):
                return False

        data = some(UNIT + 7)
        file = self.files.create(media_body=Stream(
                data, resumable=True, chunksize=UNIT), fields='id').execute()
        self.assertEqual(self.read(file['id']), data)
        # the end is told once all bytes are there
        address = self.start()
        self.assertReceived(
            self.put(address, some(UNIT), f'bytes 0-{UNIT - 1}/*'), UNIT)
        self.assertReceived(self.put(address, b'', 'bytes */*'), UNIT)
        status, _, body = self.put(address, b'', f'bytes */{UNIT}')
        self.assertEqual(status, 200)
        self.assertEqual(
            self.read(json.loads(body)['id']), some(UNIT))

    def test_state(self):
        data = some(UNIT * 2)
        address = self.start(
            {'name': 'n'}, '&fields=id,name', X_Upload_Content_Type='a/b',
            X_Upload_Content_Length=str(len(data)))
        self.assertIn('upload_id=', address)
        self.assertReceived(
            self.put(address, b'', f'bytes */{len(data)}'), 0)
        self.assertReceived(self.put(
                address, data[:UNIT], f'bytes 0-{UNIT - 1}/{len(data)}'),
            UNIT)
        # the guide writes it without the unit, too
        self.assertReceived(
            self.put(address, b'', f'*/{len(data)}'), UNIT)
        self.assertReceived(self.put(address, b'', 'bytes */*'), UNIT)
        # what is there already is ignored
        answer = self.put(
            address, data, f'bytes 0-{len(data) - 1}/{len(data)}')
        self.assertEqual(answer[0], 200)
        file = json.loads(answer[2])
        self.assertEqual(set(file), {'id', 'name'})
        for text in [f'bytes */{len(data)}', 'bytes */*']:
            again = self.put(address, b'', text)
            self.assertEqual((again[0], json.loads(again[2])), (200, file))
        self.assertEqual(self.read(file['id']), data)

    def test_single_request(self):
        address = self.start()
        status, _, body = self.put(address, b'all of it')
        self.assertEqual(status, 200)
        self.assertEqual(self.read(json.loads(body)['id']), b'all of it')

    def test_refused(self):
        total = 4 * UNIT
        first = some(UNIT), f'bytes 0-{UNIT - 1}/{total}'
        for body, text in [
                # no multiple of 256 KB
                (some(1000), f'bytes {UNIT}-{UNIT + 999}/{total}'),
                # a gap
                (some(UNIT), f'bytes {2 * UNIT}-{3 * UNIT - 1}/{total}'),
                # another total
                (some(UNIT), f'bytes {UNIT}-{2 * UNIT - 1}/{total + 1}'),
                # beyond the total
                (some(UNIT), f'bytes {total}-{total + UNIT - 1}/{total}'),
                # another size
                (some(UNIT), f'bytes {UNIT}-{UNIT + 9}/{total}'),
                (b'', f'bytes {UNIT}-{UNIT - 1}/{total}'),
                (b'', 'bytes x'),
                (b'x', f'bytes */{total}'),
                # the whole once more
                (some(total), None)]:
            with self.subTest(text=text, size=len(body)):
                address = self.start(
                    X_Upload_Content_Length=str(total))
                self.assertReceived(self.put(address, *first), UNIT)
                self.assertError(
                    self.put(address, body, text), 400, 'badRequest')
                # a 4xx ends the session
                self.assertError(
                    self.put(address, b'', f'bytes */{total}'), 404,
                    'notFound')
        self.assertEqual(self.files.list().execute()['files'], [])

    def test_unknown(self):
        address = self.start()
        self.assertError(
            self.put(address + 'x', b'a'), 404, 'notFound')
        self.admin.advance(7 * 86400 - 60)
        self.assertReceived(self.put(address, b'', 'bytes */*'), 0)
        self.admin.advance(61)
        self.assertError(
            self.put(address, b'', 'bytes */*'), 404, 'notFound')

    def test_cancel(self):
        address = self.start()
        self.put(address, some(UNIT), f'bytes 0-{UNIT - 1}/*')
        self.assertEqual(self.send('DELETE', address, token=False)[0], 499)
        self.assertError(
            self.put(address, b'', 'bytes */*'), 404, 'notFound')

    def test_checked_at_the_start(self):
        status, _, body = self.send(
            'POST', f'{FILES}?uploadType=resumable', json.dumps(
                {'parents': ['nowhere']}), Content_Type=JSON)
        self.assertEqual(status, 404)
        self.assertEqual(self.send(
                'POST', f'{FILES}?uploadType=resumable',
                token=False)[0], 401)
        for body, size, status, reason in [
                (None, 'x', 400, 'badRequest'),
                # beyond the storage, and beyond about.maxUploadSize
                (None, 16 << 30, 403, 'storageQuotaExceeded'),
                (None, (5120 << 30) + 1, 413, 'uploadTooLarge'),
                ('{"name": "n"}', 1, 400, 'badContent')]:
            with self.subTest(size=size):
                self.assertError(self.send(
                        'POST', f'{FILES}?uploadType=resumable', body,
                        X_Upload_Content_Length=str(size)), status, reason)

    def test_parameters(self):
        "Those of the first request are those of the method"
        drive = self.admin.add_drive(ANN, "Team")['id']

        def request(**values):
            return self.files.create(
                body={'parents': [drive]}, media_body=self.media(
                    b'one', resumable=True), fields='id,driveId', **values)

        self.assertRefused(404, 'notFound', request().execute)
        file = request(supportsAllDrives=True).execute()
        self.assertEqual(file['driveId'], drive)
        self.files.update(
            fileId=file['id'], media_body=self.media(b'2', resumable=True),
            supportsAllDrives=True, keepRevisionForever=True).execute()
        self.assertEqual(len(self.admin.file(file['id'])['kept']), 1)
        for resumable in [False, True]:
            # [Files: create] the first revision as well
            kept = self.files.create(
                body={}, keepRevisionForever=True, media_body=self.media(
                    b'one', resumable=resumable), fields='id').execute()
            self.assertEqual(len(self.admin.file(kept['id'])['kept']), 1)

    def test_other_path(self):
        "Both paths of the discovery document"
        status, headers, _ = self.send(
            'POST', '/resumable' + FILES, '{"name": "n"}',
            Content_Type=JSON)
        self.assertEqual(status, 200)
        status, _, body = self.put(headers['Location'], b'x')
        self.assertEqual(json.loads(body)['name'], 'n')

    def test_changed_meanwhile(self):
        "What the start allowed may be refused at the end"
        file = self.upload(b'old')
        address = self.start(
            verb='PATCH', path=f'{FILES}/{file["id"]}')
        self.files.delete(fileId=file['id']).execute()
        self.assertError(self.put(address, b'new'), 404, 'notFound')

    def test_token(self):
        "The address is enough, but a token that is sent must be right"
        address = self.start()
        self.admin.expire_access_tokens()
        self.assertReceived(self.put(address, b'', 'bytes */*'), 0)
        self.assertError(
            self.send('PUT', address, b'x'), 401, 'authError')
        self.assertError(
            self.put(address, b'', 'bytes */*'), 404, 'notFound')

    def test_secret(self):
        address = self.start()
        secret = address.partition('upload_id=')[2]
        self.put(address, b'x')
        self.assertGreater(len(secret), 40)
        self.assertNotIn(secret, repr(self.admin.log()))
        upload, = self.admin.uploads()
        self.assertEqual(
            (upload['user'], upload['received'], upload['done']),
            (ANN, 1, True))
        self.assertEqual(
            [(e['id'], e['user'], e['sent'])
                for e in self.admin.log()[-2:]],
            [('drive.files.create', ANN, 0),
                ('drive.upload.chunk', ANN, 1)])


class TestConversion(MediaTestCase):
    def test_text(self):
        file = self.native('document', 'Eins\r\nZwei é'.encode())
        self.assertEqual(file['mimeType'], APPS + 'document')
        self.assertNotIn('md5Checksum', file)
        text = self.files.export(
            fileId=file['id'], mimeType='text/plain').execute()
        self.assertEqual(text.decode('utf-8-sig'), 'Eins\r\nZwei é')

    def test_resumable(self):
        file = self.files.create(
            body={'mimeType': APPS + 'spreadsheet'},
            media_body=self.media(b'a,1\nb,2', 'text/csv', resumable=True),
            fields='id,mimeType').execute()
        self.assertEqual(
            self.files.export(
                fileId=file['id'],
                mimeType='text/tab-separated-values').execute(),
            b'a\t1\r\nb\t2')

    def test_update(self):
        "A converting update replaces the whole document"
        file = self.native('document', b'one\ntwo')
        self.files.update(
            fileId=file['id'],
            media_body=self.media(b'<p>three</p>', 'text/html')).execute()
        self.assertEqual(
            self.files.export(
                fileId=file['id'], mimeType='text/markdown').execute(),
            b'three')

    def test_refused(self):
        for kind, data, mime_type, reason in [
                ('document', b'x', 'application/x-thing', 'invalid'),
                ('spreadsheet', b'x', 'text/plain', 'invalid'),
                ('presentation', b'x', 'application/vnd.openxmlformats-'
                    'officedocument.presentationml.presentation',
                    'badRequest')]:
            with self.subTest(kind=kind):
                self.assertRefused(
                    400, reason, self.native, kind, data, mime_type)
