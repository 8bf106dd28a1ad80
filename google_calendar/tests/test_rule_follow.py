# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Related records are followed, and what a rule leaves is removed."""

from trytond.modules.google_integration.exceptions import RuleRemovalWarning
from trytond.transaction import Transaction

from .rules import PUBLICATION, RULE, RuleTestCase
from .tools import CALENDAR, database


class RelatedTestCase(RuleTestCase):

    def prepare(self):
        super().prepare()
        self.sale = self.create_sale("A")
        self.create_rule(
            summary='${record.party.name}'
            "${''.join(': ' + l.description for l in record.lines)}",
            related='party\nlines')
        self.work()

    def test_party(self):
        "A declared related record is followed"
        self.save('party.party', self.party, name="Renamed")
        self.work()
        self.assertEqual(self.events(), ["Renamed"])

    def test_lines(self):
        "Lines that are added, changed, moved and deleted are followed"
        with self.as_ada() as pool:
            line, = pool.get('sale.line').create([{
                        'sale': self.sale, 'quantity': 1,
                        'unit_price': 1, 'description': "One",
                        }])
            line = line.id
        self.work()
        self.assertEqual(self.events(), ["Customer: One"])
        self.save('sale.line', line, description="Two")
        self.work()
        self.assertEqual(self.events(), ["Customer: Two"])
        other = self.create_sale("B")
        self.save('sale.line', line, sale=other)
        self.work()
        self.assertEqual(self.events(), ["Customer", "Customer: Two"])
        self.remove('sale.line', line)
        self.work()
        self.assertEqual(self.events(), ["Customer", "Customer"])

    def test_lost_task(self):
        "What is noticed is not forgotten with the task"
        self.save('party.party', self.party, name="Renamed")
        self.forget_tasks()
        self.sweep()
        self.assertEqual(self.events(), ["Renamed"])

    def test_undeclared(self):
        "What is not declared is found by the daily verification"
        with database() as pool:
            Rule = pool.get(RULE)
            Rule.write(Rule.search([]), {'related': None})
        self.work()
        self.save('party.party', self.party, name="Renamed")
        self.assertEqual(self.work(), 0)
        self.sweep()
        self.assertEqual(self.events(), ["Customer"])
        with database() as pool:
            pool.get(RULE).verify()
        self.work()
        self.assertEqual(self.events(), ["Renamed"])


class RemovalTestCase(RuleTestCase):

    def prepare(self):
        super().prepare()
        self.create_sale(count=3)
        self.rule = self.create_rule()
        self.work()
        self.synchronize()

    def test_deactivate(self):
        "Deactivating asks with the count, and removes the events"
        with self.assertRaises(RuleRemovalWarning) as warning:
            self.save(RULE, self.rule, active=False)
        self.assertIn('3 events', warning.exception.message)
        self.assertEqual(len(self.events()), 3)
        with self.as_ada() as pool, \
                Transaction().set_context(_skip_warnings=True):
            Rule = pool.get(RULE)
            Rule.write([Rule(self.rule)], {'active': False})
        self.work()
        self.assertEqual(self.events(), [])
        self.synchronize()
        self.assertEqual(self.remote(), {})

    def test_delete(self):
        "Deleting the rule asks, too; nobody gets a mail"
        with self.assertRaises(RuleRemovalWarning):
            self.remove(RULE, self.rule)
        self.remove(RULE, self.rule, _skip_warnings=True)
        self.assertEqual(self.events(), [])
        self.assertEqual(self.search(PUBLICATION, 'id'), [])
        self.work()
        self.synchronize()
        self.assertEqual(self.remote(), {})
        self.assertEqual(self.google.mails(), [])

    def test_brake(self):
        "Mass removal meets the brake of the calendar"
        self.set_service(deletion_limit=2)
        self.remove(RULE, self.rule, _skip_warnings=True)
        self.work()
        self.assertFalse(self.run_once())
        self.assertEqual(
            self.read(CALENDAR, self.calendar, 'error_code'), 'brake_google')
        self.assertEqual(len(self.remote()), 3)

    def test_delete_calendar(self):
        "A calendar takes its rules with it, and deletes nothing at Google"
        with database() as pool:
            Calendar = pool.get(CALENDAR)
            Calendar.delete([Calendar(self.calendar)])
        self.work()
        self.assertEqual(self.search(RULE, 'id'), [])
        self.assertEqual(self.events(), [])
        self.assertEqual(len(self.remote()), 3)


del RuleTestCase
