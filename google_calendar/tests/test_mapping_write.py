# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import unittest
from zoneinfo import ZoneInfo

from trytond.modules.google_calendar.mapping import (
    UNITS, MappingError, canonical, to_resource, to_values)
from trytond.modules.google_calendar.tests.mapping_values import (
    PARIS, event, patched)
from trytond.modules.google_integration.merge import difference


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
