# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Applying what Google tells to the records that mirror it."""
from trytond.pool import Pool
from trytond.transaction import inactive_records

from . import bookkeeping
from .merge import difference, merge, newest
from .operation import Change, ItemError, WorkDone

__all__ = ['Apply']


class Apply:
    """Apply changes to the records of one model of one service.

    ``listing`` is the number of the full listing that is going on, with which
    the records that are seen are stamped.
    """

    def __init__(self, Model, service, listing=None):
        self.Model = Model
        self.service = service
        self.listing = listing
        self.work = WorkDone()
        self.errors = []
        self.ours = {}
        self.told = {}

    def __call__(self, changes):
        "Return the work done and a list of change and error"
        # only the last word on a resource counts
        changes = list({c.google_id: c for c in changes}.values())
        records = self.find_records(changes)
        records.update(self.Model.google_adopt(self.service, [
                    c for c in changes
                    if c.google_id not in records
                    and not (c.deleted or c.error)]))
        tombstones = self.find_tombstones(changes)
        self._read(records, changes)
        create, write, seen = [], [], []
        for change in changes:
            record = records.get(change.google_id)
            if change.error:
                self.errors.append((change, change.error))
                continue
            try:
                if record:
                    write.extend(self._existing(record, change))
                    seen.append(record)
                elif change.google_id in tombstones:
                    values = self._buried(
                        tombstones[change.google_id], change)
                    if values:
                        create.append(values)
                elif not change.deleted:
                    create.append(self._values(change))
            except ItemError as error:
                self.errors.append((change, error))
        if create:
            self.Model.create(create)
            self.work.created += len(create)
        if write:
            self.Model.write(*write)
            self.work.updated += len(write) // 2
        if self.told:
            for record in self.Model.google_outdated(self.service, self.told):
                self._to_delete(record)
        if self.listing is not None and seen:
            bookkeeping.update(
                self.Model, seen, {'google_listing': self.listing})
        self.work.errors += len(self.errors)
        return self.work, self.errors

    @inactive_records
    def find_records(self, changes):
        ids = {
            r.google_id: r.id for r in self.Model.search([
                    (self.Model.google_service_field, '=', self.service.id),
                    ('google_id', 'in', [c.google_id for c in changes]),
                    ])}
        # in the order of the changes, or each would be read alone
        records = self.Model.browse(
            [ids[c.google_id] for c in changes if c.google_id in ids])
        return {r.google_id: r for r in records}

    def _read(self, records, changes):
        "Read the values together, before writing makes forget what was read"
        for change in changes:
            record = records.get(change.google_id)
            if record and (change.deleted or not self._is_known(
                        record, change.resource)):
                self.ours[record.id] = record.google_values()

    def _is_known(self, record, resource):
        etag = self.Model.google_etag_of(resource)
        if etag == '*' or etag != record.google_etag:
            return False
        # how much is shown of it depends on the access of the account, too
        return (
            self.listing is None or record.google_state == 'apart'
            or record.google_base == resource)

    def find_tombstones(self, changes):
        Tombstone = Pool().get('google_integration.tombstone')
        return {
            t.google_id: t for t in Tombstone.search([
                    ('service', '=', str(self.service)),
                    ('model', '=', self.Model.__name__),
                    ('google_id', 'in', [c.google_id for c in changes]),
                    ])}

    def _known(self, change):
        "What the books say of a record that equals what Google has"
        resource = change.resource
        return self.Model.google_known(resource)

    def _values(self, change):
        "The values of a new record"
        revision = bookkeeping.new_revision()
        values = self.Model.google_record_values(
            self.service, self.Model.google_to_values(change.resource))
        values.update(self._known(change))
        values.update({
                self.Model.google_service_field: self.service.id,
                'google_id': change.google_id,
                'google_state': 'synchronized',
                'google_revision': revision,
                'google_confirmed_revision': revision,
                'google_listing': self.listing,
                })
        return values

    def _buried(self, tombstone, change):
        "The values of a record that comes back, None if it does not"
        Tombstone = type(tombstone)
        if change.deleted:
            Tombstone.delete([tombstone])
            return
        etag = self.Model.google_etag_of(change.resource)
        if etag != '*' and etag == tombstone.google_etag:
            return
        updated = self.Model.google_updated(change.resource)
        policy = self.service.conflict_policy
        if policy == 'newest':
            policy = newest(tombstone.buried_at, updated)
        if policy == 'tryton' or not tombstone.google_etag:
            # what is deleted is what Google has now, which without etag is
            # what was sent and never confirmed, or was changed since
            self._deletion_stands(tombstone, change)
            bookkeeping.update(
                Tombstone, [tombstone],
                {'google_etag': etag})
            return
        # the change was made after the deletion: it is not lost
        values = self._values(change)
        Tombstone.delete([tombstone])
        if self.listing is None:
            self.Model.google_returned(self.service, change.resource)
        self.work.conflicts += 1
        return values

    def _deletion_stands(self, tombstone, change):
        "Keep what was changed at Google of what is deleted here"
        Conflict = Pool().get('google_integration.conflict')
        try:
            theirs = self.Model.google_to_values(change.resource)
        except ItemError:
            # nothing that could be restored
            return
        Conflict.keep_deleted(self.service, tombstone, theirs)
        self.work.conflicts += 1

    def _existing(self, record, change):
        "The arguments of write for a record that is known"
        if change.deleted:
            self._deleted(record, change)
            return []
        resource = change.resource
        if record.google_state == 'to_delete':
            # it came back at Google
            bookkeeping.update(
                self.Model, [record], {'google_state': 'synchronized'})
        elif record.google_state != 'pushing':
            if self._is_known(record, resource):
                return []
        updated = self.Model.google_updated(resource)
        if record.google_is_stale(resource):
            return []
        return self._merge(record, change, updated)

    def _merge(self, record, change, updated):
        ours = self._ours(record)
        theirs = self.Model.google_to_values(change.resource)
        base = None
        if record.google_baseline:
            base = self.Model.google_to_values(record.google_base)
            self.told[record.id] = base, theirs
        units = self.Model.google_merge_units(base, ours, theirs)
        prefer = record.google_policy
        if prefer == 'newest':
            prefer = newest(record.google_touched, updated)
        result = merge(units, base, ours, theirs, prefer)
        books = self._known(change)
        manual = [c for c in result.conflicts if c.stood is None]
        undecided = self._undecided(record)
        if manual or undecided:
            books['google_state'] = 'conflict'
        elif difference(units, theirs, {**ours, **result.changed_here}):
            books['google_state'] = 'to_push'
        else:
            books['google_state'] = 'synchronized'
        self._conflicts(record, units, result.conflicts, ours, theirs)
        revision = record.google_revision
        if result.changed_here:
            revision = bookkeeping.new_revision()
        books['google_revision'] = revision
        if books['google_state'] == 'synchronized':
            books['google_confirmed_revision'] = revision
        if not result.changed_here:
            bookkeeping.update(self.Model, [record], books)
            return []
        values = self.Model.google_record_values(
            self.service, result.changed_here, record)
        values.update(books)
        return [[record], values]

    def _ours(self, record):
        if record.id not in self.ours:
            self.ours[record.id] = record.google_values()
        return self.ours[record.id]

    def _undecided(self, record):
        "Tell if something is left to decide on a record that Google has"
        if record.google_state != 'conflict':
            return False
        Conflict = Pool().get('google_integration.conflict')
        conflicts = Conflict.search([
                ('resource', '=', str(record)),
                ('state', '=', 'open'),
                ])
        deletions = [c for c in conflicts if c.unit == 'deletion']
        if deletions:
            # it came back
            Conflict.write(
                deletions, {'state': 'settled', 'stood': 'tryton'})
        return len(deletions) < len(conflicts)

    def _conflicts(self, record, units, conflicts, ours, theirs):
        Conflict = Pool().get('google_integration.conflict')
        names = {u.name: u.fields for u in units}
        for conflict in conflicts:
            Conflict.keep(
                self.service, record, conflict.unit, conflict.stood,
                {n: ours[n] for n in names[conflict.unit]},
                {n: theirs[n] for n in names[conflict.unit]})
        self.work.conflicts += len(conflicts)

    def _deleted(self, record, change):
        "Google has no such resource any more"
        ours = self._ours(record)
        if record.google_state in {'to_delete', 'local'}:
            return
        if not record.google_etag:
            if record.google_state in {'to_push', 'pushing'}:
                # it never was at Google, as far as is known: send it again
                self.Model.google_forget([record], 'to_push')
            return
        unsent = (record.google_state != 'synchronized'
            or record.google_revision != record.google_confirmed_revision)
        if unsent:
            base = self.Model.google_to_values(record.google_base)
            unsent = bool(difference(self.Model.google_units, base, ours))
        if not unsent:
            self._to_delete(record)
            return
        policy = record.google_policy
        if policy == 'newest':
            # when it was deleted is not known for sure: nothing is lost
            policy = 'tryton'
        if not record.google_may_restore():
            policy = 'google'
        Conflict = Pool().get('google_integration.conflict')
        self.work.conflicts += 1
        if policy == 'google':
            Conflict.keep(
                self.service, record, 'deletion', 'google', ours, None)
            self._to_delete(record)
        elif policy == 'tryton':
            self.Model.google_forget([record], 'to_push')
        else:
            Conflict.keep(self.service, record, 'deletion', None, ours, None)
            self.Model.google_forget([record], 'conflict')

    def _to_delete(self, record):
        bookkeeping.update(self.Model, [record], {
                'google_state': 'to_delete',
                'google_confirmed_revision': record.google_revision,
                })


def gone(google_id):
    "The change that a resource which is not found amounts to"
    return Change(google_id, {'id': google_id}, deleted=True)
