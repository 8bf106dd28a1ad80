# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from .common import (
    EmulatorTestCase, all_day, setUpModule, tearDownModule, timed)

__all__ = ['setUpModule', 'tearDownModule']
ANN = 'ann@example.com'


class TestSync(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.api = self.service()
        self.events = self.api.events()

    def fill(self, count):
        return self.admin.insert_events(
            ANN, [timed(i % 27 + 1, summary=f'e{i}') for i in range(count)])

    def pages(self, **values):
        values.setdefault('calendarId', 'primary')
        page = None
        while True:
            answer = self.events.list(pageToken=page, **values).execute()
            yield answer
            page = answer.get('nextPageToken')
            if page is None:
                return
            self.assertNotIn('nextSyncToken', answer)

    def all(self, **values):
        "Return (items, sync token)"
        pages = list(self.pages(**values))
        return (
            [i for p in pages for i in p['items']],
            pages[-1].get('nextSyncToken'))

    def test_pages(self):
        events = self.fill(7)
        pages = list(self.pages(maxResults=3))
        self.assertEqual([len(p['items']) for p in pages], [3, 3, 1])
        self.assertEqual(
            [i['id'] for p in pages for i in p['items']],
            [e['id'] for e in events])
        self.admin.options(max_page=2, empty_pages=1)
        pages = list(self.pages())
        self.assertEqual(
            [len(p['items']) for p in pages], [0, 2, 0, 2, 0, 2, 0, 1])

    def test_default_size(self):
        self.fill(251)
        self.assertEqual(
            [len(p['items']) for p in self.pages()], [250, 1])
        self.assertEqual(
            [len(p['items']) for p in self.pages(maxResults=9999)], [251])
        self.assertRefused(400, 'invalidParameter', self.all, maxResults=0)

    def test_page_token_bound(self):
        self.fill(5)
        page = next(self.pages(maxResults=2))['nextPageToken']
        for values in [{'maxResults': 3}, {
                    'maxResults': 2, 'showDeleted': True}]:
            self.assertRefused(400, 'invalid', self.events.list(
                    calendarId='primary', pageToken=page, **values).execute)
        self.assertRefused(400, 'invalid', self.events.list(
                calendarId='primary', pageToken='x').execute)

    def test_incremental(self):
        one, two, three = self.fill(3)
        _, token = self.all()
        items, token = self.all(syncToken=token)
        self.assertEqual(items, [])
        self.admin.patch_event(ANN, one['id'], {'summary': 'New'})
        self.admin.delete_event(ANN, two['id'])
        self.admin.insert_event(ANN, all_day(id='fresh'))
        items, after = self.all(syncToken=token)
        self.assertEqual(
            [(i['id'], i['status']) for i in items], [
                (one['id'], 'confirmed'), (two['id'], 'cancelled'),
                ('fresh', 'confirmed')])
        # details of deleted events only with showDeleted
        self.assertEqual(
            set(items[1]), {'kind', 'etag', 'id', 'status'})
        items, _ = self.all(syncToken=token, showDeleted=True)
        self.assertEqual(items[1]['summary'], 'e1')
        self.assertEqual(self.all(syncToken=after)[0], [])
        # a full list omits them
        self.assertEqual(len(self.all()[0]), 3)
        self.assertEqual(len(self.all(showDeleted=True)[0]), 4)

    def test_incremental_pages(self):
        self.fill(4)
        _, token = self.all(maxResults=3)
        for event in self.admin.dump(ANN)[0]['events']:
            self.admin.patch_event(ANN, event['id'], {'summary': 'x'})
        pages = self.pages(syncToken=token, maxResults=3)
        first = next(pages)
        self.assertEqual(len(first['items']), 3)
        # a change between two pages is not lost
        changed = first['items'][0]['id']
        self.admin.patch_event(ANN, changed, {'summary': 'y'})
        last = list(pages)[-1]
        items, _ = self.all(syncToken=last['nextSyncToken'], maxResults=3)
        self.assertEqual([i['id'] for i in items], [changed])

    def test_forbidden(self):
        _, token = self.all()
        for name, value in [
                ('iCalUID', 'x'), ('orderBy', 'updated'), ('q', 'x'),
                ('privateExtendedProperty', ['a=b']),
                ('sharedExtendedProperty', ['a=b']),
                ('timeMin', '2026-01-01T00:00:00Z'),
                ('timeMax', '2026-01-01T00:00:00Z'),
                ('updatedMin', '2026-01-01T00:00:00Z'),
                ('showDeleted', False), ('singleEvents', True),
                ('eventTypes', ['default'])]:
            with self.subTest(name=name):
                self.assertRefused(400, 'badRequest', self.events.list(
                        calendarId='primary', syncToken=token,
                        **{name: value}).execute)
        self.assertRefused(400, 'invalid', self.all, syncToken='x')
        self.assertRefused(
            400, 'invalid', self.all, syncToken=token,
            calendarId=self.admin.create_calendar(ANN, 'x')['id'])

    def test_expired(self):
        self.fill(1)
        _, token = self.all()
        self.admin.expire_sync_tokens(ANN)
        self.assertRefused(
            410, 'fullSyncRequired', self.all, syncToken=token)
        _, token = self.all()
        # the access role changed
        self.admin.share_calendar(ANN, 'bob@example.com', 'reader')
        self.all(syncToken=token)
        self.admin.advance(29 * 86400)
        self.assertRefused(
            410, 'fullSyncRequired', self.all, syncToken=token)
        self.assertRefused(
            410, 'updatedMinTooLongAgo', self.all,
            updatedMin='2000-01-01T00:00:00Z')

    def test_expired_by_role(self):
        calendar = self.admin.create_calendar('bob@example.com', 'B')['id']
        self.admin.share_calendar(calendar, ANN, 'writer')
        _, token = self.all(calendarId=calendar)
        self.admin.share_calendar(calendar, ANN, 'reader')
        self.assertRefused(
            410, 'fullSyncRequired', self.all, syncToken=token,
            calendarId=calendar)

    def test_filters(self):
        self.admin.insert_events(ANN, [
                timed(1, summary='Red apple', extendedProperties={
                        'private': {'a': '1'}, 'shared': {'b': '2'}}),
                timed(2, summary='Green apple', extendedProperties={
                        'private': {'a': '1'}}),
                all_day('2026-03-03', '2026-03-04', iCalUID='uid')])

        def names(**values):
            items, token = self.all(**values)
            return [i['start'].get('dateTime', i['start'].get('date'))[8:10]
                for i in items]

        self.assertEqual(names(q='APPLE red'), ['01'])
        self.assertEqual(names(iCalUID='uid'), ['03'])
        self.assertEqual(
            names(privateExtendedProperty=['a=1']), ['01', '02'])
        self.assertEqual(names(
                privateExtendedProperty='a=1',
                sharedExtendedProperty='b=2'), ['01'])
        self.assertEqual(names(timeMin='2026-03-01T10:00:00Z'), ['02', '03'])
        self.assertEqual(names(timeMin='2026-03-01T09:59:59Z'),
            ['01', '02', '03'])
        self.assertEqual(names(timeMax='2026-03-02T09:00:00Z'), ['01'])
        self.assertEqual(names(eventTypes=['birthday']), [])
        self.assertEqual(
            names(orderBy='startTime', singleEvents=True),
            ['01', '02', '03'])
        self.assertRefused(400, 'badRequest', names, orderBy='startTime')
        self.assertRefused(400, 'badRequest', names, timeMin='2026-03-01')
        self.assertRefused(
            400, 'timeRangeEmpty', names, timeMin='2026-03-02T00:00:00Z',
            timeMax='2026-03-01T00:00:00Z')
        self.assertIsNone(self.all(q='x')[1])
        self.assertIsNone(self.all(orderBy='updated')[1])

    def test_restricted_token(self):
        self.fill(27)
        items, token = self.all(timeMin='2026-03-20T00:00:00Z')
        self.assertEqual(len(items), 8)
        self.admin.insert_event(ANN, timed(1))
        self.admin.insert_event(ANN, timed(25, id='inside'))
        items, token = self.all(syncToken=token)
        self.assertEqual([i['id'] for i in items], ['inside'])
        self.admin.insert_event(ANN, timed(1))
        self.assertEqual(self.all(syncToken=token)[0], [])

    def test_updated_increases(self):
        self.fill(20)
        stamps = [
            e['updated'] for e in self.all()[0]]
        self.assertEqual(stamps, sorted(set(stamps)))

    def test_long_url(self):
        "Sent as POST with x-http-method-override"
        self.fill(1)
        items, _ = self.all(q='e0 ' + 'e0 ' * 1000)
        self.assertEqual(len(items), 1)
        self.assertEqual(self.admin.log()[-1]['method'], 'GET')

    def test_calendar_list(self):
        calendars = self.api.calendarList()
        first = calendars.list().execute()
        token = first['nextSyncToken']
        made = self.admin.create_calendar(ANN, 'New')['id']
        answer = calendars.list(syncToken=token).execute()
        self.assertEqual([c['id'] for c in answer['items']], [made])
        self.assertEqual(answer['items'][0]['accessRole'], 'owner')
        self.assertRefused(400, 'badRequest', calendars.list(
                syncToken=token, minAccessRole='owner').execute)
        self.admin.delete_calendar(ANN, made)
        answer = calendars.list(
            syncToken=answer['nextSyncToken']).execute()
        self.assertTrue(answer['items'][0]['deleted'])
        self.admin.expire_calendar_list_tokens()
        self.assertRefused(410, 'fullSyncRequired', calendars.list(
                syncToken=token).execute)
        shared = self.admin.create_calendar('bob@example.com', 'B')['id']
        self.admin.share_calendar(shared, ANN, 'reader')
        self.assertEqual(len(calendars.list().execute()['items']), 2)
        self.assertEqual(len(calendars.list(
                    minAccessRole='writer').execute()['items']), 1)
        entry = calendars.patch(calendarId=shared, body={
                'summaryOverride': 'Mine', 'hidden': True,
                'summary': 'x'}).execute()
        self.assertEqual(
            (entry['summary'], entry['summaryOverride']), ('B', 'Mine'))
        self.assertEqual(len(calendars.list().execute()['items']), 1)
        self.assertEqual(len(
                calendars.list(showHidden=True).execute()['items']), 2)
        calendars.delete(calendarId=shared).execute()
        self.assertRefused(404, 'notFound', calendars.get(
                calendarId=shared).execute)
        calendars.insert(body={'id': shared}).execute()

    def test_calendars(self):
        calendars = self.api.calendars()
        made = calendars.insert(body={'summary': 'x'}).execute()
        self.assertEqual(made['timeZone'], 'Europe/Paris')
        changed = calendars.patch(calendarId=made['id'], body={
                'description': 'd'}).execute()
        self.assertEqual(changed['description'], 'd')
        self.assertRefused(400, 'invalid', calendars.patch(
                calendarId=made['id'], body={'timeZone': 'x'}).execute)
        self.assertRefused(400, 'required', calendars.update(
                calendarId=made['id'], body={'description': ''}).execute)
        calendars.delete(calendarId=made['id']).execute()
        self.assertRefused(404, 'notFound', calendars.get(
                calendarId=made['id']).execute)
        self.assertRefused(400, 'invalid', calendars.delete(
                calendarId='primary').execute)
        self.fill(2)
        calendars.clear(calendarId='primary').execute()
        self.assertEqual(self.all()[0], [])
