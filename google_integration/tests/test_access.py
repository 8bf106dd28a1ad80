# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import base64
import json
import logging
import xmlrpc.client

from trytond.model.exceptions import AccessError
from trytond.model.modelview import AccessButtonError
from trytond.pool import Pool
from trytond.protocols.jsonrpc import JSONEncoder
from trytond.tests.test_tryton import DB_NAME
from trytond.tools import is_instance_method
from trytond.transaction import Transaction

from .case import PASSWORD, GoogleTestCase
from .tools import callback_uri, database

ACCESS = {'_check_access': True}
MODEL = 'google_integration.google_credentials'


class GoogleAccessTestCase(GoogleTestCase):
    "Test who may do what and what nobody sees"

    def as_user(self, user):
        return database(user, context=ACCESS, commit=False)

    def test_own(self):
        "A user has the own credentials only"
        with self.as_user(self.jane) as pool:
            Credentials = pool.get(MODEL)
            record, = Credentials.search([])
            self.assertEqual(record.id, self.id)
            Credentials.write([record], {'name': "Mine"})
            other, = Credentials.create([{'name': "Another"}])
            self.assertEqual(other.user.id, self.jane)
            Credentials.delete([other])

    def test_of_another(self):
        "A user does not see those of another"
        with database() as pool:
            Credentials = pool.get(MODEL)
            shared, = Credentials.create([{'name': "Shared", 'user': None}])
            shared = shared.id
        for id in [self.id, shared]:
            with self.subTest(id=id):
                with self.as_user(self.john) as pool:
                    Credentials = pool.get(MODEL)
                    self.assertEqual(Credentials.search([]), [])
                    record = Credentials(id)
                    for method, args in [
                            (Credentials.read, ([id], ['name'])),
                            (Credentials.write, ([record], {'name': "x"})),
                            (Credentials.delete, ([record],)),
                            ]:
                        with self.assertRaises(AccessError):
                            method(*args)
                    for name in Credentials._buttons:
                        with self.assertRaises(
                                (AccessError, AccessButtonError), msg=name):
                            getattr(Credentials, name)([record])

    def test_administration(self):
        "The administration configures those of all"
        with self.as_user(self.ada) as pool:
            Credentials = pool.get(MODEL)
            shared, own = Credentials.create([
                    {'name': "Shared", 'user': None},
                    {'name': "Own"},
                    ])
            self.assertIsNone(shared.user)
            self.assertEqual(own.user.id, self.ada)
            Credentials.write([Credentials(self.id)], {'user': self.john})
            self.assertEqual(len(Credentials.search([])), 3)

    def test_stranger(self):
        "Who has neither group sees nothing"
        with database() as pool:
            User = pool.get('res.user')
            user, = User.create([{'name': "Stranger", 'login': 'stranger'}])
            user = user.id
        with self.as_user(user) as pool:
            Credentials = pool.get(MODEL)
            for method, args in [
                    (Credentials.search, ([],)),
                    (Credentials.read, ([self.id], ['name'])),
                    (Credentials.create, ([{'name': "x"}],)),
                    (Credentials.request_authorization,
                        ([Credentials(self.id)],)),
                    ]:
                with self.assertRaises(AccessError):
                    method(*args)

    def test_give(self):
        "A user can not give credentials to another or take them"
        with self.as_user(self.jane) as pool:
            Credentials = pool.get(MODEL)
            record = Credentials(self.id)
            for values in [{'user': self.john}, {'user': None}]:
                with self.assertRaises(AccessError):
                    Credentials.write([record], values)
                with self.assertRaises(AccessError):
                    Credentials.create([{'name': "x", **values}])
            for user in [self.john, None]:
                with Transaction().set_context(default_user=user), \
                        self.assertRaises(AccessError):
                    Credentials.create([{'name': "x"}])
        with self.as_user(self.john) as pool:
            Credentials = pool.get(MODEL)
            with self.assertRaises(AccessError):
                Credentials.write(
                    [Credentials(self.id)], {'user': self.john})

    def test_readonly(self):
        "What the server writes can not be written by a client"
        for user in [self.jane, self.ada]:
            with self.as_user(user) as pool:
                Credentials = pool.get(MODEL)
                names = Credentials._readonly_fields()
                self.assertLessEqual({
                        'state', 'former_state', 'oauth_state', 'email', 'sub',
                        'token_digest', 'token_expiry', 'granted_scopes',
                        'requested_by', 'requested_redirect_uri',
                        'service_account', 'refresh_lease_until'}, names)
                for name in names:
                    with self.subTest(user=user, name=name):
                        with self.assertRaises(AccessError):
                            Credentials.write(
                                [Credentials(self.id)], {name: None})
                        with self.assertRaises(AccessError):
                            Credentials.create([{'name': "x", name: None}])

    def test_default_context(self):
        "What the server writes can not come from the context"
        with self.as_user(self.jane) as pool:
            Credentials = pool.get(MODEL)
            with Transaction().set_context(
                    default_state='authorized',
                    default_email='alice@example.com',
                    default_oauth_state=64 * '0',
                    default_token_digest='x'):
                record, = Credentials.create([{'name': "x"}])
            self.assertEqual(record.state, 'without_authorization')
            self.assertIsNone(record.email)
            self.assertIsNone(record.oauth_state)
            self.assertIsNone(record.token_digest)

    def test_copy(self):
        "A copy has no secret, no token and no authorization"
        self.authorize()
        self.request()
        with self.as_user(self.jane) as pool:
            Credentials = pool.get(MODEL)
            Secret = pool.get('google_integration.secret')
            copy, = Credentials.copy([Credentials(self.id)])
            self.assertEqual(copy.state, 'without_authorization')
            for name in Credentials._readonly_fields() - {'state'}:
                self.assertIsNone(getattr(copy, name), msg=name)
            self.assertFalse(copy.has_client_secret)
            self.assertFalse(copy.has_tokens)
            self.assertEqual(
                copy.client_id, self.client_['client_id'])
            for name in ['client_secret', 'access_token', 'refresh_token',
                    'code_verifier', 'authorization_url']:
                self.assertIsNone(Secret.reveal(copy, name), msg=name)

    def test_url(self):
        "Only who asked sees the address"
        url = self.request()
        for user in [self.ada, self.john, 0]:
            with database(user, commit=False) as pool:
                Credentials = pool.get(MODEL)
                self.assertIsNone(Credentials(self.id).authorization_url)
        with self.as_user(self.jane) as pool:
            Credentials = pool.get(MODEL)
            row, = Credentials.read([self.id], ['authorization_url'])
            self.assertEqual(row['authorization_url'], url)
            self.assertNotIn(url, repr(row))
            self.assertEqual(json.loads(json.dumps(
                        row, cls=JSONEncoder))['authorization_url'], url)
            dump = xmlrpc.client.dumps((row,), allow_none=True)
            (row,), _ = xmlrpc.client.loads(dump)
            self.assertEqual(row['authorization_url'], url)

    def test_rpc(self):
        "No RPC of the administrator reveals a secret"
        self.authorize()
        url = self.request()
        hidden = [url, self.state_of(url)] + self.secrets(
            'client_secret', 'access_token', 'refresh_token', 'code_verifier')
        key = self.google.add_service_account()
        with database() as pool:
            Credentials = pool.get(MODEL)
            record = Credentials(self.id)
            # the key is held by an OAuth record, too
            record.service_account_key = json.dumps(key).encode()
            record.save()
        hidden.append(key['private_key'].splitlines()[1])
        self.assertTrue(all(hidden))

        with database(self.ada, context=ACCESS) as pool:
            Credentials = pool.get(MODEL)
            User = pool.get('res.user')
            results = {}
            id, names = self.id, list(Credentials._fields)
            record = Credentials(id)
            domain = [('id', '=', id)]
            values = Credentials.read([id], names)[0]
            calls = {
                'read': ([id], names),
                'search': (domain,),
                'search_count': (domain,),
                'search_read': (domain, 0, None, None, names),
                'export_data': ([record], names),
                'export_data_domain': (domain, names),
                'resources': (),
                'copy': ([record],),
                'default_get': (names,),
                'fields_get': (),
                'fields_view_get': (None, 'form'),
                'view_toolbar_get': (),
                'autocomplete': ("Alice",),
                'history_revisions': None,
                'on_change': ([],),
                'on_change_notify': (),
                'on_change_with': ([],),
                'on_scan_code': ('x',),
                'pre_validate': (),
                'get_services': (),
                'create': ([{'name': "x"}],),
                'write': ([record], {'name': "x"}),
                'import_data': (['name'], [["x"]]),
                'delete': None,
                **{name: None for name in Credentials._buttons},
                }
            rpc = set(Credentials.__rpc__)
            self.assertEqual(
                {n for n in rpc if n not in calls}, set(),
                msg="a new RPC that the test does not know")
            for name in ['authorize', 'refuse', 'get_credentials',
                    'get_client', 'client_configuration', 'find_request',
                    'forget_tokens']:
                self.assertNotIn(name, rpc)
            for name in sorted(rpc):
                if calls[name] is None:
                    continue
                if is_instance_method(Credentials, name):
                    method = getattr(record, name)
                else:
                    method = getattr(Credentials, name)
                results[name] = method(*calls[name])
            copies = [r.id for r in results['copy']]
            results['copies'] = Credentials.read(copies, names)
            # the title of the account does not tell either
            results['user'] = User.read([self.jane], list(User._fields))
            for model in ['ir.model.log', 'res.notification', 'ir.error']:
                Model = pool.get(model)
                with Transaction().set_context(_check_access=False):
                    results[model] = Model.read(
                        [r.id for r in Model.search([])],
                        list(Model._fields))
            text = str([
                    dict(r) if isinstance(r, dict) else r
                    for r in results.values()])
            for row in results['read']:
                self.assertIsNone(row['authorization_url'])
            for secret in hidden:
                self.assertNotIn(secret, text)
            self.assertTrue(values['has_client_secret'])
            # nor does a search guess one
            for name in ['client_secret', 'access_token', 'refresh_token',
                    'service_account_key', 'authorization_url',
                    'code_verifier']:
                with self.assertRaises(NotImplementedError):
                    Credentials.search([(name, 'like', '%')])
                with self.assertRaises(Exception):
                    Credentials.search([], order=[(name, 'ASC')])

    def test_logs(self):
        "What clients send is logged without secrets"
        key = self.google.add_service_account()
        file = json.dumps(self.client_['file']).encode()
        records = []

        class Handler(logging.Handler):
            def emit(self, record):
                records.append(self.format(record))
        handler = Handler(logging.DEBUG)
        handler.setFormatter(logging.Formatter('%(message)s'))
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            id, = self.call('create', [{
                        'name': "Logged",
                        'client_id': self.client_['client_id'],
                        'client_secret': 'secret-of-create',
                        'redirect_uri': callback_uri(),
                        'service_account_key': json.dumps(key).encode(),
                        }])
            self.call('write', [id], {
                    'client_secret': 'secret-of-write',
                    'service_account_key': json.dumps(key).encode(),
                    })
            self.call('write', [id], {'client_secret_file': file})
            self.call(
                'import_data', ['name', 'client_secret'],
                [["Imported", 'secret-of-import']])
            action = self.call('request_authorization', [id])
            row, = self.call('read', [id], ['authorization_url'])
            self.call('test_connection', [id], check=False)
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
        self.assertEqual(action['url'], row['authorization_url'])
        text = '\n'.join(records)
        self.assertIn('request_authorization', text)
        for secret in [
                'secret-of-create', 'secret-of-write', 'secret-of-import',
                key['private_key'].splitlines()[1],
                json.dumps(key['private_key'])[1:-1].split('\\n')[1],
                base64.b64encode(key['private_key'].encode()).decode()[:60],
                self.client_['client_secret'],
                row['authorization_url'],
                self.state_of(row['authorization_url']),
                ]:
            self.assertNotIn(secret, text)

    def call(self, method, *args, check=True):
        "Call by JSON-RPC over HTTP as Jane"
        authorization = base64.b64encode(
            f'jane:{PASSWORD}'.encode()).decode()
        response = self.client().post(
            f'/{DB_NAME}/rpc/', data=json.dumps({
                    'id': 1,
                    'method': f'model.{MODEL}.{method}',
                    'params': [*args, {}],
                    }, cls=JSONEncoder),
            content_type='application/json',
            headers={'Authorization': f'Basic {authorization}'})
        self.assertEqual(response.status_code, 200)
        answer = json.loads(response.get_data(as_text=True))
        if check:
            self.assertNotIn('error', answer)
        return answer.get('result')

    def test_menu(self):
        "Everybody finds the own entries"
        with database(commit=False) as pool:
            ModelData = pool.get('ir.model.data')
            menu = ModelData.get_id('google_integration', 'menu_google')
            admin = ModelData.get_id(
                'google_integration', 'menu_google_administration')
        for user, menus in [
                (self.jane, {menu}), (self.ada, {menu}), (1, {menu, admin})]:
            with self.as_user(user):
                Menu = Pool().get('ir.ui.menu')
                self.assertEqual({m.id for m in Menu.search([
                                ('id', 'in', [menu, admin])])}, menus)
