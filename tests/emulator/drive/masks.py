# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What an answer holds without the parameter fields

[Return specific fields; Create and manage files; Manage file revisions]"""
import functools

from .. import fields
from ..errors import ApiError

_FILE = 'kind,id,name,mimeType,resourceKey'
_DRIVE = 'kind,id,name'
_PERMISSION = 'kind,id,type,role'
_REVISION = 'kind,id,mimeType,modifiedTime'
_DEFAULTS = {
    'File': _FILE,
    'FileList': f'kind,incompleteSearch,nextPageToken,files({_FILE})',
    'ChangeList': 'kind,nextPageToken,newStartPageToken,changes('
    f'kind,changeType,type,time,removed,fileId,driveId,file({_FILE}),'
    f'drive({_DRIVE}))',
    'Drive': _DRIVE,
    'DriveList': f'kind,nextPageToken,drives({_DRIVE})',
    'Permission': _PERMISSION,
    'PermissionList': f'kind,nextPageToken,permissions({_PERMISSION})',
    'Revision': _REVISION,
    'RevisionList': f'kind,nextPageToken,revisions({_REVISION})',
    }


@functools.cache
def _mask(schema):
    return fields.parse(_DEFAULTS[schema])


def default_fields(found):
    if found.id == 'drive.about.get':
        # [About: get] the fields parameter must be set
        raise ApiError(
            'required',
            "The 'fields' parameter is required for this method.",
            location='fields')
    return _mask(found.response) if found.response in _DEFAULTS else None
