# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"From an uploaded file to a native document [Import to Google Docs types]"
import csv
import io
import re
import zipfile
from html.parser import HTMLParser
from xml.etree import ElementTree

import docx as word
import openpyxl
import pptx as powerpoint
import pypdf

from .documents import Document, cell_value
from .exports import DOCX, OPEN, PPTX, XLSX

_OASIS = '{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}%s'
_SPACE = re.compile(r'\s+')


class Unreadable(Exception):
    "The content is not what its type says"


def _text(data):
    return data.decode('utf-8-sig', 'replace').replace('\r\n', '\n')


def _plain(data):
    return _text(data).rstrip('\n').split('\n') if data else []


def _markdown(data):
    blocks = re.split(r'\n\s*\n', _text(data).strip())
    return [
        re.sub(
            r'\\([\\`*_\[\]<>#+\-!|])', r'\1',
            re.sub(r'^#+ ', '', _SPACE.sub(' ', b)))
        for b in blocks if b]


class _Page(HTMLParser):
    "The blocks of a web page"
    BLOCKS = {
        'p', 'div', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'li', 'tr', 'br',
        'title', 'body'}
    HIDDEN = {'style', 'script', 'head'}

    def __init__(self, text):
        super().__init__()
        self.blocks, self.parts, self.hidden = [], [], 0
        self.feed(text)
        self.close()
        self.end()

    def end(self):
        text = _SPACE.sub(' ', ''.join(self.parts)).strip()
        if text:
            self.blocks.append(text)
        self.parts = []

    def handle_starttag(self, tag, attrs):
        if tag in self.HIDDEN:
            self.hidden += 1
        elif tag in self.BLOCKS:
            self.end()

    def handle_endtag(self, tag):
        if tag in self.HIDDEN:
            self.hidden -= 1
        elif tag in self.BLOCKS:
            self.end()

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def _html(data):
    return _Page(_text(data)).blocks


_RTF = re.compile(
    r"\\(?P<word>[a-z]+)(?P<number>-?\d+)? ?|\\'(?P<byte>[0-9a-f]{2})"
    r'|\\(?P<symbol>[^a-z])|(?P<brace>[{}])|(?P<text>[^\\{}\r\n]+)')
_TABLES = {'fonttbl', 'colortbl', 'stylesheet', 'info', 'pict'}


def _rtf(data):
    if not data.startswith(b'{\\rtf'):
        raise ValueError("not RTF")
    text, hidden, depth, skip = '', None, 0, 0
    for token in _RTF.finditer(data.decode('cp1252', 'replace')):
        piece = token['text'] or ''
        if token['brace']:
            depth += 1 if token['brace'] == '{' else -1
            if hidden is not None and depth < hidden:
                hidden = None
        elif token['word'] in _TABLES or token['symbol'] == '*':
            hidden = depth if hidden is None else hidden
        elif token['word'] == 'par':
            piece = '\n'
        elif token['word'] == 'u':
            piece, skip = chr(int(token['number']) % 0x10000), 1
        elif token['byte']:
            piece = bytes.fromhex(token['byte']).decode('cp1252', 'replace')
        elif token['symbol']:
            piece = token['symbol']
        if skip and token['word'] != 'u' and piece:
            # for readers that know no Unicode
            piece, skip = piece[1:], 0
        if hidden is None:
            text += piece
    # two halves of one character
    text = text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')
    return text.rstrip('\n').split('\n')


def _docx(data):
    return [p.text for p in word.Document(io.BytesIO(data)).paragraphs]


def _pdf(data):
    reader = pypdf.PdfReader(io.BytesIO(data))
    return [
        line for page in reader.pages
        for line in page.extract_text().split('\n') if line]


def _picture(data):
    # the recognition of text finds none
    return []


def _used(rows):
    "Without the empty cells and rows at the ends"
    result = [list(row) for row in rows]
    for row in result:
        while row and row[-1] is None:
            row.pop()
    while result and not result[-1]:
        result.pop()
    return result


def _separated(delimiter):
    def read(data):
        rows = csv.reader(
            io.StringIO(_text(data), newline=''), delimiter=delimiter)
        return [(
                'Sheet1',
                _used([cell_value(c) for c in row] for row in rows))]
    return read


def _xlsx(data):
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    return [
        (sheet.title, _used([
                    v if v is None or isinstance(v, (str, int, float))
                    else str(v)
                    for v in row]
                for row in sheet.values))
        for sheet in book.worksheets]


def _pptx(data):
    return [
        [
            paragraph.text for shape in slide.shapes if shape.has_text_frame
            for paragraph in shape.text_frame.paragraphs if paragraph.text]
        for slide in powerpoint.Presentation(io.BytesIO(data)).slides]


def _open(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return ElementTree.fromstring(archive.read('content.xml'))


def _lines(element):
    names = {_OASIS % ('text', 'p'), _OASIS % ('text', 'h')}
    return [
        ''.join(p.itertext()) for p in element.iter() if p.tag in names]


def _open_text(data):
    return _lines(_open(data))


def _open_sheets(data):
    name = _OASIS % ('table', 'name')
    return [
        (table.get(name, 'Sheet1'), _used([
                    cell_value('\n'.join(_lines(c)))
                    for c in row.iter(_OASIS % ('table', 'table-cell'))]
                for row in table.iter(_OASIS % ('table', 'table-row'))))
        for table in _open(data).iter(_OASIS % ('table', 'table'))]


def _open_slides(data):
    name = _OASIS % ('drawing', 'page')
    return [_lines(p) for p in _open(data).iter(name)]


READERS = {
    'document': {
        DOCX: _docx,
        OPEN + 'text': _open_text,
        'application/rtf': _rtf,
        'text/rtf': _rtf,
        'text/plain': _plain,
        'text/html': _html,
        'text/markdown': _markdown,
        'application/pdf': _pdf,
        'image/jpeg': _picture,
        'image/png': _picture,
        'image/gif': _picture,
        },
    'spreadsheet': {
        XLSX: _xlsx,
        OPEN + 'spreadsheet': _open_sheets,
        'application/x-vnd.oasis.opendocument.spreadsheet': _open_sheets,
        'text/csv': _separated(','),
        'text/tab-separated-values': _separated('\t'),
        },
    'presentation': {
        PPTX: _pptx,
        OPEN + 'presentation': _open_slides,
        },
    }


def can_import(kind, mime_type):
    return mime_type in READERS[kind]


def convert(kind, mime_type, data):
    "Return the document; Unreadable when the content is of another type"
    try:
        return Document(kind, READERS[kind][mime_type](data))
    except Exception as error:
        # each library has its own
        raise Unreadable(f"{type(error).__name__}: {error}")
