# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Channels: Google announces that a calendar has changed."""
import datetime as dt
from unittest.mock import patch
from urllib.parse import quote

from werkzeug.test import Client

import trytond.config as config
from trytond.exceptions import UserError
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import (
    bookkeeping, channel as channel_module)
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.tests.tools import (
    BASE, options)
from trytond.protocols.wrappers import Response
from trytond.tests.test_tryton import DB_NAME
from trytond.transaction import Transaction
from trytond.wsgi import app

from .tools import (
    ALICE, CALENDAR, CREDENTIALS, GoogleCalendarTestCase, database, timed)

CHANNEL = 'google_integration.channel'
WATCH = 'calendar.events.watch'
STOP = 'calendar.channels.stop'
LIST = 'calendar.events.list'
INTERVAL = dt.timedelta(minutes=5)



class WatchTestCase(GoogleCalendarTestCase):

    def setUp(self):
        super().setUp()
        # nothing listens: the tests bring the notifications
        self.google.options(http_channels=True, deliver=False)
        self.set_service(watch=True)

    def clean(self):
        with database() as pool:
            Channel = pool.get(CHANNEL)
            Channel.delete(Channel.search([]))
        super().clean()

    def channels(self, *names):
        return self.search(
            CHANNEL, *(names or ['state']))

    def live(self):
        "What Google announces"
        return self.google.channels(live=True)

    def change_channels(self, **values):
        with database() as pool:
            Channel = pool.get(CHANNEL)
            Channel.write(Channel.search([]), values)

    def cron(self):
        "What is due, with the tasks that cron runs after its commit"
        with database() as pool:
            pool.get('google_integration.synchronization').synchronize_due()
            Transaction().tasks.clear()
        with database() as pool:
            tasks = pool.get('ir.queue').search([
                    ('finished_at', '=', None)])
            for task in tasks:
                if task.data['model'] == CHANNEL:
                    task.run()
            pool.get('ir.queue').delete(tasks)

    def tasks(self):
        return [
            d['method'] for d in self.search('ir.queue', 'data')
            if d['model'] == CALENDAR]

    def notify(self, channel=None, path=None, method='POST', data=None,
            content_type=None, **headers):
        "Announce as Google does and return the status"
        if channel is None:
            channel, = self.live()
        values = {
            'X-Goog-Channel-ID': channel['id'],
            'X-Goog-Channel-Token': channel['token'],
            'X-Goog-Resource-ID': channel['resourceId'],
            'X-Goog-Resource-State': 'exists',
            'X-Goog-Message-Number': '7',
            }
        for name, value in headers.items():
            values['X-Goog-' + name.replace('_', '-')] = value
        self.apart()
        response = Client(app, Response).open(
            path or f'/{quote(DB_NAME)}/google/notify', base_url=BASE,
            method=method, data=data or b'',
            content_type=content_type or 'application/json; utf-8',
            headers={k: v for k, v in values.items() if v is not None})
        self.response = response
        return response.status_code

    def later(self, **values):
        "The service is not due"
        self.update(
            CALENDAR, self.calendar, queued_at=None,
            next_sync=utcnow() + INTERVAL, **values)

    def apart(self):
        "The next transaction is another than the one that is open"
        if Transaction().user is not None:
            Transaction(new=True)

    def is_due(self):
        self.apart()
        return self.read(CALENDAR, self.calendar, 'next_sync') <= utcnow()


