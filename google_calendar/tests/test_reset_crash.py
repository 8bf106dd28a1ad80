# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a crash, a fault or somebody else leaves of a reset."""
from unittest.mock import patch

from trytond.modules.google_calendar import resetting
from trytond.modules.google_calendar.exceptions import CalendarResetError
from trytond.modules.google_calendar.reset_plan import EXISTING, NEXT
from trytond.modules.google_integration.lease import Lease
from trytond.transaction import Transaction

from .reset_case import GUESTS, ResetTestCase
from .tools import ALICE, CALENDAR, EVENT, HOUR, MORNING, database, timed


class Crash(BaseException):
    "The process is killed"


class GoogleResetCrashTestCase(ResetTestCase):
    "Test that a reset is done once and whole"

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


del ResetTestCase
