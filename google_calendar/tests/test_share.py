# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
from unittest.mock import patch

from trytond.modules.google_calendar.exceptions import CalendarManageError
from trytond.modules.google_integration.client import Client

from .manage_case import ManageTestCase
from .tools import ALICE, BOB, CALENDAR

EVE = 'eve@example.com'
WRITES = {'calendar.acl.insert', 'calendar.acl.patch', 'calendar.acl.delete'}


def rule(type, value, role, **values):
    return {'type': type, 'value': value, 'role': role, **values}


class GoogleCalendarShareTestCase(ManageTestCase):
    "Test sharing calendars"

    def prepare(self):
        super().prepare()
        self.google.add_user(EVE)
        team = self.google.create_calendar(ALICE, "Team")
        self.google_id = team['id']
        self.discover(self.credentials)
        self.id, = self.local_calendars('id')
        self.requests()

    def remote_rules(self):
        answer = self.google.act(
            ALICE, 'calendar.acl.list', calendarId=self.google_id)
        return {r['id']: r['role'] for r in answer['items']}

    def edit(self, wizard, *rules, keep=True):
        "The lines of the window after those were added"
        kept = [r for r in wizard.values['rules'] if keep is True or r['own']]
        return [*kept, *rules]

    def share(self, *rules, keep=True, **values):
        wizard = self.begin('share_calendar', self.id)
        result = wizard.execute(
            'share', rules=self.edit(wizard, *rules, keep=keep), **values)
        return wizard, result

    def writes(self):
        return [id for id in self.requests() if id in WRITES]

    def test_list(self):
        self.google.share_calendar(self.google_id, BOB, 'writer')
        wizard = self.begin('share_calendar', self.id)
        self.assertTrue(wizard.values['owner'])
        self.assertTrue(wizard.values['send_notifications'])
        self.assertEqual(
            [(r['type'], r['value'], r['role'], r['own'])
                for r in wizard.values['rules']],
            [('user', ALICE, 'owner', True), ('user', BOB, 'writer', False)])

    def test_add(self):
        _, result = self.share(
            rule('user', ' Bob@Example.com', 'reader'),
            rule('group', 'team@example.com', 'writer'),
            rule('domain', 'example.com', 'freeBusyReader'))
        self.assertEqual(result, {})
        self.assertEqual(self.remote_rules(), {
                f'user:{ALICE}': 'owner', f'user:{BOB}': 'reader',
                'group:team@example.com': 'writer',
                'domain:example.com': 'freeBusyReader'})
        self.assertEqual(self.writes(), ['calendar.acl.insert'] * 3)

    def test_change_and_remove(self):
        self.share(
            rule('user', BOB, 'reader'), rule('user', EVE, 'writer'))
        self.requests()
        self.share(rule('user', BOB, 'owner'), keep=False)
        self.assertEqual(
            self.writes(), ['calendar.acl.patch', 'calendar.acl.delete'])
        self.assertEqual(self.remote_rules(), {
                f'user:{ALICE}': 'owner', f'user:{BOB}': 'owner'})

    def test_nothing(self):
        "What was not changed is not sent"
        self.share(rule('user', BOB, 'reader'))
        self.requests()
        self.share()
        self.assertEqual(self.requests(), ['calendar.acl.list'])

    def test_notifications(self):
        "Who gets access is told, or not"
        for role in ['reader', 'writer']:
            for notify in [True, False]:
                with patch.object(
                        Client, 'execute', autospec=True,
                        side_effect=Client.execute) as execute:
                    self.share(
                        rule('user', BOB, role), keep=False,
                        send_notifications=notify)
                request, = [
                    call.args[1] for call in execute.call_args_list
                    if call.args[1].method in {'POST', 'PATCH'}]
                self.assertIn(
                    f'sendNotifications={str(notify).lower()}', request.uri)
                self.assertEqual(
                    [(m['to'], m['kind'])
                        for m in self.google.mails(clear=True)],
                    [(BOB, 'sharing')] if notify else [])
                self.share(keep=False)
                self.assertEqual(self.google.mails(), [])

    def test_public(self):
        "Nothing is public unless it is said twice"
        for lines in [
                [rule('default', None, 'reader')],
                [rule('user', BOB, 'writer'),
                    rule('default', 'x', 'freeBusyReader')]]:
            wizard, result = self.share(*lines)
            self.assertEqual(result['view']['state'], 'public')
            self.assertEqual(self.writes(), [])
            self.assertFalse(wizard.values['confirmed'])
            # the button alone is not enough
            result = wizard.execute('share_public')
            self.assertEqual(result['view']['state'], 'public')
            self.assertEqual(self.writes(), [])
            result = wizard.execute('share_public', confirmed=True)
            self.assertEqual(result, {})
            self.assertEqual(
                self.remote_rules()['default'], lines[-1]['role'])
            # to see less needs no confirmation
            _, result = self.share(keep=False)
            self.assertEqual(result, {})
            self.assertEqual(self.remote_rules(), {f'user:{ALICE}': 'owner'})
            self.requests()

    def test_public_more(self):
        "To let everybody see more is asked again"
        wizard, _ = self.share(rule('default', None, 'freeBusyReader'))
        wizard.execute('share_public', confirmed=True)
        wizard = self.begin('share_calendar', self.id)
        lines = [
            {**r, 'role': 'reader'} if r['type'] == 'default' else r
            for r in wizard.values['rules']]
        result = wizard.execute('share', rules=lines)
        self.assertEqual(result['view']['state'], 'public')
        self.assertEqual(wizard.values['role'], 'reader')
        # and kept it needs none
        _, result = self.share(rule('user', BOB, 'reader'))
        self.assertEqual(result, {})
        self.assertEqual(self.remote_rules()['default'], 'freeBusyReader')

    def test_wrong(self):
        "What is not an e-mail never reaches Google"
        for lines, text in [
                ([rule('user', 'bob', 'reader')], "bob"),
                ([rule('user', None, 'reader')], "not an email"),
                ([rule('domain', BOB, 'reader')], BOB),
                ([rule('default', None, 'writer')], "Everybody"),
                ([rule('user', BOB, 'reader'), rule('user', BOB, 'owner')],
                    "two lines")]:
            with self.subTest(lines=lines), \
                    self.assertRaises(CalendarManageError) as error:
                self.share(*lines)
            self.assertIn(text, error.exception.message)
        self.assertEqual(self.writes(), [])

    def test_lost(self):
        "A lost answer is repeated without doing it twice"
        self.google.add_fault(
            'drop_after', method_id='calendar.acl.insert', times=2)
        wizard = self.begin('share_calendar', self.id)
        lines = self.edit(
            wizard, rule('user', BOB, 'reader'), rule('user', EVE, 'writer'))
        with self.assertRaises(CalendarManageError) as error:
            wizard.execute('share', rules=lines)
        self.assertIn("nothing is done twice", error.exception.message)
        self.google.clear_faults()
        self.requests()
        wizard.execute('share', rules=lines)
        self.assertEqual(self.writes(), ['calendar.acl.insert'])
        # each is told once
        self.assertEqual([m['to'] for m in self.google.mails()], [BOB, EVE])
        self.assertEqual(self.remote_rules(), {
                f'user:{ALICE}': 'owner', f'user:{BOB}': 'reader',
                f'user:{EVE}': 'writer'})

    def test_meanwhile(self):
        "What somebody else changed meanwhile is not overwritten"
        self.share(rule('user', BOB, 'reader'))
        wizard = self.begin('share_calendar', self.id)
        self.google.share_calendar(self.google_id, BOB, 'owner')
        lines = [
            {**r, 'role': 'writer'} if r['value'] == BOB else r
            for r in wizard.values['rules']]
        with self.assertRaises(CalendarManageError) as error:
            wizard.execute('share', rules=lines)
        self.assertIn("changed at Google meanwhile", error.exception.message)
        self.assertEqual(self.remote_rules()[f'user:{BOB}'], 'owner')

    def test_raced(self):
        "Not even between the look and the change"
        self.share(rule('user', BOB, 'reader'))
        wizard = self.begin('share_calendar', self.id)
        lines = [
            {**r, 'role': 'writer'} if r['value'] == BOB else r
            for r in wizard.values['rules']]
        self.google.add_fault(
            'status', method_id='calendar.acl.patch', status=412,
            reason='conditionNotMet')
        with self.assertRaises(CalendarManageError) as error:
            wizard.execute('share', rules=lines)
        self.assertIn("changed at Google meanwhile", error.exception.message)

    def test_refused(self):
        "One line that Google refuses does not stop the others"
        self.google.add_fault(
            'status', method_id='calendar.acl.insert', status=400,
            reason='invalid', message="Invalid scope value.")
        with self.assertRaises(CalendarManageError) as error:
            self.share(
                rule('user', BOB, 'reader'), rule('user', EVE, 'writer'))
        self.assertIn(BOB, error.exception.description)
        self.assertIn("Invalid scope value.", error.exception.description)
        self.assertEqual(self.remote_rules(), {
                f'user:{ALICE}': 'owner', f'user:{EVE}': 'writer'})

    def test_own_access(self):
        "The own access can not be changed"
        wizard = self.begin('share_calendar', self.id)
        with self.assertRaises(CalendarManageError) as error:
            wizard.execute('share', rules=[])
        self.assertIn("its own access", error.exception.description)
        self.assertEqual(self.remote_rules(), {f'user:{ALICE}': 'owner'})

    def test_data_owner(self):
        "The access of who owns the data can not be changed, by another owner"
        theirs = self.google.create_calendar(BOB, "Theirs")
        self.google.share_calendar(theirs['id'], ALICE, 'owner')
        self.discover(self.credentials)
        id, = self.search(
            CALENDAR, 'id', domain=[('google_id', '=', theirs['id'])])
        wizard = self.begin('share_calendar', id)
        with self.assertRaises(CalendarManageError) as error:
            wizard.execute('share', rules=self.edit(wizard, keep=False))
        self.assertIn("who owns its data", error.exception.description)

    def test_reader(self):
        "Who may only read does not see the list, who writes only sees it"
        theirs = self.google.create_calendar(BOB, "Theirs")
        for role in ['reader', 'writer']:
            self.google.share_calendar(theirs['id'], ALICE, role)
            self.discover(self.credentials)
            id, = self.search(
                CALENDAR, 'id', domain=[('google_id', '=', theirs['id'])])
            if role == 'reader':
                with self.assertRaises(CalendarManageError) as error:
                    self.begin('share_calendar', id)
                self.assertIn("Ask an owner", error.exception.message)
            else:
                wizard = self.begin('share_calendar', id)
                self.assertFalse(wizard.values['owner'])
                with self.assertRaises(CalendarManageError) as error:
                    wizard.execute('share', rules=self.edit(
                            wizard, rule('user', EVE, 'reader')))
                self.assertIn("Ask an owner", error.exception.description)
