# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What files of Drive say about the records to which they belong.

Pure functions: no ORM, no network, no clock.
"""
import datetime as dt
import re
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from urllib.parse import parse_qs, urlsplit

from .naming import EMPTY, clean_name
from .pattern import Pattern, PatternError

__all__ = [
    'FOLDER', 'RECORD', 'InvalidRoot', 'InvalidLine', 'folder_id',
    'folder_values', 'is_native', 'is_type', 'named_record', 'own_attachment',
    'pairs', 'properties', 'to_value', 'types']

FOLDER = 'application/vnd.google-apps.folder'
SHORTCUT = 'application/vnd.google-apps.shortcut'
NATIVE = 'application/vnd.google-apps.'
# what is set on a file at Google to name its record, such as party.party,1
RECORD = 'tryton_record'
DATABASE = 'tryton_database'
ATTACHMENT = 'tryton_attachment'
# no page says how long an identifier is; those of Google have 19 to 44
IDENTIFIER = re.compile(r'[\w-]{10,128}|root', re.ASCII)
HOSTS = {'drive.google.com', 'docs.google.com'}
TYPE = re.compile(r'[\w.+*-]+/[\w.+*-]+', re.ASCII)
NAME = re.compile(r'[\w.-]+', re.ASCII)


class InvalidRoot(ValueError):
    "The text names no folder of Drive"


class InvalidLine(ValueError):
    "The line is none of those that are expected"


# The root folder

def folder_id(text):
    """Return the identifier of a folder that was pasted, or its address

    'root' for My Drive itself.
    """
    text = text.strip()
    if IDENTIFIER.fullmatch(text):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:
        raise InvalidRoot(text) from None
    if parts.scheme != 'https' or parts.hostname not in HOSTS:
        raise InvalidRoot(text)
    names = [n for n in parts.path.split('/') if n]
    if names[-1:] == ['my-drive']:
        return 'root'
    found = None
    if 'folders' in names[:-1]:
        found = names[names.index('folders') + 1]
    elif names[-1:] in [['open'], ['folderview']]:
        found = parse_qs(parts.query).get('id', [None])[0]
    if not found or not IDENTIFIER.fullmatch(found):
        # the address of a file, or of a list
        raise InvalidRoot(text)
    return found


# MIME types

def types(text):
    "Return the MIME types, one a line, in which * stands for anything"
    result = []
    for line in (text or '').split():
        if not TYPE.fullmatch(line):
            raise InvalidLine(line)
        result.append(line.lower())
    return result


def is_type(mime_type, patterns):
    "Tell if the type is one of those, any if there are none"
    mime_type = (mime_type or '').partition(';')[0].strip().lower()
    return not patterns or any(
        fnmatchcase(mime_type, pattern) for pattern in patterns)


def is_native(mime_type):
    "Tell if it is a document of Google, which has no content of its own"
    return (mime_type or '').startswith(NATIVE)


# Names and values

def pairs(text):
    "Return the fields by name of the lines, such as ``customer: party.code``"
    result = {}
    for line in filter(str.strip, (text or '').splitlines()):
        name, colon, path = map(str.strip, line.partition(':'))
        if not (colon and NAME.fullmatch(name) and NAME.fullmatch(path)):
            raise InvalidLine(line.strip())
        result[name] = path
    return result


def to_value(text, kind):
    "Return the text as a value of the type of field, None if it is none"
    text = text.strip()
    if '\0' in text:
        # no database holds it
        return None
    try:
        match kind:
            case 'integer':
                # as large as every database takes
                value = int(text)
                return value if abs(value) < 2 ** 31 else None
            case 'float' | 'numeric':
                value = Decimal(text)
                # as large and as small as every database takes
                return value if value.is_finite() and (
                    abs(value.adjusted()) < 300) else None
            case 'date':
                return dt.date.fromisoformat(text)
    except (ValueError, InvalidOperation):
        return
    return text or None


# Properties

def properties(resource, installation):
    """Return the properties of a file, as far as they are meant for us

    Those of our own application stand before those that everybody sees.
    Those of other databases are no properties for us.
    """
    result = {}
    for name in ['properties', 'appProperties']:
        values = resource.get(name)
        if not isinstance(values, dict):
            continue
        if values.get(DATABASE, installation) != installation:
            continue
        result.update(
            (k, v) for k, v in values.items()
            if isinstance(k, str) and isinstance(v, str))
    return result


def named_record(values, model):
    "The id of the record of the model that the properties name, or None"
    return _id((values.get(RECORD) or '').removeprefix(f'{model},'))


def own_attachment(values):
    "The id of the attachment of which the properties are, or None"
    if values.get(DATABASE):
        return _id(values.get(ATTACHMENT) or '')


def _id(text):
    # as large as an id can be
    if re.fullmatch(r'[0-9]{1,9}', text, re.ASCII):
        return int(text)


# Folders

def folder_values(pieces, folders):
    """Return the texts that the folders have in the places of the paths

    ``pieces`` are those of the template of the path. None if the folders can
    not be of the template.
    """
    values = {}
    templates = _divide(pieces)
    for template, folder in zip(templates, folders):
        found = _values(template, folder)
        if found is None:
            return
        for path, text in found.items():
            # what a value without text was replaced by
            if text != EMPTY:
                values.setdefault(path, text)
    return values


def _divide(pieces):
    "The pieces of each segment of the path"
    segment, segments = [], []
    for text, path in pieces:
        if text is None:
            segment.append((None, path))
            continue
        first, *others = text.split('/')
        segment.append((first, None))
        for other in others:
            segments.append(segment)
            segment = [(other, None)]
    segments.append(segment)
    return [
        s for s in segments
        if any(text is None or text.strip() for text, _ in s)]


def _values(segment, folder):
    source, paths = '(?i)^', []
    for text, path in segment:
        if text is None:
            source += '(.*)' if path is None else f'(?P<v{len(paths)}>.*)'
            if path is not None:
                paths.append(path)
        else:
            source += _literal(text)
    try:
        found = Pattern(source + '$').search(folder)
    except PatternError:
        # too long to tell anything
        return {}
    if found is None:
        return
    return {path: found[f'v{i}'].strip() for i, path in enumerate(paths)}


def _literal(text):
    "The expression of what is left of a text of the template"
    words = text.split()
    blank = ' *'
    source = blank.join(map(_word, words))
    if text[:1].isspace():
        source = blank + source
    if words and text[-1:].isspace():
        source += blank
    return source


def _word(word):
    "Dots at the end of a segment are not kept"
    stem = word.rstrip('.')
    source = re.escape(clean_name(stem)) if stem else ''
    return source + '[.]?' * min(len(word) - len(stem), 3)
