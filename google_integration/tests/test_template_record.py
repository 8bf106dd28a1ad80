# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Templates see of records what the acting user may read."""
import datetime as dt

from trytond.model.exceptions import AccessError
from trytond.modules.google_integration.acting import acting
from trytond.modules.google_integration.operation import ItemError
from trytond.modules.google_integration.sync_log import format_error
from trytond.modules.google_integration.template_record import (
    FUNCTIONS, TemplateRecord, compile_template, render_template)
from trytond.modules.google_integration.template_values import TemplateError
from trytond.pool import Pool
from trytond.tests.test_tryton import (
    TestCase, activate_module, with_transaction)
from trytond.transaction import Transaction


class TemplateRecordTestCase(TestCase):

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        activate_module('google_integration')

    def create(self):
        "A user with a group, and another without"
        pool = Pool()
        User = pool.get('res.user')
        Group = pool.get('res.group')
        Language = pool.get('ir.lang')
        english, = Language.search([('code', '=', 'en')])
        self.group, self.other = Group.create([
                {'name': "Group"}, {'name': "Other"}])
        user, acting_user = User.create([{
                    'name': "Jane", 'login': 'jane', 'password': 'jane secret',
                    'email': 'jane@example.com', 'language': english.id,
                    'groups': [('add', [self.group.id, self.other.id])],
                    }, {
                    'name': "Ada", 'login': 'ada',
                    }])
        self.ada = acting_user.id
        return user

    def render(self, source, record):
        with acting(self.ada):
            try:
                record = TemplateRecord(type(record)(record.id))
            except AccessError:
                raise ItemError('google_integration.template_denied')
            return render_template(
                compile_template(source, 'summary'), record, 'summary')

    def assert_denied(self, source, record, code='denied'):
        with self.assertRaises(ItemError) as error:
            self.render(source, record)
        error = error.exception
        self.assertEqual(error.code, f'google_integration.template_{code}')
        self.assertNotIn('jane', str(error.arguments))

    @with_transaction()
    def test_read(self):
        user = self.create()
        for source, text in [
                ("$record", "Jane"),
                ("${record.login} ${record.language.code}", "jane en"),
                ("${', '.join(sorted([g.name for g in record.groups]))}",
                    "Group, Other"),
                ("${record.language == record.language}", "True"),
                ("${record.signature}", ""),
                ]:
            with self.subTest(source=source):
                self.assertEqual(self.render(source, user), text)

    @with_transaction()
    def test_nothing_else(self):
        "No methods, no internals, no secrets, no binaries"
        user = self.create()
        for source in [
                "${record.delete()}", "${record.write(record, record)}",
                "${record.search([])}", "${record.save()}",
                "${record.copy()}", "${record.get_preferences()}",
                "${record._context}", "${record._values}",
                "${record.__class__}", "${record.pool}",
                "${record.search}", "${record.__table__}",
                "${record.hash_password}", "${record.fields_get}",
                "${record._fields}", "${record._record}",
                "${record.password}", "${record.password_hash}",
                "${record.password_reset}", "${record.avatar}",
                "${user.name}", "${record['login']}", "${record + record}",
                ]:
            with self.subTest(source=source), self.assertRaises(ItemError):
                self.fail(self.render(source, user))

    @with_transaction()
    def test_selection(self):
        "The label of a selection is read as the field itself"
        pool = Pool()
        self.create()
        Action = pool.get('ir.action')
        action = Action.search([], limit=1)[0]
        self.assertEqual(
            self.render("${record.type}", action), action.type)

    @with_transaction()
    def test_label(self):
        "Also of a model that does not name its label"
        source = "${record.language.direction_string}"
        user = self.create()
        self.assertFalse(hasattr(user.language, 'direction_string'))
        self.assertEqual(self.render(source, user), "Left-to-right")
        self.assert_denied("${record.name_string}", user, 'field')
        Pool().get('ir.model.field.access').create([{
                    'model': 'ir.lang', 'field': 'direction',
                    'perm_read': False}])
        self.assert_denied(source, user)

    @with_transaction()
    def test_field_access(self):
        user = self.create()
        self.assertEqual(
            self.render("${record.email}", user), 'jane@example.com')
        Pool().get('ir.model.field.access').create([{
                    'model': 'res.user', 'field': 'email',
                    'perm_read': False}])
        self.assert_denied("${record.email}", user)
        self.assertEqual(self.render("${record.name}", user), "Jane")

    @with_transaction()
    def test_model_access(self):
        "The model of the record counts, and of what it leads to"
        user = self.create()
        Access = Pool().get('ir.model.access')
        for name, source in [
                ('ir.lang', "${record.language.code}"),
                ('res.user', "${record.name}")]:
            with Transaction().set_user(0):
                # also what belongs to the base configuration
                Access.delete(Access.search([('model', '=', name)]))
                Access.create([{'model': name, 'perm_read': False}])
            self.assert_denied(source, user)

    @with_transaction()
    def test_rules(self):
        "Of lists, what may be read; of one record, it or an error"
        pool = Pool()
        user = self.create()
        group, = pool.get('ir.rule.group').create([{
                    'name': "Rule", 'model': 'res.group', 'global_p': True,
                    'rules': [('create', [
                                {'domain': '[["name", "=", "Group"]]'}])],
                    }])
        # what was read without check is not served from the cache
        with Transaction().set_user(self.ada):
            self.assertEqual(
                len([g.name for g in type(user)(user.id).groups]), 2)
        self.assertEqual(
            self.render(
                "${', '.join(g.name for g in record.groups)}", user),
            "Group")
        self.assertEqual(
            self.render("${record.name}", self.group), "Group")
        self.assert_denied("${record.name}", self.other)

    @with_transaction()
    def test_message(self):
        "The error says where and what, and never the data"
        user = self.create()
        with self.assertRaises(ItemError) as error:
            self.render("a\n${int(record.login)}", user)
        text = format_error(
            error.exception.code,
            '{"template": "summary", "line": 2}')
        self.assertEqual(
            text, 'Template "summary", line 2: this can not be calculated.')

    @with_transaction()
    def test_messages(self):
        "Each error has its message"
        import ast
        import inspect
        import re

        from trytond.modules.google_integration import (
            template, template_record, template_values)
        codes = set()
        for module in [template, template_record, template_values]:
            source = inspect.getsource(module)
            ast.parse(source)
            codes.update(re.findall(r"TemplateError\(\s*'(\w+)'", source))
        codes |= {'empty', 'attribute', 'function', 'unknown'}
        self.assertGreater(len(codes), 20)
        arguments = (
            '{"template": "t", "line": 1, "name": "n", "limit": 1, '
            '"syntax": "s", "path": "p"}')
        for code in codes:
            with self.subTest(code=code):
                text = format_error(
                    f'google_integration.template_{code}', arguments)
                self.assertIn('"t"', text)
                self.assertNotIn('template_', text)

    @with_transaction()
    def test_functions(self):
        "The functions of Tryton's reports, with values that are checked"
        self.create()
        day = dt.date(2026, 12, 1)
        moment = dt.datetime(2026, 12, 1, 9, 30)
        Language = Pool().get('ir.lang')
        english, = Language.search([('code', '=', 'en')])
        with acting(self.ada, 'en'):
            lang = TemplateRecord(Language(english.id))
            for name, arguments, text in [
                    ('format_date', (day,), '12/01/2026'),
                    ('format_date', (day, lang, '%Y'), '2026'),
                    ('format_date', (None,), ''),
                    ('format_datetime',
                        (moment, None, '%H:%M', 'Europe/Paris'), '10:30'),
                    ('format_number', (1234.5, lang, 2), '1,234.50'),
                    ('format_timedelta', (dt.timedelta(hours=2),), '02:00'),
                    ]:
                with self.subTest(name=name):
                    self.assertEqual(FUNCTIONS[name](*arguments), text)
            for name, arguments in [
                    ('format_date', ('x',)),
                    ('format_date', (day, lang, '%999999999d')),
                    ('format_date', (day, 'en')),
                    ('format_datetime', (moment, None, None, 3)),
                    ('format_number', (1.5, None, 10 ** 9)),
                    ('format_number', ('1', None)),
                    ('format_currency', (1.5, None, lang)),
                    ('format_timedelta', (3,)),
                    ]:
                with self.subTest(name=name, arguments=arguments), \
                        self.assertRaises(TemplateError):
                    FUNCTIONS[name](*arguments)

    @with_transaction()
    def test_acting(self):
        "The preferences of the acting user are those of now"
        pool = Pool()
        User = pool.get('res.user')
        Language = pool.get('ir.lang')
        user = self.create()
        french, = Language.search([('code', '=', 'fr')])
        with Transaction().set_context(company=7), acting(user):
            self.assertEqual(Transaction().user, user.id)
            self.assertTrue(Transaction().check_access)
            self.assertEqual(Transaction().language, 'en')
            self.assertNotIn('company', Transaction().context)
        Language.write([french], {'translatable': True})
        User.write([user], {'language': french.id})
        with acting(user):
            self.assertEqual(Transaction().language, 'fr')
        with acting(user, 'en'):
            self.assertEqual(Transaction().language, 'en')


del TestCase
