# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The binary contents, in files: one may be larger than the memory."
import atexit
import functools
import hashlib
import os
import shutil
import tempfile
import weakref

PIECE = 64 * 1024


@functools.cache
def folder():
    "Where this process keeps its contents; removed when it ends"
    path = tempfile.mkdtemp(prefix='emulator-')
    atexit.register(shutil.rmtree, path, True)
    return path


def _remove(path):
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass


def discard(file, path):
    "Close and remove a file that is written"
    file.close()
    _remove(path)


def pieces(source, size=None):
    "The bytes of a file from where it stands, a piece at a time"
    while size is None or size > 0:
        piece = source.read(PIECE if size is None else min(PIECE, size))
        if not piece:
            return
        if size is not None:
            size -= len(piece)
        yield piece


class Spool:
    "A temporary file that is written once, with its digests"

    def __init__(self, place=None):
        number, self.path = tempfile.mkstemp(dir=place or folder())
        self._file = os.fdopen(number, 'wb')
        self._digests = {
            n: hashlib.new(n, usedforsecurity=False)
            for n in ['md5', 'sha1', 'sha256']}
        self._discard = weakref.finalize(
            self, discard, self._file, self.path)
        self.size = 0

    def write(self, piece):
        self._file.write(piece)
        for digest in self._digests.values():
            digest.update(piece)
        self.size += len(piece)

    def open(self):
        "What was written until now"
        self._file.flush()
        return open(self.path, 'rb')

    def finish(self):
        "Return the content; nothing is written any more"
        self._file.close()
        self._discard.detach()
        return Content(self.path, self.size, **{
                n: d.hexdigest() for n, d in self._digests.items()})

    def discard(self):
        self._discard()

    def __deepcopy__(self, memo):
        if not self._file.closed:
            raise ValueError("An upload is not finished")
        return self


class Content:
    """Bytes that never change, in a temporary file which ends with the last
    reference"""

    def __init__(self, path, size, md5, sha1, sha256):
        self._path = path
        self.size = size
        self.md5, self.sha1, self.sha256 = md5, sha1, sha256
        weakref.finalize(self, _remove, path)

    @classmethod
    def from_bytes(cls, data, folder=None):
        spool = Spool(folder)
        spool.write(data)
        return spool.finish()

    @classmethod
    def from_file(cls, path):
        "The file belongs to the content from now on"
        digests = [
            hashlib.new(n, usedforsecurity=False)
            for n in ['md5', 'sha1', 'sha256']]
        size = 0
        with open(path, 'rb') as source:
            for piece in pieces(source):
                size += len(piece)
                for digest in digests:
                    digest.update(piece)
        return cls(path, size, *(d.hexdigest() for d in digests))

    def open(self):
        return open(self._path, 'rb')

    def read(self, start=0, end=None):
        "The bytes from start to before end"
        with self.open() as source:
            source.seek(start)
            return source.read(-1 if end is None else max(end - start, 0))

    def __deepcopy__(self, memo):
        return self

    def __copy__(self):
        return self
