# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The settings of the calendars."""
from dateutil.relativedelta import relativedelta

from trytond.model import ModelSingleton, ModelSQL, ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.transaction import Transaction, without_check_access

__all__ = ['Configuration']

MONTHS_BEFORE = 6
MONTHS_AFTER = 24


class Configuration(ModelSingleton, ModelSQL, ModelView):
    __name__ = 'google_calendar.configuration'

    months_before = fields.Integer(
        "Months Before", required=True,
        domain=[
            ('months_before', '>=', 0),
            ('months_before', '<=', 120),
            ],
        help="For how many months before today the occurrences are shown.")
    months_after = fields.Integer(
        "Months After", required=True,
        domain=[
            ('months_after', '>=', 1),
            ('months_after', '<=', 120),
            ],
        help="For how many months after today the occurrences are shown.")
    window_start = fields.Date("Window Start", readonly=True)
    window_end = fields.Date("Window End", readonly=True)

    @staticmethod
    def default_months_before():
        return MONTHS_BEFORE

    @staticmethod
    def default_months_after():
        return MONTHS_AFTER

    @classmethod
    def _stored(cls):
        "The settings, by SQL since each change of an event asks for them"
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.months_before, table.months_after, table.window_start,
                table.window_end, limit=1))
        return cursor.fetchone() or (MONTHS_BEFORE, MONTHS_AFTER, None, None)

    @classmethod
    def occurrence_window(cls):
        "The first and the last day of the occurrences"
        before, after, start, end = cls._stored()
        if start and end:
            return start, end
        return cls._window(before, after)

    @staticmethod
    def _window(before, after):
        today = Pool().get('ir.date').today()
        return (
            today - relativedelta(months=before),
            today + relativedelta(months=after))

    @classmethod
    @without_check_access
    def move_window(cls):
        """Store the window of today

        Return the one before, with None if there was none, and the new one.
        """
        configuration = cls.get_singleton()
        if not configuration:
            configuration, = cls.create([{}])
        before, after, *old = cls._stored()
        new = cls._window(before, after)
        bookkeeping.update(cls, [configuration], {
                'window_start': new[0],
                'window_end': new[1],
                })
        return tuple(old), new

    @classmethod
    def on_modification(cls, mode, records, field_names=None):
        super().on_modification(mode, records, field_names=field_names)
        if mode == 'create' or {'months_before', 'months_after'} & set(
                field_names or []):
            # many events may have to be expanded
            cls.__queue__.refresh_occurrences(records)

    @classmethod
    def refresh_occurrences(cls, configurations):
        Pool().get('google_calendar.occurrence').move_window()
