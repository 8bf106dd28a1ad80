# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Drive: anything that may be asked has an answer of Google's

Every answer is checked against the discovery document; a log that is read
step by step tells the same as the files themselves."""
import random

from .common import setUpModule, tearDownModule
from .drive import ANN, APPS, BOB, EVE, FOLDER, SHORTCUT, DriveTestCase

__all__ = ['setUpModule', 'tearDownModule']
SEED = 7
USERS = [ANN, BOB, EVE]


class TestFuzz(DriveTestCase):
    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.drive = self.admin.add_drive(ANN, 'Team', {BOB: 'writer'})['id']
        self.client_id = self.client['client_id']
        self.known = []

    def act(self, user, method, body=None, **params):
        document = self.documents['drive.v3']
        resource, _, name = method.partition('.')
        found = document['resources'][resource]['methods'][name]
        if 'supportsAllDrives' in found['parameters']:
            params.setdefault(
                'supportsAllDrives', self.random.random() < .9)
        answer, = self.admin.act_many(user, [{
                    'method': f'drive.{method}', 'params': params,
                    'body': body}], self.client_id)
        answer = answer or {}
        code = answer.get('error', {}).get('code')
        self.assertIn(code, {None, 400, 403, 404, 409}, answer)
        return answer

    def file(self):
        return self.random.choice([*self.known, 'root', self.drive, 'x'])

    def metadata(self):
        values = {
            'name': self.random.choice(['a.txt', 'b', '']),
            'starred': self.random.random() < .5,
            'trashed': self.random.random() < .5,
            'description': self.random.choice([None, 'd']),
            'properties': {'k': self.random.choice([None, 'v'])},
            'mimeType': self.random.choice([
                    FOLDER, SHORTCUT, APPS + 'document', 'text/plain']),
            'writersCanShare': self.random.random() < .5,
            'contentRestrictions': [{
                    'readOnly': self.random.random() < .5}],
            'inheritedPermissionsDisabled': self.random.random() < .5,
            }
        names = self.random.sample(sorted(values), 2)
        return {n: values[n] for n in names}

    # -- what may happen

    def step_create(self, user):
        body = self.metadata()
        body.pop('trashed', None)
        if self.random.random() < .5:
            body = {'mimeType': self.random.choice([FOLDER, 'text/plain'])}
        if self.random.random() < .7:
            body['parents'] = [self.file()]
        if body.get('mimeType') == SHORTCUT:
            body['shortcutDetails'] = {'targetId': self.file()}
        answer = self.act(user, 'files.create', body, fields='*')
        if 'id' in answer:
            self.known.append(answer['id'])

    def step_update(self, user):
        self.act(
            user, 'files.update', self.metadata(), fileId=self.file(),
            fields='*')

    def step_move(self, user):
        self.act(
            user, 'files.update', {}, fileId=self.file(), fields='*',
            addParents=self.file(), removeParents=self.file())

    def step_exact_move(self, user):
        file = self.file()
        found = self.act(user, 'files.get', fileId=file, fields='parents')
        if found.get('parents'):
            self.act(
                user, 'files.update', {}, fileId=file, fields='*',
                addParents=self.file(), removeParents=found['parents'][0])

    def step_share(self, user):
        body = {
            'role': self.random.choice([
                    'reader', 'commenter', 'writer', 'fileOrganizer',
                    'organizer', 'owner']),
            'type': self.random.choice(['user', 'user', 'anyone', 'domain'])}
        if body['type'] == 'user':
            body['emailAddress'] = self.random.choice(USERS)
        elif body['type'] == 'domain':
            body['domain'] = 'example.com'
        self.act(
            user, 'permissions.create', body, fileId=self.file(),
            fields='*', transferOwnership=body['role'] == 'owner')

    def step_unshare(self, user):
        file = self.file()
        found = self.act(
            user, 'permissions.list', fileId=file, fields='*')
        for one in found.get('permissions', ())[:1]:
            self.act(
                user, self.random.choice([
                        'permissions.delete', 'permissions.get']),
                fileId=file, permissionId=one['id'])

    def step_delete(self, user):
        if self.random.random() < .4:
            self.act(user, 'files.delete', fileId=self.file())

    def step_copy(self, user):
        answer = self.act(
            user, 'files.copy', {}, fileId=self.file(), fields='*')
        if 'id' in answer:
            self.known.append(answer['id'])

    def step_read(self, user):
        self.act(user, 'files.get', fileId=self.file(), fields='*')
        self.act(
            user, 'files.list', fields='*', corpora='allDrives',
            includeItemsFromAllDrives=True, supportsAllDrives=True,
            orderBy=self.random.choice(['name', 'folder,recency desc']))
        self.act(user, 'revisions.list', fileId=self.file(), fields='*')

    def step_empty(self, user):
        if self.random.random() < .1:
            self.act(user, 'files.emptyTrash')

    # -- the log

    def read(self, log):
        values = dict(log['values'], pageToken=log['token'], fields='*')
        answer = self.act(log['user'], 'changes.list', **values)
        # she may have lost the drive meanwhile
        for change in answer.get('changes', ()):
            if change['changeType'] != 'file':
                continue
            if change['removed']:
                log['files'].pop(change['fileId'], None)
            else:
                log['files'][change['fileId']] = change['file']
        log['token'] = answer.get('newStartPageToken', log['token'])

    def log(self, user, **values):
        values['supportsAllDrives'] = True
        token = self.act(
            user, 'changes.getStartPageToken', **values)['startPageToken']
        values['includeItemsFromAllDrives'] = 'driveId' in values
        return {
            'user': user, 'values': values, 'token': token, 'files': {}}

    def test_fuzz(self):
        logs = [
            self.log(ANN), self.log(ANN, driveId=self.drive)]
        steps = [
            getattr(self, n) for n in dir(self) if n.startswith('step_')]
        for number in range(500):
            step = self.random.choice([*steps, self.step_create])
            step(self.random.choice(USERS))
            if number % 25 == 0:
                for log in logs:
                    self.read(log)
        self.assertGreater(len(self.known), 20)
        self.admin.share_file(self.drive, ANN, 'organizer')
        for log in logs:
            self.read(log)
            self.compare(log)

    def compare(self, log):
        "What ann owns, and what is in the drive, is in the logs"
        drive = log['values'].get('driveId')
        stored = {
            f['id']: f for f in self.admin.files(
                user=None if drive else ANN, drive=drive)}
        if drive is None:
            self.assertLessEqual(set(stored), set(log['files']))
        for file_id, one in stored.items():
            if drive is not None and file_id not in log['files']:
                self.fail(f"not in the log: {one}")
            found = log['files'][file_id]
            self.assertEqual(
                (found['name'], found['explicitlyTrashed']),
                (one['name'], one['explicitly_trashed']))
