# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from trytond.modules.google_calendar.tests.series_case import (
    WEEK, SeriesTestCase)
from trytond.modules.google_calendar.tests.tools import (
    ALICE, EVENT, HOUR, MORNING, at, database, timed)


class SplitAtGoogleTestCase(SeriesTestCase):
    "Test the series that are split, cut and moved at Google"

    def prepare(self):
        super().prepare()
        self.google.insert_event(ALICE, timed(
                "Series", recurrence=['RRULE:FREQ=WEEKLY;COUNT=8'],
                location="Here"))
        self.synchronize()
        self.master = self.event(self.find("Series"), 'google_id')
        for week, summary in [(1, "Early"), (5, "Late"), (6, "Later")]:
            self.google.change_instance(
                ALICE, self.master, at(MORNING + week * WEEK),
                {'summary': summary})
        self.google.cancel_instance(
            ALICE, self.master, at(MORNING + 7 * WEEK))
        self.synchronize()
        self.assert_same_occurrences(7)

    def split(self, body, exceptions=None, week=4):
        return self.google.split_series(
            ALICE, self.master, at(MORNING + week * WEEK), body,
            exceptions=exceptions)['id']

    def move(self, id, start):
        self.google.patch_event(ALICE, id, {
                'start': timed('', start)['start'],
                'end': timed('', start)['end'],
                })

    def assert_followed(self, count):
        self.assert_same_occurrences(count)
        self.assert_settled()
        self.assert_same_occurrences(count)
        self.assertEqual(self.errors(), [])

    def test_reset(self):
        "What Google resets without a word is no exception here either"
        self.split({'summary': "New"}, 'reset')
        self.synchronize()
        self.assertEqual(
            sorted(filter(None, self.search(EVENT, 'summary'))),
            ["Early", "New", "Series"])
        # the one that was cancelled is back
        self.assert_followed(8)
        self.assertEqual(self.conflicts(), [])

    def test_keep(self):
        "What Google keeps belongs to the new series"
        new = self.split({'location': "There"}, 'keep')
        self.synchronize()
        self.assertEqual(
            self.event(self.find("Late"), 'recurring_identifier'), new)
        self.assertEqual(
            self.event(self.find("Early"), 'recurring_identifier'),
            self.master)
        self.assert_followed(7)

    def test_page_by_page(self):
        "The old and the new series come on different pages"
        for exceptions in ['keep', 'reset']:
            with self.subTest(exceptions):
                self.google.options(max_page=1)
                self.split({'location': "There"}, exceptions,
                    week=4 if exceptions == 'keep' else 2)
                self.synchronize()
                self.google.options(max_page=None)
                self.assert_same_occurrences()
                self.assert_settled()

    def test_moved_back(self):
        "The new series is moved and moved back"
        start = MORNING + 4 * WEEK
        new = self.split({
                'start': timed('', start + HOUR)['start'],
                'end': timed('', start + HOUR)['end'],
                })
        self.synchronize()
        self.assert_followed(8)
        self.move(new, start)
        self.synchronize()
        self.assert_followed(8)

    def test_moved_back_unseen(self):
        start = MORNING + 4 * WEEK
        new = self.split({
                'start': timed('', start + HOUR)['start'],
                'end': timed('', start + HOUR)['end'],
                })
        self.move(new, start)
        self.synchronize()
        self.assert_followed(8)

    def test_whole_series_moved_back(self):
        "Google drops the exceptions of a series that is moved"
        self.move(self.master, MORNING + HOUR)
        self.synchronize()
        self.assert_followed(8)
        self.move(self.master, MORNING)
        self.synchronize()
        self.assert_followed(len(self.remote_occurrences()))

    def test_twice(self):
        self.split({'summary': "New"}, 'keep')
        self.synchronize()
        self.split({'summary': "Newer"}, 'reset', week=2)
        self.synchronize()
        self.assert_followed(len(self.remote_occurrences()))

    def test_cut(self):
        "This and the following events are deleted"
        self.google.cut_series(ALICE, self.master, at(MORNING + 4 * WEEK))
        self.synchronize()
        self.assert_followed(4)

    def test_full_listing(self):
        "The sync token expires, too"
        self.split({'summary': "New"}, 'reset')
        self.google.expire_sync_tokens()
        self.synchronize()
        self.assert_followed(8)

    def test_changed_here(self):
        "What was changed here of what Google reset is kept"
        self.write(self.find("Late"), location="Nowhere else")
        self.split({'summary': "New"}, 'reset')
        self.synchronize()
        self.assert_followed(8)
        self.assertIn(
            "Nowhere else", str(self.conflicts('tryton_values')))

    def test_series_changed_here(self):
        "Whichever times stand, what Google reset is no exception"
        self.series_changed_here('google')

    def test_series_changed_here_stands(self):
        self.series_changed_here('tryton')

    def series_changed_here(self, policy):
        self.set_service(conflict_policy=policy)
        self.write(
            self.find("Series"), start=MORNING - HOUR, end=MORNING)
        self.split({'summary': "New"}, 'reset')
        self.synchronize()
        self.synchronize()
        self.assertNotIn("Late", self.search(EVENT, 'summary'))
        self.assert_followed(len(self.remote_occurrences()))

    def test_changed_here_and_kept(self):
        "A change of an exception follows it to the new series"
        late = self.find("Late")
        self.write(late, location="Nowhere else")
        new = self.split({'description': "New"}, 'keep')
        self.synchronize()
        self.assertEqual(
            self.event(late, 'recurring_identifier', 'location'),
            [new, "Nowhere else"])
        self.assert_followed(7)
        self.assertIn("Nowhere else", [
                e.get('location') for e in self.google.dump(ALICE)[0]['events']
                ])

    def test_deleted_here_changed_there(self):
        "A series that comes back has its exceptions"
        for moment in ['before', 'while']:
            with self.subTest(moment):
                self.delete(self.find("Series"))

                def change(*args):
                    self.google.patch_event(
                        ALICE, self.master, {'location': moment})
                if moment == 'before':
                    change()
                    self.synchronize()
                else:
                    with self.hook('push', change):
                        self.synchronize()
                self.synchronize()
                self.find("Early")
                self.assert_followed(7)

    def test_many_exceptions(self):
        "The brake asks before many records are deleted"
        with database(commit=False) as pool:
            count = pool.get(EVENT).search([], count=True)
        self.set_service(deletion_limit=1)
        self.split({'summary': "New"}, 'reset')
        self.assertFalse(self.run_once())
        with database(commit=False) as pool:
            # the new series
            self.assertEqual(
                pool.get(EVENT).search([], count=True), count + 1)
        self.set_service(deletion_limit=50)
        self.synchronize()
        self.assert_followed(8)
