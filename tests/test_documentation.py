# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The documentation says what the modules do"
import ast
import doctest
import glob
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree
from unittest.mock import patch

import trytond
from trytond.modules.google_integration import configuration

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DOC = os.path.join(ROOT, 'doc')
TRYTON = [
    os.path.join(os.path.dirname(trytond.__file__), name)
    for name in ['ir', 'res']]
MODULES = sorted(
    os.path.dirname(path)
    for path in glob.glob(os.path.join(ROOT, 'google_*', 'tryton.cfg')))


def read(*path):
    with open(os.path.join(*path), encoding='utf-8') as fp:
        return fp.read()


def pages():
    for path in sorted(
            glob.glob(os.path.join(DOC, '**', '*.rst'), recursive=True)):
        if '_build' not in path.split(os.sep):
            yield os.path.relpath(path, DOC), read(path)


def roles(name):
    "Yield the page and the text of each use of the role"
    for page, text in pages():
        for value in re.findall(rf':{name}:`([^`]+)`', text):
            yield page, ' '.join(value.split())


def named_classes(source):
    "Yield the name of each class of the pool and if it is a wizard"
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ClassDef):
            continue
        bases = {base.id for base in node.bases if hasattr(base, 'id')}
        for line in node.body:
            if (isinstance(line, ast.Assign)
                    and getattr(line.targets[0], 'id', '') == '__name__'):
                yield line.value.value, (
                    'wizard' if 'Wizard' in bases else 'model')


class PagesTestCase(unittest.TestCase):

    if importlib.util.find_spec('sphinx'):
        def test_build(self):
            "It builds without a warning, so that all links lead somewhere"
            folder = self.enterContext(tempfile.TemporaryDirectory())
            process = subprocess.run(
                [sys.executable, '-m', 'sphinx', '-q', '-W', '--keep-going',
                    '-d', os.path.join(folder, 'doctrees'),
                    DOC, os.path.join(folder, 'html')],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True)
            self.assertEqual(
                (process.returncode, process.stdout), (0, ''))
            for page in ['index', 'reference', 'usage/index']:
                self.assertTrue(os.path.isfile(
                        os.path.join(folder, 'html', f'{page}.html')))

    def test_width(self):
        for page, text in pages():
            for line in text.splitlines():
                # what is quoted is as it is
                if not line.startswith('   '):
                    self.assertLess(len(line), 80, f'{page}: {line}')

    def test_models(self):
        """Each model and each wizard has its anchor, each anchor its model.

        What is shown in the windows of a wizard is named after it and has
        none, neither has what relates two models.
        """
        names = {'model': set(), 'wizard': set()}
        for module in MODULES:
            for path in glob.glob(os.path.join(module, '*.py')):
                for name, kind in named_classes(read(path)):
                    names[kind].add(name)
        self.assertIn(
            'google_integration.google_credentials', names['model'])
        names['model'] = {
            name for name in names['model']
            if '-' not in name
            and not any(name.startswith(w + '.') for w in names['wizard'])}
        for kind in names:
            anchors = re.findall(
                rf'^\.\. _{kind}-(.+):$', read(DOC, 'design.rst'),
                re.MULTILINE)
            self.assertEqual(sorted(names[kind]), sorted(anchors))

    def test_rooms(self):
        "The design tells the concern of each file, and of no other"
        text = read(DOC, 'design.rst')
        rooms = text[text.index('.. _Rooms:'):text.index('.. _A run:')]
        files = {
            os.path.basename(path) for module in MODULES
            for path in glob.glob(os.path.join(module, '*.py'))}
        self.assertEqual(
            set(re.findall(r'``(\w+\.py)``', rooms)),
            files - {'__init__.py', 'exceptions.py'})

    def test_scheduled_tasks(self):
        "What the scheduler runs is told, and no more"
        names = set()
        for module in MODULES:
            names.update(re.findall(
                    r"\|\w+',\s*\"([^\"]+)\"", read(module, 'ir.py')))
        text = read(DOC, 'configuration.rst')
        self.assertEqual(
            set(re.findall(
                r'^\* \*([^*]+)\*,',
                text[text.index('.. _Choosing processes:'):], re.MULTILINE)),
            names)

    def test_labels(self):
        "What is quoted as a label is one"
        labels = set()
        for _, path in all_files('*.py'):
            labels.update(re.findall(r'"([^"\n]+)"', read(path)))
        for _, path in all_files('*.xml', 'view/*.xml'):
            for element in ElementTree.parse(path).iter():
                labels.update([element.text, element.get('string')])
        for page, label in roles('guilabel'):
            self.assertIn(label, labels, page)

    def test_menus(self):
        menus = {}
        for module, path in all_files('*.xml', 'ui/*.xml'):
            tree = ElementTree.parse(path)
            names = {
                record.get('id'): record.findtext('field[@name="name"]')
                for record in tree.iter('record')}
            for item in tree.iter('menuitem'):
                name = item.get('name') or names.get(item.get('action'))
                parent = item.get('parent')
                if parent and '.' not in parent:
                    parent = f'{module}.{parent}'
                menus[f'{module}.{item.get("id")}'] = name, parent

        def path_of(id):
            name, parent = menus[id]
            return (path_of(parent) if parent else []) + [name]

        paths = [path_of(id) for id in menus]
        for page, menu in roles('menuselection'):
            self.assertIn(menu.split(' --> '), paths, page)
        menus = re.findall(
            r'\*\*([^*]+ > [^*]+)\*\*', read(ROOT, 'README.md'))
        self.assertTrue(menus)
        for menu in menus:
            self.assertIn(
                ' '.join(menu.split()).split(' > '), paths, 'README.md')

    def test_changelog(self):
        lines = read(ROOT, 'CHANGELOG').split('\nVersion ')[0].splitlines()
        self.assertTrue(lines)
        for line in lines:
            self.assertRegex(line, r'^(\* [A-Z].*[^.]|  \S.*[^.])$')


