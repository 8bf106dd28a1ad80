# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The values of templates, what may be done with them, and how much of it."""
import ast
import datetime as dt
import operator
import re
from decimal import Decimal

__all__ = [
    'DATE_FORMAT', 'FUNCTIONS', 'METHODS', 'PROPERTIES', 'Budget', 'Reachable',
    'TemplateError', 'check', 'check_date_format', 'operate', 'show']

STEPS = 50_000
TEXT_LIMIT = 65_536
LIST_LIMIT = 10_000
BITS_LIMIT = 256
EXPONENT_LIMIT = 100
# so many characters, and elements, are the work of one step
CHARACTERS = 256
ELEMENTS = 4

NUMBERS = {bool, int, float, Decimal}
MOMENTS = {dt.date, dt.datetime, dt.time, dt.timedelta}
PLAIN = {type(None), str, *NUMBERS, *MOMENTS}
LISTS = {list, tuple}

# a width would make one character a million
DATE_FORMAT = re.compile(
    r'(?:[^%]|%-?[aAbBcdDeFGHIjmMnpPrRSTtuUVwWxXyYzZ%])*')
NUMBER_FORMAT = re.compile(
    r'(?:[^{}]?[<>=^])?[-+ ]?#?0?\d{0,2}[,_]?(?:\.\d{1,2})?[a-zA-Z%]?')
PERCENT = re.compile(
    r'%(?:%|[-+ 0#]{0,3}\d{0,2}(?:\.\d{1,2})?(?P<kind>[sdifeEgGxX]))')


class TemplateError(Exception):
    """What is wrong with a template, or with what it does.

    The message is ``msg_template_<code>``.  The arguments are words of the
    template, never of the data.
    """

    def __init__(self, code, line=None, **arguments):
        super().__init__(code)
        self.code = code
        self.line = line
        self.arguments = arguments


class Reachable:
    "What is no plain value: it says itself what a template may read of it"
    __slots__ = ()

    def template_get(self, name):
        raise NotImplementedError

    def template_text(self):
        raise NotImplementedError


