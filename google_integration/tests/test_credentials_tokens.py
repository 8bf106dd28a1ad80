# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
from unittest.mock import patch

from google.auth.credentials import Credentials as GoogleAuthCredentials

from trytond.modules.google_integration import bookkeeping, oauth, tokens
from trytond.modules.google_integration.exceptions import (
    AuthorizationError, GoogleCredentialsError, GoogleUnreachable)
from trytond.modules.google_integration.lease import Lease
from trytond.pool import Pool
from trytond.transaction import Transaction

from .case import LOGGER
from .credentials_case import MODEL, GoogleCredentialsTestCase, utcnow
from .tools import database, options


class GoogleTokensTestCase(GoogleCredentialsTestCase):
    "Test the tokens of the credentials"

    # Tokens

    def test_get_credentials(self):
        "A token that lives is used"
        self.authorize()
        self.google.clear_log()
        with database():
            credentials = self.get().get_credentials()
        self.assertIsInstance(credentials, GoogleAuthCredentials)
        self.assertTrue(credentials.valid)
        self.assertEqual(
            credentials.token, *self.secrets('access_token'))
        self.assertEqual(self.requests(), [])

    def test_get_credentials_pending(self):
        "The tokens held are used while a request is pending"
        self.authorize()
        self.request()
        self.assertTrue(self.token())

    def test_get_credentials_none(self):
        "Without tokens"
        with self.assertRaisesRegex(GoogleCredentialsError, "Authorize"):
            self.token()

    def test_refresh_advance(self):
        "A token is replaced five minutes in advance"
        self.authorize()
        before = self.token()
        self.expire_soon(minutes=6)
        self.google.clear_log()
        self.assertEqual(self.token(), before)
        self.assertEqual(self.requests(), [])
        self.expire_soon(minutes=4)
        with self.assertLogs(LOGGER, 'INFO') as logs:
            after = self.token()
        self.assertNotEqual(after, before)
        self.assertNotIn(after, str(logs.output))
        self.assertEqual(self.requests(), ['oauth.token'])
        self.assertEqual(self.token(), after)
        self.assertEqual(self.requests(), [])
        self.assertEqual(
            self.read('refresh_lease_token', 'refresh_lease_until'),
            (None, None))

    def test_refresh_short(self):
        "A token that lives less than five minutes is used"
        self.google.options(token_life=60)
        self.authorize()
        self.google.clear_log()
        self.assertTrue(self.token())
        self.assertEqual(self.requests(), ['oauth.token'])

    def test_refresh_form(self):
        "A refresh does not disturb who has the form open"
        self.authorize()
        before = self.read('write_date', 'write_uid')
        self.expire_soon(minutes=1)
        self.token()
        self.assertEqual(self.read('write_date', 'write_uid'), before)

    def test_refresh_unreachable(self):
        "A transient failure changes nothing"
        self.authorize()
        before = self.token()
        with options(token_uri='http://127.0.0.1:9/token'):
            self.expire_soon(minutes=1)
            with self.assertLogs(LOGGER, 'WARNING'):
                self.assertEqual(self.token(), before)
            self.expire_soon(minutes=-1)
            with self.assertLogs(LOGGER, 'WARNING'), \
                    self.assertRaises(GoogleUnreachable):
                self.token()
        self.assertEqual(
            self.read('state', 'has_tokens'), ('authorized', True))
        self.assertNotEqual(self.token(), before)

    def test_refresh_client_secret(self):
        "A wrong client secret is not a revocation"
        self.authorize()
        self.expire_soon(minutes=-1)
        self.google.update_client(
            self.client_['client_id'], client_secret='other')
        with self.assertLogs(LOGGER, 'WARNING'), \
                self.assertRaisesRegex(AuthorizationError, "client secret"):
            self.token()
        self.assertEqual(self.read('state'), 'authorized')

    def test_refresh_expired(self):
        "invalid_grant ends the authorization and notifies the owner"
        self.authorize()
        self.expire_soon(minutes=-1)
        self.google.expire_refresh_tokens()
        with self.assertLogs(LOGGER, 'WARNING'), \
                self.assertRaisesRegex(AuthorizationError, "Authorize again"):
            self.token()
        self.assertEqual(
            self.read('state', 'has_tokens', 'email'),
            ('expired', False, 'alice@example.com'))
        with database(commit=False) as pool:
            Notification = pool.get('res.notification')
            self.assertEqual({
                    n.user.id for n in Notification.search([
                            ('label', 'like', '%has ended%')])},
                {self.jane})
        with self.assertRaises(GoogleCredentialsError):
            self.token()

    def test_refresh_expired_shared(self):
        "The administration is notified of what is shared"
        self.authorize()
        self.update(user=None)
        self.expire_soon(minutes=-1)
        self.google.expire_refresh_tokens()
        with self.assertLogs(LOGGER, 'WARNING'), \
                self.assertRaises(AuthorizationError):
            self.token()
        with database(commit=False) as pool:
            Notification = pool.get('res.notification')
            users = {n.user.id for n in Notification.search([
                        ('label', 'like', '%has ended%')])}
            self.assertIn(self.ada, users)
            self.assertNotIn(self.jane, users)

    def test_refresh_expired_pending(self):
        "invalid_grant while a request is pending"
        self.authorize()
        location = self.consent()
        self.expire_soon(minutes=-1)
        self.google.expire_refresh_tokens()
        with self.assertLogs(LOGGER, 'WARNING'), \
                self.assertRaises(AuthorizationError):
            self.token()
        self.assertEqual(
            self.read('state', 'former_state', 'has_tokens'),
            ('pending', 'expired', False))
        self.click('cancel_request')
        self.assertEqual(self.read('state'), 'expired')
        self.assertTrue(location)

    def test_refresh_replaced(self):
        "invalid_grant of a former refresh token ends nothing"
        self.authorize()
        self.expire_soon(minutes=-1)
        refresh = oauth.refresh

        def replaced(*args):
            # meanwhile the user authorizes again
            with Transaction().new_transaction():
                record = self.get()
                new = oauth.Tokens(
                    'new access', 'new refresh',
                    utcnow() + dt.timedelta(hours=1), frozenset())
                bookkeeping.update(type(record), [record.id], {
                        'token_digest': tokens.digest('new refresh')})
                record.hold(new)
            raise oauth.OAuthError('invalid_grant')
        with patch.object(oauth, 'refresh', replaced), \
                self.assertLogs(LOGGER, 'WARNING'):
            self.assertEqual(self.token(), 'new access')
        self.assertTrue(refresh)
        self.assertEqual(self.read('state'), 'authorized')

        # nor does a refreshed token of the former replace the new ones
        self.expire_soon(minutes=-1)

        def late(*args):
            with Transaction().new_transaction():
                record = self.get()
                bookkeeping.update(type(record), [record.id], {
                        'token_digest': tokens.digest('third')})
                record.hold(oauth.Tokens(
                        'third access', 'third',
                        utcnow() + dt.timedelta(hours=1), frozenset()))
            return oauth.Tokens(
                'old access', None, utcnow() + dt.timedelta(hours=1),
                frozenset())
        with patch.object(oauth, 'refresh', late):
            self.assertEqual(self.token(), 'third access')
        self.assertEqual(
            self.secrets('access_token', 'refresh_token'),
            ['third access', 'third'])

    def lease(self, seconds):
        with database():
            lease = Lease(
                Pool().get(MODEL), self.id, seconds, name='refresh_lease')
            self.assertTrue(lease.take())
        return lease

    def test_refresh_loser(self):
        "Who comes second goes on with the token that lives"
        self.authorize()
        before = self.token()
        self.expire_soon(minutes=2)
        self.lease(60)
        self.google.clear_log()
        self.assertEqual(self.token(), before)
        self.assertEqual(self.requests(), [])

    def test_refresh_waits(self):
        "Who comes second waits if the token does not live any more"
        self.authorize()
        self.expire_soon(minutes=-1)
        lease = self.lease(60)
        pauses = []

        def sleep(seconds):
            pauses.append(seconds)
            if len(pauses) == 3:
                with Transaction().new_transaction():
                    record = self.get()
                    record.hold(oauth.Tokens(
                            'of the first', None,
                            utcnow() + dt.timedelta(hours=1), frozenset()))
                    lease.release()
        self.google.clear_log()
        with patch.object(tokens, 'sleep', sleep):
            self.assertEqual(self.token(), 'of the first')
        self.assertEqual(len(pauses), 3)
        self.assertEqual(self.requests(), [])

    def test_refresh_dead(self):
        "The lease of who died runs out"
        self.authorize()
        self.expire_soon(minutes=-1)
        self.lease(60)
        self.update(refresh_lease_until=1)
        before, = self.secrets('access_token')
        self.assertNotEqual(self.token(), before)

    def test_refresh_bounded(self):
        "Nobody waits for ever"
        self.authorize()
        self.expire_soon(minutes=-1)
        self.lease(100000)
        now = [0]

        def sleep(seconds):
            now[0] += 10
        with patch.object(tokens, 'sleep', sleep), \
                patch.object(tokens.time, 'monotonic', lambda: now[0]), \
                self.assertRaises(GoogleUnreachable):
            self.token()

    def test_no_transaction(self):
        "No transaction is open while Google is asked"
        seen = []

        def opened():
            connection = Transaction().connection
            if hasattr(connection, 'in_transaction'):
                return connection.in_transaction
            return connection.info.transaction_status != 0

        def wrap(name):
            function = getattr(oauth, name)

            def wrapper(*args, **kwargs):
                seen.append((name, opened()))
                return function(*args, **kwargs)
            return patch.object(oauth, name, wrapper)
        with wrap('exchange_code'), wrap('refresh'), wrap('revoke'), \
                wrap('service_account_token'):
            self.authorize()
            self.click('refresh_credentials')
            self.click('revoke')
            self.service_account()
            self.click('request_authorization')
            self.click('refresh_credentials')
        self.assertEqual(seen, [
                ('exchange_code', False), ('refresh', False),
                ('revoke', False), ('service_account_token', False),
                ('service_account_token', False)])

    def test_client(self):
        "A token that is refused is replaced once"
        self.authorize()
        with database():
            client = self.get().get_client('calendar', 'v3')
        self.addCleanup(client.close)
        self.google.expire_access_tokens()
        self.google.clear_log()
        with database(), self.assertRaises(Exception) as cm:
            # the scope is missing, but the token is good
            client.execute(client.api.calendarList().list())
        self.assertEqual(cm.exception.status, 403)
        self.assertEqual(self.requests().count('oauth.token'), 1)
        self.assertEqual(
            client.credentials.token, *self.secrets('access_token'))

    def test_client_revoked(self):
        "A refused token whose grant is dead"
        self.authorize()
        with database():
            client = self.get().get_client('calendar', 'v3')
        self.addCleanup(client.close)
        self.google.revoke_grant('alice@example.com')
        with database(), self.assertRaises(oauth.OAuthError), \
                self.assertLogs(LOGGER, 'WARNING'):
            client.execute(client.api.calendarList().list())
        self.assertEqual(self.read('state'), 'expired')


del GoogleCredentialsTestCase
