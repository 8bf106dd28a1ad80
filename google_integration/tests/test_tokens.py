# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import base64
import json
import os
import tempfile
import time
import traceback
from email.utils import formatdate
from unittest import TestCase
from unittest.mock import patch
from urllib.parse import parse_qsl

from trytond.modules.google_integration import oauth, transport
from trytond.modules.google_integration.oauth import (
    ClientSecretsError,
    Endpoints,
    ServiceAccountKeyError,
)

from .fake_server import (
    Server,
    answer,
    certificate,
    drop,
    everything,
    truncate,
)
from .test_oauth import (
    CLIENT,
    EMAIL,
    GRANTED,
    KEY,
    REDIRECT,
    SCOPES,
    SECRETS,
    OAuthTestCase,
    refusal,
    setUpModule,
    tearDownModule,
    token,
)

__all__ = ['setUpModule', 'tearDownModule']


class RefreshTestCase(OAuthTestCase):

    def test_tokens(self):
        server = self.serve(token(refresh_token=None))
        tokens = self.refresh(server)
        self.assertEqual(tokens.access_token, SECRETS['access_token'])
        self.assertIsNone(tokens.refresh_token)
        self.assertEqual(tokens.scopes, frozenset(GRANTED))
        self.assertEqual((tokens.email, tokens.subject), (EMAIL, '1234567890'))
        self.assertEqual(self.form(server), {
                'grant_type': 'refresh_token',
                'client_id': CLIENT.client_id,
                'client_secret': SECRETS['client_secret'],
                'refresh_token': SECRETS['refresh_token']})

    def test_little(self):
        "A new refresh token is given; no scope and no account are unknown"
        server = self.serve(token(
                refresh_token='new', scope=None, id_token=None))
        tokens = self.refresh(server)
        self.assertEqual(tokens.refresh_token, 'new')
        self.assertEqual(tokens.scopes, frozenset())
        self.assertIsNone(tokens.email)
        self.assertEqual(len(server.requests), 1)

    def test_refused(self):
        for code, status in [
                ('invalid_grant', 400), ('invalid_client', 401),
                ('unauthorized_client', 401), ('invalid_scope', 400)]:
            server = self.serve(refusal(code, "No", status))
            error = self.refused(self.refresh, server)
            self.assertEqual((error.code, error.transient), (code, False))
            self.assertEqual(len(server.requests), 1)

    def test_session_control(self):
        "Signing in again is asked for by invalid_grant too"
        server = self.serve(answer({
                    'error': 'invalid_grant', 'error_subtype': 'invalid_rapt',
                    'error_description': 'reauth related error'}, 400))
        self.assertEqual(
            self.refused(self.refresh, server).code, 'invalid_grant')

    def test_transient(self):
        "What Google or the network does wrong says nothing of the grant"
        for step, code in [
                (refusal('internal_failure'), 'server_error'),
                (refusal('server_error'), 'server_error'),
                (refusal('temporarily_unavailable'), 'server_error'),
                (refusal('x', 'internal_failure'), 'server_error'),
                (refusal('invalid_grant', status=500), 'server_error'),
                (refusal('x', status=408), 'server_error'),
                (refusal('x', status=429), 'server_error'),
                (answer(b'<html>', 502), 'server_error'),
                (answer(b'<html>'), 'server_error'),
                (answer([]), 'server_error'), (answer({}), 'server_error'),
                (answer(b'\xff\xfe\x00'), 'server_error'),
                (truncate(token()), 'server_error'), (drop, 'unreachable')]:
            server = self.serve(step)
            error = self.refused(self.refresh, server)
            self.assertEqual((error.code, error.transient), (code, True))
            self.assertEqual(len(server.requests), 3)
        self.assertTrue(all(0 <= s <= 32 for s in self.slept))

    def test_no_json(self):
        server = self.serve(answer(b'<html>', 404))
        error = self.refused(self.refresh, server)
        self.assertEqual((error.code, error.transient), ('http_404', False))

    def test_recovers(self):
        server = self.serve(
            refusal('x', status=503, Retry_After='4'), drop, token())
        self.refresh(server)
        self.assertGreaterEqual(self.slept[0], 4.0)

    def test_bounded(self):
        "No wait is begun that would end too late, google-auth waits never"
        server = self.serve(refusal('x', status=503, Retry_After='60'))
        with patch.object(time, 'sleep') as sleep:
            error = self.refused(self.refresh, server)
            sleep.assert_not_called()
        self.assertTrue(error.transient)
        self.assertEqual(len(server.requests), 1)

    def test_timeout(self):
        import threading
        release = threading.Event()

        def slow(handler, request):
            release.wait(60)
            handler.hang_up()

        server = self.serve(slow)
        error = self.refused(self.refresh, server, timeout=.2)
        release.set()
        self.assertEqual((error.code, error.transient), ('unreachable', True))
        self.assertEqual(len(server.requests), 1)

    def test_unreachable(self):
        with Server(token()) as server:
            pass
        error = self.refused(self.refresh, server)
        self.assertEqual((error.code, error.transient), ('unreachable', True))

    def test_certificate(self):
        "A certificate that nobody vouches for gets no secret"
        folder = self.enterContext(tempfile.TemporaryDirectory())
        context, path = certificate(folder)
        server = self.serve(token(), tls=context)
        error = self.refused(self.refresh, server)
        self.assertEqual(error.code, 'unreachable')
        self.assertEqual(server.requests, [])
        with patch.dict(os.environ, {'REQUESTS_CA_BUNDLE': path}):
            self.refresh(server)

    def test_tls(self):
        self.assertEqual(
            transport.SecureAdapter._context().minimum_version.name,
            'TLSv1_2')

    def test_netrc(self):
        "A password of ~/.netrc is not sent in place of the client's"
        folder = self.enterContext(tempfile.TemporaryDirectory())
        with open(f'{folder}/netrc', 'w') as file:
            file.write('default login me password netrc-password\n')
        server = self.serve(token())
        with patch.dict(os.environ, {'NETRC': f'{folder}/netrc'}):
            self.refresh(server)
            self.exchange(server)
        for request in server.requests:
            self.assertNotIn('Authorization', request.headers)


