# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Notifications of the emulator to a real trytond, on both databases."""
import concurrent.futures
import datetime as dt
import json
import os
import signal
import subprocess
import time
import unittest
import urllib.request
from unittest.mock import patch
from urllib.error import HTTPError

import proteus
import proteus.config
import psycopg

from tests.database import save_template
from tests.demo import servers
from tests.demo.servers import DATABASE, Servers, script
from tests.emulator import EmulatorAdmin
from tests.postgresql import postgresql

ALICE = 'alice@example.com'
CALENDAR = 'google_calendar.calendar'
EVENT = 'google_calendar.event'
CREDENTIALS = 'google_integration.google_credentials'
LIST = 'calendar.events.list'
SYNCHRONIZE = 'google_integration.synchronization|synchronize_due'
PATIENCE = 60
TOGETHER = 12


def wait(condition, text):
    "Wait until the condition holds and return its result"
    end = time.monotonic() + PATIENCE
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"{text} did not happen")
        time.sleep(.05)
    return result


class ServerTestCase(unittest.TestCase):
    "Alice's calendar in a Tryton that Google can reach"
    worker = False

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.servers = cls.enterClassContext(Servers())
        cls.servers.start_google()
        cls.google = EmulatorAdmin(cls.servers.google)
        # the first message comes while trytond waits for the answer
        cls.google.options(http_channels=True, sync_before_answer=True)
        cls.google.add_user(ALICE)
        cls.create_database()
        cls.servers.start_tryton()
        cls.enterClassContext(proteus.config.set_xmlrpc_session(
                cls.servers.rpc, 'admin', cls.servers.password))
        cls.connect()

    @classmethod
    def create_database(cls):
        cls.servers.create_database()

    @classmethod
    def connect(cls):
        "Authorize, discover, and let Google announce"
        Credentials = proteus.Model.get(CREDENTIALS)
        redirect_uri = f'{cls.servers.base}/{DATABASE}/google/callback'
        client = cls.google.add_client([redirect_uri])
        credentials = Credentials(
            name="Alice", client_id=client['client_id'],
            client_secret=client['client_secret'], redirect_uri=redirect_uri)
        credentials.save()
        url = credentials.click('request_authorization')
        with urllib.request.urlopen(cls.google.consent(url, account=ALICE)):
            pass
        credentials.click('discover')
        calendar, = proteus.Model.get(CALENDAR).find([])
        calendar.enabled = True
        calendar.watch = True
        calendar.save()
        cls.calendar = calendar
        cls.synchronize()
        cls.channel, = wait(
            lambda: cls.google.channels(live=True), "the channel")

    @classmethod
    def synchronize(cls):
        last = cls.calendar.last_sync
        cls.calendar.click('synchronize')

        def done():
            cls.calendar.reload()
            return (cls.calendar.last_sync != last
                and cls.calendar.sync_state == 'idle')
        wait(done, "the synchronization")

    def setUp(self):
        self.google.clear_log()

    def cron(self):
        cron, = proteus.Model.get('ir.cron').find([
                ('method', '=', SYNCHRONIZE)])
        cron.click('run_once')

    def is_due(self):
        self.calendar.reload()
        now = dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)
        return self.calendar.next_sync <= now

    def insert(self, summary):
        "Create an event at Google and wait until it was announced"
        before = len(self.deliveries('exists'))
        self.google.insert_event(ALICE, {
                'summary': summary,
                'start': {'dateTime': '2026-12-01T09:00:00Z'},
                'end': {'dateTime': '2026-12-01T10:00:00Z'},
                })
        wait(lambda: len([
                    d for d in self.deliveries('exists') if d['done']
                    ]) > before, "the notification")
        return self.deliveries('exists')[-1]

    def deliveries(self, state):
        return [
            d for d in self.google.deliveries() if d['state'] == state]

    def find(self, summary):
        return proteus.Model.get(EVENT).find([('summary', '=', summary)])

    def notify(self, **values):
        "Send what Google sends and return the status"
        headers = {
            'X-Goog-Channel-ID': self.channel['id'],
            'X-Goog-Channel-Token': self.channel['token'],
            'X-Goog-Resource-ID': self.channel['resourceId'],
            'X-Goog-Resource-State': 'exists',
            **values}
        request = urllib.request.Request(
            self.channel['address'], b'', headers, method='POST')
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status
        except HTTPError as error:
            with error:
                return error.code

    def lists(self):
        return [
            e['id'] for e in self.google.log() if e['id'] == LIST]

    def test_first(self):
        "The first message came before the answer and was recognized"
        first = self.deliveries('sync')[0]
        self.assertEqual((first['number'], first['status']), (1, 204))
        self.calendar.reload()
        self.assertTrue(self.calendar.watched_until)
        self.assertFalse(self.calendar.watch_error)

    def test_change(self):
        "A change at Google is in Tryton long before the interval has passed"
        self.assertEqual(self.insert("There")['status'], 204)
        if not self.worker:
            self.assertTrue(self.is_due())
            # it did not run before Google was answered
            self.assertEqual(self.lists(), [])
            self.cron()
        event, = wait(lambda: self.find("There"), "the synchronization")
        self.assertEqual(event.start, dt.datetime(2026, 12, 1, 9))

    def test_forged(self):
        "What is forged changes nothing"
        self.settle()
        for values in [
                {'X-Goog-Channel-Token': 'forged'},
                {'X-Goog-Channel-ID': 'unknown'},
                {'X-Goog-Resource-ID': 'another'}]:
            with self.subTest(values=values):
                self.assertEqual(self.notify(**values), 404)
                self.assertFalse(self.is_due())
        self.assertEqual(self.lists(), [])

    def settle(self):
        "Nothing is due"
        if self.is_due():
            self.synchronize()
        wait(lambda: not self.is_due(), "the synchronization")
        wait(lambda: not self.queued(), "the end of the tasks")
        self.google.clear_log()

    def queued(self):
        "How many tasks are not finished"
        return 0

    def test_together(self):
        "Notifications that come together are one synchronisation"
        self.settle()
        # the worker begins at once
        hook = self.google.pause_at(1, method_id=LIST)
        with concurrent.futures.ThreadPoolExecutor(TOGETHER) as executor:
            statuses = list(executor.map(
                    lambda _: self.notify(), range(TOGETHER)))
        self.assertEqual(statuses, [204] * TOGETHER)
        if self.worker:
            self.assertTrue(self.google.wait_hook(hook))
            # that of the run that began, and the next
            self.assertIn(self.queued(), {1, 2})
            self.google.resume()
        else:
            self.assertTrue(self.is_due())
            self.google.clear_hooks()
            self.cron()
            self.assertFalse(self.is_due())
        self.settle_lists()

    def settle_lists(self):
        wait(lambda: not self.queued(), "the end of the tasks")
        self.assertLessEqual(len(self.lists()), 2 if self.worker else 1)
        self.assertTrue(self.lists())

    def test_health(self):
        "The health is told without a session"
        self.settle()
        with urllib.request.urlopen(
                f'{self.servers.base}/{DATABASE}/google/health') as answer:
            content = json.load(answer)
        self.assertEqual(answer.status, 200)
        self.assertLess(content.pop('last_synchronization_age'), PATIENCE)
        self.assertEqual(
            content, {'status': 'ok', 'services': 1, 'failed': 0, 'late': 0})

    def test_unknown_database(self):
        "A database that does not exist knows nothing"
        for path, data in [('notify', b''), ('health', None)]:
            with self.subTest(path=path), \
                    self.assertRaises(HTTPError) as raised:
                urllib.request.urlopen(
                    f'{self.servers.base}/nowhere/google/{path}', data)
            self.assertEqual(raised.exception.code, 404)
            raised.exception.close()


