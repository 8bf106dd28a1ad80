# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"One bad item is told with its reason, and the others go on"
from unittest.mock import patch

from trytond.modules.google_integration.operation import ItemError

from .tools import (
    ACCESS, ALICE, ATTACHMENT, BOB, DRIVE, FILE, FOLDER, GoogleDriveTestCase,
    RULE, database)

ERROR = 'google_integration.sync_error'


class ErrorsTestCase(GoogleDriveTestCase):

    def retry(self):
        for id in self.search(ERROR, 'id'):
            self.click(ERROR, id, 'retry')

    def test_quota(self):
        "Without space the content waits, what needs none goes on"
        trashed = self.attach("c.txt", b'1')
        self.synchronize()
        self.delete(trashed)
        self.attach("a.txt", b'x' * 100)
        self.drop("b.txt", b'1')
        self.google.set_quota(ALICE, 10)
        self.synchronize()
        error, = self.errors()
        self.assertIn("no space left", error)
        self.assertEqual(self.remote(), [("Sales/b.txt", b'1')])
        self.assertIn(("Sales/b.txt", b'1'), self.local())
        self.assertTrue(any(
                f['name'] == "c.txt" and f['trashed']
                for f in self.google.files()))
        self.google.set_quota(ALICE, None)
        self.retry()
        self.synchronize()
        self.assert_equal_sides(2)
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_retry_read(self):
        "A client reads again the errors of which it pressed the button"
        self.set_rule(mime_types_out='image/*')
        self.attach("a.txt", b'1')
        self.synchronize()
        id, = self.search(ERROR, 'id')
        names = ['message', 'service.rec_name', '_timestamp', '_write']
        self.click(ERROR, id, 'retry')
        with database(self.jane, context=ACCESS) as pool:
            Error = pool.get(ERROR)
            self.assertEqual(Error.search([]), [])
            self.assertEqual(
                Error.read([id], names), [{**dict.fromkeys(names), 'id': id}])
        for button in ['retry', 'ignore']:
            # which the client still shows
            self.click(ERROR, id, button)

    def test_refused(self):
        "What is not sent is told, whichever side is looked at first"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        self.synchronize()
        self.set_rule(mime_types_out='image/*')
        self.write(attachment, data=b'2')
        self.google.edit_file(
            ALICE, self.file(attachment, 'google_id'), description="New")
        self.synchronize()
        self.assertEqual(
            self.file(attachment, 'google_state'), 'failed')
        self.assertEqual(len(self.errors()), 1)

    def test_write_access(self):
        "What the account may not change is told, and sent when it may"
        file = self.google.create_file(BOB, "a.txt", content=b'1')
        self.google.share_file(file['id'], ALICE, 'writer')
        self.google.tamper_file(file['id'], parent=self.folder("Sales"))
        other = self.attach("b.txt", b'2')
        self.synchronize()
        id, = self.search(ATTACHMENT, 'id', domain=[('name', '=', "a.txt")])
        self.google.share_file(file['id'], ALICE, 'reader')
        # the folder grants nothing but through its owner
        self.google.revoke_access(self.folder("Sales"), BOB)
        self.write(id, data=b'3')
        self.write(other, data=b'4')
        with self.refused('drive.files.update', id):
            self.synchronize()
        self.assertEqual(len(self.errors()), 1)
        self.assertEqual(
            [c for n, c in self.remote() if n.endswith("b.txt")], [b'4'])
        self.retry()
        self.synchronize()
        self.assertEqual(self.content(file['id']), b'3')
        self.assertEqual(self.errors(), [])

    def refused(self, method, attachment):
        "Refuse the requests about the file of an attachment"
        import contextlib
        path = self.file(attachment, 'google_id')

        @contextlib.contextmanager
        def fault():
            self.google.add_fault(
                'status', status=403, reason='insufficientFilePermissions',
                method_id=method, path=path, times=None)
            yield
            self.google.clear_faults()
        return fault()

    def test_place(self):
        "A template that fails for one record stops no other"
        bad = self.attach("bad.txt", b'1')
        self.attach("good.txt", b'2')
        Rule = self.model(RULE)
        places = Rule.places

        def failing(rule, attachments):
            return places(rule, attachments) | {
                a.id: ItemError('google_drive.no_record', {'name': "bad"})
                for a in attachments if a.name == "bad.txt"}
        with patch.object(Rule, 'places', failing):
            self.synchronize()
        self.assertEqual(self.remote(), [("Sales/good.txt", b'2')])
        error, = self.errors()
        self.assertIn("bad", error)
        self.assertEqual(self.file(bad, 'google_state'), 'failed')
        self.retry()
        self.synchronize()
        self.assert_equal_sides(2)
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_malformed(self):
        "What Google answers unlike its documentation stops no other"
        for name in ["bad.txt", "good.txt"]:
            self.drop(name, name.encode())
            self.attach("our " + name, name.encode())
        Drive = self.model(DRIVE)
        content, answer = Drive._content, Drive._content_answer

        def received(client, item, path):
            if item['size'] == len("bad.txt"):
                raise KeyError('md5Checksum')
            return content(client, item, path)

        def sent(client, operation):
            if operation.body['name'] == "our bad.txt":
                raise TypeError
            return answer(client, operation)
        with patch.object(Drive, '_content', received), \
                patch.object(Drive, '_content_answer', sent), \
                self.assertLogs('trytond.modules.google_drive', 'ERROR'):
            self.synchronize()
        self.assertEqual(self.remote(), [
                ("Sales/bad.txt", b'bad.txt'),
                ("Sales/good.txt", b'good.txt'),
                ("Sales/our good.txt", b'good.txt')])
        self.assertIn(("Sales/good.txt", b'good.txt'), self.local())
        self.assertEqual(len(self.errors()), 2)
        self.retry()
        self.synchronize()
        self.assert_equal_sides(4)
        self.assertEqual(self.errors(), [])

    def test_link(self):
        "An address that is none of the web is not kept"
        self.set_rule(storage='link')
        self.drop("bad.txt", b'1')
        self.drop("good.txt", b'2')
        Drive = self.model(DRIVE)
        get = Drive._get

        def tampered(client, google_id):
            resource = get(client, google_id)
            if resource['name'] == "bad.txt":
                resource['webViewLink'] = 'javascript:alert(1)'
            return resource
        with patch.object(Drive, '_get', tampered):
            self.synchronize()
        self.assertEqual(self.search(ATTACHMENT, 'name'), ["good.txt"])
        self.assertIn("no address of the web", self.errors()[0])
        self.retry()
        self.synchronize()
        self.assertEqual(
            self.search(ATTACHMENT, 'name'), ["good.txt", "bad.txt"])

    def test_target(self):
        "A pattern that fails for one file stops no other"
        self.drop("bad.txt", b'1')
        self.drop("good.txt", b'2')
        Rule = self.model(RULE)
        target = Rule.target

        def failing(rule, resource, folders, known):
            if resource['name'] == "bad.txt":
                raise ItemError('google_drive.no_record', {'name': "bad"})
            return target(rule, resource, folders, known)
        with patch.object(Rule, 'target', failing):
            self.synchronize()
        self.assertEqual(self.local(), [("Sales/good.txt", b'2')])
        self.assertEqual(len(self.errors()), 1)
        self.retry()
        self.synchronize()
        self.assert_equal_sides(2)
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_write_refused(self):
        "An attachment that can not be made is told"
        self.drop("bad.txt", b'1')
        self.drop("good.txt", b'2')
        Attachment = self.model(ATTACHMENT)
        create = Attachment.create

        def failing(vlist):
            if any(v['name'] == "bad.txt" for v in vlist):
                raise ValueError("no")
            return create(vlist)
        with patch.object(Attachment, 'create', failing):
            self.synchronize()
        self.assertEqual(self.local(), [("Sales/good.txt", b'2')])
        self.assertEqual(len(self.errors()), 1)
        self.retry()
        self.synchronize()
        self.assert_equal_sides(2)
        self.assertEqual(self.errors(), [])

    def test_not_downloadable(self):
        self.drop("bad.txt", b'1')
        self.drop("good.txt", b'2')
        bad, = [f for f in self.google.files() if f['name'] == "bad.txt"]
        self.google.add_fault(
            'status', status=403, reason='fileNotDownloadable',
            method_id='drive.files.get_media', path=bad['id'], times=None)
        self.synchronize()
        self.google.clear_faults()
        self.assertEqual(self.local(), [("Sales/good.txt", b'2')])
        self.assertEqual(len(self.errors()), 1)
        # it is not tried again and again
        self.requests()
        self.synchronize()
        self.assertNotIn('drive.files.get_media', self.requests())
        self.retry()
        self.synchronize()
        self.assert_equal_sides(2)
        self.assertEqual(self.errors(), [])

    def test_folder_refused(self):
        "Where no folder can be made the files wait, the others go on"
        self.attach("a.txt", b'1')
        self.folder("Sales 2")
        other = self.create_record("Sales 2")
        self.attach("b.txt", b'2', other)
        self.synchronize_with_fault(
            'status', status=403, reason='numChildrenInNonRootLimitExceeded',
            method_id='drive.files.create', batch=True, times=None)
        self.assertEqual(self.remote(), [("Sales 2/b.txt", b'2')])
        self.assertEqual(len(self.errors()), 1)
        self.retry()
        self.synchronize()
        self.assert_equal_sides(2)
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def synchronize_with_fault(self, action, **values):
        self.google.add_fault(action, **values)
        self.run_once()
        self.google.clear_faults()

    def test_missing_content(self):
        "A content that is not in the store any more"
        bad = self.attach("bad.txt", b'1')
        self.attach("good.txt", b'2')
        with database() as pool:
            from trytond.transaction import Transaction
            table = pool.get(ATTACHMENT).__table__()
            Transaction().connection.cursor().execute(*table.update(
                    [table.file_id], ['missing'], where=table.id == bad))
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/good.txt", b'2')])
        self.assertEqual(len(self.errors()), 1)

    def test_two_rules(self):
        "Rules that want the file on other records"
        self.create_rule(
            name="Other", sequence=2, match_folder=False,
            match_pattern=r'(?P<name>Sales \w+)')
        self.create_record("Sales 2")
        self.drop("Sales 2.txt", b'1')
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/Sales 2.txt", b'1')])
        self.assert_equal_sides(1)
        error, = self.errors()
        self.assertIn("Other", error)

    def test_quarantine(self):
        "A file without record goes to the quarantine, and nowhere else"
        quarantine = self.google.create_folder(
            ALICE, "Quarantine", parent=self.root)['id']
        file = self.drop("a.txt", b'1', folder="Nobody")
        Rule = self.model(RULE)
        target = Rule.target

        def orphan(rule, resource, folders, known):
            result = target(rule, resource, folders, known)
            if not result.record:
                return result._replace(
                    orphan='quarantine', folder=quarantine)
            return result
        with patch.object(Rule, 'target', orphan):
            self.synchronize()
            self.synchronize()
            self.assertEqual(
                self.google.file(file['id'])['parent'], quarantine)
            self.assertEqual(self.search(ATTACHMENT, 'id'), [])
            self.assertEqual(len(self.errors()), 1)
            # a person finds out where it belongs
            self.google.move_file(
                ALICE, file['id'], quarantine, self.folder("Sales"))
            self.synchronize()
            self.assert_equal_sides(1)
            self.assertEqual(self.errors(), [])
            self.assert_settled()

    def test_moved_root(self):
        "The root of the rule is in the trash: nothing is deleted unasked"
        for i in range(12):
            self.drop(f"{i}.txt", b'%d' % i)
        self.synchronize()
        self.google.trash_file(ALICE, self.root)
        self.assertFalse(self.run_once())
        self.assertEqual(len(self.search(ATTACHMENT, 'id')), 12)

    def test_drive_gone(self):
        "A service that is not there fails and deletes nothing"
        self.drop("a.txt", b'1')
        self.synchronize()
        self.google.add_fault(
            'status', status=404, reason='notFound',
            method_id='drive.changes.list', times=None)
        self.assertFalse(self.run_once())
        self.assertEqual(len(self.search(ATTACHMENT, 'id')), 1)


