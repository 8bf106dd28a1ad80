# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A service that Google is to announce, for the tests."""
import datetime as dt
from urllib.parse import quote

from werkzeug.test import Client

from trytond.modules.google_integration.bookkeeping import utcnow
from trytond.protocols.wrappers import Response
from trytond.tests.test_tryton import DB_NAME
from trytond.transaction import Transaction
from trytond.wsgi import app

from .tools import BASE, database

__all__ = ['CHANNEL', 'INTERVAL', 'WatchMixin']

CHANNEL = 'google_integration.channel'
INTERVAL = dt.timedelta(minutes=5)


class WatchMixin:
    "What the test case of a service needs besides `TwoWayTestCase`"

    def prepare(self):
        super().prepare()
        # nothing listens: the tests bring the notifications
        self.google.options(http_channels=True, deliver=False)
        self.set_service(watch=True)

    def clean(self):
        self.clean_channels()
        super().clean()

    def channels(self, *names):
        return self.search(
            CHANNEL, *(names or ['state']))

    def live(self):
        "What Google announces"
        return self.google.channels(live=True)

    def change_channels(self, **values):
        with database() as pool:
            Channel = pool.get(CHANNEL)
            Channel.write(Channel.search([]), values)

    def clean_channels(self):
        with database() as pool:
            Channel = pool.get(CHANNEL)
            Channel.delete(Channel.search([]))

    def stop_all(self):
        self.set_service(enabled=False)
        self.cron()
        self.set_service(enabled=True)
        self.assertEqual(self.live(), [])

    def cron(self):
        "What is due, with the tasks that cron runs after its commit"
        with database() as pool:
            pool.get('google_integration.synchronization').synchronize_due()
            Transaction().tasks.clear()
        with database() as pool:
            tasks = pool.get('ir.queue').search([
                    ('finished_at', '=', None)])
            for task in tasks:
                if task.data['model'] == CHANNEL:
                    task.run()
            pool.get('ir.queue').delete(tasks)

    def tasks(self):
        return [
            d['method'] for d in self.search('ir.queue', 'data')
            if d['model'] == self.service_model]

    def notify(self, channel=None, path=None, method='POST', data=None,
            content_type=None, **headers):
        "Announce as Google does and return the status"
        if channel is None:
            channel, = self.live()
        values = {
            'X-Goog-Channel-ID': channel['id'],
            'X-Goog-Channel-Token': channel['token'],
            'X-Goog-Resource-ID': channel['resourceId'],
            'X-Goog-Resource-State': 'exists',
            'X-Goog-Message-Number': '7',
            }
        for name, value in headers.items():
            values['X-Goog-' + name.replace('_', '-')] = value
        self.apart()
        response = Client(app, Response).open(
            path or f'/{quote(DB_NAME)}/google/notify', base_url=BASE,
            method=method, data=data or b'',
            content_type=content_type or 'application/json; utf-8',
            headers={k: v for k, v in values.items() if v is not None})
        self.response = response
        return response.status_code

    def later(self, service=None, **values):
        "The service is not due"
        self.update(
            self.service_model, service or self.service, queued_at=None,
            next_sync=utcnow() + INTERVAL, **values)

    def apart(self):
        "The next transaction is another than the one that is open"
        if Transaction().user is not None:
            Transaction(new=True)

    def is_due(self, service=None):
        self.apart()
        return self.read(
            self.service_model, service or self.service,
            'next_sync') <= utcnow()
