# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Wizards that are run by who may, on what they are for, in own sessions."""
from trytond.i18n import gettext
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.transaction import Transaction

__all__ = ['CheckedWizardMixin']


class CheckedWizardMixin:
    """A wizard that trusts nothing that a client says about it.

    Tryton takes the models and the groups from the action that the client
    names: of one that is not the wizard's there are none, so that anybody may
    run it on anything.  Nor does it ask whose session it is.  What is done to
    the records is to be checked by the states: they run without access check.
    """
    __slots__ = ()

    @classmethod
    def check_access(cls):
        # of all its actions
        with Transaction().set_context(action_id=None):
            super().check_access()

    @classmethod
    def execute(cls, session_id, data, state_name):
        context = Transaction().context
        cls._check_session(session_id)
        if Transaction().user and (
                not context.get('active_model')
                or context.get('active_id') is None):
            raise AccessError(gettext(
                    'ir.msg_access_wizard_model_error',
                    wizard=cls.__name__, model=''))
        return super().execute(session_id, data, state_name)

    @classmethod
    def _check_session(cls, session_id):
        Session = Pool().get('ir.session.wizard')
        user = Transaction().user
        if user and Session(session_id).create_uid.id != user:
            raise AccessError(gettext(
                    'ir.msg_access_wizard_error', wizard=cls.__name__))

    @classmethod
    def delete(cls, session_id):
        cls._check_session(session_id)
        return super().delete(session_id)
