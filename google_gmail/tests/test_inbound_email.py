# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is received is handed to an inbox, whose rules act"
from unittest.mock import patch

from trytond.modules.google_integration import bookkeeping

from .test_rule import received
from .tools import ALICE, CUSTOMER, MESSAGE, GmailTestCase, database

EMAIL = 'inbound.email'


class InboundEmailTestCase(GmailTestCase):
    modules = ['google_gmail', 'inbound_email']
    account_values = {'receive_replies': True}

    def setUp(self):
        super().setUp()
        with database() as pool:
            inbox, = pool.get('inbound.email.inbox').create([{
                        'name': "Inbox",
                        'rules': [('create', [{
                                        'subject': '.*order.*'}])],
                        }])
            self.inbox = inbox.id
        self.set_service(inbox=self.inbox)
        # what a rule of a module of the user's would do
        with database() as pool:
            Rule = pool.get('inbound.email.rule')
        self.run = self.enterContext(
            patch.object(Rule, 'run', autospec=True))
        self.addCleanup(self.forget_inbox)
        self.synchronize()

    def forget_inbox(self):
        with database() as pool:
            for name in [EMAIL, 'inbound.email.inbox']:
                Model = pool.get(name)
                Model.delete(Model.search([]))

    def receive(self, subject, **headers):
        message = received(subject, **headers)
        self.google.receive_mail(
            ALICE, message.as_bytes(), sender=CUSTOMER)
        self.synchronize()
        return message

    def test_rule(self):
        "The rule acts once, on the bytes that came"
        message = self.receive("An order", Message_ID='<1@customer.test>')
        self.assertEqual(self.run.call_count, 1)
        with database(commit=False) as pool:
            email, = pool.get(EMAIL).search([])
            self.assertEqual(
                (email.inbox.id, email.data_type), (self.inbox, 'raw'))
            self.assertIn(message.get_content().encode().strip(), email.data)
            self.assertTrue(email.rule)
            found, = pool.get(MESSAGE).search([])
            self.assertEqual(found.inbound_email, email)
        self.synchronize()
        self.assertEqual(self.run.call_count, 1)

    def test_nothing_kept(self):
        "Of a mail for which there is no rule and no record nothing stays"
        self.receive("Hello", Message_ID='<2@customer.test>')
        self.assertEqual(self.search(EMAIL, 'id'), [])
        self.assertEqual(self.search(MESSAGE, 'id'), [])
        self.assertEqual(self.search('ir.attachment', 'id'), [])
        self.assertEqual(self.run.call_count, 0)

    def test_record(self):
        "An answer is kept with its record, whatever the inbox does"
        with database() as pool:
            pool.get(MESSAGE).create([{
                        'account': self.account, 'direction': 'out',
                        'state': 'sent', 'at': bookkeeping.utcnow(),
                        'message_id': '<out@example.com>',
                        'resource': f'res.user,{self.jane}'}])
        self.receive(
            "Hello", Message_ID='<3@customer.test>',
            In_Reply_To='<out@example.com>')
        self.assertEqual(self.search(EMAIL, 'id'), [])
        self.assertEqual(
            self.search(
                MESSAGE, 'state', domain=[('direction', '=', 'in')]),
            ['received'])
