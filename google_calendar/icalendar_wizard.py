# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Import and export iCalendar files."""
import datetime as dt

from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval, If, PYSONEncoder
from trytond.transaction import check_access
from trytond.wizard import (
    Button, StateAction, StateTransition, StateView, Wizard)

from . import icalendar_write
from .exceptions import ICalendarError
from .icalendar_import import (
    apply_plan, check_calendar, make_plan, read_file)
from .icalendar_records import entries_of, exceptions_of

__all__ = [
    'ExportICalendar', 'ExportICalendarResult', 'ExportICalendarStart',
    'ImportICalendar', 'ImportICalendarLine', 'ImportICalendarPreview',
    'ImportICalendarStart']

# what is shown of what is imported
MAX_LINES = 500
MAX_EXPORTED = 20_000


class ImportICalendarStart(ModelView):
    __name__ = 'google_calendar.import_icalendar.start'

    file = fields.Binary("File", filename='filename', required=True)
    filename = fields.Char("File Name", states={'invisible': True})
    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", required=True,
        help="The calendar that the events are added to.")


class ImportICalendarLine(ModelView):
    __name__ = 'google_calendar.import_icalendar.line'

    action = fields.Selection([
            ('create', "Create"),
            ('update', "Update"),
            ('unchanged', "Nothing to Do"),
            ('skip', "Skip"),
            ], "Action", readonly=True, sort=False)
    summary = fields.Char("Summary", readonly=True)
    start = fields.DateTime("Start", readonly=True)
    start_date = fields.Date("First Day", readonly=True)
    written = fields.Char(
        "Start in the File", readonly=True,
        help="The start of what is skipped, as the file has it.")
    reason = fields.Char("Reason", readonly=True)

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual', If(Eval('action') == 'skip', 'warning', '')),
            ]


class ImportICalendarPreview(ModelView):
    __name__ = 'google_calendar.import_icalendar.preview'

    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", readonly=True)
    to_create = fields.Integer("To Create", readonly=True)
    to_update = fields.Integer("To Update", readonly=True)
    unchanged = fields.Integer("Nothing to Do", readonly=True)
    skipped = fields.Integer("To Skip", readonly=True)
    notes = fields.Text(
        "Notes", readonly=True,
        states={
            'invisible': ~Eval('notes'),
            })
    lines = fields.One2Many(
        'google_calendar.import_icalendar.line', None, "Events",
        readonly=True)


class ImportICalendar(Wizard):
    "Show what the import of a file does, and do it"
    __name__ = 'google_calendar.import_icalendar'

    start = StateView(
        'google_calendar.import_icalendar.start',
        'google_calendar.import_icalendar_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Next", 'preview', 'tryton-forward', default=True),
            ])
    preview = StateView(
        'google_calendar.import_icalendar.preview',
        'google_calendar.import_icalendar_preview_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Back", 'start', 'tryton-back'),
            Button("Import", 'import_', 'tryton-ok', default=True),
            ])
    import_ = StateTransition()
    open_ = StateAction('google_calendar.act_event_imported')

    def default_start(self, fields):
        return _default_start(self)

    def _plan(self):
        calendar = self.start.calendar
        check_calendar(calendar)
        return make_plan(calendar, read_file(self.start.file, calendar))

    def default_preview(self, fields):
        plan = self._plan()
        lines = [
            {
                'action': 'skip',
                'summary': summary or gettext(
                    'google_calendar.msg_event_no_summary'),
                'written': start,
                'reason': reason,
                } for summary, start, reason in plan.skipped]
        for action in ['skip', 'update', 'create', 'unchanged']:
            for change in plan.changes:
                if change.action == action:
                    lines.append(_line(change))
        notes = list(plan.notes)
        if len(lines) > MAX_LINES:
            notes.append(gettext(
                    'google_calendar.msg_icalendar_lines', count=MAX_LINES))
        return {
            'calendar': plan.calendar.id,
            'to_create': plan.count('create'),
            'to_update': plan.count('update'),
            'unchanged': plan.count('unchanged'),
            'skipped': len(plan.skipped) + plan.count('skip'),
            'notes': '\n'.join(notes),
            'lines': lines[:MAX_LINES],
            }

    def transition_import_(self):
        # what the calendar is now decides
        self._imported = apply_plan(self._plan())
        return 'open_' if self._imported else 'end'

    def do_open_(self, action):
        action['pyson_domain'] = PYSONEncoder().encode([
                ('id', 'in', self._imported)])
        return action, {}


