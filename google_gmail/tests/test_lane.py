# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The lane by which an account sends, and what people decide"
import datetime as dt
from unittest.mock import patch

from trytond.model.exceptions import AccessError
from trytond.model.modelview import AccessButtonError
from trytond.modules.google_gmail.delivery import Delivery
from trytond.modules.google_gmail.exceptions import MailError
from trytond.modules.google_gmail.network import GmailNetwork
from trytond.modules.google_integration.bookkeeping import utcnow

from .tools import (
    ACCOUNT, ALICE, CREDENTIALS, MESSAGE, RECIPIENT, GmailTestCase, database,
    mail)

ALIAS = 'google_gmail.alias'
HOUR = dt.timedelta(hours=1)


class LaneCase(GmailTestCase):

    def tasks(self):
        "The accounts that wait in the queue to deliver; they are forgotten"
        with database() as pool:
            Queue = pool.get('ir.queue')
            tasks = Queue.search([('finished_at', '=', None)])
            found = [
                i for t in tasks if t.data['model'] == ACCOUNT
                and t.data['method'] == 'deliver'
                for i in t.data['instances']]
            Queue.delete(tasks)
            return found

    def press(self, id, button):
        self.click(MESSAGE, id, button, user=self.ada)


class LaneTestCase(LaneCase):
    account_values = {'drafts': False}

    def test_lease(self):
        "While one sends another one asks for a run after it"
        self.send(mail())
        self.tasks()
        asked = []

        def meanwhile(network, attempt):
            with self.meanwhile(user=0) as pool:
                asked.append(Delivery(pool.get(ACCOUNT), self.account)())
                asked.append(pool.get(ACCOUNT)(self.account).send_again)
            return send(network, attempt)
        send = GmailNetwork.send
        with patch.object(GmailNetwork, 'send', meanwhile):
            self.deliver_all()
        self.assertEqual(asked, [False, True])
        self.assertEqual(self.tasks(), [self.account])
        self.assertEqual(
            self.read(
                ACCOUNT, self.account,
                'send_again', 'send_token', 'send_until'),
            [False, None, None])
        self.assertEqual(len(self.arrived()), 1)

    def test_just_ended(self):
        "The run ended between the look at its lease and the asking"
        self.send(mail())
        self.tasks()
        with database() as pool:
            Delivery(pool.get(ACCOUNT), self.account).busy()
        self.assertEqual(self.tasks(), [self.account])
        self.assertFalse(self.read(ACCOUNT, self.account, 'send_again'))

    def test_too_late(self):
        "What is written after the last look is sent by the next run"
        first, = self.send(mail())
        self.tasks()
        tidy = Delivery.tidy

        def late(run):
            with self.meanwhile(user=0) as pool:
                account = pool.get(ACCOUNT)(self.account)
                pool.get(MESSAGE).post_with(account, [
                        (None, None, self.identified("Late"))])
            with self.meanwhile(user=0) as pool:
                Delivery(pool.get(ACCOUNT), self.account)()
            tidy(run)
        with patch.object(Delivery, 'tidy', late):
            self.deliver_all()
        self.assertEqual(self.states(), ['sent', 'waiting'])
        self.assertEqual(self.tasks(), [self.account])
        self.deliver_all()
        self.assertEqual(self.states(), ['sent', 'sent'])

    def identified(self, subject):
        return mail(subject=subject, Message_ID=f'<{subject}@example.com>')

    def test_expired_lease(self):
        "Who died holds nobody up for longer than its lease"
        id, = self.send(mail())
        self.update(
            ACCOUNT, self.account, send_token='dead', send_until=2.0 ** 33)
        self.assertFalse(self.deliver())
        self.assertEqual(self.requests(), [])
        self.assertEqual(
            self.read(ACCOUNT, self.account, 'sync_state'), 'running')
        self.update(ACCOUNT, self.account, send_until=1.0)
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')

    def test_receiving(self):
        "Sending does not wait for a run that receives"
        id, = self.send(mail())
        self.update(
            ACCOUNT, self.account, lease_token='x', lease_until=2.0 ** 33)
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')

    def test_disabled(self):
        "What was not begun waits"
        self.send(mail(subject="1"), mail(subject="2"))
        send = GmailNetwork.send

        def disabled(network, attempt):
            with self.meanwhile(user=0) as pool:
                Account = pool.get(ACCOUNT)
                Account.write([Account(self.account)], {'enabled': False})
            return send(network, attempt)
        with patch.object(GmailNetwork, 'send', disabled):
            self.deliver()
        self.assertEqual(self.states(), ['sent', 'waiting'])
        self.deliver()
        self.assertEqual(self.states(), ['sent', 'waiting'])
        self.set_service(enabled=True)
        self.deliver_all()
        self.assertEqual(self.states(), ['sent', 'sent'])
        self.assertEqual(len(self.arrived()), 2)

    def due(self):
        with database() as pool:
            pool.get(ACCOUNT).deliver_due()
        return self.tasks()

    def test_due(self):
        "What the scheduled task finds"
        self.assertEqual(self.due(), [])
        id, = self.send(mail())
        self.tasks()
        self.assertEqual(self.due(), [self.account])
        now = utcnow()
        for model, record, values in [
                (MESSAGE, id, {'next_attempt': now + HOUR}),
                (MESSAGE, id, {'state': 'uncertain'}),
                (MESSAGE, id, {
                        'state': 'uncertain', 'next_attempt': now + HOUR}),
                (MESSAGE, id, {'state': 'sent'}),
                (MESSAGE, id, {'state': 'failed'}),
                (ACCOUNT, self.account, {'next_delivery': now + HOUR}),
                (ACCOUNT, self.account, {'enabled': False}),
                (CREDENTIALS, self.credentials, {'sync_enabled': False}),
                ]:
            with self.subTest(**values):
                before = dict(zip(
                        values, [self.read(model, record, n)
                            for n in values]))
                self.update(model, record, **values)
                self.assertEqual(self.due(), [])
                self.update(model, record, **before)
        for values in [
                {'state': 'sending'},
                {'state': 'drafting'},
                {'state': 'waiting', 'next_attempt': now - HOUR},
                {'state': 'uncertain', 'next_attempt': now - HOUR},
                {'state': 'canceled', 'draft_id': 'r1'},
                ]:
            with self.subTest(**values):
                self.update(MESSAGE, id, **values)
                self.assertEqual(self.due(), [self.account])

    def test_deliver_now(self):
        "The button sends what waits for its time"
        id, = self.send(mail())
        self.tasks()
        self.update(MESSAGE, id, next_attempt=utcnow() + HOUR)
        self.update(ACCOUNT, self.account, next_delivery=utcnow() + HOUR)
        self.click(ACCOUNT, self.account, 'deliver_now')
        self.assertEqual(self.tasks(), [self.account])
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')


