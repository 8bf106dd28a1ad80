# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The reminders of the events."""
from trytond.model import ModelSQL, ModelView, fields
from trytond.modules.google_integration.google_child import GoogleChild
from trytond.pool import Pool

from .people import MAX_MINUTES

__all__ = ['Reminder']


class Reminder(GoogleChild, ModelSQL, ModelView):
    __name__ = 'google_calendar.reminder'

    google_parent_field = 'event'

    event = fields.Many2One(
        'google_calendar.event', "Event", required=True, ondelete='CASCADE')
    method = fields.Selection([
            ('popup', "Notification"),
            ('email', "Email"),
            ], "Method", required=True, sort=False)
    minutes = fields.Integer(
        "Minutes Before", required=True,
        domain=[
            ('minutes', '>=', 0),
            ('minutes', '<=', MAX_MINUTES),
            ],
        help="The time before the start, at most four weeks.")

    method_string = method.translated('method')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls.__access__.add('event')
        cls._order = [('minutes', 'ASC'), ('id', 'ASC')]

    @staticmethod
    def default_method():
        return 'popup'

    @staticmethod
    def default_minutes():
        return 10

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        super().check_modification(
            mode, records, values=values, external=external)
        if external:
            Event = Pool().get('google_calendar.event')
            Event.check_writable([r.event for r in records])

    def get_rec_name(self, name):
        return f'{self.method_string} {self.minutes}'
