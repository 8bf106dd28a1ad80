# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a reset does on both sides."""
from .reset_case import ResetTestCase
from .tools import ALICE, CALENDAR, EVENT, MORNING, timed


class GoogleResetTestCase(ResetTestCase):
    "Test that a reset does what was chosen"

    # The choices

    BOTH = ["Bob's", "Changed", "Own", "Series", "Series"]

    def check(self, existing, next_, counts, here, there):
        self.fill()
        shown = self.reset(existing, next_)
        self.assertEqual(
            {n: shown[n] for n in [
                    'google', 'tryton', 'declined', 'lost', 'fresh',
                    'relink', 'send', 'apart'] if shown[n]}, counts)
        self.assertEqual(self.writes(), [])
        self.synchronize()
        # what was listed before its series was deleted
        self.synchronize()
        self.assertEqual(self.here(), sorted(here))
        self.assertEqual(self.there(), sorted(there))
        self.assertEqual(self.google.mails(), [])
        self.assertEqual(self.errors(), [])
        self.assertIn("Bob's", self.bob())
        self.assert_settled()

    def test_leave_new(self):
        "Everything stays where it is"
        self.check(
            'leave', 'new', {'apart': 6},
            [*self.BOTH, "Here"],
            [*self.BOTH, "Deleted", "There"])
        id = self.find("Changed")
        self.assertEqual(self.event(id, 'google_state'), 'apart')

    def test_leave_all(self):
        "Both sides have everything, once"
        everything = [*self.BOTH, "Here", "Deleted", "There"]
        self.check(
            'leave', 'all', {'relink': 5, 'send': 1}, everything, everything)
        self.assert_equal_sides(8)

    def test_google_new(self):
        "What is deleted from Google stays in Tryton, and only there"
        self.check(
            'delete_google', 'new',
            {'google': 3, 'declined': 1, 'fresh': 4, 'apart': 6},
            [*self.BOTH, "Here"], ["Bob's", "There"])

    def test_google_all(self):
        "It is created at Google again, as it is in Tryton"
        self.fill()
        before = self.remote()
        shown = self.reset('delete_google', 'all')
        self.assertEqual(
            (shown['google'], shown['send'], shown['relink']), (3, 5, 1))
        self.synchronize()
        self.synchronize()
        everything = [*self.BOTH, "Here", "There"]
        self.assertEqual(self.there(), sorted(everything))
        self.assertEqual(self.here(), sorted(everything))
        after = self.remote()
        kept = {after[i][0] for i in before.keys() & after.keys()}
        self.assertEqual(kept, {"Bob's", "There"})
        self.assert_equal_sides(7)
        occurrence, = [
            e for e in after.values() if e[2] == "Moved"]
        self.assertEqual(occurrence[0], "Series")
        self.assertEqual(self.occurrences("Series"), 3)
        self.assertEqual(self.google.mails(), [])
        self.assert_settled()

    def test_tryton_new(self):
        "What is deleted from Tryton does not come back"
        self.check(
            'delete_tryton', 'new', {'tryton': 5, 'lost': 1, 'apart': 1},
            ["Here"], [*self.BOTH, "Deleted", "There"])

    def test_tryton_all(self):
        "What is deleted from Tryton comes back as it is at Google"
        everything = [*self.BOTH, "Here", "Deleted", "There"]
        self.check(
            'delete_tryton', 'all', {'tryton': 5, 'lost': 1, 'send': 1},
            everything, everything)
        self.assert_equal_sides(8)
        self.assertIsNone(self.event(self.find("Changed"), 'location'))

    def test_both_new(self):
        self.check(
            'delete_both', 'new', {
                'google': 3, 'tryton': 5, 'lost': 1, 'declined': 1,
                'apart': 1},
            ["Here"], ["Bob's", "There"])

    def test_both_all(self):
        self.check(
            'delete_both', 'all', {
                'google': 3, 'tryton': 5, 'lost': 1, 'declined': 1,
                'send': 1},
            ["Bob's", "Here", "There"], ["Bob's", "Here", "There"])

    # Afterwards

    def test_apart_changed_here(self):
        "What is left apart is synchronised when it is changed in Tryton"
        self.fill()
        self.reset('leave', 'new')
        self.synchronize()
        self.write(self.find("Here"), location="Here")
        self.write(self.find("Own"), location="Here")
        self.synchronize()
        remote = {e[0]: e[2] for e in self.remote().values()}
        self.assertEqual(
            (remote["Here"], remote["Own"], remote["Changed"]),
            ("Here", "Here", None))

    def test_apart_changed_there(self):
        "Or when it is changed at Google"
        self.fill()
        self.reset('leave', 'new')
        self.synchronize()
        for google_id, event in self.remote().items():
            if event[0] in {"There", "Own"}:
                self.google.patch_event(
                    ALICE, google_id, {'location': "There"})
        self.synchronize()
        self.assertEqual(
            self.event(self.find("There"), 'location'), "There")
        self.assertEqual(
            self.event(self.find("Own"), 'location', 'google_state'),
            ["There", 'synchronized'])
        self.assertNotIn("Deleted", self.here())

    def test_apart_expired(self):
        "When everything is listed again the old stays apart"
        self.fill()
        self.reset('delete_tryton', 'new')
        self.synchronize()
        self.google.insert_event(ALICE, timed("New"))
        self.google.expire_sync_tokens()
        self.synchronize()
        self.assertEqual(self.here(), ["Here", "New"])
        self.google.expire_sync_tokens()
        self.synchronize()
        self.assertEqual(self.here(), ["Here", "New"])

    def test_apart_series(self):
        "A series that was left apart is sent with its occurrences"
        self.fill()
        self.reset('delete_google', 'new')
        self.synchronize()
        series, = self.search(EVENT, 'id', domain=[
                ('recurrence', '!=', None)])
        self.write(series, description="Changed")
        self.synchronize()
        self.assertEqual(
            self.there(), ["Bob's", "Series", "Series", "There"])
        self.assertEqual(self.occurrences("Series"), 3)
        self.assertEqual(
            [e[2] for e in self.remote().values()
                if e[0] == "Series"].count("Moved"), 1)

    def test_all_after_new(self):
        "What was left apart is synchronised again"
        self.fill()
        self.reset('leave', 'new')
        self.synchronize()
        self.reset('leave', 'all')
        self.synchronize()
        self.assert_equal_sides(8)
        self.assertIsNone(self.read(CALENDAR, self.calendar, 'since'))
        self.assert_settled()

    def test_disabled(self):
        "Nothing happens at Google before the calendar is synchronised"
        self.fill()
        self.set_service(enabled=False)
        shown = self.reset('delete_both', 'all')
        self.assertIn("Not enabled", shown['note'])
        self.assertEqual(self.requests(), [])
        self.assertFalse(self.read(CALENDAR, self.calendar, 'enabled'))
        self.set_service(enabled=True)
        self.synchronize()
        self.assertEqual(self.there(), ["Bob's", "Here", "There"])

    def test_conflicts(self):
        "What was to be decided is compared anew"
        self.set_service(conflict_policy='manual')
        self.google.insert_events(ALICE, [timed("a")])
        self.synchronize()
        id = self.find("a")
        google_id, = self.remote()
        self.write(id, location="Here")
        self.google.patch_event(ALICE, google_id, {'location': "There"})
        self.synchronize()
        self.assertEqual(self.event(id, 'google_state'), 'conflict')
        self.set_service(conflict_policy='tryton')
        self.reset('leave', 'all')
        self.assertEqual(self.conflicts('state'), [])
        self.synchronize()
        self.assertEqual(self.remote()[google_id][2], "Here")
        self.assert_equal_sides(1)

    # The brake

    def test_brake(self):
        "What was confirmed is deleted, and no more"
        self.google.insert_events(
            ALICE, [timed(f"Event {i}") for i in range(20)])
        self.synchronize()
        self.reset('delete_google', 'new')
        self.assertEqual(self.read(
                CALENDAR, self.calendar, 'deletions_allowed'), 20)
        self.synchronize()
        self.assertEqual(self.remote(), {})
        self.assertIsNone(self.read(
                CALENDAR, self.calendar, 'deletions_allowed'))

    def test_brake_more(self):
        "What somebody deletes besides stops the run as ever"
        self.google.insert_events(
            ALICE, [timed(f"Event {i}") for i in range(30)])
        self.synchronize()
        ids = self.search(EVENT, 'id')
        self.set_service(enabled=False)
        self.reset('delete_both', 'new')
        self.google.insert_events(ALICE, [timed("New")])
        self.set_service(enabled=True)
        with self.hook('list_changes', lambda *args: self.bury(ids)):
            self.assertFalse(self.run_once())
        self.assertIn(
            "31 of", self.read(CALENDAR, self.calendar, 'last_error'))
        self.assertEqual(len(self.remote()), 31)

    def test_brake_occurrences(self):
        "What goes with a series needs no other confirmation"
        self.set_service(deletion_limit=2, deletion_share=1)
        series = self.google.insert_event(ALICE, timed(
                "Series", recurrence=['RRULE:FREQ=DAILY;COUNT=20']))
        for instance in self.google.act(
                ALICE, 'calendar.events.instances', calendarId='primary',
                eventId=series['id'])['items'][:12]:
            self.google.patch_event(
                ALICE, instance['id'], {'location': "Moved"})
        self.synchronize()
        self.assertEqual(len(self.here()), 13)
        for existing, count in [('delete_google', 13), ('delete_both', 0)]:
            with self.subTest(existing=existing):
                self.assertEqual(self.reset(existing, 'all')['google'], 1)
                self.synchronize()
                self.synchronize()
                self.assert_equal_sides(count)
        self.assertEqual(self.google.mails(), [])

    def bury(self, ids):
        "Somebody deletes another event meanwhile"
        with self.meanwhile(0) as pool:
            Tombstone = pool.get('google_integration.tombstone')
            Tombstone.create([{
                        'credentials': self.credentials,
                        'service': f'{CALENDAR},{self.calendar}',
                        'model': EVENT,
                        'google_id': 'another',
                        'buried_at': MORNING,
                        'state': 'to_delete',
                        'attempts': 0,
                        }])


del ResetTestCase
