# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Guests and alarms of a VEVENT, between the lines and the values.

Pure functions, https://www.rfc-editor.org/rfc/rfc5545#section-3.8.4
"""
import datetime as dt

from icalendar.parser.property import unescape_backslash
from icalendar.prop import vDDDTypes

from .people import MAX_MINUTES, MAX_REMINDERS, normalize_email
from .times import line_of

__all__ = [
    'PARTSTAT', 'read_attendees', 'read_organizer', 'read_reminders']

PARTSTAT = {
    'needsAction': 'NEEDS-ACTION',
    'accepted': 'ACCEPTED',
    'declined': 'DECLINED',
    'tentative': 'TENTATIVE',
    }
_RESPONSES = {v: k for k, v in PARTSTAT.items()}
_ROOMS = {'ROOM', 'RESOURCE'}


def read_organizer(properties):
    found = properties.first('ORGANIZER')
    return {'organizer_email': found and _email(*found)}


def read_attendees(properties):
    """Return ``attendees`` and ``answers`` as `people_values` does.

    Who has no e-mail address can not be a guest at Google.
    """
    attendees, answers = {}, {}
    for params, value in properties.all('ATTENDEE'):
        email = _email(params, value)
        if not email or email in attendees:
            continue
        attendees[email] = {
            'email': email,
            'name': line_of(_parameter(params, 'CN')),
            'optional': _word(params, 'ROLE') in {
                'OPT-PARTICIPANT', 'NON-PARTICIPANT'},
            }
        guests = _parameter(params, 'X-NUM-GUESTS') or ''
        answers[email] = {
            'email': email,
            'response': _RESPONSES.get(
                _word(params, 'PARTSTAT'), 'needsAction'),
            'comment': line_of(_parameter(params, 'X-RESPONSE-COMMENT')),
            'additional_guests': (
                int(guests) if guests.isdecimal() and len(guests) < 4
                and int(guests) else None),
            'room': _word(params, 'CUTYPE') in _ROOMS,
            }
    return {
        'attendees': list(attendees.values()),
        'answers': list(answers.values()),
        }


def read_reminders(properties, start):
    """Return ``default_reminders`` and ``reminders``.

    The reminders of the calendar hold for what has no alarm that Google could
    keep: at most five, in the four weeks before the start.
    """
    reminders = []
    for alarm in properties.alarms:
        values = {}
        for name, params, value in alarm:
            values.setdefault(name, (params, value))
        minutes = _minutes(values.get('TRIGGER'), start)
        if minutes is None or not 0 <= minutes <= MAX_MINUTES:
            continue
        action = values.get('ACTION', ({}, ''))[1].strip().upper()
        reminder = {
            'method': 'email' if action == 'EMAIL' else 'popup',
            'minutes': minutes,
            }
        if reminder not in reminders:
            reminders.append(reminder)
    return {
        'default_reminders': not reminders,
        'reminders': reminders[:MAX_REMINDERS],
        }


def _minutes(trigger, start):
    "The whole minutes before the start, None if it is not known"
    if not trigger:
        return None
    params, text = trigger
    try:
        value = vDDDTypes.from_ical(text.strip().upper())
    except (ValueError, TypeError, IndexError):
        return None
    if isinstance(value, dt.datetime):
        if start.all_day:
            return None
        value = value.replace(tzinfo=None) - start.value
    elif not isinstance(value, dt.timedelta) or (
            _word(params, 'RELATED') == 'END'):
        return None
    return -value // dt.timedelta(minutes=1)


def _parameter(params, name):
    value = params.get(name)
    return ' '.join(value) if isinstance(value, list) else value


def _word(params, name):
    return (_parameter(params, name) or '').strip().upper()


def _email(params, value):
    "The address in lower case, None if there is none"
    for text in [unescape_backslash(value), _parameter(params, 'EMAIL')]:
        scheme, colon, address = (text or '').strip().partition(':')
        if colon and scheme.lower() != 'mailto':
            continue
        email = normalize_email(address if colon else scheme)
        if email and '@' in email and ' ' not in email:
            return email
    return None
