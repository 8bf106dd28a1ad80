# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Drive: the change logs and their channels."
from .common import SCOPE, setUpModule, tearDownModule
from .drive import ANN, BOB, EVE, DriveTestCase
from .test_channels import Receiver

__all__ = ['setUpModule', 'tearDownModule']
WIDE = {'includeItemsFromAllDrives': True, 'supportsAllDrives': True}


class Log:
    "Reads the changes since the last time"

    def __init__(self, service, **values):
        self.changes = service.changes()
        self.values = values
        self.token = self.start()

    def start(self):
        values = {
            k: v for k, v in self.values.items()
            if k in {'driveId', 'supportsAllDrives'}}
        return self.changes.getStartPageToken(
            **values).execute()['startPageToken']

    def read(self, **values):
        result = []
        while True:
            answer = self.changes.list(
                pageToken=self.token, fields='*',
                **{**self.values, **values}).execute()
            result += answer['changes']
            if 'newStartPageToken' in answer:
                self.token = answer['newStartPageToken']
                return result
            self.token = answer['nextPageToken']

    def brief(self, **values):
        "(name or None if removed, trashed)"
        return [
            (c['file']['name'], c['file']['trashed'])
            if c.get('file') else None for c in self.read(**values)]


class TestUserLog(DriveTestCase):
    def setUp(self):
        super().setUp()
        self.service = self.api()
        self.files = self.service.files()
        self.log = Log(self.service)

    def test_chronological(self):
        "One entry a file, with its present state"
        self.assertEqual(self.log.read(), [])
        first, second = (self.create(self.files, n)['id'] for n in 'ab')
        self.update(self.files, first, {'name': 'c'})
        self.update(self.files, first, {'description': 'x'})
        found = self.log.read()
        self.assertEqual(
            [c['fileId'] for c in found], [second, first])
        one = found[1]
        self.assertEqual(
            (one['changeType'], one['removed'], one['file']['name']),
            ('file', False, 'c'))
        self.assertEqual(self.log.read(), [])
        # what is only of one's view is no change
        self.update(self.files, first, {'starred': True})
        self.assertEqual(self.log.read(), [])

    def test_default_fields(self):
        self.create(self.files)
        answer = self.service.changes().list(
            pageToken=self.log.token).execute()
        self.assertEqual(
            set(answer['changes'][0]), {
                'kind', 'changeType', 'type', 'time', 'removed', 'fileId',
                'file'})
        self.assertEqual(
            set(answer['changes'][0]['file']),
            {'kind', 'id', 'name', 'mimeType'})

    def test_tokens(self):
        self.create(self.files)
        other = Log(self.api(BOB)).token
        for token in ['1', 'x', other]:
            body = self.assertRefused(
                400, 'invalid',
                self.service.changes().list(pageToken=token).execute)
            self.assertEqual(
                body['errors'][0]['location'], 'pageToken')
        self.admin.advance(400 * 86400)
        service = self.api()
        answer = service.changes().list(pageToken=self.log.token).execute()
        self.assertEqual(len(answer['changes']), 1)

    def test_rejected(self):
        "Any reason: a new start is needed"
        self.admin.reject_change_tokens(ANN)
        self.assertRefused(400, 'invalid', self.log.read)
        self.log.token = self.log.start()
        self.assertEqual(self.log.read(), [])

    def test_pages(self):
        names = [f'f{i}' for i in range(5)]
        for name in names:
            self.create(self.files, name)
        self.admin.options(empty_pages=1)
        self.assertEqual(
            [n for n, _ in self.log.brief(pageSize=2)], names)

    def test_trash_of_a_folder(self):
        "The folder alone; a restored one, too"
        folder = self.folder(self.files)
        one = self.create(self.files, parent=folder)['id']
        self.log.read()
        self.update(self.files, folder, {'trashed': True})
        self.assertEqual(self.log.brief(), [('Folder', True)])
        answer = self.get(self.files, one)
        self.assertEqual(
            (answer['trashed'], answer['explicitlyTrashed']), (True, False))
        self.update(self.files, folder, {'trashed': False})
        self.assertEqual(self.log.brief(), [('Folder', False)])

    def test_move_of_a_folder(self):
        folder, other = (
            self.folder(self.files, n) for n in ['Folder', 'Other'])
        self.create(self.files, parent=folder)
        self.log.read()
        self.move(self.files, folder, 'root', other)
        self.assertEqual(self.log.brief(), [('Folder', False)])

    def test_deletion(self):
        folder = self.folder(self.files)
        one = self.create(self.files, parent=folder)['id']
        self.log.read()
        start = self.log.token
        self.files.delete(fileId=folder).execute()
        change, = self.log.read()
        self.assertEqual(
            (change['fileId'], change['removed'], 'file' in change),
            (folder, True, False))
        self.assertRefused(404, 'notFound', self.get, self.files, one)
        self.log.token = start
        self.assertEqual(self.log.read(includeRemoved=False), [])
        self.admin.options(delete_lists_children=True)
        folder = self.folder(self.files)
        self.create(self.files, parent=folder)
        self.log.read()
        self.files.delete(fileId=folder).execute()
        self.assertEqual(self.log.brief(), [None, None])

    def test_sharing(self):
        "Access that is gone looks like a deletion"
        bob = Log(self.api(BOB))
        folder = self.folder(self.files)
        self.create(self.files, parent=folder)
        self.assertEqual(bob.read(), [])
        self.admin.share_file(folder, BOB, 'reader')
        # not repeated for what the folder holds
        self.assertEqual(bob.brief(), [('Folder', False)])
        self.assertEqual(
            bob.read(restrictToMyDrive=True), [])
        self.admin.rename_file(ANN, folder, 'New')
        self.assertEqual(bob.brief(restrictToMyDrive=True), [])
        self.admin.rename_file(ANN, folder, 'Newer')
        self.assertEqual(bob.brief(), [('Newer', False)])
        self.admin.revoke_access(folder, BOB)
        change, = bob.read()
        self.assertEqual((change['fileId'], change['removed']),
            (folder, True))
        self.log.read()
        self.assertEqual(self.get(self.files, folder)['name'], 'Newer')

    def test_expired_access(self):
        one = self.create(self.files)['id']
        self.admin.share_file(one, BOB, 'reader', expires=60)
        bob = self.api(BOB)
        log = Log(bob)
        self.get(bob.files(), one)
        self.admin.advance(61)
        self.assertRefused(404, 'notFound', self.get, bob.files(), one)
        self.admin.rename_file(ANN, one, 'b')
        self.assertEqual(log.read(), [])

    def test_scopes(self):
        log = Log(self.api(scopes=[SCOPE + 'drive.file']))
        self.admin.create_file(ANN, 'hidden')
        client = self.client['client_id']
        own = self.admin.create_file(ANN, 'own', client=client)['id']
        self.assertEqual(log.brief(), [('own', False)])
        self.admin.destroy_file(own)
        self.assertEqual(log.brief(), [None])
        data = self.api(scopes=[SCOPE + 'drive.appdata'])
        log = Log(data, spaces='appDataFolder')
        self.create(data.files(), 'config', parents=['appDataFolder'])
        self.assertEqual(log.brief(), [('config', False)])
        self.assertEqual(self.log.brief(), [('hidden', False), None])


