# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Rename, subscribe to and unsubscribe from calendars of Google."""
import base64
import binascii
import re
from urllib.parse import parse_qs, urlsplit

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.transaction import short
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.tools import grouped_slice
from trytond.transaction import Transaction
from trytond.wizard import (
    Button, StateAction, StateTransition, StateView, Wizard)

from .choices import time_zones
from .credentials import MANAGE_SCOPES
from .exceptions import CalendarManageError

__all__ = [
    'ManagedMixin', 'RenameCalendar', 'RenameCalendarStart',
    'SubscribeCalendar', 'SubscribeCalendarStart', 'UnsubscribeCalendar',
    'UnsubscribeCalendarStart']

COLOR = re.compile('#[0-9a-f]{6}')
# of which the sum tells if black or white is read better on a color
BRIGHTNESS = (299, 587, 114)


def colors(color):
    "The parameters and the part of the body that set a color"
    if not color:
        return {}, {}
    color = color.lower()
    if not COLOR.fullmatch(color):
        raise CalendarManageError(gettext(
                'google_calendar.msg_manage_color', color=color))
    brightness = sum(
        weight * int(color[i:i + 2], 16)
        for weight, i in zip(BRIGHTNESS, [1, 3, 5], strict=True))
    return {'colorRgbFormat': True}, {
        'backgroundColor': color,
        'foregroundColor': '#000000' if brightness > 128000 else '#ffffff',
        }


def calendar_id(text):
    """The identifier in what people paste.

    That is the identifier itself, or the address that Google offers to share
    a calendar, which has it as ``cid`` (in base64) or ``src``.
    """
    text = (text or '').strip()
    if '://' not in text:
        return text
    query = parse_qs(urlsplit(text).query)
    for name in ['src', 'cid']:
        for value in query.get(name, []):
            if '@' in value:
                return value
            try:
                value = base64.urlsafe_b64decode(
                    value + '=' * (-len(value) % 4)).decode()
            except (binascii.Error, UnicodeDecodeError):
                continue
            if '@' in value:
                return value
    raise CalendarManageError(gettext(
            'google_calendar.msg_manage_address', address=text))


def default_credentials(record):
    "The credentials that the record, or else the user, suggests"
    Credentials = Pool().get('google_integration.google_credentials')
    if isinstance(record, Credentials):
        return record
    if record is not None and 'credentials' in record._fields:
        return record.credentials
    found = Credentials.search([
            ('user', '=', Transaction().user),
            ('manage_calendars', '=', True),
            ], limit=2)
    if len(found) == 1:
        return found[0]


class RenameCalendarStart(ModelView):
    __name__ = 'google_calendar.rename_calendar.start'

    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", readonly=True, required=True)
    owner = fields.Boolean("Owner")
    for_all = fields.Boolean(
        "For Everybody",
        states={
            'invisible': ~Eval('owner'),
            },
        help="Uncheck to change the name for this account only.")
    name = fields.Char("Name", required=True)
    color = fields.Char(
        "Color", help="Like #0088aa, for this account only.")
    description = fields.Text(
        "Description",
        states={
            'invisible': ~Eval('for_all'),
            })
    time_zone = fields.Selection(
        'get_time_zones', "Time Zone", translate=False,
        states={
            'invisible': ~Eval('for_all'),
            })

    @staticmethod
    def get_time_zones():
        return [(None, ""), *time_zones()]


class RenameCalendar(Wizard):
    __name__ = 'google_calendar.rename_calendar'

    start = StateView(
        'google_calendar.rename_calendar.start',
        'google_calendar.rename_calendar_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Rename", 'rename', 'tryton-ok', default=True),
            ])
    rename = StateTransition()

    def default_start(self, fields):
        calendar = self.record
        owner = calendar.access_role == 'owner'
        return {
            'calendar': calendar.id,
            'owner': owner,
            'for_all': owner,
            'name': calendar.name,
            'color': calendar.color,
            'description': calendar.description,
            'time_zone': calendar.time_zone,
            }

    def transition_rename(self):
        """Change the calendar itself, or what the account calls it.

        https://developers.google.com/workspace/calendar/api/concepts/events-calendars
        """
        Calendar = Pool().get('google_calendar.calendar')
        start, calendar = self.start, self.start.calendar
        credentials = calendar.credentials
        credentials.check_manage_calendars()
        credentials_id, google_id = credentials.id, calendar.google_id
        body, for_all = {}, start.for_all and calendar.access_role == 'owner'
        if for_all:
            body['summary'] = start.name
            if (start.description or '') != (calendar.description or ''):
                body['description'] = start.description or ''
            if start.time_zone and start.time_zone != calendar.time_zone:
                body['timeZone'] = start.time_zone
        parameters, entry = colors(
            start.color if start.color != calendar.color else None)
        # the name for all shows where there is none of the own
        entry['summaryOverride'] = None if for_all else start.name
        with credentials.calendar_client(calendar.rec_name) as client:
            if body:
                client.execute(client.api.calendars().patch(
                        calendarId=google_id, body=body))
            entry = client.execute(client.api.calendarList().patch(
                    calendarId=google_id, body=entry, **parameters))
        Calendar.save_entries(credentials_id, [entry])
        return 'end'


