# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Drive: shared drives."
from google.oauth2 import service_account

from .common import setUpModule, tearDownModule
from .drive import ANN, APPS, BOB, DRIVE, EVE, DriveTestCase

__all__ = ['setUpModule', 'tearDownModule']


class TestDrives(DriveTestCase):
    def test_create(self):
        drives = self.api().drives()
        answer = drives.create(
            requestId='r1', body={'name': 'Team'}).execute()
        self.assertEqual(set(answer), {'kind', 'id', 'name'})
        self.assertRefused(
            409, 'duplicate', drives.create(
                requestId='r1', body={'name': 'Team'}).execute)
        self.assertEqual(
            len(drives.list().execute()['drives']), 1)
        self.api(BOB).drives().create(
            requestId='r1', body={'name': 'Other'}).execute()
        for body, status, reason in [
                ({}, 400, 'required'),
                ({'name': 'x', 'restrictions': {}}, 403, 'fieldNotWritable'),
                ({'name': 'x', 'themeId': 'none'}, 400, 'invalid')]:
            self.assertRefused(
                status, reason, drives.create(
                    requestId='r2', body=body).execute)
        self.admin.add_user('zoe@gmail.com')
        self.assertRefused(
            403, 'userCannotCreateTeamDrives', self.api(
                'zoe@gmail.com').drives().create(
                requestId='r', body={'name': 'x'}).execute)

    def test_get_and_update(self):
        drive = self.admin.add_drive(ANN, 'Team', {BOB: 'writer'})['id']
        drives, bob = self.api().drives(), self.api(BOB).drives()
        answer = drives.update(driveId=drive, fields='*', body={
                'name': 'New', 'colorRgb': '#112233',
                'restrictions': {'domainUsersOnly': True}}).execute()
        self.assertEqual(
            (answer['name'], answer['colorRgb'],
                answer['restrictions']['domainUsersOnly']),
            ('New', '#112233', True))
        self.assertTrue(answer['capabilities']['canManageMembers'])
        self.assertFalse(bob.get(
                driveId=drive, fields='capabilities').execute()[
                'capabilities']['canManageMembers'])
        self.assertRefused(
            403, 'insufficientFilePermissions', bob.update(
                driveId=drive, body={'name': 'x'}).execute)
        for call in [
                self.api(EVE).drives().get(driveId=drive),
                drives.get(driveId='x'),
                drives.get(driveId=drive, useDomainAdminAccess=True)]:
            self.assertRefused(404, 'notFound', call.execute)
        self.assertTrue(
            bob.hide(driveId=drive, fields='*').execute()['hidden'])
        self.assertFalse(
            drives.get(driveId=drive, fields='*').execute()['hidden'])
        self.assertFalse(
            bob.unhide(driveId=drive, fields='*').execute()['hidden'])

    def test_list(self):
        for name in ['Alpha', 'Beta', 'Gamma']:
            self.admin.add_drive(ANN, name)
        self.admin.add_drive(BOB, 'Hidden')
        drives = self.api().drives()
        answer = drives.list(pageSize=2).execute()
        answer = drives.list(
            pageSize=2, pageToken=answer['nextPageToken']).execute()
        self.assertEqual(len(answer['drives']), 1)
        self.assertEqual(
            drives.list(q='hidden = true').execute()['drives'], [])
        self.assertRefused(
            403, 'queryRequiresAdminCredentials',
            drives.list(q="name contains 'Al'").execute)
        self.assertRefused(
            400, 'invalid', drives.list(q='trashed = true').execute)
        self.assertRefused(
            403, 'noListTeamDrivesAdministratorPrivilege',
            drives.list(useDomainAdminAccess=True).execute)
        self.admin.add_user('boss@example.com', admin=True)
        boss = self.api('boss@example.com').drives()
        for q, names in [
                (None, ['Alpha', 'Beta', 'Gamma', 'Hidden']),
                ("name contains 'Al' and memberCount = 1", ['Alpha']),
                ('organizerCount > 1', [])]:
            found = boss.list(q=q, useDomainAdminAccess=True).execute()
            self.assertEqual(
                [d['name'] for d in found['drives']], names)

    def test_delete(self):
        drive = self.admin.add_drive(ANN, 'Team', {BOB: 'writer'})['id']
        service = self.api()
        one = self.create(service.files(), parent=drive)['id']
        self.assertRefused(
            403, 'cannotDeleteResourceWithChildren',
            service.drives().delete(driveId=drive).execute)
        self.assertRefused(
            403, 'insufficientFilePermissions',
            self.api(BOB).drives().delete(driveId=drive).execute)
        self.update(service.files(), one, {'trashed': True})
        service.drives().delete(driveId=drive).execute()
        self.assertRefused(
            404, 'notFound', self.get, service.files(), one)
        self.assertEqual(self.admin.files(), [])


