# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Drive: trash, deletion and revisions."
import hashlib
import time
from types import SimpleNamespace

from tests.emulator.drive import revisions

from .common import setUpModule, tearDownModule
from .drive import ANN, APPS, BOB, DriveTestCase

__all__ = ['setUpModule', 'tearDownModule']
DAY = 86400


class TestTrash(DriveTestCase):
    def setUp(self):
        super().setUp()
        self.files = self.files_()

    def test_trash(self):
        folder = self.folder(self.files)
        one = self.create(self.files, parent=folder)['id']
        answer = self.update(self.files, one, {'trashed': True})
        self.assertTrue(answer['trashed'])
        self.assertTrue(answer['explicitlyTrashed'])
        # the folder restores what was trashed with it only
        other = self.create(self.files, 'b', parent=folder)['id']
        self.update(self.files, folder, {'trashed': True})
        self.update(self.files, other, {'trashed': False})
        self.assertTrue(self.get(self.files, other)['trashed'])
        self.update(self.files, folder, {'trashed': False})
        self.assertEqual(self.names(self.files, 'trashed = true'), ['a.txt'])
        self.assertEqual(
            len(self.files.list().execute()['files']), 3)

    def test_rights(self):
        one = self.create(self.files)['id']
        self.admin.share_file(one, BOB, 'writer')
        bob = self.files_(BOB)
        self.assertRefused(
            403, 'insufficientFilePermissions', self.update, bob, one,
            {'trashed': True})
        self.assertRefused(
            403, 'insufficientFilePermissions',
            bob.delete(fileId=one).execute)
        self.update(self.files, one, {'trashed': True})
        self.assertTrue(self.get(bob, one)['trashed'])

    def test_after_30_days(self):
        one = self.create(self.files)['id']
        kept = self.create(self.files)['id']
        self.update(self.files, one, {'trashed': True})
        self.admin.advance(29 * DAY)
        files = self.files_()
        self.get(files, one)
        self.admin.advance(2 * DAY)
        files = self.files_()
        self.assertRefused(404, 'notFound', self.get, files, one)
        self.get(files, kept)

    def test_delete_folder(self):
        "With what its owner has below; the rest goes to another root"
        folder = self.folder(self.files)
        inner = self.folder(self.files, parent=folder)
        one = self.create(self.files, parent=inner)['id']
        self.admin.share_file(folder, BOB, 'writer')
        bob = self.files_(BOB)
        theirs = self.create(bob, 'b', parent=inner)['id']
        self.files.delete(fileId=folder).execute()
        for file in [folder, inner, one]:
            self.assertRefused(404, 'notFound', self.get, self.files, file)
        self.assertEqual(
            self.get(bob, theirs)['parents'], [self.get(bob, 'root')['id']])
        self.assertRefused(
            404, 'notFound', self.files.delete(fileId=folder).execute)

    def test_empty_trash(self):
        one, two = (self.create(self.files, n)['id'] for n in 'ab')
        self.update(self.files, one, {'trashed': True})
        self.admin.trash_file(
            BOB, self.admin.create_file(BOB, 'theirs')['id'])
        drive = self.admin.add_drive(ANN, 'Team', {BOB: 'writer'})['id']
        self.admin.trash_file(
            ANN, self.admin.create_file(ANN, 'team', parent=drive)['id'])
        self.files.emptyTrash().execute()
        self.assertEqual(
            sorted(f['name'] for f in self.admin.files()),
            ['b', 'team', 'theirs'])
        self.assertRefused(
            403, 'insufficientFilePermissions',
            self.files_(BOB).emptyTrash(driveId=drive).execute)
        self.files.emptyTrash(driveId=drive).execute()
        self.assertEqual(
            sorted(f['name'] for f in self.admin.files()), ['b', 'theirs'])
        self.assertTrue(self.get(self.files, two))


