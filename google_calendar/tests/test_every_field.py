# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import json

from googleapiclient.discovery_cache import get_static_doc

from trytond.modules.google_calendar.tests.tools import (
    ALICE, BOB, GoogleCalendarTestCase, timed)

# what Google changes with every write
STAMPS = {'etag', 'updated', 'sequence'}
# what the resource of one event can not have along with the rest
APART = {'recurringEventId', 'originalStartTime'}
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


# of each type of events, what only it has
TYPES = {
    'birthday': {
        'birthdayProperties': {
            'contact': 'people/c1', 'customTypeName': "Name day",
            'type': 'custom',
            },
        'visibility': 'private',
        'transparency': 'transparent',
        'start': {'date': '2026-12-01'},
        'end': {'date': '2026-12-02'},
        'recurrence': ['RRULE:FREQ=YEARLY'],
        },
    'focusTime': {
        'focusTimeProperties': {
            'autoDeclineMode': 'declineNone', 'declineMessage': "Later",
            'chatStatus': 'doNotDisturb',
            },
        },
    'fromGmail': {},
    'outOfOffice': {
        'outOfOfficeProperties': {
            'autoDeclineMode': 'declineNone', 'declineMessage': "Away",
            },
        },
    'workingLocation': {
        'workingLocationProperties': {
            'type': 'customLocation',
            'customLocation': {'label': "Park"},
            'homeOffice': {},
            'officeLocation': {
                'buildingId': 'b', 'deskId': 'd', 'floorId': '1',
                'floorSectionId': 'f', 'label': "Office",
                },
            },
        'visibility': 'public',
        'transparency': 'transparent',
        },
    }
# the values that are not any text
VALUES = {
    'attendees.email': BOB,
    'attendees.responseStatus': 'tentative',
    # Google tells them only of who is it
    'attendees.organizer': None,
    'attendees.self': None,
    'attendeesOmitted': False,
    'colorId': '5',
    'conferenceData.createRequest.status.statusCode': 'success',
    'conferenceData.entryPoints.entryPointType': 'video',
    'conferenceData.entryPoints.uri': 'https://zoom.example/j/1',
    'creator.email': ALICE,
    'end': {'dateTime': '2026-12-01T11:00:00Z', 'timeZone': 'Europe/Paris'},
    'etag': None,
    'eventType': 'default',
    'gadget.display': 'icon',
    'guestsCanInviteOthers': False,
    'guestsCanSeeOtherGuests': False,
    'hangoutLink': 'https://meet.google.com/abc',
    'htmlLink': 'https://www.google.com/calendar/event?eid=x',
    'id': 'everyfield',
    'kind': None,
    'locked': False,
    'organizer.email': ALICE,
    'recurrence': FULL['recurrence'],
    'reminders': FULL['reminders'],
    'source.url': 'https://example.com/x',
    'start': {'dateTime': '2026-12-01T09:00:00Z', 'timeZone': 'UTC'},
    'status': 'tentative',
    'summary': "Before",
    'transparency': 'transparent',
    'visibility': 'private',
    'created': '2026-01-01T00:00:00.000Z',
    'updated': None,
    }
SCHEMAS = json.loads(get_static_doc('calendar', 'v3'))['schemas']


def schema():
    return SCHEMAS['Event']['properties']


