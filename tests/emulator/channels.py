# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""watch and channels.stop [Push notifications]

The delivery itself is in push.py."""
import hashlib
import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode, urlsplit

from . import push
from .api import method, strip_null
from .errors import ApiError, invalid, not_found, required
from .model import at_least
from .state import calendar_document, drive_document

# (unverified) the pattern: what Google's error shows to developers
_ID = re.compile(r'[A-Za-z0-9\-_+/=]{1,64}$')
TYPES = {'web_hook', 'webhook'}


@dataclass
class Channel:
    id: str
    kind: str  # events, calendarList, acl, settings, changes, files
    owner: str  # the calendar, the user, the shared drive or the file
    user: str
    client_id: str  # None: from Google's own UI
    service: bool
    address: str
    token: str
    resource_id: str
    resource_uri: str
    expiration: int  # milliseconds
    event_types: frozenset = frozenset()
    number: int = 0
    stopped: bool = False

    def live(self, state):
        "Whether notifications are sent"
        if self.stopped or state.clock() * 1000 >= self.expiration:
            return False
        if self.user not in state.users:
            return False
        if self.kind in {'events', 'acl'}:
            calendar = state.calendars[self.owner]
            role = calendar.role(self.user)
            minimum = 'writer' if self.kind == 'acl' else 'freeBusyReader'
            return at_least(role, minimum)
        if self.kind in {'changes', 'files'}:
            from .drive import watch
            return watch.live(state, self)
        return True

    def wants(self, types):
        return not self.event_types or bool(self.event_types & types)


def loopback(host):
    if host == 'localhost':
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _address(state, value):
    parts = urlsplit(value)
    if not parts.hostname or parts.scheme not in {'http', 'https'}:
        raise ApiError(
            'push.webhookUrlUnauthorized',
            f"Unauthorized WebHook callback channel: {value}", code=401)
    if parts.scheme == 'http' and not (
            state.options['http_channels'] and loopback(parts.hostname)):
        # [Push notifications] HTTPS; (unverified) the reason, which
        # developers report
        raise ApiError(
            'push.webhookUrlNotHttps',
            f"WebHook callback must be HTTPS: {value}", code=400)
    return value


def _expiration(state, body, default, maximum):
    """Return milliseconds: the request or Google's own limit, the more
    restrictive of them [Push notifications]; ttl 604800 by default
    [Events: watch]"""
    now = state.clock()
    limits = [now + maximum]
    ttl = (body.get('params') or {}).get('ttl')
    if ttl is not None:
        if not re.match(r'\d{1,12}$', ttl) or not int(ttl):
            raise invalid("Invalid ttl value.", 'params.ttl')
        limits.append(now + int(ttl))
    wanted = body.get('expiration')
    if wanted is not None:
        if not re.match(r'\d{1,18}$', wanted):
            raise invalid("Invalid expiration value.", 'expiration')
        if int(wanted) <= now * 1000:
            raise invalid("Channel expiration is in the past.")
        limits.append(int(wanted) / 1000)
    if len(limits) == 1:
        limits.append(now + default)
    return int(min(limits) * 1000)


def open_channel(call, kind, owner, default=None, maximum=None):
    "default, maximum: the life in seconds"
    state = call.state
    maximum = maximum or state.options['channel_life']
    body = strip_null(call.body)
    for name in ['id', 'type', 'address']:
        if not body.get(name):
            raise required(f"Required: resource.{name}")
    if not _ID.match(body['id']):
        raise invalid(f"Invalid channel id: {body['id']}", 'resource.id')
    if body['type'] not in TYPES:
        raise ApiError(
            'push.channelTypeNotSupported',
            f"Channel type not supported: {body['type']}", code=400)
    if len(body.get('token', '')) > 256:
        raise invalid("Channel token is too long.", 'resource.token')
    address = _address(state, body['address'])
    expiration = _expiration(state, body, default or maximum, maximum)
    client_id = call.token.client_id if call.token else None
    if (client_id, body['id']) in state.channels:
        # unique within the project; (unverified) also once it is stopped
        raise ApiError(
            'channelIdNotUnique', f"Channel id {body['id']} not unique",
            code=400)
    key = f'{call.user.email} {kind} {owner}'
    channel = Channel(
        body['id'], kind, owner, call.user.email, client_id,
        bool(call.token and call.token.service), address,
        body.get('token'),
        push.opaque(hashlib.sha256(key.encode()).digest()[:20]),
        _uri(call), expiration,
        frozenset(call.get('eventTypes') or ()))
    state.channels[client_id, channel.id] = channel
    push.post(state, channel, 'sync')
    return resource(channel)


def _uri(call):
    document = (
        drive_document() if call.method_id.startswith('drive.')
        else calendar_document())
    found = document.methods[call.method_id]
    path = found.path.removesuffix('/watch')
    for name in found.names:
        path = path.replace(
            '{%s}' % name, quote(call.params[name], safe='@'))
    query = [
        (k, _text(v)) for k, v in sorted(call.params.items())
        if k not in found.names and k != 'alt']
    return (
        f'{call.state.url}{document.base}{path}?'
        + urlencode([*query, ('alt', 'json')], doseq=True))


def _text(value):
    if isinstance(value, bool):
        return 'true' if value else 'false'
    return value


def resource(channel):
    answer = {
        'kind': 'api#channel',
        'id': channel.id,
        'resourceId': channel.resource_id,
        'resourceUri': channel.resource_uri,
        'expiration': str(channel.expiration),
        }
    if channel.token is not None:
        answer['token'] = channel.token
    return answer


@method('calendar.events.watch')
def events(call):
    calendar = call.calendar()
    if calendar.id.endswith('@group.v.calendar.google.com'):
        # calendars that Google generates (unverified: reported by many)
        raise ApiError(
            'pushNotSupportedForRequestedResource', "Push notifications "
            "are not supported by this resource.", code=400,
            domain='calendar')
    return open_channel(call, 'events', calendar.id)


@method('calendar.acl.watch')
def acl(call):
    return open_channel(call, 'acl', call.calendar('writer').id)


@method('calendar.calendarList.watch')
def calendar_list(call):
    return open_channel(call, 'calendarList', call.user.email)


@method('calendar.settings.watch')
def settings(call):
    return open_channel(call, 'settings', call.user.email)


@method('calendar.channels.stop')
def stop(call):
    body = strip_null(call.body)
    for name in ['id', 'resourceId']:
        if not body.get(name):
            raise required(f"Required: resource.{name}")
    client_id = call.token.client_id if call.token else None
    channel = call.state.channels.get((client_id, body['id']))
    # [Notifications for resource changes] the same user with the same
    # client; of a service account any user of the client
    if (channel is None or channel.stopped
            or channel.resource_id != body['resourceId']
            or call.state.clock() * 1000 >= channel.expiration
            or not channel.service and channel.user != call.user.email):
        error = not_found()
        error.message = (
            f"Channel '{body['id']}' not found for project '1'")
        raise error
    channel.stopped = True
