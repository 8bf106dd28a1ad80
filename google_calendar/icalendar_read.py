# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Reading iCalendar files, RFC 5545, as liberally as people write them.

Pure functions: no ORM, no network, no clock.
"""
import hashlib
import re
from dataclasses import dataclass, field

from icalendar.parser import Contentline, Contentlines

from .icalendar_event import EventError, read_event
from .icalendar_recurrence import basic
from .icalendar_zones import Zones, known_zone
from .times import line_of

__all__ = [
    'Document', 'FileError', 'MAX_EVENTS', 'MAX_SIZE', 'Item', 'Skipped',
    'alone', 'derived_uid', 'read']

MAX_SIZE = 10 * 2 ** 20
MAX_EVENTS = 10_000
# components in components
MAX_DEPTH = 20
# what is not an event, and what it is called to people
_OTHERS = {'VTODO': 'task', 'VJOURNAL': 'journal'}
# what is in nothing but a calendar
_TOP = {'VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY', 'VTIMEZONE'}


class FileError(Exception):
    """The file is none of which events can be read.

    ``code`` is ``too_large`` or ``too_many`` (arguments: maximum),
    ``encoding`` or ``no_calendar``.
    """

    def __init__(self, code, **arguments):
        super().__init__(code)
        self.code = code
        self.arguments = arguments


@dataclass
class Skipped:
    """What can not be read.

    ``code`` is ``task``, ``journal``, ``no_start``, ``bad_date`` (arguments:
    date), ``recurrence`` (arguments: rule), ``superseded``, ``cancelled`` or
    ``unreadable``.
    """
    summary: str | None
    start: str | None
    code: str
    arguments: dict = field(default_factory=dict)


@dataclass
class Item:
    """An event of the file with its exceptions.

    ``values`` are those of the mapping, None if the file has only exceptions
    of a series that is elsewhere.  ``exceptions`` are values by their original
    start.  ``links`` are addresses that no value holds, by the original start
    of an exception and None for the event itself.  ``following`` are the
    original starts of the exceptions that replace the later occurrences as
    well, ``older`` of those that the series knows to be out of date.
    """
    uid: str
    sequence: int = 0
    values: dict | None = None
    exceptions: dict = field(default_factory=dict)
    links: dict = field(default_factory=dict)
    following: set = field(default_factory=set)
    older: set = field(default_factory=set)


@dataclass
class Document:
    """What a file contains.

    ``unknown_zones`` are the names of zones instead of which the default one
    was taken.
    """
    name: str | None
    items: list
    skipped: list
    unknown_zones: set


def read(data, time_zone='UTC'):
    """Return the `Document` of the bytes of a file.

    ``time_zone`` is the name of the zone of times that name none, if the file
    does not say another.  What is wrong with one event concerns it alone.
    Raise FileError if nothing can be read.
    """
    components, properties = _divide(_decode(data))
    zone = next(filter(None, map(known_zone, [
                    properties.get('X-WR-TIMEZONE'), time_zone])), 'UTC')
    zones = Zones(zone, [
            lines for name, lines in components if name == 'VTIMEZONE'])
    skipped, events = [], []
    for position, (name, lines) in enumerate(components):
        if name == 'VEVENT':
            try:
                event = read_event(lines, zones)
                event.position = position
                events.append(event)
            except EventError as error:
                skipped.append(Skipped(
                        error.summary, error.start, error.code,
                        error.arguments))
        elif name in _OTHERS:
            skipped.append(Skipped(*_title(lines), _OTHERS[name]))
        elif name is None:
            skipped.append(Skipped(*_title(lines), 'unreadable'))
    items = _group(events, skipped)
    return Document(
        line_of(properties.get('X-WR-CALNAME') or properties.get('NAME')),
        items, skipped, zones.unknown)


def alone(item, original):
    """Return the item of an exception of which there is no series.

    It is an event of its own, with a UID that only this occurrence has.
    """
    uid = derived_uid(item.uid, original)
    values = {
        **item.exceptions[original], 'original_start': None, 'ical_uid': uid}
    return Item(
        uid, item.sequence, values,
        links={None: item.links.get(original, [])})


def _decode(data):
    if len(data) > MAX_SIZE:
        raise FileError('too_large', maximum=MAX_SIZE // 2 ** 20)
    encoding = 'utf-8-sig'
    if data[:2] in {b'\xff\xfe', b'\xfe\xff'}:
        encoding = 'utf-16'
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise FileError('encoding') from None


def _divide(text):
    """Return the lines of the components, and the calendar's own properties.

    The name of a component is None if the file ends before it.
    """
    # old Macintosh too
    text = text.replace('\r\n', '\n').replace('\r', '\n')
    text = re.sub('\n{2,}', '\n', text)
    components, properties = [], {}
    stack, lines, calendars, events = [], [], 0, 0
    for line in filter(None, Contentlines.from_ical(text)):
        keyword, _, value = str(line).strip().partition(':')
        keyword, value = keyword.upper(), value.strip().upper()
        if keyword == 'BEGIN':
            calendars += value == 'VCALENDAR'
            events += value == 'VEVENT'
            if events > MAX_EVENTS:
                raise FileError('too_many', maximum=MAX_EVENTS)
            if value in _TOP and len(stack) > 1:
                # the one before was never ended
                components.append((
                        None if stack[1] == 'VEVENT' else stack[1], lines))
                del stack[1:]
            if len(stack) < MAX_DEPTH:
                stack.append(value)
            if len(stack) == 2:
                lines = []
        if len(stack) >= 2 and stack[0] == 'VCALENDAR':
            lines.append(line)
        elif stack == ['VCALENDAR']:
            _keep_property(properties, line)
        if keyword == 'END' and value in stack:
            del stack[len(stack) - 1 - stack[::-1].index(value):]
            if len(stack) == 1 and lines:
                components.append((value, lines))
                lines = []
    if not calendars:
        raise FileError('no_calendar')
    if lines:
        components.append((None, lines))
    return components, properties


def _keep_property(properties, line):
    try:
        name, _, value = line.parts()
    except ValueError:
        return
    properties.setdefault(name.upper(), value.strip())


def _title(lines):
    "The summary and the start of any component, as they are written"
    found = {}
    for line in lines:
        try:
            name, _, value = Contentline(line).parts()
        except ValueError:
            continue
        found.setdefault(name.upper(), value)
    return line_of(found.get('SUMMARY')), line_of(found.get('DTSTART'))


def _group(events, skipped):
    "The items of the events that were read, the newest of each"
    masters, exceptions, order = {}, {}, []
    for event in sorted(events, key=lambda e: e.age, reverse=True):
        uid = event.uid or _generated(event)
        if event.recurrence_id is None or not event.uid:
            newest = masters.get(uid)
            if newest and newest.start != event.start and (
                    newest.sequence == event.sequence):
                # another event, of a program that gives all the same UID
                uid = derived_uid(uid, event.start)
                newest = masters.get(uid)
            known = masters
            key = uid
        else:
            known, key = exceptions, (uid, event.recurrence_id)
            newest = known.get(key)
        if newest:
            if not event.same(newest):
                skipped.append(event.skipped(Skipped, 'superseded'))
            continue
        known[key] = event
        order.append((event.position, uid))
    return _items(masters, exceptions, order, skipped)


def _items(masters, exceptions, order, skipped):
    items = {}
    for _, uid in sorted(order):
        items.setdefault(uid, Item(uid))
    for uid, event in masters.items():
        if event.values['status'] == 'cancelled':
            skipped.append(event.skipped(Skipped, 'cancelled'))
            items[uid] = None
            continue
        items[uid].sequence = event.sequence
        items[uid].values = {**event.values, 'ical_uid': uid}
        items[uid].links[None] = event.links
    for (uid, _), event in exceptions.items():
        item = items[uid]
        if item is None:
            continue
        original = event.original_start(item.values)
        values = {
            **event.values, 'recurrence': None, 'ical_uid': uid,
            'original_start': original}
        item.exceptions[original] = values
        item.links[original] = event.links
        if event.following:
            item.following.add(original)
        if event.sequence < item.sequence:
            item.older.add(original)
        if item.values is None:
            item.sequence = max(item.sequence, event.sequence)
    return [item for item in items.values() if item]


def derived_uid(uid, time):
    "The UID of what is written under the UID of something else"
    return f'{uid}/{basic(time)}'


def _generated(event):
    "The UID of an event without, the same each time the file is read"
    text = repr([
            event.values[n] for n in [
                'summary', 'start', 'end', 'all_day', 'recurrence',
                'location', 'description']])
    return hashlib.sha256(text.encode()).hexdigest()[:32]

