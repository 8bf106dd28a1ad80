# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is measured, each in a process, a database and a Google of its own"
import datetime as dt
import math
from unittest.mock import patch

from tests.robustness import content
from tests.robustness.laboratory import USER
from tests.robustness.meter import Meter
from tests.robustness.processes import Process
from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

from .events import START, fill, values
from .measure import Measure, metered, synchronize

__all__ = [
    'change', 'incremental', 'memory', 'pull', 'push', 'rule', 'window']

# the events, and the rows of occurrences, that are written at a time
CHUNK = 250
ROWS = 500
# how far the window of the occurrences moves
MOVE = dt.timedelta(days=31)


def measure(site, what, items, trace=False):
    site.admin.clear_log()
    commits, statements, seconds, peak = Process(
        synchronize, site, trace).result()
    counters = site.admin.counters()
    methods = counters['methods']
    listings = methods.get('calendar.events.list', 0)
    calls = sum(
        number for name, number in methods.items()
        if name.startswith('calendar.events.'))
    return Measure(
        what, items, counters['requests'], listings, calls - listings, 0,
        commits, statements, seconds, peak, count(site, 'event'))


def count(site, name):
    (found,), = site.sql(f'SELECT count(*) FROM google_calendar_{name}')
    return found


def assert_same(site):
    "Both sides have the same events, and all of them are settled"
    if content.tryton(site) != content.google(site):
        raise AssertionError("Tryton and Google differ")
    if left := content.settled(site):
        raise AssertionError(f"not settled: {left}")


def pull(site, items, kind='plain', **options):
    "Receive so many events, then nothing"
    fill(site, items, kind)
    site.admin.options(**options)
    what = {
        'plain': "receive", 'guests': "receive, guests",
        'series': "receive, series"}[kind]
    if options:
        what += ", short and empty pages"
    return [
        measure(site, what, items), measure(site, "nothing to do", items)]


def incremental(site, items, share):
    "Receive what one of so many events has changed to"
    fill(site, items)
    Process(site.synchronize).result()
    identifiers = sorted(content.google(site))[::share]
    site.admin.act_many(USER, [{
                'method': 'calendar.events.patch',
                'params': {'calendarId': 'primary', 'eventId': identifier},
                'body': {'summary': 'Changed'},
                } for identifier in identifiers])
    result = measure(site, "receive, some changed", len(identifiers))
    assert_same(site)
    return [result]


def create(site, items):
    with site.transaction(user=1) as transaction:
        Event = Pool().get('google_calendar.event')
        Event.create([values(site.calendar, n) for n in range(items)])
        transaction.commit()


def push(site, items):
    "Send so many new events"
    Process(site.synchronize).result()
    Process(create, site, items).result()
    result = measure(site, "send", items)
    assert_same(site)
    return [result]


def memory(site, items, page, sending=False):
    "The peak of what is allocated while so many events go through"
    site.admin.options(max_page=page)
    if sending:
        Process(site.synchronize).result()
        Process(create, site, items).result()
        what = "memory, send"
    else:
        fill(site, items)
        what = "memory, receive"
    return [measure(site, what, items, trace=True)]


# The occurrences

def window(site, items):
    "Let the window of the occurrences move, then make all of them anew"
    fill(site, items, 'series')
    Process(site.synchronize).result()
    Process(configure, site).result()
    Process(move, site, dt.timedelta()).result()
    results = [
        expansion(site, "the window moves", items, move, MOVE),
        expansion(site, "the window stays", items, move, MOVE),
        ]
    site.sql('DELETE FROM google_calendar_occurrence')
    results.append(expansion(site, "all are expanded", items, expand))
    moved, _, anew = results
    if moved.here != anew.here:
        raise AssertionError(f"{moved.here} and not {anew.here}")
    return results


def expansion(site, what, items, func, *args):
    (last,), = site.sql('SELECT max(id) FROM google_calendar_occurrence')
    commits, statements, seconds, _ = Process(func, site, *args).result()
    new = site.sql(
        'SELECT stored_event, count(*) FROM google_calendar_occurrence '
        f'WHERE id > {last or 0} GROUP BY stored_event ORDER BY stored_event')
    inserts = sum(
        math.ceil(sum(n for _, n in sub_rows) / ROWS)
        for sub_rows in map(list, grouped_slice(new, CHUNK)))
    return Measure(
        what, items, 0, 0, 0, inserts, commits, statements, seconds, 0,
        count(site, 'occurrence'))


