# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What goes wrong: no mail is lost, none is sent twice"
import datetime as dt

from trytond.modules.google_gmail import mime
from trytond.modules.google_gmail.exceptions import MailError
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.tests.tools import options

from .bad_input_case import BadInputCase
from .tools import ACCOUNT, ALICE, CREDENTIALS, MESSAGE, database, mail, visit

SEND = 'gmail.users.messages.send'
DRAFT = 'gmail.users.drafts.create'
SEND_DRAFT = 'gmail.users.drafts.send'
DAY = 86400


def unreachable():
    "Nobody listens at Google's port"
    return options(api_root='http://127.0.0.1:1/')


class RefusedTestCase(BadInputCase):
    "What is not accepted into the outbox"

    def test_no_account(self):
        self.set_service(default=False)
        id = self.fails(mail(), "No account of Gmail")
        # who sent it is told, and who can set one up of what Tryton sends
        self.assertEqual(self.told(), [1])
        self.send(mail(), user=0)
        self.assertEqual(self.told(), [1, self.ada])
        with self.assertRaisesRegex(MailError, "No account of Gmail"):
            self.click(MESSAGE, id, 'retry', user=self.ada)
        self.assertEqual(self.message(id), 'failed')
        self.set_service(default=True)
        self.click(MESSAGE, id, 'retry', user=self.ada)
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')

    def told(self):
        return sorted({
                u.id for u, label in self.search(
                    'res.notification', 'user', 'label')
                if "needs attention" in label})

    def test_size(self):
        "25 MB with all that encoding adds"
        message = mail()
        message.add_attachment(
            bytes(mime.MAXIMUM_SIZE), maintype='application',
            subtype='octet-stream', filename='large.bin')
        self.fails(message, '25 MB')

    def test_header(self):
        "A header with a line break"
        message = mail()
        message._headers.append(('X-Note', 'a\r\nBcc: thief@evil.test'))
        self.fails(message, '"X-Note"')

    def test_address(self):
        "An address that is none"
        for to in [
                'nobody', 'no body@customer.test', 'a@(b)',
                '@customer.test']:
            with self.subTest(to=to):
                message = mail(to=None)
                message['To'] = [to]
                self.fails(message, 'e-mail address')
                self.clean_mails()

    def clean_mails(self):
        with database() as pool:
            Message = pool.get(MESSAGE)
            Message.delete(Message.search([]))

    def test_no_recipient(self):
        self.fails(mail(to=None), 'recipient')

    def test_too_many_recipients(self):
        self.fails(
            mail(to=', '.join(f'c{i}@customer.test' for i in range(101))),
            '101', '100')

    def test_alias(self):
        "From another address than those of the account"
        self.fails(mail(From='other@example.com'), 'other@example.com')


