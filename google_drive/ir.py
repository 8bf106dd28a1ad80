# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the module adds to Tryton's attachments."""
from contextlib import contextmanager
from contextvars import ContextVar

from trytond.pool import Pool, PoolMeta

__all__ = ['Attachment', 'Cron']

# what tells something of a file when it changes
WATCHED = {
    'name', 'description', 'type', 'data', 'file_id', 'resource', 'link'}
# set while the synchronisation writes what it has received
of_google = ContextVar('of_google', default=False)


class Cron(metaclass=PoolMeta):
    __name__ = 'ir.cron'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.method.selection.extend([
                ('google_drive.file|google_release', "Release Drive Locks"),
                ('google_drive.rule|sweep', "Follow Drive Rules"),
                ('google_drive.rule|verify', "Verify Drive Rules"),
                ])


class Attachment(metaclass=PoolMeta):
    __name__ = 'ir.attachment'

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
    def check_modification(
            cls, mode, attachments, values=None, external=False):
        super().check_modification(
            mode, attachments, values=values, external=external)
        # whoever it is, but what Google has itself
        if not of_google.get() and (
                mode == 'delete'
                or mode == 'write' and WATCHED & (values or {}).keys()):
            File = Pool().get('google_drive.file')
            File.check_unlocked(attachments)

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
            if 'resource' in field_names:
                File.attachments_moved(attachments)
