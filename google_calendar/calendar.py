# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The calendars of Google that are synchronised."""
import json

from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration.apply import gone
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.google_two_way import GoogleTwoWay
from trytond.modules.google_integration.operation import (
    Answer, Change, Changes, CursorExpired, ItemError)
from trytond.pyson import Eval
from trytond.transaction import Transaction, without_check_access

from . import mapping

__all__ = ['Calendar']

# the maximum of https://developers.google.com/calendar/api/v3/reference/events/list
PAGE = 2500
CALENDAR_PAGE = 250
# https://developers.google.com/calendar/api/v3/reference/calendarList
WRITER_ROLES = {'writerWithoutPrivateAccess', 'writer', 'owner'}
ROLES = {'none', 'freeBusyReader', 'reader'} | WRITER_ROLES


class Calendar(GoogleTwoWay, ModelSQL, ModelView):
    __name__ = 'google_calendar.calendar'

    google_api = ('calendar', 'v3')
    google_scopes = (
        'https://www.googleapis.com/auth/calendar.calendarlist.readonly',
        'https://www.googleapis.com/auth/calendar.events',
        )
    google_resource = 'google_calendar.event'

    name = fields.Char("Name", required=True)
    google_id = fields.Char(
        "Google Calendar", required=True, strip=False,
        states={
            'readonly': Eval('id', -1) >= 0,
            },
        help="The identifier of the calendar at Google.")
    description = fields.Text("Description", readonly=True)
    time_zone = fields.Char("Time Zone", readonly=True)
    color = fields.Char("Color", readonly=True)
    access_role = fields.Selection([
            (None, ""),
            ('none', "None"),
            ('freeBusyReader', "See Free and Busy"),
            ('reader', "See Events"),
            ('writerWithoutPrivateAccess', "Change Events but Private Ones"),
            ('writer', "Change Events"),
            ('owner', "Change Events and Share"),
            ], "Access", readonly=True, sort=False,
        help="What the account may do with the calendar at Google.")
    primary = fields.Boolean("Primary", readonly=True)
    events = fields.One2Many(
        'google_calendar.event', 'calendar', "Events")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('name', 'ASC'), ('id', 'ASC')]
        table = cls.__table__()
        cls._sql_constraints.append((
                'google_id_unique',
                Unique(table, table.credentials, table.google_id),
                'google_calendar.msg_calendar_unique'))

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        super().check_modification(
            mode, records, values=values, external=external)
        if mode == 'write' and values:
            for name in {'credentials', 'google_id'} & values.keys():
                if any(_plain(getattr(r, name)) != values[name]
                        for r in records):
                    raise AccessError(gettext(
                            'google_calendar.msg_calendar_fixed',
                            **cls.__names__(name)))

    @property
    def google_writable(self):
        return self.access_role in {None} | WRITER_ROLES

    @property
    def google_sends(self):
        return super().google_sends and self.google_writable

    def google_parameters(self):
        return {'calendar_id': self.google_id}

    def get_last_error(self, name):
        error = super().get_last_error(name)
        if not error and not self.google_writable and self.backlog:
            return gettext(
                'google_calendar.msg_calendar_read_only',
                calendar=self.rec_name, count=self.backlog)
        return error

    # Discovery

    @classmethod
    def discover(cls, credentials):
        """Create the disabled records of the calendars of the account.

        https://developers.google.com/calendar/api/v3/reference/calendarList/list
        """
        credentials_id = credentials.id
        client = credentials.get_client(*cls.google_api)
        Transaction().commit()
        try:
            entries = cls._list_calendars(client)
        finally:
            client.close()
        cls._save_calendars(credentials_id, entries)

    @classmethod
    def _list_calendars(cls, client):
        entries, page_token, seen = {}, None, set()
        # a token that comes again would never end
        while page_token not in seen:
            seen.add(page_token)
            answer = client.execute(client.api.calendarList().list(
                    maxResults=CALENDAR_PAGE, pageToken=page_token))
            entries.update(
                (e['id'], e) for e in _identified(answer))
            page_token = answer.get('nextPageToken')
            if not page_token:
                break
        return list(entries.values())

    @classmethod
    @without_check_access
    def _save_calendars(cls, credentials_id, entries):
        known = {
            c.google_id: c for c in cls.search([
                    ('credentials', '=', credentials_id),
                    ])}
        to_create, to_write = [], []
        for entry in entries:
            values = mapping.calendar_values(entry)
            values = {n: v for n, v in values.items() if n in cls._fields}
            if values['access_role'] not in ROLES:
                # unknown here, or not told
                del values['access_role']
            calendar = known.get(entry['id'])
            if not calendar:
                to_create.append({
                        'credentials': credentials_id,
                        'google_id': entry['id'],
                        **values,
                        })
            else:
                values = {
                    n: v for n, v in values.items()
                    if getattr(calendar, n) != v}
                if values:
                    to_write.extend([[calendar], values])
        if to_create:
            cls.create(to_create)
        if to_write:
            cls.write(*to_write)

    # Network

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
            [cls._change(e) for e in _identified(answer)],
            # without token the next run lists everything again
            json.dumps(tokens) if tokens else None, more, service)

    @staticmethod
    def _change(resource):
        return Change(
            resource['id'], resource, deleted=mapping.is_deleted(resource))

    @classmethod
    def look_up(cls, client, google_ids):
        answers = client.batch([
                client.api.events().get(
                    calendarId=client.parameters['calendar_id'], eventId=id)
                for id in google_ids])
        if any(_not_found(a) for a in answers):
            cls._check_found(client)
        changes = []
        for id, answer in zip(google_ids, answers, strict=True):
            if not isinstance(answer, GoogleError):
                changes.append(cls._change(answer))
            elif answer.status in {404, 410}:
                changes.append(gone(id))
            else:
                failure = cls.google_failure(answer)
                if failure.status == 'later':
                    raise answer
                changes.append(Change(id, {'id': id}, error=failure.error))
        return changes

    @classmethod
    def _check_found(cls, client):
        "Raise the error of Google if it is the calendar that is not found"
        client.execute(client.api.events().list(
                calendarId=client.parameters['calendar_id'], maxResults=1,
                fields='accessRole'))

    @classmethod
    def push(cls, client, operations):
        """Send the operations in one batch.

        https://developers.google.com/calendar/api/guides/batch
        """
        answers = client.batch([cls._request(client, o) for o in operations])
        if any(_not_found(a) for a in answers):
            try:
                cls._check_found(client)
            except GoogleError as error:
                failure = cls.google_failure(error)
                return [
                    failure if isinstance(a, GoogleError)
                    else Answer('done', a or None) for a in answers]
        return [
            cls._answer(client, operation, answer)
            for operation, answer in zip(operations, answers, strict=True)]

    @classmethod
    def _request(cls, client, operation):
        events = client.api.events()
        parameters = {
            'calendarId': client.parameters['calendar_id'],
            # nobody is invited as long as guests are not modelled
            'sendUpdates': 'none',
            }
        match operation.kind:
            case 'insert':
                return events.insert(
                    body={**operation.body, 'id': operation.google_id},
                    **parameters)
            case 'patch':
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
            return Answer('done', answer or None)
        error = answer
        match error.status, error.reason:
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
        return client.execute(client.api.events().get(
                calendarId=client.parameters['calendar_id'],
                eventId=operation.google_id))

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
    def _existing(cls, client, operation):
        "The event exists already: by a lost answer, or it was deleted"
        try:
            resource = cls._get(client, operation)
            if not mapping.is_deleted(resource):
                return Answer('conflict', resource)
            request = client.api.events().patch(
                calendarId=client.parameters['calendar_id'],
                eventId=operation.google_id, sendUpdates='none',
                body=mapping.to_restore(operation.body))
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


def _identified(answer):
    "The resources of a listing: without identifier it is none"
    items = answer.get('items')
    return [
        item for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict) and isinstance(item.get('id'), str)
        and item['id'] and item['id'].isprintable()]


def _not_found(answer):
    return isinstance(answer, GoogleError) and answer.status == 404


def _plain(value):
    return value.id if hasattr(value, 'id') else value
