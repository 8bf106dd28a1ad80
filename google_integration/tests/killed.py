# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"A process that dies when it commits"
from unittest.mock import patch

from trytond.transaction import Transaction

__all__ = ['Killed', 'killed_at']


class Killed(BaseException):
    "Nothing after it is done any more"


def killed_at(function, number, done):
    """Call the function until its commit of this number

    ``done`` tells if that one is done. Return if there was one.
    """
    commit = Transaction.commit
    count = 0

    def dying(transaction):
        nonlocal count
        count += 1
        if count == number and not done:
            raise Killed
        commit(transaction)
        if count == number:
            raise Killed
    with patch.object(Transaction, 'commit', dying):
        try:
            function()
        except Killed:
            pass
    return count >= number
