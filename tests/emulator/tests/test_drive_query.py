# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Drive: files.list, its query language, order, corpora and pages."
from .common import setUpModule, tearDownModule
from .drive import ANN, APPS, BOB, EVE, FOLDER, SHORTCUT, DriveTestCase

__all__ = ['setUpModule', 'tearDownModule']


class QueryTestCase(DriveTestCase):
    def setUp(self):
        super().setUp()
        self.files = self.files_()

    def make(self, name, content=None, user=ANN, **values):
        return self.admin.create_file(user, name, content, **values)['id']

    def assertFound(self, q, *names, files=None):
        with self.subTest(q=q):
            self.assertEqual(
                self.names(files or self.files, q), sorted(names))


class TestTerms(QueryTestCase):
    def test_name(self):
        for name in [
                'HelloWorld', 'hello there world', "Valentine's Day",
                'back\\slash', 'report_2026.final.pdf']:
            self.make(name)
        for q, names in [
                ("name contains 'Hello'",
                    ['HelloWorld', 'hello there world']),
                ("name contains 'World'", ['hello there world']),
                ("name contains 'there wor'", ['hello there world']),
                ("name contains 'ello'", []),
                ("name contains '2026'", ['report_2026.final.pdf']),
                ("name = 'helloworld'", ['HelloWorld']),
                (r"name = 'Valentine\'s Day'", ["Valentine's Day"]),
                (r"name = 'back\\slash'", ['back\\slash']),
                ("name != 'HelloWorld' and name contains 'hello'",
                    ['hello there world'])]:
            self.assertFound(q, *names)

    def test_full_text(self):
        self.make('a', 'Hello there world', description='Invoice')
        self.make('b', 'HelloWorld and Hello_world')
        self.make('c', ['A paragraph'], mimeType=APPS + 'document')
        self.make('d', contentHints={'indexableText': 'secret'})
        for q, names in [
                ("fullText contains 'hello'", ['a', 'b']),
                ("fullText contains 'HelloWorld'", ['b']),
                ("fullText contains 'Hell'", []),
                ("fullText contains 'world there'", ['a']),
                ("fullText contains '\"Hello there\"'", ['a']),
                ("fullText contains '\"Hello world\"'", ['b']),
                ("fullText contains 'invoice'", ['a']),
                ("fullText contains 'paragraph'", ['c']),
                ("fullText contains 'secret'", ['d'])]:
            self.assertFound(q, *names)

    def test_types_and_marks(self):
        folder = self.make('f', mimeType=FOLDER)
        self.make('a', 'x', mimeType='image/png', starred=True)
        target = self.make('b', 'x', parent=folder)
        self.make(
            'l', mimeType=SHORTCUT, shortcutDetails={'targetId': target})
        self.admin.trash_file(ANN, folder)
        for q, names in [
                ("mimeType = 'image/png'", ['a']),
                ("mimeType contains 'image/'", ['a']),
                (f"mimeType != '{FOLDER}'", ['a', 'b', 'l']),
                ('trashed = true', ['b', 'f']),
                ('trashed=false', ['a', 'l']),
                ('not trashed = true', ['a', 'l']),
                ('starred = true', ['a']),
                ('starred != true and trashed = false', ['l']),
                (f"shortcutDetails.targetId = '{target}'", ['l']),
                (f"'{folder}' in parents", ['b']),
                (f"not '{folder}' in parents and trashed = true", ['f']),
                ("'root' in parents", ['a', 'f', 'l']),
                (None, ['a', 'b', 'f', 'l'])]:
            self.assertFound(q, *names)
        self.assertRefused(
            404, 'notFound', self.names, self.files, "'x' in parents")

    def test_many_parents(self):
        "Users report that such queries find nothing, at times"
        folders = [self.make(f'f{i}', mimeType=FOLDER) for i in range(3)]
        for number, folder in enumerate(folders):
            self.make(f'{number}', parent=folder)
        q = ' or '.join(f"'{f}' in parents" for f in folders)
        self.assertFound(q, '0', '1', '2')
        self.admin.options(parents_limit=2)
        self.assertFound(q)
        self.assertFound(f"'{folders[0]}' in parents", '0')

    def test_times(self):
        one = self.make('a', modifiedTime='2026-01-01T12:00:00Z')
        self.make(
            'b', modifiedTime='2026-01-02T12:00:00Z',
            createdTime='2020-01-01T00:00:00Z')
        self.update(
            self.files, one, {'viewedByMeTime': '2019-01-01T00:00:00Z'})
        for q, names in [
                ("modifiedTime > '2026-01-01T12:00:00'", ['b']),
                ("modifiedTime >= '2026-01-01T12:00:00Z'", ['a', 'b']),
                ("modifiedTime = '2026-01-01T13:00:00+01:00'", ['a']),
                ("modifiedTime < '2026-01-01T13:00:00-02:00'", ['a']),
                ("createdTime <= '2021-01-01T00:00:00'", ['b']),
                ("viewedByMeTime < '2019-06-01T00:00:00'", ['a'])]:
            self.assertFound(q, *names)

    def test_people(self):
        self.make('mine')
        shared = self.make('shared', user=BOB)
        self.admin.share_file(shared, ANN, 'reader')
        edited = self.make('edited', user=BOB)
        self.admin.share_file(edited, ANN, 'writer')
        hidden = self.make('hidden', user=BOB)
        for q, names in [
                ("'me' in owners", ['mine']),
                (f"'{BOB}' in owners", ['edited', 'shared']),
                (f"'{ANN}' in writers", ['edited', 'mine']),
                (f"'{ANN}' in readers", ['edited', 'mine', 'shared']),
                ('sharedWithMe = true', ['edited', 'shared']),
                ('sharedWithMe = false', ['mine']),
                (None, ['edited', 'mine', 'shared'])]:
            self.assertFound(q, *names)
        self.assertRefused(404, 'notFound', self.get, self.files, hidden)

    def test_visibility(self):
        for name, kind, discovery in [
                ('a', 'anyone', False), ('b', 'anyone', True),
                ('c', 'domain', False), ('d', 'domain', True),
                ('e', None, None)]:
            one = self.make(name)
            if kind:
                body = {
                    'type': kind, 'role': 'reader',
                    'allowFileDiscovery': discovery}
                if kind == 'domain':
                    body['domain'] = 'example.com'
                self.admin.act(
                    ANN, 'drive.permissions.create', body, fileId=one)
        for value, name in [
                ('anyoneWithLink', 'a'), ('anyoneCanFind', 'b'),
                ('domainWithLink', 'c'), ('domainCanFind', 'd'),
                ('limited', 'e')]:
            self.assertFound(f"visibility = '{value}'", name)
        bob = self.files_(BOB)
        self.assertEqual(self.names(bob), [])
        self.assertEqual(self.names(bob, corpora='domain'), ['d'])
        self.get(self.files_(EVE), self.admin.files()[0]['id'])

    def test_properties(self):
        self.make('a', properties={"it's": 'x\\y'})
        self.make('b', properties={"it's": 'z'})
        self.assertFound(
            r"properties has { key='it\'s' and value='x\\y' }", 'a')
        self.assertFound("properties has {key='x' and value='y'}")


