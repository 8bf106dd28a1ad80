# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
""""This and following events" of Google's own UI

[Recurring events] describes it as two requests; the UI keeps more, as
developers report (unverified: odoo/odoo#120798, #172103, #287171): the old
series ends on the day before, the new one is <id>_R<time> with the iCalUID
to match, its instances keep their ids <id>_<time>."""
import datetime as dt
import re

from . import rules, series
from .api import merge, strip_null
from .errors import invalid, not_found
from .events import complete, delete, patch, writable
from .mails import send
from .model import Record, base_id
from .present import present
from .propagation import emails, propagate, remember, store
from .recurrence import (
    all_day, event_datetime, expansion, instance_times, is_occurrence,
    local_start, moment_of)
from .state import stamp_text
from .zones import UTC

EXCEPTIONS = {None, 'keep', 'reset'}


def split(call, original, exceptions=None):
    """Split a series before the occurrence; return the new one

    exceptions: what becomes of those after the cut: keep, reset; by default
    they are reset where the times or the rule change"""
    if exceptions not in EXCEPTIONS:
        raise ValueError("exceptions: keep or reset")
    calendar = writable(call)
    record = calendar.events.get(call.params['eventId'])
    if record is None or record.cancelled:
        raise not_found()
    value = moment_of(original)
    if not record.data.get('recurrence') or not is_occurrence(
            record.data, value):
        raise invalid("Invalid original start time.")
    body = {
        k: v for k, v in call.body.items() if k in rules.WRITABLE}
    if next(iter(expansion(record.data)))[0] == value:
        # from the first occurrence on: that is the whole series
        return patch(call)
    new = _new_data(call, calendar, record, value, body)
    if exceptions is None:
        changed = {'start', 'end', 'recurrence'} & set(body)
        exceptions = 'reset' if changed else 'keep'
    for one in _calendars(call.state, calendar, {**record.data, **new}):
        _hand_over(call.state, one, record.id, new, exceptions == 'keep')
    _cut(call, calendar, record, value)
    return _create(call, calendar, record, new)


def cut(call, original):
    """Delete this and the following occurrences

    (unverified) the guests are told of an update"""
    calendar = writable(call)
    record = calendar.events.get(call.params['eventId'])
    if record is None or record.cancelled:
        raise not_found()
    value = moment_of(original)
    if not record.data.get('recurrence') or not is_occurrence(
            record.data, value):
        raise invalid("Invalid original start time.")
    if next(iter(expansion(record.data)))[0] == value:
        return delete(call)
    _cut(call, calendar, record, value)
    send(call, calendar, record.data, 'update', emails(record.data))
    return present(call, calendar, record)


def _new_data(call, calendar, record, value, body):
    old = record.data
    base = base_id(record.id) or record.id
    text = value.strftime(
        '%Y%m%dT%H%M%S' if isinstance(value, dt.datetime) else '%Y%m%d')
    start, end = instance_times(old, value)
    data = {
        **old, 'id': f'{base}_R{text}', 'start': start, 'end': end,
        'recurrence': _following(old, value)}
    name, at, domain = old['iCalUID'].partition('@')
    data['iCalUID'] = f'{base_id(name) or name}_R{text}{at}{domain}'
    data['created'] = stamp_text(call.state.now() * 1000)
    data['sequence'] = 0
    data = merge({**data, 'reminders': record.reminders.get(
                call.user.email, {'useDefault': True})}, body)
    reminders = data.pop('reminders', None)
    data = complete(call, calendar, data, old)
    data['reminders'] = rules.reminders(reminders)
    return strip_null(data)


def _lines(recurrence):
    for line in recurrence:
        head, _, value = line.partition(':')
        yield line, head.partition(';')[0].upper(), head, value


def _following(data, value):
    "The rule of the occurrences from the value on"
    result = []
    for line, name, head, text in _lines(data['recurrence']):
        if name == 'RRULE' and (count := re.search(r'COUNT=(\d+)', text)):
            before = expansion({**data, 'recurrence': [line]}).upto(
                _begin(value))
            left = max(int(count[1]) - len(list(before)), 1)
            line = line.replace(count[0], f'COUNT={left}')
        if name in {'RDATE', 'EXDATE'}:
            line = _dates(data, head, text, value, False)
        if line:
            result.append(line)
    return result


def _begin(value):
    if isinstance(value, dt.datetime):
        return value
    return dt.datetime.combine(value, dt.time(), UTC)


