# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What two people do at a time, of whom none knows of the other"
import contextlib
import threading
from unittest.mock import patch

from trytond import backend
from trytond.modules.google_integration.transaction import short

from .tools import (
    ALICE, ATTACHMENT, DRIVE, FILE, GROUP, GoogleDriveTestCase, database)

CONFLICT = 'google_integration.conflict'
DOCUMENT = 'application/vnd.google-apps.document'


class RaceTestCase(GoogleDriveTestCase):

    def setUp(self):
        super().setUp()
        self.set_service(deletion_share=100)
        self.attachment = self.attach("a.txt", b'1')
        self.synchronize()
        self.google_id = self.file(self.attachment, 'google_id')

    @contextlib.contextmanager
    def before(self, k, method_id, function, *args, **values):
        "Let somebody else do it before the k-th of the requests"
        pause = self.google.pause_at(k, method_id=method_id)

        def act():
            self.google.wait_hook(pause)
            function(*args, **values)
            self.google.resume(pause)
        thread = threading.Thread(target=act)
        thread.start()
        yield
        thread.join()


class TrashTestCase(RaceTestCase):
    "Google's side is in the trash, and Tryton's has changed"

    def test_content(self):
        "What was changed is sent as another file"
        for size in [10, 6 * 10 ** 6]:
            with self.subTest(size=size):
                google_id = self.file(self.attachment, 'google_id')
                content = b'%d' % size * size
                self.write(self.attachment, data=content)
                self.google.trash_file(ALICE, google_id)
                self.synchronize()
                self.assertEqual(
                    self.remote(), [("Sales/a.txt", content)])
                self.assertTrue(self.google.file(google_id)['trashed'])
                self.assertEqual(self.errors(), [])
                self.assert_settled()

    def test_session(self):
        "An upload that was begun for the file in the trash is not gone on"
        self.write(self.attachment, data=b'2' * 6 * 10 ** 6)
        self.google.add_fault(
            'status', status=503, method_id='drive.upload.chunk', times=None)
        self.assertFalse(self.run_once())
        self.google.clear_faults()
        self.google.trash_file(ALICE, self.google_id)
        self.synchronize()
        self.assertEqual(
            self.remote(), [("Sales/a.txt", b'2' * 6 * 10 ** 6)])
        self.assertEqual(self.content(self.google_id), b'1')
        self.assert_settled()

    def test_folder(self):
        "The folder is in the trash, too: another one is made"
        self.write(self.attachment, data=b'2')
        self.google.trash_file(ALICE, self.folder("Sales"))
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/a.txt", b'2')])
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_unsent(self):
        "What was not sent yet is not sent into the trash"
        self.attach("b.txt", b'2')
        self.google.add_fault(
            'status', status=503, method_id='drive.files.create', times=None)
        self.run_once()
        self.google.clear_faults()
        self.google.trash_file(ALICE, self.folder("Sales"))
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/b.txt", b'2')])
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/b.txt", b'2')])
        self.assertEqual(self.errors(), [])

    def test_meanwhile(self):
        "It falls into the trash between the look of a run and its write"
        for k, method_id, values in [
                (1, 'drive.files.update', {'data': b'2'}),
                (1, 'drive.upload.chunk', {'data': b'3' * 6 * 10 ** 6}),
                (2, 'drive.batch', {'name': "b.txt"}),
                ]:
            with self.subTest(method_id=method_id):
                self.write(self.attachment, **values)
                google_id = self.file(self.attachment, 'google_id')
                with self.before(
                        k, method_id, self.google.trash_file, ALICE,
                        google_id):
                    self.synchronize()
                self.synchronize()
                self.assertEqual(len(self.local()), 1)
                self.assertEqual(self.remote(), self.local())
                self.assertTrue(self.google.file(google_id)['trashed'])
                self.assertEqual(self.errors(), [])
                self.assert_settled()

    def test_folder_meanwhile(self):
        "So does the folder of what is new"
        self.attach("b.txt", b'2')
        with self.before(
                1, 'drive.files.create', self.google.trash_file, ALICE,
                self.folder("Sales")):
            self.synchronize()
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/b.txt", b'2')])
        self.assertEqual(self.remote(), self.local())
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_moved_folder(self):
        "The folder into which somebody had moved it is in the trash"
        other = self.google.create_folder(
            ALICE, "Other", parent=self.root)['id']
        self.google.move_file(
            ALICE, self.google_id, self.folder("Sales"), other)
        self.synchronize()
        self.write(self.attachment, data=b'2')
        self.google.trash_file(ALICE, other)
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/a.txt", b'2')])
        self.assert_settled()

    def test_refused(self):
        "The deletions that a person refuses are brought back"
        self.set_service(deletion_limit=0)
        self.google.trash_file(ALICE, self.google_id)
        self.assertFalse(self.run_once())
        self.click(DRIVE, self.drive, 'refuse_deletions')
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/a.txt", b'1')])
        self.assertEqual(self.local(), self.remote())
        self.assertEqual(self.errors(), [])

    def test_lost_answer(self):
        "It is in the trash before it is known to be there"
        self.attach("b.txt", b'2')
        self.google.add_fault(
            'drop_after', method_id='drive.files.create', times=2)
        self.run_once()
        self.google.clear_faults()
        file, = [f for f in self.google.files() if f['name'] == "b.txt"]
        self.google.trash_file(ALICE, file['id'])
        self.synchronize()
        self.assertEqual(
            self.remote(), [("Sales/a.txt", b'1'), ("Sales/b.txt", b'2')])
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_manual(self):
        "A person decides, and may bring it back meanwhile"
        self.set_rule(conflict_policy='manual')
        for button, files in [
                ('keep_tryton', [("Sales/a.txt", b'2')]),
                ('keep_google', [])]:
            with self.subTest(button=button):
                self.write(self.attachment, data=b'2')
                self.google.trash_file(
                    ALICE, self.file(self.attachment, 'google_id'))
                self.synchronize()
                self.assertEqual(self.remote(), [])
                id, = self.search(
                    CONFLICT, 'id', domain=[('state', '=', 'open')])
                self.click(CONFLICT, id, button)
                self.synchronize()
                self.assertEqual(self.remote(), files)
                self.assertEqual(self.local(), files)
                self.assertEqual(self.errors(), [])
                if files:
                    # another content in the next round
                    self.write(self.attachment, data=b'3')
                    self.synchronize()

    def test_orphan(self):
        "A file that has lost its record is not sent again"
        quarantine = self.google.create_folder(ALICE, "Quarantine")['id']
        self.set_rule(
            conflict_policy='tryton', orphans='quarantine',
            quarantine=quarantine)
        with database(1) as pool:
            Group = pool.get(GROUP)
            Group.delete([Group(self.group)])
        self.google.trash_file(ALICE, self.google_id)
        self.synchronize()
        self.synchronize()
        self.assertEqual((self.search(FILE, 'id'), self.errors()), ([], []))

    def test_error_forgotten(self):
        "Nothing is told of what is deleted"
        self.set_rule(orphans='log')
        file = self.drop("b.txt", b'2', folder="Nobody")
        self.synchronize()
        self.assertEqual(len(self.errors()), 1)
        self.google.trash_file(ALICE, file['id'])
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assert_settled()


