# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Partial responses, the parameter fields [Performance tips]"
import re

from .errors import ApiError

_TOKEN = re.compile(r'[A-Za-z0-9_\-.@*$]+|[(),/]')


def _refuse(text):
    return ApiError(
        'invalidParameter', f"Invalid field selection {text}",
        location='fields')


def parse(text):
    "Return {name: None (everything) or a mask}"
    tokens = _TOKEN.findall(text)
    if ''.join(tokens) != text or not tokens:
        raise _refuse(text)
    position = 0

    def selection(depth):
        nonlocal position
        mask = {}
        while True:
            path = []
            sub = None
            while True:
                if (position >= len(tokens)
                        or tokens[position] in {'(', ')', ',', '/'}):
                    raise _refuse(text)
                path.append(tokens[position])
                position += 1
                if position < len(tokens) and tokens[position] == '/':
                    position += 1
                    continue
                break
            if position < len(tokens) and tokens[position] == '(':
                position += 1
                sub = selection(depth + 1)
            for name in reversed(path):
                sub = {name: sub}
            _merge(mask, sub)
            if position >= len(tokens):
                if depth:
                    raise _refuse(text)
                return mask
            token = tokens[position]
            position += 1
            if token == ')':
                if not depth:
                    raise _refuse(text)
                return mask
            if token != ',':
                raise _refuse(text)

    return selection(0)


def _merge(mask, other):
    for name, sub in other.items():
        if name in mask and (mask[name] is None or sub is None):
            mask[name] = None
        elif name in mask:
            _merge(mask[name], sub)
        else:
            mask[name] = sub


def check(mask, schemas, schema):
    "Refuse the names that the schema does not have"
    if '$ref' in schema:
        schema = schemas[schema['$ref']]
    if schema.get('type') == 'array':
        return check(mask, schemas, schema['items'])
    properties = schema.get('properties', {})
    others = schema.get('additionalProperties')
    for name, sub in mask.items():
        if name == '*':
            continue
        definition = properties.get(name, others)
        if definition is None:
            raise _refuse(name)
        if sub is not None:
            check(sub, schemas, definition)


def apply(mask, value):
    if mask is None:
        return value
    if isinstance(value, list):
        return [apply(mask, v) for v in value]
    if not isinstance(value, dict):
        return value
    if '*' in mask:
        return {k: apply(mask['*'], v) for k, v in value.items()}
    return {
        k: apply(mask[k], v) for k, v in value.items() if k in mask}
