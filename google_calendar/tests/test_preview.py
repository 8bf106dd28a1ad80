# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the preview tells, and that the synchronisation then does it."""
import datetime as dt
import gc
from collections import Counter
from unittest.mock import patch

from trytond.exceptions import UserError, UserWarning
from trytond.model.exceptions import AccessError
from trytond.modules.google_calendar.comparison import Comparison
from trytond.modules.google_integration.exceptions import (
    GoogleCredentialsError)
from trytond.modules.google_integration.operation import Change, ItemError
from trytond.transaction import Transaction

from .tools import (
    ACCESS, ALICE, BOB, CALENDAR, EVENT, HOUR, MORNING,
    GoogleCalendarTestCase, database, timed)

DAY = dt.timedelta(days=1)


class GooglePreviewTestCase(GoogleCalendarTestCase):
    "Test that the preview tells what will be done, and does nothing"

    def prepare(self):
        super().prepare()
        self.set_service(enabled=False)

    def compare(self, calendar=None, size=50):
        "Compare and check that nothing was written on either side"
        before = self.rows()
        dump = self.google.dump(ALICE, deleted=True)
        self.google.clear_log()
        with self.user() as pool:
            comparison = Comparison(
                pool.get(CALENDAR), calendar or self.calendar, size)
            comparison()
        self.assertEqual(self.writes(), [])
        self.assertEqual(self.google.dump(ALICE, deleted=True), dump)
        self.assertEqual(self.rows(), before)
        return comparison

    def kinds(self, comparison):
        return {n: c for n, c in comparison.counts.items() if c}

    def wizard(self, user=None, calendar=None):
        "Go through the preview to the synchronisation"
        calendar = calendar or self.calendar
        context = {
            **ACCESS,
            'active_model': CALENDAR,
            'active_id': calendar,
            'active_ids': [calendar],
            }
        with database(user or self.jane, context=context) as pool:
            Preview = pool.get('google_calendar.preview', type='wizard')
            session, start, end = Preview.create()
            Preview.execute(session, {}, start)
            result = Preview.execute(session, {}, 'result')
            values = result['view']['defaults']
            Preview.execute(session, {}, 'synchronize')
            Preview.delete(session)
            return values

    def adopt(self, calendar=None):
        "Confirm the preview, and run"
        self.wizard(calendar=calendar)
        self.synchronize(calendar)

    def insert(self, *bodies):
        return [e['id'] for e in self.google.insert_events(ALICE, bodies)]

    def update_event(self, id, **values):
        self.update(EVENT, id, **values)

    # What is told

    def test_empty(self):
        comparison = self.compare()
        self.assertEqual(self.kinds(comparison), {})
        self.assertEqual(comparison.pairs, [])

    def test_create(self):
        "What only one side has is created on the other"
        self.insert(timed("There"), timed("Also there", MORNING + HOUR))
        self.create("Here", MORNING + DAY)
        comparison = self.compare()
        self.assertEqual(self.kinds(comparison), {
                'create_tryton': 2, 'create_google': 1})
        self.assertEqual(
            [e['summary'] for e in comparison.lines['create_tryton']],
            ["There", "Also there"])
        self.assertEqual(
            comparison.lines['create_google'][0]['start'], MORNING + DAY)
        self.adopt()
        self.assert_equal_sides(3)

    def test_alike(self):
        "What looks the same on both sides is matched and not doubled"
        google_id, other = self.insert(
            timed("Meeting", location="Room"), timed("Lunch"))
        id = self.create(" meeting")
        self.create("Dinner")
        self.set_service(conflict_policy='google')
        comparison = self.compare()
        self.assertEqual(comparison.pairs, [(id, google_id)])
        self.assertEqual(self.kinds(comparison), {
                'matched': 1, 'conflict': 1, 'update_tryton': 1,
                'create_tryton': 1, 'create_google': 1})
        line, = comparison.lines['matched']
        self.assertEqual(line['reason'], 'alike')
        self.adopt()
        self.assertEqual(
            self.event(id, 'google_id', 'summary', 'location'),
            [google_id, "Meeting", "Room"])
        self.assert_equal_sides(3)
        self.assert_settled()
        self.assertEqual(self.google.mails(), [])

    def test_policies(self):
        "Who changes is who does not stand"
        expected = {
            'tryton': {'matched': 1, 'conflict': 1, 'update_google': 1},
            'google': {'matched': 1, 'conflict': 1, 'update_tryton': 1},
            # Google was asked within a minute
            'newest': {'matched': 1, 'conflict': 1, 'update_tryton': 1},
            'manual': {'matched': 1, 'conflict': 1},
            }
        self.insert(timed("Meeting", location="There"))
        id = self.create("Meeting", location="Here")
        for policy, kinds in expected.items():
            with self.subTest(policy=policy):
                self.set_service(conflict_policy=policy)
                self.assertEqual(self.kinds(self.compare()), kinds)
        self.set_service(conflict_policy='tryton')
        self.adopt()
        self.assertEqual(self.event(id, 'location'), "Here")
        self.assert_equal_sides(1)

    def test_equal(self):
        self.insert(timed("Meeting"))
        self.create("Meeting")
        self.assertEqual(
            self.kinds(self.compare()), {'matched': 1, 'equal': 1})
        self.adopt()
        self.assert_equal_sides(1)
        self.assertEqual(self.conflicts('unit'), [])

    def test_directions(self):
        "What does not travel waits or stays apart"
        self.insert(timed("There"))
        self.create("Here")
        for direction, kinds in {
                'to_tryton': {'create_tryton': 1, 'waiting': 1},
                'to_google': {'create_google': 1, 'apart': 1}}.items():
            self.set_service(direction=direction)
            self.assertEqual(self.kinds(self.compare()), kinds)

    def test_read_only(self):
        calendar_id = self.google.create_calendar(BOB, "Work")['id']
        self.google.share_calendar(calendar_id, ALICE, 'writer')
        _, work = self.discover(self.credentials, enable=False)
        self.create("Here", calendar=work)
        self.google.share_calendar(calendar_id, ALICE, 'reader')
        self.update(CALENDAR, work, access_role='reader')
        self.assertEqual(self.kinds(self.compare(work)), {'waiting': 1})

    def test_organized_by_others(self):
        "What somebody else organizes is not created by us"
        id = self.create("Bob's")
        self.update(
            EVENT, id, organizer_email=BOB, organizer_own=False,
            ical_uid='bobs@example.com')
        self.assertEqual(self.kinds(self.compare()), {'waiting': 1})

    def test_unreadable(self):
        "What can not be read stays as it is"
        self.insert(timed("Odd"))
        mapped = self.model(EVENT).google_to_values

        def refuse(resource):
            if resource.get('summary') == "Odd":
                raise ItemError(
                    'google_calendar.bad_date', {'date': "never"})
            return mapped(resource)
        with patch.object(
                self.model(EVENT), 'google_to_values', staticmethod(refuse)):
            self.insert(timed("Even"))
            comparison = self.compare()
            self.assertEqual(
                self.kinds(comparison),
                {'unreadable': 1, 'create_tryton': 1})
            line, = self.wizard()['unreadable']
        self.assertEqual(line['summary'], "Odd")
        self.assertIn('"never"', line['error'])

    def test_linked(self):
        "A calendar that was synchronised before is compared as it is"
        google_ids = self.insert(*(timed(n) for n in "abcdefg"))
        self.set_service(enabled=True)
        self.synchronize()
        a, b, c, d, e, f, g = [self.find(n) for n in "abcdefg"]
        self.write(a, location="Here")
        self.google.patch_event(ALICE, google_ids[1], {'location': "There"})
        self.google.delete_event(ALICE, google_ids[2])
        self.delete(d)
        self.write(e, location="Here")
        self.google.patch_event(ALICE, google_ids[4], {'summary': "E"})
        self.write(f, location="Here")
        self.google.delete_event(ALICE, google_ids[5])
        expected = {
            'update_google': 2, 'update_tryton': 2, 'delete_tryton': 1,
            'delete_google': 1, 'create_google': 1, 'equal': 1}
        self.assertEqual(self.kinds(self.compare()), expected)
        self.synchronize()
        self.assert_equal_sides(5)
        self.assertEqual(self.kinds(self.compare()), {'equal': 5})

    def test_linked_policies(self):
        "What was changed here and deleted at Google"
        google_ids = self.insert(timed("a"))
        self.set_service(enabled=True)
        self.synchronize()
        self.write(self.find("a"), location="Here")
        self.google.delete_event(ALICE, google_ids[0])
        for policy, kind in [
                ('google', 'delete_tryton'), ('tryton', 'create_google'),
                ('newest', 'create_google'), ('manual', 'conflict')]:
            self.set_service(conflict_policy=policy)
            self.assertEqual(self.kinds(self.compare()), {kind: 1}, policy)

    def test_deletion_overtaken(self):
        "What was changed at Google after the deletion here comes back"
        google_id, = self.insert(timed("a"))
        self.set_service(enabled=True)
        self.synchronize()
        self.delete(self.find("a"))
        tombstone, = self.search('google_integration.tombstone', 'id')
        self.update(
            'google_integration.tombstone', tombstone,
            buried_at=MORNING - 365 * DAY)
        self.google.patch_event(ALICE, google_id, {'location': "There"})
        self.assertEqual(self.kinds(self.compare()), {'create_tryton': 1})
        self.set_service(conflict_policy='tryton')
        self.assertEqual(self.kinds(self.compare()), {'delete_google': 1})

    def test_uid(self):
        "The iCalendar UID is more than what it looks like"
        google_id, other = [
            e['id'] for e in self.google.insert_events(ALICE, [
                    timed("Renamed", MORNING + DAY, iCalUID='uid@example'),
                    timed("Meeting", iCalUID='other@example')],
                method='calendar.events.import')]
        id = self.create("Meeting")
        self.update_event(id, ical_uid='uid@example')
        comparison = self.compare()
        self.assertEqual(comparison.pairs, [(id, google_id)])
        self.assertEqual(
            comparison.lines['matched'][0]['reason'], 'ical_uid')
        self.assertEqual(comparison.counts['create_tryton'], 1)
        self.adopt()
        self.assertEqual(self.event(id, 'google_id'), google_id)
        self.assert_equal_sides(2)

    def test_series(self):
        "A series is matched with its occurrences"
        rule = ['RRULE:FREQ=DAILY;COUNT=3']
        google_id, = self.insert(timed("Lesson", recurrence=rule))
        moved = self.google.act(
            ALICE, 'calendar.events.instances', calendarId='primary',
            eventId=google_id)['items'][1]
        self.google.patch_event(ALICE, moved['id'], {'location': "There"})
        id = self.create("Lesson", recurrence=rule[0])
        with self.user() as pool:
            occurrence = pool.get(EVENT)(id).make_exception(MORNING + DAY)
            occurrence_id = occurrence.id
        self.write(occurrence_id, description="Here")
        comparison = self.compare()
        self.assertEqual(
            comparison.pairs, [(id, google_id), (occurrence_id, moved['id'])])
        self.assertEqual(
            [e['reason'] for e in comparison.lines['matched']],
            ['alike', 'occurrence'])
        self.adopt()
        self.assertEqual(
            self.event(occurrence_id, 'google_id', 'recurring_identifier'),
            [moved['id'], google_id])
        self.assertEqual(
            self.event(occurrence_id, 'location', 'description'),
            ["There", "Here"])
        self.assert_equal_sides(2)
        self.assert_settled()

    def test_size(self):
        "Only the first of each kind are shown, all are counted"
        self.insert(*(timed(f"Event {i}") for i in range(7)))
        comparison = self.compare(size=3)
        self.assertEqual(comparison.counts['create_tryton'], 7)
        self.assertEqual(len(comparison.lines['create_tryton']), 3)

    def test_pages(self):
        "What is on another page is known before it is matched"
        self.google.options(max_page=2, empty_pages=1)
        self.google.insert_events(ALICE, [
                timed("Meeting", iCalUID=f'{i}@example') for i in range(5)],
            method='calendar.events.import')
        ids = [self.create("Meeting") for _ in range(3)]
        self.update_event(ids[0], ical_uid='4@example')
        comparison = self.compare()
        self.assertEqual(
            Counter(e['reason'] for e in comparison.lines['matched']),
            {'ical_uid': 1, 'alike': 2})
        self.assertEqual(comparison.counts['create_tryton'], 2)
        self.adopt()
        self.assert_equal_sides(5)

    def test_memory(self):
        "What is listed is not kept: a page at a time is enough"
        self.google.options(max_page=20)
        self.insert(*(timed(f"Event {i}") for i in range(200)))
        self.create("Event 7")
        Calendar = self.model(CALENDAR)
        listed = Calendar.list_changes
        held = []

        def count(client, cursor):
            gc.collect()
            held.append(sum(
                    isinstance(o, Change)
                    # or its values
                    or isinstance(o, dict) and 'start_date' in o
                    and str(o.get('summary')).startswith("Event")
                    for o in gc.get_objects()))
            return listed(client, cursor)
        with patch.object(Calendar, 'list_changes', count), \
                self.user() as pool:
            comparison = Comparison(pool.get(CALENDAR), self.calendar, 0)
            comparison()
        self.assertEqual(len(held), 10)
        self.assertEqual(comparison.counts['create_tryton'], 199)
        # at the most the last page and what may match
        self.assertLessEqual(max(held), 22)

    # Adopting

    def test_adopt_changed_meanwhile(self):
        "What was found is compared again before it is adopted"
        self.insert(timed("Meeting"))
        id = self.create("Meeting")
        self.assertEqual(len(self.compare().pairs), 1)
        self.write(id, summary="Renamed")
        self.adopt()
        self.assert_equal_sides(2)

    def test_adopt_pairs(self):
        "What was sent, deleted or found since is left alone"
        google_ids = self.insert(*(timed(n) for n in "abc"))
        ids = [self.create(n) for n in "abc"]
        pairs = self.compare().pairs
        self.assertEqual(pairs, list(zip(ids, google_ids, strict=True)))
        self.update_event(ids[0], google_id='sent', google_etag='etag')
        self.create("other")
        self.update_event(self.find("other"), google_id=google_ids[1])
        self.delete(ids[2])
        with self.user() as pool:
            count = pool.get(EVENT).google_adopt_pairs(
                pool.get(CALENDAR)(self.calendar), pairs)
        self.assertEqual(count, 0)
        self.assertEqual(self.event(ids[0], 'google_id'), 'sent')
        self.assertIsNone(self.event(ids[1], 'google_id'))

    def test_adopt_deleted(self):
        "What Google deletes between the preview and the run comes back"
        google_id, = self.insert(timed("Meeting"))
        self.create("Meeting")
        self.wizard()
        self.google.delete_event(ALICE, google_id)
        self.synchronize()
        self.assert_equal_sides(1)

    def test_first_warning(self):
        "Who enables a calendar at first is told what may be doubled"
        self.create("Meeting")
        with self.assertRaises(UserWarning) as warning, self.user() as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.write([Calendar(self.calendar)], {'enabled': True})
        self.assertIn("1 events", warning.exception.message)
        self.delete(self.find("Meeting"))
        with self.user() as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.write([Calendar(self.calendar)], {'enabled': True})

    def test_offer(self):
        with self.user() as pool:
            Calendar = pool.get(CALENDAR)
            calendar = Calendar(self.calendar)
            self.assertEqual(calendar.on_change_notify(), [])
            calendar.enabled = True
            (kind, message), = calendar.on_change_notify()
            self.assertIn("Preview", message)
            calendar.last_sync = MORNING
            self.assertEqual(calendar.on_change_notify(), [])

    # What Google makes difficult

    def test_refused(self):
        "An error of Google is told, and nothing is changed"
        self.insert(timed("Meeting"))
        self.create("Meeting")
        before = self.rows()
        self.google.add_fault(
            'status', status=403, reason='forbidden',
            method_id='calendar.events.list')
        with self.assertRaises(GoogleCredentialsError):
            self.wizard()
        self.assertEqual(self.rows(), before)

    def test_refused_second_page(self):
        self.google.options(max_page=1)
        self.insert(timed("a"), timed("b"))
        before = self.rows()
        self.google.add_fault(
            'status', status=404, reason='notFound', nth=2,
            method_id='calendar.events.list')
        with self.assertRaises(UserError):
            self.compare()
        self.assertEqual(self.rows(), before)

    def test_no_transaction(self):
        "No transaction is open while Google is asked"
        self.insert(timed("a"))
        self.create("a")

        def check(*args):
            # SQLite would be locked, PostgreSQL's snapshot pinned
            with Transaction().new_transaction() as transaction:
                pool_event = self.model(EVENT)
                pool_event.write(
                    pool_event.search([]), {'location': "Meanwhile"})
                transaction.commit()
        with self.hook('list_changes', check):
            with self.user() as pool:
                comparison = Comparison(pool.get(CALENDAR), self.calendar)
                comparison()
        self.assertEqual(len(comparison.pairs), 1)
        self.assertEqual(
            self.search(EVENT, 'location'), ["Meanwhile"])

    # Access

    def test_access(self):
        self.insert(timed("Secret"))
        for user in [self.john, self.stranger]:
            with self.assertRaises(AccessError):
                self.wizard(user)
        self.wizard(self.ada)

    def test_access_shared(self):
        "Of shared credentials only the administration decides"
        shared = self.connect(None, BOB)
        calendar, = self.discover(shared, enable=False)
        with self.assertRaises(AccessError):
            self.wizard(self.jane, calendar)
        self.wizard(self.ada, calendar)


del GoogleCalendarTestCase
