# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Create calendars at Google, once each."""
import json
import uuid

from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView, Unique, fields
from trytond.modules.google_integration import configuration
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.lease import Lease
from trytond.modules.google_integration.transaction import short
from trytond.pool import Pool
from trytond.transaction import Transaction
from trytond.wizard import (
    Button, StateAction, StateTransition, StateView, Wizard)

from .choices import time_zones
from .exceptions import CalendarManageError
from .manage import colors, default_credentials

__all__ = ['CalendarCreation', 'CreateCalendar', 'CreateCalendarStart']


class CalendarCreation(ModelSQL):
    """A calendar that is being created.

    Google gives a calendar its identifier, and a lost answer must not make a
    second one: a marker is known before, and stands in the description until
    the identifier is known too.
    """
    __name__ = 'google_calendar.calendar_creation'

    credentials = fields.Many2One(
        'google_integration.google_credentials', "Credentials",
        required=True, ondelete='CASCADE')
    marker = fields.Char("Marker", required=True)
    values = fields.Text("Values", required=True)
    google_id = fields.Char("Google Calendar", strip=False)
    done = fields.Boolean("Done")
    lease_token = fields.Char("Lease")
    lease_until = fields.Float("Leased Until")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_constraints.append((
                'marker_unique', Unique(table, table.marker),
                'google_calendar.msg_creation_unique'))

    @classmethod
    def begun(cls, credentials):
        "What to fill in: what was begun and its answer lost, or nothing"
        if credentials and credentials.managed_by_user:
            for creation in cls.search([
                        ('credentials', '=', credentials.id),
                        ('done', '=', False),
                        ], order=[('id', 'DESC')], limit=1):
                return {
                    'marker': creation.marker,
                    'unfinished': True,
                    **json.loads(creation.values)}
        return {'marker': uuid.uuid4().hex, 'unfinished': False}

    @classmethod
    def begin(cls, credentials, marker, values):
        "The creation with the marker, and tell if it is new"
        creations = cls.search([('marker', '=', marker)])
        if not creations:
            creation, = cls.create([{
                        'credentials': credentials.id,
                        'marker': marker,
                        'values': json.dumps(values),
                        'done': False,
                        }])
            return creation, True
        creation, = creations
        if creation.credentials != credentials:
            raise CalendarManageError(gettext(
                    'google_calendar.msg_creation_unique'))
        cls.write([creation], {'values': json.dumps(values)})
        return creation, False

    @property
    def mark(self):
        return f'[tryton {self.marker}]'

    def run(self, client, new):
        "Create the calendar, once, and return its entry in the list"
        cls, id, mark = type(self), self.id, self.mark
        values, google_id = json.loads(self.values), self.google_id
        Transaction().commit()
        if not google_id:
            google_id = None if new else self._marked(client, mark)
            if not google_id:
                google_id = self._insert(client, id, mark, values)
            short(lambda: cls.write([cls(id)], {'google_id': google_id}))
        body = self._body(values)
        body.setdefault('description', '')
        client.execute(client.api.calendars().patch(
                calendarId=google_id, body=body))
        parameters, body = colors(values['color'])
        return client.execute(client.api.calendarList().patch(
                calendarId=google_id, body=body, **parameters))

    @staticmethod
    def _body(values):
        names = {
            'summary': 'name', 'description': 'description',
            'timeZone': 'time_zone'}
        return {n: values[v] for n, v in names.items() if values[v]}

    @staticmethod
    def _marked(client, mark):
        Calendar = Pool().get('google_calendar.calendar')
        for entry in Calendar.list_entries(client):
            if mark in (entry.get('description') or ''):
                return entry['id']

    @classmethod
    def _insert(cls, client, id, mark, values):
        body = cls._body(values)
        body['description'] = '\n'.join(
            filter(None, [values['description'], mark]))
        try:
            return client.execute(
                client.api.calendars().insert(body=body),
                idempotent=False)['id']
        except GoogleError as error:
            if not error.unknown:
                # nothing was created
                short(lambda: cls.delete([cls(id)]))
            raise


class CreateCalendarStart(ModelView):
    __name__ = 'google_calendar.create_calendar.start'

    credentials = fields.Many2One(
        'google_integration.google_credentials', "Credentials", required=True)
    name = fields.Char("Name", required=True)
    description = fields.Text("Description")
    time_zone = fields.Selection(
        'get_time_zones', "Time Zone", translate=False,
        help="Leave empty for the time zone of the account.")
    color = fields.Char("Color", help="Like #0088aa.")
    enabled = fields.Boolean(
        "Enabled", help="Check to synchronize with Google.")
    marker = fields.Char("Marker")
    unfinished = fields.Boolean("Unfinished")

    @staticmethod
    def get_time_zones():
        return [(None, ""), *time_zones()]

    @fields.depends('credentials')
    def on_change_credentials(self):
        Creation = Pool().get('google_calendar.calendar_creation')
        for name, value in Creation.begun(self.credentials).items():
            setattr(self, name, value)


class CreateCalendar(Wizard):
    __name__ = 'google_calendar.create_calendar'

    start = StateView(
        'google_calendar.create_calendar.start',
        'google_calendar.create_calendar_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Create", 'create_', 'tryton-ok', default=True),
            ])
    create_ = StateTransition()
    open_ = StateAction('google_calendar.act_calendar_form')

    def default_start(self, fields):
        Creation = Pool().get('google_calendar.calendar_creation')
        credentials = default_credentials(self.record)
        return {
            'credentials': credentials.id if credentials else None,
            'enabled': True,
            **Creation.begun(credentials)}

    def transition_create_(self):
        pool = Pool()
        Calendar = pool.get('google_calendar.calendar')
        Creation = pool.get('google_calendar.calendar_creation')
        start = self.start
        credentials = start.credentials
        credentials.check_manage_calendars()
        values = {
            n: getattr(start, n)
            for n in ['name', 'description', 'time_zone', 'color', 'enabled']}
        colors(start.color)
        creation, new = Creation.begin(
            credentials, start.marker or uuid.uuid4().hex, values)
        if not creation.done:
            self._create(creation, new)
        creation = Creation(creation.id)
        calendar, = Calendar.search([
                ('credentials', '=', credentials.id),
                ('google_id', '=', creation.google_id),
                ])
        self.calendar_id = calendar.id
        return 'open_'

    def _create(self, creation, new):
        pool = Pool()
        Calendar = pool.get('google_calendar.calendar')
        Creation = pool.get('google_calendar.calendar_creation')
        id, credentials = creation.id, creation.credentials
        credentials_id = credentials.id
        values = json.loads(creation.values)
        lease = Lease(Creation, id, configuration.lease())
        if not lease.take():
            raise CalendarManageError(gettext(
                    'google_calendar.msg_creation_running',
                    calendar=values['name']))
        try:
            with type(credentials)(credentials_id).calendar_client(
                    values['name']) as client:
                entry = Creation(id).run(client, new)

            def save():
                calendar, = Calendar.save_entries(credentials_id, [entry])
                if values['enabled']:
                    Calendar.write([calendar], {'enabled': True})
                Creation.write([Creation(id)], {'done': True})
            short(save)
        finally:
            Transaction().rollback()
            short(lease.release)

    def do_open_(self, action):
        action['views'].reverse()
        return action, {'res_id': [self.calendar_id]}
