# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the metadata of a file may be [Files resource]"
import re

from ..discovery import parse_datetime
from . import access, errors, formats
from .model import FOLDER, NATIVE, SHORTCUT

_BOTH = {
    'appProperties', 'contentHints', 'contentRestrictions',
    'copyRequiresWriterPermission', 'description', 'downloadRestrictions',
    'folderColorRgb', 'inheritedPermissionsDisabled', 'mimeType',
    'modifiedTime', 'name', 'originalFilename', 'properties', 'starred',
    'viewedByMeTime', 'viewersCanCopyContent', 'writersCanShare'}
CREATE = _BOTH | {'createdTime', 'id', 'parents', 'shortcutDetails'}
UPDATE = _BOTH | {'trashed'}
# what an application may create without content
EMPTY = {
    NATIVE + n for n in [
        'document', 'spreadsheet', 'presentation', 'drawing', 'form',
        'script', 'site', 'folder', 'shortcut']}
_MIME = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+*-]+(\s*;.*)?$")


def check_names(metadata, allowed):
    for name in metadata:
        if name not in allowed:
            raise errors.not_writable(name)


def milliseconds(value, name):
    moment = parse_datetime(value)
    if moment is None or moment.tzinfo is None:
        raise errors.bad(f"Invalid value for: {name}", name, 'invalid')
    return int(moment.timestamp() * 1000)


def check_mime(value):
    if not _MIME.match(value) or '*' in value:
        raise errors.bad(
            f"Invalid MIME type: {value}", 'mimeType', 'invalid')
    third = value.startswith(NATIVE + 'drive-sdk')
    if value.startswith(NATIVE) and value not in EMPTY and not third:
        # (undocumented) the reason
        raise errors.bad(
            f"Invalid MIME type: {value}", 'mimeType', 'invalid')


def merged(old, new):
    "A null value removes [Files resource]"
    result = dict(old)
    for key, value in (new or {}).items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = value
    return result


def check_properties(file, client, public, private):
    """[Add custom file properties] 30 public, 30 private for an
    application, 100 in all; key and value together 124 bytes"""
    for values in [public, private]:
        for key, value in values.items():
            if len(key.encode()) + len(value.encode()) > 124:
                # (undocumented) the reason
                raise errors.bad(
                    "The size of the property exceeds the limit of 124 "
                    "bytes.", reason='invalid')
    others = sum(
        len(v) for c, v in (file.app_properties if file else {}).items()
        if c != client)
    if (len(public) > 30 or len(private) > 30
            or len(public) + len(private) + others > 100):
        raise errors.bad(
            "The limit of custom properties has been exceeded.",
            reason='invalid')


def properties(call, file, metadata):
    "(public, private of the application) after the change, or None"
    if not {'properties', 'appProperties'} & set(metadata):
        return None
    client = call.token.client_id if call.token else None
    public = merged(
        file.properties if file else {}, metadata.get('properties'))
    private = merged(
        file.app_properties.get(client, {}) if file else {},
        metadata.get('appProperties'))
    check_properties(file, client, public, private)
    return public, private


def check_restrictions(call, file, values, mime_type):
    """[Protect file content] who may add and lift a restriction

    Return the new restriction or None."""
    if len(values) != 1:
        # (undocumented) setting one replaces the one there is
        raise errors.bad(
            "Exactly one content restriction is expected.",
            'contentRestrictions', 'invalid')
    value = values[0]
    for name in value:
        if name not in {'readOnly', 'reason', 'ownerRestricted'}:
            raise errors.not_writable(f'contentRestrictions.{name}')
    if mime_type in access.UNRESTRICTED:
        raise errors.bad(
            "This kind of file cannot have a content restriction.",
            'contentRestrictions', 'invalid')
    read_only = value.get('readOnly')
    before = file.restriction if file else None
    if read_only is None:
        if before is None or 'reason' in value:
            # reason is mutable only with readOnly=true
            raise errors.bad(
                "readOnly must be set.", 'contentRestrictions', 'invalid')
        read_only = True
        value = {**value, 'reason': before.get('reason')}
    if not read_only and value.get('reason'):
        raise errors.bad(
            "The reason may only be set with readOnly=true.",
            'contentRestrictions', 'invalid')
    owner = read_only and bool(value.get('ownerRestricted'))
    if file is not None:
        access.require(
            call, file, 'canModifyOwnerContentRestriction' if owner
            else 'canModifyEditorContentRestriction')
    if not read_only:
        return None
    return {
        'reason': value.get('reason'), 'ownerRestricted': owner,
        'user': call.user.email, 'at': int(call.state.now() * 1000)}


def check_color(value):
    if not re.match(r'#[0-9a-fA-F]{6}$', value):
        raise errors.bad(
            f"Invalid color: {value}", 'folderColorRgb', 'invalid')
    return formats.closest(value)


def check_downloads(value):
    if set(value) - {'itemDownloadRestriction'}:
        raise errors.not_writable('downloadRestrictions')
    value = value.get('itemDownloadRestriction') or {}
    writers = bool(value.get('restrictedForWriters'))
    # [Protect file content] writers imply readers
    readers = writers or bool(value.get('restrictedForReaders'))
    return {
        'restrictedForReaders': readers, 'restrictedForWriters': writers}


def kind(mime_type):
    "folder, shortcut, native or binary"
    if mime_type == FOLDER:
        return 'folder'
    if mime_type == SHORTCUT:
        return 'shortcut'
    return 'native' if mime_type.startswith(NATIVE) else 'binary'
