# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What SMTP answers: no mail is lost, none is sent twice"
from trytond.modules.google_integration.bookkeeping import utcnow

from .bad_input_case import BadInputCase
from .tools import ACCOUNT, ALICE, CUSTOMER, MESSAGE, RECIPIENT, mail


class SmtpTestCase(BadInputCase):
    "What SMTP answers"
    account_values = {'transport': 'smtp'}

    def setUp(self):
        super().setUp()
        self.trust_smtp()

    def answers(self, method, code, text, times=1):
        "Send while Google answers so and return the id of the mail"
        id, = self.send(mail(subject=f'{method} {code}'))
        self.google.add_fault(
            'status', method_id=method, status=code, message=text,
            times=times)
        self.deliver()
        return id

    def arrives(self, id):
        "The mail that waits arrives later, once"
        self.waits(id)
        self.assertEqual(self.count(self.message(id, 'subject')), 1)

    def test_421(self):
        "Google closes the connection, whatever it was asked"
        for method in [
                'smtp.connect', 'smtp.auth', 'smtp.mail', 'smtp.rcpt',
                'smtp.data']:
            with self.subTest(method=method):
                id = self.answers(method, 421, '4.7.0 Try again later')
                self.assertIn('421', self.message(id, 'error'))
                self.arrives(id)

    def test_454(self):
        "Too many log in"
        id = self.answers('smtp.auth', 454, '4.7.0 Too many login attempts')
        self.assertIn('454', self.message(id, 'error'))
        self.arrives(id)

    def test_535(self):
        "The token is refused, also the renewed one: the account stops"
        id = self.answers(
            'smtp.auth', 535, '5.7.8 Username and Password refused', times=2)
        self.assertIn('535', self.read(ACCOUNT, self.account, 'send_error'))
        # who may not read the account is told, too
        self.assertIn('535', self.message(id, 'error'))
        self.arrives(id)

    def test_recipient(self):
        "One is refused"
        id, = self.send()
        self.google.add_fault(
            'status', method_id='smtp.rcpt', status=550,
            message='5.1.1 No such user')
        self.deliver_all()
        state, error = self.message(id, 'state', 'error')
        self.assertEqual(state, 'failed')
        self.assertIn('5.1.1', error)
        (state, error), = self.search(RECIPIENT, 'state', 'error')
        self.assertEqual(state, 'refused')
        self.assertIn('5.1.1', error)

    def test_partly(self):
        "A part of them: the others get it, once"
        other = 'other@customer.test'
        id, = self.send(mail(to=f'{other}, {CUSTOMER}', Bcc=ALICE))
        self.google.add_fault(
            'status', method_id='smtp.rcpt', status=550, path='other@',
            message='5.1.1 No such user', times=2)
        self.deliver_all()
        self.assertEqual(self.message(id), 'failed')
        self.assertIn(other, self.message(id, 'error'))
        self.click(MESSAGE, id, 'retry', user=self.ada)
        self.deliver_all()
        self.assertEqual(self.message(id), 'failed')
        self.assertEqual(
            sorted(self.search(RECIPIENT, 'address', 'state')),
            sorted([
                    (other, 'refused'), (CUSTOMER, 'accepted'),
                    (ALICE, 'accepted')]))
        self.assertEqual(len(self.arrived()), 1)
        self.assertEqual(len(self.google.mailbox(ALICE, 'INBOX')), 1)

    def test_limit(self):
        self.google.limit_sending(ALICE, daily_messages=1)
        first, second = self.send(mail(subject="1"), mail(subject="2"))
        self.assertFalse(self.deliver())
        self.assertEqual(self.states(), ['sent', 'waiting'])
        self.assertGreater(
            self.read(ACCOUNT, self.account, 'next_delivery'), utcnow())
        self.google.limit_sending(ALICE, daily_messages=10)
        self.waits(second)
        self.assertEqual([self.count("1"), self.count("2")], [1, 1])

    def test_dropped(self):
        "Before the content went it is repeated, after it is not"
        for method in [
                'smtp.connect', 'smtp.ehlo', 'smtp.auth', 'smtp.mail',
                'smtp.rcpt']:
            for action in ['drop_before', 'drop_after']:
                with self.subTest(method=method, action=action):
                    subject = f'{method} {action}'
                    id, = self.send(mail(subject=subject))
                    self.google.add_fault(action, method_id=method)
                    self.deliver()
                    self.waits(id)
                    self.assertEqual(self.count(subject), 1)

    def test_connection_lost(self):
        "The connection is opened again for the next mail"
        first, second = self.send(mail(subject="1"), mail(subject="2"))
        self.google.add_fault('drop_before', method_id='smtp.mail', nth=2)
        self.deliver()
        self.assertEqual(self.states(), ['sent', 'waiting'])
        self.waits(second)
        self.assertEqual([self.count("1"), self.count("2")], [1, 1])

del BadInputCase
