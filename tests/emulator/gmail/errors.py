# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The errors of Gmail [Resolve errors (Gmail)]

The messages are those that users of the API report: no page lists them."""
from ..errors import ApiError

_STATUS = {
    400: 'INVALID_ARGUMENT', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND',
    409: 'ABORTED', 429: 'RESOURCE_EXHAUSTED'}


def error(code, reason, message, status=None):
    return ApiError(
        reason, message, code=code,
        extra={'status': status or _STATUS[code]})


def invalid(message):
    return error(400, 'invalidArgument', message)


def not_found():
    return error(404, 'notFound', "Requested entity was not found.")


def forbidden(message):
    return error(403, 'forbidden', message)


def conflict(message):
    return error(409, 'aborted', message)


def precondition(message="Precondition check failed."):
    return error(400, 'failedPrecondition', message, 'FAILED_PRECONDITION')
