# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Databases in which the modules are activated already, for the tests."""
import contextlib
import shutil
import sqlite3
from pathlib import Path

import trytond.config as config
from trytond import backend
from trytond.cache import Cache
from trytond.tests.test_tryton import DB_NAME, activate_module, drop_db
from trytond.transaction import Transaction

__all__ = ['Snapshot', 'backup', 'save_template']

# the caches of the names of models, which are those of the modules: to fill
# them again takes longer than many a test
KEPT = ['ir.model.get_names', 'ir.model.field.get_name']


def save_template(path, modules='google_calendar'):
    """Write a file of SQLite in which the modules are activated

    Return its path, None where the tests run on another database.
    """
    if backend.name != 'sqlite':
        return
    drop_db()
    activate_module(modules)
    with Transaction().start(DB_NAME, 0, readonly=True):
        backup(path)
    drop_db()
    return path


def backup(path):
    "Copy the database of the transaction to a file"
    with contextlib.closing(sqlite3.connect(path)) as target:
        Transaction().connection.backup(target)


class Snapshot:
    "The database of the tests and its files as they are, on SQLite"

    def __init__(self):
        self._copy = sqlite3.connect(':memory:')
        self._files = {}

    def take(self):
        self._connection.backup(self._copy)
        self._files = {
            path: path.read_bytes()
            for path in self._folder.rglob('*') if path.is_file()}

    def restore(self):
        self._copy.backup(self._connection)
        kept = {
            cache: cache._database_cache[DB_NAME]
            for cache in map(Cache._instances.get, KEPT)
            # unless something has changed
            if DB_NAME not in cache._timestamp}
        Cache.drop(DB_NAME)
        for cache, values in kept.items():
            cache._database_cache[DB_NAME] = values
        shutil.rmtree(self._folder, ignore_errors=True)
        for path, content in self._files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def close(self):
        self._copy.close()

    @property
    def _connection(self):
        return backend.Database(DB_NAME).connect().get_connection()

    @property
    def _folder(self):
        "Where the contents of its attachments are"
        return Path(config.get('database', 'path'), DB_NAME)