class SQLiteTestCase(ServerTestCase):

    @classmethod
    def create_database(cls):
        cls.servers.template = save_template(cls.servers.path('template'))
        cls.servers.create_database()


class PostgreSQLTestCase(ServerTestCase):
    "On PostgreSQL a worker runs the tasks"
    worker = True

    @classmethod
    def create_database(cls):
        uri = cls.enterClassContext(postgresql())
        with psycopg.connect(
                f'{uri}/postgres', autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE {DATABASE}')
        configuration = servers.CONFIGURATION.replace(
            'uri = sqlite://', f'uri = {uri}') + '[queue]\nworker = True\n'
        with patch.object(servers, 'CONFIGURATION', configuration):
            cls.servers.create_database()
        cls.database = cls.enterClassContext(psycopg.connect(
                f'{uri}/{DATABASE}', autocommit=True))
        cls.start_worker()

    @classmethod
    def start_worker(cls):
        with open(cls.servers.path('worker.log'), 'w') as log:
            process = subprocess.Popen(
                [script('trytond-worker'), '-d', DATABASE, '-t', '1',
                    '-n', '1', '-c', cls.servers.path('trytond.conf')],
                env=cls.servers._environment(
                    OAUTHLIB_INSECURE_TRANSPORT='1'),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True)
        # its children do not end with it
        cls.addClassCleanup(process.wait)
        cls.addClassCleanup(os.killpg, process.pid, signal.SIGKILL)

    def queued(self):
        count, = self.database.execute(
            'SELECT count(*) FROM ir_queue WHERE finished_at IS NULL'
            ).fetchone()
        return count


del ServerTestCase
