# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What strangers send: it is kept or not, and never stops what follows"
from trytond.modules.google_gmail import mapping

from .test_rule import RuleCase
from .tools import ACCOUNT, ALICE, CUSTOMER, MESSAGE, database


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


del RuleCase
