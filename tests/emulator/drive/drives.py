# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Shared drives [Manage shared drives]"
import random
from contextlib import contextmanager

from ..api import method
from ..errors import ApiError, required
from ..state import stamp_text
from . import access, errors, formats, query, trash
from .about import may_create_drives
from .changes import put
from .lists import page
from .model import FOLDER, File, Grant, SharedDrive, new_id, permission_id

_RESTRICTIONS = {
    'adminManagedRestrictions', 'copyRequiresWriterPermission',
    'domainUsersOnly', 'driveMembersOnly', 'downloadRestriction',
    'sharingFoldersRequiresOrganizerPermission'}


def resource(call, drive):
    state, me = call.state, call.user.email
    root = state.drive.files[drive.id]
    return {
        'kind': 'drive#drive',
        'id': drive.id,
        'name': drive.name,
        'colorRgb': drive.color,
        'backgroundImageLink': 'https://ssl.gstatic.com/team_drive_themes/'
        f'{drive.theme}_background.jpg',
        'createdTime': stamp_text(drive.created),
        'hidden': me in drive.hidden,
        'restrictions': {
            n: drive.restrictions.get(n, False)
            for n in _RESTRICTIONS - {'downloadRestriction'}},
        'capabilities': capabilities(state, drive, root, me),
        }


def capabilities(state, drive, root, email):
    def has(minimum):
        return access.level(state, root, email, minimum)

    manage = has('organizer')
    return {
        'canAddChildren': has('writer'),
        'canComment': has('commenter'),
        'canCopy': has('reader'),
        'canDownload': has('reader'),
        'canListChildren': has('reader'),
        'canEdit': has('writer'),
        'canReadRevisions': has('writer'),
        'canRename': has('writer'),
        'canShare': has('writer'),
        'canDeleteChildren': manage,
        'canTrashChildren': has('fileOrganizer'),
        **{n: manage for n in [
                'canManageMembers', 'canRenameDrive', 'canDeleteDrive',
                'canChangeCopyRequiresWriterPermissionRestriction',
                'canChangeDomainUsersOnlyRestriction',
                'canChangeDownloadRestriction', 'canChangeDriveBackground',
                'canChangeDriveMembersOnlyRestriction',
                'canChangeSharingFoldersRequiresOrganizerPermission'
                'Restriction', 'canResetDriveRestrictions']},
        }


@contextmanager
def membership(state, root):
    "Who becomes or ceases to be a member sees it in the own log"
    if not (root.drive_id and root.root):
        yield
        return
    before = members(state, root.drive_id)
    yield
    after = members(state, root.drive_id)
    put(state, root.drive_id, 'drive', root.drive_id)
    for email in sorted(set(before) ^ set(after)):
        put(state, email, 'drive', root.drive_id, email not in after)


def members(state, drive_id):
    return [e for e in state.users if access.member(state, drive_id, e)]


def told(state, root, grant):
    "[Track changes] the access level of the user changed"
    for email in members(state, root.drive_id):
        if access.matches(state, grant, email):
            put(state, email, 'drive', root.drive_id)


def as_admin(call, drive_id):
    "useDomainAdminAccess: an administrator of the drive's domain"
    drive = call.state.drive.drives.get(drive_id)
    domain = call.user.email.rpartition('@')[2]
    if drive is None or not call.user.admin or drive.domain != domain:
        raise errors.drive_not_found(drive_id)
    return drive


def find(call, minimum='reader'):
    drive_id = call.params['driveId']
    if call.get('useDomainAdminAccess'):
        return as_admin(call, drive_id)
    drive = call.state.drive.drives.get(drive_id)
    if drive is None or not access.member(
            call.state, drive_id, call.user.email):
        raise errors.drive_not_found(drive_id)
    root = call.state.drive.files[drive_id]
    if not access.level(call.state, root, call.user.email, minimum):
        raise errors.insufficient(root)
    return drive


def add(state, user, name, theme=None, color=None):
    "A new drive, of which the user is the organizer"
    now = int(state.now() * 1000)
    drive_id = new_id('0A', 11) + 'PVA'
    theme = theme or random.choice(formats.THEMES)[0]
    drive = SharedDrive(
        drive_id, name, now, user.email.rpartition('@')[2],
        color=color or dict(formats.THEMES)[theme], theme=theme)
    # (undocumented) the name of the top folder
    root = File(
        drive_id, "Drive", FOLDER, drive_id=drive_id, root=True,
        created=now, modified=now)
    state.drive.drives[drive_id] = drive
    state.drive.add(root)
    key = permission_id('user', user.email)
    with membership(state, root):
        root.grants[key] = Grant(key, 'user', user.email, 'organizer')
    return drive


