# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Batches [Send batch requests; Improve performance (Drive); Batch requests
(Gmail)]"""
import secrets
from email.parser import BytesParser
from email.policy import HTTP
from http import HTTPStatus
from urllib.parse import parse_qsl

from .errors import ApiError
from .gateway import Request, Response, json_response

# the path of the calls, how many of them
LIMITS = {
    'calendar.batch': ('/calendar/v3/', 1000),
    'drive.batch': ('/drive/v3/', 100),
    'gmail.batch': ('/gmail/v1/', 100),
    }


def _refuse(message):
    error = ApiError('badRequest', message)
    return json_response(400, error.body(), pretty=True)


def batch(gateway, request, name):
    prefix, maximum = LIMITS[name]
    kind = request.headers.get('content-type', '')
    if not kind.lower().startswith('multipart/mixed'):
        return _refuse("The batch request must be multipart/mixed")
    message = BytesParser(policy=HTTP).parsebytes(
        b'Content-Type: ' + kind.encode() + b'\r\n\r\n' + request.body)
    parts = message.get_payload() if message.is_multipart() else []
    if not parts:
        return _refuse("Failed to parse batch request, error: no parts")
    if len(parts) > maximum:
        return _refuse(
            f"The batch request exceeds the limit of {maximum} calls")
    boundary = f'batch_{secrets.token_hex(12)}'
    chunks = []
    for part in parts:
        answer = _part(gateway, request, part, prefix)
        content_id = part.get('Content-ID')
        chunks.append(_chunk(boundary, content_id, answer))
    chunks.append(f'--{boundary}--\r\n'.encode())
    # 200 even if every part failed
    return Response(
        200, {'Content-Type': f'multipart/mixed; boundary={boundary}'},
        b''.join(chunks))


def _part(gateway, outer, part, prefix):
    if part.get_content_type() != 'application/http':
        return _refuse("Content-Type of the part is not application/http")
    raw = part.get_payload(decode=True) or b''
    line, _, rest = raw.partition(b'\n')
    words = line.decode('utf-8', 'replace').split()
    if len(words) not in {2, 3}:
        return _refuse("Failed to parse the request line of the part")
    verb, target = words[0].upper(), words[1]
    if not target.startswith(prefix):
        # the inner URL is a path only, of the same API
        return _refuse("The part is not of the API of the batch")
    path, _, query = target.partition('?')
    if prefix == '/drive/v3/' and (
            ('alt', 'media') in parse_qsl(query)
            or path.endswith(('/export', '/download'))):
        # no media upload or download inside
        return _refuse("Media are not supported in a batch")
    # headers end at the first empty line
    head, separator, body = rest.replace(
        b'\r\n', b'\n').partition(b'\n\n')
    if rest.startswith((b'\n', b'\r\n')):
        head, body = b'', rest.lstrip(b'\r\n')
    headers = {
        k.lower(): str(v) for k, v in BytesParser(policy=HTTP).parsebytes(
            head + b'\n\n', headersonly=True).items()}
    # outer headers apply to each part unless the part has its own; not
    # those of the content
    for name, value in outer.headers.items():
        if not name.startswith('content-'):
            headers.setdefault(name, value)
    return gateway.run(Request(verb, path, query, headers, body, True))


def _chunk(boundary, content_id, answer):
    lines = [f'--{boundary}', 'Content-Type: application/http']
    if content_id:
        inner = content_id.strip()
        if inner.startswith('<'):
            inner = inner[1:]
            lines.append(f'Content-ID: <response-{inner}')
        else:
            lines.append(f'Content-ID: response-{inner}')
    reason = HTTPStatus(answer.status).phrase
    lines.extend(['', f'HTTP/1.1 {answer.status} {reason}'])
    lines.extend(f'{k}: {v}' for k, v in answer.headers.items())
    lines.append(f'Content-Length: {len(answer.body)}')
    head = '\r\n'.join(lines) + '\r\n\r\n'
    return head.encode() + answer.body + b'\r\n'
