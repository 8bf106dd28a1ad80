# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The calendars of Google that are synchronised."""
from trytond.i18n import gettext
from trytond.model import ModelSQL, ModelView, Unique, fields
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.listing import identified, pages
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction, without_check_access

from . import mapping
from .choices import ACCESS_ROLES, NOTIFICATIONS
from .credentials import FREE_BUSY_SCOPES
from .manage import ManagedMixin
from .network import ROLES, WRITER_ROLES, CalendarNetwork
from .preview import PreviewMixin
from .resetting import ResetMixin
from .watch import WatchMixin

__all__ = ['Calendar', 'CalendarReader']

CALENDAR_PAGE = 250


class Calendar(
        PreviewMixin, ResetMixin, ManagedMixin, WatchMixin, CalendarNetwork,
        ModelSQL, ModelView):
    __name__ = 'google_calendar.calendar'

    google_api = ('calendar', 'v3')
    google_scopes = (
        'https://www.googleapis.com/auth/calendar.calendarlist.readonly',
        'https://www.googleapis.com/auth/calendar.events',
        *FREE_BUSY_SCOPES)
    google_resource = 'google_calendar.event'

    name = fields.Char("Name", required=True)
    google_id = fields.Char(
        "Google Calendar", required=True, strip=False,
        states={
            'readonly': Eval('id', -1) >= 0,
            },
        help="The identifier of the calendar at Google.")
    description = fields.Text("Description", readonly=True)
    time_zone = fields.Char("Time Zone", readonly=True)
    color = fields.Char("Color", readonly=True)
    access_role = fields.Selection([
            (None, ""),
            ('none', "None"),
            *ACCESS_ROLES,
            ], "Access", readonly=True, sort=False,
        help="What the account may do with the calendar at Google.")
    primary = fields.Boolean("Primary", readonly=True)
    notifications = fields.Selection(
        list(NOTIFICATIONS), "Notifications", required=True, sort=False,
        help="Who gets mails of Google about what is changed here.")
    readers = fields.Many2Many(
        'google_calendar.calendar-reader', 'calendar', 'user', "Readers",
        help="The users who may see the calendar besides its owner. Private "
        "events are busy times to them.")
    events = fields.One2Many(
        'google_calendar.event', 'calendar', "Events")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('name', 'ASC'), ('id', 'ASC')]
        table = cls.__table__()
        cls._sql_constraints.append((
                'google_id_unique',
                Unique(table, table.credentials, table.google_id),
                'google_calendar.msg_calendar_unique'))

    @classmethod
    def default_notifications(cls):
        return 'all'

    @classmethod
    def on_modification(cls, mode, calendars, field_names=None):
        super().on_modification(mode, calendars, field_names=field_names)
        if mode == 'write' and 'enabled' in (field_names or []):
            cls.hush([c for c in calendars if c.enabled and not c.last_sync])
        if mode == 'write' and 'time_zone' in (field_names or []):
            cls.refresh_days(calendars)

    @classmethod
    def refresh_days(cls, calendars):
        "What has no time zone of its own is on the days of the calendar's"
        pool = Pool()
        Event = pool.get('google_calendar.event')
        pool.get('google_calendar.occurrence').refresh(Event.search([
                    ('calendar', 'in', [c.id for c in calendars]),
                    ('time_zone', '=', None),
                    ('all_day', '=', False),
                    ]))

    @classmethod
    def hush(cls, calendars):
        "What waits to be sent mails nobody: it is not news"
        Event = Pool().get('google_calendar.event')
        events = Event.search([
                ('calendar', 'in', [c.id for c in calendars]),
                ('google_state', 'in', ['local', 'to_push']),
                ])
        bookkeeping.update(Event, events, {'notifications': 'none'})

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        super().check_modification(
            mode, records, values=values, external=external)
        if mode == 'write' and values:
            for name in {'credentials', 'google_id'} & values.keys():
                if any(_plain(getattr(r, name)) != values[name]
                        for r in records):
                    raise AccessError(gettext(
                            'google_calendar.msg_calendar_fixed',
                            **cls.__names__(name)))

    def confirm(self, operations, answers):
        result = super().confirm(operations, answers)
        if any(o.parameters.get('series') for o in operations):
            # Google changes the exceptions with their series
            bookkeeping.update(type(self), [self.id], {
                    'next_sync': bookkeeping.utcnow()})
        return result

    @property
    def google_writable(self):
        return self.access_role in {None} | WRITER_ROLES

    @property
    def google_sends(self):
        return super().google_sends and self.google_writable

    @classmethod
    def google_seen(cls, About, user):
        "What is kept of private events, and of deleted ones, is hidden too"
        domain = ['OR',
            [
                ('resource', '!=', None),
                ('resource', 'not like', 'google_calendar.event,%'),
                ],
            ('resource.visibility', 'in', ['default', 'public'],
                'google_calendar.event'),
            ('resource.create_uid', '=', user, 'google_calendar.event'),
            ]
        if About.__name__ == 'google_integration.sync_error':
            domain.append(('resource', '=', None))
        return domain

    def google_parameters(self):
        return {'calendar_id': self.google_id}

    def get_last_error(self, name):
        error = super().get_last_error(name)
        if not error and not self.google_writable and self.backlog:
            return gettext(
                'google_calendar.msg_calendar_read_only',
                calendar=self.rec_name, count=self.backlog)
        return error

    # Discovery

    @classmethod
    def discover(cls, credentials):
        """Create the disabled records of the calendars of the account.

        https://developers.google.com/calendar/api/v3/reference/calendarList/list
        """
        credentials_id = credentials.id
        client = credentials.get_client(*cls.google_api)
        Transaction().commit()
        try:
            entries = cls.list_entries(client)
        finally:
            client.close()
        cls.save_entries(credentials_id, entries)

    @classmethod
    def list_entries(cls, client):
        "The entries of the list of Google, each calendar once"
        entries = {}
        for answer in pages(
                client, client.api.calendarList().list,
                maxResults=CALENDAR_PAGE):
            entries.update((e['id'], e) for e in identified(answer))
        return list(entries.values())

    @classmethod
    def save_entries(cls, credentials_id, entries):
        "Write the entries of the list of Google and return the calendars"
        cls._write_entries(credentials_id, entries)
        return cls.search([
                ('credentials', '=', credentials_id),
                ('google_id', 'in', [e['id'] for e in entries]),
                ])

    @classmethod
    @without_check_access
    def _write_entries(cls, credentials_id, entries):
        known = {
            c.google_id: c for c in cls.search([
                    ('credentials', '=', credentials_id),
                    ])}
        to_create, to_write = [], []
        for entry in entries:
            values = mapping.calendar_values(entry)
            values = {n: v for n, v in values.items() if n in cls._fields}
            if values['access_role'] not in ROLES:
                # unknown here, or not told
                del values['access_role']
            calendar = known.get(entry['id'])
            if not calendar:
                to_create.append({
                        'credentials': credentials_id,
                        'google_id': entry['id'],
                        **values,
                        })
            else:
                values = {
                    n: v for n, v in values.items()
                    if getattr(calendar, n) != v}
                if values:
                    to_write.extend([[calendar], values])
        if to_create:
            cls.create(to_create)
        if to_write:
            cls.write(*to_write)


class CalendarReader(ModelSQL):
    __name__ = 'google_calendar.calendar-reader'

    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", required=True,
        ondelete='CASCADE')
    user = fields.Many2One(
        'res.user', "User", required=True, ondelete='CASCADE')


def _plain(value):
    return value.id if hasattr(value, 'id') else value
