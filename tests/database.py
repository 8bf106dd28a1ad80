# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Databases in which the modules are activated already, for the tests."""
import contextlib
import sqlite3

from trytond import backend
from trytond.cache import Cache
from trytond.tests.test_tryton import DB_NAME, activate_module, drop_db
from trytond.transaction import Transaction

__all__ = ['Snapshot', 'backup', 'save_template']


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
    "The database of the tests as it is, on SQLite, to go back to"

    def __init__(self):
        self._copy = sqlite3.connect(':memory:')

    def take(self):
        self._connection.backup(self._copy)

    def restore(self):
        self._copy.backup(self._connection)
        Cache.drop(DB_NAME)

    def close(self):
        self._copy.close()

    @property
    def _connection(self):
        return backend.Database(DB_NAME).connect().get_connection()
