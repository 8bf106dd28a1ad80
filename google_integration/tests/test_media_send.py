# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Contents to Google in one request"
import json
import os
from unittest.mock import patch

from trytond.modules.google_integration import body, media, transport
from trytond.modules.google_integration.client import GoogleError

from .media_case import EMAIL, MediaTestCase, md5, some

CREATE = 'drive.files.create'


class SendTestCase(MediaTestCase):

    def send(self, client, data=b'content', request=None, **values):
        return media.send(
            client, request or self.create(client), self.path(data), 'a/b',
            **values)

    def identified(self, client):
        "A request that makes a file of an id that is known before"
        answer = client.execute(client.api.files().generateIds(count=1))
        self.admin.clear_log()
        client.counters.requests = client.counters.bytes_sent = 0
        return self.create(client, id=answer['ids'][0])

    def files(self):
        return [
            f for f in self.admin.files(EMAIL) if f['name'] == 'a.bin']

    def test_create(self):
        client = self.client()
        data = some(100_000)
        resource = media.send(
            client, self.create(client, 'ä "1".bin'), self.path(data),
            'application/x-thing')
        self.assertEqual(
            (resource['name'], resource['size'], resource['md5Checksum'],
                resource['mimeType']),
            ('ä "1".bin', '100000', md5(data), 'application/x-thing'))
        self.assertContent(resource['id'], data)
        self.assertEqual(self.methods(), ['files.create'])
        self.assertEqual(client.counters.requests, 1)
        self.assertGreater(client.counters.bytes_sent, 100_000)
        self.assertLess(client.counters.bytes_sent, 101_000)

    def test_update(self):
        client = self.client()
        file_id = self.admin.create_file(EMAIL, 'a.bin', b'old')['id']
        data = some(1000, 1)
        self.send(client, data, self.update(client, file_id, name='b.bin'))
        self.assertContent(file_id, data)
        self.assertEqual(self.admin.file(file_id)['name'], 'b.bin')
        # the content alone
        request = client.api.files().update(fileId=file_id, fields='id')
        self.assertEqual(
            self.send(client, b'new', request), {'id': file_id})
        self.assertContent(file_id, b'new')

    def test_sizes(self):
        client = self.client()
        for size in [0, 1, media.MAXIMUM_SINGLE]:
            data = some(size)
            resource = self.send(client, data)
            self.assertContent(resource['id'], data)
        self.assertEqual(self.methods(), ['files.create'] * 3)

    def test_mime_type(self):
        "What is no MIME type does not get into the request"
        client = self.client()
        for mime_type in [
                None, '', 'text', 'text/plain\r\nX-Evil: 1', 'a/b; c="d"']:
            resource = media.send(
                client, self.create(client), self.path(b'\x00\x01'),
                mime_type)
            self.assertEqual(
                resource['mimeType'], 'application/octet-stream')

    def test_repeated(self):
        "Whatever happens, it is repeated as a whole and is there once"
        for values in [
                {'action': 'drop_before'},
                {'action': 'drop_body', 'size': 70_000},
                {'action': 'status', 'status': 503},
                {'action': 'status', 'status': 429},
                {'action': 'status', 'status': 403,
                    'reason': 'rateLimitExceeded'}]:
            with self.subTest(**values):
                client = self.client()
                data = some(100_000)
                request = self.identified(client)
                self.admin.add_fault(method_id=CREATE, **values)
                resource = self.send(client, data, request)
                self.assertContent(resource['id'], data)
                self.assertEqual(self.methods(), ['files.create'] * 2)
                self.assertEqual(client.counters.retries, 1)

    def test_lost_answer(self):
        "The second time the id is taken: it is there, and once"
        for action in ['drop_after', 'truncated']:
            with self.subTest(action=action):
                client = self.client()
                request = self.identified(client)
                self.admin.add_fault(action, method_id=CREATE)
                error = self.refused(self.send, client, request=request)
                self.assertEqual((error.status, error.transient), (409, False))
                self.assertEqual(
                    self.admin.file(json.loads(request.body)['id'])['md5'],
                    md5(b'content'))

    def test_not_idempotent(self):
        "Without an id it is sent once, and the effect is unknown"
        for action in ['drop_after', 'truncated', 'malformed']:
            with self.subTest(action=action):
                client = self.client()
                before = len(self.files())
                self.admin.add_fault(action, method_id=CREATE)
                error = self.refused(
                    self.send, client, idempotent=False)
                self.assertTrue(error.unknown)
                self.assertEqual(len(self.files()), before + 1)
                self.assertEqual(client.counters.requests, 1)

    def test_refused(self):
        "Another refusal is raised at once"
        client = self.client()
        self.admin.set_quota(EMAIL, 10)
        error = self.refused(self.send, client, some(1000))
        self.assertEqual(
            (error.reason, error.transient), ('storageQuotaExceeded', False))
        self.assertEqual(client.counters.requests, 1)

    def test_token(self):
        "A refused token is renewed"
        client = self.client()
        self.admin.expire_access_tokens()
        self.send(client)
        self.assertEqual(self.refreshed, 1)
        self.assertEqual(len(self.files()), 1)

    def test_no_file(self):
        client = self.client()
        for path in [self.path(), self.folder]:
            with self.assertRaises(media.SourceError) as caught:
                media.send(client, self.create(client), path, 'a/b')
            # what is shown does not tell where it is
            self.assertNotIn(path, str(caught.exception))
            with self.assertRaises(media.SourceError):
                media.resume(client, client.root + '?upload_id=1', path, 1)
        self.assertEqual(self.methods(), [])

    def test_shorter(self):
        "A file that is cut off while it is sent is not sent"
        client = self.client()
        path = self.path(some(100_000))
        count = client.count

        def cut(**values):
            if values.get('bytes_sent'):
                os.truncate(path, 1000)
            count(**values)

        with patch.object(client, 'count', cut):
            with self.assertRaises(media.SourceError):
                media.send(client, self.create(client), path, 'a/b')
        self.assertEqual(self.files(), [])
        # the connection that was left is not used again
        self.send(client)
        self.assertEqual(len(self.files()), 1)

    def test_other_api(self):
        client = self.client()
        request = self.create(client)
        request.uri = 'http://127.0.0.1:9/drive/v3/files'
        with self.assertRaises(ValueError):
            self.send(client, request=request)
        self.assertEqual(self.methods(), [])

    def test_deadline(self):
        "A file that takes too long is given up"
        client = self.client()
        remaining = transport.Attempts.remaining
        sent = []

        def over(attempts):
            sent.append(client.counters.bytes_sent)
            return -1.0 if sent[-1] > 70_000 else remaining(attempts)

        with patch.object(transport.Attempts, 'remaining', over):
            error = self.refused(self.send, client, some(500_000))
        self.assertEqual((error.reason, error.unknown), ('deadline', True))
        self.assertLess(client.counters.bytes_sent, 200_000)
        self.assertEqual(self.files(), [])


class BodyTestCase(MediaTestCase):

    def test_unreadable(self):
        "An error of the disk is not taken for one of the line"
        with open(self.path(b'content'), 'rb') as file:
            content = body.Body(b'head', (file, 0, 7))
            self.assertEqual(len(content), 11)
        client = self.client()
        with self.assertRaises(media.SourceError) as caught:
            client.request(
                client.attempts(),
                client.root + 'upload/drive/v3/files?uploadType=media',
                'POST', content, {
                    'content-type': 'a/b', 'content-length': '11'})
        self.assertNotIsInstance(caught.exception, (OSError, GoogleError))
        self.assertEqual(client.counters.requests, 1)
