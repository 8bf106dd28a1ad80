# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What is removed once a day because nobody needs it any more."""
import datetime as dt

from sql import Null

import trytond.config as config
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.pool import Pool, PoolMeta
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

__all__ = ['Synchronization']

# from which no button leads back to sending
SETTLED = ['sent', 'canceled', 'received']


class Synchronization(metaclass=PoolMeta):
    __name__ = 'google_integration.synchronization'

    @classmethod
    def clean(cls):
        super().clean()
        pool = Pool()
        Account = pool.get('google_gmail.account')
        Message = pool.get('google_gmail.message')
        # nobody can be asked for them any more
        Message.delete(Message.search([
                    ('state', '=', 'draft'),
                    ('account', '=', None),
                    ]))
        forget_data()
        for account in Account.search([]):
            Account.__queue__.tidy_drafts([account])


def forget_data():
    "Forget the bytes of the mails that are never sent any more"
    Message = Pool().get('google_gmail.message')
    table = Message.__table__()
    days = config.getint('google_gmail', 'retention_days', default=30)
    cursor = Transaction().connection.cursor()
    cursor.execute(*table.select(
            table.id,
            where=table.state.in_(SETTLED)
            & (table.at < utcnow() - dt.timedelta(days=days))
            & ((table.data != Null) | (table.data_id != Null))))
    for ids in grouped_slice([id for id, in cursor], 500):
        # without write_date, and the file store removes its files
        Message.data.set(Message, 'data', list(ids), None)
