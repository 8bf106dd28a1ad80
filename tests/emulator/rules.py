# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The rules for the content of an event [Events resource]; the wording of
most messages is (unverified), the reasons are Google's where known."""
import datetime as dt
import random
import re
import string

from . import recurrence
from .calendar_list import EVENT_COLORS
from .discovery import parse_date, parse_datetime
from .errors import ApiError, invalid, required
from .recurrence import event_datetime
from .zones import UTC, zone

ID = re.compile(r'[a-v0-9]{5,1024}$')
EMAIL = re.compile(r'[^@\s<>,;"()\[\]\\]+@[^@\s<>,;"()\[\]\\.]'
    r'[^@\s<>,;"()\[\]\\]*$')
ENUMS = {
    'status': {'confirmed', 'tentative', 'cancelled'},
    'transparency': {'opaque', 'transparent'},
    'visibility': {'default', 'public', 'private', 'confidential'},
    'eventType': {
        'default', 'birthday', 'focusTime', 'fromGmail', 'outOfOffice',
        'workingLocation'},
    }
STATUS_VALUES = {
    'autoDeclineMode': {
        'declineNone', 'declineAllConflictingInvitations',
        'declineOnlyNewConflictingInvitations'},
    'chatStatus': {'available', 'doNotDisturb'},
    }
RESPONSES = {'needsAction', 'declined', 'tentative', 'accepted'}
IMMUTABLE = {'eventType', 'birthdayProperties', 'privateCopy'}
WRITABLE = {
    'anyoneCanAddSelf', 'attachments', 'attendees', 'colorId',
    'conferenceData', 'description', 'end', 'endTimeUnspecified',
    'eventLabelId', 'extendedProperties', 'focusTimeProperties', 'gadget',
    'guestsCanInviteOthers', 'guestsCanModify', 'guestsCanSeeOtherGuests',
    'location', 'outOfOfficeProperties', 'recurrence', 'reminders',
    'sequence', 'source', 'start', 'status', 'summary', 'transparency',
    'visibility', 'workingLocationProperties'}
DEFAULTS = {
    'transparency': 'opaque', 'visibility': 'default',
    'guestsCanInviteOthers': True, 'guestsCanModify': False,
    'guestsCanSeeOtherGuests': True, 'anyoneCanAddSelf': False,
    'endTimeUnspecified': False}


def restricted(message):
    return ApiError(
        'eventTypeRestriction', message, code=400, domain='calendar')


def _moment(value, which, default_zone):
    "Return the EventDateTime in its stored form"
    if not value or not (value.get('date') or value.get('dateTime')):
        raise required(f"Missing {which} time.")
    name = value.get('timeZone')
    if name is not None and zone(name) is None:
        raise invalid(f"Invalid time zone definition for {which} time.")
    if value.get('date'):
        if value.get('dateTime'):
            # (unverified) the other member must be null in a patch
            raise invalid(f"Invalid {which} time.")
        if parse_date(value['date']) is None:
            raise invalid(f"Invalid {which} time.")
        return {'date': value['date']}
    moment = parse_datetime(value['dateTime'])
    if moment is None:
        raise invalid(f"Invalid {which} time.")
    if moment.tzinfo is None:
        if name is None:
            # [Events resource] an offset is required unless timeZone
            raise required(
                f"Missing time zone definition for {which} time.")
        moment = moment.replace(tzinfo=zone(name))
    try:
        moment = moment.astimezone(UTC).replace(microsecond=0)
        return event_datetime(moment, name or default_zone)
    except OverflowError:
        raise invalid(f"Invalid {which} time.")


def times(data, calendar):
    "Check and store start, end and recurrence"
    given = data.get('start') or {}
    default = calendar.data.get('timeZone', 'UTC')
    start = _moment(data.get('start'), 'start', default)
    end = _moment(data.get('end'), 'end', default)
    if ('date' in start) != ('date' in end):
        raise invalid(
            "The start and end times must either both be date or both be "
            "dateTime.")
    data['start'], data['end'] = start, end
    begin, finish = recurrence.bounds(data)
    # [Handle API errors] 400 timeRangeEmpty; an all-day event ends on the
    # next day or later since the end is exclusive
    if finish < begin or 'date' in start and finish == begin:
        raise ApiError('timeRangeEmpty')
    lines = data.get('recurrence')
    if lines:
        if 'dateTime' in start and not given.get('timeZone'):
            # [Calendars & events] a recurring event must have a zone
            raise required("Missing time zone definition for start time.")
        recurrence.check(data)
    else:
        data.pop('recurrence', None)


