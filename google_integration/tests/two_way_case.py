# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A service that is synchronised with the emulator, for the tests."""
import contextlib
import copy
from unittest.mock import patch

from sql import Table

from tests.database import Snapshot
from trytond import backend
from trytond.model import ModelSQL
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.engine import Run
from trytond.pool import Pool
from trytond.tests.test_tryton import (
    DB_NAME, TestCase, activate_module, drop_db)
from trytond.transaction import Transaction

from .case import EmulatedMixin
from .tools import (
    callback_uri, configure, create_users, database, set_option, visit)

__all__ = ['ACCESS', 'ALICE', 'BOB', 'CREDENTIALS', 'TwoWayTestCase']

ALICE = 'alice@example.com'
BOB = 'bob@example.com'
CREDENTIALS = 'google_integration.google_credentials'
ACCESS = {'_check_access': True}
# what the synchronisation of nothing writes of a service
CLOCKS = {
    'last_sync', 'next_sync', 'cursor', 'queued_at', 'lease_token',
    'lease_until', 'listing', 'listed'}


class Start:
    "What the tests of a class start from, on SQLite"

    def __init__(self, google):
        self.google = google
        self.database = Snapshot()
        self.prepared = False
        self._keep({})

    def _keep(self, values):
        self.database.take()
        self.emulated = self.google.snapshot()
        self.values = copy.deepcopy(values)

    def __call__(self, test):
        self.database.restore()
        self.google.restore(self.emulated)
        if not self.prepared:
            before = set(vars(test))
            test.prepare()
            self._keep({
                    n: v for n, v in vars(test).items() if n not in before})
            self.prepared = True
        vars(test).update(copy.deepcopy(self.values))


