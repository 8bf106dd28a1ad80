# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt

from trytond.model.exceptions import AccessError
from trytond.modules.google_calendar.tests.series_case import SeriesTestCase
from trytond.modules.google_calendar.tests.tools import (
    ACCESS, ALICE, BOB, CALENDAR, EVENT, HOUR, MORNING, database, timed)
from trytond.pyson import PYSONDecoder, PYSONEncoder

ATTENDEE = 'google_calendar.attendee'
CAROL = 'carol@example.com'
DAY = dt.timedelta(days=1)
MAIN = {
    'summary', 'description', 'location', 'all_day', 'start', 'time_zone',
    'status', 'conference', 'repeat'}
FLAGS = {
    'guests_can_invite_others', 'guests_can_modify',
    'guests_can_see_other_guests'}
OWN = {
    'visibility', 'transparency', 'color_id', 'default_reminders',
    'reminders'}
ANSWER = {'response', 'response_comment'}
GUESTS = {'attendees'}
GUEST = {'attendees': [{'email': ALICE}, {'email': CAROL}]}
STATUS = {'autoDeclineMode': 'declineNone'}
BIRTHDAY = {
    'eventType': 'birthday',
    'birthdayProperties': {'type': 'birthday', 'contact': 'people/c1'},
    'visibility': 'private',
    'transparency': 'transparent',
    'start': {'date': '2026-12-01'},
    'end': {'date': '2026-12-02'},
    'recurrence': ['RRULE:FREQ=YEARLY'],
    }
WORK = {
    'eventType': 'workingLocation',
    'visibility': 'public',
    'transparency': 'transparent',
    'workingLocationProperties': {'type': 'homeOffice', 'homeOffice': {}},
    }


