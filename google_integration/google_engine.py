# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the engine does with a record that mirrors a resource of Google."""
import json

from sql import Column, Null

from trytond.tools import grouped_slice
from trytond.transaction import Transaction, inactive_records

from . import bookkeeping
from .apply import Apply
from .confirm import MAX_ATTEMPTS, Confirm
from .merge import difference
from .operation import ItemError, Operation

__all__ = ['GoogleEngine', 'due']


class GoogleEngine:
    """A record that the engine receives and sends.

    Its mapping is that of `google_resource.GoogleResource`.
    """
    __slots__ = ()

    @classmethod
    def google_apply(cls, service, changes, listing=None):
        "Apply the changes and return the work done and the errors"
        return Apply(cls, service, listing)(changes)

    @classmethod
    def google_confirm(cls, service, operations, answers):
        "Settle the operations and return the work done and the errors"
        return Confirm(cls, service)(operations, answers)

    @classmethod
    def google_known(cls, resource):
        "What the books say of a record that equals the resource of Google"
        return {
            'google_etag': cls.google_etag_of(resource),
            'google_modified': cls.google_updated(resource),
            'google_baseline': json.dumps(resource),
            'google_attempts': 0,
            }

    def google_is_stale(self, resource):
        "Tell if the resource is older than what is known"
        updated = self.google_updated(resource)
        return bool(
            self.google_modified and updated
            and updated < self.google_modified)

    @property
    def google_policy(self):
        "What stands when the same was changed on both sides"
        return self.google_service.conflict_policy

    @classmethod
    def google_adopt(cls, service, changes):
        """Find the records that stand for changes of unknown identifiers

        The records, which get the identifiers, by identifier.
        """
        return {}

    def google_identify(self, google_id):
        "Keep the identity that was only found at Google"
        bookkeeping.update(type(self), [self], {'google_id': google_id})

    @classmethod
    def google_sends(cls, operation):
        "What is written besides on a record of which the push begins"
        return {}

    @classmethod
    def google_settled(cls):
        "What is written besides on a record of which the push is confirmed"
        return {}

    def google_burial(self):
        "What the push of the deletion needs to know besides"
        return {}

    def google_may_restore(self):
        "Tell if what Google deleted may be created there again"
        return True

    @classmethod
    def google_restore(cls, conflict, lost):
        "Give the record of the conflict what it lost, as a change to send"
        conflict._write(lost)

    @classmethod
    def google_lost(cls, service, records):
        """Keep as conflicts what is lost with records that Google deleted

        The number of conflicts.
        """
        return 0

    @classmethod
    def google_outdated(cls, service, changes):
        """The records that Google dropped, unsaid, when it changed others

        ``changes`` are, by the id of the record that was changed, the values
        that it had there and those that it has, whichever stand here.
        """
        return []

    @classmethod
    def google_returned(cls, service, resource):
        "What was deleted here comes back, because Google changed it"

    @classmethod
    def google_orphans(cls, service, google_id):
        "The records that Google deleted together with the resource"
        return []

    @classmethod
    def google_found(cls, service, google_ids):
        "Settle what Google has, or had, without listing it"

    @classmethod
    def google_forget(cls, records, state):
        "Google has no such resources: sending them creates them again"
        bookkeeping.update(cls, records, {
                'google_state': state,
                'google_etag': None,
                'google_baseline': None,
                'google_modified': None,
                'google_confirmed_revision': None,
                })

    @classmethod
    def google_rows(cls, service, where, limit=None, order=None):
        """The records of the service for which the SQL condition holds

        ``order`` gives the SQL expressions by which they are ordered.
        """
        table = cls.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.id,
                where=(Column(table, cls.google_service_field) == service.id)
                & where(table),
                order_by=order(table) if order else table.id, limit=limit))
        return cls.browse([id for id, in cursor])

    @classmethod
    def google_pending(cls, service, limit=None):
        "The records of the service that are due"
        return cls.google_rows(service, due, limit)

    @classmethod
    def google_verify(cls, service):
        "Find the records that were changed behind our back"
        with inactive_records():
            records = cls.search([
                    (cls.google_service_field, '=', service.id),
                    ('google_state', '=', 'synchronized'),
                    ])
        for sub_records in grouped_slice(records, 250):
            cls.google_touch([r for r in sub_records if r.google_differs])

    @property
    def google_differs(self):
        "Tell if the record is not what Google has"
        try:
            base = self.google_to_values(self.google_base)
        except ItemError:
            # of what is not readable any more nothing can be told
            return False
        return bool(difference(
                self.google_units, base, self.google_values()))

    @classmethod
    def google_prepare(cls, service, records):
        """Return the operations of the records, and the errors.

        What does not differ is settled, what is sent is marked.
        """
        operations, errors, sent = [], [], []
        for record in records:
            try:
                operation = record.google_operation()
            except ItemError as error:
                errors.append((record, error))
                continue
            if operation:
                operations.append(operation)
            sent.append((record, record.google_revision, operation))
        # read together, before writing makes forget what was read
        for record, revision, operation in sent:
            if not operation:
                bookkeeping.update(cls, [record], {
                        'google_state': 'synchronized',
                        'google_confirmed_revision': revision,
                        'google_attempts': 0,
                        })
                continue
            values = cls.google_sends(operation)
            if operation.kind == 'insert':
                # the body is what a lost answer is compared with
                values.update({
                        'google_id': operation.google_id,
                        'google_baseline': json.dumps(operation.body),
                        'google_etag': None,
                        })
            if values:
                bookkeeping.update(cls, [record], values)
        bookkeeping.update(
            cls, [r for r, _, o in sent if o], {'google_state': 'pushing'})
        bookkeeping.update(
            cls, [r for r, _ in errors], {'google_state': 'failed'})
        return operations, errors

    def google_operation(self):
        "The write that is due for this record, None if nothing differs"
        if self._too_often:
            raise ItemError('busy')
        values = self.google_values()
        operation = Operation(
            'insert', self.__name__, self.id, self.google_id,
            revision=self.google_revision)
        if self.google_etag:
            baseline = self.google_base
            units = difference(
                self.google_units, self.google_to_values(baseline), values)
            if not units:
                return
            operation.kind = 'patch'
            operation.etag = self.google_etag
            operation.body = self.google_to_resource(values, units, baseline)
        else:
            # also refuses to bring back what can not be created
            new_id = self.google_new_id()
            operation.google_id = self.google_id or new_id
            operation.body = self.google_to_resource(values, None, None)
        operation.parameters = self.google_parameters(operation)
        return operation

    @property
    def _too_often(self):
        return (self.google_attempts or 0) > MAX_ATTEMPTS

    def google_parameters(self, operation):
        "What the push of the operation needs to know besides"
        return {}


def due(table):
    "The SQL condition of what is to be sent"
    return (table.google_state.in_(['local', 'to_push'])
        | ((table.google_state == 'synchronized')
            & ((table.google_revision != table.google_confirmed_revision)
                | (table.google_confirmed_revision == Null))))
