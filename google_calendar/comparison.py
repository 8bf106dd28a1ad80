# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the next synchronisation of a calendar would do, without doing it.

Everything at Google is listed page by page and compared with the records, as
the engine does. Of what was seen only what may still be matched is kept.
"""
from collections import Counter, defaultdict

from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.apply import Apply
from trytond.modules.google_integration.merge import (
    difference, merge, newest)
from trytond.modules.google_integration.operation import Change, ItemError
from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access

from . import record_link
from .matching import Matcher, own_event

__all__ = ['Comparison', 'KINDS']

# what may happen to an event
KINDS = [
    'create_tryton', 'update_tryton', 'delete_tryton', 'create_google',
    'update_google', 'delete_google', 'conflict', 'matched', 'equal',
    'apart', 'unreadable', 'waiting']
CHUNK = 250
LOOK_UP = 50


class Comparison:
    """Compares a calendar with Google when it is called.

    ``counts`` are by kind, ``lines`` the first ``size`` of each kind and
    ``pairs`` the ids of the records and the identifiers of the events that
    are the same without knowing it.
    """

    def __init__(self, Calendar, id, size=50):
        self.Calendar = Calendar
        self.id = id
        self.size = size
        self.counts = Counter()
        self.lines = defaultdict(list)
        self.pairs = []
        self.matcher = None
        # of the linked records the ids, of what may be matched the values
        self.unseen = {}
        self.waiting = {}

    @property
    def calendar(self):
        return self.Calendar(self.id)

    @property
    def Event(self):
        return Pool().get(self.Calendar.google_resource)

    @without_check_access
    def __call__(self):
        "List, compare, and leave everything as it is"
        calendar = self.calendar
        credentials = calendar.credentials
        with credentials.google_errors(credentials.id):
            parameters = calendar.google_parameters()
            Transaction().commit()
            client = credentials.get_client(
                *self.Calendar.google_api, parameters)
            Transaction().commit()
            try:
                self.read(self.load)
                self.list(client)
                for google_ids in grouped_slice(
                        list(self.unseen.values()), LOOK_UP):
                    changes = self.Calendar.look_up(client, list(google_ids))
                    self.read(lambda: self.compare(changes))
            finally:
                client.close()
        self.read(self.conclude)

    @staticmethod
    def read(func):
        func()
        Transaction().rollback()

    def list(self, client):
        cursor, more, seen = None, True, set()
        while more and cursor not in seen:
            seen.add(cursor)
            changes = self.Calendar.list_changes(client, cursor)
            for chunk in grouped_slice(changes.items, CHUNK):
                chunk = list(chunk)
                self.read(lambda: self.compare(chunk))
            cursor, more = changes.cursor, changes.more
            # not two pages at a time
            del changes

    # The records

    def load(self):
        "What is known at Google, and what may be there without knowing it"
        Event = self.Event
        candidates = []
        records = Event.search([('calendar', '=', self.id)])
        for chunk in grouped_slice(records, CHUNK):
            for record in Event.browse([r.id for r in chunk]):
                if record.google_state == 'apart':
                    if not record.google_etag:
                        self.counts['apart'] += 1
                elif record.google_etag:
                    self.unseen[record.id] = record.google_id
                else:
                    candidates.append(record.google_candidate)
            self.forget(Event)
        self.matcher = Matcher(candidates)

    @staticmethod
    def forget(Event):
        "Not more records at a time than those of a chunk"
        for cache in Transaction().cache.values():
            cache.pop(Event.__name__, None)

    # Google

    def compare(self, changes):
        calendar = self.calendar
        apply = Apply(self.Event, calendar)
        records = apply.find_records(changes)
        tombstones = apply.find_tombstones(changes)
        prefix = record_link.prefix()
        listed = calendar.google_listed(changes)
        self.counts['apart'] += len(changes) - len(listed)
        for change in listed:
            record = records.get(change.google_id)
            tombstone = tombstones.get(change.google_id)
            try:
                if change.error:
                    raise change.error
                if record and (record.google_etag or change.deleted):
                    self.unseen.pop(record.id, None)
                    self.linked(record, change)
                elif tombstone:
                    self.buried(tombstone, change)
                elif not change.deleted:
                    self.unknown(change, prefix)
            except ItemError as error:
                summary = change.resource.get('summary')
                self.add('unreadable', {
                        'summary': summary if isinstance(summary, str) else '',
                        }, error=(
                        error.code, bookkeeping.dumps(error.arguments)))

    def linked(self, record, change):
        "A record that was at Google before"
        if change.deleted:
            if record.google_etag:
                self.deleted(record)
        elif (record.google_state == 'apart'
                and change.resource.get('etag') == record.google_etag):
            self.add('apart', record.google_identity)
        else:
            self.merged(
                record, self.Event.google_to_values(change.resource), change)

    def deleted(self, record):
        "As `Apply` does with what Google deleted"
        values = record.google_identity
        base = self.Event.google_to_values(record.google_base)
        if not difference(
                self.Event.google_units, base, record.google_values()):
            return self.add('delete_tryton', values)
        policy = self.calendar.conflict_policy
        if policy == 'google' or not record.google_may_restore():
            self.add('delete_tryton', values)
        elif policy == 'manual':
            self.add('conflict', values)
        else:
            self.send('create_google', values)

    def buried(self, tombstone, change):
        "An event that was deleted here"
        etag = change.resource.get('etag')
        policy = self.calendar.conflict_policy
        if policy == 'newest':
            policy = newest(
                tombstone.buried_at,
                self.Event.google_updated(change.resource))
        values = self.Event.google_to_values(change.resource)
        if (etag == tombstone.google_etag or policy == 'tryton'
                or not tombstone.google_etag):
            self.send('delete_google', values)
        else:
            self.add('create_tryton', values)

    def unknown(self, change, prefix):
        "An event of which no record has the identifier, or it was not sent"
        values = self.Event.google_to_values(change.resource)
        found = self.matcher.identify(
            change.google_id, values, own_event(change.resource, prefix))
        if found:
            id, reason = found
            self.match(self.Event(id), reason, values, change)
        elif self.matcher.is_waiting(change.google_id):
            # as little as the rest needs of it
            self.waiting[change.google_id] = values, Change(
                change.google_id, {
                    n: change.resource.get(n) for n in ['etag', 'updated']})
        else:
            self.create_here(values)

    def conclude(self):
        "What is only known when everything was seen"
        for chunk in grouped_slice(list(self.matcher.rest()), CHUNK):
            chunk = list(chunk)
            # read together
            records = self.Event.browse([id for _, id, _ in chunk])
            for record, (google_id, _, reason) in zip(
                    records, chunk, strict=True):
                values, change = self.waiting.pop(google_id)
                self.match(record, reason, values, change)
            self.forget(self.Event)
        for values, _ in self.waiting.values():
            self.create_here(values)
        for chunk in grouped_slice(self.matcher.left(), CHUNK):
            for record in self.Event.browse(list(chunk)):
                self.sent_first(record)
            self.forget(self.Event)

    def sent_first(self, record):
        "A record that nothing at Google is matched with"
        values = record.google_identity
        if record.recurring_identifier:
            # an occurrence is changed with its series
            return self.send('update_google', values)
        try:
            record.check_insert()
        except ItemError:
            self.add('waiting', values)
        else:
            self.send('create_google', values)

    def match(self, record, reason, values, change):
        if reason != 'google_id':
            self.pairs.append((record.id, change.google_id))
        self.add('matched', values, reason)
        self.merged(record, values, change)

    # What becomes of them

    def merged(self, record, theirs, change):
        "As `Apply` merges"
        Event = self.Event
        units = Event.google_units
        ours = record.google_values()
        base = None
        if record.google_baseline:
            base = Event.google_to_values(record.google_base)
        prefer = self.calendar.conflict_policy
        if prefer == 'newest':
            prefer = newest(
                record.google_touched, Event.google_updated(change.resource))
        result = merge(units, base, ours, theirs, prefer)
        values = record.google_identity
        merged = {**ours, **result.changed_here}
        there = difference(units, theirs, merged)
        here = difference(units, ours, merged)
        if result.conflicts:
            self.add('conflict', values)
        if here and self.calendar.google_receives:
            self.add('update_tryton', values)
        if there and not (result.conflicts and prefer == 'manual'):
            self.send('update_google', values)
        if not (here or there):
            self.add('equal', values)

    def create_here(self, values):
        kind = 'create_tryton' if self.calendar.google_receives else 'apart'
        self.add(kind, values)

    def send(self, kind, values):
        "What is sent, unless the account may not or shall not"
        if not self.calendar.google_sends:
            kind = 'waiting'
        self.add(kind, values)

    def add(self, kind, values, reason=None, error=(None, None)):
        self.counts[kind] += 1
        if len(self.lines[kind]) < self.size:
            self.lines[kind].append({
                    'summary': values.get('summary'),
                    'start': (
                        None if values.get('all_day')
                        else values.get('start')),
                    'start_date': values.get('start_date'),
                    'repeats': bool(values.get('recurrence')),
                    'reason': reason,
                    'error': error,
                    })
