# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from tests.emulator.client import EmulatorError

from .common import (
    EmulatorTestCase, all_day, setUpModule, tearDownModule, timed)

__all__ = ['setUpModule', 'tearDownModule']
ANN, BOB, EVE = 'ann@example.com', 'bob@example.com', 'eve@other.org'


class SeriesTestCase(EmulatorTestCase):
    "Daily at ten in Paris, from 1 to 6 March 2026; summer time is later"

    def setUp(self):
        super().setUp()
        self.events = self.service().events()

    def series(self, *lines, user=ANN, **values):
        return self.admin.insert_event(user, timed(
                recurrence=list(lines) or ['RRULE:FREQ=DAILY;COUNT=6'],
                **values))

    def starts(self, user=ANN, calendar='primary', **values):
        "day and hour, summary"
        items = self.admin.act(
            user, 'calendar.events.list', calendarId=calendar,
            singleEvents=True, orderBy='startTime',
            timeZone='Europe/Paris', **values)['items']
        return [
            (i['start'].get('dateTime', i['start'].get('date'))[8:13],
                i.get('summary')) for i in items]

    def list(self, **values):
        answer = self.events.list(calendarId='primary', **values).execute()
        return answer['items'], answer['nextSyncToken']

    def change(self, event, day, **body):
        return self.admin.change_instance(
            ANN, event['id'], f'2026-03-{day:02}T10:00:00', body)

    def split(self, event, day, user=ANN, exceptions=None, send=None,
            **body):
        params = {'sendUpdates': send} if send else {}
        return self.admin.split_series(
            user, event['id'], f'2026-03-{day:02}T10:00:00', body,
            exceptions=exceptions, **params)

    def times(self, day, hour):
        body = timed(day, hour)
        return {'start': body['start'], 'end': body['end']}

    def mails(self):
        return sorted(
            (m['kind'], m['to']) for m in self.admin.mails(clear=True))


