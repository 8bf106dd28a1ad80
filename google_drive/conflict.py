# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What people see of what was changed on both sides of a file."""
from trytond.i18n import gettext
from trytond.pool import PoolMeta

__all__ = ['Conflict']


class Conflict(metaclass=PoolMeta):
    __name__ = 'google_integration.conflict'

    def get_unit_name(self, name):
        if self.model == 'google_drive.file' and self.unit == 'content':
            # not by the checksums that tell it
            return gettext('google_drive.msg_conflict_content')
        return super().get_unit_name(name)
