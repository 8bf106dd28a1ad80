# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""From a request to its answer: routing, authentication, faults, log."""
import gzip
import json
import logging
import time
import traceback
from contextlib import nullcontext
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from . import (  # noqa: F401
    calendar_list, calendars, channels, events, faults, freebusy, listing,
    move, oauth, push, quickadd, tokens)
from .api import execute
from .bodies import Body, is_upload
from .discovery import AnswerError
from .drive import (  # noqa: F401
    about, activity, changes, drives, file_methods, operations, permissions,
    revisions, thumbnails, trash, watch)
from .drive import listing as drive_listing  # noqa: F401
from .drive.content import Content, pieces
from .errors import (
    ApiError, Dropped, OAuthError, PageError, from_status, insufficient_scope,
    unauthenticated)
from .gmail import (  # noqa: F401
    account, drafts, labels, messages, threads)
from .gmail import listing as gmail_listing  # noqa: F401
from .state import (
    activity_document, calendar_document, drive_document, gmail_document,
    oauth2_document, stamp_text)

logger = logging.getLogger(__name__)
JSON = 'application/json; charset=UTF-8'
_OAUTH = {
    ('GET', '/o/oauth2/v2/auth'): 'oauth.authorize',
    ('POST', '/o/oauth2/v2/auth'): 'oauth.consent',
    ('POST', '/token'): 'oauth.token',
    ('POST', '/revoke'): 'oauth.revoke',
    ('GET', '/oauth2/v3/certs'): 'oauth.certs',
    ('GET', '/oauth2/v2/userinfo'): 'oauth2.userinfo.get',
    ('GET', '/userinfo/v2/me'): 'oauth2.userinfo.v2.me.get',
    ('GET', '/v1/userinfo'): 'openidconnect.userinfo',
    ('POST', '/batch/calendar/v3'): 'calendar.batch',
    ('POST', '/batch/drive/v3'): 'drive.batch',
    ('POST', '/batch'): 'gmail.batch',
    ('POST', '/batch/gmail/v1'): 'gmail.batch',
    }
_SMALL = 20_000


@dataclass
class Request:
    verb: str
    path: str  # as sent, still encoded
    query: str
    headers: dict  # lower-case names
    body: bytes = b''
    batch: bool = False
    media: Body = None  # instead of the body, of an upload

    @property
    def sent(self):
        return self.media.size if self.media else len(self.body)


@dataclass
class Response:
    status: int
    headers: dict = field(default_factory=dict)
    body: bytes = b''
    dropped: bool = False
    cut: int = None  # send this many bytes of the body only
    content: Content = None  # instead of the body
    start: int = 0  # the part of the content
    stop: int = None
    wrong: int = None  # this byte of the body is another

    @property
    def size(self):
        if self.content is None:
            return len(self.body)
        stop = self.content.size if self.stop is None else self.stop
        return stop - self.start

    def pieces(self):
        "What is sent of the content, a piece at a time"
        size = self.size if self.cut is None else min(self.cut, self.size)
        done = 0
        with self.content.open() as source:
            source.seek(self.start)
            for piece in pieces(source, size):
                place = -1 if self.wrong is None else self.wrong - done
                done += len(piece)
                yield spoilt(piece, place)


def spoilt(piece, place):
    "The bytes with another one at the place, if they have it"
    if not 0 <= place < len(piece):
        return piece
    result = bytearray(piece)
    result[place] ^= 0xff
    return bytes(result)


def json_response(status, value, headers=None, pretty=False):
    if value is None:
        return Response(status, dict(headers or {}), b'')
    if pretty:
        text = json.dumps(value, indent=1, ensure_ascii=False)
    else:
        text = json.dumps(
            value, separators=(',', ':'), ensure_ascii=False)
    return Response(
        status, {'Content-Type': JSON, **(headers or {})}, text.encode())


