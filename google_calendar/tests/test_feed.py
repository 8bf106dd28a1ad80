# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The secret addresses: who may have one, and how they answer."""
import datetime as dt
import logging
from unittest.mock import patch

from trytond.model.exceptions import AccessButtonError, AccessError
from trytond.model.modelstorage import DomainValidationError
from trytond.modules.google_calendar import routes
from trytond.modules.google_integration.tests.tools import options
from trytond.pool import Pool
from trytond.transaction import Transaction

from . import feed_case
from .feed_case import ACCESS, EVENT, FEED


class FeedTestCase(feed_case.FeedTestCase):
    "Test the addresses of the feeds"

    def test_token(self):
        "The token is long, and only its digest is in the clear"
        feed = self.feed()
        token = self.url(feed).rpartition('/')[2].removesuffix('.ics')
        self.assertRegex(token, r'^[\w-]{43}$')
        with self.database() as pool:
            Feed, Secret = map(pool.get, [FEED, 'google_integration.secret'])
            cursor = Transaction().connection.cursor()
            for Model in [Feed, Secret]:
                cursor.execute(*Model.__table__().select())
                self.assertNotIn(token, str(cursor.fetchall()))

    def test_owner(self):
        "Only the owner sees the address"
        feed = self.feed()
        self.assertTrue(self.url(feed))
        self.assertIsNone(self.url(feed, self.ada))
        with self.database(self.john) as pool:
            Feed = pool.get(FEED)
            self.assertEqual(Feed.search([]), [])
            with self.assertRaises(AccessError):
                Feed.read([feed], ['url'])
        for user in [self.jane, self.ada]:
            with self.database(user) as pool, \
                    self.assertRaises(AccessError):
                pool.get(FEED).read([feed], ['digest'])
        with self.database(self.jane) as pool:
            # no instance of the owner shows it to others
            Feed = pool.get(FEED)
            instance = Feed(feed)
            with Transaction().set_user(self.john):
                self.assertIsNone(instance.get_url('url'))

    def test_not_owner(self):
        "Nobody publishes the calendar of somebody else"
        with self.assertRaises(DomainValidationError):
            self.feed(self.ada)
        with self.assertRaises(AccessError) as raised:
            # who may not see it does not learn its name either
            self.feed(self.john)
        self.assertNotIn('jane', str(raised.exception))
        with self.assertRaises(AccessError):
            self.feed(self.john, self.shared)
        # who administrates publishes what is shared
        feed = self.feed(self.ada, self.shared)
        url = self.url(feed, self.ada)
        self.assertEqual(
            self.get(url.removeprefix('https://erp.example.com')).status_code,
            200)

    def test_others_can_not_change(self):
        "Others can not renew, nor plant a digest"
        feed = self.feed()
        for user in [self.john, self.ada]:
            for button in ['create_url', 'renew_url', 'revoke_url']:
                with self.subTest(user=user, button=button), \
                        self.database(user) as pool, \
                        self.assertRaises((AccessError, AccessButtonError)):
                    Feed = pool.get(FEED)
                    getattr(Feed, button)([Feed(feed)])
        with self.database(self.jane) as pool:
            Feed = pool.get(FEED)
            with self.assertRaises(AccessError):
                Feed.write([Feed(feed)], {'digest': 'x'})
            other, = Feed.copy([Feed(feed)])
            self.assertFalse(other.published)
        with self.database(self.jane) as pool:
            Feed = pool.get(FEED)
            feeds = Feed.create([{
                        'name': "x", 'calendar': self.calendar,
                        'user': self.john}])
            self.assertEqual(feeds[0].user.id, self.jane)

    def test_former_owner(self):
        "The feed of who lost the calendar, or left, tells nothing"
        feed = self.feed()
        path = self.path(feed)
        for model, values in [
                ('res.user', {'active': False}),
                ('google_integration.google_credentials',
                    {'user': self.john}),
                ]:
            with self.subTest(model=model):
                with self.database() as pool:
                    Model = pool.get(model)
                    record = Model(
                        self.jane if model == 'res.user'
                        else pool.get(FEED)(feed).calendar.credentials.id)
                    name, = values
                    before = getattr(record, name)
                    before = getattr(before, 'id', before)
                    Model.write([record], values)
                self.assertEqual(self.get(path).status_code, 404)
                with self.database() as pool:
                    Model = pool.get(model)
                    Model.write([Model(record.id)], {name: before})
                self.assertEqual(self.get(path).status_code, 200)

    def test_renew_and_revoke(self):
        "A former address is unknown"
        feed = self.feed()
        paths = [self.path(feed)]
        with self.database(self.jane) as pool:
            Feed = pool.get(FEED)
            Feed.renew_url([Feed(feed)])
        paths.append(self.path(feed))
        self.assertEqual(
            [self.get(p).status_code for p in paths], [404, 200])
        with self.database(self.jane) as pool:
            Feed = pool.get(FEED)
            Feed.revoke_url([Feed(feed)])
        self.assertEqual(self.get(paths[1]).status_code, 404)
        self.assertIsNone(self.url(feed))
        with self.database() as pool:
            self.assertEqual(
                pool.get('google_integration.secret').search([
                        ('name', '=', 'feed_token')]), [])

    def test_deletion(self):
        "Who deletes the feed revokes it, an administrator too"
        feed = self.feed()
        path = self.path(feed)
        with self.database(self.ada) as pool:
            Feed = pool.get(FEED)
            Feed.delete([Feed(feed)])
        self.assertEqual(self.get(path).status_code, 404)
        with self.database() as pool:
            self.assertEqual(
                pool.get('google_integration.secret').search([
                        ('name', '=', 'feed_token')]), [])

    def test_unknown(self):
        "An unknown address answers as an unknown database does"
        path = self.path(self.feed())
        expected = self.get('/nowhere' + path.removeprefix(
                '/' + path.split('/')[1]))
        for other in [
                path[:-8] + 'aaaa.ics', path[:-8] + '.ics',
                path.replace('.ics', 'a.ics'), path.replace('.ics', '%00.ics'),
                path.rpartition('/')[0] + '/.ics'[:1] + '%C3%A9.ics']:
            with self.subTest(path=other):
                response = self.get(other)
                self.assertEqual(response.status_code, 404)
                self.assertEqual(response.data, expected.data)
                self.assertEqual(
                    sorted(response.headers), sorted(expected.headers))
        self.assertEqual(self.get(path, 'POST').status_code, 405)

    def test_without_module(self):
        "A database without the module answers as if there was none"
        path = self.path(self.feed())
        get = Pool.get

        def without(pool, name, *args, **kwargs):
            if name == FEED:
                raise KeyError(name)
            return get(pool, name, *args, **kwargs)
        with patch.object(Pool, 'get', without):
            self.assertEqual(self.get(path).status_code, 404)

    def test_headers(self):
        "The answer is a calendar that nobody else keeps"
        self.event()
        with self.database() as pool:
            Calendar = pool.get('google_calendar.calendar')
            Calendar.write(
                [Calendar(self.calendar)], {'name': 'J\xe4ne/"x"\r\n'})
        response = self.get(self.path(self.feed()))
        self.assertEqual(response.status_code, 200)
        headers = response.headers
        self.assertEqual(
            headers['Content-Type'], 'text/calendar; charset=utf-8')
        self.assertEqual(headers['Cache-Control'], 'private, no-cache')
        self.assertEqual(headers['X-Content-Type-Options'], 'nosniff')
        self.assertEqual(headers['Referrer-Policy'], 'no-referrer')
        self.assertEqual(
            headers['Content-Disposition'],
            "inline; filename=Jane__x_.ics; "
            "filename*=UTF-8''J%C3%A4ne__x_.ics")
        self.assertNotIn('Set-Cookie', headers)

    def test_head(self):
        "HEAD tells the same without the content"
        path = self.path(self.feed())
        head, get = self.get(path, 'HEAD'), self.get(path)
        self.assertEqual(head.data, b'')
        for name in ['ETag', 'Content-Type', 'Content-Length']:
            self.assertEqual(head.headers[name], get.headers[name])

    def test_etag(self):
        "What has not changed is not made again"
        event = self.event()
        feed = self.feed(scope='full')
        path = self.path(feed)

        def etag():
            response = self.get(path)
            self.assertEqual(response.status_code, 200)
            return response.headers['ETag']
        first = etag()
        self.assertEqual(etag(), first)
        with patch.object(
                Pool(self.db_name).get(FEED), 'content') as content:
            response = self.get(path, If_None_Match=first)
            content.assert_not_called()
        self.assertEqual((response.status_code, response.data), (304, b''))
        tags = [first]

        def changed():
            tags.append(etag())
            self.assertEqual(len(set(tags)), len(tags))
            self.assertEqual(
                self.get(path, If_None_Match=tags[-2]).status_code, 200)
        with self.database() as pool:
            Event = pool.get(EVENT)
            Event.write([Event(event)], {'location': "Here"})
        changed()
        with self.database() as pool:
            pool.get('google_calendar.attendee').create([
                    {'event': event, 'email': 'bob@example.com'}])
        changed()
        with self.database(self.jane) as pool:
            Feed = pool.get(FEED)
            Feed.write([Feed(feed)], {'scope': 'busy'})
        changed()
        with self.database() as pool:
            Event = pool.get(EVENT)
            Event.delete([Event(event)])
        changed()

    def test_last_modified(self):
        "The date of the last change works as well, a deletion included"
        event = self.event()
        other = self.event()
        path = self.path(self.feed())
        past = dt.datetime.now() - dt.timedelta(days=3)
        with self.database() as pool:
            cursor = Transaction().connection.cursor()
            for name in [EVENT, FEED]:
                table = pool.get(name).__table__()
                cursor.execute(*table.update(
                        [table.create_date, table.write_date], [past, None]))
            table = pool.get(EVENT).__table__()
            cursor.execute(*table.update([table.google_touched], [past]))
        response = self.get(path)
        modified = response.headers['Last-Modified']
        self.assertEqual(
            self.get(path, If_Modified_Since=modified).status_code, 304)
        with self.database() as pool:
            Event = pool.get(EVENT)
            Event.delete([Event(event)])
        self.assertEqual(
            self.get(path, If_Modified_Since=modified).status_code, 200)
        with self.database() as pool:
            Event = pool.get(EVENT)
            Event.write([Event(other)], {'summary': "x"})
        # what may change again in the same second has no date
        self.assertNotIn('Last-Modified', self.get(path).headers)

    def test_log(self):
        "The token is in no log"
        self.event()
        path = self.path(self.feed())
        token = path.rpartition('/')[2].removesuffix('.ics')
        with self.assertLogs(level=logging.DEBUG) as logs:
            self.get(path)
            self.get(path[:-6] + '.ics')
            with patch.object(
                    routes, '_feed', side_effect=ValueError(token)):
                response = self.get(path)
            self.assertEqual(response.status_code, 500)
            self.assertNotIn(token, response.get_data(as_text=True))
            logging.getLogger('werkzeug').info(
                '%s', f'"GET {path} HTTP/1.1" 200')
            self.url(self.feed())
        text = '\n'.join(
            f'{r.getMessage()} {r.exc_text}' for r in logs.records)
        self.assertIn('/google/calendar/...', text)
        self.assertNotIn(token[:20], text)

    def test_address_in_log(self):
        "The client gets the address, but the log of its call does not"
        feed = self.feed()
        url = self.url(feed)
        self.assertIn('/google/calendar/', url)
        self.assertNotIn('/google/calendar/', repr({'url': url}))

    def test_base_url(self):
        "Without configuration only the path is known, whatever the request"
        feed = self.feed()
        with options(base_url=None):
            with Transaction().start(
                    self.db_name, self.jane, context={
                        **ACCESS, '_request': {
                            'http_host': 'evil.example.com',
                            'scheme': 'https'}}):
                value, = Pool().get(FEED).read([feed], ['url', 'notice'])
        self.assertTrue(value['url'].startswith('/'))
        self.assertIn('base_url', value['notice'])

    def test_readonly(self):
        "The feed is read in a transaction that can not write"
        self.event()
        path = self.path(self.feed())
        start = Transaction.start
        seen = []

        def spy(transaction, database, user, readonly=False, **options):
            seen.append(readonly)
            return start(
                transaction, database, user, readonly=readonly, **options)
        with patch.object(Transaction, 'start', spy):
            self.assertEqual(self.get(path).status_code, 200)
        self.assertEqual(set(seen), {True})
