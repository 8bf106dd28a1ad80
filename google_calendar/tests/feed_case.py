# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A database with calendars to publish."""
import datetime as dt

import icalendar
from cryptography.fernet import Fernet

from trytond.modules.google_integration.tests.tools import (
    options, set_option)
from trytond.pool import Pool
from trytond.tests.test_tryton import RouteTestCase
from trytond.transaction import Transaction

from .records import create_calendar, create_user

__all__ = ['ACCESS', 'DAY', 'EVENT', 'FEED', 'HOUR', 'NOON', 'FeedTestCase']

FEED = 'google_calendar.feed'
EVENT = 'google_calendar.event'
ACCESS = {'_check_access': True}
NOON = dt.datetime.combine(
    dt.date.today() + dt.timedelta(days=1), dt.time(12))
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


class FeedTestCase(RouteTestCase):
    "Test the feeds of google_calendar"
    module = 'google_calendar'
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        set_option('encryption_key', Fernet.generate_key().decode())
        cls.addClassCleanup(set_option, 'encryption_key', None)
        super().setUpClass()

    @classmethod
    def setUpDatabase(cls):
        cls.jane = create_user('jane', 'group_google_user')
        cls.john = create_user('john', 'group_google_user')
        cls.ada = create_user('ada', 'group_google_admin')
        cls.calendar = create_calendar(
            cls.jane, 'jane@example.com', access_role='owner').id
        cls.shared = create_calendar(None, 'team@example.com').id

    def setUp(self):
        super().setUp()
        with self.database() as pool:
            for name in [FEED, EVENT]:
                Model = pool.get(name)
                Model.delete(Model.search([]))
        self.enterContext(options(base_url='https://erp.example.com'))

    def database(self, user=0, **options):
        return _Database(
            self.db_name, user, ACCESS if user else {}, **options)

    def feed(self, user=None, calendar=None, published=True, **values):
        "Create a feed and return its id"
        with self.database(user or self.jane) as pool:
            Feed = pool.get(FEED)
            feed, = Feed.create([{
                        'name': "Feed",
                        'calendar': calendar or self.calendar,
                        **values}])
            if published:
                Feed.create_url([feed])
            return feed.id

    def url(self, feed, user=None):
        with self.database(user or self.jane) as pool:
            value, = pool.get(FEED).read([feed], ['url'])
            return value['url']

    def path(self, feed):
        return self.url(feed).removeprefix('https://erp.example.com')

    def event(self, summary="Event", start=NOON, calendar=None, **values):
        with self.database() as pool:
            event, = pool.get(EVENT).create([{
                        'calendar': calendar or self.calendar,
                        'summary': summary,
                        'start': start,
                        'end': start + HOUR,
                        **values}])
            return event.id

    def get(self, path, method='GET', **headers):
        return self.client().open(
            path, method=method, base_url='https://erp.example.com',
            headers={n.replace('_', '-'): v for n, v in headers.items()})

    def content(self, feed):
        response = self.get(self.path(feed))
        self.assertEqual(response.status_code, 200)
        return response.get_data(as_text=True)

    def events(self, feed):
        "The events that the feed tells"
        calendar = icalendar.Calendar.from_ical(self.content(feed))
        return calendar.walk('VEVENT')

    def summaries(self, feed):
        return sorted(str(e['SUMMARY']) for e in self.events(feed))


class _Database:
    "A transaction that gives the pool and commits"

    def __init__(self, name, user, context):
        self.arguments = name, user
        self.context = context

    def __enter__(self):
        self.manager = Transaction().start(
            *self.arguments, context=self.context)
        self.transaction = self.manager.__enter__()
        return Pool()

    def __exit__(self, type, value, traceback):
        if not type:
            self.transaction.commit()
        return self.manager.__exit__(type, value, traceback)
