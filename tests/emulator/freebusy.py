# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"freebusy.query"
import datetime as dt

from .api import method
from .discovery import parse_datetime
from .errors import ApiError, invalid, required
from .listing import _WINDOW, _Query, _singles, _window
from .recurrence import bounds
from .zones import zone


@method('calendar.freebusy.query')
def freebusy(call):
    "[Freebusy: query]"
    body = call.body
    for name in _WINDOW:
        if not body.get(name):
            raise required(f"Missing {name} parameter.")
        if parse_datetime(body[name]).tzinfo is None:
            raise ApiError('badRequest', location=name)
    low, high = _window(body)
    if high - low > dt.timedelta(days=366):
        # (unverified) the limit
        raise ApiError('timeRangeTooLong', "The requested time range is too "
            "long.", code=400, domain='calendar')
    tz = zone(body.get('timeZone') or 'UTC')
    if tz is None:
        raise invalid("Invalid time zone.")
    items = [i.get('id', '') for i in body.get('items') or ()]
    maximum = body.get('calendarExpansionMax', 50)
    answer = {}
    for index, name in enumerate(items):
        calendar = call.state.calendar(call.user, name)
        reason = None
        if index >= min(maximum, 50):
            reason = 'tooManyCalendarsRequested'
        elif calendar is None:
            reason = 'notFound'
        if reason:
            answer[name] = {
                'errors': [{'domain': 'global', 'reason': reason}],
                'busy': []}
            continue
        query = _Query(call, body)
        busy = sorted(
            bounds(r.data) for r in _singles(
                calendar, query, None, calendar.seq, False)
            if r.data.get('transparency') != 'transparent')
        merged = []
        for start, end in busy:
            start, end = max(start, low), min(end, high)
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        answer[name] = {'busy': [
                {'start': _text(s, tz), 'end': _text(e, tz)}
                for s, e in merged]}
    return {
        'kind': 'calendar#freeBusy',
        'timeMin': _text(low, tz),
        'timeMax': _text(high, tz),
        'calendars': answer,
        }


def _text(moment, tz):
    return moment.astimezone(tz).isoformat(
        timespec='seconds').replace('+00:00', 'Z')


