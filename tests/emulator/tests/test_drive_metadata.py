# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Drive: properties, content restrictions and scopes."
import io

from googleapiclient.http import MediaIoBaseUpload

from .common import SCOPE, setUpModule, tearDownModule
from .drive import ANN, APPS, BOB, DRIVE, FOLDER, SHORTCUT, DriveTestCase

__all__ = ['setUpModule', 'tearDownModule']


class TestProperties(DriveTestCase):
    def test_private(self):
        "appProperties are of the OAuth client, properties of everybody"
        files = self.files_()
        one = self.create(
            files, properties={'a': '1'}, appProperties={'b': '2'})
        self.assertEqual(one['properties'], {'a': '1'})
        self.assertEqual(one['appProperties'], {'b': '2'})
        other = self.admin.add_client(self.client['redirect_uris'])
        others = self.files_(client=other)
        self.assertNotIn('appProperties', self.get(others, one['id']))
        answer = self.update(
            others, one['id'], {
                'appProperties': {'c': '3'},
                'properties': {'a': None, 'd': '4'}})
        self.assertEqual(answer['properties'], {'d': '4'})
        self.assertEqual(answer['appProperties'], {'c': '3'})
        self.assertEqual(
            self.get(files, one['id'])['appProperties'], {'b': '2'})
        self.assertEqual(self.names(
                files, "appProperties has {key='b' and value='2'}"),
            ['a.txt'])
        self.assertEqual(self.names(
                others, "appProperties has {key='b' and value='2'}"), [])

    def test_limits(self):
        files = self.files_()
        one = self.create(files)['id']

        def many(count, name='properties'):
            return {name: {f'k{i}': '' for i in range(count)}}

        self.update(files, one, many(30))
        for body in [
                {'properties': {'more': ''}}, many(31, 'appProperties'),
                {'appProperties': {'k': 'x' * 124}},
                {'appProperties': {'é' * 62: 'x'}}]:
            self.assertRefused(
                400, 'invalid', self.update, files, one, body)
        self.update(files, one, many(30, 'appProperties'))
        self.update(files, one, {'appProperties': {'k0': 'x' * 122}})
        second = self.admin.add_client(self.client['redirect_uris'])
        self.update(
            self.files_(client=second), one, many(30, 'appProperties'))
        third = self.admin.add_client(self.client['redirect_uris'])
        self.assertRefused(
            400, 'invalid', self.update, self.files_(client=third), one,
            many(11, 'appProperties'))


class TestRestrictions(DriveTestCase):
    def setUp(self):
        super().setUp()
        self.ann, self.bob = self.files_(), self.files_(BOB)
        self.one = self.admin.create_file(ANN, 'a.txt', 'text')['id']
        self.admin.share_file(self.one, BOB, 'writer')

    def restrict(self, files, **values):
        return self.update(
            files, self.one, {'contentRestrictions': [values]})

    def test_read_only(self):
        answer = self.restrict(self.bob, readOnly=True, reason="Final")
        one, = answer['contentRestrictions']
        self.assertEqual(one['reason'], "Final")
        self.assertEqual(one['restrictingUser']['emailAddress'], BOB)
        self.assertIn('restrictionTime', one)
        self.assertFalse(answer['capabilities']['canModifyContent'])
        self.assertFalse(answer['capabilities']['canRename'])
        self.assertTrue(answer['capabilities']['canEdit'])
        for files in [self.ann, self.bob]:
            self.assertRefused(
                403, 'insufficientFilePermissions', self.update, files,
                self.one, {'name': 'b.txt'})
        for user in [ANN, BOB]:
            with self.assertRaisesRegex(Exception, 'sufficient'):
                self.admin.edit_file(user, self.one, 'more')
        # everything else is allowed
        folder = self.folder(self.ann)
        self.move(self.ann, self.one, 'root', folder)
        self.update(self.ann, self.one, {'description': 'x'})
        self.assertNotIn(
            'contentRestrictions', self.restrict(self.bob, readOnly=False))
        self.update(self.bob, self.one, {'name': 'b.txt'})

    def test_upload(self):
        "[Protect file content] nobody uploads a revision of it"
        body = {'contentRestrictions': [{'readOnly': True}]}
        lifting = {'contentRestrictions': [{'readOnly': False}]}

        def upload(body, text, **values):
            return self.ann.update(
                fileId=self.one, body=body, media_body=MediaIoBaseUpload(
                    io.BytesIO(text), 'text/plain', **values)).execute()
        # [Files: update] metadata, content, or both
        upload(body, b'new')
        self.assertEqual(self.admin.file_content(self.one), b'new')
        self.assertTrue(
            self.get(self.ann, self.one)['contentRestrictions'])
        for resumable in [False, True]:
            for metadata in [{}, body, lifting]:
                # nothing tells that the request which lifts it may do so
                with self.subTest(resumable=resumable, **metadata):
                    self.assertRefused(
                        403, 'insufficientFilePermissions',
                        lambda: upload(
                            metadata, b'other', resumable=resumable))
        self.assertRefused(
            403, 'insufficientFilePermissions', self.update, self.ann,
            self.one, {'name': 'b.txt', **lifting})
        self.update(self.ann, self.one, lifting)
        upload(body, b'other', resumable=True)
        self.assertEqual(self.admin.file_content(self.one), b'other')
        self.assertTrue(
            self.get(self.ann, self.one)['contentRestrictions'])
        # [Trash or delete files and folders] that is another right
        self.update(self.ann, self.one, {'trashed': True})

    def test_of_the_owner(self):
        self.assertRefused(
            403, 'insufficientFilePermissions', self.restrict, self.bob,
            readOnly=True, ownerRestricted=True)
        self.restrict(self.ann, readOnly=True, ownerRestricted=True)
        for values in [{'readOnly': False}, {'readOnly': True}]:
            self.assertRefused(
                403, 'insufficientFilePermissions', self.restrict, self.bob,
                **values)
        capabilities = self.get(self.bob, self.one)['capabilities']
        self.assertFalse(capabilities['canRemoveContentRestriction'])
        self.restrict(self.ann, readOnly=False)
        self.restrict(self.bob, readOnly=True)

    def test_refused(self):
        reader = self.admin.create_file(ANN, 'b.txt', 'text')['id']
        self.admin.share_file(reader, BOB, 'commenter')
        self.assertRefused(
            403, 'insufficientFilePermissions', self.update, self.bob,
            reader, {'contentRestrictions': [{'readOnly': True}]})
        for values in [
                [], [{'readOnly': True}] * 2, [{'reason': 'x'}],
                [{'readOnly': False, 'reason': 'x'}]]:
            self.assertRefused(
                400, 'invalid', self.update, self.ann, self.one,
                {'contentRestrictions': values})
        self.assertRefused(
            403, 'fieldNotWritable', self.restrict, self.ann,
            readOnly=True, systemRestricted=True)
        for body in [
                {'mimeType': FOLDER}, {'mimeType': SHORTCUT,
                    'shortcutDetails': {'targetId': self.one}}]:
            other = self.create(self.ann, **body)['id']
            self.assertRefused(
                400, 'invalid', self.update, self.ann, other,
                {'contentRestrictions': [{'readOnly': True}]})


