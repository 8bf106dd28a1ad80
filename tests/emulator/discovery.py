# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The discovery documents that google-api-python-client ships: routing,
parameters, bodies and answers."""
import datetime as dt
import json
import re
from dataclasses import dataclass, field
from importlib.resources import files
from urllib.parse import unquote

from .errors import ApiError

_RFC3339 = re.compile(
    r'\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?'
    r'([Zz]|[+-]\d\d:?\d\d)?$')
_DATE = re.compile(r'\d{4}-\d\d-\d\d$')
_RANGES = {
    'int32': (-2**31, 2**31 - 1),
    'uint32': (0, 2**32 - 1),
    }


def load(name):
    path = files('googleapiclient') / 'discovery_cache' / 'documents'
    return json.loads((path / f'{name}.json').read_text('utf-8'))


class AnswerError(Exception):
    "An answer of the emulator that the discovery document does not allow"


@dataclass
class Method:
    id: str
    verb: str
    path: str
    regex: re.Pattern
    names: list
    parameters: dict
    request: str = None
    response: str = None
    scopes: list = field(default_factory=list)
    document: object = None
    upload: dict = None  # the media that it takes: accept, maxSize

    def __deepcopy__(self, memo):
        return self


class Document:
    def __init__(self, name, default_fields=None):
        self.document = load(name)
        # a function (method) -> the mask of an answer without fields
        self.default_fields = default_fields
        self.base = '/' + self.document['servicePath']
        self.common = self.document.get('parameters', {})
        self.schemas = self.document['schemas']
        self.methods = {}
        self._collect(self.document)
        # the paths with the fewest variables first
        self._routes = sorted(
            self.methods.values(), key=lambda m: (len(m.names), m.id))

    def _collect(self, resource):
        for raw in resource.get('methods', {}).values():
            path = raw['path']
            names = re.findall(r'{\+?(\w+)}', path)
            regex = re.sub(r'{\+?\w+}', '([^/]+)', self.base + path)
            self.methods[raw['id']] = Method(
                raw['id'], raw['httpMethod'], path,
                re.compile(regex + '$'), names, raw.get('parameters', {}),
                (raw.get('request') or {}).get('$ref'),
                (raw.get('response') or {}).get('$ref'),
                raw.get('scopes', []), self, raw.get('mediaUpload'))
        for sub in resource.get('resources', {}).values():
            self._collect(sub)

    def find(self, verb, path):
        "Return the method and its path parameters, or None"
        for method in self._routes:
            if method.verb == verb:
                if match := method.regex.match(path):
                    values = [unquote(v) for v in match.groups()]
                    return method, dict(zip(method.names, values))
        return None, {}

    # -- parameters

    def parameters(self, method, path_values, pairs):
        """Return the typed values of the path and the query.  Unknown
        parameters, wrong types, enums and ranges are refused."""
        values = {}
        for name, text in path_values.items():
            values[name] = self._parameter(
                name, method.parameters.get(name, {'type': 'string'}), text)
        for name, text in pairs:
            definition = method.parameters.get(name) or self.common.get(name)
            if (definition is None
                    or definition.get('location') == 'path'):
                raise ApiError(
                    'invalidParameter', f"Unknown parameter: '{name}'",
                    location=name)
            value = self._parameter(name, definition, text)
            if definition.get('repeated'):
                values.setdefault(name, []).append(value)
            elif name in values:
                raise ApiError(
                    'invalidParameter',
                    f"Parameter '{name}' may not be repeated",
                    location=name)
            else:
                values[name] = value
        for name, definition in method.parameters.items():
            if definition.get('required') and not values.get(name):
                if not isinstance(values.get(name), bool):
                    raise ApiError(
                        'required', f"Required parameter: {name}",
                        location=name)
        return values

    def _parameter(self, name, definition, text):
        def refuse(message):
            return ApiError('invalidParameter', message, location=name)

        kind = definition.get('type')
        if kind == 'boolean':
            if text not in {'true', 'false'}:
                raise refuse(f"Invalid boolean value: '{text}'.")
            return text == 'true'
        if kind == 'integer':
            if not re.match(r'-?\d+$', text):
                raise refuse(f"Invalid integer value: '{text}'.")
            value = int(text)
            low, high = _RANGES.get(
                definition.get('format'), (-2**63, 2**63 - 1))
            low = int(definition.get('minimum', low))
            high = int(definition.get('maximum', high))
            if not low <= value <= high:
                raise refuse(
                    f"Invalid value '{text}'. Values must be within the "
                    f"range: [{low}, {high}]")
            return value
        if 'enum' in definition and text not in definition['enum']:
            raise refuse(
                f"Invalid string value: '{text}'. Allowed values: "
                f"[{', '.join(definition['enum'])}]")
        if definition.get('format') == 'date-time':
            # [Events: list] RFC3339 timestamp with mandatory offset
            if not re.search(r'([Zz]|[+-]\d\d:?\d\d)$', text) \
                    or parse_datetime(text) is None:
                raise ApiError(
                    'badRequest', "Bad Request", location=name)
        return text

    # -- bodies

    def clean(self, schema, value):
        """Return the value with only the fields of the schema; null values
        stay, for patch."""
        return self._clean({'$ref': schema}, value, '')

    def _clean(self, schema, value, path):
        if '$ref' in schema:
            schema = self.schemas[schema['$ref']]
        if value is None:
            return None
        kind = schema.get('type')
        if kind == 'object':
            if not isinstance(value, dict):
                raise self._refuse(path)
            result = {}
            properties = schema.get('properties', {})
            others = schema.get('additionalProperties')
            for name, item in value.items():
                definition = properties.get(name, others)
                # unknown fields are ignored silently
                if definition is not None:
                    result[name] = self._clean(
                        definition, item, f'{path}.{name}' if path else name)
            return result
        if kind == 'array':
            if not isinstance(value, list) or None in value:
                raise self._refuse(path)
            return [
                self._clean(schema['items'], v, f'{path}[{i}]')
                for i, v in enumerate(value)]
        if (schema.get('format') == 'int64' and kind == 'string'
                and isinstance(value, int) and not isinstance(value, bool)):
            # [Push notifications] the expiration, as a number
            value = str(value)
        if problem := _scalar(schema, value):
            raise self._refuse(path, problem)
        return value

    def _refuse(self, path, problem="wrong type"):
        return ApiError(
            'invalid', f"Invalid value for: {path or 'body'} ({problem})")

    def check(self, schema, value):
        "Raise AnswerError if the value is not what the schema says"
        self._check({'$ref': schema}, value, schema)

    def _check(self, schema, value, path):
        ref = schema.get('$ref')
        if ref is not None:
            schema = self.schemas[ref]
        kind = schema.get('type')
        if kind == 'object':
            if not isinstance(value, dict):
                raise AnswerError(f"{path}: not an object: {value!r}")
            properties = schema.get('properties', {})
            others = schema.get('additionalProperties')
            for name, item in value.items():
                definition = properties.get(name, others)
                if definition is None:
                    raise AnswerError(f"{path}.{name}: unknown")
                self._check(definition, item, f'{path}.{name}')
        elif kind == 'array':
            if not isinstance(value, list):
                raise AnswerError(f"{path}: not an array: {value!r}")
            for item in value:
                self._check(schema['items'], item, path + '[]')
        elif problem := _scalar(schema, value):
            raise AnswerError(f"{path}: {problem}: {value!r}")


def _scalar(schema, value):
    "Return what is wrong with the value, or None"
    kind, form = schema.get('type'), schema.get('format')
    if kind == 'any':
        return None
    if kind == 'boolean':
        return None if isinstance(value, bool) else "not a boolean"
    if kind == 'integer':
        if isinstance(value, bool) or not isinstance(value, int):
            return "not an integer"
        low, high = _RANGES.get(form, (-2**63, 2**63 - 1))
        return None if low <= value <= high else "out of range"
    if kind == 'number':
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return "not a number"
        return None
    if not isinstance(value, str):
        return "not a string"
    if form == 'date-time' and not _RFC3339.match(value):
        return "not an RFC3339 date-time"
    if form == 'date' and not _DATE.match(value):
        return "not a date"
    if 'enum' in schema and value not in schema['enum']:
        return "not one of the values"
    return None


def parse_datetime(text):
    "Return a datetime, naive if the text has no offset; None if invalid"
    if not isinstance(text, str) or not _RFC3339.match(text):
        return None
    text = text.upper().replace(' ', 'T')
    try:
        return dt.datetime.fromisoformat(text)
    except ValueError:
        return None


def parse_date(text):
    if not isinstance(text, str) or not _DATE.match(text):
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None
