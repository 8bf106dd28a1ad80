# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The state of the emulator, in memory, guarded by one lock."
import base64
import copy
import datetime as dt
import functools
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections import Counter, deque

from cryptography.hazmat.primitives.asymmetric import rsa

from .discovery import Document
from .drive.masks import default_fields
from .drive.model import Store
from .gmail.model import Store as MailStore
from .model import Calendar, ListEntry, User

OPTIONS = {
    'max_page': None,  # upper limit of the items of a page
    'empty_pages': 0,  # empty pages before each page that has items
    'skew': 0,  # seconds between Google's clock and the machine's
    'token_life': 3600,
    'code_life': 600,
    'sync_token_life': 28 * 86400,
    'refresh_token_limit': 100,
    'callback_iss': False,  # iss in the answer to the redirect URI
    'pending_conference': False,  # createRequest stays pending
    'exceptions_follow': True,  # what they did not change themselves
    'exceptions_shift': False,  # when their series begins at another time
    'http_channels': False,  # channels to plain http, on the loopback
    'channel_life': 604800,
    'deliver': True,  # False: notifications are lost
    'sync_before_answer': False,  # the sync message comes before the answer
    'push_retries': 5,
    'push_timeout': 10,
    'verify_channels': True,  # the certificate of an https address
    'channel_ca': None,  # a file of certificates to trust
    # Drive
    'change_state': 'change',  # X-Goog-Resource-State of a change log
    'file_channel_life': 86400,  # the longest life of files.watch
    'storage_limit': 15 << 30,  # of each user, None: unlimited
    'file_page_life': 6 * 3600,  # of the page tokens of Drive's lists
    'folder_limit': 500_000,  # the items of a folder
    'drive_limit': 500_000,  # the items of a shared drive
    'folder_depth': 100,
    'writers_move_in': True,  # writers may move files into shared drives
    'incomplete_search': False,  # some corpora were not searched
    'parents_limit': None,  # more in a query find nothing
    'list_lag': 0,  # seconds until lists show a new file
    'delete_lists_children': False,  # changes of what a folder held
    'simple_upload_limit': 5 << 20,  # of uploads in one request
    'export_limit': 10 << 20,  # of files.export
    'upload_stored': None,  # of a chunk, at most, in units of 256 KB
    'gentle_uploads': False,  # a rate limit or a 401 ends no upload session
    'download_polls': 1,  # until an operation of files.download is done
    'content_url': None,  # of downloads and thumbnails, None: the emulator's
    # Gmail
    'replace_message_id': 'api',  # which way of sending does: always, never
    'history_life': 7 * 86400,  # seconds that history ids are known
    'watch_life': 7 * 86400,
    'message_limit': 25 << 20,  # bytes of the parts of a message, decoded
    'json_limit': 5 << 20,  # bytes of a message without an upload
    'recipients_limit': 100,  # of a message
    'daily_messages': 2000,  # of an account in 24 hours, None: no limit
    'daily_recipients': 10_000,
    'daily_grace': 0,  # messages beyond it that are accepted, and lost
    'sends_per_minute': None,
    'hold_bounces': False,  # until release_bounces
    'search_lag': 0,  # seconds until a search finds a new message
    'label_limit': 10_000,
    'metadata_scope_wins': False,  # it shows no contents beside others
    'smtp_unknown_refused': False,  # 550 for unknown own addresses
    }

# what belongs to the process
PROPER = {'url', 'lock', 'condition', 'generation'}


@functools.cache
def calendar_document():
    return Document('calendar.v3')


@functools.cache
def drive_document():
    return Document('drive.v3', default_fields)


@functools.cache
def activity_document():
    return Document('driveactivity.v2')


@functools.cache
def gmail_document():
    return Document('gmail.v1')


@functools.cache
def oauth2_document():
    return Document('oauth2.v2')


@functools.cache
def signing_key():
    return rsa.generate_private_key(65537, 2048)


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


