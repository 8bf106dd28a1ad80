# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"How a stored event is shown to a user [Events resource]"
from .discovery import parse_datetime
from .errors import invalid
from .model import Record, at_least, base_id, hidden
from .recurrence import (
    instance_id, instance_times, is_occurrence, moment_of, parse_instance_id)
from .zones import zone

_ALWAYS = ['id', 'status', 'created', 'updated', 'start', 'end',
    'recurringEventId', 'originalStartTime', 'iCalUID', 'sequence',
    'recurrence', 'eventType', 'htmlLink', 'endTimeUnspecified',
    'transparency']
_PRIVATE = {'private', 'confidential'}


def response_zone(call, calendar):
    "[Events: list] timeZone, else that of the calendar"
    name = call.get('timeZone')
    if name is None:
        return zone(calendar.data.get('timeZone', 'UTC'))
    if zone(name) is None:
        raise invalid("Invalid time zone.", location='timeZone')
    return zone(name)


def _when(value, tz):
    if 'dateTime' not in value:
        return value
    moment = parse_datetime(value['dateTime']).astimezone(tz)
    text = moment.isoformat(timespec='seconds')
    if text.endswith('+00:00'):
        text = text[:-6] + 'Z'
    return {**value, 'dateTime': text}


def present(call, calendar, record, tz=None, role=None):
    data = record.data
    email = call.user.email
    role = role or calendar.role(email)
    tz = tz or response_zone(call, calendar)
    if record.bare:
        return removed(record, tz)
    answer = {'kind': 'calendar#event', 'etag': record.etag}
    if not at_least(role, 'reader') or call.busy_only:
        # free/busy only
        for name in ['id', 'status', 'start', 'end', 'recurringEventId',
                'originalStartTime', 'updated', 'created', 'eventType']:
            if name in data:
                answer[name] = data[name]
        answer['visibility'] = 'private'
    elif (data.get('visibility') in _PRIVATE
            and not at_least(role, 'writer')
            and not _participates(data, email)):
        # [Events resource] only attendees may view the details
        answer.update(
            (k, data[k]) for k in _ALWAYS if k in data)
        answer['visibility'] = data['visibility']
    else:
        answer.update(data)
        answer['reminders'] = record.reminders.get(
            email, {'useDefault': True})
        if not at_least(role, 'writer'):
            answer.pop('source', None)
        _limit(call, calendar, answer)
        if (data.get('source')
                and data.get('creator', {}).get('email') != email):
            answer.pop('source', None)
        if 'extendedProperties' in answer and not answer[
                'extendedProperties']:
            del answer['extendedProperties']
    for name in ['start', 'end', 'originalStartTime']:
        if name in answer:
            answer[name] = _when(answer[name], tz)
    return answer


def _participates(data, email):
    return (
        data.get('creator', {}).get('email') == email
        or any(a['email'] == email for a in data.get('attendees', ())))


def _limit(call, calendar, answer):
    "[Events: list] above maxAttendees only the participant is returned"
    if hidden(calendar, answer) and answer.get('attendees'):
        # [Events resource] guestsCanSeeOtherGuests (unverified: who is
        # left, and attendeesOmitted)
        seen = [
            e for e in answer['attendees']
            if e.get('self') or e.get('organizer')]
        if len(seen) < len(answer['attendees']):
            answer['attendees'] = seen
            answer['attendeesOmitted'] = True
            if not seen:
                del answer['attendees']
    maximum = call.get('maxAttendees')
    entries = answer.get('attendees')
    if maximum and entries and len(entries) > maximum:
        answer['attendees'] = [e for e in entries if e.get('self')]
        answer['attendeesOmitted'] = True


def removed(record, tz):
    "Only what is guaranteed of a deleted event"
    answer = {
        'kind': 'calendar#event',
        'etag': record.etag,
        'id': record.id,
        'status': 'cancelled',
        }
    if 'recurringEventId' in record.data:
        answer['recurringEventId'] = record.data['recurringEventId']
        answer['originalStartTime'] = _when(
            record.data['originalStartTime'], tz)
    return answer


# -- instances that are not stored

def instance(parent, value):
    "Return the record of an instance without changes of its own"
    data = {
        k: v for k, v in parent.data.items() if k != 'recurrence'}
    start, end = instance_times(parent.data, value)
    data.update(
        id=instance_id(parent.id, value), recurringEventId=parent.id,
        originalStartTime=start, start=start, end=end)
    record = Record(data, parent.number, parent.seq, parent.stamp)
    record.reminders = dict(parent.reminders)
    record.salt = parent.salt
    return record


def find(calendar, event_id):
    "Return (record, stored?) or (None, False)"
    record = calendar.events.get(event_id)
    if record is not None and not (
            record.bare and 'recurringEventId' in record.data):
        return record, True
    parsed = parse_instance_id(event_id)
    if parsed is not None:
        parent = owner(calendar, *parsed)
        # what is left of an exception gives way to the occurrence of
        # another series: that which was split from its series
        if parent is not None and (
                record is None
                or record.data['recurringEventId'] != parent.id) and (
                    instance_id(parent.id, parsed[1]) == event_id):
            return instance(parent, parsed[1]), False
    return record, record is not None


def owner(calendar, base, value):
    """Return the series that has the occurrence: of those that were split
    the last one (unverified: where they overlap)"""
    for name in [*sorted(
                calendar.splits.get(base, ()), reverse=True), base]:
        parent = calendar.events.get(name)
        if (parent is not None and not parent.cancelled
                and parent.data.get('recurrence')
                and is_occurrence(parent.data, value)):
            return parent
    parent = calendar.events.get(base)
    if (parent is not None and not parent.bare
            and parent.data.get('recurrence')
            and is_occurrence(parent.data, value)):
        return parent
    return None


def is_shadowed(calendar, parent_id, value):
    "Whether the occurrence is that of a series that was split from it"
    base = base_id(parent_id) or parent_id
    if not calendar.splits.get(base):
        return False
    found = owner(calendar, base, value)
    return found is not None and found.id != parent_id


def is_removed_instance(calendar, record):
    """Whether it is a cancelled exception of a series that lives: listed as
    long as the series [Events resource]"""
    parent = calendar.events.get(record.data.get('recurringEventId'))
    return (
        record.cancelled and parent is not None and not parent.cancelled
        and (not record.bare or is_occurrence(
                parent.data, moment_of(record.data['originalStartTime']))))
