# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Random changes, faults and crashes, and what must hold when all is calm.

Every value that a person writes is unique.  At the end each of them is on
both sides, or was replaced by a person who saw it, or is kept in a conflict.
"""
import contextlib
import datetime as dt
import json

from trytond.pool import Pool

from . import content, work
from .guests import BOB, Guests, assert_invited_once
from .laboratory import USER
from .recurring import Recurring
from .steps import POLICIES, Steps

__all__ = ['Machine']

EPOCH = dt.datetime(2030, 1, 1)
ROUNDS = 20


class Base(Steps):

    ACTIONS = {
        'create_here': 3,
        'create_there': 3,
        'change_here': 7,
        'change_there': 7,
        'delete_here': 1,
        'delete_there': 1,
        **Steps.ACTIONS}
    MEANWHILE = [
        'change_here', 'change_there', 'change_there', 'change_here',
        'delete_here', 'delete_there']
    PAUSES = [r'calendar\.batch', '.*']
    METHODS = [
        r'calendar\.events\.list', r'calendar\.events\..*',
        r'calendar\.batch', r'calendar\.events\.(insert|patch|delete)',
        r'oauth\.token', '.*']

    def __init__(self, site):
        super().__init__(site)
        self.sending = set()

    def begin(self):
        self.admin.add_user(BOB)
        self.set_up()

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

    def expire(self):
        match self.random.choice(['access', 'known', 'sync']):
            case 'sync':
                self.log('  sync tokens')
                self.admin.expire_sync_tokens()
            case kind:
                self.expire_access(kind == 'known')

    def policy(self, policy=None):
        policy = policy or self.random.choice(POLICIES)
        self.log(f'  {policy}')
        self.site.sql(
            f"UPDATE google_calendar_calendar "
            f"SET conflict_policy = '{policy}'")

    # Synchronisations

    @staticmethod
    def shrink():
        work.shrink()

    @contextlib.contextmanager
    def meanwhile(self):
        self.sending = {
            id for row in self.site.rows('google_calendar_event')
            if row['google_state'] == 'pushing'
            for id in [row['id'], row['google_id']]}
        yield
        self.sending = set()

    # The end

    def settle(self):
        "Nothing goes wrong any more: all must be done soon"
        self.calm()
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
