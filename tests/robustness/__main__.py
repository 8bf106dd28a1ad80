# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Random changes, faults and crashes: ``python -m tests.robustness``

Each round starts from an empty calendar and a seed of its own, which repeats
it: ``--seed <seed> --steps <steps of a round>``.
"""
import argparse
import logging
import os
import random
import sys
import time

ROUND = 50


def main():
    parser = argparse.ArgumentParser(
        prog='python -m tests.robustness',
        description="Random changes, faults and crashes")
    parser.add_argument('--steps', type=int, default=2000,
        help="steps of all the rounds (%(default)s)")
    parser.add_argument('--seed', type=int,
        help="seed of the first round, by default a random one")
    options = parser.parse_args()
    seed = options.seed
    if seed is None:
        seed = random.SystemRandom().randrange(10 ** 6)
    os.environ.setdefault('OAUTHLIB_INSECURE_TRANSPORT', '1')
    os.environ.setdefault('TRYTOND_DATABASE_URI', 'sqlite://')
    # each run that fails by a fault tells so
    logging.basicConfig(level=logging.CRITICAL)
    sys.exit(1 if play(seed, options.steps) else 0)


def play(seed, steps):
    "Return the number of the rounds that failed"
    from .laboratory import Laboratory
    from .machine import run
    from .processes import ProcessError
    lanes = os.cpu_count() or 1
    failed = 0
    started = time.monotonic()
    print(f"seed {seed}, {steps} steps", flush=True)
    rounds = []
    while steps > 0:
        rounds.append((seed + len(rounds), min(steps, ROUND)))
        steps -= ROUND
    with Laboratory(lanes) as laboratory:
        running = {}
        while rounds or running:
            for lane in range(lanes):
                if rounds and lane not in running:
                    number, count = rounds.pop(0)
                    running[lane] = number, count, laboratory.trial(
                        run, number, count, lane=lane).start()
            lane = next(iter(running))
            number, count, process = running.pop(lane)
            try:
                process.result()
            except ProcessError as error:
                failed += 1
                print(error)
                print(f"failed: python -m tests.robustness "
                    f"--seed {number} --steps {count}", flush=True)
            else:
                print(f"seed {number}: {count} steps", flush=True)
    print(f"{failed} failed, {time.monotonic() - started:.0f} s")
    return failed


if __name__ == '__main__':
    main()
