# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The health of the calendars, as monitoring systems see it."""
import datetime as dt
from urllib.parse import quote

from werkzeug.test import Client

from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.tests.tools import BASE
from trytond.protocols.wrappers import Response
from trytond.tests.test_tryton import DB_NAME
from trytond.wsgi import app

from .tools import ALICE, CALENDAR, CREDENTIALS, database
from .watch_case import INTERVAL, LIST, WatchTestCase


class HealthTestCase(WatchTestCase):

    def health(self, status):
        response = Client(app, Response).get(
            f'/{quote(DB_NAME)}/google/health', base_url=BASE)
        self.assertEqual(response.status_code, status)
        self.assertEqual(response.headers['Cache-Control'], 'no-store')
        content = response.get_json()
        self.assertEqual(set(content), {
                'status', 'services', 'failed', 'late',
                'last_synchronization_age'})
        return content

    def test_health(self):
        "Numbers and nothing else"
        content = self.health(200)
        self.assertIsNone(content['last_synchronization_age'])
        self.synchronize()
        self.later()
        content = self.health(200)
        self.assertLess(content.pop('last_synchronization_age'), 60)
        self.assertEqual(
            content, {'status': 'ok', 'services': 1, 'failed': 0, 'late': 0})

    def test_failed(self):
        "It is bad if nothing works"
        self.google.create_calendar(ALICE, "Work")
        self.discover(self.credentials)
        self.google.add_fault(
            'status', status=403, reason='forbidden', method_id=LIST)
        self.assertFalse(self.run_once())
        content = self.health(200)
        self.assertEqual(
            (content['services'], content['failed']), (2, 1))
        self.set_service(enabled=True)
        with database() as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.write(Calendar.search([
                        ('id', '!=', self.calendar)]), {'enabled': False})
        content = self.health(503)
        self.assertEqual(content['status'], 'failed')

    def test_late(self):
        "Or if cron or the workers do not run"
        before = utcnow() - dt.timedelta(minutes=20)
        self.synchronize()
        for values in [
                {'next_sync': before},
                {'next_sync': utcnow() + INTERVAL, 'queued_at': before}]:
            with self.subTest(values=values):
                self.update(CALENDAR, self.calendar, **values)
                content = self.health(503)
                self.assertEqual(
                    (content['status'], content['late']), ('late', 1))

    def test_without_tokens(self):
        "Without authorization nothing works"
        self.click(CREDENTIALS, self.credentials, 'revoke')
        content = self.health(503)
        self.assertEqual(
            (content['status'], content['failed']), ('failed', 1))

    def test_disabled(self):
        "What is disabled does not count"
        self.set_service(enabled=False)
        content = self.health(200)
        self.assertEqual(content['services'], 0)


del WatchTestCase
