# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Exports to OpenDocument and EPUB: a zip with few files of XML."
import datetime as dt
import io
import uuid
import zipfile
from xml.sax.saxutils import escape, quoteattr

from .documents import cell_text

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_OASIS = 'urn:oasis:names:tc:opendocument:xmlns:'
_TYPE = 'application/vnd.oasis.opendocument.'


def _archive(mime_type, files):
    "The type comes first and is not packed, so that it can be recognized"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            'mimetype', mime_type, compress_type=zipfile.ZIP_STORED)
        for name, text in files.items():
            archive.writestr(name, text)
    return buffer.getvalue()


def _open_document(kind, body, title):
    names = ' '.join(
        f'xmlns:{n}="{_OASIS}{v}:1.0"' for n, v in [
            ('office', 'office'), ('text', 'text'), ('table', 'table'),
            ('draw', 'drawing'), ('meta', 'meta'),
            ('svg', 'svg-compatible')])
    names += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'
    content = (
        f'{_HEAD}<office:document-content {names} office:version="1.2">'
        f'<office:body><office:{kind}>{body}</office:{kind}></office:body>'
        '</office:document-content>')
    meta = (
        f'{_HEAD}<office:document-meta {names} office:version="1.2">'
        f'<office:meta><dc:title>{escape(title)}</dc:title>'
        f'<meta:creation-date>{_now()}</meta:creation-date></office:meta>'
        '</office:document-meta>')
    entries = ''.join(
        f'<manifest:file-entry manifest:full-path="{path}" '
        f'manifest:media-type="{media}"/>' for path, media in [
            ('/', _TYPE + kind), ('content.xml', 'text/xml'),
            ('meta.xml', 'text/xml')])
    manifest = (
        f'{_HEAD}<manifest:manifest manifest:version="1.2" '
        f'xmlns:manifest="{_OASIS}manifest:1.0">{entries}'
        '</manifest:manifest>')
    return _archive(_TYPE + kind, {
            'content.xml': content, 'meta.xml': meta,
            'META-INF/manifest.xml': manifest})


def _now():
    return dt.datetime.now(dt.timezone.utc).isoformat()


def _paragraphs(lines):
    return ''.join(f'<text:p>{escape(line)}</text:p>' for line in lines)


def text(document, title):
    return _open_document('text', _paragraphs(document.text), title)


def _cell(value):
    if value is None:
        return '<table:table-cell/>'
    if isinstance(value, bool):
        kind = f'boolean" office:boolean-value="{str(value).lower()}'
    elif isinstance(value, (int, float)):
        kind = f'float" office:value="{value}'
    else:
        kind = 'string'
    return (
        f'<table:table-cell office:value-type="{kind}">'
        f'<text:p>{escape(cell_text(value))}</text:p></table:table-cell>')


def spreadsheet(document, title):
    body = ''.join(
        f'<table:table table:name={quoteattr(name)}>'
        + ''.join(
            f'<table:table-row>{"".join(map(_cell, row))}</table:table-row>'
            for row in rows)
        + '</table:table>' for name, rows in document.text)
    return _open_document('spreadsheet', body, title)


def presentation(document, title):
    body = ''.join(
        f'<draw:page draw:name="p{number}"><draw:frame svg:x="1cm" '
        'svg:y="1cm" svg:width="20cm" svg:height="10cm"><draw:text-box>'
        f'{_paragraphs(lines)}</draw:text-box></draw:frame></draw:page>'
        for number, lines in enumerate(document.text, 1))
    return _open_document('presentation', body, title)


def epub(document, title):
    xhtml = (
        f'{_HEAD}<html xmlns="http://www.w3.org/1999/xhtml" '
        'xmlns:epub="http://www.idpf.org/2007/ops"><head>'
        f'<title>{escape(title)}</title></head><body>%s</body></html>')
    package = (
        f'{_HEAD}<package xmlns="http://www.idpf.org/2007/opf" '
        'version="3.0" unique-identifier="id"><metadata '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="id">'
        f'urn:uuid:{uuid.uuid4()}</dc:identifier><dc:language>en'
        f'</dc:language><dc:title>{escape(title)}</dc:title><meta '
        f'property="dcterms:modified">{_now()}</meta></metadata><manifest>'
        '<item id="text" href="text.xhtml" '
        'media-type="application/xhtml+xml"/><item id="nav" href="nav.xhtml" '
        'media-type="application/xhtml+xml" properties="nav"/></manifest>'
        '<spine><itemref idref="text"/></spine></package>')
    container = (
        f'{_HEAD}<container version="1.0" '
        'xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="package.opf" '
        'media-type="application/oebps-package+xml"/></rootfiles>'
        '</container>')
    body = ''.join(f'<p>{escape(p)}</p>' for p in document.text)
    navigation = (
        '<nav epub:type="toc"><ol><li><a href="text.xhtml">'
        f'{escape(title)}</a></li></ol></nav>')
    return _archive('application/epub+zip', {
            'META-INF/container.xml': container, 'package.opf': package,
            'text.xhtml': xhtml % body.replace('%', '%%'),
            'nav.xhtml': xhtml % navigation.replace('%', '%%')})
