# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the module adds to Tryton's attachments."""
from contextlib import contextmanager
from contextvars import ContextVar

from trytond.model import fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.transaction import without_check_access

__all__ = ['Attachment', 'Cron']

# what tells something of a file when it changes
WATCHED = {'name', 'type', 'data', 'file_id', 'resource', 'link'}
# set while the synchronisation writes what it has received
of_google = ContextVar('of_google', default=False)


class Cron(metaclass=PoolMeta):
    __name__ = 'ir.cron'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.method.selection.extend([
                ('google_drive.rule|sweep', "Follow Drive Rules"),
                ('google_drive.rule|verify', "Verify Drive Rules"),
                ])


class Attachment(metaclass=PoolMeta):
    __name__ = 'ir.attachment'

    google_drive_state = fields.Function(
        fields.Selection(
            'get_google_drive_states', "Google Drive",
            states={
                'invisible': ~Eval('google_drive_state'),
                }),
        'get_google_drive')
    google_drive_link = fields.Function(
        fields.Char(
            "Open in Google Drive",
            states={
                'invisible': ~Eval('google_drive_link'),
                }),
        'get_google_drive')

    @classmethod
    def get_google_drive_states(cls):
        File = Pool().get('google_drive.file')
        return File.fields_get(['google_state'])['google_state']['selection']

    @classmethod
    @without_check_access
    def get_google_drive(cls, attachments, names):
        "What is known of the file to who may read the attachment"
        File = Pool().get('google_drive.file')
        result = {n: dict.fromkeys(map(int, attachments)) for n in names}
        fields_of = {
            'google_drive_state': 'google_state',
            'google_drive_link': 'link',
            }
        for file in File.search([
                    ('attachment', 'in', list(map(int, attachments))),
                    ]):
            for name in names:
                result[name][file.attachment.id] = getattr(
                    file, fields_of[name])
        return result

    @classmethod
    @contextmanager
    def written_by_google(cls):
        "What is written to attachments is no change to send"
        token = of_google.set(True)
        try:
            yield
        finally:
            of_google.reset(token)

    @classmethod
    def on_modification(cls, mode, attachments, field_names=None):
        super().on_modification(mode, attachments, field_names=field_names)
        if of_google.get():
            return
        File = Pool().get('google_drive.file')
        if mode == 'create':
            File.attached(attachments)
        elif mode == 'write' and WATCHED & set(field_names or []):
            File.attachments_changed(attachments)
