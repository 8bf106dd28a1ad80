# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
import glob
import json
import os
import re
import subprocess
import sys
import unittest
from collections import defaultdict

import polib
from trytond.ir.translation import TrytonPOFile

from tools.translations import HERE, LANGUAGES, file, modules

# Without files, so that all of its sources come from the modules
NEW = 'it'
LABELS = (
    'field:', 'selection:', 'view:', 'model:ir.action,', 'model:ir.ui.menu,',
    'model:ir.model.button,string:', 'model:res.group,')


def entries(module, language):
    return polib.pofile(file(module, language))


def key(entry):
    return (entry.msgctxt, entry.msgid)


def placeholders(text):
    return set(re.findall(r'%\(\w+\)[a-z]', text))


class TranslationsTestCase(unittest.TestCase):
    "Test what is in the files of the translations"

    def each_entry(self):
        for module in modules():
            for language in LANGUAGES:
                found = entries(module, language)
                self.assertTrue(found)
                for entry in found:
                    yield language, entry, {
                        'file': f'{module}/{language}',
                        'context': entry.msgctxt,
                        'source': entry.msgid,
                        }

    def test_languages(self):
        "Test every module has the files of all languages and no other"
        for module in modules():
            found = glob.glob(os.path.join(HERE, module, 'locale', '*'))
            self.assertEqual(
                sorted(found), [file(module, lang) for lang in LANGUAGES])

    def test_complete(self):
        "Test everything is translated, by somebody who knew the source"
        for _, entry, where in self.each_entry():
            with self.subTest(**where):
                self.assertTrue(entry.msgstr.strip())
                self.assertFalse(entry.fuzzy)
                self.assertFalse(entry.obsolete)

    def test_sources(self):
        "Test all languages have the same sources, each once"
        for module in modules():
            expected = [key(e) for e in entries(module, LANGUAGES[0])]
            self.assertEqual(len(set(expected)), len(expected))
            for language in LANGUAGES:
                with self.subTest(module=module, language=language):
                    self.assertEqual(
                        [key(e) for e in entries(module, language)], expected)

    def test_format(self):
        "Test the files are as the tool writes them"
        for module in modules():
            for language in LANGUAGES:
                path = file(module, language)
                content = polib.pofile(path, klass=TrytonPOFile, wrapwidth=78)
                content.sort()
                with (
                        self.subTest(module=module, language=language),
                        open(path, encoding='utf-8') as fp):
                    self.assertEqual(fp.read(), str(content))

    def test_placeholders(self):
        "Test the values find their place in the translation"
        count = 0
        for _, entry, where in self.each_entry():
            names = placeholders(entry.msgid)
            with self.subTest(**where):
                self.assertEqual(placeholders(entry.msgstr), names)
                if names:
                    count += 1
                    values = {name[2:-2]: name for name in names}
                    # A lone % fails here, as it would for the user
                    self.assertEqual(
                        placeholders(entry.msgstr % values), names)
        self.assertTrue(count)

    def test_lines(self):
        "Test the lines and the ends of the translation are those of the text"
        for _, entry, where in self.each_entry():
            with self.subTest(**where):
                self.assertEqual(
                    entry.msgstr.count('\n'), entry.msgid.count('\n'))
                self.assertEqual(entry.msgstr, entry.msgstr.strip())
                self.assertEqual(
                    entry.msgstr.endswith('.'), entry.msgid.endswith('.'))

    def test_quotes(self):
        "Test the quotes are those of the translations of Tryton"
        for language, entry, where in self.each_entry():
            other = '"„“”' if language == 'fr' else '«»„“”'
            with self.subTest(**where):
                self.assertFalse(set(other) & set(entry.msgstr))
                self.assertNotRegex(entry.msgstr, r'«(?!\xa0)|(?<!\xa0)»')
                self.assertEqual(
                    entry.msgstr.count('«'), entry.msgstr.count('»'))
                if language == 'fr':
                    self.assertNotRegex(entry.msgstr, r' [:;?!]')

    def test_names_in_messages(self):
        "Test a message calls a button, field or choice as its label does"
        count = 0
        for language in LANGUAGES:
            labels = defaultdict(set)
            for module in modules():
                for entry in entries(module, language):
                    if entry.msgctxt.startswith(LABELS):
                        labels[entry.msgid].add(entry.msgstr)
            for module in modules():
                for entry in entries(module, language):
                    if not entry.msgctxt.startswith('model:ir.message,'):
                        continue
                    for name in re.findall(r'"([^"]+)"', entry.msgid):
                        if name not in labels:
                            continue
                        count += 1
                        quotes = '«\xa0{}\xa0»' if language == 'fr' else '"{}"'
                        with self.subTest(
                                language=language, source=entry.msgid):
                            self.assertTrue(any(
                                    quotes.format(label) in entry.msgstr
                                    for label in labels[name]))
        self.assertGreaterEqual(count, len(LANGUAGES))


class SourcesTestCase(unittest.TestCase):
    "Test the files of the translations have what is in the modules"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The database of a process of its own, not that of the tests
        environment = {
            k: v for k, v in os.environ.items()
            if not k.startswith('TRYTOND_') and k != 'DB_NAME'}
        environment['TRYTOND_DATABASE_URI'] = 'sqlite://'
        if environment.get('DB_CACHE', '').startswith('postgresql:'):
            del environment['DB_CACHE']
        code = (
            'import json, sys\n'
            'from tests.child import share_cache\n'
            'from tools.translations import export\n'
            'from trytond.tests import test_tryton\n'
            'share_cache(test_tryton)\n'
            'json.dump({\n'
            '        module: content.decode()\n'
            f'        for module, content in export({NEW!r})}},\n'
            '    sys.stdout)\n')
        cls.process = subprocess.run(
            [sys.executable, '-c', code], cwd=HERE, env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)
        if cls.process.returncode:
            raise AssertionError(cls.process.stderr)
        cls.contents = json.loads(cls.process.stdout)

    def test_new(self):
        "Test nothing of the language that was exported is translated"
        self.assertNotIn(NEW, LANGUAGES)
        for content in self.contents.values():
            for entry in polib.pofile(content):
                self.assertFalse(entry.msgstr)

    def test_current(self):
        "Test the files have every text of the modules and no other"
        self.assertEqual(list(self.contents), modules())
        for module, content in self.contents.items():
            expected = {key(e): e.flags for e in polib.pofile(content)}
            for language in LANGUAGES:
                found = {key(e): e.flags for e in entries(module, language)}
                with self.subTest(
                        module=module, language=language,
                        command="python -m tools.translations"):
                    self.assertEqual(expected.keys() - found.keys(), set())
                    self.assertEqual(found.keys() - expected.keys(), set())
                    self.assertEqual(found, expected)

    def test_kinds(self):
        "Test the tool exports the texts of all kinds"
        contexts = {
            key(e)[0]
            for content in self.contents.values()
            for e in polib.pofile(content)}
        for kind in [*LABELS, 'help:', 'model:ir.message,', 'model:ir.rule',
                'model:ir.model.button,confirm:']:
            with self.subTest(kind=kind):
                self.assertTrue(
                    any(c.startswith(kind) for c in contexts))
