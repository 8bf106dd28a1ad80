# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Drive: permissions and what they allow."
import datetime as dt

from .common import setUpModule, tearDownModule
from .drive import ANN, BOB, EVE, DriveTestCase

__all__ = ['setUpModule', 'tearDownModule']


class SharingTestCase(DriveTestCase):
    def setUp(self):
        super().setUp()
        self.service = self.api()
        self.files = self.service.files()
        self.one = self.create(self.files)['id']

    def share(self, email=BOB, role='reader', file=None, service=None,
            kind='user', **values):
        body = {'type': kind, 'role': role}
        if email:
            body['emailAddress'] = email
        body.update(values.pop('body', {}))
        return (service or self.service).permissions().create(
            fileId=file or self.one, body=body, fields='*',
            supportsAllDrives=True, **values).execute()

    def permissions(self, file=None, service=None):
        answer = (service or self.service).permissions().list(
            fileId=file or self.one, fields='*',
            supportsAllDrives=True).execute()
        return {
            p.get('emailAddress', p['id']): p
            for p in answer['permissions']}

    def later(self, **values):
        moment = dt.datetime.fromtimestamp(
            self.admin.now(), dt.timezone.utc) + dt.timedelta(**values)
        return moment.isoformat()


class TestPermissions(SharingTestCase):
    def test_create(self):
        answer = self.share()
        self.assertEqual(
            (answer['type'], answer['role'], answer['emailAddress'],
                answer['displayName']), ('user', 'reader', BOB, 'Bob'))
        bob = self.files_(BOB)
        found = self.get(bob, self.one)
        self.assertEqual(found['sharingUser']['emailAddress'], ANN)
        self.assertIn('sharedWithMeTime', found)
        self.assertNotIn('permissions', found)
        self.assertNotIn('parents', found)
        self.assertTrue(found['shared'])
        self.assertEqual(
            set(self.service.permissions().create(
                    fileId=self.one, body={
                        'type': 'anyone', 'role': 'reader'}).execute()),
            {'kind', 'id', 'type', 'role'})
        self.assertEqual(
            set(self.permissions()), {ANN, BOB, 'anyoneWithLink'})
        self.assertEqual(
            len(self.get(self.files, self.one)['permissions']), 3)

    def test_refused(self):
        for body, values, status, reason in [
                ({'role': None}, {}, 400, 'required'),
                ({'role': 'editor'}, {}, 400, 'invalid'),
                ({'type': 'all'}, {}, 400, 'invalid'),
                ({'emailAddress': 'bob'}, {}, 400, 'invalid'),
                ({'type': 'domain'}, {}, 400, 'invalid'),
                ({'type': 'group'}, {}, 400, 'invalid'),
                ({'allowFileDiscovery': True}, {}, 400, 'invalid'),
                ({'id': 'x'}, {}, 403, 'fieldNotWritable'),
                ({'role': 'organizer'}, {}, 403,
                    'organizerOnNonTeamDriveItemNotSupported'),
                ({'role': 'owner'}, {}, 403, 'forbidden'),
                ({'type': 'anyone'}, {'sendNotificationEmail': False}, 400,
                    'invalid'),
                ({'emailAddress': 'x@nowhere.com'},
                    {'sendNotificationEmail': False}, 400,
                    'invalidSharingRequest')]:
            with self.subTest(body=body):
                self.assertRefused(
                    status, reason, self.share, body=body, **values)
        self.assertEqual(set(self.permissions()), {ANN})
        self.assertEqual(self.admin.mails(), [])

    def test_mails(self):
        self.admin.add_group('team@example.com', [BOB, EVE, ANN])
        self.share(emailMessage="Have a look")
        self.share(EVE, sendNotificationEmail=False)
        self.share(None, kind='anyone')
        self.share('team@example.com', kind='group')
        self.share('x@nowhere.com')
        self.assertEqual(
            [(m['to'], m['kind'], m['message'])
                for m in self.admin.mails()], [
                (BOB, 'sharing', "Have a look"), (BOB, 'sharing', None),
                (EVE, 'sharing', None), ('x@nowhere.com', 'sharing', None)])

    def test_rate_limit(self):
        self.admin.add_fault(
            'status', method_id='drive.permissions.create', status=403,
            reason='sharingRateLimitExceeded')
        self.assertRefused(403, 'sharingRateLimitExceeded', self.share)
        self.share()

    def test_expiration(self):
        for value in [
                self.later(days=-1), self.later(days=370),
                '2030-01-01T00:00:00']:
            self.assertRefused(
                400, 'invalid', self.share, body={'expirationTime': value})
        self.assertRefused(
            400, 'invalid', self.share, None, kind='anyone',
            body={'expirationTime': self.later(days=1)})
        one = self.share(body={'expirationTime': self.later(days=1)})
        self.assertIn('expirationTime', one)
        self.get(self.files_(BOB), self.one)
        permissions = self.service.permissions()
        answer = permissions.update(
            fileId=self.one, permissionId=one['id'], body={},
            removeExpiration=True, fields='*').execute()
        self.assertNotIn('expirationTime', answer)
        permissions.update(
            fileId=self.one, permissionId=one['id'], body={
                'expirationTime': self.later(hours=1)}).execute()
        self.admin.advance(3700)
        self.assertRefused(
            404, 'notFound', self.get, self.files_(BOB), self.one)

    def test_update(self):
        one = self.share()
        permissions = self.service.permissions()
        self.assertEqual(
            permissions.get(
                fileId=self.one, permissionId=one['id'],
                fields='role').execute(), {'role': 'reader'})
        permissions.update(
            fileId=self.one, permissionId=one['id'],
            body={'role': 'writer'}).execute()
        bob = self.files_(BOB)
        self.update(bob, self.one, {'name': 'b'})
        for values, body, status, reason in [
                ({'permissionId': 'x'}, {'role': 'reader'}, 404, 'notFound'),
                ({}, {'role': 'owner'}, 403, 'forbidden'),
                ({}, {'type': 'anyone'}, 403, 'fieldNotWritable')]:
            self.assertRefused(
                status, reason, permissions.update(
                    **{'fileId': self.one, 'permissionId': one['id'],
                        **values}, body=body).execute)
        permissions.delete(
            fileId=self.one, permissionId=one['id']).execute()
        self.assertRefused(404, 'notFound', self.get, bob, self.one)
        self.assertEqual(self.names(bob, 'sharedWithMe = true'), [])

    def test_owner(self):
        owner = self.permissions()[ANN]['id']
        permissions = self.service.permissions()
        for request in [
                permissions.delete(fileId=self.one, permissionId=owner),
                permissions.update(
                    fileId=self.one, permissionId=owner,
                    body={'role': 'writer'})]:
            self.assertRefused(403, 'cannotRemoveOwner', request.execute)

    def test_transfer(self):
        self.share(role='writer', sendNotificationEmail=False)
        for values, email, status, reason in [
                ({'sendNotificationEmail': False}, BOB, 400, 'invalid'),
                ({}, EVE, 400, 'invalidSharingRequest')]:
            self.assertRefused(
                status, reason, self.share, email, 'owner',
                transferOwnership=True, **values)
        self.share(BOB, 'owner', transferOwnership=True)
        found = self.get(self.files, self.one)
        self.assertEqual(found['owners'][0]['emailAddress'], BOB)
        self.assertFalse(found['ownedByMe'])
        self.assertEqual(self.permissions()[ANN]['role'], 'writer')
        self.assertEqual(
            [m['kind'] for m in self.admin.mails(BOB)], ['ownership'])
        self.assertRefused(
            403, 'insufficientFilePermissions', self.update, self.files,
            self.one, {'trashed': True})
        other = self.create(self.files)['id']
        self.share(
            BOB, 'owner', other, transferOwnership=True,
            moveToNewOwnersRoot=True)
        bob = self.files_(BOB)
        self.assertEqual(
            self.get(bob, other)['parents'], [self.get(bob, 'root')['id']])

    def test_inherited(self):
        folder = self.folder(self.files)
        inner = self.create(self.files, parent=folder)['id']
        shared = self.share(role='writer', file=folder)
        found = self.permissions(inner)[BOB]
        self.assertEqual(found['role'], 'writer')
        self.assertEqual(
            [d['inherited'] for d in found['permissionDetails']], [True])
        permissions = self.service.permissions()
        self.assertRefused(
            403, 'cannotModifyInheritedPermission', permissions.delete(
                fileId=inner, permissionId=shared['id']).execute)
        # who adds a file to the folder of another one
        bob = self.files_(BOB)
        theirs = self.create(bob, 'b.txt', parent=folder)
        self.assertTrue(theirs['ownedByMe'])
        self.update(self.files, theirs['id'], {'name': 'c.txt'})
        self.assertRefused(
            403, 'insufficientFilePermissions', self.update, self.files,
            theirs['id'], {'trashed': True})
        self.update(
            self.files, folder, {'inheritedPermissionsDisabled': True})
        self.assertEqual(
            self.get(self.files, folder)['inheritedPermissionsDisabled'],
            True)

    def test_limited_folder(self):
        folder = self.folder(self.files)
        inner = self.folder(self.files, 'Inner', parent=folder)
        one = self.create(self.files, parent=inner)['id']
        self.admin.share_file(folder, BOB, 'writer')
        bob = self.files_(BOB)
        self.get(bob, one)
        self.assertRefused(
            403, 'insufficientFilePermissions', self.update, bob, inner,
            {'inheritedPermissionsDisabled': True})
        self.update(
            self.files, inner, {'inheritedPermissionsDisabled': True})
        self.assertRefused(404, 'notFound', self.get, bob, one)
        self.update(
            self.files, inner, {'inheritedPermissionsDisabled': False})
        self.get(bob, one)

    def test_resource_key(self):
        "Who has only the link needs the key"
        self.share(None, kind='anyone')
        self.admin.tamper_file(self.one, resource_key='0-key')
        bob = self.files_(BOB)
        request = bob.get(fileId=self.one)
        self.assertRefused(404, 'notFound', request.execute)
        request.headers['X-Goog-Drive-Resource-Keys'] = (
            f'x/y,{self.one}/0-key')
        self.assertEqual(request.execute()['resourceKey'], '0-key')
        self.share()
        self.get(bob, self.one)

    def test_groups_and_domains(self):
        self.admin.add_group('team@example.com', [EVE])
        self.share('team@example.com', 'commenter', kind='group')
        self.share(
            None, kind='domain', body={'domain': 'example.com'})
        for user, role in [(EVE, True), (BOB, False)]:
            capabilities = self.get(
                self.files_(user), self.one)['capabilities']
            self.assertEqual(capabilities['canComment'], role)


