# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt

from trytond.modules.google_calendar.tests.series_case import SeriesTestCase
from trytond.modules.google_calendar.tests.tools import (
    ALICE, BOB, EVENT, MORNING, POLICIES, at, database, timed)

DAY = dt.timedelta(days=1)
CONFLICT = 'google_integration.conflict'


class MovedTestCase(SeriesTestCase):
    "Test the events that are moved to another calendar, at Google"

    def prepare(self):
        super().prepare()
        self.team = self.google.create_calendar(ALICE, "Team")['id']
        with database() as pool:
            Calendar = pool.get('google_calendar.calendar')
            Credentials = pool.get('google_integration.google_credentials')
            Credentials.discover([Credentials(self.credentials)])
            other, = Calendar.search([('google_id', '=', self.team)])
            Calendar.write([other], {'enabled': True})
            self.other = other.id

    def both(self):
        for calendar in [self.calendar, self.other]:
            self.synchronize(calendar)

    def meeting(self, **values):
        id = self.google.insert_event(ALICE, timed("Meeting", attendees=[
                    {'email': BOB}], **values))['id']
        self.both()
        self.google.mails(clear=True)
        return id

    def move(self, id, back=False):
        calendars = [ALICE, self.team]
        if back:
            calendars.reverse()
        self.google.move_event(
            ALICE, id, calendars[1], calendar=calendars[0])

    def summaries(self):
        "The summaries of the events of both calendars"
        return [
            sorted(
                e for e in self.search(EVENT, 'summary', domain=[
                        ('calendar', '=', calendar),
                        ('status', '!=', 'cancelled'),
                        ]))
            for calendar in [self.calendar, self.other]]

    def assert_quiet(self):
        self.both()
        self.requests()
        self.both()
        self.both()
        self.assertEqual(self.writes(), [])
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.google.mails(), [])

    def test_there_and_back(self):
        id = self.meeting()
        self.move(id)
        self.both()
        self.assertEqual(self.summaries(), [[], ["Meeting"]])
        self.assert_quiet()
        self.move(id, back=True)
        self.both()
        self.assertEqual(self.summaries(), [["Meeting"], []])
        self.assert_quiet()

    def test_there_and_back_unseen(self):
        id = self.meeting()
        self.move(id)
        self.move(id, back=True)
        self.both()
        self.assertEqual(self.summaries(), [["Meeting"], []])
        self.assert_quiet()

    def test_order(self):
        "The calendar to which it moves may be read first"
        id = self.meeting()
        self.move(id)
        self.synchronize(self.other)
        self.synchronize(self.calendar)
        self.assertEqual(self.summaries(), [[], ["Meeting"]])
        self.assert_quiet()

    def test_one_calendar(self):
        "Only one of the two calendars is synchronised"
        self.set_service(self.other, enabled=False)
        id = self.google.insert_event(ALICE, timed("Meeting"))['id']
        self.synchronize()
        self.move(id)
        self.synchronize()
        self.assertEqual(self.summaries(), [[], []])
        self.move(id, back=True)
        self.synchronize()
        self.assertEqual(self.summaries(), [["Meeting"], []])
        self.assertEqual(self.tombstones(), [])
        self.assert_settled()

    def test_series(self):
        id = self.meeting(recurrence=['RRULE:FREQ=DAILY;COUNT=4'])
        self.google.change_instance(
            ALICE, id, at(MORNING + DAY), {'summary': "Changed"})
        self.google.cancel_instance(ALICE, id, at(MORNING + 2 * DAY))
        self.both()
        self.move(id)
        self.both()
        self.assertEqual(self.summaries(), [[], ["Changed", "Meeting"]])
        self.assertEqual(
            self.local_occurrences(self.other),
            self.remote_occurrences(self.team))
        self.assertEqual(self.local_occurrences(), [])
        self.assert_quiet()
        self.move(id, back=True)
        self.both()
        self.assertEqual(self.summaries(), [["Changed", "Meeting"], []])
        self.assertEqual(
            self.local_occurrences(), self.remote_occurrences())
        self.assertEqual(len(self.local_occurrences()), 3)
        self.assert_quiet()

    def test_changed_here(self):
        "A change that was not sent is kept, but no second meeting is made"
        for policy in POLICIES:
            for when in ['before', 'while']:
                with self.subTest(policy=policy, when=when):
                    self.check_changed_here(policy, when)

    def check_changed_here(self, policy, when):
        self.set_service(conflict_policy=policy)
        id = self.meeting()
        self.write(self.find("Meeting"), location="Here")
        if when == 'before':
            self.move(id)
        else:
            with self.hook('push', lambda *args: self.move(id)):
                self.synchronize()
        self.both()
        if policy == 'manual':
            conflict, = self.search(
                CONFLICT, 'id', domain=[('state', '=', 'open')])
            # it can not stand
            self.click(CONFLICT, conflict, 'keep_tryton')
            self.both()
        self.assert_quiet()
        self.assertEqual(self.summaries(), [[], ["Meeting"]])
        self.assertIn("Here", str(self.conflicts('tryton_values')))
        self.assert_quiet()
        self.google.delete_event(ALICE, id, calendar=self.team)
        self.both()
        with database() as pool:
            Conflict = pool.get(CONFLICT)
            Conflict.delete(Conflict.search([]))

    def test_deleted_here(self):
        "What was deleted here is not deleted where it moved"
        id = self.meeting()
        self.delete(self.find("Meeting"))
        self.move(id)
        self.both()
        self.assertEqual(self.summaries(), [[], ["Meeting"]])
        self.assert_quiet()
