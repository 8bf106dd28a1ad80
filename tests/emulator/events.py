# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"events: get, insert, import, patch, update, delete"
import base64
import functools
import secrets

from . import people, rules, series
from .api import merge, method, strip_null
from .errors import ApiError, invalid, not_found, required
from .mails import mail_back, mail_changes, send
from .model import Record, hidden, is_organizer
from .present import find, present
from .propagation import (
    RESPONSE, answer_back, cancel, emails, guests, mark, propagate, remember,
    restored, store)
from .recurrence import event_datetime, is_occurrence, moment_of
from .rules import restricted
from .state import stamp_text

_GUESTS_CAN = [
    'guestsCanInviteOthers', 'guestsCanModify', 'guestsCanSeeOtherGuests',
    'anyoneCanAddSelf']
_SERVER = [
    'id', 'iCalUID', 'created', 'updated', 'creator', 'organizer',
    'htmlLink', 'hangoutLink', 'locked', 'eventType', 'birthdayProperties',
    'recurringEventId', 'originalStartTime', 'privateCopy', 'sequence']


def writable(call, name='calendarId'):
    return call.calendar('writerWithoutPrivateAccess', name)


def found(call, calendar):
    record, stored = find(calendar, call.params['eventId'])
    if record is None:
        raise not_found()
    return record, stored


@method('calendar.events.get')
def get(call):
    calendar = call.calendar()
    record, _ = found(call, calendar)
    return present(call, calendar, record)


def complete(call, calendar, data, old, importing=False, times=True,
        invited=True):
    "Check the new data of an event and return them as stored"
    state = call.state
    old = old or {}
    if not call.get('supportsAttachments'):
        # [Events resource] attachments are left alone without it
        data.pop('attachments', None)
        if 'attachments' in old:
            data['attachments'] = old['attachments']
    elif data.get('attachments'):
        data['attachments'] = rules.attachments(data['attachments'])
    if not call.get('conferenceDataVersion'):
        # [Create events] dropped silently without the version
        data.pop('conferenceData', None)
        for name in ['conferenceData', 'hangoutLink']:
            if name in old:
                data[name] = old[name]
    elif data.get('conferenceData') != old.get('conferenceData'):
        data.pop('hangoutLink', None)
        if data.get('conferenceData'):
            value, link = rules.conference(
                state, data['conferenceData'], old.get('conferenceData'))
            data['conferenceData'] = value
            if link:
                data['hangoutLink'] = link
            elif value == old.get('conferenceData') and (
                    'hangoutLink' in old):
                data['hangoutLink'] = old['hangoutLink']
    if not call.get('eventLabelVersion'):
        data.pop('eventLabelId', None)
        if 'eventLabelId' in old:
            data['eventLabelId'] = old['eventLabelId']
    elif data.get('eventLabelId') != old.get('eventLabelId'):
        rules.label(data, calendar)
    if times:
        rules.times(data, calendar)
    if invited:
        data['attendees'] = _resources(
            state, rules.attendees(data.get('attendees')), old)
    if 'creator' in old and old['creator']['email'] != call.user.email:
        # [Events resource] only its creator sees or modifies the source
        data.pop('source', None)
        if 'source' in old:
            data['source'] = old['source']
    if (data.get('attendees') and call.token is not None and call.token.service
            and not call.token.delegated):
        # [Events resource] guests need domain-wide delegation
        raise ApiError('forbiddenForServiceAccounts')
    data['extendedProperties'] = rules.extended(
        data.get('extendedProperties'))
    if not data['extendedProperties']:
        del data['extendedProperties']
    rules.content(data)
    if importing:
        # [Events: import] another type becomes default
        data['eventType'] = 'default'
    rules.event_type(data, calendar, not old)
    data.setdefault('status', 'confirmed')
    for name in [n for n, v in data.items() if v is None or v == []]:
        del data[name]
    mark(calendar, data)
    return data


def _resources(state, entries, old):
    "[Events resource] resource is set when the attendee is added"
    known = {a['email']: a for a in old.get('attendees', ())}
    for entry in entries:
        calendar = state.calendars.get(entry['email'])
        is_room = calendar is not None and calendar.resource
        if is_room:
            entry['displayName'] = calendar.data['summary']
        if is_room or entry['email'] in known and known[
                entry['email']].get('resource'):
            entry['resource'] = True
        elif entry['email'] in known:
            entry.pop('resource', None)
        user = state.user(entry['email'])
        if (user is not None and user.invitations != 'everyone'
                and entry['email'] not in known):
            # [Events resource] the answer of who decides by mail is reset
            entry['responseStatus'] = 'needsAction'
    return entries


def _answers(state, calendar, record, before):
    "What Google answers by itself, afterwards"
    state.later.append(functools.partial(
            people.invited, state, calendar, record, before))
    if record.data.get('eventType') in {'focusTime', 'outOfOffice'}:
        state.later.append(functools.partial(
                people.absent, state, calendar, record))


def _link(calendar, event_id):
    text = base64.urlsafe_b64encode(
        f'{event_id} {calendar.id}'.encode()).decode().rstrip('=')
    return f'https://www.google.com/calendar/event?eid={text}'


