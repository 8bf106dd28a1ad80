# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import os
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

from sql import Table

from tests.emulator import Emulator
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.tests.test_tryton import DB_NAME, RouteTestCase
from trytond.transaction import Transaction

from .tools import callback_uri, configure, create_users, database, visit

__all__ = ['EmulatedMixin', 'GoogleTestCase', 'LOGGER', 'NAME', 'PASSWORD']

NAME = '<b>Alice & "Co"</b>'
PASSWORD = 'a password of Tryton'
LOGGER = 'trytond.modules.google_integration'


class EmulatedMixin:
    "The emulator in the place of Google"

    @classmethod
    def setUpClass(cls):
        cls.enterClassContext(patch.dict(
                os.environ, {'OAUTHLIB_INSECURE_TRANSPORT': '1'}))
        cls.emulator = cls.enterClassContext(Emulator())
        cls.google = cls.emulator.admin
        configure(cls.emulator)
        super().setUpClass()

    def requests(self):
        "The ids of the requests that Google got since the last look"
        ids = [entry['id'] for entry in self.google.log()]
        self.google.clear_log()
        return ids


class GoogleTestCase(EmulatedMixin, RouteTestCase):
    """A database whose transactions are committed, and the emulator.

    Jane is a Google User, John another one, Ada administrates Google; each
    test has credentials of Jane for a client of her own.
    """
    module = 'google_integration'

    @classmethod
    def setUpDatabase(cls):
        for login, id in create_users(password=PASSWORD).items():
            setattr(cls, login, id)

    def setUp(self):
        super().setUp()
        configure(self.emulator)
        self.google.reset()
        self.google.add_user('alice@example.com', sub='1001')
        self.google.add_user('bob@example.com', sub='1002')
        self.client_ = self.google.add_client(redirect_uris=[callback_uri()])
        with database(self.jane) as pool:
            Credentials = pool.get('google_integration.google_credentials')
            record, = Credentials.create([{
                        'name': NAME,
                        'client_id': self.client_['client_id'],
                        'client_secret': self.client_['client_secret'],
                        'redirect_uri': callback_uri(),
                        }])
            self.id = record.id

    def tearDown(self):
        with database() as pool:
            Credentials = pool.get('google_integration.google_credentials')
            Notification = pool.get('res.notification')
            Credentials.delete(Credentials.search([]))
            if notifications := Notification.search([]):
                Notification.delete(notifications)
        super().tearDown()

    def request(self, user=None):
        "Press the button and return the address of the consent page"
        with database(user or self.jane) as pool:
            Credentials = pool.get('google_integration.google_credentials')
            return Credentials.request_authorization(
                [Credentials(self.id)])['url']

    def consent(self, url=None, account='alice@example.com', **kwargs):
        return self.google.consent(
            url or self.request(), account=account, **kwargs)

    def read(self, *names):
        with database(commit=False) as pool:
            Credentials = pool.get('google_integration.google_credentials')
            record = Credentials(self.id)
            values = tuple(getattr(record, n) for n in names)
            return values if len(names) > 1 else values[0]

    def update(self, **values):
        with database() as pool:
            Credentials = pool.get('google_integration.google_credentials')
            bookkeeping.update(Credentials, [self.id], values)

    def rows(self):
        "All that could change"
        result = []
        with database(commit=False):
            cursor = Transaction().connection.cursor()
            for name in ['google_credentials', 'secret']:
                table = Table(f'google_integration_{name}')
                cursor.execute(*table.select(order_by=table.id))
                result.append(cursor.fetchall())
        return result

    def state_of(self, url):
        state, = parse_qs(urlsplit(url).query)['state']
        return state

    def authorize(self, account='alice@example.com', **kwargs):
        response = visit(self.consent(account=account, **kwargs))
        self.assertEqual(response.status_code, 200)

    @classmethod
    def model(cls):
        return Pool(DB_NAME).get('google_integration.google_credentials')

    def secrets(self, *names):
        with database(commit=False) as pool:
            Credentials = pool.get('google_integration.google_credentials')
            Secret = pool.get('google_integration.secret')
            return [Secret.reveal(Credentials(self.id), n) for n in names]


del RouteTestCase
