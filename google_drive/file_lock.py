# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Who edits a file, and keeps the others from it.

What is edited in Tryton is read-only at Google, by a restriction; what is
edited on Drive, or made read-only there by anybody, is read-only in Tryton.
"""
import datetime as dt
from typing import NamedTuple

from sql import Literal, Null

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, In
from trytond.tools import grouped_slice
from trytond.transaction import (
    Transaction, check_access, without_check_access)

from . import mapping
from .exceptions import DriveLockBreakWarning, DriveLockError

__all__ = ['ACTIONS', 'FileLock', 'Lock', 'SIDES', 'lock_buttons']

SIDES = [
    (None, ""),
    ('tryton', "In Tryton"),
    ('google', "On Google Drive"),
    ]
# what a user may do, by the name of the button
ACTIONS = [
    ('edit_here', "Edit Here"),
    ('edit_there', "Edit on Google Drive"),
    ('unlock', "Unlock"),
    ('break_lock', "Break Lock"),
    ]
ICONS = {
    'edit_here': 'google-drive-lock',
    'edit_there': 'google-drive-lock',
    'unlock': 'google-drive-unlock',
    'break_lock': 'google-drive-unlock',
    }
_EMPTY = dict.fromkeys([
        'lock_side', 'lock_user', 'lock_since', 'lock_until', 'lock_reason'])
# Drive shows the reason to people
NAME_LENGTH = 80

_locked = {'invisible': ~Bool(Eval('locked'))}


class Lock(NamedTuple):
    """Who holds a file, and where it is edited: ``tryton`` or ``google``

    ``user`` is the id of who has locked it in Tryton, None for who has done
    so on Drive, ``owner`` the name; the times are naive UTC.
    """
    side: str
    user: int | None
    owner: str
    since: dt.datetime | None
    until: dt.datetime | None

    def keeps_out(self, user):
        "Tell if the user may not change the attachment"
        return self.side == 'google' or self.user != user


def lock_buttons(prefix=''):
    "The buttons of the actions that the field tells"
    field = prefix + 'lock_actions'
    return {
        prefix + name: {
            'invisible': ~In(name, Eval(field, [])),
            'icon': ICONS[name],
            'depends': [field],
            } for name, _ in ACTIONS}


class FileLock:
    "The side of a file that locks it"
    __slots__ = ()

    # in Tryton, by a person
    lock_side = fields.Selection(
        SIDES, "Locked to Edit", readonly=True, sort=False)
    lock_user = fields.Many2One(
        'res.user', "Locked by User", readonly=True, ondelete='SET NULL')
    lock_since = fields.Timestamp("Locked by User Since", readonly=True)
    lock_until = fields.Timestamp("Locked by User Until", readonly=True)
    lock_reason = fields.Char(
        "Reason to Send", readonly=True, strip=False,
        help="Why the file is to be read-only on Google.")
    # at Google: by Tryton, or by anybody else
    google_lock = fields.Char(
        "Reason on Google", readonly=True, strip=False,
        help="Why Tryton has made the file read-only on Google.")
    lifting = fields.Boolean(
        "Being Lifted", readonly=True,
        help="Tryton lifts its own lock on Google to send something.")
    holder = fields.Char("Held by", readonly=True, strip=False)
    held_since = fields.Timestamp("Held Since", readonly=True)
    held_back = fields.Boolean(
        "Deletion Held Back", readonly=True,
        help="The file was deleted on Google while it is edited here.")
    # the one that is in force
    locked = fields.Function(
        fields.Selection(SIDES, "Locked", sort=False, states=_locked),
        'get_lock')
    lock_owner = fields.Function(
        fields.Char("Locked By", states=_locked), 'get_lock')
    locked_since = fields.Function(
        fields.Timestamp("Locked Since", states=_locked), 'get_lock')
    locked_until = fields.Function(
        fields.Timestamp(
            "Locked Until",
            states={
                'invisible': ~Bool(Eval('locked_until')),
                }),
        'get_lock')
    lock_actions = fields.Function(
        fields.MultiSelection(ACTIONS, "Actions", sort=False), 'get_lock')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._buttons.update(lock_buttons())

    @classmethod
    def default_lifting(cls):
        return False

    @classmethod
    def default_held_back(cls):
        return False

    @classmethod
    def get_lock(cls, files, names):
        ids = [int(f) for f in files]
        result = {n: {} for n in names}
        with without_check_access():
            for file in cls.browse(ids):
                values = file.lock_shown
                for name in names:
                    result[name][file.id] = values[name]
        return result

    @property
    def lock_shown(self):
        "What is shown of the lock, by the names of the fields"
        lock = self.lock
        return {
            'locked': lock and lock.side,
            'lock_owner': lock and lock.owner,
            'locked_since': lock and lock.since,
            'locked_until': lock and lock.until,
            'lock_actions': self._lock_actions(lock),
            }

    @property
    def lock(self):
        "The `Lock` that is in force, None if there is none"
        rule = self.rule
        if not (rule and rule.active and rule.lock):
            return None
        if self.holder:
            return Lock('google', None, self.holder, self.held_since, None)
        if self.lock_side and self.lock_until > bookkeeping.utcnow():
            user = self.lock_user
            return Lock(
                self.lock_side, user and user.id,
                user and user.rec_name or '', self.lock_since,
                self.lock_until)
        return None

    # What people do

    def _lock_actions(self, lock):
        user = Transaction().user
        if not lock or lock.user == user:
            actions = [f'edit_{w}' for w in ['here', 'there']
                if getattr(self, f'_may_edit_{w}')]
            return tuple(actions + ['unlock'] * bool(lock))
        if lock.user and self._may_break(user):
            return ('break_lock',)
        return ()

    @property
    def _may_edit(self):
        rule = self.rule
        return bool(
            rule and rule.active and rule.lock and self.attachment
            and self.google_state not in {'apart', 'to_delete'})

    @property
    def _may_edit_here(self):
        "What is here alone, or a document of Google, is not sent"
        return (
            self._may_edit and self.rule.sends_files
            and self.drive.google_sends and self.attachment.type == 'data'
            and not (self.mime_type or '').startswith(mapping.GOOGLE))

    @property
    def _may_edit_there(self):
        "What is encrypted can not be opened there"
        return (
            self._may_edit and self.rule.receives_files
            and self.drive.google_receives and not self.rule.encrypted
            and bool(self.google_etag))

    def _may_break(self, user):
        pool = Pool()
        ModelData = pool.get('ir.model.data')
        User = pool.get('res.user')
        return (
            ModelData.get_id('google_integration', 'group_google_admin')
            in User.get_groups()
            or user in {o.id for o in self.drive.credentials.owners})

    @classmethod
    @ModelView.button
    def edit_here(cls, files):
        "Nobody else changes the attachments, nor the files on Google"
        cls._take_lock(files, 'tryton')

    @classmethod
    @ModelView.button
    def edit_there(cls, files):
        "Nobody changes the attachments"
        cls._take_lock(files, 'google')

    @classmethod
    @without_check_access
    def _take_lock(cls, files, side):
        cls._check_attachments(files)
        user = Transaction().user
        now = bookkeeping.utcnow()
        for file in cls.browse(files):
            where = 'here' if side == 'tryton' else 'there'
            if not getattr(file, f'_may_edit_{where}'):
                raise DriveLockError(gettext(
                        f'google_drive.msg_lock_{where}',
                        file=file.lock_name))
            until = now + file.rule.lock_timeout
            if not bookkeeping.update(cls, [file], {
                        'lock_side': side,
                        'lock_user': user,
                        'lock_since': now,
                        'lock_until': until,
                        'lock_reason': (
                            cls._reason(user, until)
                            if side == 'tryton' else None),
                        # whoever is first has it
                        }, lambda table: (table.holder == Null) & (
                            (table.lock_side == Null)
                            | (table.lock_user == user)
                            | (table.lock_until <= now))):
                raise DriveLockError(cls(file.id).lock_message)
        cls._soon(files)

    @classmethod
    def _reason(cls, user, until):
        "What Google tells people of the lock"
        pool = Pool()
        User = pool.get('res.user')
        text = gettext(
            'google_drive.msg_lock_reason',
            user=' '.join(User(user).rec_name.split())[:NAME_LENGTH],
            until=_text(until))
        return f'{" ".join(text.split())} {cls.google_lock_mark()}'

    @classmethod
    @ModelView.button
    @without_check_access
    def unlock(cls, files):
        cls._check_attachments(files)
        user = Transaction().user
        for file in cls.browse(files):
            lock = file.lock
            if lock and lock.user != user:
                raise DriveLockError(file.lock_message)
        cls._end_lock(files)
        cls._soon(files)

    @classmethod
    @ModelView.button
    @without_check_access
    def break_lock(cls, files):
        "End the locks of others: whoever has set them is told"
        Warning = Pool().get('res.user.warning')
        user = Transaction().user
        files = cls.browse(files)
        for file in files:
            lock = file.lock
            if not lock or lock.user == user:
                continue
            if not lock.user:
                # Google's own is Google's to lift
                raise DriveLockError(file.lock_message)
            if not file._may_break(user):
                raise DriveLockError(gettext(
                        'google_drive.msg_lock_break_access',
                        file=file.lock_name, owner=lock.owner))
            key = Warning.format('google_drive_break_lock', [file])
            if Warning.check(key):
                raise DriveLockBreakWarning(key, gettext(
                        'google_drive.msg_lock_break',
                        file=file.lock_name, owner=lock.owner,
                        since=_text(lock.since), until=_text(lock.until)))
        for file in files:
            file._tell_owner('broken')
        cls._end_lock(files)
        cls._soon(files)

    @classmethod
    def _check_attachments(cls, files):
        "Raise the error of who may not change the attachments"
        Attachment = Pool().get('ir.attachment')
        attachments = [f.attachment for f in cls.browse(files) if f.attachment]
        bookkeeping.check_write(Attachment, attachments)
        with check_access():
            Attachment.check_access([a.id for a in attachments], 'write')

    @classmethod
    def _end_lock(cls, files):
        bookkeeping.update(cls, files, _EMPTY)
        # what Google has deleted meanwhile is looked at again
        bookkeeping.update(
            cls, files, {'held_back': False, 'doubtful': True},
            lambda table: table.held_back == Literal(True))

    @classmethod
    def _soon(cls, files):
        "Let Google know"
        Drive = Pool().get('google_drive.drive')
        Drive.enqueue(list({f.drive for f in cls.browse(files)}))

    # Who is kept out

    @classmethod
    @without_check_access
    def check_unlocked(cls, attachments):
        "Raise the error of who may not change one of the attachments"
        user = Transaction().user
        for sub_attachments in grouped_slice(attachments, 500):
            for file in cls.search([
                        ('attachment', 'in', [a.id for a in sub_attachments]),
                        ['OR',
                            ('lock_side', '!=', None),
                            ('holder', '!=', None),
                            ],
                        ]):
                lock = file.lock
                if lock and lock.keeps_out(user):
                    raise DriveLockError(file.lock_message)

    @property
    def lock_name(self):
        return self.attachment.rec_name if self.attachment else self.name

    @property
    def lock_message(self):
        "Who holds the file, and what to do"
        lock = self.lock
        if not lock:
            return gettext(
                'google_drive.msg_lock_again', file=self.lock_name)
        which = lock.side if lock.user else 'drive'
        return gettext(
            f'google_drive.msg_locked_{which}', file=self.lock_name,
            owner=lock.owner, since=_text(lock.since),
            until=_text(lock.until))

    def _tell_owner(self, code):
        "Notify who has the lock in Tryton that it ends"
        user, attachment = self.lock_user, self.attachment
        if not user or not attachment or user.id == Transaction().user:
            return
        Attachment = Pool().get('ir.attachment')
        language = user.language.code if user.language else None
        with Transaction().set_context(language=language):
            Attachment.notify_user(
                [Attachment(attachment.id)], 'tryton-warning',
                gettext(f'google_drive.msg_lock_{code}', file=self.lock_name),
                user=user)


def _text(time):
    "A time as people read it"
    Lang = Pool().get('ir.lang')
    return f'{Lang.get().strftime(time)} UTC' if time else ''


del _locked
