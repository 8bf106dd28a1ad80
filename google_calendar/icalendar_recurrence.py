# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Reading the recurrence of a VEVENT as lines that Google understands.

Pure functions, https://www.rfc-editor.org/rfc/rfc5545#section-3.8.5
"""
import datetime as dt
import re
from dataclasses import dataclass

from icalendar.parser import Contentline
from icalendar.prop import vDDDTypes, vRecur

from .icalendar_zones import Zones
from .times import zone_of

__all__ = [
    'Start', 'basic', 'comparable', 'dates_text', 'exclude', 'normal',
    'read_lines', 'read_recurrence']

_RULES = ('RRULE', 'EXRULE')
_DATES = ('RDATE', 'EXDATE')
_RULE = re.compile(r'[A-Z0-9-]+=[-+A-Z0-9,]+(;[A-Z0-9-]+=[-+A-Z0-9,]+)*')
_UNTIL = re.compile(r'(?<=UNTIL=)[^;]+')
# what a rule may say, https://www.rfc-editor.org/rfc/rfc5545#section-3.3.10
_PARTS = {
    'FREQ', 'UNTIL', 'COUNT', 'INTERVAL', 'BYSECOND', 'BYMINUTE', 'BYHOUR',
    'BYDAY', 'BYMONTHDAY', 'BYYEARDAY', 'BYWEEKNO', 'BYMONTH', 'BYSETPOS',
    'WKST'}
_MAX_DATES = 10_000
_END_OF_DAY = dt.time(23, 59, 59)


@dataclass
class Start:
    """The start of an event.

    ``value`` is a date or a naive UTC time, ``zone`` the name of its zone.
    """
    value: dt.date
    zone: str | None

    @classmethod
    def of(cls, values):
        "The start of values of the mapping"
        if values['all_day']:
            return cls(values['start_date'], None)
        return cls(values['start'], values['time_zone'])

    @property
    def all_day(self):
        return not isinstance(self.value, dt.datetime)

    @property
    def local(self):
        "The date, or the naive time in the zone"
        return self.value if self.all_day else self.to_local(self.value)

    def to_local(self, time):
        zone = zone_of(self.zone) or dt.timezone.utc
        try:
            return (time.replace(tzinfo=dt.timezone.utc).astimezone(zone)
                .replace(tzinfo=None, fold=0))
        except OverflowError:
            return time

    def to_utc(self, local):
        zone = zone_of(self.zone) or dt.timezone.utc
        try:
            return (local.replace(tzinfo=zone).astimezone(dt.timezone.utc)
                .replace(tzinfo=None))
        except OverflowError:
            return local

    def is_ambiguous(self, time):
        "Tell if the local time could be that of another instant"
        return self.to_utc(self.to_local(time)) != time

    def midnight(self, date):
        return self.to_utc(dt.datetime.combine(date, dt.time()))

    def on(self, date):
        "The start on another day, at the same time in the zone"
        return self.to_utc(dt.datetime.combine(date, self.local.time()))

    def after(self, duration):
        "The time after a duration, of which the days are those of a calendar"
        days = dt.timedelta(days=duration.days)
        try:
            return self.to_utc(self.local + days) + (duration - days)
        except OverflowError:
            return self.value


def read_recurrence(properties, start, zones):
    """Return the lines of the recurrence, None if there is none.

    The times of a series are in its own zone, the dates of one of days are
    days, and UNTIL is of the kind that RFC 5545 demands.  Raise ValueError
    with the rule or the date that can not be read.
    """
    lines = []
    for name in _RULES:
        for _, value in properties.all(name):
            # an empty one says nothing
            if value.strip():
                lines.append(f'{name}:{_rule(value, start)}')
    for name in _DATES:
        lines.extend(_dates(name, properties.all(name), start, zones))
    # repeated rules change nothing
    return '\n'.join(dict.fromkeys(lines)) or None


def _rule(value, start):
    text = ''.join(value.split()).upper().strip(';')
    if not _RULE.fullmatch(text):
        raise ValueError(value)
    parts = dict(part.split('=', 1) for part in text.split(';'))
    if 'FREQ' not in parts or any(
            n not in _PARTS and not n.startswith('X-') for n in parts):
        raise ValueError(value)
    try:
        vRecur.from_ical(text)
        return _UNTIL.sub(lambda m: _until(m[0], start), text)
    except (ValueError, TypeError, AttributeError):
        raise ValueError(value) from None


def _until(text, start):
    value = vDDDTypes.from_ical(text)
    if not isinstance(value, dt.date):
        raise ValueError(text)
    timed = isinstance(value, dt.datetime)
    if start.all_day:
        return basic(value.date() if timed else value)
    if not timed:
        # the day is the last one, whole
        value = start.to_utc(dt.datetime.combine(value, _END_OF_DAY))
    elif not value.tzinfo:
        value = start.to_utc(value)
    return f'{basic(value.replace(tzinfo=None))}Z'


def basic(value):
    "The date, or the naive time in whole seconds, in the basic format"
    return value.isoformat().replace('-', '').replace(':', '')


def _dates(name, found, start, zones):
    lines, single, periods = [], [], []
    for params, text in found:
        for part in filter(None, map(str.strip, text.upper().split(','))):
            if len(single) + len(periods) >= _MAX_DATES:
                raise ValueError(name)
            value = _value(part)
            if isinstance(value, tuple):
                time = _moment(value[0], params, start, zones)
                if start.all_day or name == 'EXDATE':
                    single.append(time)
                else:
                    periods.append((time, _end(value[1], params, start,
                                zones)))
            else:
                single.append(_moment(value, params, start, zones))
    if single:
        lines.append(_line(name, *dates_text(dict.fromkeys(single), start)))
    if periods:
        params, _ = dates_text([], start)
        lines.append(_line(
                name, {'value': 'PERIOD', **params}, ','.join(
                    f'{_text(time, start)}/{_text(end, start)}'
                    for time, end in dict.fromkeys(periods))))
    return lines


def _line(name, params, text):
    params = ''.join(f';{n.upper()}={v}' for n, v in params.items())
    return f'{name}{params}:{text}'


def read_lines(text):
    "Yield the name, the parameters and the text of the lines"
    for line in (text or '').splitlines():
        try:
            name, params, value = Contentline(line.strip()).raw_parts()
        except ValueError:
            # what is no line can not be written either
            continue
        if name.upper() in _RULES + _DATES:
            yield name.upper(), dict(params), value


def dates_text(values, start):
    "Return the parameters and the text of dates, or naive UTC times"
    params = {}
    if start.all_day:
        params['value'] = 'DATE'
    elif start.zone not in {None, 'UTC'}:
        params['tzid'] = start.zone
    return params, ','.join(_text(v, start) for v in values)


def _value(text):
    try:
        value = vDDDTypes.from_ical(text)
    except (TypeError, IndexError):
        raise ValueError(text) from None
    if not isinstance(value, dt.date | tuple):
        raise ValueError(text)
    return value


def _moment(value, params, start, zones):
    "A date of a series of days, else a naive UTC time"
    if not isinstance(value, dt.datetime):
        return value if start.all_day else start.on(value)
    if start.all_day:
        return value.date()
    if value.tzinfo:
        return value.replace(tzinfo=None)
    zone = params.get('TZID')
    if isinstance(zone, str):
        return zones.utc(value, zone)[0]
    return start.to_utc(value)


def _end(value, params, start, zones):
    "The end of a period, a duration as it is"
    if isinstance(value, dt.timedelta):
        return value
    return _moment(value, params, start, zones)


def _text(value, start):
    if isinstance(value, dt.timedelta):
        return vDDDTypes(value).to_ical().decode()
    if start.all_day:
        return basic(value)
    if start.zone in {None, 'UTC'}:
        return f'{basic(value)}Z'
    return basic(start.to_local(value))


# Comparing


class _Lines:
    "The lines of a recurrence, as the properties of a component"

    def __init__(self, text):
        self._values = {}
        for name, params, value in read_lines(text):
            self._values.setdefault(name, []).append((params, value))

    def all(self, name):
        return self._values.get(name, [])


def normal(values):
    "Return the recurrence of the values as RFC 5545 demands, if it can be"
    start = Start.of(values)
    try:
        return read_recurrence(
            _Lines(values['recurrence']), start, Zones(start.zone or 'UTC'))
    except ValueError:
        # as it is written
        return values['recurrence']


def comparable(values):
    "Return a set that is equal for values with the same recurrence"
    result = set()
    for name, params, value in read_lines(normal(values)):
        kind = params.get('VALUE')
        if name in _DATES:
            result.update((name, kind, part) for part in value.split(','))
        else:
            result.add((name, kind, value))
    return result


def exclude(values, originals):
    "Return the recurrence of the values without the occurrences"
    start = Start.of(values)
    dates = sorted(
        o.date() if start.all_day else o for o in originals)
    lines = [values['recurrence']] if values['recurrence'] else []
    if dates:
        lines.append(_line('EXDATE', *dates_text(dates, start)))
    return '\n'.join(lines) or None
