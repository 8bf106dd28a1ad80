# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Gmail: whatever a message is, it is shown, searched and sent, or refused

Every answer is checked against the discovery document."""
import base64
import random

from .common import setUpModule, tearDownModule
from .gmail import ANN, GmailTestCase
from .test_gmail_corpus import CORPUS

__all__ = ['setUpModule', 'tearDownModule']
SEED = 4
PIECES = [
    b'\r\n', b'\n', b'\r', b':', b'=?utf-8?b?', b'?=', b'boundary=',
    b'Content-Type: multipart/mixed\r\n',
    b'Content-Type: message/rfc822\r\n', b'\xff', b'\0', b'"', b'<', b'>',
    b'@', b',', b';', b'(((', b"charset*=x''%ff", b'filename*0=a', b'name*="',
    b'Content-Transfer-Encoding: base64\r\n',
    b'Content-Transfer-Encoding: uuencode\r\n', b'Date: x\r\n',
    b'To: \r\n', b'From: <\r\n',
    b'Content-Disposition: attachment; filename="\xff"\r\n']
QUERIES = [
    'from:ann', '"a', '(((', '-', 'OR', 'a OR', '{', 'subject:(', 'in:',
    'label:"x y"', 'has:x', '-(a b) OR {c d}', 'after:1', 'larger:x',
    'rfc822msgid:', 'to:"', ')']


class TestFuzz(GmailTestCase):
    def act(self, method, body=None, **params):
        answer, = self.admin.act_many(ANN, [{
                    'method': f'gmail.users.{method}', 'params': params,
                    'body': body}])
        code = (answer or {}).get('error', {}).get('code')
        self.assertIn(code, {None, 400}, answer)
        return answer

    def mutated(self, source):
        data = bytearray(source.choice(list(CORPUS.values())))
        for _ in range(source.randrange(1, 8)):
            place = source.randrange(len(data[:600]) + 1)
            match source.randrange(5):
                case 0:
                    del data[place:place + source.randrange(20)]
                case 1:
                    data[place:place + 1] = bytes([source.randrange(256)])
                case _:
                    data[place:place] = source.choice(PIECES)
        return bytes(data)

    def test_messages(self):
        source = random.Random(SEED)
        for _ in range(30):
            data = self.mutated(source)
            text = base64.urlsafe_b64encode(data).decode()
            self.admin.receive_mail(ANN, data)
            self.act('messages.send', {'raw': text})
            self.act('drafts.create', {'message': {'raw': text}})
        for found in self.admin.mailbox(ANN):
            for form in ['full', 'metadata', 'raw', 'minimal']:
                self.act('messages.get', id=found['id'], format=form)

    def test_queries(self):
        for data in CORPUS.values():
            self.admin.receive_mail(ANN, data)
        source = random.Random(SEED)
        for query in QUERIES:
            self.act('messages.list', q=query)
        for _ in range(100):
            self.act('threads.list', q=' '.join(
                    source.choices(QUERIES, k=source.randrange(1, 5))))
