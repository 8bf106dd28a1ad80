# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The dotted names that lead from a record to others, and the way back."""
from trytond.i18n import gettext
from trytond.transaction import (
    Transaction, inactive_records, without_check_access)

from .exceptions import RulePathError
from .template_record import RELATIONS

__all__ = ['link_of', 'owners', 'relation_path', 'steps']


def steps(Model, path):
    """The field, its model and its target for each name of the path.

    Raise RulePathError at a name that is no field.
    """
    for name in path.split('.'):
        field = Model and Model._fields.get(name)
        if not field:
            raise _refused('path', path, name)
        target = None
        if _type(field) in RELATIONS:
            target = field.get_target()
        yield field, Model, target
        Model = target


def _refused(code, path, name):
    return RulePathError(gettext(
            f'google_integration.msg_rule_{code}', path=path, name=name), name)


def _type(field):
    return getattr(field, '_type', None)


def relation_path(Model, path):
    """Return the models on the path.

    Each with the path that leads to it and the names of its fields by which
    it says to whom it belongs.  Raise RulePathError at a name that leads to
    no record.
    """
    result, step = [], []
    for name, (field, _, target) in zip(
            path.split('.'), steps(Model, path), strict=True):
        step.append(name)
        if target is None:
            raise _refused('path_relation', path, name)
        link = link_of(field)
        result.append((
                target.__name__, '.'.join(step), (link,) if link else ()))
    return result


def link_of(field):
    "The name of the field by which the target says to whom it belongs"
    if _type(field) == 'one2many':
        return getattr(field, 'field', None)


@inactive_records
@without_check_access
def owners(Model, path, ids):
    "The ids of the records from which the path leads to the related ones"
    with Transaction().set_user(0):
        return _owners(Model, path, ids)


def _owners(Model, path, ids):
    names = path.split('.')
    for i, (field, Source, Target) in enumerate(steps(Model, path)):
        link = link_of(field)
        if field.searchable(Source) or not link:
            continue
        # computed from what links back, as the outgoing moves of a shipment
        if rest := names[i + 1:]:
            ids = _owners(Target, '.'.join(rest), ids)
        linked = [
            getattr(r, link) for r in Target.search(
                [('id', 'in', ids)], order=[])]
        ids = list({r.id for r in linked if isinstance(r, Source)})
        return _owners(Model, '.'.join(names[:i]), ids) if i else ids
    return [r.id for r in Model.search([(path, 'in', ids)], order=[])]
