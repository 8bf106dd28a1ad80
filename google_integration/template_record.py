# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What templates see of records: what a user may read, and nothing to do."""
import datetime as dt
import re
from contextlib import contextmanager
from decimal import Decimal

from trytond.model import Model
from trytond.model.exceptions import AccessError
from trytond.model.fields.selection import TranslatedSelection
from trytond.pool import Pool
from trytond.report import Report
from trytond.transaction import check_access

from .operation import ItemError
from .template import Template
from .template_values import (
    MOMENTS, NUMBERS, Reachable, TemplateError, check_date_format)

__all__ = [
    'NAMES', 'RELATIONS', 'TemplateRecord', 'check_fields', 'compile_template',
    'readable', 'render_parts', 'render_template']

NAMES = {'record'}
RELATIONS = {'many2one', 'one2one', 'one2many', 'many2many'}
# no template needs them
SECRET = re.compile(r'password|passphrase|secret|token|private_key|api_key')
LIST_LIMIT = 1_000


def compile_template(source, label, names=NAMES):
    """Return the checked template, raise ItemError if it is refused.

    The label names the template in the message, the names are the variables
    that it may use.
    """
    with _named(label):
        return Template(source, names, FUNCTIONS)


def check_fields(template, Model_, label, variable='record'):
    """Raise ItemError if what the template reads of the record is no field

    The record is the value of the variable. What is only known when it is
    rendered is not checked.
    """
    with _named(label):
        for path in sorted(template.paths()):
            name, *names = path.split('.')
            if name == variable:
                _check_path(Model_, names, path)


def _check_path(Model_, names, path):
    for name in names:
        field = _field(Model_, name)
        if field is None:
            raise TemplateError('path', path=path, name=name)
        if field._type not in RELATIONS:
            return
        Model_ = field.get_target()


def render_template(template, record, label, **options):
    "Return the text of the `TemplateRecord`"
    with _named(label):
        return template.render({'record': record}, FUNCTIONS, **options)


def render_parts(template, values, label, **options):
    """Return the pieces of the text, each with whether it is of a value

    The values are those of the names with which it was compiled.
    """
    with _named(label):
        return template.parts(values, FUNCTIONS, **options)


@contextmanager
def _named(label):
    try:
        yield
    except TemplateError as error:
        raise ItemError(f'google_integration.template_{error.code}', {
                **error.arguments, 'line': error.line, 'template': label,
                }) from None


class TemplateRecord(Reachable):
    """A record of which the fields can be read, if the user may.

    Reading an attribute of a record checks no access in Tryton: it is checked
    here, for the model, the field and the record.
    """
    __slots__ = ('_record',)

    def __init__(self, record, checked=False):
        if not checked:
            check_read([record])
        self._record = record

    def __eq__(self, other):
        return (isinstance(other, TemplateRecord)
            and str(self._record) == str(other._record))

    def __hash__(self):
        return hash(str(self._record))

    def template_get(self, name):
        Model_ = self._record.__class__
        field = _field(Model_, name)
        if field is None:
            raise TemplateError('field', name=name)
        if SECRET.search(field.name):
            raise TemplateError('denied', name=name)
        FieldAccess = Pool().get('ir.model.field.access')
        with denied(name), check_access():
            FieldAccess.check(Model_.__name__, [field.name], 'read')
        if label := _label(Model_, name):
            value = label.__get__(self._record, Model_)
        else:
            value = getattr(self._record, name)
        return wrap(value, name)

    def template_text(self):
        return self.template_get('rec_name')


def _field(Model_, name):
    "The field that a template may name so, else None"
    label = _label(Model_, name)
    field = Model_._fields.get(label.name if label else name)
    if field is not None and field._type != 'binary':
        return field


def _label(Model_, name):
    "What gives the label of a selection, as state_string, else None"
    label = getattr(Model_, name, None)
    if isinstance(label, TranslatedSelection):
        return label
    # not all the models say that they have it
    field_name = name.removesuffix('_string')
    field = Model_._fields.get(field_name)
    if (name not in Model_._fields and field_name != name
            and getattr(field, '_type', None) == 'selection'):
        return TranslatedSelection(field_name)


