# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Resumable uploads [Upload file data, Perform a resumable upload]"
import re
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from ..api import prepare
from ..errors import ApiError, unauthenticated
from ..gateway import Response
from ..model import AccessToken
from ..tokens import bearer
from . import errors
from .content import Spool, pieces
from .storing import metadata_of
from .wire import pairs_of, resource_response

# a resumable session URI expires after one week
LIFE = 7 * 86400
# chunks are multiples of 256 KB, except for the last one
UNIT = 256 * 1024
_RANGE = re.compile(r'(?:bytes )?(?:(\d+)-(\d+)|\*)/(\d+|\*)$')


@dataclass
class Session:
    id: str  # a secret
    found: object  # the method
    values: dict  # of the path
    pairs: list  # of the query
    metadata: dict
    media_type: str
    total: int  # None: unknown until the last chunk
    token: AccessToken
    expires: float
    spool: Spool
    result: tuple = None  # the answer of the method

    @property
    def received(self):
        return self.spool.size


def sessions_of(state):
    return state.drive.extra.setdefault('uploads', {})


def identifier(request):
    return dict(pairs_of(request)).get('upload_id')


def method_id(request):
    api = 'gmail' if '/upload/gmail/' in request.path else 'drive'
    if request.verb == 'DELETE':
        return f'{api}.upload.cancel'
    match = _RANGE.match(request.headers.get('content-range', ''))
    if match and match[1] is None:
        return f'{api}.upload.status'
    return f'{api}.upload.chunk'


def look(state, request):
    "The session of the request, None when it is unknown or over"
    key = identifier(request)
    session = sessions_of(state).get(key) if key else None
    if session is None or session.expires < state.clock():
        return None
    return session


def owner(state, request):
    "Whose upload it is, for the log"
    session = look(state, request)
    return session.token.email if session else ''


def end(state, request):
    """[Upload file data] after any 4xx the upload begins anew with another
    address"""
    session = sessions_of(state).pop(identifier(request), None)
    if session is not None:
        session.spool.discard()


def failed(state, request, error):
    "What the status of an answer makes of the session"
    if not 400 <= error.code < 500:
        return
    # the page says both: retry after a rate limit, restart after any 4xx
    if state.options['gentle_uploads'] and (
            error.code in {401, 429} or error.reason in {
                'rateLimitExceeded', 'userRateLimitExceeded'}):
        return
    end(state, request)


# -- the initial request

def start(call, found, request):
    from . import uploads
    headers = request.headers
    raw = request.media.read()
    if raw and 'content-type' not in headers:
        # required if there are metadata
        raise ApiError('badContent', "Missing Content-Type", 400)
    metadata = metadata_of(found, headers, raw) if raw else {}
    media_type = headers.get('x-upload-content-type')
    total = headers.get('x-upload-content-length')
    if total is not None and not total.isdecimal():
        raise errors.bad("Invalid X-Upload-Content-Length")
    total = int(total) if total else None
    uploads.storing(found).check(
        call, found, dict(metadata), media_type, total or 0)
    state = call.state
    key = 'AE' + secrets.token_urlsafe(48)
    pairs = [
        p for p in pairs_of(request)
        if p[0] not in {'access_token', 'oauth_token'}]
    names = {n: call.params[n] for n in found.names}
    sessions_of(state)[key] = Session(
        key, found, names, pairs, metadata, media_type,
        total, call.token, state.clock() + LIFE, Spool())
    if ('uploadType', 'resumable') not in pairs:
        pairs = [*pairs, ('uploadType', 'resumable')]
    query = urlencode([*pairs, ('upload_id', key)])
    return Response(
        200, {'Location': f'{state.url}{request.path}?{query}'})


# -- the requests to the session

def answer(state, request):
    session = look(state, request)
    if session is None:
        # unknown or expired
        raise ApiError('notFound', "Upload session not found.")
    if ('authorization' in request.headers
            and bearer(state, request.headers) is None):
        # the examples send no token; a wrong one is refused (undocumented)
        error = unauthenticated()
    else:
        try:
            return _proceed(state, session, request)
        except ApiError as problem:
            error = problem
    failed(state, request, error)
    raise error


