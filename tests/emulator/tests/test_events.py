# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import uuid

from tests.emulator.client import EmulatorError

from .common import (
    CALENDAR, SCOPE, EmulatorTestCase, all_day, setUpModule, tearDownModule,
    timed)

__all__ = ['setUpModule', 'tearDownModule']
ANN = 'ann@example.com'


class EventTestCase(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.events = self.service().events()

    def insert(self, body=None, **values):
        values.setdefault('calendarId', 'primary')
        return self.events.insert(
            body=timed() if body is None else body, **values).execute()

    def patch(self, event, body, **values):
        return self.events.patch(
            calendarId='primary', eventId=event['id'], body=body,
            **values).execute()

    def get(self, event):
        return self.events.get(
            calendarId='primary', eventId=event['id']).execute()

    def assertBad(self, reason, body, status=400, **values):
        self.assertRefused(status, reason, self.insert, body, **values)


class TestWrite(EventTestCase):
    def test_insert(self):
        event = self.insert(timed(kind='other', unknown=1, etag='"x"'))
        self.assertEqual(event['kind'], 'calendar#event')
        self.assertEqual(event['status'], 'confirmed')
        self.assertEqual(event['iCalUID'], event['id'] + '@google.com')
        self.assertEqual(event['organizer'], {'email': ANN, 'self': True})
        self.assertEqual(event['start'], {
                'dateTime': '2026-03-01T10:00:00+01:00',
                'timeZone': 'Europe/Paris'})
        self.assertEqual(event['reminders'], {'useDefault': True})
        self.assertEqual(self.get(event), event)

    def test_id(self):
        name = uuid.uuid4().hex
        event = self.insert(timed(id=name))
        self.assertEqual(event['id'], name)
        self.assertBad('duplicate', timed(id=name), 409)
        self.events.delete(calendarId='primary', eventId=name).execute()
        self.assertBad('duplicate', timed(id=name), 409)
        self.assertRefused(410, 'deleted', self.events.delete(
                calendarId='primary', eventId=name).execute)
        self.assertEqual(self.get(event)['status'], 'cancelled')
        for bad in ['abc', 'UPPER0', 'with-dash', 'wxyz1', '']:
            self.assertBad('invalid', timed(id=bad))
        self.assertBad('invalid', timed(id=uuid.uuid4().hex, iCalUID='x'))

    def test_restore(self):
        event = self.insert()
        self.events.delete(
            calendarId='primary', eventId=event['id']).execute()
        again = self.events.update(
            calendarId='primary', eventId=event['id'],
            body=timed(2)).execute()
        self.assertEqual(again['status'], 'confirmed')

    def test_times(self):
        self.assertBad('required', {'summary': 'x'})
        self.assertBad('required', {'start': {'date': '2026-01-01'}})
        self.assertBad('timeRangeEmpty', all_day('2026-03-02', '2026-03-01'))
        self.assertBad('timeRangeEmpty', all_day('2026-03-02', '2026-03-02'))
        body = timed()
        self.assertBad('timeRangeEmpty', {
                'start': body['end'], 'end': body['start']})
        self.assertBad('invalid', {**body, 'end': {'date': '2026-03-02'}})
        self.assertBad('invalid', timed(zone='Mars/Phobos'))
        naive = {'dateTime': '2026-03-01T10:00:00'}
        self.assertBad('required', {'start': naive, 'end': naive})
        self.assertBad('invalid', {
                'start': {'dateTime': '2026-03-01'}, 'end': body['end']})
        self.assertBad('invalid', {
                'start': {**naive, 'date': '2026-03-01',
                    'timeZone': 'UTC'}, 'end': body['end']})
        event = self.insert({
                'start': {'dateTime': '2026-03-01T10:00:00Z'},
                'end': {'dateTime': '2026-03-01T10:00:00Z'}})
        self.assertEqual(event['start'], {
                'dateTime': '2026-03-01T11:00:00+01:00',
                'timeZone': 'Europe/Paris'})

    def test_bad_content(self):
        for name, value in [
                ('summary', 3), ('attendees', {}), ('sequence', 'x'),
                ('recurrence', 'RRULE:FREQ=DAILY'), ('colorId', '99'),
                ('status', 'maybe'), ('visibility', 'no'),
                ('transparency', 'x'), ('eventType', 'party'),
                ('guestsCanModify', 'true'),
                ('source', {'url': 'javascript:x'}),
                ('attendees', [{'email': 'nonsense'}]),
                ('attendees', [{
                            'email': 'a@b.c', 'responseStatus': 'x'}]),
                ]:
            with self.subTest(name=name, value=value):
                self.assertBad('invalid', timed(**{name: value}))
        self.assertBad('required', timed(attendees=[{'displayName': 'x'}]))

    def test_reminders(self):
        def reminders(*overrides, default=False):
            return timed(reminders={
                    'useDefault': default, 'overrides': [
                        {'method': m, 'minutes': n} for m, n in overrides]})

        event = self.insert(reminders(('popup', 0), ('email', 40320)))
        self.assertEqual(len(event['reminders']['overrides']), 2)
        self.assertBad('invalid', reminders(('popup', 40321)))
        self.assertBad('invalid', reminders(('popup', -1)))
        self.assertBad('invalid', reminders(('sms', 1)))
        self.assertBad('invalid', reminders(
                *[('popup', n) for n in range(6)]))
        self.assertBad(
            'cannotUseDefaultRemindersAndSpecifyOverride',
            reminders(('popup', 1), default=True))
        # changing reminders does not move updated, but the etag
        changed = self.patch(event, {'reminders': {
                    'useDefault': True, 'overrides': None}})
        self.assertEqual(changed['updated'], event['updated'])
        self.assertNotEqual(changed['etag'], event['etag'])
        self.assertEqual(changed['reminders'], {'useDefault': True})

    def test_properties(self):
        event = self.insert(timed(extendedProperties={
                    'private': {'k' * 45: 'x', 'a': 'y' * 2000},
                    'shared': {'s': '1'}}))
        self.assertEqual(event['extendedProperties'], {
                'private': {'a': 'y' * 1024}, 'shared': {'s': '1'}})
        event = self.patch(event, {'extendedProperties': {
                    'private': {'a': None, 'b': '2'}}})
        self.assertEqual(event['extendedProperties'], {
                'private': {'b': '2'}, 'shared': {'s': '1'}})

    def test_attachments(self):
        files = [{'fileUrl': 'https://drive.google.com/x'}]
        event = self.insert(timed(attachments=files))
        self.assertNotIn('attachments', event)
        event = self.insert(
            timed(attachments=files), supportsAttachments=True)
        self.assertEqual(event['attachments'], files)
        self.assertIn('attachments', self.patch(event, {'attachments': []}))
        self.assertBad('invalid', timed(attachments=files * 26),
            supportsAttachments=True)

    def test_conference(self):
        request = {'createRequest': {
                'requestId': 'r1',
                'conferenceSolutionKey': {'type': 'hangoutsMeet'}}}
        event = self.insert(timed(conferenceData=request))
        self.assertNotIn('conferenceData', event)
        event = self.insert(
            timed(conferenceData=request), conferenceDataVersion=1)
        self.assertIn('meet.google.com', event['hangoutLink'])
        self.assertEqual(
            event['conferenceData']['createRequest']['status'],
            {'statusCode': 'success'})
        # an update without the version leaves it alone
        body = timed()
        event = self.events.update(
            calendarId='primary', eventId=event['id'], body=body).execute()
        self.assertIn('hangoutLink', event)
        event = self.patch(
            event, {'conferenceData': None}, conferenceDataVersion=1)
        self.assertNotIn('hangoutLink', event)
        self.assertNotIn('conferenceData', event)

    def test_types(self):
        self.assertBad('eventTypeRestriction', timed(eventType='fromGmail'))
        self.assertBad('eventTypeRestriction', all_day(
                eventType='focusTime'))
        self.assertBad('malformedWorkingLocationEvent', timed(
                eventType='workingLocation'))
        event = self.insert(timed(eventType='focusTime'))
        self.assertRefused(
            400, 'eventTypeRestriction', self.patch, event,
            {'eventType': 'default'})
        self.insert(all_day(
                eventType='birthday', visibility='private',
                transparency='transparent', recurrence=[
                    'RRULE:FREQ=YEARLY']))
        self.assertBad('eventTypeRestriction', all_day(eventType='birthday'))
        self.assertBad('malformedWorkingLocationEvent', all_day(
                last='2026-03-03', eventType='workingLocation',
                visibility='public', transparency='transparent',
                workingLocationProperties={'type': 'homeOffice'}))
        self.assertBad('invalid', timed(
                eventType='outOfOffice',
                outOfOfficeProperties={'autoDeclineMode': 'no'}))
        self.admin.plant_event(ANN, timed(
                id='gmail', eventType='fromGmail', start={
                    'dateTime': '2026-03-01T10:00:00Z'}, end={
                    'dateTime': '2026-03-01T11:00:00Z'}))
        self.patch({'id': 'gmail'}, {'colorId': '3'})
        self.assertRefused(
            400, 'eventTypeRestriction', self.patch, {'id': 'gmail'},
            {'summary': 'x'})

    def test_birthdays(self):
        "Colour, summary, reminders and dates; not the dates of a contact"
        yearly = {
            'eventType': 'birthday', 'visibility': 'private',
            'transparency': 'transparent',
            'recurrence': ['RRULE:FREQ=YEARLY']}
        one = self.insert(all_day(**yearly))
        dates = {
            'start': {'date': '2026-03-05'}, 'end': {'date': '2026-03-06'}}
        self.patch(one, {'summary': 'Eve', 'colorId': '3', **dates})
        for body in [{'description': 'x'}, {'visibility': 'public'},
                {'attendees': [{'email': 'bob@example.com'}]}]:
            self.assertRefused(
                400, 'eventTypeRestriction', self.patch, one, body)
        self.admin.plant_event(ANN, all_day(
                id='contact', birthdayProperties={
                    'type': 'anniversary', 'contact': 'people/c1'},
                **yearly))
        self.patch({'id': 'contact'}, {'colorId': '3'})
        self.assertRefused(
            400, 'eventTypeRestriction', self.patch, {'id': 'contact'},
            dates)

    def test_patch_and_put(self):
        event = self.insert(timed(
                location='here', attendees=[{'email': 'x@other.org'}]))
        changed = self.patch(event, {
                'summary': 'New', 'location': None,
                'attendees': [{'email': 'y@other.org'}]})
        self.assertEqual(changed['summary'], 'New')
        self.assertNotIn('location', changed)
        self.assertEqual(
            [a['email'] for a in changed['attendees']], ['y@other.org'])
        self.assertGreater(changed['updated'], event['updated'])
        self.assertEqual(changed['sequence'], 0)
        moved = self.patch(event, {
                'start': {'dateTime': '2026-03-01T09:00:00'}})
        self.assertEqual(
            moved['start']['dateTime'], '2026-03-01T09:00:00+01:00')
        self.assertEqual(moved['sequence'], 1)
        put = self.events.update(
            calendarId='primary', eventId=event['id'],
            body=all_day()).execute()
        self.assertNotIn('attendees', put)
        self.assertEqual(put['iCalUID'], event['iCalUID'])
        self.assertRefused(
            400, 'required', self.events.update(
                calendarId='primary', eventId=event['id'],
                body={'summary': 'x'}).execute)
        # from all-day to timed: the other member must be null
        body = timed()
        self.assertRefused(400, 'invalid', self.patch, event, {
                'start': body['start'], 'end': body['end']})
        self.patch(event, {
                'start': {**body['start'], 'date': None},
                'end': {**body['end'], 'date': None}})

    def test_preconditions(self):
        event = self.insert()
        stale = event['etag']
        event = self.patch(event, {'summary': 'b'})

        def write(etag, method='patch'):
            values = {'calendarId': 'primary', 'eventId': event['id']}
            if method != 'delete':
                values['body'] = timed(summary='c')
            request = getattr(self.events, method)(**values)
            request.headers['If-Match'] = etag
            return request.execute()

        for method in ['patch', 'update', 'delete']:
            self.assertRefused(412, 'conditionNotMet', write, stale, method)
        write('*')
        etag = self.get(event)['etag']
        request = self.events.get(
            calendarId='primary', eventId=event['id'])
        request.headers['If-None-Match'] = etag
        with self.assertRaises(Exception) as caught:
            request.execute()
        self.assertEqual(caught.exception.resp.status, 304)
        write(etag, 'delete')

    def test_import(self):
        body = timed(
            iCalUID='uid-1@x', sequence=3,
            organizer={'email': 'Boss@other.org'},
            attendees=[{'email': 'bob@example.com'}, {'email': ANN}])

        def import_(body):
            return self.events.import_(
                calendarId='primary', body=body).execute()

        event = import_(body)
        self.assertEqual(event['organizer'], {'email': 'boss@other.org'})
        self.assertEqual(event['sequence'], 3)
        self.assertTrue(event['attendees'][1]['self'])
        self.assertRefused(409, 'duplicate', import_, body)
        self.assertRefused(400, 'required', import_, timed())
        # neither copies nor mails
        self.assertEqual(
            self.admin.dump('bob@example.com')[0]['events'], [])
        self.assertEqual(self.admin.mails(), [])

    def test_move(self):
        other = self.admin.create_calendar(ANN, 'Other')['id']
        event = self.insert()
        moved = self.events.move(
            calendarId='primary', eventId=event['id'],
            destination=other).execute()
        self.assertEqual(moved['id'], event['id'])
        self.assertEqual(moved['organizer']['email'], other)
        self.assertEqual(set(self.get(event)), {
                'kind', 'etag', 'id', 'status'})
        self.assertRefused(400, 'required', self.events.move(
                calendarId='primary', eventId=event['id'],
                destination='').execute)
        focus = self.insert(timed(eventType='focusTime'))
        self.assertRefused(400, 'eventTypeRestriction', self.events.move(
                calendarId='primary', eventId=focus['id'],
                destination=other).execute)


class TestAccess(EventTestCase):
    def share(self, role):
        self.calendar = self.admin.create_calendar('bob@example.com', 'B')[
            'id']
        self.admin.share_calendar(self.calendar, ANN, role)
        return self.admin.insert_event('bob@example.com', timed(
                summary='Secret', visibility='private'), self.calendar)

    def read(self, event):
        return self.events.get(
            calendarId=self.calendar, eventId=event['id']).execute()

    def test_roles(self):
        event = self.share('reader')
        self.assertNotIn('summary', self.read(event))
        self.assertRefused(
            403, 'requiredAccessLevel', self.insert, timed(),
            calendarId=self.calendar)
        self.admin.share_calendar(self.calendar, ANN, 'writer')
        self.assertEqual(self.read(event)['summary'], 'Secret')
        self.insert(timed(), calendarId=self.calendar)
        self.admin.share_calendar(
            self.calendar, ANN, 'writerWithoutPrivateAccess')
        self.assertNotIn('summary', self.read(event))
        self.insert(timed(), calendarId=self.calendar)
        self.admin.share_calendar(self.calendar, ANN, 'freeBusyReader')
        self.assertNotIn('iCalUID', self.read(event))
        self.admin.share_calendar(self.calendar, ANN, 'none')
        self.assertRefused(404, 'notFound', self.read, event)

    def test_calendar_deleted(self):
        event = self.share('owner')
        service = self.service()
        # only the data owner can delete it
        self.assertRefused(
            403, 'requiredAccessLevel', service.calendars().delete(
                calendarId=self.calendar).execute)
        self.admin.delete_calendar('bob@example.com', self.calendar)
        self.assertRefused(404, 'notFound', self.read, event)

    def test_scopes(self):
        service = self.service(
            self.token(scopes=[SCOPE + 'calendar.events']))
        service.events().list(calendarId='primary').execute()
        body = self.assertRefused(
            403, 'insufficientPermissions',
            service.calendarList().list().execute)
        self.assertEqual(
            body['details'][0]['reason'], 'ACCESS_TOKEN_SCOPE_INSUFFICIENT')
        service = self.service(
            self.token(scopes=[SCOPE + 'calendar.events.readonly']))
        self.assertRefused(
            403, 'insufficientPermissions', service.events().insert(
                calendarId='primary', body=timed()).execute)

    def test_owned(self):
        event = self.share('writer')
        service = self.service(
            self.token(scopes=[SCOPE + 'calendar.events.owned']))
        service.events().list(calendarId='primary').execute()
        self.assertRefused(
            403, 'insufficientPermissions', service.events().get(
                calendarId=self.calendar, eventId=event['id']).execute)

    def test_app_created(self):
        service = self.service(
            self.token(scopes=[SCOPE + 'calendar.app.created']))
        own = service.calendars().insert(body={'summary': 'x'}).execute()
        service.events().insert(
            calendarId=own['id'], body=timed()).execute()
        self.assertRefused(
            403, 'insufficientPermissions', service.events().insert(
                calendarId='primary', body=timed()).execute)

    def test_colors_and_settings(self):
        service = self.service(self.token(scopes=[CALENDAR]))
        self.assertEqual(
            len(service.colors().get().execute()['event']), 11)
        self.assertEqual(service.settings().get(
                setting='timezone').execute()['value'], 'Europe/Paris')
        self.assertTrue(service.settings().list().execute()['items'])

    def test_freebusy(self):
        service = self.service()
        self.insert(timed(1))
        self.insert(timed(2, transparency='transparent'))
        self.insert(timed(3, recurrence=['RRULE:FREQ=DAILY;COUNT=2']))
        answer = service.freebusy().query(body={
                'timeMin': '2026-03-01T00:00:00Z',
                'timeMax': '2026-04-01T00:00:00Z',
                'items': [{'id': 'primary'}, {'id': 'x'}]}).execute()
        self.assertEqual(
            [b['start'] for b in answer['calendars']['primary']['busy']],
            [f'2026-03-{d:02}T09:00:00Z' for d in [1, 3, 4]])
        self.assertEqual(
            answer['calendars']['x']['errors'][0]['reason'], 'notFound')

    def test_acl(self):
        acl = self.service().acl()
        rule = acl.insert(calendarId='primary', body={
                'role': 'reader', 'scope': {
                    'type': 'user', 'value': 'bob@example.com'}}).execute()
        self.assertEqual(len(
                acl.list(calendarId='primary').execute()['items']), 2)
        acl.delete(calendarId='primary', ruleId=rule['id']).execute()
        self.assertRefused(404, 'notFound', acl.get(
                calendarId='primary', ruleId=rule['id']).execute)

    def test_planted(self):
        self.admin.plant_event(ANN, {
                'id': 'odd00', 'summary': 'Odd',
                'start': {
                    'dateTime': '2026-03-01T10:00:00+02:00',
                    'timeZone': 'Customized Time Zone'},
                'end': {
                    'dateTime': '2026-03-01T09:00:00+02:00',
                    'timeZone': 'Customized Time Zone'},
                'recurrence': ['RRULE:NONSENSE']})
        event = self.get({'id': 'odd00'})
        self.assertEqual(
            event['start']['timeZone'], 'Customized Time Zone')
        items = self.events.list(calendarId='primary').execute()['items']
        self.assertEqual(items, [event])
        with self.assertRaises(EmulatorError):
            self.admin.insert_event(ANN, timed(zone='x'))
