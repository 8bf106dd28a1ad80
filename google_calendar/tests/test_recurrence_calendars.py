# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import unittest
import zoneinfo
from collections import defaultdict

import icalendar
import recurring_ical_events

from tests.demo.calendars import read_files, to_google
from trytond.modules.google_calendar.mapping import MappingError, to_values
from trytond.modules.google_calendar.recurrence import RecurrenceError, expand

LOW, HIGH = dt.datetime(1990, 1, 1), dt.datetime(2040, 1, 1)
DAY = dt.timedelta(days=1)

# Google refuses them: no rule, no count or no such part
REFUSED = {
    'Germany_Holidays.ics': 34,
    'bad_rrule_missing_until_event.ics': 1,
    'issue_128_only_first_event.ics': 1,
    }
# what the others make of an event that Google refuses
UNLIKE = {
    # the end before the start: the other swaps them
    'end_before_start_event.ics',
    'issue_132_swapped_start_and_end.ics',
    # one of start and end a date, the other a time
    'issue_201_mixed_datetime_and_date.ics',
    'issue_201_test_matrix.ics',
    }
# a timed series of which the last day is a date: the other ends it at the
# midnight before
UNTIL = {
    'issue_75_range_parameter.ics': {
        dt.datetime(2025, 9, 20, 12),
        },
    }


class RecurrenceCalendarsTestCase(unittest.TestCase):
    "Test the occurrences of real calendars by another library"

    def test_calendars(self):
        refused = defaultdict(int)
        unlike, until = set(), defaultdict(set)
        compared = recurring = 0
        for name, event, zone in self.events():
            body = to_google(event, zone)
            try:
                occurrences = set(expand(to_values(body), LOW, HIGH))
            except (MappingError, RecurrenceError):
                refused[name] += 1
                continue
            expected = self.expected(event, zone)
            compared += 1
            recurring += 'recurrence' in body
            if occurrences != expected:
                if name in UNTIL:
                    self.assertLess(expected, occurrences)
                    until[name].update(s for s, _ in occurrences - expected)
                else:
                    self.assertIn(name, UNLIKE, (occurrences, expected))
                    self.assertNotIn('recurrence', body)
                    unlike.add(name)

        self.assertEqual(refused, REFUSED)
        self.assertEqual(unlike, UNLIKE)
        self.assertEqual(until, UNTIL)
        self.assertGreater(compared, 900)
        self.assertGreater(recurring, 80)

    def events(self):
        "The events of all files, without the exceptions"
        for name, events in read_files():
            for event, zone in events:
                if 'DTSTART' in event and 'RECURRENCE-ID' not in event:
                    yield name, event, zone

    def expected(self, event, zone):
        calendar = icalendar.Calendar()
        calendar.add_component(event)
        result = set()
        for occurrence in recurring_ical_events.of(calendar).between(
                LOW, HIGH + DAY):
            start, end = (
                self.time(occurrence[name].dt, zone)
                for name in ['DTSTART', 'DTEND'])
            if not isinstance(start, dt.datetime):
                # the end is exclusive
                end = max(start, end - DAY)
                if start >= HIGH.date():
                    continue
            elif start >= HIGH:
                continue
            result.add((start, end))
        return result

    def time(self, value, zone):
        if not isinstance(value, dt.datetime):
            return value
        if value.tzinfo is None:
            value = value.replace(tzinfo=zoneinfo.ZoneInfo(zone))
        return value.astimezone(dt.timezone.utc).replace(tzinfo=None)
