# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Contents from Google, verified"
import errno
import gzip
import hashlib
import os
import threading
from types import SimpleNamespace
from unittest.mock import patch

from trytond.modules.google_integration import (
    media, media_receive, transport)

from .fake_server import Server, answer, truncate
from .media_case import EMAIL, UNIT, MediaTestCase, md5, some

GET = 'drive.files.get_media'
DOCUMENT = 'application/vnd.google-apps.document'
SIZE = 3 * UNIT + 5


class ReceiveCase(MediaTestCase):

    def setUp(self):
        super().setUp()
        self.google = self.client()
        self.data = some(SIZE)
        self.target = self.path()

    def file(self, data=None):
        data = self.data if data is None else data
        file_id = self.admin.create_file(EMAIL, 'a.bin', '')['id']
        # as a file: it may be large
        self.admin.edit_file(EMAIL, file_id, content=data)
        self.admin.clear_log()
        return file_id

    def receive(self, file_id, **values):
        return media.receive(
            self.google, self.get(self.google, file_id), self.target,
            **values)

    def refused(self, *args, **kwargs):
        "Nothing of it is left"
        error = super().refused(*args, **kwargs)
        self.assertFalse(os.path.exists(self.target))
        return error

    def verified(self, file_id):
        return self.receive(file_id, size=SIZE, md5=md5(self.data))

    def assertReceived(self, received, data=None):
        data = self.data if data is None else data
        with open(self.target, 'rb') as file:
            self.assertEqual(file.read(), data)
        self.assertEqual(received, media.Received(
                len(data), md5(data), hashlib.sha256(data).hexdigest()))


class PlainTestCase(ReceiveCase):

    def test_receive(self):
        for size in [0, 1, SIZE]:
            data = some(size)
            file_id = self.file(data)
            before = self.google.counters.bytes_received
            for values in [{}, {'size': size}, {'md5': md5(data)},
                    {'size': size, 'md5': md5(data), 'limit': size}]:
                self.assertReceived(self.receive(file_id, **values), data)
            self.assertEqual(self.methods(), ['files.get_media'] * 4)
            self.assertEqual(
                self.google.counters.bytes_received - before, 4 * size)
        self.assertEqual(self.google.counters.retries, 0)

    def test_overwritten(self):
        "What was in the file before is gone"
        self.path(some(2 * SIZE, 1))
        self.assertReceived(self.receive(self.file()))

    def test_revision(self):
        file_id = self.file()
        revision = self.google.execute(self.google.api.revisions().list(
                fileId=file_id, fields='revisions(id)'))['revisions'][-1]
        self.assertReceived(media.receive(
                self.google, self.google.api.revisions().get_media(
                    fileId=file_id, revisionId=revision['id']),
                self.target, md5=md5(self.data)))


