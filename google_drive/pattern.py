# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Regular expressions of people that always end soon.

The syntax is Python's and so is what matches, but the expressions never run
in Python's engine, in which some take for ever: all the ways to match are
followed at once, character by character (the machine of Pike).  What can not
be done so is refused: references to groups and looking around.

Pure functions: no ORM, no network, no clock.
"""
import re
import warnings
from functools import lru_cache
from re import _constants as sre
from re import _parser as parser

__all__ = ['Pattern', 'PatternError']

SOURCE_LIMIT = 500
PROGRAM_LIMIT = 1_000
DEPTH_LIMIT = 40
TEXT_LIMIT = 1_024
FLAGS = re.UNICODE | re.IGNORECASE
CATEGORIES = {
    sre.CATEGORY_DIGIT: str.isdecimal,
    sre.CATEGORY_NOT_DIGIT: lambda c: not c.isdecimal(),
    sre.CATEGORY_SPACE: str.isspace,
    sre.CATEGORY_NOT_SPACE: lambda c: not c.isspace(),
    sre.CATEGORY_WORD: lambda c: _is_word(c),
    sre.CATEGORY_NOT_WORD: lambda c: not _is_word(c),
    }
CHARACTERS = {sre.LITERAL, sre.NOT_LITERAL, sre.ANY, sre.IN}


class PatternError(Exception):
    "Why a pattern is refused: a code of ``msg_error_pattern_<code>``"

    def __init__(self, code, **arguments):
        super().__init__(code)
        self.code = code
        self.arguments = arguments


class Pattern:
    """A pattern that was checked.

    ``groups`` are the names of its groups.
    """

    def __init__(self, source):
        tree = _parse(source)
        self.ignore_case = bool(tree.state.flags & re.IGNORECASE)
        self.slots = {
            name: index for name, index in tree.state.groupdict.items()}
        self.groups = sorted(self.slots)
        self.program = []
        self.predicates = {}
        self._sequence(tree, 0)
        self._add('match')

    def search(self, text):
        """Return the texts of the groups by name, None if nothing matches

        A group that took no part has None.
        """
        match = _run(self.program, text[:TEXT_LIMIT])
        if match is None:
            return
        groups = dict.fromkeys(self.slots)
        for name, index in self.slots.items():
            start, end = match.get(2 * index), match.get(2 * index + 1)
            if start is not None and end is not None:
                groups[name] = text[start:end]
        return groups

    # The program

    def _add(self, kind, value=None):
        if len(self.program) >= PROGRAM_LIMIT:
            raise PatternError('long')
        self.program.append([kind, value])
        return len(self.program) - 1

    def _sequence(self, tree, depth):
        if depth > DEPTH_LIMIT:
            raise PatternError('long')
        for operator, value in tree:
            if operator in CHARACTERS:
                self._add('character', self._character(operator, value))
            elif operator is sre.SUBPATTERN:
                self._group(value, depth + 1)
            elif operator is sre.BRANCH:
                self._branch(value[1], depth + 1)
            elif operator in {sre.MAX_REPEAT, sre.MIN_REPEAT}:
                self._repeat(
                    *value, operator is sre.MAX_REPEAT, depth + 1)
            elif operator is sre.AT:
                self._add('position', POSITIONS[value])
            else:
                raise PatternError('forbidden')

    def _character(self, operator, value):
        "The predicate, which is one however often it is repeated"
        key = operator, tuple(value) if operator is sre.IN else value
        if key not in self.predicates:
            self.predicates[key] = _predicate(
                operator, value, self.ignore_case)
        return self.predicates[key]

    def _group(self, value, depth):
        index, add, remove, tree = value
        if add or remove:
            raise PatternError('forbidden')
        if index is not None:
            self._add('save', 2 * index)
        self._sequence(tree, depth)
        if index is not None:
            self._add('save', 2 * index + 1)

    def _branch(self, branches, depth):
        split = self._add('split', [])
        jumps = []
        for branch in branches:
            self.program[split][1].append(len(self.program))
            self._sequence(branch, depth)
            jumps.append(self._add('split', []))
        for jump in jumps:
            self.program[jump][1].append(len(self.program))

    def _repeat(self, minimum, maximum, tree, greedy, depth):
        if minimum > PROGRAM_LIMIT:
            raise PatternError('long')
        for _ in range(minimum):
            length = len(self.program)
            self._sequence(tree, depth)
            if len(self.program) == length:
                # nothing, however often it is repeated
                break
        if maximum is sre.MAXREPEAT:
            split = self._add('split', None)
            self._sequence(tree, depth)
            self._add('split', [split])
            self._choose(split, greedy)
            return
        if maximum - minimum > PROGRAM_LIMIT:
            raise PatternError('long')
        splits = []
        for _ in range(maximum - minimum):
            splits.append(self._add('split', None))
            self._sequence(tree, depth)
        for split in splits:
            self._choose(split, greedy)

    def _choose(self, split, greedy):
        "Go on after the split or to the end, in the order of preference"
        ways = [split + 1, len(self.program)]
        self.program[split][1] = ways if greedy else ways[::-1]


def _parse(source):
    if len(source) > SOURCE_LIMIT:
        raise PatternError('long')
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore')
            tree = parser.parse(source)
    except re.error as error:
        raise PatternError('syntax', message=error.msg) from None
    except (RecursionError, OverflowError):
        raise PatternError('long') from None
    if tree.state.flags & ~FLAGS:
        raise PatternError('forbidden')
    return tree


# Characters and positions

def _is_word(character):
    return character.isalnum() or character == '_'


def _variants(character, ignore_case):
    if not ignore_case:
        return [character]
    return {
        character, *(
            c for c in [character.lower(), character.upper()]
            if len(c) == 1)}


def _predicate(operator, value, ignore_case):
    "The function that tells if a character is the one"
    if operator is sre.ANY:
        return lambda c: c != '\n'
    if operator is sre.IN:
        items = list(value)
        negate = bool(items) and items[0][0] is sre.NEGATE
        items = [_item(*i) for i in items[negate:]]
    else:
        negate = operator is sre.NOT_LITERAL
        items = [_item(sre.LITERAL, value)]

    # a set is asked once for each of the characters of a text
    @lru_cache(maxsize=TEXT_LIMIT)
    def is_one(character):
        return negate != any(
            item(variant)
            for variant in _variants(character, ignore_case)
            for item in items)
    return is_one


def _item(operator, value):
    "The function that tells if a character is of the item of a set"
    if operator is sre.LITERAL:
        return lambda c: ord(c) == value
    if operator is sre.RANGE:
        low, high = value
        return lambda c: low <= ord(c) <= high
    if operator is sre.CATEGORY and value in CATEGORIES:
        return CATEGORIES[value]
    raise PatternError('forbidden')


def _is_boundary(text, index):
    before = index > 0 and _is_word(text[index - 1])
    after = index < len(text) and _is_word(text[index])
    return before != after


POSITIONS = {
    sre.AT_BEGINNING: lambda text, index: index == 0,
    sre.AT_BEGINNING_STRING: lambda text, index: index == 0,
    sre.AT_END: lambda text, index: (
        index == len(text) or text[index:] == '\n'),
    sre.AT_END_STRING: lambda text, index: index == len(text),
    sre.AT_BOUNDARY: _is_boundary,
    sre.AT_NON_BOUNDARY: lambda text, index: not _is_boundary(text, index),
    }


# The machine

def _run(program, text):
    "Return what was saved on the best way to match, None if there is none"
    threads, best = [], None
    for index in range(len(text) + 1):
        ways, seen = [], set()
        for pc, saved in threads:
            _follow(program, text, index, pc, saved, ways, seen)
        if best is None:
            # to begin here is worse than to have begun before
            _follow(program, text, index, 0, {}, ways, seen)
        threads = []
        for pc, saved in ways:
            kind, value = program[pc]
            if kind == 'match':
                # what comes after is worse
                best = saved
                break
            if index < len(text) and value(text[index]):
                threads.append((pc + 1, saved))
        if not threads and best is not None:
            break
    return best


def _follow(program, text, index, pc, saved, ways, seen):
    "Add the ways that lead from there, until each wants a character"
    stack = [(pc, saved)]
    while stack:
        pc, saved = stack.pop()
        if pc in seen:
            continue
        seen.add(pc)
        kind, value = program[pc]
        if kind == 'split':
            stack.extend((target, saved) for target in reversed(value))
        elif kind == 'save':
            stack.append((pc + 1, {**saved, value: index}))
        elif kind == 'position':
            if value(text, index):
                stack.append((pc + 1, saved))
        else:
            ways.append((pc, saved))
