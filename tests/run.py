# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Run the tests: ``python -m tests.run [--postgresql] [names]``

Each module of tests runs in a process, a session and a database of its own,
several at a time, in a folder for temporary files that is removed at the end.
The processes are forked from one that has imported what most of them need.
Names choose the modules of tests that contain one of them.
"""
import argparse
import contextlib
import glob
import hashlib
import importlib.metadata
import importlib.util
import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from configparser import ConfigParser
from dataclasses import dataclass, field

from tests import child
from tests.postgresql import postgresql

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CACHE = os.path.join(ROOT, '.cache')
SECONDS = os.path.join(CACHE, 'seconds.json')
PREFIX = 'trytond.modules'
# seconds of a module that hangs, far beyond what the longest takes
TIME_LIMIT = 1200
KEPT_CACHES = 4
# what else many tests activate, by the names of the cache of trytond
TOGETHER = [
    'google_calendar-sale', 'google_calendar-party', 'google_drive-party']
# nothing that reads the name of the database
PRELOAD = [
    'cryptography.fernet', 'genshi.template', 'google.oauth2.credentials',
    'google.oauth2.service_account', 'google_auth_oauthlib.flow',
    'googleapiclient.discovery', 'hypothesis.stateful', 'icalendar',
    'jsonschema', 'lxml.etree', 'nh3', 'proteus', 'requests',
    'tests.emulator.server', 'tests.once', 'trytond.backend', 'trytond.model',
    'trytond.pool', 'trytond.report', 'trytond.wizard', 'trytond.wsgi',
    'unittest.mock']


def main():
    options = parse()
    os.chdir(ROOT)
    modules = read_modules()
    check_installed(modules)
    names = select(find(modules), options.names)
    if options.list:
        print(*names, sep='\n')
        return
    for number in [signal.SIGTERM, signal.SIGHUP]:
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(
                prefix='tests-', ignore_cleanup_errors=True))
        uri = None
        if options.postgresql:
            uri = stack.enter_context(postgresql())
        environment = get_environment(folder, uri)
        environment['TESTS_WARM'] = ' '.join(
            m for m in modules if any(m in n for n in names))
        # what is imported before the processes are forked reads it
        os.environ.clear()
        os.environ.update(environment)
        runner = Runner(
            environment, folder, options.time_limit, options.pattern,
            options.verbose)
        stack.callback(runner.kill)
        activations = []
        if not options.names:
            # each starts from what one before left
            for some in [modules[:1], modules[1:]]:
                runner.run(
                    [f'activate:{m}' for m in some], options.jobs, 'spawn')
            activations = [f'activate:{t}' for t in TOGETHER]
        runner.run([*activations, *in_order(names)], options.jobs)
    save_seconds(runner.results)
    sys.exit(report(runner.results))


def parse():
    parser = argparse.ArgumentParser(
        prog='python -m tests.run', description="Run the tests")
    parser.add_argument('names', nargs='*',
        help="modules of tests, or a part of their names; all by default")
    parser.add_argument('--postgresql', action='store_true',
        help="run them on a PostgreSQL server of their own")
    parser.add_argument('-j', '--jobs', type=int, default=os.cpu_count() or 1,
        help="modules of tests at a time (%(default)s)")
    parser.add_argument('-k', dest='pattern', action='append',
        help="only the tests that match, as unittest's -k")
    parser.add_argument('-l', '--list', action='store_true',
        help="list the modules of tests")
    parser.add_argument('-v', '--verbose', action='store_true',
        help="print the output of those that pass, too")
    parser.add_argument('--time-limit', type=float, default=TIME_LIMIT,
        help="seconds for a module of tests (%(default)s)")
    return parser.parse_args()


def read_modules():
    config = ConfigParser()
    config.read(os.path.join(ROOT, 'tryton.cfg'), encoding='utf-8')
    return config['tryton']['modules'].split()


def check_installed(modules):
    "The tests must not run on the modules of another checkout"
    for module in modules:
        spec = importlib.util.find_spec(f'{PREFIX}.{module}')
        paths = spec.submodule_search_locations if spec else []
        if os.path.join(ROOT, module) not in map(os.path.realpath, paths):
            where = ', '.join(paths) or "nowhere"
            sys.exit(
                f"{module} is installed from {where} and not from {ROOT}: "
                "pip install -e .")


def find(modules):
    for module in modules:
        for path in sorted(glob.glob(f'{module}/tests/test_*.py')):
            yield f'{PREFIX}.' + path[:-3].replace(os.sep, '.')
    for pattern in ['tests/test_*.py', 'tests/*/tests/test_*.py']:
        for path in sorted(glob.glob(pattern)):
            yield path[:-3].replace(os.sep, '.')


def select(names, wanted):
    names = list(names)
    if not wanted:
        return names
    # A path is as good as a name
    wanted = [
        w.removesuffix('.py').strip('./').replace('/', '.') for w in wanted]
    return [n for n in names if any(w in n for w in wanted)]


def get_environment(folder, uri):
    environment = {
        k: v for k, v in os.environ.items()
        if not k.startswith(('TRYTOND_', 'DB_', 'PG'))}
    if environment.pop('PYTHONDONTWRITEBYTECODE', None):
        # hundreds of processes would compile the modules each for itself
        environment['PYTHONPYCACHEPREFIX'] = os.path.join(CACHE, 'pyc')
    temporary = os.path.join(folder, 'tmp')
    os.mkdir(temporary)
    environment.update(
        DB_LOCK=os.path.join(folder, 'lock'),
        OAUTHLIB_INSECURE_TRANSPORT='1',
        PYTHONUNBUFFERED='1',
        TMPDIR=temporary,
        # on SQLite nothing can be rolled back once a transaction has looked
        # for what other processes have changed
        TRYTOND_CACHE__CLEAN_TIMEOUT='86400')
    os.mkdir(environment['DB_LOCK'])
    if uri:
        # Templates in the server: they end with it
        environment.update(
            TRYTOND_DATABASE_URI=uri, DB_CACHE='postgresql://')
    else:
        environment.update(
            TRYTOND_DATABASE_URI='sqlite://', DB_CACHE=get_cache())
    return environment


def get_cache():
    "A folder for activated databases that belongs to the modules as they are"
    digest = hashlib.sha256()
    for distribution in sorted(
            f'{d.name} {d.version}'
            for d in importlib.metadata.distributions()
            if d.name.startswith(('trytond', 'proteus'))):
        digest.update(distribution.encode())
    for module in ['tryton.cfg', *read_modules()]:
        for path in sorted(files_of(os.path.join(ROOT, module))):
            with open(path, 'rb') as fp:
                content = fp.read()
            if matters(path, content):
                digest.update(os.path.relpath(path, ROOT).encode())
                digest.update(hashlib.sha256(content).digest())
    parent = os.path.join(CACHE, 'db')
    folder = os.path.join(parent, digest.hexdigest()[:12])
    os.makedirs(folder, exist_ok=True)
    os.utime(folder)
    for old in sorted(
            glob.glob(os.path.join(parent, '*')),
            key=os.path.getmtime)[:-KEPT_CACHES]:
        shutil.rmtree(old, ignore_errors=True)
    return folder


def files_of(path):
    if os.path.isfile(path):
        yield path
    for root, folders, files in os.walk(path):
        folders[:] = [f for f in folders if f != '__pycache__']
        for name in files:
            if not name.startswith('.') and not name.endswith('~'):
                yield os.path.join(root, name)


def matters(path, content):
    "Tests do not change a database, unless they name what sets it up"
    name = os.path.basename(path)
    return (
        os.path.basename(os.path.dirname(path)) != 'tests'
        or not (name.startswith('test_') or name.endswith('.rst'))
        or bool(re.search(
                rb'activate_modules\(\s*(\[[^\]]*\]|[^\s\[,)]+)\s*,\s*[^\s)]',
                content)))


def in_order(names):
    "The longest first, as they were the last time"
    seconds = load_seconds()
    return sorted(
        names, key=lambda n: (
            -seconds.get(n, 1000), 'scenario' not in n, n))


def load_seconds():
    try:
        with open(SECONDS) as fp:
            return json.load(fp)
    except (OSError, ValueError):
        return {}


def save_seconds(results):
    seconds = load_seconds()
    for result in results:
        seconds[result.name] = round(result.seconds, 1)
    os.makedirs(CACHE, exist_ok=True)
    with open(SECONDS, 'w') as fp:
        json.dump(seconds, fp, indent=2, sort_keys=True)


def report(results):
    failed = [r for r in results if r.failed]
    if failed:
        print("\nfailed:")
        for result in failed:
            print(f"  {result.name}")
    counts = [
        sum(getattr(r, name) for r in results)
        for name in ['passed', 'failed', 'skipped']]
    if not any(counts):
        print("no test ran")
    print("\n{} passed, {} failed, {} skipped".format(*counts), flush=True)
    return 1 if failed or not any(counts) else 0


@dataclass
class Result:
    name: str
    seconds: float = 0
    # of all that it started and waited for
    cpu: float = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    note: str = ''

    def __str__(self):
        status = 'FAILED' if self.failed else 'ok'
        if self.name.startswith('activate:'):
            text = f'{status:6} {self.name:68}{self.seconds:13.1f} s'
        else:
            count = self.passed + self.failed + self.skipped
            text = (
                f'{status:6} {self.name:68}{count:5}{self.seconds:8.1f} s')
        text += f'{self.cpu:8.1f} s of CPU'
        notes = [f'{self.skipped} skipped'] if self.skipped else []
        if self.note:
            notes.append(self.note)
        return text + (f'  ({", ".join(notes)})' if notes else '')


@dataclass
class Job:
    name: str
    process: multiprocessing.process.BaseProcess
    report: str
    output: str
    start: float = field(default_factory=time.monotonic)


class Runner:

    def __init__(self, environment, folder, time_limit, pattern, verbose):
        self.environment = environment
        self.folder = folder
        self.time_limit = time_limit
        self.pattern = pattern or []
        self.verbose = verbose
        self.jobs = []
        self.results = []
        self.count = 0
        preload = list(PRELOAD)
        if environment['TRYTOND_DATABASE_URI'].startswith('sqlite'):
            # all have a database of the same name
            preload.append('tests.warm')
        multiprocessing.set_forkserver_preload(preload)

    def run(self, names, parallel, method='forkserver'):
        self.context = multiprocessing.get_context(method)
        names = list(names)
        while names or self.jobs:
            while names and len(self.jobs) < max(parallel, 1):
                self.jobs.append(self.start(names.pop(0)))
            time.sleep(.02)
            for job in list(self.jobs):
                over = time.monotonic() - job.start > self.time_limit
                if not job.process.is_alive() or over:
                    self.end(job)
                    self.jobs.remove(job)

    def start(self, name):
        self.count += 1
        base = os.path.join(self.folder, str(self.count))
        environment = self.environment.copy()
        environment['TRYTOND_DATABASE__PATH'] = base + '.files'
        os.mkdir(environment['TRYTOND_DATABASE__PATH'])
        if environment['TRYTOND_DATABASE_URI'].startswith('postgresql'):
            environment['DB_NAME'] = f'test_{os.getpid()}_{self.count}'
        process = self.context.Process(
            target=child.begin, args=(
                environment, base + '.log', name, base + '.json',
                self.time_limit, *self.pattern))
        process.start()
        return Job(name, process, base + '.json', base + '.log')

    def end(self, job):
        result = Result(job.name, time.monotonic() - job.start)
        if job.process.is_alive():
            result.note = f"stopped after {self.time_limit:.0f} s"
        elif left := members(job.process.pid, grace=.5):
            result.note = "left behind: " + ', '.join(left)
        kill_session(job.process.pid)
        job.process.join()
        try:
            with open(job.report) as fp:
                counts = json.load(fp)
        except (OSError, ValueError):
            counts = {}
        result.cpu = counts.pop('cpu', 0)
        result.passed = counts.get('passed', 0)
        result.failed = counts.get('failed', 0)
        result.skipped = counts.get('skipped', 0)
        if job.process.exitcode and not result.failed:
            result.failed = 1
            result.note = result.note or (
                f"exit code {job.process.exitcode}")
        elif not any(counts.values()) and not job.name.startswith('activate:'):
            if not self.pattern:
                result.failed = 1
                result.note = "no test in it"
        self.results.append(result)
        print(result, flush=True)
        if result.failed or self.verbose:
            with open(job.output, errors='replace') as fp:
                print(fp.read().rstrip(), end='\n\n', flush=True)

    def kill(self):
        for job in self.jobs:
            kill_session(job.process.pid)
            job.process.join()


def session_processes(session):
    "The processes of a session that still run, with their names"
    for path in glob.glob('/proc/[0-9]*/stat'):
        try:
            with open(path, errors='replace') as fp:
                pid, _, rest = fp.read().partition(' (')
        except OSError:
            continue
        name, _, rest = rest.rpartition(') ')
        status, parent, group, of_session, *_ = rest.split()
        if int(of_session) == session and status not in 'ZX':
            yield int(pid), name


def members(session, grace=0):
    end = time.monotonic() + grace
    while True:
        names = [
            name for pid, name in session_processes(session)
            if pid != session]
        if not names or time.monotonic() >= end:
            return names
        time.sleep(.05)


def kill_session(session):
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(session, signal.SIGKILL)
    # Those that made a process group of their own
    for _ in range(3):
        for pid, _ in list(session_processes(session)):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


if __name__ == '__main__':
    main()