class TestSplit(SeriesTestCase):
    def test_split(self):
        event = self.series()
        _, token = self.list()
        new = self.split(event, 3, summary='New')
        self.assertEqual(new['id'], event['id'] + '_R20260303T090000')
        self.assertEqual(
            new['iCalUID'], event['id'] + '_R20260303T090000@google.com')
        self.assertEqual(new['recurrence'], ['RRULE:FREQ=DAILY;COUNT=4'])
        self.assertEqual(
            new['start']['dateTime'], '2026-03-03T10:00:00+01:00')
        items, _ = self.list(syncToken=token)
        old = next(i for i in items if i['id'] == event['id'])
        self.assertEqual(
            old['recurrence'], ['RRULE:FREQ=DAILY;UNTIL=20260302T225959Z'])
        self.assertEqual(old['iCalUID'], event['iCalUID'])
        self.assertIn(new['id'], [i['id'] for i in items])
        self.assertEqual(self.starts(), [
                ('01T10', 'Meeting'), ('02T10', 'Meeting'),
                ('03T10', 'New'), ('04T10', 'New'), ('05T10', 'New'),
                ('06T10', 'New')])

    def test_instances_keep_their_ids(self):
        event = self.series()
        new = self.split(event, 3, summary='New')
        ids = [
            i['id'] for i in self.events.instances(
                calendarId='primary', eventId=new['id']).execute()['items']]
        self.assertEqual(
            ids[0], event['id'] + '_20260303T090000Z')
        one = self.events.get(
            calendarId='primary', eventId=ids[0]).execute()
        self.assertEqual(one['recurringEventId'], new['id'])
        self.assertEqual(one['iCalUID'], new['iCalUID'])
        self.assertRefused(404, 'notFound', self.events.get(
                calendarId='primary',
                eventId=new['id'] + '_20260303T090000Z').execute)

    def test_again(self):
        "A split of a split, moved, and moved back"
        event = self.series()
        one = self.split(event, 3, summary='B')
        two = self.split(one, 5, summary='C')
        self.assertEqual(two['id'], event['id'] + '_R20260305T090000')
        self.assertEqual(
            [s for _, s in self.starts()],
            ['Meeting', 'Meeting', 'B', 'B', 'C', 'C'])
        moved = self.admin.patch_event(ANN, one['id'], self.times(3, 15))
        self.assertEqual(moved['id'], one['id'])
        self.assertEqual(
            [d for d, _ in self.starts()],
            ['01T10', '02T10', '03T15', '04T15', '05T10', '06T10'])
        # its first occurrence: the whole series
        back = self.admin.split_series(
            ANN, one['id'], '2026-03-03T15:00:00', self.times(3, 10))
        self.assertEqual(back['id'], one['id'])
        self.assertEqual(
            [d for d, _ in self.starts()],
            ['01T10', '02T10', '03T10', '04T10', '05T10', '06T10'])
        with self.assertRaises(EmulatorError):
            self.split(event, 5, summary='x')

    def test_exceptions(self):
        for how, changed in [
                ('keep', [('04T10', 'X'), ('06T10', 'New')]),
                ('reset', [('04T10', 'New'), ('05T10', 'New'),
                        ('06T10', 'New')])]:
            with self.subTest(how=how):
                event = self.series()
                self.change(event, 2, summary='Y')
                self.change(event, 4, summary='X')
                self.admin.cancel_instance(
                    ANN, event['id'], '2026-03-05T10:00:00')
                _, token = self.list()
                new = self.split(event, 3, exceptions=how, summary='New')
                self.assertEqual(self.starts(), [
                        ('01T10', 'Meeting'), ('02T10', 'Y'),
                        ('03T10', 'New'), *changed])
                items, _ = self.list(syncToken=token)
                self.assertEqual({
                        i.get('recurringEventId') for i in items
                        } - {None}, {new['id']} if how == 'keep' else set())
                self.admin.delete_event(ANN, event['id'])
                self.admin.delete_event(ANN, new['id'])

    def test_moved(self):
        "Another time: the exceptions after the cut are reset"
        event = self.series()
        self.change(event, 4, summary='X')
        _, token = self.list()
        self.split(event, 3, **self.times(3, 15))
        self.assertEqual(
            [d for d, _ in self.starts()],
            ['01T10', '02T10', '03T15', '04T15', '05T15', '06T15'])
        items, _ = self.list(syncToken=token)
        self.assertEqual(
            [i['recurringEventId'] for i in items
                if i['status'] == 'cancelled'], [event['id']])

    def test_rules(self):
        day = {'recurrence': ['RRULE:FREQ=DAILY']}
        event = self.series(
            'RRULE:FREQ=DAILY;UNTIL=20260306T090000Z',
            'EXDATE;TZID=Europe/Paris:20260302T100000,20260305T100000',
            'RDATE;TZID=Europe/Paris:20260310T100000')
        new = self.split(event, 4, summary='New')
        self.assertEqual(new['recurrence'], [
                'RRULE:FREQ=DAILY;UNTIL=20260306T090000Z',
                'EXDATE;TZID=Europe/Paris:20260305T100000',
                'RDATE;TZID=Europe/Paris:20260310T100000'])
        self.assertEqual(
            self.admin.get_event(ANN, event['id'])['recurrence'], [
                'RRULE:FREQ=DAILY;UNTIL=20260303T225959Z',
                'EXDATE;TZID=Europe/Paris:20260302T100000'])
        self.assertEqual(
            [d[:2] for d, _ in self.starts()],
            ['01', '03', '04', '06', '10'])
        event = self.series(
            'RRULE:FREQ=DAILY;BYHOUR=10,14;COUNT=6')
        new = self.admin.split_series(
            ANN, event['id'], '2026-03-02T14:00:00', {'summary': 'n'})
        self.assertEqual(
            new['recurrence'], ['RRULE:FREQ=DAILY;BYHOUR=10,14;COUNT=3'])
        self.assertEqual(
            self.admin.get_event(ANN, event['id'])['recurrence'],
            ['RRULE:FREQ=DAILY;BYHOUR=10,14;UNTIL=20260302T125959Z'])
        event = self.admin.insert_event(ANN, all_day(**day))
        new = self.admin.split_series(
            ANN, event['id'], '2026-03-10', {'summary': 'Leave'})
        self.assertEqual(new['id'], event['id'] + '_R20260310')
        self.assertEqual(
            self.admin.get_event(ANN, event['id'])['recurrence'],
            ['RRULE:FREQ=DAILY;UNTIL=20260309'])

    def test_guests(self):
        event = self.series(attendees=[{'email': BOB}, {'email': EVE}])
        self.admin.respond(BOB, event['id'], 'accepted')
        self.admin.patch_event(BOB, event['id'], {'colorId': '4'})
        self.change(event, 4, summary='X')
        self.admin.mails(clear=True)
        new = self.split(event, 3, summary='New', send='all')
        self.assertEqual(
            self.mails(), [('update', BOB), ('update', EVE)])
        self.assertEqual(self.starts(BOB), self.starts())
        self.assertEqual(self.starts(BOB)[3], ('04T10', 'X'))
        copy = self.admin.get_event(BOB, new['id'])
        self.assertEqual(copy['colorId'], '4')
        self.assertEqual(
            copy['attendees'][0]['responseStatus'], 'accepted')
        self.split(new, 5, send='all', attendees=[
                {'email': EVE}, {'email': 'new@other.org'}])
        self.assertEqual(self.mails(), [
                ('cancellation', BOB), ('invitation', 'new@other.org'),
                ('update', EVE)])
        self.assertEqual(len(self.starts(BOB)), 4)

    def test_refused(self):
        event = self.series()
        single = self.admin.insert_event(ANN, timed())
        for name, start, how, status in [
                (event['id'], '2026-03-03T11:00:00', None, 400),
                (single['id'], '2026-03-01T10:00:00', None, 400),
                ('unknown', '2026-03-01T10:00:00', None, 404),
                (event['id'], '2026-03-03T10:00:00', 'other', None)]:
            with self.assertRaises(EmulatorError) as caught:
                self.admin.split_series(
                    ANN, name, start, {'summary': 'x'}, exceptions=how)
            self.assertEqual(caught.exception.status, status)
        self.assertEqual(len(self.starts()), 7)


