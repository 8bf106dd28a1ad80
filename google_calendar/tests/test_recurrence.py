# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import unittest

from trytond.modules.google_calendar.recurrence import (
    MAX_OCCURRENCES, RecurrenceError, expand, is_valid)
from trytond.modules.google_integration.tests.work import Work

from .recurrence_values import YEAR, all_day, starts, timed

# the calls of functions that a recurrence may take
HOSTILE = 10 ** 7


class ExpandTestCase(unittest.TestCase):
    "Test the occurrences of a series"

    def test_single(self):
        self.assertEqual(starts(timed(None)), ['03-04 08:00'])
        self.assertEqual(starts(timed('')), ['03-04 08:00'])
        self.assertEqual(starts(all_day(None)), ['03-04'])

    def test_daylight_saving(self):
        self.assertEqual(
            starts(timed('RRULE:FREQ=WEEKLY;COUNT=5')), [
                '03-04 08:00', '03-11 08:00', '03-18 08:00', '03-25 08:00',
                '04-01 07:00'])

    def test_gap(self):
        # 02:30 does not exist on 31 March in Paris
        values = timed(
            'RRULE:FREQ=DAILY;COUNT=3', dt.datetime(2024, 3, 30, 1, 30))
        self.assertEqual(
            starts(values), ['03-30 01:30', '03-31 01:30', '04-01 00:30'])

    def test_fold(self):
        # 02:30 comes twice on 27 October in Paris
        values = timed(
            'RRULE:FREQ=DAILY;COUNT=3', dt.datetime(2024, 10, 26, 0, 30))
        self.assertEqual(
            starts(values), ['10-26 00:30', '10-27 00:30', '10-28 01:30'])

    def test_gap_twice(self):
        "What falls on the same time is one occurrence"
        values = timed(
            'RRULE:FREQ=HOURLY;COUNT=4', dt.datetime(2024, 3, 31, 0, 0))
        self.assertEqual(
            starts(values), ['03-31 00:00', '03-31 01:00', '03-31 02:00'])

    def test_length_by_the_wall_clock(self):
        # from ten in the evening to six in the morning
        values = timed(
            'RRULE:FREQ=DAILY;COUNT=2', dt.datetime(2024, 3, 29, 21), hours=8)
        self.assertEqual(
            [f'{e:%d %H:%M}' for _, e in expand(values, *YEAR)],
            ['30 05:00', '31 04:00'])

    def test_window(self):
        values = timed('RRULE:FREQ=DAILY', hours=2)
        day = dt.datetime(2024, 5, 5)
        # 07:00 to 09:00
        for low, high, expected in [
                (6, 7, []), (6, 8, ['05-05 07:00']), (8, 9, ['05-05 07:00']),
                (9, 10, [])]:
            with self.subTest(low=low, high=high):
                self.assertEqual(starts(
                        values, day.replace(hour=low),
                        day.replace(hour=high)), expected)

    def test_window_of_days(self):
        values = all_day('RRULE:FREQ=WEEKLY', days=3)
        self.assertEqual(
            starts(values, dt.date(2024, 5, 8), dt.date(2024, 5, 14)),
            ['05-06', '05-13'])
        self.assertEqual(
            starts(values, dt.date(2024, 5, 9), dt.date(2024, 5, 13)), [])
        self.assertEqual(
            list(expand(values, dt.date(2024, 5, 6), dt.date(2024, 5, 7))),
            [(dt.date(2024, 5, 6), dt.date(2024, 5, 8))])

    def test_no_length(self):
        values = timed('RRULE:FREQ=DAILY;COUNT=1', hours=0)
        time = dt.datetime(2024, 3, 4, 8)
        self.assertEqual(
            list(expand(values, time, time + dt.timedelta(hours=1))),
            [(time, time)])

    def test_union(self):
        values = timed(
            'RRULE:FREQ=WEEKLY;COUNT=2\nRRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=2\n'
            'RDATE:20240501T120000Z,20240304T080000Z\n'
            'EXDATE:20240311T080000Z')
        self.assertEqual(
            starts(values),
            ['03-04 08:00', '03-06 08:00', '03-13 08:00', '05-01 12:00'])

    def test_exrule(self):
        self.assertEqual(
            starts(timed(
                    'RRULE:FREQ=DAILY;COUNT=4\n'
                    'EXRULE:FREQ=DAILY;INTERVAL=2')),
            ['03-05 08:00', '03-07 08:00'])

    def test_start_outside_rule(self):
        # the start is a Monday
        rule = 'RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=2'
        self.assertEqual(
            starts(timed(rule)), ['03-05 08:00', '03-12 08:00'])

    def test_rdate_alone(self):
        self.assertEqual(
            starts(timed('RDATE;TZID=Europe/Paris:20240401T090000')),
            ['03-04 08:00', '04-01 07:00'])
        self.assertEqual(
            starts(all_day('RDATE;VALUE=DATE:20240401,20240402')),
            ['03-04', '04-01', '04-02'])

    def test_exdate_alone(self):
        self.assertEqual(starts(timed('EXDATE:20240304T080000Z')), [])

    def test_zones(self):
        for line in [
                'EXDATE:20240401T070000Z',
                'EXDATE:20240401T090000',
                'EXDATE;TZID=Europe/Paris:20240401T090000',
                'EXDATE;TZID="Europe/Paris":20240401T090000',
                'EXDATE;TZID=America/New_York:20240401T030000',
                # unknown: as the series
                'EXDATE;TZID=Somewhere:20240401T090000',
                'exdate;value=date-time;tzid=Europe/Paris:20240401T090000',
                # of the wrong type
                'EXDATE;VALUE=DATE:20240401',
                'EXDATE:20240401']:
            with self.subTest(line=line):
                self.assertEqual(
                    starts(timed(
                            'RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20240410\n'
                            + line)), [
                        '03-04 08:00', '03-11 08:00', '03-18 08:00',
                        '03-25 08:00', '04-08 07:00'])

    def test_exdate_of_a_fold(self):
        "A UTC time says which of the two it is"
        values = timed(
            'RDATE:20241027T003000Z,20241027T013000Z\n'
            'EXDATE:20241027T003000Z')
        self.assertEqual(starts(values), ['03-04 08:00', '10-27 01:30'])

    def test_all_day_exdate_of_the_wrong_type(self):
        for line in [
                'EXDATE:20240311T000000', 'EXDATE:20240311T000000Z',
                'EXDATE;TZID=Asia/Tokyo:20240311T090000']:
            with self.subTest(line=line):
                self.assertEqual(
                    starts(all_day('RRULE:FREQ=WEEKLY;COUNT=2\n' + line)),
                    ['03-04'])

    def test_period(self):
        for line in [
                'RDATE;VALUE=PERIOD:20240501T120000Z/20240501T150000Z',
                'RDATE;VALUE=PERIOD:20240501T120000Z/PT3H',
                'RDATE;VALUE=PERIOD;TZID=Europe/Paris:'
                '20240501T140000/20240501T170000']:
            with self.subTest(line=line):
                self.assertEqual(
                    list(expand(
                            timed(line), dt.datetime(2024, 4, 1), YEAR[1])),
                    [(
                        dt.datetime(2024, 5, 1, 12),
                        dt.datetime(2024, 5, 1, 15))])

    def test_until(self):
        for until, count in [
                ('20240318T080000Z', 3), ('20240318T075959Z', 2),
                ('20240318T090000', 3), ('20240318T085959', 2),
                ('20240318', 3), ('20240317', 2)]:
            with self.subTest(until=until):
                self.assertEqual(
                    len(starts(timed(f'RRULE:FREQ=WEEKLY;UNTIL={until}'))),
                    count)
        for until, count in [
                ('20240318', 3), ('20240318T000000Z', 3), ('20240317', 2),
                ('20240317T235959Z', 2)]:
            with self.subTest(until=until):
                self.assertEqual(
                    len(starts(all_day(f'RRULE:FREQ=WEEKLY;UNTIL={until}'))),
                    count)

    def test_unknown_zone(self):
        values = timed('RRULE:FREQ=WEEKLY;COUNT=5', zone=None)
        self.assertEqual(starts(values)[-1], '04-01 08:00')
        values['time_zone'] = 'Somewhere/Else'
        self.assertEqual(starts(values)[-1], '04-01 08:00')

    def test_jump(self):
        "What is long before the window is not counted one by one"
        for rule, expected in [
                ('FREQ=DAILY;INTERVAL=3', 122),
                ('FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;WKST=SU', 53),
                ('FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=-1', 2),
                ('FREQ=YEARLY;INTERVAL=2;BYMONTH=1,2', 2),
                ('FREQ=HOURLY;INTERVAL=7;BYHOUR=3', 52)]:
            start = dt.datetime(1900, 1, 1, 9)
            with self.subTest(rule=rule):
                values = timed(f'RRULE:{rule}', start, zone='UTC')
                counted = timed(
                    f'RRULE:{rule};COUNT=50000', start, zone='UTC')
                self.assertEqual(starts(values), starts(counted))
                self.assertEqual(len(starts(values)), expected)

    def test_leap_day(self):
        values = all_day('RRULE:FREQ=YEARLY', dt.date(1904, 2, 29))
        self.assertEqual(starts(values), ['02-29'])
        values = all_day('RRULE:FREQ=MONTHLY', dt.date(2020, 1, 31))
        self.assertEqual(len(starts(values)), 7)

    def test_refused(self):
        for line in [
                'RRULE:', 'RRULE:FREQ=SOMETIMES', 'RRULE:COUNT=3',
                'RRULE:FREQ=DAILY;INTERVAL=0', 'RRULE:FREQ=DAILY;COUNT=0',
                'RRULE:FREQ=DAILY;COUNT=-1', 'RRULE:FREQ=DAILY;COUNT=x',
                'RRULE:FREQ=DAILY;UNTIL=soon', 'RRULE:FREQ=DAILY;UNTL=1',
                'RRULE:FREQ=DAILY;FREQ=DAILY', 'RRULE:FREQ=WEEKLY;BYDAY=XX',
                'RRULE:FREQ=MONTHLY;BYDAY=0MO', 'RRULE:FREQ=DAILY;BYHOUR=25',
                'RRULE:FREQ=DAILY;BYEASTER=0', 'RRULE:FREQ=DAILY;COUNT='
                + '9' * 5000,
                'RRULE:FREQ=YEARLY;BYDAY=99MO',
                'RRULE:FREQ=HOURLY;INTERVAL=24;BYHOUR=7',
                'RDATE:', 'RDATE:tomorrow', 'EXDATE:20241301T000000',
                'RDATE;VALUE=PERIOD:20240501T120000Z/soon',
                'DTSTART:20240101T000000Z', 'DAILY', ':', 'RRULE']:
            with self.subTest(line=line[:60]):
                with self.assertRaises(RecurrenceError) as caught:
                    list(expand(timed(line), *YEAR))
                self.assertEqual(caught.exception.code, 'bad_line')
                self.assertIn(
                    caught.exception.arguments['line'], line)
                self.assertFalse(is_valid(timed(line)))

    def test_hostile(self):
        "No rule takes long"
        def numbers(end):
            return ','.join(map(str, range(end)))

        positions = ','.join(map(str, [*range(1, 367), *range(-366, 0)]))
        times = f'BYMINUTE={numbers(60)};BYSECOND={numbers(60)}'
        never = 'BYMONTH=2;BYMONTHDAY=30'
        for line, error in [
                ('RRULE:FREQ=SECONDLY', None),
                ('RRULE:FREQ=MINUTELY', None),
                ('RRULE:FREQ=SECONDLY;COUNT=999999999', 'too_many'),
                ('RRULE:FREQ=MINUTELY;COUNT=999999999', 'too_many'),
                ('RRULE:FREQ=SECONDLY;BYHOUR=5', 'too_frequent'),
                ('RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', None),
                ('RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=SU', None),
                ('RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30', None),
                ('RRULE:FREQ=MINUTELY;BYHOUR=5;BYMONTH=2;BYMONTHDAY=30',
                    None),
                ('RRULE:FREQ=MINUTELY;BYSETPOS=2', None),
                ('RRULE:FREQ=DAILY;BYSETPOS=-2', None),
                ('RRULE:FREQ=YEARLY;BYWEEKNO=53;BYMONTH=6', None),
                ('RRULE:FREQ=DAILY;INTERVAL=' + '9' * 300, None),
                ('RRULE:FREQ=MINUTELY;INTERVAL=' + '9' * 300, None),
                ('RRULE:FREQ=DAILY\nEXRULE:FREQ=SECONDLY', 'too_many'),
                ('\n'.join(['RRULE:FREQ=DAILY'] * 2000), 'too_many'),
                ('\n'.join(
                        ['EXRULE:FREQ=DAILY;COUNT=90000'] * 50
                        + ['RRULE:FREQ=DAILY']), 'too_many'),
                # what is tried between the occurrences
                (f'RRULE:FREQ=MINUTELY;BYSETPOS={positions}', None),
                (f'RRULE:FREQ=DAILY\n'
                    f'EXRULE:FREQ=MINUTELY;BYSETPOS={positions}', 'too_many'),
                ('\n'.join([
                            'RRULE:FREQ=WEEKLY;COUNT=9999;'
                            f'BYSETPOS={positions}'] * 20), 'too_many'),
                ('\n'.join([f'RRULE:FREQ=HOURLY;{never};{times}'] * 20),
                    'too_many'),
                ('\n'.join([
                            f'RRULE:FREQ=DAILY;{never};{times};'
                            f'BYHOUR={numbers(24)}'] * 100), 'too_many'),
                ('\n'.join([f'RRULE:FREQ=MINUTELY;{never};COUNT=5'] * 100),
                    'too_many'),
                ]:
            values = timed(line, dt.datetime(1970, 1, 1, 9), zone='UTC')
            with self.subTest(line=line[:60]):
                with Work() as work:
                    try:
                        count = len(list(expand(values, *YEAR)))
                    except RecurrenceError as caught:
                        self.assertEqual(caught.code, error)
                    else:
                        self.assertIsNone(error)
                        self.assertLessEqual(count, MAX_OCCURRENCES)
                self.assertLess(work.calls, HOSTILE)

    def test_many_exdates(self):
        day = dt.datetime(2010, 1, 1, 9)
        dates = [
            f'{day + dt.timedelta(days=n):%Y%m%dT%H%M%SZ}'
            for n in range(5000)]
        values = timed(
            'RRULE:FREQ=DAILY;COUNT=5001\nEXDATE:' + ','.join(dates), day,
            zone='UTC')
        with Work() as work:
            starts = [
                s for s, _ in expand(values, day, dt.datetime(2030, 1, 1))]
        self.assertEqual(starts, [day + dt.timedelta(days=5000)])
        self.assertLess(work.calls, 100 * len(dates))

    def test_lazy(self):
        values = timed('RRULE:FREQ=DAILY')
        occurrences = expand(values, YEAR[0], dt.datetime.max)
        self.assertEqual(next(occurrences)[0], dt.datetime(2024, 3, 4, 8))

    def test_ends_of_time(self):
        for start in [dt.datetime.min, dt.datetime(9999, 12, 31, 23)]:
            for zone in ['Asia/Tokyo', 'America/New_York', None]:
                values = timed('RRULE:FREQ=DAILY', start, 0, zone)
                with self.subTest(start=start, zone=zone):
                    list(expand(values, *YEAR))
                    list(expand(values, dt.datetime.min, dt.datetime.max,
                            limit=3))
