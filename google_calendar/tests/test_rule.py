# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What rules publish, and how it follows the records."""
import datetime as dt
from unittest.mock import patch

from tests.robustness.meter import Meter
from trytond import backend
from trytond.modules.google_calendar.follow import Follow
from trytond.modules.google_calendar.published import Content
from trytond.transaction import Transaction

from .rules import CRON, DAY, PUBLICATION, RULE, SALE, RuleTestCase
from .tools import EVENT, database

NEXT = DAY + dt.timedelta(days=1)


class PublishTestCase(RuleTestCase):

    def test_publish(self):
        "The records that match become events, and Google gets them"
        self.create_sale()
        self.create_sale("no date", None)
        rule = self.create_rule(
            description='For ${record.party.name}',
            location='${record.company.rec_name}')
        self.work()
        self.assertEqual(
            self.events(
                'summary', 'description', 'location', 'all_day',
                'start_date', 'end_date'),
            [("Sale A", "For Customer", "Dunder Mifflin", True, DAY, DAY)])
        with database(commit=False) as pool:
            event, = pool.get(EVENT).search([])
            sale, = pool.get(SALE).search([('description', '=', "A")])
            self.assertEqual(event.resource, sale)
            self.assertEqual(event.rule.id, rule)
        self.synchronize()
        self.assertEqual(
            [e[0] for e in self.remote().values()], ["Sale A"])
        self.assert_settled()

    def test_follow(self):
        "What is changed, added and deleted is followed, and nothing else"
        first = self.create_sale("A")
        self.create_rule()
        self.work()
        self.create_sale("B")
        self.save(SALE, first, description="C", sale_date=NEXT)
        self.assertGreater(self.work(), 0)
        self.assertEqual(
            sorted(self.events('summary', 'start_date')),
            [("Sale B", DAY), ("Sale C", NEXT)])
        self.remove(SALE, first)
        self.work()
        self.assertEqual(self.events(), ["Sale B"])

    def test_domain(self):
        "A record that leaves the domain is removed, also at Google"
        sale = self.create_sale("A")
        self.create_rule(domain='[["description", "!=", "gone"]]')
        self.work()
        self.synchronize()
        self.save(SALE, sale, description="gone")
        self.work()
        self.assertEqual(self.events(), [])
        self.synchronize()
        self.assertEqual(self.remote(), {})
        self.save(SALE, sale, description="back")
        self.work()
        self.assertEqual(self.events(), ["Sale back"])

    def test_no_date(self):
        "A record without date has no event, until it has one"
        sale = self.create_sale("A", None)
        self.create_rule()
        self.work()
        self.assertEqual(self.events(), [])
        self.save(SALE, sale, sale_date=DAY)
        self.work()
        self.assertEqual(self.events(), ["Sale A"])
        self.save(SALE, sale, sale_date=None)
        self.work()
        self.assertEqual(self.events(), [])

    def test_pyson_domain(self):
        "The domain knows today and the company of the acting user"
        self.create_sale("old", dt.date(2020, 1, 1))
        self.create_sale("new", dt.date.today() + dt.timedelta(days=3))
        self.create_rule(domain=(
                '[["sale_date", ">=", {"__class__": "Date", "y": null, '
                '"M": null, "d": null, "dy": 0, "dM": 0, "dd": 0}], '
                '["company", "=", {"__class__": "Eval", "v": "company", '
                '"d": -1}]]'))
        self.work()
        self.assertEqual(self.events(), ["Sale new"])

    def test_times(self):
        "A field with a time gives a timed event, in the zone of the rule"
        start = dt.datetime(2026, 12, 1, 9, 30)
        with database() as pool:
            Cron = pool.get(CRON)
            cron = Cron.search([], limit=1)[0]
            Cron.write([cron], {'next_call': start})
            id = cron.id
        with database(1, context={'_check_access': True}) as pool:
            pool.get(RULE).create([{
                        'name': "Cron", 'calendar': self.calendar,
                        'model': CRON, 'start_field': 'next_call',
                        'duration': dt.timedelta(minutes=20),
                        'time_zone': 'Europe/Paris',
                        'domain': f'[["id", "=", {id}]]',
                        }])
        self.work()
        self.assertEqual(
            self.events('all_day', 'start', 'end', 'time_zone'),
            [(False, start, start + dt.timedelta(minutes=20),
                    'Europe/Paris')])

    def test_end(self):
        "The end of an all-day event is its last day; without, the duration"
        self.create_sale("A", DAY, shipping_date=NEXT)
        self.create_rule(end_field='shipping_date')
        self.create_rule(duration=dt.timedelta(days=3))
        self.work()
        self.assertEqual(
            sorted(self.events('end_date')),
            [NEXT, DAY + dt.timedelta(days=2)])

    def test_end_before_start(self):
        "What is impossible is an error of the record; the others go on"
        bad = self.create_sale("bad", DAY, shipping_date=NEXT)
        self.create_sale("good", DAY, shipping_date=DAY)
        rule = self.create_rule(
            start_field='shipping_date', end_field='sale_date')
        self.work()
        self.assertEqual(self.events(), ["Sale good"])
        error, = self.rule_errors()
        self.assertIn("ends before it starts", error)
        self.assertEqual(self.read(RULE, rule, 'published', 'failed'), [1, 1])
        self.save(SALE, bad, shipping_date=DAY)
        self.work()
        self.assertEqual(self.rule_errors(), [])
        self.assertEqual(self.read(RULE, rule, 'published', 'failed'), [2, 0])

    def test_poison(self):
        "A template that fails for one record is an error of that record"
        self.create_sale("A")
        self.create_sale(None)
        self.create_rule(summary='${record.description.upper()}')
        self.work()
        self.assertEqual(self.events(), ["A"])
        error, = self.rule_errors()
        self.assertIn('Template "summary", line 1', error)
        before = self.search(PUBLICATION, 'write_date', 'id', 'code')
        self.sweep()
        self.assertEqual(
            self.search(PUBLICATION, 'write_date', 'id', 'code'), before)

    def test_poison_keeps_event(self):
        "The event of a record that has become poisonous is left alone"
        sale = self.create_sale("A")
        self.create_rule(summary='${record.description.upper()}')
        self.work()
        self.save(SALE, sale, description=None)
        self.work()
        self.assertEqual(self.events(), ["A"])
        self.assertEqual(len(self.rule_errors()), 1)

    def test_retry(self):
        "Retry renders again"
        self.create_sale("A")
        rule = self.create_rule(summary='${1 // len(record.lines)}')
        self.work()
        id, = self.search(PUBLICATION, 'id')
        self.assertEqual(len(self.rule_errors()), 1)
        with database() as pool:
            # behind the back of the rule
            table = pool.get(RULE).__table__()
            cursor = Transaction().connection.cursor()
            cursor.execute(*table.update(
                    [table.summary], ["Now"], where=table.id == rule))
        with self.as_ada() as pool:
            Publication = pool.get(PUBLICATION)
            Publication.retry([Publication(id)])
        self.work()
        self.assertEqual(self.events(), ["Now"])
        self.assertEqual(self.rule_errors(), [])

    def test_change_rule(self):
        "Another template writes the events, another calendar moves them"
        self.google.create_calendar('alice@example.com', "Other")
        calendars = self.discover(self.credentials)
        self.create_sale("A")
        rule = self.create_rule()
        self.work()
        event, = self.search(EVENT, 'id')
        self.save(RULE, rule, summary='New ${record.description}')
        self.work()
        self.assertEqual(
            self.events('id', 'summary'), [(event, "New A")])
        other, = {*calendars} - {self.calendar}
        self.save(RULE, rule, calendar=other)
        self.work()
        self.assertEqual(
            [(c.id, s) for c, s in self.events('calendar', 'summary')],
            [(other, "New A")])

    def test_language(self):
        "The language is the one of the rule"
        with database() as pool:
            Lang = pool.get('ir.lang')
            french, = Lang.search([('code', '=', 'fr')])
            Lang.write([french], {'translatable': True, 'date': '%d/%m.%Y'})
        self.create_sale("A")
        self.create_rule(
            summary='${format_date(record.sale_date)}', language='fr')
        self.work()
        self.assertEqual(self.events(), ["01/12.2026"])

    def test_many(self):
        "More records than a chunk"
        self.create_sale("A", count=300)
        self.create_rule()
        self.work()
        self.assertEqual(self.events(), ["Sale A"] * 300)