class ButtonsTestCase(LaneCase):
    "What people decide"
    account_values = {'drafts': False}

    def put(self, state):
        id, = self.send(mail())
        self.tasks()
        self.update(
            MESSAGE, id, state=state, error_code='google_gmail.uncertain',
            attempts=5, look_ups=2)
        return id

    def test_retry(self):
        id = self.put('failed')
        self.press(id, 'retry')
        self.assertEqual(
            self.message(id, 'state', 'error', 'attempts'),
            ['waiting', '', 0])
        self.assertEqual(self.tasks(), [self.account])
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')

    def test_send_again(self):
        id = self.put('uncertain')
        self.press(id, 'send_again')
        self.deliver_all()
        self.assertEqual(self.message(id, 'state', 'error'), ['sent', ''])
        self.assertEqual(len(self.arrived()), 1)

    def test_mark_sent(self):
        id = self.put('uncertain')
        self.press(id, 'mark_sent')
        self.assertEqual(self.message(id, 'state', 'error'), ['sent', ''])
        self.assertEqual(self.search(RECIPIENT, 'state'), ['accepted'])
        self.deliver_all()
        self.assertEqual(self.requests(), [])

    def test_cancel(self):
        for state in ['waiting', 'failed']:
            with self.subTest(state=state):
                id = self.put(state)
                self.press(id, 'cancel')
                self.assertEqual(self.message(id), 'canceled')
        self.deliver_all()
        self.assertEqual(self.requests(), [])

    def test_other_state(self):
        "A button that comes too late is refused"
        for state, buttons in [
                ('waiting', ['retry', 'send_again', 'mark_sent']),
                ('sending', ['retry', 'send_again', 'mark_sent', 'cancel']),
                ('sent', ['retry', 'send_again', 'mark_sent', 'cancel']),
                ('uncertain', ['retry', 'cancel']),
                ('canceled', ['retry', 'send_again', 'mark_sent']),
                ]:
            id = self.put(state)
            for button in buttons:
                with self.subTest(state=state, button=button):
                    with self.assertRaises(AccessButtonError):
                        self.press(id, button)
                    self.assertEqual(self.message(id), state)

    def test_delete(self):
        "What waits, or may have been sent, is not deleted"
        for state, deleted in [
                ('waiting', False), ('drafting', False), ('sending', False),
                ('uncertain', False), ('sent', True), ('failed', True),
                ('canceled', True)]:
            with self.subTest(state=state):
                id = self.put(state)
                with database() as pool:
                    Message = pool.get(MESSAGE)
                    if deleted:
                        Message.delete([Message(id)])
                        continue
                    with self.assertRaises(AccessError):
                        Message.delete([Message(id)])

    def test_copy(self):
        id = self.put('sent')
        with database() as pool, self.assertRaises(AccessError):
            Message = pool.get(MESSAGE)
            Message.copy([Message(id)])

    def test_account_deleted(self):
        "An account is not deleted while mails wait for it"
        self.put('waiting')
        with database() as pool, self.assertRaises(AccessError):
            Account = pool.get(ACCOUNT)
            Account.delete([Account(self.account)])