class TestScopes(DriveTestCase):
    def setUp(self):
        super().setUp()
        self.mine = self.files_()
        self.theirs = self.admin.create_file(ANN, 'theirs.txt', 'text')['id']

    def scoped(self, *names):
        return self.files_(scopes=[SCOPE + n for n in names])

    def test_file(self):
        files = self.scoped('drive.file')
        own = self.create(files, 'own.txt')['id']
        self.assertEqual(self.names(files), ['own.txt'])
        self.assertRefused(
            404, 'notFound', self.get, files, self.theirs)
        self.assertRefused(
            404, 'notFound', self.update, files, self.theirs, {'name': 'x'})
        self.assertRefused(
            404, 'notFound', self.create, files,
            parent=self.admin.create_folder(ANN, 'Folder')['id'])
        self.admin.open_file_with(
            ANN, self.theirs, self.client['client_id'])
        self.update(files, self.theirs, {'name': 'ours.txt'})
        self.assertEqual(self.names(files), ['ours.txt', 'own.txt'])
        # another application, another user
        other = self.admin.add_client(self.client['redirect_uris'])
        others = self.files_(scopes=[SCOPE + 'drive.file'], client=other)
        self.assertRefused(404, 'notFound', self.get, others, own)
        self.admin.share_file(own, BOB, 'writer')
        bob = self.files_(BOB, scopes=[SCOPE + 'drive.file'])
        self.assertRefused(404, 'notFound', self.get, bob, own)

    def test_read_only(self):
        files = self.scoped('drive.readonly')
        self.assertEqual(
            self.get(files, self.theirs)['name'], 'theirs.txt')
        body = self.assertRefused(
            403, 'insufficientPermissions', self.create, files)
        self.assertEqual(
            body['details'][0]['metadata']['service'],
            'drive.googleapis.com')
        both = self.scoped('drive.readonly', 'drive.file')
        self.assertRefused(
            403, 'appNotAuthorizedToFile', self.update, both, self.theirs,
            {'name': 'x'})
        self.create(both)
        self.create(both, mimeType=SHORTCUT, shortcutDetails={
                'targetId': self.theirs})

    def test_metadata(self):
        files = self.scoped('drive.metadata')
        self.update(files, self.theirs, {'name': 'x.txt'})
        self.assertRefused(
            403, 'insufficientPermissions', self.create, files)
        document = self.create(self.mine, mimeType=APPS + 'document')['id']
        self.assertNotIn('exportLinks', self.get(files, document))
        files = self.scoped('drive.metadata.readonly')
        self.assertEqual(self.names(files), ['a.txt', 'x.txt'])
        self.assertRefused(
            403, 'insufficientPermissions', self.update, files, self.theirs,
            {'name': 'y'})

    def test_application_data(self):
        files = self.scoped('drive.appdata')
        one = self.create(files, 'config', parents=['appDataFolder'])
        self.assertEqual(one['spaces'], ['appDataFolder'])
        self.assertEqual(
            self.names(files, spaces='appDataFolder'), ['config'])
        self.assertRefused(
            403, 'insufficientScopes', files.list().execute)
        self.assertRefused(
            403, 'insufficientScopes', self.create, files)
        # neither the user's files nor another application see it
        self.assertEqual(self.names(self.mine), ['theirs.txt'])
        self.assertRefused(404, 'notFound', self.get, self.mine, one['id'])
        self.assertRefused(
            403, 'insufficientScopes',
            self.mine.list(spaces='appDataFolder').execute)
        other = self.admin.add_client(self.client['redirect_uris'])
        others = self.files_(
            scopes=[SCOPE + 'drive.appdata', DRIVE], client=other)
        self.assertEqual(self.names(others, spaces='appDataFolder'), [])
        for request, reason in [
                (files.update(fileId=one['id'], body={'trashed': True}),
                    'insufficientFilePermissions'),
                (files.update(
                        fileId=one['id'], body={},
                        addParents='root', removeParents='appDataFolder'),
                    'notFound')]:
            self.assertRefused(
                404 if reason == 'notFound' else 403, reason,
                request.execute)
        files.delete(fileId=one['id']).execute()
