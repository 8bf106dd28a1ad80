# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The reduced benchmark of a service, for the tests."
import os
import subprocess
import sys
import unittest

from trytond.tests import test_tryton

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(
            os.path.dirname(os.path.abspath(__file__)))))


class ReducedTestCase(unittest.TestCase):
    "What is counted, in a process of its own"
    # the class with the parts, and the modules that it activates
    benchmark = None
    modules = []

    def check_reduced(self):
        # one process at a time fills the cache of databases: not that one
        test_tryton.activate_module(self.modules)
        test_tryton.drop_db()
        # what is left out is for make benchmark
        parts = [
            p for p in self.benchmark.parts
            if p not in self.benchmark.long_parts]
        result = subprocess.run(
            [sys.executable, '-m', 'tests.benchmark', '--reduced', *parts],
            cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("nothing to do", result.stdout)
        self.assertNotIn("FAILED", result.stdout)
