# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the secret addresses tell."""
import datetime as dt
import unittest

import icalendar

from trytond import backend
from trytond.transaction import Transaction

from . import feed_case
from .feed_case import DAY, EVENT, FEED, HOUR, NOON


class FeedContentTestCase(feed_case.FeedTestCase):
    "Test the content of the feeds"

    def test_busy(self):
        "Free and busy tells when, and nothing else"
        self.event("Secret", location="Secret", description="Secret")
        self.event("Free", NOON + DAY, transparency='transparent')
        self.event("Private", NOON + 2 * DAY, visibility='private')
        self.event("No", NOON + 3 * DAY, response='declined')
        self.event(
            "Series", NOON + 4 * DAY, recurrence='RRULE:FREQ=DAILY;COUNT=3',
            time_zone='UTC', ical_uid='secret@example.com')
        content = self.content(self.feed())
        calendar = icalendar.Calendar.from_ical(content)
        events = calendar.walk('VEVENT')
        self.assertEqual([str(e['SUMMARY']) for e in events], ["Busy"] * 3)
        for event in events:
            self.assertLessEqual(set(event), {
                    'UID', 'DTSTAMP', 'LAST-MODIFIED', 'CREATED', 'DTSTART',
                    'DTEND', 'RRULE', 'SUMMARY', 'STATUS', 'TRANSP'})
        for word in ['secret', 'private', 'free', 'series']:
            self.assertNotIn(word, content.lower())

    def test_full(self):
        "Full details are those of what is not private"
        values = {'location': "Room", 'description': "Text"}
        self.event("Open", **values)
        self.event("Hidden", NOON + DAY, visibility='private', **values)
        self.event("Closed", NOON + 2 * DAY, visibility='confidential')
        # during which its owner is not busy
        self.event(
            "Free", NOON + 3 * DAY, visibility='private',
            transparency='transparent')
        self.event(
            "No", NOON + 4 * DAY, visibility='private', response='declined')
        feed = self.feed(scope='full')
        self.assertEqual(self.summaries(feed), ["Busy", "Busy", "Open"])
        self.assertEqual(self.content(feed).count("Room"), 1)
        with self.database(self.jane) as pool:
            Feed = pool.get(FEED)
            Feed.write([Feed(feed)], {'private_details': True})
        self.assertEqual(
            self.summaries(feed), ["Closed", "Free", "Hidden", "No", "Open"])
        # only full details may be full
        with self.database(self.jane) as pool:
            Feed = pool.get(FEED)
            Feed.write([Feed(feed)], {'scope': 'busy'})
        self.assertEqual(self.summaries(feed), ["Busy"] * 3)

    def test_window(self):
        "Only the days that were chosen are shown"
        feed = self.feed(scope='full', past_days=10, future_days=10)
        series = {'time_zone': 'UTC'}
        self.event("past", NOON - 20 * DAY)
        self.event("future", NOON + 20 * DAY)
        self.event("long", NOON - 20 * DAY, end=NOON)
        self.event(
            "over", NOON - 40 * DAY, recurrence='RRULE:FREQ=DAILY;COUNT=3',
            **series)
        self.event(
            "endless", NOON - 40 * DAY, recurrence='RRULE:FREQ=DAILY',
            **series)
        self.event(
            "until", NOON - 40 * DAY, recurrence='RRULE:FREQ=DAILY;UNTIL='
            f'{NOON - 5 * DAY:%Y%m%d}T120000Z', **series)
        self.event(
            "later", NOON + 40 * DAY, recurrence='RRULE:FREQ=DAILY',
            **series)
        self.event("here")
        self.assertEqual(
            self.summaries(feed), ["endless", "here", "long", "until"])

    def test_series(self):
        "A series has its exceptions, and not what is cancelled"
        series = {'time_zone': 'Europe/Paris', 'google_id': 'abcdef'}
        id = self.event(
            "Series", recurrence='RRULE:FREQ=DAILY;COUNT=4', **series)
        exception = {
            'recurring_identifier': 'abcdef', 'google_id': None,
            'time_zone': 'Europe/Paris'}
        self.event(
            "Moved", NOON + DAY + HOUR, original_start=NOON + DAY,
            **exception)
        self.event(
            "Gone", NOON + 2 * DAY, original_start=NOON + 2 * DAY,
            status='cancelled', **exception)
        self.event(
            "Mine", NOON + 3 * DAY, original_start=NOON + 3 * DAY,
            visibility='private', **exception)
        feed = self.feed(scope='full')
        calendar = icalendar.Calendar.from_ical(self.content(feed))
        events = {str(e['SUMMARY']): e for e in calendar.walk('VEVENT')}
        self.assertEqual(sorted(events), ["Busy", "Moved", "Series"])
        self.assertEqual(len({str(e['UID']) for e in events.values()}), 1)
        self.assertIn('EXDATE', events["Series"])
        self.assertEqual(
            events["Moved"]['RECURRENCE-ID'].dt.astimezone(dt.timezone.utc)
            .replace(tzinfo=None), NOON + DAY)
        # one that is moved into the window brings its series
        with self.database() as pool:
            Event = pool.get(EVENT)
            self.assertTrue(Event(id).recurrence)

    @unittest.skipIf(
        backend.name != 'sqlite', "only SQLite tells what is executed")
    def test_queries(self):
        "The content takes as many queries for many events as for a few"
        feed = self.feed(scope='full')
        counts = []
        for count in [20, 200]:
            for index in range(count):
                self.event(f"{count} {index}")
            self.content(feed)
            with self.database() as pool:
                record = pool.get(FEED)(feed)
                connection = Transaction().connection
                statements = []
                connection.set_trace_callback(statements.append)
                today = dt.date.today()
                record.content(record.state(today)[2], today)
                connection.set_trace_callback(None)
                counts.append(len(statements))
        self.assertGreater(counts[0], 1)
        self.assertLessEqual(counts[1], counts[0] + 5)
