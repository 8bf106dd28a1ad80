# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Both sides, read without a line of the modules, to be compared."""
import datetime as dt
import hashlib

from .laboratory import USER, WRITTEN, Site

__all__ = [
    'BOOKS', 'assert_equal', 'assert_idle', 'assert_quiet', 'digest',
    'google', 'settled', 'tryton', 'tryton_by_id']

COLUMNS = (
    'google_id, summary, description, location, all_day, start, "end", '
    'start_date, end_date, time_zone, status, visibility, transparency, '
    'google_state')
# what an idle synchronisation may write, of all the tables
BOOKS = {
    'google_calendar_calendar': {
        'cursor', 'last_sync', 'next_sync', 'queued_at', 'lease_token',
        'lease_until'},
    'google_integration_google_credentials': {'last_sync'},
    }


def google(site):
    "What Google has: a dictionary by identifier"
    events = {}
    for calendar in site.admin.dump(USER):
        for event in calendar['events']:
            events[event['id']] = _google_values(event)
    return events


def _google_values(event):
    values = {
        'summary': event.get('summary'),
        'description': event.get('description'),
        'location': event.get('location'),
        'status': event['status'],
        'visibility': event.get('visibility', 'default'),
        'transparency': event.get('transparency', 'opaque'),
        }
    start, end = event['start'], event['end']
    if 'date' in start:
        last = dt.date.fromisoformat(end['date']) - dt.timedelta(days=1)
        values['when'] = (start['date'], last.isoformat())
    else:
        values['when'] = (
            _utc(start['dateTime']), _utc(end['dateTime']),
            start.get('timeZone'))
    return values


def _utc(text):
    return dt.datetime.fromisoformat(text).astimezone(
        dt.timezone.utc).strftime('%Y-%m-%d %H:%M:%S')


def tryton(site):
    "What Tryton has: a dictionary by identifier of Google"
    events = {}
    for row in site.rows('google_calendar_event', COLUMNS):
        if row['google_id'] in events:
            raise AssertionError(f"{row['google_id']} is there twice")
        events[row['google_id']] = _tryton_values(row)
    return events


def tryton_by_id(site):
    "What Tryton has: a dictionary by id"
    return {
        row['id']: _tryton_values(row)
        for row in site.rows('google_calendar_event', f'id, {COLUMNS}')}


def _tryton_values(row):
    values = {
        name: row[name] or None for name in [
            'summary', 'description', 'location', 'status', 'visibility',
            'transparency']}
    if row['all_day']:
        values['when'] = (str(row['start_date']), str(row['end_date']))
    else:
        values['when'] = (
            str(row['start'])[:19], str(row['end'])[:19], row['time_zone'])
    return values


def assert_equal(site):
    "Both sides have the same, and all of it is settled"
    here, there = tryton(site), google(site)
    if here != there:
        raise AssertionError('\n'.join(
                f"{id}:\n  Tryton {here.get(id)}\n  Google {there.get(id)}"
                for id in sorted(here.keys() | there.keys(), key=str)
                if here.get(id) != there.get(id)))
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


def digest(site, *books):
    "What is in each table, the books of the synchronisation aside"
    with site.connection() as connection:
        cursor = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            if site.laboratory.sqlite else
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [
            name for name, in cursor
            if name in WRITTEN or not name.startswith(('ir_', 'res_'))]
        result = {}
        for table in tables:
            cursor = connection.execute(f'SELECT * FROM "{table}"')
            keep = [
                i for i, column in enumerate(cursor.description)
                if column[0] not in BOOKS.get(table, set()).union(books)]
            rows = sorted(
                repr([row[i] for i in keep]) for row in cursor)
            result[table] = hashlib.sha256(
                '\n'.join(rows).encode()).hexdigest()
        return result


def assert_quiet(site):
    """A further synchronisation writes nothing

    It receives what was sent before, as many pages as that may be.
    """
    requests = _idle(site, 'progress')
    if set(requests) != {'calendar.events.list'}:
        raise AssertionError(f"the first idle one asked for {requests}")


def assert_idle(site):
    "Two further synchronisations write nothing, the second asks once"
    assert_quiet(site)
    requests = _idle(site)
    if requests != ['calendar.events.list']:
        raise AssertionError(f"the second idle one asked for {requests}")


def _idle(site, *books):
    before = digest(site, *books)
    log = site.admin.log()
    if not site.call(Site.synchronize):
        raise AssertionError("an idle synchronisation failed")
    after = digest(site, *books)
    changed = [t for t in after if after[t] != before.get(t)]
    if changed:
        raise AssertionError(f"an idle synchronisation changed {changed}")
    return [r['id'] for r in site.admin.log(since=log[-1]['n'])]
