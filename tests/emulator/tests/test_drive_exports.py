# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import csv
import io
import unittest
import zipfile
from xml.etree import ElementTree

import docx
import openpyxl
import pptx
import pypdf
from PIL import Image

from tests.emulator.drive import exports, formats, imports
from tests.emulator.drive.documents import Document, cell_value, kind_of
from tests.emulator.drive.exports import DOCX, OPEN, PPTX, XLSX

from .common import setUpModule, tearDownModule
from .drive import ANN, APPS
from .media import MediaTestCase

__all__ = ['setUpModule', 'tearDownModule']
TEXT = ["Grüße, 5 €", "<b> & {c} \\ *d*", "", "1. #x"]
CELLS = [
    ["Name", "Preis", None], ["Öl", 2.5, True], [None, None, None],
    ["007", -3, "a,\"b\"\tc"]]
SLIDES = [["First", "one", "two"], ["Second & last"]]
PNG = 'image/png'


class TestDocuments(unittest.TestCase):
    def test_kinds(self):
        self.assertEqual(kind_of(APPS + 'document'), 'document')
        for mime_type in [
                None, '', 'document', 'text/plain', APPS + 'folder',
                'x' + APPS + 'document']:
            self.assertIsNone(kind_of(mime_type))
        for kind in ['document', 'spreadsheet', 'presentation']:
            empty = Document.empty(kind)
            self.assertEqual(kind_of(empty.mime_type), kind)
            for mime_type in exports.WRITERS[kind]:
                self.assertIsNotNone(
                    exports.export(empty, mime_type, 't'))
        with self.assertRaises(ValueError):
            Document('drawing', [])

    def test_edit(self):
        before = Document('document', ["a"])
        after = before.append("b")
        self.assertEqual(
            (before.plain, after.plain, after.size), ("a", "a\nb", 3))
        self.assertEqual(after.set_paragraph(0, "c").plain, "c\nb")
        sheet = Document.empty('spreadsheet').append([1, "x"])
        sheet = sheet.set_cell('C3', True).set_cell('a1', 2)
        self.assertEqual(
            sheet.text,
            (('Sheet1', ((2, "x"), (), (None, None, True))),))
        self.assertEqual(
            sheet.set_cell('AB1', 1).text[0][1][0][27], 1)
        for cell in ['1', 'A', 'A0', 'A-1', '']:
            with self.assertRaises(ValueError):
                sheet.set_cell(cell, 1)
        with self.assertRaises(ValueError):
            before.set_cell('A1', 1)
        slides = Document('presentation', SLIDES).append(["3"])
        self.assertEqual(
            slides.set_slide(0, ["x"]).text,
            (("x",), ("Second & last",), ("3",)))

    def test_cells(self):
        for text, value in [
                ('', None), ('12', 12), ('-1.5', -1.5), ('007', '007'),
                ('0', 0), ('0.5', 0.5), ('1,5', '1,5'), ('TRUE', True),
                ('true', 'true'), ('1.2.3', '1.2.3'), ('-', '-'),
                ('²', '²'), ('.', '.')]:
            with self.subTest(text=text):
                self.assertEqual(
                    (cell_value(text), type(cell_value(text))),
                    (value, type(value)))


