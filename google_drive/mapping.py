# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Files of Drive as values: pure functions, no ORM, network or clock.

https://developers.google.com/workspace/drive/api/reference/rest/v3/files
"""
import datetime as dt
import hashlib
import json

from trytond.modules.google_integration.merge import Unit

__all__ = [
    'FOLDER', 'SHORTCUT', 'UNITS', 'etag', 'is_folder', 'is_native',
    'is_removed', 'is_shortcut', 'is_stale', 'is_trashed', 'lock_mark',
    'lock_values', 'marked_attachment', 'marks', 'parent', 'removed',
    'restrictions', 'time_text', 'to_body', 'to_values', 'updated',
    'without_units']

GOOGLE = 'application/vnd.google-apps.'
FOLDER = GOOGLE + 'folder'
SHORTCUT = GOOGLE + 'shortcut'
BLANKS = dict.fromkeys(map(ord, '\t\n\r\x0b\x0c\x00'), ' ')
# the keys of the application's own properties
DATABASE = 'tryton_database'
ATTACHMENT = 'tryton_attachment'

UNITS = (
    Unit('name', ('name',)),
    Unit('description', ('description',)),
    Unit('folder', ('parent_google_id',)),
    Unit('content', ('md5', 'size', 'mime_type', 'edition')),
    Unit('google', ('link', 'revision', 'created', 'modified'),
        read_only=True),
    )
# what of a resource the units are made of
MEMBERS = {
    'name': ('name',),
    'description': ('description',),
    'folder': ('parents',),
    'content': (
        'md5Checksum', 'size', 'mimeType', 'modifiedTime', 'headRevisionId'),
    }


def is_folder(resource):
    return resource.get('mimeType') == FOLDER


def is_shortcut(resource):
    return resource.get('mimeType') == SHORTCUT


def is_native(resource):
    "Tell if it is a document of Google, which has no bytes of its own"
    return (
        (_text(resource.get('mimeType')) or '').startswith(GOOGLE)
        and not is_folder(resource) and not is_shortcut(resource))


def is_trashed(resource):
    return bool(resource.get('trashed'))


def removed(google_id):
    "What stands for a file that is deleted, or not to be seen any more"
    return {'id': google_id, 'removed': True}


def is_removed(resource):
    return bool(resource.get('removed'))


def parent(resource):
    "The identifier of the folder, None if it is not to be seen"
    parents = resource.get('parents')
    if isinstance(parents, list) and parents and isinstance(parents[0], str):
        return parents[0]
    return None


def to_values(resource):
    "The values of a file"
    native = is_native(resource) or is_shortcut(resource)
    return {
        'name': _name(resource.get('name')),
        'description': _text(resource.get('description')),
        'parent_google_id': parent(resource),
        'md5': None if native else _text(resource.get('md5Checksum')),
        # Google gives a size to its own documents, too
        'size': None if native else _integer(resource.get('size')),
        'mime_type': _text(resource.get('mimeType')),
        # the bytes of a document differ from one export to the next
        'edition': _text(resource.get('modifiedTime')) if native else None,
        'link': _link(resource.get('webViewLink')),
        'revision': _text(resource.get('headRevisionId')),
        'created': _time(resource.get('createdTime')),
        'modified': updated(resource),
        }


def to_body(values, units=None):
    """The body that sends the units, all of them if None

    Of the content these are its metadata.
    """
    body = {}
    if units is None or 'name' in units:
        body['name'] = values['name']
    if values['description'] if units is None else 'description' in units:
        # an empty one removes it
        body['description'] = values['description'] or ''
    if (units is None or 'folder' in units) and values['parent_google_id']:
        body['parents'] = [values['parent_google_id']]
    if units is None or 'content' in units:
        body['mimeType'] = values['mime_type']
    return body


def without_units(resource, baseline, units):
    "The resource, which has all but the units from the baseline"
    members = [
        n for unit, names in MEMBERS.items() if unit not in units
        for n in names]
    kept = {n: v for n, v in resource.items() if n not in members}
    return {
        **kept, **{n: baseline[n] for n in members if n in baseline}}


def marks(database, attachment):
    """The properties by which a file tells whose it is

    A copy that a person makes of it has the same.
    """
    return {DATABASE: database, ATTACHMENT: str(attachment)}


def marked_attachment(resource, database):
    "The id of the attachment of this database that a file is marked with"
    properties = resource.get('appProperties')
    if (not isinstance(properties, dict)
            or properties.get(DATABASE) != database):
        return None
    id = _integer(properties.get(ATTACHMENT))
    # as large as the database takes
    return id if id is not None and 0 <= id < 2 ** 31 else None


def lock_mark(database):
    "What tells, at the end of its reason, a restriction of this database"
    return f'[Tryton {database[:8]}]'


def restrictions(reason=None):
    """The value that makes a file read-only, or not any more if None

    It replaces the restriction that there is, whoever has set that one.
    https://developers.google.com/workspace/drive/api/guides/content-restrictions
    """
    if reason is None:
        return [{'readOnly': False}]
    return [{'readOnly': True, 'reason': reason}]


def lock_values(resource, mark):
    """Who keeps the file read-only at Google

    ``google_lock`` is the reason of this database, ``holder`` the name of
    anybody else and ``held_since`` the time, naive UTC. What the account
    itself has set in Drive, or only an owner may lift, is not of this
    database.
    """
    values = dict.fromkeys(['google_lock', 'holder', 'held_since'])
    restrictions = resource.get('contentRestrictions')
    for item in restrictions if isinstance(restrictions, list) else []:
        if not isinstance(item, dict) or not item.get('readOnly'):
            continue
        user = item.get('restrictingUser')
        user = user if isinstance(user, dict) else {}
        reason = ' '.join((_text(item.get('reason')) or '').split())
        if (user.get('me') is True and reason.endswith(mark)
                and not item.get('ownerRestricted')
                and not item.get('systemRestricted')):
            values['google_lock'] = reason
        else:
            values['holder'] = _user_name(user)
            values['held_since'] = _time(item.get('restrictionTime'))
    return values


def _user_name(user):
    name = _text(user.get('displayName'))
    email = _text(user.get('emailAddress'))
    if name and email:
        name = f'{name} <{email}>'
    return ' '.join((name or email or "Google").split())


def updated(resource):
    "When the file was changed, naive UTC, None if unknown"
    return _time(resource.get('modifiedTime'))


def etag(resource):
    """What is another one when anything of the file has changed

    There is no etag [Drive API v2 and v3 comparison]: the version, or of a
    file without one all that is known of it.
    """
    if version := resource.get('version'):
        return str(version)
    if is_removed(resource):
        return '*'
    return hashlib.sha256(
        json.dumps(resource, sort_keys=True).encode()).hexdigest()


def is_stale(resource, baseline):
    """Tell if the resource is older than the baseline

    The time of modification tells nothing: who uploads a file sets it.
    """
    version = _integer(resource.get('version'))
    known = _integer((baseline or {}).get('version'))
    return version is not None and known is not None and version < known


def time_text(time):
    "The time as Google reads it"
    return time.isoformat(timespec='milliseconds') + 'Z'


def _name(value):
    "Google takes in a name what no field of one line does"
    return _text(value) and value.translate(BLANKS)


def _text(value):
    return value if isinstance(value, str) and value else None


def _integer(value):
    if isinstance(value, bool):
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return None


def _link(value):
    "Links of Google are kept only if they are such"
    if isinstance(value, str) and value.startswith(('https://', 'http://')):
        return value
    return None


def _time(value):
    try:
        time = dt.datetime.fromisoformat(value)
        if time.tzinfo:
            time = time.astimezone(dt.timezone.utc).replace(tzinfo=None)
    except (TypeError, ValueError, OverflowError):
        return None
    return time
