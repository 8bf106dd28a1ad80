# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from tests.emulator.client import EmulatorError

from .common import (
    EmulatorTestCase, setUpModule, tearDownModule, timed)

__all__ = ['setUpModule', 'tearDownModule']
ANN, BOB, EVE = 'ann@example.com', 'bob@example.com', 'eve@other.org'


class TestAttendees(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.events = self.service().events()
        self.bob = self.service(self.credentials(BOB)).events()

    def insert(self, *emails, send='all', **values):
        return self.events.insert(
            calendarId='primary', sendUpdates=send, body=timed(
                attendees=[{'email': e} for e in emails or [BOB, EVE]],
                **values)).execute()

    def patch(self, event, body, events=None, **values):
        return (events or self.events).patch(
            calendarId='primary', eventId=event['id'], body=body,
            **values).execute()

    def get(self, event, events=None, **values):
        return (events or self.events).get(
            calendarId='primary', eventId=event['id'], **values).execute()

    def answers(self, event, events=None):
        return {
            a['email']: a['responseStatus']
            for a in self.get(event, events).get('attendees', ())}

    def mails(self):
        return sorted(
            (m['kind'], m['to']) for m in self.admin.mails(clear=True))

    def test_copy(self):
        event = self.insert(
            colorId='3', extendedProperties={
                'private': {'a': '1'}, 'shared': {'b': '2'}},
            reminders={'useDefault': False})
        copy = self.get(event, self.bob)
        self.assertEqual(copy['iCalUID'], event['iCalUID'])
        self.assertNotEqual(copy['etag'], event['etag'])
        self.assertNotIn('colorId', copy)
        self.assertEqual(copy['extendedProperties'], {'shared': {'b': '2'}})
        self.assertEqual(copy['reminders'], {'useDefault': True})
        self.assertEqual(copy['organizer'], {'email': ANN})
        self.assertEqual(event['organizer'], {'email': ANN, 'self': True})
        self.assertEqual(
            [a.get('self', False) for a in copy['attendees']],
            [True, False])
        # private data of a copy stay with it
        self.patch(event, {'colorId': '5'}, self.bob)
        self.patch(event, {'summary': 'New'})
        copy = self.get(event, self.bob)
        self.assertEqual((copy['summary'], copy['colorId']), ('New', '5'))
        self.assertEqual(self.get(event)['colorId'], '3')

    def test_mails(self):
        event = self.insert()
        self.assertEqual(
            self.mails(), [('invitation', BOB), ('invitation', EVE)])
        self.patch(event, {'summary': 'x'})
        self.assertEqual(self.mails(), [])
        self.patch(event, {'summary': 'y'}, sendUpdates='all')
        self.assertEqual(self.mails(), [('update', BOB), ('update', EVE)])
        self.patch(event, {'summary': 'z'}, sendUpdates='externalOnly')
        self.assertEqual(self.mails(), [('update', EVE)])
        self.patch(event, {'reminders': {'useDefault': False}},
            sendUpdates='all')
        self.assertEqual(self.mails(), [])
        self.patch(event, {'attendees': [{'email': BOB}]},
            sendUpdates='all')
        self.assertEqual(self.mails(), [('cancellation', EVE)])
        self.patch(event, {'attendees': [{'email': EVE}]},
            sendUpdates='none')
        self.assertEqual(self.mails(), [])
        self.assertEqual(self.get(event, self.bob)['status'], 'cancelled')
        self.events.delete(
            calendarId='primary', eventId=event['id'],
            sendUpdates='all').execute()
        self.assertEqual(self.mails(), [('cancellation', EVE)])

    def test_respond(self):
        event = self.insert()
        token = self.events.list(
            calendarId='primary').execute()['nextSyncToken']
        self.admin.respond(BOB, event['id'], 'accepted', comment='yes')
        self.assertEqual(
            self.answers(event), {BOB: 'accepted', EVE: 'needsAction'})
        items = self.events.list(
            calendarId='primary', syncToken=token).execute()['items']
        self.assertEqual(items[0]['attendees'][0]['comment'], 'yes')
        # a change of the organizer keeps the answer
        self.patch(event, {'summary': 'x'})
        self.assertEqual(self.answers(event, self.bob)[BOB], 'accepted')
        # with the whole array, as a client that read the event
        entries = self.get(event, self.bob)['attendees']
        entries[0]['responseStatus'] = 'declined'
        self.mails()
        self.patch(
            event, {'attendees': entries}, self.bob, sendUpdates='all')
        self.assertEqual(self.answers(event)[BOB], 'declined')
        self.assertEqual(self.mails(), [('response', ANN)])

    def test_guest_changes(self):
        event = self.insert()
        copy = self.patch(event, {'summary': 'Mine'}, self.bob)
        self.assertEqual(copy['summary'], 'Mine')
        self.admin.respond(BOB, event['id'], 'tentative')
        self.assertEqual(self.get(event, self.bob)['summary'], 'Mine')
        self.assertEqual(self.get(event)['summary'], 'Meeting')
        # lost at the organizer's next change
        self.patch(event, {'location': 'here'})
        self.assertEqual(self.get(event, self.bob)['summary'], 'Meeting')
        self.assertRefused(403, 'forbiddenForNonOrganizer', self.patch,
            event, {'guestsCanModify': True}, self.bob)
        self.patch(event, {'guestsCanInviteOthers': False})
        # an update counts as setting them to the defaults
        self.assertRefused(
            403, 'forbiddenForNonOrganizer', self.bob.update(
                calendarId='primary', eventId=event['id'],
                body=timed()).execute)
        self.patch(event, {'guestsCanModify': True})
        self.patch(event, {'summary': 'Ours'}, self.bob)
        self.assertEqual(self.get(event)['summary'], 'Ours')

    def test_guest_deletes(self):
        event = self.insert()
        self.admin.delete_event(BOB, event['id'])
        self.assertEqual(self.answers(event)[BOB], 'declined')
        self.assertEqual(self.get(event)['status'], 'confirmed')
        self.patch(event, {'summary': 'x'})
        self.assertEqual(self.get(event, self.bob)['status'], 'cancelled')

    def test_guest_deletes_instance(self):
        event = self.insert(recurrence=['RRULE:FREQ=DAILY;COUNT=3'])
        one = self.bob.instances(
            calendarId='primary', eventId=event['id']).execute()['items'][1]
        self.admin.delete_event(BOB, one['id'])
        self.assertEqual(self.get(one, self.bob)['status'], 'cancelled')
        self.assertEqual(self.answers(one)[BOB], 'declined')
        self.assertEqual(self.answers(event)[BOB], 'needsAction')

    def test_organizer_deletes(self):
        event = self.insert()
        self.admin.delete_event(ANN, event['id'])
        self.assertEqual(self.get(event, self.bob)['status'], 'cancelled')
        with self.assertRaises(EmulatorError) as caught:
            self.admin.delete_event(BOB, event['id'])
        self.assertEqual(caught.exception.status, 410)

    def test_series(self):
        event = self.insert(recurrence=['RRULE:FREQ=DAILY;COUNT=3'])
        one, two, _ = self.bob.instances(
            calendarId='primary', eventId=event['id']).execute()['items']
        self.admin.respond(BOB, one['id'], 'declined')
        self.assertEqual(self.answers(one)[BOB], 'declined')
        self.assertEqual(self.answers(event)[BOB], 'needsAction')
        self.patch(two, {'summary': 'Other'})
        self.assertEqual(self.get(two, self.bob)['summary'], 'Other')
        self.events.delete(
            calendarId='primary', eventId=two['id']).execute()
        self.assertEqual(self.get(two, self.bob)['status'], 'cancelled')
        self.assertEqual(len(self.bob.instances(
                    calendarId='primary',
                    eventId=event['id']).execute()['items']), 2)

    def test_one_instance(self):
        "A guest of one instance only"
        event = self.insert(EVE, recurrence=['RRULE:FREQ=DAILY;COUNT=3'])
        one = self.events.instances(
            calendarId='primary', eventId=event['id']).execute()['items'][1]
        self.patch(one, {'attendees': [{'email': EVE}, {'email': BOB}]})
        items = self.bob.list(calendarId='primary').execute()['items']
        self.assertEqual([i['id'] for i in items], [one['id']])
        items = self.bob.list(
            calendarId='primary', singleEvents=True).execute()['items']
        self.assertEqual([i['id'] for i in items], [one['id']])

    def test_omitted(self):
        event = self.insert(ANN, BOB, EVE)
        short = self.get(event, maxAttendees=1)
        self.assertTrue(short['attendeesOmitted'])
        self.assertEqual([a['email'] for a in short['attendees']], [ANN])
        items = self.events.list(
            calendarId='primary', maxAttendees=2).execute()['items']
        self.assertTrue(items[0]['attendeesOmitted'])
        self.patch(event, {
                'attendeesOmitted': True, 'attendees': [
                    {'email': ANN, 'responseStatus': 'accepted'}]})
        self.assertEqual(self.answers(event), {
                ANN: 'accepted', BOB: 'needsAction', EVE: 'needsAction'})
        # writing the short list back removes guests
        self.patch(event, {'attendees': short['attendees']})
        self.assertEqual(self.answers(event), {ANN: 'needsAction'})

    def test_private_copy_reminders(self):
        "Reminders are private to the user, also on a shared calendar"
        shared = self.admin.create_calendar(ANN, 'Shared')['id']
        self.admin.share_calendar(shared, BOB, 'writer')
        event = self.admin.insert_event(ANN, timed(), shared)
        own = {
            'useDefault': False,
            'overrides': [{'method': 'popup', 'minutes': 5}]}
        answer = self.bob.patch(
            calendarId=shared, eventId=event['id'],
            body={'reminders': own}).execute()
        self.assertEqual(answer['reminders'], own)
        self.assertEqual(self.events.get(
                calendarId=shared, eventId=event['id']).execute()[
                'reminders'], {'useDefault': True})
