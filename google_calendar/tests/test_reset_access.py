# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Who may reset which calendars."""
from trytond.exceptions import UserError
from trytond.model.exceptions import AccessError
from trytond.modules.google_calendar.exceptions import CalendarResetError
from trytond.modules.google_integration.lease import Lease

from .reset_case import ResetTestCase
from .tools import ALICE, BOB, CALENDAR, CREDENTIALS, database, timed


class GoogleResetAccessTestCase(ResetTestCase):
    "Test that users reset what they may"

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


del ResetTestCase
