# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"A mail is opened as a draft in Gmail, and comes to the record when it is sent"
from email import message_from_bytes, policy
from unittest.mock import patch

from trytond.exceptions import UserError
from trytond.model.exceptions import AccessError
from trytond.modules.google_gmail import drafted
from trytond.modules.google_gmail.network import GmailNetwork
from trytond.modules.google_integration import bookkeeping
from trytond.transaction import Transaction

from .tools import (
    ALICE,
    BOB,
    CUSTOMER,
    MESSAGE,
    RECIPIENT,
    GmailTestCase,
    database,
)

CREATE = 'gmail.users.drafts.create'


class DraftCase(GmailTestCase):
    account_values = {'receive_replies': True}

    def setUp(self):
        super().setUp()
        with database() as pool:
            Group = pool.get('res.group')
            Attachment = pool.get('ir.attachment')
            group, = Group.create([{'name': "Sales"}])
            other, = Group.create([{'name': "Other"}])
            self.group = group.id
            self.attachments = [a.id for a in Attachment.create([
                        {'name': "a.txt", 'data': b'data',
                            'resource': str(group)},
                        {'name': "b.txt", 'data': b'other',
                            'resource': str(other)},
                        ])]
            template, = pool.get('ir.email.template').create([{
                        'model': pool.get('ir.model').search([
                                ('name', '=', 'res.group')])[0].id,
                        'name': "Greeting",
                        'recipients_pyson': f'["{CUSTOMER}"]',
                        'subject': "About ${record.name}",
                        'body': "<p>Dear ${record.name}</p>",
                        }])
            self.template = template.id

    def clean(self):
        with database() as pool:
            Template = pool.get('ir.email.template')
            Template.delete(Template.search([]))
            Attachment = pool.get('ir.attachment')
            Attachment.delete(Attachment.search([]))
        super().clean()
        with database() as pool:
            Group = pool.get('res.group')
            Group.delete(
                Group.search([('name', 'in', ["Sales", "Other"])]))

    def context(self):
        return {
            'active_model': 'res.group',
            'active_id': self.group,
            'active_ids': [self.group],
            }

    def draft(self, user=1, **start):
        "Run the wizard and return the link that is opened"
        values = {
            'record': f'res.group,{self.group}', 'to': CUSTOMER,
            'subject': "Hello", 'body': "<p>Dear <b>you</b></p>", **start}
        with database(user, context=self.context()) as pool:
            Wizard = pool.get('google_gmail.draft', type='wizard')
            session, _, _ = Wizard.create()
            Transaction().commit()
            result = Wizard.execute(session, {'start': values}, 'create_')
            (action, _), = result['actions']
            self.assertEqual(
                result['view']['defaults'].get('link'), action['url'])
            Wizard.delete(session)
        return action['url']

    def mails(self, label='DRAFT'):
        return self.google.mailbox(ALICE, label)

    def old(self):
        "The drafts were created long ago"
        return patch.object(drafted, 'YOUNG', -drafted.YOUNG)

    def tidy(self):
        with database() as pool, self.old():
            pool.get('google_integration.synchronization').clean()
        with database() as pool, self.old():
            Queue = pool.get('ir.queue')
            for task in Queue.search([]):
                if task.data['method'] == 'tidy_drafts':
                    task.run()
            Queue.delete(Queue.search([]))