def _proceed(state, session, request):
    if request.verb == 'DELETE':
        # (undocumented for Drive) as Cloud Storage answers
        end(state, request)
        return Response(499)
    if request.verb != 'PUT':
        raise ApiError('badRequest', "Use PUT for an upload session.", 400)
    if session.result is not None:
        # it stays known until it expires
        return resource_response(session.result)
    _receive(state, session, request)
    if session.received == session.total:
        return _finish(state, session)
    headers = {}
    if session.received:
        headers['Range'] = f'bytes=0-{session.received - 1}'
    return Response(308, headers)


def _receive(state, session, request):
    "Store what a chunk brings; nothing for a question for the status"
    size = request.media.size
    start, total = _position(session, request.headers, size)
    if session.total is None:
        session.total = total
    if start is None:
        return
    last = session.total is not None and start + size == session.total
    if not last and size % UNIT:
        raise errors.bad(
            "Invalid request.  The number of bytes uploaded is required to "
            f"be equal or greater than {UNIT}, except for the final request "
            f"(it's recommended to be the exact multiple of {UNIT}).  The "
            f"received request contained {size} bytes, which does not meet "
            "this requirement.")
    _keep(session, request.media, start, state.options['upload_stored'])


def _position(session, headers, size):
    "Where the chunk begins, None without one, and the total if it is known"
    text = headers.get('content-range')
    if text is None:
        if session.received:
            # (undocumented) it may not begin anew
            raise errors.bad("Failed to parse Content-Range header.")
        _same(session, size)
        return 0, size
    match = _RANGE.match(text.strip())
    if match is None:
        raise errors.bad("Failed to parse Content-Range header.")
    total = None if match[3] == '*' else int(match[3])
    if total is not None:
        _same(session, total)
    if match[1] is None:
        if size:
            raise errors.bad("Content-Range without a range, but a body.")
        return None, total
    start, stop = int(match[1]), int(match[2]) + 1
    if stop <= start or stop - start != size or stop > (total or stop):
        raise errors.bad("Failed to parse Content-Range header.")
    if start > session.received:
        # (undocumented) a gap cannot be filled later
        raise errors.bad(
            "Invalid request.  According to the Content-Range header, the "
            f"upload offset is {start} byte(s), which exceeds already "
            f"uploaded size of {session.received} byte(s).")
    return start, total


def _same(session, total):
    if session.total not in {None, total} or total < session.received:
        # (undocumented) another total than before
        raise errors.bad(
            f"The total of {total} bytes is not the one of the session.")


def _keep(session, media, start, most):
    """Store the bytes that are new [Upload file data: don't assume that the
    server received all bytes sent]"""
    # what is already there is ignored (undocumented for Drive)
    known = session.received - start
    size = media.size - known
    if most is not None and size > most:
        size = most - most % UNIT
    with media.open() as source:
        source.seek(known)
        for piece in pieces(source, size):
            session.spool.write(piece)


def interrupted(state, request):
    "The connection ended in a chunk: whole units of it are stored"
    media = request.media
    session = look(state, request)
    try:
        if session is None or request.verb != 'PUT' or session.result:
            return
        match = _RANGE.match(request.headers.get('content-range', ''))
        if match and match[1] is None:
            return
        start = int(match[1]) if match else 0
        if start > session.received:
            return
        units = (start + media.size) // UNIT * UNIT
        if units > session.received:
            _keep(session, media, start, units - session.received)
    finally:
        media.discard()


def _finish(state, session):
    from . import uploads
    user = state.users.get(session.token.email)
    if user is None:
        raise unauthenticated()
    call = prepare(
        state, user, session.token, session.found, session.values,
        session.pairs, {})
    metadata = dict(session.metadata)
    storing = uploads.storing(session.found)
    target = storing.check(
        call, session.found, metadata, session.media_type,
        session.received)
    session.result = storing.store(
        call, session.found, target, metadata, session.media_type,
        session.spool.finish())
    return resource_response(session.result)
