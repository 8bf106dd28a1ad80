# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Short transactions of their own"
import time
from contextlib import contextmanager

import trytond.config as config
from trytond import backend
from trytond.transaction import Transaction

__all__ = ['in_transaction', 'short']


def short(func):
    """Call the function in a short transaction of its own and commit.

    The function is called again after an error of the database.
    """
    transaction = Transaction()
    retry = config.getint('database', 'retry')
    for count in range(retry + 1):
        try:
            result = func()
            transaction.commit()
            return result
        except backend.DatabaseOperationalError:
            _roll_back(transaction)
            if count == retry:
                raise
            time.sleep(0.02 * count)
        except BaseException:
            _roll_back(transaction)
            raise


def _roll_back(transaction):
    transaction.rollback()
    # Tryton would not delete them another time
    transaction.delete_records.clear()


@contextmanager
def in_transaction(database, user, context):
    "The current transaction of the thread, or a new one"
    if Transaction().connection:
        yield
    else:
        with Transaction().start(database, user, context=context):
            yield
