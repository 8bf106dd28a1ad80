# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Settling what was sent with what Google answered."""
from trytond.model import fields
from trytond.pool import Pool
from trytond.transaction import inactive_records

from . import bookkeeping
from .apply import Apply, gone
from .merge import difference
from .operation import Change, ItemError, WorkDone

__all__ = ['Confirm', 'MAX_ATTEMPTS']

MAX_ATTEMPTS = 5


class Confirm:
    "Settle the operations on one model of one service"

    def __init__(self, Model, service):
        self.Model = Model
        self.service = service
        self.work = WorkDone()
        self.errors = []
        self.outage = False

    def __call__(self, operations, answers):
        """Return the work done and a list of record, google_id and error.
        """
        Tombstone = Pool().get('google_integration.tombstone')
        writes = []
        tombstones = self._rows(
            Tombstone, [o for o in operations if o.kind == 'delete'])
        records = self._rows(
            self.Model, [o for o in operations if o.kind != 'delete'])
        # read together, before writing makes forget what was read
        self.answered = {
            o.id: self._normalised(records[o.id], a.resource)
            for o, a in zip(operations, answers, strict=True)
            if a.status == 'done' and o.kind != 'delete' and o.id in records}
        known = {id: r.google_id for id, r in records.items()}
        # what fails with all the others is not to blame
        self.outage = all(a.status == 'later' for a in answers)
        for operation, answer in zip(operations, answers, strict=True):
            if operation.kind == 'delete':
                tombstone = tombstones.get(operation.id)
                if tombstone:
                    self._deletion(tombstone, operation, answer)
            else:
                record = records.get(operation.id)
                if record:
                    self._identify(record, known[operation.id], operation)
                    writes.extend(self._write(record, operation, answer))
                else:
                    self._deleted_meanwhile(operation, answer)
        if writes:
            self.Model.write(*writes)
        self.work.errors += len(self.errors)
        return self.work, self.errors

    @staticmethod
    @inactive_records
    def _rows(Model, operations):
        "The rows of the operations that still are there, by id"
        ids = [o.id for o in operations]
        found = {r.id for r in Model.search([('id', 'in', ids)])}
        # in the order of the operations, or each would be read alone
        return {r.id: r for r in Model.browse([i for i in ids if i in found])}

    def _deletion(self, tombstone, operation, answer):
        Tombstone = type(tombstone)
        if answer.status in {'done', 'gone'}:
            apply = Apply(self.Model, self.service)
            for orphan in self.Model.google_orphans(
                    self.service, tombstone.google_id):
                apply._to_delete(orphan)
            Tombstone.delete([tombstone])
            self.work.pushed_deletions += 1
            return
        attempts = (tombstone.attempts or 0) + (not self.outage)
        error = answer.error
        if answer.status == 'conflict':
            self._apply(Change(operation.google_id, answer.resource))
            error = ItemError('busy')
        if answer.status == 'failed' or attempts > MAX_ATTEMPTS:
            if bookkeeping.update(
                    Tombstone, [tombstone], {'state': 'failed'}):
                self.errors.append((None, operation.google_id, error))
        else:
            bookkeeping.update(Tombstone, [tombstone], {'attempts': attempts})

    @staticmethod
    def _identify(record, known, operation):
        "Keep the identity that was only found at Google"
        if operation.google_id and operation.google_id != known:
            record.google_identify(operation.google_id)

    def _write(self, record, operation, answer):
        match answer.status:
            case 'done':
                self.work.pushed += 1
                return self._done(record, operation, answer.resource)
            case 'gone' if operation.kind == 'insert':
                # nothing is there to bring back: it needs another identity
                self._again(record)
                bookkeeping.update(self.Model, [record], {
                        'google_id': None,
                        'google_baseline': None,
                        })
            case 'void':
                self._void(record, operation)
            case 'gone':
                self._again(record)
                self._apply(gone(operation.google_id))
            case 'conflict':
                attempts = self._again(record)
                self._apply(Change(operation.google_id, answer.resource))
                # the merge may not make it start anew for ever
                bookkeeping.update(
                    self.Model, [record], {'google_attempts': attempts},
                    lambda table: table.google_state == 'to_push')
            case 'again':
                self._again(record)
            case 'later':
                self._later(record, operation, answer)
            case 'failed':
                bookkeeping.update(
                    self.Model, [record], {'google_state': 'failed'},
                    lambda table: table.google_revision == operation.revision)
                # a change made meanwhile deserves another try
                bookkeeping.update(
                    self.Model, [record], {'google_state': 'to_push'},
                    lambda table: table.google_state == 'pushing')
                self.errors.append((record, None, answer.error))
        return []

    def _void(self, record, operation):
        "It can not be written there: keep what was to be created"
        if operation.kind == 'insert':
            Conflict = Pool().get('google_integration.conflict')
            Conflict.keep(
                self.service, record, 'deletion', 'google',
                record.google_values(), None)
            self.work.conflicts += 1
        Apply(self.Model, self.service)._to_delete(record)

    def _again(self, record, state='to_push', count=True):
        attempts = (record.google_attempts or 0) + count
        bookkeeping.update(self.Model, [record], {
                'google_state': state,
                'google_attempts': attempts,
                })
        return attempts

    def _later(self, record, operation, answer):
        "Send it another time, but not for ever what alone does not work"
        # whether it was created is not known: it will be looked up first
        state = 'pushing' if operation.kind == 'insert' else 'to_push'
        if self._again(record, state, not self.outage) > MAX_ATTEMPTS:
            bookkeeping.update(
                self.Model, [record], {'google_state': 'failed'})
            self.errors.append((record, None, answer.error))

    def _done(self, record, operation, resource):
        books = self.Model.google_known(resource)
        quiet, values, error = self.answered[record.id]
        settled = bookkeeping.update(self.Model, [record], {
                **books,
                **quiet,
                **self.Model.google_settled(),
                'google_state': 'synchronized',
                'google_confirmed_revision': operation.revision,
                }, lambda table: table.google_revision == operation.revision)
        if not settled:
            # changed while it was being sent: the rest is sent next
            bookkeeping.update(
                self.Model, [record], {**books, 'google_state': 'to_push'})
            return []
        if error:
            self.errors.append((record, None, error))
        if not values:
            return []
        return [[record], {**values, 'google_revision': operation.revision}]

    def _normalised(self, record, resource):
        """What Google made of the values, and what it alone knows

        The values for the books, those to write, and the error.
        """
        ours = record.google_values()
        try:
            theirs = self.Model.google_to_values(resource)
        except ItemError as error:
            return {}, {}, error
        values = {
            name: theirs[name]
            for unit in self.Model.google_units for name in unit.fields
            if theirs[name] != ours[name]}
        same = not difference(self.Model.google_units, ours, theirs)
        if same:
            # what Google alone knows disturbs no form that is open
            values = {n: values[n] for n in self._read_only() & values.keys()}
        values = self.Model.google_record_values(
            self.service, values, record)
        if same and not any(
                isinstance(self.Model._fields[n], fields.One2Many)
                for n in values):
            return values, {}, None
        return {}, values, None

    def _read_only(self):
        return {
            name for unit in self.Model.google_units if unit.read_only
            for name in unit.fields}

    def _deleted_meanwhile(self, operation, answer):
        "The record was deleted while it was being sent"
        Tombstone = Pool().get('google_integration.tombstone')
        if answer.status == 'done':
            tombstones = Tombstone.search([
                    ('service', '=', str(self.service)),
                    ('model', '=', self.Model.__name__),
                    ('google_id', '=', operation.google_id),
                    ])
            bookkeeping.update(
                Tombstone, tombstones,
                {'google_etag': self.Model.google_etag_of(
                        answer.resource)})

    def _apply(self, change):
        work, errors = self.Model.google_apply(self.service, [change])
        self.work += work
        self.errors.extend(
            (None, change.google_id, error) for change, error in errors)
