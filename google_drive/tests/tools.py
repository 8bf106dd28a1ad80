# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A drive that is synchronised with the emulator, for the tests."""
import base64
import contextlib
import os
from unittest.mock import patch

from sql import Table

from tests.emulator import Emulator
from trytond.model import ModelSQL
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.engine import Run
from trytond.modules.google_integration.tests.tools import (
    callback_uri, configure, database, set_option, visit)
from trytond.pool import Pool
from trytond.tests.test_tryton import (
    DB_NAME, TestCase, activate_module, drop_db)
from trytond.transaction import Transaction

__all__ = [
    'ACCESS', 'ALICE', 'ATTACHMENT', 'BOB', 'CREDENTIALS', 'DRIVE', 'FILE',
    'FOLDER', 'GoogleDriveTestCase', 'RULE', 'WRITES', 'database']

ALICE = 'alice@example.com'
BOB = 'bob@example.com'
DRIVE = 'google_drive.drive'
FILE = 'google_drive.file'
FOLDER = 'google_drive.folder'
RULE = 'google_drive.rule'
ATTACHMENT = 'ir.attachment'
GROUP = 'res.group'
CREDENTIALS = 'google_integration.google_credentials'
ACCESS = {'_check_access': True}
# the methods that write, in the log of the emulator
WRITES = {
    'create', 'update', 'delete', 'copy', 'chunk', 'generateIds', 'download'}
# what no synchronisation of nothing writes, but for these
CLOCKS = {
    DRIVE: {
        'last_sync', 'next_sync', 'cursor', 'queued_at', 'lease_token',
        'lease_until', 'listing', 'listed'},
    CREDENTIALS: {'last_sync'},
    }