class TestFollow(SeriesTestCase):
    "What becomes of the exceptions"

    def test_summary(self):
        event = self.series(location='Here')
        self.change(event, 2, summary='X')
        self.change(event, 3, **self.times(3, 15))
        _, token = self.list()
        self.admin.patch_event(
            ANN, event['id'], {'summary': 'New', 'location': 'There'})
        self.assertEqual(
            self.starts()[:3],
            [('01T10', 'New'), ('02T10', 'X'), ('03T15', 'New')])
        items, _ = self.list(syncToken=token)
        self.assertEqual(
            [(i['summary'], i['location']) for i in items],
            [('New', 'There'), ('X', 'There'), ('New', 'There')])
        self.admin.options(exceptions_follow=False)
        _, token = self.list()
        self.admin.patch_event(ANN, event['id'], {'location': 'Away'})
        items, _ = self.list(syncToken=token)
        self.assertEqual([i['location'] for i in items], ['Away'])

    def test_guests(self):
        event = self.series(attendees=[{'email': BOB}])
        self.change(event, 2, summary='X')
        self.change(event, 3, attendees=[
                {'email': BOB}, {'email': 'one@other.org'}])
        self.admin.patch_event(ANN, event['id'], {'attendees': [
                    {'email': BOB}, {'email': EVE}]})

        def guests(day, user=ANN):
            return {
                a['email']: a['responseStatus']
                for a in self.admin.get_event(user, self.admin.instance_id(
                        ANN, event['id'],
                        f'2026-03-{day:02}T10:00:00'))['attendees']}

        self.assertEqual(set(guests(2)), {BOB, EVE})
        self.assertEqual(set(guests(3)), {BOB, EVE, 'one@other.org'})
        self.admin.respond(BOB, event['id'], 'accepted')
        for user in [ANN, BOB]:
            self.assertEqual(guests(2, user)[BOB], 'accepted')
            self.assertEqual(guests(3, user)[BOB], 'accepted')
        self.admin.respond(BOB, self.admin.instance_id(
                ANN, event['id'], '2026-03-02T10:00:00'), 'declined')
        self.admin.respond(BOB, event['id'], 'tentative')
        self.assertEqual(guests(2)[BOB], 'declined')
        self.assertEqual(guests(3)[BOB], 'tentative')

    def test_new_guest(self):
        "has neither the cancelled nor the unchanged occurrences"
        event = self.series()
        self.change(event, 2, summary='X')
        self.admin.cancel_instance(
            ANN, event['id'], '2026-03-03T10:00:00')
        self.admin.patch_event(
            ANN, event['id'], {'attendees': [{'email': BOB}]})
        self.assertEqual(self.starts(BOB), self.starts())
        self.assertEqual(len(self.starts(BOB)), 5)

    def test_time(self):
        "The exceptions are gone where the series has no such occurrence"
        event = self.series(attendees=[{'email': BOB}])
        self.change(event, 2, summary='X')
        self.admin.patch_event(ANN, event['id'], self.times(1, 12))
        self.assertEqual(
            self.starts(), [(f'{d:02}T12', 'Meeting') for d in range(1, 7)])
        self.assertEqual(
            [s for _, s in self.starts(BOB)], ['Meeting'] * 6)

    def test_zone(self):
        "The same wall time in another zone is another time"
        event = self.series()
        self.admin.patch_event(ANN, event['id'], {
                n: {'dateTime': f'2026-03-01T{h}:00:00',
                    'timeZone': 'America/New_York'}
                for n, h in [('start', '10'), ('end', '11')]})
        self.assertEqual(self.starts()[0], ('01T16', 'Meeting'))


    def test_shift(self):
        "The option: the exceptions of the same days"
        self.admin.options(exceptions_shift=True)
        event = self.series(attendees=[{'email': BOB}])
        self.change(event, 2, summary='X')
        self.admin.cancel_instance(
            ANN, event['id'], '2026-03-03T10:00:00')
        _, token = self.list()
        self.admin.patch_event(ANN, event['id'], self.times(1, 12))
        for user in [ANN, BOB]:
            self.assertEqual(self.starts(user), [
                    ('01T12', 'Meeting'), ('02T12', 'X'),
                    ('04T12', 'Meeting'), ('05T12', 'Meeting'),
                    ('06T12', 'Meeting')])
        items, _ = self.list(syncToken=token)
        self.assertEqual(
            sorted((i['id'][-17:], i['status']) for i in items[1:]), [
                ('_20260302T090000Z', 'cancelled'),
                ('_20260302T110000Z', 'confirmed'),
                ('_20260303T090000Z', 'cancelled'),
                ('_20260303T110000Z', 'cancelled')])

    def test_visibility(self):
        "Of one instance: more restrictive for all, or ignored"
        event = self.series(visibility='public')
        self.change(event, 2, summary='X')
        one = self.change(event, 3, visibility='private')
        self.assertEqual(one['visibility'], 'private')
        items, _ = self.list()
        self.assertEqual({i['visibility'] for i in items}, {'private'})
        one = self.change(event, 4, visibility='public', summary='Y')
        self.assertEqual(
            (one['visibility'], one['summary']), ('private', 'Y'))

    def test_no_series_any_more(self):
        event = self.series()
        self.change(event, 2, summary='X')
        _, single = self.list(singleEvents=True)
        _, token = self.list()
        self.admin.patch_event(ANN, event['id'], {'recurrence': None})
        self.assertEqual(self.starts(), [('01T10', 'Meeting')])
        items, _ = self.list(syncToken=token)
        self.assertEqual(
            [i['status'] for i in items], ['confirmed', 'cancelled'])
        items, _ = self.list(singleEvents=True, syncToken=single)
        self.assertEqual(
            sorted(i['status'] for i in items),
            ['cancelled'] * 6 + ['confirmed'])

    def test_cut(self):
        event = self.series(attendees=[{'email': BOB}])
        self.change(event, 4, summary='X')
        self.admin.cut_series(
            ANN, event['id'], '2026-03-03T10:00:00', sendUpdates='all')
        self.assertEqual(self.starts(), [
                ('01T10', 'Meeting'), ('02T10', 'Meeting')])
        self.assertEqual(self.starts(BOB), self.starts())
        self.assertEqual(self.mails(), [('update', BOB)])
        self.admin.cut_series(ANN, event['id'], '2026-03-01T10:00:00')
        self.assertEqual(self.starts(), [])

    def test_purge(self):
        "Deleted events disappear some day, cancelled occurrences stay"
        event = self.series()
        self.admin.cancel_instance(
            ANN, event['id'], '2026-03-03T10:00:00')
        single = self.admin.insert_event(ANN, timed())
        self.admin.delete_event(ANN, single['id'])
        self.assertEqual(self.admin.purge_deleted(), 1)
        self.assertEqual(len(self.list(showDeleted=True)[0]), 2)
        self.assertEqual(len(self.starts()), 5)
        with self.assertRaises(EmulatorError):
            self.admin.get_event(ANN, single['id'])


