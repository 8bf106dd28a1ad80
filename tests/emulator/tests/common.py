# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the tests of the emulator share; the clients are Google's own."
import copy
import json
import os
import unittest

import google_auth_httplib2
import httplib2
from google.oauth2.credentials import Credentials
from google_auth_oauthlib.flow import Flow
from googleapiclient.discovery import build_from_document

from tests.emulator import Emulator
from tests.emulator.discovery import load

SCOPE = 'https://www.googleapis.com/auth/'
CALENDAR = SCOPE + 'calendar'
REDIRECT = 'http://127.0.0.1:8000/test/google/callback'


def setUpModule():
    os.environ['OAUTHLIB_INSECURE_TRANSPORT'] = '1'
    os.environ['OAUTHLIB_RELAX_TOKEN_SCOPE'] = '1'


def tearDownModule():
    del os.environ['OAUTHLIB_INSECURE_TRANSPORT']
    del os.environ['OAUTHLIB_RELAX_TOKEN_SCOPE']


class EmulatorTestCase(unittest.TestCase):
    "One emulator a class, reset before each test"

    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator().start()
        cls.admin = cls.emulator.admin
        cls.document = load('calendar.v3')

    @classmethod
    def tearDownClass(cls):
        cls.emulator.stop()

    def setUp(self):
        self.admin.reset()
        self.admin.add_user('ann@example.com', time_zone='Europe/Paris')
        self.admin.add_user('bob@example.com')
        self.client = self.admin.add_client([REDIRECT])

    def flow(self, scopes, client=None):
        return Flow.from_client_config(
            (client or self.client)['file'], scopes, redirect_uri=REDIRECT)

    def credentials(self, user='ann@example.com', scopes=(CALENDAR,),
            client=None, **values):
        flow = self.flow(list(scopes), client)
        values.setdefault('access_type', 'offline')
        values.setdefault('prompt', 'consent')
        url, _ = flow.authorization_url(**values)
        flow.fetch_token(
            authorization_response=self.admin.consent(url, user))
        return flow.credentials

    def token(self, user='ann@example.com', scopes=(CALENDAR,)):
        "Credentials without the dance"
        held = self.credentials(user, scopes)
        return Credentials(held.token)

    def service(self, credentials=None, **values):
        document = copy.deepcopy(self.document)
        document['rootUrl'] = self.emulator.url + '/'
        document['baseUrl'] = self.emulator.url + '/calendar/v3/'
        document.pop('mtlsRootUrl', None)
        http = google_auth_httplib2.AuthorizedHttp(
            credentials or self.credentials(), httplib2.Http(timeout=60))
        service = build_from_document(document, http=http, **values)
        self.addCleanup(service.close)
        return service

    def assertRefused(self, status, reason, call, *args, **kwargs):
        from googleapiclient.errors import HttpError
        with self.assertRaises(HttpError) as caught:
            call(*args, **kwargs)
        error = caught.exception
        body = json.loads(error.content)['error']
        self.assertEqual(
            (error.resp.status, body['errors'][0]['reason']),
            (status, reason), body)
        return body


def timed(day=1, hour=10, zone='Europe/Paris', **values):
    return {
        'summary': 'Meeting',
        'start': {
            'dateTime': f'2026-03-{day:02}T{hour:02}:00:00',
            'timeZone': zone},
        'end': {
            'dateTime': f'2026-03-{day:02}T{hour + 1:02}:00:00',
            'timeZone': zone},
        **values}


def all_day(first='2026-03-01', last='2026-03-02', **values):
    return {
        'summary': 'Holiday', 'start': {'date': first},
        'end': {'date': last}, **values}