def filled(definition, path):
    "A value of the schema, with all that it can have"
    path_text = '.'.join(path)
    if path_text in VALUES:
        return VALUES[path_text]
    definition = SCHEMAS.get(definition.get('$ref'), definition)
    match definition.get('type'):
        case 'object':
            value = {
                name: filled(d, [*path, name])
                for name, d in definition.get('properties', {}).items()}
            if 'additionalProperties' in definition:
                value['a key'] = f"{path_text} value"
            return {n: v for n, v in value.items() if v is not None}
        case 'array':
            return [filled(definition['items'], path)]
        case 'boolean':
            return True
        case 'integer':
            return 3
    return f"{path_text} text"


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

    def assert_only(self, before, after, name):
        "Only the member differs, at any depth, but for the stamps"
        for stamp in STAMPS:
            before.pop(stamp)
            after.pop(stamp)
        self.assertNotEqual(after.pop(name), before.pop(name))
        self.assertEqual(after, before)

    def test_schema(self):
        "Every field of the schema, nested ones too, of a default event"
        names = (
            schema().keys() - APART - {f'{t}Properties' for t in TYPES})
        event = {n: filled(schema()[n], [n]) for n in names}
        self.google.plant_event(
            ALICE, {n: v for n, v in event.items() if v is not None})

        before, after = self.change('everyfield', summary="After")

        self.assertLessEqual(names, before.keys())
        for name, value in event.items():
            if name not in {*STAMPS, 'start', 'end', 'kind'}:
                self.assertEqual(before[name], value)
        self.assert_only(before, after, 'summary')

    def test_schema_guests(self):
        "What is told of a guest goes back when another is invited"
        self.google.plant_event(ALICE, timed(
                "Before", id='everyfield',
                attendees=[filled(schema()['attendees']['items'],
                        ['attendees'])]))
        bodies = []
        with self.hook('push', lambda client, operations: bodies.extend(
                    o.body for o in operations)):
            self.change('everyfield', attendees=[
                    ('create', [{'email': 'carol@example.com'}])])

        sent, = bodies
        self.assertEqual(sent['attendees'], [
                filled(schema()['attendees']['items'], ['attendees']),
                {'email': 'carol@example.com'}])

    def test_exception(self):
        "The fields that only one occurrence of a series has"
        series = self.google.insert_event(ALICE, timed(
                "Series", recurrence=['RRULE:FREQ=DAILY;COUNT=3']))
        google_id = self.google.change_instance(
            ALICE, series['id'], series['start']['dateTime'],
            {'summary': "Before"})['id']
        before, after = self.change(google_id, summary="After")
        self.assertLessEqual(APART, before.keys())
        self.assert_only(before, after, 'summary')

    def test_types(self):
        "What events of each type have, besides, stays as it is"
        self.assertEqual(
            {f'{t}Properties' for t in TYPES} & schema().keys(),
            {n for n in schema() if n.endswith('Properties')}
            - {'extendedProperties'})
        for number, (kind, body) in enumerate(TYPES.items()):
            with self.subTest(kind):
                name = f'{kind}Properties'
                self.assertEqual(
                    body.get(name, {}).keys(),
                    SCHEMAS.get(schema().get(name, {}).get('$ref'), {}).get(
                        'properties', {}).keys())
                google_id = f'aaaaa{number}'
                self.google.plant_event(ALICE, {
                        **timed(kind), **body, 'eventType': kind,
                        'id': google_id,
                        })
                before = self.google.get_event(ALICE, google_id)
                self.synchronize()
                # of some the summary can not be changed
                changes = {'color_id': '3'}
                if kind not in {'birthday', 'fromGmail'}:
                    changes['summary'] = "After"
                self.write(self.find(kind), **changes)
                self.synchronize()
                self.assertEqual(self.errors(), [])
                after = self.google.get_event(ALICE, google_id)
                self.assertEqual(after.pop('colorId'), '3')
                if 'summary' in changes:
                    self.assertEqual(after['summary'], "After")
                    before['summary'] = "After"
                for stamp in STAMPS:
                    before.pop(stamp)
                    after.pop(stamp)
                self.assertEqual(after, before)

    def test_summary(self):
        before, after = self.change(self.insert(), summary="After")

        self.assertEqual(after.pop('summary'), "After")
        self.assertEqual(before.pop('summary'), "Before")
        self.assertLessEqual(FULL.keys(), before.keys())
        for name in {*schema(), *before, *after} - STAMPS:
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
