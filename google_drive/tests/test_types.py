# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Every type of file: its name, its size, its dates and its content"
import datetime as dt
import hashlib
import io

from docx import Document
from openpyxl import Workbook, load_workbook
from PIL import Image
from pptx import Presentation
from pypdf import PdfReader
from reportlab.pdfgen.canvas import Canvas

from .tools import ALICE, ATTACHMENT, FILE, GoogleDriveTestCase, database

OFFICE = 'application/vnd.openxmlformats-officedocument.'
NATIVE = 'application/vnd.google-apps.'
TEXT = "Hello Tryton"
CREATED = '2024-02-29T23:59:59.001Z'
MODIFIED = '2025-03-30T01:30:00.250Z'
LATER = '2026-01-01T00:00:00Z'
CONTENTS = {
    'document': [TEXT],
    'spreadsheet': [("Sheet1", [[TEXT, 12]])],
    'presentation': [[TEXT]],
    }


def pdf():
    buffer = io.BytesIO()
    canvas = Canvas(buffer)
    canvas.drawString(72, 720, TEXT)
    canvas.save()
    return buffer.getvalue()


def docx():
    buffer = io.BytesIO()
    document = Document()
    document.add_paragraph(TEXT)
    document.save(buffer)
    return buffer.getvalue()


def xlsx():
    buffer = io.BytesIO()
    workbook = Workbook()
    workbook.active['A1'] = TEXT
    workbook.save(buffer)
    return buffer.getvalue()


def png():
    buffer = io.BytesIO()
    Image.effect_noise((64, 48), 50).save(buffer, 'PNG')
    return buffer.getvalue()


def pdf_text(data):
    return PdfReader(io.BytesIO(data)).pages[0].extract_text()


def docx_text(data):
    return '\n'.join(
        p.text for p in Document(io.BytesIO(data)).paragraphs)


def xlsx_text(data):
    return load_workbook(io.BytesIO(data)).active['A1'].value


def pptx_text(data):
    return '\n'.join(
        shape.text_frame.text
        for slide in Presentation(io.BytesIO(data)).slides
        for shape in slide.shapes if shape.has_text_frame)


FILES = {
    "a.pdf": (pdf, 'application/pdf'),
    "b.docx": (docx, OFFICE + 'wordprocessingml.document'),
    "c.xlsx": (xlsx, OFFICE + 'spreadsheetml.sheet'),
    "d.png": (png, 'image/png'),
    }
EXPORTS = {
    'document': {'pdf': pdf_text, 'docx': docx_text},
    'spreadsheet': {'pdf': pdf_text, 'xlsx': xlsx_text},
    'presentation': {'pdf': pdf_text, 'pptx': pptx_text},
    }


def time(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=None)


