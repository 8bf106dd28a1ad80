# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How much more the engine does than to read and to write.

It is measured in the time of the processor of the process, which what others
do on the machine hardly changes.
"""
import gc
import json
import time

from googleapiclient.discovery import build
from googleapiclient.http import HttpMockSequence
from sql.aggregate import Count

from tests.robustness.processes import Process
from trytond.modules.google_calendar.network import PAGE
from trytond.modules.google_integration.apply import Apply
from trytond.modules.google_integration.operation import Change
from trytond.pool import Pool
from trytond.transaction import Transaction

from .events import fill
from .measure import as_in_production, synchronize

__all__ = ['ratio']

TRIES = 2


def ratio(site, count, kind='plain'):
    """How much more the engine does than to read and to write

    The same pages are read with Google's library alone, and the same rows,
    those of guests, reminders and occurrences too, are written with one
    create. What it takes to make the rows of the resources is the engine's.
    """
    fill(site, count, kind)
    pages = Process(record, site).result()
    # the first has what is cached to load
    trials = [
        Process(read_and_create, site, pages).result() for _ in range(TRIES)]
    plain, rows = min(trials, key=lambda t: t[0])
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
    as_in_production()
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