def _check_body(body, allowed):
    for name in body:
        if name not in allowed:
            raise errors.not_writable(name)
    theme = body.get('themeId')
    if theme is not None and theme not in dict(formats.THEMES):
        raise errors.bad("Invalid theme.", 'themeId', 'invalid')
    if theme and body.get('colorRgb'):
        raise errors.bad(
            "themeId excludes colorRgb.", 'themeId', 'invalid')


@method('drive.drives.create')
def create(call):
    state, body = call.state, call.body
    _check_body(body, {'name', 'themeId'})
    if not body.get('name'):
        raise required("The name of the shared drive is required.")
    if not may_create_drives(call.user):
        # (undocumented) the reason, which developers report
        raise errors.forbidden(
            'userCannotCreateTeamDrives',
            "The user cannot create shared drives.")
    key = call.user.email, call.params['requestId']
    if key in state.drive.requests:
        # [Drives: create] it exists already
        raise ApiError(
            'duplicate', "A shared drive with this requestId already "
            "exists.", location='requestId')
    drive = add(state, call.user, body['name'], body.get('themeId'))
    state.drive.requests[key] = drive.id
    return resource(call, drive)


@method('drive.drives.get')
def get(call):
    return resource(call, find(call))


@method('drive.drives.list')
def list_drives(call):
    state = call.state
    admin = bool(call.get('useDomainAdminAccess'))
    domain = call.user.email.rpartition('@')[2]
    if admin and not call.user.admin:
        raise errors.forbidden(
            'noListTeamDrivesAdministratorPrivilege',
            "The user is no administrator.")
    tree = None
    if call.get('q'):
        tree = query.parse(call.params['q'], query.DRIVE_TERMS)
        for term in tree.terms():
            if (term.field == 'hidden') is admin:
                # [Search query terms] the setting of each term
                raise errors.forbidden(
                    'queryRequiresAdminCredentials',
                    "The query requires administrator credentials.", 'q')
    items = []
    for drive in state.drive.drives.values():
        mine = drive.domain == domain if admin else access.member(
            state, drive.id, call.user.email)
        if mine and (tree is None or tree.evaluate(
                    lambda t, d=drive: _test(call, d, t))):
            items.append(([drive.created, drive.id], resource(call, drive)))
    items.sort(key=lambda i: i[0])
    return page(
        call, 'drives', 'drive#driveList', items, call.get('pageSize', 10))


def _test(call, drive, term):
    grants = call.state.drive.files[drive.id].grants.values()
    if term.field == 'name':
        if term.operator == 'contains':
            return query.has_prefix(drive.name, term.value)
        return query.compare(
            term.operator, drive.name.lower(), term.value.lower())
    found = {
        'createdTime': drive.created,
        'hidden': call.user.email in drive.hidden,
        'memberCount': len(grants),
        'organizerCount': sum(g.role == 'organizer' for g in grants),
        'orgUnitId': None}[term.field]
    return query.compare(term.operator, found, term.value)


@method('drive.drives.update')
def update(call):
    state, body = call.state, call.body
    _check_body(body, {
            'name', 'themeId', 'colorRgb', 'backgroundImageFile',
            'restrictions'})
    drive = find(call, 'organizer')
    if body.get('colorRgb'):
        from .rules import check_color
        check_color(body['colorRgb'])
        drive.color = body['colorRgb']
    if body.get('themeId'):
        drive.theme = body['themeId']
        drive.color = dict(formats.THEMES)[drive.theme]
    if body.get('name'):
        drive.name = body['name']
    drive.restrictions.update(body.get('restrictions') or {})
    put(state, drive.id, 'drive', drive.id)
    for email in members(state, drive.id):
        put(state, email, 'drive', drive.id)
    return resource(call, drive)


@method('drive.drives.delete')
def delete(call):
    state = call.state
    drive = find(call, 'organizer')
    items = call.get('allowItemDeletion')
    if items and not call.get('useDomainAdminAccess'):
        raise errors.bad(
            "allowItemDeletion requires useDomainAdminAccess.",
            'allowItemDeletion', 'invalid')
    root = state.drive.files[drive.id]
    kept = [f for f in state.drive.kids(root) if not f.trashed]
    if kept and not items:
        # (undocumented) the reason, which developers report
        raise errors.forbidden(
            'cannotDeleteResourceWithChildren', "A shared drive with "
            "untrashed items cannot be deleted.")
    everybody = members(state, drive.id)
    trash.remove(state, root)
    del state.drive.drives[drive.id]
    put(state, drive.id, 'drive', drive.id, True)
    for email in everybody:
        put(state, email, 'drive', drive.id, True)


@method('drive.drives.hide')
def hide(call):
    drive = find(call)
    drive.hidden.add(call.user.email)
    return resource(call, drive)


@method('drive.drives.unhide')
def unhide(call):
    drive = find(call)
    drive.hidden.discard(call.user.email)
    return resource(call, drive)
