# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Which records a user may see, as SQL: to who may not nothing is told."""
from sql import Literal, Null
from sql.functions import Position, Substring

from trytond.model import ModelSQL
from trytond.pool import Pool
from trytond.transaction import Transaction, check_access, inactive_records

from .follow import resources

__all__ = ['readable', 'readable_attachments']


def readable(table, column, user):
    "The condition that a column refers to a record that the user may read"
    pool = Pool()
    ModelAccess = pool.get('ir.model.access')
    cursor = Transaction().connection.cursor()
    cursor.execute(*table.select(
            Substring(column, Literal(1), Position(',', column) - Literal(1)),
            where=column != Null, distinct=True))
    names = [name for name, in cursor]
    condition = Literal(False)
    with Transaction().set_user(user), check_access(), inactive_records():
        for name in names:
            try:
                Model = pool.get(name)
            except KeyError:
                # of a module that is not there any more
                continue
            if not issubclass(Model, ModelSQL) or not ModelAccess.check(
                    name, 'read', raise_exception=False):
                continue
            condition |= (
                column.like(f'{name},%')
                & column.in_(resources(
                        Model, Model.search([], order=[], query=True))))
    return condition


def readable_attachments(user):
    "The query of the ids of the attachments with files that one may read"
    pool = Pool()
    attachment = pool.get('ir.attachment').__table__()
    file = pool.get('google_drive.file').__table__()
    table = attachment.join(
        file, condition=file.attachment == attachment.id)
    return table.select(
        attachment.id, where=readable(table, attachment.resource, user))
