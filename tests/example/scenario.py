# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The example of the documentation, run by tests.test_example.

In a process of its own, in which google_tasks is an installed module.
"""
import datetime as dt
import os
import unittest

from trytond.modules.google_integration import oauth
from trytond.modules.google_integration.tests.tools import (
    configure, set_option)
from trytond.pool import Pool
from trytond.tests import test_tryton
from trytond.tests.test_tryton import (
    DB_NAME, ModuleTestCase, activate_module, drop_db)
from trytond.transaction import Transaction

from tests.child import share_cache
from tests.emulator.errors import ApiError
from tests.example.server import Tasks

TOKEN = 'the-access-token'
SCOPE = 'https://www.googleapis.com/auth/tasks'
LIST, READ, PATCH, DELETE = (
    f'tasks.tasks.{name}' for name in ['list', 'get', 'patch', 'delete'])


def setUpModule():
    "Let what is activated already know that there is another module"
    share_cache(test_tryton)
    if not test_tryton.DB_CACHE:
        return
    name = 'google_integration'
    activate_module(name)
    with Transaction().start(DB_NAME, 1) as transaction:
        Pool().get('ir.module').update_list()
        transaction.commit()
    os.unlink(test_tryton._db_cache_file(test_tryton.DB_CACHE, name))
    test_tryton.backup_db_cache(name)
    drop_db()


class GoogleTasksModuleTestCase(ModuleTestCase):
    "Test google_tasks as any module of Tryton"
    module = 'google_tasks'


class SynchronizeTestCase(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        drop_db()
        activate_module(['google_integration', 'google_tasks'])
        cls.addClassCleanup(drop_db)

    def setUp(self):
        super().setUp()
        self.google = google = self.enterContext(Tasks(TOKEN))
        configure(api_root=google.url + '/')
        self.addCleanup(set_option, 'api_root', None)
        self.enterContext(Transaction().start(DB_NAME, 1, close=True))
        pool = Pool()
        self.List = pool.get('google_tasks.list')
        self.Task = pool.get('google_tasks.task')
        self.Error = pool.get('google_integration.sync_error')
        Credentials = pool.get('google_integration.google_credentials')
        self.credentials, = Credentials.create([{
                    'name': "Ann",
                    'client_id': 'the-client',
                    'client_secret': 'the-secret',
                    }])
        self.credentials._grant(oauth.Tokens(
                TOKEN, 'the-refresh-token',
                dt.datetime.now() + dt.timedelta(days=1), frozenset([SCOPE]),
                'ann@example.com'))
        Transaction().commit()
        self.list_id = google.add_list("Home")
        Credentials.discover([self.credentials])
        self.list, = self.List.search(
            [('credentials', '=', self.credentials.id)])
        self.List.write([self.list], {'enabled': True})
        Transaction().commit()

    def synchronize(self, failing=None):
        "Run the synchronization and return the ids of the methods called"
        self.google.log.clear()
        self.List.run_synchronization([self.list])
        self.list = self.List(self.list.id)
        self.assertEqual(self.list.error_code, failing)
        return [id for id, _, _ in self.google.log]

    def tasks(self, **values):
        domain = [(name, '=', value) for name, value in values.items()]
        return self.Task.search(
            [('list', '=', self.list.id)] + domain, order=[('id', 'ASC')])

    def titles(self):
        return {t.google_id: t.title for t in self.tasks()}

    def write(self, task, **values):
        self.Task.write([task], values)
        Transaction().commit()

    def assertEqualSides(self):
        self.assertEqual(self.titles(), self.google.open_tasks(self.list_id))

    def assertIdle(self):
        # what was sent is listed once more
        self.assertEqual(self.synchronize(), [LIST])
        for _ in range(2):
            before = self.Task.read(
                [t.id for t in self.tasks()], list(self.Task._fields))
            cursor = self.list.cursor
            self.assertEqual(self.synchronize(), [LIST])
            self.assertEqual(self.Task.read(
                    [t.id for t in self.tasks()],
                    list(self.Task._fields)), before)
            self.assertEqual(self.list.cursor, cursor)

    def fill(self, *titles):
        ids = [self.google.add(self.list_id, title) for title in titles]
        self.synchronize()
        return ids

    def test_discover(self):
        "The lists of the account are found once, disabled"
        self.google.add_list("Work")
        for _ in range(2):
            type(self.credentials).discover([self.credentials])
        lists = self.List.search(
            [('credentials', '=', self.credentials.id)], order=[('id', 'ASC')])
        self.assertEqual(
            [(r.name, r.enabled) for r in lists],
            [("Home", True), ("Work", False)])

    def test_list(self):
        "Pages are followed; what is done or hidden is there, too"
        self.google.page_size = 2
        self.fill("a", "b", "c", "d")
        self.google.add(
            self.list_id, "e", notes="Notes", status='completed', hidden=True,
            due='2026-03-09T00:00:00.000Z')
        self.synchronize()
        self.assertEqualSides()
        task, = self.tasks(title="e")
        self.assertEqual(
            (task.notes, task.due, task.status, task.google_state),
            ("Notes", dt.date(2026, 3, 9), 'completed', 'synchronized'))
        self.google.page_size = 1000
        self.synchronize()
        self.assertIdle()

    def test_edit(self):
        "Only what was changed is sent, and what is not known is kept"
        first, second = self.fill("a", "b")
        task, = self.tasks(google_id=first)
        self.write(
            task, title="A", due=dt.date(2026, 3, 9), status='completed')
        self.google.edit(
            self.list_id, second, title="B", notes="there", position='7')
        self.assertEqual(self.synchronize(), [LIST, READ, PATCH])
        self.assertEqual(self.google.writes(), [(PATCH, {
                        'title': "A",
                        'due': '2026-03-09T00:00:00Z',
                        'status': 'completed',
                        })])
        self.assertEqualSides()
        self.assertEqual(self.tasks(google_id=second)[0].notes, "there")
        self.assertIdle()
        self.write(task, due=None, status='needsAction')
        self.synchronize()
        resource = self.google.lists[self.list_id]['tasks'][first]
        self.assertFalse({'due', 'completed'} & resource.keys())
        self.assertIdle()

    def test_delete(self):
        "Deletions go both ways"
        first, second, third = self.fill("a", "b", "c")
        self.Task.delete(self.tasks(google_id=first))
        Transaction().commit()
        self.google.remove(self.list_id, second)
        self.assertEqual(self.synchronize(), [LIST, READ, DELETE])
        self.assertEqual(self.titles(), {third: "c"})
        self.assertEqualSides()
        self.assertIdle()

    def test_precondition(self):
        "What Google changed since it was listed is merged before it is sent"
        id, = self.fill("a")
        task, = self.tasks()
        self.write(task, title="A")
        self.google.before[READ] = lambda: self.google.edit(
            self.list_id, id, notes="there")
        self.assertEqual(self.synchronize(), [LIST, READ, READ, PATCH])
        self.assertEqual(self.google.writes(), [(PATCH, {'title': "A"})])
        task = self.Task(task.id)
        self.assertEqual((task.title, task.notes), ("A", "there"))
        self.assertEqualSides()
        self.assertIdle()

    def test_gone(self):
        "What Google deleted since it was listed is not sent"
        id, = self.fill("a")
        task, = self.tasks()
        self.Task.delete([task])
        Transaction().commit()
        self.google.before[READ] = lambda: self.google.purge(
            self.list_id, id)
        # it is the task that is not found, and not the list
        self.assertEqual(self.synchronize(), [LIST, READ, LIST])
        Tombstone = Pool().get('google_integration.tombstone')
        self.assertFalse(
            Tombstone.search([('service', '=', str(self.list))]))

    def test_create(self):
        "A task that is created here is not sent, and the reason is listed"
        task, = self.Task.create([{
                    'list': self.list.id,
                    'title': "here",
                    'status': 'needsAction',
                    }])
        Transaction().commit()
        self.assertEqual(self.synchronize(), [LIST])
        self.assertEqual(self.Task(task.id).google_state, 'failed')
        error, = self.Error.search([('resource', '=', str(task))])
        self.assertIn("only be created at Google", error.message)
        self.assertIdle()

    def test_deleted_there(self):
        "What was changed here and deleted there is kept, and listed"
        id, = self.fill("a")
        task, = self.tasks()
        self.write(task, title="A")
        self.google.remove(self.list_id, id)
        self.assertEqual(self.synchronize(), [LIST])
        task = self.Task(task.id)
        self.assertEqual((task.title, task.google_state), ("A", 'failed'))
        self.assertTrue(
            self.Error.search([('resource', '=', str(task))]))
        self.assertIdle()

    def test_overlap(self):
        "A change is found that is shown later than a newer one"
        first, second = self.fill("a", "b")
        late = (self.google.time - dt.timedelta(minutes=4)).isoformat() + 'Z'
        self.google.edit(self.list_id, first, title="A", updated=late)
        self.synchronize()
        # its stamp is older than the one of the record
        self.assertEqual(self.titles()[first], "a")
        self.google.add(self.list_id, "c", updated=late)
        self.synchronize()
        self.assertEqual(set(self.titles().values()), {"a", "b", "c"})

    def test_page_expired(self):
        "A listing goes on where it stopped, or starts again"
        def stop():
            self.google.before[LIST] = fail

        def fail():
            self.google.token = 'another'
            raise ApiError('forbidden')

        self.google.page_size = 1
        for title in ["a", "b", "c"]:
            self.google.add(self.list_id, title)
        self.google.before[LIST] = stop
        self.synchronize(failing='forbidden')
        self.google.token = TOKEN
        self.assertEqual(len(self.tasks()), 1)
        self.google.pages.clear()
        self.assertEqual(self.synchronize(), [LIST] * 4)
        self.assertEqualSides()

    def test_missed(self):
        "A deletion that was never listed is found by a reset"
        first, second = self.fill("a", "b")
        self.google.purge(self.list_id, first)
        self.synchronize()
        self.assertIn(first, self.titles())
        self.List.reset_synchronization([self.list])
        Transaction().commit()
        self.assertEqual(self.synchronize(), [LIST, READ, LIST])
        self.assertEqualSides()

    def test_list_gone(self):
        "Nothing is deleted because the list is not there any more"
        self.fill("a", "b")
        del self.google.lists[self.list_id]
        self.synchronize(failing='not_found')
        self.assertEqual(len(self.tasks()), 2)

    def test_list_gone_meanwhile(self):
        "Nor is what is not found because the list is not"
        self.fill("a", "b")
        self.write(self.tasks()[0], title="A")
        self.google.before[READ] = self.google.lists.clear
        self.synchronize(failing='not_found')
        self.assertEqual(
            [(t.title, t.google_state) for t in self.tasks()],
            [("A", 'to_push'), ("b", 'synchronized')])


del ModuleTestCase
