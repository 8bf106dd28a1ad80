# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Rules 4 and 5: nothing is created twice, no update is lost."""
import datetime as dt


from .tools import (
    ALICE, CALENDAR, EVENT, GoogleCalendarTestCase, database, timed)


class GoogleEngineCreationTestCase(GoogleCalendarTestCase):
    "Test that nothing is created twice and that no update is lost"

    def assert_once(self, count=1):
        self.assert_equal_sides(count)
        # nor was anything created and deleted
        entry, = self.google.dump(ALICE, deleted=True)
        self.assertEqual(len(entry['events']), count)
        self.assert_settled()

    def test_identity_before_request(self):
        "The identity is committed before Google is asked"
        id = self.create()
        seen = []

        def before(client, operations):
            operation, = operations
            with self.meanwhile() as pool:
                event = pool.get(EVENT)(id)
                seen.append((
                        event.google_id, event.google_state, operation.kind))
        with self.hook('push', before):
            self.synchronize()
        (google_id, state, kind), = seen
        self.assertEqual((state, kind), ('pushing', 'insert'))
        self.assertEqual(list(self.remote()), [google_id])

    def test_lost_answer(self):
        "An answer that is lost never creates twice"
        for action in ['drop_before', 'drop_after', 'truncated', 'malformed']:
            for part in [True, False]:
                with self.subTest(action=action, part=part):
                    count = len(self.remote())
                    self.create(action)
                    self.create(action)
                    if part:
                        self.google.add_fault(
                            action, method_id='calendar.events.insert',
                            times=2)
                    else:
                        self.google.add_fault(
                            action, method_id='calendar.batch', times=2)
                    self.run_once()
                    self.google.clear_faults()
                    self.synchronize()
                    self.assert_once(count + 2)

    def test_lost_answer_push_only(self):
        "It is looked at first where nothing is received"
        self.set_service(direction='to_google')
        id = self.create()
        self.google.add_fault(
            'drop_after', method_id='calendar.events.insert', times=2)
        self.assertFalse(self.run_once())
        self.write(id, summary="Changed")
        self.google.clear_faults()
        self.synchronize()
        self.assertEqual(self.event(id, 'summary'), "Changed")
        self.assert_equal_sides(1)

    def test_lost_answer_changed_both(self):
        "What both sides changed after a lost answer is merged"
        id = self.create()
        self.google.add_fault(
            'drop_after', method_id='calendar.events.insert', times=2)
        self.run_once()
        self.google.clear_faults()
        google_id, = self.remote()
        self.google.patch_event(ALICE, google_id, {'location': "There"})
        self.write(id, description="Here")
        self.synchronize()
        self.assertEqual(
            self.event(id, 'location', 'description'), ["There", "Here"])
        self.assert_once()

    def test_killed(self):
        "A run that ended at its request is not repeated blindly"
        for when in ['before', 'after']:
            with self.subTest(when=when):
                count = len(self.remote())
                id = self.create(when)

                def die(*args):
                    raise KeyboardInterrupt
                with self.assertRaises(KeyboardInterrupt), \
                        self.hook('push', **{when: die}):
                    self.run_once()
                self.assertEqual(self.event(id, 'google_state'), 'pushing')
                # the lease of who died runs out
                self.update(CALENDAR, self.calendar, lease_until=0)
                self.requests()
                self.synchronize()
                requests = self.requests()
                self.assertLess(
                    requests.index('calendar.events.get')
                    if 'calendar.events.get' in requests else -1,
                    requests.index('calendar.events.insert')
                    if 'calendar.events.insert' in requests
                    else len(requests))
                self.assert_once(count + 1)

    def test_outage(self):
        "Any number of failures of Google give nothing up"
        id = self.create()
        for status, reason in [(503, 'backendError'), (429, None)]:
            self.google.add_fault(
                'status', status=status, reason=reason, times=None,
                method_id='calendar.events.insert')
            for _ in range(10):
                self.assertFalse(self.run_once())
            self.google.clear_faults()
        self.assertEqual(self.errors(), [])
        self.synchronize()
        self.assertEqual(self.event(id, 'google_state'), 'synchronized')
        self.assert_once()

    def test_always_failing(self):
        "What makes Google fail each time does not stop the others for ever"
        bad = self.create("Bad")
        ids = [self.create(str(i)) for i in range(3)]
        self.run_once()
        self.write(bad, summary="Worse")
        for id in ids:
            self.write(id, location="Here")
        google_id = self.event(bad, 'google_id')
        self.google.add_fault(
            'status', status=500, reason='backendError', times=None,
            path=google_id)
        for count in range(10):
            self.run_once()
            self.create(f"New {count}")
        self.assertEqual(self.event(bad, 'google_state'), 'failed')
        self.synchronize()
        self.google.clear_faults()
        self.click(CALENDAR, self.calendar, 'retry_failed')
        self.synchronize()
        self.assert_equal_sides(14)

    def test_edit_while_pushed(self):
        "An edit that is made while the record is being sent is not lost"
        id = self.create()
        for change in ["Insert", "Patch"]:
            with self.subTest(change=change):
                def edit(*args):
                    with self.meanwhile() as pool:
                        Event = pool.get(EVENT)
                        Event.write([Event(id)], {'location': change})
                self.write(id, summary=change)
                with self.hook('push', edit):
                    self.synchronize()
                self.assertEqual(
                    self.event(id, 'summary', 'location'), [change, change])
                self.assert_once()

    def test_edit_after_answer(self):
        "Nor one between the effect and its confirmation"
        id = self.create()

        def edit(*args):
            with self.meanwhile() as pool:
                Event = pool.get(EVENT)
                Event.write([Event(id)], {'summary': "Later"})
        with self.hook('push', after=edit):
            self.synchronize()
        self.assertEqual(self.event(id, 'summary'), "Later")
        self.assert_once()

    def test_edit_while_refused(self):
        "Nor one while what is sent is refused"
        id = self.create()

        def edit(*args):
            with self.meanwhile() as pool:
                Event = pool.get(EVENT)
                Event.write([Event(id)], {'summary': "Correct"})
        self.google.add_fault(
            'status', status=400, reason='invalid',
            method_id='calendar.events.insert')
        with self.hook('push', edit):
            self.synchronize()
        self.assertEqual(self.event(id, 'google_state'), 'synchronized')
        self.assert_once()

    def test_edit_while_applied(self):
        "An edit while a page is on its way is merged with it"
        id = self.create()
        self.synchronize()
        google_id = self.event(id, 'google_id')
        self.google.patch_event(ALICE, google_id, {'location': "There"})

        def edit(*args):
            with self.meanwhile() as pool:
                Event = pool.get(EVENT)
                Event.write([Event(id)], {'description': "Here"})
        with self.hook('list_changes', after=edit):
            self.synchronize()
        self.assertEqual(
            self.event(id, 'location', 'description'), ["There", "Here"])
        self.assert_once()

    def test_delete_while_pushed(self):
        "A deletion while the record is being sent is sent too"
        for kind in ['insert', 'patch']:
            for when in ['before', 'after']:
                with self.subTest(kind=kind, when=when):
                    id = self.create()
                    if kind == 'patch':
                        self.synchronize()
                        self.write(id, summary="Changed")

                    def delete(*args):
                        with self.meanwhile() as pool:
                            Event = pool.get(EVENT)
                            Event.delete([Event(id)])
                    with self.hook('push', **{when: delete}):
                        self.synchronize()
                    self.assert_equal_sides(0)
                    self.assertEqual(self.tombstones(), [])
                    self.assert_settled()

    def test_empty_difference(self):
        "What does not differ is settled without a request"
        id = self.create()
        self.synchronize()
        self.requests()
        self.write(id, summary="Changed")
        self.write(id, summary="Here")
        self.assertEqual(self.event(id, 'google_state'), 'to_push')
        self.synchronize()
        self.assertEqual(self.requests(), ['calendar.events.list'])
        self.assertEqual(self.event(id, 'google_state'), 'synchronized')
        self.assertEqual(*self.event(
                id, 'google_revision', 'google_confirmed_revision'))

    def test_patch_of_units(self):
        "Only what changed is sent, all else stays as it is at Google"
        body = timed(
            "There", colorId='5', extendedProperties={
                'private': {'key': "value"}},
            reminders={'useDefault': False, 'overrides': [
                    {'method': 'popup', 'minutes': 7}]},
            attendees=[{'email': 'guest@example.com'}])
        google_id = self.google.insert_event(ALICE, body)['id']
        self.synchronize()
        self.write(self.find("There"), summary="Here")
        bodies = []

        def before(client, operations):
            bodies.extend(o.body for o in operations)
        with self.hook('push', before):
            self.synchronize()
        self.assertEqual(bodies, [{'summary': "Here"}])
        event = self.google.get_event(ALICE, google_id)
        for name in ['colorId', 'extendedProperties', 'reminders']:
            self.assertEqual(event[name], body[name])
        self.assertEqual(
            [a['email'] for a in event['attendees']], ['guest@example.com'])
        self.assertEqual(
            [m['to'] for m in self.google.mails()], ['guest@example.com'])

    def test_revision(self):
        "Each write of a person renews the token, those of the engine do not"
        id = self.create()
        first, touched = self.event(id, 'google_revision', 'google_touched')
        self.assertIsNotNone(touched)
        self.synchronize()
        self.assertEqual(self.event(id, 'google_revision'), first)
        self.write(id, location="Here")
        second, state = self.event(id, 'google_revision', 'google_state')
        self.assertNotEqual(second, first)
        self.assertEqual(state, 'to_push')

    def test_all_day(self):
        "The days of an all-day event are sent as any change"
        id = self.create(
            all_day=True, start=dt.datetime(2026, 12, 1, 9),
            start_date=dt.date(2026, 12, 1), end_date=dt.date(2026, 12, 2))
        self.synchronize()
        self.assert_once()
        revision = self.event(id, 'google_revision')
        self.write(id, end_date=dt.date(2026, 12, 4))
        self.assertNotEqual(self.event(id, 'google_revision'), revision)
        self.synchronize()
        self.assertEqual(
            self.event(id, 'end'), dt.datetime(2026, 12, 4, 12))
        self.assert_once()
        google_id = self.event(id, 'google_id')
        self.assertEqual(
            self.google.get_event(ALICE, google_id)['end'],
            {'date': '2026-12-05'})

    def test_verify(self):
        "What SQL wrote behind our back is found"
        id, other = self.create(), self.create("Other")
        self.synchronize()
        self.update(EVENT, id, summary="By SQL")
        self.synchronize()
        self.assertNotEqual(self.local(), self.remote())
        with database() as pool:
            pool.get('google_integration.synchronization').verify()
            for task in pool.get('ir.queue').search([]):
                task.run()
        self.assertEqual(self.event(id, 'google_state'), 'to_push')
        self.assertEqual(self.event(other, 'google_state'), 'synchronized')
        self.synchronize()
        self.assertEqual(
            self.remote()[self.event(id, 'google_id')][0], "By SQL")
        self.assert_once(2)

    def test_precondition(self):
        "A failed precondition is a merge"
        id = self.create()
        self.synchronize()
        google_id = self.event(id, 'google_id')
        self.write(id, summary="From Tryton")

        def change(*args):
            self.google.patch_event(
                ALICE, google_id, {'location': "From Google"})
        with self.hook('push', change):
            self.synchronize()
        self.assertEqual(
            self.event(id, 'summary', 'location'),
            ["From Tryton", "From Google"])
        self.assertEqual(self.errors(), [])
        self.assert_once()

    def test_precondition_each_time(self):
        "What changes at Google each time it is sent ends with a message"
        id = self.create()
        self.synchronize()
        google_id = self.event(id, 'google_id')
        self.write(id, summary="From Tryton")
        moves = iter(range(1000))

        def change(*args):
            self.google.patch_event(
                ALICE, google_id, {'location': str(next(moves))})
        with self.hook('push', change, times=6):
            self.synchronize()
        self.assertEqual(self.event(id, 'google_state'), 'failed')
        self.assertEqual(self.errors('code'), ['busy'])
        self.click(CALENDAR, self.calendar, 'retry_failed')
        self.synchronize()
        self.assertEqual(self.event(id, 'summary'), "From Tryton")
        self.assert_once()

    def test_external_clock(self):
        "The time of Google may be ahead"
        self.google.options(skew=3600)
        id = self.create()
        self.synchronize()
        self.write(id, summary="Changed")
        self.synchronize()
        self.assertEqual(self.event(id, 'summary'), "Changed")
        self.assert_once()


del GoogleCalendarTestCase
