# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Events of rules that are changed on Google, and who may do what."""
import datetime as dt

from trytond.model.exceptions import AccessError
from trytond.pyson import PYSONDecoder

from .rules import CRON, DAY, PUBLICATION, RULE, SALE, RuleTestCase
from .tools import ACCESS, ALICE, EVENT, database

NEXT = DAY + dt.timedelta(days=1)
MORNING = dt.datetime(2026, 12, 1, 9, 30)
HOUR = dt.timedelta(hours=1)


class WriteBackTestCase(RuleTestCase):

    def publish(self, **values):
        sale = self.create_sale("A", **values.pop('sale', {}))
        self.rule = self.create_rule(**{'write_back': True, **values})
        self.work()
        self.synchronize()
        event, = self.search(EVENT, 'id')
        return sale, event

    def assert_given_back(self, event, day, text):
        "Google has the date of the record again, and the event says why"
        self.assertEqual(self.event(event, 'start_date'), day)
        self.assertIn(text, self.event(event, 'google_error'))
        self.synchronize()
        remote, = self.remote().values()
        self.assertEqual(remote[3][0], day.isoformat())
        # a run with nothing to do does not hide the reason
        self.synchronize()
        self.assertIn(text, self.event(event, 'google_error'))

    def test_moved(self):
        "The date is written on the record"
        sale, event = self.publish()
        self.move(event, NEXT)
        self.assertEqual(self.read(SALE, sale, 'sale_date'), NEXT)
        self.assertEqual(self.events('id', 'start_date'), [(event, NEXT)])
        self.assertEqual(self.errors(), [])
        self.assert_settled()
        self.assertEqual(self.google.mails(), [])

    def test_not_allowed(self):
        "Without write back the event goes back, with the summary too"
        sale, event = self.publish(write_back=False)
        self.move(event, NEXT, summary="Other")
        self.assertEqual(self.read(SALE, sale, 'sale_date'), DAY)
        self.assertEqual(
            self.event(event, 'start_date', 'summary'), [DAY, "Sale A"])
        self.synchronize()
        remote, = self.remote().values()
        self.assertEqual(
            (remote[0], remote[3][0]), ("Sale A", DAY.isoformat()))

    def test_what_others_may(self):
        "What the rule does not say is Google's"
        sale, event = self.publish(write_back=False)
        self.google.patch_event(
            ALICE, self.event(event, 'google_id'), {'colorId': '7'})
        self.synchronize()
        self.work()
        self.assertEqual(self.event(event, 'color_id'), '7')
        self.save(SALE, sale, description="B")
        self.work()
        self.assertEqual(
            self.event(event, 'color_id', 'summary'), ['7', "Sale B"])

    def test_both(self):
        "What was moved on both sides is where the record says"
        sale, event = self.publish()
        later = NEXT + dt.timedelta(days=1)
        self.save(SALE, sale, sale_date=later)
        self.move(event, NEXT)
        self.assertEqual(self.read(SALE, sale, 'sale_date'), later)
        self.assertEqual(self.event(event, 'start_date'), later)

    def test_read_only(self):
        "A field that is read-only for people is for Google"
        sale, event = self.publish()
        self.update(SALE, sale, state='cancelled')
        self.move(event, NEXT)
        self.assertEqual(self.read(SALE, sale, 'sale_date'), DAY)
        self.assert_given_back(event, DAY, "read-only")

    def test_access(self):
        "The acting user must be allowed to write"
        sale, event = self.publish()
        with database() as pool:
            access, = pool.get('ir.model.access').create([{
                        'model': SALE, 'perm_read': True,
                        'perm_write': False, 'active': True}])
            pool.get('ir.model.access').write(
                pool.get('ir.model.access').search([
                        ('model', '=', SALE),
                        ('group', '!=', None),
                        ]), {'perm_write': False})
        self.addCleanup(self.restore_access)
        self.move(event, NEXT)
        self.assertEqual(self.read(SALE, sale, 'sale_date'), DAY)
        self.assert_given_back(event, DAY, "refused the date")

    def restore_access(self):
        with database() as pool:
            Access = pool.get('ir.model.access')
            Access.delete(Access.search([
                        ('model', '=', SALE), ('group', '=', None),
                        ('perm_read', '=', True)]))
            Access.write(Access.search([
                        ('model', '=', SALE), ('group', '!=', None),
                        ]), {'perm_write': True})

    def test_validation(self):
        "The record may refuse the date"
        sale, event = self.publish(
            sale={'shipping_date': DAY}, start_field='sale_date')
        # the shipping may not come before the sale
        self.move(event, NEXT)
        self.assertEqual(self.read(SALE, sale, 'sale_date'), DAY)
        self.assert_given_back(event, DAY, "refused the date")

    def test_end(self):
        "Both ends are written; one without a field is given back"
        sale, event = self.publish(
            sale={'shipping_date': DAY}, end_field='shipping_date')
        self.move(event, DAY, NEXT)
        self.assertEqual(
            self.read(SALE, sale, 'sale_date', 'shipping_date'), [DAY, NEXT])
        with self.as_ada() as pool:
            Rule = pool.get(RULE)
            Rule.write([Rule(self.rule)], {'end_field': None})
        self.work()
        self.synchronize()
        self.move(event, DAY, NEXT)
        self.assert_given_back(event, DAY, "has no field")
        self.assertEqual(self.event(event, 'end_date'), DAY)

    def test_kind(self):
        "A date does not become a time"
        sale, event = self.publish()
        google_id = self.event(event, 'google_id')
        self.google.patch_event(ALICE, google_id, {
                'start': {
                    'dateTime': '2026-12-02T09:00:00Z', 'date': None},
                'end': {'dateTime': '2026-12-02T10:00:00Z', 'date': None},
                })
        self.synchronize()
        self.work()
        self.assertTrue(self.event(event, 'all_day'))
        self.assert_given_back(event, DAY, "all-day")

    def test_times(self):
        "A time is written back to the second"
        with database() as pool:
            Cron = pool.get(CRON)
            cron = Cron.search([], limit=1)[0]
            cron_id = cron.id
            Cron.write([cron], {'next_call': MORNING})
        with database(1, context=ACCESS) as pool:
            pool.get(RULE).create([{
                        'name': "Cron", 'calendar': self.calendar,
                        'model': CRON, 'start_field': 'next_call',
                        'write_back': True,
                        'domain': f'[["id", "=", {cron_id}]]',
                        }])
        self.work()
        self.synchronize()
        event, = self.search(EVENT, 'id')
        self.move(event, MORNING + HOUR, MORNING + 2 * HOUR)
        self.assertEqual(
            self.read(CRON, cron_id, 'next_call'), MORNING + HOUR)

    def test_deleted(self):
        "What is deleted on Google comes back: the record is still there"
        sale, event = self.publish()
        self.google.delete_event(ALICE, self.event(event, 'google_id'))
        self.synchronize()
        self.work()
        self.assertEqual(self.events(), ["Sale A"])
        self.synchronize()
        self.assertEqual(len(self.remote()), 1)
        self.assert_settled()


