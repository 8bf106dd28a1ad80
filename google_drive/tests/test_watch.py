# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Google announces the changes of a drive by one channel, whatever its rules"
from unittest.mock import patch
from urllib.parse import quote

import trytond.config as config
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.tests.tools import BASE
from trytond.modules.google_integration.tests.watch_case import (
    CHANNEL, INTERVAL, WatchMixin)
from trytond.tests.test_tryton import DB_NAME
from trytond.transaction import Transaction

from .tools import ALICE, DRIVE, GoogleDriveTestCase, database

LIST = 'drive.changes.list'
WATCH = 'drive.changes.watch'
STOP = 'drive.channels.stop'
# what opening a channel asks
OPEN = ['drive.changes.getStartPageToken', WATCH]


class WatchCase(WatchMixin, GoogleDriveTestCase):

    def notify(self, channel=None, **headers):
        return super().notify(
            channel, **{'Resource_State': 'change', **headers})


class OpenTestCase(WatchCase):

    def test_open(self):
        "A synchronization opens the channel of the change log"
        self.synchronize()
        self.assertEqual(self.requests()[-2:], OPEN)
        channel, = self.live()
        self.assertEqual(channel['kind'], 'changes')
        self.assertEqual(
            channel['address'], f'{BASE}/{quote(DB_NAME)}/google/notify')
        (state, id, resource, digest, model), = self.channels(
            'state', 'channel_id', 'resource_id', 'token_digest', 'model')
        self.assertEqual(
            (state, id, resource, model),
            ('open', channel['id'], channel['resourceId'], DRIVE))
        self.assertGreaterEqual(len(channel['token']), 43)
        self.assertNotIn(channel['token'], digest)
        self.assertEqual(
            self.read(DRIVE, self.drive, 'watch_error'), '')
        self.assert_settled()

    def test_not_asked(self):
        self.set_service(watch=False)
        self.synchronize()
        self.assertNotIn(WATCH, self.requests())

    def test_one(self):
        "One channel and one reader, however many rules the drive has"
        for i in range(3):
            self.create_rule(name=f"Rule {i}", root=self.google.create_folder(
                    ALICE, f"Root {i}")['id'])
        self.synchronize()
        self.assertEqual(self.requests().count(WATCH), 1)
        self.assertEqual(len(self.live()), 1)
        self.synchronize()
        self.assertEqual(self.requests(), [LIST])
        self.assertEqual(self.channels(), ['open'])

    def test_shared(self):
        "A shared drive has one of its own"
        shared = self.google.add_drive(ALICE, "Team")['id']
        _, other = self.discover(self.credentials)
        self.set_service(other, watch=True)
        self.synchronize()
        self.synchronize(other)
        mine, theirs = self.live()
        self.assertNotEqual(mine['resourceId'], theirs['resourceId'])
        for drive in [self.drive, other]:
            self.later(drive)
        folder = self.google.create_folder(ALICE, "F", parent=shared)
        self.assertTrue(folder)
        self.assertEqual(self.notify(theirs), 204)
        self.assertFalse(self.is_due())
        self.assertTrue(self.is_due(other))

    def test_committed_before(self):
        "The first notification is recognized though it is before the answer"
        statuses = []

        def first(client, channel):
            # another connection: the row is committed
            with self.meanwhile(0) as pool:
                self.assertEqual(
                    pool.get(CHANNEL).search([
                            ('channel_id', '=', channel['id'])], count=True),
                    1)
            for state in ['sync', 'change']:
                statuses.append(self.notify({
                            **channel, 'resourceId': 'of the first'},
                        Resource_State=state))
                statuses.append(self.is_due())

        self.later()
        with self.hook('google_watch', before=first):
            self.synchronize()
        self.assertEqual(statuses, [204, False, 204, True])

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
        self.assertEqual(self.requests(), [LIST, *OPEN, STOP])
        self.assertEqual(overlap, [2, 204, 204])
        new, = self.live()
        self.assertNotEqual(new['id'], old['id'])
        self.assertNotEqual(new['token'], old['token'])
        self.assertEqual(self.channels(), ['open'])
        self.assertEqual(self.notify(old), 404)

    def test_renewed_by_cron(self):
        "A long interval does not let the channel end"
        self.synchronize()
        self.update(
            DRIVE, self.drive, next_sync=utcnow() + 10 * INTERVAL,
            last_sync=utcnow() - 10 * INTERVAL)
        self.cron()
        self.assertFalse(self.is_due())
        self.change_channels(attend_at=utcnow())
        with database() as pool:
            pool.get(CHANNEL).attend()
        self.assertTrue(self.is_due())

    def test_refused(self):
        "A refusal is noted, the synchronization goes well"
        self.google.options(http_channels=False)
        self.attach("a.txt", b'1')
        self.synchronize()
        self.assert_equal_sides(1)
        self.assertEqual(self.channels(), ['failed'])
        self.assertIn("webhookUrlNotHttps", self.read(
                DRIVE, self.drive, 'watch_error'))

    def test_lost_answer(self):
        "The channel of a lost answer is found and stopped"
        self.google.add_fault('drop_after', method_id=WATCH)
        self.synchronize()
        self.assertEqual(self.requests().count(WATCH), 1)
        orphan, = self.live()
        self.assertEqual(
            self.channels('state', 'resource_id'), [('opening', None)])
        self.later()
        self.assertEqual(self.notify(orphan), 204)
        self.assertTrue(self.is_due())
        self.change_channels(attend_at=utcnow())
        self.synchronize()
        self.assertEqual(self.requests(), [LIST, *OPEN, STOP])
        channel, = self.live()
        self.assertNotEqual(channel['id'], orphan['id'])
        self.assertEqual(self.channels(), ['open'])

    def test_crash(self):
        "Whenever the process dies, one channel is left in the end"
        def die(*args):
            raise KeyboardInterrupt

        for hook, when in [
                ('google_watch', 'before'), ('google_watch', 'after'),
                ('google_stop_watch', 'before'),
                ('google_stop_watch', 'after')]:
            with self.subTest(hook=hook, when=when):
                if hook == 'google_stop_watch':
                    self.synchronize()
                    self.change_channels(attend_at=utcnow())
                with self.assertRaises(KeyboardInterrupt), \
                        self.hook(hook, **{when: die}):
                    self.run_once()
                self.update(DRIVE, self.drive, lease_until=0)
                self.change_channels(attend_at=utcnow())
                self.synchronize()
                self.cron()
                channel, = self.live()
                self.assertEqual(
                    self.channels('state', 'channel_id'),
                    [('open', channel['id'])])
                self.stop_all()

    def test_lease_lost(self):
        "A run that was overtaken does not write what it opened"
        def overtake(*args):
            with self.meanwhile(0) as pool:
                bookkeeping.update(
                    pool.get(DRIVE), [self.drive],
                    {'lease_token': 'another'})
        with self.hook('google_watch', after=overtake):
            self.assertFalse(self.run_once())
        self.assertEqual(self.channels(), ['opening'])
        self.update(DRIVE, self.drive, lease_until=0)
        self.change_channels(attend_at=utcnow())
        self.synchronize()
        self.assertEqual(self.channels(), ['open'])
        self.assertEqual(len(self.live()), 1)


