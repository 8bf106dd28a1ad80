# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Who sees and changes what"
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.operation import ItemError

from .tools import (
    ATTACHMENT, CREDENTIALS, DRIVE, FILE, FOLDER, GROUP, GoogleDriveTestCase,
    database)

ERROR = 'google_integration.sync_error'
CONFLICT = 'google_integration.conflict'


class AccessTestCase(GoogleDriveTestCase):

    def prepare(self):
        super().prepare()
        self.attachment = self.attach("a.txt", b'1')
        self.synchronize()

    def seen(self, user, model):
        with self.as_user(user) as pool:
            return len(pool.get(model).search([]))

    def test_seen(self):
        "The owner of the credentials and the administrators see"
        for model in [DRIVE, FILE, FOLDER]:
            with self.subTest(model=model):
                self.assertTrue(self.seen(self.jane, model))
                self.assertTrue(self.seen(self.ada, model))
                self.assertFalse(self.seen(self.john, model))
                with self.assertRaises(AccessError):
                    self.seen(self.stranger, model)

    def test_shared(self):
        "The names of the files of shared credentials are told to nobody"
        self.update(CREDENTIALS, self.credentials, user=None)
        self.assertTrue(self.seen(self.john, DRIVE))
        self.assertFalse(self.seen(self.john, FILE))
        self.assertTrue(self.seen(self.ada, FILE))

    def test_shared_errors(self):
        "Nor errors and conflicts, but to who may read the records"
        id = self.file_of(self.attachment)
        google_id = self.file(self.attachment, 'google_id')
        orphan = self.drop("orphan.txt", folder="Nobody")['id']
        self.synchronize()
        with database() as pool:
            drive, file = pool.get(DRIVE)(self.drive), pool.get(FILE)(id)
            SyncError = pool.get(ERROR)
            SyncError.record(drive, 'push', file, None, ItemError('busy'))
            for name in [google_id, 'x']:
                SyncError.record(drive, 'pull', None, name, ItemError('busy'))
            Conflict = pool.get(CONFLICT)
            Conflict.keep(drive, file, 'content', None, {}, {})
            Conflict.create([{
                        'credentials': self.credentials,
                        'service': str(drive),
                        'model': FILE,
                        'unit': 'deletion',
                        'state': 'settled',
                        'record_name': "deleted.txt",
                        'date': bookkeeping.utcnow(),
                        }])
        self.assertIn(orphan, self.errors('google_id'))
        self.assertEqual(
            [self.seen(self.jane, m) for m in [ERROR, CONFLICT]], [4, 2])
        self.update(CREDENTIALS, self.credentials, user=None)
        everything, attached = [4, 2], [2, 1]
        for user, seen in [
                (self.jane, attached), (self.john, attached),
                (self.ada, everything)]:
            self.assertEqual(
                [self.seen(user, m) for m in [ERROR, CONFLICT]], seen)
        self.hide(GROUP)
        for user, seen in [
                (self.jane, [0, 0]), (self.john, [0, 0]),
                (self.ada, everything)]:
            self.assertEqual(
                [self.seen(user, m) for m in [ERROR, CONFLICT]], seen)
        for model, button in [(ERROR, 'retry'), (CONFLICT, 'keep_google')]:
            for id in self.search(model, 'id'):
                with self.assertRaises(AccessError):
                    self.click(model, id, button, self.john)

    def test_books(self):
        "Nobody writes what the synchronization keeps"
        id = self.file_of(self.attachment)
        for user in [self.jane, self.ada]:
            for name, value in [
                    ('google_id', 'x'), ('name', "b.txt"), ('md5', 'x'),
                    ('incoming', True), ('attachment', None)]:
                with self.subTest(user=user, name=name), \
                        self.assertRaises(AccessError), \
                        self.as_user(user) as pool:
                    File = pool.get(FILE)
                    File.write([File(id)], {name: value})
            with self.assertRaises(AccessError), \
                    self.as_user(user) as pool:
                pool.get(FILE).create([{'drive': self.drive}])
            with self.assertRaises(AccessError), \
                    self.as_user(user) as pool:
                File = pool.get(FILE)
                File.delete([File(id)])

    def test_baseline(self):
        "What Google said is not read by a client"
        id = self.file_of(self.attachment)
        for name in ['google_baseline', 'google_revision']:
            with self.subTest(name=name), \
                    self.assertRaises(AccessError), \
                    self.as_user(self.jane) as pool:
                pool.get(FILE).read([id], [name])

    def test_attachment(self):
        "Who may read the attachment knows its state, and no more"
        with self.as_user(self.john) as pool:
            Attachment = pool.get(ATTACHMENT)
            self.assertEqual(
                Attachment(self.attachment).google_drive_state,
                'synchronized')

    def test_acting(self):
        "What arrives is written with the access of the rule's user"
        self.drop("b.txt", b'2')
        self.set_rule(user=self.stranger)
        self.synchronize()
        self.assertEqual(
            self.search(ATTACHMENT, 'name'), ["a.txt"])
        self.assertEqual(len(self.errors()), 1)
        self.set_rule(user=1)
        for id in self.search('google_integration.sync_error', 'id'):
            self.click('google_integration.sync_error', id, 'retry')
        self.synchronize()
        self.assert_equal_sides(2)
        self.assertEqual(self.errors(), [])
