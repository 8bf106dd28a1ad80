# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import base64
import hashlib
import json
import time
import urllib.error
import urllib.request
from urllib.parse import parse_qs, urlencode, urlsplit

import google.auth.exceptions
import google.auth.transport.requests
from google.auth import crypt, jwt
from google.oauth2 import service_account

from tests.emulator.client import EmulatorError

from .common import (
    CALENDAR, REDIRECT, SCOPE, EmulatorTestCase, setUpModule, tearDownModule)

__all__ = ['setUpModule', 'tearDownModule']
EMAIL = SCOPE + 'userinfo.email'
REQUEST = google.auth.transport.requests.Request()


class TestAuthorization(EmulatorTestCase):
    def url(self, **values):
        query = {
            'client_id': self.client['client_id'], 'redirect_uri': REDIRECT,
            'response_type': 'code', 'scope': CALENDAR, 'state': 's&1',
            **values}
        query = {k: v for k, v in query.items() if v is not None}
        return f'{self.emulator.url}/o/oauth2/v2/auth?{urlencode(query)}'

    def ask(self, user='ann@example.com', consent=None, **values):
        location = self.admin.consent(
            self.url(**values), user, **(consent or {}))
        self.assertEqual(location.partition('?')[0], REDIRECT)
        return {
            k: v[0] for k, v in parse_qs(urlsplit(location).query).items()}

    def exchange(self, code, client=None, **values):
        client = client or self.client
        form = {
            'grant_type': 'authorization_code', 'code': code,
            'redirect_uri': REDIRECT, 'client_id': client['client_id'],
            'client_secret': client['client_secret'], **values}
        return self.post('/token', form)

    def post(self, path, form, headers=None):
        "Return (status, the JSON)"
        request = urllib.request.Request(
            self.emulator.url + path, urlencode({
                    k: v for k, v in form.items() if v is not None}).encode(),
            headers or {})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def assertError(self, answer, status, error):
        self.assertEqual((answer[0], answer[1]['error']), (status, error))
        self.assertTrue(answer[1]['error_description'])

    def assertPage(self, status, error, **values):
        "An error that is shown and never redirected"
        with self.assertRaises(EmulatorError) as caught:
            self.ask(**values)
        self.assertEqual(caught.exception.status, status)
        self.assertIn(error, str(caught.exception))

    def test_pages(self):
        self.assertPage(401, 'invalid_client', client_id='other')
        self.assertPage(
            400, 'redirect_uri_mismatch', redirect_uri=REDIRECT + '/')
        self.assertPage(
            400, 'redirect_uri_mismatch',
            redirect_uri=REDIRECT.replace('http', 'HTTP'))
        self.assertPage(400, 'invalid_request', response_type=None)
        self.assertPage(400, 'unsupported_response_type',
            response_type='x')
        self.assertPage(400, 'invalid_scope', scope='calendar')
        self.assertPage(400, 'invalid_request', scope=None)
        self.assertPage(400, 'invalid_request', prompt='none consent')
        self.assertPage(400, 'invalid_request', access_type='always')
        self.assertPage(400, 'invalid_request', include_granted_scopes='1')
        self.assertPage(400, 'invalid_request', foo='bar')
        self.assertPage(400, 'invalid_request', code_challenge='short',
            code_challenge_method='S256')
        self.assertPage(400, 'invalid_request', code_challenge='a' * 43,
            code_challenge_method='S512')
        self.admin.update_client(self.client['client_id'], deleted=True)
        self.assertPage(401, 'deleted_client')

    def test_internal_and_testing(self):
        client = self.client['client_id']
        self.admin.update_client(client, user_type='internal')
        self.assertPage(403, 'org_internal')
        self.admin.update_client(
            client, user_type='external', status='testing')
        self.assertPage(403, 'access_denied')
        self.admin.update_client(client, test_users=['Ann@example.com'])
        answer = self.ask(access_type='offline')
        tokens = self.exchange(answer['code'])[1]
        self.assertEqual(
            round(tokens['refresh_token_expires_in'], -2), 7 * 86400)
        self.admin.advance(7 * 86400 + 1)
        self.assertError(
            self.refresh(tokens['refresh_token']), 400, 'invalid_grant')

    def refresh(self, token, **values):
        return self.post('/token', {
                'grant_type': 'refresh_token', 'refresh_token': token,
                'client_id': self.client['client_id'],
                'client_secret': self.client['client_secret'], **values})

    def test_denied(self):
        self.assertEqual(
            self.ask(consent={'decision': 'deny'}),
            {'error': 'access_denied', 'state': 's&1'})

    def test_code(self):
        answer = self.ask()
        self.assertEqual(answer['state'], 's&1')
        self.assertEqual(answer['scope'], CALENDAR)
        self.assertNotIn('iss', answer)
        code = answer['code']
        self.assertError(
            self.exchange(code, redirect_uri=REDIRECT + 'x'),
            400, 'redirect_uri_mismatch')
        self.assertError(
            self.exchange(code, client_secret='wrong'),
            401, 'invalid_client')
        self.assertError(
            self.exchange(code, client_id='wrong'), 401, 'invalid_client')
        self.assertError(
            self.exchange(code, client_secret=None), 400, 'invalid_request')
        other = self.admin.add_client([REDIRECT])
        self.assertError(
            self.exchange(code, other), 400, 'invalid_grant')
        status, tokens = self.exchange(code)
        self.assertEqual(status, 200)
        # online: no refresh token; no openid: no id_token
        self.assertEqual(set(tokens), {
                'access_token', 'expires_in', 'scope', 'token_type'})
        self.assertError(self.exchange(code), 400, 'invalid_grant')
        self.assertError(self.exchange('4/x'), 400, 'invalid_grant')
        code = self.ask()['code']
        self.admin.advance(601)
        self.assertError(self.exchange(code), 400, 'invalid_grant')
        self.assertError(
            self.exchange(code, grant_type='password'),
            400, 'unsupported_grant_type')

    def test_basic(self):
        code = self.ask()['code']
        text = f"{self.client['client_id']}:{self.client['client_secret']}"
        status, _ = self.post('/token', {
                'grant_type': 'authorization_code', 'code': code,
                'redirect_uri': REDIRECT}, {
                'Authorization':
                'Basic ' + base64.b64encode(text.encode()).decode()})
        self.assertEqual(status, 200)

    def test_pkce(self):
        verifier = 'v' * 43
        challenge = base64.urlsafe_b64encode(hashlib.sha256(
                verifier.encode()).digest()).decode().rstrip('=')
        values = {
            'code_challenge': challenge, 'code_challenge_method': 'S256'}
        code = self.ask(**values)['code']
        self.assertError(self.exchange(code), 400, 'invalid_grant')
        self.assertError(
            self.exchange(code, code_verifier='w' * 43),
            400, 'invalid_grant')
        self.assertEqual(
            self.exchange(code, code_verifier=verifier)[0], 200)
        # plain when the method is left out
        code = self.ask(code_challenge=challenge)['code']
        self.assertError(
            self.exchange(code, code_verifier=verifier),
            400, 'invalid_grant')
        self.assertEqual(
            self.exchange(code, code_verifier=challenge)[0], 200)

    def test_refresh_token(self):
        "With the first consent, or prompt=consent"
        def tokens(**values):
            return self.exchange(self.ask(**values)['code'])[1]

        first = tokens(access_type='offline')['refresh_token']
        self.assertNotIn('refresh_token', tokens(access_type='offline'))
        self.assertNotIn('refresh_token', tokens(prompt='consent'))
        second = tokens(access_type='offline', prompt='consent')
        self.assertIn('refresh_token', second)
        status, answer = self.refresh(first)
        self.assertEqual(status, 200)
        self.assertNotIn('refresh_token', answer)
        self.assertError(
            self.refresh(first, scope=CALENDAR + ' openid'),
            400, 'invalid_scope')
        self.assertEqual(
            self.refresh(first, scope=CALENDAR)[1]['scope'], CALENDAR)
        self.admin.expire_refresh_tokens('ann@example.com')
        self.assertError(self.refresh(first), 400, 'invalid_grant')

    def test_limit(self):
        self.admin.options(refresh_token_limit=2)
        tokens = [
            self.exchange(self.ask(
                    access_type='offline',
                    prompt='consent')['code'])[1]['refresh_token']
            for _ in range(3)]
        self.assertEqual(
            [self.refresh(t)[0] for t in tokens], [400, 200, 200])

    def test_six_months(self):
        token = self.exchange(self.ask(
                access_type='offline')['code'])[1]['refresh_token']
        self.admin.advance(183 * 86400)
        self.assertError(self.refresh(token), 400, 'invalid_grant')

    def test_scopes(self):
        "Granular consent, and scopes granted before"
        drive = SCOPE + 'drive.file'
        answer = self.ask(
            scope=f'openid email {CALENDAR} {drive}',
            consent={'untick': [drive]})
        self.assertEqual(
            set(answer['scope'].split()), {'openid', EMAIL, CALENDAR})
        tokens = self.exchange(answer['code'])[1]
        self.assertEqual(
            set(tokens['scope'].split()), {'openid', EMAIL, CALENDAR})
        answer = self.ask(scope=drive)
        self.assertEqual(answer['scope'], drive)
        answer = self.ask(scope=drive, include_granted_scopes='true')
        self.assertEqual(
            set(answer['scope'].split()),
            {'openid', EMAIL, CALENDAR, drive})

    def test_login_hint(self):
        answer = self.ask(
            user=None, login_hint='bob@example.com', scope='openid email')
        claims = jwt.decode(
            self.exchange(answer['code'])[1]['id_token'], verify=False)
        self.assertEqual(claims['email'], 'bob@example.com')

    def test_prompt_none(self):
        answer = self.ask(
            prompt='none', login_hint='ann@example.com')
        self.assertEqual(answer['error'], 'interaction_required')
        self.ask()
        answer = self.ask(
            prompt='none', login_hint='ann@example.com')
        self.assertIn('code', answer)

    def test_revoke(self):
        tokens = self.exchange(self.ask(
                access_type='offline')['code'])[1]
        status, _ = self.post('/revoke', {'token': tokens['access_token']})
        self.assertEqual(status, 200)
        self.assertError(
            self.refresh(tokens['refresh_token']), 400, 'invalid_grant')
        self.assertError(
            self.post('/revoke', {'token': tokens['access_token']}),
            400, 'invalid_token')
        self.assertEqual(self.admin.grants(), [])

    def test_iss(self):
        self.admin.options(callback_iss=True)
        self.assertEqual(
            self.ask()['iss'], 'https://accounts.google.com')

    def test_installed(self):
        client = self.admin.add_client(type='installed')
        self.assertIn('installed', client['file'])
        location = self.admin.consent(self.url(
                client_id=client['client_id'],
                redirect_uri='http://localhost:1234/'), 'ann@example.com')
        self.assertTrue(location.startswith('http://localhost:1234/?'))


