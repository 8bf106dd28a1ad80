# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How an event repeats, in fields for people."""
import datetime as dt

from trytond.i18n import gettext
from trytond.model import fields
from trytond.modules.google_integration.hidden import names_hidden
from trytond.pool import Pool
from trytond.pyson import Bool, Eval, If

from . import choices
from .exceptions import EventRepeatError
from .recurrence import (
    RecurrenceError, is_valid, local_start, nth_weekday, read_repeat, shift,
    write_repeat)
from .recurrence_lines import UTC, WEEKDAYS
from .times import zone_of

__all__ = ['RepeatMixin', 'WHEN', 'when']

# what an occurrence is computed of
WHEN = [
    'all_day', 'start', 'end', 'start_date', 'end_date', 'time_zone',
    'recurrence']
# the fields and what they are in a repetition
REPETITION = {
    'repeat': 'repeat',
    'repeat_interval': 'interval',
    'repeat_weekdays': 'weekdays',
    'repeat_monthly': 'monthly',
    'repeat_end': 'end',
    'repeat_until': 'until',
    'repeat_count': 'count',
    }


def when(event):
    "The values of which the occurrences are computed"
    return {name: getattr(event, name, None) for name in WHEN}


class RepeatMixin:
    """The fields that read and write the lines of the recurrence

    The lines are what is stored; what the fields do not show of them stays.
    """
    __slots__ = ()

    _repeats = {
        'invisible': ~Eval('repeat'),
        'readonly': ~Eval('editable', True),
        }

    repeat = fields.Function(fields.Selection([
                (None, "Does Not Repeat"),
                ('daily', "Daily"),
                ('weekly', "Weekly"),
                ('monthly', "Monthly"),
                ('yearly', "Yearly"),
                ('custom', "Custom"),
                ], "Repeats", sort=False,
            states={
                'readonly': ~Eval('editable', True),
                'invisible': Bool(Eval('recurring_identifier')),
                },
            help="Custom stands for a rule that these fields can not show."),
        'get_repetition', setter='set_repetition')
    repeat_interval = fields.Function(fields.Integer(
            "Every", domain=[
                If(Bool(Eval('repeat_interval')),
                    ('repeat_interval', '>=', 1), ()),
                ],
            states=_repeats,
            help="The number of days, weeks, months or years from one "
            "occurrence to the next."),
        'get_repetition', setter='set_repetition')
    repeat_weekdays = fields.Function(fields.MultiSelection(
            list(choices.WEEKDAY_NAMES), "On", sort=False,
            states={
                'invisible': Eval('repeat') != 'weekly',
                'readonly': ~Eval('editable', True),
                },
            help="Leave empty for the day of the start."),
        'get_repetition', setter='set_repetition')
    repeat_monthly = fields.Function(fields.Selection([
                (None, ""),
                ('day', "Day of the Month"),
                ('weekday', "Day of the Week"),
                ('last_weekday', "Last Day of the Week"),
                ], "By", sort=False,
            states={
                'invisible': Eval('repeat') != 'monthly',
                'readonly': ~Eval('editable', True),
                },
            help="The same day of each month as the start, or the same "
            "weekday of the same week."),
        'get_repetition', setter='set_repetition')
    repeat_end = fields.Function(fields.Selection([
                (None, ""),
                ('never', "Never"),
                ('until', "On a Day"),
                ('count', "After a Number of Times"),
                ], "Ends", sort=False, states=_repeats),
        'get_repetition', setter='set_repetition')
    repeat_until = fields.Function(fields.Date(
            "Last Day of Repetition",
            states={
                'invisible': ~Eval('repeat') | (Eval('repeat_end') != 'until'),
                'required': Eval('repeat_end') == 'until',
                'readonly': ~Eval('editable', True),
                }),
        'get_repetition', setter='set_repetition')
    repeat_count = fields.Function(fields.Integer(
            "Number of Times", domain=[
                If(Eval('repeat_end') == 'count',
                    ('repeat_count', '>=', 1), ()),
                ],
            states={
                'invisible': ~Eval('repeat') | (Eval('repeat_end') != 'count'),
                'required': Eval('repeat_end') == 'count',
                'readonly': ~Eval('editable', True),
                }),
        'get_repetition', setter='set_repetition')
    repeat_text = fields.Function(fields.Char(
            "Repetition",
            states={
                'invisible': ~Eval('repeat_text'),
                }),
        'on_change_with_repeat_text')
    recurrence_note = fields.Function(fields.Char(
            "Note on the Recurrence",
            states={
                'invisible': ~Eval('recurrence_note'),
                }),
        'get_recurrence_note')

    del _repeats

    @classmethod
    def get_repetition(cls, events, names):
        result = {name: {} for name in names}
        for event in events:
            repetition = event._repetition
            for name in names:
                result[name][event.id] = repetition[REPETITION[name]]
        return result

    @property
    def _repetition(self):
        values = when(self)
        if not values['recurrence']:
            return read_repeat(None, None)
        start = _start(values)
        if not start:
            return {**dict.fromkeys(REPETITION.values()), 'repeat': 'custom'}
        return read_repeat(values['recurrence'], start)

    @classmethod
    def set_repetition(cls, events, name, value):
        # create and write have made lines of all of them together
        raise AssertionError(name)

    @classmethod
    def get_recurrence_note(cls, events, name):
        notes = dict.fromkeys(map(int, events))
        for event in events:
            values = when(event)
            if values['recurrence'] and _start(values) and (
                    not is_valid(values)):
                notes[event.id] = gettext(
                    'google_calendar.msg_recurrence_note')
        return notes

    # In the form

    @fields.depends('repeat', 'repeat_interval', 'repeat_end')
    def on_change_repeat(self):
        if self.repeat:
            self.repeat_interval = self.repeat_interval or 1
            self.repeat_end = self.repeat_end or 'never'

    @fields.depends(
        'recurrence', *(n for n in WHEN if n != 'recurrence'), *REPETITION)
    def on_change_with_repeat_text(self, name=None):
        # as field of a record, with a name, the access was checked
        if not self.repeat or not name and names_hidden(self):
            return None
        start = _start(when(self))
        if not start:
            # which weekday or day of the month is not known yet
            return None
        return _text({
                n: getattr(self, field) for field, n in REPETITION.items()},
            start, self.recurrence)

    # Gathering the fields of a record

    @classmethod
    def create(cls, vlist):
        vlist = [dict(v) for v in vlist]
        calendars = cls._repeat_calendars(vlist)
        for values in vlist:
            given = _take(values)
            if given.get('repeat'):
                base = dict.fromkeys(WHEN)
                cls._set_repeat(
                    base, values, given, calendars.get(
                        values.get('calendar')),
                    bool(values.get('recurring_identifier')))
        return super().create(vlist)

    @classmethod
    def write(cls, *args):
        actions = []
        for records, values in zip(args[::2], args[1::2], strict=True):
            if (values.get('google_revision')
                    or not values.keys() & {*WHEN, *REPETITION}):
                actions.extend([records, values])
                continue
            values = dict(values)
            given = _take(values)
            # the lines of each series are its own
            groups = {}
            for record in records:
                new = record._repeat_values(values, given)
                groups.setdefault(
                    tuple(new.items()), []).append(record)
            for new, group in groups.items():
                actions.extend([group, {**values, **dict(new)}])
        super().write(*actions)

    @classmethod
    def _repeat_calendars(cls, vlist):
        "The time zones of the calendars"
        Calendar = Pool().get('google_calendar.calendar')
        ids = {
            v['calendar'] for v in vlist
            if v.get('repeat') and v.get('calendar')}
        return {c.id: c.time_zone for c in Calendar.browse(list(ids))}

    def _repeat_values(self, values, given):
        "The recurrence and time zone of the record with the new values"
        base = when(self)
        new = dict.fromkeys(
            n for n in ['recurrence', 'time_zone'] if n in values)
        new = {n: values[n] for n in new}
        if not base['recurrence'] and not given:
            return new
        changes = {n: v for n, v in values.items() if n in WHEN}
        self._set_repeat(
            base, changes, given, self.calendar.time_zone,
            bool(self.recurring_identifier))
        for name in ['recurrence', 'time_zone']:
            if name in changes and changes[name] != base[name]:
                new[name] = changes[name]
        return new

    @classmethod
    def _set_repeat(cls, base, values, given, calendar_zone, is_exception):
        "Set the recurrence, and the time zone it needs, in the values"
        new = {**base, **{n: values[n] for n in WHEN if n in values}}
        if any((given.get(n) or 1) < 1 for n in ['interval', 'count']):
            raise EventRepeatError(gettext(
                    'google_calendar.msg_event_repeat_number'))
        if given.get('repeat') and is_exception:
            raise EventRepeatError(gettext(
                    'google_calendar.msg_event_repeat_occurrence'))
        if given.get('repeat') and not new['all_day'] and not zone_of(
                new['time_zone']):
            new['time_zone'] = values['time_zone'] = (
                calendar_zone if zone_of(calendar_zone) else 'UTC')
        lines = new['recurrence']
        if lines and 'recurrence' not in values and _start(base) and _start(
                new):
            lines = _shifted(lines, base, new)
        start = _start(new)
        if given and start:
            old = read_repeat(lines, start)
            if given.get('repeat') == 'custom' and old['repeat'] != 'custom':
                raise EventRepeatError(gettext(
                        'google_calendar.msg_event_repeat_custom'))
            before = lines
            lines = write_repeat(lines, _completed(old, given), start)
            if lines == before and old['repeat'] == 'custom' and any(
                    given.get(n) and given[n] != old[n] for n in [
                        'interval', 'end', 'until', 'count']):
                raise EventRepeatError(gettext(
                        'google_calendar.msg_event_repeat_several'))
        if lines != new['recurrence']:
            values['recurrence'] = lines