class TwoWayTestCase(EmulatedMixin, TestCase):
    """A committed database, the emulator, and a service of Alice.

    Jane is the Google User whose account at Google is Alice's; John is
    another one and Ada administrates Google; the stranger has no group.

    Each test starts from what `prepare` makes.  On SQLite it is made once and
    then restored; elsewhere each test makes it, and `clean` removes it.
    """
    maxDiff = None
    modules = []
    # the model of the service, and the name of its id here
    service_model = None
    service_name = None
    # the request of a run that finds nothing
    list_request = None
    # the last names of the requests that write
    write_requests = set()

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        drop_db()
        cls.addClassCleanup(drop_db)
        activate_module(cls.modules)
        with database() as pool:
            for login, id in create_users().items():
                setattr(cls, login, id)
            stranger, = pool.get('res.user').create([{
                        'name': "Stranger", 'login': 'stranger'}])
            cls.stranger = stranger.id
            # once for each database: to be written is not what a test expects
            pool.get('ir.configuration').get_google_installation()
        cls.start = None

    def setUp(self):
        super().setUp()
        # nobody waits for the next try in a test
        configure(self.emulator, retry=1)
        self.addCleanup(set_option, 'retry', None)
        if backend.name != 'sqlite':
            self.google.reset()
            self.addCleanup(self.clean)
            self.prepare()
            return
        cls = type(self)
        if not cls.start:
            cls.start = Start(self.google)
            cls.addClassCleanup(cls.start.database.close)
        cls.start(self)

    def prepare(self):
        """Make on both sides what the tests start from.

        What is kept in attributes are values such as ids; mocks are for
        `setUp`.
        """
        self.google.add_user(ALICE)
        self.google.add_user(BOB)
        self.credentials = self.connect(self.jane, ALICE)
        service, = self.discover(self.credentials)
        setattr(self, self.service_name, service)
        self.google.clear_log()

    def clean(self):
        "Remove from the database what was prepared and what the test made"
        with database() as pool:
            for name in [CREDENTIALS, 'res.notification', 'ir.queue']:
                Model = pool.get(name)
                Model.delete(Model.search([]))

    @property
    def service(self):
        return getattr(self, self.service_name)

    def connect(self, user, account, **values):
        "Authorize an account and return the id of the credentials"
        client = self.google.add_client(redirect_uris=[callback_uri()])
        with database(user or 1) as pool:
            Credentials = pool.get(CREDENTIALS)
            credentials, = Credentials.create([{
                        'name': account,
                        'user': user,
                        'client_id': client['client_id'],
                        'client_secret': client['client_secret'],
                        'redirect_uri': callback_uri(),
                        **values}])
            Transaction().commit()
            action = Credentials.request_authorization([credentials])
            id = credentials.id
        answer = visit(self.google.consent(action['url'], account=account))
        self.assertEqual(answer.status_code, 200, answer.get_data(True))
        return id

    def discover(self, credentials, enable=True):
        "Find the services, enable them and return their ids"
        with database() as pool:
            Service = pool.get(self.service_model)
            Credentials = pool.get(CREDENTIALS)
            Credentials.discover([Credentials(credentials)])
            services = Service.search([
                    ('credentials', '=', credentials),
                    ], order=[('id', 'ASC')])
            Service.write(services, {'enabled': enable})
            return [s.id for s in services]

    # Synchronisation

    def run_once(self, service=None):
        "Run the engine and tell if it went well"
        with database() as pool:
            return Run(
                pool.get(self.service_model), service or self.service)()

    def synchronize(self, service=None):
        "Run the engine, which must go well"
        self.assertTrue(
            self.run_once(service), self.read(
                self.service_model, service or self.service, 'last_error'))

    def writes(self):
        "The requests since the last look that write"
        return [
            id for id in self.requests()
            if id.rpartition('.')[2] in self.write_requests]

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

    def set_service(self, service=None, **values):
        with database() as pool:
            Service = pool.get(self.service_model)
            Service.write([Service(service or self.service)], values)

    def click(self, model, id, button, user=None):
        with database(user or self.jane, context=ACCESS) as pool:
            Model = pool.get(model)
            return getattr(Model, button)([Model(id)])

    # Both sides

    def local(self):
        "What Tryton has"
        raise NotImplementedError

    def remote(self):
        "What Google has, in the same words"
        raise NotImplementedError

    def google_dump(self):
        "All that Google has of Alice, as it is"
        raise NotImplementedError

    def assert_equal_sides(self, count=None):
        remote = self.remote()
        self.assertEqual(self.local(), remote)
        if count is not None:
            self.assertEqual(len(remote), count)

    def assert_settled(self):
        "Nothing is left to do, and doing it changes nothing"
        before = self.rows('progress')
        dump = self.google_dump()
        # Google tells what was sent
        self.synchronize()
        self.assertEqual(self.rows('progress'), before)
        before = self.rows()
        self.requests()
        self.synchronize()
        self.synchronize()
        self.assertEqual(self.requests(), [self.list_request] * 2)
        self.assertEqual(self.google_dump(), dump)
        self.assertEqual(self.rows(), before)

    def rows(self, *but):
        "All the rows of the modules, but for what tells the time"
        clocks = {self.service_model: CLOCKS, CREDENTIALS: {'last_sync'}}
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
                    and n not in {*but, *clocks.get(name, set())})
                table = Table(Model._table)
                cursor.execute(*table.select(
                        *(getattr(table, n) for n in names),
                        order_by=table.id))
                result[name] = names, cursor.fetchall()
        return result

    @contextlib.contextmanager
    def hook(self, name, before=None, after=None, times=1):
        """Call a function around a hook of the network of the services.

        It stands for another process, while this one talks to Google.
        """
        Service = self.model(self.service_model)
        method = getattr(Service, name)
        left = times

        def hooked(*args):
            nonlocal left
            left -= 1
            if before and left >= 0:
                before(*args)
            result = method(*args)
            if after and left >= 0:
                if name.endswith('pieces'):
                    return after_first(result, lambda: after(*args))
                after(*args)
            return result
        with patch.object(Service, name, hooked):
            yield
        self.assertLessEqual(left, 0, f"{name} was not called")

    @staticmethod
    def model(name):
        return Pool(DB_NAME).get(name)


def after_first(pieces, function):
    "Call the function when the first piece is there, before it is written"
    with contextlib.closing(pieces):
        first = next(pieces, None)
        function()
        if first is not None:
            yield first
            yield from pieces


del TestCase
