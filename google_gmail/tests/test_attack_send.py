# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Who would lose a mail, send it twice, or have another one sent"
import smtplib
import unittest
from email.message import EmailMessage, Message
from email.mime.text import MIMEText
from unittest.mock import patch

from trytond.modules.google_gmail import mime
from trytond.modules.google_gmail.delivery import Delivery
from trytond.modules.google_gmail.network import GmailNetwork

from .bad_input_case import BadInputCase
from .tools import (
    ACCOUNT, ALICE, CUSTOMER, MESSAGE, RECIPIENT, database, mail)

OTHER = 'other@customer.test'


class InjectionTestCase(unittest.TestCase):
    "A header is not two of them"

    def compose(self, message, **headers):
        message['From'] = ALICE
        message['To'] = CUSTOMER
        message['Message-ID'] = '<1@example.com>'
        for name, value in headers.items():
            message[name] = value
        return mime.compose(message)

    def test_separators(self):
        "What str.splitlines takes for the end of a line"
        for make in [Message, EmailMessage, lambda: MIMEText("Hello")]:
            for separator in '\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029':
                for text in [
                        f'Hello{separator}Bcc: thief@customer.test',
                        f'Hello{separator * 2}another text']:
                    with self.subTest(make=make, text=text):
                        self.check_subject(make, text)

    def check_subject(self, make, text):
        try:
            found = self.compose(
                make(), Subject=text, Cc='other@example.com')
        except mime.MailRefused as error:
            self.assertIn(error.code, ['header', 'message'])
            return
        except ValueError:
            # the library takes no such header
            return
        head, _, _ = found.data.partition(b'\r\n\r\n')
        self.assertNotIn(b'\r\nBcc:', head)
        self.assertIn(b'\r\nCc:', head)

    def test_line_ends(self):
        "No line ends by CR or LF alone"
        for data in [
                'Hello\n.\nMAIL FROM:<a@b.c>\n', 'Hello\r.\rQUIT\r',
                'Hello\n.\r\nQUIT', '.\r\nHello']:
            message = Message()
            message.set_payload(data)
            with self.subTest(data=data):
                found = self.compose(message, Subject='Hello\n\tyou')
                self.assertNotRegex(found.data, rb'(?<!\r)\n|\r(?!\n)')


