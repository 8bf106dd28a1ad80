# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is on Drive already is adopted by what only sends, and not doubled"
from trytond.model.exceptions import SQLConstraintError
from trytond.modules.google_integration import bookkeeping

from .tools import (
    ALICE, ATTACHMENT, DRIVE, FILE, FOLDER, RULE, GoogleDriveTestCase,
    database)


class AdoptTestCase(GoogleDriveTestCase):
    "A rule that only sends, on a drive that is read for other rules"
    # of folders that are looked for
    levels = 0

    def prepare(self):
        super().prepare()
        self.set_rule(direction='to_google')

    def forget(self):
        "What a database that was restored does not know"
        with database() as pool:
            for name in [FILE, FOLDER]:
                Model = pool.get(name)
                records = Model.search([])
                if name == FILE:
                    bookkeeping.update(
                        Model, records, {'google_state': 'local'})
                Model.delete(Model.browse([r.id for r in records]))
            Drive = pool.get(DRIVE)
            Drive.reset_synchronization([Drive(self.drive)])
        with database() as pool:
            pool.get(RULE).sweep()

    def assert_adopted(self, attachment, google_id):
        self.assertEqual(
            self.file(attachment, 'google_id', 'google_state'),
            [google_id, 'synchronized'])
        self.assertEqual(len(self.remote()), 1)
        # what is sent is Tryton's, of Google nothing comes
        self.assertEqual(self.search(ATTACHMENT, 'id'), [attachment])
        self.assertEqual(self.errors(), [])

    def test_same(self):
        "The same name and content in the right folder"
        file = self.drop("it's a.txt", b'1', mimeType='text/x-other')
        attachment = self.attach("it's a.txt", b'1')
        self.synchronize()
        self.assert_adopted(attachment, file['id'])
        # but for the marks that tell whose it is
        self.assertEqual(
            [w for w in self.writes() if w != 'drive.files.generateIds'],
            ['drive.files.update'])
        self.assertEqual(self.conflicts('id'), [])
        self.assert_settled()
        # and it goes on
        self.write(attachment, data=b'2')
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/it's a.txt", b'2')])
        self.assert_settled()

    def test_later(self):
        "Somebody puts it there after everything was read"
        self.synchronize()
        file = self.drop("a.txt", b'1')
        self.synchronize()
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        self.assert_adopted(attachment, file['id'])
        self.assert_settled()

    def test_other(self):
        "Another content, name or folder is another file"
        self.drop("a.txt", b'1')
        self.drop("A.txt", b'2')
        self.drop("a.txt", b'2', folder="Elsewhere")
        trashed = self.drop("a.txt", b'2')
        self.google.trash_file(ALICE, trashed['id'])
        attachment = self.attach("a.txt", b'2')
        self.synchronize()
        self.assertEqual(len(self.remote()), 4)
        self.assertNotEqual(
            self.file(attachment, 'google_id'), trashed['id'])
        self.assertEqual(self.search(ATTACHMENT, 'id'), [attachment])
        self.assert_settled()

    def test_each_once(self):
        "Two alike adopt two, and a third one is sent"
        files = {self.drop("a.txt", b'1')['id'] for _ in range(2)}
        attachments = [self.attach("a.txt", b'1') for _ in range(3)]
        self.synchronize()
        found = {self.file(a, 'google_id') for a in attachments}
        self.assertLess(files, found)
        self.assertEqual(len(self.remote()), 3)
        self.assert_settled()

    def test_marked(self):
        "What carries the mark is brought to where it belongs"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        other = self.google.create_folder(
            ALICE, "Other", parent=self.root)['id']
        self.google.rename_file(ALICE, google_id, "b.txt")
        self.google.move_file(ALICE, google_id, self.folder("Sales"), other)
        self.forget()
        self.synchronize()
        self.assert_adopted(attachment, google_id)
        self.assertEqual(self.remote(), [("Sales/a.txt", b'1')])
        self.assert_settled()

    def test_marked_content(self):
        "The content of Tryton stands, and what it overwrites is kept"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        self.google.edit_file(ALICE, google_id, content=b'2')
        self.forget()
        self.synchronize()
        self.assert_adopted(attachment, google_id)
        self.assertEqual(self.remote(), [("Sales/a.txt", b'1')])
        self.assertEqual(
            [self.google.file_content(google_id, revision=r)
                for r in self.google.file(google_id)['kept']], [b'2'])
        self.assertIn(
            ('content', 'tryton'), self.conflicts('unit', 'stood'))
        self.assert_settled()

    def test_pages(self):
        "Google may answer in pages, of which some are empty"
        self.google.options(max_page=1, empty_pages=1)
        files = {self.drop(f"{i}.txt", b'%d' % i)['id'] for i in range(3)}
        attachments = [self.attach(f"{i}.txt", b'%d' % i) for i in range(3)]
        self.synchronize()
        self.assertEqual(
            {self.file(a, 'google_id') for a in attachments}, files)

    def test_requests(self):
        "Many are looked for at a time, and only once"
        self.folder("Sales")
        self.synchronize()
        for i in range(12):
            self.attach(f"{i}.txt", b'%d' % i)
        self.requests()
        self.synchronize()
        requests = self.requests()
        # two queries of names and two of marks
        self.assertEqual(
            requests.count('drive.files.list'), 4 + self.levels)
        self.assertEqual(
            requests.count('drive.files.generateIds'), 1 + self.levels)
        self.assertEqual(requests.count('drive.files.create'), 12)
        self.assert_settled()

    def test_refused(self):
        "A search that fails sends nothing, and is done again"
        file = self.drop("a.txt", b'1')
        attachment = self.attach("a.txt", b'1')
        self.google.add_fault(
            'status', status=503, method_id='drive.files.list', batch=True,
            times=None)
        self.assertFalse(self.run_once())
        self.google.clear_faults()
        self.assertEqual(len(self.remote()), 1)
        self.synchronize()
        self.assert_adopted(attachment, file['id'])

    def test_crash(self):
        "A run that dies over it adopts the same again"
        file = self.drop("a.txt", b'1')
        attachment = self.attach("a.txt", b'1')

        def die(client, operations):
            if operations[0].kind == 'seek':
                raise KeyboardInterrupt
        with self.assertRaises(KeyboardInterrupt), \
                self.hook('push_pieces', after=lambda *args: die(*args)):
            self.run_once()
        self.update(DRIVE, self.drive, lease_until=0.0)
        self.synchronize()
        self.assert_adopted(attachment, file['id'])
        self.assert_settled()


