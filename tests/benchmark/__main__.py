# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Count what a synchronisation costs: ``python -m tests.benchmark``

Requests, transactions, statements and memory are asserted, of the time only
the ratio to what reading and writing alone take.
"""
import argparse
import math
import os
import sys

PAGE = 2500
PULL_CHUNK = 250
PUSH_CHUNK = 50
PARTS = [
    'receive', 'short_pages', 'change', 'send', 'window', 'scopes', 'rule',
    'flat', 'ratio']
# of the memory of four times the items
GROWTH = 1.1
# of the time to read and to write alone
RATIO = 1.5


class Benchmark:

    def __init__(self, laboratory, reduced=False, parts=()):
        self.laboratory = laboratory
        self.parts = parts or PARTS
        self.failures = []
        self.pulls = [0, 1, 250, 2501] if reduced else [
            0, 1, 250, 2500, 2501, 10000]
        self.guests = [1, 250, 500] if reduced else [1, 250, 10000]
        self.changes = [100, 500] if reduced else [100, 10000]
        self.pushes = [0, 1, 50, 51] if reduced else [
            0, 1, 50, 51, 5000]
        self.windows = [100, 500] if reduced else [100, 10000]
        self.published = 50 if reduced else 500
        self.short = (25, 10) if reduced else (1000, 70)
        # the items, the page, and so the items at a time
        self.memory = (250, 250) if reduced else (2500, 2500)
        self.sent = 100 if reduced else 500
        self.ratios = 500 if reduced else 5000

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
            f'{peak:>8}{measure.seconds:9.2f}', flush=True)

    def __call__(self):
        print(
            f'{"":32}{"items":>6}{"requests":>10}{"commits":>9}'
            f'{"statements":>12}{"per item":>10}{"MiB":>8}{"seconds":>9}')
        for part in self.parts:
            getattr(self, part)()
        for failure in self.failures:
            print(f"FAILED {failure}")
        return not self.failures

    def receive(self):
        for kind, counts in [('plain', self.pulls), ('guests', self.guests)]:
            for count in counts:
                self.trial('pull', count, kind)

    def short_pages(self):
        count, page = self.short
        pull, idle = self.trial('pull', count, max_page=page, empty_pages=1)
        # an empty page before each
        self.check(
            pull, "requests", pull.requests, 2 * math.ceil(count / page))
        self.check(pull, "events", pull.here, count)
        self.check(idle, "requests", idle.requests, 1)

    def send(self):
        for count in self.pushes:
            self.trial('push', count)

    def change(self):
        for count in self.changes:
            self.trial('incremental', count, 100)

    def window(self):
        for count in self.windows:
            self.trial('window', count)

    def scopes(self):
        for scope in ['this', 'all', 'following']:
            for exceptions in [0, 3]:
                self.trial('change', scope, exceptions)

    def rule(self):
        self.trial('rule', self.published)

    def flat(self):
        "The memory does not grow with the number of items"
        count, page = self.memory
        for first, sending in [(count, False), (self.sent, True)]:
            few, = self.trial('memory', first, page, sending)
            many, = self.trial('memory', 4 * first, page, sending)
            growth = many.peak / few.peak
            self.expect(
                growth <= GROWTH, many, f"{growth:.2f} times the memory")

    def ratio(self):
        from .ratio import ratio
        for kind in ['plain', 'guests', 'series']:
            found = self.laboratory.trial(
                ratio, self.ratios, kind).result()
            print(
                f"receiving {self.ratios} {kind} events takes {found:.2f} "
                "times as long as to read the same pages and to create the "
                "same rows", flush=True)
            if found > RATIO:
                self.failures.append(f"{kind}: {found:.2f} times as long")


def main():
    parser = argparse.ArgumentParser(
        prog='python -m tests.benchmark',
        description="Count what a synchronisation costs")
    parser.add_argument(
        '--reduced', action='store_true', help="with fewer items")
    parser.add_argument(
        'parts', nargs='*', help=', '.join(PARTS))
    options = parser.parse_args()
    os.environ.setdefault('OAUTHLIB_INSECURE_TRANSPORT', '1')
    os.environ.setdefault('TRYTOND_DATABASE_URI', 'sqlite://')
    from tests.robustness.laboratory import Laboratory
    with Laboratory() as laboratory:
        sys.exit(0 if Benchmark(
                laboratory, options.reduced, options.parts)() else 1)


if __name__ == '__main__':
    main()
