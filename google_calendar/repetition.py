# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What people choose of a recurrence, and the lines of RFC 5545.

Pure functions, see `recurrence`. A repetition is a dict:

- ``repeat``: None, ``daily``, ``weekly``, ``monthly``, ``yearly`` or
  ``custom``, which is what the others can not tell;
- ``interval``: the number of days, weeks, months or years;
- ``weekdays``: of a weekly one a tuple of ``MO`` to ``SU``;
- ``monthly``: ``day`` (of the month), ``weekday`` (the n-th of the month) or
  ``last_weekday``, as of the start;
- ``end``: ``never``, ``until`` or ``count``, with ``until`` (the last day) and
  ``count``.

What does not apply is None. The start is a date of an all-day series or a
datetime with the zone of the series.
"""
import datetime as dt
import re

from .recurrence_lines import (
    UTC, WEEKDAYS, RecurrenceError, localize, parse, to_utc,
    write_moment)
from .times import DAY

__all__ = ['nth_weekday', 'read_repeat', 'write_repeat']

_FREQUENCIES = {
    'daily': 'DAILY',
    'weekly': 'WEEKLY',
    'monthly': 'MONTHLY',
    'yearly': 'YEARLY',
    }
_REPEATS = {v: k for k, v in _FREQUENCIES.items()}
_NAMES = [
    'repeat', 'interval', 'weekdays', 'monthly', 'end', 'until', 'count']
_COMMON = {'FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'WKST'}
_RULE = re.compile(r'\s*(RRULE|EXRULE)\b', re.IGNORECASE)
_DAY_PARTS = ('BYDAY', 'BYMONTHDAY', 'BYMONTH')


def read_repeat(lines, start):
    "Return the repetition that the lines tell"
    repetition = dict.fromkeys(_NAMES)
    if not lines:
        return repetition
    repetition['repeat'] = 'custom'
    rule = _the_rule(lines)
    if not rule:
        return repetition
    repetition['interval'] = rule.interval
    if rule.until_moment:
        repetition.update(end='until', until=_last_day(rule, start))
    elif rule.count:
        repetition.update(end='count', count=rule.count)
    else:
        repetition['end'] = 'never'
    if not re.search(r'^\s*EXRULE', lines, re.MULTILINE | re.IGNORECASE):
        repetition.update(_read_days(rule, start))
    return repetition


def _the_rule(lines):
    "The only rule, None if there is none or more"
    try:
        rules = [line for line in parse(lines) if line.name == 'RRULE']
    except RecurrenceError:
        return None
    return rules[0] if len(rules) == 1 else None


def _read_days(rule, start):
    names = rule.parts.keys() - _COMMON
    repeat = _REPEATS.get(rule.parts['FREQ'])
    result = {'repeat': repeat}
    if {'COUNT', 'UNTIL'} <= rule.parts.keys():
        return {}
    match repeat:
        case 'daily' if not names:
            return result
        case 'weekly' if names <= {'BYDAY'}:
            weekdays = {WEEKDAYS[d.weekday] for d in rule.weekdays}
            result['weekdays'] = tuple(
                d for d in WEEKDAYS if d in weekdays) or _weekday(start)
            return result
        case 'monthly':
            result['monthly'] = _read_month(rule, names, start)
            if result['monthly']:
                return result
        case 'yearly' if names <= {'BYMONTH', 'BYMONTHDAY'} and (
                rule.numbers.get('BYMONTH', [start.month]) == [start.month]
                and rule.numbers.get('BYMONTHDAY', [start.day]) == [
                    start.day]):
            return result
    return {}


def _read_month(rule, names, start):
    if not names:
        return 'day'
    if names == {'BYMONTHDAY'} and rule.numbers['BYMONTHDAY'] == [start.day]:
        return 'day'
    if names == {'BYDAY'}:
        text = rule.parts['BYDAY'].lstrip('+')
        if text == nth_weekday(start, last=True):
            return 'last_weekday'
        if text == nth_weekday(start):
            return 'weekday'


def nth_weekday(day, last=False):
    """Return BYDAY of the day in its month, as 2TU.

    The last one as -1TU, None if the day is not.
    """
    weekday = WEEKDAYS[day.weekday()]
    if not last:
        return f'{(day.day - 1) // 7 + 1}{weekday}'
    try:
        is_last = (day + 7 * DAY).month != day.month
    except OverflowError:
        is_last = True
    return f'-1{weekday}' if is_last else None


def _weekday(start):
    return (WEEKDAYS[start.weekday()],)


def _zone_of(start):
    return start.tzinfo or UTC if isinstance(start, dt.datetime) else None


def _last_day(rule, start):
    zone = _zone_of(start)
    until = rule.until(zone)
    if not zone:
        return until
    local = localize(until, zone)
    day = local.date()
    # no occurrence is later on that day
    return day - DAY if local.time() < start.time() else day


def write_repeat(lines, repeat, start):
    """Return the lines that tell the repetition.

    What it does not show stays: other lines, and the other parts of a custom
    rule, of which only the interval and the end are taken. The same repetition
    leaves the lines as they are.
    """
    old = _complete(read_repeat(lines, start), start)
    new = _complete(repeat, start)
    if old == new:
        return lines
    if not new['repeat']:
        return None
    rule = _the_rule(lines or '')
    if new['repeat'] == 'custom':
        if not rule or old['repeat'] != 'custom':
            return lines
        parts = dict(rule.parts)
    elif rule and old['repeat'] == new['repeat']:
        parts = dict(rule.parts)
    else:
        parts = {'FREQ': _FREQUENCIES[new['repeat']]}
        if rule and 'WKST' in rule.parts:
            parts['WKST'] = rule.parts['WKST']
    if new['interval'] != old['interval'] or 'INTERVAL' not in parts:
        parts['INTERVAL'] = (
            str(new['interval']) if new['interval'] != 1 else None)
    parts.update(_write_end(old, new, parts, start))
    if new['repeat'] != 'custom':
        parts.update(_write_days(old, new, start))
    value = ';'.join(f'{k}={v}' for k, v in parts.items() if v is not None)
    return _replace_rule(lines, f'RRULE:{value}', new['repeat'] == 'custom')


def _complete(repetition, start):
    "Return the repetition with what applies, and its default"
    result = {name: repetition.get(name) for name in _NAMES}
    repeat = result['repeat']
    if not repeat:
        return dict.fromkeys(_NAMES)
    result['interval'] = result['interval'] or 1
    result['end'] = result['end'] or 'never'
    for name in ['until', 'count']:
        if result['end'] != name:
            result[name] = None
        elif not result[name]:
            result.update({'end': 'never', name: None})
    weekdays = set(result['weekdays'] or ())
    result['weekdays'] = None
    if repeat == 'weekly':
        result['weekdays'] = tuple(
            d for d in WEEKDAYS if d in weekdays) or _weekday(start)
    result['monthly'] = (
        result['monthly'] or 'day' if repeat == 'monthly' else None)
    return result


def _write_end(old, new, parts, start):
    names = ['end', 'until', 'count']
    if ([old[n] for n in names] == [new[n] for n in names]
            and ('UNTIL' in parts or 'COUNT' in parts)):
        return {}
    return {
        'UNTIL': _write_until(new['until'], start) if new['until'] else None,
        'COUNT': str(new['count']) if new['count'] else None,
        }


def _write_until(day, start):
    zone = _zone_of(start)
    if not zone:
        return write_moment(day)
    # for people the last day counts whole, for Google it is a time
    last = dt.datetime.combine(day, dt.time(23, 59, 59))
    return write_moment(to_utc(last, zone)) + 'Z'


def _write_days(old, new, start):
    names = ['repeat', 'weekdays', 'monthly']
    if [old[n] for n in names] == [new[n] for n in names]:
        return {}
    parts = dict.fromkeys(_DAY_PARTS)
    match new['repeat'], new['monthly']:
        case 'weekly', _:
            parts['BYDAY'] = ','.join(new['weekdays'])
        case 'monthly', 'weekday':
            parts['BYDAY'] = nth_weekday(start)
            if parts['BYDAY'].startswith('5'):
                # not each month has a fifth
                parts['BYDAY'] = nth_weekday(start, last=True)
        case 'monthly', 'last_weekday':
            parts['BYDAY'] = nth_weekday(start, last=True) or nth_weekday(
                start)
    return parts


def _replace_rule(lines, rule, keep):
    "Put the rule in the place of the others"
    result, done = [], False
    for line in (lines or '').splitlines():
        match = _RULE.match(line)
        if keep and match and match[1].upper() == 'EXRULE' or not match:
            result.append(line)
        elif not done:
            result.append(rule)
            done = True
    if not done:
        result.insert(0, rule)
    return '\n'.join(filter(None, map(str.strip, result)))
