# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the module adds to the models of Tryton's own administration."""
from trytond.model import Index, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval

from . import mime
from .composing import check_texts
from .mail import is_gmail, refused

__all__ = ['Cron', 'Email', 'Rule']


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
        'google_gmail.message', 'email', "Gmail", readonly=True,
        states={
            'invisible': ~Eval('google_messages', []),
            },
        help="What became of it, if it was sent by Gmail.")

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_indexes.add(
            Index(table, (table.message_id, Index.Equality())))

    @classmethod
    def send(cls, to='', cc='', bcc='', subject='', *args, **kwargs):
        # Tryton would raise errors that are not for people
        if is_gmail():
            try:
                check_texts(to, cc, bcc, subject)
            except mime.MailRefused as error:
                raise refused(error) from None
        return super().send(to, cc, bcc, subject, *args, **kwargs)


class Rule(metaclass=PoolMeta):
    __name__ = 'ir.rule'

    @classmethod
    def check(cls, model_name, ids, mode='read'):
        super().check(model_name, ids, mode=mode)
        if model_name == 'google_gmail.message':
            # the attachments of a mail are as secret as what it is about
            Pool().get(model_name).check_access(list(ids), mode=mode)
