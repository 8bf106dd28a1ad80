# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Real calendars: iCalendar files as bodies of Google's events.import.

https://developers.google.com/workspace/calendar/api/v3/reference/events/import
"""
import datetime as dt
import fnmatch
import functools
import importlib.resources
import zoneinfo

import icalendar

__all__ = ['arrange', 'read_files', 'to_google']

DAY = dt.timedelta(days=1)
MINUTE = dt.timedelta(minutes=1)
MAX_MINUTES = 40320  # four weeks, as Google allows
MAX_REMINDERS = 5
PACKAGE = 'recurring_ical_events'  # its wheel ships the files
FOLDER = ('test', 'calendars')
STATUS = {'CONFIRMED', 'TENTATIVE', 'CANCELLED'}
VISIBILITY = {
    'PUBLIC': 'public',
    'PRIVATE': 'private',
    'CONFIDENTIAL': 'confidential',
    }
RESPONSE = {
    'NEEDS-ACTION': 'needsAction',
    'DECLINED': 'declined',
    'TENTATIVE': 'tentative',
    'ACCEPTED': 'accepted',
    }


def read_files(pattern='*'):
    "Yield the name of each file with its events, the series first"
    folder = importlib.resources.files(PACKAGE).joinpath(*FOLDER)
    for path in sorted(folder.iterdir(), key=lambda p: p.name):
        if not fnmatch.fnmatch(path.name, pattern + '.ics'):
            continue
        events = []
        for calendar in icalendar.Calendar.from_ical(
                path.read_bytes(), multiple=True):
            zone = _get_zone(calendar)
            events.extend((e, zone) for e in calendar.walk('VEVENT'))
        # an exception can only be imported into its series
        events.sort(key=lambda e: 'RECURRENCE-ID' in e[0])
        yield path.name, events


def arrange(files):
    """Return lists of files, one for each calendar.

    A calendar of Google holds an iCalUID once: a file goes to the first
    calendar that has none of its own.
    """
    calendars = []
    for name, events in files:
        uids = {str(e['UID']) for e, _ in events if 'UID' in e}
        place = next((c for c in calendars if not c[1] & uids), None)
        if place is None:
            place = [], set()
            calendars.append(place)
        place[0].append((name, events))
        place[1].update(uids)
    return [files for files, _ in calendars]


def to_google(event, zone):
    "Return the body; what the event lacks is for Google to refuse"
    body = {}
    if 'UID' in event:
        body['iCalUID'] = str(event['UID'])
    for name in ['SUMMARY', 'DESCRIPTION', 'LOCATION']:
        if text := _text(event, name):
            body[name.lower()] = text
    if (status := _text(event, 'STATUS').upper()) in STATUS:
        body['status'] = status.lower()
    if visibility := VISIBILITY.get(_text(event, 'CLASS').upper()):
        body['visibility'] = visibility
    if _text(event, 'TRANSP').upper() == 'TRANSPARENT':
        body['transparency'] = 'transparent'
    if 'DTSTART' in event:
        start = event['DTSTART'].dt
        body['start'] = _time(start, zone)
        body['end'] = _time(_get_end(event, start), zone)
    if lines := _get_recurrence(event):
        body['recurrence'] = lines
    if attendees := _get_attendees(event):
        body['attendees'] = attendees
    if reminders := _get_reminders(event):
        body['reminders'] = {'useDefault': False, 'overrides': reminders}
    body.update(_get_links(event))
    if 'RECURRENCE-ID' in event:
        body['originalStartTime'] = _time(event['RECURRENCE-ID'].dt, zone)
    return body


def _get_zone(calendar):
    "The zone of the times that name none"
    name = str(calendar.get('X-WR-TIMEZONE'))
    return name if name in _zones() else 'UTC'


@functools.cache
def _zones():
    "Which takes longer than to read a file"
    return zoneinfo.available_timezones()


def _text(event, name):
    value = event.get(name)
    if isinstance(value, list):
        value = value[0]
    return str(value or '')


def _get_end(event, start):
    "RFC 5545, 3.6.1: what an event without an end lasts"
    if 'DTEND' in event:
        return event['DTEND'].dt
    if 'DURATION' in event:
        return start + event['DURATION'].dt
    if isinstance(start, dt.datetime):
        return start
    return start + DAY


def _time(value, zone):
    if not isinstance(value, dt.datetime):
        return {'date': value.isoformat()}
    if value.tzinfo is None:
        return {'dateTime': value.isoformat(), 'timeZone': zone}
    name = getattr(value.tzinfo, 'key', None)
    if name is None and not value.utcoffset():
        name = 'UTC'
    member = {'dateTime': value.isoformat()}
    if name:
        member['timeZone'] = name
    return member


def _get_attendees(event):
    "Each guest once, by the e-mail"
    values = event.get('ATTENDEE', [])
    guests = {}
    for value in values if isinstance(values, list) else [values]:
        scheme, _, email = str(value).partition(':')
        if scheme.lower() != 'mailto':
            continue
        guest = guests[email.lower()] = {'email': email}
        if name := value.params.get('CN'):
            guest['displayName'] = str(name)
        if value.params.get('ROLE') == 'OPT-PARTICIPANT':
            guest['optional'] = True
        if response := RESPONSE.get(value.params.get('PARTSTAT')):
            guest['responseStatus'] = response
    return list(guests.values())


def _get_reminders(event):
    "The alarms before the start: Google has no others"
    reminders = set()
    for alarm in event.walk('VALARM'):
        trigger = alarm.get('TRIGGER')
        if (not trigger or not isinstance(trigger.dt, dt.timedelta)
                or trigger.params.get('RELATED', 'START') != 'START'):
            continue
        minutes = -trigger.dt // MINUTE
        if 0 <= minutes <= MAX_MINUTES:
            method = 'email' if alarm['ACTION'] == 'EMAIL' else 'popup'
            reminders.add((method, minutes))
    return [
        {'method': method, 'minutes': minutes}
        for method, minutes in sorted(reminders)[:MAX_REMINDERS]]


def _get_links(event):
    "What Tryton does not show, and must leave as it is"
    values = {}
    if (url := _text(event, 'URL')).startswith(('http:', 'https:')):
        values['source'] = {'title': "The calendar", 'url': url}
    private = {
        name: event[name].to_ical().decode()
        for name in ['PRIORITY', 'CREATED']
        if name in event}
    if private:
        values['extendedProperties'] = {'private': private}
    return values


def _get_recurrence(event):
    lines = []
    for name in ['RRULE', 'EXRULE', 'RDATE', 'EXDATE']:
        values = event.get(name, [])
        for value in values if isinstance(values, list) else [values]:
            parameters = ''.join(
                f';{key}={parameter}' for key, parameter in
                value.params.items())
            lines.append(
                f'{name}{parameters}:{value.to_ical().decode()}')
    return lines