class Gateway:
    def __init__(self, state):
        self.state = state

    def method_id(self, request):
        name = _OAUTH.get((request.verb, request.path))
        if name:
            return name
        from .drive import media
        if name := media.method_id(request):
            return name
        document = document_of(request.path)
        if document is None:
            return 'unknown'
        found, _ = document.find(request.verb, request.path)
        return found.id if found else 'unknown'

    def handle(self, request):
        "An outer request"
        verb = request.headers.get('x-http-method-override')
        if request.verb == 'POST' and verb:
            # long URLs are sent as POST with the query in the body
            # [google-api-python-client: googleapiclient.http]
            request.verb = verb.upper()
            if request.verb == 'GET':
                query = request.body.decode()
                request.query = '&'.join(
                    filter(None, [request.query, query]))
                request.body = b''
        name = self.method_id(request)
        with self.state.lock:
            self.state.requests += 1
            hooks = faults.count(self.state, name)
            self.state.condition.notify_all()
        if faults.apply(self.state, hooks, 'before'):
            self.log(request, name, 0, 0, '', fault='kill_before')
            return Response(0, dropped=True)
        try:
            response = self.run(request, name)
        except Dropped:
            response = Response(0, dropped=True)
        if faults.apply(self.state, hooks, 'after'):
            response = Response(0, dropped=True)
        return response

    def run(self, request, name=None):
        "An outer request or a part of a batch, with its faults"
        state = self.state
        name = name or self.method_id(request)
        with state.lock:
            email = self.email(request)
            hits = faults.take(
                state, name, request.verb, request.path, email,
                request.batch)
        label = ','.join(f.action for f in hits)
        for fault in hits:
            if fault.action == 'latency':
                time.sleep(fault.seconds)
        for fault in hits:
            response = None
            if fault.action == 'drop_before':
                self.log(request, name, 0, 0, email, label)
                raise Dropped
            if fault.action == 'status':
                response = self.fail(fault, name, request)
            elif fault.action == 'redirect':
                response = Response(
                    fault.status or 302, {'Location': fault.url})
            if response is not None:
                self.log(
                    request, name, response.status, response.size,
                    email, label)
                return response
        with nullcontext() if name.endswith('.batch') else state.lock:
            try:
                response = self.answer(request, name)
            except Dropped:
                self.log(request, name, 0, 0, email, 'drop of a part')
                raise
            self.log(
                request, name, response.status, response.size, email, label)
        if name.endswith('.watch') and state.options['sync_before_answer']:
            # [Push notifications] the sync message may come first
            self.settle()
        for fault in hits:
            if fault.action == 'drop_after':
                raise Dropped
            self.spoil(request, response, fault)
        return response

    def spoil(self, request, response, fault):
        "What a fault makes of an answer"
        if fault.action == 'malformed':
            response.content = None
            response.body = b'<html><body>Sorry...</body></html>'
        elif fault.action == 'truncated':
            size = response.size // 2 if fault.size is None else fault.size
            if request.batch:
                response.body = response.body[:size]
            else:
                response.cut = size
        elif fault.action == 'corrupt':
            place = fault.size or 0
            if response.content is None:
                response.body = spoilt(response.body, place)
            else:
                response.wrong = place

    def interruption(self, request):
        "After how many bytes of its body a request is dropped, or None"
        state = self.state
        with state.lock:
            hits = faults.take(
                state, self.method_id(request), request.verb, request.path,
                self.email(request), False, within=True)
        return min((f.size or 0 for f in hits), default=None)

    def interrupted(self, request, injected):
        "The body of a request did not come to its end"
        name = self.method_id(request)
        with self.state.lock:
            if request.media:
                from .drive import sessions
                sessions.interrupted(self.state, request)
            self.state.requests += 1
            self.log(
                request, name, 0, 0, self.email(request),
                'drop_body' if injected else 'client gone')

    def email(self, request):
        held = tokens.bearer(self.state, request.headers)
        if held is None and is_upload(request.path):
            from .drive import sessions
            return sessions.owner(self.state, request)
        return held.email if held else ''

    def settle(self):
        "Wait until each message was sent at least once"
        with self.state.condition:
            self.state.condition.wait_for(
                lambda: push.idle(self.state),
                self.state.options['push_timeout'] + 1)

    def fail(self, fault, name, request):
        headers = {}
        if fault.retry_after is not None:
            headers['Retry-After'] = str(fault.retry_after)
        if name.startswith('oauth.'):
            error = OAuthError(
                fault.reason or (
                    'internal_failure' if fault.status >= 500
                    else 'invalid_grant'),
                fault.message, fault.status)
            return json_response(
                error.code, error.body(), headers, pretty=True)
        error = from_status(
            fault.status, fault.reason, fault.message, headers)
        if is_upload(request.path):
            from .drive import sessions
            with self.state.lock:
                sessions.failed(self.state, request, error)
        return json_response(
            error.code, error.body(), error.headers, pretty=True)

    def log(self, request, name, status, size, email, fault=''):
        state = self.state
        with state.condition:
            # the names of the parameters only: never a token
            entry = {
                'n': len(state.log) + 1,
                'at': stamp_text(state.now() * 1000),
                'method': request.verb,
                'path': request.path,
                'id': name,
                'query': sorted({k for k, _ in parse_qsl(
                            request.query, keep_blank_values=True)}),
                'status': status,
                'user': email,
                'batch': request.batch,
                'sent': request.sent,
                'bytes': size,
                }
            if name == 'oauth.token':
                entry['grant'] = dict(parse_qsl(request.body.decode(
                            'utf-8', 'replace'))).get('grant_type')
            if fault:
                entry['fault'] = fault
            state.log.append(entry)
            state.counters[name] += 1
            state.condition.notify_all()

    # -- answers

    def answer(self, request, name):
        try:
            if name.endswith('.batch'):
                from .batch import batch
                return batch(self, request, name)
            if name.startswith(('oauth', 'openid')):
                return self.oauth(request, name)
            from .drive import media
            if media.method_id(request) is not None:
                trash.purge(self.state)
                return media.answer(self.state, request, name)
            document = document_of(request.path)
            if document is not None:
                return self.api(request, document)
            return not_here(request)
        except Dropped:
            raise
        except ApiError as error:
            body = error.body()
            if name.startswith('driveactivity.'):
                body['error'].pop('errors')
            return json_response(
                error.code, body, error.headers, pretty=True)
        except AnswerError as error:
            # an answer of the emulator that Google would not give
            logger.error("INVALID ANSWER of %s: %s", name, error)
            return self.internal(f"invalid answer of the emulator: {error}")
        except Exception:
            logger.error(
                "FAILURE in %s\n%s", name, traceback.format_exc())
            return self.internal("failure of the emulator")

    def internal(self, message):
        error = ApiError('internalError', message)
        return json_response(500, error.body(), pretty=True)

    def api(self, request, document):
        state = self.state
        found, values = document.find(request.verb, request.path)
        if found is None:
            return not_here(request)
        held = tokens.bearer(state, request.headers)
        if held is None:
            raise unauthenticated()
        user = state.users.get(held.email)
        if user is None:
            raise unauthenticated()
        pairs = parse_qsl(request.query, keep_blank_values=True)
        if document is drive_document():
            trash.purge(state)
        status, headers, value = execute(
            state, user, held, found, values, pairs, request.headers,
            request.body)
        size = len(
            value.get('items') or value.get('files') or ()) if value else 0
        pretty = size < 20 and dict(pairs).get('prettyPrint') != 'false'
        headers = {
            'Vary': 'Origin, X-Origin, Referer', **headers,
            'Cache-Control': 'no-cache, no-store, max-age=0'}
        return json_response(status, value, headers, pretty)

    def oauth(self, request, name):
        state = self.state
        body = parse_qsl(
            request.body.decode('utf-8', 'replace'), keep_blank_values=True)
        try:
            if name in {'oauth.authorize', 'oauth.consent'}:
                if name == 'oauth.authorize':
                    answer = oauth.authorize(state, request.query)
                else:
                    answer = oauth.consent(state, body)
                status, headers, text = answer
                return Response(status, headers, text.encode())
            if name in {'oauth.token', 'oauth.revoke'}:
                return self.endpoint(request, name, body)
        except PageError as error:
            return Response(
                error.code, {'Content-Type': 'text/html; charset=utf-8'},
                oauth.error_page(error).encode())
        except OAuthError as error:
            return json_response(
                error.code, error.body(), {'Cache-Control': 'no-store'},
                pretty=True)
        if name == 'oauth.certs':
            return json_response(200, tokens.certs(), pretty=True)
        held = tokens.bearer(state, request.headers)
        if held is None or held.email not in state.users:
            raise unauthenticated()
        document = oauth2_document()
        openid = name == 'openidconnect.userinfo'
        scopes = document.methods['oauth2.userinfo.get'].scopes
        if not set(scopes) & set(held.scopes):
            raise insufficient_scope(name, scopes)
        answer = tokens.userinfo(state, held, openid)
        if not openid:
            document.check('Userinfo', answer)
        return json_response(200, answer, pretty=True)

    def endpoint(self, request, name, body):
        kind = request.headers.get('content-type', '').partition(';')[0]
        if (kind != 'application/x-www-form-urlencoded'
                and (name == 'oauth.token' or request.body)):
            raise OAuthError('invalid_request', "Bad Request")
        if name == 'oauth.token':
            answer = tokens.token(
                self.state, body, request.headers.get('authorization', ''))
        else:
            # the token may be in the query
            pairs = parse_qsl(request.query)
            answer = tokens.revoke(self.state, pairs + body)
        return json_response(
            200, answer, {
                'Cache-Control': 'no-cache, no-store, max-age=0',
                'Pragma': 'no-cache'}, pretty=True)


def document_of(path):
    "The discovery document of the API that the path belongs to, or None"
    if path.startswith('/calendar/v3/'):
        return calendar_document()
    if path.startswith('/drive/v3/'):
        return drive_document()
    if path.startswith('/v2/activity'):
        return activity_document()
    if path.startswith('/gmail/v1/'):
        return gmail_document()
    return None


def not_here(request):
    "A path that no API has: Google answers an HTML page"
    return Response(
        404, {'Content-Type': 'text/html; charset=UTF-8'},
        b'<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>'
        b'<p><b>404.</b> That\xe2\x80\x99s an error.')


def compress(request, response):
    """[Performance tips] gzip needs Accept-Encoding and a User-Agent with
    gzip"""
    if (len(response.body) > 200 and response.cut is None
            and 'gzip' in request.headers.get('accept-encoding', '')
            and 'gzip' in request.headers.get('user-agent', '')):
        response.body = gzip.compress(response.body, 1)
        response.headers['Content-Encoding'] = 'gzip'
