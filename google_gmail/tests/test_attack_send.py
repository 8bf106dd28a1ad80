# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Who would lose a mail, send it twice, or have another one sent"
import unittest
from email.message import EmailMessage, Message
from email.mime.text import MIMEText

from trytond.modules.google_gmail import mime
from trytond.modules.google_gmail.delivery import Delivery

from .bad_input_case import BadInputCase
from .tools import ACCOUNT, ALICE, CUSTOMER, database


class InjectionTestCase(unittest.TestCase):
    "A header is not two of them"

    def compose(self, message, **headers):
        message['From'] = ALICE
        message['To'] = CUSTOMER
        message['Message-ID'] = '<1@example.com>'
        for name, value in headers.items():
            message[name] = value
        return mime.compose(message)

    def test_separators(self):
        "What str.splitlines takes for the end of a line"
        for make in [Message, EmailMessage, lambda: MIMEText("Hello")]:
            for separator in '\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029':
                for text in [
                        f'Hello{separator}Bcc: thief@customer.test',
                        f'Hello{separator * 2}another text']:
                    with self.subTest(make=make, text=text):
                        self.check_subject(make, text)

    def check_subject(self, make, text):
        try:
            found = self.compose(
                make(), Subject=text, Cc='other@example.com')
        except mime.MailRefused as error:
            self.assertIn(error.code, ['header', 'message'])
            return
        except ValueError:
            # the library takes no such header
            return
        head, _, _ = found.data.partition(b'\r\n\r\n')
        self.assertNotIn(b'\r\nBcc:', head)
        self.assertIn(b'\r\nCc:', head)

    def test_line_ends(self):
        "No line ends by CR or LF alone"
        for data in [
                'Hello\n.\nMAIL FROM:<a@b.c>\n', 'Hello\r.\rQUIT\r',
                'Hello\n.\r\nQUIT', '.\r\nHello']:
            message = Message()
            message.set_payload(data)
            with self.subTest(data=data):
                found = self.compose(message, Subject='Hello\n\tyou')
                self.assertNotRegex(found.data, rb'(?<!\r)\n|\r(?!\n)')


class DecisionTestCase(BadInputCase):
    "A person decides while Google is asked"

    def test_deleted_account(self):
        "Its task ends, and is not queued for ever"
        id = self.account
        with database() as pool:
            Account = pool.get(ACCOUNT)
            Account.delete([Account(id)])
            Queue = pool.get('ir.queue')
            Queue.delete(Queue.search([]))
        with database() as pool:
            self.assertFalse(Delivery(pool.get(ACCOUNT), id)())
        with database(commit=False) as pool:
            queued = [
                t for t in pool.get('ir.queue').search([])
                if t.data['instances']]
        self.assertEqual(queued, [])


del BadInputCase