class TestMove(SeriesTestCase):
    def setUp(self):
        super().setUp()
        self.team = self.admin.create_calendar(ANN, 'Team')['id']

    def move(self, event, destination, calendar='primary', **params):
        return self.admin.move_event(
            ANN, event['id'], destination, calendar, **params)

    def test_series(self):
        event = self.series(attendees=[{'email': BOB}])
        self.change(event, 2, summary='X')
        self.admin.cancel_instance(
            ANN, event['id'], '2026-03-03T10:00:00')
        before = self.starts()
        _, token = self.list()
        moved = self.move(event, self.team)
        self.assertEqual(moved['organizer'], {
                'email': self.team, 'displayName': 'Team', 'self': True})
        self.assertEqual(moved['id'], event['id'])
        self.assertEqual(self.starts(), [])
        self.assertEqual(self.starts(calendar=self.team), before)
        items, _ = self.list(syncToken=token)
        self.assertEqual({i['status'] for i in items}, {'cancelled'})
        copy = self.admin.get_event(BOB, event['id'])
        self.assertEqual(copy['organizer']['email'], self.team)
        self.move(event, ANN, self.team)
        self.assertEqual(self.starts(), before)
        self.assertEqual(self.starts(calendar=self.team), [])
        self.assertEqual(self.starts(BOB), before)

    def test_former_organizer_is_guest(self):
        event = self.series(attendees=[{'email': ANN}, {'email': BOB}])
        self.move(event, self.team)
        copy = self.admin.get_event(ANN, event['id'])
        self.assertEqual(copy['status'], 'confirmed')
        self.assertEqual(copy['organizer']['email'], self.team)
        self.move(event, ANN, self.team)
        copy = self.admin.get_event(ANN, event['id'])
        self.assertTrue(copy['organizer']['self'])

    def test_to_a_guest(self):
        bob = self.admin.create_calendar(BOB, 'Bob')['id']
        self.admin.share_calendar(bob, ANN, 'writer')
        self.admin.share_calendar(BOB, ANN, 'writer')
        event = self.series(attendees=[{'email': BOB}])
        moved = self.move(event, BOB)
        self.assertTrue(moved['organizer']['self'])
        self.assertEqual(len(self.starts(BOB)), 6)

    def test_mails(self):
        event = self.series(attendees=[{'email': BOB}, {'email': EVE}])
        self.change(event, 2, summary='X')
        self.move(event, self.team)
        self.assertEqual(self.mails(), [])
        self.move(event, ANN, self.team, sendUpdates='all')
        self.assertEqual(
            self.mails(), [('update', BOB), ('update', EVE)])

    def test_refused(self):
        event = self.series()
        one = self.admin.instance_id(
            ANN, event['id'], '2026-03-03T10:00:00')
        for name, destination, status in [
                (one, self.team, 400), (event['id'], ANN, 400),
                (event['id'], 'unknown', 404), (event['id'], BOB, 404)]:
            with self.assertRaises(EmulatorError) as caught:
                self.move({'id': name}, destination)
            self.assertEqual(caught.exception.status, status)


