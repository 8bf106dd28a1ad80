# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""When people are free: periods, working hours and Google's answers, pure.

A period is a tuple of start and end, naive UTC, the end is not part of it.

https://developers.google.com/workspace/calendar/api/v3/reference/freebusy/query
"""
import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import islice
from zoneinfo import ZoneInfo

__all__ = [
    'Availability', 'MAXIMUM_DAYS', 'again', 'day_period', 'first_slots',
    'is_busy', 'merge', 'questions', 'read', 'slots', 'to_utc',
    'working_hours']

# the maxima of one question
CALENDARS = 50
GROUP_MEMBERS = 100
# Google refuses a range of about three months ("timeRangeTooLong"), which no
# page states: github.com/calcom/cal.diy/pull/11962
RANGE = dt.timedelta(days=31)
# of what is worth to be searched
MAXIMUM_DAYS = 92
TOO_MANY = 'tooManyCalendarsRequested'

DAY = dt.timedelta(days=1)


@dataclass
class Availability:
    """When a person, a room or a group is busy.

    ``error`` is Google's reason why it does not tell, or None; what is
    busy nevertheless is known of what Tryton knows.
    """
    busy: list = field(default_factory=list)
    error: str | None = None


# Times

def to_utc(date, time, zone):
    """The UTC of a time on a wall clock.

    A time that the clock skips is as long after the skip as it was meant to
    be, of one that comes twice the first is meant.
    """
    local = dt.datetime.combine(date, time, tzinfo=ZoneInfo(zone))
    return local.astimezone(dt.timezone.utc).replace(tzinfo=None)


def day_period(first, last, zone):
    "The period of whole days, of which the last is part"
    midnight = dt.time()
    return to_utc(first, midnight, zone), to_utc(last + DAY, midnight, zone)


def working_hours(first, last, start, end, weekdays, zone):
    """The periods of the working hours of the days.

    ``start`` and ``end`` are times on the wall clock; an end that is not
    after the start is of the next day. Monday is the weekday 0.
    """
    following = DAY if end <= start else dt.timedelta()
    days = (
        first + dt.timedelta(days=i)
        for i in range((last - first).days + 1))
    return merge(
        (to_utc(day, start, zone), to_utc(day + following, end, zone))
        for day in days if day.weekday() in weekdays)


# Periods

def merge(periods):
    "The union of the periods: sorted, apart from each other"
    result = []
    for start, end in sorted(periods):
        if end <= start:
            continue
        if result and start <= result[-1][1]:
            if end > result[-1][1]:
                result[-1] = result[-1][0], end
        else:
            result.append((start, end))
    return result


def _obstacle(busy, start, end):
    "The first of the merged periods that overlaps, or None"
    index = bisect_right(busy, start, key=lambda period: period[1])
    if index < len(busy) and busy[index][0] < end:
        return busy[index]


def is_busy(busy, start, end):
    "Tell if one of the merged periods overlaps"
    return _obstacle(busy, start, end) is not None


def slots(hours, busy, duration, step, not_before=None):
    """Yield the periods of the duration within the hours when nobody is busy.

    They begin at multiples of the step since the hours begin, not before a
    time; ``hours`` and ``busy`` are merged.
    """
    for opening, closing in hours:
        start = opening
        if not_before and not_before > start:
            start = _next(opening, step, not_before)
        while start + duration <= closing:
            obstacle = _obstacle(busy, start, start + duration)
            if obstacle:
                start = _next(opening, step, obstacle[1])
            else:
                yield start, start + duration
                start += step


def _next(opening, step, time):
    "The first multiple of the step since the opening that is not before"
    return opening + -((opening - time) // step) * step


def first_slots(count, *args, **kwargs):
    return list(islice(slots(*args, **kwargs), count))


# Google

def questions(ids, start, end):
    "The bodies of the requests about the calendars and groups"
    bodies = []
    while start < end:
        until = min(start + RANGE, end)
        for index in range(0, len(ids), CALENDARS):
            bodies.append({
                    'timeMin': _text(start),
                    'timeMax': _text(until),
                    'timeZone': 'UTC',
                    'groupExpansionMax': GROUP_MEMBERS,
                    'calendarExpansionMax': CALENDARS,
                    'items': [
                        {'id': id} for id in ids[index:index + CALENDARS]],
                    })
        start = until
    return bodies


def again(body, answer):
    """The bodies of the requests to make again, of one item each.

    A group counts as many calendars as it has members.
    """
    items = body['items']
    if len(items) == 1:
        return []
    return [
        {**body, 'items': [item]} for item in items
        if _reason(_found(answer, item['id'])) == TOO_MANY]


def read(ids, answers):
    """Return the `Availability` of each identifier.

    ``answers`` are the tuples of the body of a request and its answer.
    """
    result = {id: Availability() for id in ids}
    for body, answer in answers:
        repeated = {b['items'][0]['id'] for b in again(body, answer)}
        for item in body['items']:
            id = item['id']
            if id not in repeated:
                _add(result[id], answer, id)
    for availability in result.values():
        availability.busy = merge(availability.busy)
    return result


def _found(answer, id):
    "What the answer has about a calendar or a group, {} if nothing"
    for name in ['groups', 'calendars']:
        for key, value in (answer.get(name) or {}).items():
            if key.lower() == id.lower() and isinstance(value, dict):
                return value
    return {'errors': [{'reason': 'notFound'}]}


def _reason(found):
    for error in found.get('errors') or []:
        return error.get('reason') or 'internalError'


def _add(availability, answer, id):
    found = _found(answer, id)
    error = _reason(found)
    members = found.get('calendars')
    if members is None:
        error = _add_busy(availability, found) or error
    else:
        for member in members:
            calendar = _found({'calendars': answer.get('calendars')}, member)
            if _add_busy(availability, calendar) or _reason(calendar):
                error = error or 'partial'
    availability.error = availability.error or error


def _add_busy(availability, calendar):
    "Add what is busy and return what is wrong with it, or None"
    error = None
    for period in calendar.get('busy') or []:
        try:
            availability.busy.append(
                (_time(period['start']), _time(period['end'])))
        except (KeyError, TypeError, ValueError):
            error = 'internalError'
    return error


def _text(time):
    return time.isoformat(timespec='seconds') + 'Z'


def _time(text):
    time = dt.datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError
    return time.astimezone(dt.timezone.utc).replace(tzinfo=None)
