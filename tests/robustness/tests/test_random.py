# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"A short run of the random machine, always the same"
import unittest

from tests.robustness.laboratory import Laboratory
from tests.robustness.rounds import play, split_rounds

SEED = 3000
STEPS = 2000
LANES = 2


class RandomTestCase(unittest.TestCase):
    "Random changes, faults and crashes"

    def test_machine(self):
        "Both sides are equal when all is calm, and nothing is lost"
        killed = 0
        with Laboratory(LANES) as laboratory:
            for seed, steps, trace, error in play(
                    laboratory, split_rounds(SEED, STEPS)):
                with self.subTest(seed=seed, steps=steps):
                    killed += trace.count('  killed')
                    if error:
                        raise error
        self.assertGreater(killed, 0)
