# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Contents of files and revisions, and exports [Download and export files]"
from ..errors import ApiError
from ..gateway import not_here
from ..state import drive_document
from . import access, errors, revisions
from .capabilities import capabilities
from .content import Content
from .documents import Document
from .wire import call_of, content_response


def answer(state, request):
    found, values = drive_document().find(request.verb, request.path)
    if found is None:
        return not_here(request)
    call = call_of(state, request, found, values)
    if found.id == 'drive.revisions.get':
        file, revision = revisions.found(call)
    else:
        file = access.find(call, call.params['fileId'])
        revision = file.head
    access.check_content(call, file)
    if found.id == 'drive.files.export':
        return _export(call, request, file)
    if revision is None or not isinstance(revision.content, Content):
        raise not_downloadable()
    check_download(call, file)
    check_abuse(call, file)
    check_kept(file, revision)
    return content_response(request, revision.content, revision.mime_type)


def not_downloadable():
    # [Resolve errors]; also of folders and shortcuts
    return ApiError('fileNotDownloadable', location='alt')


def check_download(call, file, what='Download', verb="downloaded"):
    # [Download and export files] capabilities.canDownload; the reasons are
    # those that users of the API report (undocumented)
    held = capabilities(call.state, file, call.user.email)
    if not held['canDownload']:
        raise errors.forbidden(
            f'cannot{what}File',
            f"This file cannot be {verb} by the user.")


def check_abuse(call, file):
    """[Files: get] only the owner or an organizer of the shared drive, who
    acknowledges it"""
    if not file.abusive:
        return
    minimum = 'organizer' if file.drive_id else 'owner'
    if not call.get('acknowledgeAbuse') or not access.level(
            call.state, file, call.user.email, minimum):
        raise errors.forbidden(
            'cannotDownloadAbusiveFile', "This file has been identified as "
            "malware or spam and cannot be downloaded.")


def check_kept(file, revision):
    # [Resolve errors] the heading has downloadRestrictedForRevision
    if revision is not file.head and not revision.keep:
        raise ApiError('download_restricted_for_revision')


def exported(document, mime_type, title):
    "The bytes of an export"
    # the libraries are slow to load, and most tests need none of them
    from .exports import export
    data = export(document, mime_type, title)
    if data is None:
        # (undocumented) what users of the API meet
        raise errors.bad(
            "The requested conversion is not supported.", 'convertTo')
    return data


def _export(call, request, file):
    if not isinstance(file.content, Document):
        # (undocumented) the message of other files than Vids
        raise ApiError('fileNotExportable')
    check_download(call, file, 'Export', "exported")
    mime_type = call.params['mimeType']
    data = exported(file.content, mime_type, file.name)
    if len(data) > call.state.options['export_limit']:
        # [Files: export] limited to 10 MB
        raise ApiError(
            'exportSizeLimitExceeded',
            "This file is too large to be exported.", code=403)
    # no range: each export is made anew
    return content_response(
        request, Content.from_bytes(data), mime_type, partial=False)