class UniqueTestCase(GoogleDriveTestCase):

    def test_unique(self):
        "Neither an attachment nor a file is in the cross-reference twice"
        attachment = self.attach("a.txt")
        self.synchronize()
        for values in [
                {'attachment': attachment},
                {'google_id': self.file(attachment, 'google_id')}]:
            with self.subTest(**values), \
                    self.assertRaises(SQLConstraintError), \
                    database() as pool:
                pool.get(FILE).create([{'drive': self.drive, **values}])
        self.assertEqual(len(self.search(FILE, 'id')), 1)


class UnnoticedTestCase(GoogleDriveTestCase):
    "What waits for its rule, which is new, when the file comes"

    def prepare(self):
        super().prepare()
        self.attachment = self.attach("a.txt", b'1')
        with database() as pool:
            File = pool.get(FILE)
            File.delete(File.search([]))

    def check(self, count):
        self.synchronize()
        with database() as pool:
            pool.get(RULE).sweep()
        self.synchronize()
        self.assertEqual(len(self.search(ATTACHMENT, 'id')), count)
        self.assert_equal_sides(count)
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_same(self):
        "It is the same file"
        file = self.drop("a.txt", b'1')
        self.check(1)
        self.assertEqual(
            self.file(self.attachment, 'google_id'), file['id'])

    def test_noted(self):
        "Nor is it another one if it is noted while the content comes"
        file = self.drop("a.txt", b'1')

        def follow(*args):
            with self.meanwhile(0) as pool:
                Attachment = pool.get(ATTACHMENT)
                pool.get(FILE).attached([Attachment(self.attachment)])
        with self.hook('download_pieces', before=follow):
            self.synchronize()
        self.check(1)
        self.assertEqual(
            self.file(self.attachment, 'google_id'), file['id'])

    def test_other(self):
        "Another content, or a second one, is another file"
        for content in [b'1', b'1', b'2']:
            self.drop("a.txt", content)
        self.check(3)


class SendingDriveTestCase(AdoptTestCase):
    "Of a drive that only sends nothing is known but what is looked for"
    levels = 1

    def prepare(self):
        super().prepare()
        self.set_service(direction='to_google')

    def assert_settled(self):
        "Nothing is asked at all"
        before, dump = self.rows(), self.google.files()
        self.requests()
        self.synchronize()
        self.assertEqual(self.requests(), [])
        self.assertEqual(self.rows(), before)
        self.assertEqual(self.google.files(), dump)

    def test_folders(self):
        "The folders of the path are adopted, too, one below the other"
        self.set_rule(path='Groups/${record.name}/Files')
        groups = self.google.create_folder(
            ALICE, "Groups", parent=self.root)['id']
        sales = self.google.create_folder(
            ALICE, "Sales", parent=groups)['id']
        # neither of another case nor in the trash
        self.google.create_folder(ALICE, "files", parent=sales)
        trashed = self.google.create_folder(
            ALICE, "Files", parent=sales)['id']
        self.google.trash_file(ALICE, trashed)
        self.attach("a.txt", b'1')
        self.attach("b.txt", b'2', self.create_record("Sales 2"))
        self.synchronize()
        self.assertEqual(self.remote(), [
                ("Groups/Sales 2/Files/b.txt", b'2'),
                ("Groups/Sales/Files/a.txt", b'1')])
        self.assertEqual(len([
                    f for f in self.google.files(trashed=False)
                    if f['name'] in {"Groups", "Sales"}]), 2)
        self.assert_settled()

    def test_folders_forgotten(self):
        "What was created once is not created again"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        self.forget()
        self.synchronize()
        self.assert_adopted(attachment, google_id)
        self.assertEqual(
            [f['name'] for f in self.google.files(trashed=False)
                if f['parent'] == self.root], ["Sales"])
        self.assert_settled()
