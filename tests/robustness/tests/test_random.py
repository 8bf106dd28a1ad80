# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"A short run of the random machine, always the same"
import unittest

from tests.robustness.laboratory import Laboratory
from tests.robustness.machine import run

# these find lost updates when the revisions are not compared, or when a patch
# is sent without the etag
SEEDS = [107, 110, 115, 117]
STEPS = 50


class RandomTestCase(unittest.TestCase):
    "Random changes, faults and crashes"

    def test_machine(self):
        "Both sides are equal when all is calm, and nothing is lost"
        with Laboratory(len(SEEDS)) as laboratory:
            processes = [
                laboratory.trial(run, seed, STEPS, lane=lane).start()
                for lane, seed in enumerate(SEEDS)]
            for seed, process in zip(SEEDS, processes, strict=True):
                with self.subTest(seed=seed):
                    trace = process.result()
                    self.assertIn('  killed', trace)
