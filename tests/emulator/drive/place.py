# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Where files are [Create and populate folders; Manage shared drives]

A file has one parent; it is moved by addParents and removeParents."""
from ..errors import ApiError
from . import access, activity, errors
from .changes import track
from .model import Grant, permission_id


def target(call, parents):
    "The folder in which a new file is created"
    if not parents:
        return access.root(call.state, call.user)
    if len(parents) > 1:
        # (undocumented) the reason, which developers report
        raise errors.forbidden(
            'cannotAddParent', "Increasing the number of parents is not "
            "allowed")
    return folder(call, parents[0], 'parents')


def folder(call, parent_id, parameter):
    "A folder to which the user may add something"
    root = access.root(call.state, call.user)
    if access.resolve(call, parent_id) == root.id:
        # drive.file may create in the root, which it does not see
        if call.token is None or access.scopes(call.token) & {
                'drive', 'drive.file', 'drive.metadata'}:
            return root
    found = access.find(call, parent_id, parameter)
    if not found.folder:
        # (undocumented) the reason, which developers report
        raise errors.forbidden(
            'parentNotAFolder', "The specified parent is not a folder.")
    access.require(call, found, 'canAddChildren')
    return found


def check_room(state, parent, count=1, levels=0):
    "The limits of a folder [Resolve errors]"
    store, options = state.drive, state.options
    inside = len(store.children.get(parent.id, ()))
    if not parent.root and inside + count > options['folder_limit']:
        raise ApiError('numChildrenInNonRootLimitExceeded')
    depth = sum(1 for _ in store.ancestors(parent)) + 1 + levels
    if depth > options['folder_depth'] + 1:
        raise ApiError(
            'teamDriveHierarchyTooDeep' if parent.drive_id
            else 'myDriveHierarchyDepthLimitExceeded')
    if parent.drive_id and len(store.files) >= options['drive_limit']:
        total = sum(
            f.drive_id == parent.drive_id for f in store.files.values())
        if total - 1 + count > options['drive_limit']:
            raise ApiError('teamDriveFileLimitExceeded')


def levels_of(store, file):
    "How many levels of folders the file adds"
    if not file.folder:
        return 0
    return 1 + max((levels_of(store, f) for f in store.kids(file)), default=0)


def _ids(call, name):
    return [
        access.resolve(call, i.strip())
        for i in (call.get(name) or '').split(',') if i.strip()]


def plan(call, file):
    "The new parent of the file, None if it stays; refuse what is wrong"
    added, removed = _ids(call, 'addParents'), _ids(call, 'removeParents')
    if not added and not removed:
        return None
    if file.root:
        raise errors.insufficient(file)
    if len(added) > 1:
        raise ApiError('teamDrivesParentLimit') if file.drive_id else (
            errors.forbidden(
                'cannotAddParent', "Increasing the number of parents is not "
                "allowed"))
    for one in removed:
        if one != file.parent or not _sees_parent(call, file):
            # (undocumented) a parent that is none
            raise errors.not_found(one, 'removeParents')
    if not added:
        return _without(call, file)
    parent = folder(call, added[0], 'addParents')
    if parent.id == file.parent:
        # [Resolve errors] a duplicate parent
        raise errors.bad("The file is already in the folder.", 'addParents')
    if not removed:
        raise ApiError('teamDrivesParentLimit') if file.drive_id else (
            errors.forbidden(
                'cannotAddParent', "Increasing the number of parents is not "
                "allowed"))
    store = call.state.drive
    if file is parent or file in store.ancestors(parent):
        # [Resolve errors] a cycle
        raise errors.bad(
            "The requested parent would create a cycle.", 'addParents')
    if file.space != parent.space:
        raise errors.bad(
            "A file cannot leave its space.", 'addParents', 'invalid')
    _check_move(call, file, parent)
    check_room(
        call.state, parent, 1, levels_of(store, file))
    return parent


def _sees_parent(call, file):
    return access.role(
        call.state, call.state.drive.files[file.parent],
        call.user.email) is not None


def _without(call, file):
    if file.drive_id:
        raise ApiError('teamDrivesParentLimit')
    access.require(call, file, 'canRemoveMyDriveParent')
    # [Files: delete] an item without parent is placed under the root
    owner = call.state.users[file.owner]
    root = access.root(call.state, owner)
    return None if file.parent == root.id else root


def _check_move(call, file, parent):
    state, me = call.state, call.user.email
    if file.drive_id == parent.drive_id:
        access.require(call, file, 'canMoveItemWithinDrive')
        if not file.drive_id:
            source = state.drive.files[file.parent]
            access.require(call, source, 'canRemoveChildren')
        return
    if parent.drive_id and file.folder:
        raise ApiError('teamDrivesFolderMoveInNotSupported')
    access.require(call, file, 'canMoveItemOutOfDrive')
    if parent.drive_id and not file.drive_id:
        if state.drive.is_trashed(file):
            raise errors.forbidden(
                'cannotMoveTrashedItemIntoTeamDrive',
                "Cannot move a trashed item into a shared drive.")
        if file.owner != me:
            if not access.member(state, parent.drive_id, file.owner):
                raise ApiError('fileOwnerNotMemberOfTeamDrive')
        organizer = access.level(state, parent, me, 'fileOrganizer')
        if not organizer and not state.options['writers_move_in']:
            raise ApiError('fileWriterTeamDriveMoveInDisabled')


def move(call, file, parent):
    "The move that plan allowed"
    state, store = call.state, call.state.drive
    before = store.files[file.parent] if file.parent else None
    with track(state, file, 'update', 'parents'):
        store.move(file, parent.id)
        if file.drive_id != parent.drive_id:
            _change_corpus(call, file, parent)
    detail = {'addedParents': [activity.reference(parent)]}
    if before is not None:
        detail['removedParents'] = [activity.reference(before)]
        state.touch('files', before.id, ('update', 'children'))
    state.touch('files', parent.id, ('update', 'children'))
    activity.note(state, call.user, file, move=detail)


def _change_corpus(call, file, parent):
    "Into or out of a shared drive: the ownership changes"
    if file.owner:
        file.grants.pop(permission_id('user', file.owner), None)
    file.drive_id = parent.drive_id
    file.owner = None
    if not parent.drive_id:
        email = call.user.email
        for key, grant in list(file.grants.items()):
            if grant.role in {'fileOrganizer', 'organizer'}:
                file.grants[key] = Grant(
                    key, grant.type, grant.value, 'writer')
        access.own(file, email)
