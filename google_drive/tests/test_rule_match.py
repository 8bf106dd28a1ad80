# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""To which records the files of Drive belong."""
from unittest.mock import patch

from trytond.modules.google_drive import rule_match
from trytond.modules.google_drive.naming import clean_name
from trytond.modules.google_drive.orphans import Target
from trytond.modules.google_drive.tests.rule_case import FOLDER, RuleTestCase
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import Pool
from trytond.tests.test_tryton import with_transaction

OTHER = FOLDER[::-1]


class MatchTestCase(RuleTestCase):

    def find(self, rule, name="scan.pdf", folders=(), **resource):
        return rule.target({'name': name, **resource}, folders).record

    def assert_error(self, code, rule, *args, **kwargs):
        with self.assertRaises(ItemError) as error:
            self.find(rule, *args, **kwargs)
        self.assertEqual(error.exception.code, f'google_drive.{code}')
        return error.exception

    def installation(self):
        Configuration = Pool().get('ir.configuration')
        return Configuration.get_google_installation()

    # By folder

    @with_transaction()
    def test_folder(self):
        rule = self.create_rule(
            path='Clients: ${record.name} (${record.code})')
        acme = self.create_party("Acme/Sons Inc.", code="7")
        self.create_party("Acme", code="8")
        for folders, found in [
                (rule.place(self.attach(acme)).folders, acme),
                (("clients_ ACME_sons inc. (7)",), acme),
                (("Clients_ Acme_Sons Inc. (7)", "scans", "2026"), acme),
                (("Clients_ Acme_Sons Inc. (8)",), None),
                (("Acme_Sons Inc.",), None), ((), None)]:
            with self.subTest(folders):
                self.assertEqual(self.find(rule, folders=folders), found)

    @with_transaction()
    def test_folder_depth(self):
        "The folders above that of the record belong to nobody"
        rule = self.create_rule(path='${record.name[:1]}/${record}')
        acme = self.create_party("Acme")
        self.create_party("Best")
        self.assertIsNone(self.find(rule, folders=("A",)))
        self.assertEqual(self.find(rule, folders=("A", "Acme")), acme)
        self.assertIsNone(self.find(rule, folders=("B", "Acme")))

    @with_transaction()
    def test_folder_long(self):
        "Names that were cut are found by what is left of them"
        rule = self.create_rule()
        parties = [self.create_party('x' * 300 + end) for end in "ab"]
        for party in parties:
            folder = clean_name(party.name)
            self.assertEqual(self.find(rule, folders=(folder,)), party)

    @with_transaction()
    def test_folder_twice(self):
        rule = self.create_rule()
        for name in ["Acme/1", "Acme_1"]:
            self.create_party(name)
        error = self.assert_error('match_many', rule, folders=("Acme_1",))
        self.assertEqual(error.arguments['records'], "Acme/1, Acme_1")

    @with_transaction()
    def test_folder_nobody(self):
        "Without a name in the path nobody's files are in the folder"
        rule = self.create_rule(path='${record.code}/${record.name}')
        self.create_party("Acme", code=None)
        self.assertIsNone(self.find(rule, folders=("_",)))

    @with_transaction()
    def test_folder_many(self):
        rule = self.create_rule(
            path='${record.name}/${record.code}')
        for code in "abc":
            self.create_party("Acme", code=code)
        with patch.object(rule_match, 'CANDIDATES', 2):
            self.assert_error('match_too_many', rule, folders=("Acme",))

    @with_transaction()
    def test_renamed_folder(self):
        "The folder of a record is known by its files after a rename"
        rule = self.create_rule()
        acme = self.create_party("Acme")
        self.put(rule, acme, OTHER, "Acme")
        self.assertEqual(
            self.find(rule, folders=("Old",), parents=[OTHER]), acme)
        self.assertIsNone(
            self.find(rule, folders=("Old",), parents=[FOLDER]))

    @with_transaction()
    def test_renamed_record(self):
        "And by the record of its files until these are moved"
        rule = self.create_rule()
        acme = self.create_party("Acme")
        self.put(rule, acme, OTHER, "Acme")
        acme.name = "Acme & Sons"
        acme.save()
        self.assertEqual(
            self.find(rule, folders=("Acme",), parents=[OTHER]), acme)
        # some of them wait to be moved
        self.put(rule, acme, FOLDER, "Acme & Sons", google_parent=OTHER)
        self.assertEqual(
            self.find(rule, folders=("Acme",), parents=[OTHER]), acme)
        # what holds the files of several is nobody's
        self.put(rule, self.create_party("Best"), OTHER, "Best")
        self.assertIsNone(
            self.find(rule, folders=("Acme",), parents=[OTHER]))

    @with_transaction()
    def test_renamed_record_outside(self):
        "What the rule does not match any more has no folder"
        rule = self.create_rule(domain='[["name", "=", "Acme"]]')
        acme = self.create_party("Acme")
        self.put(rule, acme, OTHER, "Acme")
        acme.name = "Best"
        acme.save()
        self.assertIsNone(
            self.find(rule, folders=("Acme",), parents=[OTHER]))

    def put(self, rule, record, parent, path, **values):
        "Attach to the record what is in the folder for the path"
        File = Pool().get('google_drive.file')
        attachment = self.attach(record)
        files = File.search([
                ('attachment', '=', attachment.id)]) or File.create([{
                    'drive': rule.drive.id, 'rule': rule.id,
                    'attachment': attachment.id}])
        File.write(files, {
                'parent_google_id': parent, 'rendered_path': path,
                'google_revision': 'r', **values})

    # By name

    @with_transaction()
    def test_pattern(self):
        rule = self.create_rule(
            match_pattern=r'(?i)(?P<code>P[_-]\d+) (?P<who>[^.]+)',
            match_fields='who: name')
        acme = self.create_party("Acme Inc.", code="P/12")
        for name, found in [
                ("p_12 acme inc.pdf", acme), ("Scan P_12 Acme Inc.pdf", acme),
                ("P-12 Acme Inc.pdf", None), ("P_12 Best.pdf", None),
                ("P_13 Acme Inc.pdf", None), ("scan.pdf", None)]:
            with self.subTest(name):
                self.assertEqual(self.find(rule, name), found)
        target = rule.target({'name': "P_12 Best.pdf"}, ())
        self.assertEqual(target.fields, {'code': "P_12", 'who': "Best"})

    @with_transaction()
    def test_pattern_twice(self):
        "A pattern that matches two records"
        rule = self.create_rule(match_pattern=r'^(?P<name>\w+)')
        for _ in range(2):
            self.create_party("Acme")
        self.assert_error('match_many', rule, "Acme.pdf")

    @with_transaction()
    def test_pattern_types(self):
        rule = self.create_rule(
            match_pattern=r'^(?P<replaced_by>[^#]+)#(?P<id>\d+)?')
        best = self.create_party("Best & Co.")
        acme = self.create_party("Acme", replaced_by=best.id)
        self.assertEqual(self.find(rule, f"best & co#{acme.id}.pdf"), acme)
        self.assertEqual(self.find(rule, "best & co#.pdf"), acme)
        self.assertIsNone(self.find(rule, "best & co#999999.pdf"))
        self.assertIsNone(self.find(rule, "best & co#99999999999.pdf"))

    @with_transaction()
    def test_domain(self):
        rule = self.create_rule(
            match_pattern=r'^(?P<name>\w+)', domain='[["code", "=", "x"]]')
        self.create_party("Acme")
        best = self.create_party("Best", code="x")
        self.assertIsNone(self.find(rule, "Acme.pdf", ("Acme",)))
        self.assertEqual(self.find(rule, "Best.pdf"), best)

    # By property

    @with_transaction()
    def test_properties(self):
        rule = self.create_rule(match_fields='client_number: code')
        acme = self.create_party("Acme", code="7")
        best = self.create_party("Best")
        for resource, found in [
                ({'properties': {'tryton_record': str(acme)}}, acme),
                ({'properties': {'tryton_record': str(acme.id)}}, acme),
                ({'properties': {'tryton_record': 'res.user,1'}}, None),
                ({'properties': {'client_number': "7"}}, acme),
                ({'properties': {'code': "7"}}, None),
                ({'properties': {'client_number': "7"}, 'appProperties': {
                            'tryton_record': str(best)}}, best),
                ({'appProperties': {
                            'tryton_record': str(best),
                            'tryton_database': 'other'}}, None),
                ({'appProperties': None, 'properties': 'x'}, None),
                ]:
            with self.subTest(resource):
                self.assertEqual(self.find(rule, **resource), found)
        rule.match_properties = False
        self.assertIsNone(
            self.find(rule, properties={'tryton_record': str(acme)}))

    @with_transaction()
    def test_copy(self):
        "A copy carries the marks: it goes where it is put, else to the same"
        rule = self.create_rule()
        acme, best = self.create_party("Acme"), self.create_party("Best")
        marks = {
            'tryton_database': self.installation(),
            'tryton_attachment': str(self.attach(acme).id)}
        self.assertEqual(self.find(rule, appProperties=marks), acme)
        self.assertEqual(
            self.find(rule, folders=("Best",), appProperties=marks), best)
        self.assertIsNone(self.find(
                rule, appProperties={**marks, 'tryton_database': 'other'}))
        self.assertIsNone(self.find(
                rule, appProperties={**marks, 'tryton_attachment': '99999'}))

    @with_transaction()
    def test_order(self):
        "What is said on purpose comes first"
        rule = self.create_rule(match_pattern=r'^(?P<name>\w+)')
        a, b, c = map(self.create_party, "ABC")
        properties = {'tryton_record': str(a)}
        self.assertEqual(
            self.find(rule, "C.pdf", ("B",), properties=properties), a)
        self.assertEqual(self.find(rule, "C.pdf", ("B",)), b)
        self.assertEqual(self.find(rule, "C.pdf", ("X",)), c)

    # The rest

    @with_transaction()
    def test_orphans(self):
        party = self.create_party("Unsorted")
        drive = self.create_drive()
        for values, target in [
                ({'orphans': 'keep'}, Target(None, 'keep')),
                ({'orphans': 'log'}, Target(None, 'log')),
                ({'orphans': 'quarantine', 'quarantine': OTHER},
                    Target(None, 'quarantine', {}, OTHER)),
                ({'orphans': 'record', 'fallback': str(party)},
                    Target(party, 'record'))]:
            rule = self.create_rule(drive, **values)
            self.assertEqual(rule.target({'name': "x.pdf"}, ()), target)
            self.assertEqual(rule.orphan(), target)

    @with_transaction()
    def test_access(self):
        "What the acting user may not see has no files"
        pool = Pool()
        User = pool.get('res.user')
        RuleGroup = pool.get('ir.rule.group')
        Access = pool.get('ir.model.access')
        user, = User.create([{'name': "Act", 'login': 'act'}])
        RuleGroup.create([{
                    'name': "Hidden", 'model': 'party.party',
                    'global_p': True,
                    'rules': [('create', [{
                                    'domain': '[["name", "!=", "Acme"]]',
                                    }])],
                    }])
        rule = self.create_rule(user=user.id)
        self.create_party("Acme")
        best = self.create_party("Best")
        self.assertIsNone(self.find(rule, folders=("Acme",)))
        self.assertEqual(self.find(rule, folders=("Best",)), best)
        Access.create([{
                    'model': 'party.party', 'perm_read': False,
                    'perm_write': False, 'perm_create': False,
                    'perm_delete': False}])
        self.assert_error('rule_access', rule, folders=("Best",))


del RuleTestCase
