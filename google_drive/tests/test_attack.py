# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What somebody may do to read, or to spoil, what is not theirs"

from trytond.model.exceptions import AccessError
from trytond.pool import Pool

from .tools import (
    ALICE, BOB, GROUP, RULE, GoogleDriveTestCase, database)

CONFLICT = 'google_integration.conflict'


class AttackTestCase(GoogleDriveTestCase):

    def encrypt(self):
        self.set_key()
        self.set_rule(encrypted=True)

    # Attachments that people move

    def test_moved_to_other_model(self):
        "What is moved to a record that no rule is for is not sent any more"
        attachment = self.attach("a.txt", b'old')
        self.synchronize()
        self.write(attachment, resource='res.user,1')
        self.synchronize()
        self.write(attachment, data=b'not for Drive', name="b.txt")
        self.synchronize()
        with database() as pool:
            pool.get(RULE).sweep()
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/a.txt", b'old')])
        self.assertEqual(self.file(attachment, 'google_state'), 'apart')
        self.assertEqual(self.errors(), [])
        self.assert_settled()
        # nor deleted
        self.delete(attachment)
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/a.txt", b'old')])

    def test_moved_to_other_rule(self):
        "Or by the rule of that one alone"
        other = self.google.create_folder(ALICE, "Users")['id']
        self.create_rule(
            name="Users", model='res.user', root=other, match_folder=False,
            path=None)
        attachment = self.attach("a.txt", b'old')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        self.write(attachment, resource='res.user,1')
        self.synchronize()
        self.assertEqual(self.remote(), [])
        self.assertEqual(self.google.file(google_id)['parent'], other)
        self.assertEqual(self.file(attachment, 'google_state'), 'synchronized')
        self.assert_settled()

    def test_model(self):
        "Nor does a rule take its files along to another model"
        with self.assertRaises(AccessError):
            self.set_rule(model='res.user')
        self.set_rule(model=GROUP, name="Same")

    # Files that are encrypted

    def test_encrypted_moved(self):
        "A move on Drive does not let another rule send it readable"
        self.encrypt()
        plain = self.google.create_folder(ALICE, "Plain")['id']
        self.create_rule(name="Plain", root=plain)
        attachment = self.attach("a.txt", b'secret')
        self.synchronize()
        there = self.google.create_folder(ALICE, "Sales", parent=plain)['id']
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        self.google.move_file(ALICE, google_id, self.folder("Sales"), there)
        self.synchronize()
        self.assertEqual(len(self.errors()), 1)
        self.write(attachment, data=b'secret too')
        self.synchronize()
        self.assertNotIn(b'secret', self.content(google_id))
        self.assertEqual(self.file(attachment, 'rule'), self.rule)

    def test_encrypted_adopted(self):
        "What is there readable is not taken for what is to be encrypted"
        self.encrypt()
        for direction in ['both', 'to_google']:
            with self.subTest(direction):
                self.set_rule(direction=direction)
                name = direction + '.txt'
                there = self.drop(name, b'secret')
                attachment = self.attach(name, b'secret')
                self.synchronize()
                google_id = self.file(attachment, 'google_id')
                self.assertNotEqual(google_id, there['id'])
                self.assertNotIn(b'secret', self.content(google_id))

    # Conflicts

    def test_restore_other(self):
        "Another attachment with the same content keeps it"
        self.set_rule(conflict_policy='google')
        attachment = self.attach("a.txt", b'old')
        self.synchronize()
        self.write(attachment, data=b'ours')
        self.google.edit_file(
            ALICE, self.file(attachment, 'google_id'), content=b'theirs')
        self.synchronize()
        self.attach("other.txt", b'ours')
        self.synchronize()
        conflict, = self.search(CONFLICT, 'id')
        self.click(CONFLICT, conflict, 'restore', user=1)
        self.synchronize()
        self.assertEqual(
            [i for i in self.local() if '(Tryton, ' not in i[0]],
            [("Sales/a.txt", b'ours'), ("Sales/other.txt", b'ours')])
        self.assertEqual(len(self.local()), 3)
        self.assert_settled()

    # Forms

    def test_notify(self):
        "Who names the drive of another learns nothing of the account"
        other, = self.discover(self.connect(self.john, BOB))
        for drive, count in [(other, 0), (self.drive, 1)]:
            with self.subTest(drive), self.as_user(self.jane):
                rule = Pool().get(RULE)(drive=drive, direction='to_google')
                self.assertEqual(len(rule.on_change_notify()), count)


del GoogleDriveTestCase
