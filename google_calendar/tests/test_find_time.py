# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import datetime as dt

from trytond.model.exceptions import AccessError
from trytond.modules.google_calendar.exceptions import (
    CalendarManageError, FindTimeError)
from trytond.modules.google_integration.exceptions import (
    GoogleCredentialsError)

from .find_time_case import (
    DAY, EVE, NINE, NOW, OCCURRENCE, FindTimeTestCase)
from .tools import (
    ALICE, BOB, CALENDAR, CREDENTIALS, EVENT, HOUR, database, timed)

QUERY = 'calendar.freebusy.query'


class GoogleCalendarFindTimeTestCase(FindTimeTestCase):
    "Test finding a time for people"

    # Proposals

    def test_defaults(self):
        "The own account is asked for, on working days"
        values = self.ask().values
        self.assertEqual(
            [p['email'] for p in values['people']], [ALICE])
        self.assertEqual(values['credentials'], self.credentials)
        self.assertEqual(values['weekdays'], ['MO', 'TU', 'WE', 'TH', 'FR'])
        self.assertEqual(values['duration'], HOUR)
        self.assertEqual(
            values['last_day'] - values['first_day'], dt.timedelta(days=7))

    def test_unknown_zone(self):
        "A zone that only Google knows is not proposed"
        with database() as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.write(
                [Calendar(self.calendar)], {'time_zone': 'Mars/Phobos'})
        self.assertEqual(self.ask().values['time_zone'], 'UTC')

    def test_find(self):
        "Everybody is free, and each one is shown"
        self.busy(ALICE, NINE, NINE + 2 * HOUR)
        self.busy(BOB, NINE + 3 * HOUR, NINE + 4 * HOUR)
        wizard = self.find(None, ALICE, BOB)
        self.assertEqual(self.requests(), [QUERY])
        self.assertEqual(self.starts(wizard), [11, 13, 14, 15, 16, 17])
        self.assertEqual(wizard.values['slots'][0]['free'], f'{ALICE}, {BOB}')
        self.assertEqual(
            [(p['email'], p['known']) for p in wizard.values['people']],
            [(ALICE, "1 busy periods"), (BOB, "1 busy periods")])
        options = self.options(wizard)
        self.assertEqual(len(options), 6)
        self.assertEqual(
            options[0],
            ['2027-01-05T11:00:00',
                'Tuesday 01/05/2027 11:00 – 12:00 (UTC)'])
        self.assertEqual(wizard.values['slot'], '2027-01-05T11:00:00')
        # nothing but the times is told
        self.assertNotIn("Secret", str(wizard.values))

    def test_count(self):
        wizard = self.find(None, count=2)
        self.assertEqual(self.starts(wizard), [9, 10])

    def test_optional(self):
        "Who is optional does not matter, but is shown"
        self.busy(BOB, NINE, NINE + HOUR)
        wizard = self.find(
            None, ALICE, {'email': BOB, 'optional': True, 'name': "Bob"},
            count=2)
        self.assertEqual(
            [(s['start'].hour, s['free'], s['busy'])
                for s in wizard.values['slots']],
            [(9, ALICE, "Bob"), (10, f"{ALICE}, Bob", '')])
        # required once is required
        wizard = self.find(
            None, ALICE, {'email': BOB, 'optional': True},
            {'email': BOB.upper(), 'optional': False}, count=1)
        self.assertEqual(self.starts(wizard), [10])

    def test_no_access(self):
        "Of whom Google does not tell is unknown"
        wizard = self.find(None, ALICE, EVE, 'nobody@example.com', count=1)
        slot, = wizard.values['slots']
        self.assertEqual(
            (slot['free'], slot['busy'], slot['unknown']),
            (ALICE, '', f'{EVE}, nobody@example.com'))
        self.assertEqual(
            [p['known'] for p in wizard.values['people']],
            ["0 busy periods", "No access, or not found",
                "No access, or not found"])

    def test_room(self):
        room = self.google.add_resource("Room")['email']
        self.google.insert_event(BOB, {
                **timed("Meeting", NINE), 'attendees': [{'email': room}]})
        wizard = self.find(None, ALICE, room, count=1)
        self.assertEqual(self.starts(wizard), [10])

    def test_group(self):
        "A group is busy with its members, also one that is big"
        people = [f'p{i}@example.com' for i in range(70)]
        for person in people:
            self.google.add_user(person)
            self.google.share_calendar(
                person, ALICE, 'freeBusyReader', subscribe=False)
        self.google.add_group('team@example.com', people)
        self.google.add_group('all@example.com', [*people, EVE])
        self.google.add_group(
            'huge@example.com', [f'h{i}@example.com' for i in range(101)])
        self.busy(people[69], NINE, NINE + HOUR)
        self.google.clear_log()
        wizard = self.find(
            None, ALICE, 'team@example.com', 'all@example.com',
            'huge@example.com', count=1)
        self.assertEqual(self.starts(wizard), [10])
        self.assertEqual(self.requests(), [QUERY] * 2)
        self.assertEqual(
            [p['known'] for p in wizard.values['people']], [
                "0 busy periods", "1 busy periods",
                "No access to some of the members", "The group is too big"])

    def test_all_day(self):
        "A day off is busy, an anniversary is not"
        for transparency, starts in [
                ('transparent', list(range(9, 18))), ('opaque', [])]:
            self.google.insert_event(ALICE, {
                    'summary': "Day",
                    'start': {'date': '2027-01-05'},
                    'end': {'date': '2027-01-06'},
                    'transparency': transparency})
            if starts:
                self.assertEqual(self.starts(self.find()), starts)
            else:
                with self.assertRaises(FindTimeError) as error:
                    self.find()
                self.assertIn(
                    f"{ALICE}: 1 busy periods", error.exception.description)

    def test_time_zone(self):
        "Nine is nine in the zone, in winter and in summer"
        for day, hour in [(DAY, 8), (dt.date(2027, 7, 6), 7)]:
            wizard = self.find(
                None, time_zone='Europe/Paris', first_day=day, last_day=day,
                count=1)
            self.assertEqual(self.starts(wizard), [hour])
            (_, label), = self.options(wizard)
            self.assertIn(" 09:00 – 10:00 (Europe/Paris)", label)

    def test_past(self):
        "Nothing is proposed that is over"
        wizard = self.find(None, first_day=NOW.date(), count=1)
        self.assertEqual(wizard.values['slots'][0]['start'], NOW)

    def test_many(self):
        "Many people and days are asked for in several requests"
        people = [f'p{i}@example.com' for i in range(60)]
        wizard = self.find(
            None, ALICE, *people, last_day=DAY + dt.timedelta(days=40),
            count=1)
        self.assertEqual(self.requests(), [QUERY] * 4)
        self.assertEqual(len(wizard.values['people']), 61)

    def test_wrong(self):
        "What can not be asked is not"
        for values, text in [
                ({'people': []}, "nobody"),
                ({'people': [{'email': 'bob', 'optional': False}]}, "bob"),
                ({'last_day': DAY - dt.timedelta(days=1)}, "last day"),
                ({'last_day': DAY + dt.timedelta(days=92)}, "92 days"),
                ({'duration': dt.timedelta()}, "duration")]:
            with self.subTest(values=values), \
                    self.assertRaises(FindTimeError) as error:
                self.find(None, **values)
            self.assertIn(text, error.exception.message)
        with self.assertRaises(FindTimeError):
            self.find(None, weekdays=['SU'])
        self.assertEqual(self.requests(), [])

    def test_errors(self):
        "Google's errors are for people"
        for fault, kind in [
                ({'action': 'status', 'status': 503,
                        'reason': 'backendError'}, GoogleCredentialsError),
                ({'action': 'status', 'status': 403,
                        'reason': 'insufficientPermissions'},
                    CalendarManageError)]:
            wizard = self.ask()
            self.google.add_fault(method_id=QUERY, **fault)
            with self.assertRaises(kind):
                self.find(wizard)

    def test_scope(self):
        self.update(
            CREDENTIALS, self.credentials, granted_scopes='openid')
        with self.assertRaises(CalendarManageError) as error:
            self.find()
        self.assertIn("Authorize", error.exception.message)
        self.assertEqual(self.requests(), [])

    # Events

    def test_event(self):
        "The time is written on the event, and its guests are asked for"
        self.busy(BOB, NINE, NINE + 2 * HOUR)
        event = self.create(
            "Meeting", NINE, attendees=[('create', [
                        {'email': BOB}, {'email': EVE, 'optional': True}])])
        wizard = self.ask(event)
        self.assertEqual(
            [(p['email'], p['optional']) for p in wizard.values['people']],
            [(ALICE, False), (BOB, False), (EVE, True)])
        self.find(wizard)
        self.assertFalse(wizard.values['new'])
        # not sent yet, it does not stand in its own way
        self.assertEqual(self.starts(wizard)[0], 11)
        slot, _ = self.options(wizard)[1]
        self.assertEqual(wizard.execute('take', slot=slot), {})
        self.assertEqual(
            self.event(event, 'start', 'end'),
            [NINE + 3 * HOUR, NINE + 4 * HOUR])
        self.synchronize()
        resource, = self.google.dump(ALICE)[0]['events']
        self.assertEqual(
            resource['start']['dateTime'][:16], '2027-01-05T12:00')
        self.assertEqual(
            {m['to'] for m in self.google.mails()}, {BOB, EVE})

    def test_event_sent(self):
        "Moved by an hour, it may overlap where it was"
        event = self.create("Meeting", NINE + HOUR)
        self.synchronize()
        self.assertEqual(
            self.starts(self.find(self.ask(event), duration=2 * HOUR)),
            [9, 10, 11, 12, 13, 14, 15, 16])
        # another at the same time stands in the way
        self.busy(ALICE, NINE + HOUR, NINE + 2 * HOUR + HOUR / 2)
        self.assertEqual(
            self.starts(self.find(self.ask(event), duration=2 * HOUR)),
            [12, 13, 14, 15, 16])

    def test_event_all_day(self):
        event = self.create(
            "Day", all_day=True, time_zone=None, start_date=DAY,
            end_date=DAY)
        wizard = self.find(self.ask(event), count=1)
        wizard.execute('take')
        self.assertEqual(
            self.event(
                event, 'all_day', 'start', 'end', 'start_date', 'time_zone'),
            [False, NINE, NINE + HOUR, None, 'UTC'])

    def test_series(self):
        event = self.create(
            "Series", NINE, recurrence='RRULE:FREQ=DAILY;COUNT=3')
        with self.assertRaises(FindTimeError) as error:
            self.ask(event)
        self.assertIn("Series", error.exception.message)

    def test_occurrence(self):
        "An occurrence is moved alone, before and after the series was sent"
        event = self.create(
            "Series", NINE, recurrence='RRULE:FREQ=DAILY;COUNT=3')
        for start, hour in [(NINE, 8), (NINE + 24 * HOUR, 10)]:
            occurrence, = self.search(
                OCCURRENCE, 'id', domain=[('start', '=', start)])
            wizard = self.ask(occurrence, model=OCCURRENCE)
            self.assertEqual(
                (wizard.values['event'], wizard.values['first_day']),
                (event, start.date()))
            self.find(
                wizard, first_day=start.date(), last_day=start.date(),
                opening=dt.time(8), duration=2 * HOUR)
            # it does not stand in its own way
            self.assertEqual(self.starts(wizard)[:3], [8, 9, 10])
            day = dt.datetime.combine(start.date(), dt.time(hour))
            self.assertEqual(
                wizard.execute('take', slot=day.isoformat()), {})
            self.synchronize()
        self.assertEqual(self.event(event, 'start'), NINE)
        self.assertEqual(
            sorted(self.search(OCCURRENCE, 'start', 'end')), [
                (NINE - HOUR, NINE + HOUR),
                (NINE + 25 * HOUR, NINE + 27 * HOUR),
                (NINE + 48 * HOUR, NINE + 49 * HOUR)])
        self.assert_equal_sides(3)

    def test_occurrence_other(self):
        "The other occurrences stand in the way"
        self.create(
            "Series", NINE, recurrence='RRULE:FREQ=HOURLY;COUNT=3')
        occurrence, = self.search(
            OCCURRENCE, 'id', domain=[('start', '=', NINE + HOUR)])
        wizard = self.find(self.ask(occurrence, model=OCCURRENCE), count=2)
        self.assertEqual(self.starts(wizard), [10, 12])

    def test_guest(self):
        "A guest looks for a time, but does not move what others organize"
        for rule, model in [
                ({}, EVENT),
                ({'recurrence': ['RRULE:FREQ=DAILY;COUNT=3']}, OCCURRENCE)]:
            with self.subTest(model=model):
                google_id = self.busy(
                    BOB, NINE, NINE + HOUR, attendees=[{'email': ALICE}],
                    **rule)['id']
                self.synchronize()
                id, = self.search(
                    model, 'id', domain=[('start', '=', NINE)])
                wizard = self.find(self.ask(id, model=model))
                later = (NINE + 3 * HOUR).isoformat()
                with self.assertRaises(AccessError):
                    wizard.execute('take', slot=later)
                self.synchronize()
                self.assertEqual(self.conflicts(), [])
                self.assertEqual(len(self.search(EVENT, 'id')), 1)
                self.google.delete_event(BOB, google_id)
                self.synchronize()

    def test_occurrence_hidden(self):
        "Of an event that one may not read nothing is told"
        shared, = self.discover(self.connect(None, BOB))
        self.create("Secret", NINE, calendar=shared, visibility='private')
        occurrence, = self.search(OCCURRENCE, 'id')
        wizard = self.ask(occurrence, self.john, OCCURRENCE)
        self.assertIsNone(wizard.values['event'])
        self.assertNotIn("Secret", str(wizard.values))

    def test_new(self):
        "A new event with its guests"
        wizard = self.find(None, ALICE, {
                'email': BOB, 'optional': True, 'name': "Bob"})
        self.assertTrue(wizard.values['new'])
        self.assertEqual(wizard.values['calendar'], self.calendar)
        result = wizard.execute('take', summary="Meeting")
        (action, data), = result['actions']
        self.assertEqual(action['views'][0][1], 'form')
        event, = data['res_id']
        self.assertEqual(
            self.event(event, 'summary', 'start', 'end', 'calendar'),
            ["Meeting", NINE, NINE + HOUR, self.calendar])
        self.assertEqual(
            self.search(
                'google_calendar.attendee', 'email', 'name', 'optional'),
            [(BOB, "Bob", True)])
        self.synchronize()
        mail, = self.google.mails()
        self.assertEqual((mail['to'], mail['kind']), (BOB, 'invitation'))

    def test_back(self):
        "Back from the proposals, all is as it was filled in"
        wizard = self.find(None, ALICE, BOB, count=3)
        result = wizard.execute('back')
        self.assertEqual(result['view']['state'], 'ask')
        self.assertEqual(
            [p['email'] for p in wizard.values['people']], [ALICE, BOB])
        self.assertEqual(
            (wizard.values['count'], wizard.values['first_day']), (3, DAY))
        wizard.execute('choose', count=1)
        self.assertEqual(self.starts(wizard), [9])

    # Access

    def test_access(self):
        "Nobody asks with the account of another, nor moves the other's event"
        event = self.create("Meeting", NINE)
        for user in [self.john, self.stranger]:
            with self.assertRaises(AccessError):
                self.ask(event, user)
        for user in [self.john, self.ada]:
            wizard = self.ask(user=user)
            self.assertIsNone(wizard.values['credentials'])
            with self.assertRaises(FindTimeError) as error:
                self.find(wizard, ALICE)
            self.assertIn("authorize", error.exception.message)
            with self.assertRaises(AccessError):
                self.find(wizard, ALICE, credentials=self.credentials)
        self.assertEqual(self.requests(), [])

    def test_access_calendar(self):
        "A new event is only for a calendar that one may change"
        john = 'john@example.com'
        self.google.add_user(john)
        self.discover(self.connect(self.john, john))
        wizard = self.find(self.ask(user=self.john))
        with self.assertRaises(AccessError):
            wizard.execute('take', calendar=self.calendar, summary="Mine")

    def test_shared(self):
        "Users ask with their own account for an event of a shared calendar"
        shared, = self.discover(self.connect(None, BOB))
        event = self.create("Meeting", NINE, calendar=shared)
        self.assertEqual(
            self.ask(event).values['credentials'], self.credentials)
        self.assertNotEqual(
            self.ask(event, self.ada).values['credentials'],
            self.credentials)
