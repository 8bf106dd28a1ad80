# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import base64
import hashlib
import json
import os
import time
import warnings
from datetime import datetime, timedelta, timezone
from unittest import TestCase
from unittest.mock import patch
from urllib.parse import parse_qs, parse_qsl, urlsplit

from trytond.modules.google_integration import oauth, transport
from trytond.modules.google_integration.oauth import (
    ClientConfiguration,
    Endpoints,
    InsecureURI,
    OAuthError,
)

from .fake_server import (
    Server,
    answer,
    drop,
    private_key,
    truncate,
)

SECRETS = {
    'client_secret': 'GOCSPX-client-secret',
    'code': '4/0AX4XfWh-code',
    'code_verifier': 'v' * 43 + '-verifier',
    'access_token': 'ya29.access-token',
    'refresh_token': '1//0g-refresh-token',
    }
CLIENT = ClientConfiguration(
    '123.apps.googleusercontent.com', SECRETS['client_secret'])
REDIRECT = 'https://tryton.example.com/db/google/callback'
SCOPES = ['openid', 'email', 'https://www.googleapis.com/auth/calendar']
GRANTED = [
    'https://www.googleapis.com/auth/calendar', 'openid',
    'https://www.googleapis.com/auth/userinfo.email']
EMAIL = 'jane.doe@example.com'
KEY = private_key()

_environment = patch.dict(os.environ, {'OAUTHLIB_INSECURE_TRANSPORT': '1'})


def setUpModule():
    _environment.start()


def tearDownModule():
    _environment.stop()


def id_token(**values):
    "Return a signed-looking ID token; None leaves a claim out"
    claims = {
        'iss': 'https://accounts.google.com', 'aud': CLIENT.client_id,
        'azp': CLIENT.client_id, 'sub': '1234567890', 'email': EMAIL,
        'email_verified': True, 'iat': int(time.time()),
        'exp': int(time.time()) + 3600, **values}
    return '.'.join(
        base64.urlsafe_b64encode(part).decode().rstrip('=') for part in [
            b'{"alg": "RS256"}',
            json.dumps({n: v for n, v in claims.items() if v is not None})
            .encode(), b'signature'])


def token(**values):
    "Answer tokens; None leaves a value out"
    data = {
        'access_token': SECRETS['access_token'], 'token_type': 'Bearer',
        'expires_in': 3599, 'refresh_token': SECRETS['refresh_token'],
        'scope': ' '.join(GRANTED), 'id_token': id_token(), **values}
    return answer({n: v for n, v in data.items() if v is not None})


def refusal(code, description=None, status=400, **headers):
    return answer(
        {'error': code, 'error_description': description}, status, **headers)


class OAuthTestCase(TestCase):

    def setUp(self):
        super().setUp()
        self.slept = []
        self.enterContext(patch.object(transport, 'sleep', self.slept.append))

    def serve(self, *script, **kwargs):
        return self.enterContext(Server(*script, **kwargs))

    def endpoints(self, server, timeout=20.0):
        return Endpoints(
            auth_uri=server.url + '/auth', token_uri=server.url + '/token',
            revoke_uri=server.url + '/revoke',
            userinfo_uri=server.url + '/userinfo', timeout=timeout)

    def refused(self, function, *args, **kwargs):
        with self.assertRaises(OAuthError) as caught:
            function(*args, **kwargs)
        return caught.exception

    def exchange(self, server, scopes=SCOPES):
        return oauth.exchange_code(
            CLIENT, REDIRECT, scopes, SECRETS['code'],
            SECRETS['code_verifier'], self.endpoints(server))

    def refresh(self, server, **kwargs):
        return oauth.refresh(
            CLIENT, SECRETS['refresh_token'],
            self.endpoints(server, **kwargs))

    def form(self, server, index=0):
        return dict(parse_qsl(server.requests[index].body.decode()))


