# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The lines of a recurrence: RRULE, EXRULE, RDATE and EXDATE.

Pure functions: no ORM, no network, no clock. A moment is a date, or a naive
datetime of the wall clock, in the zone of the series.

https://www.rfc-editor.org/rfc/rfc5545#section-3.8.5
"""
import datetime as dt
import re
from functools import partial

from dateutil import rrule as du

from .times import DAY, zone_of

__all__ = [
    'Dates', 'RecurrenceError', 'Rule', 'UTC', 'WEEKDAYS', 'format_lines',
    'localize', 'parse', 'to_utc', 'write_moment']

WEEKDAYS = ('MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU')
UTC = dt.timezone.utc

_FREQUENCIES = {
    'YEARLY': du.YEARLY,
    'MONTHLY': du.MONTHLY,
    'WEEKLY': du.WEEKLY,
    'DAILY': du.DAILY,
    'HOURLY': du.HOURLY,
    'MINUTELY': du.MINUTELY,
    'SECONDLY': du.SECONDLY,
    }
_UNITS = {
    du.WEEKLY: dt.timedelta(weeks=1),
    du.DAILY: DAY,
    du.HOURLY: dt.timedelta(hours=1),
    du.MINUTELY: dt.timedelta(minutes=1),
    du.SECONDLY: dt.timedelta(seconds=1),
    }
_NUMBERS = {
    'BYSECOND', 'BYMINUTE', 'BYHOUR', 'BYMONTHDAY', 'BYYEARDAY', 'BYWEEKNO',
    'BYMONTH', 'BYSETPOS'}
_PARTS = {'FREQ', 'UNTIL', 'COUNT', 'INTERVAL', 'WKST', 'BYDAY'} | _NUMBERS
_LINE = re.compile(r'([A-Za-z]+)((?:;[^:;="]+=(?:"[^"]*"|[^:;"]*))*):(.*)')
_PARAMETER = re.compile(r';([^=]+)=(?:"([^"]*)"|([^;]*))')
_BYDAY = re.compile(r'([+-]?\d{1,3})?(MO|TU|WE|TH|FR|SA|SU)', re.ASCII)
_MOMENT = re.compile(
    r'(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?', re.ASCII)
_DURATION = re.compile(
    r'([+-]?)P(?:(\d{1,9})W)?(?:(\d{1,9})D)?'
    r'(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?', re.ASCII)


class RecurrenceError(ValueError):
    """A recurrence from which no occurrences can be computed.

    ``code`` is ``bad_line`` (arguments: line), ``too_many`` or
    ``too_frequent`` (line), ``split`` or ``shift``.
    """

    def __init__(self, code, arguments=None):
        super().__init__(code)
        self.code = code
        self.arguments = dict(arguments or {})


def to_utc(moment, zone):
    """Return the naive UTC time of the wall clock.

    One that does not exist has the offset of before, of one that comes twice
    the first counts. Raise OverflowError if no year has it.

    https://www.rfc-editor.org/rfc/rfc5545#section-3.3.5
    """
    return moment.replace(tzinfo=zone).astimezone(UTC).replace(tzinfo=None)


def localize(time, zone):
    "Return the wall clock at a naive UTC time"
    try:
        return time.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None)
    except OverflowError:
        # the first and the last day do not exist in all zones
        return time


def parse(text):
    "Return the Rule or Dates of each line, raise RecurrenceError"
    result = []
    for line in filter(None, map(str.strip, (text or '').splitlines())):
        match = _LINE.fullmatch(line)
        Line = match and _LINES.get(match[1].upper())
        if not Line:
            raise bad(line)
        parameters = {
            name.upper(): quoted or plain
            for name, quoted, plain in _PARAMETER.findall(match[2])}
        result.append(Line(match[1].upper(), parameters, match[3], line))
    return result


def format_lines(lines):
    "Return the text of the lines, None if there is none"
    return '\n'.join(map(str, lines)) or None


def bad(line):
    return RecurrenceError('bad_line', {'line': str(line)[:200]})


def _read_moment(text):
    "Return a date or a datetime and if it is in UTC, None if not readable"
    match = _MOMENT.fullmatch(text.strip().upper())
    if not match:
        return None
    *numbers, utc = match.groups()
    try:
        if numbers[3] is None:
            return dt.date(*map(int, numbers[:3])), False
        return dt.datetime(*map(int, numbers)), bool(utc)
    except ValueError:
        return None


def write_moment(moment):
    if isinstance(moment, dt.datetime):
        return moment.strftime('%Y%m%dT%H%M%S').zfill(15)
    return moment.strftime('%Y%m%d').zfill(8)


def _read_duration(text):
    match = _DURATION.fullmatch(text.strip().upper())
    if not match or not any(match.groups()[1:]):
        return None
    sign, *numbers = match.groups()
    weeks, days, hours, minutes, seconds = (int(n or 0) for n in numbers)
    try:
        duration = dt.timedelta(
            weeks=weeks, days=days, hours=hours, minutes=minutes,
            seconds=seconds)
    except OverflowError:
        return None
    return None if sign == '-' else duration


class _Search(du.rrule):
    """A rule that is searched for some years only.

    dateutil looks for the next occurrence up to the year 9999, which takes
    long if there is none. It reads the week numbers at each new year: then
    ``spend`` is called.
    """
    reads = 100

    @staticmethod
    def spend():
        pass

    @property
    def _byweekno(self):
        self.reads -= 1
        if self.reads < 0:
            raise _Exhausted
        self.spend()
        return self._weeks

    @_byweekno.setter
    def _byweekno(self, value):
        self._weeks = value

    def search(self, years, spend):
        # week numbers are read several times
        self.reads = (years + 3) * (8 if self._weeks else 1)
        self.spend = spend
        try:
            yield from self
        except _Exhausted:
            pass


class _Exhausted(Exception):
    pass


class Rule:
    "A line RRULE or EXRULE: its parts are those of the text, in their order"

    def __init__(self, name, parameters, value, line):
        self.name = name
        self.line = line
        self.parts = {}
        for part in value.strip().rstrip(';').split(';'):
            key, equal, text = part.partition('=')
            key, text = key.strip().upper(), text.strip().upper()
            if (not equal or not text or key not in _PARTS
                    or key in self.parts):
                raise bad(line)
            self.parts[key] = text
        self._check()

    def _check(self):
        try:
            self.frequency = _FREQUENCIES[self.parts['FREQ']]
            self.interval = int(self.parts.get('INTERVAL', 1))
            self.count = (
                int(self.parts['COUNT']) if 'COUNT' in self.parts else None)
            self.weekdays = [
                self._weekday(n) for n in self._list('BYDAY')]
            self.numbers = {
                name: [int(n) for n in self._list(name)]
                for name in _NUMBERS if name in self.parts}
            self.week_start = WEEKDAYS.index(self.parts.get('WKST', 'MO'))
        except (KeyError, ValueError):
            raise bad(self.line)
        self.until_moment = None
        if 'UNTIL' in self.parts:
            self.until_moment = _read_moment(self.parts['UNTIL'])
            if not self.until_moment:
                raise bad(self.line)
        if self.interval < 1 or self.count is not None and self.count < 1:
            raise bad(self.line)
        if (self.frequency == du.SECONDLY
                and (self.weekdays or self.numbers)):
            # dateutil would try each second
            raise RecurrenceError('too_frequent', {'line': self.line[:200]})

    def _list(self, name):
        return self.parts[name].split(',') if name in self.parts else []

    def _weekday(self, text):
        match = _BYDAY.fullmatch(text.strip())
        if not match or match[1] and not int(match[1]):
            raise bad(self.line)
        number = int(match[1]) if match[1] else None
        return du.weekday(WEEKDAYS.index(match[2]), number)

    def __str__(self):
        return self.line

    def replace(self, **parts):
        "Return the rule with other parts, without those that are None"
        parts = {
            k: v for k, v in {**self.parts, **parts}.items()
            if v is not None}
        value = ';'.join(f'{k}={v}' for k, v in parts.items())
        return Rule(self.name, {}, value, f'{self.name}:{value}')

    def until(self, zone):
        """Return the last date, or the last naive UTC time if there is a zone.

        As a date it is the whole day, without Z the wall clock.
        """
        if not self.until_moment:
            return None
        moment, utc = self.until_moment
        is_time = isinstance(moment, dt.datetime)
        if not zone:
            return moment.date() if is_time else moment
        if not is_time:
            moment = dt.datetime.combine(moment, dt.time(23, 59, 59))
        try:
            return moment if utc else to_utc(moment, zone)
        except OverflowError:
            return dt.datetime.max

    def moments(self, start, low, high, spend):
        """Yield the naive datetimes of the rule with this start, in order.

        Those before low may be missing, but not if the rule counts. UNTIL is
        not looked at. ``spend`` is told the work of the search, a part for
        each year, and raises RecurrenceError if it is too much.
        """
        size = self._size
        positions = self._positions(size)
        if 'BYSETPOS' in self.numbers and not positions:
            return
        first = start
        if self.count is None:
            first = _forward(self.frequency, self.interval, start, low)
        years = max(high.year, first.year) - first.year + 1
        numbers = {n.lower(): v for n, v in self.numbers.items()}
        numbers['bysetpos'] = positions or None
        # each position is tried in each period, and the times of the day are
        # made at once, or in each period of hours
        year = 1 + len(positions) // 8
        if self.frequency > du.DAILY:
            year += size // 4
        try:
            spend(size // 256)
            rule = _Search(
                self.frequency, first, self.interval, self.week_start,
                self.count, byweekday=self.weekdays or None, **numbers)
            for moment in rule.search(years, partial(spend, year)):
                if moment > high:
                    return
                yield moment
        except RecurrenceError:
            raise
        except (ValueError, TypeError, LookupError, OverflowError):
            # dateutil refuses some only when it comes to them
            raise bad(self.line)

    @property
    def _size(self):
        "How many times of the day a period can have"
        size = 1
        for name, frequency in [
                ('BYHOUR', du.HOURLY), ('BYMINUTE', du.MINUTELY),
                ('BYSECOND', du.SECONDLY)]:
            if self.frequency < frequency:
                size *= len(set(self.numbers.get(name, [0])))
        return size

    def _positions(self, size):
        "The positions that a period of so many times can have, each once"
        positions = sorted(set(self.numbers.get('BYSETPOS', [])))
        if self.frequency < du.DAILY:
            return positions
        return [p for p in positions if abs(p) <= size]


def _forward(frequency, interval, start, low):
    "Return a later start of the same rule, not after low"
    if low <= start:
        return start
    if frequency in _UNITS:
        step = _UNITS[frequency]
        number = (low - start) // step // interval
        return start + number * interval * step
    months = 12 * (low.year - start.year) + low.month - start.month
    step = interval * (12 if frequency == du.YEARLY else 1)
    for number in range(months // step, 0, -1):
        year, month = divmod(start.month - 1 + number * step, 12)
        try:
            moment = start.replace(year=start.year + year, month=month + 1)
        except ValueError:
            # not each month has the day
            continue
        if moment <= low:
            return moment
    return start


class Dates:
    """A line RDATE or EXDATE.

    Its items are (moment, zone, end): the zone is that of a time that names
    its own, the end a duration, or a time of the same zone.
    """

    def __init__(self, name, parameters, value, line):
        self.name = name
        self.parameters = parameters
        self.line = line
        self.texts = [t for t in map(str.strip, value.split(',')) if t]
        zone = zone_of(parameters.get('TZID'))
        self.items = [self._item(text, zone) for text in self.texts]
        if not self.items:
            raise bad(line)

    def _item(self, text, zone):
        start, slash, end = text.partition('/')
        read = _read_moment(start)
        if not read:
            raise bad(self.line)
        moment, utc = read
        if slash:
            end = _read_duration(end) or (_read_moment(end) or [None])[0]
            if end is None or isinstance(end, dt.datetime) and not isinstance(
                    moment, dt.datetime):
                raise bad(self.line)
        return moment, UTC if utc else zone, end or None

    def __str__(self):
        return self.line

    def select(self, test):
        "Return the line of the items that pass the test, None if none does"
        texts = [
            text for text, item in zip(self.texts, self.items, strict=True)
            if test(item)]
        if len(texts) == len(self.texts):
            return self
        return self.with_texts(texts) if texts else None

    def with_texts(self, texts, parameters=None):
        if parameters is None:
            parameters = self.parameters
        text = ''.join(f';{k}={v}' for k, v in parameters.items())
        value = ','.join(texts)
        return Dates(
            self.name, parameters, value, f'{self.name}{text}:{value}')


_LINES = {'RRULE': Rule, 'EXRULE': Rule, 'RDATE': Dates, 'EXDATE': Dates}
