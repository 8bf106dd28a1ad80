# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The modules without a database against the emulator of the repository"
import json
from unittest import TestCase, skipUnless
from urllib.parse import parse_qs, urlsplit

import google.oauth2.credentials
from trytond.modules.google_integration import oauth
from trytond.modules.google_integration.client import (
    Client,
    GoogleError,
    Settings,
)

from .test_oauth import setUpModule, tearDownModule

try:
    from tests.emulator import Emulator
except ImportError:
    Emulator = None

__all__ = ['setUpModule', 'tearDownModule']

REDIRECT = 'http://127.0.0.1/db/google/callback'
EMAIL = 'jane.doe@example.com'
SCOPES = ['openid', 'email', 'https://www.googleapis.com/auth/calendar']


@skipUnless(Emulator, "the emulator comes with the repository only")
class EmulatorTestCase(TestCase):

    def setUp(self):
        super().setUp()
        emulator = self.enterContext(Emulator())
        self.admin, url = emulator.admin, emulator.url
        self.admin.add_user(EMAIL)
        client = self.admin.add_client([REDIRECT])
        secrets = oauth.parse_client_secrets(
            json.dumps(client['file']).encode())
        self.assertEqual(secrets.redirect_uris, (REDIRECT,))
        self.configuration = oauth.ClientConfiguration(
            secrets.client_id, secrets.client_secret)
        self.endpoints = oauth.Endpoints(
            auth_uri=url + '/o/oauth2/v2/auth', token_uri=url + '/token',
            revoke_uri=url + '/revoke', userinfo_uri=url + '/v1/userinfo')
        self.settings = Settings(api_root=url)
        self.slept = []

    def authorize(self, scopes=SCOPES, **kwargs):
        request = oauth.authorization_request(
            self.configuration, REDIRECT, scopes, self.endpoints,
            login_hint=EMAIL)
        query = parse_qs(urlsplit(
                self.admin.consent(request.url, **kwargs)).query)
        self.assertEqual(query['state'], [request.state])
        if 'error' in query:
            return query['error'][0], None
        return query['code'][0], request.code_verifier

    def exchange(self, code, verifier):
        return oauth.exchange_code(
            self.configuration, REDIRECT, SCOPES, code, verifier,
            self.endpoints)

    def client(self, tokens, refresh=None):
        client = Client(
            google.oauth2.credentials.Credentials(tokens.access_token),
            'calendar', 'v3', self.settings, refresh=refresh,
            sleep=self.slept.append)
        self.addCleanup(client.close)
        return client

    def refused(self, code, function, *args):
        with self.assertRaises(oauth.OAuthError) as caught:
            function(*args)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def test_consent(self):
        code, verifier = self.authorize()
        tokens = self.exchange(code, verifier)
        self.assertEqual(tokens.email, EMAIL)
        self.assertTrue(tokens.subject)
        self.assertTrue(tokens.refresh_token)
        self.assertFalse(oauth.missing_scopes(SCOPES, tokens.scopes))
        self.refused('invalid_grant', self.exchange, code, verifier)

    def test_verifier(self):
        code, _ = self.authorize()
        self.refused('invalid_grant', self.exchange, code, 'x' * 43)

    def test_denied(self):
        self.assertEqual(
            self.authorize(decision='deny')[0], 'access_denied')

    def test_unticked(self):
        tokens = self.exchange(*self.authorize(untick=[SCOPES[2]]))
        self.assertEqual(
            oauth.missing_scopes(SCOPES, tokens.scopes), {SCOPES[2]})

    def test_wrong_secret(self):
        code, verifier = self.authorize()
        self.configuration.client_secret = 'wrong'
        self.refused('invalid_client', self.exchange, code, verifier)

    def test_refresh(self):
        tokens = self.exchange(*self.authorize())
        refresh = tokens.refresh_token
        new = oauth.refresh(self.configuration, refresh, self.endpoints)
        self.assertNotEqual(new.access_token, tokens.access_token)
        self.assertIsNone(new.refresh_token)
        self.assertEqual(new.scopes, tokens.scopes)
        self.assertIs(oauth.revoke(refresh, self.endpoints), True)
        self.assertIs(oauth.revoke(refresh, self.endpoints), False)
        self.refused(
            'invalid_grant', oauth.refresh, self.configuration, refresh,
            self.endpoints)

    def test_service_account(self):
        key = oauth.parse_service_account_key(json.dumps(
                self.admin.add_service_account(scopes=SCOPES[2:])))

        def token(scopes, subject):
            return oauth.service_account_token(
                key, scopes, subject, self.endpoints)

        tokens = token(SCOPES[2:], EMAIL)
        self.assertEqual(tokens.email, EMAIL)
        client = self.client(tokens)
        calendar, = client.execute(client.api.calendarList().list())['items']
        self.assertEqual(calendar['id'], EMAIL)
        self.assertTrue(token(SCOPES[2:], None).access_token)
        more = ['https://www.googleapis.com/auth/calendar.readonly']
        self.refused('delegation', token, more, EMAIL)
        self.refused('subject', token, SCOPES[2:], 'nobody@example.com')
        other = oauth.parse_service_account_key(
            json.dumps(self.admin.add_service_account()))
        key['private_key'] = other['private_key']
        self.refused('key', token, SCOPES[2:], EMAIL)

    def test_clock(self):
        key = oauth.parse_service_account_key(json.dumps(
                self.admin.add_service_account(scopes=SCOPES[2:])))
        self.admin.advance(7200)
        self.refused(
            'clock', oauth.service_account_token, key, SCOPES[2:], EMAIL,
            self.endpoints)

    def test_expired(self):
        "A token that Google does not know any more is renewed once"
        tokens = self.exchange(*self.authorize())

        def refresh():
            return google.oauth2.credentials.Credentials(oauth.refresh(
                    self.configuration, tokens.refresh_token,
                    self.endpoints).access_token)

        client = self.client(tokens, refresh)
        self.admin.expire_access_tokens()
        client.execute(client.api.calendarList().list())
        self.admin.expire_access_tokens()
        first, second = client.batch([
                client.api.events().list(calendarId='primary'),
                client.api.calendarList().list()])
        self.assertEqual(first['items'], [])
        self.assertEqual(second['items'][0]['id'], EMAIL)

    def test_batch(self):
        client = self.client(self.exchange(*self.authorize()))
        events = client.api.events()

        def insert(number, **values):
            return events.insert(calendarId='primary', body={
                    'id': f'abcde{number}', 'summary': f"Été {number}",
                    'start': {'date': '2026-03-01'},
                    'end': {'date': '2026-03-02'}, **values})

        answers = client.batch([insert(i) for i in range(120)])
        self.assertEqual(
            [a['id'] for a in answers], [f'abcde{i}' for i in range(120)])
        again, bad, deleted, moved = client.batch([
                insert(1), insert(200, end=None),
                events.delete(calendarId='primary', eventId='abcde2'),
                events.patch(
                    calendarId='primary', eventId='abcde3',
                    body={'summary': "Other"})])
        self.assertEqual((again.status, again.reason), (409, 'duplicate'))
        self.assertIsInstance(bad, GoogleError)
        self.assertEqual(bad.status, 400)
        self.assertEqual(deleted, '')
        self.assertEqual(moved['summary'], "Other")
        request, found = events.list(calendarId='primary', maxResults=50), []
        while request is not None:
            page = client.execute(request)
            found.extend(page['items'])
            request = events.list_next(request, page)
        self.assertEqual(len(found), 119)
        self.assertEqual(client.counters.parts, 124)
        self.assertEqual(client.counters.retries, 0)
        self.assertEqual(self.slept, [])

    def test_precondition(self):
        client = self.client(self.exchange(*self.authorize()))
        event = self.admin.insert_event(EMAIL, {
                'summary': "A", 'start': {'date': '2026-03-01'},
                'end': {'date': '2026-03-02'}})
        request = client.api.events().patch(
            calendarId='primary', eventId=event['id'], body={'summary': "B"})
        request.headers['If-Match'] = event['etag']
        client.execute(request)
        with self.assertRaises(GoogleError) as caught:
            client.execute(request)
        self.assertEqual(caught.exception.status, 412)
        self.assertEqual(caught.exception.reason, 'conditionNotMet')
        failure, = client.batch([request])
        self.assertEqual(failure.reason, 'conditionNotMet')
