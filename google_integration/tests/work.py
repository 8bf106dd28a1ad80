# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The work of what is pure, which does not depend on the machine as time does.
"""
import sys

__all__ = ['Work']


class Work:
    "Counts the calls of functions in a block"

    def __init__(self):
        self.calls = 0

    def __enter__(self):
        sys.setprofile(self._count)
        return self

    def __exit__(self, *exception):
        sys.setprofile(None)

    def _count(self, frame, event, argument):
        if event in {'call', 'c_call'}:
            self.calls += 1
