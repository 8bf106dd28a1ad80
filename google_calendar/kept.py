# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a series has at Google besides what Tryton writes, when it is split.

Pure functions on the Event resource: what is kept is the part of a resource
that goes to the series, or the exception, that takes its place.

https://developers.google.com/workspace/calendar/api/v3/reference/events
"""
from .people import attendee_key, write_attendees
from .times import as_dict

__all__ = ['add_kept', 'kept_of']

MEMBERS = [
    'anyoneCanAddSelf', 'attachments', 'source', 'focusTimeProperties',
    'outOfOfficeProperties', 'workingLocationProperties']
# the others can not be created
TYPES = {'focusTime', 'outOfOffice', 'workingLocation'}
# what the guests say, and what is only told when they are added
ANSWER = ['responseStatus', 'comment', 'additionalGuests', 'resource']


def kept_of(resource, prefix, series=None):
    """Return what is kept of the resource.

    Of an exception what differs from the resource of its series. The private
    properties that start with the prefix are those of this Tryton.
    """
    kept = _kept_of(resource, prefix)
    if series:
        former = _kept_of(series, prefix)
        kept = {n: v for n, v in kept.items() if v != former.get(n)}
        # it has the one of its series, or none
        kept.pop('conferenceData', None)
    return kept


def _kept_of(resource, prefix):
    kept = {n: resource[n] for n in MEMBERS if resource.get(n)}
    if resource.get('eventType') in TYPES:
        kept['eventType'] = resource['eventType']
    properties = {}
    for name, values in as_dict(resource.get('extendedProperties')).items():
        values = {
            n: v for n, v in as_dict(values).items()
            if name != 'private' or not str(v).startswith(prefix)}
        if values:
            properties[name] = values
    if properties:
        kept['extendedProperties'] = properties
    if answers := _answers(resource):
        kept['attendees'] = answers
    # a Google Meet is of one event alone: the new one gets another
    conference = as_dict(resource.get('conferenceData'))
    key = as_dict(as_dict(conference.get('conferenceSolution')).get('key'))
    if key.get('type') == 'addOn':
        kept['conferenceData'] = conference
    return kept


def _answers(resource):
    entries = resource.get('attendees')
    return [
        {n: entry[n] for n in ['email', *ANSWER] if n in entry}
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, dict) and attendee_key(entry)]


def add_kept(body, kept, values):
    "Return the body of the values with what is kept"
    body = {**{n: v for n, v in kept.items() if n in MEMBERS}, **body}
    if 'eventType' in kept:
        body['eventType'] = kept['eventType']
    if 'extendedProperties' in kept:
        properties = as_dict(body.get('extendedProperties'))
        body['extendedProperties'] = {
            name: {
                **kept['extendedProperties'].get(name, {}),
                **properties.get(name, {})}
            for name in {*kept['extendedProperties'], *properties}}
    if 'conferenceData' in kept and body.get('conferenceData'):
        body['conferenceData'] = kept['conferenceData']
    if 'attendees' in kept and values['attendees']:
        answers = {attendee_key(a): a for a in kept['attendees']}
        if 'attendees' not in body:
            body.update(write_attendees(values, None, None))
        body['attendees'] = [
            {**answers.get(attendee_key(a), {}), **a}
            for a in body['attendees']]
    return body