class TestRevisions(DriveTestCase):
    def setUp(self):
        super().setUp()
        self.service = self.api()
        self.files = self.service.files()
        self.revisions = self.service.revisions()
        self.one = self.admin.create_file(ANN, 'a.txt', 'one')['id']

    def edit(self, text):
        return self.admin.edit_file(ANN, self.one, text)['headRevisionId']

    def listed(self, **values):
        return self.revisions.list(
            fileId=self.one, fields='*', **values).execute()

    def keep(self, revision, value=True):
        return self.revisions.update(
            fileId=self.one, revisionId=revision,
            body={'keepForever': value}, fields='*').execute()

    def test_list(self):
        head = self.edit('three')
        found = self.listed()['revisions']
        self.assertEqual(
            [(r['size'], r['keepForever']) for r in found],
            [('3', False), ('5', False)])
        self.assertEqual(found[1]['id'], head)
        self.assertEqual(
            found[0]['md5Checksum'], hashlib.md5(b'one').hexdigest())
        self.assertEqual(found[0]['originalFilename'], 'a.txt')
        answer = self.revisions.list(fileId=self.one).execute()
        self.assertEqual(
            set(answer['revisions'][0]),
            {'kind', 'id', 'mimeType', 'modifiedTime'})
        answer = self.listed(pageSize=1)
        answer = self.listed(
            pageSize=1, pageToken=answer['nextPageToken'])
        self.assertEqual(answer['revisions'][0]['id'], head)
        self.assertRefused(
            404, 'notFound', self.revisions.get(
                fileId=self.one, revisionId='x').execute)
        folder = self.folder(self.files)
        self.assertRefused(
            403, 'revisionsNotSupported',
            self.revisions.list(fileId=folder).execute)

    def test_keep_forever(self):
        first = self.listed()['revisions'][0]['id']
        self.assertTrue(self.keep(first)['keepForever'])
        self.assertRefused(
            400, 'illegalKeepForeverModification', self.keep, first, False)
        self.edit('three')
        found = self.get(self.files, self.one)
        self.assertEqual(found['quotaBytesUsed'], '8')
        self.update(self.files, self.one, keepRevisionForever=True)
        self.admin.set_quota(ANN, 8)
        self.assertRefused(
            403, 'fieldNotWritable', self.revisions.update(
                fileId=self.one, revisionId=first,
                body={'size': '1'}).execute)

    def test_at_most_200(self):
        for number in range(200):
            self.edit(f'{number}')
            self.admin.act(
                ANN, 'drive.revisions.update', {'keepForever': True},
                fileId=self.one, revisionId='head')
        self.assertRefused(
            403, 'forbidden', self.keep, self.edit('more'))
        self.assertEqual(len(self.listed()['revisions']), 200)
        self.assertEqual(self.admin.file(self.one)['revisions'], 202)

    def test_purge(self):
        first = self.listed()['revisions'][0]['id']
        self.keep(first)
        second = self.edit('2')
        self.admin.advance(10 * DAY)
        third = self.edit('3')
        self.admin.advance(31 * DAY)
        self.revisions = self.api().revisions()
        self.assertEqual(
            [r['id'] for r in self.listed()['revisions']], [first, third])
        self.assertRefused(
            404, 'notFound', self.revisions.get(
                fileId=self.one, revisionId=second).execute)
        for number in range(120):
            self.edit(f'{number}')
        self.assertEqual(self.admin.file(self.one)['revisions'], 101)

    def test_delete(self):
        first = self.listed()['revisions'][0]['id']
        delete = self.revisions.delete(fileId=self.one, revisionId=first)
        self.assertRefused(
            403, 'cannotDeleteOnlyRevision', delete.execute)
        self.keep(first)
        head = self.edit('three')
        delete.execute()
        self.assertEqual(
            [r['id'] for r in self.listed()['revisions']], [head])
        before = self.edit('four')
        head = self.edit('5')
        self.revisions.delete(
            fileId=self.one, revisionId=head).execute()
        found = self.get(self.files, self.one)
        self.assertEqual(
            (found['headRevisionId'], found['size']), (before, '4'))

    def test_documents(self):
        one = self.admin.create_file(
            ANN, 'Letter', ['One'], mimeType=APPS + 'document')['id']
        self.admin.edit_file(ANN, one, document=['Two'])
        found = self.revisions.list(fileId=one, fields='*').execute()
        ids = [r['id'] for r in found['revisions']]
        self.assertEqual(ids, ['1', '2'])
        self.assertNotIn('md5Checksum', found['revisions'][0])
        self.assertRefused(
            403, 'revisionDeletionNotSupported', self.revisions.delete(
                fileId=one, revisionId='1').execute)
        self.assertRefused(
            400, 'invalid', self.revisions.update(
                fileId=one, revisionId='1',
                body={'keepForever': True}).execute)
        self.assertTrue(self.revisions.update(
                fileId=one, revisionId='2', body={'published': True},
                fields='published').execute()['published'])

    def content(self, revision, user=ANN):
        return self.api(user).revisions().get_media(
            fileId=self.one, revisionId=revision).execute()

    def test_content(self):
        "Of old revisions only what is kept forever"
        first = self.listed()['revisions'][0]['id']
        head = self.edit('three')
        self.assertEqual(self.content(head), b'three')
        self.assertEqual(self.content('head'), b'three')
        self.assertRefused(
            403, 'download_restricted_for_revision', self.content, first)
        self.keep(first)
        self.assertEqual(self.content(first), b'one')
        self.admin.share_file(self.one, BOB, 'reader')
        self.assertRefused(
            403, 'insufficientFilePermissions', self.content, head, BOB)


class TestPurge(DriveTestCase):
    def test_newest_are_kept(self):
        now = time.time()
        state = SimpleNamespace(now=lambda: now)
        file = SimpleNamespace(native=False, revisions=[
                SimpleNamespace(
                    id=i, keep=False, modified=(now - 40 * DAY) * 1000)
                for i in range(3)])
        revisions.purge(state, file)
        self.assertEqual([r.id for r in file.revisions], [2])
