# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the accounts of Gmail need of the credentials."""
from trytond.model import fields
from trytond.pool import PoolMeta

__all__ = ['GoogleCredentials']


class GoogleCredentials(metaclass=PoolMeta):
    __name__ = 'google_integration.google_credentials'

    gmail_accounts = fields.One2Many(
        'google_gmail.account', 'credentials', "Gmail Accounts",
        readonly=True)

    @property
    def mailbox(self):
        "The address of the mailbox, None if there is none or it is unknown"
        if self.type == 'service_account':
            # it has none of its own
            return self.subject
        return self.email
