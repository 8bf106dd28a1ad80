# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How files and folders are listed: plain data in and out, no record."""
import json
import logging

from trytond.modules.google_integration.batched import GoogleBatched
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.listing import identified
from trytond.modules.google_integration.operation import (
    Answer, Change, Changes, CursorExpired, ItemError)
from trytond.modules.google_integration.redaction import log_unexpected

from . import mapping

__all__ = ['FIELDS', 'PAGE', 'ROOT', 'DriveNetwork', 'malformed', 'quoted']
logger = logging.getLogger(__name__)

# what Google calls the root of My Drive, of which an application that sees
# only its own files is not told the identifier
ROOT = 'root'

# what is needed of a file, and so its baseline; without it Google tells
# little [Return specific fields]
FIELDS = (
    'id,name,description,mimeType,parents,trashed,version,size,md5Checksum,'
    'headRevisionId,createdTime,modifiedTime,webViewLink,properties,'
    'appProperties,shortcutDetails(targetId,targetMimeType),'
    'capabilities(canDownload),contentRestrictions(readOnly,reason,'
    'ownerRestricted,systemRestricted,restrictionTime,'
    'restrictingUser(me,displayName,emailAddress))')
# the maximum of https://developers.google.com/workspace/drive/api/reference/rest/v3/files/list
PAGE = 1000
# the folders first: what path a file has is told by them
PHASES = ('folders', 'files')
QUERIES = {
    'folders': f"mimeType = '{mapping.FOLDER}' and trashed = false",
    'files': f"mimeType != '{mapping.FOLDER}' and trashed = false",
    }


class DriveNetwork(GoogleBatched):
    "The hooks of the drive that list and look up"
    __slots__ = ()

    @classmethod
    def list_changes(cls, client, cursor):
        """List one page: of everything, or of what has changed.

        The cursor is the JSON of where to go on, see
        https://developers.google.com/workspace/drive/api/guides/manage-changes
        """
        tokens = json.loads(cursor) if cursor else None
        if tokens is None:
            # before the listing, so that nothing is missed between
            tokens = {'start': cls._start(client), PHASES[0]: None}
        if 'changes' in tokens:
            return cls._list_log(client, tokens)
        return cls._list_all(client, tokens)

    @staticmethod
    def _start(client):
        answer = client.execute(client.api.changes().getStartPageToken(
                driveId=_drive_id(client), supportsAllDrives=True,
                fields='startPageToken'))
        return answer['startPageToken']

    @classmethod
    def _list_all(cls, client, tokens):
        phase = next(p for p in PHASES if p in tokens)
        answer = cls._page(
            client, tokens[phase] is not None, client.api.files().list(
                q=QUERIES[phase], pageSize=PAGE, spaces='drive',
                corpora='drive' if _drive_id(client) else 'user',
                pageToken=tokens[phase], **_corpus(client),
                fields=f'nextPageToken,files({FIELDS})'))
        token = answer.get('nextPageToken')
        if token:
            tokens = {**tokens, phase: token}
        elif phase == PHASES[-1]:
            tokens = {'changes': tokens['start']}
        else:
            tokens = {
                'start': tokens['start'],
                PHASES[PHASES.index(phase) + 1]: None}
        return Changes(
            [cls.google_change(r) for r in identified(answer, 'files')],
            json.dumps(tokens), 'changes' not in tokens)

    @classmethod
    def _list_log(cls, client, tokens):
        answer = cls._page(client, True, client.api.changes().list(
                pageToken=tokens['changes'], pageSize=PAGE, spaces='drive',
                includeRemoved=True, **_corpus(client),
                fields='nextPageToken,newStartPageToken,'
                f'changes(changeType,removed,fileId,file({FIELDS}))'))
        items = []
        for change in answer.get('changes', []):
            if change.get('changeType') == 'drive' or not change.get('fileId'):
                continue
            if change.get('removed') or not change.get('file'):
                items.append(cls.google_removed(change['fileId']))
            else:
                items.append(cls.google_change(change['file']))
        token = answer.get('nextPageToken')
        return Changes(
            items, json.dumps({
                    'changes': token or answer['newStartPageToken']}),
            bool(token))

    @staticmethod
    def _page(client, resumed, request):
        "A page; what refuses the token of one that goes on wants another"
        try:
            return client.execute(request)
        except GoogleError as error:
            if resumed and error.status in {400, 410}:
                raise CursorExpired from error
            raise

    @classmethod
    def google_change(cls, resource):
        return Change(
            resource['id'], resource, deleted=mapping.is_trashed(resource))

    @classmethod
    def google_removed(cls, google_id):
        "Deleted, or not shown any more: nobody can tell which"
        return Change(google_id, mapping.removed(google_id))

    # Looking up

    @classmethod
    def google_read(cls, client, google_id):
        return client.api.files().get(
            fileId=google_id, supportsAllDrives=True, fields=FIELDS)

    @classmethod
    def check_found(cls, client):
        if _drive_id(client):
            client.execute(client.api.drives().get(
                    driveId=_drive_id(client), fields='id'))

    # Watching

    google_can_watch = True

    @classmethod
    def google_watch(cls, client, channel):
        """Ask to be told of changes from now on

        https://developers.google.com/workspace/drive/api/guides/push
        """
        return client.execute(
            client.api.changes().watch(
                pageToken=cls._start(client), body=channel, spaces='drive',
                **_corpus(client)),
            # a channel can not be asked for twice
            idempotent=False)

    @classmethod
    def google_stop_watch(cls, client, channel):
        client.execute(client.api.channels().stop(body=channel))


def malformed(error):
    "The answer if Google's own was not as it should be, else the error"
    if isinstance(
            error, (AttributeError, LookupError, TypeError, ValueError)):
        log_unexpected(logger, "a file failed", error=error)
        return Answer('failed', error=ItemError('unexpected'))
    raise error


def quoted(text):
    "The text in a query [Search for files and folders]"
    return "'" + text.replace('\\', '\\\\').replace("'", "\\'") + "'"


def _drive_id(client):
    return client.parameters.get('drive_id')


def _corpus(client):
    """The parameters that choose what belongs to the drive

    https://developers.google.com/workspace/drive/api/guides/enable-shareddrives
    """
    return {
        'driveId': _drive_id(client),
        'supportsAllDrives': True,
        'includeItemsFromAllDrives': bool(_drive_id(client)),
        }
