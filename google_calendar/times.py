# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Reading and writing the texts, times and links of Google's resources.

Pure functions.  Times are naive UTC datetimes, days are dates.
"""
import datetime as dt
import re
import zoneinfo
from functools import lru_cache
from urllib.parse import urlsplit

__all__ = [
    'DAY', 'LAST_DAY', 'day_of', 'instant', 'is_all_day', 'is_readable',
    'last_day_of', 'line_of', 'local_text', 'as_dict', 'noon', 'parse',
    'private_property', 'safe_link', 'text_of', 'utc', 'zone_of', 'zones']

_MIN = dt.datetime.min
_MAX = dt.datetime.max.replace(microsecond=0)
DAY = dt.timedelta(days=1)
# the last day of which the exclusive end can be written
LAST_DAY = dt.date.max - DAY
_NOON = dt.time(12)

# RFC 3339, and what comes close
_DATE_TIME = re.compile(
    r'(\d{4})-(\d\d)-(\d\d)'
    r'(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?'
    r' ?([Zz]|[+-]\d\d(?::?\d\d){0,2})?)?', re.ASCII)
_CONTROLS = re.compile(
    '[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]')


# Texts


def as_dict(value):
    "The value if it is a dictionary, else an empty one"
    return value if isinstance(value, dict) else {}


def private_property(resource, name):
    "The property of the own copy of an event, None if it has none"
    properties = as_dict(resource.get('extendedProperties'))
    return as_dict(properties.get('private')).get(name)


def text_of(value):
    "The text as any database takes it, None if there is none"
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        return None
    # no database takes these, or no XML-RPC
    value = _CONTROLS.sub('', value)
    return value.encode('utf-8', 'replace').decode('utf-8') or None


def line_of(value):
    "Return the text in one line, as fields of one line demand"
    value = text_of(value)
    return value and re.sub(r'\r\n|[\t\n\r]', ' ', value)


def safe_link(url):
    "Return the URL if it is one of http or https, else None"
    url = text_of(url)
    if not url or not url.isprintable() or ' ' in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme in {'http', 'https'} and parts.hostname:
        return url


# Times


def parse(text):
    """Return the local time and its offset, None if it is not readable.

    The offset is None if there is none. A leap second is the start of the
    next minute, what comes after the last second the last second.
    """
    match = isinstance(text, str) and _DATE_TIME.fullmatch(text.strip())
    if not match:
        return None
    *numbers, fraction, offset = match.groups()
    year, month, day, hour, minute, second = (int(n or 0) for n in numbers)
    if minute > 59 or second > 60 or (hour, minute, second) > (24, 0, 0):
        return None
    try:
        local = dt.datetime(year, month, day)
    except ValueError:
        return None
    try:
        local += dt.timedelta(
            hours=hour, minutes=minute, seconds=second,
            microseconds=int((fraction or '')[:6].ljust(6, '0')))
    except OverflowError:
        local = _MAX
    return local, _parse_offset(offset) if offset else None


def _parse_offset(offset):
    if offset in 'Zz':
        return dt.timedelta()
    hours, minutes, seconds = (
        [int(n) for n in re.findall(r'\d\d', offset)] + [0, 0])[:3]
    value = dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -value if offset[0] == '-' else value


def utc(local, offset):
    "The UTC of a local time, within the years that Python knows"
    # the first and the last years do not exist in all zones
    try:
        return local - offset
    except OverflowError:
        return _MIN if offset > dt.timedelta() else _MAX


@lru_cache(maxsize=1)
def zones():
    return zoneinfo.available_timezones() - {'Factory', 'localtime'}


def zone_of(name):
    "Return the ZoneInfo, None if the zone is unknown"
    if isinstance(name, str) and name in zones():
        return zoneinfo.ZoneInfo(name)


def noon(date):
    "The time that stands for the day, None without day"
    return dt.datetime.combine(date, _NOON) if date else None


# The members start, end and originalStartTime: EventDateTime
# https://developers.google.com/workspace/calendar/api/v3/reference/events


def is_readable(member):
    "Tell if the member has a time or a day"
    return bool(parse(member.get('dateTime')) or parse(member.get('date')))


def is_all_day(member):
    "Tell if the member is a day and no time"
    # of both, the time says more
    return not parse(member.get('dateTime')) and is_readable(member)


def instant(member, default_zone=None):
    "Return the naive UTC time in whole seconds, None if it is not readable"
    parsed = parse(member.get('dateTime')) or parse(member.get('date'))
    if not parsed:
        return None
    local, offset = parsed
    if offset is None:
        zone = zone_of(member.get('timeZone')) or zone_of(default_zone)
        try:
            offset = local.replace(tzinfo=zone).utcoffset()
        except OverflowError:
            pass
    return utc(local, offset or dt.timedelta()).replace(microsecond=0)


def day_of(member):
    "Return the day, None if it is not readable"
    parsed = parse(member.get('date')) or parse(member.get('dateTime'))
    return parsed[0].date() if parsed else None


def last_day_of(member):
    "Return the last day of an end, which is exclusive"
    parsed = parse(member.get('date')) or parse(member.get('dateTime'))
    if not parsed:
        return None
    try:
        return (parsed[0] - dt.datetime.resolution).date()
    except OverflowError:
        return dt.date.min


def local_text(time, zone):
    "Return the time with the offset of the zone, of UTC if it has none"
    if zone:
        try:
            local = time.replace(tzinfo=dt.timezone.utc).astimezone(zone)
        except OverflowError:
            local = None
        # RFC 3339 knows no offsets with seconds
        if local and not local.utcoffset() % dt.timedelta(minutes=1):
            return local.isoformat()
    return time.isoformat() + 'Z'
