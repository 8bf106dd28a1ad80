# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The mails that Tryton sends by Gmail, and those that came back."""
from email.utils import formatdate
from urllib.parse import quote

from sql import Literal, Null

import trytond.config as config
from trytond.i18n import gettext
from trytond.ir.resource import ResourceAccessMixin
from trytond.model import Index, ModelSQL, ModelView, Unique, Workflow, fields
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.checked_read import CheckedReadMixin
from trytond.modules.google_integration.operation import ItemError
from trytond.modules.google_integration.sync_log import format_error
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If
from trytond.transaction import Transaction, without_check_access

from . import mime
from .attempts import AttemptsMixin
from .drafted import DraftedMixin
from .exceptions import MailError
from .label import LabelledMixin
from .received import ReceivedMixin

__all__ = ['Message']

if config.getboolean('google_gmail', 'filestore', default=False):
    file_id = 'data_id'
    store_prefix = config.get('google_gmail', 'store_prefix', default=None)
else:
    file_id = store_prefix = None

_sent = {
    'invisible': Eval('direction') != 'out',
    }
# what an error leaves nothing to do with but to know it
_final = ['sent', 'received']


class Message(
        LabelledMixin, ReceivedMixin, DraftedMixin, AttemptsMixin,
        CheckedReadMixin, ResourceAccessMixin, Workflow, ModelSQL, ModelView):
    __name__ = 'google_gmail.message'
    _rec_name = 'subject'

    account = fields.Many2One(
        'google_gmail.account', "Account", readonly=True,
        ondelete='SET NULL')
    direction = fields.Selection([
            ('out', "Outgoing"),
            ('in', "Incoming"),
            ], "Direction", required=True, readonly=True, sort=False)
    user = fields.Many2One(
        'res.user', "User", readonly=True, ondelete='SET NULL',
        states=_sent,
        help="Who sent it, empty for Tryton itself.")
    email = fields.Many2One(
        'ir.email', "E-Mail", readonly=True, ondelete='SET NULL',
        states={
            'invisible': ~Eval('email'),
            })
    in_reply_to = fields.Many2One(
        'google_gmail.message', "In Reply To", readonly=True,
        ondelete='SET NULL')
    rule = fields.Many2One(
        'google_gmail.rule', "Rule", readonly=True, ondelete='SET NULL',
        states={
            'invisible': ~Eval('rule'),
            },
        help="The rule that made the answer.")
    label = fields.Char("Label", readonly=True)
    at = fields.Timestamp("Date", readonly=True)
    author = fields.Char("From", readonly=True)
    sender = fields.Char("Sender", readonly=True, states=_sent)
    recipients = fields.One2Many(
        'google_gmail.recipient', 'message', "Recipients", readonly=True)
    recipient_names = fields.Function(
        fields.Char("To"), 'get_recipient_names',
        searcher='search_recipient_names')
    subject = fields.Char("Subject", readonly=True)
    body = fields.Text(
        "Body", readonly=True,
        states={
            'invisible': Eval('direction') != 'in',
            })
    bounce = fields.Boolean(
        "Bounce", readonly=True,
        help="It tells that another one did not arrive.")
    automatic = fields.Boolean(
        "Automatic", readonly=True,
        help="Nobody wrote it, or it must not be answered automatically.")
    size = fields.Integer("Size", readonly=True)
    message_id = fields.Char("Message-ID", readonly=True, strip=False)
    kept_message_id = fields.Char(
        "Message-ID of Google", readonly=True, strip=False,
        help="By which answers name the mail, if Google replaced it.")
    gmail_id = fields.Char("Gmail Identifier", readonly=True)
    thread_id = fields.Char("Gmail Thread", readonly=True)
    gmail_link = fields.Function(
        fields.Char(
            "Open in Gmail",
            states={
                'invisible': ~Eval('gmail_link'),
                }),
        'get_gmail_link')
    state = fields.Selection([
            ('waiting', "Waiting"),
            ('drafting', "Being Sent"),
            ('sending', "Being Sent"),
            ('sent', "Sent"),
            ('uncertain', "Uncertain"),
            ('failed', "Failed"),
            ('canceled', "Canceled"),
            ('draft', "Draft in Gmail"),
            ('receiving', "Being Received"),
            ('received', "Received"),
            ], "State", required=True, readonly=True, sort=False)
    error_code = fields.Char("Error Code", readonly=True)
    error_arguments = fields.Text("Error Arguments", readonly=True)
    error = fields.Function(fields.Text(
            "Error",
            states={
                'invisible': ~Eval('error'),
                }),
        'get_error')
    acknowledged = fields.Boolean(
        "Acknowledged", readonly=True,
        states={
            'invisible': ~Eval('acknowledged', False),
            },
        help="A person has seen the error.")
    # may hold what gives access: never read by clients
    data = fields.Binary(
        "Data", file_id=file_id, store_prefix=store_prefix, readonly=True,
        loading='lazy')
    data_id = fields.Char("Data ID", readonly=True, loading='lazy')
    # of the envelope are fewer than of the headers
    narrowed = fields.Boolean("Narrowed", readonly=True)
    draft_id = fields.Char("Gmail Draft", readonly=True)
    attempts = fields.Integer("Attempts", readonly=True, states=_sent)
    look_ups = fields.Integer("Look-Ups", readonly=True)
    attempted_at = fields.Timestamp(
        "Attempted At", readonly=True, states=_sent)
    next_attempt = fields.Timestamp(
        "Next Attempt", readonly=True,
        states={
            'invisible': ~Eval('next_attempt'),
            })

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('at', 'DESC'), ('id', 'DESC')]
        # of a field the definition of the mixin stands
        cls.resource.string = "Record"
        cls.resource.help = "What the mail is about."
        cls.resource.readonly = True
        # mails of Tryton itself are about no record
        cls.resource.required = False
        table = cls.__table__()
        # a Reference has one already
        cls._sql_indexes.discard(
            Index(table, (table.resource, Index.Similarity(begin=True))))
        cls._sql_constraints.append((
                'gmail_id_unique',
                Unique(table, table.account, table.gmail_id),
                'google_gmail.msg_message_unique'))
        waiting = table.state.in_(
            ['waiting', 'drafting', 'sending', 'uncertain', 'receiving'])
        cls._sql_indexes.update({
                Index(
                    table, (table.account, Index.Equality()),
                    (table.id, Index.Range()), where=waiting),
                # see _superfluous
                Index(
                    table, (table.account, Index.Equality()),
                    where=(table.draft_id != Null)
                    & table.state.in_(['canceled', 'failed'])),
                # see to_label
                Index(
                    table, (table.account, Index.Equality()),
                    (table.resource, Index.Similarity(begin=True)),
                    where=table.label == Null),
                # see Rule._may_answer
                Index(
                    table, (table.account, Index.Equality()),
                    (table.at, Index.Range()), where=table.rule != Null),
                Index(
                    table, (table.in_reply_to, Index.Range()),
                    where=table.in_reply_to != Null),
                Index(
                    table, (table.at, Index.Range()),
                    (table.id, Index.Range())),
                Index(table, (table.thread_id, Index.Equality())),
                Index(table, (table.message_id, Index.Equality())),
                Index(table, (table.kept_message_id, Index.Equality())),
                })
        cls._transitions |= {
            ('failed', 'waiting'),
            ('uncertain', 'waiting'),
            ('uncertain', 'sent'),
            ('waiting', 'canceled'),
            ('failed', 'canceled'),
            }
        cls._buttons.update({
                'retry': {
                    'invisible': Eval('state') != 'failed',
                    'depends': ['state'],
                    },
                'send_again': {
                    'invisible': Eval('state') != 'uncertain',
                    'depends': ['state'],
                    },
                'mark_sent': {
                    'invisible': Eval('state') != 'uncertain',
                    'depends': ['state'],
                    },
                'cancel': {
                    'invisible': ~Eval('state').in_(['waiting', 'failed']),
                    'depends': ['state'],
                    },
                'acknowledge': {
                    'invisible': (
                        ~Eval('state').in_(_final) | ~Eval('error_code')
                        | Eval('acknowledged', False)),
                    'depends': ['state', 'error_code', 'acknowledged'],
                    },
                })

    @staticmethod
    def get_models():
        return [(None, ""), *ResourceAccessMixin.get_models()]

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('state') == 'failed', 'danger',
                    # what was sent and came back has an error, too
                    If((Eval('state') == 'uncertain')
                        | (Bool(Eval('error_code'))
                            & ~Eval('acknowledged', False)), 'warning',
                        If(Eval('state') == 'canceled', 'muted', '')))),
            ]

    @classmethod
    def get_recipient_names(cls, messages, name):
        return {
            m.id: ', '.join(r.address for r in m.recipients)
            for m in messages}

    @classmethod
    def search_recipient_names(cls, name, clause):
        return [('recipients.address', *clause[1:])]

    @classmethod
    def domain_data(cls, domain, tables):
        # of a domain within another one Tryton does not check the fields
        return Literal(False)

    domain_data_id = domain_data

    def get_gmail_link(self, name):
        if not self.thread_id or not self.account:
            return
        place = f'all/{self.thread_id}'
        if self.state == 'draft':
            # by its message, which Gmail replaces when it is edited
            place = f'drafts?compose={self.gmail_id}'
        return 'https://mail.google.com/mail/?authuser=' + (
            f'{quote(self.account.address)}#{place}')

    def get_error(self, name):
        account = self.account
        if self.error_code or self.state != 'waiting' or not account:
            return format_error(self.error_code, self.error_arguments)
        # the account is not for everybody to read
        if account.google_can_run:
            return account.send_error
        return gettext(
            'google_gmail.msg_message_waits', account=account.rec_name)

    # What the outbox accepts

    @classmethod
    def post(cls, name, mails, strict=False):
        """Keep the mails, which are sent once the transaction is committed

        - ``name``: the name of the account, None for the one that fits.
        - ``mails``: (sender, recipients, email.message.Message), the first
          two as of smtplib.SMTP.send_message.
        - ``strict``: raise MailError for a mail that can not be sent,
          instead of keeping it with its error.
        """
        pool = Pool()
        Account = pool.get('google_gmail.account')
        transaction = Transaction()
        user, context = transaction.user, transaction.context
        with transaction.set_user(0), transaction.reset_context(), \
                without_check_access():
            account = Account.choose(name, user, context)
            messages = cls._post(account, name, user, mails, strict)
            if account and any(m.state == 'waiting' for m in messages):
                Account.__queue__.deliver([account])
        return messages

    @classmethod
    def post_with(cls, account, mails, strict=False):
        "Keep the mails, which are sent when the account sends next"
        transaction = Transaction()
        user = transaction.user
        with transaction.set_user(0), transaction.reset_context(), \
                without_check_access():
            return cls._post(account, None, user, mails, strict)

    @classmethod
    def _post(cls, account, name, user, mails, strict):
        messages = cls.create([
                cls._posted(account, name, user, mail, strict)
                for mail in mails])
        cls._link(messages)
        # the first of those that fail for the same reason
        failed = {
            m.error_code: m for m in reversed(messages)
            if m.state == 'failed'}
        for code, message in failed.items():
            message._tell(ItemError(
                    code, bookkeeping.loads(message.error_arguments)))
        return messages

    @classmethod
    def _posted(cls, account, name, user, mail, strict):
        "The values of a message that is to be sent"
        sender, recipients, message = mail
        values = {
            'account': account.id if account else None,
            'direction': 'out',
            'user': user or None,
            'at': utcnow(),
            'state': 'waiting',
            'attempts': 0,
            }
        if 'Date' not in message:
            # as trytond.sendmail does; by it a mail in doubt is recognized
            message['Date'] = formatdate()
        try:
            composed = mime.compose(message, sender, recipients)
        except mime.MailRefused as error:
            refusal = error
            values.update(
                subject=mime.header_text(message['Subject']),
                message_id=mime.header_text(message['Message-ID']))
        else:
            refusal = cls.refusal(account, name, composed)
            values.update(
                cls._composed_values(composed),
                data=composed.data,
                narrowed=bool(composed.unwanted))
        if refusal:
            code = f'google_gmail.{refusal.code}'
            arguments = bookkeeping.dumps(refusal.arguments)
            if strict:
                raise MailError(format_error(code, arguments))
            values.update(
                state='failed', error_code=code, error_arguments=arguments)
        return values

    @staticmethod
    def _composed_values(mail):
        "The values of a message that a Mail tells"
        return {
            'author': mail.author,
            'sender': mail.sender,
            'subject': mail.subject,
            'message_id': mail.message_id,
            'size': len(mail.data),
            'recipients': [('create', [
                        {'kind': k, 'address': a}
                        for k, a in mail.recipients])],
            }

    @classmethod
    def refusal(cls, account, name, mail):
        "The MailRefused of a mail that the account can not send"
        if not account:
            if name:
                return mime.MailRefused('no_account_name', name=name)
            return mime.MailRefused('no_account')
        if not account.may_send_from(mail.author):
            return mime.MailRefused(
                'alias', address=mail.author, account=account.rec_name)
        if mail.unwanted and account.transport == 'api':
            return mime.MailRefused(
                'envelope', addresses=', '.join(mail.unwanted))

    @classmethod
    def _link(cls, messages):
        "Find what the messages are about"
        Email = Pool().get('ir.email')
        by_id = {m.message_id: m for m in messages if m.message_id}
        linked = []
        for email in Email.search([('message_id', 'in', list(by_id))]):
            message = by_id[email.message_id]
            message.email = email
            message.resource = email.resource
            linked.append(message)
        cls.save(linked)

    # What people decide

    @classmethod
    @ModelView.button
    @Workflow.transition('waiting')
    def retry(cls, messages):
        "Send what failed, as if it were new"
        bookkeeping.check_write(cls, messages)
        cls._again(messages)

    @classmethod
    @ModelView.button
    @Workflow.transition('waiting')
    def send_again(cls, messages):
        "Send what may have been sent"
        bookkeeping.check_write(cls, messages)
        cls._again(messages)

    @classmethod
    @ModelView.button
    @Workflow.transition('sent')
    def mark_sent(cls, messages):
        "A person found that it was sent"
        bookkeeping.check_write(cls, messages)
        Recipient = Pool().get('google_gmail.recipient')
        cls.forget_error(messages)
        Recipient.write(
            [r for m in messages for r in m.recipients
                if r.state == 'waiting'],
            {'state': 'accepted'})

    @classmethod
    @ModelView.button
    @Workflow.transition('canceled')
    def cancel(cls, messages):
        "Do not send it, and delete its draft"
        bookkeeping.check_write(cls, messages)
        bookkeeping.update(cls, messages, {'next_attempt': None})
        cls._deliver([m for m in messages if m.draft_id])

    @classmethod
    @ModelView.button
    def acknowledge(cls, messages):
        "A person knows that what was sent or received has an error"
        bookkeeping.check_write(cls, messages)
        bookkeeping.update(
            cls, messages, {'acknowledged': True},
            lambda table: table.state.in_(_final)
            & (table.error_code != Null))

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        super().check_modification(
            mode, records, values=values, external=external)
        if external and mode in {'create', 'write'} and values:
            for name in bookkeeping.readonly_fields(cls) & values.keys():
                raise AccessError(gettext(
                        'google_gmail.msg_message_readonly',
                        **cls.__names__(name)))
        if mode == 'delete':
            for message in records:
                if message.state in {'drafting', 'sending', 'uncertain'} or (
                        message.state == 'waiting' and message.account):
                    raise AccessError(gettext(
                            'google_gmail.msg_message_delete',
                            message=message.rec_name))

    @classmethod
    def copy(cls, messages, default=None):
        if not messages:
            return []
        raise AccessError(gettext('google_gmail.msg_message_copy'))
