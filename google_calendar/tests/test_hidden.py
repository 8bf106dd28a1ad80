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

    @with_transaction()
    def test_copy(self):
        "What is hidden can not be copied to a calendar of the own"
        self.prepare()
        pool = Pool()
        shared = create_calendar(None, 'shared')
        own = create_calendar(self.john, 'own')
        mine = create_event(own)
        guests = {'attendees': [('create', [{'email': 'bob@example.com'}])]}
        reminders = {
            'default_reminders': False,
            'reminders': [('create', [{'minutes': 5}])]}
        secret = create_event(
            create_calendar(self.jane, 'hidden'), **guests, **reminders)
        feed, = pool.get('google_calendar.feed').create([{
                    'name': "Feed",
                    'calendar': self.calendar.id,
                    'user': self.jane,
                    }])
        to_own, to_mine = {'calendar': own.id}, {'event': mine.id}
        for record, default in [
                (secret, to_own),
                (self.series, to_own),
                (create_event(shared, visibility='private'), {}),
                (secret.attendees[0], to_mine),
                (secret.reminders[0], to_mine),
                (feed, to_own),
                (self.calendar.credentials, {'user': self.john}),
                ]:
            Model = pool.get(record.__name__)
            user, context = self.access(self.john)
            with self.subTest(record=record), user, context, \
                    self.assertRaises(AccessError):
                Model.copy([record.id], default)
        Event = pool.get(EVENT)
        user, context = self.access(self.john)
        with user, context:
            for commands in [
                    {'attendees': [('copy', [secret.attendees[0].id], {})]},
                    {'reminders': [('copy', [secret.reminders[0].id], {})]},
                    ]:
                with self.subTest(commands=commands), \
                        self.assertRaises(AccessError):
                    Event.write([Event(mine.id)], commands)
            copy, = Event.copy([self.public.id], to_own)
            self.assertEqual(copy.summary, "Lunch")

    @with_transaction()
    def test_export(self):
        "Nor exported"
        self.prepare()
        pool = Pool()
        secret = create_event(
            create_calendar(self.jane, 'hidden'),
            attendees=[('create', [{'email': 'bob@example.com'}])])
        for record in [self.series, secret, secret.attendees[0]]:
            Model = pool.get(record.__name__)
            user, context = self.access(self.john)
            with self.subTest(record=record), user, context, \
                    self.assertRaises(AccessError):
                Model.export_data([Model(record.id)], ['rec_name'])

    def call(self, user, name, method, *args):
        "A method as the client calls it"
        Model = Pool().get(name)
        rpc = Model.__rpc__[method]
        args, kwargs, context, _ = rpc.convert(Model, *args, {})
        with Transaction().set_user(user), Transaction().set_context(context):
            return rpc.result(getattr(Model, method)(*args, **kwargs))

    @with_transaction()
    def test_form(self):
        "A form that names what is hidden is told nothing of it"
        self.prepare()
        hidden = create_calendar(
            self.jane, "Secret Calendar", time_zone='Asia/Tokyo')
        for name, method, *args in [
                ('google_calendar.attendee', 'on_change_email',
                    {'event': self.series.id, 'email': 'bob@example.com'}),
                (EVENT, 'on_change_calendar', {'calendar': hidden.id}),
                ('google_calendar.feed', 'on_change_calendar',
                    {'calendar': hidden.id}),
                ('google_calendar.feed', 'on_change',
                    {'calendar': hidden.id}, ['calendar']),
                ('google_calendar.create_calendar.start',
                    'on_change_credentials',
                    {'credentials': hidden.credentials.id}),
                ('ir.attachment', 'on_change',
                    {'resource': str(self.series)}, []),
                ]:
            with self.subTest(name=name, method=method):
                self.assertTrue(self.call(self.jane, name, method, *args))
                self.assertEqual(
                    self.call(self.john, name, method, *args), {})
        for user, told in [(self.jane, True), (self.john, False)]:
            self.assertEqual(bool(self.call(
                        user, EVENT, 'on_change_with_repeat_text',
                        {'id': self.series.id})), told)
        # what can be read
        self.assertEqual(
            self.call(
                self.john, EVENT, 'on_change_calendar',
                {'calendar': self.calendar.id})['calendar.']['rec_name'],
            self.calendar.rec_name)

    @with_transaction()
    def test_rule(self):
        "Rules, and what they publish, are seen with their calendars"
        self.prepare()
        pool = Pool()
        Rule = pool.get('google_calendar.rule')
        ada = create_user('ada', 'group_google_admin')
        hidden = create_calendar(self.jane, 'hidden')
        rules = [
            Rule.create([{
                        'name': "Rule",
                        'calendar': calendar.id,
                        'model': 'ir.cron',
                        'start_field': 'next_call',
                        'domain': '[["id", "=", -1]]',
                        'user': ada,
                        }])[0]
            for calendar in [hidden, self.calendar]]
        pool.get('google_calendar.publication').create([{
                    'rule': rules[1].id,
                    'record_id': 1,
                    'event': self.series.id,
                    }])
        for user_id, seen in [
                (self.jane, rules), (self.john, rules[1:]), (ada, rules)]:
            user, context = self.access(user_id)
            with self.subTest(user=user_id), user, context:
                self.assertEqual(
                    Rule.search([], order=[('id', 'ASC')]), seen)
                if user_id == ada:
                    Rule.export_data(rules, ['publications'])
                    continue
                with self.assertRaises(AccessError):
                    Rule.export_data(rules[1:], ['publications'])

    @with_transaction()
    def test_feed(self):
        "The error of a feed does not name a calendar that is hidden"
        self.prepare()
        Feed = Pool().get('google_calendar.feed')
        hidden = create_calendar(self.jane, "Secret Calendar")
        feed, = Feed.create([{
                    'name': "Feed",
                    'calendar': create_calendar(self.john, 'own').id,
                    'user': self.john,
                    }])
        user, context = self.access(self.john)
        with user, context, self.assertRaises(AccessError) as caught:
            Feed.write([feed], {'calendar': hidden.id})
        self.assertNotIn("Secret", str(caught.exception))
