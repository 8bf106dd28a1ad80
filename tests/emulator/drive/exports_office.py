# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Exports to the formats of Microsoft Office."
import datetime as dt
import io

import docx as word
import openpyxl
import pptx as powerpoint


def _saved(value, properties, title):
    # two exports of one document differ in their bytes
    now = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
    properties.title = title
    properties.created = properties.modified = now
    buffer = io.BytesIO()
    value.save(buffer)
    return buffer.getvalue()


def _clean(text):
    "Without what XML cannot hold"
    return ''.join(c for c in text if c >= ' ' or c in '\t\n')


def docx(document, title):
    value = word.Document()
    for paragraph in document.text:
        value.add_paragraph(_clean(paragraph))
    return _saved(value, value.core_properties, title)


def xlsx(document, title):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in document.text:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([
                    _clean(c) if isinstance(c, str) else c for c in row])
    return _saved(book, book.properties, title)


def pptx(document, title):
    value = powerpoint.Presentation()
    layout = value.slide_layouts[1]
    for lines in document.text:
        slide = value.slides.add_slide(layout)
        first, *others = lines or ['']
        slide.shapes.title.text = _clean(first)
        slide.placeholders[1].text = _clean('\n'.join(others))
    return _saved(value, value.core_properties, title)
