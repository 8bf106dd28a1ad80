# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the documentation says of encrypted files, without the module.

It is what another installation with the same key writes and reads.
"""
import secrets

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

__all__ = ['KEY', 'MAGIC', 'open_', 'seal']

KEY = bytes(range(32))
MAGIC = b'TRYTONGD'
CHUNK = 64 * 1024
HEADER = 49
TAG = 16


def _derive(salt, info, size=32):
    return HKDF(SHA256(), size, salt, MAGIC + info).derive(KEY)


def _cipher(header):
    return ChaCha20Poly1305(_derive(header[-32:], b' file'))


def _nonce(number, last):
    return number.to_bytes(11, 'big') + bytes([last])


def _chunks(data, size):
    starts = range(0, len(data) or 1, size)
    for number, start in enumerate(starts):
        yield number, start == starts[-1], data[start:start + size]


def seal(plain):
    header = (
        MAGIC + b'\x01' + _derive(None, b' key id', 8)
        + secrets.token_bytes(32))
    cipher = _cipher(header)
    return header + b''.join(
        cipher.encrypt(_nonce(number, last), chunk, header)
        for number, last, chunk in _chunks(plain, CHUNK))


def open_(sealed):
    "The plain bytes; raises InvalidTag if it is anything else"
    header = sealed[:HEADER]
    cipher = _cipher(header)
    return b''.join(
        cipher.decrypt(_nonce(number, last), chunk, header)
        for number, last, chunk in _chunks(sealed[HEADER:], CHUNK + TAG))