class DeletionTestCase(RaceTestCase):
    "Tryton's side is deleted, and Google's has changed"

    def test_moved_out(self):
        "What somebody has taken out of the folders is left there"
        self.google.move_file(
            ALICE, self.google_id, self.folder("Sales"), 'root')
        self.delete(self.attachment)
        for policy in ['google', 'tryton']:
            self.set_service(conflict_policy=policy)
            self.synchronize()
        self.assertEqual((self.tombstones(), self.errors()), ([], []))
        self.assertFalse(self.google.file(self.google_id)['trashed'])
        self.assert_settled()

    def test_not_received(self):
        "What no rule receives does not come back"
        self.set_rule(direction='to_google')
        self.google.rename_file(ALICE, self.google_id, "b.txt")
        self.delete(self.attachment)
        self.synchronize()
        self.synchronize()
        self.assertEqual((self.tombstones(), self.errors()), ([], []))
        self.assertTrue(self.google.file(self.google_id)['trashed'])
        self.assert_settled()

    def test_unseen(self):
        "A content that was not fetched was seen by nobody"
        self.set_service(conflict_policy='google')
        self.google.edit_file(ALICE, self.google_id, content=b'2')
        self.google.add_fault(
            'corrupt', method_id='drive.files.get_media', times=None)
        self.synchronize()
        self.google.clear_faults()
        self.assertEqual(self.local(), [("Sales/a.txt", b'1')])
        self.delete(self.attachment)
        self.synchronize()
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/a.txt", b'2')])
        self.assert_equal_sides(1)
        self.assertEqual(self.errors(), [])

    def test_unseen_kept(self):
        "If the deletion stands it is kept in the conflict"
        self.set_service(conflict_policy='tryton')
        self.google.edit_file(ALICE, self.google_id, content=b'2')
        self.google.add_fault(
            'corrupt', method_id='drive.files.get_media', times=None)
        self.synchronize()
        self.google.clear_faults()
        self.delete(self.attachment)
        self.synchronize()
        self.assert_equal_sides(0)
        values, = self.search(CONFLICT, 'google_values')
        self.assertIn('c81e728d9d4c2f636f067f89cc14862c', values)
        self.assert_settled()


