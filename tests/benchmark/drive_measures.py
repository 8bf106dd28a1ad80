# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What is measured of a drive, each in a process, a database and a Google"
import gc
import re
import tempfile
from pathlib import Path

from tests.robustness.laboratory import USER
from tests.robustness.processes import Process, listen, tell

from .drive_calls import Calls
from .drive_files import (
    EACH, assert_same, attach, attach_large, drop, folder_of, large, name)
from .measure import Measure, synchronize

__all__ = ['listed', 'receive', 'rules', 'send', 'send_large', 'take_large']


def measure(site, what, items, peak=0):
    site.admin.clear_log()
    commits, statements, seconds, _ = Process(synchronize, site).result()
    return counted(site, Measure(
            what, items, commits=commits, statements=statements,
            seconds=seconds))


def counted(site, measure):
    "Add what Google counted"
    counters = site.admin.counters()
    measure.requests = counters['requests']
    measure.methods = counters['methods']
    (measure.here,), = site.sql(
        "SELECT count(*) FROM google_drive_file "
        "WHERE google_state = 'synchronized'")
    return measure


def quiet(site):
    "What was sent comes back, then there is nothing to do"
    return [
        measure(site, "what was sent", 0), measure(site, "nothing to do", 0)]


def send(site, items, size):
    "Send so many new files, then nothing"
    Process(site.synchronize).result()
    Process(attach, site, range(items), size).result()
    result = measure(site, f"send, {kilobytes(size)}", items)
    assert_same(site, items)
    return [result, *quiet(site)]


def receive(site, items, size):
    "Receive so many new files, then nothing"
    for number in range(0, items, EACH):
        folder_of(site, number)
    Process(site.synchronize).result()
    drop(site, range(items), size)
    result = measure(site, f"receive, {kilobytes(size)}", items)
    assert_same(site, items)
    return [result, measure(site, "nothing to do", 0)]


def listed(site, items, size):
    "Receive files that are there at the first synchronisation"
    drop(site, range(items), size)
    result = measure(site, f"list, {kilobytes(size)}", items)
    assert_same(site, items)
    return [result, measure(site, "nothing to do", 0)]


def kilobytes(size):
    return f'{size // 1000} KB'


def rules(site, count):
    "Do nothing for so many rules"
    Process(add_rules, site, count).result()
    Process(site.synchronize).result()
    Process(site.synchronize).result()
    return [measure(site, f"nothing to do, {count} rules", 0)]


def add_rules(site, count):
    with site.transaction(user=1) as transaction:
        for number in range(1, count):
            folder = site.admin.create_folder(USER, f"Folder {number}")
            site.add_rule(site.id, folder['id'])
        transaction.commit()


# The memory of the process, whoever allocates it

def resident(name):
    "VmRSS, what the process has, or VmHWM, the most that it had"
    status = Path('/proc/self/status').read_text()
    return int(re.search(rf'{name}:\s+(\d+) kB', status)[1]) * 1024


def peak_of(func):
    "Call the function, which returns True; return the most that it took"
    gc.collect()
    # the most that it had is what it has now
    Path('/proc/self/clear_refs').write_text('5')
    idle = resident('VmRSS')
    if not func():
        raise AssertionError("it failed")
    return resident('VmHWM') - idle


def transfer(site, make):
    """The memory that a run takes above what an idle one has

    What is to be transferred is made between the two.
    """
    if not site.synchronize():
        raise AssertionError("it failed")
    make()
    return peak_of(site.synchronize)


def send_large(site, size):
    "Send a large file"
    peak = Process(
        transfer, site, lambda: attach_large(site, size)).result()
    assert_same(site, 1)
    return [counted(site, Measure("send a large file", 1, peak=peak))]


def wait():
    tell()
    listen()


def take_large(site, size):
    "Receive a large file"
    process = Process(transfer, site, wait)
    process.start().told()
    upload_large(site, size)
    site.admin.clear_log()
    process.say()
    peak = process.result()
    assert_same(site, 1)
    return [counted(site, Measure("receive a large file", 1, peak=peak))]


def upload_large(site, size):
    "Put a large file into the folder of a record, as another program does"
    with tempfile.NamedTemporaryFile(dir=site.laboratory.folder) as file:
        file.writelines(large(size))
        file.flush()
        Calls(site).upload(name(0), file.name, folder_of(site, 0), True)
