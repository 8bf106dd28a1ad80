# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Which access to the drive a rule needs, and why.

https://developers.google.com/workspace/drive/api/guides/api-specific-auth
"""
from trytond.pool import Pool

__all__ = ['SCOPES', 'access_warning', 'scope_of']

# as the credentials name them
SCOPES = [
    ('file', "Only Files of Tryton"),
    ('all', "All Files"),
    ]


def scope_of(direction, kind):
    """Return the least access and the reason, of a message msg_scope_...

    With access to the own files alone an application sees nothing of what
    people put into its folders, and no shared drive.
    """
    if kind == 'shared':
        return 'all', 'shared'
    if direction != 'to_google':
        return 'all', 'receives'
    return 'file', 'sends'


def access_warning(rule):
    """Tell if the credentials of the rule have another access than needed.

    'less' than the rule needs, 'more' than any of their rules does, or None.
    """
    credentials = rule.drive.credentials
    needed = scope_of(rule.direction, rule.drive.kind)[0]
    if needed == credentials.drive_access:
        return None
    if needed == 'all':
        return 'less'
    Rule = Pool().get('google_drive.rule')
    others = Rule.search([
            ('drive.credentials', '=', credentials.id),
            ('id', '!=', rule.id),
            ])
    if any(r.scope == 'all' for r in others):
        return None
    return 'more'
