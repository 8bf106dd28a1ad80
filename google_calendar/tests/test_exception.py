# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt

from trytond.modules.google_calendar.tests.tools import (
    ALICE, EVENT, HOUR, MORNING, GoogleCalendarTestCase, at)

WEEK = dt.timedelta(weeks=1)
RULE = 'RRULE:FREQ=WEEKLY;COUNT=4'


class ExceptionTestCase(GoogleCalendarTestCase):
    "Test the occurrences of series that are changed here"

    def series(self, **values):
        return self.create("Series", recurrence=RULE, **values)

    def exception(self, series, original_start, **values):
        with self.user() as pool:
            Event = pool.get(EVENT)
            event = Event(series).make_exception(original_start)
            Event.write([event], values)
            return event.id

    def instances(self, series):
        google_id = self.event(series, 'google_id')
        return [
            (i['summary'], i['start']['dateTime']) for i in self.google.act(
                ALICE, 'calendar.events.instances', calendarId=ALICE,
                eventId=google_id)['items']]

    def test_change(self):
        series = self.series()
        self.synchronize()
        self.requests()
        id = self.exception(series, MORNING + WEEK, summary="Special")
        self.synchronize()

        requests = self.requests()
        self.assertEqual(
            [r for r in requests if r.startswith('calendar.events')], [
                'calendar.events.list', 'calendar.events.instances',
                'calendar.events.patch'])
        self.assertEqual(self.instances(series), [
                ("Series", at(MORNING)), ("Special", at(MORNING + WEEK)),
                ("Series", at(MORNING + 2 * WEEK)),
                ("Series", at(MORNING + 3 * WEEK))])
        self.assertEqual(
            self.event(id, 'recurring_event', 'google_state'),
            [series, 'synchronized'])
        self.assert_settled()

    def test_twice_the_same(self):
        series = self.series()
        id = self.exception(series, MORNING + WEEK, summary="A")
        self.assertEqual(
            self.exception(series, MORNING + WEEK, summary="B"), id)

    def test_before_the_series_is_sent(self):
        series = self.series()
        self.exception(
            series, MORNING + WEEK, start=MORNING + WEEK + HOUR,
            end=MORNING + WEEK + 2 * HOUR)
        self.exception(series, MORNING + 2 * WEEK, status='cancelled')
        self.synchronize()
        self.synchronize()

        self.assertEqual(self.instances(series), [
                ("Series", at(MORNING)),
                ("Series", at(MORNING + WEEK + HOUR)),
                ("Series", at(MORNING + 3 * WEEK))])
        self.assert_settled()

    def test_with_a_change_of_the_series(self):
        series = self.series()
        self.synchronize()
        self.write(series, location="Here")
        self.exception(series, MORNING + WEEK, summary="Special")
        self.synchronize()

        self.assertEqual(self.errors(), [])
        self.assertEqual(self.conflicts(), [])
        items = self.google.act(
            ALICE, 'calendar.events.instances', calendarId=ALICE,
            eventId=self.event(series, 'google_id'))['items']
        self.assertEqual({i['location'] for i in items}, {"Here"})
        self.assertEqual(items[1]['summary'], "Special")
        self.assert_settled()

    def test_changed_at_google_meanwhile(self):
        "The same occurrence is changed on both sides, in different things"
        series = self.series()
        self.synchronize()
        items = self.google.act(
            ALICE, 'calendar.events.instances', calendarId=ALICE,
            eventId=self.event(series, 'google_id'))['items']
        self.google.patch_event(ALICE, items[1]['id'], {'location': "There"})
        id = self.exception(series, MORNING + WEEK, summary="Special")
        self.synchronize()

        self.assertEqual(
            self.event(id, 'summary', 'location'), ["Special", "There"])
        self.assertEqual(len(self.search(EVENT, 'id')), 2)
        self.assertEqual(self.conflicts(), [])
        self.assert_settled()
        event = self.google.get_event(ALICE, items[1]['id'])
        self.assertEqual(
            (event['summary'], event['location']), ("Special", "There"))

    def test_no_occurrence_any_more(self):
        series = self.series()
        self.synchronize()
        id = self.exception(series, MORNING + WEEK, summary="Special")
        self.google.patch_event(ALICE, self.event(series, 'google_id'), {
                'recurrence': ['RRULE:FREQ=WEEKLY;COUNT=1']})
        self.synchronize()

        self.assertEqual(self.event(id, 'google_state'), 'failed')
        self.assertEqual(len(self.errors()), 1)

    def test_lost_answer(self):
        series = self.series()
        self.synchronize()
        self.exception(series, MORNING + WEEK, summary="Special")
        self.google.add_fault(
            'drop_after', method_id='calendar.batch', nth=2, times=2)
        self.run_once()
        self.synchronize()

        self.assertEqual(self.instances(series)[1][0], "Special")
        self.assert_settled()

    def test_series_deleted_at_google(self):
        "What was changed of an occurrence is kept as a conflict"
        series = self.series()
        self.synchronize()
        self.exception(series, MORNING + WEEK, summary="Special")
        self.google.delete_event(ALICE, self.event(series, 'google_id'))
        self.synchronize()

        self.assertEqual(self.search(EVENT, 'id'), [])
        (conflict,) = self.search(
            'google_integration.conflict', 'in_tryton')
        self.assertIn("Special", conflict)

    def test_past(self):
        "A series is over when its last occurrence is"
        past = dt.datetime(2020, 1, 1, 9)
        for rule, expected in [
                ('RRULE:FREQ=WEEKLY;COUNT=4', True),
                ('RRULE:FREQ=WEEKLY;UNTIL=20210101T000000Z', True),
                ('RRULE:FREQ=WEEKLY', False),
                ('RRULE:FREQ=YEARLY;UNTIL=20990101T100000Z', False),
                ]:
            with self.subTest(rule=rule):
                id = self.create(
                    start=past, end=past + HOUR, recurrence=rule)
                self.assertEqual(self.event(id, 'is_past'), expected)

    def test_summer_time(self):
        "09:00 in Paris is 09:00 all year"
        start = dt.datetime(2026, 3, 24, 8)
        series = self.series(start=start, time_zone='Europe/Paris')
        self.synchronize()
        id = self.exception(
            series, dt.datetime(2026, 3, 31, 7), summary="Special")
        self.assertEqual(
            self.event(id, 'start', 'end'),
            [dt.datetime(2026, 3, 31, 7), dt.datetime(2026, 3, 31, 8)])
        self.synchronize()
        self.assertEqual(self.errors(), [])
        summary, start = self.instances(series)[1]
        self.assertEqual(
            (summary, dt.datetime.fromisoformat(start).timestamp()),
            ("Special", dt.datetime.fromisoformat(
                    '2026-03-31T09:00:00+02:00').timestamp()))

    def test_whole_days(self):
        day = dt.date(2026, 12, 1)
        series = self.series(
            all_day=True, start_date=day, end_date=day)
        self.synchronize()
        id = self.exception(
            series, dt.datetime(2026, 12, 8, 12), summary="Special")
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(
            self.event(id, 'start_date', 'google_state'),
            [dt.date(2026, 12, 8), 'synchronized'])
        self.assert_settled()