def _take(values):
    "Take the fields of the repetition out of the values"
    return {
        REPETITION[name]: values.pop(name)
        for name in list(values) if name in REPETITION}


def _completed(old, given):
    "The repetition with what is given, of which one may follow from another"
    new = {**old, **given}
    if 'end' not in given:
        for name in ['until', 'count']:
            if given.get(name):
                new['end'] = name
    return new


def _start(values):
    "The start by the wall clock, with its zone, None if there is none"
    if not (values['start_date'] if values['all_day'] else values['start']):
        return None
    start = local_start(values)
    if isinstance(start, dt.datetime):
        start = start.replace(tzinfo=zone_of(values['time_zone']) or UTC)
    return start


def _shifted(lines, base, new):
    "The lines of a series that moves"
    try:
        return shift(lines, base, new)
    except RecurrenceError as error:
        if error.code != 'shift':
            # what is not understood is kept
            return lines
        raise EventRepeatError(gettext(
                'google_calendar.msg_event_repeat_shift'))


# Text for people


def _text(repetition, start, lines):
    if repetition['repeat'] == 'custom':
        return gettext(
            'google_calendar.msg_repeat_custom',
            rule=' '.join((lines or '').split('\n')))
    interval = repetition['interval'] or 1
    text = gettext(
        'google_calendar.msg_repeat_' + repetition['repeat']
        + ('' if interval == 1 else '_interval'),
        interval=interval, **_day_texts(repetition, start))
    match repetition['end']:
        case 'until' if repetition['until']:
            Lang = Pool().get('ir.lang')
            return gettext(
                'google_calendar.msg_repeat_until', text=text,
                date=Lang.get().strftime(repetition['until']))
        case 'count' if repetition['count']:
            return gettext(
                'google_calendar.msg_repeat_count', text=text,
                count=repetition['count'])
    return text


def _day_texts(repetition, start):
    Day = Pool().get('ir.calendar.day')
    Month = Pool().get('ir.calendar.month')
    if not start:
        return {'days': '', 'day': '', 'month': ''}
    names = dict(zip(WEEKDAYS, Day.locale(), strict=True))
    weekdays = repetition['weekdays'] or [WEEKDAYS[start.weekday()]]
    day = gettext('google_calendar.msg_repeat_day', day=start.day)
    if repetition['monthly'] in {'weekday', 'last_weekday'}:
        position = nth_weekday(start)[0]
        if repetition['monthly'] == 'last_weekday' or position == '5':
            position = 'last'
        day = gettext(
            f'google_calendar.msg_repeat_{position}',
            weekday=names[WEEKDAYS[start.weekday()]])
    return {
        'days': ', '.join(names[w] for w in WEEKDAYS if w in weekdays),
        'day': day,
        'month': Month.locale()[start.month],
        'number': start.day,
        }