def reminders(value):
    "Return the reminders in their stored form"
    if not value:
        return {'useDefault': True}
    overrides = value.get('overrides') or []
    if value.get('useDefault') and overrides:
        # [Reminders & notifications] useDefault must be false
        raise ApiError(
            'cannotUseDefaultRemindersAndSpecifyOverride',
            "Cannot specify both default reminders and overrides at the "
            "same time.", code=400, domain='calendar')
    if len(overrides) > 5:
        raise invalid("Too many override reminders.")
    result = []
    for override in overrides:
        if override.get('method') is None or override.get('minutes') is None:
            raise required("Missing reminder method or minutes.")
        if override['method'] not in {'email', 'popup'}:
            raise invalid("Invalid reminder method.")
        if not 0 <= override['minutes'] <= 40320:
            raise invalid("Invalid reminder minutes.")
        if override not in result:
            result.append({
                    'method': override['method'],
                    'minutes': override['minutes']})
    answer = {'useDefault': bool(value.get('useDefault'))}
    if result:
        answer['overrides'] = result
    return answer


def attendees(entries):
    result = {}
    for entry in entries or ():
        email = (entry.get('email') or '').strip()
        if not email:
            raise required("Missing attendee email.")
        if not EMAIL.match(email) or len(email) > 254:
            raise invalid("Invalid attendee email.")
        status = entry.get('responseStatus', 'needsAction')
        if status not in RESPONSES:
            raise invalid("Invalid attendee response status.")
        if entry.get('additionalGuests', 0) < 0:
            raise invalid("Invalid number of additional guests.")
        new = {
            k: entry[k] for k in [
                'displayName', 'optional', 'resource', 'comment',
                'additionalGuests']
            if entry.get(k)}
        new.update(email=email.lower(), responseStatus=status)
        result.setdefault(new['email'], new)
    return list(result.values())


def extended(value):
    "[Extended properties] keys of 44, values of 1024, 300 and 32 kB"
    answer = {}
    for kind in ['private', 'shared']:
        kept = {}
        for key, text in ((value or {}).get(kind) or {}).items():
            if text is None or not key or len(key) > 44:
                continue  # dropped silently
            kept[key] = text[:1024]  # cut silently
        if kept:
            answer[kind] = kept
    count = sum(len(p) for p in answer.values())
    size = sum(
        len(k.encode()) + len(v.encode())
        for p in answer.values() for k, v in p.items())
    if count > 300 or size > 32 * 1024:
        # (unverified) the error
        raise invalid("Too many extended properties.")
    return answer


def label(data, calendar):
    "[Events resource] eventLabelId: a label of the calendar; empty: none"
    value = data.get('eventLabelId')
    if not value:
        data.pop('eventLabelId', None)
        return
    labels = calendar.data.get('labelProperties', {}).get('eventLabels', ())
    if value not in {v['id'] for v in labels}:
        # (unverified) the refusal
        raise invalid("Invalid event label id.", location='eventLabelId')


def attachments(entries):
    if len(entries) > 25:
        raise invalid("Too many attachments.")
    result = []
    for entry in entries:
        if not entry.get('fileUrl'):
            raise required("Missing attachment fileUrl.")
        result.append({k: v for k, v in entry.items() if v is not None})
    return result


def conference(state, value, old):
    "Return the stored conferenceData and the hangoutLink"
    request = value.get('createRequest')
    before = (old or {}).get('createRequest', {})
    if request and old and before.get('requestId') == request.get(
            'requestId') and request.get('requestId'):
        # [Events resource] the same request is ignored
        return old, None
    if not request or request == before:
        if not value.get('entryPoints') or not value.get(
                'conferenceSolution'):
            raise invalid("Invalid conference data.")
        if len(value.get('notes', '')) > 2048:
            raise invalid("Conference notes are too long.")
        links = [
            e.get('uri') for e in value['entryPoints']
            if e.get('entryPointType') == 'video']
        return value, links[0] if links else None
    if not request.get('requestId'):
        raise required("Missing conference request id.")
    kind = request.get('conferenceSolutionKey', {}).get(
        'type', 'hangoutsMeet')
    if kind != 'hangoutsMeet':
        raise invalid("Invalid conference type value.")
    answer = {
        'createRequest': {
            'requestId': request['requestId'],
            'conferenceSolutionKey': {'type': kind},
            'status': {'statusCode': 'success'},
            },
        }
    if state.options['pending_conference']:
        # [Create events] the result may stay pending
        answer['createRequest']['status']['statusCode'] = 'pending'
        return answer, None
    return meet(answer)


