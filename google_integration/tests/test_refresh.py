# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import os
import json
import subprocess
import sys
import tempfile
import threading
from unittest import skipIf
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import trytond.config as config
from tests.database import save_template
from tests.emulator import Emulator
from trytond import backend
from trytond.modules.google_integration import bookkeeping, tokens
from trytond.modules.google_integration.transaction import short
from trytond.pool import Pool
from trytond.tests import test_tryton
from trytond.tests.test_tryton import TestCase
from trytond.transaction import Transaction

from .tools import BASE, KEY, configure, visit

MODEL = 'google_integration.google_credentials'
CHILD = os.path.join(os.path.dirname(__file__), 'refresh_child.py')


class RefreshTestCase(TestCase):
    "Test the refresh by two processes at once"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(patch.dict(
                os.environ, {'OAUTHLIB_INSECURE_TRANSPORT': '1'}))
        cls.emulator = cls.enterClassContext(Emulator())
        cls.google = cls.emulator.admin
        configure(cls.emulator)
        cls.path = config.get('database', 'path')
        cls.database = test_tryton.DB_NAME
        if backend.name == 'sqlite':
            # two processes do not share a database in memory
            cls.database = 'test_refresh'
            cls.path = cls.enterClassContext(tempfile.TemporaryDirectory())
            path = config.get('database', 'path')
            config.set('database', 'path', cls.path)
            cls.addClassCleanup(config.set, 'database', 'path', path)
            save_template(
                os.path.join(cls.path, f'{cls.database}.sqlite'),
                'google_integration')
            Pool(cls.database).init()
        else:
            test_tryton.drop_db()
            test_tryton.activate_module('google_integration')
        cls.addClassCleanup(test_tryton.drop_db, cls.database)
        cls.enterClassContext(
            patch.object(test_tryton, 'DB_NAME', cls.database))

    def create(self):
        self.google.reset()
        self.google.add_user('alice@example.com')
        client = self.google.add_client(
            redirect_uris=['http://localhost/callback'])
        with Transaction().start(self.database, 1) as transaction:
            Credentials = Pool().get(MODEL)
            record, = Credentials.create([{
                        'name': "Test",
                        'client_id': client['client_id'],
                        'client_secret': client['client_secret'],
                        'redirect_uri': 'http://localhost/callback',
                        }])
            url = Credentials.request_authorization([record])['url']
            transaction.commit()
            location = self.google.consent(url, account='alice@example.com')
            arguments = dict(parse_qsl(urlsplit(location).query))
            record.authorize(arguments['code'], arguments['state'])
            record = Credentials(record.id)
            self.assertEqual(record.state, 'authorized')
            bookkeeping.update(Credentials, [record.id], {
                    'token_expiry': dt.datetime(2020, 1, 1),
                    })
            return record.id

    def start(self, id, count):
        options = {
            'path': self.path,
            'encryption_key': KEY,
            'api_root': self.emulator.url + '/',
            'token_uri': self.emulator.url + '/token',
            }
        children = []
        for _ in range(count):
            child = subprocess.Popen(
                [sys.executable, CHILD, self.database, str(id),
                    json.dumps(options)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.addCleanup(child.communicate)
            self.addCleanup(child.kill)
            children.append(child)
        for child in children:
            self.assertEqual(child.stdout.readline(), 'ready\n')
        return children

    def test_two_processes(self):
        "Two processes make one request"
        id = self.create()
        children = self.start(id, 2)
        self.google.clear_log()
        self.google.add_fault(
            'latency', method_id='oauth.token', seconds=0.5)
        for child in children:
            child.stdin.write('go\n')
            child.stdin.flush()
        answers = [child.stdout.readline().strip() for child in children]
        for child in children:
            self.assertEqual(child.wait(60), 0)
        self.assertTrue(answers[0])
        self.assertEqual(*answers)
        self.assertEqual(
            [e['id'] for e in self.google.log()], ['oauth.token'])

    def test_killed(self):
        "A process that is killed while it holds the lease"
        id = self.create()
        child, = self.start(id, 1)
        self.google.clear_log()
        hook = self.google.kill_at(child.pid, 1, when='before')
        child.stdin.write('go\n')
        child.stdin.flush()
        self.google.wait_hook(hook)
        self.assertLess(child.wait(60), 0)
        now = [0.0]

        def sleep(seconds):
            now[0] += seconds
            # the lease runs out by the clock of the database
            if now[0] > 1:
                with Transaction().new_transaction():
                    bookkeeping.update(
                        Pool().get(MODEL), [id], {'refresh_lease_until': 1})
        with Transaction().start(self.database, 0), \
                patch.object(tokens, 'sleep', sleep):
            Credentials = Pool().get(MODEL)
            self.assertTrue(Credentials(id).refresh_lease_token)
            Transaction().rollback()
            self.assertTrue(Credentials(id).get_credentials().token)
            self.assertIsNone(Credentials(id).refresh_lease_token)

    def test_thread(self):
        "A token that is refused in a thread without transaction"
        id = self.create()
        with Transaction().start(self.database, 0):
            client = Pool().get(MODEL)(id).get_client('oauth2', 'v2')
        self.addCleanup(client.close)
        self.google.expire_access_tokens()
        answers = []
        thread = threading.Thread(target=lambda: answers.append(
                client.execute(client.api.userinfo().get())))
        thread.start()
        thread.join()
        (answer,) = answers
        self.assertEqual(answer['email'], 'alice@example.com')

    def test_callback(self):
        "Of the same answer that arrives several times at once one works"
        id = self.create()
        with Transaction().start(self.database, 1) as transaction:
            Credentials = Pool().get(MODEL)
            url = Credentials.request_authorization([Credentials(id)])['url']
            transaction.commit()
        query = urlsplit(
            self.google.consent(url, account='alice@example.com')).query
        self.google.clear_log()
        start = threading.Barrier(4)
        codes = []

        def arrive():
            start.wait()
            codes.append(visit(
                    f'{BASE}/{self.database}/google/callback?{query}'
                    ).status_code)
        threads = [threading.Thread(target=arrive) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(codes), [200, 403, 403, 403])
        self.assertEqual(
            [e['id'] for e in self.google.log()].count('oauth.token'), 1)
        with Transaction().start(self.database, 0):
            self.assertEqual(Pool().get(MODEL)(id).state, 'authorized')

    @skipIf(backend.name == 'sqlite', "one writer at a time")
    def test_serialization(self):
        "Who loses the race for the request gets an error that is no failure"
        id = self.create()
        with Transaction().start(self.database, 0) as transaction:
            Credentials = Pool().get(MODEL)
            bookkeeping.update(
                Credentials, [id], {'state': 'pending', 'oauth_state': 'a'})
            transaction.commit()
            # a snapshot from before
            self.assertEqual(Credentials(id).oauth_state, 'a')
            with transaction.new_transaction() as other:
                bookkeeping.update(Credentials, [id], {'oauth_state': 'b'})
                other.commit()
            with self.assertRaises(backend.DatabaseOperationalError):
                Credentials._swap_state(id, 'a', 'x')
            transaction.rollback()
            self.assertFalse(short(
                    lambda: Credentials._swap_state(id, 'a', 'x')))
