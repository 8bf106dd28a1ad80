# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Series on both sides, for the tests."""
import datetime as dt
from unittest.mock import patch

from trytond.modules.google_calendar.tests.tools import (
    ALICE, EVENT, GoogleCalendarTestCase, database)
from trytond.modules.google_integration import bookkeeping

__all__ = ['OCCURRENCE', 'SeriesTestCase', 'WEEK']

OCCURRENCE = 'google_calendar.occurrence'
WEEK = dt.timedelta(weeks=1)


def _time(member):
    if 'date' in member:
        return dt.date.fromisoformat(member['date'])
    return dt.datetime.fromisoformat(member['dateTime']).astimezone(
        dt.timezone.utc).replace(tzinfo=None)


class SeriesTestCase(GoogleCalendarTestCase):
    "The occurrences of both sides can be compared"

    def prepare(self):
        super().prepare()
        self.set_window(dt.date(2026, 1, 1), dt.date(2027, 12, 31))

    def set_window(self, start, end):
        with database() as pool:
            Configuration = pool.get('google_calendar.configuration')
            configuration = Configuration.get_singleton()
            if not configuration:
                # nobody else does it meanwhile
                with patch.object(Configuration, 'lock'):
                    configuration, = Configuration.create([{}])
            bookkeeping.update(Configuration, [configuration], {
                    'window_start': start, 'window_end': end})

    def series(self, rule='FREQ=WEEKLY;COUNT=5', **values):
        return self.create("Series", recurrence=f'RRULE:{rule}', **values)

    def change(self, series, original_start, scope, **values):
        with self.user() as pool:
            event = pool.get(EVENT)(series).change_occurrence(
                original_start, scope, values)
            return event.id

    def remove(self, series, original_start, scope):
        with self.user() as pool:
            pool.get(EVENT)(series).remove_occurrence(original_start, scope)

    def remote_occurrences(self, calendar=ALICE):
        items, token = [], None
        while True:
            page = self.google.act(
                ALICE, 'calendar.events.list', calendarId=calendar,
                singleEvents=True, timeMin='2026-01-01T00:00:00Z',
                timeMax='2028-01-01T00:00:00Z', maxResults=2500,
                **({'pageToken': token} if token else {}))
            items += page['items']
            token = page.get('nextPageToken')
            if not token:
                break
        day = dt.timedelta(days=1)
        result = []
        for item in items:
            if item['status'] == 'cancelled':
                continue
            start, end = _time(item['start']), _time(item['end'])
            if not isinstance(start, dt.datetime):
                end = max(start, end - day)
            result.append((str(start), str(end), item.get('summary')))
        return sorted(result)

    def local_occurrences(self, calendar=None):
        with database(commit=False) as pool:
            return sorted(
                (
                    str(o.start_date if o.all_day else o.start),
                    str(o.end_date if o.all_day else o.end),
                    o.stored_event.summary)
                for o in pool.get(OCCURRENCE).search([
                        ('calendar', '=', calendar or self.calendar),
                        ('first_day', '<', dt.date(2028, 1, 1)),
                        ]))

    def assert_same_occurrences(self, count=None):
        remote = self.remote_occurrences()
        self.assertEqual(self.local_occurrences(), remote)
        if count is not None:
            self.assertEqual(len(remote), count)

    def sent(self):
        "What was asked of Google since the last look, but for the listings"
        return sorted(
            r.removeprefix('calendar.events.') for r in self.requests()
            if r.startswith('calendar.events.')
            and r != 'calendar.events.list')

    def at(self, *names):
        "The starts and these values of the occurrences here"
        with database(commit=False) as pool:
            return [
                (o.start, *(getattr(o.stored_event, n) for n in names))
                for o in pool.get(OCCURRENCE).search([])]
