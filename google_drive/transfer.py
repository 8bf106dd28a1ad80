# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What has travelled between attachments and Drive, line by line."""
import datetime as dt

from sql.operators import Concat

from trytond.model import Index, ModelSQL, ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.checked_read import CheckedReadMixin
from trytond.modules.google_integration.seen import SeenByMixin
from trytond.pool import Pool, PoolMeta
from trytond.transaction import Transaction

from .file import BigInteger
from .seen import readable

__all__ = ['SyncLog', 'Transfer']


class Transfer(SeenByMixin, CheckedReadMixin, ModelSQL, ModelView):
    __name__ = 'google_drive.transfer'
    _log = False

    date = fields.Timestamp("Date", required=True, readonly=True)
    drive = fields.Many2One(
        'google_drive.drive', "Drive", required=True, readonly=True,
        ondelete='CASCADE')
    user = fields.Many2One(
        'res.user', "User", readonly=True, ondelete='SET NULL',
        help="Who has changed what was sent, or as whom the rule has attached "
        "what was received.")
    direction = fields.Selection([
            ('to_google', "From Tryton to Google"),
            ('to_tryton', "From Google to Tryton"),
            ], "Direction", required=True, readonly=True, sort=False)
    kind = fields.Selection([
            ('content', "Content"),
            ('export', "Export"),
            ('thumbnail', "Thumbnail"),
            ('change', "Name or Folder"),
            ('deletion', "Deletion"),
            ], "What", required=True, readonly=True, sort=False)
    google_id = fields.Char(
        "Google Identifier", required=True, readonly=True, strip=False)
    name = fields.Char("File", readonly=True, strip=False)
    record = fields.Reference(
        "Record", selection='get_records', readonly=True)
    # the record may be deleted, or hidden from who administrates
    record_name = fields.Char("Name of the Record", readonly=True)
    size = BigInteger("Bytes", readonly=True)
    md5 = fields.Char(
        "MD5", readonly=True, strip=False,
        help="The checksum of what travelled.")
    sha256 = fields.Char(
        "SHA-256", readonly=True, strip=False,
        help="The checksum of the content of the attachment, which is another "
        "one than what travelled if that was encrypted.")
    log = fields.Function(
        fields.Many2One('google_integration.sync_log', "Run"),
        'get_log', searcher='search_log')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        table = cls.__table__()
        cls._sql_indexes.update({
                Index(table, (table.date, Index.Range())),
                Index(
                    table,
                    (table.drive, Index.Equality()),
                    (table.date, Index.Range())),
                Index(table, (table.google_id, Index.Equality())),
                })

    @classmethod
    def get_records(cls):
        Attachment = Pool().get('ir.attachment')
        return [(None, "")] + Attachment.get_models()

    def get_rec_name(self, name):
        return self.name or self.google_id

    @classmethod
    def note(cls, drive, lines):
        "Note what has travelled, with what else the transaction writes"
        if not lines:
            return
        now = bookkeeping.utcnow()
        cls.create([{'date': now, 'drive': drive.id, **v} for v in lines])

    @classmethod
    def clean(cls, days):
        "Forget what has travelled long ago"
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.delete(
                where=table.date
                < bookkeeping.utcnow() - dt.timedelta(days=days)))

    # The run that did it: it is logged only at its end

    @classmethod
    def _with_logs(cls):
        "The tables of the transfers and of the logs, and how to join them"
        pool = Pool()
        Log = pool.get('google_integration.sync_log')
        table, log = cls.__table__(), Log.__table__()
        return table, log, table.join(log, condition=(
                (log.service == Concat(
                    'google_drive.drive,',
                    Log.service.sql_cast(table.drive)))
                & (table.date >= log.started)
                & (table.date <= log.ended)))

    @classmethod
    def get_log(cls, transfers, name):
        ids = [t.id for t in transfers]
        table, log, join = cls._with_logs()
        cursor = Transaction().connection.cursor()
        cursor.execute(*join.select(
                table.id, log.id,
                where=fields.SQL_OPERATORS['in'](table.id, ids)))
        return {**dict.fromkeys(ids), **dict(cursor)}

    @classmethod
    def search_log(cls, name, clause):
        Log = Pool().get('google_integration.sync_log')
        _, operator, value = clause[:3]
        nested = 'id' if clause[0] == name else clause[0].split('.', 1)[1]
        table, log, join = cls._with_logs()
        logs = Log.search([(nested, operator, value)], order=[], query=True)
        return [('id', 'in', join.select(table.id, where=log.id.in_(logs)))]

    # Who sees it

    @classmethod
    def seen_domain(cls, user):
        table = cls.__table__()
        return [('id', 'in', table.select(
                    table.id, where=readable(table, table.record, user)))]


class SyncLog(metaclass=PoolMeta):
    __name__ = 'google_integration.sync_log'

    @classmethod
    def clean(cls, days=30):
        super().clean(days=days)
        Pool().get('google_drive.transfer').clean(days)
