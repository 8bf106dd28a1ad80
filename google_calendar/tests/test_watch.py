# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Channels are opened and renewed, whatever Google answers."""
import datetime as dt
from unittest.mock import patch
from urllib.parse import quote


from trytond.modules.google_integration import (
    bookkeeping, channel as channel_module)
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.tests.tools import BASE, options
from trytond.tests.test_tryton import DB_NAME

from .tools import ALICE, CALENDAR, database
from .watch_case import CHANNEL, INTERVAL, LIST, STOP, WATCH, WatchTestCase


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


del WatchTestCase
