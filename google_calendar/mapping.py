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

from trytond.modules.google_integration.merge import Unit

from .conference import conference_link, has_conference, write_conference
from .people import (
    RESPONSES, attachments_of, attendee_key, canonical_reminders,
    people_values, reminders_values, write_attendees, write_reminders)
from .times import (
    DAY, LAST_DAY, as_dict, day_of, instant, is_all_day, is_readable,
    last_day_of, line_of, local_text, noon, parse, private_property,
    safe_link, text_of, utc, zone_of)

__all__ = [
    'COLORS', 'MappingError', 'PRIVATE', 'UNITS', 'calendar_values',
    'canonical', 'event_id', 'is_deleted', 'is_event_id', 'is_moved',
    'record_of', 'to_resource', 'to_restore', 'to_values', 'updated']

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
    Unit('attendees', ('attendees',), key=attendee_key),
    Unit('response', ('response', 'response_comment')),
    Unit('reminders', ('default_reminders', 'reminders')),
    Unit('color', ('color_id',)),
    Unit('guests', (
            'guests_can_invite_others', 'guests_can_modify',
            'guests_can_see_other_guests')),
    Unit('conference', ('conference',)),
    Unit('resource', ('resource',)),
    Unit('google', (
            'organizer_email', 'organizer_own', 'creator_email', 'ical_uid',
            'conference_link', 'html_link', 'recurring_event_id',
            'original_start', 'event_type', 'locked', 'attendees_omitted'),
        read_only=True),
    Unit('answers', ('answers',), key=attendee_key, read_only=True),
    Unit('attachments', ('attachments',), key=lambda a: a['url'],
        read_only=True),
    ]
# the units that are of the own copy alone: nobody else is told
PRIVATE = {'reminders', 'color', 'transparency', 'resource'}
# the colors of events, https://developers.google.com/workspace/calendar/api/v3/reference/colors
COLORS = {
    '1': '#a4bdfc', '2': '#7ae7bf', '3': '#dbadff', '4': '#ff887c',
    '5': '#fbd75b', '6': '#ffb878', '7': '#46d6db', '8': '#e1e1e1',
    '9': '#5484ed', '10': '#51b749', '11': '#dc2127',
    }

# the first is the default
_SELECTIONS = {
    'status': ('confirmed', 'tentative', 'cancelled'),
    'visibility': ('default', 'public', 'private', 'confidential'),
    'transparency': ('opaque', 'transparent'),
    }
_TEXTS = ('summary', 'description', 'location')
_KEYS = ('date', 'dateTime', 'timeZone')
# name, key of Google, default
_FLAGS = [
    ('guests_can_invite_others', 'guestsCanInviteOthers', True),
    ('guests_can_modify', 'guestsCanModify', False),
    ('guests_can_see_other_guests', 'guestsCanSeeOtherGuests', True),
    ]
# the extended property that names the record of Tryton
_RECORD = 'trytonRecord'

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
        'summary': line_of(resource.get('summary')),
        'description': text_of(resource.get('description')),
        'location': line_of(resource.get('location')),
        }
    for name, known in _SELECTIONS.items():
        value = resource.get(name)
        values[name] = value if value in known else None
    values.update(_read_when(resource))
    lines = resource.get('recurrence')
    if isinstance(lines, list):
        lines = '\n'.join(n for n in lines if isinstance(n, str))
    values['recurrence'] = text_of(lines)
    values.update(people_values(resource))
    values.update(reminders_values(resource))
    for name, key, default in _FLAGS:
        value = resource.get(key)
        values[name] = value if isinstance(value, bool) else default
    color = resource.get('colorId')
    values['color_id'] = (
        color if isinstance(color, str) and color in COLORS else None)
    values['conference'] = has_conference(resource)
    values['resource'] = record_of(resource)
    values.update(_read_google(resource))
    return canonical(values)


def record_of(resource):
    "The text that names the record of Tryton"
    return line_of(private_property(resource, _RECORD))


def _read_google(resource):
    "The values that Google alone writes"
    original = as_dict(resource.get('originalStartTime'))
    return {
        'ical_uid': line_of(resource.get('iCalUID')),
        'conference_link': conference_link(resource),
        'html_link': safe_link(resource.get('htmlLink')),
        'recurring_event_id': line_of(resource.get('recurringEventId')),
        'original_start': (
            noon(day_of(original)) if is_all_day(original)
            else instant(original)),
        'event_type': line_of(resource.get('eventType')),
        'locked': resource.get('locked') is True,
        'attachments': attachments_of(resource),
        }


