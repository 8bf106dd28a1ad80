# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Who may open files, at Google: plain data in and out, no record.

https://developers.google.com/workspace/drive/api/guides/manage-sharing
"""
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.listing import identified

__all__ = ['granted', 'permissions', 'remove', 'share']

FIELDS = (
    'id,type,role,emailAddress,domain,displayName,expirationTime,deleted,'
    'permissionDetails(inherited)')
PAGE = 100


def permissions(client, google_ids):
    "The permissions of each of the files, or the error of Google"
    def list_(google_id, page_token=None):
        return client.api.permissions().list(
            fileId=google_id, pageSize=PAGE, pageToken=page_token,
            supportsAllDrives=True,
            fields=f'nextPageToken,permissions({FIELDS})')

    answers = client.batch([list_(i) for i in google_ids])
    result = []
    for google_id, answer in zip(google_ids, answers, strict=True):
        found, seen = answer, set()
        if not isinstance(answer, GoogleError):
            found = identified(answer, 'permissions')
            # a token that comes again would never end
            while (token := answer.get('nextPageToken')) and (
                    token not in seen):
                seen.add(token)
                answer = client.execute(list_(google_id, token))
                found.extend(identified(answer, 'permissions'))
        result.append(found)
    return result


def share(client, google_ids, body, notify=None, message=None):
    """Let somebody have all the files, which have not got it yet

    ``notify`` tells if Google sends a mail, None for what has none.
    The error of Google is returned for each of the files, or None.
    """
    results = dict.fromkeys(google_ids)
    known = permissions(client, google_ids)
    todo = []
    for google_id, held in zip(google_ids, known, strict=True):
        if isinstance(held, GoogleError):
            results[google_id] = held
        elif not granted(held, body):
            todo.append(google_id)
    parameters = {}
    if notify is not None:
        parameters['sendNotificationEmail'] = notify
        if notify and message:
            parameters['emailMessage'] = message
    answers = client.batch([
            client.api.permissions().create(
                fileId=i, body=body, supportsAllDrives=True, fields='id',
                **parameters)
            for i in todo],
        # a repetition is another mail
        idempotent=not notify)
    for google_id, answer in zip(todo, answers, strict=True):
        if isinstance(answer, GoogleError):
            results[google_id] = _settled(client, google_id, body, answer)
    return [results[i] for i in google_ids]


def _settled(client, google_id, body, error):
    "The error, unless its answer was lost and the permission is there"
    if not (error.unknown or not error.status):
        return error
    held, = permissions(client, [google_id])
    if not isinstance(held, GoogleError) and granted(held, body):
        return None
    return error


def remove(client, google_id, permission_id):
    "Take a permission away, which may be gone already"
    try:
        client.execute(client.api.permissions().delete(
                fileId=google_id, permissionId=permission_id,
                supportsAllDrives=True))
    except GoogleError as error:
        held = error.status == 404 and permissions(client, [google_id])[0]
        if not isinstance(held, list) or permission_id in {
                p['id'] for p in held}:
            raise


def granted(permissions, body):
    "Tell if one of the permissions is what is asked for"
    def whom(permission):
        return (
            permission.get('type'),
            (permission.get('emailAddress') or '').lower())

    def until(permission):
        # what people choose has no fractions of a second
        return (permission.get('expirationTime') or '')[:19]
    return any(
        whom(p) == whom(body) and p.get('role') == body['role']
        and until(p) == until(body) and not p.get('deleted')
        for p in permissions)
