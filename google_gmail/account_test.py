# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Sending a test mail, to see that an account works."""
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from trytond.i18n import gettext
from trytond.model import ModelView
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.transaction import Transaction
from trytond.url import host

from .delivery import Delivery
from .exceptions import MailError
from .network import GmailNetwork

__all__ = ['TestMixin']


class TestMixin:
    "What an account needs to be tested"
    __slots__ = ()

    @classmethod
    @ModelView.button
    def test_connection(cls, accounts):
        "Send a mail to the account itself and tell what became of it"
        bookkeeping.check_write(cls, accounts)
        for id in [a.id for a in accounts]:
            cls._test(id)

    @classmethod
    def _test(cls, id):
        pool = Pool()
        Message = pool.get('google_gmail.message')
        account = cls(id)
        address, name = account.own_address, account.rec_name
        if not account.google_can_run:
            raise MailError(gettext(
                    'google_gmail.msg_test_disabled', account=name))
        message, = Message.post_with(account, [
                (None, None, test_message(
                        address,
                        gettext('google_gmail.msg_test_subject'),
                        gettext('google_gmail.msg_test_body', account=name))),
                ], strict=True)
        message_id = message.id
        # nothing is pending while Google is asked
        Transaction().commit()
        Delivery(cls, id)()
        message = Message(message_id)
        if message.state != 'sent':
            error = message.error or cls(id).send_error
            raise MailError(gettext(
                    'google_gmail.msg_test_not_sent',
                    account=name, error=error or ''))
        arrived = cls(id)._arrived(message.message_id, message.gmail_id)
        user = pool.get('res.user')(Transaction().user)
        cls.notify_user(
            [cls(id)], 'tryton-info',
            gettext('google_gmail.msg_test_arrived' if arrived
                else 'google_gmail.msg_test_accepted',
                account=name, address=address),
            user=user)

    def _arrived(self, message_id, gmail_id):
        "Tell if the mail is in the mailbox, None if nobody may look"
        parameters = self.google_parameters()
        if not parameters['can_read']:
            return
        client = self.credentials.get_client(*self.google_api, parameters)
        Transaction().commit()
        try:
            return GmailNetwork(client).has_arrived(message_id, gmail_id)
        finally:
            client.close()


def test_message(address, subject, body):
    message = EmailMessage()
    message['From'] = message['To'] = address
    message['Subject'] = subject
    message['Date'] = formatdate()
    message['Message-ID'] = make_msgid(domain=host())
    message['Auto-Submitted'] = 'auto-generated'
    message.set_content(body)
    return message
