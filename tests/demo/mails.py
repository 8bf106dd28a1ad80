# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The part of Gmail: a mail to a customer, and the answer on the record."""
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP

import proteus

from .documents import make_pdf
from .files import ACME
from .table import say

__all__ = ['MailSteps']

ACCOUNT = 'google_gmail.account'
ATTACHMENT = 'ir.attachment'
MESSAGE = 'google_gmail.message'
PARTY = 'party.party'
CUSTOMER = 'buyer@acme.test'
# who writes in Tryton, for which Ann lets Gmail send
ALIAS = 'admin@example.com'
LIST = 'gmail.users.history.list'


class MailSteps:
    def __init__(self, demo, email):
        self.admin = demo.admin
        self.config = demo.config
        self.consent = demo.consent
        self.table = demo.table
        self.expect = demo.expect
        self.last_request = demo.last_request
        self.email = email
        self.differences = []

    def __call__(self):
        "Return the differences that were found, none if all is well"
        self.connect()
        self.send()
        self.answer()
        self.receive()
        self.idle()
        return self.differences

    def connect(self):
        with self.table.step("Connect Gmail") as step:
            account, = proteus.Model.get(ACCOUNT).find([])
            self.expect(account.address, self.email, "the mailbox")
            self.admin.add_alias(self.email, ALIAS)
            account.aliases.new(address=ALIAS)
            account.receive_replies = True
            account.default = True
            account.enabled = True
            account.save()
            self.expect(account.connection, 'scope', "the connection")
            self.consent(account.click('connect'))
            account.reload()
            self.expect(account.connection, 'valid', "the connection")
            account.click('test_connection')
            message, = proteus.Model.get(MESSAGE).find([])
            self.expect(message.state, 'sent', "the state of the test mail")
            # what comes from now on is received
            account.click('synchronize')
            say(f"{self.email} agrees to send and to receive replies; the "
                "test mail arrived")
            self.account = account
            step.items = 1

    def send(self):
        with self.table.step("Tryton: mail a customer") as step:
            self.customer, = proteus.Model.get(PARTY).find(
                [('name', '=', ACME)])
            offer = make_pdf(f"Offer to {ACME}")
            self.config.get_proxy('ir.email').send(
                CUSTOMER, '', '', "Our offer", "<p>Dear buyer</p>",
                [('offer.pdf', offer)], [PARTY, self.customer.id], [], [],
                self.config.context)
            self.sent, = self.mails('out')
            self.expect(self.sent.state, 'sent', "the state of the mail")
            arrived, = self.admin.outside_mails(to=CUSTOMER)
            mail = BytesParser(policy=SMTP).parsebytes(arrived['raw'])
            self.expect(mail['From'], ALIAS, "From")
            attachment, = mail.iter_attachments()
            if attachment.get_content() != offer:
                self.differences.append("The offer arrived otherwise")
            self.identifier = mail['Message-ID']
            say(f'"{self.sent.subject}" of {ACME}, from {ALIAS}, arrived '
                f"once at {CUSTOMER}")
            step.items = 1

    def answer(self):
        with self.table.step("Google: the customer answers") as step:
            self.order = make_pdf(f"Order of {ACME}")
            answer = EmailMessage()
            answer['From'] = CUSTOMER
            answer['To'] = ALIAS
            answer['Subject'] = "Re: Our offer"
            answer['Message-ID'] = '<order@acme.test>'
            answer['In-Reply-To'] = answer['References'] = self.identifier
            answer.set_content("We order ten.")
            answer.add_attachment(
                self.order, maintype='application', subtype='pdf',
                filename='order.pdf')
            other = EmailMessage()
            other['From'] = 'friend@friends.test'
            other['To'] = self.email
            other['Subject'] = "Lunch?"
            other['Message-ID'] = '<lunch@friends.test>'
            other.set_content("At noon.")
            for mail in [answer, other]:
                self.admin.receive_mail(
                    self.email, mail.as_bytes(), sender=mail['From'])
            step.items = 2
            say("with an order; and somebody else asks for lunch")

    def receive(self):
        with self.table.step("Gmail: receive the answer") as step:
            self.account.click('synchronize')
            self.account.reload()
            self.expect(self.account.sync_state, 'idle', "the state")
            received = proteus.Model.get(MESSAGE).find(
                [('direction', '=', 'in')])
            self.expect(
                [m.message_id for m in received], ['<order@acme.test>'],
                "what was received")
            message, = self.mails('in')
            self.expect(message.in_reply_to, self.sent, "what is answered")
            order, = proteus.Model.get(ATTACHMENT).find(
                [('resource', '=', str(message))])
            if bytes(order.data) != self.order:
                self.differences.append("The order arrived otherwise")
            step.items = len(received)
            say(f'on {ACME}: "{message.subject}", "{message.body}" with '
                f"{order.name}; lunch is nobody's business")

    def idle(self):
        with self.table.step("Gmail: synchronize with nothing to do"):
            before = self.last_request()
            self.account.click('synchronize')
            requests = [
                e['id'] for e in self.admin.log(since=before)
                if not e['batch']]
            if requests != [LIST]:
                self.differences.append(
                    f"With nothing to do Gmail made {requests}")

    def mails(self, direction):
        "Those of the record of the customer"
        return proteus.Model.get(MESSAGE).find([
                ('resource', '=', str(self.customer)),
                ('direction', '=', direction),
                ])
