# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Importing iCalendar files, up to Google, and exporting them."""
import datetime as dt
from importlib import resources

from trytond.model.exceptions import AccessError
from trytond.modules.google_calendar.exceptions import ICalendarError
from trytond.modules.google_calendar.icalendar_import import (
    apply_plan, check_calendar, make_plan, read_file)
from trytond.modules.google_calendar.icalendar_read import read
from trytond.pool import Pool
from trytond.tests.test_tryton import (
    TestCase, activate_module, with_transaction)
from trytond.transaction import Transaction

from .records import create_calendar
from .icalendar_values import calendar as calendar_file
from .icalendar_values import event as vevent
from .tools import (
    ACCESS, ALICE, BOB, CALENDAR, CREDENTIALS, EVENT, MORNING,
    GoogleCalendarTestCase, database)

CALENDARS = resources.files('recurring_ical_events').joinpath(
    'test', 'calendars')
IMPORT = 'google_calendar.import_icalendar'
EXPORT = 'google_calendar.export_icalendar'
INSERT = 'calendar.events.import'
START = f'DTSTART:{MORNING:%Y%m%dT%H%M%S}Z'
END = f'DTEND:{MORNING + dt.timedelta(hours=1):%Y%m%dT%H%M%S}Z'
MEETING = vevent(
    'SUMMARY:Meeting', START, END, f'ORGANIZER:mailto:{BOB}',
    f'ATTENDEE;PARTSTAT=TENTATIVE:mailto:{ALICE}',
    f'ATTENDEE;PARTSTAT=ACCEPTED:mailto:{BOB}', uid='meeting@example.com')
SERIES = vevent(
    'SUMMARY:Series', START, END, 'RRULE:FREQ=DAILY;COUNT=4',
    uid='series@example.com')


def exception(day, *lines):
    start = MORNING + dt.timedelta(days=day)
    return vevent(
        f'RECURRENCE-ID:{start:%Y%m%dT%H%M%S}Z',
        f'DTSTART:{start + dt.timedelta(hours=2):%Y%m%dT%H%M%S}Z',
        *lines, uid='series@example.com')