class TestRoles(SharingTestCase):
    def test_capabilities(self):
        expected = {
            'reader': {'canDownload', 'canCopy'},
            'commenter': {'canComment', 'canDownload', 'canCopy'},
            'writer': {
                'canComment', 'canCopy', 'canDownload', 'canEdit',
                'canModifyContent', 'canReadRevisions', 'canRename',
                'canShare'},
            'owner': {
                'canComment', 'canCopy', 'canDelete', 'canDownload',
                'canEdit', 'canModifyContent', 'canReadRevisions',
                'canRename', 'canShare', 'canTrash'},
            }
        names = expected['owner']
        bob = self.files_(BOB)
        for role, wanted in expected.items():
            if role != 'owner':
                self.admin.share_file(self.one, BOB, role)
            files = self.files if role == 'owner' else bob
            found = self.get(files, self.one)['capabilities']
            self.assertEqual(
                {n for n, v in found.items() if v and n in names}, wanted)

    def test_reader(self):
        self.admin.share_file(self.one, BOB, 'reader')
        service = self.api(BOB)
        files = service.files()
        for request in [
                files.update(fileId=self.one, body={'name': 'x'}),
                files.update(fileId=self.one, body={'trashed': True}),
                files.delete(fileId=self.one),
                service.permissions().list(fileId=self.one),
                service.permissions().create(
                    fileId=self.one, body={
                        'type': 'anyone', 'role': 'reader'}),
                service.revisions().list(fileId=self.one)]:
            self.assertRefused(
                403, 'insufficientFilePermissions', request.execute)

    def test_writers_can_share(self):
        self.admin.share_file(self.one, BOB, 'writer')
        service = self.api(BOB)
        self.share(EVE, service=service)
        self.assertRefused(
            403, 'insufficientFilePermissions', self.update,
            service.files(), self.one, {'writersCanShare': False})
        self.update(self.files, self.one, {'writersCanShare': False})
        self.assertRefused(
            403, 'insufficientFilePermissions', self.share, EVE, 'writer',
            service=service)

    def test_access_of_others(self):
        "Only who may share takes it away"
        self.admin.share_file(self.one, BOB, 'writer')
        key = self.admin.share_file(self.one, EVE, 'reader')
        self.update(self.files, self.one, {'writersCanShare': False})
        self.assertRefused(
            403, 'insufficientFilePermissions',
            self.api(BOB).permissions().delete(
                fileId=self.one, permissionId=key).execute)
        self.get(self.files_(EVE), self.one)

    def test_leave(self):
        key = self.admin.share_file(self.one, BOB, 'reader')
        self.api(BOB).permissions().delete(
            fileId=self.one, permissionId=key).execute()
        self.assertEqual(set(self.permissions()), {ANN})

    def test_remove_from_folder(self):
        "Who may edit a folder may put out what others own"
        folder = self.folder(self.files)
        self.admin.share_file(folder, BOB, 'writer')
        bob = self.files_(BOB)
        theirs = self.create(bob, 'b', parent=folder)['id']
        self.update(self.files, theirs, removeParents=folder)
        self.assertEqual(
            self.get(bob, theirs)['parents'], [self.get(bob, 'root')['id']])
        self.assertRefused(
            404, 'notFound', self.get, self.files, theirs)

    def test_download_restrictions(self):
        self.admin.share_file(self.one, BOB, 'writer')
        bob = self.files_(BOB)
        body = {'downloadRestrictions': {'itemDownloadRestriction': {
                    'restrictedForWriters': True}}}
        self.assertRefused(
            403, 'insufficientFilePermissions', self.update, bob, self.one,
            body)
        answer = self.update(self.files, self.one, body)
        self.assertEqual(
            answer['downloadRestrictions']['itemDownloadRestriction'],
            {'restrictedForReaders': True, 'restrictedForWriters': True})
        self.assertTrue(answer['capabilities']['canDownload'])
        self.assertFalse(
            self.get(bob, self.one)['capabilities']['canDownload'])

    def test_move_in_shared_folders(self):
        folder = self.folder(self.files)
        inner = self.create(self.files, parent=folder)['id']
        self.admin.share_file(folder, BOB, 'reader')
        self.admin.share_file(inner, BOB, 'writer')
        bob = self.files_(BOB)
        mine = self.folder(bob, 'Mine')
        self.assertRefused(
            403, 'insufficientFilePermissions', self.move, bob, inner,
            folder, mine)
        self.assertRefused(
            403, 'insufficientFilePermissions', self.create, bob,
            parent=folder)
        self.admin.share_file(folder, BOB, 'writer')
        self.move(bob, inner, folder, mine)
        self.assertEqual(self.admin.file(inner)['owner'], ANN)
