# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Exports that check the rules."""
__all__ = ['CheckedExportMixin']


class CheckedExportMixin:
    "Records that are exported only to who may read them"
    __slots__ = ()

    @classmethod
    def export_data(cls, records, fields_names, header=False):
        # Tryton does not check the rules for the records that a client names
        cls.read([r.id for r in records], ['id'])
        return super().export_data(records, fields_names, header=header)
