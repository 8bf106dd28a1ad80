# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A whole session against a Google of its own: ``make demo``"""
import argparse
import contextlib
import http.client
import signal
import socket
import sys
import xmlrpc.client

from tests.emulator.client import EmulatorError

from .servers import DemoError, Servers
from .steps import Demo
from .table import Table

FAILURES = (
    DemoError, EmulatorError, OSError, http.client.HTTPException,
    xmlrpc.client.Error)
TIMEOUT = 120  # seconds for an answer


def main():
    options = parse()
    socket.setdefaulttimeout(TIMEOUT)
    for number in [signal.SIGTERM, signal.SIGHUP]:
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        with Servers(options.keep, options.template) as servers:
            problems = run(servers, options)
    except DemoError as error:
        # of the end: a process is left
        problems = [str(error)]
    except KeyboardInterrupt:
        print("\nInterrupted", file=sys.stderr)
        sys.exit(128 + signal.SIGINT)
    if problems:
        print("\nNot as it must be:")
        for problem in problems:
            print(f"  {problem}")
        sys.exit(1)
    print("\nBoth sides are equal, no process is left.")


def parse():
    parser = argparse.ArgumentParser(
        prog='python -m tests.demo', description=__doc__)
    parser.add_argument('--keep', action='store_true',
        help="keep the folder with the database and the logs")
    parser.add_argument('--files', default='*', metavar='PATTERN',
        help="load only the iCalendar files of these names")
    # for the test: a difference that the demo must find
    parser.add_argument(
        '--break', dest='spoil', action='store_true',
        help=argparse.SUPPRESS)
    # not the whole of the setup
    parser.add_argument('--template', help=argparse.SUPPRESS)
    return parser.parse_args()


def run(servers, options):
    "Return what went wrong"
    table = Table()
    try:
        with contextlib.ExitStack() as stack:
            problems = Demo(
                servers, table, options.files, options.spoil)(stack)
    except FAILURES as error:
        problems = [str(error) or repr(error)]
        if log := servers.read_log('trytond'):
            print(f"\nThe end of the log of trytond:\n{log}")
    print(f"\n{table}")
    return problems


if __name__ == '__main__':
    main()