class TestGrammar(QueryTestCase):
    def test_left_to_right(self):
        for name in 'abc':
            self.make(name, starred=name == 'b')
        for q, names in [
                ("name='a' or name='b' and starred=true", ['b']),
                ("name='a' or (name='b' and starred=true)", ['a', 'b']),
                ("starred=true and name='b' or name='c'", ['b', 'c']),
                ("not name='a' and not (name='b')", ['c']),
                ("not (name='a' or name='b')", ['c']),
                ("not not name='a'", ['a'])]:
            self.assertFound(q, *names)

    def test_bad(self):
        for q in [
                'name', "name = ", "name = 'a", "name = a", 'name = "a"',
                "name like 'a'", "nothing = 'a'", "name = 'a' and",
                "(name = 'a'", "name = 'a')", "name < 'a'",
                "fullText = 'a'", "trashed = 'true'", 'trashed = yes',
                'trashed > true', "modifiedTime > '2026'",
                "modifiedTime > 2026", "modifiedTime contains '2'",
                "parents in 'a'", "'a' in name", "'a' not in parents",
                "parents = 'a'", "name has {key='a' and value='b'}",
                "properties has {value='b' and key='a'}",
                "properties has {key='a'}", "properties = 'a'",
                "visibility = 'nobody'", r"name = 'a\n'",
                "name = 'a' name = 'b'", "name = 'a' AND name = 'b'",
                "name ~ 'a'"]:
            with self.subTest(q=q):
                body = self.assertRefused(
                    400, 'invalid', self.names, self.files, q)
                self.assertEqual(body['errors'][0]['location'], 'q')


