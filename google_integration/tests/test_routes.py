# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import base64
import datetime as dt
import hashlib
import logging
import re
from unittest.mock import patch
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from trytond.modules.google_integration import oauth
from trytond.pool import Pool
from trytond.tests.test_tryton import DB_NAME
from trytond.transaction import Transaction

from .case import LOGGER, GoogleTestCase
from .tools import callback_uri, database, options, visit


class GoogleCallbackTestCase(GoogleTestCase):
    "Test the callback of google_integration"

    def get(self, **arguments):
        return visit(callback_uri() + '?' + urlencode(arguments, doseq=True))

    def assertHeaders(self, response):
        headers = response.headers
        self.assertEqual(headers['Cache-Control'], 'no-store')
        self.assertEqual(headers['Referrer-Policy'], 'no-referrer')
        self.assertEqual(headers['X-Content-Type-Options'], 'nosniff')
        self.assertEqual(headers['X-Frame-Options'], 'DENY')
        policy = headers['Content-Security-Policy']
        self.assertIn("default-src 'none'", policy)
        self.assertNotIn('unsafe', policy)
        self.assertNotIn('Set-Cookie', headers)

    def assertPage(self, response, status, *texts):
        self.assertEqual(response.status_code, status)
        self.assertHeaders(response)
        self.assertEqual(
            response.headers['Content-Type'], 'text/html; charset=utf-8')
        content = response.get_data(as_text=True)
        self.assertTrue(content.startswith('<!DOCTYPE html>'), msg=content)
        for text in texts:
            self.assertIn(text, content)
        return content

    def test_success(self):
        "Success names account, user and database"
        content = self.assertPage(
            visit(self.consent()), 200, "alice@example.com", "Jane",
            DB_NAME, '&lt;b&gt;Alice &amp; "Co"&lt;/b&gt;',
            f'href="http://localhost/#{quote(DB_NAME)}/model/'
            f'google_integration.google_credentials/{self.id}"')
        self.assertNotIn('<b>', content)
        state, email, sub = self.read('state', 'email', 'sub')
        self.assertEqual(
            (state, email, sub), ('authorized', 'alice@example.com', '1001'))
        with database(commit=False) as pool:
            Notification = pool.get('res.notification')
            notifications = Notification.search(
                [('user', '=', self.jane)])
            self.assertIn("alice@example.com", notifications[0].label)
            self.assertEqual(
                {n.user.id for n in notifications}, {self.jane})
            Log = pool.get('ir.model.log')
            log, = Log.search([
                    ('resource', '=', 'google_integration.'
                        f'google_credentials,{self.id}'),
                    ('target', '=', 'state:authorized'),
                    ])
            self.assertEqual(log.user.id, self.jane)

    def test_style(self):
        "The style of the page is the one that the policy allows"
        response = self.get()
        style = re.search(
            r'<style>(.*)</style>', response.get_data(as_text=True),
            re.DOTALL).group(1)
        digest = base64.b64encode(
            hashlib.sha256(style.encode()).digest()).decode()
        self.assertIn(
            f"'sha256-{digest}'",
            response.headers['Content-Security-Policy'])

    def test_language(self):
        "The page is in the language of who asked"
        with database() as pool:
            Lang = pool.get('ir.lang')
            User = pool.get('res.user')
            ModelData = pool.get('ir.model.data')
            Translation = pool.get('ir.translation')
            lang, = Lang.search([('code', '=', 'fr')])
            lang.translatable = True
            lang.save()
            User.write([User(self.jane)], {'language': lang.id})
            Translation.create([{
                        'lang': 'fr',
                        'type': 'model',
                        'name': 'ir.message,text',
                        'res_id': ModelData.get_id(
                            'google_integration', 'msg_page_success'),
                        'value': "Compte connecté",
                        'module': 'google_integration',
                        'fuzzy': False,
                        }])
        try:
            self.assertPage(
                visit(self.consent()), 200, "Compte connecté", 'lang="fr"')
        finally:
            with database() as pool:
                User = pool.get('res.user')
                User.write([User(self.jane)], {'language': None})

    def test_denied(self):
        "A denied consent returns to the state before"
        self.assertPage(visit(self.consent(decision='deny')), 200, "denied")
        self.assertEqual(self.read('state'), 'without_authorization')

        visit(self.consent())
        self.assertPage(visit(self.consent(decision='deny')), 200, "denied")
        state, expiry = self.read('state', 'has_tokens')
        self.assertEqual((state, expiry), ('authorized', True))

    def test_error(self):
        "Another error of Google"
        state = self.state_of(self.request())
        self.assertPage(
            self.get(error='temporarily_unavailable', state=state), 400)
        self.assertEqual(self.read('state'), 'without_authorization')

    def test_replay(self):
        "A link works once"
        location = self.consent()
        visit(location)
        rows = self.rows()
        self.google.clear_log()
        self.assertPage(visit(location), 403, "link")
        self.assertEqual(self.rows(), rows)
        self.assertEqual(self.google.log(), [])

    def test_former_request(self):
        "Asking again makes the former link useless"
        former = self.consent()
        location = self.consent()
        self.assertPage(visit(former), 403)
        self.assertEqual(self.read('state'), 'pending')
        self.assertPage(visit(location), 200)

    def test_old(self):
        "A link of eleven minutes ago does not work"
        location = self.consent()
        self.update(requested_at=(
                dt.datetime.utcnow() - dt.timedelta(minutes=11)))
        self.google.clear_log()
        self.assertPage(visit(location), 403, "link")
        self.assertEqual(self.google.log(), [])
        self.assertEqual(self.read('state'), 'without_authorization')

    def test_invalid(self):
        "What Google does not send changes nothing"
        state = self.state_of(self.request())
        rows = self.rows()
        self.google.clear_log()
        for status, arguments in [
                (400, {}),
                (400, {'code': 'x'}),
                (400, {'state': state}),
                (400, {'state': '', 'code': 'x'}),
                (400, {'state': state, 'code': ''}),
                (400, {'state': state, 'code': 'x', 'error': 'y'}),
                (400, {'state': [state, state], 'code': 'x'}),
                (400, {'state': [state, 'z'], 'code': 'x'}),
                (400, {'state': state, 'code': ['x', 'y']}),
                (400, {'state': state, 'code': 'x' * 3000}),
                (400, {'state': 'x' * 3000, 'code': 'x'}),
                (400, {'state': state, 'error': '<script>'}),
                (403, {'state': 'wrong', 'code': 'x'}),
                (403, {'state': state + 'x', 'code': 'x'}),
                (403, {'state': state.swapcase(), 'code': 'x'}),
                (403, {'state': 'é\x00\ud800'.encode(
                            'utf-8', 'surrogatepass'), 'code': 'x'}),
                (403, {'state': oauth.state_digest(state), 'code': 'x'}),
                (403, {'state': 'claimed', 'code': 'x'}),
                (403, {'state': 'wrong', 'error': 'access_denied'}),
                ]:
            with self.subTest(arguments=arguments):
                self.assertPage(self.get(**arguments), status)
                self.assertEqual(self.rows(), rows)
        self.assertEqual(self.google.log(), [])

    def test_methods(self):
        "Only GET is answered"
        location = self.consent()
        rows = self.rows()
        for method in ['HEAD', 'POST', 'PUT', 'DELETE']:
            with self.subTest(method=method):
                self.assertEqual(
                    visit(location, method=method).status_code, 405)
                self.assertEqual(self.rows(), rows)
        self.assertEqual(visit(location).status_code, 200)

    def test_code_refused(self):
        "A code that Google refuses"
        state = self.state_of(self.request())
        with self.assertLogs(LOGGER, 'WARNING'):
            content = self.assertPage(
                self.get(state=state, code='4/wrong'), 400, "Authorize again")
        self.assertNotIn('4/wrong', content)
        state, tokens = self.read('state', 'has_tokens')
        self.assertEqual((state, tokens), ('without_authorization', False))

    def test_code_of_another(self):
        "A code that was given for another request"
        code, = parse_qs(urlsplit(self.consent()).query)['code']
        state = self.state_of(self.request())
        with self.assertLogs(LOGGER, 'WARNING'):
            self.assertPage(self.get(state=state, code=code), 400)
        self.assertEqual(self.read('state'), 'without_authorization')

    def test_client_secret(self):
        "A wrong client secret"
        location = self.consent()
        self.google.update_client(
            self.client_['client_id'], client_secret='other')
        with self.assertLogs(LOGGER, 'WARNING'):
            content = self.assertPage(
                visit(location), 400, "the client secret")
        self.assertNotIn(self.client_['client_secret'], content)
        self.assertEqual(self.read('state'), 'without_authorization')

    def test_unreachable(self):
        "Google can not be reached"
        location = self.consent()
        with options(token_uri='http://127.0.0.1:9/token'), \
                self.assertLogs(LOGGER, 'WARNING'):
            self.assertPage(visit(location), 503, "can not be reached")
        self.assertEqual(self.read('state'), 'without_authorization')
        # the link does not work again
        self.assertPage(visit(location), 403)

    def test_wrong_account(self):
        "Another account than the one connected before"
        visit(self.consent())
        rows = self.rows()[1]
        self.google.clear_log()
        with self.assertLogs(LOGGER, 'WARNING'):
            self.assertPage(
                visit(self.consent(account='bob@example.com')), 403,
                "bob@example.com", "alice@example.com")
        self.assertEqual(
            self.read('state', 'email'), ('authorized', 'alice@example.com'))
        self.assertEqual(self.rows()[1], rows)
        self.assertNotIn(
            'oauth.revoke', [e['id'] for e in self.google.log()])
        with database(commit=False) as pool:
            Notification = pool.get('res.notification')
            notification = Notification.search(
                [('user', '=', self.jane)], order=[('id', 'DESC')])[0]
            self.assertIn("another account", notification.label)

    def test_scopes(self):
        "A scope that was not ticked is named"
        Calendar = 'https://www.googleapis.com/auth/calendar'
        with patch.object(
                self.model(), 'required_scopes',
                ['openid', 'https://www.googleapis.com/auth/userinfo.email',
                    Calendar]):
            self.assertPage(
                visit(self.consent(untick=[Calendar])), 200,
                "Not everything was granted", f'<li>{Calendar}</li>')
            state, missing = self.read('state', 'missing_scopes')
            self.assertEqual((state, missing), ('authorized', Calendar))

            # asking again adds it, while the tokens held stay in use
            url = self.request()
            state, tokens = self.read('state', 'has_tokens')
            self.assertEqual((state, tokens), ('pending', True))
            with database() as pool:
                Credentials = pool.get(
                    'google_integration.google_credentials')
                self.assertTrue(
                    Credentials(self.id).get_credentials().token)
            content = self.assertPage(visit(self.consent(url)), 200)
            self.assertNotIn("Not everything was granted", content)
            state, missing = self.read('state', 'missing_scopes')
            self.assertEqual((state, missing), ('authorized', None))

    def test_claimed_before(self):
        "The state is claimed and committed before the code is exchanged"
        location = self.consent()
        seen = []
        exchange_code = oauth.exchange_code

        def exchange(*args, **kwargs):
            seen.append(Transaction().connection.in_transaction
                if hasattr(Transaction().connection, 'in_transaction')
                else Transaction().connection.info.transaction_status != 0)
            tokens = exchange_code(*args, **kwargs)
            raise RuntimeError("crash")
            return tokens
        with patch.object(oauth, 'exchange_code', exchange), \
                self.assertLogs(LOGGER, 'ERROR') as logs:
            content = self.assertPage(visit(location), 500)
        # the text of an exception may be personal: only where it comes from
        self.assertIn('RuntimeError', logs.output[-1])
        self.assertNotIn("RuntimeError: crash", logs.output[-1])
        self.assertNotIn("crash", content)
        self.assertEqual(seen, [False])
        self.assertEqual(self.read('state'), 'without_authorization')
        self.assertPage(visit(location), 403)

    def test_changed_meanwhile(self):
        "A request that was voided during the exchange stores nothing"
        location = self.consent()
        exchange_code = oauth.exchange_code

        def exchange(*args, **kwargs):
            tokens = exchange_code(*args, **kwargs)
            with Transaction().new_transaction():
                Credentials = Pool().get(
                    'google_integration.google_credentials')
                Credentials.write(
                    [Credentials(self.id)], {'client_secret': 'other'})
            return tokens
        with patch.object(oauth, 'exchange_code', exchange), \
                self.assertLogs(LOGGER, 'WARNING'):
            self.assertPage(visit(location), 403)
        state, tokens = self.read('state', 'has_tokens')
        self.assertEqual((state, tokens), ('without_authorization', False))

    def test_forwarded(self):
        "The pages do not depend on the host of the request"
        location = self.consent().replace(
            'http://localhost', 'http://evil.example.com')
        content = self.assertPage(visit(location), 200)
        self.assertNotIn('evil', content)

    def test_no_key(self):
        "Without the encryption key"
        location = self.consent()
        with options(encryption_key=None), \
                self.assertLogs(LOGGER, 'ERROR') as logs:
            content = self.assertPage(visit(location), 500)
        self.assertNotIn('encryption_key =', content + str(logs.output))
        self.assertEqual(self.read('state'), 'without_authorization')

    def test_unknown_database(self):
        "An unknown database reveals nothing and creates nothing"
        for name in ['unknown', 'unknown.sqlite', '%2e%2e%2funknown']:
            with self.subTest(name=name):
                response = visit(
                    f'http://localhost/{name}/google/callback?state=x&code=y')
                self.assertIn(response.status_code, {404, 405})
                self.assertNotIn(
                    'unknown', response.get_data(as_text=True))

    def test_not_activated(self):
        "A database without the module answers like an unknown one"
        unknown = visit('http://localhost/unknown/google/callback?state=x')
        with patch.object(Pool, 'get', side_effect=KeyError):
            response = self.get(state='x', code='y')
        self.assertEqual(response.status_code, 404)
        self.assertEqual(response.get_data(), unknown.get_data())

    def test_not_updated(self):
        "A database of another version answers 404"
        location = self.consent()
        with patch.object(self.model(), '_table', 'google_missing'), \
                self.assertLogs(LOGGER, 'WARNING'):
            response = visit(location)
        self.assertEqual(response.status_code, 404)
        self.assertEqual(visit(location).status_code, 200)

    def test_logs(self):
        "No log at any level shows a secret"
        records = []

        class Handler(logging.Handler):
            def emit(self, record):
                records.append(self.format(record))
        handler = Handler(logging.DEBUG)
        root = logging.getLogger()
        level = root.level
        root.addHandler(handler)
        root.setLevel(logging.DEBUG)
        try:
            url = self.request()
            location = self.consent(url)
            visit(location)
            visit(location)
            self.get(state=self.state_of(url), code=['a', 'secretcode'])
        finally:
            root.removeHandler(handler)
            root.setLevel(level)
        text = '\n'.join(records)
        self.assertIn('/google/callback?...', text)
        query = parse_qs(urlsplit(location).query)
        secrets = [
            query['code'][0], query['state'][0], 'secretcode',
            self.client_['client_secret'], url]
        secrets += self.secrets('access_token', 'refresh_token')
        for secret in secrets:
            self.assertNotIn(secret, text)