class SweepTestCase(RuleTestCase):

    def test_missed(self):
        "The sweep finds what was created, changed and deleted unnoticed"
        changed, gone = self.create_sale(count=2)
        self.create_rule()
        self.work()
        self.create_sale("new")
        self.save(SALE, changed, description="changed")
        self.remove(SALE, gone)
        self.forget_tasks()
        self.sweep()
        self.assertEqual(
            sorted(self.events()), ["Sale changed", "Sale new"])

    def test_one_query(self):
        "Where nothing has changed a rule costs one query"
        self.create_sale(count=5)
        rules = 3
        for _ in range(rules):
            self.create_rule(related='party\nlines')
        self.work()
        self.sweep()
        with database() as pool:
            Rule = pool.get(RULE)
            # what is cached by the process is there
            Rule.sweep()
            Transaction().commit()
            with Meter() as meter:
                Rule.sweep()
        # one for the rules themselves
        self.assertEqual(meter.statements, rules + 1)
        self.assertEqual(meter.commits, 0)

    def test_cost(self):
        "Following costs few statements a record, and a transaction a chunk"
        count = 200
        ids = self.create_sale(count=count)
        self.create_rule()
        self.forget_tasks()

        def change():
            with self.as_ada() as pool:
                Sale = pool.get(SALE)
                Sale.write(Sale.browse(ids), {'description': "changed"})

        def verify():
            with database() as pool:
                pool.get(RULE).verify()
        # the event is inserted and computed, the publication inserted; both
        # are written; and what is rendered again and is equal costs nothing
        for before, each in [(None, 3), (change, 2), (verify, 0)]:
            with self.subTest(before=before):
                if before:
                    before()
                self.forget_tasks()
                with Meter() as meter:
                    self.sweep()
                self.assertEqual(meter.commits, 1)
                self.assertLess(meter.statements, each * count + 100)

    def test_time_passes(self):
        "The sweep removes what leaves the domain without being written"
        sale = self.create_sale("A", dt.date.today())
        self.create_rule(domain=(
                '[["sale_date", ">=", {"__class__": "Date", "y": null, '
                '"M": null, "d": null, "dy": 0, "dM": 0, "dd": 0}]]'))
        self.work()
        self.assertEqual(len(self.events()), 1)
        with database() as pool:
            table = pool.get(SALE).__table__()
            Transaction().connection.cursor().execute(*table.update(
                    [table.sale_date], [dt.date(2020, 1, 1)],
                    where=table.id == sale))
        self.sweep()
        self.assertEqual(self.events(), [])

    def test_twice(self):
        "Following twice changes nothing"
        self.create_sale(count=3)
        rule = self.create_rule()
        self.work()
        before = self.rows('claimed')
        with database() as pool:
            Rule = pool.get(RULE)
            Rule.follow([Rule(rule)])
            Rule.follow([Rule(rule)], [1, 2, 3])
        self.assertEqual(self.rows('claimed'), before)

    def test_crash(self):
        "A crash in the middle leaves nothing double"
        self.create_sale(count=3)
        self.create_rule()
        Publication = self.model(PUBLICATION)
        stamp = Publication.stamp_records.__func__
        try:
            Publication.stamp_records = classmethod(
                lambda cls, *args: exit('crash'))
            with self.assertRaises(SystemExit):
                self.sweep()
        finally:
            Publication.stamp_records = classmethod(stamp)
        self.assertEqual(self.events(), [])
        self.sweep()
        self.assertEqual(len(self.events()), 3)

    def test_two_at_once(self):
        "Another process that follows meanwhile leaves nothing to do"
        self.create_sale(count=3)
        rule = self.create_rule()
        self.forget_tasks()
        chunk = Follow.chunk
        others = [Follow(rule)]

        def late(self):
            if others:
                others.pop()()
            chunk(self)
        with patch.object(Follow, 'chunk', late):
            self.sweep()
        self.assertEqual(others, [])
        self.assertEqual(len(self.events()), 3)
        self.assertEqual(len(self.search(PUBLICATION, 'id')), 3)

    def test_busy(self):
        "A chunk that the database refuses is tried again"
        self.create_sale(count=3)
        self.create_rule()
        self.forget_tasks()
        claim = Follow.claim
        failures = [1]

        def busy(self):
            claim(self)
            if failures:
                failures.pop()
                raise backend.DatabaseOperationalError("busy")
        with patch.object(Follow, 'claim', busy):
            self.sweep()
        self.assertEqual(failures, [])
        self.assertEqual(len(self.events()), 3)

    def test_unexpected(self):
        "A record that can not even be read is an error of that record"
        first, second = self.create_sale(count=2)
        self.create_rule()
        texts = Content.texts

        def fail(self, record):
            if record._record.id == second:
                raise ZeroDivisionError("secret")
            return texts(self, record)
        with patch.object(Content, 'texts', fail), \
                self.assertLogs('trytond.modules.google_calendar', 'ERROR'):
            self.work()
        self.assertEqual(
            [e.id for e in self.events('resource')], [first])
        self.assertEqual(len(self.rule_errors()), 1)
        with self.as_ada() as pool:
            Publication = pool.get(PUBLICATION)
            Publication.retry(Publication.search([('code', '!=', None)]))
        self.work()
        self.assertEqual(len(self.events()), 2)

    def test_search_fails(self):
        "A rule that can not search says so, and its events stay"
        self.create_sale("A")
        rule = self.create_rule()
        self.work()
        with database() as pool:
            table = pool.get(RULE).__table__()
            Transaction().connection.cursor().execute(*table.update(
                    [table.model], ['no.model'], where=table.id == rule))
        self.sweep()
        self.assertIn(
            "Activate its module", self.read(RULE, rule, 'error'))
        self.assertEqual(self.events(), ["Sale A"])
        with database() as pool:
            table = pool.get(RULE).__table__()
            Transaction().connection.cursor().execute(*table.update(
                    [table.model], [SALE], where=table.id == rule))
        self.sweep()
        self.assertEqual(self.read(RULE, rule, 'error'), '')


del RuleTestCase