class DraftTestCase(DraftCase):

    def test_defaults(self):
        with database(1, context=self.context(), commit=False) as pool:
            Wizard = pool.get('google_gmail.draft', type='wizard')
            session, start, _ = Wizard.create()
            defaults = Wizard.execute(session, {}, start)['view']['defaults']
            self.assertEqual(
                (defaults['record'], defaults['model'], defaults['subject']),
                (f'res.group,{self.group}', 'res.group', "Group: Sales"))
            Start = pool.get('google_gmail.draft.start')
            view = Start(
                record=f'res.group,{self.group}', template=self.template)
            view.on_change_template()
            self.assertEqual(
                (view.to, view.subject, view.body),
                (CUSTOMER, "About Sales", "<p>Dear Sales</p>"))

    def test_draft(self):
        link = self.draft(
            cc=f'"Bob, B." <{BOB}>', bcc='hidden@customer.test',
            attachments=self.attachments)
        found, = self.mails()
        self.assertEqual(
            link, 'https://mail.google.com/mail/?authuser='
            f'alice%40example.com#drafts?compose={found["id"]}')
        mail = message_from_bytes(found['raw'], policy=policy.default)
        self.assertEqual(
            (mail['To'], mail['Cc'], mail['Bcc'], mail['Subject']),
            (CUSTOMER, f'"Bob, B." <{BOB}>', 'hidden@customer.test',
                "Hello"))
        self.assertIn(
            "<b>you</b>", mail.get_body(('html',)).get_content())
        self.assertIn("Dear", mail.get_body(('plain',)).get_content())
        # not that of another record
        self.assertEqual(
            [(a.get_filename(), a.get_content())
                for a in mail.iter_attachments()], [("a.txt", "data")])
        id, = self.search(MESSAGE, 'id')
        self.assertEqual(
            self.message(id, 'state', 'data', 'user', 'account'),
            ['draft', None, 1, self.account])
        self.assertTrue(self.message(id, 'draft_id'))
        self.assertEqual(
            self.search(RECIPIENT, 'kind'), ['to', 'cc', 'bcc'])
        # no run touches it
        self.deliver_all()
        self.synchronize()
        self.assertEqual(self.message(id), 'draft')
        self.assertEqual(len(self.mails()), 1)

    def test_no_recipient(self):
        "Gmail completes addresses better"
        self.draft(to=None)
        self.assertEqual(len(self.mails()), 1)

    def test_errors(self):
        "An error leaves nothing behind"
        for values in [{'to': 'nobody'}, {'to': 'a@b@c, d'}]:
            with self.assertRaises(UserError):
                self.draft(**values)
        for status, reason in [
                (400, 'invalidArgument'), (403, 'forbidden'),
                (429, 'rateLimitExceeded')]:
            self.google.add_fault(
                'status', method_id=CREATE, status=status, reason=reason)
            with self.assertRaises(UserError):
                self.draft()
        self.google.add_fault('drop_before', method_id=CREATE)
        with self.assertRaises(UserError):
            self.draft()
        self.assertEqual(self.search(MESSAGE, 'id'), [])
        self.assertEqual(self.mails(), [])

    def test_lost_answer(self):
        "A draft that was created is found"
        self.google.add_fault('drop_after', method_id=CREATE)
        self.draft()
        found, = self.mails()
        id, = self.search(MESSAGE, 'id')
        self.assertEqual(
            self.message(id, 'state', 'gmail_id'), ['draft', found['id']])

    def test_nothing_pending(self):
        "No transaction is open while Google is asked"
        create = GmailNetwork.create_draft
        seen = []

        def look(network, attempt):
            with self.meanwhile() as pool:
                seen.append(pool.get(MESSAGE)(attempt.id).state)
            return create(network, attempt)
        with patch.object(GmailNetwork, 'create_draft', look):
            self.draft()
        self.assertEqual(seen, ['draft'])

    def test_account(self):
        "The account must have drafts"
        self.set_service(default=False)
        with self.assertRaises(UserError):
            self.draft()
        self.set_service(default=True, enabled=False)
        with self.assertRaises(UserError):
            self.draft()
        self.assertEqual(self.search(MESSAGE, 'id'), [])

    def test_alias(self):
        with database() as pool:
            pool.get('res.user').write(
                [pool.get('res.user')(1)], {'email': 'ceo@example.com'})
        self.addCleanup(self.update, 'res.user', 1, email=None)
        with self.assertRaisesRegex(UserError, 'ceo@example.com'):
            self.draft()
        self.assertEqual(self.mails(), [])

    def test_access(self):
        "Who may not read the record gets no draft about it"
        with self.assertRaises(AccessError):
            self.draft(user=self.stranger)
        with database(self.jane, context={}) as pool:
            Wizard = pool.get('google_gmail.draft', type='wizard')
            session, start, _ = Wizard.create()
            with self.assertRaises(AccessError):
                Wizard.execute(session, {}, start)
        self.assertEqual(self.search(MESSAGE, 'id'), [])


