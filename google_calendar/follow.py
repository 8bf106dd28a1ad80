# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Bringing the events of one rule up to date with its records."""
import datetime as dt
import logging
from collections import Counter

from sql import Column, Literal, Null, Union
from sql.conditionals import Coalesce

from trytond import backend
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.rule_follow import FollowRun
from trytond.modules.google_integration.transaction import short
from trytond.pool import Pool
from trytond.transaction import Transaction

from .published import Content, MoveBack

__all__ = ['Follow']
logger = logging.getLogger(__name__)

CHUNK = 250
CHANGES = 1000
# so often the same is due in one run
PATIENCE = 100
# for rows that tell no date
NEVER = dt.datetime(1970, 1, 1)


class Follow(FollowRun):
    """One run of one rule, over all its records or those of the ids.

    What is due is asked in one query: records that match and have no event,
    or were written since it was made, events whose record does not match any
    more, and what was noticed meanwhile.  Each chunk is one transaction.
    """
    rule_model = 'google_calendar.rule'
    logger = logger

    def __init__(self, rule, ids=None):
        super().__init__(rule)
        self.ids = None if ids is None else set(ids)

    def all(self):
        seen = Counter()
        while rows := self.due(1):
            seen.update(map(tuple, rows))
            if seen.most_common(1)[0][1] > PATIENCE:
                # people change faster than it is followed
                break
            # another process may have been first
            Transaction().rollback()
            self.chunk()

    # What is due

    def due(self, limit):
        "Rows of record id and whether the record matches, None for changes"
        cursor = Transaction().connection.cursor()
        cursor.execute(*self.query(limit))
        return cursor.fetchall()

    def query(self, limit):
        pool = Pool()
        change = pool.get('google_calendar.rule_change').__table__()
        publication = pool.get('google_calendar.publication').__table__()
        rule = self.rule
        # what was noticed comes first, since it says what else is due
        changes = change.select(
            Literal(0).as_('id'), Literal(0).as_('kind'),
            where=change.rule == self.id, limit=1)
        queries = [changes.select(changes.id, changes.kind)]
        gone = publication.rule == self.id
        if self.ids is not None:
            gone &= publication.record_id.in_(list(self.ids) or [-1])
        if rule.active:
            queries.append(self.changed(rule))
            gone &= ~publication.record_id.in_(self.matching(rule))
        queries.append(publication.select(
                publication.record_id.as_('id'), Literal(2).as_('kind'),
                where=gone))
        union = Union(*queries, all_=True)
        return union.select(
            union.id, union.kind, order_by=[union.kind, union.id],
            limit=limit)

    def changed(self, rule):
        "The records that match and are not what was published"
        publication = Pool().get('google_calendar.publication').__table__()
        table = rule.Model.__table__()
        where = table.id.in_(self.matching(rule)) & (
            (publication.stamp == Null)
            | (publication.stamp != stamp(table)))
        if self.ids is not None:
            where &= table.id.in_(list(self.ids) or [-1])
        return table.join(publication, 'LEFT',
            condition=(publication.rule == self.id)
            & (publication.record_id == table.id)
            ).select(
                table.id.as_('id'), Literal(1).as_('kind'), where=where)

    # One chunk

    def chunk(self):
        try:
            alone = short(self.work)
        except backend.DatabaseOperationalError:
            raise
        except Exception:
            # one by one the culprit is found, and its error kept
            Transaction().rollback()
            logger.info("a chunk of rule %s is redone by record", self.id)
            rows = self.due(CHUNK)
            Transaction().rollback()
            alone = [(id, kind) for id, kind in rows if kind]
            if not alone:
                raise
        for id, kind in alone:
            self.one(id, kind)

    def claim(self):
        "Let no other process follow the same rule; the first statement"
        pool = Pool()
        bookkeeping.update(
            pool.get('google_calendar.rule'), [self.id],
            {'claimed': bookkeeping.utcnow()})

    def work(self):
        "Do a chunk, return the rows that must be done alone"
        self.claim()
        self.resolve()
        rows = [r for r in self.due(CHUNK) if r[1]]
        self.remove([id for id, kind in rows if kind == 2])
        matched = [id for id, kind in rows if kind == 1]
        if not matched:
            return []
        return [(id, 1) for id in Content(self.rule).publish(matched)]

    def one(self, id, kind):
        "Do one record in a transaction of its own"
        try:
            if kind == 2:
                short(lambda: (self.claim(), self.remove([id])))
            else:
                short(lambda: self.publish_one(id))
        except backend.DatabaseOperationalError:
            raise
        except MoveBack as refusal:
            error = refusal.error
            short(lambda: self.refuse(id, error))
        except Exception as exception:
            Transaction().rollback()
            error = self.item_error(exception)
            short(lambda: self.keep_error(id, error))

    def publish_one(self, id):
        self.claim()
        if not any(r == (id, 1) for r in self.due_of(id)):
            return
        Content(self.rule).publish([id], move=True)

    def due_of(self, id):
        ids, self.ids = self.ids, {id}
        try:
            return [tuple(r) for r in self.due(CHUNK)]
        finally:
            self.ids = ids

    def refuse(self, id, error):
        "The date of the record stands: give it back to the event"
        self.claim()
        content = Content(self.rule)
        content.publish([id], refused=error)

    def keep_error(self, id, error):
        self.claim()
        Content(self.rule).keep_error(id, error)

    def remove(self, ids):
        "Withdraw the events of records that do not match any more"
        pool = Pool()
        Publication = pool.get('google_calendar.publication')
        Publication.withdraw(Publication.search([
                    ('rule', '=', self.id),
                    ('record_id', 'in', ids),
                    ]))

    def resolve(self):
        "Find the records that were noticed, and let them be due"
        pool = Pool()
        Change = pool.get('google_calendar.rule_change')
        Publication = pool.get('google_calendar.publication')
        changes = Change.search(
            [('rule', '=', self.id)], limit=CHANGES, order=[('id', 'ASC')])
        ids = self.concerned(changes)
        Publication.expire([
                ('rule', '=', self.id),
                ('record_id', 'in', list(ids)),
                ])
        if self.ids is not None:
            self.ids.update(ids)
        Change.delete(changes)


def stamp(table):
    "When a row was written"
    return Coalesce(
        Column(table, 'write_date'), Column(table, 'create_date'), NEVER)
