# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The errors of Drive [Resolve errors]"
from ..errors import ApiError


def not_found(file_id, parameter='fileId'):
    # missing or not visible
    return ApiError(
        'notFound', f"File not found: {file_id}.", location=parameter)


def permission_not_found(value):
    return ApiError(
        'notFound', f"Permission not found: {value}.",
        location='permissionId')


def revision_not_found(value):
    return ApiError(
        'notFound', f"Revision not found: {value}.", location='revisionId')


def drive_not_found(value):
    return ApiError(
        'notFound', f"Shared drive not found: {value}", location='driveId')


def insufficient(file):
    return ApiError(
        'insufficientFilePermissions', "The user does not have sufficient "
        f"permissions for file {file.id}.")


def not_writable(name):
    # (undocumented) what clients of v3 meet
    if name == 'parents':
        return ApiError(
            'fieldNotWritable', "The parents field is not directly writable "
            "in update requests. Use the addParents and removeParents "
            "parameters instead.", code=403)
    return ApiError(
        'fieldNotWritable', "The resource body includes fields which are "
        f"not directly writable. [{name}]", code=403)


def app_not_authorized(call, file, verb='write'):
    return ApiError(
        'appNotAuthorizedToFile', "The user has not granted the app "
        f"{call.token.client_id} {verb} access to the file {file.id}.")


def forbidden(reason, message, location=None):
    return ApiError(reason, message, code=403, location=location)


def bad(message, location=None, reason='badRequest'):
    return ApiError(reason, message, code=400, location=location)
