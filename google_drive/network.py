# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How files and folders travel: plain data in and out, no record."""
from trytond.modules.google_integration.google_two_way import GoogleTwoWay

__all__ = ['DriveNetwork']


class DriveNetwork(GoogleTwoWay):
    "The hooks of the drive that talk to Google"
    __slots__ = ()
