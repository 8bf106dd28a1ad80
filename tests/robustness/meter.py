# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Counting what is asked of the database, at the level of its driver."""
import contextlib
import os
import re
import signal
from unittest.mock import patch

from trytond import backend

__all__ = ['Meter', 'die']

_WRITE = re.compile(r'\s*(INSERT|UPDATE|DELETE)\b', re.IGNORECASE)


def die():
    "End this process as if the power had failed"
    os.kill(os.getpid(), signal.SIGKILL)


class Meter:
    """Counts the statements, those that write, and the transactions of these.

    ``at_commit`` is called with the number of a commit of a transaction that
    wrote, and with 'before' or 'after'.
    """

    def __init__(self, at_commit=None):
        self.statements = 0
        self.writes = 0
        self.commits = 0
        self.at_commit = at_commit
        self._wrote = set()

    def _execute(self, connection, query):
        if not isinstance(query, str):
            query = query.as_string(connection)
        # the pool of psycopg checks a connection with an empty one
        if not query:
            return
        self.statements += 1
        if _WRITE.match(query):
            self.writes += 1
            self._wrote.add(id(connection))

    def _commit(self, connection, commit):
        if id(connection) not in self._wrote:
            return commit(connection)
        self._wrote.discard(id(connection))
        self.commits += 1
        if self.at_commit:
            self.at_commit(self.commits, 'before')
        commit(connection)
        if self.at_commit:
            self.at_commit(self.commits, 'after')

    def _rollback(self, connection, rollback):
        self._wrote.discard(id(connection))
        rollback(connection)

    def __enter__(self):
        if backend.name == 'sqlite':
            from trytond.backend.sqlite.database import (
                SQLiteConnection as Connection)
            from trytond.backend.sqlite.database import SQLiteCursor as Cursor
        else:
            from psycopg import Connection, Cursor
        self._stack = contextlib.ExitStack()
        for name in ['execute', 'executemany']:
            self._wrap_cursor(Cursor, name)
        self._wrap_connection(Connection, 'commit', self._commit)
        self._wrap_connection(Connection, 'rollback', self._rollback)
        return self

    def __exit__(self, *exception):
        self._stack.close()

    def _wrap_cursor(self, Cursor, name):
        original = getattr(Cursor, name)

        def execute(cursor, query, *args, **kwargs):
            self._execute(cursor.connection, query)
            return original(cursor, query, *args, **kwargs)
        self._stack.enter_context(patch.object(Cursor, name, execute))

    def _wrap_connection(self, Connection, name, around):
        original = getattr(Connection, name)
        self._stack.enter_context(patch.object(
                Connection, name,
                lambda connection: around(connection, original)))
