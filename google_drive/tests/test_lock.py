# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Who edits an attachment keeps the others out"
import contextlib
import datetime as dt
from unittest.mock import patch

from trytond.backend import DatabaseOperationalError
from trytond.model.exceptions import AccessError
from trytond.modules.google_drive.exceptions import (
    DriveLockBreakWarning, DriveLockError)
from trytond.modules.google_integration import bookkeeping

from .lock_case import HOUR, LockCase
from .tools import ALICE, ATTACHMENT, BOB, FILE, GROUP, RULE, database

DOCUMENT = 'application/vnd.google-apps.document'
LARGE = bytes(range(256)) * 2


class LockTestCase(LockCase):

    def test_lock(self):
        "What is edited in Tryton is read-only on Drive"
        self.press('edit_here')
        self.assertEqual(self.shown('locked', 'lock_owner'), [
                'tryton', "Jane"])
        since, until = self.shown('locked_since', 'locked_until')
        self.assertEqual(until - since, HOUR)
        self.synchronize()
        self.assertEqual(self.writes(), ['drive.files.update'])
        self.assert_locked()
        with self.assertRaisesRegex(Exception, 'sufficient'):
            self.google.edit_file(BOB, self.google_id, content=b'theirs')
        self.assert_settled()
        self.assert_locked()

    def test_keeps_out(self):
        "Nobody else changes or deletes the attachment"
        self.press('edit_here')
        for user in [self.john, 1, 0]:
            with self.subTest(user=user):
                for values in [
                        {'name': "b.txt"}, {'data': b'theirs'},
                        {'description': "Theirs"},
                        {'type': 'link'}, {'link': 'https://example.com'},
                        {'resource': f'{GROUP},{self.group}'}]:
                    with self.assertRaisesRegex(DriveLockError, "Jane edits"):
                        self.write(self.attachment, user=user, **values)
                with self.assertRaisesRegex(DriveLockError, "Jane edits"):
                    self.delete(self.attachment, user=user)
        self.change(self.jane, data=b'new')
        self.assertEqual(self.shown('read_only', user=self.jane), False)
        self.assertEqual(self.shown('read_only', user=self.john), True)
        self.delete(self.attachment, user=self.jane)
        self.synchronize()
        self.assertTrue(self.google.file(self.google_id)['trashed'])

    def test_send(self):
        "To send it is lifted, and set again by what is sent"
        self.press('edit_here')
        self.synchronize()
        self.change(self.jane, data=b'new')
        self.requests()
        self.synchronize()
        # the looks are those of what is not locked
        self.assertEqual(self.requests(), [
                'drive.changes.list', 'drive.files.get',
                'drive.files.update', 'drive.files.update',
                'drive.revisions.list'])
        self.assertEqual(self.content(self.google_id), b'new')
        self.assert_locked()
        self.assert_settled()
        self.assert_locked()

    def test_send_large(self):
        "A large content begins its upload when it is lifted"
        self.press('edit_here')
        self.synchronize()
        self.change(self.jane, data=LARGE)
        self.requests()
        with self.small_uploads():
            self.synchronize()
        self.assertEqual(self.writes(), [
                'drive.files.update', 'drive.files.update',
                'drive.upload.chunk'])
        self.assertEqual(self.content(self.google_id), LARGE)
        self.assert_locked()
        self.assert_settled()

    @contextlib.contextmanager
    def small_uploads(self):
        with contextlib.ExitStack() as stack:
            for module in ['media_send', 'media']:
                stack.enter_context(patch(
                        'trytond.modules.google_integration.'
                        f'{module}.MAXIMUM_SINGLE', 100))
            yield

    def test_unlocked_during_upload(self):
        "What an upload locks that began before is unlocked"
        self.press('edit_here')
        self.synchronize()
        self.change(self.jane, data=LARGE)
        self.google.add_fault(
            'status', status=503, method_id='drive.upload.chunk', times=None)
        with self.small_uploads():
            self.assertFalse(self.run_once())
            self.google.clear_faults()
            self.press('unlock')
            self.synchronize()
        self.assertEqual(self.content(self.google_id), LARGE)
        self.assert_free()
        self.assert_settled()

    def test_rename(self):
        "Nor is the name changed of what is read-only"
        self.press('edit_here')
        self.synchronize()
        self.change(self.jane, name="b.txt")
        self.requests()
        self.synchronize()
        self.assertEqual(
            self.writes(), ['drive.files.update', 'drive.files.update'])
        self.assertEqual(self.remote(), [("Sales/b.txt", b'old')])
        self.assert_locked()
        self.assert_settled()

    def test_move(self):
        "Google moves what is read-only"
        other = self.create_record("Sales 2")
        self.press('edit_here')
        self.synchronize()
        self.change(self.jane, resource=f'{GROUP},{other}')
        self.requests()
        self.synchronize()
        self.assertEqual(self.writes().count('drive.files.update'), 1)
        self.assertEqual(self.remote(), [("Sales 2/a.txt", b'old')])
        self.assert_locked()
        self.assert_settled()

    def test_new(self):
        "What is not on Drive yet is locked when it is"
        id = self.attach("new.txt", b'1')
        self.press('edit_here', attachment=id)
        with self.assertRaises(DriveLockError):
            self.write(id, data=b'2', user=self.john)
        self.synchronize()
        self.assertIn(
            "Jane", self.restriction(self.file(id, 'google_id'))['reason'])
        self.assert_settled()

    def test_unlock(self):
        self.press('edit_here')
        self.synchronize()
        self.requests()
        self.press('unlock')
        self.assertEqual(self.shown('locked'), None)
        self.synchronize()
        self.assertEqual(self.writes(), ['drive.files.update'])
        self.assert_free()
        self.google.edit_file(BOB, self.google_id, content=b'theirs')
        self.synchronize()
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_unlock_unsent(self):
        "What never was locked on Drive costs nothing"
        self.press('edit_here')
        self.press('unlock')
        self.synchronize()
        self.assertEqual(self.writes(), [])
        self.assert_free()

    def test_unlock_changed(self):
        "What was changed is sent, and not locked again"
        self.press('edit_here')
        self.synchronize()
        self.change(self.jane, data=b'new')
        self.press('unlock')
        self.requests()
        self.synchronize()
        self.assertEqual(
            self.writes(), ['drive.files.update', 'drive.files.update'])
        self.assertEqual(self.content(self.google_id), b'new')
        self.assert_free()
        self.assert_settled()

    def test_failed_unlocked(self):
        "What can not be sent does not stay locked on Drive"
        self.press('edit_here')
        self.synchronize()
        self.set_rule(mime_types_out='image/*')
        self.change(self.jane, data=b'new')
        self.synchronize()
        self.assertEqual(
            self.file(self.attachment, 'google_state'), 'failed')
        self.assert_locked()
        self.press('unlock')
        self.synchronize()
        self.assert_free()
        self.assertEqual(
            self.file(self.attachment, 'google_state'), 'failed')
        self.assertEqual(len(self.errors()), 1)

    def test_document(self):
        "A document of Google is edited on Drive alone"
        file = self.google.create_file(
            ALICE, "Plan", content=["Hello"], mimeType=DOCUMENT,
            parent=self.folder("Sales"))
        self.synchronize()
        id, = self.search(ATTACHMENT, 'id', domain=[('name', 'like', "Plan%")])
        self.assertEqual(
            self.read(ATTACHMENT, id, 'google_drive_lock_actions'),
            ('edit_there',))
        with self.assertRaises(DriveLockError):
            self.attachment = id
            self.press_unchecked('edit_here', self.jane)
        # locked by a person it is read-only here, too
        self.google.edit_file(
            ALICE, file['id'],
            contentRestrictions=[{'readOnly': True}])
        self.synchronize()
        with self.assertRaisesRegex(DriveLockError, "on Google Drive"):
            self.write(id, name="b.pdf")

    # Two people

    def test_two(self):
        "Whoever is first has it"
        self.press('edit_here')
        self.assertEqual(
            self.shown('lock_actions'),
            ('edit_here', 'edit_there', 'unlock'))
        self.assertEqual(self.shown('lock_actions', user=self.john), ())
        for button in ['edit_here', 'edit_there', 'unlock']:
            with self.subTest(button=button), \
                    self.assertRaisesRegex(DriveLockError, "Jane edits"):
                self.press_unchecked(button, self.john)
        self.press('unlock')
        self.press('edit_here', self.john)
        with self.assertRaisesRegex(DriveLockError, "John edits"):
            self.press_unchecked('edit_here', self.jane)
        self.synchronize()
        self.assert_locked("John")

    def test_race(self):
        "Nobody takes what another one has just taken"
        File = self.model(FILE)
        may_edit = File._may_edit.fget

        def first(file):
            # John is between the look and the lock
            with self.meanwhile(self.john) as pool:
                now = bookkeeping.utcnow()
                bookkeeping.update(pool.get(FILE), [file], {
                        'lock_side': 'tryton',
                        'lock_user': self.john,
                        'lock_since': now,
                        'lock_until': now + HOUR,
                        })
            return may_edit(file)
        with patch.object(File, '_may_edit', property(first)), \
                self.assertRaises(
                    (DriveLockError, DatabaseOperationalError)):
            self.press_unchecked('edit_here', self.jane)
        self.assertEqual(
            self.file(self.attachment, 'lock_user'), self.john)

    def test_next(self):
        "The lock of the one is that of the next before Google knows"
        self.press('edit_here')
        self.synchronize()
        self.press('unlock')
        self.press('edit_here', self.john)
        self.requests()
        self.synchronize()
        self.assertEqual(self.writes(), ['drive.files.update'])
        self.assert_locked("John")
        self.assert_settled()

    def test_access(self):
        "Who may not change the attachment does not lock it"
        self.forbid(self.access)
        self.allow(write=False)
        with self.assertRaises(AccessError):
            self.press('edit_here', self.john)
        self.assertEqual(self.shown('locked'), None)

    # The clock

    def test_timeout(self):
        "A lock ends by itself, at once for the others"
        self.press('edit_here')
        self.synchronize()
        with self.later(HOUR - dt.timedelta(minutes=1)):
            with self.assertRaises(DriveLockError):
                self.change(self.john, data=b'2')
            self.synchronize()
        self.assert_locked()
        with self.later(HOUR + dt.timedelta(minutes=1)):
            self.change(self.john, data=b'2')
            self.requests()
            self.synchronize()
            self.assert_free()
        self.assertEqual(
            self.file(self.attachment, 'lock_side', 'lock_user'),
            [None, None])
        self.assertEqual(self.content(self.google_id), b'2')
        self.assert_settled()

    def test_timeout_cron(self):
        "The scheduled task ends it where nothing is synchronized"
        self.press('edit_here')
        self.set_service(enabled=False)
        for delta, side in [(HOUR / 2, 'tryton'), (HOUR * 2, None)]:
            with self.later(delta), database() as pool:
                pool.get(FILE).google_release()
            self.assertEqual(self.file(self.attachment, 'lock_side'), side)

    def test_renew(self):
        "Who has the lock can have it longer"
        self.press('edit_here')
        self.synchronize()
        with self.later(HOUR / 2):
            self.press('edit_here')
            self.synchronize()
        with self.later(HOUR + HOUR / 4):
            with self.assertRaises(DriveLockError):
                self.change(self.john, data=b'2')
            self.synchronize()
        self.assertIsNotNone(self.restriction())

    def test_taken_over(self):
        "What has timed out can be taken before it is released"
        self.press('edit_here')
        self.synchronize()
        with self.later(HOUR * 2):
            self.press('edit_here', self.john)
            self.synchronize()
            self.assert_locked("John")

    # Breaking

    def break_(self, user):
        "Break the lock and answer the warning"
        with self.assertRaisesRegex(
                DriveLockBreakWarning, "Jane has locked") as raised:
            self.press('break_lock', user)
        with database(user) as pool:
            pool.get('res.user.warning').create([{
                        'name': raised.exception.name, 'user': user}])
        self.press('break_lock', user)

    def test_break(self):
        "The administration ends the lock of another one, who is told"
        self.press('edit_here')
        self.synchronize()
        self.assertEqual(
            self.shown('lock_actions', user=self.ada), ('break_lock',))
        self.break_(self.ada)
        self.assertEqual(len(self.notifications(self.jane)), 1)
        self.change(self.john, data=b'2')
        self.synchronize()
        self.assert_free()
        self.assertEqual(self.content(self.google_id), b'2')

    def test_break_owner(self):
        "The owner of the Google account may, too"
        self.press('edit_here', self.john)
        self.assertEqual(self.shown('lock_actions'), ('break_lock',))
        with self.assertRaises(DriveLockBreakWarning):
            self.press('break_lock', self.jane)

    def test_break_others(self):
        self.press('edit_here')
        for user in [self.john, self.stranger]:
            with self.subTest(user=user), \
                    self.assertRaisesRegex(DriveLockError, "owner"):
                self.press_unchecked('break_lock', user)
        self.synchronize()
        self.assert_locked()

    def test_break_own(self):
        "Nobody is warned of the own lock"
        self.press('edit_here')
        self.press_unchecked('break_lock', self.jane)
        self.synchronize()
        self.assert_free()
        self.assertEqual(self.notifications(self.jane), [])

    def test_file(self):
        "The buttons of the file are those of the attachment"
        file = self.file_of(self.attachment)
        self.click(FILE, file, 'edit_here')
        self.synchronize()
        self.assert_locked()
        self.assertEqual(
            self.read(FILE, file, 'locked', 'lock_owner'),
            ['tryton', "Jane"])
        with self.assertRaises(DriveLockBreakWarning):
            self.click(FILE, file, 'break_lock', self.ada)
        self.click(FILE, file, 'unlock')
        self.synchronize()
        self.assert_free()


class AccessTestCase(LockCase):

    def test_books(self):
        "Nobody writes who has the lock"
        file = self.file_of(self.attachment)
        for user in [self.jane, self.ada]:
            for name, value in [
                    ('lock_side', 'tryton'), ('lock_user', user),
                    ('lock_until', dt.datetime(2050, 1, 1)),
                    ('holder', "x"), ('google_lock', "x")]:
                with self.subTest(user=user, name=name), \
                        self.assertRaises(AccessError), \
                        self.as_user(user) as pool:
                    File = pool.get(FILE)
                    File.write([File(file)], {name: value})

    def test_rule_required(self):
        "A lock has a timeout"
        for timeout in [None, dt.timedelta(0), -HOUR]:
            with self.subTest(timeout=timeout), \
                    self.assertRaises(Exception), \
                    database(1, commit=False) as pool:
                Rule = pool.get(RULE)
                Rule.write([Rule(self.rule)], {'lock_timeout': timeout})


del LockCase
