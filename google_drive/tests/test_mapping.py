# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Files of Drive as values"
import datetime as dt
import unittest

from hypothesis import given
from hypothesis import strategies as st

from trytond.modules.google_drive import mapping
from trytond.modules.google_integration.merge import difference, merge

TIME = '2026-11-30T08:15:30.123Z'
FILE = {
    'id': 'a',
    'name': "Contract.pdf",
    'description': "Signed",
    'mimeType': 'application/pdf',
    'parents': ['p'],
    'trashed': False,
    'version': '7',
    'size': '12',
    'md5Checksum': 'd41d8cd98f00b204e9800998ecf8427e',
    'headRevisionId': 'r1',
    'createdTime': TIME,
    'modifiedTime': TIME,
    'webViewLink': 'https://drive.google.com/file/d/a/view',
    }
texts = st.text('aZ0é/."\x00\U0001f600', max_size=8)
names = texts.filter(bool)
json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(texts, values, max_size=3)),
    max_leaves=5)
resources = st.dictionaries(st.sampled_from([*FILE, 'appProperties']), json)
values_ = st.builds(
    lambda name, text, folder, md5, size, type_: {
        'name': name.replace('\x00', ''), 'description': text,
        'parent_google_id': folder,
        'md5': md5, 'size': size, 'mime_type': type_, 'edition': None,
        'link': None, 'revision': None, 'created': None, 'modified': None},
    names.filter(lambda name: name.strip('\x00')), st.none() | names, names,
    names,
    st.integers(0, 2**40), st.sampled_from(['text/plain', 'image/png']))


