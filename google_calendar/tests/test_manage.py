# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import base64

from trytond.model.exceptions import AccessError
from trytond.modules.google_calendar.exceptions import CalendarManageError
from trytond.modules.google_calendar.manage import calendar_id, colors
from trytond.tests.test_tryton import TestCase

from .manage_case import ManageTestCase
from .tools import ALICE, BOB, CALENDAR, CREDENTIALS, EVENT, database, timed

CREATION = 'google_calendar.calendar_creation'
INSERT = 'calendar.calendars.insert'


class GoogleCalendarAddressTestCase(TestCase):
    "Test what people paste"

    def test_calendar_id(self):
        id = 'c_1a2b@group.calendar.google.com'
        cid = base64.urlsafe_b64encode(id.encode()).decode().rstrip('=')
        google = 'https://calendar.google.com/calendar/'
        for text in [
                id, f'  {id}\n', f'{google}u/0?cid={cid}',
                f'{google}embed?src=c_1a2b%40group.calendar.google.com&ctz=UTC',
                f'{google}u/0/r?cid={id}']:
            with self.subTest(text=text):
                self.assertEqual(calendar_id(text), id)

    def test_colors(self):
        "The text on a color can be read"
        for color, text in [
                ('#000000', '#ffffff'), ('#ffffff', '#000000'),
                ('#fbe983', '#000000'), ('#16a765', '#ffffff'),
                ('#0000FF', '#ffffff'), ('#00ff00', '#000000')]:
            with self.subTest(color=color):
                parameters, body = colors(color)
                self.assertEqual(body, {
                        'backgroundColor': color.lower(),
                        'foregroundColor': text})
                self.assertEqual(parameters, {'colorRgbFormat': True})
        self.assertEqual(colors(None), ({}, {}))


