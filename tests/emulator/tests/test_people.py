# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from .common import (
    EmulatorTestCase, all_day, setUpModule, tearDownModule, timed)

__all__ = ['setUpModule', 'tearDownModule']
ANN, BOB, EVE = 'ann@example.com', 'bob@example.com', 'eve@other.org'
TEAM = 'team@example.com'


class PeopleTestCase(EmulatorTestCase):
    def setUp(self):
        super().setUp()
        self.events = self.service().events()

    def insert(self, *emails, user=ANN, send='none', day=1, hour=10,
            **values):
        return self.admin.insert_event(
            user, timed(day, hour, attendees=[
                    {'email': e} for e in emails], **values),
            sendUpdates=send)

    def answers(self, event, user=ANN):
        return {
            a['email']: a['responseStatus'] for a in self.admin.get_event(
                user, event['id']).get('attendees', ())}

    def attendee(self, event, email, user=ANN):
        return next(
            a for a in self.admin.get_event(user, event['id'])['attendees']
            if a['email'] == email)

    def mails(self):
        return sorted(
            (m['kind'], m['to']) for m in self.admin.mails(clear=True))


class TestPermissions(PeopleTestCase):
    def test_see_other_guests(self):
        event = self.insert(
            ANN, BOB, EVE, guestsCanSeeOtherGuests=False)
        self.assertEqual(set(self.answers(event)), {ANN, BOB, EVE})
        copy = self.admin.get_event(BOB, event['id'])
        self.assertEqual(
            [a['email'] for a in copy['attendees']], [ANN, BOB])
        self.assertTrue(copy['attendeesOmitted'])
        # writing the short list back removes nobody
        copy['attendees'][1]['responseStatus'] = 'accepted'
        self.admin.patch_event(
            BOB, event['id'], {'attendees': copy['attendees']})
        self.assertEqual(self.answers(event), {
                ANN: 'needsAction', BOB: 'accepted', EVE: 'needsAction'})
        items = self.admin.act(
            BOB, 'calendar.events.list', calendarId='primary')['items']
        self.assertEqual(len(items[0]['attendees']), 2)
        # who may change the event sees the guests
        self.admin.patch_event(ANN, event['id'], {'guestsCanModify': True})
        self.assertEqual(
            set(self.answers(event, BOB)), {ANN, BOB, EVE})

    def test_invite_others(self):
        event = self.insert(BOB)
        entries = self.admin.get_event(BOB, event['id'])['attendees']
        self.admin.patch_event(
            BOB, event['id'], {'attendees': [*entries, {'email': EVE}]},
            sendUpdates='all')
        self.assertEqual(set(self.answers(event)), {BOB, EVE})
        self.assertEqual(self.mails(), [('invitation', EVE)])
        # but removes nobody
        self.admin.patch_event(BOB, event['id'], {'attendees': entries})
        self.assertEqual(set(self.answers(event)), {BOB, EVE})
        self.admin.patch_event(
            ANN, event['id'], {'guestsCanInviteOthers': False})
        entries = self.admin.get_event(BOB, event['id'])['attendees']
        self.admin.patch_event(BOB, event['id'], {
                'attendees': [*entries, {'email': 'new@other.org'}]})
        self.assertEqual(set(self.answers(event)), {BOB, EVE})

    def test_modify(self):
        event = self.insert(BOB, EVE, guestsCanModify=True)
        self.admin.patch_event(BOB, event['id'], {
                'summary': 'Ours', 'attendees': [
                    {'email': BOB, 'responseStatus': 'accepted'},
                    {'email': 'new@other.org'}]}, sendUpdates='all')
        self.assertEqual(self.answers(event), {
                BOB: 'accepted', 'new@other.org': 'needsAction'})
        self.assertEqual(
            self.admin.get_event(ANN, event['id'])['summary'], 'Ours')
        self.assertEqual(self.mails(), [
                ('cancellation', EVE), ('invitation', 'new@other.org'),
                ('update', ANN)])

    def test_declined_and_restored(self):
        "What a guest removed stays removed, what the organizer did not"
        event = self.insert(BOB)
        self.admin.respond(BOB, event['id'], 'declined')
        self.admin.delete_event(ANN, event['id'])
        self.admin.patch_event(ANN, event['id'], {'status': 'confirmed'})
        self.assertEqual(
            self.admin.get_event(BOB, event['id'])['status'], 'confirmed')
        self.admin.delete_event(BOB, event['id'])
        self.admin.patch_event(ANN, event['id'], {'summary': 'x'})
        self.assertEqual(
            self.admin.get_event(BOB, event['id'])['status'], 'cancelled')

    def test_private_copy(self):
        event = self.insert(BOB, send='all', privateCopy=True)
        self.assertTrue(event['privateCopy'])
        self.assertEqual(self.mails(), [])
        self.assertEqual(self.admin.act(
                BOB, 'calendar.events.list',
                calendarId='primary')['items'], [])

    def test_many_guests(self):
        "More than 200: the answers do not reach the other guests"
        many = [f'g{n}@other.org' for n in range(200)]
        event = self.insert(BOB, *many)
        self.admin.add_user('g0@other.org')
        self.admin.patch_event(ANN, event['id'], {'summary': 'x'})
        self.admin.respond(BOB, event['id'], 'accepted')
        self.assertEqual(self.answers(event)[BOB], 'accepted')
        self.assertEqual(
            self.answers(event, 'g0@other.org')[BOB], 'needsAction')

    def test_source(self):
        event = self.insert(
            BOB, source={'url': 'https://example.com/1', 'title': 'One'})
        self.assertEqual(event['source']['title'], 'One')
        self.assertNotIn(
            'source', self.admin.get_event(BOB, event['id']))
        self.admin.share_calendar(ANN, BOB, 'writer')
        self.admin.patch_event(
            BOB, event['id'], {
                'source': {'url': 'https://example.com/2'}}, ANN)
        self.assertEqual(
            self.admin.get_event(ANN, event['id'])['source']['title'],
            'One')


