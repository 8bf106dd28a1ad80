# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A database and a Google that belong together, for any of the services."""
import contextlib
import functools
from urllib.parse import parse_qs, urlsplit

from trytond import backend
from trytond.modules.google_integration import engine, tokens, transport
from trytond.modules.google_integration.tests.tools import configure
from trytond.pool import Pool
from trytond.transaction import Transaction

from .processes import Process

__all__ = ['BaseSite', 'USER']

USER = 'ann@example.com'
REDIRECT = 'http://localhost/callback'


def no_wait(seconds):
    "The waiting between two tries is not what is tested"


class BaseSite:
    """A database and an emulator that belong together

    A derived class tells the modules to activate, the name of the model that
    synchronises, of which the account has one record, and the request that
    lists its changes.
    """
    modules = []
    service = None
    listing = None
    # the tables that are written, but for those of the service itself
    written = {'ir_attachment', 'ir_model_log', 'ir_queue', 'res_notification'}

    def __init__(self, laboratory, name, emulator):
        self.laboratory = laboratory
        self.name = name
        self.emulator = emulator
        configure(emulator)

    @property
    def admin(self):
        return self.emulator.admin

    # In a process of its own

    def process(self, method, *args, **kwargs):
        "The process that calls the method of this site"
        return Process(functools.partial(method, self, *args, **kwargs))

    def call(self, method, *args, **kwargs):
        return self.process(method, *args, **kwargs).result()

    @contextlib.contextmanager
    def transaction(self, user=0, context=None):
        transport.sleep = no_wait
        with Transaction().start(
                self.name, user, context=context) as transaction:
            yield transaction

    @contextlib.contextmanager
    def person(self):
        "What a person does, in this process: without a connection after it"
        try:
            with self.transaction(user=1) as transaction:
                yield
                transaction.commit()
        finally:
            # one that was forked with it could not use it
            backend.Database(self.name).close()

    # What it starts from

    @staticmethod
    def warm():
        "Load what the processes that are forked need"

    def authorize(self):
        "Connect the account, and return what is to be known of it"
        client = self.admin.add_user(USER) and self.admin.add_client(
            [REDIRECT])
        with self.transaction(user=1) as transaction:
            pool = Pool()
            Credentials = pool.get('google_integration.google_credentials')
            Service = pool.get(self.service)
            # once for each database, and not what a trial measures
            pool.get('ir.configuration').get_google_installation()
            credentials, = Credentials.create([{
                        'name': "Google",
                        'type': 'oauth',
                        'client_id': client['client_id'],
                        'client_secret': client['client_secret'],
                        'redirect_uri': REDIRECT,
                        'user': 1,
                        **self.credentials_values(),
                        }])
            transaction.commit()
            action = Credentials.request_authorization([credentials])
            url = str(action['url'])
            transaction.commit()
            answer = parse_qs(urlsplit(
                    self.admin.consent(url, account=USER)).query)
            Credentials(credentials.id).authorize(
                answer['code'][0], answer['state'][0])
            transaction.commit()
            Service.discover(Credentials(credentials.id))
            transaction.commit()
            service, = Service.search([])
            Service.write([service], {'enabled': True})
            more = self.prepared(service)
            transaction.commit()
            return {
                'credentials': credentials.id, 'id': service.id,
                **(more or {})}

    def credentials_values(self):
        return {}

    def prepared(self, service):
        "Change what the trials start from, and return what to know of it"

    def synchronize(self):
        "Run the engine and tell if it ran to its end"
        with self.transaction():
            return engine.Run(Pool().get(self.service), self.id)()

    def token(self, **kwargs):
        "The token with which to call Google"
        with self.transaction():
            Credentials = Pool().get('google_integration.google_credentials')
            return Credentials(self.credentials).get_credentials().token

    def wait_with(self, func):
        "Let the processes that wait for a token do something meanwhile"
        tokens.sleep = func

    # By SQL

    @contextlib.contextmanager
    def connection(self):
        if self.laboratory.sqlite:
            import sqlite3
            connection = sqlite3.connect(self.laboratory.path(self.name))
        else:
            import psycopg
            connection = psycopg.connect(self.laboratory.uri(self.name))
        with contextlib.closing(connection), connection:
            yield connection

    def sql(self, query):
        with self.connection() as connection:
            cursor = connection.execute(query)
            return cursor.fetchall() if cursor.description else None

    def rows(self, table, columns='*', order='id'):
        "The rows of the table as dictionaries"
        with self.connection() as connection:
            cursor = connection.execute(
                f'SELECT {columns} FROM {table} ORDER BY {order}')
            names = [c[0] for c in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]

    def end_leases(self):
        "The time of the leases of the dead is over"
        table = self.service.replace('.', '_')
        self.sql(
            f'UPDATE {table} SET lease_until = 1 '
            'WHERE lease_until IS NOT NULL')
        self.sql(
            'UPDATE google_integration_google_credentials '
            'SET refresh_lease_until = 1 '
            'WHERE refresh_lease_until IS NOT NULL')
