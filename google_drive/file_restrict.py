# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a run makes of the locks of files, and Google of them."""
from sql import Literal, Null

from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.google_engine import due
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import Pool
from trytond.transaction import Transaction

from . import mapping

__all__ = ['FileRestrict']

# what nobody changes of a file that is read-only at Google
RESTRICTED = {'name', 'content'}


class FileRestrict:
    "The restrictions of files at Google"
    __slots__ = ()

    @staticmethod
    def google_lock_mark():
        Configuration = Pool().get('ir.configuration')
        return mapping.lock_mark(Configuration.get_google_installation())

    @classmethod
    def google_known(cls, resource):
        return {**super().google_known(resource), **cls._held(resource)}

    @classmethod
    def _held(cls, resource):
        # most files have none
        mark = (
            cls.google_lock_mark() if resource.get('contentRestrictions')
            else '')
        return {**mapping.lock_values(resource, mark), 'lifting': False}

    @classmethod
    def google_forget(cls, records, state):
        # an upload that was begun would change what is in the trash
        trashed = [r.id for r in records if r.google_etag]
        super().google_forget(records, state)
        cls.google_forget_sessions(trashed)
        bookkeeping.update(cls, records, {
                # its folder may be in the trash as well
                'to_place': True,
                'doubtful': False,
                'moved': False,
                'google_lock': None,
                'holder': None,
                'held_since': None,
                'lifting': False,
                })

    @property
    def google_policy(self):
        # what is edited stands
        lock = self.lock
        return lock.side if lock else super().google_policy

    @classmethod
    def google_locks_ended(cls, service=None, limit=None):
        "The files of which the lock has timed out, or does not hold any more"
        rule = Pool().get('google_drive.rule').__table__()
        table = cls.__table__()
        locks = ((rule.active == Literal(True))
            & (rule.lock == Literal(True)))
        sends = locks & (rule.direction != 'to_tryton')
        where = (table.lock_side != Null) & (
            (table.lock_until <= bookkeeping.utcnow())
            | (table.rule == Null)
            | (table.google_state == 'apart')
            | ~table.rule.in_(rule.select(rule.id, where=locks))
            | ((table.lock_side == 'tryton')
                & ~table.rule.in_(rule.select(rule.id, where=sends))))
        if service is not None:
            where &= table.drive == service.id
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.id, where=where, order_by=table.id, limit=limit))
        return cls.browse([id for id, in cursor])

    @classmethod
    def google_release(cls, files=None):
        "End the locks that are over, of all files for the scheduled task"
        if files is None:
            files = cls.google_locks_ended()
            cls._soon(files)
        cls._end_lock(files)

    @classmethod
    def google_to_lock(cls, service, limit=None):
        "The files that Google shall make read-only, or not any more"
        return cls.google_rows(service, _to_lock, limit)

    # What is sent of what is locked

    def google_add_lock(self, operation, units):
        """Have the restriction lifted before, and set by, the operation

        Google lets nobody change the name or the content of what is
        read-only, nor those who have made it so.
        """
        if units is None:
            # a new file has none
            return
        lift = bool(units & RESTRICTED)
        if lift and self.holder:
            raise ItemError('google_drive.held', {
                    'name': self.name or '',
                    'holder': self.holder,
                    })
        lift = lift and bool(self.google_lock)
        operation.parameters['lift'] = lift
        if self.lock_reason and (
                lift or self.google_lock != self.lock_reason):
            operation.body['contentRestrictions'] = mapping.restrictions(
                self.lock_reason)

    @classmethod
    def google_prepare(cls, service, records):
        operations, errors = super().google_prepare(service, records)
        cls.google_lift(operations)
        return operations, errors

    @classmethod
    def google_lift(cls, operations):
        "What is not there any more was lifted here, and by nobody else"
        ids = [o.id for o in operations if o.parameters.get('lift')]
        if ids:
            bookkeeping.update(cls, ids, {'lifting': True})

    # What Google tells

    def google_take_lock(self, resource):
        "Note who keeps the file read-only at Google now"
        if self.google_is_stale(resource):
            return
        held = self._held(resource)
        lifted = (
            self.google_lock == self.lock_reason
            and held['google_lock'] != self.lock_reason
            # and not by Tryton
            and not self.lifting)
        if lifted or held['holder']:
            self._lock_lost()
        freed = self.holder and not held['holder']
        if any(getattr(self, n) != v for n, v in held.items()):
            bookkeeping.update(type(self), [self], held)
        if freed:
            # what waited for it is sent
            bookkeeping.update(
                type(self), [self], {'google_state': 'to_push'},
                lambda table: table.google_state == 'failed')

    def _lock_lost(self):
        "Google does not keep the others out any more"
        if self.lock_reason:
            self._tell_owner('lost')
            self._end_lock([self])

    def google_lock_refused(self):
        "Google does not do it: nothing is locked by halves"
        self._lock_lost()
        bookkeeping.update(type(self), [self], {'google_lock': None})
        bookkeeping.update(
            type(self), [self], {'google_state': 'failed'},
            lambda table: ~table.google_state.in_(['apart', 'conflict']))


def _to_lock(table):
    "The SQL condition of a restriction that is not what it is to be"
    lift = (table.google_lock != Null) & (table.lock_reason == Null)
    # with what is to be sent the restriction is sent, too
    restrict = ((table.lock_reason != Null)
        & ((table.google_lock == Null)
            | (table.google_lock != table.lock_reason))
        & (table.holder == Null)
        & (table.held_back != Literal(True))
        & (table.google_state != 'apart')
        & ~due(table))
    return ((table.google_etag != Null)
        & ~table.google_state.in_(['pushing', 'to_delete'])
        & (lift | restrict))
