# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Revisions [Manage file revisions]"
import secrets

from ..api import method
from ..errors import ApiError
from ..state import stamp_text
from . import access, errors, formats
from .changes import track
from .lists import page
from .model import Revision
from .resource import user_resource

KEPT = 200
PURGEABLE = 100
PURGE_AFTER = 30 * 86400


def kept(file):
    return sum(r.keep for r in file.revisions)


def check_keep(file, call):
    if call.get('keepRevisionForever') and file.binary:
        if kept(file) >= KEPT:
            # (undocumented) the reason
            raise errors.forbidden(
                'forbidden', "Only 200 revisions can be kept forever.")


def add_revision(call, file, content, keep=False):
    state = call.state
    now = int(state.now() * 1000)
    state.drive.stored += content.size
    if file.native:
        number = str(len(file.revisions) + 1)
        if file.revisions:
            number = str(int(file.head.id) + 1)
    else:
        number = '0B' + secrets.token_urlsafe(36)
    file.revisions.append(Revision(
            number, content, file.mime_type, now, call.user.email,
            None if file.native else file.original_name or file.name, keep))
    purge(state, file)


def purge(state, file):
    """30 days after they were replaced, or when there are 100, revisions
    that are not kept forever may be gone"""
    if file.native:
        return
    limit = (state.now() - PURGE_AFTER) * 1000
    loose = [
        (r, after.modified)
        for r, after in zip(file.revisions, file.revisions[1:])
        if not r.keep]
    gone = [r for r, replaced in loose if replaced < limit]
    gone += [r for r, _ in loose if r not in gone][
        :max(len(loose) - len(gone) - PURGEABLE + 1, 0)]
    file.revisions[:] = [
        r for r in file.revisions if not any(r is g for g in gone)]


def _file(call, write=False):
    file = access.find(call, call.params['fileId'])
    if file.folder or file.shortcut or not file.revisions:
        # (undocumented) the reason, which developers report
        raise errors.forbidden(
            'revisionsNotSupported', "The file does not support revisions.")
    # owner, organizer, fileOrganizer or writer
    access.require(call, file, 'canReadRevisions')
    purge(call.state, file)
    return file


def find(call, file, revision_id):
    if revision_id == 'head':
        return file.head
    for revision in file.revisions:
        if revision.id == revision_id:
            return revision
    raise errors.revision_not_found(revision_id)


def found(call):
    "The file and the revision of the path"
    file = _file(call)
    return file, find(call, file, call.params['revisionId'])


def resource(call, file, revision):
    answer = {
        'kind': 'drive#revision',
        'id': revision.id,
        'mimeType': revision.mime_type,
        'modifiedTime': stamp_text(revision.modified),
        'lastModifyingUser': user_resource(
            call.state, revision.user, call.user.email),
        }
    if file.native:
        published = revision.published
        answer['published'] = bool(published.get('published'))
        answer['publishAuto'] = bool(published.get('publishAuto'))
        answer['publishedOutsideDomain'] = bool(
            published.get('publishedOutsideDomain'))
        answer['exportLinks'] = {
            m: f'{call.state.url}/drive/v3/files/{file.id}/export?mimeType='
            f'{m}' for m in formats.exports().get(file.mime_type, ())}
        return answer
    content = revision.content
    answer.update({
            'keepForever': revision.keep,
            'md5Checksum': content.md5,
            'size': str(content.size),
            'originalFilename': revision.filename,
            })
    return answer


@method('drive.revisions.list')
def list_revisions(call):
    file = _file(call)
    return page(
        call, 'revisions', 'drive#revisionList',
        [([i], resource(call, file, r))
            for i, r in enumerate(file.revisions)],
        call.get('pageSize', 200))


@method('drive.revisions.get')
def get(call):
    file = _file(call)
    return resource(call, file, find(
            call, file, call.params['revisionId']))


@method('drive.revisions.update')
def update(call):
    file = _file(call)
    revision = find(call, file, call.params['revisionId'])
    body = call.body
    published = {'published', 'publishAuto', 'publishedOutsideDomain'}
    for name in body:
        if name not in published | {'keepForever'}:
            raise errors.not_writable(name)
    if file.native and 'keepForever' in body or (
            not file.native and published & set(body)):
        # (undocumented) the reason
        raise errors.bad(
            "The field is not applicable to this kind of file.",
            reason='invalid')
    if 'keepForever' in body:
        if revision.keep and not body['keepForever']:
            raise ApiError('illegalKeepForeverModification')
        if body['keepForever'] and not revision.keep:
            _keep(call, file, revision)
    else:
        revision.published.update(body)
    return resource(call, file, revision)


def _keep(call, file, revision):
    if kept(file) >= KEPT:
        raise errors.forbidden(
            'forbidden', "Only 200 revisions can be kept forever.")
    if revision is not file.head and file.owner:
        from .files import check_quota
        # it counts against the storage
        check_quota(
            call.state, file, call.state.users[file.owner],
            revision.content.size)
    with track(call.state, file, 'update', 'properties'):
        revision.keep = True


@method('drive.revisions.delete')
def delete(call):
    file = _file(call)
    if file.native:
        # (undocumented) the reason, which developers report
        raise errors.forbidden(
            'revisionDeletionNotSupported',
            "This file does not support the deletion of revisions.")
    revision = find(call, file, call.params['revisionId'])
    access.require(call, file, 'canModifyContent')
    if len(file.revisions) == 1:
        raise errors.forbidden(
            'cannotDeleteOnlyRevision',
            "Cannot delete the only revision of a file.")
    head = revision is file.head
    with track(call.state, file, 'update', *(['content'] if head else [])):
        file.revisions[:] = [
            r for r in file.revisions if r is not revision]
        if head:
            # (undocumented) the one before is the content again
            file.modified = int(call.state.now() * 1000)
            file.mime_type = file.head.mime_type
