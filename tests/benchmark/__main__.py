# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Count what a synchronisation costs: ``python -m tests.benchmark``

Requests, transactions, statements and memory are asserted, of the time only
ratios: to what reading and writing alone take, and to calls one by one.
"""
import argparse
import os
import sys

from tests.robustness.gmail.site import ReceivingSite
from tests.robustness.laboratory import Laboratory, Site
from tests.robustness.processes import Process

from .calendar import CalendarBenchmark
from .drive import DriveBenchmark
from .drive_site import DriveSite
from .gmail import GmailBenchmark

# the seconds that a machine may take for the longest of all trials
PATIENCE = 3600
SERVICES = [
    (CalendarBenchmark, Site),
    (DriveBenchmark, DriveSite),
    (GmailBenchmark, ReceivingSite),
    ]
PARTS = [part for service, _ in SERVICES for part in service.parts]


def run(parts, reduced=False):
    "Measure the parts, all of them if there are none; return what failed"
    failures = []
    heading = (
        f'{"":32}{"items":>6}{"requests":>10}{"commits":>9}'
        f'{"statements":>12}{"per item":>10}{"MiB":>8}{"seconds":>9}')
    for service, site in SERVICES:
        chosen = [p for p in service.parts if not parts or p in parts]
        if not chosen:
            continue
        print(heading, flush=True)
        with Laboratory(Site=site) as laboratory:
            benchmark = service(laboratory, reduced)
            for part in chosen:
                getattr(benchmark, part)()
            failures += benchmark.failures
    return failures


def main():
    parser = argparse.ArgumentParser(
        prog='python -m tests.benchmark',
        description="Count what a synchronisation costs")
    parser.add_argument(
        '--reduced', action='store_true', help="with fewer items")
    parser.add_argument(
        'parts', nargs='*', help=', '.join(PARTS))
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such parts: {', '.join(sorted(unknown))}")
    os.environ.setdefault('OAUTHLIB_INSECURE_TRANSPORT', '1')
    Process.patience = PATIENCE
    failures = run(options.parts, options.reduced)
    for failure in failures:
        print(f"FAILED {failure}")
    sys.exit(1 if failures else 0)


if __name__ == '__main__':
    main()
