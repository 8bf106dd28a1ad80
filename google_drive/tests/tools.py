# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A drive that is synchronised with the emulator, for the tests."""
import base64

import trytond.config as config
from trytond.modules.google_integration.tests.killed import killed_at
from trytond.modules.google_integration.tests.tools import database
from trytond.modules.google_integration.tests.two_way_case import (
    ACCESS, ALICE, BOB, CREDENTIALS, TwoWayTestCase)

__all__ = [
    'ACCESS', 'ALICE', 'ATTACHMENT', 'BOB', 'CREDENTIALS', 'DRIVE', 'FILE',
    'FOLDER', 'GROUP', 'GoogleDriveTestCase', 'RULE', 'database', 'killed']

DRIVE = 'google_drive.drive'
FILE = 'google_drive.file'
FOLDER = 'google_drive.folder'
RULE = 'google_drive.rule'
ATTACHMENT = 'ir.attachment'
GROUP = 'res.group'


def killed(case, number, done):
    """Run until the commit of this number, and tell if there was one

    ``done`` tells if that one is done.
    """
    reached = killed_at(case.run_once, number, done)
    # its lease ends
    case.update(DRIVE, case.drive, lease_until=0.0)
    return reached


class GoogleDriveTestCase(TwoWayTestCase):
    """The drive of Alice.

    What is attached is attached to groups, of which the rule makes folders.
    """
    modules = ['google_drive']
    drive_access = 'all'
    service_model = DRIVE
    service_name = 'drive'
    list_request = 'drive.changes.list'
    write_requests = {
        'create', 'update', 'delete', 'copy', 'chunk', 'generateIds',
        'download'}

    def prepare(self):
        super().prepare()
        self.root = self.google.create_folder(ALICE, "Tryton")['id']
        self.group = self.create_record("Sales")
        self.rule = self.create_rule()
        self.google.clear_log()

    def clean(self):
        super().clean()
        with database() as pool:
            Attachment = pool.get(ATTACHMENT)
            Attachment.delete(Attachment.search([]))
            Group = pool.get(GROUP)
            Group.delete(Group.search([('name', 'like', 'Sales%')]))

    def connect(self, user, account, **values):
        return super().connect(
            user, account, drive_access=self.drive_access, **values)

    def allow(self, **permissions):
        "Let the Google Users write the records, but for what is said"
        with database(1) as pool:
            ModelAccess = pool.get('ir.model.access')
            ModelData = pool.get('ir.model.data')
            access, = ModelAccess.create([{
                        'model': GROUP,
                        'group': ModelData.get_id(
                            'google_integration', 'group_google_user'),
                        **{f'perm_{m}': permissions.get(m, True)
                            for m in ['read', 'write', 'create', 'delete']},
                        }])
            id = access.id
        self.addCleanup(self.forbid, id)
        return id

    @staticmethod
    def forbid(id):
        with database(1) as pool:
            ModelAccess = pool.get('ir.model.access')
            ModelAccess.delete(ModelAccess.search([('id', '=', id)]))

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

    def set_key(self, key=b'k' * 32):
        "Have a key to encrypt with, for the test"
        if not config.has_section('google_drive'):
            config.add_section('google_drive')
        config.set(
            'google_drive', 'encryption_key',
            base64.urlsafe_b64encode(key).decode())
        self.addCleanup(config.set, 'google_drive', 'encryption_key', '')

    def hide(self, model, domain='[["id", "=", -1]]'):
        "Google Users see of the model no more than what matches"
        with database(1) as pool:
            user = pool.get('ir.model.data').get_id(
                'google_integration', 'group_google_user')
            group, = pool.get('ir.rule.group').create([{
                        'name': "Test",
                        'model': model,
                        'global_p': False,
                        'groups': [('add', [user])],
                        'rules': [('create', [{'domain': domain}])],
                        }])
            id = group.id
        self.addCleanup(self.unhide, id)

    def unhide(self, id):
        with database(1) as pool:
            Group = pool.get('ir.rule.group')
            Group.delete([Group(id)])

    # The database

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

    def google_dump(self):
        return self.google.files()


del TwoWayTestCase
