# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Reading one VEVENT.

Pure functions, https://www.rfc-editor.org/rfc/rfc5545#section-3.6.1
"""
import datetime as dt
from dataclasses import dataclass, field

from icalendar.parser import Contentline
from icalendar.parser.property import unescape_backslash
from icalendar.prop import vDDDTypes

from . import mapping
from .icalendar_people import read_attendees, read_organizer, read_reminders
from .icalendar_recurrence import Start, read_recurrence
from .times import DAY, LAST_DAY, line_of, noon, safe_link, text_of

__all__ = ['EventError', 'ReadEvent', 'read_event']

_STATUS = {'TENTATIVE': 'tentative', 'CANCELLED': 'cancelled'}
_VISIBILITY = {
    'PUBLIC': 'public', 'PRIVATE': 'private', 'CONFIDENTIAL': 'confidential'}
# the pages of events at Google lead those nowhere who are not invited
_OWN_LINK = '.google.com/calendar/event'
_MAX_SEQUENCE = 2 ** 31 - 1


class EventError(Exception):
    """The event can not be read, see `Skipped` of icalendar_read."""

    def __init__(self, code, properties, **arguments):
        super().__init__(code)
        self.code = code
        self.summary = line_of(properties.text('SUMMARY'))
        self.start = properties.value('DTSTART')
        self.arguments = arguments


@dataclass
class ReadEvent:
    """An event of a file.

    ``recurrence_id`` is the date or naive UTC time of the occurrence it
    replaces, None of an event itself, and ``recurrence_day`` its day in its
    own zone.  ``following`` tells that the later ones are replaced, too.
    ``age`` orders what is written about the same event, the newest is the
    greatest.
    """
    uid: str | None
    values: dict
    start: dt.date
    recurrence_id: dt.date | None
    recurrence_day: dt.date | None
    sequence: int
    age: tuple
    following: bool = False
    links: list = field(default_factory=list)
    position: int = 0

    def same(self, other):
        return (self.values, self.links) == (other.values, other.links)

    def original_start(self, master):
        "The occurrence as naive UTC, noon of the day if the series is of days"
        original = self.recurrence_id
        all_day = master['all_day'] if master else not isinstance(
            original, dt.datetime)
        if all_day:
            return noon(self.recurrence_day)
        if not isinstance(original, dt.datetime):
            return Start.of(master).on(original)
        return original

    def skipped(self, Skipped, code):
        return Skipped(self.values['summary'], str(self.start), code)


class Properties:
    "The properties of a component, its own lines only"

    def __init__(self, lines):
        self._values = {}
        self.alarms = []
        depth, alarm = 0, None
        for line in lines[1:-1]:
            try:
                name, params, value = Contentline(line).raw_parts()
            except ValueError:
                # a line that is none says nothing
                continue
            name = name.upper()
            if name == 'BEGIN':
                depth += 1
                alarm = [] if value.strip().upper() == 'VALARM' else None
            elif name == 'END':
                depth -= 1
                if alarm:
                    self.alarms.append(alarm)
                alarm = None
            elif depth == 0:
                self._values.setdefault(name, []).append((params, value))
            elif alarm is not None:
                alarm.append((name, params, value))

    def all(self, name):
        return self._values.get(name, [])

    def first(self, name):
        "The parameters and the text of the first, None if there is none"
        return next(
            ((p, v) for p, v in self.all(name) if v.strip()), None)

    def value(self, name):
        found = self.first(name)
        return found and found[1].strip()

    def text(self, name):
        found = self.first(name)
        return found and unescape_backslash(found[1])


def read_event(lines, zones):
    "Return the `ReadEvent` of the lines of a VEVENT, or raise EventError"
    properties = Properties(lines)
    original, day = _recurrence_id(properties, zones)
    when, start = _when(properties, zones, original)
    values = {
        'summary': properties.text('SUMMARY'),
        'description': text_of(properties.text('DESCRIPTION')),
        'location': properties.text('LOCATION'),
        'status': _STATUS.get(_word(properties, 'STATUS'), 'confirmed'),
        'visibility': _VISIBILITY.get(_word(properties, 'CLASS'), 'default'),
        'transparency': (
            'transparent' if _word(properties, 'TRANSP') == 'TRANSPARENT'
            else 'opaque'),
        **when,
        }
    try:
        values['recurrence'] = read_recurrence(properties, start, zones)
    except ValueError as error:
        raise EventError(
            'recurrence', properties, rule=str(error)[:200]) from None
    if values['recurrence'] and not values['time_zone']:
        values['time_zone'] = start.zone or 'UTC'
    values.update(read_organizer(properties))
    values.update(read_attendees(properties))
    values.update(read_reminders(properties, start))
    sequence = _integer(properties.value('SEQUENCE'))
    return ReadEvent(
        line_of(properties.text('UID')),
        {**mapping.canonical(values), 'answers': values['answers']},
        start.local, original, day, sequence, _age(properties, sequence),
        following=_is_following(properties), links=_links(properties))


def _word(properties, name):
    return (properties.value(name) or '').upper()


def _integer(text):
    text = (text or '').strip()
    return min(int(text), _MAX_SEQUENCE) if (
        text.isdecimal() and len(text) < 12) else 0


def _age(properties, sequence):
    times = []
    for name in ['LAST-MODIFIED', 'DTSTAMP']:
        time = _parse(properties.value(name))
        times.append(
            time.replace(tzinfo=None) if isinstance(time, dt.datetime)
            else dt.datetime.min)
    return sequence, *times


def _is_following(properties):
    found = properties.first('RECURRENCE-ID')
    return bool(found) and (
        str(found[0].get('RANGE', '')).upper() == 'THISANDFUTURE')


def _links(properties):
    "The addresses that no value holds"
    links = []
    for name in ['URL', 'CONFERENCE']:
        for _, value in properties.all(name):
            link = safe_link(value.strip())
            if link and _OWN_LINK not in link and link not in links:
                links.append(link)
    return links


# Times


def _parse(text):
    "The date, naive or UTC time, duration or period; None if it is none"
    try:
        return vDDDTypes.from_ical((text or '').strip().upper())
    except (ValueError, TypeError, IndexError):
        return None


def _read_time(properties, name, zones):
    """Return a date, or naive UTC time, and the name of its zone.

    None if there is none.
    """
    found = properties.first(name)
    if not found:
        return None
    params, text = found
    value = _parse(text)
    if not isinstance(value, dt.date):
        raise EventError('bad_date', properties, date=text[:64])
    if not isinstance(value, dt.datetime):
        return value, None
    if value.tzinfo:
        return value.replace(tzinfo=None), 'UTC'
    zone = params.get('TZID')
    return zones.utc(value, zone if isinstance(zone, str) else None)


def _recurrence_id(properties, zones):
    "The occurrence and its day in its own zone, None if there is none"
    found = _read_time(properties, 'RECURRENCE-ID', zones)
    if not found:
        return None, None
    local = Start(*found).local
    return found[0], (
        local.date() if isinstance(local, dt.datetime) else local)


def _when(properties, zones, original):
    "The values of the unit when but the recurrence, and the start"
    found = _read_time(properties, 'DTSTART', zones)
    if not found:
        if original is None or _word(properties, 'STATUS') != 'CANCELLED':
            raise EventError('no_start', properties)
        # of an occurrence that is cancelled nothing else matters
        found = original, None
    start, zone = found
    end = _read_time(properties, 'DTEND', zones)
    duration = _parse(properties.value('DURATION'))
    if not isinstance(duration, dt.timedelta):
        duration = None
    values = dict.fromkeys([
            'start', 'end', 'start_date', 'end_date', 'time_zone'])
    if not isinstance(start, dt.datetime):
        end = _end_date(start, end and end[0], duration)
        values.update(
            all_day=True, start_date=start, end_date=max(start, end))
        return values, Start(start, None)
    origin = Start(start, zone)
    if end:
        # of a day it is the first instant
        end = end[0] if isinstance(end[0], dt.datetime) else (
            origin.midnight(end[0]))
    elif duration:
        end = origin.after(duration)
    values.update(
        all_day=False, start=start, end=max(start, end or start),
        # a time of UTC is one of no zone, which only a series needs
        time_zone=zone if zone != 'UTC' else None)
    return values, origin


def _end_date(start, end, duration):
    "The last day of an event of days"
    if isinstance(end, dt.datetime):
        # the end is no part of it
        return (end - dt.datetime.resolution).date()
    if end is None:
        days = max(duration.days, 1) if duration else 1
        try:
            end = start + dt.timedelta(days=days)
        except OverflowError:
            return LAST_DAY
    return end - DAY if end > dt.date.min else end

