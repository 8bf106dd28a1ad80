# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Calendars, calendar lists and access rules"
from tests.emulator.client import EmulatorError

from .common import (
    CALENDAR, EmulatorTestCase, setUpModule, tearDownModule, timed)

__all__ = ['setUpModule', 'tearDownModule']
ANN, BOB, EVE = 'ann@example.com', 'bob@example.com', 'eve@other.org'


class SharingTestCase(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.ann = self.service()
        self.bob = self.service(self.credentials(BOB))
        self.team = self.admin.create_calendar(ANN, 'Team')['id']

    def share(self, email=BOB, role='writer', service=None, kind='user',
            calendar=None, **params):
        scope = {'type': kind}
        if email:
            scope['value'] = email
        return (service or self.ann).acl().insert(
            calendarId=calendar or self.team, body={
                'role': role, 'scope': scope}, **params).execute()

    def mails(self):
        return sorted(
            (m['kind'], m['to']) for m in self.admin.mails(clear=True))


class TestAcl(SharingTestCase):
    def test_mails(self):
        "sendNotifications is true unless said otherwise"
        self.share()
        self.share(EVE, sendNotifications=False)
        self.assertEqual(self.mails(), [('sharing', BOB)])
        acl = self.ann.acl()
        rule = f'user:{BOB}'
        acl.patch(
            calendarId=self.team, ruleId=rule,
            body={'role': 'reader'}).execute()
        self.assertEqual(self.mails(), [('sharing', BOB)])
        acl.update(
            calendarId=self.team, ruleId=rule, sendNotifications=False,
            body={
                'role': 'owner',
                'scope': {'type': 'user', 'value': BOB}}).execute()
        acl.patch(
            calendarId=self.team, ruleId=rule,
            body={'role': 'none'}).execute()
        acl.delete(
            calendarId=self.team, ruleId=f'user:{EVE}').execute()
        self.assertEqual(self.mails(), [])

    def test_group(self):
        self.admin.add_group('team@example.com', [BOB, EVE])
        self.share('team@example.com', 'reader', kind='group')
        self.assertEqual(
            self.mails(), [('sharing', BOB), ('sharing', EVE)])
        self.assertEqual(
            self.bob.events().list(calendarId=self.team).execute()[
                'accessRole'], 'reader')

    def test_domain_and_public(self):
        self.share('example.com', 'reader', kind='domain')
        self.assertEqual(self.mails(), [])
        self.bob.events().list(calendarId=self.team).execute()
        self.share(None, 'freeBusyReader', kind='default')
        self.assertRefused(
            400, 'invalid', self.share, None, 'writer', kind='default')

    def test_who_may(self):
        "A writer reads the rules, an owner changes them"
        self.share()
        rules = self.bob.acl().list(calendarId=self.team).execute()
        self.assertEqual(
            [(r['id'], r['role']) for r in rules['items']],
            [(f'user:{ANN}', 'owner'), (f'user:{BOB}', 'writer')])
        self.assertRefused(
            403, 'requiredAccessLevel', self.share, EVE, service=self.bob)
        calendars = self.bob.calendars()
        for request in [
                calendars.patch(
                    calendarId=self.team, body={'summary': 'x'}),
                calendars.delete(calendarId=self.team)]:
            self.assertRefused(
                403, 'requiredAccessLevel', request.execute)
        self.share(role='owner')
        self.share(EVE, service=self.bob)
        calendars.patch(
            calendarId=self.team, body={'summary': 'Ours'}).execute()
        # only the data owner deletes, and stays owner
        self.assertRefused(403, 'requiredAccessLevel', calendars.delete(
                calendarId=self.team).execute)
        self.assertRefused(
            403, 'cannotChangeOwnerAcl', self.share, ANN, 'reader',
            self.bob)
        self.assertRefused(
            403, 'cannotChangeOwnAcl', self.bob.acl().delete(
                calendarId=self.team, ruleId=f'user:{BOB}').execute)
        self.ann.calendars().delete(calendarId=self.team).execute()

    def test_reader(self):
        self.share(role='reader')
        self.assertRefused(
            403, 'requiredAccessLevel', self.bob.acl().list(
                calendarId=self.team).execute)
        self.assertRefused(
            403, 'requiredAccessLevel', self.bob.events().insert(
                calendarId=self.team, body=timed()).execute)

    def test_private(self):
        "Another's private event: busy, whatever is asked"
        event = self.admin.insert_event(
            ANN, timed(visibility='private', location='Here'), self.team)
        for role, seen in [
                ('freeBusyReader', False), ('reader', False),
                ('writerWithoutPrivateAccess', False), ('writer', True)]:
            with self.subTest(role=role):
                self.share(role=role)
                one = self.bob.events().get(
                    calendarId=self.team, eventId=event['id']).execute()
                self.assertEqual('summary' in one, seen)
                self.assertEqual('location' in one, seen)

    def test_sync(self):
        acl = self.ann.acl()
        token = acl.list(calendarId=self.team).execute()['nextSyncToken']
        self.share()
        answer = acl.list(
            calendarId=self.team, syncToken=token).execute()
        self.assertEqual([r['id'] for r in answer['items']], [f'user:{BOB}'])
        acl.delete(calendarId=self.team, ruleId=f'user:{BOB}').execute()
        answer = acl.list(
            calendarId=self.team,
            syncToken=answer['nextSyncToken']).execute()
        self.assertEqual([r['role'] for r in answer['items']], ['none'])
        self.assertRefused(404, 'notFound', acl.get(
                calendarId=self.team, ruleId=f'user:{BOB}').execute)


class TestCalendars(SharingTestCase):
    def test_scopes(self):
        def service(*names):
            return self.service(self.credentials(
                    scopes=[f'{CALENDAR}.{n}' for n in names]))

        only = service('calendars')
        made = only.calendars().insert(body={'summary': 'x'}).execute()
        self.assertRefused(
            403, 'insufficientPermissions',
            only.events().list(calendarId=made['id']).execute)
        self.assertRefused(
            403, 'insufficientPermissions',
            only.calendarList().list().execute)
        lists = service('calendarlist')
        lists.calendarList().list().execute()
        self.assertRefused(
            403, 'insufficientPermissions',
            lists.calendars().insert(body={'summary': 'x'}).execute)
        self.share(service=service('acls'))
        busy = service('freebusy')
        busy.freebusy().query(body={
                'timeMin': '2026-03-01T00:00:00Z',
                'timeMax': '2026-03-02T00:00:00Z',
                'items': [{'id': ANN}]}).execute()
        self.assertRefused(
            403, 'insufficientPermissions',
            busy.events().list(calendarId='primary').execute)
        self.admin.insert_event(ANN, timed())
        items = service('events.freebusy').events().list(
            calendarId='primary').execute()['items']
        self.assertNotIn('summary', items[0])
        app = service('app.created')
        own = app.calendars().insert(body={'summary': 'App'}).execute()
        app.events().insert(calendarId=own['id'], body=timed()).execute()
        self.assertRefused(
            403, 'insufficientPermissions', app.events().list(
                calendarId=self.team).execute)

    def test_rename_and_delete(self):
        calendars = self.ann.calendars()
        one = calendars.get(calendarId=self.team).execute()
        self.assertEqual(one['dataOwner'], ANN)
        calendars.patch(
            calendarId=self.team, body={'summary': 'New'}).execute()
        one = calendars.update(calendarId=self.team, body={
                'summary': 'Newer', 'timeZone': 'UTC'}).execute()
        self.assertNotIn('description', one)
        self.assertRefused(400, 'required', calendars.update(
                calendarId=self.team, body={}).execute)
        self.assertRefused(400, 'invalid', calendars.patch(
                calendarId=self.team, body={'timeZone': 'Mars'}).execute)
        self.assertRefused(400, 'invalid', calendars.clear(
                calendarId=self.team).execute)
        self.assertRefused(400, 'invalid', calendars.delete(
                calendarId='primary').execute)
        self.admin.insert_event(ANN, timed())
        calendars.clear(calendarId='primary').execute()
        self.assertEqual(self.ann.events().list(
                calendarId='primary').execute()['items'], [])

    def test_list(self):
        self.admin.share_calendar(self.team, BOB, 'reader', False)
        lists = self.bob.calendarList()
        self.assertRefused(
            404, 'notFound', lists.get(calendarId=self.team).execute)
        lists.insert(body={'id': self.team}).execute()
        one = lists.patch(calendarId=self.team, body={
                'summaryOverride': 'Mine', 'hidden': True}).execute()
        self.assertEqual(
            (one['summary'], one['summaryOverride'], one['hidden']),
            ('Team', 'Mine', True))
        self.assertEqual(one['accessRole'], 'reader')
        # to unsubscribe is neither to delete nor to lose the access
        lists.delete(calendarId=self.team).execute()
        self.assertRefused(
            404, 'notFound', lists.get(calendarId=self.team).execute)
        self.bob.events().list(calendarId=self.team).execute()
        self.assertRefused(400, 'invalid', lists.delete(
                calendarId='primary').execute)
        self.assertRefused(404, 'notFound', lists.insert(
                body={'id': 'unknown'}).execute)

    def test_labels(self):
        label = {'backgroundColor': '#039be5', 'name': 'Work'}
        made = self.ann.calendars().patch(calendarId='primary', body={
                'labelProperties': {'eventLabels': [label]}}).execute()
        one, = made['labelProperties']['eventLabels']
        for bad in [
                {'backgroundColor': 'blue'},
                {**label, 'name': 'x' * 51}, {**label, 'id': 'x'}]:
            self.assertRefused(
                400, 'invalid', self.ann.calendars().patch(
                    calendarId='primary', body={'labelProperties': {
                            'eventLabels': [bad]}}).execute)
        events = self.ann.events()
        event = events.insert(
            calendarId='primary', body=timed(eventLabelId=one['id']),
            eventLabelVersion=1).execute()
        self.assertEqual(event['eventLabelId'], one['id'])
        event = events.patch(
            calendarId='primary', eventId=event['id'],
            body={'eventLabelId': ''}).execute()
        self.assertEqual(event['eventLabelId'], one['id'])
        event = events.patch(
            calendarId='primary', eventId=event['id'],
            body={'eventLabelId': ''}, eventLabelVersion=1).execute()
        self.assertNotIn('eventLabelId', event)
        self.assertRefused(400, 'invalid', events.patch(
                calendarId='primary', eventId=event['id'],
                body={'eventLabelId': 'x'}, eventLabelVersion=1).execute)
        self.ann.calendars().update(
            calendarId='primary', body={'summary': 'Ann'}).execute()
        self.assertIn('labelProperties', self.ann.calendars().get(
                calendarId='primary').execute())
        self.ann.calendarList().get(calendarId='primary').execute()

    def test_transfer(self):
        transfer = 'calendar.calendars.transferOwnership'
        self.admin.add_user('boss@example.com', type='internal', admin=True)
        self.admin.add_user('new@example.com', type='internal')
        params = {
            'calendarId': self.team, 'newDataOwner': 'new@example.com'}
        for user, values, status in [
                (ANN, {'useAdminAccess': True}, 403),
                ('boss@example.com', {'useAdminAccess': False}, 400)]:
            with self.assertRaises(EmulatorError) as caught:
                self.admin.act(user, transfer, **params, **values)
            self.assertEqual(caught.exception.status, status)
        self.admin.act(
            'boss@example.com', transfer, useAdminAccess=True, **params)
        self.assertEqual(self.ann.calendars().get(
                calendarId=self.team).execute()['dataOwner'],
            'new@example.com')

    def test_generated(self):
        "The holidays: readable by everybody, without notifications"
        name = 'en.french#holiday@group.v.calendar.google.com'
        self.admin.add_public_calendar(name, 'Holidays in France')
        self.admin.subscribe(ANN, name)
        self.ann.events().list(calendarId=name).execute()
        self.assertRefused(
            400, 'pushNotSupportedForRequestedResource',
            self.ann.events().watch(calendarId=name, body={
                    'id': 'c1', 'type': 'web_hook',
                    'address': 'https://example.com/'}).execute)


class TestRest(SharingTestCase):
    def test_quick_add(self):
        event = self.ann.events().quickAdd(
            calendarId='primary',
            text='Lunch with Bob on 5 March 2026 at 12:30').execute()
        self.assertEqual(event['summary'], 'Lunch with Bob')
        self.assertEqual(
            event['start']['dateTime'], '2026-03-05T12:30:00+01:00')
        event = self.ann.events().quickAdd(
            calendarId='primary', text='Think').execute()
        self.assertEqual(event['summary'], 'Think')

    def conference(self, request=None, event=None, version=1, **values):
        body = {'conferenceData': {'createRequest': {
                    'requestId': request,
                    'conferenceSolutionKey': {'type': 'hangoutsMeet'}}}}
        if event is None:
            return self.ann.events().insert(
                calendarId='primary', body=timed(**body),
                conferenceDataVersion=version).execute()
        return self.ann.events().patch(
            calendarId='primary', eventId=event['id'], body=body,
            conferenceDataVersion=version).execute()

    def test_conference(self):
        event = self.conference('r1')
        self.assertEqual(
            self.conference('r1', event)['conferenceData'],
            event['conferenceData'])
        other = self.conference('r2', event)
        self.assertNotEqual(other['hangoutLink'], event['hangoutLink'])
        self.assertEqual(
            other['conferenceData']['createRequest']['requestId'], 'r2')
        same = self.conference('r3', event, version=0)
        self.assertEqual(same['hangoutLink'], other['hangoutLink'])
        gone = self.ann.events().patch(
            calendarId='primary', eventId=event['id'],
            body={'conferenceData': None},
            conferenceDataVersion=1).execute()
        self.assertNotIn('hangoutLink', gone)
        self.assertNotIn('conferenceData', gone)

    def test_pending_conference(self):
        self.admin.options(pending_conference=True)
        for status in ['success', 'failure']:
            event = self.conference(f'r-{status}')
            request = event['conferenceData']['createRequest']
            self.assertEqual(request['status']['statusCode'], 'pending')
            self.assertNotIn('hangoutLink', event)
            self.assertEqual(self.admin.finish_conferences(status), 1)
            now = self.admin.get_event(ANN, event['id'])
            self.assertEqual(
                now['conferenceData']['createRequest']['status'],
                {'statusCode': status})
            self.assertEqual('hangoutLink' in now, status == 'success')
            self.assertNotEqual(now['etag'], event['etag'])

    def test_foreign_conference(self):
        "A conference of others survives a change of the rest"
        data = {
            'conferenceSolution': {
                'key': {'type': 'addOn'}, 'name': 'Jitsi',
                'iconUri': 'https://example.com/i.png'},
            'entryPoints': [{
                    'entryPointType': 'video',
                    'uri': 'https://meet.example.com/1'}],
            'conferenceId': '1'}
        event = self.ann.events().insert(
            calendarId='primary', body=timed(conferenceData=data),
            conferenceDataVersion=1).execute()
        for version in [0, 1]:
            event = self.ann.events().patch(
                calendarId='primary', eventId=event['id'],
                body={'summary': f'v{version}'},
                conferenceDataVersion=version).execute()
            self.assertEqual(event['conferenceData'], data)
