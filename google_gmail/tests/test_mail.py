# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Whatever Tryton sends goes into the outbox, with what it is about"
import datetime as dt
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default as policy
from unittest.mock import patch

import trytond.config as config
import trytond.sendmail as sendmail
from trytond.modules.google_gmail import mail as hook
from trytond.modules.google_gmail.exceptions import (
    AccountError, MailError, MailNotSent)
from trytond.sendmail import (
    SMTPDataManager, send_message, send_message_transactional)
from trytond.tests.test_tryton import (
    DB_NAME, TestCase, activate_module, drop_db)
from trytond.transaction import Transaction

from .tools import (
    ACCOUNT, ALICE, BOB, CUSTOMER, MESSAGE, RECIPIENT, GmailTestCase,
    database, mail, set_email)

HIDDEN = 'hidden@customer.test'
GROUP = 'res.group'


class Refusing:
    "A data manager that does not agree to the commit"

    def __eq__(self, other):
        return self is other

    def tpc_begin(self, transaction):
        "Do nothing"

    commit = tpc_finish = tpc_abort = abort = tpc_begin

    def tpc_vote(self, transaction):
        raise RuntimeError("not agreed")


class HookTestCase(GmailTestCase):

    def clean(self):
        super().clean()
        with database() as pool:
            for name in [
                    'ir.chat.message', 'ir.chat.channel', 'ir.attachment']:
                Model = pool.get(name)
                Model.delete(Model.search([]))
            Group = pool.get(GROUP)
            Group.delete(Group.search([('name', '=', "Sales")]))

    def create_group(self):
        with database() as pool:
            group, = pool.get(GROUP).create([{'name': "Sales"}])
            return group.id

    def second_account(self, **values):
        "An account of Bob"
        credentials = self.connect(self.john, BOB)
        account, = self.discover(credentials)
        self.set_service(account, name="The second", **values)
        return account

    def parsed(self, to=CUSTOMER):
        "The only mail that arrived, read"
        found, = self.arrived(to)
        return message_from_bytes(found['raw'], policy=policy)


