# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The hooks by which events are received."""
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool

from . import mapping, record_link
from .recurrence import is_valid, occurs

__all__ = ['EventReceive']

_WHEN = {
    name for unit in mapping.UNITS if unit.name == 'when'
    for name in unit.fields}
# waiting to be sent
UNSENT = ['local', 'to_push', 'pushing']


class EventReceive:
    "What becomes of an event that Google tells of, or tells no more"
    __slots__ = ()

    @classmethod
    def google_apply(cls, service, changes, listing=None):
        with record_link.together(
                mapping.record_of(c.resource) for c in changes):
            return super().google_apply(service, changes, listing=listing)

    @classmethod
    def google_adopt(cls, service, changes):
        """Give occurrences that were changed here their identity

        Somebody may have changed the same one at Google meanwhile.
        """
        wanted = {}
        for change in changes:
            if change.resource.get('recurringEventId'):
                try:
                    values = mapping.to_values(change.resource)
                except mapping.MappingError:
                    continue
                wanted[values['recurring_event_id'],
                    values['original_start']] = change.google_id
        if not wanted:
            return {}
        records = cls.search([
                ('calendar', '=', service.id),
                ('google_etag', '=', None),
                ('recurring_identifier', 'in', [k for k, _ in wanted]),
                ('google_state', 'in', UNSENT + ['failed', 'conflict']),
                ])
        adopted = {}
        for record in records:
            google_id = wanted.get(
                (record.recurring_identifier, record.original_start))
            if google_id:
                bookkeeping.update(cls, [record], {'google_id': google_id})
                adopted[google_id] = cls(record.id)
        return adopted

    def google_may_restore(self):
        "What somebody else organizes is not brought back"
        return bool(self.organizer_own or not self.organizer_email)

    @classmethod
    def google_outdated(cls, service, changes):
        """The exceptions of occurrences that their series has no more

        Where Google reset them it does not tell; those that it kept or
        cancelled come by themselves.
        """
        changed = [
            i for i, (old, new) in changes.items()
            if old['recurrence'] and any(old[n] != new[n] for n in _WHEN)]
        series = {e.google_id: e for e in cls.browse(changed)}
        if not series:
            return []
        return [
            e for e in cls.search([
                    ('calendar', '=', service.id),
                    ('recurring_identifier', 'in', list(series)),
                    ('google_etag', '!=', None),
                    ('google_state', '!=', 'to_delete'),
                    ('status', '!=', 'cancelled'),
                    ])
            if _is_outdated(
                e, *changes[series[e.recurring_identifier].id])]

    @classmethod
    def google_returned(cls, service, resource):
        """List everything if it is a series: its exceptions went with it

        Google does not tell them again.
        """
        if resource.get('recurrence'):
            bookkeeping.update(type(service), [service], {
                    'cursor': None,
                    'next_sync': bookkeeping.utcnow(),
                    })

    @classmethod
    def google_found(cls, service, google_ids):
        """Remove the exceptions that a full listing does not show

        Google finds each occurrence of a series by its identifier, but lists
        those alone that are different.

        https://developers.google.com/workspace/calendar/api/v3/reference/events/list
        """
        found = cls.search([
                ('calendar', '=', service.id),
                ('google_id', 'in', google_ids),
                ('recurring_identifier', '!=', None),
                ('status', '!=', 'cancelled'),
                ('google_state', '=', 'synchronized'),
                ])
        masters = cls._masters(found)
        plain = [e.id for e in found if masters[e.id]]
        bookkeeping.update(cls, plain, {'google_etag': None})
        cls._remove_plain(plain)

    @classmethod
    def google_orphans(cls, service, google_id):
        return cls.search([
                ('calendar', '=', service.id),
                ('recurring_identifier', '=', google_id),
                ])

    @classmethod
    def google_lost(cls, service, records):
        "Keep what was changed here of occurrences whose series is deleted"
        Conflict = Pool().get('google_integration.conflict')
        count = 0
        for exception in cls.google_with(records) + [
                r for r in records if r.recurring_identifier]:
            if (exception.google_state != 'synchronized'
                    and exception.google_baseline
                    and exception.google_differs):
                Conflict.keep(
                    service, exception, 'deletion', 'google',
                    exception.google_values(), None)
                count += 1
        return count

    @classmethod
    def google_with(cls, records):
        "The exceptions go with the series"
        series = [r for r in records if r.google_id and r.recurrence]
        if not series:
            return []
        return cls.search([
                ('calendar', 'in', [r.calendar.id for r in series]),
                ('recurring_identifier', 'in', [r.google_id for r in series]),
                ])


def _is_outdated(exception, old, new):
    "Tell if the occurrence was one of the series and is not any more"
    # of a rule that is not understood nothing is known
    return (
        bool(exception.original_start)
        and _occurs(old, exception.original_start)
        and is_valid(new) and not _occurs(new, exception.original_start))


def _occurs(values, original_start):
    return occurs(
        values, original_start.date() if values['all_day']
        else original_start)