def _create(call, importing):
    calendar = writable(call)
    body = strip_null(call.body)
    given_id, uid = body.get('id'), body.get('iCalUID')
    if given_id is not None and not rules.ID.match(given_id):
        raise invalid("Invalid resource id value.")
    if given_id is not None and uid is not None:
        # [Events resource] only one of them (unverified: the refusal)
        raise invalid("Only one of id and iCalUID may be supplied.")
    if importing and not uid:
        raise required("Missing iCalUID.")
    if given_id in calendar.events:
        # [Handle API errors; Create events] also of a deleted event
        raise ApiError('duplicate')
    existing = None
    original = body.get('originalStartTime')
    if original and moment_of(original) is None:
        raise invalid("Invalid original start time.")
    if uid is not None:
        for record in calendar.with_uid(uid):
            if (not record.bare
                    and moment_of(record.data.get('originalStartTime'))
                    == moment_of(original)):
                existing = record
                break
    if existing is not None:
        # the same iCalUID a second time, also of a deleted event
        # (unverified: insanum/gcalcli#712, #730, #784)
        raise ApiError('duplicate')
    if body.get('eventType') == 'fromGmail':
        raise restricted("Events of type fromGmail cannot be created.")
    names = rules.WRITABLE | rules.IMMUTABLE
    data = {k: v for k, v in body.items() if k in names}
    event_id = given_id or (
        base64.b32hexencode(secrets.token_bytes(16))
        .decode().rstrip('=').lower())
    parent = None
    if uid is not None and body.get('originalStartTime'):
        parent = _series(calendar, uid, body['originalStartTime'])
    now = stamp_text(call.state.now() * 1000)
    creator = {'email': call.user.email, 'displayName': call.user.name}
    organizer = {'email': calendar.id}
    if not calendar.primary:
        organizer['displayName'] = calendar.data['summary']
    if importing and body.get('organizer', {}).get('email'):
        # the organizer may be set by an import only
        organizer = {
            k: v for k, v in body['organizer'].items()
            if k in {'email', 'displayName'}}
        if not rules.EMAIL.match(organizer['email']):
            raise invalid("Invalid organizer email.")
        organizer['email'] = organizer['email'].lower()
    value = data.pop('reminders', None)
    data.update(
        creator=creator, organizer=organizer, created=now, updated=now,
        iCalUID=uid or f'{event_id}@google.com',
        sequence=data.get('sequence', 0))
    if parent is not None:
        event_id = f'{parent.id}_{_suffix(body["originalStartTime"])}'
        data['recurringEventId'] = parent.id
        data.pop('recurrence', None)
    data['id'] = event_id
    data['htmlLink'] = _link(calendar, event_id)
    data = complete(call, calendar, data, None, importing)
    if parent is not None:
        data['originalStartTime'] = _original(parent, body)
    elif importing and original:
        # (unverified) an exception whose series is not here
        data['originalStartTime'] = event_datetime(
            moment_of(original), data['start'].get('timeZone', 'UTC'))
    record = Record(data, 0)
    record.reminders[call.user.email] = rules.reminders(value)
    store(call.state, calendar, record)
    if not importing:
        # an import is a private copy: neither copies nor mails
        propagate(call.state, calendar, record, None)
        mail_changes(call, calendar, None, data)
        _answers(call.state, calendar, record, None)
    return present(call, calendar, record)


def _series(calendar, uid, original):
    "(unverified) an import with originalStartTime is an exception"
    value = moment_of(original)
    for record in calendar.with_uid(uid):
        if not record.cancelled and record.data.get('recurrence'):
            if is_occurrence(record.data, value):
                return record
            raise invalid("Invalid original start time.")
    return None


def _suffix(original):
    value = moment_of(original)
    if hasattr(value, 'hour'):
        return value.strftime('%Y%m%dT%H%M%SZ')
    return value.strftime('%Y%m%d')


def _original(parent, body):
    from .recurrence import instance_times
    return instance_times(
        parent.data, moment_of(body['originalStartTime']))[0]


@method('calendar.events.insert')
def insert(call):
    return _create(call, False)


@method('calendar.events.import')
def import_(call):
    return _create(call, True)


def _own_answer(state, calendar, old, new):
    """[Events resource] attendeesOmitted: only the participant's entry is
    updated"""
    given = {a['email']: a for a in rules.attendees(new)}
    entries = []
    for entry in old.get('attendees', ()):
        if entry.get('self') and entry['email'] in given:
            answer = given[entry['email']]
            told = {a['email'].strip().lower(): a for a in new}[
                entry['email']]
            # (unverified) what it does not tell stays
            kept = {
                k: v for k, v in entry.items()
                if k not in RESPONSE or told.get(k) is None}
            entry = {**kept, **{
                    k: answer[k] for k in RESPONSE
                    if told.get(k) is not None and k in answer}}
        entries.append(entry)
    if (calendar.id in given and calendar.id not in emails(old)
            and calendar.id in guests(state, old)):
        # (unverified) a member of an invited group
        entries.append(given[calendar.id])
    return entries


