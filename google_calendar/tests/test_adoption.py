# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What is the same on both sides is not doubled, without any preview."""
import datetime as dt

from trytond.modules.google_integration.tests.work import count_queries

from .tools import (
    ALICE, CALENDAR, EVENT, HOUR, MORNING, GoogleCalendarTestCase, database,
    timed)

DAY = dt.timedelta(days=1)
UID = 'uid@example.com'
UNKNOWN = {
    'google_id': None, 'google_etag': None, 'google_baseline': None,
    'google_modified': None, 'google_confirmed_revision': None,
    'ical_uid': None, 'google_state': 'local'}


class GoogleAdoptionTestCase(GoogleCalendarTestCase):
    "Test that the engine recognises what was never sent"

    def import_event(self, *bodies):
        return [
            e['id'] for e in self.google.insert_events(
                ALICE, bodies, method='calendar.events.import')]

    def restore(self, *ids):
        "Make the database what it was before the events were sent"
        for id in ids:
            self.update(EVENT, id, **UNKNOWN)
        self.update(CALENDAR, self.calendar, cursor=None)

    def test_own(self):
        "A database that was restored finds again what it had sent"
        ids = [self.create(n) for n in "ab"]
        self.synchronize()
        google_ids = [self.event(i, 'google_id') for i in ids]
        remote = self.remote()
        self.restore(*ids)
        self.requests()
        self.synchronize()
        self.assertEqual(self.writes(), [])
        self.assertEqual(self.remote(), remote)
        self.assertEqual(
            [self.event(i, 'google_id') for i in ids], google_ids)
        self.assert_equal_sides(2)
        self.assert_settled()

    def test_own_changed(self):
        "Also when it was changed since"
        id = self.create("Meeting")
        self.synchronize()
        google_id = self.event(id, 'google_id')
        self.google.patch_event(ALICE, google_id, {'summary': "Review"})
        self.restore(id)
        self.set_service(conflict_policy='google')
        self.synchronize()
        self.assertEqual(
            self.event(id, 'google_id', 'summary'), [google_id, "Review"])
        self.assert_equal_sides(1)

    def test_own_other(self):
        "An id that the database gave again names another event"
        id = self.create("Meeting")
        self.synchronize()
        self.restore(id)
        self.write(id, summary="Lunch", start=MORNING + DAY,
            end=MORNING + DAY + HOUR)
        self.synchronize()
        self.assertEqual(
            sorted(e[0] for e in self.remote().values()),
            ["Lunch", "Meeting"])
        self.assert_equal_sides(2)

    def test_own_copied(self):
        "A copy that somebody made at Google is another event"
        id = self.create("Meeting")
        self.synchronize()
        google_id = self.event(id, 'google_id')
        copy = self.google.insert_event(ALICE, {
                **timed("Meeting"),
                'extendedProperties': self.google.get_event(
                    ALICE, google_id)['extendedProperties']})
        self.assertIn('trytonEvent', copy['extendedProperties']['private'])
        self.synchronize()
        self.assertEqual(self.event(id, 'google_id'), google_id)
        self.assert_equal_sides(2)

    def test_own_copied_and_restored(self):
        "Of two that claim to be it one is taken, and both are kept"
        id = self.create("Meeting")
        self.synchronize()
        google_id = self.event(id, 'google_id')
        self.google.insert_event(ALICE, {
                **timed("Meeting"),
                'extendedProperties': self.google.get_event(
                    ALICE, google_id)['extendedProperties']})
        self.restore(id)
        self.synchronize()
        self.assert_equal_sides(2)
        self.assert_settled()

    def test_other_installation(self):
        "What another Tryton has sent is nothing of this one"
        id = self.create("Meeting")
        self.google.insert_event(ALICE, {
                **timed("Meeting"),
                'extendedProperties': {'private': {
                        'trytonEvent': f'other:{id}'}}})
        self.synchronize()
        self.assert_equal_sides(2)

    def test_own_other_calendar(self):
        "An event of another calendar is another copy"
        work_id = self.google.create_calendar(ALICE, "Work")['id']
        _, work = self.discover(self.credentials)
        id = self.create("Meeting")
        self.synchronize()
        self.google.insert_event(ALICE, {
                **timed("Meeting"),
                'extendedProperties': self.google.get_event(
                    ALICE, self.event(id, 'google_id'))[
                        'extendedProperties']}, work_id)
        self.restore(id)
        self.synchronize(work)
        self.assertEqual(len(self.local(work)), 1)
        self.synchronize()
        self.assert_equal_sides(1)

    def test_uid(self):
        "What was imported on both sides is one event"
        google_id, = self.import_event(
            timed("Meeting", iCalUID=UID, location="There"))
        id = self.create("Meeting")
        self.update(EVENT, id, ical_uid=UID)
        self.set_service(conflict_policy='google')
        self.synchronize()
        self.assertEqual(
            self.event(id, 'google_id', 'location'), [google_id, "There"])
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_uid_later(self):
        "Also when it comes to Google after the first synchronisation"
        self.synchronize()
        id = self.create("Meeting")
        self.update(EVENT, id, ical_uid=UID)
        google_id, = self.import_event(timed("Meeting", iCalUID=UID))
        self.synchronize()
        self.assertEqual(self.event(id, 'google_id'), google_id)
        self.assert_equal_sides(1)

    def test_uid_twice(self):
        "Of two with the same one is it"
        self.import_event(timed("Meeting", iCalUID=UID))
        ids = [self.create("Meeting") for _ in range(2)]
        for id in ids:
            self.update(EVENT, id, ical_uid=UID)
        self.synchronize()
        self.assert_equal_sides(2)
        self.assert_settled()

    def test_uid_series(self):
        "The occurrences of a series go with it"
        google_id, = self.import_event(timed(
                "Lesson", iCalUID=UID,
                recurrence=['RRULE:FREQ=DAILY;COUNT=3']))
        moved = self.google.act(
            ALICE, 'calendar.events.instances', calendarId='primary',
            eventId=google_id)['items'][1]
        self.google.patch_event(ALICE, moved['id'], {'location': "There"})
        id = self.create("Lesson", recurrence='RRULE:FREQ=DAILY;COUNT=3')
        with self.user() as pool:
            occurrence = pool.get(EVENT)(id).make_exception(MORNING + DAY).id
        self.write(occurrence, description="Here")
        self.update(EVENT, id, ical_uid=UID)
        self.synchronize()
        self.assertEqual(
            self.event(
                occurrence, 'google_id', 'recurring_identifier', 'location',
                'description'),
            [moved['id'], google_id, "There", "Here"])
        self.assert_equal_sides(2)
        self.assertCountEqual(
            self.search('google_calendar.occurrence', 'start'),
            [MORNING, MORNING + DAY, MORNING + 2 * DAY])
        self.assert_settled()

    def test_uid_deleted(self):
        "What was deleted here does not come back by what replaced it"
        google_id, = self.import_event(timed("Meeting", iCalUID=UID))
        self.synchronize()
        self.delete(self.find("Meeting"))
        id = self.create("Meeting")
        self.update(EVENT, id, ical_uid=UID)
        self.update(CALENDAR, self.calendar, cursor=None)
        self.synchronize()
        self.assertNotIn(google_id, self.remote())
        self.assert_equal_sides(1)

    def test_conflict(self):
        "What differs is a conflict, of which nothing is lost"
        self.import_event(timed("Meeting", iCalUID=UID, location="There"))
        id = self.create("Meeting", location="Here")
        self.update(EVENT, id, ical_uid=UID)
        self.set_service(conflict_policy='tryton')
        self.synchronize()
        self.assertEqual(
            self.conflicts('unit', 'stood'), [('location', 'tryton')])
        self.assertEqual(self.event(id, 'location'), "Here")
        self.assert_equal_sides(1)

    def test_queries(self):
        "It costs one query for a chunk of changes, however many"
        Event = self.model(EVENT)
        counts = []
        for count in [10, 200]:
            changes = [
                self.model(CALENDAR).google_change({
                        **timed("Meeting"), 'id': f'id{i}',
                        'iCalUID': f'{i}@example.com'})
                for i in range(count)]
            with database() as pool:
                service = pool.get(CALENDAR)(self.calendar)
                # what is read of the installation is kept
                Event._adopt_identified(service, changes)
                with count_queries() as statements:
                    Event._adopt_identified(service, changes)
                counts.append(len(statements))
        self.assertEqual(counts, [1, 1])


del GoogleCalendarTestCase
