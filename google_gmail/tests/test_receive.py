# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Answers and bounces come to the record"
from email.message import EmailMessage

from trytond.model.exceptions import AccessButtonError, AccessError
from trytond.pool import Pool
from trytond.pyson import PYSONDecoder
from trytond.sendmail import send_message_transactional

from .test_bounce import report
from .tools import ALICE, CUSTOMER, MESSAGE, GmailTestCase, database, mail


class ReceiveTestCase(GmailTestCase):
    account_values = {'receive_replies': True}

    def prepare(self):
        super().prepare()
        with database() as pool:
            group, = pool.get('res.group').create([{'name': "Sales"}])
            self.group = f'res.group,{group.id}'
        self.synchronize()

    def clean(self):
        super().clean()
        with database() as pool:
            Group = pool.get('res.group')
            Group.delete(Group.search([('name', '=', "Sales")]))

    def send_about(self, message):
        "Send as the E-Mail dialog does"
        with database(1):
            Email = Pool().get('ir.email')
            send_message_transactional(message, strict=True)
            email = Email.from_message(message, resource=self.group)
            email.save()
        self.deliver_all()
        return self.search(MESSAGE, 'id')[-1]

    def answer(self, raw, body="Fine.\n", **headers):
        "What the customer writes, given the bytes of what arrived"
        message = EmailMessage()
        message['From'] = CUSTOMER
        message['To'] = ALICE
        message['Subject'] = "Re: Hello"
        message['Message-ID'] = '<answer@customer.test>'
        for line in raw.decode().splitlines():
            name, _, value = line.partition(': ')
            if name.lower() == 'message-id':
                message['In-Reply-To'] = message['References'] = value
        for name, value in headers.items():
            message[name.replace('_', '-')] = value
        message.set_content(body)
        return message

    def test_link(self):
        id = self.send_about(mail())
        with database(commit=False) as pool:
            message = pool.get(MESSAGE)(id)
            self.assertEqual(str(message.resource), self.group)
            self.assertEqual(message.email.google_messages, (message,))
            # the form of the E-Mail shows them, with the state of each
            Email = pool.get('ir.email')
            field = Email.fields_view_get(
                view_type='form')['fields']['google_messages']
            view = next(iter(field['views'].values()))
            self.assertEqual(view['type'], 'tree')
            self.assertLessEqual(
                {'state', 'gmail_id', 'thread_id'}, view['fields'].keys())

    def test_email(self):
        "The E-Mail dialog itself"
        with database(1) as pool:
            pool.get('ir.email').send(
                to=f'"Customer, C." <{CUSTOMER}>, Jürgen <j@customer.test>',
                bcc='hidden@customer.test', subject="Hello", body="<p>Hi</p>",
                record=['res.group', int(self.group.split(',')[1])])
        id, = self.search(MESSAGE, 'id')
        self.assertEqual(
            self.search('google_gmail.recipient', 'kind', 'address'), [
                ('to', CUSTOMER), ('to', 'j@customer.test'),
                ('bcc', 'hidden@customer.test')])
        with database(commit=False) as pool:
            message = pool.get(MESSAGE)(id)
            self.assertEqual(
                (message.state, str(message.resource)),
                ('waiting', self.group))
        self.deliver_all()
        for address in [CUSTOMER, 'j@customer.test', 'hidden@customer.test']:
            self.assertEqual(len(self.arrived(address)), 1)

    def test_answer(self):
        for replace in [False, True]:
            with self.subTest(replace=replace):
                self.google.options(replace_message_id=replace)
                id = self.send_about(mail())
                raw = self.arrived()[-1]['raw']
                message = self.answer(raw)
                message.add_attachment(
                    b'data', maintype='application',
                    subtype='octet-stream', filename="a.bin")
                self.google.receive_mail(
                    ALICE, message.as_bytes(), sender=CUSTOMER)
                self.synchronize()
                with database(commit=False) as pool:
                    Message = pool.get(MESSAGE)
                    found, = Message.search([
                            ('direction', '=', 'in'),
                            ('in_reply_to', '=', id),
                            ])
                    self.assertEqual(
                        (found.state, str(found.resource), found.author,
                            found.body, found.subject),
                        ('received', self.group, CUSTOMER, "Fine.",
                            "Re: Hello"))
                    attachment, = pool.get('ir.attachment').search([
                            ('resource', '=', str(found))])
                    self.assertEqual(
                        (attachment.name, attachment.data),
                        ("a.bin", b'data'))

    def test_others(self):
        "Nothing is kept of what concerns no record"
        message = mail(From=CUSTOMER, to=ALICE)
        message['Message-ID'] = '<other@customer.test>'
        self.google.receive_mail(ALICE, message.as_bytes(), sender=CUSTOMER)
        self.synchronize()
        self.assertEqual(self.search(MESSAGE, 'id'), [])

    def test_bounce(self):
        self.google.bounce(CUSTOMER)
        id = self.send_about(mail())
        self.synchronize()
        error, = self.read(MESSAGE, id, 'error'),
        self.assertIn(CUSTOMER, error)
        self.assertEqual(
            self.search('google_gmail.recipient', 'state')[0], 'bounced')
        with database(commit=False) as pool:
            found, = pool.get(MESSAGE).search([('direction', '=', 'in')])
            self.assertTrue(found.bounce)
            self.assertEqual(str(found.resource), self.group)

    def attention(self):
        "The mails of the list of that name"
        with database(commit=False) as pool:
            domain = pool.get('ir.action.act_window.domain')(
                pool.get('ir.model.data').get_id(
                    'google_gmail', 'act_message_form_domain_attention'))
            return [
                m.id for m in pool.get(MESSAGE).search(
                    PYSONDecoder().decode(domain.domain))]

    def come_back(self, id, address):
        "A report that the mail did not arrive at the address is received"
        name = self.message(id, 'message_id')
        self.google.receive_mail(ALICE, report(
                'Reporting-MTA: dns; mx.test\r\n\r\n'
                f'Final-Recipient: rfc822; {address}\r\n'
                'Action: failed\r\nStatus: 5.1.1\r\n',
                original=f'Message-ID: {name}\r\n\r\nHello\r\n',
                headers=f'Message-ID: <{address}.report@mx.test>\r\n'))
        self.synchronize()

    def test_acknowledge(self):
        "What came back needs attention until a person knows it"
        other = 'other@customer.test'
        id = self.send_about(mail(to=f'{CUSTOMER}, {other}'))
        self.come_back(id, CUSTOMER)
        self.assertEqual(self.attention(), [id])
        with self.assertRaises(AccessError):
            self.click(MESSAGE, id, 'acknowledge', user=self.john)
        self.assertEqual(self.attention(), [id])
        # who may write the record
        self.click(MESSAGE, id, 'acknowledge', user=1)
        self.assertEqual(self.attention(), [])
        state, error, acknowledged = self.message(
            id, 'state', 'error', 'acknowledged')
        self.assertEqual((state, acknowledged), ('sent', True))
        self.assertIn(CUSTOMER, error)
        self.assertIn('bounced', self.search(
                'google_gmail.recipient', 'state',
                domain=[('message', '=', id)]))
        # what comes back after that is not known yet
        self.come_back(id, other)
        self.assertEqual(self.attention(), [id])

    def test_attention(self):
        "What can still be sent is not acknowledged, and may be given up"
        id = self.send(mail(From='other@example.com'))[0]
        self.assertEqual(self.attention(), [id])
        with self.assertRaises(AccessButtonError):
            self.click(MESSAGE, id, 'acknowledge', user=self.ada)
        self.assertEqual(self.attention(), [id])
        self.click(MESSAGE, id, 'cancel', user=self.ada)
        self.assertEqual(self.attention(), [])

    def test_spam(self):
        "What Gmail took for spam is received when a person says it is none"
        self.set_service(set_labels=True)
        self.authorize_again()
        id = self.send_about(mail())
        answer = self.google.receive_mail(
            ALICE, self.answer(self.arrived()[-1]['raw']).as_bytes(),
            sender=CUSTOMER, labels=['SPAM', 'UNREAD'])
        self.synchronize()
        self.move(answer, remove=['UNREAD'])
        self.synchronize()
        received = [('direction', '=', 'in')]
        self.assertEqual(self.search(MESSAGE, 'id', domain=received), [])
        # it was none, and it was after all
        self.move(answer, add=['INBOX'], remove=['SPAM'])
        self.move(answer, add=['SPAM'])
        self.synchronize()
        self.assertEqual(self.search(MESSAGE, 'id', domain=received), [])
        for _ in range(2):
            self.move(answer, add=['INBOX'], remove=['SPAM'])
            self.synchronize()
            found, = self.search(
                MESSAGE, 'state', 'in_reply_to', domain=received)
            self.assertEqual((found[0], found[1].id), ('received', id))
            self.move(answer, add=['SPAM'])
            self.synchronize()

    def move(self, message, add=(), remove=()):
        "A person changes the labels of a mail"
        self.as_person(lambda users: users.messages().modify(
                userId='me', id=message['id'], body={
                    'addLabelIds': list(add),
                    'removeLabelIds': list(remove)}))

    def test_history_lost(self):
        self.send_about(mail())
        raw = self.arrived()[-1]['raw']
        self.google.receive_mail(
            ALICE, self.answer(raw).as_bytes(), sender=CUSTOMER)
        self.google.expire_history(ALICE)
        self.synchronize()
        self.synchronize()
        self.assertEqual(
            len(self.search(MESSAGE, domain=[('direction', '=', 'in')])), 1)

    def test_idle(self):
        self.requests()
        self.synchronize()
        self.assertEqual(self.requests(), ['gmail.users.history.list'])
