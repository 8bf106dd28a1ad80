# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the reduced benchmark of Gmail counts, in a process of its own"
from tests.benchmark.gmail import GmailBenchmark

from .reduced import ReducedTestCase


class BenchmarkGmailTestCase(ReducedTestCase):
    "The reduced benchmark of Gmail"
    benchmark = GmailBenchmark
    modules = ['google_gmail']

    def test_reduced(self):
        "What sending and receiving costs is as it was"
        self.check_reduced()
