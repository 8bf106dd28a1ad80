# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Each mail that Google sends, counted"
from .common import (
    EmulatorTestCase, setUpModule, tearDownModule, timed)

__all__ = ['setUpModule', 'tearDownModule']
ANN, BOB, EVE = 'ann@example.com', 'bob@example.com', 'eve@other.org'


class TestMails(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.event = self.insert()
        self.mails()

    def insert(self, send='all', calendar='primary', **values):
        return self.admin.insert_event(ANN, timed(attendees=[
                    {'email': BOB}, {'email': EVE}], **values), calendar,
            sendUpdates=send)

    def patch(self, event, body, send='all', user=ANN, **params):
        return self.admin.patch_event(
            user, event['id'], body, sendUpdates=send, **params)

    def mails(self):
        return sorted(
            (m['kind'], m['to']) for m in self.admin.mails(clear=True))

    def both(self, kind):
        return [(kind, BOB), (kind, EVE)]

    def test_policies(self):
        for send, to in [
                ('all', [BOB, EVE]), ('externalOnly', [EVE]), ('none', [])]:
            with self.subTest(send=send):
                event = self.insert(send)
                self.assertEqual(
                    self.mails(), [('invitation', e) for e in to])
                self.patch(event, {'location': 'There'}, send)
                self.assertEqual(
                    self.mails(), [('update', e) for e in to])
                self.admin.delete_event(
                    ANN, event['id'], sendUpdates=send)
                self.assertEqual(
                    self.mails(), [('cancellation', e) for e in to])
        # not asked for
        event = self.admin.insert_event(
            ANN, timed(attendees=[{'email': EVE}]))
        self.admin.patch_event(ANN, event['id'], {'summary': 'x'})
        self.admin.delete_event(ANN, event['id'])
        self.assertEqual(self.mails(), [])

    def test_private_changes(self):
        "What only concerns the own copy is told to nobody"
        for body in [
                {'colorId': '3'}, {'transparency': 'transparent'},
                {'reminders': {'useDefault': False}},
                {'extendedProperties': {'private': {'a': 'b'}}}, {}]:
            self.patch(self.event, body)
        self.assertEqual(self.mails(), [])

    def test_restore(self):
        self.admin.delete_event(ANN, self.event['id'], sendUpdates='all')
        self.mails()
        self.patch(self.event, {'status': 'confirmed'})
        self.assertEqual(self.mails(), self.both('invitation'))
        self.assertEqual(self.admin.get_event(
                BOB, self.event['id'])['status'], 'confirmed')

    def test_cancelled_by_patch(self):
        self.patch(self.event, {'status': 'cancelled'})
        self.assertEqual(self.mails(), self.both('cancellation'))

    def test_instances(self):
        event = self.insert(recurrence=['RRULE:FREQ=DAILY;COUNT=4'])
        self.assertEqual(self.mails(), self.both('invitation'))
        self.admin.change_instance(
            ANN, event['id'], '2026-03-02T10:00:00', {'summary': 'x'},
            sendUpdates='all')
        self.assertEqual(self.mails(), self.both('update'))
        self.admin.change_instance(
            ANN, event['id'], '2026-03-03T10:00:00', {'attendees': [
                    {'email': BOB}, {'email': 'new@other.org'}]},
            sendUpdates='all')
        self.assertEqual(self.mails(), [
                ('cancellation', EVE), ('invitation', 'new@other.org')])
        self.admin.cancel_instance(
            ANN, event['id'], '2026-03-04T10:00:00', sendUpdates='all')
        self.assertEqual(self.mails(), self.both('cancellation'))
        # the exceptions follow without mails of their own
        self.patch(event, {'location': 'There'})
        self.assertEqual(self.mails(), self.both('update'))
        self.admin.delete_event(ANN, event['id'], sendUpdates='all')
        self.assertEqual(self.mails(), self.both('cancellation'))

    def test_answers(self):
        for send, expected in [
                ('all', [('response', ANN)]), ('externalOnly', []),
                ('none', [])]:
            for answer in ['accepted', 'declined']:
                self.admin.respond(
                    BOB, self.event['id'], answer, sendUpdates=send)
                self.assertEqual(self.mails(), expected)
        # the same answer again
        self.admin.respond(
            BOB, self.event['id'], 'declined', sendUpdates='all')
        self.assertEqual(self.mails(), [])
        # a guest who removes the meeting declines it
        event = self.insert('none')
        self.admin.delete_event(BOB, event['id'], sendUpdates='all')
        self.assertEqual(self.mails(), [('response', ANN)])

    def test_calendar_of_a_team(self):
        "The answer goes to who owns the calendar"
        team = self.admin.create_calendar(ANN, 'Team')['id']
        event = self.insert('none', team)
        self.admin.respond(
            BOB, event['id'], 'accepted', sendUpdates='all')
        self.assertEqual(self.mails(), [('response', ANN)])

    def test_import(self):
        self.admin.import_event(ANN, timed(
                iCalUID='u@x', attendees=[{'email': BOB}]))
        self.assertEqual(self.mails(), [])
