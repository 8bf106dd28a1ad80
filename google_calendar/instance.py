# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The occurrences of a series as resources of Google Calendar.

Pure functions, see
https://developers.google.com/workspace/calendar/api/guides/recurringevents
"""
import datetime as dt

from .mapping import to_values
from .times import (
    DAY, as_dict, day_of, instant, is_all_day, local_text, zone_of)

__all__ = [
    'instance', 'occurrence_times', 'original_start_text',
    'same_original_start']


def instance(master, original_start):
    """Return the resource of an occurrence as Google makes it of the series.

    ``original_start`` is naive UTC, noon of an all-day event. The identifier
    and the etag are not known.
    """
    resource = {
        n: v for n, v in master.items()
        if n not in {'id', 'etag', 'recurrence', 'updated', 'htmlLink'}}
    values = to_values(master)
    if values['all_day']:
        days = values['end_date'] - values['start_date']
        first = original_start.date()
        resource['start'] = {'date': first.isoformat()}
        resource['end'] = {'date': (first + days + DAY).isoformat()}
        resource['originalStartTime'] = dict(resource['start'])
    else:
        for name, time in zip(
                ['start', 'end'],
                occurrence_times(values, original_start), strict=True):
            zone = as_dict(master.get(name)).get('timeZone')
            resource[name] = _date_time(
                time, zone or values['time_zone'])
        resource['originalStartTime'] = dict(resource['start'])
    if master.get('id'):
        resource['recurringEventId'] = master['id']
    return resource


def occurrence_times(values, original_start):
    """Return the start and the end of an occurrence that is not all-day.

    The length is that on the clock of the zone: it stays the same when the
    clocks change within the occurrence.
    """
    zone = zone_of(values['time_zone'] or 'UTC')
    first = [
        t.replace(tzinfo=dt.timezone.utc).astimezone(zone).replace(
            tzinfo=None)
        for t in [values['start'], values['end'], original_start]]
    end = (first[2] + (first[1] - first[0])).replace(tzinfo=zone)
    return original_start, end.astimezone(
        dt.timezone.utc).replace(tzinfo=None)


def _date_time(time, zone):
    return {'dateTime': local_text(time, zone_of(zone)), 'timeZone': zone}


def original_start_text(original_start, all_day, time_zone=None):
    "The original start as Google takes it in a query"
    if all_day:
        return original_start.date().isoformat()
    return local_text(original_start, zone_of(time_zone))


def same_original_start(resource, text):
    "Tell if the instance is the one of `original_start_text`"
    original = as_dict(resource.get('originalStartTime'))
    if is_all_day(original):
        return day_of(original).isoformat() == text
    return instant(original) == instant({'dateTime': text})
