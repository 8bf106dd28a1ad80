# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Both sides of a drive, read without a line of the modules.

A content is known by a token: the MD5 of its bytes, which of an encrypted file
are those that were encrypted, and the text of a document.
"""
import functools
import hashlib
import os
import re
from typing import NamedTuple

from . import sealed
from .site import USER

__all__ = [
    'EMPTY', 'document_token', 'errors', 'here', 'plain', 'records',
    'revisions', 'settled', 'stem', 'there', 'token']

MODEL = 'party.party'
FOLDER = 'application/vnd.google-apps.folder'
# with which the text of an exported document begins
MARK = b'\xef\xbb\xbf'
KEPT = re.compile(r' \(Tryton, \d{4}-\d\d-\d\d \d\d:\d\d\)')
# what stays to be told to people when nothing is left to do
STANDING = {
    'google_drive.moved_out', 'google_drive.lost', 'google_drive.quarantined',
    'google_drive.no_rule'}


def token(data):
    if data.startswith(sealed.MAGIC):
        data = sealed.open_(data)
    if data.startswith(MARK):
        return document_token(data[len(MARK):].decode().splitlines())
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def document_token(lines):
    return 'document ' + ' / '.join(lines)


EMPTY = token(b'')


def stem(name):
    "What is unique in a name, whatever its extension is"
    found = re.match(r'n\d+', name or '')
    return found[0] if found else name


class Attachment(NamedTuple):
    id: int
    name: str
    record: int
    content: str

    @property
    def kept(self):
        "What did not stand in a conflict"
        return bool(KEPT.search(self.name))

    @property
    def document(self):
        return self.content.startswith('document ')

    @property
    def key(self):
        "What tells it from all the others"
        return stem(self.name) if self.content == EMPTY else self.content


class File(NamedTuple):
    id: str
    name: str
    parent: str
    kind: str  # folder, document or file
    content: str
    sealed: bool
    trashed: bool
    # not along with a folder
    trashed_itself: bool
    # by the application
    made: bool
    key = Attachment.key
    kept = Attachment.kept
    document = Attachment.document


def here(site):
    "The attachments of Tryton by id"
    return {
        row['id']: Attachment(
            row['id'], row['name'], int(row['resource'].partition(',')[2]),
            _stored(site, row['file_id']))
        for row in site.rows(
            'ir_attachment', 'id, name, resource, file_id, type')
        if row['resource'].startswith(MODEL + ',')}


def _stored(site, file_id):
    if not file_id:
        return EMPTY
    return _read(os.path.join(
            site.laboratory.folder, site.name, file_id[:2], file_id[2:4],
            file_id))


@functools.cache
def _read(path):
    # a content is never changed in its place
    with open(path, 'rb') as file:
        return token(file.read())


def records(site):
    "The names of the records by id"
    return {
        row['id']: row['name'] for row in site.rows('party_party', 'id, name')}


def there(site):
    "The files and folders of Google by identifier, the trash included"
    return {
        f['id']: File(
            f['id'], f['name'], f['parent'], _kind(f), *_content(site, f),
            f['trashed'], f['explicitly_trashed'], bool(f['apps']))
        for f in site.admin.files(user=USER)}


def _kind(file):
    if file['mime_type'] == FOLDER:
        return 'folder'
    return 'document' if 'document' in file else 'file'


_tokens = {}


def _content(site, file):
    "The token of the content, and if it is encrypted"
    if 'document' in file:
        return document_token(file['document']), False
    if 'md5' not in file:
        return '', False
    if file['md5'] not in _tokens:
        _tokens[file['md5']] = _fetched(site, file['id'])
    return _tokens[file['md5']]


def plain(md5):
    "The token of a content of which Google has told the checksum"
    return _tokens.get(md5, (md5, False))[0]


def _fetched(site, id, revision=None):
    data = site.admin.file_content(id, revision=revision)
    return token(data), data.startswith(sealed.MAGIC)


def revisions(site, kept, of=None):
    """The tokens of the revisions, or of those kept for ever

    ``of`` is the identifier of a file, by default they are those of all.
    """
    result = set()
    for file in site.admin.files(user=USER):
        if 'md5' not in file or of not in {None, file['id']}:
            continue
        names = file['kept'] if kept else [
            r['id'] for r in site.admin.act(
                USER, 'drive.revisions.list', fileId=file['id'],
                pageSize=1000)['revisions']]
        for name in names:
            result.add(_fetched(site, file['id'], name)[0])
    return result


def settled(site):
    "Return what is left to do, in words"
    left = [
        f"{row['name']} is {row['google_state']}, place {row['to_place']}, "
        f"content {row['incoming']}, move {row['moved']}, "
        f"doubt {row['doubtful']}"
        for row in site.rows('google_drive_file')
        if row['google_state'] != 'apart' and (
            row['google_state'] not in {'synchronized', 'failed'}
            or row['to_place'] or row['doubtful']
            or row['google_state'] != 'failed' and (
                row['incoming'] or row['moved']))]
    left += [
        f"folder {row['name']} is {row['state']}, to read {row['unread']}"
        for row in site.rows('google_drive_folder')
        if row['state'] != 'known' and not row['trashed'] or row['unread']]
    left += [
        f"tombstone of {row['google_id']}"
        for row in site.rows('google_integration_tombstone')]
    left += [
        f"change of {row['record_id']}"
        for row in site.rows('google_drive_rule_change')]
    return left


def errors(site, standing=False):
    "What could not be done, or what is only to be told"
    return [
        row for row in site.rows('google_integration_sync_error')
        if (row['code'] in STANDING) == standing]
