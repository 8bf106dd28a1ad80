# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Writing iCalendar files, strictly as RFC 5545 demands.

Pure functions: no ORM, no network, no clock.
"""
import datetime as dt
from dataclasses import dataclass, field

from icalendar import Alarm, Calendar, Event
from icalendar.parser import Parameters
from icalendar.prop import vInline

from .icalendar_people import PARTSTAT
from .icalendar_recurrence import (
    Start, dates_text, exclude, normal, read_lines)
from .icalendar_timezone import timezone_component
from .times import DAY, line_of, safe_link, text_of, zone_of

__all__ = ['Entry', 'busy', 'write']

PRODID = '-//Tryton//Google Calendar//EN'
_STATUS = {
    'confirmed': 'CONFIRMED', 'tentative': 'TENTATIVE',
    'cancelled': 'CANCELLED'}
# what is told of an event of which nothing is told
_BUSY = (
    'all_day', 'start', 'end', 'start_date', 'end_date', 'time_zone',
    'recurrence', 'original_start', 'status')


@dataclass
class Entry:
    """An event to write, of a series with its exceptions.

    ``values`` are those of the mapping; ``stamp`` is when it was changed last,
    naive UTC.
    """
    uid: str
    values: dict
    stamp: dt.datetime
    sequence: int = 0
    created: dt.datetime | None = None
    exceptions: list = field(default_factory=list)


def busy(values, summary):
    "Return of the values only when, with the text that stands for the rest"
    return {**{n: values.get(n) for n in _BUSY}, 'summary': summary}


def write(entries, name=None, description=None, time_zone=None, refresh=None):
    """Return the bytes of a calendar with the entries.

    ``refresh`` is how often it is worth looking again.
    """
    calendar = Calendar()
    _add(calendar, 'VERSION', '2.0')
    _add(calendar, 'PRODID', PRODID)
    _add(calendar, 'CALSCALE', 'GREGORIAN')
    _add(calendar, 'METHOD', 'PUBLISH')
    for names, text in [
            (('NAME', 'X-WR-CALNAME'), line_of(name)),
            (('DESCRIPTION', 'X-WR-CALDESC'), text_of(description)),
            (('X-WR-TIMEZONE',), time_zone if zone_of(time_zone) else None)]:
        if text:
            for property in names:
                _add(calendar, property, _escape(text))
    if refresh:
        calendar.add(
            'REFRESH-INTERVAL', refresh, parameters={'VALUE': 'DURATION'})
        calendar.add('X-PUBLISHED-TTL', vInline(
                calendar['REFRESH-INTERVAL'].to_ical().decode()),
            encode=False)
    events = [e for entry in entries for e in _events(entry)]
    for zone, year in sorted(_zones(entries).items()):
        calendar.add_component(timezone_component(zone, year))
    for event in events:
        calendar.add_component(event)
    return calendar.to_ical(sorted=False)


def _zones(entries):
    "The zones of the entries, and the first year of each"
    years = {}
    for entry in entries:
        for values in [entry.values, *(e.values for e in entry.exceptions)]:
            zone = values['time_zone']
            if values['all_day'] or not zone or zone == 'UTC':
                continue
            times = [values['start'], values.get('original_start')]
            year = min((t.year for t in times if t), default=_FIRST_YEAR)
            years[zone] = min(years.get(zone, year), year)
    return years


_FIRST_YEAR = 1970


def _events(entry):
    "The VEVENTs of an entry"
    series = entry.values if entry.values.get('recurrence') else None
    cancelled = [
        e.values['original_start'] for e in entry.exceptions
        if e.values['status'] == 'cancelled']
    yield _event(entry, entry.values, None, cancelled if series else [])
    for exception in entry.exceptions:
        if exception.values['status'] != 'cancelled':
            yield _event(
                exception, {**exception.values, 'recurrence': None}, series)


def _event(entry, values, series=None, cancelled=()):
    event = Event()
    _add(event, 'UID', _escape(entry.uid))
    event.add('DTSTAMP', _utc(entry.stamp))
    if entry.created:
        event.add('CREATED', _utc(entry.created))
    event.add('LAST-MODIFIED', _utc(entry.stamp))
    if entry.sequence:
        event.add('SEQUENCE', entry.sequence)
    _add_times(event, values)
    if values.get('original_start'):
        start = Start.of(series or values)
        _add_moment(event, 'RECURRENCE-ID', _original(
                values['original_start'], start), start)
    if values.get('recurrence'):
        _add_recurrence(event, values, cancelled)
    for property, name in [
            ('SUMMARY', 'summary'), ('DESCRIPTION', 'description'),
            ('LOCATION', 'location')]:
        if text := text_of(values.get(name)):
            _add(event, property, _escape(text))
    _add(event, 'STATUS', _STATUS.get(values.get('status'), 'CONFIRMED'))
    _add(event, 'TRANSP', (values.get('transparency') or 'opaque').upper())
    if values.get('visibility') not in {None, 'default'}:
        _add(event, 'CLASS', values['visibility'].upper())
    _add_links(event, values)
    _add_people(event, values)
    _add_alarms(event, values)
    return event


def _add(component, name, text, **params):
    "Add a property of which the text is as it is to be written"
    value = vInline(text)
    value.params = Parameters({
            n.replace('_', '-').upper(): v
            for n, v in params.items() if v is not None})
    component.add(name, value, encode=False)


def _escape(text):
    text = text.replace('\r\n', '\n').replace('\r', '\n')
    for character in '\\;,':
        text = text.replace(character, '\\' + character)
    return text.replace('\n', '\\n')


def _utc(time):
    return time.replace(tzinfo=dt.timezone.utc, microsecond=0)


# Times


def _original(time, start):
    return time.date() if start.all_day else time


def _add_times(event, values):
    start = Start.of(values)
    if start.all_day:
        _add_moment(event, 'DTSTART', start.value, start)
        _add_moment(event, 'DTEND', values['end_date'] + DAY, start)
        return
    ends = [start.value]
    if values['end'] and values['end'] > start.value:
        ends.append(values['end'])
    if not values.get('recurrence') and any(start.is_ambiguous(t)
            for t in ends):
        # only UTC tells the first of two equal hours from the second
        start = Start(start.value, 'UTC')
    _add_moment(event, 'DTSTART', start.value, start)
    if ends[1:]:
        _add_moment(event, 'DTEND', ends[1], start)


def _add_moment(event, name, value, start):
    params, text = dates_text([value], start)
    _add(event, name, text, **params)


def _add_recurrence(event, values, cancelled):
    text = normal({**values, 'recurrence': exclude(values, cancelled)})
    for name, params, value in read_lines(text):
        _add(event, name, value, **params)


# The rest


def _add_links(event, values):
    if link := safe_link(values.get('html_link')):
        _add(event, 'URL', link)
    if link := safe_link(values.get('conference_link')):
        _add(event, 'CONFERENCE', link, value='URI', feature='VIDEO')
    for attachment in values.get('attachments') or []:
        if link := safe_link(attachment['url']):
            _add(
                event, 'ATTACH', link, fmttype=attachment.get('mime_type'),
                filename=line_of(attachment.get('title')))


def _add_people(event, values):
    if email := _address(values.get('organizer_email')):
        _add(event, 'ORGANIZER', email)
    answers = {a['email']: a for a in values.get('answers') or []}
    for attendee in values.get('attendees') or []:
        email = _address(attendee['email'])
        if not email:
            continue
        answer = answers.get(attendee['email'], {})
        guests = answer.get('additional_guests')
        _add(
            event, 'ATTENDEE', email,
            cn=attendee.get('name'),
            cutype='RESOURCE' if answer.get('room') else 'INDIVIDUAL',
            role=('OPT-PARTICIPANT' if attendee.get('optional')
                else 'REQ-PARTICIPANT'),
            partstat=PARTSTAT.get(answer.get('response'), 'NEEDS-ACTION'),
            x_num_guests=str(guests) if guests else None,
            x_response_comment=answer.get('comment'))


def _address(email):
    if not email or '@' not in email or not email.isprintable():
        return None
    return 'mailto:' + email.replace(' ', '')


def _add_alarms(event, values):
    if values.get('default_reminders') is not False:
        return
    for reminder in values.get('reminders') or []:
        alarm = Alarm()
        email = reminder['method'] == 'email'
        _add(alarm, 'ACTION', 'EMAIL' if email else 'DISPLAY')
        alarm.add('TRIGGER', dt.timedelta(minutes=-reminder['minutes']))
        summary = _escape(line_of(values.get('summary')) or 'Reminder')
        _add(alarm, 'DESCRIPTION', summary)
        if email:
            _add(alarm, 'SUMMARY', summary)
            # whose it is only the reader knows, but there must be one
            _add(alarm, 'ATTENDEE', _address(
                    values.get('organizer_email')) or 'mailto:')
        event.add_component(alarm)