class AccountTestCase(BadInputCase):
    "The account may not, whatever the mail"
    account_values = {'drafts': False}

    def test_revoked(self):
        "Between writing and sending: it goes out once authorized again"
        id, = self.send()
        self.google.revoke_grant(ALICE)
        self.assertFalse(self.deliver())
        self.assertEqual(self.message(id), 'waiting')
        error, state = self.read(
            ACCOUNT, self.account, 'send_error', 'sync_state')
        self.assertIn("uthoriz", error)
        self.assertEqual(self.message(id, 'error'), error)
        self.assertEqual(state, 'failed')
        self.assertEqual(self.arrived(), [])
        self.assertEqual(
            self.read(CREDENTIALS, self.credentials, 'state'), 'expired')
        with database(1) as pool:
            Credentials = pool.get(CREDENTIALS)
            action = Credentials.request_authorization(
                [Credentials(self.credentials)])
        visit(self.google.consent(action['url'], account=ALICE))
        # at once
        self.assertIsNone(self.read(ACCOUNT, self.account, 'next_delivery'))
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')
        self.assertEqual(len(self.arrived()), 1)
        self.assertEqual(self.read(ACCOUNT, self.account, 'send_error'), '')

    def test_disabled(self):
        "A mail tells that it waits for its account"
        self.set_service(enabled=False)
        id, = self.send()
        self.deliver()
        self.assertIn("enabled", self.message(id, 'error'))
        self.set_service(enabled=True)
        self.assertEqual(self.message(id, 'error'), '')
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')

    def test_scope(self):
        "An option was checked, and nobody asked for its scope"
        self.set_service(receive_replies=True)
        id, = self.send()
        self.requests()
        self.assertFalse(self.deliver())
        self.assertEqual(self.message(id), 'waiting')
        error, connection = self.read(
            ACCOUNT, self.account, 'send_error', 'connection')
        self.assertEqual(connection, 'scope')
        self.assertIn('has not granted', error)
        self.assertEqual(self.requests(), [])
        self.authorize_again()
        self.hurry()
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')

    def test_scope_refused(self):
        "Google says that the token is for less"
        id, = self.send()
        self.google.add_fault(
            'status', method_id=SEND, status=403,
            reason='insufficientPermissions')
        self.assertFalse(self.deliver())
        self.assertEqual(
            self.read(ACCOUNT, self.account, 'send_error_code'),
            'google_gmail.scope')
        self.waits(id)

    def test_limit(self):
        "Nothing is asked for until Google takes more"
        self.google.limit_sending(ALICE, daily_messages=1)
        first, second, third = self.send(
            *(mail(subject=str(i)) for i in range(3)))
        self.assertFalse(self.deliver())
        self.assertEqual(self.states(), ['sent', 'waiting', 'waiting'])
        error, until = self.read(
            ACCOUNT, self.account, 'send_error', 'next_delivery')
        self.assertIn("time of the next delivery", error)
        # Google told the time
        self.assertAlmostEqual(
            (until - utcnow()).total_seconds(), DAY, delta=600)
        self.requests()
        self.deliver()
        waiting = self.search('ir.queue', 'id')
        with database() as pool:
            pool.get(ACCOUNT).deliver_due()
        self.assertEqual(self.requests(), [])
        self.assertEqual(self.search('ir.queue', 'id'), waiting)
        self.assertEqual(
            self.read(ACCOUNT, self.account, 'next_delivery'), until)
        self.google.advance(DAY + 1)
        self.google.limit_sending(ALICE, daily_messages=10)
        self.google.expire_access_tokens(ALICE)
        self.later(ACCOUNT, self.account, days=1, seconds=1)
        self.deliver_all()
        self.assertEqual(self.states(), ['sent'] * 3)
        self.assertEqual([self.count(str(i)) for i in range(3)], [1, 1, 1])

    def test_skew(self):
        "Google's clock is ahead, or behind"
        for skew in [600, -600]:
            with self.subTest(skew=skew):
                self.google.options(skew=skew)
                id, = self.send(mail(subject=str(skew)))
                self.deliver_all()
                self.assertEqual(self.message(id), 'sent')


class SkewTestCase(BadInputCase):
    account_values = {'drafts': False, 'receive_replies': True}

    def test_skew(self):
        "What was sent is found, though Google's clock is another"
        for skew in [1800, -1800]:
            with self.subTest(skew=skew):
                self.google.options(skew=skew)
                id, = self.send(mail(subject=str(skew)))
                self.google.add_fault('drop_after', method_id=SEND)
                self.deliver()
                self.hurry()
                self.deliver_all()
                self.assertEqual(self.message(id), 'sent')
                self.assertEqual(self.count(str(skew)), 1)


