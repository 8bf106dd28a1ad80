# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"A process that dies when it commits"
from unittest.mock import patch

from tests.robustness.meter import Meter
from trytond.modules.google_integration.lease import Lease
from trytond.transaction import Transaction

__all__ = ['Killed', 'killed_at']


class Killed(BaseException):
    "Nothing after it is done any more"


def killed_at(function, number, done):
    """Call the function until its commit of this number

    A commit of nothing, or of no more than that the lease is renewed, leaves
    what there was and is not counted. ``done`` tells if that one is done.
    Return if there was one.
    """
    commit, renew = Transaction.commit, Lease.renew
    count = known = 0

    def dying(transaction):
        nonlocal count, known
        wrote, known = meter.writes > known, meter.writes
        count += wrote
        here = wrote and count == number
        if here and not done:
            raise Killed
        commit(transaction)
        if here:
            raise Killed

    def renewing(lease):
        nonlocal known
        renew(lease)
        known += 1

    with Meter() as meter, \
            patch.object(Transaction, 'commit', dying), \
            patch.object(Lease, 'renew', renewing):
        try:
            function()
        except Killed:
            pass
    return count >= number
