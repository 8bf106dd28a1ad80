# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The wizard that changes an event, and asks of what of its series."""
from trytond.i18n import gettext
from trytond.model import ModelView, fields
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import check_access, without_check_access
from trytond.wizard import Button, StateTransition, StateView, Wizard

from .event_rights import not_fixed
from .exceptions import EventScopeError
from .recurrence import moved
from .repeat import when
from .series import TIMES

__all__ = ['ChangeEvent', 'ChangeEventStart']

FIELDS = [
    'summary', 'location', 'description', *TIMES, 'transparency',
    'visibility', 'color_id']


class ChangeEventStart(ModelView):
    __name__ = 'google_calendar.change_event.start'

    _main = {
        'readonly': ~Eval('editable', True),
        }
    _timed = {
        'readonly': ~Eval('editable', True),
        'invisible': Eval('all_day', False),
        'required': ~Eval('all_day', False),
        }
    _all_day = {
        'readonly': ~Eval('editable', True),
        'invisible': ~Eval('all_day', False),
        'required': Eval('all_day', False),
        }

    scope = fields.Selection([
            ('this', "This Event"),
            ('following', "This and Following Events"),
            ('all', "All Events"),
            ], "Change", required=True, sort=False,
        states={
            'invisible': ~Eval('recurring', False),
            'readonly': ~Eval('occurrence', False),
            })
    recurring = fields.Boolean("Recurs", readonly=True)
    occurrence = fields.Boolean("Occurrence", readonly=True)
    deleted = fields.Boolean("Deleted", readonly=True)
    removable = fields.Boolean(
        "Removable", readonly=True,
        states={
            'invisible': True,
            })
    editable = fields.Boolean("Editable", readonly=True)
    # what may have changed since it was shown is no change of this window
    shown = fields.Text(
        "Shown", readonly=True, strip=False,
        states={
            'invisible': True,
            })
    writable = fields.Boolean("Writable", readonly=True)
    event_type = fields.Char("Type at Google", readonly=True)
    summary = fields.Char("Summary", strip=False, states=_main)
    location = fields.Char("Location", strip=False, states=_main)
    description = fields.Text("Description", strip=False, states=_main)
    all_day = fields.Boolean("All Day", states=not_fixed('all_day'))
    start = fields.DateTime("Start", states=_timed)
    end = fields.DateTime("End", states=_timed)
    start_date = fields.Date("First Day", states=_all_day)
    end_date = fields.Date("Last Day", states=_all_day)
    time_zone = fields.Selection(
        'get_time_zones', "Time Zone", translate=False,
        states={
            'readonly': ~Eval('editable', True),
            'invisible': Eval('all_day', False),
            })
    transparency = fields.Selection(
        'get_transparencies', "Show As", required=True, sort=False,
        states=not_fixed('transparency', 'writable'))
    visibility = fields.Selection(
        'get_visibilities', "Visibility", required=True, sort=False,
        states=not_fixed('visibility', 'writable'))
    color_id = fields.Selection(
        'get_colors', "Event Color", sort=False,
        states={
            'readonly': ~Eval('writable', True),
            })
    notifications = fields.Selection(
        'get_notifications', "Notifications", sort=False,
        help="Who gets mails of Google about this change. Leave empty for "
        "what the calendar says.")

    del _main, _timed, _all_day

    @classmethod
    def get_time_zones(cls):
        return Pool().get('google_calendar.event').get_time_zones()

    @classmethod
    def _selection(cls, name):
        Event = Pool().get('google_calendar.event')
        return Event.fields_get([name])[name]['selection']

    @classmethod
    def get_transparencies(cls):
        return cls._selection('transparency')

    @classmethod
    def get_visibilities(cls):
        return cls._selection('visibility')

    @classmethod
    def get_colors(cls):
        return cls._selection('color_id')

    @classmethod
    def get_notifications(cls):
        return cls._selection('notifications')


