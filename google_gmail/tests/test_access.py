# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Who sees and does what"
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.pyson import PYSONDecoder

from .tools import (
    ACCESS, ACCOUNT, CREDENTIALS, MESSAGE, RECIPIENT, GmailTestCase, database)

ALIAS, LABEL, RULE = (
    f'google_gmail.{n}' for n in ['alias', 'label', 'rule'])
SECRET = b'https://tryton.test/reset?token=secret'


class AccessTestCase(GmailTestCase):
    """The account is Jane's; one message is of John, about no record; one,
    received, about a record that nobody but Ada may read."""

    def setUp(self):
        super().setUp()
        with database() as pool:
            Message = pool.get(MESSAGE)
            closed = self.close_records(pool)
            self.own, self.about, self.received = [
                m.id for m in Message.create([{
                            'account': self.account,
                            'direction': direction,
                            'user': user,
                            'at': utcnow(),
                            'state': state,
                            'subject': subject,
                            'author': 'a@example.com',
                            'resource': resource,
                            'data': SECRET,
                            'recipients': [('create', [{
                                            'kind': 'to',
                                            'address': f'{subject}@x.test',
                                            }])],
                            } for direction, user, state, subject, resource in
                        [
                            ('out', self.john, 'uncertain', 'own', None),
                            ('out', self.ada, 'sent', 'about', closed),
                            ('in', None, 'received', 'received', closed),
                            ]])]
            attachment, = pool.get('ir.attachment').create([{
                        'name': "a.txt", 'data': b'x',
                        'resource': f'{MESSAGE},{self.received}'}])
            self.attachment = attachment.id
            pool.get(LABEL).create([{
                        'account': self.account, 'name': "Label",
                        'model': self.model(pool, 'res.group')}])
            pool.get(ALIAS).create([{
                        'account': self.account, 'address': 'i@example.com'}])

    def model(self, pool, name):
        return pool.get('ir.model').search([('name', '=', name)])[0].id

    def close_records(self, pool):
        "A record, of a model that only who administrates Google reads"
        ModelData = pool.get('ir.model.data')
        category, = pool.get('ir.ui.menu').create([{'name': "Closed"}])
        Group = pool.get('ir.rule.group')
        rules = Group.create([{
                    'name': "closed", 'model': 'ir.ui.menu',
                    'global_p': False, 'default_p': default,
                    'groups': [('add', groups)],
                    'rules': [('create', [{'domain': domain}])],
                    } for default, groups, domain in [
                    (True, [], f'[["id", "!=", {category.id}]]'),
                    (False, [ModelData.get_id(
                                'google_integration', 'group_google_admin')],
                        '[]')]])
        self.rules = [r.id for r in rules]
        self.closed = category.id
        return str(category)

    def clean(self):
        with database() as pool:
            Group = pool.get('ir.rule.group')
            Group.delete(Group.browse(self.rules))
        super().clean()
        with database() as pool:
            Menu = pool.get('ir.ui.menu')
            Menu.delete([Menu(self.closed)])

    def sees(self, user, model, *domain):
        with self.as_user(user) as pool:
            try:
                found = pool.get(model).search(
                    list(domain), order=[('id', 'ASC')])
            except AccessError:
                return None
            return [r.id for r in found]

    def may_read(self, user, model, id, *names):
        with self.as_user(user) as pool:
            try:
                pool.get(model).read([id], list(names or ['id']))
            except AccessError:
                return False
            return True

    def test_account(self):
        for user, count in [
                (self.stranger, None), (self.john, 0), (self.jane, 1),
                (self.ada, 1)]:
            for model in [ACCOUNT, ALIAS, LABEL]:
                with self.subTest(user=user, model=model):
                    found = self.sees(user, model)
                    self.assertEqual(
                        len(found) if found is not None else None, count)
        self.update(CREDENTIALS, self.credentials, user=None)
        # a shared one is seen, and decided by administrators
        self.assertEqual(len(self.sees(self.john, ACCOUNT)), 1)
        with self.as_user(self.john) as pool, \
                self.assertRaises(AccessError):
            Account = pool.get(ACCOUNT)
            Account.write([Account(self.account)], {'name': "Mine"})

    def test_own_account(self):
        "The owner decides about it, but not whose mails it sends"
        for values, refused in [
                ({'name': "Jane"}, False),
                ({'default': False}, True),
                ({'users': [('add', [self.john])]}, True)]:
            with self.subTest(values=values), self.as_user(self.jane) as pool:
                Account = pool.get(ACCOUNT)
                account = Account(self.account)
                if refused:
                    with self.assertRaises(AccessError):
                        Account.write([account], values)
                else:
                    Account.write([account], values)

    def test_users_shown(self):
        "Administrators find in the client what only they choose"
        for user, shown in [(self.jane, False), (self.ada, True)]:
            with self.subTest(user=user), self.as_user(user) as pool:
                fields = pool.get(ACCOUNT).fields_get()
                self.assertEqual('users' in fields, shown)
                if shown:
                    self.assertFalse(fields['users'].get('readonly'))

    def test_message(self):
        "One about a record for who may read it, others for whom they are of"
        for user, found in [
                (self.stranger, []),
                (self.john, [self.own]),
                (self.jane, [self.own]),
                (self.ada, [self.own, self.about, self.received]),
                ]:
            with self.subTest(user=user):
                self.assertEqual(self.sees(user, MESSAGE), found)
                for id in [self.own, self.about, self.received]:
                    self.assertEqual(
                        self.may_read(user, MESSAGE, id, 'subject'),
                        id in found)
                    with self.as_user(user) as pool:
                        Message = pool.get(MESSAGE)
                        if id not in found:
                            with self.assertRaises(AccessError):
                                Message.export_data(
                                    [Message(id)], ['subject'])

    def test_recipient(self):
        "It follows its message"
        ids = dict(self.search(RECIPIENT, 'address', 'id'))
        for user, found in [
                (self.stranger, []),
                (self.john, ['own@x.test']),
                (self.jane, ['own@x.test']),
                (self.ada, ['own@x.test', 'about@x.test', 'received@x.test']),
                ]:
            with self.subTest(user=user), self.as_user(user) as pool:
                Recipient = pool.get(RECIPIENT)
                recipients = Recipient.search([])
                self.assertCountEqual(
                    [r.address for r in recipients], found)
                self.assertEqual(
                    Recipient.search([], count=True), len(found))
                for hidden in ['about', 'received']:
                    if f'{hidden}@x.test' in found:
                        continue
                    self.assertEqual(
                        Recipient.search([('message.subject', '=', hidden)]),
                        [])
                    with self.assertRaises(AccessError):
                        Recipient.read([ids[f'{hidden}@x.test']], ['address'])

    def test_attachment(self):
        "What was attached to a mail is seen by who sees what it is about"
        for user, able in [
                (self.stranger, False), (self.john, False),
                (self.jane, False), (self.ada, True)]:
            with self.subTest(user=user):
                self.assertEqual(
                    bool(self.sees(user, 'ir.attachment')), able)
                self.assertEqual(
                    self.may_read(
                        user, 'ir.attachment', self.attachment, 'data'), able)

    def test_data(self):
        "Nobody reads the bytes of what is sent, however"
        for user in [self.john, self.jane, self.ada, 1]:
            with self.subTest(user=user), self.as_user(user) as pool:
                Message = pool.get(MESSAGE)
                Recipient = pool.get(RECIPIENT)
                message = Message(self.own)
                for number, read in enumerate([
                        lambda: Message.read([self.own], ['data']),
                        lambda: Message.read([self.own], ['data_id']),
                        lambda: Message.export_data([message], ['data']),
                        lambda: Message.search([('data', '=', SECRET)]),
                        lambda: Message.search([('data_id', '!=', None)]),
                        lambda: Message.search([], order=[('data', 'ASC')]),
                        lambda: Message.search([
                                ('in_reply_to.data', '=', SECRET)]),
                        lambda: Recipient.search([
                                ('message.data', '=', SECRET)]),
                        lambda: Recipient.read(
                            [r.id for r in Recipient.search([], limit=1)],
                            ['message.data']),
                        ]):
                    with self.subTest(number=number), \
                            self.assertRaises(AccessError):
                        read()
                for name in ['data', 'data_id']:
                    self.assertEqual(
                        Message.search([
                                ('recipients', 'where', [
                                        ('message', 'where', [
                                                (name, '!=', None)])])]), [])
                    self.assertEqual(
                        Recipient.search([
                                ('message', 'where', [
                                        (name, '!=', None)])]), [])
                self.assertNotIn(
                    'data', Message.search_read(
                        [], fields_names=['subject'])[0])

    def test_write(self):
        "What Google and Tryton tell is changed by nobody"
        for user in [self.john, self.jane, self.ada]:
            for values in [
                    {'state': 'sent'}, {'user': user}, {'resource': None},
                    {'data': b'x'}, {'subject': "Other"}]:
                with self.subTest(user=user, values=values), \
                        self.as_user(user) as pool, \
                        self.assertRaises(AccessError):
                    Message = pool.get(MESSAGE)
                    Message.write([Message(self.own)], values)
            with self.as_user(user) as pool:
                Message = pool.get(MESSAGE)
                for change in [
                        lambda: Message.create([{
                                    'direction': 'out', 'state': 'waiting'}]),
                        lambda: Message.copy([Message(self.own)]),
                        lambda: Message.delete([Message(self.own)]),
                        lambda: pool.get(RECIPIENT).create([{
                                    'message': self.own,
                                    'address': 'x@x.test'}]),
                        ]:
                    with self.assertRaises(AccessError):
                        change()

    def test_buttons(self):
        "Who sent it and whose account it is decide, nobody else"
        for user, able in [
                (self.stranger, False), (self.john, True), (self.jane, True),
                (self.ada, True)]:
            with self.subTest(user=user), self.as_user(user) as pool:
                Message = pool.get(MESSAGE)
                message = Message(self.own)
                if able:
                    Message.mark_sent([message])
                    self.assertEqual(message.state, 'sent')
                else:
                    with self.assertRaises(AccessError):
                        Message.mark_sent([message])
        for user in [self.stranger, self.john]:
            for button in [
                    'connect', 'test_connection', 'deliver_now',
                    'synchronize', 'retry_failed', 'reset_synchronization']:
                with self.subTest(user=user, button=button), \
                        self.as_user(user) as pool, \
                        self.assertRaises(AccessError):
                    Account = pool.get(ACCOUNT)
                    getattr(Account, button)([Account(self.account)])

    def test_buttons_record(self):
        "Who only reads a mail, by what it is about, decides nothing"
        with database() as pool:
            menu, = pool.get('ir.ui.menu').create([{'name': "Open"}])
            Message = pool.get(MESSAGE)
            ids = [m.id for m in Message.create([{
                            'account': self.account,
                            'direction': 'out',
                            'user': self.ada,
                            'at': utcnow(),
                            'state': state,
                            'subject': "Open",
                            'author': 'a@example.com',
                            'resource': str(menu),
                            'data': b'x',
                            } for state in ['uncertain', 'failed']])]
        for index, button in enumerate(
                ['mark_sent', 'send_again', 'retry', 'cancel']):
            with self.subTest(button=button), \
                    self.as_user(self.john) as pool:
                message = pool.get(MESSAGE)(ids[index // 2])
                self.assertEqual(message.subject, "Open")
                with self.assertRaises(AccessError):
                    getattr(pool.get(MESSAGE), button)([message])
        self.assertEqual(
            [self.read(MESSAGE, i, 'state') for i in ids],
            ['uncertain', 'failed'])

    def create_rule(self, pool, domain='[]', model=None, user=None):
        template, = pool.get('ir.email.template').create([{
                    'name': "Answer",
                    'model': self.model(pool, model or MESSAGE),
                    'body': "Thanks",
                    }])
        rule, = pool.get(RULE).create([{
                    'name': "Rule",
                    'account': self.account,
                    'user': user or self.ada,
                    'template': template.id,
                    'domain': domain,
                    'model': self.model(pool, model) if model else None,
                    }])
        return rule

    def test_rule(self):
        "Only administrators write rules, which act as themselves"
        for user in [self.stranger, self.john, self.jane]:
            with self.subTest(user=user), self.as_user(user) as pool, \
                    self.assertRaises(AccessError):
                pool.get(RULE).create([{'name': "Rule"}])
        with database() as pool:
            rule = self.create_rule(pool).id
        self.addCleanup(self.forget_templates)
        self.assertEqual(
            [self.sees(u, RULE) for u in [
                    self.stranger, self.john, self.jane, self.ada]],
            [None, [], [rule], [rule]])
        with self.as_user(self.ada) as pool, \
                self.assertRaisesRegex(Exception, "yourself"):
            Rule = pool.get(RULE)
            Rule.write([Rule(rule)], {'user': self.john})

    def forget_templates(self):
        with database() as pool:
            for name in [RULE, 'ir.email.template']:
                Model = pool.get(name)
                Model.delete(Model.search([]))

    def test_rule_domain(self):
        "A domain tells nothing that its acting user may not read"
        for model, domain in [
                (None, '[["data", "=", "x"]]'),
                (None, '[["resource.password_hash", "like", "$%", '
                    '"res.user"]]'),
                (MESSAGE, '[["resource.data", "=", "x", '
                    '"google_gmail.message"]]'),
                ('res.user', '[["account.credentials", "where", '
                    '[["access_token", "!=", null]]]]'),
                (None, '[["user.name", "=", "Ada"]]'),
                (None, '[["user", "where", [["name", "=", "Ada"]]]]'),
                (None, '[["nothing", "=", "x"]]'),
                (None, 'nothing'),
                ]:
            with self.subTest(domain=domain), \
                    database(commit=False) as pool, \
                    self.assertRaisesRegex(Exception, "domain"):
                self.create_rule(pool, domain, model)

    def test_rule_record(self):
        "A rule does not match records that its acting user may not read"
        for user, found in [(self.jane, False), (self.ada, True)]:
            with self.subTest(user=user), database(commit=False) as pool:
                rule = self.create_rule(
                    pool, '[["resource.name", "=", "Closed", "ir.ui.menu"]]',
                    'ir.ui.menu', user)
                message = pool.get(MESSAGE)(self.received)
                self.assertEqual(bool(rule._matching([message])), found)

    def test_rpc(self):
        "Clients call nothing else than what is meant for them"
        common = {
            'create', 'read', 'write', 'delete', 'copy', 'search',
            'search_count', 'search_read', 'export_data',
            'export_data_domain', 'import_data', 'default_get', 'fields_get',
            'fields_view_get', 'on_change', 'on_change_with', 'on_scan_code',
            'pre_validate', 'resources', 'view_toolbar_get',
            'autocomplete', 'history_revisions'}
        buttons = {
            MESSAGE: {'retry', 'send_again', 'mark_sent', 'cancel',
                'acknowledge', 'get_models'},
            RECIPIENT: set(),
            ACCOUNT: {
                'connect', 'test_connection', 'deliver_now', 'synchronize',
                'retry_failed', 'reset_synchronization'},
            ALIAS: set(),
            LABEL: set(),
            RULE: set(),
            }
        for name, allowed in buttons.items():
            with database(commit=False) as pool:
                Model = pool.get(name)
            found = {
                n for n in Model.__rpc__
                if n not in common and not n.startswith('on_change')}
            with self.subTest(model=name):
                self.assertEqual(found - allowed, set())


class RelateTestCase(GmailTestCase):
    "The list of the mails of a record"

    def test_relate(self):
        with database() as pool:
            Message = pool.get(MESSAGE)
            ids = [m.id for m in Message.create([{
                            'account': self.account, 'direction': 'in',
                            'state': 'received', 'at': utcnow(),
                            'resource': f'res.user,{u}',
                            } for u in [self.jane, self.john]])]
        with database(1, context=ACCESS, commit=False) as pool:
            Keyword = pool.get('ir.action.keyword')
            action, = [
                a for a in Keyword.get_keyword(
                    'form_relate', ('res.user', self.jane))
                if a.get('res_model') == MESSAGE]
            domain = PYSONDecoder({
                    'active_ids': [self.jane], 'active_model': 'res.user',
                    }).decode(action['pyson_domain'])
            self.assertEqual(
                [m.id for m in pool.get(MESSAGE).search(domain)], ids[:1])
            self.assertTrue([
                    a for a in Keyword.get_keyword(
                        'form_action', ('res.user', self.jane))
                    if a.get('wiz_name') == 'google_gmail.draft'])
