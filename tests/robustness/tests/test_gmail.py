# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Mails while Google fails and processes die"
import unittest

from tests.robustness.gmail.trial import MODES, run
from tests.robustness.laboratory import Laboratory

SEED, COUNT = 20, 20


class GmailTestCase(unittest.TestCase):

    def test(self):
        for mode, Site in MODES.items():
            with self.subTest(mode), Laboratory(Site=Site) as laboratory:
                kills, _ = laboratory.trial(run, mode, SEED, COUNT).result()
                self.assertGreater(kills, 0)
