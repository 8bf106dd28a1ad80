# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What bounces of several servers, and odd mails, tell"
from email.message import EmailMessage
from unittest import TestCase
from unittest.mock import patch

from trytond.modules.google_gmail import composing, mapping

ORIGINAL = '<out@example.com>'


def report(status, original=None, headers='', type_='message/rfc822'):
    "The bytes of a report [RFC 3464]"
    original = original or (
        f'From: alice@example.com\r\nMessage-ID: {ORIGINAL}\r\n'
        'Subject: Hello\r\n\r\nHow are you?\r\n')
    return (
        'From: MAILER-DAEMON@mx.test\r\nTo: alice@example.com\r\n'
        'Subject: Undelivered Mail Returned to Sender\r\n'
        f'{headers}MIME-Version: 1.0\r\n'
        'Content-Type: multipart/report; report-type=delivery-status;\r\n'
        ' boundary="b"\r\n\r\n'
        '--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n'
        '--b\r\nContent-Type: message/delivery-status\r\n\r\n'
        f'{status}\r\n'
        f'--b\r\nContent-Type: {type_}\r\n\r\n{original}\r\n--b--\r\n'
        ).encode()


POSTFIX = report(
    'Reporting-MTA: dns; mx.test\r\nX-Postfix-Queue-ID: 1234\r\n'
    'X-Postfix-Sender: rfc822; alice@example.com\r\n\r\n'
    'Final-Recipient: rfc822; Nobody@customer.test\r\n'
    'Original-Recipient: rfc822;nobody@customer.test\r\n'
    'Action: failed\r\nStatus: 5.1.1\r\nRemote-MTA: dns; mx.customer.test\r\n'
    'Diagnostic-Code: smtp; 550 5.1.1 <nobody@customer.test>: Recipient\r\n'
    '    address rejected: User unknown in virtual mailbox table\r\n')
EXCHANGE = report(
    'Reporting-MTA: dns;DB9PR04.eurprd04.prod.outlook.com\r\n'
    'Received-From-MTA: dns;mail.example.com\r\n\r\n'
    'Final-Recipient: rfc822;nobody@customer.test\r\n'
    'Action: failed\r\nStatus: 5.1.10\r\n'
    'Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound;'
    ' Recipient not found\r\n',
    headers=f'In-Reply-To: {ORIGINAL}\r\nReferences: {ORIGINAL}\r\n'
    'X-MS-Exchange-Message-Is-Ndr:\r\n')
SENDMAIL = report(
    'Reporting-MTA: dns; mx.test\r\nArrival-Date: Mon, 30 Nov 2026\r\n\r\n'
    'Final-Recipient: RFC822; nobody@customer.test\r\nAction: failed\r\n'
    'Status: 5.1.1\r\nDiagnostic-Code: SMTP; 550 User unknown\r\n',
    original=f'Return-Path: <alice@example.com>\r\nMessage-Id: {ORIGINAL}\r\n',
    type_='text/rfc822-headers')
GMAIL = report(
    'Reporting-MTA: dns; googlemail.com\r\n'
    'X-Original-Message-ID: <out@example.com>\r\n\r\n'
    'Final-Recipient: rfc822; nobody@customer.test\r\nAction: failed\r\n'
    'Status: 5.1.1\r\nDiagnostic-Code: smtp; 550-5.1.1 The email account'
    ' that you tried to reach does not exist.\r\n',
    headers='X-Failed-Recipients: nobody@customer.test\r\n'
    f'In-Reply-To: {ORIGINAL}\r\nAuto-Submitted: auto-replied\r\n')
EXIM = (
    'From: Mail Delivery System <Mailer-Daemon@mx.test>\r\n'
    'To: alice@example.com\r\nAuto-Submitted: auto-replied\r\n'
    'X-Failed-Recipients: nobody@customer.test,\r\n other@customer.test\r\n'
    f'References: {ORIGINAL}\r\n'
    'Subject: Mail delivery failed: returning message to sender\r\n\r\n'
    'This message was created automatically by mail delivery software.\r\n'
    ).encode()