def configure(site):
    "Save the settings, for which trytond locks their table"
    Configuration = Pool(site.name).get('google_calendar.configuration')
    with Transaction().start(
            site.name, 0,
            _lock_tables=[Configuration._table]) as transaction:
        Configuration.create([{}])
        transaction.commit()


def move(site, days):
    def run():
        with site.transaction() as transaction:
            pool = Pool()
            Configuration = pool.get('google_calendar.configuration')
            low, high = Configuration._window(6, 24)
            with patch.object(
                    Configuration, '_window', lambda before, after: (
                        low + days, high + days)):
                pool.get('google_calendar.occurrence').move_window()
            transaction.commit()
            return True
    return metered(site, run)


def expand(site):
    def run():
        with site.transaction() as transaction:
            pool = Pool()
            Event = pool.get('google_calendar.event')
            table = Event.__table__()
            cursor = transaction.connection.cursor()
            cursor.execute(*table.select(table.id, order_by=table.id))
            pool.get('google_calendar.occurrence').refresh(
                [id for id, in cursor])
            transaction.commit()
            return True
    return metered(site, run)


# The scopes of a change

def change(site, scope, exceptions):
    "Change a series that has so many exceptions after the change"
    body = {
        'summary': "Series",
        'recurrence': ['RRULE:FREQ=DAILY;COUNT=60'],
        **{name: {
                'dateTime': (START + length).isoformat() + 'Z',
                'timeZone': 'Europe/Brussels',
                } for name, length in [
                    ('start', dt.timedelta()),
                    ('end', dt.timedelta(hours=1))]},
        }
    master = site.admin.insert_event(USER, body)
    Process(site.synchronize).result()
    if exceptions:
        Process(except_, site, exceptions).result()
        Process(site.synchronize).result()
        # what was sent comes back
        Process(site.synchronize).result()
    Process(change_series, site, master['id'], scope).result()
    return [measure(
            site, f"change {scope}, {exceptions} exceptions", 1)]


def except_(site, exceptions):
    with site.transaction(user=1) as transaction:
        Event = Pool().get('google_calendar.event')
        series, = Event.search([('recurrence', '!=', None)])
        for number in range(exceptions):
            series.change_occurrence(
                START + dt.timedelta(days=30 + number), 'this',
                {'location': f"Room {number}"})
        transaction.commit()


def change_series(site, google_id, scope):
    with site.transaction(user=1) as transaction:
        Event = Pool().get('google_calendar.event')
        series, = Event.search([('google_id', '=', google_id)])
        series.change_occurrence(
            START + dt.timedelta(days=20), scope, {'summary': "Changed"})
        transaction.commit()


# The rules

def rule(site, items):
    "Follow a rule of so many records, then nothing"
    Process(publish, site, items).result()
    results = []
    for what in ["a rule publishes", "a rule, nothing changed"]:
        commits, statements, seconds, _ = Process(sweep, site).result()
        results.append(Measure(
                what, items, 0, 0, 0, 0, commits, statements, seconds, 0,
                count(site, 'event')))
    return results


def publish(site, items):
    with site.transaction(user=1) as transaction:
        pool = Pool()
        Group = pool.get('res.group')
        Rule = pool.get('google_calendar.rule')
        # the groups of another trial stay: they are not what is copied
        Group.create([
                {'name': f'Published {items}: {n}'} for n in range(items)])
        Rule.create([{
                    'name': "Groups",
                    'calendar': site.calendar,
                    'model': 'res.group',
                    'domain': f'[["name", "like", "Published {items}: %"]]',
                    'start_field': 'create_date',
                    'summary': '${record.name}',
                    }])
        transaction.commit()


def sweep(site):
    def run():
        with site.transaction() as transaction:
            Rule = Pool().get('google_calendar.rule')
            rules = Rule.search([])
            with Meter() as meter:
                Rule.follow(rules)
            transaction.commit()
            result.append(meter)
            return True
    result = []
    # what is cached by the process is there
    with site.transaction():
        Rule = Pool().get('google_calendar.rule')
        for rule in Rule.search([]):
            rule.check_domain()
    found = metered(site, run)
    meter, = result
    return meter.commits, meter.statements, *found[2:]
