# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Series and their instances [Recurring events; Calendars & events]

An occurrence is a date (all-day) or an aware datetime in UTC."""
import datetime as dt
import functools
import re

from dateutil import rrule as du

from .discovery import parse_date, parse_datetime
from .errors import invalid
from .model import base_id
from .zones import UTC, zone

_PARTS = {
    'FREQ', 'UNTIL', 'COUNT', 'INTERVAL', 'BYSECOND', 'BYMINUTE', 'BYHOUR',
    'BYDAY', 'BYMONTHDAY', 'BYYEARDAY', 'BYWEEKNO', 'BYMONTH', 'BYSETPOS',
    'WKST'}
_INSTANCE = re.compile(r'(.+)_(\d{8})(?:T(\d{6})Z)?$')
# (unverified) how far endless series are expanded
HORIZON_YEARS = 10
MAX_INSTANCES = 2000


def bad(line):
    return invalid(f"Invalid recurrence rule: {line}", location='recurrence')


def all_day(data):
    return 'date' in data['start']


def local_start(data):
    "Return the naive start in the zone of the event, and the zone"
    start = data['start']
    if 'date' in start:
        return dt.datetime.combine(parse_date(start['date']), dt.time()), None
    tz = zone(start.get('timeZone')) or UTC
    moment = parse_datetime(start['dateTime'])
    return moment.astimezone(tz).replace(tzinfo=None), tz


def _split(line):
    "Return (name, {parameter: value}, value)"
    head, colon, value = line.partition(':')
    name, *parameters = head.upper().split(';')
    if (not colon or re.search(r'\s', line)
            or name not in {'RRULE', 'EXRULE', 'RDATE', 'EXDATE'}):
        # DTSTART and DTEND lines are not allowed
        raise bad(line)
    # a zone's name is case-sensitive
    raw = head.split(';')[1:]
    return name, {
        p.partition('=')[0].upper(): p.partition('=')[2].strip('"')
        for p in raw}, value


def _naive(text, parameters, tz, line, date_only):
    "Return the naive datetime in the zone of the series"
    text = text.partition('/')[0]  # a period: its start
    if match := re.match(r'(\d{8})$', text):
        if not date_only and parameters.get('VALUE') != 'DATE':
            raise bad(line)
        try:
            return dt.datetime.strptime(match[1], '%Y%m%d')
        except ValueError:
            raise bad(line)
    if date_only:
        # [Calendars & events] all-day series: dates
        raise bad(line)
    try:
        moment = dt.datetime.strptime(text.rstrip('Z'), '%Y%m%dT%H%M%S')
    except ValueError:
        raise bad(line)
    if text.endswith('Z'):
        moment = moment.replace(tzinfo=UTC)
    elif 'TZID' in parameters:
        other = zone(parameters['TZID'])
        if other is None:
            raise bad(line)
        moment = moment.replace(tzinfo=other)
    else:
        return moment
    return moment.astimezone(tz).replace(tzinfo=None)


def _rule(value, start, tz, line):
    parts = {}
    for part in value.split(';'):
        name, equal, text = part.partition('=')
        name = name.upper()
        if not equal or not text or name not in _PARTS or name in parts:
            raise bad(line)
        parts[name] = text.upper()
    if 'FREQ' not in parts or 'COUNT' in parts and 'UNTIL' in parts:
        raise bad(line)
    for name in ['COUNT', 'INTERVAL']:
        if name in parts and not (
                parts[name].isdigit() and int(parts[name]) > 0):
            raise bad(line)
    until = parts.pop('UNTIL', None)
    if until is not None:
        # (unverified) a date in a timed series covers the whole day
        try:
            if re.match(r'\d{8}$', until):
                until = dt.datetime.strptime(until, '%Y%m%d')
                if tz is not None:
                    until += dt.timedelta(days=1, seconds=-1)
            else:
                moment = dt.datetime.strptime(
                    until.rstrip('Z'), '%Y%m%dT%H%M%S')
                if until.endswith('Z') and tz is not None:
                    moment = moment.replace(tzinfo=UTC).astimezone(
                        tz).replace(tzinfo=None)
                until = moment
        except ValueError:
            raise bad(line)
    text = ';'.join(f'{k}={v}' for k, v in parts.items())
    try:
        rule = du.rrulestr(text, dtstart=start)
        if until is not None:
            rule = rule.replace(until=until)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise bad(line)
    return rule


def rule_set(data):
    "Return the dateutil set, in naive local time, and the zone"
    start, tz = local_start(data)
    result = du.rruleset(cache=False)
    rules = 0
    dated = False
    for line in data.get('recurrence', ()):
        name, parameters, value = _split(line)
        if name in {'RRULE', 'EXRULE'}:
            rule = _rule(value, start, tz, line)
            if name == 'RRULE':
                rules += 1
                result.rrule(rule)
            else:
                result.exrule(rule)
            continue
        if not value:
            raise bad(line)
        for text in value.split(','):
            moment = _naive(text, parameters, tz, line, tz is None)
            if tz is not None and re.match(r'\d{8}$', text):
                # liberal: the date of an occurrence of a timed series
                moment = dt.datetime.combine(moment.date(), start.time())
            if name == 'RDATE':
                dated = True
                result.rdate(moment)
            else:
                result.exdate(moment)
    if not rules and dated:
        # (unverified) without a rule the start is an occurrence
        result.rdate(start)
    if not rules and not dated:
        raise bad(' '.join(data.get('recurrence', ())))
    return result, tz


def check(data):
    "Refuse what Google would not accept as the recurrence of the event"
    result, _ = rule_set(data)
    if next(iter(result), None) is None:
        raise bad(' '.join(data['recurrence']))


class Expansion:
    "The occurrences of a rule, (value, begin) in order, computed once"

    def __init__(self, result, tz):
        self.moments = iter(result)
        self.tz = tz
        self.pairs = []
        self.values = set()

    def _next(self):
        "Compute one more; return False at the end"
        try:
            moment = next(self.moments)
        except Exception:  # the end, or what dateutil cannot go beyond
            return False
        if self.tz is None:
            value, begin = moment.date(), moment.replace(tzinfo=UTC)
        else:
            try:
                value = begin = moment.replace(
                    tzinfo=self.tz).astimezone(UTC)
            except OverflowError:
                return False
        if value not in self.values:
            self.values.add(value)
            self.pairs.append((value, begin))
        return True

    def __iter__(self):
        index = 0
        while True:
            while index < len(self.pairs):
                yield self.pairs[index]
                index += 1
            if not self._next():
                return

    def upto(self, high):
        "Yield those that begin before high"
        for value, begin in self:
            if begin >= high:
                return
            yield value

    def __contains__(self, value):
        "Whether it is one of the occurrences"
        begin = value
        if not isinstance(value, dt.datetime):
            begin = dt.datetime.combine(value, dt.time(), UTC)
        while not self.pairs or self.pairs[-1][1] <= begin:
            if not self._next():
                break
        return value in self.values


def expansion(data):
    start = data['start']
    return _expansion(
        start.get('date'), start.get('dateTime'), start.get('timeZone'),
        tuple(data.get('recurrence', ())))


@functools.lru_cache(2048)
def _expansion(date, moment, name, lines):
    start = {'date': date} if date else {'dateTime': moment}
    if name:
        start['timeZone'] = name
    try:
        result, tz = rule_set({'start': start, 'recurrence': lines})
    except Exception:  # planted: no rule that can be expanded
        result, tz = (), None
    return Expansion(result, tz)


def occurrences(data, low=None, high=None):
    """Yield the occurrences whose start is not after high and whose end is
    after low, in order"""
    length = duration(data)
    limit = dt.datetime.now(UTC) + dt.timedelta(days=366 * HORIZON_YEARS)
    endless = any(
        line.upper().startswith('RRULE') and not re.search(
            'COUNT=|UNTIL=', line.upper())
        for line in data.get('recurrence', ()))
    count = 0
    for value, begin in expansion(data):
        if high is not None and begin >= high:
            return
        if endless and begin > limit and count:
            return
        if low is not None and begin + length <= low:
            continue
        count += 1
        if endless and count > MAX_INSTANCES:
            return
        yield value


def duration(data):
    "Wall-clock length"
    if all_day(data):
        return (
            parse_date(data['end']['date'])
            - parse_date(data['start']['date']))
    start, tz = local_start(data)
    end = parse_datetime(data['end']['dateTime']).astimezone(tz)
    return end.replace(tzinfo=None) - start


def is_occurrence(data, value):
    return value in expansion(data)


def instance_id(parent_id, value):
    # the instances of <id>_R<time> are <id>_<time>, too (unverified:
    # odoo/odoo#120798, #287171)
    parent_id = base_id(parent_id) or parent_id
    if isinstance(value, dt.datetime):
        return f'{parent_id}_{value.astimezone(UTC):%Y%m%dT%H%M%SZ}'
    return f'{parent_id}_{value:%Y%m%d}'


def parse_instance_id(text):
    "Return (parent id, occurrence) or None"
    match = _INSTANCE.match(text)
    if not match:
        return None
    try:
        if match[3]:
            return match[1], dt.datetime.strptime(
                match[2] + match[3], '%Y%m%d%H%M%S').replace(tzinfo=UTC)
        return match[1], dt.datetime.strptime(match[2], '%Y%m%d').date()
    except ValueError:
        return None


def moment_of(value):
    "Return an EventDateTime as a date or as an aware datetime in UTC"
    if value is None:
        return None
    if value.get('date'):
        return parse_date(value['date'])
    moment = parse_datetime(value.get('dateTime'))
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone(value.get('timeZone')) or UTC)
    return moment.astimezone(UTC)


def event_datetime(value, tz_name):
    "Return the EventDateTime of a date or of an aware datetime"
    if not isinstance(value, dt.datetime):
        return {'date': value.isoformat()}
    tz = zone(tz_name) or UTC
    return {
        'dateTime': value.astimezone(tz).isoformat(timespec='seconds'),
        'timeZone': tz_name,
        }


def instance_times(data, value):
    "Return (start, end) of the occurrence, as EventDateTimes"
    length = duration(data)
    if not isinstance(value, dt.datetime):
        return (
            {'date': value.isoformat()},
            {'date': (value + length).isoformat()})
    name = data['start']['timeZone']
    tz = zone(name) or UTC
    wall = value.astimezone(tz).replace(tzinfo=None) + length
    end = wall.replace(tzinfo=tz).astimezone(UTC)
    return (
        event_datetime(value, name),
        event_datetime(end, data['end'].get('timeZone', name)))


def bounds(data):
    "Return (start, end) as aware datetimes, dates as midnight in UTC"
    def aware(value):
        value = moment_of(value)
        if isinstance(value, dt.datetime):
            return value
        return dt.datetime.combine(value, dt.time(), UTC)

    return aware(data['start']), aware(data['end'])
