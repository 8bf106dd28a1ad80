# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Confidential files are encrypted before they leave"
import errno
import os
from unittest.mock import patch

import trytond.config as config
from trytond.modules.google_drive import encryption, store
from trytond.modules.google_integration import bookkeeping

from .tools import ALICE, ATTACHMENT, FILE, GoogleDriveTestCase, database

LARGE = b'secret' * 10 ** 6


class EncryptedTestCase(GoogleDriveTestCase):

    def setUp(self):
        self.set_key()
        super().setUp()

    def prepare(self):
        super().prepare()
        self.set_rule(encrypted=True)

    def sealed(self, attachment):
        return self.content(self.file(attachment, 'google_id'))

    def test_round(self):
        for content in [b'secret', b'', LARGE]:
            with self.subTest(size=len(content)):
                attachment = self.attach("a.txt", content)
                self.synchronize()
                sealed = self.sealed(attachment)
                self.assertNotIn(b'secret', sealed)
                self.assertEqual(
                    self.file(attachment, 'google_state'), 'synchronized')
                self.assertEqual(self.errors(), [])
                self.assert_settled()

    def test_replace(self):
        attachment = self.attach("a.txt", b'secret')
        self.synchronize()
        before = self.sealed(attachment)
        self.write(attachment, data=b'secret too')
        self.synchronize()
        self.assertNotEqual(self.sealed(attachment), before)
        self.assertNotIn(b'secret', self.sealed(attachment))
        self.assert_settled()

    def test_fetched(self):
        "What another copy has sealed is opened"
        first = self.attach("a.txt", b'secret 1')
        second = self.attach("b.txt", b'secret 2')
        self.synchronize()
        self.google.edit_file(
            ALICE, self.file(first, 'google_id'),
            content=self.sealed(second))
        self.synchronize()
        self.assertEqual(self.local(), [
                ("Sales/a.txt", b'secret 2'), ("Sales/b.txt", b'secret 2')])
        self.assert_settled()

    def test_tampered(self):
        "What was changed is refused loudly, and the attachment stays"
        attachment = self.attach("a.txt", b'secret')
        self.synchronize()
        sealed = bytearray(self.sealed(attachment))
        sealed[-1] ^= 1
        self.google.edit_file(
            ALICE, self.file(attachment, 'google_id'), content=bytes(sealed))
        self.synchronize()
        self.assertEqual(len(self.errors()), 1)
        self.assertEqual(self.local(), [("Sales/a.txt", b'secret')])

    def test_interrupted(self):
        "When the disk is full nothing that was decrypted is left on it"
        for name in ["a.txt", "b.txt"]:
            self.attach(name, b'secret')
        self.synchronize()
        with database() as pool:
            File = pool.get(FILE)
            bookkeeping.update(File, File.search([]), {'incoming': True})
        open_, count = encryption.open, 0

        def full(*args):
            nonlocal count
            count += 1
            if count == 2:
                raise OSError(errno.ENOSPC, "No space left on device")
            return open_(*args)

        with patch.object(encryption, 'open', full):
            self.assertFalse(self.run_once())
        self.assertEqual(count, 2)
        self.assertEqual(
            os.listdir(os.path.dirname(store.temporary())), [])
        self.synchronize()
        self.assert_settled()

    def test_no_key(self):
        "Without a key nothing leaves"
        config.set('google_drive', 'encryption_key', '')
        self.attach("a.txt", b'secret')
        self.synchronize()
        self.assertEqual(len(self.errors()), 1)
        self.assertEqual(self.remote(), [])

    def test_lost_answer(self):
        "The checksum of what was sealed tells that it is there"
        attachment = self.attach("a.txt", b'secret')
        self.google.add_fault(
            'drop_after', method_id='drive.files.create', batch=False,
            times=2)
        self.run_once()
        self.google.clear_faults()
        self.synchronize()
        self.assertEqual(len(self.remote()), 1)
        self.assertEqual(self.search(ATTACHMENT, 'id'), [attachment])
        self.assertEqual(self.search(
                'google_integration.conflict', 'id'), [])
        self.assert_settled()
