# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import unittest
import zoneinfo

from dateutil.rrule import rrulestr
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from trytond.modules.google_calendar.recurrence import (
    RecurrenceError, expand, local_start, moved, read_repeat, shift, split,
    write_repeat)
from trytond.modules.google_calendar.recurrence_lines import (
    WEEKDAYS, localize, to_utc)

laws = settings(
    max_examples=150, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])

ZONES = ['UTC', 'Europe/Paris', 'America/New_York', 'Australia/Lord_Howe']
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
YEARS = dt.timedelta(days=4 * 366)


@st.composite
def rules(draw, end=True):
    "The parts of a rule as people and programs write them"
    frequency = draw(st.sampled_from(
            ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY']))
    parts = [f'FREQ={frequency}']
    interval = draw(st.integers(1, 4))
    if interval > 1:
        parts.append(f'INTERVAL={interval}')
    weekdays = draw(st.lists(
            st.sampled_from(WEEKDAYS), max_size=3, unique=True))
    match frequency:
        case 'WEEKLY' if weekdays:
            parts.append('BYDAY=' + ','.join(weekdays))
            if draw(st.booleans()):
                parts.append('WKST=SU')
        case 'MONTHLY':
            day = draw(st.sampled_from([
                        None, 'BYMONTHDAY=15', 'BYMONTHDAY=-1', 'BYDAY=2TU',
                        'BYDAY=-1FR', 'BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1']))
            if day:
                parts.append(day)
        case 'YEARLY':
            day = draw(st.sampled_from([
                        None, 'BYMONTH=3,10', 'BYYEARDAY=100', 'BYDAY=20MO',
                        'BYWEEKNO=20;BYDAY=MO', 'BYMONTH=11;BYDAY=4TH']))
            if day:
                parts.append(day)
    if end and draw(st.booleans()):
        parts.append(f'COUNT={draw(st.integers(1, 30))}')
    return ';'.join(parts)


@st.composite
def series(draw, end=True):
    "The values of a series, of which the start is an occurrence"
    all_day = draw(st.booleans())
    zone = zoneinfo.ZoneInfo(draw(st.sampled_from(ZONES)))
    local = draw(st.datetimes(
            dt.datetime(2019, 1, 1), dt.datetime(2025, 12, 31)).map(
            lambda d: d.replace(second=0, microsecond=0)))
    rule = draw(rules(end))
    if all_day:
        local = dt.datetime.combine(local.date(), dt.time())
    first = next(iter(rrulestr(rule, dtstart=local)), None)
    assume(first is not None)
    local = first
    lines = [f'RRULE:{rule}']
    values = dict.fromkeys(
        ['start', 'end', 'start_date', 'end_date', 'time_zone'])
    values['all_day'] = all_day
    if all_day:
        days = draw(st.integers(0, 3)) * DAY
        values.update(
            start_date=local.date(), end_date=local.date() + days)
        exdates = 'EXDATE;VALUE=DATE:'
        form = '%Y%m%d'
    else:
        start = to_utc(local, zone)
        # one that does not exist or comes twice is not the same again
        assume(localize(start, zone) == local)
        values.update(
            start=start, end=start + draw(st.integers(0, 30)) * HOUR,
            time_zone=zone.key)
        assume(localize(values['end'], zone) - local
            == values['end'] - start)
        exdates = f'EXDATE;TZID={zone.key}:'
        form = '%Y%m%dT%H%M%S'
    moments = []
    for moment in rrulestr(rule, dtstart=local):
        moments.append(moment)
        if len(moments) == 8:
            break
    removed = draw(st.lists(
            st.sampled_from(moments[1:]), max_size=3, unique=True)
        ) if moments[1:] else []
    if removed:
        lines.append(exdates + ','.join(m.strftime(form) for m in removed))
    values['recurrence'] = '\n'.join(lines)
    return values


def naive(values, window_end):
    "The starts by the wall clock, by dateutil alone from the first one on"
    text = values['recurrence']
    start = local_start(values)
    if values['all_day']:
        start = dt.datetime.combine(start, dt.time())
    rule, *others = text.splitlines()
    removed = set()
    for line in others:
        for value in line.partition(':')[2].split(','):
            removed.add(dt.datetime.strptime(
                    value, '%Y%m%d' if values['all_day']
                    else '%Y%m%dT%H%M%S'))
    for moment in rrulestr(rule, dtstart=start):
        if moment > window_end:
            break
        if moment not in removed:
            yield moment


def first_time(values):
    if values['all_day']:
        return values['start_date']
    return values['start']


def all_of(values, years=YEARS, limit=200):
    first = first_time(values)
    return list(expand(values, first, first + years, limit=limit))


class RecurrenceLawsTestCase(unittest.TestCase):
    "Test what holds for every series"

    @laws
    @given(series(), st.integers(-100, 1500), st.integers(1, 600))
    def test_window(self, values, offset, length):
        first = first_time(values)
        low = first + offset * DAY
        high = low + length * DAY
        limit = dt.datetime.combine(high, dt.time()) + 3 * DAY
        if values['all_day']:
            starts = [m.date() for m in naive(values, limit)]
            days = values['end_date'] - values['start_date']
            expected = [
                (s, s + days) for s in starts
                if s < high and s + days >= low]
        else:
            zone = zoneinfo.ZoneInfo(values['time_zone'])
            length = localize(values['end'], zone) - localize(first, zone)
            expected = []
            for moment in naive(values, limit):
                start = to_utc(moment, zone)
                end = to_utc(
                    localize(start, zone) + length, zone)
                end = max(start, end)
                if start < high and (end > low or start >= low):
                    expected.append((start, end))

        self.assertEqual(list(expand(values, low, high)), expected)

    @laws
    @given(series(end=False))
    def test_wall_clock(self, values):
        assume(not values['all_day'])
        zone = zoneinfo.ZoneInfo(values['time_zone'])
        time = localize(values['start'], zone).time()
        for start, _ in all_of(values):
            local = localize(start, zone)
            if local.time() != time:
                # this time does not exist on that day
                moment = dt.datetime.combine(local.date(), time)
                self.assertEqual(to_utc(moment, zone), start)

    @laws
    @given(series(), st.integers(1, 40))
    def test_split(self, values, number):
        occurrences = all_of(values)
        assume(len(occurrences) > 1)
        number = min(number, len(occurrences) - 1)
        at = occurrences[number][0]
        if not values['all_day']:
            # a time that does not exist on that day can not be a start
            zone = zoneinfo.ZoneInfo(values['time_zone'])
            assume(localize(at, zone).time()
                == localize(values['start'], zone).time())

        before, after = split(values['recurrence'], values, at)

        self.assertEqual(
            all_of({**values, 'recurrence': before}), occurrences[:number])
        new = {**moved(values, at), 'recurrence': after}
        self.assertEqual(
            list(expand(
                    new, at, first_time(values) + YEARS,
                    limit=200 - number)),
            occurrences[number:])

    @laws
    @given(series(), st.integers(-10, 10), st.integers(-600, 600))
    def test_shift(self, values, days, minutes):
        move = days * DAY
        if not values['all_day']:
            move += minutes * dt.timedelta(minutes=1)
        new = dict(values)
        if values['all_day']:
            for name in ['start_date', 'end_date']:
                new[name] += move
        else:
            zone = zoneinfo.ZoneInfo(values['time_zone'])
            for name in ['start', 'end']:
                moment = localize(values[name], zone) + move
                new[name] = to_utc(moment, zone)
                # where the clock is changed the length is another
                assume(localize(new[name], zone) == moment)
            move = localize(new['start'], zone).date() - localize(
                values['start'], zone).date()
        try:
            new['recurrence'] = shift(values['recurrence'], values, new)
        except RecurrenceError as error:
            self.assertEqual(error.code, 'shift')
            self.assertTrue(move)
            return
        occurrences, shifted = all_of(values), all_of(new)
        if 'FREQ=DAILY' in new['recurrence'] or (
                'FREQ=WEEKLY' in new['recurrence']) or not move:
            self.assertEqual(
                self.days(shifted, new), [
                    d + move for d in self.days(occurrences, values)])
        self.assertEqual(
            bool(occurrences) and first_time(values) == occurrences[0][0],
            bool(shifted) and first_time(new) == shifted[0][0])
        if 'BYDAY' in values['recurrence'] and move and (
                'FREQ=MONTHLY' in values['recurrence']):
            # the last one of the month may move to one that is not
            return
        self.assertEqual(
            all_of({**values, 'recurrence': shift(
                        new['recurrence'], new, values)}),
            occurrences)

    def days(self, occurrences, values):
        if values['all_day']:
            return [s for s, _ in occurrences]
        zone = zoneinfo.ZoneInfo(values['time_zone'])
        return [localize(s, zone).date() for s, _ in occurrences]

    def start_of(self, values):
        start = local_start(values)
        if not values['all_day']:
            start = start.replace(
                tzinfo=zoneinfo.ZoneInfo(values['time_zone']))
        return start

    @laws
    @given(series())
    def test_repeat_unchanged(self, values):
        lines = values['recurrence']
        start = self.start_of(values)

        self.assertEqual(
            write_repeat(lines, read_repeat(lines, start), start), lines)

    @laws
    @given(series(), st.sampled_from(
            ['daily', 'weekly', 'monthly', 'yearly']), st.integers(1, 5),
        st.sets(st.sampled_from(WEEKDAYS)), st.sampled_from(
            ['day', 'weekday', 'last_weekday']),
        st.one_of(
            st.just({'end': 'never'}),
            st.integers(1, 99).map(lambda c: {'end': 'count', 'count': c}),
            st.dates(dt.date(2026, 1, 1), dt.date(2040, 1, 1)).map(
                lambda d: {'end': 'until', 'until': d})))
    def test_repeat(self, values, repeat, interval, weekdays, monthly, end):
        start = self.start_of(values)
        new = {'repeat': repeat, 'interval': interval, **end}
        if repeat == 'weekly':
            assume(weekdays)
            new['weekdays'] = tuple(d for d in WEEKDAYS if d in weekdays)
        if repeat == 'monthly':
            last = (start + 7 * DAY).month != start.month
            assume(monthly != 'last_weekday' or last)
            assume(monthly != 'weekday' or start.day <= 28)
            new['monthly'] = monthly
        lines = write_repeat(values['recurrence'], new, start)

        read = read_repeat(lines, start)
        self.assertEqual({k: v for k, v in read.items() if v}, new)
        old = values['recurrence'].splitlines()[1:]
        self.assertEqual(lines.splitlines()[1:], old)

    @laws
    @given(st.text(
            alphabet='RULEXDATMOSINFQ=;:,0123456789TZ/P+- \n', max_size=120))
    def test_any_text(self, text):
        values = {
            'all_day': False, 'start': dt.datetime(2024, 1, 1),
            'end': dt.datetime(2024, 1, 1, 1), 'start_date': None,
            'end_date': None, 'time_zone': 'UTC', 'recurrence': text}
        try:
            list(expand(
                    values, dt.datetime(2024, 1, 1), dt.datetime(2025, 1, 1)))
        except RecurrenceError as error:
            self.assertIn(error.code, {'bad_line', 'too_many'})
        start = dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)
        read = read_repeat(text, start)
        self.assertEqual(write_repeat(text, read, start), text)
