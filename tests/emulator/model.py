# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What Google holds: accounts, clients, grants, calendars, events."
import functools
import re
import zlib
from dataclasses import dataclass, field

_SPLIT = re.compile(r'(.+)_R\d{8}(T\d{6})?$')
ROLES = [
    'none', 'freeBusyReader', 'reader', 'writerWithoutPrivateAccess',
    'writer', 'owner']


@dataclass
class User:
    email: str
    sub: str
    name: str
    type: str = 'external'
    time_zone: str = 'UTC'
    locale: str = 'en'
    service: bool = False  # a service account acting for itself
    delegated: bool = False
    admin: bool = False  # of the Workspace organization
    # who adds invitations to the calendar: everyone, known, responded
    invitations: str = 'everyone'
    calendar_list: dict = field(default_factory=dict)  # id -> ListEntry
    list_seq: int = 0
    list_stamp: int = 0
    list_epoch: int = 0


@dataclass
class Client:
    client_id: str
    client_secret: str
    redirect_uris: list
    type: str = 'web'
    status: str = 'production'
    user_type: str = 'external'
    test_users: list = field(default_factory=list)
    deleted: bool = False


@dataclass
class ServiceAccount:
    email: str
    client_id: str
    public_key: object
    key_id: str
    delegation: set = field(default_factory=set)


@dataclass
class Code:
    code: str
    client_id: str
    email: str
    redirect_uri: str
    scopes: list  # granted
    requested: list
    offline: bool
    consent: bool  # a consent that yields a refresh token
    challenge: str
    challenge_method: str
    nonce: str
    expires: float
    used: bool = False


@dataclass
class RefreshToken:
    token: str
    client_id: str
    email: str
    scopes: list
    created: float
    last_used: float
    expires: float = None


@dataclass
class AccessToken:
    token: str
    client_id: str
    email: str
    scopes: list
    expires: float
    refresh_token: str = None
    service: bool = False
    delegated: bool = False


@dataclass
class ListEntry:
    calendar_id: str
    data: dict
    seq: int = 0
    stamp: int = 0
    deleted: bool = False


@dataclass
class Record:
    "An event of a calendar, as stored"
    data: dict
    number: int  # order of creation
    seq: int = 0  # the last change of the calendar that touched it
    stamp: int = 0  # for the etag
    # reminders are private to the authenticated user
    reminders: dict = field(default_factory=dict)
    # former (seq, start, recurrence) of a series
    history: list = field(default_factory=list)
    bare: bool = False  # deleted, only the id is left
    removed: bool = False  # by the guest whose copy it is
    salt: int = 0  # the copies in other calendars have other etags

    @property
    def id(self):
        return self.data['id']

    @property
    def cancelled(self):
        return self.data.get('status') == 'cancelled'

    @property
    def etag(self):
        return f'"{self.stamp * 2}{self.salt:03}"'


@dataclass
class Calendar:
    id: str
    owner: str
    data: dict  # summary, description, location, timeZone
    primary: bool = False
    client_id: str = None  # which application created it
    acl: dict = field(default_factory=dict)  # rule id -> rule
    acl_seq: int = 0
    events: dict = field(default_factory=dict)  # id -> Record
    uids: dict = field(default_factory=dict)  # iCalUID -> ids
    children: dict = field(default_factory=dict)  # series -> {id: Record}
    splits: dict = field(default_factory=dict)  # id -> ids of its <id>_R...
    seq: int = 0
    number: int = 0
    stamp: int = 0  # milliseconds, strictly increasing
    epoch: int = 0
    user_epochs: dict = field(default_factory=dict)
    deleted: bool = False
    oldest: int = 0  # updatedMin before this (ms) is too long ago
    data_stamp: int = 0
    resource: bool = False  # a room: it answers by itself
    members: object = None  # State.members

    @functools.cached_property
    def salt(self):
        return zlib.crc32(self.id.encode()) % 1000

    def tick(self, now):
        "Return the next stamp: `updated` is strictly increasing"
        self.stamp = max(int(now * 1000), self.stamp + 1)
        self.seq += 1
        return self.stamp

    def exceptions(self, parent_id):
        "Return the stored instances of the series, by id"
        return {
            k: r for k, r in self.children.get(parent_id, {}).items()
            if self.events.get(k) is r
            and r.data.get('recurringEventId') == parent_id}

    def add(self, record):
        "Index the record"
        data = record.data
        there = self.events.get(record.id)
        if there is None:
            self.number += 1
            record.number = self.number
        elif there is not record:
            record.number = there.number
        self.events[record.id] = record
        ids = self.uids.setdefault(data.get('iCalUID'), [])
        if record.id not in ids:
            ids.append(record.id)
        if parent := data.get('recurringEventId'):
            self.children.setdefault(parent, {})[record.id] = record
        if data.get('recurrence') and (base := base_id(record.id)):
            self.splits.setdefault(base, set()).add(record.id)

    def with_uid(self, uid):
        "Return the records of the iCalUID"
        return [
            self.events[i] for i in self.uids.get(uid, ())
            if i in self.events]

    def role(self, email):
        best = 0
        domain = email.rpartition('@')[2]
        for rule in self.acl.values():
            scope = rule['scope']
            kind, value = scope['type'], scope.get('value')
            if (kind == 'default'
                    or kind == 'user' and value.lower() == email.lower()
                    or kind == 'domain' and value == domain
                    or kind == 'group' and self.members is not None
                    and email in self.members(value)):
                best = max(best, ROLES.index(rule['role']))
        return ROLES[best]

    def epoch_of(self, email):
        return f'{self.epoch}.{self.user_epochs.get(email, 0)}'


def base_id(event_id):
    "Return the id of the series that <id>_R<time> was split from, or None"
    match = _SPLIT.match(event_id)
    return match[1] if match else None


def at_least(role, minimum):
    return ROLES.index(role) >= ROLES.index(minimum)


def is_organizer(calendar, data):
    return data.get('organizer', {}).get('email') == calendar.id


def hidden(calendar, data):
    "[Events resource] guestsCanSeeOtherGuests: is the list hidden here?"
    return (
        data.get('guestsCanSeeOtherGuests') is False
        and not data.get('guestsCanModify')
        and not is_organizer(calendar, data))
