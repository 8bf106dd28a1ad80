# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Contents from Google into files; a part of `media`"
import contextlib
import hashlib
import os
import re
from dataclasses import dataclass
from http import HTTPStatus

from .transport import GoogleError, InsecureURI, check_uri

__all__ = ['Damaged', 'Received', 'TooLarge', 'receive']

# What is received within one deadline
PIECE = 8 * 1024 * 1024
# What has to come of a content so that it may be cut once more
PROGRESS = 256 * 1024
_CONTENT_RANGE = re.compile(r'bytes (\d+)-\d+/(\d+|\*)')
_CONTENT = {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}


class Damaged(GoogleError):
    "What came is not what Google said that it has"


class TooLarge(GoogleError):
    "There is more than may be received"


@dataclass(frozen=True)
class Received:
    "What was received: its size and its digests, in hexadecimal"
    size: int
    md5: str
    sha256: str


def receive(
        client, request, path, size=None, md5=None, limit=None, trusted=()):
    """Write a content of Google's to the file at ``path`` and verify it.

    ``request`` is a request of ``client.api`` for a content (get_media,
    export_media), or an address.  The origins in ``trusted``, as
    'https://example.com', get the token for this content too, other hosts than
    Google's do not.  ``size`` and ``md5`` are those that Google says; an
    export has none.  After a cut it goes on where it was if ``md5`` can tell
    that it is the same content, otherwise from the beginning.  Raises Damaged
    if it is another one, TooLarge beyond ``limit`` bytes, GoogleError, and
    OSError if the file can not be written: then there is no file.
    """
    try:
        with open(path, 'wb') as file:
            return _Download(
                client, request, file, size, md5, limit, trusted).run()
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
        raise


def _checked(uri):
    "The address that Google has told, if it is one of a server"
    try:
        return check_uri(uri)
    except InsecureURI:
        raise GoogleError(reason='insecure_redirect') from None


class _Download:

    def __init__(self, client, request, file, size, md5, limit, trusted):
        self.client = client
        if isinstance(request, str):
            self.uri, headers = _checked(request), {}
        else:
            self.uri, headers = request.uri, request.headers
        self.headers = {
            name: value for name, value in headers.items()
            if name.lower() not in {
                'accept-encoding', 'content-length', 'content-type', 'range'}}
        # so that sizes and ranges are those of the content
        self.headers['accept-encoding'] = 'identity'
        self.file = file
        self.expected = size
        self.wanted = md5
        self.limit = limit
        self.trusted = trusted
        self.attempts = client.attempts()
        self.restart()

    def restart(self):
        "Forget what was received"
        self.file.seek(0)
        self.file.truncate()
        self.size = self.renewed_at = 0
        self.md5 = hashlib.md5(usedforsecurity=False)
        self.sha256 = hashlib.sha256()

    def run(self):
        renewed = not self.client.renewable
        while True:
            self.client.renew_expiring()
            token = self.client.credentials.token
            before = self.size
            answer = self._once()
            if isinstance(answer, Received):
                return answer
            if self.size - before >= PROGRESS:
                # it goes on: a long content may be cut often
                self.attempts = self.client.attempts()
            if answer.status == 401 and not renewed:
                renewed = True
                self.client.renew(token)
            elif (not answer.repeat
                    or not self.attempts.again(answer.retry_after)):
                raise answer
            self.client.count(retries=1)

    def _once(self):
        headers = dict(self.headers)
        if self.size and self.wanted is None:
            self.restart()
        if self.size:
            headers['range'] = f'bytes={self.size}-'
        answer = self.client.request(
            self.attempts, self.uri, headers=headers,
            through={416} if self.size else (), sink=self._sink,
            trusted=self.trusted)
        if isinstance(answer, GoogleError):
            return answer
        response, _ = answer
        if response.status == 416:
            # there is nothing beyond what was received
            return self._end()
        if '-truncated' in response or not self._whole(response):
            return GoogleError(
                response.status, 'malformed', transient=True,
                repeat='idempotent')
        return self._end()

    def _whole(self, response):
        "Tell if the end of the answer can be known"
        return (
            self.wanted is not None or self.expected is not None
            or 'content-length' in response
            or 'chunked' in response.get('transfer-encoding', ''))

    def _sink(self, status, headers):
        "Return what takes the content of the answer, see transport.Http.send"
        if status not in _CONTENT:
            return None
        if headers.get('content-encoding', 'identity') != 'identity':
            raise GoogleError(status, 'malformed', transient=True)
        if status == HTTPStatus.OK:
            # the whole, asked for or not
            self.restart()
        else:
            match = _CONTENT_RANGE.fullmatch(
                headers.get('content-range', '').strip())
            if not match or int(match[1]) != self.size:
                raise GoogleError(status, 'malformed', transient=True)
        return self._write

    def _write(self, piece):
        size = self.size + len(piece)
        if self.expected is not None and size > self.expected:
            raise self._damaged()
        if self.limit is not None and size > self.limit:
            raise TooLarge(reason='too_large')
        self.file.write(piece)
        self.md5.update(piece)
        self.sha256.update(piece)
        self.size = size
        if size - self.renewed_at >= PIECE:
            self.renewed_at = size
            self.attempts.renew(self.client.settings.deadline)

    def _end(self):
        self.file.flush()
        received = Received(
            self.size, self.md5.hexdigest(), self.sha256.hexdigest())
        if (self.expected not in {None, received.size}
                or self.wanted not in {None, received.md5}):
            raise self._damaged()
        return received

    @staticmethod
    def _damaged():
        return Damaged(reason='damaged', transient=True)