class NotifyTestCase(WatchCase):

    def prepare(self):
        super().prepare()
        self.synchronize()
        self.google.clear_log()
        self.later()
        self.channel, = self.live()

    def test_states(self):
        "The state has two names in Google's documentation"
        for state, due in [
                ('sync', False), ('change', True), ('changed', True)]:
            with self.subTest(state=state):
                self.later()
                before = self.rows()
                self.assertEqual(self.notify(Resource_State=state), 204)
                self.assertEqual(self.is_due(), due)
                self.assertEqual(self.rows(), before)
        self.assertEqual(self.tasks(), [])
        self.assertEqual(self.requests(), [])

    def test_forged(self):
        for values in [
                {'Channel_Token': 'forged'}, {'Channel_ID': 'unknown'},
                {'Resource_ID': 'another'}]:
            with self.subTest(values=values):
                self.assertEqual(
                    self.notify(self.channel, **values), 404)
                self.assertFalse(self.is_due())

    def test_worker(self):
        "With workers one task is put, and one only"
        config.set('queue', 'worker', 'True')
        self.addCleanup(config.set, 'queue', 'worker', 'False')
        for _ in range(3):
            self.assertEqual(self.notify(), 204)
        self.assertEqual(self.tasks(), ['run_synchronization'])
        self.assertEqual(self.requests(), [])

    def test_reaches(self):
        "What was dropped into a folder is attached once cron has run"
        self.drop("a.txt", b'1')
        self.assertEqual(self.notify(), 204)
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
        self.drop("a.txt", b'1')
        self.assertTrue(any(d['lost'] for d in self.google.deliveries()))
        self.assertFalse(self.is_due())
        self.synchronize()
        self.assert_equal_sides(1)

    def test_log(self):
        "The token is in no log"
        with self.assertLogs(level='DEBUG') as logs:
            self.notify()
            with patch.object(
                    self.model(CHANNEL), 'recognize',
                    side_effect=ValueError(self.channel['token'])):
                self.assertEqual(self.notify(), 503)
        self.assertNotIn(self.channel['token'], '\n'.join(logs.output))


class EndTestCase(WatchCase):

    def test_disabled(self):
        "What is disabled, or only sends, is not announced any more"
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

    def test_rule(self):
        "Nor does the end of a rule end the channel"
        self.create_rule(name="Other", root=self.google.create_folder(
                ALICE, "Other")['id'])
        self.synchronize()
        with database(1) as pool:
            Rule = pool.get('google_drive.rule')
            Rule.delete([Rule(self.rule)])
        self.cron()
        self.synchronize()
        self.assertEqual(len(self.live()), 1)

    def test_deleted(self):
        self.synchronize()
        with database(self.ada) as pool:
            Drive = pool.get(DRIVE)
            Drive.delete([Drive(self.drive)])
        channel, = self.live()
        self.assertEqual(self.notify(channel), 404)
        self.cron()
        self.assertEqual(self.live(), [])
        self.assertEqual(self.channels(), [])

    def test_disabled_meanwhile(self):
        "A channel that nobody wants any more is stopped at once"
        def disable(*args):
            with self.meanwhile(0) as pool:
                Drive = pool.get(DRIVE)
                Drive.write([Drive(self.drive)], {'enabled': False})
                pool.get(CHANNEL).attend()
        with self.hook('google_watch', after=disable):
            self.synchronize()
        self.assertEqual(self.live(), [])
        self.assertEqual(self.channels(), [])

    def test_revoked(self):
        "The channels are stopped before the tokens are forgotten"
        self.synchronize()
        self.requests()
        self.click(
            'google_integration.google_credentials', self.credentials,
            'revoke')
        self.assertEqual(self.requests(), [STOP, 'oauth.revoke'])
        self.assertEqual(self.live(), [])
        self.assertEqual(self.channels(), [])


del GoogleDriveTestCase, WatchCase
