# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The memory does not grow with the content"
import json
import os
import subprocess
import sys
from unittest import skipUnless

from .media_case import EMAIL, MediaTestCase, md5

CHILD = os.path.join(os.path.dirname(__file__), 'media_child.py')
MIB = 1024 * 1024
SIZE = 64 * MIB


@skipUnless(os.path.exists('/proc/self/status'), "needs /proc")
class MemoryTestCase(MediaTestCase):

    def setUp(self):
        super().setUp()
        self.admin.create_file(EMAIL, 'small', 'small')
        self.small = next(
            f for f in self.admin.files(EMAIL) if f['name'] == 'small')
        self.big = self.path(b'', 'big')
        os.truncate(self.big, SIZE)
        self.digest = md5(bytes(SIZE))

    def transfer(self, kind, **values):
        "Do it in another process; return the answer and the memory it took"
        warm = {
            'kind': kind, 'path': self.path(b'small', 'small'), 'size': 5,
            'file': self.small['id'], 'md5': md5(b'small')}
        process = subprocess.run(
            [sys.executable, CHILD, json.dumps({
                        'kind': kind, 'warm': warm, 'token':
                        self.token().token, 'url': self.emulator.url,
                        **values})],
            stdout=subprocess.PIPE, check=True, text=True, timeout=600)
        result = json.loads(process.stdout)
        self.assertLess(result['memory'], 4 * MIB)
        return result['answer']

    def test_resume_receive(self):
        answer = self.transfer('resume', path=self.big, size=SIZE)
        self.assertEqual(answer['md5Checksum'], self.digest)
        # one for the session, one for the question, and one a piece of 8 MiB
        self.assertEqual(self.methods()[-10:], [
                'files.create', 'upload.status'] + ['upload.chunk'] * 8)
        self.admin.clear_log()
        answer = self.transfer(
            'receive', path=self.path(), file=answer['id'], size=SIZE,
            md5=self.digest)
        self.assertEqual(
            (answer['size'], answer['md5']), (SIZE, self.digest))
        self.assertEqual(self.methods(), ['files.get_media'] * 2)
        self.assertEqual(os.path.getsize(self.path()), SIZE)

    def test_send(self):
        os.truncate(self.big, 5_000_000)
        answer = self.transfer('send', path=self.big)
        self.assertEqual(answer['size'], '5000000')
