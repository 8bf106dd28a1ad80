# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A calendar that is synchronised with the emulator, for the tests."""
import contextlib
import datetime as dt
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
    'ACCESS', 'ALICE', 'BOB', 'CALENDAR', 'CREDENTIALS', 'EVENT',
    'Counted', 'GoogleCalendarTestCase', 'HOUR', 'MORNING', 'POLICIES', 'at',
    'database', 'local_events', 'remote_events', 'timed']

ALICE = 'alice@example.com'
BOB = 'bob@example.com'
CALENDAR = 'google_calendar.calendar'
EVENT = 'google_calendar.event'
CREDENTIALS = 'google_integration.google_credentials'
ACCESS = {'_check_access': True}
POLICIES = ['newest', 'tryton', 'google', 'manual']
MORNING = dt.datetime(2026, 12, 1, 9)
HOUR = dt.timedelta(hours=1)
# what no synchronisation of nothing writes, but for these
CLOCKS = {
    CALENDAR: {
        'last_sync', 'next_sync', 'cursor', 'queued_at', 'lease_token',
        'lease_until', 'listing', 'listed'},
    CREDENTIALS: {'last_sync'},
    }


def at(time):
    "A time of Google"
    return time.strftime('%Y-%m-%dT%H:%M:%SZ')


def timed(summary, start=MORNING, **values):
    "The body of an event of one hour"
    return {
        'summary': summary,
        'start': {'dateTime': at(start), 'timeZone': 'UTC'},
        'end': {'dateTime': at(start + HOUR), 'timeZone': 'UTC'},
        **values}


def remote_events(google, calendar=ALICE, user=ALICE):
    "What Google has, by identifier, in words of its own"
    entry, = [c for c in google.dump(user) if c['id'] == calendar]
    ids = {e['id'] for e in entry['events']}
    return {
        e['id']: _remote(e) for e in entry['events']
        # an exception is gone with its series
        if e.get('recurringEventId', e['id']) in ids}


def _remote(event):
    if event['status'] == 'cancelled':
        # Google tells no more of a cancelled occurrence
        return 'cancelled'
    if 'date' in event.get('start', {}):
        # the last day is exclusive at Google
        last = (dt.date.fromisoformat(event['end']['date'])
            - dt.timedelta(days=1))
        times = (event['start']['date'], last.isoformat())
    else:
        times = tuple(
            dt.datetime.fromisoformat(event[n]['dateTime']).astimezone(
                dt.timezone.utc).replace(tzinfo=None).isoformat()
            for n in ['start', 'end'])
    return (
        event.get('summary'), event.get('description'),
        event.get('location'), times, event['status'],
        event.get('visibility', 'default'),
        event.get('transparency', 'opaque'),
        '\n'.join(event.get('recurrence', [])))


def local_events(records):
    "What Tryton has, in the same words"
    return {r.google_id: _local(r) for r in records}


def _local(record):
    if record.status == 'cancelled':
        return 'cancelled'
    if record.all_day:
        times = (
            record.start_date.isoformat(), record.end_date.isoformat())
    else:
        times = (record.start.isoformat(), record.end.isoformat())
    return (
        record.summary or None, record.description or None,
        record.location or None, times, record.status, record.visibility,
        record.transparency, record.recurrence or '')


class Counted:
    "A connection, or one of its cursors, that counts the queries"

    def __init__(self, thing, parent=None):
        self.thing = thing
        self.parent = parent or self
        self.queries = 0

    def __getattr__(self, name):
        return getattr(self.thing, name)

    def __iter__(self):
        return iter(self.thing)

    def cursor(self):
        return Counted(self.thing.cursor(), self.parent)

    def execute(self, *args):
        self.parent.queries += 1
        return self.thing.execute(*args)


