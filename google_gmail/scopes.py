# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The least scopes that the options of an account need. Pure.

https://developers.google.com/workspace/gmail/api/auth/scopes
"""
__all__ = [
    'ALL', 'COMPOSE', 'MODIFY', 'READ', 'SEND', 'can_draft', 'can_read',
    'can_send', 'can_smtp', 'needed']

_PREFIX = 'https://www.googleapis.com/auth/gmail.'
SEND = _PREFIX + 'send'
COMPOSE = _PREFIX + 'compose'
READ = _PREFIX + 'readonly'
MODIFY = _PREFIX + 'modify'
ALL = 'https://mail.google.com/'


def needed(transport, drafts=False, receive=False, labels=False):
    "The scopes, as a tuple, of an account with these options"
    if transport == 'smtp':
        # the only one with which SMTP works [OAuth 2.0 Mechanism]
        return (ALL,)
    if labels:
        return (MODIFY,)
    scopes = (COMPOSE,) if drafts else (SEND,)
    return (*scopes, READ) if receive else scopes


def can_send(granted):
    "[users.messages.send]"
    return bool({SEND, COMPOSE, MODIFY, ALL} & set(granted))


def can_draft(granted):
    "[users.drafts.send]"
    return bool({COMPOSE, MODIFY, ALL} & set(granted))


def can_read(granted):
    "[users.messages.list; users.history.list]"
    return bool({READ, MODIFY, ALL} & set(granted))


def can_label(granted):
    "[users.messages.modify; users.labels.create]"
    return bool({MODIFY, ALL} & set(granted))


def can_smtp(granted):
    "[OAuth 2.0 Mechanism]"
    return ALL in granted
