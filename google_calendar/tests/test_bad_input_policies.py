# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt

from trytond.modules.google_calendar.tests.series_case import SeriesTestCase
from trytond.modules.google_calendar.tests.tools import (
    ALICE, BOB, EVENT, MORNING, POLICIES, at, database, timed)

DAY = dt.timedelta(days=1)
CONFLICT = 'google_integration.conflict'
CAROL, DAVE = 'carol@example.net', 'dave@example.net'


class BothSidesTestCase(SeriesTestCase):
    """Test two people who change the same between two synchronisations

    Within a minute of each other Google's is the newest.
    """

    def each_policy(self):
        for policy in POLICIES:
            self.set_service(conflict_policy=policy)
            yield policy
            self.assert_settled()
            with database() as pool:
                Conflict = pool.get(CONFLICT)
                Conflict.delete(Conflict.search([]))

    def decide(self, policy):
        "Return whose change stands, after having decided what is asked"
        if policy != 'manual':
            self.assertEqual(
                self.search(CONFLICT, 'id', domain=[('state', '=', 'open')]),
                [])
            return 'tryton' if policy == 'tryton' else 'google'
        conflicts = self.search(
            CONFLICT, 'id', domain=[('state', '=', 'open')])
        self.assertTrue(conflicts)
        # what is undecided disturbs nobody
        self.synchronize()
        for conflict in conflicts:
            self.click(CONFLICT, conflict, 'keep_tryton')
        self.synchronize()
        return 'tryton'

    def assert_kept(self, value):
        "What does not stand can be restored"
        self.assertIn(value, str(
                self.conflicts('tryton_values', 'google_values')))

    def guests(self, google_id):
        "The guests of both sides"
        event = self.google.get_event(ALICE, google_id)
        there = {
            a['email']: a.get('optional', False)
            for a in event.get('attendees', [])}
        with database(commit=False) as pool:
            record, = pool.get(EVENT).search([('google_id', '=', google_id)])
            here = {a.email: bool(a.optional) for a in record.attendees}
        self.assertEqual(here, there)
        return there

    def test_guests(self):
        "Both add a guest: both are invited, once; of one they disagree"
        for policy in self.each_policy():
            google_id = self.google.insert_event(ALICE, timed(
                    policy, attendees=[{'email': BOB}]))['id']
            self.synchronize()
            id = self.find(policy)
            self.google.mails(clear=True)
            with self.user() as pool:
                event = pool.get(EVENT)(id)
                event.attendees[0].optional = True
                event.attendees[0].name = "Bobby"
                event.attendees[0].save()
                pool.get(EVENT).write([event], {
                        'attendees': [('create', [{'email': CAROL}])]})
            self.google.patch_event(ALICE, google_id, {'attendees': [
                        {'email': BOB, 'displayName': "Robert"},
                        {'email': DAVE}]}, sendUpdates='all')
            self.synchronize()
            stands = self.decide(policy)
            self.synchronize()
            guests = {BOB: stands == 'tryton', CAROL: False, DAVE: False}
            if policy == 'manual':
                # who decided saw both lists, and chose one
                del guests[DAVE]
            self.assertEqual(self.guests(google_id), guests)
            self.assertEqual(
                sorted(
                    m['to'] for m in self.google.mails()
                    if m['kind'] == 'invitation'),
                [CAROL, DAVE])

    def test_removed_guest(self):
        "One removes the guest whom the other makes optional"
        for policy in self.each_policy():
            google_id = self.google.insert_event(ALICE, timed(
                    policy, attendees=[{'email': BOB}]))['id']
            self.synchronize()
            id = self.find(policy)
            with self.user() as pool:
                event = pool.get(EVENT)(id)
                pool.get('google_calendar.attendee').delete(event.attendees)
            self.google.patch_event(ALICE, google_id, {'attendees': [
                        {'email': BOB, 'optional': True}]})
            self.synchronize()
            stands = self.decide(policy)
            self.synchronize()
            self.assertEqual(
                self.guests(google_id),
                {} if stands == 'tryton' else {BOB: True})

    def series_of(self, policy):
        return self.google.insert_event(ALICE, timed(
                policy, recurrence=['RRULE:FREQ=DAILY;COUNT=4']))['id']

    def occurrence(self, google_id):
        "The summaries of the second occurrence"
        items = self.google.act(
            ALICE, 'calendar.events.instances', calendarId=ALICE,
            eventId=google_id)['items']
        here = self.local_occurrences()
        self.assertEqual(here, self.remote_occurrences())
        return items[1]['summary']

    def test_known_exception(self):
        "An exception that both sides have"
        for policy in self.each_policy():
            google_id = self.series_of(policy)
            self.google.change_instance(
                ALICE, google_id, at(MORNING + DAY), {'summary': "Before"})
            self.synchronize()
            self.write(self.find("Before"), summary="Here", location="Here")
            self.google.change_instance(
                ALICE, google_id, at(MORNING + DAY), {'summary': "There"})
            self.synchronize()
            stands = self.decide(policy)
            self.synchronize()
            self.assertEqual(
                self.occurrence(google_id),
                "Here" if stands == 'tryton' else "There")
            self.assert_kept("There" if stands == 'tryton' else "Here")
            self.delete(self.find(policy))
            self.synchronize()

    def test_new_exception(self):
        "Both change the same occurrence for the first time"
        for policy in self.each_policy():
            google_id = self.series_of(policy)
            self.synchronize()
            self.change(
                self.find(policy), MORNING + DAY, 'this', summary="Here")
            self.google.change_instance(
                ALICE, google_id, at(MORNING + DAY), {'summary': "There"})
            self.synchronize()
            stands = self.decide(policy)
            self.synchronize()
            self.assertEqual(
                self.occurrence(google_id),
                "Here" if stands == 'tryton' else "There")
            self.assert_kept("There" if stands == 'tryton' else "Here")
            self.delete(self.find(policy))
            self.synchronize()

    def test_exception_and_series(self):
        "One changes an occurrence, the other the same of the series"
        for policy in self.each_policy():
            google_id = self.series_of(policy)
            self.synchronize()
            self.change(
                self.find(policy), MORNING + DAY, 'this', summary="Here")
            with self.hook('push', lambda *args: self.google.patch_event(
                        ALICE, google_id, {'summary': "There"})):
                self.synchronize()
            self.synchronize()
            stands = self.decide(policy)
            self.synchronize()
            self.assertEqual(
                self.occurrence(google_id),
                "Here" if stands == 'tryton' else "There")
            # nothing here is left behind when the series changes next
            self.google.patch_event(
                ALICE, google_id, {'summary': "Series", 'location': "Room"})
            self.synchronize()
            self.occurrence(google_id)
            self.delete(self.find("Series"))
            self.synchronize()

    def cancelled(self, policy, google_id, kept):
        "Whose word stands of an occurrence that one side cancelled"
        self.synchronize()
        stands = self.decide(policy)
        self.synchronize()
        here = self.local_occurrences()
        self.assertEqual(here, self.remote_occurrences())
        self.assertEqual(self.errors(), [])
        if kept[stands]:
            self.assert_kept(kept[stands])
        self.delete(self.find(policy))
        self.synchronize()
        return stands, {summary for _, _, summary in here} - {policy}

    def test_cancelled_there(self):
        "Google cancels an occurrence that is changed here"
        for policy in self.each_policy():
            google_id = self.series_of(policy)
            self.google.change_instance(
                ALICE, google_id, at(MORNING + DAY), {'summary': "Before"})
            self.synchronize()
            self.write(self.find("Before"), summary="Here")
            self.google.cancel_instance(ALICE, google_id, at(MORNING + DAY))
            stands, found = self.cancelled(
                policy, google_id, {'google': "Here", 'tryton': None})
            self.assertEqual(
                found, {"Here"} if stands == 'tryton' else set())

    def test_cancelled_here(self):
        "An occurrence is cancelled here that Google changes"
        for policy in self.each_policy():
            google_id = self.series_of(policy)
            self.synchronize()
            self.remove(self.find(policy), MORNING + DAY, 'this')
            self.google.change_instance(
                ALICE, google_id, at(MORNING + DAY), {'summary': "There"})
            stands, found = self.cancelled(
                policy, google_id, {'google': None, 'tryton': "There"})
            self.assertEqual(
                found, set() if stands == 'tryton' else {"There"})

    def test_restored_cancellation(self):
        "What Google changed of an occurrence cancelled here can be restored"
        self.set_service(conflict_policy='tryton')
        google_id = self.series_of("Series")
        self.synchronize()
        self.remove(self.find("Series"), MORNING + DAY, 'this')
        self.google.change_instance(
            ALICE, google_id, at(MORNING + DAY), {'summary': "There"})
        self.synchronize()
        self.synchronize()
        self.assert_same_occurrences(3)
        conflict, = self.search(CONFLICT, 'id')
        self.click(CONFLICT, conflict, 'restore')
        self.synchronize()
        self.assert_same_occurrences(4)
        self.assertEqual(self.occurrence(google_id), "There")
        self.assert_settled()

    def test_split_on_both_sides(self):
        "Both split the series at the same occurrence"
        for policy in self.each_policy():
            google_id = self.series_of(policy)
            self.synchronize()
            self.change(
                self.find(policy), MORNING + 2 * DAY, 'following',
                summary="Here")
            self.google.split_series(
                ALICE, google_id, at(MORNING + 2 * DAY),
                {'summary': "There"})
            self.synchronize()
            self.synchronize()
            # two people did: both are there, and on both sides
            self.assert_same_occurrences(6)
            for summary in [policy, "Here", "There"]:
                self.delete(self.find(summary))
            self.synchronize()
