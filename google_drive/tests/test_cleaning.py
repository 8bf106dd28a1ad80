# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Each day what nobody needs any more is removed"
import datetime as dt
import os
import time
from unittest.mock import patch

from trytond.filestore import filestore
from trytond.model.exceptions import DomainValidationError
from trytond.modules.google_drive import store
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.transaction import Transaction

from .tools import (
    ALICE, ATTACHMENT, FILE, GoogleDriveTestCase, database)

LARGE = bytes(range(256)) * 4096 * 6
VERIFY = 'google_integration.synchronization|verify'


class CleaningTestCase(GoogleDriveTestCase):

    def cron(self, method=VERIFY):
        "Run the scheduled task"
        with database(1) as pool:
            Cron = pool.get('ir.cron')
            cron, = Cron.search([('method', '=', method)])
            Cron.run_once([cron])
            Transaction().tasks.clear()

    def days_ago(self, days):
        return utcnow() - dt.timedelta(days=days)

    # Temporary files

    def test_temporary(self):
        "The contents of processes that were killed"
        old, new = store.temporary(), store.temporary()
        for path in [old, new]:
            with open(path, 'wb') as file:
                file.write(b'partial')
            self.addCleanup(store.discard, path)
        yesterday = time.time() - 25 * 3600
        os.utime(old, (yesterday, yesterday))
        self.cron()
        self.assertEqual(
            [os.path.exists(p) for p in [old, new]], [False, True])

    def test_unreadable(self):
        "A folder that can not be read does not prevent the rest"
        with patch.object(store, 'sweep', side_effect=PermissionError), \
                self.assertLogs('trytond.modules.google_drive', 'ERROR'):
            self.cron()
        self.assertTrue([
                d for d in self.search('ir.queue', 'data')
                if d['method'] == 'verify'])

    # Uploads

    def test_session(self):
        "The address of an upload lives a week"
        attachment = self.attach("large.bin", LARGE)
        self.google.add_fault(
            'status', status=503, method_id='drive.upload.chunk', times=None)
        self.assertFalse(self.run_once())
        self.google.clear_faults()
        file = self.file_of(attachment)
        names = ['session_md5', 'session_size', 'session_at']
        self.update(FILE, file, session_at=self.days_ago(6.9))
        self.cron()
        self.assertEqual(self.secrets(), 1)
        self.assertTrue(all(self.read(FILE, file, *names)))
        self.update(FILE, file, session_at=self.days_ago(7.1))
        self.cron()
        self.assertEqual(self.secrets(), 0)
        self.assertEqual(self.read(FILE, file, *names), [None] * 3)
        self.synchronize()
        self.assert_equal_sides(1)
        self.assert_settled()

    def secrets(self):
        return len(self.search('google_integration.secret', 'id', domain=[
                    ('resource', 'like', FILE + ',%')]))

    def test_creation(self):
        "A document that was asked for and never answered"
        with database(1) as pool:
            Creation = pool.get('google_drive.creation')
            old, new = Creation.create([{
                        'rule': self.rule,
                        'record': f'res.group,{self.group}',
                        'kind': 'document',
                        'name': name,
                        'user': 1,
                        } for name in ["old", "new"]])
            table = Creation.__table__()
            Transaction().connection.cursor().execute(*table.update(
                    [table.create_date], [self.days_ago(31)],
                    where=table.id == old.id))
        self.cron()
        self.assertEqual(
            self.search('google_drive.creation', 'name'), ["new"])

    # Files

    def test_apart(self):
        "A file that is not at hand and was never attached"
        file = self.drop("a.txt", folder="Nobody")
        self.synchronize()
        self.assertEqual(self.search(FILE, 'orphan'), ['log'])
        self.google.destroy_file(file['id'])
        self.synchronize()
        self.assertEqual(self.search(FILE, 'google_state'), ['apart'])
        self.cron()
        self.assertEqual(len(self.search(FILE, 'id')), 1)
        self.created_long_ago()
        self.cron()
        self.assertEqual(self.search(FILE, 'id'), [])
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.tombstones(), [])

    def test_apart_attached(self):
        "What is attached is kept"
        file = self.drop("a.txt")
        self.synchronize()
        self.google.destroy_file(file['id'])
        self.synchronize()
        self.created_long_ago()
        self.cron()
        self.assertEqual(self.search(FILE, 'google_state'), ['apart'])
        self.assertEqual(len(self.search(ATTACHMENT, 'id')), 1)

    def created_long_ago(self):
        with database() as pool:
            table = pool.get(FILE).__table__()
            Transaction().connection.cursor().execute(*table.update(
                    [table.create_date], [self.days_ago(31)]))

    def test_orphan(self):
        "A file without record that is only logged stays, as on Drive"
        file = self.drop("a.txt", folder="Nobody")
        self.synchronize()
        self.created_long_ago()
        for id in self.search(FILE, 'id'):
            self.update(FILE, id, orphaned_at=self.days_ago(1000))
        self.cron()
        self.synchronize()
        self.assertEqual(self.search(FILE, 'google_id'), [file['id']])
        self.assertFalse(self.google.file(file['id'])['trashed'])

    # The quarantine

    def quarantine(self, **values):
        self.folder_id = self.google.create_folder(
            ALICE, "Quarantine", parent=self.root)['id']
        self.set_rule(
            orphans='quarantine', quarantine=self.folder_id, **values)
        file = self.drop("a.txt", folder="Nobody")
        self.synchronize()
        self.synchronize()
        self.assertEqual(
            self.google.file(file['id'])['parent'], self.folder_id)
        self.id, = self.search(FILE, 'id')
        self.assertEqual(len(self.errors()), 1)
        return file['id']

    def old(self, days=31, **values):
        self.update(
            FILE, self.id, orphaned_at=self.days_ago(days),
            google_modified=self.days_ago(days + 1), **values)

    def trashed(self, google_id):
        self.cron()
        self.synchronize()
        self.synchronize()
        return self.google.file(google_id)['trashed']

    def test_quarantine(self):
        "What stays in quarantine for too long goes to the trash"
        file = self.quarantine(quarantine_days=30)
        self.old(29)
        self.assertFalse(self.trashed(file))
        self.old()
        self.assertTrue(self.trashed(file))
        self.assertEqual(self.search(FILE, 'id'), [])
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_quarantine_for_ever(self):
        "Unless nobody has asked for it"
        file = self.quarantine()
        self.old(1000)
        self.assertFalse(self.trashed(file))
        self.assertEqual(self.search(FILE, 'id'), [self.id])

    def test_quarantine_touched(self):
        "What somebody has changed, moved or attached since is left alone"
        file = self.quarantine(quarantine_days=30)
        for values in [
                {'google_modified': self.days_ago(1)},
                {'parent_google_id': self.root},
                {'google_state': 'to_push'},
                {'orphan': 'log'},
                ]:
            before = dict(zip(
                    values, [self.read(FILE, self.id, n) for n in values]))
            self.old()
            self.update(FILE, self.id, **values)
            self.cron()
            self.assertEqual(self.search(FILE, 'id'), [self.id], values)
            self.update(FILE, self.id, **before)
        self.assertFalse(self.google.file(file)['trashed'])

    def test_quarantine_changed_there(self):
        "What Google has changed meanwhile comes back"
        file = self.quarantine(quarantine_days=30)
        self.old()
        self.cron()
        self.google.edit_file(ALICE, file, content=b'new')
        self.synchronize()
        self.synchronize()
        self.assertFalse(self.google.file(file)['trashed'])

    def test_quarantine_received_only(self):
        "A rule that only receives changes nothing at Google"
        file = self.quarantine(quarantine_days=30, direction='to_tryton')
        self.old()
        self.cron()
        self.synchronize()
        self.assertFalse(self.google.file(file)['trashed'])

    def test_days(self):
        with self.assertRaises(DomainValidationError):
            self.set_rule(quarantine_days=0)

    # The store of Tryton

    def test_store(self):
        "What was replaced is removed from the disk without store_prefix"
        attachment = self.attach("a.txt", b'one')
        Attachment = self.model(ATTACHMENT)
        self.assertIsNone(Attachment.data.store_prefix)
        former = self.read(ATTACHMENT, attachment, 'file_id')
        self.write(attachment, data=b'two')
        self.synchronize()
        self.google.edit_file(
            ALICE, self.file(attachment, 'google_id'), content=b'three')
        self.synchronize()
        current = self.read(ATTACHMENT, attachment, 'file_id')
        with database() as pool:
            table = pool.get('ir.filestore.queue').__table__()
            Transaction().connection.cursor().execute(*table.update(
                    [table.create_date], [self.days_ago(91)]))
        name = self.database_name()
        self.assertEqual(filestore.get(former, name), b'one')
        self.cron('ir.filestore.queue|remove')
        with self.assertRaises(FileNotFoundError):
            filestore.get(former, name)
        self.assertEqual(filestore.get(current, name), b'three')
        self.assertEqual(self.search('ir.filestore.queue', 'id'), [])

    def database_name(self):
        with database(commit=False):
            return Transaction().database.name


del GoogleDriveTestCase
