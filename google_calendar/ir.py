# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The scheduled tasks of the calendars."""
from trytond.pool import PoolMeta


class Cron(metaclass=PoolMeta):
    __name__ = 'ir.cron'

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.method.selection.extend([
                ('google_calendar.occurrence|move_window',
                    "Update Google Calendar Occurrences"),
                ('google_calendar.rule|sweep', "Follow Calendar Rules"),
                ('google_calendar.rule|verify', "Verify Calendar Rules"),
                ])
