# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What reaches a mailbox are the bytes that Tryton made"
import base64
import re
import unittest
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.utils import formatdate

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from trytond.modules.google_gmail import mime
from trytond.modules.google_gmail.exceptions import MailError
from trytond.sendmail import send_message_transactional

from . import corpus
from .tools import (
    ALICE, CUSTOMER, MESSAGE, RECIPIENT, GmailTestCase, database, mail)

# what Gmail adds on top
ADDED = re.compile(
    rb'(?:(?:Delivered-To|Received|Return-Path):[^\r]*\r\n'
    rb'(?:[ \t][^\r]*\r\n)*)+')
HIDDEN = [f'hidden{i}@customer.test' for i in range(40)]


def address(name):
    return f'{name.replace("_", "-")}@customer.test'


class FidelityCase(GmailTestCase):
    # the end of the last line, which SMTP needs
    ends_line = False
    # of which SMTP tells the end by its own means
    uploads = True

    def setUp(self):
        super().setUp()
        # of the headers, it is the only one that Gmail may replace
        self.google.options(replace_message_id='never')

    def test_corpus(self):
        expected = {}
        messages = []
        for name, make in corpus.CORPUS.items():
            message = make(ALICE, address(name))
            message['Message-ID'] = f'<{name}@example.com>'
            if 'Date' not in message:
                message['Date'] = formatdate()
            messages.append(message)
            expected[name] = message.as_bytes(
                policy=message.policy.clone(linesep='\r\n'))
        with database(1):
            for message in messages:
                send_message_transactional(message, strict=True)
        self.deliver_all()
        self.assertEqual(
            [s for s in self.search(MESSAGE, 'subject', 'state', 'error')
                if s[1] != 'sent'], [])
        for name, data in expected.items():
            with self.subTest(name=name):
                found, = self.arrived(address(name))
                raw = found['raw']
                added = ADDED.match(raw)
                self.assertTrue(added)
                raw = raw[added.end():]
                if self.ends_line and not data.endswith(b'\r\n'):
                    data += b'\r\n'
                self.assertEqual(raw, data)
                self.assertNotRegex(raw, rb'(?<!\r)\n|\r(?!\n)')

    def test_content(self):
        "What is read are the texts and files that were put in"
        message = corpus.inline_image(ALICE, CUSTOMER)
        self.send(message)
        self.deliver_all()
        found, = self.arrived()
        parts = {
            p.get_content_type(): p.get_payload(decode=True)
            for p in message_from_bytes(found['raw']).walk()}
        self.assertEqual(parts['image/gif'], corpus.IMAGE)
        self.assertEqual(parts['application/pdf'], b'%PDF-1.7\r\n\x00\xff')
        self.assertEqual(
            parts['text/plain'].decode().replace('\r\n', '\n'), corpus.TEXT)

    def test_hidden(self):
        "Bcc is delivered, and in no header that arrives"
        id, = self.send(mail(Bcc=', '.join(HIDDEN)))
        self.deliver_all()
        self.assertEqual(self.message(id), 'sent')
        for to in [CUSTOMER, *HIDDEN]:
            found, = self.arrived(to)
            text = re.sub(
                rb'\ADelivered-To: [^\r]*', b'', found['raw']).lower()
            self.assertNotIn(b'hidden', text)
            # identifiers may hold the letters
            self.assertNotRegex(text, rb'(?m)^bcc')
        self.assertEqual(
            self.search(RECIPIENT, 'kind').count('bcc'), len(HIDDEN))

    def test_hidden_envelope(self):
        "An envelope with more than the headers is one with hidden copies"
        with database(1):
            send_message_transactional(
                mail(), ALICE, [CUSTOMER, HIDDEN[0]], strict=True)
        self.deliver_all()
        for to in [CUSTOMER, HIDDEN[0]]:
            found, = self.arrived(to)
            self.assertNotRegex(found['raw'], rb'(?im)^bcc:')
        self.assertEqual(
            self.search(RECIPIENT, 'kind', 'address'),
            [('to', CUSTOMER), ('bcc', HIDDEN[0])])

    def test_only_hidden(self):
        self.send(mail(to=None, Bcc=CUSTOMER))
        self.deliver_all()
        self.assertEqual(self.states(), ['sent'])
        self.assertEqual(len(self.arrived()), 1)

    def test_idn(self):
        "A domain in letters arrives at the domain in ASCII"
        message = mail(to='someone@bücher.example')
        self.send(message, strict=True)
        self.deliver_all()
        self.assertEqual(self.states(), ['sent'])
        found, = self.arrived('someone@xn--bcher-kva.example')
        self.assertRegex(
            found['raw'], rb'(?m)^To: someone@xn--bcher-kva\.example\r$')

    def test_refused(self):
        "The messages that are expected to be refused"
        for name, change, word in [
                ('no author', lambda m: m.__delitem__('From'),
                    'exactly one'),
                ('two authors', lambda m: m.replace_header(
                        'From', f'{ALICE}, other@example.com'),
                    'exactly one'),
                ('no recipient', lambda m: m.__delitem__('To'),
                    'no recipient'),
                ('no address', lambda m: m.replace_header('To', 'nobody'),
                    'nobody'),
                ('another author', lambda m: m.replace_header(
                        'From', 'other@example.com'), 'other@example.com'),
                ('broken header', lambda m: m._headers.append(
                        ('X-Note', 'a\nBcc: x@y.z')), 'X-Note'),
                ]:
            with self.subTest(name=name):
                message = Message()
                message['From'], message['To'] = ALICE, CUSTOMER
                change(message)
                message.set_payload("Hello\n")
                with self.assertRaises(MailError) as raised:
                    self.send(message, strict=True)
                self.assertIn(word, raised.exception.message)
        self.assertEqual(self.states(), [])