class TypesTestCase(GoogleDriveTestCase):

    def resource(self, google_id):
        "What Google tells of a file"
        return self.google.act(
            ALICE, 'drive.files.get', fileId=google_id,
            fields='name,size,md5Checksum,mimeType,createdTime,modifiedTime,'
            'webViewLink')

    def attachments(self):
        with database(commit=False) as pool:
            return {
                a.name: (bytes(a.data or b''), a.data_size, a.type, a.resource)
                for a in pool.get(ATTACHMENT).search([])}

    def known(self):
        "What is known of the files, by name"
        names = [
            'name', 'size', 'md5', 'mime_type', 'created', 'modified', 'link',
            'google_modified', 'google_state']
        return {
            values[0]: dict(zip(names, values, strict=True))
            for values in self.search(FILE, *names)}

    def assert_known(self, resource):
        "The cross-reference is what Google has"
        known = self.known()[resource['name']]
        self.assertEqual(known, {
                'name': resource['name'],
                'size': (
                    None if resource['mimeType'].startswith(NATIVE)
                    else int(resource['size'])),
                'md5': resource.get('md5Checksum'),
                'mime_type': resource['mimeType'],
                'created': time(resource['createdTime']),
                'modified': time(resource['modifiedTime']),
                'link': resource['webViewLink'],
                'google_modified': time(resource['modifiedTime']),
                'google_state': 'synchronized',
                })

    def test_sent(self):
        made = {}
        for name, (make, _) in FILES.items():
            content = make()
            made[name] = self.attach(name, content), content
        self.synchronize()
        for name, (attachment, content) in made.items():
            with self.subTest(name=name):
                google_id, touched = self.file(
                    attachment, 'google_id', 'google_touched')
                resource = self.resource(google_id)
                self.assertEqual(resource['name'], name)
                self.assertEqual(resource['mimeType'], FILES[name][1])
                self.assertEqual(int(resource['size']), len(content))
                self.assertEqual(
                    resource['md5Checksum'], hashlib.md5(content).hexdigest())
                # when it was attached, and not when it was sent
                self.assertEqual(
                    time(resource['modifiedTime']), touched.replace(
                        microsecond=touched.microsecond // 1000 * 1000))
                self.assertEqual(self.content(google_id), content)
                self.assert_known(resource)
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_received(self):
        contents, ids = {}, {}
        for name, (make, mime_type) in FILES.items():
            contents[name] = make()
            ids[name] = self.drop(
                name, contents[name], mimeType=mime_type,
                createdTime=CREATED, modifiedTime=MODIFIED)['id']
        self.synchronize()
        self.assert_received(contents, ids, MODIFIED)
        for name, google_id in ids.items():
            contents[name] += b'\n'
            self.google.edit_file(
                ALICE, google_id, content=contents[name], modifiedTime=LATER)
        self.synchronize()
        self.assert_received(contents, ids, LATER)

    def assert_received(self, contents, ids, modified):
        attachments = self.attachments()
        self.assertEqual(attachments.keys(), contents.keys())
        for name, content in contents.items():
            with self.subTest(name=name):
                data, size, type_, record = attachments[name]
                self.assertEqual(data, content)
                self.assertEqual((size, type_), (len(content), 'data'))
                self.assertEqual(record.id, self.group)
                resource = self.resource(ids[name])
                self.assertEqual(resource['createdTime'], CREATED)
                self.assertEqual(
                    time(resource['modifiedTime']), time(modified))
                self.assert_known(resource)
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_documents(self):
        "Docs, Sheets and Slides as the rule exports them"
        for kind, formats in EXPORTS.items():
            for format_, read in formats.items():
                with self.subTest(kind=kind, format=format_):
                    self.set_rule(**{f'{kind}_format': format_})
                    file = self.google.create_file(
                        ALICE, f"My {kind}", content=CONTENTS[kind],
                        mimeType=NATIVE + kind, parent=self.folder("Sales"))
                    self.synchronize()
                    resource = self.resource(file['id'])
                    self.assert_known(resource)
                    (name, (data, size, type_, record)), = (
                        self.attachments().items())
                    self.assertEqual(name, f"My {kind}.{format_}")
                    self.assertEqual((size, type_), (len(data), 'data'))
                    self.assertEqual(record.id, self.group)
                    self.assertIn(TEXT, read(data))
                    self.assert_settled()
                    self.google.advance(10)
                    self.google.edit_document(
                        ALICE, file['id'], append=(
                            ["More"] if kind == 'spreadsheet' else "More"))
                    self.synchronize()
                    later = self.resource(file['id'])
                    self.assertGreater(
                        time(later['modifiedTime']),
                        time(resource['modifiedTime']))
                    self.assert_known(later)
                    ((name, (changed, size, _, _)),) = (
                        self.attachments().items())
                    self.assertEqual(name, f"My {kind}.{format_}")
                    self.assertEqual(size, len(changed))
                    self.assertNotEqual(changed, data)
                    self.assertIn(TEXT, read(changed))
                    self.assertEqual(self.errors(), [])
                    self.google.trash_file(ALICE, file['id'])
                    self.synchronize()

    def test_documents_linked(self):
        "Or links to them"
        for kind in EXPORTS:
            with self.subTest(kind=kind):
                self.set_rule(**{f'{kind}_format': 'link'})
                file = self.google.create_file(
                    ALICE, f"My {kind}", content=CONTENTS[kind],
                    mimeType=NATIVE + kind, parent=self.folder("Sales"))
                self.synchronize()
                resource = self.resource(file['id'])
                self.assert_known(resource)
                self.assertEqual(
                    self.search(ATTACHMENT, 'name', 'type', 'link'), [
                        (f"My {kind}", 'link', resource['webViewLink'])])
                self.google.trash_file(ALICE, file['id'])
                self.synchronize()
        self.assertEqual(self.errors(), [])
