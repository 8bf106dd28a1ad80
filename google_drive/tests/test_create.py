# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Documents of Google that are created on records"
from unittest.mock import patch

from trytond.model.exceptions import AccessError
from trytond.modules.google_drive import create_network
from trytond.modules.google_drive.exceptions import DriveCreateError
from trytond.modules.google_integration.exceptions import GoogleUnreachable
from trytond.modules.google_integration.tests.tools import configure
from trytond.modules.google_integration.tests.wizard import WizardSession

from .tools import (
    ALICE, ATTACHMENT, FILE, FOLDER, GROUP, GoogleDriveTestCase, database)

NATIVE = 'application/vnd.google-apps.'


class CreateTestCase(GoogleDriveTestCase):

    def wizard(self, user=1, record=None):
        wizard = WizardSession(
            'google_drive.create_document', user, GROUP,
            record or self.group)
        wizard.execute()
        return wizard

    def documents(self):
        return [
            f for f in self.google.files(user=ALICE)
            if f['mime_type'].startswith(NATIVE)
            and not f['mime_type'].endswith('folder')]

    def test_bad_link(self):
        "An address that is none of the web is not opened"
        create = create_network.create

        def tampered(*args):
            return {**create(*args), 'webViewLink': 'javascript:alert(1)'}
        with patch.object(create_network, 'create', tampered):
            result = self.wizard().execute(
                'create_', kind='document', name="Plan")
        self.assertFalse(result.get('actions'))
        self.assertEqual(self.search(ATTACHMENT, 'link'), [None])

    def test_create(self):
        "It is attached at once and comes back as the rule says"
        for kind, extension in [
                ('document', '.pdf'), ('spreadsheet', '.xlsx'),
                ('presentation', '.pdf')]:
            with self.subTest(kind=kind):
                result = self.wizard().execute(
                    'create_', kind=kind, name=kind.title())
                (action, _), = result['actions']
                document, = [
                    f for f in self.documents()
                    if f['mime_type'] == NATIVE + kind]
                self.assertIn(document['id'], action['url'])
                (name, type_, record), = self.search(
                    ATTACHMENT, 'name', 'type', 'resource',
                    domain=[('name', 'like', kind.title() + '%')])
                self.assertEqual(
                    (name, type_, record.id),
                    (kind.title() + extension, 'link', self.group))
        self.google.clear_log()
        self.synchronize()
        self.assertEqual([
                (name, type_, bytes(data)[:2])
                for name, type_, data in self.search(
                    ATTACHMENT, 'name', 'type', 'data')], [
                ("Document.pdf", 'data', b'%P'),
                ("Spreadsheet.xlsx", 'data', b'PK'),
                ("Presentation.pdf", 'data', b'%P')])
        self.assertEqual(len(self.documents()), 3)
        self.assertEqual(len(self.search(FILE, 'id')), 3)
        self.assertEqual(self.google.mails(), [])
        self.assertEqual(self.search('google_drive.creation', 'id'), [])
        self.assert_settled()

    def test_folder(self):
        "It is put into the folder that the record has"
        self.attach("a.txt")
        self.synchronize()
        self.wizard().execute('create_', name="Letter")
        document, = self.documents()
        self.assertEqual(document['parent'], self.folder("Sales"))

    def test_folder_of_google(self):
        "A folder of its name that somebody has made is one"
        folder = self.folder("Sales")
        self.drop("a.txt", b'1')
        self.synchronize()
        self.assertEqual(self.search(
                FOLDER, 'path', domain=[('google_id', '=', folder)]), [None])
        self.wizard().execute('create_', name="Letter")
        document, = self.documents()
        self.assertEqual(document['parent'], folder)

    def test_folder_trashed(self):
        self.attach("a.txt")
        self.synchronize()
        self.google.trash_file(ALICE, self.folder("Sales"))
        self.synchronize()
        self.wizard().execute('create_', name="Letter")
        document, = self.documents()
        self.assertEqual(document['parent'], self.root)

    def test_lost_answer(self):
        configure(self.emulator, retry=3)
        self.google.add_fault('drop_after', method_id='drive.files.create')
        self.wizard().execute('create_', name="Letter")
        self.assertEqual(len(self.documents()), 1)
        self.assertEqual(len(self.search(ATTACHMENT, 'id')), 1)

    def test_crash(self):
        "Who asks again after a crash gets the same document"
        self.google.add_fault('drop_after', method_id='drive.files.create')
        self.google.add_fault('drop_before', method_id='drive.files.list')
        with self.assertRaises(GoogleUnreachable):
            self.wizard().execute('create_', name="Letter")
        self.assertEqual(len(self.documents()), 1)
        self.assertEqual(self.search(ATTACHMENT, 'id'), [])
        self.wizard().execute('create_', name="Letter")
        self.assertEqual(len(self.documents()), 1)
        self.assertEqual(len(self.search(ATTACHMENT, 'id')), 1)
        # another one of the same name is another one
        self.wizard().execute('create_', name="Letter")
        self.assertEqual(len(self.documents()), 2)

    def test_received_meanwhile(self):
        "A document that a run has received is not attached twice"
        self.set_rule(match_properties=True)
        self.google.add_fault('drop_after', method_id='drive.files.create')
        self.google.add_fault('drop_before', method_id='drive.files.list')
        with self.assertRaises(GoogleUnreachable):
            self.wizard().execute('create_', name="Letter")
        self.synchronize()
        self.assertEqual(len(self.search(ATTACHMENT, 'id')), 1)
        self.wizard().execute('create_', name="Letter")
        self.assertEqual(len(self.search(ATTACHMENT, 'id')), 1)
        self.assertEqual(len(self.documents()), 1)

    def test_link(self):
        "A rule that keeps links keeps the link"
        self.set_rule(document_format='link')
        self.wizard().execute('create_', name="Letter")
        self.synchronize()
        (name, type_, link), = self.search(ATTACHMENT, 'name', 'type', 'link')
        self.assertEqual((name, type_), ("Letter", 'link'))
        self.assertTrue(link.startswith('https://'))

    def test_no_rule(self):
        self.google.clear_log()
        for values in [
                {'direction': 'to_google'}, {'active': False},
                {'active': True, 'direction': 'both',
                    'domain': '[["name", "=", "Nobody"]]'}]:
            with self.subTest(**values):
                self.set_rule(**values)
                with self.assertRaises(DriveCreateError):
                    self.wizard()
        self.assertEqual(self.requests(), [])

    def test_refused(self):
        "A kind that the rule does not take is not created"
        self.set_rule(mime_types_in='image/*')
        wizard = self.wizard()
        with self.assertRaises(DriveCreateError):
            wizard.execute('create_', name="Letter")
        self.assertEqual(self.documents(), [])

    def test_access(self):
        "Who may not write the record creates nothing"
        for user in [self.jane, self.stranger]:
            with self.assertRaises(AccessError):
                self.wizard(user)

    def test_action(self):
        "The records of the rules have the action, once"
        self.set_rule(active=False)
        self.set_rule(active=True)
        with database(1) as pool:
            Keyword = pool.get('ir.action.keyword')
            for model, count in [(GROUP, 1), ('res.user', 0)]:
                names = [
                    a.get('wiz_name') for a in Keyword.get_keyword(
                        'form_action', (model, -1))]
                self.assertEqual(
                    names.count('google_drive.create_document'), count)


del GoogleDriveTestCase
