# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""An account of Gmail and the emulator, for the tests."""
import ssl
import tempfile
from email.message import EmailMessage
from unittest.mock import patch

import trytond.config as config
from trytond.modules.google_gmail.delivery import Delivery
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.tests.tools import (
    database, set_option, visit)
from trytond.modules.google_integration.tests.two_way_case import (
    ACCESS, ALICE, BOB, CREDENTIALS, TwoWayTestCase)
from trytond.sendmail import send_message_transactional
from trytond.transaction import Transaction

__all__ = [
    'ACCESS', 'ACCOUNT', 'ALICE', 'BOB', 'CREDENTIALS', 'CUSTOMER',
    'GmailTestCase', 'MESSAGE', 'RECIPIENT', 'database', 'mail', 'set_email',
    'visit']

ACCOUNT = 'google_gmail.account'
MESSAGE = 'google_gmail.message'
RECIPIENT = 'google_gmail.recipient'
CUSTOMER = 'customer@customer.test'


def mail(to=CUSTOMER, subject="Hello", body="How are you?\n", **headers):
    "A message as Tryton makes it"
    message = EmailMessage()
    message['From'] = headers.pop('From', ALICE)
    if to:
        message['To'] = to
    message['Subject'] = subject
    for name, value in headers.items():
        message[name.replace('_', '-')] = value
    message.set_content(body)
    return message


def set_email(uri, sender=ALICE):
    config.set('email', 'uri', uri)
    config.set('email', 'from', sender)


class GmailTestCase(TwoWayTestCase):
    """The Gmail account of Alice, the default of the database.

    The account has the values of `account_values`.
    """
    modules = ['google_gmail']
    service_model = ACCOUNT
    service_name = 'account'
    account_values = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.addClassCleanup(set_email, *(
                config.get('email', n) for n in ['uri', 'from']))
        set_email('gmail://')

    def prepare(self):
        super().prepare()
        self.set_service(default=True, **self.account_values)
        self.authorize_again()
        self.google.clear_log()

    def authorize_again(self):
        "Grant what the options need now"
        with database(1) as pool:
            Account = pool.get(ACCOUNT)
            account = Account(self.account)
            if account.connection == 'valid':
                return
            action = Account.connect([account])
        answer = visit(self.google.consent(action['url'], account=ALICE))
        self.assertEqual(answer.status_code, 200, answer.get_data(True))

    def clean(self):
        with database() as pool:
            Message = pool.get(MESSAGE)
            messages = Message.search([])
            bookkeeping.update(Message, messages, {'state': 'canceled'})
            Message.delete(Message.browse(messages))
            Email = pool.get('ir.email')
            Email.delete(Email.search([]))
        super().clean()

    # Sending

    def send(self, *messages, user=None, strict=False, context=None):
        "Send as Tryton does, in one transaction"
        with database(1 if user is None else user, context=context):
            for message in messages or [mail()]:
                send_message_transactional(message, strict=strict)
        return self.search(MESSAGE, 'id')[-len(messages or [1]):]

    def deliver(self, account=None):
        "Run the lane that sends"
        with database() as pool:
            return Delivery(
                pool.get(ACCOUNT), account or self.account)()

    def deliver_all(self):
        "Run the lane that sends, which must go well"
        self.assertTrue(
            self.deliver(), self.read(ACCOUNT, self.account, 'send_error'))

    def hurry(self):
        "Let the time of what waits come"
        with database() as pool:
            Message = pool.get(MESSAGE)
            bookkeeping.update(
                Message, Message.search([]), {'next_attempt': None},
                lambda t: t.state != 'uncertain')
            bookkeeping.update(
                Message, Message.search([]),
                {'next_attempt': bookkeeping.utcnow()},
                lambda t: t.state == 'uncertain')
            bookkeeping.update(
                pool.get(ACCOUNT), [self.account], {'next_delivery': None})

    def message(self, id, *names):
        return self.read(MESSAGE, id, *(names or ['state']))

    def states(self):
        return self.search(MESSAGE, 'state')

    def arrived(self, to=CUSTOMER):
        "What the outside mailbox got, as messages"
        return self.google.outside_mails(to=to)

    def as_person(self, request):
        "Do at Google what the person does there"
        with database() as pool:
            account = pool.get(ACCOUNT)(self.account)
            client = account.credentials.get_client(
                'gmail', 'v1', account.google_parameters())
            Transaction().commit()
        self.addCleanup(client.close)
        return client.execute(request(client.api.users()))

    def trust_smtp(self):
        "Point SMTP at the emulator, of which the certificate is trusted"
        smtp = self.google.smtp()
        file = self.enterContext(tempfile.NamedTemporaryFile('w'))
        file.write(smtp['certificate'])
        file.flush()
        self.enterContext(patch.dict(
                'os.environ', {'SSL_CERT_FILE': file.name}))
        self.assertTrue(ssl.create_default_context().get_ca_certs())
        set_option('smtp_uri', f"smtp+tls://{smtp['host']}:{smtp['port']}")
        self.addCleanup(set_option, 'smtp_uri', None)


del TwoWayTestCase
