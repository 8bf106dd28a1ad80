# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The body of a request that is read while it is sent"
import threading

__all__ = ['PIECE', 'Body', 'SourceError', 'current']

# The bytes of a body that are in memory
PIECE = 1 << 16
# What belongs to the request that a thread sends: how it is counted, and the
# `transport.Attempts` that tell how long it may take
current = threading.local()


class SourceError(Exception):
    "The file that is sent can not be read, or is not what it was"


class Body:
    """The body of a request that is read while it is sent.

    ``parts`` are bytes, or (file, start, size): a part of a binary file.
    """

    def __init__(self, *parts):
        self._parts = parts
        self._size = sum(
            len(part) if isinstance(part, bytes) else part[2]
            for part in parts)
        self._rest = self._pieces()

    def __len__(self):
        return self._size

    def __bool__(self):
        return True

    def __iter__(self):
        return self

    def __next__(self):
        current.attempts.check()
        piece = next(self._rest)
        # what is on its way, as it can not be known how much arrives
        current.count(bytes_sent=len(piece))
        return piece

    def _pieces(self):
        for part in self._parts:
            if isinstance(part, bytes):
                yield part
                continue
            file, start, size = part
            while size > 0:
                piece = self._read(file, start, min(size, PIECE))
                if not piece:
                    raise SourceError("The file is shorter than it was")
                yield piece
                start += len(piece)
                size -= len(piece)

    @staticmethod
    def _read(file, start, size):
        error = None
        try:
            file.seek(start)
            return file.read(size)
        except (OSError, ValueError) as exception:
            error = exception.strerror if isinstance(
                exception, OSError) else None
        # not an OSError: that is the connection's
        raise SourceError(error or "The file can not be read")
