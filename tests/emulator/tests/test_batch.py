# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import json
import urllib.error
import urllib.request

from .common import EmulatorTestCase, setUpModule, tearDownModule, timed

__all__ = ['setUpModule', 'tearDownModule']


class TestBatch(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.held = self.credentials()
        self.api = self.service(self.held)
        self.answers = []

    def run_batch(self, *requests):
        def done(request_id, answer, error):
            if error is not None:
                answer = (error.resp.status, json.loads(error.content)[
                        'error']['errors'][0]['reason'])
            self.answers.append(answer)

        batch = self.api.new_batch_http_request(callback=done)
        for request in requests:
            batch.add(request)
        batch.execute()
        answers, self.answers = self.answers, []
        return answers

    def insert(self, **values):
        return self.api.events().insert(
            calendarId='primary', body=timed(**values))

    def test_mixed(self):
        answers = self.run_batch(
            self.insert(id='abcde'), self.insert(id='abcde'),
            self.insert(summary=3),
            self.api.events().delete(calendarId='primary', eventId='abcde'),
            self.api.events().get(calendarId='primary', eventId='fghij'),
            self.api.events().list(calendarId='primary'))
        self.assertEqual(answers[0]['id'], 'abcde')
        self.assertEqual(answers[1], (409, 'duplicate'))
        self.assertEqual(answers[2], (400, 'invalid'))
        self.assertEqual(answers[3], '')
        self.assertEqual(answers[4], (404, 'notFound'))
        self.assertEqual(answers[5]['items'], [])
        self.assertEqual(len(self.admin.log(batch=True)), 6)
        counters = self.admin.counters()['methods']
        self.assertEqual(counters['calendar.batch'], 1)
        self.assertEqual(counters['calendar.events.insert'], 3)

    def test_precondition(self):
        event = self.insert().execute()
        request = self.api.events().patch(
            calendarId='primary', eventId=event['id'], body={})
        request.headers['If-Match'] = '"1"'
        self.assertEqual(
            self.run_batch(request), [(412, 'conditionNotMet')])

    def test_faults(self):
        self.admin.add_fault(
            'status', status=403, reason='rateLimitExceeded', batch=True,
            nth=2)
        answers = self.run_batch(
            self.insert(), self.insert(), self.insert())
        self.assertEqual(
            [isinstance(a, tuple) for a in answers], [False, True, False])
        self.assertEqual(answers[1], (403, 'rateLimitExceeded'))
        # the connection ends at the second part, after its effect, for
        # httplib2's own repetition too
        self.admin.clear_log()
        self.admin.add_fault(
            'drop_after', method_id='calendar.events.insert', nth=2)
        self.admin.add_fault('drop_before', method_id='calendar.batch',
            nth=2, times=1)
        with self.assertRaises(Exception):
            self.run_batch(self.insert(), self.insert(), self.insert())
        self.assertEqual(
            [e['id'] for e in self.admin.log() if not e['status']],
            ['calendar.batch'] * 2)
        self.assertEqual(len(self.admin.dump(
                    'ann@example.com')[0]['events']), 4)

    def raw(self, body, kind='multipart/mixed; boundary=b', token=None):
        request = urllib.request.Request(
            self.emulator.url + '/batch/calendar/v3', body.encode(), {
                'Content-Type': kind,
                'Authorization': f'Bearer {token or self.held.token}'})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def part(self, line, headers='', name='<a+1>'):
        return (
            f'--b\r\nContent-Type: application/http\r\nContent-ID: {name}'
            f'\r\n\r\n{line}\r\n{headers}\r\n')

    def test_raw(self):
        path = '/calendar/v3/calendars/primary'
        bob = self.credentials('bob@example.com').token
        status, text = self.raw(
            self.part(f'GET {path}') + self.part(
                f'GET {path}', f'Authorization: Bearer {bob}\r\n', '<b>')
            + self.part(f'GET http://x{path}') + '--b--')
        self.assertEqual(status, 200)
        self.assertLess(
            text.index('"id": "ann@example.com"'),
            text.index('"id": "bob@example.com"'))
        self.assertIn('Content-ID: <response-a+1>', text)
        self.assertIn('Content-ID: <response-b>', text)
        self.assertIn('HTTP/1.1 400', text)
        self.assertEqual(self.raw('x')[0], 400)
        self.assertEqual(self.raw('{}', 'application/json')[0], 400)
        status, text = self.raw(
            self.part(f'GET {path}') + '--b--', token='x')
        self.assertEqual(status, 200)
        self.assertIn('HTTP/1.1 401', text)

    def test_limit(self):
        part = self.part('GET /calendar/v3/colors')
        self.assertEqual(self.raw(part * 1000 + '--b--')[0], 200)
        self.assertEqual(self.raw(part * 1001 + '--b--')[0], 400)
