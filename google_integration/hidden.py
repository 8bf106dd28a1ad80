# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What is told of records that are only named by a client."""
from trytond.model import ModelStorage
from trytond.model.exceptions import AccessError
from trytond.transaction import Transaction

__all__ = ['HiddenMixin', 'names_hidden']


class HiddenMixin:
    """Forms that are told nothing of records of the family that are hidden

    Tryton checks no access for the records that a client puts into a form:
    the answer has their names, and what is derived from them.
    """
    __slots__ = ()

    def _changed_values(self):
        return {} if names_hidden(self) else super()._changed_values()


def names_hidden(record):
    "Tell if the client may not read the record, or one that it names"
    transaction = Transaction()
    return bool(
        transaction.user and transaction.check_access
        and any(map(_is_hidden, [record, *_targets(record)])))


def _targets(record):
    return [v for _, v in record._values._items()] if record._values else []


def _is_hidden(record):
    if (not isinstance(record, ModelStorage)
            or not record.__name__.startswith('google_')
            or record.id is None or record.id < 0):
        return False
    try:
        type(record).read([record.id], ['rec_name'])
    except AccessError:
        return True
    return False
