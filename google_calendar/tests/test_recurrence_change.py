# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import unittest

from trytond.modules.google_calendar.recurrence import (
    RecurrenceError, shift, split)

from .recurrence_values import all_day, timed


class SplitTestCase(unittest.TestCase):
    "Test cutting a series"

    def test_count(self):
        values = timed('RRULE:FREQ=WEEKLY;COUNT=6')
        self.assertEqual(
            split(values['recurrence'], values, dt.datetime(2024, 3, 18, 8)),
            ('RRULE:FREQ=WEEKLY;UNTIL=20240317T225959Z',
                'RRULE:FREQ=WEEKLY;COUNT=4'))

    def test_all_day(self):
        lines = 'RRULE:FREQ=DAILY;UNTIL=20240320'
        self.assertEqual(
            split(lines, all_day(lines), dt.date(2024, 3, 10)),
            ('RRULE:FREQ=DAILY;UNTIL=20240309', lines))

    def test_endless(self):
        lines = 'RRULE:FREQ=WEEKLY;BYDAY=MO,WE;WKST=SU'
        self.assertEqual(
            split(lines, timed(lines), dt.datetime(2024, 3, 6, 8)),
            ('RRULE:FREQ=WEEKLY;BYDAY=MO,WE;WKST=SU;UNTIL=20240305T225959Z',
                lines))

    def test_same_day(self):
        lines = 'RRULE:FREQ=DAILY;BYHOUR=9,15'
        values = timed(lines)
        before, after = split(lines, values, dt.datetime(2024, 3, 5, 14))
        self.assertEqual(
            before, 'RRULE:FREQ=DAILY;BYHOUR=9,15;UNTIL=20240305T135959Z')
        self.assertEqual(
            after, 'RRULE:FREQ=DAILY;BYHOUR=9,15;BYMINUTE=0;BYSECOND=0')

    def test_dates(self):
        lines = (
            'RRULE:FREQ=WEEKLY\n'
            'EXDATE;TZID=Europe/Paris:20240311T090000,20240325T090000\n'
            'RDATE:20240601T100000Z')
        self.assertEqual(
            split(lines, timed(lines), dt.datetime(2024, 3, 18, 8)),
            ('RRULE:FREQ=WEEKLY;UNTIL=20240317T225959Z\n'
                'EXDATE;TZID=Europe/Paris:20240311T090000',
                'RRULE:FREQ=WEEKLY\n'
                'EXDATE;TZID=Europe/Paris:20240325T090000\n'
                'RDATE:20240601T100000Z'))

    def test_at_another_weekday(self):
        "What the rule took from the start is told"
        lines = 'RRULE:FREQ=WEEKLY\nRDATE:20240313T080000Z'
        self.assertEqual(
            split(lines, timed(lines), dt.datetime(2024, 3, 13, 8)),
            ('RRULE:FREQ=WEEKLY;UNTIL=20240312T225959Z',
                'RRULE:FREQ=WEEKLY;BYDAY=MO\nRDATE:20240313T080000Z'))

    def test_rdate(self):
        lines = 'RDATE:20240401T070000Z,20240408T070000Z'
        self.assertEqual(
            split(lines, timed(lines), dt.datetime(2024, 4, 8, 7)),
            ('RDATE:20240401T070000Z', 'RDATE:20240408T070000Z'))
        self.assertEqual(
            split(lines, timed(lines), dt.datetime(2024, 4, 1, 7)),
            (None, lines))

    def test_ended_rule(self):
        lines = (
            'RRULE:FREQ=WEEKLY;COUNT=2\n'
            'RRULE:FREQ=WEEKLY;BYDAY=TU')
        self.assertEqual(
            split(lines, timed(lines), dt.datetime(2024, 3, 19, 8)), (
                'RRULE:FREQ=WEEKLY;COUNT=2\n'
                'RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20240318T225959Z',
                'RRULE:FREQ=WEEKLY;BYDAY=TU'))

    def test_can_not(self):
        # each second week, and a date in between
        lines = 'RRULE:FREQ=WEEKLY;INTERVAL=2\nRDATE:20240313T080000Z'
        with self.assertRaises(RecurrenceError) as caught:
            split(lines, timed(lines), dt.datetime(2024, 3, 13, 8))
        self.assertEqual(caught.exception.code, 'split')

    def test_no_occurrence(self):
        lines = 'RRULE:FREQ=WEEKLY'
        with self.assertRaises(RecurrenceError) as caught:
            split(lines, timed(lines), dt.datetime(2024, 3, 12, 8))
        self.assertEqual(caught.exception.code, 'split')


