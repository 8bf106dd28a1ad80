# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Real calendars at Google, in Tryton, and at Google anew.

Nothing of the modules tells what is right: it is what Google has, and the
occurrences are those that Google lists and those that the library
recurring-ical-events finds in the files by itself.
"""
import datetime as dt
import functools
import itertools
import zoneinfo
from collections import Counter, defaultdict

import icalendar
import recurring_ical_events

from tests.demo.calendars import arrange, read_files, to_google
from trytond.modules.google_calendar.tests.series_case import (
    OCCURRENCE, SeriesTestCase)
from trytond.modules.google_calendar.tests.tools import (
    ALICE, CALENDAR, EVENT, database)

DAY = dt.timedelta(days=1)
# Google lists no more than 2000 occurrences of an endless series
WINDOWS = [
    (dt.datetime(first, 1, 1), dt.datetime(after, 1, 1))
    for first, after in [(1990, 2016), (2016, 2021), (2021, 2026),
        (2026, 2030)]]
# the occurrences that Tryton keeps
LOW, HIGH = dt.datetime(2010, 1, 1), dt.datetime(2027, 1, 1)
# what Google changes with any change
STAMPS = {'etag', 'updated', 'sequence'}
# the occurrences that are read at a time
PAGE = 500
NEW = " (Tryton)"
# the fields that people fill in
FIELDS = [
    'summary', 'description', 'location', 'all_day', 'start', 'end',
    'start_date', 'end_date', 'time_zone', 'status', 'visibility',
    'transparency', 'color_id', 'default_reminders',
    'guests_can_invite_others', 'guests_can_modify',
    'guests_can_see_other_guests']
LINES = {
    'attendees': ['email', 'name', 'optional'],
    'reminders': ['method', 'minutes'],
    }
# what Google refuses, by the reason it tells: it is not for Tryton to hold
REFUSED = {
    # a second event of the iCalUID that is not an occurrence of the first
    "The requested identifier already exists.": {
        'alarm_absolute_edited.ics': 1,
        'issue_148_edge_case_1.ics': 1,
        'issue_148_edge_case_2.ics': 1,
        'issue_148_exdate_and_rdate_updated.ics': 1,
        'issue_148_ignored_exdate.ics': 1,
        'issue_163_deleted_modification.ics': 1,
        'issue_164_duplicated_event.ics': 1,
        },
    # the end is before the start, or the same day of whole days
    "The specified time range is empty.": {
        'Germany_Holidays.ics': 34,
        'end_before_start_event.ics': 1,
        'issue_132_swapped_start_and_end.ics': 1,
        'issue_201_test_matrix.ics': 1,
        },
    "The start and end times must either both be date or both be dateTime.": {
        'issue_201_mixed_datetime_and_date.ics': 1,
        'issue_201_test_matrix.ics': 4,
        },
    # a rule that ends with nothing, or counts to -1, series of which no
    # occurrence is left
    "Invalid recurrence rule": {
        'bad_rrule_missing_until_event.ics': 1,
        'issue_117_until_before_dtstart.ics': 1,
        'issue_128_only_first_event.ics': 1,
        'issue_173_only_modifications_error.ics': 6,
        },
    # of a time where the series is of days, and where there is no occurrence
    "Invalid original start time.": {
        'issue_253_additional_recurrence_id.ics': 1,
        'issue_28_rrule_with_UTC_endinginZ.ics': 3,
        'issue_36_recurrence_ID_format.ics': 1,
        },
    }
# how many occurrences only the file has, and only Google: Google has no such
UNLIKE = {
    # a period that lasts longer than the others
    'issue_113_period_in_rdate.ics': (1, 1),
    'issue_113_period_rdate_duration.ics': (1, 1),
    # an event that is cancelled
    'issue_18_cancel_status.ics': (1, 0),
    # an exception that is for all that follow, and a last day, which to the
    # other library is the midnight before
    'issue_75_range_parameter.ics': (184, 185),
    }
# Google knows no exceptions of more than one occurrence
RANGE = 'issue_75_range_parameter.ics'


@functools.cache
def files():
    "The events of the files, by their names"
    return dict(read_files())


class RealCalendarsTestCase(SeriesTestCase):
    "Test that real calendars keep all they have"

    def prepare(self):
        super().prepare()
        self.import_()
        self.set_window(LOW.date(), HIGH.date() - DAY)
        self.pull()
        # what follows needs no occurrences
        self.set_window(dt.date(2026, 1, 1), dt.date(2026, 1, 31))

    def test_occurrences(self):
        "What Google sent occurs here as another library says"
        unlike, others = {}, set()
        for google_id, names in self.names.items():
            local = Counter(self.occurrences(self.calendars[google_id]))
            for name in names:
                expected = Counter(_expected(self.held(name)))
                if missing := expected - local:
                    unlike[name] = sorted(missing.elements())[:3]
                local -= expected
            others.update(local)
        self.assertEqual(unlike.keys(), {RANGE}, unlike)
        self.assertEqual(
            {summary for _, _, summary in others}, {"ORIGINAL EVENT"}, others)

    def occurrences(self, calendar):
        with database(commit=False) as pool:
            Occurrence = pool.get(OCCURRENCE)
            # of many records, each that is made costs more
            pages = map(
                functools.partial(
                    Occurrence.search, [('calendar', '=', calendar)],
                    limit=PAGE, order=[('id', 'ASC')]),
                itertools.count(0, PAGE))
            return [
                (
                    str(o.start_date if o.all_day else o.start),
                    str(o.end_date if o.all_day else o.end),
                    o.stored_event.summary or '')
                for page in itertools.takewhile(bool, pages) for o in page]

    def test_real_calendars(self):
        "What was changed and made anew here is the same at Google"
        self.change_summaries()
        self.make_anew()
        self.compare_occurrences()

    # To Google

    def import_(self):
        "Import the files into as few calendars as can hold them"
        self.refused = defaultdict(Counter)
        self.accepted = defaultdict(list)  # the numbers of events of a file
        self.names = {}  # of the files, by the ids of the calendars
        self.files = {}  # by the ids of the events, of the series if of one
        self.google_ids = []
        for number, some in enumerate(arrange(files().items())):
            calendar = self.google.create_calendar(
                ALICE, f"iCalendar {number}")['id']
            self.google_ids.append(calendar)
            self.names[calendar] = [name for name, _ in some]
            for name, events in some:
                # an import has an iCalUID, of which some files have none
                for method in ['import', 'insert']:
                    numbers = [
                        i for i, (e, _) in enumerate(events)
                        if ('UID' in e) == (method == 'import')]
                    answers = self.google.insert_events(
                        ALICE, [to_google(*events[i]) for i in numbers],
                        calendar, f'calendar.events.{method}')
                    for event, answer in zip(numbers, answers, strict=True):
                        self.imported(name, event, answer)
        self.assertEqual(self.refused, REFUSED)
        self.assertEqual(len(self.accepted), 84)

    def imported(self, name, event, answer):
        if error := answer.get('error'):
            reason, _, _ = error['message'].partition(':')
            self.refused[reason][name] += 1
        else:
            self.accepted[name].append(event)
            id = answer.get('recurringEventId', answer['id'])
            self.files[id] = name

    def held(self, name):
        "The events of the file that Google accepted, with their zones"
        return [files()[name][i] for i in self.accepted.get(name, [])]

    # To Tryton

    def pull(self):
        ids = self.discover(self.credentials)
        for id in ids:
            self.synchronize(id)
        self.calendars = {
            self.read(CALENDAR, id, 'google_id'): id for id in ids}
        self.assertEqual(self.errors(), [])
        for google_id, events in self.dump().items():
            self.assertEqual(
                set(self.search(EVENT, 'google_id', domain=[
                            ('calendar', '=', self.calendars[google_id]),
                            ])),
                events.keys())

    def dump(self):
        "The events of the imported calendars, by their ids"
        return {
            c['id']: {e['id']: e for e in c['events']}
            for c in self.google.dump(ALICE) if c['id'] in self.google_ids}

    # Changed in Tryton

    def change_summaries(self):
        before = self.dump()
        self.google.clear_log()
        changed = self.write_summaries()
        for id in self.calendars.values():
            self.synchronize(id)
        self.assertEqual(
            Counter(self.writes()),
            {'calendar.events.patch': len(changed)})
        self.assertGreater(len(changed), 1100)
        # and nothing more is to come
        for id in self.calendars.values():
            self.synchronize(id)
        self.assertEqual(self.writes(), [])
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.conflicts(), [])
        # the guests of series without an end: what is over is no news
        self.assertEqual(
            Counter(
                (m['kind'], m['summary']) for m in self.google.mails()),
            {
                ('update', "Montessori Schulklasse" + NEW): 2,
                ('update', "WfH" + NEW): 1,
                })
        after = self.dump()
        for calendar, events in before.items():
            self.assertEqual(events.keys(), after[calendar].keys())
            for id, event in events.items():
                if id in changed:
                    event['summary'] = event.get('summary', '') + NEW
                self.assertEqual(
                    _unstamped(after[calendar][id]), _unstamped(event))

    def write_summaries(self):
        "Return the Google ids of the events"
        with self.user() as pool:
            Event = pool.get(EVENT)
            events = Event.search([('status', '!=', 'cancelled')])
            args = []
            for event in events:
                args += [[event], {'summary': (event.summary or '') + NEW}]
            Event.write(*args)
            return {e.google_id for e in events}

    # And made anew

    def make_anew(self):
        "Make the events in an empty calendar, by what Tryton shows of them"
        self.new_id = self.google.create_calendar(ALICE, "New")['id']
        self.discover(self.credentials)
        new, = self.search(
            CALENDAR, 'id', domain=[('google_id', '=', self.new_id)])
        self.origins = {}  # of a new event, by the Google ids
        for google_id in self.google_ids:
            self.copy(self.calendars[google_id], new)
        self.synchronize(new)
        self.synchronize(new)
        self.assertEqual(self.errors(), [])
        self.assertEqual(
            set(self.search(EVENT, 'google_state')), {'synchronized'})

    def copy(self, calendar, new):
        with self.user() as pool:
            Event = pool.get(EVENT)
            events = Event.search([('calendar', '=', calendar)])
            made = {}
            singles = [e for e in events if not e.recurring_identifier]
            for event, copy in zip(singles, Event.create([{
                            **_values(e, new=True),
                            'calendar': new,
                            'recurrence': e.recurrence,
                            } for e in singles]), strict=True):
                made[event.google_id] = copy
            args = []
            for event in events:
                if event.recurring_identifier:
                    series = made[event.recurring_identifier]
                    args += [
                        [series.make_exception(event.original_start)],
                        _values(event, new=False)]
            if args:
                Event.write(*args)
            for google_id, copy in made.items():
                self.origins[copy.id] = google_id

    # Occurrences

    def compare_occurrences(self):
        old = sum((self.list(c) for c in self.google_ids), Counter())
        origins = {
            self.event(id, 'google_id'): google_id
            for id, google_id in self.origins.items()}
        new = Counter()
        for (id, *values), count in self.list(self.new_id).items():
            new[origins[id], *values] += count
        self.assertEqual(new, old)
        self.assertGreater(new.total(), 25000)
        self.compare_files(new)

    def compare_files(self, occurrences):
        found = defaultdict(Counter)
        for (id, _, start, end), count in occurrences.items():
            found[self.files[id]][start, end] += count
        unlike = {}
        for name in self.accepted:
            expected = _expand(self.held(name))
            if found[name] != expected:
                unlike[name] = (
                    (expected - found[name]).total(),
                    (found[name] - expected).total())
        self.assertEqual(unlike, UNLIKE)

    def list(self, calendar):
        "Count the occurrences that Google lists: id, summary, start, end"
        found = {}
        for start, end in WINDOWS:
            token = {}
            while token is not None:
                answer = self.google.act(
                    ALICE, 'calendar.events.list', calendarId=calendar,
                    singleEvents=True, maxResults=2500,
                    fields='items(id,recurringEventId,summary,start,end),'
                    'nextPageToken',
                    timeMin=f'{start.isoformat()}Z',
                    timeMax=f'{end.isoformat()}Z', **token)
                found.update((i['id'], i) for i in answer['items'])
                token = answer.get('nextPageToken')
                token = token and {'pageToken': token}
        return Counter(
            (
                i.get('recurringEventId', i['id']), i.get('summary'),
                _read(i['start']), _read(i['end']))
            for i in found.values())


def _unstamped(event):
    return {n: v for n, v in event.items() if n not in STAMPS}


def _values(event, new):
    "What Tryton shows of the event"
    if event.status == 'cancelled':
        return {'status': 'cancelled'}
    values = {name: getattr(event, name) for name in FIELDS}
    if new:
        # an exception has those of its series
        for name, names in LINES.items():
            values[name] = [('create', [
                        {n: getattr(line, n) for n in names}
                        for line in getattr(event, name)])]
    return values


def _expand(events):
    "The occurrences of the events of a file, by another library"
    calendar = icalendar.Calendar()
    for event, _ in events:
        calendar.add_component(event)
    (_, zone), *_ = events
    low, high = WINDOWS[0][0], WINDOWS[-1][1]
    result = Counter()
    for occurrence in recurring_ical_events.of(calendar).between(low, high):
        start, end = (
            _naive(occurrence[n].dt, zone) for n in ['DTSTART', 'DTEND'])
        if not isinstance(start, dt.datetime):
            # Google's last day is exclusive
            end = max(end, start + DAY)
        result[start, end] += 1
    return result


def _expected(events):
    "The occurrences of the events of a file as Tryton shows them"
    calendar = icalendar.Calendar()
    zone = events[-1][1] if events else 'UTC'
    for event, _ in events:
        calendar.add_component(event)
    for occurrence in recurring_ical_events.of(calendar).between(
            LOW, HIGH + DAY):
        if str(occurrence.get('STATUS', '')).upper() == 'CANCELLED':
            continue
        start, end = (
            _naive(occurrence[name].dt, zone) for name in ['DTSTART', 'DTEND'])
        if not isinstance(start, dt.datetime):
            end = max(start, end - DAY)
            if start >= HIGH.date() or end < LOW.date():
                continue
        elif start >= HIGH or end <= LOW and start < LOW:
            continue
        yield str(start), str(end), str(occurrence.get('SUMMARY', ''))


def _naive(value, zone):
    "A day, or a time in UTC without zone"
    if not isinstance(value, dt.datetime):
        return value
    if value.tzinfo is None:
        value = value.replace(tzinfo=zoneinfo.ZoneInfo(zone))
    return value.astimezone(dt.timezone.utc).replace(tzinfo=None)


def _read(member):
    if 'date' in member:
        return dt.date.fromisoformat(member['date'])
    return _naive(dt.datetime.fromisoformat(member['dateTime']), None)
