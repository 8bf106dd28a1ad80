# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Choosing the root folder of a rule at Google, and testing it."""
import json

from trytond.exceptions import UserError
from trytond.model.exceptions import AccessError
from trytond.modules.google_drive.exceptions import DriveFolderError
from trytond.modules.google_drive.rule_network import PROBE
from trytond.modules.google_integration.tests.tools import configure
from trytond.modules.google_integration.tests.wizard import WizardSession

from .tools import ALICE, BOB, DRIVE, RULE, GoogleDriveTestCase, database


class FolderTestCase(GoogleDriveTestCase):

    def prepare(self):
        super().prepare()
        self.set_user(self.ada)

    def set_user(self, user):
        with database(1) as pool:
            Rule = pool.get(RULE)
            Rule.write([Rule(self.rule)], {'user': user})

    def wizard(self, name, user=None):
        wizard = WizardSession(
            f'google_drive.{name}', user or self.ada, RULE, self.rule)
        wizard.execute()
        return wizard


class ChooseFolderTestCase(FolderTestCase):

    def choices(self, wizard):
        return [name for _, name in json.loads(wizard.values['choices'])]

    def pick(self, wizard, name):
        return {n: i for i, n in json.loads(wizard.values['choices'])}[name]

    def test_browse(self):
        invoices = self.google.create_folder(ALICE, "Invoices")['id']
        self.google.create_folder(ALICE, "2026", parent=invoices)
        self.google.create_file(ALICE, "No folder", content=b'x')
        trashed = self.google.create_folder(ALICE, "Trash")['id']
        self.google.trash_file(ALICE, trashed)
        wizard = self.wizard('choose_folder')
        self.assertEqual(self.choices(wizard), ["Invoices", "Tryton"])
        wizard.execute('open_', folder=self.pick(wizard, "Invoices"))
        self.assertEqual(wizard.values['location'], "My Drive / Invoices")
        self.assertEqual(self.choices(wizard), ["2026"])
        wizard.execute('up')
        self.assertEqual(wizard.values['location'], "My Drive")
        wizard.execute('choose', folder=self.pick(wizard, "Invoices"))
        self.assertEqual(
            self.read(RULE, self.rule, 'root', 'root_name'),
            [invoices, "My Drive / Invoices"])

    def test_location(self):
        "Without a folder the location is chosen"
        wizard = self.wizard('choose_folder')
        wizard.execute('choose')
        self.assertEqual(
            self.read(RULE, self.rule, 'root'),
            self.read(DRIVE, self.drive, 'google_id'))

    def test_create(self):
        wizard = self.wizard('choose_folder')
        wizard.execute('create_')
        wizard.execute('do_create', name="New/Folder")
        self.assertEqual(wizard.values['location'], "My Drive / New_Folder")
        wizard.execute('choose')
        root = self.read(RULE, self.rule, 'root')
        self.assertEqual(self.google.file(root)['name'], "New_Folder")

    def test_cancel_create(self):
        "Who creates no folder after all needs no name for it"
        wizard = self.wizard('choose_folder')
        result = wizard.execute('create_')
        self.assertEqual(
            {b['state']: bool(b['validate'])
                for b in result['view']['buttons']},
            {'start': False, 'do_create': True})
        wizard.execute('start')
        self.assertEqual(wizard.values['location'], "My Drive")

    def test_lost_answer(self):
        "A folder of which the answer is lost is created once"
        configure(self.emulator, retry=2)
        wizard = self.wizard('choose_folder')
        wizard.execute('create_')
        self.google.add_fault('drop_after', method_id='drive.files.create')
        wizard.execute('do_create', name="New")
        names = [f['name'] for f in self.google.files(user=ALICE)]
        self.assertEqual(names.count("New"), 1)

    def test_shared_drive(self):
        "The drives of the account are where it begins"
        shared = self.google.add_drive(ALICE, "Company")
        folder = self.google.create_folder(
            ALICE, "Offers", parent=shared['id'])['id']
        self.discover(self.credentials)
        wizard = self.wizard('choose_folder')
        wizard.execute('up')
        self.assertEqual(
            sorted(self.choices(wizard)), ["Company", "My Drive"])
        wizard.execute('choose')
        self.assertEqual(wizard.values['location'], '')
        wizard.execute('open_', folder=shared['id'])
        wizard.execute('choose', folder=folder)
        root, drive = self.read(RULE, self.rule, 'root', 'drive')
        self.assertEqual(root, folder)
        self.assertEqual(self.read(DRIVE, drive, 'google_id'), shared['id'])

    def test_gone(self):
        wizard = self.wizard('choose_folder')
        folder = self.pick(wizard, "Tryton")
        self.google.delete_file(ALICE, folder)
        with self.assertRaises(DriveFolderError):
            wizard.execute('open_', folder=folder)

    def test_access(self):
        "Who may not write the rule learns nothing"
        self.google.clear_log()
        for user in [self.jane, self.stranger]:
            with self.assertRaises(AccessError):
                self.wizard('choose_folder', user)
            with self.assertRaises(AccessError):
                self.wizard('test_folder', user)
        self.assertEqual(self.requests(), [])


