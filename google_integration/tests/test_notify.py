# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The routes without any service: nobody is recognized, all is well."""
import datetime as dt
from unittest.mock import patch
from urllib.parse import quote

from werkzeug.test import Client

from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.tokens import digest
from trytond.pool import Pool
from trytond.protocols.wrappers import Response
from trytond.tests.test_tryton import DB_NAME
from trytond.wsgi import app

from .case import LOGGER, GoogleTestCase
from .tools import BASE, database

CHANNEL = 'google_integration.channel'
TOKEN = 'the token of the channel'.replace(' ', '-')


class NotifyTestCase(GoogleTestCase):
    "Test the notifications and the health"

    def setUp(self):
        super().setUp()
        with database() as pool:
            Channel = pool.get(CHANNEL)
            channel, = Channel.create([{
                        'credentials': self.id,
                        'channel_id': 'the-channel',
                        'token_digest': digest(TOKEN),
                        'resource_id': 'the-resource',
                        'state': 'closing',
                        }])
            self.channel = channel.id

    def open(self, name, method='GET', **headers):
        return Client(app, Response).open(
            f'/{quote(DB_NAME)}/google/{name}', base_url=BASE, method=method,
            headers=headers)

    def notify(self, **values):
        headers = {
            'X-Goog-Channel-ID': 'the-channel',
            'X-Goog-Channel-Token': TOKEN,
            'X-Goog-Resource-ID': 'the-resource',
            'X-Goog-Resource-State': 'exists',
            **values}
        return self.open('notify', 'POST', **headers).status_code

    def test_without_service(self):
        "A channel of what was deleted is not recognized any more"
        self.assertEqual(self.notify(), 404)

    def test_recognized(self):
        "A channel is recognized by all that Google sends"
        Channel = Pool(DB_NAME).get(CHANNEL)
        now = bookkeeping.utcnow()
        with database() as pool:
            # of a module that is not here
            bookkeeping.update(
                pool.get(CHANNEL), [self.channel],
                {'service': 'google_nowhere.service,3', 'state': 'open'})
        for arguments, expected in [
                (('the-channel', TOKEN, 'the-resource'), True),
                (('the-channel', TOKEN, ''), False),
                (('the-channel', TOKEN, 'x'), False),
                (('the-channel', TOKEN + 'x', 'the-resource'), False),
                (('the-channel', '', 'the-resource'), False),
                (('another', TOKEN, 'the-resource'), False),
                # what an unknown one is compared with does not open it
                (('another', '', ''), False)]:
            with self.subTest(arguments=arguments), database(commit=False):
                self.assertEqual(
                    Channel.recognize(*arguments),
                    'google_nowhere.service,3' if expected else None)
        for values, expected in [
                ({'expires_at': now + dt.timedelta(minutes=1)}, True),
                ({'expires_at': now - dt.timedelta(seconds=1)}, False),
                ({'expires_at': None, 'state': 'failed'}, False),
                ({'state': 'opening', 'resource_id': None}, True)]:
            with self.subTest(values=values), database(commit=False) as pool:
                bookkeeping.update(
                    pool.get(CHANNEL), [self.channel], values)
                self.assertEqual(
                    bool(Channel.recognize(
                            'the-channel', TOKEN, 'the-resource')),
                    expected)

    def test_error(self):
        "An error tells nobody anything, and Google tries again"
        Channel = Pool(DB_NAME).get(CHANNEL)
        with patch.object(
                Channel, 'recognize', side_effect=ValueError(TOKEN)), \
                self.assertLogs(LOGGER, 'ERROR') as logs:
            response = self.open('notify', 'POST')
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response.get_data(), b'')
        self.assertNotIn(TOKEN, '\n'.join(logs.output))

    def test_without_module(self):
        "A database without the module has no such routes"
        get = Pool.get

        def without(pool, name, *args, **kwargs):
            if name.startswith('google_'):
                raise KeyError(name)
            return get(pool, name, *args, **kwargs)
        with patch.object(Pool, 'get', without):
            self.assertEqual(self.notify(), 404)
            self.assertEqual(self.open('health').status_code, 404)

    def test_unknown_database(self):
        "Nor has one that does not exist"
        for name, method in [('notify', 'POST'), ('health', 'GET')]:
            response = Client(app, Response).open(
                f'/nowhere/google/{name}', method=method, base_url=BASE)
            self.assertEqual(response.status_code, 404)

    def test_health(self):
        "Without services all is well"
        response = self.open('health')
        self.assertEqual(response.status_code, 200)
        self.assertEqual(response.get_json(), {
                'status': 'ok',
                'services': 0,
                'failed': 0,
                'late': 0,
                'last_synchronization_age': None,
                })
        self.assertEqual(self.open('health', 'HEAD').get_data(), b'')
        self.assertEqual(self.open('health', 'POST').status_code, 405)

    def test_health_readonly(self):
        "It can not write"
        from trytond.transaction import Transaction
        start = Transaction.start
        readonly = []

        def spy(transaction, name, user, **kwargs):
            if name:
                readonly.append(kwargs.get('readonly', False))
            return start(transaction, name, user, **kwargs)
        with patch.object(Transaction, 'start', spy):
            self.open('health')
        self.assertEqual(set(readonly), {True})

    def test_health_error(self):
        "That it can not be told is an answer, without the reason"
        Credentials = Pool(DB_NAME).get(
            'google_integration.google_credentials')
        with patch.object(
                Credentials, 'service_models',
                side_effect=ValueError('secret')), \
                self.assertLogs(LOGGER, 'ERROR'):
            response = self.open('health')
        self.assertEqual(response.status_code, 503)
        self.assertEqual(response.get_json(), {'status': 'error'})


del GoogleTestCase
