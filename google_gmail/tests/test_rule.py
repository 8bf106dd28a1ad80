# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Mails are answered automatically, once, and never in a loop"
import datetime as dt
import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from trytond.modules.google_gmail import rule as rules
from trytond.modules.google_gmail.exceptions import AccountError
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.tests.tools import visit

from .tools import (
    ACCOUNT, ALICE, BOB, CUSTOMER, MESSAGE, GmailTestCase, database)

RULE = 'google_gmail.rule'


def received(subject="Question", sender=CUSTOMER, to=ALICE, **headers):
    message = EmailMessage()
    message['From'] = sender
    message['To'] = to
    message['Subject'] = subject
    for name, value in headers.items():
        message[name.replace('_', '-')] = value
    message.set_content("Are you there?\n")
    return message


class RuleCase(GmailTestCase):
    account_values = {'receive_replies': True}

    def setUp(self):
        super().setUp()
        self.count = 0
        self.addCleanup(self.forget_rules)
        self.synchronize()

    def forget_rules(self):
        with database() as pool:
            for name in [RULE, 'ir.email.template']:
                Model = pool.get(name)
                Model.delete(Model.search([]))

    def rule(self, domain='[]', model=None, account=None, body="Thanks",
            subject=None, **values):
        "Make a rule that acts as Ada and return its id"
        with database() as pool:
            model_, = pool.get('ir.model').search([
                    ('name', '=', model or MESSAGE)])
            template, = pool.get('ir.email.template').create([{
                        'name': "Answer",
                        'model': model_.id,
                        'subject': subject,
                        'body': body,
                        }])
            rule, = pool.get(RULE).create([{
                        'name': "Rule",
                        'account': account or self.account,
                        'user': self.ada,
                        'domain': domain,
                        'template': template.id,
                        'model': model_.id if model else None,
                        **values}])
            return rule.id

    def receive(self, *args, thread=None, to=ALICE, envelope=CUSTOMER,
            **headers):
        "A mail arrives, and is synchronised"
        self.count += 1
        message = received(*args, to=to, **{
                'Message_ID': f'<{self.count}@customer.test>', **headers})
        answer = self.google.receive_mail(
            to, message.as_bytes(), sender=envelope, thread=thread)
        self.synchronize()
        return answer

    def answers(self):
        return self.search(MESSAGE, 'id', domain=[('rule', '!=', None)])