class TestByMail(PeopleTestCase):
    def test_external(self):
        event = self.insert(BOB, EVE)
        self.admin.respond_by_mail(
            ANN, event['id'], EVE, 'accepted', 'with pleasure')
        self.assertEqual(self.attendee(event, EVE, BOB), {
                'email': EVE, 'responseStatus': 'accepted',
                'comment': 'with pleasure'})
        self.assertEqual(self.mails(), [('response', ANN)])

    def test_instance(self):
        event = self.insert(EVE, recurrence=['RRULE:FREQ=DAILY;COUNT=3'])
        one = self.admin.instance_id(
            ANN, event['id'], '2026-03-02T10:00:00')
        self.admin.respond_by_mail(ANN, one, EVE, 'declined')
        self.assertEqual(self.answers(event)[EVE], 'needsAction')
        self.assertEqual(self.answers({'id': one})[EVE], 'declined')

    def test_settings(self):
        "Whether an invitation is in the calendar at once"
        self.admin.add_user('new@example.com', invitations='responded')
        self.admin.add_user('far@other.org', invitations='known')
        self.admin.add_user('near@example.com', invitations='known')

        def has(user):
            return len(self.admin.act(
                    user, 'calendar.events.list',
                    calendarId='primary')['items'])

        event = self.admin.insert_event(ANN, timed(attendees=[
                    {'email': e, 'responseStatus': 'accepted'} for e in [
                        'new@example.com', 'far@other.org',
                        'near@example.com', BOB]]))
        self.assertEqual(
            [has(u) for u in [
                    'new@example.com', 'far@other.org', 'near@example.com',
                    BOB]], [0, 0, 1, 1])
        self.assertEqual(
            self.answers(event)['new@example.com'], 'needsAction')
        self.assertEqual(self.answers(event)[BOB], 'accepted')
        self.admin.respond_by_mail(
            ANN, event['id'], 'new@example.com', 'tentative')
        self.assertEqual(has('new@example.com'), 1)
        self.admin.patch_event(ANN, event['id'], {'summary': 'New'})
        self.assertEqual(has('far@other.org'), 0)