class CallersTestCase(HookTestCase):
    "The callers of Tryton itself know of nothing"

    def test_dialog(self):
        "The dialog of any record sends reports and attachments"
        with database(1) as pool:
            User = pool.get('res.user')
            ModelData = pool.get('ir.model.data')
            User.write([User(self.john)], {
                    'password_reset': 'reset',
                    'password_reset_expire': dt.datetime.now()})
            attachment, = pool.get('ir.attachment').create([{
                        'resource': f'res.user,{self.john}',
                        'name': 'kept.bin',
                        'data': b'\x00\r\n\xff',
                        }])
            id = pool.get('ir.email').send(
                to=f'"Customer, the" <{CUSTOMER}>', cc='copy@customer.test',
                bcc=HIDDEN, subject="Ordre à 5 €", body='<p>Très <b>bien</b>',
                files=[('text.txt', b'A file\n')],
                record=('res.user', self.john),
                reports=[ModelData.get_id(
                        'res', 'report_email_reset_password')],
                attachments=[attachment.id]).id
        message, = self.search(MESSAGE, 'id')
        self.assertEqual(
            self.message(message, 'state', 'email', 'resource', 'user'),
            ['waiting', id, self.john, 1])
        self.deliver_all()
        self.assertEqual(self.message(message), 'sent')
        self.assertEqual(
            self.search(RECIPIENT, 'kind', 'address'), [
                ('to', CUSTOMER), ('cc', 'copy@customer.test'),
                ('bcc', HIDDEN)])
        for address in [CUSTOMER, 'copy@customer.test', HIDDEN]:
            parsed = self.parsed(address)
            self.assertNotIn(HIDDEN, str(parsed['To']) + str(parsed['Cc']))
            self.assertIsNone(parsed['Bcc'])
            self.assertEqual(parsed['Subject'], "Ordre à 5 €")
            contents = {
                p.get_filename(): p.get_payload(decode=True)
                for p in parsed.iter_attachments()}
            self.assertEqual(contents.pop('text.txt'), b'A file\n')
            self.assertEqual(contents.pop('kept.bin'), b'\x00\r\n\xff')
            (name, content), = contents.items()
            self.assertTrue(name.endswith('.html'), name)
            self.assertIn(b'reset', content)

    def test_dialog_refused(self):
        "Who sends what can not be sent is told, and nothing is kept"
        for values, word in [
                ({'to': 'nobody'}, 'nobody'),
                ({'to': 'a@b@c'}, 'a@b@c'),
                ({'cc': f'"Two\nlines" <{CUSTOMER}>'}, 'Cc'),
                ({'subject': "Hello\nBcc: thief@evil.test"}, 'Subject'),
                ({'subject': "Hello\n"}, 'Subject'),
                ]:
            with self.subTest(values), self.assertRaises(MailError) as raised:
                with database(1) as pool:
                    pool.get('ir.email').send(**{
                            'to': CUSTOMER, 'subject': "Hello",
                            'body': "Hello",
                            'record': ('res.user', self.john), **values})
            self.assertIn(word, raised.exception.message)
        self.assertEqual(self.search(MESSAGE, 'id'), [])
        self.assertEqual(self.search('ir.email', 'id'), [])

    def test_password_reset(self):
        with database(1) as pool:
            User = pool.get('res.user')
            User.write([User(self.john)], {'email': CUSTOMER})
            User.reset_password([User(self.john)])
            password = User(self.john).password_reset
        self.deliver_all()
        parsed = self.parsed()
        self.assertIn(
            password, parsed.get_body(['plain', 'html']).get_content())

    def test_chat(self):
        "Who follows a chat by e-mail gets it, and sees nobody else"
        group = self.create_group()
        with database(1) as pool:
            Channel = pool.get('ir.chat.channel')
            # no model of Tryton's core has a chat
            with patch.object(
                    Channel, 'get_models', lambda *_: [(GROUP, "Group")]
                    ), patch.object(
                    pool.get(GROUP), 'chat_language',
                    lambda *_, **__: None, create=True):
                record = pool.get(GROUP)(group)
                for address in [CUSTOMER, HIDDEN]:
                    Channel.subscribe_email(record, address)
                message = Channel.post(
                    record, "Good morning", audience='public')
                reference = message.reference
        id, = self.search(MESSAGE, 'id')
        self.assertEqual(self.message(id, 'message_id'), reference)
        self.google.options(replace_message_id='never')
        self.deliver_all()
        for address in [CUSTOMER, HIDDEN]:
            parsed = self.parsed(address)
            self.assertEqual(parsed['Message-ID'], reference)
            self.assertEqual(
                (parsed['To'], parsed['Bcc'], parsed.get_content().strip()),
                (None, None, "Good morning"))