def all_files(*patterns):
    "Yield the names of the modules and the paths of their files"
    for folder in [*MODULES, *TRYTON]:
        for pattern in patterns:
            for path in glob.glob(os.path.join(folder, pattern)):
                yield os.path.basename(folder), path


class ConfigurationTestCase(unittest.TestCase):

    def sections(self):
        "The text below the heading of each option"
        parts = re.split(
            r'^``(\w+)``\n=+\n', read(DOC, 'configuration.rst'),
            flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2]))

    def test_options(self):
        "Each option that is read is there, and no other"
        options = set()

        def get(section, option, default=None):
            self.assertEqual(section, 'google_integration')
            options.add(option)
            return default

        with patch.object(configuration.config, 'get', get):
            for name in configuration.__all__:
                getattr(configuration, name)()
        self.assertIn('lease', options)
        self.assertEqual(options, self.sections().keys())
        for option in options:
            self.assertIn(
                f'.. _config-google_integration.{option}:',
                read(DOC, 'configuration.rst'))

    def test_options_drive(self):
        "So is each option of Google Drive"
        options = set()
        for path in glob.glob(os.path.join(ROOT, 'google_drive', '*.py')):
            options.update(re.findall(
                    r"config\.get\(\s*(?:SECTION|'google_drive'),\s*'(\w+)'",
                    read(path)))
        self.assertIn('store_limit', options)
        self.assertEqual(options, set(re.findall(
                    r'^\.\. _config-google_drive\.(\w+):\n\n``\1``\n-+\n',
                    read(DOC, 'configuration.rst'), re.MULTILINE)))

    def test_options_gmail(self):
        "So is each option of Gmail"
        options = set()
        for path in glob.glob(os.path.join(ROOT, 'google_gmail', '*.py')):
            options.update(re.findall(
                    r"config\.get\w*\(\s*'google_gmail',\s*'(\w+)'",
                    read(path)))
        self.assertIn('filestore', options)
        self.assertEqual(options, set(re.findall(
                    r'^\.\. _config-google_gmail\.(\w+):\n\n``\1``\n-+\n',
                    read(DOC, 'configuration.rst'), re.MULTILINE)))

    def test_messages_gmail(self):
        "What is said about a mail or an account is in the troubleshooting"
        text = ' '.join(read(
                DOC, 'usage', 'gmail_troubles.inc.rst').split())
        path = os.path.join(ROOT, 'google_gmail', 'message.xml')
        for record in ElementTree.parse(path).iter('record'):
            id = record.get('id')
            if id.startswith('msg_error_'):
                message = record.findtext('field[@name="text"]')
                part = next(
                    p.strip() for p in re.split(
                        r'%\(\w+\)s|["(:.,]', message)
                    if len(p.split()) > 2)
                # long ones are cut
                self.assertIn(' '.join(part.split()[:12]), text, id)

    def test_defaults(self):
        with patch.object(
                configuration.config, 'get',
                lambda section, option, default=None: default):
            settings = configuration.client_settings()
            endpoints = configuration.endpoints()
            defaults = {
                'timeout': settings.timeout,
                'retry': settings.retry,
                'deadline': settings.deadline,
                'lease': configuration.lease(),
                'auth_uri': endpoints.auth_uri,
                'token_uri': endpoints.token_uri,
                'revoke_uri': endpoints.revoke_uri,
                'smtp_uri': configuration.smtp_uri(),
                }
        documented = {}
        for option, text in self.sections().items():
            match = re.search(r'^The default value is: ``(.+)``$', text,
                re.MULTILINE)
            if match:
                documented[option] = match.group(1)
            else:
                self.assertRegex(
                    text, 'There is no default value|default value is empty')
        self.assertEqual(documented, {
                option: f'{value:g}' if isinstance(value, float)
                else str(value) for option, value in defaults.items()})


class CodeTestCase(unittest.TestCase):

    def setUp(self):
        super().setUp()
        # of oauthlib: what is shown is for https
        self.enterContext(patch.dict(os.environ))
        os.environ.pop('OAUTHLIB_INSECURE_TRANSPORT', None)

    def test_reference(self):
        result = doctest.testfile(
            os.path.join(DOC, 'reference.rst'), module_relative=False,
            encoding='utf-8', optionflags=doctest.NORMALIZE_WHITESPACE)
        self.assertEqual(result.failed, 0)
        self.assertGreater(result.attempted, 30)

    def test_readme(self):
        blocks = re.findall(
            r'^```python\n(.*?)^```$', read(ROOT, 'README.md'),
            re.MULTILINE | re.DOTALL)
        self.assertTrue(blocks)
        for block in blocks:
            exec(compile(block, 'README.md', 'exec'), {})
