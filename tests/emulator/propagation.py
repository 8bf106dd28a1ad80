# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Copies of a meeting in the calendars of its guests, and the mails
[Invite users to an event]"""
from .model import Record, hidden, is_organizer
from .present import find
from .state import stamp_text

# shared properties flow from the organizer to the guests' copies; private
# ones (reminders, colorId, transparency, private properties) do not
SHARED = [
    'summary', 'description', 'location', 'start', 'end', 'recurrence',
    'recurringEventId', 'originalStartTime', 'visibility', 'attachments',
    'conferenceData', 'hangoutLink', 'guestsCanInviteOthers',
    'guestsCanModify', 'guestsCanSeeOtherGuests', 'anyoneCanAddSelf',
    'sequence', 'iCalUID', 'creator', 'eventType', 'endTimeUnspecified']
RESPONSE = ['responseStatus', 'comment', 'additionalGuests']
MANY_GUESTS = 200


def mark(calendar, data):
    "Set what is relative to the calendar of the copy"
    organizer = data.get('organizer')
    if organizer is not None:
        organizer = data['organizer'] = dict(organizer)
        organizer.pop('self', None)
        if organizer['email'] == calendar.id:
            organizer['self'] = True
    creator = data.get('creator')
    if creator is not None:
        creator = data['creator'] = dict(creator)
        creator.pop('self', None)
        if creator['email'] == calendar.id:
            creator['self'] = True
    entries = []
    for entry in data.get('attendees', ()):
        entry = {
            k: v for k, v in entry.items() if k not in {'self', 'organizer'}}
        if organizer and entry['email'] == organizer['email']:
            entry['organizer'] = True
        if entry['email'] == calendar.id:
            entry['self'] = True
        entries.append(entry)
    if entries:
        data['attendees'] = entries
    else:
        data.pop('attendees', None)


def store(state, calendar, record, updated=True):
    "Save the change: etag, updated and the place in the change log"
    record.stamp = calendar.tick(state.now())
    record.seq = calendar.seq
    record.salt = calendar.salt
    state.touch(
        'events', calendar.id, record.data.get('eventType', 'default'))
    if updated:
        record.data['updated'] = stamp_text(record.stamp)
    calendar.add(record)


def remember(calendar, record, old):
    "Keep the former rule: its instances are gone for the next sync"
    data = record.data
    if old.get('recurrence') and any(
            data.get(n) != old[n] for n in ['start', 'end', 'recurrence']):
        record.history.append(
            (calendar.seq + 1, {
                    k: old[k] for k in ['start', 'end', 'recurrence']}))
    elif data.get('recurrence') and 'start' in old and not old.get(
            'recurrence'):
        # the single event that it was
        record.history.append((calendar.seq + 1, None))


def restored(state, calendar, record, old):
    "The exceptions of a series that is back are listed again"
    if old.get('status') == 'cancelled' and not record.cancelled and (
            record.data.get('recurrence')):
        for other in calendar.exceptions(record.id).values():
            store(state, calendar, other, updated=False)


def guest_calendar(state, email, calendar):
    "Return the calendar that gets a copy: a user's, or a room"
    other = state.calendars.get(email)
    if (other is None or other is calendar or other.deleted
            or not other.resource and email not in state.users):
        return None
    return other


def find_guest(calendar, event_id):
    "Return the record, or the instance, of the calendar; or None"
    return find(calendar, event_id)[0]


def guests(state, data):
    "Return the e-mails of the guests, with the members of the groups"
    result = emails(data)
    for email in list(result):
        for member in state.members(email):
            if member not in result:
                result.append(member)
    return result


def emails(data):
    return [a['email'] for a in data.get('attendees', ())]


def propagate(state, calendar, record, before, answers=False):
    """Bring the guests' copies up to date with the organizer's

    before: the organizer's data before the change, or None
    answers: only the answers of the guests changed"""
    data = record.data
    if not is_organizer(calendar, data) or data.get('privateCopy'):
        return
    # more than 200 guests: the answers do not reach the guests' copies
    quiet = before is not None and len(emails(data)) > MANY_GUESTS and (
        _without_answers(before) == _without_answers(data))
    cancelled = data.get('status') == 'cancelled'
    invited = guests(state, data)
    for email in {*invited, *guests(state, before or {})}:
        other = guest_calendar(state, email, calendar)
        if other is None or quiet:
            continue
        copy = other.events.get(record.id)
        if cancelled or email not in invited:
            if copy is None:
                # an instance that the guest has only by the series
                copy, _ = find(other, record.id)
                if copy is None:
                    continue
            if not copy.cancelled:
                copy.data = {**copy.data, 'status': 'cancelled'}
                copy.bare = email not in invited
                store(state, other, copy)
            continue
        if answers and copy is not None:
            _copy_answers(state, other, copy, record)
        else:
            _copy(state, other, copy, record)


def _copy_answers(state, other, copy, record):
    if not copy.cancelled:
        data = {**copy.data, 'attendees': record.data['attendees']}
        mark(other, data)
        if data != copy.data:
            copy.data = data
            store(state, other, copy)


def _without_answers(data):
    return {
        **{k: v for k, v in data.items() if k not in {
                    'updated', 'attendees'}},
        'attendees': [
            {k: v for k, v in a.items() if k not in RESPONSE}
            for a in data.get('attendees', ())]}


def _copy(state, other, copy, record):
    data = record.data
    shared = {k: data[k] for k in SHARED if k in data}
    shared['attendees'] = [dict(a) for a in data.get('attendees', ())]
    shared['organizer'] = dict(data['organizer'])
    new = copy is None
    if not new and copy.cancelled and copy.removed and any(
            a['email'] == other.id and a['responseStatus'] == 'declined'
            for a in data.get('attendees', ())):
        # (unverified) an invitation that the guest removed stays removed
        return
    if new:
        virtual, _ = find(other, record.id)
        if virtual is None and _waits(state, other, data):
            return
        copy = virtual or Record({
                'id': record.id,
                'htmlLink': data.get('htmlLink'),
                'created': data['created'],
                }, 0)
        if 'transparency' in data and virtual is None:
            copy.data['transparency'] = data['transparency']
    kept = {
        k: v for k, v in copy.data.items() if k not in SHARED}
    kept.update(shared)
    if data.get('status') != 'cancelled':
        kept['status'] = data.get('status', 'confirmed')
    properties = dict(copy.data.get('extendedProperties', {}))
    properties.pop('shared', None)
    if shared_properties := data.get(
            'extendedProperties', {}).get('shared'):
        properties['shared'] = dict(shared_properties)
    kept.pop('extendedProperties', None)
    if properties:
        kept['extendedProperties'] = properties
    mark(other, kept)
    if new or copy.bare or _comparable(kept) != _comparable(copy.data):
        former, copy.data = copy.data, kept
        copy.bare = copy.removed = False
        remember(other, copy, former)
        store(state, other, copy)
        restored(state, other, copy, former)


def _waits(state, other, data):
    """[Invite users to an event] whether the guest's setting keeps the
    invitation out of the calendar until it is answered in the mail"""
    user = state.users.get(other.id)
    if user is None or user.invitations == 'everyone':
        return False
    if user.invitations == 'known':
        # (unverified) known are those of the same domain
        sender = data['creator']['email'].rpartition('@')[2]
        if sender == user.email.rpartition('@')[2]:
            return False
    return not any(
        a['email'] == other.id
        and a['responseStatus'] in {'accepted', 'tentative'}
        for a in data.get('attendees', ()))


def _comparable(data):
    return {k: v for k, v in data.items() if k not in {'updated', 'etag'}}


def answer_back(state, calendar, record, before):
    """A guest's own answer flows back to the organizer, nothing else does
    [Invite users to an event]; with guestsCanModify the shared properties
    do too.  Return the organizer's (calendar, record, data before)"""
    data = record.data
    organizer = state.calendars.get(data.get('organizer', {}).get('email'))
    if (organizer is None or organizer.deleted or organizer is calendar
            or data.get('privateCopy')):
        return None
    own = next((
            a for a in data.get('attendees', ()) if a.get('self')), None)
    master, stored = find(organizer, record.id)
    if master is None or master.cancelled:
        return None
    old = master.data
    new = dict(old)
    changed = False
    if own is not None:
        entries = []
        for entry in old.get('attendees', ()):
            if entry['email'] == own['email']:
                answer = {
                    k: v for k, v in entry.items() if k not in RESPONSE}
                answer.update((k, own[k]) for k in RESPONSE if k in own)
                changed |= answer != entry
                entry = answer
            entries.append(entry)
        if (own['email'] not in emails(old)
                and own['email'] in guests(state, old)):
            # (unverified) a member of an invited group who answers
            entries.append({k: v for k, v in own.items() if k != 'self'})
            changed = True
        new['attendees'] = entries
    if before is not None:
        changed |= _invite_others(state, calendar, old, new, before, data)
    if data.get('guestsCanModify') and before is not None:
        for name in SHARED:
            if name not in {'sequence', 'creator'} and (
                    data.get(name) != before.get(name)):
                changed = True
                if name in data:
                    new[name] = data[name]
                else:
                    new.pop(name, None)
    if not changed:
        return None
    mark(organizer, new)
    master.data = new
    store(state, organizer, master)
    propagate(
        state, organizer, master, old,
        answers=_without_answers(old) == _without_answers(new))
    return organizer, master, old


