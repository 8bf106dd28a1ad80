# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the module adds to the models of Tryton's own administration."""
from trytond.model import Index, fields
from trytond.pool import PoolMeta

__all__ = ['Cron', 'Email']


class Cron(metaclass=PoolMeta):
    __name__ = 'ir.cron'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.method.selection.append(
            ('google_gmail.account|deliver_due', "Send by Gmail"))


class Email(metaclass=PoolMeta):
    __name__ = 'ir.email'

    google_messages = fields.One2Many(
        'google_gmail.message', 'email', "Gmail", readonly=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_indexes.add(
            Index(table, (table.message_id, Index.Equality())))
