# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Exports and copies that check the rules."""
__all__ = ['CheckedReadMixin']


class CheckedReadMixin:
    """Records that are exported and copied only by who may read them

    Tryton does not check the rules for the records that a client names.
    """
    __slots__ = ()

    @classmethod
    def export_data(cls, records, fields_names, header=False):
        cls._check_read(records)
        return super().export_data(records, fields_names, header=header)

    @classmethod
    def copy(cls, records, default=None):
        cls._check_read(records)
        return super().copy(records, default=default)

    @classmethod
    def _check_read(cls, records):
        cls.read([int(r) for r in records], ['id'])
