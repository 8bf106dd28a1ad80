# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Work that is counted, which does not depend on the machine as time does."""
import sys
from contextlib import contextmanager
from unittest.mock import patch

from trytond.transaction import Transaction

__all__ = ['Counted', 'Work', 'count_queries']


class Work:
    "Counts the calls of functions in a block"

    def __init__(self):
        self.calls = 0

    def __enter__(self):
        sys.setprofile(self._count)
        return self

    def __exit__(self, *exception):
        sys.setprofile(None)

    def _count(self, frame, event, argument):
        if event in {'call', 'c_call'}:
            self.calls += 1


class Counted:
    "A connection, or one of its cursors, that tells its statements"

    def __init__(self, thing, statements):
        self.thing = thing
        self.statements = statements

    def __getattr__(self, name):
        return getattr(self.thing, name)

    def __iter__(self):
        return iter(self.thing)

    def cursor(self, *args):
        return Counted(self.thing.cursor(*args), self.statements)

    def execute(self, sql, *args):
        self.statements.append(str(sql))
        return self.thing.execute(sql, *args)


@contextmanager
def count_queries():
    "The statements of the transaction in a block"
    transaction, statements = Transaction(), []
    with patch.object(
            transaction, 'connection',
            Counted(transaction.connection, statements)):
        yield statements
