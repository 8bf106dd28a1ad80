# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Drive: files, folders, shortcuts and their metadata."
import hashlib

from .common import setUpModule, tearDownModule
from .drive import ANN, APPS, BOB, FOLDER, SHORTCUT, DriveTestCase

__all__ = ['setUpModule', 'tearDownModule']


class TestAbout(DriveTestCase):
    def test_about(self):
        about = self.api().about()
        self.assertRefused(400, 'required', about.get().execute)
        self.assertRefused(
            400, 'invalidParameter', about.get(fields='nothing').execute)
        found = about.get(fields='user,storageQuota').execute()
        self.assertEqual(set(found), {'user', 'storageQuota'})
        self.assertEqual(found['user']['emailAddress'], ANN)
        self.assertEqual(found['storageQuota']['limit'], str(15 << 30))
        found = about.get(fields='*').execute()
        self.assertIn(
            'text/csv', found['exportFormats'][APPS + 'spreadsheet'])
        self.assertIn(
            APPS + 'document', found['importFormats']['text/html'])
        self.assertEqual(found['maxUploadSize'], str(5120 << 30))

    def test_quota(self):
        self.admin.set_quota(ANN, 100)
        files = self.files_()
        self.admin.create_file(ANN, 'a', b'x' * 60)
        with self.assertRaisesRegex(Exception, 'storage quota'):
            self.admin.create_file(ANN, 'b', b'x' * 60)
        quota = self.api().about().get(
            fields='storageQuota').execute()['storageQuota']
        self.assertEqual((quota['limit'], quota['usage']), ('100', '60'))
        one = self.create(files, 'empty')['id']
        with self.assertRaisesRegex(Exception, 'storage quota'):
            self.admin.edit_file(ANN, one, b'x' * 41)
        # what is replaced is free again
        self.admin.edit_file(ANN, one, b'x' * 30)
        self.admin.edit_file(ANN, one, b'x' * 40)
        self.admin.set_quota(ANN, 10)
        self.assertRefused(
            403, 'storageQuotaExceeded', self.create, files)


