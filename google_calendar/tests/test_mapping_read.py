# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import re
import unittest
import uuid

from trytond.modules.google_calendar.mapping import (
    UNITS, MappingError, calendar_values, event_id, is_deleted, safe_link,
    to_resource, to_values, updated)
from trytond.modules.google_calendar.tests.mapping_values import (
    NAMES, PARIS, BLANK, READ_ONLY, event, when)


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
            {n: v for n, v in values.items() if v}, {
                'all_day': True,
                'start': dt.datetime(2024, 7, 1, 12),
                'end': dt.datetime(2024, 7, 1, 12),
                'start_date': dt.date(2024, 7, 1),
                'end_date': dt.date(2024, 7, 1),
                'status': 'confirmed',
                'visibility': 'default',
                'transparency': 'opaque',
                'default_reminders': True,
                'guests_can_invite_others': True,
                'guests_can_see_other_guests': True,
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
                **BLANK,
                'organizer_email': 'a@example.com',
                'organizer_own': True,
                'ical_uid': 'u@google.com',
                'conference_link': 'https://meet.google.com/x',
                'html_link': 'https://www.google.com/calendar/event?eid=x',
                'recurring_event_id': 'master',
                'original_start': dt.datetime(2024, 7, 1, 9),
                })
        body = to_resource(values)
        self.assertLessEqual(body.keys(), {
                'start', 'end', 'status', 'visibility', 'transparency',
                'conferenceData'})

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
