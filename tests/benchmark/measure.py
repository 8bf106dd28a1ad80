# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is counted, in the process that synchronises"
import gc
import time
import tracemalloc
from dataclasses import dataclass, field

from tests.robustness.meter import Meter
from trytond.pool import Pool

__all__ = ['Measure', 'as_in_production', 'metered', 'synchronize']


@dataclass
class Measure:
    what: str
    items: int
    requests: int = 0
    listings: int = 0
    # the requests in the batches counted one by one, the listings left out
    calls: int = 0
    inserts: int = 0
    commits: int = 0
    statements: int = 0
    seconds: float = 0
    peak: int = 0
    here: int = 0
    # the requests by method, those in batches one by one
    methods: dict = field(default_factory=dict)


def as_in_production():
    "Without what trytond checks in tests alone, in this process"
    Pool.test = False


def synchronize(site, trace=False):
    "Synchronise once; return what it cost in the process"
    return metered(site, site.synchronize, trace)


def metered(site, func, trace=False):
    "Call the function, which returns True; return what it cost"
    as_in_production()
    with site.transaction():
        # the first client builds what all of them share
        Pool().get(site.service).search([])
    gc.collect()
    # what is there before is not looked at again
    gc.freeze()
    if trace:
        tracemalloc.start()
    started = time.process_time()
    # the garbage of cycles does not count as memory that is needed
    collect = (lambda number, when: gc.collect()) if trace else None
    with Meter(collect) as meter:
        if not func():
            raise AssertionError("it failed")
    seconds = time.process_time() - started
    peak = tracemalloc.get_traced_memory()[1] if trace else 0
    return meter.commits, meter.statements, seconds, peak