class TestFormats(unittest.TestCase):
    def export(self, document, mime_type):
        data = exports.export(document, mime_type, "Title ü")
        self.assertIsInstance(data, bytes)
        return io.BytesIO(data)

    def test_lists(self):
        "about.exportFormats and importFormats tell what is made"
        for kind in ['document', 'spreadsheet', 'presentation']:
            self.assertEqual(
                set(formats.exports()[APPS + kind]),
                set(exports.WRITERS[kind]))
            self.assertEqual(
                {m for m, targets in formats.imports().items()
                    if APPS + kind in targets},
                set(imports.READERS[kind]))

    def test_document(self):
        document = Document('document', TEXT)
        self.assertEqual([
                p.text for p in docx.Document(
                    self.export(document, DOCX)).paragraphs], TEXT)
        pages = pypdf.PdfReader(
            self.export(document, 'application/pdf')).pages
        text = pages[0].extract_text()
        for line in TEXT:
            self.assertIn(line, text)
        self.assertEqual(
            self.export(document, 'text/plain').read(),
            ('\ufeff' + '\r\n'.join(TEXT)).encode())
        with zipfile.ZipFile(
                self.export(document, 'application/zip')) as archive:
            name, = archive.namelist()
            self.assertEqual(name, 'Titleü.html')
            self.assertIn(
                '&lt;b&gt; &amp; {c}', archive.read(name).decode())
        with zipfile.ZipFile(
                self.export(document, 'application/epub+zip')) as archive:
            self.assertEqual(
                archive.namelist()[0], 'mimetype')
            for name in archive.namelist()[1:]:
                ElementTree.fromstring(archive.read(name))
            self.assertIn(
                "Grüße, 5 €", archive.read('text.xhtml').decode())

    def test_pages(self):
        document = Document('document', [
                f'{n} ' + "word " * 40 for n in range(60)])
        pages = pypdf.PdfReader(
            self.export(document, 'application/pdf')).pages
        self.assertGreater(len(pages), 2)
        text = ' '.join(p.extract_text() for p in pages)
        self.assertEqual(text.split().count("word"), 2400)

    def test_spreadsheet(self):
        document = Document(
            'spreadsheet', [["Öle", CELLS], ["Other", [["y"]]]])
        book = openpyxl.load_workbook(self.export(document, XLSX))
        self.assertEqual(book.sheetnames, ["Öle", "Other"])
        self.assertEqual(
            [list(r) for r in book["Öle"].values], CELLS)
        # the first sheet only
        text = self.export(document, 'text/csv').read().decode()
        self.assertEqual(
            list(csv.reader(io.StringIO(text, newline=''))), [
                ["Name", "Preis", ""], ["Öl", "2.5", "TRUE"],
                ["", "", ""], ["007", "-3", "a,\"b\"\tc"]])
        self.assertFalse(text.endswith('\n'))
        self.assertTrue(self.export(
                document, 'text/tab-separated-values').read().startswith(
                b'Name\tPreis\t\r\n'))
        pages = pypdf.PdfReader(
            self.export(document, 'application/pdf')).pages
        self.assertIn("Öl 2.5 TRUE", ' '.join(
                pages[0].extract_text().split()))
        self.assertEqual(len(pages), 2)
        with zipfile.ZipFile(
                self.export(document, 'application/zip')) as archive:
            self.assertEqual(
                archive.namelist(), ['Öle.html', 'Other.html'])

    def test_presentation(self):
        document = Document('presentation', SLIDES)
        value = pptx.Presentation(self.export(document, PPTX))
        self.assertEqual([
                '\n'.join(s.text for s in slide.shapes if s.text).split(
                    '\n') for slide in value.slides], SLIDES)
        pages = pypdf.PdfReader(
            self.export(document, 'application/pdf')).pages
        self.assertEqual(
            [p.extract_text().strip().split('\n') for p in pages], SLIDES)
        for mime_type in [PNG, 'image/jpeg']:
            image = Image.open(self.export(document, mime_type))
            self.assertEqual(image.get_format_mimetype(), mime_type)
            # something is written on it
            self.assertGreater(len(image.convert('L').getcolors()), 1)
        # the first slide only
        text = self.export(document, 'image/svg+xml').read().decode()
        ElementTree.fromstring(text)
        self.assertIn("First", text)
        self.assertNotIn("Second", text)
        text = self.export(document, 'text/plain').read().decode()
        self.assertIn("Second & last", text)

    def test_differ(self):
        "Two exports of one document may differ, what they say does not"
        for kind, text, mime_type in [
                ('document', TEXT, 'application/epub+zip'),
                ('document', TEXT, OPEN + 'text'),
                ('spreadsheet', [["a", CELLS]],
                    OPEN + 'spreadsheet')]:
            document = Document(kind, text)
            self.assertNotEqual(
                self.export(document, mime_type).read(),
                self.export(document, mime_type).read())

    def test_imports(self):
        "What was exported can be imported again"
        lossy = {'image/jpeg', 'image/png', 'image/gif'}
        for document in [
                Document('document', ["Grüße, 5 €", "<b> & {c} \\ *d*"]),
                Document('spreadsheet', [["Sheet1", [
                                ["a", None, "ü,\"x\""], [], [1, 2.5, True],
                                ["007"]]]]),
                Document('presentation', SLIDES)]:
            for mime_type in set(imports.READERS[document.kind]) - lossy:
                with self.subTest(mime_type=mime_type):
                    written = mime_type.replace('text/rtf',
                        'application/rtf')
                    data = exports.export(document, written, "t")
                    self.assertEqual(
                        imports.convert(document.kind, mime_type, data),
                        document)
        for kind, readers in imports.READERS.items():
            for mime_type in readers:
                if not mime_type.startswith(('text/', 'image/')):
                    with self.subTest(mime_type=mime_type):
                        with self.assertRaises(imports.Unreadable):
                            imports.convert(kind, mime_type, b'rubbish')
        self.assertEqual(
            imports.convert('document', PNG, b'x').text, ())

    def test_html(self):
        self.assertEqual(
            imports.convert('document', 'text/html', (
                    b'<html><head><title>T</title><style>x</style></head>'
                    b'<body><h1>A  b</h1><p>c<br>d &amp; e</p><ul><li>f'
                    b'</ul>')).text, ('A b', 'c', 'd & e', 'f'))


