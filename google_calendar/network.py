# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How the events of a calendar travel: only network, plain data.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""
import json

from trytond.modules.google_integration.batched import (
    GoogleBatched, not_found)
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.listing import identified, pages
from trytond.modules.google_integration.operation import (
    Answer, Change, Changes, CursorExpired, ItemError)

from . import mapping
from .instance import same_original_start

__all__ = ['ROLES', 'WRITER_ROLES', 'CalendarNetwork']

# the maximum of https://developers.google.com/calendar/api/v3/reference/events/list
PAGE = 2500
# https://developers.google.com/calendar/api/v3/reference/calendarList
WRITER_ROLES = {'writerWithoutPrivateAccess', 'writer', 'owner'}
ROLES = {'none', 'freeBusyReader', 'reader'} | WRITER_ROLES


class CalendarNetwork(GoogleBatched):
    "The hooks of the calendar that talk to Google"
    __slots__ = ()

    @classmethod
    def list_changes(cls, client, cursor):
        """List one page of events.

        The cursor is the JSON of the tokens with which to go on, see
        https://developers.google.com/calendar/api/guides/sync
        """
        tokens = json.loads(cursor) if cursor else {}
        try:
            answer = client.execute(client.api.events().list(
                    calendarId=client.parameters['calendar_id'],
                    maxResults=PAGE, singleEvents=False, **tokens))
        except GoogleError as error:
            if error.status == 410 or (error.status == 400 and tokens):
                raise CursorExpired from error
            raise
        more = bool(answer.get('nextPageToken'))
        if more:
            tokens['pageToken'] = answer['nextPageToken']
        else:
            tokens = {}
            if answer.get('nextSyncToken'):
                tokens['syncToken'] = answer['nextSyncToken']
        service = {}
        if answer.get('accessRole') in ROLES:
            service['access_role'] = answer['accessRole']
        return Changes(
            [cls.google_change(e) for e in identified(answer)],
            # without token the next run lists everything again
            json.dumps(tokens) if tokens else None, more, service)

    @classmethod
    def google_change(cls, resource):
        return Change(
            resource['id'], resource, deleted=mapping.is_deleted(resource))

    @classmethod
    def google_read(cls, client, google_id):
        return client.api.events().get(
            calendarId=client.parameters['calendar_id'], eventId=google_id)

    @classmethod
    def check_found(cls, client):
        client.execute(client.api.events().list(
                calendarId=client.parameters['calendar_id'], maxResults=1,
                fields='accessRole'))

    @classmethod
    def push(cls, client, operations):
        """Send the operations in one batch.

        https://developers.google.com/calendar/api/guides/batch
        """
        instances = [o for o in operations if _is_unknown_instance(o)]
        others = [o for o in operations if not _is_unknown_instance(o)]
        answers = {}
        if others:
            answers.update(zip(
                    map(id, others), cls._push_known(client, others),
                    strict=True))
        if instances:
            answers.update(zip(
                    map(id, instances), cls._find_instances(client, instances),
                    strict=True))
        return [answers[id(o)] for o in operations]

    @classmethod
    def _push_known(cls, client, operations):
        answers = client.batch([cls._request(client, o) for o in operations])
        if any(not_found(a) for a in answers):
            try:
                cls.check_found(client)
            except GoogleError as error:
                failure = cls.google_failure(error)
                return [
                    failure if isinstance(a, GoogleError)
                    else Answer('done', a or None) for a in answers]
        return [
            cls._answer(client, operation, answer)
            for operation, answer in zip(operations, answers, strict=True)]

    @classmethod
    def _find_instances(cls, client, operations):
        """Find the identifiers of occurrences, which only Google knows.

        The answers are conflicts: the change is merged with what Google has,
        and sent with its precondition.

        https://developers.google.com/workspace/calendar/api/v3/reference/events/instances
        """
        answers = client.batch([
                client.api.events().instances(
                    calendarId=client.parameters['calendar_id'],
                    eventId=o.parameters['recurring_id'],
                    originalStart=o.parameters['original_start'],
                    showDeleted=True)
                for o in operations])
        return [
            cls._instance_answer(operation, answer)
            for operation, answer in zip(operations, answers, strict=True)]

    @classmethod
    def _instance_answer(cls, operation, answer):
        if isinstance(answer, GoogleError):
            if answer.status not in {404, 410}:
                return cls.google_failure(answer)
            answer = {}
        for resource in identified(answer):
            if same_original_start(
                    resource, operation.parameters['original_start']):
                operation.google_id = resource['id']
                return Answer('conflict', resource)
        if operation.body.get('status') == 'cancelled':
            # it is gone already
            return Answer('void')
        return Answer('failed', error=ItemError(
                'google_calendar.no_occurrence'))

    @classmethod
    def _request(cls, client, operation):
        events = client.api.events()
        parameters = {
            'calendarId': client.parameters['calendar_id'],
            'sendUpdates': operation.parameters.get('send_updates', 'none'),
            }
        if operation.kind != 'delete':
            # without it a conference is dropped silently
            parameters['conferenceDataVersion'] = 1
        if 'attachments' in operation.body:
            # without it they are left alone
            parameters['supportsAttachments'] = True
        match operation.kind:
            case 'insert':
                return events.insert(
                    body={**operation.body, 'id': operation.google_id},
                    **parameters)
            case 'import':
                # it mails nobody
                del parameters['sendUpdates']
                return events.import_(body=operation.body, **parameters)
            case 'patch' | 'instance':
                request = events.patch(
                    eventId=operation.google_id, body=operation.body,
                    **parameters)
            case 'delete':
                request = events.delete(
                    eventId=operation.google_id, **parameters)
        if operation.etag:
            request.headers['If-Match'] = operation.etag
        return request

    @classmethod
    def _answer(cls, client, operation, answer):
        "The answer of an operation, which may need another request"
        if not isinstance(answer, GoogleError):
            if operation.kind == 'import':
                operation.google_id = answer['id']
            return Answer('done', answer or None)
        error = answer
        match error.status, error.reason:
            case 409, _ if operation.kind == 'import':
                return cls._imported(client, operation)
            case (404, _) | (410, _) if operation.kind == 'instance':
                # the identifier was a guess
                answer, = cls._find_instances(client, [operation])
                return answer
            case (404, _) | (410, _) if operation.kind != 'insert':
                return Answer('gone')
            case 409, 'duplicate':
                return cls._existing(client, operation)
            case 409, _:
                # parts of the batch collided: alone it does not
                return cls._alone(client, operation)
            case 400, _ if (
                    operation.kind == 'insert'
                    and not mapping.is_event_id(operation.google_id)):
                # Google chose it, only what was deleted can have it again
                return cls._existing(client, operation)
            case 412, _:
                return cls._current(client, operation)
        return cls.google_failure(error)

    @classmethod
    def google_failure(cls, error):
        answer = super().google_failure(error)
        if error.reason == 'requiredAccessLevel':
            # the account may only read since the list: what is to be sent
            # waits until it may write again
            answer.status = 'later'
        return answer

    @classmethod
    def _alone(cls, client, operation):
        try:
            return Answer('done', client.execute(
                    cls._request(client, operation)) or None)
        except GoogleError as error:
            if error.status == 409 and operation.kind == 'insert':
                # whatever the reason is called
                return cls._existing(client, operation)
            if error.status == 409:
                return Answer('later', error=ItemError('unreachable', {
                            'status': error.status,
                            'reason': error.reason,
                            }))
            return cls._answer(client, operation, error)

    @classmethod
    def _get(cls, client, operation):
        return client.execute(cls.google_read(client, operation.google_id))

    @classmethod
    def _current(cls, client, operation):
        "What Google has instead of what was expected"
        try:
            resource = cls._get(client, operation)
        except GoogleError as error:
            if error.status in {404, 410}:
                return Answer('gone')
            return cls.google_failure(error)
        if mapping.is_deleted(resource):
            return Answer('gone')
        return Answer('conflict', resource)

    @classmethod
    def _imported(cls, client, operation):
        """The event exists already, by its iCalUID

        https://developers.google.com/workspace/calendar/api/v3/reference/events/list
        """
        try:
            # an empty page may be followed by another
            found = [
                r for answer in pages(
                    client, client.api.events().list,
                    calendarId=client.parameters['calendar_id'],
                    iCalUID=operation.body['iCalUID'], showDeleted=True)
                for r in identified(answer) if not r.get('recurringEventId')]
        except GoogleError as error:
            return cls.google_failure(error)
        if not found:
            # parts of the batch collided
            return Answer('later', error=ItemError('unreachable', {
                        'status': 409,
                        'reason': 'conflict',
                        }))
        operation.google_id = found[0]['id']
        operation.body.pop('organizer', None)
        return cls._existing(client, operation)

    @classmethod
    def _existing(cls, client, operation):
        "The event exists already: by a lost answer, or it was deleted"
        try:
            resource = cls._get(client, operation)
            if not mapping.is_deleted(resource):
                return Answer('conflict', resource)
            if mapping.is_moved(resource):
                # it lives on in another calendar: it is not to be twice
                return Answer('void')
            request = client.api.events().patch(
                calendarId=client.parameters['calendar_id'],
                eventId=operation.google_id,
                sendUpdates=operation.parameters.get('send_updates', 'none'),
                conferenceDataVersion=1,
                body=mapping.to_restore(operation.body, resource))
            # of a deleted event only the identifier is guaranteed
            request.headers['If-Match'] = resource.get('etag') or '*'
            return Answer('done', client.execute(request))
        except GoogleError as error:
            if error.status in {404, 410}:
                return Answer('gone')
            if error.status == 412:
                return Answer('later', error=ItemError('unreachable', {
                            'status': error.status,
                            'reason': error.reason,
                            }))
            return cls.google_failure(error)


def _is_unknown_instance(operation):
    return operation.kind == 'instance' and not operation.google_id
