# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The occurrences of the events, as people see them in a calendar."""
import datetime as dt

from sql import Literal
from sql.conditionals import Coalesce
from sql.operators import Exists

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, fields
from trytond.modules.google_integration.checked_read import CheckedReadMixin
from trytond.modules.google_integration.read_again import ReadAgainMixin
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.tools import grouped_slice
from trytond.transaction import (
    Transaction, check_access, without_check_access)

from .choices import TRANSPARENCIES
from .occurrence_refresh import CHUNK, Refresh

__all__ = ['Occurrence']

EPOCH = dt.datetime(1970, 1, 1)


class Occurrence(
        Refresh, ReadAgainMixin, CheckedReadMixin, ModelSQL, ModelView):
    """An occurrence of a series, one that was changed, or a single event

    What it tells of the event depends on who asks: to whom may not read the
    event it is a busy time.
    """
    __name__ = 'google_calendar.occurrence'
    _log = False

    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", required=True, readonly=True,
        ondelete='CASCADE')
    # not read by RPC: they tell of events that are hidden
    stored_event = fields.Many2One(
        'google_calendar.event', "Stored Event", required=True, readonly=True,
        ondelete='CASCADE', loading='lazy')
    original_start = fields.DateTime(
        "Original Start", readonly=True, loading='lazy')
    start = fields.DateTime(
        "Start", required=True, readonly=True,
        states={
            'invisible': Eval('all_day', False),
            })
    end = fields.DateTime(
        "End", required=True, readonly=True,
        states={
            'invisible': Eval('all_day', False),
            })
    all_day = fields.Boolean("All Day", readonly=True)
    start_date = fields.Date(
        "First Day", readonly=True,
        states={
            'invisible': ~Eval('all_day', False),
            })
    end_date = fields.Date(
        "Last Day", readonly=True,
        states={
            'invisible': ~Eval('all_day', False),
            })
    first_day = fields.Date("From Day", required=True, readonly=True)
    last_day = fields.Date("To Day", required=True, readonly=True)
    day = fields.Function(
        fields.Date("Day"), 'get_day', searcher='search_day')
    event = fields.Function(
        fields.Many2One(
            'google_calendar.event', "Event",
            states={
                'invisible': ~Eval('event'),
                }),
        'get_details', searcher='search_event')
    summary = fields.Function(
        fields.Char("Summary"), 'get_details', searcher='search_detail')
    location = fields.Function(
        fields.Char(
            "Location",
            states={
                'invisible': ~Eval('location'),
                }),
        'get_details', searcher='search_detail')
    response = fields.Function(
        fields.Selection(
            'get_responses', "My Answer",
            states={
                'invisible': ~Eval('response'),
                }),
        'get_details', searcher='search_detail')
    transparency = fields.Function(
        fields.Selection([
                (None, ""),
                *TRANSPARENCIES,
                ], "Show As"),
        'get_details', searcher='search_detail')
    recurring = fields.Function(
        fields.Boolean("Recurs"), 'get_details')
    color = fields.Function(fields.Char("Color"), 'get_details')
    duplicate = fields.Function(
        fields.Boolean(
            "Shown Already",
            help="The meeting is shown from another calendar, too."),
        'get_duplicate', searcher='search_duplicate')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('start', 'ASC'), ('id', 'ASC')]
        table = cls.__table__()
        cls._sql_indexes.update({
                Index(
                    table, (table.start, Index.Range()),
                    (table.end, Index.Range())),
                Index(
                    table, (table.first_day, Index.Range()),
                    (table.last_day, Index.Range())),
                Index(
                    table, (table.stored_event, Index.Equality()),
                    (table.original_start, Index.Equality())),
                Index(table, (table.calendar, Index.Range())),
                })

        cls._buttons.update(change={
                'invisible': ~Eval('event'),
                'depends': ['event'],
                })

    @classmethod
    @ModelView.button_action('google_calendar.wizard_change_event')
    def change(cls, occurrences):
        pass

    @classmethod
    def get_responses(cls):
        Event = Pool().get('google_calendar.event')
        return Event.fields_get(['response'])['response']['selection']

    def get_day(self, name):
        return self.first_day

    @classmethod
    def search_day(cls, name, clause):
        _, operator, day = clause
        match operator, day:
            case '=', dt.date():
                return [('first_day', '<=', day), ('last_day', '>=', day)]
            case '!=', dt.date():
                return ['OR', ('first_day', '>', day), ('last_day', '<', day)]
            case ('<' | '<='), _:
                return [('first_day', operator, day)]
            case ('>' | '>='), _:
                return [('last_day', operator, day)]
            case ('in' | 'not in'), _:
                days = ['OR', *(
                        cls.search_day(name, (name, '=', d)) for d in day)]
                if operator == 'in':
                    return days if day else [('id', '=', -1)]
                return [cls.search_day(name, (name, '!=', d)) for d in day]
        # all of them have a day
        return [('first_day', operator, day)]

    # What is told

    @classmethod
    def get_details(cls, occurrences, names):
        Event = Pool().get('google_calendar.event')
        readable = Event.readable_ids({o.stored_event.id for o in occurrences})
        result = {name: {} for name in names}
        busy = gettext('google_calendar.msg_occurrence_busy')
        for occurrence in occurrences:
            event = occurrence.stored_event
            if event.id not in readable:
                event = None
            for name in names:
                result[name][occurrence.id] = occurrence._detail(
                    name, event, busy)
        return result

    def _detail(self, name, event, busy):
        "The value of the field, of a hidden event if there is none"
        match name:
            case 'event':
                return event.id if event else None
            case 'summary':
                return event.rec_name if event else busy
            case 'color':
                return event.color if event else self.calendar.color
            case 'recurring':
                return bool(
                    event and (event.recurrence or event.recurring_identifier))
        return getattr(event, name) if event else None

    def get_rec_name(self, name):
        return self.summary

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('summary', *clause[1:])]

    @classmethod
    def _query_readable(cls, domain):
        "The query of the events of the domain that the user may read"
        pool = Pool()
        Event = pool.get('google_calendar.event')
        Access = pool.get('ir.model.access')
        with check_access():
            if not Access.check(
                    Event.__name__, 'read', raise_exception=False):
                domain = [('id', '=', -1)]
                with without_check_access():
                    return Event.search(domain, order=[], query=True)
            return Event.search(domain, order=[], query=True)

    @classmethod
    def search_detail(cls, name, clause):
        return [('stored_event', 'in', cls._query_readable([clause]))]

    @classmethod
    def search_event(cls, name, clause):
        field, operator, value, *others = clause
        if field != name:
            field = field[len(name) + 1:]
        elif operator in {'where', 'not where'}:
            return [(
                    'stored_event', 'in' if operator == 'where' else 'not in',
                    cls._query_readable(value))]
        elif value is None and operator in {'=', '!='}:
            return [(
                    'stored_event', 'not in' if operator == '=' else 'in',
                    cls._query_readable([]))]
        else:
            field = 'rec_name' if isinstance(value, str) else 'id'
        return [(
                'stored_event', 'in', cls._query_readable([
                        (field, operator, value, *others)]))]

    # The same meeting in several calendars

    @classmethod
    def get_duplicate(cls, occurrences, name):
        duplicates = {
            o.id for sub in grouped_slice(occurrences, CHUNK)
            for o in cls.search([
                    ('id', 'in', [o.id for o in sub]),
                    ('duplicate', '=', True),
                    ], order=[])}
        return {o.id: o.id in duplicates for o in occurrences}

    @classmethod
    def search_duplicate(cls, name, clause):
        _, operator, value = clause
        if operator in {'in', 'not in'}:
            values = {bool(v) for v in value}
            if len(values) != 1:
                everything = (operator == 'in') == bool(values)
                return [] if everything else [('id', '=', -1)]
            value, = values
            operator = '=' if operator == 'in' else '!='
        wanted = bool(value) == (operator == '=')
        return [(
                'id', 'in' if wanted else 'not in', cls._duplicates())]

    @classmethod
    def _duplicates(cls):
        """The query of the occurrences that another calendar shows

        Of the calendars that the user sees the own come first.  Of which
        meeting a busy time is is not told, and it stands for no other.
        """
        pool = Pool()
        Event = pool.get('google_calendar.event')
        Calendar = pool.get('google_calendar.calendar')
        visible, own = cls._calendars()
        table, event = cls.__table__(), Event.__table__()
        other, other_event = cls.__table__(), Event.__table__()
        calendar, other_calendar = Calendar.__table__(), Calendar.__table__()
        is_own = calendar.id.in_(own) if own else Literal(False)
        other_is_own = other_calendar.id.in_(own) if own else Literal(False)
        before = other.calendar < table.calendar
        if own:
            before = (
                (other_is_own & ~is_own)
                | ((other_is_own | ~is_own) & before))
        if not visible:
            return table.select(table.id, where=Literal(False))
        readable = cls._query_readable([])
        return (table
            .join(event, condition=event.id == table.stored_event)
            .join(calendar, condition=calendar.id == table.calendar)
            .select(table.id, where=event.id.in_(readable) & Exists(other
                    .join(other_event,
                        condition=other_event.id == other.stored_event)
                    .join(other_calendar,
                        condition=other_calendar.id == other.calendar)
                    .select(other.id, where=(
                            other_event.id.in_(readable)
                            & (other_event.ical_uid == event.ical_uid)
                            & (Coalesce(other.original_start, EPOCH)
                                == Coalesce(table.original_start, EPOCH))
                            & other.calendar.in_(visible)
                            & (other.calendar != table.calendar)
                            & before)))))

    @classmethod
    def _calendars(cls):
        "The ids of the calendars that the user sees, and those of the own"
        pool = Pool()
        Calendar = pool.get('google_calendar.calendar')
        Access = pool.get('ir.model.access')
        user = Transaction().user
        with check_access():
            if not Access.check(
                    Calendar.__name__, 'read', raise_exception=False):
                return [], []
            calendars = Calendar.search([], order=[])
            own = Calendar.search([
                    ('credentials.user', '=', user)], order=[])
        return [c.id for c in calendars], [c.id for c in own]
