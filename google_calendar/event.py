# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The events of the calendars."""
import datetime as dt
import html

import nh3

from trytond.i18n import gettext
from trytond.ir.resource import ResourceAccessMixin
from trytond.model import Index, ModelSQL, ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.transaction import Transaction

from . import mapping, record_link
from .adoption import AdoptionMixin
from .answer import AnswerMixin
from .conference import conference_failed
from .choices import NOTIFICATIONS, TRANSPARENCIES, time_zones
from .event_exception import EventException
from .event_google import GoogleEvent
from .event_receive import EventReceive
from .event_resource import EventResource
from .event_rights import EventRights, not_fixed
from .exceptions import (
    EventDateError, EventReminderError, EventTimeZoneError)
from .feed import FeedEvent
from .imported import ImportedEvent
from .network import WRITER_ROLES
from .occurrence_refresh import OccurrencesMixin
from .people import MAX_REMINDERS
from .repeat import RepeatMixin
from .series import SeriesMixin
from .series_google import SeriesGoogle
from .resetting import ResetEventMixin
from .rule_event import RuleMixin

__all__ = ['Event']

# of an event of which only the start is given
DURATION = dt.timedelta(hours=1)
# what Google's editor makes, and the widget shows
HTML_TAGS = {
    'a', 'b', 'br', 'div', 'em', 'i', 'li', 'ol', 'p', 'span', 'strong', 'u',
    'ul'}


