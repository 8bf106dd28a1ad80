# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from unittest.mock import patch

from cryptography.fernet import Fernet, MultiFernet
from sql import Table

from trytond.modules.google_integration import configuration
from trytond.modules.google_integration.exceptions import (
    ConfigurationError, EncryptionKeyError, SecretError)
from trytond.pool import Pool
from trytond.tests.test_tryton import (
    TestCase, activate_module, drop_db, with_transaction)
from trytond.transaction import Transaction

from .tools import configure, options

SECRET = 'GOCSPX-the-secret'


class SecretTestCase(TestCase):
    "Test the secrets of google_integration"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        drop_db()
        activate_module('google_integration')

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        drop_db()

    def setUp(self):
        configure()

    def create(self, **values):
        Credentials = Pool().get('google_integration.google_credentials')
        record, = Credentials.create([{'name': "Test", **values}])
        return record

    def rows(self):
        table = Table('google_integration_secret')
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.id, table.resource, table.name, table.ciphertext,
                order_by=table.id))
        return cursor.fetchall()

    @with_transaction()
    def test_store(self):
        "A secret is kept encrypted"
        Secret = Pool().get('google_integration.secret')
        record = self.create(client_secret=SECRET)

        self.assertEqual(Secret.reveal(record, 'client_secret'), SECRET)
        self.assertIsNone(record.client_secret)
        self.assertTrue(record.has_client_secret)
        self.assertNotIn(SECRET, str(self.rows()))

    @with_transaction()
    def test_replace(self):
        "A secret is replaced and forgotten"
        Secret = Pool().get('google_integration.secret')
        record = self.create(client_secret=SECRET)
        record.client_secret = 'other'
        record.save()
        self.assertEqual(Secret.reveal(record, 'client_secret'), 'other')

        record.client_secret = None
        record.save()
        self.assertIsNone(Secret.reveal(record, 'client_secret'))
        self.assertEqual(self.rows(), [])

    @with_transaction()
    def test_delete(self):
        "The secrets go with the record"
        record = self.create(client_secret=SECRET)
        other = self.create(client_secret=SECRET)
        record.delete(type(record).browse([record.id]))
        (_, resource, *_), = self.rows()
        self.assertEqual(resource, str(other))

    @with_transaction()
    def test_swapped(self):
        "A secret is of no use for another record or name"
        Secret = Pool().get('google_integration.secret')
        a = self.create(client_secret='a')
        b = self.create(client_secret='b')
        Secret.store(a, 'refresh_token', 'c')
        logger = 'trytond.modules.google_integration'
        table = Table('google_integration_secret')
        cursor = Transaction().connection.cursor()
        rows = {(r[1], r[2]): r for r in self.rows()}
        stolen = rows[str(a), 'client_secret'][3]
        for key in [(str(b), 'client_secret'), (str(a), 'refresh_token')]:
            cursor.execute(*table.update(
                    [table.ciphertext], [stolen],
                    where=table.id == rows[key][0]))

        self.assertEqual(Secret.reveal(a, 'client_secret'), 'a')
        for record, name in [(b, 'client_secret'), (a, 'refresh_token')]:
            with self.assertLogs(logger), self.assertRaises(SecretError):
                Secret.reveal(record, name)

    @with_transaction()
    def test_no_key(self):
        "Without a key the message shows the line to add"
        Secret = Pool().get('google_integration.secret')
        with options(encryption_key=None):
            keys = set()
            for _ in range(2):
                with self.assertRaises(EncryptionKeyError) as cm:
                    self.create(client_secret=SECRET)
                error = cm.exception
                self.assertIn('[google_integration]', error.description)
                _, _, key = error.description.rpartition('encryption_key = ')
                Fernet(key)
                keys.add(key)
                # what is logged does not show the key
                self.assertNotIn(key, str(error))
            self.assertEqual(len(keys), 2)
            with self.assertRaises(EncryptionKeyError):
                Secret.check_key()
            # what needs no secret works
            self.create()

    @with_transaction()
    def test_bad_key(self):
        "A key that is none is refused"
        for key in ['x', 'é' * 44, Fernet.generate_key().decode() + ' x']:
            with self.subTest(key=key), options(encryption_key=key), \
                    self.assertRaises(ConfigurationError):
                self.create(client_secret=SECRET)

    @with_transaction()
    def test_wrong_key(self):
        "With a wrong key nothing is lost"
        Secret = Pool().get('google_integration.secret')
        record = self.create(client_secret=SECRET)
        rows = self.rows()
        with options(encryption_key=Fernet.generate_key().decode()), \
                self.assertLogs('trytond.modules.google_integration'):
            with self.assertRaises(SecretError) as cm:
                Secret.reveal(record, 'client_secret')
            self.assertIn("Client Secret", cm.exception.message)
            self.assertEqual(Secret.rotate(), (0, 1))
        self.assertEqual(self.rows(), rows)
        self.assertEqual(Secret.reveal(record, 'client_secret'), SECRET)

    @with_transaction()
    def test_rotate(self):
        "The secrets are encrypted with the newest key"
        Secret = Pool().get('google_integration.secret')
        Credentials = Pool().get('google_integration.google_credentials')
        record = self.create(client_secret=SECRET)
        old, = configuration.encryption_keys()
        new = Fernet.generate_key().decode()
        with options(encryption_key=f'{new}\n{old}'):
            self.assertEqual(Secret.reveal(record, 'client_secret'), SECRET)
            Credentials.rotate_keys([record])
            label = Transaction().user_notifications[-1].label
            self.assertIn("1 secrets", label)
        with options(encryption_key=new):
            self.assertEqual(Secret.reveal(record, 'client_secret'), SECRET)
        with options(encryption_key=old), \
                self.assertLogs('trytond.modules.google_integration'), \
                self.assertRaises(SecretError):
            Secret.reveal(record, 'client_secret')

    @with_transaction()
    def test_rotate_race(self):
        "A secret that is replaced meanwhile is not put back"
        Secret = Pool().get('google_integration.secret')
        record = self.create(client_secret=SECRET)
        rotate = MultiFernet.rotate

        def replace(self, *args):
            result = rotate(self, *args)
            Secret.store(record, 'client_secret', 'new')
            return result
        with patch.object(MultiFernet, 'rotate', replace):
            Secret.rotate()
        self.assertEqual(Secret.reveal(record, 'client_secret'), 'new')

    @with_transaction()
    def test_no_rpc(self):
        "Nothing of a secret can be called"
        Secret = Pool().get('google_integration.secret')
        self.assertEqual(Secret.__rpc__, {})
        self.assertFalse(Secret._history)

    @with_transaction(context={'_check_access': True})
    def test_no_access(self):
        "Nobody may read a secret"
        Access = Pool().get('ir.model.access')
        for mode, value in Access.get_access(
                ['google_integration.secret'])[
                    'google_integration.secret'].items():
            self.assertFalse(value, msg=mode)

