# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
from unittest.mock import patch

from trytond.modules.google_calendar.tests.records import (
    CALENDAR, END, EVENT, START, create_calendar, create_event)
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.tests.work import count_queries
from trytond.pool import Pool
from trytond.tests.test_tryton import (
    TestCase, activate_module, with_transaction)

OCCURRENCE = 'google_calendar.occurrence'
CONFIGURATION = 'google_calendar.configuration'
DAY = dt.timedelta(days=1)
WEEK = dt.timedelta(weeks=1)


def set_today(today):
    return patch.object(
        Pool().get('ir.date'), 'today',
        staticmethod(lambda timezone=None: today))


class OccurrenceTestCase(TestCase):
    "Test the rows of the occurrences"
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        activate_module('google_calendar')

    def set_window(self, start, end):
        Configuration = Pool().get(CONFIGURATION)
        configuration = Configuration.get_singleton()
        if not configuration:
            configuration, = Configuration.create([{}])
        bookkeeping.update(Configuration, [configuration], {
                'window_start': start, 'window_end': end})

    def rows(self, *names):
        names = names or ['start', 'end', 'summary']
        return [
            tuple(getattr(o, n) for n in names) if len(names) > 1
            else getattr(o, names[0])
            for o in Pool().get(OCCURRENCE).search([])]

    def series(self, **values):
        self.set_window(dt.date(2026, 6, 1), dt.date(2028, 12, 1))
        return create_event(create_calendar(), **{
                'time_zone': 'UTC', 'recurrence': 'RRULE:FREQ=WEEKLY;COUNT=3',
                **values})

    @with_transaction()
    def test_single(self):
        self.set_window(dt.date(2026, 6, 1), dt.date(2028, 12, 1))
        event = create_event(create_calendar())
        self.assertEqual(self.rows(), [(START, END, "Meeting")])
        self.assertEqual(
            self.rows(
                'calendar', 'stored_event', 'event', 'all_day', 'first_day',
                'last_day', 'start_date', 'original_start', 'recurring'),
            [(
                    event.calendar, event, event, False, START.date(),
                    START.date(), None, None, False)])
        Event = type(event)
        Event.write([event], {
                'start': START + DAY, 'end': END + DAY, 'summary': "Other"})
        self.assertEqual(self.rows(), [(START + DAY, END + DAY, "Other")])
        Event.write([event], {'status': 'cancelled'})
        self.assertEqual(self.rows(), [])
        Event.write([event], {'status': 'tentative'})
        self.assertEqual(len(self.rows()), 1)
        Event.delete([event])
        self.assertEqual(self.rows(), [])

    @with_transaction()
    def test_series(self):
        series = self.series()
        self.assertEqual(
            self.rows('start', 'end', 'original_start', 'recurring'), [
                (START + n * WEEK, END + n * WEEK, START + n * WEEK, True)
                for n in range(3)])
        before = self.rows('id')
        type(series).write([series], {'recurrence': 'RRULE:FREQ=WEEKLY'
                ';COUNT=2'})
        self.assertEqual(self.rows('start'), [START, START + WEEK])
        # what is the same stays the same row
        self.assertEqual(self.rows('id'), before[:2])
        type(series).write([series], {'repeat': None})
        self.assertEqual(self.rows('start'), [START])

    @with_transaction()
    def test_exception(self):
        series = self.series()
        Event = type(series)
        event = series.make_exception(START + WEEK)
        self.assertEqual(self.rows('start', 'stored_event'), [
                (START, series), (START + WEEK, event),
                (START + 2 * WEEK, series)])
        Event.write([event], {
                'start': START + 2 * DAY, 'end': END + 2 * DAY,
                'summary': "Moved"})
        self.assertEqual(self.rows('start', 'summary'), [
                (START, "Meeting"), (START + 2 * DAY, "Moved"),
                (START + 2 * WEEK, "Meeting")])
        Event.write([event], {'status': 'cancelled'})
        self.assertEqual(self.rows('start'), [START, START + 2 * WEEK])
        Event.delete([event])
        self.assertEqual(len(self.rows()), 3)
        series.make_exception(START + WEEK)
        Event.delete([series])
        self.assertEqual(self.rows(), [])

    @with_transaction()
    def test_order(self):
        "The exceptions may come before their series"
        self.set_window(dt.date(2026, 6, 1), dt.date(2028, 12, 1))
        calendar = create_calendar()
        books = {'google_revision': 'x', 'google_state': 'synchronized'}
        exception = create_event(
            calendar, start=START + DAY, end=END + DAY,
            recurring_identifier='series', google_id='series_1',
            original_start=START + WEEK, **books)
        cancelled = create_event(
            calendar, recurring_identifier='series', google_id='series_2',
            original_start=START, status='cancelled', start=None, end=None,
            **books)
        self.assertEqual(self.rows('start'), [START + DAY])
        series = create_event(
            calendar, google_id='series', time_zone='UTC',
            recurrence='RRULE:FREQ=WEEKLY;COUNT=3', **books)
        self.assertEqual(
            self.rows('start'), [START + DAY, START + 2 * WEEK])
        # to another series
        Event = type(series)
        Event.write([exception, cancelled], {
                'recurring_identifier': 'other', 'google_revision': 'y'})
        self.assertEqual(self.rows('start'), [
                START, START + DAY, START + WEEK, START + 2 * WEEK])
        Event.write([series], {'google_id': 'other', 'google_revision': 'y'})
        self.assertEqual(
            self.rows('start'), [START + DAY, START + 2 * WEEK])

    @with_transaction()
    def test_same_identifier_in_another_calendar(self):
        series = self.series(google_id='a', google_revision='x')
        create_event(
            create_calendar(google_id='other'), recurring_identifier='a',
            original_start=START, google_revision='x',
            google_state='synchronized')
        self.assertEqual(len(self.rows()), 4)
        self.assertEqual(
            len([o for o in self.rows('stored_event') if o == series]), 3)

    @with_transaction()
    def test_all_day(self):
        day = dt.date(2026, 12, 1)
        self.series(
            all_day=True, start_date=day, end_date=day + DAY)
        self.assertEqual(
            self.rows('all_day', 'start_date', 'end_date', 'start'), [
                (True, day + n * WEEK, day + n * WEEK + DAY,
                    dt.datetime(2026, 12, 1, 12) + n * WEEK)
                for n in range(3)])

    @with_transaction()
    def test_day(self):
        "Days are those of the clock of the event"
        self.set_window(dt.date(2026, 6, 1), dt.date(2028, 12, 1))
        Occurrence = Pool().get(OCCURRENCE)
        calendar = create_calendar(time_zone='Asia/Tokyo')
        # 09:00 in Tokyo, and until midnight
        event = create_event(
            calendar, start=dt.datetime(2026, 12, 1, 0),
            end=dt.datetime(2026, 12, 1, 15), time_zone='Asia/Tokyo')
        # 08:00 of the next day, in the zone of the calendar, over two days
        other = create_event(
            calendar, start=dt.datetime(2026, 12, 1, 23),
            end=dt.datetime(2026, 12, 2, 20))
        first, second, third, fourth = [
            dt.date(2026, 12, n) for n in [1, 2, 3, 4]]
        for clause, expected in [
                (('day', '=', first), [event]),
                (('day', '=', second), [other]),
                (('day', '=', third), [other]),
                (('day', '=', fourth), []),
                (('day', '!=', third), [event]),
                (('day', '>=', third), [other]),
                (('day', '<', second), [event]),
                (('day', '<=', second), [event, other]),
                (('day', 'in', [first, third]), [event, other]),
                (('day', 'in', []), []),
                (('day', 'not in', [first]), [other]),
                (('day', '!=', None), [event, other]),
                (('day', '=', None), [])]:
            with self.subTest(clause=clause):
                self.assertEqual([
                        o.stored_event for o in Occurrence.search([clause])],
                    expected)
        # 23:00 of the day before, in the new zone of the calendar
        type(calendar).write([calendar], {'time_zone': 'UTC'})
        self.assertEqual(
            [o.stored_event for o in Occurrence.search([('day', '=', first)])],
            [event, other])

    @with_transaction()
    def test_day_of_calendar(self):
        "The days without a zone of the event follow that of the calendar"
        self.set_window(dt.date(2026, 6, 1), dt.date(2028, 12, 1))
        calendar = create_calendar(time_zone='UTC')
        create_event(calendar)
        create_event(calendar, time_zone='UTC')
        Calendar = type(calendar)
        Calendar.write([calendar], {'time_zone': 'Pacific/Auckland'})
        self.assertEqual(
            self.rows('first_day', 'last_day'), [(START.date(),) * 2] * 2)
        Calendar.write([calendar], {'time_zone': 'Pacific/Pago_Pago'})
        self.assertEqual(
            self.rows('first_day', 'last_day'),
            [((START - DAY).date(),) * 2, (START.date(),) * 2])

    @with_transaction()
    def test_not_readable(self):
        "Of what can not be read the first occurrence is shown"
        self.series(recurrence='RRULE:FREQ=NEVER')
        self.assertEqual(self.rows('start'), [START])

    @with_transaction()
    def test_window(self):
        self.set_window(dt.date(2026, 12, 8), dt.date(2026, 12, 15))
        calendar = create_calendar()
        create_event(
            calendar, time_zone='UTC', recurrence='RRULE:FREQ=DAILY')
        create_event(calendar)
        create_event(
            calendar, start=START + 13 * DAY, end=START + 30 * DAY)
        self.assertEqual(len(self.rows()), 9)

    @with_transaction()
    def test_move_window(self):
        pool = Pool()
        Occurrence = pool.get(OCCURRENCE)
        Configuration = pool.get(CONFIGURATION)
        with set_today(dt.date(2026, 12, 10)):
            Configuration.create([{'months_before': 0, 'months_after': 1}])
            calendar = create_calendar()
            # not stored yet: as of today
            create_event(
                calendar, time_zone='UTC', recurrence='RRULE:FREQ=DAILY')
            create_event(calendar, start=START + 60 * DAY,
                end=END + 60 * DAY)
            create_event(calendar, start=START + 15 * DAY,
                end=END + 15 * DAY)
            self.assertEqual(len(self.rows()), 33)
            Occurrence.move_window()
            self.assertEqual(len(self.rows()), 33)
            ids = self.rows('id')
            Occurrence.move_window()
            self.assertEqual(self.rows('id'), ids)
        with set_today(dt.date(2027, 1, 10)):
            Occurrence.move_window()
            self.assertEqual(len(self.rows()), 33)
            first, *_, last = self.rows('first_day')
            self.assertEqual(first, dt.date(2027, 1, 10))
            self.assertEqual(last, dt.date(2027, 2, 10))
        # a longer one
        with set_today(dt.date(2027, 1, 10)):
            Configuration.write([Configuration(1)], {'months_before': 12})
            Configuration.refresh_occurrences([Configuration(1)])
            self.assertEqual(self.rows('first_day')[0], START.date())
            count = len(self.rows())
            Configuration.write([Configuration(1)], {'months_before': 0})
            Configuration.refresh_occurrences([Configuration(1)])
            self.assertEqual(len(self.rows()), 33)
            Configuration.write([Configuration(1)], {'months_before': 12})
            Configuration.refresh_occurrences([Configuration(1)])
            self.assertEqual(len(self.rows()), count)

    @with_transaction()
    def test_many_exceptions(self):
        series = self.series(
            recurrence='RRULE:FREQ=HOURLY;COUNT=1500', google_id='series',
            google_revision='x')
        hour = dt.timedelta(hours=1)
        Event = type(series)
        Event.create([{
                    'calendar': series.calendar.id,
                    'recurring_identifier': 'series',
                    'google_id': f'series_{n}',
                    'original_start': START + n * hour,
                    'status': 'cancelled' if n % 2 else 'confirmed',
                    'start': START + n * hour,
                    'end': END + n * hour,
                    'google_revision': 'x',
                    'google_state': 'synchronized',
                    } for n in range(1000)])
        self.assertEqual(len(self.rows('id')), 1000)

    @with_transaction()
    def test_queries(self):
        "Many events take few statements"
        self.set_window(dt.date(2026, 6, 1), dt.date(2028, 12, 1))
        calendar = create_calendar()
        Event = Pool().get(EVENT)
        Occurrence = Pool().get(OCCURRENCE)

        def create(count, **values):
            with patch.object(Occurrence, 'refresh'):
                return Event.create([{
                            'calendar': calendar.id,
                            'summary': str(n),
                            'start': START,
                            'end': END,
                            'time_zone': 'UTC',
                            'google_revision': 'x',
                            **{k: v(n) if callable(v) else v
                                for k, v in values.items()},
                            } for n in range(count)])

        events = create(250)
        with count_queries() as statements:
            Occurrence.refresh(events)
        # the window, the events, the rows that are there, the new ones
        self.assertEqual(len(statements), 4)
        with count_queries() as statements:
            Occurrence.refresh(events)
        # nothing has changed
        self.assertEqual(len(statements), 3)
        events = create(
            250, recurrence='RRULE:FREQ=WEEKLY;COUNT=4',
            google_id=lambda n: f's{n}')
        with count_queries() as statements:
            Occurrence.refresh(events)
        # the exceptions besides
        self.assertEqual(len(statements), 6)
        events = create(
            250, recurring_identifier=lambda n: f's{n}',
            original_start=START)
        with count_queries() as statements:
            Occurrence.refresh(events)
        self.assertLessEqual(len(statements), 20)
        self.assertEqual(Occurrence.search([], count=True), 1250)

    @with_transaction()
    def test_calendar(self):
        event = self.series()
        Pool().get(CALENDAR).delete([event.calendar])
        self.assertEqual(self.rows(), [])
