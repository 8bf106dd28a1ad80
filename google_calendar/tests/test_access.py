# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import json

from trytond.model.exceptions import AccessError, ValidationError
from trytond.model.modelview import AccessButtonError
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.tests.test_tryton import (
    TestCase, activate_module, drop_db, with_transaction)
from trytond.transaction import Transaction, without_check_access

from .records import (
    CALENDAR, END, EVENT, START, create_calendar, create_event, create_user)

# nobody is there to answer a warning
ACCESS = {'_check_access': True, '_skip_warnings': True}
SECRET = '{"colorId": "known to Google only"}'


class GoogleCalendarAccessTestCase(TestCase):
    "Test who may do what and what nobody sees"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        drop_db()
        cls.addClassCleanup(drop_db)
        activate_module('google_calendar')

    def access(self, user):
        return Transaction().set_user(user), \
            Transaction().set_context(ACCESS)

    def refused(self, method, *args, **kwargs):
        with self.assertRaises(
                (AccessError, ValidationError), msg=(method, args)):
            method(*args, **kwargs)

    @with_transaction()
    def test_readers(self):
        "Who may read a calendar sees its events but the private ones"
        pool = Pool()
        Calendar, Event = pool.get(CALENDAR), pool.get(EVENT)
        Attendee = pool.get('google_calendar.attendee')
        jane = create_user('jane', 'group_google_user')
        john = create_user('john', 'group_google_user')
        calendar = create_calendar(jane, 'own')
        public, private = create_event(calendar), create_event(calendar)
        Event.write([private], {'visibility': 'private'})
        Event.write([public, private], {'attendees': [
                    ('create', [{'email': 'a@example.com'}])]})
        user, context = self.access(john)
        with user, context:
            self.assertEqual(Event.search([]), [])
            self.assertEqual(Attendee.search([]), [])
        Calendar.write([calendar], {'readers': [('add', [john])]})
        user, context = self.access(john)
        with user, context:
            self.assertEqual(Calendar.search([]), [calendar])
            Credentials = pool.get('google_integration.google_credentials')
            self.refused(
                Credentials.read, [calendar.credentials.id], ['email'])
            row, = Calendar.read([calendar.id], [
                    'name', 'credentials', 'credentials.rec_name',
                    'last_error', 'backlog', 'sync_state'])
            self.assertEqual(row['name'], calendar.name)
            self.assertEqual(Event.search([]), [public])
            self.assertEqual(
                Event.search([('attendees.email', '=', 'a@example.com')]),
                [public])
            guest, = Attendee.search([])
            self.assertEqual(guest.event, public)
            for method, args in [
                    (Event.read, ([private.id], ['summary'])),
                    (Event.write, ([public], {'summary': "Mine"})),
                    (Event.delete, ([public],)),
                    (Attendee.write, ([guest], {'optional': True})),
                    (Attendee.create, ([{
                                    'event': public.id,
                                    'email': 'me@example.com'}],)),
                    (Attendee.read, (
                        [private.attendees[0].id], ['email'])),
                    (Calendar.write, ([calendar], {'enabled': True})),
                    ]:
                self.refused(method, *args)
            with self.assertRaises(AccessButtonError):
                Calendar.synchronize([calendar])

    @with_transaction()
    def test_access_shared_private(self):
        "Private events of shared calendars are of who made them"
        pool = Pool()
        Event = pool.get(EVENT)
        jane = create_user('jane', 'group_google_user')
        john = create_user('john', 'group_google_user')
        ada = create_user('ada', 'group_google_admin')
        calendar = create_calendar(None, 'shared')
        user, context = self.access(jane)
        with user, context:
            event = create_event(calendar)
            Event.write([event], {'visibility': 'private'})
        for who, expected in [(jane, [event]), (john, []), (ada, [event])]:
            user, context = self.access(who)
            with user, context:
                self.assertEqual(Event.search([]), expected)

    @with_transaction()
    def test_access_user(self):
        "A user has the own and the shared calendars and their events"
        pool = Pool()
        Calendar, Event = pool.get(CALENDAR), pool.get(EVENT)
        jane = create_user('jane', 'group_google_user')
        john = create_user('john', 'group_google_user')
        own, other, shared = (
            create_calendar(jane, 'own'), create_calendar(john, 'other'),
            create_calendar(None, 'shared'))
        events = [create_event(c) for c in [own, other, shared]]
        user, context = self.access(jane)
        with user, context:
            self.assertCountEqual(Calendar.search([]), [own, shared])
            self.assertCountEqual(
                Event.search([]), [events[0], events[2]])
            for calendar, event in zip([own, shared], events[::2]):
                Calendar.read([calendar.id], ['name', 'last_error'])
                Event.write([Event(event.id)], {'location': "Room"})
                created = create_event(calendar)
                Event.delete([created])
            Calendar.write([Calendar(own.id)], {'enabled': True})
            for method, args in [
                    (Calendar.read, ([other.id], ['name'])),
                    (Calendar.write, (
                        [Calendar(other.id)], {'enabled': True})),
                    (Event.read, ([events[1].id], ['summary'])),
                    (Event.write, (
                        [Event(events[1].id)], {'summary': "Mine"})),
                    (Event.delete, ([Event(events[1].id)],)),
                    # as instantiated for a client, before the access checks
                    (Event.export_data, ([events[1]], ['summary'])),
                    (Calendar.export_data, ([other], ['name'])),
                    (create_event, (other,)),
                    (Event.write, (
                        [Event(events[0].id)], {'calendar': other.id})),
                    (Calendar.create, ([{
                                    'name': "New", 'google_id': 'new',
                                    'credentials': own.credentials.id}],)),
                    (Calendar.delete, ([Calendar(other.id)],)),
                    ]:
                self.refused(method, *args)

    @with_transaction()
    def test_access_administration(self):
        "The administration has all"
        pool = Pool()
        Calendar, Event = pool.get(CALENDAR), pool.get(EVENT)
        ada = create_user('ada', 'group_google_admin')
        john = create_user('john', 'group_google_user')
        calendar, shared = (
            create_calendar(john), create_calendar(None, 'shared'))
        event = create_event(calendar)
        user, context = self.access(ada)
        with user, context:
            self.assertCountEqual(Calendar.search([]), [calendar, shared])
            Calendar.write([Calendar(calendar.id)], {'enabled': True})
            Event.write([Event(event.id)], {'location': "Room"})
            Calendar.create([{
                        'name': "New", 'google_id': 'new',
                        'credentials': calendar.credentials.id}])
            Calendar.delete([Calendar(calendar.id)])
            self.assertEqual(Event.search([]), [])

    @with_transaction()
    def test_access_nobody(self):
        "Who is in neither group has nothing"
        pool = Pool()
        stranger = create_user('stranger')
        calendar = create_calendar(stranger)
        event = create_event(calendar)
        user, context = self.access(stranger)
        with user, context:
            for name, record in [(CALENDAR, calendar), (EVENT, event)]:
                Model = pool.get(name)
                for method, args in [
                        (Model.search, ([],)),
                        (Model.read, ([record.id], ['rec_name'])),
                        (Model.write, ([Model(record.id)], {'id': 1})),
                        (Model.copy, ([Model(record.id)],)),
                        (Model.delete, ([Model(record.id)],)),
                        ]:
                    self.refused(method, *args)
            self.refused(create_event, calendar)
            for button in pool.get(CALENDAR)._buttons:
                self.refused(getattr(pool.get(CALENDAR), button), [
                        pool.get(CALENDAR)(calendar.id)])

    @with_transaction()
    def test_bookkeeping(self):
        "Nobody writes what the synchronisation keeps"
        pool = Pool()
        Calendar, Event = pool.get(CALENDAR), pool.get(EVENT)
        jane = create_user(
            'jane', 'group_google_user', 'group_google_admin')
        calendar = create_calendar(jane)
        event = create_event(calendar)
        books = {
            Event: {
                'google_id': 'x', 'google_etag': 'x',
                'google_modified': START, 'google_state': 'synchronized',
                'google_revision': 'x', 'google_confirmed_revision': 'x',
                'google_touched': START, 'google_attempts': 1,
                'google_baseline': '{}', 'google_listing': 1,
                'google_import': True, 'google_kept': '{}'},
            Calendar: {
                'cursor': 'x', 'lease_token': 'x', 'lease_until': 1.0,
                'listing': 1, 'listed': 1, 'failed': True, 'progress': 1,
                'error_code': 'x', 'error_arguments': '{}',
                'next_sync': START, 'last_sync': START, 'queued_at': START,
                'deletions_allowed': 100},
            }
        self.assertEqual(books[Event].keys(), {
                n for n, f in Event._fields.items()
                if n.startswith('google_') and f.sql_type()
                and not hasattr(f, 'set')})
        user, context = self.access(jane)
        with user, context:
            for Model, values in books.items():
                record = {Event: event, Calendar: calendar}[Model]
                for name, value in values.items():
                    with self.subTest(model=Model.__name__, name=name):
                        self.check_refused(Model, record, name, value)

    def check_refused(self, Model, record, name, value):
        self.refused(Model.write, [Model(record.id)], {name: value})
        required = {
            EVENT: {'calendar': record.id, 'start': START, 'end': END},
            CALENDAR: {'name': "New", 'google_id': 'new'},
            }[Model.__name__]
        if Model.__name__ == EVENT:
            required['calendar'] = record.calendar.id
        else:
            required['credentials'] = record.credentials.id
        self.refused(Model.create, [{**required, name: value}])
        default = {name: value}
        if Model.__name__ == CALENDAR:
            default['google_id'] = 'copy'
        self.refused(Model.copy, [Model(record.id)], default)
        # nor by the context
        with Transaction().set_context(**{f'default_{name}': value}):
            created, = Model.create([required])
        with without_check_access():
            self.assertNotEqual(getattr(Model(created.id), name), value)
            Model.delete([Model(created.id)])

    @with_transaction()
    def test_baseline(self):
        "No call of a client reveals what Google returned"
        pool = Pool()
        Event = pool.get(EVENT)
        jane = create_user(
            'jane', 'group_google_user', 'group_google_admin')
        calendar = create_calendar(jane)
        event = create_event(calendar)
        hidden = {
            'google_baseline': SECRET,
            'google_kept': SECRET,
            'google_revision': 'revision',
            'google_confirmed_revision': 'revision',
            }
        bookkeeping.update(Event, [event], hidden)
        user, context = self.access(jane)
        with user, context:
            for name in hidden:
                with self.subTest(name=name):
                    for method, args in [
                            (Event.read, ([event.id], [name])),
                            (Event.search, ([(name, 'like', '%o%')],)),
                            (Event.search, (
                                [], 0, None, [(name, 'ASC')])),
                            (Event.search_read, (
                                [], 0, None, None, [name])),
                            (Event.search_count, ([(name, '!=', None)],)),
                            (Event.export_data, (
                                [Event(event.id)], [name])),
                            (pool.get(CALENDAR).search, (
                                [(f'events.{name}', 'like', '%o%')],)),
                            (pool.get(CALENDAR).read, (
                                [calendar.id], [f'events.{name}'])),
                            ]:
                        self.refused(method, *args)
            copy, = Event.copy([Event(event.id)])
            row, = Event.read([copy.id], list(
                    Event.fields_get().keys() - hidden.keys()))
            self.assertNotIn('known to Google', json.dumps(row, default=str))
        with without_check_access():
            self.assertIsNone(Event(copy.id).google_baseline)

    @with_transaction()
    def test_cursor(self):
        "Nor what a service keeps to itself"
        Calendar = Pool().get(CALENDAR)
        jane = create_user(
            'jane', 'group_google_user', 'group_google_admin')
        calendar = create_calendar(jane)
        user, context = self.access(jane)
        with user, context:
            for name in ['cursor', 'lease_token']:
                for method, args in [
                        (Calendar.read, ([calendar.id], [name])),
                        (Calendar.search, ([(name, '=', None)],)),
                        (Calendar.export_data, (
                            [Calendar(calendar.id)], [name])),
                        ]:
                    self.refused(method, *args)
