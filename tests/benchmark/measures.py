# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is measured, each in a process, a database and a Google of its own"
import datetime as dt
import gc
import json
import time
import tracemalloc
from dataclasses import dataclass

from googleapiclient.discovery import build
from googleapiclient.http import HttpMockSequence
from sql.aggregate import Count

from tests.robustness import content
from tests.robustness.laboratory import USER
from tests.robustness.meter import Meter
from tests.robustness.processes import Process
from trytond.modules.google_calendar.network import PAGE
from trytond.modules.google_integration.apply import Apply
from trytond.modules.google_integration.operation import Change
from trytond.pool import Pool
from trytond.transaction import Transaction

__all__ = ['Measure', 'memory', 'pull', 'push', 'ratio']

# within the window of the occurrences, and not over
START = dt.datetime.combine(
    dt.date.today() + dt.timedelta(days=1), dt.time(9))
SLICE = 1000


@dataclass
class Measure:
    what: str
    items: int
    requests: int = 0
    listings: int = 0
    writes: int = 0
    commits: int = 0
    statements: int = 0
    seconds: float = 0
    peak: int = 0
    here: int = 0


def fill(site, count, make=None):
    "Let Google have so many events"
    make = make or body
    for start in range(0, count, SLICE):
        site.admin.insert_events(USER, [
                make(n) for n in range(start, min(start + SLICE, count))])
    site.admin.clear_log()


def body(number):
    moment = START + dt.timedelta(hours=number)
    return {
        'summary': f'Event {number}',
        'description': 'What is to be said about it. ' * 5,
        'location': 'Rue des Guillemins, Liège',
        'start': {
            'dateTime': moment.isoformat() + 'Z',
            'timeZone': 'Europe/Brussels',
            },
        'end': {
            'dateTime': (moment + dt.timedelta(hours=1)).isoformat() + 'Z',
            'timeZone': 'Europe/Brussels',
            },
        }


def synchronize(site, trace=False):
    "Synchronise once; return what it cost in the process"
    with site.transaction():
        # the first client builds what all of them share
        Pool().get('google_calendar.calendar').search([])
    gc.collect()
    # what is there before is not looked at again
    gc.freeze()
    if trace:
        tracemalloc.start()
    started = time.process_time()
    # the garbage of cycles does not count as memory that is needed
    collect = (lambda number, when: gc.collect()) if trace else None
    with Meter(collect) as meter:
        if not site.synchronize():
            raise AssertionError("the synchronisation failed")
    seconds = time.process_time() - started
    peak = tracemalloc.get_traced_memory()[1] if trace else 0
    return meter.commits, meter.statements, seconds, peak


def measure(site, what, items, trace=False):
    site.admin.clear_log()
    commits, statements, seconds, peak = Process(
        synchronize, site, trace).result()
    counters = site.admin.counters()
    methods = counters['methods']
    return Measure(
        what, items, counters['requests'],
        methods.get('calendar.events.list', 0),
        counters['requests'] - methods.get('calendar.events.list', 0),
        commits, statements, seconds, peak,
        len(content.tryton(site)))


def pull(site, count, **options):
    "Receive so many events, then nothing"
    fill(site, count)
    site.admin.options(**options)
    what = "receive, short and empty pages" if options else "receive"
    return [
        measure(site, what, count),
        measure(site, "nothing to do", count)]


def create(site, count):
    with site.transaction(user=1) as transaction:
        Event = Pool().get('google_calendar.event')
        Event.create([{
                    'calendar': site.calendar,
                    'summary': f'Event {n}',
                    'start': START + dt.timedelta(hours=n),
                    'end': START + dt.timedelta(hours=n + 1),
                    'time_zone': 'Europe/Brussels',
                    } for n in range(count)])
        transaction.commit()


def push(site, count):
    "Send so many new events"
    Process(site.synchronize).result()
    Process(create, site, count).result()
    result = measure(site, "send", count)
    content.assert_equal(site)
    return [result]


def memory(site, count, page, sending=False):
    "The peak of what is allocated while so many events go through"
    site.admin.options(max_page=page)
    if sending:
        Process(site.synchronize).result()
        Process(create, site, count).result()
        what = "memory, send"
    else:
        fill(site, count)
        what = "memory, receive"
    return [measure(site, what, count, trace=True)]


def ratio(site, count, **options):
    """How much more the engine does than to read and to write

    The same pages are read with Google's library alone, and the same rows,
    those of guests, reminders and occurrences too, are written with one
    create. What it takes to make the rows of the resources is the engine's.
    """
    fill(site, count, **options)
    pages = Process(record, site).result()
    plain, rows = Process(read_and_create, site, pages).result()
    *_, seconds, _ = Process(synchronize, site).result()
    with site.transaction():
        if (here := count_rows()) != rows:
            raise AssertionError(f"{rows} and not {here}")
    return seconds / plain


def record(site):
    "The pages as Google sends them"
    with site.transaction():
        Credentials = Pool().get('google_integration.google_credentials')
        client = Credentials(site.credentials).get_client('calendar', 'v3')
        pages, token = [], None
        while True:
            answer = client.execute(client.api.events().list(
                    calendarId='primary', maxResults=PAGE, pageToken=token))
            pages.append(json.dumps(answer))
            token = answer.get('nextPageToken')
            if not token:
                client.close()
                return pages


def read_and_create(site, pages):
    "Return the seconds that it takes, and what there is then"
    api = build(
        'calendar', 'v3', static_discovery=True,
        http=HttpMockSequence([({'status': '200'}, p) for p in pages]))
    with site.transaction() as transaction:
        pool = Pool()
        Event = pool.get('google_calendar.event')
        Calendar = pool.get('google_calendar.calendar')
        apply = Apply(Event, Calendar(site.calendar), 1)
        rows = [
            apply._values(Change(resource['id'], resource))
            for page in pages for resource in json.loads(page)['items']]
        gc.collect()
        gc.freeze()
        started = time.process_time()
        request = api.events().list(calendarId='primary')
        while request:
            answer = request.execute()
            request = api.events().list_next(request, answer)
        Event.create(rows)
        seconds = time.process_time() - started
        found = count_rows()
        transaction.rollback()
        return seconds, found


def count_rows():
    "The number of rows that are made of events, by table"
    cursor = Transaction().connection.cursor()
    counts = {}
    for name in [
            'event', 'attendee', 'reminder', 'attachment', 'occurrence']:
        table = Pool().get(f'google_calendar.{name}').__table__()
        cursor.execute(*table.select(Count()))
        counts[name], = cursor.fetchone()
    return counts
