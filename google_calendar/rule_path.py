# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The dotted names by which rules reach the fields of records."""
from contextlib import contextmanager

from trytond.i18n import gettext
from trytond.modules.google_integration import record_path

from .exceptions import RulePathError

__all__ = ['DATES', 'follow_path', 'relation_path']

DATES = {'date', 'datetime', 'timestamp'}


@contextmanager
def _told():
    try:
        yield
    except record_path.PathError as error:
        raise RulePathError(gettext(
                f'google_calendar.msg_rule_{error.code}',
                path=error.path, name=error.name)) from None


def follow_path(Model, path):
    "Return the field at the end of the path, raise RulePathError"
    with _told():
        *_, (field, _, _) = record_path.steps(Model, path)
    return field


def relation_path(Model, path):
    "Return the models on the path, as `record_path.relation_path`"
    with _told():
        return record_path.relation_path(Model, path)
