# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Notifications are recognized and make the calendar due."""
from unittest.mock import patch
from urllib.parse import quote

from werkzeug.test import Client

import trytond.config as config
from trytond.modules.google_integration import channel as channel_module
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.tests.tools import BASE
from trytond.modules.google_integration.tests.work import Counted
from trytond.protocols.wrappers import Response
from trytond.tests.test_tryton import DB_NAME
from trytond.transaction import Transaction
from trytond.wsgi import app

from .tools import ALICE, CALENDAR, database, timed
from .watch_case import CHANNEL, INTERVAL, LIST, WatchTestCase


class NotifyTestCase(WatchTestCase):
    "Notifications are recognized and make the calendar due"

    def prepare(self):
        super().prepare()
        self.synchronize()
        self.google.clear_log()
        self.later()
        self.channel, = self.live()

    def test_exists(self):
        "A change makes the calendar due, and nothing else happens"
        before = self.rows()
        self.assertEqual(self.notify(), 204)
        self.assertEqual(self.response.get_data(), b'')
        self.assertNotIn('Set-Cookie', self.response.headers)
        self.assertTrue(self.is_due())
        self.assertEqual(self.rows(), before)
        self.assertEqual(self.tasks(), [])
        self.assertEqual(self.requests(), [])

    def test_sync(self):
        "The first message is answered and nothing is done"
        self.assertEqual(self.notify(Resource_State='sync'), 204)
        self.assertFalse(self.is_due())

    def test_not_exists(self):
        "That the calendar was deleted is found by a synchronisation"
        self.assertEqual(self.notify(Resource_State='not_exists'), 204)
        self.assertTrue(self.is_due())

    def test_forged(self):
        "What is not from Google gets one answer, and nothing happens"
        answers = set()
        for values in [
                {'Channel_Token': 'forged'},
                {'Channel_Token': None},
                {'Channel_Token': ''},
                {'Channel_Token': self.channel['token'][:-1]},
                {'Channel_Token': 'é' * 43},
                {'Channel_Token': 'x' * 100000},
                {'Channel_ID': 'unknown'},
                {'Channel_ID': None},
                {'Channel_ID': "' OR 1=1 --"},
                {'Channel_ID': '%'},
                {'Resource_ID': 'another'},
                {'Resource_ID': None},
                ]:
            with self.subTest(values=values):
                before = self.rows()
                self.assertEqual(
                    self.notify(self.channel, **values), 404)
                self.assertFalse(self.is_due())
                self.assertEqual(self.rows(), before)
                answers.add(self.response.get_data())
        self.assertEqual(len(answers), 1)

    def test_expired(self):
        "A channel that ended is not heard"
        self.change_channels(expires_at=utcnow())
        self.assertEqual(self.notify(), 404)
        self.assertFalse(self.is_due())

    def test_failed(self):
        "Nor one that Google refused"
        self.change_channels(state='failed')
        self.assertEqual(self.notify(), 404)

    def test_constant_cost(self):
        "The same one query for a known and for an unknown channel"
        for values, updates in [
                ({}, 1), ({'Channel_Token': 'forged'}, 0),
                ({'Channel_ID': 'unknown'}, 0)]:
            with self.subTest(values=values):
                self.later()
                queries = self.count_queries(
                    lambda: self.notify(self.channel, **values))
                self.assertEqual(
                    (queries.count('SELECT'), queries.count('UPDATE'),
                        len(queries)), (1, updates, 1 + updates))

    def count_queries(self, func):
        statements = []
        start = Transaction.start

        def counting(transaction, *args, **kwargs):
            result = start(transaction, *args, **kwargs)
            transaction.connection = Counted(
                transaction.connection, statements)
            return result
        with patch.object(Transaction, 'start', counting):
            func()
        verbs = [s.split()[0].upper() for s in statements]
        return [v for v in verbs if v not in {
                'BEGIN', 'SAVEPOINT', 'SET', 'PRAGMA'}]

    def test_constant_time(self):
        "The digests are compared in constant time, also of what is unknown"
        compared = []
        compare = channel_module.hmac.compare_digest

        def spy(a, b):
            compared.append((len(a), len(b)))
            return compare(a, b)
        for values in [
                {}, {'Channel_Token': 'forged'}, {'Channel_ID': 'unknown'}]:
            with patch.object(channel_module.hmac, 'compare_digest', spy):
                self.notify(self.channel, **values)
        self.assertEqual(len(compared), 6)
        self.assertEqual(compared[::2], [(64, 64)] * 3)

    def test_burst(self):
        "Many notifications are one synchronisation"
        for _ in range(5):
            self.assertEqual(self.notify(), 204)
        self.google.insert_event(ALICE, timed("There"))
        self.cron()
        self.assertEqual(self.tasks(), [])

    def test_reaches(self):
        "A change at Google is here once cron has run"
        self.google.insert_event(ALICE, timed("There"))
        self.notify()
        with database() as pool:
            pool.get('google_integration.synchronization').synchronize_due()
            Transaction().tasks.clear()
        self.assertEqual(self.tasks(), ['run_synchronization'])
        with database() as pool:
            for task in pool.get('ir.queue').search([]):
                task.run()
        self.assert_equal_sides(1)

    def test_lost(self):
        "What was not announced is found at the interval"
        self.google.insert_event(ALICE, timed("There"))
        self.assertTrue(any(d['lost'] for d in self.google.deliveries()))
        self.assertFalse(self.is_due())
        self.update(CALENDAR, self.calendar, next_sync=utcnow())
        self.synchronize()
        self.assert_equal_sides(1)

    def worker(self):
        config.set('queue', 'worker', 'True')
        self.addCleanup(config.set, 'queue', 'worker', 'False')

    def test_worker(self):
        "With workers one task is put, and one only"
        self.worker()
        for _ in range(3):
            self.assertEqual(self.notify(), 204)
        self.assertEqual(self.tasks(), ['run_synchronization'])
        data, = self.search('ir.queue', 'data')
        self.assertNotIn('_request', data['context'])
        self.assertEqual(data['user'], 0)
        self.assertEqual(self.requests(), [])

    def test_worker_running(self):
        "What is announced during a run is for the next one"
        self.worker()
        statuses = []
        with self.hook(
                'list_changes',
                after=lambda *args: statuses.append(self.notify())):
            self.synchronize()
        self.assertEqual(statuses, [204])
        self.assertEqual(self.tasks(), ['run_synchronization'])

    def test_waiting(self):
        "A task that waits will see the change"
        self.update(CALENDAR, self.calendar, queued_at=utcnow())
        self.assertEqual(self.notify(), 204)
        self.assertFalse(self.is_due())

    def test_failed_service(self):
        "A service that failed keeps the time that Google asked for"
        self.google.add_fault(
            'status', status=429, retry_after=3000, method_id=LIST)
        self.assertFalse(self.run_once())
        self.assertEqual(self.notify(), 204)
        self.assertFalse(self.is_due())

    def test_disabled(self):
        "A calendar that was just disabled does not become due"
        self.set_service(enabled=False)
        self.assertEqual(self.notify(), 204)
        self.assertFalse(self.is_due())

    def test_methods(self):
        "Only POST"
        for method in ['GET', 'PUT', 'DELETE', 'HEAD']:
            with self.subTest(method=method):
                self.assertEqual(self.notify(method=method), 405)
        self.assertFalse(self.is_due())

    def test_body(self):
        "The body is ignored, and limited"
        self.assertEqual(self.notify(data=b'{"method": "x"'), 204)
        self.assertEqual(self.notify(
                data=b'<xml/>', content_type='text/xml'), 204)
        self.later()
        self.assertEqual(self.notify(data=b'x' * 100000), 413)
        self.assertFalse(self.is_due())

    def test_session(self):
        "No password is checked"
        with patch('trytond.security.login') as login, \
                patch('trytond.security.check') as check:
            response = Client(app, Response).post(
                f'/{quote(DB_NAME)}/google/notify', base_url=BASE,
                auth=('admin', 'password'))
            self.assertEqual(response.status_code, 404)
        login.assert_not_called()
        check.assert_not_called()

    def test_log(self):
        "The token is in no log"
        with self.assertLogs(level='DEBUG') as logs:
            self.notify()
            self.notify(Channel_Token='forged-token')
            with patch.object(
                    self.model(CHANNEL), 'recognize',
                    side_effect=ValueError(self.channel['token'])):
                self.assertEqual(self.notify(), 503)
        text = '\n'.join(logs.output)
        self.assertNotIn(self.channel['token'], text)
        self.assertNotIn('forged-token', text)
        self.assertNotIn(
            self.channel['token'], self.response.get_data(as_text=True))

    def test_run_log(self):
        "Nor when the channel is opened"
        with self.assertLogs(level='DEBUG') as logs:
            self.change_channels(attend_at=utcnow())
            self.synchronize()
        channel, = self.live()
        self.assertNotIn(channel['token'], '\n'.join(logs.output))

    def test_other_calendar(self):
        "Each calendar has its channel"
        self.google.create_calendar(ALICE, "Work")
        other = self.discover(self.credentials)[1]
        self.set_service(other, watch=True)
        self.synchronize(other)
        self.update(
            CALENDAR, other, next_sync=utcnow() + INTERVAL, queued_at=None)
        self.later()
        self.assertEqual(self.notify(self.channel), 204)
        self.assertTrue(self.is_due())
        self.assertGreater(
            self.read(CALENDAR, other, 'next_sync'), utcnow())


del WatchTestCase
