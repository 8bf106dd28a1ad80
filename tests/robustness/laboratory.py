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

import trytond.config as config
from tests import warm
from tests.database import backup
from tests.emulator import Emulator
from tests.emulator.drive import content
from trytond import backend
from trytond.cache import Cache
from trytond.modules.google_calendar.choices import time_zones
from trytond.modules.google_calendar.times import zones
from trytond.modules.google_integration.tests.tools import configure
from trytond.pool import Pool
from trytond.tests import test_tryton
from trytond.transaction import Transaction

from .processes import Process
from .site import USER, BaseSite

__all__ = ['Laboratory', 'Site', 'USER', 'WINDOW', 'trial']

# of which the occurrences are compared
WINDOW = '2030-01-01', '2032-01-01'


class Site(BaseSite):
    "One calendar, which is synchronised"
    modules = ['google_calendar']
    service = 'google_calendar.calendar'
    listing = 'calendar.events.list'

    @staticmethod
    def warm():
        time_zones()
        zones()
        # it would look for the names of all the models
        Pool().get('google_calendar.event').get_resources()

    @property
    def calendar(self):
        return self.id

    def prepared(self, calendar):
        "The occurrences do not depend on what time it is"
        Configuration = Pool().get('google_calendar.configuration')
        low, high = map(dt.date.fromisoformat, WINDOW)
        with patch.object(Configuration, 'lock'):
            # nobody else does it
            Configuration.create([{
                        'window_start': low,
                        'window_end': high,
                        }])


class Laboratory:
    """What the trials start from.

    ``lanes`` is the number of trials at a time: each lane has a database of
    its own name, so that the pool of its models is made once. ``Site`` is the
    class of what is copied.
    """

    def __init__(self, lanes=1, Site=Site):
        self.lanes = lanes
        self.Site = Site
        self._stack = contextlib.ExitStack()
        self._copied = set()
        self.sqlite = backend.name == 'sqlite'

    def __enter__(self):
        with self._stack as stack:
            self.folder = stack.enter_context(tempfile.TemporaryDirectory(
                    prefix='robustness-', ignore_cleanup_errors=True))
            # the contents of attachments are there with every database
            self._set(stack, 'database', 'path', self.folder)
            # no thread that listens: it would not survive the fork
            self._set(stack, 'cache', 'clean_timeout', '86400')
            # nor is a table counted again at random, once in 1000 creations
            self._set(stack, 'cache', 'count_clear', str(10 ** 12))
            self._activate(stack)
            self.emulator = stack.enter_context(Emulator())
            self.site = self.Site(self, self.base, self.emulator)
            self.known = self.prepare(self.Site.authorize)
            self.site.__dict__.update(self.known)
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
        test_tryton.activate_module(self.Site.modules)
        models = warm.models(test_tryton.DB_NAME)
        if self.sqlite:
            self.base = 'base'
            with Transaction().start(test_tryton.DB_NAME, 0, readonly=True):
                backup(self.path(self.base))
            test_tryton.drop_db()
        else:
            self.base = test_tryton.DB_NAME
            stack.callback(test_tryton.drop_db)
        for name in [self.base] + list(map(self.lane, range(self.lanes))):
            if name == self.base and not self.sqlite:
                backend.Database(name).close()
                continue
            # another laboratory has other modules in the databases of these
            # names
            stack.callback(Cache.drop, name)
            stack.callback(Pool.stop, name)
            if name != self.base:
                stack.callback(self.drop, name)
                self.copy(name)
            warm.give(name, models)
            self._warm(name)

    def _warm(self, name):
        "Load what the processes that are forked need"
        for context in [{}, {'active_test': False}]:
            with Transaction().start(
                    name, 0, readonly=True, context=context):
                self.Site.warm()
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
        # what its attachments had
        shutil.rmtree(os.path.join(self.folder, name), ignore_errors=True)
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

    def _tables(self, cursor):
        "The tables that the modules write"
        cursor.execute('CREATE SCHEMA IF NOT EXISTS copy')
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        return [
            name for name, in cursor.fetchall()
            if name.startswith('google_') or name in self.Site.written]

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
        with tempfile.TemporaryDirectory(dir=self.folder) as folder, emulator:
            tempfile.tempdir = folder
            content.folder.cache_clear()
            site = self.Site(self, name, emulator)
            site.__dict__.update(self.known)
            return func(site, *args)


def trial(method):
    """Let the method of a test case run in a copy, with its site

    It must not use subTest, of which the failures would stay in the process.
    """
    @functools.wraps(method)
    def wrapper(self):
        self.laboratory.trial(lambda site: method(self, site)).result()
    return wrapper
