# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt

from trytond.model.exceptions import AccessError
from trytond.modules.google_calendar.exceptions import CalendarManageError
from trytond.modules.google_integration.tests.tools import visit
from trytond.tests.test_tryton import DB_NAME
from trytond.worker import run_task

from .manage_case import WizardSession
from .tools import (
    ALICE, BOB, CALENDAR, CREDENTIALS, EVENT, GoogleCalendarTestCase, database,
    timed)


class GoogleCalendarSynchronizeTestCase(GoogleCalendarTestCase):
    "Test to synchronize from where the events are"

    def press(self, user=None, event=None):
        return WizardSession(
            'google_calendar.synchronize', user or self.jane,
            EVENT if event else None, event).execute()

    def run_tasks(self):
        for id in self.search('ir.queue', 'id'):
            run_task(DB_NAME, id)

    def test_synchronize(self):
        self.google.insert_event(ALICE, timed("There"))
        self.assertEqual(self.press(), {})
        self.run_tasks()
        self.assertEqual(self.search(EVENT, 'summary'), ["There"])
        # from an event, too
        event, = self.search(EVENT, 'id')
        self.assertEqual(self.press(event=event), {})
        with database(commit=False) as pool:
            Keyword = pool.get('ir.action.keyword')
            wizards = Keyword.search([
                    ('action.name', '=', "Synchronize"),
                    ('keyword', '=', 'form_action'),
                    ])
            self.assertEqual(
                {w.model.partition(',')[0] for w in wizards},
                {EVENT, 'google_calendar.occurrence'})

    def test_which(self):
        "The own calendars and the shared ones, which are enabled"
        shared, = self.discover(self.connect(None, BOB))
        self.google.add_user('john@example.com')
        self.discover(self.connect(self.john, 'john@example.com'))
        self.google.create_calendar(ALICE, "Disabled")
        with database() as pool:
            Credentials = pool.get(CREDENTIALS)
            Credentials.discover([Credentials(self.credentials)])
        self.press()
        self.assertCountEqual(
            self.search(
                CALENDAR, 'id', domain=[('queued_at', '!=', None)]),
            [self.calendar, shared])
        with self.assertRaises(AccessError):
            self.press(self.stranger)

    def test_nothing(self):
        "The message says what to do first"
        self.set_service(enabled=False)
        for user in [self.jane, self.john]:
            with self.assertRaises(CalendarManageError) as error:
                self.press(user)
            self.assertIn("Discover", error.exception.message)

    def test_consent(self):
        "What is not authorized opens the consent, and goes on afterwards"
        self.google.revoke_grant(ALICE)
        self.google.expire_access_tokens(ALICE)
        self.run_once()
        self.assertEqual(
            self.read(CREDENTIALS, self.credentials, 'state'), 'expired')
        later = dt.datetime(2099, 1, 1)
        self.update(CALENDAR, self.calendar, next_sync=later)
        self.requests()
        (action, data), = self.press()['actions']
        self.assertEqual(action['type'], 'ir.action.url')
        # no request may delay the page, or the browser blocks it
        self.assertEqual(self.requests(), [])
        self.assertEqual(
            self.read(CREDENTIALS, self.credentials, 'state'), 'pending')
        answer = visit(self.google.consent(action['url'], account=ALICE))
        self.assertEqual(answer.status_code, 200)
        self.assertLess(
            self.read(CALENDAR, self.calendar, 'next_sync'), later)
        self.assertEqual(self.press(), {})

    def test_never_authorized(self):
        client = self.google.add_client(
            redirect_uris=['http://localhost/callback'])
        with database(self.john) as pool:
            pool.get(CREDENTIALS).create([{
                        'name': "New",
                        'user': self.john,
                        'client_id': client['client_id'],
                        'client_secret': client['client_secret'],
                        'redirect_uri': 'http://localhost/callback',
                        }])
        (action, _), = self.press(self.john)['actions']
        self.assertIn(client['client_id'], action['url'])
        # those of another are not touched
        self.assertEqual(self.press(self.jane), {})

    def test_off(self):
        "Credentials that do not synchronize are left alone"
        with database() as pool:
            Credentials = pool.get(CREDENTIALS)
            Credentials.write(
                [Credentials(self.credentials)], {'sync_enabled': False})
        with self.assertRaises(CalendarManageError):
            self.press()
