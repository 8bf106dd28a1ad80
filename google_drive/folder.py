# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The folders of a drive, as Google has them or as they are to be created."""
import datetime as dt

from sql import Null

import trytond.config as config
from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.exceptions import ConfigurationError
from trytond.tools import grouped_slice

from . import mapping
from .tree import Tree

__all__ = ['Folder', 'lifetime']

LIFETIME = 3600
# what is asked for holds for the rest of the run, and no longer than a year
MINIMUM, MAXIMUM = 60, 365 * 24 * 3600


class Folder(ModelSQL, ModelView):
    __name__ = 'google_drive.folder'
    _log = False

    drive = fields.Many2One(
        'google_drive.drive', "Drive", required=True, readonly=True,
        ondelete='CASCADE')
    google_id = fields.Char(
        "Google Folder", readonly=True, strip=False,
        help="The identifier of the folder at Google.")
    name = fields.Char("Name", readonly=True, strip=False)
    parent_google_id = fields.Char(
        "Parent Folder", readonly=True, strip=False,
        help="The identifier of the folder that holds it.")
    trashed = fields.Boolean("Trashed", readonly=True)
    listing = fields.Integer("Listing", readonly=True)
    state = fields.Selection([
            ('local', "To Create"),
            ('creating', "Being Created"),
            ('known', "On Google"),
            ], "State", required=True, readonly=True, sort=False)
    # of the folders that were made for a path: it is found by it again after
    # somebody has renamed or moved the folder
    root = fields.Char("Root", readonly=True, strip=False)
    path = fields.Char("Path", readonly=True, strip=False)
    parent = fields.Many2One(
        'google_drive.folder', "Created Below", readonly=True,
        ondelete='SET NULL')
    unread = fields.Boolean(
        "To Read", readonly=True,
        help="What the folder holds is to be listed.")
    page = fields.Text("Page", readonly=True, strip=False, loading='lazy')
    checked_at = fields.Timestamp(
        "Checked", readonly=True,
        help="When Google told of the folder.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('name', 'ASC'), ('id', 'ASC')]
        table = cls.__table__()
        cls._sql_constraints += [
            ('google_id_unique',
                Unique(table, table.drive, table.google_id),
                'google_drive.msg_folder_unique'),
            ('path_unique',
                Unique(table, table.drive, table.root, table.path),
                'google_drive.msg_folder_unique'),
            ]
        cls._sql_indexes.update({
                Index(
                    table,
                    (table.drive, Index.Equality()),
                    (table.parent_google_id, Index.Equality())),
                Index(
                    table,
                    (table.drive, Index.Equality()),
                    (table.state, Index.Equality()),
                    where=table.state != 'known'),
                Index(
                    table,
                    (table.drive, Index.Equality()),
                    where=table.unread),
                Index(
                    table,
                    (table.parent, Index.Equality()),
                    where=table.parent != Null),
                })

    @classmethod
    def default_state(cls):
        return 'local'

    @classmethod
    def default_trashed(cls):
        return False

    @classmethod
    def default_unread(cls):
        return False

    # What Google tells

    @classmethod
    def google_apply(cls, drive, changes, listing=None):
        """Write what Google tells of folders

        The identifiers of those that are new, and of those that went to
        another place, in the trash or away.
        """
        known = {
            f.google_id: f for f in cls.search([
                    ('drive', '=', drive.id),
                    ('google_id', 'in', [c.google_id for c in changes]),
                    ])}
        new, moved, to_create, seen = [], [], [], []
        for change in changes:
            folder = known.get(change.google_id)
            if folder:
                if folder._google_write(change):
                    moved.append(change.google_id)
                if folder.listing != listing:
                    seen.append(folder)
            elif not (change.deleted or mapping.is_removed(change.resource)):
                new.append(change.google_id)
                to_create.append({
                        'drive': drive.id,
                        'google_id': change.google_id,
                        'state': 'known',
                        'listing': listing,
                        'checked_at': bookkeeping.utcnow(),
                        **_values(change),
                        })
        if to_create:
            cls.create(to_create)
        if listing is not None and seen:
            bookkeeping.update(cls, seen, {'listing': listing})
        return new, moved

    def _google_write(self, change):
        "Write what has changed and tell if what it holds went along"
        cls = type(self)
        if mapping.is_removed(change.resource):
            if self.state == 'creating':
                # it never was there
                bookkeeping.update(cls, [self], {'state': 'local'})
                return False
            values = {'trashed': True}
        else:
            values = _values(change)
            values['state'] = 'known'
        values = {
            n: v for n, v in values.items() if getattr(self, n) != v}
        if not values:
            return False
        values['checked_at'] = bookkeeping.utcnow()
        was_known = self.state == 'known'
        bookkeeping.update(cls, [self], values)
        return was_known and bool(
            values.keys() & {'parent_google_id', 'trashed'})

    @classmethod
    def below(cls, drive, google_ids):
        "The identifiers of the folders and of all that are below them"
        result, level = set(), set(google_ids)
        while level := level - result:
            result |= level
            found = set()
            for sub_ids in grouped_slice(sorted(level), 500):
                found |= {
                    f.google_id for f in cls.search([
                            ('drive', '=', drive.id),
                            ('parent_google_id', 'in', list(sub_ids)),
                            ('google_id', '!=', None),
                            ])}
            level = found
        return result

    @classmethod
    def known(cls, drive, google_ids):
        "Have rows for the folders, as for the root that Google does not list"
        found = {
            f.google_id for f in cls.search([
                    ('drive', '=', drive.id),
                    ('google_id', 'in', list(google_ids)),
                    ])}
        cls.create([{
                    'drive': drive.id,
                    'google_id': google_id,
                    'state': 'known',
                    } for google_id in dict.fromkeys(google_ids)
                if google_id not in found])

    @classmethod
    def read_again(cls, drive, google_ids):
        "What the folders hold is listed by the next run"
        for sub_ids in grouped_slice(sorted(google_ids), 500):
            bookkeeping.update(
                cls, cls.search([
                        ('drive', '=', drive.id),
                        ('google_id', 'in', list(sub_ids)),
                        ('trashed', '=', False),
                        ]),
                {'unread': True, 'page': None})

    # What is only known from before

    @classmethod
    def outdated(cls, drive, folders):
        "Those of the folders, and of the ones above, to be asked for again"
        before = bookkeeping.utcnow() - dt.timedelta(seconds=lifetime())
        found, level = {}, {f.id for f in folders}
        while level := level - found.keys():
            above = cls.browse(level)
            found.update((f.id, f) for f in above)
            level = {f.parent.id for f in above if f.parent}
        return [
            f for f in sorted(found.values(), key=lambda f: f.id)
            if f.state == 'known' and not f.trashed
            and (not f.checked_at or f.checked_at < before)]

    # What is to be created

    def google_sought(self):
        "What tells that the folder is there already"
        is_there = not self.parent or self.parent.state == 'known'
        return {
            'name': self.name,
            'md5': None,
            'parent': self.parent_google_id if is_there else None,
            }

    @classmethod
    def for_path(cls, drive, root, names):
        """The folder for a path below a root, None for the root itself

        One that is there is taken, another one is made.
        """
        folder = None
        for depth, name in enumerate(names, start=1):
            path = '/'.join(names[:depth])
            folder = (
                cls._of_path(drive, root, path)
                or cls._of_name(drive, root, path, folder, name)
                or cls._make(drive, root, path, folder, name))
        return folder

    @classmethod
    def known_path(cls, drive, root, names):
        "The folder at Google for a path below a root, None without one"
        folder = None
        for depth, name in enumerate(names, start=1):
            with_path = cls.search([
                    ('drive', '=', drive.id),
                    ('root', '=', root),
                    ('path', '=', '/'.join(names[:depth])),
                    ])
            parent_id = folder.google_id if folder else root
            folder = (
                next((f for f in with_path if not f.is_gone), None)
                or cls._named(drive, parent_id, name))
            if not folder or folder.state != 'known':
                return
        return folder

    @classmethod
    def _of_path(cls, drive, root, path):
        folders = cls.search([
                ('drive', '=', drive.id),
                ('root', '=', root),
                ('path', '=', path),
                ])
        for folder in folders:
            if not folder.is_gone:
                return folder
            # another one is made in its place
            bookkeeping.update(cls, [folder], {'path': None})

    @property
    def is_trashed(self):
        "Tell if it, or one above it, is in the trash"
        folder, seen = self, set()
        while folder and folder.id not in seen:
            if folder.trashed:
                return True
            seen.add(folder.id)
            above = type(self).search([
                    ('drive', '=', folder.drive.id),
                    ('google_id', '=', folder.parent_google_id),
                    ], limit=1) if folder.parent_google_id else []
            folder = above[0] if above else None
        return False

    @property
    def is_gone(self):
        """Tell if what is put into it would not be of the rules of its root

        It, or one above it, is in the trash, or was moved out of a root of
        which the files come to Tryton.
        """
        roots = {r.root_id for r in self.drive.receiving_rules}
        if self.root not in roots or not self.drive.google_receives:
            return self.is_trashed
        # one that is yet to be created is where the one above it is
        google_id = self.google_id or self.parent_google_id
        return bool(google_id) and (
            Tree(self.drive).names(google_id, self.root) is None)

    @classmethod
    def _of_name(cls, drive, root, path, parent, name):
        folder = cls._named(drive, parent.google_id if parent else root, name)
        if folder:
            bookkeeping.update(cls, [folder], {'root': root, 'path': path})
            return folder

    @classmethod
    def _named(cls, drive, parent_id, name):
        "The folder of that name that is for no path yet"
        if parent_id:
            folders = cls.search([
                    ('drive', '=', drive.id),
                    ('parent_google_id', '=', parent_id),
                    ('name', '=', name),
                    ('trashed', '=', False),
                    ('path', '=', None),
                    ], order=[('id', 'ASC')], limit=1)
            return folders[0] if folders else None

    @classmethod
    def _make(cls, drive, root, path, parent, name):
        folder, = cls.create([{
                    'drive': drive.id,
                    'name': name,
                    'root': root,
                    'path': path,
                    'parent': parent.id if parent else None,
                    'parent_google_id': parent.google_id if parent else root,
                    }])
        return folder


def lifetime():
    "How long in seconds what is known of a folder holds"
    value = config.get(
        'google_drive', 'folder_lifetime', default='') or LIFETIME
    try:
        seconds = int(value)
        if not MINIMUM <= seconds <= MAXIMUM:
            raise ValueError
    except ValueError:
        raise ConfigurationError(gettext(
                'google_integration.msg_configuration',
                option='folder_lifetime', section='google_drive')) from None
    return seconds


def _values(change):
    values = mapping.to_values(change.resource)
    return {
        'name': values['name'],
        'parent_google_id': values['parent_google_id'],
        'trashed': change.deleted,
        }
