# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Find a time at which everybody is free."""
import datetime as dt
import json
from zoneinfo import ZoneInfo

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.google_integration.bookkeeping import (
    check_write, utcnow)
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction, check_access
from trytond.wizard import (
    Button, StateAction, StateTransition, StateView, Wizard)

from . import availability, choices, free_busy
from .exceptions import FindTimeError
from .network import WRITER_ROLES
from .people import is_email, normalize_email
from .recurrence_lines import WEEKDAYS
from .times import zone_of

__all__ = [
    'FindTime', 'FindTimeAsk', 'FindTimeChoose', 'FindTimePerson',
    'FindTimeSlot']

# how many times are proposed at the most
MAXIMUM_COUNT = 100
WEEK = dt.timedelta(days=7)
HOUR = dt.timedelta(hours=1)
# why Google does not tell
REASONS = {'notFound', 'groupTooBig', free_busy.TOO_MANY, 'partial'}


class FindTimePerson(ModelView):
    __name__ = 'google_calendar.find_time.person'

    email = fields.Char(
        "Email", required=True,
        help="Of a person, a room or a group, or the identifier of a "
        "calendar.")
    user = fields.Many2One('res.user', "User")
    name = fields.Char("Name")
    optional = fields.Boolean(
        "Optional", help="Check to propose times when this one is busy, too.")
    known = fields.Char("Known", readonly=True)

    @staticmethod
    def default_optional():
        return False

    @fields.depends('user', 'email', 'name')
    def on_change_user(self):
        if self.user and self.user.email:
            self.email = normalize_email(self.user.email)
            self.name = self.name or self.user.name


class FindTimeAsk(ModelView):
    __name__ = 'google_calendar.find_time.ask'

    event = fields.Many2One(
        'google_calendar.event', "Event", readonly=True,
        states={
            'invisible': ~Eval('event'),
            })
    credentials = fields.Many2One(
        'google_integration.google_credentials', "Credentials", required=True,
        help="The account that asks Google.")
    people = fields.One2Many(
        'google_calendar.find_time.person', None, "People", required=True)
    first_day = fields.Date("First Day", required=True)
    last_day = fields.Date("Last Day", required=True)
    duration = fields.TimeDelta("Duration", required=True)
    opening = fields.Time("From", format='%H:%M', required=True)
    closing = fields.Time(
        "To", format='%H:%M', required=True,
        help="The same time, or an earlier one, is of the next day.")
    weekdays = fields.MultiSelection(
        list(choices.WEEKDAY_NAMES), "Weekdays", sort=False, required=True)
    time_zone = fields.Selection(
        'get_time_zones', "Time Zone", translate=False, required=True)
    step = fields.Selection([
            ('15', "15 Minutes"),
            ('30', "30 Minutes"),
            ('60', "Hour"),
            ], "Every", required=True, sort=False)
    count = fields.Integer(
        "Proposals", required=True,
        domain=[
            ('count', '>', 0),
            ('count', '<=', MAXIMUM_COUNT),
            ])

    @staticmethod
    def get_time_zones():
        return choices.time_zones()

    def check(self):
        "Raise an error about what can not be asked"
        message = None
        days = (self.last_day - self.first_day).days
        if not self.credentials:
            message = gettext('google_calendar.msg_find_time_credentials')
        elif not self.people:
            message = gettext('google_calendar.msg_find_time_people')
        elif not 0 <= days < free_busy.MAXIMUM_DAYS:
            message = gettext(
                'google_calendar.msg_find_time_days',
                maximum=free_busy.MAXIMUM_DAYS)
        elif self.duration <= dt.timedelta():
            message = gettext('google_calendar.msg_find_time_duration')
        for person in self.people or []:
            # of a calendar it is an identifier that looks like one
            if not is_email(normalize_email(person.email)):
                message = gettext(
                    'google_calendar.msg_attendee_email', email=person.email)
        if message:
            raise FindTimeError(message)

    def hours(self):
        return free_busy.working_hours(
            self.first_day, self.last_day, self.opening, self.closing,
            {WEEKDAYS.index(d) for d in self.weekdays}, self.time_zone)


class FindTimeSlot(ModelView):
    __name__ = 'google_calendar.find_time.slot'

    start = fields.DateTime("Start", readonly=True)
    end = fields.DateTime("End", readonly=True)
    free = fields.Char("Free", readonly=True)
    busy = fields.Char("Busy", readonly=True)
    unknown = fields.Char("Unknown", readonly=True)