class TestOrder(QueryTestCase):
    def order(self, text):
        found = self.files.list(
            orderBy=text, fields='files(name)').execute()['files']
        return [f['name'] for f in found]

    def test_keys(self):
        self.make('file10', 'x' * 3, modifiedTime='2026-01-03T00:00:00Z')
        self.make('File2', 'x' * 5, modifiedTime='2026-01-02T00:00:00Z')
        self.make('file1', 'x', modifiedTime='2026-01-01T00:00:00Z')
        self.make('z', mimeType=FOLDER, starred=True)
        for text, names in [
                ('name', ['file1', 'file10', 'File2', 'z']),
                ('name desc', ['z', 'File2', 'file10', 'file1']),
                ('name_natural', ['file1', 'File2', 'file10', 'z']),
                ('folder,name', ['z', 'file1', 'file10', 'File2']),
                ('quotaBytesUsed desc',
                    ['File2', 'file10', 'file1', 'z']),
                ('starred,modifiedTime desc',
                    ['z', 'file10', 'File2', 'file1'])]:
            with self.subTest(text=text):
                self.assertEqual(self.order(text), names)

    def test_arbitrary(self):
        names = [f'{i:02}' for i in range(20)]
        for name in names:
            self.make(name)
        found = self.order(None)
        self.assertEqual(sorted(found), names)
        self.assertNotEqual(found, names)
        self.assertNotEqual(found, names[::-1])

    def test_bad(self):
        for text in ['size', 'name asc', 'name,', 'name desc desc']:
            self.assertRefused(400, 'invalid', self.order, text)
        body = self.assertRefused(
            400, 'badRequest', self.files.list(
                q="fullText contains 'x'", orderBy='name').execute)
        self.assertEqual(body['errors'][0]['location'], 'orderBy')


