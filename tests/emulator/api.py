# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The frame of every method of the Calendar, Drive and Gmail APIs."
import copy
import json
import logging
from dataclasses import dataclass

from . import fields, push
from .discovery import AnswerError
from .errors import ApiError, insufficient_scope, not_found
from .model import AccessToken, User, at_least
from .state import State, calendar_document

logger = logging.getLogger(__name__)
HANDLERS = {}
PREFIX = 'https://www.googleapis.com/auth/'


def method(name):
    def register(function):
        HANDLERS[name] = function
        return function
    return register


@dataclass
class Call:
    state: State
    user: User
    params: dict
    body: dict
    headers: dict
    token: AccessToken = None  # None when a person acts in Google's own UI
    method_id: str = ''
    mask: dict = None  # the fields that are asked for

    def wants(self, name):
        "Whether the field may be asked for, at any depth"
        return self.mask is None or _wants(self.mask, name)

    def get(self, name, default=None):
        return self.params.get(name, default)

    @property
    def scopes(self):
        if self.token is None:
            return {'calendar'}
        return {
            s[len(PREFIX):] for s in self.token.scopes
            if s.startswith(PREFIX)}

    def calendar(self, minimum='freeBusyReader', name='calendarId'):
        "Return the calendar of the path if the user's role suffices"
        # [Handle API errors] 404: missing or not visible
        calendar = self.state.calendar(self.user, self.params[name])
        if calendar is None:
            raise not_found()
        self._limit(calendar)
        role = calendar.role(self.user.email)
        if not at_least(role, minimum):
            word = 'owner' if minimum == 'owner' else (
                'writer' if at_least(minimum, 'writerWithoutPrivateAccess')
                else 'reader')
            raise ApiError(
                'requiredAccessLevel',
                f"You need to have {word} access to this calendar.")
        return calendar

    def _limit(self, calendar):
        """The scopes that reach some calendars only [Choose Google Calendar
        API scopes]"""
        if self.token is None:
            return
        allowed = set(calendar_document().methods[self.method_id].scopes)
        held = {s for s in self.token.scopes if s in allowed}
        role = calendar.role(self.user.email)
        tests = {
            'calendar.events.owned': role == 'owner',
            'calendar.events.owned.readonly': role == 'owner',
            'calendar.app.created': (
                calendar.client_id == self.token.client_id
                and not calendar.primary),
            'calendar.events.public.readonly': any(
                r['scope']['type'] == 'default' and r['role'] != 'none'
                for r in calendar.acl.values()),
            }
        if not any(tests.get(s[len(PREFIX):], True) for s in held):
            raise insufficient_scope(self.method_id, sorted(allowed))

    @property
    def busy_only(self):
        "The token shows only when the user is busy"
        return self.scopes <= {
            'calendar.events.freebusy', 'calendar.freebusy',
            'userinfo.email', 'userinfo.profile'}

    def precondition(self, etag):
        "If-Match [Get specific versions of resources]"
        wanted = self.headers.get('if-match')
        if wanted is None or wanted.strip() == '*':
            return
        if etag not in [w.strip() for w in wanted.split(',')]:
            raise ApiError(
                'conditionNotMet', location='If-Match',
                location_type='header')


def _wants(mask, name):
    return any(
        k in {name, '*'} or (
            k in {'files', 'changes', 'file'} if sub is None
            else _wants(sub, name))
        for k, sub in mask.items())


def parse_body(found, headers, raw):
    if found.request is None:
        return None
    if not raw:
        return {}
    kind = headers.get('content-type', '').partition(';')[0].strip()
    if kind.lower() not in {'application/json', ''}:
        raise ApiError(
            'badContent', f"Media type '{kind}' is not supported. Valid "
            "media types: [application/json]", code=400)
    try:
        value = json.loads(raw)
    except ValueError:
        raise ApiError('parseError')
    if not isinstance(value, dict):
        raise ApiError('parseError')
    return found.document.clean(found.request, value)


def prepare(state, user, token, found, path_values, pairs, headers):
    "Check scopes and parameters; return the call, without its body"
    document = found.document
    if token is not None and not set(found.scopes) & set(token.scopes):
        raise insufficient_scope(found.id, found.scopes)
    params = document.parameters(found, path_values, pairs)
    mask = None
    if params.get('fields'):
        mask = fields.parse(params['fields'])
        if found.response:
            fields.check(
                mask, document.schemas, {'$ref': found.response})
    elif document.default_fields:
        mask = document.default_fields(found)
    if len(params.get('quotaUser', '')) > 40:
        raise ApiError(
            'invalidParameter', "quotaUser is too long",
            location='quotaUser')
    return Call(state, user, params, None, headers, token, found.id, mask)


def execute(state, user, token, found, path_values, pairs, headers, raw):
    "Return (status, headers, the resource or None)"
    call = prepare(state, user, token, found, path_values, pairs, headers)
    handler = HANDLERS.get(found.id)
    if handler is None:
        raise not_found()
    call.body = parse_body(found, headers, raw)
    return complete(call, found, lambda: handler(call))


def complete(call, found, function):
    "Call the function and make the answer of what it returns"
    state = call.state
    state.later.clear()
    answer = function()
    if answer is not None:
        # what follows may change the event once more
        answer = copy.deepcopy(answer) if state.later else answer
    for later in state.later:
        later()
    state.later.clear()
    push.flush(state)
    if answer is None:
        if found.response is not None:
            raise AnswerError(f"{found.id}: no answer")
        return 204, {}, None
    found.document.check(found.response, answer)
    extra = {}
    if etag := answer.get('etag'):
        extra['ETag'] = etag
        # [Get specific versions of resources] 304
        if (found.verb == 'GET'
                and call.headers.get('if-none-match', '').strip() == etag):
            return 304, extra, None
    return 200, extra, fields.apply(call.mask, answer)


def strip_null(value):
    if isinstance(value, dict):
        return {
            k: strip_null(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [strip_null(v) for v in value if v is not None]
    return value


def merge(old, new):
    """Patch semantics [Performance tips]: objects are merged, arrays
    replaced, null clears"""
    result = dict(old)
    for name, value in new.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict):
            before = result.get(name)
            result[name] = merge(
                before if isinstance(before, dict) else {}, value)
        else:
            result[name] = strip_null(value)
    return result
