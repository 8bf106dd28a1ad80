# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Exports to pages and pictures."
import functools
import io
import textwrap
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from .documents import cell_text

_MARGIN = 50
_SLIDE = (960, 540)


@functools.cache
def _font():
    # comes with the library
    font = TTFont('Vera', 'Vera.ttf')
    pdfmetrics.registerFont(font)
    return font


def _written(line):
    "What the font lacks is a question mark"
    known = _font().face.charToGlyph
    return ''.join(c if ord(c) in known else '?' for c in line)


def _pages(document):
    "Lists of lines, each of which begins a page"
    if document.kind == 'document':
        return [list(document.text)]
    if document.kind == 'spreadsheet':
        return [
            ['   '.join(cell_text(c) for c in row) for row in rows]
            for _, rows in document.text]
    return [list(lines) for lines in document.text]


def pdf(document, title):
    size = A4 if document.kind == 'document' else landscape(A4)
    step = 24 if document.kind == 'presentation' else 14
    buffer = io.BytesIO()
    # it holds the time: two exports differ in their bytes
    canvas = Canvas(buffer, pagesize=size)
    canvas.setTitle(title)
    for lines in _pages(document):
        height = size[1] - _MARGIN
        canvas.setFont(_font().fontName, step * 0.75)
        for line in _wrapped(lines, int((size[0] - 100) / step * 1.6)):
            if height < _MARGIN:
                canvas.showPage()
                canvas.setFont(_font().fontName, step * 0.75)
                height = size[1] - _MARGIN
            canvas.drawString(_MARGIN, height, _written(line))
            height -= step
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _wrapped(lines, width):
    for line in lines:
        for part in line.split('\n'):
            yield from textwrap.wrap(part, width) or ['']


def _picture(document):
    # [Export MIME types] the first slide only
    image = Image.new('RGB', _SLIDE, 'white')
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(32)
    lines = document.text[0] if document.text else ()
    for number, line in enumerate(lines):
        draw.text((40, 40 + 48 * number), line, fill='black', font=font)
    return image


def _saved(image, form, **values):
    buffer = io.BytesIO()
    image.save(buffer, form, **values)
    return buffer.getvalue()


def jpeg(document, title):
    return _saved(_picture(document), 'JPEG', quality=85)


def png(document, title):
    return _saved(_picture(document), 'PNG')


def svg(document, title):
    lines = document.text[0] if document.text else ()
    body = ''.join(
        f'<text x="40" y="{70 + 48 * number}" font-size="32">{escape(line)}'
        '</text>' for number, line in enumerate(lines))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" '
        f'viewBox="0 0 {_SLIDE[0]} {_SLIDE[1]}">{body}</svg>').encode()
