# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Rules 16, 18 and 19: the queue, cron, and who sees and decides what."""
import datetime as dt

from trytond.model.exceptions import (
    AccessButtonError, AccessError, ValidationError)
from trytond.modules.google_integration.tests.tools import visit

from .tools import (
    ALICE, BOB, CALENDAR, CREDENTIALS, EVENT, GoogleCalendarTestCase,
    database, timed)

SYNCHRONIZATION = 'google_integration.synchronization'
INTERVAL = dt.timedelta(minutes=5)
REFUSED = (AccessError, AccessButtonError)


def utcnow():
    return dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)


class GoogleEngineQueueTestCase(GoogleCalendarTestCase):
    "Test the queue and cron"

    def tasks(self):
        "The tasks that wait, as model, method and ids"
        return sorted(
            (d['model'], d['method'], tuple(d['instances']))
            for d in self.search('ir.queue', 'data',
                domain=[('finished_at', '=', None)]))

    def waiting(self, *calendars):
        return sorted(
            (CALENDAR, 'run_synchronization', (c,))
            for c in calendars or [self.calendar])

    def cron(self, name='cron_synchronize_due'):
        with database(1) as pool:
            ModelData = pool.get('ir.model.data')
            Cron = pool.get('ir.cron')
            Cron(ModelData.get_id('google_integration', name)).run_once()

    def due(self, calendar=None, minutes=0):
        self.update(
            CALENDAR, calendar or self.calendar, queued_at=None,
            next_sync=utcnow() - dt.timedelta(minutes=minutes, seconds=1))

    def work(self):
        "Run the tasks that wait"
        with database() as pool:
            for task in pool.get('ir.queue').search([
                        ('finished_at', '=', None)]):
                task.run()

    def test_cron(self):
        "Cron puts one task for each service that is due, and talks to nobody"
        self.google.create_calendar(ALICE, "Work")
        self.google.create_calendar(ALICE, "Not yet")
        self.google.create_calendar(ALICE, "Disabled")
        others = self.discover(self.credentials)[1:]
        for calendar in [self.calendar, *others]:
            self.due(calendar)
        with database() as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.write([Calendar(others[2])], {'enabled': False})
        self.update(
            CALENDAR, others[1], next_sync=utcnow() + dt.timedelta(minutes=1))
        self.requests()
        self.cron()
        self.assertEqual(
            self.tasks(), self.waiting(self.calendar, others[0]))
        self.assertEqual(self.requests(), [])
        self.cron()
        self.assertEqual(len(self.tasks()), 2)
        self.work()
        self.assertEqual(
            self.requests().count('calendar.events.list'), 2)

    def test_jitter(self):
        "The services do not all come at once"
        times = set()
        for _ in range(8):
            self.due()
            before = utcnow()
            self.cron()
            delay = self.read(CALENDAR, self.calendar, 'next_sync') - before
            self.assertGreater(delay, INTERVAL * 0.74)
            self.assertLess(delay, INTERVAL * 1.3)
            times.add(round(delay.total_seconds()))
        self.assertGreater(len(times), 2)

    def test_one_waiting(self):
        "Of each service one task waits"
        for _ in range(3):
            self.click(CALENDAR, self.calendar, 'synchronize')
            self.cron()
        self.assertEqual(self.tasks(), self.waiting())
        self.work()
        self.assertEqual(self.tasks(), [])
        # when it runs the next one may wait
        self.click(CALENDAR, self.calendar, 'synchronize')
        self.assertEqual(self.tasks(), self.waiting())

    def test_lost_task(self):
        "A task that was lost is put again"
        self.create()
        self.due()
        self.cron()
        with database() as pool:
            Queue = pool.get('ir.queue')
            Queue.delete(Queue.search([]))
        self.cron()
        self.assertEqual(self.tasks(), [])
        self.update(
            CALENDAR, self.calendar,
            next_sync=utcnow(), queued_at=utcnow() - dt.timedelta(hours=2))
        self.cron()
        self.work()
        self.assert_equal_sides(1)

    def test_lost_task_asked(self):
        "Sooner if somebody asks"
        self.click(CALENDAR, self.calendar, 'synchronize')
        with database() as pool:
            Queue = pool.get('ir.queue')
            Queue.delete(Queue.search([]))
        self.update(
            CALENDAR, self.calendar,
            queued_at=utcnow() - dt.timedelta(minutes=2))
        self.click(CALENDAR, self.calendar, 'synchronize')
        self.assertEqual(self.tasks(), self.waiting())

    def test_task_of_a_killed_worker(self):
        "What is to be done is read from the records, not from the task"
        id = self.create()
        with self.assertRaises(KeyboardInterrupt), self.hook(
                'push', after=lambda *args: (_ for _ in ()).throw(
                    KeyboardInterrupt)):
            self.run_once()
        self.update(CALENDAR, self.calendar, lease_until=0)
        self.due()
        self.cron()
        self.work()
        self.assertEqual(self.event(id, 'google_state'), 'synchronized')
        self.assert_equal_sides(1)

    def test_sync_disabled(self):
        "Credentials that do not synchronize stop everything"
        self.create()
        self.due()
        with self.user() as pool:
            Credentials = pool.get(CREDENTIALS)
            Credentials.write(
                [Credentials(self.credentials)], {'sync_enabled': False})
        self.requests()
        self.cron()
        with self.assertRaises(ValidationError):
            self.click(CALENDAR, self.calendar, 'synchronize')
        self.click(CALENDAR, self.calendar, 'retry_failed')
        self.click(CALENDAR, self.calendar, 'reset_synchronization')
        self.assertEqual(self.tasks(), [])
        # a task that waits already does nothing either
        self.run_once()
        self.assertEqual(self.requests(), [])

    def test_without_tokens(self):
        "What was never authorized is not tried"
        with database() as pool:
            other, = pool.get(CREDENTIALS).create([{'name': "Other"}])
            calendar, = pool.get(CALENDAR).create([{
                        'name': "Other", 'google_id': 'x',
                        'credentials': other.id, 'enabled': True}])
            calendar = calendar.id
        self.due()
        self.cron()
        self.assertEqual(self.tasks(), self.waiting())
        self.requests()
        self.assertFalse(self.run_once(calendar))
        self.assertEqual(self.requests(), [])
        self.assertIn("Authorize", self.read(CALENDAR, calendar, 'last_error'))

    def test_due_after_authorization(self):
        "A first synchronisation is due when the consent is given"
        self.update(
            CALENDAR, self.calendar, next_sync=utcnow() + INTERVAL)
        with database(self.jane) as pool:
            Credentials = pool.get(CREDENTIALS)
            action = Credentials.request_authorization(
                [Credentials(self.credentials)])
        visit(self.google.consent(action['url'], account=ALICE))
        self.assertLessEqual(
            self.read(CALENDAR, self.calendar, 'next_sync'), utcnow())

    def test_verify(self):
        "Cron verifies each enabled service in a task of its own"
        self.cron('cron_verify')
        self.assertEqual(
            self.tasks(), [(CALENDAR, 'verify', (self.calendar,))])

    def test_retry_after(self):
        "Google's wish to be left alone is heard"
        self.google.add_fault(
            'status', status=429, retry_after=3000,
            method_id='calendar.events.list')
        self.assertFalse(self.run_once())
        self.assertGreater(
            self.read(CALENDAR, self.calendar, 'next_sync'),
            utcnow() + dt.timedelta(seconds=2900))

    # The control panel

    def panel(self, user, calendar=None):
        "The row of the control panel that the user sees"
        with self.as_user(user) as pool:
            return [
                s.id for s in pool.get(SYNCHRONIZATION).search([])
                if s.service.id == (calendar or self.calendar)]

    def test_panel(self):
        "The control panel shows and does what the services do"
        row, = self.panel(self.jane)
        self.create()
        with self.as_user(self.jane) as pool:
            panel = pool.get(SYNCHRONIZATION)(row)
            self.assertEqual(
                (panel.service_name, panel.enabled, panel.sync_state,
                    panel.backlog, panel.last_error),
                (ALICE, True, 'idle', 1, ''))
            self.assertEqual(
                [s.id for s in panel.credentials.synchronizations], [row])
        self.click(SYNCHRONIZATION, row, 'synchronize')
        self.work()
        self.assert_equal_sides(1)
        self.click(SYNCHRONIZATION, row, 'pause')
        self.assertFalse(self.read(CALENDAR, self.calendar, 'enabled'))
        for button in ['synchronize', 'retry', 'pause']:
            with self.assertRaises(REFUSED):
                self.click(SYNCHRONIZATION, row, button)
        self.click(SYNCHRONIZATION, row, 'resume')
        self.assertTrue(self.read(CALENDAR, self.calendar, 'enabled'))
        self.google.add_fault('status', status=404, method_id='.*list')
        self.assertFalse(self.run_once())
        with self.as_user(self.jane) as pool:
            panel = pool.get(SYNCHRONIZATION)(row)
            self.assertEqual(panel.sync_state, 'failed')
            self.assertIn("does not find it", panel.last_error)
        with database() as pool:
            Queue = pool.get('ir.queue')
            Queue.delete(Queue.search([]))
        self.update(CALENDAR, self.calendar, queued_at=None)
        self.click(SYNCHRONIZATION, row, 'retry')
        self.assertEqual(self.tasks(), self.waiting())

    def test_panel_of_another(self):
        "A user has the rows of the own credentials only"
        row, = self.panel(self.jane)
        self.assertEqual(self.panel(self.john), [])
        self.assertEqual(self.panel(self.ada), [row])
        for button in ['synchronize', 'pause', 'resume', 'retry']:
            with self.assertRaises(REFUSED, msg=button):
                self.click(SYNCHRONIZATION, row, button, self.john)
        self.assertEqual(self.tasks(), [])
        self.assertTrue(self.read(CALENDAR, self.calendar, 'enabled'))
        self.click(SYNCHRONIZATION, row, 'pause', self.ada)
        self.assertFalse(self.read(CALENDAR, self.calendar, 'enabled'))

    def test_empty(self):
        "The search of the panel can be ordered and limited"
        with self.as_user(self.jane) as pool:
            Synchronization = pool.get(SYNCHRONIZATION)
            self.assertEqual(len(Synchronization.search(
                        [('enabled', '=', True)], limit=1,
                        order=[('last_sync', 'DESC')])), 1)

    # Rule 19

    def leave(self):
        "One of each that a synchronisation leaves, by model"
        self.set_service(conflict_policy='google')
        id, gone = self.create(), self.create("Gone")
        self.synchronize()
        self.google.patch_event(
            ALICE, self.event(id, 'google_id'), {'summary': "There"})
        self.write(id, summary="Changed")
        bad = self.create("Bad")
        self.delete(gone)
        self.google.add_fault(
            'status', status=400, reason='invalid',
            method_id='calendar.events.insert')
        self.google.add_fault(
            'status', status=403, reason='forbidden',
            method_id='calendar.events.delete')
        self.synchronize()
        self.assertEqual(self.event(bad, 'google_state'), 'failed')
        with database() as pool:
            pool.get('google_integration.channel').create([{
                        'credentials': self.credentials,
                        'service': f'{CALENDAR},{self.calendar}',
                        'channel_id': 'channel',
                        'token_digest': 'digest'}])
            return {
                name: [r.id for r in pool.get(name).search([])]
                for name in [
                    'google_integration.sync_log',
                    'google_integration.sync_error',
                    'google_integration.conflict',
                    'google_integration.tombstone',
                    'google_integration.channel']}

    def test_owner(self):
        "What a synchronisation leaves belongs to the owner"
        left = self.leave()
        for name, ids in left.items():
            with self.subTest(name=name):
                self.assertTrue(ids)
                self.assertEqual(set(self.search(
                            name, 'credentials')), {self.instance()})
                with self.as_user(self.ada) as pool:
                    self.assertEqual(
                        len(pool.get(name).search([])), len(ids))
                if name.endswith('channel'):
                    continue
                with self.as_user(self.jane) as pool:
                    records = pool.get(name).search([])
                    self.assertEqual(len(records), len(ids))
                    self.assertTrue(all(r.rec_name for r in records))

    def instance(self):
        with database(commit=False) as pool:
            return pool.get(CREDENTIALS)(self.credentials)

    def test_others(self):
        "Nobody else sees or decides anything"
        left = self.leave()
        for name, ids in left.items():
            with self.subTest(name=name):
                for user in [self.john, self.stranger]:
                    with self.as_user(user) as pool:
                        Model = pool.get(name)
                        try:
                            self.assertEqual(Model.search([]), [])
                        except AccessError:
                            self.assertTrue(
                                user == self.stranger
                                or name.endswith('channel'))
                        for method, args in [
                                (Model.read, (ids, ['id'])),
                                (Model.write, (
                                    Model.browse(ids), {'service': None})),
                                (Model.delete, (Model.browse(ids),)),
                                ]:
                            with self.assertRaises(
                                    AccessError, msg=method):
                                method(*args)
                    for button in self.model(name)._buttons:
                        with self.assertRaises(REFUSED, msg=button):
                            self.click(name, ids[0], button, user)

    def test_nobody_writes(self):
        "Even the owner and the administration only read them"
        left = self.leave()
        for name, ids in left.items():
            for user in [self.jane, self.ada]:
                with self.subTest(name=name, user=user), \
                        self.as_user(user) as pool:
                    Model = pool.get(name)
                    with self.assertRaises(AccessError):
                        Model.write(Model.browse(ids), {'credentials': None})
                    with self.assertRaises(AccessError):
                        Model.create([{'credentials': self.credentials}])

    def test_shared(self):
        "Of shared credentials everybody has the events"
        shared = self.connect(None, BOB)
        calendar, = self.discover(shared)
        self.google.insert_event(BOB, timed("Shared"))
        self.synchronize(calendar)
        for user in [self.jane, self.john]:
            with self.as_user(user) as pool:
                event, = pool.get(EVENT).search([
                        ('calendar', '=', calendar)])
                self.assertIsNone(event.owner)
                pool.get(EVENT).write([event], {'location': "Here"})

    def test_menu(self):
        "The models of the menus can be opened by the users"
        for user in [self.jane, self.ada]:
            with self.as_user(user) as pool:
                Action = pool.get('ir.action.act_window')
                actions = Action.search([
                        ('res_model', 'like', 'google_%')])
                self.assertTrue(actions)
                for action in actions:
                    Model = pool.get(action.res_model)
                    if (user == self.jane
                            and action.res_model.endswith('channel')):
                        continue
                    Model.search([])
                    for view in action.act_window_views:
                        Model.fields_view_get(view.view.id)


del GoogleCalendarTestCase