def canonical(values):
    """Return the values in the one form in which they can be compared.

    Of an all-day event the days count, of another the times, of whole
    seconds; a series has a time zone. Values of records go through it before
    they are compared with those of a resource.
    """
    values = dict(values)
    for name in _TEXTS:
        # what people type has the same limits
        clean = text_of if name == 'description' else line_of
        values[name] = clean(values.get(name))
    for name, (default, *_) in _SELECTIONS.items():
        values[name] = values.get(name) or default
    values.update(_canonical_people(values))
    lines = map(str.strip, re.split(r'[\r\n]+', values['recurrence'] or ''))
    values['recurrence'] = '\n'.join(filter(None, lines)) or None
    values['all_day'] = bool(values['all_day'])
    if values['all_day']:
        start, end = values['start_date'], values['end_date']
        if not start and values['start']:
            start = values['start'].date()
        if start:
            start = min(start, LAST_DAY)
            end = min(end or start, LAST_DAY)
        values.update(
            start_date=start, end_date=end, time_zone=None,
            start=noon(start), end=noon(end))
    else:
        start, end = values['start'], values['end'] or values['start']
        zone = values['time_zone']
        if not zone_of(zone):
            # Google requires a zone to expand a recurrence
            zone = 'UTC' if values['recurrence'] else None
        values.update(
            start_date=None, end_date=None, time_zone=zone,
            start=start and start.replace(microsecond=0),
            end=end and end.replace(microsecond=0))
    return values


def _canonical_people(values):
    result = {
        'attendees': [
            {
                'email': attendee_key(a), 'name': line_of(a.get('name')),
                'optional': bool(a.get('optional')),
                }
            for a in values.get('attendees') or [] if attendee_key(a)],
        'response_comment': line_of(values.get('response_comment')),
        'color_id': values.get('color_id') or None,
        'conference': bool(values.get('conference')),
        'resource': values.get('resource') or None,
        }
    response = values.get('response')
    result['response'] = response if response in RESPONSES else None
    for name, _, default in [*_FLAGS, ('default_reminders', None, True)]:
        value = values.get(name)
        result[name] = default if value is None else bool(value)
    result['reminders'] = canonical_reminders({**values, **result})
    return result


def updated(resource):
    "Return when Google changed the resource, naive UTC, None if unknown"
    parsed = parse(resource.get('updated'))
    return parsed and utc(parsed[0], parsed[1] or dt.timedelta())


def is_deleted(resource):
    """Tell if the resource stands for a deleted event.

    A cancelled instance of a series is not: it is an exception, to remember
    as long as the series.
    """
    return (resource.get('status') == 'cancelled'
        and not resource.get('recurringEventId'))


def is_moved(resource):
    """Tell if the deleted event was moved to another calendar.

    The calendar of the organizer keeps the details of what is deleted there:
    without them it has another organizer now.

    https://developers.google.com/workspace/calendar/api/v3/reference/events
    """
    return is_deleted(resource) and not resource.get('start')


def calendar_values(entry):
    """Return the values of a CalendarListEntry.

    ``color`` is like #0088aa, ``time_zone`` an IANA name or None.

    https://developers.google.com/workspace/calendar/api/v3/reference/calendarList
    """
    color = entry.get('backgroundColor')
    zone = entry.get('timeZone')
    return {
        'name': next(filter(None, (
                    (line_of(entry.get(n)) or '').strip()
                    for n in ['summaryOverride', 'summary', 'id'])), None),
        'description': text_of(entry.get('description')),
        'time_zone': zone if zone_of(zone) else None,
        'color': (color if isinstance(color, str) and _COLOR.fullmatch(color)
            else None),
        'access_role': text_of(entry.get('accessRole')),
        'primary': entry.get('primary') is True,
        'selected': entry.get('selected') is True,
        'deleted': entry.get('deleted') is True,
        }


