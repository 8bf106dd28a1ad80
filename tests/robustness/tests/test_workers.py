# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Several workers, one run of a service at a time"
import unittest
from unittest.mock import patch

from tests.robustness import content, work
from tests.robustness.laboratory import Laboratory, Site, trial
from tests.robustness.processes import listen, tell
from trytond import backend
from trytond.pool import Pool
from trytond.transaction import Transaction
from trytond.worker import run_task

LISTING = 'calendar.events.list'
BATCH = 'calendar.batch'


def setUpModule():
    global laboratory
    laboratory = Laboratory()
    laboratory.__enter__()
    unittest.addModuleCleanup(laboratory.__exit__)
    laboratory.prepare(work.fill)
    laboratory.prepare(work.change)


def synchronize(site):
    work.shrink()
    return Site.synchronize(site)


def make_due(site):
    site.sql(
        "UPDATE google_calendar_calendar "
        "SET next_sync = NULL, queued_at = NULL")
    site.admin.clear_log()


def listings(site):
    return len(site.admin.log(id=LISTING))


def queue_due(site):
    "What the cron does, with a stop between looking and queueing"
    with site.transaction() as transaction:
        pool = Pool()
        Calendar = pool.get('google_calendar.calendar')
        Synchronization = pool.get('google_integration.synchronization')
        enqueue = Calendar.enqueue.__func__

        def stop(cls, services, *args, **kwargs):
            tell(len(list(services)))
            listen()
            return enqueue(cls, services, *args, **kwargs)

        with patch.object(Calendar, 'enqueue', classmethod(stop)):
            while True:
                try:
                    Synchronization.synchronize_due()
                    transaction.commit()
                    break
                except backend.DatabaseOperationalError:
                    transaction.rollback()
    return run_tasks(site)


def run_tasks(site):
    count = 0
    while Transaction().tasks:
        run_task(site.name, Transaction().tasks.pop())
        count += 1
    return count


def cron(site):
    "The whole cron of trytond"
    with site.transaction():
        Cron = Pool().get('ir.cron')
    tell('ready')
    listen()
    Cron.run(site.name)
    run_tasks(site)


class WorkersTestCase(unittest.TestCase):
    "Several workers, one run of a service at a time"

    def setUp(self):
        self.laboratory = laboratory

    def pause(self, site, method_id, when='before'):
        "Return a process that is held in a synchronisation, and the hook"
        hook = site.admin.pause_at(1, when=when, method_id=method_id)
        process = site.process(synchronize).start()
        self.assertTrue(site.admin.wait_hook(hook))
        return process, hook

    def check(self, site):
        self.assertEqual(
            work.found(content.assert_equal(site)), work.EXPECTED)
        self.assertEqual(
            [c['unit'] for c in site.rows('google_integration_conflict')],
            ['summary'])
        content.assert_idle(site)

    @trial
    def test_one_at_a_time(self, site):
        "The second finds the service leased and does nothing"
        first, hook = self.pause(site, LISTING)
        site.admin.clear_log()
        self.assertFalse(site.call(synchronize))
        self.assertEqual(site.admin.log(), [])
        site.admin.resume(hook)
        self.assertTrue(first.result())
        self.check(site)

    @trial
    def test_together(self, site):
        "All start together"
        processes = [site.process(synchronize) for _ in range(4)]
        for process in processes:
            process.start()
        results = [p.result() for p in processes]
        self.assertIn(True, results)
        self.check(site)

    def taken_over(self, site, method_id, when):
        first, hook = self.pause(site, method_id, when)
        site.end_leases()
        self.assertTrue(site.call(synchronize))
        content.assert_equal(site)
        site.admin.resume(hook)
        self.assertFalse(first.result())
        # what it had sent may arrive late: it changes nothing
        self.assertTrue(site.call(synchronize))
        self.check(site)

    @trial
    def test_taken_over_before_listing(self, site):
        self.taken_over(site, LISTING, 'before')

    @trial
    def test_taken_over_after_listing(self, site):
        self.taken_over(site, LISTING, 'after')

    @trial
    def test_taken_over_before_push(self, site):
        self.taken_over(site, BATCH, 'before')

    @trial
    def test_taken_over_after_push(self, site):
        self.taken_over(site, BATCH, 'after')

    @trial
    def test_not_yet_over(self, site):
        "A lease that is held is renewed by what is written"
        site.sql(
            'UPDATE google_calendar_calendar SET lease_until = NULL, '
            'lease_token = NULL')
        first, hook = self.pause(site, BATCH)
        until, = site.rows('google_calendar_calendar')
        self.assertTrue(until['lease_token'])
        self.assertFalse(site.call(synchronize))
        site.admin.resume(hook)
        self.assertTrue(first.result())
        row, = site.rows('google_calendar_calendar')
        self.assertIsNone(row['lease_token'])
        self.assertIsNone(row['lease_until'])

    @trial
    def test_found_due_twice(self, site):
        "Both crons have found it due: it is queued once"
        make_due(site)
        first = site.process(queue_due).start()
        second = site.process(queue_due).start()
        self.assertEqual(first.told(), 1)
        self.assertEqual(second.told(), 1)
        first.say()
        self.assertEqual(first.result(), 1)
        count = listings(site)
        second.say()
        while True:
            # the database of the second may have to look again
            kind, value = second._receive()
            if kind == 'result':
                break
            self.assertEqual(value, 0)
            second.say()
        self.assertEqual(value, 0)
        self.assertEqual(listings(site), count)

    @trial
    def test_crons(self, site):
        "Two crons run at once"
        self.assertTrue(site.call(synchronize))
        self.assertTrue(site.call(synchronize))
        make_due(site)
        site.sql('UPDATE ir_cron SET active = false')
        site.sql(
            "UPDATE ir_cron SET active = true, next_call = NULL "
            "WHERE method = 'google_integration.synchronization"
            "|synchronize_due'")
        processes = [site.process(cron).start() for _ in range(2)]
        for process in processes:
            self.assertEqual(process.told(), 'ready')
        for process in processes:
            process.say()
        for process in processes:
            process.result()
        self.assertEqual(listings(site), 1)
