# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The hooks by which events are mapped and sent."""
import datetime as dt
import json
import uuid

from sql import Null
from sql.operators import Exists

from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.google_engine import due
from trytond.modules.google_integration.google_resource import GoogleResource
from trytond.modules.google_integration.merge import Unit, difference
from trytond.modules.google_integration.operation import ItemError, Operation

from . import mapping, record_link
from .event_rights import EDITABLE_TYPES
from .instance import original_start_text
from .kept import add_kept
from .recurrence import RecurrenceError, expand
from .recurrence_lines import UTC, localize
from .times import zone_of

__all__ = ['GoogleEvent']

# the values of which the field has another name
FIELDS = {'recurring_event_id': 'recurring_identifier'}
# the values of the children, and the fields of these
CHILDREN = {
    'attendees': ('email', 'name', 'optional'),
    'answers': (
        'email', 'response', 'comment', 'additional_guests', 'room',
        'organizer', 'own'),
    'reminders': ('method', 'minutes'),
    'attachments': ('url', 'title', 'mime_type'),
    }
# of an occurrence that is cancelled
CANCELLATION = Unit('cancellation', tuple(
        name for unit in mapping.UNITS if not unit.read_only
        for name in unit.fields))


class GoogleEvent(GoogleResource):
    "What the synchronisation knows of an event"
    __slots__ = ()

    google_service_field = 'calendar'
    google_units = mapping.UNITS

    # Mapping

    @staticmethod
    def google_to_values(resource):
        try:
            values = mapping.to_values(resource)
        except mapping.MappingError as error:
            raise _item_error(error) from error
        # the records of another Tryton mean nothing here
        values['resource'] = record_link.own(values['resource'])
        return values

    @staticmethod
    def google_to_resource(values, units, baseline):
        if (values['status'] == 'cancelled' and baseline is not None
                and (units is None or 'status' in units)):
            # it can be restored at Google: what it was stays, of which
            # little may be known here
            return {'status': 'cancelled'}
        try:
            return mapping.to_resource(values, units, baseline)
        except mapping.MappingError as error:
            raise _item_error(error) from error

    @classmethod
    def google_merge_units(cls, base, ours, theirs):
        units = super().google_merge_units(base, ours, theirs)
        if (base and (ours['status'] == 'cancelled')
                != (theirs['status'] == 'cancelled')
                and difference(units, base, ours)
                and difference(units, base, theirs)):
            # what one cancels and the other changes is one conflict, or the
            # change would be lost with the occurrence
            return [CANCELLATION] + [u for u in units if u.read_only]
        return units

    @staticmethod
    def google_is_deleted(resource):
        return mapping.is_deleted(resource)

    @staticmethod
    def google_updated(resource):
        return mapping.updated(resource)

    @classmethod
    def google_new_id(cls):
        return mapping.event_id(uuid.uuid4())

    def google_values(self):
        values = {}
        for name in self.google_value_names():
            if name in CHILDREN:
                values[name] = self.google_children(name)
            elif name == 'resource':
                values[name] = record_link.text(self.resource)
            else:
                values[name] = getattr(self, FIELDS.get(name, name))
        return mapping.canonical(values)

    def google_children(self, name):
        "The values of children; the answers are those of the guests"
        children = getattr(self, 'attendees' if name == 'answers' else name)
        return [
            {n: getattr(c, n) for n in CHILDREN[name]} for c in children]

    @classmethod
    def google_record_values(cls, service, values, record=None):
        values = {FIELDS.get(n, n): v for n, v in values.items()}
        if 'resource' in values:
            values['resource'] = record_link.find(
                values['resource'], service.credentials)
        attendees = values.pop('attendees', None)
        answers = values.pop('answers', None)
        if attendees is not None or answers is not None:
            ours = record.google_values() if record else {}
            if attendees is None:
                attendees = ours.get('attendees', [])
            if answers is None:
                answers = ours.get('answers', [])
            values['attendees'] = _commands(
                record.attendees if record else [],
                _with_answers(attendees, answers), ['email'])
        for name in ['reminders', 'attachments']:
            if name in values:
                values[name] = _commands(
                    getattr(record, name) if record else [],
                    values[name], CHILDREN[name])
        return {n: v for n, v in values.items() if v != []}

    # Sending

    @classmethod
    def google_settled(cls):
        # the choice was for what was sent
        return {'notifications': None, 'google_kept': None}

    @classmethod
    def google_pending(cls, service, limit=None):
        """The events that are due.

        What is changed of an occurrence waits for its series: Google makes
        the occurrence of what the series is.
        """
        master = cls.__table__()

        def ready(table):
            lost = ((table.google_state == 'pushing')
                & (table.google_id == Null))
            return (due(table) | lost) & ~(
                (table.google_etag == Null)
                & Exists(master.select(
                        master.id,
                        where=(master.calendar == table.calendar)
                        & (master.google_id == table.recurring_identifier)
                        & (due(master)
                            | (master.google_state == 'pushing')))))
        return cls.google_rows(service, ready, limit)

    def google_operation(self):
        if self.recurring_identifier and not self.google_etag:
            operation = self._instance_operation()
        else:
            self.check_insert()
            operation = super().google_operation()
        if operation:
            self._complete(operation)
        return operation

    def check_insert(self):
        "What somebody else organizes is not created by us"
        if (not self.google_etag and self.organizer_email
                and not self.organizer_own and self.ical_uid
                and not self.google_imports):
            raise ItemError('google_calendar.not_organizer', {
                    'organizer': self.organizer_email,
                    })

    @property
    def google_imports(self):
        "Tell if the event is sent as the copy of somebody else's"
        return False

    def _instance_operation(self):
        "The first write of one occurrence of a series"
        values = self.google_values()
        base = self.google_base
        if self._too_often:
            raise ItemError('busy')
        units = difference(
            self.google_units,
            self.google_to_values(base) if base else None, values)
        if base and not units and not self.google_kept:
            return
        operation = Operation(
            'instance', self.__name__, self.id, self.google_id,
            revision=self.google_revision,
            body=self.google_to_resource(values, units, base or {}))
        operation.parameters = self.google_parameters(operation)
        operation.parameters['recurring_id'] = self.recurring_identifier
        return operation

    @classmethod
    def google_prepare(cls, service, records):
        operations, errors = super().google_prepare(service, records)
        cls._set_original_starts(
            [o for o in operations if o.kind == 'instance'])
        # changed and changed back before it was sent
        cls._remove_plain([r.id for r in records if r.recurring_identifier])
        return operations, errors

    @classmethod
    def _set_original_starts(cls, operations):
        "Say which occurrences they are: days if their series is of days"
        events = cls.browse([o.id for o in operations])
        masters = cls._masters(events)
        # read together
        series = {e.id: e for e in cls.browse(
                {id for id in masters.values() if id is not None})}
        for operation, event in zip(operations, events, strict=True):
            all_day = series.get(masters[event.id], event).all_day
            operation.parameters['original_start'] = original_start_text(
                event.original_start, all_day, event.time_zone)

    @classmethod
    def google_confirm(cls, service, operations, answers):
        result = super().google_confirm(service, operations, answers)
        found = [
            o.id for o, a in zip(operations, answers, strict=True)
            if o.kind == 'instance' and a.status in {'conflict', 'void'}]
        if found:
            # it was only looked up: Google may not know it as an exception
            bookkeeping.update(
                cls, found, {'google_etag': None},
                lambda table: table.google_state.in_(
                    ['synchronized', 'conflict']))
            cls._remove_plain(found)
        return result

    @classmethod
    def _remove_plain(cls, ids):
        """Remove the exceptions that are none at Google

        It would not tell when they change with their series.
        """
        plain = cls.search([
                ('id', 'in', ids),
                ['OR',
                    ('google_state', '=', 'to_delete'),
                    [
                        ('google_state', '=', 'synchronized'),
                        ('google_etag', '=', None),
                        ]],
                ]) if ids else []
        if plain:
            # without a tombstone
            bookkeeping.update(cls, plain, {'google_state': 'to_delete'})
            cls.delete(cls.browse([e.id for e in plain]))

    def _complete(self, operation):
        "What is not the value of a field"
        body = operation.body
        if 'createRequest' in (body.get('conferenceData') or {}):
            body['conferenceData']['createRequest']['requestId'] = (
                uuid.uuid4().hex)
        properties = body.get('extendedProperties', {}).get('private', {})
        if properties and self._has_own_source:
            body['source'] = record_link.source(self.resource)
            if not body['source'] and operation.kind == 'insert':
                del body['source']
        if operation.kind == 'insert':
            body.setdefault('extendedProperties', {}).setdefault(
                'private', {})['trytonEvent'] = record_link.event_text(self)
        if (self.google_kept and operation.kind in {'insert', 'instance'}
                and self.status != 'cancelled'):
            operation.body = add_kept(
                body, json.loads(self.google_kept), self.google_values())

    @property
    def _has_own_source(self):
        "Tell if Google takes a source and has none of somebody else"
        source = (self.google_base or {}).get('source')
        return self.event_type in EDITABLE_TYPES and (
            not source or record_link.is_own_source(source))

    def google_parameters(self, operation):
        return {
            'send_updates': self._send_updates(operation),
            'series': bool(self.recurrence),
            }

    def _send_updates(self, operation):
        """Who gets mails of Google about the change: all, externalOnly or none

        https://developers.google.com/workspace/calendar/api/v3/reference/events/patch
        """
        if operation.kind != 'insert' and self.google_base:
            units = difference(
                self.google_units, self.google_to_values(self.google_base),
                self.google_values())
            if units <= mapping.PRIVATE:
                return 'none'
        return self.mails

    @property
    def mails(self):
        "The mails of the next change: all, externalOnly or none"
        if self.is_past:
            return 'none'
        return self.notifications or self.calendar.notifications

    @property
    def is_past(self):
        now, last = bookkeeping.utcnow(), dt.datetime.max
        start, end = self.start, self.end
        if self.all_day:
            # the last day ends where the calendar is
            zone = zone_of(self.calendar.time_zone) or UTC
            now, last = localize(now, zone).date(), dt.date.max
            start, end = self.start_date, self.end_date
        if not end or end >= now:
            return False
        if not self.recurrence:
            return True
        try:
            return next(expand(
                    self.google_values(), now - (end - start), last),
                None) is None
        except RecurrenceError:
            return False

    def google_burial(self):
        return {'send_updates': self.mails}


def _item_error(error):
    return ItemError(f'google_calendar.{error.code}', error.arguments)


def _with_answers(attendees, answers):
    "The guests with what they and Google tell, as values of the records"
    known = {}
    for answer in answers:
        known.setdefault(answer['email'], answer)
    blank = dict.fromkeys(CHILDREN['answers'])
    return [
        {**blank, **known.get(a['email'], {}), **a} for a in attendees]


def _commands(records, items, key):
    "The commands that make the children of a record equal to the items"
    existing = {}
    for record in records:
        existing.setdefault(
            tuple(getattr(record, n) for n in key), []).append(record)
    to_create, commands = [], []
    for item in items:
        found = existing.get(tuple(item[n] for n in key))
        if found:
            record = found.pop(0)
            values = {
                n: v for n, v in item.items() if getattr(record, n) != v}
            if values:
                commands.append(('write', [record.id], values))
        else:
            to_create.append(item)
    to_delete = [r.id for found in existing.values() for r in found]
    if to_delete:
        commands.append(('delete', to_delete))
    if to_create:
        commands.append(('create', to_create))
    return commands