class TestRooms(PeopleTestCase):
    def setUp(self):
        super().setUp()
        self.room = self.admin.add_resource('Blue')['email']

    def test_free_and_busy(self):
        event = self.insert(self.room, BOB)
        # the answer of the request comes before that of the room
        entry = event['attendees'][0]
        self.assertEqual(entry, {
                'email': self.room, 'displayName': 'Blue',
                'resource': True, 'responseStatus': 'needsAction'})
        now = self.admin.get_event(ANN, event['id'])
        self.assertEqual(
            self.attendee(event, self.room)['responseStatus'], 'accepted')
        self.assertNotEqual(now['etag'], event['etag'])
        other = self.insert(self.room)
        self.assertEqual(self.answers(other)[self.room], 'declined')
        # moved to where it is free, and back
        body = timed(1, 12)
        times = {n: body[n] for n in ['start', 'end']}
        self.admin.patch_event(ANN, other['id'], times)
        self.assertEqual(self.answers(other)[self.room], 'accepted')
        self.admin.patch_event(ANN, event['id'], times)
        self.assertEqual(self.answers(event)[self.room], 'declined')
        # free again
        self.admin.delete_event(ANN, other['id'])
        third = self.insert(self.room, hour=12)
        self.assertEqual(self.answers(third)[self.room], 'accepted')
        # an event that changes otherwise asks no more
        self.admin.patch_event(ANN, third['id'], {'summary': 'x'})
        self.assertEqual(self.answers(third)[self.room], 'accepted')

    def test_series(self):
        self.insert(self.room, day=3)
        event = self.insert(
            self.room, recurrence=['RRULE:FREQ=DAILY;COUNT=4'])
        self.assertEqual(self.answers(event)[self.room], 'accepted')
        answers = [
            i['attendees'][0]['responseStatus'] for i in self.admin.act(
                ANN, 'calendar.events.instances', calendarId='primary',
                eventId=event['id'])['items']]
        self.assertEqual(
            answers, ['accepted', 'accepted', 'declined', 'accepted'])

    def test_access(self):
        room = self.admin.add_resource('Board', role='none')['email']
        event = self.insert(room)
        self.assertEqual(self.answers(event)[room], 'declined')

    def test_flag(self):
        "resource is set when the attendee is added, then ignored"
        event = self.admin.insert_event(ANN, timed(attendees=[
                    {'email': EVE, 'resource': True},
                    {'email': 'x@other.org'}]))
        self.admin.patch_event(ANN, event['id'], {'attendees': [
                    {'email': EVE},
                    {'email': 'x@other.org', 'resource': True}]})
        self.assertTrue(self.attendee(event, EVE)['resource'])
        self.assertNotIn('resource', self.attendee(event, 'x@other.org'))

    def test_mails(self):
        self.insert(self.room, EVE, send='all')
        self.assertEqual(self.mails(), [('invitation', EVE)])


class TestGroups(PeopleTestCase):
    def setUp(self):
        super().setUp()
        self.admin.add_user('cat@example.com')
        self.admin.add_group('inner@example.com', ['cat@example.com', EVE])
        self.admin.add_group(TEAM, [BOB, 'inner@example.com'], 'Team')

    def test_members(self):
        event = self.insert(TEAM, send='all')
        self.assertEqual(self.mails(), [
                ('invitation', e) for e in [
                    BOB, 'cat@example.com', EVE]])
        copy = self.admin.get_event(BOB, event['id'])
        self.assertEqual(
            [(a['email'], a.get('self')) for a in copy['attendees']],
            [(TEAM, None)])
        # who answers becomes a guest
        self.admin.respond(BOB, event['id'], 'accepted')
        self.assertEqual(
            self.answers(event), {TEAM: 'needsAction', BOB: 'accepted'})
        self.admin.patch_event(ANN, event['id'], {'summary': 'New'})
        for user in [BOB, 'cat@example.com']:
            self.assertEqual(
                self.admin.get_event(user, event['id'])['summary'], 'New')
        self.admin.delete_event(ANN, event['id'], sendUpdates='all')
        self.assertEqual(len(self.mails()), 3)
        self.assertEqual(
            self.admin.get_event(BOB, event['id'])['status'], 'cancelled')


