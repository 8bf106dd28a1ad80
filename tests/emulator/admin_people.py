# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The administration of rooms, groups, shared calendars and conferences."
import secrets

from . import rules, series
from .present import find
from .propagation import emails, guests, propagate, store
from .state import stamp_text


def order(data, entry):
    "The place of the guest in the list"
    known = emails(data)
    if entry['email'] in known:
        return known.index(entry['email'])
    return len(known)


class PeopleCommands:
    def do_add_resource(self, summary, email=None, time_zone='UTC',
            role='freeBusyReader'):
        "A room: everybody has the role on its calendar"
        with self.state.lock:
            email = (
                email or f'c_{secrets.token_hex(13)}@resource.calendar.'
                'google.com').lower()
            if email in self.state.calendars:
                raise ValueError(f"calendar {email} exists")
            calendar = self.state.add_resource(email, summary, time_zone)
            self.state.set_role(calendar, 'default', None, role)
            return {'email': email, 'summary': summary}

    def do_add_public_calendar(self, calendar, summary, time_zone='UTC'):
        "A calendar that Google generates, such as the holidays"
        with self.state.lock:
            if calendar in self.state.calendars:
                raise ValueError(f"calendar {calendar} exists")
            found = self.state.add_resource(calendar, summary, time_zone)
            found.resource = False
            self.state.set_role(found, 'default', None, 'reader')
            return {'id': calendar, 'summary': summary}

    def do_add_group(self, email, members, name=None):
        with self.state.lock:
            email = email.lower()
            self.state.groups[email] = {
                'name': name or email,
                'members': [m.lower() for m in members]}
            return {'email': email, 'members': self.state.members(email)}

    def do_respond_by_mail(self, calendar, event, email, response,
            comment=None):
        "The answer of a guest from the mail: also of who has no account"
        if response not in rules.RESPONSES:
            raise ValueError(f"unknown response {response}")
        with self.state.lock:
            calendar = self._calendar(calendar)
            record, _ = find(calendar, event)
            if record is None or record.cancelled:
                raise ValueError(f"no event {event}")
            old, email = record.data, email.lower()
            if email not in guests(self.state, old):
                raise ValueError(f"no guest {email}")
            entries = [
                a for a in old['attendees'] if a['email'] != email]
            entry = next((
                    a for a in old['attendees'] if a['email'] == email),
                {'email': email})
            entry = {**entry, 'responseStatus': response}
            if comment is not None:
                entry['comment'] = comment
            record.data = {**old, 'attendees': sorted(
                    [*entries, entry], key=lambda a: order(old, a))}
            store(self.state, calendar, record)
            propagate(self.state, calendar, record, old)
            series.follow(self.state, calendar, record, old)
            self.state.mails.append({
                    'to': calendar.owner, 'kind': 'response',
                    'calendar': calendar.id, 'event': record.id,
                    'iCalUID': old.get('iCalUID'),
                    'summary': old.get('summary', ''), 'by': email,
                    'at': stamp_text(self.state.now() * 1000)})
            return entry

    def do_finish_conferences(self, status='success', calendar=None):
        "What becomes of the conferences that are pending"
        if status not in {'success', 'failure'}:
            raise ValueError("status: success or failure")
        count = 0
        with self.state.lock:
            for one in list(self.state.calendars.values()):
                if calendar not in {None, one.id}:
                    continue
                for record in list(one.events.values()):
                    count += self._finish(one, record, status)
            return count

    def _finish(self, calendar, record, status):
        value = record.data.get('conferenceData', {})
        request = value.get('createRequest', {})
        if (request.get('status', {}).get('statusCode') != 'pending'
                or record.data['organizer']['email'] != calendar.id):
            return 0
        old = record.data
        value = {'createRequest': dict(request)}
        value['createRequest']['status'] = {'statusCode': status}
        link = None
        if status == 'success':
            value, link = rules.meet(value)
        record.data = {**old, 'conferenceData': value}
        if link:
            record.data['hangoutLink'] = link
        store(self.state, calendar, record)
        propagate(self.state, calendar, record, old)
        return 1
