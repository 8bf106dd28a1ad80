# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The time zones that iCalendar files name, as zones that Google knows.

Pure functions.  Nothing of a file is kept from one file to the next.
"""
import datetime as dt
import re
from functools import lru_cache
from io import StringIO

from dateutil import tz
from icalendar.parser import Contentline
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from .times import zone_of, zones

__all__ = ['Zones', 'known_zone']

# what makes a zone; the rest of a VTIMEZONE is for people
_NAMES = {
    'BEGIN', 'END', 'TZID', 'DTSTART', 'RRULE', 'RDATE', 'TZOFFSETFROM',
    'TZOFFSETTO'}
# rules that change more often than a few times a year are an attack
_RULE = re.compile(
    r'FREQ=YEARLY(;(BYMONTH|BYMONTHDAY|BYDAY|INTERVAL|UNTIL|COUNT|WKST)'
    r'=[-+,\w]{1,64})*', re.I | re.A)
_MAX_LINES = 2000
# of so many zones and years is looked for the name of a zone like it
_MAX_LOOKUPS = 100
# where people say in which zone it is
_HINTS = ('X-LIC-LOCATION', 'X-TZINFO')
# one of many in the same offset, when a file does not say which
_USUAL = (
    'Europe/Berlin', 'Europe/London', 'America/New_York', 'America/Chicago',
    'America/Denver', 'America/Los_Angeles', 'Asia/Kolkata', 'Asia/Tokyo',
    'Asia/Shanghai', 'Australia/Sydney', 'America/Sao_Paulo')


class Zones:
    """The zones of one file.

    ``default`` is the name of the zone of the times that name none, and of
    those that name one of which nothing is known: these are in ``unknown``.
    """

    def __init__(self, default, components=()):
        self.default = default
        self.unknown = set()
        self._components = {}
        self._read = {}
        self._found = {}
        for lines in components:
            name, hint, text = _component(lines)
            if name:
                self._components.setdefault(name, (hint, text))

    def utc(self, local, name=None):
        """Return the time as naive UTC, and the name of its zone.

        ``local`` is naive, ``name`` what the file calls the zone.  Of a zone
        that is only defined in the file the name is the one of a zone that
        has the same offsets in that year, None if there is none.
        """
        if not name:
            return _utc(local, zone_of(self.default)), self.default
        key = name, local.year
        if key not in self._found:
            self._found[key] = self._find(name, local.year)
        found, zone = self._found[key]
        return _utc(local, zone), found

    def _find(self, name, year):
        known = known_zone(name)
        if known:
            return known, zone_of(known)
        hint, text = self._components.get(name, (None, None))
        known = hint and known_zone(hint)
        if known:
            return known, zone_of(known)
        if text and name not in self._read:
            self._read[name] = _read_zone(text)
        zone = self._read.get(name)
        if zone:
            known = None
            if len(self._found) < _MAX_LOOKUPS:
                known = self._like(zone, year)
            return known, zone_of(known) or zone
        known = _described(name)
        if not known:
            self.unknown.add(name)
            known = self.default
        return known, zone_of(known)

    def _like(self, zone, year):
        "The name of a zone that has the same offsets in the year"
        wanted = _offsets(zone, year)
        for name in (self.default, *_USUAL):
            if _offsets_of(name, year) == wanted:
                return name
        return _by_offsets(year).get(wanted)


def _utc(local, zone):
    try:
        offset = local.replace(tzinfo=zone).utcoffset()
        return (local - offset).replace(tzinfo=None, fold=0)
    except OverflowError:
        return local.replace(fold=0)


@lru_cache(maxsize=1)
def _folded():
    return {name.casefold(): name for name in zones()}


def known_zone(name):
    "The name of the zone, of Windows or with the prefix of a program too"
    name = (name or '').strip().strip('"')
    windows = WINDOWS_TO_OLSON.get(name)
    if windows:
        return windows
    parts = name.strip('/').split('/')
    # /freeassociation.sourceforge.net/Europe/Berlin
    for start in range(len(parts)):
        known = _folded().get('/'.join(parts[start:]).casefold())
        if known and (start == 0 or len(parts) - start > 1):
            return known


def _described(name):
    "The zone of (UTC+01:00) Amsterdam, Berlin, Bern, by one of its cities"
    cities = {
        zone.rpartition('/')[2].casefold(): zone for zone in sorted(zones())
        if '/' in zone and not zone.startswith('Etc/')}
    for text in re.split(r'[,()/]', name):
        city = '_'.join(text.split()).casefold()
        if city in cities:
            return cities[city]


def _component(lines):
    "The name of a VTIMEZONE, the zone it hints at, and the text that makes it"
    name = hint = None
    kept = []
    for line in lines[:_MAX_LINES]:
        try:
            key, _, value = Contentline(line).raw_parts()
        except ValueError:
            continue
        key = key.upper()
        if key == 'TZID' and name is None:
            name = value.strip()
        elif key in _HINTS:
            hint = value.strip()
        if key == 'RRULE' and not _is_rare(value):
            return name, hint, None
        if key in _NAMES:
            kept.append(f'{key}:{value}')
    return name, hint, '\r\n'.join(kept)


def _is_rare(rule):
    "Tell if the rule holds a few times a year at the most"
    if not _RULE.fullmatch(rule):
        return False
    parts = dict(
        part.split('=', 1) for part in rule.upper().split(';'))
    day = parts.get('BYDAY')
    if ',' in parts.get('BYMONTH', '') or ',' in (day or ''):
        return False
    if day is None:
        return ',' not in parts.get('BYMONTHDAY', '')
    # a weekday without a number comes each week
    return 'BYMONTH' in parts or not day[0].isalpha()


def _read_zone(text):
    try:
        return tz.tzical(StringIO(text)).get()
    except (ValueError, TypeError, IndexError, KeyError, OverflowError):
        # a zone that nobody can read is one that is not known
        return None


def _offsets(zone, year):
    "The offsets in the year: zones with the same are alike in it"
    try:
        return tuple(
            dt.datetime(year, month, day, 12, tzinfo=zone).utcoffset()
            for month in range(1, 13) for day in (1, 11, 21))
    except (ValueError, OverflowError):
        return None


@lru_cache(maxsize=1024)
def _offsets_of(name, year):
    return _offsets(zone_of(name), year)


@lru_cache(maxsize=8)
def _by_offsets(year):
    result = {}
    # of many the alphabet decides, but those of cities come first
    for name in sorted(
            zones(), key=lambda n: (
                '/' not in n or n.startswith('Etc/'), n)):
        result.setdefault(_offsets_of(name, year), name)
    return result
