# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The example of the documentation: a service in less than 100 lines"
import glob
import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EXAMPLE = os.path.join(ROOT, 'doc', 'example')
TASKS = os.path.join(EXAMPLE, 'google_tasks', 'tasks.py')


class ExampleTestCase(unittest.TestCase):

    def test_lines(self):
        with open(TASKS) as fp:
            lines = fp.read().splitlines()
        self.assertLess(len(lines), 100)
        self.assertLessEqual(max(map(len, lines)), 79)

    def test_synchronize(self):
        "The example works as a module that is installed"
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.install(folder)
        environment = dict(os.environ)
        # an activated database in the cache does not know of changes here,
        # but what was activated before the example is as good as ever
        if cache := environment.pop('DB_CACHE', None):
            if paths := glob.glob(os.path.join(cache, '*.dump')):
                environment['DB_CACHE'] = os.path.join(folder, 'cache')
                os.mkdir(environment['DB_CACHE'])
                for path in paths:
                    os.symlink(path, os.path.join(
                            environment['DB_CACHE'], os.path.basename(path)))
        environment['PYTHONPATH'] = os.pathsep.join(
            [folder, EXAMPLE, ROOT, environment.get('PYTHONPATH', '')])
        process = subprocess.run(
            [sys.executable, '-m', 'unittest', 'tests.example.scenario'],
            cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(process.returncode, 0, process.stdout)
        count = re.search(r'^Ran (\d+) tests', process.stdout, re.MULTILINE)
        self.assertGreater(int(count.group(1)), 10, process.stdout)
        self.assertNotIn('skipped', process.stdout)

    @staticmethod
    def install(folder):
        "What pip leaves of a distribution that is installed in place"
        folder = os.path.join(folder, 'google_tasks-8.0.0.dist-info')
        os.mkdir(folder)
        for name, text in [
                ('METADATA',
                    "Metadata-Version: 2.1\n"
                    "Name: google_tasks\n"
                    "Version: 8.0.0\n"),
                ('entry_points.txt',
                    "[trytond.modules]\n"
                    "google_tasks = google_tasks\n"),
                ]:
            with open(os.path.join(folder, name), 'w') as fp:
                fp.write(text)
