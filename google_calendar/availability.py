# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""When people are busy: what Google tells and what it does not know yet."""
import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import check_access

from . import free_busy, recurrence

__all__ = ['Moved', 'add_own', 'ask', 'own_periods']

NOON = dt.time(12)
# between the days of a zone and those of UTC
MARGIN = dt.timedelta(days=2)
CHUNK = 250


@dataclass(frozen=True)
class Moved:
    "An event, or one of its occurrences, for which a time is looked for"
    event: int
    period: tuple


def ask(client, ids, start, end):
    """Ask Google and return the `Availability` of each identifier.

    https://developers.google.com/workspace/calendar/api/v3/reference/freebusy/query
    """
    bodies = free_busy.questions(ids, start, end)
    answers = []
    while bodies:
        body = bodies.pop(0)
        answer = client.execute(client.api.freebusy().query(body=body))
        answers.append((body, answer))
        bodies.extend(free_busy.again(body, answer))
    return free_busy.read(ids, answers)


def add_own(found, start, end, zone, moved=None):
    """Add to what Google tells what Tryton knows of the user's calendars.

    That is what was not sent yet, all of a calendar of which Google tells
    nothing. ``moved`` is the `Moved` that does not stand in its own way.
    """
    if moved:
        for availability in found.values():
            if moved.period in availability.busy:
                availability.busy.remove(moved.period)
    for calendar in _calendars(found):
        availability = found[calendar.google_id.lower()]
        states = (
            [] if availability.error else [
                ('google_state', 'not in', ['synchronized', 'to_delete'])])
        availability.busy = free_busy.merge([
                *availability.busy,
                *own_periods(calendar, start, end, zone, states, moved)])


@check_access
def _calendars(found):
    "The calendars that the user sees and that are asked about"
    Calendar = Pool().get('google_calendar.calendar')
    return [
        c for c in Calendar.search([('enabled', '=', True)])
        if c.google_id.lower() in found]


def own_periods(calendar, start, end, zone, domain=(), moved=None):
    "The periods in which the events of the calendar keep its owner busy"
    Event = Pool().get('google_calendar.event')
    events = Event.search([
            ('calendar', '=', calendar.id),
            ('status', '!=', 'cancelled'),
            ('transparency', '=', 'opaque'),
            ('start', '<', end + MARGIN),
            ['OR',
                ('end', '>', start - MARGIN),
                ('recurrence', '!=', None),
                ],
            ['OR',
                ('response', '=', None),
                ('response', '!=', 'declined'),
                ],
            *domain])
    moved_starts = _moved_starts(calendar, events)
    for event in events:
        for period in _event_periods(
                event, start, end, zone, moved_starts[event.google_id]):
            if (period[0] < end and period[1] > start
                    and Moved(event.id, period) != moved):
                yield period


def _event_periods(event, start, end, zone, moved_starts):
    first = (
        (event.start_date, event.end_date) if event.all_day
        else (event.start, event.end))
    if not event.recurrence:
        yield _period(event, *first, zone)
        return
    try:
        for times in recurrence.expand(
                event.google_values(), start - MARGIN, end + MARGIN):
            if _original(event, times[0]) not in moved_starts:
                yield _period(event, *times, zone)
    except recurrence.RecurrenceError:
        # kept as Google has it: only the first occurrence is known
        yield _period(event, *first, zone)


def _period(event, start, end, zone):
    if event.all_day:
        return free_busy.day_period(start, end, zone)
    return start, end


def _original(event, start):
    return dt.datetime.combine(start, NOON) if event.all_day else start


def _moved_starts(calendar, events):
    """The original starts of the occurrences that are events of their own

    By the identifier of their series.
    """
    Event = Pool().get('google_calendar.event')
    series = [e.google_id for e in events if e.recurrence and e.google_id]
    starts = defaultdict(set)
    for sub_series in grouped_slice(series, CHUNK):
        for event in Event.search([
                    ('calendar', '=', calendar.id),
                    ('recurring_identifier', 'in', list(sub_series)),
                    ]):
            starts[event.recurring_identifier].add(event.original_start)
    return starts
