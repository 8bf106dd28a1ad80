# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The steps of a random machine, and what goes wrong in them."
import contextlib
import random

from .meter import die
from .processes import Killed, Process

__all__ = ['POLICIES', 'STATUS', 'Steps']

POLICIES = ['newest', 'tryton', 'google', 'manual']
STATUS = [
    (500, 'backendError'), (503, 'backendError'),
    (429, 'rateLimitExceeded'), (403, 'rateLimitExceeded'),
    (403, 'userRateLimitExceeded')]
# the requests, and the commits, of a run that is killed
REQUESTS = 6
COMMITS = 12


class Steps:
    """What all the machines do: run, fail, be killed, be told meanwhile.

    Everything that is chosen comes from the seed of the step.
    """

    # what may be done, and how often
    ACTIONS = {
        'fault': 4,
        'expire': 1,
        'pages': 1,
        'policy': 1,
        'synchronize': 6,
        'kill_at_request': 3,
        'kill_at_commit': 3,
        'change_meanwhile': 4,
        'two_workers': 1,
        }
    # what people do while a synchronisation waits for Google
    MEANWHILE = []
    # the requests at which it waits, and those that fail
    PAUSES = ['.*']
    METHODS = ['.*']
    FAULTS = [
        'status', 'status', 'drop_before', 'drop_after', 'malformed',
        'truncated']
    kills = REQUESTS, COMMITS

    def __init__(self, site):
        self.site = site
        self.admin = site.admin
        self.random = random.Random(0)
        self.count = 0
        self.trace = []
        self.written = {}  # value: who wrote it
        self.seen = set()  # values replaced by who saw them

    def begin(self):
        Process(self.set_up).result()

    def set_up(self):
        "What no trial starts with"

    def step(self, action, seed):
        "Do what is chosen by the seed"
        self.random.seed(seed)
        self.log(f'{action} {seed}')
        with self.explained():
            self.act(action)

    def act(self, action):
        getattr(self, action)()

    def end(self):
        self.log('settle')
        with self.explained():
            self.settle()
            self.check()

    @contextlib.contextmanager
    def explained(self):
        "Tell what led to a failure"
        try:
            yield
        except BaseException as exception:
            raise AssertionError(
                '\n'.join(self.trace)) from exception

    def log(self, text):
        self.trace.append(text)

    # What goes wrong

    def fault(self):
        action = self.random.choice(self.FAULTS)
        values = {
            'action': action,
            'method_id': self.random.choice(self.METHODS),
            'nth': self.random.randint(1, 4),
            'times': self.random.choice([1, 1, 2, 8]),
            }
        if action == 'status':
            values['status'], values['reason'] = self.random.choice(STATUS)
            if values['method_id'] == r'oauth\.token':
                values.update(status=503, reason='internal_failure')
        values.update(self.special_fault(action))
        self.log(f'  {values}')
        self.admin.add_fault(**values)

    def special_fault(self, action):
        "The values of a fault that not every request can have"
        return {}

    def expire(self):
        raise NotImplementedError

    def expire_access(self, known):
        "The token is refused, and known to be over"
        self.admin.expire_access_tokens()
        if known:
            self.site.sql(
                "UPDATE google_integration_google_credentials "
                "SET token_expiry = '2020-01-01 00:00:00'")

    def pages(self):
        self.admin.options(
            max_page=self.random.choice([None, 1, 2, 7]),
            empty_pages=self.random.choice([0, 0, 1, 2]))

    def calm(self):
        "Nothing goes wrong any more"
        self.admin.clear_faults()
        self.admin.options(max_page=None, empty_pages=0)

    # Synchronisations

    def process(self, at_commit=None):
        return Process(self.run, at_commit)

    def run(self, at_commit=None):
        from .meter import Meter
        self.shrink()
        with Meter(at_commit):
            return self.site.synchronize()

    def shrink(self):
        "Let a few items fill pages and chunks"

    def synchronize(self):
        self.log(f'  {self.process().result()}')

    def _killed(self, process):
        try:
            self.log(f'  {process.result()}')
        except Killed:
            self.log('  killed')
            self.site.end_leases()
        self.admin.clear_hooks()

    def kill_at_request(self):
        k = self.random.randint(1, self.kills[0])
        when = self.random.choice(['before', 'after'])
        self.log(f'  {when} {k}')
        process = self.process()
        self.admin.kill_at(process.pid, k, when=when)
        self._killed(process)

    def kill_at_commit(self):
        k = self.random.randint(1, self.kills[1])
        moment = self.random.choice(['before', 'after'])
        self.log(f'  {moment} {k}')

        def kill(number, when):
            if (number, when) == (k, moment):
                die()
        self._killed(self.process(kill))

    def change_meanwhile(self):
        "People go on while a synchronisation waits for Google"
        k = self.random.randint(1, 2)
        when = self.random.choice(['before', 'after'])
        method_id = self.random.choice(self.PAUSES)
        hook = self.admin.pause_at(k, when=when, method_id=method_id)
        process = self.process().start()
        reached = False
        while not reached and not process.ended():
            reached = self.admin.wait_hook(hook, timeout=.05)
        if reached:
            with self.meanwhile():
                for _ in range(self.random.randint(1, 3)):
                    action = self.random.choice(self.MEANWHILE)
                    self.log(f'  {when} {k} {method_id}: {action}')
                    self.act(action)
        self.admin.clear_hooks()
        self.log(f'  {process.result()}')

    @contextlib.contextmanager
    def meanwhile(self):
        "Around what people do while a synchronisation waits"
        yield

    def two_workers(self):
        processes = [self.process().start() for _ in range(2)]
        for process in processes:
            self.log(f'  {process.result()}')

    # The end

    def settle(self):
        raise NotImplementedError

    def check(self):
        raise NotImplementedError