class Event(
        FeedEvent, AnswerMixin, RuleMixin, SeriesMixin, SeriesGoogle,
        RepeatMixin, OccurrencesMixin, AdoptionMixin, ImportedEvent,
        ResetEventMixin, EventException, EventRights, EventResource,
        EventReceive, GoogleEvent, ModelSQL, ModelView):
    __name__ = 'google_calendar.event'

    _main = {
        'readonly': ~Eval('editable', True),
        }
    _own = {
        'readonly': ~Eval('writable', True),
        }
    _organized = {
        'readonly': ~Eval('organized', True),
        }
    _timed = {
        'readonly': ~Eval('editable', True),
        'invisible': Eval('all_day', False),
        'required': (
            ~Eval('all_day', False) & (Eval('status') != 'cancelled')),
        }
    _all_day = {
        'readonly': ~Eval('editable', True),
        'invisible': ~Eval('all_day', False),
        'required': (
            Eval('all_day', False) & (Eval('status') != 'cancelled')),
        }

    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", required=True,
        ondelete='CASCADE',
        domain=[
            # of those that exist it may have become so
            If(Eval('id', -1) < 0,
                ('access_role', 'in', [None, *sorted(WRITER_ROLES)]), ()),
            ],
        states={
            'readonly': Eval('id', -1) >= 0,
            })
    summary = fields.Char("Summary", strip=False, states=_main)
    description = fields.Text("Description", strip=False, states=_main)
    description_shown = fields.Function(
        fields.Text(
            "Description",
            states={
                'invisible': ~Eval('description_shown'),
                }),
        'get_description_shown')
    location = fields.Char("Location", strip=False, states=_main)
    all_day = fields.Boolean("All Day", states=not_fixed('all_day'))
    start = fields.DateTime("Start", states=_timed)
    end = fields.DateTime("End", states=_timed)
    start_date = fields.Date("First Day", states=_all_day)
    end_date = fields.Date("Last Day", states=_all_day)
    time_zone = fields.Selection(
        'get_time_zones', "Time Zone", translate=False,
        states={
            'readonly': ~Eval('editable', True),
            'invisible': Eval('all_day', False),
            })
    status = fields.Selection([
            ('confirmed', "Confirmed"),
            ('tentative', "Tentative"),
            ('cancelled', "Cancelled"),
            ], "Status", required=True, sort=False, states=_main)
    visibility = fields.Selection([
            ('default', "Default"),
            ('public', "Public"),
            ('private', "Private"),
            ('confidential', "Confidential"),
            ], "Visibility", required=True, sort=False,
        states=not_fixed('visibility', 'writable'))
    transparency = fields.Selection(
        list(TRANSPARENCIES), "Show As", required=True, sort=False,
        states=not_fixed('transparency', 'writable'))
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
        'get_recurring_event', searcher='search_recurring_event')
    original_start = fields.DateTime(
        "Original Start", readonly=True,
        states={
            'invisible': ~Eval('original_start'),
            })
    attendees = fields.One2Many(
        'google_calendar.attendee', 'event', "Guests",
        states={
            'readonly': ~Eval('can_invite', True),
            })
    attendees_omitted = fields.Boolean(
        "Guests Omitted", readonly=True,
        states={
            'invisible': ~Eval('attendees_omitted', False),
            },
        help="Google did not send all the guests: they can not be changed "
        "here.")
    response = fields.Selection([
            (None, ""),
            ('needsAction', "No Answer"),
            ('declined', "No"),
            ('tentative', "Maybe"),
            ('accepted', "Yes"),
            ], "My Answer", sort=False,
        states={
            'invisible': ~Eval('invited', False),
            'readonly': ~Eval('writable', True),
            })
    response_comment = fields.Char(
        "My Comment", strip=False,
        states={
            'invisible': ~Eval('invited', False),
            'readonly': ~Eval('writable', True),
            })
    guests_can_invite_others = fields.Boolean(
        "Guests Can Invite Others", states=_organized)
    guests_can_modify = fields.Boolean(
        "Guests Can Modify", states=_organized)
    guests_can_see_other_guests = fields.Boolean(
        "Guests Can See Other Guests", states=_organized)
    notifications = fields.Selection([
            (None, ""),
            *NOTIFICATIONS,
            ], "Notifications", sort=False,
        help="Who gets mails of Google about this change. Leave empty for "
        "what the calendar says.")
    default_reminders = fields.Boolean("Default Reminders", states=_own)
    reminders = fields.One2Many(
        'google_calendar.reminder', 'event', "Reminders",
        states={
            'invisible': Eval('default_reminders', True),
            'readonly': ~Eval('writable', True),
            })
    attachments = fields.One2Many(
        'google_calendar.attachment', 'event', "Attachments", readonly=True,
        states={
            'invisible': ~Eval('attachments', []),
            })
    color_id = fields.Selection([
            (None, "As the Calendar"),
            ('1', "Lavender"),
            ('2', "Sage"),
            ('3', "Grape"),
            ('4', "Flamingo"),
            ('5', "Banana"),
            ('6', "Tangerine"),
            ('7', "Peacock"),
            ('8', "Graphite"),
            ('9', "Blueberry"),
            ('10', "Basil"),
            ('11', "Tomato"),
            ], "Event Color", sort=False, states=_own)
    resource = fields.Reference(
        "Record", selection='get_resources',
        states=not_fixed('resource', None),
        help="The record that the event belongs to.")
    event_type = fields.Char("Type at Google", readonly=True)
    locked = fields.Boolean("Locked", readonly=True)
    creator_email = fields.Char("Creator", readonly=True, strip=False)
    organizer_own = fields.Boolean("Own Organizer", readonly=True)
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
    conference = fields.Boolean(
        "Video Conference", states=_main,
        help="Check to have a Google Meet.")
    conference_link = fields.Char(
        "Video Conference Link", readonly=True, strip=False,
        states={
            'invisible': ~Eval('conference_link'),
            })
    conference_note = fields.Function(fields.Char(
            "Note on the Video Conference",
            states={
                'invisible': ~Eval('conference_note'),
                }),
        'get_conference_note')
    html_link = fields.Char(
        "Google Calendar", readonly=True, strip=False,
        states={
            'invisible': ~Eval('html_link'),
            })
    color = fields.Function(fields.Char("Color"), 'get_color')
    owner = fields.Function(
        fields.Many2One('res.user', "Owner"), 'get_owner',
        searcher='search_owner')

    del _timed, _all_day, _main, _own, _organized

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
    def default_calendar():
        "The calendar of the user, if there is no choice"
        calendars = Pool().get('google_calendar.calendar').search([
                ('enabled', '=', True),
                ('credentials.user', '=', Transaction().user),
                ('access_role', 'in', [None, *sorted(WRITER_ROLES)]),
                ], limit=2)
        if len(calendars) == 1:
            return calendars[0].id

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

    @staticmethod
    def default_default_reminders():
        return True

    @staticmethod
    def default_guests_can_invite_others():
        return True

    @staticmethod
    def default_guests_can_modify():
        return False

    @staticmethod
    def default_guests_can_see_other_guests():
        return True

    @staticmethod
    def default_conference():
        return False

    @staticmethod
    def default_attendees_omitted():
        return False

    @classmethod
    def get_resources(cls):
        # without those that the user may not read, which hide the field
        return [(None, "")] + [
            (name, title) for name, title in ResourceAccessMixin.get_models()
            if record_link.is_linkable(Pool().get(name))]

    @classmethod
    def get_time_zones(cls):
        return [(None, ""), *time_zones()]

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

    def get_description_shown(self, name):
        """The description in HTML of which nothing is harmful

        https://nh3.readthedocs.io
        """
        description = self.description or ''
        if '<' not in description:
            description = html.escape(description, quote=False).replace(
                '\n', '<br>')
        return nh3.clean(
            description, tags=HTML_TAGS, attributes={'a': {'href'}},
            url_schemes={'http', 'https', 'mailto', 'tel'})

    def get_color(self, name):
        return mapping.COLORS.get(self.color_id, self.calendar.color)

    def get_conference_note(self, name):
        if conference_failed(self.google_base or {}):
            return gettext('google_calendar.msg_conference_note')

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
    def preprocess_values(cls, mode, values):
        if not values.get('google_revision'):
            # the choice is for one save
            values = {'notifications': None, **values}
        return super().preprocess_values(mode, values)

    @classmethod
    def validate_fields(cls, events, field_names):
        super().validate_fields(events, field_names)
        if not field_names or 'reminders' in field_names:
            for event in events:
                event.check_reminders()
        if field_names and not (field_names & {
                    'all_day', 'start', 'end', 'start_date', 'end_date',
                    'recurrence', 'time_zone'}):
            return
        for event in events:
            event.check_dates()

    def check_reminders(self):
        if len(self.reminders) > MAX_REMINDERS:
            raise EventReminderError(gettext(
                    'google_calendar.msg_event_reminders',
                    event=self.rec_name, maximum=MAX_REMINDERS))

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

    @classmethod
    def copy(cls, events, default=None):
        default = default.copy() if default is not None else {}
        # what Google alone knows is of the original
        for name in [
                'recurring_identifier', 'original_start', 'organizer_email',
                'ical_uid', 'conference_link', 'html_link', 'response',
                'response_comment', 'notifications']:
            default.setdefault(name)
        # a conference is never copied
        default.setdefault('conference', False)
        return super().copy(events, default=default)

    @classmethod
    def delete(cls, events):
        # Google deletes the exceptions with the series
        exceptions = set(cls.google_with(events)).difference(events)
        bookkeeping.update(cls, exceptions, {'google_id': None})
        super().delete(events + cls.browse([e.id for e in exceptions]))
