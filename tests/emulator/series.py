# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What becomes of the exceptions when their series changes

[Calendar v3 best practices: recurring events] the changes of an exception
are preserved even if the series is updated; no page tells more, so what is
here is (unverified)."""
from .propagation import SHARED, emails, mark, propagate, store
from .recurrence import is_occurrence, moment_of

# what an exception shares with its series until it is changed itself
FOLLOWED = [
    n for n in SHARED if n not in {
        'start', 'end', 'recurrence', 'recurringEventId', 'sequence',
        'originalStartTime', 'iCalUID', 'creator', 'eventType'}] + [
    'colorId', 'transparency', 'extendedProperties']


def remember(calendar, record, old):
    "Keep the former rule: its instances are gone for the next sync"
    data = record.data
    if old.get('recurrence') and any(
            data.get(n) != old[n] for n in ['start', 'end', 'recurrence']):
        record.history.append(
            (calendar.seq + 1, {
                    k: old[k] for k in ['start', 'end', 'recurrence']}))


def follow(state, calendar, record, old):
    "Bring the exceptions of a changed series up to date"
    if not old.get('recurrence'):
        return
    for other in list(calendar.exceptions(record.id).values()):
        if other.bare:
            continue
        if not record.data.get('recurrence') or not is_occurrence(
                record.data, moment_of(other.data['originalStartTime'])):
            drop(state, calendar, other)
        elif not other.cancelled and state.options['exceptions_follow']:
            _inherit(state, calendar, other, old, record.data)


def drop(state, calendar, other):
    "An exception whose occurrence is no more"
    before = other.data
    other.data = {**before, 'status': 'cancelled'}
    other.bare = True
    store(state, calendar, other)
    propagate(state, calendar, other, before)


def _inherit(state, calendar, other, old, new):
    before = other.data
    data = dict(before)
    for name in FOLLOWED:
        if before.get(name) == old.get(name) != new.get(name):
            if name in new:
                data[name] = new[name]
            else:
                data.pop(name, None)
    entries = _guests(before, old, new)
    if entries is not None:
        data['attendees'] = entries
    if data == before:
        return
    mark(calendar, data)
    other.data = data
    store(state, calendar, other)
    propagate(state, calendar, other, before)


def _guests(before, old, new):
    "Who was added to or removed from the series is it from the exception"
    if old.get('attendees') == new.get('attendees'):
        return None
    was = {a['email']: a for a in old.get('attendees', ())}
    now = {a['email']: a for a in new.get('attendees', ())}
    entries = [
        # an answer for the series counts where there was no other
        now[a['email']] if a == was.get(a['email']) and a['email'] in now
        else a
        for a in before.get('attendees', ())
        if a['email'] in now or a['email'] not in was]
    known = set(emails(before))
    entries += [
        dict(a) for e, a in now.items() if e not in was and e not in known]
    return entries