def _read_when(resource):
    values = dict.fromkeys([
            'all_day', 'start', 'end', 'start_date', 'end_date', 'time_zone'])
    start = as_dict(resource.get('start'))
    end = as_dict(resource.get('end'))
    if not is_readable(start):
        # of a cancelled instance only the original start is guaranteed
        original = as_dict(resource.get('originalStartTime'))
        if not is_readable(original):
            if resource.get('status') == 'cancelled':
                return values
            date = start.get('dateTime') or start.get('date')
            if date:
                raise MappingError('bad_date', {'date': str(date)[:64]})
            raise MappingError('no_start')
        start = original
    if is_all_day(start):
        day, last_day = day_of(start), last_day_of(end)
        values.update(
            all_day=True, start_date=day,
            end_date=max(day, last_day) if last_day else day)
    else:
        zone = start.get('timeZone')
        time, end_time = instant(start), instant(end, zone)
        values.update(
            start=time, end=max(time, end_time) if end_time else time,
            time_zone=zone)
    return values


# Writing


def to_resource(values, units=None, baseline=None):
    """Return the body that sends the values to Google.

    Without units and baseline it is the body of an insert. Otherwise it is
    that of a patch of the named units (all if None) of the baseline, the
    resource that Google last returned: null clears, what did not change is
    sent as it came, and a zone that is unknown here is left to Google.
    Raise MappingError if there is no start, if the end is before it, or if
    the guests are to change of which Google did not send all.

    https://developers.google.com/workspace/calendar/api/v3/reference/events/patch
    """
    values = canonical(values)
    insert = units is None and baseline is None
    body = {}
    for unit in UNITS:
        if unit.read_only or units is not None and unit.name not in units:
            continue
        write = _WRITERS.get(unit.name, _write_plain)
        body.update(write(unit.name, values, units, baseline, insert))
    return body


def _write_plain(name, values, units, baseline, insert):
    if values[name] is None and insert:
        return {}
    return {name: values[name]}


def _write_people(name, values, units, baseline, insert):
    if insert and not values['attendees']:
        return {}
    members = write_attendees(values, units, baseline)
    if members is None:
        raise MappingError('attendees_omitted')
    return members


def _write_reminders(name, values, units, baseline, insert):
    if insert and values['default_reminders']:
        return {}
    return {'reminders': write_reminders(values)}


def _write_color(name, values, units, baseline, insert):
    if insert and not values['color_id']:
        return {}
    return {'colorId': values['color_id']}


def _write_guests(name, values, units, baseline, insert):
    whole = baseline is None and not insert
    return {
        key: values[field] for field, key, default in _FLAGS
        if whole or values[field] != (baseline or {}).get(key, default)}


def _write_resource(name, values, units, baseline, insert):
    if insert and not values['resource']:
        return {}
    return {'extendedProperties': {'private': {
                _RECORD: values['resource']}}}


def to_restore(body, deleted):
    """Return the patch that brings a deleted event back, from its insert.

    What the insert does not say is cleared, as the deleted event may have it.
    A conference that it has is kept, whosever it is.
    """
    patch = dict.fromkeys([*_TEXTS, 'recurrence', 'attendees', 'colorId'])
    patch.update(body)
    patch.pop('iCalUID', None)
    if has_conference(deleted):
        patch.pop('conferenceData', None)
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


def _write_when(name, values, units, baseline, insert):
    baseline = baseline or {}
    start, end = values['start'], values['end']
    if not start:
        raise MappingError('no_start')
    if end < start:
        if values['all_day']:
            start, end = values['start_date'], values['end_date']
        raise MappingError(
            'end_before_start', {'start': str(start), 'end': str(end)})
    old = to_values(baseline) if is_readable(
        as_dict(baseline.get('start'))) else None
    if old and old['all_day'] != values['all_day']:
        old = None
    body = {}
    for name in ['start', 'end']:
        member = as_dict(baseline.get(name))
        body[name] = new = _write_member(name, values, old, member)
        if not insert:
            # a patch merges objects
            for key in member if old else _KEYS:
                if key in _KEYS:
                    new.setdefault(key)
        if new.get('timeZone') and not zone_of(new['timeZone']):
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
        read = (day_of if name == 'start' else last_day_of)(member)
        # the end is exclusive
        text = (value if name == 'start' else value + DAY).isoformat()
    else:
        value = values[name]
        read = instant(member, old and old['time_zone'])
        text = local_text(value, zone_of(zone))
    if same_zone and read == value and parse(member.get(key)):
        text = member[key]
    return {key: text, 'timeZone': zone} if zone else {key: text}


_WRITERS = {
    'when': _write_when,
    'attendees': _write_people,
    'response': _write_people,
    'reminders': _write_reminders,
    'color': _write_color,
    'guests': _write_guests,
    'conference': write_conference,
    'resource': _write_resource,
    }
