# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Writing the books: what disturbs nobody.

The state of a synchronisation is written by SQL, without ``write_date``, so
that a form that a person has open can still be saved.
"""
import datetime as dt
import json
import secrets
from contextlib import contextmanager

from sql import Column

from trytond.model import fields
from trytond.pool import Pool
from trytond.protocols.jsonrpc import JSONDecoder, JSONEncoder
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, check_access

__all__ = [
    'QUEUE_PATIENCE', 'check_rules', 'check_write', 'dumps', 'loads',
    'new_revision', 'readonly_fields', 'update', 'utcnow', 'without_defaults']

# a task of the queue that was lost is queued again after this time
QUEUE_PATIENCE = dt.timedelta(hours=1)
STORAGE = {'id', 'create_uid', 'create_date', 'write_uid', 'write_date'}


def utcnow():
    "Now, as it is stored: naive UTC"
    return dt.datetime.now(dt.timezone.utc).replace(tzinfo=None)


def new_revision():
    "A random token"
    return secrets.token_hex(16)


def dumps(value):
    "JSON of plain values, dates and times included"
    return json.dumps(value, cls=JSONEncoder, sort_keys=True)


def loads(text):
    "What `dumps` was given, None for an empty text"
    return json.loads(text, object_hook=JSONDecoder()) if text else None


def readonly_fields(Model):
    "The names of the fields that the server alone writes"
    return {
        name for name, field in Model._fields.items()
        if field.readonly and name not in STORAGE
        and not hasattr(field, 'set')}


@check_access
def check_rules(Model, records):
    """Check the rules for writing.

    Tryton checks them after `check_modification`, whose errors could tell
    about records that the user does not see.
    """
    Rule = Pool().get('ir.rule')
    Rule.check(Model.__name__, [r.id for r in records], 'write')


@check_access
def check_write(Model, records):
    "Raise an error if the user may not change the records"
    Pool().get('ir.model.access').check(Model.__name__, 'write')
    check_rules(Model, records)


@contextmanager
def without_defaults(names):
    "Take the default values of the fields out of the context"
    transaction = Transaction()
    context = {
        key: value for key, value in transaction.context.items()
        if key.removeprefix('default_') not in names}
    with transaction.reset_context(), transaction.set_context(context):
        yield


def update(Model, ids, values, where=None):
    """Write the values on the rows and tell how many there were.

    ``where`` is a function that makes an SQL condition of the table.
    """
    transaction = Transaction()
    table = Model.__table__()
    cursor = transaction.connection.cursor()
    columns = [Column(table, name) for name in values]
    formatted = [
        Model._fields[name].sql_format(value)
        for name, value in values.items()]
    count = 0
    ids = [int(i) for i in ids]
    for sub_ids in grouped_slice(ids, 500):
        condition = fields.SQL_OPERATORS['in'](table.id, list(sub_ids))
        if where is not None:
            condition &= where(table)
        cursor.execute(*table.update(columns, formatted, where=condition))
        count += cursor.rowcount
    # forget what was read, of the instances too
    transaction.counter += 1
    for cache in transaction.cache.values():
        if Model.__name__ in cache:
            for id in ids:
                cache[Model.__name__].pop(id, None)
    return count
