# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What importing an iCalendar file does, before and when it is done."""
from dataclasses import dataclass, field, replace

from trytond.i18n import gettext
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import (
    Transaction, check_access, without_check_access)

from .exceptions import ICalendarError
from .icalendar_read import FileError, alone, derived_uid, read
from .icalendar_recurrence import comparable, exclude
from .icalendar_records import uid_of, values_of
from .icalendar_series import arrange, occurrences
from .people import is_email, normalize_email
from .recurrence import RecurrenceError
from .rule_event import FIXED

__all__ = ['Plan', 'apply_plan', 'check_calendar', 'make_plan', 'read_file']

# what is compared, and written
_NAMES = ('summary', 'description', 'location', 'status', 'transparency')
_WHEN = ('all_day', 'start', 'end', 'start_date', 'end_date')


@dataclass
class Change:
    """One event of the plan.

    ``action`` is ``create``, ``update``, ``unchanged`` or ``skip``;
    ``exceptions`` are the changes of its occurrences, by original start.
    """
    action: str
    item: object
    event: object = None
    values: dict = field(default_factory=dict)
    exceptions: dict = field(default_factory=dict)
    reason: str | None = None


@dataclass
class Plan:
    """``skipped`` are summary, start as it is written, and reason

    They are of what can not be imported, besides the changes that are skipped.
    """
    calendar: object
    changes: list
    skipped: list
    notes: list

    def count(self, action):
        return sum(c.action == action for c in self.changes)


def read_file(data, calendar):
    "Return the `Document`, or raise an error that says what is wrong"
    try:
        return read(bytes(data or b''), calendar.time_zone or 'UTC')
    except FileError as error:
        raise ICalendarError(gettext(
                f'google_calendar.msg_icalendar_{error.code}',
                **error.arguments)) from None


def check_calendar(calendar):
    "Raise an error if events can not be imported into the calendar"
    with check_access():
        Pool().get('ir.model.access').check('google_calendar.event', 'create')
        Calendar = type(calendar)
        visible = Calendar.search([
                ('id', '=', calendar.id),
                # who may only read it compares nothing with what is hidden
                *([] if Pool().get('ir.model.access').check(
                        Calendar.__name__, 'create', raise_exception=False)
                    else [('credentials.user', 'in', [
                                None, Transaction().user])]),
                ])
    if not visible or not calendar.google_sends:
        raise ICalendarError(gettext(
                'google_calendar.msg_icalendar_calendar',
                calendar=calendar.rec_name if visible else ''))


def make_plan(calendar, document):
    "Return the `Plan` of importing the document into the calendar"
    return _make_plan(calendar, document, bool(Transaction().user))


@without_check_access
def _make_plan(calendar, document, check):
    own = _own(calendar)
    parts = [
        (item, arrange(item) if item.values else [
                alone(item, o) for o, v in item.exceptions.items()
                if v['status'] != 'cancelled'])
        for item in document.items]
    known = _known(calendar, parts)
    skipped = [
        (s.summary, s.start, gettext(
                f'google_calendar.msg_icalendar_skip_{s.code}',
                **s.arguments))
        for s in document.skipped]
    if check:
        # nothing is told of what is hidden
        Event = Pool().get('google_calendar.event')
        readable = Event.readable_ids({
                known[i.uid].id for item, items in parts
                for i in [item, *items] if i.uid in known})
        hidden = {
            uid for uid, event in known.items() if event.id not in readable}
        shown = []
        for item, items in parts:
            if item.uid in hidden or any(i.uid in hidden for i in items):
                skipped.append((
                        item.values['summary'] if item.values else None, None,
                        gettext('google_calendar.msg_icalendar_skip_hidden')))
            else:
                shown.append((item, items))
        parts = shown
    changes = [
        _change(calendar, item, known.get(item.uid), own)
        for item in _items(parts, known)]
    notes = [
        gettext('google_calendar.msg_icalendar_zone', zone=zone)
        for zone in sorted(document.unknown_zones)]
    return Plan(calendar, changes, skipped, notes)


def _own(calendar):
    "The addresses that are the account's"
    return {
        normalize_email(calendar.google_id),
        normalize_email(calendar.credentials.email)} - {None}