class TestLarge(SeriesTestCase):
    def test_exceptions(self):
        "5,000 exceptions: pages of 2500, each much below a second"
        event = self.series(
            'RRULE:FREQ=DAILY;COUNT=6000', attendees=[{'email': BOB}])
        first, token = self.pages(
            ANN, 'calendar.events.instances', eventId=event['id'])
        more, _ = self.pages(
            ANN, 'calendar.events.instances', token, eventId=event['id'])
        ids = [i['id'] for i in first + more]
        self.assertEqual(len(ids), 5000)
        answers = self.admin.act_many(ANN, [{
                    'method': 'calendar.events.patch', 'params': {
                        'calendarId': 'primary', 'eventId': i},
                    'body': {'summary': f'{n}'}}
                for n, i in enumerate(ids)])
        self.assertFalse([a for a in answers if 'error' in a])
        for user in [ANN, BOB]:
            sizes, token = [], None
            while token or not sizes:
                items, token = self.pages(
                    user, 'calendar.events.list', token)
                sizes.append(len(items))
            self.assertEqual(sizes, [2500, 2500, 1])

    def pages(self, user, method, token=None, **params):
        "Return the items of a page of 2500, and the token of the next"
        if token:
            params['pageToken'] = token
        answer = self.admin.act(
            user, method, calendarId='primary', maxResults=2500, **params)
        return answer['items'], answer.get('nextPageToken')
