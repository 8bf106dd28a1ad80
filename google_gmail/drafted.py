# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a person sends from the drafts of Gmail."""
import datetime as dt
import logging

from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.client import GoogleError
from trytond.pool import Pool
from trytond.transaction import Transaction

from .network import GmailNetwork
from .sending import Attempt

__all__ = ['DraftedMixin', 'tidy_drafts']
logger = logging.getLogger(__name__)

# a draft of which the answer of Google was lost is being asked for
YOUNG = dt.timedelta(hours=1)


class DraftedMixin:
    "A message that is a draft until a person sends it"
    __slots__ = ()

    @classmethod
    def begin_draft(cls, account, user, resource, mail):
        """Keep that a draft is to be created, and return it with its Attempt

        ``mail`` is the Mail. Its data are not kept: they are Gmail's.
        """
        message, = cls.create([{
                    **cls._composed_values(mail),
                    'account': account.id,
                    'direction': 'out',
                    'user': user.id,
                    'resource': str(resource),
                    'at': utcnow(),
                    'state': 'draft',
                    }])
        return message, Attempt(
            message.id, mail.data, account.address,
            [a for _, a in mail.recipients],
            [a for k, a in mail.recipients if k == 'bcc'],
            mail.message_id, drafting=True)

    def drafted(self, outcome):
        "Google has the draft"
        bookkeeping.update(type(self), [self], {
                'draft_id': outcome.draft_id,
                'gmail_id': outcome.gmail_id,
                'thread_id': outcome.thread_id,
                })

    @classmethod
    def draft_of(cls, account, mail):
        "The draft that was sent as the mail, None if it was none"
        # Google may replace the identifier, but not the thread
        for name in ['message_id', 'thread_id']:
            value = getattr(mail, name)
            found = cls.search([
                    ('account', '=', account.id),
                    ('state', '=', 'draft'),
                    (name, '=', value),
                    ], limit=2) if value else []
            if len(found) == 1:
                return found[0]

    def sent_by_person(self, gmail_id, thread_id):
        "It is no draft any more"
        Recipient = Pool().get('google_gmail.recipient')
        bookkeeping.update(type(self), [self], {
                'state': 'sent',
                'draft_id': None,
                'gmail_id': gmail_id,
                'thread_id': thread_id,
                'at': utcnow(),
                })
        bookkeeping.update(
            Recipient, [r.id for r in self.recipients],
            {'state': 'accepted'})

    def changed_by_person(self, mail):
        "What was sent may be another thing than was drafted"
        Recipient = Pool().get('google_gmail.recipient')
        bookkeeping.update(
            type(self), [self], {'subject': mail.subject, 'size': mail.size})
        wanted = {a.lower(): a for a in mail.recipients}
        known = {r.address.lower() for r in self.recipients}
        Recipient.delete([
                r for r in self.recipients
                # the headers that are asked for do not name them
                if r.kind != 'bcc' and r.address.lower() not in wanted])
        Recipient.create([{
                    'message': self.id,
                    'kind': 'to',
                    'address': address,
                    'state': 'accepted',
                    } for key, address in wanted.items() if key not in known])

    @classmethod
    def drafts(cls, account):
        "The drafts of the account that Google is to be asked for"
        messages = cls.search([
                ('account', '=', account.id),
                ('state', '=', 'draft'),
                ('create_date', '<', utcnow() - YOUNG),
                ], order=[('id', 'ASC')])
        return [
            Attempt(
                m.id, b'', '', [], [], m.message_id, thread_id=m.thread_id,
                draft_id=m.draft_id, drafting=True)
            for m in messages]

    @classmethod
    def settle_draft(cls, id, proof):
        "Write what became of the draft, or forget it"
        found = cls.search([('id', '=', id), ('state', '=', 'draft')])
        for message in found:
            match proof.status:
                case 'sent' if not message._is_known(proof):
                    message.sent_by_person(proof.gmail_id, proof.thread_id)
                case 'unsent' if proof.draft_id:
                    bookkeeping.update(
                        cls, [message], {'draft_id': proof.draft_id})
                case _:
                    cls.delete([message])


def tidy_drafts(Account, id):
    "Ask Google what became of the drafts of an account"
    Message = Pool().get('google_gmail.message')
    account = Account(id)
    drafts = Message.drafts(account)
    if not drafts or not account.google_can_run:
        return
    client = account.credentials.get_client(
        *Account.google_api, account.google_parameters())
    Transaction().commit()
    try:
        network = GmailNetwork(client)
        for attempt in drafts:
            proof = network.look_up_draft(attempt)
            Message.settle_draft(attempt.id, proof)
            Transaction().commit()
    except GoogleError as error:
        Transaction().rollback()
        logger.warning(
            "the drafts of %s are asked for another day: %s %s",
            Account(id), error.status, error.reason)
    finally:
        client.close()
