# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Names that survive wherever they are downloaded to."""
import re
import unicodedata
import unittest

from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.google_drive.naming import (
    EMPTY, NAME_LIMIT, alike, clean_name, extension, file_name, segments,
    wildcard)

FAMILY = '👨\u200d👩\u200d👧'
# letters, what is refused somewhere, and what has several characters
NASTY = st.text(
    st.one_of(
        st.sampled_from('./\\:*?"<>|~_% \t\n\x00\x1b\x7fNULcon1é日\u0301'),
        st.sampled_from(['\u202e', '\u200d', '\ud800', '\uffff', '😀', '🏽']),
        st.characters()),
    max_size=400)
DEVICES = [
    'CON', 'PRN', 'AUX', 'NUL', *(f'COM{i}' for i in range(10)),
    *(f'LPT{i}' for i in range(10)), 'COM¹', 'LPT³']


def like(pattern, text):
    "What LIKE does, without regard to case"
    regexp = ''.join(
        {'%': '.*', '_': '.'}.get(c, re.escape(c)) for c in pattern)
    return bool(re.fullmatch(regexp, text, re.DOTALL | re.IGNORECASE))


class NameTestCase(unittest.TestCase):

    def test_names(self):
        for text, name in [
                ("Invoice 12.pdf", "Invoice 12.pdf"),
                ("INV/2026/12", "INV_2026_12"),
                ('the "best" <a|b>: c?*\\', "the _best_ _a_b__ c___"),
                ("it's fine", "it's fine"),
                ("..", EMPTY), (".", EMPTY), ("...", EMPTY), ("", EMPTY),
                ("../../etc/passwd", ".._.._etc_passwd"),
                (" \t\n", EMPTY), ("a\n\tb  c ", "a b c"),
                ("a\x00\x1bb\x7f", "ab"), ("Acme Inc.", "Acme Inc"),
                (".htaccess", ".htaccess"),
                ("nul", "_nul"), ("NUL.txt", "_NUL.txt"), ("null", "null"),
                ("com¹.a.b", "_com¹.a.b"), ("CON ", "_CON"),
                ("invoice\u202efdp.exe", "invoicefdp.exe"),
                ("e\u0301te\u0301", "été"), ("half \ud83d", "half"),
                (FAMILY + ".png", FAMILY + ".png"),
                ("a\u2028b\xa0c", "a b c"), ("a\uffff\ufeffb", "ab"),
                ]:
            with self.subTest(text):
                self.assertEqual(clean_name(text), name)

    def test_devices(self):
        for device in DEVICES:
            for text in [
                    device, device.lower(), device + '.txt', device + ' .x']:
                self.assertEqual(clean_name(text), '_' + text)

    @given(NASTY)
    def test_laws(self, text):
        name = clean_name(text)
        self.assertTrue(name)
        self.assertLessEqual(len(name.encode()), NAME_LIMIT)
        self.assertNotRegex(name, r'[<>:"/\\|?*\x00-\x1f\x7f]')
        self.assertNotIn(name, {'.', '..'})
        self.assertEqual(name, name.strip().rstrip('.'))
        self.assertNotIn(name.partition('.')[0].rstrip().upper(), DEVICES)
        self.assertEqual(unicodedata.normalize('NFC', name), name)
        # what is clean stays
        self.assertEqual(clean_name(name), name)

    def test_long(self):
        text = "Offer / " + 'é' * 300
        name = clean_name(text + ".docx")
        self.assertRegex(name, r'^Offer _ é+~[0-9a-f]{8}\.docx$')
        self.assertGreater(len(name.encode()), NAME_LIMIT - 2)
        # both begin alike
        self.assertNotEqual(name, clean_name(text + "!.docx"))
        self.assertEqual(clean_name('x' * NAME_LIMIT), 'x' * NAME_LIMIT)

    def test_long_emoji(self):
        "Nobody is taken out of a family"
        for blanks in range(30):
            name = clean_name('x' * blanks + FAMILY * 40)
            stem = name.rpartition('~')[0].lstrip('x')
            self.assertEqual(stem.replace(FAMILY, ''), '')

    def test_extension(self):
        for name, ext in [
                ("a.pdf", ".pdf"), ("a.tar.gz", ".gz"), ("a", ""),
                (".htaccess", ""), ("a.", ""), ("v1. final", ""),
                ("a.averyverylongextension", ""), (None, ""), ("..pdf", "")]:
            self.assertEqual(extension(name), ext)

    def test_file_name(self):
        for text, ext, own, name in [
                ("INV/12", ".pdf", False, "INV_12.pdf"),
                ("INV 12.PDF", ".pdf", False, "INV 12.PDF"),
                ("INV 12..pdf", ".pdf", True, "INV 12.pdf"),
                ("INV 12.pdf", ".pdf", True, "INV 12.pdf"),
                ("INV 12.bak", ".pdf", True, "INV 12.bak"),
                ("INV 12", "", False, "INV 12"),
                ("Acme Inc.", ".pdf", False, "Acme Inc.pdf"),
                ("NUL", ".pdf", False, "_NUL.pdf"),
                ("", ".pdf", False, "_.pdf"),
                ("a\nb", ".pdf", False, "a b.pdf")]:
            with self.subTest(text):
                self.assertEqual(file_name(text, ext, own), name)

    @given(NASTY, st.sampled_from(['.pdf', '.docx', '']))
    def test_extension_stays(self, text, ext):
        name = file_name(text, ext)
        self.assertTrue(name.casefold().endswith(ext))
        self.assertEqual(clean_name(name), name)


