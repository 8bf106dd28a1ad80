# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Resetting calendars: deciding anew what is synchronised.

A reset is one transaction, in which nothing is sent: what is to be deleted at
Google is remembered as any other deletion, and the next synchronisation does
it.
"""
import json
from contextlib import contextmanager

from trytond.i18n import gettext
from trytond.model import fields
from trytond.modules.google_integration import bookkeeping, configuration
from trytond.modules.google_integration.lease import Lease, LeaseLost
from trytond.modules.google_integration.transaction import short
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access

from .exceptions import CalendarResetError
from .instance import instance
from .reset_plan import Plan, Row, plan

__all__ = ['ResetEventMixin', 'ResetMixin', 'counts', 'leased', 'reset']

CHUNK = 500
# what Google knows of an event that it has not any more
GONE = [
    'google_etag', 'google_modified', 'google_baseline', 'google_listing',
    'google_confirmed_revision', 'google_attempts', 'ical_uid', 'html_link',
    'conference_link', 'organizer_email', 'organizer_own', 'creator_email',
    'response', 'response_comment', 'event_type']


@contextmanager
def leased(Model, ids):
    """Keep the engine from running the services meanwhile.

    The leases are to be released with what is written, see `release`.
    """
    leases = []
    try:
        for id in ids:
            lease = Lease(Model, id, configuration.lease())
            if not lease.take():
                raise CalendarResetError(gettext(
                        'google_calendar.msg_reset_running',
                        calendar=Model(id).rec_name))
            leases.append(lease)
        yield leases
    except BaseException:
        Transaction().rollback()
        short(lambda: release(leases))
        raise


def release(leases):
    "Give the leases back, in the current transaction"
    for lease in leases:
        lease.release()


class ResetMixin:
    "A calendar of which the synchronisation can start over"
    __slots__ = ()

    since = fields.Timestamp(
        "Synchronized Since", readonly=True,
        states={
            'invisible': ~Eval('since'),
            },
        help="What was not changed since is left apart.")

    # Receiving

    def google_listed(self, changes):
        "The changes of a full listing that are to be applied"
        if not self.since:
            return changes
        Event = Pool().get(self.google_resource)
        known = {
            e.google_id for e in Event.search([
                    ('calendar', '=', self.id),
                    ('google_id', 'in', [c.google_id for c in changes]),
                    ('google_state', '!=', 'apart'),
                    ])}
        return [
            c for c in changes
            if c.google_id in known or c.error
            or (Event.google_updated(c.resource) or self.since) >= self.since]

    def apply_changes(self, changes, listing=None):
        if listing is not None:
            changes = self.google_listed(changes)
        return super().apply_changes(changes, listing)

    # Resetting

    def reset_rows(self):
        "The events, by what a reset needs to know of them"
        Event = Pool().get(self.google_resource)
        table = Event.__table__()
        cursor = Transaction().connection.cursor()
        invited = {
            e.id for e in Event.search([
                    ('calendar', '=', self.id),
                    ('organizer_email', '!=', None),
                    ('organizer_own', '!=', True),
                    ('attendees', 'where', [('own', '=', True)]),
                    ])}
        cursor.execute(*table.select(
                table.id, table.google_id, table.google_etag,
                table.google_state, table.recurring_identifier,
                table.google_revision, table.google_confirmed_revision,
                where=table.calendar == self.id,
                order_by=table.id))
        return [
            Row(
                id, google_id, series,
                bool(google_id and (etag or state == 'pushing')),
                (state not in {'synchronized', 'to_delete', 'apart'}
                    or (state == 'synchronized' and revision != confirmed)),
                id in invited)
            for id, google_id, etag, state, series, revision, confirmed
            in cursor]

    def reset_plan(self, existing, next_):
        return plan(self.reset_rows(), existing, next_)

    def reset(self, plan, existing, next_):
        """Do what the plan says, in the current transaction.

        Nobody gets a mail of it.
        """
        cls = type(self)
        pool = Pool()
        Event = pool.get(self.google_resource)
        Tombstone = pool.get('google_integration.tombstone')
        if existing in {'leave', 'delete_tryton'}:
            # what Google has stays there
            Tombstone.delete(Tombstone.search([('service', '=', str(self))]))
        self._forget_errors()
        Event.reset_delete(plan)
        Event.reset_fresh(plan.fresh, 'apart' if next_ == 'new' else 'local')
        bookkeeping.update(Event, plan.apart, {
                'google_state': 'apart',
                'google_attempts': 0,
                })
        Event.google_forget(Event.browse(sorted(plan.relink)), 'to_push')
        bookkeeping.update(
            Event, plan.send - plan.fresh, {
                'google_state': 'to_push',
                'google_attempts': 0,
                },
            lambda table: table.google_state != 'local')
        tombstones = Tombstone.search([('service', '=', str(self))])
        bookkeeping.update(
            Tombstone, tombstones, {'state': 'to_delete', 'attempts': 0})
        bookkeeping.update(cls, [self], {
                'cursor': None,
                'last_sync': None,
                'failed': False,
                'error_code': None,
                'error_arguments': None,
                'since': bookkeeping.utcnow() if next_ == 'new' else None,
                'deletions_allowed': len(tombstones) or None,
                })
        cls.hush([cls(self.id)])

    def _forget_errors(self):
        "They are of what was before; what was decided can be restored"
        pool = Pool()
        SyncError = pool.get('google_integration.sync_error')
        Conflict = pool.get('google_integration.conflict')
        SyncError.delete(SyncError.search([('service', '=', str(self))]))
        Conflict.delete(Conflict.search([
                    ('service', '=', str(self)),
                    ('state', '=', 'open'),
                    ]))


class ResetEventMixin:
    "The events that a reset deletes, renews or leaves apart"
    __slots__ = ()

    @classmethod
    def google_touch(cls, records):
        super().google_touch(records)
        cls._touch_occurrences(records)

    @classmethod
    def _touch_occurrences(cls, records):
        "The changed occurrences are not left apart from their series"
        table, series = cls.__table__(), cls.__table__()
        cursor = Transaction().connection.cursor()
        for sub_records in grouped_slice(records, CHUNK):
            query = table.join(series, condition=(
                    (table.calendar == series.calendar)
                    & (table.recurring_identifier == series.google_id)))
            cursor.execute(*query.select(
                    table.id,
                    where=(table.google_state == 'apart')
                    & series.id.in_([int(r) for r in sub_records])))
            super().google_touch(cls.browse([id for id, in cursor]))

    @classmethod
    def reset_delete(cls, plan):
        "Delete here, and remember what is to be deleted at Google"
        Tombstone = Pool().get('google_integration.tombstone')
        bookkeeping.update(cls, plan.google, {'notifications': 'none'})
        kept = cls.browse(sorted(plan.google - plan.tryton))
        Tombstone.bury([e for e in kept if e.google_state != 'to_delete'])
        # these are forgotten: nothing is deleted at Google
        bookkeeping.update(
            cls, plan.tryton - plan.google, {'google_id': None})
        cls.delete(cls.browse(sorted(plan.tryton)))

    @classmethod
    def reset_fresh(cls, ids, state):
        "Make new events of these, which Google will not have any more"
        former = {}
        for chunk in grouped_slice(sorted(ids), CHUNK):
            events = cls.browse(list(chunk))
            former.update((e.google_id, e.id) for e in events if e.google_id)
            bookkeeping.update(cls, events, {
                    **dict.fromkeys(GONE),
                    'google_id': None,
                    'google_state': state,
                    })
        for google_ids in grouped_slice(list(former), CHUNK):
            for occurrence in cls.search([
                        ('id', 'in', sorted(ids)),
                        ('recurring_identifier', 'in', list(google_ids)),
                        ]):
                series = cls(former[occurrence.recurring_identifier])
                series._reset_occurrence(occurrence, state)

    def _reset_occurrence(self, occurrence, state):
        "What was changed of the occurrence is a change of the new series"
        cls = type(self)
        if not cls(self.id).google_id:
            bookkeeping.update(
                cls, [self], {'google_id': self.google_new_id()})
        series = cls(self.id)
        base = instance(series.google_current, occurrence.original_start)
        bookkeeping.update(cls, [occurrence], {
                **dict.fromkeys(GONE),
                'google_id': None,
                'google_state': 'apart' if state == 'apart' else 'to_push',
                'google_baseline': json.dumps(base),
                'recurring_identifier': series.google_id,
                })


def reset(Calendar, ids, existing, next_, expected):
    """Reset the calendars, all or none, and tell if it was done.

    It is not if the counts are not those that were ``expected``.
    """
    try:
        with leased(Calendar, ids) as leases:
            @without_check_access
            def write():
                for lease in leases:
                    lease.renew()
                calendars = Calendar.browse(ids)
                plans = [c.reset_plan(existing, next_) for c in calendars]
                done = counts(plans) == expected
                if done:
                    for calendar, plan in zip(calendars, plans, strict=True):
                        calendar.reset(plan, existing, next_)
                release(leases)
                if done:
                    Calendar.enqueue(Calendar.browse(ids))
                return done

            return short(write)
    except LeaseLost:
        raise CalendarResetError(gettext(
                'google_calendar.msg_reset_running',
                calendar=Calendar(ids[0]).rec_name)) from None


def counts(plans):
    "The numbers of events of the plans together"
    return {
        name: sum(len(getattr(p, name)) for p in plans)
        for name in Plan.__dataclass_fields__}
