# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt

from trytond.modules.google_calendar.exceptions import EventRepeatError
from trytond.modules.google_calendar.tests.records import (
    END, EVENT, START, create_calendar, create_event)
from trytond.pool import Pool
from trytond.tests.test_tryton import (
    TestCase, activate_module, with_transaction)

DAY = dt.timedelta(days=1)


class RepeatTestCase(TestCase):
    "Test the fields of the repetition, the start is a Tuesday"
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        activate_module('google_calendar')

    def event(self, **values):
        values = {'time_zone': 'Europe/Paris', **values}
        return create_event(create_calendar(), **values)

    @with_transaction()
    def test_create(self):
        event = self.event(
            repeat='weekly', repeat_interval=2, repeat_weekdays=['TU', 'FR'],
            repeat_end='count', repeat_count=5)

        self.assertEqual(
            event.recurrence,
            'RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=5;BYDAY=TU,FR')
        self.assertEqual(event.repeat, 'weekly')
        self.assertEqual(event.repeat_interval, 2)
        self.assertEqual(event.repeat_weekdays, ('TU', 'FR'))
        self.assertEqual(event.repeat_end, 'count')
        self.assertEqual(event.repeat_count, 5)
        self.assertEqual(
            event.repeat_text,
            "Every 2 weeks on Tuesday, Friday, 5 times")

    @with_transaction()
    def test_create_several(self):
        calendar = create_calendar()
        base = {
            'calendar': calendar.id, 'start': START, 'end': END,
            'time_zone': 'UTC'}
        events = Pool().get(EVENT).create([
                {**base, 'repeat': 'daily'}, {**base, 'repeat': 'yearly'},
                base])
        self.assertEqual(
            [e.recurrence for e in events],
            ['RRULE:FREQ=DAILY', 'RRULE:FREQ=YEARLY', None])
        self.assertEqual(
            [e.repeat_text for e in events],
            ["Daily", "Yearly on December 1", None])

    @with_transaction()
    def test_time_zone(self):
        "A series takes the zone of its calendar"
        calendar = create_calendar(time_zone='Asia/Tokyo')
        event = create_event(calendar, repeat='daily')
        self.assertEqual(event.time_zone, 'Asia/Tokyo')
        event = create_event(create_calendar(
                google_id='other', time_zone='?'), repeat='daily')
        self.assertEqual(event.time_zone, 'UTC')
        event = create_event(calendar)
        self.assertIsNone(event.time_zone)
        Pool().get(EVENT).write([event], {'repeat': 'daily'})
        self.assertEqual(event.time_zone, 'Asia/Tokyo')

    @with_transaction()
    def test_write(self):
        Event = Pool().get(EVENT)
        lines = (
            'RRULE:WKST=SU;FREQ=WEEKLY\nEXDATE:20261208T090000Z')
        event = self.event(recurrence=lines)
        for values, expected in [
                ({'repeat_interval': 2},
                    'RRULE:WKST=SU;FREQ=WEEKLY;INTERVAL=2'),
                ({'repeat_count': 4},
                    'RRULE:WKST=SU;FREQ=WEEKLY;INTERVAL=2;COUNT=4'),
                ({'repeat_weekdays': ['TU', 'WE']},
                    'RRULE:WKST=SU;FREQ=WEEKLY;INTERVAL=2;COUNT=4;'
                    'BYDAY=TU,WE'),
                ({'repeat_end': 'until',
                        'repeat_until': dt.date(2026, 12, 31)},
                    'RRULE:WKST=SU;FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,WE;'
                    'UNTIL=20261231T225959Z'),
                ({'repeat': 'monthly', 'repeat_monthly': 'weekday'},
                    'RRULE:FREQ=MONTHLY;WKST=SU;INTERVAL=2;'
                    'UNTIL=20261231T225959Z;BYDAY=1TU'),
                ]:
            with self.subTest(values=values):
                Event.write([event], values)
                self.assertEqual(
                    event.recurrence,
                    f'{expected}\nEXDATE:20261208T090000Z')
        self.assertEqual(
            event.repeat_text,
            "Every 2 months on the first Tuesday, until 12/31/2026")
        Event.write([event], {'repeat': None})
        self.assertIsNone(event.recurrence)
        self.assertIsNone(event.repeat)
        self.assertIsNone(event.repeat_text)

    @with_transaction()
    def test_write_several(self):
        "Each has lines of its own"
        Event = Pool().get(EVENT)
        calendar = create_calendar()
        events = [
            create_event(
                calendar, time_zone='UTC', recurrence=f'RRULE:FREQ={f}')
            for f in ['DAILY', 'WEEKLY', 'MONTHLY;BYSETPOS=1;BYDAY=MO']]
        Event.write(
            events, {'repeat_interval': 3}, events[:1], {'summary': "A"})
        self.assertEqual([e.recurrence for e in events], [
                'RRULE:FREQ=DAILY;INTERVAL=3', 'RRULE:FREQ=WEEKLY;INTERVAL=3',
                'RRULE:FREQ=MONTHLY;BYSETPOS=1;BYDAY=MO;INTERVAL=3'])
        self.assertEqual(events[0].summary, "A")

    @with_transaction()
    def test_save(self):
        event = self.event()
        event.repeat = 'daily'
        event.repeat_count = 3
        event.save()
        self.assertEqual(event.recurrence, 'RRULE:FREQ=DAILY;COUNT=3')
        event.repeat_end = 'never'
        event.summary = "Other"
        event.save()
        self.assertEqual(event.recurrence, 'RRULE:FREQ=DAILY')

    @with_transaction()
    def test_move(self):
        "The rule and the dates of a series go with it"
        Event = Pool().get(EVENT)
        event = self.event(
            recurrence='RRULE:FREQ=WEEKLY;BYDAY=TU\n'
            'EXDATE;TZID=Europe/Paris:20261208T100000')
        Event.write([event], {'start': START + DAY, 'end': END + DAY})
        self.assertEqual(
            event.recurrence, 'RRULE:FREQ=WEEKLY;BYDAY=WE\n'
            'EXDATE;TZID=Europe/Paris:20261209T100000')
        Event.write([event], {
                'all_day': True, 'start_date': dt.date(2026, 12, 1),
                'end_date': dt.date(2026, 12, 1)})
        self.assertEqual(
            event.recurrence,
            'RRULE:FREQ=WEEKLY;BYDAY=TU\nEXDATE;VALUE=DATE:20261208')

    @with_transaction()
    def test_can_not_move(self):
        event = self.event(
            recurrence='RRULE:FREQ=MONTHLY;BYDAY=TU,WE;BYSETPOS=1')
        with self.assertRaises(EventRepeatError):
            Pool().get(EVENT).write(
                [event], {'start': START + DAY, 'end': END + DAY})
        Pool().get(EVENT).write([event], {
                'start': START + DAY, 'end': END + DAY,
                'recurrence': 'RRULE:FREQ=DAILY'})
        self.assertEqual(event.recurrence, 'RRULE:FREQ=DAILY')

    @with_transaction()
    def test_not_readable(self):
        "What is not understood is kept, with a note"
        event = self.event(recurrence='RRULE:FREQ=NEVER')
        self.assertEqual(event.repeat, 'custom')
        self.assertIn("can not be read", event.recurrence_note)
        Pool().get(EVENT).write(
            [event], {'start': START + DAY, 'end': END + DAY})
        self.assertEqual(event.recurrence, 'RRULE:FREQ=NEVER')
        self.assertEqual(event.repeat_text, "Custom: RRULE:FREQ=NEVER")
        event = self.event(recurrence='RRULE:FREQ=DAILY')
        self.assertIsNone(event.recurrence_note)

    @with_transaction()
    def test_refused(self):
        Event = Pool().get(EVENT)
        event = self.event()
        for values in [
                {'repeat': 'custom'},
                {'repeat': 'daily', 'repeat_interval': -1},
                {'repeat': 'daily', 'repeat_count': -1}]:
            with self.subTest(values=values):
                with self.assertRaises(EventRepeatError):
                    Event.write([event], values)
        self.assertIsNone(event.recurrence)

    @with_transaction()
    def test_all_day(self):
        day = dt.date(2026, 12, 29)
        event = create_event(
            create_calendar(), all_day=True, start_date=day, end_date=day,
            repeat='monthly', repeat_monthly='last_weekday',
            repeat_until=dt.date(2027, 6, 30))
        self.assertEqual(
            event.recurrence,
            'RRULE:FREQ=MONTHLY;UNTIL=20270630;BYDAY=-1TU')
        self.assertEqual(
            event.repeat_text,
            "Monthly on the last Tuesday, until 06/30/2027")
        self.assertEqual(event.repeat_monthly, 'last_weekday')

    @with_transaction()
    def test_several_rules(self):
        "What several rules, or only dates, make is not changed by the fields"
        for lines in [
                'RRULE:FREQ=DAILY;COUNT=3\nRRULE:FREQ=WEEKLY;COUNT=3',
                'RDATE;TZID=Europe/Paris:20270301T100000']:
            event = self.event(recurrence=lines)
            self.assertEqual(event.repeat, 'custom')
            for values in [
                    {'repeat_interval': 2},
                    {'repeat_end': 'count', 'repeat_count': 9}]:
                with self.subTest(lines=lines, values=values), \
                        self.assertRaises(EventRepeatError):
                    Pool().get(EVENT).write([event], values)
            Pool().get(EVENT).write(
                [event], {'repeat': 'daily', 'repeat_interval': 2})
            self.assertEqual(event.repeat, 'daily')

    @with_transaction()
    def test_occurrence(self):
        "An occurrence does not repeat itself"
        series = self.event(repeat='daily')
        event = series.make_exception(START + DAY)
        with self.assertRaises(EventRepeatError):
            Pool().get(EVENT).write([event], {'repeat': 'daily'})

    @with_transaction()
    def test_form(self):
        event = Pool().get(EVENT)(
            start=START, end=END, all_day=False, time_zone='UTC',
            repeat='weekly')
        event.on_change_repeat()
        self.assertEqual(event.repeat_interval, 1)
        self.assertEqual(event.repeat_end, 'never')
        self.assertEqual(
            event.on_change_with_repeat_text(), "Weekly on Tuesday")
        event.repeat = None
        self.assertIsNone(event.on_change_with_repeat_text())
