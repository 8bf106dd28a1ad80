# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What becomes of the exceptions when Google takes a change of a series."""
from collections import defaultdict

from trytond.modules.google_integration import bookkeeping

from .recurrence import RecurrenceError, expand
from .repeat import when
from .times import DAY

__all__ = ['SeriesGoogle']


class SeriesGoogle:
    "The series of which Google may change the exceptions, unsaid"
    __slots__ = ()

    @classmethod
    def google_confirm(cls, service, operations, answers):
        result = super().google_confirm(service, operations, answers)
        # Google tells of the exceptions no more than of its own changes
        changed = [
            o.id for o, a in zip(operations, answers, strict=True)
            if o.kind == 'patch' and a.status == 'done'
            and o.body.keys() & {'start', 'end', 'recurrence'}]
        if changed:
            cls._doubt(cls.search([
                        ('id', 'in', changed),
                        ('google_id', '!=', None),
                        ('recurring_identifier', '=', None),
                        ]))
        return result

    @classmethod
    def _doubt(cls, series):
        """Look up the exceptions that are no occurrences any more

        Google may have reset them, or given them to another series, without
        telling.
        """
        if not series:
            return
        exceptions = cls.search([
                ('calendar', 'in', [e.calendar.id for e in series]),
                ('recurring_identifier', 'in', [e.google_id for e in series]),
                ('google_state', '=', 'synchronized'),
                ('status', '!=', 'cancelled'),
                ('original_start', '!=', None),
                ])
        groups = defaultdict(list)
        for exception in exceptions:
            groups[exception.calendar.id, exception.recurring_identifier
                ].append(exception)
        doubtful = []
        for event in series:
            group = groups[event.calendar.id, event.google_id]
            starts = event._starts({
                    event._key(e.original_start) for e in group})
            doubtful.extend(
                e for e in group
                if event._key(e.original_start) not in starts)
        bookkeeping.update(cls, doubtful, {'google_state': 'pushing'})

    def _starts(self, keys):
        "Those that are the start of an occurrence"
        if not keys or not self.recurrence:
            return set()
        try:
            return keys & {start for start, _ in expand(
                    when(self), min(keys), max(keys) + 2 * DAY)}
        except RecurrenceError:
            # nothing is known
            return keys
