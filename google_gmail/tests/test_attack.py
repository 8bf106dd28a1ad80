# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What strangers send: it is kept or not, and never stops what follows"
import string
import unittest

from trytond.modules.google_gmail import mapping

from .test_rule import RuleCase
from .tools import ACCOUNT, ALICE, CUSTOMER, MESSAGE, database


class DeepTestCase(unittest.TestCase):
    "Parts within parts, too deep to be read"

    def test_deep(self):
        part = (
            b'--%d\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n')
        data = (
            b'X-Failed-Recipients: a@c.test\r\n'
            b'Content-Type: multipart/mixed; boundary=0\r\n\r\n' + b''.join(
                part % (i, i + 1) for i in range(2000)))
        content = mapping.content_of(data)
        self.assertEqual(content.text, None)
        (_, type_, found), = content.attachments
        self.assertEqual((type_, found), ('message/rfc822', data))
        self.assertEqual(mapping.bounce_of(data), None)


class StrangerTestCase(RuleCase):
    "A rule is for any mail"

    def raw(self, *headers, body="Hello\r\n", sender=CUSTOMER, subject="Raw"):
        "A mail arrives of which the bytes are told, and is synchronised"
        lines = [
            f'From: {sender}', f'To: {ALICE}', f'Subject: {subject}',
            *headers]
        data = '\r\n'.join(lines).encode() + b'\r\n\r\n' + (
            body if isinstance(body, bytes) else body.encode())
        self.google.receive_mail(ALICE, data, sender=CUSTOMER)
        self.synchronize()

    def last(self, *names):
        "The values of the last mail received"
        id = self.search(MESSAGE, 'id', domain=[('direction', '=', 'in')])[-1]
        return self.message(id, *names)

    def test_strange_bounce(self):
        "What only calls itself a bounce is not kept"
        for headers in [
                ['X-Failed-Recipients: '],
                ['X-Failed-Recipients: nobody@customer.test'],
                ['Content-Type: text/plain; x="multipart/report; '
                    'delivery-status"'],
                ['Content-Type: multipart/report; boundary=a; '
                    'report-type=delivery-status']]:
            with self.subTest(headers=headers):
                self.raw('Message-ID: <b@c.test>', *headers)
                self.assertEqual(self.search(MESSAGE, 'id'), [])

    def test_long_identifier(self):
        "It would not fit in an index"
        self.rule()
        name = ''.join(
            string.ascii_letters[hash((i, 'a')) % 52] for i in range(9000))
        name = '\r\n '.join(
            name[i:i + 900] for i in range(0, len(name), 900))
        self.raw(f'Message-ID: <{name}@c.test>')
        self.assertEqual(self.last('state', 'error'), ['received', ''])

    def test_many_references(self):
        self.rule()
        names = '\r\n '.join(f'<{i}@c>' for i in range(140000))
        self.raw('Message-ID: <m@c.test>', f'References: {names}')
        self.assertEqual(self.last('state', 'error'), ['received', ''])

    def test_folded_identifier(self):
        self.rule()
        self.raw('Message-ID:\r\n <f@c.test>\r\n <g@c.test>')
        self.assertEqual(self.last('state', 'error', 'body'), [
                'received', '', "Hello"])
        self.assertEqual(len(self.answers()), 1)

    def test_no_characters(self):
        "What a database can not keep"
        self.rule()
        self.raw(
            'Message-ID: <n\x00@c.test>',
            'Content-Type: multipart/mixed; boundary=b',
            subject="Null \x00", body=b'--b\r\n\r\nHe\x00llo\r\n'
            b'--b\r\nContent-Disposition: attachment; filename="\xe9\x00.txt"'
            b'\r\n\r\nA\x00\r\n--b--\r\n')
        self.assertEqual(self.last('state', 'error', 'body'), [
                'received', '', "Hello"])

    def test_author(self):
        "Who has no address that can be written to gets no answer"
        self.rule()
        for number, sender in enumerate([
                '"a b"@c.test', 'a\\b@c.test', 'é@c.test', 'a@b@c.test',
                '"@" <@>', 'a@' + 'b' * 400 + '.test', 'a@é..test',
                'A <a@[127.0.0.1]>', '=?utf-8?q?a=0D=0AX:_y?= <x@c.test>']):
            with self.subTest(sender=sender):
                self.raw(f'Message-ID: <{number}@c.test>', sender=sender)
                self.assertEqual(self.last('state', 'error', 'body'), [
                        'received', '', "Hello"])
        self.assertEqual(set(self.states()), {'received', 'waiting'})

    def test_failing_rule(self):
        "An answer that can not be made does not lose the mail"
        self.rule(body="${record.nothing.at_all}")
        self.raw('Message-ID: <t@c.test>')
        state, body, error = self.last('state', 'body', 'error')
        self.assertEqual((state, body), ('received', "Hello"))
        self.assertIn('"Rule"', error)
        self.assertEqual(self.answers(), [])

    def test_many_parts(self):
        self.rule()
        part = (
            b'--b\r\nContent-Disposition: attachment; filename=a\r\n\r\nA\r\n')
        self.raw(
            'Message-ID: <p@c.test>',
            'Content-Type: multipart/mixed; boundary=b',
            body=part * 20000 + b'--b--\r\n')
        self.assertEqual(self.last('state', 'error'), ['received', ''])
        with database(commit=False) as pool:
            self.assertLess(pool.get('ir.attachment').search(
                    [], count=True), 500)

    def test_page_expired(self):
        "A page that Google does not know any more is asked for otherwise"
        self.rule()
        with database() as pool:
            account = pool.get(ACCOUNT)(self.account)
            cursor = mapping.loads_cursor(account.cursor)
        for values in [{}, {'since': 0}]:
            with self.subTest(values=values):
                self.update(
                    ACCOUNT, self.account, cursor=mapping.cursor_of(
                        cursor['history'], page='expired', **values))
                self.raw(f'Message-ID: <{len(values)}@c.test>')
                self.assertEqual(
                    self.last('message_id'), f'<{len(values)}@c.test>')

    def test_names(self):
        "An attachment has the name of a file, without its path"
        self.rule()
        self.raw(
            'Message-ID: <a@c.test>',
            'Content-Type: multipart/mixed; boundary=b',
            body='--b\r\nContent-Disposition: attachment; '
            'filename="../../etc/x\ty"\r\n\r\nA\r\n'
            '--b\r\nContent-Disposition: attachment; '
            'filename="C:\\\\Windows\\\\' + 'a' * 3000 + '.exe"\r\n\r\nA\r\n'
            '--b--\r\n')
        with database(commit=False) as pool:
            names = [a.name for a in pool.get('ir.attachment').search([])]
        self.assertEqual(len(names), 2)
        for name in names:
            self.assertFalse(set(name) & set('/\\\t'), name)
            self.assertLess(len(name), 256)


del RuleCase