class OpenTestCase(WatchTestCase):
    "Channels are opened, renewed and stopped"

    def test_open(self):
        "A synchronisation opens the channel, the next ones have nothing to do"
        self.synchronize()
        self.assertEqual(self.requests(), [LIST, WATCH])
        channel, = self.live()
        self.assertEqual(channel['kind'], 'events')
        self.assertEqual(channel['calendar'], ALICE)
        self.assertEqual(
            channel['address'], f'{BASE}/{quote(DB_NAME)}/google/notify')
        (state, id, resource, token, expires_at, model), = self.channels(
            'state', 'channel_id', 'resource_id', 'token_digest',
            'expires_at', 'model')
        self.assertEqual(
            (state, id, resource, model),
            ('open', channel['id'], channel['resourceId'], CALENDAR))
        self.assertGreaterEqual(len(channel['token']), 43)
        self.assertNotIn(channel['token'], token)
        until, error = self.read(
            CALENDAR, self.calendar, 'watched_until', 'watch_error')
        self.assertEqual(until, expires_at)
        self.assertAlmostEqual(
            until.timestamp(), channel['expiration'] / 1000, delta=1)
        self.assertEqual(error, '')
        self.assert_settled()

    def test_not_asked(self):
        "Without the box Google is not asked"
        self.set_service(watch=False)
        self.synchronize()
        self.assertEqual(self.requests(), [LIST])

    def test_default(self):
        "By default what the Internet can reach is watched"
        Calendar = self.model(CALENDAR)
        for base, default in [
                ('https://tryton.example.com', True), (BASE, False),
                (None, False), ('http://tryton.example.com', False)]:
            with self.subTest(base=base), options(base_url=base), \
                    database(commit=False):
                self.assertEqual(Calendar.default_watch(), default)

    def test_base_url(self):
        "Without a public address there is nothing to tell Google"
        for base, text in [
                (None, "base_url is missing"),
                ('http://tryton.example.com', "base_url")]:
            with self.subTest(base=base), options(base_url=base):
                self.synchronize()
                self.assertEqual(self.requests(), [LIST])
                self.assertIn(text, self.read(
                        CALENDAR, self.calendar, 'watch_error'))
        self.assertEqual(self.channels(), [])

    def test_committed_before(self):
        "The first notification is recognized though it is before the answer"
        statuses = []

        def first(client, channel):
            statuses.append(self.notify({
                        **channel, 'resourceId': 'of the first'},
                    Resource_State='sync'))
            self.assertFalse(self.is_due())
            statuses.append(self.notify({
                        **channel, 'resourceId': 'of the first'}))
            self.assertTrue(self.is_due())

        self.later()
        with self.hook('google_watch', before=first):
            self.synchronize()
        self.assertEqual(statuses, [204, 204])

    def test_no_transaction(self):
        "No transaction is open while Google is asked"
        Channel = self.model(CHANNEL)

        def another(client, channel):
            # would wait for ever, or fail, if this process held the row
            with self.meanwhile(0) as pool:
                found = pool.get(CHANNEL).search([
                        ('channel_id', '=', channel['id'])])
                self.assertEqual(len(found), 1)
        with self.hook('google_watch', before=another), \
                self.hook('google_stop_watch', before=another, times=0):
            self.synchronize()
        self.assertEqual(self.channels(), ['open'])
        self.assertTrue(Channel)

    def test_renewed(self):
        "A new channel is opened before the old one is stopped"
        self.synchronize()
        old, = self.live()
        self.change_channels(attend_at=utcnow())
        self.requests()
        overlap = []
        with self.hook(
                'google_stop_watch',
                before=lambda *args: overlap.extend(
                    [len(self.live()), *map(self.notify, self.live())])):
            self.synchronize()
        self.assertEqual(self.requests(), [LIST, WATCH, STOP])
        self.assertEqual(overlap, [2, 204, 204])
        new, = self.live()
        self.assertNotEqual(new['id'], old['id'])
        self.assertNotEqual(new['token'], old['token'])
        self.assertEqual(self.channels(), ['open'])
        self.assertEqual(self.notify(old), 404)

    def test_renewed_in_time(self):
        "The renewal is due when a quarter of the life is left"
        for life in [3600, 604800]:
            with self.subTest(life=life):
                self.clean_channels()
                self.google.options(channel_life=life)
                self.synchronize()
                (attend_at, expires_at, requested_at), = self.channels(
                    'attend_at', 'expires_at', 'requested_at')
                left = (expires_at - attend_at) / (
                    expires_at - requested_at)
                self.assertAlmostEqual(left, 0.25, delta=0.01)

    def clean_channels(self):
        with database() as pool:
            Channel = pool.get(CHANNEL)
            Channel.delete(Channel.search([]))

    def test_renewed_by_cron(self):
        "A long interval does not let the channel end"
        self.synchronize()
        self.update(
            CALENDAR, self.calendar, next_sync=utcnow() + 10 * INTERVAL,
            last_sync=utcnow() - 10 * INTERVAL)
        self.cron()
        self.assertFalse(self.is_due())
        self.change_channels(attend_at=utcnow())
        with database() as pool:
            pool.get(CHANNEL).attend()
        self.assertTrue(self.is_due())
        # not again and again
        self.synchronize_failing()
        self.later(failed=False)
        self.change_channels(attend_at=utcnow())
        with database() as pool:
            pool.get(CHANNEL).attend()
        self.assertFalse(self.is_due())

    def synchronize_failing(self):
        self.google.add_fault(
            'status', status=403, reason='forbidden', method_id=LIST)
        self.assertFalse(self.run_once())

    def test_expiration(self):
        "Whatever Google tells about the end of the channel"
        now = utcnow()
        for answer, expected in [
                ({}, None), ({'expiration': 'soon'}, None),
                ({'expiration': '9' * 15}, None),
                ({'expiration': '9' * 40}, None),
                ({'expiration': '1'}, now),
                ({'expiration': '4000000000000'}, now + dt.timedelta(60)),
                ]:
            with self.subTest(answer=answer):
                result = channel_module.expiration(answer)
                if expected is None:
                    self.assertIsNone(result)
                else:
                    self.assertAlmostEqual(
                        result.timestamp(), expected.timestamp(), delta=5)

    def test_poor_answer(self):
        "An answer that tells nothing opens a channel that ends tomorrow"
        Calendar = self.model(CALENDAR)
        with patch.object(Calendar, 'google_watch', lambda *args: ''):
            self.synchronize()
        (state, resource, expires_at), = self.channels(
            'state', 'resource_id', 'expires_at')
        self.assertEqual((state, resource), ('open', None))
        self.assertLess(expires_at - utcnow(), dt.timedelta(days=1))
        # it can only be forgotten
        self.set_service(enabled=False)
        self.requests()
        self.cron()
        self.assertEqual(self.channels(), [])
        self.assertEqual(self.requests(), [])

    # Failures

    def assert_pause(self, *minutes):
        attend_at, = self.channels('attend_at')
        pause = (attend_at - utcnow()).total_seconds() / 60
        self.assertGreater(pause, minutes[0])
        self.assertLessEqual(pause, minutes[1])

    def test_refused(self):
        "A refusal is noted, the synchronisation goes well and tries later"
        self.google.options(http_channels=False)
        self.create("Here")
        self.synchronize()
        self.assert_equal_sides(1)
        self.assertEqual(self.channels(), ['failed'])
        error = self.read(CALENDAR, self.calendar, 'watch_error')
        self.assertIn("webhookUrlNotHttps", error)
        self.assertEqual(
            self.read(CALENDAR, self.calendar, 'sync_state', 'last_error'),
            ['idle', ''])
        self.assert_pause(4, 5)
        self.requests()
        self.synchronize()
        self.assertEqual(self.requests(), [LIST])
        for minutes in [(9, 10), (19, 20)]:
            self.change_channels(attend_at=utcnow())
            self.synchronize()
            self.assert_pause(*minutes)
        self.change_channels(attend_at=utcnow())
        self.google.options(http_channels=True)
        self.synchronize()
        self.assertEqual(self.channels('state', 'attempts'), [('open', 0)])
        self.assertEqual(
            self.read(CALENDAR, self.calendar, 'watch_error'), '')

    def test_longest_pause(self):
        "It is asked once a day at the least"
        pauses = [channel_module.pause(n) for n in range(1, 100)]
        self.assertEqual(pauses, sorted(pauses))
        self.assertEqual(max(pauses), dt.timedelta(days=1))
        self.assertEqual(
            channel_module.pause(1, 3000), dt.timedelta(seconds=3000))
        self.assertEqual(
            channel_module.pause(1, 10 ** 9), dt.timedelta(days=1))

    def test_unsupported(self):
        "What Google does not announce is not asked for again"
        self.google.add_fault(
            'status', status=400, method_id=WATCH,
            reason='pushNotSupportedForRequestedResource')
        self.synchronize()
        self.assertEqual(
            self.channels('state', 'attend_at'), [('failed', None)])
        self.assertIn(
            "does not announce",
            self.read(CALENDAR, self.calendar, 'watch_error'))
        self.cron()
        self.requests()
        self.synchronize()
        self.assertEqual(self.requests(), [LIST])
        # unless it is asked for
        self.set_service(watch=False)
        self.assertEqual(
            self.read(CALENDAR, self.calendar, 'watch_error'), '')
        self.set_service(watch=True)
        self.synchronize()
        self.assertEqual(self.channels(), ['open'])

    def test_unreachable(self):
        "A busy Google is asked again when it wants"
        self.google.add_fault(
            'status', status=503, retry_after=7200, method_id=WATCH)
        self.synchronize()
        self.assert_pause(119, 120)
        self.assertIn(
            "busy", self.read(CALENDAR, self.calendar, 'watch_error'))

    def test_unexpected(self):
        "An error in the code does not make the synchronisation fail"
        Calendar = self.model(CALENDAR)
        with patch.object(Calendar, 'google_watch', side_effect=KeyError), \
                self.assertLogs('trytond.modules.google_integration', 'ERROR'):
            self.synchronize()
        self.create("Here")
        self.synchronize()
        self.assert_equal_sides(1)

    def test_token_ended(self):
        "An authorization that ends just then is a note"
        Calendar = self.model(CALENDAR)
        from trytond.modules.google_integration.oauth import OAuthError
        with patch.object(
                Calendar, 'google_watch',
                side_effect=OAuthError('invalid_grant')):
            self.synchronize()
        self.assertEqual(self.channels(), ['opening'])
        self.assertIn(
            "Authorize", self.read(CALENDAR, self.calendar, 'watch_error'))

    def test_lost_answer(self):
        "The channel of a lost answer is found and stopped"
        self.google.add_fault('drop_after', method_id=WATCH)
        self.synchronize()
        self.assertEqual(self.requests().count(WATCH), 1)
        orphan, = self.live()
        self.assertEqual(
            self.channels('state', 'resource_id'), [('opening', None)])
        # it is heard all the while
        self.later()
        self.assertEqual(self.notify(orphan), 204)
        self.assertTrue(self.is_due())
        self.change_channels(attend_at=utcnow())
        self.synchronize()
        self.assertEqual(self.requests(), [LIST, WATCH, STOP])
        channel, = self.live()
        self.assertNotEqual(channel['id'], orphan['id'])
        self.assertEqual(self.channels(), ['open'])

    def test_crash(self):
        "Whenever the process dies, one channel is left in the end"
        crashes = [
            ('google_watch', 'before'), ('google_watch', 'after'),
            ('google_stop_watch', 'before'), ('google_stop_watch', 'after')]

        def die(*args):
            raise KeyboardInterrupt

        for hook, when in crashes:
            with self.subTest(hook=hook, when=when):
                if hook == 'google_stop_watch':
                    self.synchronize()
                    self.change_channels(attend_at=utcnow())
                with self.assertRaises(KeyboardInterrupt), \
                        self.hook(hook, **{when: die}):
                    self.run_once()
                # some minutes later
                self.update(CALENDAR, self.calendar, lease_until=0)
                self.change_channels(attend_at=utcnow())
                self.synchronize()
                self.cron()
                self.assertEqual(self.channels(), ['open'])
                channel, = self.live()
                self.assertEqual(
                    self.channels('channel_id'), [channel['id']])
                self.stop_all()

    def stop_all(self):
        self.set_service(enabled=False)
        self.cron()
        self.set_service(enabled=True)
        self.assertEqual(self.live(), [])

    def test_lease_lost(self):
        "A run that was overtaken does not write what it opened"
        def overtake(*args):
            with self.meanwhile(0) as pool:
                bookkeeping.update(
                    pool.get(CALENDAR), [self.calendar],
                    {'lease_token': 'another'})
        with self.hook('google_watch', after=overtake):
            self.assertFalse(self.run_once())
        self.assertEqual(self.channels(), ['opening'])
        self.update(CALENDAR, self.calendar, lease_until=0)
        self.change_channels(attend_at=utcnow())
        self.synchronize()
        self.assertEqual(self.channels(), ['open'])
        self.assertEqual(len(self.live()), 1)

    # The end

    def test_disabled(self):
        "What is disabled is not announced any more"
        for values in [
                {'enabled': False}, {'watch': False},
                {'direction': 'to_google'}]:
            with self.subTest(values=values):
                self.set_service(
                    enabled=True, watch=True, direction='both')
                self.synchronize()
                self.assertEqual(len(self.live()), 1)
                self.set_service(**values)
                self.requests()
                self.cron()
                self.assertEqual(self.requests(), [STOP])
                self.assertEqual(self.live(), [])
                self.assertEqual(self.channels(), [])

    def test_sync_disabled(self):
        "Nor what belongs to credentials that do not synchronize"
        self.synchronize()
        with self.user() as pool:
            Credentials = pool.get(CREDENTIALS)
            Credentials.write(
                [Credentials(self.credentials)], {'sync_enabled': False})
        self.cron()
        self.assertEqual(self.live(), [])
        self.assertEqual(self.channels(), [])

    def test_deleted(self):
        "Nor what is deleted"
        self.synchronize()
        with database(self.ada) as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.delete([Calendar(self.calendar)])
        self.assertEqual(
            self.channels('state', 'service'), [('closing', None)])
        channel, = self.live()
        self.assertEqual(self.notify(channel), 404)
        self.cron()
        self.assertEqual(self.live(), [])
        self.assertEqual(self.channels(), [])

    def test_disabled_meanwhile(self):
        "A channel that nobody wants any more is stopped at once"
        def disable(*args):
            with self.meanwhile(0) as pool:
                Calendar = pool.get(CALENDAR)
                Calendar.write([Calendar(self.calendar)], {'enabled': False})
                pool.get(CHANNEL).attend()
        with self.hook('google_watch', after=disable):
            self.synchronize()
        self.assertEqual(self.live(), [])
        self.assertEqual(self.channels(), [])

    def test_revoked(self):
        "The channels are stopped before the tokens are forgotten"
        self.synchronize()
        self.requests()
        self.click(CREDENTIALS, self.credentials, 'revoke')
        self.assertEqual(self.requests(), [STOP, 'oauth.revoke'])
        self.assertEqual(self.live(), [])
        self.assertEqual(self.channels(), [])

    def test_revoked_although(self):
        "A channel that can not be stopped does not prevent it"
        self.synchronize()
        self.google.add_fault(
            'status', status=503, method_id=STOP, times=None)
        channel, = self.live()
        self.click(CREDENTIALS, self.credentials, 'revoke')
        self.assertEqual(
            self.read(CREDENTIALS, self.credentials, 'state'),
            'without_authorization')
        self.assertEqual(self.channels(), [])
        self.assertEqual(self.notify(channel), 404)

    def test_expired_authorization(self):
        "Without tokens the channels are forgotten, and opened again with new"
        self.synchronize()
        self.google.add_fault(
            'status', status=400, reason='invalid_grant',
            method_id='oauth.token')
        with database(self.jane) as pool:
            Credentials = pool.get(CREDENTIALS)
            with self.assertRaises(UserError):
                Credentials.refresh_credentials(
                    [Credentials(self.credentials)])
        self.assertEqual(
            self.read(CREDENTIALS, self.credentials, 'state'), 'expired')
        self.assertEqual(self.channels(), [])

    def test_stop_later(self):
        "What can not be stopped now is stopped later"
        self.synchronize()
        self.google.add_fault('status', status=503, method_id=STOP)
        self.set_service(enabled=False)
        self.cron()
        self.assertEqual(self.channels(), ['closing'])
        self.assertEqual(len(self.live()), 1)
        self.requests()
        self.cron()
        self.assertEqual(self.requests(), [])
        self.change_channels(attend_at=utcnow())
        self.cron()
        self.assertEqual(self.live(), [])
        self.assertEqual(self.channels(), [])

    def test_stop_refused(self):
        "What Google does not know is forgotten"
        self.synchronize()
        for status in [404, 403, 400]:
            with self.subTest(status=status):
                self.google.add_fault(
                    'status', status=status, reason='x', method_id=STOP)
                self.change_channels(state='closing', attend_at=utcnow())
                self.cron()
                self.assertEqual(self.channels(), [])
                self.synchronize()

    def test_expired(self):
        "Channels that ended are forgotten"
        self.synchronize()
        self.change_channels(expires_at=utcnow() - INTERVAL)
        self.assertIsNone(
            self.read(CALENDAR, self.calendar, 'watched_until'))
        self.set_service(enabled=False)
        self.requests()
        self.cron()
        self.assertEqual(self.channels(), [])
        self.assertEqual(self.requests(), [])

    def test_moved(self):
        "Channels to another address are replaced and left to expire"
        self.synchronize()
        self.requests()
        with options(base_url='http://127.0.0.1:8000/tryton'):
            self.synchronize()
            self.assertEqual(self.requests(), [LIST, WATCH])
            self.assertEqual(self.channels('state', 'address'), [(
                        'open', 'http://127.0.0.1:8000/tryton/'
                        f'{quote(DB_NAME)}/google/notify')])
        self.cron()
        self.assertEqual(self.channels(), [])
        self.assertEqual(len(self.live()), 2)

    def test_no_access(self):
        "Only the administration sees channels, and nobody the digest"
        self.synchronize()
        with self.as_user(self.jane) as pool:
            with self.assertRaises(AccessError):
                pool.get(CHANNEL).search([])
            until, error = (
                getattr(pool.get(CALENDAR)(self.calendar), n)
                for n in ['watched_until', 'watch_error'])
            self.assertTrue(until)
        with self.as_user(self.ada) as pool:
            Channel = pool.get(CHANNEL)
            channel, = Channel.search([])
            with self.assertRaises(AccessError):
                Channel.read([channel.id], ['token_digest'])
            with self.assertRaises(AccessError):
                Channel.search([('token_digest', 'like', 'a%')])
            with self.assertRaises(AccessError):
                Channel.delete([channel])


