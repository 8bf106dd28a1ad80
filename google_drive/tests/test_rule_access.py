# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Who may do what with the rules."""
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration.exceptions import RuleRemovalWarning

from .tools import ACCESS, DRIVE, RULE, GoogleDriveTestCase, database


class RuleAccessTestCase(GoogleDriveTestCase):

    def prepare(self):
        super().prepare()
        self.set_rule(user=self.ada)

    def write_as(self, acting, /, **values):
        with database(acting, context=ACCESS) as pool:
            Rule = pool.get(RULE)
            Rule.write([Rule(self.rule)], values)

    def test_write(self):
        "Templates are written by administrators only"
        for user in [self.jane, self.john, self.stranger]:
            with self.assertRaises(AccessError):
                self.write_as(user, path='${record.name}')
        self.write_as(self.ada, path='${record.name}')

    def test_create(self):
        for user in [self.jane, self.stranger]:
            with database(user, context=ACCESS, commit=False) as pool, \
                    self.assertRaises(AccessError):
                pool.get(RULE).create([{
                            'name': "Mine", 'drive': self.drive,
                            'model': 'res.group', 'user': user}])

    def test_read(self):
        "The owner of the account sees its rules, others do not"
        for user, count in [
                (self.jane, 1), (self.ada, 1), (self.john, 0)]:
            with self.as_user(user) as pool:
                self.assertEqual(
                    pool.get(RULE).search([], count=True), count)
        with self.as_user(self.stranger) as pool, \
                self.assertRaises(AccessError):
            pool.get(RULE).search([])

    def test_acting_user(self):
        "The access of another user is for those who may change users"
        for values in [{'user': self.jane}, {'user': 1}]:
            with self.assertRaisesRegex(AccessError, "Choose yourself"):
                self.write_as(self.ada, **values)
        self.set_rule(user=1)
        for values in [
                {'path': '${record.name}'}, {'domain': '[]'},
                {'filename': 'x'}, {'match_pattern': '(?P<name>.)'},
                {'root': self.root}, {'user': 1}]:
            with self.assertRaisesRegex(AccessError, "Choose yourself"):
                self.write_as(self.ada, **values)
        self.write_as(self.ada, name="Other name")

    def test_bookkeeping(self):
        for name in ['root_name', 'code', 'arguments']:
            with self.assertRaises(AccessError):
                self.write_as(self.ada, **{name: "x"})

    def test_buttons(self):
        for button in ['synchronize', 'update_all']:
            with self.assertRaises(AccessError):
                self.click(RULE, self.rule, button, self.jane)

    def test_synchronize(self):
        self.attach("a.txt")
        self.click(RULE, self.rule, 'synchronize', self.ada)
        with database(commit=False) as pool:
            tasks = [
                t.data for t in pool.get('ir.queue').search([])
                if t.data['model'] == DRIVE]
            self.assertEqual(
                [[*t['instances']] for t in tasks], [[self.drive]])

    def test_removal(self):
        "The files that are left are told"
        self.attach("a.txt")
        for change in [
                lambda Rule: Rule.write([Rule(self.rule)], {'active': False}),
                lambda Rule: Rule.delete([Rule(self.rule)])]:
            with database(self.ada, context=ACCESS, commit=False) as pool, \
                    self.assertRaisesRegex(
                        RuleRemovalWarning, "1 files"):
                change(pool.get(RULE))


del GoogleDriveTestCase
