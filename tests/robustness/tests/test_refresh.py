# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Several processes need a fresh token at the same time"
import datetime as dt
import time
import unittest

from tests.robustness.laboratory import Laboratory, trial
from tests.robustness.processes import tell
from trytond.modules.google_integration import tokens
from trytond.modules.google_integration.exceptions import (
    GoogleCredentialsError)
from trytond.pool import Pool

MANY = 4


def setUpModule():
    global laboratory
    laboratory = Laboratory()
    laboratory.__enter__()
    unittest.addModuleCleanup(laboratory.__exit__)


def ask(site):
    "Get a token and use it; tell when it has to be waited for"
    told = []

    def wait(seconds):
        if not told:
            told.append(True)
            tell('waiting')
        time.sleep(.01)

    tokens.sleep = wait
    with site.transaction():
        Credentials = Pool().get('google_integration.google_credentials')
        try:
            client = Credentials(site.credentials).get_client(
                'calendar', 'v3')
        except GoogleCredentialsError:
            return
        try:
            client.execute(client.api.calendarList().list())
        finally:
            client.close()
        return client.credentials.token


def expire(site, seconds=None):
    "The token has expired, or will in so many seconds"
    if seconds is None:
        site.admin.expire_access_tokens()
    expiry = dt.datetime.now(dt.timezone.utc) + dt.timedelta(
        seconds=seconds or -3600)
    site.sql(
        "UPDATE google_integration_google_credentials "
        f"SET token_expiry = '{expiry:%Y-%m-%d %H:%M:%S}'")
    site.admin.clear_log()


def token_requests(site):
    return len(site.admin.log(id='oauth.token'))


def state(site):
    row, = site.rows('google_integration_google_credentials')
    return row['state']


def notifications(site):
    return len(site.rows('res_notification'))


class RefreshTestCase(unittest.TestCase):
    "Several processes need a fresh token at the same time"

    def setUp(self):
        self.laboratory = laboratory

    def pause(self, site):
        "Return a process that waits for Google's answer, and the hook"
        hook = site.admin.pause_at(1, method_id='oauth.token')
        process = site.process(ask).start()
        self.assertTrue(site.admin.wait_hook(hook))
        return process, hook

    @trial
    def test_one_request(self, site):
        "The second waits for the token of the first"
        expire(site)
        first, hook = self.pause(site)
        second = site.process(ask).start()
        self.assertEqual(second.told(), 'waiting')
        site.admin.resume(hook)
        token = first.result()
        self.assertTrue(token)
        self.assertEqual(second.result(), token)
        self.assertEqual(token_requests(site), 1)

    @trial
    def test_many(self, site):
        "All start together"
        expire(site)
        site.admin.add_fault('latency', method_id='oauth.token', seconds=.2)
        processes = [site.process(ask) for _ in range(MANY)]
        for process in processes:
            process.start()
        found = {p.result() for p in processes}
        self.assertEqual(len(found), 1)
        self.assertNotIn(None, found)
        self.assertEqual(token_requests(site), 1)

    @trial
    def test_living(self, site):
        "Who has a token that lives does not wait for a fresh one"
        expire(site, 120)
        first, hook = self.pause(site)
        old = site.process(ask).result()
        self.assertTrue(old)
        site.admin.resume(hook)
        self.assertNotIn(first.result(), {None, old})
        self.assertEqual(token_requests(site), 1)

    def killed(self, site, when):
        "Who refreshes is killed: the other goes on once the lease is over"
        expire(site)
        first = site.process(ask)
        site.admin.kill_at(first.pid, 1, when=when, method_id='oauth.token')
        self.assertTrue(first.killed())
        second = site.process(ask).start()
        self.assertEqual(second.told(), 'waiting')
        self.assertLessEqual(token_requests(site), 1)
        site.end_leases()
        self.assertTrue(second.result())
        self.assertEqual(state(site), 'authorized')

    @trial
    def test_killed_before(self, site):
        self.killed(site, 'before')

    @trial
    def test_killed_after(self, site):
        self.killed(site, 'after')

    @trial
    def test_invalid_grant(self, site):
        "The grant is lost: one transition, one notification"
        before = notifications(site)
        expire(site)
        site.admin.expire_refresh_tokens()
        first, hook = self.pause(site)
        second = site.process(ask).start()
        self.assertEqual(second.told(), 'waiting')
        site.admin.resume(hook)
        self.assertIsNone(first.result())
        self.assertIsNone(second.result())
        self.assertEqual(state(site), 'expired')
        self.assertEqual(notifications(site), before + 1)
        self.assertEqual(token_requests(site), 1)

    @trial
    def test_invalid_grant_twice(self, site):
        "Both are told so by Google, as the first was too slow"
        before = notifications(site)
        expire(site)
        site.admin.expire_refresh_tokens()
        first, hook = self.pause(site)
        second = site.process(ask).start()
        self.assertEqual(second.told(), 'waiting')
        site.end_leases()
        self.assertIsNone(second.result())
        self.assertEqual(state(site), 'expired')
        site.admin.resume(hook)
        self.assertIsNone(first.result())
        self.assertEqual(token_requests(site), 2)
        self.assertEqual(state(site), 'expired')
        self.assertEqual(notifications(site), before + 1)

    @trial
    def test_late_refusal(self, site):
        "A refusal of an old grant does not take the new one away"
        expire(site)
        site.admin.add_fault(
            'status', method_id='oauth.token', status=400,
            reason='invalid_grant')
        first, hook = self.pause(site)
        second = site.process(ask).start()
        self.assertEqual(second.told(), 'waiting')
        # authorized again meanwhile
        site.sql(
            "UPDATE google_integration_google_credentials "
            "SET token_digest = 'another', "
            "token_expiry = '2100-01-01 00:00:00'")
        site.admin.resume(hook)
        first.result()
        second.result()
        self.assertEqual(state(site), 'authorized')
