# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The formats that native documents are exported to, and those of text."
import csv
import html
import io
import re
import zipfile

from . import exports_office, exports_open, exports_pages
from .documents import APPS, cell_text

OFFICE = 'application/vnd.openxmlformats-officedocument.'
DOCX = OFFICE + 'wordprocessingml.document'
XLSX = OFFICE + 'spreadsheetml.sheet'
PPTX = OFFICE + 'presentationml.presentation'
OPEN = 'application/vnd.oasis.opendocument.'
BOM = '\ufeff'


def _plain(document, title):
    # with a mark and CRLF, as files of Google's are (undocumented)
    blocks = document.text
    if document.kind == 'presentation':
        blocks = ['\n'.join(s) + '\n' for s in document.text]
    text = '\n'.join(blocks)
    return (BOM + text.replace('\n', '\r\n')).encode()


def _markdown(document, title):
    # what would be a mark is escaped
    return '\n\n'.join(
        re.sub(r'([\\`*_\[\]<>#+\-!|])', r'\\\1', p)
        for p in document.text).encode()


def _rtf(document, title):
    def escape(text):
        return ''.join(
            '\\' + c if c in '\\{}' else c if ' ' <= c < '\x7f'
            else ''.join(
                f'\\u{int.from_bytes(u, "little", signed=True)}?'
                for u in _units(c))
            for c in text)

    body = '\\par\n'.join(escape(p) for p in document.text)
    return ('{\\rtf1\\ansi\\uc1\n' + body + '\n}').encode('ascii')


def _units(character):
    raw = character.encode('utf-16-le')
    return [raw[i:i + 2] for i in range(0, len(raw), 2)]


def page(title, body):
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"><title>'
        f'{html.escape(title)}</title></head><body>{body}</body></html>')


def _table(rows):
    return '<table>' + ''.join(
        '<tr>' + ''.join(
            f'<td>{html.escape(cell_text(c))}</td>' for c in row) + '</tr>'
        for row in rows) + '</table>'


def _html(document, title):
    return page(title, ''.join(
            f'<p>{html.escape(p)}</p>' for p in document.text)).encode()


def _zip(document, title):
    "[Export MIME types] the web page is a zip"
    pages = {}
    if document.kind == 'spreadsheet':
        for name, rows in document.text:
            pages[f'{_file_name(name)}.html'] = page(name, _table(rows))
    else:
        pages[f'{_file_name(title)}.html'] = _html(document, title)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_DEFLATED) as archive:
        for name, text in pages.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def _file_name(text):
    return re.sub(r'[^\w.-]', '', text) or 'Untitled'


def _separated(delimiter):
    def write(document, title):
        # [Export MIME types] the first sheet only
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter=delimiter)
        rows = document.text[0][1]
        width = max(map(len, rows), default=0)
        for row in rows:
            cells = [cell_text(c) for c in row]
            writer.writerow(cells + [''] * (width - len(cells)))
        # without an end of the last line (undocumented)
        return buffer.getvalue().removesuffix('\r\n').encode()
    return write


# [Export MIME types for Google Workspace documents]
WRITERS = {
    'document': {
        DOCX: exports_office.docx,
        OPEN + 'text': exports_open.text,
        'application/rtf': _rtf,
        'application/pdf': exports_pages.pdf,
        'text/plain': _plain,
        'application/zip': _zip,
        'text/html': _html,
        'application/epub+zip': exports_open.epub,
        'text/markdown': _markdown,
        },
    'spreadsheet': {
        XLSX: exports_office.xlsx,
        OPEN + 'spreadsheet': exports_open.spreadsheet,
        # the name that it had
        'application/x-vnd.oasis.opendocument.spreadsheet':
        exports_open.spreadsheet,
        'application/pdf': exports_pages.pdf,
        'application/zip': _zip,
        'text/csv': _separated(','),
        'text/tab-separated-values': _separated('\t'),
        },
    'presentation': {
        PPTX: exports_office.pptx,
        OPEN + 'presentation': exports_open.presentation,
        'application/pdf': exports_pages.pdf,
        'text/plain': _plain,
        'image/jpeg': exports_pages.jpeg,
        'image/png': exports_pages.png,
        'image/svg+xml': exports_pages.svg,
        },
    }
# about.exportFormats
FORMATS = {APPS + kind: list(types) for kind, types in WRITERS.items()}
# [Manage long-running operations] when none is asked for
DEFAULTS = {'document': DOCX, 'spreadsheet': XLSX, 'presentation': PPTX}


def export(document, mime_type, title):
    "Return the bytes, or None: not a format of this kind of document"
    writer = WRITERS[document.kind].get(mime_type)
    return writer and writer(document, title)
