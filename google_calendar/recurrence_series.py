# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The occurrences of a series, expanded by dateutil: see `recurrence`."""
import datetime as dt
import heapq
import itertools

from .recurrence_lines import (
    UTC, RecurrenceError, localize, parse, to_utc)
from .times import DAY, zone_of

__all__ = [
    'MAX_OCCURRENCES', 'Series', 'expand', 'is_valid', 'local_start',
    'midnight', 'occurs']

# of one series in one window: the others are left out
MAX_OCCURRENCES = 10_000
# of one rule, before the window or of what is left out
MAX_STEPS = 100_000
# of all the rules together
MAX_MOMENTS = 2 * MAX_STEPS
MAX_RULES = 100
# of all the rules together: years that are searched, more for heavy rules
MAX_WORK = 1_000
RULES = {'RRULE', 'EXRULE'}
SECOND = dt.timedelta(seconds=1)
# how much the wall clock differs from UTC at the most
MARGIN = dt.timedelta(days=2)


def expand(values, window_start, window_end, limit=MAX_OCCURRENCES):
    """Return an iterator of the (start, end) of the occurrences in the window.

    They are naive UTC times, dates of an all-day event, of which the end is
    the last day. The window is of the same, or of naive UTC times; its end is
    exclusive. They come in the order of the wall clock, at most as many as the
    limit. Raise RecurrenceError, at the latest by the iterator.
    """
    series = Series(values)
    return itertools.islice(
        series.between(series.as_start(window_start),
            series.as_start(window_end)), limit)


def is_valid(values):
    "Tell if the occurrences can be computed"
    try:
        start = local_start(values)
        next(expand(values, start, start + DAY), None)
    except RecurrenceError:
        return False
    return True


def local_start(values):
    "Return the start by the wall clock, a date of an all-day event"
    if values['all_day']:
        return values['start_date']
    return localize(values['start'], _zone(values))


def _zone(values):
    return zone_of(values['time_zone']) or UTC


class Series:
    """The occurrences of an event.

    Those of an all-day event are counted as times without a zone.
    """

    def __init__(self, values):
        self.all_day = values['all_day']
        if self.all_day:
            self.zone = None
            self.start = midnight(values['start_date'])
            end = midnight(values['end_date'] or values['start_date'])
        else:
            self.zone = _zone(values)
            self.start = localize(values['start'], self.zone)
            end = localize(values['end'] or values['start'], self.zone)
        self.duration = max(end - self.start, dt.timedelta())
        self.lines = parse(values['recurrence'])
        self.rules = [n for n in self.lines if n.name == 'RRULE']
        if len([n for n in self.lines if n.name in RULES]) > MAX_RULES:
            raise RecurrenceError('too_many')
        self.dates = [n for n in self.lines if n.name == 'RDATE']
        self.moments = self.work = 0
        self.ends = {}
        self.added = self._added()
        self.excluded, self.excluded_days = self._excluded()

    def as_start(self, time):
        "Return a time of the window as a start of this series"
        if self.all_day:
            return midnight(time)
        return time if isinstance(time, dt.datetime) else midnight(time)

    def as_instant(self, moment, zone=None):
        """Return the time that identifies an occurrence: naive UTC.

        The moment has the zone of the series if it names none. A date is one
        at the time of the start.
        """
        if self.all_day:
            return midnight(moment)
        if not isinstance(moment, dt.datetime):
            moment = dt.datetime.combine(moment, self.start.time())
        return to_utc(moment, zone or self.zone)

    def between(self, low, high):
        "Yield the (start, end) of the occurrences that overlap"
        self.moments = self.work = 0
        margin = dt.timedelta() if self.all_day else MARGIN
        low_local = _add(low, -self.duration - margin)
        high_local = _add(high, margin)
        excluded = self.excluded | self._excluded_by_rule(
            low_local, high_local)
        seen = set()
        for start in heapq.merge(self.added, *(
                    self.starts(rule, low_local, high_local)
                    for rule in self.rules)):
            if start in seen or start >= high or start in excluded:
                continue
            seen.add(start)
            if self.excluded_days and self._day(start) in self.excluded_days:
                continue
            end = self._end(start)
            if end > low or start >= low:
                yield self._output(start, end)

    def starts(self, rule, low, high):
        "Yield the starts of the rule from low to high, by the wall clock"
        until = rule.until(self.zone)
        if until is not None:
            if self.all_day:
                until = midnight(until)
            high = min(high, _add(until, MARGIN))
        steps = 0
        for moment in rule.moments(self.start, low, high, self._spend):
            self.moments += 1
            if self.moments > MAX_MOMENTS:
                raise RecurrenceError('too_many')
            if moment < low:
                steps += 1
                if steps > MAX_STEPS:
                    raise RecurrenceError('too_many')
                continue
            try:
                start = self.as_instant(moment)
            except OverflowError:
                continue
            if until is None or start <= until:
                yield start

    def _spend(self, work):
        self.work += work
        if self.work > MAX_WORK:
            raise RecurrenceError('too_many')

    def _added(self):
        "The sorted starts of the lines RDATE, and the start without RRULE"
        added = set()
        for line in self.dates:
            for moment, zone, end in line.items:
                try:
                    start = self.as_instant(moment, zone)
                    added.add(start)
                    if isinstance(end, dt.timedelta):
                        self.ends[start] = start + end
                    elif end and not self.all_day:
                        self.ends[start] = to_utc(end, zone or self.zone)
                except OverflowError:
                    continue
        if not self.rules:
            added.add(
                self.start if self.all_day else to_utc(self.start, self.zone))
        return sorted(added)

    def _excluded(self):
        "The starts, and the days if a timed series names only these"
        starts, days = set(), set()
        for line in self.lines:
            if line.name != 'EXDATE':
                continue
            for moment, zone, _ in line.items:
                if not self.all_day and not isinstance(moment, dt.datetime):
                    days.add(moment)
                    continue
                try:
                    starts.add(self.as_instant(moment, zone))
                except OverflowError:
                    continue
        return starts, days

    def _excluded_by_rule(self, low, high):
        excluded = set()
        for line in self.lines:
            if line.name == 'EXRULE':
                excluded.update(itertools.islice(
                        self.starts(line, low, high), MAX_STEPS + 1))
                if len(excluded) > MAX_STEPS:
                    raise RecurrenceError('too_many')
        return excluded

    def _day(self, start):
        return localize(start, self.zone).date()

    def _end(self, start):
        if start in self.ends:
            return max(start, self.ends[start])
        if self.all_day:
            return _add(start, self.duration + DAY)
        try:
            # as long by the wall clock
            return max(start, to_utc(
                    localize(start, self.zone) + self.duration, self.zone))
        except OverflowError:
            return dt.datetime.max

    def _output(self, start, end):
        if not self.all_day:
            return start, end
        return start.date(), max(start, end - SECOND).date()


def midnight(day):
    if isinstance(day, dt.datetime):
        day = day.date()
    return dt.datetime.combine(day, dt.time())


def _add(time, delta):
    try:
        return time + delta
    except OverflowError:
        return dt.datetime.min if delta < dt.timedelta() else dt.datetime.max


def occurs(values, at):
    "Tell if the series has an occurrence with this start"
    series_end = at + DAY if isinstance(at, dt.datetime) else at + 2 * DAY
    try:
        return any(
            start == at for start, _ in expand(values, at, series_end))
    except RecurrenceError:
        return False
