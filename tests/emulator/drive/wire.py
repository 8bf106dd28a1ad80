# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the answers with contents share."
import re
from urllib.parse import parse_qsl

from ..api import prepare
from ..errors import ApiError, unauthenticated
from ..gateway import Response, json_response
from ..tokens import bearer

_RANGE = re.compile(r'bytes=(\d*)-(\d*)$')


def account(state, request):
    "The token of the request and its user"
    held = bearer(state, request.headers)
    user = state.users.get(held.email) if held else None
    if user is None:
        raise unauthenticated()
    return user, held


def call_of(state, request, found, values):
    "The call of a method, its scopes and parameters checked"
    user, held = account(state, request)
    return prepare(
        state, user, held, found, values, pairs_of(request),
        request.headers)


def pairs_of(request):
    return parse_qsl(request.query, keep_blank_values=True)


def resource_response(answer):
    "The answer of a method that changes a file"
    status, headers, value = answer
    return json_response(status, value, {
            'Vary': 'Origin, X-Origin, Referer', **headers,
            'Cache-Control': 'no-cache, no-store, max-age=0'}, True)


def content_response(request, content, mime_type, partial=True):
    "[Download and export files] Range gives a part"
    headers = {
        'Content-Type': mime_type,
        'Cache-Control': 'private, max-age=0, must-revalidate'}
    if not partial:
        return Response(200, headers, content=content)
    headers['Accept-Ranges'] = 'bytes'
    match = _RANGE.match(request.headers.get('range', ''))
    if not match or match[1] == match[2] == '':
        # also of several ranges: the whole (undocumented)
        return Response(200, headers, content=content)
    size = content.size
    if match[1]:
        start = int(match[1])
        stop = min(int(match[2]) + 1 if match[2] else size, size)
    else:
        start, stop = max(size - int(match[2]), 0), size
    if start >= stop:
        raise ApiError(
            'requestedRangeNotSatisfiable',
            "Request range not satisfiable", code=416, location='Range',
            location_type='header',
            headers={'Content-Range': f'bytes */{size}'})
    headers['Content-Range'] = f'bytes {start}-{stop - 1}/{size}'
    return Response(
        206, headers, content=content, start=start, stop=stop)
