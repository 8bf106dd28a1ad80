# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Rules 2, 3 and 10: chunks, bad items, and listings of everything."""
import json
from unittest.mock import patch

from trytond import backend, config
from trytond.modules.google_integration import engine
from trytond.modules.google_integration.engine import Run
from trytond.modules.google_integration.operation import ItemError

from .tools import (
    ALICE, CALENDAR, EVENT, GoogleCalendarTestCase, database, timed)

ERROR = 'google_integration.sync_error'
LIST = 'calendar.events.list'


class GoogleEngineListingTestCase(GoogleCalendarTestCase):
    "Test how what Google tells is written"

    def insert(self, count, summary="Event"):
        events = self.google.insert_events(
            ALICE, [timed(f"{summary} {i:03}") for i in range(count)])
        return [e['id'] for e in events]

    def cursor(self):
        return self.read(CALENDAR, self.calendar, 'cursor')

    def failing(self, *failures):
        """Let writing events fail, each time with the next of the failures

        None is none. Return the number of events of each call.
        """
        Calendar = self.model(CALENDAR)
        apply_changes = Calendar.apply_changes
        failures, sizes = list(failures), []

        def apply(service, changes, listing=None):
            sizes.append(len(changes))
            result = apply_changes(service, changes, listing)
            failure = failures.pop(0) if failures else None
            if failure:
                raise failure
            return result
        self.enterContext(patch.object(Calendar, 'apply_changes', apply))
        return sizes

    # Rule 2

    def test_chunks(self):
        "A page is written in chunks of 250, each committed"
        self.insert(510)
        sizes = self.failing()
        commits = []
        write = Run.write

        def counted(run, func):
            result = write(run, func)
            with self.meanwhile(0) as pool:
                commits.append((
                        pool.get(EVENT).search([], count=True),
                        bool(pool.get(CALENDAR)(self.calendar).cursor)))
            return result
        with patch.object(Run, 'write', counted):
            self.synchronize()
        self.assertEqual(sizes, [250, 250, 10])
        # the cursor comes with the last
        self.assertEqual(
            list(dict.fromkeys(commits)),
            [(0, False), (250, False), (500, False), (510, True)])
        self.assertEqual(self.requests(), [LIST])
        self.assertEqual(self.read(CALENDAR, self.calendar, 'progress'), 510)

    def test_crash(self):
        "A run that ended in a page resumes and repeats at most this page"
        self.google.options(max_page=20)
        self.insert(50)
        self.enterContext(patch.object(engine, 'PULL_CHUNK', 10))
        sizes = self.failing(None, None, None, KeyboardInterrupt())
        with self.assertRaises(KeyboardInterrupt):
            self.run_once()
        self.assertEqual(len(self.search(EVENT, 'id')), 30)
        cursor = self.cursor()
        self.assertIn('pageToken', json.loads(cursor))
        self.update(CALENDAR, self.calendar, lease_until=0)
        self.requests()
        self.synchronize()
        # the second page again, and the third
        self.assertEqual(self.requests(), [LIST, LIST])
        self.assertEqual(sizes, [10] * 4 + [10] * 3)
        self.assert_equal_sides(50)
        self.assert_settled()

    def test_database_error(self):
        "An error of the database is answered without fetching again"
        self.insert(3)
        sizes = self.failing(
            backend.DatabaseOperationalError("could not serialize access"))
        self.synchronize()
        self.assertEqual(sizes, [3, 3])
        self.assertEqual(self.requests(), [LIST])
        self.assertEqual(self.errors(), [])
        self.assert_equal_sides(3)
        self.assertEqual(self.logs('created', 'errors'), [(3, 0)])

    def test_database_error_for_ever(self):
        "The cursor does not pass what was not written"
        self.insert(3)
        self.failing(*[
                backend.DatabaseOperationalError("could not serialize access")
                for _ in range(20)])
        with self.assertLogs('trytond.modules.google_integration', 'ERROR'):
            self.assertFalse(self.run_once())
        self.assertIsNone(self.cursor())
        self.assertEqual(self.search(EVENT, 'id'), [])
        retry = config.get('database', 'retry')
        self.addCleanup(config.set, 'database', 'retry', retry)
        config.set('database', 'retry', '30')
        self.synchronize()
        self.assert_equal_sides(3)

    def test_chunk_by_item(self):
        "A chunk that fails otherwise is redone one item a transaction"
        self.insert(3)
        sizes = self.failing(ValueError("of the chunk"), None, KeyError('x'))
        with self.assertLogs('trytond.modules.google_integration', 'ERROR'):
            self.synchronize()
        self.assertEqual(sizes, [3, 1, 1, 1])
        self.assertEqual(self.requests(), [LIST])
        self.assertEqual(self.errors('code', 'operation'), [
                ('unexpected', 'pull')])
        self.assertEqual(len(self.local()), 2)
        self.assertIsNotNone(self.cursor())
        self.assertEqual(self.logs('created', 'errors'), [(2, 1)])
        # looked at again when its time has come, and settled
        self.synchronize()
        self.assertEqual(len(self.local()), 2)
        error, = self.search(ERROR, 'id')
        self.assertGreater(
            self.read(ERROR, error, 'retry_at'),
            self.read(ERROR, error, 'date'))
        self.update(ERROR, error, retry_at=self.read(ERROR, error, 'date'))
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assert_equal_sides(3)

    def test_unexpected_tells_nothing(self):
        "The log tells where, but nothing of the item"
        self.google.insert_event(ALICE, timed("Private matter"))
        self.failing(*[ValueError("Private matter")] * 2)
        with self.assertLogs(
                'trytond.modules.google_integration', 'DEBUG') as log:
            self.synchronize()
        self.assertIn('ValueError', '\n'.join(log.output))
        self.assertNotIn('Private', '\n'.join(log.output))
        self.assertNotIn('Private', str(self.errors()))

    # Rule 3

    def plant(self):
        "Let Google have an event without start, by the summary"
        Calendar = self.model(CALENDAR)
        change = Calendar.google_change

        def without_start(resource):
            if resource.get('summary') == "Bad":
                resource = {
                    n: v for n, v in resource.items()
                    if n not in {'start', 'end'}}
            return change(resource)
        self.enterContext(patch.object(
                Calendar, 'google_change', staticmethod(without_start)))
        return self.google.insert_event(ALICE, timed("Bad"))['id']

    def test_bad_item(self):
        "A bad item is an error, the others and the cursor go on"
        self.insert(2)
        google_id = self.plant()
        self.synchronize()
        self.assertEqual(len(self.local()), 2)
        self.assertEqual(
            self.errors('code', 'google_id', 'operation', 'retry_at'),
            [('google_calendar.no_start', google_id, 'pull', None)])
        self.assertIn("without a start", self.errors('message')[0])
        self.assertEqual(self.logs('created', 'errors'), [(2, 1)])
        self.assert_settled()
        # settled when it works
        self.google.patch_event(ALICE, google_id, {'summary': "Good"})
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assert_equal_sides(3)

    def test_translated(self):
        "The message is in the language of who reads it"
        self.plant()
        self.synchronize()
        with database() as pool:
            ModelData = pool.get('ir.model.data')
            Message = pool.get('ir.message')
            Translation = pool.get('ir.translation')
            message = Message(ModelData.get_id(
                    'google_calendar', 'msg_error_no_start'))
            Translation.create([{
                        'lang': 'fr',
                        'name': 'ir.message,text',
                        'type': 'model',
                        'res_id': message.id,
                        'src': message.text,
                        'value': "Sans début",
                        'module': 'google_calendar',
                        'fuzzy': False,
                        }])
        with database(self.jane, {'language': 'fr'}) as pool:
            error, = pool.get(ERROR).search([])
            self.assertEqual(error.message, "Sans début")
        self.assertIn("without a start", self.errors('message')[0])

    def test_retry(self):
        "Retry looks at the item again"
        google_id = self.plant()
        self.synchronize()
        error, = self.search(ERROR, 'id')
        for _ in range(2):
            self.click(ERROR, error, 'retry')
            self.requests()
            self.synchronize()
            self.assertIn('calendar.events.get', self.requests())
            self.assertEqual(self.errors('attempts'), [1])
        to_values = self.model(EVENT).google_to_values

        def readable(resource):
            return to_values({**timed("Read"), **resource})
        self.click(ERROR, error, 'retry')
        with patch.object(
                self.model(EVENT), 'google_to_values',
                staticmethod(readable)):
            self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(list(self.local()), [google_id])

    def test_ignore(self):
        "What is ignored stays so"
        self.plant()
        self.synchronize()
        error, = self.search(ERROR, 'id')
        self.click(ERROR, error, 'ignore')
        self.click(CALENDAR, self.calendar, 'reset_synchronization')
        self.synchronize()
        self.assertEqual(self.errors('ignored'), [True])
        self.requests()
        self.click(CALENDAR, self.calendar, 'retry_failed')
        self.synchronize()
        self.assertEqual(self.requests(), [LIST])

    def test_bad_here(self):
        "A record that Google refuses does not stop the others"
        bad = self.create("Bad")
        good = self.create("Good")
        self.google.add_fault(
            'status', status=400, reason='invalid', message="Too bad",
            method_id='calendar.events.insert', nth=1, times=1)
        self.synchronize()
        self.assertEqual(self.event(bad, 'google_state'), 'failed')
        self.assertEqual(self.event(good, 'google_state'), 'synchronized')
        self.assertIn("Too bad", self.event(bad, 'google_error'))
        self.assert_settled()
        # another change is another try
        self.write(bad, summary="Better")
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assert_equal_sides(2)

    def test_bad_change(self):
        "Nor one of which Google's change can not be read"
        id = self.create()
        self.synchronize()
        google_id = self.event(id, 'google_id')
        good, = self.insert(1)
        self.write(id, location="Here")
        with patch.object(
                self.model(EVENT), 'google_to_values',
                unreadable(self.model(EVENT), google_id)):
            self.google.patch_event(ALICE, google_id, {'summary': "There"})
            self.synchronize()
        self.assertIn(good, self.local())
        self.assertIn('google_calendar.no_start', self.errors('code'))
        self.assertEqual(self.event(id, 'location'), "Here")
        self.click(CALENDAR, self.calendar, 'retry_failed')
        self.synchronize()
        self.assertEqual(
            self.event(id, 'summary', 'location'), ["There", "Here"])
        self.assertEqual(self.errors(), [])
        self.assert_equal_sides(2)

    # Rule 10

    def test_expired(self):
        "A listing is compared: edits survive, deletions are found"
        a, b, c = self.insert(3)
        self.synchronize()
        here = self.create("Only here")
        edited = self.find("Event 000")
        self.write(edited, location="Here")
        rows = self.search(EVENT, 'id')
        # nothing tells of this change but the listing
        self.google.delete_event(ALICE, b)
        self.google.patch_event(ALICE, c, {'summary': "There"})
        self.google.expire_sync_tokens()
        self.requests()
        self.synchronize()
        self.assertEqual(self.requests()[:4], [
                LIST, LIST, 'calendar.events.get', 'calendar.batch'])
        self.assertEqual(self.remote()[a][2], "Here")
        self.assertEqual(self.event(here, 'google_state'), 'synchronized')
        self.assertEqual(sorted(self.local()), sorted(self.remote()))
        # no record was made anew
        self.assertLess(set(self.search(EVENT, 'id')), set(rows))
        self.assert_equal_sides(3)
        self.assert_settled()

    def test_expired_crash(self):
        "A listing that ended in the middle goes on with the same number"
        self.google.options(max_page=4)
        google_ids = self.insert(12)
        self.synchronize()
        gone = {google_ids[0], google_ids[11]}
        for google_id in gone:
            self.google.delete_event(ALICE, google_id)
        self.google.expire_sync_tokens()
        self.failing(None, KeyboardInterrupt())
        with self.assertRaises(KeyboardInterrupt):
            self.run_once()
        listing = self.read(CALENDAR, self.calendar, 'listing', 'listed')
        self.assertEqual(listing, [2, 1])
        self.update(CALENDAR, self.calendar, lease_until=0)
        self.requests()
        self.synchronize()
        # two pages more, and of the twelve only the two are looked up
        requests = self.requests()
        self.assertEqual(requests.count(LIST), 2)
        self.assertEqual(requests.count('calendar.events.get'), 2)
        self.assertEqual(
            self.read(CALENDAR, self.calendar, 'listing', 'listed'), [2, 2])
        self.assert_equal_sides(10)
        self.assert_settled()

    def test_expired_crash_before_reconcile(self):
        "Nor is what was left to compare forgotten"
        a, b = self.insert(2)
        self.synchronize()
        self.google.delete_event(ALICE, a)
        self.google.expire_sync_tokens()
        with patch.object(Run, 'reconcile', side_effect=KeyboardInterrupt), \
                self.assertRaises(KeyboardInterrupt):
            self.run_once()
        self.assertIn(a, self.local())
        self.update(CALENDAR, self.calendar, lease_until=0)
        self.synchronize()
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_expired_page(self):
        "A page token that has expired starts the listing anew"
        self.google.options(max_page=2)
        self.insert(5)
        self.failing(None, KeyboardInterrupt())
        with self.assertRaises(KeyboardInterrupt):
            self.run_once()
        cursor = json.loads(self.cursor())
        self.update(
            CALENDAR, self.calendar, lease_until=0,
            cursor=json.dumps({**cursor, 'pageToken': 'old'}))
        self.synchronize()
        self.assert_equal_sides(5)
        self.assert_settled()

    def test_expired_between_pages(self):
        "The cursor of changes expires between two of their pages"
        ids = self.insert(6)
        self.synchronize()
        mine = self.create("Only here")
        for google_id in ids[:4]:
            self.google.patch_event(ALICE, google_id, {'location': "There"})
        self.google.delete_event(ALICE, ids[5])
        self.google.options(max_page=2)
        self.addCleanup(self.google.options, max_page=None)
        self.requests()
        with self.hook(
                'list_changes',
                after=lambda *args: self.google.expire_sync_tokens()):
            self.synchronize()
        # a page, the refused one, and the three of the listing
        self.assertEqual(self.requests().count(LIST), 5)
        self.assertEqual(self.event(mine, 'google_state'), 'synchronized')
        self.assert_equal_sides(6)
        self.assert_settled()

    def test_expired_twice(self):
        "A cursor that expires at once is an error, not an endless run"
        self.synchronize()
        self.google.add_fault(
            'status', status=410, reason='fullSyncRequired', times=None,
            method_id=LIST)
        self.assertFalse(self.run_once())
        self.assertEqual(
            self.read(CALENDAR, self.calendar, 'error_code'), 'cursor')
        self.google.clear_faults()
        self.synchronize()

    def test_reset(self):
        "Starting anew compares and writes nothing that is equal"
        self.insert(3)
        self.create()
        self.synchronize()
        names = 'progress', 'google_listing'
        before = self.rows(*names)
        self.click(CALENDAR, self.calendar, 'reset_synchronization')
        self.assertIsNone(self.cursor())
        self.requests()
        self.synchronize()
        self.assertEqual(self.requests(), [LIST])
        self.assertEqual(self.rows(*names), before)

    def test_reset_while_running(self):
        "A reset in the middle of a run is not forgotten"
        self.synchronize()
        self.insert(1)

        def reset(*args):
            with self.meanwhile() as pool:
                Calendar = pool.get(CALENDAR)
                Calendar.reset_synchronization([Calendar(self.calendar)])
        with self.hook('list_changes', after=reset):
            self.synchronize()
        self.assertIsNone(self.cursor())
        self.synchronize()
        self.assertEqual(
            self.read(CALENDAR, self.calendar, 'listing', 'listed'), [2, 2])
        self.assert_equal_sides(1)

    def test_empty_pages(self):
        "Short and empty pages are followed"
        self.google.options(max_page=2, empty_pages=1)
        self.insert(5)
        self.synchronize()
        self.assert_equal_sides(5)
        self.insert(3, "More")
        self.synchronize()
        self.assert_equal_sides(8)
        self.assert_settled()


def unreadable(Event, google_id):
    to_values = Event.google_to_values

    def read(resource):
        if (resource.get('id') == google_id
                and resource['summary'] == "There"):
            raise ItemError('google_calendar.no_start')
        return to_values(resource)
    return staticmethod(read)


del GoogleCalendarTestCase
