# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Rules 6 and 7: changes of both sides are merged, and no echo comes back."""
import datetime as dt
import json
from unittest.mock import patch

from trytond.modules.google_integration.operation import Change, Changes

from .tools import (
    ALICE, CALENDAR, EVENT, HOUR, MORNING, GoogleCalendarTestCase, at,
    database, timed)

CONFLICT = 'google_integration.conflict'
LATER = dt.timedelta(minutes=5)


class GoogleEngineMergeTestCase(GoogleCalendarTestCase):
    "Test what becomes of changes on both sides"

    def prepare(self):
        super().prepare()
        self.id = self.create("Base", location="Base", description="Base")
        self.synchronize()
        self.google_id = self.event(self.id, 'google_id')

    def change_both(self, tryton, google, here=dt.timedelta()):
        "Change both sides, in Tryton some time after Google"
        resource = self.google.patch_event(ALICE, self.google_id, google)
        if tryton:
            self.write(self.id, **tryton)
            touched = dt.datetime.fromisoformat(resource['updated'])
            self.update(
                EVENT, self.id,
                google_touched=touched.replace(tzinfo=None) + here)

    def conflict(self):
        "The only conflict, by its id"
        with database(commit=False) as pool:
            conflict, = pool.get(CONFLICT).search([])
            return conflict.id

    def test_other_units(self):
        "What only one side changed is taken"
        for policy in ['newest', 'tryton', 'google', 'manual']:
            with self.subTest(policy=policy):
                self.set_service(conflict_policy=policy)
                self.change_both({'summary': policy}, {'location': policy})
                self.synchronize()
                self.assertEqual(
                    self.event(self.id, 'summary', 'location'),
                    [policy, policy])
                self.assertEqual(self.conflicts('unit'), [])
                self.assert_equal_sides(1)
        self.assert_settled()

    def test_same_change(self):
        "The same change on both sides is no conflict"
        self.change_both({'summary': "Same"}, {'summary': "Same"})
        self.requests()
        self.synchronize()
        self.assertEqual(self.requests(), ['calendar.events.list'])
        self.assertEqual(self.conflicts('unit'), [])
        self.assert_equal_sides(1)

    def test_policies(self):
        "On both sides the policy decides, and the other values are kept"
        for policy, here, stood in [
                ('newest', LATER, 'tryton'),
                ('newest', -LATER, 'google'),
                # within a minute Google stands
                ('newest', dt.timedelta(seconds=30), 'google'),
                ('tryton', -LATER, 'tryton'),
                ('google', LATER, 'google'),
                ]:
            with self.subTest(policy=policy, here=here):
                self.set_service(conflict_policy=policy)
                texts = {
                    s: f"{s} {policy} {here}" for s in ['tryton', 'google']}
                self.change_both(
                    {'summary': texts['tryton']},
                    {'summary': texts['google']}, here)
                self.synchronize()
                self.assertEqual(
                    self.event(self.id, 'summary'), texts[stood])
                self.assert_equal_sides(1)
                self.assert_settled()
                id = self.conflict()
                self.assertEqual(
                    self.read(CONFLICT, id, 'unit', 'stood', 'state'),
                    ['summary', stood, 'settled'])
                # what did not stand can be had back
                self.click(CONFLICT, id, 'restore')
                other = {'tryton': 'google', 'google': 'tryton'}[stood]
                self.assertEqual(
                    self.event(self.id, 'summary'), texts[other])
                self.synchronize()
                self.assert_equal_sides(1)
                self.assertEqual(
                    self.read(CONFLICT, id, 'state'), 'restored')
                with database() as pool:
                    Conflict = pool.get(CONFLICT)
                    Conflict.delete([Conflict(id)])

    def test_times_are_one(self):
        "Start, end and zone are taken together"
        self.set_service(conflict_policy='google')
        start = MORNING + dt.timedelta(days=1)
        self.change_both({'end': MORNING + 3 * HOUR}, {
                'start': {'dateTime': at(start), 'timeZone': 'Asia/Tokyo'},
                'end': {
                    'dateTime': at(start + HOUR), 'timeZone': 'Asia/Tokyo'},
                })
        self.synchronize()
        self.assertEqual(
            self.event(self.id, 'start', 'end', 'time_zone'),
            [start, start + HOUR, 'Asia/Tokyo'])
        (unit, here), = self.conflicts('unit', 'in_tryton')
        self.assertEqual(unit, 'when')
        self.assertIn(str(MORNING + 3 * HOUR), here)
        self.assert_equal_sides(1)

    def manual(self):
        self.set_service(conflict_policy='manual')
        self.change_both(
            {'summary': "Tryton", 'location': "Here"},
            {'summary': "Google", 'description': "There"})
        self.synchronize()
        self.assertEqual(self.event(self.id, 'google_state'), 'conflict')
        self.assert_undecided()
        return self.conflict()

    def assert_undecided(self):
        self.assertEqual(self.event(self.id, 'summary'), "Tryton")
        self.assertEqual(self.remote()[self.google_id][0], "Google")
        self.assertEqual(self.conflicts('state'), ['open'])

    def test_manual_keep_tryton(self):
        id = self.manual()
        self.synchronize()
        self.assert_undecided()
        self.click(CONFLICT, id, 'keep_tryton')
        self.synchronize()
        self.assertEqual(
            self.event(self.id, 'summary', 'location', 'description'),
            ["Tryton", "Here", "There"])
        self.assertEqual(
            self.conflicts('state', 'stood'), [('settled', 'tryton')])
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_manual_keep_google(self):
        id = self.manual()
        self.click(CONFLICT, id, 'keep_google')
        self.synchronize()
        self.assertEqual(
            self.event(self.id, 'summary', 'location', 'description'),
            ["Google", "Here", "There"])
        self.assertEqual(
            self.conflicts('state', 'stood'), [('settled', 'google')])
        self.assert_equal_sides(1)
        self.assert_settled()
        # and the other can still be had
        self.click(CONFLICT, id, 'restore')
        self.synchronize()
        self.assertEqual(self.event(self.id, 'summary'), "Tryton")
        self.assert_equal_sides(1)

    def test_manual_changed_again(self):
        "What happens besides does not decide"
        self.manual()
        self.google.patch_event(
            ALICE, self.google_id, {'description': "Again"})
        self.synchronize()
        self.assertEqual(self.event(self.id, 'description'), "Again")
        self.assert_undecided()
        self.write(self.id, location="Again")
        self.synchronize()
        self.assert_undecided()
        with database() as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.verify([Calendar(self.calendar)])
        self.synchronize()
        self.assert_undecided()
        self.google.expire_sync_tokens()
        self.synchronize()
        self.assert_undecided()
        self.click(CONFLICT, self.conflict(), 'keep_tryton')
        self.synchronize()
        self.assertEqual(
            self.event(self.id, 'summary', 'location', 'description'),
            ["Tryton", "Again", "Again"])
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_manual_other_conflict(self):
        "A record can have several"
        id = self.manual()
        self.change_both({'description': "Ours"}, {'description': "Theirs"})
        self.synchronize()
        self.assertEqual(
            self.conflicts('unit', 'state'),
            [('summary', 'open'), ('description', 'open')])
        self.click(CONFLICT, id, 'keep_google')
        self.synchronize()
        self.assertEqual(self.event(self.id, 'google_state'), 'conflict')
        self.assertEqual(
            self.remote()[self.google_id][:2], ("Google", "Theirs"))
        _, other = self.search(CONFLICT, 'id')
        self.click(CONFLICT, other, 'keep_tryton')
        self.synchronize()
        self.assertEqual(
            self.remote()[self.google_id][:2], ("Google", "Ours"))
        self.assert_equal_sides(1)

    def test_manual_google_gives_in(self):
        "Google's last values are those that can be kept"
        id = self.manual()
        self.google.patch_event(ALICE, self.google_id, {'summary': "Last"})
        self.synchronize()
        self.assertEqual(self.event(self.id, 'summary'), "Tryton")
        self.click(CONFLICT, id, 'keep_google')
        self.synchronize()
        self.assertEqual(self.event(self.id, 'summary'), "Last")
        self.assert_equal_sides(1)

    def test_conflict_of_deleted(self):
        "What did not stand survives the record"
        self.set_service(conflict_policy='google')
        self.change_both({'summary': "Ours"}, {'summary': "Theirs"})
        self.synchronize()
        self.delete(self.id)
        self.synchronize()
        (resource, here), = self.conflicts('resource', 'in_tryton')
        self.assertIsNone(resource)
        self.assertIn("Ours", here)

    # Rule 7

    def test_no_echo(self):
        "What was received is never sent"
        self.google.insert_event(ALICE, timed("There"))
        self.google.insert_event(ALICE, {
                'summary': "Days",
                'start': {'date': '2026-12-01'},
                'end': {'date': '2026-12-03'}})
        self.google.insert_event(ALICE, timed(
                "Weekly", recurrence=['RRULE:FREQ=WEEKLY;COUNT=5'],
                attendees=[{'email': 'guest@example.com'}],
                description="<b>bold</b>", location=" a  b "))
        self.requests()
        self.synchronize()
        self.assertEqual(self.writes(), [])
        self.assert_equal_sides(4)
        self.assert_settled()

    def test_echo(self):
        "What was sent and comes back writes nothing"
        self.write(self.id, summary="Sent")
        self.synchronize()
        before = self.rows('progress')
        # it is known by its etag, without being read
        with patch.object(
                self.model(EVENT), 'google_to_values',
                side_effect=AssertionError):
            self.synchronize()
        self.assertEqual(self.rows('progress'), before)
        self.assertEqual(self.read(CALENDAR, self.calendar, 'progress'), 1)

    def test_stale(self):
        "What is older than what is known is ignored"
        stale = self.google.get_event(ALICE, self.google_id)
        self.google.patch_event(ALICE, self.google_id, {'summary': "New"})
        self.synchronize()
        self.assertEqual(self.event(self.id, 'summary'), "New")

        def list_late(client, cursor):
            return Changes([Change(stale['id'], stale)], json.dumps(
                    {'syncToken': 'late'}))
        before = self.rows('progress')
        with patch.object(
                self.model(CALENDAR), 'list_changes', list_late):
            self.synchronize()
        self.assertEqual(self.rows('progress'), before)

    def test_just_created(self):
        "What is missing from a list for a while is not taken for deleted"
        self.set_service(interval=dt.timedelta(minutes=1))
        self.google.expire_sync_tokens()
        Calendar = self.model(CALENDAR)
        list_changes = Calendar.list_changes

        def late(client, cursor):
            changes = list_changes(client, cursor)
            changes.items = [
                i for i in changes.items if i.google_id != self.google_id]
            return changes
        with patch.object(Calendar, 'list_changes', late):
            self.synchronize()
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_same_event_twice(self):
        "Only the last word of a page counts"
        Calendar = self.model(CALENDAR)
        list_changes = Calendar.list_changes
        first = self.google.patch_event(
            ALICE, self.google_id, {'summary': "First"})
        self.google.patch_event(ALICE, self.google_id, {'summary': "Last"})

        def twice(client, cursor):
            changes = list_changes(client, cursor)
            changes.items.insert(0, Change(first['id'], first))
            return changes
        with patch.object(Calendar, 'list_changes', twice):
            self.synchronize()
        self.assertEqual(self.event(self.id, 'summary'), "Last")


del GoogleCalendarTestCase
