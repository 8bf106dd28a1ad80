# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How files and folders are sent: plain data in and out, no record."""
import logging

from trytond.modules.google_integration import media
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.operation import Answer, ItemError

from . import mapping, store
from .network import FIELDS, malformed
from .network_adopt import AdoptNetwork
from .network_lock import LockNetwork
from .network_pieces import answered
from .network_version import VersionNetwork

__all__ = ['PushNetwork']

logger = logging.getLogger(__name__)

# the maximum of https://developers.google.com/workspace/drive/api/reference/rest/v3/files/generateIds
IDENTIFIERS = 1000


class PushNetwork(AdoptNetwork, LockNetwork, VersionNetwork):
    "The hooks of the drive that send"
    __slots__ = ()

    @classmethod
    def push(cls, client, operations):
        "Send operations without contents, all of one stage, in batches"
        kinds = {o.kind for o in operations}
        if kinds == {'check'}:
            return [cls._check(client, o) for o in operations]
        if kinds == {'allocate'}:
            return [cls._allocate(client, o) for o in operations]
        if kinds == {'seek'}:
            return [cls._seek(client, o) for o in operations]
        if kinds == {'folder'}:
            return cls._folders(client, operations)
        if kinds == {'lock'}:
            return cls._locks(client, operations)
        return cls._metadata(client, operations)

    @classmethod
    def push_pieces(cls, client, operations):
        "Contents go several at a time, and are confirmed as they are there"
        contents, others = [], []
        for operation in operations:
            is_content = (
                operation.kind == 'session' or 'path' in operation.parameters)
            (contents if is_content else others).append(operation)
        try:
            if others:
                yield from super().push_pieces(client, others)
            if contents:
                yield from answered(
                    client, contents, cls._content_sent,
                    lambda _, error: cls._content_failure(error))
        finally:
            for operation in contents:
                if operation.parameters.get('temporary'):
                    store.discard(operation.parameters['path'])

    @classmethod
    def _content_sent(cls, client, operation):
        if operation.kind == 'session':
            return cls._session(client, operation)
        return cls._content_answer(client, operation)

    @classmethod
    def _content_failure(cls, error):
        if isinstance(error, GoogleError):
            return cls.google_failure(error)
        return malformed(error)

    @classmethod
    def _check(cls, client, operation):
        "What has become of the folders"
        return Answer('done', {
                'changes': cls.look_up(
                    client, list(operation.parameters['folders'])),
                })

    # Identifiers

    @staticmethod
    def _allocate(client, operation):
        answer = client.execute(client.api.files().generateIds(
                count=operation.parameters['count'], space='drive'))
        return Answer('done', {'ids': answer.get('ids', [])})

    @classmethod
    def _seek(cls, client, operation):
        "The identifiers, and what is there already"
        found = cls.adoptable(client, operation.parameters['sought'])
        answer = cls._allocate(client, operation)
        answer.resource['found'] = found
        return answer

    # Folders

    @classmethod
    def _folders(cls, client, operations):
        "Create folders, of which the identifiers are known"
        answers = client.batch([
                client.api.files().create(
                    body={**o.body, 'id': o.google_id},
                    supportsAllDrives=True, fields=FIELDS)
                for o in operations])
        return [
            cls._created(client, operation, answer)
            for operation, answer in zip(operations, answers, strict=True)]

    @classmethod
    def _created(cls, client, operation, answer):
        if not isinstance(answer, GoogleError):
            return Answer('done', answer)
        if answer.status == 409:
            # by an answer that was lost
            return cls._current(client, operation, 'done')
        return cls.google_failure(answer)

    # Metadata

    @classmethod
    def _metadata(cls, client, operations):
        "Patches and deletions of what still is what it was"
        known = client.batch([
                client.api.files().get(
                    fileId=o.google_id, supportsAllDrives=True,
                    fields=FIELDS)
                for o in operations])
        answers = [
            cls._unexpected(operation, answer)
            for operation, answer in zip(operations, known, strict=True)]
        if any(a and a.status == 'gone' for a in answers):
            cls.check_found(client)
        cls._lift_all(client, operations, answers)
        todo = [i for i, answer in enumerate(answers) if answer is None]
        sent = client.batch([
                cls._patch(client, operations[i], known[i]) for i in todo])
        for i, answer in zip(todo, sent, strict=True):
            answers[i] = cls._patched(operations[i], answer)
        return answers

    @classmethod
    def _unexpected(cls, operation, known):
        "The answer if Google has not what was expected, else None"
        if isinstance(known, GoogleError):
            if known.status == 404:
                return cls._absent(operation)
            return cls.google_failure(known)
        trashed = mapping.is_trashed(known)
        if operation.kind == 'delete' and trashed:
            return Answer('gone')
        if trashed or operation.etag != mapping.etag(known):
            return Answer('conflict', known)
        return None

    @staticmethod
    def _absent(operation):
        if operation.kind == 'delete':
            return Answer('gone')
        return Answer('conflict', mapping.removed(operation.google_id))

    @staticmethod
    def _patch(client, operation, known):
        if operation.kind == 'delete':
            body, move = {'trashed': True}, {}
        else:
            body = dict(operation.body)
            move = _move(body, known)
        return client.api.files().update(
            fileId=operation.google_id, body=body, supportsAllDrives=True,
            fields=FIELDS, **move)

    @classmethod
    def _patched(cls, operation, answer):
        if not isinstance(answer, GoogleError):
            return cls._written(operation, answer)
        if answer.status == 404:
            return cls._absent(operation)
        return cls.google_failure(answer)

    @staticmethod
    def _written(operation, resource):
        "The answer, which tells that what fell into the trash is not sent"
        if operation.kind != 'delete' and mapping.is_trashed(resource):
            return Answer('conflict', resource)
        return Answer('done', resource)

    # Contents

    @classmethod
    def _session(cls, client, operation):
        "Open an upload that can be gone on with"
        lifted = None
        if operation.parameters.get('lift'):
            known = cls._known(client, operation)
            unexpected = cls._unexpected(operation, known)
            if unexpected:
                return unexpected
            lifted = cls._lift(client, operation)
        uri = cls._kept(client, operation, lambda: media.begin(
                client, cls._upload(client, operation),
                operation.parameters['size'],
                operation.parameters['mime_type']))
        return Answer('done', {'session': uri, 'lifted': lifted})

    @classmethod
    def _upload(cls, client, operation, known=None):
        "The request with the metadata of a content"
        files = client.api.files()
        body = dict(operation.body)
        keep = operation.parameters['keep_forever'] or None
        if operation.kind == 'insert' or (
                operation.parameters.get('insert')):
            return files.create(
                body=body, supportsAllDrives=True, fields=FIELDS,
                keepRevisionForever=keep)
        move = _move(body, known or {
                'parents': [operation.parameters['parent']]})
        return files.update(
            fileId=operation.google_id, body=body, supportsAllDrives=True,
            fields=FIELDS, keepRevisionForever=keep, **move)

    @classmethod
    def _content_answer(cls, client, operation):
        known = None
        if operation.kind == 'content':
            known = cls._known(client, operation)
            unexpected = cls._unexpected(operation, known)
            if unexpected:
                return unexpected
            cls._keep_revision(
                client, operation, operation.parameters['keep_revision'])
            if operation.parameters['lift']:
                cls._lift(client, operation)
        try:
            answer = cls._kept(
                client, operation,
                lambda: cls._send(client, operation, known))
        except media.SessionLost:
            # another one is kept before anything is sent to it
            return Answer('again', error=ItemError('busy'))
        except media.SourceError:
            # it was replaced or deleted meanwhile
            return Answer('failed', error=ItemError(
                    'google_drive.store_missing'))
        except GoogleError as error:
            if error.status == 409 and operation.kind == 'insert':
                return cls._current(client, operation, 'conflict')
            if error.status == 404 and operation.kind == 'content':
                return cls._absent(operation)
            return cls.google_failure(error)
        if answer.get('md5Checksum') != operation.parameters['md5']:
            return Answer('failed', error=ItemError(
                    'google_drive.damaged_upload'))
        if operation.kind == 'content':
            cls._keep_overwritten(client, operation, answer)
        return cls._written(operation, answer)

    @staticmethod
    def _known(client, operation):
        "What Google has, or the error of who asks"
        try:
            return client.execute(client.api.files().get(
                    fileId=operation.google_id, supportsAllDrives=True,
                    fields=FIELDS))
        except GoogleError as error:
            return error

    @classmethod
    def _send(cls, client, operation, known):
        parameters = operation.parameters
        if parameters['size'] <= media.MAXIMUM_SINGLE:
            return media.send(
                client, cls._upload(client, operation, known),
                parameters['path'], parameters['mime_type'])
        if parameters.get('session'):
            return media.resume(
                client, parameters['session'], parameters['path'],
                parameters['size'])
        # what is encrypted can not be gone on with
        uri = media.begin(
            client, cls._upload(client, operation, known),
            parameters['size'], parameters['mime_type'])
        return media.resume(
            client, uri, parameters['path'], parameters['size'], fresh=True)

    @classmethod
    def _current(cls, client, operation, status):
        "What Google has under the identifier"
        try:
            resource = client.execute(client.api.files().get(
                    fileId=operation.google_id, supportsAllDrives=True,
                    fields=FIELDS))
        except GoogleError as error:
            if error.status == 404:
                # it was, and is deleted for good
                return Answer('gone')
            return cls.google_failure(error)
        return Answer(status, resource)

    # What is overwritten

    @classmethod
    def _keep_overwritten(cls, client, operation, answer):
        """Keep what somebody has put there between the look and the upload

        https://developers.google.com/workspace/drive/api/guides/manage-revisions
        """
        expected = operation.parameters['revision']
        try:
            revisions = cls._revisions(client, operation.google_id)
        except GoogleError as error:
            # the upload is done, whatever can be told of it
            logger.warning(
                "what an upload has overwritten can not be told: %s",
                error.status)
            return
        if not {expected, answer.get('headRevisionId')} <= set(revisions):
            return
        between = revisions[
            revisions.index(expected) + 1:
            revisions.index(answer['headRevisionId'])]
        for revision in between:
            operation.parameters['overwritten'] = revision
            cls._keep_revision(client, operation, revision)

    @classmethod
    def _keep_revision(cls, client, operation, revision):
        if revision:
            cls._keep_forever(client, operation.google_id, revision)


def _move(body, known):
    "The parameters that move a file, which a body can not"
    parents = body.pop('parents', None)
    if not parents or parents[0] == mapping.parent(known):
        return {}
    move = {'addParents': parents[0]}
    if mapping.parent(known):
        move['removeParents'] = mapping.parent(known)
    return move
