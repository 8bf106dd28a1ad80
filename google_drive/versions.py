# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What becomes of contents that are replaced."""
from sql import Null

from trytond.i18n import gettext
from trytond.model import Index, fields
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import PoolMeta
from trytond.pyson import Bool, Eval

from .naming import extension
from .network_version import MAXIMUM

__all__ = ['Attachment', 'SyncError', 'VERSIONS', 'version_name']

VERSIONS = [
    ('replace', "Replace"),
    ('attachments', "Keep as Attachments"),
    ('revisions', "Keep on Google Drive"),
    ]
BOOKS = {'google_drive_version', 'google_drive_current'}


class Attachment(metaclass=PoolMeta):
    __name__ = 'ir.attachment'

    # what has one is no file of its own, whatever rule would send it
    google_drive_version = fields.Integer(
        "Version", readonly=True,
        states={
            'invisible': ~Bool(Eval('google_drive_version')),
            },
        help="The number of the content among those that were replaced.")
    google_drive_current = fields.Many2One(
        'ir.attachment', "Version Of", readonly=True, ondelete='SET NULL',
        states={
            'invisible': ~Bool(Eval('google_drive_version')),
            })

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_indexes.add(Index(
                table,
                (table.google_drive_current, Index.Equality()),
                where=table.google_drive_current != Null))

    @classmethod
    def copy(cls, attachments, default=None):
        default = default.copy() if default is not None else {}
        # a copy is a file of its own
        default.setdefault('google_drive_version')
        default.setdefault('google_drive_current')
        return super().copy(attachments, default=default)

    @classmethod
    def check_modification(
            cls, mode, attachments, values=None, external=False):
        super().check_modification(
            mode, attachments, values=values, external=external)
        if external and values:
            for name in BOOKS & values.keys():
                raise AccessError(gettext(
                        'google_integration.msg_resource_bookkeeping',
                        **cls.__names__(name)))

    @property
    def google_drive_next_version(self):
        "The number of the content that is replaced next"
        kept = type(self).search([
                ('google_drive_current', '=', self.id),
                ], order=[('google_drive_version', 'DESC')], limit=1)
        return (kept[0].google_drive_version if kept else 0) + 1


class SyncError(metaclass=PoolMeta):
    __name__ = 'google_integration.sync_error'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.operation.selection.append(('version', "Keep the Version"))

    @classmethod
    def tell_version(cls, file, kept):
        "Keep, or forget, that Google does not keep the content for ever"
        if not kept:
            cls.record(
                file.drive, 'version', file, file.google_id,
                ItemError('google_drive.versions_full', {
                        'name': file.name or '',
                        'limit': MAXIMUM,
                        }))
            return
        cls.delete(cls.search([
                    ('resource', '=', str(file)),
                    ('operation', '=', 'version'),
                    ]))


def version_name(name, number, time):
    """The name of a content that was replaced

    The time is naive UTC.
    """
    end = extension(name)
    version = gettext(
        'google_drive.msg_version', number=number,
        time=f'{time:%Y-%m-%d %H.%M}')
    return f'{name.removesuffix(end)} ({version}){end}'
