# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the reduced benchmark of drives counts, in a process of its own"
from tests.benchmark.drive import DriveBenchmark

from .reduced import ReducedTestCase


class BenchmarkDriveTestCase(ReducedTestCase):
    "The reduced benchmark of drives"
    benchmark = DriveBenchmark
    modules = ['google_drive']

    def test_reduced(self):
        "What a synchronisation costs is as it was"
        self.check_reduced()