class TestExport(MediaTestCase):
    def export(self, file_id, mime_type):
        return self.files.export(
            fileId=file_id, mimeType=mime_type).execute()

    def test_all(self):
        "Whatever about.exportFormats offers"
        about = self.drive.about().get(fields='exportFormats').execute()
        for kind in ['document', 'spreadsheet', 'presentation']:
            file = self.native(kind)
            self.assertEqual(
                set(file['exportLinks']),
                set(about['exportFormats'][APPS + kind]))
            for mime_type, link in file['exportLinks'].items():
                status, headers, body = self.send('GET', link)
                self.assertEqual(
                    (status, headers['Content-Type']), (200, mime_type))
                self.assertEqual(
                    int(headers['Content-Length']), len(body))

    def test_client(self):
        file = self.native('spreadsheet', b'a,1\n', 'text/csv')
        data = self.fetch(self.files.export_media(
                fileId=file['id'], mimeType=XLSX), 1000)
        book = openpyxl.load_workbook(io.BytesIO(data))
        self.assertEqual(list(book.active.values), [("a", 1)])
        self.assertEqual(
            self.admin.log(id='drive.files.export')[-1]['bytes'],
            len(data))

    def test_refused(self):
        file = self.native('document', b'text')
        for mime_type in ['text/csv', 'x', PNG]:
            self.assertRefused(
                400, 'badRequest', self.export, file['id'], mime_type)
        blob = self.upload(b'a')
        error = self.assertRefused(
            403, 'fileNotExportable', self.export, blob['id'],
            'text/plain')
        self.assertIn("Docs Editors", error['message'])
        self.assertRefused(
            404, 'notFound', self.export, 'nothing', 'text/plain')
        self.assertError(
            self.send('GET', f'/drive/v3/files/{file["id"]}/export'), 400,
            'required')

    def test_limit(self):
        text = b'x' * 100
        file = self.files.create(
            body={'mimeType': APPS + 'document'}, media_body=self.media(
                b'\n'.join([text] * 103_800), 'text/plain',
                resumable=True)).execute()
        error = self.assertRefused(
            403, 'exportSizeLimitExceeded', self.export, file['id'],
            'text/plain')
        self.assertIn("too large", error['message'])

    def test_edit(self):
        "A person writes in the browser"
        file = self.native('document', b'one')
        token = self.drive.changes().getStartPageToken().execute()
        self.admin.edit_document(ANN, file['id'], append="two")
        self.assertEqual(
            self.export(file['id'], 'text/markdown'), b'one\n\ntwo')
        changes = self.drive.changes().list(
            pageToken=token['startPageToken'], fields='*').execute()
        change, = changes['changes']
        self.assertEqual(change['fileId'], file['id'])
        self.assertGreater(
            int(change['file']['version']), int(file['version']))
        self.assertEqual(len(self.drive.revisions().list(
                    fileId=file['id']).execute()['revisions']), 2)
        sheet = self.native('spreadsheet')
        self.admin.edit_document(ANN, sheet['id'], cell='B2', value=3)
        self.admin.edit_document(ANN, sheet['id'], append=["x", 1])
        self.assertEqual(
            self.export(sheet['id'], 'text/csv'), b',\r\n,3\r\nx,1')
        with self.assertRaises(Exception):
            self.admin.edit_document(
                'bob@example.com', sheet['id'], append=["y"])
        slides = self.native('presentation')
        self.admin.edit_document(
            ANN, slides['id'], number=0, value=["a", "b"])
        self.assertIn(b'a\r\nb', self.export(slides['id'], 'text/plain'))