class State:
    def __init__(self):
        self.url = ''
        self.lock = threading.RLock()
        self.condition = threading.Condition(self.lock)
        self.generation = 0
        self.reset()

    def reset(self):
        with self.lock:
            self.generation += 1
            self.secret = secrets.token_bytes(32)
            self.offset = 0.0
            self.options = dict(OPTIONS)
            self.users = {}
            self.clients = {}
            self.service_accounts = {}
            self.grants = {}  # (email, client_id) -> list of scopes
            self.codes = {}
            self.consents = {}
            self.refresh_tokens = {}  # in order of creation
            self.access_tokens = {}
            self.calendars = {}
            self.log = deque(maxlen=500_000)
            self.counters = Counter()
            self.requests = 0
            self.faults = []
            self.hooks = []
            self.mails = []
            self.channels = {}  # (client_id, id) -> Channel
            self.deliveries = []
            self.pushes = []  # the deliveries that are not done
            self.changed = {}  # (kind, owner) -> types of the events
            self.groups = {}  # e-mail -> members
            self.later = []  # what happens after the answer
            self.settings = {}  # (email, id) -> value
            self.drive = Store()
            self.gmail = MailStore()
            self.condition.notify_all()

    def snapshot(self):
        "Return a copy of all that `reset` forgets"
        with self.lock:
            # the calendars know who tells the members of groups: this one
            return copy.deepcopy({
                    n: v for n, v in vars(self).items() if n not in PROPER},
                {id(self): self})

    def restore(self, snapshot):
        with self.lock:
            self.generation += 1
            vars(self).update(copy.deepcopy(snapshot, {id(self): self}))
            self.condition.notify_all()

    @property
    def content_url(self):
        "The beginning of the addresses of contents, which the API tells"
        return self.options['content_url'] or self.url

    # -- time

    def clock(self):
        "For lifetimes"
        return time.time() + self.offset

    def now(self):
        "For stamps: what Google's clock shows"
        return self.clock() + self.options['skew']

    # -- notifications

    def touch(self, kind, owner, event_type=None):
        "Note a change for the channels"
        self.changed.setdefault((kind, owner), set()).add(event_type)

    # -- tokens

    def seal(self, kind, value):
        "Return an opaque token"
        data = json.dumps(value, separators=(',', ':')).encode()
        mark = hmac.new(
            self.secret, kind.encode() + data, hashlib.sha256).digest()[:9]
        # padded, as Google's are: it must be escaped in a URL
        token = base64.urlsafe_b64encode(mark + data).decode()
        return token if token.endswith('=') else token + '='

    def unseal(self, kind, token):
        "Return the value of an opaque token, or None"
        try:
            token = token.rstrip('=')
            raw = base64.urlsafe_b64decode(
                token + '=' * (-len(token) % 4))
        except ValueError:
            return None
        mark, data = raw[:9], raw[9:]
        right = hmac.new(
            self.secret, kind.encode() + data, hashlib.sha256).digest()[:9]
        if not hmac.compare_digest(mark, right):
            return None
        return json.loads(data)

    # -- accounts

    def user(self, email):
        return self.users.get(email.lower())

    def add_user(self, email, **values):
        email = email.lower()
        values.setdefault('name', email.partition('@')[0].title())
        values.setdefault('sub', str(
                10**20 + int(hashlib.sha256(
                        email.encode()).hexdigest(), 16) % 10**20))
        user = self.users[email] = User(email, **values)
        calendar = Calendar(
            email, email,
            {'summary': email, 'timeZone': user.time_zone}, primary=True)
        self.add_calendar(calendar, user)
        return user

    def add_calendar(self, calendar, user):
        self.calendars[calendar.id] = calendar
        calendar.members = self.members
        calendar.data_stamp = calendar.tick(self.now())
        self.set_role(calendar, 'user', user.email, 'owner')
        self.subscribe(user, calendar)

    def calendar(self, user, calendar_id):
        "Return the calendar that the id means for the user, or None"
        if calendar_id == 'primary':
            calendar_id = user.email
        calendar = self.calendars.get(calendar_id)
        if calendar is None:
            calendar = self.calendars.get(calendar_id.lower())
        if (calendar is None or calendar.deleted
                or calendar.role(user.email) == 'none'):
            return None
        return calendar

    def set_role(self, calendar, scope_type, value, role):
        if scope_type == 'default':
            scope, rule_id = {'type': 'default'}, 'default'
        else:
            scope = {'type': scope_type, 'value': value}
            rule_id = f'{scope_type}:{value}'
        calendar.acl_seq += 1
        rule = calendar.acl[rule_id] = {
            'id': rule_id, 'scope': scope, 'role': role,
            'seq': calendar.acl_seq}
        self.touch('acl', calendar.id)
        # [Handle API errors] 410 when the ACL has changed
        for user in self.users.values():
            if scope_type != 'user' or user.email == value:
                calendar.user_epochs[user.email] = (
                    calendar.user_epochs.get(user.email, 0) + 1)
                entry = user.calendar_list.get(calendar.id)
                if entry is not None and not entry.deleted:
                    if calendar.role(user.email) == 'none':
                        self.unsubscribe(user, calendar)
                    else:
                        self.touch_entry(user, entry)
        return rule

    def subscribe(self, user, calendar, **data):
        entry = user.calendar_list.get(calendar.id)
        if entry is None or entry.deleted:
            data.setdefault('colorId', str(
                    len(user.calendar_list) % 24 + 1))
            data.setdefault('selected', True)
            if calendar.primary:
                data.setdefault('defaultReminders', [
                        {'method': 'popup', 'minutes': 10}])
            entry = user.calendar_list[calendar.id] = ListEntry(
                calendar.id, data)
        self.touch_entry(user, entry)
        return entry

    def unsubscribe(self, user, calendar):
        entry = user.calendar_list.get(calendar.id)
        if entry is not None and not entry.deleted:
            entry.deleted = True
            self.touch_entry(user, entry)

    def touch_entry(self, user, entry):
        user.list_seq += 1
        user.list_stamp = max(int(self.now() * 1000), user.list_stamp + 1)
        entry.seq, entry.stamp = user.list_seq, user.list_stamp
        self.touch('calendarList', user.email)

    def touch_calendar(self, calendar):
        "The calendar's own data changed: every list shows it"
        calendar.data_stamp = calendar.tick(self.now())
        for user in self.users.values():
            entry = user.calendar_list.get(calendar.id)
            if entry is not None and not entry.deleted:
                self.touch_entry(user, entry)

    def delete_calendar(self, calendar):
        calendar.deleted = True
        self.touch('events', calendar.id)
        for user in self.users.values():
            self.unsubscribe(user, calendar)

    # -- rooms and groups

    def add_resource(self, calendar_id, summary, time_zone):
        calendar = Calendar(
            calendar_id, calendar_id,
            {'summary': summary, 'timeZone': time_zone}, resource=True)
        self.calendars[calendar_id] = calendar
        calendar.members = self.members
        calendar.data_stamp = calendar.tick(self.now())
        return calendar

    def members(self, email, seen=()):
        "Return the persons of a group, those of its groups included"
        result = []
        for one in self.groups.get(email, {}).get('members', ()):
            if one in self.groups and one not in seen:
                found = self.members(one, {*seen, email})
            else:
                found = [one]
            result += [m for m in found if m not in result]
        return result

    # -- grants

    def revoke_grant(self, email, client_id):
        """The user withdraws the access of an application: everything of
        it is revoked together [Using OAuth 2.0 for Web Server
        Applications, include_granted_scopes]"""
        found = self.grants.pop((email, client_id), None) is not None
        for tokens in (self.refresh_tokens, self.access_tokens):
            for key, token in list(tokens.items()):
                if (token.email, token.client_id) == (email, client_id):
                    del tokens[key]
                    found = True
        return found


def stamp_text(milliseconds):
    "An RFC3339 text with milliseconds in UTC"
    seconds, rest = divmod(int(milliseconds), 1000)
    moment = dt.datetime.fromtimestamp(seconds, dt.timezone.utc)
    return moment.strftime('%Y-%m-%dT%H:%M:%S.') + f'{rest:03}Z'
