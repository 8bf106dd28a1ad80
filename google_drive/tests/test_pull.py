# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is put into Drive reaches its record"
from unittest.mock import patch

from trytond.modules.google_drive import stages
from trytond.modules.google_drive.network import FIELDS

from .tools import (
    ALICE, ATTACHMENT, BOB, FILE, FOLDER, GoogleDriveTestCase,
    database)

LARGE = bytes(range(256)) * 4096 * 6
PDF = 'application/pdf'


class PullTestCase(GoogleDriveTestCase):

    def attachments(self, *names):
        return self.search(ATTACHMENT, *(names or ['name']))

    def test_first(self):
        "The first run lists everything"
        self.drop("a.txt", b'1', mimeType='text/plain')
        self.drop("b.pdf", b'2', mimeType=PDF)
        self.synchronize()
        self.assert_equal_sides(2)
        self.assertEqual(
            self.search(FILE, 'name', 'mime_type', 'google_state'), [
                ("a.txt", 'text/plain', 'synchronized')
                if n == "a.txt" else ("b.pdf", PDF, 'synchronized')
                for n in self.search(FILE, 'name')])
        self.assert_settled()

    def test_log_first(self):
        "What comes while everything is listed is told by the log"
        self.drop("a.txt", b'1')
        late = []

        def drop(*args):
            late.append(self.drop(f"late {len(late)}.txt", b'2')['id'])
        # after the folders, and after the files
        with self.hook('list_changes', after=drop, times=2):
            self.synchronize()
        ids = self.requests()
        self.assertEqual(ids[:3], [
                'drive.changes.getStartPageToken', 'drive.files.list',
                'drive.files.list'])
        self.synchronize()
        self.assertEqual(self.requests()[0], self.list_request)
        self.assert_equal_sides(3)
        self.assert_settled()

    def test_fields(self):
        "Of everything only what is needed is asked for"
        self.drop("a.txt", b'1')
        self.google.create_file(
            ALICE, "Plan", content=["Hello"], parent=self.folder("Sales"),
            mimeType='application/vnd.google-apps.document')
        attachment = self.attach("b.txt", b'2')
        self.synchronize()
        self.write(attachment, name="c.txt", data=b'3')
        self.synchronize()
        self.delete(attachment)
        self.synchronize()
        entries = [
            e for e in self.google.log() if e['id'].startswith('drive.')
            # what answers with a content, or with identifiers alone
            and e['id'] not in {
                'drive.batch', 'drive.files.get_media', 'drive.files.export',
                'drive.files.generateIds'}]
        self.assertLessEqual({
                'drive.files.list', 'drive.changes.list', 'drive.files.get',
                'drive.files.create', 'drive.files.update',
                'drive.revisions.list'}, {e['id'] for e in entries})
        for entry in entries:
            with self.subTest(entry['id'], path=entry['path']):
                self.assertIn('fields', entry['query'])
        self.assertNotIn('*', FIELDS)

    def test_pages(self):
        self.google.options(max_page=2, empty_pages=1)
        for i in range(5):
            self.drop(f"{i}.txt", b'%d' % i)
        self.synchronize()
        self.assert_equal_sides(5)

    def test_later(self):
        self.synchronize()
        file = self.drop("a.txt", b'1')
        self.synchronize()
        self.assert_equal_sides(1)
        (record, type_, link), = self.attachments('resource', 'type', 'link')
        self.assertEqual((record.id, type_), (self.group, 'data'))
        id, = self.search(FILE, 'google_id')
        self.assertEqual(id, file['id'])
        self.assert_settled()

    def test_elsewhere(self):
        "What is below no root is nobody's"
        self.google.create_file(ALICE, "a.txt", content=b'1')
        self.synchronize()
        self.google.create_file(ALICE, "b.txt", content=b'1')
        self.synchronize()
        self.assertEqual(
            (self.search(FILE, 'id'), self.attachments()), ([], []))
        self.assert_settled()

    def test_content(self):
        file = self.drop("a.txt", b'1')
        self.synchronize()
        before = self.attachments('id')
        self.google.edit_file(ALICE, file['id'], content=b'22')
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/a.txt", b'22')])
        self.assertEqual(self.attachments('id'), before)
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_content_older(self):
        "The time of modification may go back: who uploads sets it"
        file = self.drop("a.txt", b'1')
        self.synchronize()
        self.google.edit_file(
            ALICE, file['id'], content=b'22',
            modifiedTime='2001-01-01T00:00:00Z')
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/a.txt", b'22')])
        self.assert_settled()

    def test_rename(self):
        file = self.drop("a.txt", b'1')
        self.synchronize()
        self.google.rename_file(ALICE, file['id'], "b.txt")
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/b.txt", b'1')])
        self.assert_settled()

    def test_rename_sent(self):
        "A file that came from Tryton is renamed on Drive"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        self.google.rename_file(
            ALICE, self.file(attachment, 'google_id'), "b.txt")
        self.synchronize()
        self.assert_equal_sides(1)
        self.assertEqual(self.local(), [("Sales/b.txt", b'1')])
        self.assert_settled()
        self.write(attachment, data=b'2')
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/b.txt", b'2')])

    def test_trash(self):
        file = self.drop("a.txt")
        self.synchronize()
        self.google.trash_file(ALICE, file['id'])
        self.synchronize()
        self.assertEqual(
            (self.attachments(), self.search(FILE, 'id'), self.tombstones()),
            ([], [], []))
        self.assert_settled()

    def test_restore(self):
        "What comes out of the trash comes back"
        file = self.drop("a.txt", b'1')
        self.synchronize()
        self.google.trash_file(ALICE, file['id'])
        self.synchronize()
        self.google.trash_file(ALICE, file['id'], False)
        self.synchronize()
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_brake(self):
        "Many deletions are asked for"
        for i in range(12):
            self.drop(f"{i}.txt", b'%d' % i)
        self.synchronize()
        for file in self.google.files(trashed=False):
            if 'md5' in file:
                self.google.trash_file(ALICE, file['id'])
        self.assertFalse(self.run_once())
        self.assertEqual(len(self.attachments()), 12)

    def test_trash_folder(self):
        "Google tells of the folder alone"
        self.drop("a.txt", b'1')
        self.synchronize()
        self.google.trash_file(ALICE, self.folder("Sales"))
        self.synchronize()
        self.assertEqual(self.attachments(), [])
        self.assert_settled()

    def test_gone(self):
        "What is deleted for good stays here, and is told"
        file = self.drop("a.txt", b'1')
        self.synchronize()
        self.google.delete_file(ALICE, file['id'])
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/a.txt", b'1')])
        self.assertEqual(self.search(FILE, 'google_state'), ['apart'])
        error, = self.errors()
        self.assertIn("a.txt", error)
        self.assert_settled()

    def test_access(self):
        "What may not be seen stays, and goes on when it may be seen again"
        file = self.google.create_file(BOB, "a.txt", content=b'1')
        self.google.share_file(file['id'], ALICE, 'writer')
        parent = self.folder("Sales")
        self.google.tamper_file(file['id'], parent=parent)
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/a.txt", b'1')])
        self.google.tamper_file(file['id'], parent=None)
        self.google.revoke_access(file['id'], ALICE)
        self.synchronize()
        self.assertEqual(self.search(FILE, 'google_state'), ['apart'])
        self.assertEqual(self.local(), [("Sales/a.txt", b'1')])
        self.google.share_file(file['id'], ALICE, 'writer')
        self.google.tamper_file(file['id'], parent=parent)
        self.google.edit_file(BOB, file['id'], content=b'2')
        self.synchronize()
        self.assertEqual(self.search(FILE, 'google_state'), ['synchronized'])
        self.assertEqual(self.local(), [("Sales/a.txt", b'2')])
        self.assertEqual(self.errors(), [])

    def test_moved_out(self):
        "What leaves the root is set apart, and comes back"
        file = self.drop("a.txt", b'1')
        self.synchronize()
        sales = self.folder("Sales")
        self.google.move_file(ALICE, file['id'], sales, 'root')
        self.synchronize()
        self.assertEqual(self.search(FILE, 'google_state'), ['apart'])
        self.assertEqual(len(self.errors()), 1)
        self.assertEqual(self.local(), [("Sales/a.txt", b'1')])
        self.google.edit_file(ALICE, file['id'], content=b'2')
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/a.txt", b'1')])
        self.google.move_file(ALICE, file['id'], 'root', sales)
        self.synchronize()
        self.assertEqual(self.search(FILE, 'google_state'), ['synchronized'])
        self.assertEqual(self.errors(), [])
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_folder_moved_out(self):
        "A folder takes along what it holds"
        self.drop("a.txt", b'1')
        self.synchronize()
        sales = self.folder("Sales")
        self.google.move_file(ALICE, sales, self.root, 'root')
        self.synchronize()
        self.assertEqual(self.search(FILE, 'google_state'), ['apart'])
        self.google.move_file(ALICE, sales, 'root', self.root)
        self.synchronize()
        self.assertEqual(self.search(FILE, 'google_state'), ['synchronized'])
        self.assertEqual(self.errors(), [])
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_folder_moved_in(self):
        "What a folder holds comes along with it"
        outside = self.google.create_folder(ALICE, "Sales")['id']
        inner = self.google.create_folder(ALICE, "Deep", parent=outside)['id']
        for parent, name in [(outside, "a.txt"), (inner, "b.txt")]:
            self.google.create_file(
                ALICE, name, content=name.encode(), parent=parent)
        self.synchronize()
        self.assertEqual(self.attachments(), [])
        self.google.options(max_page=1)
        self.google.move_file(ALICE, outside, 'root', self.root)
        self.synchronize()
        self.assertEqual(sorted(self.attachments()), ["a.txt", "b.txt"])
        self.assertEqual(
            set(self.search(FOLDER, 'unread', 'page')), {(False, None)})
        self.assert_settled()

    def test_large(self):
        self.drop("large.bin", LARGE)
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/large.bin", LARGE)])
        self.assert_settled()

    def test_no_bytes(self):
        self.drop("empty.txt", b'')
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/empty.txt", b'')])
        self.assert_settled()

    def test_same_name(self):
        self.drop("a.txt", b'1')
        self.drop("a.txt", b'2')
        self.synchronize()
        self.assert_equal_sides(2)
        self.assert_settled()

    def test_orphan(self):
        "A file without record is told once"
        self.drop("a.txt", folder="Nobody")
        self.synchronize()
        self.assertEqual(self.attachments(), [])
        error, = self.errors()
        self.assertIn("a.txt", error)
        self.assert_settled()

    def test_two_rules(self):
        "The first rule has the file"
        self.create_rule(name="Other", sequence=2)
        self.drop("a.txt", b'1')
        self.synchronize()
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_not_received(self):
        self.set_rule(direction='to_google')
        self.drop("a.txt", b'1')
        self.synchronize()
        self.assertEqual(self.search(FILE, 'id'), [])

    def test_link(self):
        "A rule that keeps links fetches no content"
        self.set_rule(storage='link')
        file = self.drop("a.txt", b'1')
        self.requests()
        self.synchronize()
        self.assertNotIn('drive.files.get_media', self.requests())
        (type_, link), = self.attachments('type', 'link')
        self.assertEqual(type_, 'link')
        self.assertIn(file['id'], link)
        self.assert_settled()

    def test_at_a_time(self):
        "Large contents are written before all the others are fetched"
        for i in range(5):
            self.drop(f"{i}.txt", b'12345%d' % i)
        self.set_service(parallel=2)
        counts = []
        with patch.object(stages, 'AT_A_TIME', 10), self.hook(
                'download_pieces', before=lambda client, items: counts.append(
                    len(items)), times=3):
            self.synchronize()
        self.assertEqual(counts, [2, 2, 1])
        self.assert_equal_sides(5)

    # Adoption

    def test_adopt(self):
        "The same file on both sides is one"
        file = self.drop("a.txt", b'1')
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        self.assert_equal_sides(1)
        self.assertEqual(self.file(attachment, 'google_id'), file['id'])
        self.assert_settled()

    def test_adopt_other(self):
        "Another content is another file"
        self.drop("a.txt", b'1')
        self.attach("a.txt", b'2')
        self.synchronize()
        self.assert_equal_sides(2)
        self.assert_settled()

    def test_adopt_marked(self):
        "A file with our marks is known after everything was forgotten"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        self.google.rename_file(ALICE, google_id, "b.txt")
        self.forget()
        self.synchronize()
        self.assertEqual(self.file(attachment, 'google_id'), google_id)
        self.assertEqual([n for n, _ in self.remote()], ["Sales/b.txt"])
        self.assertEqual(self.attachments('id'), [attachment])

    def test_copy(self):
        "A copy that a person made carries the marks and is another file"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        self.google.act(
            ALICE, 'drive.files.copy', fileId=google_id,
            body={'name': "b.txt"})
        self.synchronize()
        self.assertEqual(self.file(attachment, 'google_id'), google_id)
        self.assert_equal_sides(2)
        self.assert_settled()

    def forget(self):
        from .tools import DRIVE
        with database() as pool:
            File = pool.get(FILE)
            files = File.search([])
            from trytond.modules.google_integration import bookkeeping
            bookkeeping.update(File, files, {'google_state': 'local'})
            File.delete(File.browse([f.id for f in files]))
            Drive = pool.get(DRIVE)
            Drive.reset_synchronization([Drive(self.drive)])

    # The cursor

    def test_expired(self):
        "A token that Google refuses leads to a listing that is compared"
        kept = self.drop("a.txt", b'1')
        lost = self.drop("b.txt", b'2')
        self.synchronize()
        self.google.trash_file(ALICE, lost['id'])
        self.google.edit_file(ALICE, kept['id'], content=b'3')
        self.drop("c.txt", b'4')
        self.google.reject_change_tokens(ALICE)
        self.synchronize()
        self.assertEqual(
            self.local(), [("Sales/a.txt", b'3'), ("Sales/c.txt", b'4')])
        self.assert_equal_sides(2)
        self.assert_settled()

    def test_reset(self):
        "Another listing finds nothing new"
        self.drop("a.txt", b'1')
        self.attach("b.txt", b'2')
        self.synchronize()
        before = self.attachments('id')
        from .tools import DRIVE
        self.click(DRIVE, self.drive, 'reset_synchronization')
        self.synchronize()
        self.assertEqual(self.attachments('id'), before)
        self.assert_equal_sides(2)
        self.assert_settled()