class CutTestCase(ReceiveCase):

    def test_truncated(self):
        "It goes on where it was cut"
        file_id = self.file()
        self.admin.add_fault('truncated', method_id=GET, size=UNIT + 3)
        self.assertReceived(self.verified(file_id))
        self.assertEqual(
            [entry['bytes'] for entry in self.admin.log()],
            [SIZE, SIZE - UNIT - 3])
        self.assertEqual(self.google.counters.bytes_received, SIZE)
        self.assertEqual(self.google.counters.retries, 1)

    def test_often_truncated(self):
        "As often as it is long, but not without getting on"
        file_id = self.file(some(20 * UNIT))
        self.data = some(20 * UNIT)
        self.admin.add_fault(
            'truncated', method_id=GET, size=UNIT, times=None)
        self.assertReceived(
            self.receive(file_id, size=20 * UNIT, md5=md5(self.data)))
        self.assertEqual(len(self.methods()), 20)
        for size in [0, 100]:
            self.admin.clear_faults()
            self.admin.clear_log()
            self.admin.add_fault(
                'truncated', method_id=GET, size=size, times=None)
            error = self.refused(
                self.receive, file_id, size=20 * UNIT, md5=md5(self.data))
            self.assertEqual(
                (error.reason, error.transient), ('malformed', True))
            self.assertEqual(len(self.methods()), 6)

    def test_unverified(self):
        "Without a digest two answers are never put together"
        file_id = self.file()
        for values in [{}, {'size': SIZE}]:
            self.admin.clear_log()
            self.admin.add_fault('truncated', method_id=GET, size=UNIT + 3)
            self.assertReceived(self.receive(file_id, **values))
            self.assertEqual(
                [entry['bytes'] for entry in self.admin.log()],
                [SIZE, SIZE])
        self.admin.clear_log()
        self.admin.add_fault(
            'truncated', method_id=GET, size=2 * UNIT, times=None)
        self.refused(self.receive, file_id)
        self.assertEqual(len(self.methods()), 6)

    def test_changed_between(self):
        "Nor are those of two contents"
        file_id = self.file()
        self.admin.add_fault('truncated', method_id=GET, size=UNIT)
        hook = self.admin.pause_at(2, method_id=GET)
        other = some(SIZE, 9)

        def change(*args):
            self.admin.edit_file(EMAIL, file_id, content=other)
            self.admin.resume(hook)

        # the second request is held until it is another content
        thread = threading.Thread(target=lambda: (
                self.admin.wait_hook(hook), change()))
        thread.start()
        self.addCleanup(thread.join)
        self.refused(
            self.receive, file_id, size=SIZE, md5=md5(self.data),
            error=media.Damaged)

    def test_dropped(self):
        for values in [
                {'action': 'drop_before'}, {'action': 'drop_after'},
                {'action': 'status', 'status': 503},
                {'action': 'status', 'status': 429, 'retry_after': 3},
                {'action': 'status', 'status': 403,
                    'reason': 'rateLimitExceeded'}]:
            with self.subTest(**values):
                file_id = self.file()
                self.slept.clear()
                self.admin.add_fault(method_id=GET, **values)
                self.assertReceived(self.verified(file_id))
                self.assertEqual(len(self.methods()), 2)
                self.assertGreaterEqual(
                    self.slept[0], values.get('retry_after', 0))

    def test_token(self):
        "A token that is refused on the way"
        file_id = self.file()
        self.admin.add_fault('truncated', method_id=GET, size=UNIT)
        self.admin.add_fault('status', method_id=GET, nth=2, status=401)
        self.assertReceived(self.verified(file_id))
        self.assertEqual(self.refreshed, 1)
        self.assertEqual(self.google.counters.bytes_received - SIZE, sum(
                e['bytes'] for e in self.admin.log() if e['status'] == 401))
        self.admin.add_fault(
            'status', method_id=GET, status=401, times=None)
        self.assertEqual(
            self.refused(self.verified, file_id).status, 401)
        self.assertEqual(self.refreshed, 2)

    def test_refused(self):
        file_id = self.file()
        for status, reason in [
                (403, 'insufficientFilePermissions'), (404, 'notFound'),
                (416, 'requestedRangeNotSatisfiable')]:
            self.admin.clear_log()
            self.admin.add_fault(
                'status', method_id=GET, status=status, reason=reason)
            error = self.refused(self.verified, file_id)
            self.assertEqual(
                (error.status, error.reason, error.transient),
                (status, reason, False))
            self.assertEqual(len(self.methods()), 1)

    def test_deadline(self):
        "The time is that of a piece, not of the file"
        seconds = iter(range(100_000))
        clock = SimpleNamespace(
            monotonic=lambda: next(seconds), time=lambda: 0)
        self.data = some(40 * UNIT)
        file_id = self.file()
        self.google = self.client(deadline=100)
        with patch.object(transport, 'time', clock):
            # each question for the time takes a second
            with patch.object(media_receive, 'PIECE', UNIT):
                self.assertReceived(self.receive(file_id))
            self.assertEqual(len(self.methods()), 1)
            error = self.refused(self.receive, file_id)
        self.assertTrue(error.transient)


