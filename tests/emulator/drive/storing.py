# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What becomes of an upload: a file, a revision, or a native document."
from ..api import complete, parse_body
from ..errors import ApiError
from . import access, errors, files, formats
from .documents import APPS, kind_of
from .resource import resource

CREATE = 'drive.files.create'


def metadata_of(found, headers, raw):
    "The metadata that comes with the media"
    return parse_body(found, headers, raw)


def check(call, found, metadata, media_type, size=0):
    """Refuse what would be refused with the whole content; fill in the type
    of the media.  Return the kind of the native document that it is
    converted to, or None."""
    if size > formats.MAX_UPLOAD:
        # about.maxUploadSize; the error is undocumented
        raise ApiError('uploadTooLarge', "The file is too large.", 413)
    media_type = _plain(media_type)
    arguments = call.state, call.user, call.token
    if found.id == CREATE:
        kind = kind_of(metadata.get('mimeType'))
        metadata.setdefault('mimeType', media_type or files.BINARY)
        files.check_create(*arguments, metadata, call.params, size)
    else:
        file = access.find(call, call.params['fileId'])
        kind = kind_of(metadata.get('mimeType') or file.mime_type)
        if (kind is None and media_type
                and media_type not in {file.mime_type, files.BINARY}):
            # [Files resource] it follows the content if it is not given
            metadata.setdefault('mimeType', media_type)
        files.check_update(*arguments, file, metadata, call.params, size)
    if kind is not None:
        _check_import(kind, media_type, size)
    return kind


def _plain(media_type):
    return (media_type or '').partition(';')[0].strip().lower() or None


def _check_import(kind, media_type, size):
    target = APPS + kind
    if target not in formats.imports().get(media_type, ()):
        # [Import to Google Docs types] about.importFormats
        raise errors.bad(
            "Invalid MIME type provided for the uploaded content.",
            'mimeType', 'invalid')
    if size > formats.MAX_IMPORT[target]:
        # about.maxImportSizes; the error is undocumented
        raise ApiError(
            'uploadTooLarge', "The file is too large to be converted.", 413)


def store(call, found, kind, metadata, media_type, content):
    "Make the file or its revision; return the answer of the method"
    media_type = _plain(media_type)
    if kind is not None:
        _check_import(kind, media_type, content.size)
        content = _converted(kind, media_type, content)
    call.body = metadata
    return complete(call, found, lambda: _change(call, found, content))


def _converted(kind, media_type, content):
    # the libraries are slow to load, and most tests need none of them
    from .imports import Unreadable, convert
    try:
        return convert(kind, media_type, content.read())
    except Unreadable:
        # (undocumented) the reason
        raise errors.bad("The file could not be converted.")


def _change(call, found, content):
    arguments = call.state, call.user, call.token
    if found.id == CREATE:
        file = files.create_file(
            *arguments, call.body, content, call.params)
    else:
        file = files.update_file(
            *arguments, call.params['fileId'], call.body, content,
            call.params)
    return resource(call, file)