class SubscribeCalendarStart(ModelView):
    __name__ = 'google_calendar.subscribe_calendar.start'

    credentials = fields.Many2One(
        'google_integration.google_credentials', "Credentials", required=True)
    google_id = fields.Char(
        "Google Calendar", required=True,
        help="The identifier of the calendar, often an email, or the address "
        "that Google offers to share it.")
    enabled = fields.Boolean(
        "Enabled", help="Check to synchronize with Google.")


class SubscribeCalendar(Wizard):
    __name__ = 'google_calendar.subscribe_calendar'

    start = StateView(
        'google_calendar.subscribe_calendar.start',
        'google_calendar.subscribe_calendar_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Subscribe", 'subscribe', 'tryton-ok', default=True),
            ])
    subscribe = StateTransition()
    open_ = StateAction('google_calendar.act_calendar_form')

    def default_start(self, fields):
        credentials = default_credentials(self.record)
        return {
            'credentials': credentials.id if credentials else None,
            'enabled': True,
            }

    def transition_subscribe(self):
        Calendar = Pool().get('google_calendar.calendar')
        credentials, enabled = self.start.credentials, self.start.enabled
        credentials.check_manage_calendars()
        credentials_id = credentials.id
        google_id = calendar_id(self.start.google_id)
        with credentials.calendar_client(google_id) as client:
            entries = client.api.calendarList()
            try:
                entry = client.execute(entries.insert(body={'id': google_id}))
            except GoogleError as error:
                if error.status != 409:
                    raise
                # it is on the list already
                entry = client.execute(entries.get(calendarId=google_id))
        calendar, = Calendar.save_entries(credentials_id, [entry])
        if enabled:
            Calendar.write([calendar], {'enabled': True})
        self.calendar_id = calendar.id
        return 'open_'

    def do_open_(self, action):
        action['views'].reverse()
        return action, {'res_id': [self.calendar_id]}


class UnsubscribeCalendarStart(ModelView):
    __name__ = 'google_calendar.unsubscribe_calendar.start'

    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", readonly=True, required=True)
    google_id = fields.Char("Google Calendar", readonly=True)
    events = fields.Integer("Events", readonly=True)
    unsent = fields.Integer(
        "Not Sent", readonly=True,
        help="The events of which changes were not sent to Google.")
    forget_events = fields.Boolean(
        "Forget the Events",
        help="Check to delete the events in Tryton. At Google they stay.")


class UnsubscribeCalendar(Wizard):
    __name__ = 'google_calendar.unsubscribe_calendar'

    start = StateView(
        'google_calendar.unsubscribe_calendar.start',
        'google_calendar.unsubscribe_calendar_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel', default=True),
            Button("Unsubscribe", 'unsubscribe', 'tryton-ok'),
            ])
    unsubscribe = StateTransition()

    def default_start(self, fields):
        Event = Pool().get('google_calendar.event')
        calendar = self.record
        calendar.credentials.check_manager()
        return {
            'calendar': calendar.id,
            'google_id': calendar.google_id,
            'events': Event.search(
                [('calendar', '=', calendar.id)], count=True),
            'unsent': calendar.backlog,
            'forget_events': False,
            }

    def transition_unsubscribe(self):
        Calendar = Pool().get('google_calendar.calendar')
        calendar, forget = self.start.calendar, self.start.forget_events
        id, google_id = calendar.id, calendar.google_id
        calendar.credentials.check_manage_calendars()
        if calendar.primary:
            raise CalendarManageError(gettext(
                    'google_calendar.msg_manage_primary',
                    calendar=calendar.rec_name))
        calendar.check_idle()
        with calendar.credentials.calendar_client(
                calendar.rec_name) as client:
            try:
                client.execute(client.api.calendarList().delete(
                        calendarId=google_id))
            except GoogleError as error:
                # it is off the list already
                if error.status not in {404, 410}:
                    raise
        short(lambda: Calendar.write([Calendar(id)], {'enabled': False}))
        if forget:
            Calendar(id).forget_events()
        return 'end'


class ManagedMixin:
    "What managing needs of a calendar"
    __slots__ = ()

    @classmethod
    def google_scopes_of(cls, credentials):
        "More, if the owner wants to manage the calendars here"
        scopes = super().google_scopes_of(credentials)
        return scopes + (
            MANAGE_SCOPES if credentials.manage_calendars else ())

    def check_idle(self):
        if self.sync_state == 'running':
            raise CalendarManageError(gettext(
                    'google_calendar.msg_manage_running',
                    calendar=self.rec_name))

    def forget_events(self):
        "Delete the events here, and here only"
        pool = Pool()
        Event = pool.get('google_calendar.event')
        Tombstone = pool.get('google_integration.tombstone')
        cls, id = type(self), self.id
        self.check_idle()
        ids = [e.id for e in Event.search([('calendar', '=', id)])]

        def forget(sub_ids):
            events = Event.search([('id', 'in', sub_ids)])
            # as what Google has deleted: nothing is to be sent
            bookkeeping.update(Event, events, {'google_state': 'to_delete'})
            Event.delete(events)

        def reset():
            Tombstone.delete(Tombstone.search([
                        ('service', '=', str(cls(id)))]))
            cls.reset_synchronization([cls(id)])

        Transaction().commit()
        short(reset)
        for sub_ids in grouped_slice(ids, 250):
            sub_ids = list(sub_ids)
            short(lambda sub_ids=sub_ids: forget(sub_ids))
        short(reset)
