# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
from unittest.mock import patch

from trytond.modules.google_calendar.tests.series_case import SeriesTestCase
from trytond.modules.google_calendar.tests.tools import (
    ALICE, BOB, EVENT, HOUR, MORNING, at, database, timed)
from trytond.modules.google_integration import bookkeeping

ATTENDEE = 'google_calendar.attendee'
# without Google Calendar
DAN = 'dan@example.org'
EVE = 'eve@example.org'
DAY = dt.timedelta(days=1)
BOTH = [BOB, DAN]


class MailsTestCase(SeriesTestCase):
    "Test who gets which mail of Google, exactly"

    def mails(self):
        return sorted(
            (m['kind'], m['to']) for m in self.google.mails(clear=True))

    def expected(self, choice, *mails):
        "Those of the mails that the choice lets out"
        allowed = {
            'all': {BOB, DAN, EVE},
            'externalOnly': {DAN, EVE},
            'none': set(),
            }[choice]
        return sorted(
            (kind, to) for kind, people in mails for to in people
            if to in allowed)

    def meeting(self, summary="Meeting", **values):
        id = self.create(summary, attendees=[
                ('create', [{'email': e} for e in BOTH])], **values)
        self.synchronize()
        return id

    def series(self, **values):
        return self.meeting(
            "Series", recurrence='RRULE:FREQ=DAILY;COUNT=9', **values)

    def remove_guest(self, id):
        with self.user() as pool:
            Attendee = pool.get(ATTENDEE)
            Attendee.delete(Attendee.search([
                        ('event', '=', id),
                        ('email', '=', DAN),
                        ]))

    def each(self):
        "Each choice, of the calendar and of the save"
        for choice in ['all', 'externalOnly', 'none']:
            for by in ['calendar', 'save']:
                other = 'none' if choice == 'all' else 'all'
                self.set_service(
                    notifications=choice if by == 'calendar' else other)
                values = {'notifications': choice} if by == 'save' else {}
                with self.subTest(choice=choice, by=by):
                    yield choice, values

    def test_event(self):
        "One event, in each kind of change"
        for choice, values in self.each():
            id = self.meeting(**values)
            self.assertEqual(
                self.mails(), self.expected(choice, ('invitation', BOTH)))
            for change in [
                    {'summary': "Other"}, {'location': "Room"},
                    {'start': MORNING + HOUR, 'end': MORNING + 2 * HOUR},
                    {'visibility': 'private'}, {'conference': True},
                    {'guests_can_modify': True},
                    {'recurrence': 'RRULE:FREQ=DAILY;COUNT=3'}]:
                self.write(id, **change, **values)
                self.synchronize()
                self.assertEqual(
                    self.mails(), self.expected(choice, ('update', BOTH)),
                    change)
            self.write(
                id, attendees=[('create', [{'email': EVE}])], **values)
            self.synchronize()
            self.assertEqual(
                self.mails(), self.expected(choice, ('invitation', [EVE])))
            if not values:
                self.remove_guest(id)
                self.synchronize()
                self.assertEqual(self.mails(), self.expected(
                        choice, ('cancellation', [DAN])))
            self.write(id, status='cancelled', **values)
            self.synchronize()
            guests = [BOB, EVE] if not values else [BOB, DAN, EVE]
            self.assertEqual(
                self.mails(), self.expected(choice, ('cancellation', guests)))

    def test_delete(self):
        for choice, values in self.each():
            id = self.meeting()
            self.mails()
            if values:
                self.write(id, **values)
            self.delete(id)
            self.synchronize()
            self.assertEqual(
                self.mails(), self.expected(choice, ('cancellation', BOTH)))

    def test_own(self):
        "What is only the own is told nobody, whatever was chosen"
        self.set_service(notifications='all')
        id = self.meeting()
        self.mails()
        for change in [
                {'color_id': '3'}, {'transparency': 'transparent'},
                {'default_reminders': False},
                {'reminders': [
                    ('create', [{'method': 'popup', 'minutes': 5}])]},
                {'resource': f'res.user,{self.jane}'}]:
            self.write(id, notifications='all', **change)
            self.synchronize()
            self.assertEqual(self.mails(), [], change)

    def test_series(self):
        "The scopes of a change of a series"
        for choice, values in self.each():
            series = self.series()
            self.mails()
            self.change(
                series, MORNING + DAY, 'this', summary="Other", **values)
            self.synchronize()
            self.assertEqual(
                self.mails(), self.expected(choice, ('update', BOTH)))
            self.change(series, MORNING, 'all', location="Room", **values)
            self.synchronize()
            self.assertEqual(
                self.mails(), self.expected(choice, ('update', BOTH)))
            with self.user() as pool:
                pool.get(EVENT)(series).remove_occurrence(
                    MORNING + 2 * DAY, 'this', values.get('notifications'))
            self.synchronize()
            self.assertEqual(
                self.mails(), self.expected(choice, ('cancellation', BOTH)))
            with self.user() as pool:
                pool.get(EVENT)(series).remove_occurrence(
                    MORNING + 7 * DAY, 'following',
                    values.get('notifications'))
            self.synchronize()
            self.assertEqual(
                self.mails(), self.expected(choice, ('update', BOTH)))
            new = self.change(
                series, MORNING + 5 * DAY, 'following', summary="New",
                **values)
            self.synchronize()
            self.synchronize()
            self.assertEqual(self.mails(), self.expected(
                    choice, ('update', BOTH), ('invitation', BOTH)))
            with self.user() as pool:
                for event in pool.get(EVENT).browse([series, new]):
                    event.remove_occurrence(
                        event.start, 'all', values.get('notifications'))
            self.synchronize()
            self.assertEqual(self.mails(), self.expected(
                    choice, ('cancellation', BOTH), ('cancellation', BOTH)))

    def test_split_with_exceptions(self):
        """The exceptions that the new series gets are no news

        But who has another calendar has to be told again.
        """
        for choice, values in self.each():
            series = self.series()
            self.change(series, MORNING + 5 * DAY, 'this', summary="Other")
            self.remove(series, MORNING + 6 * DAY, 'this')
            self.synchronize()
            self.mails()
            new = self.change(
                series, MORNING + 3 * DAY, 'following', location="Room",
                **values)
            self.synchronize()
            self.synchronize()
            quiet = 'none' if choice == 'none' else 'externalOnly'
            self.assertEqual(self.mails(), sorted([
                        *self.expected(
                            choice, ('update', BOTH), ('invitation', BOTH)),
                        *self.expected(
                            quiet, ('update', BOTH), ('cancellation', BOTH)),
                        ]))
            self.delete(series, new)
            self.synchronize()
            self.mails()

    def test_answer(self):
        "The answer is told to the organizer"
        for choice, values in self.each():
            google_id = self.google.insert_event(BOB, timed(
                    choice, attendees=[{'email': ALICE}, {'email': DAN}],
                    ))['id']
            self.synchronize()
            id = self.find(choice)
            self.mails()
            self.write(id, response='accepted', **values)
            self.synchronize()
            self.assertEqual(
                self.mails(), self.expected(choice, ('response', [BOB])))
            self.google.delete_event(BOB, google_id)
            self.synchronize()

    def test_coming(self):
        "What comes from Google, again and again, mails nobody"
        for _ in self.each():
            ids = [
                self.google.insert_event(ALICE, timed(
                        name, attendees=[{'email': e} for e in BOTH],
                        **values))['id']
                for name, values in [
                    ("One", {}),
                    ("Two", {'recurrence': ['RRULE:FREQ=DAILY;COUNT=3']})]]
            self.google.change_instance(
                ALICE, ids[1], at(MORNING + DAY), {'summary': "Other"})
            self.mails()
            self.synchronize()
            self.update(
                'google_calendar.calendar', self.calendar, cursor=None)
            self.synchronize()
            self.google.expire_sync_tokens()
            self.synchronize()
            self.click(
                'google_calendar.calendar', self.calendar,
                'reset_synchronization')
            self.synchronize()
            for id in ids:
                self.google.delete_event(ALICE, id)
            self.synchronize()
            self.assertEqual(self.mails(), [])

    def test_two_saves(self):
        "The choice is for one save"
        id = self.meeting(notifications='none')
        self.assertEqual(self.mails(), [])
        self.write(id, summary="Other", notifications='none')
        self.write(id, location="Room")
        self.synchronize()
        self.assertEqual(
            self.mails(), self.expected('all', ('update', BOTH)))

    def test_all_day(self):
        "A day is over where the calendar is, not at noon of UTC"
        for zone, now, over in [
                ('UTC', dt.datetime(2026, 12, 1, 13), False),
                ('UTC', dt.datetime(2026, 12, 2), True),
                ('America/Los_Angeles', dt.datetime(2026, 12, 2, 7), False),
                ('America/Los_Angeles', dt.datetime(2026, 12, 2, 8), True),
                ('Pacific/Auckland', dt.datetime(2026, 12, 1, 10), False),
                ('Pacific/Auckland', dt.datetime(2026, 12, 1, 11), True),
                (None, dt.datetime(2026, 12, 1, 23), False)]:
            self.set_service(time_zone=zone)
            for values in [
                    {'start_date': dt.date(2026, 11, 30)},
                    {
                        'start_date': dt.date(2026, 11, 29),
                        'end_date': dt.date(2026, 11, 29),
                        'recurrence': 'RRULE:FREQ=DAILY;COUNT=3'}]:
                id = self.create(**{
                        'all_day': True,
                        'end_date': dt.date(2026, 12, 1),
                        **values})
                with self.subTest(zone=zone, now=now, values=values), \
                        patch.object(bookkeeping, 'utcnow', lambda: now), \
                        database(commit=False) as pool:
                    event = pool.get(EVENT)(id)
                    self.assertEqual(event.is_past, over)
                    self.assertEqual(
                        event.mails, 'none' if over else 'all')


del SeriesTestCase
