# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Databases in which the modules are activated already, for the tests."""
import contextlib
import sqlite3

from trytond import backend
from trytond.tests.test_tryton import DB_NAME, activate_module, drop_db
from trytond.transaction import Transaction

__all__ = ['backup', 'save_template']


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