class TransactionTestCase(HookTestCase):
    "A mail is sent if what it tells of was done"

    @contextmanager
    def business(self):
        "A transaction that changes something, and sends a mail"
        with database(1) as pool:
            pool.get(GROUP).create([{'name': "Sales"}])
            send_message_transactional(mail())
            yield pool

    def assert_kept(self, count):
        self.assertEqual(len(self.search(MESSAGE, 'id')), count)
        self.assertEqual(
            len(self.search(GROUP, 'id', domain=[('name', '=', "Sales")])),
            count)

    def test_commit(self):
        with self.business():
            # not before the end, as it may be rolled back
            self.assertEqual(self.requests(), [])
        self.assert_kept(1)
        task, = self.search('ir.queue', 'data', domain=[
                ('name', '=', 'default')]) or self.search('ir.queue', 'data')
        self.assertEqual(
            (task['model'], task['method']), (ACCOUNT, 'deliver'))

    def test_exception(self):
        with self.assertRaisesRegex(ZeroDivisionError, 'division'):
            with self.business():
                raise ZeroDivisionError('division')
        self.assert_kept(0)

    def test_not_agreed(self):
        "Another one that takes part in the transaction refuses"
        for first in [True, False]:
            with self.subTest(first=first):
                with self.assertRaisesRegex(RuntimeError, 'not agreed'):
                    with database(1) as pool:
                        transaction = Transaction()
                        if first:
                            transaction.join(Refusing())
                        pool.get(GROUP).create([{'name': "Sales"}])
                        send_message_transactional(mail())
                        if not first:
                            transaction.join(Refusing())
                self.assert_kept(0)

    def test_refused(self):
        "What can not be accepted undoes a strict change, and no other"
        for strict in [True, False]:
            try:
                with database(1) as pool:
                    pool.get(GROUP).create([{'name': "Sales"}])
                    send_message_transactional(
                        mail(From='other@example.com'), strict=strict)
            except MailError as error:
                self.assertTrue(strict)
                self.assertIn('other@example.com', error.message)
                self.assert_kept(0)
        self.assert_kept(1)
        (state, error), = self.search(MESSAGE, 'state', 'error')
        self.assertEqual(state, 'failed')
        self.assertIn('other@example.com', error)

    def test_together(self):
        "Managers that are strict and not, of several accounts"
        second = self.second_account()
        with database(1):
            send_message_transactional(mail(subject="1"), strict=True)
            send_message_transactional(mail(subject="2"))
            send_message_transactional(
                mail(subject="3", From=BOB),
                datamanager=SMTPDataManager('gmail://The%20second'))
        self.assertEqual(
            [(s, a.id) for s, a in sorted(
                    self.search(MESSAGE, 'subject', 'account'))],
            [('1', self.account), ('2', self.account), ('3', second)])
        self.deliver_all()
        self.assertTrue(self.deliver(second))
        self.assertEqual(
            sorted(m['user'] for m in self.arrived()), [ALICE, ALICE, BOB])


class WaysTestCase(HookTestCase):
    "The ways out of trytond.sendmail"

    def test_direct(self):
        "Without a server, and with one"
        message = mail()
        with database(1):
            self.assertIsNone(send_message(message))
            server = sendmail.get_smtp_server('gmail://', strict=True)
            self.assertIs(
                send_message(
                    mail(to=None), ALICE, [CUSTOMER], server=server,
                    strict=True), server)
            server.quit()
        self.assertEqual(self.states(), ['waiting'] * 2)
        self.deliver_all()
        self.assertEqual(len(self.arrived()), 2)

    def test_direct_refused(self):
        with database(1):
            with self.assertRaises(MailError):
                send_message(mail(to='nobody'), strict=True)
            send_message(mail(to='nobody'))
        (state, error), = self.search(MESSAGE, 'state', 'error')
        self.assertEqual(state, 'failed')
        self.assertIn('nobody', error)

    def test_server_of_another(self):
        "A server that is not ours is not replaced"
        set_email('smtp://localhost')
        self.addCleanup(set_email, 'gmail://')
        with patch('smtplib.SMTP') as SMTP:
            SMTP.return_value.send_message.return_value = {}
            with database(1):
                send_message_transactional(mail())
            with database(1):
                send_message_transactional(
                    mail(), datamanager=SMTPDataManager('smtp://other'))
            with database(1):
                send_message(mail())
        self.assertEqual(
            {c.args[0] for c in SMTP.call_args_list}, {'localhost', 'other'})
        self.assertEqual(SMTP.return_value.send_message.call_count, 3)
        self.assertEqual(self.search(MESSAGE, 'id'), [])

    def test_own_server(self):
        "What brings its own server keeps it, though mails go by Gmail"
        with patch('smtplib.SMTP') as SMTP:
            SMTP.return_value.send_message.return_value = {}
            with database(1):
                send_message_transactional(
                    mail(), datamanager=SMTPDataManager('smtp://own'))
                server = sendmail.get_smtp_server('smtp://own')
                send_message(mail(), server=server)
        self.assertEqual(SMTP.return_value.send_message.call_count, 2)
        self.assertEqual(self.search(MESSAGE, 'id'), [])

    def test_nowhere(self):
        "Where nothing can be kept there is an error, never silence"
        for strict in [True, False]:
            with self.subTest(strict=strict):
                with Transaction().start(
                        DB_NAME, 1, readonly=True) as transaction:
                    for send in [send_message_transactional, send_message]:
                        with self.assertRaisesRegex(MailNotSent, 'read-only'):
                            send(mail(), strict=strict)
                    transaction.rollback()
                with self.assertRaisesRegex(MailNotSent, 'transaction'):
                    send_message(mail(), strict=strict)
        with database(1):
            server = sendmail.get_smtp_server('gmail://')
        with self.assertRaisesRegex(MailNotSent, 'transaction'):
            send_message(mail(), server=server, strict=True)

    def test_installed_once(self):
        manager = sendmail.SMTPDataManager
        before = (
            sendmail.get_smtp_server, manager.put, manager.tpc_vote)
        hook.install()
        self.assertEqual(before, (
                sendmail.get_smtp_server, manager.put, manager.tpc_vote))


