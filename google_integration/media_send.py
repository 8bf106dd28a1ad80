# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Contents from files to Google; a part of `media`"
import json
import os
import re
import secrets
from urllib.parse import urljoin

from .body import Body, SourceError
from .transport import GoogleError, check_uri, may_follow, origin

__all__ = [
    'MAXIMUM_SINGLE', 'SessionLost', 'SessionURI', 'begin', 'resume', 'send']

# The largest content of one request [Upload file data]
MAXIMUM_SINGLE = 5_000_000
# Pieces of an upload are multiples of it, but for the last one
# [Upload file data]
UNIT = 256 * 1024
# What is sent within one deadline
PIECE = 8 * 1024 * 1024

# without the unit, too [google-api-python-client: googleapiclient.http]
_RANGE = re.compile(r'(?:bytes=)?0-(\d+)')


class SessionLost(GoogleError):
    "The upload can not go on: it begins anew with another session"


class SessionURI(str):
    "The address of an upload: whoever has it can upload, so it is not shown"
    __slots__ = ()

    def __repr__(self):
        return "'...'"


def _upload_uri(client, request, kind):
    "The address for the media of a request without media"
    if not request.uri.startswith(client.root):
        raise ValueError("The request is of another API")
    # [Upload file data] the other address is /upload and the same path
    uri = client.root + 'upload/' + request.uri[len(client.root):]
    return uri + ('&' if '?' in uri else '?') + f'uploadType={kind}'


def _headers(request, **values):
    "The headers of a request, with those of its media"
    headers = {
        name: value for name, value in request.headers.items()
        if name.lower() not in {'content-type', 'content-length'}}
    headers.update(
        (name.replace('_', '-'), str(value))
        for name, value in values.items())
    return headers


def _resource(response, content):
    "The resource of an answer, or the GoogleError"
    try:
        resource = json.loads(content)
    except (ValueError, RecursionError):
        resource = None
    if isinstance(resource, dict):
        return resource
    return GoogleError(
        response.status, 'malformed', transient=True, unknown=True)


def send(client, request, path, mime_type, idempotent=True):
    """Create or update a file by one request and return its resource.

    ``request`` is a request of ``client.api`` with its metadata and fields;
    the file at ``path`` has at most 5 MB.  What is not ``idempotent`` is
    repeated only if Google certainly did not execute it.  Raises GoogleError,
    and SourceError if the file can not be read.
    """
    boundary = secrets.token_hex(16)
    uri = _upload_uri(client, request, 'multipart')
    # [RFC 2387] the metadata, then the media
    head = (
        f'--{boundary}\r\nContent-Type: application/json; charset=UTF-8'
        f'\r\n\r\n{request.body or "{}"}\r\n'
        f'--{boundary}\r\nContent-Type: {_safe(mime_type)}'
        '\r\n\r\n').encode()
    tail = f'\r\n--{boundary}--\r\n'.encode()
    with _source(path) as file:
        size = os.fstat(file.fileno()).st_size

        def once(attempts):
            body = Body(head, (file, 0, size), tail)
            answer = client.request(
                attempts, uri, request.method, body, _headers(
                    request, content_length=len(body),
                    content_type=f'multipart/related; boundary={boundary}'))
            if isinstance(answer, GoogleError):
                return answer
            return _resource(*answer)
        return client.repeat(once, idempotent)


def _source(path):
    try:
        return open(path, 'rb')
    except OSError as error:
        raise SourceError(error.strerror) from None


def _safe(mime_type):
    "A MIME type that can stand in a header"
    if re.fullmatch(r'[\w!#$&^.+-]+/[\w!#$&^.+-]+', mime_type or '', re.ASCII):
        return mime_type
    return 'application/octet-stream'


def begin(client, request, size, mime_type):
    """Begin an upload in pieces and return the address of its session.

    It lives a week [Upload file data].  Nothing exists at Google until
    `resume` has sent the last byte, so that it can be repeated.
    """
    uri = _upload_uri(client, request, 'resumable')
    headers = _headers(
        request, content_length=len((request.body or '{}').encode()),
        content_type='application/json; charset=UTF-8',
        x_upload_content_type=_safe(mime_type), x_upload_content_length=size)

    def once(attempts):
        answer = client.request(
            attempts, uri, request.method, (request.body or '{}').encode(),
            headers)
        if isinstance(answer, GoogleError):
            return answer
        return _session(client, answer[0].get('location'), uri)
    return client.repeat(once)


