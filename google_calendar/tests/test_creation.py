# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from trytond.modules.google_calendar.exceptions import CalendarManageError
from trytond.modules.google_integration.exceptions import (
    GoogleCredentialsError)

from .manage_case import ManageTestCase
from .tools import ALICE, CALENDAR, CREDENTIALS

CREATION = 'google_calendar.calendar_creation'
INSERT = 'calendar.calendars.insert'


class GoogleCalendarCreationTestCase(ManageTestCase):
    "Test creating calendars"

    def test_create(self):
        _, result = self.create_calendar(
            description="Of the team", time_zone='Asia/Tokyo',
            color='#0088AA')
        self.assertEqual(
            self.writes(), [INSERT] + ['calendar.calendars.patch']
            + ['calendar.calendarList.patch'])
        self.assertEqual(
            self.local_calendars(
                'name', 'description', 'time_zone', 'color', 'access_role',
                'enabled'),
            [("Team", "Of the team", 'Asia/Tokyo', '#0088aa', 'owner', True)])
        entry, = [
            c['calendarListEntry'] for c in self.google.dump(ALICE)
            if c['id'] != ALICE]
        self.assertEqual(
            (entry['summary'], entry['description'], entry['timeZone'],
                entry['backgroundColor']),
            ("Team", "Of the team", 'Asia/Tokyo', '#0088aa'))
        (_, data), = result['actions']
        google_id, = self.local_calendars('google_id')
        self.assertEqual(
            self.read(CALENDAR, data['res_id'][0], 'google_id'), google_id)

    def test_create_little(self):
        "A name is enough"
        self.create_calendar(enabled=False)
        self.assertEqual(
            self.local_calendars('name', 'description', 'enabled'),
            [("Team", None, False)])

    def test_create_lost(self):
        "A lost answer makes no second calendar"
        self.google.add_fault('drop_after', method_id=INSERT, times=2)
        wizard = self.begin('create_calendar', self.credentials, CREDENTIALS)
        with self.assertRaises(CalendarManageError) as error:
            self.create_calendar(wizard)
        self.assertIn("may have been done or not", error.exception.message)
        self.google.clear_faults()
        self.assertEqual(self.calendars(ALICE), ["Team"])
        self.assertEqual(self.local_calendars('name'), [])
        self.create_calendar(wizard, description="Of the team")
        self.assertEqual(self.calendars(ALICE), ["Team"])
        self.assertEqual(
            self.local_calendars('name', 'description'),
            [("Team", "Of the team")])

    def test_create_lost_request(self):
        "A lost request is made again"
        self.google.add_fault('drop_before', method_id=INSERT, times=2)
        wizard = self.begin('create_calendar', self.credentials, CREDENTIALS)
        with self.assertRaises(CalendarManageError):
            self.create_calendar(wizard)
        self.google.clear_faults()
        self.assertEqual(self.calendars(ALICE), [])
        self.create_calendar(wizard)
        self.assertEqual(self.calendars(ALICE), ["Team"])

    def test_create_continue(self):
        "Another window goes on with what was lost"
        self.google.add_fault('drop_after', method_id=INSERT, times=2)
        with self.assertRaises(CalendarManageError):
            self.create_calendar(time_zone='Asia/Tokyo')
        self.google.clear_faults()
        wizard = self.begin('create_calendar', self.credentials, CREDENTIALS)
        self.assertEqual(
            (wizard.values['name'], wizard.values['time_zone'],
                wizard.values['unfinished']),
            ("Team", 'Asia/Tokyo', True))
        self.create_calendar(wizard, name="Team of today")
        self.assertEqual(self.calendars(ALICE), ["Team of today"])
        # the next one is another calendar
        self.create_calendar(name="Second")
        self.assertEqual(
            self.calendars(ALICE), ["Second", "Team of today"])

    def test_create_crash(self):
        "Whatever request is the last one, it goes on from there"
        ids = [INSERT, 'calendar.calendars.patch',
            'calendar.calendarList.patch']
        for index, id in enumerate(ids):
            for action in ['drop_before', 'drop_after', 'status']:
                with self.subTest(id=id, action=action):
                    name = f"{index} {action}"
                    self.google.add_fault(
                        action, method_id=id, times=2, **(
                            {'status': 503, 'reason': 'backendError'}
                            if action == 'status' else {}))
                    with self.assertRaises((
                                CalendarManageError,
                                GoogleCredentialsError)):
                        self.create_calendar(name=name)
                    self.google.clear_faults()
                    self.create_calendar(name=name)
                    self.assertEqual(
                        self.calendars(ALICE).count(name), 1)
                    self.assertIn(
                        (name, None),
                        self.local_calendars('name', 'description'))

    def test_create_twice(self):
        "The same window makes one calendar"
        wizard, _ = self.create_calendar()
        self.requests()
        _, result = self.create_calendar(wizard)
        self.assertEqual(self.requests(), [])
        self.assertTrue(result['actions'])
        self.assertEqual(self.calendars(ALICE), ["Team"])

    def test_create_refused(self):
        "What Google refuses leaves nothing behind"
        self.google.add_fault(
            'status', method_id=INSERT, status=403, reason='quotaExceeded',
            message="Calendar usage limits exceeded.")
        with self.assertRaises(CalendarManageError) as error:
            self.create_calendar()
        self.assertIn("limit of Google", error.exception.message)
        self.assertEqual(self.search(CREATION, 'id'), [])
        self.assertEqual(self.local_calendars('name'), [])

    def test_create_color(self):
        with self.assertRaises(CalendarManageError) as error:
            self.create_calendar(color='blue')
        self.assertIn("blue", error.exception.message)
        self.assertEqual(self.requests(), [])

    def test_create_running(self):
        "Two windows do not create the same calendar at once"
        self.google.add_fault('drop_after', method_id=INSERT, times=2)
        with self.assertRaises(CalendarManageError):
            self.create_calendar()
        self.google.clear_faults()
        creation, = self.search(CREATION, 'id')
        self.update(CREATION, creation, lease_until=4e9, lease_token='x')
        with self.assertRaises(CalendarManageError) as error:
            self.create_calendar()
        self.assertIn("being created", error.exception.message)
        self.assertEqual(self.calendars(ALICE), ["Team"])
