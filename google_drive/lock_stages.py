# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a run does to the locks of files, apart from what it sends."""
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.confirm import MAX_ATTEMPTS
from trytond.modules.google_integration.operation import Operation, WorkDone
from trytond.pool import Pool

from . import mapping

__all__ = ['LockStagesMixin']


class LockStagesMixin:
    "The hooks of the drive that keep Google's restrictions up to date"
    __slots__ = ()

    def _prepare_release(self, records):
        Pool().get('google_drive.file').google_release(records)
        return [], []

    def _prepare_locks(self, records):
        return [_operation(r, r.lock_reason) for r in records], []

    def _confirm_lock(self, operations, answers):
        File = Pool().get('google_drive.file')
        found = {r.id for r in File.search([
                    ('id', 'in', [o.id for o in operations]),
                    ])}
        work, errors = WorkDone(), []
        for operation, answer in zip(operations, answers, strict=True):
            if operation.id not in found:
                continue
            record = File(operation.id)
            match answer.status:
                case 'done' if operation.parameters['same']:
                    self._locked(record, operation, answer)
                case 'done' | 'conflict':
                    done, failed = File.google_apply(
                        self, [self.google_change(answer.resource)])
                    work += done
                    errors.extend((None, c.google_id, e) for c, e in failed)
                case 'later' if (record.google_attempts or 0) < MAX_ATTEMPTS:
                    bookkeeping.update(File, [record], {
                            'google_attempts': (
                                record.google_attempts or 0) + 1,
                            })
                case _:
                    record.google_lock_refused()
                    errors.append((record, None, answer.error))
        work.errors += len(errors)
        return work, errors

    def _locked(self, record, operation, answer):
        "Nothing but the restriction has changed"
        bookkeeping.update(
            type(record), [record], type(record).google_known(
                answer.resource))


def _operation(record, reason):
    "The operation that sets the restriction, or lifts it without reason"
    return Operation(
        'lock', record.__name__, record.id, record.google_id,
        etag=record.google_etag,
        body={'contentRestrictions': mapping.restrictions(reason)},
        parameters={'mark': type(record).google_lock_mark()})
