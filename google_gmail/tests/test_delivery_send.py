# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"With gmail.send alone: at most once"
from .tools import CREDENTIALS, GmailTestCase, mail

SEND = 'gmail.users.messages.send'


class SendTestCase(GmailTestCase):
    account_values = {'drafts': False}

    def test_scope(self):
        "No more is asked for than what sending needs"
        scopes = self.read(CREDENTIALS, self.credentials, 'required_scopes')
        self.assertEqual(
            [s for s in scopes if 'gmail' in s],
            ['https://www.googleapis.com/auth/gmail.send'])

    def test_send(self):
        id, = self.send()
        self.deliver_all()
        self.assertEqual(self.requests(), [SEND])
        self.assertEqual(self.message(id), 'sent')
        self.assertEqual(len(self.arrived()), 1)

    def test_doubt(self):
        "What may have been sent is not sent again"
        for action, count in [('drop_before', 0), ('drop_after', 1)]:
            with self.subTest(action=action):
                id, = self.send(mail(subject=action))
                self.google.add_fault(action, method_id=SEND)
                self.deliver()
                # who reads that it was refused would write it again
                self.assertIn(
                    "Do not write it again", self.message(id, 'error'))
                for _ in range(5):
                    self.hurry()
                    self.deliver_all()
                self.assertEqual(self.message(id), 'uncertain')
                self.assertEqual(
                    len([m for m in self.arrived()
                            if action.encode() in m['raw']]), count)

    def test_person_decides(self):
        for action in ['drop_before', 'drop_after']:
            id, = self.send(mail(subject=action))
            self.google.add_fault(action, method_id=SEND)
            self.deliver()
            self.hurry()
            self.deliver_all()
            button = {
                'drop_before': 'send_again',
                'drop_after': 'mark_sent',
                }[action]
            self.click('google_gmail.message', id, button, user=self.ada)
            self.deliver_all()
            self.assertEqual(self.message(id, 'state', 'error'), ['sent', ''])
        self.assertEqual(len(self.arrived()), 2)

    def test_transient(self):
        "What was certainly not sent is sent later"
        for status, reason in [
                (429, 'rateLimitExceeded'), (403, 'userRateLimitExceeded')]:
            with self.subTest(reason=reason):
                id, = self.send()
                self.google.add_fault(
                    'status', method_id=SEND, status=status, reason=reason)
                self.deliver()
                self.assertEqual(self.message(id), 'waiting')
                self.hurry()
                self.deliver_all()
                self.assertEqual(self.message(id), 'sent')


class ReadTestCase(GmailTestCase):
    "With the right to look"
    account_values = {'drafts': False, 'receive_replies': True}

    def test_look_up(self):
        "What was sent is found, whatever became of its Message-ID"
        for replace in ['never', 'always']:
            with self.subTest(replace=replace):
                self.google.options(replace_message_id=replace)
                id, = self.send(mail(subject=replace))
                self.google.add_fault('drop_after', method_id=SEND)
                self.deliver()
                self.hurry()
                self.deliver_all()
                self.assertEqual(self.message(id), 'sent')
                self.assertTrue(self.message(id, 'gmail_id'))
        self.assertEqual(len(self.arrived()), 2)

    def test_empty_pages(self):
        "What was sent is found on the page that follows an empty one"
        self.google.options(empty_pages=1)
        self.test_look_up()

    def test_same(self):
        "What equals another one is not taken for it"
        self.google.options(replace_message_id='api')
        first, = self.send(mail(Date="Mon, 30 Nov 2026 10:00:00 +0000"))
        self.deliver_all()
        second, = self.send(mail(Date="Mon, 30 Nov 2026 10:00:00 +0000"))
        self.google.add_fault('drop_before', method_id=SEND)
        self.deliver()
        self.hurry()
        self.deliver_all()
        self.assertEqual(self.message(second), 'uncertain')