class ChangeEvent(Wizard):
    __name__ = 'google_calendar.change_event'

    start = StateView(
        'google_calendar.change_event.start',
        'google_calendar.change_event_start_view_form', [
            Button("Cancel", 'end', 'tryton-cancel'),
            Button("Delete", 'remove', 'tryton-delete', states={
                    'invisible': ~Eval('removable', False),
                    }),
            Button("Change", 'change', 'tryton-ok', default=True),
            ])
    change = StateTransition()
    remove = StateTransition()

    def _target(self):
        """The event that is shown, its series and the original start

        The series is None if there is none, the original start None if it is
        about the series.
        """
        event, original_start = self.record, None
        if self.model.__name__ == 'google_calendar.occurrence':
            # only to who may read it
            event = self.record.event
            if not event:
                raise EventScopeError(gettext(
                        'google_calendar.msg_occurrence_hidden'))
            original_start = self.record.original_start
        if event.recurring_identifier:
            original_start = event.original_start
        return event, event.series, original_start

    @staticmethod
    def _check_writable(event):
        "Tell it before somebody fills the window in vain"
        pool = Pool()
        Rule = pool.get('ir.rule')
        Event = pool.get('google_calendar.event')
        # the window opens without
        with check_access():
            domain = Rule.domain_get(Event.__name__, mode='write')
            writable = not domain or Event.search(
                [('id', '=', event.id), domain], count=True)
        if not writable:
            raise EventScopeError(gettext(
                    'google_calendar.msg_event_read_only',
                    event=event.rec_name))

    def default_start(self, fields):
        event, series, original_start = self._target()
        self._check_writable(event)
        values = self._values(event, series, original_start)
        return {
            **values,
            'shown': bookkeeping.dumps(values),
            'scope': 'this' if original_start or not series else 'all',
            'recurring': bool(series),
            'occurrence': bool(series and original_start),
            # clients delete an event themselves, and show it no more
            'removable': (
                self.model.__name__ == 'google_calendar.occurrence'),
            # what a rule says of it follows the record
            'editable': event.editable and not event.rule,
            'writable': event.writable,
            'event_type': event.event_type,
            }

    @staticmethod
    def _values(event, series, original_start):
        values = {name: getattr(event, name) for name in FIELDS}
        if series == event and original_start:
            key = original_start.date() if event.all_day else original_start
            times = moved(when(event), key)
            values.update({n: times[n] for n in TIMES})
        return values

    @check_access
    def transition_change(self):
        event, series, original_start = self._target()
        shown = bookkeeping.loads(self.start.shown) or self._values(
            event, series, original_start)
        values = {
            n: getattr(self.start, n) for n in FIELDS
            if (getattr(self.start, n) or None) != (shown[n] or None)}
        if values:
            values['notifications'] = self.start.notifications
            if series and original_start:
                event = series.change_occurrence(
                    original_start, self.start.scope, values)
            else:
                type(event).write([event], values)
            self._show(event)
        return 'end'

    @without_check_access
    def _show(self, event):
        "Let the occurrence that is shown be what it has become"
        if self.model.__name__ != 'google_calendar.occurrence':
            return
        day = self.start.start_date if self.start.all_day else (
            self.start.start.date())
        self.model.stand_in(self.record.id, event, day)

    @check_access
    def transition_remove(self):
        event, series, original_start = self._target()
        notifications = self.start.notifications
        if series and original_start:
            series.remove_occurrence(
                original_start, self.start.scope, notifications)
        else:
            if notifications:
                type(event).write([event], {'notifications': notifications})
            type(event).delete([event])
        self.start.deleted = (
            self.model.__name__ == 'google_calendar.occurrence')
        return 'end'

    def end(self):
        # an occurrence that was deleted can not be shown any more
        deleted = getattr(self.start, 'deleted', False)
        return 'switch calendar' if deleted else 'reload'