def _line(change):
    values, event = change.item.values, change.event
    shown = values or {
        n: getattr(event, n) for n in ['summary', 'start', 'start_date']}
    return {
        'action': change.action,
        'summary': shown['summary'] or gettext(
            'google_calendar.msg_event_no_summary'),
        'start': shown['start'],
        'start_date': shown['start_date'],
        'reason': change.reason,
        }


class ExportICalendarStart(ModelView):
    __name__ = 'google_calendar.export_icalendar.start'

    calendar = fields.Many2One(
        'google_calendar.calendar', "Calendar", required=True)
    start_date = fields.Date(
        "From", help="Leave empty to export the past as well.")
    end_date = fields.Date(
        "To", help="Leave empty to export all the future.")


class ExportICalendarResult(ModelView):
    __name__ = 'google_calendar.export_icalendar.result'

    file = fields.Binary("File", filename='filename', readonly=True)
    filename = fields.Char("File Name", readonly=True)
    count = fields.Integer("Events", readonly=True)


class ExportICalendar(Wizard):
    "Export events, or a calendar, as a file"
    __name__ = 'google_calendar.export_icalendar'
    _readonly = True

    start_state = 'choose'
    choose = StateTransition()
    start = StateView(
        'google_calendar.export_icalendar.start',
        'google_calendar.export_icalendar_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Export", 'result', 'tryton-export', default=True),
            ])
    result = StateView(
        'google_calendar.export_icalendar.result',
        'google_calendar.export_icalendar_result_view_form', [
            Button("Close", 'end', 'tryton-close', default=True),
            ])

    @property
    def _selects_events(self):
        Event = Pool().get('google_calendar.event')
        return self.model is Event and bool(self.records)

    def transition_choose(self):
        return 'result' if self._selects_events else 'start'

    def default_start(self, fields):
        return _default_start(self)

    @check_access
    def default_result(self, fields):
        if self._selects_events:
            events, exceptions = self._selected()
            calendars = {e.calendar for e in events + exceptions}
        else:
            events, exceptions = self._in_range()
            calendars = {self.start.calendar}
        if not events and not exceptions:
            raise ICalendarError(gettext(
                    'google_calendar.msg_icalendar_nothing'))
        name = zone = None
        if len(calendars) == 1:
            calendar, = calendars
            name, zone = calendar.name, calendar.time_zone
        entries = list(entries_of(events, exceptions))
        data = icalendar_write.write(entries, name=name, time_zone=zone)
        return {
            'file': data,
            'filename': f'{name or "events"}.ics',
            'count': len(entries),
            }

    def _selected(self):
        "The events that are selected, a series with its exceptions"
        Event = Pool().get('google_calendar.event')
        return _apart(Event.search([
                    ('id', 'in', [r.id for r in self.records])]))

    def _in_range(self):
        Event = Pool().get('google_calendar.event')
        if self.start.start_date and self.start.end_date and (
                self.start.end_date < self.start.start_date):
            raise ICalendarError(gettext(
                    'google_calendar.msg_icalendar_range'))
        shown, own = [], [
            ('calendar', '=', self.start.calendar.id),
            ('google_state', '!=', 'to_delete'),
            ]
        if self.start.start_date:
            shown.append(('end', '>=', dt.datetime.combine(
                        self.start.start_date, dt.time())))
        if self.start.end_date:
            shown.append(('start', '<', dt.datetime.combine(
                        self.start.end_date, dt.time())
                    + dt.timedelta(days=1)))
        domain = own + [['OR', ('recurrence', '!=', None), shown]]
        if Event.search(domain, count=True) > MAX_EXPORTED:
            raise ICalendarError(gettext(
                    'google_calendar.msg_icalendar_many',
                    maximum=MAX_EXPORTED))
        return _apart(Event.search(domain))


def _apart(events):
    "The events, and apart from them the exceptions, also those of the series"
    masters = [e for e in events if not e.recurring_identifier]
    exceptions = exceptions_of(masters, MAX_EXPORTED)
    known = {e.id for e in exceptions}
    return masters, exceptions + [
        e for e in events
        if e.recurring_identifier and e.id not in known]


def _default_start(wizard):
    "The calendar on which the wizard was opened"
    Calendar = Pool().get('google_calendar.calendar')
    if wizard.model is Calendar and wizard.record:
        return {'calendar': wizard.record.id}
    return {}
