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
    """The bodies of the requests that ask for what did not fit in.

    The members of a group count as calendars: those of big groups are asked
    for by themselves.
    """
    calendars, groups = _parts(answer, 'calendars'), _parts(answer, 'groups')
    left = [id for id, c in calendars.items() if _reason(c) == TOO_MANY]
    if len(left) == len(calendars):
        # asked once more the answer would be the same
        left = []
    bodies = [[{'id': id} for id in left[index:index + CALENDARS]]
        for index in range(0, len(left), CALENDARS)]
    if len(body['items']) > 1:
        bodies += [
            [{'id': id}] for id, g in groups.items() if _reason(g) == TOO_MANY]
    return [{**body, 'items': items} for items in bodies]


def read(ids, answers):
    """Return the `Availability` of each identifier.

    ``answers`` are the tuples of the body of a request and its answer; what
    was asked for again follows what did not fit in.
    """
    busy, errors, members = {}, {}, {}
    for body, answer in answers:
        time = body['timeMin']
        calendars, groups = (
            _parts(answer, 'calendars'), _parts(answer, 'groups'))
        for id, found in calendars.items():
            periods, error = _busy(found)
            busy.setdefault(id, []).extend(periods)
            _note(errors, id, time, error)
        for id, found in groups.items():
            members.setdefault(id, set()).update(
                m.lower() for m in found.get('calendars') or [])
            _note(errors, id, time, _reason(found))
        for item in body['items']:
            if item['id'].lower() not in calendars.keys() | groups.keys():
                _note(errors, item['id'].lower(), time, 'notFound')

    def error_of(id):
        return next(filter(None, errors.get(id, {}).values()), None)

    result = {}
    for id in ids:
        key = id.lower()
        parts = {key} | members.get(key, set())
        error = error_of(key)
        if not error and any(error_of(m) for m in parts):
            error = 'partial'
        result[id] = Availability(
            merge(p for part in parts for p in busy.get(part, [])), error)
    return result


def _note(errors, id, time, error):
    "Note the error of one part of the time, unless it was answered as well"
    known = errors.setdefault(id, {})
    known[time] = error if known.get(time, error) else None


def _parts(answer, name):
    "The calendars or the groups of an answer, by identifier"
    return {
        id.lower(): part for id, part in (answer.get(name) or {}).items()
        if isinstance(part, dict)}


def _reason(found):
    for error in found.get('errors') or []:
        return error.get('reason') or 'internalError'


def _busy(calendar):
    "Return the periods of a calendar and what is wrong with it, or None"
    periods, error = [], _reason(calendar)
    for period in calendar.get('busy') or []:
        try:
            periods.append((_time(period['start']), _time(period['end'])))
        except (KeyError, TypeError, ValueError):
            error = 'internalError'
    return periods, error


def _text(time):
    return time.isoformat(timespec='seconds') + 'Z'


def _time(text):
    time = dt.datetime.fromisoformat(text)
    if time.tzinfo is None:
        raise ValueError
    return time.astimezone(dt.timezone.utc).replace(tzinfo=None)
