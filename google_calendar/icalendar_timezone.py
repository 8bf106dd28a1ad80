# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The VTIMEZONE of a zone.

Pure functions, https://www.rfc-editor.org/rfc/rfc5545#section-3.6.5
"""
import datetime as dt
from collections import namedtuple
from functools import lru_cache

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

from .times import zone_of

__all__ = ['timezone_component']

# up to which the rules of today are known
_LAST_YEAR = 2037
_DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU']
_DAY = dt.timedelta(days=1)
_SECOND = dt.timedelta(seconds=1)

# what changes at the local time of before
_Change = namedtuple('_Change', 'local before after name daylight')


@lru_cache(maxsize=64)
def timezone_component(name, year):
    "Return the VTIMEZONE of an IANA zone that holds from the year on"
    zone = zone_of(name)
    component = Timezone()
    component.add('TZID', name)
    year = min(max(year, 1902), _LAST_YEAR)
    # the last change of the year before holds on the first of January
    start = dt.datetime(year - 1, 1, 1, tzinfo=dt.timezone.utc)
    changes = _changes(zone, start)
    if not changes or changes[0].local.year >= year:
        local = start.astimezone(zone)
        offset = _whole(local.utcoffset())
        changes.insert(0, _Change(
                dt.datetime(year - 1, 1, 1), offset, offset, local.tzname(),
                bool(local.dst())))
    groups = {}
    for change in changes:
        groups.setdefault((
                *change[1:], change.local.month, change.local.weekday(),
                change.local.time()), []).append(change)
    for group in groups.values():
        component.add_component(_observance(group))
    return component


def _changes(zone, start):
    changes = []
    time = start
    while time.year <= _LAST_YEAR:
        following = time + _DAY
        if _state(time, zone) != _state(following, zone):
            instant = _bisect(time, following, zone)
            before = _whole((instant - _SECOND).astimezone(zone).utcoffset())
            local = instant.astimezone(zone)
            changes.append(_Change(
                    instant.replace(tzinfo=None) + before, before,
                    _whole(local.utcoffset()), local.tzname(),
                    bool(local.dst())))
        time = following
    return changes


def _state(time, zone):
    local = time.astimezone(zone)
    return local.utcoffset(), local.tzname()


def _bisect(low, high, zone):
    "The first instant of the new state"
    old = _state(low, zone)
    while high - low > _SECOND:
        middle = low + (high - low) // 2
        middle = middle.replace(microsecond=0)
        if _state(middle, zone) == old:
            low = middle
        else:
            high = middle
    return high


def _whole(offset):
    "Offsets of whole minutes: more exact ones nobody reads"
    return dt.timedelta(minutes=round(offset / dt.timedelta(minutes=1)))


def _observance(group):
    first = group[0]
    component = TimezoneDaylight() if first.daylight else TimezoneStandard()
    component.add('DTSTART', first.local)
    component.add('TZOFFSETFROM', first.before)
    component.add('TZOFFSETTO', first.after)
    component.add('TZNAME', first.name)
    rule = _rule([c.local for c in group])
    if rule:
        if group[-1].local.year < _LAST_YEAR:
            # a day later, for readers that take it for a local time
            rule['UNTIL'] = (
                group[-1].local - first.before + _DAY).replace(
                tzinfo=dt.timezone.utc)
        component.add('RRULE', rule)
    elif group[1:]:
        component.add('RDATE', [c.local for c in group[1:]])
    return component


def _rule(times):
    "The rule of what happens each year, None if there is none"
    first = times[0]
    years = [t.year for t in times]
    if len(times) < 2 or years != list(range(
                years[0], years[0] + len(years))):
        return None
    if all((t + 7 * _DAY).month != t.month for t in times):
        week = -1
    elif len({(t.day - 1) // 7 for t in times}) == 1:
        week = (first.day - 1) // 7 + 1
    else:
        return None
    return {
        'FREQ': 'YEARLY',
        'BYMONTH': first.month,
        'BYDAY': f'{week}{_DAYS[first.weekday()]}',
        }
