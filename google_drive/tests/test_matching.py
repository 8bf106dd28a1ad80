# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What files of Drive say about their records."""
import datetime as dt
import unittest
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.google_drive import matching
from trytond.modules.google_drive.naming import alike, segments
from trytond.modules.google_integration.template import Template
from trytond.modules.google_integration.template_values import Reachable

ID = '1AbC-dEf_0123456789xyzABCDEFGHIJK'
FOLDERS = 'https://drive.google.com/drive/'


class Thing(Reachable):
    "A record of a party and a number"

    def __init__(self, **values):
        self.values = values

    def template_get(self, name):
        return self.values[name]

    def template_text(self):
        return self.values['name']


class RootTestCase(unittest.TestCase):

    def test_folder(self):
        for text in [
                ID, f'  {ID}\n', FOLDERS + f'folders/{ID}',
                FOLDERS + f'u/1/folders/{ID}?usp=sharing&resourcekey=0-x',
                f'https://drive.google.com/open?id={ID}&authuser=0',
                f'https://drive.google.com/folderview?id={ID}']:
            self.assertEqual(matching.folder_id(text), ID)
        for text in ['root', FOLDERS + 'my-drive', FOLDERS + 'u/0/my-drive']:
            self.assertEqual(matching.folder_id(text), 'root')

    def test_refused(self):
        for text in [
                '', 'x', 'Invoices', f"{ID}' or trashed", f'{ID}/..',
                FOLDERS + 'folders/', FOLDERS + 'folders', FOLDERS + 'recent',
                f'http://drive.google.com/drive/folders/{ID}',
                f'https://drive.google.com.evil.example/drive/folders/{ID}',
                f'https://docs.google.com/document/d/{ID}/edit',
                f'https://drive.google.com/file/d/{ID}/view',
                'https://drive.google.com/open?id=', 'https://[',
                FOLDERS + "folders/a'b"]:
            with self.subTest(text), \
                    self.assertRaises(matching.InvalidRoot):
                matching.folder_id(text)


class TypeTestCase(unittest.TestCase):

    def test_types(self):
        self.assertEqual(
            matching.types("application/pdf\n image/* \n\n"),
            ['application/pdf', 'image/*'])
        self.assertEqual(matching.types(None), [])
        for text in ['pdf', 'a/b/c', 'image/[a]']:
            with self.assertRaises(matching.InvalidLine):
                matching.types(text)

    def test_is_type(self):
        patterns = ['application/pdf', 'image/*']
        for mime_type, result in [
                ('application/pdf', True), ('image/png', True),
                ('Application/PDF; x=y', True), ('text/plain', False),
                ('ximage/png', False), (None, False)]:
            self.assertIs(matching.is_type(mime_type, patterns), result)
            self.assertTrue(matching.is_type(mime_type, []))


class ValueTestCase(unittest.TestCase):

    def test_pairs(self):
        self.assertEqual(
            matching.pairs("customer: party.code\n\n date :invoice_date"),
            {'customer': 'party.code', 'date': 'invoice_date'})
        for text in ['customer', 'a: b c', ': b', 'a:', 'a b: c']:
            with self.assertRaises(matching.InvalidLine):
                matching.pairs(text)

    def test_values(self):
        for text, kind, value in [
                ("012", 'integer', 12), ("x", 'integer', None),
                ("9" * 20, 'integer', None),
                ("1.50", 'numeric', Decimal('1.50')),
                ("nan", 'numeric', None), ("1,5", 'float', None),
                ("20261201", 'date', dt.date(2026, 12, 1)),
                ("2026-12-01", 'date', dt.date(2026, 12, 1)),
                ("2026-13-01", 'date', None), (" a ", 'char', "a"),
                (" ", 'char', None)]:
            self.assertEqual(matching.to_value(text, kind), value)


class PropertyTestCase(unittest.TestCase):

    def read(self, properties=None, app=None):
        return matching.properties(
            {'properties': properties, 'appProperties': app}, 'here')

    def test_properties(self):
        self.assertEqual(self.read(), {})
        self.assertEqual(
            self.read({'a': '1', 'b': '2', 'c': 3}, {'a': '4'}),
            {'a': '4', 'b': '2'})
        # a file of another database
        self.assertEqual(
            self.read(
                {'a': '1'}, {'tryton_database': 'there', 'a': '2'}),
            {'a': '1'})

    def test_named_record(self):
        for text, id in [
                ('party.party,12', 12), ('12', 12), ('party.party,x', None),
                ('sale.sale,12', None), ('party.party,-1', None),
                ('9' * 10, None), ('', None)]:
            self.assertEqual(
                matching.named_record({'tryton_record': text}, 'party.party'),
                id)
        self.assertIsNone(matching.named_record({}, 'party.party'))

    def test_own_attachment(self):
        marks = {'tryton_database': 'here', 'tryton_attachment': '5'}
        self.assertEqual(matching.own_attachment(self.read(app=marks)), 5)
        self.assertIsNone(
            matching.own_attachment(self.read({'tryton_attachment': '5'})))


PATH = 'Offers: ${record.party}/${record.name} (${record.number})'


def read(source, *folders):
    return matching.folder_values(
        Template(source, {'record'}).pieces(), folders)


class FolderTestCase(unittest.TestCase):

    def test_values(self):
        self.assertEqual(
            read(PATH, "Offers_ Acme Inc", "Chair (1) (12)", "scans"), {
                'record.party': "Acme Inc",
                'record.name': "Chair (1)",
                'record.number': "12",
                })
        self.assertEqual(
            read(PATH, "offers_ acme"), {'record.party': "acme"})
        self.assertIsNone(read(PATH, "Invoices", "Chair (12)"))
        self.assertEqual(read('A/${record.name}/', "A"), {})
        self.assertEqual(read('${record.name}', "_"), {})

    def test_expressions(self):
        self.assertEqual(
            read("${record.name[:1]} Nr. ${record.number}.", "C Nr. 12"),
            {'record.number': "12"})

    @given(
        st.text('aB1 ./é', min_size=1, max_size=30),
        st.text('aB1 ./é()', min_size=1, max_size=30),
        st.text('12', min_size=1, max_size=30))
    def test_inverse(self, party, name, number):
        "What the template makes is read again"
        template = Template(PATH, {'record'})
        record = Thing(
            party=Thing(name=party), name=name, number=number)
        folders = segments(template.parts({'record': record}))
        values = matching.folder_values(template.pieces(), folders)
        self.assertIsNotNone(values)
        self.assertEqual(values['record.number'], number)
        if party.strip(' ./'):
            self.assertTrue(alike(values['record.party'], party))
