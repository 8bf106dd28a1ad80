# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The table at the end: a row for each step."""
import contextlib
import time
from dataclasses import dataclass

__all__ = ['Table', 'say']

HEAD = ('step', 'items', 'API requests', 'seconds')


@dataclass
class Step:
    name: str
    items: int = 0
    requests: int = 0
    seconds: float = 0.


def say(text):
    print('   ', text, flush=True)


class Table:
    def __init__(self):
        self.steps = []
        self.log = None  # the emulator's, when it is there

    @contextlib.contextmanager
    def step(self, name):
        print(name, flush=True)
        step = Step(name)
        self.steps.append(step)
        before = self._count()
        start = time.monotonic()
        try:
            yield step
        finally:
            step.seconds = time.monotonic() - start
        step.requests = self._count() - before

    def _count(self):
        "Requests until now; a batch is one, its parts are not"
        return len(self.log(batch=False)) if self.log else 0

    def __str__(self):
        rows = [
            (s.name, str(s.items), str(s.requests), f'{s.seconds:.1f}')
            for s in self.steps]
        rows.append((
                'total', '', str(sum(s.requests for s in self.steps)),
                f'{sum(s.seconds for s in self.steps):.1f}'))
        widths = [
            max(len(r[i]) for r in [HEAD, *rows]) for i in range(len(HEAD))]
        line = '  '.join('-' * w for w in widths)
        lines = [_format(HEAD, widths), line]
        lines += [_format(r, widths) for r in rows[:-1]]
        lines += [line, _format(rows[-1], widths)]
        return '\n'.join(lines)


def _format(row, widths):
    first, *others = row
    return '  '.join([
            first.ljust(widths[0]),
            *(o.rjust(w) for o, w in zip(others, widths[1:]))])