class PeopleTestCase(RuleTestCase):

    def test_read_only(self):
        "People change the record, not its event; the rest is theirs"
        self.create_sale("A")
        self.create_rule()
        self.work()
        event, = self.search(EVENT, 'id')
        with self.assertRaises(AccessError) as error:
            self.write(event, summary="Mine")
        self.assertIn("Change the record instead", error.exception.message)
        with self.assertRaises(AccessError):
            self.write(event, start_date=NEXT, end_date=NEXT)
        with self.assertRaises(AccessError):
            self.write(event, repeat='daily')
        with self.assertRaises(AccessError):
            self.delete(event)
        self.write(event, color_id='7')
        with self.user() as pool:
            copy, = pool.get(EVENT).copy([pool.get(EVENT)(event)])
            self.assertIsNone(copy.rule)
            copy.summary = "Mine"
            copy.save()

    def test_nobody_is_invited(self):
        "Nobody is invited if the rule does not say whom"
        self.create_sale("A")
        self.create_rule()
        self.work()
        self.synchronize()
        self.assertEqual(self.events('attendees'), [()])

    def test_invite(self):
        "The guests follow the record, and get mails if the rule says so"
        with database() as pool:
            Party = pool.get('party.party')
            Party.write([Party(self.party)], {
                    'contact_mechanisms': [('create', [
                                {'type': 'email', 'value': 'Bob@example.com'},
                                ])],
                    })
        sale = self.create_sale("A", dt.date.today() + dt.timedelta(days=9))
        rule = self.create_rule(
            attendees_field='party', notifications='all')
        self.work()
        self.assertEqual(self.guests(), ['bob@example.com'])
        self.synchronize()
        self.assertEqual(
            {m['to'] for m in self.google.mails()}, {'bob@example.com'})
        # whom a person invites stays
        event, = self.search(EVENT, 'id')
        self.write(event, notifications='none', attendees=[
                ('create', [{'email': 'carol@example.com'}])])
        with database() as pool:
            other, = pool.get('party.party').create([{'name': "Nobody"}])
            other = other.id
        self.save(RULE, rule, notifications='none')
        count = len(self.google.mails())
        self.save(SALE, sale, party=other)
        self.work()
        self.synchronize()
        self.assertEqual(self.guests(), ['carol@example.com'])
        self.assertEqual(len(self.google.mails()), count)

    def guests(self):
        return self.search('google_calendar.attendee', 'email')

    def test_acting_user(self):
        "The rule sees what its acting user sees"
        with database() as pool:
            ModelData = pool.get('ir.model.data')
            User = pool.get('res.user')
            User.write([User(self.john)], {
                    'groups': [('add', [
                                ModelData.get_id('sale', 'group_sale')])]})
        self.create_sale("A")
        # John is in no company
        with database(1, context=ACCESS) as pool:
            pool.get(RULE).create([{
                        'name': "John", 'user': self.john,
                        'calendar': self.calendar, 'model': SALE,
                        'start_field': 'sale_date'}])
        self.work()
        self.assertEqual(self.events(), [])

    def test_stranger(self):
        "A user who may not read the model can not act"
        with self.assertRaises(AccessError), \
                database(1, context=ACCESS) as pool:
            pool.get(RULE).create([{
                        'name': "Stranger", 'user': self.stranger,
                        'calendar': self.calendar, 'model': SALE,
                        'start_field': 'sale_date'}])

    def test_others(self):
        "Nobody uses the access of another, but who may become anybody"
        with self.assertRaises(AccessError) as error:
            self.create_rule(user=1)
        self.assertIn("Choose yourself", error.exception.message)
        with database(1, context=ACCESS) as pool:
            Rule = pool.get(RULE)
            rule, = Rule.create([{
                        'name': "Admin", 'user': 1,
                        'calendar': self.calendar, 'model': SALE,
                        'start_field': 'sale_date'}])
            rule = rule.id
        with self.assertRaises(AccessError):
            self.save(RULE, rule, summary='${record.party.name}')
        self.save(RULE, rule, name="Renamed")
        self.save(RULE, rule, user=self.ada)

    def test_users_read(self):
        "Google Users read the rules, and no more"
        rule = self.create_rule()
        with self.user(commit=False) as pool:
            Rule = pool.get(RULE)
            self.assertTrue(Rule.read([rule], ['name']))
            for call in [
                    lambda: Rule.write([Rule(rule)], {'name': "Mine"}),
                    lambda: Rule.delete([Rule(rule)]),
                    lambda: Rule.create([{'name': "New"}]),
                    lambda: Rule.update_all([Rule(rule)]),
                    lambda: pool.get(PUBLICATION).search([])]:
                with self.assertRaises(AccessError):
                    call()

    def test_publication_write(self):
        "Nobody makes a rule write on another event or record"
        self.create_sale("A")
        event = self.create("Of Jane")
        self.create_rule()
        self.work()
        with self.as_ada(commit=False) as pool:
            Publication = pool.get(PUBLICATION)
            publications = Publication.search([])
            for values in [
                    {'event': event}, {'record_id': 1}, {'stamp': None}]:
                with self.assertRaises(AccessError):
                    Publication.write(publications, values)

    def test_record_of_publication(self):
        "Who may not read the record does not see which it is"
        self.create_sale("A")
        self.create_rule()
        self.work()
        publication, = self.search(PUBLICATION, 'id')
        with self.as_ada(commit=False) as pool:
            row, = pool.get(PUBLICATION).read([publication], ['record'])
            self.assertTrue(row['record'].startswith('sale.sale,'))
        with database() as pool:
            User = pool.get('res.user')
            ModelData = pool.get('ir.model.data')
            User.write([User(self.john)], {
                    'groups': [('add', [
                                ModelData.get_id(
                                    'google_integration',
                                    'group_google_admin')])]})
        with self.as_user(self.john) as pool:
            row, = pool.get(PUBLICATION).read([publication], ['record'])
            self.assertIsNone(row['record'])


