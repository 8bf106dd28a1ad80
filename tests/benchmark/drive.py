# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the synchronisation of a drive costs"
import math

from . import drive_measures as measures
from .benchmark import Benchmark
from .drive_files import folders
from .drive_parallel import parallel

__all__ = ['DriveBenchmark']

KB, MB, MIB = 1000, 1000 ** 2, 2 ** 20
# of a listing or a change log, and of the identifiers of one request
PAGE = IDENTIFIERS = 1000
# what is written at a time of what is told, of places and folders, what is
# sent or fetched at a time of contents, and what of them is written then
PULL_CHUNK, CHUNK, CONTENTS, WRITTEN = 250, 50, 200, 20
# the bytes of the largest upload by one request, and of a piece of others, and
# those of several contents that are fetched at a time
SINGLE, PIECE, AT_A_TIME = 5 * MB, 8 * MIB, 64 * MIB
# the statements of a run that sends, of a file, of a folder that is made, of
# further places, contents and answers, of further identifiers, of a further
# batch of folders
SENT, SEND, MAKE, PLACE_CHUNK, SEND_CHUNK, CONFIRM = 177, 5, 12, 16, 21, 17
IDENTIFY, MAKE_CHUNK = 12, 16
# of the upload of a chunk of large files that is begun, and of each of them
BEGIN, BEGIN_ONE = 21, 4
# of a run that receives, of a file, of the record of a folder, of further
# contents that are fetched and that are written, of a folder that is looked at
# again for them, of a further chunk of what is told, of a further page
RECEIVED, RECEIVE, FIND, RECEIVE_CHUNK, TAKE = 163, 4, 4, 20, 22
FIND_AGAIN, TOLD, TOLD_PAGE = 3, 23, 2
# of a first run, at the most: the files come in any order, so that a folder
# may be looked at for each of them
LISTED, LIST = 200, 15
# of a run that is told what was sent, of a further chunk of it, of its files
ECHO, ECHO_CHUNK, ECHO_FILES = 76, 16, 6
# of a run that has nothing to do
IDLE, IDLE_COMMITS = 61, 4
# the transactions of a run that sends and of one that receives, besides those
# of further chunks
SENT_COMMITS, RECEIVED_COMMITS, LISTED_COMMITS = 11, 6, 9
# the memory above that of a run that has nothing to do
PEAK = 100 * MIB
# seconds until Google answers
LATENCY = 0.05
# how much faster than calls one by one with so many transfers at a time: the
# aim is 3, which threads that only call reach by 3.6 where Google has one of
# two cores; what is slower than the limit waits for something else
AIM, FASTER, PARALLEL = 3, 2.5, 4


