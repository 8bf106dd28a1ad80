# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The binary content of files: on disk, never in memory as a whole."
import hashlib
import os
import tempfile
import weakref

CHUNK = 1 << 20


def _remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


class Content:
    "Immutable bytes in a temporary file, removed with the object"

    def __init__(self, path, size, md5, sha1, sha256):
        self.path = path
        self.size = size
        self.md5 = md5
        self.sha1 = sha1
        self.sha256 = sha256
        weakref.finalize(self, _remove, path)

    @classmethod
    def from_bytes(cls, data, folder):
        descriptor, path = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, 'wb') as file:
            file.write(data)
        return cls.from_file(path)

    @classmethod
    def from_file(cls, path):
        "Take the file over"
        digests = [hashlib.md5(), hashlib.sha1(), hashlib.sha256()]
        size = 0
        with open(path, 'rb') as file:
            while data := file.read(CHUNK):
                size += len(data)
                for digest in digests:
                    digest.update(data)
        return cls(path, size, *(d.hexdigest() for d in digests))

    def open(self):
        return open(self.path, 'rb')

    def read(self, start=0, end=None):
        with self.open() as file:
            file.seek(start)
            return file.read(-1 if end is None else max(end - start, 0))