def _dates(data, head, text, value, earlier):
    "The line with the dates before the value, or with the others"
    kept = []
    _, tz = local_start(data)
    for one in text.split(','):
        moment = dt.datetime.strptime(
            one.partition('/')[0].rstrip('Z'),
            '%Y%m%dT%H%M%S' if 'T' in one else '%Y%m%d')
        if tz is None or 'T' not in one:
            limit = (
                value.astimezone(tz).date()
                if isinstance(value, dt.datetime) else value)
            is_before = moment.date() < limit
        else:
            zone_ = UTC if one.endswith('Z') else tz
            is_before = moment.replace(tzinfo=zone_) < value
        if is_before is earlier:
            kept.append(one)
    return f'{head}:{",".join(kept)}' if kept else None


def _cut(call, calendar, record, value):
    "End the series before the value"
    old = record.data
    lines = []
    for line, name, head, text in _lines(old['recurrence']):
        if name in {'RRULE', 'EXRULE'}:
            parts = [
                p for p in text.split(';')
                if not p.upper().startswith(('COUNT=', 'UNTIL='))]
            line = f'{head}:' + ';'.join(
                [*parts, f'UNTIL={_until(old, value, parts)}'])
        else:
            line = _dates(old, head, text, value, True)
        if line:
            lines.append(line)
    record.data = {
        **old, 'recurrence': lines, 'sequence': old['sequence'] + 1}
    remember(calendar, record, old)
    store(call.state, calendar, record)
    propagate(call.state, calendar, record, old)
    series.follow(call.state, calendar, record, old)


def _until(data, value, parts):
    if all_day(data):
        return (value - dt.timedelta(days=1)).strftime('%Y%m%d')
    _, tz = local_start(data)
    names = {p.partition('=')[0].upper() for p in parts}
    text = ';'.join(parts).upper()
    if names & {'BYHOUR', 'BYMINUTE', 'BYSECOND'} or re.search(
            'FREQ=(HOURLY|MINUTELY|SECONDLY)', text):
        end = value - dt.timedelta(seconds=1)
    else:
        # the end of the day before, in the zone of the series
        day = value.astimezone(tz).date()
        end = dt.datetime.combine(day, dt.time(), tz) - dt.timedelta(
            seconds=1)
    return end.astimezone(UTC).strftime('%Y%m%dT%H%M%SZ')


def _calendars(state, calendar, data):
    "The organizer's calendar and those of the guests"
    yield calendar
    for email in emails(data):
        other = state.calendars.get(email)
        if other is not None and other is not calendar:
            yield other


def _hand_over(state, calendar, old_id, new, keep):
    """The exceptions to occurrences of the new series become exceptions of
    it, or occurrences like the others; the ids are the same"""
    for other in list(calendar.exceptions(old_id).values()):
        moment = moment_of(other.data['originalStartTime'])
        if other.bare or not is_occurrence(new, moment):
            continue  # gone with the end of the old series
        calendar.children[old_id].pop(other.id)
        if keep:
            other.data = {
                **other.data, 'recurringEventId': new['id'],
                'iCalUID': new['iCalUID']}
            store(state, calendar, other)
        else:
            del calendar.events[other.id]


def _create(call, calendar, old, data):
    state = call.state
    reminders = data.pop('reminders')
    data['htmlLink'] = old.data['htmlLink']
    new = Record(data, 0, reminders={
            **old.reminders, call.user.email: reminders})
    there = calendar.events.pop(new.id, None)
    if there is not None and not there.cancelled:
        calendar.events[new.id] = there
        raise invalid("The series was split there already.")
    store(state, calendar, new)
    for one in _calendars(state, calendar, data):
        # the guests keep what is private to their copies
        former = one.events.get(old.id)
        if one is not calendar and former is not None:
            copy = Record({
                    **former.data, 'id': new.id, 'iCalUID': data['iCalUID'],
                    'sequence': 0, 'status': 'confirmed'}, 0,
                reminders=dict(former.reminders))
            one.events.pop(new.id, None)
            store(state, one, copy)
    propagate(state, calendar, new, None)
    series.follow(state, calendar, new, old.data)
    # the guests get one mail, of what is new to them
    known = emails(old.data)
    send(call, calendar, data, 'update', [
            e for e in emails(data) if e in known])
    send(call, calendar, data, 'invitation', [
            e for e in emails(data) if e not in known])
    send(call, calendar, data, 'cancellation', [
            e for e in known if e not in emails(data)])
    return present(call, calendar, new)


def original_time(data, text):
    "Return the EventDateTime of a date, of a date-time or of one itself"
    if isinstance(text, dict):
        return text
    name = data['start'].get('timeZone', 'UTC')
    if re.match(r'\d{4}-\d\d-\d\d$', text):
        return {'date': text}
    moment = moment_of({'dateTime': text, 'timeZone': name})
    if moment is None:
        raise invalid("Invalid original start time.")
    return event_datetime(moment, name)
