# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Whom a received mail concerns"
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.tests.tools import visit

from .test_rule import received
from .tools import (
    ACCOUNT, ALICE, BOB, CUSTOMER, MESSAGE, GmailTestCase, database)

GET = 'gmail.users.messages.get'


class MatchingCase(GmailTestCase):
    account_values = {'receive_replies': True}

    def setUp(self):
        super().setUp()
        self.synchronize()

    def sent(self, number=1, account=None, **values):
        "Keep that a mail was sent about Jane and return its id"
        with database() as pool:
            message, = pool.get(MESSAGE).create([{
                        'account': account or self.account,
                        'direction': 'out',
                        'state': 'sent',
                        'at': bookkeeping.utcnow(),
                        'message_id': f'<{number}@tryton.test>',
                        'resource': f'res.user,{self.jane}',
                        'recipients': [('create', [{
                                        'kind': 'to', 'address': CUSTOMER,
                                        'state': 'accepted'}])],
                        **values}])
            return message.id

    def arrive(self, to=ALICE, sender=CUSTOMER, thread=None, **headers):
        "A mail arrives in the mailbox"
        headers.setdefault('Message_ID', '<in@customer.test>')
        return self.google.receive_mail(
            to, received(to=to, sender=sender, **headers).as_bytes(),
            sender=sender, thread=thread)

    def parents(self):
        "What the received mails are the answers to, and their records"
        with database(commit=False) as pool:
            return [
                (m.in_reply_to.id if m.in_reply_to else None,
                    str(m.resource) if m.resource else None)
                for m in pool.get(MESSAGE).search(
                    [('direction', '=', 'in')], order=[('id', 'ASC')])]

    @property
    def record(self):
        return f'res.user,{self.jane}'


class MatchingTestCase(MatchingCase):

    def test_identifiers(self):
        "In-Reply-To, References, and the identifier that Google gave"
        id = self.sent(1, kept_message_id='<kept@mail.gmail.com>')
        for headers in [
                {'In_Reply_To': '<1@tryton.test>'},
                {'References': '<0@customer.test> <1@tryton.test>'},
                {'In_Reply_To': '<kept@mail.gmail.com>'},
                ]:
            with self.subTest(headers=headers):
                self.arrive(**headers)
                self.synchronize()
                self.assertEqual(self.parents()[-1], (id, self.record))
        self.assertEqual(len(self.parents()), 3)

    def test_nearest(self):
        "The mail that is named last counts"
        self.sent(1, resource=f'res.user,{self.john}')
        id = self.sent(2)
        self.arrive(References='<1@tryton.test> <2@tryton.test>')
        self.synchronize()
        self.assertEqual(self.parents(), [(id, self.record)])

    def test_thread(self):
        "Who answers without any identifier is in the thread"
        first = self.arrive(Message_ID='<0@customer.test>')
        self.synchronize()
        self.assertEqual(self.parents(), [])
        id = self.sent(thread_id=first['threadId'])
        self.arrive(thread=first['threadId'])
        self.synchronize()
        self.assertEqual(self.parents(), [(id, self.record)])

    def test_answer_to_answer(self):
        "What answers an answer is about the same record"
        self.sent(1)
        self.arrive(
            In_Reply_To='<1@tryton.test>', Message_ID='<2@customer.test>')
        self.synchronize()
        self.arrive(
            In_Reply_To='<2@customer.test>', sender='other@customer.test',
            Message_ID='<3@customer.test>')
        self.synchronize()
        self.assertEqual([r for _, r in self.parents()], [self.record] * 2)

    def test_twice(self):
        "The same mail is kept once, whatever tells of it"
        self.sent(1)
        self.arrive(In_Reply_To='<1@tryton.test>')
        self.synchronize()
        self.google.expire_history(ALICE)
        for _ in range(2):
            self.synchronize()
        self.assertEqual(len(self.parents()), 1)

    def test_other_account(self):
        "The answer comes to the mailbox of another account"
        account, = self.discover(self.connect(self.john, BOB))
        self.set_service(account, receive_replies=True)
        with database(self.john) as pool:
            Account = pool.get(ACCOUNT)
            action = Account.connect([Account(account)])
        visit(self.google.consent(action['url'], account=BOB))
        self.synchronize(account)
        id = self.sent(1)
        self.arrive(to=BOB, In_Reply_To='<1@tryton.test>')
        self.synchronize(account)
        self.assertEqual(self.parents(), [(id, self.record)])

    def test_other_thread(self):
        "The same identifier of a thread of another mailbox tells nothing"
        first = self.arrive(Message_ID='<0@customer.test>')
        self.synchronize()
        other, = self.discover(self.connect(self.john, BOB))
        self.sent(1, account=other, thread_id=first['threadId'])
        self.arrive(thread=first['threadId'])
        self.synchronize()
        self.assertEqual(self.parents(), [])

    def test_to_oneself(self):
        "A mail to the account itself is one"
        self.google.options(replace_message_id=False)
        id, = self.send(received(sender=ALICE, to=ALICE))
        self.google.add_fault(
            'drop_after', method_id='gmail.users.drafts.send')
        self.deliver()
        self.assertEqual(self.message(id), 'sending')
        self.synchronize()
        self.assertEqual(self.search(MESSAGE, 'state'), ['sent'])
        self.assertEqual(self.errors(), [])

    def test_bounce(self):
        "What bounces of a mail of somebody else is not kept"
        status = (
            'Reporting-MTA: dns; mx.test\r\n\r\nFinal-Recipient: rfc822; '
            f'{CUSTOMER}\r\nAction: failed\r\nStatus: 5.1.1\r\n')
        for number in ['9', '1']:
            if number == '1':
                id = self.sent(1)
            self.google.receive_mail(ALICE, (
                    'From: MAILER-DAEMON@mx.test\r\n'
                    f'To: {ALICE}\r\nSubject: Undelivered\r\n'
                    f'Message-ID: <b{number}@mx.test>\r\n'
                    'MIME-Version: 1.0\r\nContent-Type: multipart/report;'
                    ' report-type=delivery-status; boundary=b\r\n\r\n'
                    '--b\r\nContent-Type: message/delivery-status\r\n\r\n'
                    f'{status}\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n'
                    f'Message-ID: <{number}@tryton.test>\r\n\r\nx\r\n'
                    '--b--\r\n').encode())
            self.synchronize()
            if number == '9':
                self.assertEqual(self.search(MESSAGE, 'id'), [])
        self.assertEqual(self.parents(), [(id, self.record)])
        self.assertEqual(
            self.search('google_gmail.recipient', 'state',
                domain=[('message', '=', id)]), ['bounced'])

    def test_forwarded(self):
        "A forwarded mail has what was attached to it, too"
        id = self.sent(1)
        message = received(
            In_Reply_To='<1@tryton.test>', Message_ID='<f@customer.test>')
        message.add_attachment(received("Inner"))
        self.google.receive_mail(ALICE, message.as_bytes(), sender=CUSTOMER)
        self.synchronize()
        self.assertEqual(self.parents(), [(id, self.record)])
        self.assertEqual(
            self.search('ir.attachment', 'name'), ['message.eml'])


