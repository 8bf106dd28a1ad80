# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Events of iCalendar files, which keep their identity at Google.

They are sent by events.import as private copies: with their iCalUID and their
organizer, so that the account does not become the organizer of what somebody
else organizes, and without a mail to anybody.

https://developers.google.com/workspace/calendar/api/v3/reference/events/import
"""
from trytond.model import fields

__all__ = ['ImportedEvent']


class ImportedEvent:
    "The events that are sent as copies of what was imported"
    __slots__ = ()

    google_import = fields.Boolean("Imported", readonly=True)

    @property
    def google_imports(self):
        return bool(self.google_import and self.ical_uid)

    def google_operation(self):
        operation = super().google_operation()
        if (operation and operation.kind == 'insert' and self.google_imports
                and not self.recurring_identifier):
            operation.kind = 'import'
            # Google chooses it
            operation.google_id = self.google_id
            operation.body['iCalUID'] = self.ical_uid
            if self.organizer_email and not self.organizer_own:
                operation.body['organizer'] = {'email': self.organizer_email}
            self._import_answers(operation.body)
        return operation

    def _import_answers(self, body):
        "What the guests have answered is part of the copy"
        answers = {a.email: a for a in self.attendees}
        for entry in body.get('attendees') or []:
            answer = answers.get(entry['email'])
            if not answer:
                continue
            entry['responseStatus'] = answer.response or 'needsAction'
            if answer.comment:
                entry['comment'] = answer.comment
            if answer.additional_guests:
                entry['additionalGuests'] = answer.additional_guests
            if answer.room:
                entry['resource'] = True

    @classmethod
    def google_adopt(cls, service, changes):
        "Know what was imported although the answer of Google was lost"
        adopted = super().google_adopt(service, changes)
        uids = {
            c.resource['iCalUID']: c.google_id for c in changes
            if isinstance(c.resource.get('iCalUID'), str)
            and not c.resource.get('recurringEventId')}
        records = cls.search([
                ('calendar', '=', service.id),
                ('google_import', '=', True),
                ('google_etag', '=', None),
                ('recurring_identifier', '=', None),
                ('ical_uid', 'in', list(uids)),
                ]) if uids else []
        for record in records:
            google_id = uids.get(record.ical_uid)
            if google_id and google_id not in adopted:
                record.google_identify(google_id)
                adopted[google_id] = cls(record.id)
        return adopted
