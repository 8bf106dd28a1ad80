# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The events that stand for one occurrence of a series."""
import json

from trytond.modules.google_integration import bookkeeping
from trytond.transaction import without_check_access

from .instance import instance

__all__ = ['EventException']

# what Google has of an exception that is deleted
KNOWN = ['google_id', 'google_etag', 'google_modified', 'google_baseline']


class EventException:
    "A series of which single occurrences become events of their own"
    __slots__ = ()

    @without_check_access
    def make_exception(self, original_start):
        """Return the event of one occurrence of this series

        ``original_start`` is naive UTC, noon of an all-day event. The event
        is created if there is none yet; what is changed of it is sent as a
        change of the occurrence alone.

        https://developers.google.com/workspace/calendar/api/guides/recurringevents
        """
        cls = type(self)
        if not self.google_id:
            # the exceptions name their series
            bookkeeping.update(
                cls, [self], {'google_id': self.google_new_id()})
        master = cls(self.id)
        known = cls.search([
                ('calendar', '=', master.calendar.id),
                ('recurring_identifier', '=', master.google_id),
                ('original_start', '=', original_start),
                ], limit=1)
        if known:
            return known[0]
        base = instance(master.google_current, original_start)
        revision = bookkeeping.new_revision()
        event, = cls.create([{
                    **cls.google_record_values(
                        master.calendar, cls.google_to_values(base)),
                    'calendar': master.calendar.id,
                    'recurring_identifier': master.google_id,
                    'google_state': 'to_push',
                    'google_baseline': json.dumps(base),
                    'google_revision': revision,
                    }])
        return event

    @classmethod
    def delete(cls, events):
        # of a series that stays it would be an occurrence like the others
        cancelled = cls._cancelled(events)
        if cancelled:
            bookkeeping.update(cls, list(cancelled), {'google_id': None})
            events = cls.browse([e.id for e in events])
        super().delete(events)
        cls._cancel(cancelled.values())

    @classmethod
    @without_check_access
    def _cancelled(cls, events):
        "What Google has of the exceptions that are cancelled when deleted"
        exceptions = [
            e for e in events if e.recurring_identifier and e.original_start
            and e.google_id and e.google_etag
            and e.google_state != 'to_delete'
            # a guest declines it
            and (e.status == 'cancelled' or e.editable)]
        masters = cls._masters(exceptions)
        deleted = {e.id for e in events}
        cancelled = {}
        for event in exceptions:
            series = masters[event.id]
            if (series and series not in deleted
                    and cls(series).is_occurrence(event.original_start)):
                cancelled[event] = event.calendar, event.notifications, {
                    n: getattr(event, n) for n in KNOWN}
        return cancelled

    @classmethod
    @without_check_access
    def _cancel(cls, cancelled):
        for calendar, notifications, known in cancelled:
            revision = bookkeeping.new_revision()
            event, = cls.create([{
                        **cls.google_record_values(
                            calendar, cls.google_to_values(
                                json.loads(known['google_baseline']))),
                        **known,
                        'calendar': calendar.id,
                        'google_state': 'synchronized',
                        'google_revision': revision,
                        'google_confirmed_revision': revision,
                        }])
            if event.status != 'cancelled':
                cls.write([event], {
                        'status': 'cancelled',
                        'notifications': notifications,
                        })

    @property
    def google_current(self):
        "The series as Google has it, or as it will be created"
        resource = self.google_base if self.google_etag else None
        if resource is None:
            resource = self.google_to_resource(
                self.google_values(), None, None)
            if self.conference:
                # its occurrences will have it
                resource['conferenceData']['createRequest']['status'] = {
                    'statusCode': 'pending'}
        return {**resource, 'id': self.google_id}
