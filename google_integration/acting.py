# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Doing things as a user, with the access and the preferences of that user."""
from contextlib import contextmanager

from trytond.cache import Cache
from trytond.pool import Pool
from trytond.transaction import Transaction

from .bookkeeping import dumps, loads

__all__ = ['acting', 'forget']

_contexts = Cache('google_integration.acting', context=False)


@contextmanager
def acting(user, language=None):
    "Do what follows as the user, who must be allowed to"
    transaction = Transaction()
    with transaction.set_user(int(user)), transaction.reset_context():
        context = _preferences(int(user))
        if language:
            context['language'] = language
        with transaction.set_context(context, _check_access=True):
            yield


def _preferences(user):
    text = _contexts.get(user)
    if text is None:
        User = Pool().get('res.user')
        text = dumps(User.get_preferences(context_only=True))
        _contexts.set(user, text)
    return loads(text)


def forget():
    "The preferences of users have changed"
    _contexts.clear()
