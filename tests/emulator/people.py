# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Guests that are no single person: rooms and groups; and the answers that
Google gives by itself.

A room accepts or declines by its availability and the access right of who
invites [Domain resources, rooms, and calendars]; a status event declines the
invitations that conflict with it [Event types; EventFocusTimeProperties]. The
answer comes after the one of the request: it changes the event once more."""
import datetime as dt

from .model import at_least, is_organizer
from .present import instance
from .propagation import answer_back, find_guest, guest_calendar, store
from .recurrence import bounds, moment_of, occurrences
from .zones import UTC, zone

# (unverified) how far ahead a room looks at a series
AHEAD = 2 * 366


def local_bounds(data, calendar):
    "Return (start, end); all-day events in the zone of the calendar"
    start, end = moment_of(data['start']), moment_of(data['end'])
    if isinstance(start, dt.datetime):
        return bounds(data)
    tz = zone(calendar.data.get('timeZone', 'UTC')) or UTC
    return (
        dt.datetime.combine(start, dt.time(), tz),
        dt.datetime.combine(end, dt.time(), tz))


def is_busy(data, calendar):
    "Whether the event blocks time on the calendar"
    if (data.get('status') == 'cancelled'
            or data.get('transparency') == 'transparent'):
        return False
    # (unverified) not what its owner declined
    return not any(
        a['email'] == calendar.id and a.get('responseStatus') == 'declined'
        for a in data.get('attendees', ()))


def periods(calendar, record, low=None, high=None):
    "Yield (data, start, end) of the event or of the series' occurrences"
    if not record.data.get('recurrence'):
        yield record.data, *local_bounds(record.data, calendar)
        return
    own = {
        moment_of(r.data['originalStartTime']): r
        for r in calendar.exceptions(record.id).values()}
    for value in occurrences(record.data, low, high):
        if value not in own:
            data = instance(record, value).data
            yield data, *local_bounds(data, calendar)


def conflicts(calendar, record, low, high, test=is_busy):
    "Yield other events of the calendar, as (data, start, end), in the range"
    for other in list(calendar.events.values()):
        if (other.id == record.id or other.cancelled or other.bare
                or other.data.get('recurringEventId') == record.id
                or not test(other.data, calendar)):
            continue
        for data, start, end in periods(calendar, other, low, high):
            if start < high and end > low:
                yield data, start, end


def _answer(state, calendar, record, status, comment=None):
    "The calendar's own answer to an invitation"
    entries = []
    for entry in record.data['attendees']:
        if entry.get('self'):
            entry = {**entry, 'responseStatus': status}
            if comment:
                entry['comment'] = comment
        entries.append(entry)
    if entries == record.data['attendees']:
        return
    old = record.data
    record.data = {**old, 'attendees': entries}
    store(state, calendar, record)
    answer_back(state, calendar, record, old)


def invited(state, calendar, record, before):
    "After the organizer's change: who answers by itself does"
    data = record.data
    if data.get('status') == 'cancelled' or not is_organizer(calendar, data):
        return
    moved = before is None or any(
        before.get(n) != data.get(n)
        for n in ['start', 'end', 'recurrence', 'status'])
    known = set() if moved else {
        a['email'] for a in before.get('attendees', ())}
    for entry in data.get('attendees', ()):
        if entry['email'] in known:
            continue
        other = guest_calendar(state, entry['email'], calendar)
        copy = find_guest(other, record.id) if other is not None else None
        if copy is None or copy.cancelled:
            continue
        if other.resource:
            _room(state, calendar, other, copy)
        elif before is None or entry['email'] not in {
                a['email'] for a in before.get('attendees', ())}:
            _status_events(state, other, copy)


def _range(found):
    return min(s for _, s, _ in found), max(e for _, _, e in found)


def _room(state, organizer, room, copy):
    low = high = None
    if copy.data.get('recurrence'):
        low, _ = bounds(copy.data)
        high = low + dt.timedelta(days=AHEAD)
    found = list(periods(room, copy, low, high))
    if not found or not at_least(room.role(organizer.owner), 'freeBusyReader'):
        _answer(state, room, copy, 'declined')
        return
    busy = [(s, e) for _, s, e in conflicts(room, copy, *_range(found))]
    taken = [
        d for d, start, end in found
        if any(s < end and e > start for s, e in busy)]
    if len(taken) == len(found):
        _answer(state, room, copy, 'declined')
        return
    _answer(state, room, copy, 'accepted')
    for data in taken:
        # (unverified) of a series only what conflicts is declined
        one = find_guest(room, data['id'])
        _answer(state, room, one, 'declined')


def _declines(data, modes):
    for name in ['focusTimeProperties', 'outOfOfficeProperties']:
        value = data.get(name) or {}
        if value.get('autoDeclineMode') in modes:
            return value
    return None


def _status_events(state, calendar, copy):
    "A new invitation that conflicts with focus time or an absence"
    modes = {
        'declineAllConflictingInvitations',
        'declineOnlyNewConflictingInvitations'}
    low = high = None
    if copy.data.get('recurrence'):
        low, _ = bounds(copy.data)
        high = low + dt.timedelta(days=AHEAD)
    for data, start, end in list(periods(calendar, copy, low, high)):
        for other, _, _ in conflicts(
                calendar, copy, start, end,
                lambda d, c: _declines(d, modes) is not None):
            one = find_guest(calendar, data['id'])
            _answer(
                state, calendar, one, 'declined',
                _declines(other, modes).get('declineMessage'))
            break


def absent(state, calendar, record):
    "A new status event declines the invitations that are there already"
    value = _declines(record.data, {'declineAllConflictingInvitations'})
    if value is None:
        return

    def test(data, calendar):
        return not is_organizer(calendar, data) and any(
            a.get('self') for a in data.get('attendees', ()))

    low, high = bounds(record.data)
    if record.data.get('recurrence'):
        high = low + dt.timedelta(days=AHEAD)
    for _, start, end in list(periods(calendar, record, low, high)):
        for data, _, _ in list(conflicts(
                    calendar, record, start, end, test)):
            _answer(
                state, calendar, find_guest(calendar, data['id']),
                'declined', value.get('declineMessage'))
