# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The mails of other modules, and the accounts of companies"
from email import message_from_bytes
from email.policy import default as policy
from unittest.mock import patch

from trytond.modules.google_gmail.exceptions import AccountError
from trytond.sendmail import send_message_transactional
from trytond.transaction import Transaction, inactive_records

from .tools import (
    ACCOUNT, ALICE, BOB, CUSTOMER, MESSAGE, GmailTestCase, database, mail)

OTHER = 'other@customer.test'


class ModulesTestCase(GmailTestCase):
    modules = [
        'google_gmail', 'company', 'marketing_email', 'notification_email',
        'web_user']

    def clean(self):
        super().clean()
        with database() as pool, inactive_records():
            for name in [
                    'web.user', 'marketing.email.message',
                    'marketing.email', 'marketing.email.list',
                    'ir.trigger', 'notification.email', 'company.company',
                    'party.party', 'currency.currency']:
                Model = pool.get(name)
                Model.delete(Model.search([]))

    def bodies(self):
        "The text of the mails that arrived, by their recipient"
        self.deliver_all()
        result = {}
        for found in self.google.outside_mails():
            parsed = message_from_bytes(found['raw'], policy=policy)
            result[found['to']] = parsed.get_body(
                ['plain', 'html']).get_content()
        return result

    def test_web_user(self):
        with database(1) as pool:
            User = pool.get('web.user')
            users = User.create([
                    {'email': CUSTOMER},
                    {'email': OTHER, 'email_valid': True},
                    ])
            User.validate_email(users[:1])
            User.reset_password(users[1:])
            tokens = {
                CUSTOMER: users[0].email_token,
                OTHER: users[1].reset_password_token}
            self.assertTrue(all(tokens.values()))
        bodies = self.bodies()
        self.assertEqual(set(bodies), set(tokens))

    def test_marketing(self):
        "A subscription is asked for, and a newsletter goes to each"
        with database(1) as pool:
            List = pool.get('marketing.email.list')
            Email = pool.get('marketing.email')
            Message = pool.get('marketing.email.message')
            list_, = List.create([{'name': "News"}])
            # it waits so that nobody guesses who has subscribed
            with patch('time.sleep'):
                list_.request_subscribe(CUSTOMER)
        self.assertEqual(set(self.bodies()), {CUSTOMER})
        self.google.outside_mails(clear=True)
        with database(1) as pool:
            Email.create([
                    {'email': e, 'list_': list_.id}
                    for e in [OTHER, 'third@customer.test']])
            message, = Message.create([{
                        'list_': list_.id,
                        'title': "News of today",
                        'content': "<html><body><p>Good news for "
                        "${email.email}</p></body></html>",
                        }])
            Message.send([message])
        with database(1) as pool:
            Message = pool.get('marketing.email.message')
            Message.process()
        bodies = self.bodies()
        self.assertEqual(set(bodies), {OTHER, 'third@customer.test'})
        for address, body in bodies.items():
            self.assertIn(f"Good news for {address}", body)

    def test_notification(self):
        "A trigger sends, and the mail is linked to the record"
        with database(1) as pool:
            Model = pool.get('ir.model')
            Field = pool.get('ir.model.field')
            Report = pool.get('ir.action.report')
            model, = Model.search([('name', '=', 'res.user')])
            field, = Field.search([
                    ('model', '=', 'res.user'), ('name', '=', 'id')])
            report, = Report.create([{
                        'name': "Welcome",
                        'model': 'res.user',
                        'report_name': 'res.user.welcome',
                        'report_content': b"Welcome ${records[0].name}",
                        'template_extension': 'txt',
                        }])
            notification, = pool.get('notification.email').create([{
                        'recipients': field.id,
                        'subject': "For ${record.name}",
                        'content': report.id,
                        }])
            trigger, = pool.get('ir.trigger').create([{
                        'name': "Welcome",
                        'model': model.id,
                        'on_create_': True,
                        'condition': 'true',
                        'action': 'notification.email|trigger',
                        'notification_email': notification.id,
                        }])
        with database(1) as pool:
            User = pool.get('res.user')
            user, = User.create([{
                        'name': "Grace", 'login': 'grace',
                        'email': CUSTOMER}])
            grace = str(user)
            # the task that the trigger leaves in the queue
            Notification = pool.get('notification.email')
            Notification.trigger(
                [user], pool.get('ir.trigger')(trigger.id))
        id, = self.search(MESSAGE, 'id')
        with database(commit=False) as pool:
            message = pool.get(MESSAGE)(id)
            self.assertEqual(str(message.resource), grace)
            self.assertEqual(message.email.notification_email, notification)
            self.assertEqual(message.subject, "For Grace")
        body = self.bodies()[CUSTOMER]
        self.assertEqual(body.strip(), "Welcome Grace")

    # Companies

    def create_companies(self):
        with database() as pool:
            currency, = pool.get('currency.currency').create([{
                        'name': "Euro", 'code': 'EUR', 'symbol': "€"}])
            parties = pool.get('party.party').create([
                    {'name': "One"}, {'name': "Two"}])
            companies = pool.get('company.company').create([
                    {'party': p.id, 'currency': currency.id}
                    for p in parties])
            return [c.id for c in companies]

    def test_company(self):
        "The account of the company, unless the user has one"
        one, two = self.create_companies()
        with database() as pool:
            User = pool.get('res.user')
            for user, company in [(self.jane, one), (self.john, two)]:
                User.write([User(user)], {'companies': [('add', [company])]})
        credentials = self.connect(self.john, BOB)
        second, = self.discover(credentials)
        self.set_service(second, companies=[('add', [one])])
        for user, company, account, sender in [
                (self.jane, one, second, BOB),
                (self.jane, two, self.account, ALICE),
                (self.jane, None, self.account, ALICE),
                # which is not a company of John, whatever his client says
                (self.john, one, self.account, ALICE),
                ]:
            with self.subTest(user=user, company=company):
                id, = self.send(
                    mail(From=sender), user=user,
                    context={'company': company})
                self.assertEqual(
                    self.message(id, 'account', 'state'),
                    [account, 'waiting'])
        self.set_service(users=[('add', [self.jane])])
        id, = self.send(mail(), user=self.jane, context={'company': one})
        with self.as_user(self.ada) as pool:
            self.assertIn('companies', pool.get(ACCOUNT).fields_get())
        self.assertEqual(self.message(id, 'account'), self.account)

    def test_company_root(self):
        "Of Tryton itself the company counts, unless a user asked for it"
        one, _ = self.create_companies()
        second, = self.discover(self.connect(self.john, BOB))
        self.set_service(second, companies=[('add', [one])])
        for user, account, sender in [
                (0, second, BOB),
                (self.john, self.account, ALICE),
                ]:
            with self.subTest(user=user):
                with database(user, context={'company': one}), \
                        Transaction().set_user(0, set_context=True):
                    send_message_transactional(mail(From=sender))
                self.assertEqual(
                    self.search(MESSAGE, 'account')[-1].id, account)

    def test_company_twice(self):
        one, _ = self.create_companies()
        credentials = self.connect(self.john, BOB)
        second, = self.discover(credentials)
        self.set_service(second, companies=[('add', [one])])
        with self.assertRaises(AccountError) as raised:
            self.set_service(companies=[('add', [one])])
        name = self.read(ACCOUNT, second, 'name')
        self.assertIn(name, raised.exception.message)


del GmailTestCase
