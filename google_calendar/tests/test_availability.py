# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
from unittest.mock import patch

from trytond.modules.google_calendar import availability

from .find_time_case import NINE, FindTimeTestCase
from .tools import ALICE, BOB, CALENDAR, EVENT, HOUR, at, database, timed


class GoogleCalendarAvailabilityTestCase(FindTimeTestCase):
    "Test what Tryton knows of who is busy"

    def test_unsent(self):
        "What was not sent yet is busy, too"
        self.create("Here", NINE)
        self.create("Free", NINE + HOUR, transparency='transparent')
        self.create("Cancelled", NINE + 2 * HOUR, status='cancelled')
        self.assertEqual(self.starts(self.find(count=1)), [10])

    def test_moved_at_google(self):
        "Google knows better what was sent"
        event = self.create("Here", NINE)
        self.synchronize()
        google_id = self.event(event, 'google_id')
        self.google.delete_event(ALICE, google_id)
        self.assertEqual(self.starts(self.find(count=1)), [9])

    def own(self, first=NINE - 2 * HOUR, last=NINE + 60 * HOUR, zone='UTC'):
        with database(self.jane) as pool:
            return sorted(availability.own_periods(
                    pool.get(CALENDAR)(self.calendar), first, last, zone))

    def test_own_series(self):
        "A series with an occurrence moved and one cancelled"
        series = self.google.insert_event(ALICE, timed(
                "Series", NINE, recurrence=['RRULE:FREQ=DAILY;COUNT=4']))
        instances = self.google.act(
            ALICE, 'calendar.events.instances', calendarId=ALICE,
            eventId=series['id'])['items']
        self.google.patch_event(ALICE, instances[1]['id'], {
                'start': {'dateTime': at(NINE + 29 * HOUR)},
                'end': {'dateTime': at(NINE + 30 * HOUR)}})
        self.google.delete_event(ALICE, instances[2]['id'])
        self.synchronize()
        self.assertEqual(self.own(), [
                (NINE, NINE + HOUR),
                (NINE + 29 * HOUR, NINE + 30 * HOUR)])

    def test_own_many_series(self):
        "However many series, what is moved of them is read together"
        self.google.insert_events(ALICE, [
                timed(f"Series {i}", NINE + i * HOUR, recurrence=[
                        'RRULE:FREQ=DAILY;COUNT=4']) for i in range(5)])
        self.synchronize()
        Event = self.model(EVENT)
        with patch.object(Event, 'search', side_effect=Event.search) as search:
            self.assertEqual(len(self.own(last=NINE + 6 * HOUR)), 5)
        self.assertEqual(search.call_count, 2)

    def test_own_series_all_day(self):
        series = self.google.insert_event(ALICE, {
                'summary': "Days",
                'start': {'date': '2027-01-05'},
                'end': {'date': '2027-01-06'},
                'transparency': 'opaque',
                'recurrence': ['RRULE:FREQ=DAILY;COUNT=3']})
        instances = self.google.act(
            ALICE, 'calendar.events.instances', calendarId=ALICE,
            eventId=series['id'])['items']
        self.google.delete_event(ALICE, instances[1]['id'])
        self.synchronize()
        night = dt.datetime(2027, 1, 5, 5)
        self.assertEqual(
            self.own(zone='America/New_York'), [
                (night, night + 24 * HOUR),
                (night + 48 * HOUR, night + 72 * HOUR)])

    def test_own_refused(self):
        "Of a recurrence that can not be read the first one is known"
        self.google.plant_event(ALICE, timed(
                "Odd", NINE, id='oddodd', recurrence=[
                    'RRULE:FREQ=DAILY;BYEASTER=1']), user=ALICE)
        self.synchronize()
        self.assertEqual(self.own(), [(NINE, NINE + HOUR)])

    def test_own_declined(self):
        "What was declined keeps nobody busy"
        meeting = self.busy(
            BOB, NINE, NINE + HOUR, attendees=[{'email': ALICE}])
        self.synchronize()
        self.assertEqual(self.own(), [(NINE, NINE + HOUR)])
        self.google.respond(ALICE, meeting['id'], 'declined')
        self.synchronize()
        self.assertEqual(self.own(), [])
