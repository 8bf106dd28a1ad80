# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The record that an event belongs to."""
from sql import Null

from trytond.model.exceptions import AccessError
from trytond.tools import grouped_slice
from trytond.transaction import Transaction

from . import record_link

__all__ = ['EventResource']

CHUNK = 250


class EventResource:
    "Events belong only to records that the user may read"
    __slots__ = ()

    @classmethod
    def check_modification(cls, mode, events, values=None, external=False):
        super().check_modification(
            mode, events, values=values, external=external)
        if external and mode == 'create':
            for value in cls._stored_resources(events):
                record_link.check(value)
        elif external and mode == 'write':
            record_link.check(values.get('resource'))

    @classmethod
    def _stored_resources(cls, events):
        "What is stored, whether or not there is such a record by now"
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        for sub_events in grouped_slice(events, CHUNK):
            cursor.execute(*table.select(
                    table.resource,
                    where=table.id.in_([e.id for e in sub_events])
                    & (table.resource != Null),
                    group_by=[table.resource]))
            yield from [value for value, in cursor]

    @classmethod
    def copy(cls, events, default=None):
        default = default.copy() if default is not None else {}
        if Transaction().check_access:
            default.setdefault('resource', _readable_resource)
        return super().copy(events, default=default)


def _readable_resource(data):
    "The record of the event that is copied, if the user may read it"
    try:
        record_link.check(data['resource'])
    except AccessError:
        return None
    return data['resource']
