# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""To whom a message goes, and what became of it."""
from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.google_integration.sync_log import format_error

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
            ('waiting', "Waiting"),
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

    def get_error(self, name):
        return format_error(self.error_code, self.error_arguments)
