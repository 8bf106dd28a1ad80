# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the reduced benchmark counts, in a process of its own"
import os
import subprocess
import sys
import unittest

from tests.benchmark.__main__ import PARTS
from trytond.tests import test_tryton

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
            os.path.dirname(os.path.abspath(__file__)))))


# what it measures takes the time of all others: make benchmark does that
COUNTED = [p for p in PARTS if p not in {'flat', 'ratio'}]


class BenchmarkTestCase(unittest.TestCase):
    "The reduced benchmark"

    def test_reduced(self):
        "What a synchronisation costs is as it was"
        # one process at a time fills the cache of databases: not that one
        test_tryton.activate_module('google_calendar')
        test_tryton.drop_db()
        result = subprocess.run(
            [sys.executable, '-m', 'tests.benchmark', '--reduced', *COUNTED],
            cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("nothing to do", result.stdout)
        self.assertNotIn("FAILED", result.stdout)
