# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What documents of Google are exported as.

https://developers.google.com/workspace/drive/api/guides/ref-export-formats
"""
from typing import NamedTuple

__all__ = ['EXPORTS', 'Export', 'formats']

OFFICE = 'application/vnd.openxmlformats-officedocument.'
OPEN = 'application/vnd.oasis.opendocument.'


class Export(NamedTuple):
    "The MIME type and the extension, with its dot, of an export"
    mime_type: str
    extension: str


PDF = Export('application/pdf', '.pdf')
# by the kind of document: the name of the field is <kind>_format
EXPORTS = {
    'document': {
        'pdf': PDF,
        'docx': Export(OFFICE + 'wordprocessingml.document', '.docx'),
        'odt': Export(OPEN + 'text', '.odt'),
        'rtf': Export('application/rtf', '.rtf'),
        'txt': Export('text/plain', '.txt'),
        'md': Export('text/markdown', '.md'),
        },
    'spreadsheet': {
        'pdf': PDF,
        'xlsx': Export(OFFICE + 'spreadsheetml.sheet', '.xlsx'),
        'ods': Export(OPEN + 'spreadsheet', '.ods'),
        'csv': Export('text/csv', '.csv'),
        },
    'presentation': {
        'pdf': PDF,
        'pptx': Export(OFFICE + 'presentationml.presentation', '.pptx'),
        'odp': Export(OPEN + 'presentation', '.odp'),
        },
    'drawing': {
        'pdf': PDF,
        'png': Export('image/png', '.png'),
        'jpg': Export('image/jpeg', '.jpg'),
        'svg': Export('image/svg+xml', '.svg'),
        },
    }
NAMES = {
    'pdf': "PDF",
    'docx': "Microsoft Word",
    'odt': "OpenDocument Text",
    'rtf': "Rich Text",
    'txt': "Plain Text",
    'md': "Markdown",
    'xlsx': "Microsoft Excel",
    'ods': "OpenDocument Spreadsheet",
    'csv': "CSV (First Sheet)",
    'pptx': "Microsoft PowerPoint",
    'odp': "OpenDocument Presentation",
    'png': "PNG",
    'jpg': "JPEG",
    'svg': "SVG",
    }


def formats(kind):
    "The choices of the format of a kind of document"
    return [
        *((code, NAMES[code]) for code in EXPORTS[kind]), ('link', "Link")]