class RuleTestCase(GoogleDriveTestCase):
    "What a rule that is added later finds"

    def test_new_rule(self):
        other = self.google.create_folder(ALICE, "Other")['id']
        inner = self.google.create_folder(ALICE, "Sales", parent=other)['id']
        self.google.create_file(ALICE, "a.txt", content=b'1', parent=inner)
        self.synchronize()
        self.assertEqual(self.search(ATTACHMENT, 'id'), [])
        self.create_rule(name="Other", root=other)
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/a.txt", b'1')])
        self.assert_settled()

    def test_new_root(self):
        other = self.google.create_folder(ALICE, "Other")['id']
        inner = self.google.create_folder(ALICE, "Sales", parent=other)['id']
        self.google.create_file(ALICE, "a.txt", content=b'1', parent=inner)
        self.synchronize()
        self.set_rule(root=other)
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/a.txt", b'1')])
        self.assert_settled()

    def test_deleted(self):
        "What a deleted rule had stays on both sides"
        self.attach("a.txt", b'1')
        self.synchronize()
        # without the warning
        with database() as pool:
            Rule = pool.get(RULE)
            Rule.delete([Rule(self.rule)])
        self.synchronize()
        self.assertEqual(len(self.search(ATTACHMENT, 'id')), 1)
        self.assertEqual(len(self.remote()), 1)
        self.delete(*self.search(ATTACHMENT, 'id'))
        self.synchronize()
        self.assertEqual(len(self.remote()), 1)

    def test_to_tryton(self):
        "What a rule only receives is never changed at Google"
        self.set_rule(direction='to_tryton')
        self.drop("a.txt", b'1')
        self.synchronize()
        id, = self.search(ATTACHMENT, 'id')
        self.requests()
        self.write(id, name="b.txt", data=b'2')
        self.synchronize()
        self.delete(id)
        self.synchronize()
        self.assertEqual(self.writes(), [])
        self.assertEqual(self.remote(), [("Sales/a.txt", b'1')])


