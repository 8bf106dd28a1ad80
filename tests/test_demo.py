# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import collections
import glob
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import uuid

from tests.database import save_template
from tests.demo.servers import MODULES

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MARK = 'GOOGLE_DEMO_TEST'  # in the environment of all it starts
WAIT = 420  # seconds to give up
FEW = 'issue_2*'
# of recurring-ical-events 3.8.2, as pinned in constraints.txt
LOADED = "26 events of 12 iCalendar files loaded in 3 calendars, 10 refused"
CALENDARS = 5
DRIVES = 2
REFUSED = {
    'invalid (Invalid original start time.)': 4,
    'invalid (The start and end times must either both be date or both be '
    'dateTime.)': 5,
    'timeRangeEmpty (The specified time range is empty.)': 1,
    }
STEPS = [
    "Start Google and Tryton", "Create credentials", "Authorize",
    "Google: load calendars", "Google: make documents in a drive",
    "Discover calendars and drives",
    "Pull into Tryton", "Compare", "Tryton: create, change, delete",
    "Google: create, change, delete", "Synchronize both ways",
    "Google: the guests answer", "Synchronize what Google did itself",
    "Look for each change", "Compare",
    "Synchronize with nothing to do", "Compare again",
    "Tryton: make documents of customers", "Make a rule",
    "Drive: synchronize", "Drive: compare", "Tryton: change documents",
    "Google: change documents", "Drive: synchronize both ways",
    "Look at the conflict", "Look for each change", "Drive: compare",
    "Drive: see what was sent", "Drive: synchronize with nothing to do",
    "Drive: compare again",
    "Connect Gmail", "Tryton: mail a customer", "Google: the customer answers",
    "Gmail: receive the answer", "Gmail: synchronize with nothing to do",
    "total"]


class Run:
    "The demo as a process, with a mark and a folder for its files"

    def __init__(self, *arguments):
        self.folder = tempfile.mkdtemp()
        self.mark = uuid.uuid4().hex
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'tests.demo', *arguments], cwd=ROOT,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
            env={**os.environ, 'TMPDIR': self.folder, MARK: self.mark},
            # a shell that puts a job in the background has it ignored
            preexec_fn=lambda: signal.signal(
                signal.SIGINT, signal.default_int_handler))
        self.output = ''

    def wait_line(self, text):
        for line in self.process.stdout:
            self.output += line
            if text in line:
                return line
        raise AssertionError(f"{text!r} is missing in\n{self.output}")

    def finish(self):
        "Return the exit code"
        self.output += self.process.communicate(timeout=WAIT)[0]
        return self.process.returncode

    def processes(self):
        "The command of each process that has the mark, by its id"
        found = {}
        for path in glob.glob('/proc/[0-9]*'):
            try:
                with open(f'{path}/environ', 'rb') as fp:
                    environment = fp.read()
                with open(f'{path}/cmdline', 'rb') as fp:
                    command = fp.read().decode().split('\0')
            except OSError:
                continue  # gone
            if self.mark.encode() in environment:
                found[int(os.path.basename(path))] = command
        return found

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


