# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What a drive that only sends knows of its folders holds for a time"
import datetime as dt

import trytond.config as config
from trytond.modules.google_drive.folder import lifetime
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.exceptions import ConfigurationError

from .tools import ALICE, FOLDER, GoogleDriveTestCase, database

LOOK_UP = 'drive.files.get'


class FolderCheckTestCase(GoogleDriveTestCase):

    def prepare(self):
        super().prepare()
        self.set_service(direction='to_google')
        self.set_rule(path='Groups/${record.name}')
        self.attach("a.txt", b'1')
        self.synchronize()
        self.sales = self.known("Sales")
        self.requests()

    def known(self, name):
        id, = self.search(FOLDER, 'google_id', domain=[
                ('name', '=', name), ('trashed', '=', False)])
        return id

    def age(self, seconds=3601):
        "What is known of the folders is so old"
        with database() as pool:
            Folder = pool.get(FOLDER)
            bookkeeping.update(
                Folder, Folder.search([]), {
                    'checked_at': bookkeeping.utcnow()
                    - dt.timedelta(seconds=seconds)})

    def send(self, name):
        attachment = self.attach(name, name.encode())
        self.synchronize()
        self.assertEqual(
            self.file(attachment, 'google_state'), 'synchronized')
        return self.google.file(self.file(attachment, 'google_id'))

    def looked_up(self):
        return self.requests().count(LOOK_UP)

    def test_fresh(self):
        "Nobody asks for what was told a short time ago"
        self.age(3500)
        self.send("b.txt")
        self.assertEqual(self.looked_up(), 0)

    def test_idle(self):
        "Nor if nothing goes into a folder"
        self.age()
        self.synchronize()
        self.assertEqual(self.requests(), [])

    def test_together(self):
        "The folders are asked for in one batch, and once in their time"
        self.create_record("Sales 2")
        self.google.clear_log()
        self.send("a2.txt")
        # to look for what is there already
        before = self.batches()
        self.age()
        self.google.clear_log()
        self.send("b.txt")
        self.assertEqual(self.batches(), before + 1)
        self.assertEqual(self.looked_up(), 2)
        self.send("c.txt")
        self.assertEqual(self.looked_up(), 0)

    def batches(self):
        return sum(
            e['path'].startswith('/batch')
            for e in self.google.log(batch=False))

    def test_trashed(self):
        "Nothing goes into the trash"
        for name, act in [
                ("b.txt", lambda: self.google.trash_file(ALICE, self.sales)),
                ("c.txt", lambda: self.google.delete_file(
                    ALICE, self.known("Sales"))),
                ("d.txt", lambda: self.google.trash_file(
                    ALICE, self.known("Groups")))]:
            with self.subTest(name):
                act()
                self.age()
                file = self.send(name)
                self.assertEqual(
                    file['path'], f'{self.prefix}Groups/Sales/{name}')
                self.assertFalse(file.get('trashed'))
        # nothing is received, so that nothing is deleted here
        self.synchronize()
        self.assertEqual(len(self.local()), 4)
        self.assertEqual(self.errors(), [])

    def test_trashed_move(self):
        "Nor does what is moved"
        other = self.create_record("Sales 2")
        moved = self.send("b.txt")
        self.attach("c.txt", record=other)
        self.synchronize()
        self.google.trash_file(ALICE, self.known("Sales 2"))
        self.age()
        id, = self.search('ir.attachment', 'id', domain=[
                ('name', '=', "b.txt")])
        self.write(id, resource=f'res.group,{other}')
        self.synchronize()
        file = self.google.file(moved['id'])
        self.assertEqual(file['path'], f'{self.prefix}Groups/Sales 2/b.txt')
        self.assertFalse(file.get('trashed'))

    def test_moved(self):
        "The folder is found where somebody has put it, under its name there"
        there = self.google.create_folder(
            ALICE, "Elsewhere", parent=self.root)['id']
        self.google.move_file(ALICE, self.sales, self.known("Groups"), there)
        self.google.rename_file(ALICE, self.sales, "Renamed")
        self.age()
        file = self.send("b.txt")
        self.assertEqual(file['parent'], self.sales)
        self.assertEqual(
            self.search(FOLDER, 'name', 'parent_google_id', domain=[
                    ('google_id', '=', self.sales)]),
            [("Renamed", there)])

    def test_followed(self):
        "A drive of which the changes are read asks for none"
        self.set_service(direction='both')
        self.synchronize()
        self.synchronize()
        self.age()
        self.requests()
        self.send("b.txt")
        self.assertEqual(self.looked_up(), 0)
        self.assert_settled()

    def test_outage(self):
        "Without an answer nothing is sent, and all of it later"
        self.age()
        self.google.add_fault('status', status=503, times=None)
        attachment = self.attach("b.txt")
        self.assertFalse(self.run_once())
        self.google.clear_faults()
        self.synchronize()
        self.assertEqual(
            self.file(attachment, 'google_state'), 'synchronized')

    def test_lifetime(self):
        if not config.has_section('google_drive'):
            config.add_section('google_drive')
        self.addCleanup(config.set, 'google_drive', 'folder_lifetime', '')
        for value, seconds in [('', 3600), ('60', 60)]:
            config.set('google_drive', 'folder_lifetime', value)
            self.assertEqual(lifetime(), seconds)
        for value in ['59', '-1', 'hour', '1' * 20]:
            config.set('google_drive', 'folder_lifetime', value)
            with database(commit=False), \
                    self.assertRaises(ConfigurationError):
                lifetime()


del GoogleDriveTestCase
