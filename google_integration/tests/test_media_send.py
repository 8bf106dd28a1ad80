# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Contents to Google, in one request and in pieces"
from trytond.modules.google_integration import media

from .media_case import UNIT, MediaTestCase, md5, some


class SendTestCase(MediaTestCase):
    "One request"

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
        file_id = self.admin.create_file(
            'jane.doe@example.com', 'a.bin', b'old')['id']
        data = some(1000, 1)
        media.send(
            client, self.update(client, file_id, name='b.bin'),
            self.path(data), 'application/x-thing')
        self.assertContent(file_id, data)
        self.assertEqual(self.admin.file(file_id)['name'], 'b.bin')


class ResumeTestCase(MediaTestCase):
    "Several pieces"

    def begin(self, client, data, **body):
        return media.begin(
            client, self.create(client, **body), len(data), 'a/b')

    def test_create(self):
        client = self.client()
        data = some(3 * UNIT + 5)
        uri = self.begin(client, data)
        resource = media.resume(
            client, uri, self.path(data), len(data), fresh=True, piece=UNIT)
        self.assertContent(resource['id'], data)
        self.assertEqual(
            self.methods(), ['files.create'] + ['upload.chunk'] * 4)
