# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Contents from Google, verified"
import hashlib

from trytond.modules.google_integration import media

from .media_case import EMAIL, MediaTestCase, md5, some


class ReceiveTestCase(MediaTestCase):

    def file(self, data):
        return self.admin.create_file(EMAIL, 'a.bin', data)['id']

    def assertReceived(self, received, path, data):
        with open(path, 'rb') as file:
            self.assertEqual(file.read(), data)
        self.assertEqual(received, media.Received(
                len(data), md5(data), hashlib.sha256(data).hexdigest()))

    def test_receive(self):
        client, path = self.client(), self.path()
        for size in [0, 1, 100_000]:
            data = some(size)
            file_id = self.file(data)
            self.admin.clear_log()
            before = client.counters.bytes_received
            for values in [{}, {'size': size, 'md5': md5(data)}]:
                self.assertReceived(media.receive(
                        client, self.get(client, file_id), path, **values),
                    path, data)
            self.assertEqual(self.methods(), ['files.get_media'] * 2)
            self.assertEqual(
                client.counters.bytes_received - before, 2 * size)
