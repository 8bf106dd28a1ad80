# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Injected faults, pauses and kills."
import os
import re
import signal
from dataclasses import dataclass

ACTIONS = {
    'status', 'drop_before', 'drop_after', 'malformed', 'truncated',
    'latency', 'redirect', 'drop_body', 'corrupt'}


@dataclass
class Fault:
    id: int
    action: str
    method_id: str = None  # a regular expression of the whole id
    method: str = None
    path: str = None  # a regular expression, searched
    user: str = None
    batch: bool = None  # only parts of a batch, or only others
    nth: int = 1  # the first match that is hit
    times: int = 1  # how many matches are hit; None: all
    status: int = None
    reason: str = None
    message: str = None
    retry_after: int = None
    seconds: float = 0
    url: str = None
    # drop_body: bytes that are received; truncated: that are sent;
    # corrupt: the place of the wrong one
    size: int = None
    seen: int = 0
    hit: int = 0

    def check(self):
        if self.action not in ACTIONS:
            raise ValueError(f"unknown action {self.action}")
        if self.action == 'status' and not self.status:
            raise ValueError("a status is needed")
        if self.action == 'redirect' and not self.url:
            raise ValueError("a url is needed")
        for text in [self.method_id, self.path]:
            re.compile(text or '')

    def matches(self, method_id, verb, path, user, batch):
        return (
            (self.method_id is None
                or re.fullmatch(self.method_id, method_id) is not None)
            and (self.method is None or self.method.upper() == verb)
            and (self.path is None or re.search(self.path, path) is not None)
            and (self.user is None or self.user.lower() == user)
            and (self.batch is None or self.batch is batch))


def take(state, method_id, verb, path, user, batch, within=False):
    """Return the faults that hit this request; within: those that hit it
    while its body is read"""
    result = []
    for fault in list(state.faults):
        if (fault.action == 'drop_body') is not within:
            continue
        if not fault.matches(method_id, verb, path, user, batch):
            continue
        fault.seen += 1
        if fault.seen < fault.nth:
            continue
        fault.hit += 1
        result.append(fault)
        if fault.times is not None and fault.hit >= fault.times:
            state.faults.remove(fault)
    return result


@dataclass
class Hook:
    "Something to happen at the k-th request from now on"
    id: int
    action: str  # kill, pause
    k: int
    when: str = 'before'
    pid: int = None
    method_id: str = None
    seen: int = 0
    state: str = 'waiting'  # waiting, reached, done

    def counts(self, method_id):
        return self.state == 'waiting' and (
            self.method_id is None
            or re.fullmatch(self.method_id, method_id) is not None)


def count(state, method_id):
    "Return the hooks that this request reaches"
    reached = []
    for hook in state.hooks:
        if hook.counts(method_id):
            hook.seen += 1
            if hook.seen == hook.k:
                hook.state = 'reached' if hook.action == 'kill' else 'due'
                reached.append(hook)
    return reached


def apply(state, hooks, when):
    "Return whether the request ends here"
    for hook in hooks:
        if hook.when != when:
            continue
        if hook.action == 'kill':
            try:
                os.kill(hook.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            with state.condition:
                hook.state = 'done'
                state.condition.notify_all()
            return True
        generation = state.generation
        with state.condition:
            hook.state = 'reached'
            state.condition.notify_all()
            state.condition.wait_for(
                lambda: hook.state == 'done'
                or state.generation != generation)
    return False
