# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What people see of locks on attachments, and what locks keep them from."""
from trytond.model import ModelView, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access

from .file_lock import ACTIONS, SIDES, lock_buttons

__all__ = ['Attachment', 'Conflict']

PREFIX = 'google_drive_'
_locked = {'invisible': ~Bool(Eval('google_drive_locked'))}


class Attachment(metaclass=PoolMeta):
    __name__ = 'ir.attachment'

    google_drive_locked = fields.Function(
        fields.Selection(
            SIDES, "Locked to Edit", sort=False, states=_locked), 'get_lock')
    google_drive_lock_owner = fields.Function(
        fields.Char("Locked By", states=_locked), 'get_lock')
    google_drive_locked_since = fields.Function(
        fields.Timestamp("Locked Since", states=_locked), 'get_lock')
    google_drive_locked_until = fields.Function(
        fields.Timestamp(
            "Locked Until", states={
                'invisible': ~Bool(Eval('google_drive_locked_until')),
                }), 'get_lock')
    google_drive_lock_actions = fields.Function(
        fields.MultiSelection(ACTIONS, "Actions on Lock", sort=False),
        'get_lock')
    google_drive_read_only = fields.Function(
        fields.Boolean(
            "Kept Read-Only",
            help="Somebody else edits the file, or it is edited on Google "
            "Drive."),
        'get_lock')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._buttons.update(lock_buttons(PREFIX))
        for name in ['resource', 'name', 'type', 'link', 'data']:
            states = getattr(cls, name).states
            read_only = Eval('google_drive_read_only', False)
            if 'readonly' in states:
                read_only |= states['readonly']
            states['readonly'] = read_only

    @classmethod
    def get_lock(cls, attachments, names):
        "Who edits the files, to who may read the attachments"
        File = Pool().get('google_drive.file')
        user = Transaction().user
        ids = [int(a) for a in attachments]
        result = {n: dict.fromkeys(ids) for n in names}
        if 'google_drive_lock_actions' in names:
            result['google_drive_lock_actions'] = dict.fromkeys(ids, ())
        with without_check_access():
            for sub_ids in grouped_slice(ids, 500):
                for file in File.search([
                            ('attachment', 'in', list(sub_ids)),
                            ('rule.lock', '=', True),
                            ]):
                    lock = file.lock
                    shown = {
                        PREFIX + n: v for n, v in file.lock_shown.items()}
                    shown['google_drive_read_only'] = bool(
                        lock and lock.keeps_out(user))
                    for name in names:
                        result[name][file.attachment.id] = shown[name]
        return result

    @classmethod
    @without_check_access
    def _files(cls, attachments):
        File = Pool().get('google_drive.file')
        return File.search([
                ('attachment', 'in', [a.id for a in attachments]),
                ])

    @classmethod
    @ModelView.button
    def google_drive_edit_here(cls, attachments):
        File = Pool().get('google_drive.file')
        File.edit_here(cls._files(attachments))

    @classmethod
    @ModelView.button
    def google_drive_edit_there(cls, attachments):
        File = Pool().get('google_drive.file')
        File.edit_there(cls._files(attachments))

    @classmethod
    @ModelView.button
    def google_drive_unlock(cls, attachments):
        File = Pool().get('google_drive.file')
        File.unlock(cls._files(attachments))

    @classmethod
    @ModelView.button
    def google_drive_break_lock(cls, attachments):
        File = Pool().get('google_drive.file')
        File.break_lock(cls._files(attachments))


class Conflict(metaclass=PoolMeta):
    __name__ = 'google_integration.conflict'

    @classmethod
    def _check_records(cls, conflicts):
        super()._check_records(conflicts)
        File = Pool().get('google_drive.file')
        with without_check_access():
            attachments = [
                c.resource.attachment for c in cls.browse(conflicts)
                if isinstance(c.resource, File) and c.resource.attachment]
            # what is decided replaces the content of somebody else's
            File.check_unlocked(attachments)


del _locked