class ChoiceTestCase(HookTestCase):
    "The account by which a mail is sent"

    def chosen(self, uri='gmail://', user=1, context=None):
        set_email(uri)
        self.addCleanup(set_email, 'gmail://')
        id, = self.send(mail(), user=user, context=context)
        return self.message(id, 'account', 'error')

    def test_choice(self):
        second = self.second_account(users=[('add', [self.john])])
        with database() as pool:
            Alias = pool.get('google_gmail.alias')
            Alias.create([{'account': second, 'address': ALICE}])
        self.assertEqual(self.chosen(), [self.account, ''])
        self.assertEqual(self.chosen(user=self.john), [second, ''])
        self.assertEqual(self.chosen('gmail://The%20second'), [second, ''])
        name = self.read(ACCOUNT, self.account, 'name')
        # that of the address stands
        self.assertEqual(
            self.chosen(f"gmail://{name.replace('@', '%40')}", self.john),
            [self.account, ''])
        account, error = self.chosen('gmail://nobody')
        self.assertIsNone(account)
        self.assertIn('"nobody"', error)

    def test_inactive(self):
        "An account that is put aside is not chosen"
        second = self.second_account(
            users=[('add', [self.john])], active=False)
        self.assertNotEqual(self.chosen(user=self.john)[0], second)

    def test_active_again(self):
        "There is one default, also when one comes back"
        second = self.second_account(default=True, active=False)
        with self.assertRaisesRegex(AccountError, "The second"):
            self.set_service(second, active=True)

    def test_none(self):
        self.set_service(default=False)
        account, error = self.chosen()
        self.assertIsNone(account)
        self.assertIn("No account of Gmail", error)
        with self.assertRaises(MailError):
            self.send(mail(), strict=True)


class NotActivatedTestCase(TestCase):
    "A database without the module"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        drop_db()
        cls.addClassCleanup(drop_db)
        activate_module(['res'])
        cls.addClassCleanup(set_email, *(
                config.get('email', n) for n in ['uri', 'from']))
        set_email('gmail://')

    def test_not_activated(self):
        for strict in [True, False]:
            for send in [send_message_transactional, send_message]:
                with self.subTest(strict=strict, send=send.__name__):
                    with database(1):
                        with self.assertRaisesRegex(
                                MailNotSent, "not activated"):
                            send(mail(), strict=strict)

    def test_other_server(self):
        "Any other server works"
        with patch('smtplib.SMTP') as SMTP:
            with database(1):
                send_message_transactional(
                    mail(), datamanager=SMTPDataManager('smtp://own'))
        SMTP.return_value.send_message.assert_called_once()


del GmailTestCase, HookTestCase, TestCase
