# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A calendar that is synchronised with the emulator, for the tests."""
import datetime as dt

from trytond.modules.google_integration.tests.tools import database
from trytond.modules.google_integration.tests.two_way_case import (
    ACCESS, ALICE, BOB, CREDENTIALS, TwoWayTestCase)

__all__ = [
    'ACCESS', 'ALICE', 'BOB', 'CALENDAR', 'CREDENTIALS', 'EVENT',
    'GoogleCalendarTestCase', 'HOUR', 'MORNING', 'POLICIES', 'at',
    'database', 'local_events', 'remote_events', 'timed']

CALENDAR = 'google_calendar.calendar'
EVENT = 'google_calendar.event'
POLICIES = ['newest', 'tryton', 'google', 'manual']
MORNING = dt.datetime(2026, 12, 1, 9)
HOUR = dt.timedelta(hours=1)


def at(time):
    "A time of Google"
    return time.strftime('%Y-%m-%dT%H:%M:%SZ')


def timed(summary, start=MORNING, **values):
    "The body of an event of one hour"
    return {
        'summary': summary,
        'start': {'dateTime': at(start), 'timeZone': 'UTC'},
        'end': {'dateTime': at(start + HOUR), 'timeZone': 'UTC'},
        **values}


def remote_events(google, calendar=ALICE, user=ALICE):
    "What Google has, by identifier, in words of its own"
    entry, = [c for c in google.dump(user) if c['id'] == calendar]
    ids = {e['id'] for e in entry['events']}
    return {
        e['id']: _remote(e) for e in entry['events']
        # an exception is gone with its series
        if e.get('recurringEventId', e['id']) in ids}


def _remote(event):
    if event['status'] == 'cancelled':
        # Google tells no more of a cancelled occurrence
        return 'cancelled'
    if 'date' in event.get('start', {}):
        # the last day is exclusive at Google
        last = (dt.date.fromisoformat(event['end']['date'])
            - dt.timedelta(days=1))
        times = (event['start']['date'], last.isoformat())
    else:
        times = tuple(
            dt.datetime.fromisoformat(event[n]['dateTime']).astimezone(
                dt.timezone.utc).replace(tzinfo=None).isoformat()
            for n in ['start', 'end'])
    return (
        event.get('summary'), event.get('description'),
        event.get('location'), times, event['status'],
        event.get('visibility', 'default'),
        event.get('transparency', 'opaque'),
        '\n'.join(event.get('recurrence', [])))


def local_events(records):
    "What Tryton has, in the same words"
    return {r.google_id: _local(r) for r in records}


def _local(record):
    if record.status == 'cancelled':
        return 'cancelled'
    if record.all_day:
        times = (
            record.start_date.isoformat(), record.end_date.isoformat())
    else:
        times = (record.start.isoformat(), record.end.isoformat())
    return (
        record.summary or None, record.description or None,
        record.location or None, times, record.status, record.visibility,
        record.transparency, record.recurrence or '')


class GoogleCalendarTestCase(TwoWayTestCase):
    "A calendar of Alice"
    modules = ['google_calendar']
    service_model = CALENDAR
    service_name = 'calendar'
    list_request = 'calendar.events.list'
    write_requests = {'insert', 'patch', 'update', 'delete', 'import', 'move'}

    # The database

    def create(self, summary="Here", start=MORNING, **values):
        "Create an event as a person and return its id"
        with self.user() as pool:
            event, = pool.get(EVENT).create([{
                        'calendar': self.calendar,
                        'summary': summary,
                        'start': start,
                        'end': start + HOUR,
                        'time_zone': 'UTC',
                        **values}])
            return event.id

    def write(self, id, **values):
        with self.user() as pool:
            Event = pool.get(EVENT)
            Event.write([Event(id)], values)

    def delete(self, *ids):
        with self.user() as pool:
            Event = pool.get(EVENT)
            Event.delete(Event.browse(ids))

    def find(self, summary, calendar=None):
        "The id of the event"
        with database(commit=False) as pool:
            event, = pool.get(EVENT).search([
                    ('summary', '=', summary),
                    ('calendar', '=', calendar or self.calendar),
                    ])
            return event.id

    def event(self, id, *names):
        return self.read(EVENT, id, *names)

    # Both sides

    def remote(self, calendar=ALICE, user=ALICE):
        return remote_events(self.google, calendar, user)

    def local(self, calendar=None):
        with database(commit=False) as pool:
            return local_events(pool.get(EVENT).search([
                        ('calendar', '=', calendar or self.calendar),
                        ]))

    def google_dump(self):
        return self.google.dump(ALICE, deleted=True)


del TwoWayTestCase
