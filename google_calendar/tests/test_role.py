# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A calendar of which the account may see more, or less, than before."""
from .tools import (
    ALICE, BOB, EVENT, GoogleCalendarTestCase, database, timed)


class RoleTestCase(GoogleCalendarTestCase):
    "Bob shares his calendar with Alice"

    def share(self, role):
        self.google.share_calendar(BOB, ALICE, role)
        self.discover(self.credentials)
        with database() as pool:
            Calendar = pool.get('google_calendar.calendar')
            self.calendar, = map(int, Calendar.search([
                        ('google_id', '=', BOB)]))
        self.synchronize()

    def shown(self):
        with database() as pool:
            Event = pool.get(EVENT)
            return sorted((e.summary or '', e.start) for e in Event.search([
                        ('calendar', '=', self.calendar)]))

    def test_titles(self):
        "The titles come with the right to see them, and go with it"
        event = self.google.insert_event(BOB, timed("Meeting"))
        self.share('freeBusyReader')
        (hidden, start), = self.shown()
        self.assertEqual(hidden, '')
        for role, summary in [
                ('reader', "Meeting"), ('freeBusyReader', ''),
                ('writer', "Meeting")]:
            with self.subTest(role=role):
                self.share(role)
                self.assertEqual(self.shown(), [(summary, start)])
        self.assertEqual(self.google.get_event(BOB, event['id']), event)
        self.google.clear_log()
        self.synchronize()
        self.assertEqual(self.requests(), ['calendar.events.list'])

    def test_series(self):
        "The occurrences of a series are not left beside it"
        series = self.google.insert_event(BOB, timed(
                "Lesson", recurrence=['RRULE:FREQ=DAILY;COUNT=5']))
        self.share('freeBusyReader')
        self.assertEqual(len(self.shown()), 5)
        self.share('writer')
        (summary, _), = self.shown()
        self.assertEqual(summary, "Lesson")
        self.google.patch_event(BOB, series['id'], {'summary': "Course"})
        self.synchronize()
        (summary, _), = self.shown()
        self.assertEqual(summary, "Course")
        self.assertEqual(self.errors(), [])

    def test_series_less(self):
        "It becomes a series again when it was one before"
        instances = self.google.insert_event(BOB, timed(
                "Lesson", recurrence=['RRULE:FREQ=DAILY;COUNT=5']))
        self.share('writer')
        first = self.google.act(
            BOB, 'calendar.events.instances', calendarId='primary',
            eventId=instances['id'])['items'][1]
        self.google.patch_event(BOB, first['id'], {'summary': "Exam"})
        self.synchronize()
        before = self.shown()
        self.assertEqual([s for s, _ in before], ["Exam", "Lesson"])
        self.share('freeBusyReader')
        self.share('writer')
        self.assertEqual(self.shown(), before)