class LostTestCase(MatchingCase):
    "What is not there any more"

    def test_history(self):
        "All that came since the last synchronization is found"
        self.sent(1)
        for number in range(5):
            self.arrive(
                In_Reply_To='<1@tryton.test>',
                Message_ID=f'<{number}@customer.test>')
        self.google.expire_history(ALICE)
        self.synchronize()
        self.synchronize()
        self.assertEqual(len(self.parents()), 5)

    def test_deleted_before_listed(self):
        "A mail that is deleted before its headers are read is none"
        self.sent(1)
        self.arrive(In_Reply_To='<1@tryton.test>')
        self.google.add_fault(
            'status', method_id=GET, status=404, reason='notFound', times=2)
        self.synchronize()
        self.assertEqual(self.parents(), [])
        self.assertEqual(self.errors(), [])

    def test_not_there_yet(self):
        "A mail that is listed before it can be read is not lost"
        id = self.sent(1)
        self.arrive(In_Reply_To='<1@tryton.test>')
        self.google.add_fault(
            'status', method_id=GET, status=404, reason='notFound')
        self.synchronize()
        self.assertEqual(self.parents(), [(id, self.record)])

    def test_deleted_before_read(self):
        "A mail that is deleted before its content is read is forgotten"
        self.sent(1)
        self.arrive(In_Reply_To='<1@tryton.test>')
        # the headers of it are there
        self.google.add_fault(
            'status', method_id=GET, status=404, reason='notFound', nth=2)
        self.synchronize()
        self.assertEqual(self.parents(), [])
        self.assertEqual(self.errors(), [])

    def test_unreadable(self):
        "A mail that Google does not show is told, and the others come"
        self.sent(1)
        for number in range(2):
            self.arrive(
                In_Reply_To='<1@tryton.test>',
                Message_ID=f'<{number}@customer.test>')
        self.google.add_fault(
            'status', method_id=GET, status=400, reason='failedPrecondition')
        self.run_once()
        self.assertEqual(len(self.parents()), 1)
        self.assertEqual(len(self.errors()), 1)
