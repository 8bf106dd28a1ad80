# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Noticing changes of the records that rules publish, of whichever model."""
from trytond.modules.google_integration.record_path import owners
from trytond.pool import Pool
from trytond.transaction import Transaction

__all__ = ['WatchedMixin', 'notice']


class WatchedMixin:
    """What each model that is stored gets.

    For the models that no rule knows it costs a look into a dictionary.
    """
    __slots__ = ()

    @classmethod
    def on_modification(cls, mode, records, field_names=None):
        super().on_modification(mode, records, field_names=field_names)
        for entry in _watches(cls):
            _notice_modification(cls, entry, mode, records)

    @classmethod
    def on_write(cls, records, values):
        for rule, path, links in _watches(cls):
            if any(link in values for link in links):
                # they may belong to others afterwards
                _notice_owners(rule, path, records)
        return super().on_write(records, values)


def _watches(Model):
    if Model.__name__.startswith('google_'):
        # what synchronizes is not published
        return ()
    Rule = Pool().get('google_calendar.rule')
    return Rule.watched().get(Model.__name__, ())


def _notice_modification(Model, entry, mode, records):
    rule, path, _ = entry
    if not path:
        # when they were written tells that they have changed
        _enqueue(rule, [r.id for r in records])
    elif mode == 'delete':
        _notice_owners(rule, path, records)
    else:
        notice(rule, path, [r.id for r in records])


def _notice_owners(rule, path, records):
    "Notice the records of the rule to which the related ones belong"
    Rule = Pool().get('google_calendar.rule')
    notice(rule, '', owners(Rule(rule).Model, path, [r.id for r in records]))


def notice(rule, path, ids):
    """Remember what has changed until the rule has followed.

    The rows are only added: nobody waits for another's transaction.
    """
    Change = Pool().get('google_calendar.rule_change')
    if not ids:
        return
    table = Change.__table__()
    cursor = Transaction().connection.cursor()
    cursor.execute(*table.insert(
            [table.rule, table.path, table.record_id],
            [[rule, path, id] for id in ids]))
    _enqueue(rule, [] if path else ids)


def _enqueue(rule, ids):
    """Put the task in the queue that follows the records.

    What this transaction changes later will be seen as well: one task for a
    record is enough.
    """
    Rule = Pool().get('google_calendar.rule')
    seen = Transaction().trigger_records[f'{Rule.__name__},{rule}']
    new = [id for id in ids if id not in seen]
    if new or not (ids or seen):
        seen.update(new or [None])
        Rule.__queue__.follow([rule], new)