class AuthorizationRequestTestCase(OAuthTestCase):

    def request(self, **kwargs):
        result = oauth.authorization_request(
            CLIENT, REDIRECT, SCOPES, Endpoints(), **kwargs)
        parts = urlsplit(result.url)
        return result, parts, parse_qs(parts.query)

    def test_url(self):
        "The address has all that Google wants, and no network is used"
        result, parts, query = self.request()
        self.assertEqual(
            parts[:3], ('https', 'accounts.google.com', '/o/oauth2/v2/auth'))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(
                result.code_verifier.encode()).digest()).decode().rstrip('=')
        self.assertEqual(query, {
                'response_type': ['code'], 'client_id': [CLIENT.client_id],
                'redirect_uri': [REDIRECT], 'scope': [' '.join(SCOPES)],
                'state': [result.state], 'access_type': ['offline'],
                'include_granted_scopes': ['true'], 'prompt': ['consent'],
                'code_challenge': [challenge],
                'code_challenge_method': ['S256']})

    def test_options(self):
        _, _, query = self.request(consent=False, login_hint=EMAIL)
        self.assertNotIn('prompt', query)
        self.assertEqual(query['login_hint'], [EMAIL])

    def test_random(self):
        "State and verifier are long, new each time, and not shown"
        results = [self.request()[0] for _ in range(20)]
        self.assertEqual(len({r.state for r in results}), 20)
        self.assertEqual(len({r.code_verifier for r in results}), 20)
        for result in results:
            self.assertEqual(len(base64.urlsafe_b64decode(
                        result.state + '=')), 32)
            self.assertRegex(
                result.code_verifier, r'\A[A-Za-z0-9._~-]{43,128}\Z')
            self.assertNotIn(result.state, repr(result))

    def test_insecure(self):
        "Plain http is refused off loopback, and on it without the variable"
        for uri in ['http://example.com/auth', 'nothing']:
            with self.assertRaises(InsecureURI):
                oauth.authorization_request(
                    CLIENT, REDIRECT, SCOPES, Endpoints(auth_uri=uri))
        endpoints = Endpoints(auth_uri='http://127.0.0.1:1/auth')
        oauth.authorization_request(CLIENT, REDIRECT, SCOPES, endpoints)
        with patch.dict(os.environ):
            del os.environ['OAUTHLIB_INSECURE_TRANSPORT']
            with self.assertRaisesRegex(InsecureURI, 'OAUTHLIB'):
                oauth.authorization_request(
                    CLIENT, REDIRECT, SCOPES, endpoints)

    def test_digest(self):
        digest = oauth.state_digest('state')
        self.assertEqual(digest, hashlib.sha256(b'state').hexdigest())
        self.assertTrue(oauth.same_digest(digest, str(digest)))
        for other in [oauth.state_digest('\udcff'), 'é', '', None]:
            self.assertFalse(oauth.same_digest(digest, other))
        self.assertFalse(oauth.same_digest('', ''))
        self.assertFalse(oauth.same_digest(None, None))


