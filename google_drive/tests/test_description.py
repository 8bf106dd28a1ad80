# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The description of an attachment is that of its file"
from .tools import ALICE, ATTACHMENT, GoogleDriveTestCase


class DescriptionTestCase(GoogleDriveTestCase):

    def test_sent(self):
        "The description goes along, alone if nothing else has changed"
        attachment = self.attach("a.txt")
        other = self.attach("b.txt")
        self.write(other, description="First\nSecond")
        self.synchronize()
        self.requests()
        for text in ["Mine", None]:
            self.write(attachment, description=text)
            self.synchronize()
            self.assertEqual(self.writes(), ['drive.files.update'])
            self.assertEqual(self.described(attachment), text or '')
        self.assertEqual(self.described(other), "First\nSecond")
        self.assert_settled()

    def described(self, attachment):
        "The description that Google has"
        return self.google.act(
            ALICE, 'drive.files.get', fields='description',
            fileId=self.file(attachment, 'google_id')).get('description', '')

    def test_received(self):
        "The description comes along, and what is written of it later"
        file = self.drop("a.txt", b'1', description="Signed")
        self.synchronize()
        self.assertEqual(self.search(ATTACHMENT, 'description'), ["Signed"])
        self.requests()
        for text in ["Signed twice\n", '']:
            self.google.edit_file(ALICE, file['id'], description=text)
            self.synchronize()
            self.assertEqual(
                self.search(ATTACHMENT, 'description'), [text or None])
        id, = self.search(ATTACHMENT, 'id')
        self.write(id, name="b.txt")
        self.synchronize()
        self.assertEqual(self.writes(), ['drive.files.update'])
        self.assert_settled()

    def test_conflict(self):
        "What was written on both sides is a conflict"
        self.set_rule(conflict_policy='google')
        file = self.drop("a.txt", b'1')
        self.synchronize()
        id, = self.search(ATTACHMENT, 'id')
        self.write(id, description="Ours")
        self.google.edit_file(ALICE, file['id'], description="Theirs")
        self.synchronize()
        self.assertEqual(self.search(ATTACHMENT, 'description'), ["Theirs"])
        self.assertEqual(
            self.conflicts('unit', 'stood'), [('description', 'google')])
        self.assert_settled()
