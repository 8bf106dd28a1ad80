# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The rows of the occurrences of one event, pure."""
import datetime as dt

from .recurrence import RecurrenceError, expand
from .recurrence_lines import UTC, localize
from .times import DAY, noon, zone_of

__all__ = ['NAMES', 'rows_of']

NAMES = [
    'start', 'end', 'all_day', 'start_date', 'end_date', 'first_day',
    'last_day', 'original_start']
SECOND = dt.timedelta(seconds=1)


def rows_of(event, removed, low, high):
    """Return the values of `NAMES` of each occurrence in the window.

    ``event`` are the values of an event, with the ``calendar_zone``, and
    ``removed`` the original starts of the exceptions of a series. The window
    is of days, both included. A series that can not be read has its first
    occurrence.
    """
    begin = event['start_date'] if event['all_day'] else event['start']
    if event['status'] == 'cancelled' or not begin:
        return []
    low = dt.datetime.combine(low, dt.time())
    high = dt.datetime.combine(high, dt.time()) + DAY
    is_series = event['recurrence'] and not event['recurring_identifier']
    if not is_series:
        event = {**event, 'recurrence': None}
    try:
        occurrences = list(expand(event, low, high))
    except RecurrenceError:
        occurrences = list(expand({**event, 'recurrence': None}, low, high))
    rows = []
    zone = (
        zone_of(event['time_zone']) or zone_of(event['calendar_zone']) or UTC)
    for start, end in occurrences:
        if event['all_day']:
            original = noon(start)
            row = [original, noon(end), True, start, end, start, end]
        else:
            original = start
            # midnight is not of the next day
            last = max(start, end - SECOND)
            row = [
                start, end, False, None, None, localize(start, zone).date(),
                localize(last, zone).date()]
        if not is_series:
            original = event['original_start']
        elif original in removed:
            continue
        rows.append((*row, original))
    return rows
