# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Messages as bytes: the headers are read and changed, the body is not
touched."""
import functools
import re
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.parser import BytesParser
from html.parser import HTMLParser

_FIELD = re.compile(rb'([!-9;-~]+)[ \t]*:((?:.|\r?\n[ \t])*)(?:\r?\n|\Z)')
_ID = re.compile(r'<[^<>\s]+>')
_ADDRESS = re.compile(
    r'[^\s@<>(),:;"\[\]]+(?:[^\s@<>]*[^\s@<>(),:;\[\]])?@'
    r'[^\s@<>()\[\].,:;"]+(?:\.[^\s@<>()\[\].,:;"]+)+$')
_PREFIX = re.compile(
    r'\s*(?:(?:re|fwd?|fw|aw|wg|sv|tr|rv|antw)(?:\[\d+\])?\s*:\s*)+', re.I)


class Invalid(Exception):
    "A header that is not valid; its name is the message"


# -- bytes

def split(raw):
    "Return the header, with its last end of line, and the rest"
    if raw.startswith((b'\n', b'\r\n')):
        return b'', raw
    match = re.search(rb'\r?\n(?=\r?\n)', raw)
    if match is None:
        return raw, b''
    return raw[:match.end()], raw[match.end():]


def eol(raw):
    place = raw.find(b'\n')
    return b'\n' if place > 0 and raw[place - 1:place] != b'\r' else b'\r\n'


def fields(head):
    """The fields of a header: (name in lower case, start, end, value)

    Lines that are no field are skipped."""
    result, place = [], 0
    while place < len(head):
        match = _FIELD.match(head, place)
        if match:
            result.append((
                    match[1].decode().lower(), match.start(), match.end(),
                    match[2]))
            place = match.end()
        else:
            place = head.find(b'\n', place) + 1 or len(head)
    return result


def without(raw, *names):
    head, rest = split(raw)
    for _, start, end, _ in reversed([
                f for f in fields(head) if f[0] in names]):
        head = head[:start] + head[end:]
    return head + rest


def replaced(raw, name, value):
    "Set the first field of the name, remove the others; add it on top"
    head, rest = split(raw)
    line = name.encode() + b': ' + value.encode() + eol(raw)
    found = [f for f in fields(head) if f[0] == name.lower()]
    for index, (_, start, end, _) in reversed(list(enumerate(found))):
        head = head[:start] + (b'' if index else line) + head[end:]
    if not found:
        head = line + head
    return head + rest


def prepended(raw, *lines):
    end = eol(raw)
    return b''.join(
        line.encode().replace(b'\n', end) + end for line in lines) + raw


# -- text

def text_of(value):
    "The bytes of a header as text, unfolded"
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode('latin-1')
    return re.sub(r'\r?\n(?=[ \t])', '', text).strip()


def decoded(text):
    "(unverified) Gmail decodes the encoded words of what it shows"
    if '=?' not in text:
        return text
    try:
        return str(make_header(decode_header(text)))
    except (MessageError, LookupError, ValueError):
        return text


def is_address(text):
    "A local part, and a domain of two labels at least"
    return bool(_ADDRESS.match(text)) and '..' not in text


def addresses(text, name='To'):
    """The addresses of a header as (display name, address)

    raises Invalid where one of them is none."""
    try:
        header = policy.SMTPUTF8.header_factory(name, text)
        found = [(a.display_name, a.addr_spec) for a in header.addresses]
    except (ValueError, IndexError, AttributeError, MessageError):
        # what the parser of the standard library does not survive
        raise Invalid(name)
    if not found and not header.groups:
        raise Invalid(name)
    for _, address in found:
        if not is_address(address):
            raise Invalid(name)
    return found


def subject_key(text):
    "A subject without the prefixes of answers"
    return ' '.join(_PREFIX.sub('', text, count=1).split()).lower()


class _Text(HTMLParser):
    "The text of an HTML part"

    def __init__(self):
        super().__init__()
        self.words = []
        self.silent = 0

    def handle_starttag(self, tag, attrs):
        self.silent += tag in {'style', 'script', 'title'}

    def handle_endtag(self, tag):
        self.silent -= tag in {'style', 'script', 'title'}

    def handle_data(self, data):
        if self.silent <= 0:
            self.words.append(data)


def html_text(text):
    parser = _Text()
    parser.feed(text)
    return ' '.join(parser.words)


class Mail:
    "What a message says"

    def __init__(self, raw):
        self.raw = raw
        head, _ = split(raw)
        self.headers = [
            (head[start:end].partition(b':')[0].decode().strip(),
                text_of(value))
            for _, start, end, value in fields(head)]

    def __deepcopy__(self, memo):
        return self  # it never changes

    def all(self, name):
        name = name.lower()
        return [v for n, v in self.headers if n.lower() == name]

    def get(self, name, default=''):
        return next(iter(self.all(name)), default)

    @functools.cached_property
    def message_id(self):
        return next(iter(_ID.findall(self.get('Message-ID'))), '')

    @property
    def references(self):
        "What it answers, the nearest first"
        found = _ID.findall(self.get('In-Reply-To'))
        return found + list(reversed(_ID.findall(self.get('References'))))

    @functools.cached_property
    def subject(self):
        return decoded(self.get('Subject'))

    @functools.cached_property
    def tree(self):
        return BytesParser(policy=policy.compat32).parsebytes(self.raw)

    @functools.cached_property
    def leaves(self):
        "The parts that hold something"
        return [p for p in self.tree.walk() if not p.is_multipart()]

    @functools.cached_property
    def text(self):
        "What the mail says, for a search and a snippet"
        plain = [p for p in self.leaves
            if p.get_content_type() == 'text/plain' and not filename(p)]
        html = [p for p in self.leaves
            if p.get_content_type() == 'text/html' and not filename(p)]
        if plain:
            text = ' '.join(part_text(p) for p in plain)
        else:
            text = ' '.join(html_text(part_text(p)) for p in html)
        return ' '.join(text.split())

    @property
    def attachments(self):
        return [n for n in map(filename, self.leaves) if n]

    @property
    def content_size(self):
        "The bytes of its parts, decoded"
        return sum(
            len(p.get_payload(decode=True) or b'') for p in self.leaves)


def filename(part):
    try:
        return decoded(part.get_filename() or '')
    except (MessageError, LookupError, TypeError, ValueError):
        return ''


def part_text(part):
    data = part.get_payload(decode=True) or b''
    try:
        return data.decode(part.get_content_charset() or 'utf-8', 'replace')
    except (LookupError, ValueError):
        return data.decode('latin-1')
