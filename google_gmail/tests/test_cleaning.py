# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The bytes of mails are forgotten when nobody needs them, and no sooner"
import datetime as dt
from email import message_from_bytes
from unittest.mock import patch

import trytond.config as config
from trytond.filestore import filestore
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.transaction import Transaction

from .tools import ALICE, CUSTOMER, MESSAGE, GmailTestCase, database, mail

SETTLED = ['sent', 'canceled', 'received']
KEPT = [
    'waiting', 'drafting', 'sending', 'uncertain', 'failed', 'receiving',
    'draft']


class CleaningTestCase(GmailTestCase):
    account_values = {'receive_replies': True}

    def clean_daily(self):
        with database() as pool:
            pool.get('google_integration.synchronization').clean()

    def aged(self, id, days, **values):
        "The message was written so many days ago"
        self.update(
            MESSAGE, id, at=utcnow() - dt.timedelta(days=days), **values)

    def has_data(self, id):
        return bool(self.message(id, 'data'))

    def test_states(self):
        "What may be sent yet is kept whatever its age"
        self.set_service(enabled=False)
        ids = dict(zip(
                SETTLED + KEPT, self.send(*(
                        mail() for _ in SETTLED + KEPT))))
        for state, id in ids.items():
            self.aged(id, 31, state=state)
        self.clean_daily()
        self.assertEqual(
            {s: self.has_data(i) for s, i in ids.items()},
            {s: s in KEPT for s in ids})

    def test_age(self):
        "They are kept for 30 days, or as long as the configuration says"
        self.set_service(enabled=False)
        id, = self.send()
        self.aged(id, 29, state='sent')
        written = self.message(id, 'write_date')
        self.clean_daily()
        self.assertTrue(self.has_data(id))
        if not config.has_section('google_gmail'):
            config.add_section('google_gmail')
        config.set('google_gmail', 'retention_days', '28')
        self.addCleanup(config.set, 'google_gmail', 'retention_days', '30')
        self.clean_daily()
        self.assertFalse(self.has_data(id))
        self.assertEqual(
            self.message(id, 'write_date', 'subject'), [written, "Hello"])

    def test_retried(self):
        "A mail that failed long ago is sent by Retry"
        id, = self.send()
        self.aged(id, 1000, state='failed')
        self.clean_daily()
        with database(1) as pool:
            pool.get(MESSAGE).retry([pool.get(MESSAGE)(id)])
        self.deliver_all()
        self.assertEqual(len(self.arrived()), 1)
        self.assertEqual(self.message(id), 'sent')

    def test_answer(self):
        "The answer to a mail without its bytes finds it, and keeps none"
        self.synchronize()
        id, = self.send()
        self.deliver_all()
        self.aged(id, 31)
        self.clean_daily()
        arrived = message_from_bytes(self.arrived()[0]['raw'])
        self.google.receive_mail(
            ALICE, mail(
                From=CUSTOMER, to=ALICE, In_Reply_To=arrived['Message-ID'],
                Message_ID='<answer@customer.test>').as_bytes(),
            sender=CUSTOMER)
        self.synchronize()
        answer, = (i for i in self.search(MESSAGE, 'id') if i != id)
        self.assertEqual(
            self.message(answer, 'state', 'in_reply_to', 'data'),
            ['received', id, None])

    def test_file_store(self):
        "The files of the file store are removed by its task"
        with database() as pool:
            field = pool.get(MESSAGE).data
        self.enterContext(patch.object(field, 'file_id', 'data_id'))
        id, = self.send()
        file_id = self.message(id, 'data_id')
        self.assertTrue(file_id)
        self.aged(id, 31, state='sent')
        self.clean_daily()
        self.assertEqual(self.message(id, 'data_id', 'data'), [None, None])
        self.assertEqual(self.search('ir.filestore.queue', 'file_id'), [
                file_id])
        with database() as pool:
            self.assertIsNone(pool.get(MESSAGE).data.store_prefix)
            Queue = pool.get('ir.filestore.queue')
            bookkeeping.update(Queue, Queue.search([]), {
                    'create_date': utcnow() - dt.timedelta(days=91)})
            Queue.remove()
            with self.assertRaises(FileNotFoundError):
                filestore.get(file_id, Transaction().database.name)
        self.assertEqual(self.search('ir.filestore.queue', 'file_id'), [])


del GmailTestCase
