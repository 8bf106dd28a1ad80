# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Drive: batches, faults, activities and the administration."
import json

from googleapiclient.errors import HttpError
from googleapiclient.http import BatchHttpRequest, HttpRequest

from .common import SCOPE, setUpModule, tearDownModule
from .drive import ANN, APPS, BOB, DRIVE, DriveTestCase

__all__ = ['setUpModule', 'tearDownModule']
ACTIVITY = SCOPE + 'drive.activity.readonly'


class TestBatch(DriveTestCase):
    def batch(self, service):
        return BatchHttpRequest(
            batch_uri=self.emulator.url + '/batch/drive/v3')

    def run_batch(self, service, requests):
        batch, answers = self.batch(service), []
        for request in requests:
            batch.add(request, callback=lambda i, answer, error: (
                    answers.append(error.resp.status if error else answer)))
        batch.execute(http=service._http)
        return answers

    def test_batch(self):
        service = self.api()
        files = service.files()
        answers = self.run_batch(service, [
                files.create(body={'name': 'a'}),
                files.get(fileId='x'),
                files.list(fields='files(name)')])
        self.assertEqual(answers[0]['name'], 'a')
        self.assertEqual(answers[1], 404)
        self.assertEqual(answers[2], {'files': [{'name': 'a'}]})

    def test_limit(self):
        service = self.api()
        files = service.files()
        requests = [files.get(fileId='root') for _ in range(100)]
        self.assertEqual(len(self.run_batch(service, requests)), 100)
        with self.assertRaises(HttpError):
            self.run_batch(
                service, [*requests, files.get(fileId='root')])

    def test_no_media(self):
        service = self.api()
        one = self.admin.create_file(ANN, 'a.txt', 'text')['id']
        url = f'{self.emulator.url}/drive/v3/files/{one}?alt=media'
        request = HttpRequest(
            service._http, lambda resp, content: content, url)
        other = HttpRequest(
            service._http, lambda resp, content: content,
            f'{self.emulator.url}/calendar/v3/users/me/calendarList')
        self.assertEqual(
            self.run_batch(service, [request, other]), [400, 400])


class TestFaults(DriveTestCase):
    def test_rate_limit(self):
        files = self.files_(credentials=self.credentials(ANN, [DRIVE]))
        for status, reason in [
                (403, 'userRateLimitExceeded'), (429, 'rateLimitExceeded'),
                (503, 'backendError')]:
            self.admin.add_fault(
                'status', method_id='drive.files.get', status=status,
                reason=reason)
            self.assertRefused(status, reason, self.get, files, 'root')
        self.admin.expire_access_tokens(ANN)
        self.get(files, 'root')

    def test_log(self):
        self.admin.clear_log()
        self.get(self.files_(), 'root')
        self.assertEqual(
            [e['id'] for e in self.admin.log()][-1:], ['drive.files.get'])
        self.assertEqual(
            self.admin.counters()['methods']['drive.files.get'], 1)

    def test_strict(self):
        service = self.api()
        url = self.emulator.url + '/drive/v3/files'
        for query, status in [
                ('?nothing=1', 400), ('?pageSize=x', 400),
                ('?supportsAllDrives=1', 400), ('', 200)]:
            answer, _ = service._http.request(url + query)
            self.assertEqual(answer.status, status, query)
        for body in ['[]', '{', '{"name": 5}', '{"starred": "yes"}']:
            answer, content = service._http.request(
                url, 'POST', body, {'Content-Type': 'application/json'})
            self.assertEqual(answer.status, 400, body)
        answer, content = service._http.request(
            self.emulator.url + '/drive/v3/comments')
        self.assertEqual(answer.status, 404)
        self.assertIn(b'<!doctype html', content.lower())