class DraftsTestCase(LaneCase):
    "With drafts"

    def drafted(self):
        "A mail of which the draft waits"
        id, = self.send(mail())
        self.google.add_fault(
            'status', method_id='gmail.users.drafts.send', status=429,
            reason='rateLimitExceeded')
        self.deliver()
        self.assertEqual(self.message(id), 'waiting')
        self.assertEqual(len(self.google.mailbox(ALICE, 'DRAFT')), 1)
        self.tasks()
        return id

    def test_cancel(self):
        "The draft of what is canceled is deleted"
        id = self.drafted()
        self.update(MESSAGE, id, next_attempt=None)
        self.press(id, 'cancel')
        self.assertEqual(self.tasks(), [self.account])
        self.deliver_all()
        self.assertEqual(self.google.mailbox(ALICE, 'DRAFT'), [])
        self.assertEqual(
            self.message(id, 'state', 'draft_id'), ['canceled', None])
        self.assertEqual(self.arrived(), [])

    def test_cancel_early(self):
        "It is deleted at once, though it was to be sent later"
        id = self.drafted()
        self.press(id, 'cancel')
        self.deliver_all()
        self.assertEqual(self.google.mailbox(ALICE, 'DRAFT'), [])

    def test_deleted(self):
        "A person has deleted the draft: nobody knows if it was sent"
        id = self.drafted()
        draft, = self.google.mailbox(ALICE, 'DRAFT')
        self.google.act(
            ALICE, 'gmail.users.drafts.delete', id=draft['draft_id'])
        self.hurry()
        self.deliver()
        self.hurry()
        self.deliver_all()
        self.assertEqual(self.message(id), 'uncertain')
        self.press(id, 'send_again')
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')
        self.assertEqual(len(self.arrived()), 1)

    def test_connection(self):
        "Without the right to look it is only known that Google took it"
        self.click(ACCOUNT, self.account, 'test_connection')
        (label,) = [
            n for n in self.search('res.notification', 'label')
            if 'test mail' in n]
        self.assertIn("accepted", label)
        self.assertEqual(len(self.google.mailbox(ALICE, 'INBOX')), 1)

    def test_connection_disabled(self):
        "It says what to do, and leaves no mail that waits"
        for model, id, name in [
                (ACCOUNT, self.account, 'enabled'),
                (CREDENTIALS, self.credentials, 'sync_enabled')]:
            with self.subTest(name=name):
                self.update(model, id, **{name: False})
                with self.assertRaises(MailError) as raised:
                    self.click(ACCOUNT, self.account, 'test_connection')
                self.assertIn('"Enabled"', raised.exception.message)
                self.update(model, id, **{name: True})
        self.assertEqual(self.states(), [])

    def test_connection_failed(self):
        self.google.revoke_grant(ALICE)
        with self.assertRaises(MailError) as raised:
            self.click(ACCOUNT, self.account, 'test_connection')
        self.assertIn("was not sent", raised.exception.message)


class ReadingTestCase(LaneCase):
    account_values = {'receive_replies': True}

    def test_connection(self):
        "It is looked for, whatever became of its Message-ID"
        for replace in ['never', 'api']:
            with self.subTest(replace=replace):
                self.google.options(replace_message_id=replace)
                self.click(ACCOUNT, self.account, 'test_connection')
                label = self.search('res.notification', 'label')[-1]
                self.assertIn("arrived", label)

    def aliases(self):
        return sorted(
            self.search(ALIAS, 'address', 'verified', 'of_google'))

    def verify(self):
        with database() as pool:
            Account = pool.get(ACCOUNT)
            Account.verify([Account(self.account)])

    def test_aliases(self):
        "Google tells from which addresses it lets the account send"
        with database() as pool:
            pool.get(ALIAS).create([{
                        'account': self.account,
                        'address': 'Listed@Example.com'}])
        listed = ('listed@example.com', True, False)
        self.google.add_alias(ALICE, 'sales@example.com')
        self.google.add_alias(ALICE, 'new@example.com', status='pending')
        # that of the organization, which needs no verification
        self.google.add_alias(ALICE, 'office@example.com', status=None)
        self.verify()
        self.assertEqual(self.aliases(), [
                listed,
                ('new@example.com', False, True),
                ('office@example.com', True, True),
                ('sales@example.com', True, True)])
        with self.assertRaises(MailError):
            self.send(mail(From='new@example.com'), strict=True)
        id, = self.send(mail(From='Sales@example.com'))
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')
        self.assertIn(
            b'\r\nFrom: Sales@example.com\r\n', self.arrived()[0]['raw'])
        late, = self.send(mail(From='sales@example.com'))
        self.google.remove_alias(ALICE, 'sales@example.com')
        self.google.remove_alias(ALICE, 'new@example.com')
        self.google.remove_alias(ALICE, 'office@example.com')
        self.verify()
        self.assertEqual(self.aliases(), [listed])
        # Google would send it from another address, silently
        self.deliver_all()
        state, error = self.message(late, 'state', 'error')
        self.assertEqual(state, 'failed')
        self.assertIn('sales@example.com', error)


del GmailTestCase, LaneCase
