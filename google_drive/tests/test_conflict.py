# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is changed on both sides: nothing is lost"
import datetime as dt

from trytond.model.exceptions import AccessError
from trytond.modules.google_drive.exceptions import DriveRestoreError
from trytond.modules.google_integration.tests.tools import database

from .tools import (
    ALICE, ATTACHMENT, DRIVE, FILE, GROUP, RULE, GoogleDriveTestCase)

CONFLICT = 'google_integration.conflict'


class ConflictTestCase(GoogleDriveTestCase):

    def prepare(self):
        super().prepare()
        self.attachment = self.attach("a.txt", b'old')
        self.synchronize()
        self.google_id = self.file(self.attachment, 'google_id')

    def both(self, policy, newer='google'):
        "Change the content on both sides"
        self.set_rule(conflict_policy=policy)
        self.write(self.attachment, data=b'ours')
        touched = self.file(self.attachment, 'google_touched')
        day = dt.timedelta(days=1 if newer == 'google' else -1)
        self.google.edit_file(
            ALICE, self.google_id, content=b'theirs',
            modifiedTime=(touched + day).isoformat() + 'Z')

    def contents(self):
        return sorted(c for _, c in self.local())

    def kept(self):
        "The contents that Google keeps for ever"
        return [
            self.content_of(r)
            for r in self.google.file(self.google_id)['kept']]

    def content_of(self, revision):
        return self.google.file_content(self.google_id, revision=revision)

    def assert_google_stands(self):
        self.assertEqual(self.content(self.google_id), b'theirs')
        with database(commit=False) as pool:
            Attachment = pool.get(ATTACHMENT)
            self.assertEqual(
                bytes(Attachment(self.attachment).data), b'theirs')
            other, = Attachment.search([('id', '!=', self.attachment)])
            self.assertEqual(bytes(other.data), b'ours')
            self.assertRegex(other.name, r'^a \(Tryton, .*\)\.txt$')
            self.assertEqual(other.resource.id, self.group)
        # what is kept is not synchronised, nor is it later
        with database() as pool:
            pool.get(RULE).sweep()
        self.assertEqual(self.search(FILE, 'google_state'), ['synchronized'])
        self.assertEqual(
            self.search(CONFLICT, 'unit', 'stood'), [('content', 'google')])

    def assert_tryton_stands(self):
        self.assertEqual(self.content(self.google_id), b'ours')
        self.assertEqual(self.contents(), [b'ours'])
        self.assertEqual(self.kept(), [b'theirs'])
        self.assertEqual(
            self.search(CONFLICT, 'unit', 'stood'), [('content', 'tryton')])

    def test_google(self):
        self.both('google')
        self.synchronize()
        self.assert_google_stands()
        self.assert_settled()

    def test_tryton(self):
        self.both('tryton')
        self.synchronize()
        self.assert_tryton_stands()
        self.assert_settled()

    def test_newest_google(self):
        self.both('newest')
        self.synchronize()
        self.assert_google_stands()
        self.assert_settled()

    def test_newest_tryton(self):
        self.both('newest', 'tryton')
        self.synchronize()
        self.assert_tryton_stands()
        self.assert_settled()

    def test_manual(self):
        "Nothing moves until somebody decides"
        self.both('manual')
        self.synchronize()
        self.assertEqual(self.content(self.google_id), b'theirs')
        self.assertEqual(self.contents(), [b'ours'])
        self.assertEqual(
            self.search(CONFLICT, 'unit', 'state', 'unit_name'),
            [('content', 'open', "Content")])
        (here, there), = self.search(CONFLICT, 'in_tryton', 'in_google')
        self.assertIn("Size: 4", here)
        self.assertIn("Size: 6", there)
        # what neither side has is not shown
        self.assertNotIn("Edition", here + there)
        self.assertEqual(self.file(self.attachment, 'google_state'),
            'conflict')
        self.assert_settled()

    def decide(self, button):
        id, = self.search(CONFLICT, 'id')
        self.click(CONFLICT, id, button)
        self.synchronize()

    def test_manual_google(self):
        self.both('manual')
        self.synchronize()
        self.decide('keep_google')
        self.assertEqual(self.content(self.google_id), b'theirs')
        self.assertEqual(self.contents(), [b'ours', b'theirs'])
        self.assert_settled()

    def test_manual_tryton(self):
        self.both('manual')
        self.synchronize()
        self.decide('keep_tryton')
        self.assertEqual(self.content(self.google_id), b'ours')
        self.assertEqual(self.contents(), [b'ours'])
        self.assertEqual(self.kept(), [b'theirs'])
        self.assert_settled()

    # What did not stand comes back

    def restore(self):
        id, = self.search(CONFLICT, 'id', domain=[('state', '=', 'settled')])
        self.click(CONFLICT, id, 'restore', user=1)

    def data(self):
        with database(commit=False) as pool:
            return bytes(pool.get(ATTACHMENT)(self.attachment).data)

    def state(self):
        return self.search(CONFLICT, 'state')

    def test_restore_tryton(self):
        "The contents change places, and that of Google is kept there, too"
        self.both('google')
        self.synchronize()
        self.restore()
        self.assertEqual(self.data(), b'ours')
        self.synchronize()
        self.assertEqual(self.content(self.google_id), b'ours')
        self.assertEqual(self.contents(), [b'ours', b'theirs'])
        self.assertEqual(self.kept(), [b'theirs'])
        self.assertEqual(self.state(), ['restored'])
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_restore_google(self):
        "The revision that was overwritten becomes the content of both"
        self.both('tryton')
        self.synchronize()
        self.restore()
        self.synchronize()
        self.assertEqual(self.data(), b'theirs')
        self.assertEqual(self.content(self.google_id), b'theirs')
        # what is overwritten by it can be restored as well
        self.assertEqual(self.kept(), [b'theirs', b'ours'])
        self.assertEqual(self.search(
                'google_drive.transfer', 'size',
                domain=[('direction', '=', 'to_tryton')]), [6])
        self.assertEqual(self.contents(), [b'theirs'])
        self.assertEqual(self.state(), ['restored'])
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_restore_decided(self):
        "What somebody has decided can be taken back"
        self.both('manual')
        self.synchronize()
        self.decide('keep_tryton')
        self.restore()
        self.synchronize()
        self.assertEqual(self.data(), b'theirs')
        self.assertEqual(self.content(self.google_id), b'theirs')
        self.assert_settled()

    def test_restore_unsent(self):
        "What was not sent yet is kept here"
        self.both('tryton')
        self.google.add_fault(
            'status', status=503, method_id='drive.files.update',
            times=None)
        self.run_once()
        self.google.clear_faults()
        self.restore()
        self.synchronize()
        self.assertEqual(self.data(), b'theirs')
        self.assertEqual(self.content(self.google_id), b'theirs')
        self.assertEqual(self.contents(), [b'ours', b'theirs'])
        self.assert_settled()

    def test_restore_changed(self):
        "What was changed since is lost neither"
        self.both('tryton')
        self.synchronize()
        self.restore()

        def replace(*args):
            with self.meanwhile(1) as pool:
                Attachment = pool.get(ATTACHMENT)
                Attachment.write(
                    [Attachment(self.attachment)], {'data': b'since'})
        with self.hook('download_pieces', before=replace):
            self.synchronize()
        self.assertEqual(self.data(), b'theirs')
        self.assertEqual(self.contents(), [b'since', b'theirs'])
        self.assertEqual(self.content(self.google_id), b'theirs')
        self.assert_settled()

    def test_restore_gone(self):
        "What Google has forgotten is told, and nothing else stops"
        self.both('tryton')
        self.synchronize()
        self.restore()
        self.google.add_fault(
            'status', status=404, reason='notFound', times=None,
            method_id='drive.revisions.get')
        self.synchronize()
        self.google.clear_faults()
        error, = self.errors()
        self.assertIn("revision", error)
        self.assertEqual(self.state(), ['settled'])
        self.write(self.attachment, data=b'since')
        self.synchronize()
        self.assertEqual(self.content(self.google_id), b'since')
        # it may be there after all
        self.restore()
        self.synchronize()
        self.assertEqual(self.data(), b'theirs')
        self.assertEqual(self.content(self.google_id), b'theirs')

    def test_restore_crash(self):
        "A run that dies over it goes on with it"
        self.both('tryton')
        self.synchronize()
        self.restore()

        def die(*args):
            raise KeyboardInterrupt
        with self.assertRaises(KeyboardInterrupt), \
                self.hook('download_pieces', after=die):
            self.run_once()
        self.update(DRIVE, self.drive, lease_until=0.0)
        self.synchronize()
        self.assertEqual(self.data(), b'theirs')
        self.assertEqual(self.content(self.google_id), b'theirs')
        self.assert_settled()

    def test_restore_deleted(self):
        "Without the content nothing is changed"
        self.both('google')
        self.synchronize()
        other, = self.search(
            ATTACHMENT, 'id', domain=[('id', '!=', self.attachment)])
        self.delete(other)
        with self.assertRaises(DriveRestoreError):
            self.restore()
        self.assertEqual(self.state(), ['settled'])
        self.assertEqual(self.data(), b'theirs')

    def test_restore_gone_attachment(self):
        self.both('google')
        self.synchronize()
        self.delete(self.attachment)
        with self.assertRaises(DriveRestoreError):
            self.restore()

    def test_restore_access(self):
        "Who may not change the attachment restores nothing"
        self.both('tryton')
        self.synchronize()
        with database(1) as pool:
            group, = pool.get('ir.rule.group').create([{
                        'name': "Read-Only", 'model': GROUP,
                        'global_p': True, 'perm_read': False,
                        'perm_write': True, 'perm_create': False,
                        'perm_delete': False,
                        'rules': [('create', [{
                                        'domain': '[["id", "=", -1]]',
                                        }])],
                        }])
            group = group.id
        try:
            with self.assertRaises(AccessError):
                self.restore()
        finally:
            with database(1) as pool:
                Group = pool.get('ir.rule.group')
                Group.delete([Group(group)])
        self.assertEqual(self.state(), ['settled'])

    def test_restore_name(self):
        "A name that did not stand comes back on both sides"
        self.set_rule(conflict_policy='google')
        self.write(self.attachment, name="ours.txt")
        self.google.rename_file(ALICE, self.google_id, "theirs.txt")
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/theirs.txt", b'old')])
        self.restore()
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/ours.txt", b'old')])
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_same(self):
        "The same content on both sides is no conflict"
        self.write(self.attachment, data=b'same')
        self.google.edit_file(ALICE, self.google_id, content=b'same')
        self.synchronize()
        self.assertEqual(self.search(CONFLICT, 'id'), [])
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_apart(self):
        "A name here and a content there are both taken"
        self.write(self.attachment, name="b.txt")
        self.google.edit_file(ALICE, self.google_id, content=b'theirs')
        self.synchronize()
        self.assertEqual(self.search(CONFLICT, 'id'), [])
        self.assertEqual(self.remote(), [("Sales/b.txt", b'theirs')])
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_content_here_name_there(self):
        self.write(self.attachment, data=b'ours')
        self.google.rename_file(ALICE, self.google_id, "b.txt")
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/b.txt", b'ours')])
        self.assert_equal_sides(1)
        self.assert_settled()

    # While something travels

    def test_during_download(self):
        "The attachment is replaced while the content of Google comes"
        for policy in ['tryton', 'google']:
            with self.subTest(policy=policy):
                self.set_rule(conflict_policy=policy)
                self.google.edit_file(
                    ALICE, self.google_id, content=b'theirs' + policy.encode())

                def replace(*args):
                    with self.meanwhile(1) as pool:
                        Attachment = pool.get(ATTACHMENT)
                        Attachment.write(
                            [Attachment(self.attachment)],
                            {'data': b'ours' + policy.encode()})
                with self.hook('download_pieces', after=replace):
                    self.synchronize()
                self.synchronize()
                self.assertIn(b'ours' + policy.encode(), self.contents())
                if policy == 'tryton':
                    self.assertEqual(
                        self.content(self.google_id), b'ourstryton')
                    self.assertIn(b'theirstryton', self.kept())
                else:
                    self.assertIn(b'theirsgoogle', self.contents())
                    self.assertEqual(
                        self.content(self.google_id), b'theirsgoogle')
                self.assert_settled()

    def test_before_push(self):
        "Google changes between the pull and the push"
        self.set_rule(conflict_policy='tryton')
        self.write(self.attachment, data=b'ours')

        def change(*args):
            self.google.edit_file(ALICE, self.google_id, content=b'theirs')
        with self.hook('push_pieces', before=change):
            self.synchronize()
        self.assert_tryton_stands()
        self.assert_settled()

    def test_overwritten(self):
        "What came between the look and the upload is kept and told"
        self.write(self.attachment, data=b'ours')
        pause = self.google.pause_at(1, method_id='drive.files.update')
        import threading

        def change():
            self.google.wait_hook(pause)
            self.google.edit_file(ALICE, self.google_id, content=b'theirs')
            self.google.resume(pause)
        thread = threading.Thread(target=change)
        thread.start()
        self.synchronize()
        thread.join()
        self.assertEqual(self.content(self.google_id), b'ours')
        self.assertEqual(self.kept(), [b'theirs'])
        self.assertEqual(
            self.search(CONFLICT, 'unit', 'stood'), [('content', 'tryton')])

    def test_changed_during_upload(self):
        "The attachment is replaced while it is being sent"
        self.write(self.attachment, data=b'1')

        def replace(*args):
            with self.meanwhile(1) as pool:
                Attachment = pool.get(ATTACHMENT)
                Attachment.write(
                    [Attachment(self.attachment)], {'data': b'2'})
        with self.hook('push_pieces', after=replace):
            self.synchronize()
        self.synchronize()
        self.assertEqual(self.content(self.google_id), b'2')
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_trashed_during_upload(self):
        self.set_rule(conflict_policy='google')
        self.write(self.attachment, data=b'1')

        def trash(*args):
            self.google.trash_file(ALICE, self.google_id)
        with self.hook('push_pieces', before=trash):
            self.run_once()
        self.synchronize()
        self.assertTrue(self.google.file(self.google_id)['trashed'])
        self.assertEqual(self.local(), [])

    def test_trashed_and_changed(self):
        "What is in the trash there and was changed here is sent anew"
        self.set_rule(conflict_policy='tryton')
        self.write(self.attachment, data=b'1')
        self.google.trash_file(ALICE, self.google_id)
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/a.txt", b'1')])
        self.assertNotEqual(
            self.file(self.attachment, 'google_id'), self.google_id)
        self.assertTrue(self.google.file(self.google_id)['trashed'])
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_moved_during_upload(self):
        self.write(self.attachment, data=b'1')
        other = self.google.create_folder(
            ALICE, "Other", parent=self.root)['id']

        def move(*args):
            self.google.move_file(
                ALICE, self.google_id, self.folder("Sales"), other)
        with self.hook('push_pieces', before=move):
            self.synchronize()
        self.synchronize()
        self.assertEqual(self.remote(), [("Other/a.txt", b'1')])
        self.assert_settled()

    def test_trashed_during_download(self):
        self.google.edit_file(ALICE, self.google_id, content=b'theirs')

        def trash(*args):
            self.google.trash_file(ALICE, self.google_id)
        with self.hook('download_pieces', before=trash):
            self.run_once()
        self.synchronize()
        self.assertEqual(self.local(), [])

    def test_deleted_during_download(self):
        self.google.edit_file(ALICE, self.google_id, content=b'theirs')

        def delete(*args):
            self.google.destroy_file(self.google_id)
        with self.hook('download_pieces', before=delete):
            self.run_once()
        self.synchronize()
        self.assertEqual(self.contents(), [b'old'])
        self.assertEqual(self.file(self.attachment, 'google_state'), 'apart')

    def test_deletion_and_change(self):
        "What is deleted here and changed there since comes back"
        self.set_rule(conflict_policy='google')
        self.set_service(conflict_policy='google')
        self.delete(self.attachment)
        self.google.edit_file(ALICE, self.google_id, content=b'theirs')
        self.synchronize()
        self.assertEqual(self.contents(), [b'theirs'])
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_deletion_stands(self):
        self.set_service(conflict_policy='tryton')
        self.delete(self.attachment)
        self.google.edit_file(ALICE, self.google_id, content=b'theirs')
        self.synchronize()
        self.assertEqual(self.contents(), [])
        self.assertTrue(self.google.file(self.google_id)['trashed'])
        self.assert_settled()
