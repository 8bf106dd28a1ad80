# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"events.move"
from .api import method
from .errors import ApiError, invalid, not_found
from .events import found, restricted, writable
from .mails import send
from .model import Record, at_least, is_organizer
from .present import present
from .propagation import emails, mark, propagate, store


@method('calendar.events.move')
def move(call):
    "[Events: move] changes the organizer; only default events"
    calendar = writable(call)
    target = call.state.calendar(call.user, call.params['destination'])
    if target is None:
        raise not_found()
    if not at_least(target.role(call.user.email), 'writer'):
        raise ApiError('requiredAccessLevel')
    record, _ = found(call, calendar)
    old = record.data
    if record.cancelled:
        raise ApiError('deleted')
    if 'recurringEventId' in old:
        raise ApiError(
            'cannotChangeOrganizerOfInstance',
            "Cannot change the organizer of an instance.", code=400,
            domain='calendar')
    if old.get('eventType', 'default') != 'default':
        raise restricted("Only default events can be moved.")
    if not is_organizer(calendar, old):
        raise ApiError(
            'cannotChangeOrganizer', "Cannot change the organizer of this "
            "event.", code=403, domain='calendar')
    if target is calendar:
        raise invalid("The destination is the same calendar.")
    there = target.events.get(record.id)
    if there is not None and not there.bare and (
            there.data.get('iCalUID') != old['iCalUID']):
        raise ApiError('duplicate')
    call.precondition(record.etag)
    for one in [record, *calendar.exceptions(record.id).values()]:
        if not one.bare:
            _move(call, calendar, target, one)
    # sendUpdates: the guests are told the new organizer; one mail for a
    # series
    send(call, target, old, 'update', emails(old))
    return present(call, target, target.events[record.id])


def _move(call, calendar, target, one):
    data = {**one.data, 'organizer': {'email': target.id}}
    if not target.primary:
        data['organizer']['displayName'] = target.data['summary']
    mark(target, data)
    copy = Record(data, 0, reminders=dict(one.reminders))
    # also the copy of a guest, who becomes the organizer (unverified)
    target.events.pop(one.id, None)
    store(call.state, target, copy)
    if calendar.id not in emails(data) or calendar.id not in (
            call.state.users):
        # [Events resource] unless the former organizer is on the list, a
        # cancelled event with only its id is left behind
        one.data = {**one.data, 'status': 'cancelled'}
        one.bare = True
        store(call.state, calendar, one)
    propagate(call.state, target, copy, None)
