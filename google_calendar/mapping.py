# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Between the resources of Google Calendar and the values of Tryton.

Pure functions: no ORM, no network, no clock. Reading is liberal, because the
resource itself is kept as the baseline: what is not understood is not lost,
and as both sides of a comparison are read alike, it is never pushed back.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""
import datetime as dt
import re
import uuid
import zoneinfo
from functools import lru_cache
from urllib.parse import urlsplit

from trytond.modules.google_integration.merge import Unit

__all__ = [
    'MappingError', 'UNITS', 'calendar_values', 'canonical', 'event_id',
    'is_deleted', 'is_event_id', 'safe_link', 'to_resource', 'to_restore',
    'to_values', 'updated']

UNITS = [
    Unit('summary', ('summary',)),
    Unit('description', ('description',)),
    Unit('location', ('location',)),
    Unit('when', (
            'all_day', 'start', 'end', 'start_date', 'end_date', 'time_zone',
            'recurrence')),
    Unit('status', ('status',)),
    Unit('visibility', ('visibility',)),
    Unit('transparency', ('transparency',)),
    Unit('google', (
            'organizer_email', 'ical_uid', 'conference_link', 'html_link',
            'recurring_event_id', 'original_start'), read_only=True),
    ]

# the first is the default
_SELECTIONS = {
    'status': ('confirmed', 'tentative', 'cancelled'),
    'visibility': ('default', 'public', 'private', 'confidential'),
    'transparency': ('opaque', 'transparent'),
    }
_TEXTS = ('summary', 'description', 'location')
_KEYS = ('date', 'dateTime', 'timeZone')

_MIN = dt.datetime.min
_MAX = dt.datetime.max.replace(microsecond=0)
_DAY = dt.timedelta(days=1)
# the last day of which the exclusive end can be written
_LAST_DAY = dt.date.max - _DAY
_NOON = dt.time(12)

# RFC 3339, and what comes close
_DATE_TIME = re.compile(
    r'(\d{4})-(\d\d)-(\d\d)'
    r'(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?'
    r' ?([Zz]|[+-]\d\d(?::?\d\d){0,2})?)?', re.ASCII)
_CONTROLS = re.compile(
    '[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ufffe\\uffff]')
_COLOR = re.compile(r'#[0-9a-fA-F]{6}')


class MappingError(Exception):
    """Nothing sensible can be made of a resource, or of values.

    ``code`` is ``no_start``, ``bad_date`` (arguments: date) or
    ``end_before_start`` (arguments: start, end).
    """

    def __init__(self, code, arguments=None):
        super().__init__(code)
        self.code = code
        self.arguments = dict(arguments or {})


# Reading


def to_values(resource):
    """Return the values of an Event resource.

    ``start`` and ``end`` are naive UTC datetimes of whole seconds; of an
    all-day event noon of the days, and ``start_date`` and ``end_date`` the
    first and the last day. ``time_zone`` is the IANA name of the start's, None
    if it is unknown: then the offset of the time counts, or else UTC.
    ``recurrence`` are the lines of RFC 5545. ``original_start`` is UTC, noon
    of an all-day event. What has no value is None. Of a text of one line the
    line ends and tabs are blanks.

    An end that is missing or before the start is the start. A cancelled event
    may have no times at all. Raise MappingError if another has no start.

    https://developers.google.com/workspace/calendar/api/v3/reference/events
    """
    values = {
        'summary': _line(resource.get('summary')),
        'description': _text(resource.get('description')),
        'location': _line(resource.get('location')),
        }
    for name, known in _SELECTIONS.items():
        value = resource.get(name)
        values[name] = value if value in known else None
    values.update(_read_when(resource))
    lines = resource.get('recurrence')
    if isinstance(lines, list):
        lines = '\n'.join(n for n in lines if isinstance(n, str))
    values['recurrence'] = _text(lines)
    values['organizer_email'] = _line(
        _dict(resource.get('organizer')).get('email'))
    values['ical_uid'] = _line(resource.get('iCalUID'))
    values['conference_link'] = _conference_link(resource)
    values['html_link'] = safe_link(resource.get('htmlLink'))
    values['recurring_event_id'] = _line(resource.get('recurringEventId'))
    original = _dict(resource.get('originalStartTime'))
    values['original_start'] = (
        _noon(_day(original)) if _is_all_day(original)
        else _instant(original))
    return canonical(values)


