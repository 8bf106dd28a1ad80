# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What Gmail holds: mailboxes, messages, labels, drafts, histories."
import functools
import random
from collections import deque
from dataclasses import dataclass, field

from . import mime

# [Manage labels] the reserved names; those of the categories
SYSTEM = [
    'INBOX', 'SPAM', 'TRASH', 'UNREAD', 'STARRED', 'IMPORTANT', 'SENT',
    'DRAFT', 'CHAT', 'CATEGORY_PERSONAL', 'CATEGORY_SOCIAL',
    'CATEGORY_PROMOTIONS', 'CATEGORY_UPDATES', 'CATEGORY_FORUMS']
HIDDEN = {'SPAM', 'TRASH'}


@dataclass
class Label:
    id: str
    name: str
    type: str = 'user'
    values: dict = field(default_factory=dict)  # visibilities, color


@dataclass
class Message:
    id: str
    raw: bytes
    labels: list
    date: int  # milliseconds
    thread_id: str = ''
    history_id: int = 0
    draft_id: str = None
    born: float = 0  # when it was really stored

    @functools.cached_property
    def mail(self):
        return mime.Mail(self.raw)

    @property
    def key(self):
        "The newest first"
        return [-self.date, -int(self.id, 16)]


@dataclass
class Change:
    "A record of the history"
    id: int
    kind: str  # messageAdded, messageDeleted, labelAdded, labelRemoved
    message_id: str
    thread_id: str
    labels: list  # of the message, after it
    changed: list  # those added or removed
    at: float


@dataclass
class Alias:
    "A send-as address"
    email: str
    name: str = ''
    reply_to: str = ''
    default: bool = False
    primary: bool = False
    status: str = 'accepted'  # None: no custom one
    signature: str = ''


@dataclass
class Watch:
    topic: str
    labels: list
    exclude: bool
    expires: float


@dataclass
class Limits:
    "Of one account; None: the option of the emulator"
    daily_messages: int = None
    daily_recipients: int = None
    sends_per_minute: int = None


class Mailbox:
    def __init__(self, state, user):
        self.state = state
        self.email = user.email
        self.messages = {}  # id -> Message
        self.threads = {}  # id -> its messages
        self.by_message_id = {}  # the header -> messages
        self.drafts = {}  # id -> Message
        self.labels = {n: Label(n, n, 'system') for n in SYSTEM}
        self.label_number = 0
        self.history = []
        self.history_id = random.randrange(1000, 5000)
        self.oldest = 0  # earlier history ids are not known any more
        self.aliases = {user.email: Alias(
                user.email, user.name, default=True, primary=True)}
        self.watch = None
        self.limits = Limits()
        self.sent = deque()  # (time, recipients)

    # -- messages

    def add(self, raw, labels, date=None, thread=None):
        "Store a message; thread: the id of one, None: a new one"
        state = self.state
        message = Message(
            state.gmail.next_id(state.now()), raw, list(labels),
            int(state.now() * 1000) if date is None else date,
            born=state.clock())
        message.thread_id = thread or message.id
        self.messages[message.id] = message
        self.threads.setdefault(message.thread_id, []).append(message)
        if name := message.mail.message_id:
            self.by_message_id.setdefault(name, []).append(message)
        self.record('messageAdded', message)
        return message

    def remove(self, message):
        "For good, with the draft that it is of"
        del self.messages[message.id]
        thread = self.threads[message.thread_id]
        thread.remove(message)
        if not thread:
            del self.threads[message.thread_id]
        if name := message.mail.message_id:
            self.by_message_id[name].remove(message)
        if message.draft_id:
            self.drafts.pop(message.draft_id, None)
        self.record('messageDeleted', message)

    def relabel(self, message, add=(), remove=()):
        added = [n for n in add if n not in message.labels]
        removed = [n for n in remove if n in message.labels]
        message.labels = [
            n for n in message.labels if n not in removed] + added
        if added:
            self.record('labelAdded', message, added)
        if removed:
            self.record('labelRemoved', message, removed)

    # -- history

    def advance(self):
        # [users.history.list] not contiguous, with random gaps
        self.history_id += random.randrange(1, 30)
        return self.history_id

    def record(self, kind, message, changed=()):
        state = self.state
        message.history_id = self.advance()
        self.history.append(Change(
                message.history_id, kind, message.id, message.thread_id,
                list(message.labels), list(changed), state.clock()))
        self.publish(message.labels, changed)

    def publish(self, *labels):
        "[Configure push notifications in Gmail API] to Cloud Pub/Sub"
        watch, state = self.watch, self.state
        if watch is None or watch.expires <= state.clock():
            return
        if watch.labels:
            touched = {n for group in labels for n in group}
            if bool(touched & set(watch.labels)) is watch.exclude:
                return
        state.gmail.published.append({
                'topic': watch.topic,
                'emailAddress': self.email,
                'historyId': str(self.history_id),
                'at': state.now()})

    def knows(self, history_id):
        """Whether the history from the id on is still there

        (unverified) an id that is still the newest does not expire."""
        if not self.oldest <= history_id <= self.history_id:
            return False
        life = self.state.options['history_life']
        following = next(
            (c for c in self.history if c.id > history_id), None)
        return following is None or (
            following.at + life >= self.state.clock())

    # -- labels

    def label_named(self, name):
        "Gmail compares the names without regard to case"
        for label in self.labels.values():
            if label.name.lower() == name.lower():
                return label


class Store:
    def __init__(self):
        self.mailboxes = {}  # e-mail -> Mailbox
        self.outside = []  # what left to foreign addresses
        self.bounces = {}  # address or domain -> status code
        self.held = []  # the reports that are not delivered yet
        self.published = []  # what Cloud Pub/Sub was given
        self._last = 0

    def next_id(self, now):
        "Ids are hexadecimal, and grow with the time"
        self._last = max(int(now * 1000) << 20, self._last + 1)
        return f'{self._last:x}'

    def mailbox(self, state, user):
        box = self.mailboxes.get(user.email)
        if box is None:
            box = self.mailboxes[user.email] = Mailbox(state, user)
        return box

    def find(self, state, address):
        "The mailbox that an address is delivered to, or None"
        address = address.lower()
        user = state.users.get(address) or state.users.get(plain(address))
        if user is None or user.service:
            return self._with_alias(address)
        return self.mailbox(state, user)

    def _with_alias(self, address):
        "(unverified) an alias of an own domain is an address of the account"
        domain = address.rpartition('@')[2]
        for box in self.mailboxes.values():
            alias = box.aliases.get(address)
            if (alias and alias.status == 'accepted'
                    and box.email.rpartition('@')[2] == domain):
                return box


def plain(address):
    """Without +tag, and the dots of gmail.com [Gmail help: dots don't
    matter, send mails from a different address or alias]"""
    local, _, domain = address.rpartition('@')
    local = local.partition('+')[0]
    if domain in {'gmail.com', 'googlemail.com'}:
        local, domain = local.replace('.', ''), 'gmail.com'
    return f'{local}@{domain}'
