# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What iCalendar files say of series, in the terms of Google.

Google has no exceptions that hold for the following occurrences, and none of
what is no occurrence.  Pure functions.
"""
import datetime as dt
from dataclasses import replace

from . import mapping
from .icalendar_read import Item, alone, derived_uid
from .recurrence import RecurrenceError, expand, moved, shift, split
from .times import noon

__all__ = ['arrange', 'occurrences']

_SECOND = dt.timedelta(seconds=1)


def arrange(item):
    """Return the items that Google can hold, from one with its series.

    An exception of the following occurrences starts a series of its own, one
    of what is no occurrence is an event of its own.  Of a series that can not
    be expanded all is left as it is.
    """
    items = []
    try:
        pending = [item]
        while pending:
            item, following = _divide(pending.pop())
            pending.extend(following)
            items.extend(_matched(item))
    except RecurrenceError:
        items.append(item)
        items.extend(pending)
    return items


def occurrences(values, originals):
    """Return the originals at which the series has an occurrence

    They are naive UTC, noon of a day.  The series is expanded once.
    """
    if not originals:
        return set()
    by_start = {o.date() if values['all_day'] else o: o for o in originals}
    low, high = min(by_start), max(by_start)
    high += dt.timedelta(days=1) if values['all_day'] else _SECOND
    return {
        by_start[start] for start, _ in expand(
            values, low, high, limit=None) if start in by_start}


def _divide(item):
    "The item until the first exception of the following, and the rest"
    first = min(item.following, default=None)
    if first is None:
        return item, []
    values = item.values
    at = first.date() if values['all_day'] else first
    exception = item.exceptions[first]
    if _start(values) == at:
        # nothing is left of the series
        before, after = None, values['recurrence']
        start = values
    else:
        try:
            before, after = split(values['recurrence'], values, at)
        except RecurrenceError:
            # it holds for the one occurrence that it names
            return replace(item, following=item.following - {first}), []
        start = moved(values, at)
    rest = {
        **exception,
        'original_start': None,
        'recurrence': shift(after, start, exception),
        'ical_uid': derived_uid(item.uid, first),
        }
    if not before and start is values:
        rest['ical_uid'] = item.uid
    # a series needs a zone, an exception does not
    rest = {**mapping.canonical(rest), 'answers': exception['answers']}
    later = _moved_exceptions(item, first, start, rest)
    if start is values:
        return later, []
    item = replace(
        item, values={**values, 'recurrence': before},
        exceptions={o: v for o, v in item.exceptions.items() if o < first},
        following=set())
    return item, [later]


def _moved_exceptions(item, first, start, rest):
    "The item of the rest, its exceptions by the new times"
    def new(original):
        if rest['all_day']:
            day = _start(rest) + (original.date() - first.date())
            return noon(day)
        return original + (rest['start'] - start['start'])

    later = [o for o in item.exceptions if o > first]
    return Item(
        rest['ical_uid'], item.sequence, rest,
        {
            new(o): {
                **item.exceptions[o], 'original_start': new(o),
                'ical_uid': rest['ical_uid']}
            for o in later},
        {
            None: item.links.get(first, []),
            **{new(o): item.links.get(o, []) for o in later}},
        {new(o) for o in later if o in item.following},
        {new(o) for o in later if o in item.older})


def _matched(item):
    "The item with the exceptions of its occurrences, the others after it"
    if not item.values or not item.exceptions:
        return [item]
    found = occurrences(item.values, item.exceptions)
    exceptions, others = {}, []
    for original, values in item.exceptions.items():
        if original in found:
            exceptions[original] = values
        elif (values['status'] != 'cancelled' and original not in item.older):
            others.append(alone(item, original))
    return [replace(item, exceptions=exceptions), *others]


def _start(values):
    return values['start_date'] if values['all_day'] else values['start']
