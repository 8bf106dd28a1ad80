# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Who sees and changes what"
from trytond.model.exceptions import AccessError

from .tools import (
    ATTACHMENT, DRIVE, FILE, FOLDER, GoogleDriveTestCase, database)


class AccessTestCase(GoogleDriveTestCase):

    def setUp(self):
        super().setUp()
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
        with database() as pool:
            Credentials = pool.get(
                'google_integration.google_credentials')
            from trytond.modules.google_integration import bookkeeping
            bookkeeping.update(
                Credentials, [self.credentials], {'user': None})
        self.assertTrue(self.seen(self.john, DRIVE))
        self.assertFalse(self.seen(self.john, FILE))
        self.assertTrue(self.seen(self.ada, FILE))

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