def _modify(call, replace):
    calendar = writable(call)
    record, stored = found(call, calendar)
    call.precondition(record.etag)
    old = record.data
    if record.bare:
        # only the id is left of it
        raise not_found()
    parent = calendar.events.get(old.get('recurringEventId'))
    if parent is not None and parent.cancelled:
        # (unverified) as a deletion of it: restore the series first
        raise ApiError('deleted')
    body = {
        k: v for k, v in call.body.items() if k in rules.WRITABLE}
    for name in ['eventType', 'birthdayProperties']:
        # [Event types] cannot change after the creation
        given = call.body.get(name)
        if given is not None and name == 'eventType' and (
                given != old.get('eventType', 'default')):
            raise restricted("The event type cannot be changed.")
    if replace:
        body = strip_null(body)
        data = {k: old[k] for k in _SERVER if k in old}
        data.update(body)
    else:
        data = merge(
            {**old, 'reminders': record.reminders.get(
                    call.user.email, {'useDefault': True})}, body)
    if data.get('recurrence') and 'recurringEventId' in old:
        raise invalid("An instance cannot have a recurrence.")
    answer = hidden(calendar, old) or (
        'attendees' in body and call.body.get('attendeesOmitted'))
    if answer:
        data['attendees'] = _own_answer(
            call.state, calendar, old, body.get('attendees'))
    if data.get('sequence') is None:
        data['sequence'] = old['sequence']
    if data['sequence'] < old['sequence']:
        raise invalid(
            "Invalid sequence value. The specified sequence number is below "
            "the current sequence number of the resource. Re-fetch the "
            "resource and use its sequence number on the following "
            "request.", location='sequence')
    value = data.pop('reminders', None)
    reminders = rules.reminders(value)
    # what Google holds is not checked again when it is not written
    data = complete(
        call, calendar, data, old,
        times=replace or bool({'start', 'end', 'recurrence'} & set(body)),
        invited=not answer and (replace or 'attendees' in body))
    _protect(calendar, old, data)
    if 'recurringEventId' in old:
        series.visibility(call.state, calendar, old, data)
    if any(data.get(n) != old.get(n) for n in [
                'start', 'end', 'recurrence']):
        data['sequence'] = min(
            max(data['sequence'], old['sequence'] + 1), 2**31 - 1)
    if data['status'] == 'cancelled' and old['status'] != 'cancelled':
        _delete(call, calendar, record)
        return present(call, calendar, record)
    return _save(call, calendar, record, data, reminders)


def _save(call, calendar, record, data, reminders):
    state, old = call.state, record.data
    email = call.user.email
    # changing reminders does not move `updated`
    quiet = _same(old, data) and reminders != record.reminders.get(
        email, {'useDefault': True})
    record.data = data
    record.removed = False
    record.reminders[email] = reminders
    remember(calendar, record, old)
    store(state, calendar, record, updated=not quiet)
    restored(state, calendar, record, old)
    if is_organizer(calendar, data):
        propagate(state, calendar, record, old)
        series.follow(state, calendar, record, old)
        mail_changes(call, calendar, old, data)
        _answers(state, calendar, record, old)
    else:
        series.follow(state, calendar, record, old)
        back = answer_back(state, calendar, record, old)
        if back is not None:
            series.follow(state, *back)
            mail_back(call, calendar, *back)
    return present(call, calendar, record)


def _same(old, new):
    return {k: v for k, v in old.items() if k != 'updated'} == {
        k: v for k, v in new.items() if k != 'updated'}


def _protect(calendar, old, data):
    "What this copy may not change"
    if data.get('locked') and any(
            data.get(n) != old.get(n) for n in [
                'summary', 'description', 'location', 'start', 'end',
                'recurrence']):
        # [Events resource] locked; (unverified) the reason
        raise ApiError('forbidden')
    rules.unchangeable(old, data)
    if not is_organizer(calendar, old) and any(
            data.get(n) != old.get(n) for n in _GUESTS_CAN):
        # [Handle API errors] forbiddenForNonOrganizer
        raise ApiError('forbiddenForNonOrganizer')


@method('calendar.events.patch')
def patch(call):
    return _modify(call, False)


@method('calendar.events.update')
def update(call):
    return _modify(call, True)


def _delete(call, calendar, record):
    before = record.data
    back = cancel(call, calendar, record)
    if back is not None:
        series.follow(call.state, *back)
    if is_organizer(calendar, before):
        mail_changes(call, calendar, before, record.data)
    else:
        organizer = call.state.calendars.get(
            before.get('organizer', {}).get('email'))
        if organizer is not None:
            send(call, calendar, before, 'response', [organizer.owner])


@method('calendar.events.delete')
def delete(call):
    calendar = writable(call)
    record, _ = found(call, calendar)
    if record.cancelled:
        # [Handle API errors] already deleted
        raise ApiError('deleted')
    parent = calendar.events.get(record.data.get('recurringEventId'))
    if parent is not None and parent.cancelled:
        raise ApiError('deleted')
    call.precondition(record.etag)
    _delete(call, calendar, record)
