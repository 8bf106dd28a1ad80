# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The contents of attachments as files"
import hashlib
import os
import tempfile
import time
import tracemalloc
from contextlib import contextmanager
from unittest import TestCase
from unittest.mock import patch

import trytond.config as config
from trytond import filestore as trytond_filestore
from trytond.exceptions import UserError
from trytond.modules.google_drive import store
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import Pool
from trytond.tests.test_tryton import activate_module, with_transaction
from trytond.transaction import Transaction

MIB = 1024 * 1024


def setUpModule():
    activate_module('google_drive')


class OtherStore(trytond_filestore.FileStore):
    "A store of somebody else's, as one that encrypts"

    def get(self, id, prefix=''):
        return super().get(id, prefix)[::-1]

    def set(self, data, prefix=''):
        return super().set(data[::-1], prefix)


class StoreTestCase(TestCase):

    def setUp(self):
        super().setUp()
        self.folder = self.enterContext(tempfile.TemporaryDirectory())
        self.configure('database', 'path', self.folder)
        if not config.has_section('google_drive'):
            config.add_section('google_drive')

    def configure(self, section, option, value):
        self.addCleanup(
            config.set, section, option,
            config.get(section, option, default=''))
        config.set(section, option, value)

    def files(self):
        "The files of the store, and the temporary ones"
        stored, temporary = [], []
        for path, _, names in os.walk(self.folder):
            found = temporary if path.endswith('.google_drive') else stored
            found.extend(os.path.join(path, name) for name in names)
        return stored, temporary

    @staticmethod
    def read(path):
        with open(path, 'rb') as file:
            return file.read()

    def attachment(self, data=b'content'):
        Attachment = Pool().get('ir.attachment')
        User = Pool().get('res.user')
        attachment, = Attachment.create([{
                    'name': 'a.txt',
                    'resource': str(User(1)),
                    'data': data,
                    }])
        return Attachment(attachment.id)

    def temporary(self, data=b'content'):
        path = store.temporary()
        with open(path, 'xb') as file:
            file.write(data)
        return path

    @contextmanager
    def other(self):
        "Another store"
        with (patch.object(store, 'filestore', OtherStore()),
                patch('trytond.model.fields.binary.filestore',
                    store.filestore)):
            yield

    @contextmanager
    def database(self):
        "[attachment] filestore = False"
        Attachment = Pool().get('ir.attachment')
        with patch.object(Attachment.data, 'file_id', None):
            yield

    def refused(self, code, function, *args):
        with self.assertRaises(ItemError) as caught:
            function(*args)
        self.assertEqual(caught.exception.code, f'google_drive.{code}')
        return caught.exception


