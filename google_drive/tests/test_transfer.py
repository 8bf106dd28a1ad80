# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What has travelled is noted, once, for who may see the record"
import datetime as dt
import hashlib

from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import bookkeeping

from .tools import (
    ALICE, ATTACHMENT, BOB, CREDENTIALS, FILE, GROUP, GoogleDriveTestCase,
    database)

TRANSFER = 'google_drive.transfer'
LOG = 'google_integration.sync_log'
LINE = [
    'kind', 'direction', 'google_id', 'name', 'record_name', 'size', 'md5',
    'sha256']
DOCUMENT = 'application/vnd.google-apps.document'


def md5(content):
    return hashlib.md5(content).hexdigest()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class TransferCase(GoogleDriveTestCase):

    def transfers(self, *names):
        return self.search(TRANSFER, *(names or LINE))

    def forget(self):
        with database() as pool:
            Transfer = pool.get(TRANSFER)
            Transfer.delete(Transfer.search([]))

    def users(self):
        return [u and u.id for u in self.transfers('user')]


class NotedTestCase(TransferCase):

    def test_upload(self):
        "Who attached it, to which record, and what went"
        start = bookkeeping.utcnow()
        attachment = self.attach("a.txt", b'one')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        self.assertEqual(self.transfers(), [(
                    'content', 'to_google', google_id, "a.txt", "Sales", 3,
                    md5(b'one'), sha256(b'one'))])
        self.assertEqual(self.users(), [1])
        (record, drive, date), = self.transfers('record', 'drive', 'date')
        self.assertEqual(
            (str(record), drive.id),
            (f'{GROUP},{self.group}', self.drive))
        self.assertLessEqual(start, date)
        self.assertLessEqual(date, bookkeeping.utcnow())
        self.assert_settled()

    def test_user(self):
        "The one who has changed it last"
        self.administer(self.jane, 'add')
        self.addCleanup(self.administer, self.jane, 'remove')
        attachment = self.attach("a.txt", b'one')
        self.synchronize()
        self.write(attachment, user=self.jane, data=b'two')
        self.synchronize()
        self.write(attachment, user=1, data=b'three')
        self.synchronize()
        self.assertEqual(self.users(), [1, self.jane, 1])
        self.assertEqual(
            self.transfers('size', 'md5'), [
                (len(c), md5(c)) for c in [b'one', b'two', b'three']])

    def administer(self, user, action):
        "Let a user write groups, or not any more"
        with database(1) as pool:
            group = pool.get('ir.model.data').get_id('res', 'group_admin')
            User = pool.get('res.user')
            User.write([User(user)], {'groups': [(action, [group])]})

    def test_large(self):
        "What went in pieces, with cuts, is one line"
        content = bytes(range(256)) * 4096 * 6
        attachment = self.attach("large.bin", content)
        self.google.add_fault(
            'drop_body', method_id='drive.upload.chunk', size=5 << 20,
            times=None)
        self.assertFalse(self.run_once())
        self.google.clear_faults()
        self.assertEqual(self.transfers(), [])
        self.synchronize()
        self.assertEqual(self.transfers(), [(
                    'content', 'to_google',
                    self.file(attachment, 'google_id'), "large.bin", "Sales",
                    len(content), md5(content), sha256(content))])

    def test_download(self):
        "As whom the rule has attached it"
        self.set_rule(user=self.ada)
        self.administer(self.ada, 'add')
        self.addCleanup(self.administer, self.ada, 'remove')
        file = self.drop("a.txt", b'one')
        self.synchronize()
        self.google.edit_file(ALICE, file['id'], content=b'two!')
        self.synchronize()
        self.assertEqual(self.transfers(), [(
                    'content', 'to_tryton', file['id'], "a.txt", "Sales",
                    len(c), md5(c), sha256(c)) for c in [b'one', b'two!']])
        self.assertEqual(self.users(), [self.ada] * 2)
        self.assert_settled()

    def test_export(self):
        file = self.google.create_file(
            ALICE, "Plan", content=["Hello"], mimeType=DOCUMENT,
            parent=self.folder("Sales"))
        self.synchronize()
        (_, content), = self.local()
        self.assertEqual(self.transfers(), [(
                    'export', 'to_tryton', file['id'], "Plan", "Sales",
                    len(content), md5(content), sha256(content))])

    def test_link(self):
        "No bytes have travelled"
        self.set_rule(storage='link')
        self.drop("a.txt", b'1')
        self.synchronize()
        self.assertEqual(len(self.search(ATTACHMENT, 'id')), 1)
        self.assertEqual(self.transfers(), [])

    def test_rename(self):
        attachment = self.attach("a.txt", b'one')
        self.synchronize()
        self.forget()
        self.write(attachment, name="b.txt")
        self.synchronize()
        self.assertEqual(self.transfers(), [(
                    'change', 'to_google', self.file(attachment, 'google_id'),
                    "b.txt", "Sales", None, None, None)])

    def test_trash(self):
        "Who has deleted it"
        attachment = self.attach("a.txt", b'one')
        self.synchronize()
        google_id = self.file(attachment, 'google_id')
        self.forget()
        self.delete(attachment)
        self.synchronize()
        self.assertEqual(self.transfers(), [(
                    'deletion', 'to_google', google_id, "a.txt", "Sales",
                    None, None, None)])
        self.assertEqual(self.users(), [1])
        self.assert_settled()

    def test_trashed_there(self):
        file = self.drop("a.txt", b'one')
        self.synchronize()
        self.forget()
        self.google.trash_file(ALICE, file['id'])
        self.synchronize()
        self.assertEqual(self.transfers(), [(
                    'deletion', 'to_tryton', file['id'], "a.txt", "Sales",
                    None, None, None)])
        self.assertEqual(self.users(), [None])

    def test_encrypted(self):
        "The checksum of what travelled, and that of the content"
        self.set_key()
        self.set_rule(encrypted=True)
        first = self.attach("a.txt", b'one')
        second = self.attach("b.txt", b'two')
        self.synchronize()
        ids = [self.file(a, 'google_id') for a in [first, second]]
        sealed = [self.content(i) for i in ids]
        self.assertEqual(
            sorted(self.transfers('google_id', 'size', 'md5', 'sha256')),
            sorted(
                (id, len(s), md5(s), sha256(content))
                for id, s, content in zip(ids, sealed, [b'one', b'two'])))
        self.forget()
        self.google.edit_file(ALICE, ids[0], content=sealed[1])
        self.synchronize()
        self.assertEqual(
            self.transfers('direction', 'size', 'md5', 'sha256'), [(
                    'to_tryton', len(sealed[1]), md5(sealed[1]),
                    sha256(b'two'))])

    def test_failed(self):
        "What did not arrive is not noted"
        self.attach("a.txt", b'x' * 100)
        self.google.set_quota(ALICE, 10)
        self.run_once()
        self.drop("b.txt", b'')
        self.google.add_fault(
            'status', status=403, reason='cannotDownloadFile', times=None,
            method_id='drive.files.get_media')
        self.run_once()
        self.assertEqual(self.transfers(), [])


