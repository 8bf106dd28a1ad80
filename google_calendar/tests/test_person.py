# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The guests who are users"""
import unittest
from contextlib import contextmanager
from unittest.mock import patch

from trytond.modules.google_calendar.person import is_of_person
from trytond.pool import Pool
from trytond.pyson import PYSONDecoder
from trytond.tests.test_tryton import (
    TestCase, activate_module, drop_db, with_transaction)
from trytond.transaction import Transaction

from .records import EVENT, create_calendar, create_event, create_user

ACCESS = {'_check_access': True}
ATTENDEE = 'google_calendar.attendee'
BOB = 'bob@example.com'
CAROL = 'carol@example.com'


class AddressTestCase(unittest.TestCase):

    def test_is_of_person(self):
        for email, expected in [
                (BOB, True),
                ('bob@calendar.google.com.example.com', True),
                ('bob@google.com', True),
                ('c_1@resource.calendar.google.com', False),
                ('c_1@group.calendar.google.com', False),
                ('en.be#holiday@group.v.calendar.google.com', False),
                ('unknownorganizer@calendar.google.com', False),
                ('', False),
                (None, False),
                ]:
            with self.subTest(email=email):
                self.assertEqual(is_of_person(email), expected)


class UserTestCase(TestCase):
    "Test the links between guests and users"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        drop_db()
        cls.addClassCleanup(drop_db)
        activate_module('google_calendar')

    def setup(self, *emails, **values):
        "An event of Jane with guests"
        self.jane = create_user('jane', 'group_google_user')
        return create_event(create_calendar(self.jane), attendees=[
                ('create', [{'email': e, **values} for e in emails])])

    def user(self, login, email, **values):
        user = create_user(login)
        User = Pool().get('res.user')
        User.write([User(user)], {'email': email, **values})
        return user

    @contextmanager
    def as_jane(self):
        with Transaction().set_user(self.jane), \
                Transaction().set_context(ACCESS):
            yield

    def read(self, event):
        with self.as_jane():
            rows = Pool().get(ATTENDEE).read(
                [g.id for g in event.attendees], ['email', 'user'])
        return {r['email']: r['user'] for r in rows}

    def search(self, *clause):
        with self.as_jane():
            return [
                g.email for g in Pool().get(ATTENDEE).search([clause])]

    @with_transaction()
    def test_user(self):
        bob = self.user('bob', "Bob@Example.com")
        event = self.setup(BOB, CAROL)
        self.assertEqual(self.read(event), {BOB: bob, CAROL: None})
        for clause, expected in [
                (('user', '=', bob), [BOB]),
                (('user', '!=', bob), [CAROL]),
                (('user', '=', None), [CAROL]),
                (('user', '!=', None), [BOB]),
                (('user', 'not in', [bob]), [CAROL]),
                (('user.login', '=', 'bob'), [BOB]),
                (('user.rec_name', 'ilike', 'car%'), []),
                ]:
            with self.subTest(clause=clause):
                self.assertEqual(self.search(*clause), expected)

    @with_transaction()
    def test_deactivated(self):
        "Who has left is not linked, who has the e-mail now is"
        self.user('old', BOB, active=False)
        event = self.setup(BOB)
        self.assertEqual(self.read(event), {BOB: None})
        bob = self.user('bob', BOB)
        self.assertEqual(self.read(event), {BOB: bob})
        # whatever the view shows
        with Transaction().set_context(active_test=False):
            self.assertEqual(self.read(event), {BOB: bob})
            self.assertEqual(self.search('user', '=', bob), [BOB])

    @with_transaction()
    def test_several(self):
        for login in ['bob', 'robert']:
            self.user(login, BOB)
        event = self.setup(BOB)
        self.assertEqual(self.read(event), {BOB: None})
        self.assertEqual(self.search('user', '=', None), [BOB])

    @with_transaction()
    def test_room(self):
        bob = self.user('bob', BOB)
        event = self.setup(BOB, room=True)
        self.assertEqual(self.read(event), {BOB: None})
        self.assertEqual(self.search('user', '=', bob), [])

    @with_transaction()
    def test_no_access(self):
        "Who may read no users opens the guests nevertheless"
        pool = Pool()
        bob = self.user('bob', BOB)
        event = self.setup(BOB)
        Access = pool.get('ir.model.access')
        with Transaction().set_user(0):
            Access.write(
                Access.search([('model', '=', 'res.user')]),
                {'perm_read': False})
        self.assertEqual(self.read(event), {BOB: None})
        self.assertEqual(self.search('user', '=', bob), [])
        self.assertEqual(self.search('email', '=', BOB), [BOB])
        with self.as_jane():
            definition = pool.get(ATTENDEE).fields_view_get(view_type='tree')
            self.assertNotIn('user', definition['fields'])
            self.assertIn('email', definition['fields'])

    @with_transaction()
    def test_hidden(self):
        bob = self.user('bob', BOB)
        self.user('carol', CAROL)
        event = self.setup(BOB, CAROL)
        Pool().get('ir.rule.group').create([{
                    'name': "Hidden", 'model': 'res.user', 'global_p': True,
                    'rules': [('create', [{
                                    'domain': '[["login", "!=", "carol"]]',
                                    }])],
                    }])
        self.assertEqual(self.read(event), {BOB: bob, CAROL: None})
        self.assertEqual(self.search('user', '!=', None), [BOB])
        self.assertEqual(self.search('user.login', '=', 'carol'), [])

    @with_transaction()
    def test_choose(self):
        Attendee = Pool().get(ATTENDEE)
        User = Pool().get('res.user')
        bob = User(self.user('bob', "Bob@example.com", name="Bob"))
        guest = Attendee(user=bob, email=None, name=None)
        guest.on_change_user()
        self.assertEqual(
            (guest.email, guest.name, guest.user), (BOB, "Bob", bob))
        nobody = User(self.user('nobody', None, name="Nobody"))
        guest = Attendee(user=nobody, email=BOB, name="Bob")
        guest.on_change_user()
        self.assertEqual((guest.email, guest.name), (None, "Nobody"))
        event = self.setup()
        guest, = Attendee.create([{'event': event.id, 'user': bob.id}])
        self.assertEqual((guest.email, guest.name), (BOB, "Bob"))

    @with_transaction()
    def test_relate(self):
        pool = Pool()
        bob = self.user('bob', BOB)
        event = self.setup(BOB)
        create_event(event.calendar)
        action = pool.get('ir.action.act_window')(
            pool.get('ir.model.data').get_id(
                'google_calendar', 'act_event_relate_user'))
        domain = PYSONDecoder({'active_ids': [bob]}).decode(
            action.pyson_domain)
        with self.as_jane():
            self.assertEqual(pool.get(EVENT).search(domain), [event])

    @with_transaction()
    def test_many(self):
        "However many guests, they are linked together"
        event = self.setup(*(f'guest{i}@example.com' for i in range(20)))
        for i in range(20):
            self.user(f'guest{i}', f'guest{i}@example.com')
        User = Pool().get('res.user')
        with patch.object(User, 'search', side_effect=User.search) as search:
            self.assertTrue(all(self.read(event).values()))
        self.assertEqual(search.call_count, 1)
