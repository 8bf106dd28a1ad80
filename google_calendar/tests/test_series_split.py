# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import unittest

from trytond.modules.google_calendar.exceptions import EventScopeError
from trytond.modules.google_calendar.kept import add_kept, kept_of
from trytond.modules.google_calendar.tests.series_case import (
    WEEK, SeriesTestCase)
from trytond.modules.google_calendar.tests.test_every_field import (
    FULL, STAMPS, schema)
from trytond.modules.google_calendar.tests.tools import (
    ALICE, BOB, EVENT, HOUR, MORNING, at, timed)

CAROL = 'carol@example.com'
# what is of the one event alone
OWN = STAMPS | {'id', 'iCalUID', 'htmlLink', 'created'}
AT = [MORNING + n * WEEK for n in range(9)]


class SplitHereTestCase(SeriesTestCase):
    "Test that a split here is at Google what one there is"

    def insert(self, **values):
        id = self.google.insert_event(
            ALICE, timed("Series", **values), conferenceDataVersion=1,
            supportsAttachments=True)['id']
        self.synchronize()
        return id

    def here(self, google_id):
        id, = self.search(EVENT, 'id', domain=[('google_id', '=', google_id)])
        return id

    def there(self, id):
        return self.google.get_event(ALICE, self.event(id, 'google_id'))

    def occurrence(self, series, start):
        return self.google.get_event(ALICE, self.google.instance_id(
                ALICE, self.event(series, 'google_id'), at(start)))

    def assert_like_google(self, new, other):
        "Nothing differs but for what no two events share"
        new, other = self.there(new), self.google.get_event(ALICE, other)
        self.assertIn(
            'trytonEvent', new['extendedProperties']['private'])
        del new['extendedProperties']['private']['trytonEvent']
        # a Google Meet is of one event
        for event in [new, other]:
            self.assertEqual(
                event['conferenceData']['conferenceSolution']['key']['type'],
                'hangoutsMeet')
        self.assertNotEqual(new.pop('hangoutLink'), other.pop('hangoutLink'))
        for event in [new, other]:
            del event['conferenceData']
        for name in (schema() | new.keys() | other.keys()) - OWN:
            with self.subTest(name=name):
                self.assertEqual(new.get(name), other.get(name))

    def test_keeps(self):
        "The new series has all that the old one had"
        ids = [self.insert(**FULL) for _ in range(2)]
        other = self.google.split_series(
            ALICE, ids[0], at(AT[3]), {'location': "There"})['id']
        self.requests()
        new = self.change(
            self.here(ids[1]), AT[3], 'following', location="There")
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.sent(), ['insert', 'patch'])
        self.assert_like_google(new, other)
        self.synchronize()
        self.assert_same_occurrences()
        self.assert_settled()

    def test_keeps_answers(self):
        "The guests need not answer again"
        id = self.insert(
            recurrence=['RRULE:FREQ=WEEKLY;COUNT=5'], attendees=[
                {'email': BOB, 'responseStatus': 'accepted', 'comment': "Yes"},
                {'email': CAROL, 'responseStatus': 'tentative'}])
        new = self.change(
            self.here(id), AT[2], 'following', location="There")
        self.synchronize()
        self.assertEqual(
            {a['email']: a['responseStatus']
                for a in self.there(new)['attendees']},
            {BOB: 'accepted', CAROL: 'tentative'})
        self.assertEqual(
            set(self.search(
                    'google_calendar.attendee', 'email', 'response', 'comment',
                    domain=[('event', '=', new)])),
            {(BOB, 'accepted', "Yes"), (CAROL, 'tentative', None)})

    def test_guest_removed(self):
        "Who was removed before it is sent is not invited again"
        id = self.insert(
            recurrence=['RRULE:FREQ=WEEKLY;COUNT=5'],
            attendees=[{'email': BOB}, {'email': CAROL}])
        new = self.change(
            self.here(id), AT[2], 'following', location="There")
        with self.user() as pool:
            Attendee = pool.get('google_calendar.attendee')
            Attendee.delete(Attendee.search([
                        ('event', '=', new), ('email', '=', CAROL)]))
        self.synchronize()
        self.assertEqual(
            [a['email'] for a in self.there(new)['attendees']], [BOB])

    def test_guests_omitted(self):
        "A series of which not all the guests are known is not divided"
        id = self.here(self.insert(
                recurrence=['RRULE:FREQ=WEEKLY;COUNT=5'],
                attendees=[{'email': BOB}]))
        self.update(EVENT, id, attendees_omitted=True)
        with self.assertRaises(EventScopeError):
            self.change(id, AT[2], 'following', location="There")

    def test_exceptions_keep(self):
        "What was answered and attached of one occurrence alone is kept"
        id = self.insert(
            recurrence=['RRULE:FREQ=WEEKLY;COUNT=6'],
            attendees=[{'email': BOB}, {'email': CAROL}],
            conferenceData=FULL['conferenceData'],
            extendedProperties={'shared': {'a': "1"}})
        self.google.change_instance(ALICE, id, at(AT[3]), {'attendees': [
                    {'email': BOB, 'responseStatus': 'declined'},
                    {'email': CAROL}]})
        self.google.change_instance(
            ALICE, id, at(AT[4]), {
                'extendedProperties': {'shared': {'b': "2"}},
                'attachments': FULL['attachments'],
                }, supportsAttachments=True)
        self.synchronize()
        self.requests()
        new = self.change(
            self.here(id), AT[2], 'following', location="There")
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assertEqual(self.sent(), ['insert'] + 3 * ['patch'])
        third, fourth, last = (
            self.occurrence(new, AT[n]) for n in [3, 4, 5])
        self.assertEqual(
            [
                [a['responseStatus'] for a in o['attendees']]
                for o in [third, fourth, last]],
            [['declined', 'needsAction'], 2 * ['needsAction'],
                2 * ['needsAction']])
        self.assertEqual(
            fourth['extendedProperties']['shared'], {'a': "1", 'b': "2"})
        self.assertEqual(
            fourth['attachments'][0]['title'],
            FULL['attachments'][0]['title'])
        # the Google Meet is that of the new series
        self.assertEqual(
            {o['hangoutLink'] for o in [third, fourth, last]},
            {self.there(new)['hangoutLink']})
        self.synchronize()
        self.assert_same_occurrences(6)
        self.assert_settled()

    def test_again_before_it_is_sent(self):
        id = self.insert(**FULL)
        other = self.google.split_series(
            ALICE, self.insert(**FULL), at(AT[5]), {'location': "Z"})['id']
        new = self.change(self.here(id), AT[3], 'following', location="Y")
        newest = self.change(new, AT[5], 'following', location="Z")
        self.synchronize()
        self.assertEqual(self.errors(), [])
        self.assert_like_google(newest, other)
        self.assertEqual(
            self.there(new)['attachments'], self.there(newest)['attachments'])
        self.synchronize()
        self.assert_same_occurrences()
        self.assert_settled()

    def test_answer_lost(self):
        "What is kept is not lost with the request, nor with its answer"
        for action in ['drop_before', 'drop_after']:
            with self.subTest(action):
                id = self.insert(**FULL)
                other = self.google.split_series(
                    ALICE, self.insert(**FULL), at(AT[3]),
                    {'location': action})['id']
                new = self.change(
                    self.here(id), AT[3], 'following', location=action)
                self.google.add_fault(
                    action, method_id='calendar.batch', times=2)
                self.run_once()
                self.google.clear_faults()
                self.synchronize()
                self.synchronize()
                self.assertEqual(self.errors(), [])
                self.assert_like_google(new, other)

    # The exception that is opened

    def test_opened_following(self):
        "What is changed of an exception is changed, too"
        series = self.series()
        self.synchronize()
        self.change(series, AT[2], 'this', summary="Special", location="Here")
        self.change(series, AT[3], 'this', summary="Other")
        self.synchronize()
        self.requests()
        self.change(series, AT[2], 'following', summary="New")
        expected = [
            (AT[0], "Series", None), (AT[1], "Series", None),
            (AT[2], "New", "Here"), (AT[3], "Other", None),
            (AT[4], "New", None)]
        self.assertEqual(self.at('summary', 'location'), expected)
        self.synchronize()
        self.assertEqual(self.sent(), ['insert'] + 3 * ['patch'])
        self.synchronize()
        self.assertEqual(self.at('summary', 'location'), expected)
        self.assert_same_occurrences(5)
        self.assert_settled()

    def test_opened_all(self):
        series = self.series()
        self.synchronize()
        self.change(series, AT[2], 'this', summary="Special")
        self.change(series, AT[3], 'this', summary="Other")
        self.synchronize()
        self.requests()
        self.change(series, AT[2], 'all', summary="New")
        expected = [
            (AT[0], "New"), (AT[1], "New"), (AT[2], "New"),
            (AT[3], "Other"), (AT[4], "New")]
        self.assertEqual(self.at('summary'), expected)
        self.synchronize()
        self.assertEqual(self.sent(), ['patch'] * 2)
        self.synchronize()
        self.assertEqual(self.at('summary'), expected)
        self.assert_same_occurrences(5)
        self.assert_settled()

    def test_opened_moves(self):
        "Where the series moves away Google resets the exception"
        series = self.series()
        self.synchronize()
        self.change(series, AT[2], 'this', summary="Special")
        self.synchronize()
        self.requests()
        self.change(
            series, AT[2], 'all', summary="New", start=AT[2] + HOUR,
            end=AT[2] + 2 * HOUR)
        self.synchronize()
        self.assertEqual(self.sent(), ['patch'])
        self.synchronize()
        self.assertEqual(
            self.at('summary'), [(t + HOUR, "New") for t in AT[:5]])
        self.assert_same_occurrences(5)
        self.assert_settled()


