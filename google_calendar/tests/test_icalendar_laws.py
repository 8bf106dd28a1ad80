# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What holds for each iCalendar file, and for real ones."""
import collections
import datetime as dt
import re
import unittest
import zoneinfo
from importlib import resources

import icalendar
import recurring_ical_events
from hypothesis import example, given
from hypothesis import strategies as st

from trytond.modules.google_calendar.icalendar_read import (
    FileError, alone, read)
from trytond.modules.google_calendar.icalendar_recurrence import Start
from trytond.modules.google_calendar.icalendar_series import arrange
from trytond.modules.google_calendar.icalendar_timezone import (
    timezone_component)
from trytond.modules.google_calendar.icalendar_write import (
    Entry, busy, write)
from trytond.tools import timezone

from .mapping_values import event_values, laws, times, zones

STAMP = dt.datetime(2026, 1, 1)
ZONE = 'Europe/Berlin'
CALENDARS = resources.files('recurring_ical_events').joinpath(
    'test', 'calendars')
WINDOW = (1990, 1, 1), (2030, 1, 1)
# what is written otherwise on purpose, and why
OTHERWISE = {
    # an event that ends before it starts has no length, as at Google
    'end_before_start_event.ics', 'issue_132_swapped_start_and_end.ics',
    # a day that ends where it starts is a whole day
    'Germany_Holidays.ics',
    # an end with a time does not make times of days
    'issue_201_mixed_datetime_and_date.ics', 'issue_201_test_matrix.ics',
    # the day of UNTIL is the last one, also of the changed rest
    'issue_75_range_parameter.ics',
    }
# and of which nothing can be imported
NOTHING = {
    'bad_rrule_missing_until_event.ics', 'issue_97_simple_journal.ics',
    'issue_97_simple_todo.ics', 'issue_97_todo_nodtstart.ics',
    'no_events.ics'}


def entries(document):
    "The entries of what was read, as an import and an export make them"
    items = []
    for item in document.items:
        items.extend(
            arrange(item) if item.values
            else [alone(item, o) for o in item.exceptions])
    return [
        Entry(
            i.uid, i.values, STAMP, i.sequence,
            exceptions=[
                Entry(i.uid, v, STAMP) for v in i.exceptions.values()])
        for i in items]


def occurrences(data):
    "What another library finds in the file"
    found = collections.Counter()
    for calendar in icalendar.Calendar.from_ical(data, multiple=True):
        name = str(calendar.get('X-WR-TIMEZONE'))
        zone = zoneinfo.ZoneInfo(
            name if name in timezone.available_timezones() else ZONE)
        for event in recurring_ical_events.of(
                calendar, skip_bad_series=True).between(*WINDOW):
            if str(event.get('STATUS', '')).upper() != 'CANCELLED':
                found[
                    _utc(event['DTSTART'].dt, zone),
                    _utc(event['DTEND'].dt, zone),
                    ' '.join(str(event.get('SUMMARY', '')).split())] += 1
    return found


def _utc(value, zone):
    if not isinstance(value, dt.datetime):
        return value
    if value.tzinfo is None:
        value = value.replace(tzinfo=zone)
    return value.astimezone(dt.timezone.utc)