def _known(calendar, parts):
    "The events of the calendar that the file may mean, by UID"
    Event = Pool().get('google_calendar.event')
    own = [
        ('calendar', '=', calendar.id),
        ('recurring_identifier', '=', None),
        ('google_state', '!=', 'to_delete'),
        ]
    known = {uid_of(e): e for e in Event.search([
                *own, ('ical_uid', '=', None)])}
    uids = {i.uid for item, items in parts for i in [item, *items]}
    # what is read together is compared soon
    for sub_uids in grouped_slice(sorted(uids), 100):
        known.update((e.ical_uid, e) for e in Event.search([
                    *own, ('ical_uid', 'in', list(sub_uids))]))
    return known


def _items(parts, known):
    "The items as Google can hold them"
    for item, items in parts:
        if item.values:
            yield from map(_fold_cancelled, items)
            continue
        event = known.get(item.uid)
        if event and event.recurrence:
            found = _occurrences(event, item.exceptions)
            matched = {
                o: v for o, v in item.exceptions.items() if o in found}
            yield replace(item, exceptions=matched)
            uids = {derived_uid(item.uid, o) for o in matched}
            items = [i for i in items if i.uid not in uids]
        yield from items


def _occurrences(event, originals):
    try:
        return occurrences(values_of(event), originals)
    except RecurrenceError:
        return set(originals)


def _fold_cancelled(item):
    "The item with its cancelled occurrences as excluded dates"
    cancelled = [
        o for o, v in item.exceptions.items() if v['status'] == 'cancelled']
    if not cancelled or not item.values['recurrence']:
        return item
    return replace(
        item, values={
            **item.values,
            'recurrence': exclude(item.values, cancelled)},
        exceptions={
            o: v for o, v in item.exceptions.items() if o not in cancelled})


# Comparing


def _change(calendar, item, event, own):
    if event is None:
        return Change(
            'create', item, values=_values(item.values, item, None, own),
            exceptions=dict(item.exceptions))
    # a file that says none does not count the changes
    if 0 < item.sequence < _sequence(event):
        return Change('skip', item, event, reason=gettext(
                'google_calendar.msg_icalendar_skip_older'))
    values = {}
    if item.values:
        values = _differences(
            event, _values(item.values, item, None, own, event))
    exceptions, excluded = _exception_changes(item, event, own)
    if excluded and not values.get('recurrence'):
        values['recurrence'] = exclude(values_of(event), excluded)
    if not values and not exceptions:
        return Change('unchanged', item, event)
    if event.google_etag and not event.editable:
        return Change('skip', item, event, reason=gettext(
                'google_calendar.msg_icalendar_skip_editable',
                organizer=event.organizer_email or ''))
    if event.rule and (exceptions or {*FIXED} & values.keys()):
        return Change('skip', item, event, reason=gettext(
                'google_calendar.msg_event_rule_write',
                event=event.rec_name, rule=event.rule.rec_name))
    return Change('update', item, event, values, exceptions)


def _sequence(event):
    sequence = (event.google_base or {}).get('sequence')
    return sequence if isinstance(sequence, int) else 0


def _values(values, item, original, own, event=None):
    "The values with what the file says besides, as Tryton keeps it"
    values = dict(values)
    organizer = values['organizer_email']
    if organizer in own:
        values['organizer_email'] = None
    answers = []
    for answer in values.pop('answers', []):
        if not is_email(answer['email']):
            continue
        answers.append({
                **answer,
                'organizer': answer['email'] == organizer,
                'own': answer['email'] in own,
                })
        if answer['email'] in own:
            values['response'] = answer['response']
    values['attendees'] = [
        a for a in values['attendees'] if is_email(a['email'])]
    values['answers'] = answers
    known = {event.conference_link, event.html_link} if event else set()
    text = values['description'] or ''
    for link in item.links.get(original, []):
        if link not in known and link not in text and (
                link not in (values['location'] or '')):
            text = f'{text}\n{link}' if text else link
    values['description'] = text or None
    return values


def _differences(event, values):
    "What the file says otherwise; what it does not say is left"
    ours = values_of(event)
    result = {
        n: values[n] for n in _NAMES if values[n] != ours[n]}
    if values['visibility'] not in {'default', ours['visibility']}:
        result['visibility'] = values['visibility']
    result.update(_when_differences(event, ours, values))
    if event.can_invite and values['attendees'] and (
            _people(values) != _people(ours)):
        result['attendees'] = values['attendees']
    if not values['default_reminders'] and (
            ours['default_reminders']
            or values['reminders'] != ours['reminders']):
        result.update(
            default_reminders=False, reminders=values['reminders'])
    return result


