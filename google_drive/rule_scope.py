# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Which access to the drive a rule needs, and why.

https://developers.google.com/workspace/drive/api/guides/api-specific-auth
"""
__all__ = ['SCOPES', 'scope_of']

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