class SourceTestCase(StoreTestCase):

    @with_transaction()
    def test_store(self):
        "With the store of trytond nothing is copied"
        attachment = self.attachment()
        stored, _ = self.files()
        with store.source(attachment) as source:
            self.assertEqual([source.path], stored)
            self.assertEqual((source.size, source.temporary), (7, False))
            self.assertEqual(self.read(source.path), b'content')
        self.assertEqual(self.files(), (stored, []))

    @with_transaction()
    def test_large(self):
        "Nor is it read: a content is as large as it is"
        attachment = self.attachment()
        (path,), _ = self.files()
        os.truncate(path, 64 * MIB)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self.assertEqual(store.source(attachment).size, 64 * MIB)
        self.assertLess(tracemalloc.get_traced_memory()[1], MIB)

    @with_transaction()
    def test_copied(self):
        "What can only be read whole is copied, and the copy removed"
        for place in [self.other, self.database]:
            with self.subTest(place=place.__name__), place():
                attachment = self.attachment()
                with store.source(attachment) as source:
                    self.assertEqual(
                        (source.size, source.temporary), (7, True))
                    self.assertEqual(self.files()[1], [source.path])
                    self.assertEqual(self.read(source.path), b'content')
                self.assertEqual(self.files()[1], [])

    @with_transaction()
    def test_before_the_store(self):
        "What was attached before there was a store is in the database"
        with self.database():
            attachment = self.attachment()
        with store.source(attachment) as source:
            self.assertEqual(self.read(source.path), b'content')

    @with_transaction()
    def test_empty(self):
        for data in [b'', None]:
            attachment = self.attachment(data)
            with store.source(attachment) as source:
                self.assertEqual((source.size, source.temporary), (0, True))
                self.assertEqual(self.read(source.path), b'')
        self.assertEqual(self.files(), ([], []))

    @with_transaction()
    def test_limit(self):
        "What is too large is refused before it is read"
        self.configure('google_drive', 'store_limit', '6')
        with self.other():
            attachment = self.attachment()
            with patch.object(OtherStore, 'get') as get:
                error = self.refused(
                    'store_limit', store.source, attachment)
            get.assert_not_called()
            self.assertEqual(error.arguments, {'size': '7', 'limit': '6'})
        with self.database():
            attachment = self.attachment()
            with patch.object(store, '_content') as content:
                self.refused('store_limit', store.source, attachment)
            content.assert_not_called()
        self.assertEqual(store.source(self.attachment()).size, 7)
        self.configure('google_drive', 'store_limit', '7')
        with self.database():
            store.source(attachment).discard()

    @with_transaction()
    def test_bad_limit(self):
        for value in ['much', '-1']:
            self.configure('google_drive', 'store_limit', value)
            with self.database(), self.assertRaises(UserError) as caught:
                store.source(self.attachment())
            self.assertIn('store_limit', str(caught.exception))

    @with_transaction()
    def test_missing(self):
        attachment = self.attachment()
        os.remove(self.files()[0][0])
        self.refused('store_missing', store.source, attachment)
        with self.other():
            self.refused('store_missing', store.source, attachment)
        Attachment = Pool().get('ir.attachment')
        Attachment.delete([Attachment(attachment.id)])
        self.refused('store_missing', store.source, attachment)

    @with_transaction()
    def test_full_disk(self):
        "A copy that could not be written is not left"
        with self.database():
            attachment = self.attachment()
            with patch.object(store, 'open', create=True) as opened:
                def fail(path, mode):
                    open(path, mode).close()
                    raise OSError
                opened.side_effect = fail
                with self.assertRaises(OSError):
                    store.source(attachment)
        self.assertEqual(self.files()[1], [])


class TakeTestCase(StoreTestCase):

    def take(self, path):
        return store.take(path, Transaction().database.name)

    @with_transaction()
    def test_take(self):
        "The content is that of an attachment, and it was not copied"
        path = self.temporary()
        inode = os.stat(path).st_ino
        file_id = self.take(path)
        attachment = self.attachment(None)
        attachment.file_id = file_id
        attachment.save()
        Transaction().commit()
        (stored,), temporary = self.files()
        self.assertEqual(temporary, [])
        self.assertEqual(os.stat(stored).st_ino, inode)
        self.assertEqual(os.path.basename(stored), file_id)
        Attachment = Pool().get('ir.attachment')
        self.assertEqual(Attachment(attachment.id).data, b'content')
        self.assertEqual(Attachment(attachment.id).data_size, 7)

    @with_transaction()
    def test_mode(self):
        "The file has the rights of those of trytond, its folder nobody's"
        self.take(self.temporary())
        self.attachment(b'other')
        Transaction().commit()
        modes = {os.stat(path).st_mode for path in self.files()[0]}
        self.assertEqual(len(modes), 1)
        folder = os.path.join(self.folder, '.google_drive')
        self.assertEqual(os.stat(folder).st_mode & 0o777, 0o700)

    @with_transaction()
    def test_twice(self):
        "The same content twice is two: each may be deleted"
        path = self.temporary()
        first, second = self.take(path), self.take(path)
        self.assertNotEqual(first, second)
        Transaction().commit()
        trytond_filestore.filestore.delete(
            first, Transaction().database.name)
        self.assertEqual(
            trytond_filestore.filestore.get(
                second, Transaction().database.name), b'content')

    @with_transaction()
    def test_rollback(self):
        "It is taken back with the transaction, and can be taken again"
        for place in [self.other, None]:
            path = self.temporary()
            with place() if place else patch.object(store, 'LIMIT', 0):
                self.take(path)
                Transaction().rollback()
                self.assertEqual(self.files(), ([], [path]))
                file_id = self.take(path)
                Transaction().commit()
                # which is not undone by what comes after
                Transaction().rollback()
                self.assertEqual(
                    store.filestore.get(
                        file_id, Transaction().database.name), b'content')
            stored, temporary = self.files()
            self.assertEqual((len(stored), temporary), (1, []))
            os.remove(stored[0])

    @with_transaction()
    def test_empty(self):
        "As in Tryton, an empty content is none"
        path = self.temporary(b'')
        self.assertIsNone(self.take(path))
        Transaction().commit()
        self.assertEqual(self.files(), ([], []))

    @with_transaction()
    def test_other_disk(self):
        path = self.temporary()
        with patch.object(os, 'link', side_effect=OSError):
            self.take(path)
        Transaction().commit()
        (stored,), temporary = self.files()
        self.assertEqual((self.read(stored), temporary), (b'content', []))

    @with_transaction()
    def test_limit(self):
        self.configure('google_drive', 'store_limit', '6')
        path = self.temporary()
        with self.other():
            self.refused('store_limit', self.take, path)
        with self.database():
            self.refused('store_limit', store.values, path)
        self.assertEqual(self.files(), ([], [path]))
        self.take(path)

    @with_transaction()
    def test_prefix(self):
        "Nothing leaves the store"
        path = self.temporary()
        with self.assertRaises(ValueError):
            store.take(path, '../elsewhere')


