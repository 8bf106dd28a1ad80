# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a synchronisation leaves to be read: runs, errors..."""
import datetime as dt

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import without_check_access

from . import bookkeeping
from .bookkeeping import utcnow
from .checked_read import CheckedReadMixin
from .read_again import ReadAgainMixin
from .seen import SeenByMixin

__all__ = ['AboutMixin', 'OwnedMixin', 'SyncLog', 'SyncError', 'Tombstone']

RETRIES = 5


class OwnedMixin(CheckedReadMixin):
    "What belongs to a service and so to the owner of its credentials"
    __slots__ = ()
    _log = False

    credentials = fields.Many2One(
        'google_integration.google_credentials', "Credentials",
        required=True, readonly=True, ondelete='CASCADE')
    service = fields.Reference(
        "Service", selection='get_services', required=True, readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_indexes.add(Index(table, (table.service, Index.Equality())))

    @classmethod
    def get_services(cls):
        Credentials = Pool().get('google_integration.google_credentials')
        return Credentials.get_services()


class AboutMixin(SeenByMixin, OwnedMixin):
    "What is to be known about one record that mirrors a resource"
    __slots__ = ()

    resource = fields.Reference(
        "Record", selection='get_models', readonly=True)
    date = fields.Timestamp("Date", required=True, readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('date', 'DESC'), ('id', 'DESC')]
        table = cls.__table__()
        cls._sql_indexes.add(Index(table, (table.resource, Index.Equality())))

    @classmethod
    def seen_domain(cls, user):
        Credentials = Pool().get('google_integration.google_credentials')
        return ['OR', ('id', '=', -1)] + [[
                ('service', 'like', f'{Model.__name__},%'),
                Model.google_seen(cls, user),
                ] for Model in Credentials.service_models()]

    @staticmethod
    def get_models():
        get_name = Pool().get('ir.model').get_name
        return [(None, "")] + [
            (name, get_name(name)) for name, Model in Pool().iterobject()
            if hasattr(Model, 'google_baseline')]


class SyncLog(OwnedMixin, ModelSQL, ModelView):
    __name__ = 'google_integration.sync_log'

    started = fields.Timestamp("Started", required=True, readonly=True)
    ended = fields.Timestamp("Ended", required=True, readonly=True)
    state = fields.Selection([
            ('succeeded', "Succeeded"),
            ('failed', "Failed"),
            ], "State", required=True, readonly=True, sort=False)
    created = fields.Integer("Created Here", readonly=True)
    updated = fields.Integer("Changed Here", readonly=True)
    deleted = fields.Integer("Deleted Here", readonly=True)
    pushed = fields.Integer("Sent", readonly=True)
    pushed_deletions = fields.Integer("Deletions Sent", readonly=True)
    conflicts = fields.Integer("Conflicts", readonly=True)
    errors = fields.Integer("Errors", readonly=True)
    requests = fields.Integer("Requests", readonly=True)
    retries = fields.Integer("Repeated Requests", readonly=True)
    kilobytes = fields.Integer(
        "Kilobytes", readonly=True, help="Sent and received.")
    code = fields.Char("Code", readonly=True)
    arguments = fields.Text("Arguments", readonly=True)
    message = fields.Function(fields.Char("Message"), 'get_message')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('started', 'DESC'), ('id', 'DESC')]
        table = cls.__table__()
        cls._sql_indexes.add(Index(table, (table.started, Index.Range())))

    def get_message(self, name):
        return one_line(format_error(self.code, self.arguments))

    def get_rec_name(self, name):
        return f'{self.service.rec_name} {self.started}'

    @classmethod
    def log_run(cls, service, failure, started, work, counters):
        "Keep what a run of the service did"
        cls.create([{
                    'credentials': service.credentials.id,
                    'service': str(service),
                    'started': started,
                    'ended': utcnow(),
                    'state': 'failed' if failure else 'succeeded',
                    'code': failure.code if failure else None,
                    'arguments': (
                        bookkeeping.dumps(failure.arguments)
                        if failure else None),
                    **{n: getattr(work, n) for n in work.__dataclass_fields__},
                    **({
                            'requests': counters.requests,
                            'retries': counters.retries,
                            'kilobytes': (
                                counters.bytes_sent
                                + counters.bytes_received) // 1024,
                            } if counters else {}),
                    }])

    @classmethod
    def clean(cls, days=30):
        "Forget the runs of long ago"
        cls.delete(cls.search([
                    ('started', '<', utcnow() - dt.timedelta(days=days))]))


def format_error(code, arguments):
    """The message of an error in the language of the reader.

    The code is the name of a message without ``msg_error_``, prefixed by
    another module and a dot if it is not of this one.
    """
    if not code:
        return ''
    arguments = bookkeeping.loads(arguments) or {}
    module, _, name = code.rpartition('.')
    try:
        return gettext(
            f'{module or "google_integration"}.msg_error_{name}', **arguments)
    except KeyError:
        # from a version that knew more codes
        return gettext('google_integration.msg_error_other', code=code)


def one_line(text):
    "The text without the line ends that a field of one line refuses"
    return ' '.join(text.split())