class Budget:
    "What one rendering may still do"

    def __init__(self, steps=STEPS):
        self.steps = steps

    def spend(self, steps, line):
        self.steps -= steps
        if self.steps < 0:
            raise TemplateError('work', line)

    def show(self, value, line):
        "The text of a value"
        try:
            text = show(value)
        except TemplateError as error:
            error.line = line
            raise
        self.spend(1 + len(text) // CHARACTERS, line)
        return text


def check(value, line=None):
    "Raise an error if the value is none for a template, return its size"
    kind = type(value)
    if kind is str:
        if len(value) > TEXT_LIMIT:
            raise TemplateError('text_long', line)
        return len(value) // CHARACTERS
    if kind is int:
        if value.bit_length() > BITS_LIMIT:
            raise TemplateError('number', line)
    elif kind is Decimal:
        if value.is_finite() and abs(value.adjusted()) > EXPONENT_LIMIT:
            raise TemplateError('number', line)
    elif kind in LISTS or kind is dict:
        if len(value) > LIST_LIMIT:
            raise TemplateError('list_long', line)
        return len(value) // ELEMENTS
    elif kind not in PLAIN and not isinstance(value, Reachable):
        raise TemplateError('type', line)
    return 0


def show(value):
    "The text of a value, as Genshi writes it"
    if value is None:
        return ''
    if isinstance(value, Reachable):
        return show(value.template_text())
    if type(value) not in PLAIN:
        raise TemplateError('list')
    return str(value)


# Operators

def operate(operator_, *values):
    "Do the operation if it can not be too much"
    if isinstance(operator_, ast.Mult):
        _check_product(*values)
    elif isinstance(operator_, ast.Mod) and type(values[0]) is str:
        return percent(*values)
    elif isinstance(operator_, (ast.Add, ast.Sub)):
        if any(isinstance(v, Reachable) for v in values):
            raise TemplateError('type')
        if all(type(v) in {str, *LISTS} for v in values):
            limit = TEXT_LIMIT if type(values[0]) is str else LIST_LIMIT
            if sum(map(len, values)) > limit:
                raise TemplateError('text_long')
    elif isinstance(operator_, (ast.In, ast.NotIn)):
        if type(values[1]) not in {str, dict, *LISTS}:
            raise TemplateError('no_list')
        _check_comparable(values[:1])
    elif isinstance(operator_, COMPARISONS):
        _check_comparable(values)
    return _OPERATIONS[type(operator_)](*values)


def _check_comparable(values):
    "Lists in lists would be compared for ever"
    if any(type(v) is dict or type(v) in LISTS for v in values):
        raise TemplateError('type')


def _check_product(left, right):
    for one, other in [(left, right), (right, left)]:
        if type(one) in LISTS:
            raise TemplateError('type')
        if type(one) is str:
            if type(other) is not int:
                raise TemplateError('type')
            if len(one) * other > TEXT_LIMIT:
                raise TemplateError('text_long')
            return
    if type(left) is int and type(right) is int:
        if left.bit_length() + right.bit_length() > BITS_LIMIT:
            raise TemplateError('number')


COMPARISONS = (ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_OPERATIONS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Not: operator.not_,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    }


def percent(format, values):
    "``format % values`` without names, stars and wide widths"
    values = list(values) if type(values) is tuple else [values]

    def replace(match):
        kind = match['kind']
        if not kind:
            return '%'
        if not values:
            raise TemplateError('format')
        value = values.pop(0)
        if kind == 's':
            value = show(value)
        elif type(value) not in NUMBERS:
            raise TemplateError('format')
        return match.group() % value

    result = PERCENT.sub(replace, format)
    if values or '%' in PERCENT.sub('', format):
        raise TemplateError('format')
    return result


def format_(value, spec=''):
    if type(value) in {dt.date, dt.datetime, dt.time}:
        check_date_format(spec)
    elif type(value) not in {str, *NUMBERS}:
        raise TemplateError('type')
    elif not NUMBER_FORMAT.fullmatch(spec):
        raise TemplateError('format')
    return format(value, spec)


def check_date_format(format):
    if len(format) > 200 or not DATE_FORMAT.fullmatch(format):
        raise TemplateError('format')


# Functions

def _round(value, digits=None):
    if type(value) not in NUMBERS or (digits is not None and not (
                type(digits) is int and -20 <= digits <= 20)):
        raise TemplateError('number')
    return round(value) if digits is None else round(value, digits)


def _sum(values, start=0):
    for value in [start, *_list(values)]:
        if type(value) not in {dt.timedelta, *NUMBERS}:
            raise TemplateError('type')
    return sum(values, start)


def _list(values):
    if type(values) not in {str, *LISTS}:
        raise TemplateError('no_list')
    if len(values) > LIST_LIMIT:
        raise TemplateError('list_long')
    return list(values)


def _comparable(values):
    values = _list(values)
    _check_comparable(values)
    return values


def _length(value):
    if type(value) not in {str, dict, *LISTS}:
        raise TemplateError('no_list')
    return len(value)


def _number(kind):
    def convert(value=0):
        if type(value) not in {str, *NUMBERS}:
            raise TemplateError('type')
        return kind(value)
    return convert


def _smallest(function):
    def choose(*values):
        return function(
            _comparable(values[0]) if len(values) == 1
            else _comparable(values))
    return choose


def _over_lists(function):
    "The function of lists, of which the result is a list"
    def run(*values, **keywords):
        return list(function(*map(_list, values), **keywords))
    return run


def _strftime(value, format):
    check_date_format(format)
    return value.strftime(format)


FUNCTIONS = {
    'abs': abs,
    'all': lambda values: all(_list(values)),
    'any': lambda values: any(_list(values)),
    'bool': bool,
    'date': dt.date,
    'enumerate': lambda values, start=0: [
        (start + i, v) for i, v in enumerate(_list(values))],
    'float': _number(float),
    'format': format_,
    'int': _number(int),
    'len': _length,
    'list': _list,
    'max': _smallest(max),
    'min': _smallest(min),
    'reversed': _over_lists(reversed),
    'round': _round,
    'sorted': lambda values, reverse=False: sorted(
        _comparable(values), reverse=bool(reverse)),
    'str': show,
    'sum': _sum,
    'timedelta': dt.timedelta,
    'zip': _over_lists(zip),
    }


# Methods

def _join(text, values):
    values = _list(values)
    if any(type(v) is not str for v in values):
        raise TemplateError('type')
    if sum(map(len, values)) + len(text) * len(values) > TEXT_LIMIT:
        raise TemplateError('text_long')
    return text.join(values)


def _replace(text, old, new, count=-1):
    times = text.count(old)
    if len(text) + times * len(new) > TEXT_LIMIT:
        raise TemplateError('text_long')
    return text.replace(old, new, count)


def _of(kind, *names):
    "The methods of the kind that are no more work than their result"
    return {name: getattr(kind, name) for name in names}


METHODS = {
    str: {
        **_of(
            str, 'capitalize', 'casefold', 'count', 'endswith', 'find',
            'isdigit', 'lower', 'lstrip', 'partition', 'rpartition', 'rsplit',
            'rstrip', 'split', 'splitlines', 'startswith', 'strip', 'title',
            'upper'),
        'join': _join,
        'replace': _replace,
        },
    dt.date: {
        **_of(dt.date, 'isoformat', 'isoweekday', 'replace', 'weekday'),
        'strftime': _strftime,
        },
    dt.datetime: {
        **_of(dt.datetime, 'date', 'isoformat', 'isoweekday', 'replace',
            'time', 'weekday'),
        'strftime': _strftime,
        },
    dt.time: {
        **_of(dt.time, 'isoformat', 'replace'),
        'strftime': _strftime,
        },
    dt.timedelta: _of(dt.timedelta, 'total_seconds'),
    dict: {
        'get': lambda values, key, default=None: values.get(key, default),
        'keys': list,
        'values': lambda values: list(values.values()),
        'items': lambda values: list(values.items()),
        },
    }

PROPERTIES = {
    dt.date: {'day', 'month', 'year'},
    dt.datetime: {
        'day', 'hour', 'microsecond', 'minute', 'month', 'second', 'year'},
    dt.time: {'hour', 'microsecond', 'minute', 'second'},
    dt.timedelta: {'days', 'microseconds', 'seconds'},
    }
