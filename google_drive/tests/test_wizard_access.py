# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What a client makes of the wizards that it may not run"
import json

from trytond.model.exceptions import AccessError
from trytond.modules.google_drive.exceptions import (
    DriveFolderError, DriveShareError)
from trytond.pool import Pool
from trytond.transaction import Transaction

from .tools import (
    ATTACHMENT, BOB, FILE, GROUP, RULE, GoogleDriveTestCase, database)

SHARE = 'google_drive.share'
ACTIVITY = 'google_drive.activity'
CREATE = 'google_drive.create_document'
FOLDER = 'google_drive.choose_folder'
TEST = 'google_drive.test_folder'
PREVIEW = 'google_drive.rule_preview'
# without records there is nothing to share
REFUSED = AccessError, DriveShareError


class WizardAccessTestCase(GoogleDriveTestCase):

    def prepare(self):
        super().prepare()
        self.attachment = self.attach("secret.txt", b'1')
        self.synchronize()
        self.file_id = self.file_of(self.attachment)
        self.google_id = self.file(self.attachment, 'google_id')
        # nor what is attached to them
        self.hide(GROUP)
        self.google.clear_log()

    def steps(self):
        "Each wizard with its records, its steps and what is put in them"
        share = {'start': {
                'addresses': BOB, 'role': 'writer', 'notify': False,
                'grantee': 'user', 'anyone': False,
                'removed': f'{self.google_id} 1',
                'choices': json.dumps([[f'{self.google_id} 1', "x"]]),
                }}
        folder = {
            'start': {
                'trail': json.dumps([[self.root, "Root"]]),
                'choices': json.dumps([[self.root, "Root"]]),
                'folder': self.root,
                'location': "Secret",
                },
            'create_': {'name': "New"},
            }
        document = {'start': {
                'kind': 'document', 'name': "New", 'rule': str(self.rule)}}
        for model, id in [
                (ATTACHMENT, self.attachment), (FILE, self.file_id)]:
            yield SHARE, model, id, ['start', 'share', 'remove'], share
        yield ACTIVITY, ATTACHMENT, self.attachment, ['start'], {}
        yield CREATE, GROUP, self.group, ['start', 'create_'], document
        yield FOLDER, RULE, self.rule, [
            'start', 'up', 'open_', 'create_', 'do_create', 'choose'], folder
        yield TEST, RULE, self.rule, ['start'], {}
        yield PREVIEW, RULE, self.rule, ['start'], {}

    def execute(self, user, name, state, data, owner=None, **context):
        "A step as the client calls it, in whosoever session"
        with database(owner or user) as pool:
            session, = pool.get('ir.session.wizard').create([{}])
            session = session.id
        with database(user, context=context, commit=False) as pool:
            return pool.get(name, type='wizard').execute(
                session, data, state)

    def contexts(self, model, id):
        "The records as they are, and as who attacks names them"
        right = {'active_model': model, 'active_id': id, 'active_ids': [id]}
        yield right
        # an action that is none of the wizard's has no groups and no models
        yield {**right, 'action_id': 10 ** 6}
        yield {
            'active_model': 'res.user', 'active_id': id, 'active_ids': [id],
            'action_id': 10 ** 6}
        yield {
            'active_model': 'res.user', 'active_id': id, 'active_ids': [id]}
        yield {**right, 'active_ids': []}
        yield {}

    def test_refused(self):
        "Each step by who has no right on the record, the file or the rule"
        before = self.rows()
        for name, model, id, states, data in self.steps():
            users = [self.jane, self.john]
            if name != ACTIVITY:
                # who sees groups, but may not write them
                users.append(self.stranger)
            for user in users:
                for context in self.contexts(model, id):
                    for state in states:
                        with self.subTest(
                                name=name, model=model, user=user,
                                state=state, context=context):
                            with self.assertRaises(REFUSED):
                                self.execute(
                                    user, name, state, data, **context)
        self.assertEqual(self.requests(), [])
        self.assertEqual(self.rows(), before)

    def test_other_model(self):
        "The identifier of a record that may be read is not that of a file"
        with database(1) as pool:
            table = pool.get(ATTACHMENT).__table__()
            files = pool.get(FILE).__table__()
            cursor = Transaction().connection.cursor()
            cursor.execute(*files.update(
                    [files.attachment], [None],
                    where=files.id == self.file_id))
            cursor.execute(*table.update(
                    [table.id], [self.john],
                    where=table.id == self.attachment))
            cursor.execute(*files.update(
                    [files.attachment], [self.john],
                    where=files.id == self.file_id))
        for name, state in [(ACTIVITY, 'start'), (SHARE, 'start')]:
            with self.subTest(name=name), self.assertRaises(AccessError):
                self.execute(
                    self.john, name, state, {}, active_model='res.user',
                    active_id=self.john, active_ids=[self.john],
                    action_id=10 ** 6)
        self.assertEqual(self.requests(), [])

    def test_session(self):
        "The session of another, whatever the own rights"
        for name, model, id, states, data in self.steps():
            for state in states:
                with self.subTest(name=name, state=state), \
                        self.assertRaises(AccessError):
                    self.execute(
                        self.ada, name, state, data, owner=1,
                        active_model=model, active_id=id, active_ids=[id])
            with database(1) as pool:
                session, = pool.get('ir.session.wizard').create([{}])
                session = session.id
            with database(self.ada) as pool, self.assertRaises(AccessError):
                pool.get(name, type='wizard').delete(session)
        self.assertEqual(self.requests(), [])

    def test_other_drive(self):
        "Who may write a rule does not get into the drives of others with it"
        self.set_rule(user=self.ada)
        other, = self.discover(self.connect(self.john, BOB))
        theirs = self.read('google_drive.drive', other, 'google_id')
        self.google.clear_log()
        data = {
            'start': {'trail': json.dumps([[theirs, "Theirs"]])},
            'create_': {'name': "New"},
            }
        for state in ['start', 'do_create', 'choose']:
            with self.subTest(state=state), \
                    self.assertRaises(DriveFolderError):
                self.execute(
                    self.ada, FOLDER, state, data, active_model=RULE,
                    active_id=self.rule, active_ids=[self.rule])
        self.assertEqual(self.requests(), [])
        # nor is anything done where there is no folder
        result = self.execute(
            self.ada, FOLDER, 'do_create',
            {'start': {'trail': '[]'}, 'create_': {'name': "New"}},
            active_model=RULE, active_id=self.rule, active_ids=[self.rule])
        self.assertEqual(result['view']['state'], 'start')
        self.assertEqual(self.requests(), [])

    def test_rules_of_record(self):
        "The choice of rules tells nothing of records that are hidden"
        # who sees groups
        self.set_rule(user=self.stranger)
        for user, count in [(0, 1), (self.jane, 0), (self.stranger, 0)]:
            with self.subTest(user=user), self.as_user(user):
                Start = Pool().get('google_drive.create_document.start')
                start = Start(record=f'{GROUP},{self.group}')
                self.assertEqual(len(start.get_rules()), count)


del GoogleDriveTestCase
