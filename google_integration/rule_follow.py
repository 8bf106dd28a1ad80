# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""One run of one rule, which does what its records make due."""
from trytond import backend
from trytond.exceptions import UserError
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.transaction import (
    Transaction, inactive_records, without_check_access)

from . import bookkeeping
from .operation import ItemError
from .record_path import owners
from .redaction import log_unexpected
from .transaction import short

__all__ = ['FollowRun']


class FollowRun:
    """One run of one rule.

    What fails as a whole is told on the rule, until it goes well.
    """
    # the model of the rule
    rule_model = None
    logger = None

    def __init__(self, rule):
        self.id = rule

    def __call__(self):
        transaction = Transaction()
        with transaction.set_user(0), transaction.reset_context(), \
                without_check_access(), inactive_records():
            try:
                self.all()
            except backend.DatabaseOperationalError:
                raise
            except Exception as exception:
                transaction.rollback()
                error = self.rule_error(exception)
                short(lambda: self.say(error))
            else:
                if self.rule.code:
                    short(lambda: self.say(None))

    @property
    def rule(self):
        return Pool().get(self.rule_model)(self.id)

    def all(self):
        "Do all that is due, in transactions of its own"
        raise NotImplementedError

    def matching(self, rule):
        "The SQL of the ids of the records that the acting user finds"
        with rule.acting():
            return rule.Model.search(
                rule.decoded_domain(), order=[], query=True)

    def concerned(self, changes):
        "The ids of the records that what was noticed concerns"
        by_path = {}
        for change in changes:
            by_path.setdefault(change.path or '', set()).add(change.record_id)
        ids = by_path.pop('', set())
        for path, related in by_path.items():
            ids.update(owners(self.rule.Model, path, list(related)))
        return ids

    def rule_error(self, exception):
        if isinstance(exception, AccessError):
            return ItemError('rule_denied', {'message': exception.message})
        return self.item_error(exception)

    def item_error(self, exception):
        match exception:
            case ItemError():
                return exception
            case UserError():
                return ItemError('refused', {'message': exception.message})
        log_unexpected(self.logger, "a rule failed")
        return ItemError('unexpected')

    def say(self, error):
        "Keep the error on the rule, or that there is none"
        rule = self.rule
        books = {
            'code': error and error.code,
            'arguments': error and bookkeeping.dumps(error.arguments),
            }
        if any(getattr(rule, n) != v for n, v in books.items()):
            bookkeeping.update(type(rule), [rule], books)
