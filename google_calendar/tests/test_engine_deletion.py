# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Rule 8: what is deleted on one side."""
import datetime as dt
from unittest.mock import patch

from trytond.model.exceptions import ValidationError

from .tools import (
    ALICE, CALENDAR, CREDENTIALS, EVENT, POLICIES, GoogleCalendarTestCase,
    database, timed)

CONFLICT = 'google_integration.conflict'
TOMBSTONE = 'google_integration.tombstone'


class GoogleEngineDeletionTestCase(GoogleCalendarTestCase):
    "Test what becomes of deletions on either side"

    def shared(self, summary="Shared", **values):
        "An event of both sides, by both identifiers"
        id = self.create(summary, **values)
        self.synchronize()
        return id, self.event(id, 'google_id')

    def exists(self, id):
        return id in self.search(EVENT, 'id')

    # Rule 8

    def test_tombstone(self):
        "A deletion is a tombstone until Google has confirmed it"
        id, google_id = self.shared()
        self.delete(id)
        self.assertFalse(self.exists(id))
        self.assertEqual(self.tombstones(), [google_id])
        self.google.add_fault(
            'status', status=503, method_id='calendar.events.delete')
        self.assertFalse(self.run_once())
        self.assertEqual(self.tombstones(), [google_id])
        self.synchronize()
        self.assertEqual(self.tombstones(), [])
        self.assert_equal_sides(0)
        self.assert_settled()

    def test_tombstone_rolled_back(self):
        "The tombstone is of the transaction that deletes"
        id, _ = self.shared()
        with self.user(commit=False) as pool:
            Event = pool.get(EVENT)
            Event.delete([Event(id)])
        self.assertTrue(self.exists(id))
        self.assertEqual(self.tombstones(), [])

    def test_tombstone_lost_answer(self):
        "A lost answer of a deletion is no error"
        id, _ = self.shared()
        self.delete(id)
        self.google.add_fault(
            'drop_after', method_id='calendar.events.delete', times=2)
        self.run_once()
        self.google.clear_faults()
        self.synchronize()
        self.assertEqual((self.tombstones(), self.errors()), ([], []))
        self.assert_equal_sides(0)

    def test_never_sent(self):
        "What was never sent needs no tombstone"
        self.delete(self.create())
        self.assertEqual(self.tombstones(), [])
        self.requests()
        self.synchronize()
        self.assertEqual(self.requests(), ['calendar.events.list'])

    def test_never_confirmed(self):
        "What was perhaps created is deleted, and does not come back"
        for action in ['drop_before', 'drop_after']:
            for minutes in [0, 10]:
                with self.subTest(action=action, minutes=minutes):
                    id = self.create(action)
                    self.google.add_fault(
                        action, method_id='calendar.events.insert', times=2)
                    self.assertFalse(self.run_once())
                    self.google.clear_faults()
                    self.delete(id)
                    stone, = self.search(TOMBSTONE, 'id')
                    buried = self.read(TOMBSTONE, stone, 'buried_at')
                    self.update(
                        TOMBSTONE, stone,
                        buried_at=buried + dt.timedelta(minutes=minutes))
                    self.synchronize()
                    self.assertEqual(self.tombstones(), [])
                    self.assert_equal_sides(0)

    def test_refused(self):
        "A deletion that Google refuses is an error that can be retried"
        id, google_id = self.shared()
        other, _ = self.shared("Other")
        self.delete(id, other)
        self.google.add_fault(
            'status', status=403, reason='forbidden', path=google_id)
        self.synchronize()
        self.assertEqual(self.search(TOMBSTONE, 'google_id', 'state'), [
                (google_id, 'failed')])
        self.assertEqual(self.errors('code', 'google_id'), [
                ('forbidden', google_id)])
        self.assert_settled()
        self.click(CALENDAR, self.calendar, 'retry_failed')
        self.synchronize()
        self.assertEqual((self.tombstones(), self.errors()), ([], []))
        self.assert_equal_sides(0)

    def test_always_failing(self):
        "One that makes Google fail each time does not stop the others"
        id, google_id = self.shared()
        others = [self.shared(str(i))[0] for i in range(8)]
        self.delete(id)
        self.google.add_fault(
            'status', status=500, path=google_id, times=None, method='DELETE')
        for other in others:
            self.delete(other)
            self.run_once()
        self.synchronize()
        self.assertEqual(self.tombstones(), [google_id])
        self.assertEqual(list(self.remote()), [google_id])

    def test_deleted_here_changed_there(self):
        "A change that came after the deletion is not lost"
        for policy in POLICIES:
            for when in ['before', 'while']:
                with self.subTest(policy=policy, when=when):
                    self.set_service(conflict_policy=policy)
                    id, google_id = self.shared(policy + when)
                    self.delete(id)

                    def change(*args):
                        self.google.patch_event(
                            ALICE, google_id, {'location': "There"})
                    if when == 'before':
                        change()
                        self.synchronize()
                    else:
                        with self.hook('push', change):
                            self.synchronize()
                    kept = google_id in self.remote()
                    self.assertEqual(kept, policy != 'tryton')
                    self.assertEqual(self.tombstones(), [])
                    self.assertEqual(self.local(), self.remote())
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_deleted_here_later(self):
        "A change from before the deletion does not bring it back"
        id, google_id = self.shared()
        self.google.patch_event(ALICE, google_id, {'location': "There"})
        self.delete(id)
        stone, = self.search(TOMBSTONE, 'id')
        self.update(
            TOMBSTONE, stone, buried_at=self.read(
                TOMBSTONE, stone, 'buried_at') + dt.timedelta(minutes=5))
        self.synchronize()
        self.assert_equal_sides(0)

    def test_deleted_there(self):
        "What Google has deleted is deleted here, and not sent back"
        id, google_id = self.shared()
        self.google.delete_event(ALICE, google_id)
        self.requests()
        self.synchronize()
        self.assertEqual(self.writes(), [])
        self.assertEqual(self.tombstones(), [])
        self.assert_equal_sides(0)
        self.assertEqual(self.logs('deleted')[-1], 1)

    def test_deleted_both(self):
        id, google_id = self.shared()
        self.google.delete_event(ALICE, google_id)
        self.delete(id)
        self.synchronize()
        self.assertEqual(self.tombstones(), [])
        self.assert_equal_sides(0)
        self.assert_settled()

    def test_deleted_there_changed_here(self):
        "A change that was not sent is kept, as the policy says"
        for policy in POLICIES:
            for when in ['before', 'while']:
                with self.subTest(policy=policy, when=when):
                    self.set_service(conflict_policy=policy)
                    id, google_id = self.shared(policy)
                    self.write(id, location="Here")
                    self.check_deleted_there(policy, when, id, google_id)

    def check_deleted_there(self, policy, when, id, google_id):
        def delete(*args):
            self.google.delete_event(ALICE, google_id)
        if when == 'before':
            delete()
            self.synchronize()
        else:
            with self.hook('push', delete):
                self.synchronize()
            self.synchronize()
        if policy in {'newest', 'tryton'}:
            # it is at Google again, under the same identifier
            self.assertEqual(self.remote()[google_id][2], "Here")
            self.assert_equal_sides()
            self.delete(id)
        elif policy == 'google':
            self.assertFalse(self.exists(id))
            conflict, = self.search(CONFLICT, 'id')
            self.click(CONFLICT, conflict, 'restore')
            self.synchronize()
            event, = self.remote().values()
            self.assertEqual(event[:3:2], ("manual" and policy, "Here"))
            self.assert_equal_sides(1)
            self.delete(self.find(policy))
        else:
            self.assertEqual(self.event(id, 'google_state'), 'conflict')
            conflict, = self.search(
                CONFLICT, 'id', domain=[('state', '=', 'open')])
            self.synchronize()
            self.assertEqual(
                self.read(CONFLICT, conflict, 'unit'), 'deletion')
            self.click(CONFLICT, conflict, {
                    'before': 'keep_tryton',
                    'while': 'keep_google'}[when])
            self.synchronize()
            self.assertEqual(self.exists(id), when == 'before')
            self.assert_equal_sides()
            if when == 'before':
                self.delete(id)
        self.synchronize()
        self.assert_equal_sides(0)
        with database() as pool:
            Conflict = pool.get(CONFLICT)
            Conflict.delete(Conflict.search([]))

    def test_deleted_there_failed_here(self):
        "What could not be sent is not lost either"
        id, google_id = self.shared()
        self.write(id, summary="Refused")
        self.google.add_fault(
            'status', status=400, reason='invalid', path=google_id)
        self.synchronize()
        self.assertEqual(self.event(id, 'google_state'), 'failed')
        self.google.delete_event(ALICE, google_id)
        self.synchronize()
        self.assertEqual(self.event(id, 'summary'), "Refused")

    def test_restored_there(self):
        "What Google brings back comes back"
        id, google_id = self.shared()
        self.google.delete_event(ALICE, google_id)
        self.synchronize()
        self.google.patch_event(ALICE, google_id, {'status': 'confirmed'})
        self.synchronize()
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_restored_while_undecided(self):
        "A deletion that Google took back is not to be decided any more"
        self.set_service(conflict_policy='manual')
        id, google_id = self.shared()
        self.write(id, location="Here")
        self.google.delete_event(ALICE, google_id)
        self.synchronize()
        self.assertEqual(self.conflicts('unit', 'state'), [
                ('deletion', 'open')])
        self.google.patch_event(ALICE, google_id, {'status': 'confirmed'})
        self.synchronize()
        self.assertIn(('deletion', 'settled'), self.conflicts(
                'unit', 'state'))
        self.assertTrue(self.exists(id))
        for conflict in self.search(
                CONFLICT, 'id', domain=[('state', '=', 'open')]):
            self.click(CONFLICT, conflict, 'keep_tryton')
        self.synchronize()
        self.assertEqual(self.remote()[google_id][2], "Here")
        self.assert_equal_sides(1)

    def test_series(self):
        "A series goes with its exceptions"
        google_id = self.google.insert_event(ALICE, timed(
                "Weekly", recurrence=['RRULE:FREQ=WEEKLY;COUNT=5']))['id']
        moved, gone = self.google.act(
            ALICE, 'calendar.events.instances', calendarId='primary',
            eventId=google_id)['items'][1:3]
        self.google.patch_event(ALICE, moved['id'], {'summary': "Moved"})
        self.google.delete_event(ALICE, gone['id'])
        self.synchronize()
        self.assert_equal_sides(3)
        self.assertEqual(
            self.read(
                EVENT, self.find("Moved"), 'recurring_event'),
            self.find("Weekly"))
        self.assert_settled()
        self.delete(self.find("Weekly"))
        self.assertEqual(self.tombstones(), [google_id])
        self.synchronize()
        self.assert_equal_sides(0)
        self.assert_settled()

    def test_series_deleted_there(self):
        google_id = self.google.insert_event(ALICE, timed(
                "Weekly", recurrence=['RRULE:FREQ=WEEKLY;COUNT=5']))['id']
        instance = self.google.act(
            ALICE, 'calendar.events.instances', calendarId='primary',
            eventId=google_id)['items'][1]
        self.google.patch_event(ALICE, instance['id'], {'summary': "Moved"})
        self.synchronize()
        copy = self.copy(self.find("Moved"))
        self.google.delete_event(ALICE, google_id)
        self.synchronize()
        self.assertTrue(self.exists(copy))
        self.assert_equal_sides(1)
        self.assert_settled()

    def copy(self, id):
        with self.user() as pool:
            Event = pool.get(EVENT)
            copy, = Event.copy([Event(id)])
            return copy.id

    def test_exception_deleted_here(self):
        "An occurrence is deleted as such"
        google_id = self.google.insert_event(ALICE, timed(
                "Weekly", recurrence=['RRULE:FREQ=WEEKLY;COUNT=5']))['id']
        instance = self.google.act(
            ALICE, 'calendar.events.instances', calendarId='primary',
            eventId=google_id)['items'][1]
        self.google.patch_event(ALICE, instance['id'], {'summary': "Moved"})
        self.synchronize()
        self.delete(self.find("Moved"))
        self.synchronize()
        self.synchronize()
        self.assertEqual(self.remote()[instance['id']], 'cancelled')
        self.assert_equal_sides(2)
        self.assert_settled()

    def test_refused_here(self):
        "What can not be deleted here is an error and stays"
        id, google_id = self.shared("Bad")
        other, other_id = self.shared("Good")
        for identifier in [google_id, other_id]:
            self.google.delete_event(ALICE, identifier)
        Event = self.model(EVENT)
        delete = Event.delete

        def refuse(events):
            if any(e.id == id for e in events):
                raise ValidationError("It is in use")
            delete(events)
        with patch.object(Event, 'delete', refuse):
            self.synchronize()
        self.assertEqual(
            (self.exists(id), self.exists(other)), (True, False))
        message, = self.errors()
        self.assertIn("It is in use", message)
        self.assertEqual(
            self.event(id, 'google_state', 'google_error'),
            ['failed', message])

    def test_forget_service(self):
        "Deleting or disabling a service deletes nothing at Google"
        self.shared()
        waiting, _ = self.shared("Waiting")
        self.shared("Deleted here")
        self.delete(waiting)
        for what in ['disable', 'stop', 'calendar', 'credentials']:
            with self.subTest(what=what):
                dump = self.google.dump(ALICE, deleted=True)
                self.requests()
                with database() as pool:
                    Calendar = pool.get(CALENDAR)
                    Credentials = pool.get(CREDENTIALS)
                    match what:
                        case 'disable':
                            Calendar.write(
                                Calendar.search([]), {'enabled': False})
                        case 'stop':
                            Credentials.write(
                                Credentials.search([]),
                                {'sync_enabled': False})
                        case 'calendar':
                            Calendar.delete(Calendar.search([]))
                        case 'credentials':
                            Credentials.delete(Credentials.search([]))
                if what in {'disable', 'stop'}:
                    self.synchronize()
                if what == 'calendar':
                    with database() as pool:
                        Credentials = pool.get(CREDENTIALS)
                        Credentials.write(
                            Credentials.search([]), {'sync_enabled': True})
                    self.calendar, = self.discover(self.credentials)
                    self.synchronize()
                    self.assert_equal_sides(3)
                    self.delete(self.find("Deleted here"))
                self.assertEqual(self.writes(), [])
                self.assertEqual(
                    self.google.dump(ALICE, deleted=True), dump)
        for name in [EVENT, TOMBSTONE, CALENDAR]:
            self.assertEqual(self.search(name, 'id'), [])

    def test_to_tryton(self):
        "Where nothing is sent nothing is deleted at Google"
        id, google_id = self.shared()
        self.set_service(direction='to_tryton')
        self.delete(id)
        self.set_service(direction='both')
        self.synchronize()
        self.assertIn(google_id, self.remote())


del GoogleCalendarTestCase
