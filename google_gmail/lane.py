# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The lane by which an account sends: a lease, a time and an error of its own.

Receiving is the run that any service has, see
`google_integration.google_service`.
"""
import datetime as dt

from trytond.model import ModelView, fields
from trytond.modules.google_integration import bookkeeping, configuration
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.lease import epoch
from trytond.modules.google_integration.sync_log import format_error
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction

from . import scopes
from .delivery import Delivery
from .drafted import tidy_drafts

__all__ = ['LaneMixin']


class LaneMixin:
    "What an account needs to send"
    __slots__ = ()

    send_token = fields.Char(
        "Sending Lease", readonly=True, strip=False, loading='lazy')
    send_until = fields.Float("Sending Leased Until", readonly=True)
    # another one asked for it while it ran
    send_again = fields.Boolean("Send Again", readonly=True)
    next_delivery = fields.Timestamp(
        "Next Delivery", readonly=True,
        states={
            'invisible': ~Eval('next_delivery'),
            },
        help="Nothing is sent before.")
    send_error_code = fields.Char("Sending Error Code", readonly=True)
    send_error_arguments = fields.Text(
        "Sending Error Arguments", readonly=True)
    send_error = fields.Function(fields.Text(
            "Sending Error",
            states={
                'invisible': ~Eval('send_error'),
                }),
        'get_send_error')

    def get_send_error(self, name):
        return format_error(self.send_error_code, self.send_error_arguments)

    @classmethod
    def get_sync_state(cls, accounts, name):
        states = super().get_sync_state(accounts, name)
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.id,
                where=(table.send_until > epoch())
                & table.id.in_([a.id for a in accounts] or [-1])))
        for id, in cursor:
            states[id] = 'running'
        for account in accounts:
            if account.send_error_code and states[account.id] == 'idle':
                states[account.id] = 'failed'
        return states

    @classmethod
    def get_backlog(cls, accounts, name):
        Message = Pool().get('google_gmail.message')
        return Message.count_waiting(accounts)

    @property
    def google_receives(self):
        return bool(self.receive_replies)

    @property
    def may_deliver(self):
        "Tell if the account has not to wait"
        return not self.next_delivery or self.next_delivery <= utcnow()

    def google_parameters(self):
        granted = (self.credentials.granted_scopes or '').split()
        return {
            'address': self.address,
            'drafts': self.drafts and self.transport == 'api',
            'can_read': scopes.can_read(granted),
            'smtp_uri': configuration.smtp_uri(),
            'timeout': configuration.client_settings().timeout,
            }

    @classmethod
    @ModelView.button
    def deliver_now(cls, accounts):
        "Send what waits, whenever it was to be sent"
        bookkeeping.check_write(cls, accounts)
        Message = Pool().get('google_gmail.message')
        bookkeeping.update(cls, accounts, {'next_delivery': None})
        Message.hurry(accounts)
        cls.__queue__.deliver(accounts)

    def get_last_error(self, name):
        return self.send_error or super().get_last_error(name)

    @classmethod
    @ModelView.button
    def retry_failed(cls, accounts):
        super().retry_failed(accounts)
        cls.deliver_now(accounts)

    @classmethod
    def deliver(cls, accounts):
        "The task of the queue"
        for id in [a.id for a in accounts]:
            Transaction().commit()
            Delivery(cls, id)()

    @classmethod
    def deliver_due(cls):
        "Queue the accounts that have something to send"
        Message = Pool().get('google_gmail.message')
        now = utcnow()
        accounts = cls.search([
                ('enabled', '=', True),
                ('credentials.sync_enabled', '=', True),
                ('credentials.token_digest', '!=', None),
                ['OR',
                    ('next_delivery', '=', None),
                    ('next_delivery', '<=', now),
                    ],
                ['OR',
                    ('id', 'in', Message.due_accounts()),
                    ('set_labels', '=', True),
                    ],
                ])
        for account in accounts:
            if Message.has_due(account):
                cls.__queue__.deliver([account])

    @classmethod
    def tidy_drafts(cls, accounts):
        "The task of the queue that asks what became of drafts"
        for id in [a.id for a in accounts]:
            tidy_drafts(cls, id)

    @classmethod
    def make_due(cls, credentials):
        super().make_due(credentials)
        accounts = cls.search([
                ('credentials', '=', credentials.id),
                ('enabled', '=', True),
                ])
        bookkeeping.update(cls, accounts, {'next_delivery': None})

    def finish_delivery(self, failure, started, work, counters):
        "Write the end of a run that sends"
        books = {
            'send_error_code': failure.code if failure else None,
            'send_error_arguments': (
                bookkeeping.dumps(failure.arguments) if failure else None),
            'next_delivery': None,
            }
        if failure:
            books['next_delivery'] = utcnow() + dt.timedelta(
                seconds=failure.retry_after or DELAY)
        first = failure and not self.send_error_code
        bookkeeping.update(type(self), [self.id], books)
        if failure or work:
            SyncLog = Pool().get('google_integration.sync_log')
            SyncLog.log_run(self, failure, started, work, counters)
        if first and failure.code != 'unreachable':
            self.notify_failure()


# seconds until a run that failed is tried again
DELAY = 300
