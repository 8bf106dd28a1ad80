# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt

from trytond.modules.google_calendar.tests.series_case import (
    WEEK, SeriesTestCase)
from trytond.modules.google_calendar.tests.tools import (
    ALICE, EVENT, HOUR, MORNING, at, timed)

DAY = dt.timedelta(days=1)


class SeriesOfGoogleTestCase(SeriesTestCase):
    "Test series that are changed on Google"

    def insert(self, rule='FREQ=WEEKLY;COUNT=6', **values):
        event = self.google.insert_event(
            ALICE, timed("Series", recurrence=[f'RRULE:{rule}'], **values))
        self.synchronize()
        return event['id']

    def instance(self, id, number):
        items = self.google.act(
            ALICE, 'calendar.events.instances', calendarId=ALICE,
            eventId=id, showDeleted=True)['items']
        return next(
            i['id'] for i in items
            if dt.datetime.fromisoformat(
                i['originalStartTime']['dateTime']).timestamp()
            == (MORNING + number * WEEK).replace(
                tzinfo=dt.timezone.utc).timestamp())

    def times(self, start):
        return {
            'start': {'dateTime': at(start), 'timeZone': 'UTC'},
            'end': {'dateTime': at(start + HOUR), 'timeZone': 'UTC'},
            }

    def assert_follows(self, count):
        "What Google has is here after a synchronisation, and stays"
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.conflicts(), [])
        self.assert_same_occurrences(count)
        self.assert_settled()
        self.assert_same_occurrences(count)

    def test_exceptions(self):
        id = self.insert()
        self.google.patch_event(
            ALICE, self.instance(id, 1), {'summary': "Changed"})
        self.google.patch_event(
            ALICE, self.instance(id, 2), self.times(MORNING + 2 * WEEK + DAY))
        self.google.delete_event(ALICE, self.instance(id, 3))
        self.assert_follows(5)

    def test_moved_back(self):
        "An occurrence that is moved, and back"
        id = self.insert()
        instance = self.instance(id, 2)
        self.google.patch_event(
            ALICE, instance, self.times(MORNING + 2 * WEEK + DAY))
        self.assert_follows(6)
        self.assertIn(
            (MORNING + 2 * WEEK + DAY,), self.at())
        self.google.patch_event(
            ALICE, instance, self.times(MORNING + 2 * WEEK))
        self.assert_follows(6)
        self.assertEqual(
            [s for s, in self.at()], [MORNING + n * WEEK for n in range(6)])

    def test_series_moved_back(self):
        "A series that is moved, and back, with its exceptions"
        id = self.insert()
        self.google.patch_event(
            ALICE, self.instance(id, 2), {'summary': "Changed"})
        self.assert_follows(6)
        self.google.patch_event(ALICE, id, self.times(MORNING + HOUR))
        self.assert_follows(6)
        self.google.patch_event(ALICE, id, self.times(MORNING))
        self.assert_follows(len(self.remote_occurrences()))

    def test_rule_changed(self):
        id = self.insert()
        self.google.patch_event(
            ALICE, self.instance(id, 2), {'summary': "Changed"})
        self.google.patch_event(
            ALICE, self.instance(id, 4), {'summary': "Changed"})
        self.assert_follows(6)
        self.google.patch_event(
            ALICE, id, {'recurrence': ['RRULE:FREQ=WEEKLY;COUNT=4']})
        self.assert_follows(4)
        self.google.patch_event(
            ALICE, id, {'recurrence': ['RRULE:FREQ=WEEKLY;COUNT=6']})
        self.assert_follows(len(self.remote_occurrences()))

    def test_split(self):
        for exceptions in ['keep', 'reset']:
            for values in [{}, {'summary': "New"}, self.times(
                    MORNING + 3 * WEEK + HOUR)]:
                with self.subTest(exceptions=exceptions, values=values):
                    self.split(exceptions, values)

    def split(self, exceptions, values):
        id = self.insert()
        self.google.patch_event(
            ALICE, self.instance(id, 1), {'summary': "Before"})
        self.google.patch_event(
            ALICE, self.instance(id, 4), {'summary': "After"})
        self.google.delete_event(ALICE, self.instance(id, 5))
        self.assert_follows(5)
        new = self.google.split_series(
            ALICE, id, at(MORNING + 3 * WEEK), values, exceptions=exceptions)
        self.assert_follows(len(self.remote_occurrences()))
        # the rest is moved, and back
        self.google.patch_event(
            ALICE, new['id'], self.times(MORNING + 3 * WEEK + 2 * HOUR))
        self.assert_follows(len(self.remote_occurrences()))
        self.google.patch_event(
            ALICE, new['id'], self.times(MORNING + 3 * WEEK))
        self.assert_follows(len(self.remote_occurrences()))
        for event in [id, new['id']]:
            self.google.delete_event(ALICE, event)
        self.synchronize()
        self.assert_follows(0)

    def test_split_while_changed_here(self):
        "Neither change is lost"
        id = self.insert()
        series = self.find("Series")
        self.change(series, MORNING + WEEK, 'this', summary="Here")
        new = self.google.split_series(
            ALICE, id, at(MORNING + 3 * WEEK), {'location': "There"})
        self.synchronize()
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assert_same_occurrences(6)
        self.assertEqual(
            [s for s, n in self.at('summary') if n == "Here"],
            [MORNING + WEEK])
        self.assertEqual(
            self.search(EVENT, 'location', domain=[
                    ('google_id', '=', new['id'])]), ["There"])
        self.assert_settled()

    def test_endless(self):
        self.insert('FREQ=DAILY')
        self.synchronize()
        self.assertEqual(
            len(self.local_occurrences()),
            (dt.date(2028, 1, 1) - MORNING.date()).days)

    def test_not_readable(self):
        "What dateutil refuses is kept and shown with a note"
        id = self.insert()
        self.google.plant_event(
            ALICE, {'id': id, 'recurrence': ['RRULE:FREQ=WEEKLY;BYDAY=XX']})
        self.synchronize()
        series = self.find("Series")
        self.assertEqual(self.errors(), [])
        self.assertEqual(
            self.event(series, 'recurrence', 'repeat'),
            ['RRULE:FREQ=WEEKLY;BYDAY=XX', 'custom'])
        self.assertTrue(self.event(series, 'recurrence_note'))
        self.assertEqual([s for s, in self.at()], [MORNING])
        self.write(series, summary="Other")
        self.synchronize()
        self.assertEqual(
            self.google.get_event(ALICE, id)['recurrence'],
            ['RRULE:FREQ=WEEKLY;BYDAY=XX'])

    def test_cancelled_before_seen(self):
        "Exceptions may come without their series"
        self.google.plant_event(ALICE, {
                'id': 'gone_20261208T090000Z', 'status': 'cancelled',
                'recurringEventId': 'gone',
                'originalStartTime': {
                    'dateTime': at(MORNING + WEEK), 'timeZone': 'UTC'}})
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.at(), [])

    def test_repeat(self):
        "What people choose arrives at Google, what they do not stays"
        id = self.insert('FREQ=WEEKLY;WKST=SU;COUNT=6')
        self.google.patch_event(ALICE, id, {'recurrence': [
                    'RRULE:FREQ=WEEKLY;WKST=SU;COUNT=6',
                    'EXDATE:20261208T090000Z']})
        self.synchronize()
        series = self.find("Series")
        self.write(series, repeat_interval=2)
        self.synchronize()
        self.assertEqual(
            self.google.get_event(ALICE, id)['recurrence'], [
                'RRULE:FREQ=WEEKLY;WKST=SU;COUNT=6;INTERVAL=2',
                'EXDATE:20261208T090000Z'])
        self.assert_same_occurrences(6)
