# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Noticing changes of the records of rules, of whichever model."""
from trytond.model import Index, fields
from trytond.pool import Pool
from trytond.transaction import Transaction, without_check_access

from .exceptions import RulePathError
from .operation import ItemError
from .record_path import owners, relation_path

__all__ = ['NoticeMixin', 'RuleChangeMixin', 'watched_by']


def watched_by(name):
    """Return what each model that is stored gets for the rules of a name.

    For the models that no rule knows it costs a look into a dictionary.
    """
    def watches(Model):
        if Model.__name__.startswith('google_'):
            # what synchronizes is of no rule
            return ()
        return Pool().get(name).watched().get(Model.__name__, ())

    class WatchedMixin:
        __slots__ = ()

        @classmethod
        def on_modification(cls, mode, records, field_names=None):
            super().on_modification(mode, records, field_names=field_names)
            for rule, path, _ in watches(cls):
                Pool().get(name).notice_modification(
                    rule, path, cls, mode, [r.id for r in records])

        @classmethod
        def on_write(cls, records, values):
            for rule, path, links in watches(cls):
                if any(link in values for link in links):
                    # they may belong to others afterwards
                    Pool().get(name).notice_owners(
                        rule, path, [r.id for r in records])
            return super().on_write(records, values)

    return WatchedMixin


class NoticeMixin:
    """The part of a rule that notices changes of its records.

    It states the hooks `related_paths`, `notice_records` and `follow`, and
    has a cache of its own.
    """
    __slots__ = ()

    _watched_cache = None
    # the model of what was noticed
    google_changes = None
    # the rules that follow their records
    google_following = [('active', '=', True)]

    @classmethod
    def watched(cls):
        """What is followed, by name of the model.

        The values are the id of the rule, the path from its model, which is
        empty for the model itself, and the fields by which a record says to
        whom it belongs.
        """
        watched = cls._watched_cache.get('watched')
        if watched is None:
            watched = {}
            with Transaction().set_user(0), without_check_access():
                for rule in cls.search(cls.google_following):
                    for name, entry in rule._watches():
                        watched.setdefault(name, []).append(entry)
            cls._watched_cache.set('watched', watched)
        return watched

    def _watches(self):
        try:
            Model = self.Model
            yield self.model, (self.id, '', ())
            seen = set()
            for path in self.related_paths:
                for name, step, links in relation_path(Model, path):
                    if step not in seen:
                        seen.add(step)
                        yield name, (self.id, step, links)
        except (ItemError, RulePathError):
            # the sweep tells
            return

    @classmethod
    def on_modification(cls, mode, rules, field_names=None):
        super().on_modification(mode, rules, field_names=field_names)
        cls._watched_cache.clear()

    @classmethod
    def on_delete(cls, rules):
        actions = super().on_delete(rules)
        # it may have been asked for while they were still there
        actions.append(cls._watched_cache.clear)
        return actions

    @classmethod
    def notice_modification(cls, rule, path, Model, mode, ids):
        if not path:
            cls.notice_records(rule, Model, mode, ids)
        elif mode == 'delete':
            cls.notice_owners(rule, path, ids)
        else:
            cls.notice(rule, path, ids)

    @classmethod
    def notice_records(cls, rule, Model, mode, ids):
        "Notice what was done to records of the model of the rule itself"
        raise NotImplementedError

    @classmethod
    def notice_owners(cls, rule, path, ids):
        "Notice the records of the rule to which the related ones belong"
        cls.notice(rule, '', owners(cls(rule).Model, path, ids))

    @classmethod
    def notice(cls, rule, path, ids):
        """Remember what has changed until the rule has followed.

        The rows are only added: nobody waits for another's transaction.
        """
        if not ids:
            return
        table = Pool().get(cls.google_changes).__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.insert(
                [table.rule, table.path, table.record_id],
                [[rule, path, id] for id in ids]))
        cls.enqueue(rule, [] if path else ids)

    @classmethod
    def enqueue(cls, rule, ids=()):
        """Put the task in the queue that follows what was noticed.

        One is enough for what this transaction changes: what is noticed later
        is there when it runs, or when the sweep does.
        """
        seen = Transaction().trigger_records[cls.__name__]
        if rule not in seen:
            seen.add(rule)
            cls.__queue__.follow([rule])


class RuleChangeMixin:
    "What was noticed and the rule has not followed yet"
    __slots__ = ()
    _log = False

    # from the model of the rule, empty for the record itself
    path = fields.Char("Path", strip=False)
    record_id = fields.Integer("Record ID", required=True)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        cls._sql_indexes.add(Index(table, (table.rule, Index.Range())))
