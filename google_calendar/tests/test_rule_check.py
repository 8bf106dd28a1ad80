# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What is refused of a rule, and trying it."""
import datetime as dt

from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.exceptions import RuleError
from trytond.transaction import Transaction

from .rules import RULE, SALE, RuleTestCase
from .tools import EVENT, database


class ValidationTestCase(RuleTestCase):

    def test_refused(self):
        "What can not work is refused at once, with the reason"
        for values, error in [
                ({'start_field': 'nothing'}, "is no field"),
                ({'start_field': 'party'}, "needs a field with a date"),
                ({'start_field': 'party.nothing'}, "is no field"),
                ({'start_field': 'description.x'}, "is no field"),
                ({'end_field': 'create_date'}, "only one has a time"),
                ({'end_field': 'number'}, "needs a field with a date"),
                ({'related': 'description'}, "leads to no record"),
                ({'attendees_field': 'nobody'}, "is no field"),
                ({'start_field': 'party.create_date', 'write_back': True},
                    "on another record"),
                ({'summary': '${record.__class__}'}, '"__class__"'),
                ({'summary': '${open("x")}'}, 'no "open"'),
                ({'description': 'a\n${'}, 'line 2'),
                ({'summary': '${record.nothing}'}, '"nothing" in'),
                ({'summary': '${record.party.nothing.name}'},
                    '"nothing" in "record.party.nothing.name"'),
                ({'summary': '${", ".join(l.nothing for l in record.lines)}'},
                    '"record.lines.nothing" is no field'),
                ]:
            with self.subTest(**values), \
                    self.assertRaises(RuleError) as refused:
                self.create_rule(**values)
            self.assertIn(error, refused.exception.message)
        for domain in ['', '[', '{}', '[["nothing", "=", 1]]', '"x"']:
            with self.subTest(domain=domain), \
                    self.assertRaises(Exception) as refused:
                self.create_rule(domain=domain)
            if domain:
                self.assertIsInstance(refused.exception, RuleError)
                self.assertIn("The domain", refused.exception.message)

    def test_deleted_meanwhile(self):
        "What is asked for while a rule is deleted is not remembered"
        rule = self.create_rule()
        with database(commit=False) as pool:
            Rule = pool.get(RULE)
            actions = Rule.on_delete([Rule(rule)])
            self.assertIn(SALE, Rule.watched())
            for action in actions:
                action()
            self.assertIsNone(Rule._watched_cache.get('watched'))

    def test_fields(self):
        "The fields are offered"
        with self.as_ada(commit=False) as pool:
            Rule = pool.get(RULE)
            rule = Rule(model=SALE, start_field='sa')
            self.assertEqual(rule.autocomplete_start_field(), ['sale_date'])
            rule.attendees_field = 'par'
            self.assertIn('party', rule.autocomplete_attendees_field())
            for name in ['start_field', 'end_field', 'attendees_field']:
                self.assertIn(f'autocomplete_{name}', Rule.__rpc__)
            names = [name for name, _ in Rule.get_models()]
            self.assertIn(SALE, names)
            self.assertNotIn(EVENT, names)

    def test_dry_run(self):
        "The test of a rule shows what it would do and changes nothing"
        self.create_sale("A")
        self.create_sale(None)
        self.create_sale("C", None)
        rule = self.create_rule(
            summary='${record.description.upper()} ${record.party.name}'
            '${", ".join(l.product.name for l in record.lines)}',
            related='lines')
        self.forget_tasks()
        before = self.rows()
        with self.as_ada(commit=False) as pool:
            Test = pool.get('google_calendar.rule_test', type='wizard')
            session, _, _ = Test.create()
            with Transaction().set_context(
                    active_model=RULE, active_id=rule, active_ids=[rule]):
                result = Test.execute(session, {}, 'start')
            values = result['view']['defaults']
        self.assertEqual(values['count'], 3)
        lines = values['sample']
        self.assertEqual(len(lines), 3)
        self.assertEqual(
            [(i['start_date'], i['summary']) for i in lines
                if i.get('summary', '').startswith('A Customer')],
            [(dt.date(2026, 12, 1), "A Customer")])
        notes = [i['note'] for i in lines if 'note' in i]
        self.assertEqual(sum('line 1' in n for n in notes), 1)
        self.assertEqual(sum('has no date' in n for n in notes), 1)
        self.assertEqual(
            values['missing'].splitlines(), ['lines.product', 'party'])
        self.assertEqual(self.rows(), before)
        self.assertEqual(self.events(), [])

    def test_update_all(self):
        "Update All renders everything again"
        self.create_sale("A")
        rule = self.create_rule()
        self.work()
        event, = self.search(EVENT, 'id')
        with database() as pool:
            bookkeeping.update(
                pool.get(EVENT), [event], {'summary': "Behind"})
        self.sweep()
        self.assertEqual(self.events(), ["Behind"])
        self.click(RULE, rule, 'update_all', self.ada)
        self.work()
        self.assertEqual(self.events(), ["Sale A"])


del RuleTestCase
