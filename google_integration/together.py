# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Several requests at a time, by threads that know no database."
import queue
import threading
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

__all__ = ['in_caller', 'pieces', 'together']

_current = threading.local()


class Interrupted(Exception):
    "The thread that waits for the others was interrupted"


def together(functions, parallel):
    """Call the functions, up to ``parallel`` at a time.

    Return in the order of the functions what each returned, or the exception
    that it raised.  No thread is left when it returns or raises.
    """
    functions = list(functions)
    return [
        result for piece in pieces(functions, parallel, len(functions))
        for result in piece]


def pieces(functions, parallel, size):
    """Call the functions, up to ``parallel`` at a time, and yield results.

    They come as lists of ``size``, but for the last one, in the order of the
    functions: what each returned, or the exception that it raised.  The others
    go on while the caller does something else, but for what they ask by
    `in_caller`.  The iterator is to be closed: then those that run end, no
    other one begins, and no thread is left.
    """
    functions = list(functions)
    parallel = min(parallel, len(functions))
    ended = _Crew(functions).ended(parallel) if parallel > 1 else _alone(
        functions)
    results, start = {}, 0
    with closing(ended):
        for index, result in ended:
            results[index] = result
            while start < len(functions):
                piece = range(start, len(functions))[:size]
                if not results.keys() >= set(piece):
                    break
                yield [results.pop(i) for i in piece]
                start += size


def in_caller(function):
    """Call the function in the thread that called `together` or `pieces`.

    That is what has the transaction of the database, or may begin one.
    """
    crew = getattr(_current, 'crew', None)
    return crew.ask(function) if crew else function()


def _alone(functions):
    for index, function in enumerate(functions):
        try:
            result = function()
        except Exception as exception:
            result = exception
        yield index, result


@dataclass
class _Question:
    "What a thread asks the one that waits to call"
    function: Any
    answers: Any = field(default_factory=queue.SimpleQueue)

    def answer(self):
        try:
            self.answers.put((self.function(), None))
        except BaseException as exception:
            self.refuse(exception)
            if not isinstance(exception, Exception):
                raise

    def refuse(self, exception):
        self.answers.put((None, exception))


class _Crew:
    "Threads that work, and the one that waits for them"

    def __init__(self, functions):
        self.functions = iter(list(enumerate(functions)))
        self.lock = threading.Lock()
        self.interrupted = False
        # for the thread that waits: a question, a result, None for an end
        self.messages = queue.SimpleQueue()

    def ended(self, parallel):
        "Yield the indexes and results of the functions as they end"
        threads = [
            threading.Thread(target=self._work, daemon=True)
            for _ in range(parallel)]
        working = 0
        try:
            for thread in threads:
                thread.start()
                working += 1
            while working:
                match self.messages.get():
                    case None:
                        working -= 1
                    case _Question() as question:
                        question.answer()
                    case result:
                        yield result
        finally:
            # some are left if it was interrupted
            self.interrupted = True
            while working:
                match self.messages.get():
                    case None:
                        working -= 1
                    case _Question() as question:
                        question.refuse(Interrupted())
            for thread in threads:
                if thread.ident is not None:
                    thread.join()

    def ask(self, function):
        question = _Question(function)
        self.messages.put(question)
        value, exception = question.answers.get()
        if exception is not None:
            raise exception
        return value

    def _next(self):
        with self.lock:
            if self.interrupted:
                return
            return next(self.functions, None)

    def _work(self):
        _current.crew = self
        try:
            while (item := self._next()) is not None:
                index, function = item
                try:
                    result = function()
                except BaseException as exception:
                    result = exception
                self.messages.put((index, result))
        finally:
            self.messages.put(None)
