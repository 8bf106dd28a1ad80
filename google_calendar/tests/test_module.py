# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt

from trytond.model.exceptions import (
    AccessError, RequiredValidationError, SQLConstraintError,
    SelectionValidationError, ValidationError)
from trytond.modules.google_calendar.exceptions import (
    EventDateError, EventTimeZoneError)
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.tests.module_case import IndexesMixin
from trytond.pool import Pool
from trytond.tests.test_tryton import ModuleTestCase, with_transaction
from trytond.transaction import Transaction

from .records import (
    CALENDAR, END, EVENT, START, create_calendar, create_event)


class GoogleCalendarTestCase(IndexesMixin, ModuleTestCase):
    "Test google_calendar module"
    module = 'google_calendar'
    extras = ['party']
    indexed = [
        ('google_calendar.attendee', ('event',)),
        ('google_calendar.occurrence', ('calendar',)),
        ('google_calendar.rule_change', ('rule',)),
        ]

    # Events

    @with_transaction()
    def test_defaults(self):
        "An event is confirmed, and only here at first"
        event = create_event(create_calendar())
        self.assertEqual(
            (event.status, event.visibility, event.transparency,
                event.all_day, event.google_state, event.google_id),
            ('confirmed', 'default', 'opaque', False, 'local', None))
        self.assertTrue(event.google_revision)
        self.assertEqual(event.rec_name, "Meeting")

    @with_transaction()
    def test_default_calendar(self):
        "A new event is in the calendar of the user, if there is one alone"
        pool = Pool()
        Event = pool.get(EVENT)
        calendar = create_calendar(user=1, google_id='a')
        other = create_calendar(user=1, google_id='b')
        pool.get(CALENDAR).write([calendar, other], {'enabled': True})
        self.assertIsNone(Event.default_calendar())
        pool.get(CALENDAR).write([other], {'access_role': 'reader'})
        self.assertEqual(Event.default_calendar(), calendar.id)
        with Transaction().set_user(0):
            self.assertIsNone(Event.default_calendar())

    @with_transaction()
    def test_no_summary(self):
        event = create_event(create_calendar(), summary=None)
        self.assertEqual(event.rec_name, "(No title)")

    @with_transaction()
    def test_required(self):
        "The times of an event are required, unless it is cancelled"
        calendar = create_calendar()
        create_event(calendar, status='cancelled', start=None, end=None)
        for values in [
                {'start': None}, {'end': None},
                {'all_day': True, 'start_date': None,
                    'end_date': dt.date(2026, 12, 1), 'start': None}]:
            with self.subTest(values=values), \
                    self.assertRaises(RequiredValidationError):
                create_event(calendar, **values)

    @with_transaction()
    def test_end_before_start(self):
        calendar = create_calendar()
        for values in [
                {'start': END, 'end': START},
                {'all_day': True, 'start_date': dt.date(2026, 12, 2),
                    'end_date': dt.date(2026, 12, 1)}]:
            with self.subTest(values=values), \
                    self.assertRaises(EventDateError) as error:
                create_event(calendar, **values)
            self.assertIn("Meeting", error.exception.message)
        event = create_event(calendar, end=START)
        with self.assertRaises(EventDateError):
            event.start = END
            event.save()

    @with_transaction()
    def test_time_zone(self):
        "A series has a time zone, and a known one"
        calendar = create_calendar()
        with self.assertRaises(EventTimeZoneError):
            create_event(calendar, recurrence='RRULE:FREQ=DAILY')
        create_event(
            calendar, recurrence='RRULE:FREQ=DAILY', time_zone='Asia/Tokyo')
        with self.assertRaises(SelectionValidationError):
            create_event(calendar, time_zone='Mars/One')

    @with_transaction()
    def test_all_day(self):
        "The times of an all-day event are noon of its days"
        event = create_event(
            create_calendar(), all_day=True, start=START, end=None,
            start_date=dt.date(2026, 12, 1), end_date=dt.date(2026, 12, 3))
        self.assertEqual(
            (event.start, event.end),
            (dt.datetime(2026, 12, 1, 12), dt.datetime(2026, 12, 3, 12)))
        event.end_date = dt.date(2026, 12, 4)
        event.save()
        self.assertEqual(event.end, dt.datetime(2026, 12, 4, 12))

    @with_transaction()
    def test_on_change(self):
        Event = Pool().get(EVENT)
        for end in [None, START]:
            event = Event(start=END, end=end)
            event.on_change_start()
            self.assertGreater(event.end, END)
        event = Event(start=START, end=END)
        event.on_change_start()
        self.assertEqual(event.end, END)
        event = Event(start_date=END.date(), end_date=None)
        event.on_change_start_date()
        self.assertEqual(event.end_date, END.date())
        event = Event(calendar=create_calendar(time_zone='Asia/Tokyo'),
            time_zone=None)
        event.on_change_calendar()
        self.assertEqual(event.time_zone, 'Asia/Tokyo')
        event = Event(
            all_day=True, start=START, end=END, start_date=None,
            end_date=None)
        event.on_change_all_day()
        self.assertEqual(
            (event.start_date, event.end_date), (START.date(), END.date()))

    @with_transaction()
    def test_search(self):
        "Events are found by what the client searches for"
        Event = Pool().get(EVENT)
        calendar = create_calendar(user=1, color='#0088aa')
        event = create_event(calendar)
        day = create_event(
            calendar, summary="Day", all_day=True, start=None, end=None,
            start_date=START.date(), end_date=START.date())
        create_event(
            calendar, summary="Later", start=START + dt.timedelta(days=40),
            end=END + dt.timedelta(days=40))
        for domain, events in [
                ([('rec_name', 'ilike', '%meet%')], [event]),
                # what a calendar view asks for
                (['OR', [
                        ('start', '>=', dt.datetime(2026, 12, 1)),
                        ('start', '<', dt.datetime(2026, 12, 8))], [
                        ('end', '>=', dt.datetime(2026, 12, 1)),
                        ('end', '<', dt.datetime(2026, 12, 8))]],
                    [event, day]),
                ([('owner.id', '=', 1), ('all_day', '=', True)], [day]),
                ([('owner', '=', None)], []),
                ]:
            with self.subTest(domain=domain):
                self.assertCountEqual(Event.search(domain), events)
        self.assertEqual(event.color, '#0088aa')
        self.assertEqual(event.owner.id, 1)

    @with_transaction()
    def test_views(self):
        "Tryton's calendar view shows the occurrences by their times"
        pool = Pool()
        Occurrence = pool.get('google_calendar.occurrence')
        View = pool.get('ir.ui.view')
        views = View.search([
                ('model', '=', Occurrence.__name__),
                ('type', '=', 'calendar'),
                ])
        self.assertEqual(len(views), 2)
        for view in views:
            fields = Occurrence.fields_view_get(view.id)['fields']
            self.assertTrue(
                {'start', 'end'} <= fields.keys()
                or {'start_date', 'end_date'} <= fields.keys())
            self.assertIn('summary', fields)

    @with_transaction()
    def test_recurring_event(self):
        calendar, other = create_calendar(), create_calendar(google_id='b')
        books = {'google_revision': 'x', 'google_state': 'synchronized'}
        series = create_event(calendar, google_id='series', **books)
        create_event(other, google_id='series', **books)
        event = create_event(
            calendar, recurring_identifier='series', google_id='a', **books)
        orphan = create_event(
            calendar, recurring_identifier='gone', google_id='b', **books)
        self.assertEqual(event.recurring_event, series)
        self.assertIsNone(orphan.recurring_event)
        self.assertIsNone(series.recurring_event)

    # Calendars

    @with_transaction()
    def test_calendar(self):
        calendar = create_calendar()
        self.assertEqual(
            (calendar.enabled, calendar.direction, calendar.conflict_policy,
                calendar.interval, calendar.sync_state, calendar.backlog),
            (False, 'both', 'newest', dt.timedelta(minutes=5), 'idle', 0))
        self.assertIsNone(calendar.next_sync)
        create_event(calendar)
        calendar = Pool().get(CALENDAR)(calendar.id)
        self.assertEqual(calendar.backlog, 1)
        calendar.enabled = True
        calendar.save()
        self.assertIsNotNone(calendar.next_sync)

    @with_transaction()
    def test_calendar_unique(self):
        calendar = create_calendar()
        create_calendar()
        with self.assertRaises(SQLConstraintError):
            Pool().get(CALENDAR).create([{
                        'name': "Twice",
                        'google_id': calendar.google_id,
                        'credentials': calendar.credentials.id}])

    @with_transaction()
    def test_calendar_fixed(self):
        "A calendar stays the one that it is"
        Calendar = Pool().get(CALENDAR)
        calendar, other = create_calendar(), create_calendar(google_id='b')
        for values in [
                {'google_id': 'other'},
                {'credentials': other.credentials.id}]:
            with self.assertRaises(AccessError):
                Calendar.write([calendar], values)
        Calendar.write([calendar], {
                'google_id': calendar.google_id,
                'credentials': calendar.credentials.id})

    @with_transaction()
    def test_interval(self):
        Calendar = Pool().get(CALENDAR)
        calendar = create_calendar()
        for interval in [dt.timedelta(), dt.timedelta(seconds=59)]:
            with self.assertRaises(ValidationError):
                Calendar.write([calendar], {'interval': interval})
        Calendar.write([calendar], {'interval': dt.timedelta(minutes=1)})

    @with_transaction()
    def test_deletion_limits(self):
        Calendar = Pool().get(CALENDAR)
        calendar = create_calendar()
        for values in [
                {'deletion_limit': -1}, {'deletion_share': -1},
                {'deletion_share': 101}, {'deletion_limit': None}]:
            with self.subTest(values=values), \
                    self.assertRaises(ValidationError):
                Calendar.write([calendar], values)

    @with_transaction()
    def test_move(self):
        "What is at Google stays in its calendar"
        Event = Pool().get(EVENT)
        calendar, other = create_calendar(), create_calendar(google_id='b')
        event = create_event(calendar)
        Event.write([event], {'calendar': other.id})
        bookkeeping.update(Event, [event], {'google_id': 'a'})
        with self.assertRaises(AccessError):
            Event.write([Event(event.id)], {'calendar': calendar.id})

    @with_transaction()
    def test_read_only_message(self):
        "Who may only read is told that changes wait"
        calendar = create_calendar(access_role='reader')
        self.assertEqual(calendar.last_error, '')
        create_event(calendar)
        calendar = Pool().get(CALENDAR)(calendar.id)
        self.assertIn("1 changes wait here", calendar.last_error)
        self.assertFalse(calendar.google_sends)

    @with_transaction()
    def test_change_of_rule(self):
        "What a rule says of an event is read-only where it is changed, too"
        pool = Pool()
        Event = pool.get(EVENT)
        Change = pool.get('google_calendar.change_event', type='wizard')
        event = create_event(create_calendar())
        rule, = pool.get('google_calendar.rule').create([{
                    'name': "Users",
                    'calendar': event.calendar.id,
                    'model': 'res.user',
                    'domain': '[["id", "=", -1]]',
                    'user': 1,
                    'start_field': 'create_date',
                    }])
        for values, editable in [({}, True), ({'rule': rule.id}, False)]:
            bookkeeping.update(Event, [event], {'color_id': '1', **values})
            with Transaction().set_context(
                    active_model=EVENT, active_id=event.id,
                    active_ids=[event.id]):
                session, state, _ = Change.create()
                view = Change.execute(session, {}, state)['view']
            self.assertEqual(view['defaults']['editable'], editable)

    # Copies

    @with_transaction()
    def test_copy(self):
        "A copy is another event, of which Google knows nothing"
        Event = Pool().get(EVENT)
        event = create_event(create_calendar(), location="Room")
        bookkeeping.update(Event, [event], {
                'google_id': 'a', 'google_etag': 'b', 'google_baseline': '{}',
                'google_state': 'synchronized', 'google_listing': 3,
                'google_confirmed_revision': event.google_revision,
                'google_attempts': 2, 'google_modified': START,
                'ical_uid': 'uid', 'recurring_identifier': 'series',
                'html_link': 'https://example.com/',
                'organizer_email': 'a@example.com', 'original_start': START,
                'conference_link': 'https://example.com/'})
        event = Event(event.id)
        copy, = Event.copy([event])
        self.assertEqual(
            (copy.summary, copy.location, copy.google_state),
            ("Meeting", "Room", 'local'))
        self.assertNotEqual(copy.google_revision, event.google_revision)
        for name in [
                'google_id', 'google_etag', 'google_baseline',
                'google_confirmed_revision', 'google_attempts',
                'google_modified', 'google_listing', 'ical_uid',
                'recurring_identifier', 'html_link', 'organizer_email',
                'original_start', 'conference_link']:
            self.assertIsNone(getattr(copy, name), name)

    @with_transaction()
    def test_copy_calendar(self):
        "Neither does a copy of a calendar go on where the original is"
        Calendar = Pool().get(CALENDAR)
        calendar = create_calendar(enabled=True)
        bookkeeping.update(Calendar, [calendar], {
                'cursor': 'cursor', 'listing': 2, 'listed': 2,
                'lease_token': 'token', 'lease_until': 1e10,
                'last_sync': START, 'failed': True, 'error_code': 'unexpected'
                })
        copy, = Calendar.copy(
            [Calendar(calendar.id)], {'google_id': 'other'})
        self.assertFalse(copy.enabled)
        for name in [
                'cursor', 'listing', 'listed', 'lease_token', 'lease_until',
                'last_sync', 'next_sync', 'error_code']:
            self.assertIsNone(getattr(copy, name), name)
        self.assertEqual((copy.sync_state, copy.last_error), ('idle', ''))

    @with_transaction()
    def test_description_shown(self):
        "Nothing harmful of a description is shown"
        event = create_event(create_calendar())
        for description, shown in [
                (None, ''),
                ("2 > 1 & more\nx", '2 &gt; 1 &amp; more<br>x'),
                ('<b>Bold</b><br>x', '<b>Bold</b><br>x'),
                ('<a href="https://example.com">x</a>',
                    '<a href="https://example.com" '
                    'rel="noopener noreferrer">x</a>'),
                ('<a href="javascript:alert(1)">x</a>',
                    '<a rel="noopener noreferrer">x</a>'),
                ('<script>alert(1)</script>x', 'x'),
                ('<img src=x onerror=alert(1)>x', 'x'),
                ('<p onclick="alert(1)" style="x">x</p>', '<p>x</p>'),
                ('<svg><style><a href="</style><img src=x>">', ''),
                ]:
            with self.subTest(description=description):
                event.description = description
                event.save()
                self.assertEqual(event.description_shown, shown)
                self.assertEqual(event.description or None, description)


del ModuleTestCase