class ValuesTestCase(StoreTestCase):

    @with_transaction()
    def test_values(self):
        "An attachment gets its content, wherever it is kept"
        Attachment = Pool().get('ir.attachment')
        for place in [None, self.other, self.database]:
            with place() if place else patch.object(store, 'LIMIT', 0):
                for data in [b'new', b'']:
                    attachment = self.attachment(b'old')
                    Attachment.write(
                        [attachment], store.values(
                            self.temporary(data), [attachment]))
                    self.assertEqual(
                        Attachment(attachment.id).data or b'', data)
        Transaction().commit()
        self.assertEqual(self.files()[1], [])

    @with_transaction()
    def test_replaced(self):
        "The former content is removed, as trytond does it"
        pool = Pool()
        Attachment = pool.get('ir.attachment')
        Queue = pool.get('ir.filestore.queue')
        attachment, kept = self.attachment(b'old'), self.attachment(b'kept')
        former = attachment.file_id
        Attachment.write(
            [attachment], store.values(self.temporary(b'new'), [attachment]))
        queued, = Queue.search([])
        self.assertEqual(
            (queued.file_id, queued.model, queued.field),
            (former, 'ir.attachment', 'data'))
        Transaction().commit()
        # until then it is there, whoever reads it just now
        self.assertEqual(len(self.files()[0]), 3)
        self.assertEqual(Attachment(attachment.id).data, b'new')
        self.assertEqual(Attachment(kept.id).data, b'kept')

    @with_transaction()
    def test_column(self):
        "Of what was in the database nothing is left there"
        Attachment = Pool().get('ir.attachment')
        with self.database():
            attachment = self.attachment(b'old')
        Attachment.write(
            [attachment], store.values(self.temporary(b''), [attachment]))
        self.assertIsNone(Attachment(attachment.id).data)


class TemporaryTestCase(StoreTestCase):

    def test_sweep(self):
        "What a killed process left is removed after a day, and no more"
        old, new = self.temporary(), self.temporary()
        kept = os.path.join(self.folder, 'other.sqlite')
        for path in [old, kept]:
            with open(path, 'ab'):
                pass
            past = time.time() - store.AGE - 1
            os.utime(path, (past, past))
        os.mkdir(os.path.join(self.folder, '.google_drive', 'folder'))
        os.symlink(
            kept, os.path.join(self.folder, '.google_drive', 'link'))
        self.assertEqual(store.sweep(), 1)
        self.assertFalse(os.path.exists(old))
        self.assertTrue(os.path.exists(new))
        self.assertTrue(os.path.exists(kept))
        self.assertEqual(store.sweep(), 0)

    def test_discard(self):
        path = self.temporary()
        store.discard(path)
        store.discard(path)
        self.assertEqual(self.files(), ([], []))

    def test_path(self):
        "The folder can be elsewhere"
        folder = os.path.join(self.folder, 'elsewhere')
        self.configure('google_drive', 'temporary_path', folder)
        self.assertEqual(os.path.dirname(store.temporary()), folder)

    def test_digests(self):
        data = bytes(3 * MIB + 5)
        path = self.temporary(data)
        self.assertEqual(store.digests(path), (
                hashlib.md5(data).hexdigest(),
                hashlib.sha256(data).hexdigest()))
