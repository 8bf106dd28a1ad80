# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"By SMTP with XOAUTH2"
from .tools import (
    ACCOUNT, ALICE, CUSTOMER, MESSAGE, RECIPIENT, GmailTestCase, mail)


class SmtpTestCase(GmailTestCase):
    account_values = {'transport': 'smtp'}

    def setUp(self):
        super().setUp()
        self.trust_smtp()

    def methods(self):
        return [i for i in self.requests() if i.startswith('smtp.')]

    def test_send(self):
        first, second = self.send(mail(), mail(subject="Again"))
        self.deliver_all()
        self.assertEqual(
            [self.message(i) for i in [first, second]], ['sent'] * 2)
        methods = self.methods()
        self.assertEqual(methods.count('smtp.auth'), 1)
        self.assertEqual(methods.count('smtp.data'), 2)
        self.assertEqual(len(self.arrived()), 2)

    def test_identifiers(self):
        "What was sent is found again: an answer in its thread is known"
        self.set_service(receive_replies=True)
        self.synchronize()
        id, = self.send()
        self.deliver_all()
        self.synchronize()
        found, = self.google.mailbox(ALICE, 'SENT')
        self.assertEqual(
            self.message(id, 'gmail_id', 'thread_id'),
            [found['id'], found['thread_id']])
        self.google.receive_mail(
            ALICE, mail(ALICE, "Re: Hello", From=CUSTOMER).as_bytes(),
            sender=CUSTOMER, thread=found['thread_id'])
        self.synchronize()
        answer = self.search(MESSAGE, 'in_reply_to')[-1]
        self.assertEqual(answer.id, id)

    def test_token_expired(self):
        "A refused token is renewed once"
        self.google.expire_access_tokens(ALICE)
        id, = self.send()
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')

    def test_lost_answer(self):
        "What arrived is found by its Message-ID, what did not is uncertain"
        for action, state in [
                ('drop_before', 'uncertain'), ('drop_after', 'sent')]:
            with self.subTest(action=action):
                id, = self.send(mail(subject=action))
                self.google.add_fault(action, method_id='smtp.data')
                self.deliver()
                now, error = self.message(id, 'state', 'error')
                self.assertEqual(now, 'sending')
                # who reads that it was refused would write it again
                self.assertIn("Do not write it again", error)
                self.hurry()
                self.deliver_all()
                self.assertEqual(self.message(id), state)
        self.assertEqual(len(self.arrived()), 1)

    def test_codes(self):
        for method, code, text, state in [
                ('smtp.mail', 421, '4.7.0 Try again later', 'waiting'),
                ('smtp.auth', 454, '4.7.0 Too many login attempts', 'waiting'),
                ('smtp.rcpt', 450, '4.2.1 Too fast', 'waiting'),
                ('smtp.data', 451, '4.3.0 Temporary problem', 'waiting'),
                ('smtp.rcpt', 550, '5.1.1 No such user', 'failed'),
                ('smtp.data', 552, '5.2.3 Too large', 'failed'),
                ('smtp.data', 550, '5.4.5 Daily limit', 'waiting'),
                ]:
            with self.subTest(method=method, code=code):
                id, = self.send()
                self.google.add_fault(
                    'status', method_id=method, status=code, message=text)
                self.deliver()
                self.assertEqual(self.message(id), state)
                # of a limit the account tells, in words
                self.assertIn(text, self.message(id, 'error')
                    or self.read(ACCOUNT, self.account, 'send_error'))
                if state == 'waiting':
                    self.hurry()
                    self.deliver_all()
                    self.assertEqual(self.message(id), 'sent')

    def test_partly(self):
        "Only who was refused gets it by Retry"
        id, = self.send(mail(to=f'{CUSTOMER}, other@customer.test'))
        self.google.add_fault(
            'status', method_id='smtp.rcpt', status=550,
            message='5.1.1 No such user', nth=2)
        self.deliver_all()
        state, error = self.message(id, 'state', 'error')
        self.assertEqual(state, 'failed')
        self.assertIn('other@customer.test', error)
        self.assertEqual(
            self.search(RECIPIENT, 'state'), ['accepted', 'refused'])
        self.click('google_gmail.message', id, 'retry', user=self.ada)
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')
        self.assertEqual(len(self.arrived()), 1)
        self.assertEqual(len(self.arrived('other@customer.test')), 1)