def _session(client, uri, base=''):
    """The address if contents may be sent to it, or the GoogleError

    On another host it gets no token and needs none: it is the authorization.
    """
    try:
        uri = uri and check_uri(urljoin(base, uri))
        if uri and (
                origin(uri) == origin(client.root)
                or may_follow(uri, client.root)):
            return SessionURI(uri)
    except ValueError:
        # InsecureURI is one, too
        pass
    return GoogleError(reason='insecure_session')


def resume(client, uri, path, size, fresh=False, piece=PIECE):
    """Send what Google does not have yet and return the resource.

    ``uri`` is the session of an upload of ``size`` bytes, ``path`` the same
    content as of its beginning; ``fresh`` tells that nothing was sent to it,
    which saves the question where Google is.  Raises SessionLost when it has
    to begin anew, GoogleError when the session is kept, and SourceError if the
    file can not be read.
    """
    uri = _session(client, uri)
    if isinstance(uri, GoogleError):
        raise uri
    with _source(path) as file:
        return _Upload(client, uri, file, size, piece).run(fresh)


class _Upload:
    "An upload in pieces, of which only Google knows where it is"

    def __init__(self, client, uri, file, size, piece):
        self.client = client
        self.uri = uri
        self.file = file
        self.size = size
        # [Upload file data] multiples of 256 KiB
        self.piece = max(piece // UNIT, 1) * UNIT
        # how many bytes Google has, None: to be asked
        self.offset = None
        self.known = 0
        self.attempts = client.attempts()

    def run(self, fresh):
        if fresh or not self.size:
            # an empty file has nothing to ask for: the range of a question
            # is refused [google-api-python-client#638]
            self.offset = 0
        renewed = not self.client.renewable
        while True:
            self.client.renew_expiring()
            token = self.client.credentials.token
            answer = self._once()
            if isinstance(answer, dict):
                return answer
            if answer is None:
                continue
            if answer.status == 401 and not renewed:
                renewed = True
                self.client.renew(token)
            elif (not answer.transient
                    or not self.attempts.again(answer.retry_after)):
                raise answer
            self.client.count(retries=1)
            self.offset = None if self.size else 0

    def _once(self):
        """Send a piece, or ask, and return the resource at the end.

        None: it goes on; a GoogleError: it is not known where Google is.
        """
        if self.offset is None:
            start, size = None, 0
        else:
            start = self.offset
            size = min(self.piece, self.size - start)
        answer = self._request(start, size)
        if isinstance(answer, GoogleError):
            return self._refused(answer)
        response, content = answer
        if response.status != 308:
            return _resource(response, content)
        return self._continue(start, response.get('range'))

    def _request(self, start, size):
        headers = {'content-length': str(size)}
        if start is None:
            headers['content-range'] = f'bytes */{self.size}'
        elif size:
            headers['content-range'] = (
                f'bytes {start}-{start + size - 1}/{self.size}')
        body = Body((self.file, start or 0, size))
        return self.client.request(
            self.attempts, self.uri, 'PUT', body, headers, through={308})

    @staticmethod
    def _refused(error):
        if (error.status == 401 or error.transient
                or not 400 <= error.status < 500):
            return error
        # [Upload file data] any other 4xx ends the session
        raise SessionLost(
            error.status, error.reason, error.message,
            retry_after=error.retry_after)

    def _continue(self, start, text):
        "Take where Google is from the header Range of a 308"
        match = _RANGE.fullmatch((text or '').strip())
        # [Upload file data] no header: nothing was received
        offset = int(match[1]) + 1 if match else 0
        if offset > self.size:
            raise SessionLost(308, 'malformed')
        if text and not match or offset == self.size:
            # the answer after the last byte is the resource
            return _stuck()
        self.offset = offset
        if offset > self.known:
            # it went on: the next piece has all the time again
            self.known = offset
            self.attempts = self.client.attempts()
        elif start is not None:
            return _stuck()


def _stuck():
    return GoogleError(308, 'malformed', transient=True, unknown=True)
