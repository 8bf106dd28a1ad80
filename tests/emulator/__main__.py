# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import argparse
import json
import logging
import os
import select
import signal
import threading

from .server import Emulator


def _watch(pid, ended):
    "Set the event when the process is gone"
    try:
        descriptor = os.pidfd_open(pid)
    except AttributeError:
        while not ended.wait(1):
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                break
    except ProcessLookupError:
        pass
    else:
        select.select([descriptor], [], [])
    ended.set()


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
    ended = threading.Event()
    for number in [signal.SIGTERM, signal.SIGINT]:
        signal.signal(number, lambda *_: ended.set())
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
        ended.wait()


if __name__ == '__main__':
    main()
