# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the reduced benchmark of Gmail counts, in a process of its own"
from contextlib import redirect_stdout
from io import StringIO
from unittest import TestCase
from types import SimpleNamespace
from unittest.mock import patch

from tests.benchmark.gmail import ADDED, FIRST, LONGER, GmailBenchmark
from tests.benchmark.measure import Measure

from .reduced import ReducedTestCase


class BenchmarkGmailTestCase(ReducedTestCase):
    "The reduced benchmark of Gmail"
    benchmark = GmailBenchmark
    modules = ['google_gmail']

    def test_reduced(self):
        "What sending and receiving costs is as it was"
        self.check_reduced()


class LongerTestCase(TestCase):
    "A transaction with a mail takes only so much longer"

    def failures(self, longer, reduced=False):
        "Those of transactions that take so many times as long with a mail"
        benchmark = GmailBenchmark(SimpleNamespace(sqlite=True), reduced)
        added = ADDED * benchmark.transactions + FIRST
        with (
                patch.object(benchmark, 'trial', return_value=[
                        Measure("no mail", 1, seconds=1),
                        Measure(
                            "with a mail", 1, statements=added,
                            seconds=longer)]),
                redirect_stdout(StringIO())):
            benchmark.gmail_business()
        return benchmark.failures

    def test_longer(self):
        self.assertEqual(self.failures(LONGER), [])
        failure, = self.failures(LONGER + 0.1)
        self.assertIn("3.10 times as long", failure)
        # of few transactions nobody can tell
        self.assertEqual(self.failures(LONGER + 0.1, reduced=True), [])
