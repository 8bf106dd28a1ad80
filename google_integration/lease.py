# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A lease: who runs a service, on whatever machine."""
import secrets

from sql import Column, Null
from sql.functions import CurrentTimestamp, Extract

from trytond import backend, config
from trytond.transaction import Transaction

__all__ = ['Lease', 'LeaseLost', 'epoch']


class LeaseLost(Exception):
    "Another process has taken the lease over"


def epoch():
    "The seconds since 1970 by the clock of the database, as SQL"
    return Extract('EPOCH', CurrentTimestamp())


class Lease:
    """Taken and renewed by compare-and-swap.

    ``name`` is the prefix of the two columns, so that a model can have several
    lanes, each with its lease; ``duration`` is in seconds.
    """

    def __init__(self, Model, id, duration, name='lease'):
        self.id = id
        self.duration = duration
        self.token = secrets.token_hex(16)
        self.table = Model.__table__()
        self.token_column = Column(self.table, f'{name}_token')
        self.until_column = Column(self.table, f'{name}_until')

    def _update(self, columns, values, where):
        cursor = Transaction().connection.cursor()
        cursor.execute(*self.table.update(
                columns, values, where=(self.table.id == self.id) & where))
        return cursor.rowcount == 1

    def take(self):
        "Take the lease in a transaction of its own and tell if it was free"
        transaction = Transaction()
        transaction.commit()
        for _ in range(config.getint('database', 'retry') + 1):
            try:
                taken = self._update(
                    [self.token_column, self.until_column],
                    [self.token, epoch() + self.duration],
                    (self.until_column == Null)
                    | (self.until_column < epoch()))
                transaction.commit()
            except backend.DatabaseOperationalError:
                # another one writes the row: look again at what it wrote
                transaction.rollback()
            else:
                return taken
        return False

    def renew(self):
        "Renew the lease as first statement of a writing transaction"
        if not self._update(
                [self.until_column], [epoch() + self.duration],
                self.token_column == self.token):
            raise LeaseLost

    def release(self):
        "Release the lease with the current transaction"
        return self._update(
            [self.token_column, self.until_column], [Null, Null],
            self.token_column == self.token)
