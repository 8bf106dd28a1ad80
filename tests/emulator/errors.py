# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The errors of Google: their statuses, reasons and bodies."

# [Handle API errors (Calendar)]: reason -> (status, domain, message)
REASONS = {
    'badRequest': (400, 'global', "Bad Request"),
    'invalid': (400, 'global', "Invalid Value"),
    'invalidParameter': (400, 'global', "Invalid parameter"),
    'required': (400, 'global', "Required"),
    'parseError': (400, 'global', "Parse Error"),
    'timeRangeEmpty': (
        400, 'calendar', "The specified time range is empty."),
    'authError': (401, 'global', "Invalid Credentials"),
    'userRateLimitExceeded': (
        403, 'usageLimits', "User Rate Limit Exceeded"),
    'rateLimitExceeded': (403, 'usageLimits', "Rate Limit Exceeded"),
    'quotaExceeded': (
        403, 'usageLimits', "Calendar usage limits exceeded."),
    'dailyLimitExceeded': (403, 'usageLimits', "Daily Limit Exceeded"),
    'accessNotConfigured': (
        403, 'usageLimits', "Google Calendar API has not been used in "
        "project 1 before or it is disabled."),
    'forbidden': (403, 'global', "Forbidden"),
    'insufficientPermissions': (403, 'global', "Insufficient Permission"),
    'requiredAccessLevel': (
        403, 'calendar', "You need to have writer access to this calendar."),
    'forbiddenForNonOrganizer': (
        403, 'calendar', "Shared properties can only be changed by the "
        "organizer of the event."),
    'forbiddenForServiceAccounts': (
        403, 'calendar', "Service accounts cannot invite attendees without "
        "Domain-Wide Delegation of Authority."),
    'notFound': (404, 'global', "Not Found"),
    'duplicate': (
        409, 'global', "The requested identifier already exists."),
    'conflict': (409, 'global', "Conflict"),
    'deleted': (410, 'global', "Resource has been deleted"),
    'fullSyncRequired': (
        410, 'calendar', "Sync token is no longer valid, a full sync is "
        "required."),
    'updatedMinTooLongAgo': (
        410, 'calendar', "The requested minimum modification time lies too "
        "far in the past."),
    # [Resolve errors (Drive)]
    'illegalKeepForeverModification': (
        400, 'global', "Bad Request. Cannot update a revision to false that "
        "is marked as keepForever."),
    'invalidSharingRequest': (400, 'global', "Bad Request"),
    'activeItemCreationLimitExceeded': (
        403, 'global', "This account has exceeded the creation limit of 500 "
        "million items. To create more items, permanently delete some "
        "items."),
    'appNotAuthorizedToFile': (
        403, 'global', "The user has not granted the app access to the "
        "file."),
    'cannotModifyInheritedTeamDrivePermission': (
        403, 'global', "Cannot update or delete an inherited permission on "
        "a shared drive item."),
    'domainPolicy': (
        403, 'global', "The domain administrators have disabled Drive "
        "apps."),
    'download_restricted_for_revision': (
        403, 'global', "This revision cannot be downloaded by the "
        "authenticated user."),
    'fileNotDownloadable': (
        403, 'global', "Only files with binary content can be downloaded. "
        "Use Export with Docs Editors files."),
    'fileNotExportable': (
        403, 'global', "Export only supports Docs Editors files."),
    'fileOwnerNotMemberOfTeamDrive': (
        403, 'global', "Cannot move a file into a shared drive as a writer "
        "when the owner of the file is not a member of that shared drive."),
    'fileWriterTeamDriveMoveInDisabled': (
        403, 'global', "The domain administrator has not allowed writers to "
        "move items into a shared drive."),
    'insufficientFilePermissions': (
        403, 'global', "The user does not have sufficient permissions for "
        "this file."),
    'myDriveHierarchyDepthLimitExceeded': (
        403, 'global', "Your My Drive can't contain more than 100 levels of "
        "folders."),
    'numChildrenInNonRootLimitExceeded': (
        403, 'global', "The limit for this folder's number of children "
        "(files and folders) has been exceeded."),
    'sharingRateLimitExceeded': (
        403, 'global', "Rate limit exceeded. User message: \"These item(s) "
        "could not be shared because a rate limit was exceeded\""),
    'storageQuotaExceeded': (
        403, 'global', "The user's Drive storage quota has been exceeded."),
    'teamDriveFileLimitExceeded': (
        403, 'global', "The file limit for this shared drive has been "
        "exceeded."),
    'teamDriveHierarchyTooDeep': (
        403, 'global', "The shared drive hierarchy depth will exceed the "
        "limit."),
    'teamDriveMembershipRequired': (
        403, 'global', "The attempted action requires shared drive "
        "membership."),
    'teamDrivesFolderMoveInNotSupported': (
        403, 'global', "Moving folders into shared drives is not "
        "supported."),
    'teamDrivesParentLimit': (
        403, 'global', "A shared drive item must have exactly one parent."),
    'fileIdInUse': (
        409, 'global', "A file already exists with the provided ID."),
    'conditionNotMet': (412, 'global', "Precondition Failed"),
    'backendError': (500, 'global', "Backend Error"),
    'internalError': (500, 'global', "Internal Error"),
    'badGateway': (502, 'global', "Bad Gateway"),
    'serviceUnavailable': (
        503, 'global', "The service is currently unavailable."),
    'gatewayTimeout': (504, 'global', "Deadline exceeded"),
    }