class DriveBenchmark(Benchmark):
    parts = [
        'drive_send', 'drive_receive', 'drive_list', 'drive_rules',
        'drive_sizes', 'drive_large', 'drive_parallel']
    # they measure the memory and the time, which others take, too
    long_parts = {'drive_large', 'drive_parallel'}

    def __init__(self, laboratory, reduced=False):
        super().__init__(laboratory)
        self.reduced = reduced
        self.counts = [1, 51] if reduced else [1, 50, 51, 5000]
        self.lists = [51] if reduced else [1, 51, 5000]
        self.sizes = [(20 * MB, 1)] if reduced else [
            (10 * KB, 100), (MB, 50), (20 * MB, 10)]
        # more than the memory that it may take
        self.large = 160 * MIB if reduced else 1024 * MIB
        # files, tries and transfers at a time
        self.parallel = (60, 1, [4]) if reduced else (300, 3, [1, 4, 8])

    # The requests, those in batches counted one by one

    def check_methods(self, measure, wanted):
        self.check(measure, "requests", measure.methods, {
                f'drive.{name}': number
                for name, number in wanted.items() if number})

    def check_idle(self, measure):
        "One request a change log"
        self.check_methods(measure, {'changes.list': 1})
        self.check(measure, "commits", measure.commits, IDLE_COMMITS)
        self.check_statements(measure, IDLE)

    def check_echo(self, measure, count, made):
        "What was sent is told, and known"
        pages = further(count, PAGE)
        chunks = chunks_of(count)
        self.check_methods(measure, {'changes.list': pages + 1})
        self.check(
            measure, "commits", measure.commits, IDLE_COMMITS + chunks)
        self.check_statements(
            measure, ECHO + ECHO_CHUNK * chunks + TOLD_PAGE * pages
            # what holds no file looks for none
            - ECHO_FILES * (made // PULL_CHUNK))

    # Small and larger files

    def drive_send(self):
        for count in self.counts:
            self.check_send(count, 10 * KB)

    def drive_receive(self):
        for count in self.counts:
            self.check_receive(count, 10 * KB)

    def drive_sizes(self):
        for size, count in self.sizes:
            self.check_send(count, size)
            self.check_receive(count, size)

    def check_send(self, count, size):
        sent, echo, idle = self.trial(measures.send, count, size)
        made = folders(count)
        identifiers = further(count + made, IDENTIFIERS)
        batches, chunks = further(made, CHUNK), further(count, CHUNK)
        contents, written = further(count, CONTENTS), further(count, WRITTEN)
        # a large one is begun and kept, then sent from where Google is
        large = count if size > SINGLE else 0
        self.check_methods(sent, {
                'changes.list': 1,
                'files.generateIds': identifiers + 1,
                'batch': batches + 1,
                'files.create': made + count,
                'upload.status': large,
                'upload.chunk': math.ceil(size / PIECE) * large,
                })
        self.check(sent, "files", sent.here, count)
        begun = chunks + 1 if large else 0
        self.check(sent, "commits", sent.commits, (
                SENT_COMMITS + chunks + contents + written
                + 2 * (identifiers + batches) + 2 * begun))
        self.check_statements(sent, (
                SENT + SEND * count + MAKE * made + PLACE_CHUNK * chunks
                + SEND_CHUNK * contents + CONFIRM * written
                + IDENTIFY * identifiers + MAKE_CHUNK * batches
                + BEGIN * begun + BEGIN_ONE * large))
        self.check_echo(echo, count + made, made)
        self.check_idle(idle)

    def check_receive(self, count, size):
        received, idle = self.trial(measures.receive, count, size)
        pages, told = further(count, PAGE), chunks_of(count)
        chunk = min(CONTENTS, max(PARALLEL, AT_A_TIME // size))
        contents = further(count, chunk)
        written = further(count, min(chunk, WRITTEN))
        # small chunks divide what is in one folder
        again = written if chunk < WRITTEN else 0
        self.check_methods(received, {
                'changes.list': pages + 1,
                'files.get_media': count,
                })
        self.check(received, "files", received.here, count)
        self.check(
            received, "commits", received.commits,
            RECEIVED_COMMITS + contents + written + told)
        self.check_statements(received, (
                RECEIVED + RECEIVE * count + FIND * folders(count)
                + FIND_AGAIN * again + RECEIVE_CHUNK * contents
                + TAKE * written
                + TOLD * told + TOLD_PAGE * pages))
        self.check_idle(idle)

    def drive_list(self):
        "The first run lists the folders, then the files"
        for count in self.lists:
            listed, idle = self.trial(measures.listed, count, 10 * KB)
            pages = further(count, PAGE)
            self.check_methods(listed, {
                    'changes.getStartPageToken': 1,
                    'files.list': pages + 2,
                    'files.get_media': count,
                    })
            self.check(listed, "files", listed.here, count)
            self.check(
                listed, "commits", listed.commits,
                LISTED_COMMITS + further(count, CONTENTS)
                + further(count, WRITTEN)
                # the root is a folder, too
                + chunks_of(count) + chunks_of(folders(count) + 1))
            self.expect(
                listed.statements <= LISTED + LIST * count, listed,
                f"{listed.statements} statements")
            self.check_idle(idle)

    def drive_rules(self):
        "The change log is read once, whatever the number of rules"
        idle, = self.trial(measures.rules, 3)
        self.check_idle(idle)

    # Memory and time

    def drive_large(self):
        "The memory does not grow with the file"
        for func in [measures.send_large, measures.take_large]:
            measure, = self.trial(func, self.large)
            self.expect(
                measure.peak < PEAK, measure,
                f"{measure.peak / MIB:.0f} MiB of memory for a file of "
                f"{self.large / MIB:.0f} MiB")

    def drive_parallel(self):
        files, tries, numbers = self.parallel
        found = self.laboratory.trial(
            parallel, files, 10 * KB, LATENCY, tries, numbers).result()
        for direction, seconds in found.items():
            calls = seconds.pop(None)
            for number, taken in seconds.items():
                print(
                    f"{direction} {files} files, {number} at a time: "
                    f"{calls / taken:.2f} times as fast as calls one by one, "
                    f"{taken:.2f} and {calls:.2f} seconds"
                    + (f", aim {AIM}" if number == PARALLEL else ""),
                    flush=True)
            ratio = calls / seconds[PARALLEL]
            # of few files the run itself weighs
            if not self.reduced and ratio < FASTER:
                self.failures.append(
                    f"{direction}: {ratio:.2f} times as fast")


def further(count, size):
    "The number of groups of that size, besides the first"
    return max(math.ceil(count / size) - 1, 0)


def chunks_of(count):
    "The chunks in which pages are written, besides the first"
    full, rest = divmod(count, PAGE)
    return max(
        full * (PAGE // PULL_CHUNK) + math.ceil(rest / PULL_CHUNK) - 1, 0)