class RightsTestCase(SeriesTestCase):
    "Test what may be changed of an event: it is what Google lets change"

    def prepare(self):
        super().prepare()
        self.google.add_user(CAROL)

    def values(self, event):
        "Another value for each of the fields"
        return {
            'summary': "Other",
            'description': "Other",
            'location': "Other",
            'all_day': not event.all_day,
            'start': event.start - HOUR,
            'time_zone': 'Europe/Paris',
            'status': 'tentative',
            'conference': not event.conference,
            'repeat': None if event.repeat == 'daily' else 'daily',
            'guests_can_invite_others': not event.guests_can_invite_others,
            'guests_can_modify': not event.guests_can_modify,
            'guests_can_see_other_guests': (
                not event.guests_can_see_other_guests),
            'visibility': (
                'private' if event.visibility != 'private' else 'public'),
            'transparency': (
                'opaque' if event.transparency == 'transparent'
                else 'transparent'),
            'color_id': '3',
            'default_reminders': False,
            'reminders': [('create', [{'method': 'popup', 'minutes': 5}])],
            'response': 'accepted',
            'response_comment': "Other",
            'attendees': [('create', [{'email': 'dan@example.org'}])],
            'resource': f'res.user,{self.jane}',
            }

    def locked(self, id):
        "The fields that the form does not let change"
        with database(self.jane, context=ACCESS, commit=False) as pool:
            event = pool.get(EVENT)(id)
            names = {
                'all_day', 'attendees', 'can_invite', 'editable',
                'event_type', 'invited', 'organized', 'repeat',
                'recurring_identifier', 'status', 'writable'}
            decoder = PYSONDecoder({n: getattr(event, n) for n in names})

            def is_locked(name):
                states = pool.get(EVENT)._fields[name].states
                return any(
                    decoder.decode(PYSONEncoder().encode(
                            states.get(state, False)))
                    for state in ['readonly', 'invisible']
                    if name in ANSWER or state == 'readonly')
            return {n for n in self.values(event) if is_locked(n)}

    def refused(self, id):
        "The fields that the server does not let change"
        refused = set()
        with database(self.jane, context=ACCESS, commit=False) as pool:
            names = self.values(pool.get(EVENT)(id))
        for name in names:
            with database(self.jane, context=ACCESS, commit=False) as pool:
                event = pool.get(EVENT)(id)
                values = {name: self.values(event)[name]}
                if values.get('all_day'):
                    values['start_date'] = values['end_date'] = (
                        MORNING.date())
                try:
                    pool.get(EVENT).write([event], values)
                except AccessError:
                    refused.add(name)
        return refused

    def assert_rights(self, summary, locked, calendar=None):
        id = self.find(summary, calendar)
        self.assertEqual(self.locked(id), locked)
        self.assertEqual(self.refused(id), locked)
        with self.user() as pool:
            event = pool.get(EVENT)(id)
            values = self.values(event)
            pool.get(EVENT).write([event], {
                    n: v for n, v in values.items()
                    if n not in locked | {'all_day', 'repeat', 'start'}})
        self.synchronize(calendar)
        # what may be changed is taken by Google
        self.assertEqual(self.errors(), [])
        if 'color_id' not in locked:
            self.assertEqual(
                self.event(id, 'google_state', 'color_id'),
                ['synchronized', '3'])

    def test_types(self):
        "Each type of events has its own restrictions"
        status = ANSWER | {'transparency', 'all_day'}
        for number, (kind, body, locked) in enumerate([
                ('default', {}, ANSWER),
                ('guests', {'attendees': [{'email': BOB}]}, ANSWER),
                ('birthday', BIRTHDAY, MAIN | FLAGS | GUESTS | ANSWER | {
                        'visibility', 'transparency', 'resource'}),
                ('fromGmail', {'eventType': 'fromGmail'},
                    MAIN | FLAGS | ANSWER),
                ('focusTime', {
                        'eventType': 'focusTime',
                        'focusTimeProperties': STATUS}, status),
                ('outOfOffice', {
                        'eventType': 'outOfOffice',
                        'outOfOfficeProperties': STATUS}, status),
                ('workingLocation', WORK,
                    ANSWER | {'visibility', 'transparency'}),
                ('locked', {'locked': True},
                    MAIN | FLAGS | GUESTS | ANSWER)]):
            with self.subTest(kind):
                self.google.plant_event(
                    ALICE, {**timed(kind), **body, 'id': f'aaaaa{number}'})
                self.synchronize()
                self.assert_rights(kind, locked)

    def test_guest(self):
        "What a guest may change depends on the organizer"
        for kind, values, locked in [
                ('guest', {}, MAIN | FLAGS),
                ('modify', {'guestsCanModify': True}, FLAGS),
                ('alone', {'guestsCanInviteOthers': False},
                    MAIN | FLAGS | GUESTS),
                ('hidden', {'guestsCanSeeOtherGuests': False},
                    MAIN | FLAGS | GUESTS)]:
            with self.subTest(kind):
                self.google.insert_event(
                    BOB, timed(kind, **GUEST, **values))
                self.synchronize()
                self.assert_rights(kind, locked)

    def shared(self):
        "A calendar that the account may only read"
        team = self.google.create_calendar(BOB, "Team")['id']
        self.google.share_calendar(team, ALICE, 'reader')
        self.discover(self.credentials)
        calendar, = self.search(
            CALENDAR, 'id', domain=[('google_id', '=', team)])
        self.google.insert_event(
            BOB, timed("Theirs", attendees=[{'email': CAROL}]), team)
        self.synchronize(calendar)
        return calendar

    def test_reader(self):
        "Nothing is changed in a calendar that may only be read"
        calendar = self.shared()
        self.assert_rights(
            "Theirs", MAIN | FLAGS | OWN | ANSWER | GUESTS, calendar)
        id = self.find("Theirs", calendar)
        with self.assertRaises(AccessError):
            self.delete(id)
        with self.assertRaises(AccessError):
            self.create(calendar=calendar)
        self.assertEqual(
            self.search(EVENT, 'summary', domain=[
                    ('calendar', '=', calendar)]), ["Theirs"])
        self.assertEqual(self.tombstones(), [])
        # what was created before can be thrown away
        self.update(CALENDAR, calendar, access_role='writer')
        mine = self.create("Mine", calendar=calendar)
        self.update(CALENDAR, calendar, access_role='reader')
        self.delete(mine)

    def test_reader_deletes_calendar(self):
        "The calendar goes with its events"
        calendar = self.shared()
        with database(self.ada, context=ACCESS) as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.delete([Calendar(calendar)])
        self.assertEqual(self.search(EVENT, 'id'), [])

    def invited(self, **values):
        self.google.insert_event(BOB, timed("Meeting", **GUEST, **values))
        self.synchronize()
        return self.find("Meeting")

    def guest(self, email, values=None):
        "Change a guest, or remove it"
        with self.user() as pool:
            Attendee = pool.get(ATTENDEE)
            guests = Attendee.search([('email', '=', email)])
            if values:
                Attendee.write(guests, values)
            else:
                Attendee.delete(guests)

    def fixed(self):
        return dict(self.search(ATTENDEE, 'email', 'fixed'))

    def test_guest_only_adds(self):
        "A guest who may invite others neither changes nor removes them"
        id = self.invited()
        google_id = self.event(id, 'google_id')
        self.assertEqual(self.fixed(), {ALICE: True, CAROL: True})
        for email in [ALICE, CAROL]:
            for values in [{'optional': True}, {'name': "X"}, None]:
                with self.subTest(email=email, values=values), \
                        self.assertRaises(AccessError):
                    self.guest(email, values)
        self.write(id, attendees=[('create', [{'email': 'dan@example.org'}])])
        self.assertFalse(self.fixed()['dan@example.org'])
        self.guest('dan@example.org', {'email': 'eve@example.org'})
        self.synchronize()
        self.assertEqual(
            {a['email'] for a in self.google.get_event(
                    BOB, google_id)['attendees']},
            {ALICE, CAROL, 'eve@example.org'})
        self.assertTrue(self.fixed()['eve@example.org'])
        self.assert_settled()

    def test_guest_changes(self):
        "Who may modify the event changes the others, but is not removed"
        id = self.invited(guestsCanModify=True)
        google_id = self.event(id, 'google_id')
        self.assertEqual(self.fixed(), {ALICE: True, CAROL: False})
        with self.assertRaises(AccessError):
            self.guest(ALICE)
        self.guest(CAROL)
        self.synchronize()
        self.assertEqual(
            [a['email'] for a in self.google.get_event(
                    BOB, google_id)['attendees']], [ALICE])

    def test_organizer_changes(self):
        self.create("Meeting", attendees=[
                ('create', [{'email': BOB}, {'email': ALICE}])])
        self.synchronize()
        self.assertEqual(self.fixed(), {ALICE: False, BOB: False})
        self.guest(ALICE)
        self.synchronize()
        self.assertEqual(self.fixed(), {BOB: False})

    def test_occurrence(self):
        "What a guest may not change of a series is not of an occurrence"
        id = self.invited(recurrence=['RRULE:FREQ=DAILY;COUNT=4'])
        exception = self.change(id, MORNING + DAY, 'this', color_id='3')
        self.assertEqual(self.locked(exception), MAIN | FLAGS)
        for values in [
                {'summary': "Mine"}, {'start': MORNING + DAY + HOUR},
                {'status': 'cancelled'}, {'guests_can_modify': True}]:
            with self.subTest(values=values), \
                    self.assertRaises(AccessError):
                self.write(exception, **values)
        with self.assertRaises(AccessError):
            self.guest(CAROL)
        self.write(exception, response='accepted')
        self.synchronize()
        self.assert_settled()

    def test_bad_guest(self):
        "An address that is none can be thrown out, but not be invited"
        self.google.plant_event(ALICE, timed(
                "Meeting", id='badguest', attendees=[
                    {'email': "no address", 'responseStatus': 'needsAction'},
                    {'email': BOB, 'responseStatus': 'accepted'}]))
        self.synchronize()
        self.guest("no address", {'optional': True})
        self.guest("no address")
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(
            self.google.get_event(ALICE, 'badguest')['attendees'],
            [{'email': BOB, 'responseStatus': 'accepted'}])

    def test_answer_among_bad_guests(self):
        "Only the own answer is sent: nothing of the others stands in its way"
        others = [
            {'email': "no address", 'responseStatus': 'needsAction'},
            {'email': CAROL, 'responseStatus': 'tentative'}]
        self.google.plant_event(ALICE, timed(
                "Meeting", id='badguest', organizer={'email': BOB},
                attendees=[*others, {
                        'email': ALICE, 'self': True,
                        'responseStatus': 'needsAction'}]))
        self.synchronize()
        id = self.find("Meeting")
        self.write(id, response='accepted', response_comment="Gladly")
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(
            self.google.get_event(ALICE, 'badguest')['attendees'], [
                *others, {
                    'email': ALICE, 'self': True,
                    'responseStatus': 'accepted', 'comment': "Gladly"}])
        self.write(id, response_comment=None)
        self.synchronize()
        self.assertFalse(self.google.get_event(
                ALICE, 'badguest')['attendees'][-1].get('comment'))
        self.assert_settled()


del SeriesTestCase