class TestCreate(DriveTestCase):
    def test_defaults(self):
        files = self.files_()
        answer = files.create(body={'name': 'a'}).execute()
        self.assertEqual(
            set(answer), {'kind', 'id', 'name', 'mimeType'})
        self.assertEqual(
            answer['mimeType'], 'application/octet-stream')
        answer = files.create(body={}, fields='name,size').execute()
        self.assertEqual(answer, {'name': 'Untitled', 'size': '0'})
        self.assertRefused(
            400, 'invalidParameter',
            files.create(body={}, fields='nothing').execute)

    def test_all_fields(self):
        answer = self.create(
            self.files_(), 'a.tar.gz', description='Text',
            createdTime='2020-01-02T03:04:05Z',
            modifiedTime='2021-01-02T03:04:05.678+01:00',
            mimeType='application/gzip')
        self.assertEqual(
            answer['md5Checksum'], hashlib.md5(b'').hexdigest())
        self.assertEqual(
            answer['sha256Checksum'], hashlib.sha256(b'').hexdigest())
        self.assertEqual(answer['fileExtension'], 'gz')
        self.assertEqual(answer['fullFileExtension'], 'tar.gz')
        self.assertEqual(answer['originalFilename'], 'a.tar.gz')
        self.assertEqual(answer['createdTime'], '2020-01-02T03:04:05.000Z')
        self.assertEqual(answer['modifiedTime'], '2021-01-02T02:04:05.678Z')
        self.assertEqual(answer['owners'][0]['emailAddress'], ANN)
        self.assertTrue(answer['ownedByMe'])
        self.assertFalse(answer['shared'])
        self.assertTrue(answer['isAppAuthorized'])
        self.assertTrue(answer['capabilities']['canTrash'])
        self.assertTrue(answer['headRevisionId'])
        self.assertIn(answer['id'], answer['webViewLink'])

    def test_not_writable(self):
        files = self.files_()
        for body in [
                {'size': '5'}, {'md5Checksum': 'x'}, {'version': '3'},
                {'trashed': True}, {'kind': 'drive#file'},
                {'owners': []}, {'webViewLink': 'x'}]:
            with self.subTest(body=body):
                self.assertRefused(
                    403, 'fieldNotWritable', files.create(
                        body=body).execute)
        one = self.create(files)['id']
        for body in [
                {'parents': ['root']}, {'id': one}, {'size': '5'},
                {'createdTime': '2020-01-02T03:04:05Z'},
                {'shortcutDetails': {'targetId': one}}]:
            with self.subTest(body=body):
                self.assertRefused(
                    403, 'fieldNotWritable', self.update, files, one, body)

    def test_invalid(self):
        files = self.files_()
        for body in [
                {'mimeType': 'text'}, {'mimeType': '*/*'},
                {'mimeType': APPS + 'photo'},
                {'modifiedTime': '2020-01-01T00:00:00'},
                {'folderColorRgb': 'red'}]:
            with self.subTest(body=body):
                self.assertRefused(
                    400, 'invalid', files.create(body=body).execute)

    def test_generated_ids(self):
        files = self.files_()
        answer = files.generateIds(count=3).execute()
        self.assertEqual(answer['space'], 'drive')
        first, second, third = answer['ids']
        self.assertEqual(len(files.generateIds().execute()['ids']), 10)
        self.assertEqual(self.create(files, id=first)['id'], first)
        self.assertRefused(
            409, 'fileIdInUse', self.create, files, id=first)
        self.assertEqual(self.create(
                files, id=second, mimeType=FOLDER)['id'], second)
        for body in [
                {'id': 'made-up'}, {'id': third, 'mimeType': SHORTCUT,
                    'shortcutDetails': {'targetId': first}},
                {'id': third, 'mimeType': APPS + 'document'}]:
            self.assertRefused(
                400, 'invalid', self.create, files, **body)
        files.delete(fileId=first).execute()
        self.assertRefused(
            409, 'fileIdInUse', self.create, files, id=first)
        one, = files.generateIds(count=1, type='shortcuts').execute()['ids']
        self.create(
            files, id=one, mimeType=SHORTCUT,
            shortcutDetails={'targetId': second})
        for values in [
                {'count': 0}, {'count': 1001}]:
            self.assertRefused(
                400, 'invalidParameter',
                files.generateIds(**values).execute)
        for values in [{'space': 'photos'}, {'type': 'folders'}]:
            self.assertRefused(
                400, 'invalid', files.generateIds(**values).execute)

    def test_documents(self):
        answer = self.create(
            self.files_(), 'Letter', mimeType=APPS + 'document')
        self.assertNotIn('md5Checksum', answer)
        self.assertNotIn('headRevisionId', answer)
        self.assertNotIn('fileExtension', answer)
        self.assertIn('size', answer)
        self.assertIn('application/pdf', answer['exportLinks'])

    def test_lost_answer(self):
        "drop_after: the file exists; the generated id tells it"
        files = self.files_()
        one, = files.generateIds(count=1).execute()['ids']
        self.admin.add_fault(
            'drop_after', method_id='drive.files.create', times=2)
        with self.assertRaises(Exception):
            self.create(files, id=one)
        self.assertEqual(self.get(files, one)['name'], 'a.txt')
        self.assertRefused(409, 'fileIdInUse', self.create, files, id=one)


