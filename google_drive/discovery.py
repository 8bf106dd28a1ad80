# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Finding the drives of an account."""

__all__ = ['DiscoveryMixin']


class DiscoveryMixin:
    "How a drive comes to be known"
    __slots__ = ()
