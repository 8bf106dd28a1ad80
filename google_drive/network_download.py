# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How contents come from Google: into files, several at a time."""
from contextlib import closing

from trytond.modules.google_integration import media
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.listing import identified
from trytond.modules.google_integration.operation import Answer, ItemError
from trytond.modules.google_integration.transport import sleep

from . import encryption, mapping, store
from .network import FIELDS, PAGE, malformed
from .network_pieces import answered

__all__ = ['DownloadNetwork']

# how often Google is asked if a long operation is done
POLLS = 60
OPERATION = ('exportSizeLimitExceeded', 'fileNotExportable')
# Where contents are that are not at the address of the API: Google does not
# tell the host of a download, but which are those of Drive
# [Manage long-running operations; Drive and Sites firewall and proxy settings]
# https://knowledge.workspace.google.com/admin/drive/drive-and-sites-firewall-and-proxy-settings
DOWNLOADS = (
    'https://drive.usercontent.google.com',
    'https://drive.google.com',
    'https://docs.google.com',
    )
# and that a thumbnail is fetched with the credentials [Files resource]
THUMBNAILS = ('https://lh3.googleusercontent.com',)


class DownloadNetwork:
    "The hooks of the drive that fetch contents"
    __slots__ = ()

    @classmethod
    def download_pieces(cls, client, items):
        """Fetch the contents of the files into temporary ones

        What a folder holds comes as one page.
        """
        # the paths are chosen here: threads know no configuration
        wanted = [
            (item, store.temporary(), store.temporary()) for item in items]
        try:
            with closing(answered(
                        client, wanted,
                        lambda client, some: cls._download(client, *some[:2]),
                        lambda some, result: cls._answer(*some, result)
                        )) as pieces:
                for some, answers in pieces:
                    yield [item for item, *_ in some], answers
        finally:
            # also of what could not be written
            for _, *paths in wanted:
                for path in paths:
                    store.discard(path)

    @classmethod
    def _answer(cls, item, path, plain, result):
        "What was fetched, decrypted where the rule encrypts"
        if isinstance(result, Exception):
            store.discard(path)
            return cls._download_failure(result)
        if item.get('encrypted') and result.get('path'):
            try:
                result = opened(result, plain)
            except ItemError as error:
                return Answer('failed', error=error)
        return Answer('done', result)

    @classmethod
    def _download_failure(cls, error):
        match error:
            case ItemError():
                return Answer('failed', error=error)
            case media.Damaged():
                # it was changed meanwhile, as the change log will tell
                return Answer('failed', error=ItemError(
                        'google_drive.damaged'))
            case GoogleError() if error.status == 404:
                return Answer('failed', error=ItemError(
                        'google_drive.not_found'))
            case GoogleError():
                return cls.google_failure(error)
        return malformed(error)

    @classmethod
    def _download(cls, client, item, path):
        # before all else: the version is lost when it is replaced
        kept = bool(item.get('keep')) and cls._keep_forever(
            client, item['google_id'], item['keep'])
        return {**cls._fetch(client, item, path), 'kept': kept}

    @classmethod
    def _fetch(cls, client, item, path):
        match item['kind']:
            case 'folder':
                return cls._list_folder(client, item)
            case 'move':
                return {}
            case 'revision':
                return cls._revision(client, item, path)
            case 'content':
                return cls._content(client, item, path)
            case 'thumbnail':
                return cls._thumbnail(client, item, path)
            case 'export':
                return cls._export(client, item, path)
            case 'shortcut':
                return cls._shortcut(client, item)
            case 'link':
                return {'link': cls._link(client, item['google_id'])}

    @classmethod
    def _get(cls, client, google_id):
        return client.execute(cls.google_read(client, google_id))

    @classmethod
    def _link(cls, client, google_id):
        link = mapping.to_values(cls._get(client, google_id))['link']
        if not link:
            raise ItemError('google_drive.link')
        return link

    @staticmethod
    def _list_folder(client, item):
        "One page of what a folder holds"
        drive_id = client.parameters.get('drive_id')
        answer = client.execute(client.api.files().list(
                q=f"'{item['google_id']}' in parents and trashed = false",
                pageSize=PAGE, spaces='drive',
                corpora='drive' if drive_id else 'user',
                driveId=drive_id, supportsAllDrives=True,
                includeItemsFromAllDrives=bool(drive_id),
                pageToken=item['page'],
                fields=f'nextPageToken,files({FIELDS})'))
        return {
            'files': identified(answer, 'files'),
            'page': answer.get('nextPageToken'),
            }

    @staticmethod
    def _content(client, item, path):
        received = media.receive(
            client, client.api.files().get_media(
                fileId=item['google_id'], supportsAllDrives=True),
            path, size=item['size'], md5=item['md5'])
        return _received(received, path)

    @staticmethod
    def _revision(client, item, path):
        """What a file was once

        https://developers.google.com/workspace/drive/api/guides/manage-revisions
        """
        revisions = client.api.revisions()
        names = {
            'fileId': item['google_id'],
            'revisionId': item['revision'],
            }
        try:
            resource = client.execute(
                revisions.get(**names, fields='size,md5Checksum'))
            return _received(media.receive(
                    client, revisions.get_media(**names), path,
                    size=int(resource['size']), md5=resource['md5Checksum']),
                path)
        except GoogleError as error:
            if error.status == 404:
                raise ItemError('google_drive.revision_gone') from error
            raise

    @classmethod
    def _thumbnail(cls, client, item, path):
        "A small picture, or the whole one if Google has no other"
        resource = client.execute(client.api.files().get(
                fileId=item['google_id'], supportsAllDrives=True,
                fields='thumbnailLink'))
        try:
            if resource.get('thumbnailLink'):
                return _received(media.receive(
                        client, resource['thumbnailLink'], path,
                        trusted=THUMBNAILS), path)
        except GoogleError as error:
            if error.transient:
                raise
            # it may be on a host to which no token is sent
        return cls._content(client, item, path)

    @classmethod
    def _export(cls, client, item, path):
        """The document in another format, all of it of one edition

        https://developers.google.com/workspace/drive/api/guides/manage-downloads
        """
        # to be told apart from a new name, by which its time changes as well
        revision = cls._last_revision(client, item['google_id'])
        if revision and revision == item['held_revision']:
            return {'same': True}
        received = cls._export_once(client, item, path)
        resource = cls._get(client, item['google_id'])
        if mapping.to_values(resource)['edition'] != item['edition']:
            # the change log tells of another edition: that one is wanted
            raise ItemError('google_drive.damaged')
        return {
            **_received(received, path),
            'revision': revision,
            }

    @classmethod
    def _export_once(cls, client, item, path):
        files = client.api.files()
        try:
            return media.receive(
                client, files.export_media(
                    fileId=item['google_id'], mimeType=item['mime_type']),
                path)
        except GoogleError as error:
            if error.reason not in OPERATION:
                raise
        return media.receive(
            client, cls._operation(client, item), path, trusted=DOWNLOADS)

    @classmethod
    def _operation(cls, client, item):
        """The address of a large export

        https://developers.google.com/workspace/drive/api/guides/long-running-operations
        """
        operation = client.execute(client.api.files().download(
                fileId=item['google_id'], mimeType=item['mime_type']))
        for _ in range(POLLS):
            if operation.get('done'):
                break
            (client._sleep or sleep)(1)
            operation = client.execute(client.api.operations().get(
                    name=operation['name']))
        uri = (operation.get('response') or {}).get('downloadUri')
        if not uri:
            raise ItemError('google_drive.export')
        return uri

    @classmethod
    def _shortcut(cls, client, item):
        "The link of what a shortcut leads to"
        if not item['target']:
            raise ItemError('google_drive.not_found')
        return {'link': cls._link(client, item['target'])}


def opened(result, path):
    "What was fetched, decrypted: nothing is taken that does not authenticate"
    try:
        content = encryption.open(result['path'], path, encryption.keys())
        md5, _ = store.digests(path)
    except BaseException:
        store.discard(path)
        raise
    finally:
        store.discard(result['path'])
    return {
        **result,
        'travelled': result,
        'path': path,
        'size': content.size,
        'md5': md5,
        'sha256': content.sha256,
        }


def _received(received, path):
    return {
        'path': path,
        'size': received.size,
        'md5': received.md5,
        'sha256': received.sha256,
        }
