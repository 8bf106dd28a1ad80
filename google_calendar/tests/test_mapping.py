# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import copy
import datetime as dt
import json
import re
import unittest
import uuid
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from trytond.modules.google_calendar.mapping import (
    UNITS, MappingError, calendar_values, canonical, event_id, is_deleted,
    safe_link, to_resource, to_values, updated)
from trytond.modules.google_integration.merge import difference

WRITABLE = [u for u in UNITS if not u.read_only]
NAMES = [n for u in WRITABLE for n in u.fields]
READ_ONLY = [n for u in UNITS if u.read_only for n in u.fields]
PARIS = {'timeZone': 'Europe/Paris'}

# the same examples at each run
laws = settings(
    max_examples=200, deadline=None, derandomize=True, database=None)

zones = st.sampled_from([
        'UTC', 'Europe/Paris', 'America/New_York', 'Asia/Kathmandu',
        'Australia/Lord_Howe', 'Pacific/Apia', 'Pacific/Kiritimati',
        'Africa/Monrovia', 'America/St_Johns'])
times = st.one_of(
    st.datetimes(), st.datetimes(dt.datetime(2020, 1, 1)),
    # around the changes of clocks
    st.builds(
        lambda day, seconds: day + dt.timedelta(seconds=seconds),
        st.sampled_from([
                dt.datetime(2024, 3, 31), dt.datetime(2024, 10, 27),
                dt.datetime(2024, 3, 10), dt.datetime(2024, 11, 3)]),
        st.integers(0, 86399)),
    ).map(lambda t: t.replace(microsecond=0))
texts = st.none() | st.text(
    st.characters(exclude_characters='\0', codec='utf-8'), min_size=1,
    max_size=20)
recurrences = st.sampled_from([
        None, 'RRULE:FREQ=WEEKLY', 'RRULE:FREQ=DAILY\nEXDATE:20240301T080000Z'
        ])


@st.composite
def event_values(draw):
    "Values as a form of Tryton makes them"
    values = dict.fromkeys(READ_ONLY)
    for name in ['summary', 'description', 'location']:
        values[name] = draw(texts)
    values.update(
        status=draw(st.sampled_from(['confirmed', 'tentative'])),
        visibility=draw(st.sampled_from(['default', 'private'])),
        transparency=draw(st.sampled_from(['opaque', 'transparent'])),
        recurrence=draw(recurrences),
        all_day=draw(st.booleans()),
        start=None, end=None, start_date=None, end_date=None,
        time_zone=draw(st.none() | zones))
    start, end = sorted([draw(times), draw(times)])
    if values['all_day']:
        values.update(start_date=start.date(), end_date=end.date())
    else:
        values.update(start=start, end=end)
    return canonical(values)


date_texts = st.sampled_from([
        '0001-01-01', '9999-12-31', '9999-12-30', '2024-02-29', '2024-03-01',
        '2023-02-29', '2024-03-31', '', 'tomorrow', 20240301])
time_texts = st.one_of(
    st.sampled_from([
            '0001-01-01T00:00:00+14:00', '9999-12-31T23:59:60-12:00',
            '0001-01-01T00:00:00', '9999-12-31T23:59:59',
            '2024-03-31T02:30:00', '2024-10-27T02:30:00',
            '2024-03-31t02:30:00z', '2024-03-31T24:00:00Z',
            '2024-03-31T12:00:00.123456789Z', '2024-03-31', '2024-03-31T1',
            '1850-06-01T12:00:00+00:09:21', '2024-13-31T12:00:00Z', '', 7]),
    st.builds(
        lambda time, offset: time.isoformat() + offset, times,
        st.sampled_from(['', 'Z', '+02:00', '-0330', '+05', '.5Z'])))
members = st.one_of(
    st.fixed_dictionaries({}, optional={
            'date': date_texts, 'dateTime': time_texts,
            'timeZone': zones | st.sampled_from([
                    'Mars/Olympus', '', '../UTC', 'America', '\ud800', 5])}),
    st.fixed_dictionaries({'date': date_texts}),
    st.fixed_dictionaries({'dateTime': time_texts, 'timeZone': zones}),
    st.sampled_from([None, 'tomorrow', []]))
