# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The guests who are parties"""
import xml.etree.ElementTree as ET
from contextlib import contextmanager
from unittest.mock import patch

from trytond.model.exceptions import AccessError
from trytond.modules.google_calendar.exceptions import CreatePartiesError
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
ROOM = 'c_1@resource.calendar.google.com'


def create_party(name, *emails, **values):
    party, = Pool().get('party.party').create([{
                'name': name,
                'contact_mechanisms': [('create', [
                            {'type': 'email', 'value': e} for e in emails])],
                **values}])
    return party


def hide(model, domain=None):
    "Hide the model from everybody, or what is not in the domain"
    pool = Pool()
    if domain is None:
        pool.get('ir.model.access').create([{
                    'model': model,
                    'perm_read': False,
                    'perm_write': False,
                    'perm_create': False,
                    'perm_delete': False,
                    }])
    else:
        pool.get('ir.rule.group').create([{
                    'name': "Hidden",
                    'model': model,
                    'global_p': True,
                    'rules': [('create', [{'domain': domain}])],
                    }])


class PartyTestCase(TestCase):
    "Test the links between guests and parties"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        drop_db()
        cls.addClassCleanup(drop_db)
        activate_module(['google_calendar', 'party'])

    def setup(self, *emails, **values):
        "An event of Jane with guests"
        self.jane = create_user('jane', 'group_google_user')
        return create_event(create_calendar(self.jane), attendees=[
                ('create', [{'email': e, **values} for e in emails])])

    @contextmanager
    def as_jane(self):
        "What Jane's client does"
        with Transaction().set_user(self.jane), \
                Transaction().set_context(ACCESS):
            yield

    def read(self, event, name='party'):
        "What Jane's client shows of the guests"
        with self.as_jane():
            rows = Pool().get(ATTENDEE).read(
                [g.id for g in event.attendees],
                ['email', name, f'{name}.rec_name'])
        return {
            r['email']: r[f'{name}.'] and r[f'{name}.']['rec_name']
            for r in rows}

    def search(self, *clause):
        "The e-mails of the guests whom Jane finds"
        with self.as_jane():
            return [
                g.email for g in Pool().get(ATTENDEE).search([clause])]

    def events(self, *clause):
        with self.as_jane():
            return Pool().get(EVENT).search([clause])

    @with_transaction()
    def test_party(self):
        "The party has the e-mail, in whatever case"
        create_party("Bob", "other@example.com", "Bob@Example.com")
        event = self.setup(BOB, CAROL)
        self.assertEqual(self.read(event), {BOB: "Bob", CAROL: None})

    @with_transaction()
    def test_other_mechanism(self):
        "Only e-mails count"
        party = create_party("Bob")
        Pool().get('party.contact_mechanism').create([{
                    'party': party.id, 'type': 'other', 'value': BOB}])
        self.assertEqual(self.read(self.setup(BOB)), {BOB: None})
        self.assertEqual(self.search('party', '=', party.id), [])

    @with_transaction()
    def test_several(self):
        "Of several parties with the e-mail none is taken for the guest"
        parties = [create_party(n, BOB, BOB) for n in ["Bob", "Shop"]]
        event = self.setup(BOB)
        self.assertEqual(self.read(event), {BOB: None})
        self.assertEqual(self.search('party', '!=', None), [])
        # but the events are those of all of them
        self.assertEqual(set(event.parties), set(parties))
        for party in parties:
            self.assertEqual(self.events('parties', '=', party.id), [event])

        with self.subTest("deactivated"):
            Pool().get('party.party').write(
                parties[1:], {'active': False})
            self.assertEqual(self.read(event), {BOB: "Bob"})
            self.assertEqual(
                self.search('party', '=', parties[0].id), [BOB])

    @with_transaction()
    def test_deactivated(self):
        party = create_party("Bob", BOB)
        event = self.setup(BOB)
        mechanism, = party.contact_mechanisms
        mechanism.active = False
        mechanism.save()
        self.assertEqual(self.read(event), {BOB: None})
        self.assertEqual(self.search('party.name', '=', "Bob"), [])
        self.assertEqual(self.events('parties', 'in', [party.id]), [])

    @with_transaction()
    def test_room(self):
        "Rooms and groups of Google are no parties"
        party = create_party("Room", BOB, ROOM)
        event = self.setup(BOB, room=True)
        other = create_event(
            event.calendar, attendees=[('create', [{'email': ROOM}])])
        self.assertEqual(self.read(event), {BOB: None})
        self.assertEqual(self.read(other), {ROOM: None})
        self.assertEqual(self.search('party', '=', party.id), [])
        self.assertEqual(self.search('party', '=', None), [BOB, ROOM])
        self.assertEqual(self.events('parties', '=', party.id), [])
        self.assertEqual(event.parties, ())

    @with_transaction()
    def test_search(self):
        bob, carol = (
            create_party("Bob", "BOB@example.com"), create_party(
                "Carol", CAROL))
        create_party("Nobody", "nobody@example.com")
        event = self.setup(BOB, CAROL, 'dan@example.com')
        for clause, expected in [
                (('party', '=', bob.id), [BOB]),
                (('party', 'in', [bob.id, carol.id]), [BOB, CAROL]),
                (('party', '!=', bob.id), [CAROL, 'dan@example.com']),
                (('party', 'not in', [bob.id]), [CAROL, 'dan@example.com']),
                (('party', '=', None), ['dan@example.com']),
                (('party', '!=', None), [BOB, CAROL]),
                (('party.rec_name', 'ilike', "%car%"), [CAROL]),
                (('party.name', '=', "Nobody"), []),
                (('party', 'ilike', "%car%"), [CAROL]),
                (('party', 'not ilike', "%car%"), [BOB, 'dan@example.com']),
                (('party', 'where', [('name', '=', "Bob")]), [BOB]),
                ]:
            with self.subTest(clause=clause):
                self.assertEqual(self.search(*clause), expected)
        empty = create_event(event.calendar)
        for clause, expected in [
                (('parties', '=', bob.id), [event]),
                (('parties', 'in', [bob.id, -1]), [event]),
                (('parties', '=', None), [empty]),
                (('parties.name', 'like', "Carol"), [event]),
                (('parties.name', '=', "Nobody"), []),
                (('parties', 'ilike', "Carol"), [event]),
                ]:
            with self.subTest(clause=clause):
                self.assertEqual(self.events(*clause), expected)
        # the client offers what is in the list
        fields = type(event).fields_view_get(None, 'tree')['fields']
        self.assertIn('parties', list(fields))

    @with_transaction()
    def test_no_access(self):
        "Who may read no parties opens the guests nevertheless"
        party = create_party("Bob", BOB)
        event = self.setup(BOB)
        hide('party.party')
        with self.as_jane():
            guest, = event.attendees
            self.assertEqual(
                Pool().get(ATTENDEE).read([guest.id], ['party'])[0]['party'],
                None)
        self.assertEqual(self.search('email', '=', BOB), [BOB])
        self.assertEqual(self.search('party', '=', party.id), [])
        with self.as_jane():
            pool = Pool()
            for name in [ATTENDEE, EVENT]:
                Model = pool.get(name)
                for view in pool.get('ir.ui.view').search(
                        [('model', '=', name)]):
                    definition = Model.fields_view_get(view.id)
                    names = {
                        f.attrib['name'] for f in ET.fromstring(
                            definition['arch']).iter('field')}
                    self.assertFalse({'party', 'parties'} & names)
                    self.assertLessEqual(
                        names, definition['fields'].keys())
            wizard = self.wizard([event])
            with self.assertRaises(AccessError):
                wizard.execute('start')

    @with_transaction()
    def test_hidden(self):
        "A party that the user may not read is as if it were not"
        hidden = create_party("Hidden", BOB)
        create_party("Carol", CAROL)
        event = self.setup(BOB, CAROL)
        hide('party.party', '[["name", "!=", "Hidden"]]')
        self.assertEqual(self.read(event), {BOB: None, CAROL: "Carol"})
        self.assertEqual(self.search('party', '=', hidden.id), [])
        self.assertEqual(self.search('party.name', 'like', "H%"), [])
        self.assertEqual(self.search('party', '!=', None), [CAROL])
        self.assertEqual(self.events('parties', '=', hidden.id), [])
        with self.as_jane():
            row, = Pool().get(EVENT).read(
                [event.id], ['parties', 'parties.rec_name'])
            self.assertEqual(
                [p['rec_name'] for p in row['parties.']], ["Carol"])
            # nor does choosing it tell its e-mail
            with self.assertRaises(AccessError):
                Pool().get(ATTENDEE).create([{
                            'event': event.id, 'party': hidden.id}])

    @with_transaction()
    def test_relate(self):
        "From a party one comes to the events that one may read"
        pool = Pool()
        party = create_party("Bob", BOB)
        event = self.setup(BOB)
        john = create_user('john', 'group_google_user')
        create_event(
            create_calendar(john, 'other'),
            attendees=[('create', [{'email': BOB}])])
        action = pool.get('ir.action.act_window')(
            pool.get('ir.model.data').get_id(
                'google_calendar', 'act_event_relate_party'))
        domain = PYSONDecoder({'active_ids': [party.id]}).decode(
            action.pyson_domain)
        with self.as_jane():
            self.assertEqual(pool.get(EVENT).search(domain), [event])
            keywords = pool.get('ir.action.keyword').get_keyword(
                'form_relate', ('party.party', party.id))
            self.assertIn(action.id, [k['id'] for k in keywords])

    @with_transaction()
    def test_choose(self):
        "Who is chosen is invited"
        Attendee = Pool().get(ATTENDEE)
        party = create_party("Bob", "Bob@Example.com")
        guest = Attendee(party=party, email=None, name=None)
        guest.on_change_party()
        self.assertEqual(
            (guest.email, guest.name, guest.party), (BOB, "Bob", party))
        # the e-mail tells who it is
        guest.email = CAROL
        guest.on_change_email()
        self.assertIsNone(guest.party)
        guest.email = "BOB@example.com"
        guest.on_change_email()
        self.assertEqual(guest.party, party)
        # one of the e-mails is as good as another
        party.contact_mechanisms += (Pool().get('party.contact_mechanism')(
                type='email', value=CAROL),)
        party.save()
        guest = Attendee(party=party, email=CAROL, name="Carol")
        guest.on_change_party()
        self.assertEqual((guest.email, guest.name), (CAROL, "Carol"))
        guest = Attendee(party=None, email=CAROL, name="Carol")
        guest.on_change_party()
        self.assertEqual(guest.email, CAROL)

    @with_transaction()
    def test_choose_one_of_several(self):
        create_party("Shop", BOB)
        party = create_party("Bob", BOB)
        guest = Pool().get(ATTENDEE)(party=party, email=None, name=None)
        guest.on_change_party()
        self.assertEqual((guest.email, guest.party), (BOB, party))

    @with_transaction()
    def test_choose_without_client(self):
        "Scripts may give the party alone"
        party = create_party("Bob", BOB)
        event = self.setup()
        with self.as_jane():
            guest, = Pool().get(ATTENDEE).create([{
                        'event': event.id, 'party': party.id}])
            self.assertEqual((guest.email, guest.name), (BOB, "Bob"))
            carol = create_party("Carol", CAROL)
            Pool().get(ATTENDEE).write([guest], {'party': carol.id})
        self.assertEqual(self.read(event), {CAROL: "Carol"})

    # Creating parties

    def wizard(self, records):
        "The wizard, as a client opens it"
        pool = Pool()
        Wizard = pool.get('google_calendar.create_parties', type='wizard')
        session_id, _, _ = Wizard.create()
        record = records[0]

        class Client:
            def execute(self, state, **data):
                with Transaction().set_context(
                        active_model=record.__name__, active_id=record.id,
                        active_ids=[r.id for r in records]):
                    return Wizard.execute(session_id, data, state)
        return Client()

    def shown(self, result):
        return [
            (g['email'], g['name'], g['selected'])
            for g in result['view']['defaults']['guests']]

    @with_transaction()
    def test_create_parties(self):
        "What is created is shown first"
        Party = Pool().get('party.party')
        create_party("Bob", BOB)
        event = self.setup(BOB, CAROL, 'dan@example.com', ROOM)
        for guest in event.attendees:
            if guest.email == CAROL:
                guest.name = "Carol"
                guest.save()
        User = Pool().get('res.user')
        User.write([User(self.jane)], {'email': 'dan@example.com'})
        with self.as_jane():
            wizard = self.wizard([event])
            result = wizard.execute('start')
            self.assertEqual(self.shown(result), [
                    (CAROL, "Carol", True),
                    ('dan@example.com', 'dan@example.com', False)])
            # nothing is done before
            self.assertEqual(Party.search([], count=True), 1)
            guests = result['view']['defaults']['guests']
            result = wizard.execute('create_', show={'guests': guests})
        action, data = result['actions'][0]
        self.assertEqual(
            [Party(i).name for i in data['res_id']], ["Carol"])
        self.assertEqual(
            Party(data['res_id'][0]).contact_mechanisms[0].value, CAROL)
        self.assertEqual(self.read(event), {
                BOB: "Bob", CAROL: "Carol", 'dan@example.com': None,
                ROOM: None})

    @with_transaction()
    def test_create_one_party(self):
        event = self.setup(BOB, CAROL)
        bob, = [g for g in event.attendees if g.email == BOB]
        with self.as_jane():
            self.assertEqual(
                self.shown(self.wizard([bob]).execute('start')),
                [(BOB, BOB, True)])

    @with_transaction()
    def test_create_none(self):
        create_party("Bob", BOB)
        event = self.setup(BOB)
        with self.as_jane(), self.assertRaises(CreatePartiesError):
            self.wizard([event]).execute('start')

    @with_transaction()
    def test_create_twice(self):
        "Somebody else was faster"
        Party = Pool().get('party.party')
        event = self.setup(BOB)
        with self.as_jane():
            wizard = self.wizard([event])
            guests = wizard.execute('start')['view']['defaults']['guests']
            create_party("Bob", BOB)
            wizard.execute('create_', show={'guests': guests})
            self.assertEqual(Party.search([], count=True), 1)

    @with_transaction()
    def test_create_not_asked(self):
        "Of others than the guests no party is made"
        Party = Pool().get('party.party')
        event = self.setup(BOB)
        with self.as_jane():
            wizard = self.wizard([event])
            guest, = wizard.execute('start')['view']['defaults']['guests']
            wizard.execute('create_', show={'guests': [
                        {**guest, 'email': CAROL}]})
            wizard = self.wizard([event])
            wizard.execute('start')
            wizard.execute('create_', show={'guests': [
                        {**guest, 'selected': False}]})
            self.assertEqual(Party.search([], count=True), 0)

    @with_transaction()
    def test_create_not_allowed(self):
        event = self.setup(BOB)
        Pool().get('ir.model.access').create([{
                    'model': 'party.party', 'perm_read': True,
                    'perm_write': False, 'perm_create': False,
                    'perm_delete': False}])
        with self.as_jane(), self.assertRaises(AccessError):
            self.wizard([event]).execute('start')

    @with_transaction()
    def test_create_for_others_event(self):
        event = self.setup(BOB)
        self.jane = create_user('john', 'group_google_user')
        with self.as_jane(), self.assertRaises(AccessError):
            self.wizard([event]).execute('start')

    @with_transaction()
    def test_many(self):
        "However many guests, they are linked together"
        event = self.setup(*(f'guest{i}@example.com' for i in range(20)))
        for i in range(20):
            create_party(f"Guest {i}", f'guest{i}@example.com')
        Party = Pool().get('party.party')
        with patch.object(Party, 'search', side_effect=Party.search) as search:
            rows = self.read(event)
        self.assertEqual(len([r for r in rows.values() if r]), 20)
        self.assertEqual(search.call_count, 1)