class OnceTestCase(TransferCase):
    "After a lost answer it is noted when Google tells that it has it"

    def check(self, method, *line, batch=False, **values):
        self.forget()
        self.google.add_fault(
            'drop_after', method_id=method, batch=batch, times=2)
        self.write(self.attachment, **values)
        self.assertFalse(self.run_once())
        self.assertEqual(self.transfers(), [])
        self.google.clear_faults()
        self.synchronize()
        self.synchronize()
        self.assertEqual(
            self.transfers('kind', 'direction', 'md5'), [line])
        self.assertEqual(self.search(FILE, 'sending'), [None])

    def prepare(self):
        super().prepare()
        self.attachment = self.attach("a.txt", b'one')

    def test_create(self):
        self.check(
            'drive.files.create', 'content', 'to_google', md5(b'two'),
            data=b'two')

    def test_content(self):
        self.synchronize()
        self.check(
            'drive.files.update', 'content', 'to_google', md5(b'two'),
            data=b'two')

    def test_rename(self):
        self.synchronize()
        self.check(
            'drive.files.update', 'change', 'to_google', None, batch=True,
            name="b.txt")

    def test_trash(self):
        self.synchronize()
        self.forget()
        self.delete(self.attachment)
        self.google.add_fault(
            'drop_after', method_id='drive.files.update', batch=True,
            times=2)
        self.assertFalse(self.run_once())
        self.assertEqual(self.transfers(), [])
        self.google.clear_faults()
        self.synchronize()
        self.assertEqual(
            self.transfers('kind', 'direction'), [('deletion', 'to_google')])

    def test_deleted_meanwhile(self):
        "The deletion of what was deleted while it was sent"
        def remove(*args):
            with self.meanwhile(1) as pool:
                Attachment = pool.get(ATTACHMENT)
                if found := Attachment.search([]):
                    Attachment.delete(found)
        self.synchronize()
        self.write(self.attachment, data=b'two')
        self.forget()
        with self.hook('push_pieces', after=remove):
            self.synchronize()
        self.synchronize()
        self.assertIn(
            ('deletion', 'to_google'), self.transfers('kind', 'direction'))
        self.assertEqual(self.remote(), [])