class TestFolders(DriveTestCase):
    def test_root(self):
        files = self.files_()
        root = self.get(files, 'root')
        self.assertEqual(
            (root['name'], root['mimeType']), ('My Drive', FOLDER))
        self.assertNotIn('parents', root)
        one = self.create(files)
        self.assertEqual(one['parents'], [root['id']])
        for body in [{'name': 'x'}, {'trashed': True}]:
            self.assertRefused(
                403, 'insufficientFilePermissions', self.update, files,
                'root', body)
        self.assertRefused(
            403, 'insufficientFilePermissions',
            files.delete(fileId='root').execute)

    def test_names_are_not_unique(self):
        files = self.files_()
        first, second = self.create(files), self.create(files)
        self.assertNotEqual(first['id'], second['id'])

    def test_parents(self):
        files = self.files_()
        folder, other = self.folder(files), self.folder(files, 'Other')
        one = self.create(files, parent=folder)
        self.assertEqual(one['parents'], [folder])
        for parents, status, reason in [
                ([folder, other], 403, 'cannotAddParent'),
                (['nothing'], 404, 'notFound'),
                ([one['id']], 403, 'parentNotAFolder')]:
            self.assertRefused(
                status, reason, self.create, files, parents=parents)

    def test_move(self):
        files = self.files_()
        folder = self.folder(files)
        inner = self.folder(files, 'Inner', parent=folder)
        one = self.create(files)
        before = one['modifiedTime']
        moved = self.move(files, one['id'], 'root', inner)
        self.assertEqual(moved['parents'], [inner])
        self.assertEqual(moved['modifiedTime'], before)
        self.assertGreater(int(moved['version']), int(one['version']))
        for file, values, status, reason in [
                (one['id'], {'addParents': folder}, 403, 'cannotAddParent'),
                (one['id'], {'addParents': inner, 'removeParents': inner},
                    400, 'badRequest'),
                (one['id'], {
                        'addParents': folder, 'removeParents': folder},
                    404, 'notFound'),
                (one['id'], {
                        'addParents': 'nothing', 'removeParents': inner},
                    404, 'notFound'),
                (folder, {'addParents': inner, 'removeParents': 'root'},
                    400, 'badRequest'),
                (folder, {'addParents': folder, 'removeParents': 'root'},
                    400, 'badRequest')]:
            with self.subTest(values=values):
                self.assertRefused(
                    status, reason, self.update, files, file, **values)
        back = self.update(files, one['id'], removeParents=inner)
        self.assertEqual(
            back['parents'], [self.get(files, 'root')['id']])

    def test_limits(self):
        self.admin.options(folder_limit=2, folder_depth=2)
        files = self.files_()
        folder = self.folder(files)
        self.create(files, parent=folder)
        inner = self.folder(files, parent=folder)
        self.assertRefused(
            403, 'numChildrenInNonRootLimitExceeded', self.create, files,
            parent=folder)
        self.create(files, parent=inner)
        self.assertRefused(
            403, 'myDriveHierarchyDepthLimitExceeded', self.folder, files,
            parent=inner)

    def test_color(self):
        files = self.files_()
        folder = self.folder(files)
        answer = self.update(files, folder, {'folderColorRgb': '#ff0000'})
        self.assertEqual(answer['folderColorRgb'], '#f83a22')

    def test_shortcuts(self):
        files = self.files_()
        target = self.create(files, mimeType='text/plain')['id']
        one = self.create(
            files, 'Link', mimeType=SHORTCUT,
            shortcutDetails={'targetId': target})
        self.assertEqual(one['shortcutDetails'], {
                'targetId': target, 'targetMimeType': 'text/plain'})
        self.assertNotIn('size', one)
        for body, status, reason in [
                ({'mimeType': SHORTCUT}, 400, 'required'),
                ({'shortcutDetails': {'targetId': target}}, 400, 'invalid'),
                ({'mimeType': SHORTCUT, 'shortcutDetails': {
                            'targetId': 'nothing'}}, 404, 'notFound'),
                ({'mimeType': SHORTCUT, 'shortcutDetails': {
                            'targetId': one['id']}}, 400, 'invalid')]:
            self.assertRefused(status, reason, self.create, files, **body)
        files.delete(fileId=target).execute()
        again = self.get(files, one['id'])
        self.assertEqual(again['shortcutDetails']['targetId'], target)


