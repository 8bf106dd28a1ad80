# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"A process that dies between any two commits doubles and loses nothing"
import os
import threading
from collections import Counter
from unittest.mock import patch

from trytond.modules.google_drive import network_pieces, store
from trytond.modules.google_integration import media
from trytond.modules.google_integration.lease import LeaseLost
from trytond.modules.google_integration.tests.killed import Killed

from .tools import (
    ALICE, ATTACHMENT, DRIVE, FILE, GoogleDriveTestCase, killed)


class CrashTestCase(GoogleDriveTestCase):

    def setUp(self):
        super().setUp()
        self.set_service(deletion_share=100, parallel=2)
        # what is longer goes in sessions
        for module in ['media_send', 'media']:
            self.enterContext(patch(
                    f'trytond.modules.google_integration.{module}'
                    '.MAXIMUM_SINGLE', 100))
        self.assertEqual(media.MAXIMUM_SINGLE, 100)
        self.round = 0
        self.before = {}
        self.expected = {}

    def change(self):
        "Change on both sides what there is, and add to it"
        self.round += 1
        n, expected = self.round, self.expected
        for kind, (attachment, file) in self.before.items():
            path = f"Sales/{n - 1} {kind}"
            if kind == 'small':
                self.write(attachment, data=b'new', name=f"{n} renamed")
                del expected[path]
                expected[f"Sales/{n} renamed"] = b'new'
            elif kind == 'large':
                self.delete(attachment)
                del expected[path]
            elif kind == 'dropped':
                self.google.edit_file(ALICE, file, content=b'edited')
                expected[path] = b'edited'
            else:
                self.google.trash_file(ALICE, file)
                del expected[path]
        record = self.create_record(f"Sales {n}")
        self.attach(f"{n} first", b'1', record)
        expected[f"Sales {n}/{n} first"] = b'1'
        self.before = {
            'small': (self.attach(f"{n} small", b'%d' % n), None),
            'large': (self.attach(f"{n} large", b'%d' % n * 200), None),
            'dropped': (None, self.drop(f"{n} dropped", b'%d' % n)['id']),
            'dropped large': (None, self.drop(
                    f"{n} dropped large", b'%d' % n * 200)['id']),
            }
        expected[f"Sales/{n} small"] = b'%d' % n
        expected[f"Sales/{n} large"] = b'%d' % n * 200
        expected[f"Sales/{n} dropped"] = b'%d' % n
        expected[f"Sales/{n} dropped large"] = b'%d' % n * 200

    def check(self, done):
        number = 0
        while True:
            number += 1
            self.change()
            with self.subTest(commit=number):
                died = killed(self, number, done)
                self.synchronize()
                self.assertEqual(
                    self.local(), sorted(self.expected.items()))
                self.assertEqual(self.remote(), self.local())
                self.assertEqual(self.errors(), [])
            if not died:
                break
        self.assertGreater(number, 12)
        self.assert_settled()
        # each folder once
        folders = [
            f['name'] for f in self.google.files(trashed=False)
            if f['parent'] == self.root]
        self.assertEqual(len(folders), len(set(folders)))
        self.check_transfers()

    def check_transfers(self):
        "Each transfer is noted once"
        lines = self.search(
            'google_drive.transfer', 'kind', 'direction', 'google_id', 'md5')
        self.assertEqual(len(lines), len(set(lines)))
        n = self.round
        self.assertEqual(Counter(line[:2] for line in lines), {
                # the first, the small and the large one, and a new content
                ('content', 'to_google'): 3 * n + (n - 1),
                ('content', 'to_tryton'): 2 * n + (n - 1),
                ('deletion', 'to_google'): n - 1,
                ('deletion', 'to_tryton'): n - 1,
                })

    def test_before(self):
        "What was done at Google is not known to be"
        self.check(False)

    def test_after(self):
        "What is known to be done next was not"
        self.check(True)


class PiecesTestCase(GoogleDriveTestCase):
    "What comes back is written in pieces, while others are on their way"
    files = 7

    def setUp(self):
        super().setUp()
        self.set_service(parallel=2)
        self.enterContext(patch.object(network_pieces, 'PIECE', 2))

    def attach_all(self):
        for i in range(self.files):
            self.attach(f"{i}.txt", b'%d' % i)

    def drop_all(self):
        for i in range(self.files):
            self.drop(f"{i}.txt", b'%d' % i)

    def check(self, hook, error):
        "An error at the second piece leaves what was written of the first"
        method, count = getattr(self.model(DRIVE), hook), 0

        def fail(drive, some, *args):
            nonlocal count
            # the identifiers and the folder are no contents
            count += hook == 'receive' or some[0].kind == 'insert'
            if count == 2:
                raise error
            return method(drive, some, *args)

        with patch.object(self.model(DRIVE), hook, fail):
            if isinstance(error, LeaseLost):
                self.assertFalse(self.run_once())
            else:
                with self.assertRaises(type(error)):
                    self.run_once()
        self.assertEqual(count, 2)
        # none that sends or fetches is left
        self.assertEqual(
            [t for t in threading.enumerate() if '_work' in t.name], [])
        self.assert_no_temporary()
        self.assertEqual(
            self.search(FILE, 'google_state').count('synchronized'), 2
            if hook == 'confirm' else self.files)
        self.assertEqual(
            len(self.local()), 2 if hook == 'receive' else self.files)
        self.update(DRIVE, self.drive, lease_until=0.0)
        self.synchronize()
        self.assert_equal_sides(self.files)
        self.assertEqual(len(self.search(ATTACHMENT, 'id')), self.files)
        self.assert_no_temporary()
        self.assert_settled()

    def assert_no_temporary(self):
        self.assertEqual(
            os.listdir(os.path.dirname(store.temporary())), [])

    def test_sent_killed(self):
        self.attach_all()
        self.check('confirm', Killed())

    def test_sent_lost(self):
        self.attach_all()
        self.check('confirm', LeaseLost())

    def test_received_killed(self):
        self.drop_all()
        self.check('receive', Killed())

    def test_received_lost(self):
        self.drop_all()
        self.check('receive', LeaseLost())

    def test_outage(self):
        "When a whole piece waits for better times the rest is not tried"
        self.files = 20
        self.attach_all()
        self.google.add_fault(
            'status', method_id='drive.files.create', status=403,
            reason='dailyLimitExceeded', batch=False, times=None)
        self.assertFalse(self.run_once())
        self.assertLess(self.requests().count('drive.files.create'), 20)
        self.google.clear_faults()
        self.synchronize()
        self.assert_equal_sides(20)
        self.assert_settled()


