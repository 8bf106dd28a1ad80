# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"A rule sees no more than the companies of the user that it acts as"
from trytond.modules.company.tests import create_company
from trytond.modules.google_drive.rule_follow import Follow
from trytond.pool import Pool
from trytond.tests.test_tryton import activate_module, with_transaction
from trytond.transaction import Transaction

from .rule_case import RuleTestCase

EMPLOYEE = 'company.employee'


class CompanyTestCase(RuleTestCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        activate_module(['google_drive', 'company'])

    def create_employee(self, company, name):
        Employee = Pool().get(EMPLOYEE)
        employee, = Employee.create([{
                    'company': company.id,
                    'party': self.create_party(name).id,
                    }])
        return employee

    def separate(self):
        "Users see the employees of their companies, as of what is accounted"
        Group = Pool().get('ir.rule.group')
        Group.create([{
                    'name': "Companies",
                    'model': EMPLOYEE,
                    'global_p': True,
                    'rules': [('create', [{
                                    'domain': '[["company", "in", '
                                    '{"__class__": "Eval", "v": "companies", '
                                    '"d": []}]]',
                                    }])],
                    }])

    def matching(self, rule):
        cursor = Transaction().connection.cursor()
        cursor.execute(*Follow(rule.id).matching(rule))
        return {name for name, in cursor}

    @with_transaction()
    def test_companies(self):
        pool = Pool()
        Rule = pool.get('google_drive.rule')
        User = pool.get('res.user')
        ours, theirs = create_company("Ours"), create_company("Theirs")
        user, = User.create([{
                    'name': "User", 'login': 'company',
                    'companies': [('add', [ours.id])], 'company': ours.id}])
        self.separate()
        rule = self.create_rule(
            model=EMPLOYEE, user=user.id, path='${record.party.name}',
            match_folder=True, match_properties=True,
            match_pattern=r'(?P<id>\d+) .*', match_fields='id: id')
        seen = self.create_employee(ours, "Ann")
        hidden = self.create_employee(theirs, "Bob")
        attachments = [self.attach(r) for r in [seen, hidden]]
        # sent
        self.assertEqual(
            Rule.of_attachments(attachments), {attachments[0].id: rule})
        self.assertEqual(self.matching(rule), {str(seen)})
        # received
        for record, name, found in [
                (seen, "Ann", seen), (hidden, "Bob", None)]:
            for folders, resource in [
                    ((name,), {}),
                    ((), {'properties': {'tryton_record': str(record)}}),
                    ((), {'name': f'{record.id} scan.pdf'})]:
                with self.subTest(name, folders=folders, **resource):
                    target = rule.target(
                        {'name': "scan.pdf", **resource}, folders)
                    self.assertEqual(target.record, found)


del RuleTestCase
