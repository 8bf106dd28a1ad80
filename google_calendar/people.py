# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Guests, reminders and attachments in the resources of Google Calendar.

Pure functions on the Event resource, see
https://developers.google.com/workspace/calendar/api/v3/reference/events
"""
import re
from itertools import chain

from .times import as_dict, line_of, safe_link

__all__ = [
    'MAX_MINUTES', 'MAX_REMINDERS', 'METHODS', 'RESPONSES', 'attachments_of',
    'attendee_key', 'canonical_reminders', 'is_email', 'normalize_email',
    'people_values', 'reminders_values', 'write_attendees',
    'write_reminders']

RESPONSES = ('needsAction', 'declined', 'tentative', 'accepted')
METHODS = ('popup', 'email')
# https://developers.google.com/workspace/calendar/api/concepts/reminders
MAX_REMINDERS = 5
MAX_MINUTES = 40320
# as strict as Google, which refuses the rest
_EMAIL = re.compile(r'[^@\s,;<>"]+@[^@\s,;<>"]+\.[^@\s,;<>".]+')


def attendee_key(attendee):
    "The identity of a guest: the e-mail in lower case, None without"
    return normalize_email(attendee.get('email'))


def normalize_email(email):
    "The e-mail as it is compared, None if there is none"
    return (line_of(email) or '').strip().lower() or None


def is_email(email):
    "Tell if Google takes the normalized e-mail"
    return bool(_EMAIL.fullmatch(email or ''))


def people_values(resource):
    """Return the values that tell about people.

    ``attendees`` are what the organizer says of the guests (email in lower
    case, name, optional), ``answers`` what they say themselves and what
    Google knows (email, response, comment, additional_guests, room,
    organizer, own), ``response`` and ``response_comment`` the answer of who
    owns the calendar, None if not invited.
    """
    entries = _entries(resource)
    own = next((e for e in entries if e.get('self') is True), {})
    organizer = as_dict(resource.get('organizer'))
    return {
        'attendees': [_attendee(e) for e in entries],
        'answers': [_answer(e) for e in entries],
        'response': _response(own),
        'response_comment': line_of(own.get('comment')),
        'attendees_omitted': resource.get('attendeesOmitted') is True,
        'organizer_email': line_of(organizer.get('email')),
        'organizer_own': organizer.get('self') is True,
        'creator_email': line_of(
            as_dict(resource.get('creator')).get('email')),
        }


def _entries(resource):
    entries = resource.get('attendees')
    return [
        e for e in (entries if isinstance(entries, list) else [])
        if isinstance(e, dict) and attendee_key(e)]


def _attendee(entry):
    return {
        'email': attendee_key(entry),
        'name': line_of(entry.get('displayName')),
        'optional': entry.get('optional') is True,
        }


def _answer(entry):
    guests = entry.get('additionalGuests')
    return {
        'email': attendee_key(entry),
        'response': _response(entry),
        'comment': line_of(entry.get('comment')),
        'additional_guests': (
            guests if isinstance(guests, int) and 0 < guests < 2 ** 31
            else None),
        'room': entry.get('resource') is True,
        'organizer': entry.get('organizer') is True,
        'own': entry.get('self') is True,
        }


def _response(entry):
    response = entry.get('responseStatus')
    return (response if isinstance(response, str)
        and response in RESPONSES else None)


def write_attendees(values, units, baseline):
    """Return the members of a body that send the guests or the own answer.

    The set is sent whole, each guest as it came with what has changed. One
    that Google sent incomplete is never: the guests can not be changed and
    None is returned for them. An answer is sent alone: Google refuses the
    whole set if it holds an address that is none.
    """
    entries = {}
    for entry in _entries(baseline or {}):
        entries.setdefault(attendee_key(entry), []).append(entry)
    own = [e for e in chain(*entries.values()) if e.get('self') is True]
    if units is not None and 'attendees' not in units:
        return {
            'attendees': [_write_answer(e, values) for e in own],
            'attendeesOmitted': True,
            } if own else {}
    if (baseline or {}).get('attendeesOmitted') is True:
        return None
    attendees = []
    for attendee in values['attendees']:
        known = entries.get(attendee['email'])
        entry = _write_attendee(known.pop(0) if known else None, attendee)
        if entry.get('self') is True:
            entry = _write_answer(entry, values)
        attendees.append(entry)
    return {'attendees': attendees}


def _write_attendee(entry, attendee):
    entry = dict(entry or {'email': attendee['email']})
    old = _attendee(entry)
    if attendee['name'] != old['name']:
        entry['displayName'] = attendee['name'] or ''
    if attendee['optional'] != old['optional']:
        entry['optional'] = attendee['optional']
    return entry


def _write_answer(entry, values):
    entry = dict(entry)
    response = values['response']
    if response and response != _response(entry):
        entry['responseStatus'] = response
    comment = values['response_comment']
    if comment != line_of(entry.get('comment')):
        entry['comment'] = comment or ''
    return entry


# Reminders, https://developers.google.com/workspace/calendar/api/concepts/reminders


def reminders_values(resource):
    """Return ``default_reminders`` and ``reminders``.

    The reminders are a sorted list of dictionaries of method and minutes
    before the start.
    """
    reminders = as_dict(resource.get('reminders'))
    default = reminders.get('useDefault')
    overrides = reminders.get('overrides')
    return {
        'default_reminders': default is not False if not overrides
        else default is True,
        'reminders': [
            {'method': o['method'], 'minutes': o['minutes']}
            for o in (overrides if isinstance(overrides, list) else [])
            if isinstance(o, dict) and isinstance(o.get('method'), str)
            and o['method'] in METHODS and isinstance(o.get('minutes'), int)
            and 0 <= o['minutes'] <= MAX_MINUTES],
        }


def canonical_reminders(values):
    "The reminders in the one order in which they can be compared"
    if values.get('default_reminders', True):
        return []
    return sorted(
        ({'method': r['method'], 'minutes': r['minutes']}
            for r in values.get('reminders') or []),
        key=lambda r: (r['minutes'], r['method']))


def write_reminders(values):
    "The member of a body that sends the reminders"
    return {
        'useDefault': values['default_reminders'],
        # none may be left with the default ones
        'overrides': [dict(r) for r in values['reminders']],
        }


# Attachments


def attachments_of(resource):
    "Return the links to the attached files: url, title and mime_type"
    attachments = resource.get('attachments')
    links = []
    for attachment in attachments if isinstance(attachments, list) else []:
        url = safe_link(as_dict(attachment).get('fileUrl'))
        if url:
            links.append({
                    'url': url,
                    'title': line_of(attachment.get('title')),
                    'mime_type': line_of(attachment.get('mimeType')),
                    })
    return links
