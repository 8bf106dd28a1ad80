# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Bringing the events of one rule up to date with its records."""
import datetime as dt
import logging
from collections import Counter

from sql import Column, Literal, Null, Union
from sql.conditionals import Coalesce

from trytond import backend
from trytond.exceptions import UserError
from trytond.model.exceptions import AccessError
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.acting import acting
from trytond.modules.google_integration.operation import ItemError
from trytond.modules.google_integration.record_path import owners
from trytond.modules.google_integration.redaction import log_unexpected
from trytond.modules.google_integration.tokens import short
from trytond.pool import Pool
from trytond.transaction import (
    Transaction, inactive_records, without_check_access)

from .published import Content, MoveBack

__all__ = ['Follow']
logger = logging.getLogger(__name__)

CHUNK = 250
CHANGES = 1000
# so often the same is due in one run
PATIENCE = 100
# for rows that tell no date
NEVER = dt.datetime(1970, 1, 1)


class Follow:
    """One run of one rule, over all its records or those of the ids.

    What is due is asked in one query: records that match and have no event,
    or were written since it was made, events whose record does not match any
    more, and what was noticed meanwhile.  Each chunk is one transaction.
    """

    def __init__(self, rule, ids=None):
        self.id = rule
        self.ids = None if ids is None else set(ids)

    def __call__(self):
        transaction = Transaction()
        with transaction.set_user(0), transaction.reset_context(), \
                without_check_access(), inactive_records():
            try:
                seen = Counter()
                while rows := self.due(1):
                    seen.update(map(tuple, rows))
                    if seen.most_common(1)[0][1] > PATIENCE:
                        # people change faster than it is followed
                        break
                    # another process may have been first
                    transaction.rollback()
                    self.chunk()
            except backend.DatabaseOperationalError:
                raise
            except Exception as exception:
                transaction.rollback()
                self.fail(exception)
            else:
                if self.rule.code:
                    short(lambda: self.say(None))

    @property
    def rule(self):
        return Pool().get('google_calendar.rule')(self.id)

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

    def matching(self, rule):
        "The SQL of the ids of the records that the acting user finds"
        with acting(rule.user.id, rule.language):
            return rule.Model.search(
                rule.decoded_domain(), order=[], query=True)

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
            error = item_error(exception)
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
        by_path = {}
        for change in changes:
            by_path.setdefault(change.path, set()).add(change.record_id)
        ids = by_path.pop('', set())
        for path, related in by_path.items():
            ids.update(owners(self.rule.Model, path, list(related)))
        Publication.expire([
                ('rule', '=', self.id),
                ('record_id', 'in', list(ids)),
                ])
        if self.ids is not None:
            self.ids.update(ids)
        Change.delete(changes)

    # The error of the rule itself

    def fail(self, exception):
        if isinstance(exception, AccessError):
            error = ItemError('google_calendar.rule_access', {
                    'message': exception.message,
                    })
        else:
            error = item_error(exception)
        short(lambda: self.say(error))

    def say(self, error):
        rule = self.rule
        books = {
            'code': error and error.code,
            'arguments': error and bookkeeping.dumps(error.arguments),
            }
        if any(getattr(rule, n) != v for n, v in books.items()):
            bookkeeping.update(type(rule), [rule], books)


def stamp(table):
    "When a row was written"
    return Coalesce(
        Column(table, 'write_date'), Column(table, 'create_date'), NEVER)


def item_error(exception):
    match exception:
        case ItemError():
            return exception
        case UserError():
            return ItemError('refused', {'message': exception.message})
    log_unexpected(logger, "a rule failed")
    return ItemError('unexpected')
