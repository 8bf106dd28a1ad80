# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from .common import (
    EmulatorTestCase, all_day, setUpModule, tearDownModule, timed)

__all__ = ['setUpModule', 'tearDownModule']
ANN = 'ann@example.com'


class TestRecurrence(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.events = self.service().events()

    def series(self, *lines, **values):
        return self.events.insert(calendarId='primary', body=timed(
                recurrence=list(lines) or ['RRULE:FREQ=DAILY;COUNT=4'],
                **values)).execute()

    def instances(self, event, **values):
        return self.events.instances(
            calendarId='primary', eventId=event['id'],
            **values).execute()['items']

    def list(self, **values):
        answer = self.events.list(calendarId='primary', **values).execute()
        return answer['items'], answer.get('nextSyncToken')

    def starts(self, *lines, **values):
        return [
            i['start']['dateTime']
            for i in self.instances(self.series(*lines, **values))]

    def test_summer_time(self):
        "The rule is expanded in the zone of the event"
        starts = self.starts('RRULE:FREQ=WEEKLY;COUNT=2', day=26)
        self.assertEqual(starts, [
                '2026-03-26T10:00:00+01:00', '2026-04-02T10:00:00+02:00'])

    def test_lines(self):
        days = [s[8:10] for s in self.starts(
                'RRULE:FREQ=DAILY;COUNT=4',
                'EXDATE;TZID=Europe/Paris:20260302T100000',
                'EXDATE:20260303T090000Z',
                'RDATE;TZID=Europe/Paris:20260310T100000')]
        self.assertEqual(days, ['01', '04', '10'])
        days = [s[8:10] for s in self.starts(
                'RRULE:FREQ=DAILY;UNTIL=20260302T090000Z')]
        self.assertEqual(days, ['01', '02'])
        days = [s[8:10] for s in self.starts(
                'RRULE:FREQ=DAILY;COUNT=4', 'EXRULE:FREQ=DAILY;INTERVAL=2')]
        self.assertEqual(days, ['02', '04'])

    def test_bad(self):
        for lines in [
                ['DTSTART:20260301T100000Z', 'RRULE:FREQ=DAILY'],
                ['RRULE:COUNT=2'], ['RRULE:FREQ=SOMETIMES'],
                ['RRULE:FREQ=DAILY;COUNT=2;UNTIL=20270101T000000Z'],
                ['RRULE:FREQ=DAILY;INTERVAL=0'],
                ['RRULE:FREQ=DAILY;COUNT=x'], ['FREQ=DAILY'],
                ['RRULE:FREQ=DAILY;FOO=1'], ['EXDATE:20260301T090000Z'],
                ['RRULE:FREQ=DAILY', 'EXDATE:nonsense'],
                ['RRULE:FREQ=DAILY;UNTIL=20250101T000000Z'],
                ['RRULE:FREQ=DAILY', 'RDATE;TZID=Mars:20260301T100000'],
                ['RRULE:FREQ=DAILY\nRRULE:FREQ=DAILY']]:
            with self.subTest(lines=lines):
                self.assertRefused(400, 'invalid', self.series, *lines)
        body = timed(recurrence=['RRULE:FREQ=DAILY'])
        for name in ['start', 'end']:
            body[name] = {'dateTime': body[name]['dateTime'] + 'Z'}
        self.assertRefused(400, 'required', self.events.insert(
                calendarId='primary', body=body).execute)
        # an all-day series needs dates
        self.assertRefused(400, 'invalid', self.events.insert(
                calendarId='primary', body=all_day(recurrence=[
                        'RRULE:FREQ=DAILY',
                        'EXDATE:20260301T090000Z'])).execute)

    def test_all_day(self):
        event = self.events.insert(calendarId='primary', body=all_day(
                recurrence=[
                    'RRULE:FREQ=DAILY;COUNT=3',
                    'EXDATE;VALUE=DATE:20260302'])).execute()
        self.assertEqual(
            [i['id'] for i in self.instances(event)],
            [event['id'] + '_20260301', event['id'] + '_20260303'])

    def test_instance(self):
        event = self.series()
        _, token = self.list()
        _, single = self.list(singleEvents=True)
        one = self.instances(event)[1]
        self.assertEqual(one['recurringEventId'], event['id'])
        self.assertEqual(one['iCalUID'], event['iCalUID'])
        self.assertNotIn('recurrence', one)
        body = timed(2, 15, summary='Moved')
        changed = self.events.patch(
            calendarId='primary', eventId=one['id'], body=body).execute()
        self.assertEqual(changed['id'], one['id'])
        self.assertEqual(
            changed['originalStartTime'], one['originalStartTime'])
        two = self.instances(event)[2]
        self.events.delete(
            calendarId='primary', eventId=two['id']).execute()
        self.assertRefused(410, 'deleted', self.events.delete(
                calendarId='primary', eventId=two['id']).execute)
        self.assertEqual(len(self.instances(event)), 3)
        self.assertEqual(len(self.instances(event, showDeleted=True)), 4)
        for items in [
                self.list(syncToken=token)[0], self.list()[0][1:],
                self.list(singleEvents=True, syncToken=single)[0]]:
            self.assertEqual(items[0], changed)
            self.assertEqual({
                    k: v for k, v in items[1].items()
                    if k not in {'kind', 'etag'}}, {
                    'id': two['id'], 'status': 'cancelled',
                    'recurringEventId': event['id'],
                    'originalStartTime': two['originalStartTime']})
            self.assertEqual(len(items), 2)
        items, _ = self.list(singleEvents=True)
        self.assertEqual(len(items), 3)
        self.assertNotIn(event['id'], [i['id'] for i in items])
        self.assertRefused(404, 'notFound', self.events.get(
                calendarId='primary',
                eventId=event['id'] + '_20260301T090001Z').execute)
        self.assertRefused(400, 'invalid', self.events.patch(
                calendarId='primary', eventId=one['id'], body={
                    'recurrence': ['RRULE:FREQ=DAILY']}).execute)
        # only the single day of the moved one
        items, _ = self.list(
            singleEvents=True, timeMin='2026-03-02T12:00:00Z',
            timeMax='2026-03-02T23:00:00Z')
        self.assertEqual([i['id'] for i in items], [one['id']])
        self.assertEqual([i['id'] for i in self.instances(
                    event, originalStart='2026-03-04T10:00:00+01:00')],
            [event['id'] + '_20260304T090000Z'])

    def test_delete_series(self):
        event = self.series()
        one = self.instances(event)[1]
        self.admin.patch_event(ANN, one['id'], {'summary': 'x'})
        _, token = self.list()
        _, single = self.list(singleEvents=True)
        self.admin.delete_event(ANN, event['id'])
        items, _ = self.list(syncToken=token)
        self.assertEqual(
            [(i['id'], i['status']) for i in items],
            [(event['id'], 'cancelled')])
        items, _ = self.list(singleEvents=True, syncToken=single)
        self.assertEqual(
            [i['status'] for i in items], ['cancelled'] * 4)
        self.assertEqual(self.list()[0], [])

    def test_change_rule(self):
        event = self.series()
        _, single = self.list(singleEvents=True)
        last = self.instances(event)[3]
        self.admin.patch_event(ANN, last['id'], {'summary': 'x'})
        _, token = self.list()
        changed = self.events.patch(
            calendarId='primary', eventId=event['id'], body={
                'recurrence': ['RRULE:FREQ=DAILY;COUNT=2']}).execute()
        self.assertEqual(changed['sequence'], 1)
        items, _ = self.list(syncToken=token)
        self.assertEqual(
            {(i['id'], i['status']) for i in items},
            {(event['id'], 'confirmed'), (last['id'], 'cancelled')})
        items, _ = self.list(singleEvents=True, syncToken=single)
        self.assertEqual(
            sorted((i['id'][-8:-1], i['status']) for i in items), [
                ('T090000', 'cancelled'), ('T090000', 'cancelled'),
                ('T090000', 'confirmed'), ('T090000', 'confirmed')])
        self.assertEqual(len(self.list()[0]), 1)

    def test_endless(self):
        self.series('RRULE:FREQ=DAILY')
        items, _ = self.list(
            singleEvents=True, timeMin='2030-01-01T00:00:00Z',
            timeMax='2030-01-08T00:00:00Z')
        self.assertEqual(len(items), 7)
        items, _ = self.list(
            timeMin='2030-01-01T00:00:00Z', timeMax='2030-01-08T00:00:00Z')
        self.assertEqual(len(items), 1)

    def test_import_exception(self):
        def import_(**values):
            return self.events.import_(
                calendarId='primary', body=timed(
                    iCalUID='u@x', **values)).execute()

        event = import_(recurrence=['RRULE:FREQ=DAILY;COUNT=3'])
        one = import_(
            day=2, hour=16, originalStartTime={
                'dateTime': '2026-03-02T10:00:00',
                'timeZone': 'Europe/Paris'})
        self.assertEqual(one['recurringEventId'], event['id'])
        self.assertEqual(one['id'], event['id'] + '_20260302T090000Z')
        self.assertEqual(len(self.instances(event)), 3)

    def test_import_exception_first(self):
        body = timed(2, iCalUID='u@x', originalStartTime={
                'dateTime': '2026-03-02T09:00:00Z'})
        one = self.events.import_(calendarId='primary', body=body).execute()
        self.assertNotIn('recurringEventId', one)
        self.events.import_(calendarId='primary', body=timed(
                iCalUID='u@x',
                recurrence=['RRULE:FREQ=DAILY;COUNT=3'])).execute()
        self.assertEqual(len(self.list()[0]), 2)
        self.assertRefused(400, 'invalid', self.events.import_(
                calendarId='primary', body=timed(
                    iCalUID='u@x', originalStartTime={
                        'dateTime': 'x'})).execute)
        self.assertRefused(400, 'invalid', self.events.import_(
                calendarId='primary', body=timed(
                    iCalUID='u@x', originalStartTime={
                        'dateTime': '2027-01-01T09:00:00Z'})).execute)
