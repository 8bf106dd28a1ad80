# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"How files are shown [Files resource]"
from urllib.parse import quote

from ..state import stamp_text
from . import access, formats
from .access import effective, level, personal, reaches, role, scopes
from .capabilities import capabilities, download_role
from .model import permission_id

# functions (call, file, answer) of other parts, such as the thumbnails
EXTRAS = []


def user_resource(state, email, me):
    user = state.users.get(email)
    return {
        'kind': 'drive#user',
        'displayName': user.name if user else email.partition('@')[0],
        'me': email == me,
        'permissionId': permission_id('user', email),
        'emailAddress': email,
        }


def resource(call, file):
    "The file as the user and the application see it"
    state, me = call.state, call.user.email
    wanted = call.wants
    head = file.head
    answer = {
        'kind': 'drive#file',
        'id': file.id,
        'name': file.name,
        'mimeType': file.mime_type,
        'starred': me in file.starred,
        'trashed': state.drive.is_trashed(file),
        'explicitlyTrashed': file.trashed,
        'spaces': [file.space],
        'version': str(file.version),
        'createdTime': stamp_text(file.created),
        'modifiedTime': stamp_text(file.modified),
        'modifiedByMe': me in file.modified_by,
        'viewedByMe': me in file.viewed,
        'quotaBytesUsed': str(file.quota),
        'copyRequiresWriterPermission': (
            download_role(state, file) != 'reader'),
        'viewersCanCopyContent': download_role(state, file) == 'reader',
        'isAppAuthorized': call.token is not None and (
            me, call.token.client_id) in file.apps,
        'iconLink': 'https://drive-thirdparty.googleusercontent.com/16/type/'
        + quote(file.mime_type),
        'webViewLink': _link(file),
        'hasThumbnail': False,
        'thumbnailVersion': '0',
        'linkShareMetadata': {
            'securityUpdateEligible': bool(file.resource_key),
            'securityUpdateEnabled': bool(file.resource_key)},
        }
    for name, moments in [
            ('modifiedByMeTime', file.modified_by),
            ('viewedByMeTime', file.viewed)]:
        if me in moments:
            answer[name] = stamp_text(moments[me])
    if file.last_user:
        answer['lastModifyingUser'] = user_resource(
            state, file.last_user, me)
    if file.description is not None:
        answer['description'] = file.description
    if file.resource_key:
        answer['resourceKey'] = file.resource_key
    if file.properties:
        answer['properties'] = dict(file.properties)
    client = call.token.client_id if call.token else None
    if client and file.app_properties.get(client):
        answer['appProperties'] = dict(file.app_properties[client])
    if file.restriction is not None:
        answer['contentRestrictions'] = [_restriction(call, file)]
    if file.download_restriction is not None:
        answer['downloadRestrictions'] = _downloads(state, file)
    if file.folder:
        answer['inheritedPermissionsDisabled'] = file.limited
    parents = _parents(call, file)
    if parents:
        answer['parents'] = parents
    if file.shortcut:
        answer['shortcutDetails'] = {
            'targetId': file.target, 'targetMimeType': file.target_mime}
    if head is not None and file.binary:
        _binary(file, head, answer)
    if head is not None and file.native:
        # [Files resource] also for editor files
        answer['size'] = str(getattr(head.content, 'size', 1024))
        if file.mime_type in formats.exports() and _content(call, file):
            answer['exportLinks'] = {
                m: f'{state.url}/drive/v3/files/{file.id}/export?mimeType='
                + quote(m, safe='')
                for m in formats.exports()[file.mime_type]}
    if wanted('capabilities'):
        answer['capabilities'] = capabilities(state, file, me)
    if file.drive_id:
        _shared_drive(call, file, answer)
    else:
        _my_drive(call, file, answer)
    if wanted('permissionIds') and level(state, file, me, 'writer'):
        answer['permissionIds'] = list(effective(state, file))
    for function in EXTRAS:
        function(call, file, answer)
    return answer