class ShiftTestCase(unittest.TestCase):
    "Test moving a series"

    def move(self, lines, start, zone='Europe/Paris'):
        return shift(lines, timed(lines), timed(None, start, zone=zone))

    def test_same(self):
        lines = 'RRULE:FREQ=WEEKLY;BYDAY=+1MO\nEXDATE;VALUE=DATE:20240311'
        self.assertEqual(self.move(lines, dt.datetime(2024, 3, 4, 8)), lines)
        self.assertIsNone(self.move(None, dt.datetime(2024, 3, 4, 9)))

    def test_time(self):
        self.assertEqual(
            self.move(
                'RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20240401T070000Z\n'
                'EXDATE;TZID=Europe/Paris:20240311T090000\n'
                'RDATE:20240402T070000Z',
                dt.datetime(2024, 3, 4, 9, 30)),
            'RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20240401T083000Z\n'
            'EXDATE;TZID=Europe/Paris:20240311T103000\n'
            'RDATE;TZID=Europe/Paris:20240402T103000')

    def test_end_of_day(self):
        lines = 'RRULE:FREQ=WEEKLY;UNTIL=20240401T215959Z'
        self.assertEqual(
            self.move(lines, dt.datetime(2024, 3, 4, 10)), lines)

    def test_days(self):
        for rule, expected in [
                ('FREQ=WEEKLY;BYDAY=MO,WE', 'FREQ=WEEKLY;BYDAY=TU,TH'),
                ('FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,SU',
                    'FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,MO;WKST=TU'),
                ('FREQ=DAILY', 'FREQ=DAILY'),
                ('FREQ=MONTHLY', 'FREQ=MONTHLY'),
                ('FREQ=MONTHLY;BYMONTHDAY=4', 'FREQ=MONTHLY;BYMONTHDAY=5'),
                ('FREQ=MONTHLY;BYDAY=1MO', 'FREQ=MONTHLY;BYDAY=1TU'),
                ('FREQ=YEARLY;BYMONTH=3;BYDAY=1MO',
                    'FREQ=YEARLY;BYMONTH=3;BYDAY=1TU'),
                ('FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=4',
                    'FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5')]:
            with self.subTest(rule=rule):
                self.assertEqual(
                    self.move(f'RRULE:{rule}', dt.datetime(2024, 3, 5, 8)),
                    f'RRULE:{expected}')

    def test_can_not(self):
        for rule in [
                'FREQ=MONTHLY;BYDAY=MO,TU;BYSETPOS=1',
                'FREQ=YEARLY;BYYEARDAY=64',
                'FREQ=MONTHLY;BYMONTHDAY=4,18', 'FREQ=DAILY;BYMONTH=3',
                'FREQ=YEARLY;BYMONTH=3,9']:
            with self.subTest(rule=rule):
                with self.assertRaises(RecurrenceError) as caught:
                    self.move(f'RRULE:{rule}', dt.datetime(2024, 3, 5, 8))
                self.assertEqual(caught.exception.code, 'shift')
                # the time can
                self.assertEqual(
                    self.move(f'RRULE:{rule}', dt.datetime(2024, 3, 4, 9)),
                    f'RRULE:{rule}')
        with self.assertRaises(RecurrenceError):
            self.move(
                'RRULE:FREQ=DAILY;BYHOUR=9,15', dt.datetime(2024, 3, 4, 9))

    def test_zone(self):
        lines = 'RRULE:FREQ=WEEKLY\nEXDATE;TZID=Europe/Paris:20240311T090000'
        self.assertEqual(
            self.move(
                lines, dt.datetime(2024, 3, 4, 14), 'America/New_York'),
            'RRULE:FREQ=WEEKLY\n'
            'EXDATE;TZID=America/New_York:20240311T090000')

    def test_to_all_day(self):
        lines = (
            'RRULE:FREQ=WEEKLY;UNTIL=20240318T080000Z\n'
            'EXDATE;TZID=Europe/Paris:20240311T090000')
        expected = (
            'RRULE:FREQ=WEEKLY;UNTIL=20240318\nEXDATE;VALUE=DATE:20240311')
        self.assertEqual(
            shift(lines, timed(lines), all_day(None)), expected)
        self.assertEqual(
            shift(expected, all_day(expected), timed(None)),
            'RRULE:FREQ=WEEKLY;UNTIL=20240318T225959Z\n'
            'EXDATE;TZID=Europe/Paris:20240311T090000')

    def test_period(self):
        self.assertEqual(
            self.move(
                'RDATE;VALUE=PERIOD:20240501T120000Z/20240501T150000Z',
                dt.datetime(2024, 3, 4, 9)),
            'RDATE;VALUE=PERIOD;TZID=Europe/Paris:'
            '20240501T150000/20240501T180000')