class FindTimeChoose(ModelView):
    __name__ = 'google_calendar.find_time.choose'

    event = fields.Many2One(
        'google_calendar.event', "Event", readonly=True,
        states={
            'invisible': ~Eval('event'),
            })
    options = fields.Text("Options")
    slot = fields.Selection(
        'get_slots', "Time", translate=False, sort=False, required=True)
    slots = fields.One2Many(
        'google_calendar.find_time.slot', None, "Times", readonly=True)
    people = fields.One2Many(
        'google_calendar.find_time.person', None, "People", readonly=True)
    new = fields.Boolean("New")
    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar",
        domain=[
            ('access_role', 'in', [None, *sorted(WRITER_ROLES)]),
            ],
        states={
            'invisible': ~Eval('new', True),
            'required': Eval('new', True),
            })
    summary = fields.Char(
        "Summary",
        states={
            'invisible': ~Eval('new', True),
            })

    @fields.depends('options')
    def get_slots(self):
        return json.loads(self.options or '[]')


class FindTime(Wizard):
    __name__ = 'google_calendar.find_time'

    start_state = 'ask'
    ask = StateView(
        'google_calendar.find_time.ask',
        'google_calendar.find_time_ask_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Find", 'choose', 'tryton-search', default=True),
            ])
    choose = StateView(
        'google_calendar.find_time.choose',
        'google_calendar.find_time_choose_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Back", 'back', 'tryton-back', validate=False),
            Button("Take", 'take', 'tryton-ok', default=True),
            ])
    back = StateTransition()
    take = StateTransition()
    open_ = StateAction('google_calendar.act_event_form')

    # Ask

    @property
    def occurrence(self):
        "The occurrence from which the wizard was started, or None"
        Occurrence = Pool().get('google_calendar.occurrence')
        if isinstance(self.record, Occurrence):
            return Occurrence(self.record.id)

    @property
    def event(self):
        "The event from which the wizard was started, or None"
        Event = Pool().get('google_calendar.event')
        with check_access():
            if isinstance(self.record, Event):
                event = self.record
            elif not self.occurrence or not (event := self.occurrence.event):
                return
            Event.read([event.id], ['id'])
        return Event(event.id)

    def default_ask(self, fields):
        if self.ask.people:
            # back from the proposals
            return self.ask._default_values
        event = self.event
        if event and event.recurrence and not self.occurrence:
            raise FindTimeError(gettext(
                    'google_calendar.msg_find_time_series',
                    event=event.rec_name))
        times = self.occurrence or event
        credentials = self._credentials(event)
        zone = self._time_zone(event, credentials)
        today = dt.datetime.now(ZoneInfo(zone)).date()
        first = max(today, self._day(times, zone)) if event else today
        return {
            'event': event.id if event else None,
            'credentials': credentials.id if credentials else None,
            'people': self._people(event, credentials),
            'first_day': first,
            'last_day': first + WEEK,
            'duration': (
                times.end - times.start
                if event and not times.all_day and times.end > times.start
                else HOUR),
            'opening': dt.time(9),
            'closing': dt.time(18),
            'weekdays': list(WEEKDAYS[:5]),
            'time_zone': zone,
            'step': '30',
            'count': 10,
            }

    @staticmethod
    def _credentials(event):
        Credentials = Pool().get('google_integration.google_credentials')
        if event and event.calendar.credentials.managed_by_user:
            return event.calendar.credentials
        found = Credentials.search([
                ('user', '=', Transaction().user),
                ('token_digest', '!=', None),
                ], limit=1)
        return found[0] if found else None

    @staticmethod
    def _time_zone(event, credentials):
        Calendar = Pool().get('google_calendar.calendar')
        zones = [event.time_zone, event.calendar.time_zone] if event else []
        if credentials:
            zones += [c.time_zone for c in Calendar.search([
                        ('credentials', '=', credentials.id),
                        ('primary', '=', True),
                        ])]
        # Google may know zones that Python does not
        return next(filter(zone_of, zones), 'UTC')

    @staticmethod
    def _day(times, zone):
        if times.all_day or not times.start:
            return times.start_date
        return times.start.replace(tzinfo=dt.timezone.utc).astimezone(
            ZoneInfo(zone)).date()

    @staticmethod
    def _people(event, credentials):
        people = [{
                'email': attendee.email,
                'name': attendee.name,
                'user': attendee.user.id if attendee.user else None,
                'optional': bool(attendee.optional),
                } for attendee in (event.attendees if event else [])
            if attendee.response != 'declined']
        own = normalize_email(credentials.email if credentials else None)
        if own and own not in {p['email'] for p in people}:
            people.insert(0, {'email': own, 'optional': False})
        return people

    # Find

    def default_choose(self, fields):
        ask = self.ask
        ask.check()
        event, credentials = self.event, ask.credentials
        credentials.check_free_busy()
        people = self._asked()
        hours = ask.hours()
        found = self._look_up(people, hours)
        slots = free_busy.first_slots(
            ask.count, hours, free_busy.merge(
                period for email, person in people.items()
                if not person['optional']
                for period in found[email].busy),
            ask.duration, dt.timedelta(minutes=int(ask.step)),
            not_before=utcnow())
        known = [{
                **person,
                'known': self._known(found[email]),
                } for email, person in people.items()]
        if not slots:
            raise FindTimeError(
                gettext('google_calendar.msg_find_time_none'),
                '\n'.join(
                    f"{p['name'] or p['email']}: {p['known']}"
                    for p in known))
        options = [
            (start.isoformat(), self._label(start, end, ask.time_zone))
            for start, end in slots]
        calendar = None if event else self._calendar(ask.credentials)
        return {
            'event': event.id if event else None,
            'new': not event,
            'options': json.dumps(options),
            'slot': options[0][0],
            'slots': [
                self._slot(start, end, people, found)
                for start, end in slots],
            'people': known,
            'calendar': calendar.id if calendar else None,
            }

    def _asked(self):
        "Who is asked for, by e-mail"
        people = {}
        for person in self.ask.people:
            email = normalize_email(person.email)
            user = getattr(person, 'user', None)
            known = people.setdefault(email, {
                    'email': email,
                    'name': getattr(person, 'name', None),
                    'user': user.id if user else None,
                    'optional': True,
                    })
            known['optional'] &= bool(getattr(person, 'optional', False))
        return people

    def _look_up(self, people, hours):
        if not hours:
            return {email: free_busy.Availability() for email in people}
        zone, credentials = self.ask.time_zone, self.ask.credentials
        start, end = hours[0][0], hours[-1][1]
        moved = self._moved(zone)
        with credentials.calendar_client(writing=False) as client:
            found = availability.ask(client, list(people), start, end)
        availability.add_own(found, start, end, zone, moved)
        return found

    def _moved(self, zone):
        "What does not stand in its own way"
        event = self.event
        if not event:
            return
        times = self.occurrence or event
        return availability.Moved(
            event.id,
            free_busy.day_period(times.start_date, times.end_date, zone)
            if times.all_day else (times.start, times.end))

    @staticmethod
    def _known(availability):
        "What is known of someone, for people"
        error = availability.error
        if error in REASONS:
            return gettext(f'google_calendar.msg_find_time_{error.lower()}')
        if error:
            return gettext('google_calendar.msg_find_time_error', reason=error)
        return gettext(
            'google_calendar.msg_find_time_known',
            count=len(availability.busy))

    @staticmethod
    def _slot(start, end, people, found):
        names = {'free': [], 'busy': [], 'unknown': []}
        for email, person in people.items():
            if free_busy.is_busy(found[email].busy, start, end):
                state = 'busy'
            else:
                state = 'unknown' if found[email].error else 'free'
            names[state].append(person['name'] or email)
        return {
            'start': start,
            'end': end,
            **{state: ', '.join(found) for state, found in names.items()},
            }

    @staticmethod
    def _label(start, end, zone):
        Lang = Pool().get('ir.lang')
        lang = Lang.get()
        start, end = (
            t.replace(tzinfo=dt.timezone.utc).astimezone(ZoneInfo(zone))
            for t in [start, end])
        last = '%H:%M' if start.date() == end.date() else '%A %x %H:%M'
        return '{} – {} ({})'.format(
            lang.strftime(start, '%A %x %H:%M'), lang.strftime(end, last),
            zone)

    @staticmethod
    def _calendar(credentials):
        "The calendar for a new event"
        Calendar = Pool().get('google_calendar.calendar')
        calendars = Calendar.search([
                ('credentials', '=', credentials.id),
                ('enabled', '=', True),
                ('access_role', 'in', sorted(WRITER_ROLES)),
                ], order=[('primary', 'DESC'), ('id', 'ASC')], limit=1)
        return calendars[0] if calendars else None

    def transition_back(self):
        return 'ask'

    # Take

    def transition_take(self):
        start = dt.datetime.fromisoformat(self.choose.slot)
        times = {
            'all_day': False,
            'start': start,
            'end': start + self.ask.duration,
            'time_zone': self.ask.time_zone,
            }
        with check_access():
            if self.event:
                event = self._event_to_move()
                type(event).write([event], times)
                return 'end'
            self.event_id = self._create(times)
        return 'open_'

    def _event_to_move(self):
        "The event, or the one of an occurrence alone"
        event, occurrence = self.event, self.occurrence
        if event.recurrence:
            check_write(type(event), [event])
            event = event.make_exception(occurrence.original_start)
        return type(event)(event.id)

    def _create(self, times):
        Event = Pool().get('google_calendar.event')
        calendar = self.choose.calendar
        own = {
            normalize_email(calendar.google_id),
            normalize_email(self.ask.credentials.email)}
        event, = Event.create([{
                    'calendar': calendar.id,
                    'summary': self.choose.summary,
                    'attendees': [('create', [{
                                    'email': person['email'],
                                    'name': person['name'],
                                    'optional': person['optional'],
                                    } for email, person in (
                                        self._asked().items())
                                if email not in own])],
                    **times}])
        return event.id

    def do_open_(self, action):
        action['views'].sort(key=lambda view: view[1] != 'form')
        return action, {'res_id': [self.event_id]}
