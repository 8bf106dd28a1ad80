# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Noticing changes of the records of which attachments are on Drive."""
from sql import Literal
from sql.operators import Concat

from trytond.model import ModelSQL, fields
from trytond.modules.google_integration.rule_notice import (
    RuleChangeMixin, watched_by)
from trytond.pool import Pool
from trytond.transaction import Transaction

__all__ = [
    'RuleChange', 'WatchedMixin', 'notice_all', 'notice_attached', 'record_id',
    'resources']


class WatchedMixin(watched_by('google_drive.rule')):
    "What each model that is stored gets"
    __slots__ = ()

    @classmethod
    def on_delete(cls, records):
        pool = Pool()
        if (not cls.__name__.startswith('google_')
                and cls.__name__ in pool.get('google_drive.rule').models()):
            # Tryton deletes what is attached to them
            pool.get('google_drive.file').google_bereave(records)
        return super().on_delete(records)


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
        Pool().get('google_drive.rule').enqueue(rule)


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


class RuleChange(RuleChangeMixin, ModelSQL):
    __name__ = 'google_drive.rule_change'

    rule = fields.Many2One(
        'google_drive.rule', "Rule", required=True, ondelete='CASCADE')