def _people(values):
    return {a['email']: a['optional'] for a in values['attendees']}


def _when_differences(event, ours, values):
    zone = values['time_zone'] or ours['time_zone']
    same = all(values[n] == ours[n] for n in _WHEN) and (
        values['all_day'] or zone == ours['time_zone'])
    if event.recurring_identifier:
        recurrence = None
    elif comparable(values) == (
            comparable(ours) | _cancelled(event, ours)):
        recurrence = ours['recurrence']
    else:
        recurrence = values['recurrence']
        same = False
    if same:
        return {}
    return {
        **{n: values[n] for n in _WHEN},
        'time_zone': None if values['all_day'] else zone,
        'recurrence': recurrence,
        }


def _cancelled(event, ours):
    "The cancelled occurrences of a series, as what excludes them"
    originals = [
        e.original_start for e in _exceptions(event).values()
        if e.status == 'cancelled']
    return comparable({
            **ours, 'recurrence': exclude(
                {**ours, 'recurrence': None}, originals)})


def _exceptions(event):
    if not event.google_id or not event.recurrence:
        return {}
    Event = type(event)
    return {
        e.original_start: e for e in Event.search([
                ('calendar', '=', event.calendar.id),
                ('recurring_identifier', '=', event.google_id),
                ('google_state', '!=', 'to_delete'),
                ]) if e.original_start}


def _exception_changes(item, event, own):
    "The values of the exceptions that differ, and what is to be excluded"
    known = _exceptions(event)
    changes, excluded = {}, []
    for original, values in item.exceptions.items():
        exception = known.get(original)
        if values['status'] == 'cancelled':
            if not exception:
                excluded.append(original)
            elif exception.status != 'cancelled':
                changes[original] = {'status': 'cancelled'}
        elif exception:
            values = _differences(
                exception, _values(values, item, original, own, exception))
            if values:
                changes[original] = values
        else:
            changes[original] = values
    if excluded:
        ours = values_of(event)
        there, without = comparable(ours), {**ours, 'recurrence': None}
        excluded = [
            o for o in excluded if not comparable(
                {**ours, 'recurrence': exclude(without, [o])}) <= there]
    return changes, excluded


# Doing


@without_check_access
def apply_plan(plan):
    """Do what the plan says, and return the ids of the events.

    Nobody gets a mail about it.
    """
    pool = Pool()
    Event = pool.get('google_calendar.event')
    Rule = pool.get('ir.rule')
    calendar = plan.calendar
    done = []
    creations = [c for c in plan.changes if c.action == 'create']
    for sub_changes in grouped_slice(creations, 250):
        sub_changes = list(sub_changes)
        events = Event.create([
                {
                    **Event.google_record_values(calendar, {
                            **c.values, 'ical_uid': c.item.uid}),
                    'calendar': calendar.id,
                    'google_import': True,
                    'notifications': 'none',
                    } for c in sub_changes])
        with check_access():
            Rule.check(Event.__name__, [e.id for e in events], 'create')
        for change, event in zip(sub_changes, events, strict=True):
            change.event = event
            done.append(event.id)
    for change in plan.changes:
        if change.action == 'update':
            bookkeeping.check_rules(Event, [change.event])
            done.append(change.event.id)
            if change.values:
                _write(change.event, change.values)
    own = _own(calendar)
    for change in plan.changes:
        if change.action in {'create', 'update'}:
            for original, values in change.exceptions.items():
                exception = change.event.make_exception(original)
                bookkeeping.check_rules(Event, [exception])
                if 'ical_uid' in values:
                    values = _differences(exception, _values(
                            values, change.item, original, own, exception))
                if values:
                    _write(exception, values)
    return done


def _write(event, values):
    Event = type(event)
    if 'attendees' in values:
        # the answers are of the guests
        values = {**values, 'answers': values_of(event)['answers']}
    Event.write([event], {
            **Event.google_record_values(event.calendar, values, event),
            'notifications': 'none',
            })
