# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Gmail: what reaches the mailbox is what was handed over, by the API and by
SMTP, apart from the headers that are added."""
import base64
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from googleapiclient.http import MediaInMemoryUpload

from .common import setUpModule, tearDownModule
from .gmail import ANN, BOB, GmailTestCase, raw

__all__ = ['setUpModule', 'tearDownModule']
HEAD = (
    b'Date: Thu, 01 Jan 2026 10:00:00 +0000\r\nMessage-ID: <a@b.example>\r\n'
    b'From: ann@example.com\r\nTo: bob@example.com\r\n')


def nested():
    message = EmailMessage(policy=SMTP)
    message['Date'] = 'Thu, 01 Jan 2026 10:00:00 +0000'
    message['Message-ID'] = '<nested@b.example>'
    message['From'], message['To'] = ANN, BOB
    message['Subject'] = "Ein sehr langer Betreff mit Umlauten: äöü " * 5
    message.set_content("Text äöü\n")
    message.add_alternative(
        '<p>Text <img src="cid:one"></p>', subtype='html')
    message.get_payload()[1].add_related(
        b'\x89PNG' * 50, 'image', 'png', cid='<one>')
    message.add_attachment(
        bytes(range(256)), maintype='application', subtype='octet-stream',
        filename="Übersicht größer als gedacht und sehr lang.bin")
    inner = EmailMessage(policy=SMTP)
    inner['Subject'] = 'Inner'
    inner['Bcc'] = 'kept@in.example'
    inner.set_content('inner')
    message.add_attachment(inner)
    return message.as_bytes()


def utf8():
    message = EmailMessage(policy=SMTPUTF8)
    message['Date'] = 'Thu, 01 Jan 2026 10:00:00 +0000'
    message['Message-ID'] = '<utf8@b.example>'
    message['From'] = f'Änn <{ANN}>'
    message['To'] = BOB
    message['Subject'] = "Grüße 日本語"
    message.set_content("日本語\n", cte='8bit')
    return message.as_bytes()


CORPUS = {
    'plain': HEAD + b'Subject: x\r\n\r\nbody\r\n',
    'no subject': HEAD + b'\r\nbody\r\n',
    'empty body': HEAD + b'Subject: x\r\n\r\n',
    'dots': HEAD + b'\r\n.\r\n..\r\n.dot\r\n...\r\nend\r\n',
    'blank lines': HEAD + b'\r\n\r\n\r\nbody\r\n\r\n\r\n',
    'eight bits': HEAD + (
        b'Content-Type: text/plain; charset=latin-1\r\n'
        b'Content-Transfer-Encoding: 8bit\r\n\r\n' + bytes(
            range(128, 256)) + b'\r\n'),
    'wrong charset': HEAD + (
        b'Content-Type: text/plain; charset=no-such\r\n\r\n\xff\xfe\r\n'),
    'long line': HEAD + b'\r\n' + b'x' * 20_000 + b'\r\nend\r\n',
    'folded': HEAD + (
        b'Subject: one\r\n two\r\n\tthree\r\nX-Long: ' + b'word ' * 300
        + b'\r\nReferences: <a@b>\r\n <c@d>\r\n\r\nbody\r\n'),
    'odd headers': HEAD + (
        b'X-Empty:\r\nx-lower: 1\r\nX-Twice: 1\r\nX-Twice: 2\r\n'
        b'X-Spaces :  a  \r\n\r\nbody\r\n'),
    'header in latin-1': HEAD + b'Subject: Gr\xfc\xdfe\r\n\r\nbody\r\n',
    'encoded words': HEAD + (
        b'Subject: =?utf-8?b?R3LDvMOfZQ==?= =?no-such?q?x?=\r\n\r\nb\r\n'),
    'tabs and controls': HEAD + b'\r\n\ta\x00\x01\x1a\x7f \r\n',
    'looks like a header': HEAD + b'\r\nBcc: body@b.example\r\nFrom x\r\n',
    'broken multipart': HEAD + (
        b'Content-Type: multipart/mixed; boundary="a"\r\n\r\n'
        b'--a\r\nnot closed\r\n'),
    'nested': nested(),
    'utf8': utf8(),
    }


class TestCorpus(GmailTestCase):
    def setUp(self):
        super().setUp()
        self.admin.options(
            replace_message_id='never', daily_messages=None)

    def arrived(self):
        "Without the headers that were added on top"
        data = self.raws(BOB)[-1]
        self.assertEqual(data.count(b'Delivered-To: '), 1)
        self.assertTrue(data.startswith(b'Delivered-To: bob@example.com'))
        place = data.index(b'\nReceived: ', data.index(b'Return-Path:')) + 1
        while True:
            place = data.index(b'\n', place) + 1
            if data[place:place + 1] not in {b' ', b'\t'}:
                return data[place:]

    def check(self, send):
        for name, data in CORPUS.items():
            with self.subTest(name=name):
                send(data)
                self.assertEqual(self.raws(ANN)[-1], data)
                self.assertEqual(self.arrived(), data)

    def test_json(self):
        messages = self.gmail().messages()
        self.check(lambda data: messages.send(
                userId='me', body=raw(data)).execute())

    def test_media(self):
        messages = self.gmail().messages()
        for resumable in [False, True]:
            self.check(lambda data, resumable=resumable: messages.send(
                    userId='me', media_body=MediaInMemoryUpload(
                        data, 'message/rfc822', resumable=resumable)
                    ).execute())

    def test_multipart(self):
        "Google's client cannot make such a body of a message in 8 bits"
        http = self.gmail().messages()._http
        line = b'--a-line-that-no-message-has'

        def send(data):
            answer, _ = http.request(
                self.emulator.url + '/upload/gmail/v1/users/me/messages/'
                'send?uploadType=multipart', 'POST', b'\r\n'.join([
                        line, b'Content-Type: application/json', b'', b'{}',
                        line, b'Content-Type: message/rfc822', b'', data,
                        line + b'--', b'']), {
                    'Content-Type': 'multipart/related; boundary='
                    + line[2:].decode()})
            self.assertEqual(answer.status, 200)

        self.check(send)

    def test_lines(self):
        "The API keeps LF"
        messages = self.gmail().messages()
        for name, data in CORPUS.items():
            data = data.replace(b'\r\n', b'\n')
            with self.subTest(name=name):
                messages.send(userId='me', body=raw(data)).execute()
                self.assertEqual(self.raws(ANN)[-1], data)
                self.assertEqual(self.arrived(), data)

    def test_draft(self):
        drafts = self.gmail().drafts()

        def send(data):
            made = drafts.create(
                userId='me', body={'message': raw(data)}).execute()
            drafts.send(userId='me', body={'id': made['id']}).execute()

        self.check(send)

    def test_smtp(self):
        smtp = self.smtp()
        self.check(lambda data: smtp.sendmail(
                ANN, [BOB], data,
                mail_options=['BODY=8BITMIME', 'SMTPUTF8']))

    def test_read(self):
        "Every one of them can be shown and searched"
        messages = self.gmail(BOB).messages()
        for data in CORPUS.values():
            self.send(data)
        for found in self.admin.mailbox(BOB):
            shown = messages.get(userId='me', id=found['id']).execute()
            self.assertEqual(shown['sizeEstimate'], len(found['raw']))
            again = messages.get(
                userId='me', id=found['id'], format='raw').execute()
            self.assertEqual(
                base64.urlsafe_b64decode(again['raw']), found['raw'])
        self.assertEqual(
            len(self.ids(self.gmail(BOB), q='from:ann@example.com')),
            len(CORPUS))

    def test_added(self):
        "What is missing is added on top, what is hidden leaves no trace"
        head = b'From: ann@example.com\r\nTo: bob@example.com\r\n'
        for line in [
                b'Bcc: ann@example.com\r\n',
                b'BCC: a@b.example,\r\n c@d.example\r\n']:
            self.send(head + line + b'Subject: x\r\n\r\nbody\r\n')
            self.assertTrue(self.arrived().endswith(
                    head + b'Subject: x\r\n\r\nbody\r\n'))
            self.assertTrue(self.raws(ANN)[-1].endswith(
                    head + line + b'Subject: x\r\n\r\nbody\r\n'))
