# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What all the measures share: showing and checking them"
__all__ = ['Benchmark']


class Benchmark:
    "The parts of a service, each a method of its name"
    # their names
    parts = []
    # those that take the time of all others
    long_parts = frozenset()

    def __init__(self, laboratory):
        self.laboratory = laboratory
        self.failures = []

    def check(self, measure, name, value, expected):
        self.expect(
            value == expected, measure, f"{name}: {value} and not {expected}")

    def expect(self, condition, measure, text):
        if not condition:
            self.failures.append(f"{measure.what} {measure.items}: {text}")

    def trial(self, func, *args, **kwargs):
        "Measure in a copy of the laboratory and return what was found"
        found = self.laboratory.trial(
            lambda site: func(site, *args, **kwargs)).result()
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

    def check_statements(self, measure, expected):
        "Exact on SQLite, PostgreSQL inserts several rows with one"
        if self.laboratory.sqlite:
            self.check(
                measure, "statements", measure.statements, expected)
        else:
            self.expect(
                measure.statements <= expected, measure,
                f"{measure.statements} statements, at most {expected}")
