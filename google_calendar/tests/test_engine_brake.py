# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Rule 9: the brake on mass deletion, and services that vanish."""
import datetime as dt

from .tools import (
    ALICE, BOB, CALENDAR, EVENT, POLICIES, GoogleCalendarTestCase, database,
    timed)


class GoogleEngineBrakeTestCase(GoogleCalendarTestCase):
    "Test that no mass of records is deleted unasked"

    def exists(self, id):
        return id in self.search(EVENT, 'id')

    def fill(self, count):
        self.google.insert_events(
            ALICE, [timed(f"Event {i:02}") for i in range(count)])
        self.synchronize()
        return sorted(self.remote())

    def test_brake_tryton(self):
        "Too many deletions at Google stop the run, with the count"
        google_ids = self.fill(20)
        for google_id in google_ids[:12]:
            self.google.delete_event(ALICE, google_id)
        self.create("Not sent")
        self.requests()
        for _ in range(2):
            self.assertFalse(self.run_once())
            self.assertEqual(len(self.search(EVENT, 'id')), 21)
        self.assertEqual(self.writes(), [])
        self.assertIn("12 of 20", self.read(
                CALENDAR, self.calendar, 'last_error'))
        self.assertTrue(
            self.read(CALENDAR, self.calendar, 'deletions_waiting'))
        self.click(CALENDAR, self.calendar, 'allow_deletions')
        self.synchronize()
        self.assert_equal_sides(9)
        self.assertEqual(self.read(
                CALENDAR, self.calendar,
                'deletions_allowed', 'deletions_waiting', 'last_error'),
            [None, False, ''])
        self.assert_settled()

    def test_brake_tryton_refuse(self):
        "What is kept is created again at Google"
        google_ids = self.fill(20)
        for google_id in google_ids[:12]:
            self.google.delete_event(ALICE, google_id)
        self.assertFalse(self.run_once())
        self.click(CALENDAR, self.calendar, 'refuse_deletions')
        self.synchronize()
        self.assertEqual(sorted(self.remote()), google_ids)
        self.assert_equal_sides(20)
        self.assert_settled()

    def test_brake_google(self):
        "Too many deletions in Tryton stop the run, with the count"
        self.fill(20)
        self.delete(*self.search(EVENT, 'id')[:12])
        self.requests()
        self.assertFalse(self.run_once())
        self.assertEqual(self.writes(), [])
        self.assertIn("12 of 20", self.read(
                CALENDAR, self.calendar, 'last_error'))
        self.click(CALENDAR, self.calendar, 'allow_deletions')
        self.synchronize()
        self.assert_equal_sides(8)

    def test_brake_google_refuse(self):
        "What is kept comes back to Tryton"
        self.fill(20)
        dump = self.google.dump(ALICE)
        self.delete(*self.search(EVENT, 'id')[:12])
        self.assertFalse(self.run_once())
        self.click(CALENDAR, self.calendar, 'refuse_deletions')
        self.synchronize()
        self.assertEqual(self.google.dump(ALICE), dump)
        self.assert_equal_sides(20)
        self.assert_settled()

    def test_brake_number(self):
        "The limit is a number too"
        self.set_service(deletion_limit=2, deletion_share=100)
        google_ids = self.fill(6)
        for google_id in google_ids[:3]:
            self.google.delete_event(ALICE, google_id)
        self.assertFalse(self.run_once())
        self.set_service(deletion_limit=3)
        self.synchronize()
        self.assert_equal_sides(3)

    def test_vanished(self):
        "A service that vanished fails and deletes nothing"
        calendar_id = self.google.create_calendar(ALICE, "Work")['id']
        _, work = self.discover(self.credentials)
        with database() as pool:
            pool.get(EVENT).create([{
                        'calendar': work,
                        'summary': "Here",
                        'all_day': True,
                        'start_date': dt.date(2026, 12, 1),
                        'end_date': dt.date(2026, 12, 1)}])
        self.synchronize(work)
        dump = self.google.dump(ALICE)
        id = self.find("Here", work)
        for policy in POLICIES:
            for direction in ['both', 'to_google']:
                for state in ['synchronized', 'to_push', 'pushing']:
                    with self.subTest(
                            policy=policy, direction=direction, state=state):
                        self.set_service(
                            work, conflict_policy=policy, direction=direction)
                        if state != 'synchronized':
                            self.write(id, location=f"{policy} {direction}")
                        self.update(EVENT, id, google_state=state)
                        fault = {
                            'status': 404, 'reason': 'notFound',
                            'path': calendar_id.partition('@')[0],
                            'times': None}
                        self.google.add_fault('status', **fault)
                        for _ in range(2):
                            done = self.run_once(work)
                            self.assertEqual(done, (
                                    direction, state) == (
                                        'to_google', 'synchronized'))
                        self.google.clear_faults()
                        self.assertTrue(self.exists(id))
                        self.assertEqual(self.conflicts('unit'), [])
                        self.synchronize(work)
                        self.assertTrue(self.exists(id))
                        self.assertEqual(
                            self.local(work),
                            self.remote(calendar_id))
        self.assertEqual(len(self.google.dump(ALICE)), len(dump))

    def test_read_only_before_push(self):
        "What may not be written any more waits until it may again"
        calendar_id = self.google.create_calendar(BOB, "Work")['id']
        self.google.share_calendar(calendar_id, ALICE, 'writer')
        for name in "ab":
            self.google.insert_event(BOB, timed(name), calendar_id)
        _, work = self.discover(self.credentials)
        self.synchronize(work)
        self.write(self.find("a", work), location="Here")
        self.delete(self.find("b", work))
        self.create("c", calendar=work)

        def take_away(*args):
            self.google.share_calendar(calendar_id, ALICE, 'reader')
        with self.hook('push', take_away):
            self.assertFalse(self.run_once(work))
        self.assertIn("may not", self.read(CALENDAR, work, 'last_error'))
        for _ in range(8):
            self.synchronize(work)
        self.assertIn("3 changes wait", self.read(
                CALENDAR, work, 'last_error'))
        self.assertEqual(self.errors(), [])
        self.google.share_calendar(calendar_id, ALICE, 'writer')
        self.synchronize(work)
        remote = self.remote(calendar_id, BOB)
        self.assertEqual(
            sorted(e[:3:2] for e in remote.values()),
            [("a", "Here"), ("c", None)])
        self.assertEqual(self.local(work), remote)

    def test_vanished_before_push(self):
        "Nor if it vanishes in the middle of a run"
        calendar_id = self.google.create_calendar(BOB, "Work")['id']
        self.google.share_calendar(calendar_id, ALICE, 'writer')
        google_ids = [
            self.google.insert_event(BOB, timed(n), calendar_id)['id']
            for n in "ab"]
        _, work = self.discover(self.credentials)
        self.synchronize(work)
        a, b = [self.find(n, work) for n in "ab"]
        for policy in POLICIES:
            with self.subTest(policy=policy):
                self.set_service(work, conflict_policy=policy)
                self.write(a, location=policy)
                if policy == 'google':
                    self.delete(b)

                def vanish(*args):
                    self.google.share_calendar(calendar_id, ALICE, 'none')
                with self.hook('push', vanish):
                    self.assertFalse(self.run_once(work))
                self.assertTrue(self.exists(a))
                self.assertEqual(self.conflicts('unit'), [])
                self.google.share_calendar(calendar_id, ALICE, 'writer')
                self.synchronize(work)
                self.assertEqual(
                    self.remote(calendar_id, BOB)[google_ids[0]][2], policy)
                self.assertEqual(
                    self.local(work), self.remote(calendar_id, BOB))


del GoogleCalendarTestCase
