# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"A process that is killed at any instant leaves nothing that is not repaired"
import unittest

from tests.robustness import content, work
from tests.robustness.laboratory import Laboratory
from tests.robustness.meter import die
from tests.robustness.processes import Process

LANES = 2


def setUpModule():
    global laboratory
    laboratory = Laboratory(LANES)
    laboratory.__enter__()
    unittest.addModuleCleanup(laboratory.__exit__)
    laboratory.prepare(work.fill)
    laboratory.prepare(work.change)


def begin(site, expire, page):
    "The work to do, with a token that has to be refreshed"
    site.admin.expire_access_tokens()
    site.sql(
        "UPDATE google_integration_google_credentials "
        "SET token_expiry = '2020-01-01 00:00:00'")
    if expire:
        site.admin.expire_sync_tokens()
    site.admin.options(max_page=page)
    site.admin.clear_log()


def measure(site, *setting):
    "Return the numbers of requests and commits of a whole synchronisation"
    begin(site, *setting)
    commits = Process(work.synchronize, site).result()
    requests = site.admin.counters()['requests']
    check(site)
    return requests, commits


def at_request(site, k, when, *setting):
    begin(site, *setting)
    process = Process(work.synchronize, site)
    site.admin.kill_at(process.pid, k, when=when)
    if not process.killed():
        raise AssertionError("it was not killed")
    repair(site)


def at_commit(site, k, when, *setting):
    def kill(number, moment):
        if (number, moment) == (k, when):
            die()

    begin(site, *setting)
    if not Process(work.synchronize, site, kill).killed():
        raise AssertionError("it was not killed")
    repair(site)


def repair(site):
    "Another process takes over where the dead one stopped"
    site.end_leases()
    Process(work.synchronize, site).result()
    check(site)


def check(site):
    events = content.assert_equal(site)
    found = work.found(events)
    if found != work.EXPECTED:
        raise AssertionError(
            f"{found.items() ^ work.EXPECTED.items()} is wrong")
    # what did not stand was kept, once
    conflicts = sorted(
        (row['unit'], row['stood'] or '')
        for row in site.rows('google_integration_conflict'))
    if conflicts != [('summary', 'google')]:
        raise AssertionError(f"conflicts: {conflicts}")
    content.assert_quiet(site)


class CrashTestCase(unittest.TestCase):
    "Killed at every request and commit of a synchronisation"

    def every(self, func, count, *setting):
        # what is there before one is what was there after the one before it,
        # be it a request or a commit
        trials = [(1, 'before')] + [
            (k, 'after') for k in range(1, count + 1)]
        for start in range(0, len(trials), LANES):
            processes = []
            for lane, (k, when) in enumerate(trials[start:start + LANES]):
                process = laboratory.trial(
                    func, k, when, *setting, lane=lane)
                processes.append((k, when, process.start()))
            for k, when, process in processes:
                with self.subTest(func.__name__, k=k, when=when):
                    process.result()

    def synchronisation(self, *setting):
        requests, commits = laboratory.trial(measure, *setting).result()
        # a token, pages, chunks: or it would not be worth it
        self.assertGreaterEqual(requests, 8)
        self.assertGreater(commits, 12)
        self.every(at_request, requests, *setting)
        self.every(at_commit, commits, *setting)

    def test_changes(self):
        "Killed while changes are received and sent"
        self.synchronisation(False, work.PAGE)

    def test_full_listing(self):
        "Killed while everything is listed again, as the cursor has expired"
        self.synchronisation(True, work.PAGE)
