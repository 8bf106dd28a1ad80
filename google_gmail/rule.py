# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Automatic answers to what was received.

[RFC 3834]
"""
import datetime as dt
import json
import logging

from trytond import backend
from trytond.i18n import gettext
from trytond.model import (
    DeactivableMixin, ModelSQL, ModelView, fields, sequence_ordered)
from trytond.model.exceptions import AccessError
from trytond.model.modelstorage import is_leaf
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.acting import acting
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.checked_read import CheckedReadMixin
from trytond.modules.google_integration.operation import ItemError
from trytond.modules.google_integration.redaction import log_unexpected
from trytond.pool import Pool
from trytond.pyson import Eval, PYSONDecoder, PYSONEncoder
from trytond.tools import escape_wildcard
from trytond.tools.email_ import format_address
from trytond.transaction import Transaction

from . import mime
from .composing import dated, set_body
from .exceptions import AccountError

__all__ = ['Rule']
logger = logging.getLogger(__name__)

MESSAGE = 'google_gmail.message'
MINIMUM = dt.timedelta(hours=1)
# answers to one address within a day, whatever the threads: not in a loop
LIMIT, DAY = 3, dt.timedelta(days=1)


class Rule(
        sequence_ordered(), DeactivableMixin, CheckedReadMixin, ModelSQL,
        ModelView):
    __name__ = 'google_gmail.rule'

    name = fields.Char("Name", required=True)
    account = fields.Many2One(
        'google_gmail.account', "Account", required=True, ondelete='CASCADE')
    user = fields.Many2One(
        'res.user', "Acting User", required=True, ondelete='RESTRICT',
        help="The template is filled in with the access of this user.")
    model = fields.Many2One(
        'ir.model', "Model", ondelete='CASCADE',
        help="Of which records the mails are.\n"
        "Leave empty for the mails of any record, and of none.")
    domain = fields.Char(
        "Domain", required=True,
        help="A PYSON domain in JSON that the mails match: such as their "
        "\"author\" and \"subject\".")
    template = fields.Many2One(
        'ir.email.template', "Template", required=True, ondelete='RESTRICT',
        domain=[
            ('model', '=', Eval('template_model', -1)),
            ],
        help="The answer: its subject and body. The recipient is who wrote.")
    template_model = fields.Function(
        fields.Many2One('ir.model', "Model of the Template"),
        'on_change_with_template_model')
    interval = fields.TimeDelta(
        "Interval", required=True,
        help="A thread is answered once in that time.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('account')
        cls._order.insert(0, ('account', 'ASC'))

    @staticmethod
    def default_domain():
        return '[]'

    @staticmethod
    def default_interval():
        return dt.timedelta(days=7)

    @staticmethod
    def default_user():
        return Transaction().user

    @fields.depends('model')
    def on_change_with_template_model(self, name=None):
        if self.model:
            return self.model.id
        Model = Pool().get('ir.model')
        found = Model.search([('name', '=', MESSAGE)], limit=1)
        return found[0].id if found else None

    @classmethod
    def validate_fields(cls, rules, field_names):
        super().validate_fields(rules, field_names)
        for rule in rules:
            rule.check_domain()
            if rule.interval < MINIMUM:
                raise AccountError(gettext(
                        'google_gmail.msg_rule_interval',
                        rule=rule.rec_name))

    def check_domain(self):
        try:
            domain = self._domain()
            if not self.model and not _is_plain(domain):
                raise ValueError("names of other records")
            # the names are those that the acting user may read
            with acting(self.user.id):
                Pool().get(MESSAGE).search(domain, limit=1)
        except backend.DatabaseOperationalError:
            raise
        except Exception:
            raise AccountError(gettext(
                    'google_gmail.msg_rule_domain',
                    rule=self.rec_name)) from None

    @classmethod
    def check_modification(cls, mode, rules, values=None, external=False):
        "Who writes a rule lets it act as a user: only as oneself"
        super().check_modification(
            mode, rules, values=values, external=external)
        if not external or mode not in {'create', 'write'}:
            return
        pool = Pool()
        user = Transaction().user
        groups = pool.get('res.user').get_groups()
        admin = pool.get('ir.model.data').get_id('res', 'group_admin')
        # of what is written the records tell what was before
        users = [r.user.id for r in rules]
        if values and 'user' in values:
            users.append(values['user'])
        if user and admin not in groups and any(u != user for u in users):
            raise AccountError(gettext('google_gmail.msg_rule_user'))

    def _domain(self):
        domain = PYSONDecoder().decode(self.domain)
        # a list, whatever was written
        json.loads(PYSONEncoder().encode(domain))
        domain = [domain]
        if self.model:
            domain.append(('resource', 'like', self.model.name + ',%'))
        return domain

    # Which mails

    @classmethod
    def of_account(cls, account):
        return cls.search([('account', '=', account.id)])

    @classmethod
    def wanted(cls, account, messages):
        "Those of the messages that a rule is for"
        wanted = set()
        for rule in cls.of_account(account):
            wanted.update(rule._matching(messages))
        return wanted

    def _matching(self, messages):
        """Those of the messages that the domain is for

        It may tell of the record only what the acting user may read.
        """
        Message = Pool().get(MESSAGE)
        domain = [('id', 'in', [m.id for m in messages]), self._domain()]
        if not self.model:
            return Message.search(domain)
        try:
            with acting(self.user.id):
                found = [m.id for m in Message.search(domain)]
        except AccessError:
            return []
        return Message.browse(found)

    @classmethod
    def answer(cls, message):
        "Answer the mail by the first rule that is for it"
        if (message.automatic or message.bounce or not message.account
                or message.account.may_send_from(message.author)):
            return
        for rule in cls.of_account(message.account):
            if rule._matching([message]):
                if rule._may_answer(message):
                    rule._answer(message)
                return

    def _may_answer(self, message):
        "Tell if the thread was not answered, nor who wrote too often"
        Message = Pool().get(MESSAGE)
        now = utcnow()
        if message.thread_id and Message.search([
                    self._answers_since(now - self.interval),
                    ['OR',
                        ('in_reply_to.thread_id', '=', message.thread_id),
                        # another one, if the subject is another
                        ('thread_id', '=', message.thread_id),
                        ],
                    ], limit=1):
            return False
        count = Message.search([
                self._answers_since(now - DAY),
                ('recipients.address', 'ilike',
                    escape_wildcard(message.author)),
                ], count=True)
        return count < LIMIT

    def _answers_since(self, at):
        "The domain of the answers of the account, whatever the rule"
        return [
            ('account', '=', self.account.id),
            ('rule', '!=', None),
            ('at', '>', at),
            ]

    def _answer(self, message):
        Message = Pool().get(MESSAGE)
        record = message
        if self.model:
            record = message.resource
        try:
            with acting(self.user.id):
                values = self.template.get(record)
        except backend.DatabaseOperationalError:
            raise
        except Exception:
            # what was received is kept, whatever the template
            log_unexpected(
                logger, "the template of %s,%s failed", self.__name__,
                self.id)
            error = ItemError('google_gmail.answer', {'rule': self.rec_name})
            bookkeeping.update(Message, [message], {
                    'error_code': error.code,
                    'error_arguments': bookkeeping.dumps(error.arguments),
                    })
            message._tell(error)
            return
        if not values.get('body'):
            # the user may not read what it tells
            return
        answer, = Message.post_with(self.account, [
                (None, None, self._compose(message, values))])
        Message.write([answer], {
                'rule': self.id,
                'in_reply_to': message.id,
                'resource': str(message.resource)
                if message.resource else None,
                })
        type(self.account).__queue__.deliver([self.account])

    def _compose(self, message, values):
        subject = values.get('subject') or message.subject or ''
        if not subject.lower().startswith('re:'):
            subject = f"Re: {subject}"
        answer = dated()
        answer['From'] = self.account.own_address
        answer['To'] = format_address(message.author)
        answer['Subject'] = ' '.join(subject.split())
        answer['Auto-Submitted'] = 'auto-replied'
        answer['Precedence'] = 'auto_reply'
        for identifier in mime.identifiers(message.message_id)[:1]:
            answer['In-Reply-To'] = answer['References'] = identifier
        set_body(answer, values['body'])
        return answer


def _is_plain(domain):
    "Tell if a domain is about fields of the record itself only"
    if is_leaf(domain):
        return '.' not in domain[0] and len(domain) == 3 and (
            not domain[1].endswith('where'))
    return all(
        isinstance(d, str) or _is_plain(d) for d in domain)
