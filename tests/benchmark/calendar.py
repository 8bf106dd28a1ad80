# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the synchronisation of a calendar costs"
import math

from . import measures
from .benchmark import Benchmark
from .events import GUESTS, SERIES
from .ratio import ratio

__all__ = ['CalendarBenchmark']

PAGE = 2500
PULL_CHUNK = 250
PUSH_CHUNK = 50
# the statements of a pull: of the first chunk, of a further chunk, of a
# further page, and of an item, which are the rows that it has
PULLS = {
    'plain': (75, 19, 3, 1),
    'guests': (85, 25, 3, 1 + GUESTS + 1),
    }
# of an event that changed at Google, of one that is sent
CHANGED, CHANGE = 70, 1
SENT, SENT_CHUNK, SEND = 78, 22, 2
# of the expansion of a chunk of events, the inserts left out
EXPAND = 3
# the transactions of a pull besides those of its chunks
RECEIVED = 5
# of a run that has nothing to do
IDLE, IDLE_COMMITS = 46, 4
# of the memory of four times the items
GROWTH = 1.1
# of the time to read and to write alone; of few events it is the run itself
# that weighs
RATIO, RATIO_REDUCED = 1.5, 2


class CalendarBenchmark(Benchmark):
    parts = [
        'receive', 'short_pages', 'change', 'send', 'window', 'scopes',
        'rule', 'flat', 'ratio']
    # what takes the time of all others, and is not counted
    long_parts = {'flat', 'ratio'}

    def __init__(self, laboratory, reduced=False):
        super().__init__(laboratory)
        self.pulls = [0, 1, 250, 2501] if reduced else [
            0, 1, 250, 2500, 2501, 10000]
        self.guests = [1, 250, 500] if reduced else [1, 250, 10000]
        self.changes = [100, 500] if reduced else [100, 10000]
        self.pushes = [0, 1, 50, 51] if reduced else [
            0, 1, 50, 51, 5000]
        self.windows = [100, 500] if reduced else [100, 10000]
        self.published = [50, 100] if reduced else [50, 500]
        self.short = (25, 10) if reduced else (1000, 70)
        # the items, the page, and so the items at a time
        self.memory = (250, 250) if reduced else (2500, 2500)
        self.sent = 100 if reduced else 500
        self.ratios = 500 if reduced else 5000
        self.limit = RATIO_REDUCED if reduced else RATIO

    def check_idle(self, idle):
        self.check(idle, "requests", idle.requests, 1)
        self.check(idle, "listings", idle.listings, 1)
        self.check(idle, "commits", idle.commits, IDLE_COMMITS)
        self.check_statements(idle, IDLE)

    def receive(self):
        for kind, counts in [('plain', self.pulls), ('guests', self.guests)]:
            first, per_chunk, per_page, per_item = PULLS[kind]
            for count in counts:
                pull, idle = self.trial(measures.pull, count, kind)
                self.check_idle(idle)
                pages = max(1, math.ceil(count / PAGE))
                self.check(pull, "requests", pull.requests, pages)
                self.check(pull, "listings", pull.listings, pages)
                self.check(pull, "events", pull.here, count)
                # the last chunk of a page carries the cursor
                chunks = sum(
                    math.ceil(min(PAGE, count - page * PAGE) / PULL_CHUNK)
                    for page in range(pages)) or 1
                self.check(
                    pull, "commits", pull.commits, RECEIVED + chunks)
                if count:
                    self.check_statements(
                        pull, first + per_item * count
                        + per_chunk * (chunks - 1) + per_page * (pages - 1))

    def short_pages(self):
        count, page = self.short
        pull, idle = self.trial(
            measures.pull, count, max_page=page, empty_pages=1)
        # an empty page before each
        self.check(
            pull, "requests", pull.requests, 2 * math.ceil(count / page))
        self.check(pull, "events", pull.here, count)
        self.check(idle, "requests", idle.requests, 1)

    def send(self):
        for count in self.pushes:
            push, = self.trial(measures.push, count)
            chunks = math.ceil(count / PUSH_CHUNK)
            self.check(push, "listings", push.listings, 1)
            # one batch a chunk
            self.check(push, "requests", push.requests, 1 + chunks)
            self.check(push, "calls", push.calls, count)
            self.check(push, "events", push.here, count)
            # what is sent is written before and after
            self.check(
                push, "commits", push.commits, IDLE_COMMITS + 2 * chunks)
            self.check_statements(push, (
                    SENT + SEND * count + SENT_CHUNK * (chunks - 1)
                    if count else IDLE))

    def change(self):
        for count in self.changes:
            changed, = self.trial(measures.incremental, count, 100)
            self.check(changed, "requests", changed.requests, 1)
            self.check(changed, "events", changed.here, count)
            self.check(changed, "commits", changed.commits, IDLE_COMMITS)
            self.check_statements(
                changed, CHANGED + CHANGE * changed.items)

    def window(self):
        for count in self.windows:
            moves, stays, expands = self.trial(measures.window, count)
            for measure, events in [
                    # single events stay where they are
                    (moves, count // SERIES), (stays, 0), (expands, count)]:
                self.check(measure, "commits", measure.commits, 1)
                chunks = math.ceil(events / PULL_CHUNK)
                fixed = {moves.what: 6, stays.what: 3, expands.what: 2}
                self.check_statements(
                    measure, fixed[measure.what] + EXPAND * chunks
                    + measure.inserts)

    def scopes(self):
        for scope, calls, each in [
                ('this', 2, 0), ('all', 1, 0), ('following', 2, 1)]:
            for exceptions in [0, 3]:
                changed, = self.trial(measures.change, scope, exceptions)
                self.check(
                    changed, "calls", changed.calls,
                    calls + each * exceptions)

    def rule(self):
        for count in self.published:
            publishes, idle = self.trial(measures.rule, count)
            self.check(publishes, "events", publishes.here, count)
            self.check(idle, "events", idle.here, count)
            self.check(idle, "statements", idle.statements, 1)
            self.check(idle, "commits", idle.commits, 0)

    def flat(self):
        "The memory does not grow with the number of items"
        count, page = self.memory
        for first, sending in [(count, False), (self.sent, True)]:
            few, = self.trial(measures.memory, first, page, sending)
            many, = self.trial(measures.memory, 4 * first, page, sending)
            growth = many.peak / few.peak
            self.expect(
                growth <= GROWTH, many, f"{growth:.2f} times the memory")

    def ratio(self):
        for kind in ['plain', 'guests', 'series']:
            found = self.laboratory.trial(
                ratio, self.ratios, kind).result()
            print(
                f"receiving {self.ratios} {kind} events takes {found:.2f} "
                "times as long as to read the same pages and to create the "
                "same rows", flush=True)
            if found > self.limit:
                self.failures.append(f"{kind}: {found:.2f} times as long")
