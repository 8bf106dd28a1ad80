# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What somebody may do to read, or to spoil, what is not theirs"
from trytond.model.exceptions import AccessError

from .tools import (
    ALICE, GROUP, RULE, GoogleDriveTestCase, database)


class AttackTestCase(GoogleDriveTestCase):

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


del GoogleDriveTestCase