class WriteTestCase(RaceTestCase):
    "Somebody writes between the look of a run and its write"

    def write_between(self, method_id, renamed, **values):
        """Rename the file at Google before a request that writes

        ``values`` are written on the attachment before the answer is known.
        """
        def write(*args):
            if values:
                with self.meanwhile(1) as pool:
                    Attachment = pool.get(ATTACHMENT)
                    Attachment.write([Attachment(self.attachment)], values)
        with self.before(
                1, method_id, self.google.rename_file, ALICE, self.google_id,
                renamed), self.hook('push_pieces', after=write):
            self.synchronize()
        self.synchronize()

    def test_name(self):
        "The attachment follows a name that Google has got meanwhile"
        self.write(self.attachment, data=b'2')
        self.write_between('drive.files.update', "b.txt")
        self.assertEqual(self.local(), [("Sales/b.txt", b'2')])
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_content(self):
        "What is overwritten is kept, however many revisions Google lists"
        self.google.options(max_page=1)
        self.addCleanup(self.google.options, max_page=None)
        self.write(self.attachment, data=b'2')
        with self.before(
                1, 'drive.files.update', self.google.edit_file, ALICE,
                self.google_id, content=b'3'):
            self.synchronize()
        revision, = self.google.file(self.google_id)['kept']
        self.assertEqual(
            self.google.file_content(self.google_id, revision), b'3')
        self.assertEqual(
            self.search(CONFLICT, 'unit', 'stood'), [('content', 'tryton')])

    def test_content_unknown(self):
        "It is logged that nobody can tell what was overwritten"
        self.google.add_fault(
            'status', method_id='drive.revisions.list', status=403,
            reason='forbidden', times=None)
        self.addCleanup(self.google.clear_faults)
        self.write(self.attachment, data=b'2')
        with self.before(
                1, 'drive.files.update', self.google.edit_file, ALICE,
                self.google_id, content=b'3'), self.assertLogs(
                'trytond.modules.google_drive.network_push', 'WARNING'):
            self.synchronize()
        self.assertEqual(self.content(self.google_id), b'2')

    def test_name_stays(self):
        "So it does if its content is changed again"
        self.write(self.attachment, data=b'2')
        self.write_between('drive.files.update', "b.txt", data=b'3')
        self.assertEqual(self.local(), [("Sales/b.txt", b'3')])
        self.assert_equal_sides(1)
        self.assertEqual(self.search(CONFLICT, 'id'), [])
        self.assert_settled()

    def test_conflict(self):
        "A name that Tryton changes too is a conflict"
        for policy in ['tryton', 'google']:
            with self.subTest(policy=policy):
                self.set_rule(conflict_policy=policy)
                self.write(self.attachment, data=policy.encode())
                self.write_between(
                    'drive.files.update', f"google {policy}.txt",
                    name=f"tryton {policy}.txt")
                self.assertEqual(self.local(), [
                        (f"Sales/{policy} {policy}.txt", policy.encode())])
                self.assert_equal_sides(1)
                self.assertIn(
                    ('name', policy, f'{{"name": "google {policy}.txt"}}'),
                    self.search(CONFLICT, 'unit', 'stood', 'google_values'))
                self.assert_settled()


class NameTestCase(RaceTestCase):

    def test_document(self):
        "A document of Google is renamed and moved from Tryton"
        self.google.create_file(
            ALICE, "Plan", content=["Hello"], mimeType=DOCUMENT,
            parent=self.folder("Sales"))
        self.synchronize()
        id, = self.search(ATTACHMENT, 'id', domain=[('name', '=', "Plan.pdf")])
        other = self.create_record("Sales 2")
        self.write(id, name="Map.pdf", resource=f'{GROUP},{other}')
        self.synchronize()
        # Google tells that it has changed
        self.synchronize()
        file, = [f for f in self.google.files() if 'document' in f]
        # the format is that of the attachment alone
        self.assertTrue(file['path'].endswith("/Sales 2/Map"))
        self.assert_settled()

    def test_unclean(self):
        "A name that Drive has otherwise follows its file all the same"
        self.write(self.attachment, name="a: 1/2.txt")
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/a_ 1_2.txt", b'1')])
        self.google.rename_file(ALICE, self.google_id, "b: 1.txt")
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/b: 1.txt", b'1')])
        self.write(self.attachment, data=b'2')
        self.synchronize()
        # it stays what somebody has called it
        self.assertEqual(self.remote(), [("Sales/b: 1.txt", b'2')])
        self.assert_settled()


class StoreTestCase(RaceTestCase):

    def test_deletion_again(self):
        "What is deleted again after an error of the database is deleted"
        errors = [backend.DatabaseOperationalError("busy")]
        with database(commit=False) as pool:
            Attachment = pool.get(ATTACHMENT)

            def delete():
                Attachment.delete([Attachment(self.attachment)])
                if errors:
                    raise errors.pop()
            short(delete)
        self.assertEqual(self.local(), [])

    def test_commit_unknown(self):
        "A commit that failed may have been done: its content stays"
        self.google.edit_file(ALICE, self.google_id, content=b'2')
        receive = self.model(DRIVE).receive

        def received(service, contents):
            result = receive(service, contents)
            self.fail_after_commit()
            return result
        with patch.object(self.model(DRIVE), 'receive', received):
            self.run_once()
        self.assertEqual(self.local(), [("Sales/a.txt", b'2')])

    def fail_after_commit(self):
        "The commit is done, and its answer is lost"
        from trytond.transaction import Transaction
        connection = Transaction().connection

        class Lost(type(connection)):
            def commit(self):
                super().commit()
                self.__class__ = type(connection)
                raise backend.DatabaseOperationalError("connection lost")
