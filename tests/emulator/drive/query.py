# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The query language [Search query terms and operators]

and, or are evaluated from left to right [Search for files and folders]."""
import datetime as dt
import re

from ..discovery import parse_datetime
from ..errors import ApiError

_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:[^'\\]|\\.)*')|(?P<operator><=|>=|!=|[=<>(){}])"
    r'|(?P<number>\d+)(?![\w.])|(?P<word>[A-Za-z_][\w.]*))')
_EQUAL = ('=', '!=')
_ORDER = ('<=', '<', '=', '!=', '>', '>=')
FILE_TERMS = {
    'name': ('text', ('contains', *_EQUAL)),
    'fullText': ('text', ('contains',)),
    'mimeType': ('text', ('contains', *_EQUAL)),
    'modifiedTime': ('date', _ORDER),
    'viewedByMeTime': ('date', _ORDER),
    'createdTime': ('date', _ORDER),
    'trashed': ('boolean', _EQUAL),
    'starred': ('boolean', _EQUAL),
    'sharedWithMe': ('boolean', _EQUAL),
    'visibility': ('text', _EQUAL),
    'shortcutDetails.targetId': ('text', _EQUAL),
    'parents': ('collection', ('in',)),
    'owners': ('collection', ('in',)),
    'writers': ('collection', ('in',)),
    'readers': ('collection', ('in',)),
    'properties': ('properties', ('has',)),
    'appProperties': ('properties', ('has',)),
    }
DRIVE_TERMS = {
    'createdTime': ('date', _ORDER),
    'hidden': ('boolean', _EQUAL),
    'memberCount': ('number', _ORDER),
    'name': ('text', ('contains', *_EQUAL)),
    'organizerCount': ('number', _ORDER),
    'orgUnitId': ('text', _EQUAL),
    }


def _invalid():
    return ApiError('invalid', location='q')


class Term:
    "field operator value"

    def __init__(self, field, operator, value):
        self.field, self.operator, self.value = field, operator, value

    def evaluate(self, test):
        return test(self)

    def terms(self):
        yield self

    def parent_ids(self):
        "The parents that what is found has, or None"
        return {self.value} if self.field == 'parents' else None


class Not:
    def __init__(self, inner):
        self.inner = inner

    def evaluate(self, test):
        return not self.inner.evaluate(test)

    def terms(self):
        yield from self.inner.terms()

    def parent_ids(self):
        return None


class Both:
    def __init__(self, word, left, right):
        self.word, self.left, self.right = word, left, right

    def evaluate(self, test):
        left = self.left.evaluate(test)
        if self.word == 'and':
            return left and self.right.evaluate(test)
        return left or self.right.evaluate(test)

    def terms(self):
        yield from self.left.terms()
        yield from self.right.terms()

    def parent_ids(self):
        left, right = self.left.parent_ids(), self.right.parent_ids()
        if self.word == 'and':
            return right if left is None else left
        return None if left is None or right is None else left | right


def tokens(text):
    result, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise _invalid()
        result.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return result


class Parser:
    def __init__(self, text, terms):
        self.tokens = tokens(text)
        self.known = terms
        self.position = 0

    def parse(self):
        tree = self.expression()
        if self.position != len(self.tokens):
            raise _invalid()
        return tree

    def peek(self):
        if self.position < len(self.tokens):
            return self.tokens[self.position]
        return None, None

    def take(self, kind=None, value=None):
        found = self.peek()
        if (found[0] is None or kind is not None and found[0] != kind
                or value is not None and found[1] != value):
            raise _invalid()
        self.position += 1
        return found[1]

    def expression(self):
        tree = self.factor()
        while self.peek() in {('word', 'and'), ('word', 'or')}:
            word = self.take()
            tree = Both(word, tree, self.factor())
        return tree

    def factor(self):
        kind, value = self.peek()
        if (kind, value) == ('word', 'not'):
            self.take()
            return Not(self.factor())
        if (kind, value) == ('operator', '('):
            self.take()
            tree = self.expression()
            self.take('operator', ')')
            return tree
        if kind == 'string':
            return self.membership()
        return self.comparison()

    def membership(self):
        value = self.string()
        self.take('word', 'in')
        field = self.take('word')
        if self.known.get(field, ('',))[0] != 'collection':
            raise _invalid()
        return Term(field, 'in', value)

    def comparison(self):
        field = self.take('word')
        if field not in self.known:
            raise _invalid()
        kind, operators = self.known[field]
        operator = self.take()
        if operator not in operators or operator == 'in':
            raise _invalid()
        return Term(field, operator, getattr(self, kind)())

    # -- the values

    def string(self):
        text = self.take('string')[1:-1]
        if re.search(r"\\[^'\\]", re.sub(r'\\\\', '', text)):
            raise _invalid()
        return re.sub(r'\\(.)', r'\1', text)

    text = string

    def boolean(self):
        value = self.take('word')
        if value not in {'true', 'false'}:
            raise _invalid()
        return value == 'true'

    def number(self):
        return int(self.take('number'))

    def date(self):
        value = milliseconds(self.string())
        if value is None:
            raise _invalid()
        return value

    def properties(self):
        self.take('operator', '{')
        found = {}
        for name in ['key', 'value']:
            if found:
                self.take('word', 'and')
            self.take('word', name)
            self.take('operator', '=')
            found[name] = self.string()
        self.take('operator', '}')
        return found['key'], found['value']


def milliseconds(text):
    "The default time zone is UTC"
    moment = parse_datetime(text)
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.timezone.utc)
    return round(moment.timestamp() * 1000)


def parse(text, terms=FILE_TERMS):
    return Parser(text, terms).parse()


def compare(operator, left, right):
    if operator == '=':
        return left == right
    if operator == '!=':
        return left != right
    if left is None:
        return False
    return {
        '<': left < right, '<=': left <= right,
        '>': left > right, '>=': left >= right}[operator]


def words(text):
    return [w.lower() for w in re.findall(r'[^\W_]+', text or '')]


def has_prefix(text, value):
    "The words follow each other; the last one may be a prefix"
    wanted, there = words(value), words(text)
    if not wanted:
        return False
    return any(
        there[i:i + len(wanted) - 1] == wanted[:-1]
        and there[i + len(wanted) - 1].startswith(wanted[-1])
        for i in range(len(there) - len(wanted) + 1))


def has_words(text, value):
    "Entire tokens; a phrase if the value is in double quotes"
    wanted, there = words(value), words(text)
    if not wanted:
        return False
    if len(value) > 1 and value[0] == value[-1] == '"':
        return any(
            there[i:i + len(wanted)] == wanted
            for i in range(len(there) - len(wanted) + 1))
    return set(wanted) <= set(there)