def canonical(values):
    """Return the values in the one form in which they can be compared.

    Of an all-day event the days count, of another the times, of whole
    seconds; a series has a time zone. Values of records go through it before
    they are compared with those of a resource.
    """
    values = dict(values)
    for name in _TEXTS:
        # what people type has the same limits
        clean = _text if name == 'description' else _line
        values[name] = clean(values.get(name))
    for name, (default, *_) in _SELECTIONS.items():
        values[name] = values.get(name) or default
    lines = map(str.strip, re.split(r'[\r\n]+', values['recurrence'] or ''))
    values['recurrence'] = '\n'.join(filter(None, lines)) or None
    values['all_day'] = bool(values['all_day'])
    if values['all_day']:
        start, end = values['start_date'], values['end_date']
        if not start and values['start']:
            start = values['start'].date()
        if start:
            start = min(start, _LAST_DAY)
            end = min(end or start, _LAST_DAY)
        values.update(
            start_date=start, end_date=end, time_zone=None,
            start=_noon(start), end=_noon(end))
    else:
        start, end = values['start'], values['end'] or values['start']
        zone = values['time_zone']
        if not _zone(zone):
            # Google requires a zone to expand a recurrence
            zone = 'UTC' if values['recurrence'] else None
        values.update(
            start_date=None, end_date=None, time_zone=zone,
            start=start and start.replace(microsecond=0),
            end=end and end.replace(microsecond=0))
    return values


def updated(resource):
    "Return when Google changed the resource, naive UTC, None if unknown"
    parsed = _parse(resource.get('updated'))
    return parsed and _utc(parsed[0], parsed[1] or dt.timedelta())


def is_deleted(resource):
    """Tell if the resource stands for a deleted event.

    A cancelled instance of a series is not: it is an exception, to remember
    as long as the series.
    """
    return (resource.get('status') == 'cancelled'
        and not resource.get('recurringEventId'))


def safe_link(url):
    "Return the URL if it is one of http or https, else None"
    url = _text(url)
    if not url or not url.isprintable() or ' ' in url:
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme in {'http', 'https'} and parts.hostname:
        return url


def calendar_values(entry):
    """Return the values of a CalendarListEntry.

    ``color`` is like #0088aa, ``time_zone`` an IANA name or None.

    https://developers.google.com/workspace/calendar/api/v3/reference/calendarList
    """
    color = entry.get('backgroundColor')
    zone = entry.get('timeZone')
    return {
        'name': next(filter(None, (
                    (_line(entry.get(n)) or '').strip()
                    for n in ['summaryOverride', 'summary', 'id'])), None),
        'description': _text(entry.get('description')),
        'time_zone': zone if _zone(zone) else None,
        'color': (color if isinstance(color, str) and _COLOR.fullmatch(color)
            else None),
        'access_role': _text(entry.get('accessRole')),
        'primary': entry.get('primary') is True,
        'selected': entry.get('selected') is True,
        'deleted': entry.get('deleted') is True,
        }


def _read_when(resource):
    values = dict.fromkeys([
            'all_day', 'start', 'end', 'start_date', 'end_date', 'time_zone'])
    start, end = _dict(resource.get('start')), _dict(resource.get('end'))
    if not _is_readable(start):
        # of a cancelled instance only the original start is guaranteed
        original = _dict(resource.get('originalStartTime'))
        if not _is_readable(original):
            if resource.get('status') == 'cancelled':
                return values
            date = start.get('dateTime') or start.get('date')
            if date:
                raise MappingError('bad_date', {'date': str(date)[:64]})
            raise MappingError('no_start')
        start = original
    if _is_all_day(start):
        day, last_day = _day(start), _last_day(end)
        values.update(
            all_day=True, start_date=day,
            end_date=max(day, last_day) if last_day else day)
    else:
        zone = start.get('timeZone')
        time, end_time = _instant(start), _instant(end, zone)
        values.update(
            start=time, end=max(time, end_time) if end_time else time,
            time_zone=zone)
    return values


def _conference_link(resource):
    entries = _dict(resource.get('conferenceData')).get('entryPoints')
    for entry in entries if isinstance(entries, list) else []:
        if _dict(entry).get('entryPointType') == 'video':
            link = safe_link(entry.get('uri'))
            if link:
                return link
    return safe_link(resource.get('hangoutLink'))


def _dict(value):
    return value if isinstance(value, dict) else {}


def _text(value):
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        return None
    # no database takes these, or no XML-RPC
    value = _CONTROLS.sub('', value)
    return value.encode('utf-8', 'replace').decode('utf-8') or None


def _line(value):
    "Return the text in one line, as fields of one line demand"
    value = _text(value)
    return value and re.sub(r'\r\n|[\t\n\r]', ' ', value)


# Times


def _parse(text):
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


def _utc(local, offset):
    # the first and the last years do not exist in all zones
    try:
        return local - offset
    except OverflowError:
        return _MIN if offset > dt.timedelta() else _MAX


@lru_cache(maxsize=1)
def _zones():
    return zoneinfo.available_timezones() - {'Factory', 'localtime'}


def _zone(name):
    "Return the ZoneInfo, None if the zone is unknown"
    if isinstance(name, str) and name in _zones():
        return zoneinfo.ZoneInfo(name)


