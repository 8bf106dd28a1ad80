# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"files.download and its operations [Manage long-running operations]"
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from ..api import method
from ..errors import ApiError
from . import access, errors, revisions
from .content import Content
from .documents import Document, kind_of

PATH = '/download'
# at least twelve hours in the guide, twenty-four in the reference
LIFE = 12 * 3600
_TYPE = 'type.googleapis.com/google.apps.drive.v3.DownloadFile'


@dataclass
class Operation:
    name: str
    ticket: str  # of the address
    email: str
    file_id: str
    revision: object
    mime_type: str
    expires: float
    polls: int  # while it is pending
    content: Content = None
    error: dict = None

    @property
    def partial(self):
        return isinstance(self.revision.content, Content)


def _operations(state):
    return state.drive.extra.setdefault('operations', {})


@method('drive.files.download')
def download(call):
    from .downloads import check_abuse, check_download
    state = call.state
    # this method has no supportsAllDrives: all of them (undocumented)
    file = access.find(call, call.params['fileId'])
    access.check_content(call, file)
    if file.folder or file.shortcut or file.head is None:
        raise _invalid("This file cannot be downloaded.")
    check_download(call, file)
    check_abuse(call, file)
    operation = Operation(
        secrets.token_urlsafe(24), secrets.token_urlsafe(24),
        call.user.email, file.id, _revision(call, file),
        _mime_type(call, file), state.clock() + LIFE,
        state.options['download_polls'])
    _operations(state)[operation.name] = operation
    return _show(state, operation)


def _invalid(message):
    return ApiError(
        'badRequest', message, code=400,
        extra={'status': 'INVALID_ARGUMENT'})


def _revision(call, file):
    from .downloads import check_kept
    wanted = call.get('revisionId')
    if wanted is None:
        return file.head
    if isinstance(file.content, Document) and (
            file.content.kind == 'presentation'):
        # [Files: download] blob files, Google Docs and Google Sheets
        raise _invalid("Downloading a revision of it is not supported.")
    revision = revisions.find(call, file, wanted)
    if isinstance(revision.content, Content):
        check_kept(file, revision)
    return revision


def _mime_type(call, file):
    wanted = call.get('mimeType')
    if isinstance(file.content, Content):
        if wanted is not None:
            # [Files: download] only for Google Workspace documents
            raise _invalid("mimeType cannot be set for a blob file.")
        return file.mime_type
    from .exports import DEFAULTS, WRITERS
    kind = kind_of(file.mime_type)
    if kind is None or wanted is not None and wanted not in WRITERS[kind]:
        raise _invalid("The requested conversion is not supported.")
    return wanted or DEFAULTS[kind]


@method('drive.operations.get')
def get(call):
    operation = _operations(call.state).get(call.params['name'])
    if (operation is None or operation.email != call.user.email
            or operation.expires < call.state.clock()):
        raise ApiError('notFound', "Operation not found.")
    if operation.polls > 0:
        operation.polls -= 1
    return _show(call.state, operation)


def _show(state, operation):
    answer = {
        'name': operation.name,
        'metadata': {'@type': _TYPE + 'Metadata'},
        }
    file = state.drive.files.get(operation.file_id)
    if file is not None and file.resource_key:
        answer['metadata']['resourceKey'] = file.resource_key
    if operation.polls > 0:
        # the guide: pending is done=null, so it is not there
        return answer
    answer['done'] = True
    if operation.content is None and file is None:
        # google.rpc.Code
        answer['error'] = {'code': 5, 'message': "File not found."}
        return answer
    if operation.content is None:
        operation.content = _content(operation, file)
    answer['response'] = {
        '@type': _TYPE + 'Response',
        'downloadUri': _address(state, operation, operation.partial),
        'partialDownloadAllowed': operation.partial,
        }
    return answer


def _content(operation, file):
    held = operation.revision.content
    if isinstance(held, Content):
        return held
    from .exports import export
    return Content.from_bytes(
        export(held, operation.mime_type, file.name))


def _address(state, operation, final):
    values = {'id': operation.file_id, 'ticket': operation.ticket}
    if final or operation.revision.content.kind == 'presentation':
        values['confirm'] = 't'
    return f'{state.content_url}{PATH}?{urlencode(values)}'


def fetch(state, request):
    "The address of the contents; it is fetched with the token"
    from ..gateway import Response
    from .wire import account, content_response, pairs_of
    user, _ = account(state, request)
    values = dict(pairs_of(request))
    for operation in _operations(state).values():
        if (operation.ticket == values.get('ticket')
                and operation.email == user.email
                and operation.expires >= state.clock()):
            break
    else:
        raise errors.not_found(values.get('id', ''))
    if operation.content is None:
        raise errors.not_found(operation.file_id)
    if 'confirm' not in values:
        # the addresses of Docs and Sheets redirect first
        return Response(
            302, {'Location': _address(state, operation, True)})
    return content_response(
        request, operation.content, operation.mime_type,
        partial=operation.partial)
