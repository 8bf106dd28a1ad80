# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import time

import google.auth.exceptions
import google.auth.transport.requests
from googleapiclient.errors import HttpError

from .common import EmulatorTestCase, setUpModule, tearDownModule, timed

__all__ = ['setUpModule', 'tearDownModule']
ANN = 'ann@example.com'
INSERT = 'calendar.events.insert'


class TestFaults(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.held = self.credentials()
        self.events = self.service(self.held).events()

    def insert(self, **values):
        return self.events.insert(
            calendarId='primary', body=timed(**values)).execute()

    def count(self):
        return len(self.admin.dump(ANN)[0]['events'])

    def test_status(self):
        for status, reason in [
                (403, 'rateLimitExceeded'), (403, 'userRateLimitExceeded'),
                (403, 'quotaExceeded'), (429, 'rateLimitExceeded'),
                (500, 'backendError'), (503, 'serviceUnavailable'),
                (409, 'conflict'), (410, 'fullSyncRequired')]:
            with self.subTest(reason=reason, status=status):
                self.admin.add_fault(
                    'status', status=status, reason=reason,
                    method_id=INSERT, retry_after=7)
                self.assertRefused(status, reason, self.insert)
        self.assertEqual(self.count(), 0)
        self.insert()
        self.admin.add_fault('status', status=429, retry_after=7)
        with self.assertRaises(HttpError) as caught:
            self.insert()
        self.assertEqual(caught.exception.resp['retry-after'], '7')

    def test_matching(self):
        self.admin.add_fault(
            'status', status=500, method_id=r'calendar\.events\..*',
            nth=2, times=2, user=ANN, method='post', path='primary')
        results = []
        for _ in range(4):
            try:
                self.insert()
                results.append(200)
            except HttpError as error:
                results.append(error.resp.status)
        self.assertEqual(results, [200, 500, 500, 200])
        self.assertEqual(self.admin.faults(), [])
        self.admin.add_fault('status', status=500, times=None)
        for _ in range(3):
            self.assertRefused(500, 'backendError', self.insert)
        self.admin.clear_faults()
        self.insert()
        with self.assertRaises(Exception):
            self.admin.add_fault('nonsense')

    def test_drop_before(self):
        self.admin.add_fault('drop_before', times=2)
        with self.assertRaises(OSError):
            self.insert()
        self.assertEqual(self.count(), 0)

    def test_drop_after(self):
        self.admin.add_fault('drop_after')
        # httplib2 repeats it by itself
        self.assertRefused(
            409, 'duplicate', self.insert, id='abcde')
        self.assertEqual(self.count(), 1)
        self.assertEqual(
            [e.get('fault') for e in self.admin.log(id=INSERT)],
            ['drop_after', None])

    def test_bodies(self):
        # the client gives a body that is no JSON as it is
        self.admin.add_fault('malformed')
        self.assertIn('<html>', self.insert())
        self.admin.add_fault('truncated', times=2)
        with self.assertRaises(Exception) as caught:
            self.insert()
        self.assertNotIsInstance(caught.exception, HttpError)
        self.admin.clear_faults()
        self.assertGreaterEqual(self.count(), 2)

    def test_latency(self):
        self.admin.add_fault('latency', seconds=0.2)
        before = time.monotonic()
        self.insert()
        self.assertGreater(time.monotonic() - before, 0.2)

    def test_redirect(self):
        self.admin.add_fault(
            'redirect', url='http://example.com/x', status=302)
        with self.assertRaises(Exception) as caught:
            self.insert()
        self.assertIn('302', str(caught.exception))

    def test_token(self):
        request = google.auth.transport.requests.Request()
        for status, reason, retryable in [
                (400, 'invalid_grant', False),
                (401, 'invalid_client', False),
                (400, 'temporarily_unavailable', True)]:
            self.admin.add_fault(
                'status', method_id='oauth.token', status=status,
                reason=reason, times=None)
            with self.assertRaises(
                    google.auth.exceptions.RefreshError) as caught:
                self.held.refresh(request)
            self.assertEqual(
                caught.exception.args[1]['error'], reason)
            self.assertEqual(caught.exception.retryable, retryable)
            self.admin.clear_faults()
        self.held.refresh(request)

    def test_log(self):
        self.insert()
        entry = self.admin.log()[-1]
        self.assertEqual(
            (entry['method'], entry['id'], entry['status'], entry['user'],
                entry['query'], entry['batch']),
            ('POST', INSERT, 200, ANN, ['alt'], False))
        self.assertEqual(
            [e['grant'] for e in self.admin.log(id='oauth.token')],
            ['authorization_code'])
        text = repr(self.admin.log())
        for secret in [
                self.held.token, self.held.refresh_token,
                self.client['client_secret']]:
            self.assertNotIn(secret, text)
        last = entry['n']
        self.insert()
        self.assertEqual(len(self.admin.log(since=last)), 1)
        self.admin.clear_log()
        self.assertEqual(self.admin.counters(), {
                'requests': 0, 'methods': {}})
