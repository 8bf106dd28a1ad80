# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The video conference of an event.

Pure functions, see mapping.py.

https://developers.google.com/workspace/calendar/api/guides/create-events#conferencing
"""
from .times import as_dict, safe_link

__all__ = [
    'conference_failed', 'conference_link', 'has_conference',
    'write_conference']


def has_conference(resource):
    data = as_dict(resource.get('conferenceData'))
    if data.get('conferenceSolution') or data.get('entryPoints'):
        return True
    return (_request_status(data) == 'pending'
        or bool(safe_link(resource.get('hangoutLink'))))


def conference_link(resource):
    entries = as_dict(resource.get('conferenceData')).get('entryPoints')
    for entry in entries if isinstance(entries, list) else []:
        if as_dict(entry).get('entryPointType') == 'video':
            link = safe_link(entry.get('uri'))
            if link:
                return link
    return safe_link(resource.get('hangoutLink'))


def conference_failed(resource):
    "Tell if Google could not make the conference that was asked for"
    data = as_dict(resource.get('conferenceData'))
    return not has_conference(resource) and _request_status(data) == 'failure'


def _request_status(data):
    request = as_dict(data.get('createRequest'))
    return as_dict(request.get('status')).get('statusCode')


def write_conference(name, values, units, baseline, insert):
    if values['conference']:
        # the request gets its identifier when it is sent
        return {'conferenceData': {'createRequest': {
                    'conferenceSolutionKey': {'type': 'hangoutsMeet'},
                    }}}
    return {} if insert else {'conferenceData': None}
