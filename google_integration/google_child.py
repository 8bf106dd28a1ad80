# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The child of a record that mirrors a resource of Google."""
from trytond.i18n import gettext
from trytond.model.exceptions import AccessError
from trytond.transaction import Transaction

from . import bookkeeping
from .checked_read import CheckedReadMixin
from .google_resource import children_written

__all__ = ['GoogleChild']


class GoogleChild(CheckedReadMixin):
    """A part of a record that mirrors a resource: a guest, a reminder...

    It states `google_parent_field`, the name of the many2one to the record,
    of which it renews the token when it changes.
    """
    __slots__ = ()
    _log = False

    google_parent_field = None

    @classmethod
    def _google_parents(cls, children):
        "The records of the children, each once"
        parents = {}
        for child in children:
            parent = getattr(child, cls.google_parent_field)
            parents[parent.id] = parent
        return list(parents.values())

    @classmethod
    def _google_touch(cls, children):
        if children and not children_written.get():
            parents = cls._google_parents(children)
            type(parents[0]).google_touch_from_child(parents)

    @classmethod
    def on_modification(cls, mode, records, field_names=None):
        super().on_modification(mode, records, field_names=field_names)
        cls._google_touch(records)

    @classmethod
    def create(cls, vlist):
        transaction = Transaction()
        if transaction.user and transaction.check_access:
            names = bookkeeping.readonly_fields(cls)
            for values in vlist:
                # a copy gives none of them
                cls._google_refuse(
                    {n for n in names & values.keys() if values[n]})
            with bookkeeping.without_defaults(names):
                return super().create(vlist)
        return super().create(vlist)

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        super().check_modification(
            mode, records, values=values, external=external)
        if external and values:
            cls._google_refuse(
                bookkeeping.readonly_fields(cls) & values.keys())

    @classmethod
    def _google_refuse(cls, names):
        for name in sorted(names):
            raise AccessError(gettext(
                    'google_integration.msg_resource_bookkeeping',
                    **cls.__names__(name)))

    @classmethod
    def copy(cls, records, default=None):
        default = default.copy() if default is not None else {}
        for name in bookkeeping.readonly_fields(cls):
            default.setdefault(name)
        return super().copy(records, default=default)
