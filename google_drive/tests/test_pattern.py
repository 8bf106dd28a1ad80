# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Patterns match what Python's match, and always end soon."""
import re
import unittest

from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.google_drive.pattern import (
    SOURCE_LIMIT, Pattern, PatternError)
from trytond.modules.google_integration.tests.work import Work

# what each of the hostile ones may call of functions
WORK = 2 * 10 ** 6


def expected(source, text):
    match = re.search(source, text)
    return match and match.groupdict()


ATOMS = st.sampled_from([
        'a', 'b', 'B', r'\.', '.', r'\d', r'\w', r'\s', r'\D', '[ab]', '[^a]',
        '[a-c-]', r'[\d_]', r'\b', '^', '$'])


def _compound(inner):
    group = inner.map('(?:{})'.format)
    return st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(''.join),
        st.lists(inner, min_size=2, max_size=3).map(
            lambda branches: '(?:' + '|'.join(branches) + ')'),
        st.tuples(
            ATOMS.filter(lambda a: a not in {'^', '$', r'\b'}),
            st.sampled_from(
                ['*', '+', '?', '*?', '+?', '??', '{1,2}', '{2}']),
            ).map(''.join),
        group)


PATTERNS = st.recursive(ATOMS, _compound, max_leaves=8)


class PatternTestCase(unittest.TestCase):

    def assert_refused(self, source, code):
        with self.assertRaises(PatternError) as error:
            Pattern(source)
        self.assertEqual(error.exception.code, code)

    def test_groups(self):
        pattern = Pattern(
            r'(?P<number>INV-\d+)[ _]+(?P<date>\d{8})?.*\.pdf$')
        self.assertEqual(pattern.groups, ['date', 'number'])
        self.assertEqual(
            pattern.search("Scan of INV-0012 20261201 signed.pdf"),
            {'number': 'INV-0012', 'date': '20261201'})
        self.assertEqual(
            pattern.search("INV-1 .pdf"), {'number': 'INV-1', 'date': None})
        self.assertIsNone(pattern.search("INV-1.pdf"))
        self.assertIsNone(pattern.search("INV-1 .pdf.exe"))

    def test_case(self):
        pattern = Pattern(r'(?i)(?P<code>[A-F]\d)ß[^x]')
        self.assertEqual(pattern.search("…d4ßY"), {'code': 'd4'})
        self.assertIsNone(pattern.search("d4ßX"))
        self.assertIsNone(Pattern(r'(?P<code>[A-F]\d)').search("d4"))

    def test_refused(self):
        for source, code in [
                ('(', 'syntax'),
                ('(?P<a>x)(?P<a>y)', 'syntax'),
                ('[z-a]', 'syntax'),
                (r'(a)\1', 'forbidden'),
                (r'(?P<a>.)(?P=a)', 'forbidden'),
                ('(?=a)', 'forbidden'),
                ('(?<!a)b', 'forbidden'),
                ('(a)?(?(1)b|c)', 'forbidden'),
                ('(?>a*)', 'forbidden'),
                ('a*+', 'forbidden'),
                ('(?m)^a', 'forbidden'),
                ('(?i:a)', 'forbidden'),
                ('a' * (SOURCE_LIMIT + 1), 'long'),
                ('(?:a{1000}){1000}', 'long'),
                ('a{3000}', 'long'),
                ('a{0,3000}', 'long'),
                ('(' * 100 + 'a' + ')' * 100, 'long'),
                ]:
            with self.subTest(source):
                self.assert_refused(source, code)

    @given(PATTERNS, st.text('abB.1_ -', max_size=8))
    def test_python(self, source, text):
        "The same is matched as Python matches"
        source = f'(?P<before>a?)(?P<all>{source})'
        self.assertEqual(Pattern(source).search(text), expected(source, text))

    @given(st.text(max_size=30), st.text(max_size=10))
    def test_any(self, source, text):
        "Whatever people write is refused or does what it does in Python"
        try:
            pattern = Pattern(source)
        except PatternError:
            return
        found = expected(source, text)
        self.assertEqual(pattern.search(text) is None, found is None)

    def test_hostile(self):
        for source in [
                '(a+)+$', '(a|a)*$', '(a|aa)+$', '(.*)*b', '(a?){50}a{50}',
                '.*.*.*.*.*.*x', r'(\w+\s?)*!', '(((a*)*)*)*b',
                ]:
            with self.subTest(source), Work() as work:
                Pattern(source).search('a' * 255)
            self.assertLess(work.calls, WORK)

    def test_hostile_nothing(self):
        "What is nothing is not repeated"
        with Work() as work:
            pattern = Pattern('(?:(?:(?:){900}){900})(?P<all>a)')
        self.assertLess(work.calls, WORK)
        self.assertEqual(pattern.search("ba"), {'all': 'a'})

    def test_hostile_set(self):
        "Nor is a large set asked again and again"
        characters = ''.join(map(chr, range(0x4e00, 0x4e00 + 400)))
        with Work() as work:
            pattern = Pattern(f'(?i)[{characters}]{{0,300}}!')
            pattern.search(characters[-1] * 255)
        self.assertLess(work.calls, WORK)
