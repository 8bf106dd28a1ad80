# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Encrypted contents: what was changed in any way is refused"
import base64
import hashlib
import os
import tempfile
import tracemalloc
from unittest import TestCase
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import trytond.config as config
from trytond.modules.google_drive import encryption
from trytond.modules.google_integration.operation import ItemError

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))
SMALL = 64
TAG = 16
MIB = 1024 * 1024


def contents(chunk=SMALL):
    "Contents about the edges of the chunks"
    sizes = st.one_of(
        st.sampled_from([0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk]),
        st.integers(0, 5 * chunk))
    return st.builds(
        lambda size, seed: bytes(
            (seed + i * 7 + i // chunk) % 256 for i in range(size)),
        sizes, st.integers(0, 255))


class EncryptionTestCase(TestCase):

    def setUp(self):
        super().setUp()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.plain, self.sealed, self.opened = (
            os.path.join(folder, name)
            for name in ['plain', 'sealed', 'opened'])
        # many chunks of small contents
        self.enterContext(patch.object(encryption, 'CHUNK', SMALL))

    @staticmethod
    def write(path, data):
        with open(path, 'wb') as file:
            file.write(data)

    @staticmethod
    def read(path):
        with open(path, 'rb') as file:
            return file.read()

    def seal(self, data, keys=(KEY,)):
        self.write(self.plain, data)
        result = encryption.seal(self.plain, self.sealed, list(keys))
        sealed = self.read(self.sealed)
        self.assertEqual(result, encryption.Sealed(
                len(sealed), hashlib.md5(sealed).hexdigest(),
                hashlib.sha256(data).hexdigest()))
        return sealed

    def open(self, sealed, keys=(KEY,)):
        self.write(self.sealed, sealed)
        result = encryption.open(self.sealed, self.opened, list(keys))
        data = self.read(self.opened)
        self.assertEqual(result, encryption.Opened(
                len(data), hashlib.sha256(data).hexdigest()))
        os.remove(self.opened)
        return data

    def refused(self, sealed, code=None, keys=(KEY,)):
        "It is refused, and nothing is left of it"
        self.write(self.sealed, sealed)
        with self.assertRaises(ItemError) as caught:
            encryption.open(self.sealed, self.opened, list(keys))
        self.assertFalse(os.path.exists(self.opened))
        if code:
            self.assertEqual(caught.exception.code, f'google_drive.{code}')
        return caught.exception


def law(**strategies):
    "A property of many examples, each of which sets up nothing new"
    def decorate(function):
        return settings(
            max_examples=60, deadline=None, derandomize=True,
            suppress_health_check=[HealthCheck.too_slow])(
                given(**strategies)(function))
    return decorate


class LawsTestCase(EncryptionTestCase):

    @law(data=contents())
    def test_whole(self, data):
        "What is opened is what was sealed, and its size can be known"
        sealed = self.seal(data)
        chunks = max(-(-len(data) // SMALL), 1)
        self.assertEqual(
            len(sealed), encryption.HEADER + len(data) + chunks * TAG)
        self.assertEqual(len(sealed), encryption.sealed_size(len(data)))
        self.assertEqual(self.open(sealed), data)
        self.assertNotEqual(self.seal(data), sealed)

    @law(data=contents(), place=st.floats(0, 1, exclude_max=True),
        bit=st.integers(0, 7))
    def test_flipped(self, data, place, bit):
        sealed = bytearray(self.seal(data))
        sealed[int(place * len(sealed))] ^= 1 << bit
        self.refused(sealed)

    @law(data=contents(), place=st.floats(0, 1, exclude_max=True))
    def test_truncated(self, data, place):
        sealed = self.seal(data)
        self.refused(sealed[:int(place * len(sealed))])

    @law(data=contents(), more=st.binary(min_size=1, max_size=2 * SMALL))
    def test_added(self, data, more):
        self.refused(self.seal(data) + more)

    @law(data=contents(), choice=st.data())
    def test_rearranged(self, data, choice):
        "Chunks that are moved, doubled, left out or of another file"
        data += bytes(2 * SMALL)
        header, chunks = self.chunks(self.seal(data))
        _, others = self.chunks(self.seal(data))
        order = choice.draw(st.lists(
                st.sampled_from([*chunks, others[0], others[-1]]),
                max_size=len(chunks) + 2).filter(lambda o: o != chunks))
        self.refused(header + b''.join(order))

    @staticmethod
    def chunks(sealed):
        header, rest = (
            sealed[:encryption.HEADER], sealed[encryption.HEADER:])
        return header, [
            rest[i:i + SMALL + TAG]
            for i in range(0, len(rest), SMALL + TAG)]

    @law(data=contents())
    def test_headers(self, data):
        "The chunks of a file do not go with the header of another one"
        first, second = self.seal(data), self.seal(data)
        size = encryption.HEADER
        if len(data) > 16:
            # nor are they encrypted by the same key
            self.assertNotEqual(
                first[size:size + len(data)], second[size:size + len(data)])
        self.refused(first[:size] + second[size:], 'encryption_damaged')


class RefusedTestCase(EncryptionTestCase):

    def test_key(self):
        sealed = self.seal(b'secret')
        error = self.refused(sealed, 'encryption_key_unknown', [OTHER])
        self.assertEqual(
            error.arguments['key'], sealed[9:17].hex())
        self.assertNotIn(KEY[:8], sealed)
        self.refused(sealed, 'encryption_key_unknown', [])

    def test_same_name(self):
        "A key that has the name of the right one, but is another"
        sealed = self.seal(b'secret')
        with patch.object(encryption, '_key_id', return_value=sealed[9:17]):
            self.refused(sealed, 'encryption_damaged', [OTHER])

    def test_rotation(self):
        "The newest key seals, each of them opens"
        old, new = self.seal(b'old', [KEY]), self.seal(b'new', [OTHER, KEY])
        self.assertEqual(self.open(old, [OTHER, KEY]), b'old')
        self.assertEqual(self.open(new, [OTHER, KEY]), b'new')
        self.refused(new, 'encryption_key_unknown', [KEY])

    def test_version(self):
        sealed = bytearray(self.seal(b'secret'))
        sealed[8] = 2
        self.assertEqual(
            self.refused(sealed, 'encryption_version').arguments,
            {'version': '2'})

    def test_none(self):
        "What was never encrypted is not taken for it"
        for data in [b'', b'%PDF-1.7', bytes(1000)]:
            self.refused(data, 'encryption_none')

    def test_end(self):
        "An end that is missing is told from a content that was changed"
        sealed = self.seal(bytes(3 * SMALL))
        size = encryption.HEADER
        for cut in [9, size - 1, size, size + SMALL + TAG,
                size + 2 * (SMALL + TAG), size + SMALL + TAG + 5]:
            with self.subTest(cut=cut):
                self.refused(sealed[:cut], 'encryption_truncated')
        sealed = bytearray(sealed)
        sealed[-1] ^= 1
        self.refused(sealed, 'encryption_damaged')

    def test_empty_chunk(self):
        "An empty last chunk is nothing that was sealed here"
        def chunks(file, size):
            yield file.read(size), False
            yield b'', True

        with patch.object(encryption, '_chunks', chunks):
            sealed = self.seal(bytes(SMALL))
        self.refused(sealed, 'encryption_damaged')

    def test_unwritable(self):
        "Nothing is left when it could not be written"
        sealed = self.seal(b'secret')
        with patch.object(encryption, '_decrypt', side_effect=OSError):
            with self.assertRaises(OSError):
                encryption.open(self.sealed, self.opened, [KEY])
        self.assertFalse(os.path.exists(self.opened))
        self.assertEqual(self.open(sealed), b'secret')


class KeysTestCase(TestCase):

    def set(self, value):
        if not config.has_section('google_drive'):
            config.add_section('google_drive')
        config.set('google_drive', 'encryption_key', value)
        self.addCleanup(config.set, 'google_drive', 'encryption_key', '')

    def refused(self, code):
        with self.assertRaises(ItemError) as caught:
            encryption.keys()
        self.assertEqual(caught.exception.code, f'google_drive.{code}')
        return caught.exception

    def test_keys(self):
        self.set('\n'.join([
                    base64.urlsafe_b64encode(b'\xff' * 32).decode(),
                    base64.b64encode(KEY).decode()]))
        self.assertEqual(encryption.keys(), [b'\xff' * 32, KEY])

    def test_missing(self):
        self.refused('encryption_key_missing')
        self.set(' ')
        self.refused('encryption_key_missing')

    def test_invalid(self):
        for value in ['short', 'ä' * 44, base64.b64encode(KEY[1:]).decode(),
                base64.b64encode(KEY).decode() + '*']:
            with self.subTest(value=value):
                self.set(value)
                error = self.refused('encryption_key_invalid')
                # nothing of a key in what is shown
                self.assertNotIn(value, str(vars(error)))


class MemoryTestCase(TestCase):

    def test_memory(self):
        "It does not grow with the file"
        folder = self.enterContext(tempfile.TemporaryDirectory())
        plain, sealed, opened = (
            os.path.join(folder, name)
            for name in ['plain', 'sealed', 'opened'])
        with open(plain, 'wb') as file:
            file.truncate(64 * MIB)
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        expected = encryption.seal(plain, sealed, [KEY]).sha256
        self.assertEqual(
            encryption.open(sealed, opened, [KEY]),
            encryption.Opened(64 * MIB, expected))
        self.assertLess(tracemalloc.get_traced_memory()[1], 2 * MIB)