class TestItems(DriveTestCase):
    def setUp(self):
        super().setUp()
        self.drive = self.admin.add_drive(
            ANN, 'Team', {BOB: 'writer'})['id']
        self.service, self.bobs = self.api(), self.api(BOB)
        self.files, self.bob = self.service.files(), self.bobs.files()

    def test_supports_all_drives(self):
        one = self.create(self.bob, parent=self.drive)['id']
        for request in [
                self.files.get(fileId=one),
                self.files.update(fileId=one, body={'name': 'x'}),
                self.files.delete(fileId=one),
                self.files.copy(fileId=one, body={}),
                self.files.create(body={'parents': [self.drive]}),
                self.service.permissions().list(fileId=one)]:
            self.assertRefused(404, 'notFound', request.execute)
        # these have no such parameter
        self.service.revisions().list(fileId=one).execute()

    def test_resource(self):
        one = self.create(self.bob, parent=self.drive)
        self.assertEqual(one['driveId'], self.drive)
        self.assertEqual(one['parents'], [self.drive])
        for name in [
                'owners', 'ownedByMe', 'shared', 'permissions',
                'writersCanShare']:
            self.assertNotIn(name, one)
        self.assertFalse(one['hasAugmentedPermissions'])
        self.assertFalse(one['capabilities']['canTrash'])
        self.assertTrue(one['capabilities']['canReadDrive'])
        root = self.get(self.files, self.drive)
        self.assertNotIn('parents', root)
        self.assertEqual(root['driveId'], self.drive)
        trashed = self.update(self.files, one['id'], {'trashed': True})
        self.assertEqual(trashed['trashingUser']['emailAddress'], ANN)
        self.assertIn('trashedTime', trashed)

    def test_roles(self):
        one = self.create(self.bob, parent=self.drive)['id']
        self.update(self.bob, one, {'name': 'b'})
        for body in [{'trashed': True}, {'trashed': False}]:
            self.assertRefused(
                403, 'insufficientFilePermissions', self.update, self.bob,
                one, body)
        delete = self.bob.delete(fileId=one, supportsAllDrives=True)
        self.admin.share_file(self.drive, BOB, 'fileOrganizer')
        self.update(self.bob, one, {'trashed': True})
        self.assertRefused(
            403, 'insufficientFilePermissions', delete.execute)
        self.admin.share_file(self.drive, BOB, 'organizer')
        delete.execute()
        # a role on the item alone does not suffice
        one = self.create(self.files, parent=self.drive)['id']
        self.admin.share_file(self.drive, BOB, 'reader')
        self.admin.share_file(one, BOB, 'writer')
        self.assertRefused(
            403, 'insufficientFilePermissions', self.move, self.bob, one,
            self.drive, 'root')
        self.assertRefused(
            403, 'insufficientFilePermissions', self.create, self.bob,
            parent=self.drive)

    def test_parents(self):
        folder = self.folder(self.files, parent=self.drive)
        one = self.create(self.files, parent=self.drive)['id']
        for values in [
                {'addParents': folder}, {'removeParents': self.drive},
                {'addParents': f'{folder},root'}]:
            self.assertRefused(
                403, 'teamDrivesParentLimit', self.update, self.files, one,
                **values)
        self.assertRefused(
            403, 'insufficientFilePermissions', self.move, self.bob, one,
            self.drive, folder)
        self.admin.share_file(self.drive, BOB, 'fileOrganizer')
        self.move(self.bob, one, self.drive, folder)

    def test_move_in(self):
        one, folder = self.create(self.files)['id'], self.folder(self.files)
        self.assertRefused(
            403, 'teamDrivesFolderMoveInNotSupported', self.move,
            self.files, folder, 'root', self.drive)
        moved = self.move(self.files, one, 'root', self.drive)
        self.assertEqual(moved['driveId'], self.drive)
        self.assertNotIn('owners', moved)
        back = self.move(self.files, one, self.drive, 'root')
        self.assertNotIn('driveId', back)
        self.assertTrue(back['ownedByMe'])
        # as a writer
        eves = self.files_(EVE)
        theirs = self.create(eves)['id']
        parent = self.folder(self.bob, 'Mine')
        self.admin.share_file(theirs, BOB, 'writer')
        self.admin.share_file(parent, EVE, 'writer')
        self.move(eves, theirs, 'root', parent)
        self.assertRefused(
            403, 'fileOwnerNotMemberOfTeamDrive', self.move, self.bob,
            theirs, parent, self.drive)
        self.admin.share_file(self.drive, EVE, 'reader')
        self.admin.options(writers_move_in=False)
        self.assertRefused(
            403, 'fileWriterTeamDriveMoveInDisabled', self.move, self.bob,
            theirs, parent, self.drive)
        self.admin.options(writers_move_in=True)
        self.move(self.bob, theirs, parent, self.drive)
        other = self.create(self.files)['id']
        self.update(self.files, other, {'trashed': True})
        self.assertRefused(
            403, 'cannotMoveTrashedItemIntoTeamDrive', self.move,
            self.files, other, 'root', self.drive)

    def test_limits(self):
        self.admin.options(drive_limit=2, folder_depth=2)
        folder = self.folder(self.files, parent=self.drive)
        inner = self.folder(self.files, parent=folder)
        self.assertRefused(
            403, 'teamDriveFileLimitExceeded', self.create, self.files,
            parent=folder)
        self.admin.options(drive_limit=20)
        self.assertRefused(
            403, 'teamDriveHierarchyTooDeep', self.folder, self.files,
            parent=inner)

    def test_permissions(self):
        folder = self.folder(self.files, parent=self.drive)
        one = self.create(self.files, parent=folder)['id']
        permissions = self.service.permissions()

        def listed(file):
            answer = permissions.list(
                fileId=file, supportsAllDrives=True, fields='*').execute()
            return {
                p['emailAddress']: p for p in answer['permissions']}

        found = listed(one)
        detail, = found[BOB]['permissionDetails']
        self.assertEqual(detail, {
                'permissionType': 'member', 'role': 'writer',
                'inherited': True, 'inheritedFrom': self.drive})
        detail, = listed(self.drive)[BOB]['permissionDetails']
        self.assertFalse(detail['inherited'])
        values = {
            'fileId': one, 'permissionId': found[BOB]['id'],
            'supportsAllDrives': True}
        for request in [
                permissions.delete(**values),
                permissions.update(body={'role': 'reader'}, **values)]:
            self.assertRefused(
                403, 'cannotModifyInheritedTeamDrivePermission',
                request.execute)
        # augmented
        permissions.create(
            fileId=folder, supportsAllDrives=True, body={
                'type': 'user', 'role': 'fileOrganizer',
                'emailAddress': BOB}).execute()
        found = listed(one)[BOB]
        self.assertEqual(found['role'], 'fileOrganizer')
        self.assertEqual(
            sorted(d['permissionType'] for d in found['permissionDetails']),
            ['file', 'member'])
        self.assertTrue(
            self.get(self.files, folder)['hasAugmentedPermissions'])
        for file, body, status, reason in [
                (one, {'role': 'owner'}, 403,
                    'ownerOnTeamDriveItemNotSupported'),
                (one, {'role': 'organizer'}, 400, 'invalid'),
                (self.drive, {'type': 'anyone'}, 403,
                    'cannotShareTeamDriveTopFolderWithAnyoneOrDomains')]:
            body = {
                'type': 'user', 'role': 'reader', 'emailAddress': EVE,
                **body}
            self.assertRefused(
                status, reason, permissions.create(
                    fileId=file, supportsAllDrives=True,
                    body=body).execute)

    def test_membership(self):
        "Only organizers manage the members"
        for service, refused in [(self.bobs, True), (self.service, False)]:
            request = service.permissions().create(
                fileId=self.drive, supportsAllDrives=True, body={
                    'type': 'user', 'role': 'reader', 'emailAddress': EVE})
            if refused:
                self.assertRefused(
                    403, 'insufficientFilePermissions', request.execute)
            else:
                request.execute()
        self.assertEqual(
            [m['to'] for m in self.admin.mails()], [EVE])
        self.assertEqual(
            len(self.api(EVE).drives().list().execute()['drives']), 1)

    def test_admin_access(self):
        self.admin.add_user('boss@example.com', admin=True)
        boss = self.api('boss@example.com').permissions()
        body = {
            'type': 'user', 'role': 'organizer',
            'emailAddress': 'boss@example.com'}
        self.assertRefused(
            404, 'notFound', boss.create(
                fileId=self.drive, supportsAllDrives=True,
                body=body).execute)
        boss.create(
            fileId=self.drive, supportsAllDrives=True, body=body,
            useDomainAdminAccess=True).execute()
        self.assertRefused(
            404, 'notFound', self.api().permissions().list(
                fileId=self.drive, supportsAllDrives=True,
                useDomainAdminAccess=True).execute)

    def test_restrictions(self):
        one = self.create(self.files, parent=self.drive)['id']
        self.service.drives().update(driveId=self.drive, body={
                'restrictions': {
                    'domainUsersOnly': True,
                    'copyRequiresWriterPermission': True}}).execute()
        self.assertRefused(
            403, 'teamDrivesSharingRestrictionNotAllowed',
            self.service.permissions().create(
                fileId=one, supportsAllDrives=True, body={
                    'type': 'user', 'role': 'reader',
                    'emailAddress': EVE}).execute)
        self.assertTrue(self.get(
                self.files, one)['copyRequiresWriterPermission'])
        self.assertRefused(
            403, 'fieldNotWritable', self.update, self.files, one,
            {'writersCanShare': False})


class TestServiceAccount(DriveTestCase):
    def service_api(self, subject=None):
        key = self.admin.add_service_account(scopes=[DRIVE])
        credentials = service_account.Credentials.from_service_account_info(
            key, scopes=[DRIVE], subject=subject)
        return key['client_email'], self.api(credentials=credentials)

    def test_no_quota(self):
        email, api = self.service_api()
        files = api.files()
        for body in [{}, {'mimeType': APPS + 'folder'}]:
            self.assertRefused(
                403, 'storageQuotaExceeded', files.create(
                    body=body).execute)
        drive = self.admin.add_drive(
            ANN, 'Team', {email: 'writer'})['id']
        one = self.create(files, parent=drive)['id']
        self.assertEqual(self.get(files, one)['driveId'], drive)
        quota = api.about().get(fields='storageQuota').execute()
        self.assertEqual(quota['storageQuota']['limit'], '0')

    def test_delegation(self):
        _, api = self.service_api(ANN)
        one = self.create(api.files())
        self.assertEqual(one['owners'][0]['emailAddress'], ANN)
