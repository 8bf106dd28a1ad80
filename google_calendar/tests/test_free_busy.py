# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
from unittest import TestCase
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.google_calendar import free_busy

NOON = dt.datetime(2026, 12, 1, 12)
MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)
WORK = {0, 1, 2, 3, 4}
ZONES = [
    'UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kolkata',
    'Australia/Lord_Howe', 'America/Santiago', 'Pacific/Apia',
    'Africa/Casablanca']


def at(minutes):
    return NOON + minutes * MINUTE


def minutes(periods):
    "The minutes of the periods, one by one"
    return {
        int((start - NOON) / MINUTE) + i for start, end in periods
        for i in range(int((end - start) / MINUTE))}


def utc(text):
    return dt.datetime.fromisoformat(text)


periods = st.lists(
    st.tuples(st.integers(-300, 300), st.integers(0, 120)).map(
        lambda p: (at(p[0]), at(p[0] + p[1]))), max_size=8)
lengths = st.sampled_from([5, 15, 30, 45, 60, 90, 200]).map(
    lambda m: m * MINUTE)


class PeriodsTestCase(TestCase):
    "Test periods and slots, against all the minutes one by one"

    @given(periods)
    def test_merge(self, some):
        merged = free_busy.merge(some)
        self.assertEqual(minutes(merged), minutes(some))
        for start, end in merged:
            self.assertLess(start, end)
        for (_, end), (start, _) in zip(merged, merged[1:], strict=False):
            self.assertLess(end, start)

    @given(periods, st.integers(-320, 320), st.integers(1, 90))
    def test_is_busy(self, some, start, length):
        self.assertEqual(
            free_busy.is_busy(
                free_busy.merge(some), at(start), at(start + length)),
            bool(minutes(some) & set(range(start, start + length))))

    @given(
        periods, periods, lengths, lengths,
        st.none() | st.integers(-300, 300).map(at))
    def test_slots(self, hours, busy, duration, step, not_before):
        hours, busy = free_busy.merge(hours), free_busy.merge(busy)
        taken = minutes(busy)
        expected = []
        for opening, closing in hours:
            start = opening
            while start + duration <= closing:
                if ((not not_before or start >= not_before)
                        and not minutes([(start, start + duration)]) & taken):
                    expected.append((start, start + duration))
                start += step
        self.assertEqual(
            list(free_busy.slots(hours, busy, duration, step, not_before)),
            expected)
        self.assertEqual(
            free_busy.first_slots(
                3, hours, busy, duration, step, not_before=not_before),
            expected[:3])