@contextmanager
def denied(name):
    try:
        yield
    except AccessError:
        raise TemplateError('denied', name=name) from None


@check_access
def check_read(records):
    "Raise AccessError if the user may not read the records of one model"
    pool = Pool()
    for name in {r.__name__ for r in records}:
        pool.get('ir.model.access').check(name, 'read')
        pool.get('ir.rule').check(name, [r.id for r in records], 'read')


@check_access
def readable(records):
    "The records of one model that the user may read"
    pool = Pool()
    if not records:
        return []
    Model_ = records[0].__class__
    pool.get('ir.model.access').check(Model_.__name__, 'read')
    if pool.get('ir.rule').domain_get(Model_.__name__, 'read'):
        allowed = {r.id for r in Model_.search(
                [('id', 'in', [r.id for r in records])], order=[])}
        records = [r for r in records if r.id in allowed]
    return records


def wrap(value, name):
    "The value of a field for templates"
    if isinstance(value, Model):
        if value.id is None or value.id < 0:
            return
        with denied(name):
            return TemplateRecord(value)
    if isinstance(value, (list, tuple)):
        if len(value) > LIST_LIMIT:
            raise TemplateError('list_long')
        if value and isinstance(value[0], Model):
            with denied(name):
                return [TemplateRecord(r, True) for r in readable(value)]
        return [wrap(v, name) for v in value]
    if isinstance(value, dict):
        return {str(k): wrap(v, name) for k, v in value.items()}
    if isinstance(value, str):
        return str(value)
    if value is None or type(value) in {*NUMBERS, *MOMENTS}:
        return value
    raise TemplateError('field', name=name)


# Functions

def unwrap(value, model):
    "The record of the model, None for None"
    if value is None:
        return
    if (not isinstance(value, TemplateRecord)
            or value._record.__name__ != model):
        raise TemplateError('type')
    return value._record


def _check_digits(digits):
    if digits is not None and not (
            type(digits) is int and 0 <= digits <= 20):
        raise TemplateError('number')


def format_date(value, lang=None, format=None):
    if value is None:
        return ''
    if type(value) not in {dt.date, dt.datetime}:
        raise TemplateError('type')
    if format is not None:
        check_date_format(format)
    return Report.format_date(
        value, unwrap(lang, 'ir.lang'), format=format)


def format_datetime(value, lang=None, format=None, timezone=None):
    if value is None:
        return ''
    if (type(value) is not dt.datetime
            or type(timezone) not in {type(None), str}):
        raise TemplateError('type')
    if format is not None:
        check_date_format(format)
    return Report.format_datetime(
        value, unwrap(lang, 'ir.lang'), format=format, timezone=timezone)


def format_timedelta(value, lang=None):
    if type(value) not in {type(None), dt.timedelta}:
        raise TemplateError('type')
    return Report.format_timedelta(value, lang=unwrap(lang, 'ir.lang'))


def format_currency(
        value, lang, currency, symbol=True, grouping=True, digits=None):
    _check_digits(digits)
    if value is None:
        return ''
    if type(value) not in {int, Decimal} or currency is None:
        raise TemplateError('type')
    return Report.format_currency(
        value, unwrap(lang, 'ir.lang'),
        unwrap(currency, 'currency.currency'), symbol=bool(symbol),
        grouping=bool(grouping), digits=digits)


def format_number(value, lang=None, digits=None, grouping=True):
    _check_digits(digits)
    if value is None:
        return ''
    if type(value) not in NUMBERS:
        raise TemplateError('type')
    return Report.format_number(
        value, unwrap(lang, 'ir.lang'), digits=digits,
        grouping=bool(grouping))


def today():
    return Pool().get('ir.date').today()


FUNCTIONS = {
    'format_currency': format_currency,
    'format_date': format_date,
    'format_datetime': format_datetime,
    'format_number': format_number,
    'format_timedelta': format_timedelta,
    'today': today,
    }