def _invite_others(state, calendar, old, new, before, data):
    "Whom a guest adds or removes, if that is allowed; whether anybody"
    added = [
        {k: v for k, v in a.items() if k != 'self'}
        for a in data.get('attendees', ())
        if a['email'] not in {*emails(before), *emails(old), calendar.id}]
    removed = [
        e for e in emails(before)
        if e not in emails(data) and e != calendar.id]
    if not data.get('guestsCanModify'):
        removed = []
        if data.get('guestsCanInviteOthers') is False:
            added = []
    if hidden(calendar, before):
        removed = []
    if added or removed:
        new['attendees'] = [
            a for a in new.get('attendees', ())
            if a['email'] not in removed] + added
    return bool(added or removed)


def cancel(call, calendar, record):
    """Delete an event: it stays, cancelled, for the synchronizations

    Return what answer_back returns"""
    before = record.data
    record.data = {**before, 'status': 'cancelled'}
    own = next((
            a for a in before.get('attendees', ()) if a.get('self')), None)
    if is_organizer(calendar, before) or own is None:
        store(call.state, calendar, record)
        propagate(call.state, calendar, record, before)
        return None
    # (unverified) removing an invitation declines it
    declined = {**before, 'attendees': [
            {**a, 'responseStatus': 'declined'} if a is own else a
            for a in before['attendees']]}
    record.data['attendees'] = declined['attendees']
    record.removed = True
    store(call.state, calendar, record)
    return answer_back(call.state, calendar, Record(declined, 0), None)
