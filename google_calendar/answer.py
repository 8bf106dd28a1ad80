# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The answers to the invitations: the own one, and how many there are."""
from sql import Null
from sql.aggregate import Count

from trytond.model import ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.pyson import Eval, If
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

__all__ = ['AnswerMixin', 'visual']

# the counts and the answers that they count
COUNTS = {
    'accepted_count': 'accepted',
    'tentative_count': 'tentative',
    'declined_count': 'declined',
    'waiting_count': 'needsAction',
    }


def visual(response):
    "How an answer is shown in the lists"
    return If(
        response == 'accepted', 'success', If(
            response == 'declined', 'danger', If(
                response == 'tentative', 'warning', '')))


class AnswerMixin:
    "What is answered to the invitation to an event"
    __slots__ = ()

    accepted_count = fields.Function(
        fields.Integer(
            "Accepted", help="How many guests come, without the rooms."),
        'get_answer_counts')
    tentative_count = fields.Function(
        fields.Integer("Maybe"), 'get_answer_counts')
    declined_count = fields.Function(
        fields.Integer("Declined"), 'get_answer_counts')
    waiting_count = fields.Function(
        fields.Integer("No Answer"), 'get_answer_counts')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        state = {
            'invisible': (
                ~Eval('invited', False) | ~Eval('writable', True)
                | (Eval('status') == 'cancelled')),
            'depends': ['invited', 'status', 'writable'],
            }
        cls._buttons.update(
            accept=state, answer_maybe=dict(state), decline=dict(state))

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree/field[@name="response"]', 'visual',
                visual(Eval('response'))),
            ]

    @classmethod
    def get_answer_counts(cls, events, names):
        """Count the answers of the guests

        None where Google did not send all the guests.
        """
        guest = Pool().get('google_calendar.attendee').__table__()
        cursor = Transaction().connection.cursor()
        result = {
            name: {e.id: None if e.attendees_omitted else 0 for e in events}
            for name in names}
        wanted = {COUNTS[name]: name for name in names}
        for sub_events in grouped_slice(
                [e for e in events if not e.attendees_omitted], 500):
            cursor.execute(*guest.select(
                    guest.event, guest.response, Count(guest.id),
                    where=guest.event.in_([e.id for e in sub_events])
                    & guest.response.in_(list(wanted))
                    & ((guest.room == Null) | ~guest.room),
                    group_by=[guest.event, guest.response]))
            for event, response, count in cursor:
                result[wanted[response]][event] = count
        return result

    @classmethod
    @ModelView.button
    def accept(cls, events):
        cls._answer(events, 'accepted')

    @classmethod
    @ModelView.button
    def answer_maybe(cls, events):
        cls._answer(events, 'tentative')

    @classmethod
    @ModelView.button
    def decline(cls, events):
        cls._answer(events, 'declined')

    @classmethod
    def _answer(cls, events, response):
        "Answer for the owner of the calendar; the comment stays as it is"
        bookkeeping.check_write(cls, events)
        events = [e for e in events if e.response != response]
        if events:
            cls.write(events, {'response': response})
