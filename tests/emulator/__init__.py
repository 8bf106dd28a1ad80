# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A stand-in for Google: OAuth 2.0, Calendar v3, Drive v3, Drive Activity v2,
Gmail v1 and smtp.gmail.com.  See README.md.

EmulatorAdmin needs the standard library only; Emulator is loaded when it is
used."""
from .client import EmulatorAdmin

__all__ = ['Emulator', 'EmulatorAdmin']


def __getattr__(name):
    if name == 'Emulator':
        from .server import Emulator
        return Emulator
    raise AttributeError(name)
