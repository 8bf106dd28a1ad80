# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Uploads [Upload file data]: those of one request, and who answers others."
import base64
import binascii
import re
from email.parser import BytesParser
from email.policy import HTTP

from ..bodies import UPLOADS
from ..errors import ApiError
from ..gateway import Response, not_here
from ..gmail import storing as mails
from ..state import drive_document, gmail_document
from . import sessions
from . import storing as files
from .content import Content
from .storing import metadata_of
from .wire import call_of, resource_response

# more than the media of a multipart body: metadata, boundaries
_SLACK = 1 << 20


def find(request):
    "The method whose media is uploaded, and the values of its path"
    for prefix in UPLOADS:
        if request.path.startswith(prefix):
            path = request.path[len(prefix) - 1:]
            document = (
                gmail_document if path.startswith('/gmail/')
                else drive_document)()
            found, values = document.find(request.verb, path)
            if found and found.upload:
                return found, values
    return None, {}


def storing(found):
    "What becomes of the media of the method: its check and its store"
    return mails if found.id.startswith('gmail.') else files


def method_id(request):
    if sessions.identifier(request):
        return sessions.method_id(request)
    found, _ = find(request)
    return found.id if found else 'unknown'


def answer(state, request):
    try:
        return _answer(state, request)
    finally:
        request.media.discard()


def _answer(state, request):
    if (request.verb in {'POST', 'PUT', 'PATCH'}
            and 'content-length' not in request.headers
            and 'transfer-encoding' not in request.headers):
        return Response(
            411, {'Content-Type': 'text/html; charset=UTF-8'},
            b'<!DOCTYPE html><title>Error 411 (Length Required)!!1</title>')
    if sessions.identifier(request):
        return sessions.answer(state, request)
    found, values = find(request)
    if found is None:
        return not_here(request)
    call = call_of(state, request, found, values)
    if 'content-encoding' in request.headers:
        # no encoding of uploads is documented (undocumented)
        raise ApiError('badContent', "Unsupported Content-Encoding", 400)
    kind = call.get('uploadType')
    if kind == 'resumable' or (
            kind is None and request.path.startswith(UPLOADS[1])):
        return sessions.start(call, found, request)
    if kind == 'media':
        return _simple(call, found, request)
    if kind == 'multipart':
        return _multipart(call, found, request)
    # (undocumented) what of no type becomes
    raise ApiError(
        'badRequest', f"Invalid uploadType: {kind}", 400,
        location='uploadType')


def _limit(call, found, size):
    if found.id.startswith('gmail.'):
        return  # that of the discovery document
    # [Upload file data] 5 MB or less; the error is undocumented
    if size > call.state.options['simple_upload_limit']:
        raise ApiError(
            'uploadTooLarge', "The media is too large for this type of "
            "upload; use a resumable upload.", 413)


def _simple(call, found, request):
    _limit(call, found, request.media.size)
    media_type = request.headers.get('content-type')
    metadata = {}
    target = storing(found).check(
        call, found, metadata, media_type, request.media.size)
    content = Content.from_file(request.media.take())
    return resource_response(storing(found).store(
            call, found, target, metadata, media_type, content))


def _multipart(call, found, request):
    _limit(call, found, request.media.size - _SLACK)
    parts = _parts(
        request.headers.get('content-type', ''), request.media.read())
    (head, raw), (media_head, data) = parts
    metadata = metadata_of(found, head, raw)
    _limit(call, found, len(data))
    media_type = media_head.get('content-type')
    target = storing(found).check(
        call, found, metadata, media_type, len(data))
    return resource_response(storing(found).store(
            call, found, target, metadata, media_type,
            Content.from_bytes(data)))


def _bad(message):
    return ApiError('badContent', message, 400)


def _parts(kind, data):
    """[Upload file data] multipart/related: the metadata, then the media,
    each with its type"""
    if not kind.lower().startswith('multipart/related'):
        raise _bad("The upload must be multipart/related")
    match = re.search(r';\s*boundary=(?:"([^"]+)"|([^\s;]+))', kind, re.I)
    if not match:
        raise _bad("Missing boundary")
    line = b'--' + (match[1] or match[2]).encode('latin-1')
    pieces = (b'\r\n' + data).split(b'\n' + line)
    if len(pieces) != 4 or not pieces[3].startswith(b'--'):
        raise _bad("A multipart upload has two parts")
    parts = [_part(p) for p in pieces[1:3]]
    if any('content-type' not in head for head, _ in parts):
        raise _bad("Each part must have a Content-Type")
    return parts


def _part(piece):
    piece = piece.partition(b'\n')[2]
    # the end of the line before a boundary belongs to it
    piece = piece.removesuffix(b'\r')
    head, separator, data = _split(piece)
    # long lines are folded
    headers = {
        k.lower(): str(v).strip() for k, v in BytesParser(
            policy=HTTP).parsebytes(head + b'\r\n\r\n', True).items()}
    if not separator:
        raise _bad("A part has no content")
    encoding = headers.get('content-transfer-encoding', 'binary').lower()
    if encoding == 'base64':
        try:
            data = base64.b64decode(data)
        except binascii.Error:
            raise _bad("Invalid base64")
    elif encoding not in {'binary', '8bit', '7bit'}:
        raise _bad(f"Unsupported Content-Transfer-Encoding: {encoding}")
    return headers, data


def _split(piece):
    "At the first empty line, whatever the ends of the lines are"
    found = re.search(rb'\r?\n\r?\n', piece)
    if found is None:
        return piece, b'', b''
    return piece[:found.start()], found[0], piece[found.end():]
