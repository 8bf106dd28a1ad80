# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Run one module of tests, in the process that tests.run has forked for it."""
import contextlib
import ctypes
import faulthandler
import fcntl
import gc
import hashlib
import json
import multiprocessing
import os
import signal
import sys
import threading
import unittest

import trytond.config as config

PR_SET_PDEATHSIG = 1
# what may be activated already where more is activated, by the names of the
# cache of trytond; all modules depend on the last one
BASES = [
    'google_calendar-sale', 'google_calendar-party', 'google_drive-party',
    'google_calendar', 'google_drive', 'google_gmail', 'google_integration']


def begin(environment, output, *arguments):
    "Have nothing in common with the other processes that were forked"
    os.setsid()
    os.environ.update(environment)
    os.environ.pop('TESTS_WARM', None)
    # it was read before
    config.set('database', 'path', environment['TRYTOND_DATABASE__PATH'])
    # what was forked stays, and what is made is mostly models, which stay too
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    if prefix := environment.get('PYTHONPYCACHEPREFIX'):
        sys.dont_write_bytecode = False
        sys.pycache_prefix = prefix
    with open(os.devnull, 'rb') as empty, open(output, 'wb') as log:
        os.dup2(empty.fileno(), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    main(*arguments)


def main(name, report, time_limit, *patterns):
    end_with_parent()
    faulthandler.enable()
    # Where it hangs is told before it is killed
    faulthandler.dump_traceback_later(max(float(time_limit) - 3, 1))
    if name.startswith('activate:'):
        counts = activate(name.partition(':')[2])
    else:
        counts = run(name, patterns)
    faulthandler.cancel_dump_traceback_later()
    counts['cpu'] = sum(os.times()[:4])
    with open(report, 'w') as fp:
        json.dump(counts, fp)
    sys.stdout.flush()
    sys.stderr.flush()
    # A thread that was forgotten does not hold the others up
    os._exit(1 if counts['failed'] else 0)


def end_with_parent():
    "The process that was forked outlives neither tests.run nor what forked it"
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(target=wait_for_parent, daemon=True).start()


def wait_for_parent():
    multiprocessing.parent_process().join()
    os.killpg(0, signal.SIGKILL)


def activate(names):
    """Fill the cache with a database in which the modules are activated

    The names are separated by hyphens, as those of the cache of trytond.
    """
    from trytond.tests import test_tryton
    share_cache(test_tryton)
    test_tryton.activate_module(names.split('-'))
    test_tryton.drop_db()
    return {'passed': 0, 'failed': 0, 'skipped': 0}


def run(name, patterns):
    loader = unittest.TestLoader()
    if patterns:
        loader.testNamePatterns = [
            p if '*' in p else f'*{p}*' for p in patterns]
    suite = loader.loadTestsFromName(name)
    if test_tryton := sys.modules.get('trytond.tests.test_tryton'):
        share_cache(test_tryton)
    runner = unittest.TextTestRunner(
        resultclass=Result, warnings=None if sys.warnoptions else 'default')
    result = runner.run(suite)
    return result.counts()


class Result(unittest.TextTestResult):
    "Counts a test once, whatever becomes of its parts"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.outcomes = {}

    def _add(self, test, outcome):
        test = getattr(test, 'test_case', test)
        # The test is kept: the next one would get the id of one that is gone
        _, before = self.outcomes.get(id(test), (test, ''))
        if before != 'failed':
            self.outcomes[id(test)] = (test, outcome)

    def startTest(self, test):
        super().startTest(test)
        self._add(test, 'passed')

    def addError(self, test, err):
        super().addError(test, err)
        self._add(test, 'failed')

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._add(test, 'failed')

    def addUnexpectedSuccess(self, test):
        super().addUnexpectedSuccess(test)
        self._add(test, 'failed')

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._add(test, 'failed')

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._add(test, 'skipped')

    def counts(self):
        outcomes = [outcome for _, outcome in self.outcomes.values()]
        return {
            name: outcomes.count(name)
            for name in ['passed', 'failed', 'skipped']}


def share_cache(test_tryton):
    """Let one process at a time fill an entry of the cache of databases

    trytond does not expect two to find the same one missing, nor one to read
    what another is writing.
    """
    folder = os.environ.get('DB_LOCK')
    if not (folder and test_tryton.DB_CACHE):
        return
    from tests import warm
    locks = {}
    restore, backup = (
        test_tryton.restore_db_cache, test_tryton.backup_db_cache)

    def acquire(name):
        if name not in locks:
            digest = hashlib.sha256(name.encode()).hexdigest()
            lock = open(os.path.join(folder, digest), 'w')
            fcntl.flock(lock, fcntl.LOCK_EX)
            locks[name] = lock

    def release(name):
        if lock := locks.pop(name, None):
            lock.close()

    def restore_db_cache(name):
        done = restore_one(name)
        if not done and '--' not in name:
            # what is left to activate is what it lacks
            restore_base(name)
        return done

    def restore_base(name):
        modules = set(name.split('-'))
        for base in BASES:
            if base != name and (
                    base == BASES[-1] or modules.issuperset(base.split('-'))):
                if restore_one(base):
                    break
                release(base)

    def restore_one(name):
        "Restore an entry, or keep it locked until it is filled"
        acquire(name)
        done = False
        try:
            if test_tryton.backend.name == 'sqlite':
                done = restore_sqlite(name)
            else:
                done = restore(name)
        except BaseException:
            release(name)
            raise
        if done:
            release(name)
        return done

    def backup_db_cache(name):
        acquire(name)
        try:
            if test_tryton.backend.name == 'sqlite':
                backup_sqlite(name)
            else:
                backup(name)
        finally:
            release(name)

    def restore_sqlite(name):
        path = test_tryton._db_cache_file(test_tryton.DB_CACHE, name)
        done = test_tryton._sqlite_copy(path, restore=True)
        # what else was set up changes no model
        if done and not warm.use(modules := name.partition('--')[0]):
            test_tryton.Pool(test_tryton.DB_NAME).init()
            warm.keep(modules)
        return done

    def backup_sqlite(name):
        # A copy that was cut short must not be found by the next run
        path = test_tryton._db_cache_file(test_tryton.DB_CACHE, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.exists(path):
            copy = f'{path}.{os.getpid()}'
            test_tryton._sqlite_copy(copy)
            os.replace(copy, path)

    test_tryton.restore_db_cache = restore_db_cache
    test_tryton.backup_db_cache = backup_db_cache
    if tools := sys.modules.get('trytond.tests.tools'):
        tools.restore_db_cache = restore_db_cache
        tools.backup_db_cache = backup_db_cache
