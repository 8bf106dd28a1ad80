# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"A process that dies between any two commits leaves no lock that is not one"
import datetime as dt
from unittest.mock import patch

from .tools import ALICE, ATTACHMENT, GoogleDriveTestCase, killed

LARGE = b'large' * 100


class LockCrashTestCase(GoogleDriveTestCase):

    def setUp(self):
        for module in ['media_send', 'media']:
            self.enterContext(patch(
                    f'trytond.modules.google_integration.{module}'
                    '.MAXIMUM_SINGLE', 100))
        super().setUp()

    def prepare(self):
        super().prepare()
        self.allow()
        self.set_rule(lock=True, lock_timeout=dt.timedelta(hours=1))
        self.small = self.attach("small", b'0')
        self.large = self.attach("large", LARGE)
        self.synchronize()
        self.round = 0

    def press(self, button):
        for id in [self.small, self.large]:
            self.click(ATTACHMENT, id, f'google_drive_{button}')

    def change(self):
        "Change what is locked: the content and the name"
        self.round += 1
        content = b'%d' % self.round
        self.write(
            self.small, data=content, name=f"small {self.round}",
            user=self.jane)
        self.write(self.large, data=LARGE + content, user=self.jane)
        return [
            ("Sales/large", LARGE + content),
            (f"Sales/small {self.round}", content)]

    def restrictions(self):
        return [
            self.google.act(
                ALICE, 'drive.files.get',
                fileId=self.file(id, 'google_id'),
                fields='contentRestrictions').get('contentRestrictions')
            for id in [self.small, self.large]]

    def assert_locked(self, locked):
        self.assertEqual(
            [bool(r) for r in self.restrictions()], [locked] * 2)
        for id in [self.small, self.large]:
            reason, known = self.file(id, 'lock_reason', 'google_lock')
            self.assertEqual(reason, known)
            self.assertEqual(bool(reason), locked)

    def check(self, done, *acts):
        """Die at each commit of the run after each of the acts

        An act returns what is expected, and tells if it is locked then.
        """
        self.press('edit_here')
        self.synchronize()
        number, died = 0, True
        while died:
            number += 1
            died = False
            for act in acts:
                with self.subTest(commit=number):
                    expected, locked = act()
                    died |= killed(self, number, done)
                    self.synchronize()
                    self.assert_locked(locked)
                    self.assertEqual(self.remote(), sorted(expected))
                    self.assertEqual(self.local(), self.remote())
                    self.assertEqual(self.errors(), [])
        self.assertGreater(number, 3)
        self.assertEqual(self.conflicts('id'), [])
        # nobody has broken a lock
        self.assertEqual(self.search('res.notification', 'id', domain=[
                    ('user', '=', self.jane),
                    ('label', 'like', '%lock%'),
                    ]), [])
        self.assert_settled()

    def lock(self):
        self.press('edit_here')
        return self.local(), True

    def unlock(self):
        self.press('unlock')
        return self.local(), False

    def change_locked(self):
        return self.change(), True

    def change_unlocked(self):
        "Changed and unlocked before anything was sent"
        expected = self.change()
        self.press('unlock')
        return expected, False

    def test_change(self):
        for done in [False, True]:
            with self.subTest(done=done):
                self.check(done, self.change_locked)

    def test_unlock(self):
        for done in [False, True]:
            with self.subTest(done=done):
                self.check(done, self.unlock, self.lock)

    def test_change_unlock(self):
        for done in [False, True]:
            with self.subTest(done=done):
                self.check(done, self.change_unlocked, self.lock)


del GoogleDriveTestCase