class RevokeTestCase(OAuthTestCase):

    def revoke(self, server):
        return oauth.revoke(SECRETS['refresh_token'], self.endpoints(server))

    def test_revoke(self):
        server = self.serve(answer({}))
        self.assertIs(self.revoke(server), True)
        self.assertEqual(
            self.form(server), {'token': SECRETS['refresh_token']})
        self.assertEqual(server.requests[0].path, '/revoke')

    def test_dead(self):
        server = self.serve(refusal('invalid_token'))
        self.assertIs(self.revoke(server), False)

    def test_fails(self):
        server = self.serve(refusal('x', status=503))
        self.assertTrue(self.refused(self.revoke, server).transient)
        server = self.serve(refusal('nothing', status=403))
        self.assertFalse(self.refused(self.revoke, server).transient)


class ServiceAccountTestCase(OAuthTestCase):
    ACCOUNT = 'robot@project.iam.gserviceaccount.com'

    def key(self, **values):
        return {
            'type': 'service_account', 'project_id': 'project',
            'private_key_id': 'kid', 'private_key': KEY,
            'client_email': self.ACCOUNT, 'client_id': '99', **values}

    def token(self, server, key=None, scopes=SCOPES[2:], subject=EMAIL):
        return oauth.service_account_token(
            key or self.key(), scopes, subject, self.endpoints(server))

    def claims(self, server):
        form = self.form(server)
        self.assertEqual(
            form['grant_type'], 'urn:ietf:params:oauth:grant-type:jwt-bearer')
        head, body, _ = form['assertion'].split('.')
        return [
            json.loads(base64.urlsafe_b64decode(part + '=='))
            for part in [head, body]]

    def test_tokens(self):
        server = self.serve(answer({
                    'access_token': SECRETS['access_token'],
                    'token_type': 'Bearer', 'expires_in': 3599}))
        tokens = self.token(server)
        self.assertEqual(tokens.access_token, SECRETS['access_token'])
        self.assertIsNone(tokens.refresh_token)
        self.assertEqual(tokens.scopes, frozenset(SCOPES[2:]))
        self.assertEqual((tokens.email, tokens.subject), (EMAIL, None))
        header, claims = self.claims(server)
        self.assertEqual((header['alg'], header['kid']), ('RS256', 'kid'))
        self.assertEqual(claims['iss'], self.ACCOUNT)
        self.assertEqual(claims['sub'], EMAIL)
        self.assertEqual(claims['scope'], SCOPES[2])
        self.assertEqual(claims['aud'], server.url + '/token')
        self.assertLessEqual(claims['exp'] - claims['iat'], 3600)

    def test_itself(self):
        server = self.serve(token())
        for subject in [None, '']:
            tokens = self.token(server, subject=subject)
            self.assertEqual(tokens.email, self.ACCOUNT)
        self.assertNotIn('sub', self.claims(server)[1])

    def test_addresses_of_the_key(self):
        "The key does not say where tokens go"
        server = self.serve(token())
        self.token(server, self.key(
                token_uri='https://evil.example.com/token',
                universe_domain='evil.example.com'))
        self.assertEqual(len(server.requests), 1)

    def test_classified(self):
        "Google's refusals name their cause, none is a revocation"
        for code, text, status, expected in [
                ('invalid_grant', "Invalid JWT Signature.", 400, 'key'),
                ('invalid_grant', "Invalid grant: account not found", 400,
                    'key'),
                ('invalid_grant', "Bad Request", 400, 'key'),
                ('invalid_grant', "Invalid JWT: Failed audience check. The "
                    "right audience is https://oauth2.googleapis.com/token",
                    400, 'audience'),
                ('invalid_grant', "Invalid JWT: Token must be a short-lived "
                    "token (60 minutes) and in a reasonable timeframe. Check "
                    "your iat and exp values in the JWT claim.", 400,
                    'clock'),
                ('unauthorized_client', "Client is unauthorized to retrieve "
                    "access tokens using this method, or client not "
                    "authorized for any of the scopes requested.", 401,
                    'delegation'),
                ('access_denied', "Requested client not authorized.", 403,
                    'delegation'),
                ('invalid_grant', "Invalid email or User ID", 400, 'subject'),
                ('invalid_request', 'Invalid impersonation "sub" field.', 400,
                    'subject'),
                ('invalid_scope', "Empty or missing scope not allowed.", 400,
                    'invalid_scope'),
                ('invalid_client', "The OAuth client was not found.", 401,
                    'invalid_client')]:
            with self.subTest(text=text):
                server = self.serve(refusal(code, text, status))
                error = self.refused(self.token, server)
                self.assertEqual(
                    (error.code, error.transient), (expected, False))
                self.assertTrue(error.description)

    def test_clock(self):
        "The clock of Google's answer tells, whatever its words"
        def step(handler, request):
            handler.date_time_string = lambda: formatdate(
                time.time() + 3600, usegmt=True)
            refusal('invalid_grant', "Bad Request")(handler, request)
        error = self.refused(self.token, self.serve(step))
        self.assertEqual(error.code, 'clock')

    def test_transient(self):
        for step in [drop, refusal('server_error', status=503)]:
            server = self.serve(step)
            error = self.refused(self.token, server)
            self.assertTrue(error.transient)
            self.assertEqual(len(server.requests), 3)

    def test_broken_key(self):
        "A key that cannot sign: nothing is sent"
        server = self.serve(token())
        for value in ['', 'nonsense', KEY[:200], KEY.replace('A', 'B'), None]:
            error = self.refused(
                self.token, server, self.key(private_key=value))
            self.assertEqual((error.code, error.transient), ('key', False))
        self.assertEqual(
            self.refused(self.token, server, {'x': 'y'}).code, 'key')
        self.assertEqual(server.requests, [])

    def test_parse(self):
        "Only the known keys are read"
        data = self.key(
            token_uri='https://evil.example.com/', universe_domain='evil',
            auth_uri=3)
        for content in [json.dumps(data), json.dumps(data).encode()]:
            self.assertEqual(
                oauth.parse_service_account_key(content), self.key())

    def test_parse_bad(self):
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        curve = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()).decode()
        for content, code in [
                (b'', 'not_json'), (b'\xff', 'not_json'), (None, 'not_json'),
                ('{', 'not_json'), ('[' * 100000, 'not_json'),
                ('[]', 'not_service_account'), ('{}', 'not_service_account'),
                ('{"web": {}}', 'not_service_account'),
                (json.dumps(self.key(client_email=3)), 'not_service_account'),
                (json.dumps(self.key(private_key=3)), 'private_key'),
                (json.dumps(self.key(private_key=KEY[:900])), 'private_key'),
                (json.dumps(self.key(private_key=curve)), 'private_key')]:
            with self.subTest(content=str(content)[:40]):
                with self.assertRaises(ServiceAccountKeyError) as caught:
                    oauth.parse_service_account_key(content)
                self.assertEqual(caught.exception.code, code)
                self.assertIsNone(caught.exception.__context__)


