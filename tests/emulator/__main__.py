# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import argparse
import json
import logging
import os
import queue
import select
import signal
import threading
import time

from .server import Emulator


def _watch(pid, ended):
    "Tell it when the process is gone"
    try:
        descriptor = os.pidfd_open(pid)
    except AttributeError:
        while _exists(pid):  # where it can not be waited for
            time.sleep(1)
    except ProcessLookupError:
        pass
    else:
        select.select([descriptor], [], [])
    ended.put(None)


def _exists(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def main():
    parser = argparse.ArgumentParser(prog='python -m tests.emulator')
    parser.add_argument('--host', default='127.0.0.1')
    parser.add_argument('--port', type=int, default=0)
    parser.add_argument('--smtp-port', type=int)
    parser.add_argument('--parent-pid', type=int)
    parser.add_argument('--verbose', action='store_true')
    arguments = parser.parse_args()
    logging.basicConfig(
        level=logging.DEBUG if arguments.verbose else logging.WARNING)
    # its put is reentrant: that of an event hangs in a handler of signals
    # which comes while the event is waited for
    ended = queue.SimpleQueue()
    for number in [signal.SIGTERM, signal.SIGINT]:
        signal.signal(number, lambda *_: ended.put(None))
    if arguments.parent_pid:
        threading.Thread(
            target=_watch, args=(arguments.parent_pid, ended),
            daemon=True).start()
    with Emulator(
            arguments.host, arguments.port, arguments.smtp_port) as emulator:
        found = {'url': emulator.url}
        if arguments.smtp_port is not None:
            found['smtp'] = emulator.smtp.port
        print(json.dumps(found), flush=True)
        ended.get()


if __name__ == '__main__':
    main()
