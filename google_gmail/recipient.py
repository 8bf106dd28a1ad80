# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""To whom a message goes, and what became of it."""
from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.google_integration.sync_log import format_error
from trytond.pool import Pool
from trytond.transaction import Transaction, without_check_access

__all__ = ['KINDS', 'Recipient']

KINDS = [
    ('to', "To"),
    ('cc', "Cc"),
    ('bcc', "Bcc"),
    ]


class Recipient(ModelSQL, ModelView):
    __name__ = 'google_gmail.recipient'
    _rec_name = 'address'

    message = fields.Many2One(
        'google_gmail.message', "Message", required=True, readonly=True,
        ondelete='CASCADE')
    kind = fields.Selection(KINDS, "Kind", readonly=True, sort=False)
    address = fields.Char("Address", required=True, readonly=True)
    state = fields.Selection([
            ('waiting', "Not Sent"),
            ('accepted', "Accepted"),
            ('refused', "Refused"),
            ('bounced', "Bounced"),
            ], "State", required=True, readonly=True, sort=False)
    error_code = fields.Char("Error Code", readonly=True)
    error_arguments = fields.Text("Error Arguments", readonly=True)
    error = fields.Function(fields.Text("Error"), 'get_error')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('message')
        cls._order = [('message', 'DESC'), ('id', 'ASC')]

    @classmethod
    def default_state(cls):
        return 'waiting'

    # A rule can not tell if the record of the mail may be read

    @classmethod
    def search(
            cls, domain, offset=0, limit=None, order=None, count=False,
            **kwargs):
        if kwargs.get('query') or not cls._enforces():
            return super().search(
                domain, offset=offset, limit=limit, order=order, count=count,
                **kwargs)
        Message = Pool().get('google_gmail.message')
        found = super().search(domain, order=order, **kwargs)
        with without_check_access():
            messages = {
                r.id: r.message.id for r in cls.browse(found)}
        allowed = {m.id for m in Message.search([
                    ('id', 'in', list(set(messages.values())))])}
        found = [r for r in found if messages[r.id] in allowed]
        found = found[offset:offset + limit if limit is not None else None]
        return len(found) if count else cls.browse(found)

    @classmethod
    def read(cls, ids, fields_names):
        if cls._enforces():
            Message = Pool().get('google_gmail.message')
            with without_check_access():
                messages = list({r.message.id for r in cls.browse(ids)})
            Message.check_access(messages)
        return super().read(ids, fields_names)

    @staticmethod
    def _enforces():
        transaction = Transaction()
        return transaction.user and transaction.check_access

    def get_error(self, name):
        return format_error(self.error_code, self.error_arguments)
