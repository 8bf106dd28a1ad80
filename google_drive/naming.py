# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What files and folders may be called, wherever they are downloaded to.

Pure functions: no ORM, no network, no clock.

Drive itself takes nearly any text.  What it is downloaded to does not:

- Windows refuses some characters, names of devices, dots and blanks at the
  end: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
- The names of Linux have at most 255 bytes, those of Windows 255 UTF-16 units
  and those of macOS 255 characters: the bytes of UTF-8 are never fewer.
"""
import hashlib
import re
import unicodedata

__all__ = [
    'DEPTH_LIMIT', 'EMPTY', 'NAME_LIMIT', 'alike', 'clean_name', 'extension',
    'file_name', 'segments', 'wildcard']

# in bytes of UTF-8
NAME_LIMIT = 255
# Drive has 100 levels, of which the root of a rule may need some:
# https://developers.google.com/workspace/drive/api/guides/folder
DEPTH_LIMIT = 50
EXTENSION_LIMIT = 16
# what stands for a name of which nothing is left
EMPTY = '_'
REPLACED = re.compile(r'[<>:"/\\|?*]')
# the superscripts are digits for Windows
RESERVED = re.compile(
    r'(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[ ]*(?:\.|$)',
    re.IGNORECASE)
# they show a name in another order than it is: fdp.exe as exe.pdf
DIRECTIONS = {
    *map(chr, range(0x202a, 0x202f)), *map(chr, range(0x2066, 0x206a)),
    '\u200e', '\u200f', '\u061c'}
JOINER = '\u200d'
EXTENSION = re.compile(r'\.[^\W_]+', re.ASCII)


def clean_name(text):
    """Return the text as the name of a file or of a folder

    What is clean already stays as it is.
    """
    text = _characters(text)
    # what is removed from the end may reveal what is to be removed
    text = ' '.join(text.split()).rstrip('. ')
    if RESERVED.match(text):
        text = EMPTY + text
    return _shorten(text) or EMPTY


def _characters(text):
    "The text without the characters that some system refuses"
    text = ''.join(
        ' ' if character.isspace() else character
        for character in text
        if character.isspace() or not _is_refused(character))
    # else the same name is another one on macOS
    return REPLACED.sub('_', unicodedata.normalize('NFC', text))


def _is_refused(character):
    "Tell if it is a control, half a character or no character"
    code = ord(character)
    return (unicodedata.category(character) in {'Cc', 'Cs'}
        or character in DIRECTIONS
        or 0xfdd0 <= code <= 0xfdef or code & 0xfffe == 0xfffe
        or character == '\ufeff')


def _shorten(text):
    """Cut the name, keep the extension, and tell it from its like

    Two long names that begin alike are two names still.
    """
    if len(text.encode()) <= NAME_LIMIT:
        return text
    suffix = '~' + hashlib.sha256(text.encode()).hexdigest()[:8]
    suffix += extension(text)
    return cut(text, NAME_LIMIT - len(suffix.encode())) + suffix


def cut(text, limit):
    "The beginning of the text in so many bytes, without half a character"
    size, end = 0, 0
    for character in text:
        size += len(character.encode())
        if size > limit:
            break
        end += 1
    if end < len(text):
        # what belongs to the character before it, as accents and emoji do
        while end and (_is_mark(text[end]) or text[end - 1] == JOINER):
            end -= 1
    return text[:end].rstrip('. ')


def _is_mark(character):
    return (unicodedata.category(character) in {'Mn', 'Me', 'Mc'}
        or character == JOINER or 0x1f3fb <= ord(character) <= 0x1f3ff)


def extension(name):
    "The extension of the name with its dot, '' without"
    stem, dot, end = (name or '').rpartition('.')
    end = dot + end
    if (stem.strip('. ') and len(end) <= EXTENSION_LIMIT
            and EXTENSION.fullmatch(end)):
        return end
    return ''


def file_name(text, ext='', own=False):
    """Return the name of a file that keeps its extension

    ``own`` tells that the text says the extension itself: then nothing is
    added, but the dot before the extension is not doubled.
    """
    text = ' '.join(text.split())
    if ext:
        doubled = '.' + ext
        if text.endswith(doubled):
            text = text[:-len(doubled)] + ext
        if not own and not text.casefold().endswith(ext.casefold()):
            text = clean_name(text) + ext
    return clean_name(text)


def segments(parts):
    """Return the names of the folders of a path

    ``parts`` are the pieces of the text, each with whether it is of a value:
    only the slashes of the template itself separate folders. What the
    template leaves empty is no folder; what has a value without text is.
    """
    result, text, valued = [], '', False
    for shown, piece in parts:
        if shown:
            text, valued = text + piece, True
            continue
        first, *others = piece.split('/')
        text += first
        for other in others:
            _add(result, text, valued)
            text, valued = other, False
    _add(result, text, valued)
    return tuple(result)


def _add(result, text, valued):
    if valued or text.strip():
        result.append(clean_name(text))


def alike(one, other):
    "Tell if both are the same name, for people and for most systems"
    return clean_name(one).casefold() == clean_name(other).casefold()


def wildcard(text):
    """The pattern of LIKE for what may have become the text by cleaning

    More is found than that: compare with `alike`.
    """
    if '~' in text and len(text.encode()) > NAME_LIMIT // 2:
        # it may have been cut
        text = text.rpartition('~')[0]
    # a blank may have been any number of any blanks, and at the end may have
    # been dots; an underscore is any character for LIKE, too
    return '%'.join([*text.split(), ''])
