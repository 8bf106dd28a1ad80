# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import io
import json

from googleapiclient.errors import HttpError
from PIL import Image

from .common import SCOPE, setUpModule, tearDownModule
from .drive import ANN, APPS, BOB, DRIVE
from .media import MediaTestCase, some

__all__ = ['setUpModule', 'tearDownModule']
WORD = (
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document')


class TestContent(MediaTestCase):
    data = some(1000)

    def setUp(self):
        super().setUp()
        self.file = self.upload(self.data, mime_type='text/x-thing')
        self.address = f'/drive/v3/files/{self.file["id"]}?alt=media'

    def get(self, text=None, token=True):
        headers = {} if text is None else {'Range': text}
        return self.send('GET', self.address, token=token, **headers)

    def share(self, role='reader', file=None):
        self.drive.permissions().create(
            fileId=(file or self.file)['id'], body={
                'type': 'user', 'role': role, 'emailAddress': BOB},
            sendNotificationEmail=False).execute()
        return self.make_drive(self.token(BOB, [DRIVE])).files()

    def test_whole(self):
        status, headers, body = self.get()
        self.assertEqual((status, body), (200, self.data))
        self.assertEqual(headers['Content-Type'], 'text/x-thing')
        self.assertEqual(headers['Content-Length'], '1000')
        self.assertEqual(self.read(self.file['id']), self.data)
        self.assertEqual(
            self.admin.log(id='drive.files.get_media')[-1]['bytes'], 1000)

    def test_range(self):
        for text, start, stop in [
                ('bytes=0-0', 0, 1), ('bytes=10-19', 10, 20),
                ('bytes=990-', 990, 1000), ('bytes=-5', 995, 1000),
                ('bytes=-5000', 0, 1000), ('bytes=900-5000', 900, 1000)]:
            with self.subTest(text=text):
                status, headers, body = self.get(text)
                self.assertEqual(
                    (status, body), (206, self.data[start:stop]))
                self.assertEqual(
                    headers['Content-Range'],
                    f'bytes {start}-{stop - 1}/1000')
        for text in ['lines=1-2', 'bytes=1-2,5-6', 'bytes=-']:
            self.assertEqual(self.get(text)[0], 200)
        for text in ['bytes=1000-', 'bytes=1000-2000', 'bytes=-0']:
            with self.subTest(text=text):
                answer = self.get(text)
                self.assertError(
                    answer, 416, 'requestedRangeNotSatisfiable')
                self.assertEqual(
                    answer[1]['Content-Range'], 'bytes */1000')

    def test_chunks(self):
        request = self.files.get_media(fileId=self.file['id'])
        self.assertEqual(self.fetch(request, 300), self.data)
        empty = self.upload(b'')
        self.assertEqual(self.read(empty['id']), b'')

    def test_refused(self):
        self.assertError(self.get(token=False), 401, 'authError')
        self.assertRefused(404, 'notFound', self.read, 'nothing')
        for mime_type in [
                APPS + n for n in ['folder', 'document', 'spreadsheet']]:
            file = self.files.create(
                body={'mimeType': mime_type}).execute()
            error = self.assertRefused(
                403, 'fileNotDownloadable', self.read, file['id'])
            self.assertIn("binary content", error['message'])

    def test_scopes(self):
        self.scopes = [SCOPE + 'drive.metadata']
        for scope in ['drive.metadata', 'drive.metadata.readonly']:
            with self.subTest(scope=scope):
                held = self.token(ANN, [SCOPE + scope])
                files = self.make_drive(held).files()
                files.get(fileId=self.file['id']).execute()
                self.assertRefused(
                    403, 'appNotAuthorizedToFile',
                    files.get_media(fileId=self.file['id']).execute)
        held = self.token(ANN, [SCOPE + 'drive.readonly'])
        files = self.make_drive(held).files()
        self.assertEqual(self.fetch(
                files.get_media(fileId=self.file['id'])), self.data)

    def test_rights(self):
        files = self.share()
        request = files.get_media(fileId=self.file['id'])
        self.assertEqual(request.execute(), self.data)
        self.files.update(
            fileId=self.file['id'],
            body={'copyRequiresWriterPermission': True}).execute()
        self.assertFalse(files.get(
                fileId=self.file['id'],
                fields='capabilities').execute()['capabilities'][
                    'canDownload'])
        self.assertRefused(403, 'cannotDownloadFile', request.execute)
        self.assertEqual(self.read(self.file['id']), self.data)
        document = self.native('document', b'secret')
        files = self.share(file=document)
        self.files.update(
            fileId=document['id'],
            body={'copyRequiresWriterPermission': True}).execute()
        self.assertRefused(
            403, 'cannotExportFile', files.export(
                fileId=document['id'], mimeType='text/plain').execute)

    def test_revisions(self):
        for data in [b'second', b'third']:
            self.files.update(
                fileId=self.file['id'],
                media_body=self.media(data)).execute()
        revisions = self.drive.revisions()
        first, second, third = [
            r['id'] for r in revisions.list(
                fileId=self.file['id']).execute()['revisions']]

        def read(revision):
            return self.fetch(revisions.get_media(
                    fileId=self.file['id'], revisionId=revision))

        self.assertEqual(read(third), b'third')
        self.assertEqual(read('head'), b'third')
        self.assertRefused(
            403, 'download_restricted_for_revision', read, second)
        revisions.update(
            fileId=self.file['id'], revisionId=first,
            body={'keepForever': True}).execute()
        self.assertEqual(read(first), self.data)
        self.assertRefused(404, 'notFound', read, 'x')
        document = self.native('document', b'text')
        self.assertRefused(
            403, 'fileNotDownloadable', revisions.get_media(
                fileId=document['id'], revisionId='1').execute)

    def test_abuse(self):
        self.admin.tamper_file(
            self.file["id"], abusive=True, silent=True)
        files = self.share('writer')
        self.assertRefused(
            403, 'cannotDownloadAbusiveFile', self.read, self.file['id'])
        self.assertEqual(
            self.read(self.file['id'], acknowledgeAbuse=True), self.data)
        self.assertRefused(
            403, 'cannotDownloadAbusiveFile', files.get_media(
                fileId=self.file['id'], acknowledgeAbuse=True).execute)


class TestOperations(MediaTestCase):
    def start(self, file_id, **values):
        return self.files.download(fileId=file_id, **values).execute()

    def poll(self, operation):
        return self.drive.operations().get(
            name=operation['name']).execute()

    def test_blob(self):
        data = some(1000)
        file = self.upload(data, mime_type='text/x-thing')
        operation = self.start(file['id'])
        self.assertNotIn('done', operation)
        self.assertNotIn('response', operation)
        answer = self.poll(operation)
        self.assertTrue(answer['done'])
        self.assertTrue(answer['response']['partialDownloadAllowed'])
        address = answer['response']['downloadUri']
        self.assertEqual(self.send('GET', address)[2], data)
        status, headers, body = self.send(
            'GET', address, Range='bytes=10-19')
        self.assertEqual((status, body), (206, data[10:20]))
        self.assertError(
            self.send('GET', address, token=False), 401, 'authError')
        self.assertError(
            self.send('GET', address.replace('ticket=', 'ticket=x')), 404,
            'notFound')

    def test_polls(self):
        self.admin.options(download_polls=3)
        operation = self.start(self.upload(b'a')['id'])
        states = [self.poll(operation).get('done') for _ in range(3)]
        self.assertEqual(states, [None, None, True])
        self.admin.options(download_polls=0)
        self.assertTrue(self.start(self.upload(b'a')['id'])['done'])

    def test_document(self):
        file = self.native('document', b'one\ntwo')
        for values, mime_type in [
                ({}, WORD), ({'mimeType': 'text/plain'}, 'text/plain')]:
            answer = self.poll(self.start(file['id'], **values))
            self.assertFalse(answer['response']['partialDownloadAllowed'])
            # the first address redirects
            status, headers, _ = self.send(
                'GET', answer['response']['downloadUri'])
            self.assertEqual(status, 302)
            status, headers, body = self.send('GET', headers['Location'])
            self.assertEqual(
                (status, headers['Content-Type']), (200, mime_type))
            self.assertTrue(body)
        self.assertEqual(body.decode('utf-8-sig'), 'one\r\ntwo')

    def test_large(self):
        "files.export has a limit, this has none"
        text = b'lorem ipsum ' * 100
        file = self.native('document', text)
        self.admin.options(export_limit=1000)
        self.assertRefused(
            403, 'exportSizeLimitExceeded', self.files.export(
                fileId=file['id'], mimeType='text/plain').execute)
        answer = self.poll(self.start(file['id'], mimeType='text/plain'))
        _, headers, _ = self.send('GET', answer['response']['downloadUri'])
        body = self.send('GET', headers['Location'])[2]
        self.assertEqual(body.decode('utf-8-sig').encode(), text)

    def test_elsewhere(self):
        "Contents are not where the API is"
        self.admin.options(download_polls=0, content_url='https://example.com')
        for file in [self.upload(b'a'), self.native('document', b'one')]:
            address = self.start(file['id'])['response']['downloadUri']
            self.assertTrue(address.startswith('https://example.com/'))

    def test_revision(self):
        file = self.native('document', b'one')
        self.admin.edit_document(ANN, file['id'], append='two')
        answer = self.poll(self.start(
                file['id'], mimeType='text/markdown', revisionId='1'))
        _, headers, _ = self.send('GET', answer['response']['downloadUri'])
        self.assertEqual(self.send('GET', headers['Location'])[2], b'one')

    def test_refused(self):
        blob = self.upload(b'a')['id']
        slides = self.files.create(
            body={'mimeType': APPS + 'presentation'}).execute()['id']
        for file_id, values in [
                (blob, {'mimeType': 'text/plain'}),
                (slides, {'mimeType': 'text/csv'}),
                (slides, {'revisionId': '1'})]:
            with self.subTest(values=values):
                error = self.assertRefused(
                    400, 'badRequest', self.start, file_id, **values)
                self.assertEqual(error['status'], 'INVALID_ARGUMENT')
        operation = self.start(blob)
        other = self.make_drive(self.token(BOB, [DRIVE]))
        self.assertRefused(404, 'notFound', other.operations().get(
                name=operation['name']).execute)
        self.files.delete(fileId=blob).execute()
        self.assertEqual(self.poll(operation)['error']['code'], 5)
        self.admin.advance(12 * 3600 + 1)
        self.held = self.token(ANN)
        later = self.make_drive(self.token(ANN, [DRIVE]))
        self.assertRefused(404, 'notFound', later.operations().get(
                name=operation['name']).execute)


class TestThumbnails(MediaTestCase):
    def picture(self, form='PNG', size=(800, 400), **values):
        buffer = io.BytesIO()
        Image.new('RGB', size, 'red').save(buffer, form)
        return self.upload(
            buffer.getvalue(), f'a.{form.lower()}', f'image/{form.lower()}',
            **values)

    def test_fetch(self):
        for form in ['PNG', 'JPEG', 'GIF', 'WEBP']:
            with self.subTest(form=form):
                file = self.picture(form)
                self.assertTrue(file['hasThumbnail'])
                self.assertEqual(
                    file['imageMediaMetadata'],
                    {'width': 800, 'height': 400, 'rotation': 0})
                link = file['thumbnailLink']
                self.assertTrue(link.endswith('=s220'))
                for address, width in [
                        (link, 220), (link[:-3] + '100', 100)]:
                    status, headers, body = self.send('GET', address)
                    self.assertEqual(status, 200)
                    image = Image.open(io.BytesIO(body))
                    self.assertEqual(image.size, (width, width // 2))

    def test_refused(self):
        link = self.picture()['thumbnailLink']
        self.assertError(
            self.send('GET', link, token=False), 401, 'authError')
        self.assertError(
            self.send('GET', link.replace('=s220', '=s0')), 400,
            'badRequest')
        self.assertError(
            self.send('GET', link.replace('/drive-storage/',
                    '/drive-storage/x')), 404, 'notFound')
        self.held = self.token(BOB, [DRIVE])
        self.assertError(self.send('GET', link), 404, 'notFound')

    def test_expires(self):
        link = self.picture()['thumbnailLink']
        self.admin.options(token_life=100_000)
        self.held = self.token(ANN, [DRIVE])
        self.admin.advance(3700)
        self.assertError(self.send('GET', link), 404, 'notFound')

    def test_none(self):
        for file in [
                self.upload(b'no picture', 'a.png', 'image/png'),
                self.upload(b'text', 'a.txt', 'text/plain')]:
            self.assertFalse(file['hasThumbnail'])
            self.assertNotIn('thumbnailLink', file)
        # nor for who may read the metadata only
        file = self.picture()
        held = self.token(ANN, [SCOPE + 'drive.metadata.readonly'])
        shown = self.make_drive(held).files().get(
            fileId=file['id'], fields='*').execute()
        self.assertNotIn('thumbnailLink', shown)


class TestBatch(MediaTestCase):
    def test_refused(self):
        "No media in a batch"
        file = self.upload(b'a')
        results = []
        batch = self.drive.new_batch_http_request(
            lambda name, answer, error: results.append(error))
        batch.add(self.files.get_media(fileId=file['id']))
        batch.execute()
        self.assertIsInstance(results[0], HttpError)
        self.assertEqual(
            (results[0].resp.status, json.loads(results[0].content)[
                    'error']['errors'][0]['reason']), (400, 'badRequest'))
