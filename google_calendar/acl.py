# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Who may do what with a calendar: the differences of access lists, pure.

A list is a dict of roles by scope, which is a tuple of type and value, as in
``{('user', 'bob@example.com'): 'reader', ('default', ''): 'freeBusyReader'}``.

https://developers.google.com/workspace/calendar/api/concepts/sharing
"""
import re
from dataclasses import dataclass

from .people import is_email, normalize_email

__all__ = [
    'AccessListError', 'AccessChange', 'PUBLIC', 'changes', 'is_public',
    'read', 'scope', 'state']

PUBLIC = ('default', '')
TYPES = {'user', 'group', 'domain', 'default'}
ROLES = [
    'freeBusyReader', 'reader', 'writerWithoutPrivateAccess', 'writer',
    'owner']
# nobody in particular may not be trusted with more
PUBLIC_ROLES = {'freeBusyReader', 'reader'}

_DOMAIN = re.compile(r'[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9-]+)*')


class AccessListError(Exception):
    "``code`` tells what is wrong with the ``value``"

    def __init__(self, code, value):
        super().__init__(code, value)
        self.code = code
        self.value = value


@dataclass(frozen=True)
class AccessChange:
    """One change to ask Google for.

    ``before`` and ``after`` are roles, None for no rule.
    """
    scope: tuple
    before: str | None
    after: str | None


def scope(type_, value):
    "Return the scope, or raise AccessListError"
    if type_ == 'default':
        return PUBLIC
    value = normalize_email(value) or ''
    if type_ == 'domain':
        if not _DOMAIN.fullmatch(value):
            raise AccessListError('domain', value)
    elif not is_email(value):
        raise AccessListError('email', value)
    return (type_, value)


def desired(rules):
    "Return the list of (type, value, role) rules, or raise AccessListError"
    result = {}
    for type_, value, role in rules:
        key = scope(type_, value)
        if key in result:
            raise AccessListError('double', key[1] or key[0])
        if key == PUBLIC and role not in PUBLIC_ROLES:
            raise AccessListError('public', role)
        result[key] = role
    return result


def read(resources):
    "Return {scope: (role, id, etag)} of Google's rules that grant something"
    rules = {}
    for resource in resources:
        found = resource.get('scope') or {}
        type_, role = found.get('type'), resource.get('role')
        if type_ in TYPES and role in ROLES and resource.get('id'):
            value = (found.get('value') or '').lower()
            rules[(type_, value)] = role, resource['id'], resource.get('etag')
    return rules


def changes(before, after):
    "Return the changes from one list to another, what grants less last"
    result = [
        AccessChange(key, before.get(key), after.get(key))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)]
    return sorted(result, key=lambda c: _rank(c.after) < _rank(c.before))


def _rank(role):
    return ROLES.index(role) if role in ROLES else -1


def is_public(changes):
    "Tell if one of the changes grants everybody more than before"
    return any(
        c.scope == PUBLIC and _rank(c.after) > _rank(c.before)
        for c in changes)


def state(change, current):
    """Tell what is to be done about a change, given the role there is now.

    ``done`` already (by a lost answer), ``due``, or ``other``: somebody else
    changed it since it was read.
    """
    if current == change.after:
        return 'done'
    return 'due' if current == change.before else 'other'
