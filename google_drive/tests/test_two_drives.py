# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the drives of two accounts see is attached once"
import io
from unittest.mock import patch

from PIL import Image


from .tools import (
    ALICE, ATTACHMENT, BOB, DRIVE, FILE, GROUP, RULE, GoogleDriveTestCase,
    database)


class TwoDrivesTestCase(GoogleDriveTestCase):

    def prepare(self):
        super().prepare()
        self.google.share_file(self.root, BOB, 'writer')
        self.other, = self.discover(self.connect(self.john, BOB))

    def remote(self):
        "What there is below the root, whoever has put it there"
        return sorted(
            (f['path'].removeprefix(self.prefix), self.content(f['id']))
            for f in self.google.files(trashed=False)
            if 'md5' in f and f['path'].startswith(self.prefix))

    def drives(self):
        return {d.id for d in self.search(FILE, 'drive')}

    def synchronize_both(self, *drives):
        for drive in drives or (self.drive, self.other):
            self.synchronize(drive)

    def test_two_accounts(self):
        "What two accounts see is attached once, which the other one tells"
        mine, other = self.drive, self.other
        self.create_rule(drive=other, name="Bob's")
        self.attach("a.txt", b'1')
        self.drop("b.txt", b'2')
        self.synchronize(mine)
        for _ in range(2):
            self.synchronize(other)
            self.assert_equal_sides(2)
            self.assertEqual(self.drives(), {mine})
        errors = self.errors()
        self.assertEqual(len(errors), 2)
        for error in errors:
            self.assertIn("A rule of another account has the file", error)
        self.assert_settled()
        # what one drive has not attached the other one may
        self.set_rule(domain='[["name", "=", "Sales"]]')
        record = self.create_record("Sales 2")
        self.drop("c.txt", b'3', "Sales 2")
        for drive in [mine, other]:
            self.synchronize(drive)
        self.assertEqual([
                r.id for n, r in self.search(ATTACHMENT, 'name', 'resource')
                if n == "c.txt"], [record])

    # Another account goes on

    def change_rule(self, change, **values):
        with database(1, context={'_skip_warnings': True}) as pool:
            Rule = pool.get(RULE)
            change(Rule, [Rule(self.rule)], **values)

    def move_rule(self):
        self.set_rule(drive=self.other)

    def replace_rule(self):
        self.change_rule(lambda Rule, rules: Rule.delete(rules))
        self.create_rule(drive=self.other)

    def deactivate_rule(self):
        self.change_rule(
            lambda Rule, rules: Rule.write(rules, {'active': False}))
        self.create_rule(drive=self.other)

    def delete_drive(self):
        with database(1, context={'_skip_warnings': True}) as pool:
            Drive = pool.get(DRIVE)
            Drive.delete([Drive(self.drive)])
        self.create_rule(drive=self.other)

    def sweep(self):
        with database(0) as pool:
            pool.get(RULE).sweep()

    def assert_goes_on(self, change, steps):
        attached = self.attach("a.txt", b'1')
        self.drop("b.txt", b'2')
        self.synchronize()
        ids = self.search(ATTACHMENT, 'id')
        change()
        for step in steps:
            step()
        self.synchronize(self.other)
        self.assertEqual(self.search(ATTACHMENT, 'id'), ids)
        self.assertEqual(self.drives(), {self.other})
        self.assert_equal_sides(2)
        dropped, = set(ids) - {attached}
        self.write(attached, data=b'3')
        self.google.edit_file(
            ALICE, self.file(dropped, 'google_id'), content=b'4')
        self.synchronize(self.other)
        self.assertEqual(
            self.local(), [("Sales/a.txt", b'3'), ("Sales/b.txt", b'4')])
        self.assertEqual(self.remote(), self.local())
        self.assertEqual(self.errors() + self.conflicts('id'), [])
        self.assertEqual(self.tombstones(), [])
        self.sweep()
        self.synchronize(self.other)
        self.synchronize(self.other)
        self.requests()
        self.synchronize(self.other)
        self.assertEqual(self.requests(), [self.list_request])

    def former(self):
        self.synchronize(self.drive)

    def latter(self):
        self.synchronize(self.other)

    def test_moved(self):
        self.assert_goes_on(self.move_rule, [])

    def test_moved_late(self):
        self.assert_goes_on(
            self.move_rule, [self.former, self.latter, self.sweep])

    def test_replaced(self):
        self.assert_goes_on(self.replace_rule, [])

    def test_replaced_late(self):
        self.assert_goes_on(self.replace_rule, [self.former, self.latter])

    def test_deactivated(self):
        self.assert_goes_on(self.deactivate_rule, [self.former])

    def test_deactivated_late(self):
        "The drive has seen the folder before it sweeps"
        self.latter()
        self.assert_goes_on(self.deactivate_rule, [self.sweep, self.former])

    def test_deleted_drive(self):
        self.assert_goes_on(self.delete_drive, [])

    def test_unseen(self):
        "What the other account does not see is sent anew"
        self.attach("a.txt", b'1')
        self.synchronize()
        root = self.google.create_folder(BOB, "Bob's")['id']
        self.set_rule(drive=self.other, root=root)
        self.sweep()
        self.former()
        self.latter()
        self.assertEqual(self.local(), [("Sales/a.txt", b'1')])
        # it is not known yet that Bob does not see it
        self.assertEqual(self.remote(), self.local())
        self.sweep()
        self.former()
        self.latter()
        self.assertEqual(self.remote(), [])
        self.root = root
        self.assertEqual(self.remote(), self.local())
        self.assertEqual(self.tombstones() + self.errors(), [])

    def test_trashed_elsewhere(self):
        "What the former account is to put into the trash is not attached"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        self.delete(attachment)
        self.deactivate_rule()
        self.latter()
        self.assertEqual(self.local(), [])
        self.assertIn("about to be put into the trash", self.errors()[0])
        self.former()
        self.latter()
        self.assertEqual(self.local() + self.remote() + self.errors(), [])

    def test_other_record(self):
        "What is attached to no record of the rule stays with it"
        self.attach("Sales 2.txt", b'1')
        self.synchronize()
        self.change_rule(
            lambda Rule, rules: Rule.write(rules, {'active': False}))
        self.create_record("Sales 2")
        self.create_rule(
            drive=self.other, domain='[["name", "=", "Sales 2"]]',
            match_folder=False, match_pattern=r'(?P<name>Sales \w+)')
        self.latter()
        self.assertEqual(
            self.local(), [
                ("Sales 2/Sales 2.txt", b'1'), ("Sales/Sales 2.txt", b'1')])
        self.assertEqual(self.drives(), {self.drive, self.other})

    def test_changed_on_both_sides(self):
        "What was changed before the drive goes on is a conflict as ever"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        self.deactivate_rule()
        self.write(attachment, description="mine")
        self.google.edit_file(
            ALICE, self.file(attachment, 'google_id'), description="theirs")
        self.latter()
        self.latter()
        self.assertEqual(len(self.conflicts('id')), 1)

    def test_encrypted(self):
        "What is to be encrypted does not stay as it is"
        self.set_key()
        attachment = self.attach("a.txt", b'secret')
        self.synchronize()
        self.change_rule(
            lambda Rule, rules: Rule.write(rules, {'active': False}))
        self.create_rule(drive=self.other, encrypted=True)
        self.take_turns()
        self.assertNotIn(
            b'secret', self.content(self.file(attachment, 'google_id')))
        self.assertEqual(self.local(), [("Sales/a.txt", b'secret')])
        self.assertEqual([n for n, _ in self.remote()], ["Sales/a.txt"])

    def test_decrypted(self):
        "Nor does what was encrypted"
        self.set_key()
        self.set_rule(encrypted=True)
        self.attach("a.txt", b'secret')
        self.synchronize()
        self.deactivate_rule()
        self.take_turns()
        self.assertEqual(self.local(), [("Sales/a.txt", b'secret')])
        self.assertEqual(self.remote(), self.local())

    def go_on_encrypted(self, encrypted):
        self.set_key()
        self.set_rule(encrypted=True)
        attachment = self.attach("a.txt", b'secret')
        self.synchronize()
        self.change_rule(lambda Rule, rules: Rule.delete(rules))
        self.create_rule(drive=self.other, encrypted=encrypted)
        self.take_turns()
        self.assertEqual(self.local(), [("Sales/a.txt", b'secret')])
        self.assertEqual(len(self.remote()), 1)
        self.write(attachment, data=b'another')
        self.take_turns()
        self.assertEqual(self.local(), [("Sales/a.txt", b'another')])
        (_, content), = self.remote()
        self.assertEqual(content == b'another', not encrypted)

    def test_encrypted_deleted(self):
        "If the rule is deleted by which it was, it is until the next change"
        self.go_on_encrypted(False)

    def test_encrypted_again(self):
        "Another rule that encrypts goes on with what is encrypted"
        self.go_on_encrypted(True)

    def test_thumbnail(self):
        "An image of which only a thumbnail is here stays at Google"
        file = io.BytesIO()
        Image.new('RGB', (1000, 500)).save(file, 'PNG')
        self.set_rule(images='thumbnail')
        image = self.drop("a.png", file.getvalue(), mimeType='image/png')
        self.synchronize()
        (name, thumbnail), = self.local()
        root = self.google.create_folder(BOB, "Bob's")['id']
        self.set_rule(drive=self.other, root=root)
        self.take_turns()
        self.assertEqual(self.local(), [(name, thumbnail)])
        self.assertFalse(self.google.file(image['id'])['trashed'])
        self.assertEqual(self.content(image['id']), file.getvalue())

    def take_turns(self):
        for drive in [self.other, self.drive] * 3:
            self.sweep()
            self.synchronize(drive)

    def test_disabled_drive(self):
        "What nobody is going to put into the trash is attached"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        self.delete(attachment)
        self.deactivate_rule()
        self.set_service(self.drive, enabled=False)
        self.latter()
        self.assertEqual(self.local(), [("Sales/a.txt", b'1')])
        self.assertEqual(self.errors(), [])

    def test_received_only(self):
        "The former account has no say any more"
        for change in ['edit', 'trash']:
            with self.subTest(change):
                self.set_rule(
                    direction='to_tryton', drive=self.drive, root=self.root)
                file = self.drop(f"{change}.txt", b'1')
                self.synchronize()
                root = self.google.create_folder(BOB, "Bob's")['id']
                self.set_rule(drive=self.other, root=root)
                self.take_turns()
                if change == 'edit':
                    self.google.edit_file(ALICE, file['id'], content=b'2')
                else:
                    self.google.trash_file(ALICE, file['id'])
                self.former()
                self.assertIn((f"Sales/{change}.txt", b'1'), self.local())

    def test_new_folder(self):
        "A folder that the first drive does not know yet is waited for"
        self.set_rule(sequence=1)
        self.create_rule(drive=self.other, name="Bob's", sequence=2)
        for drive in [self.drive, self.other]:
            self.synchronize(drive)
        folder = self.google.create_folder(
            ALICE, "New", parent=self.folder("Sales"))['id']
        file = self.google.create_file(
            ALICE, "a.txt", content=b'1', parent=folder)
        self.latter()
        self.rename_record()
        self.take_turns()
        self.assertFalse(self.google.file(file['id'])['trashed'])
        self.assertEqual([c for _, c in self.local()], [b'1'])

    def rename_record(self):
        with database(1) as pool:
            Group = pool.get(GROUP)
            Group.write([Group(self.group)], {'name': "Sales"})

    def test_two_records(self):
        "What another drive has is not put into the trash"
        self.attach("Sales 2.txt", b'1')
        self.synchronize()
        self.change_rule(
            lambda Rule, rules: Rule.write(rules, {'active': False}))
        self.create_record("Sales 2")
        rule = self.create_rule(
            drive=self.other, domain='[["name", "=", "Sales 2"]]',
            match_folder=False, match_pattern=r'(?P<name>Sales \w+)')
        self.latter()
        self.set_rule(rule, domain='[]')
        self.take_turns()
        self.assertEqual(len(self.local()), 2)
        self.assertFalse(any(f['trashed'] for f in self.google.files()))

    def test_other_root(self):
        "What somebody has put below the root of the other account stays"
        file = self.drop("a.txt", b'1')
        self.synchronize()
        root = self.google.create_folder(BOB, "Bob's")['id']
        self.google.share_file(root, ALICE, 'writer')
        sales = self.google.create_folder(BOB, "Sales", parent=root)['id']
        self.create_rule(drive=self.other, root=root, sequence=99)
        self.latter()
        self.google.move_file(
            ALICE, file['id'], self.folder("Sales"), sales)
        self.former()
        self.latter()
        self.take_turns()
        self.assertEqual(self.local(), [("Sales/a.txt", b'1')])
        file = self.google.file(file['id'])
        self.assertEqual((file['parent'], file['trashed']), (sales, False))

    # At the same moment

    def see_nothing(self, drives):
        "Two drives receive a file of which neither sees that the other does"
        self.drop(f"{drives[0]}.txt", b'%d' % drives[0])
        self.google.add_fault(
            'status', status=503, method_id='drive.files.get_media',
            times=None)
        with patch.object(
                self.model(FILE), 'google_taken_elsewhere',
                lambda file: None):
            for drive in drives:
                self.run_once(drive)
        self.google.clear_faults()
        self.assertEqual(len(self.search(FILE, 'id', domain=[
                        ('incoming', '=', True),
                        ('google_state', '!=', 'failed'),
                        ])), 2)
        for drive in drives * 2:
            self.synchronize(drive)

    def test_same_moment(self):
        "Of two that do not see yet what the other one takes one has it"
        self.create_rule(drive=self.other)
        for drives in [
                [self.drive, self.other], [self.other, self.drive]]:
            with self.subTest(drives):
                self.see_nothing(drives)
                self.assertEqual(self.local(), self.remote())
                error, = self.errors()
                self.assertIn("A rule of another account", error)
                with database(1) as pool:
                    Error = pool.get('google_integration.sync_error')
                    Error.delete(Error.search([]))

    def go_on_after_same_moment(self, change):
        self.create_rule(drive=self.other)
        self.see_nothing([self.drive, self.other])
        before = self.search(ATTACHMENT, 'id')
        change()
        with database(1) as pool:
            Error = pool.get('google_integration.sync_error')
            Error.retry(Error.search([]))
        self.take_turns()
        self.assertEqual(self.search(ATTACHMENT, 'id'), before)
        self.assertFalse(any(f['trashed'] for f in self.google.files()))
        self.assertEqual(self.drives(), {self.other})
        self.assertNotIn("another account", ' '.join(self.errors()))
        self.assertEqual(self.local(), self.remote())

    def test_same_moment_deactivated(self):
        self.go_on_after_same_moment(lambda: self.change_rule(
                lambda Rule, rules: Rule.write(rules, {'active': False})))

    def test_same_moment_moved(self):
        self.go_on_after_same_moment(self.move_rule)
