# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The dotted names by which rules reach the fields of records."""
from trytond.i18n import gettext
from trytond.modules.google_integration.template_record import RELATIONS

from .exceptions import RulePathError

__all__ = ['DATES', 'follow_path', 'link_of', 'relation_path', 'steps']

DATES = {'date', 'datetime', 'timestamp'}


def steps(Model, path):
    "The field and its model for each name of the path"
    for name in path.split('.'):
        field = Model and Model._fields.get(name)
        if not field:
            raise RulePathError(gettext(
                    'google_calendar.msg_rule_path', path=path, name=name))
        target = None
        if _type(field) in RELATIONS:
            target = field.get_target()
        yield field, Model, target
        Model = target


def _type(field):
    return getattr(field, '_type', None)


def follow_path(Model, path):
    "Return the field at the end of the path, raise RulePathError"
    *_, (field, _, _) = steps(Model, path)
    return field


def relation_path(Model, path):
    """Return the models on the path.

    Each with the path that leads to it and the names of its fields by which
    it says to whom it belongs.
    """
    result, step = [], []
    for name, (field, _, target) in zip(
            path.split('.'), steps(Model, path), strict=True):
        step.append(name)
        if target is None:
            raise RulePathError(gettext(
                    'google_calendar.msg_rule_path_relation', path=path,
                    name=name))
        link = link_of(field)
        result.append((
                target.__name__, '.'.join(step), (link,) if link else ()))
    return result


def link_of(field):
    "The name of the field by which the target says to whom it belongs"
    if _type(field) == 'one2many':
        return getattr(field, 'field', None)
