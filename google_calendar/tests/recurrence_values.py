# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The values of series, and their starts, for the tests."""
import datetime as dt

from trytond.modules.google_calendar.recurrence import expand

__all__ = ['YEAR', 'all_day', 'starts', 'timed']

YEAR = dt.datetime(2024, 1, 1), dt.datetime(2025, 1, 1)


def timed(lines, start=dt.datetime(2024, 3, 4, 8), hours=1,
        zone='Europe/Paris'):
    return {
        'all_day': False, 'start': start,
        'end': start + dt.timedelta(hours=hours), 'start_date': None,
        'end_date': None, 'time_zone': zone, 'recurrence': lines}


def all_day(lines, start=dt.date(2024, 3, 4), days=1):
    return {
        'all_day': True, 'start': None, 'end': None, 'start_date': start,
        'end_date': start + dt.timedelta(days=days - 1), 'time_zone': None,
        'recurrence': lines}


def starts(values, low=YEAR[0], high=YEAR[1]):
    return [
        f'{s:%m-%d}' if values['all_day'] else f'{s:%m-%d %H:%M}'
        for s, _ in expand(values, low, high)]
