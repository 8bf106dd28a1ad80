# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Series: their occurrences, and how they are changed.

Pure functions: no ORM, no network, no clock. The values are those of an
event: ``start`` and ``end`` (naive UTC), ``time_zone`` (IANA), ``all_day``,
``start_date`` and ``end_date`` (inclusive), ``recurrence``, which are the
lines of RFC 5545.

The occurrences are the union of all RRULE and RDATE, minus EXRULE and EXDATE.
The start is one of them if a rule gives it, or if there is no RRULE. They are
expanded by dateutil, by the wall clock in the zone of the event: a meeting at
nine stays at nine all year.

https://developers.google.com/workspace/calendar/api/concepts/events-calendars
"""
from .recurrence_change import moved, shift, split
from .recurrence_lines import RecurrenceError
from .recurrence_series import (
    MAX_OCCURRENCES, expand, is_valid, local_start, occurs)
from .repetition import nth_weekday, read_repeat, write_repeat

__all__ = [
    'MAX_OCCURRENCES', 'RecurrenceError', 'expand', 'is_valid', 'local_start',
    'moved', 'nth_weekday', 'occurs', 'read_repeat', 'shift', 'split',
    'write_repeat']
