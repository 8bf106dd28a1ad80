# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.

__all__ = ['CheckedExportMixin']


class CheckedExportMixin:
    __slots__ = ()

    @classmethod
    def export_data(cls, records, fields_names, header=False):
        # a client names the records before the access is checked: only those
        # that are browsed again check the rules when they are read
        records = cls.browse([r.id for r in records])
        return super().export_data(records, fields_names, header=header)