class ApiTestCase(BadInputCase):
    "What the API answers"
    account_values = {'drafts': False}

    def test_recipient(self):
        "A recipient that the API refuses fails alone"
        # accepted here: the rules of Google are not all known
        first, second = self.send(
            mail(to='a@b', subject="1"), mail(subject="2"))
        self.deliver_all()
        self.assertEqual(self.states(), ['failed', 'sent'])
        self.assertIn('400', self.message(first, 'error'))
        # who sent it is told
        self.assertIn(1, [
                u.id for u in self.search('res.notification', 'user')])
        self.click(MESSAGE, first, 'retry', user=self.ada)
        self.deliver_all()
        self.assertEqual(self.states(), ['failed', 'sent'])

    def is_sent_later(self, status, reason):
        "What was certainly not executed is sent later, when Google says"
        subject = f'{status} {reason}'
        id, = self.send(mail(subject=subject))
        self.google.add_fault(
            'status', method_id=SEND, status=status, reason=reason,
            retry_after=120)
        self.deliver()
        self.assertGreater(
            self.message(id, 'next_attempt'),
            utcnow() + dt.timedelta(seconds=90))
        self.waits(id)
        self.assertEqual(self.count(subject), 1)

    def test_429(self):
        self.is_sent_later(429, 'rateLimitExceeded')

    def test_limit_told(self):
        "A time that is told is that of the account, whatever it is for"
        first, second = self.send(mail(subject="1"), mail(subject="2"))
        until = utcnow() + dt.timedelta(minutes=15)
        self.google.add_fault(
            'status', method_id=SEND, status=429, reason='rateLimitExceeded',
            message="User-rate limit exceeded.  Retry after "
            f"{until.isoformat(timespec='milliseconds')}Z")
        self.assertFalse(self.deliver())
        self.assertEqual(self.states(), ['waiting'] * 2)
        self.assertAlmostEqual(
            (self.read(ACCOUNT, self.account, 'next_delivery') - until
                ).total_seconds(), 0, delta=60)
        self.assertEqual(self.requests(), [SEND])
        self.waits(first)
        self.assertEqual(self.message(second), 'sent')

    def test_403(self):
        for reason in ['userRateLimitExceeded', 'rateLimitExceeded']:
            with self.subTest(reason=reason):
                self.is_sent_later(403, reason)

    def test_forbidden(self):
        "What concerns the account stops it, and nothing is lost"
        for status, reason in [
                (403, 'dailyLimitExceeded'),
                (403, 'forbidden'),
                (403, 'domainPolicy'),
                (403, 'accessNotConfigured'),
                (401, 'authError'),
                ]:
            with self.subTest(status=status, reason=reason):
                subject = f'{status} {reason}'
                id, = self.send(mail(subject=subject))
                self.google.add_fault(
                    'status', method_id=SEND, status=status, reason=reason,
                    times=2)
                self.assertFalse(self.deliver())
                self.google.clear_faults()
                self.assertTrue(
                    self.read(ACCOUNT, self.account, 'send_error'))
                self.assertGreater(
                    self.read(ACCOUNT, self.account, 'next_delivery'),
                    utcnow())
                self.waits(id)
                self.assertEqual(self.count(subject), 1)

    def test_server_error(self):
        "After a 5xx nobody knows, and it is not repeated"
        for status in [500, 502, 503, 504]:
            with self.subTest(status=status):
                id, = self.send(mail(subject=f'S{status}'))
                self.google.add_fault(
                    'status', method_id=SEND, status=status)
                self.deliver()
                self.assertEqual(self.message(id), 'sending')
                self.hurry()
                self.deliver_all()
                self.assertEqual(self.message(id), 'uncertain')
                self.assertEqual(self.count(f'S{status}'), 0)

    def test_unreachable(self):
        "Nothing was connected: it is certain that it was not sent"
        id, = self.send()
        with unreachable():
            self.deliver()
        self.assertEqual(self.message(id), 'waiting')
        self.waits(id)
        self.assertEqual(len(self.arrived()), 1)

    def test_down(self):
        "Google is down for a day, then for a week"
        first, = self.send(mail(subject="A day"))
        for _ in range(3):
            with unreachable():
                self.deliver()
            self.later(MESSAGE, first, hours=8)
            self.later(ACCOUNT, self.account, hours=8)
            self.assertEqual(self.message(first), 'waiting')
        self.deliver_all()
        self.assertEqual(self.message(first), 'sent')
        second, = self.send(mail(subject="A week"))
        self.later(MESSAGE, second, days=7)
        with unreachable():
            self.deliver()
        state, error = self.message(second, 'state', 'error')
        self.assertEqual(state, 'failed')
        self.assertTrue(error)
        self.click(MESSAGE, second, 'retry', user=self.ada)
        self.hurry()
        self.deliver_all()
        self.assertEqual(self.message(second), 'sent')
        self.assertEqual(
            [self.count("A day"), self.count("A week")], [1, 1])


class DroppedTestCase(BadInputCase):
    "The connection ends, with drafts that may be looked for"
    account_values = {'receive_replies': True}

    def test_dropped(self):
        for method in [DRAFT, SEND_DRAFT]:
            for action in ['drop_before', 'drop_after']:
                with self.subTest(method=method, action=action):
                    subject = f'{method} {action}'
                    id, = self.send(mail(subject=subject))
                    self.google.add_fault(action, method_id=method)
                    self.deliver()
                    self.assertIn(
                        self.message(id), {'drafting', 'sending'})
                    self.hurry()
                    self.deliver_all()
                    self.assertEqual(self.message(id), 'sent')
                    self.assertEqual(self.count(subject), 1)
        self.assertEqual(self.google.mailbox(ALICE, 'DRAFT'), [])

    def test_server_error(self):
        for method in [DRAFT, SEND_DRAFT]:
            with self.subTest(method=method):
                id, = self.send(mail(subject=method))
                self.google.add_fault(
                    'status', method_id=method, status=503)
                self.deliver()
                self.hurry()
                self.deliver_all()
                self.assertEqual(self.message(id), 'sent')
                self.assertEqual(self.count(method), 1)

    def test_limit(self):
        "The draft stays, and is sent when Google takes more"
        self.google.limit_sending(ALICE, daily_messages=1)
        first, second = self.send(mail(subject="1"), mail(subject="2"))
        self.assertFalse(self.deliver())
        self.assertEqual(self.states(), ['sent', 'waiting'])
        self.assertEqual(len(self.google.mailbox(ALICE, 'DRAFT')), 1)
        self.google.limit_sending(ALICE, daily_messages=10)
        self.requests()
        self.waits(second)
        self.assertEqual(self.requests(), [SEND_DRAFT])
        self.assertEqual([self.count("1"), self.count("2")], [1, 1])

del BadInputCase
