# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Contents that nobody has any more are removed from the disk"
import datetime as dt
from unittest import TestCase

from trytond.filestore import filestore
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.pool import Pool
from trytond.tests.test_tryton import activate_module, with_transaction
from trytond.transaction import Transaction


class FileStoreTestCase(TestCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        activate_module('google_integration')

    @with_transaction()
    def test_remove(self):
        "Without store_prefix, and what was queued with a prefix"
        pool = Pool()
        Attachment = pool.get('ir.attachment')
        Queue = pool.get('ir.filestore.queue')
        name = Transaction().database.name
        self.assertIsNone(Attachment.data.store_prefix)
        attachment, = Attachment.create([{
                    'name': "a", 'data': b'one', 'resource': 'res.user,1'}])
        former = attachment.file_id
        Attachment.write([attachment], {'data': b'two'})
        queued, = Queue.search([])
        self.assertEqual((queued.file_id, queued.prefix), (former, None))
        other = filestore.set(b'other', prefix='other')
        Queue.create([{
                    'file_id': other, 'prefix': 'other',
                    'model': 'ir.attachment', 'field': 'data'}])
        Queue.remove()
        self.assertEqual(filestore.get(former, name), b'one')
        bookkeeping.update(Queue, Queue.search([]), {
                'create_date': utcnow() - dt.timedelta(days=91)})
        Queue.remove()
        for file_id, prefix in [(former, name), (other, 'other')]:
            with self.subTest(prefix=prefix), \
                    self.assertRaises(FileNotFoundError):
                filestore.get(file_id, prefix)
        self.assertEqual(filestore.get(attachment.file_id, name), b'two')
        self.assertEqual(Queue.search([]), [])
