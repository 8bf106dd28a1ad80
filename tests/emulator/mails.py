# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The mails [Events: insert] sendUpdates [Acl: insert] sendNotifications
[Permissions: create] sendNotificationEmail"""
from .propagation import SHARED, emails
from .state import stamp_text


def policy(call):
    if 'sendUpdates' in call.params:
        return call.params['sendUpdates']
    return 'all' if call.get('sendNotifications') else 'none'


def send(call, calendar, data, kind, to):
    how = policy(call)
    if data.get('privateCopy'):
        # [Events resource] propagation is disabled
        return
    everybody = list(to)
    for email in to:
        # a mail for each member of a group (unverified)
        everybody += [
            m for m in call.state.members(email) if m not in everybody]
    for email in everybody:
        if (email in {calendar.id, call.user.email}
                or email in call.state.groups):
            continue
        other = call.state.calendars.get(email)
        if other is not None and other.resource:
            continue  # a room has no mailbox
        google = email in call.state.users
        if how == 'all' or how == 'externalOnly' and not google:
            call.state.mails.append({
                    'to': email,
                    'kind': kind,
                    'calendar': calendar.id,
                    'event': data['id'],
                    'iCalUID': data.get('iCalUID'),
                    'summary': data.get('summary', ''),
                    'by': call.user.email,
                    'at': stamp_text(call.state.now() * 1000),
                    })


def mail_changes(call, calendar, before, data):
    "The mails of an organizer's change"
    old, new = emails(before or {}), emails(data)
    if data.get('status') == 'cancelled':
        if before is not None and before.get('status') != 'cancelled':
            send(call, calendar, data, 'cancellation', old)
        return
    if before is not None and before.get('status') == 'cancelled':
        old = []
    send(call, calendar, data, 'invitation',
        [e for e in new if e not in old])
    send(call, calendar, data, 'cancellation',
        [e for e in old if e not in new])
    if before is not None and any(
            before.get(n) != data.get(n) for n in SHARED):
        send(call, calendar, data, 'update', [e for e in new if e in old])


def mail_back(call, calendar, organizer, master, before):
    """The mails of a guest's change that reached the organizer

    (unverified) an answer is told to the organizer, a change, where guests
    may modify, to everybody."""
    data = master.data
    old, new = emails(before), emails(data)
    answers = [
        {a['email']: a for a in d.get('attendees', ())}.get(calendar.id)
        for d in [before, data]]
    send(call, organizer, data, 'invitation',
        [e for e in new if e not in old])
    send(call, organizer, data, 'cancellation',
        [e for e in old if e not in new])
    if any(before.get(n) != data.get(n) for n in SHARED):
        to = [e for e in new if e in old and e != calendar.id]
        if organizer.owner not in to:
            to.append(organizer.owner)
        send(call, calendar, data, 'update', to)
    elif answers[0] != answers[1]:
        send(call, calendar, data, 'response', [organizer.owner])


def share(call, calendar, scope, role, before):
    """[Acl: insert, update] sendNotifications is true by default; none when
    access is removed"""
    if (not call.get('sendNotifications', True) or role == 'none'
            or role == before or scope['type'] not in {'user', 'group'}):
        return
    value = scope['value']
    to = call.state.members(value) if scope['type'] == 'group' else [value]
    for email in to:
        if email != call.user.email:
            call.state.mails.append({
                    'to': email,
                    'kind': 'sharing',
                    'calendar': calendar.id,
                    'event': None,
                    'iCalUID': None,
                    'summary': calendar.data['summary'],
                    'by': call.user.email,
                    'at': stamp_text(call.state.now() * 1000),
                    })


def shared_file(state, by, to, file_id, name, message, role):
    "[Permissions: create] sendNotificationEmail and emailMessage"
    state.mails.append({
            'to': to,
            'kind': 'ownership' if role == 'owner' else 'sharing',
            'file': file_id,
            'summary': name,
            'message': message,
            'role': role,
            'by': by,
            'at': stamp_text(state.now() * 1000),
            })