class ClientSecretsTestCase(TestCase):

    def test_parse(self):
        data = {'web': {
                'client_id': 'id', 'client_secret': 'GOCSPX-x',
                'redirect_uris': [REDIRECT, 3],
                'token_uri': 'https://evil.example.com/'}}
        result = oauth.parse_client_secrets(json.dumps(data).encode())
        self.assertEqual(
            (result.client_id, result.client_secret, result.redirect_uris),
            ('id', 'GOCSPX-x', (REDIRECT,)))
        self.assertNotIn('GOCSPX', repr(result))
        del data['web']['redirect_uris']
        self.assertEqual(oauth.parse_client_secrets(
                json.dumps(data).encode()).redirect_uris, ())

    def test_parse_bad(self):
        for content, code in [
                (b'', 'not_json'), (b'PNG\xff', 'not_json'),
                (None, 'not_json'), (b'[]', 'not_google'),
                (b'{}', 'not_google'), (b'{"web": 3}', 'not_google'),
                (b'{"web": {"client_id": "x"}}', 'not_google'),
                (b'{"web": {"client_id": 1, "client_secret": "y"}}',
                    'not_google'),
                (b'{"web": {"client_id": "x", "client_secret": "y",'
                    b' "redirect_uris": "z"}}', 'not_google'),
                (b'{"installed": {"client_id": "x"}}', 'installed')]:
            with self.subTest(content=content):
                with self.assertRaises(ClientSecretsError) as caught:
                    oauth.parse_client_secrets(content)
                self.assertEqual(caught.exception.code, code)