class DamagedTestCase(ReceiveCase):

    def test_corrupt(self):
        file_id = self.file()
        for place in [0, SIZE // 2, SIZE - 1]:
            self.admin.clear_log()
            self.admin.add_fault('corrupt', method_id=GET, size=place)
            error = self.refused(
                self.verified, file_id, error=media.Damaged)
            self.assertEqual((error.reason, error.transient), (
                    'damaged', True))
            self.assertEqual(len(self.methods()), 1)
        self.assertReceived(self.verified(file_id))

    def test_corrupt_rest(self):
        "The part that it goes on with is verified like the first one"
        file_id = self.file()
        self.admin.add_fault('truncated', method_id=GET, size=UNIT)
        self.admin.add_fault('corrupt', method_id=GET, nth=2)
        self.refused(self.verified, file_id, error=media.Damaged)

    def test_size(self):
        "What is shorter or longer than it was said"
        file_id = self.file()
        for size in [SIZE + 1, SIZE - 1, 0]:
            self.refused(
                self.receive, file_id, size=size, error=media.Damaged)
        self.refused(
            self.receive, file_id, md5=md5(b'other'), error=media.Damaged)

    def test_endless(self):
        "What is longer is not read to its end"
        self.data = some(64 * UNIT)
        file_id = self.file()
        for values, error in [
                ({'size': UNIT}, media.Damaged),
                ({'limit': UNIT}, media.TooLarge)]:
            before = self.google.counters.bytes_received
            self.refused(self.receive, file_id, error=error, **values)
            self.assertLess(
                self.google.counters.bytes_received - before, 2 * UNIT)
        # the connection that was left is not used again
        self.assertReceived(self.receive(file_id))

    def test_full_disk(self):
        "An error of the disk is not taken for one of the line"
        file_id = self.file()

        def full(path, mode):
            file = open(path, mode)
            self.addCleanup(file.close)
            return _Full(file)

        with patch.object(media_receive, 'open', full, create=True):
            with self.assertRaises(OSError) as caught:
                self.receive(file_id)
        self.assertEqual(caught.exception.errno, errno.ENOSPC)
        self.assertFalse(os.path.exists(self.target))
        self.assertEqual(len(self.methods()), 1)


class _Full:
    def __init__(self, file):
        self.file = file

    def __getattr__(self, name):
        return getattr(self.file, name)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.file.close()

    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")


class ExportTestCase(ReceiveCase):

    def setUp(self):
        super().setUp()
        self.document = self.admin.create_file(
            EMAIL, 'doc', ['One', 'Two'] * 300, mimeType=DOCUMENT)['id']
        self.admin.clear_log()

    def export(self, **values):
        return media.receive(
            self.google, self.google.api.files().export_media(
                fileId=self.document, mimeType='text/plain'),
            self.target, **values)

    def text(self):
        with open(self.target, encoding='utf-8-sig', newline='') as file:
            return file.read()

    def test_export(self):
        "It has neither size nor digest"
        received = self.export()
        self.assertEqual(self.text().split('\r\n'), ['One', 'Two'] * 300)
        self.assertEqual(received.size, os.path.getsize(self.target))
        self.assertEqual(self.methods(), ['files.export'])

    def test_truncated(self):
        self.admin.add_fault('truncated', method_id='drive.files.export')
        self.export()
        self.assertEqual(self.text().split('\r\n'), ['One', 'Two'] * 300)
        self.assertEqual(self.methods(), ['files.export'] * 2)

    def test_large(self):
        "Beyond the limit of exports"
        self.admin.options(export_limit=10)
        error = self.refused(self.export)
        self.assertEqual(
            (error.status, error.reason), (403, 'exportSizeLimitExceeded'))

    def test_operation(self):
        "The address of a long-running operation, which redirects"
        self.admin.options(download_polls=0)
        operation = self.google.execute(self.google.api.files().download(
                fileId=self.document, mimeType='text/plain'))
        media.receive(
            self.google, operation['response']['downloadUri'], self.target)
        self.assertEqual(self.text().split('\r\n'), ['One', 'Two'] * 300)
        self.assertEqual(
            self.methods()[1:], ['download', 'download'])


class OddTestCase(ReceiveCase):
    "Answers that Google should not give"

    def from_server(self, *script, **values):
        self.server = self.enterContext(Server(*script))
        self.google = self.client(api_root=self.server.url)
        return self.receive('1', **values)

    def test_range(self):
        "The whole instead of a range, and another range"
        cut = truncate(answer(self.data), UNIT)
        self.assertReceived(self.from_server(
                cut, answer(self.data), md5=md5(self.data)))
        for text in [f'bytes 5-{SIZE - 1}/{SIZE}', 'bytes */5', '']:
            error = self.refused(
                self.from_server, cut,
                answer(self.data[UNIT:], 206, Content_Range=text),
                md5=md5(self.data))
            self.assertEqual(error.reason, 'malformed')
            self.assertEqual(len(self.server.requests), 2)
        self.assertEqual(
            self.server.requests[1].headers['Range'], f'bytes={UNIT}-')

    def test_no_more(self):
        "There is nothing after what came: the digest decides"
        cut = truncate(answer(self.data + b'more'), SIZE)
        end = answer({}, 416)
        self.assertReceived(self.from_server(cut, end, md5=md5(self.data)))
        self.refused(
            self.from_server, cut, end, md5=md5(b''), error=media.Damaged)

    def test_encoded(self):
        "What was not asked for is not decoded without end"
        error = self.refused(self.from_server, answer(
                gzip.compress(self.data), Content_Encoding='gzip'))
        self.assertEqual(error.reason, 'malformed')
        request, = self.server.requests
        self.assertEqual(request.headers['Accept-Encoding'], 'identity')

    def test_without_end(self):
        "Of an answer without a length only a digest tells the end"
        def step(handler, request):
            handler.send_response(200)
            handler.end_headers()
            handler.wfile.write(self.data)
            handler.hang_up()

        for values in [{'md5': md5(self.data)}, {'size': SIZE}]:
            self.assertReceived(self.from_server(step, **values))
        error = self.refused(self.from_server, step)
        self.assertEqual((error.reason, error.transient), ('malformed', True))

    def test_chunked(self):
        "An export may come in chunks, of which the last one tells the end"
        def step(last):
            def send(handler, request):
                handler.send_response(200)
                handler.send_header('Transfer-Encoding', 'chunked')
                handler.end_headers()
                for start in range(0, SIZE, UNIT):
                    piece = self.data[start:start + UNIT]
                    handler.wfile.write(b'%x\r\n%s\r\n' % (len(piece), piece))
                handler.wfile.write(last)
                handler.hang_up()
            return send

        self.assertReceived(self.from_server(step(b''), step(b'0\r\n\r\n')))
        self.assertEqual(len(self.server.requests), 2)
        self.refused(self.from_server, step(b''))

    def test_redirect(self):
        "A content elsewhere is fetched without the token"
        other = self.enterContext(Server(answer(self.data)))
        file_id = self.file()
        self.admin.add_fault('redirect', method_id=GET, url=other.url)
        self.assertReceived(self.verified(file_id))
        request, = other.requests
        self.assertNotIn('Authorization', request.headers)
        self.assertReceived(
            media.receive(self.google, other.url, self.target))
        self.assertNotIn('Authorization', other.requests[1].headers)
