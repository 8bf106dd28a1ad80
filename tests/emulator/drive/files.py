# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Creating, changing and copying files [Create and manage files]

A request with metadata alone and an upload go the same way: check_create and
create_file, check_update and update_file."""
from ..api import Call
from ..errors import ApiError
from . import access, activity, errors, formats, place, rules, trash
from .changes import track
from .content import Content
from .documents import Document, kind_of
from .model import NATIVE, SHORTCUT, File, new_id
from .revisions import add_revision, check_keep

BINARY = 'application/octet-stream'


def _call(state, user, token, metadata, params, method_id):
    return Call(
        state, user, dict(params or {}), metadata, {}, token, method_id)


# -- create

def check_create(state, user, token, metadata, params=None, size=0,
        media=True):
    "Refuse what create_file would refuse; size: of the content"
    call = _call(
        state, user, token, metadata, params, 'drive.files.create')
    plan_create(call, metadata, size, media)


def create_file(state, user, token, metadata, content=None, params=None):
    """Return the new file; content: a Content, a Document, or None"""
    call = _call(
        state, user, token, metadata, params, 'drive.files.create')
    size = content.size if isinstance(content, Content) else 0
    parent, mime_type = plan_create(
        call, metadata, size, content is not None)
    if isinstance(content, Document):
        mime_type = content.mime_type
    elif isinstance(content, Content) and mime_type.startswith(NATIVE):
        # (undocumented) what cannot be converted
        raise errors.bad(
            "Invalid MIME type provided for the uploaded content.",
            'mimeType', 'invalid')
    file = new_file(call, metadata, parent, mime_type)
    fill(call, file, content)
    return finish(call, file, {'new': {}} if content is None else {
            'upload': {}})


def plan_create(call, metadata, size, media):
    "(parent, MIME type)"
    rules.check_names(metadata, rules.CREATE)
    mime_type = metadata.get('mimeType') or BINARY
    rules.check_mime(mime_type)
    kind = rules.kind(mime_type)
    if media and kind in {'folder', 'shortcut'}:
        raise errors.bad("This kind of file has no content.", 'mimeType')
    target = _target(call, metadata, kind)
    parents = metadata.get('parents')
    parent = place.target(call, parents)
    _check_scope(call, parent)
    if kind == 'shortcut' and parent.space != 'drive':
        raise errors.bad(
            "Shortcuts are not supported in this space.", 'parents')
    _check_id(call, metadata.get('id'), kind, parent, target)
    rules.properties(call, None, metadata)
    _check_values(call, metadata, mime_type)
    place.check_room(call.state, parent, 1, kind == 'folder')
    check_quota(call.state, parent, call.user, size)
    return parent, mime_type


def _check_scope(call, parent):
    "[Choose Drive API scopes] drive.appdata is for its folder only"
    if call.token is None or parent.space == 'appDataFolder':
        return
    if not access.scopes(call.token) & {'drive', 'drive.file'}:
        raise ApiError(
            'insufficientScopes', "The granted scopes do not give access to "
            "the requested space.", code=403, location='parents')


def _target(call, metadata, kind):
    "The file that a shortcut points to [Create a shortcut]"
    details = metadata.get('shortcutDetails')
    if kind != 'shortcut':
        if details is not None:
            raise errors.bad(
                "shortcutDetails is for shortcuts only.",
                'shortcutDetails', 'invalid')
        return None
    if set(details or {}) - {'targetId'}:
        raise errors.not_writable('shortcutDetails')
    target_id = (details or {}).get('targetId')
    if not target_id:
        raise errors.bad(
            "The shortcut target must be set.",
            'shortcutDetails.targetId', 'required')
    target = call.state.drive.files.get(access.resolve(call, target_id))
    if target is None or not access.visible(call, target):
        raise errors.not_found(target_id, 'shortcutDetails.targetId')
    if target.shortcut:
        # (undocumented)
        raise errors.bad(
            "A shortcut cannot point to a shortcut.",
            'shortcutDetails.targetId', 'invalid')
    return target


def _check_id(call, file_id, kind, parent, target):
    "[Create and manage files] ids of generateIds"
    if file_id is None:
        return
    store = call.state.drive
    if file_id in store.files or file_id in store.gone:
        raise ApiError('fileIdInUse', location='id')
    if kind == 'native':
        raise errors.bad(
            "Generated IDs are not supported for Docs Editors formats.",
            'id', 'invalid')
    wanted = parent.space, 'shortcuts' if target else 'files'
    if store.generated.get(file_id) != wanted:
        # never generated, or for something else
        raise errors.bad(
            "The provided file ID is not usable.", 'id', 'invalid')


def _check_values(call, metadata, mime_type):
    for name in ['createdTime', 'modifiedTime', 'viewedByMeTime']:
        if metadata.get(name) is not None:
            rules.milliseconds(metadata[name], name)
    if metadata.get('contentRestrictions'):
        rules.check_restrictions(
            call, None, metadata['contentRestrictions'], mime_type)
    if metadata.get('folderColorRgb'):
        rules.check_color(metadata['folderColorRgb'])
    if metadata.get('downloadRestrictions'):
        rules.check_downloads(metadata['downloadRestrictions'])


def check_quota(state, parent, user, size):
    "[Resolve errors] storageQuotaExceeded"
    if parent.drive_id:
        return
    if user.service:
        # service accounts cannot own any files
        raise ApiError(
            'storageQuotaExceeded', "Service Accounts do not have storage "
            "quota. Leverage shared drives, or use OAuth delegation "
            "instead.")
    limit = state.drive.quotas.get(
        user.email, state.options['storage_limit'])
    if limit is not None and not state.drive.fits(user.email, size, limit):
        raise ApiError('storageQuotaExceeded')


def new_file(call, metadata, parent, mime_type):
    state, user = call.state, call.user
    now = int(state.now() * 1000)
    file = File(
        metadata.get('id') or new_id(), metadata.get('name') or "Untitled",
        mime_type, drive_id=parent.drive_id, parent=parent.id,
        space=parent.space, client_id=parent.client_id,
        created=now, modified=now, born=state.clock(),
        last_user=user.email)
    if not parent.drive_id:
        access.own(file, user.email)
    if call.token is not None:
        file.apps.add((user.email, call.token.client_id))
    file.viewed[user.email] = file.modified_by[user.email] = now
    if metadata.get('createdTime'):
        file.created = rules.milliseconds(
            metadata['createdTime'], 'createdTime')
    if mime_type == SHORTCUT:
        file.target = access.resolve(
            call, metadata['shortcutDetails']['targetId'])
        file.target_mime = state.drive.files[file.target].mime_type
    assign(call, file, metadata)
    return file


def fill(call, file, content):
    "The first revision"
    if file.folder or file.shortcut:
        return
    if content is None:
        if kind := kind_of(file.mime_type):
            content = Document.empty(kind)
        elif not file.native:
            content = Content.from_bytes(b'')
    if content is not None:
        keep = bool(call.get('keepRevisionForever')) and not file.native
        add_revision(call, file, content, keep)
    if not file.native:
        file.original_name = file.original_name or file.name
        file.extension = formats.extension(file.name)


def finish(call, file, how):
    state = call.state
    state.drive.add(file)
    with track(state, file, 'add', 'content', 'properties'):
        pass
    file.version = 1
    state.touch('files', file.parent, ('update', 'children'))
    activity.note(state, call.user, file, create=how)
    return file


# -- update

def check_update(state, user, token, file, metadata, params=None, size=0,
        media=True):
    "Refuse what update_file would refuse; file: the file or its id"
    call = _call(
        state, user, token, metadata, params, 'drive.files.update')
    _plan_update(call, file, metadata, size, media)


def update_file(state, user, token, file, metadata, content=None,
        params=None):
    "Return the file; content: a Content, a Document, or None"
    call = _call(
        state, user, token, metadata, params, 'drive.files.update')
    size = content.size if isinstance(content, Content) else 0
    file, parent = _plan_update(
        call, file, metadata, size, content is not None)
    if content is not None:
        _check_kind(file, metadata, content)
    if metadata.get('trashed') is not None:
        trash.set_trashed(call, file, metadata['trashed'])
    what = _kinds(metadata, content)
    if what:
        with track(state, file, 'update', *what):
            _change(call, file, metadata, content)
    elif {'starred', 'viewedByMeTime'} & set(metadata):
        # only this user's view of it: no change of the file
        assign(call, file, metadata)
        file.version += 1
    if parent is not None:
        place.move(call, file, parent)
    return file


def _plan_update(call, file, metadata, size, media):
    "(file, new parent or None)"
    file = access.find(call, getattr(file, 'id', file))
    rules.check_names(metadata, rules.UPDATE)
    if media:
        access.check_content(call, file)
        if file.folder or file.shortcut:
            raise errors.bad("This kind of file has no content.", 'mimeType')
        access.require(call, file, 'canModifyContent')
        check_keep(file, call)
    _check_rights(call, file, metadata)
    mime_type = metadata.get('mimeType')
    if mime_type and mime_type != file.mime_type:
        if not media or file.native != mime_type.startswith(NATIVE):
            # [Files resource] it changes only with new content
            raise errors.bad(
                "Invalid MIME type provided for the uploaded content.",
                'mimeType', 'invalid')
        rules.check_mime(mime_type)
    rules.properties(call, file, metadata)
    _check_values_of(call, file, metadata)
    parent = place.plan(call, file)
    if media and size and file.owner:
        head = file.head
        freed = head.content.size if file.binary and not head.keep else 0
        owner = call.state.users[file.owner]
        check_quota(call.state, file, owner, max(size - freed, 0))
    return file, parent


_EDITS = {
    'appProperties', 'contentHints', 'description', 'folderColorRgb',
    'mimeType', 'modifiedTime', 'originalFilename', 'properties'}
_RIGHTS = {
    'copyRequiresWriterPermission': 'canChangeCopyRequiresWriterPermission',
    'viewersCanCopyContent': 'canChangeCopyRequiresWriterPermission',
    'downloadRestrictions': 'canChangeItemDownloadRestriction',
    }


def _check_rights(call, file, metadata):
    if file.root and set(metadata) - {'starred', 'viewedByMeTime'}:
        raise errors.insufficient(file)
    if _EDITS & set(metadata):
        access.require(call, file, 'canEdit')
    if metadata.get('name') and metadata['name'] != file.name:
        # [Protect file content] nor the title
        access.require(call, file, 'canEdit', 'canRename')
    for name, needed in _RIGHTS.items():
        if name in metadata:
            access.require(call, file, needed)
    if metadata.get('trashed') is not None:
        access.require(
            call, file,
            'canTrash' if metadata['trashed'] else 'canUntrash')
    if 'inheritedPermissionsDisabled' in metadata:
        wanted = bool(metadata['inheritedPermissionsDisabled'])
        if wanted != file.limited:
            access.require(
                call, file, 'canDisableInheritedPermissions' if wanted
                else 'canEnableInheritedPermissions')
    if 'writersCanShare' in metadata:
        if file.drive_id:
            # [Shared drive versus My Drive API differences]
            raise errors.not_writable('writersCanShare')
        if not access.level(
                call.state, file, call.user.email, 'owner'):
            raise errors.insufficient(file)
    if 'folderColorRgb' in metadata and file.drive_id:
        raise errors.not_writable('folderColorRgb')


def _check_values_of(call, file, metadata):
    for name in ['modifiedTime', 'viewedByMeTime']:
        if metadata.get(name) is not None:
            rules.milliseconds(metadata[name], name)
    if 'contentRestrictions' in metadata:
        rules.check_restrictions(
            call, file, metadata['contentRestrictions'] or [],
            file.mime_type)
    if metadata.get('folderColorRgb'):
        rules.check_color(metadata['folderColorRgb'])
    if metadata.get('downloadRestrictions'):
        rules.check_downloads(metadata['downloadRestrictions'])


def _check_kind(file, metadata, content):
    if isinstance(content, Document):
        right = content.mime_type == file.mime_type
    else:
        right = not file.native
    if not right:
        # (undocumented) the reason
        raise errors.bad(
            "Invalid MIME type provided for the uploaded content.",
            'mimeType', 'invalid')


def _kinds(metadata, content):
    "What X-Goog-Changed says of the change"
    names = set(metadata) - {'starred', 'viewedByMeTime', 'trashed'}
    return (['content'] if content is not None else []) + (
        ['properties'] if names else [])


def _change(call, file, metadata, content):
    state, email = call.state, call.user.email
    now = int(state.now() * 1000)
    old = file.name
    if metadata.get('mimeType'):
        file.mime_type = metadata['mimeType']
    assign(call, file, metadata)
    edits = _EDITS | {'name'}
    if content is not None or edits & set(metadata):
        if not metadata.get('modifiedTime'):
            file.modified = now
        file.modified_by[email] = file.modified
        file.last_user = email
    if content is not None:
        add_revision(call, file, content, bool(
                call.get('keepRevisionForever')) and not file.native)
        file.viewed[email] = now
        activity.note(state, call.user, file, edit={})
    if file.name != old:
        activity.note(state, call.user, file, rename={
                'oldTitle': old, 'newTitle': file.name})


def assign(call, file, metadata):
    "The values that are written as they are"
    email = call.user.email
    if metadata.get('name'):
        file.name = metadata['name']
        if file.binary:
            # [Files resource] not cleared without a valid extension
            file.extension = (
                formats.extension(file.name) or file.extension)
    for name, attribute in [
            ('description', 'description'),
            ('originalFilename', 'original_name')]:
        if name in metadata:
            setattr(file, attribute, metadata[name])
    for name, attribute in [
            ('writersCanShare', 'writers_share'),
            ('copyRequiresWriterPermission', 'copy_needs_writer'),
            ('inheritedPermissionsDisabled', 'limited')]:
        if metadata.get(name) is not None:
            setattr(file, attribute, metadata[name])
    if metadata.get('viewersCanCopyContent') is not None:
        file.copy_needs_writer = not metadata['viewersCanCopyContent']
    if metadata.get('starred') is not None:
        (file.starred.add if metadata['starred']
            else file.starred.discard)(email)
    if metadata.get('viewedByMeTime') is not None:
        file.viewed[email] = rules.milliseconds(
            metadata['viewedByMeTime'], 'viewedByMeTime')
    if metadata.get('modifiedTime') is not None:
        file.modified = rules.milliseconds(
            metadata['modifiedTime'], 'modifiedTime')
        file.modified_by[email] = file.modified
    if metadata.get('folderColorRgb'):
        file.color = rules.check_color(metadata['folderColorRgb'])
    if metadata.get('downloadRestrictions'):
        file.download_restriction = rules.check_downloads(
            metadata['downloadRestrictions'])
    hints = metadata.get('contentHints') or {}
    if 'indexableText' in hints:
        file.indexable = hints['indexableText'] or ''
    values = rules.properties(call, file, metadata)
    if values is not None:
        client = call.token.client_id if call.token else None
        file.properties, file.app_properties[client] = values
    if metadata.get('contentRestrictions'):
        known = file.id in call.state.drive.files
        file.restriction = rules.check_restrictions(
            call, file if known else None, metadata['contentRestrictions'],
            file.mime_type)
