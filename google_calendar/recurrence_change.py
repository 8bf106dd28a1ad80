# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Changing a series: cutting it, moving it, see `recurrence`."""
import datetime as dt
import itertools

from .recurrence_lines import (
    UTC, WEEKDAYS, Dates, RecurrenceError, format_lines, localize, parse,
    to_utc, write_moment)
from .recurrence_series import Series, midnight, expand
from .repetition import nth_weekday
from .times import DAY

__all__ = ['moved', 'shift', 'split']

SECOND = dt.timedelta(seconds=1)
MARGIN = dt.timedelta(days=2)
LAST_SECOND = dt.time(23, 59, 59)
# how many occurrences, and how long, a split is compared
CHECKED = 100
CHECKED_TIME = dt.timedelta(days=10 * 366)
TIMES = ['BYHOUR', 'BYMINUTE', 'BYSECOND']


# Cutting


def split(lines, values, at):
    """Return the lines before and from an occurrence on.

    The values are those of the series, ``at`` is the original start of an
    occurrence after the first one: a naive UTC time or a date. The first lines
    are those of the series, the others of a new one that starts at the
    occurrence. Both may be None: then it is a single event. Raise
    RecurrenceError if the rest can not be told by lines.

    https://developers.google.com/workspace/calendar/api/guides/recurringevents
    """
    series = Series({**values, 'recurrence': lines})
    cut = series.as_start(at)

    def is_before(item):
        moment, zone, _ = item
        return series.as_instant(moment, zone) < cut

    def is_after(item):
        # where the new series starts it is an occurrence anyway
        moment, zone, _ = item
        return series.as_instant(moment, zone) >= cut

    before, after = [], []
    for line in series.lines:
        if isinstance(line, Dates):
            first, second = line.select(is_before), line.select(is_after)
        else:
            first, second = _split_rule(series, line, cut)
        before.append(first)
        after.append(second)
    before, after = _join(before), _join(after)
    _check(lines, values, at, before, after)
    return before, after


def _join(lines):
    lines = [line for line in lines if line]
    if any(line.name in {'RRULE', 'RDATE'} for line in lines):
        return format_lines(lines)


def _split_rule(series, rule, cut):
    until = rule.until(series.zone)
    if until is not None and series.as_start(until) < cut:
        return rule, None
    local = cut if series.all_day else localize(cut, series.zone)
    first = next(series.starts(rule, series.start, local + DAY), None)
    # without count what is long before can be jumped over
    low = series.start if rule.count else local - MARGIN
    starts = list(itertools.takewhile(
            lambda start: start < cut,
            series.starts(rule, low, local + DAY)))
    before, after = None, rule
    if rule.count:
        if len(starts) >= rule.count:
            return rule, None
        after = rule.replace(COUNT=str(rule.count - len(starts)))
    if first is not None and first < cut:
        before = rule.replace(
            COUNT=None, UNTIL=_last(series, cut, starts[-1:]))
    return before, _explicit(after, series.start, local)


def _last(series, cut, starts):
    "The end of the day before the cut, as Google does it"
    if series.all_day:
        return write_moment((cut - DAY).date())
    day = localize(cut, series.zone).date()
    until = cut - SECOND
    if not any(localize(s, series.zone).date() == day for s in starts):
        last = dt.datetime.combine(day - DAY, LAST_SECOND)
        until = min(until, to_utc(last, series.zone))
    return write_moment(until) + 'Z'


def _explicit(rule, start, new_start):
    "Return the rule with what it took from a start that was different"
    parts = {}
    is_day = {'BYDAY', 'BYMONTHDAY', 'BYYEARDAY', 'BYWEEKNO'} & set(rule.parts)
    match rule.parts['FREQ']:
        case 'WEEKLY' if (
                not is_day and start.weekday() != new_start.weekday()):
            parts['BYDAY'] = WEEKDAYS[start.weekday()]
        case 'MONTHLY' if not is_day and start.day != new_start.day:
            parts['BYMONTHDAY'] = str(start.day)
        case 'YEARLY' if not is_day and (
                (start.month, start.day) != (new_start.month, new_start.day)):
            parts['BYMONTHDAY'] = str(start.day)
            parts['BYMONTH'] = rule.parts.get('BYMONTH', str(start.month))
    if (rule.parts['FREQ'] in {'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'}
            and start.time() != new_start.time()):
        for name in TIMES:
            if name not in rule.parts:
                value = getattr(start, name[2:].lower())
                parts[name] = str(value)
    return rule.replace(**parts) if parts else rule


def _check(lines, values, at, before, after):
    "Raise RecurrenceError if an occurrence is lost or doubled"
    old = {**values, 'recurrence': lines}
    cut = {**values, 'recurrence': before}
    new = {**moved(values, at), 'recurrence': after}
    first = values['start_date' if values['all_day'] else 'start']
    rest = _sample(old, at)
    if (not rest or rest[0][0] != at or rest != _sample(new, at)
            or _sample(old, first, at) != _sample(cut, first)):
        raise RecurrenceError('split')


def _sample(values, low, high=None):
    "Some occurrences that start from low on"
    limit = midnight(high or low) + (DAY if high else CHECKED_TIME)
    return list(itertools.islice(
            (o for o in expand(values, low, limit)
                if o[0] >= low and (high is None or o[0] < high)), CHECKED))


