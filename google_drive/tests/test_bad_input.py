# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is bad is told with its reason and a Retry, and the others go on"
import hashlib
from unittest.mock import patch

from googleapiclient.model import JsonModel

from trytond.modules.google_integration import media_send

from .tools import (
    ALICE, ATTACHMENT, DRIVE, FILE, GROUP, GoogleDriveTestCase, database)

ERROR = 'google_integration.sync_error'
RIGHT = hashlib.md5(b'right').hexdigest()
MEGABYTE = 1024 ** 2
NAMES = [
    'x' * 296 + '.txt',
    '../a/b\\c.txt',
    'quo"te\'s.txt',
    '\U0001f600 \U0001f468\u200d\U0001f469\u200d\U0001f467 é.txt',
    'bell\x07 and \x1b escape.txt',
    '..',
    'CON.txt',
    '<b>|?*:.txt',
    '\u202etxt.exe',
    ' blanks .txt ',
    ]
# those that no field of one line takes
LINES = ['tab\tnew\nline.txt', 'return\r\x0bfeed\x0c.txt']


def bare(func):
    "The function that returns answers, with less in them"
    def without(value):
        if isinstance(value, dict):
            return {
                n: without(v) for n, v in value.items()
                if n not in {'version', 'changeType'}}
        if isinstance(value, list):
            return [without(v) for v in value]
        return value
    return lambda *args: without(func(*args))


