# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The drives of Google that are synchronised: one change log each."""
from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.pyson import Eval

from .discovery import DiscoveryMixin
from .network import DriveNetwork
from .network_download import DownloadNetwork
from .network_push import PushNetwork
from .receiving import ReceivingMixin
from .seen import readable_attachments
from .stages import StagesMixin

__all__ = ['Drive']


class Drive(
        DiscoveryMixin, StagesMixin, ReceivingMixin, PushNetwork,
        DownloadNetwork, DriveNetwork, ModelSQL, ModelView):
    __name__ = 'google_drive.drive'

    google_api = ('drive', 'v3')
    google_resource = 'google_drive.file'

    name = fields.Char("Name", required=True)
    google_id = fields.Char(
        "Google Identifier", required=True, strip=False,
        states={
            'readonly': Eval('id', -1) >= 0,
            },
        help="The identifier of the root folder at Google.")
    kind = fields.Selection([
            ('my_drive', "My Drive"),
            ('shared', "Shared Drive"),
            ], "Kind", required=True, sort=False,
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    parallel = fields.Integer(
        "Parallel Transfers", required=True,
        domain=[
            ('parallel', '>=', 1),
            ('parallel', '<=', 16),
            ],
        help="The number of contents that travel at a time.")
    # what the rules looked for when the drive was read for them
    rules_read = fields.Text(
        "Rules Read", readonly=True, strip=False, loading='lazy')
    rules = fields.One2Many('google_drive.rule', 'drive', "Rules")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('name', 'ASC'), ('id', 'ASC')]
        cls.direction.help = (
            "What the rules of the drive may do at most: each has a "
            "direction of its own.")
        cls.conflict_policy.help = (
            "What stands when an attachment was deleted and its file changed "
            "on Google Drive. For what was changed on both sides each rule "
            "has its own.")
        table = cls.__table__()
        cls._sql_constraints.append((
                'google_id_unique',
                Unique(table, table.credentials, table.google_id),
                'google_drive.msg_drive_unique'))

    @classmethod
    def default_kind(cls):
        return 'my_drive'

    @classmethod
    def default_parallel(cls):
        return 4

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        super().check_modification(
            mode, records, values=values, external=external)
        if mode == 'write' and external and values:
            for name in {'credentials', 'google_id', 'kind'} & values.keys():
                if any(_plain(getattr(r, name)) != values[name]
                        for r in records):
                    raise AccessError(gettext(
                            'google_drive.msg_drive_fixed',
                            **cls.__names__(name)))

    @classmethod
    def google_seen(cls, About, user):
        "The names of files are told to who may read their records"
        file = Pool().get('google_drive.file').__table__()
        attachments = readable_attachments(user)
        domain = ['OR',
            ('resource.attachment', 'in', attachments, 'google_drive.file'),
            ]
        if 'google_id' in About._fields:
            domain.append([
                    ('resource', '=', None),
                    ('google_id', 'in', file.select(
                            file.google_id,
                            where=file.attachment.in_(attachments))),
                    ])
        return domain

    @classmethod
    def google_error_code(cls, error):
        # [Resolve errors]: nothing but space helps
        if error.reason == 'storageQuotaExceeded':
            return 'google_drive.storage'
        return super().google_error_code(error)

    @classmethod
    def google_scopes_of(cls, credentials):
        return credentials.drive_scopes

    def google_parameters(self):
        return {
            'root': self.google_id,
            'drive_id': self.google_id if self.kind == 'shared' else None,
            'parallel': self.parallel,
            }


def _plain(value):
    return value.id if hasattr(value, 'id') else value