class RuleTestCase(RuleCase):

    def test_answer(self):
        rule = self.rule(
            '[["subject", "ilike", "%question%"]]',
            body="<p>Thanks for ${record.subject}</p>")
        found = self.receive()
        self.deliver_all()
        mail, = self.arrived()
        message = message_from_bytes(mail['raw'], policy=policy.default)
        self.assertEqual(
            (message['To'], message['Subject'], message['In-Reply-To'],
                message['Auto-Submitted']),
            (CUSTOMER, "Re: Question", '<1@customer.test>', 'auto-replied'))
        self.assertIn(
            "Thanks for Question",
            message.get_body(('plain',)).get_content())
        answer, = self.answers()
        self.assertEqual(
            self.message(answer, 'state', 'thread_id', 'rule'),
            ['sent', found['threadId'], rule])
        # it is not taken for something received
        self.synchronize()
        self.assertEqual(len(self.search(MESSAGE, 'id')), 2)

    def test_others(self):
        "What no rule is for is not stored"
        self.rule('[["author", "=", "boss@customer.test"]]')
        self.receive()
        self.assertEqual(self.search(MESSAGE, 'id'), [])
        self.receive("Hello", 'boss@customer.test')
        self.assertEqual(len(self.answers()), 1)

    def test_automatic(self):
        "An automatic mail is never answered"
        self.rule()
        for headers in [
                {'Auto_Submitted': 'auto-replied'},
                {'Auto_Submitted': 'auto-generated; owner-email="a@b.c"'},
                {'Precedence': 'bulk'},
                {'Precedence': 'junk'},
                {'Precedence': 'list'},
                {'List_Id': 'List <list.customer.test>'},
                {'X_Auto_Response_Suppress': 'All'},
                ]:
            self.receive(**headers)
        for sender in [
                'no-reply@customer.test', 'MAILER-DAEMON@customer.test',
                ALICE]:
            self.receive("Question", sender)
        self.receive(envelope='')
        self.assertEqual(self.answers(), [])
        self.receive(Auto_Submitted='no')
        self.assertEqual(len(self.answers()), 1)

    def test_alias(self):
        "An account does not answer itself"
        self.rule()
        with database() as pool:
            pool.get('google_gmail.alias').create([{
                        'account': self.account,
                        'address': 'sales@example.com'}])
        self.receive("Question", "Sales <Sales@Example.com>")
        self.assertEqual(self.answers(), [])

    def test_interval(self):
        "A thread is answered once in the interval"
        self.rule(interval=dt.timedelta(hours=2))
        thread = self.receive()['threadId']
        self.receive("Re: Question", thread=thread)
        answer, = self.answers()
        self.update(
            MESSAGE, answer,
            at=bookkeeping.utcnow() - dt.timedelta(hours=3))
        self.receive("Re: Question", thread=thread)
        self.assertEqual(len(self.answers()), 2)

    def test_other_subject(self):
        "With another subject the answer is in another thread of Gmail"
        self.rule(subject="Received")
        found = self.receive()
        self.deliver_all()
        answer, = self.answers()
        subject, thread = self.message(answer, 'subject', 'thread_id')
        self.assertEqual(subject, "Re: Received")
        self.assertNotEqual(thread, found['threadId'])
        # which is not answered, either
        self.receive("Re: Received", thread=thread)
        self.assertEqual(self.answers(), [answer])

    def test_limit(self):
        "Whatever the threads, an address gets only so many a day"
        self.rule()
        for number in range(rules.LIMIT + 2):
            self.receive(f"Question {number}")
        self.assertEqual(len(self.answers()), rules.LIMIT)
        self.receive("Question", 'other@customer.test')
        self.assertEqual(len(self.answers()), rules.LIMIT + 1)

    def test_thread_gone(self):
        "What answers a thread that was deleted begins one, and blocks none"
        self.rule()
        for options in [{'drafts': True}, {'drafts': False}]:
            with self.subTest(**options):
                self.set_service(**options)
                found = self.receive()
                self.google.act(
                    ALICE, 'gmail.users.messages.delete', id=found['id'])
                self.deliver_all()
                answer = self.answers()[-1]
                self.assertEqual(self.message(answer), 'sent')
        self.assertEqual(len(self.arrived()), 2)

    def test_record(self):
        "The mails of the records of a model, as far as the user may read"
        with database() as pool:
            Message = pool.get(MESSAGE)
            Message.create([{
                        'account': self.account, 'direction': 'out',
                        'state': 'sent', 'at': bookkeeping.utcnow(),
                        'message_id': f'<{model}@example.com>',
                        'resource': f'{model},{id}',
                        } for model, id in [
                        ('res.user', self.jane), ('res.group', 1)]])
        self.rule(model='res.user', body="${record.name}")
        self.receive(In_Reply_To='<res.group@example.com>')
        self.assertEqual(self.answers(), [])
        self.receive(In_Reply_To='<res.user@example.com>')
        answer, = self.answers()
        with database(commit=False) as pool:
            message = pool.get(MESSAGE)(answer)
            self.assertEqual(
                str(message.resource), f'res.user,{self.jane}')
            self.assertIn(b"Jane", message.data)

    def test_access(self):
        "The template tells what the acting user may read, or nothing"
        self.rule(body="${record.data}")
        self.receive()
        self.assertEqual(self.answers(), [])
        # it was for a rule, and is kept
        self.assertEqual(
            self.search(MESSAGE, 'state', 'direction'), [('received', 'in')])

    def test_template(self):
        "Who looks after the account is told of a template that fails"
        self.rule(body="${record.nothing.at_all}")
        self.receive()
        self.assertEqual(self.answers(), [])
        (state, error), = self.search(MESSAGE, 'state', 'error')
        self.assertEqual(state, 'received')
        self.assertIn("could not answer", error)
        self.assertIn(self.jane, [
                u.id for u, label in self.search(
                    'res.notification', 'user', 'label')
                if "needs attention" in label])

    def test_no_loop(self):
        "Two accounts with a rule each answer a person, not each other"
        other = self.connect(self.john, BOB)
        account, = self.discover(other)
        self.set_service(account, receive_replies=True)
        self.grant(self.john, account, BOB)
        self.synchronize(account)
        for id in [self.account, account]:
            self.rule(account=id)
        # Bob writes to Alice
        self.google.receive_mail(
            ALICE, received(sender=BOB, Message_ID='<0@bob>').as_bytes(),
            sender=BOB)
        for _ in range(3):
            for id in [self.account, account]:
                self.synchronize(id)
                self.deliver(id)
        self.assertEqual(len(self.answers()), 1)

    def test_same_mailbox(self):
        "One account receives what comes to a mailbox, so answers it once"
        second, = self.discover(self.connect(self.john, ALICE))
        name = self.read(ACCOUNT, second, 'name')
        # one that only sends may stand beside, under whatever address
        self.set_service(second, address="info@example.com")
        with self.assertRaisesRegex(AccountError, ALICE):
            self.set_service(second, receive_replies=True)
        self.set_service(second, receive_replies=True, active=False)
        with self.assertRaisesRegex(AccountError, re.escape(name)):
            self.set_service(second, active=True)
        self.set_service(second, enabled=False, active=True)
        with self.assertRaisesRegex(AccountError, re.escape(name)):
            self.set_service(second, enabled=True)
        # nobody keeps another one from his mailbox by its address
        third, = self.discover(self.connect(self.john, BOB))
        self.set_service(third, address=ALICE, receive_replies=True)

    def test_same_mailbox_before(self):
        "Two that received already are no reason to refuse what does not"
        second, = self.discover(self.connect(self.john, ALICE))
        third, = self.discover(self.connect(self.jane, ALICE))
        self.update(ACCOUNT, second, receive_replies=True)
        self.set_service(third, users=[('add', [self.jane])])
        with self.assertRaises(AccountError):
            self.set_service(third, receive_replies=True)
        self.update(ACCOUNT, third, receive_replies=True)
        for id in [third, second]:
            self.set_service(id, receive_replies=False)

    def grant(self, user, id, address):
        with database(user) as pool:
            Account = pool.get(ACCOUNT)
            action = Account.connect([Account(id)])
        answer = visit(self.google.consent(action['url'], account=address))
        self.assertEqual(answer.status_code, 200)

    def test_checks(self):
        for values, text in [
                ({'domain': '{'}, "domain"),
                ({'interval': dt.timedelta(minutes=1)}, "hour")]:
            with self.subTest(text=text), \
                    self.assertRaisesRegex(Exception, text):
                self.rule(**values)
