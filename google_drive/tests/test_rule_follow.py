# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The files follow the records of their rule."""
from unittest.mock import patch

from trytond.modules.google_integration.tests.follow_case import FollowMixin
from trytond.modules.google_integration.tests.tools import database
from trytond.modules.google_integration.tests.work import count_queries
from trytond.pool import Pool
from trytond.tests.test_tryton import (
    DB_NAME, TestCase, activate_module, drop_db)
from trytond.transaction import Transaction

ATTACHMENT = 'ir.attachment'
CHANGE = 'google_drive.rule_change'
FILE = 'google_drive.file'
PARTY = 'party.party'
RULE = 'google_drive.rule'


class FollowTestCase(FollowMixin, TestCase):
    "Parties with attachments, of which nothing is sent"
    rule_model = RULE

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        drop_db()
        cls.addClassCleanup(drop_db)
        activate_module(['google_drive', 'party'])

    def setUp(self):
        super().setUp()
        self.addCleanup(self.clean)
        with database(1) as pool:
            credentials, = pool.get(
                'google_integration.google_credentials').create([{
                        'name': "Team", 'type': 'oauth'}])
            drive, = pool.get('google_drive.drive').create([{
                        'credentials': credentials.id, 'name': "Team",
                        'google_id': '0ADriveTeam', 'kind': 'shared'}])
            self.drive = drive.id
        self.rule = self.create_rule()
        self.party = self.create(PARTY, name="Acme")
        self.attachment = self.attach(self.party)
        self.work()
        self.settle()

    def clean(self):
        with database(1) as pool, Transaction().set_context(
                active_test=False, _skip_warnings=True):
            for name in [
                    RULE, ATTACHMENT, 'google_integration.google_credentials',
                    PARTY, 'ir.queue']:
                Model = pool.get(name)
                Model.delete(Model.search([]))

    def create(self, name, /, **values):
        with database(1) as pool:
            record, = pool.get(name).create([values])
            return record.id

    def create_rule(self, **values):
        return self.create(RULE, **{
                'name': "Parties", 'drive': self.drive, 'model': PARTY,
                'path': '${record.replaced_by.name}/${record.name}',
                'domain': '[["code", "!=", "hidden"]]', 'user': 1, **values})

    def attach(self, party, name="a.pdf"):
        return self.create(
            ATTACHMENT, resource=f'{PARTY},{party}', name=name, data=b'x')

    def write(self, model, id, **values):
        with database(1) as pool, Transaction().set_context(
                active_test=False, _skip_warnings=True):
            Model = pool.get(model)
            Model.write([Model(id)], values)

    def delete(self, model, id):
        with database(1) as pool, Transaction().set_context(
                _skip_warnings=True):
            Model = pool.get(model)
            Model.delete([Model(id)])

    def settle(self):
        "What is to be placed has been placed"
        with database() as pool:
            table = pool.get(FILE).__table__()
            Transaction().connection.cursor().execute(*table.update(
                    [table.to_place], [False]))

    def files(self):
        "The attachments that have a rule, and whether their place is due"
        with database(commit=False) as pool:
            return {
                f.attachment.id: (f.rule.id, f.to_place)
                for f in pool.get(FILE).search([('rule', '!=', None)])}

    def changes(self):
        with database(commit=False) as pool:
            return pool.get(CHANGE).search([], count=True)

    def placed(self, attachment=None):
        "Tell if the place of the attachment is due, and settle it"
        due = self.files()[attachment or self.attachment][1]
        self.settle()
        return due

    def test_record(self):
        "A write on the record lets the place be due"
        self.assertFalse(self.placed())
        self.write(PARTY, self.party, name="Best")
        self.assertEqual(self.work(), 1)
        self.assertTrue(self.placed())
        self.assertEqual(self.changes(), 0)

    def test_nothing_attached(self):
        self.write(RULE, self.rule, path='${record.name}')
        other = self.create(PARTY, name="Other")
        self.work()
        self.write(PARTY, other, name="Else")
        self.assertEqual(self.work(), 0)
        self.assertEqual(self.changes(), 0)

    def test_related(self):
        "So does one on what the templates read besides"
        group = self.create(PARTY, name="Group")
        self.write(PARTY, self.party, replaced_by=group)
        self.work()
        self.settle()
        self.write(PARTY, group, name="Group 2")
        self.work()
        self.assertTrue(self.placed())

    def test_lost_task(self):
        "What was noticed is not lost with the task"
        self.write(PARTY, self.party, name="Best")
        self.forget_tasks()
        self.assertFalse(self.placed())
        self.sweep()
        self.assertTrue(self.placed())

    def test_domain(self):
        "A record that leaves the domain, and comes back"
        self.write(PARTY, self.party, code="hidden")
        self.work()
        self.assertEqual(self.files(), {})
        self.write(PARTY, self.party, code="shown")
        self.work()
        self.assertEqual(
            self.files(), {self.attachment: (self.rule, True)})

    def test_domain_unseen(self):
        "What nobody noticed is found by the sweep"
        for code, count in [('hidden', 0), ('shown', 1)]:
            with database() as pool:
                table = pool.get('party.party').__table__()
                Transaction().connection.cursor().execute(*table.update(
                        [table.code], [code], where=table.id == self.party))
            self.sweep()
            self.assertEqual(len(self.files()), count)

    def count_queries(self, rules):
        "The queries that follow the rules, of which nothing is due"
        with database(commit=False) as pool, Transaction().set_user(0):
            Rule = pool.get(RULE)
            rules = Rule.browse(rules)
            with count_queries() as statements:
                Rule.follow(rules)
            return len(statements)

    def test_one_query(self):
        "Nothing to do costs one query for a rule, and to read the rule"
        rules = [self.rule, *(self.create_rule() for _ in range(3))]
        self.sweep()
        self.work()
        self.count_queries(rules)
        one, all_ = self.count_queries(rules[:1]), self.count_queries(rules)
        self.assertLessEqual(one, 3)
        self.assertLessEqual(all_ - one, 2 * 3)

    def test_new_rule(self):
        "A rule that comes before takes what it matches"
        other = self.create_rule(sequence=1)
        self.write(RULE, self.rule, sequence=2)
        self.work()
        self.assertEqual(
            self.files(), {self.attachment: (other, True)})
        with database(commit=False) as pool:
            error, = pool.get('google_integration.sync_error').search([])
            self.assertEqual(error.operation, 'rule')
            self.assertIn("matches also", error.message)
        self.delete(RULE, other)
        self.work()
        self.assertEqual(
            self.files(), {self.attachment: (self.rule, True)})

    def test_inactive(self):
        self.write(RULE, self.rule, active=False)
        self.work()
        self.assertEqual(self.files(), {})
        self.write(RULE, self.rule, active=True)
        self.work()
        self.assertEqual(list(self.files()), [self.attachment])

    def test_delete(self):
        "The files of a rule that is deleted stay where they are"
        self.delete(RULE, self.rule)
        self.work()
        with database(commit=False) as pool:
            file, = pool.get(FILE).search([])
            self.assertIsNone(file.rule)
            self.assertEqual(file.google_state, 'apart')

    def test_template(self):
        "Another template is another place"
        self.write(RULE, self.rule, filename='x${file_ext}')
        self.work()
        self.assertTrue(self.placed())
        self.write(RULE, self.rule, name="Other")
        self.assertEqual(self.work(), 0)

    def test_one_bad(self):
        "One record that fails does not stop the others, and is told"
        other = self.create(PARTY, name="Other")
        attachment = self.attach(other)
        File = Pool(DB_NAME).get(FILE)
        place_changed = File.place_changed

        def fail(records):
            if any(r.id == self.party for r in records):
                raise ValueError("the name " + "of somebody")
            place_changed(records)
        self.settle()
        for id in [self.party, other]:
            self.write(PARTY, id, name="New")
        with patch.object(File, 'place_changed', fail), self.assertLogs(
                'trytond.modules.google_drive', 'INFO') as logs:
            self.work()
        self.assertNotIn("name of somebody", '\n'.join(logs.output))
        self.assertTrue(self.placed(attachment))
        with database(commit=False) as pool:
            self.assertTrue(pool.get(RULE)(self.rule).error)
        self.sweep()
        with database(commit=False) as pool:
            self.assertFalse(pool.get(RULE)(self.rule).error)

    def test_broken_domain(self):
        "The rule says what is wrong with it"
        with database() as pool:
            table = pool.get(RULE).__table__()
            Transaction().connection.cursor().execute(*table.update(
                    [table.domain], ['[["gone", "=", 1]]'],
                    where=table.id == self.rule))
        with self.assertLogs('trytond.modules.google_drive', 'ERROR'):
            self.sweep()
        with database(commit=False) as pool:
            self.assertTrue(pool.get(RULE)(self.rule).error)

    def test_verify(self):
        with database() as pool:
            pool.get(RULE).verify()
        self.work()
        self.assertTrue(self.placed())


del TestCase
