# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a rule would do is told, and not done."""
from unittest.mock import patch

from trytond.model.exceptions import AccessError
from trytond.modules.google_integration.tests.wizard import WizardSession

from .tools import ALICE, BOB, GROUP, RULE, GoogleDriveTestCase, database


class PreviewTestCase(GoogleDriveTestCase):

    def prepare(self):
        super().prepare()
        self.sweep()

    def preview(self, user=1):
        "The lines by kind, after nothing was changed on either side"
        self.sweep()
        self.requests()
        rows, files = self.rows(), self.google.files()
        wizard = WizardSession(
            'google_drive.rule_preview', user, RULE, self.rule)
        wizard.execute()
        self.assertEqual(self.writes(), [])
        self.assertEqual(self.rows(), rows)
        self.assertEqual(self.google.files(), files)
        lines = {}
        for line in wizard.values['lines']:
            lines.setdefault(line['kind'], []).append((
                    line['name'], line['folder'], line['record'],
                    line['reason']))
        for kind, found in lines.items():
            self.assertEqual(wizard.values[f'{kind}_count'], len(found))
        return lines

    def sweep(self):
        with database() as pool:
            pool.get(RULE).sweep()

    def rename(self, name):
        with database(1) as pool:
            Group = pool.get(GROUP)
            Group.write([Group(self.group)], {'name': name})

    def test_nothing(self):
        self.assertEqual(self.preview(), {})

    def test_send(self):
        self.set_rule(size_limit=1)
        self.attach("a.pdf")
        self.attach("large.pdf", b'x' * (2 ** 20 + 1))
        lines = self.preview()
        self.assertEqual(
            lines['send'], [("a.pdf", "Sales", "Sales", "New")])
        (name, _, _, reason), = lines['error']
        self.assertEqual(name, "large.pdf")
        self.assertIn("limit of 1 MB", reason)

    def test_receive(self):
        self.drop("a.txt")
        self.drop("nobody.txt", folder="Nobody")
        lines = self.preview()
        self.assertEqual(lines, {
                'receive': [("a.txt", "Sales", "Sales", "New")],
                'orphan': [("nobody.txt", "Nobody", None, "Keep and Log")],
                })

    def test_two_records(self):
        self.create_record("Sales/1")
        self.create_record("Sales_1")
        self.drop("a.txt", folder="Sales_1")
        (name, _, _, reason), = self.preview()['error']
        self.assertEqual(name, "a.txt")
        self.assertIn("several records", reason)

    def test_other_account(self):
        "What another account has is not received"
        self.google.share_file(self.root, BOB, 'writer')
        self.drop("a.txt")
        self.synchronize()
        other, = self.discover(self.connect(self.john, BOB))
        self.rule = self.create_rule(drive=other, name="Bob's")
        (name, _, _, reason), = self.preview()['error']
        self.assertEqual(name, "a.txt")
        self.assertIn("another account", reason)

    def test_changes(self):
        "Both sides of what is synchronized"
        for name in ["a.txt", "b.txt", "c.txt"]:
            self.attach(name)
        self.synchronize()
        self.synchronize()
        self.assertEqual(self.preview(), {})
        ids = dict(self.search('google_drive.file', 'name', 'google_id'))
        self.google.edit_file(ALICE, ids["a.txt"], content=b'changed')
        self.google.rename_file(ALICE, ids["b.txt"], "renamed.txt")
        self.google.trash_file(ALICE, ids["c.txt"])
        lines = self.preview()
        self.assertEqual(lines, {
                'receive': [(
                        "a.txt", "Sales", "Sales", "The content was changed")],
                'rename': [(
                        "renamed.txt", "Sales", "Sales",
                        'Named "b.txt" until now')],
                'delete': [(
                        "c.txt", "Sales", "Sales",
                        "In the trash of Google Drive")],
                })

    def test_received(self):
        "What came from Google stays where somebody has put it"
        self.drop("a.txt")
        self.google.create_file(
            ALICE, "Plan", content=["Hello"],
            mimeType='application/vnd.google-apps.document',
            parent=self.folder("Sales"))
        self.synchronize()
        self.assertEqual(self.preview(), {})

    def test_document(self):
        "A document of Google that was edited, of which no checksum tells"
        file = self.google.create_file(
            ALICE, "Plan", content=["Hello"],
            mimeType='application/vnd.google-apps.document',
            parent=self.folder("Sales"))
        self.synchronize()
        self.google.advance(10)
        self.google.edit_document(ALICE, file['id'], append="World")
        self.assertEqual(self.preview(), {
                'receive': [(
                        "Plan", "Sales", "Sales", "The content was changed")],
                })

    def test_document_renamed(self):
        "The name of a document of Google is no edition of it"
        file = self.google.create_file(
            ALICE, "Plan", content=["Hello"],
            mimeType='application/vnd.google-apps.document',
            parent=self.folder("Sales"))
        self.synchronize()
        self.google.advance(10)
        self.google.rename_file(ALICE, file['id'], "Scheme")
        self.assertEqual(self.preview(), {
                'rename': [(
                        "Scheme", "Sales", "Sales", 'Named "Plan" until now')],
                })

    def test_waiting(self):
        "What the last run was told of and did not fetch"
        self.drop("a.txt")
        self.google.add_fault(
            'status', status=503, method_id='drive.files.get_media',
            times=None)
        self.assertFalse(self.run_once())
        self.google.clear_faults()
        self.assertEqual(self.preview(), {
                'receive': [(
                        "a.txt", "Sales", None, "Waits from the last run")],
                })

    def test_left(self):
        "Records that leave the domain, for another rule or for none"
        self.sent("a.txt")
        self.set_rule(domain='[["name", "=", "Other"]]')
        lines = self.left()
        (name, folder, record, reason), = lines.pop('leave')
        self.assertEqual(
            (name, folder, record), ("a.txt", "Sales", "Sales"))
        self.assertIn("stays on Google Drive as it is", reason)
        self.assertEqual(lines, {})
        self.create_rule(name="Others")
        (_, _, _, reason), = self.left()['leave']
        self.assertIn('"Others"', reason)

    def left(self):
        "The lines before the rule has followed"
        with patch.object(self, 'sweep'):
            return self.preview()

    def test_deleted(self):
        "What was deleted in Tryton, by this rule alone"
        other = self.create_rule(
            name="Other", domain='[["id", "=", -1]]', root=self.root)
        self.delete(self.sent("a.txt"))
        self.assertEqual(self.preview(), {
                'delete': [(
                        "a.txt", "Sales", None, "Deleted in Tryton: moved to "
                        "the trash of Google Drive")],
                })
        self.rule = other
        self.assertEqual(self.preview(), {})

    def sent(self, name):
        id = self.attach(name)
        self.synchronize()
        self.synchronize()
        return id

    def test_apart(self):
        "What is not synchronized any more is neither renamed nor moved"
        self.sent("a.txt")
        google_id, = self.search('google_drive.file', 'google_id')
        self.google.move_file(
            ALICE, google_id, self.folder("Sales"),
            self.google.create_folder(ALICE, "Elsewhere")['id'])
        self.synchronize()
        self.rename("Sales 2")
        self.assertEqual(self.preview(), {})

    def test_few_queries(self):
        "The places of many files are asked for together"
        for name in "abcd":
            self.attach(f"{name}.txt")
        self.synchronize()
        self.sweep()
        with database(commit=False) as pool:
            Rule = pool.get(RULE)
        with patch.object(
                Rule, 'places', autospec=True,
                side_effect=Rule.places) as places:
            self.preview()
        places.assert_called_once()

    def test_moves(self):
        self.attach("a.txt")
        self.synchronize()
        self.rename("Sales 2")
        self.assertEqual(
            self.preview()['move'],
            [("a.txt", "Sales 2", "Sales 2", 'In "Sales" until now')])
        self.rename("Sales")
        google_id, = self.search('google_drive.file', 'google_id')
        self.google.move_file(
            ALICE, google_id, self.folder("Sales"),
            self.google.create_folder(ALICE, "Elsewhere")['id'])
        (name, folder, _, reason), = self.preview()['move']
        self.assertEqual((name, folder), ("a.txt", None))
        self.assertIn("Moved out", reason)

    def test_direction(self):
        self.drop("in.txt")
        self.attach("out.txt")
        self.set_rule(direction='to_google')
        self.assertEqual(set(self.preview()), {'send'})
        self.set_rule(direction='to_tryton')
        self.assertEqual(set(self.preview()), {'receive'})

    def test_other_rule(self):
        "What another rule has is none of this one's"
        self.set_rule(sequence=2)
        self.create_rule(name="First", sequence=1)
        self.attach("a.txt")
        self.assertEqual(self.preview(), {})

    def test_access(self):
        for user in [self.jane, self.stranger]:
            with self.assertRaises(AccessError):
                self.preview(user)


del GoogleDriveTestCase
