# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Rule 16: what is to be done is read from the state of the services."""
import datetime as dt

from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.engine import Run
from trytond.modules.google_integration.tests.killed import Killed
from trytond.transaction import Transaction

from .tools import BOB, CALENDAR, GoogleCalendarTestCase, database


class GoogleEngineDueTestCase(GoogleCalendarTestCase):

    def prepare(self):
        super().prepare()
        self.set_service(interval=dt.timedelta(days=1))
        self.click(CALENDAR, self.calendar, 'synchronize')

    def cron(self):
        "Put the tasks of what is due and tell how many"
        with database(1) as pool:
            before = len(pool.get('ir.queue').search([]))
            pool.get(CALENDAR).enqueue_due()
        with database(commit=False) as pool:
            return len(pool.get('ir.queue').search([])) - before

    def work(self):
        "Run the tasks that wait"
        with database() as pool:
            for task in pool.get('ir.queue').search([
                        ('finished_at', '=', None)]):
                task.run()

    def next_sync(self):
        return self.read(CALENDAR, self.calendar, 'next_sync') - utcnow()

    def test_done(self):
        "A run that ended is not done again before its time"
        self.work()
        self.assertGreater(self.next_sync(), dt.timedelta(hours=12))
        self.assertEqual(self.cron(), 0)

    def test_crash(self):
        "A run that was killed is done again once its lease has ended"
        def kill(*args):
            raise Killed
        id = self.create()
        with self.hook('push', after=kill), self.assertRaises(Killed):
            self.work()
        with database() as pool:
            Queue = pool.get('ir.queue')
            Queue.delete(Queue.search([]))
        self.assertEqual(self.cron(), 0)
        self.update(CALENDAR, self.calendar, lease_until=0)
        self.assertEqual(self.cron(), 1)
        # once
        self.assertEqual(self.cron(), 0)
        self.work()
        self.assertEqual(self.event(id, 'google_state'), 'synchronized')
        self.assert_equal_sides(1)
        self.assertEqual(self.cron(), 0)

    def test_asked_while_running(self):
        "What is asked for in the middle of a run is done after it"
        def ask(*args):
            with Transaction().new_transaction():
                self.assertFalse(Run(self.model(CALENDAR), self.calendar)())
        with self.hook('list_changes', after=ask):
            self.work()
        self.assertLess(self.next_sync(), dt.timedelta())
        self.assertEqual(self.cron(), 1)
        self.work()
        self.assertGreater(self.next_sync(), dt.timedelta(hours=12))
        self.assertEqual(self.cron(), 0)

    def test_failure_of_shared(self):
        "Who administrates is told, once, when what is shared fails"
        shared = self.connect(None, BOB)
        calendar, = self.discover(shared)
        self.google.add_fault(
            'status', status=403, reason='forbidden', method_id='.*list',
            times=2)
        for _ in range(2):
            self.assertFalse(self.run_once(calendar))
        users = [
            u.id for u in self.search(
                'res.notification', 'user',
                domain=[('model', '=', CALENDAR)])]
        self.assertIn(self.ada, users)
        self.assertNotIn(self.john, users)
        self.assertEqual(len(users), len(set(users)))


del GoogleCalendarTestCase