class GoogleDriveTestCase(TestCase):
    """A committed database, the emulator, and the drive of Alice.

    Jane is the Google User whose account at Google is Alice's; John is
    another one and Ada administrates Google; the stranger has no group.
    What is attached is attached to groups, of which the rule makes folders.
    """
    maxDiff = None
    modules = ['google_drive']
    drive_access = 'all'

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.enterClassContext(patch.dict(
                os.environ, {'OAUTHLIB_INSECURE_TRANSPORT': '1'}))
        cls.emulator = cls.enterClassContext(Emulator())
        cls.google = cls.emulator.admin
        configure(cls.emulator)
        drop_db()
        cls.addClassCleanup(drop_db)
        activate_module(cls.modules)
        with database() as pool:
            User = pool.get('res.user')
            ModelData = pool.get('ir.model.data')
            for login, group in [
                    ('jane', 'user'), ('john', 'user'), ('ada', 'admin')]:
                group = ModelData.get_id(
                    'google_integration', f'group_google_{group}')
                user, = User.create([{
                            'name': login.title(),
                            'login': login,
                            'groups': [('add', [group])],
                            }])
                setattr(cls, login, user.id)
            stranger, = User.create([{
                        'name': "Stranger", 'login': 'stranger'}])
            cls.stranger = stranger.id

    def setUp(self):
        super().setUp()
        # nobody waits for the next try in a test
        configure(self.emulator, retry=1)
        self.addCleanup(set_option, 'retry', None)
        self.google.reset()
        self.google.add_user(ALICE)
        self.google.add_user(BOB)
        self.addCleanup(self.clean)
        self.credentials = self.connect(self.jane, ALICE)
        self.drive, = self.discover(self.credentials)
        self.root = self.google.create_folder(ALICE, "Tryton")['id']
        self.group = self.create_record("Sales")
        self.rule = self.create_rule()
        self.google.clear_log()

    def clean(self):
        with database() as pool:
            for name in [CREDENTIALS, 'res.notification', 'ir.queue']:
                Model = pool.get(name)
                Model.delete(Model.search([]))
            Attachment = pool.get(ATTACHMENT)
            Attachment.delete(Attachment.search([]))
            Group = pool.get(GROUP)
            Group.delete(Group.search([('name', 'like', 'Sales%')]))

    def connect(self, user, account):
        "Authorize an account and return the id of the credentials"
        client = self.google.add_client(redirect_uris=[callback_uri()])
        with database(user or 1) as pool:
            Credentials = pool.get(CREDENTIALS)
            credentials, = Credentials.create([{
                        'name': account,
                        'user': user,
                        'drive_access': self.drive_access,
                        'client_id': client['client_id'],
                        'client_secret': client['client_secret'],
                        'redirect_uri': callback_uri(),
                        }])
            Transaction().commit()
            action = Credentials.request_authorization([credentials])
            id = credentials.id
        answer = visit(self.google.consent(action['url'], account=account))
        self.assertEqual(answer.status_code, 200, answer.get_data(True))
        return id

    def discover(self, credentials, enable=True):
        "Find the drives, enable them and return their ids"
        with database() as pool:
            Drive = pool.get(DRIVE)
            Credentials = pool.get(CREDENTIALS)
            Credentials.discover([Credentials(credentials)])
            drives = Drive.search([
                    ('credentials', '=', credentials),
                    ], order=[('id', 'ASC')])
            Drive.write(drives, {'enabled': enable})
            return [c.id for c in drives]

    def create_record(self, name):
        "Create a record to attach to"
        with database(1) as pool:
            group, = pool.get(GROUP).create([{'name': name}])
            return group.id

    def create_rule(self, **values):
        with database(1) as pool:
            rule, = pool.get(RULE).create([{
                        'name': "Groups",
                        'drive': self.drive,
                        'model': GROUP,
                        'user': 1,
                        'root': self.root,
                        'path': '${record.name}',
                        'match_folder': True,
                        'document_format': 'pdf',
                        **values}])
            return rule.id

    def set_rule(self, rule=None, **values):
        with database(1) as pool:
            Rule = pool.get(RULE)
            Rule.write([Rule(rule or self.rule)], values)

    # Synchronisation

    def run_once(self, drive=None):
        "Run the engine and tell if it went well"
        with database() as pool:
            return Run(pool.get(DRIVE), drive or self.drive)()

    def synchronize(self, drive=None):
        "Run the engine, which must go well"
        self.assertTrue(
            self.run_once(drive), self.read(
                DRIVE, drive or self.drive, 'last_error'))

    def requests(self):
        "The ids of the requests that Google got since the last look"
        ids = [e['id'] for e in self.google.log()]
        self.google.clear_log()
        return ids

    def writes(self):
        "The requests of these that write"
        return [
            id for id in self.requests() if id.rpartition('.')[2] in WRITES]

    # The database

    def user(self, commit=True):
        "The database as Jane's client sees it"
        return database(self.jane, context=ACCESS, commit=commit)

    def as_user(self, user):
        return database(user, context=ACCESS, commit=False)

    @contextlib.contextmanager
    def meanwhile(self, user=None):
        "Another process, while this one waits for an answer"
        with Transaction().new_transaction() as transaction, \
                transaction.set_user(self.jane if user is None else user), \
                transaction.reset_context(), \
                transaction.set_context(ACCESS):
            yield Pool()
            transaction.commit()

    def attach(self, name, content=b'content', record=None, user=1):
        "Attach a file as a person and return the id of the attachment"
        with database(user) as pool:
            attachment, = pool.get(ATTACHMENT).create([{
                        'name': name,
                        'resource': f'{GROUP},{record or self.group}',
                        'data': content,
                        }])
            return attachment.id

    def write(self, id, user=1, **values):
        with database(user) as pool:
            Attachment = pool.get(ATTACHMENT)
            Attachment.write([Attachment(id)], values)

    def delete(self, *ids, user=1):
        with database(user) as pool:
            Attachment = pool.get(ATTACHMENT)
            Attachment.delete(Attachment.browse(ids))

    def file_of(self, attachment):
        "The id of the file of the attachment"
        with database(commit=False) as pool:
            file, = pool.get(FILE).search([('attachment', '=', attachment)])
            return file.id

    def file(self, attachment, *names):
        "The values of the file of the attachment"
        return self.read(FILE, self.file_of(attachment), *names)

    def read(self, model, id, *names):
        with database(commit=False) as pool:
            record = pool.get(model)(id)
            values = [getattr(record, n) for n in names]
            values = [getattr(v, 'id', v) for v in values]
            return values if len(names) > 1 else values[0]

    def search(self, model, *names, domain=()):
        "The values of all the records of a model"
        with database(commit=False) as pool:
            return [
                tuple(getattr(r, n) for n in names)
                if len(names) != 1 else getattr(r, names[0])
                for r in pool.get(model).search(
                    list(domain), order=[('id', 'ASC')])]

    def errors(self, *names):
        return self.search(
            'google_integration.sync_error', *(names or ['message']))

    def conflicts(self, *names):
        return self.search('google_integration.conflict', *names)

    def tombstones(self):
        return self.search('google_integration.tombstone', 'google_id')

    def logs(self, *names):
        return self.search('google_integration.sync_log', *names)

    def update(self, model, id, **values):
        "Write on a row behind the back of the modules"
        with database() as pool:
            bookkeeping.update(pool.get(model), [id], values)

    def set_service(self, drive=None, **values):
        with database() as pool:
            Drive = pool.get(DRIVE)
            Drive.write([Drive(drive or self.drive)], values)

    def click(self, model, id, button, user=None):
        with database(user or self.jane, context=ACCESS) as pool:
            Model = pool.get(model)
            return getattr(Model, button)([Model(id)])

    # Both sides

    def drop(self, name, content=b'dropped', folder="Sales", **values):
        "Put a file into the folder of a record, as a person, and return it"
        return self.google.create_file(
            ALICE, name, content=content, parent=self.folder(folder),
            **values)

    def folder(self, name):
        "The identifier of the folder below the root, made if it is missing"
        for file in self.google.files(user=ALICE, trashed=False):
            if file['name'] == name and file['parent'] == self.root:
                return file['id']
        return self.google.create_folder(ALICE, name, parent=self.root)['id']

    def content(self, google_id):
        "The bytes that Google has"
        content = self.google.file_content(google_id)
        return content if isinstance(content, bytes) else base64.b64decode(
            content)

    def remote(self, trashed=False):
        "What Google has below the root: path and content"
        return sorted(
            (f['path'].removeprefix(self.prefix), self.content(f['id']))
            for f in self.google.files(user=ALICE, trashed=trashed)
            if 'md5' in f and f['path'].startswith(self.prefix))

    @property
    def prefix(self):
        return self.google.file(self.root)['path'] + '/'

    def local(self):
        "What Tryton has: the record, the name and the content"
        with database(commit=False) as pool:
            return sorted(
                (f'{a.resource.name}/{a.name}', bytes(a.data or b''))
                for a in pool.get(ATTACHMENT).search([])
                if a.type == 'data' and a.resource
                and a.resource.__name__ == GROUP)

    def assert_equal_sides(self, count=None):
        remote = self.remote()
        self.assertEqual(self.local(), remote)
        if count is not None:
            self.assertEqual(len(remote), count)

    def assert_settled(self):
        "Nothing is left to do, and doing it changes nothing"
        before = self.rows('progress')
        dump = self.google.files()
        # Google tells what was sent
        self.synchronize()
        self.assertEqual(self.rows('progress'), before)
        before = self.rows()
        self.requests()
        self.synchronize()
        self.synchronize()
        self.assertEqual(
            self.requests(), ['drive.changes.list'] * 2)
        self.assertEqual(self.google.files(), dump)
        self.assertEqual(self.rows(), before)

    def rows(self, *but):
        "All the rows of the modules, but for what tells the time"
        result = {}
        with database(commit=False) as pool:
            cursor = Transaction().connection.cursor()
            for name, Model in pool.iterobject():
                if (not name.startswith('google_')
                        or not issubclass(Model, ModelSQL)
                        or Model.table_query):
                    continue
                names = sorted(
                    n for n, f in Model._fields.items()
                    if f.sql_type() and not hasattr(f, 'set')
                    and n not in {*but, *CLOCKS.get(name, set())})
                table = Table(Model._table)
                cursor.execute(*table.select(
                        *(getattr(table, n) for n in names),
                        order_by=table.id))
                result[name] = names, cursor.fetchall()
        return result

    @contextlib.contextmanager
    def hook(self, name, before=None, after=None, times=1):
        """Call a function around a hook of the network of the drives.

        It stands for another process, while this one talks to Google.
        """
        Drive = self.model(DRIVE)
        method = getattr(Drive, name)
        left = times

        def hooked(*args):
            nonlocal left
            left -= 1
            if before and left >= 0:
                before(*args)
            result = method(*args)
            if after and left >= 0:
                after(*args)
            return result
        with patch.object(Drive, name, hooked):
            yield
        self.assertLessEqual(left, 0, f"{name} was not called")

    @staticmethod
    def model(name):
        return Pool(DB_NAME).get(name)