odd = st.sampled_from([None, '', 'x', 'a\0b', '\ud800', 5, 1.5, True, [], {}])
odd_resources = st.fixed_dictionaries(
    {'start': members, 'end': members, 'id': st.just('abcde')},
    optional={
        'summary': odd, 'description': odd, 'location': odd,
        'status': odd | st.just('cancelled'),
        'visibility': odd | st.just('private'), 'transparency': odd,
        'recurrence': odd | st.lists(odd, max_size=2) | st.just(
            ['RRULE:FREQ=DAILY', '', ' EXDATE:20240301T000000Z\r\n']),
        'recurringEventId': odd, 'originalStartTime': members,
        'organizer': odd, 'conferenceData': odd, 'hangoutLink': odd,
        'htmlLink': odd, 'iCalUID': odd, 'updated': odd,
        'colorId': st.just('3'),
        })


def patched(resource, patch):
    "Return the resource as Google patches it"
    resource = dict(resource)
    for name, value in patch.items():
        if value is None:
            resource.pop(name, None)
        elif isinstance(value, dict):
            old = resource.get(name)
            resource[name] = patched(
                old if isinstance(old, dict) else {}, value)
        else:
            resource[name] = value
    return resource


def read(resource):
    try:
        return to_values(resource)
    except MappingError:
        assume(False)


def event(start, end=None, **others):
    resource = {'start': start, **others}
    if end is not None:
        resource['end'] = end
    return resource


def when(values):
    return (values['start'], values['end'])


class MappingLawsTestCase(unittest.TestCase):
    "Test what holds for every event"

    @laws
    @given(event_values())
    def test_insert(self, values):
        body = to_resource(values)

        self.assertEqual(to_values(json.loads(json.dumps(body))), values)
        self.assertNotIn(None, body.values())
        for member in [body['start'], body['end']]:
            self.assertNotIn(None, member.values())

    @laws
    @given(event_values())
    def test_rfc_3339(self, values):
        body = to_resource(values)
        for member in [body['start'], body['end']]:
            if values['all_day']:
                self.assertRegex(member['date'], r'^\d{4}-\d\d-\d\d$')
                self.assertNotIn('dateTime', member)
            else:
                self.assertRegex(
                    member['dateTime'], r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d'
                    r'(Z|[+-]\d\d:\d\d)$')
                self.assertNotIn('date', member)
                self.assertEqual(member.get('timeZone'), values['time_zone'])

    @laws
    @given(event_values(), event_values())
    def test_patch(self, old, new):
        baseline = {
            **to_resource(old), 'etag': '"1"', 'colorId': '3',
            'attendees': [{'email': 'a@example.com'}]}
        units = difference(UNITS, to_values(baseline), new)
        body = to_resource(new, units, baseline)

        self.assertLessEqual(
            body.keys(),
            units - {'when'} | ({'start', 'end', 'recurrence'}
                if 'when' in units else set()))
        after = patched(baseline, body)
        self.assertEqual(to_values(after), new)
        for name in ['etag', 'colorId', 'attendees']:
            self.assertEqual(after[name], baseline[name])
        for member in [after['start'], after['end']]:
            self.assertEqual(len({'date', 'dateTime'} & member.keys()), 1)

    @laws
    @given(event_values(), event_values())
    def test_patch_without_baseline(self, old, new):
        units = {u.name for u in WRITABLE}
        after = patched(to_resource(old), to_resource(new, units))

        self.assertEqual(to_values(after), new)

    @laws
    @given(event_values())
    def test_canonical(self, values):
        self.assertEqual(canonical(values), values)

    @laws
    @given(odd_resources)
    def test_odd_read(self, resource):
        before = copy.deepcopy(resource)
        values = read(resource)

        self.assertEqual(resource, before)
        self.assertEqual(values.keys(), set(NAMES + READ_ONLY))
        self.assertEqual(canonical(values), values)
        json.dumps(values, default=str).encode()
        if values['start']:
            self.assertLessEqual(values['start'], values['end'])
            self.assertIsNone(values['start'].tzinfo)
            self.assertEqual(values['start'].microsecond, 0)
            self.assertEqual(values['all_day'], bool(values['start_date']))
        for value in values.values():
            if isinstance(value, str):
                self.assertNotIn('\0', value)
                value.encode('utf-8')

    @laws
    @given(odd_resources)
    def test_odd_unchanged(self, resource):
        values = read(resource)
        assume(values['start'])
        body = to_resource(values, {u.name for u in WRITABLE}, resource)
        after = patched(resource, body)

        self.assertFalse(difference(UNITS, values, to_values(after)))
        self.assertEqual(
            to_values(patched(after, to_resource(values, None, after))),
            to_values(after))

    @laws
    @given(odd_resources, event_values())
    def test_odd_changed(self, resource, values):
        old = read(resource)
        units = difference(UNITS, old, values)
        after = patched(resource, to_resource(values, units, resource))

        left = difference(UNITS, to_values(after), values)
        # Google keeps the zone that only it knows
        self.assertLessEqual(left, {'when'})
        if left:
            self.assertEqual(
                {n for n in values if to_values(after)[n] != values[n]}
                - set(READ_ONLY), {'time_zone'})

    @laws
    @given(odd_resources)
    def test_odd_others(self, resource):
        updated(resource)
        is_deleted(resource)
        calendar_values(resource)


