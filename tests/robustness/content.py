# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Both sides, read without a line of the modules, to be compared."""
import datetime as dt
from collections import defaultdict

from .idle import assert_idle, assert_quiet, digest
from .laboratory import USER, WINDOW

__all__ = [
    'LEFT_OUT', 'assert_equal', 'assert_idle', 'assert_quiet',
    'assert_same_occurrences', 'digest', 'google', 'settled', 'tryton',
    'tryton_by_id']

# what is not compared, and why
LEFT_OUT = {
    "cancelled occurrences": "Google guarantees nothing of them but where "
        "they were, and drops those that no rule has; that they do not occur "
        "is compared by the occurrences",
    "etag, updated, sequence, iCalUID, links, creator": "Google alone writes "
        "them",
    "reminders, color, conference, extended properties": "no action changes "
        "them; each has a test of its own",
    "comments and additional guests": "no action changes them",
    }
COLUMNS = (
    'google_id, summary, description, location, all_day, start, "end", '
    'start_date, end_date, time_zone, status, visibility, transparency, '
    'google_state, recurrence, recurring_identifier, original_start, '
    'response, organizer_own, organizer_email')


def google(site, user=USER):
    "What Google has of a user: a dictionary by identifier"
    events = {}
    for calendar in site.admin.dump(user):
        living = {
            e['id']: e for e in calendar['events']
            if e['status'] != 'cancelled'}
        for id, event in living.items():
            # an exception is gone with its series
            if event.get('recurringEventId', id) in living:
                events[id] = _google_values(event)
    return events


def _google_values(event):
    entries = event.get('attendees', [])
    values = {
        'summary': event.get('summary'),
        'description': event.get('description'),
        'location': event.get('location'),
        'status': event['status'],
        'visibility': event.get('visibility', 'default'),
        'transparency': event.get('transparency', 'opaque'),
        'when': _google_when(event['start'], event['end']),
        'recurrence': tuple(event.get('recurrence', ())),
        'series': event.get('recurringEventId'),
        'original': _original(event.get('originalStartTime')),
        'guests': tuple(sorted(
                (e['email'], e.get('optional', False), e['responseStatus'])
                for e in entries)),
        'answer': next(
            (e['responseStatus'] for e in entries if e.get('self')), None),
        'own': event['organizer'].get('self', False),
        }
    return values


def _google_when(start, end):
    if 'date' in start:
        last = dt.date.fromisoformat(end['date']) - dt.timedelta(days=1)
        return start['date'], last.isoformat()
    return (
        _utc(start['dateTime']), _utc(end['dateTime']),
        start.get('timeZone'))


def _original(member):
    if not member:
        return None
    if 'date' in member:
        return f"{member['date']} 12:00:00"
    return _utc(member['dateTime'])


def _utc(text):
    return dt.datetime.fromisoformat(text).astimezone(
        dt.timezone.utc).strftime('%Y-%m-%d %H:%M:%S')


def tryton(site):
    "What Tryton has: a dictionary by identifier of Google"
    events = {}
    for values in tryton_by_id(site).values():
        google_id = values.pop('google_id')
        if google_id in events:
            raise AssertionError(f"{google_id} is there twice")
        events[google_id] = values
    return events


def tryton_by_id(site):
    "What Tryton has: a dictionary by id"
    guests = defaultdict(list)
    for row in site.rows(
            'google_calendar_attendee',
            'id, event, email, optional, response'):
        guests[row['event']].append(
            (row['email'], bool(row['optional']), row['response']))
    return {
        row['id']: {
            **_tryton_values(row),
            'guests': tuple(sorted(guests[row['id']], key=str)),
            'google_id': row['google_id'],
            }
        for row in site.rows('google_calendar_event', f'id, {COLUMNS}')
        if not (row['recurring_identifier'] and row['status'] == 'cancelled')}


def _tryton_values(row):
    values = {
        name: row[name] or None for name in [
            'summary', 'description', 'location', 'status', 'visibility',
            'transparency']}
    values.update({
            'recurrence': tuple((row['recurrence'] or '').splitlines()),
            'series': row['recurring_identifier'],
            'original': row['original_start'] and str(
                row['original_start'])[:19],
            'answer': row['response'],
            'own': bool(row['organizer_own'] or not row['organizer_email']),
            })
    if row['all_day']:
        values['when'] = (str(row['start_date']), str(row['end_date']))
    else:
        values['when'] = (
            str(row['start'])[:19], str(row['end'])[:19], row['time_zone'])
    return values


def _google_occurrences(site):
    "The occurrences in the window, page by page"
    token = {}
    while True:
        answer = site.admin.act(
            USER, 'calendar.events.list', calendarId='primary',
            singleEvents=True, maxResults=2500,
            timeMin=f'{WINDOW[0]}T00:00:00Z',
            timeMax=f'{WINDOW[1]}T00:00:00Z', **token)
        yield from answer['items']
        if not answer.get('nextPageToken'):
            break
        token = {'pageToken': answer['nextPageToken']}


def assert_same_occurrences(site):
    "What occurs, and when, as each side tells it"
    here = sorted(
        (str(row['start_date']) if row['all_day'] else str(row['start'])[:19],
            str(row['end_date']) if row['all_day'] else str(row['end'])[:19],
            row['summary'])
        for row in site.rows(
            'google_calendar_occurrence o '
            'JOIN google_calendar_event e ON e.id = o.stored_event',
            'o.all_day, o.start, o."end", o.start_date, o.end_date, '
            'e.summary', order='o.id'))
    there = sorted(
        (*_google_when(event['start'], event['end'])[:2],
            event.get('summary'))
        for event in _google_occurrences(site))
    if here != there:
        raise AssertionError(
            f"occur in Tryton alone {sorted(set(here) - set(there))}, "
            f"at Google alone {sorted(set(there) - set(here))}, "
            f"{len(here)} and {len(there)}")


def assert_equal(site):
    "Both sides have the same, and all of it is settled"
    here, there = tryton(site), google(site)
    if here != there:
        raise AssertionError('\n'.join(
                f"{id}:\n  Tryton {here.get(id)}\n  Google {there.get(id)}"
                for id in sorted(here.keys() | there.keys(), key=str)
                if here.get(id) != there.get(id)))
    assert_same_occurrences(site)
    if left := settled(site):
        raise AssertionError(f"not settled: {left}")
    return here


def settled(site):
    "Return what is left to do, in words"
    left = [
        f"{row['summary']} is {row['google_state']}"
        for row in site.rows(
            'google_calendar_event', 'id, summary, google_state')
        if row['google_state'] != 'synchronized']
    left += [
        f"tombstone of {row['google_id']}"
        for row in site.rows('google_integration_tombstone')]
    left += [
        f"error {row['code']} of {row['google_id'] or row['resource']}"
        for row in site.rows('google_integration_sync_error')]
    return left
