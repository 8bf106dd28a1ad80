# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Random changes, faults and crashes: ``python -m tests.robustness``

Each round starts from an empty calendar, or from an empty drive.  A seed
repeats a run; a round that fails is made as short as it can be, and its steps
are printed.  Of Gmail the steps are the mails, of each of its ways to send.
"""
import argparse
import logging
import os
import random
import sys
import time

# the steps of each
STEPS = {'calendar': 10_000, 'drive': 3_000, 'gmail': 500}
# by SIGKILL, in so many steps
KILLS = 20


def main():
    parser = argparse.ArgumentParser(
        prog='python -m tests.robustness',
        description="Random changes, faults and crashes")
    parser.add_argument('service', nargs='?', choices=list(STEPS),
        help="by default all of them")
    parser.add_argument('--steps', type=int,
        help="steps of all the rounds of each (" + ', '.join(
            f'{name}: {steps}' for name, steps in STEPS.items()) + ")")
    parser.add_argument('--seed', type=int,
        help="repeats a run, by default a random one")
    options = parser.parse_args()
    seed = options.seed
    if seed is None:
        seed = random.SystemRandom().randrange(10 ** 6)
    os.environ.setdefault('OAUTHLIB_INSECURE_TRANSPORT', '1')
    os.environ.setdefault('TRYTOND_DATABASE_URI', 'sqlite://')
    # each run that fails by a fault tells so
    logging.basicConfig(level=logging.CRITICAL)
    names = [options.service] if options.service else STEPS
    failed = [
        name for name in names
        if (send if name == 'gmail' else play)(
            name, seed, options.steps or STEPS[name])]
    sys.exit(1 if failed else 0)


def send(name, seed, count):
    "Return the number of ways to send that failed"
    from .gmail.trial import MODES, run
    from .laboratory import Laboratory
    from .processes import Process, ProcessError

    Process.patience = 3600
    failed = 0
    for mode, Site in MODES.items():
        started = time.monotonic()
        kills, states = 0, {}
        with Laboratory(Site=Site) as laboratory:
            try:
                kills, states = laboratory.trial(
                    run, mode, seed, count).result()
            except ProcessError as error:
                failed += 1
                print(error, f"failed: seed {seed}", sep='\n')
        print(
            f"{name}, {mode}: {dict(states)}, {kills} processes killed, "
            f"{time.monotonic() - started:.0f} s", flush=True)
        if count >= STEPS[name] and kills < KILLS:
            print(f"at least {KILLS} should have been killed")
            failed += 1
    return failed


def machine(name):
    "The class of what is synchronised, and that of what happens to it"
    if name == 'drive':
        from .drive.machine import Machine
        from .drive.site import DriveSite as Site
    else:
        from .laboratory import Site
        from .machine import Machine
    return Site, Machine


def play(name, seed, steps):
    "Return the number of the lanes that failed"
    from .laboratory import Laboratory
    from .rounds import play

    def report(line):
        print(line, flush=True)

    failed = kills = played = 0
    started = time.monotonic()
    print(f"{name}: seed {seed}, {steps} steps", flush=True)
    Site, Machine = machine(name)
    with Laboratory(os.cpu_count() or 1, Site) as laboratory:
        for number, some, counter, error in play(
                laboratory, seed, steps, report, Machine):
            if error:
                failed += 1
                print(error)
                print(
                    f"failed: python -m tests.robustness {name} "
                    f"--seed {number} --steps {some * laboratory.lanes}",
                    flush=True)
            played += counter['steps']
            kills += counter['killed']
    print(f"{name}: {failed} failed, {played} steps, {kills} processes "
        f"killed, {time.monotonic() - started:.0f} s")
    if steps >= STEPS[name] and kills < KILLS:
        print(f"at least {KILLS} should have been killed")
        failed += 1
    return failed


if __name__ == '__main__':
    main()
