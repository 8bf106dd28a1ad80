# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What synchronises: the abstract base of every Google service."""
import datetime as dt
import random

from sql import Null

from trytond.i18n import gettext
from trytond.model import Index, ModelView, fields
from trytond.model.exceptions import ValidationError
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction, without_check_access

from . import bookkeeping
from .bookkeeping import QUEUE_PATIENCE, utcnow
from .engine import Run
from .checked_read import CheckedReadMixin
from .lease import epoch
from .operation import WorkDone
from .seen import SharedMixin
from .sync_log import format_error, one_line
from .transfer import TransferMixin
from .watch import WatchMixin

__all__ = ['GoogleService']

# a person who asks again knows it sooner
IMPATIENCE = dt.timedelta(minutes=1)

TRANSIENT = {408, 429, 500, 502, 503, 504}
# what goes with the service
OWNED = [
    'google_integration.sync_log',
    'google_integration.sync_error',
    'google_integration.conflict',
    'google_integration.tombstone',
    ]
MINIMUM_INTERVAL = dt.timedelta(minutes=1)
MAXIMUM_INTERVAL = dt.timedelta(days=366)
# whatever Google asks for, it is asked again after that
MAXIMUM_PAUSE = dt.timedelta(days=1).total_seconds()


class GoogleService(
        TransferMixin, WatchMixin, SharedMixin, CheckedReadMixin):
    """One thing that synchronises: a calendar, a mailbox...

    A service states `google_api` (name and version), `google_scopes`, and
    the hooks. The hooks of the network get a client and plain data and know
    no record; those of the database know no client.
    """
    __slots__ = ()

    google_api = None
    google_scopes = ()

    credentials = fields.Many2One(
        'google_integration.google_credentials', "Credentials",
        required=True, ondelete='CASCADE',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    enabled = fields.Boolean(
        "Enabled", help="Check to synchronize with Google.")
    interval = fields.TimeDelta(
        "Interval", required=True,
        help="The time between two synchronizations.")
    next_sync = fields.Timestamp("Next Synchronization", readonly=True)
    last_sync = fields.Timestamp("Last Synchronization", readonly=True)
    # lazy: by RPC they cannot be read, not even along with the others
    cursor = fields.Text(
        "Cursor", readonly=True, strip=False, loading='lazy')
    listing = fields.Integer("Listing Begun", readonly=True)
    listed = fields.Integer("Listing Finished", readonly=True)
    failed = fields.Boolean("Failed", readonly=True)
    sync_state = fields.Function(fields.Selection([
                ('idle', "Idle"),
                ('running', "Running"),
                ('failed', "Failed"),
                ], "State", sort=False), 'get_sync_state')
    progress = fields.Integer(
        "Progress", readonly=True,
        help="The number of items received by the last run that received "
        "some.")
    error_code = fields.Char("Error Code", readonly=True)
    error_arguments = fields.Text("Error Arguments", readonly=True)
    last_error = fields.Function(fields.Text(
            "Last Error",
            states={
                'invisible': ~Eval('last_error'),
                }),
        'get_last_error')
    backlog = fields.Function(fields.Integer(
            "Backlog", help="The number of changes that wait to be sent."),
        'get_backlog')
    queued_at = fields.Timestamp("Queued At", readonly=True)
    lease_token = fields.Char(
        "Lease", readonly=True, strip=False, loading='lazy')
    lease_until = fields.Float("Leased Until", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_indexes.add(
            Index(
                table, (table.next_sync, Index.Range(nulls_first=True)),
                where=table.enabled))
        cls._buttons.update({
                'synchronize': {
                    'invisible': ~Eval('enabled', False),
                    'icon': 'tryton-refresh',
                    'depends': ['enabled'],
                    },
                'retry_failed': {
                    'invisible': ~Eval('enabled', False),
                    'depends': ['enabled'],
                    },
                'reset_synchronization': {
                    'invisible': Eval('id', -1) < 0,
                    'depends': ['id'],
                    },
                })

    @classmethod
    def default_interval(cls):
        return dt.timedelta(minutes=5)

    @classmethod
    def default_enabled(cls):
        return False

    @classmethod
    def get_sync_state(cls, services, name):
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.id,
                where=(table.lease_until > epoch())
                & table.id.in_([s.id for s in services] or [-1])))
        running = {id for id, in cursor}
        return {
            s.id: 'running' if s.id in running
            else 'failed' if s.failed else 'idle' for s in services}

    def get_last_error(self, name):
        return format_error(self.error_code, self.error_arguments)

    @classmethod
    def get_backlog(cls, services, name):
        return {s.id: 0 for s in services}

    @classmethod
    def validate_fields(cls, services, field_names):
        super().validate_fields(services, field_names)
        if field_names and not (field_names & {'interval', 'enabled'}):
            return
        for service in services:
            if not MINIMUM_INTERVAL <= service.interval <= MAXIMUM_INTERVAL:
                raise ValidationError(gettext(
                        'google_integration.msg_service_interval',
                        service=service.rec_name))

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('sync_state') == 'failed', 'danger',
                    If(~Eval('enabled', False), 'muted', ''))),
            ]

    @classmethod
    def copy(cls, services, default=None):
        default = default.copy() if default is not None else {}
        for name in bookkeeping.readonly_fields(cls):
            default.setdefault(name)
        default.setdefault('enabled', False)
        return super().copy(services, default=default)

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if values.get('enabled') and 'next_sync' not in values:
            values['next_sync'] = utcnow()
        return values

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        super().check_modification(
            mode, records, values=values, external=external)
        if external and values:
            bookkeeping.check_rules(cls, records)
            for name in bookkeeping.readonly_fields(cls) & values.keys():
                cls._refuse_external(name)

    @classmethod
    def create(cls, vlist):
        transaction = Transaction()
        if transaction.user and transaction.check_access:
            names = bookkeeping.readonly_fields(cls)
            for values in vlist:
                for name in names & values.keys():
                    if values[name] is not None:
                        cls._refuse_external(name)
            with bookkeeping.without_defaults(names):
                return super().create(vlist)
        return super().create(vlist)

    @classmethod
    def _refuse_external(cls, name):
        raise ValidationError(gettext(
                'google_integration.msg_resource_bookkeeping',
                **cls.__names__(name)))

    @classmethod
    def delete(cls, services):
        names = [str(s) for s in services]
        with without_check_access():
            for name in OWNED:
                Model = Pool().get(name)
                Model.delete(Model.search([('service', 'in', names)]))
        super().delete(services)

    # Hooks

    @classmethod
    def google_scopes_of(cls, credentials):
        "What the account is asked for, by default `google_scopes`"
        return cls.google_scopes

    @classmethod
    def discover(cls, credentials):
        "Create the disabled records of what the account has to synchronise"

    @classmethod
    def list_changes(cls, client, cursor):
        """Return the `Changes` since the cursor, from the start if None.

        Raise `CursorExpired` when Google does not know the cursor any more.
        """
        raise NotImplementedError

    @classmethod
    def fetch(cls, client, changes):
        "Get what the changes need besides, on the changes themselves"

    @classmethod
    def look_up(cls, client, google_ids):
        "Return the `Change` of each of the resources as they are now"
        raise NotImplementedError

    @classmethod
    def push(cls, client, operations):
        "Send the operations and return the `Answer` of each, in order"
        raise NotImplementedError

    @classmethod
    def push_pieces(cls, client, operations):
        """Send the operations and yield those that are done, with the answers

        Each piece is confirmed in a transaction of its own before the next one
        is asked for: a service of which operations take long, several at a
        time, has the others go on meanwhile.
        """
        yield operations, cls.push(client, operations)

    def apply_changes(self, changes, listing=None):
        "Write the changes and return the work done and the errors"
        raise NotImplementedError

    def pending(self, limit):
        "Return what is to be sent"
        return []

    def prepare(self, records):
        "Return the operations, marked as being sent, and the errors"
        return [], []

    def confirm(self, operations, answers):
        "Settle the operations and return the work done and the errors"
        return WorkDone(), []

    def google_parameters(self):
        "The plain data that the hooks of the network find on the client"
        return {}

    @classmethod
    def google_error_code(cls, error):
        "The code of the message that explains an error of Google"
        if error.status in TRANSIENT or error.transient:
            return 'unreachable'
        match error.status, error.reason:
            case 404, _:
                return 'not_found'
            case _, 'accessNotConfigured' | 'SERVICE_DISABLED':
                return 'api_disabled'
            case _, (
                    'insufficientPermissions'
                    | 'ACCESS_TOKEN_SCOPE_INSUFFICIENT'):
                return 'scope'
            case _, 'quotaExceeded':
                return 'quota'
            case 0, 'insecure_redirect' | 'insecure_session':
                return 'insecure'
            case 403, _:
                return 'forbidden'
        return 'google'

    @property
    def google_can_run(self):
        return bool(self.enabled and self.credentials.sync_enabled)

    @property
    def google_receives(self):
        return True

    @property
    def google_sends(self):
        return False

    # What a run needs of a service that sends nothing

    def google_unlisted(self, listing):
        return []

    def google_unknown(self):
        return []

    def count_to_delete(self):
        return 0, 0

    def count_tombstones(self):
        return 0, 0

    def may_delete(self, count, total):
        return True

    def marked(self, limit):
        return []

    def finish(self, failure, started, work, counters):
        "Write the end of a run"
        now = utcnow()
        books = {
            'last_sync': now,
            'failed': bool(failure),
            'error_code': failure.code if failure else None,
            'error_arguments': (
                bookkeeping.dumps(failure.arguments) if failure else None),
            }
        if failure and failure.retry_after:
            books['next_sync'] = now + dt.timedelta(
                seconds=min(failure.retry_after, MAXIMUM_PAUSE))
        if not failure:
            books.update(self.books_of_success())
        first_failure = failure and not self.failed
        bookkeeping.update(type(self), [self.id], books)
        bookkeeping.update(
            type(self.credentials), [self.credentials.id],
            {'last_sync': now})
        if failure or work:
            SyncLog = Pool().get('google_integration.sync_log')
            SyncLog.log_run(self, failure, started, work, counters)
        if first_failure and failure.code != 'unreachable':
            self.notify_failure()

    def books_of_success(self):
        return {}

    def notify_failure(self):
        "Tell the owners, once, that the service needs attention"
        for user in self.credentials.owners:
            language = user.language.code if user.language else None
            with Transaction().set_context(language=language):
                # browse again to read in the language of the user
                service = type(self)(self.id)
                type(service).notify_user(
                    [service], 'tryton-warning',
                    gettext('google_integration.msg_service_failed',
                        service=service.rec_name),
                    description=one_line(service.last_error),
                    user=user)

    # Buttons and tasks

    @classmethod
    def make_due(cls, credentials):
        "The enabled services of the credentials are synchronised soon"
        services = cls.search([
                ('credentials', '=', credentials.id),
                ('enabled', '=', True),
                ])
        bookkeeping.update(cls, services, {'next_sync': utcnow()})

    @classmethod
    @ModelView.button
    def synchronize(cls, services):
        if any(not s.credentials.sync_enabled for s in services):
            raise ValidationError(
                gettext('google_integration.msg_service_stopped'))
        cls.enqueue(services, IMPATIENCE)

    @classmethod
    @ModelView.button
    def retry_failed(cls, services):
        SyncError = Pool().get('google_integration.sync_error')
        errors = SyncError.search([
                ('service', 'in', [str(s) for s in services]),
                ('ignored', '=', False),
                ])
        SyncError.retry(errors)
        cls.enqueue(services)

    @classmethod
    @ModelView.button
    def reset_synchronization(cls, services):
        "Forget the cursor: the next run lists everything and compares"
        bookkeeping.check_write(cls, services)
        bookkeeping.update(cls, services, {
                'cursor': None,
                'error_code': None,
                'error_arguments': None,
                'failed': False,
                })
        cls.enqueue([s for s in services if s.enabled])

    @classmethod
    def enqueue(cls, services, patience=QUEUE_PATIENCE, due=False):
        """Put one task in the queue for each service that has none waiting.

        A task that waits for longer than the patience counts as lost.  With
        ``due``, only where the time has come: since the services were read,
        another cron may have queued them and a worker run them.
        """
        now = utcnow()

        def free(table):
            condition = ((table.queued_at == Null)
                | (table.queued_at < now - patience))
            if due:
                condition &= (
                    (table.next_sync == Null) | (table.next_sync <= now)
                    | crashed(table))
            return condition

        for service in services:
            if not service.google_can_run:
                continue
            delay = service.interval * random.uniform(0.75, 1.25)
            if bookkeeping.update(
                    cls, [service], {
                        'queued_at': now,
                        'next_sync': now + delay,
                        }, free):
                cls.__queue__.run_synchronization([service])

    @classmethod
    def run_synchronization(cls, services):
        "The task of the queue"
        for id in [s.id for s in services]:
            bookkeeping.update(cls, [id], {'queued_at': None})
            Transaction().commit()
            Run(cls, id)()

    @classmethod
    def enqueue_due(cls):
        "Queue the services of which the time has come"
        now = utcnow()
        table = cls.__table__()
        services = cls.search([
                ('enabled', '=', True),
                ('credentials.sync_enabled', '=', True),
                # what counts are the tokens, not the state
                ('credentials.token_digest', '!=', None),
                ['OR',
                    ('next_sync', '=', None),
                    ('next_sync', '<=', now),
                    ('id', 'in', table.select(table.id, where=crashed(table))),
                    ],
                ])
        cls.enqueue(services, due=True)

    @classmethod
    def verify(cls, services):
        "Find what was changed without being noticed"


def crashed(table):
    "The SQL condition of a run that ended without releasing its lease"
    return table.lease_until < epoch()