def meet(answer):
    "Complete a request for a conference of Google Meet"
    kind = answer['createRequest']['conferenceSolutionKey']['type']
    answer['createRequest']['status']['statusCode'] = 'success'
    code = '-'.join(
        ''.join(random.choices(string.ascii_lowercase, k=n))
        for n in [3, 4, 3])
    link = f'https://meet.google.com/{code}'
    answer.update(
        entryPoints=[{
                'entryPointType': 'video', 'uri': link,
                'label': link[8:]}],
        conferenceSolution={
            'key': {'type': kind}, 'name': 'Google Meet',
            'iconUri': 'https://fonts.gstatic.com/s/i/productlogos/meet.png'},
        conferenceId=code)
    return answer, link


def content(data):
    "Check and store what is left"
    for name, values in ENUMS.items():
        if name in data and data[name] not in values:
            raise invalid(f"Invalid {name} value.", location=name)
    if data.get('colorId') and data['colorId'] not in EVENT_COLORS:
        raise invalid("Invalid color id.", location='colorId')
    if not data.get('colorId'):
        data.pop('colorId', None)
    source = data.get('source')
    if source:
        if not re.match('https?://', source.get('url', '')):
            raise invalid("Invalid source url.")
    if data.get('sequence', 0) < 0:
        raise invalid("Invalid sequence value.")
    for name in ['summary', 'description', 'location']:
        if data.get(name) == '':
            del data[name]
    for name, value in DEFAULTS.items():
        if data.get(name) == value:
            del data[name]


def event_type(data, calendar, new=True):
    "[Event types; Manage focus time, out of office, and working location]"
    kind = data.get('eventType', 'default')
    data['eventType'] = kind
    if kind == 'default':
        for name in ['birthdayProperties', 'focusTimeProperties',
                'outOfOfficeProperties', 'workingLocationProperties']:
            data.pop(name, None)
        return
    if not calendar.primary:
        raise restricted(
            f"{kind} events can only be created on primary calendars.")
    if kind in {'focusTime', 'outOfOffice'}:
        if recurrence.all_day(data):
            raise restricted(f"A {kind} event cannot be an all-day event.")
        if data.get('transparency', 'opaque') != 'opaque':
            raise restricted(f"A {kind} event must be opaque.")
        values = data.setdefault(f'{kind}Properties', {})
        for name, allowed in STATUS_VALUES.items():
            if values.get(name) is not None and values[name] not in allowed:
                raise invalid(f"Invalid {name} value.")
    elif kind == 'workingLocation':
        if (data.get('visibility') != 'public'
                or data.get('transparency') != 'transparent'):
            raise ApiError(
                'malformedWorkingLocationEvent', "A working location event "
                "must have a visibility setting of public and a "
                "transparency of transparent.", code=400, domain='calendar')
        start, end = recurrence.bounds(data)
        if recurrence.all_day(data) and end - start != dt.timedelta(days=1):
            raise ApiError(
                'malformedWorkingLocationEvent', "An all-day working "
                "location event spans exactly one day.", code=400,
                domain='calendar')
        if (data.get('workingLocationProperties') or {}).get('type') not in {
                'homeOffice', 'officeLocation', 'customLocation'}:
            raise ApiError(
                'malformedWorkingLocationEvent', "Working location type is "
                "required.", code=400, domain='calendar')
    elif kind == 'birthday' and new:
        _birthday(data)


# what can be changed of an event of the type [Event types]
CHANGEABLE = {
    'fromGmail': {
        'colorId', 'visibility', 'transparency', 'status', 'attendees',
        'extendedProperties'},
    'birthday': {
        'colorId', 'summary', 'start', 'end', 'recurrence', 'status'},
    }


def unchangeable(old, data):
    "Refuse what the type of the event does not let change"
    kind = old.get('eventType')
    if kind not in CHANGEABLE:
        return
    allowed = CHANGEABLE[kind] | {'updated', 'sequence'}
    if old.get('birthdayProperties', {}).get('contact'):
        # its dates are those of the contact
        allowed -= {'start', 'end', 'recurrence'}
    if any(data.get(n) != old.get(n) for n in {*data, *old} - allowed):
        raise restricted(f"This property of {kind} events is read-only.")


def _birthday(data):
    start, end = recurrence.bounds(data)
    lines = data.get('recurrence', [])
    if (not recurrence.all_day(data) or end - start != dt.timedelta(days=1)
            or data.get('visibility') != 'private'
            or data.get('transparency') != 'transparent'
            or len(lines) != 1 or 'FREQ=YEARLY' not in lines[0].upper()):
        raise restricted(
            "A birthday is a private, transparent, yearly all-day event.")
    if any(data.get(n) for n in [
                'description', 'location', 'attendees', 'attachments',
                'conferenceData', 'source']):
        raise restricted("Property not allowed for birthday events.")
    properties = data.setdefault('birthdayProperties', {'type': 'birthday'})
    if properties.get('type', 'birthday') != 'birthday':
        raise restricted("Only birthdays can be created.")
