# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Several requests at a time, by threads that know no database."
import queue
import threading

__all__ = ['in_caller', 'together']

_current = threading.local()


class Interrupted(Exception):
    "The thread that waits for the others was interrupted"


def together(functions, parallel):
    """Call the functions, up to ``parallel`` at a time.

    Return in the order of the functions what each returned, or the exception
    that it raised.  No thread is left when it returns or raises.
    """
    functions = list(functions)
    results = [None] * len(functions)
    parallel = min(parallel, len(functions))
    if parallel <= 1:
        for index, function in enumerate(functions):
            try:
                results[index] = function()
            except Exception as exception:
                results[index] = exception
    else:
        _Crew(functions, results).run(parallel)
    return results


def in_caller(function):
    """Call the function in the thread that called `together`.

    That is what has the transaction of the database, or may begin one.
    """
    crew = getattr(_current, 'crew', None)
    return crew.ask(function) if crew else function()


class _Crew:
    "Threads that work, and the one that waits for them"

    def __init__(self, functions, results):
        self.functions = iter(list(enumerate(functions)))
        self.results = results
        self.lock = threading.Lock()
        self.interrupted = False
        # what the waiting thread does: a question, None for an end
        self.questions = queue.SimpleQueue()

    def run(self, parallel):
        threads = [
            threading.Thread(target=self._work, daemon=True)
            for _ in range(parallel)]
        working = 0
        try:
            for thread in threads:
                thread.start()
                working += 1
            while working:
                working -= self._answer()
        except BaseException:
            self.interrupted = True
            while working:
                working -= self._answer()
            raise
        finally:
            for thread in threads:
                if thread.ident is not None:
                    thread.join()

    def _answer(self):
        "Answer one question; return 1 if a thread has ended"
        question = self.questions.get()
        if question is None:
            return 1
        function, answers = question
        try:
            if self.interrupted:
                raise Interrupted
            answers.put((function(), None))
        except BaseException as exception:
            answers.put((None, exception))
            if not isinstance(exception, Exception):
                raise
        return 0

    def ask(self, function):
        answers = queue.SimpleQueue()
        self.questions.put((function, answers))
        value, exception = answers.get()
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
                    self.results[index] = function()
                except BaseException as exception:
                    self.results[index] = exception
        finally:
            self.questions.put(None)
