# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The events of Tryton as entries of an iCalendar file."""
import hashlib

from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

from . import mapping
from .event_google import CHILDREN
from .icalendar_write import Entry

__all__ = ['entries_of', 'exceptions_of', 'uid_of', 'values_of']

_NAMES = (
    'summary', 'description', 'location', 'all_day', 'start', 'end',
    'start_date', 'end_date', 'time_zone', 'recurrence', 'status',
    'visibility', 'transparency', 'default_reminders', 'organizer_email',
    'original_start', 'conference_link', 'html_link')


def values_of(event):
    "The values of an event in the terms of the mapping"
    values = {n: getattr(event, n) for n in _NAMES}
    for name in CHILDREN:
        values[name] = event.google_children(name)
    return mapping.canonical(values)


def uid_of(event):
    """The UID of an event, which it keeps when it comes to Google.

    https://developers.google.com/workspace/calendar/api/v3/reference/events
    """
    if event.ical_uid:
        return event.ical_uid
    if event.google_id and mapping.is_event_id(event.google_id):
        return f'{event.google_id}@google.com'
    text = f'{Transaction().database.name}/{event}'
    return f'{hashlib.sha256(text.encode()).hexdigest()[:32]}@tryton'


def entries_of(events, exceptions, transform=None):
    """The entries of events, of each series with its exceptions.

    The exceptions are not among the events.

    ``transform`` makes the values, and the UID, that are told of those of an
    event, or None if nothing is.
    """
    transform = transform or (lambda event, values, uid: (values, uid))
    series = {
        (e.calendar.id, e.google_id): e for e in events
        if e.google_id and not e.recurring_identifier}
    children, alone = {}, []
    for exception in exceptions:
        key = (exception.calendar.id, exception.recurring_identifier)
        if key in series:
            children.setdefault(key, []).append(exception)
        else:
            alone.append(exception)
    for event in [*events, *alone]:
        entry = event.status != 'cancelled' and _entry(
            event, uid_of(event), transform)
        if not entry:
            continue
        for exception in children.get((event.calendar.id, event.google_id),
                []):
            # one series has one UID
            child = _entry(exception, uid_of(event), transform)
            if child:
                child.uid = entry.uid
                entry.exceptions.append(child)
            else:
                # it takes the place of an occurrence all the same
                entry.exceptions.append(Entry(
                        entry.uid, {
                            **values_of(exception), 'status': 'cancelled'},
                        entry.stamp))
        yield entry


def _entry(event, uid, transform):
    told = transform(event, values_of(event), uid)
    if not told:
        return None
    values, uid = told
    changed = [
        event.google_modified, event.google_touched, event.write_date,
        event.create_date]
    sequence = (event.google_base or {}).get('sequence')
    return Entry(
        uid, values, max(t for t in changed if t),
        sequence if isinstance(sequence, int) else 0,
        created=event.create_date)


def exceptions_of(events, limit=None):
    "The exceptions of the series, the last ones first"
    Event = Pool().get('google_calendar.event')
    series = [e for e in events if e.recurrence and e.google_id]
    found = []
    for sub_series in grouped_slice(series, 250):
        sub_series = list(sub_series)
        keys = {(e.calendar.id, e.google_id) for e in sub_series}
        found.extend(
            e for e in Event.search([
                    ('calendar', 'in', [e.calendar.id for e in sub_series]),
                    ('recurring_identifier', 'in', [
                            e.google_id for e in sub_series]),
                    ('google_state', '!=', 'to_delete'),
                    ], order=[('original_start', 'DESC'), ('id', 'DESC')],
                limit=limit)
            if (e.calendar.id, e.recurring_identifier) in keys
            and e.original_start)
    return found[:limit]
