# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Who may see and do what [Roles and permissions; Choose Drive API scopes]"
from dataclasses import dataclass, field

from ..errors import ApiError
from ..state import drive_document
from . import errors
from .model import FOLDER, ROLES, SHORTCUT, File, Grant, at_least
from .model import new_id, permission_id

PREFIX = 'https://www.googleapis.com/auth/'
WIDE = {
    'drive', 'drive.readonly', 'drive.metadata', 'drive.metadata.readonly'}
CONTENT = {'drive', 'drive.readonly', 'drive.file', 'drive.appdata'}
# [Protect file content] these cannot be restricted
UNRESTRICTED = {
    FOLDER, SHORTCUT, *(
        'application/vnd.google-apps.' + n
        for n in ['form', 'site', 'drawing'])}


@dataclass
class Effective:
    "What a grantee has on an item: directly or from above"
    grant: Grant  # the best one
    details: list = field(default_factory=list)  # (role, inherited from)

    @property
    def role(self):
        return self.grant.role

    @property
    def inherited(self):
        return all(source for _, source in self.details)


def effective(state, file):
    "The permissions of the item, inherited ones included, by id"
    result = {}
    now = state.clock() * 1000
    limited = file.limited
    for item in [file, *state.drive.ancestors(file)]:
        mine = item is file
        if not mine and item.root and not item.drive_id:
            break
        for grant in item.grants.values():
            if grant.expires is not None and grant.expires <= now:
                continue
            if not mine:
                if limited and grant.role not in {'owner', 'organizer'}:
                    # [Permissions resource] inheritedPermissionsDisabled
                    continue
                if grant.role == 'owner':
                    grant = Grant(
                        grant.id, grant.type, grant.value, 'writer')
            found = result.get(grant.id)
            if found is None:
                found = result[grant.id] = Effective(grant)
            elif ROLES.index(grant.role) > ROLES.index(found.role):
                found.grant = grant
            found.details.append((grant.role, None if mine else item.id))
        limited = limited or item.limited
    return result


def matches(state, grant, email):
    if grant.type == 'user':
        return grant.value == email
    if grant.type == 'group':
        return email in state.members(grant.value)
    if grant.type == 'domain':
        return email.rpartition('@')[2] == grant.value
    return True


def role(state, file, email):
    "The best role of the user, or None"
    if file.owner == email:
        return 'owner'
    if file.space == 'appDataFolder':
        return None
    best = 0
    for one in effective(state, file).values():
        if matches(state, one.grant, email):
            best = max(best, ROLES.index(one.role))
    return ROLES[best]


def personal(state, file, email):
    "Whether the item is shared with the user by name or by a group"
    return any(
        one.grant.type in {'user', 'group'}
        and matches(state, one.grant, email)
        for one in effective(state, file).values())


def member(state, drive_id, email):
    root = state.drive.files.get(drive_id)
    return root is not None and role(state, root, email) is not None


def above(state, file, email):
    "The role on the parent"
    if file.parent is None:
        return None
    return role(state, state.drive.files[file.parent], email)


def scopes(token):
    return {s.removeprefix(PREFIX) for s in token.scopes}


def reaches(token, file, held):
    "Whether one of the scopes reaches the file [Choose Drive API scopes]"
    if token is None:
        return file.space == 'drive'
    if file.space == 'appDataFolder':
        return (
            'drive.appdata' in held and file.client_id == token.client_id)
    return bool(held & WIDE) or (
        'drive.file' in held and (token.email, token.client_id) in file.apps)


def all_drives(call):
    return bool(
        call.get('supportsAllDrives') or call.get('supportsTeamDrives'))


def visible(call, file, parameters=None):
    "Whether the method may know of the file"
    if role(call.state, file, call.user.email) is None:
        return False
    if call.token is not None and not reaches(
            call.token, file, scopes(call.token)):
        return False
    if file.resource_key and not _has_key(call, file):
        return False
    method = drive_document().methods.get(call.method_id)
    if file.drive_id and method is not None:
        # [Implement shared drive support] supportsAllDrives, else 404
        if 'supportsAllDrives' in method.parameters:
            return all_drives(call)
    return True


def _has_key(call, file):
    """[Access link-shared Drive files using resource keys] who has only the
    link and did not open it before must send the key"""
    email = call.user.email
    if email in file.viewed or personal(call.state, file, email):
        return True
    header = call.headers.get('x-goog-drive-resource-keys', '')
    return f'{file.id}/{file.resource_key}' in [
        k.strip() for k in header.split(',')]


def resolve(call, file_id):
    "The id that an alias stands for"
    state = call.state
    if file_id == 'root':
        return root(state, call.user).id
    if file_id == 'appDataFolder':
        if call.token is None or 'drive.appdata' not in scopes(call.token):
            raise ApiError(
                'insufficientScopes', "The granted scopes do not allow use "
                "of the Application Data folder.", code=403,
                location='Authorization', location_type='header')
        return app_folder(state, call.user, call.token.client_id).id
    return file_id


def find(call, file_id, parameter='fileId'):
    "The file, if the user and the application may know of it"
    found = call.state.drive.files.get(resolve(call, file_id))
    if found is None or not visible(call, found):
        raise errors.not_found(file_id, parameter)
    check_app(call, found)
    return found


def check_app(call, file):
    "Whether the scopes that the method allows reach the file"
    if call.token is None:
        return
    method = drive_document().methods.get(call.method_id)
    if method is None:
        return
    allowed = {s.removeprefix(PREFIX) for s in method.scopes}
    if not reaches(call.token, file, scopes(call.token) & allowed):
        verb = 'read' if method.verb == 'GET' else 'write'
        raise errors.app_not_authorized(call, file, verb)


def check_content(call, file):
    "Content needs a scope that reaches it, metadata alone do not suffice"
    if call.token is None:
        return
    held = scopes(call.token) & CONTENT
    if not reaches(call.token, file, held):
        raise errors.app_not_authorized(call, file, 'read')


def require(call, file, *names):
    "Refuse unless the user has the capabilities"
    from .capabilities import capabilities
    held = capabilities(call.state, file, call.user.email)
    if not all(held.get(n) for n in names):
        raise errors.insufficient(file)


def root(state, user):
    "The My Drive of the user"
    found = state.drive.roots.get(user.email)
    if found is None:
        now = int(state.now() * 1000)
        file = File(
            new_id('0A', 11) + 'PVA', "My Drive", FOLDER, user.email,
            root=True, created=now, modified=now)
        own(file, user.email)
        state.drive.add(file)
        found = state.drive.roots[user.email] = file.id
    return state.drive.files[found]


def app_folder(state, user, client_id):
    key = user.email, client_id
    found = state.drive.app_folders.get(key)
    if found is None:
        now = int(state.now() * 1000)
        file = File(
            new_id('1A', 24), "Application Data", FOLDER, user.email,
            space='appDataFolder', client_id=client_id, root=True,
            created=now, modified=now)
        own(file, user.email)
        state.drive.add(file)
        found = state.drive.app_folders[key] = file.id
    return state.drive.files[found]


def own(file, email):
    "Make the user the owner"
    file.owner = email
    key = permission_id('user', email)
    file.grants[key] = Grant(key, 'user', email, 'owner')


def level(state, file, email, minimum):
    held = role(state, file, email)
    return held is not None and at_least(held, minimum)
