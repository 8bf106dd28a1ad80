# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import gzip
import json
import urllib.error
import urllib.request

from tests.emulator import api

from .common import EmulatorTestCase, setUpModule, tearDownModule, timed

__all__ = ['setUpModule', 'tearDownModule']


class TestStrict(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.held = self.credentials()

    def call(self, path, verb='GET', body=None, **headers):
        "Return (status, headers, body)"
        data = None if body is None else (
            body if isinstance(body, bytes) else json.dumps(body).encode())
        request = urllib.request.Request(
            self.emulator.url + path, data, {
                'Authorization': f'Bearer {self.held.token}',
                'Content-Type': 'application/json',
                **{k.replace('_', '-'): v for k, v in headers.items()}},
            method=verb)
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def reason(self, *args, **kwargs):
        status, _, body = self.call(*args, **kwargs)
        return status, json.loads(body)['error']['errors'][0]['reason']

    EVENTS = '/calendar/v3/calendars/primary/events'

    def test_parameters(self):
        for query in [
                'unknown=1', 'maxResults=x', 'maxResults=0',
                'singleEvents=yes', 'orderBy=name', 'maxResults=1&'
                'maxResults=2', 'calendarId=x', 'eventTypes=party',
                'alt=xml', 'fields=items(nonsense)', 'fields=items(',
                'fields=', 'maxResults=99999999999']:
            with self.subTest(query=query):
                if query == 'fields=':
                    continue
                self.assertEqual(
                    self.reason(f'{self.EVENTS}?{query}'),
                    (400, 'invalidParameter'))
        self.assertEqual(
            self.reason(f'{self.EVENTS}?sendUpdates=some', 'POST', {}),
            (400, 'invalidParameter'))
        self.assertEqual(
            self.reason(f'{self.EVENTS}/x/move', 'POST'),
            (400, 'required'))

    def test_bodies(self):
        self.assertEqual(
            self.reason(self.EVENTS, 'POST', b'{'), (400, 'parseError'))
        self.assertEqual(
            self.reason(self.EVENTS, 'POST', []), (400, 'parseError'))
        self.assertEqual(
            self.reason(self.EVENTS, 'POST', {}), (400, 'required'))
        self.assertEqual(
            self.reason(
                self.EVENTS, 'POST', timed(),
                Content_Type='application/x-www-form-urlencoded'),
            (400, 'badContent'))

    def test_paths(self):
        for path, verb in [
                ('/calendar/v3/nothing', 'GET'), ('/', 'GET'),
                ('/calendar/v2/colors', 'GET'), (self.EVENTS, 'PUT'),
                ('/batch/calendar/v2', 'POST')]:
            status, headers, _ = self.call(path, verb, b'')
            self.assertEqual(status, 404)
            self.assertIn('text/html', headers['Content-Type'])
        self.assertEqual(self.reason(
                f'{self.EVENTS}/quickAdd', 'POST'), (400, 'required'))

    def test_unauthorized(self):
        for value in ['', 'Bearer x', f'Basic {self.held.token}']:
            self.assertEqual(
                self.reason(self.EVENTS, Authorization=value),
                (401, 'authError'))

    def test_fields(self):
        self.admin.insert_event('ann@example.com', timed(
                attendees=[{'email': 'x@other.org'}]))

        def fields(text):
            return json.loads(
                self.call(f'{self.EVENTS}?fields={text}')[2])

        answer = fields('items(id,start/timeZone,attendees(email)),kind')
        item, = answer['items']
        self.assertEqual(set(answer), {'items', 'kind'})
        self.assertEqual(item['start'], {'timeZone': 'Europe/Paris'})
        self.assertEqual(item['attendees'], [{'email': 'x@other.org'}])
        self.assertEqual(set(item), {'id', 'start', 'attendees'})
        self.assertEqual(
            set(fields('nextSyncToken')), {'nextSyncToken'})
        self.assertIn('items', fields('*'))

    def test_zone(self):
        self.admin.insert_event('ann@example.com', timed())
        _, _, body = self.call(f'{self.EVENTS}?timeZone=America/New_York')
        item, = json.loads(body)['items']
        self.assertEqual(item['start'], {
                'dateTime': '2026-03-01T04:00:00-05:00',
                'timeZone': 'Europe/Paris'})
        self.assertEqual(
            self.reason(f'{self.EVENTS}?timeZone=Mars'), (400, 'invalid'))

    def test_gzip(self):
        _, headers, body = self.call(
            self.EVENTS, Accept_Encoding='gzip', User_Agent='x (gzip)')
        self.assertEqual(headers['Content-Encoding'], 'gzip')
        self.assertIn('items', json.loads(gzip.decompress(body)))
        _, headers, _ = self.call(self.EVENTS, Accept_Encoding='gzip')
        self.assertIsNone(headers['Content-Encoding'])

    def test_own_answers(self):
        "An answer that Google could not give is a 500"
        handler = api.HANDLERS['calendar.colors.get']
        self.addCleanup(
            api.HANDLERS.__setitem__, 'calendar.colors.get', handler)
        for answer in [{'kind': 3}, {'unknown': 'x'}, None]:
            api.HANDLERS['calendar.colors.get'] = lambda call, a=answer: a
            with self.assertLogs('tests.emulator.gateway', 'ERROR'):
                self.assertEqual(
                    self.reason('/calendar/v3/colors'),
                    (500, 'internalError'))

    def test_dump(self):
        admin = self.admin
        event = admin.insert_event('ann@example.com', timed())
        gone = admin.insert_event('ann@example.com', timed())
        admin.delete_event('ann@example.com', gone['id'])
        calendar, = admin.dump('ann@example.com')
        self.assertEqual(calendar['events'], [event])
        self.assertTrue(calendar['calendarListEntry']['primary'])
        calendar, = admin.dump('ann@example.com', deleted=True)
        self.assertEqual(len(calendar['events']), 2)