class SharedTestCase(GoogleDriveTestCase):
    "A shared drive has a change log of its own"

    def prepare(self):
        super().prepare()
        shared = self.google.add_drive(ALICE, "Team")['id']
        self.mine = self.drive
        _, self.drive = self.discover(self.credentials)
        self.root = shared
        self.set_rule(drive=self.drive, root=None)

    @property
    def prefix(self):
        return "Team/"

    def remote(self, trashed=False):
        return sorted(
            (f['path'].partition('/')[2], self.content(f['id']))
            for f in self.google.files(drive=self.root, trashed=trashed)
            if 'md5' in f)

    def folder(self, name):
        for file in self.google.files(drive=self.root, trashed=False):
            if file['name'] == name and file['parent'] == self.root:
                return file['id']
        return self.google.create_folder(ALICE, name, parent=self.root)['id']

    def test_both(self):
        self.attach("a.txt", b'1')
        self.drop("b.txt", b'2')
        self.synchronize()
        self.assert_equal_sides(2)
        self.assert_settled()
        for file in self.google.files(drive=self.root):
            if file['name'] == "b.txt":
                self.google.edit_file(ALICE, file['id'], content=b'3')
        self.synchronize()
        self.assertEqual(
            self.local(), [("Sales/a.txt", b'1'), ("Sales/b.txt", b'3')])
        # nothing of it is in the log of My Drive
        self.synchronize(self.mine)
        self.assertEqual(self.search(FOLDER, 'name', domain=[
                    ('drive', '=', self.mine),
                    ('name', '=', "Sales"),
                    ]), [])

    def test_vanished(self):
        self.attach("a.txt", b'1')
        self.synchronize()
        self.google.revoke_access(self.root, ALICE)
        self.google.add_fault(
            'status', status=404, reason='notFound', times=None,
            method_id='drive.changes.*')
        self.assertFalse(self.run_once())
        self.assertEqual(len(self.search(ATTACHMENT, 'id')), 1)
        self.assertEqual(self.search(FILE, 'google_state'), ['synchronized'])


class OwnFilesTestCase(GoogleDriveTestCase):
    "An application that sees only its own files"
    drive_access = 'file'

    def test_own(self):
        self.set_rule(root=None)
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        self.assertEqual(
            self.file(attachment, 'google_state'), 'synchronized')
        google_id = self.file(attachment, 'google_id')
        self.assertEqual(self.content(google_id), b'1')
        self.write(attachment, data=b'2', name="b.txt")
        self.synchronize()
        self.assertEqual(self.content(google_id), b'2')
        self.google.edit_file(ALICE, google_id, content=b'3')
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/b.txt", b'3')])
        self.assertEqual(self.errors(), [])
        self.assert_settled()