class SeenTestCase(TransferCase):
    "The names of files and records are told to who may read the record"

    def prepare(self):
        super().prepare()
        self.attach("secret.txt", b'1')
        with database(1) as pool:
            pool.get(ATTACHMENT).create([{
                        'name': "public.txt",
                        'resource': f'res.user,{self.jane}',
                        'data': b'2',
                        }])
        self.create_rule(
            name="Users", model='res.user', path='${record.login}')
        with database(1) as pool:
            pool.get('google_drive.rule').sweep()
        self.synchronize()
        self.hide(GROUP)

    def seen(self, user):
        "The names, as the list of the client reads them"
        with self.as_user(user) as pool:
            return sorted(
                r['name'] for r in pool.get(TRANSFER).search_read(
                    [], fields_names=[
                        'name', 'record_name', 'user.rec_name',
                        'drive.rec_name']))

    def test_seen(self):
        both = ["public.txt", "secret.txt"]
        self.assertEqual(self.seen(self.jane), ["public.txt"])
        self.assertEqual(self.seen(self.john), [])
        self.assertEqual(self.seen(self.ada), both)
        with self.assertRaises(AccessError):
            self.seen(self.stranger)
        # an account for everybody
        self.update(CREDENTIALS, self.credentials, user=None)
        for user in [self.jane, self.john]:
            self.assertEqual(self.seen(user), ["public.txt"])
        self.assertEqual(self.seen(self.ada), both)
        # of a record, or a model, that is gone the administration is told
        for record in ['res.user,1000000', 'no.such.model,1']:
            for id in self.search(TRANSFER, 'id'):
                self.update(TRANSFER, id, record=record)
            self.assertEqual(self.seen(self.jane), [])
            self.assertEqual(self.seen(self.ada), both)

    def test_rule(self):
        "The rules of the record count, too"
        self.hide('res.user', '[["login", "!=", "jane"]]')
        self.assertEqual(self.seen(self.jane), [])

    def test_read(self):
        "Nor by its id, nor exported, nor written"
        with database(commit=False) as pool:
            hidden, = pool.get(TRANSFER).search([
                    ('name', '=', "secret.txt")])
        with self.as_user(self.jane) as pool:
            Transfer = pool.get(TRANSFER)
            # what others see is not to be found out
            self.assertEqual(
                Transfer.search_count([('seen_by', '=', 1)]), 1)
            line, = Transfer.search([])
            for call in [
                    lambda: Transfer.read([hidden.id], ['name']),
                    lambda: Transfer.export_data(
                        [Transfer(hidden.id)], ['name']),
                    lambda: Transfer.write([line], {'name': "x"}),
                    lambda: Transfer.delete([line]),
                    lambda: Transfer.create([{'drive': self.drive}]),
                    lambda: Transfer.copy([line])]:
                with self.assertRaises(AccessError):
                    call()
        with self.as_user(self.ada) as pool:
            Transfer = pool.get(TRANSFER)
            for call in [
                    lambda: Transfer.write([hidden], {'name': "x"}),
                    lambda: Transfer.delete([hidden])]:
                with self.assertRaises(AccessError):
                    call()


class LogTestCase(TransferCase):

    def test_run(self):
        "The log of a run leads to what has travelled"
        for name in ["a.txt", "b.txt"]:
            self.attach(name)
            self.synchronize()
        logs = self.search(LOG, 'id')
        self.assertEqual(len(logs), 2)
        self.assertEqual(
            [log.id for log in self.transfers('log')], logs)
        for log, name in zip(logs, ["a.txt", "b.txt"], strict=True):
            self.assertEqual(
                self.search(TRANSFER, 'name', domain=[('log', '=', log)]),
                [name])
        # not that of another drive
        other, = self.discover(self.connect(self.john, BOB))
        old, new = self.search(TRANSFER, 'id')
        self.update(TRANSFER, new, drive=other)
        self.assertEqual(
            [log and log.id for log in self.transfers('log')],
            [logs[0], None])
        # they are forgotten together
        self.update(
            TRANSFER, old, date=bookkeeping.utcnow() - dt.timedelta(days=31))
        with database() as pool:
            pool.get('google_integration.synchronization').verify()
        self.assertEqual(self.search(TRANSFER, 'id'), [new])
        with database(1) as pool:
            Drive = pool.get('google_drive.drive')
            Drive.delete([Drive(other)])
        self.assertEqual(self.search(TRANSFER, 'id'), [])


del GoogleDriveTestCase, TransferCase
