# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

from tests.emulator import EmulatorAdmin

from .common import (
    EmulatorTestCase, setUpModule, tearDownModule, timed)

__all__ = ['setUpModule', 'tearDownModule']
ROOT = Path(__file__).parents[3]
ANN = 'ann@example.com'
BOB = 'bob@example.com'
CHILD = '''
import sys, urllib.request, json
url, token, count = sys.argv[1:]
for number in range(int(count)):
    body = {'id': f'event{number}', 'start': {'date': '2026-03-01'},
        'end': {'date': '2026-03-02'}}
    request = urllib.request.Request(
        url + '/calendar/v3/calendars/primary/events',
        json.dumps(body).encode(), {
            'Authorization': 'Bearer ' + token,
            'Content-Type': 'application/json'})
    urllib.request.urlopen(request).read()
    print(number, flush=True)
'''


class TestProcess(EmulatorTestCase):
    def start(self, *arguments):
        process = subprocess.Popen(
            [sys.executable, '-m', 'tests.emulator', *arguments],
            cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, json.loads(process.stdout.readline())['url']

    def test_signal(self):
        process, url = self.start()
        EmulatorAdmin(url).add_user('x@example.com')
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 0)

    def test_snapshot(self):
        "All that was forgotten or done since is undone, as often as wanted"
        token = self.token()
        self.admin.add_group('team@example.com', [BOB])
        self.admin.act(ANN, 'calendar.acl.insert', calendarId=ANN, body={
                'role': 'reader',
                'scope': {'type': 'group', 'value': 'team@example.com'}})
        event = self.admin.insert_event(ANN, timed())
        file = self.admin.create_file(ANN, 'a.txt', content=b'old')
        self.admin.options(max_page=7)
        self.admin.advance(60)
        self.admin.add_fault(
            'status', status=500, method_id=r'calendar\.acl\..*')
        self.admin.clear_log()
        snapshot = self.admin.snapshot()
        before = self.look(file['id'])
        for forget in [
                lambda: self.admin.patch_event(
                    ANN, event['id'], {'summary': "Other"}),
                lambda: self.admin.edit_file(ANN, file['id'], content=b'new'),
                lambda: self.admin.revoke_grant(ANN),
                lambda: self.admin.advance(3600),
                self.admin.clear_faults,
                self.admin.reset]:
            forget()
            self.admin.restore(snapshot)
            self.assertEqual(self.look(file['id']), before)
            self.assertLess(
                abs(self.admin.now() - time.time() - 60), 30)
            self.service(token).events().list(calendarId='primary').execute()
            self.assertEqual(self.admin.counters()['requests'], 1)

    def look(self, file):
        return (
            self.admin.dump(ANN), self.admin.act(
                BOB, 'calendar.events.list', calendarId=ANN)['items'],
            self.admin.file_content(file), self.admin.options(),
            self.admin.users(), self.admin.clients(),
            self.admin.grants(), self.admin.faults(), self.admin.channels())

    def test_parent(self):
        parent = subprocess.Popen(
            [sys.executable, '-c', 'import sys; sys.stdin.read()'],
            stdin=subprocess.PIPE)
        process, _ = self.start('--parent-pid', str(parent.pid))
        parent.stdin.close()
        parent.wait()
        self.assertEqual(process.wait(60), 0)

    def child(self, count=3):
        token = self.credentials().token
        process = subprocess.Popen(
            [sys.executable, '-c', CHILD, self.emulator.url, token,
                str(count)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        return process

    def test_kill(self):
        for when, done in [('before', 1), ('after', 2)]:
            with self.subTest(when=when):
                self.admin.reset()
                self.setUp()
                gate = self.admin.pause_at(
                    1, method_id='calendar.events.insert')
                process = self.child()
                self.assertTrue(self.admin.wait_hook(gate))
                # the first request is under way: the second is the next
                hook = self.admin.kill_at(process.pid, 1, when)
                self.admin.resume(gate)
                self.assertEqual(process.wait(60), -signal.SIGKILL)
                self.assertTrue(self.admin.wait_hook(hook))
                self.assertEqual(process.stdout.read(), '0\n')
                self.assertEqual(
                    len(self.admin.dump(ANN)[0]['events']), done)
                self.assertEqual(
                    self.admin.hooks()[-1]['state'], 'done')
        with self.assertRaises(Exception):
            self.admin.kill_at(os.getpid(), 1)

    def test_pause(self):
        "Two changes at once"
        events = self.service().events()
        event = self.admin.insert_event(ANN, timed())
        hook = self.admin.pause_at(1, 'before')
        results = []

        def write():
            request = events.patch(
                calendarId='primary', eventId=event['id'],
                body={'summary': 'x'})
            request.headers['If-Match'] = event['etag']
            try:
                request.execute()
            except Exception as error:
                results.append(error.resp.status)

        thread = threading.Thread(target=write)
        thread.start()
        self.assertTrue(self.admin.wait_hook(hook))
        self.admin.patch_event(ANN, event['id'], {'summary': 'y'})
        self.admin.resume(hook)
        thread.join(60)
        self.assertEqual(results, [412])

    def test_wait_requests(self):
        self.admin.clear_log()
        thread = threading.Thread(
            target=self.service().colors().get().execute)
        self.admin.clear_log()
        thread.start()
        self.assertEqual(self.admin.wait_requests(1), 1)
        thread.join(60)
        self.assertEqual(self.admin.wait_requests(2, timeout=0), 1)

    def test_clock(self):
        before = self.admin.now()
        self.admin.advance(100)
        self.assertGreaterEqual(self.admin.now(), before + 100)
        self.admin.options(skew=-3600)
        request = urllib.request.urlopen(self.emulator.url + '/oauth2/v3/'
            'certs')
        with request as answer:
            self.assertTrue(answer.headers['Date'])
        with self.assertRaises(Exception):
            self.admin.options(nonsense=1)
        self.admin.reset()
        self.assertEqual(self.admin.users(), [])