class SentDraftTestCase(DraftCase):
    "What becomes of a draft"

    def setUp(self):
        super().setUp()
        self.synchronize()
        self.draft()
        self.id, = self.search(MESSAGE, 'id')

    def send_in_gmail(self):
        "The person sends the draft in Gmail"
        return self.as_person(lambda users: users.drafts().send(
                userId='me', body={'id': self.message(self.id, 'draft_id')}))

    def test_sent(self):
        for replace in [False, True]:
            with self.subTest(replace=replace):
                self.google.options(replace_message_id=replace)
                sent = self.send_in_gmail()
                self.synchronize()
                self.assertEqual(
                    self.message(
                        self.id, 'state', 'gmail_id', 'thread_id',
                        'draft_id'),
                    ['sent', sent['id'], sent['threadId'], None])
                self.assertEqual(self.search(RECIPIENT, 'state'), ['accepted'])
                self.reply()
                self.synchronize()
                with database(commit=False) as pool:
                    answer, = pool.get(MESSAGE).search([
                            ('direction', '=', 'in'),
                            ('in_reply_to', '=', self.id)])
                    self.assertEqual(
                        str(answer.resource), f'res.group,{self.group}')
            if not replace:
                self.clean_messages()
                self.draft()
                self.id, = self.search(MESSAGE, 'id')

    def clean_messages(self):
        with database() as pool:
            Message = pool.get(MESSAGE)
            bookkeeping.update(
                Message, Message.search([]), {'state': 'canceled'})
            Message.delete(Message.search([]))

    def reply(self):
        raw = self.arrived()[-1]['raw']
        sent = message_from_bytes(raw, policy=policy.default)
        self.google.receive_mail(
            ALICE, (
                f'From: {CUSTOMER}\r\nTo: {ALICE}\r\nSubject: Re: Hello\r\n'
                f'Message-ID: <{len(self.arrived())}@customer.test>\r\n'
                f'In-Reply-To: {sent["Message-ID"]}\r\n\r\nFine.\r\n'
                ).encode(), sender=CUSTOMER)

    def test_deleted(self):
        "A draft that is gone is forgotten, one that is there is not"
        self.tidy()
        self.assertEqual(self.message(self.id), 'draft')
        draft_id = self.message(self.id, 'draft_id')
        self.as_person(lambda users: users.drafts().delete(
                userId='me', id=draft_id))
        self.google.add_fault(
            'status', method_id='gmail.users.drafts.get', status=503)
        self.tidy()
        self.assertEqual(self.message(self.id), 'draft')
        self.tidy()
        self.assertEqual(self.search(MESSAGE, 'id'), [])

    def test_sent_before_pulled(self):
        "What was sent is not forgotten because the history comes later"
        sent = self.send_in_gmail()
        self.tidy()
        self.assertEqual(
            self.message(self.id, 'state', 'gmail_id'), ['sent', sent['id']])
        self.synchronize()
        self.assertEqual(self.search(MESSAGE, 'state'), ['sent'])

    def test_crash(self):
        "A draft of which the identifier was not kept is found or forgotten"
        draft_id = self.message(self.id, 'draft_id')
        self.update(MESSAGE, self.id, draft_id=None)
        self.tidy()
        self.assertEqual(self.message(self.id, 'draft_id'), draft_id)
        self.update(
            MESSAGE, self.id, draft_id=None, message_id='<never@tryton>')
        self.tidy()
        self.assertEqual(self.search(MESSAGE, 'id'), [])