class TestUpdate(DriveTestCase):
    def test_rename(self):
        files = self.files_()
        one = self.create(files, 'a.txt')
        self.admin.advance(10)
        answer = self.update(files, one['id'], {'name': 'b'})
        self.assertEqual(answer['name'], 'b')
        self.assertEqual(answer['fullFileExtension'], 'txt')
        self.assertEqual(answer['originalFilename'], 'a.txt')
        self.assertGreater(answer['modifiedTime'], one['modifiedTime'])
        self.assertEqual(answer['headRevisionId'], one['headRevisionId'])
        answer = self.update(files, one['id'], {'name': 'b.csv'})
        self.assertEqual(answer['fileExtension'], 'csv')

    def test_own_view(self):
        "Stars and views are of the user, and no change of the file"
        files = self.files_()
        one = self.create(files)
        self.admin.share_file(one['id'], BOB, 'reader')
        bob = self.files_(BOB)
        before = self.get(files, one['id'])
        self.admin.advance(5)
        answer = self.update(bob, one['id'], {
                'starred': True, 'viewedByMeTime': '2026-01-01T00:00:00Z'})
        self.assertTrue(answer['starred'])
        self.assertTrue(answer['viewedByMe'])
        after = self.get(files, one['id'])
        self.assertFalse(after['starred'])
        self.assertEqual(after['modifiedTime'], before['modifiedTime'])
        self.assertGreater(int(after['version']), int(before['version']))
        self.assertRefused(
            403, 'insufficientFilePermissions', self.update, bob, one['id'],
            {'description': 'x'})

    def test_content(self):
        files = self.files_()
        one = self.admin.create_file(ANN, 'a.txt', 'one')
        self.admin.advance(5)
        self.admin.share_file(one['id'], BOB, 'writer')
        self.admin.edit_file(BOB, one['id'], 'three')
        answer = self.get(files, one['id'])
        self.assertEqual(answer['size'], '5')
        self.assertEqual(
            answer['sha1Checksum'], hashlib.sha1(b'three').hexdigest())
        self.assertNotEqual(
            answer['headRevisionId'], one['headRevisionId'])
        self.assertEqual(answer['lastModifyingUser']['emailAddress'], BOB)
        self.assertLess(answer['modifiedByMeTime'], answer['modifiedTime'])

    def test_mime_type(self):
        files = self.files_()
        one = self.create(files, mimeType='text/plain')['id']
        self.update(files, one, {'mimeType': 'text/plain'})
        for value in ['text/csv', APPS + 'document']:
            self.assertRefused(
                400, 'invalid', self.update, files, one,
                {'mimeType': value})

    def test_copy(self):
        files = self.files_()
        folder = self.folder(files)
        one = self.admin.create_file(
            ANN, 'a.txt', 'text', parent=folder, description='d',
            starred=True, client=self.client['client_id'],
            properties={'p': '1', 'q': '2'}, appProperties={'a': '1'})
        answer = files.copy(
            fileId=one['id'], body={'properties': {'q': None}},
            fields='*').execute()
        self.assertEqual(answer['name'], 'Copy of a.txt')
        self.assertEqual(answer['parents'], [folder])
        self.assertEqual(answer['md5Checksum'], one['md5Checksum'])
        self.assertEqual(answer['properties'], {'p': '1'})
        self.assertEqual(answer['appProperties'], {'a': '1'})
        self.assertFalse(answer['starred'])
        self.assertEqual(answer['originalFilename'], 'a.txt')
        self.assertRefused(
            403, 'cannotCopyFile',
            files.copy(fileId=folder, body={}).execute)
        self.admin.share_file(one['id'], BOB, 'reader')
        bob = self.files_(BOB)
        answer = bob.copy(
            fileId=one['id'], body={'name': 'b'}, fields='*').execute()
        self.assertEqual(
            answer['parents'], [self.get(bob, 'root')['id']])
        self.update(
            files, one['id'], {'copyRequiresWriterPermission': True})
        self.assertRefused(
            403, 'insufficientFilePermissions',
            bob.copy(fileId=one['id'], body={}).execute)
        self.assertFalse(
            self.get(bob, one['id'])['capabilities']['canDownload'])

    def test_labels(self):
        files = self.files_()
        one = self.create(files)['id']
        self.assertEqual(
            files.listLabels(fileId=one).execute()['labels'], [])
