# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt

from trytond.modules.google_calendar.tests.series_case import (
    OCCURRENCE, SeriesTestCase)
from trytond.modules.google_calendar.tests.tools import (
    ALICE, EVENT, HOUR, MORNING, at, database, timed)

DAY = dt.timedelta(days=1)
# what Google itself changes with each write
STAMPS = {'etag', 'updated', 'sequence'}
ODD = {
    'nosummary': {'summary': None},
    'noend': {'end': None, 'endTimeUnspecified': True},
    'zerolength': {'end': {'dateTime': at(MORNING), 'timeZone': 'UTC'}},
    'endbefore': {
        'end': {'dateTime': at(MORNING - HOUR), 'timeZone': 'UTC'},
        },
    'unknownzone': {
        'start': {
            'dateTime': '2026-12-01T10:00:00+01:00',
            'timeZone': 'Mars/Olympus',
            },
        'end': {
            'dateTime': '2026-12-01T11:00:00+01:00',
            'timeZone': 'Mars/Olympus',
            },
        },
    'periods': {
        'recurrence': [
            'RDATE;VALUE=PERIOD:20261208T090000Z/PT2H,'
            '20261209T090000Z/20261209T103000Z'],
        },
    'badguests': {
        'attendees': [
            {'email': 'not an e-mail', 'responseStatus': 'needsAction'},
            {'email': 'x@', 'responseStatus': 'accepted'},
            {'email': 'Bob@Example.com', 'responseStatus': 'declined'},
            {
                'email': 'two@example.com, three@example.com',
                'responseStatus': 'tentative',
                },
            ],
        },
    }
# Google keeps them, dateutil refuses them
REFUSED = {
    'refuseda': ['RRULE:FREQ=DAILY;BYSETPOS=0;COUNT=3'],
    'refusedb': ['RRULE:FREQ=WEEKLY;INTERVAL=0'],
    'refusedc': ['RRULE:FREQ=FORTNIGHTLY'],
    'refusedd': ['RRULE:FREQ=DAILY;UNTIL=yesterday', 'X-ODD:1'],
    }


