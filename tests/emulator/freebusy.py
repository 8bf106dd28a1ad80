# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"freebusy.query [Freebusy: query]"
import datetime as dt

from .api import method
from .discovery import parse_datetime
from .errors import ApiError, invalid, required
from .listing import window
from .people import is_busy, periods
from .zones import zone

MAX_GROUP, MAX_CALENDARS = 100, 50


def _limit(body, name, maximum):
    value = body.get(name)
    if value is None:
        return maximum
    if not 0 < value <= maximum:
        # (unverified) refused, not taken as the maximum
        raise invalid(f"Invalid {name} value.", name)
    return value


def _error(reason):
    return {'domain': 'global', 'reason': reason}


def _expand(state, items, limit):
    "Return (calendar ids, groups)"
    names, groups = [], {}
    for item in items:
        name = item.get('id') or ''
        group = state.groups.get(name.lower())
        if group is None:
            names.append(name)
            continue
        members = state.members(name.lower())
        if len(members) > limit:
            # an error for a group with more members
            groups[name] = {'errors': [_error('groupTooBig')]}
            continue
        groups[name] = {'calendars': members}
        names.extend(members)
    return list(dict.fromkeys(names)), groups


def busy(calendar, low, high):
    "Return the merged [start, end] when the calendar is busy"
    found = []
    for record in calendar.events.values():
        if record.bare or not is_busy(record.data, calendar):
            continue
        parent = calendar.events.get(record.data.get('recurringEventId'))
        if parent is not None and parent.cancelled:
            continue
        # one day more: all-day events begin at midnight in the zone
        day = dt.timedelta(days=1)
        for _, start, end in periods(
                calendar, record, low - day, high + day):
            start, end = max(start, low), min(end, high)
            if start < end:
                found.append((start, end))
    merged = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    return merged


@method('calendar.freebusy.query')
def freebusy(call):
    body = call.body
    for name in ['timeMin', 'timeMax']:
        if not body.get(name):
            raise required(f"Missing {name} parameter.")
        if parse_datetime(body[name]).tzinfo is None:
            raise ApiError('badRequest', location=name)
    low, high = window(body)
    if high - low > dt.timedelta(days=366):
        # (unverified) the limit
        raise ApiError('timeRangeTooLong', "The requested time range is too "
            "long.", code=400, domain='calendar')
    tz = zone(body.get('timeZone') or 'UTC')
    if tz is None:
        raise invalid("Invalid time zone.")
    maximum = _limit(body, 'calendarExpansionMax', MAX_CALENDARS)
    names, groups = _expand(
        call.state, body.get('items') or (),
        _limit(body, 'groupExpansionMax', MAX_GROUP))
    answer = {}
    for index, name in enumerate(names):
        calendar = call.state.calendar(call.user, name)
        if index >= maximum:
            answer[name] = {
                'errors': [_error('tooManyCalendarsRequested')], 'busy': []}
        elif calendar is None:
            answer[name] = {'errors': [_error('notFound')], 'busy': []}
        else:
            answer[name] = {'busy': [
                    {'start': _text(s, tz), 'end': _text(e, tz)}
                    for s, e in busy(calendar, low, high)]}
    result = {
        'kind': 'calendar#freeBusy',
        'timeMin': _text(low, tz),
        'timeMax': _text(high, tz),
        'calendars': answer,
        }
    if groups:
        result['groups'] = groups
    return result


def _text(moment, tz):
    return moment.astimezone(tz).isoformat(
        timespec='seconds').replace('+00:00', 'Z')
