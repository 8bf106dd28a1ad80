# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The events of the calendars."""
import datetime as dt
import uuid

from trytond.i18n import gettext
from trytond.model import Index, ModelSQL, ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.google_resource import GoogleResource
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.tools import timezone as tz

from . import mapping
from .exceptions import EventDateError, EventTimeZoneError

__all__ = ['Event']

# of an event of which only the start is given
DURATION = dt.timedelta(hours=1)


class Event(GoogleResource, ModelSQL, ModelView):
    __name__ = 'google_calendar.event'

    google_service_field = 'calendar'
    google_units = mapping.UNITS

    _timed = {
        'invisible': Eval('all_day', False),
        'required': (
            ~Eval('all_day', False) & (Eval('status') != 'cancelled')),
        }
    _all_day = {
        'invisible': ~Eval('all_day', False),
        'required': (
            Eval('all_day', False) & (Eval('status') != 'cancelled')),
        }

    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", required=True,
        ondelete='CASCADE',
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    summary = fields.Char("Summary", strip=False)
    description = fields.Text("Description", strip=False)
    location = fields.Char("Location", strip=False)
    all_day = fields.Boolean("All Day")
    start = fields.DateTime("Start", states=_timed)
    end = fields.DateTime("End", states=_timed)
    start_date = fields.Date("First Day", states=_all_day)
    end_date = fields.Date("Last Day", states=_all_day)
    time_zone = fields.Selection(
        'get_time_zones', "Time Zone", translate=False,
        states={
            'invisible': Eval('all_day', False),
            })
    status = fields.Selection([
            ('confirmed', "Confirmed"),
            ('tentative', "Tentative"),
            ('cancelled', "Cancelled"),
            ], "Status", required=True, sort=False)
    visibility = fields.Selection([
            ('default', "Default"),
            ('public', "Public"),
            ('private', "Private"),
            ('confidential', "Confidential"),
            ], "Visibility", required=True, sort=False)
    transparency = fields.Selection([
            ('opaque', "Busy"),
            ('transparent', "Free"),
            ], "Show As", required=True, sort=False)
    recurrence = fields.Text(
        "Recurrence", readonly=True, strip=False,
        states={
            'invisible': ~Eval('recurrence'),
            })
    recurring_identifier = fields.Char(
        "Identifier of the Series", readonly=True, strip=False)
    recurring_event = fields.Function(
        fields.Many2One(
            'google_calendar.event', "Recurring Event",
            states={
                'invisible': ~Eval('recurring_event'),
                }),
        'get_recurring_event')
    original_start = fields.DateTime(
        "Original Start", readonly=True,
        states={
            'invisible': ~Eval('original_start'),
            })
    organizer_email = fields.Char(
        "Organizer", readonly=True, strip=False,
        states={
            'invisible': ~Eval('organizer_email'),
            })
    ical_uid = fields.Char(
        "iCalendar UID", readonly=True, strip=False,
        states={
            'invisible': ~Eval('ical_uid'),
            })
    conference_link = fields.Char(
        "Video Conference", readonly=True, strip=False,
        states={
            'invisible': ~Eval('conference_link'),
            })
    html_link = fields.Char(
        "Google Calendar", readonly=True, strip=False,
        states={
            'invisible': ~Eval('html_link'),
            })
    color = fields.Function(fields.Char("Color"), 'get_color')
    owner = fields.Function(
        fields.Many2One('res.user', "Owner"), 'get_owner',
        searcher='search_owner')

    del _timed, _all_day

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('start', 'DESC'), ('id', 'DESC')]
        table = cls.__table__()
        cls._sql_indexes.update({
                Index(
                    table, (table.start, Index.Range()),
                    (table.end, Index.Range())),
                Index(
                    table, (table.calendar, Index.Equality()),
                    (table.recurring_identifier, Index.Equality())),
                Index(table, (table.ical_uid, Index.Equality())),
                })

    @staticmethod
    def default_status():
        return 'confirmed'

    @staticmethod
    def default_visibility():
        return 'default'

    @staticmethod
    def default_transparency():
        return 'opaque'

    @staticmethod
    def default_all_day():
        return False

    @classmethod
    def get_time_zones(cls):
        return [(None, "")] + [
            (name, name) for name in tz.available_timezones()]

    @fields.depends('calendar', 'time_zone', '_parent_calendar.time_zone')
    def on_change_calendar(self):
        if self.calendar and not self.time_zone:
            self.time_zone = self.calendar.time_zone

    @fields.depends('start', 'end')
    def on_change_start(self):
        if self.start and (not self.end or self.end < self.start):
            self.end = self.start + DURATION

    @fields.depends('start_date', 'end_date')
    def on_change_start_date(self):
        if self.start_date and (
                not self.end_date or self.end_date < self.start_date):
            self.end_date = self.start_date

    @fields.depends('all_day', 'start', 'end', 'start_date', 'end_date')
    def on_change_all_day(self):
        Date = Pool().get('ir.date')
        if self.all_day and not self.start_date:
            start = self.start.date() if self.start else Date.today()
            self.start_date = start
            self.end_date = max(start, self.end.date() if self.end else start)

    def get_rec_name(self, name):
        return self.summary or gettext('google_calendar.msg_event_no_summary')

    @classmethod
    def search_rec_name(cls, name, clause):
        return [('summary', *clause[1:])]

    @classmethod
    def get_recurring_event(cls, events, name):
        result = dict.fromkeys(map(int, events))
        children = [e for e in events if e.recurring_identifier]
        masters = {
            (m.calendar.id, m.google_id): m.id for m in cls.search([
                    ('calendar', 'in', [e.calendar.id for e in children]),
                    ('google_id', 'in', [
                            e.recurring_identifier for e in children]),
                    ])} if children else {}
        for event in children:
            result[event.id] = masters.get(
                (event.calendar.id, event.recurring_identifier))
        return result

    def get_color(self, name):
        return self.calendar.color

    def get_owner(self, name):
        user = self.calendar.credentials.user
        return user.id if user else None

    @classmethod
    def search_owner(cls, name, clause):
        return [('calendar.credentials.user' + clause[0][len(name):],
                *clause[1:])]

    @classmethod
    def view_attributes(cls):
        cancelled = If(Eval('status') == 'cancelled', 'muted', '')
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('google_state').in_(['failed', 'conflict']),
                    'danger', cancelled)),
            ]

    def compute_fields(self, field_names=None):
        values = super().compute_fields(field_names)
        # never sent: the times of an all-day event are for the order only,
        # the rest is what remains from when it was the other
        names = (
            ['start', 'end', 'time_zone'] if self.all_day
            else ['start_date', 'end_date'])
        times = self.google_values() if self.all_day else {}
        for name in names:
            if getattr(self, name) != times.get(name):
                values[name] = times.get(name)
                values['google_revision'] = self.google_revision
        return values

    @classmethod
    def validate_fields(cls, events, field_names):
        super().validate_fields(events, field_names)
        if field_names and not (field_names & {
                    'all_day', 'start', 'end', 'start_date', 'end_date',
                    'recurrence', 'time_zone'}):
            return
        for event in events:
            event.check_dates()

    def check_dates(self):
        start, end = (
            (self.start_date, self.end_date) if self.all_day
            else (self.start, self.end))
        if start and end and end < start:
            raise EventDateError(gettext(
                    'google_calendar.msg_event_end_before_start',
                    event=self.rec_name))
        if self.recurrence and not self.all_day and not self.time_zone:
            raise EventTimeZoneError(gettext(
                    'google_calendar.msg_event_time_zone',
                    event=self.rec_name))

    # Google

    @staticmethod
    def google_to_values(resource):
        try:
            return mapping.to_values(resource)
        except mapping.MappingError as error:
            raise ItemError(
                f'google_calendar.{error.code}', error.arguments) from error

    @staticmethod
    def google_to_resource(values, units, baseline):
        try:
            return mapping.to_resource(values, units, baseline)
        except mapping.MappingError as error:
            raise ItemError(
                f'google_calendar.{error.code}', error.arguments) from error

    @staticmethod
    def google_is_deleted(resource):
        return mapping.is_deleted(resource)

    @staticmethod
    def google_updated(resource):
        return mapping.updated(resource)

    @classmethod
    def google_new_id(cls):
        return mapping.event_id(uuid.uuid4())

    def google_values(self):
        return mapping.canonical({
                name: getattr(self, FIELDS.get(name, name))
                for name in self.google_value_names()})

    @classmethod
    def google_record_values(cls, service, values):
        return {FIELDS.get(n, n): v for n, v in values.items()}

    @classmethod
    def copy(cls, events, default=None):
        default = default.copy() if default is not None else {}
        # what Google alone knows is of the original
        for name in [
                'recurring_identifier', 'original_start', 'organizer_email',
                'ical_uid', 'conference_link', 'html_link']:
            default.setdefault(name)
        return super().copy(events, default=default)

    @classmethod
    def google_orphans(cls, service, google_id):
        return cls.search([
                ('calendar', '=', service.id),
                ('recurring_identifier', '=', google_id),
                ])

    @classmethod
    def google_with(cls, records):
        "The exceptions go with the series"
        series = [r for r in records if r.google_id and r.recurrence]
        if not series:
            return []
        return cls.search([
                ('calendar', 'in', [r.calendar.id for r in series]),
                ('recurring_identifier', 'in', [r.google_id for r in series]),
                ])

    @classmethod
    def delete(cls, events):
        # Google deletes the exceptions with the series
        exceptions = set(cls.google_with(events)).difference(events)
        bookkeeping.update(cls, exceptions, {'google_id': None})
        super().delete(events + cls.browse([e.id for e in exceptions]))


# the values of which the field has another name
FIELDS = {'recurring_event_id': 'recurring_identifier'}
