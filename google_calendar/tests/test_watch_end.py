# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Channels are stopped when nobody wants them any more."""
from urllib.parse import quote


from trytond.exceptions import UserError
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.modules.google_integration.tests.tools import options
from trytond.tests.test_tryton import DB_NAME

from .tools import CALENDAR, CREDENTIALS, database
from .watch_case import CHANNEL, INTERVAL, LIST, STOP, WATCH, WatchTestCase


class EndTestCase(WatchTestCase):
    "Channels are stopped"

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


del WatchTestCase