class GoogleCalendarTestCase(TestCase):
    """A committed database, the emulator, and a calendar of Alice.

    Jane is the Google User whose account at Google is Alice's; John is
    another one and Ada administrates Google; the stranger has no group.
    """
    maxDiff = None
    modules = ['google_calendar']

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
        self.calendar, = self.discover(self.credentials)
        self.google.clear_log()

    def clean(self):
        with database() as pool:
            for name in [CREDENTIALS, 'res.notification', 'ir.queue']:
                Model = pool.get(name)
                Model.delete(Model.search([]))

    def connect(self, user, account):
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
                        }])
            Transaction().commit()
            action = Credentials.request_authorization([credentials])
            id = credentials.id
        answer = visit(self.google.consent(action['url'], account=account))
        self.assertEqual(answer.status_code, 200, answer.get_data(True))
        return id

    def discover(self, credentials, enable=True):
        "Find the calendars, enable them and return their ids"
        with database() as pool:
            Calendar = pool.get(CALENDAR)
            Credentials = pool.get(CREDENTIALS)
            Credentials.discover([Credentials(credentials)])
            calendars = Calendar.search([
                    ('credentials', '=', credentials),
                    ], order=[('id', 'ASC')])
            Calendar.write(calendars, {'enabled': enable})
            return [c.id for c in calendars]

    # Synchronisation

    def run_once(self, calendar=None):
        "Run the engine and tell if it went well"
        with database() as pool:
            return Run(pool.get(CALENDAR), calendar or self.calendar)()

    def synchronize(self, calendar=None):
        "Run the engine, which must go well"
        self.assertTrue(
            self.run_once(calendar), self.read(
                CALENDAR, calendar or self.calendar, 'last_error'))

    def requests(self):
        "The ids of the requests that Google got since the last look"
        ids = [e['id'] for e in self.google.log()]
        self.google.clear_log()
        return ids

    def writes(self):
        "The requests of these that write"
        return [
            id for id in self.requests()
            if id.rpartition('.')[2] in {
                'insert', 'patch', 'update', 'delete', 'import', 'move'}]

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

    def create(self, summary="Here", start=MORNING, **values):
        "Create an event as a person and return its id"
        with self.user() as pool:
            event, = pool.get(EVENT).create([{
                        'calendar': self.calendar,
                        'summary': summary,
                        'start': start,
                        'end': start + HOUR,
                        'time_zone': 'UTC',
                        **values}])
            return event.id

    def write(self, id, **values):
        with self.user() as pool:
            Event = pool.get(EVENT)
            Event.write([Event(id)], values)

    def delete(self, *ids):
        with self.user() as pool:
            Event = pool.get(EVENT)
            Event.delete(Event.browse(ids))

    def find(self, summary, calendar=None):
        "The id of the event"
        with database(commit=False) as pool:
            event, = pool.get(EVENT).search([
                    ('summary', '=', summary),
                    ('calendar', '=', calendar or self.calendar),
                    ])
            return event.id

    def read(self, model, id, *names):
        with database(commit=False) as pool:
            record = pool.get(model)(id)
            values = [getattr(record, n) for n in names]
            values = [getattr(v, 'id', v) for v in values]
            return values if len(names) > 1 else values[0]

    def event(self, id, *names):
        return self.read(EVENT, id, *names)

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

    def set_service(self, calendar=None, **values):
        with database() as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.write([Calendar(calendar or self.calendar)], values)

    def click(self, model, id, button, user=None):
        with database(user or self.jane, context=ACCESS) as pool:
            Model = pool.get(model)
            return getattr(Model, button)([Model(id)])

    # Both sides

    def remote(self, calendar=ALICE, user=ALICE):
        return remote_events(self.google, calendar, user)

    def local(self, calendar=None):
        with database(commit=False) as pool:
            return local_events(pool.get(EVENT).search([
                        ('calendar', '=', calendar or self.calendar),
                        ]))

    def assert_equal_sides(self, count=None):
        remote = self.remote()
        self.assertEqual(self.local(), remote)
        if count is not None:
            self.assertEqual(len(remote), count)

    def assert_settled(self):
        "Nothing is left to do, and doing it changes nothing"
        before = self.rows('progress')
        dump = self.google.dump(ALICE, deleted=True)
        # Google tells what was sent
        self.synchronize()
        self.assertEqual(self.rows('progress'), before)
        before = self.rows()
        self.requests()
        self.synchronize()
        self.synchronize()
        self.assertEqual(
            self.requests(), ['calendar.events.list'] * 2)
        self.assertEqual(self.google.dump(ALICE, deleted=True), dump)
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
        """Call a function around a hook of the network of the calendars.

        It stands for another process, while this one talks to Google.
        """
        Calendar = self.model(CALENDAR)
        method = getattr(Calendar, name)
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
        with patch.object(Calendar, name, hooked):
            yield
        self.assertLessEqual(left, 0, f"{name} was not called")

    @staticmethod
    def model(name):
        return Pool(DB_NAME).get(name)