class NotifyTestCase(WatchTestCase):
    "Notifications are recognized and make the calendar due"

    def setUp(self):
        super().setUp()
        self.synchronize()
        self.google.clear_log()
        self.later()
        self.channel, = self.live()

    def test_exists(self):
        "A change makes the calendar due, and nothing else happens"
        before = self.rows()
        self.assertEqual(self.notify(), 204)
        self.assertEqual(self.response.get_data(), b'')
        self.assertNotIn('Set-Cookie', self.response.headers)
        self.assertTrue(self.is_due())
        self.assertEqual(self.rows(), before)
        self.assertEqual(self.tasks(), [])
        self.assertEqual(self.requests(), [])

    def test_sync(self):
        "The first message is answered and nothing is done"
        self.assertEqual(self.notify(Resource_State='sync'), 204)
        self.assertFalse(self.is_due())

    def test_not_exists(self):
        "That the calendar was deleted is found by a synchronisation"
        self.assertEqual(self.notify(Resource_State='not_exists'), 204)
        self.assertTrue(self.is_due())

    def test_forged(self):
        "What is not from Google gets one answer, and nothing happens"
        answers = set()
        for values in [
                {'Channel_Token': 'forged'},
                {'Channel_Token': None},
                {'Channel_Token': ''},
                {'Channel_Token': self.channel['token'][:-1]},
                {'Channel_Token': 'é' * 43},
                {'Channel_Token': 'x' * 100000},
                {'Channel_ID': 'unknown'},
                {'Channel_ID': None},
                {'Channel_ID': "' OR 1=1 --"},
                {'Channel_ID': '%'},
                {'Resource_ID': 'another'},
                {'Resource_ID': None},
                ]:
            with self.subTest(values=values):
                before = self.rows()
                self.assertEqual(
                    self.notify(self.channel, **values), 404)
                self.assertFalse(self.is_due())
                self.assertEqual(self.rows(), before)
                answers.add(self.response.get_data())
        self.assertEqual(len(answers), 1)

    def test_expired(self):
        "A channel that ended is not heard"
        self.change_channels(expires_at=utcnow())
        self.assertEqual(self.notify(), 404)
        self.assertFalse(self.is_due())

    def test_failed(self):
        "Nor one that Google refused"
        self.change_channels(state='failed')
        self.assertEqual(self.notify(), 404)

    def test_constant_cost(self):
        "The same one query for a known and for an unknown channel"
        for values, updates in [
                ({}, 1), ({'Channel_Token': 'forged'}, 0),
                ({'Channel_ID': 'unknown'}, 0)]:
            with self.subTest(values=values):
                self.later()
                queries = self.count_queries(
                    lambda: self.notify(self.channel, **values))
                self.assertEqual(
                    (queries.count('SELECT'), queries.count('UPDATE'),
                        len(queries)), (1, updates, 1 + updates))

    def count_queries(self, func):
        queries = []

        class Cursor:
            def __init__(self, cursor):
                self.cursor = cursor

            def execute(self, sql, *args):
                queries.append(str(sql).split()[0].upper())
                return self.cursor.execute(sql, *args)

            def __getattr__(self, name):
                return getattr(self.cursor, name)

            def __iter__(self):
                return iter(self.cursor)

        class Connection:
            def __init__(self, connection):
                self.connection = connection

            def cursor(self, *args):
                return Cursor(self.connection.cursor(*args))

            def __getattr__(self, name):
                return getattr(self.connection, name)

        start = Transaction.start

        def counting(transaction, *args, **kwargs):
            result = start(transaction, *args, **kwargs)
            transaction.connection = Connection(transaction.connection)
            return result
        with patch.object(Transaction, 'start', counting):
            func()
        return [q for q in queries if q not in {
                'BEGIN', 'SAVEPOINT', 'SET', 'PRAGMA'}]

    def test_constant_time(self):
        "The digests are compared in constant time, also of what is unknown"
        compared = []
        compare = channel_module.hmac.compare_digest

        def spy(a, b):
            compared.append((len(a), len(b)))
            return compare(a, b)
        for values in [
                {}, {'Channel_Token': 'forged'}, {'Channel_ID': 'unknown'}]:
            with patch.object(channel_module.hmac, 'compare_digest', spy):
                self.notify(self.channel, **values)
        self.assertEqual(len(compared), 6)
        self.assertEqual(compared[::2], [(64, 64)] * 3)

    def test_burst(self):
        "Many notifications are one synchronisation"
        for _ in range(5):
            self.assertEqual(self.notify(), 204)
        self.google.insert_event(ALICE, timed("There"))
        self.cron()
        self.assertEqual(self.tasks(), [])

    def test_reaches(self):
        "A change at Google is here once cron has run"
        self.google.insert_event(ALICE, timed("There"))
        self.notify()
        with database() as pool:
            pool.get('google_integration.synchronization').synchronize_due()
            Transaction().tasks.clear()
        self.assertEqual(self.tasks(), ['run_synchronization'])
        with database() as pool:
            for task in pool.get('ir.queue').search([]):
                task.run()
        self.assert_equal_sides(1)

    def test_lost(self):
        "What was not announced is found at the interval"
        self.google.insert_event(ALICE, timed("There"))
        self.assertTrue(any(d['lost'] for d in self.google.deliveries()))
        self.assertFalse(self.is_due())
        self.update(CALENDAR, self.calendar, next_sync=utcnow())
        self.synchronize()
        self.assert_equal_sides(1)

    def worker(self):
        config.set('queue', 'worker', 'True')
        self.addCleanup(config.set, 'queue', 'worker', 'False')

    def test_worker(self):
        "With workers one task is put, and one only"
        self.worker()
        for _ in range(3):
            self.assertEqual(self.notify(), 204)
        self.assertEqual(self.tasks(), ['run_synchronization'])
        data, = self.search('ir.queue', 'data')
        self.assertNotIn('_request', data['context'])
        self.assertEqual(data['user'], 0)
        self.assertEqual(self.requests(), [])

    def test_worker_running(self):
        "What is announced during a run is for the next one"
        self.worker()
        statuses = []
        with self.hook(
                'list_changes',
                after=lambda *args: statuses.append(self.notify())):
            self.synchronize()
        self.assertEqual(statuses, [204])
        self.assertEqual(self.tasks(), ['run_synchronization'])

    def test_waiting(self):
        "A task that waits will see the change"
        self.update(CALENDAR, self.calendar, queued_at=utcnow())
        self.assertEqual(self.notify(), 204)
        self.assertFalse(self.is_due())

    def test_failed_service(self):
        "A service that failed keeps the time that Google asked for"
        self.google.add_fault(
            'status', status=429, retry_after=3000, method_id=LIST)
        self.assertFalse(self.run_once())
        self.assertEqual(self.notify(), 204)
        self.assertFalse(self.is_due())

    def test_disabled(self):
        "A calendar that was just disabled does not become due"
        self.set_service(enabled=False)
        self.assertEqual(self.notify(), 204)
        self.assertFalse(self.is_due())

    def test_methods(self):
        "Only POST"
        for method in ['GET', 'PUT', 'DELETE', 'HEAD']:
            with self.subTest(method=method):
                self.assertEqual(self.notify(method=method), 405)
        self.assertFalse(self.is_due())

    def test_body(self):
        "The body is ignored, and limited"
        self.assertEqual(self.notify(data=b'{"method": "x"'), 204)
        self.assertEqual(self.notify(
                data=b'<xml/>', content_type='text/xml'), 204)
        self.later()
        self.assertEqual(self.notify(data=b'x' * 100000), 413)
        self.assertFalse(self.is_due())

    def test_session(self):
        "No password is checked"
        with patch('trytond.security.login') as login, \
                patch('trytond.security.check') as check:
            response = Client(app, Response).post(
                f'/{quote(DB_NAME)}/google/notify', base_url=BASE,
                auth=('admin', 'password'))
            self.assertEqual(response.status_code, 404)
        login.assert_not_called()
        check.assert_not_called()

    def test_log(self):
        "The token is in no log"
        with self.assertLogs(level='DEBUG') as logs:
            self.notify()
            self.notify(Channel_Token='forged-token')
            with patch.object(
                    self.model(CHANNEL), 'recognize',
                    side_effect=ValueError(self.channel['token'])):
                self.assertEqual(self.notify(), 503)
        text = '\n'.join(logs.output)
        self.assertNotIn(self.channel['token'], text)
        self.assertNotIn('forged-token', text)
        self.assertNotIn(
            self.channel['token'], self.response.get_data(as_text=True))

    def test_run_log(self):
        "Nor when the channel is opened"
        with self.assertLogs(level='DEBUG') as logs:
            self.change_channels(attend_at=utcnow())
            self.synchronize()
        channel, = self.live()
        self.assertNotIn(channel['token'], '\n'.join(logs.output))

    def test_other_calendar(self):
        "Each calendar has its channel"
        self.google.create_calendar(ALICE, "Work")
        other = self.discover(self.credentials)[1]
        self.set_service(other, watch=True)
        self.synchronize(other)
        self.update(
            CALENDAR, other, next_sync=utcnow() + INTERVAL, queued_at=None)
        self.later()
        self.assertEqual(self.notify(self.channel), 204)
        self.assertTrue(self.is_due())
        self.assertGreater(
            self.read(CALENDAR, other, 'next_sync'), utcnow())


