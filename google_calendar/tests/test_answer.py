# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The answers to invitations, the own and those of the others."""
import datetime as dt

from trytond.model.exceptions import AccessError
from trytond.model.modelview import AccessButtonError
from trytond.modules.google_calendar.tests.tools import (
    ACCESS, ALICE, BOB, CALENDAR, EVENT, HOUR, MORNING,
    GoogleCalendarTestCase, at, database, timed)
from trytond.pyson import PYSONDecoder

CAROL = 'carol@example.com'
BUTTONS = {
    'accept': 'accepted',
    'answer_maybe': 'tentative',
    'decline': 'declined',
    }
DAY = dt.timedelta(days=1)
PAST = dt.datetime(2020, 1, 1, 9)


class AnswerTestCase(GoogleCalendarTestCase):
    "Test the answers to invitations"

    def prepare(self):
        super().prepare()
        self.google.add_user(CAROL)

    def invited(self, summary="Meeting", **values):
        "Alice is invited by Bob"
        self.google.insert_event(BOB, timed(
                summary, attendees=[{'email': ALICE}, {'email': CAROL}],
                **values), sendUpdates='none')
        self.synchronize()
        return self.find(summary)

    def answers(self, id, user=BOB):
        google_id = self.event(id, 'google_id')
        return {
            a['email']: (a['responseStatus'], a.get('comment'))
            for a in self.google.get_event(user, google_id)['attendees']}

    def press(self, button, *ids, user=None):
        with database(user or self.jane, context=ACCESS) as pool:
            Event = pool.get(EVENT)
            getattr(Event, button)(Event.browse(ids))

    def test_buttons(self):
        "Each button is one patch and one mail, to the organizer"
        id = self.invited()
        self.write(id, response_comment="We shall see")
        self.synchronize()
        for button, response in BUTTONS.items():
            with self.subTest(button=button):
                self.google.mails(clear=True)
                self.press(button, id)
                self.requests()
                self.synchronize()
                self.assertEqual(
                    self.writes(), ['calendar.events.patch'])
                self.assertEqual(self.answers(id), {
                        ALICE: (response, "We shall see"),
                        CAROL: ('needsAction', None)})
                self.assertEqual(
                    [(m['kind'], m['to']) for m in self.google.mails()],
                    [('response', BOB)])
                self.assertEqual(self.event(id, 'response'), response)
        self.assert_settled()

    def test_same_answer(self):
        "To answer the same again is nothing to send"
        id = self.invited()
        self.press('accept', id)
        self.synchronize()
        revision = self.event(id, 'google_revision')
        self.press('accept', id)
        self.assertEqual(self.event(id, 'google_revision'), revision)
        self.assert_settled()

    def test_several(self):
        ids = [
            self.invited(f"Meeting {i}", start=MORNING + i * DAY)
            for i in range(3)]
        self.press('decline', *ids)
        self.synchronize()
        for id in ids:
            self.assertEqual(self.answers(id)[ALICE][0], 'declined')

    def test_not_invited(self):
        "There is no answer to what nobody asked"
        own = self.create()
        id = self.invited()
        self.synchronize()
        for button in BUTTONS:
            for ids in [[own], [id, own]]:
                with self.subTest(button=button, ids=ids), \
                        self.assertRaises(AccessButtonError):
                    self.press(button, *ids)
        self.assertEqual(self.event(id, 'response'), 'needsAction')

    def test_cancelled(self):
        id = self.invited()
        self.update(EVENT, id, status='cancelled')
        with self.assertRaises(AccessButtonError):
            self.press('accept', id)

    def test_answer_of_others(self):
        "Readers of the calendar do not answer for its owner"
        id = self.invited()
        with self.assertRaises(AccessError):
            self.press('accept', id, user=self.john)
        with database() as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.write([Calendar(self.calendar)], {
                    'readers': [('add', [self.john])]})
        with self.assertRaises(AccessError):
            self.press('accept', id, user=self.john)
        self.assertEqual(self.event(id, 'response'), 'needsAction')

    def test_series(self):
        "The answer to a series is one request"
        id = self.invited(recurrence=['RRULE:FREQ=DAILY;COUNT=3'])
        self.press('accept', id)
        self.requests()
        self.synchronize()
        self.assertEqual(self.writes(), ['calendar.events.patch'])
        self.assertEqual(self.answers(id)[ALICE][0], 'accepted')
        google_id = self.event(id, 'google_id')
        second = self.google.instance_id(BOB, google_id, at(MORNING + DAY))
        event = self.google.get_event(BOB, second)
        self.assertEqual(
            {a['email']: a['responseStatus'] for a in event['attendees']},
            {ALICE: 'accepted', CAROL: 'needsAction'})
        self.assert_settled()

    def test_exception(self):
        "The answer to one occurrence is of that alone"
        id = self.invited(recurrence=['RRULE:FREQ=DAILY;COUNT=3'])
        google_id = self.event(id, 'google_id')
        self.google.change_instance(
            BOB, google_id, at(MORNING + DAY), {'summary': "Moved"})
        self.synchronize()
        exception = self.find("Moved")
        self.press('decline', exception)
        self.requests()
        self.synchronize()
        self.assertEqual(self.writes(), ['calendar.events.patch'])
        self.assertEqual(self.answers(exception)[ALICE][0], 'declined')
        self.assertEqual(self.answers(id)[ALICE][0], 'needsAction')
        self.assert_settled()

    def test_occurrence(self):
        "Of a series one occurrence can be answered that is no exception"
        id = self.invited(recurrence=['RRULE:FREQ=DAILY;COUNT=3'])
        with self.user() as pool:
            Event = pool.get(EVENT)
            exception = Event(id).make_exception(MORNING + DAY)
            Event.decline([exception])
            exception = exception.id
        self.requests()
        self.synchronize()
        self.assertLessEqual(len(self.writes()), 1)
        self.assertEqual(self.answers(exception)[ALICE][0], 'declined')
        self.assertEqual(self.answers(id)[ALICE][0], 'needsAction')
        self.assert_settled()

    def test_counts(self):
        room = self.google.add_resource("Room")['email']
        id = self.create("Meeting", attendees=[('create', [
                        {'email': e} for e in [
                            BOB, CAROL, 'dan@example.com', room]])])
        other = self.create("Other", start=MORNING + 5 * HOUR)
        self.synchronize()
        google_id = self.event(id, 'google_id')
        self.google.respond(BOB, google_id, 'accepted')
        self.google.respond(CAROL, google_id, 'tentative')
        self.synchronize()
        names = [
            'accepted_count', 'tentative_count', 'declined_count',
            'waiting_count']
        self.assertEqual(
            self.search(EVENT, *names), [(1, 1, 0, 1), (0, 0, 0, 0)])
        self.google.respond(CAROL, google_id, 'declined')
        self.synchronize()
        self.assertEqual(self.event(id, *names), [1, 0, 1, 1])
        # of some the answers are not known
        self.update(EVENT, id, attendees_omitted=True)
        self.assertEqual(self.event(id, *names), [None] * 4)
        self.assertEqual(self.event(other, *names), [0] * 4)

    def test_another_email(self):
        "With another e-mail it is another guest, who has not answered"
        id = self.create("Meeting", attendees=[
                ('create', [{'email': BOB, 'name': "Guest"}])])
        self.synchronize()
        self.google.respond(
            BOB, self.event(id, 'google_id'), 'accepted', comment="Yes")
        self.synchronize()
        self.assertEqual(self.event(id, 'accepted_count'), 1)
        self.google.mails(clear=True)

        def change(**values):
            with self.user() as pool:
                Attendee = pool.get('google_calendar.attendee')
                guest, = Attendee.search([])
                Attendee.write([guest], values)
                guest, = Attendee.search([])
                return guest.email, guest.response, guest.comment
        self.assertEqual(
            change(email="BOB@example.com", name="Bob"),
            (BOB, 'accepted', "Yes"))
        self.assertEqual(change(email=CAROL), (CAROL, None, None))
        self.synchronize()
        self.assertEqual(self.event(id, 'waiting_count'), 1)
        self.assertEqual(
            sorted((m['kind'], m['to']) for m in self.google.mails()),
            [('cancellation', BOB), ('invitation', CAROL)])
        self.assert_settled()

    def test_invitations(self):
        "The list of what waits for an answer"
        meeting = self.invited()
        self.invited("Past", start=PAST)
        series = self.invited(
            "Series", start=PAST, recurrence=['RRULE:FREQ=DAILY'])
        self.create("Own")

        def listed():
            with self.user(commit=False) as pool:
                action = pool.get('ir.action.act_window')(
                    pool.get('ir.model.data').get_id(
                        'google_calendar', 'act_invitation_form'))
                decode = PYSONDecoder({'date': None}).decode
                domain = [decode(action.pyson_domain)]
                first, *_ = action.act_window_domains
                domain.append(decode(first.domain))
                return [
                    e.id for e in pool.get(EVENT).search(
                        domain, order=decode(action.pyson_order))]
        self.assertEqual(listed(), [series, meeting])
        self.press('answer_maybe', series)
        self.assertEqual(listed(), [meeting])
