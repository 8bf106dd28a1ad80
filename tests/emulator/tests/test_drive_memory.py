# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

from googleapiclient.http import MediaFileUpload, MediaIoBaseDownload

from tests.emulator import EmulatorAdmin
from tests.emulator.discovery import load

from .common import setUpModule, tearDownModule
from .media import FILES, MediaTestCase, some

__all__ = ['setUpModule', 'tearDownModule']
ROOT = Path(__file__).parents[3]
MIB = 1024 * 1024
SIZE = 64 * MIB


class _Digest(io.RawIOBase):
    "What is written is counted and forgotten"

    def __init__(self):
        self.size, self.digest = 0, hashlib.md5()

    def write(self, data):
        self.size += len(data)
        self.digest.update(data)
        return len(data)


@unittest.skipUnless(os.path.exists('/proc/self/status'), "needs /proc")
class TestMemory(MediaTestCase):
    @classmethod
    def setUpClass(cls):
        cls.process = subprocess.Popen(
            [sys.executable, '-m', 'tests.emulator'], cwd=ROOT,
            stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.process.stdout.close)
        cls.addClassCleanup(cls.process.wait)
        cls.addClassCleanup(cls.process.terminate)
        url = json.loads(cls.process.stdout.readline())['url']
        cls.admin = EmulatorAdmin(url)
        cls.emulator = SimpleNamespace(
            url=url, port=int(url.rpartition(':')[2]))
        cls.documents = {'drive.v3': load('drive.v3')}

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        super().setUp()
        # a sparse file
        self.big = self.enterContext(tempfile.NamedTemporaryFile())
        self.big.truncate(SIZE)
        # what is loaded at the first time is no matter
        self.read(self.upload(some(1000))['id'])

    def peak(self):
        text = Path(f'/proc/{self.process.pid}/status').read_text()
        return int(re.search(r'VmHWM:\s+(\d+) kB', text)[1]) * 1024

    def check(self, file_id):
        digest = _Digest()
        download = MediaIoBaseDownload(
            digest, self.files.get_media(fileId=file_id),
            chunksize=SIZE)
        while not download.next_chunk()[1]:
            pass
        self.assertEqual(digest.size, SIZE)
        return digest.digest.hexdigest()

    def test_resumable(self):
        before = self.peak()
        answer = self.files.create(
            media_body=MediaFileUpload(
                self.big.name, 'a/b', resumable=True, chunksize=SIZE),
            fields='id,md5Checksum').execute()
        self.assertEqual(self.check(answer['id']), answer['md5Checksum'])
        self.assertLess(self.peak() - before, 40 * MIB)

    def test_refused(self):
        "Nor what is too large for one request"
        before = self.peak()
        for kind in ['media', 'multipart']:
            status, _, _ = self.send(
                'POST', f'{FILES}?uploadType={kind}', self.big,
                Content_Length=str(SIZE),
                Content_Type='multipart/related; boundary=x')
            self.assertEqual(status, 413)
            self.big.seek(0)
        self.assertLess(self.peak() - before, 40 * MIB)
