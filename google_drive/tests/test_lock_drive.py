# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is locked, unlocked and deleted on Drive"
from trytond.modules.google_drive.exceptions import DriveLockError

from .lock_case import LockCase
from .tools import ALICE, ATTACHMENT, BOB, FILE, GROUP, database

CONFLICT = 'google_integration.conflict'
ERROR = 'google_integration.sync_error'


class DriveSideTestCase(LockCase):
    def test_held(self):
        "What a person locks on Drive is read-only in Tryton"
        self.restrict(BOB, reason="Final")
        self.synchronize()
        self.assertEqual(self.writes(), [])
        locked, owner, until, actions = self.shown(
            'locked', 'lock_owner', 'locked_until', 'lock_actions')
        self.assertEqual((locked, until, actions), ('google', None, ()))
        self.assertIn(BOB, owner)
        for user in [self.jane, self.john, 1, 0]:
            with self.subTest(user=user):
                self.assertTrue(self.shown('read_only', user=user or 1))
                with self.assertRaisesRegex(DriveLockError, BOB):
                    self.write(self.attachment, user=user, data=b'2')
                with self.assertRaisesRegex(DriveLockError, BOB):
                    self.delete(self.attachment, user=user)
                for button in [
                        'edit_here', 'edit_there', 'unlock', 'break_lock']:
                    with self.assertRaises(DriveLockError):
                        self.press_unchecked(button, user)
        self.assert_settled()
        self.restrict(BOB, False)
        self.synchronize()
        self.assert_free()
        self.change(self.john, data=b'2')
        self.synchronize()
        self.assert_equal_sides(1)

    def test_held_push(self):
        "What was changed waits, and tells who holds the file"
        for user, values in [
                (BOB, {}),
                # the account itself, which Tryton has not set
                (ALICE, {}),
                (ALICE, {'ownerRestricted': True}),
                (ALICE, {'reason': "Jane edits this file in Tryton."})]:
            for direction in ['both', 'to_google']:
                with self.subTest(
                        user=user, direction=direction, **values):
                    self.set_rule(direction=direction)
                    content = f'{user}{direction}{len(values)}'.encode()
                    content += str(values).encode()
                    self.restrict(user, **values)
                    before = self.content(self.google_id)
                    self.write(self.attachment, data=content)
                    self.synchronize()
                    self.synchronize()
                    self.assertEqual(
                        self.content(self.google_id), before)
                    restriction = self.restriction()
                    self.assertEqual(
                        restriction['restrictingUser']['emailAddress'], user)
                    error, = self.errors()
                    self.assertIn(user, error)
                    self.restrict(user, False)
                    self.synchronize()
                    self.assertEqual(
                        self.content(self.google_id), content)
                    self.assertEqual(self.errors(), [])
                    self.assert_settled()

    def test_held_at_push(self):
        "It is locked on Drive between the pull and the push"
        self.write(self.attachment, data=b'new')
        with self.hook('push_pieces', before=lambda *a: self.restrict(BOB)):
            self.synchronize()
        self.assertEqual(self.content(self.google_id), b'old')
        error, = self.errors()
        self.assertIn(BOB, error)
        self.restrict(BOB, False)
        self.synchronize()
        self.assertEqual(self.content(self.google_id), b'new')
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_held_at_lift(self):
        "Somebody else's is not lifted in the place of the own one"
        self.press('edit_here')
        self.synchronize()
        self.change(self.jane, data=b'new')
        with self.hook('push_pieces', before=lambda *a: self.restrict(BOB)):
            self.synchronize()
        self.assertEqual(self.content(self.google_id), b'old')
        self.assertEqual(
            self.restriction()['restrictingUser']['emailAddress'], BOB)
        self.assertEqual(self.shown('locked'), 'google')
        self.assertEqual(len(self.notifications(self.jane)), 1)
        self.restrict(BOB, False)
        self.synchronize()
        self.assertEqual(self.content(self.google_id), b'new')
        self.assert_free()
        self.assert_settled()

    def test_held_at_lock(self):
        "Who has locked it on Drive before has it"
        self.press('edit_here')
        with self.hook('push_pieces', before=lambda *a: self.restrict(BOB)):
            self.synchronize()
        self.assertEqual(
            self.restriction()['restrictingUser']['emailAddress'], BOB)
        self.assertEqual(self.shown('locked'), 'google')
        self.assertEqual(len(self.notifications(self.jane)), 1)
        self.assertEqual(self.file(self.attachment, 'lock_side'), None)
        self.assert_settled()

    def test_held_name(self):
        "A name waits, a folder does not"
        other = self.create_record("Sales 2")
        self.restrict(BOB)
        self.synchronize()
        with database(1) as pool:
            Group = pool.get(GROUP)
            Group.write([Group(self.group)], {'name': "Sales New"})
            pool.get(FILE).place_changed([Group(self.group)])
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales New/a.txt", b'old')])
        self.assertEqual(self.errors(), [])
        self.set_rule(filename='New ${attachment.name}')
        with database(1) as pool:
            pool.get(FILE).place_changed([pool.get(GROUP)(self.group)])
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales New/a.txt", b'old')])
        self.assertEqual(len(self.errors()), 1)
        self.restrict(BOB, False)
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales New/New a.txt", b'old')])
        self.assertEqual(self.errors(), [])
        self.assertTrue(other)

    def test_without_lock(self):
        "Without locks the attachment can be changed, and waits"
        self.set_rule(lock=False)
        self.restrict(BOB)
        self.synchronize()
        self.assertEqual(
            self.shown('locked', 'read_only'), [None, None])
        self.change(self.john, data=b'new')
        self.synchronize()
        self.assertEqual(len(self.errors()), 1)
        self.restrict(BOB, False)
        self.synchronize()
        self.assert_equal_sides(1)
        with self.assertRaises(DriveLockError):
            self.press_unchecked('edit_here', self.jane)

    def test_unlocked_there(self):
        "Who unlocks it on Drive ends the lock"
        self.press('edit_here')
        self.synchronize()
        self.restrict(BOB, False)
        self.synchronize()
        self.assert_free()
        self.assertEqual(len(self.notifications(self.jane)), 1)
        self.assert_settled()

    def test_trashed(self):
        "What is edited is not deleted"
        for changed in [False, True]:
            with self.subTest(changed=changed):
                id = self.attachment = self.attach(
                    f"b{changed}.txt", b'1')
                self.synchronize()
                google_id = self.file(id, 'google_id')
                self.press('edit_here')
                self.synchronize()
                self.google.trash_file(ALICE, google_id)
                self.synchronize()
                self.synchronize()
                self.assertIn(id, self.search(ATTACHMENT, 'id'))
                self.assertEqual(len(self.errors()), 1)
                if changed:
                    self.change(self.jane, data=b'2')
                self.press('unlock')
                self.synchronize()
                self.synchronize()
                self.assertEqual(
                    self.search(
                        ATTACHMENT, 'id', domain=[('id', '=', id)]),
                    [id] if changed else [])
                self.assert_equal_sides(2 if changed else 1)
                self.assertEqual(self.errors(), [])
                self.assert_settled()

    def test_trashed_restored(self):
        "What comes back from the trash was never gone"
        self.press('edit_here')
        self.synchronize()
        self.google.trash_file(ALICE, self.google_id)
        self.synchronize()
        self.google.trash_file(ALICE, self.google_id, False)
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertFalse(self.file(self.attachment, 'held_back'))
        self.assert_locked()
        self.assert_settled()

    def test_lost(self):
        "What is not to be seen any more is not locked"
        self.press('edit_here')
        self.synchronize()
        self.google.destroy_file(self.google_id)
        self.synchronize()
        self.synchronize()
        self.assertEqual(
            self.file(self.attachment, 'lock_side', 'google_lock'),
            [None, None])

    def test_moved_out(self):
        "What leaves the root folder is not locked on Drive"
        self.press('edit_here')
        self.synchronize()
        root = self.google.file(self.root)['parent']
        self.google.move_file(
            ALICE, self.google_id, self.folder("Sales"), root)
        self.synchronize()
        self.synchronize()
        self.assertEqual(
            self.file(self.attachment, 'google_state'), 'apart')
        self.assert_free()
        self.assert_settled()

    # What is edited on Drive

    def test_edit_there(self):
        "Nobody changes the attachment, and Drive is free"
        self.press('edit_there')
        self.assertEqual(
            self.shown('locked', 'lock_owner', 'read_only'),
            ['google', "Jane", True])
        for user in [self.jane, self.john, 0]:
            with self.subTest(user=user), self.assertRaisesRegex(
                    DriveLockError, "Jane edits .* on Google Drive"):
                self.write(self.attachment, user=user, data=b'2')
        self.synchronize()
        self.assertEqual(self.writes(), [])
        self.assertIsNone(self.restriction())
        self.google.edit_file(BOB, self.google_id, content=b'theirs')
        self.synchronize()
        self.assert_equal_sides(1)
        self.press('unlock')
        self.change(self.john, data=b'2')
        self.synchronize()
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_sides(self):
        "The lock can be that of the other side"
        self.press('edit_there')
        self.press('edit_here')
        self.synchronize()
        self.assert_locked()
        self.press('edit_there')
        self.synchronize()
        self.assertIsNone(self.restriction())
        self.assertEqual(self.shown('locked'), 'google')

    def test_directions(self):
        "Nobody locks for what does not come to the other side"
        for direction, actions in [
                ('both', ('edit_here', 'edit_there')),
                ('to_google', ('edit_here',)),
                ('to_tryton', ('edit_there',))]:
            with self.subTest(direction=direction):
                self.set_rule(direction=direction)
                self.assertEqual(self.shown('lock_actions'), actions)
                for button in ['edit_here', 'edit_there']:
                    if button not in actions:
                        with self.assertRaises(DriveLockError):
                            self.press_unchecked(button, self.jane)

    def test_rule(self):
        "Without its rule no lock holds, and what Google has is lifted"
        for values in [
                {'lock': False}, {'direction': 'to_tryton'}]:
            with self.subTest(**values):
                self.set_rule(lock=True, direction='both')
                self.press('edit_here')
                self.synchronize()
                self.assert_locked()
                self.set_rule(**values)
                self.synchronize()
                self.assert_free()
                self.change(self.john, description="x")

    # Conflicts

    def test_conflict(self):
        "What is edited stands, whatever the rule says"
        self.set_rule(conflict_policy='google')
        self.press('edit_here')
        self.change(self.jane, data=b'ours')
        self.google.edit_file(BOB, self.google_id, content=b'theirs')
        self.synchronize()
        self.assertEqual(self.content(self.google_id), b'ours')
        self.assertEqual(
            self.search(CONFLICT, 'unit', 'stood'), [('content', 'tryton')])
        self.assertEqual(len(self.google.file(self.google_id)['kept']), 1)
        self.assert_locked()
        self.assert_settled()

    def test_restore(self):
        "Nobody restores over what another one edits"
        self.set_rule(conflict_policy='google')
        self.write(self.attachment, data=b'ours')
        self.google.edit_file(BOB, self.google_id, content=b'theirs')
        self.synchronize()
        id, = self.search(CONFLICT, 'id')
        self.press('edit_here', self.john)
        with self.assertRaisesRegex(DriveLockError, "John edits"):
            self.click(CONFLICT, id, 'restore')
        self.assertEqual(self.search(CONFLICT, 'state'), ['settled'])

    def test_decide(self):
        "Nor decides on it"
        self.set_rule(conflict_policy='manual')
        self.write(self.attachment, data=b'ours')
        self.google.edit_file(BOB, self.google_id, content=b'theirs')
        self.synchronize()
        id, = self.search(CONFLICT, 'id')
        self.press('edit_here', self.john)
        for button in ['keep_google', 'keep_tryton']:
            with self.subTest(button=button), \
                    self.assertRaisesRegex(DriveLockError, "John edits"):
                self.click(CONFLICT, id, button)
        self.synchronize()
        self.assert_locked("John")
        self.press('unlock', self.john)
        self.synchronize()
        self.assert_free()
        self.click(CONFLICT, id, 'keep_tryton')
        self.synchronize()
        self.assertEqual(self.content(self.google_id), b'ours')

    # What Google refuses

    def test_refused(self):
        "What Google does not lock is not locked"
        self.press('edit_here')
        self.google.add_fault(
            'status', status=403, reason='insufficientFilePermissions',
            method_id='drive.files.update', batch=True)
        self.synchronize()
        self.assertEqual(self.shown('locked'), None)
        self.assertEqual(len(self.errors()), 1)
        self.assertEqual(len(self.notifications(self.jane)), 1)
        id, = self.search(ERROR, 'id')
        self.click(ERROR, id, 'retry')
        self.synchronize()
        self.assert_free()
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_others_go_on(self):
        "A lock that Google refuses stops nothing else"
        self.press('edit_here')
        other = self.attach("b.txt", b'1')
        self.google.add_fault(
            'status', status=403, reason='insufficientFilePermissions',
            method_id='drive.files.update', batch=True)
        self.synchronize()
        self.assertEqual(
            self.file(other, 'google_state'), 'synchronized')

    def test_outage(self):
        "What fails for now is tried again"
        self.press('edit_here')
        self.google.add_fault(
            'status', status=503, method_id='drive.files.update',
            batch=True, times=None)
        self.assertFalse(self.run_once())
        self.google.clear_faults()
        self.synchronize()
        self.assert_locked()
        self.assert_settled()

    def test_lost_answer(self):
        "An answer that was lost locks and unlocks once"
        self.google.add_fault(
            'drop_after', method_id='drive.files.update', batch=True,
            times=2)
        self.press('edit_here')
        self.run_once()
        self.google.clear_faults()
        self.synchronize()
        self.assert_locked()
        self.assert_settled()
        self.google.add_fault(
            'drop_after', method_id='drive.files.update', batch=True,
            times=2)
        self.press('unlock')
        self.run_once()
        self.google.clear_faults()
        self.synchronize()
        self.assert_free()
        self.assert_settled()


del LockCase
