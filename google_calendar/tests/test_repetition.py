# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import unittest
import zoneinfo

from trytond.modules.google_calendar.recurrence import (
    read_repeat, write_repeat)

# the second Tuesday of the month
START = dt.datetime(2024, 3, 12, 9, tzinfo=zoneinfo.ZoneInfo('Europe/Paris'))


class RepetitionTestCase(unittest.TestCase):
    "Test what people choose"

    def read(self, lines, start=START):
        return {k: v for k, v in read_repeat(lines, start).items() if v}

    def test_read(self):
        never = {'interval': 1, 'end': 'never'}
        for rule, expected in [
                ('FREQ=DAILY', {'repeat': 'daily'}),
                ('FREQ=DAILY;INTERVAL=3', {'repeat': 'daily', 'interval': 3}),
                ('FREQ=WEEKLY', {'repeat': 'weekly', 'weekdays': ('TU',)}),
                ('FREQ=WEEKLY;WKST=SU;BYDAY=FR,MO',
                    {'repeat': 'weekly', 'weekdays': ('MO', 'FR')}),
                ('FREQ=MONTHLY', {'repeat': 'monthly', 'monthly': 'day'}),
                ('FREQ=MONTHLY;BYMONTHDAY=12',
                    {'repeat': 'monthly', 'monthly': 'day'}),
                ('FREQ=MONTHLY;BYDAY=+2TU',
                    {'repeat': 'monthly', 'monthly': 'weekday'}),
                ('FREQ=YEARLY', {'repeat': 'yearly'}),
                ('FREQ=YEARLY;BYMONTHDAY=12;BYMONTH=3',
                    {'repeat': 'yearly'}),
                ('FREQ=DAILY;COUNT=5',
                    {'repeat': 'daily', 'end': 'count', 'count': 5}),
                ('FREQ=DAILY;UNTIL=20240320T080000Z', {
                        'repeat': 'daily', 'end': 'until',
                        'until': dt.date(2024, 3, 20)}),
                # before the occurrence of that day
                ('FREQ=DAILY;UNTIL=20240320T075959Z', {
                        'repeat': 'daily', 'end': 'until',
                        'until': dt.date(2024, 3, 19)}),
                ('FREQ=DAILY;UNTIL=20240320', {
                        'repeat': 'daily', 'end': 'until',
                        'until': dt.date(2024, 3, 20)}),
                ]:
            with self.subTest(rule=rule):
                self.assertEqual(
                    self.read(f'RRULE:{rule}'), {**never, **expected})
        self.assertEqual(self.read(None), {})

    def test_read_last_weekday(self):
        start = START.replace(day=26)
        self.assertEqual(
            self.read('RRULE:FREQ=MONTHLY;BYDAY=-1TU', start)['monthly'],
            'last_weekday')
        self.assertEqual(
            self.read('RRULE:FREQ=MONTHLY;BYDAY=4TU', start)['monthly'],
            'weekday')

    def test_read_custom(self):
        for lines in [
                'RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1',
                'RRULE:FREQ=MONTHLY;BYMONTHDAY=13',
                'RRULE:FREQ=MONTHLY;BYDAY=3TU',
                'RRULE:FREQ=DAILY;BYDAY=MO,TU', 'RRULE:FREQ=HOURLY',
                'RRULE:FREQ=YEARLY;BYMONTH=4',
                'RRULE:FREQ=DAILY;COUNT=3;UNTIL=20250101',
                'RRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY']:
            with self.subTest(lines=lines):
                read = self.read(lines)
                self.assertEqual(read['repeat'], 'custom')
                self.assertEqual(read['interval'], 1)
        for lines in [
                'RRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY', 'RDATE:20250101',
                'RRULE:FREQ=NEVER', 'anything']:
            with self.subTest(lines=lines):
                self.assertEqual(self.read(lines), {'repeat': 'custom'})

    def test_write_new(self):
        for repetition, expected in [
                ({'repeat': 'daily'}, 'FREQ=DAILY'),
                ({'repeat': 'daily', 'interval': 2},
                    'FREQ=DAILY;INTERVAL=2'),
                ({'repeat': 'weekly'}, 'FREQ=WEEKLY;BYDAY=TU'),
                ({'repeat': 'weekly', 'weekdays': ('WE', 'MO')},
                    'FREQ=WEEKLY;BYDAY=MO,WE'),
                ({'repeat': 'monthly'}, 'FREQ=MONTHLY'),
                ({'repeat': 'monthly', 'monthly': 'weekday'},
                    'FREQ=MONTHLY;BYDAY=2TU'),
                ({'repeat': 'yearly', 'weekdays': ('MO',), 'count': 3},
                    'FREQ=YEARLY'),
                ({'repeat': 'daily', 'end': 'count', 'count': 3},
                    'FREQ=DAILY;COUNT=3'),
                ({'repeat': 'daily', 'end': 'until',
                        'until': dt.date(2024, 3, 20)},
                    'FREQ=DAILY;UNTIL=20240320T225959Z'),
                ({'repeat': 'daily', 'end': 'until'}, 'FREQ=DAILY'),
                ]:
            with self.subTest(repetition=repetition):
                self.assertEqual(
                    write_repeat(None, repetition, START),
                    f'RRULE:{expected}')
        self.assertIsNone(write_repeat(None, {'repeat': None}, START))
        self.assertIsNone(write_repeat(None, {}, START))
        self.assertIsNone(write_repeat(None, {'repeat': 'custom'}, START))

    def test_write_all_day(self):
        self.assertEqual(
            write_repeat(None, {
                    'repeat': 'daily', 'end': 'until',
                    'until': dt.date(2024, 3, 20)}, START.date()),
            'RRULE:FREQ=DAILY;UNTIL=20240320')

    def test_write_fifth(self):
        "Not each month has a fifth"
        self.assertEqual(
            write_repeat(
                None, {'repeat': 'monthly', 'monthly': 'weekday'},
                dt.date(2024, 4, 30)),
            'RRULE:FREQ=MONTHLY;BYDAY=-1TU')

    def test_write_what_changed(self):
        "The other lines and parts stay"
        lines = (
            'EXDATE:20240319T080000Z\n'
            'RRULE:WKST=SU;UNTIL=20240701T070000Z;FREQ=WEEKLY;BYDAY=TU\n'
            'RDATE;VALUE=PERIOD:20240401T100000Z/PT1H')
        repetition = read_repeat(lines, START)
        self.assertEqual(write_repeat(lines, repetition, START), lines)
        for change, expected in [
                ({'interval': 2},
                    'WKST=SU;UNTIL=20240701T070000Z;FREQ=WEEKLY;BYDAY=TU;'
                    'INTERVAL=2'),
                ({'weekdays': ('MO', 'TU')},
                    'WKST=SU;UNTIL=20240701T070000Z;FREQ=WEEKLY;BYDAY=MO,TU'),
                ({'end': 'never'}, 'WKST=SU;FREQ=WEEKLY;BYDAY=TU'),
                ({'end': 'count', 'count': 4},
                    'WKST=SU;FREQ=WEEKLY;BYDAY=TU;COUNT=4'),
                ({'repeat': 'daily'},
                    'FREQ=DAILY;WKST=SU;UNTIL=20240701T215959Z')]:
            with self.subTest(change=change):
                self.assertEqual(
                    write_repeat(lines, {**repetition, **change}, START),
                    'EXDATE:20240319T080000Z\n'
                    f'RRULE:{expected}\n'
                    'RDATE;VALUE=PERIOD:20240401T100000Z/PT1H')
        self.assertIsNone(
            write_repeat(lines, {**repetition, 'repeat': None}, START))

    def test_write_custom(self):
        rule = 'RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1'
        lines = f'{rule}\nEXRULE:FREQ=YEARLY'
        repetition = read_repeat(lines, START)
        self.assertEqual(
            write_repeat(
                lines, {
                    **repetition, 'interval': 2, 'end': 'count', 'count': 6},
                START),
            f'{rule};INTERVAL=2;COUNT=6\nEXRULE:FREQ=YEARLY')
        self.assertEqual(
            write_repeat(lines, {'repeat': 'daily'}, START),
            'RRULE:FREQ=DAILY')
        for lines in [
                'RRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY', 'anything',
                'RRULE:FREQ=NEVER']:
            with self.subTest(lines=lines):
                self.assertEqual(
                    write_repeat(
                        lines, {'repeat': 'custom', 'interval': 3}, START),
                    lines)
        self.assertEqual(
            write_repeat(
                'RRULE:FREQ=NEVER\nEXDATE:?', {'repeat': 'daily'}, START),
            'RRULE:FREQ=DAILY\nEXDATE:?')
