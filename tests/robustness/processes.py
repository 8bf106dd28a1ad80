# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Processes that are forked from a warm one, and may be killed.

A process that was forked has everything imported and no connection to any
database: it is as good as one that was started, in a hundredth of the time.
"""
import multiprocessing
import os
import signal
import sys
import traceback
import warnings

__all__ = ['Killed', 'Process', 'ProcessError', 'channel']

PATIENCE = 120

_context = multiprocessing.get_context('fork')


class ProcessError(Exception):
    "The function failed in the process: the text is its traceback"


class Killed(Exception):
    "The process died of a signal"


class _Channel:
    "The end of a process of the connection to who started it"
    connection = None


channel = _Channel()


def tell(value=None):
    "Tell who started this process"
    channel.connection.send(('told', value))


def listen():
    "Wait for what who started this process has to say"
    if not channel.connection.poll(PATIENCE):
        raise TimeoutError("nobody answers")
    return channel.connection.recv()


class Process:
    "Runs ``func(*args)`` in another process, once `start` is called"
    # seconds that it is waited for
    patience = PATIENCE

    def __init__(self, func, *args):
        self.connection, other = _context.Pipe()
        self.process = _context.Process(
            target=self._run, args=(other, func, args))
        with warnings.catch_warnings():
            # the threads of the emulator hold no lock while they wait
            warnings.simplefilter('ignore', DeprecationWarning)
            self.process.start()
        other.close()
        self.started = False

    @property
    def pid(self):
        return self.process.pid

    def _run(self, connection, func, args):
        self.connection.close()
        channel.connection = connection
        try:
            listen()
            answer = 'result', func(*args)
        except BaseException:
            answer = 'error', traceback.format_exc()
        connection.send(answer)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    def start(self):
        self.started = True
        self.connection.send(None)
        return self

    def say(self, value=None):
        "Answer the process that listens"
        self.connection.send(value)

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        self.process.join(PATIENCE)

    def _receive(self):
        try:
            if not self.connection.poll(self.patience):
                self.kill()
                raise TimeoutError("the process does not answer")
            kind, value = self.connection.recv()
        except (EOFError, ConnectionError):
            self.process.join(PATIENCE)
            raise Killed(self.process.exitcode) from None
        if kind == 'error':
            raise ProcessError(value)
        return kind, value

    def ended(self):
        "Tell if there is a result, or nobody to give one"
        return self.connection.poll()

    def told(self):
        "Wait for what the process tells before it ends"
        kind, value = self._receive()
        if kind != 'told':
            raise ProcessError(f"ended without telling: {value!r}")
        return value

    def result(self):
        "Wait for the end and return the result"
        if not self.started:
            self.start()
        while True:
            kind, value = self._receive()
            if kind == 'result':
                self.process.join(PATIENCE)
                return value

    def killed(self):
        "Wait for the end and tell if it was by SIGKILL"
        try:
            self.result()
        except Killed as killed:
            return killed.args[0] == -signal.SIGKILL
        return False