def _noon(date):
    return dt.datetime.combine(date, _NOON) if date else None


# The members start, end and originalStartTime: EventDateTime
# https://developers.google.com/workspace/calendar/api/v3/reference/events


def _is_readable(member):
    return bool(_parse(member.get('dateTime')) or _parse(member.get('date')))


def _is_all_day(member):
    # of both, the time says more
    return not _parse(member.get('dateTime')) and _is_readable(member)


def _instant(member, default_zone=None):
    "Return the naive UTC time in whole seconds, None if it is not readable"
    parsed = _parse(member.get('dateTime')) or _parse(member.get('date'))
    if not parsed:
        return None
    local, offset = parsed
    if offset is None:
        zone = _zone(member.get('timeZone')) or _zone(default_zone)
        try:
            offset = local.replace(tzinfo=zone).utcoffset()
        except OverflowError:
            pass
    return _utc(local, offset or dt.timedelta()).replace(microsecond=0)


def _day(member):
    parsed = _parse(member.get('date')) or _parse(member.get('dateTime'))
    return parsed[0].date() if parsed else None


def _last_day(member):
    "Return the last day of an end, which is exclusive"
    parsed = _parse(member.get('date')) or _parse(member.get('dateTime'))
    if not parsed:
        return None
    try:
        return (parsed[0] - dt.datetime.resolution).date()
    except OverflowError:
        return dt.date.min


# Writing


def to_resource(values, units=None, baseline=None):
    """Return the body that sends the values to Google.

    Without units and baseline it is the body of an insert. Otherwise it is
    that of a patch of the named units (all if None) of the baseline, the
    resource that Google last returned: null clears, what did not change is
    sent as it came, and a zone that is unknown here is left to Google.
    Raise MappingError if there is no start, or if the end is before it.

    https://developers.google.com/workspace/calendar/api/v3/reference/events/patch
    """
    values = canonical(values)
    insert = units is None and baseline is None
    body = {}
    for unit in UNITS:
        if unit.read_only or units is not None and unit.name not in units:
            continue
        if unit.name == 'when':
            body.update(_write_when(values, baseline, insert))
        elif values[unit.name] is not None or not insert:
            body[unit.name] = values[unit.name]
    return body


def to_restore(body):
    """Return the patch that brings a deleted event back, from its insert.

    What the insert does not say is cleared, as the deleted event may have it.
    """
    patch = dict.fromkeys([*_TEXTS, 'recurrence'])
    patch.update(body)
    for name in ['start', 'end']:
        patch[name] = {**dict.fromkeys(_KEYS), **body[name]}
    patch['status'] = body.get('status') or 'confirmed'
    return patch


def event_id(identifier):
    """Return the id of a new event from a UUID, or from its text.

    https://developers.google.com/workspace/calendar/api/v3/reference/events
    """
    return uuid.UUID(str(identifier)).hex


def is_event_id(identifier):
    "Tell if an event may be created with the identifier"
    return bool(re.fullmatch(r'[a-v0-9]{5,1024}', identifier))


def _write_when(values, baseline, insert):
    baseline = baseline or {}
    start, end = values['start'], values['end']
    if not start:
        raise MappingError('no_start')
    if end < start:
        if values['all_day']:
            start, end = values['start_date'], values['end_date']
        raise MappingError(
            'end_before_start', {'start': str(start), 'end': str(end)})
    old = to_values(baseline) if _is_readable(
        _dict(baseline.get('start'))) else None
    if old and old['all_day'] != values['all_day']:
        old = None
    body = {}
    for name in ['start', 'end']:
        member = _dict(baseline.get(name))
        body[name] = new = _write_member(name, values, old, member)
        if not insert:
            # a patch merges objects
            for key in member if old else _KEYS:
                if key in _KEYS:
                    new.setdefault(key)
        if new.get('timeZone') and not _zone(new['timeZone']):
            del new['timeZone']
    if values['recurrence']:
        body['recurrence'] = values['recurrence'].split('\n')
    elif not insert and baseline.get('recurrence', not baseline):
        body['recurrence'] = None
    return body


def _write_member(name, values, old, member):
    key = 'date' if values['all_day'] else 'dateTime'
    zone = values['time_zone']
    same_zone = old and old['time_zone'] == zone
    if same_zone:
        # the end may have its own
        zone = member.get('timeZone') or zone
    if values['all_day']:
        value = values[f'{name}_date']
        read = (_day if name == 'start' else _last_day)(member)
        # the end is exclusive
        text = (value if name == 'start' else value + _DAY).isoformat()
    else:
        value = values[name]
        read = _instant(member, old and old['time_zone'])
        text = _local_text(value, _zone(zone))
    if same_zone and read == value and _parse(member.get(key)):
        text = member[key]
    return {key: text, 'timeZone': zone} if zone else {key: text}


def _local_text(time, zone):
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