class TestCredentials(EmulatorTestCase):
    "With Google's libraries"

    def test_flow(self):
        held = self.credentials(
            scopes=['openid', EMAIL, CALENDAR], include_granted_scopes='true')
        self.assertTrue(held.refresh_token)
        claims = jwt.decode(held.id_token, certs=self.certs())
        user = self.admin.users()[0]
        self.assertEqual(claims['sub'], user['sub'])
        self.assertEqual(claims['email'], 'ann@example.com')
        self.assertTrue(claims['email_verified'])
        self.assertEqual(claims['aud'], self.client['client_id'])
        before = held.token
        held.refresh(REQUEST)
        self.assertNotEqual(held.token, before)
        for path, name in [
                ('/oauth2/v2/userinfo', 'id'), ('/userinfo/v2/me', 'id'),
                ('/v1/userinfo', 'sub')]:
            request = urllib.request.Request(
                self.emulator.url + path,
                headers={'Authorization': f'Bearer {held.token}'})
            with urllib.request.urlopen(request) as answer:
                info = json.loads(answer.read())
            self.assertEqual(info[name], user['sub'])
            self.assertEqual(info['email'], 'ann@example.com')

    def certs(self):
        "The keys in the form that google-auth verifies with"
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa
        with urllib.request.urlopen(
                self.emulator.url + '/oauth2/v3/certs') as answer:
            key, = json.loads(answer.read())['keys']

        def number(text):
            return int.from_bytes(base64.urlsafe_b64decode(
                    text + '=' * (-len(text) % 4)), 'big')

        public = rsa.RSAPublicNumbers(
            number(key['e']), number(key['n'])).public_key()
        return {key['kid']: public.public_bytes(
                serialization.Encoding.PEM,
                serialization.PublicFormat.SubjectPublicKeyInfo)}

    def test_expired(self):
        held = self.credentials()
        service = self.service(held)
        service.calendarList().list().execute()
        self.admin.expire_access_tokens()
        # the library refreshes once and repeats
        service.calendarList().list().execute()
        self.assertEqual(
            [e['status'] for e in self.admin.log()][-3:], [401, 200, 200])
        self.admin.advance(3601)
        request = urllib.request.Request(
            self.emulator.url + '/calendar/v3/colors',
            headers={'Authorization': f'Bearer {held.token}'})
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request)
        with caught.exception as error:
            self.assertEqual(error.code, 401)
            self.assertIn('invalid_token', error.headers['WWW-Authenticate'])
            self.assertEqual(
                json.loads(error.read())['error']['errors'][0]['reason'],
                'authError')
        self.admin.revoke_grant('ann@example.com')
        with self.assertRaises(google.auth.exceptions.RefreshError) as error:
            service.calendarList().list().execute()
        self.assertFalse(error.exception.retryable)
        self.assertEqual(error.exception.args[1]['error'], 'invalid_grant')

    def test_password(self):
        gmail = self.credentials(scopes=[SCOPE + 'gmail.send'])
        other = self.admin.add_client([REDIRECT])
        calendar = self.credentials(client=other)
        self.assertEqual(self.admin.change_password('ann@example.com'), 1)
        calendar.refresh(REQUEST)
        with self.assertRaises(google.auth.exceptions.RefreshError):
            gmail.refresh(REQUEST)


