# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The requests that carry or fetch contents: which they are, who answers."
from urllib.parse import parse_qsl

from ..bodies import is_upload
from ..state import drive_document
from . import downloads, operations, thumbnails, uploads

# alt=media is another method for the log and the faults
_MEDIA = {
    'drive.files.get': 'drive.files.get_media',
    'drive.revisions.get': 'drive.revisions.get_media',
    'drive.files.export': 'drive.files.export',
    }


def method_id(request):
    "The name of the method, None when it is of no media"
    if is_upload(request.path):
        return uploads.method_id(request)
    if request.verb == 'GET' and request.path == operations.PATH:
        return 'drive.download'
    if request.verb == 'GET' and request.path.startswith(thumbnails.PATH):
        return 'drive.thumbnail'
    if request.verb != 'GET' or not request.path.startswith('/drive/v3/'):
        return None
    found, _ = drive_document().find('GET', request.path)
    name = _MEDIA.get(found.id) if found else None
    if name == 'drive.files.export':
        return name
    pairs = dict(parse_qsl(request.query, keep_blank_values=True))
    return name if pairs.get('alt') == 'media' else None


def answer(state, request, name):
    if is_upload(request.path):
        return uploads.answer(state, request)
    if name == 'drive.download':
        return operations.fetch(state, request)
    if name == 'drive.thumbnail':
        return thumbnails.fetch(state, request)
    return downloads.answer(state, request)