class BounceTestCase(TestCase):

    def test_formats(self):
        for name, data, reason in [
                ('Postfix', POSTFIX, "User unknown in virtual"),
                ('Exchange', EXCHANGE, "RecipientNotFound"),
                ('Sendmail', SENDMAIL, "550 User unknown"),
                ('Gmail', GMAIL, "does not exist"),
                ('Exim', EXIM, ""),
                ]:
            with self.subTest(name=name):
                bounce = mapping.bounce_of(data)
                self.assertEqual(bounce.references, [ORIGINAL])
                self.assertIn('nobody@customer.test', bounce.failed)
                self.assertIn(
                    reason, bounce.failed['nobody@customer.test'])
        self.assertIn(
            'other@customer.test', mapping.bounce_of(EXIM).failed)

    def test_forwarded(self):
        "The address that was written to is told, not where it leads"
        bounce = mapping.bounce_of(report(
                'Reporting-MTA: dns; mx.test\r\n\r\n'
                'Original-Recipient: rfc822;nobody@customer.test\r\n'
                'Final-Recipient: rfc822;<elsewhere@other.test>\r\n'
                'Action: failed\r\nStatus: 5.2.2\r\n'))
        self.assertEqual(bounce.failed, {
                'nobody@customer.test': '5.2.2',
                'elsewhere@other.test': '5.2.2'})

    def test_several(self):
        "Only who was not reached"
        bounce = mapping.bounce_of(report(
                'Reporting-MTA: dns; mx.test\r\n\r\n'
                'Final-Recipient: rfc822; a@customer.test\r\n'
                'Action: failed\r\nStatus: 5.1.1\r\n\r\n'
                'Final-Recipient: rfc822; b@customer.test\r\n'
                'Action: delayed\r\nStatus: 4.4.1\r\n\r\n'
                'Final-Recipient: rfc822; c@customer.test\r\n'
                'Action: delivered\r\nStatus: 2.0.0\r\n'))
        self.assertEqual(list(bounce.failed), ['a@customer.test'])

    def test_odd(self):
        "What is no report, or a broken one, harms nobody"
        broken = report('').replace(
            b'message/delivery-status\r\n\r\n\r\n',
            b'message/delivery-status\r\n'
            b'Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n')
        self.assertEqual(mapping.bounce_of(broken).failed, {})
        for data in [
                b'', b'Subject: Hello\r\n\r\nHello\r\n',
                b'Content-Type: multipart/mixed\r\n\r\nno boundary\r\n']:
            self.assertIsNone(mapping.bounce_of(data))


class ContentTestCase(TestCase):

    def test_odd(self):
        for data, text in [
                (b'', ''),
                (b'\r\nNo headers', 'No headers'),
                (b'Subject: x\r\n\r\nHello', 'Hello'),
                (b'Content-Type: text/plain; charset=nothing\r\n\r\nH\xc3\xa9',
                    'H\xe9'),
                (b'Content-Type: text/plain; charset=utf-8\r\n\r\nH\xe9',
                    'H\ufffd'),
                (b'Content-Type: text/plain\r\n'
                    b'Content-Transfer-Encoding: base64\r\n\r\nSGVsbG8', 'Hel'
                    'lo'),
                (b'Content-Type: multipart/mixed\r\n\r\nno boundary', None),
                (b'Content-Type: /;;=\r\n\r\nHello', None),
                (b'Content-Type: multipart/mixed; boundary=b\r\n\r\n'
                    b'--b\r\n\r\nHello\r\n', 'Hello'),
                ]:
            with self.subTest(data=data):
                found = mapping.content_of(data).text
                if text is not None:
                    self.assertEqual((found or '').strip(), text)

    def test_forwarded(self):
        "A mail that is attached is one file, whatever it holds"
        inner = EmailMessage()
        inner['Subject'] = "Inner"
        inner.set_content("Inside\n")
        inner.add_attachment(
            b'x', maintype='application', subtype='pdf', filename="in.pdf")
        outer = EmailMessage()
        outer['Subject'] = "Fwd: Inner"
        outer.set_content("See below\n")
        outer.add_attachment(inner)
        content = mapping.content_of(outer.as_bytes())
        self.assertEqual(content.text.strip(), "See below")
        (name, type_, data), = content.attachments
        self.assertEqual((name, type_), ('message.eml', 'message/rfc822'))
        self.assertIn(b'in.pdf', data)

    def test_inline(self):
        "Images of the HTML are attachments if they have a name"
        message = EmailMessage()
        message.set_content("Text\n")
        message.add_alternative("<p>HTML</p>", subtype='html')
        message.get_payload()[1].add_related(
            b'png', 'image', 'png', cid='<1>', filename="logo.png")
        content = mapping.content_of(message.as_bytes())
        self.assertEqual(
            (content.text.strip(), content.html.strip()),
            ("Text", "<p>HTML</p>"))
        self.assertEqual(
            content.attachments, [("logo.png", 'image/png', b'png')])


