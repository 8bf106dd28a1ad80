# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is in the outbox is sent, once"
from .tools import (
    ALICE, GmailTestCase, mail)


class DeliveryTestCase(GmailTestCase):
    "With drafts: exactly once"

    def test_send(self):
        id, = self.send()
        self.assertEqual(self.message(id), 'waiting')
        self.assertEqual(self.arrived(), [])
        self.deliver_all()
        state, gmail_id, thread_id, error = self.message(
            id, 'state', 'gmail_id', 'thread_id', 'error')
        self.assertEqual((state, error), ('sent', ''))
        self.assertTrue(gmail_id and thread_id)
        self.assertEqual(self.requests(), [
                'gmail.users.drafts.create', 'gmail.users.drafts.send'])
        self.assertEqual(len(self.arrived()), 1)

    def test_nothing(self):
        "Nothing is asked for nothing"
        self.deliver_all()
        self.assertEqual(self.requests(), [])

    def test_lost_answer(self):
        "The draft tells that it was sent, or was not"
        for action, sent in [('drop_before', False), ('drop_after', True)]:
            with self.subTest(action=action):
                id, = self.send(mail(subject=action))
                self.google.add_fault(
                    action, method_id='gmail.users.drafts.send')
                self.deliver()
                self.assertEqual(self.message(id), 'sending')
                self.hurry()
                self.deliver_all()
                self.assertEqual(
                    self.message(id), 'uncertain' if sent else 'sent')
                self.assertEqual(
                    len([m for m in self.google.mailbox(ALICE, 'SENT')
                            if action.encode() in m['raw']]), 1)

    def test_lost_draft(self):
        "A draft of which the answer was lost is found again"
        for action in ['drop_before', 'drop_after']:
            with self.subTest(action=action):
                id, = self.send(mail(subject=action))
                self.google.add_fault(
                    action, method_id='gmail.users.drafts.create')
                self.deliver()
                self.assertEqual(self.message(id), 'drafting')
                self.hurry()
                self.deliver_all()
                self.assertEqual(self.message(id), 'sent')
        self.assertEqual(self.google.mailbox(ALICE, 'DRAFT'), [])
        self.assertEqual(len(self.arrived()), 2)

    def test_empty_page(self):
        "A draft is found on the page that follows an empty one"
        self.google.options(empty_pages=1)
        id, = self.send()
        self.google.add_fault(
            'drop_after', method_id='gmail.users.drafts.create')
        self.deliver()
        self.hurry()
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')
        self.assertEqual(self.google.mailbox(ALICE, 'DRAFT'), [])
