# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt

from trytond.model.exceptions import AccessError
from trytond.modules.google_calendar.tests.tools import (
    ALICE, BOB, EVENT, HOUR, MORNING, GoogleCalendarTestCase, database, timed)
from trytond.pool import Pool

CAROL = 'carol@example.com'
ATTENDEE = 'google_calendar.attendee'
REMINDER = 'google_calendar.reminder'
PAST = dt.datetime(2020, 1, 1, 9)


class PeopleTestCase(GoogleCalendarTestCase):
    "Test the guests, their rights and their mails"

    def prepare(self):
        super().prepare()
        self.google.add_user(CAROL)

    def guests(self, id, *names):
        with self.user(commit=False) as pool:
            event = pool.get(EVENT)(id)
            return [
                tuple(getattr(a, n) for n in ['email', *names])
                for a in event.attendees]

    def remote_guests(self, id, user=ALICE):
        google_id = self.event(id, 'google_id')
        return {
            a['email']: a['responseStatus']
            for a in self.google.get_event(user, google_id).get(
                'attendees', [])}

    def mails(self):
        return sorted(
            (m['kind'], m['to']) for m in self.google.mails(clear=True))

    def invited(self, **values):
        "Alice is invited by Bob"
        self.google.insert_event(BOB, timed(
                "Meeting", attendees=[{'email': ALICE}, {'email': CAROL}],
                **values), sendUpdates='none')
        self.synchronize()
        return self.find("Meeting")

    def invite(self, *emails, **values):
        "Alice invites from Tryton"
        return self.create("Meeting", attendees=[
                ('create', [{'email': e} for e in emails])], **values)

    def test_receive(self):
        id = self.invited()
        self.google.respond(
            CAROL, self.event(id, 'google_id'), 'tentative', comment="Late")
        self.synchronize()

        self.assertEqual(
            self.guests(id, 'response', 'comment', 'own'), [
                (ALICE, 'needsAction', None, True),
                (CAROL, 'tentative', "Late", False)])
        self.assertEqual(
            self.event(
                id, 'response', 'organizer_email', 'organizer_own',
                'invited', 'editable'),
            ['needsAction', BOB, False, True, False])
        self.assert_settled()

    def test_answer(self):
        id = self.invited()
        self.mails()
        self.write(id, response='accepted', response_comment="Gladly")
        self.synchronize()

        self.assertEqual(self.remote_guests(id, BOB), {
                ALICE: 'accepted', CAROL: 'needsAction'})
        self.assertEqual(
            self.guests(id, 'response', 'comment')[0],
            (ALICE, 'accepted', "Gladly"))
        self.assertEqual(self.mails(), [('response', BOB)])
        self.assert_settled()

    def test_answer_of_others_meanwhile(self):
        "An answer and the answer of somebody else are no conflict"
        id = self.invited()
        self.write(id, response='declined')
        self.google.respond(
            CAROL, self.event(id, 'google_id'), 'accepted')
        self.synchronize()

        self.assertEqual(self.remote_guests(id, BOB), {
                ALICE: 'declined', CAROL: 'accepted'})
        self.assertEqual(self.conflicts(), [])

    def test_guest_may_not_change(self):
        id = self.invited()
        for values in [
                {'summary': "Mine"}, {'start': MORNING + HOUR},
                {'status': 'cancelled'}, {'recurrence': "RRULE:FREQ=DAILY"},
                {'conference': True}, {'guests_can_modify': True}]:
            with self.subTest(values=values), \
                    self.assertRaises(AccessError):
                self.write(id, **values)
        # what is of the own copy
        self.write(
            id, summary="Meeting", color_id='4', transparency='transparent',
            default_reminders=False,
            reminders=[('create', [{'method': 'popup', 'minutes': 5}])])
        self.synchronize()
        event = self.google.get_event(ALICE, self.event(id, 'google_id'))
        self.assertEqual(
            (event['colorId'], event['transparency'], event['reminders']), (
                '4', 'transparent', {
                    'useDefault': False,
                    'overrides': [{'method': 'popup', 'minutes': 5}]}))
        self.assertEqual(self.mails(), [])
        self.assert_settled()

    def test_guest_may_change(self):
        id = self.invited(guestsCanModify=True)
        self.assertTrue(self.event(id, 'editable'))
        self.write(id, summary="Better")
        self.synchronize()

        self.assertEqual(
            self.google.get_event(
                ALICE, self.event(id, 'google_id'))['summary'], "Better")

    def test_guest_may_not_invite(self):
        id = self.invited(guestsCanInviteOthers=False)
        self.assertFalse(self.event(id, 'can_invite'))
        with self.assertRaises(AccessError):
            self.write(id, attendees=[
                    ('create', [{'email': 'dan@example.com'}])])
        with self.assertRaises(AccessError), self.user() as pool:
            Attendee = pool.get(ATTENDEE)
            Attendee.delete(Attendee.search([('email', '=', CAROL)]))

    def test_guest_removes(self):
        "Who is invited declines the meeting by removing it"
        id = self.invited()
        google_id = self.event(id, 'google_id')
        self.delete(id)
        self.synchronize()

        event = self.google.get_event(BOB, google_id)
        self.assertEqual(event['status'], 'confirmed')
        self.assertEqual(
            {a['email']: a['responseStatus'] for a in event['attendees']},
            {ALICE: 'declined', CAROL: 'needsAction'})

    def test_owner_removes(self):
        "Who organizes the meeting cancels it by removing it"
        id = self.invite(BOB)
        self.synchronize()
        google_id = self.event(id, 'google_id')
        self.mails()
        self.delete(id)
        self.synchronize()

        self.assertEqual(
            self.google.get_event(BOB, google_id)['status'], 'cancelled')
        self.assertEqual(self.mails(), [('cancellation', BOB)])

    def test_invite(self):
        id = self.invite("Bob@Example.com", CAROL)
        self.synchronize()

        self.assertEqual(
            self.mails(), [('invitation', BOB), ('invitation', CAROL)])
        self.assertEqual(self.remote_guests(id), {
                BOB: 'needsAction', CAROL: 'needsAction'})
        self.assertEqual(self.event(id, 'organizer_own'), True)
        self.assert_settled()
        self.assertEqual(self.mails(), [])

    def test_change_guests(self):
        id = self.invite(BOB, CAROL)
        self.synchronize()
        self.google.respond(BOB, self.event(id, 'google_id'), 'accepted')
        self.mails()
        with self.user() as pool:
            Attendee = pool.get(ATTENDEE)
            bob, = Attendee.search([('email', '=', BOB)])
            carol, = Attendee.search([('email', '=', CAROL)])
            Attendee.write([bob], {'optional': True})
            Attendee.delete([carol])
            Attendee.create([{'event': id, 'email': 'dan@example.com'}])
        self.synchronize()

        self.assertEqual(self.remote_guests(id), {
                BOB: 'accepted', 'dan@example.com': 'needsAction'})
        self.assertEqual(self.guests(id, 'optional', 'response'), [
                (BOB, True, 'accepted'),
                ('dan@example.com', False, 'needsAction')])
        self.assertIn(('invitation', 'dan@example.com'), self.mails())
        self.assert_settled()

    def test_guests_on_both_sides(self):
        "Guests who are added on both sides are all invited"
        id = self.invite(BOB)
        self.synchronize()
        event = self.google.get_event(ALICE, self.event(id, 'google_id'))
        self.google.patch_event(ALICE, event['id'], {
                'attendees': event['attendees'] + [{'email': CAROL}]})
        with self.user() as pool:
            pool.get(ATTENDEE).create([{
                        'event': id, 'email': 'dan@example.com'}])
        self.synchronize()

        self.assertEqual(
            set(self.remote_guests(id)), {BOB, CAROL, 'dan@example.com'})
        self.assertEqual(self.conflicts(), [])
        self.assert_settled()

    def test_bad_email(self):
        for email in ["Bob", "bob@", "a b@example.com", "a@b.c, d@e.f"]:
            with self.subTest(email=email), self.assertRaises(Exception) as e:
                self.invite(email)
            self.assertIn(email.lower(), str(e.exception).lower())

    def test_answers_are_of_others(self):
        id = self.invite(BOB)
        self.synchronize()
        with self.user() as pool:
            Attendee = pool.get(ATTENDEE)
            bob, = Attendee.search([('event', '=', id)])
            with self.assertRaises(AccessError):
                Attendee.write([bob], {'response': 'accepted'})

    def test_no_mails(self):
        id = self.invite(BOB, notifications='none')
        self.synchronize()
        self.assertEqual(self.mails(), [])
        # the choice was for that save
        self.assertEqual(self.event(id, 'notifications'), None)
        self.write(id, summary="Other")
        self.synchronize()
        self.assertEqual(self.mails(), [('update', BOB)])
        self.write(id, color_id='1')
        self.synchronize()
        self.assertEqual(self.mails(), [])

    def test_no_mails_by_calendar(self):
        self.set_service(notifications='none')
        id = self.invite(BOB)
        self.synchronize()
        self.write(id, summary="Other", notifications='all')
        self.synchronize()
        self.assertEqual(self.mails(), [('update', BOB)])
        self.delete(id)
        self.synchronize()
        self.assertEqual(self.mails(), [])

    def test_no_mails_for_the_past(self):
        id = self.invite(BOB, start=PAST)
        self.synchronize()
        self.write(id, summary="Other")
        self.synchronize()
        self.delete(id)
        self.synchronize()
        self.assertEqual(self.mails(), [])

    def test_no_mails_at_first(self):
        self.set_service(enabled=False)
        self.invite(BOB)
        self.set_service(enabled=True)
        self.synchronize()
        self.assertEqual(self.mails(), [])

    def test_lost_answer(self):
        "Nobody is invited twice"
        self.google.add_fault(
            'drop_after', method_id='calendar.batch', times=2)
        self.invite(BOB)
        self.run_once()
        self.synchronize()
        self.assertEqual(self.mails(), [('invitation', BOB)])
        self.assert_settled()

    def test_reminders(self):
        id = self.create(
            default_reminders=False, reminders=[('create', [
                        {'method': 'email', 'minutes': 60},
                        {'method': 'popup', 'minutes': 10}])])
        self.synchronize()
        with self.user() as pool:
            Reminder = pool.get(REMINDER)
            reminder, = Reminder.search([('method', '=', 'popup')])
            Reminder.write([reminder], {'minutes': 20})
        self.synchronize()
        event = self.google.get_event(ALICE, self.event(id, 'google_id'))
        self.assertCountEqual(event['reminders']['overrides'], [
                {'method': 'email', 'minutes': 60},
                {'method': 'popup', 'minutes': 20}])
        self.write(id, default_reminders=True)
        self.synchronize()
        self.assert_settled()
        event = self.google.get_event(ALICE, self.event(id, 'google_id'))
        self.assertEqual(event['reminders'], {'useDefault': True})

    def test_conference(self):
        id = self.create(conference=True)
        self.synchronize()
        self.assertTrue(self.event(id, 'conference_link'))
        self.assert_settled()
        self.write(id, conference=False)
        self.synchronize()
        self.assertIsNone(self.event(id, 'conference_link'))
        self.assertNotIn('conferenceData', self.google.get_event(
                ALICE, self.event(id, 'google_id')))

    def test_conference_pending(self):
        "What Google makes of it later is taken over, and nothing sent"
        for status, link in [('success', True), ('failure', False)]:
            with self.subTest(status=status):
                self.google.options(pending_conference=True)
                id = self.create(conference=True)
                self.synchronize()
                self.assertEqual(
                    self.event(id, 'conference', 'conference_link'),
                    [True, None])
                self.assert_settled()
                self.google.finish_conferences(status)
                self.google.options(pending_conference=False)
                self.synchronize()
                conference, found, note = self.event(
                    id, 'conference', 'conference_link', 'conference_note')
                self.assertEqual((conference, bool(found)), (link, link))
                self.assertEqual(bool(note), not link)
                self.assert_settled()

    def test_conference_lost_answer(self):
        "There is one Meet, also when its answer is lost"
        id = self.create()
        self.synchronize()
        self.google.add_fault(
            'drop_after', method_id='calendar.batch', times=2)
        self.write(id, conference=True)
        self.run_once()
        made = self.google.get_event(
            ALICE, self.event(id, 'google_id'))['hangoutLink']
        self.synchronize()
        self.assertEqual(self.event(id, 'conference_link'), made)
        self.assert_settled()

    def test_conference_of_others(self):
        "It is kept, also when the event is brought back"
        self.set_service(conflict_policy='tryton')
        google_id = self.google.insert_event(ALICE, timed("Zoom"))['id']
        zoom = {
            'conferenceId': 'z1',
            'conferenceSolution': {
                'key': {'type': 'addOn'}, 'name': "Zoom"},
            'entryPoints': [{
                    'entryPointType': 'video', 'uri': 'https://zoom.us/j/1',
                    }],
            }
        self.google.plant_event(
            ALICE, {'id': google_id, 'conferenceData': zoom})
        self.synchronize()
        id = self.find("Zoom")
        self.assertEqual(
            self.event(id, 'conference', 'conference_link'),
            [True, 'https://zoom.us/j/1'])
        self.write(id, location="Here")
        self.google.delete_event(ALICE, google_id)
        self.synchronize()
        self.synchronize()
        event = self.google.get_event(ALICE, google_id)
        self.assertEqual(
            (event['status'], event['location'], event['conferenceData']),
            ('confirmed', "Here", zoom))

    def test_source_of_others(self):
        "A link to a record does not take the place of another's source"
        source = {'title': "Mail", 'url': 'https://mail.example.com/1'}
        google_id = self.google.insert_event(
            ALICE, timed("Mail", source=source))['id']
        self.synchronize()
        id = self.find("Mail")
        for resource in [f'res.user,{self.jane}', None]:
            self.write(id, resource=resource)
            self.synchronize()
            self.assertEqual(
                self.google.get_event(ALICE, google_id)['source'], source)
        # ours comes and goes
        id = self.create(resource=f'res.user,{self.jane}')
        self.synchronize()
        google_id = self.event(id, 'google_id')
        for resource, title in [
                (f'res.user,{self.john}', "John"), (None, None)]:
            self.write(id, resource=resource)
            self.synchronize()
            source = self.google.get_event(ALICE, google_id).get('source')
            self.assertEqual(source and source['title'], title)

    def test_resource(self):
        with self.user(commit=False):
            user = str(Pool().get('res.user')(self.jane))
        id = self.create(resource=user)
        self.synchronize()
        google_id = self.event(id, 'google_id')
        text = self.google.get_event(ALICE, google_id)[
            'extendedProperties']['private']['trytonRecord']
        self.assertTrue(text.endswith(f':{user}'))
        self.assert_settled()
        # what others wrote means nothing here
        self.google.patch_event(ALICE, google_id, {
                'extendedProperties': {'private': {
                        'trytonRecord': f'other:{user}', 'key': "value"}}})
        self.synchronize()
        self.assertIsNone(self.event(id, 'resource'))
        self.assert_settled()
        event = self.google.get_event(ALICE, google_id)
        self.assertEqual(
            event['extendedProperties']['private']['key'], "value")

    def test_user(self):
        def set_email(email):
            with database() as pool:
                User = pool.get('res.user')
                User.write([User(self.john)], {'email': email})
        set_email(BOB)
        self.addCleanup(set_email, None)
        id = self.invite(BOB, CAROL)
        with self.user(commit=False) as pool:
            event = pool.get(EVENT)(id)
            self.assertEqual(
                [a.user and a.user.id for a in event.attendees],
                [self.john, None])

    def test_foreign_meeting_is_not_restored(self):
        "What Bob cancelled is not created again, with Alice as organizer"
        id = self.invited()
        self.google.delete_event(BOB, self.event(id, 'google_id'))
        self.write(id, color_id='4')
        self.synchronize()
        self.synchronize()
        self.assertEqual(self.search(EVENT, 'id'), [])
        self.assertEqual(self.remote(), {})
