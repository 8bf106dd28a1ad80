# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is attached in Tryton is in Drive"
from .tools import (
    ALICE, ATTACHMENT, DRIVE, FILE, FOLDER, GROUP, GoogleDriveTestCase)

LARGE = bytes(range(256)) * 4096 * 6


class PushTestCase(GoogleDriveTestCase):

    def test_create(self):
        attachment = self.attach("a.txt", b"Hello")
        self.assertEqual(self.remote(), [])
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/a.txt", b"Hello")])
        self.assert_equal_sides(1)
        state, held, md5, google_md5, size, type_ = self.file(
            attachment, 'google_state', 'held_md5', 'md5', 'google_md5',
            'size', 'mime_type')
        self.assertEqual(
            (state, size, type_), ('synchronized', 5, 'text/plain'))
        self.assertEqual({held, md5, google_md5}, {
                '8b1a9953c4611296a827abf8c47804d7'})
        self.assert_settled()

    def test_state(self):
        "The attachment tells its state and has a link"
        attachment = self.attach("a.txt")
        names = ['google_drive_state', 'google_drive_link']
        self.assertEqual(
            self.read(ATTACHMENT, attachment, *names), ['local', None])
        self.synchronize()
        state, link = self.read(ATTACHMENT, attachment, *names)
        self.assertEqual(state, 'synchronized')
        self.assertTrue(link.startswith('https://'))

    def test_record(self):
        "The file tells the record of its attachment"
        attachment = self.attach("a.txt")
        other = self.create_record("Other")
        self.assertEqual(self.file(attachment, 'resource'), self.group)
        self.write(attachment, resource=f'{GROUP},{other}')
        self.assertEqual(self.file(attachment, 'resource'), other)

    def test_requests(self):
        "One for the identifiers, one for the folder and one a file"
        for i in range(3):
            self.attach(f"{i}.txt", b'%d' % i)
        self.synchronize()
        self.assertEqual(sorted(self.writes()), sorted(
                ['drive.files.generateIds', 'drive.files.create']
                + ['drive.files.create'] * 3))
        self.assert_equal_sides(3)

    def test_marks(self):
        "A file tells which attachment it is"
        attachment = self.attach("a.txt")
        self.synchronize()
        file, = [
            f for f in self.google.files(user=ALICE) if f['name'] == "a.txt"]
        properties, = file['app_properties'].values()
        self.assertEqual(properties['tryton_attachment'], str(attachment))
        self.assertTrue(properties['tryton_database'])

    def test_replace(self):
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        before = self.file(attachment, 'google_id')
        self.write(attachment, data=b'2')
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/a.txt", b'2')])
        self.assertEqual(self.file(attachment, 'google_id'), before)
        self.assertEqual(self.google.file(before)['revisions'], 2)
        self.assert_settled()

    def test_rename(self):
        "Only the name is sent"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        self.requests()
        self.write(attachment, name="b.txt")
        self.synchronize()
        self.assertEqual(self.writes(), ['drive.files.update'])
        self.assertEqual(self.remote(), [("Sales/b.txt", b'1')])
        self.assertEqual(
            self.google.file(self.file(attachment, 'google_id'))['revisions'],
            1)
        self.assert_settled()

    def test_delete(self):
        "The file goes to the trash"
        attachment = self.attach("a.txt")
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        self.delete(attachment)
        self.assertEqual(self.tombstones(), [google_id])
        self.synchronize()
        self.assertTrue(self.google.file(google_id)['trashed'])
        self.assertEqual(self.tombstones(), [])
        self.assert_equal_sides(0)
        self.assert_settled()

    def test_delete_unsent(self):
        "What never was sent leaves nothing"
        self.delete(self.attach("a.txt"))
        self.assertEqual(
            (self.tombstones(), self.search(FILE, 'id')), ([], []))
        self.synchronize()
        self.assertEqual(self.writes(), [])

    def test_delete_record(self):
        "A person with few rights deletes an attachment"
        attachment = self.attach("a.txt")
        self.synchronize()
        self.delete(attachment, user=self.jane)
        self.assertEqual(len(self.tombstones()), 1)

    def test_no_bytes(self):
        attachment = self.attach("empty.txt", b'')
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/empty.txt", b'')])
        self.assertEqual(self.file(attachment, 'google_state', 'size'),
            ['synchronized', 0])
        self.assert_settled()

    def test_same_name(self):
        "Two files of one name are two files"
        self.attach("a.txt", b'1')
        self.attach("a.txt", b'2')
        self.synchronize()
        self.assertEqual(
            self.remote(), [("Sales/a.txt", b'1'), ("Sales/a.txt", b'2')])
        self.assert_equal_sides(2)
        self.assert_settled()

    def test_same_content(self):
        self.attach("a.txt", b'1')
        self.attach("b.txt", b'1')
        self.synchronize()
        self.assert_equal_sides(2)

    def test_large(self):
        "A large content has a session before its bytes are sent"
        attachment = self.attach("large.bin", LARGE)
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/large.bin", LARGE)])
        self.assertEqual(
            self.file(attachment, 'google_state', 'session_md5'),
            ['synchronized', None])
        self.assertEqual(self.secrets(), [])
        self.assert_settled()

    def test_replace_large(self):
        attachment = self.attach("large.bin", LARGE)
        self.synchronize()
        self.write(attachment, data=LARGE[::-1])
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/large.bin", LARGE[::-1])])
        self.assert_settled()

    def secrets(self):
        return self.search(
            'google_integration.secret', 'name',
            domain=[('resource', 'like', FILE + ',%')])

    def test_large_cut(self):
        "What was cut goes on where it was"
        attachment = self.attach("large.bin", LARGE)
        self.google.add_fault(
            'drop_body', method_id='drive.upload.chunk', size=5 << 20,
            times=None)
        self.assertFalse(self.run_once())
        self.assertEqual(self.secrets(), ['session'])
        self.google.clear_faults()
        received = self.google.uploads()[0]['received']
        self.assertGreater(received, 0)
        self.requests()
        self.synchronize()
        self.assertEqual(len(self.google.uploads()), 1)
        sent = sum(
            e['sent'] or 0 for e in self.log
            if e['id'] == 'drive.upload.chunk')
        self.assertLessEqual(sent, len(LARGE) - received)
        self.assertEqual(self.remote(), [("Sales/large.bin", LARGE)])
        self.assertEqual(
            self.file(attachment, 'google_state'), 'synchronized')
        self.assert_settled()

    @property
    def log(self):
        return self.google.log()

    def test_session_hidden(self):
        "Nobody reads the address of an upload"
        self.attach("large.bin", LARGE)
        self.google.add_fault(
            'status', status=503, method_id='drive.upload.chunk', times=None)
        self.run_once()
        self.assertEqual(self.secrets(), ['session'])
        for name, (_, rows) in self.rows().items():
            with self.subTest(model=name):
                self.assertNotIn('upload_id', str(rows))

    def test_session_lost(self):
        "A session that Google has forgotten is begun anew"
        self.attach("large.bin", LARGE)
        self.google.add_fault(
            'status', status=503, method_id='drive.upload.chunk', times=None)
        self.assertFalse(self.run_once())
        self.google.clear_faults()
        self.google.advance(8 * 24 * 3600)
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/large.bin", LARGE)])
        self.assert_settled()

    def test_session_lost_killed(self):
        "The other session is kept: it goes on there at the byte"
        attachment = self.attach("large.bin", LARGE)
        self.google.add_fault(
            'status', status=503, method_id='drive.upload.chunk', times=None)
        self.assertFalse(self.run_once())
        self.google.clear_faults()
        self.google.advance(8 * 24 * 3600)
        # the second session is cut in the middle, with the process
        self.google.add_fault(
            'drop_body', method_id='drive.upload.chunk', size=5 << 20,
            times=None)

        def die(*args):
            if self.google.uploads()[-1]['received']:
                raise KeyboardInterrupt
        with self.assertRaises(KeyboardInterrupt), \
                self.hook('push_pieces', after=die, times=10):
            self.run_once()
        self.google.clear_faults()
        received = self.google.uploads()[-1]['received']
        self.assertGreater(received, 0)
        self.assertEqual(self.secrets(), ['session'])
        self.assertIsNotNone(self.file(attachment, 'session_at'))
        self.update(DRIVE, self.drive, lease_until=0.0)
        count = len(self.google.uploads())
        self.google.clear_log()
        self.synchronize()
        self.assertEqual(len(self.google.uploads()), count)
        sent = sum(
            e['sent'] or 0 for e in self.log
            if e['id'] == 'drive.upload.chunk')
        self.assertEqual(sent, len(LARGE) - received)
        self.assertEqual(self.remote(), [("Sales/large.bin", LARGE)])
        self.assertEqual(self.secrets(), [])
        self.assertEqual(
            self.file(attachment, 'session_at', 'session_md5'), [None, None])
        self.assert_settled()

    def test_session_lost_of_content(self):
        "A session that is not there does not make the file lost"
        attachment = self.attach("large.bin", LARGE)
        self.synchronize()
        self.write(attachment, data=LARGE[::-1])
        self.google.add_fault(
            'status', status=404, reason='notFound',
            method_id='drive.upload.chunk', times=2)
        self.synchronize()
        self.assertEqual(
            self.file(attachment, 'google_state'), 'synchronized')
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.remote(), [("Sales/large.bin", LARGE[::-1])])
        self.assert_settled()

    def test_session_lost_always(self):
        "It is not begun anew for ever, and the others go on"
        attachment = self.attach("large.bin", LARGE)
        self.attach("small.txt", b'1')
        self.google.add_fault(
            'status', status=404, reason='notFound',
            method_id='drive.upload.chunk', times=None)
        self.synchronize()
        self.google.clear_faults()
        self.assertEqual(self.remote(), [("Sales/small.txt", b'1')])
        self.assertEqual(self.file(attachment, 'google_state'), 'failed')
        self.assertEqual(len(self.errors()), 1)
        self.assertEqual(self.secrets(), [])
        for id in self.search('google_integration.sync_error', 'id'):
            self.click('google_integration.sync_error', id, 'retry')
        self.synchronize()
        self.assert_equal_sides(2)
        self.assertEqual(self.errors(), [])

    def test_replaced_before_resumed(self):
        "A session is for one content"
        attachment = self.attach("large.bin", LARGE)
        self.google.add_fault(
            'drop_body', method_id='drive.upload.chunk', size=5 << 20,
            times=None)
        self.assertFalse(self.run_once())
        self.google.clear_faults()
        self.write(attachment, data=LARGE[::-1])
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/large.bin", LARGE[::-1])])
        self.assert_settled()

    def test_smallest_first(self):
        self.set_service(parallel=1)
        for size in [3000, 10, 500]:
            self.attach(f"{size}.bin", b'x' * size)
        order = []
        network = self.model(DRIVE)
        content = network._content_answer.__func__

        def noted(cls, client, operation):
            order.append(operation.parameters['size'])
            return content(cls, client, operation)
        with self.patched('_content_answer', classmethod(noted)):
            self.synchronize()
        self.assertEqual(order, [10, 500, 3000])

    def patched(self, name, value):
        from unittest.mock import patch
        return patch.object(self.model(DRIVE), name, value)

    # Folders

    def test_folder_known(self):
        "The folder that is there is taken"
        sales = self.folder("Sales")
        self.attach("a.txt")
        self.synchronize()
        self.assert_equal_sides(1)
        file, = [f for f in self.google.files() if f['name'] == "a.txt"]
        self.assertEqual(file['parent'], sales)

    def test_folder_renamed(self):
        "The folder that was made is taken again, whatever its name is now"
        self.attach("a.txt", b'1')
        self.synchronize()
        sales = self.folder("Sales")
        self.google.rename_file(ALICE, sales, "Sold")
        self.synchronize()
        self.attach("b.txt", b'2')
        self.synchronize()
        self.assertEqual(
            self.remote(), [("Sold/a.txt", b'1'), ("Sold/b.txt", b'2')])

    def test_folder_moved(self):
        "So is it wherever it is now"
        self.attach("a.txt", b'1')
        self.synchronize()
        there = self.google.create_folder(
            ALICE, "Elsewhere", parent=self.root)['id']
        self.google.move_file(ALICE, self.folder("Sales"), self.root, there)
        self.synchronize()
        self.attach("b.txt", b'2')
        self.synchronize()
        self.assertEqual(self.remote(), [
                ("Elsewhere/Sales/a.txt", b'1'),
                ("Elsewhere/Sales/b.txt", b'2')])
        self.assert_settled()

    def test_folder_trashed(self):
        "Another folder is made instead of one in the trash"
        self.attach("a.txt", b'1')
        self.synchronize()
        self.google.trash_file(ALICE, self.folder("Sales"))
        self.set_service(deletion_limit=50, deletion_share=100)
        self.synchronize()
        self.attach("b.txt", b'2')
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/b.txt", b'2')])
        self.assertEqual(self.local(), [("Sales/b.txt", b'2')])

    def test_folder_moved_out(self):
        "Another folder is made instead of one that the rule does not see"
        self.attach("a.txt", b'1')
        self.synchronize()
        self.google.add_fault(
            'status', status=503, method_id='drive.files.create', times=None)
        self.attach("b.txt", b'2')
        self.run_once()
        self.google.clear_faults()
        there = self.google.create_folder(ALICE, "Elsewhere")['id']
        sales = self.folder("Sales")
        self.google.move_file(ALICE, sales, self.root, there)
        self.synchronize()
        self.attach("c.txt", b'3')
        self.synchronize()
        self.assertEqual(
            self.remote(), [("Sales/b.txt", b'2'), ("Sales/c.txt", b'3')])
        self.assertEqual(
            self.local(), [
                ("Sales/a.txt", b'1'), ("Sales/b.txt", b'2'),
                ("Sales/c.txt", b'3')])
        self.assertEqual(
            self.errors('code'), ['google_drive.moved_out'])
        self.google.move_file(ALICE, sales, there, self.root)
        self.synchronize()
        self.assertEqual(sorted(self.remote()), self.local())
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_folder_only_sent(self):
        "A rule that receives nothing goes on where the folder is"
        self.set_rule(direction='to_google')
        self.attach("a.txt", b'1')
        self.synchronize()
        there = self.google.create_folder(ALICE, "Elsewhere")['id']
        sales = self.folder("Sales")
        self.google.move_file(ALICE, sales, self.root, there)
        self.attach("b.txt", b'2')
        self.synchronize()
        self.assertEqual(
            [f['parent'] for f in self.google.files()
                if f['name'] == 'b.txt'], [sales])

    def test_folder_once(self):
        "A lost answer makes no second folder"
        self.attach("a.txt")
        self.google.add_fault(
            'drop_after', method_id='drive.files.create', batch=True,
            times=2)
        self.run_once()
        self.google.clear_faults()
        self.synchronize()
        self.assertEqual(
            [f['name'] for f in self.google.files()
                if f['parent'] == self.root], ["Sales"])
        self.assert_equal_sides(1)
        self.assertEqual(
            set(self.search(FOLDER, 'state')), {'known'})

    def test_moved_record(self):
        "What is attached to another record moves"
        other = self.create_record("Sales 2")
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        self.write(attachment, resource=f'{GROUP},{other}')
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales 2/a.txt", b'1')])
        self.assert_settled()

    def test_place_changed(self):
        "A record that is renamed moves its files"
        self.attach("a.txt", b'1')
        self.synchronize()
        from .tools import database
        with database(1) as pool:
            Group = pool.get(GROUP)
            group = Group(self.group)
            Group.write([group], {'name': "Sales New"})
            pool.get(FILE).place_changed([group])
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales New/a.txt", b'1')])
        self.assert_settled()

    def test_moved_by_person(self):
        "What somebody has moved or renamed on Drive stays so"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        other = self.google.create_folder(
            ALICE, "Elsewhere", parent=self.root)['id']
        self.google.move_file(
            ALICE, google_id, self.folder("Sales"), other)
        self.synchronize()
        self.write(attachment, data=b'2')
        self.synchronize()
        self.assertEqual(self.remote(), [("Elsewhere/a.txt", b'2')])
        self.assert_settled()
