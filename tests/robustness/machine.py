# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Random changes, faults and crashes, and what must hold when all is calm.

Every value that a person writes is unique.  At the end each of them is on
both sides, or was replaced by a person who saw it, or is kept in a conflict.
"""
import contextlib
import datetime as dt
import json
import random

from trytond.pool import Pool

from . import content, work
from .guests import BOB, Guests, assert_invited_once
from .laboratory import USER
from .meter import die
from .processes import Killed, Process
from .recurring import Recurring

__all__ = ['Machine']

EPOCH = dt.datetime(2030, 1, 1)
POLICIES = ['newest', 'tryton', 'google', 'manual']
METHODS = [
    r'calendar\.events\.list', r'calendar\.events\..*', r'calendar\.batch',
    r'calendar\.events\.(insert|patch|delete)', r'oauth\.token', '.*']
STATUS = [
    (500, 'backendError'), (503, 'backendError'),
    (429, 'rateLimitExceeded'), (403, 'rateLimitExceeded'),
    (403, 'userRateLimitExceeded')]
ROUNDS = 20


class Base:

    # what may be done, and how often
    ACTIONS = {
        'create_here': 3,
        'create_there': 3,
        'change_here': 7,
        'change_there': 7,
        'delete_here': 1,
        'delete_there': 1,
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

    def __init__(self, site):
        self.site = site
        self.admin = site.admin
        self.random = random.Random(0)
        self.count = 0
        self.trace = []
        self.written = {}  # value: who wrote it
        self.seen = set()  # values replaced by who saw them
        self.sending = set()

    def begin(self):
        self.admin.add_user(BOB)
        self.set_up()

    def step(self, action, seed):
        "Do what is chosen by the seed"
        self.random.seed(seed)
        self.log(f'{action} {seed}')
        with self.explained():
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

    def set_up(self):
        "The brake is not what is tested"
        with self.site.person():
            Calendar = Pool().get('google_calendar.calendar')
            Calendar.write([Calendar(self.site.calendar)], {
                    'deletion_limit': 10 ** 6,
                    'deletion_share': 100,
                    })

    # What people write

    def value(self, side, name):
        self.count += 1
        if name == 'when':
            moment = EPOCH + dt.timedelta(minutes=self.count)
            value = moment.isoformat(' ')
        else:
            value = f'{name} {self.count}'
        self.written[value] = f'{side} {name}'
        return value

    @staticmethod
    def values(event):
        "The values that a person sees"
        values = {
            n: event[n] for n in ['summary', 'location', 'description']}
        values['when'] = event['when'][0]
        return {n: v for n, v in values.items() if v}

    def see(self, event, names=None):
        "The person replaces what is shown"
        for name, value in self.values(event).items():
            if names is None or name in names:
                self.seen.add(value)

    def choose(self, events):
        "One of the events, rather of those that are being sent"
        events = [e for e in events if e['id'] in self.sending] or events
        events = sorted(
            events, key=lambda e: (
                e['summary'] or '', e['location'] or '', e['when'][0]))
        if events:
            return self.random.choice(events)

    def new(self, side, names=()):
        return {
            name: self.value(side, name)
            for name in ['summary', 'when', *names]}

    def names(self):
        return self.random.sample(
            ['summary', 'location', 'description', 'when'],
            self.random.choice([1, 1, 1, 2]))

    # In Tryton

    def here(self):
        return [
            {'id': id, **values}
            for id, values in content.tryton_by_id(self.site).items()]

    @staticmethod
    def here_values(values):
        values = dict(values)
        if 'when' in values:
            start = dt.datetime.fromisoformat(values.pop('when'))
            values.update(
                start=start, end=start + dt.timedelta(hours=1))
        return values

    def write_here(self, func):
        with self.site.person():
            func(Pool().get('google_calendar.event'))

    def create_here(self):
        values = self.new('tryton')
        self.log(f'  {values}')
        self.write_here(lambda Event: Event.create([{
                        'calendar': self.site.calendar,
                        'time_zone': 'Europe/Paris',
                        **self.here_values(values),
                        }]))

    def change_here(self):
        event = self.choose([e for e in self.here() if e['own']])
        if not event:
            return
        names = self.names()
        self.see(event, names)
        values = {n: self.value('tryton', n) for n in names}
        self.remember(event, values)
        self.log(f"  {event['summary']} {values}")
        self.write_here(lambda Event: Event.write(
                [Event(event['id'])], self.here_values(values)))

    def delete_here(self):
        event = self.choose(self.here())
        if not event:
            return
        self.see(event)
        self.upset_series(event['google_id'])
        self.log(f"  {event['summary']}")
        self.write_here(lambda Event: Event.delete([Event(event['id'])]))

    # At Google

    def there(self):
        return [
            {'id': id, **values}
            for id, values in content.google(self.site).items()]

    @staticmethod
    def there_values(values):
        values = dict(values)
        if 'when' in values:
            start = dt.datetime.fromisoformat(values.pop('when'))
            for name, moment in [
                    ('start', start), ('end', start + dt.timedelta(hours=1))]:
                values[name] = {
                    'dateTime': moment.isoformat() + 'Z',
                    'timeZone': 'Europe/Paris',
                    }
        return values

    def create_there(self):
        values = self.new('google')
        self.log(f'  {values}')
        self.admin.insert_event(USER, self.there_values(values))

    def change_there(self):
        event = self.choose([e for e in self.there() if e['own']])
        if not event:
            return
        names = self.names()
        self.see(event, names)
        values = {n: self.value('google', n) for n in names}
        self.remember(event, values)
        self.log(f"  {event['summary']} {values}")
        self.admin.patch_event(
            USER, event['id'], self.there_values(values), sendUpdates='all')

    def delete_there(self):
        event = self.choose(self.there())
        if not event:
            return
        self.see(event)
        self.upset_series(event['id'])
        self.log(f"  {event['summary']}")
        self.admin.delete_event(USER, event['id'], sendUpdates='all')

    # What goes wrong

    def fault(self):
        action = self.random.choice([
                'status', 'status', 'drop_before', 'drop_after', 'malformed',
                'truncated'])
        values = {
            'method_id': self.random.choice(METHODS),
            'nth': self.random.randint(1, 4),
            'times': self.random.choice([1, 1, 2, 8]),
            }
        if action == 'status':
            values['status'], values['reason'] = self.random.choice(STATUS)
            if values['method_id'] == r'oauth\.token':
                values.update(status=503, reason='internal_failure')
        self.log(f'  {action} {values}')
        self.admin.add_fault(action, **values)

    def expire(self):
        match self.random.choice(['access', 'known', 'sync']):
            case 'access':
                self.admin.expire_access_tokens()
            case 'known':
                self.admin.expire_access_tokens()
                self.site.sql(
                    "UPDATE google_integration_google_credentials "
                    "SET token_expiry = '2020-01-01 00:00:00'")
            case 'sync':
                self.log('  sync tokens')
                self.admin.expire_sync_tokens()

    def pages(self):
        self.admin.options(
            max_page=self.random.choice([None, 1, 2, 7]),
            empty_pages=self.random.choice([0, 0, 1, 2]))

    def policy(self, policy=None):
        policy = policy or self.random.choice(POLICIES)
        self.log(f'  {policy}')
        self.site.sql(
            f"UPDATE google_calendar_calendar "
            f"SET conflict_policy = '{policy}'")

    # Synchronisations

    def process(self, at_commit=None):
        return Process(self.run, at_commit)

    def run(self, at_commit=None):
        from .meter import Meter
        work.shrink()
        with Meter(at_commit):
            return self.site.synchronize()

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
        k = self.random.randint(1, 6)
        when = self.random.choice(['before', 'after'])
        self.log(f'  {when} {k}')
        process = self.process()
        self.admin.kill_at(process.pid, k, when=when)
        self._killed(process)

    def kill_at_commit(self):
        k = self.random.randint(1, 12)
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
        method_id = self.random.choice([r'calendar\.batch', '.*'])
        hook = self.admin.pause_at(k, when=when, method_id=method_id)
        process = self.process().start()
        reached = False
        while not reached and not process.ended():
            reached = self.admin.wait_hook(hook, timeout=.05)
        if reached:
            self.sending = {
                id for row in self.site.rows('google_calendar_event')
                if row['google_state'] == 'pushing'
                for id in [row['id'], row['google_id']]}
            for _ in range(self.random.randint(1, 3)):
                action = self.random.choice([
                        self.change_here, self.change_there,
                        self.change_there, self.change_here,
                        self.delete_here, self.delete_there])
                self.log(f'  {when} {k} {method_id}: {action.__name__}')
                action()
            self.sending = set()
        self.admin.clear_hooks()
        self.log(f'  {process.result()}')

    def two_workers(self):
        processes = [self.process().start() for _ in range(2)]
        for process in processes:
            self.log(f'  {process.result()}')

    # The end

    def settle(self):
        "Nothing goes wrong any more: all must be done soon"
        self.admin.clear_faults()
        self.admin.options(max_page=None, empty_pages=0)
        good = 0
        for _ in range(ROUNDS):
            self.decide()
            self.give_up()
            done = self.process().result()
            good = good + 1 if (
                done and not content.settled(self.site)) else 0
            if good == 2:
                # the first may have ended a listing that was begun before
                return
        raise AssertionError(
            f"not settled after {ROUNDS}: {content.settled(self.site)}")

    def decide(self):
        "Decide the conflicts that ask for it"
        rows = [
            row for row in self.site.rows('google_integration_conflict')
            if row['state'] == 'open']
        if not rows:
            return
        opened = [row['id'] for row in rows]
        names = [
            self.random.choice(['keep_tryton', 'keep_google'])
            for _ in opened]
        events = {e['id']: e for e in self.here()}
        for row, name in zip(rows, names, strict=True):
            id = (row['resource'] or ',0').partition(',')[2]
            event = events.get(int(id))
            if event and name == 'keep_google':
                # what may have been written here since
                self.see(
                    event, None if row['unit'] == 'deletion'
                    else [row['unit']])
        self.log(f'  decide {len(opened)} conflicts')
        with self.site.person():
            Conflict = Pool().get('google_integration.conflict')
            for id, name in zip(opened, names, strict=True):
                getattr(Conflict, name)([Conflict(id)])

    def check(self):
        events = content.assert_equal(self.site)
        found = set()
        for event in events.values():
            values = set(self.values(event).values())
            if found & values and not event['series'] and (
                    not event['recurrence']):
                raise AssertionError(f"{found & values} twice")
            found |= values
        lost = (self.written.keys() - self.seen - found - self.kept()
            - self.upset_values)
        if lost:
            raise AssertionError('lost: ' + ', '.join(
                    f'{v} of {self.written[v]}' for v in sorted(lost)))
        for row in self.site.rows('google_integration_google_credentials'):
            if row['state'] != 'authorized':
                raise AssertionError(f"the account is {row['state']}")
        assert_invited_once(self.admin.mails())
        content.assert_idle(self.site)

    def kept(self):
        "The values that the conflicts keep"
        kept = set()
        for row in self.site.rows('google_integration_conflict'):
            for side in ['tryton_values', 'google_values']:
                values = json.loads(row[side] or '{}')
                for name, value in values.items():
                    if name == 'start' and value:
                        value = dt.datetime(*[
                                value[n] for n in [
                                    'year', 'month', 'day', 'hour',
                                    'minute']]).isoformat(' ')
                    if isinstance(value, str):
                        kept.add(value)
        return kept


class Machine(Guests, Recurring, Base):
    "All that people do, and all that goes wrong"
    ACTIONS = Base.ACTIONS | Recurring.ACTIONS | Guests.ACTIONS
