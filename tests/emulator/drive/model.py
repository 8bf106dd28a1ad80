# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What Google Drive holds: files, permissions, revisions, shared drives, logs."
import hashlib
import secrets
from dataclasses import dataclass, field

FOLDER = 'application/vnd.google-apps.folder'
SHORTCUT = 'application/vnd.google-apps.shortcut'
NATIVE = 'application/vnd.google-apps.'
DOCUMENTS = {NATIVE + n for n in ['document', 'spreadsheet', 'presentation']}
ROLES = [
    None, 'reader', 'commenter', 'writer', 'fileOrganizer', 'organizer',
    'owner']


def at_least(role, minimum):
    return ROLES.index(role) >= ROLES.index(minimum)


@dataclass
class Grant:
    "A permission on one item; inherited ones are computed"
    id: str
    type: str  # user, group, domain, anyone
    value: str  # e-mail or domain
    role: str
    expires: int = None  # milliseconds
    discovery: bool = False
    pending: bool = False  # pending owner


@dataclass
class Revision:
    id: str
    content: object  # Content or Document
    mime_type: str
    modified: int
    user: str
    filename: str = None
    keep: bool = False
    published: dict = field(default_factory=dict)


@dataclass
class File:
    id: str
    name: str
    mime_type: str
    owner: str = None  # None in a shared drive
    drive_id: str = None
    parent: str = None
    space: str = 'drive'
    client_id: str = None  # whose application data it is
    created: int = 0
    modified: int = 0
    born: float = 0  # when it was really created
    version: int = 1
    number: int = 0  # order of creation
    root: bool = False
    revisions: list = field(default_factory=list)
    original_name: str = None
    extension: str = None  # fullFileExtension
    description: str = None
    indexable: str = ''
    properties: dict = field(default_factory=dict)
    app_properties: dict = field(default_factory=dict)  # by client
    grants: dict = field(default_factory=dict)  # id -> Grant
    limited: bool = False  # inherited permissions are disabled
    restriction: dict = None
    copy_needs_writer: bool = False
    download_restriction: dict = None
    writers_share: bool = True
    color: str = None
    target: str = None  # of a shortcut
    target_mime: str = None
    trashed: bool = False  # explicitly
    trashed_by: str = None
    trashed_at: int = None
    starred: set = field(default_factory=set)
    viewed: dict = field(default_factory=dict)  # user -> milliseconds
    modified_by: dict = field(default_factory=dict)  # user -> milliseconds
    shared_to: dict = field(default_factory=dict)  # user -> (ms, by)
    last_user: str = None
    apps: set = field(default_factory=set)  # (user, client) of drive.file
    abusive: bool = False
    resource_key: str = None

    @property
    def folder(self):
        return self.mime_type == FOLDER

    @property
    def shortcut(self):
        return self.mime_type == SHORTCUT

    @property
    def native(self):
        return self.mime_type.startswith(NATIVE)

    @property
    def head(self):
        return self.revisions[-1] if self.revisions else None

    @property
    def content(self):
        "Content, Document or None"
        return self.revisions[-1].content if self.revisions else None

    @property
    def binary(self):
        return bool(self.revisions) and not self.native

    @property
    def quota(self):
        "[Files resource] quotaBytesUsed: the head and what is kept forever"
        if not self.binary:
            return 0
        return self.content.size + sum(
            r.content.size for r in self.revisions[:-1] if r.keep)


@dataclass
class SharedDrive:
    id: str
    name: str
    created: int
    domain: str
    restrictions: dict = field(default_factory=dict)
    color: str = '#0f9d58'
    theme: str = 'abacus'
    hidden: set = field(default_factory=set)


@dataclass
class Entry:
    "The newest change of an item in a log"
    seq: int
    at: int
    kind: str  # file, drive
    id: str
    removed: bool = False


class Store:
    def __init__(self):
        self.files = {}
        self.children = {}  # folder -> {id: None} in order
        self.drives = {}
        self.requests = {}  # (user, requestId) -> drive
        self.roots = {}  # user -> id
        self.app_folders = {}  # (user, client) -> id
        self.generated = {}  # id -> (space, type)
        self.epochs = {}  # log -> how often its tokens were refused
        self.logs = {}  # user or drive -> {(kind, id): Entry}
        self.seq = 0
        self.number = 0
        self.trash = {}  # id -> None: explicitly trashed
        self.gone = {}  # id -> File that was deleted
        self.activities = []
        self.stored = 0  # bytes of all the contents that ever were
        self.quotas = {}  # user -> bytes, None: unlimited
        self.deleted = set()  # accounts that are no more
        self.extra = {}  # what other parts keep

    def add(self, file):
        self.number += 1
        file.number = self.number
        self.files[file.id] = file
        if file.parent:
            self.children.setdefault(file.parent, {})[file.id] = None

    def move(self, file, parent):
        if file.parent:
            self.children[file.parent].pop(file.id, None)
        file.parent = parent
        self.children.setdefault(parent, {})[file.id] = None

    def remove(self, file):
        if file.parent:
            self.children[file.parent].pop(file.id, None)
        self.children.pop(file.id, None)
        self.trash.pop(file.id, None)
        del self.files[file.id]
        self.gone[file.id] = file
        # its contents are not needed any more
        file.revisions = []

    def kids(self, file):
        return [self.files[i] for i in self.children.get(file.id, ())]

    def below(self, file):
        "The descendants, parents first"
        result, waiting = [], self.kids(file)
        while waiting:
            result += waiting
            waiting = [k for f in waiting for k in self.kids(f)]
        return result

    def ancestors(self, file):
        "The folders above, nearest first"
        while file.parent:
            file = self.files[file.parent]
            yield file

    def is_trashed(self, file):
        return file.trashed or any(f.trashed for f in self.ancestors(file))

    def fits(self, email, size, limit):
        "Whether the user may store that much more"
        # as a rule all that was ever stored is far below
        if self.stored + size <= limit:
            return True
        used = self.usage(email)
        return used + size <= limit if size else used <= limit

    def usage(self, email):
        return sum(f.quota for f in self.files.values() if f.owner == email)


def new_id(prefix='1', size=24):
    return prefix + secrets.token_urlsafe(size)


def permission_id(kind, value, discovery=False):
    "[Permissions resource] an identifier of the grantee"
    if kind == 'anyone':
        return 'anyone' if discovery else 'anyoneWithLink'
    number = int(hashlib.sha256(
            f'{kind}:{value}'.encode()).hexdigest()[:16], 16)
    return f'{number:020}' + ('k' if kind == 'domain' else '')
