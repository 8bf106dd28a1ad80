# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a reset does on both sides, and what a crash leaves of it."""
import datetime as dt
from unittest.mock import patch

from trytond.exceptions import UserError
from trytond.model.exceptions import AccessError
from trytond.modules.google_calendar import resetting
from trytond.modules.google_calendar.exceptions import CalendarResetError
from trytond.modules.google_calendar.reset_plan import EXISTING, NEXT
from trytond.modules.google_integration.lease import Lease
from trytond.transaction import Transaction

from .tools import (
    ACCESS, ALICE, BOB, CALENDAR, CREDENTIALS, EVENT, HOUR, MORNING,
    GoogleCalendarTestCase, database, timed)

DAY = dt.timedelta(days=1)
GUESTS = [{'email': BOB}, {'email': 'carol@example.com'}]


class Crash(BaseException):
    "The process is killed"


class GoogleResetTestCase(GoogleCalendarTestCase):
    "Test that a reset does what was chosen, once and whole"

    def fill(self):
        """Some events of all sorts.

        Own on both sides, with guests; a series with an occurrence that was
        moved; a meeting of Bob; one only here, one only there; one changed
        here, one deleted here.
        """
        self.google.insert_events(ALICE, [
                timed("Own", attendees=GUESTS),
                timed("Series", recurrence=['RRULE:FREQ=DAILY;COUNT=3']),
                timed("Changed"), timed("Deleted")])
        series = next(
            i for i, e in self.remote().items() if e[0] == "Series")
        moved = self.google.act(
            ALICE, 'calendar.events.instances', calendarId='primary',
            eventId=series)['items'][1]
        self.google.patch_event(ALICE, moved['id'], {'location': "Moved"})
        self.google.insert_event(
            BOB, timed("Bob's", attendees=[{'email': ALICE}]))
        self.synchronize()
        self.assert_equal_sides(6)
        self.create("Here", MORNING + DAY)
        self.write(self.find("Changed"), location="Changed")
        self.delete(self.find("Deleted"))
        self.google.insert_event(ALICE, timed("There"))
        self.google.mails(clear=True)
        self.google.clear_log()

    def reset(self, existing, next_, model=CALENDAR, id=None, user=None,
            **start):
        "Go through the wizard and return the counts that it showed"
        id = id or self.calendar
        context = {
            **ACCESS, 'active_model': model, 'active_id': id,
            'active_ids': [id]}
        with database(user or self.jane, context=context) as pool:
            Reset = pool.get('google_calendar.reset', type='wizard')
            session, state, end = Reset.create()
            view = Reset.execute(session, {}, state)['view']
            values = {
                **view['defaults'], 'existing': existing, 'next': next_,
                **start}
            confirm = Reset.execute(
                session, {'start': values}, 'confirm')['view']['defaults']
            result = Reset.execute(
                session, {'start': values, 'confirm': confirm}, 'reset')
            if result:
                # asked again
                confirm = result['view']['defaults']
            else:
                Reset.delete(session)
            return confirm

    def summaries(self, side):
        return sorted(
            'cancelled' if v == 'cancelled' else v[0] for v in side.values())

    def here(self):
        return sorted(s for s in self.search(EVENT, 'summary'))

    def there(self):
        return self.summaries(self.remote())

    def occurrences(self, summary):
        return len(self.search('google_calendar.occurrence', 'id', domain=[
                    ('stored_event.summary', '=', summary)]))

    def bob(self):
        return [
            e[0] for e in self.remote(BOB, BOB).values()
            if e != 'cancelled']

    # The choices

    BOTH = ["Bob's", "Changed", "Own", "Series", "Series"]

    def check(self, existing, next_, counts, here, there):
        self.fill()
        shown = self.reset(existing, next_)
        self.assertEqual(
            {n: shown[n] for n in [
                    'google', 'tryton', 'declined', 'lost', 'fresh',
                    'relink', 'send', 'apart'] if shown[n]}, counts)
        self.assertEqual(self.writes(), [])
        self.synchronize()
        # what was listed before its series was deleted
        self.synchronize()
        self.assertEqual(self.here(), sorted(here))
        self.assertEqual(self.there(), sorted(there))
        self.assertEqual(self.google.mails(), [])
        self.assertEqual(self.errors(), [])
        self.assertIn("Bob's", self.bob())
        self.assert_settled()

    def test_leave_new(self):
        "Everything stays where it is"
        self.check(
            'leave', 'new', {'apart': 6},
            [*self.BOTH, "Here"],
            [*self.BOTH, "Deleted", "There"])
        id = self.find("Changed")
        self.assertEqual(self.event(id, 'google_state'), 'apart')

    def test_leave_all(self):
        "Both sides have everything, once"
        everything = [*self.BOTH, "Here", "Deleted", "There"]
        self.check(
            'leave', 'all', {'relink': 5, 'send': 1}, everything, everything)
        self.assert_equal_sides(8)

    def test_google_new(self):
        "What is deleted from Google stays in Tryton, and only there"
        self.check(
            'delete_google', 'new',
            {'google': 3, 'declined': 1, 'fresh': 4, 'apart': 6},
            [*self.BOTH, "Here"], ["Bob's", "There"])

    def test_google_all(self):
        "It is created at Google again, as it is in Tryton"
        self.fill()
        before = self.remote()
        shown = self.reset('delete_google', 'all')
        self.assertEqual(
            (shown['google'], shown['send'], shown['relink']), (3, 5, 1))
        self.synchronize()
        self.synchronize()
        everything = [*self.BOTH, "Here", "There"]
        self.assertEqual(self.there(), sorted(everything))
        self.assertEqual(self.here(), sorted(everything))
        after = self.remote()
        kept = {after[i][0] for i in before.keys() & after.keys()}
        self.assertEqual(kept, {"Bob's", "There"})
        self.assert_equal_sides(7)
        occurrence, = [
            e for e in after.values() if e[2] == "Moved"]
        self.assertEqual(occurrence[0], "Series")
        self.assertEqual(self.occurrences("Series"), 3)
        self.assertEqual(self.google.mails(), [])
        self.assert_settled()

    def test_tryton_new(self):
        "What is deleted from Tryton does not come back"
        self.check(
            'delete_tryton', 'new', {'tryton': 5, 'lost': 1, 'apart': 1},
            ["Here"], [*self.BOTH, "Deleted", "There"])

    def test_tryton_all(self):
        "What is deleted from Tryton comes back as it is at Google"
        everything = [*self.BOTH, "Here", "Deleted", "There"]
        self.check(
            'delete_tryton', 'all', {'tryton': 5, 'lost': 1, 'send': 1},
            everything, everything)
        self.assert_equal_sides(8)
        self.assertIsNone(self.event(self.find("Changed"), 'location'))

    def test_both_new(self):
        self.check(
            'delete_both', 'new', {
                'google': 3, 'tryton': 5, 'lost': 1, 'declined': 1,
                'apart': 1},
            ["Here"], ["Bob's", "There"])

    def test_both_all(self):
        self.check(
            'delete_both', 'all', {
                'google': 3, 'tryton': 5, 'lost': 1, 'declined': 1,
                'send': 1},
            ["Bob's", "Here", "There"], ["Bob's", "Here", "There"])

    # Afterwards

    def test_apart_changed_here(self):
        "What is left apart is synchronised when it is changed in Tryton"
        self.fill()
        self.reset('leave', 'new')
        self.synchronize()
        self.write(self.find("Here"), location="Here")
        self.write(self.find("Own"), location="Here")
        self.synchronize()
        remote = {e[0]: e[2] for e in self.remote().values()}
        self.assertEqual(
            (remote["Here"], remote["Own"], remote["Changed"]),
            ("Here", "Here", None))

    def test_apart_changed_there(self):
        "Or when it is changed at Google"
        self.fill()
        self.reset('leave', 'new')
        self.synchronize()
        for google_id, event in self.remote().items():
            if event[0] in {"There", "Own"}:
                self.google.patch_event(
                    ALICE, google_id, {'location': "There"})
        self.synchronize()
        self.assertEqual(
            self.event(self.find("There"), 'location'), "There")
        self.assertEqual(
            self.event(self.find("Own"), 'location', 'google_state'),
            ["There", 'synchronized'])
        self.assertNotIn("Deleted", self.here())

    def test_apart_expired(self):
        "When everything is listed again the old stays apart"
        self.fill()
        self.reset('delete_tryton', 'new')
        self.synchronize()
        self.google.insert_event(ALICE, timed("New"))
        self.google.expire_sync_tokens()
        self.synchronize()
        self.assertEqual(self.here(), ["Here", "New"])
        self.google.expire_sync_tokens()
        self.synchronize()
        self.assertEqual(self.here(), ["Here", "New"])

    def test_apart_series(self):
        "A series that was left apart is sent with its occurrences"
        self.fill()
        self.reset('delete_google', 'new')
        self.synchronize()
        series, = self.search(EVENT, 'id', domain=[
                ('recurrence', '!=', None)])
        self.write(series, description="Changed")
        self.synchronize()
        self.assertEqual(
            self.there(), ["Bob's", "Series", "Series", "There"])
        self.assertEqual(self.occurrences("Series"), 3)
        self.assertEqual(
            [e[2] for e in self.remote().values()
                if e[0] == "Series"].count("Moved"), 1)

    def test_all_after_new(self):
        "What was left apart is synchronised again"
        self.fill()
        self.reset('leave', 'new')
        self.synchronize()
        self.reset('leave', 'all')
        self.synchronize()
        self.assert_equal_sides(8)
        self.assertIsNone(self.read(CALENDAR, self.calendar, 'since'))
        self.assert_settled()

    def test_disabled(self):
        "Nothing happens at Google before the calendar is synchronised"
        self.fill()
        self.set_service(enabled=False)
        shown = self.reset('delete_both', 'all')
        self.assertIn("Not enabled", shown['note'])
        self.assertEqual(self.requests(), [])
        self.assertFalse(self.read(CALENDAR, self.calendar, 'enabled'))
        self.set_service(enabled=True)
        self.synchronize()
        self.assertEqual(self.there(), ["Bob's", "Here", "There"])

    def test_conflicts(self):
        "What was to be decided is compared anew"
        self.set_service(conflict_policy='manual')
        self.google.insert_events(ALICE, [timed("a")])
        self.synchronize()
        id = self.find("a")
        google_id, = self.remote()
        self.write(id, location="Here")
        self.google.patch_event(ALICE, google_id, {'location': "There"})
        self.synchronize()
        self.assertEqual(self.event(id, 'google_state'), 'conflict')
        self.set_service(conflict_policy='tryton')
        self.reset('leave', 'all')
        self.assertEqual(self.conflicts('state'), [])
        self.synchronize()
        self.assertEqual(self.remote()[google_id][2], "Here")
        self.assert_equal_sides(1)

    # The brake

    def test_brake(self):
        "What was confirmed is deleted, and no more"
        self.google.insert_events(
            ALICE, [timed(f"Event {i}") for i in range(20)])
        self.synchronize()
        self.reset('delete_google', 'new')
        self.assertEqual(self.read(
                CALENDAR, self.calendar, 'deletions_allowed'), 20)
        self.synchronize()
        self.assertEqual(self.remote(), {})
        self.assertIsNone(self.read(
                CALENDAR, self.calendar, 'deletions_allowed'))

    def test_brake_more(self):
        "What somebody deletes besides stops the run as ever"
        self.google.insert_events(
            ALICE, [timed(f"Event {i}") for i in range(30)])
        self.synchronize()
        ids = self.search(EVENT, 'id')
        self.set_service(enabled=False)
        self.reset('delete_both', 'new')
        self.google.insert_events(ALICE, [timed("New")])
        self.set_service(enabled=True)
        with self.hook('list_changes', lambda *args: self.bury(ids)):
            self.assertFalse(self.run_once())
        self.assertIn(
            "31 of", self.read(CALENDAR, self.calendar, 'last_error'))
        self.assertEqual(len(self.remote()), 31)

    def test_brake_occurrences(self):
        "What goes with a series needs no other confirmation"
        self.set_service(deletion_limit=2, deletion_share=1)
        series = self.google.insert_event(ALICE, timed(
                "Series", recurrence=['RRULE:FREQ=DAILY;COUNT=20']))
        for instance in self.google.act(
                ALICE, 'calendar.events.instances', calendarId='primary',
                eventId=series['id'])['items'][:12]:
            self.google.patch_event(
                ALICE, instance['id'], {'location': "Moved"})
        self.synchronize()
        self.assertEqual(len(self.here()), 13)
        for existing, count in [('delete_google', 13), ('delete_both', 0)]:
            with self.subTest(existing=existing):
                self.assertEqual(self.reset(existing, 'all')['google'], 1)
                self.synchronize()
                self.synchronize()
                self.assert_equal_sides(count)
        self.assertEqual(self.google.mails(), [])

    def bury(self, ids):
        "Somebody deletes another event meanwhile"
        with self.meanwhile(0) as pool:
            Tombstone = pool.get('google_integration.tombstone')
            Tombstone.create([{
                        'credentials': self.credentials,
                        'service': f'{CALENDAR},{self.calendar}',
                        'model': EVENT,
                        'google_id': 'another',
                        'buried_at': MORNING,
                        'state': 'to_delete',
                        'attempts': 0,
                        }])

    # What comes between

    def test_changed_meanwhile(self):
        "What was not shown is asked again"
        self.fill()
        counts = resetting.counts

        def count(plans):
            "An event is created after the numbers are shown"
            result = counts(plans)
            if Transaction().user == self.jane and not self.created:
                self.created = True
                with self.meanwhile() as pool:
                    pool.get(EVENT).create([{
                                'calendar': self.calendar,
                                'summary': "Meanwhile",
                                'start': MORNING,
                                'end': MORNING + HOUR}])
            return result
        self.created = False
        before = self.search(EVENT, 'id', 'google_state')
        with patch(
                'trytond.modules.google_calendar.reset.counts', count):
            shown = self.reset('delete_both', 'all')
        self.assertIn("changed meanwhile", shown['note'])
        self.assertEqual(shown['send'], 2)
        after = self.search(EVENT, 'id', 'google_state')
        self.assertEqual(after[:-1], before)
        # nothing is left that keeps the engine from running
        self.synchronize()

    def test_running(self):
        "A calendar that is being synchronised is not reset"
        self.fill()
        before = self.rows()
        with database() as pool:
            lease = Lease(pool.get(CALENDAR), self.calendar, 600)
            self.assertTrue(lease.take())
        with self.assertRaises(CalendarResetError):
            self.reset('delete_both', 'all')
        self.assertEqual(self.rows(), before)
        with database() as pool:
            lease.release()

    def test_crash(self):
        "A reset is done whole or not at all"
        self.fill()
        before = self.rows()
        Event = self.model(EVENT)
        for name in ['reset_delete', 'reset_fresh', 'google_forget']:
            for existing in EXISTING:
                with self.subTest(at=name, existing=existing):
                    with patch.object(Event, name, side_effect=Crash), \
                            self.assertRaises(Crash):
                        self.reset(existing, 'all')
                    self.assertEqual(self.rows(), before)
        # and the calendar still works
        self.synchronize()
        self.assert_equal_sides(7)

    def test_killed(self):
        "A process that is killed leaves a lease, which ends"
        self.fill()
        before = self.rows()
        with patch.object(
                self.model(EVENT), 'reset_delete', side_effect=Crash), \
                patch.object(
                    resetting, 'release', side_effect=Crash), \
                self.assertRaises(Crash):
            self.reset('delete_both', 'all')
        self.assertEqual(self.rows(), before)
        with self.assertRaises(CalendarResetError):
            self.reset('delete_both', 'all')
        self.update(CALENDAR, self.calendar, lease_until=0)
        self.reset('delete_both', 'all')
        self.synchronize()
        self.assertEqual(self.there(), ["Bob's", "Here", "There"])

    def test_lost_answers(self):
        "What Google has deleted without telling is not deleted twice"
        for existing in ['delete_google', 'delete_both']:
            for next_ in NEXT:
                for action in ['drop_before', 'drop_after']:
                    with self.subTest(
                            existing=existing, next=next_, action=action):
                        self.check_lost_answers(existing, next_, action)

    def check_lost_answers(self, existing, next_, action):
        self.google.insert_events(ALICE, [
                timed(n, attendees=GUESTS) for n in "abc"])
        self.synchronize()
        self.assertEqual(self.here(), ["a", "b", "c"])
        self.google.mails(clear=True)
        self.reset(existing, next_)
        self.google.add_fault(action, method_id='calendar.batch', times=2)
        self.assertFalse(self.run_once())
        self.google.clear_faults()
        self.synchronize()
        both = existing == 'delete_both'
        self.assertEqual(self.here(), [] if both else ["a", "b", "c"])
        self.assertEqual(
            self.there(),
            [] if both or next_ == 'new' else ["a", "b", "c"])
        self.assertEqual(self.google.mails(), [])
        self.assertEqual(self.tombstones(), [])
        self.delete(*self.search(EVENT, 'id'))
        self.synchronize()
        self.assertEqual((self.here(), self.there()), ([], []))

    # Access

    def test_account(self):
        "All the calendars of the account, or those that are chosen"
        work_id = self.google.create_calendar(ALICE, "Work")['id']
        calendar, work = self.discover(self.credentials)
        self.google.insert_event(ALICE, timed("a"))
        self.google.insert_event(ALICE, timed("b"), work_id)
        self.synchronize(calendar)
        self.synchronize(work)
        shown = self.reset(
            'delete_both', 'all', CREDENTIALS, self.credentials,
            calendars=[work])
        self.assertEqual((shown['google'], shown['tryton']), (1, 1))
        self.assertEqual(self.here(), ["a"])
        shown = self.reset(
            'delete_both', 'all', CREDENTIALS, self.credentials)
        self.assertEqual((shown['google'], shown['tryton']), (1, 1))
        self.assertEqual(self.here(), [])
        self.synchronize(calendar)
        self.synchronize(work)
        self.assertEqual(self.remote(), {})
        self.assertEqual(self.remote(work_id), {})

    def test_account_running(self):
        "All or none of the calendars are reset"
        self.google.create_calendar(ALICE, "Work")
        calendar, work = self.discover(self.credentials)
        self.create("a")
        before = self.rows()
        with database() as pool:
            lease = Lease(pool.get(CALENDAR), work, 600)
            self.assertTrue(lease.take())
        with self.assertRaises(CalendarResetError):
            self.reset('leave', 'new', CREDENTIALS, self.credentials)
        self.assertEqual(self.rows(), before)
        self.synchronize(calendar)

    def test_not_chosen(self):
        "The client can not name other calendars"
        other = self.connect(self.john, BOB)
        bobs, = self.discover(other)
        self.create("a")
        shown = self.reset(
            'leave', 'new', CREDENTIALS, self.credentials,
            calendars=[bobs, self.calendar])
        self.assertEqual(shown['apart'], 1)
        self.assertIsNone(self.read(CALENDAR, bobs, 'since'))

    def test_access(self):
        self.fill()
        for user in [self.john, self.stranger]:
            with self.assertRaises(AccessError):
                self.reset('leave', 'new', user=user)
            with self.assertRaises(AccessError):
                self.reset(
                    'leave', 'new', CREDENTIALS, self.credentials, user)
        self.reset('leave', 'new', user=self.ada)

    def test_access_shared(self):
        "Of shared credentials only the administration decides"
        shared = self.connect(None, BOB)
        calendar, = self.discover(shared)
        with self.assertRaises(AccessError):
            self.reset('leave', 'new', id=calendar, user=self.jane)
        self.reset('leave', 'new', id=calendar, user=self.ada)

    def test_read_only(self):
        "What the account may not delete is not promised"
        self.fill()
        before = self.rows()
        for values in [
                {'direction': 'to_tryton'}, {'access_role': 'reader'}]:
            self.set_service(**values)
            before = self.rows()
            for existing in ['delete_google', 'delete_both']:
                with self.assertRaises(UserError) as error:
                    self.reset(existing, 'all')
                self.assertIn("Nothing can be deleted", str(error.exception))
            self.assertEqual(self.rows(), before)
            self.set_service(direction='both', access_role='owner')


del GoogleCalendarTestCase