class TestPages(QueryTestCase):
    def setUp(self):
        super().setUp()
        self.ids = [self.make(f'f{i}') for i in range(7)]

    def pages(self, change=None, **values):
        request = self.files.list(**values)
        result = []
        while request is not None:
            answer = request.execute()
            result.append([f['id'] for f in answer['files']])
            request = self.files.list_next(request, answer)
            if change and len(result) == 1:
                change()
        return result

    def test_pages(self):
        pages = self.pages(pageSize=3)
        self.assertEqual([len(p) for p in pages], [3, 3, 1])
        self.assertEqual(
            sorted(i for p in pages for i in p), sorted(self.ids))
        self.admin.options(max_page=2, empty_pages=1)
        pages = self.pages(pageSize=3)
        self.assertEqual(
            [len(p) for p in pages], [0, 2, 0, 2, 0, 2, 0, 1])
        for size in [0, 1001]:
            self.assertRefused(
                400, 'invalidParameter',
                self.files.list(pageSize=size).execute)

    def test_changed_meanwhile(self):
        def change():
            for one in self.ids:
                if one not in first:
                    self.admin.destroy_file(one)
                    break
            self.make('new')

        first = self.files.list(pageSize=3, orderBy='name').execute()
        first = {f['id'] for f in first['files']}
        pages = self.pages(change, pageSize=3, orderBy='name')
        self.assertEqual([len(p) for p in pages], [3, 3])

    def test_tokens(self):
        answer = self.files.list(pageSize=3).execute()
        token = answer['nextPageToken']
        bob = self.files_(BOB)
        for files, values in [
                (self.files, {'q': 'trashed = false'}),
                (self.files, {'orderBy': 'name'}),
                (self.files, {'pageToken': 'x'}), (bob, {})]:
            values = {'pageToken': token, 'pageSize': 3, **values}
            body = self.assertRefused(
                400, 'invalid', files.list(**values).execute)
            self.assertEqual(
                body['errors'][0]['location'], 'pageToken')
        self.files.list(pageToken=token, pageSize=2).execute()
        self.admin.advance(7 * 3600)
        files = self.files_()
        self.assertRefused(
            400, 'invalid', files.list(
                pageToken=token, pageSize=3).execute)

    def test_lag(self):
        self.admin.options(list_lag=60)
        self.assertEqual(self.pages(), [[]])
        self.get(self.files, self.ids[0])
        self.admin.advance(61)
        self.assertEqual(len(self.pages()[0]), 7)

    def test_fields(self):
        answer = self.files.list(pageSize=1).execute()
        self.assertEqual(set(answer), {
                'kind', 'files', 'incompleteSearch', 'nextPageToken'})
        self.assertEqual(
            set(answer['files'][0]), {'kind', 'id', 'name', 'mimeType'})
        answer = self.files.list(
            pageSize=1, fields='files(capabilities/canEdit)').execute()
        self.assertEqual(
            answer, {'files': [{'capabilities': {'canEdit': True}}]})


class TestCorpora(QueryTestCase):
    def setUp(self):
        super().setUp()
        self.drive = self.admin.add_drive(BOB, 'Team', {ANN: 'reader'})['id']
        self.make('mine')
        self.make('team', user=BOB, parent=self.drive)

    def found(self, **values):
        return self.names(self.files, **values)

    def test_corpora(self):
        wide = {
            'includeItemsFromAllDrives': True, 'supportsAllDrives': True}
        for values, names in [
                ({}, ['mine']), ({'supportsAllDrives': True}, ['mine']),
                (wide, ['mine']),
                ({**wide, 'corpora': 'allDrives'}, ['mine', 'team']),
                ({**wide, 'corpora': 'drive', 'driveId': self.drive},
                    ['team'])]:
            with self.subTest(values=values):
                self.assertEqual(self.found(**values), names)
        self.admin.view_file(
            ANN, self.admin.files(drive=self.drive)[0]['id'])
        self.assertEqual(self.found(**wide), ['mine', 'team'])
        self.admin.options(incomplete_search=True)
        answer = self.files.list(corpora='allDrives', **wide).execute()
        self.assertTrue(answer['incompleteSearch'])

    def test_bad(self):
        wide = {
            'includeItemsFromAllDrives': True, 'supportsAllDrives': True}
        for values, status in [
                ({'includeItemsFromAllDrives': True}, 400),
                ({**wide, 'corpora': 'drive'}, 400),
                ({**wide, 'driveId': self.drive}, 400),
                ({'corpora': 'drive', 'driveId': self.drive,
                        'supportsAllDrives': True}, 400),
                ({**wide, 'corpora': 'nothing'}, 400),
                ({**wide, 'corpora': 'drive', 'driveId': 'x'}, 404)]:
            with self.subTest(values=values):
                with self.assertRaises(Exception) as caught:
                    self.found(**values)
                self.assertEqual(caught.exception.resp.status, status)