class DemoTestCase(unittest.TestCase):
    "Test make demo"
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        # at the same time, as the processors allow
        cls.run_ = cls.start_('--files', FEW)
        folder = cls.enterClassContext(tempfile.TemporaryDirectory())
        template = save_template(
            os.path.join(folder, 'template'), MODULES)
        # of which the database is made already
        cls.few = [
            '--files', FEW, *(['--template', template] if template else [])]
        cls.broken = cls.start_('--break', *cls.few)
        for run in [cls.run_, cls.broken]:
            run.finish()

    @classmethod
    def start_(cls, *arguments):
        run = Run(*arguments)
        cls.addClassCleanup(run.close)
        return run

    def assertNothingLeft(self, run):
        self.assertEqual(run.processes(), {}, run.output)
        self.assertEqual(os.listdir(run.folder), [], run.output)
        os.rmdir(run.folder)

    def test_equal(self):
        "Both sides are equal in the end"
        self.assertEqual(
            self.run_.process.returncode, 0, self.run_.output)
        self.assertIn("Both sides are equal", self.run_.output)
        self.assertEqual(
            re.findall(r'(\d+) differences', self.run_.output), ['0'] * 6)

    def test_loaded(self):
        "The real calendars are loaded, but for what Google refuses"
        self.assertIn(LOADED, self.run_.output)
        refused = collections.Counter()
        for count, reason in re.findall(
                r'^ +(\d+) of \S+\.ics: (.*)$', self.run_.output, re.M):
            refused[reason] += int(count)
        self.assertEqual(dict(refused), REFUSED)

    def test_found(self):
        "The changes of series and guests are looked for on both sides"
        self.assertRegex(
            self.run_.output,
            r'\d+ events, 92 occurrences of the own calendar, '
            r'7 mails of Google')

    def test_table(self):
        "The table has a row for each step, with items and requests"
        rows = re.findall(
            r'^(\S.*?)  +(\d*)  +(\d+)  +(\d+\.\d)$', self.run_.output, re.M)
        self.assertEqual([name for name, *_ in rows], STEPS)
        numbers = {
            name: (int(items or 0), int(requests))
            for name, items, requests, _ in rows}
        # the consent page, its form, the exchange of the code
        self.assertEqual(numbers["Authorize"], (1, 3))
        # the calendars, My Drive and the shared drives
        self.assertEqual(
            numbers["Discover calendars and drives"], (CALENDARS + DRIVES, 3))
        items, requests = numbers["Pull into Tryton"]
        self.assertEqual(requests, CALENDARS)
        self.assertEqual(
            numbers["Synchronize with nothing to do"][1], CALENDARS)
        self.assertEqual(
            numbers["Drive: synchronize with nothing to do"][1], 1)
        self.assertEqual(
            numbers["Gmail: synchronize with nothing to do"][1], 1)

    def test_documents(self):
        "Real documents are opened in the end, and what was lost is kept"
        for text in [
                '13 files: 0 differences', '13 documents are opened',
                'Google stands, Tryton keeps "label (Tryton, ']:
            self.assertIn(text, self.run_.output)

    def test_mails(self):
        "The answer of the customer is on the record, and nothing else"
        for text in [
                '"Our offer" of Acme, from admin@example.com, arrived once',
                'on Acme: "Re: Our offer", "We order ten." with order.pdf']:
            self.assertIn(text, self.run_.output)

    def test_nothing_left(self):
        "No process and no file is left"
        self.assertNothingLeft(self.run_)

    def test_break(self):
        "A difference is found and told"
        self.assertEqual(
            self.broken.process.returncode, 1, self.broken.output)
        self.assertRegex(
            self.broken.output,
            r'''Team: location of "Left alone" \(\w+\) is 'Elsewhere' '''
            r'at Google, None in Tryton')
        self.assertRegex(
            self.broken.output, r'"offer.pdf" of "Acme" has the MD5 \w+ at')
        self.assertNotIn("Both sides are equal", self.broken.output)
        self.assertNothingLeft(self.broken)

    def test_interrupt(self):
        "An interrupt leaves nothing"
        run = self.start_(*self.few)
        run.wait_line("Create credentials")
        # the demo, the emulator and trytond
        self.assertEqual(len(run.processes()), 3)
        run.process.send_signal(signal.SIGINT)
        self.assertEqual(run.finish(), 130, run.output)
        self.assertNothingLeft(run)

    def test_terminate(self):
        "To be terminated while the database is made leaves nothing"
        run = self.start_('--files', FEW)
        run.wait_line("the emulator of Google at")
        run.process.terminate()
        self.assertEqual(run.finish(), 143, run.output)
        self.assertNothingLeft(run)

    def test_crash(self):
        "The end of a server is a failure, and leaves nothing"
        run = self.start_(*self.few)
        run.wait_line("Create credentials")
        server, = [
            pid for pid, command in run.processes().items()
            if any(a.endswith('/trytond') for a in command)]
        os.kill(server, signal.SIGKILL)
        self.assertEqual(run.finish(), 1, run.output)
        self.assertIn("Not as it must be", run.output)
        self.assertNothingLeft(run)


if __name__ == '__main__':
    unittest.main()