class ICalendarLawsTestCase(unittest.TestCase):
    "Test the laws of iCalendar files"
    maxDiff = None

    def files(self):
        files = sorted(
            p for p in CALENDARS.iterdir() if p.name.endswith('.ics'))
        self.assertGreater(len(files), 90)
        for path in files:
            yield path.name, path.read_bytes()

    def test_real_files(self):
        "What is written has the occurrences of what was read"
        for name, data in self.files():
            with self.subTest(name=name):
                document = read(data, ZONE)
                self.assertEqual(not document.items, name in NOTHING)
                written = write(entries(document), name=document.name)
                if name not in OTHERWISE | NOTHING:
                    self.assertEqual(
                        occurrences(written), occurrences(data))

    def test_real_files_again(self):
        "What was written is read as it was"
        for name, data in self.files():
            with self.subTest(name=name):
                written = write(entries(read(data, ZONE)))
                document = read(written, ZONE)
                self.assertEqual(document.skipped, [])
                self.assertEqual(write(entries(document)), written)
                self.assertEqual(document.unknown_zones, set())

    def test_strict(self):
        "What is written is as RFC 5545 demands"
        for _, data in self.files():
            written = write(
                entries(read(data, ZONE)), name="N\xe4me", time_zone=ZONE,
                refresh=dt.timedelta(hours=1))
            self.assertTrue(written.endswith(b'END:VCALENDAR\r\n'))
            for line in written.removesuffix(b'\r\n').split(b'\r\n'):
                self.assertLessEqual(len(line), 75)
                self.assertNotIn(b'\n', line)
                self.assertNotIn(b'\r', line)
                # not between the bytes of a character
                line.decode()
            calendar = icalendar.Calendar.from_ical(written)
            self.assertFalse(calendar.get_missing_tzids())
            for event in calendar.walk('VEVENT'):
                self.assertEqual(event.errors, [])
                self.assertTrue(
                    {'UID', 'DTSTAMP', 'DTSTART'} <= set(event))

    @laws
    @given(event_values())
    def test_round_trip(self, values):
        "Values are read as they were written"
        start = Start.of(values)
        ambiguous = not values['all_day'] and any(
            start.is_ambiguous(t) for t in [values['start'], values['end']])
        if ambiguous and values['recurrence']:
            return
        item, = read(write([Entry('1', values, STAMP)])).items
        got = item.values
        self.assertEqual(item.uid, '1')
        for name in [
                'all_day', 'start', 'end', 'start_date', 'end_date',
                'status', 'visibility', 'transparency', 'attendees']:
            self.assertEqual(got[name], values[name], msg=name)
        for name in ['summary', 'description', 'location']:
            text = re.sub('\r\n?', '\n', values[name] or '')
            self.assertEqual(got[name] or '', text if text.strip() else '')
        if not values['default_reminders'] and values['reminders']:
            # the same one twice is one
            self.assertEqual(got['reminders'], [
                    r for i, r in enumerate(values['reminders'])
                    if r not in values['reminders'][:i]])
        zone = values['time_zone']
        if not values['recurrence'] and (zone == 'UTC' or ambiguous):
            zone = None
        self.assertEqual(got['time_zone'], zone)
        self.assertEqual(
            (got['recurrence'] or '')[:10], (values['recurrence'] or '')[:10])

    @laws
    @given(event_values())
    def test_busy(self, values):
        "Of what is busy nothing is told but when"
        values.update(
            summary="SECRET", description="SECRET", location="SECRET",
            organizer_email='secret@example.com',
            html_link='https://secret.example.com',
            conference_link='https://secret.example.com',
            attachments=[{'url': 'https://secret.example.com'}],
            attendees=[{
                    'email': 'secret@example.com', 'name': "SECRET",
                    'optional': False}])
        exception = {**values, 'original_start': STAMP, 'recurrence': None}
        text = write([Entry(
                    '1', busy(values, "Busy"), STAMP,
                    exceptions=[Entry('1', busy(exception, "Busy"), STAMP)])
                ]).decode()
        self.assertNotIn('secret', text.lower())
        self.assertNotRegex(text, 'VALARM|ATTENDEE|ORGANIZER|CLASS|ATTACH')
        self.assertEqual(text.count('SUMMARY:Busy'), 2)

    @laws
    @given(st.data())
    def test_damaged_files(self, data):
        "No damage stops the reading of the rest"
        lines = data.draw(st.sampled_from(SAMPLES)).splitlines()
        for _ in range(data.draw(st.integers(1, 4))):
            index = data.draw(st.integers(0, len(lines) - 1))
            match data.draw(st.integers(0, 3)):
                case 0:
                    del lines[index]
                case 1:
                    lines[index] = data.draw(st.text(max_size=30))
                case 2:
                    position = data.draw(
                        st.integers(0, len(lines[index])))
                    lines[index] = (
                        lines[index][:position]
                        + data.draw(st.text(':;=,"\\TZ0-9/P', max_size=4))
                        + lines[index][position + 1:])
                case 3:
                    lines.insert(index, data.draw(st.sampled_from(lines)))
            if not lines:
                return
        try:
            document = read('\n'.join(lines).encode(errors='replace'), ZONE)
        except FileError:
            return
        for item in document.items:
            if item.values:
                arrange(item)
        # whatever it is, it can be written
        read(write(entries(document)))

    @laws
    @example('Europe/Paris', dt.datetime(1995, 10, 1))
    @given(zones, times)
    def test_time_zones(self, name, time):
        "The VTIMEZONE tells the same as the zone"
        if not 1980 < time.year < 2037:
            return
        component = timezone_component(name, time.year)
        zone = zoneinfo.ZoneInfo(name)
        written = component.to_tz(lookup_tzid=False)
        local = time.replace(tzinfo=zone)
        if local.astimezone(dt.timezone.utc).astimezone(zone) != local or (
                local.replace(fold=1).utcoffset() != local.utcoffset()):
            # no local time, or two
            return
        self.assertEqual(
            time.replace(tzinfo=written).utcoffset(), local.utcoffset())


SAMPLES = [
    CALENDARS.joinpath(name).read_text() for name in [
        'issue_75_range_parameter.ics', 'issue_223_thunderbird.ics',
        'issue_28_rrule_with_UTC_endinginZ.ics', 'subcomponents.ics',
        'issue_113_period_in_rdate.ics', 'alarm_removed_and_moved.ics']]
