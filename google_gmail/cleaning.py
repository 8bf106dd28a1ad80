# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What is removed once a day because nobody needs it any more."""
from trytond.pool import Pool, PoolMeta

__all__ = ['Synchronization']


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
        for account in Account.search([]):
            Account.__queue__.tidy_drafts([account])
