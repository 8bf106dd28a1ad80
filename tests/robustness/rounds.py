# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Rounds of the random machine, as a state machine of hypothesis.

What hypothesis draws is an action and a seed of what is chosen in it, whatever
happened before: so a round can be repeated and made shorter, although the
processes in it take their own time.
"""
import math
from collections import Counter
from multiprocessing.connection import wait

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine, rule, run_state_machine_as_test)

from .machine import Machine
from .processes import Process, ProcessError, listen, tell

__all__ = ['ROUND', 'play', 'play_lane']

# the steps of a round
ROUND = 50
# seconds, of a step and of all that follows the last one
PATIENCE = 1800


class Rounds(RuleBasedStateMachine):
    "A round, in a copy of the site that the machine has to itself"
    laboratory = lane = counter = report = Machine = None
    begun = False

    def __init__(self):
        super().__init__()
        # the first round of hypothesis is the simplest one: always the same
        self.idle = not self.begun
        type(self).begun = True
        self.failed = False
        if self.idle:
            return
        self.process = self.laboratory.trial(
            follow, self.Machine, lane=self.lane).start()
        self.process.patience = PATIENCE

    def act(self, action, seed):
        if self.idle:
            return
        self.process.say((action, seed))
        try:
            self.process.told()
        except ProcessError:
            self.failed = True
            raise
        self.counter.update(['steps', action])

    def teardown(self):
        if not self.failed and not self.idle:
            self.process.say()
            trace = self.process.result()
            self.counter['killed'] += trace.count('  killed')
            self.report(
                f"lane {self.lane}: {self.counter['steps']} steps, "
                f"{self.counter['killed']} processes killed")


def follow(site, Machine):
    "Do the steps that are told, then check that all is well"
    machine = Machine(site)
    machine.begin()
    while step := listen():
        machine.step(*step)
        tell()
    machine.end()
    return machine.trace


def play_lane(laboratory, lane, Machine, number, steps, report):
    "Play so many steps; count them, and the processes that were killed"
    actions = [
        name for name, weight in Machine.ACTIONS.items()
        for _ in range(weight)]

    class Lane(Rounds):
        @rule(
            action=st.sampled_from(actions),
            seed=st.integers(0, 2 ** 32 - 1))
        def act(self, action, seed):
            super().act(action, seed)

    Lane.laboratory, Lane.lane, Lane.counter = laboratory, lane, Counter()
    Lane.report, Lane.Machine = staticmethod(report), Machine
    run_state_machine_as_test(seed(number)(Lane), settings=settings(
            max_examples=math.ceil(steps / ROUND) + 1,
            stateful_step_count=ROUND, deadline=None, database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck)))
    return Lane.counter


def play(laboratory, number, steps, report=str, Machine=Machine):
    """Play as many lanes at a time as the laboratory has

    ``report`` gets a line after each round. Yield the seed, the steps, what
    they were and the error of each lane.
    """
    lanes = {}
    for lane in range(laboratory.lanes):
        some = math.ceil(steps / laboratory.lanes)
        process = Process(
            play_lane, laboratory, lane, Machine, number + lane, some,
            report).start()
        process.patience = PATIENCE * math.ceil(some / ROUND)
        lanes[process.connection] = number + lane, some, process
    while lanes:
        for connection in wait(lanes):
            number, some, process = lanes.pop(connection)
            try:
                yield number, some, process.result(), None
            except ProcessError as error:
                yield number, some, Counter(), error
