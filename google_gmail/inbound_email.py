# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What is received is handed to an inbox, so that its rules act."""
from trytond.model import fields
from trytond.pool import Pool, PoolMeta

__all__ = ['Account', 'Message']


class Account(metaclass=PoolMeta):
    __name__ = 'google_gmail.account'

    inbox = fields.Many2One(
        'inbound.email.inbox', "Inbox", ondelete='SET NULL',
        help="The rules of the inbox act on what is received.\n"
        "What no rule is for, and concerns no record, is not kept.")

    def keeps_all(self):
        return super().keeps_all() or bool(self.inbox)


class Message(metaclass=PoolMeta):
    __name__ = 'google_gmail.message'

    inbound_email = fields.Many2One(
        'inbound.email', "Inbound E-Mail", readonly=True,
        ondelete='SET NULL')

    def after_receive(self, data):
        super().after_receive(data)
        Email = Pool().get('inbound.email')
        Message = type(self)
        inbox = self.account.inbox if self.account else None
        if not inbox or self.bounce:
            return
        email, = Email.create([{
                    'inbox': inbox.id,
                    'data': data,
                    'data_type': 'raw',
                    }])
        Email.process([email])
        if not email.rule:
            Email.delete([email])
        else:
            Message.write([self], {'inbound_email': email.id})

    @property
    def is_wanted(self):
        return super().is_wanted or bool(self.inbound_email)