class TestDriveLog(DriveTestCase):
    def setUp(self):
        super().setUp()
        self.drive = self.admin.add_drive(ANN, 'Team', {BOB: 'writer'})['id']
        self.service = self.api()
        self.files = self.service.files()
        self.log = Log(self.service, driveId=self.drive, **WIDE)
        self.mine = Log(self.service, **WIDE)

    def test_items(self):
        "Only in the log of the drive"
        bob = Log(self.api(BOB), driveId=self.drive, **WIDE)
        one = self.create(self.files, parent=self.drive)['id']
        for log in [self.log, bob]:
            change, = log.read()
            self.assertEqual(
                (change['fileId'], change['driveId']), (one, self.drive))
        self.assertEqual(self.mine.read(), [])

    def test_membership(self):
        eve = Log(self.api(EVE), **WIDE)
        plain = Log(self.api(EVE))
        self.admin.share_file(self.drive, EVE, 'reader')
        change, = eve.read()
        self.assertEqual(
            (change['changeType'], change['removed'],
                change['drive']['name']), ('drive', False, 'Team'))
        self.assertEqual(plain.read(), [])
        self.assertEqual(
            sorted(c['changeType'] for c in self.log.read()),
            ['drive', 'file'])
        self.admin.revoke_access(self.drive, EVE)
        change, = eve.read()
        self.assertTrue(change['removed'])
        self.assertRefused(
            403, 'teamDriveMembershipRequired',
            eve.changes.getStartPageToken(
                driveId=self.drive, supportsAllDrives=True).execute)

    def test_not_a_member(self):
        "An item that is shared with her is in her own log"
        one = self.create(self.files, parent=self.drive)['id']
        service = self.api(EVE)
        eve, plain = Log(service, **WIDE), Log(service)
        self.admin.share_file(one, EVE, 'reader')
        self.assertEqual(eve.brief(), [('a.txt', False)])
        self.assertEqual(plain.read(), [])

    def test_move_in(self):
        "Removed from the user's log"
        one = self.create(self.files)['id']
        self.mine.read()
        start = self.mine.token
        self.move(self.files, one, 'root', self.drive)
        change, = self.mine.read()
        self.assertEqual(
            (change['removed'], 'file' in change), (True, False))
        self.assertEqual(self.log.brief(), [('a.txt', False)])
        self.mine.token = start
        change, = self.mine.read(includeCorpusRemovals=True)
        self.assertEqual(
            (change['removed'], change['file']['driveId']),
            (True, self.drive))

    def test_parameters(self):
        changes = self.service.changes()
        for values, status in [
                ({'driveId': self.drive}, 400),
                ({'driveId': 'x', 'supportsAllDrives': True}, 404)]:
            with self.subTest(values=values):
                with self.assertRaises(Exception) as caught:
                    changes.getStartPageToken(**values).execute()
                self.assertEqual(caught.exception.resp.status, status)
        for values in [
                {'driveId': self.drive, 'supportsAllDrives': True},
                {'includeItemsFromAllDrives': True},
                {**WIDE, 'restrictToMyDrive': True}]:
            self.assertRefused(
                400, 'badRequest', changes.list(
                    pageToken=self.mine.token, **values).execute)
        self.assertRefused(
            400, 'invalid', changes.list(
                pageToken=self.mine.token, driveId=self.drive,
                **WIDE).execute)


