# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What becomes of the exceptions when their series changes

[Calendar v3 best practices: recurring events] the changes of an exception
are preserved even if the series is updated; no page tells more, so what is
here is (unverified)."""
from .model import Record
from .propagation import SHARED, emails, mark, propagate, store
from .recurrence import (
    all_day, instance_id, instance_times, is_occurrence, local_start,
    moment_of)
from .zones import UTC

# what an exception shares with its series until it is changed itself
FOLLOWED = [
    n for n in SHARED if n not in {
        'start', 'end', 'recurrence', 'recurringEventId', 'sequence',
        'originalStartTime', 'iCalUID', 'creator', 'eventType'}] + [
    'colorId', 'transparency', 'extendedProperties']


def follow(state, calendar, record, old):
    "Bring the exceptions of a changed series up to date"
    if not old.get('recurrence'):
        return
    if state.options['exceptions_shift']:
        shift(state, calendar, record, old)
    for other in list(calendar.exceptions(record.id).values()):
        if other.bare:
            continue
        if not record.data.get('recurrence') or not is_occurrence(
                record.data, moment_of(other.data['originalStartTime'])):
            drop(state, calendar, other)
        elif other.cancelled:
            _tell(state, calendar, other, old, record.data)
        elif state.options['exceptions_follow']:
            _inherit(state, calendar, other, old, record.data)


def _tell(state, calendar, other, old, new):
    "New guests of the series have no occurrence that was cancelled"
    before = other.data
    entries = _guests(before, old, new)
    if entries is not None and entries != before.get('attendees', []):
        other.data = {**before, 'attendees': entries}
        mark(calendar, other.data)
        store(state, calendar, other)
        propagate(state, calendar, other, before)


def shift(state, calendar, record, old):
    """The series begins at another time of day: its exceptions are those of
    the same days, with other ids"""
    data = record.data
    if not data.get('recurrence') or all_day(data) or all_day(old):
        return
    start, tz = local_start(data)
    before, tz_before = local_start(old)
    if (start, tz) == (before, tz_before):
        return
    for other in list(calendar.exceptions(record.id).values()):
        moment = moment_of(other.data['originalStartTime'])
        if other.bare or is_occurrence(data, moment):
            continue
        local = moment.astimezone(tz_before).replace(tzinfo=None)
        value = (local + (start - before)).replace(tzinfo=tz).astimezone(UTC)
        new_id = instance_id(record.id, value)
        if not is_occurrence(data, value) or new_id in calendar.events:
            continue
        begin, end = instance_times(data, value)
        copy = Record({
                **other.data, 'id': new_id, 'originalStartTime': begin}, 0,
            reminders=dict(other.reminders))
        if moment_of(other.data.get('start')) == moment:
            copy.data.update(start=begin, end=end)
        drop(state, calendar, other)
        store(state, calendar, copy)
        propagate(state, calendar, copy, None)


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


_RANKS = {'public': 0, 'default': 1, 'private': 2, 'confidential': 2}


def visibility(state, calendar, old, data):
    """[Events resource] visibility of an instance: more restrictive, it
    applies to all of the series; less restrictive, it is ignored"""
    new = data.get('visibility', 'default')
    before = old.get('visibility', 'default')
    if _RANKS[new] <= _RANKS.get(before, 1):
        data.pop('visibility', None)
        if 'visibility' in old:
            data['visibility'] = old['visibility']
        return
    parent = calendar.events.get(old['recurringEventId'])
    if parent is None:
        return
    for one in [parent, *calendar.exceptions(parent.id).values()]:
        if one.cancelled or one.id == old['id'] or _RANKS[new] <= _RANKS.get(
                one.data.get('visibility', 'default'), 1):
            continue
        former = one.data
        one.data = {**former, 'visibility': new}
        store(state, calendar, one)
        propagate(state, calendar, one, former)