class ExchangeTestCase(OAuthTestCase):

    def test_tokens(self):
        "The answer becomes tokens, the request is as Google documents it"
        server = self.serve(token())
        before = datetime.now(timezone.utc).replace(tzinfo=None)
        tokens = self.exchange(server)
        self.assertEqual(tokens.access_token, SECRETS['access_token'])
        self.assertEqual(tokens.refresh_token, SECRETS['refresh_token'])
        self.assertEqual(tokens.scopes, frozenset(GRANTED))
        self.assertEqual((tokens.email, tokens.subject), (EMAIL, '1234567890'))
        self.assertIsNone(tokens.expiry.tzinfo)
        self.assertAlmostEqual(
            tokens.expiry, before + timedelta(seconds=3599),
            delta=timedelta(seconds=10))
        request, = server.requests
        self.assertEqual((request.method, request.path), ('POST', '/token'))
        self.assertNotIn('Authorization', request.headers)
        self.assertEqual(self.form(server), {
                'grant_type': 'authorization_code',
                'client_id': CLIENT.client_id, 'redirect_uri': REDIRECT,
                'client_secret': SECRETS['client_secret'],
                'code': SECRETS['code'],
                'code_verifier': SECRETS['code_verifier']})

    def test_scopes(self):
        "Other scopes than asked for are no error and no warning"
        for scope, granted in [
                ('openid', {'openid'}), (None, set(SCOPES)),
                ('openid more', {'openid', 'more'}), ('', set())]:
            server = self.serve(token(scope=scope))
            with warnings.catch_warnings():
                warnings.simplefilter('error')
                tokens = self.exchange(server)
            self.assertEqual(tokens.scopes, frozenset(granted))
        self.assertNotIn('OAUTHLIB_RELAX_TOKEN_SCOPE', os.environ)

    def test_missing_scopes(self):
        "The long names of OpenID are those that were asked for"
        self.assertEqual(oauth.missing_scopes(SCOPES, GRANTED), frozenset())
        self.assertEqual(
            oauth.missing_scopes(SCOPES, GRANTED[1:]), {SCOPES[2]})
        self.assertEqual(oauth.missing_scopes(GRANTED, SCOPES), frozenset())

    def test_no_refresh_token(self):
        server = self.serve(token(refresh_token=None))
        self.assertIsNone(self.exchange(server).refresh_token)

    def test_no_expiry(self):
        "An answer without a life lives shortly"
        for value in [None, 'soon', [], 1e400]:
            server = self.serve(token(expires_in=value))
            try:
                tokens = self.exchange(server)
            except OAuthError as error:
                # oauthlib does not read it
                self.assertTrue(error.transient)
            else:
                self.assertLess(
                    tokens.expiry, datetime.now(timezone.utc).replace(
                        tzinfo=None) + timedelta(minutes=11))

    def test_userinfo(self):
        "An ID token that is not for us, or old, is not believed"
        for values in [
                {'aud': 'other'}, {'iss': 'https://evil.example.com'},
                {'exp': int(time.time()) - 3600}, {'azp': 'other'},
                {'exp': None}, {'aud': None}, {'sub': None}, {'email': None}]:
            with self.subTest(values=values):
                server = self.serve(
                    token(id_token=id_token(**values)),
                    answer({'sub': '42', 'email': 'other@example.com'}))
                tokens = self.exchange(server)
                self.assertEqual(
                    (tokens.email, tokens.subject),
                    ('other@example.com', '42'))
                self.assertEqual(server.requests[1].path, '/userinfo')
                self.assertEqual(
                    server.requests[1].headers['Authorization'],
                    f'Bearer {SECRETS["access_token"]}')

    def test_userinfo_v2(self):
        server = self.serve(
            token(id_token='nonsense'), answer({'id': '42', 'email': EMAIL}))
        tokens = self.exchange(server)
        self.assertEqual((tokens.email, tokens.subject), (EMAIL, '42'))

    def test_unknown_account(self):
        "The tokens are not lost because the account is not known"
        for step in [drop, refusal('x', status=401), answer(b'<html>'),
                answer([]), answer({'sub': 3, 'email': ['x']}),
                answer(None, 302, Location='https://example.com/')]:
            server = self.serve(token(id_token=None), step)
            tokens = self.exchange(server)
            self.assertEqual((tokens.email, tokens.subject), (None, None))
            self.assertEqual(tokens.access_token, SECRETS['access_token'])

    def test_no_identity_scope(self):
        server = self.serve(token(id_token=None, scope=GRANTED[0]))
        self.assertIsNone(self.exchange(server).email)
        self.assertEqual(len(server.requests), 1)

    def test_refused(self):
        for code, status in [
                ('invalid_grant', 400), ('invalid_client', 401),
                ('unauthorized_client', 401), ('invalid_scope', 400),
                ('redirect_uri_mismatch', 400),
                ('admin_policy_enforced', 400)]:
            server = self.serve(refusal(code, "Bad Request", status))
            error = self.refused(self.exchange, server)
            self.assertEqual(
                (error.code, error.description, error.transient),
                (code, "Bad Request", False))
            self.assertEqual(len(server.requests), 1)

    def test_code_sent_once(self):
        "A code is not sent again, whatever happens"
        for step in [
                refusal('server_error', status=503), drop, answer(b'<html>'),
                answer([]), answer({}), answer(b'\xff'),
                truncate(token(), 30), answer(b'', 502),
                token(access_token=''), token(access_token=7)]:
            server = self.serve(step)
            error = self.refused(self.exchange, server)
            self.assertIn(error.code, {'server_error', 'unreachable'})
            self.assertTrue(error.transient)
            self.assertEqual(len(server.requests), 1)
        self.assertEqual(self.slept, [])

    def test_no_code(self):
        server = self.serve(token())
        with self.assertRaises(OAuthError):
            oauth.exchange_code(
                CLIENT, REDIRECT, SCOPES, None, 'v' * 43,
                self.endpoints(server))

    def test_redirect(self):
        "What is secret is not carried elsewhere"
        for status in [301, 302, 307, 308]:
            other = self.serve(token())
            server = self.serve(answer(None, status, Location=other.url))
            for function in [self.exchange, self.refresh]:
                error = self.refused(function, server)
                self.assertEqual(error.code, 'insecure_redirect')
            self.assertEqual(other.requests, [])

    def test_insecure(self):
        for uri in ['http://example.com/token', 'https://a:b@c.example/']:
            endpoints = Endpoints(
                token_uri=uri, revoke_uri=uri, userinfo_uri=uri)
            with self.assertRaises(InsecureURI):
                oauth.exchange_code(
                    CLIENT, REDIRECT, SCOPES, 'code', 'v' * 43, endpoints)
            with self.assertRaises(InsecureURI):
                oauth.refresh(CLIENT, 'token', endpoints)
            with self.assertRaises(InsecureURI):
                oauth.revoke('token', endpoints)
            with self.assertRaises(InsecureURI):
                oauth.service_account_token({}, [], None, endpoints)
