# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A database and a Google that are prepared once and copied for each trial.

The database is a file that is copied, or a template of PostgreSQL; the
emulator is copied with the process that is forked.
"""
import contextlib
import datetime as dt
import functools
import gc
import os
import shutil
import tempfile
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import trytond.config as config
from tests.database import backup
from tests.emulator import Emulator
from trytond import backend
from trytond.modules.google_calendar.choices import time_zones
from trytond.modules.google_calendar.times import zones
from trytond.modules.google_integration import engine, tokens, transport
from trytond.modules.google_integration.tests.tools import configure
from trytond.pool import Pool
from trytond.tests import test_tryton
from trytond.transaction import Transaction

from .processes import Process

__all__ = ['Laboratory', 'Site', 'USER', 'WINDOW', 'WRITTEN', 'trial']

USER = 'ann@example.com'
# what is written, of the tables of trytond
WRITTEN = {'ir_attachment', 'ir_model_log', 'ir_queue', 'res_notification'}
REDIRECT = 'http://localhost/callback'
# of which the occurrences are compared
WINDOW = '2030-01-01', '2032-01-01'


class Laboratory:
    """What the trials start from.

    ``lanes`` is the number of trials at a time: each lane has a database of
    its own name, so that the pool of its models is made once.
    """

    def __init__(self, lanes=1):
        self.lanes = lanes
        self._stack = contextlib.ExitStack()
        self._copied = set()
        self.sqlite = backend.name == 'sqlite'

    def __enter__(self):
        with self._stack as stack:
            self.folder = stack.enter_context(tempfile.TemporaryDirectory(
                    prefix='robustness-', ignore_cleanup_errors=True))
            if self.sqlite:
                self._set(stack, 'database', 'path', self.folder)
            # no thread that listens: it would not survive the fork
            self._set(stack, 'cache', 'clean_timeout', '86400')
            self._activate(stack)
            self.emulator = stack.enter_context(Emulator())
            self.site = Site(self, self.base, self.emulator)
            self.site.__dict__.update(self.prepare(Site.authorize))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *exception):
        self._stack.close()

    @staticmethod
    def _set(stack, section, name, value):
        before = config.get(section, name)
        config.set(section, name, value)
        stack.callback(config.set, section, name, before or '')

    def _activate(self, stack):
        test_tryton.activate_module('google_calendar')
        if self.sqlite:
            self.base = 'base'
            with Transaction().start(test_tryton.DB_NAME, 0, readonly=True):
                backup(self.path(self.base))
            test_tryton.drop_db()
        else:
            self.base = test_tryton.DB_NAME
            stack.callback(test_tryton.drop_db)
        for name in [self.base] + list(map(self.lane, range(self.lanes))):
            if name != self.base:
                stack.callback(Pool.stop, name)
                stack.callback(self.drop, name)
                self.copy(name)
            elif not self.sqlite:
                backend.Database(name).close()
                continue
            self._warm(name)

    @staticmethod
    def _warm(name):
        "Load the models, so that the processes that are forked have them"
        Pool(name).init()
        time_zones()
        zones()
        for context in [{}, {'active_test': False}]:
            with Transaction().start(
                    name, 0, readonly=True, context=context):
                # each of them would look for the names of all the models
                Pool().get('google_calendar.event').get_resources()
                Pool().get('ir.model').get_names()
        backend.Database(name).close()
        # a connection of SQLite lives as long as who has it
        gc.collect()

    def path(self, name):
        return os.path.join(self.folder, f'{name}.sqlite')

    def lane(self, number):
        return f'{self.base}_lane{number}'

    def copy(self, name):
        "Make the database of that name a copy of the base"
        if self.sqlite:
            for suffix in ['', '-wal', '-shm']:
                with contextlib.suppress(FileNotFoundError):
                    os.remove(self.path(name) + suffix)
            shutil.copyfile(self.path(self.base), self.path(name))
            return
        self.drop(name)
        with self._server() as cursor:
            cursor.execute(
                f'CREATE DATABASE "{name}" TEMPLATE "{self.base}"')
        with self._server(name) as cursor:
            for table in self._tables(cursor):
                cursor.execute(
                    f'CREATE TABLE copy."{table}" AS TABLE "{table}"')

    def restore(self, name):
        "Give the database what it had when it was copied"
        if self.sqlite:
            self.copy(name)
            return
        # quicker than to create it again
        with self._server(name) as cursor:
            tables = self._tables(cursor)
            cursor.execute('SET session_replication_role = replica')
            cursor.execute('TRUNCATE ' + ', '.join(
                    f'"{table}"' for table in tables) + ' CASCADE')
            for table in tables:
                cursor.execute(
                    f'INSERT INTO "{table}" SELECT * FROM copy."{table}"')

    @staticmethod
    def _tables(cursor):
        "The tables that the modules write"
        cursor.execute('CREATE SCHEMA IF NOT EXISTS copy')
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return [
            name for name, in cursor.fetchall()
            if name.startswith('google_') or name in WRITTEN]

    def drop(self, name):
        if not self.sqlite:
            with self._server() as cursor:
                cursor.execute(
                    f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    @contextlib.contextmanager
    def _server(self, name='postgres'):
        import psycopg
        with psycopg.connect(self.uri(name), autocommit=True) as connection:
            yield connection.cursor()

    @staticmethod
    def uri(name):
        return config.parse_uri(
            config.get('database', 'uri'))._replace(path=f'/{name}').geturl()

    def prepare(self, func, *args):
        "Change what the trials start from: func gets the site of the base"
        configure(self.emulator)
        result = Process(func, self.site, *args).result()
        self._copied.clear()
        if self.sqlite:
            # what was written is in one file
            with self.site.connection() as connection:
                connection.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        return result

    def trial(self, func, *args, lane=0):
        "Return the process in which func gets a copy of the site"
        name = self.lane(lane)
        if name not in self._copied:
            self.copy(name)
            self._copied.add(name)
        return Process(self._trial, func, args, name)

    def _trial(self, func, args, name):
        self.restore(name)
        emulator = Emulator()
        # which this process alone has: it was forked
        emulator.state = self.emulator.state
        with emulator:
            site = Site(self, name, emulator)
            site.credentials = self.site.credentials
            site.calendar = self.site.calendar
            return func(site, *args)


def trial(method):
    """Let the method of a test case run in a copy, with its site

    It must not use subTest, of which the failures would stay in the process.
    """
    @functools.wraps(method)
    def wrapper(self):
        self.laboratory.trial(lambda site: method(self, site)).result()
    return wrapper


def no_wait(seconds):
    "The waiting between two tries is not what is tested"


class Site:
    "A database and an emulator that belong together"

    def __init__(self, laboratory, name, emulator):
        self.laboratory = laboratory
        self.name = name
        self.emulator = emulator
        configure(emulator)

    @property
    def admin(self):
        return self.emulator.admin

    # In a process of its own

    def process(self, method, *args, **kwargs):
        "The process that calls the method of this site"
        return Process(functools.partial(method, self, *args, **kwargs))

    def call(self, method, *args, **kwargs):
        return self.process(method, *args, **kwargs).result()

    @contextlib.contextmanager
    def transaction(self, user=0, context=None):
        transport.sleep = no_wait
        with Transaction().start(
                self.name, user, context=context) as transaction:
            yield transaction

    def authorize(self):
        "Connect the account and enable its calendar"
        client = self.admin.add_user(USER) and self.admin.add_client(
            [REDIRECT])
        with self.transaction(user=1) as transaction:
            pool = Pool()
            Credentials = pool.get('google_integration.google_credentials')
            Calendar = pool.get('google_calendar.calendar')
            # once for each database, and not what a trial measures
            pool.get('ir.configuration').get_google_installation()
            credentials, = Credentials.create([{
                        'name': "Google",
                        'type': 'oauth',
                        'client_id': client['client_id'],
                        'client_secret': client['client_secret'],
                        'redirect_uri': REDIRECT,
                        'user': 1,
                        }])
            transaction.commit()
            action = Credentials.request_authorization([credentials])
            url = str(action['url'])
            transaction.commit()
            answer = parse_qs(urlsplit(
                    self.admin.consent(url, account=USER)).query)
            Credentials(credentials.id).authorize(
                answer['code'][0], answer['state'][0])
            transaction.commit()
            Calendar.discover(Credentials(credentials.id))
            transaction.commit()
            calendar, = Calendar.search([])
            Calendar.write([calendar], {'enabled': True})
            self.set_window()
            transaction.commit()
            return {
                'credentials': credentials.id,
                'calendar': calendar.id,
                }

    def set_window(self):
        "The occurrences do not depend on what time it is"
        Configuration = Pool().get('google_calendar.configuration')
        low, high = map(dt.date.fromisoformat, WINDOW)
        with patch.object(Configuration, 'lock'):
            # nobody else does it
            Configuration.create([{
                        'window_start': low,
                        'window_end': high,
                        }])

    def synchronize(self):
        "Run the engine and tell if it ran to its end"
        with self.transaction():
            Calendar = Pool().get('google_calendar.calendar')
            return engine.Run(Calendar, self.calendar)()

    def token(self, **kwargs):
        "The token with which to call Google"
        with self.transaction():
            Credentials = Pool().get('google_integration.google_credentials')
            return Credentials(self.credentials).get_credentials().token

    def wait_with(self, func):
        "Let the processes that wait for a token do something meanwhile"
        tokens.sleep = func

    # By SQL

    @contextlib.contextmanager
    def connection(self):
        if self.laboratory.sqlite:
            import sqlite3
            connection = sqlite3.connect(self.laboratory.path(self.name))
        else:
            import psycopg
            connection = psycopg.connect(self.laboratory.uri(self.name))
        with contextlib.closing(connection), connection:
            yield connection

    def sql(self, query):
        with self.connection() as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else None

    def rows(self, table, columns='*', order='id'):
        "The rows of the table as dictionaries"
        with self.connection() as connection:
            cursor = connection.execute(
                f'SELECT {columns} FROM {table} ORDER BY {order}')
            names = [c[0] for c in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def end_leases(self):
        "The time of the leases of the dead is over"
        self.sql(
            'UPDATE google_calendar_calendar SET lease_until = 1 '
            'WHERE lease_until IS NOT NULL')
        self.sql(
            'UPDATE google_integration_google_credentials '
            'SET refresh_lease_until = 1 '
            'WHERE refresh_lease_until IS NOT NULL')