class ReadTimesTestCase(unittest.TestCase):
    "Test to_values of times"

    def assertTimes(self, resource, start, end=None):
        values = to_values(resource)
        self.assertFalse(values['all_day'])
        self.assertEqual(values['start'].isoformat(), start)
        self.assertEqual(values['end'].isoformat(), end or start)
        self.assertIsNone(values['start_date'])
        self.assertIsNone(values['end_date'])
        return values

    def assertDays(self, resource, start, end=None):
        values = to_values(resource)
        self.assertTrue(values['all_day'])
        self.assertEqual(values['start_date'].isoformat(), start)
        self.assertEqual(values['end_date'].isoformat(), end or start)
        self.assertEqual(values['start'].isoformat(), start + 'T12:00:00')
        self.assertEqual(
            values['end'].isoformat(), (end or start) + 'T12:00:00')
        self.assertIsNone(values['time_zone'])

    def test_timed(self):
        values = self.assertTimes(event(
                {'dateTime': '2024-07-01T09:00:00+02:00', **PARIS},
                {'dateTime': '2024-07-01T10:30:00+02:00', **PARIS}),
            '2024-07-01T07:00:00', '2024-07-01T08:30:00')
        self.assertEqual(values['time_zone'], 'Europe/Paris')

    def test_spellings(self):
        for text, expected in [
                ('2024-07-01T09:00:00Z', '2024-07-01T09:00:00'),
                ('2024-07-01t09:00:00z', '2024-07-01T09:00:00'),
                ('2024-07-01 09:00Z', '2024-07-01T09:00:00'),
                ('2024-07-01T09:00:00.999Z', '2024-07-01T09:00:00'),
                ('2024-07-01T09:00:00-00:00', '2024-07-01T09:00:00'),
                ('2024-07-01T09:00:00+0530', '2024-07-01T03:30:00'),
                ('1850-07-01T09:00:00+00:09:21', '1850-07-01T08:50:39'),
                ('2016-12-31T23:59:60Z', '2017-01-01T00:00:00'),
                ('2024-07-01T24:00:00Z', '2024-07-02T00:00:00'),
                ('0001-01-01T00:00:00+14:00', '0001-01-01T00:00:00'),
                ('9999-12-31T23:59:59-12:00', '9999-12-31T23:59:59'),
                ('9999-12-31T23:59:60Z', '9999-12-31T23:59:59'),
                ]:
            with self.subTest(text=text):
                self.assertTimes(event({'dateTime': text}), expected)

    def test_local_time(self):
        for text, zone, expected in [
                ('2024-07-01T09:00:00', 'Europe/Paris', '07:00:00'),
                # in the gap as before it
                ('2024-03-31T02:30:00', 'Europe/Paris', '01:30:00'),
                # in the fold the first
                ('2024-10-27T02:30:00', 'Europe/Paris', '00:30:00'),
                ('2024-07-01T09:00:00', 'Mars/Olympus', '09:00:00'),
                ('2024-07-01T09:00:00', None, '09:00:00'),
                # the offset says more than the zone
                ('2024-10-27T02:30:00+01:00', 'Europe/Paris', '01:30:00'),
                ]:
            with self.subTest(text=text, zone=zone):
                self.assertTimes(
                    event({'dateTime': text, 'timeZone': zone}),
                    f'{text[:10]}T{expected}')

    def test_end_in_zone_of_start(self):
        self.assertTimes(event(
                {'dateTime': '2024-07-01T09:00:00', **PARIS},
                {'dateTime': '2024-07-01T10:00:00'}),
            '2024-07-01T07:00:00', '2024-07-01T08:00:00')

    def test_unknown_zone(self):
        for zone in ['Mars/Olympus', '', 'America', '/etc/passwd',
                '../../etc/passwd', 'localtime', 'posixrules', '\0', '\ud800',
                'a' * 5000, 5, [], {}]:
            with self.subTest(zone=zone):
                values = self.assertTimes(
                    event({
                            'dateTime': '2024-07-01T09:00:00+02:00',
                            'timeZone': zone}), '2024-07-01T07:00:00')
                self.assertIsNone(values['time_zone'])

    def test_end_before_start(self):
        self.assertTimes(event(
                {'dateTime': '2024-07-01T09:00:00Z'},
                {'dateTime': '2024-07-01T08:00:00Z'}), '2024-07-01T09:00:00')
        self.assertDays(
            event({'date': '2024-07-05'}, {'date': '2024-07-01'}),
            '2024-07-05')

    def test_no_end(self):
        for end in [None, {}, {'dateTime': 'soon'}, 'soon', {'date': 5}]:
            with self.subTest(end=end):
                self.assertTimes(
                    event({'dateTime': '2024-07-01T09:00:00Z'}, end),
                    '2024-07-01T09:00:00')
                self.assertDays(
                    event({'date': '2024-07-01'}, end), '2024-07-01')

    def test_all_day(self):
        for start, end, last in [
                ('2024-02-28', '2024-02-29', '2024-02-28'),
                ('2024-02-28', '2024-03-01', '2024-02-29'),
                ('2024-02-28', '2024-02-28', '2024-02-28'),
                ('0001-01-01', '0001-01-01', '0001-01-01'),
                ('0001-01-01', '9999-12-31', '9999-12-30'),
                ]:
            with self.subTest(start=start, end=end):
                self.assertDays(
                    event({'date': start, **PARIS}, {'date': end}),
                    start, last)

    def test_both(self):
        self.assertTimes(event({
                    'date': '2024-07-01', 'dateTime': '2024-07-02T09:00:00Z'}),
            '2024-07-02T09:00:00')
        self.assertDays(event({'date': '2024-07-01', 'dateTime': 'soon'}),
            '2024-07-01')

    def test_mixed(self):
        self.assertTimes(event(
                {'dateTime': '2024-07-01T09:00:00Z', **PARIS},
                {'date': '2024-07-02'}),
            '2024-07-01T09:00:00', '2024-07-01T22:00:00')
        for time, last in [
                ('2024-07-02T00:00:00+02:00', '2024-07-01'),
                ('2024-07-02T00:30:00+02:00', '2024-07-02')]:
            self.assertDays(
                event({'date': '2024-07-01'}, {'dateTime': time}),
                '2024-07-01', last)

    def test_no_start(self):
        for resource in [
                {}, {'start': {}}, {'start': None}, {'start': '2024-07-01'},
                {'end': {'date': '2024-07-01'}},
                {'start': {'timeZone': 'UTC'}, 'status': 'confirmed'}]:
            with self.subTest(resource=resource):
                with self.assertRaises(MappingError) as context:
                    to_values(resource)
                self.assertEqual(context.exception.code, 'no_start')
                self.assertEqual(context.exception.arguments, {})

    def test_bad_date(self):
        for text in ['soon', '2023-02-29', '10000-01-01', '0000-01-01',
                '2024-07-01T25:00:00Z', '2024-07-01T09:61:00Z', 5,
                '２０２４-07-01']:
            for key in ['date', 'dateTime']:
                with self.subTest(text=text, key=key):
                    with self.assertRaises(MappingError) as context:
                        to_values({'start': {key: text}})
                    self.assertEqual(context.exception.code, 'bad_date')
                    self.assertEqual(
                        context.exception.arguments, {'date': str(text)})


