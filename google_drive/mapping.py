# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Files of Drive as values: pure functions, no ORM, network or clock.

https://developers.google.com/workspace/drive/api/reference/rest/v3/files
"""
import datetime as dt

from trytond.modules.google_integration.merge import Unit

__all__ = ['UNITS', 'is_trashed', 'to_values', 'updated']

UNITS = (
    Unit('name', ('name',)),
    Unit('folder', ('parent_google_id',)),
    Unit('content', ('md5', 'size', 'mime_type')),
    Unit('google', ('link', 'revision', 'created', 'modified'),
        read_only=True),
    )


def to_values(resource):
    "The values of a file"
    parents = resource.get('parents') or [None]
    return {
        'name': resource.get('name'),
        'parent_google_id': parents[0],
        'md5': resource.get('md5Checksum'),
        'size': _integer(resource.get('size')),
        'mime_type': resource.get('mimeType'),
        'link': _link(resource.get('webViewLink')),
        'revision': resource.get('headRevisionId'),
        'created': _time(resource.get('createdTime')),
        'modified': _time(resource.get('modifiedTime')),
        }


def is_trashed(resource):
    return bool(resource.get('trashed'))


def updated(resource):
    "When the file was changed, naive UTC, None if unknown"
    return _time(resource.get('modifiedTime'))


def _integer(value):
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _link(value):
    "Links of Google are kept only if they are such"
    if isinstance(value, str) and value.startswith(('https://', 'http://')):
        return value
    return None


def _time(value):
    try:
        time = dt.datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    if time.tzinfo:
        time = time.astimezone(dt.timezone.utc).replace(tzinfo=None)
    return time
