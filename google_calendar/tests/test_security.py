# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a hostile user, or a hostile Google, can not do."""
import datetime as dt
from unittest.mock import patch

from trytond.model.exceptions import AccessError, ValidationError
from trytond.modules.google_integration.client import Client, GoogleError
from trytond.transaction import Transaction

from .tools import (
    ALICE, BOB, CALENDAR, CREDENTIALS, EVENT, HOUR, MORNING,
    GoogleCalendarTestCase, database, timed)

LINK = 'javascript:alert(1)'
LIST = 'calendar.events.list'
CALENDARS = 'calendar.calendarList.list'


class GoogleCalendarSecurityTestCase(GoogleCalendarTestCase):
    "Test what must not be possible"

    def values(self, **values):
        return {
            'calendar': self.calendar,
            'summary': "Event",
            'start': MORNING,
            'end': MORNING + HOUR,
            **values}

    def answer(self, method, function, times=20):
        "Replace the answers of Google to the method"
        execute = Client.execute
        calls = []

        def hostile(client, request, *args, **kwargs):
            answer = execute(client, request, *args, **kwargs)
            if request.methodId == method:
                calls.append(method)
                if len(calls) > times:
                    raise AssertionError("This does not end")
                answer = function(answer)
            return answer
        self.enterContext(patch.object(Client, 'execute', hostile))
        return calls

    def reset(self):
        with database() as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.reset_synchronization([Calendar(self.calendar)])

    # Users

    def test_links(self):
        "A user can not plant a link, or anything that Google alone sets"
        id = self.create()
        links = {
            'html_link': LINK,
            'conference_link': LINK,
            'organizer_email': BOB,
            'ical_uid': 'x',
            'recurring_identifier': 'x',
            'original_start': MORNING,
            'google_id': 'x',
            'google_state': 'synchronized',
            'google_etag': '*',
            }
        with self.user(commit=False) as pool:
            Event = pool.get(EVENT)
            for name, value in links.items():
                with self.subTest(name=name):
                    with self.assertRaises(AccessError):
                        Event.write([Event(id)], {name: value})
                    with self.assertRaises(AccessError):
                        Event.create([self.values(**{name: value})])
                    with self.assertRaises(AccessError):
                        Event.copy([Event(id)], {name: value})
            # nor by the context
            with Transaction().set_context({
                        f'default_{n}': v for n, v in links.items()},
                    default_google_baseline='{}', default_location="Here"):
                event, = Event.create([self.values()])
            self.assertEqual(event.location, "Here")
            self.assertEqual(event.google_state, 'local')
            for name in links.keys() - {'google_state'}:
                self.assertIsNone(getattr(event, name), msg=name)
            event = event.id
            with Transaction().set_context(_check_access=False):
                self.assertIsNone(Event(event).google_baseline)

    def test_copy(self):
        "A copy has nothing that Google alone sets"
        id = self.create()
        self.synchronize()
        self.assertTrue(self.event(id, 'html_link'))
        self.assertTrue(self.event(id, 'ical_uid'))
        with self.user() as pool:
            Event = pool.get(EVENT)
            copy, = Event.copy([Event(id)])
            copy = copy.id
        self.assertEqual(
            self.event(copy, 'html_link', 'ical_uid', 'google_id'), [None] * 3)
        self.synchronize()
        self.assert_equal_sides(2)

    def test_service(self):
        "What Google tells of a calendar is not written by its user"
        with self.user(commit=False) as pool:
            Calendar = pool.get(CALENDAR)
            calendar = Calendar(self.calendar)
            for name, value in [
                    ('access_role', 'owner'), ('primary', False),
                    ('color', LINK), ('description', "x"),
                    ('time_zone', 'x'), ('next_sync', None),
                    ('queued_at', None), ('deletions_allowed', 100)]:
                with self.subTest(name=name), \
                        self.assertRaises(ValidationError):
                    Calendar.write([calendar], {name: value})
        with self.as_user(self.ada) as pool:
            Calendar = pool.get(CALENDAR)
            with Transaction().set_context(
                    default_next_sync=dt.datetime(2000, 1, 1),
                    default_queued_at=dt.datetime(3000, 1, 1),
                    default_access_role='owner'):
                calendar, = Calendar.create([{
                            'name': "New",
                            'google_id': 'new',
                            'credentials': self.credentials,
                            }])
            self.assertIsNone(calendar.next_sync)
            self.assertIsNone(calendar.queued_at)
            self.assertIsNone(calendar.access_role)

    def test_interval(self):
        "The interval of one calendar does not stop the others"
        for interval in [
                dt.timedelta(seconds=59), dt.timedelta(days=367),
                dt.timedelta.max]:
            with self.subTest(interval=interval), \
                    self.user(commit=False) as pool:
                Calendar = pool.get(CALENDAR)
                with self.assertRaises(ValidationError):
                    Calendar.write(
                        [Calendar(self.calendar)], {'interval': interval})
        self.set_service(interval=dt.timedelta(days=366), next_sync=None)
        with database() as pool:
            pool.get(CALENDAR).enqueue_due()
        self.assertTrue(self.read(CALENDAR, self.calendar, 'queued_at'))

    def test_name_of_another(self):
        "No error tells about what its reader does not see"
        secret = "The secret of Jane"
        id = self.create(secret)
        self.synchronize()
        calendar, = self.discover(self.connect(self.john, BOB))
        with self.as_user(self.john) as pool:
            Event = pool.get(EVENT)
            Calendar = pool.get(CALENDAR)
            Credentials = pool.get(CREDENTIALS)
            calls = [
                lambda: Event.write([Event(id)], {'calendar': calendar}),
                lambda: Event.write([Event(id)], {'html_link': LINK}),
                lambda: Event.copy([Event(id)]),
                lambda: Event.delete([Event(id)]),
                lambda: Calendar.write(
                    [Calendar(calendar)], {'events': [('add', [id])]}),
                lambda: Calendar.write(
                    [Calendar(self.calendar)], {'google_id': 'x'}),
                lambda: Credentials.write(
                    [Credentials(self.credentials)], {'client_id': 'x'}),
                ]
            for i, call in enumerate(calls):
                with self.subTest(call=i):
                    with self.assertRaises(AccessError) as cm:
                        call()
                    self.assertNotIn(secret, str(cm.exception))
                    self.assertNotIn(ALICE, str(cm.exception))
            # that another value is refused otherwise would tell the value
            messages = set()
            for google_id in [ALICE, 'x']:
                with self.assertRaises(AccessError) as cm:
                    Calendar.write(
                        [Calendar(self.calendar)], {'google_id': google_id})
                messages.add(str(cm.exception))
            self.assertEqual(len(messages), 1)

    # Google

    def test_circle(self):
        "A listing that turns in a circle ends"
        for tokens in [['same'], ['one', 'two', 'three']]:
            with self.subTest(tokens=tokens):
                self.reset()
                calls = []

                def turn(answer, tokens=tokens, calls=calls):
                    calls.append(answer)
                    if len(calls) > 10:
                        raise AssertionError("This does not end")
                    return {
                        'items': [],
                        'nextPageToken': tokens[len(calls) % len(tokens)],
                        }
                with patch.object(
                        Client, 'execute',
                        lambda client, request, calls=calls, turn=turn:
                        turn(request)):
                    self.assertFalse(self.run_once())
                self.assertLessEqual(len(calls), len(tokens) + 1)
                self.assertEqual(
                    self.read(CALENDAR, self.calendar, 'error_code'),
                    'cursor')

    def test_circle_discover(self):
        "The calendars are listed once, also when Google turns in a circle"
        calls = []

        def execute(client, request):
            calls.append(request)
            if len(calls) > 10:
                raise AssertionError("This does not end")
            return {
                'items': [{'id': ALICE, 'summary': "Mine"}],
                'nextPageToken': 'same',
                }
        with patch.object(Client, 'execute', execute):
            self.assertEqual(
                self.discover(self.credentials), [self.calendar])
        self.assertEqual(len(calls), 2)

    def test_no_identifier(self):
        "What has no identifier does not stop the rest"
        self.google.insert_event(ALICE, timed("Good"))
        bad = [
            None, 5, 'x', [], {}, timed("None"), {'id': None}, {'id': ''},
            {'id': 5}, {'id': {}}, {'id': 'a\0b'}, {'id': '\ud800'}]
        for method in [LIST, CALENDARS]:
            self.answer(
                method, lambda a: {**a, 'items': bad + a['items'] + bad})
        self.synchronize()
        self.find("Good")
        self.assertEqual(len(self.local()), 1)
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.discover(self.credentials), [self.calendar])

    def test_retry_after(self):
        "Google is asked again, however long it wants to be left alone"
        for seconds in [10 ** 9, 10 ** 12]:
            with self.subTest(seconds=seconds):
                error = GoogleError(
                    429, 'rateLimitExceeded', transient=True,
                    retry_after=seconds)
                with patch.object(Client, 'execute', side_effect=error):
                    self.assertFalse(self.run_once())
                last, next_ = self.read(
                    CALENDAR, self.calendar, 'last_sync', 'next_sync')
                self.assertEqual(next_ - last, dt.timedelta(days=1))

    def test_links_of_google(self):
        "Links of Google are kept only as http"
        event = self.google.insert_event(ALICE, timed("Links"))

        def plant(answer):
            for item in answer['items']:
                item.update(
                    htmlLink=LINK, hangoutLink='data:text/html,x',
                    conferenceData={'entryPoints': [{
                                'entryPointType': 'video', 'uri': LINK}]})
            return answer
        self.answer(LIST, plant)
        self.synchronize()
        self.assertEqual(
            self.event(self.find("Links"), 'google_id', 'html_link',
                'conference_link'),
            [event['id'], None, None])

    def test_classes(self):
        "Nothing of an answer becomes another object"
        classes = {'__class__': 'bytes', 'base64': '!'}
        self.google.insert_event(ALICE, timed("Classes"))

        def plant(answer):
            for item in answer['items']:
                item.update(classes, extendedProperties=classes)
            return answer
        self.answer(LIST, plant)
        self.synchronize()
        id = self.find("Classes")
        with database(commit=False) as pool:
            base = pool.get(EVENT)(id).google_base
        self.assertEqual(base['extendedProperties'], classes)
        self.assertEqual(self.errors(), [])


del GoogleCalendarTestCase
