# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the module refuses"
from trytond.exceptions import UserError
from trytond.model.exceptions import ValidationError

__all__ = ['MailError', 'MailNotSent']


class MailError(UserError):
    "The message can not be accepted into the outbox"


class MailNotSent(RuntimeError):
    """There is no outbox for the message: nobody would ever send it

    No UserError: who calls is a program, and the configuration is wrong.
    """


class AccountError(ValidationError):
    "The account can not be as it is asked to be"