_DEFAULTS = {
    400: 'badRequest', 401: 'authError', 403: 'forbidden', 404: 'notFound',
    409: 'conflict', 410: 'deleted', 412: 'conditionNotMet',
    429: 'rateLimitExceeded', 500: 'backendError', 502: 'badGateway',
    503: 'serviceUnavailable', 504: 'gatewayTimeout',
    }
REALM = 'Bearer realm="https://accounts.google.com/"'


class ApiError(Exception):
    "An error of a Google API, in the form of Calendar"

    def __init__(self, reason, message=None, code=None, domain=None,
            location=None, location_type='parameter', headers=None,
            extra=None):
        default = REASONS.get(reason, (code or 400, 'global', reason))
        self.reason = reason
        self.code = code or default[0]
        self.domain = domain or default[1]
        self.message = message or default[2]
        self.location = location
        self.location_type = location_type
        self.headers = dict(headers or {})
        self.extra = extra or {}
        super().__init__(f'{self.code} {reason}: {self.message}')

    def body(self):
        # [Handle API errors (Calendar)]
        error = {
            'domain': self.domain,
            'reason': self.reason,
            'message': self.extra.get('inner', self.message),
            }
        if self.location:
            error['locationType'] = self.location_type
            error['location'] = self.location
        body = {
            'errors': [error],
            'code': self.code,
            'message': self.message,
            }
        body.update(
            (k, v) for k, v in self.extra.items() if k != 'inner')
        return {'error': body}


class OAuthError(Exception):
    "An error of the token endpoint [Using OAuth 2.0 to Access Google APIs]"

    def __init__(self, error, description=None, code=400):
        self.error = error
        self.description = description
        self.code = code
        super().__init__(f'{code} {error}: {description}')

    def body(self):
        body = {'error': self.error}
        if self.description:
            body['error_description'] = self.description
        return body


class PageError(Exception):
    """An error that Google shows on its own page and never redirects
    [Using OAuth 2.0 for Web Server Applications]"""

    def __init__(self, error, message, code=400):
        self.error = error
        self.message = message
        self.code = code
        super().__init__(f'{code} {error}: {message}')


class Dropped(Exception):
    "The connection ends without an answer"


def from_status(status, reason=None, message=None, headers=None):
    "The error of an injected status"
    reason = reason or _DEFAULTS.get(status, 'badRequest')
    return ApiError(reason, message, code=status, headers=headers)


def not_found():
    return ApiError('notFound')


def invalid(message, location=None):
    return ApiError('invalid', message, location=location)


def required(message):
    return ApiError('required', message)


def unauthenticated():
    # [Handle API errors (Calendar)] 401 authError
    return ApiError(
        'authError', "Request had invalid authentication credentials. "
        "Expected OAuth 2 access token, login cookie or other valid "
        "authentication credential.",
        location='Authorization', location_type='header',
        headers={'WWW-Authenticate': f'{REALM}, error="invalid_token"'},
        extra={'inner': "Invalid Credentials", 'status': 'UNAUTHENTICATED'})


def insufficient_scope(method_id, scopes):
    # the body that users of the API report (the guides list none):
    # KeepSoftwareSimple/compass-calendar, analogdotnow/Analog#296
    parts = method_id.split('.')
    version = {
        'calendar': 'v3', 'drive': 'v3', 'gmail': 'v1'}.get(parts[0], 'v2')
    name = '.'.join(
        [parts[0], version] + [p[0].upper() + p[1:] for p in parts[1:]])
    service = {
        'drive': 'drive', 'driveactivity': 'driveactivity',
        'gmail': 'gmail',
        }.get(parts[0], 'calendar-json')
    scope = ' '.join(scopes)
    return ApiError(
        'insufficientPermissions',
        "Request had insufficient authentication scopes.",
        headers={
            'WWW-Authenticate':
            f'{REALM}, error="insufficient_scope", scope="{scope}"',
            },
        extra={
            'inner': "Insufficient Permission",
            'status': 'PERMISSION_DENIED',
            'details': [{
                    '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
                    'reason': 'ACCESS_TOKEN_SCOPE_INSUFFICIENT',
                    'domain': 'googleapis.com',
                    'metadata': {
                        'service': f'{service}.googleapis.com',
                        'method': name,
                        },
                    }],
            })
