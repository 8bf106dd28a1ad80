# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Rules 1, 11, 12, 15 and 17: what a run does and what it disturbs."""
import logging
import threading
from unittest.mock import patch

import requests

from trytond import backend
from trytond.exceptions import ConcurrencyException
from trytond.modules.google_integration import transport
from trytond.modules.google_integration.engine import Run
from trytond.modules.google_integration.lease import Lease
from trytond.transaction import Transaction

from .tools import (
    ACCESS, ALICE, CALENDAR, CREDENTIALS, EVENT, GoogleCalendarTestCase,
    database, timed)


class Watch:
    "Tells whether a transaction of the database is open"

    def __init__(self):
        self.seen = []
        self.used = False

    def __enter__(self):
        self.connection = Transaction().connection
        self.patches = [
            patch.object(Transaction, name, self.ending(name))
            for name in ['commit', 'rollback']]
        for each in self.patches:
            each.start()
        if backend.name == 'sqlite':
            # reading opens none there that could be asked for
            self.connection.set_trace_callback(self.trace)
        return self

    def __exit__(self, *args):
        for each in self.patches:
            each.stop()
        if backend.name == 'sqlite':
            self.connection.set_trace_callback(None)

    def ending(self, name):
        method = getattr(Transaction, name)

        def end(transaction):
            method(transaction)
            self.used = False
        return end

    def trace(self, statement):
        self.used = True

    @property
    def open(self):
        if backend.name == 'sqlite':
            return self.used or self.connection.in_transaction
        return bool(self.connection.info.transaction_status)

    def look(self, what):
        self.seen.append((what, self.open))


