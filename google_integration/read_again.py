# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Records that may be gone when a client reads them again."""
from trytond.model import fields
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

__all__ = ['ReadAgainMixin']


class ReadAgainMixin:
    """Records of which blanks are read once they are gone

    A client reads again what it shows, also after a button whose work ends
    with the record: an error would be all that a person sees of it.
    """
    __slots__ = ()

    @classmethod
    def read(cls, ids, fields_names):
        if not Transaction().check_access:
            return super().read(ids, fields_names)
        gone = set(ids) - cls.existing(ids)
        return super().read([i for i in ids if i not in gone], fields_names) \
            + [{**dict.fromkeys(fields_names), 'id': i} for i in gone]

    @classmethod
    def existing(cls, ids):
        "Those of the identifiers that are of records, as a set"
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        found = set()
        for sub_ids in grouped_slice(list(ids), 500):
            cursor.execute(*table.select(table.id, where=(
                        fields.SQL_OPERATORS['in'](table.id, list(sub_ids)))))
            found.update(id for id, in cursor)
        return found