class HoursTestCase(TestCase):
    "Test working hours, on the wall clock"

    def hours(self, first, last, start, end, zone, weekdays=WORK):
        return free_busy.working_hours(
            dt.date.fromisoformat(first), dt.date.fromisoformat(last),
            dt.time(start), dt.time(end), weekdays, zone)

    def test_weekdays(self):
        self.assertEqual(
            self.hours('2026-12-04', '2026-12-07', 9, 17, 'UTC'), [
                (utc('2026-12-04T09:00'), utc('2026-12-04T17:00')),
                (utc('2026-12-07T09:00'), utc('2026-12-07T17:00'))])

    def test_daylight_saving(self):
        "Nine is nine, before and after the change of the clock"
        self.assertEqual(
            self.hours('2026-03-27', '2026-03-30', 9, 17, 'Europe/Paris'), [
                (utc('2026-03-27T08:00'), utc('2026-03-27T16:00')),
                (utc('2026-03-30T07:00'), utc('2026-03-30T15:00'))])

    def test_night(self):
        "The night of the change is shorter, or longer"
        for day, length in [
                ('2026-03-28', 7), ('2026-10-24', 9), ('2026-06-01', 8)]:
            (start, end), = self.hours(
                day, day, 22, 6, 'Europe/Paris', set(range(7)))
            self.assertEqual(end - start, length * HOUR)

    def test_whole_days(self):
        "Days that touch are one period"
        (start, end), = self.hours(
            '2026-03-28', '2026-03-30', 0, 0, 'Europe/Paris', set(range(7)))
        self.assertEqual(end - start, 71 * HOUR)

    def test_skipped(self):
        "A time that the clock skips"
        self.assertEqual(
            free_busy.to_utc(
                dt.date(2026, 3, 29), dt.time(2, 30), 'Europe/Paris'),
            utc('2026-03-29T01:30'))
        # and one that comes twice
        self.assertEqual(
            free_busy.to_utc(
                dt.date(2026, 10, 25), dt.time(2, 30), 'Europe/Paris'),
            utc('2026-10-25T00:30'))

    def test_day_period(self):
        for zone, first, last, start, end in [
                ('UTC', '2026-12-01', '2026-12-01',
                    '2026-12-01T00:00', '2026-12-02T00:00'),
                ('Asia/Kolkata', '2026-12-01', '2026-12-02',
                    '2026-11-30T18:30', '2026-12-02T18:30'),
                ('Europe/Paris', '2026-10-25', '2026-10-25',
                    '2026-10-24T22:00', '2026-10-25T23:00')]:
            self.assertEqual(
                free_busy.day_period(
                    dt.date.fromisoformat(first),
                    dt.date.fromisoformat(last), zone),
                (utc(start), utc(end)))

    @given(
        st.dates(dt.date(2000, 1, 1), dt.date(2037, 1, 1)),
        st.integers(0, 10), st.integers(0, 23), st.integers(0, 23),
        st.sets(st.integers(0, 6)), st.sampled_from(ZONES))
    def test_wall_clock(self, first, days, start, end, weekdays, zone):
        "Each instant is in the hours if the clock on the wall says so"
        last = first + dt.timedelta(days=days)
        hours = self.hours(
            first.isoformat(), last.isoformat(), start, end, zone, weekdays)
        tz = ZoneInfo(zone)
        time = dt.datetime.combine(first, dt.time()) - 2 * 24 * HOUR
        while time < dt.datetime.combine(last, dt.time()) + 3 * 24 * HOUR:
            # the middle of an hour, where no zone of these changes
            instant = time + 29 * MINUTE
            local = instant.replace(tzinfo=dt.timezone.utc).astimezone(tz)
            if self.certain(local, tz):
                self.assertEqual(
                    free_busy.is_busy(hours, instant, instant + MINUTE),
                    self.works(local, first, last, start, end, weekdays),
                    local)
            time += HOUR

    @staticmethod
    def certain(local, tz):
        "Not within a few hours of a change of the clock"
        return len({
                (local.astimezone(dt.timezone.utc) + i * HOUR).astimezone(
                    tz).utcoffset() for i in range(-25, 26)}) == 1

    @staticmethod
    def works(local, first, last, start, end, weekdays):
        day, hour = local.date(), local.hour
        if start < end:
            inside = [day] if start <= hour < end else []
        else:
            inside = [day] if hour >= start else []
            if hour < end:
                inside.append(day - dt.timedelta(days=1))
        return any(
            first <= d <= last and d.weekday() in weekdays for d in inside)