class SmtpTestCase(BadInputCase):
    account_values = {'transport': 'smtp'}

    def setUp(self):
        super().setUp()
        self.trust_smtp()

    def test_smuggling(self):
        "What looks like the end of the content is content"
        message = Message()
        message['From'] = ALICE
        message['To'] = CUSTOMER
        message['Subject'] = "Smuggled"
        message.set_payload(
            'Hello\n.\nMAIL FROM:<a@b.c>\r.\r\nQUIT\r\n.\r\n..\n')
        id, = self.send(message)
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')
        found, = self.arrived()
        self.assertTrue(found['raw'].endswith(
                b'Hello\r\n.\r\nMAIL FROM:<a@b.c>\r\n.\r\nQUIT\r\n.\r\n'
                b'..\r\n'))

    def test_no_tls(self):
        "Nothing is told in the clear"
        id, = self.send()
        commands = []
        putcmd = smtplib.SMTP.putcmd

        def spy(server, command, args=''):
            commands.append(command.upper())
            putcmd(server, command, args)
        has_extn = smtplib.SMTP.has_extn
        with patch.object(smtplib.SMTP, 'putcmd', spy), patch.object(
                smtplib.SMTP, 'has_extn',
                lambda server, name: name != 'starttls' and has_extn(
                    server, name)):
            self.deliver_all()
        self.assertEqual(self.message(id), 'waiting')
        self.assertLessEqual(set(commands), {'EHLO', 'QUIT'})
        with patch.dict('os.environ', {'SSL_CERT_FILE': '/dev/null'}):
            self.hurry()
            self.deliver_all()
        self.assertEqual(self.message(id), 'waiting')
        self.assertNotIn('AUTH', commands)
        self.waits(id)

    def test_draft_before(self):
        "What has a draft from before it is by SMTP is not sent besides"
        self.update(ACCOUNT, self.account, transport='api', drafts=True)
        id, = self.send(mail(subject="Draft"))
        self.google.add_fault(
            'status', method_id='gmail.users.drafts.send', status=503,
            times=9)
        self.deliver()
        self.google.clear_faults()
        self.assertTrue(self.message(id, 'draft_id'))
        self.update(ACCOUNT, self.account, transport='smtp')
        self.google.add_fault('drop_after', method_id='smtp.data')
        self.google.add_fault(
            'drop_after', method_id='gmail.users.drafts.send')
        for _ in range(3):
            self.hurry()
            self.deliver()
        self.assertEqual(self.message(id), 'sent')
        self.assertEqual(self.count("Draft"), 1)
        self.assertEqual(self.google.mailbox(ALICE, 'DRAFT'), [])

    def test_interrupted(self):
        "Content without its end was certainly not sent"
        id, = self.send(mail(subject="Interrupted", body="Long\n" * 100))
        send = smtplib.SMTP.send

        def interrupted(server, data):
            if isinstance(data, bytes) and b'Interrupted' in data:
                send(server, data[:100])
                server.close()
                raise smtplib.SMTPServerDisconnected
            send(server, data)
        with patch.object(smtplib.SMTP, 'send', interrupted):
            self.deliver()
        self.waits(id)
        self.assertEqual(self.count("Interrupted"), 1)

    def test_senseless_answer(self):
        "An answer that tells nothing is a doubt"
        for code in [-1, 354, 211]:
            with self.subTest(code=code):
                subject = f'Senseless {code}'
                id, = self.send(mail(subject=subject))
                getreply = smtplib.SMTP.getreply

                def senseless(server):
                    found = getreply(server)
                    if getattr(server, 'last', None) == b'.\r\n':
                        return code, b'What?'
                    return found

                send = smtplib.SMTP.send

                def spy(server, data):
                    server.last = data
                    send(server, data)
                with patch.multiple(
                        smtplib.SMTP, getreply=senseless, send=spy):
                    self.deliver()
                self.assertEqual(self.message(id), 'sending')
                self.hurry()
                self.deliver_all()
                self.assertEqual(self.message(id), 'sent')
                self.assertEqual(self.count(subject), 1)

    def test_closed_door(self):
        "A server that refuses all refuses no mail"
        for method, status, text in [
                ('smtp.connect', 554, '5.7.0 No service'),
                ('smtp.auth', 555, '5.5.2 Syntax error')]:
            with self.subTest(method=method):
                id, = self.send(mail(subject=method))
                self.google.add_fault(
                    'status', method_id=method, status=status, message=text)
                self.assertFalse(self.deliver())
                self.waits(id)
                self.assertEqual(self.count(method), 1)

    def test_partly_in_doubt(self):
        "Who was refused is not forgotten when the answer is lost"
        id, = self.send(mail(to=f'{OTHER}, {CUSTOMER}', subject="Partly"))
        self.google.add_fault(
            'status', method_id='smtp.rcpt', status=550, path='other@',
            message='5.1.1 No such user')
        self.google.add_fault('drop_after', method_id='smtp.data')
        self.deliver()
        self.hurry()
        self.deliver_all()
        self.assertEqual(
            self.search(RECIPIENT, 'address', 'state'),
            [(OTHER, 'refused'), (CUSTOMER, 'accepted')])
        state, error = self.message(id, 'state', 'error')
        self.assertEqual(state, 'failed')
        self.assertIn(OTHER, error)

    def test_twins(self):
        "That another one arrived proves nothing"
        for same in [True, False]:
            with self.subTest(same=same):
                values = {'Date': "Mon, 30 Nov 2026 10:00:00 +0000"}
                twins = [
                    mail(subject=f'Twin {same}', to='undisclosed:;',
                        Bcc=address, Message_ID='<twin@example.com>'
                        if same else f'<{address}>', **values)
                    for address in [CUSTOMER, OTHER]]
                first, second = self.send(*twins)
                self.google.add_fault(
                    'drop_before', method_id='smtp.data', nth=2)
                self.deliver()
                self.hurry()
                self.deliver_all()
                self.assertEqual(
                    [self.message(i) for i in [first, second]],
                    ['sent', 'uncertain'])


class DecisionTestCase(BadInputCase):
    "A person decides while Google is asked"
    account_values = {'drafts': False, 'receive_replies': True}

    def test_decision(self):
        for button, state in [('mark_sent', 'sent'), ('send_again', 'sent')]:
            with self.subTest(button=button):
                id, = self.send(mail(subject=button))
                self.google.add_fault(
                    'drop_before', method_id='gmail.users.messages.send')
                self.deliver()
                self.hurry()
                self.deliver()
                self.assertEqual(self.message(id), 'uncertain')
                self.hurry()
                look_up = GmailNetwork.look_up

                def meanwhile(network, attempt):
                    proof = look_up(network, attempt)
                    with self.meanwhile(user=self.ada) as pool:
                        Message = pool.get(MESSAGE)
                        getattr(Message, button)([Message(id)])
                    return proof
                with patch.object(GmailNetwork, 'look_up', meanwhile):
                    self.deliver_all()
                self.assertEqual(self.message(id), state)
                self.assertEqual(
                    self.count(button), int(button == 'send_again'))

    def test_deleted_account(self):
        "Its task ends, and is not queued for ever"
        id = self.account
        with database() as pool:
            Account = pool.get(ACCOUNT)
            Account.delete([Account(id)])
            Queue = pool.get('ir.queue')
            Queue.delete(Queue.search([]))
        with database() as pool:
            self.assertFalse(Delivery(pool.get(ACCOUNT), id)())
        with database(commit=False) as pool:
            queued = [
                t for t in pool.get('ir.queue').search([])
                if t.data['instances']]
        self.assertEqual(queued, [])


del BadInputCase
