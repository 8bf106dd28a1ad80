# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Compare what Google has with what Tryton shows.

The conversion is written anew from the documentation of both, so that a
mistake of the modules cannot hide in it:
https://developers.google.com/workspace/calendar/api/v3/reference/events
"""
import datetime as dt

__all__ = ['FIELDS', 'READ', 'compare', 'from_google', 'from_tryton']

# the fields of google_calendar.event, under the names of Tryton
FIELDS = [
    'summary', 'description', 'location', 'all_day', 'start', 'end',
    'start_date', 'end_date', 'time_zone', 'status', 'visibility',
    'transparency', 'recurrence', 'recurring_identifier', 'original_start',
    'ical_uid', 'attendees', 'attendees_omitted', 'response',
    'response_comment', 'default_reminders', 'reminders', 'color_id',
    'guests_can_invite_others', 'guests_can_modify',
    'guests_can_see_other_guests', 'organizer_email', 'organizer_own',
    'creator_email', 'conference', 'conference_link', 'attachments',
    'event_type', 'locked', 'html_link']
# the fields of the lines of an event
LINES = {
    'attendees': [
        'email', 'name', 'optional', 'response', 'comment',
        'additional_guests', 'room', 'organizer', 'own'],
    'reminders': ['method', 'minutes'],
    'attachments': ['url', 'title', 'mime_type'],
    }
# what to read of google_calendar.event
READ = [
    *(n for n in FIELDS if n not in LINES),
    *(f'{n}.{f}' for n, names in LINES.items() for f in names)]
# what Google guarantees of an occurrence that was removed from its series
GUARANTEED = ['status', 'recurring_identifier', 'original_start']
DAY = dt.timedelta(days=1)


def from_google(resource):
    "The values that Tryton must show for the resource"
    values = {
        'summary': resource.get('summary'),
        'description': resource.get('description'),
        'location': resource.get('location'),
        'status': resource.get('status', 'confirmed'),
        'visibility': resource.get('visibility', 'default'),
        'transparency': resource.get('transparency', 'opaque'),
        'recurrence': '\n'.join(resource.get('recurrence', [])) or None,
        'recurring_identifier': resource.get('recurringEventId'),
        'original_start': _moment(resource.get('originalStartTime')),
        'ical_uid': resource.get('iCalUID'),
        'event_type': resource.get('eventType'),
        'locked': resource.get('locked', False),
        'html_link': resource.get('htmlLink'),
        'color_id': resource.get('colorId'),
        **_people(resource),
        **_reminders(resource.get('reminders', {})),
        **_conference(resource),
        'attachments': _sorted([
                {
                    'url': a['fileUrl'], 'title': a.get('title'),
                    'mime_type': a.get('mimeType'),
                    }
                for a in resource.get('attachments', [])]),
        }
    if values['status'] == 'cancelled':
        return {n: values[n] for n in GUARANTEED}
    start, end = resource['start'], resource['end']
    values['all_day'] = 'date' in start
    if values['all_day']:
        first = dt.date.fromisoformat(start['date'])
        # the end of Google is the day after the last
        last = dt.date.fromisoformat(end['date']) - DAY
        values.update(start_date=first, end_date=last, time_zone=None)
    else:
        values.update(
            start_date=None, end_date=None, time_zone=start.get('timeZone'))
    values['start'] = _moment(start)
    values['end'] = (
        _noon(values['end_date']) if values['all_day'] else _moment(end))
    return values


def _people(resource):
    guests = resource.get('attendees', [])
    own = next((g for g in guests if g.get('self')), {})
    organizer = resource.get('organizer', {})
    return {
        'attendees': _sorted([
                {
                    'email': g['email'].lower(),
                    'name': g.get('displayName'),
                    'optional': g.get('optional', False),
                    'response': g['responseStatus'],
                    'comment': g.get('comment'),
                    'additional_guests': g.get('additionalGuests') or None,
                    'room': g.get('resource', False),
                    'organizer': g.get('organizer', False),
                    'own': g.get('self', False),
                    }
                for g in guests]),
        'attendees_omitted': resource.get('attendeesOmitted', False),
        'response': own.get('responseStatus'),
        'response_comment': own.get('comment'),
        'guests_can_invite_others': resource.get(
            'guestsCanInviteOthers', True),
        'guests_can_modify': resource.get('guestsCanModify', False),
        'guests_can_see_other_guests': resource.get(
            'guestsCanSeeOtherGuests', True),
        'organizer_email': organizer.get('email'),
        'organizer_own': organizer.get('self', False),
        'creator_email': resource.get('creator', {}).get('email'),
        }


def _reminders(reminders):
    return {
        'default_reminders': reminders.get('useDefault', True),
        'reminders': _sorted([
                {'method': o['method'], 'minutes': o['minutes']}
                for o in reminders.get('overrides', [])]),
        }


def _conference(resource):
    entries = resource.get('conferenceData', {}).get('entryPoints', [])
    links = [e['uri'] for e in entries if e['entryPointType'] == 'video']
    link = next(iter(links), resource.get('hangoutLink'))
    return {'conference': bool(link), 'conference_link': link}


def from_tryton(row):
    "The values of what was read by RPC, with one way to say empty"
    values = {n: _filled(row[n]) for n in FIELDS if n not in LINES}
    for name, names in LINES.items():
        values[name] = _sorted([
                {n: _filled(line[n]) for n in names}
                for line in row[f'{name}.']])
    return values


def _filled(value):
    return value if value != '' else None


def _sorted(lines):
    "The order of the lines means nothing"
    return sorted(lines, key=repr)


def compare(calendar, resources, rows):
    "Yield the differences in words: Google's resources, Tryton's rows"
    google = {r['id']: from_google(r) for r in resources}
    tryton = {}
    for row in rows:
        if row['google_id'] in tryton:
            yield f"{calendar}: {row['google_id']} is twice in Tryton"
        tryton[row['google_id']] = from_tryton(row)
    for id in sorted(google.keys() - tryton.keys()):
        yield (
            f"{calendar}: {_label(google[id], id)} is missing in Tryton")
    for id in sorted(tryton.keys() - google.keys(), key=str):
        yield (
            f"{calendar}: {_label(tryton[id], id)} is missing at Google")
    for id in sorted(google.keys() & tryton.keys()):
        for name, value in google[id].items():
            if tryton[id][name] != value:
                yield (
                    f"{calendar}: {name} of {_label(google[id], id)} is "
                    f"{value!r} at Google, {tryton[id][name]!r} in Tryton")


def _label(values, id):
    return f'"{values["summary"]}" ({id})' if values.get('summary') else id


def _noon(date):
    return dt.datetime.combine(date, dt.time(12))


def _moment(member):
    "Tryton's datetime: UTC without zone, noon for a day"
    if not member:
        return None
    if 'date' in member:
        return _noon(dt.date.fromisoformat(member['date']))
    return dt.datetime.fromisoformat(member['dateTime']).astimezone(
        dt.timezone.utc).replace(tzinfo=None)