class AnswerTestCase(TestCase):
    "Test the questions to Google and its answers"

    def ask(self, ids, google, days=1):
        "The availability, as a client that asks `google` finds it"
        asked = free_busy.questions(ids, NOON, NOON + days * 24 * HOUR)
        answers = []
        while asked:
            body = asked.pop(0)
            answer = google(body)
            answers.append((body, answer))
            asked.extend(free_busy.again(body, answer))
        return free_busy.read(ids, answers)

    def test_questions(self):
        "Not more calendars and days than Google accepts, and all of them"
        ids = [f'{i}@example.com' for i in range(120)]
        end = NOON + dt.timedelta(days=70)
        bodies = free_busy.questions(ids, NOON, end)
        asked = {}
        for body in bodies:
            start, until = map(
                dt.datetime.fromisoformat, [body['timeMin'], body['timeMax']])
            self.assertLessEqual(until - start, free_busy.RANGE)
            self.assertLessEqual(len(body['items']), 50)
            for item in body['items']:
                asked.setdefault(item['id'], []).append((start, until))
        self.assertEqual(list(asked), ids)
        for ranges in asked.values():
            self.assertEqual(ranges[0][0].replace(tzinfo=None), NOON)
            self.assertEqual(ranges[-1][1].replace(tzinfo=None), end)
            for (_, until), (start, _) in zip(
                    ranges, ranges[1:], strict=False):
                self.assertEqual(until, start)
        self.assertEqual(len(bodies), 9)

    def test_read(self):
        def google(body):
            return {'calendars': {
                    'BOB@example.com': {'busy': [
                            {'start': '2026-12-01T14:00:00+01:00',
                                'end': '2026-12-01T14:30:00Z'},
                            {'start': '2026-12-01T14:30:00Z',
                                'end': '2026-12-01T15:00:00Z'}]},
                    'eve@example.com': {
                        'errors': [{
                                'domain': 'global', 'reason': 'notFound'}],
                        'busy': []},
                    'odd@example.com': {'busy': [
                            {'start': 'soon', 'end': 'later'},
                            {'start': '2026-12-01T13:00:00',
                                'end': '2026-12-01T14:00:00'}, {}]},
                    }}

        result = self.ask([
                'bob@example.com', 'eve@example.com', 'odd@example.com',
                'missing@example.com'], google)
        self.assertEqual(result['bob@example.com'].busy, [(at(60), at(180))])
        self.assertIsNone(result['bob@example.com'].error)
        self.assertEqual(
            {id.partition('@')[0]: a.error for id, a in result.items()}, {
                'bob': None, 'eve': 'notFound', 'odd': 'internalError',
                'missing': 'notFound'})

    def test_group(self):
        "A group is busy when one of its members is"
        def google(body):
            return {
                'groups': {'team@example.com': {
                        'calendars': ['a@example.com', 'b@example.com']}},
                'calendars': {
                    'a@example.com': {'busy': [{
                                'start': '2026-12-01T12:00:00Z',
                                'end': '2026-12-01T13:00:00Z'}]},
                    'b@example.com': b,
                    }}
        b = {'busy': [{
                    'start': '2026-12-01T14:00:00Z',
                    'end': '2026-12-01T15:00:00Z'}]}
        team = self.ask(['team@example.com'], google)['team@example.com']
        self.assertEqual(
            (team.busy, team.error),
            ([(at(0), at(60)), (at(120), at(180))], None))
        b = {'errors': [{'reason': 'notFound'}]}
        team = self.ask(['team@example.com'], google)['team@example.com']
        self.assertEqual(
            (team.busy, team.error), ([(at(0), at(60))], 'partial'))

    def test_too_many(self):
        "A group that was not expanded is asked for again, alone"
        asked = []

        def google(body):
            ids = [i['id'] for i in body['items']]
            asked.append(ids)
            groups, calendars = {}, {}
            for id in ids:
                if len(ids) > 1 and id != ids[0] or id == 'huge':
                    groups[id] = {'errors': [{
                                'reason': 'tooManyCalendarsRequested'}]}
                else:
                    groups[id] = {'calendars': [id + 's']}
                    calendars[id + 's'] = {'busy': [{
                                'start': '2026-12-01T12:00:00Z',
                                'end': '2026-12-01T13:00:00Z'}]}
            return {'groups': groups, 'calendars': calendars}

        result = self.ask(['first', 'second', 'huge'], google)
        self.assertEqual(
            asked, [['first', 'second', 'huge'], ['second'], ['huge']])
        for id in ['first', 'second']:
            self.assertEqual(
                (result[id].busy, result[id].error),
                ([(at(0), at(60))], None))
        self.assertEqual(
            (result['huge'].busy, result['huge'].error),
            ([], 'tooManyCalendarsRequested'))

    @given(st.lists(st.integers(0, 100), min_size=1, max_size=8), st.data())
    def test_groups(self, sizes, data):
        "Whatever fits in one answer, all the members count"
        groups = {
            f'g{i}': [f'g{i}m{j}' for j in range(size)]
            for i, size in enumerate(sizes)}
        everybody = [m for members in groups.values() for m in members]
        busy = data.draw(st.sets(st.sampled_from(everybody or ['x'])))
        closed = data.draw(st.sets(st.sampled_from(everybody or ['x'])))
        count = 0

        def google(body):
            nonlocal count
            count += 1
            self.assertLess(count, 60)
            names, expanded = [], {}
            for item in body['items']:
                if item['id'] in groups:
                    expanded[item['id']] = {
                        'calendars': groups[item['id']]}
                    names.extend(groups[item['id']])
                else:
                    names.append(item['id'])
            calendars = {}
            for index, name in enumerate(names):
                if index >= 50:
                    calendars[name] = {'errors': [{
                                'reason': 'tooManyCalendarsRequested'}]}
                elif name in closed:
                    calendars[name] = {'errors': [{'reason': 'notFound'}]}
                else:
                    calendars[name] = {'busy': [{
                                'start': '2026-12-01T12:00:00Z',
                                'end': '2026-12-01T13:00:00Z',
                                }] if name in busy else []}
            return {'calendars': calendars, 'groups': expanded}

        for id, found in self.ask(list(groups), google).items():
            members = set(groups[id])
            self.assertEqual(
                found.busy,
                [(at(0), at(60))] if members & busy - closed else [])
            self.assertEqual(
                found.error, 'partial' if members & closed else None)
