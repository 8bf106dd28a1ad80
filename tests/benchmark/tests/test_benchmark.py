# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the reduced benchmark of calendars counts, in a process of its own"
from tests.benchmark.calendar import CalendarBenchmark

from .reduced import ReducedTestCase


class BenchmarkTestCase(ReducedTestCase):
    "The reduced benchmark of calendars"
    benchmark = CalendarBenchmark
    modules = ['google_calendar']

    def test_reduced(self):
        "What a synchronisation costs is as it was"
        self.check_reduced()