class DraftTestCase(FidelityCase):

    def test_upload(self):
        "A large message is uploaded as it is, a small one is not"
        upload_fidelity(self, 'gmail.users.drafts.create')

    def test_narrow_envelope(self):
        narrow_envelope(self)


class SendTestCase(FidelityCase):
    account_values = {'drafts': False}

    def test_upload(self):
        upload_fidelity(self, 'gmail.users.messages.send')

    def test_narrow_envelope(self):
        narrow_envelope(self)


class SmtpTestCase(FidelityCase):
    account_values = {'transport': 'smtp'}
    ends_line = True

    def setUp(self):
        super().setUp()
        self.trust_smtp()

    def test_narrow_envelope(self):
        "SMTP has an envelope of its own"
        with database(1):
            send_message_transactional(
                mail(to=f'{CUSTOMER}, {HIDDEN[0]}'), ALICE, [CUSTOMER],
                strict=True)
        self.deliver_all()
        self.assertEqual(self.states(), ['sent'])
        self.assertEqual(len(self.arrived()), 1)
        self.assertEqual(self.arrived(HIDDEN[0]), [])


def upload_fidelity(case, method):
    case.send(corpus.large(ALICE, CUSTOMER), mail())
    case.google.clear_log()
    case.deliver_all()
    paths = [e['path'] for e in case.google.log() if e['id'] == method]
    case.assertEqual([p.startswith('/upload/') for p in paths], [True, False])
    found, = [m for m in case.arrived() if len(m['raw']) > 10 ** 6]
    part = list(message_from_bytes(found['raw']).walk())[-1]
    case.assertEqual(part.get_payload(decode=True), corpus.LARGE)


def narrow_envelope(case):
    "The API would send it to all that the headers name"
    for strict in [True, False]:
        message = mail(to=f'{CUSTOMER}, {HIDDEN[0]}')
        try:
            with database(1):
                send_message_transactional(
                    message, ALICE, [CUSTOMER], strict=strict)
        except MailError as error:
            case.assertTrue(strict)
            case.assertIn(HIDDEN[0], error.message)
            case.assertIn('SMTP', error.message)
    case.assertEqual(case.states(), ['failed'])
    case.deliver_all()
    case.assertEqual(case.arrived(), [])