class TestWatch(DriveTestCase):
    def setUp(self):
        super().setUp()
        self.admin.options(http_channels=True)
        self.service = self.api()
        self.files = self.service.files()
        self.receiver = Receiver()
        self.addCleanup(self.receiver.stop)

    def body(self, id='c1', **values):
        return {
            'id': id, 'type': 'web_hook', 'address': self.receiver.url,
            'token': 'secret', **values}

    def watch(self, id='c1', service=None, **values):
        service = service or self.service
        token = service.changes().getStartPageToken().execute()
        return service.changes().watch(
            pageToken=token['startPageToken'],
            body=self.body(id, **values)).execute()

    def messages(self, count):
        result = []
        for _ in range(count):
            _, headers, body = self.receiver.next()
            self.assertEqual(body, b'')
            result.append((
                    headers['X-Goog-Channel-ID'],
                    headers['X-Goog-Resource-State'],
                    headers.get('X-Goog-Changed')))
        return result

    def test_changes(self):
        answer = self.watch()
        self.assertIn('/drive/v3/changes?', answer['resourceUri'])
        self.create(self.files)
        bob = self.files_(BOB)
        self.create(bob)
        self.update(self.files, self.create(self.files)['id'], {
                'starred': True})
        self.assertEqual(self.messages(3), [
                ('c1', 'sync', None), ('c1', 'change', None),
                ('c1', 'change', None)])
        self.admin.wait_deliveries(3)
        self.assertEqual(len(self.admin.deliveries()), 3)

    def test_changed(self):
        "The other name that the documentation has for the state"
        self.admin.options(change_state='changed')
        self.watch()
        self.create(self.files)
        self.assertEqual(
            [m[1] for m in self.messages(2)], ['sync', 'changed'])

    def test_life(self):
        now = self.admin.now()
        file = self.create(self.files)['id']

        def life(answer):
            return int(answer['expiration']) / 1000 - now

        self.assertAlmostEqual(life(self.watch()), 3600, delta=5)
        late = str(int((now + 30 * 86400) * 1000))
        self.assertAlmostEqual(
            life(self.watch('c2', expiration=late)), 7 * 86400, delta=5)
        answer = self.files.watch(
            fileId=file, body=self.body('c3', expiration=late)).execute()
        self.assertAlmostEqual(life(answer), 86400, delta=5)
        answer = self.files.watch(
            fileId=file, body=self.body('c4')).execute()
        self.assertAlmostEqual(life(answer), 3600, delta=5)
        self.admin.advance(3601)
        live = self.admin.channels(live=True)
        self.assertEqual([c['id'] for c in live], ['c2', 'c3'])

    def test_file(self):
        folder = self.folder(self.files)
        file = self.create(self.files)['id']
        for id, one in [('file', file), ('folder', folder)]:
            self.files.watch(fileId=one, body=self.body(id)).execute()
        self.assertEqual(len(self.messages(2)), 2)
        for function, expected in [
                (lambda: self.update(self.files, file, {'name': 'b'}),
                    [('file', 'update', 'properties')]),
                (lambda: self.admin.edit_file(ANN, file, 'text'),
                    [('file', 'update', 'content')]),
                (lambda: self.admin.share_file(file, BOB, 'reader'),
                    [('file', 'update', 'permissions')]),
                (lambda: self.move(self.files, file, 'root', folder), [
                        ('file', 'update', 'parents'),
                        ('folder', 'update', 'children')]),
                (lambda: self.update(self.files, file, {'trashed': True}),
                    [('file', 'trash', None)]),
                (lambda: self.update(self.files, file, {'trashed': False}),
                    [('file', 'untrash', None)]),
                (lambda: self.files.delete(fileId=file).execute(), [
                        ('file', 'remove', None),
                        ('folder', 'update', 'children')])]:
            function()
            self.assertEqual(
                sorted(self.messages(len(expected))), expected)
        self.assertEqual(
            [c['id'] for c in self.admin.channels(live=True)], ['folder'])

    def test_unshared(self):
        file = self.create(self.files)['id']
        self.admin.share_file(file, BOB, 'reader')
        bob = self.files_(BOB)
        bob.watch(fileId=file, body=self.body()).execute()
        self.admin.revoke_access(file, BOB)
        self.assertEqual(
            [m[1] for m in self.messages(2)], ['sync', 'remove'])

    def test_drive(self):
        drive = self.admin.add_drive(ANN, 'Team')['id']
        log = Log(self.service, driveId=drive, **WIDE)
        self.service.changes().watch(
            pageToken=log.token, driveId=drive, body=self.body(),
            **WIDE).execute()
        self.create(self.files)
        self.create(self.files, parent=drive)
        self.assertEqual(
            [m[1] for m in self.messages(2)], ['sync', 'change'])
        self.admin.wait_deliveries(2)
        self.assertEqual(len(self.admin.deliveries()), 2)

    def test_refused(self):
        changes = self.service.changes()
        self.assertRefused(
            400, 'invalid', changes.watch(
                pageToken='1', body=self.body()).execute)
        self.watch()
        self.assertRefused(400, 'channelIdNotUnique', self.watch)
        self.assertRefused(
            404, 'notFound', self.files.watch(
                fileId='x', body=self.body('c2')).execute)

    def test_stop(self):
        answer = self.watch()
        body = {'id': 'c1', 'resourceId': answer['resourceId']}
        bob = self.api(BOB)
        self.assertRefused(
            404, 'notFound', bob.channels().stop(body=body).execute)
        self.service.channels().stop(body=body).execute()
        self.create(self.files)
        self.assertEqual([m[1] for m in self.messages(1)], ['sync'])
        self.assertEqual(self.admin.channels(live=True), [])