class SyncError(ReadAgainMixin, AboutMixin, ModelSQL, ModelView):
    __name__ = 'google_integration.sync_error'

    google_id = fields.Char("Google Identifier", readonly=True)
    operation = fields.Selection([
            ('pull', "Receive"),
            ('push', "Send"),
            ], "Operation", required=True, readonly=True)
    code = fields.Char("Code", required=True, readonly=True)
    arguments = fields.Text("Arguments", readonly=True)
    message = fields.Function(fields.Char("Message"), 'get_message')
    attempts = fields.Integer("Attempts", readonly=True)
    retry_at = fields.Timestamp("Retry At", readonly=True)
    ignored = fields.Boolean("Ignored", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._buttons.update({
                'retry': {},
                'ignore': {
                    'invisible': Eval('ignored', False),
                    'depends': ['ignored'],
                    },
                })

    def get_message(self, name):
        return one_line(format_error(self.code, self.arguments))

    def get_rec_name(self, name):
        return self.message

    @classmethod
    def record(cls, service, operation, resource, google_id, error):
        "Keep the error of one item"
        now = utcnow()
        if resource:
            domain = [('resource', '=', str(resource))]
        else:
            domain = [('google_id', '=', google_id)]
        known = cls.search(domain + [
                ('service', '=', str(service)),
                ('operation', '=', operation),
                ], limit=1)
        attempts = (known[0].attempts if known else 0) + 1
        retry_at = None
        if (operation == 'pull' and error.code == 'unexpected'
                and attempts <= RETRIES):
            retry_at = now + dt.timedelta(minutes=10 * 2 ** attempts)
        values = {
            'date': now,
            'code': error.code,
            'arguments': bookkeeping.dumps(error.arguments),
            'attempts': attempts,
            'retry_at': retry_at,
            # what is sent again was changed again: it counts again
            'ignored': operation == 'pull' and any(e.ignored for e in known),
            }
        if known:
            cls.write(known, values)
        else:
            cls.create([{
                        'credentials': service.credentials.id,
                        'service': str(service),
                        'operation': operation,
                        'resource': str(resource) if resource else None,
                        'google_id': google_id,
                        **values,
                        }])

    @classmethod
    def settle(cls, service, operation, google_ids):
        "Forget the errors of what works now"
        errors = cls.search([
                ('service', '=', str(service)),
                ('operation', '=', operation),
                ('google_id', 'in', google_ids),
                ])
        if errors:
            cls.delete(errors)

    @classmethod
    def settled(cls, service):
        "The ids of the errors of what is sent, or needs not be, by now"
        Tombstone = Pool().get('google_integration.tombstone')
        errors = cls.search([
                ('service', '=', str(service)),
                ('operation', '=', 'push'),
                ])
        if not errors:
            return []
        tombstones = {
            t.google_id for t in Tombstone.search([
                    ('service', '=', str(service)),
                    ])}
        return [
            e.id for e in errors
            if (e.resource.google_state == 'synchronized' if e.resource
                else e.google_id not in tombstones)]

    @classmethod
    @ModelView.button
    def retry(cls, errors):
        # a client may still show those that have gone
        errors = cls.browse(sorted(cls.existing(map(int, errors))))
        services = set()
        with without_check_access():
            for error in cls.browse(errors):
                services.add(error.service)
                if error.operation == 'pull':
                    cls.write([error], {
                            'retry_at': utcnow(),
                            'attempts': 0,
                            'ignored': False,
                            })
                elif error.resource:
                    type(error.resource).google_touch([error.resource])
                    cls.delete([error])
                else:
                    error.service.retry_tombstones(error.google_id)
                    cls.delete([error])
            for service in services:
                service.enqueue([service])

    @classmethod
    @ModelView.button
    def ignore(cls, errors):
        errors = cls.browse(sorted(cls.existing(map(int, errors))))
        with without_check_access():
            cls.write(errors, {'ignored': True, 'retry_at': None})


class Tombstone(OwnedMixin, ModelSQL, ModelView):
    __name__ = 'google_integration.tombstone'

    model = fields.Char("Model", required=True, readonly=True)
    google_id = fields.Char(
        "Google Identifier", required=True, readonly=True, strip=False)
    google_etag = fields.Char("Google ETag", readonly=True, strip=False)
    buried_at = fields.Timestamp("Deleted At", required=True, readonly=True)
    record_name = fields.Char("Name", readonly=True)
    state = fields.Selection([
            ('to_delete', "To Delete"),
            ('failed', "Failed"),
            ], "State", required=True, readonly=True, sort=False)
    attempts = fields.Integer("Attempts", readonly=True)
    # lazy: by RPC it cannot be read, not even along with the others
    parameters = fields.Text(
        "Parameters", readonly=True, strip=False, loading='lazy')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints.append((
                'google_id_unique',
                Unique(table, table.service, table.model, table.google_id),
                'google_integration.msg_tombstone_unique'))

    def get_rec_name(self, name):
        return self.record_name or self.google_id

    @classmethod
    @without_check_access
    def bury(cls, records):
        "Remember what is deleted here and is to be deleted at Google"
        records = [
            r for r in records if r.google_service.google_remembers]
        if not records:
            return
        now = utcnow()
        cls.create([{
                    'credentials': r.google_service.credentials.id,
                    'service': str(r.google_service),
                    'model': r.__name__,
                    'google_id': r.google_id,
                    'google_etag': r.google_etag,
                    'record_name': r.rec_name,
                    'buried_at': now,
                    'state': 'to_delete',
                    'attempts': 0,
                    'parameters': bookkeeping.dumps(r.google_burial()),
                    } for r in records])