class SecretTestCase(OAuthTestCase):

    def test_nothing_shown(self):
        "No log, no exception and no repr shows a secret, at any level"
        import logging
        shown = []

        def check(function, *args, **kwargs):
            try:
                result = function(*args, **kwargs)
                if hasattr(result, 'access_token'):
                    hidden.append(result.access_token)
                shown.append(repr(result))
            except Exception as exception:
                logging.getLogger(__name__).error(
                    "%s %r", exception, exception, exc_info=exception)
                shown.extend([
                        str(exception), repr(exception),
                        ''.join(traceback.format_exception(exception))])
                self.assertIsNone(exception.__context__)
                self.assertIsNone(exception.__cause__)

        key = ServiceAccountTestCase.key(ServiceAccountTestCase())
        hidden = [*SECRETS.values(), KEY, KEY[100:160], EMAIL, 'jane.doe']

        def echo(handler, request):
            values = [v for _, v in parse_qsl(request.body.decode())]
            refusal(values[-1], ' '.join(values[::-1]))(handler, request)

        def echo_text(handler, request):
            answer(request.body, 400)(handler, request)

        with everything() as texts:
            request = oauth.authorization_request(
                CLIENT, REDIRECT, SCOPES, Endpoints(), login_hint=EMAIL)
            hidden += [request.state, request.code_verifier]
            shown.append(repr(request))
            for step in [
                    token(), token(scope='other'), drop, answer(b'<html>'),
                    refusal('invalid_grant'), refusal('x', status=503),
                    echo, echo_text, truncate(token())]:
                server = self.serve(step)
                check(self.exchange, server)
                check(self.refresh, server)
                check(oauth.revoke, SECRETS['refresh_token'],
                    self.endpoints(server))
                check(oauth.service_account_token, key, SCOPES, EMAIL,
                    self.endpoints(server))
                for request in server.requests:
                    form = dict(parse_qsl(request.body.decode()))
                    hidden.extend(filter(None, [form.get('assertion')]))
            check(oauth.service_account_token, {**key, 'private_key': KEY[9:]},
                SCOPES, EMAIL, self.endpoints(server))
            check(oauth.parse_service_account_key, json.dumps(
                    {**key, 'private_key': KEY[:300]}))
        text = '\n'.join([*texts, *shown, repr(CLIENT)])
        self.assertIn('invalid_grant', text)
        self.assertIn('urllib3', text)  # it does log, and that is seen
        self.assertGreater(len(hidden), 15)
        self.assertEqual(
            [secret[:9] for secret in hidden if secret in text], [])
