# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Noticing changes of the records of which attachments are on Drive."""
from sql import Literal
from sql.operators import Concat

from trytond.model import Index, ModelSQL, fields
from trytond.modules.google_integration.record_path import owners
from trytond.pool import Pool
from trytond.transaction import Transaction

__all__ = ['RuleChange', 'WatchedMixin', 'notice', 'notice_all', 'resources']


class WatchedMixin:
    """What each model that is stored gets.

    For the models that no rule knows it costs a look into a dictionary.
    """
    __slots__ = ()

    @classmethod
    def on_modification(cls, mode, records, field_names=None):
        super().on_modification(mode, records, field_names=field_names)
        for rule, path, _ in _watches(cls):
            ids = [r.id for r in records]
            if path:
                if mode == 'delete':
                    _notice_owners(rule, path, ids)
                else:
                    notice(rule, path, ids)
            elif mode == 'write':
                # what is new has no attachment, what is gone none any more
                notice_attached(rule, cls, ids)

    @classmethod
    def on_write(cls, records, values):
        for rule, path, links in _watches(cls):
            if any(link in values for link in links):
                # they may belong to others afterwards
                _notice_owners(rule, path, [r.id for r in records])
        return super().on_write(records, values)


def _watches(Model):
    if Model.__name__.startswith('google_'):
        # what synchronizes is not attached to
        return ()
    Rule = Pool().get('google_drive.rule')
    return Rule.watched().get(Model.__name__, ())


def _notice_owners(rule, path, ids):
    "Notice the records of the rule to which the related ones belong"
    Rule = Pool().get('google_drive.rule')
    notice(rule, '', owners(Rule(rule).Model, path, ids))


def notice(rule, path, ids):
    """Remember what has changed until the rule has followed.

    The rows are only added: nobody waits for another's transaction.
    """
    Change = Pool().get('google_drive.rule_change')
    if not ids:
        return
    table = Change.__table__()
    cursor = Transaction().connection.cursor()
    cursor.execute(*table.insert(
            [table.rule, table.path, table.record_id],
            [[rule, path, id] for id in ids]))
    _enqueue(rule)


def notice_attached(rule, Model, ids):
    "Notice those of the records to which something is attached"
    names = [f'{Model.__name__},{id}' for id in ids]
    Attachment = Pool().get('ir.attachment')
    table = Attachment.__table__()
    _notice_query(rule, Model, fields.SQL_OPERATORS['in'](
            table.resource, names), table)


def notice_all(rule, Model):
    "Notice all the records to which something is attached"
    Attachment = Pool().get('ir.attachment')
    table = Attachment.__table__()
    _notice_query(
        rule, Model, table.resource.like(f'{Model.__name__},%'), table)


def _notice_query(rule, Model, where, attachment):
    change = Pool().get('google_drive.rule_change').__table__()
    cursor = Transaction().connection.cursor()
    cursor.execute(*change.insert(
            [change.rule, change.path, change.record_id],
            attachment.select(
                Literal(rule), Literal(''), record_id(attachment, Model),
                where=where, distinct=True)))
    if cursor.rowcount:
        _enqueue(rule)


def record_id(attachment, Model):
    "The SQL of the id of the record of an attachment"
    Attachment = Pool().get('ir.attachment')
    return Attachment.resource.sql_id(attachment.resource, Model)


def resources(Model, query):
    "The SQL of the names of the records of the query of ids"
    Attachment = Pool().get('ir.attachment')
    return query.select(Concat(
            f'{Model.__name__},',
            Attachment.resource.sql_cast(query.id)))


def _enqueue(rule):
    """Put the task in the queue that follows what was noticed.

    One is enough for what this transaction changes: what is noticed later is
    there when it runs, or when the sweep does.
    """
    Rule = Pool().get('google_drive.rule')
    seen = Transaction().trigger_records[Rule.__name__]
    if rule not in seen:
        seen.add(rule)
        Rule.__queue__.follow([rule])


class RuleChange(ModelSQL):
    "What was noticed and the rule has not followed yet"
    __name__ = 'google_drive.rule_change'
    _log = False

    rule = fields.Many2One(
        'google_drive.rule', "Rule", required=True, ondelete='CASCADE')
    # from the model of the rule, empty for the record itself
    path = fields.Char("Path", strip=False)
    record_id = fields.Integer("Record ID", required=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_indexes.add(Index(table, (table.rule, Index.Range())))
