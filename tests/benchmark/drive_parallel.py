# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How much faster several transfers at a time are than calls one by one.

Each answer of Google comes later by a latency. Both do the same in the same
run: the files of which the contents are stored here are sent, and those that
Google has are stored here.
"""
import os
import tempfile
import time

from tests.robustness.laboratory import USER
from tests.robustness.processes import Process
from trytond.pool import Pool

from .drive_calls import Calls
from .drive_files import (
    assert_same, attach, content, drop, folder_of, name)
from .measure import as_in_production

__all__ = ['parallel']

# the files of a record: all of them are in one folder, by calls too
ALL = 1_000_000


def parallel(site, items, size, latency, tries, wanted):
    """The seconds of calls one by one, and of a run for each of ``wanted``

    A dictionary by direction, of dictionaries by the number of transfers at a
    time, None for the calls. Of several tries the shortest counts: what else
    happens on the machine makes each of them longer.
    """
    result = {}
    # it is no part of what is compared
    folder_of(site, 0, ALL)
    trials = Trials(site, items, size, latency)
    for direction in ['send', 'receive']:
        seconds = result[direction] = {}
        for _ in range(tries):
            for number in [None, *wanted]:
                found = Process(trials, direction, number).result()
                seconds[number] = min(found, seconds.get(number, found))
                if number:
                    trials.count += items
    Process(site.synchronize).result()
    assert_same(site, trials.count)
    return result


class Trials:
    "Transfers of as many files, each of other ones"

    def __init__(self, site, items, size, latency):
        self.site = site
        self.items = items
        self.size = size
        self.latency = latency
        # the files that there are already
        self.count = 0

    def __call__(self, direction, number):
        "Transfer so many at a time, or by calls; return the seconds"
        as_in_production()
        kind = 'run' if number else 'calls'
        if number:
            self.set_parallel(number)
        # what went before is known, and what is loaded once is there
        self.synchronize()
        return getattr(self, f'{direction}_by_{kind}')()

    @property
    def numbers(self):
        return range(self.count, self.count + self.items)

    def set_parallel(self, number):
        with self.site.transaction() as transaction:
            Drive = Pool().get('google_drive.drive')
            Drive.write([Drive(self.site.id)], {'parallel': number})
            transaction.commit()

    def synchronize(self):
        if not self.site.synchronize():
            raise AssertionError("it failed")

    def timed(self, func, *args):
        "Call the function while Google is far away; return the seconds"
        self.site.admin.add_fault(
            'latency', seconds=self.latency, batch=False, times=None)
        started = time.monotonic()
        func(*args)
        seconds = time.monotonic() - started
        self.site.admin.clear_faults()
        return seconds

    def send_by_run(self):
        attach(self.site, self.numbers, self.size, ALL)
        return self.timed(self.synchronize)

    def receive_by_run(self):
        drop(self.site, self.numbers, self.size, ALL)
        return self.timed(self.synchronize)

    def send_by_calls(self):
        calls = Calls(self.site)
        folder = self.site.admin.create_folder(USER, "Calls")['id']
        with tempfile.TemporaryDirectory() as place:
            paths = []
            for number in self.numbers:
                paths.append(os.path.join(place, name(number)))
                with open(paths[-1], 'xb') as file:
                    file.write(content(number, self.size))

            def send():
                for path in paths:
                    calls.upload(os.path.basename(path), path, folder)
            return self.timed(send)

    def receive_by_calls(self):
        calls = Calls(self.site)
        folder = self.site.admin.create_folder(USER, "Calls")['id']
        for number in self.numbers:
            self.site.admin.create_file(
                USER, name(number), content(number, self.size),
                parent=folder)
        with tempfile.TemporaryDirectory() as place:

            def receive():
                for file in calls.list(folder):
                    calls.download(file, os.path.join(place, file))
            return self.timed(receive)