class ReadTestCase(unittest.TestCase):
    "Test to_values of what is not time"

    START = {'date': '2024-07-01'}

    def test_defaults(self):
        values = to_values({'start': self.START})

        self.assertEqual(
            {n: v for n, v in values.items() if v is not None}, {
                'all_day': True,
                'start': dt.datetime(2024, 7, 1, 12),
                'end': dt.datetime(2024, 7, 1, 12),
                'start_date': dt.date(2024, 7, 1),
                'end_date': dt.date(2024, 7, 1),
                'status': 'confirmed',
                'visibility': 'default',
                'transparency': 'opaque',
                })

    def test_texts(self):
        for value, expected in [
                ('', None), (None, None), ('  a ', '  a '), ('a\0b', 'ab'),
                ('\0', None), ('a\ud800', 'a?'), ('🎉', '🎉'), (5, '5'),
                (1.5, '1.5'), (True, None), (['a'], None), ({}, None)]:
            with self.subTest(value=value):
                values = to_values(event(
                        self.START, summary=value, description=value,
                        location=value, iCalUID=value))
                for name in ['summary', 'description', 'location', 'ical_uid']:
                    self.assertEqual(values[name], expected)

    def test_unknown_selections(self):
        values = to_values(event(
                self.START, status='maybe', visibility=['x'],
                transparency=5))

        self.assertEqual(values['status'], 'confirmed')
        self.assertEqual(values['visibility'], 'default')
        self.assertEqual(values['transparency'], 'opaque')

    def test_google_alone(self):
        values = to_values(event(
                {'dateTime': '2024-07-02T09:00:00Z'},
                organizer={'email': 'a@example.com', 'self': True},
                iCalUID='u@google.com',
                htmlLink='https://www.google.com/calendar/event?eid=x',
                hangoutLink='https://meet.google.com/x',
                recurringEventId='master',
                originalStartTime={'dateTime': '2024-07-01T11:00:00+02:00'}))

        self.assertEqual({n: values[n] for n in READ_ONLY}, {
                'organizer_email': 'a@example.com',
                'ical_uid': 'u@google.com',
                'conference_link': 'https://meet.google.com/x',
                'html_link': 'https://www.google.com/calendar/event?eid=x',
                'recurring_event_id': 'master',
                'original_start': dt.datetime(2024, 7, 1, 9),
                })
        body = to_resource(values)
        self.assertLessEqual(body.keys(), {
                'start', 'end', 'status', 'visibility', 'transparency'})

    def test_conference_link(self):
        values = to_values(event(
                self.START, hangoutLink='https://meet.google.com/x',
                conferenceData={'entryPoints': [
                        None, {'entryPointType': 'phone', 'uri': 'tel:1'},
                        {'entryPointType': 'video', 'uri': 'javascript:x'},
                        {'entryPointType': 'video',
                            'uri': 'https://zoom.example.com/j/1'}]}))

        self.assertEqual(
            values['conference_link'], 'https://zoom.example.com/j/1')

    def test_recurrence(self):
        values = to_values(event(
                {'dateTime': '2024-07-01T09:00:00Z', 'timeZone': 'X/Y'},
                recurrence=[
                    'RRULE:FREQ=DAILY', 5, '', 'EXDATE:20240702T090000Z\r\n']))

        self.assertEqual(
            values['recurrence'], 'RRULE:FREQ=DAILY\nEXDATE:20240702T090000Z')
        self.assertEqual(values['time_zone'], 'UTC')

    def test_cancelled_instance(self):
        resource = {
            'id': 'master_20240701T090000Z', 'status': 'cancelled',
            'recurringEventId': 'master',
            'originalStartTime': {'dateTime': '2024-07-01T09:00:00Z', **PARIS},
            }
        values = to_values(resource)

        self.assertFalse(is_deleted(resource))
        self.assertEqual(values['status'], 'cancelled')
        self.assertEqual(values['recurring_event_id'], 'master')
        nine = dt.datetime(2024, 7, 1, 9)
        self.assertEqual(when(values), (nine, nine))
        self.assertEqual(values['original_start'], nine)

    def test_cancelled_all_day_instance(self):
        values = to_values({
                'id': 'master_20240701', 'status': 'cancelled',
                'recurringEventId': 'master',
                'originalStartTime': {'date': '2024-07-01'},
                })

        self.assertTrue(values['all_day'])
        self.assertEqual(values['end_date'], dt.date(2024, 7, 1))
        self.assertEqual(
            values['original_start'], dt.datetime(2024, 7, 1, 12))

    def test_deleted(self):
        resource = {'id': 'abcde', 'status': 'cancelled'}
        values = to_values(resource)

        self.assertTrue(is_deleted(resource))
        self.assertEqual(when(values), (None, None))
        self.assertFalse(is_deleted({'id': 'abcde', 'status': 'confirmed'}))
        self.assertFalse(is_deleted({'id': 'abcde'}))


