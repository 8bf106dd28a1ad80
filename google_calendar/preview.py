# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the first synchronisation will do, before it does it."""
from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.sync_log import (
    format_error, one_line)
from trytond.modules.google_integration.transaction import short
from trytond.pool import Pool
from trytond.pyson import Bool, Eval
from trytond.transaction import without_check_access
from trytond.wizard import Button, StateTransition, StateView, Wizard

from .comparison import KINDS, Comparison
from .exceptions import FirstSynchronizationWarning

__all__ = [
    'Preview', 'PreviewLine', 'PreviewMixin', 'PreviewResult',
    'PreviewStart']

# the number of events that are shown of each kind
SIZE = 50


class PreviewMixin:
    "The preview is offered before a calendar is synchronised at first"
    __slots__ = ()

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._buttons.update({
                'preview': {
                    'invisible': Bool(Eval('last_sync')),
                    'icon': 'tryton-search',
                    'depends': ['last_sync'],
                    },
                })

    @classmethod
    @ModelView.button_action('google_calendar.wizard_preview')
    def preview(cls, calendars):
        pass

    @fields.depends('enabled', 'last_sync')
    def on_change_notify(self):
        notifications = super().on_change_notify()
        if self.enabled and not self.last_sync:
            notifications.append(
                ('info', gettext('google_calendar.msg_preview_offer')))
        return notifications

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        super().check_modification(
            mode, records, values=values, external=external)
        if external and mode == 'write' and values.get('enabled'):
            cls._check_first_synchronization(
                [r for r in records if not r.enabled and not r.last_sync])

    @classmethod
    def _check_first_synchronization(cls, calendars):
        "Warn that what Tryton has already may be doubled"
        pool = Pool()
        Event = pool.get('google_calendar.event')
        Warning = pool.get('res.user.warning')
        for calendar in calendars:
            if not calendar.google_sends:
                continue
            with without_check_access():
                count = Event.search([
                        ('calendar', '=', calendar.id),
                        ('google_id', '=', None),
                        ('google_state', 'in', ['local', 'to_push']),
                        ], count=True)
            key = Warning.format('first_synchronization', [calendar])
            if count and Warning.check(key):
                raise FirstSynchronizationWarning(key, gettext(
                        'google_calendar.msg_first_synchronization',
                        calendar=calendar.rec_name, count=count))


class PreviewStart(ModelView):
    __name__ = 'google_calendar.preview.start'

    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", readonly=True)
    account = fields.Char("Account", readonly=True)


class PreviewLine(ModelView):
    __name__ = 'google_calendar.preview.line'

    summary = fields.Char("Summary", readonly=True)
    start = fields.DateTime("Start", readonly=True)
    start_date = fields.Date("First Day", readonly=True)
    repeats = fields.Boolean("Repeats", readonly=True)
    reason = fields.Selection([
            (None, ""),
            ('google_id', "Google Identifier"),
            ('ical_uid', "iCalendar UID"),
            ('own', "Sent by Tryton"),
            ('alike', "Same Summary and Time"),
            ('occurrence', "Same Occurrence of a Series"),
            ], "Recognized By", readonly=True, sort=False)
    error = fields.Char("Error", readonly=True)


def _count(string, help=''):
    return fields.Integer(string, readonly=True, help=help)


def _lines(string, name):
    return fields.One2Many(
        'google_calendar.preview.line', None, string, readonly=True,
        states={
            'invisible': ~Eval(f'{name}_count', 0),
            })


class PreviewResult(ModelView):
    __name__ = 'google_calendar.preview.result'

    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", readonly=True)
    create_tryton_count = _count("Created in Tryton")
    update_tryton_count = _count("Changed in Tryton")
    delete_tryton_count = _count("Deleted from Tryton")
    create_google_count = _count("Created on Google")
    update_google_count = _count("Changed on Google")
    delete_google_count = _count("Deleted from Google")
    matched_count = _count(
        "Matched", help="The events that are on both sides already.")
    conflict_count = _count(
        "Conflicts",
        help="The events that differ, of which one side stands.")
    equal_count = _count("Equal")
    apart_count = _count(
        "Left Apart",
        help="The events that are not synchronized until they are changed.")
    unreadable_count = _count(
        "Not Readable", help="The events that stay as they are on Google.")
    waiting_count = _count(
        "Waiting",
        help="What is not sent because of the direction of the calendar, the "
        "access of the account, or since somebody else organizes the event.")
    create_tryton = _lines("Created in Tryton", 'create_tryton')
    update_tryton = _lines("Changed in Tryton", 'update_tryton')
    delete_tryton = _lines("Deleted from Tryton", 'delete_tryton')
    create_google = _lines("Created on Google", 'create_google')
    update_google = _lines("Changed on Google", 'update_google')
    delete_google = _lines("Deleted from Google", 'delete_google')
    matched = _lines("Matched", 'matched')
    conflict = _lines("Conflicts", 'conflict')
    unreadable = _lines("Not Readable", 'unreadable')
    waiting = _lines("Waiting", 'waiting')


class Preview(Wizard):
    __name__ = 'google_calendar.preview'

    start = StateView(
        'google_calendar.preview.start',
        'google_calendar.preview_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Preview", 'result', 'tryton-search', default=True),
            ])
    result = StateView(
        'google_calendar.preview.result',
        'google_calendar.preview_result_view_form', [
            Button("Close", 'end', 'tryton-close'),
            Button(
                "Synchronize", 'synchronize', 'tryton-refresh',
                default=True),
            ])
    synchronize = StateTransition()

    def default_start(self, fields):
        calendar = self.record
        if calendar:
            # the account is nothing for those who may only read
            bookkeeping.check_write(type(calendar), [calendar])
        with without_check_access():
            account = calendar.credentials.email if calendar else None
        return {
            'calendar': calendar.id if calendar else None,
            'account': account,
            }

    def compare(self, size=0):
        "Compare the calendar with Google and write nothing"
        Calendar = type(self.record)
        bookkeeping.check_write(Calendar, [self.record])
        comparison = Comparison(Calendar, self.record.id, size)
        comparison()
        return comparison

    def default_result(self, fields):
        comparison = self.compare(SIZE)
        values = {'calendar': comparison.id}
        for kind in KINDS:
            values[f'{kind}_count'] = comparison.counts[kind]
            if kind in type(self.result)._fields:
                values[kind] = [
                    {
                        **line,
                        'error': one_line(format_error(*line['error'])),
                        } for line in comparison.lines[kind]]
        return values

    def transition_synchronize(self):
        """Adopt what is the same on both sides, enable and synchronise.

        It is compared anew: either side may have changed meanwhile.
        """
        comparison = self.compare()
        Calendar, id = type(self.record), comparison.id

        @without_check_access
        def adopt():
            Event = Pool().get(Calendar.google_resource)
            calendar = Calendar(id)
            Event.google_adopt_pairs(calendar, comparison.pairs)
            if not calendar.enabled:
                Calendar.write([calendar], {'enabled': True})
            Calendar.synchronize([Calendar(id)])

        short(adopt)
        return 'end'
