# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"A short run of the random machine, always the same"
import unittest
from collections import Counter

from tests.robustness.laboratory import Laboratory
from tests.robustness.rounds import play

SEED = 3000
STEPS = 500
LANES = 2


class RandomTestCase(unittest.TestCase):
    "Random changes, faults and crashes"

    def test_machine(self):
        "Both sides are equal when all is calm, and nothing is lost"
        total = Counter()
        with Laboratory(LANES) as laboratory:
            for seed, steps, counter, error in play(laboratory, SEED, STEPS):
                with self.subTest(seed=seed, steps=steps):
                    total += counter
                    if error:
                        raise error
        self.assertGreaterEqual(total['steps'], STEPS)
        self.assertGreater(total['killed'], 0)
