# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from unittest.mock import patch

from trytond.exceptions import UserError
from trytond.modules.google_integration.exceptions import (
    AuthorizationError, GoogleUnreachable)

from .case import LOGGER
from .credentials_case import GoogleCredentialsTestCase
from .tools import database, options, visit


class GoogleButtonsTestCase(GoogleCredentialsTestCase):
    "Test the buttons of the credentials and service accounts"

    # Buttons

    def test_revoke(self):
        "Revoke forgets the tokens, also those that are dead"
        for dead in [False, True]:
            with self.subTest(dead=dead):
                self.authorize()
                if dead:
                    self.google.revoke_grant('alice@example.com')
                with self.assertLogs(LOGGER, 'INFO'):
                    self.click('revoke')
                self.assertEqual(
                    self.read('state', 'has_tokens', 'granted_scopes'),
                    ('without_authorization', False, None))
                self.assertEqual(self.google.grants(), [])
                self.assertEqual(
                    self.secrets('access_token', 'refresh_token'),
                    [None, None])
                self.assertTrue(self.read('has_client_secret'))

    def test_revoke_unreachable(self):
        "Google can not be reached: nothing changed"
        self.authorize()
        rows = self.rows()
        with options(revoke_uri='http://127.0.0.1:9/revoke'), \
                self.assertLogs(LOGGER, 'WARNING'), \
                self.assertRaises(GoogleUnreachable):
            self.click('revoke')
        self.assertEqual(self.rows(), rows)

    def test_revoke_pending(self):
        "Revoke ends a pending request, too"
        self.authorize()
        location = self.consent()
        self.click('revoke')
        self.assertEqual(
            self.read('state', 'oauth_state'), ('without_authorization', None))
        self.assertEqual(visit(location).status_code, 403)

    def test_revoke_expired(self):
        "Revoke what has expired makes no request"
        self.authorize()
        self.expire_soon(minutes=-1)
        self.google.expire_refresh_tokens()
        with self.assertLogs(LOGGER), self.assertRaises(UserError):
            self.token()
        self.google.clear_log()
        self.click('revoke')
        self.assertEqual(self.requests(), [])
        self.assertEqual(self.read('state'), 'without_authorization')
        # another account may be connected now
        self.authorize('bob@example.com')
        self.assertEqual(self.read('email'), 'bob@example.com')

    def test_test_connection(self):
        "The connection is tested"
        self.authorize()
        self.google.clear_log()
        self.click('test_connection')
        self.assertEqual(self.requests(), ['oauth2.userinfo.get'])
        with database(commit=False) as pool:
            Notification = pool.get('res.notification')
            notification, = Notification.search([
                    ('label', 'like', '%works%')])
            self.assertEqual(notification.user.id, self.jane)

    def test_discover(self):
        "Every chosen service is asked"
        self.authorize()
        called = []

        class Service:
            __name__ = 'test.service'

            @classmethod
            def discover(cls, credentials):
                called.append(credentials.id)
        with patch.object(
                self.model(), 'service_models', lambda: [Service]):
            self.click('discover')
        self.assertEqual(called, [self.id])

    # Service accounts

    def test_service_account(self):
        "A service account is authorized at once"
        key = self.service_account()
        self.assertIsNone(self.click('request_authorization'))
        self.assertEqual(
            self.read('state', 'email', 'service_account'),
            ('authorized', key['client_email'], key['client_email']))
        before = self.token()
        self.expire_soon(minutes=1)
        after = self.token()
        self.assertNotEqual(after, before)
        # once more adds what services need now
        self.click('request_authorization')
        self.assertEqual(self.read('state'), 'authorized')
        self.assertIsNone(self.read('missing_scopes'))

    def test_service_account_errors(self):
        "The cause is named and nothing is taken for a revocation"
        calendar = 'https://www.googleapis.com/auth/calendar'
        self.service_account()
        with self.assertRaisesRegex(AuthorizationError, "key"), database():
            record = self.get()
            record.service_account_key = None
            record.save()
            record.request_authorization([record])

        self.service_account()
        with database(self.jane):
            record = self.get()
            record.subject = 'alice@example.com'
            record.save()
        with patch.object(self.model(), 'required_scopes', [calendar]):
            with self.assertLogs(LOGGER), self.assertRaisesRegex(
                    AuthorizationError, "domain-wide"):
                self.click('request_authorization')
        self.assertEqual(self.read('state'), 'without_authorization')

        self.service_account()
        self.click('request_authorization')
        self.expire_soon(minutes=-1)
        self.google.options(skew=7200)
        with self.assertLogs(LOGGER), \
                self.assertRaisesRegex(AuthorizationError, "clock"):
            self.token()
        self.assertEqual(
            self.read('state', 'has_tokens'), ('authorized', True))
        self.google.options(skew=0)
        self.assertTrue(self.token())

    def test_service_account_deleted(self):
        "A service account that Google does not know"
        self.service_account()
        self.google.reset()
        with self.assertLogs(LOGGER), self.assertRaises(AuthorizationError):
            self.click('request_authorization')
        self.assertEqual(self.read('state'), 'without_authorization')

    def test_service_account_unreachable(self):
        "Google can not be reached"
        self.service_account()
        with options(token_uri='http://127.0.0.1:9/token'), \
                self.assertLogs(LOGGER), \
                self.assertRaises(GoogleUnreachable):
            self.click('request_authorization')
        self.assertEqual(self.read('state'), 'without_authorization')


del GoogleCredentialsTestCase