names = st.text(st.characters(exclude_categories=['Cs']), max_size=40)
lines = st.text(st.characters(exclude_categories=['Cs']), max_size=200)
addresses = st.builds(
    '{}@{}.test'.format,
    st.text('abcABC019.+_-', min_size=1, max_size=12).filter(
        lambda t: not t.startswith('.') and not t.endswith('.')
        and '..' not in t),
    st.text('abc019', min_size=1, max_size=10))
recipients = st.lists(
    addresses, min_size=1, max_size=5, unique_by=str.lower)


class ComposeTestCase(unittest.TestCase):

    def test_from_google(self):
        "The bytes that Google gives are read with padding and without"
        for size in range(6):
            data = b'\xfb\xff>?\r\n'[:size]
            raw = base64.urlsafe_b64encode(data).decode()
            for text in [raw, raw.rstrip('=')]:
                self.assertEqual(mime.from_google(text), data)
    "Whatever a message has, it is what it was when it is composed"

    def check(self, message, to, hidden):
        composed = mime.compose(message)
        self.assertNotRegex(composed.data, rb'(?<!\r)\n|\r(?!\n)')
        self.assertEqual(
            composed.recipients,
            [('to', a) for a in to] + [('bcc', a) for a in hidden])
        found = message_from_bytes(composed.data)
        self.assertEqual(
            [n.lower() for n in found],
            [n.lower() for n in message if n.lower() != 'bcc'])
        return composed

    @settings(
        max_examples=50, deadline=None,
        suppress_health_check=[HealthCheck.too_slow])
    @example(
        name='', subject='Hello\n', body='', to=['a@0.test'],
        hidden=['b@0.test'])
    @given(
        name=names, subject=names, body=lines, to=recipients,
        hidden=recipients)
    def test_email_message(self, name, subject, body, to, hidden):
        hidden = [
            a for a in hidden if a.lower() not in map(str.lower, to)]
        message = EmailMessage()
        try:
            message['From'] = corpus.Address(name, addr_spec=ALICE)
            message['To'] = [
                corpus.Address(name, addr_spec=a) for a in to]
            if hidden:
                message['Bcc'] = hidden
            message['Subject'] = subject
        except ValueError:
            # Python lets no line break in
            self.assertNotEqual(
                (name + subject).splitlines(), [name + subject])
            return
        message['Message-ID'] = '<1@example.com>'
        message.set_content(body)
        if subject.endswith(('\r', '\n')):
            # Python lets it in at the end, and would end the headers there
            with self.assertRaises(mime.MailRefused) as refused:
                mime.compose(message)
            self.assertEqual(refused.exception.code, 'header')
            return
        self.check(message, to, hidden)

    @settings(
        max_examples=50, deadline=None,
        suppress_health_check=[HealthCheck.too_slow])
    @given(
        subject=st.text(
            st.sampled_from('ab :\r\n\t,@<>"') | st.characters(
                exclude_categories=['Cs']), max_size=40),
        body=lines, to=recipients, hidden=recipients)
    def test_message(self, subject, body, to, hidden):
        "The old interface lets line breaks in"
        hidden = [
            a for a in hidden if a.lower() not in map(str.lower, to)]
        message = Message()
        message['From'] = ALICE
        message['To'] = ', '.join(to)
        if hidden:
            message['BCC'] = ', '.join(hidden)
        message['Subject'] = subject
        message['Message-ID'] = '<1@example.com>'
        message.set_payload(body, 'utf-8')
        try:
            self.check(message, to, hidden)
        except mime.MailRefused as refused:
            self.assertIn(refused.code, ['header', 'message'])
            self.assertNotEqual(subject.splitlines(), [subject])


del FidelityCase, GmailTestCase
