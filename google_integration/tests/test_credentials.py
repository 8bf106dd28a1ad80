# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt
import json
from unittest.mock import patch

from cryptography.fernet import Fernet

from trytond.modules.google_integration import configuration
from trytond.modules.google_integration.exceptions import (
    AuthorizationError, ClientSecretFileError, ConfigurationError,
    CredentialsChangeWarning, EncryptionKeyError, RedirectURIError,
    RedirectURIWarning, SecretError, ServiceAccountKeyError)
from trytond.pool import Pool
from trytond.transaction import Transaction

from .case import LOGGER
from .credentials_case import ACCESS, MODEL, GoogleCredentialsTestCase, utcnow
from .tools import callback_uri, database, options, visit


class GoogleRequestTestCase(GoogleCredentialsTestCase):
    "Test the requests and the files of the credentials"

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


del GoogleCredentialsTestCase