class LostAnswerTestCase(GoogleDriveTestCase):

    def check(self, action, method, batch=False, setup=None):
        attachment = self.attach("a.txt", b'1')
        if setup:
            self.synchronize()
            setup(attachment)
        self.google.add_fault(action, method_id=method, batch=batch, times=2)
        self.run_once()
        self.google.clear_faults()
        self.synchronize()
        self.assert_equal_sides(1)
        self.assertEqual(len(self.search(ATTACHMENT, 'id')), 1)
        self.assert_settled()

    def test_identifiers(self):
        for action in ['drop_before', 'drop_after']:
            with self.subTest(action=action):
                self.check(action, 'drive.files.generateIds')
                self.delete(*self.search(ATTACHMENT, 'id'))
                self.synchronize()

    def test_create(self):
        for action in ['drop_before', 'drop_after', 'malformed']:
            with self.subTest(action=action):
                self.check(action, 'drive.files.create')
                self.delete(*self.search(ATTACHMENT, 'id'))
                self.synchronize()

    def test_update(self):
        for action in ['drop_before', 'drop_after']:
            with self.subTest(action=action):
                self.check(
                    action, 'drive.files.update',
                    setup=lambda a: self.write(a, data=b'2'))
                self.delete(*self.search(ATTACHMENT, 'id'))
                self.synchronize()

    def test_patch(self):
        for action in ['drop_before', 'drop_after']:
            with self.subTest(action=action):
                self.check(
                    action, 'drive.files.update', batch=True,
                    setup=lambda a: self.write(a, name="b.txt"))
                self.delete(*self.search(ATTACHMENT, 'id'))
                self.synchronize()

    def test_trash(self):
        for action in ['drop_before', 'drop_after']:
            with self.subTest(action=action):
                attachment = self.attach("a.txt", b'1')
                self.synchronize()
                self.delete(attachment)
                self.google.add_fault(
                    action, method_id='drive.files.update', batch=True,
                    times=2)
                self.run_once()
                self.google.clear_faults()
                self.synchronize()
                self.assert_equal_sides(0)
                self.assertEqual(self.tombstones(), [])

    def test_download(self):
        for action in ['drop_before', 'truncated', 'corrupt']:
            with self.subTest(action=action):
                file = self.drop("a.txt", b'some bytes')
                self.google.add_fault(
                    action, method_id='drive.files.get_media', times=2)
                self.run_once()
                self.google.clear_faults()
                for id in self.search(
                        'google_integration.sync_error', 'id'):
                    self.click('google_integration.sync_error', id, 'retry')
                self.synchronize()
                self.assert_equal_sides(1)
                self.assertEqual(self.errors(), [])
                self.google.trash_file(ALICE, file['id'])
                self.synchronize()


class WorkersTestCase(GoogleDriveTestCase):

    def test_two(self):
        "A second worker leaves the drive to the first one"
        self.attach("a.txt", b'1')
        self.drop("b.txt", b'2')
        results = []

        def second(*args):
            with self.meanwhile(0):
                from trytond.modules.google_integration.engine import Run
                results.append(Run(self.model(DRIVE), self.drive)())
        with self.hook('list_changes', before=second), \
                self.hook('download_pieces', before=second), \
                self.hook('push_pieces', before=second):
            self.synchronize()
        self.synchronize()
        self.assertEqual(set(results), {False})
        self.assert_equal_sides(2)
        self.assertEqual(
            [f['name'] for f in self.google.files()
                if f['parent'] == self.root], ["Sales"])
        self.assert_settled()

    def test_lost_lease(self):
        "Who lost the lease writes nothing"
        self.attach("a.txt", b'1')

        def lose(*args):
            with self.meanwhile(0) as pool:
                from trytond.modules.google_integration import bookkeeping
                bookkeeping.update(
                    pool.get(DRIVE), [self.drive], {'lease_token': 'other'})
        with self.hook('push_pieces', before=lose):
            self.assertFalse(self.run_once())
        self.update(DRIVE, self.drive, lease_until=0.0)
        self.synchronize()
        self.synchronize()
        self.assert_equal_sides(1)
        self.assert_settled()
