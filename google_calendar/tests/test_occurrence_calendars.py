# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import zoneinfo
from collections import Counter, defaultdict

import icalendar
import recurring_ical_events

from tests.demo.calendars import arrange, read_files, to_google
from tests.emulator.client import EmulatorError
from trytond.modules.google_calendar.tests.series_case import SeriesTestCase
from trytond.modules.google_calendar.tests.tools import (
    ALICE, CALENDAR, database)

DAY = dt.timedelta(days=1)
LOW, HIGH = dt.datetime(2010, 1, 1), dt.datetime(2027, 1, 1)

EMPTY = 'The specified time range is empty.'
DOUBLE = 'The requested identifier already exists.'
MIXED = (
    'The start and end times must either both be date or both be dateTime.')
NO_OCCURRENCE = 'Invalid original start time.'
RULE = 'Invalid recurrence rule'
# what Google refuses to hold, and why
REFUSED = {
    # each ends when it starts
    'Germany_Holidays.ics': {EMPTY},
    # the end is before the start
    'end_before_start_event.ics': {EMPTY},
    'issue_132_swapped_start_and_end.ics': {EMPTY},
    # one is a date and the other a time, or there is no length
    'issue_201_mixed_datetime_and_date.ics': {MIXED},
    'issue_201_test_matrix.ics': {EMPTY, MIXED},
    # there is no such part, and a number of times below zero
    'bad_rrule_missing_until_event.ics': {RULE},
    'issue_128_only_first_event.ics': {RULE},
    # the rule ends before the start, or each occurrence is left out
    'issue_117_until_before_dtstart.ics': {RULE},
    'issue_173_only_modifications_error.ics': {RULE},
    # another version of the same event
    'alarm_absolute_edited.ics': {DOUBLE},
    'issue_148_edge_case_1.ics': {DOUBLE},
    'issue_148_edge_case_2.ics': {DOUBLE},
    'issue_148_exdate_and_rdate_updated.ics': {DOUBLE},
    'issue_148_ignored_exdate.ics': {DOUBLE},
    'issue_163_deleted_modification.ics': {DOUBLE},
    'issue_164_duplicated_event.ics': {DOUBLE},
    # an exception of what is no occurrence of the series
    'issue_253_additional_recurrence_id.ics': {NO_OCCURRENCE},
    'issue_28_rrule_with_UTC_endinginZ.ics': {NO_OCCURRENCE},
    'issue_36_recurrence_ID_format.ics': {NO_OCCURRENCE},
    }
# Google knows no exceptions of more than one occurrence
RANGE = 'issue_75_range_parameter.ics'


class OccurrenceCalendarsTestCase(SeriesTestCase):
    "Test real calendars, from Google to the occurrences"

    def test_calendars(self):
        self.set_window(LOW.date(), HIGH.date() - DAY)
        files = {}
        refused = defaultdict(set)
        for number, group in enumerate(arrange(read_files())):
            calendar = self.google.create_calendar(ALICE, f"C{number}")['id']
            accepted = files[calendar] = []
            for name, events in group:
                kept = []
                for event, zone in events:
                    try:
                        self.send(to_google(event, zone), calendar)
                    except EmulatorError as error:
                        message = error.body['error']['message']
                        refused[name].add(
                            RULE if message.startswith(RULE) else message)
                    else:
                        kept.append((event, zone))
                accepted.append((name, kept))
        self.discover(self.credentials)
        with database(commit=False) as pool:
            ids = {c.google_id: c.id for c in pool.get(CALENDAR).search([])}
        unlike, others = {}, set()
        for calendar, accepted in files.items():
            self.synchronize(ids[calendar])
            local = Counter(self.occurrences(ids[calendar]))
            for name, events in accepted:
                expected = Counter(self.expected(events))
                missing = expected - local
                if missing:
                    unlike[name] = sorted(missing.elements())[:3]
                local -= expected
            others.update(local)
        self.assertEqual(self.errors(), [])
        self.assertEqual(refused, REFUSED)
        self.assertEqual(unlike.keys(), {RANGE}, unlike)
        self.assertEqual(
            {summary for _, _, summary in others}, {"ORIGINAL EVENT"}, others)

    def send(self, body, calendar):
        if 'iCalUID' in body:
            self.google.import_event(ALICE, body, calendar)
        else:
            self.google.insert_event(ALICE, body, calendar)

    def occurrences(self, calendar):
        with database(commit=False) as pool:
            return [
                (
                    str(o.start_date if o.all_day else o.start),
                    str(o.end_date if o.all_day else o.end),
                    o.stored_event.summary or '')
                for o in pool.get('google_calendar.occurrence').search([
                        ('calendar', '=', calendar)])]

    def expected(self, events):
        calendar = icalendar.Calendar()
        zone = events[-1][1] if events else 'UTC'
        for event, _ in events:
            calendar.add_component(event)
        for occurrence in recurring_ical_events.of(calendar).between(
                LOW, HIGH + DAY):
            if str(occurrence.get('STATUS', '')).upper() == 'CANCELLED':
                continue
            start, end = (
                self.time(occurrence[name].dt, zone)
                for name in ['DTSTART', 'DTEND'])
            if not isinstance(start, dt.datetime):
                end = max(start, end - DAY)
                if start >= HIGH.date() or end < LOW.date():
                    continue
            elif start >= HIGH or end <= LOW and start < LOW:
                continue
            yield (
                str(start), str(end), str(occurrence.get('SUMMARY', '')))

    def time(self, value, zone):
        if not isinstance(value, dt.datetime):
            return value
        if value.tzinfo is None:
            value = value.replace(tzinfo=zoneinfo.ZoneInfo(zone))
        return value.astimezone(dt.timezone.utc).replace(tzinfo=None)
