# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Rounds of the random machine, as many at a time as there are lanes."
from .machine import run
from .processes import ProcessError

__all__ = ['ROUND', 'play', 'split_rounds']

ROUND = 50
# seconds, of one round
PATIENCE = 1800


def split_rounds(seed, steps):
    "The seed and the steps of each round"
    return [
        (seed + number, min(ROUND, steps - number * ROUND))
        for number in range(-(-steps // ROUND))]


def play(laboratory, rounds):
    "Yield the seed, the steps, the trace and the error of each round"
    rounds = list(rounds)
    running = {}
    while rounds or running:
        for lane in range(laboratory.lanes):
            if rounds and lane not in running:
                seed, steps = rounds.pop(0)
                process = laboratory.trial(run, seed, steps, lane=lane)
                process.patience = PATIENCE
                running[lane] = seed, steps, process.start()
        lane = next(iter(running))
        seed, steps, process = running.pop(lane)
        try:
            yield seed, steps, process.result(), None
        except ProcessError as error:
            yield seed, steps, [], error
