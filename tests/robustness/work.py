# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A calendar with work in both directions, small enough to be done at every
instant of its synchronisation: what the tests of crashes start from."""
import datetime as dt

from trytond.modules.google_integration import engine
from trytond.pool import Pool

from .laboratory import USER, Site

__all__ = ['EXPECTED', 'PAGE', 'change', 'fill', 'shrink']

PAGE = 5


def event(summary, day, **values):
    "A body for Google"
    return {
        'summary': summary,
        'start': {
            'dateTime': f'2030-01-{day:02}T10:00:00+01:00',
            'timeZone': 'Europe/Paris',
            },
        'end': {
            'dateTime': f'2030-01-{day:02}T11:30:00+01:00',
            'timeZone': 'Europe/Paris',
            },
        **values,
        }


def all_day(summary, day, **values):
    return {
        'summary': summary,
        'start': {'date': f'2030-01-{day:02}'},
        'end': {'date': f'2030-01-{day + 2:02}'},
        **values,
        }


TIMED = [
    'same', 'place there', 'time there', 'name here', 'time here', 'merged',
    'conflict', 'gone there', 'gone here', 'gone there changed here',
    'gone here changed there', 'gone both', 'becomes all day']
DAYS = ['same day', 'days there', 'days here']


def shrink():
    "Let a few items fill pages and chunks"
    engine.PULL_CHUNK = 4
    engine.PUSH_CHUNK = 6


def fill(site):
    "What both sides have before"
    shrink()
    site.admin.insert_events(
        USER, [event(s, i) for i, s in enumerate(TIMED, start=1)]
        + [all_day(s, i) for i, s in enumerate(DAYS, start=1)])
    assert site.synchronize()


def change(site):
    "Change both sides"
    admin = site.admin
    ids = {
        e['summary']: e['id']
        for calendar in admin.dump(USER) for e in calendar['events']}

    def patch(name, **values):
        admin.patch_event(USER, ids[name], values)

    admin.insert_events(USER, [
            event('new there', 20), all_day('new days there', 20)])
    patch('place there', location='There')
    patch('time there', **{
            n: event('', 21)[n] for n in ['start', 'end']})
    patch('days there', **{
            n: all_day('', 21)[n] for n in ['start', 'end']})
    patch('merged', location='There')
    patch('conflict', summary='conflict there')
    patch('gone here changed there', location='There')
    for summary in ['gone there', 'gone there changed here', 'gone both']:
        admin.delete_event(USER, ids[summary])
    with site.transaction(user=1):
        Event = Pool().get('google_calendar.event')
        events = {e.summary: e for e in Event.search([])}
        Event.create([{
                    'calendar': site.calendar,
                    'summary': summary,
                    'start': dt.datetime(2030, 2, day, 9),
                    'end': dt.datetime(2030, 2, day, 10),
                    'time_zone': zone,
                    } for day, (summary, zone) in enumerate([
                        ('new here', 'Europe/Paris'),
                        ('new here too', 'America/New_York'),
                        ('new here in UTC', 'UTC'),
                        ], start=1)] + [{
                    'calendar': site.calendar,
                    'summary': 'new days here',
                    'all_day': True,
                    'start_date': dt.date(2030, 2, 10),
                    'end_date': dt.date(2030, 2, 12),
                    }])
        Event.write([events['name here']], {'summary': 'name here now'})
        Event.write([events['time here']], {
                'start': dt.datetime(2030, 2, 20, 8),
                'end': dt.datetime(2030, 2, 20, 9),
                })
        Event.write([events['days here']], {
                'start_date': dt.date(2030, 2, 21),
                'end_date': dt.date(2030, 2, 21),
                })
        Event.write([events['becomes all day']], {
                'all_day': True,
                'start_date': dt.date(2030, 2, 22),
                'end_date': dt.date(2030, 2, 23),
                })
        Event.write([events['merged']], {'description': 'Here'})
        Event.write([events['conflict']], {'summary': 'conflict here'})
        Event.write([events['gone there changed here']], {
                'location': 'Here'})
        Event.delete([
                events[s] for s in [
                    'gone here', 'gone here changed there', 'gone both']])


# summary: location, description, the first and the last moment
EXPECTED = {
    'same': (None, None, '2030-01-01 09:00:00', '2030-01-01 10:30:00'),
    'place there': (
        'There', None, '2030-01-02 09:00:00', '2030-01-02 10:30:00'),
    'time there': (None, None, '2030-01-21 09:00:00', '2030-01-21 10:30:00'),
    'name here now': (
        None, None, '2030-01-04 09:00:00', '2030-01-04 10:30:00'),
    'time here': (None, None, '2030-02-20 08:00:00', '2030-02-20 09:00:00'),
    'merged': (
        'There', 'Here', '2030-01-06 09:00:00', '2030-01-06 10:30:00'),
    # both at nearly the same time: Google stands
    'conflict there': (
        None, None, '2030-01-07 09:00:00', '2030-01-07 10:30:00'),
    # a change is worth more than a deletion
    'gone there changed here': (
        'Here', None, '2030-01-10 09:00:00', '2030-01-10 10:30:00'),
    'gone here changed there': (
        'There', None, '2030-01-11 09:00:00', '2030-01-11 10:30:00'),
    'becomes all day': (None, None, '2030-02-22', '2030-02-23'),
    'same day': (None, None, '2030-01-01', '2030-01-02'),
    'days there': (None, None, '2030-01-21', '2030-01-22'),
    'days here': (None, None, '2030-02-21', '2030-02-21'),
    'new there': (None, None, '2030-01-20 09:00:00', '2030-01-20 10:30:00'),
    'new days there': (None, None, '2030-01-20', '2030-01-21'),
    'new here': (None, None, '2030-02-01 09:00:00', '2030-02-01 10:00:00'),
    'new here too': (
        None, None, '2030-02-02 09:00:00', '2030-02-02 10:00:00'),
    'new here in UTC': (
        None, None, '2030-02-03 09:00:00', '2030-02-03 10:00:00'),
    'new days here': (None, None, '2030-02-10', '2030-02-12'),
    }


def found(events):
    "The events in the form of EXPECTED, once each"
    result = {}
    for values in events.values():
        if values['summary'] in result:
            raise AssertionError(f"{values['summary']} is there twice")
        result[values['summary']] = (
            values['location'], values['description'], *values['when'][:2])
    return result


def synchronize(site, at_commit=None):
    "Synchronise in small chunks, return the number of commits"
    from .meter import Meter
    shrink()
    with Meter(at_commit) as meter:
        if not Site.synchronize(site):
            raise AssertionError("the synchronisation failed")
    return meter.commits
