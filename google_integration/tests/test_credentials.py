# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import json
from unittest.mock import patch

from cryptography.fernet import Fernet
from google.auth.credentials import Credentials as GoogleAuthCredentials

from trytond.exceptions import UserError
from trytond.modules.google_integration import (
    bookkeeping, configuration, oauth, tokens)
from trytond.modules.google_integration.exceptions import (
    AuthorizationError, ClientSecretFileError, ConfigurationError,
    CredentialsChangeWarning, EncryptionKeyError, GoogleCredentialsError,
    GoogleUnreachable, RedirectURIError, RedirectURIWarning, SecretError,
    ServiceAccountKeyError)
from trytond.modules.google_integration.lease import Lease
from trytond.pool import Pool
from trytond.transaction import Transaction

from .case import LOGGER, GoogleTestCase
from .tools import callback_uri, database, options, visit

MODEL = 'google_integration.google_credentials'
ACCESS = {'_check_access': True}


def utcnow():
    return dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)


class GoogleCredentialsTestCase(GoogleTestCase):
    "Test the credentials of google_integration"

    def get(self):
        return Pool().get(MODEL)(self.id)

    def click(self, button, user=None):
        with database(user or self.jane, context=ACCESS):
            return getattr(Pool().get(MODEL), button)([self.get()])

    def token(self):
        with database():
            return self.get().get_credentials().token

    def expire_soon(self, **delta):
        self.update(token_expiry=(
                utcnow() + dt.timedelta(**delta)).replace(microsecond=0))

    def service_account(self, **kwargs):
        key = self.google.add_service_account(**kwargs)
        with database(self.jane):
            record, = Pool().get(MODEL).create([{
                        'name': "Robot",
                        'type': 'service_account',
                        'service_account_key': json.dumps(key).encode(),
                        }])
            self.id = record.id
        return key

    # Request

    def test_request(self):
        "The request is made without network and returns an action"
        self.google.clear_log()
        with patch('socket.socket.connect', side_effect=AssertionError):
            action = self.click('request_authorization')
        self.assertEqual(action['type'], 'ir.action.url')
        self.assertTrue(action['url'].startswith(self.emulator.url))
        self.assertNotIn(self.emulator.url, repr(action))
        self.assertEqual(self.requests(), [])
        self.assertEqual(
            self.read('state', 'former_state', 'requested_redirect_uri'),
            ('pending', 'without_authorization', callback_uri()))

    def test_request_prompt(self):
        "The consent is asked for when no refresh token is held"
        self.assertIn('prompt=consent', self.request())
        self.authorize()
        url = self.request()
        self.assertNotIn('prompt=', url)
        self.assertIn('login_hint=alice%40example.com', url)
        for text in ['access_type=offline', 'include_granted_scopes=true',
                'code_challenge_method=S256']:
            self.assertIn(text, url)

    def test_request_records(self):
        "None and several records"
        with database(self.ada, context=ACCESS, commit=False):
            Credentials = Pool().get(MODEL)
            other, = Credentials.create([{'name': "Other"}])
            self.assertIsNone(Credentials.request_authorization([]))
            with self.assertRaises(AuthorizationError):
                Credentials.request_authorization([self.get(), other])

    def test_request_incomplete(self):
        "What is missing is named"
        with database(self.jane, commit=False):
            record = self.get()
            record.client_secret = None
            record.save()
            with self.assertRaisesRegex(AuthorizationError, "client secret"):
                record.request_authorization([record])
        with database(self.jane, commit=False), options(base_url=None):
            record = self.get()
            record.redirect_uri = None
            record.save()
            with self.assertRaisesRegex(AuthorizationError, "redirect URI"):
                record.request_authorization([record])

    def test_request_no_key(self):
        "No encryption key"
        with options(encryption_key=None), \
                self.assertRaises(EncryptionKeyError):
            self.click('request_authorization')
        self.assertEqual(self.read('state'), 'without_authorization')

    def test_request_wrong_key(self):
        "A wrong encryption key"
        self.authorize()
        rows = self.rows()[1]
        with options(encryption_key=Fernet.generate_key().decode()):
            for button in ['request_authorization', 'refresh_credentials',
                    'test_connection', 'revoke']:
                with self.subTest(button=button), \
                        self.assertLogs(LOGGER, 'ERROR'), \
                        self.assertRaises(SecretError):
                    self.click(button)
        self.assertEqual(self.rows()[1], rows)
        self.assertEqual(self.read('state'), 'authorized')
        self.assertTrue(self.token())

    def test_default_client(self):
        "The client of the configuration file"
        with database(self.jane):
            record = self.get()
            record.client_id = record.client_secret = None
            record.save()
        with options(client_id=self.client_['client_id'],
                client_secret=self.client_['client_secret']):
            self.authorize()
            self.click('refresh_credentials')
        self.assertEqual(self.read('state'), 'authorized')

    def test_configuration(self):
        "A wrong option is named"
        for name, value in [
                ('token_uri', 'http://example.com/token'),
                ('auth_uri', 'ftp://example.com'),
                ('revoke_uri', 'x'),
                ('api_root', 'http://example.com/'),
                ('base_url', 'http://example.com'),
                ('timeout', 'x'), ('timeout', '-1'), ('timeout', 'nan'),
                ('retry', '1.5'), ('lease', '10'),
                ]:
            with self.subTest(name=name, value=value), \
                    database(commit=False), options(**{name: value}), \
                    self.assertRaisesRegex(ConfigurationError, name):
                configuration.endpoints()
                configuration.client_settings()
                configuration.lease()
                configuration.base_url()

    def test_void(self):
        "A change of the configuration voids a request"
        for values in [
                {'type': 'service_account'},
                {'client_id': 'x'},
                {'client_secret': 'x'},
                {'redirect_uri': 'https://example.com/'},
                {'user': self.john},
                ]:
            with self.subTest(values=values):
                url = self.request()
                with database():
                    Pool().get(MODEL).write([self.get()], values)
                self.assertEqual(
                    self.read('state', 'oauth_state', 'requested_by'),
                    ('without_authorization', None, None))
                self.assertEqual(
                    self.secrets('code_verifier', 'authorization_url'),
                    [None, None])
                self.assertTrue(url)
            self.tearDown()
            self.setUp()

    def test_void_keeps_name(self):
        "The name is not part of a request"
        self.request()
        with database():
            Pool().get(MODEL).write([self.get()], {'name': "x"})
        self.assertEqual(self.read('state'), 'pending')

    def test_change_authorized(self):
        "Tokens do not stay with another client or user"
        self.authorize()
        for values, user in [
                ({'client_id': 'x'}, self.jane),
                ({'user': self.john}, self.ada),
                ]:
            with database(user, context=ACCESS, commit=False):
                Credentials = Pool().get(MODEL)
                with self.assertRaises(CredentialsChangeWarning):
                    Credentials.write([self.get()], values)
                with Transaction().set_context(_skip_warnings=True):
                    Credentials.write([self.get()], values)
                record = self.get()
                self.assertEqual(record.state, 'without_authorization')
                self.assertFalse(record.has_tokens)
                self.assertEqual(bool(record.email), 'user' not in values)
        # another secret of the same client is no other client
        with database(self.jane, context=ACCESS, commit=False):
            Credentials = Pool().get(MODEL)
            Credentials.write([self.get()], {'client_secret': 'x'})
            self.assertEqual(self.get().state, 'authorized')

    def test_cancel(self):
        "A request is cancelled"
        location = self.consent()
        self.click('cancel_request')
        self.assertEqual(self.read('state'), 'without_authorization')
        self.assertEqual(visit(location).status_code, 403)

    def test_expire_requests(self):
        "Requests that nobody answers end after ten minutes"
        self.authorize()
        self.request()
        for minutes, state in [(9, 'pending'), (11, 'authorized')]:
            self.update(requested_at=(
                    utcnow() - dt.timedelta(minutes=minutes)
                    ).replace(microsecond=0))
            with database():
                Pool().get(MODEL).expire_requests()
            self.assertEqual(self.read('state'), state)
        self.assertIsNone(self.read('requested_at'))

    # Files

    def test_client_file(self):
        "The file of Google's console"
        file = self.client_['file']
        with database(self.jane, context=ACCESS, commit=False):
            Credentials = Pool().get(MODEL)
            record, = Credentials.create([{
                        'name': "x",
                        'client_secret': None,
                        'redirect_uri': callback_uri(),
                        'client_secret_file': json.dumps(file).encode(),
                        }])
            self.assertEqual(record.client_id, self.client_['client_id'])
            self.assertTrue(record.has_client_secret)
            self.assertIsNone(record.client_secret_file)

    def test_client_file_redirect_uri(self):
        "A redirect URI that is not in the file"
        content = json.dumps(self.client_['file']).encode()
        with database(self.jane, context=ACCESS, commit=False):
            Credentials = Pool().get(MODEL)
            Warning = Pool().get('res.user.warning')
            record = self.get()
            values = {
                'redirect_uri': 'https://example.com/google/callback',
                'client_secret_file': content,
                }
            with self.assertRaisesRegex(
                    RedirectURIWarning, "https://example.com/") as cm:
                Credentials.write([record], values)
            with Transaction().set_context(_check_access=False):
                Warning.skip(cm.exception.name)
            Credentials.write([record], values)

    def test_client_file_bad(self):
        "A file that is not that of a web client"
        web = self.client_['file']['web']
        for content, message in [
                (b'', None),
                (b'x', "not the JSON file"),
                (b'\xff\xfe', "not the JSON file"),
                (b'[]', "not the JSON file"),
                (b'{}', "not the JSON file"),
                (b'{"web": {}}', "not the JSON file"),
                (json.dumps({'installed': web}).encode(),
                    "create a client of type Web application"),
                (json.dumps({'type': 'service_account'}).encode(),
                    "not the JSON file"),
                ]:
            with self.subTest(content=content), \
                    database(self.jane, context=ACCESS, commit=False):
                Credentials = Pool().get(MODEL)
                if not message:
                    Credentials.write(
                        [self.get()], {'client_secret_file': content})
                    continue
                with self.assertRaisesRegex(ClientSecretFileError, message):
                    Credentials.write(
                        [self.get()], {'client_secret_file': content})
        self.assertEqual(
            self.read('client_id', 'has_client_secret'),
            (self.client_['client_id'], True))

    def test_key_file_bad(self):
        "A key that is none or truncated"
        key = self.google.add_service_account()
        half = dict(key, private_key=key['private_key'][:300])
        for content, message in [
                (b'x', "not the JSON key"),
                (json.dumps(self.client_['file']).encode(),
                    "not the JSON key"),
                (json.dumps(half).encode(), "is broken"),
                (json.dumps(dict(key, private_key='x')).encode(),
                    "is broken"),
                ]:
            with self.subTest(content=content[:20]), \
                    database(self.jane, context=ACCESS, commit=False):
                with self.assertRaisesRegex(
                        ServiceAccountKeyError, message) as cm:
                    Pool().get(MODEL).write(
                        [self.get()], {'service_account_key': content})
                self.assertNotIn('PRIVATE', str(cm.exception))

    def test_redirect_uri(self):
        "An insecure redirect URI is refused"
        for uri in ['http://example.com/x', 'x', 'javascript:alert(1)',
                'https://user@example.com/', 'https://example.com/#x']:
            with self.subTest(uri=uri), database(commit=False), \
                    self.assertRaises(RedirectURIError):
                Pool().get(MODEL).write(
                    [self.get()], {'redirect_uri': uri})

    def test_redirect_uri_default(self):
        "The redirect URI is made of the public address, or of the request"
        with database(commit=False):
            Credentials = Pool().get(MODEL)
            self.assertEqual(
                Credentials.default_redirect_uri(), callback_uri())
            with options(base_url=None):
                self.assertIsNone(Credentials.default_redirect_uri())
                with Transaction().set_context(_request={
                            'http_host': 'erp.example.com',
                            'is_secure': True,
                            'root_path': '/tryton/',
                            }):
                    self.assertEqual(
                        Credentials.default_redirect_uri(),
                        'https://erp.example.com/tryton'
                        + Credentials.callback_path())

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
