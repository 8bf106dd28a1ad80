# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Changing one occurrence of a series, it and those that follow, or all.

It is what Google's own UI does, with as few requests: the series is patched
and never made anew, but for the occurrences that leave it.

https://developers.google.com/workspace/calendar/api/guides/recurringevents
"""
import datetime as dt
import json

from trytond.i18n import gettext
from trytond.model import fields
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import (
    Transaction, check_access, without_check_access)

from . import record_link
from .event_rights import SHARED
from .exceptions import EventRepeatError, EventScopeError
from .instance import instance
from .kept import kept_of
from .occurrence_refresh import CHUNK
from .recurrence import RecurrenceError, expand, moved, occurs, split
from .recurrence_lines import UTC, localize, to_utc
from .repeat import WHEN, when
from .times import noon, zone_of

__all__ = ['SCOPES', 'SeriesMixin', 'TIMES']

SCOPES = ['this', 'following', 'all']
TIMES = [n for n in WHEN if n != 'recurrence']
# what an occurrence has of its series until it is changed itself
INHERITED = [
    'summary', 'description', 'location', 'visibility', 'transparency',
    'color_id']


class SeriesMixin:
    "The scopes of a change of a series"
    __slots__ = ()

    # by RPC it can not be read, see google_baseline
    google_kept = fields.Text(
        "Kept of the Series", readonly=True, strip=False, loading='lazy')

    @classmethod
    def get_recurring_event(cls, events, name):
        "The series, for those who may read it"
        masters = cls._masters(events)
        readable = cls.readable_ids(
            {id for id in masters.values() if id is not None})
        return {
            id: master if master in readable else None
            for id, master in masters.items()}

    @classmethod
    def _masters(cls, events):
        result = dict.fromkeys(map(int, events))
        children = [e for e in events if e.recurring_identifier]
        masters = {
            (m.calendar.id, m.google_id): m.id for m in cls.search([
                    ('calendar', 'in', [e.calendar.id for e in children]),
                    ('google_id', 'in', [
                            e.recurring_identifier for e in children]),
                    ])} if children else {}
        for event in children:
            result[event.id] = masters.get(
                (event.calendar.id, event.recurring_identifier))
        return result

    @classmethod
    def readable_ids(cls, ids):
        "The ids of the events that the user may read"
        Access = Pool().get('ir.model.access')
        readable = set()
        with check_access():
            if Access.check(cls.__name__, 'read', raise_exception=False):
                for sub_ids in grouped_slice(sorted(ids), CHUNK):
                    readable.update(map(int, cls.search(
                                [('id', 'in', list(sub_ids))], order=[])))
        return readable

    @classmethod
    def search_recurring_event(cls, name, clause):
        field, operator, operand = clause[0], clause[1], clause[2]
        if field == name and operand is None:
            return [('recurring_identifier', operator, None)]
        # Tryton does not apply the rules to a search through it
        with check_access():
            events = cls.search([('id' if field == name else field[
                        len(name) + 1:], *clause[1:])])
        return ['OR', ('id', '=', -1), *([
                    ('calendar', '=', e.calendar.id),
                    ('recurring_identifier', '=', e.google_id),
                    ] for e in events if e.google_id)]

    @property
    def series(self):
        "The series of the event, None if it is not of one"
        if self.recurring_identifier:
            return self.recurring_event
        return self if self.recurrence else None

    def change_occurrence(self, original_start, scope, values):
        """Change the occurrence of this series in the scope

        ``original_start`` is naive UTC, noon of an all-day event. The values
        are those of the occurrence. Return the event that has them.
        """
        self._check_scope(original_start, scope)
        # one that is new has no rights of its own
        self._check_fields('editable', SHARED, [self], values)
        if scope == 'following' and self._is_first(original_start):
            scope = 'all'
        match scope:
            case 'this':
                return self._change_this(original_start, values)
            case 'following':
                return self._change_following(original_start, values)
            case 'all':
                return self._change_all(original_start, values)

    def remove_occurrence(self, original_start, scope, notifications=None):
        "Remove the occurrence of this series in the scope"
        cls = type(self)
        self._check_scope(original_start, scope)
        if scope == 'following' and self._is_first(original_start):
            scope = 'all'
        match scope:
            case 'this' if self.editable:
                self._change_this(original_start, {
                        'status': 'cancelled',
                        'notifications': notifications,
                        })
            case 'this':
                # a guest can not cancel it
                self._change_this(original_start, {
                        'response': 'declined',
                        'notifications': notifications,
                        })
            case 'following':
                self._check_split()
                before, _ = self._split(original_start)
                self._drop(self._exceptions_from(original_start))
                cls.write([self], {
                        'recurrence': before,
                        'notifications': notifications,
                        })
            case 'all':
                if notifications:
                    cls.write([self], {'notifications': notifications})
                cls.delete([self])

    # Checks

    def _check_scope(self, original_start, scope):
        if Transaction().check_access:
            bookkeeping.check_write(type(self), [self])
        if scope not in SCOPES:
            raise ValueError(scope)
        if not self.recurrence:
            raise EventScopeError(gettext(
                    'google_calendar.msg_event_no_series',
                    event=self.rec_name))
        if scope != 'all' and not self.is_occurrence(original_start):
            raise EventScopeError(gettext(
                    'google_calendar.msg_event_no_occurrence',
                    event=self.rec_name))

    def _check_split(self):
        if not self.editable or not self.organized:
            raise EventScopeError(gettext(
                    'google_calendar.msg_event_split_rights',
                    event=self.rec_name))

    def is_occurrence(self, original_start):
        return occurs(when(self), self._key(original_start))

    def _key(self, original_start):
        "The original start as the recurrence knows it"
        return original_start.date() if self.all_day else original_start

    def _is_first(self, original_start):
        values = when(self)
        start = values['start_date' if self.all_day else 'start']
        first = next(expand(values, start, dt.datetime.max), None)
        return not first or self._key(original_start) <= first[0]

    def _split(self, original_start):
        try:
            return split(
                self.recurrence, when(self), self._key(original_start))
        except RecurrenceError:
            raise EventRepeatError(gettext(
                    'google_calendar.msg_event_split', event=self.rec_name))

    # Changing

    def _change_this(self, original_start, values):
        event = self.make_exception(original_start)
        type(self).write([event], values)
        return event

    def _change_all(self, original_start, values):
        cls = type(self)
        current = self._occurrence_times(original_start)
        cls.write([self], _moved_values(values, current, when(self)))
        series = cls(self.id)
        exception = series._exception(original_start)
        contents = {
            n: v for n, v in _contents(values).items()
            if exception and getattr(exception, n) != v}
        # where there is no occurrence any more Google resets it
        if contents and occurs(when(series), series._key(original_start)):
            cls.write([exception], {
                    **contents,
                    'notifications': values.get('notifications'),
                    })
        return series

    def _change_following(self, original_start, values):
        cls = type(self)
        self._check_split()
        if self.attendees_omitted:
            # they would be lost
            raise EventScopeError(gettext(
                    'google_calendar.msg_error_attendees_omitted'))
        before, after = self._split(original_start)
        current = self._occurrence_times(original_start)
        start = moved(when(self), self._key(original_start))
        exceptions = self._exceptions_from(original_start)
        new, = cls.copy([self], default={
                **{n: start[n] for n in TIMES},
                'recurrence': after,
                'conference': self.conference,
                })
        with without_check_access():
            # the exceptions name their series
            bookkeeping.update(cls, [new], {
                    'google_id': cls.google_new_id(),
                    'google_kept': self._kept(),
                    })
        cls.write([new], _moved_values(values, current, start))
        cls.write([self], {
                'recurrence': before,
                'notifications': values.get('notifications'),
                })
        cls._attach(
            exceptions, self, start, cls(new.id),
            {original_start: _contents(values)}, values.get('notifications'))
        return cls(new.id)

    def _occurrence_times(self, original_start):
        "The times that the occurrence has now"
        exception = self._exception(original_start)
        if exception:
            return when(exception)
        return moved(when(self), self._key(original_start))

    # Exceptions

    @without_check_access
    def _exception(self, original_start):
        "The exception that is shown in place of the occurrence"
        exceptions = type(self).search([
                ('calendar', '=', self.calendar.id),
                ('recurring_identifier', '=', self.google_id),
                ('original_start', '=', original_start),
                ('status', '!=', 'cancelled'),
                ], limit=1) if self.google_id else []
        return exceptions[0] if exceptions else None

    @without_check_access
    def _exceptions_from(self, original_start):
        if not self.google_id:
            return []
        return type(self).search([
                ('calendar', '=', self.calendar.id),
                ('recurring_identifier', '=', self.google_id),
                ('original_start', '>=', original_start),
                ])

    @classmethod
    @without_check_access
    def _drop(cls, exceptions):
        "Delete what Google deletes itself"
        bookkeeping.update(cls, exceptions, {'google_id': None})
        cls.delete(cls.browse([e.id for e in exceptions]))

    @classmethod
    @without_check_access
    def _attach(
            cls, exceptions, old, start, new, contents, notifications=None):
        """Make the exceptions those of the new series

        ``start`` are the times at which the new series would have started,
        ``contents`` what was changed of occurrences, by their original start.
        What was sent already is news only to who does not see it.
        """
        quiet = (
            'none' if (notifications or new.calendar.notifications) == 'none'
            else 'externalOnly')
        to_drop, args = [], []
        current = new.google_current
        old_values, new_values = when(old), when(new)
        for exception in exceptions:
            original = _moved_original(
                exception.original_start, start, new_values)
            if not occurs(new_values, original):
                to_drop.append(exception)
                continue
            stored = original if isinstance(
                original, dt.datetime) else noon(original)
            base = instance(current, stored)
            values = cls.google_to_values(base)
            args.extend([[exception], {
                        **exception._inherited(old, new),
                        **contents.get(exception.original_start, {}),
                        **exception._moved_exception(
                            moved(old_values, old._key(
                                    exception.original_start)),
                            values),
                        'recurring_identifier': new.google_id,
                        'original_start': stored,
                        # Google tells if it is another one
                        'google_id': f'{new.google_id}_{_stamp(original)}',
                        'google_etag': None,
                        'google_modified': None,
                        'google_baseline': json.dumps(base),
                        'google_kept': exception._kept(old),
                        'google_confirmed_revision': None,
                        'google_attempts': 0,
                        'google_state': 'to_push',
                        'google_revision': bookkeeping.new_revision(),
                        'google_touched': bookkeeping.utcnow(),
                        'notifications': (
                            quiet if exception.google_state == 'synchronized'
                            else exception.notifications or notifications),
                        'ical_uid': None,
                        'html_link': None,
                        }])
        if args:
            cls.write(*args)
        cls._drop(to_drop)

    def _kept(self, series=None):
        "What Google has that is not shown here, not as the series has it"
        if not self.google_etag:
            return self.google_kept
        kept = kept_of(
            self.google_base, record_link.prefix(),
            series and series.google_base)
        return json.dumps(kept) if kept else None

    def _inherited(self, old, new):
        "What was as in the old series is as in the new one"
        return {
            name: getattr(new, name) for name in INHERITED
            if getattr(self, name) == getattr(old, name)}

    def _moved_exception(self, old, new):
        "The times of an exception, of which those of the occurrence change"
        current = when(self)
        if self.status == 'cancelled' or _same_times(current, old):
            return {n: new[n] for n in TIMES}
        if _same_times(old, new):
            return {}
        return _moved_values({n: new[n] for n in TIMES}, old, current)


def _contents(values):
    "Those that an occurrence has of its own"
    return {n: v for n, v in values.items() if n in INHERITED}


def _same_times(one, other):
    names = (
        ['start_date', 'end_date'] if one['all_day'] else ['start', 'end'])
    return one['all_day'] == other['all_day'] and all(
        one[n] == other[n] for n in names)


def _stamp(original):
    if isinstance(original, dt.datetime):
        return f'{original:%Y%m%dT%H%M%SZ}'
    return f'{original:%Y%m%d}'


def _local(values):
    "The start and end by the wall clock"
    if values['all_day']:
        return tuple(
            dt.datetime.combine(day, dt.time()) for day in [
                values['start_date'],
                values['end_date'] or values['start_date']])
    zone = zone_of(values['time_zone']) or UTC
    return tuple(
        localize(time, zone)
        for time in [values['start'], values['end'] or values['start']])


def _moved_values(values, current, base):
    """Return the values, with the times moved from the base

    The base moves as far as the values are from the current times, by the
    wall clock.
    """
    if not any(n in values and values[n] != current[n] for n in TIMES):
        return {n: v for n, v in values.items() if n not in TIMES}
    new = {**current, **{n: values[n] for n in TIMES if n in values}}
    old_start, _ = _local(current)
    start, end = _local(new)
    days = start.date() - old_start.date()
    base_start, _ = _local(base)
    length = end - start
    result = {n: v for n, v in values.items() if n not in TIMES}
    result.update(
        all_day=new['all_day'], time_zone=new['time_zone'])
    if new['all_day']:
        first = base_start.date() + days
        result.update(start_date=first, end_date=first + length)
        return result
    if current['all_day'] or base['all_day']:
        local = dt.datetime.combine(base_start.date() + days, start.time())
    else:
        local = base_start + (start - old_start)
    zone = zone_of(new['time_zone']) or UTC
    result.update(
        start=to_utc(local, zone), end=to_utc(local + length, zone))
    return result


def _moved_original(original_start, start, new):
    "Where the original start of an exception moves with its series"
    old = {**start}
    if old['all_day']:
        day = original_start.date()
        at = {**old, 'start_date': day, 'end_date': day}
    else:
        at = {**old, 'start': original_start, 'end': original_start}
    times = {n: new[n] for n in TIMES}
    values = _moved_values(times, start, at)
    if new['all_day']:
        return values.get('start_date', at['start_date'])
    return values.get('start', at['start'])
