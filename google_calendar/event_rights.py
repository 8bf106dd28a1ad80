# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the account may change of an event at Google."""
from trytond.i18n import gettext
from trytond.model import fields
from trytond.model.exceptions import AccessError

from . import mapping

__all__ = ['EventRights']

# what belongs to the organizer, and flows to the guests
# https://developers.google.com/workspace/calendar/api/concepts/sharing
SHARED = [
    'summary', 'description', 'location', 'when', 'status', 'conference']
ORGANIZED = ['guests']
# of the others the main fields are fixed
# https://developers.google.com/workspace/calendar/api/guides/event-types
EDITABLE_TYPES = {
    None, 'default', 'focusTime', 'outOfOffice', 'workingLocation'}


class EventRights:
    "The rights on an event, as Google gives them to the account"
    __slots__ = ()

    invited = fields.Function(
        fields.Boolean("Invited"), 'get_rights')
    organized = fields.Function(
        fields.Boolean("Organized"), 'get_rights')
    editable = fields.Function(
        fields.Boolean("Editable"), 'get_rights')
    can_invite = fields.Function(
        fields.Boolean("Can Invite"), 'get_rights')

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
        organized = bool(
            self.organizer_own or not self.organizer_email or not invited)
        writable = (
            self.calendar.google_writable and not self.locked)
        editable = (
            writable and self.event_type in EDITABLE_TYPES
            and (organized or bool(self.guests_can_modify)))
        return {
            'invited': invited,
            'organized': organized and writable,
            'editable': editable,
            'can_invite': (
                writable and not self.attendees_omitted
                and (organized or bool(
                        self.guests_can_modify
                        or self.guests_can_invite_others))),
            }

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        super().check_modification(
            mode, records, values=values, external=external)
        if mode == 'write' and external and values:
            cls._check_fields('editable', SHARED, records, values)
            cls._check_fields('organized', ORGANIZED, records, values)

    @classmethod
    def _check_fields(cls, right, units, records, values):
        names = [
            name for unit in mapping.UNITS if unit.name in units
            for name in unit.fields if name in values]
        for record in records if names else []:
            if not record.google_etag or getattr(record, right):
                continue
            for name in names:
                if (getattr(record, name) or None) != (values[name] or None):
                    raise AccessError(gettext(
                            'google_calendar.msg_event_not_editable',
                            event=record.rec_name,
                            **cls.__names__(name)))

    @classmethod
    def check_invite(cls, events):
        "Raise an error if the guests may not be changed"
        for event in events:
            if event.google_etag and not event.can_invite:
                raise AccessError(gettext(
                        'google_calendar.msg_event_not_invite',
                        event=event.rec_name))
