# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the account may change of an event at Google."""
from trytond.i18n import gettext
from trytond.model import fields
from trytond.model.exceptions import AccessError
from trytond.pyson import Eval

from . import mapping

__all__ = ['EDITABLE_TYPES', 'EventRights', 'not_fixed']

# what belongs to the organizer, and flows to the guests
# https://developers.google.com/workspace/calendar/api/concepts/sharing
SHARED = [
    'summary', 'description', 'location', 'when', 'status', 'conference']
# the units, by the right that it takes to change them
NEEDS = {
    'writable': [
        'visibility', 'transparency', 'response', 'reminders', 'color'],
    'invited': ['response'],
    'editable': SHARED,
    'organized': ['guests'],
    }
# of the others the main fields are fixed
# https://developers.google.com/workspace/calendar/api/guides/event-types
EDITABLE_TYPES = {
    None, 'default', 'focusTime', 'outOfOffice', 'workingLocation'}
# the fields that are fixed besides
# https://developers.google.com/workspace/calendar/api/guides/calendar-status
FIXED = {
    'birthday': {'visibility', 'transparency', 'resource'},
    'focusTime': {'transparency', 'all_day'},
    'outOfOffice': {'transparency', 'all_day'},
    'workingLocation': {'visibility', 'transparency'},
    }


def not_fixed(name, right='editable'):
    "The states of a field that takes a right, and is fixed by some types"
    fixed = Eval('event_type').in_(
        [kind for kind, names in FIXED.items() if name in names])
    return {
        'readonly': ~Eval(right, True) | fixed if right else fixed,
        }


class EventRights:
    "The rights on an event, as Google gives them to the account"
    __slots__ = ()

    invited = fields.Function(
        fields.Boolean("Invited"), 'get_rights')
    writable = fields.Function(
        fields.Boolean("Writable"), 'get_rights')
    organized = fields.Function(
        fields.Boolean("Organized"), 'get_rights')
    editable = fields.Function(
        fields.Boolean("Editable"), 'get_rights')
    can_invite = fields.Function(
        fields.Boolean("Can Invite"), 'get_rights')

    @staticmethod
    def default_writable():
        return True

    @staticmethod
    def default_organized():
        return True

    @staticmethod
    def default_editable():
        return True

    @staticmethod
    def default_can_invite():
        return True

    @classmethod
    def get_rights(cls, events, names):
        result = {name: {} for name in names}
        for event in events:
            rights = event._rights()
            for name in names:
                result[name][event.id] = rights[name]
        return result

    def _rights(self):
        invited = any(a.own for a in self.attendees)
        organized = self._is_organized(invited)
        writable = self.calendar.google_writable
        main = (
            writable and not self.locked and self.event_type in EDITABLE_TYPES)
        return {
            'invited': invited,
            'writable': writable,
            'organized': organized and main,
            'editable': main and (organized or bool(self.guests_can_modify)),
            'can_invite': (
                writable and not self.locked and not self.attendees_omitted
                and self.event_type != 'birthday'
                and (organized or bool(
                        self.guests_can_modify
                        or self.guests_can_invite_others))),
            }

    @property
    def is_known(self):
        "Tell if Google has it: what is only here has no rights of its own"
        return bool(self.google_etag or self.recurring_identifier)

    @property
    def fixed_guests(self):
        "The guests whom the account can not change: it only adds others"
        if self._is_organized(any(a.own for a in self.attendees)):
            return []
        return [
            a for a in self.attendees if a.response and (
                a.own or not self.guests_can_modify)]

    def _is_organized(self, invited):
        "Tell if nobody else organizes the event"
        return bool(
            self.organizer_own or not self.organizer_email or not invited)

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        super().check_modification(
            mode, records, values=values, external=external)
        if not external:
            return
        if mode != 'write':
            cls._check_calendars(mode, records)
        elif values:
            for right, units in NEEDS.items():
                cls._check_fields(right, units, records, values)
            for record in records:
                fixed = FIXED.get(record.event_type, set())
                record._check_same(fixed & values.keys(), values)

    @classmethod
    def _check_calendars(cls, mode, records):
        for record in records:
            if not record.calendar.google_writable and (
                    mode == 'create' or record.google_etag):
                raise AccessError(gettext(
                        'google_calendar.msg_event_calendar_read_only',
                        event=record.rec_name,
                        calendar=record.calendar.rec_name))

    @classmethod
    def _check_fields(cls, right, units, records, values):
        names = [
            name for unit in mapping.UNITS if unit.name in units
            for name in unit.fields if name in values]
        for record in records if names else []:
            if record.is_known and not getattr(record, right):
                record._check_same(names, values)

    def _check_same(self, names, values):
        for name in names:
            if (getattr(self, name) or None) != (values[name] or None):
                raise AccessError(gettext(
                        'google_calendar.msg_event_not_editable',
                        event=self.rec_name, **self.__names__(name)))

    @classmethod
    def check_writable(cls, events):
        "Raise an error if not even what is only the own may be changed"
        for event in events:
            if event.is_known and not event.writable:
                raise AccessError(gettext(
                        'google_calendar.msg_event_calendar_read_only',
                        event=event.rec_name,
                        calendar=event.calendar.rec_name))

    @classmethod
    def check_invite(cls, events):
        "Raise an error if the guests may not be changed"
        for event in events:
            if event.is_known and not event.can_invite:
                raise AccessError(gettext(
                        'google_calendar.msg_event_not_invite',
                        event=event.rec_name))
