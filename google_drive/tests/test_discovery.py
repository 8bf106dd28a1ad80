# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Finding the drives of an account"
from trytond.model.exceptions import AccessError

from .tools import ALICE, BOB, CREDENTIALS, DRIVE, GoogleDriveTestCase
from .tools import database


class DiscoveryTestCase(GoogleDriveTestCase):

    def drives(self):
        return sorted(self.search(DRIVE, 'kind', 'google_id', 'name'))

    def mine(self):
        return self.google.act(
            ALICE, 'drive.files.get', fileId='root', fields='id')['id']

    def test_my_drive(self):
        self.assertEqual(
            self.drives(), [('my_drive', self.mine(), "My Drive")])

    def test_shared(self):
        "The shared drives of which the account is a member"
        shared = self.google.add_drive(BOB, "Team", {ALICE: 'reader'})
        self.google.add_drive(BOB, "Bob's own")
        self.discover(self.credentials)
        found = [
            ('my_drive', self.mine(), "My Drive"),
            ('shared', shared['id'], "Team"),
            ]
        self.assertEqual(self.drives(), found)
        # nothing is found twice
        self.discover(self.credentials)
        self.assertEqual(self.drives(), found)

    def test_pages(self):
        self.google.options(max_page=2)
        for i in range(5):
            self.google.add_drive(BOB, f"Team {i}", {ALICE: 'reader'})
        self.discover(self.credentials)
        self.assertEqual(
            sorted(n for _, _, n in self.drives()),
            ["My Drive", *(f"Team {i}" for i in range(5))])

    def test_renamed(self):
        "The name follows Google, and what a person has set stays"
        shared = self.google.add_drive(BOB, "Team", {ALICE: 'reader'})
        _, drive = self.discover(self.credentials)
        self.set_service(drive, interval=self.read(
                DRIVE, drive, 'interval') * 2)
        interval = self.read(DRIVE, drive, 'interval')
        self.google.act(
            BOB, 'drive.drives.update', driveId=shared['id'],
            body={'name': "Crew"})
        self.discover(self.credentials)
        self.assertEqual(
            self.read(DRIVE, drive, 'name', 'interval'), ["Crew", interval])

    def test_disabled(self):
        "A drive is synchronized when a person wants it"
        self.google.add_drive(BOB, "Team", {ALICE: 'reader'})
        with database() as pool:
            Credentials = pool.get(CREDENTIALS)
            Credentials.discover([Credentials(self.credentials)])
        self.assertEqual(
            sorted(self.search(DRIVE, 'name', 'enabled')),
            [("My Drive", True), ("Team", False)])

    def test_fixed(self):
        "A drive is not made another one"
        with self.as_user(self.ada) as pool:
            Drive = pool.get(DRIVE)
            for name, value in [('google_id', 'x'), ('kind', 'shared')]:
                with self.subTest(name=name), \
                        self.assertRaises(AccessError):
                    Drive.write([Drive(self.drive)], {name: value})


class DiscoveryFileTestCase(GoogleDriveTestCase):
    "An application that sees only its own files"
    drive_access = 'file'

    def test_scope(self):
        grant, = self.google.grants(ALICE)
        self.assertIn(
            'https://www.googleapis.com/auth/drive.file', grant['scopes'])
        self.assertNotIn(
            'https://www.googleapis.com/auth/drive', grant['scopes'])

    def test_my_drive(self):
        "The root has a name instead of an identifier"
        self.google.add_drive(ALICE, "Team")
        self.discover(self.credentials)
        self.assertEqual(
            self.search(DRIVE, 'kind', 'google_id'), [('my_drive', 'root')])
        self.synchronize()
