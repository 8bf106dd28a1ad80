# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import warnings
import zipfile
from configparser import ConfigParser
from email.parser import HeaderParser

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEADER = [
    "This file is part of the Tryton Google modules.  The COPYRIGHT file at "
    "the",
    "top level of this repository has the full notices and license terms.",
    ]
LONG = 500
IGNORED = {
    '.git', '.cache', '.ruff_cache', '.hypothesis', '__pycache__', 'build',
    'dist', '_build'}


def list_files():
    "What is, or would be, in the repository"
    try:
        output = subprocess.run(
            ['git', 'ls-files', '-z', '--cached', '--others',
                '--exclude-standard'],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        names = list(walk_files())
    else:
        names = output.split('\0')
    return sorted(
        n for n in names if n and os.path.isfile(os.path.join(ROOT, n)))


def walk_files():
    for root, folders, files in os.walk(ROOT):
        folders[:] = [
            f for f in folders
            if f not in IGNORED
            and not f.startswith('.venv')
            and not f.endswith('.egg-info')
            and not os.path.exists(os.path.join(root, f, 'pyvenv.cfg'))]
        for name in files:
            yield os.path.relpath(os.path.join(root, name), ROOT)


def read(name):
    with open(os.path.join(ROOT, name), encoding='utf-8') as fp:
        return fp.read()


def read_text(name):
    "The text of a file, None when it is no text"
    try:
        return read(name)
    except UnicodeDecodeError:
        return None


def read_cfg(name):
    config = ConfigParser()
    config.read_string(read(name))
    return config['tryton']


def normalize(name):
    return re.sub(r'[-_.]+', '-', name).lower()


def name_of(requirement):
    return normalize(re.match(r'[\w.-]+', requirement).group())


class ManifestTestCase(unittest.TestCase):
    "Test the manifest and the files of the repository"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manifest = read_cfg('tryton.cfg')
        cls.modules = cls.manifest['modules'].split()
        cls.files = list_files()

    def test_modules(self):
        "Test every module is in the manifest"
        found = {
            name.split('/')[0] for name in self.files
            if re.fullmatch(r'[^/]+/tryton\.cfg', name)}
        self.assertEqual(set(self.modules), found)

    def test_versions(self):
        "Test the versions of the modules are that of the manifest"
        for module in self.modules:
            with self.subTest(module=module):
                self.assertEqual(
                    read_cfg(f'{module}/tryton.cfg')['version'],
                    self.manifest['version'])

    def test_constraints(self):
        "Test the constraints pin Tryton's modules to their series"
        series = '.'.join(self.manifest['version'].split('.')[:2])
        pins = re.findall(
            r'^(trytond\w*|proteus)==(\S+)', read('constraints.txt'),
            re.MULTILINE)
        self.assertIn('trytond', dict(pins))
        for name, version in pins:
            with self.subTest(name=name):
                self.assertTrue(version.startswith(series + '.'), version)

    def test_headers(self):
        "Test every file of code begins with the two lines of its license"
        for name in self.files:
            lines = self.get_header(name)
            if lines is None:
                continue
            with self.subTest(name=name):
                self.assertEqual(lines, HEADER)

    def get_header(self, name):
        base = os.path.basename(name)
        _, extension = os.path.splitext(base)
        text = read_text(name)
        if not text:
            return
        lines = text.splitlines()
        if lines[0].startswith(('#!', '<?xml', '<!DOCTYPE', '<!doctype')):
            del lines[0]
        if (extension in {'.py', '.sh', '.toml'}
                or base in {'Makefile', 'constraints.txt'}
                or text.startswith('#!')):
            return [line.removeprefix('# ') for line in lines[:2]]
        elif extension in {'.xml', '.html'}:
            text = ' '.join(lines[:4])
            if match := re.match(r'<!--!?\s*(.*?)\s*-->', text):
                text = match.group(1)
            text = ' '.join(text.split())
            # Comments may break the lines where they like
            return HEADER if text == ' '.join(
                ' '.join(HEADER).split()) else [text]

    def test_hosts_and_paths(self):
        "Test no file names a package registry or a folder of a machine"
        registry = re.compile(
            r'\b(pypi|pythonhosted|npmjs|debian)\.(org|com|net)\b', re.I)
        path = re.compile(
            r'(?<![\w.}$/-])/(work|root|home/\w+|tmp/work|Users/\w+)/')
        for name in self.files:
            for number, line in enumerate(
                    (read_text(name) or '').splitlines(), 1):
                with self.subTest(name=name, line=number):
                    self.assertIsNone(registry.search(line))
                    self.assertIsNone(path.search(line))

    def test_readme(self):
        "Test the README names the two commands"
        readme = read('README.md')
        for command in ['make demo', 'make test']:
            self.assertIn(command, readme)

    def test_readme_example(self):
        "Test the example of the README does what it says"
        examples = re.findall(
            r'^```python\n(.*?)^```$', read('README.md'), re.M | re.S)
        self.assertTrue(examples)
        for example in examples:
            exec(compile(example, 'README.md', 'exec'), {})

    def test_length(self):
        "Tell the files of code that have become long"
        for name in self.files:
            if name.endswith('.py'):
                count = len(read(name).splitlines())
                if count > LONG:
                    warnings.warn(f"{name} has {count} lines")


class BuildTestCase(unittest.TestCase):
    "Test what is built from the repository"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manifest = read_cfg('tryton.cfg')
        cls.modules = cls.manifest['modules'].split()
        cls.files = list_files()
        cls.folder = tempfile.mkdtemp()
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        source = os.path.join(cls.folder, 'source')
        for name in cls.files:
            target = os.path.join(source, name)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copyfile(os.path.join(ROOT, name), target)
        # What an earlier build left and is in the repository no more
        cls.stale = f'trytond/modules/{cls.modules[0]}/stale.py'
        stale = os.path.join(source, 'build', 'lib', cls.stale)
        os.makedirs(os.path.dirname(stale))
        open(stale, 'w').close()
        cls.wheel = cls.build(source, 'wheel')
        sdist = cls.build(source, 'sdist')
        with tarfile.open(sdist) as archive:
            # the first Pythons 3.11 know no filter
            archive.extraction_filter = getattr(
                tarfile, 'data_filter', lambda member, path: member)
            archive.extractall(cls.folder)
        extracted = os.path.join(
            cls.folder, os.path.basename(sdist).removesuffix('.tar.gz'))
        cls.again = cls.build(extracted, 'wheel')

    @classmethod
    def build(cls, source, kind):
        target = os.path.join(source, 'dist')
        code = (
            'import sys\n'
            'from setuptools import build_meta\n'
            f'print(build_meta.build_{kind}(sys.argv[1]))\n')
        result = subprocess.run(
            [sys.executable, '-c', code, target], cwd=source,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if result.returncode:
            raise AssertionError(result.stdout + result.stderr)
        return os.path.join(target, result.stdout.splitlines()[-1])

    def names(self, wheel):
        with zipfile.ZipFile(wheel) as archive:
            return set(archive.namelist())

    def read(self, suffix):
        with zipfile.ZipFile(self.wheel) as archive:
            name, = [n for n in archive.namelist() if n.endswith(suffix)]
            return archive.read(name).decode()

    def test_complete(self):
        "Test the wheel has every file of the modules"
        names = self.names(self.wheel)
        missing = [
            name for name in self.files
            if name.split('/')[0] in self.modules
            and f'trytond/modules/{name}' not in names]
        self.assertEqual(missing, [])

    def test_nothing_else(self):
        "Test the wheel has nothing but the modules"
        files = {f'trytond/modules/{name}' for name in self.files}
        self.assertEqual([
                name for name in self.names(self.wheel)
                if '.dist-info/' not in name and name not in files], [])
        self.assertNotIn(self.stale, self.names(self.wheel))

    def test_round_trip(self):
        "Test the wheel of the source distribution is the same"
        self.assertEqual(self.names(self.wheel), self.names(self.again))

    def test_entry_points(self):
        "Test each module has its entry point"
        config = ConfigParser()
        config.optionxform = str
        config.read_string(self.read('.dist-info/entry_points.txt'))
        self.assertEqual(dict(config['trytond.modules']), {
                m: f'trytond.modules.{m}' for m in self.modules})

    def test_metadata(self):
        "Test the name, the version, the license and what is required"
        metadata = HeaderParser().parsestr(self.read('.dist-info/METADATA'))
        self.assertEqual(
            normalize(metadata['Name']), 'trytond-google-integration')
        self.assertEqual(metadata['Version'], self.manifest['version'])
        for name in ['LICENSE', 'COPYRIGHT']:
            self.assertTrue(self.read(f'/licenses/{name}'))
        major, minor, *_ = map(int, self.manifest['version'].split('.'))
        trytond, = [
            r for r in metadata.get_all('Requires-Dist')
            if re.match(r'trytond[^\w-]', r) and 'extra' not in r]
        self.assertIn(f'>={major}.{minor}', trytond)
        self.assertIn(f'<{major}.{minor + 1}', trytond)

    def test_pinned(self):
        "Test everything that is required is pinned in the constraints"
        metadata = HeaderParser().parsestr(self.read('.dist-info/METADATA'))
        pins = {
            normalize(name) for name in re.findall(
                r'^([\w.-]+)==', read('constraints.txt'), re.MULTILINE)}
        self.assertEqual([
                r for r in metadata.get_all('Requires-Dist')
                if name_of(r) not in pins], [])