class GoogleCalendarManageTestCase(ManageTestCase):
    "Test creating, renaming, subscribing and unsubscribing"

    # Scopes and access

    def test_unchecked(self):
        "Without the box nothing is asked"
        self.manage(self.credentials, False, authorize=False)
        with self.assertRaises(CalendarManageError) as error:
            self.create_calendar()
        self.assertIn("Manage Calendars", error.exception.message)
        self.assertIn("Authorize", error.exception.message)
        self.assertEqual(self.requests(), [])

    def test_scopes(self):
        "Only who wants to manage is asked for more"
        def required():
            with database(commit=False) as pool:
                return pool.get(CREDENTIALS)(self.credentials).required_scopes

        managing = set(required())
        self.manage(self.credentials, False, authorize=False)
        self.assertEqual(
            {s.rpartition('/')[2] for s in managing - set(required())},
            {'calendar.acls', 'calendar.calendarlist', 'calendar.calendars'})
        self.assertLess(set(required()), managing)

    def test_scope(self):
        "What was unticked on the consent page is missing"
        self.google.revoke_grant(ALICE)
        self.manage(self.credentials, untick=[
                'https://www.googleapis.com/auth/calendar.calendars'])
        self.requests()
        with self.assertRaises(CalendarManageError) as error:
            self.create_calendar()
        self.assertIn("has not granted", error.exception.message)
        self.assertEqual(self.requests(), [])

    def test_owner(self):
        "Nobody manages with the account of another, administrators neither"
        credentials = {'credentials': self.credentials}
        calendar = {'calendar': self.calendar}
        on_credentials = self.credentials, CREDENTIALS
        on_calendar = self.calendar, CALENDAR
        for name, record, state, values in [
                ('create_calendar', on_credentials, 'create_',
                    {**credentials, 'name': "Mine", 'marker': 'x'}),
                ('subscribe_calendar', on_credentials, 'subscribe',
                    {**credentials, 'google_id': BOB}),
                ('rename_calendar', on_calendar, 'rename',
                    {**calendar, 'name': "Mine"}),
                ('share_calendar', on_calendar, 'share',
                    {**calendar, 'rules': [], 'before': '[]'}),
                ('unsubscribe_calendar', on_calendar, 'unsubscribe',
                    calendar)]:
            for user in [self.john, self.ada, self.stranger]:
                # with the record, and without it by what the window says
                for id, model in [record, (None, None)]:
                    with self.subTest(user=user, name=name, id=id), \
                            self.assertRaises(AccessError):
                        wizard = self.wizard(name, id, model, user)
                        wizard.views = {'state': 'start', 'values': values}
                        wizard.execute(state)
        self.assertEqual(self.requests(), [])

    def test_model(self):
        "What is done with one calendar is opened on calendars alone"
        for name in [
                'rename_calendar', 'share_calendar', 'unsubscribe_calendar']:
            with self.subTest(name=name), \
                    self.assertRaises(AccessError):
                self.begin(name, self.credentials, CREDENTIALS)

    def test_shared(self):
        "Of shared credentials the administration decides"
        shared = self.connect(None, BOB)
        self.manage(shared)
        self.google.clear_log()
        with self.assertRaises(AccessError):
            self.begin('create_calendar', shared, CREDENTIALS).execute(
                'create_', name="Team")
        self.begin(
            'create_calendar', shared, CREDENTIALS, self.ada).execute(
            'create_', name="Team")
        self.assertEqual(self.calendars(BOB), ["Team"])

    # Rename

    def test_rename(self):
        "An owner renames for all"
        self.create_calendar(color='#ac725e')
        id, = self.local_calendars('id')
        self.requests()
        wizard = self.begin('rename_calendar', id)
        self.assertTrue(wizard.values['for_all'])
        wizard.execute(
            'rename', name="Crew", description="Text", color='#0000ff',
            time_zone='Europe/Paris')
        self.assertEqual(self.requests(), [
                'calendar.calendars.patch', 'calendar.calendarList.patch'])
        self.assertEqual(
            self.local_calendars('name', 'description', 'color', 'time_zone'),
            [("Crew", "Text", '#0000ff', 'Europe/Paris')])
        self.assertEqual(self.calendars(ALICE), ["Crew"])

    def test_rename_again(self):
        "The name for all shows, whatever the account called it before"
        self.create_calendar()
        id, = self.local_calendars('id')
        self.begin('rename_calendar', id).execute(
            'rename', name="My team", for_all=False)
        self.assertEqual(self.local_calendars('name'), ["My team"])
        self.assertEqual(self.calendars(ALICE), ["Team"])
        self.begin('rename_calendar', id).execute('rename', name="Crew")
        self.assertEqual(self.local_calendars('name'), ["Crew"])
        self.assertEqual(self.calendars(ALICE), ["Crew"])

    def test_rename_reader(self):
        "Who does not own a calendar renames it for the own account"
        theirs = self.google.create_calendar(BOB, "Theirs")
        self.google.share_calendar(theirs['id'], ALICE, 'reader')
        self.discover(self.credentials)
        self.requests()
        id, = self.local_calendars('id')
        wizard = self.begin('rename_calendar', id)
        self.assertFalse(wizard.values['for_all'])
        # the box is not shown, and does not help
        wizard.execute('rename', name="Bob's", for_all=True)
        self.assertEqual(self.requests(), ['calendar.calendarList.patch'])
        self.assertEqual(self.local_calendars('name'), ["Bob's"])
        self.assertEqual(self.calendars(BOB), ["Theirs"])

    def test_rename_gone(self):
        self.create_calendar()
        id, google_id = self.local_calendars('id', 'google_id')[0]
        self.google.delete_calendar(ALICE, google_id)
        with self.assertRaises(CalendarManageError) as error:
            self.begin('rename_calendar', id).execute('rename', name="New")
        self.assertIn("does not find", error.exception.message)
        self.assertEqual(self.local_calendars('name'), ["Team"])

    # Subscribe and unsubscribe

    def test_subscribe(self):
        theirs = self.google.create_calendar(BOB, "Theirs")
        self.google.share_calendar(
            theirs['id'], ALICE, 'reader', subscribe=False)
        wizard = self.begin(
            'subscribe_calendar', self.credentials, CREDENTIALS)
        wizard.execute('subscribe', google_id=theirs['id'])
        self.assertEqual(self.calendars(ALICE), ["Theirs"])
        self.assertEqual(
            self.local_calendars('name', 'access_role', 'enabled'),
            [("Theirs", 'reader', True)])
        # once more changes nothing
        wizard.execute('subscribe', google_id=theirs['id'])
        self.assertEqual(self.local_calendars('name'), ["Theirs"])

    def test_subscribe_unknown(self):
        theirs = self.google.create_calendar(BOB, "Theirs")
        for google_id in ['nobody@example.com', theirs['id']]:
            with self.subTest(google_id=google_id), \
                    self.assertRaises(CalendarManageError) as error:
                self.begin(
                    'subscribe_calendar', self.credentials,
                    CREDENTIALS).execute('subscribe', google_id=google_id)
            self.assertIn(google_id, error.exception.message)
        self.assertEqual(self.local_calendars('name'), [])

    def test_unsubscribe(self):
        "Nothing is deleted at Google"
        self.create_calendar()
        id, google_id = self.local_calendars('id', 'google_id')[0]
        self.google.insert_event(ALICE, timed("There"), calendar=google_id)
        self.synchronize(id)
        with self.user() as pool:
            pool.get(EVENT).delete(pool.get(EVENT).search([
                        ('summary', '=', "There")]))
        self.create("Here", calendar=id)
        self.requests()
        wizard = self.begin('unsubscribe_calendar', id)
        self.assertEqual(
            (wizard.values['events'], wizard.values['unsent']), (1, 2))
        wizard.execute('unsubscribe')
        self.assertEqual(self.writes(), ['calendar.calendarList.delete'])
        self.assertEqual(self.calendars(ALICE), [])
        self.assertEqual(
            self.local_calendars('name', 'enabled'), [("Team", False)])
        self.assertEqual(self.search(EVENT, 'summary'), ["Here"])
        # and once more to forget the events
        wizard.execute('unsubscribe', forget_events=True)
        self.assertEqual(self.search(EVENT, 'summary'), [])
        self.assertEqual(self.tombstones(), [])
        self.assertEqual(self.read(CALENDAR, id, 'cursor'), None)
        # subscribed again, all comes again
        self.begin(
            'subscribe_calendar', self.credentials, CREDENTIALS).execute(
            'subscribe', google_id=google_id)
        self.synchronize(id)
        self.assertEqual(self.search(EVENT, 'summary'), ["There"])
        self.assertEqual(self.remote(google_id), self.local(id))

    def test_unsubscribe_forget_series(self):
        "A series with its exceptions, of many events"
        self.create_calendar()
        id, google_id = self.local_calendars('id', 'google_id')[0]
        series = self.google.insert_event(
            ALICE, timed("Series", recurrence=['RRULE:FREQ=DAILY;COUNT=3']),
            calendar=google_id)
        second = self.google.act(
            ALICE, 'calendar.events.instances', calendarId=google_id,
            eventId=series['id'])['items'][1]
        self.google.patch_event(
            ALICE, second['id'], {'summary': "Moved"}, calendar=google_id)
        self.google.insert_events(
            ALICE, [timed(str(i)) for i in range(1100)], calendar=google_id)
        self.synchronize(id)
        before = self.remote(google_id)
        self.begin('unsubscribe_calendar', id).execute(
            'unsubscribe', forget_events=True)
        self.assertEqual(self.search(EVENT, 'summary'), [])
        self.assertEqual(self.tombstones(), [])
        self.google.subscribe(ALICE, google_id)
        self.assertEqual(self.remote(google_id), before)

    def test_unsubscribe_primary(self):
        with self.assertRaises(CalendarManageError) as error:
            self.begin('unsubscribe_calendar', self.calendar).execute(
                'unsubscribe')
        self.assertIn("primary", error.exception.message)
        self.assertEqual(self.requests(), [])
        self.assertTrue(self.read(CALENDAR, self.calendar, 'enabled'))

    def test_unsubscribe_running(self):
        "Not while it is being synchronized"
        self.create_calendar()
        id, = self.local_calendars('id')
        self.update(CALENDAR, id, lease_until=4e9, lease_token='x')
        self.requests()
        with self.assertRaises(CalendarManageError) as error:
            self.begin('unsubscribe_calendar', id).execute('unsubscribe')
        self.assertIn("being synchronized", error.exception.message)
        self.assertEqual(self.requests(), [])

    def test_unsubscribe_unreachable(self):
        "Nothing is changed if Google is not reached"
        self.create_calendar()
        id, = self.local_calendars('id')
        self.google.add_fault(
            'status', method_id='calendar.calendarList.delete', status=503,
            reason='backendError')
        with self.assertRaises(CalendarManageError):
            self.begin('unsubscribe_calendar', id).execute(
                'unsubscribe', forget_events=True)
        self.assertTrue(self.read(CALENDAR, id, 'enabled'))