class TestFolderTestCase(FolderTestCase):

    def results(self):
        values = self.wizard('test_folder').values
        return [
            (line['test'], line['passed']) for line in values['lines']
            ], values['missing'] or ''

    def probes(self):
        return [
            f['name'] for f in self.google.files()
            if f['name'] == PROBE]

    def test_works(self):
        lines, missing = self.results()
        self.assertEqual(lines, [
                (n, True) for n in [
                    'find', 'list', 'write', 'read', 'delete']])
        self.assertEqual(missing, '')
        self.assertEqual(self.probes(), [])
        self.assertEqual(self.read(RULE, self.rule, 'root_name'), "Tryton")

    def test_viewer(self):
        "The folder of somebody else, which may be seen only"
        folder = self.google.create_folder(BOB, "Shared")['id']
        self.google.share_file(folder, ALICE, 'reader')
        self.set_rule(root=folder)
        lines, missing = self.results()
        self.assertEqual(lines[-1], ('write', False))
        self.assertIn("editor", missing)
        self.assertEqual(self.probes(), [])

    def test_not_shared(self):
        folder = self.google.create_folder(BOB, "Private")['id']
        self.set_rule(root=folder)
        lines, missing = self.results()
        self.assertEqual(lines, [('find', False)])
        self.assertIn("share it with the account", missing)

    def test_file(self):
        file = self.google.create_file(ALICE, "a.txt", content=b'x')['id']
        self.set_rule(root=file)
        self.assertIn("not a folder", self.results()[1])

    def test_trashed(self):
        self.google.trash_file(ALICE, self.root)
        self.assertIn("trash", self.results()[1])

    def test_other_drive(self):
        shared = self.google.add_drive(ALICE, "Company")
        self.set_rule(root=shared['id'])
        self.assertIn("another drive", self.results()[1])

    def test_contributor(self):
        "Of a shared drive: contributors create, and move nothing to the trash"
        shared = self.google.add_drive(
            BOB, "Company", members={ALICE: 'writer'})
        self.discover(self.credentials)
        drive, = self.search(
            DRIVE, 'id', domain=[('google_id', '=', shared['id'])])
        self.set_rule(drive=drive, root=shared['id'])
        lines, missing = self.results()
        self.assertEqual(lines[-1], ('trash', False))
        self.assertIn("content manager", missing)

    def test_content_manager(self):
        shared = self.google.add_drive(
            BOB, "Company", members={ALICE: 'fileOrganizer'})
        self.discover(self.credentials)
        drive, = self.search(
            DRIVE, 'id', domain=[('google_id', '=', shared['id'])])
        self.set_rule(drive=drive, root=shared['id'])
        lines, missing = self.results()
        self.assertEqual(lines[-1], ('trash', True))
        self.assertEqual(missing, '')

    def test_refused(self):
        "Each right that is missing is named, and the others are tried"
        steps = ['find', 'list', 'write', 'read', 'delete']
        for step, methods, told in [
                ('list', ['list'], "list"),
                ('read', ['get_media'], "download"),
                ('delete', ['delete', 'update'], "trash")]:
            with self.subTest(step):
                for method in methods:
                    self.google.add_fault(
                        'status', status=403, times=None,
                        reason='insufficientFilePermissions',
                        method_id=f'drive.files.{method}')
                lines, missing = self.results()
                self.google.clear_faults()
                name = 'trash' if step == 'delete' else step
                self.assertEqual(lines, [
                        (name if s == step else s, s != step)
                        for s in steps])
                self.assertIn(told, missing)
                self.assertEqual(
                    self.probes(), [PROBE] * (step == 'delete'))

    def test_outage(self):
        "The file is deleted whatever fails in between"
        for fault, method in [
                ('status', 'drive.files.get_media'),
                ('drop_after', 'drive.files.create')]:
            with self.subTest(method=method):
                self.google.add_fault(
                    fault, method_id=method,
                    **({'status': 503} if fault == 'status' else {}))
                with self.assertRaises(UserError):
                    self.results()
                self.assertEqual(self.probes(), [])
                self.google.clear_faults()

    def test_quota(self):
        self.google.set_quota(ALICE, 1)
        lines, missing = self.results()
        self.assertEqual(lines[-1], ('write', False))
        self.assertIn("no space", missing)


class TestFolderScopeTestCase(FolderTestCase):
    "Access to the own files alone"
    drive_access = 'file'

    def test_folder_of_somebody(self):
        values = self.wizard('test_folder').values
        self.assertIn("Only Files of Tryton", values['missing'])

    def test_own_folder(self):
        wizard = self.wizard('choose_folder')
        wizard.execute('create_')
        wizard.execute('do_create', name="Own")
        wizard.execute('choose')
        self.assertFalse(self.wizard('test_folder').values['missing'])


del FolderTestCase, GoogleDriveTestCase