class WriteTestCase(unittest.TestCase):
    "Test to_resource"

    TIMED = {
        'summary': "Meeting",
        'start': {'dateTime': '2024-07-01T09:00:00+02:00', **PARIS},
        'end': {'dateTime': '2024-07-01T10:00:00+02:00', **PARIS},
        }
    ALL_DAY = {
        'summary': "Fair",
        'start': {'date': '2024-07-01'},
        'end': {'date': '2024-07-03'},
        }

    def patch(self, baseline, **changes):
        old = to_values(baseline)
        new = {**old, **changes}
        return to_resource(
            new, difference(UNITS, old, canonical(new)), baseline)

    def test_zone(self):
        for hour, zone, expected in [
                (7, 'Europe/Paris', '2024-07-01T09:00:00+02:00'),
                (7, 'UTC', '2024-07-01T07:00:00+00:00'),
                (7, None, '2024-07-01T07:00:00Z'),
                (7, 'America/St_Johns', '2024-07-01T04:30:00-02:30')]:
            with self.subTest(zone=zone):
                body = to_resource({
                        **to_values(self.TIMED), 'time_zone': zone,
                        'start': dt.datetime(2024, 7, 1, hour)})
                self.assertEqual(body['start']['dateTime'], expected)
                self.assertEqual(body['start'].get('timeZone'), zone)

    def test_zone_of_overflow(self):
        for time, zone in [
                (dt.datetime.min, 'America/New_York'),
                (dt.datetime.max.replace(microsecond=0), 'Asia/Tokyo'),
                # an offset with seconds
                (dt.datetime(1850, 7, 1), 'Europe/Paris')]:
            with self.subTest(time=time):
                values = canonical({
                        **to_values(self.TIMED), 'time_zone': zone,
                        'start': time, 'end': time})
                body = to_resource(values)
                self.assertEqual(
                    body['start'],
                    {'dateTime': time.isoformat() + 'Z', 'timeZone': zone})
                self.assertEqual(to_values(body), values)

    def test_series_stays_at_nine(self):
        zone = ZoneInfo('Europe/Paris')
        for day in [dt.date(2024, 3, 30), dt.date(2024, 3, 31)]:
            local = dt.datetime.combine(day, dt.time(9), zone)
            time = local.astimezone(dt.timezone.utc).replace(tzinfo=None)
            body = to_resource({
                    **to_values(self.TIMED), 'start': time, 'end': time,
                    'recurrence': 'RRULE:FREQ=DAILY'})
            self.assertRegex(body['start']['dateTime'], 'T09:00:00')
            self.assertEqual(body['start']['timeZone'], 'Europe/Paris')

    def test_series_needs_zone(self):
        body = to_resource({
                **to_values(self.TIMED), 'time_zone': None,
                'recurrence': 'RRULE:FREQ=DAILY'})

        self.assertEqual(body['start']['timeZone'], 'UTC')

    def test_only_changed(self):
        self.assertEqual(self.patch(self.TIMED), {})
        self.assertEqual(
            self.patch(self.TIMED, summary="Talk"), {'summary': "Talk"})
        self.assertEqual(
            self.patch(self.TIMED, visibility='private', status='tentative'),
            {'visibility': 'private', 'status': 'tentative'})

    def test_clear(self):
        self.assertEqual(self.patch(self.TIMED, summary=None),
            {'summary': None})
        self.assertEqual(self.patch(self.TIMED, summary=''),
            {'summary': None})

    def test_move(self):
        body = self.patch(self.TIMED, end=dt.datetime(2024, 7, 1, 9))

        self.assertEqual(body, {
                'start': self.TIMED['start'],
                'end': {'dateTime': '2024-07-01T11:00:00+02:00', **PARIS},
                })

    def test_move_days(self):
        body = self.patch(self.ALL_DAY, end_date=dt.date(2024, 7, 3))

        self.assertEqual(body, {
                'start': {'date': '2024-07-01'},
                'end': {'date': '2024-07-04'}})

    def test_to_all_day(self):
        body = self.patch(
            self.TIMED, all_day=True, start_date=dt.date(2024, 7, 1),
            end_date=dt.date(2024, 7, 1))

        self.assertEqual(body, {
                'start': {
                    'date': '2024-07-01', 'dateTime': None, 'timeZone': None},
                'end': {
                    'date': '2024-07-02', 'dateTime': None, 'timeZone': None},
                })

    def test_to_timed(self):
        time = dt.datetime(2024, 7, 1, 7)
        body = self.patch(
            self.ALL_DAY, all_day=False, start=time, end=time,
            time_zone='Europe/Paris')

        member = {
            'date': None, 'dateTime': '2024-07-01T09:00:00+02:00', **PARIS}
        self.assertEqual(body, {'start': member, 'end': member})

    def test_days_are_what_counts(self):
        body = self.patch(
            self.ALL_DAY, start=dt.datetime(2024, 1, 1),
            end=dt.datetime(2025, 1, 1), time_zone='Europe/Paris')

        self.assertEqual(body, {})

    def test_seconds_are_what_counts(self):
        time = dt.datetime(2024, 7, 1, 7, 0, 0, 999999)

        self.assertEqual(self.patch(self.TIMED, start=time), {})

    def test_change_zone(self):
        body = self.patch(self.TIMED, time_zone='UTC')

        self.assertEqual(body['start'], {
                'dateTime': '2024-07-01T07:00:00+00:00', 'timeZone': 'UTC'})

    def test_clear_zone(self):
        body = self.patch(self.TIMED, time_zone=None)

        self.assertEqual(body['start'], {
                'dateTime': '2024-07-01T07:00:00Z', 'timeZone': None})

    def test_unknown_zone_is_left_to_google(self):
        start = {
            'dateTime': '2024-07-01T09:00:00+02:00', 'timeZone': 'X/Y'}
        baseline = event(start, {**start})
        body = self.patch(baseline, end=dt.datetime(2024, 7, 1, 9))

        self.assertEqual(body, {
                'start': {'dateTime': '2024-07-01T09:00:00+02:00'},
                'end': {'dateTime': '2024-07-01T09:00:00Z'}})
        self.assertEqual(
            patched(baseline, body)['end']['timeZone'], 'X/Y')

    def test_zone_of_end(self):
        baseline = event(self.TIMED['start'], {
                'dateTime': '2024-07-01T10:00:00+01:00',
                'timeZone': 'Europe/London'})
        for changes, expected in [
                ({'start': dt.datetime(2024, 7, 1, 6)}, baseline['end']),
                ({'end': dt.datetime(2024, 7, 1, 10)}, {
                        'dateTime': '2024-07-01T11:00:00+01:00',
                        'timeZone': 'Europe/London'}),
                ]:
            with self.subTest(changes=changes):
                self.assertEqual(
                    self.patch(baseline, **changes)['end'], expected)

    def test_fraction_is_kept(self):
        start = {'dateTime': '2024-07-01T09:00:00.250Z'}
        baseline = event(start, {'dateTime': '2024-07-01T10:00:00.750Z'})
        body = self.patch(baseline, end=dt.datetime(2024, 7, 1, 11))

        self.assertEqual(body['start'], start)

    def test_end_before_start_is_not_sent_back(self):
        baseline = event(
            {'dateTime': '2024-07-01T09:00:00Z'},
            {'dateTime': '2024-07-01T08:00:00Z'})
        body = self.patch(baseline, start=dt.datetime(2024, 7, 1, 8, 30))

        self.assertEqual(
            body['end'], {'dateTime': '2024-07-01T09:00:00Z'})
        self.assertEqual(self.patch(baseline, summary="x"), {'summary': "x"})

    def test_recurrence(self):
        baseline = {**self.TIMED, 'recurrence': ['RRULE:FREQ=DAILY']}

        self.assertIsNone(self.patch(baseline, recurrence=None)['recurrence'])
        body = self.patch(
            baseline, recurrence='RRULE:FREQ=WEEKLY\nRDATE:20240710T090000Z')
        self.assertEqual(
            body['recurrence'],
            ['RRULE:FREQ=WEEKLY', 'RDATE:20240710T090000Z'])
        self.assertEqual(body['start'], baseline['start'])
        self.assertNotIn(
            'recurrence', self.patch(
                self.TIMED, start=dt.datetime(2024, 7, 1, 6)))

    def test_errors(self):
        times = to_values(self.TIMED)
        days = to_values(self.ALL_DAY)
        for values, code, arguments in [
                ({**times, 'start': None}, 'no_start', {}),
                ({**times, 'end': dt.datetime(2024, 7, 1, 6)},
                    'end_before_start', {
                        'start': '2024-07-01 07:00:00',
                        'end': '2024-07-01 06:00:00'}),
                ({**days, 'end_date': dt.date(2024, 6, 1)},
                    'end_before_start',
                    {'start': '2024-07-01', 'end': '2024-06-01'}),
                ]:
            with self.subTest(code=code):
                with self.assertRaises(MappingError) as context:
                    to_resource(values)
                self.assertEqual(context.exception.code, code)
                self.assertEqual(context.exception.arguments, arguments)

    def test_error_only_of_its_unit(self):
        values = {**to_values(self.TIMED), 'end': dt.datetime(2024, 1, 1)}

        self.assertEqual(
            to_resource(values, {'summary'}, self.TIMED),
            {'summary': "Meeting"})

    def test_last_day(self):
        values = canonical({
                **to_values(self.ALL_DAY), 'start_date': dt.date.max,
                'end_date': dt.date.max})

        self.assertEqual(to_values(to_resource(values)), values)