class MappingTestCase(unittest.TestCase):

    def test_file(self):
        time = dt.datetime(2026, 11, 30, 8, 15, 30, 123000)
        self.assertEqual(mapping.to_values(FILE), {
                'name': "Contract.pdf",
                'description': "Signed",
                'parent_google_id': 'p',
                'md5': 'd41d8cd98f00b204e9800998ecf8427e',
                'size': 12,
                'mime_type': 'application/pdf',
                'edition': None,
                'link': 'https://drive.google.com/file/d/a/view',
                'revision': 'r1',
                'created': time,
                'modified': time,
                })

    def test_native(self):
        "A document of Google is known by when it was changed"
        document = {
            **FILE, 'mimeType': 'application/vnd.google-apps.document'}
        values = mapping.to_values(document)
        self.assertEqual(
            (values['md5'], values['size'], values['edition']),
            (None, None, TIME))
        later = mapping.to_values({
                **document, 'modifiedTime': '2026-11-30T09:00:00Z'})
        self.assertEqual(
            difference(mapping.UNITS, values, later), {'content'})

    def test_kinds(self):
        for type_, kinds in [
                (mapping.FOLDER, (True, False, False)),
                (mapping.SHORTCUT, (False, True, False)),
                ('application/vnd.google-apps.drawing', (False, False, True)),
                ('application/pdf', (False, False, False)),
                (None, (False, False, False))]:
            resource = {'mimeType': type_}
            with self.subTest(type=type_):
                self.assertEqual((
                        mapping.is_folder(resource),
                        mapping.is_shortcut(resource),
                        mapping.is_native(resource)), kinds)

    def test_no_link(self):
        "What is no link of the web is none"
        values = mapping.to_values({
                **FILE, 'webViewLink': 'javascript:alert(1)'})
        self.assertIsNone(values['link'])

    def test_no_parent(self):
        "The folder may be hidden from the account"
        for parents in [None, [], 'p', [1]]:
            with self.subTest(parents=parents):
                self.assertIsNone(mapping.parent({'parents': parents}))

    def test_name(self):
        "What no field of one line takes is a blank"
        for name in ["a\tb", "a\r\nb", "a\x00b"]:
            with self.subTest(name=name):
                values = mapping.to_values({'name': name})
                self.assertRegex(values['name'], r'^a {1,2}b$')

    def test_marks(self):
        "Only the marks of this database count"
        resource = {'appProperties': mapping.marks('here', 5)}
        self.assertEqual(mapping.marked_attachment(resource, 'here'), 5)
        self.assertIsNone(mapping.marked_attachment(resource, 'there'))
        self.assertIsNone(mapping.marked_attachment({}, 'here'))
        resource['appProperties']['tryton_attachment'] = 'x'
        self.assertIsNone(mapping.marked_attachment(resource, 'here'))

    def test_marks_fit(self):
        "Google takes 124 bytes of key and value"
        for key, value in mapping.marks('f' * 32, 2**63).items():
            self.assertLessEqual(len((key + value).encode()), 124)

    def test_stale(self):
        "The version tells which is older, the times do not"
        for version, known, stale in [
                ('6', '7', True), ('7', '7', False), ('8', '7', False),
                ('10', '9', False), (None, '7', False), ('6', None, False)]:
            with self.subTest(version=version, known=known):
                self.assertEqual(mapping.is_stale(
                        {'version': version}, {'version': known}), stale)
        self.assertFalse(mapping.is_stale({'version': '6'}, None))

    def test_etag(self):
        "The version, or all that is known"
        self.assertEqual(mapping.etag(FILE), '7')
        self.assertEqual(mapping.etag({**FILE, 'version': 7}), '7')
        bare = {n: v for n, v in FILE.items() if n != 'version'}
        self.assertEqual(
            mapping.etag(bare), mapping.etag(dict(reversed(bare.items()))))
        for name, value in [
                ('name', "Other"), ('parents', ['q']), ('trashed', True),
                ('modifiedTime', '2026-11-30T08:15:31.123Z')]:
            with self.subTest(name=name):
                self.assertNotEqual(
                    mapping.etag(bare), mapping.etag({**bare, name: value}))
        # what is not there is never known
        self.assertEqual(mapping.etag(mapping.removed('a')), '*')

    def test_body(self):
        values = mapping.to_values(FILE)
        self.assertEqual(mapping.to_body(values), {
                'name': "Contract.pdf",
                'description': "Signed",
                'parents': ['p'],
                'mimeType': 'application/pdf',
                })
        nothing = {**values, 'description': None}
        self.assertNotIn('description', mapping.to_body(nothing))
        # Google removes what is empty
        self.assertEqual(
            mapping.to_body(nothing, {'description'}), {'description': ''})
        self.assertEqual(
            mapping.to_body(values, {'name'}), {'name': "Contract.pdf"})
        self.assertEqual(
            mapping.to_body(values, {'folder'}), {'parents': ['p']})
        # what is not known is not sent
        self.assertEqual(mapping.to_body(
                {**values, 'parent_google_id': None}, {'folder'}), {})

    @given(resources)
    def test_anything(self, resource):
        "Whatever Google sends has values, which have a body"
        values = mapping.to_values(resource)
        self.assertEqual(
            values.keys(),
            {n for u in mapping.UNITS for n in u.fields})
        mapping.to_body(values)
        mapping.marked_attachment(resource, 'here')
        mapping.is_stale(resource, resource)
        for name in [
                'name', 'description', 'link', 'md5', 'mime_type', 'edition']:
            self.assertIsInstance(values[name], (str, type(None)))

    def test_lock(self):
        "A restriction is of this database, or of somebody else"
        mark = mapping.lock_mark('0123456789abcdef')
        body, = mapping.restrictions(f"Jane edits this. {mark}")
        self.assertEqual(mapping.restrictions(), [{'readOnly': False}])
        me = {
            'me': True,
            'displayName': "Alice",
            'emailAddress': 'alice@example.com',
            }
        told = {**body, 'restrictingUser': me, 'restrictionTime': TIME}
        self.assertEqual(self.lock([told], mark), (body['reason'], None))
        for changed in [
                {'ownerRestricted': True},
                {'systemRestricted': True},
                {'reason': "Jane edits this."},
                {'reason': None},
                {'reason': body['reason'] + " Really"},
                {'reason': "x " + mapping.lock_mark('f' * 16)},
                {'restrictingUser': {**me, 'me': False}},
                ]:
            with self.subTest(**changed):
                self.assertEqual(
                    self.lock([{**told, **changed}], mark),
                    (None, "Alice <alice@example.com>"))
        # Google does not tell everybody who it is
        for user in [None, {}, [], {'me': True, 'displayName': 3}]:
            with self.subTest(user=user):
                _, holder = self.lock([{
                            'readOnly': True, 'restrictingUser': user}], mark)
                self.assertEqual(holder, "Google")
        for nothing in [
                None, [], {}, [None], ['x'], [{}], [{'readOnly': False}]]:
            with self.subTest(nothing=nothing):
                self.assertEqual(self.lock(nothing, mark), (None, None))

    @given(json)
    def test_lock_anything(self, restrictions):
        "Whatever Google sends is nobody's of Tryton"
        self.assertIsNone(mapping.lock_values(
                {'contentRestrictions': restrictions}, 'mark')['google_lock'])

    def lock(self, restrictions, mark):
        values = mapping.lock_values(
            {'contentRestrictions': restrictions}, mark)
        self.assertEqual(
            bool(values['held_since']), bool(
                values['holder'] and restrictions[0].get('restrictionTime')))
        return values['google_lock'], values['holder']

    @given(values_, values_)
    def test_round_trip(self, base, values):
        "What is sent of the metadata is what Google then has"
        units = difference(mapping.UNITS, base, values)
        body = mapping.to_body(values, units)
        there = mapping.to_values({**mapping.to_body(base), **body})
        for name in [
                'name', 'description', 'parent_google_id', 'mime_type']:
            if values[name] != base[name]:
                self.assertEqual(there[name], values[name])

    @given(values_, values_, values_,
        st.sampled_from(['tryton', 'google', 'manual']))
    def test_content_is_one(self, base, ours, theirs, prefer):
        "A content is never mixed of both sides"
        names = ('md5', 'size', 'mime_type', 'edition')
        result = merge(mapping.UNITS, base, ours, theirs, prefer)
        content = [result.values[n] for n in names]
        self.assertIn(content, [
                [side[n] for n in names] for side in [base, ours, theirs]])

    @given(st.datetimes(
            min_value=dt.datetime(1970, 1, 1),
            max_value=dt.datetime(9000, 1, 1)))
    def test_time(self, time):
        time = time.replace(microsecond=time.microsecond // 1000 * 1000)
        self.assertEqual(
            mapping.updated({'modifiedTime': mapping.time_text(time)}), time)