class TextTestCase(TestCase):

    def test_text(self):
        "With html2text or without"
        for html, words in [
                ('', []),
                ('<!DOCTYPE html><html><head><title>T</title><style>p {}'
                    '</style></head><body><p>Dear <b>Jürgen</b></p>'
                    '<p>Hello</p></body></html>',
                    ["Dear", "Jürgen", "Hello"]),
                ('<?xml version="1.0" encoding="latin-1"?><p>Hé</p>', ["Hé"]),
                ('<!-- nothing -->', []),
                ]:
            for text in [None, 'installed']:
                with self.subTest(html=html, text=text), patch.object(
                        composing, 'html_to_text', lambda _, t=text: t):
                    found = composing.text_of(html)
                    self.assertEqual(
                        [w.strip('*') for w in found.split()],
                        [text] if text else words)


class ReceivedTestCase(TestCase):

    def received(self, **headers):
        return mapping.received({
                'id': '1', 'threadId': '2', 'internalDate': 'x',
                'payload': {'headers': [
                        {'name': n.replace('_', '-'), 'value': v}
                        for n, v in headers.items()]}})

    def test_automatic(self):
        for automatic, headers in [
                (False, {}),
                (False, {'Auto_Submitted': 'no'}),
                (False, {'Auto_Submitted': ' No ; comment'}),
                (True, {'Auto_Submitted': 'auto-generated'}),
                (True, {'auto_submitted': 'AUTO-REPLIED (vacation)'}),
                (True, {'Precedence': 'Bulk'}),
                (False, {'Precedence': 'normal'}),
                (True, {'Return_Path': '<>'}),
                (False, {'Return_Path': '<a@customer.test>'}),
                (True, {'List_Id': '<list.test>'}),
                (True, {'From': 'noreply@customer.test'}),
                (True, {'From': 'No-Reply <no-reply@customer.test>'}),
                (True, {'From': 'postmaster@customer.test'}),
                (True, {'From': 'owner-list@customer.test'}),
                (True, {'From': 'list-request@customer.test'}),
                (True, {'From': 'nothing'}),
                (False, {'From': 'norepla@customer.test'}),
                ]:
            with self.subTest(headers=headers):
                self.assertEqual(
                    self.received(
                        **{'From': 'a@customer.test', **headers}).automatic,
                    automatic)

    def test_references(self):
        "The nearest is the last"
        self.assertEqual(
            self.received(
                References='<1@a>\r\n <2@a>', In_Reply_To='<3@a> (Alice)',
                ).references, ['<1@a>', '<2@a>', '<3@a>'])
        self.assertEqual(
            self.received(In_Reply_To='your mail of Monday').references, [])

    def test_bounce(self):
        for bounce, headers in [
                (True, {'X_Failed_Recipients': 'a@b.c'}),
                (True, {'Content_Type': 'multipart/report; report-type='
                    '"delivery-status"; boundary=b'}),
                (False, {'Content_Type': 'multipart/report; report-type='
                    'disposition-notification; boundary=b'}),
                ]:
            found = self.received(From='a@b.c', **headers)
            self.assertEqual(found.bounce, bounce)
