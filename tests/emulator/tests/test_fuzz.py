# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Whatever is sent, the emulator never fails: it answers or refuses."
import json

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulator.gateway import Request
from tests.emulator.state import calendar_document

from .common import EmulatorTestCase, setUpModule, tearDownModule, timed

__all__ = ['setUpModule', 'tearDownModule']
_TEXTS = [
    '', 'x', 'primary', '2026-03-01', '2026-03-01T10:00:00Z',
    '2026-03-01T10:00:00', '9999-12-31T23:59:59Z', '0001-01-01T00:00:00Z',
    '0001-01-01', '9999-12-31', '2026-02-30', 'Europe/Paris', 'Mars', 'UTC',
    'a@b.c', 'bob@example.com', 'popup', 'private', 'default', 'cancelled',
    'confirmed', 'birthday', 'focusTime', 'transparent', 'accepted',
    'RRULE:FREQ=DAILY', 'RRULE:FREQ=YEARLY;COUNT=3',
    'RRULE:FREQ=MONTHLY;BYDAY=5MO', 'RRULE:FREQ=DAILY;UNTIL=20260401',
    'RDATE:20260305T100000Z', 'EXDATE;VALUE=DATE:20260301',
    'RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'RDATE:', 'RRULE:',
    'https://example.com/', 'r1', 'hangoutsMeet', '\x00', '\ud83d\ude00']
_WALL = [
    {'dateTime': f'2026-03-01T{h}:00:00', 'timeZone': z}
    for h in ['02', '10'] for z in ['Europe/Paris', 'UTC']]
_DATES = [{'date': f'2026-03-0{d}'} for d in [1, 2]]


def strategy(document, schema, depth=0):
    if '$ref' in schema:
        schema = document.schemas[schema['$ref']]
    kind = schema.get('type')
    if kind == 'object':
        properties = schema.get('properties', {})
        if not properties:
            value = st.dictionaries(
                st.sampled_from(['a', 'b', 'k' * 50]),
                st.sampled_from(_TEXTS), max_size=2)
        elif depth > 3:
            value = st.just({})
        else:
            value = st.fixed_dictionaries({}, optional={
                    k: strategy(document, v, depth + 1)
                    for k, v in properties.items()})
    elif kind == 'array':
        value = st.lists(
            strategy(document, schema['items'], depth + 1), max_size=3)
    elif kind == 'boolean':
        value = st.booleans()
    elif kind == 'integer':
        value = st.sampled_from([-1, 0, 1, 10, 2**31 - 1, 2**40])
    else:
        value = st.sampled_from(_TEXTS)
    return st.one_of(value, value, value, value, st.none())


def bodies():
    document = calendar_document()
    when = st.sampled_from(_WALL + _DATES)
    loose = strategy(document, {'$ref': 'Event'})
    times = st.fixed_dictionaries({'start': when, 'end': when})
    return st.tuples(loose, times, st.booleans()).map(
        lambda v: {**(v[0] or {}), **(v[1] if v[2] else {})})


class TestFuzz(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.token = self.credentials().token
        self.gateway = self.emulator._server.gateway

    def call(self, verb, path, body=None, query=''):
        response = self.gateway.handle(Request(
                verb, '/calendar/v3/' + path, query, {
                    'authorization': f'Bearer {self.token}',
                    'content-type': 'application/json'},
                b'' if body is None else json.dumps(body).encode()))
        self.assertLess(
            response.status, 500, (body, response.body[:2000]))
        return response.status, (
            json.loads(response.body) if response.body else None)

    @settings(
        max_examples=150, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck))
    @given(bodies(), bodies(), st.booleans())
    def test_events(self, first, second, versions):
        calendar = self.emulator.state.calendars['ann@example.com']
        calendar.events.clear()
        query = ''
        if versions:
            query = 'conferenceDataVersion=1&supportsAttachments=true'
        for verb, body in [('POST', first), ('PATCH', second),
                ('PUT', second)]:
            path = 'calendars/primary/events'
            if verb == 'POST':
                event = None
                status, event = self.call(verb, path, body, query)
                if status != 200:
                    _, event = self.call(verb, path, timed(recurrence=[
                                'RRULE:FREQ=DAILY;COUNT=3']))
            else:
                self.call(verb, f'{path}/{event["id"]}', body, query)
        self.call('POST', 'calendars/primary/events/import', first, query)
        for query in ['', 'singleEvents=true&showDeleted=true',
                'timeMin=2026-03-01T10:00:00Z']:
            status, _ = self.call(
                'GET', 'calendars/primary/events', None, query)
            self.assertEqual(status, 200)

    @settings(
        max_examples=50, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck))
    @given(st.data())
    def test_others(self, data):
        "Channels, free/busy, calendars and access rules"
        document = calendar_document()
        self.admin.options(http_channels=True, deliver=False)
        for verb, path, schema in [
                ('POST', 'calendars/primary/events/watch', 'Channel'),
                ('POST', 'users/me/calendarList/watch', 'Channel'),
                ('POST', 'channels/stop', 'Channel'),
                ('POST', 'freeBusy', 'FreeBusyRequest'),
                ('POST', 'calendars', 'Calendar'),
                ('PATCH', 'calendars/primary', 'Calendar'),
                ('POST', 'calendars/primary/acl', 'AclRule'),
                ('PATCH', 'users/me/calendarList/primary',
                    'CalendarListEntry'),
                ('POST', 'users/me/calendarList', 'CalendarListEntry')]:
            body = data.draw(
                strategy(document, {'$ref': schema}), label=path)
            if body is None:
                body = {}
            if schema == 'Channel' and data.draw(st.booleans()):
                body.update(
                    id=data.draw(st.sampled_from(['a', 'b'])),
                    type='web_hook', address='http://127.0.0.1:9/')
            if schema == 'FreeBusyRequest' and data.draw(st.booleans()):
                body.update(
                    timeMin='2026-03-01T00:00:00Z',
                    timeMax='2026-04-01T00:00:00Z')
            self.call(verb, path, body)
        for path in ['calendars/primary', 'users/me/calendarList',
                'calendars/primary/acl']:
            status, _ = self.call('GET', path)
            self.assertEqual(status, 200)