class OthersTestCase(unittest.TestCase):
    "Test the small functions"

    def test_updated(self):
        for text, expected in [
                ('2024-07-01T09:00:00.123Z',
                    dt.datetime(2024, 7, 1, 9, 0, 0, 123000)),
                ('2024-07-01T09:00:00+02:00', dt.datetime(2024, 7, 1, 7)),
                ('2024-07-01T09:00:00', dt.datetime(2024, 7, 1, 9)),
                ('soon', None), (None, None), (5, None)]:
            with self.subTest(text=text):
                self.assertEqual(updated({'updated': text}), expected)
        self.assertIsNone(updated({}))

    def test_event_id(self):
        for _ in range(20):
            identifier = uuid.uuid4()
            id_ = event_id(identifier)
            self.assertTrue(re.fullmatch('[a-v0-9]{5,1024}', id_))
            self.assertEqual(event_id(str(identifier)), id_)
        with self.assertRaises(ValueError):
            event_id('x')

    def test_safe_link(self):
        for url in ['https://meet.google.com/x', 'http://example.com',
                'HTTPS://EXAMPLE.COM/?a=b#c', 'https://exämple.com/']:
            self.assertEqual(safe_link(url), url)
        for url in ['javascript:alert(1)', 'data:text/html,x', 'tel:1', '',
                None, 5, {}, 'example.com', '//example.com', 'https://',
                'https:example.com', 'http://[', 'java\nscript:x',
                'https://a\n.com', ' https://example.com', 'file:///etc']:
            self.assertIsNone(safe_link(url), url)

    def test_calendar_values(self):
        self.assertEqual(calendar_values({
                    'id': 'c', 'summary': "Team", 'summaryOverride': "Mine",
                    'description': "About", 'timeZone': 'Europe/Paris',
                    'backgroundColor': '#0088aa', 'accessRole': 'owner',
                    'primary': True, 'selected': True, 'deleted': True,
                    }), {
                'name': "Mine", 'description': "About",
                'time_zone': 'Europe/Paris', 'color': '#0088aa',
                'access_role': 'owner', 'primary': True, 'selected': True,
                'deleted': True})

    def test_calendar_defaults(self):
        self.assertEqual(calendar_values({
                    'id': 'c', 'timeZone': 'X/Y', 'backgroundColor': 'red'}), {
                'name': 'c', 'description': None, 'time_zone': None,
                'color': None, 'access_role': None, 'primary': False,
                'selected': False, 'deleted': False})
        self.assertEqual(
            calendar_values({'id': 'c', 'summary': "Team"})['name'], "Team")

    def test_units(self):
        self.assertEqual(len(NAMES), len(set(NAMES)))
        self.assertEqual(
            [u.name for u in UNITS], list(dict.fromkeys(
                    u.name for u in UNITS)))

    def test_error_hides_nothing(self):
        error = MappingError('bad_date', {'date': 'x'})

        self.assertEqual(str(error), 'bad_date')
        self.assertEqual(error.arguments, {'date': 'x'})