def _link(file):
    if file.folder:
        return f'https://drive.google.com/drive/folders/{file.id}'
    kind = {
        formats.DOCUMENT: 'document', formats.SHEET: 'spreadsheets',
        formats.SLIDES: 'presentation'}.get(file.mime_type)
    if kind:
        return (
            f'https://docs.google.com/{kind}/d/{file.id}/edit?usp=drivesdk')
    return f'https://drive.google.com/file/d/{file.id}/view?usp=drivesdk'


def _content(call, file):
    "Whether the application may read the content"
    return call.token is None or reaches(
        call.token, file, scopes(call.token) & access.CONTENT)


def _binary(file, head, answer):
    content = head.content
    answer['size'] = str(content.size)
    answer['md5Checksum'] = content.md5
    answer['sha1Checksum'] = content.sha1
    answer['sha256Checksum'] = content.sha256
    answer['headRevisionId'] = head.id
    answer['originalFilename'] = file.original_name or file.name
    if file.extension:
        answer['fullFileExtension'] = file.extension
        answer['fileExtension'] = file.extension.rpartition('.')[2]
    answer['webContentLink'] = (
        f'https://drive.google.com/uc?id={file.id}&export=download')


def _parents(call, file):
    "Empty when the user cannot see the parent"
    state, me = call.state, call.user.email
    if file.parent is None:
        return []
    parent = state.drive.files[file.parent]
    return [parent.id] if role(state, parent, me) else []


def _restriction(call, file):
    value = file.restriction
    answer = {
        'readOnly': True,
        'ownerRestricted': value['ownerRestricted'],
        'restrictingUser': user_resource(
            call.state, value['user'], call.user.email),
        'restrictionTime': stamp_text(value['at']),
        'type': 'globalContentRestriction',
        'systemRestricted': False,
        }
    if value.get('reason'):
        answer['reason'] = value['reason']
    return answer


def _downloads(state, file):
    least = download_role(state, file)
    return {
        'itemDownloadRestriction': dict(file.download_restriction),
        'effectiveDownloadRestrictionWithContext': {
            'restrictedForReaders': least != 'reader',
            'restrictedForWriters': least == 'organizer'},
        }


def _shared_drive(call, file, answer):
    "[Shared drive versus My Drive API differences]"
    state, me = call.state, call.user.email
    answer['driveId'] = answer['teamDriveId'] = file.drive_id
    answer['hasAugmentedPermissions'] = bool(file.grants) and not file.root
    if file.trashed_by:
        answer['trashingUser'] = user_resource(state, file.trashed_by, me)
    if file.trashed_at:
        answer['trashedTime'] = stamp_text(file.trashed_at)
    if me in file.shared_to:
        _shared_to(call, file, answer)


def _shared_to(call, file, answer):
    at, by = file.shared_to[call.user.email]
    answer['sharedWithMeTime'] = stamp_text(at)
    answer['sharingUser'] = user_resource(call.state, by, call.user.email)


def _my_drive(call, file, answer):
    state, me = call.state, call.user.email
    answer['ownedByMe'] = file.owner == me
    answer['owners'] = [user_resource(state, file.owner, me)]
    answer['writersCanShare'] = file.writers_share
    held = effective(state, file)
    answer['shared'] = len(held) > 1
    if file.folder:
        answer['folderColorRgb'] = file.color or formats.COLORS[18]
    if me in file.shared_to and file.owner != me:
        _shared_to(call, file, answer)
    if call.wants('permissions'):
        from .permissions import show
        if answer.get('capabilities', capabilities(
                    state, file, me)).get('canShare'):
            answer['permissions'] = [
                show(call, file, p) for p in held.values()]


def in_corpus(call, file):
    "[Files: list] corpora=user: what is the user's or was accessed"
    state, me = call.state, call.user.email
    if file.owner == me or me in file.viewed:
        return True
    if file.drive_id:
        return me in file.modified_by or any(
            g.type in {'user', 'group'} and access.matches(state, g, me)
            for g in file.grants.values()) and not file.root
    return personal(state, file, me)
