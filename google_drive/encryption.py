# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Contents that Google keeps without being able to read them.

A file is a header and chunks, each encrypted by ChaCha20-Poly1305 with a key
of this file alone, in the manner of STREAM [Hoang, Reyhanitabar, Rogaway,
Vizár: Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance]: see the format in the documentation.
"""
import base64
import binascii
import contextlib
import hashlib
import os
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

import trytond.config as config
from trytond.modules.google_integration.operation import ItemError

__all__ = [
    'CHUNK', 'HEADER', 'Opened', 'Sealed', 'keys', 'open', 'seal',
    'sealed_size']

_open = open

# The plain bytes of a chunk, but for the last one
CHUNK = 64 * 1024
_TAG = 16
_MAGIC = b'TRYTONGD'
_VERSION = 1
_KEY_ID = 8
_NONCE = 32
HEADER = len(_MAGIC) + 1 + _KEY_ID + _NONCE


@dataclass(frozen=True)
class Sealed:
    "The encrypted file: size and md5; and the sha256 of what is in it"
    size: int
    md5: str
    sha256: str


@dataclass(frozen=True)
class Opened:
    "The decrypted file: its size and its sha256"
    size: int
    sha256: str


# -- keys

def keys():
    """Return the keys of the configuration file, the newest first.

    Raises ItemError if there is none, or one that is not 32 bytes in base64.
    """
    lines = (
        config.get('google_drive', 'encryption_key', default='') or '').split()
    if not lines:
        raise ItemError('google_drive.encryption_key_missing')
    result = []
    for line in lines:
        try:
            key = base64.b64decode(line, altchars=b'-_', validate=True)
        except (binascii.Error, ValueError):
            key = b''
        if len(key) != 32:
            raise ItemError('google_drive.encryption_key_invalid')
        result.append(key)
    return result


def _derive(key, nonce, info, size=32):
    return HKDF(SHA256(), size, salt=nonce, info=_MAGIC + info).derive(key)


def _key_id(key):
    "What names the key and tells nothing of it"
    return _derive(key, None, b' key id', _KEY_ID)


# -- files

class _Cipher:
    "The chunks of one file"

    def __init__(self, key, header):
        self._header = header
        self._cipher = ChaCha20Poly1305(
            _derive(key, header[-_NONCE:], b' file'))

    @staticmethod
    def _number(number, last):
        # the place of the chunk, and if it is the last one
        return number.to_bytes(11, 'big') + bytes([last])

    def encrypt(self, number, last, data):
        return self._cipher.encrypt(
            self._number(number, last), data, self._header)

    def decrypt(self, number, last, data):
        return self._cipher.decrypt(
            self._number(number, last), data, self._header)


def _chunks(file, size):
    "Yield each chunk, and if it is the last one; at least one"
    chunk = file.read(size)
    while True:
        following = file.read(size)
        yield chunk, not following
        if not following:
            return
        chunk = following


def sealed_size(size):
    "The bytes of the encrypted file of one of that size"
    return HEADER + size + max(-(-size // CHUNK), 1) * _TAG


def seal(source, target, keys):
    """Encrypt the file ``source`` to ``target`` with the newest of the keys.

    Twice the same file gives two different ones.
    """
    key = keys[0]
    header = (
        _MAGIC + bytes([_VERSION]) + _key_id(key)
        + secrets.token_bytes(_NONCE))
    cipher = _Cipher(key, header)
    plain, sealed = hashlib.sha256(), hashlib.md5(usedforsecurity=False)
    with _open(source, 'rb') as reader, _writing(target) as writer:
        writer.write(header)
        sealed.update(header)
        size = len(header)
        for number, (data, last) in enumerate(_chunks(reader, CHUNK)):
            plain.update(data)
            data = cipher.encrypt(number, last, data)
            writer.write(data)
            sealed.update(data)
            size += len(data)
    return Sealed(size, sealed.hexdigest(), plain.hexdigest())


def open(source, target, keys):
    """Decrypt the file ``source`` to ``target``.

    ``target`` is there only if all of it is what was encrypted.  Raises
    ItemError if the key is none of ``keys``, or if anything was changed,
    moved, doubled, added or cut off.
    """
    plain, size = hashlib.sha256(), 0
    with _open(source, 'rb') as reader, _writing(target) as writer:
        cipher = _read_header(reader, keys)
        for number, (data, last) in enumerate(
                _chunks(reader, CHUNK + _TAG)):
            data = _decrypt(cipher, number, last, data)
            writer.write(data)
            plain.update(data)
            size += len(data)
    return Opened(size, plain.hexdigest())


def _read_header(reader, keys):
    header = reader.read(HEADER)
    if not header.startswith(_MAGIC):
        raise ItemError('google_drive.encryption_none')
    if header[len(_MAGIC):len(_MAGIC) + 1] not in {b'', bytes([_VERSION])}:
        raise ItemError('google_drive.encryption_version', {
                'version': str(header[len(_MAGIC)]),
                })
    if len(header) < HEADER:
        raise ItemError('google_drive.encryption_truncated')
    key_id = header[len(_MAGIC) + 1:-_NONCE]
    for key in keys:
        if _key_id(key) == key_id:
            return _Cipher(key, header)
    raise ItemError('google_drive.encryption_key_unknown', {
            'key': key_id.hex(),
            })


def _decrypt(cipher, number, last, data):
    code = 'encryption_damaged'
    try:
        result = cipher.decrypt(number, last, data)
    except InvalidTag:
        if last and (
                len(data) < _TAG or _authentic(cipher, number, data)):
            code = 'encryption_truncated'
    else:
        # only an empty file has an empty chunk
        if result or not number:
            return result
    raise ItemError(f'google_drive.{code}')


def _authentic(cipher, number, data):
    "If the chunk is good, but others were to follow"
    try:
        cipher.decrypt(number, False, data)
    except InvalidTag:
        return False
    return True


@contextlib.contextmanager
def _writing(path):
    "The file, which is removed if it is not written to its end"
    try:
        with _open(path, 'wb') as file:
            yield file
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)
        raise
