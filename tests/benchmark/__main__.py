# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Count what a synchronisation costs: ``python -m tests.benchmark``

Requests, transactions, statements and memory are asserted, seconds never:
they are printed as a ratio.
"""
import argparse
import math
import os
import sys

PAGE = 2500
PULL_CHUNK = 250
PUSH_CHUNK = 50
# of what an item costs, and of the memory of four times the items
STATEMENTS = {'receive': 1.2, 'send': 4}
GROWTH = 1.1


class Benchmark:

    def __init__(self, laboratory, reduced=False):
        self.laboratory = laboratory
        self.failures = []
        self.pulls = [0, 1, 2501] if reduced else [
            0, 1, 2500, 2501, 10000]
        self.pushes = [0, 1, 50, 51] if reduced else [
            0, 1, 50, 51, 1000]
        self.short = (25, 10) if reduced else (1000, 70)
        # the items, the page, and so the items at a time
        self.memory = (250, 250) if reduced else (2500, 2500)
        self.sent = 100 if reduced else 500
        self.ratio = 500 if reduced else 5000

    def check(self, measure, name, value, expected):
        self.expect(
            value == expected, measure, f"{name}: {value} and not {expected}")

    def expect(self, condition, measure, text):
        if not condition:
            self.failures.append(f"{measure.what} {measure.items}: {text}")

    def trial(self, func, *args, **kwargs):
        from . import measures
        found = self.laboratory.trial(
            lambda site: getattr(measures, func)(site, *args, **kwargs)
            ).result()
        for measure in found:
            self.show(measure)
        return found

    def show(self, measure):
        per_item = (
            f'{measure.statements / measure.items:.2f}'
            if measure.items else '')
        peak = f'{measure.peak / 2 ** 20:.1f}' if measure.peak else ''
        print(
            f'{measure.what:32}{measure.items:6}{measure.requests:10}'
            f'{measure.commits:9}{measure.statements:12}{per_item:>10}'
            f'{peak:>8}', flush=True)

    def __call__(self):
        print(
            f'{"":32}{"items":>6}{"requests":>10}{"commits":>9}'
            f'{"statements":>12}{"per item":>10}{"MiB":>8}')
        self.receive()
        self.short_pages()
        self.send()
        self.flat()
        ratio = self.laboratory.trial(self.get_ratio).result()
        print(f"\nreceiving {self.ratio} events takes {ratio:.1f} times as "
            "long as to read the same pages and to create the same rows")
        for failure in self.failures:
            print(f"FAILED {failure}")
        return not self.failures

    def get_ratio(self, site):
        from .measures import ratio
        return ratio(site, self.ratio)

    def receive(self):
        base = idle_commits = None
        for count in self.pulls:
            pull, idle = self.trial('pull', count)
            self.check(
                pull, "requests", pull.requests,
                max(1, math.ceil(count / PAGE)))
            self.check(pull, "listings", pull.listings, pull.requests)
            self.check(pull, "events", pull.here, count)
            self.check(idle, "requests", idle.requests, 1)
            self.check(idle, "listings", idle.listings, 1)
            if base is None:
                base, idle_commits = pull.commits, idle.commits
                base_statements = pull.statements
                idle_statements = idle.statements
            # the last chunk of a page carries the cursor, an empty page too
            pages = [PAGE] * (count // PAGE)
            if count % PAGE or not pages:
                pages.append(count % PAGE)
            chunks = sum(max(1, math.ceil(p / PULL_CHUNK)) for p in pages)
            self.check(pull, "commits", pull.commits - base, chunks - 1)
            self.check(idle, "commits", idle.commits, idle_commits)
            self.check(idle, "statements", idle.statements, idle_statements)
            if count > 1:
                per_item = (pull.statements - base_statements) / count
                self.expect(
                    per_item <= STATEMENTS['receive'], pull,
                    f"{per_item:.2f} statements an item")

    def short_pages(self):
        count, page = self.short
        pull, idle = self.trial('pull', count, max_page=page, empty_pages=1)
        # an empty page before each
        self.check(
            pull, "requests", pull.requests, 2 * math.ceil(count / page))
        self.check(pull, "events", pull.here, count)
        self.check(idle, "requests", idle.requests, 1)

    def send(self):
        base = None
        for count in self.pushes:
            push, = self.trial('push', count)
            chunks = math.ceil(count / PUSH_CHUNK)
            self.check(push, "listings", push.listings, 1)
            self.expect(
                push.writes <= chunks, push,
                f"{push.writes} write requests, at most {chunks}")
            self.check(push, "events", push.here, count)
            if base is None:
                base = push.commits
                statements = push.statements
            # what is sent is written before and after
            self.check(push, "commits", push.commits - base, 2 * chunks)
            if count > 1:
                per_item = (push.statements - statements) / count
                self.expect(
                    per_item <= STATEMENTS['send'], push,
                    f"{per_item:.2f} statements an item")

    def flat(self):
        "The memory does not grow with the number of items"
        count, page = self.memory
        for first, sending in [(count, False), (self.sent, True)]:
            few, = self.trial('memory', first, page, sending)
            many, = self.trial('memory', 4 * first, page, sending)
            growth = many.peak / few.peak
            self.expect(
                growth <= GROWTH, many, f"{growth:.2f} times the memory")


def main():
    parser = argparse.ArgumentParser(
        prog='python -m tests.benchmark',
        description="Count what a synchronisation costs")
    parser.add_argument(
        '--reduced', action='store_true', help="with fewer items")
    options = parser.parse_args()
    os.environ.setdefault('OAUTHLIB_INSECURE_TRANSPORT', '1')
    os.environ.setdefault('TRYTOND_DATABASE_URI', 'sqlite://')
    from tests.robustness.laboratory import Laboratory
    with Laboratory() as laboratory:
        sys.exit(0 if Benchmark(laboratory, options.reduced)() else 1)


if __name__ == '__main__':
    main()