class BadInputTestCase(SeriesTestCase):
    "Test the odd events that real calendars have"

    def plant(self, id, **values):
        body = {**timed(id, id=id), **values}
        self.google.plant_event(
            ALICE, {n: v for n, v in body.items() if v is not None})

    def whole(self):
        return {
            e['id']: e
            for e in self.google.dump(ALICE, deleted=True)[0]['events']}

    def by_google_id(self, google_id):
        with database(commit=False) as pool:
            event, = pool.get(EVENT).search([('google_id', '=', google_id)])
            return event.id

    def assert_only(self, before, name, value):
        "Nothing else differs at Google"
        after = self.whole()
        self.assertEqual(after.keys(), before.keys())
        for id, event in after.items():
            expected = {**before[id], name: value}
            for stamp in STAMPS:
                expected.pop(stamp, None)
                event.pop(stamp, None)
            self.assertEqual(event, expected)

    def test_odd(self):
        "They come, no one stops another, and keep what they are at Google"
        odd = ODD | {i: {'recurrence': r} for i, r in REFUSED.items()}
        # the emulator takes no write of it, see `test_bad_guests`
        del odd['badguests']
        for id, values in odd.items():
            self.plant(id, **values)
        self.google.insert_event(ALICE, timed("Good"))
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(
            len(self.search(EVENT, 'id')), len(odd) + 1)
        self.assert_settled()

        before = self.whole()
        with self.user() as pool:
            Event = pool.get(EVENT)
            Event.write(Event.search([]), {'location': "Here"})
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assert_only(before, 'location', "Here")
        self.assert_settled()

    def test_times(self):
        for id, values in ODD.items():
            self.plant(id, **values)
        self.synchronize()
        for id, end, zone in [
                ('nosummary', MORNING + HOUR, 'UTC'),
                ('noend', MORNING, 'UTC'),
                ('zerolength', MORNING, 'UTC'),
                ('endbefore', MORNING, 'UTC'),
                ('unknownzone', MORNING + HOUR, None)]:
            with self.subTest(id):
                self.assertEqual(
                    self.event(
                        self.by_google_id(id), 'start', 'end', 'time_zone'),
                    [MORNING, end, zone])

    def test_periods(self):
        "The occurrences of periods, each as long as it says"
        self.plant('periods', **ODD['periods'])
        self.synchronize()
        starts = [start for start, in self.at()]
        self.assertIn(MORNING + 7 * DAY, starts)
        self.assertIn(MORNING + 8 * DAY, starts)

    def test_refused(self):
        "The recurrence is kept, and shown with a note"
        for id, recurrence in REFUSED.items():
            self.plant(id, recurrence=recurrence)
        self.synchronize()
        for id, recurrence in REFUSED.items():
            with self.subTest(id):
                event = self.by_google_id(id)
                lines, note = self.event(
                    event, 'recurrence', 'recurrence_note')
                self.assertEqual(lines.split('\n'), recurrence)
                self.assertTrue(note)
                # people see it at least where it starts
                self.assertEqual(
                    self.search(OCCURRENCE, 'start', domain=[
                            ('stored_event', '=', event)]),
                    [MORNING])

    def test_refused_moved(self):
        "A move keeps the lines that are not understood"
        self.plant('refusedb', recurrence=REFUSED['refusedb'])
        self.synchronize()
        event = self.by_google_id('refusedb')
        self.write(event, start=MORNING + HOUR, end=MORNING + 2 * HOUR)
        self.run_once()
        self.assertEqual(
            self.event(event, 'recurrence'), REFUSED['refusedb'][0])

    def test_bad_guests(self):
        "Addresses that are none are shown, and go back as they came"
        self.plant('badguests', **ODD['badguests'])
        self.synchronize()
        event = self.by_google_id('badguests')
        self.assertEqual(
            set(self.search(
                    'google_calendar.attendee', 'email', 'response')),
            {
                (a['email'].lower(), a['responseStatus'])
                for a in ODD['badguests']['attendees']})
        with self.user() as pool:
            Event = pool.get(EVENT)
            Event.write([Event(event)], {
                    'attendees': [('create', [{'email': 'new@example.com'}])],
                    })
        self.run_once()
        # an address that Google refuses is an error of this event alone
        self.google.insert_event(ALICE, timed("Good"))
        self.run_once()
        self.find("Good")

    def test_cancelled_before_seen(self):
        "What was cancelled before it was ever seen leaves no trace"
        self.google.insert_event(ALICE, timed("First"))
        self.synchronize()
        gone = self.google.insert_event(ALICE, timed("Gone"))['id']
        series = self.google.insert_event(ALICE, timed(
                "Gone series", recurrence=['RRULE:FREQ=DAILY;COUNT=3']))['id']
        self.google.change_instance(
            ALICE, series, at(MORNING + DAY), {'summary': "Other"})
        self.google.cancel_instance(ALICE, series, at(MORNING))
        self.google.delete_event(ALICE, gone)
        self.google.delete_event(ALICE, series)
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assert_same_occurrences(1)
        self.assert_settled()

    def test_cancelled_occurrence_before_its_series(self):
        "Pages have any order: the exception may come before its series"
        series = self.google.insert_event(ALICE, timed(
                "Series", recurrence=['RRULE:FREQ=DAILY;COUNT=4']))['id']
        self.google.cancel_instance(ALICE, series, at(MORNING))
        self.google.change_instance(
            ALICE, series, at(MORNING + DAY), {'summary': "Other"})
        # the series is listed last
        self.google.patch_event(ALICE, series, {'location': "Here"})
        self.google.options(max_page=1)
        self.synchronize()
        self.google.options(max_page=None)
        self.assert_same_occurrences(3)
        self.assert_settled()

    def test_page_of_the_maximum(self):
        "A page has 2,500 events"
        self.google.insert_events(ALICE, [
                timed(f"Event {i}", MORNING + i * HOUR)
                for i in range(2501)])
        self.requests()
        self.synchronize()
        self.assertEqual(self.requests(), ['calendar.events.list'] * 2)
        self.assertEqual(len(self.search(EVENT, 'id')), 2501)

    def test_many_exceptions(self):
        "A series of 5,000 exceptions"
        count = 5000
        series = self.google.insert_event(ALICE, timed(
                "Series", MORNING - 5200 * DAY,
                recurrence=['RRULE:FREQ=DAILY;COUNT=5300']))
        starts = [MORNING - (count - i) * DAY for i in range(count)]
        self.google.plant_events(ALICE, [{
                    **timed(f"Exception {i}", start + HOUR),
                    'id': f"{series['id']}_{start:%Y%m%dT%H%M%SZ}",
                    'recurringEventId': series['id'],
                    'originalStartTime': timed('', start)['start'],
                    'iCalUID': series['iCalUID'],
                    } for i, start in enumerate(starts)])
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(len(self.search(EVENT, 'id')), count + 1)
        self.assert_same_occurrences()
        self.synchronize()
        # a change of the series is one request, not one per exception
        self.write(self.find("Series"), location="Here")
        self.requests()
        self.synchronize()
        self.assertEqual(self.writes(), ['calendar.events.patch'])
