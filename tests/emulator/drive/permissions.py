# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"permissions [Share files, folders, and drives]"
from ..api import method
from ..errors import ApiError
from ..state import stamp_text
from . import access, activity, drives, errors, sharing
from .access import effective
from .changes import track
from .lists import page
from .model import Grant, permission_id


def show(call, file, one):
    "one: Effective"
    state, grant = call.state, one.grant
    answer = {
        'kind': 'drive#permission',
        'id': grant.id,
        'type': grant.type,
        'role': grant.role,
        'permissionDetails': [
            _detail(file, held, source) for held, source in one.details],
        }
    if grant.type in {'user', 'group'}:
        answer['emailAddress'] = grant.value
        answer['displayName'] = _name(state, grant)
        answer['deleted'] = grant.value in state.drive.deleted
        if grant.expires is not None:
            answer['expirationTime'] = stamp_text(grant.expires)
        if grant.type == 'user' and not file.drive_id:
            answer['pendingOwner'] = grant.pending
    elif grant.type == 'domain':
        answer['domain'] = answer['displayName'] = grant.value
    if grant.type in {'domain', 'anyone'}:
        answer['allowFileDiscovery'] = grant.discovery
    if file.drive_id:
        answer['teamDrivePermissionDetails'] = [
            {('teamDrivePermissionType' if k == 'permissionType' else k): v
                for k, v in d.items()}
            for d in answer['permissionDetails']]
    return answer


def _detail(file, role, source):
    direct = source is None
    top = file.root if direct else source == file.drive_id
    answer = {
        'permissionType': 'member' if file.drive_id and top else 'file',
        'role': role, 'inherited': not direct}
    if file.drive_id and not direct:
        answer['inheritedFrom'] = source
    return answer


def _name(state, grant):
    if grant.type == 'group' and grant.value in state.groups:
        return state.groups[grant.value]['name']
    user = state.users.get(grant.value)
    return user.name if user else grant.value.partition('@')[0]


def _file(call):
    "The file or shared drive; as its administrator if that is asked for"
    file_id = call.params['fileId']
    if call.get('useDomainAdminAccess'):
        drives.as_admin(call, file_id)
        return call.state.drive.files[file_id]
    return access.find(call, file_id)


def _check_share(call, file):
    if not call.get('useDomainAdminAccess'):
        access.require(call, file, 'canShare')


def _check_read(call, file):
    # [Roles and permissions] detailed permissions: from writer on
    if not call.get('useDomainAdminAccess') and not access.level(
            call.state, file, call.user.email, 'writer'):
        raise errors.insufficient(file)


def _find(call, file, permission):
    found = effective(call.state, file).get(permission)
    if found is None:
        raise errors.permission_not_found(permission)
    return found


@method('drive.permissions.list')
def list_permissions(call):
    file = _file(call)
    _check_read(call, file)
    held = effective(call.state, file)
    limit = call.get(
        'pageSize', 100 if file.drive_id else max(len(held), 1))
    return page(
        call, 'permissions', 'drive#permissionList',
        [([k], show(call, file, held[k])) for k in sorted(held)], limit)


@method('drive.permissions.get')
def get(call):
    file = _file(call)
    _check_read(call, file)
    return show(call, file, _find(call, file, call.params['permissionId']))


@method('drive.permissions.create')
def create(call):
    file = _file(call)
    body = call.body
    grant = sharing.read(call, file, body)
    _check_share(call, file)
    mail = sharing.mail_wanted(call, grant)
    if grant.role == 'owner':
        sharing.check_transfer(call, file, grant)
        _transfer(call, file, grant.value)
    else:
        sharing.check(call, file, grant, mail)
        _set(call, file, grant)
    if mail:
        sharing.send(call, file, grant)
    return show(call, file, _find(call, file, grant.id))


def _set(call, file, grant):
    state = call.state
    before = file.grants.get(grant.id)
    if before is not None and before.role == 'owner':
        # (undocumented) the owner stays the owner
        return
    with drives.membership(state, file), track(
            state, file, 'update', 'permissions'):
        file.grants[grant.id] = grant
    sharing.mark_shared(state, file, grant, call.user.email)
    detail = {'addedPermissions': [activity.permission(grant)]}
    if before is not None:
        detail['removedPermissions'] = [activity.permission(before)]
    activity.note(state, call.user, file, permissionChange=detail)


def _transfer(call, file, email):
    "[Transfer file ownership] the owner becomes a writer"
    state, old = call.state, file.owner
    if old == email:
        return
    with track(state, file, 'update', 'permissions'):
        key = permission_id('user', old)
        file.grants[key] = Grant(key, 'user', old, 'writer')
        access.own(file, email)
        if call.get('moveToNewOwnersRoot'):
            state.drive.move(
                file, access.root(state, state.users[email]).id)
    activity.note(state, call.user, file, permissionChange={
            'addedPermissions': [activity.permission(
                    file.grants[permission_id('user', email)])]})


@method('drive.permissions.update')
def update(call):
    file, body = _file(call), call.body
    for name in body:
        if name not in {'role', 'expirationTime', 'pendingOwner', 'view'}:
            raise errors.not_writable(name)
    found = _find(call, file, call.params['permissionId'])
    _check_share(call, file)
    _check_direct(call, file, found)
    old = file.grants[found.grant.id]
    role = body.get('role') or old.role
    expires = old.expires
    if call.get('removeExpiration'):
        expires = None
    elif body.get('expirationTime'):
        expires = sharing.expiration(call, old.type, body['expirationTime'])
    grant = Grant(
        old.id, old.type, old.value, role, expires, old.discovery,
        body.get('pendingOwner', old.pending))
    sharing.check_role(file, grant)
    if role == 'owner' and old.role != 'owner':
        sharing.check_transfer(call, file, grant)
        _transfer(call, file, grant.value)
        sharing.send(call, file, grant)
    elif old.role == 'owner':
        if role != 'owner':
            # (undocumented) the reason, which developers report
            raise errors.forbidden(
                'cannotRemoveOwner', "The owner of a file cannot be "
                "removed.")
    else:
        sharing.check_restrictions(call, file, grant)
        _set(call, file, grant)
        if file.drive_id and file.root:
            drives.told(call.state, file, grant)
    return show(call, file, _find(call, file, grant.id))


def _check_direct(call, file, found):
    if found.grant.id in file.grants:
        return
    if file.drive_id:
        raise ApiError('cannotModifyInheritedTeamDrivePermission')
    # (undocumented) the reason
    raise errors.forbidden(
        'cannotModifyInheritedPermission',
        "Cannot update or delete an inherited permission.")


@method('drive.permissions.delete')
def delete(call):
    file = _file(call)
    state = call.state
    found = _find(call, file, call.params['permissionId'])
    grant = found.grant
    myself = grant.type == 'user' and grant.value == call.user.email
    if not myself:
        # everybody may give up the own access
        _check_share(call, file)
    _check_direct(call, file, found)
    if file.grants[grant.id].role == 'owner':
        raise errors.forbidden(
            'cannotRemoveOwner', "The owner of a file cannot be removed.")
    with drives.membership(state, file), track(
            state, file, 'update', 'permissions'):
        del file.grants[grant.id]
    for email in list(file.shared_to):
        if not access.personal(state, file, email):
            del file.shared_to[email]
    activity.note(state, call.user, file, permissionChange={
            'removedPermissions': [activity.permission(grant)]})
