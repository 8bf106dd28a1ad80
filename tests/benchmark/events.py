# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The events that are synchronised to be measured"
import datetime as dt

from tests.robustness.laboratory import USER

__all__ = ['GUESTS', 'START', 'fill', 'guests', 'plain', 'series', 'values']

# within the window of the occurrences, and not over
START = dt.datetime.combine(
    dt.date.today() + dt.timedelta(days=1), dt.time(9))
GUESTS = 3
# of so many events one is a series
SERIES = 10
SLICE = 1000


def fill(site, count, kind='plain'):
    "Let Google have so many events"
    make = {'plain': plain, 'guests': guests, 'series': series}[kind]
    for start in range(0, count, SLICE):
        site.admin.insert_events(USER, [
                make(n) for n in range(start, min(start + SLICE, count))])
    site.admin.clear_log()


def plain(number):
    moment = START + dt.timedelta(hours=number)
    return {
        'summary': f'Event {number}',
        'description': 'What is to be said about it. ' * 5,
        'location': 'Rue des Guillemins, Liège',
        'start': {
            'dateTime': moment.isoformat() + 'Z',
            'timeZone': 'Europe/Brussels',
            },
        'end': {
            'dateTime': (moment + dt.timedelta(hours=1)).isoformat() + 'Z',
            'timeZone': 'Europe/Brussels',
            },
        }


def guests(number):
    return {
        **plain(number),
        'attendees': [{
                'email': f'guest{number % 97 + i}@example.org',
                'displayName': f'Guest {number % 97 + i}',
                } for i in range(GUESTS)],
        'reminders': {
            'useDefault': False,
            'overrides': [{'method': 'popup', 'minutes': 10}],
            },
        }


def series(number):
    body = plain(number)
    if not number % SERIES:
        body['recurrence'] = ['RRULE:FREQ=WEEKLY']
    return body


def values(calendar, number):
    "The values of an event of Tryton"
    moment = START + dt.timedelta(hours=number)
    return {
        'calendar': calendar,
        'summary': f'Event {number}',
        'start': moment,
        'end': moment + dt.timedelta(hours=1),
        'time_zone': 'Europe/Brussels',
        }
