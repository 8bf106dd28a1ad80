# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What may be shared with whom, and the mails [Permissions: create]"
from ..errors import ApiError
from ..mails import shared_file
from . import access, errors
from .model import ROLES, Grant, permission_id
from .rules import milliseconds

YEAR = 366 * 86400
_FIELDS = {
    'allowFileDiscovery', 'domain', 'emailAddress', 'expirationTime',
    'pendingOwner', 'role', 'type', 'view'}


def _invalid(message, location=None):
    return errors.bad(message, location, 'invalid')


def read(call, file, body):
    "The grant that the body asks for"
    for name in body:
        if name not in _FIELDS:
            raise errors.not_writable(name)
    for name in ['role', 'type']:
        if not body.get(name):
            raise errors.bad(
                f"The permission {name} field is required.",
                f'permission.{name}', 'required')
    kind, role = body['type'], body['role']
    if role not in ROLES[1:]:
        raise _invalid(
            "The specified role is invalid or not supported.",
            'permission.role')
    if kind not in {'user', 'group', 'domain', 'anyone'}:
        raise _invalid(
            "The permission type field must be set.", 'permission.type')
    value = None
    if kind in {'user', 'group'}:
        value = (body.get('emailAddress') or '').lower()
        if '@' not in value:
            raise _invalid(
                "The specified emailAddress is invalid or not applicable "
                "for the given permission type.", 'permission.emailAddress')
    elif kind == 'domain':
        value = (body.get('domain') or '').lower()
        if not value or '@' in value:
            raise _invalid(
                "The specified domain is invalid or not applicable for the "
                "given permission type.", 'permission.domain')
    discovery = bool(body.get('allowFileDiscovery'))
    if kind in {'user', 'group'} and 'allowFileDiscovery' in body:
        raise _invalid(
            "allowFileDiscovery is for domain and anyone only.",
            'permission.allowFileDiscovery')
    expires = None
    if body.get('expirationTime'):
        expires = expiration(call, kind, body['expirationTime'])
    grant = Grant(
        permission_id(kind, value, discovery), kind, value, role, expires,
        discovery, bool(body.get('pendingOwner')))
    check_role(file, grant)
    return grant


def expiration(call, kind, text):
    "[Permissions resource] users and groups, future, at most a year"
    expires = milliseconds(text, 'expirationTime')
    now = call.state.now() * 1000
    if kind not in {'user', 'group'}:
        raise _invalid(
            "Expiration dates can only be set on user and group "
            "permissions.", 'expirationTime')
    if not now < expires <= now + YEAR * 1000:
        raise _invalid(
            "The expiration date must be in the future and at most a year "
            "from now.", 'expirationTime')
    return expires


def check_role(file, grant):
    role = grant.role
    if role == 'owner':
        if file.drive_id:
            # (undocumented) the reasons, which developers report
            raise errors.forbidden(
                'ownerOnTeamDriveItemNotSupported',
                "Items in shared drives have no owner.")
        if grant.type != 'user':
            raise _invalid("Only a user can be an owner.")
    if role in {'fileOrganizer', 'organizer'}:
        if not file.drive_id:
            raise errors.forbidden(
                'organizerOnNonTeamDriveItemNotSupported',
                "The role is for shared drives only.")
        if grant.type not in {'user', 'group'}:
            raise _invalid("The role is for users and groups only.")
        if role == 'organizer' and not file.root:
            raise _invalid("The organizers are those of the shared drive.")
        if role == 'fileOrganizer' and not (file.root or file.folder):
            raise _invalid("The role is for folders only.")
    if grant.type in {'anyone', 'domain'} and file.root and file.drive_id:
        raise errors.forbidden(
            'cannotShareTeamDriveTopFolderWithAnyoneOrDomains',
            "A shared drive cannot be shared with anyone or a domain.")


def check_transfer(call, file, grant):
    "[Transfer file ownership]"
    if not call.get('transferOwnership'):
        raise errors.forbidden(
            'forbidden', "The transferOwnership parameter must be enabled "
            "when the permission role is 'owner'.", 'transferOwnership')
    if file.owner != call.user.email:
        raise errors.insufficient(file)
    if call.get('sendNotificationEmail') is False:
        raise _invalid(
            "sendNotificationEmail must not be disabled for ownership "
            "transfers.", 'sendNotificationEmail')
    other = call.state.users.get(grant.value)
    domains = [
        e.rpartition('@')[2] for e in [grant.value, call.user.email]]
    if other is None or other.service or domains[0] != domains[1]:
        # within the same organisation only
        raise ApiError(
            'invalidSharingRequest', extra={
                'inner': 'Bad Request. User message: "ACL change not '
                'allowed."'})


def mail_wanted(call, grant):
    "[Permissions: create] sendNotificationEmail"
    wanted = call.get('sendNotificationEmail')
    if grant.type not in {'user', 'group'}:
        if wanted is not None:
            raise _invalid(
                "sendNotificationEmail is for users and groups only.",
                'sendNotificationEmail')
        return False
    return wanted is not False


def check(call, file, grant, mail):
    state = call.state
    known = (
        grant.value in state.users or grant.value in state.groups)
    if grant.type == 'group' and grant.value not in state.groups or (
            grant.type == 'user' and grant.value in state.groups):
        raise _invalid(
            "The specified emailAddress is invalid or not applicable for "
            "the given permission type.", 'permission.emailAddress')
    if grant.type == 'user' and not known and not mail:
        # who has no Google account must be invited by mail
        raise ApiError(
            'invalidSharingRequest', extra={
                'inner': "Bad Request. User message: \"You are trying to "
                f"invite {grant.value}. Since there is no Google account "
                "associated with this email address, you must check the "
                "\"Notify people\" box to invite this recipient.\""})
    check_restrictions(call, file, grant)


def check_restrictions(call, file, grant):
    "[Drives resource] restrictions"
    drive = call.state.drive.drives.get(file.drive_id)
    if drive is None:
        return
    wrong = False
    if drive.restrictions.get('domainUsersOnly'):
        value = grant.value or ''
        wrong = value.rpartition('@')[2] != drive.domain
    if drive.restrictions.get('driveMembersOnly') and not file.root:
        wrong = wrong or grant.type not in {'user', 'group'} or (
            not access.member(call.state, file.drive_id, grant.value))
    if wrong:
        # (undocumented) the reason, which developers report
        raise errors.forbidden(
            'teamDrivesSharingRestrictionNotAllowed',
            "The sharing restrictions of the shared drive do not allow "
            "this.")


def mark_shared(state, file, grant, by):
    "The persons of the grant see the item as shared with them"
    if grant.type not in {'user', 'group'}:
        return
    everybody = (
        state.members(grant.value) if grant.type == 'group'
        else [grant.value])
    now = int(state.now() * 1000)
    for email in everybody:
        if email != file.owner:
            file.shared_to.setdefault(email, (now, by))


def send(call, file, grant):
    "A mail for each person, none to oneself"
    to = (
        call.state.members(grant.value) if grant.type == 'group'
        else [grant.value])
    for email in to:
        if email != call.user.email:
            shared_file(
                call.state, call.user.email, email, file.id, file.name,
                call.get('emailMessage'), grant.role)
