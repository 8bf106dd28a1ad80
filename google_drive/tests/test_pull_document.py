# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Documents of Google, shortcuts and thumbnails reach their record"
import io
from unittest.mock import patch

from PIL import Image

from trytond.modules.google_drive import network_download

from .tools import (
    ALICE, ATTACHMENT, FILE, GROUP, RULE, GoogleDriveTestCase, database)

PDF = 'application/pdf'
DOCUMENT = 'application/vnd.google-apps.document'
SHORTCUT = 'application/vnd.google-apps.shortcut'


class PullDocumentTestCase(GoogleDriveTestCase):

    def attachments(self, *names):
        return self.search(ATTACHMENT, *(names or ['name']))

    def create_plan(self):
        return self.google.create_file(
            ALICE, "Plan", content=["Hello"], mimeType=DOCUMENT,
            parent=self.folder("Sales"))

    def test_document(self):
        "A document of Google is exported, again when it has changed"
        file = self.create_plan()
        self.synchronize()
        (name, content), = self.local()
        self.assertEqual(name, "Sales/Plan.pdf")
        self.assertTrue(content.startswith(b'%PDF'))
        self.assert_settled()
        self.google.advance(10)
        self.google.edit_document(ALICE, file['id'], append="World")
        self.synchronize()
        (name, changed), = self.local()
        self.assertEqual(name, "Sales/Plan.pdf")
        self.assertTrue(changed.startswith(b'%PDF'))
        self.assertNotEqual(changed, content)
        self.assert_settled()

    def test_document_place(self):
        "It is renamed and moved without the extension of its export"
        file = self.create_plan()
        self.synchronize()
        attachment, = self.attachments('id')
        self.write(attachment, description="A plan")
        with database(1) as pool:
            Group = pool.get(GROUP)
            Group.write([Group(self.group)], {'name': "Sales 2"})
        with database(0) as pool:
            pool.get(RULE).sweep()
        self.synchronize()
        path = self.prefix + "Sales 2/"
        self.assertEqual(
            self.google.file(file['id'])['path'], path + "Plan")
        self.write(attachment, name="Plans.pdf")
        self.synchronize()
        self.assertEqual(
            self.google.file(file['id'])['path'], path + "Plans")
        self.assertEqual(self.attachments(), ["Plans.pdf"])
        self.assertEqual(self.errors(), [])
        # to be renamed is to be modified, but not to be edited
        self.requests()
        self.synchronize()
        self.assertNotIn('drive.files.export', self.requests())
        self.assert_settled()

    def test_document_renamed(self):
        "A document that is renamed on Drive is not exported again"
        file = self.create_plan()
        self.set_rule(versions='attachments')
        self.synchronize()
        (_, content), = self.local()
        self.google.advance(10)
        self.google.rename_file(ALICE, file['id'], "Plans")
        self.requests()
        self.synchronize()
        self.assertNotIn('drive.files.export', self.requests())
        self.assertEqual(self.local(), [("Sales/Plans.pdf", content)])
        self.assertEqual(self.errors(), [])
        self.assert_settled()
        # but when it is edited it is
        self.google.advance(10)
        self.google.edit_document(ALICE, file['id'], append="World")
        self.synchronize()
        self.assertIn('drive.files.export', self.requests())
        self.assertEqual(len(self.local()), 2)

    def test_document_lost(self):
        "Nothing is sent of what Google does not have any more"
        file = self.create_plan()
        self.synchronize()
        self.google.destroy_file(file['id'])
        self.run_once()
        self.assertEqual(len(self.errors()), 1)
        id, = self.attachments('id')
        self.write(id, name="Plans.pdf")
        self.run_once()
        error, = self.errors()
        self.assertIn('"Plans"', error)
        self.assertEqual(self.search(FILE, 'google_state'), ['apart'])
        self.assertEqual(self.attachments(), ["Plans.pdf"])

    def test_document_revisions_hidden(self):
        "Who may not see its revisions exports it each time"
        self.google.add_fault(
            'status', status=403, reason='insufficientFilePermissions',
            method_id='drive.revisions.list', times=None)
        self.create_plan()
        self.synchronize()
        (name, content), = self.local()
        self.assertEqual(name, "Sales/Plan.pdf")
        self.assertTrue(content.startswith(b'%PDF'))
        self.assertEqual(self.errors(), [])

    def test_document_large(self):
        "A large export is a long operation"
        self.google.options(export_limit=10, download_polls=0)
        self.create_plan()
        self.synchronize()
        (_, content), = self.local()
        self.assertTrue(content.startswith(b'%PDF'))

    def elsewhere(self):
        "Contents are on another host than the API, as they are at Google"
        url = self.emulator.url.replace('127.0.0.1', 'localhost')
        self.google.options(content_url=url)
        return url

    def test_document_elsewhere(self):
        "To a host that is known the token goes, for the content alone"
        url = self.elsewhere()
        self.google.options(export_limit=10, download_polls=0)
        self.create_plan()
        with patch.object(network_download, 'DOWNLOADS', (url,)):
            self.synchronize()
        (_, content), = self.local()
        self.assertTrue(content.startswith(b'%PDF'))

    def test_document_strange(self):
        "To another one it does not go, which wants it, and the others go on"
        self.elsewhere()
        self.google.options(export_limit=10, download_polls=0)
        self.create_plan()
        self.drop("b.txt", b'1')
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/b.txt", b'1')])
        error, = self.errors()
        self.assertIn("authorization is not sent", error)

    def test_hosts(self):
        "The hosts are Google's, by TLS"
        for address in (
                network_download.DOWNLOADS + network_download.THUMBNAILS):
            self.assertRegex(
                address, r'https://[a-z0-9.]+\.google(usercontent)?\.com\Z')

    def test_document_content(self):
        "What is written here does not overwrite a document of Google"
        file = self.create_plan()
        self.synchronize()
        id, = self.attachments('id')
        self.requests()
        self.write(id, data=b'other')
        self.synchronize()
        self.assertEqual(self.writes(), [])
        self.assertEqual(len(self.errors()), 1)
        self.assertEqual(self.google.file(file['id'])['revisions'], 1)

    def test_shortcut(self):
        "A shortcut becomes a link"
        target = self.google.create_file(ALICE, "Far.txt", content=b'1')
        self.google.act(
            ALICE, 'drive.files.create', fields='id', body={
                'name': "Near",
                'mimeType': SHORTCUT,
                'parents': [self.folder("Sales")],
                'shortcutDetails': {'targetId': target['id']},
                })
        self.synchronize()
        (name, type_, link), = self.attachments('name', 'type', 'link')
        self.assertEqual((name, type_), ("Near", 'link'))
        self.assertIn(target['id'], link)
        self.assert_settled()

    def test_thumbnail(self):
        "A rule keeps the small picture, and never sends it back"
        buffer = io.BytesIO()
        Image.effect_noise((2000, 2000), 50).save(buffer, 'PNG')
        picture = buffer.getvalue()
        self.set_rule(images='thumbnail')
        file = self.drop("a.png", picture, mimeType='image/png')
        self.synchronize()
        (name, content), = self.local()
        self.assertEqual(name, "Sales/a.png")
        self.assertLess(len(content), len(picture) / 10)
        with Image.open(io.BytesIO(content)) as image:
            self.assertLess(max(image.size), 2000)
        id, = self.attachments('id')
        self.write(id, name="b.png")
        self.synchronize()
        self.assertEqual(self.content(file['id']), picture)
        self.assert_settled()

    def test_thumbnail_elsewhere(self):
        "The whole picture, if the small one is where no token goes"
        buffer = io.BytesIO()
        Image.new('RGB', (1000, 1000)).save(buffer, 'PNG')
        picture = buffer.getvalue()
        self.set_rule(images='thumbnail')
        url = self.elsewhere()
        self.drop("a.png", picture, mimeType='image/png')
        self.synchronize()
        self.assertEqual(self.local(), [("Sales/a.png", picture)])
        self.drop("b.png", picture, mimeType='image/png')
        with patch.object(network_download, 'THUMBNAILS', (url,)):
            self.synchronize()
        self.assertEqual(
            [c == picture for _, c in self.local()], [True, False])
