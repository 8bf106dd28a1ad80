# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Keeping the rows of the occurrences equal to the events.

The rows are written by SQL, many at a time: a first synchronisation makes tens
of thousands of them.
"""
from collections import defaultdict

from sql import Column, Null

from trytond.model import fields
from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

from .occurrence_rows import NAMES, rows_of

__all__ = ['OccurrencesMixin', 'Refresh']

# the values of an event from which its rows are made
COLUMNS = [
    'id', 'calendar', 'all_day', 'start', 'end', 'start_date', 'end_date',
    'time_zone', 'recurrence', 'status', 'recurring_identifier',
    'original_start', 'google_id']
WATCHED = set(COLUMNS)
# the columns of a row
ROW = ['calendar', 'stored_event', *NAMES]
CHUNK = 250


class OccurrencesMixin:
    "Events of which the occurrences are kept current"
    __slots__ = ()

    @classmethod
    def create(cls, vlist):
        events = super().create(vlist)
        Pool().get('google_calendar.occurrence').refresh(events)
        return events

    @classmethod
    def write(cls, *args):
        Occurrence = Pool().get('google_calendar.occurrence')
        changed = []
        former = []
        for events, values in zip(args[::2], args[1::2], strict=True):
            if WATCHED & values.keys():
                changed.extend(events)
                if {'recurring_identifier', 'original_start', 'google_id'} & (
                        values.keys()):
                    former.extend(events)
        # the series that an exception leaves
        series = Occurrence.series_of(former)
        super().write(*args)
        if changed:
            Occurrence.refresh(cls.browse(changed) + series)

    @classmethod
    def delete(cls, events):
        Occurrence = Pool().get('google_calendar.occurrence')
        series = Occurrence.series_of(events)
        Occurrence.forget(events)
        super().delete(events)
        gone = {int(e) for e in events}
        Occurrence.refresh([e for e in series if e.id not in gone])


class Refresh:
    "How the occurrences are made"
    __slots__ = ()

    @classmethod
    def refresh(cls, events):
        """Make the rows of the events equal to what they are

        Those of the series of an exception are, too.
        """
        ids = list(dict.fromkeys(int(e) for e in events))
        if not ids:
            return
        low, high = Pool().get(
            'google_calendar.configuration').occurrence_window()
        for sub_ids in grouped_slice(ids, CHUNK):
            cls._refresh(list(sub_ids), low, high)

    @classmethod
    def _refresh(cls, ids, low, high):
        found = cls._events(lambda table: fields.SQL_OPERATORS['in'](
                table.id, ids))
        series = cls._series(found)
        known = {e['id'] for e in found}
        found += [e for e in series if e['id'] not in known]
        removed = cls._exceptions(found)
        rows = {}
        for event in found:
            key = event['calendar'], event['google_id']
            for row in rows_of(
                    event, removed.get(key, ()), low, high):
                rows.setdefault(
                    (event['id'], row[-1]),
                    [event['calendar'], event['id'], *row])
        rows = cls._update([e['id'] for e in found], rows)
        cls._insert(list(rows.values()))

    @classmethod
    def _events(cls, where):
        "The values of the events for which the SQL condition holds"
        pool = Pool()
        Event = pool.get('google_calendar.event')
        Calendar = pool.get('google_calendar.calendar')
        table, calendar = Event.__table__(), Calendar.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table
            .join(calendar, condition=calendar.id == table.calendar)
            .select(
                *(Column(table, name) for name in COLUMNS),
                calendar.time_zone, where=where(table)))
        names = [*COLUMNS, 'calendar_zone']
        return [dict(zip(names, row, strict=True)) for row in cursor]

    @classmethod
    def _series(cls, events):
        "The values of the series of the exceptions"
        keys = defaultdict(set)
        for event in events:
            if event['recurring_identifier']:
                keys[event['calendar']].add(event['recurring_identifier'])
        return cls._of_keys(keys, 'google_id')

    @classmethod
    def _of_keys(cls, keys, name):
        "The values of the events of which a column is one of the keys"
        result = []
        for calendar, identifiers in keys.items():
            for sub in grouped_slice(list(identifiers), CHUNK):
                result += cls._events(lambda table: (
                        (table.calendar == calendar)
                        & fields.SQL_OPERATORS['in'](
                            Column(table, name), list(sub))))
        return result

    @classmethod
    def _exceptions(cls, events):
        "The original starts of the exceptions, by calendar and series"
        Event = Pool().get('google_calendar.event')
        keys = defaultdict(set)
        for event in events:
            if event['recurrence'] and event['google_id']:
                keys[event['calendar']].add(event['google_id'])
        removed = defaultdict(set)
        cursor = Transaction().connection.cursor()
        table = Event.__table__()
        for calendar, identifiers in keys.items():
            for sub in grouped_slice(list(identifiers), CHUNK):
                cursor.execute(*table.select(
                        table.recurring_identifier, table.original_start,
                        where=(table.calendar == calendar)
                        & table.recurring_identifier.in_(list(sub))
                        & (table.original_start != Null)))
                for identifier, start in cursor:
                    removed[calendar, identifier].add(start)
        return removed

    @classmethod
    def series_of(cls, events):
        "The series of which the events are exceptions"
        Event = Pool().get('google_calendar.event')
        keys = defaultdict(set)
        for event in events:
            if event.recurring_identifier:
                keys[event.calendar.id].add(event.recurring_identifier)
        return Event.browse([
                e['id'] for e in cls._of_keys(keys, 'google_id')])

    # Writing

    @classmethod
    def _update(cls, ids, rows):
        "Write and delete the rows that are there, return those to insert"
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        rows = dict(rows)
        to_delete, changed = [], []
        for sub_ids in grouped_slice(ids, CHUNK):
            cursor.execute(*table.select(
                    table.id, *(Column(table, name) for name in ROW),
                    where=fields.SQL_OPERATORS['in'](
                        table.stored_event, list(sub_ids))))
            for id, *values in cursor:
                new = rows.pop((values[1], values[-1]), None)
                if new is None:
                    to_delete.append(id)
                elif new != values:
                    changed.append((id, new))
        for id, new in changed:
            cursor.execute(*table.update(
                    [Column(table, name) for name in ROW],
                    cls._formatted(new), where=table.id == id))
        cls._delete_rows(to_delete)
        cls._forget_read([id for id, _ in changed] + to_delete)
        return rows

    @classmethod
    def _insert(cls, rows):
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        columns = [Column(table, name) for name in ROW]
        for sub_rows in grouped_slice(rows, 500):
            cursor.execute(*table.insert(
                    columns, [cls._formatted(row) for row in sub_rows]))

    @classmethod
    def _formatted(cls, row):
        return [
            cls._fields[name].sql_format(value)
            for name, value in zip(ROW, row, strict=True)]

    @classmethod
    def _delete_rows(cls, ids):
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        for sub_ids in grouped_slice(ids, CHUNK):
            cursor.execute(*table.delete(
                    where=fields.SQL_OPERATORS['in'](
                        table.id, list(sub_ids))))

    @classmethod
    def forget(cls, events):
        "Delete the rows of the events"
        cls._update([int(e) for e in events], {})

    @classmethod
    def stand_in(cls, id, event, day):
        """Let the row of the identifier be that of what it has become

        A client shows it on: if it is gone, the row of the event that is the
        nearest to the day takes its place.
        """
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.id, table.first_day,
                where=(table.id == id) | (table.stored_event == event.id)))
        days = dict(cursor)
        if id in days or not days:
            return
        nearest = min(days, key=lambda i: (abs(days[i] - day), i))
        cursor.execute(*table.update(
                [table.id], [id], where=table.id == nearest))
        cls._forget_read([id, nearest])

    @classmethod
    def _forget_read(cls, ids):
        "Forget what was read of the rows, of the instances too"
        transaction = Transaction()
        if ids:
            transaction.counter += 1
            for cache in transaction.cache.values():
                if cls.__name__ in cache:
                    for id in ids:
                        cache[cls.__name__].pop(id, None)

    # The window moves on

    @classmethod
    def move_window(cls):
        "Bring the rows up to date with the window of today"
        Configuration = Pool().get('google_calendar.configuration')
        old, new = Configuration.move_window()
        if old == new:
            return
        table = cls.__table__()
        Event = Pool().get('google_calendar.event')
        event = Event.__table__()
        cursor = Transaction().connection.cursor()
        if None in old:
            condition = event.id != Null
        else:
            # what begins or ends in what was not in the window
            condition = (
                (event.recurrence != Null)
                | (event.start >= min(old[1], new[1]))
                | (event.end <= max(old[0], new[0])))
        cursor.execute(*event.select(
                event.id, where=condition, order_by=event.id))
        ids = [id for id, in cursor]
        cursor.execute(*table.delete(
                where=(table.last_day < new[0]) | (table.first_day > new[1])))
        cls.refresh(ids)