class KeptTestCase(unittest.TestCase):
    "Test what is kept of a resource"

    def test_conference(self):
        "One of Google is never copied, that of others is"
        for kind, kept in [('hangoutsMeet', False), ('addOn', True)]:
            data = {
                'conferenceSolution': {'key': {'type': kind}},
                'entryPoints': [{'uri': 'https://example.com/x'}],
                }
            result = kept_of({'conferenceData': data}, 'own:')
            self.assertEqual('conferenceData' in result, kept)
            request = {'conferenceData': {'createRequest': {}}}
            values = {'attendees': []}
            self.assertEqual(
                add_kept(request, result, values),
                {'conferenceData': data} if kept else request)
            # without one none is added
            self.assertEqual(add_kept({}, result, values), {})

    def test_types(self):
        "The types that can be created stay"
        for kind, kept in [
                ('outOfOffice', True), ('fromGmail', False),
                ('default', False)]:
            self.assertEqual(
                kept_of({'eventType': kind}, 'own:'),
                {'eventType': kind} if kept else {})

    def test_odd(self):
        for resource in [
                {'attendees': None}, {'attendees': ["x"]},
                {'extendedProperties': "x"},
                {'extendedProperties': {'private': "x"}},
                {'conferenceData': {'conferenceSolution': "x"}}]:
            with self.subTest(resource):
                self.assertEqual(kept_of(resource, 'own:'), {})

    def test_exception(self):
        "Of an exception what is not so of its series"
        series = {'source': {'url': 'x'}, 'anyoneCanAddSelf': True}
        self.assertEqual(
            kept_of({**series, 'source': {'url': 'y'}}, 'own:', series),
            {'source': {'url': 'y'}})
        self.assertEqual(kept_of(series, 'own:', series), {})

    def test_properties(self):
        "What names a record here is not kept, the record may be another"
        properties = {'private': {'a': "own:x,1", 'b': "other:x,1"}}
        self.assertEqual(
            kept_of({'extendedProperties': properties}, 'own:'),
            {'extendedProperties': {'private': {'b': "other:x,1"}}})