class RelateTestCase(RuleTestCase):

    def test_relate(self):
        "Each record has its events among its relations"
        self.create_sale("A")
        self.create_rule()
        self.work()
        sale, = self.search(SALE, 'id')
        with self.as_ada(commit=False) as pool:
            Keyword = pool.get('ir.action.keyword')
            for model, id, count in [
                    (SALE, sale, 1), ('party.party', self.party, 0),
                    ('res.user', self.ada, 0)]:
                with self.subTest(model=model):
                    action, = [
                        a for a in Keyword.get_keyword(
                            'form_relate', (model, id))
                        if a.get('res_model') == EVENT
                        and 'resource' in a['pyson_domain']]
                    domain = PYSONDecoder({
                            'active_model': model, 'active_id': id,
                            }).decode(action['pyson_domain'])
                    # a client fills in what the domain says
                    self.assertEqual(
                        domain, [['resource.id', '=', id, model]])
                    self.assertEqual(
                        pool.get(EVENT).search(domain, count=True), count)
        # the field is there, although there are models that nobody reads
        with self.as_ada(commit=False) as pool:
            self.assertIn('resource', pool.get(EVENT).fields_get())
            self.assertIn('record', pool.get(PUBLICATION).fields_get())
        with self.user(commit=False) as pool:
            self.assertIn('resource', pool.get(EVENT).fields_get())
        with database(self.stranger, context=ACCESS, commit=False) as pool:
            Keyword = pool.get('ir.action.keyword')
            self.assertFalse([
                    a for a in Keyword.get_keyword(
                        'form_relate', ('res.user', self.stranger))
                    if a.get('res_model') == EVENT])


del RuleTestCase
