# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Reading iCalendar files that mean harm."""
import datetime as dt
import unittest

from trytond.modules.google_calendar.icalendar_read import read
from trytond.modules.google_calendar.icalendar_series import arrange
from trytond.modules.google_integration.tests.work import Work

from .icalendar_values import calendar, event

# the calls of functions that a file may take
HOSTILE = 3 * 10 ** 7


class ICalendarHostileTestCase(unittest.TestCase):
    "Test that no file takes long"

    def test_hostile(self):
        "No nesting and no blank lines take long"
        for lines in [
                ['BEGIN:VEVENT', *['BEGIN:X'] * 20_000, *['END:X'] * 20_000],
                ['BEGIN:VEVENT', *['BEGIN:X'] * 20_000, *['END:Y'] * 20_000],
                [''] * 2_000_000]:
            with self.subTest(lines=lines[:2]):
                data = calendar(*lines)
                with Work() as work:
                    items = read(data).items
                self.assertEqual(items, [])
                self.assertLess(work.calls, 100 * len(lines))

    def test_hostile_zones(self):
        "No zone of a file takes long"
        def zone(rule):
            return '\n'.join([
                    'BEGIN:VTIMEZONE', 'TZID:Own', *(
                        line for kind, day, offset in [
                            ('STANDARD', 1, '+0231'), ('DAYLIGHT', 2, '+0331')]
                        for line in [
                            f'BEGIN:{kind}', f'DTSTART:1601010{day}T000000',
                            'TZOFFSETFROM:+0117', f'TZOFFSETTO:{offset}',
                            f'RRULE:FREQ=YEARLY;{rule}', f'END:{kind}']),
                    'END:VTIMEZONE'])

        for rule in [
                'BYDAY=MO', 'BYDAY=MO,TU,WE,TH,FR,SA,SU', 'BYMONTHDAY=1,2,3',
                'BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYDAY=MO',
                'BYMONTH=3;BYDAY=SU']:
            with self.subTest(rule=rule):
                with Work() as work:
                    document = read(calendar(zone(rule), *[
                                event(f'DTSTART;TZID=Own:{year}0101T090000',
                                    uid=str(year))
                                for year in range(1900, 2100, 4)]))
                self.assertEqual(len(document.items), 50)
                self.assertLess(work.calls, HOSTILE)

    def test_many_exceptions(self):
        "A series with many exceptions is expanded once"
        day = dt.datetime(2020, 1, 1, 9)
        days = [
            f'{day + dt.timedelta(days=n):%Y%m%dT%H%M%SZ}'
            for n in range(300)]
        excluded = ','.join(
            f'{day + dt.timedelta(hours=n):%Y%m%dT%H%M%SZ}'
            for n in range(-9000, 0))
        lines = [
            'BEGIN:VEVENT', 'UID:series', f'DTSTART:{days[0]}',
            'RRULE:FREQ=DAILY', f'EXDATE:{excluded}', 'END:VEVENT']
        for moment in days:
            lines += [
                'BEGIN:VEVENT', 'UID:series', f'RECURRENCE-ID:{moment}',
                f'DTSTART:{moment}', 'SUMMARY:Changed', 'END:VEVENT']
        with Work() as work:
            item, = read(calendar(*lines)).items
            item, = arrange(item)
        self.assertEqual(len(item.exceptions), len(days))
        self.assertLess(work.calls, HOSTILE)
