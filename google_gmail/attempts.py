# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How a message is sent in steps, see `delivery`."""
import datetime as dt

from sql import Literal, Null
from sql.aggregate import Count

from trytond.i18n import gettext
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.operation import ItemError, WorkDone
from trytond.modules.google_integration.sync_log import (
    format_error, one_line)
from trytond.pool import Pool
from trytond.transaction import Transaction, without_check_access

from .exceptions import MailError
from .sending import Attempt

__all__ = ['AttemptsMixin']

# between two attempts, and at the most
PAUSE, LONGEST = dt.timedelta(minutes=1), dt.timedelta(hours=1)
# RFC 5321 4.5.4.1: it is given up after that
PATIENCE = dt.timedelta(days=5)
# until what is in doubt is looked for, as Google may be on its way
DOUBT = dt.timedelta(seconds=30)
# when what was not found is looked for again
LOOK_UPS = [
    dt.timedelta(minutes=5), dt.timedelta(hours=1), dt.timedelta(hours=12)]
# of them at a time
CHUNK = 10


class AttemptsMixin:
    "The steps of a message"
    __slots__ = ()

    # What is to be done

    @classmethod
    def _due(cls, table):
        "The condition of what the lane has to look at"
        now = utcnow()
        due = (table.next_attempt == Null) | (table.next_attempt <= now)
        return (
            (table.state.in_(['waiting', 'drafting', 'sending']) & due)
            | ((table.state == 'uncertain') & (table.next_attempt <= now)))

    @classmethod
    def due_accounts(cls):
        "The query of the accounts that have something to send"
        table = cls.__table__()
        return table.select(
            table.account,
            where=cls._due(table) | cls._superfluous(table))

    @classmethod
    def count_waiting(cls, accounts):
        "The number of messages that wait, by the id of the account"
        table = cls.__table__()
        ids = [a.id for a in accounts]
        result = dict.fromkeys(ids, 0)
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.account, Count(),
                where=table.account.in_(ids or [-1])
                & table.state.in_(['waiting', 'drafting', 'sending']),
                group_by=table.account))
        result.update(cursor)
        return result

    @classmethod
    def hurry(cls, accounts):
        "Let what waits be sent at once"
        messages = cls.search([
                ('account', 'in', [a.id for a in accounts]),
                ('state', '=', 'waiting'),
                ('next_attempt', '!=', None),
                ])
        bookkeeping.update(cls, messages, {'next_attempt': None})

    @classmethod
    def _find(cls, account, where, limit):
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.id,
                where=(table.account == account.id) & cls._due(table)
                & where(table),
                order_by=table.id, limit=limit))
        return cls.browse([id for id, in cursor])

    @classmethod
    def has_due(cls, account):
        "Tell if the lane has something to do"
        return bool(cls._find(account, lambda t: Literal(True), 1)
            or cls.superfluous_drafts(account)
            or (account.set_labels and cls.to_label(account)))

    @classmethod
    def superfluous_drafts(cls, account):
        "The drafts of what is not to be sent any more, by the id of each"
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.id, table.draft_id,
                where=(table.account == account.id) & cls._superfluous(table),
                order_by=table.id, limit=CHUNK))
        return cursor.fetchall()

    @classmethod
    def _superfluous(cls, table):
        "The condition of what has a draft that is to be deleted"
        return (
            (table.draft_id != Null)
            & table.state.in_(['canceled', 'failed'])
            & ((table.next_attempt == Null)
                | (table.next_attempt <= utcnow())))

    @classmethod
    def doubtful_attempts(cls, account):
        "The attempts of which nobody knows what became"
        return [
            m._attempt() for m in cls._find(
                account, lambda t: t.state != 'waiting', CHUNK)]

    @classmethod
    def begin_next(cls, account, network):
        """Begin the next step of what waits, None if nothing does

        What it may have come to is committed before Google is asked.
        """
        Recipient = Pool().get('google_gmail.recipient')
        while messages := cls._find(
                account, lambda t: t.state == 'waiting', 1):
            message, = messages
            if error := message._unfit(account):
                message._fail(error)
                continue
            drafting = network.drafts and not message.draft_id
            now = utcnow()
            # read before writing makes forget what was read
            attempt = message._attempt(drafting, now)
            bookkeeping.update(cls, [message], {
                    'state': 'drafting' if drafting else 'sending',
                    'attempted_at': now,
                    'attempts': (message.attempts or 0) + 1,
                    })
            # nobody knows if they are refused again
            bookkeeping.update(
                Recipient, message.recipients, {
                    'state': 'waiting',
                    }, lambda table: table.state == 'refused')
            return attempt

    def _unfit(self, account):
        "The error of a message that the account can not send"
        if not self.data:
            return ItemError('google_gmail.message')
        if not account.may_send_from(self.author):
            return ItemError('google_gmail.alias', {
                    'address': self.author,
                    'account': account.rec_name,
                    })
        if account.transport == 'api' and (
                self.narrowed
                or any(r.state == 'accepted' for r in self.recipients)):
            return ItemError('google_gmail.envelope', {
                    'addresses': ', '.join(
                        r.address for r in self.recipients
                        if r.state == 'accepted'),
                    })

    def _attempt(self, drafting=None, since=None):
        if drafting is None:
            drafting = self.state == 'drafting'
        since = self.attempted_at or since
        recipients = [r for r in self.recipients if r.state != 'accepted']
        thread = self.in_reply_to
        return Attempt(
            self.id, bytes(self.data),
            # Google knows no other envelope of the mailbox
            self.account.address,
            [r.address for r in recipients],
            [r.address for r in recipients if r.kind == 'bcc'],
            self.message_id,
            thread_id=thread.thread_id
            if thread and thread.account == self.account else None,
            draft_id=self.draft_id,
            drafting=drafting,
            since=since.replace(tzinfo=dt.timezone.utc).timestamp()
            if since else None)

    # What became of it

    @classmethod
    def settle(cls, account, attempt, outcome):
        "Write what became of the attempt and return the work done"
        message, = cls.browse([attempt.id])
        match outcome.status:
            case 'drafted':
                # the next step is that of the draft
                message._wait(draft_id=outcome.draft_id)
            case 'sent':
                return message._sent(outcome)
            case 'refused':
                message._refuse(outcome.refused)
                message._fail(outcome.error)
                return WorkDone(errors=1)
            case 'later':
                message._refuse(outcome.refused)
                if message.attempted_at - message.create_date > PATIENCE:
                    message._fail(outcome.error)
                    return WorkDone(errors=1)
                message._wait(
                    outcome.error, outcome.retry_after, message._pause())
            case 'full' | 'account':
                message._wait()
            case 'doubt':
                message._refuse(outcome.refused)
                message._doubt(outcome.error)
        return WorkDone()

    def _pause(self):
        return min(PAUSE * 2 ** min((self.attempts or 1) - 1, 10), LONGEST)

    def _write(self, error=None, **values):
        "Write the values, and the error or that there is none"
        bookkeeping.update(type(self), [self], {
                'error_code': error.code if error else None,
                'error_arguments': (
                    bookkeeping.dumps(error.arguments) if error else None),
                # of another one nobody knows yet
                'acknowledged': False,
                **values,
                })

    def _wait(self, error=None, seconds=None, pause=None, **values):
        if seconds:
            pause = max(pause, dt.timedelta(seconds=seconds))
        self._write(
            error, state='waiting',
            next_attempt=utcnow() + pause if pause else None, **values)

    def _fail(self, error):
        self._write(error, state='failed', next_attempt=None)
        self._tell(error)

    def _sent(self, outcome):
        self._refuse(outcome.refused)
        Recipient = Pool().get('google_gmail.recipient')
        accepted = [
            r for r in self.recipients
            if r.state != 'accepted' and r.address not in outcome.refused]
        bookkeeping.update(Recipient, accepted, {
                'state': 'accepted',
                'error_code': None,
                'error_arguments': None,
                })
        values = {
            'next_attempt': None,
            'look_ups': 0,
            'at': utcnow(),
            'gmail_id': outcome.gmail_id,
            'thread_id': outcome.thread_id,
            }
        if not outcome.refused:
            self._write(state='sent', **values)
            return WorkDone(pushed=1)
        error = ItemError('google_gmail.partly', {
                'addresses': ', '.join(sorted(outcome.refused)),
                })
        self._write(error, state='failed', **values)
        self._tell(error)
        return WorkDone(pushed=1, errors=1)

    def _refuse(self, refused):
        Recipient = Pool().get('google_gmail.recipient')
        for recipient in self.recipients:
            if error := refused.get(recipient.address):
                bookkeeping.update(Recipient, [recipient], {
                        'state': 'refused',
                        'error_code': error.code,
                        'error_arguments': bookkeeping.dumps(
                            error.arguments),
                        })

    def _doubt(self, error=None):
        "It may have been sent: the state stays, and it is looked for"
        self._write(error, next_attempt=utcnow() + DOUBT)

    @classmethod
    def settle_doubt(cls, account, attempt, proof, can_read):
        "Write what the look-up proved"
        for message in cls.search([
                    ('id', '=', attempt.id),
                    # a person may have decided meanwhile
                    ('state', 'in', ['drafting', 'sending', 'uncertain']),
                    ]):
            match proof.status:
                case 'sent' if not message._is_known(proof):
                    message.proved(proof.gmail_id, proof.thread_id)
                case 'unsent':
                    message._wait(draft_id=proof.draft_id)
                case _:
                    message._uncertain(can_read)

    def _is_known(self, proof):
        "Tell if it is, or may be, another message that is so named"
        domain = ['OR', ('gmail_id', '=', proof.gmail_id)]
        if proof.message_id:
            # by SMTP nobody tells the identifier of Gmail
            domain.append([
                    ('direction', '=', 'out'),
                    ('gmail_id', '=', None),
                    ('message_id', '=', proof.message_id),
                    ('state', 'not in', ['waiting', 'canceled']),
                    ])
        return bool(type(self).search([
                    ('account', '=', self.account.id),
                    ('id', '!=', self.id),
                    domain,
                    ], limit=1))

    def _uncertain(self, can_read):
        "Nothing proves that it was sent: a person decides"
        count = self.look_ups or 0
        again = None
        if can_read and count < len(LOOK_UPS):
            again = utcnow() + LOOK_UPS[count]
        error = ItemError('google_gmail.uncertain')
        first = self.state != 'uncertain'
        self._write(
            error, state='uncertain', next_attempt=again, look_ups=count + 1)
        if first:
            self._tell(error)

    @classmethod
    def _choose(cls, messages):
        "Find the account of those for which there was none"
        Account = Pool().get('google_gmail.account')
        for message in messages:
            if message.account:
                continue
            with without_check_access():
                account = Account.choose(
                    None, message.user.id if message.user else 0, {})
            if not account:
                raise MailError(gettext('google_gmail.msg_error_no_account'))
            bookkeeping.update(cls, [message], {'account': account.id})

    def _tell(self, error):
        "Tell who sent it, or who looks after the account"
        Credentials = Pool().get('google_integration.google_credentials')
        if self.user:
            users = [self.user]
        elif self.account:
            users = self.account.credentials.owners
        else:
            users = Credentials.administrators()
        for user in users:
            language = user.language.code if user.language else None
            with Transaction().set_context(language=language):
                # browse again to read in the language of the user
                message = type(self)(self.id)
                type(message).notify_user(
                    [message], 'tryton-warning',
                    gettext('google_gmail.msg_message_not_sent',
                        message=message.rec_name),
                    description=one_line(
                        format_error(
                            error.code, bookkeeping.dumps(error.arguments))),
                    user=user)

    @classmethod
    def forget_error(cls, messages):
        bookkeeping.update(cls, messages, {
                'error_code': None,
                'error_arguments': None,
                'next_attempt': None,
                })

    @classmethod
    def _again(cls, messages):
        "Begin anew with what a person wants to be sent"
        cls._choose(messages)
        cls.forget_error(messages)
        # the draft of what failed is there, that of what is uncertain is not
        bookkeeping.update(
            cls, messages, {'draft_id': None},
            lambda table: table.look_ups > 0)
        bookkeeping.update(cls, messages, {'attempts': 0, 'look_ups': 0})
        cls._deliver(messages)

    @classmethod
    def _deliver(cls, messages):
        "Let the lane look at the messages"
        Account = Pool().get('google_gmail.account')
        accounts = {m.account for m in messages if m.account}
        if accounts:
            Account.__queue__.deliver(list(accounts))