class PathTestCase(unittest.TestCase):

    def test_segments(self):
        for parts, folders in [
                ([], ()),
                ([(False, "Invoices/"), (True, "2026"), (False, "/Q"),
                    (True, "4")], ("Invoices", "2026", "Q4")),
                ([(False, "A/"), (True, "INV/1/../2")], ("A", "INV_1_.._2")),
                ([(False, "A/"), (True, "..")], ("A", EMPTY)),
                ([(False, "A/"), (True, ""), (False, "/B")],
                    ("A", EMPTY, "B")),
                ([(False, "/A//B/ /")], ("A", "B")),
                ([(False, "../A/.")], (EMPTY, "A", EMPTY)),
                ([(True, "")], (EMPTY,)),
                ([(False, "A/\n")], ("A",)),
                ]:
            with self.subTest(parts):
                self.assertEqual(segments(parts), folders)

    @given(st.lists(st.tuples(st.booleans(), NASTY), max_size=5))
    def test_laws(self, parts):
        folders = segments(parts)
        slashes = sum(t.count('/') for shown, t in parts if not shown)
        self.assertLessEqual(len(folders), slashes + 1)
        for folder in folders:
            self.assertEqual(clean_name(folder), folder)

    @given(st.lists(NASTY, min_size=1, max_size=4))
    def test_values_separate_nothing(self, values):
        parts = []
        for value in values:
            parts += [(True, value), (False, '/')]
        self.assertEqual(
            segments(parts), tuple(clean_name(v) for v in values))


class AlikeTestCase(unittest.TestCase):

    def test_alike(self):
        self.assertTrue(alike("INV/1", "inv_1"))
        self.assertTrue(alike("Acme  Inc.", "acme inc"))
        self.assertFalse(alike("INV/1", "INV-1"))

    def test_wildcard(self):
        for text, pattern in [
                ("INV_12", 'INV_12%'),
                ("100% sure", '100%%sure%'),
                ("a b", 'a%b%'),
                ]:
            self.assertEqual(wildcard(text), pattern)

    @given(st.text(
            st.sampled_from('aB1 ./:"*é%_~'), max_size=300).filter(
                lambda t: t.strip('. ') and t == t.strip()))
    def test_found(self, text):
        "What was made a name is found by it"
        name = clean_name(text)
        self.assertTrue(alike(text, name))
        self.assertTrue(like(wildcard(name), text), wildcard(name))
