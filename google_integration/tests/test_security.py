# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a hostile user, or a hostile request, can not do."""
import io
import json
import logging

from trytond.model.exceptions import AccessError
from trytond.tools.logging import format_args

from .case import NAME, GoogleTestCase
from .tools import database

ACCESS = {'_check_access': True}
MODEL = 'google_integration.google_credentials'


class GoogleSecurityTestCase(GoogleTestCase):
    "Test what must not be possible"

    def as_user(self, user):
        return database(user, context=ACCESS, commit=False)

    def create_service_account(self):
        "The key of the administration, that acts for Jane"
        key = json.dumps(self.google.add_service_account()).encode()
        with database() as pool:
            Credentials = pool.get(MODEL)
            record, = Credentials.create([{
                        'name': "Delegated",
                        'type': 'service_account',
                        'user': self.jane,
                        'subject': 'jane@example.com',
                        'service_account_key': key,
                        }])
            return record.id

    def test_subject(self):
        "Who does not hold the key does not choose for whom it acts"
        id = self.create_service_account()
        boss = {'subject': 'boss@example.com'}
        with self.as_user(self.jane) as pool:
            Credentials = pool.get(MODEL)
            record = Credentials(id)
            for values in [
                    boss, {'subject': None}, {**boss, 'type': 'oauth'},
                    {**boss, 'name': "x"}]:
                with self.subTest(values=values), \
                        self.assertRaises(AccessError):
                    Credentials.write([record], values)
            Credentials.write([record], {
                    'name': "Mine", 'subject': 'jane@example.com'})
            with self.assertRaises(AccessError):
                Credentials.write([record], {'type': 'oauth'}, [record], boss)
            # a copy has no key
            copy, = Credentials.copy([record], boss)
            self.assertFalse(copy.has_service_account_key)
        with self.as_user(self.ada) as pool:
            Credentials = pool.get(MODEL)
            Credentials.write([Credentials(id)], boss)

    def test_subject_own_key(self):
        "Who gives a key chooses for whom it acts"
        id = self.create_service_account()
        key = json.dumps(self.google.add_service_account()).encode()
        for value in [key, None]:
            with self.subTest(key=bool(value)), \
                    self.as_user(self.jane) as pool:
                Credentials = pool.get(MODEL)
                Secret = pool.get('google_integration.secret')
                Credentials.write([Credentials(id)], {
                        'subject': 'boss@example.com',
                        'service_account_key': value,
                        })
                held = Secret.reveal(Credentials(id), 'service_account_key')
                if value:
                    self.assertEqual(
                        json.loads(held)['private_key_id'],
                        json.loads(key)['private_key_id'])
                else:
                    self.assertIsNone(held)

    def test_of_another(self):
        "No error tells what the credentials of another are"
        self.authorize()
        messages = set()
        with self.as_user(self.john) as pool:
            Credentials = pool.get(MODEL)
            for values in [
                    {'client_id': 'guess'},
                    {'client_id': self.client_['client_id']},
                    {'subject': 'guess'}]:
                with self.assertRaises(AccessError) as cm:
                    Credentials.write([Credentials(self.id)], values)
                self.assertNotIn(NAME, str(cm.exception))
                messages.add(str(cm.exception))
        self.assertEqual(len(messages), 1)

    def log(self, name, *args):
        "What a logger writes"
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        logger = logging.getLogger(name)
        level, propagate = logger.level, logger.propagate
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        try:
            logger.info(*args)
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
            logger.propagate = propagate
        return stream.getvalue()

    def test_log_address(self):
        "No part of the query is logged, whatever it holds"
        for before in ['', 'x="&', "x='&", 'x=\N{NO-BREAK SPACE}&', 'x= &']:
            query = f'{before}state=SECRET&code=SECRET'
            with self.subTest(before=before):
                text = self.log(
                    'trytond.wsgi', '%s in %i ms', "<Request 127.0.0.1 "
                    f"'http://localhost/db/google/callback?{query}' [GET]>",
                    5)
                self.assertNotIn('SECRET', text)
                self.assertIn('/db/google/callback?...', text)
                self.assertIn('in 5 ms', text)
                text = self.log(
                    'werkzeug', '%s - "%s" %s -', '127.0.0.1',
                    f"GET /db/google/callback?{query} HTTP/1.1", 403)
                self.assertNotIn('SECRET', text)
                self.assertIn('403', text)

    def test_log_arguments(self):
        "Also a call that is wrong is logged without what it holds"
        def call(name, method, *args):
            return self.log(
                'trytond.protocols.dispatcher',
                '%s.%s%s from %s@%s%s in %i ms', name, method,
                format_args(args, {}, verbose=True), 'jane', '127.0.0.1',
                '/db/rpc/', 5)
        for name in [
                'client_secret', 'client_secret_file', 'service_account_key']:
            for args in [
                    (1, name, 'SECRET'),
                    ([1], [[name, 'SECRET']]),
                    ([(name, '=', 'SECRET')],),
                    ([1], {name: 'SECRET'}),
                    ]:
                with self.subTest(args=args):
                    text = call(MODEL, 'write', *args)
                    self.assertNotIn('SECRET', text)
                    self.assertIn(f'{MODEL}.write', text)
                    self.assertIn('jane', text)
        self.assertNotIn('SECRET', call(
                MODEL, 'import_data', ['client_secret'], [['SECRET']]))
        # the others stay readable
        self.assertIn("'name': 'Mine'", call(
                MODEL, 'write', [1], {'name': "Mine", 'client_secret': 'x'}))
        self.assertIn('client_secret', call(
                'party.party', 'read', [1], ['client_secret']))


del GoogleTestCase
