# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The bodies of requests, read a piece at a time."
import os
import tempfile
import weakref

from .drive.content import PIECE, discard, folder

# both paths of the discovery document
UPLOADS = ('/upload/', '/resumable/upload/')


class Incomplete(Exception):
    "The connection ended before the body"


def is_upload(path):
    return path.startswith(UPLOADS)


class Body:
    "The body of an upload, in a temporary file"

    def __init__(self):
        number, self.path = tempfile.mkstemp(dir=folder())
        self._file = os.fdopen(number, 'wb')
        self._discard = weakref.finalize(
            self, discard, self._file, self.path)
        self.size = 0
        self.complete = True

    def write(self, piece):
        self._file.write(piece)
        self.size += len(piece)

    def close(self):
        self._file.close()

    def open(self):
        return open(self.path, 'rb')

    def take(self):
        "Return the path: the file belongs to the caller from now on"
        self._discard.detach()
        return self.path

    def read(self):
        with self.open() as source:
            return source.read()

    def discard(self):
        self._discard()


def pieces(stream, headers):
    "The body of a request; Incomplete when it ends too early"
    if 'chunked' in headers.get('transfer-encoding', '').lower():
        return _chunked(stream)
    return _exactly(stream, int(headers.get('content-length') or 0))


def _exactly(stream, size):
    while size > 0:
        # read1: what came before an interruption is kept
        piece = stream.read1(min(PIECE, size))
        if not piece:
            raise Incomplete
        size -= len(piece)
        yield piece


def _chunked(stream):
    while True:
        line = stream.readline()
        if not line.strip():
            raise Incomplete
        size = int(line.split(b';')[0], 16)
        if not size:
            break
        yield from _exactly(stream, size)
        stream.readline()
    while stream.readline().strip():
        pass


def limited(source, limit):
    "The first bytes only, then Incomplete, whatever else there is"
    for piece in source:
        yield piece[:limit]
        limit -= len(piece[:limit])
        if not limit:
            break
    raise Incomplete
