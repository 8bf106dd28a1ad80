# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Resetting calendars, after showing what will become of their events."""
from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import without_check_access
from trytond.wizard import Button, StateTransition, StateView, Wizard

from .exceptions import CalendarResetError
from .resetting import counts, reset

__all__ = ['Reset', 'ResetConfirm', 'ResetStart']


EXISTING = [
    ('leave', "Leave Them as They Are"),
    ('delete_google', "Delete from Google"),
    ('delete_tryton', "Delete from Tryton"),
    ('delete_both', "Delete from Both"),
    ]
NEXT = [
    ('new', "Only New Events"),
    ('all', "All Existing Events"),
    ]


class ResetStart(ModelView):
    __name__ = 'google_calendar.reset.start'

    calendars = fields.Many2Many(
        'google_calendar.calendar', None, None, "Calendars", required=True,
        domain=[
            ('id', 'in', Eval('choices', [])),
            ])
    choices = fields.Many2Many(
        'google_calendar.calendar', None, None, "Choices", readonly=True)
    existing = fields.Selection(
        EXISTING, "Existing Events", required=True, sort=False,
        help="What happens to the events that are on both sides.")
    next = fields.Selection(
        NEXT, "Next Synchronization", required=True, sort=False,
        help="Existing events are left apart, until they are changed, or "
        "compared anew.")


def _count(string, help=''):
    return fields.Integer(string, readonly=True, help=help)


class ResetConfirm(ModelView):
    __name__ = 'google_calendar.reset.confirm'

    existing = fields.Selection(
        EXISTING, "Existing Events", readonly=True, sort=False)
    next = fields.Selection(
        NEXT, "Next Synchronization", readonly=True, sort=False)
    google = _count("Deleted from Google")
    tryton = _count("Deleted from Tryton")
    declined = _count(
        "Invitations Left on Google",
        help="Deleting them would decline them.")
    lost = _count(
        "Not Sent and Lost",
        help="The events that are deleted from Tryton with changes that "
        "Google does not have.")
    fresh = _count(
        "Only in Tryton Afterwards",
        help="The events that are deleted from Google and kept in Tryton.")
    relink = _count(
        "Compared Anew",
        help="The events of both sides that are compared with the next "
        "synchronization.")
    send = _count(
        "Sent", help="The events that the next synchronization creates on "
        "Google.")
    apart = _count(
        "Left Apart",
        help="The events that are not synchronized until they are changed.")
    note = fields.Text(
        "Note", readonly=True,
        states={
            'invisible': ~Eval('note'),
            })


COUNTS = [
    'google', 'tryton', 'declined', 'lost', 'fresh', 'relink', 'send',
    'apart']


class Reset(Wizard):
    __name__ = 'google_calendar.reset'

    start = StateView(
        'google_calendar.reset.start',
        'google_calendar.reset_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Continue", 'confirm', 'tryton-forward', default=True),
            ])
    confirm = StateView(
        'google_calendar.reset.confirm',
        'google_calendar.reset_confirm_view_form', [
            Button("Back", 'start', 'tryton-back'),
            Button("Cancel", 'end', 'tryton-cancel', default=True),
            Button("Reset", 'reset', 'tryton-clear'),
            ])
    reset = StateTransition()

    @property
    def choices(self):
        "The calendars of what the wizard was opened on"
        Calendar = Pool().get('google_calendar.calendar')
        if not self.model:
            return []
        if self.model is Calendar:
            return list(self.records)
        return Calendar.search([
                ('credentials', 'in', [r.id for r in self.records]),
                ])

    def default_start(self, fields):
        choices = [c.id for c in self.choices]
        return {
            'choices': choices,
            'calendars': [
                c.id for c in self.start.calendars or []] or choices,
            'existing': self.start.existing or 'leave',
            'next': self.start.next or 'new',
            }

    @property
    def calendars(self):
        "The calendars that were chosen and may be"
        Calendar = Pool().get('google_calendar.calendar')
        choices = {c.id for c in self.choices}
        ids = [c.id for c in self.start.calendars if c.id in choices]
        calendars = Calendar.browse(ids)
        bookkeeping.check_write(Calendar, calendars)
        return calendars

    @without_check_access
    def count(self):
        "What the choices do, by count"
        plans = []
        for calendar in self.calendars:
            plan = calendar.reset_plan(self.start.existing, self.start.next)
            if plan.google and not calendar.google_sends:
                raise CalendarResetError(gettext(
                        'google_calendar.msg_reset_read_only',
                        calendar=calendar.rec_name))
            plans.append(plan)
        return counts(plans)

    def default_confirm(self, fields):
        return {
            'existing': self.start.existing,
            'next': self.start.next,
            'note': '\n'.join(self.notes()),
            **self.count(),
            }

    # of this request alone
    changed = False

    def notes(self):
        if self.changed:
            yield gettext('google_calendar.msg_reset_changed')
        disabled = [c.rec_name for c in self.calendars if not c.enabled]
        if disabled:
            yield gettext(
                'google_calendar.msg_reset_disabled',
                calendars=', '.join(disabled))

    def transition_reset(self):
        Calendar = Pool().get('google_calendar.calendar')
        ids = [c.id for c in self.calendars]
        self.count()
        done = reset(
            Calendar, ids, self.start.existing, self.start.next,
            {name: getattr(self.confirm, name) for name in COUNTS})
        if done:
            return 'end'
        self.changed = True
        return 'confirm'
