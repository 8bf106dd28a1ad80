# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The snapshots from which the tests start"
import os
import unittest

import trytond.config as config
from tests.database import Snapshot
from trytond import backend
from trytond.filestore import filestore
from trytond.modules.google_integration.tests.tools import database
from trytond.tests.test_tryton import (
    DB_NAME, TestCase, activate_module, drop_db)
from trytond.transaction import Transaction

ATTACHMENT = 'ir.attachment'


@unittest.skipUnless(backend.name == 'sqlite', "made on SQLite only")
class SnapshotTestCase(TestCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        drop_db()
        cls.addClassCleanup(drop_db)
        activate_module('google_integration')

    def dump(self):
        with database(commit=False):
            return list(Transaction().connection.iterdump())

    def attach(self, data):
        "Create an attachment and return the id of it and of its file"
        with database(1) as pool:
            group, = pool.get('res.group').search([], limit=1)
            attachment, = pool.get(ATTACHMENT).create([{
                        'name': 'a.txt', 'data': data,
                        'resource': str(group)}])
            return attachment.id, attachment.file_id

    def read(self, id):
        with database(commit=False) as pool:
            return pool.get(ATTACHMENT)(id).data

    def test_restore(self):
        "What was changed, removed and added is as it was, each time"
        id, file_id = self.attach(b'old')
        snapshot = Snapshot()
        self.addCleanup(snapshot.close)
        snapshot.take()
        before, following = self.dump(), set()
        for _ in range(2):
            with database(1) as pool:
                Attachment = pool.get(ATTACHMENT)
                Attachment.delete([Attachment(id)])
            filestore.delete(file_id, DB_NAME)
            added, added_file = self.attach(b'new')
            following.add(added)
            self.assertNotEqual(self.dump(), before)
            snapshot.restore()
            self.assertEqual(self.dump(), before)
            self.assertEqual(self.read(id), b'old')
            with self.assertRaises(FileNotFoundError):
                filestore.get(added_file, DB_NAME)
        self.assertEqual(len(following), 1, "the sequences go on")

    def test_tampered(self):
        "A file that was written over is as it was"
        id, file_id = self.attach(b'old')
        snapshot = Snapshot()
        self.addCleanup(snapshot.close)
        snapshot.take()
        path = os.path.join(
            config.get('database', 'path'), DB_NAME, file_id[:2],
            file_id[2:4], file_id)
        with open(path, 'wb') as fp:
            fp.write(b'new')
        snapshot.restore()
        self.assertEqual(self.read(id), b'old')

    def test_cache(self):
        "No cache tells what is no more"
        snapshot = Snapshot()
        self.addCleanup(snapshot.close)
        snapshot.take()
        with database(1) as pool:
            ModelData = pool.get('ir.model.data')
            group, = pool.get('res.group').create([{'name': "Added"}])
            ModelData.create([{
                        'fs_id': 'added', 'module': 'google_integration',
                        'model': 'res.group', 'db_id': group.id}])
            id = group.id
        with database(commit=False) as pool:
            ModelData = pool.get('ir.model.data')
            self.assertEqual(
                ModelData.get_id('google_integration', 'added'), id)
        snapshot.restore()
        with database(commit=False) as pool, self.assertRaises(KeyError):
            pool.get('ir.model.data').get_id('google_integration', 'added')

    def test_name(self):
        "A model that was renamed has its name again"
        def name():
            with database(commit=False) as pool:
                return pool.get('ir.model').get_name('res.group')

        snapshot = Snapshot()
        self.addCleanup(snapshot.close)
        snapshot.take()
        snapshot.restore()
        before = name()
        with database(1) as pool:
            Model = pool.get('ir.model')
            Model.write(
                Model.search([('name', '=', 'res.group')]),
                {'string': "Renamed"})
            # as an update of the modules does
            Model._get_names_cache.clear()
        self.assertEqual(name(), "Renamed")
        snapshot.restore()
        self.assertEqual(name(), before)


del TestCase