class BadInputTestCase(GoogleDriveTestCase):

    def prepare(self):
        super().prepare()
        self.good = self.attach("good.txt", b'0')

    def retry(self):
        for id in self.search(ERROR, 'id'):
            self.click(ERROR, id, 'retry')

    def assert_others(self):
        "The others go on"
        self.assertIn(("Sales/good.txt", b'0'), self.remote())
        self.assertIn(("Sales/good.txt", b'0'), self.local())

    def assert_mended(self):
        "Tried again, it is there as the others are"
        self.retry()
        self.synchronize()
        self.assert_equal_sides(2)
        self.assertEqual(self.errors() + self.conflicts('id'), [])
        self.assert_settled()

    def rename_record(self, id, name):
        with database(1) as pool:
            Group = pool.get(GROUP)
            Group.write([Group(id)], {'name': name})

    # During a transfer

    def test_deleted_during_upload(self):
        "What is deleted for good meanwhile is told, and stays here"
        attachment = self.attach("a.txt", b'1')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        self.write(attachment, data=b'2')
        self.write(self.good, data=b'new')

        def delete(*args):
            self.google.destroy_file(google_id)
        with self.hook('push_pieces', before=delete):
            self.synchronize()
        self.synchronize()
        self.assertEqual(self.local(), [
                ("Sales/a.txt", b'2'), ("Sales/good.txt", b'new')])
        self.assertEqual(self.remote(), [("Sales/good.txt", b'new')])
        self.assertEqual(self.file(attachment, 'google_state'), 'apart')
        error, = self.errors()
        self.assertIn("a.txt", error)
        self.retry()
        self.synchronize()
        self.assertEqual(len(self.errors()), 1)

    def test_moved_during_download(self):
        "What is moved meanwhile follows with what came"
        other = self.create_record("Sales 2")
        there = self.folder("Sales 2")
        file = self.drop("a.txt", b'1')
        self.synchronize()
        self.google.edit_file(ALICE, file['id'], content=b'2')

        def move(*args):
            self.google.move_file(
                ALICE, file['id'], self.folder("Sales"), there)
        with self.hook('download_pieces', after=move):
            self.synchronize()
        self.synchronize()
        self.assertEqual(self.local(), [
                ("Sales 2/a.txt", b'2'), ("Sales/good.txt", b'0')])
        self.assertEqual(
            [r.id for r in self.search(ATTACHMENT, 'resource', domain=[
                        ('name', '=', "a.txt")])], [other])
        self.assert_equal_sides(2)
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def damage(self):
        "Let what is right arrive at Google as another content"
        Drive = self.model(DRIVE)
        push_pieces = Drive.push_pieces

        def write(operations, content):
            for operation in operations:
                if operation.parameters.get('md5') == RIGHT:
                    with open(operation.parameters['path'], 'wb') as file:
                        file.write(content)

        def damaged(client, operations):
            write(operations, b'wrong')
            pieces = list(push_pieces(client, operations))
            write(operations, b'right')
            yield from pieces
        return patch.object(Drive, 'push_pieces', damaged)

    def assert_damaged(self, content):
        self.assertIn(("Sales/a.txt", content), self.remote())
        self.assertIn(("Sales/a.txt", b'right'), self.local())
        self.assertEqual(len(self.errors()), 1)
        self.assert_others()

    def test_damaged_upload(self):
        "What arrived as another content is told and sent again"
        for policy in ['newest', 'google']:
            with self.subTest(policy):
                self.set_rule(conflict_policy=policy)
                attachment = self.attach("a.txt", b'right')
                with self.damage():
                    self.synchronize()
                self.assert_damaged(b'wrong')
                # what Google lists is no change of somebody
                self.synchronize()
                self.assert_damaged(b'wrong')
                self.assert_mended()
                self.delete(attachment)
                self.synchronize()

    def test_damaged_replacement(self):
        self.set_rule(conflict_policy='google')
        attachment = self.attach("a.txt", b'first')
        self.synchronize()
        self.write(attachment, data=b'right')
        with self.damage():
            self.synchronize()
        self.synchronize()
        self.assert_damaged(b'wrong')
        self.assert_mended()

    def test_damaged_and_edited(self):
        "What somebody has made of it since is a change"
        self.set_rule(conflict_policy='google')
        attachment = self.attach("a.txt", b'right')
        with self.damage():
            self.synchronize()
        self.google.edit_file(
            ALICE, self.file(attachment, 'google_id'), content=b'theirs')
        self.synchronize()
        self.assertIn(("Sales/a.txt", b'theirs'), self.local())
        self.assertIn(b'right', [c for _, c in self.local()])
        self.assertEqual(len(self.conflicts('id')), 1)

    # Over the limit

    def test_large_sent(self):
        "Over the limit nothing is sent"
        self.set_rule(size_limit=1)
        bad = self.attach("bad.txt", b'x' * (MEGABYTE + 1))
        self.synchronize()
        self.assert_others()
        self.assertEqual(len(self.remote()), 1)
        error, = self.errors()
        self.assertIn("2 MB", error)
        self.assertEqual(self.file(bad, 'google_state'), 'failed')
        self.assert_settled()
        self.set_rule(size_limit=2)
        self.assert_mended()

    def test_large_received(self):
        "Nor is anything received, which is told"
        self.set_rule(size_limit=1)
        self.drop("bad.txt", b'x' * (MEGABYTE + 1))
        # not where the rule looks
        self.google.create_file(
            ALICE, "else.txt", content=b'x' * (MEGABYTE + 1))
        self.synchronize()
        self.assert_others()
        self.assertEqual(len(self.local()), 1)
        error, = self.errors()
        self.assertIn("2 MB", error)
        self.assert_settled()
        self.retry()
        self.synchronize()
        self.assertEqual(len(self.errors()), 1)
        self.set_rule(size_limit=2)
        self.assert_mended()

    def test_grown(self):
        "What has grown beyond the limit is not received any more"
        self.set_rule(size_limit=1)
        file = self.drop("bad.txt", b'1')
        self.synchronize()
        self.google.edit_file(
            ALICE, file['id'], content=b'x' * (MEGABYTE + 1))
        self.synchronize()
        self.assertIn(("Sales/bad.txt", b'1'), self.local())
        error, = self.errors()
        self.assertIn("2 MB", error)
        self.assert_settled()
        self.set_rule(size_limit=2)
        self.assert_mended()

    def test_huge(self):
        "A file may have more bytes than an integer of the database"
        self.set_rule(storage='link_above', link_size=1)
        self.drop("huge.bin", b'1')
        size = 5 * 2 ** 40
        list_changes = self.model(DRIVE).list_changes

        def grow(changes):
            for item in changes.items:
                if item.resource.get('name') == "huge.bin":
                    item.resource['size'] = str(size)
            return changes
        with patch.object(
                self.model(DRIVE), 'list_changes',
                lambda *args: grow(list_changes(*args))):
            self.synchronize()
        self.assertEqual(self.search(FILE, 'size', domain=[
                    ('name', '=', "huge.bin")]), [size])
        self.assertEqual(self.search(ATTACHMENT, 'type', domain=[
                    ('name', '=', "huge.bin")]), ['link'])
        self.assertEqual(self.errors(), [])

    # Answers that tell less

    def test_not_found(self):
        "What is not found when it is sent is told until it is found again"
        attachment = self.attach("bad.txt", b'1')
        self.synchronize()
        self.write(attachment, name="new.txt")
        self.google.add_fault(
            'status', status=404, reason='notFound',
            method_id='drive.files.get', batch=True)
        self.synchronize()
        error, = self.errors()
        self.assertIn("new.txt", error)
        self.synchronize()
        self.assertEqual(self.errors(), [error])
        self.assert_others()
        self.assert_mended()
        self.assertIn(("Sales/new.txt", b'1'), self.remote())

    def test_bare(self):
        "Changes without their type and files without version"
        attachment = self.attach("a.txt", b'1')
        sent = self.attach("b.txt", b'2')
        with patch.object(JsonModel, 'deserialize', bare(
                    JsonModel.deserialize)), \
                patch.object(media_send, '_resource', bare(
                    media_send._resource)):
            self.synchronize()
            self.write(attachment, name="c.txt")
            self.write(sent, data=b'3')
            self.google.edit_file(
                ALICE, self.file(self.good, 'google_id'), content=b'4')
            self.synchronize()
            self.synchronize()
            self.assertEqual(self.errors() + self.conflicts('id'), [])
            self.assertEqual(self.remote(), [
                    ("Sales/b.txt", b'3'), ("Sales/c.txt", b'1'),
                    ("Sales/good.txt", b'4')])
            self.assert_equal_sides(3)
            self.assert_settled()

    # Names

    def test_names_received(self):
        "A file may be called anything"
        for i, name in enumerate(NAMES + LINES):
            self.drop(name, b'%d' % i)
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(
            sorted(c for _, c in self.local()),
            sorted(c for _, c in self.remote()))
        names = set(self.search(ATTACHMENT, 'name'))
        self.assertEqual(
            names, {"good.txt"} | {n.strip() for n in NAMES} | {
                'tab new line.txt', 'return  feed .txt'})
        self.assert_settled()
        # and is renamed only if somebody wants it
        self.assertLessEqual(
            set(NAMES + LINES),
            {f['name'] for f in self.google.files(trashed=False)})

    def test_names_sent(self):
        "An attachment as well, of which the file can be downloaded anywhere"
        for i, name in enumerate(NAMES):
            self.attach(name, b'%d' % i)
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(
            sorted(c for _, c in self.local()),
            sorted(c for _, c in self.remote()))
        for file in self.google.files(trashed=False):
            if 'md5' not in file:
                continue
            with self.subTest(name=file['name']):
                self.assertLessEqual(len(file['name'].encode()), 255)
                self.assertNotRegex(
                    file['name'], r'[<>:"/\\|?*\x00-\x1f]|[. ]$')
        self.assert_settled()

    # Rules

    def test_template(self):
        "A template that fails for one record"
        self.set_rule(
            match_folder=False,
            path='${record.name}/${12 // (len(record.name) - 7)}')
        other = self.create_record("Sales 2")
        bad = self.attach("bad.txt", b'1', other)
        self.synchronize()
        self.assertEqual(self.remote(), [("Sales/-6/good.txt", b'0')])
        self.assertEqual(self.file(bad, 'google_state'), 'failed')
        self.assertEqual(len(self.errors()), 1)
        self.rename_record(other, "Sales two")
        self.retry()
        self.synchronize()
        self.assertEqual(self.remote(), [
                ("Sales two/6/bad.txt", b'1'), ("Sales/-6/good.txt", b'0')])
        self.assertEqual(self.errors(), [])
        self.assert_settled()

    def test_pattern(self):
        "A name that may be that of two records"
        self.set_rule(
            match_folder=False, match_pattern=r'(?P<name>Sales \w+)')
        one, two = map(self.create_record, ["Sales X", "Sales x"])
        three = self.create_record("Sales 3")
        self.drop("Sales x.txt", b'1')
        self.drop("Sales 3.txt", b'3')
        self.synchronize()
        self.assertEqual(self.search(ATTACHMENT, 'name', domain=[
                    ('resource', '=', f'{GROUP},{three}')]), ["Sales 3.txt"])
        error, = self.errors()
        self.assertIn("Sales X, Sales x", error)
        self.assert_others()
        self.rename_record(one, "Sales Y")
        self.retry()
        self.synchronize()
        self.assertEqual(self.search(ATTACHMENT, 'name', domain=[
                    ('resource', '=', f'{GROUP},{two}')]), ["Sales x.txt"])
        self.assertEqual(self.errors(), [])
        self.assert_settled()
