# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What can be imported and exported, colours and extensions

[Export MIME types for Google Workspace documents; About resource]"""
import functools

from .model import NATIVE

DOCUMENT, SHEET, SLIDES, DRAWING = (
    NATIVE + n for n in [
        'document', 'spreadsheet', 'presentation', 'drawing'])
MAX_IMPORT = {
    DOCUMENT: 10 << 20, SHEET: 100 << 20, SLIDES: 100 << 20,
    DRAWING: 2 << 20}
MAX_UPLOAD = 5120 << 30
COLORS = [
    '#ac725e', '#d06b64', '#f83a22', '#fa573c', '#ff7537', '#ffad46',
    '#42d692', '#16a765', '#7bd148', '#b3dc6c', '#fbe983', '#fad165',
    '#92e1c0', '#9fe1e7', '#9fc6e7', '#4986e7', '#9a9cff', '#b99aff',
    '#8f8f8f', '#cabdbf', '#cca6ac', '#f691b2', '#cd74e6', '#a47ae2']
THEMES = [
    ('abacus', '#ea4335'), ('airport', '#4285f4'), ('books', '#0f9d58')]
_DOUBLE = {'gz', 'bz2', 'xz', 'zst', 'Z'}


def extension(name):
    "fullFileExtension, or None"
    parts = name.split('.')
    if len(parts) < 2 or not parts[-1] or not parts[0]:
        return None
    if len(parts) > 2 and parts[-1] in _DOUBLE and parts[-2]:
        return '.'.join(parts[-2:])
    return parts[-1]


def closest(color):
    "[Files resource] the closest colour of the palette"
    def numbers(text):
        return [int(text[i:i + 2], 16) for i in (1, 3, 5)]
    wanted = numbers(color)
    return min(COLORS, key=lambda c: sum(
            (a - b) ** 2 for a, b in zip(numbers(c), wanted)))


@functools.cache
def exports():
    "MIME type -> those that it is exported to"
    # not loaded before they are needed: their libraries are large
    from .exports import FORMATS
    return FORMATS


@functools.cache
def imports():
    "MIME type -> those that it is converted to"
    from .imports import READERS
    result = {}
    for kind, types in READERS.items():
        for one in types:
            result.setdefault(one, []).append(NATIVE + kind)
    return result