class GoogleEngineRunTestCase(GoogleCalendarTestCase):
    "Test the runs of the engine"

    def watched(self, func):
        "Call the function and return the requests and if one was disturbed"
        with database() as pool, Watch() as watch:
            # the watch works
            pool.get(CALENDAR).search([])
            self.assertTrue(watch.open)
            Transaction().rollback()
            self.assertFalse(watch.open)
            send = transport.Http.send
            request = requests.Session.request

            def sent(http, attempts, uri, *args, **kwargs):
                watch.look(uri)
                return send(http, attempts, uri, *args, **kwargs)
            def requested(session, method, url, *args, **kwargs):
                watch.look(url)
                return request(session, method, url, *args, **kwargs)
            with patch.object(transport.Http, 'send', sent), \
                    patch.object(requests.Session, 'request', requested):
                func(pool)
        self.assertTrue(watch.seen)
        self.assertEqual([w for w, is_open in watch.seen if is_open], [])
        return [w for w, _ in watch.seen]

    # Rule 1

    def test_no_transaction(self):
        "No transaction is open during any request of a run"
        def run(pool):
            self.assertTrue(Run(pool.get(CALENDAR), self.calendar)())
        self.google.options(max_page=2)
        gone, changed = [
            self.google.insert_event(ALICE, timed(n))['id'] for n in "ab"]
        self.google.insert_events(ALICE, [timed(n) for n in "cde"])
        id = self.create("New")
        self.create("Other")
        seen = self.watched(run)
        self.assertGreaterEqual(len(seen), 4)
        # patches, a deletion, merges, look-ups and a listing anew
        self.write(id, summary="Changed")
        self.delete(self.find("Other"))
        self.write(self.find("b"), location="Here")
        self.google.delete_event(ALICE, gone)
        self.google.expire_sync_tokens()
        unsure = self.find("c")
        self.update(EVENT, unsure, google_state='pushing')

        def meet(*args):
            self.google.patch_event(ALICE, changed, {'summary': "There"})
        with self.hook('push', meet):
            self.watched(run)
        self.assert_equal_sides(5)
        # nor when the token is renewed on the way
        self.google.expire_access_tokens()
        self.assertTrue(any('token' in uri for uri in self.watched(run)))

    def test_no_transaction_refresh(self):
        "Nor when the token is renewed, or the calendars are looked for"
        for button in ['refresh_credentials', 'discover', 'test_connection']:
            with self.subTest(button=button):
                def click(pool):
                    Credentials = pool.get(CREDENTIALS)
                    getattr(Credentials, button)(
                        [Credentials(self.credentials)])
                self.watched(click)

    # Rule 11

    def test_lease(self):
        "A second run does nothing"
        self.create()
        results = []

        def second(*args):
            self.requests()
            with self.meanwhile(0) as pool:
                calendar = pool.get(CALENDAR)(self.calendar)
                results.append(calendar.sync_state)
            with Transaction().new_transaction():
                results.append(
                    Run(self.model(CALENDAR), self.calendar)())
            results.append(self.requests())
        with self.hook('list_changes', second):
            self.synchronize()
        self.assertEqual(results, ['running', False, []])
        self.assertEqual(
            self.read(CALENDAR, self.calendar, 'sync_state'), 'idle')
        self.assert_equal_sides(1)

    def test_lease_taken_over(self):
        "Who lost the lease rolls back and stops"
        for hook in ['list_changes', 'push']:
            with self.subTest(hook=hook):
                count = len(self.remote())
                self.google.insert_event(ALICE, timed(f"There {hook}"))
                self.create(f"Here {hook}")
                token = []

                def take_over(*args):
                    with self.meanwhile(0) as pool:
                        Calendar = pool.get(CALENDAR)
                        table = Calendar.__table__()
                        cursor = Transaction().connection.cursor()
                        cursor.execute(*table.update(
                                [table.lease_until], [0]))
                        Transaction().commit()
                        lease = Lease(Calendar, self.calendar, 600)
                        self.assertTrue(lease.take())
                        token.append(lease.token)
                before = self.read(CALENDAR, self.calendar, 'cursor')
                with self.hook(hook, after=take_over):
                    self.assertFalse(self.run_once())
                self.assertEqual(
                    self.read(CALENDAR, self.calendar, 'lease_token'),
                    token[0])
                if hook == 'list_changes':
                    # not even the page that it held was written
                    self.assertEqual(
                        self.read(CALENDAR, self.calendar, 'cursor'), before)
                    self.assertEqual(len(self.local()), count + 1)
                self.assertFalse(self.run_once())
                self.update(CALENDAR, self.calendar, lease_until=0)
                self.synchronize()
                self.assert_equal_sides(count + 2)
                self.assert_settled()

    def test_lease_released(self):
        "The lease ends with the run, whatever happened"
        self.google.add_fault('status', status=404, method_id='.*list')
        self.assertFalse(self.run_once())
        self.assertEqual(
            self.read(
                CALENDAR, self.calendar, 'lease_token', 'lease_until'),
            [None, None])

    def test_lease_race(self):
        "Of two that take it at once one has it"
        with database() as pool:
            Calendar = pool.get(CALENDAR)
            leases = [Lease(Calendar, self.calendar, 600) for _ in range(2)]
            self.assertEqual([e.take() for e in leases], [True, False])
            Transaction().commit()
            leases[0].renew()
            with self.assertRaises(Exception) as lost:
                leases[1].renew()
            self.assertEqual(type(lost.exception).__name__, 'LeaseLost')
            self.assertFalse(leases[1].release())
            self.assertTrue(leases[0].release())

    # Rule 12

    def test_one_refresh(self):
        "A run renews its token once"
        for i in range(60):
            self.create(str(i))
        self.google.expire_access_tokens()
        self.synchronize()
        self.assertEqual(self.requests().count('oauth.token'), 1)
        self.assert_equal_sides(60)

    # Rule 13

    def test_no_secrets(self):
        "A run tells no secret at any level"
        with database() as pool:
            Secret = pool.get('google_integration.secret')
            credentials = pool.get(CREDENTIALS)(self.credentials)
            secrets = [
                Secret.reveal(credentials, n)
                for n in ['access_token', 'refresh_token', 'client_secret']]
        self.assertTrue(all(secrets))
        self.create()
        self.google.add_fault(
            'status', status=401, reason='authError', times=2,
            method_id='calendar.events.list')
        with self.assertLogs(level=logging.DEBUG) as log:
            logging.getLogger().debug("at least this")
            self.run_once()
            self.synchronize()
        text = '\n'.join(log.output) + str(self.rows())
        for secret in secrets:
            self.assertNotIn(secret, text)

    # Rule 14

    def test_links(self):
        "Links of Google are kept as such only"
        self.google.plant_event(ALICE, {
                'id': 'link0', 'status': 'confirmed', **timed("Link"),
                'hangoutLink': 'javascript:alert(1)'})
        self.synchronize()
        id = self.find("Link")
        self.assertIsNone(self.event(id, 'conference_link'))
        self.assertTrue(
            self.event(id, 'html_link').startswith('https://'))

    # Rule 15

    def test_context(self):
        "Who acts and in which language does not depend on the caller"
        self.create()
        self.google.insert_event(ALICE, timed("There"))
        seen = []

        def look(*args):
            transaction = Transaction()
            seen.append((transaction.user, dict(transaction.context)))
        context = {'language': 'fr', 'company': 1, **ACCESS}
        with database(self.john, context) as pool, \
                self.hook('list_changes', look), self.hook('push', look):
            self.assertTrue(Run(pool.get(CALENDAR), self.calendar)())
        (user, context), other = seen
        self.assertEqual((user, context), other)
        self.assertEqual(user, 0)
        self.assertFalse({'language', 'company'} & context.keys())
        self.assertFalse(context.get('_check_access'))
        self.assert_equal_sides(2)
        self.assertEqual(self.google.mails(), [])

    # Rule 17

    def stamp(self, model, id):
        "What the client sends to find who wrote meanwhile"
        with self.user(commit=False) as pool:
            row, = pool.get(model).read([id], ['_timestamp'])
            return {f'{model},{id}': row['_timestamp']}

    def save(self, model, id, stamp, values):
        with self.user() as pool:
            Model = pool.get(model)
            Transaction().timestamp = stamp
            Model.write([Model(id)], values)

    def test_open_form(self):
        "A form that is open can be saved after a run"
        id = self.create()
        self.google.insert_event(ALICE, timed("There"))
        stamps = [
            (model, record, self.stamp(model, record))
            for model, record in [
                (EVENT, id), (CALENDAR, self.calendar),
                (CREDENTIALS, self.credentials)]]
        for state in ['created', 'changed']:
            self.synchronize()
            self.assertEqual(self.event(id, 'google_state'), 'synchronized')
            for model, record, stamp in stamps:
                with self.subTest(model=model, state=state):
                    name = 'summary' if model == EVENT else 'name'
                    self.save(model, record, stamp, {name: state})
            stamps = [(m, r, self.stamp(m, r)) for m, r, _ in stamps]

    def test_open_form_changed(self):
        "Unless Google has changed what it shows"
        id = self.create()
        self.synchronize()
        stamp = self.stamp(EVENT, id)
        self.google.patch_event(
            ALICE, self.event(id, 'google_id'), {'summary': "There"})
        self.synchronize()
        with self.assertRaises(ConcurrencyException):
            self.save(EVENT, id, stamp, {'summary': "Mine"})

    # The end of a run

    def test_unexpected(self):
        "A run that fails says so, once, and the next goes on"
        Calendar = self.model(CALENDAR)
        with patch.object(
                Calendar, 'list_changes', side_effect=ZeroDivisionError), \
                self.assertLogs('trytond.modules', 'ERROR'):
            for _ in range(2):
                self.assertFalse(self.run_once())
        self.assertEqual(
            self.read(CALENDAR, self.calendar, 'sync_state', 'error_code'),
            ['failed', 'unexpected'])
        self.assertEqual([
                u.id for u in self.search(
                    'res.notification', 'user',
                    domain=[('icon', '=', 'tryton-warning')])],
            [self.jane])
        self.synchronize()
        self.assertEqual(
            self.read(CALENDAR, self.calendar, 'sync_state', 'last_error'),
            ['idle', ''])

    def test_disabled_in_the_middle(self):
        "A service that is disabled stops where it is"
        self.google.options(max_page=2)
        self.google.insert_events(ALICE, [timed(n) for n in "abcd"])
        self.create()
        for what in ['pause', 'stop']:
            with self.subTest(what=what):
                def stop(*args):
                    with self.meanwhile() as pool:
                        if what == 'pause':
                            Calendar = pool.get(CALENDAR)
                            Calendar.write(
                                [Calendar(self.calendar)],
                                {'enabled': False})
                        else:
                            Credentials = pool.get(CREDENTIALS)
                            Credentials.write(
                                [Credentials(self.credentials)],
                                {'sync_enabled': False})
                self.requests()
                with self.hook('list_changes', after=stop):
                    self.run_once()
                self.assertEqual(self.requests(), ['calendar.events.list'])
                with database() as pool:
                    Calendar = pool.get(CALENDAR)
                    Credentials = pool.get(CREDENTIALS)
                    Calendar.write(
                        [Calendar(self.calendar)], {'enabled': True})
                    Credentials.write(
                        [Credentials(self.credentials)],
                        {'sync_enabled': True})
        self.synchronize()
        self.assert_equal_sides(5)

    def test_deleted_in_the_middle(self):
        "Nor does a run mind that its service is gone"
        self.google.insert_event(ALICE, timed("There"))
        for name in [CALENDAR, CREDENTIALS]:
            with self.subTest(name=name):
                def delete(*args):
                    with self.meanwhile(0) as pool:
                        Model = pool.get(name)
                        Model.delete(Model.search([]))
                with self.hook('list_changes', after=delete):
                    self.assertFalse(self.run_once())
                self.assertEqual(self.search(EVENT, 'id'), [])
                if name == CALENDAR:
                    self.calendar, = self.discover(self.credentials)

    def test_threads(self):
        "No thread is left behind"
        before = threading.active_count()
        self.synchronize()
        self.assertLessEqual(threading.active_count(), before + 1)


del GoogleCalendarTestCase