class HealthTestCase(WatchTestCase):

    def health(self, status):
        response = Client(app, Response).get(
            f'/{quote(DB_NAME)}/google/health', base_url=BASE)
        self.assertEqual(response.status_code, status)
        self.assertEqual(response.headers['Cache-Control'], 'no-store')
        content = response.get_json()
        self.assertEqual(set(content), {
                'status', 'services', 'failed', 'late',
                'last_synchronization_age'})
        return content

    def test_health(self):
        "Numbers and nothing else"
        content = self.health(200)
        self.assertIsNone(content['last_synchronization_age'])
        self.synchronize()
        self.later()
        content = self.health(200)
        self.assertLess(content.pop('last_synchronization_age'), 60)
        self.assertEqual(
            content, {'status': 'ok', 'services': 1, 'failed': 0, 'late': 0})

    def test_failed(self):
        "It is bad if nothing works"
        self.google.create_calendar(ALICE, "Work")
        self.discover(self.credentials)
        self.google.add_fault(
            'status', status=403, reason='forbidden', method_id=LIST)
        self.assertFalse(self.run_once())
        content = self.health(200)
        self.assertEqual(
            (content['services'], content['failed']), (2, 1))
        self.set_service(enabled=True)
        with database() as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.write(Calendar.search([
                        ('id', '!=', self.calendar)]), {'enabled': False})
        content = self.health(503)
        self.assertEqual(content['status'], 'failed')

    def test_late(self):
        "Or if cron or the workers do not run"
        before = utcnow() - dt.timedelta(minutes=20)
        self.synchronize()
        for values in [
                {'next_sync': before},
                {'next_sync': utcnow() + INTERVAL, 'queued_at': before}]:
            with self.subTest(values=values):
                self.update(CALENDAR, self.calendar, **values)
                content = self.health(503)
                self.assertEqual(
                    (content['status'], content['late']), ('late', 1))

    def test_without_tokens(self):
        "Without authorization nothing works"
        self.click(CREDENTIALS, self.credentials, 'revoke')
        content = self.health(503)
        self.assertEqual(
            (content['status'], content['failed']), ('failed', 1))

    def test_disabled(self):
        "What is disabled does not count"
        self.set_service(enabled=False)
        content = self.health(200)
        self.assertEqual(content['services'], 0)


del GoogleCalendarTestCase, WatchTestCase
