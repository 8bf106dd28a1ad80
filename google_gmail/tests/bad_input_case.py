# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What tests of mails that are not sent at once have in common"
import datetime as dt

from trytond.modules.google_gmail.exceptions import MailError

from .tools import CUSTOMER, MESSAGE, GmailTestCase

__all__ = ['BadInputCase']


class BadInputCase(GmailTestCase):

    def fails(self, message, *words):
        "The mail is not sent, nobody is asked for it, and it tells why"
        with self.assertRaises(MailError) as raised:
            self.send(message, strict=True)
        self.assertEqual(self.search(MESSAGE, 'id'), [])
        id, = self.send(message)
        state, error = self.message(id, 'state', 'error')
        self.assertEqual(state, 'failed')
        self.assertEqual(error, raised.exception.message)
        for word in words:
            self.assertIn(word, error)
        self.deliver_all()
        self.assertEqual(self.requests(), [])
        return id

    def waits(self, id):
        "The mail waits; it is sent when its time has come"
        self.assertEqual(self.message(id), 'waiting')
        self.hurry()
        self.deliver_all()
        self.assertEqual(self.message(id, 'state', 'error'), ['sent', ''])

    def count(self, subject, to=CUSTOMER):
        "How often it arrived"
        return sum(
            f'Subject: {subject}\r\n'.encode() in m['raw']
            for m in self.arrived(to))

    def later(self, model, id, **delta):
        "Let the time go by of what was written now"
        names = [
            n for n in [
                'create_date', 'attempted_at', 'next_attempt',
                'next_delivery'] if n in self.model(model)._fields]
        values = dict(zip(names, self.read(model, id, *names)))
        self.update(model, id, **{
                n: v - dt.timedelta(**delta)
                for n, v in values.items() if v})


del GmailTestCase