class TestServiceAccount(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.key = self.admin.add_service_account(scopes=[CALENDAR])

    def account(self, scopes=(CALENDAR,), **values):
        return service_account.Credentials.from_service_account_info(
            self.key, scopes=list(scopes), **values)

    def assertRefresh(self, error, credentials):
        with self.assertRaises(google.auth.exceptions.RefreshError) as caught:
            credentials.refresh(REQUEST)
        self.assertEqual(caught.exception.args[1]['error'], error)

    def test_own(self):
        service = self.service(self.account())
        entry, = service.calendarList().list().execute()['items']
        self.assertEqual(entry['id'], self.key['client_email'])
        body = {
            'start': {'date': '2026-01-01'}, 'end': {'date': '2026-01-02'},
            'attendees': [{'email': 'ann@example.com'}]}
        self.assertRefused(
            403, 'forbiddenForServiceAccounts', service.events().insert(
                calendarId='primary', body=body).execute)

    def test_delegation(self):
        service = self.service(self.account(subject='ann@example.com'))
        entry, = service.calendarList().list().execute()['items']
        self.assertEqual(entry['id'], 'ann@example.com')
        self.assertRefresh('unauthorized_client', self.account(
                [CALENDAR, SCOPE + 'drive'], subject='ann@example.com'))
        self.assertRefresh('invalid_grant', self.account(
                subject='nobody@example.com'))
        self.admin.delegate(self.key['client_email'], [])
        self.assertRefresh('unauthorized_client', self.account(
                subject='ann@example.com'))

    def test_refused(self):
        self.assertRefresh('invalid_scope', self.account(['nonsense']))
        other = self.admin.add_service_account()
        key, self.key = self.key, {**self.key, **{
                'private_key': other['private_key']}}
        self.assertRefresh('invalid_grant', self.account())
        self.key = key
        self.admin.options(skew=900)
        self.assertRefresh('invalid_grant', self.account(
                additional_claims={'exp': int(time.time()) + 7200}))
        self.admin.options(skew=-900)
        self.assertRefresh('invalid_grant', self.account())
        self.admin.options(skew=120)
        self.account().refresh(REQUEST)

    def test_audience(self):
        now = int(time.time())
        signer = crypt.RSASigner.from_service_account_info(self.key)

        def ask(**values):
            claims = {
                'iss': self.key['client_email'], 'scope': CALENDAR,
                'aud': 'https://oauth2.googleapis.com/token', 'iat': now,
                'exp': now + 3600, **values}
            form = urlencode({
                    'grant_type':
                    'urn:ietf:params:oauth:grant-type:jwt-bearer',
                    'assertion': jwt.encode(signer, claims)}).encode()
            try:
                with urllib.request.urlopen(
                        self.emulator.url + '/token', form) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                with error:
                    return json.loads(error.read())['error']

        self.assertEqual(ask(), 200)
        self.assertEqual(ask(aud=self.emulator.url + '/token'), 200)
        self.assertEqual(ask(aud='https://example.com'), 'invalid_grant')
        self.assertEqual(ask(exp=now + 3601), 'invalid_grant')
        self.assertEqual(ask(iss='x@example.com'), 'invalid_grant')
        self.assertEqual(ask(scope=''), 'invalid_scope')
