# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Real documents: made as people make them, opened as their programs do.

Nothing here runs a program or a compiled library: the ODT is a report of
Tryton, the PDF is ReportLab's and the PNG Segno's.
"""
import io
import zipfile

import docx
import proteus
import pypdf
import segno
from lxml import etree
from PIL import Image
from reportlab.pdfgen import canvas

from .servers import DemoError

__all__ = ['make_label', 'make_pdf', 'make_png', 'open_text', 'rewrite_odt']

REPORT = 'party.label'
CONTENT = 'content.xml'  # of OpenDocument 1.3, part 2, 3.1


def make_label(party):
    "The report of Tryton for the label of an envelope: OpenDocument Text"
    extension, data, _, _ = proteus.Report(REPORT).execute([party])
    if extension != 'odt':
        raise DemoError(f"The report is no ODT: {extension}")
    return bytes(data)


def rewrite_odt(data, old, new):
    "What a word processor does: another text in the same document"
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, \
            zipfile.ZipFile(result, 'w') as target:
        for info in source.infolist():
            content = source.read(info)
            if info.filename == CONTENT:
                content = content.replace(old.encode(), new.encode())
            target.writestr(info, content)
    return result.getvalue()


def make_pdf(*lines):
    result = io.BytesIO()
    page = canvas.Canvas(result)
    text = page.beginText(72, 770)
    text.textLines(lines)
    page.drawText(text)
    page.save()
    return result.getvalue()


def make_png(text):
    "The text as a QR code"
    result = io.BytesIO()
    segno.make_qr(text).save(result, kind='png', scale=4)
    return result.getvalue()


def open_text(name, data):
    "The text that a reader finds in the document; of a picture its size"
    file = io.BytesIO(data)
    match name.rpartition('.')[2]:
        case 'odt':
            with zipfile.ZipFile(file) as document:
                root = etree.fromstring(document.read(CONTENT))
            return ' '.join(''.join(root.itertext()).split())
        case 'docx':
            return '\n'.join(p.text for p in docx.Document(file).paragraphs)
        case 'pdf':
            return '\n'.join(
                p.extract_text() for p in pypdf.PdfReader(file).pages)
        case 'png':
            with Image.open(file) as image:
                image.load()
                return f'{image.format} {image.width}x{image.height}'
    raise DemoError(f"No program opens {name}")