class TestStatusEvents(PeopleTestCase):
    def absence(self, mode, user=BOB, kind='outOfOffice', **values):
        return self.admin.insert_event(user, timed(
                eventType=kind, **{f'{kind}Properties': {
                        'autoDeclineMode': mode,
                        'declineMessage': 'Away'}}, **values))

    def test_new(self):
        self.absence('declineOnlyNewConflictingInvitations')
        event = self.insert(BOB)
        self.assertEqual(self.attendee(event, BOB), {
                'email': BOB, 'responseStatus': 'declined',
                'comment': 'Away'})
        later = self.insert(BOB, hour=14)
        self.assertEqual(self.answers(later)[BOB], 'needsAction')

    def test_existing(self):
        event = self.insert(BOB)
        self.absence('declineOnlyNewConflictingInvitations')
        self.assertEqual(self.answers(event)[BOB], 'needsAction')
        self.absence('declineAllConflictingInvitations', kind='focusTime')
        self.assertEqual(self.answers(event)[BOB], 'declined')

    def test_none(self):
        self.absence('declineNone')
        event = self.insert(BOB)
        self.assertEqual(self.answers(event)[BOB], 'needsAction')


class TestFreeBusy(PeopleTestCase):
    def query(self, *items, user=ANN, **values):
        return self.admin.act(user, 'calendar.freebusy.query', {
                'timeMin': '2026-03-01T00:00:00Z',
                'timeMax': '2026-03-05T00:00:00Z',
                'items': [{'id': i} for i in items], **values})

    def busy(self, name, **values):
        return [
            (b['start'], b['end'])
            for b in self.query(name, **values)['calendars'][name]['busy']]

    def test_what_is_busy(self):
        self.insert()
        self.insert(hour=14, transparency='transparent')
        self.insert(hour=16, status='tentative')
        event = self.insert(ANN, user=BOB, hour=18)
        invited = self.insert(ANN, user=BOB, hour=20)
        self.admin.respond(ANN, event['id'], 'declined')
        self.assertEqual(self.busy(ANN, timeZone='Europe/Paris'), [
                ('2026-03-01T10:00:00+01:00', '2026-03-01T11:00:00+01:00'),
                ('2026-03-01T16:00:00+01:00', '2026-03-01T17:00:00+01:00'),
                ('2026-03-01T20:00:00+01:00', '2026-03-01T21:00:00+01:00')])
        self.admin.delete_event(BOB, invited['id'])
        self.assertEqual(len(self.busy(ANN)), 2)

    def test_all_day(self):
        "In the zone of the calendar"
        self.admin.insert_event(ANN, all_day('2026-03-02', '2026-03-03'))
        self.assertEqual(self.busy(ANN), [
                ('2026-03-01T23:00:00Z', '2026-03-02T23:00:00Z')])

    def test_series(self):
        event = self.insert(recurrence=['RRULE:FREQ=DAILY;COUNT=3'])
        self.admin.change_instance(
            ANN, event['id'], '2026-03-02T10:00:00', {
                n: timed(2, 12)[n] for n in ['start', 'end']})
        self.admin.cancel_instance(
            ANN, event['id'], '2026-03-03T10:00:00')
        self.assertEqual(
            [s for s, _ in self.busy(ANN)],
            ['2026-03-01T09:00:00Z', '2026-03-02T11:00:00Z'])

    def test_errors(self):
        answer = self.query(ANN, BOB, 'unknown@x.org')['calendars']
        self.assertEqual(answer[BOB], {
                'busy': [],
                'errors': [{'domain': 'global', 'reason': 'notFound'}]})
        self.assertNotIn('errors', answer[ANN])
        self.admin.share_calendar(BOB, ANN, 'freeBusyReader')
        self.assertNotIn('errors', self.query(BOB)['calendars'][BOB])
        answer = self.query(ANN, BOB, calendarExpansionMax=1)['calendars']
        self.assertEqual(
            answer[BOB]['errors'][0]['reason'], 'tooManyCalendarsRequested')
        service = self.service().freebusy()
        for values in [
                {'calendarExpansionMax': 51}, {'groupExpansionMax': 101}]:
            self.assertRefused(400, 'invalid', service.query(body={
                        'timeMin': '2026-03-01T00:00:00Z',
                        'timeMax': '2026-03-02T00:00:00Z',
                        **values}).execute)

    def test_groups(self):
        self.admin.add_group(TEAM, [ANN, BOB])
        answer = self.query(TEAM)
        self.assertEqual(
            answer['groups'], {TEAM: {'calendars': [ANN, BOB]}})
        self.assertEqual(set(answer['calendars']), {ANN, BOB})
        answer = self.query(TEAM, groupExpansionMax=1)
        self.assertEqual(answer['groups'][TEAM]['errors'], [
                {'domain': 'global', 'reason': 'groupTooBig'}])
        self.assertEqual(answer['calendars'], {})