def moved(values, at):
    "Return the values with the times of the occurrence at this start"
    series = Series({**values, 'recurrence': None})
    values = dict(values)
    if values['all_day']:
        days = values['end_date'] - values['start_date']
        noon = dt.time(12)
        values.update(
            start_date=at, end_date=at + days,
            start=dt.datetime.combine(at, noon),
            end=dt.datetime.combine(at + days, noon))
    else:
        end = to_utc(localize(at, series.zone) + series.duration, series.zone)
        values.update(start=at, end=max(at, end))
    return values


# Moving


def shift(lines, values, new_values):
    """Return the lines of a series that moves, with its rules and dates.

    The values are those of the event before and after. Raise RecurrenceError
    if the days of a rule can not follow.
    """
    if not lines:
        return lines
    move = _Move(values, new_values)
    if not move:
        return lines
    return format_lines([
            move.dates(line) if isinstance(line, Dates) else move.rule(line)
            for line in parse(lines)])


class _Move:

    def __init__(self, values, new_values):
        self.old = Series({**values, 'recurrence': None})
        self.new = Series({**new_values, 'recurrence': None})
        self.delta = self.new.start - self.old.start
        self.days = (self.new.start.date() - self.old.start.date()).days

    def __bool__(self):
        return bool(
            self.delta or self.old.all_day != self.new.all_day
            or self.old.zone != self.new.zone)

    # Dates

    def dates(self, line):
        is_date = self.new.all_day or all(
            not isinstance(moment, dt.datetime)
            for moment, _, _ in line.items) and not self.old.all_day
        texts, is_period = [], False
        for moment, zone, end in line.items:
            start = self._moment(moment, zone, is_date)
            text = write_moment(start)
            if end and not is_date:
                if not isinstance(end, dt.timedelta):
                    end = end - moment
                text += '/' + write_moment(start + end)
                is_period = True
            texts.append(text)
        parameters = {}
        if is_date:
            parameters['VALUE'] = 'DATE'
        else:
            if is_period:
                parameters['VALUE'] = 'PERIOD'
            name = getattr(self.new.zone, 'key', 'UTC')
            parameters['TZID'] = name
        return line.with_texts(texts, parameters)

    def _moment(self, moment, zone, is_date):
        "Return where the moment moves to"
        if not isinstance(moment, dt.datetime):
            day = moment + dt.timedelta(days=self.days)
            if is_date:
                return day
            return dt.datetime.combine(day, self.new.start.time())
        if zone and not self.old.all_day:
            moment = localize(to_utc(moment, zone), self.old.zone)
        if is_date:
            return moment.date() + dt.timedelta(days=self.days)
        return moment + self.delta

    # Rules

    def rule(self, rule):
        parts = {}
        if any(name in rule.parts for name in TIMES) and (
                self.old.start.time() != self.new.start.time()
                or self.old.all_day != self.new.all_day):
            raise RecurrenceError('shift')
        if self.days:
            parts.update(self._days(rule))
        if rule.until_moment:
            parts['UNTIL'] = self._until(rule)
        return rule.replace(**parts) if parts else rule

    def _days(self, rule):
        names = {
            name for name in rule.parts if name.startswith('BY')
            } - set(TIMES)
        match rule.parts['FREQ']:
            case 'YEARLY':
                return self._year_days(rule, names)
            case 'MONTHLY':
                return self._month_days(rule, names)
            case _ if names <= {'BYDAY'}:
                return self._weekdays(rule)
        raise RecurrenceError('shift')

    def _weekdays(self, rule):
        parts = {}
        if 'BYDAY' in rule.parts:
            parts['BYDAY'] = ','.join(
                self._turned(d.weekday) for d in rule.weekdays)
            if rule.interval > 1 and len(rule.weekdays) > 1:
                # the weeks that are counted move, too
                parts['WKST'] = self._turned(rule.week_start)
        return parts

    def _turned(self, weekday):
        return WEEKDAYS[(weekday + self.days) % 7]

    def _month_days(self, rule, names):
        if not names:
            return {}
        old, new = self.old.start, self.new.start
        if names == {'BYMONTHDAY'} and (
                rule.numbers['BYMONTHDAY'] == [old.day]):
            return {'BYMONTHDAY': str(new.day)}
        if names == {'BYDAY'} and len(rule.weekdays) == 1:
            text = rule.parts['BYDAY'].lstrip('+')
            if text == nth_weekday(old, last=True):
                is_last = nth_weekday(new, last=True)
                return {'BYDAY': is_last or nth_weekday(new)}
            if text == nth_weekday(old):
                return {'BYDAY': nth_weekday(new)}
        raise RecurrenceError('shift')

    def _year_days(self, rule, names):
        parts = {}
        if 'BYMONTH' in names:
            if rule.numbers['BYMONTH'] != [self.old.start.month]:
                raise RecurrenceError('shift')
            parts['BYMONTH'] = str(self.new.start.month)
        elif names:
            raise RecurrenceError('shift')
        parts.update(self._month_days(rule, names - {'BYMONTH'}))
        return parts

    def _until(self, rule):
        until = rule.until(self.old.zone)
        days = dt.timedelta(days=self.days)
        if self.old.all_day:
            if self.new.all_day:
                return write_moment(until + days)
            local = dt.datetime.combine(until + days, LAST_SECOND)
        else:
            local = localize(until, self.old.zone)
            if self.new.all_day:
                day = local.date()
                if local.time() < self.old.start.time():
                    day -= DAY
                return write_moment(day + days)
            # the end of a day stays one
            local += days if local.time() == LAST_SECOND else self.delta
        return write_moment(to_utc(local, self.new.zone or UTC)) + 'Z'
