# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import json

from googleapiclient.discovery_cache import get_static_doc

from trytond.modules.google_calendar.tests.tools import (
    ALICE, BOB, GoogleCalendarTestCase, timed)

# what Google changes with every write
STAMPS = {'etag', 'updated', 'sequence'}
# what Google alone writes, or no write of the API can set
SERVER = {
    'kind', 'id', 'htmlLink', 'created', 'creator', 'organizer', 'iCalUID',
    'hangoutLink', 'locked', 'privateCopy', 'recurringEventId',
    'originalStartTime', 'attendeesOmitted', 'endTimeUnspecified',
    'eventType',
    }
# deprecated, or of other types of events
OTHERS = {
    'gadget', 'birthdayProperties', 'focusTimeProperties',
    'outOfOfficeProperties', 'workingLocationProperties', 'eventLabelId',
    }
FULL = {
    'description': "<p>Some <b>HTML</b></p><script>x</script>",
    'location': "Room 1",
    'status': 'tentative',
    'colorId': '5',
    'visibility': 'private',
    'transparency': 'transparent',
    'recurrence': [
        'RRULE:FREQ=WEEKLY;BYDAY=TU;COUNT=9;WKST=SU',
        'EXDATE;TZID=UTC:20261208T090000',
        'RDATE:20261224T090000Z'],
    'attendees': [
        {
            'email': BOB, 'displayName': "Bob", 'optional': True,
            'additionalGuests': 2, 'comment': "Hello",
            },
        {'email': 'room@resource.calendar.google.com', 'resource': True},
        ],
    'reminders': {
        'useDefault': False,
        'overrides': [
            {'method': 'popup', 'minutes': 7},
            {'method': 'email', 'minutes': 77}],
        },
    'extendedProperties': {
        'private': {'a': "1", 'trytonRecord': "other:sale.sale,1"},
        'shared': {'b': "2"},
        },
    'guestsCanInviteOthers': False,
    'guestsCanModify': True,
    'guestsCanSeeOtherGuests': False,
    'anyoneCanAddSelf': True,
    'source': {'title': "Source", 'url': 'https://example.com/x'},
    'attachments': [{
            'fileUrl': 'https://drive.google.com/file/d/1/view',
            'title': "Plan", 'mimeType': 'application/pdf',
            }],
    'conferenceData': {
        'createRequest': {
            'requestId': 'r1',
            'conferenceSolutionKey': {'type': 'hangoutsMeet'},
            },
        },
    }


def schema():
    document = json.loads(get_static_doc('calendar', 'v3'))
    return set(document['schemas']['Event']['properties'])


class EveryFieldTestCase(GoogleCalendarTestCase):
    "After a change of the summary nothing else differs at Google"

    def insert(self):
        return self.google.insert_event(
            ALICE, timed("Before", **FULL), conferenceDataVersion=1,
            supportsAttachments=True)['id']

    def change(self, google_id, **values):
        before = self.google.get_event(ALICE, google_id)
        self.synchronize()
        self.write(self.find("Before"), **values)
        self.synchronize()
        self.assertEqual(self.errors(), [])
        return before, self.google.get_event(ALICE, google_id)

    def test_schema(self):
        "The test knows every field of the schema"
        self.assertEqual(
            schema() - SERVER - OTHERS - STAMPS,
            {*FULL, 'summary', 'start', 'end'})

    def test_summary(self):
        before, after = self.change(self.insert(), summary="After")

        self.assertEqual(after.pop('summary'), "After")
        self.assertEqual(before.pop('summary'), "Before")
        self.assertLessEqual(FULL.keys(), before.keys())
        for name in (schema() | before.keys() | after.keys()) - STAMPS:
            with self.subTest(name=name):
                self.assertEqual(after.get(name), before.get(name))

    def test_each(self):
        "Every field that is changed here changes alone"
        for values, expected in [
                ({'description': "x"}, {'description'}),
                ({'location': None}, {'location'}),
                ({'status': 'confirmed'}, {'status'}),
                ({'color_id': None}, {'colorId'}),
                ({'visibility': 'public'}, {'visibility'}),
                ({'transparency': 'opaque'}, {'transparency'}),
                ({'guests_can_modify': False}, {'guestsCanModify'}),
                ({'default_reminders': True}, {'reminders'}),
                ({'conference': False}, {'conferenceData', 'hangoutLink'}),
                ({'recurrence': 'RRULE:FREQ=DAILY;COUNT=2'}, {'recurrence'}),
                ]:
            with self.subTest(values=values):
                google_id = self.insert()
                before, after = self.change(google_id, **values)
                self.assertEqual({
                        name for name in before.keys() | after.keys()
                        if before.get(name) != after.get(name)
                        } - STAMPS, expected)
                self.google.delete_event(ALICE, google_id)
                self.synchronize()
