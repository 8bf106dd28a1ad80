# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What leads to events and records that are hidden, and does not get there."""
import datetime as dt

from trytond.model.exceptions import AccessError, ValidationError
from trytond.modules.google_calendar import record_link
from trytond.pool import Pool
from trytond.tests.test_tryton import (
    TestCase, activate_module, with_transaction)
from trytond.transaction import Transaction, without_check_access

from .records import (
    CALENDAR, END, EVENT, START, create_calendar, create_event, create_user)

SECRET = "Dismissal of Bob"
WEEK = dt.timedelta(weeks=1)
REFUSED = AccessError, ValidationError
BOOKS = {'google_revision': 'x', 'google_state': 'synchronized'}


class HiddenTestCase(TestCase):
    "John reads the calendar of Jane, but not her private series"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        activate_module('google_calendar')

    def prepare(self):
        self.jane = create_user('jane', 'group_google_user')
        self.john = create_user('john', 'group_google_user')
        self.calendar = create_calendar(
            self.jane, readers=[('add', [self.john])])
        self.series = create_event(
            self.calendar, summary=SECRET, visibility='private',
            time_zone='UTC', recurrence='RRULE:FREQ=WEEKLY;COUNT=5',
            google_id='series', **BOOKS)
        self.exception = create_event(
            self.calendar, summary="Moved", time_zone='UTC',
            start=START + WEEK, end=END + WEEK, original_start=START + WEEK,
            recurring_identifier='series', google_id='series_1', **BOOKS)
        self.public = create_event(self.calendar, summary="Lunch")

    def access(self, user, **context):
        return Transaction().set_user(user), Transaction().set_context(
            _check_access=True, _skip_warnings=True, **context)

    def execute(self, user, name, state, model, id, data=None):
        "A state of a wizard as the client executes it, or says so"
        Wizard = Pool().get(name, type='wizard')
        with Transaction().set_user(user), Transaction().set_context(
                active_model=model, active_id=id, active_ids=[id],
                _check_access=False, _skip_warnings=True):
            session, _, _ = Wizard.create()
            return Wizard.execute(session, data or {}, state)

    def test_change(self):
        "Who may read an event can not change it by the wizard"
        for name in ['public', 'exception']:
            for scope in ['this', 'following', 'all']:
                for state in ['change', 'remove']:
                    with self.subTest(name=name, scope=scope, state=state):
                        self.try_change(name, scope, state)

    @with_transaction()
    def try_change(self, name, scope, state):
        self.prepare()
        event = getattr(self, name)
        with self.assertRaises(AccessError):
            self.execute(
                self.john, 'google_calendar.change_event', state, EVENT,
                event.id, {'start': {
                        'scope': scope, 'summary': "Mine",
                        'start': event.start, 'end': event.end,
                        'time_zone': event.time_zone,
                        'transparency': 'opaque', 'visibility': 'default',
                        }})

    @with_transaction()
    def test_change_own(self):
        "The owner can"
        self.prepare()
        Event = Pool().get(EVENT)
        self.execute(
            self.jane, 'google_calendar.change_event', 'remove', EVENT,
            self.public.id, {'start': {'scope': 'this'}})
        self.assertEqual(
            {e.summary for e in Event.search([])}, {SECRET, "Moved"})

    @with_transaction()
    def test_preview_account(self):
        "The account is not told to who may read the calendar"
        self.prepare()
        with self.assertRaises(AccessError):
            self.execute(
                self.john, 'google_calendar.preview', 'start', CALENDAR,
                self.calendar.id)

    @with_transaction()
    def test_series(self):
        "A public exception does not lead to its private series"
        self.prepare()
        Event = Pool().get(EVENT)
        for user_id, name, count in [
                (self.jane, SECRET, 1), (self.john, None, 0)]:
            user, context = self.access(user_id)
            with self.subTest(user=user_id), user, context:
                for field in [
                        'recurring_event.summary',
                        'recurring_event.rec_name']:
                    self.assertEqual(
                        Event.search_count([(field, '=', SECRET)]), count)
                row, = Event.read(
                    [self.exception.id],
                    ['recurring_event', 'recurring_event.rec_name'])
                self.assertEqual(
                    row['recurring_event'], self.series.id if name else None)
                self.assertEqual(
                    (row['recurring_event.'] or {}).get('rec_name'), name)
                (exported,), = Event.export_data(
                    [Event(self.exception.id)], ['recurring_event/summary'])
                self.assertEqual(exported or None, name)

    @with_transaction()
    def test_no_series(self):
        "A search for a series of which there is none finds nothing"
        self.prepare()
        Event = Pool().get(EVENT)
        for domain in [
                [('recurring_event.summary', '=', "None")],
                [('recurring_event', 'in', [])]]:
            self.assertEqual(Event.search(domain), [])

    @with_transaction()
    def test_resource(self):
        "An event names no record that the user may not read"
        self.prepare()
        pool = Pool()
        Event = pool.get(EVENT)
        own = create_calendar(self.john, 'own')
        with Transaction().set_user(1):
            session, = pool.get('ir.session').create([{}])
            application, = pool.get('res.user.application').create([{
                        'user': 1, 'application': 'rest'}])
        # those of tomorrow as well
        later = f'ir.session,{session.id + 10}'
        records = [
            str(session), later, str(application), str(self.series),
            'ir.cron,1', 'res.user,1000000']
        event = create_event(own)
        self.assertFalse(
            {'ir.session', 'google_integration.secret', EVENT, CALENDAR}
            & {name for name, _ in Event.get_resources()})
        values = {'calendar': own.id, 'start': START, 'end': END}
        for record in records:
            with self.subTest(record=record):
                user, context = self.access(self.john)
                with user, context:
                    with self.assertRaises(REFUSED):
                        Event.write([Event(event.id)], {'resource': record})
                    with self.assertRaises(REFUSED):
                        Event.create([{**values, 'resource': record}])
                    with self.assertRaises(REFUSED):
                        Event.copy([Event(event.id)], {'resource': record})
                user, context = self.access(
                    self.john, default_resource=record)
                with user, context, self.assertRaises(REFUSED):
                    Event.create([values])
        user, context = self.access(self.john)
        with user, context:
            Event.write(
                [Event(event.id)], {'resource': f'res.user,{self.john}'})
            self.assertEqual(Event(event.id).resource.id, self.john)

    @with_transaction()
    def test_resource_copy(self):
        "The copy of an event has no record that the user may not read"
        self.prepare()
        Event = Pool().get(EVENT)
        event = create_event(create_calendar(self.john, 'own'))
        for record, expected in [
                ('ir.cron,1', None),
                (f'res.user,{self.john}', f'res.user,{self.john}')]:
            with without_check_access():
                Event.write([event], {'resource': record})
            user, context = self.access(self.john)
            with user, context:
                copy, = Event.copy([Event(event.id)])
                self.assertEqual(
                    copy.resource and str(copy.resource), expected)

    @with_transaction()
    def test_resource_of_google(self):
        "Nor does Google name one"
        self.prepare()
        pool = Pool()
        Event = pool.get(EVENT)
        shared = create_calendar(None, 'shared')
        create_user('ada', 'group_google_admin')
        with Transaction().set_user(1):
            session, = pool.get('ir.session').create([{}])
            application, = pool.get('res.user.application').create([{
                        'user': 1, 'application': 'rest'}])
        for calendar in [self.calendar, shared]:
            for record, expected in [
                    (session, None), (application, None),
                    (self.series, None), ('ir.cron,1', None),
                    (f'res.user,{self.john}', f'res.user,{self.john}')]:
                with self.subTest(record=record):
                    values = Event.google_record_values(calendar, {
                        'resource': f'{record_link.prefix()}{record}'})
                    self.assertEqual(values['resource'], expected)

    @with_transaction()
    def test_shared_private(self):
        "Nor do conflicts and errors tell of private events that are shared"
        self.prepare()
        pool = Pool()
        Event = pool.get(EVENT)
        shared = create_calendar(None, 'shared')
        user, context = self.access(self.jane)
        with user, context:
            events = [
                create_event(shared, summary=SECRET, visibility=v)
                for v in ['private', 'default']]
        for event in Event.browse([e.id for e in events]):
            about = {
                'credentials': shared.credentials.id, 'service': str(shared),
                'resource': str(event), 'date': START}
            for name, values in [
                    ('conflict', {
                            'model': EVENT, 'unit': 'summary', 'state': 'open',
                            'record_name': event.summary}),
                    ('sync_error', {'operation': 'push', 'code': 'busy'})]:
                pool.get(f'google_integration.{name}').create(
                    [{**about, **values}])
        ada = create_user('ada', 'group_google_admin')

        def check(name, counts):
            Model = pool.get(f'google_integration.{name}')
            for user_id, count in zip(
                    [self.jane, self.john, ada], counts, strict=True):
                user, context = self.access(user_id)
                with self.subTest(name=name, user=user_id), user, context:
                    self.assertEqual(Model.search_count([]), count)
        check('conflict', [2, 1, 2])
        check('sync_error', [2, 1, 2])
        # what they have said is kept when they are deleted
        Event.delete(Event.browse([e.id for e in events]))
        check('conflict', [0, 0, 2])