class ICalendarImportTestCase(GoogleCalendarTestCase):
    "Test the import of iCalendar files"

    def plan(self, *components, user=None):
        "What the import would do, by action"
        with database(user or self.jane, context=ACCESS) as pool:
            Calendar = pool.get(CALENDAR)
            calendar = Calendar(self.calendar)
            plan = make_plan(
                calendar, read_file(calendar_file(*components), calendar))
            return {
                a: plan.count(a) for a in ['create', 'update', 'unchanged']
                if plan.count(a)}, [
                    *[reason for *_, reason in plan.skipped],
                    *[c.reason for c in plan.changes if c.reason]]

    def import_(self, *components, user=None):
        "Import by the wizard and return the ids of the events"
        with database(user or self.jane, context=ACCESS) as pool:
            Wizard = pool.get(IMPORT, type='wizard')
            session, *_ = Wizard.create()
            result = Wizard.execute(session, {
                    'start': {
                        'calendar': self.calendar,
                        'file': calendar_file(*components),
                        },
                    }, 'preview')
            self.assertIn('view', result)
            result = Wizard.execute(session, {}, 'import_')
            Wizard.delete(session)
            return result

    def test_hidden(self):
        "The preview does not compare with what is hidden from the user"
        secret = "The secret of Jane"
        self.import_(vevent(f'SUMMARY:{secret}', START, END, uid='x@x.com'))
        with database() as pool:
            Event = pool.get(EVENT)
            Event.write(
                Event.search([('calendar', '=', self.calendar)]),
                {'visibility': 'private'})
        guess = vevent(f'SUMMARY:{secret}', START, END, uid='x@x.com')
        # a reader imports nothing
        self.set_service(readers=[('add', [self.john])])
        with self.assertRaises(ICalendarError):
            self.import_(guess, user=self.john)
        # of shared calendars only what is not private is compared
        self.update(CREDENTIALS, self.credentials, user=None)
        for summary in [secret, "Another"]:
            plan, reasons = self.plan(vevent(
                    f'SUMMARY:{summary}', START, END, uid='x@x.com'),
                user=self.john)
            self.assertEqual((plan, len(reasons)), ({}, 1))
        self.import_(guess, user=self.john)
        self.assertEqual(len(self.local()), 1)

    def export(self, user=None, model=CALENDAR, ids=None, **values):
        "Export by the wizard and return the document"
        with database(user or self.jane, context={
                    **ACCESS, 'active_model': model,
                    'active_ids': ids or [self.calendar],
                    'active_id': (ids or [self.calendar])[0]}) as pool:
            Wizard = pool.get(EXPORT, type='wizard')
            session, *_ = Wizard.create()
            result = Wizard.execute(session, {}, 'choose')
            if result['view']['state'] == 'start':
                result = Wizard.execute(session, {
                        'start': {'calendar': self.calendar, **values},
                        }, 'result')
            return read(bytes(result['view']['defaults']['file']))

    def kinds(self):
        return [w.rpartition('.')[2] for w in self.writes()]

    def test_someone_else_s_meeting(self):
        "Who imports a meeting does not become its organizer"
        self.import_(MEETING)
        id = self.find("Meeting")
        self.assertEqual(
            self.event(id, 'organizer_email', 'response', 'ical_uid'),
            [BOB, 'tentative', 'meeting@example.com'])
        self.synchronize()
        self.assertEqual(self.kinds(), ['import'])
        google_id = self.event(id, 'google_id')
        resource = self.google.get_event(ALICE, google_id)
        self.assertEqual(resource['iCalUID'], 'meeting@example.com')
        self.assertEqual(resource['organizer']['email'], BOB)
        self.assertNotIn('self', resource['organizer'])
        self.assertEqual(
            {a['email']: a['responseStatus'] for a in resource['attendees']},
            {ALICE: 'tentative', BOB: 'accepted'})
        self.assertEqual(self.google.mails(), [])
        self.assert_settled()
        self.assertEqual(self.plan(MEETING), ({'unchanged': 1}, []))
        # it may not be changed by whoever sends a file
        actions, (reason,) = self.plan(MEETING.replace("Meeting", "Party"))
        self.assertEqual(actions, {})
        self.assertIn(BOB, reason)

    def test_own_meeting(self):
        "An own meeting stays one, and nobody is invited again"
        own = MEETING.replace(
            f'ORGANIZER:mailto:{BOB}', f'ORGANIZER:mailto:{ALICE}')
        self.import_(own)
        self.synchronize()
        resource = self.google.get_event(
            ALICE, self.event(self.find("Meeting"), 'google_id'))
        self.assertTrue(resource['organizer']['self'])
        self.assertEqual(resource['iCalUID'], 'meeting@example.com')
        self.assertEqual(self.google.mails(), [])
        self.assert_settled()
        self.assertEqual(self.plan(own), ({'unchanged': 1}, []))
        # an update mails nobody either
        self.import_(own.replace("Meeting", "Party"))
        self.synchronize()
        self.assertEqual(self.kinds()[-1:], ['patch'])
        self.assertEqual(self.google.mails(), [])
        self.assert_equal_sides(1)

    def test_lost_answer(self):
        "An answer that is lost is no second event"
        for when in ['before', 'after']:
            with self.subTest(when=when):
                uid = f'{when}@example.com'
                self.import_(
                    vevent(f'SUMMARY:{when}', START, END, uid=uid))
                self.google.add_fault(f'drop_{when}', method_id=INSERT)
                self.run_once()
                self.synchronize()
                self.synchronize()
                found = [
                    e for c in self.google.dump(ALICE) for e in c['events']
                    if e['iCalUID'] == uid]
                self.assertEqual(len(found), 1)
                self.assertEqual(
                    self.event(self.find(when), 'google_id'), found[0]['id'])
        self.assert_settled()
        self.assert_equal_sides(2)
        self.assertEqual(self.errors(), [])

    def test_there_already(self):
        "What Google has already by its iCalUID is the same"
        self.google.import_event(ALICE, {
                'iCalUID': 'meeting@example.com',
                'summary': "Meeting", 'location': "Room",
                'start': {'dateTime': f'{MORNING.isoformat()}Z'},
                'end': {'dateTime': f'{MORNING.isoformat()}Z'},
                'organizer': {'email': BOB},
                })
        self.import_(MEETING)
        self.synchronize()
        self.assertEqual(len(self.remote()), 1)
        self.assertEqual(len(self.local()), 1)
        self.assert_settled()

    def test_deleted_at_google_pages(self):
        "The pages may be empty before the one that has it"
        self.google.options(empty_pages=1)
        self.test_deleted_at_google()

    def test_deleted_at_google(self):
        "What was deleted at Google comes back when it is imported again"
        event = vevent('SUMMARY:Back', START, END, uid='back@example.com')
        self.import_(event)
        self.synchronize()
        id = self.find("Back")
        self.google.delete_event(ALICE, self.event(id, 'google_id'))
        self.synchronize()
        self.assertEqual(self.local(), {})
        self.import_(event)
        self.synchronize()
        self.synchronize()
        self.assert_equal_sides(1)
        self.assert_settled()

    def test_series(self):
        "A series comes with what is different of it"
        components = [
            SERIES, exception(1, 'SUMMARY:Moved'),
            exception(2, 'STATUS:CANCELLED')]
        self.import_(*components)
        self.assertEqual(self.kinds(), [])
        self.synchronize()
        # and not one request for each occurrence
        self.assertEqual(self.kinds(), ['import', 'patch'])
        self.assert_settled()
        series = self.find("Series")
        google_id = self.event(series, 'google_id')
        starts = [
            i['start']['dateTime'][:13] for i in self.google.act(
                ALICE, 'calendar.events.instances', calendarId='primary',
                eventId=google_id)['items']]
        day = dt.timedelta(days=1)
        self.assertEqual(starts, [
                t.isoformat()[:13] for t in [
                    MORNING, MORNING + day + dt.timedelta(hours=2),
                    MORNING + 3 * day]])
        self.assertEqual(self.plan(*components), ({'unchanged': 1}, []))
        # what is cancelled later is cancelled, also what was moved
        later = [
            SERIES, exception(1, 'STATUS:CANCELLED'),
            exception(2, 'STATUS:CANCELLED'),
            exception(3, 'STATUS:CANCELLED')]
        self.assertEqual(self.plan(*later), ({'update': 1}, []))
        self.import_(*later)
        self.synchronize()
        self.synchronize()
        self.assert_settled()
        self.assertEqual(self.plan(*later), ({'unchanged': 1}, []))
        self.assertEqual(len(self.google.act(
                    ALICE, 'calendar.events.instances', calendarId='primary',
                    eventId=google_id)['items']), 1)
        self.assertEqual(self.google.mails(), [])

    def test_series_lost_answer(self):
        "The exceptions follow a series of which the answer is lost"
        self.import_(SERIES, exception(1, 'SUMMARY:Moved'))
        self.google.add_fault('drop_after', method_id=INSERT)
        self.run_once()
        for _ in range(3):
            self.synchronize()
        self.assert_settled()
        self.assert_equal_sides(2)
        self.assertEqual(self.errors(), [])

    def test_exception_alone(self):
        "An occurrence without its series is an event, with it an exception"
        alone = exception(1, 'SUMMARY:Alone')
        self.import_(alone)
        self.synchronize()
        id = self.find("Alone")
        self.assertEqual(
            self.event(id, 'recurring_identifier', 'original_start'),
            [None, None])
        self.assertEqual(self.plan(alone), ({'unchanged': 1}, []))
        other = alone.replace('series@', 'other@')
        self.import_(SERIES.replace('series@', 'other@'))
        self.import_(other.replace("Alone", "Later"))
        self.synchronize()
        self.assertTrue(self.event(
                self.find("Later"), 'recurring_identifier'))
        self.assert_settled()
        self.assertEqual(self.plan(other.replace("Alone", "Later")),
            ({'unchanged': 1}, []))

    def test_update(self):
        "What the file does not say is left"
        self.import_(vevent(
                'SUMMARY:Event', START, END, 'CLASS:PRIVATE',
                f'ATTENDEE:mailto:{BOB}', 'BEGIN:VALARM', 'TRIGGER:-PT5M',
                'END:VALARM', 'URL:https://example.com', uid='1'))
        self.synchronize()
        id = self.find("Event")
        self.assertEqual(
            self.event(id, 'description'), 'https://example.com')
        self.write(id, time_zone='Asia/Tokyo', color_id='3')
        self.import_(vevent('SUMMARY:Other', START, END, uid='1'))
        with database(commit=False) as pool:
            event = pool.get(EVENT)(id)
            self.assertEqual(event.summary, "Other")
            self.assertEqual(event.visibility, 'private')
            self.assertEqual(event.time_zone, 'Asia/Tokyo')
            self.assertEqual(event.color_id, '3')
            self.assertEqual([a.email for a in event.attendees], [BOB])
            self.assertEqual([r.minutes for r in event.reminders], [5])
            self.assertEqual(event.notifications, 'none')
        self.synchronize()
        self.assertEqual(self.google.mails(), [])
        self.assert_settled()

    def test_rule(self):
        "The event of a rule follows its record, not a file"
        self.import_(vevent('SUMMARY:Event', START, END, uid='1'))
        id = self.find("Event")
        with database() as pool:
            rule, = pool.get('google_calendar.rule').create([{
                        'name': "Users", 'calendar': self.calendar,
                        'model': 'res.user', 'user': self.ada,
                        'start_field': 'create_date',
                        'domain': '[["id", "=", -1]]',
                        }])
            rule = rule.id
        self.update(EVENT, id, rule=rule)
        for lines in [
                ('SUMMARY:Other', START, END),
                ('SUMMARY:Event', START, END, 'RRULE:FREQ=DAILY')]:
            actions, (reason,) = self.plan(vevent(*lines, uid='1'))
            self.assertEqual(actions, {})
            self.assertIn("Change the record instead", reason)
        # the rest is not the rule's
        actions, reasons = self.plan(vevent(
                'SUMMARY:Event', START, END, f'ATTENDEE:mailto:{BOB}',
                uid='1'))
        self.assertEqual((actions, reasons), ({'update': 1}, []))

    def test_older(self):
        "An older version does not replace a newer one"
        self.import_(vevent('SUMMARY:Event', START, END, uid='1'))
        self.synchronize()
        google_id = self.event(self.find("Event"), 'google_id')
        self.google.patch_event(
            ALICE, google_id, {'sequence': 5, 'summary': "Newest"})
        self.synchronize()
        old = vevent('SUMMARY:Old', START, END, 'SEQUENCE:2', uid='1')
        actions, (reason,) = self.plan(old)
        self.assertEqual(actions, {})
        self.assertIn("newer", reason)

    def test_poison(self):
        "What can not be read stops nothing"
        actions, reasons = self.plan(
            vevent('SUMMARY:Bad', 'DTSTART:x'), SERIES,
            vevent('SUMMARY:Worse', START, 'RRULE:FREQ=NEVER', uid='2'))
        self.assertEqual(actions, {'create': 1})
        self.assertEqual(len(reasons), 2)

    def test_rights(self):
        "Nobody imports into the calendar of somebody else"
        for user in [self.john, self.stranger]:
            with self.subTest(user=user):
                with self.assertRaises((AccessError, ICalendarError)):
                    self.import_(MEETING, user=user)
                self.assertEqual(self.local(), {})
        # nor exports what he does not see
        self.create("Event")
        with self.assertRaises((AccessError, ICalendarError)):
            self.export(self.john)
        with self.assertRaises((AccessError, ICalendarError)):
            self.export(self.john, EVENT, [self.find("Event")])

    def test_calendar_that_does_not_send(self):
        "What would never be sent is not imported"
        for values in [
                {'direction': 'to_tryton'}, {'access_role': 'reader'}]:
            with self.subTest(values=values):
                self.update(CALENDAR, self.calendar, **values)
                with database(self.jane, context=ACCESS) as pool:
                    with self.assertRaises(ICalendarError):
                        check_calendar(pool.get(CALENDAR)(self.calendar))
                self.update(
                    CALENDAR, self.calendar, direction='both',
                    access_role='owner')

    def test_nobody_plants(self):
        "A user can not make an event be imported"
        with self.user(commit=False) as pool:
            Event = pool.get(EVENT)
            with self.assertRaises(AccessError):
                Event.create([{
                            'calendar': self.calendar, 'summary': "x",
                            'start': MORNING, 'end': MORNING,
                            'google_import': True}])

    def test_export_and_import(self):
        "What was exported has nothing to do where it comes from"
        self.import_(
            SERIES, exception(1, 'SUMMARY:Moved'),
            exception(2, 'STATUS:CANCELLED'), MEETING)
        local = self.create("Local", time_zone='Europe/Paris')
        self.synchronize()
        self.create("Not sent")
        self.delete(self.find("Moved"))
        self.write(local, recurrence=None)
        for _ in range(2):
            with database(self.jane, context=ACCESS) as pool:
                calendar = pool.get(CALENDAR)(self.calendar)
                plan = make_plan(calendar, self._exported())
                self.assertEqual(plan.count('create'), 0)
                self.assertEqual(
                    [c.values for c in plan.changes
                        if c.action == 'update'], [])
                self.assertEqual(plan.count('unchanged'), 4)
            self.synchronize()

    def _exported(self):
        from trytond.modules.google_calendar.icalendar_records import (
            entries_of, exceptions_of)
        from trytond.modules.google_calendar.icalendar_write import write
        Event = Pool().get(EVENT)
        events = Event.search([('recurring_identifier', '=', None)])
        return read(write(entries_of(events, exceptions_of(events))))

    def test_export(self):
        "A calendar and a range, or some events"
        self.create("Early")
        late = self.create("Late", MORNING + dt.timedelta(days=10))
        day = (MORNING + dt.timedelta(days=10)).date()
        for values, names in [
                ({}, {"Early", "Late"}),
                ({'start_date': day}, {"Late"}),
                ({'end_date': day - dt.timedelta(days=1)}, {"Early"}),
                ({'start_date': day, 'end_date': day}, {"Late"}),
                ]:
            with self.subTest(values=values):
                self.assertEqual({
                        i.values['summary']
                        for i in self.export(**values).items}, names)
        item, = self.export(model=EVENT, ids=[late]).items
        self.assertEqual(item.values['summary'], "Late")
        with self.assertRaises(ICalendarError):
            self.export(
                start_date=day, end_date=day - dt.timedelta(days=1))
        with self.assertRaises(ICalendarError):
            self.export(start_date=day + dt.timedelta(days=1))


class ICalendarFilesTestCase(TestCase):
    "Test the import of real files"

    @classmethod
    def setUpClass(cls):
        activate_module('google_calendar')

    @with_transaction()
    def test_real_files(self):
        "Importing a file twice creates nothing twice"
        count = 0
        for path in sorted(CALENDARS.iterdir()):
            if not path.name.endswith('.ics'):
                continue
            with self.subTest(name=path.name):
                calendar = create_calendar(
                    google_id=path.name, access_role='owner',
                    time_zone='Europe/Berlin')
                document = read_file(path.read_bytes(), calendar)
                ids = apply_plan(make_plan(calendar, document))
                again = make_plan(calendar, document)
                self.assertEqual(
                    [c.action for c in again.changes],
                    ['unchanged'] * len(again.changes))
                self.assertEqual(bool(ids), bool(document.items))
                count += len(ids)
                Transaction().rollback()
        self.assertGreater(count, 900)