class TestActivity(DriveTestCase):
    def setUp(self):
        super().setUp()
        self.files = self.files_(scopes=[DRIVE])
        self.service = self.api(
            scopes=[ACTIVITY], name='driveactivity.v2')

    def query(self, service=None, **body):
        return (service or self.service).activity().query(
            body=body).execute()

    def actions(self, **body):
        return [
            (*a['primaryActionDetail'], a['targets'][0]['driveItem']['title'])
            for a in self.query(**body).get('activities', ())]

    def test_query(self):
        folder = self.folder(self.files, 'F')
        one = self.create(self.files, 'a')['id']
        self.update(self.files, one, {'name': 'b'})
        self.admin.edit_file(ANN, one, 'text')
        self.move(self.files, one, 'root', folder)
        self.update(self.files, one, {'trashed': True})
        self.update(self.files, one, {'trashed': False})
        self.admin.act(
            ANN, 'drive.permissions.create',
            {'type': 'anyone', 'role': 'reader'}, fileId=one)
        self.assertEqual(self.actions(itemName=f'items/{one}'), [
                ('permissionChange', 'b'), ('restore', 'b'),
                ('delete', 'b'), ('move', 'b'), ('edit', 'b'),
                ('rename', 'b'), ('create', 'a')])
        self.assertEqual(
            self.actions(ancestorName=f'items/{folder}')[-2:],
            [('move', 'b'), ('create', 'F')])
        self.assertEqual(len(self.actions()), 8)
        found = self.query(
            itemName=f'items/{one}',
            filter='detail.action_detail_case:MOVE')['activities'][0]
        self.assertEqual(
            found['primaryActionDetail']['move']['addedParents'][0][
                'driveItem']['name'], f'items/{folder}')
        self.assertTrue(
            found['actors'][0]['user']['knownUser']['isCurrentUser'])

    def test_filter(self):
        one = self.create(self.files, 'a')['id']
        self.admin.advance(10)
        middle = int(self.admin.now() * 1000)
        self.admin.advance(10)
        self.admin.rename_file(ANN, one, 'b')
        for text, names in [
                (f'time > {middle}', ['rename']),
                (f'time <= {middle}', ['create']),
                ('time >= "2020-01-01T00:00:00Z" AND '
                    'detail.action_detail_case:(RENAME EDIT)', ['rename']),
                ('-detail.action_detail_case:RENAME', ['create'])]:
            self.assertEqual(
                [a for a, _ in self.actions(filter=text)], names)
        for values in [
                {'filter': 'time'}, {'filter': 'name = "a"'},
                {'filter': 'detail.action_detail_case:FLY'},
                {'itemName': 'a'}, {'pageToken': 'x'},
                {'itemName': f'items/{one}', 'ancestorName': 'items/root'},
                {'ancestorName': f'items/{one}'}]:
            with self.assertRaises(HttpError) as caught:
                self.query(**values)
            error = json.loads(caught.exception.content)['error']
            self.assertEqual(
                (error['code'], error['status'], 'errors' in error),
                (400, 'INVALID_ARGUMENT', False))

    def test_pages(self):
        for name in 'abcde':
            self.create(self.files, name)
        first = self.query(pageSize=3)
        second = self.query(
            pageSize=3, pageToken=first['nextPageToken'])
        self.assertEqual(
            [len(p['activities']) for p in [first, second]], [3, 2])
        self.assertNotIn('nextPageToken', second)

    def test_access(self):
        one = self.create(self.files, 'a')['id']
        bob = self.api(BOB, [ACTIVITY], name='driveactivity.v2')
        with self.assertRaises(HttpError) as caught:
            self.query(bob, itemName=f'items/{one}')
        self.assertEqual(caught.exception.resp.status, 404)
        plain = self.api(name='driveactivity.v2')
        with self.assertRaises(HttpError) as caught:
            self.query(plain)
        self.assertEqual(caught.exception.resp.status, 403)


class TestAdmin(DriveTestCase):
    def test_contents(self):
        one = self.admin.create_file(ANN, 'a.bin', b'\x00\xff')
        self.assertEqual(self.admin.file_content(one['id']), b'\x00\xff')
        two = self.admin.create_file(
            ANN, 'Sheet', [['Sheet1', [['a', 1]]]],
            mimeType=APPS + 'spreadsheet')
        self.assertEqual(
            self.admin.file_content(two['id']), [['Sheet1', [['a', 1]]]])
        self.admin.edit_file(ANN, one['id'], b'new')
        self.assertEqual(
            self.admin.file_content(one['id'], one['headRevisionId']),
            b'\x00\xff')

    def test_dump(self):
        folder = self.admin.create_folder(ANN, 'F')['id']
        self.admin.create_file(ANN, 'a', b'x', parent=folder)
        self.admin.create_file(BOB, 'b')
        found = {f['path']: f for f in self.admin.files(user=ANN)}
        self.assertEqual(set(found), {'My Drive/F', 'My Drive/F/a'})
        one = found['My Drive/F/a']
        self.assertEqual((one['size'], one['owner']), (1, ANN))
        self.assertEqual(
            one['permissions'][0]['role'], 'owner')

    def test_another_application(self):
        other = self.admin.add_client()['client_id']
        one = self.admin.create_file(
            ANN, 'a', appProperties={'k': 'v'}, client=other)
        self.assertEqual(one['appProperties'], {'k': 'v'})
        found = self.admin.act(
            ANN, 'drive.files.get', client=other, fileId=one['id'],
            fields='appProperties,isAppAuthorized')
        self.assertEqual(
            found, {'appProperties': {'k': 'v'}, 'isAppAuthorized': True})
        found = self.admin.act(
            ANN, 'drive.files.get', fileId=one['id'], fields='*')
        self.assertNotIn('appProperties', found)

    def test_tamper(self):
        service = self.api()
        one = self.admin.create_file(ANN, 'a', b'x')
        start = service.changes().getStartPageToken().execute()
        self.admin.tamper_file(one['id'], b'yy', silent=True)
        found = self.get(service.files(), one['id'])
        self.assertEqual(
            (found['size'], found['headRevisionId'], found['version']),
            ('2', one['headRevisionId'], one['version']))
        changes = service.changes().list(
            pageToken=start['startPageToken'])
        self.assertEqual(changes.execute()['changes'], [])
        self.admin.tamper_file(one['id'], b'z', name='b')
        self.assertEqual(len(changes.execute()['changes']), 1)
        self.admin.destroy_file(one['id'])
        self.assertTrue(changes.execute()['changes'][0]['removed'])

    def test_deleted_user(self):
        one = self.admin.create_file(BOB, 'a')['id']
        self.admin.share_file(one, ANN, 'reader')
        folder = self.admin.create_folder(BOB, 'F')['id']
        self.admin.share_file(folder, ANN, 'writer')
        kept = self.admin.create_file(ANN, 'mine', parent=folder)['id']
        self.admin.share_file(kept, BOB, 'reader')
        self.admin.delete_user(BOB)
        files = self.files_()
        self.assertEqual(
            [p['deleted'] for p in self.get(files, kept)['permissions']
                if p['emailAddress'] == BOB], [True])
        self.assertEqual(self.names(files), ['mine'])
        self.assertEqual(
            self.get(files, kept)['parents'],
            [self.get(files, 'root')['id']])
