# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The search of Gmail [Refine searches in Gmail; Search and filter messages]

(unverified) words match whole words of the subject, the text, the addresses
and the names of attachments; an operator that is not known is a word."""
import datetime as dt
import re
import zoneinfo

from . import errors, mime
from .model import HIDDEN

_TOKEN = re.compile(
    r'\s*(?:([(){}])|(-)?(?:([A-Za-z0-9_]+):)?(?:"([^"]*)"|(\()|'
    r'([^\s(){}"]+)))')
# [Search and filter messages] dates are midnight in this zone
_PACIFIC = zoneinfo.ZoneInfo('America/Los_Angeles')
_UNITS = {'d': 1, 'm': 30, 'y': 365}
_PLACES = {
    'inbox': 'INBOX', 'sent': 'SENT', 'drafts': 'DRAFT', 'draft': 'DRAFT',
    'trash': 'TRASH', 'spam': 'SPAM', 'starred': 'STARRED',
    'important': 'IMPORTANT', 'unread': 'UNREAD', 'chats': 'CHAT'}
_SIZES = {'k': 1 << 10, 'm': 1 << 20}


def words(text):
    "The words of a text, with a space on both sides of each"
    found = ' '.join(re.findall(r'\w+', text.lower()))
    return f' {found} '


def _contains(text, phrase):
    found = words(phrase)
    return bool(found.strip()) and found in words(text)


class Query:
    "A question, that is asked of each message of a mailbox"

    def __init__(self, box, text):
        self.box = box
        self.anywhere = False
        self._tokens = self._split(text)
        self._place = 0
        self._test = self._any(None)

    def matches(self, message):
        return self._test(message)

    # -- the grammar: terms, OR between two, -, ( ) and { }

    def _split(self, text):
        result, place = [], 0
        text = text.rstrip()
        while place < len(text):
            match = _TOKEN.match(text, place)
            if match is None:
                # (unverified) what cannot be read is left out
                place += 1
                continue
            result.append(match.groups())
            place = match.end()
        return result

    def _peek(self):
        if self._place < len(self._tokens):
            return self._tokens[self._place]

    def _any(self, end, join=all):
        "The terms until the bracket"
        groups = []
        while (token := self._peek()) is not None:
            if end and token[0] == end:
                self._place += 1
                break
            test = self._term()
            if test is None:
                continue
            while self._is_or():
                self._place += 1
                other = self._term()
                if other is not None:
                    test = _either(test, other)
            groups.append(test)
        return lambda m: join(t(m) for t in groups)

    def _is_or(self):
        token = self._peek()
        return token is not None and token[2] is None and token[5] == 'OR'

    def _term(self):
        token = self._peek()
        if token is None:
            return None
        bracket, minus, name, quoted, opened, word = token
        self._place += 1
        if bracket == '(':
            return self._any(')')
        if bracket == '{':
            return self._any('}', any)
        if bracket:
            return None
        if opened:
            test = self._group(name)
        elif name is None:
            test = self._words(word if quoted is None else quoted)
        else:
            test = self._operator(
                name.lower(), word if quoted is None else quoted)
        if minus:
            return lambda m: not test(m)
        return test

    def _group(self, name):
        "subject:(a b)"
        if name is None:
            return self._any(')')
        tests = []
        while (token := self._peek()) is not None:
            self._place += 1
            if token[0] == ')':
                break
            if self._or_word(token):
                continue
            text = token[3] if token[5] is None else token[5]
            if text:
                tests.append(self._operator(name.lower(), text))
        return lambda m: all(t(m) for t in tests)

    @staticmethod
    def _or_word(token):
        return token[5] == 'OR'

    # -- the terms

    def _words(self, text):
        return lambda m: _contains(' '.join([
                    m.mail.subject, m.mail.text, *m.mail.attachments,
                    *(mime.decoded(v) for n in ['From', 'To', 'Cc', 'Bcc']
                        for v in m.mail.all(n))]), text)

    def _operator(self, name, text):
        function = getattr(self, f'_op_{name}', None)
        if function is None:
            return self._words(f'{name} {text}')
        return function(text)

    def _header(self, text, *names):
        if text.lower() == 'me':
            text = self.box.email
        return lambda m: any(
            _contains(mime.decoded(v), text)
            for n in names for v in m.mail.all(n))

    def _op_from(self, text):
        return self._header(text, 'From')

    def _op_to(self, text):
        # [Refine searches in Gmail] also in Cc and Bcc (unverified)
        return self._header(text, 'To', 'Cc', 'Bcc')

    def _op_cc(self, text):
        return self._header(text, 'Cc')

    def _op_bcc(self, text):
        return self._header(text, 'Bcc')

    def _op_deliveredto(self, text):
        return self._header(text, 'Delivered-To')

    def _op_list(self, text):
        return self._header(text, 'List-Id')

    def _op_subject(self, text):
        return lambda m: _contains(m.mail.subject, text)

    def _op_filename(self, text):
        return lambda m: any(
            text.lower() in n.lower() for n in m.mail.attachments)

    def _op_rfc822msgid(self, text):
        wanted = f"<{text.strip('<>')}>"
        return lambda m: m.mail.message_id == wanted

    def _op_in(self, text):
        text = text.lower()
        if text == 'anywhere':
            self.anywhere = True
            return lambda m: True
        return self._labelled(_PLACES.get(text), text)

    def _op_is(self, text):
        text = text.lower()
        if text == 'read':
            return lambda m: 'UNREAD' not in m.labels
        return self._labelled(_PLACES.get(text), text)

    def _op_category(self, text):
        names = {'primary': 'PERSONAL'}
        text = names.get(text.lower(), text.upper())
        return self._labelled(f'CATEGORY_{text}', text)

    def _op_label(self, text):
        return self._labelled(_PLACES.get(text.lower()), text)

    def _labelled(self, found, text):
        # a name is written with - for spaces and /
        if found is None:
            name = _dashed(text)
            found = next(
                (b.id for b in self.box.labels.values()
                    if _dashed(b.name) == name or b.id == text), None)
        if found in HIDDEN:
            self.anywhere = True
        return lambda m: found in m.labels

    def _op_has(self, text):
        text = text.lower()
        if text == 'attachment':
            return lambda m: bool(m.mail.attachments)
        if text == 'userlabels':
            return lambda m: any(
                self.box.labels[n].type == 'user' for n in m.labels)
        if text == 'nouserlabels':
            return lambda m: not any(
                self.box.labels[n].type == 'user' for n in m.labels)
        return lambda m: False

    def _op_after(self, text):
        moment = _moment(text)
        return lambda m: m.date >= moment

    def _op_before(self, text):
        moment = _moment(text)
        return lambda m: m.date < moment

    _op_newer, _op_older = _op_after, _op_before

    def _op_newer_than(self, text):
        moment = self._ago(text)
        return lambda m: m.date >= moment

    def _op_older_than(self, text):
        moment = self._ago(text)
        return lambda m: m.date < moment

    def _ago(self, text):
        match = re.match(r'(\d+)([dmy])$', text.lower())
        if match is None:
            raise errors.invalid("Invalid query")
        days = int(match[1]) * _UNITS[match[2]]
        return (self.box.state.now() - days * 86400) * 1000

    def _op_larger(self, text):
        size = _size(text)
        return lambda m: len(m.raw) >= size

    def _op_smaller(self, text):
        size = _size(text)
        return lambda m: len(m.raw) < size

    _op_size = _op_larger


def _either(one, other):
    return lambda m: one(m) or other(m)


def _dashed(text):
    return re.sub(r'[ /]', '-', text.lower())


def _moment(text):
    "Milliseconds of a date, or of seconds since 1970"
    if text.isdecimal() and len(text) > 8:
        return int(text) * 1000
    match = re.match(r'(\d{4})[/-](\d{1,2})[/-](\d{1,2})$', text)
    try:
        year, month, day = map(int, match.groups())
        return dt.datetime(
            year, month, day, tzinfo=_PACIFIC).timestamp() * 1000
    except (AttributeError, ValueError):
        raise errors.invalid("Invalid query")


def _size(text):
    match = re.match(r'(\d+)([km]?)b?$', text.lower())
    if match is None:
        raise errors.invalid("Invalid query")
    return int(match[1]) * _SIZES.get(match[2], 1)
