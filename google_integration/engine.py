# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The engine: one run of one service."""
import logging
from contextlib import closing

from trytond import backend
from trytond.exceptions import UserError
from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access

from . import bookkeeping, configuration
from .bookkeeping import utcnow
from .client import GoogleError
from .exceptions import GoogleCredentialsError, GoogleUnreachable
from .lease import Lease, LeaseLost
from .oauth import OAuthError
from .operation import CursorExpired, ItemError, WorkDone
from .redaction import log_unexpected
from .run_failed import Brake, RunFailed, Stopped
from .transaction import short
from .watch import keep_watch

__all__ = ['Brake', 'Run', 'RunFailed', 'Stopped']
logger = logging.getLogger(__name__)

PULL_CHUNK = 250
PUSH_CHUNK = 50


class Run:
    """One run of a service: take the lease, pull, push, log.

    The rule of all its methods: the database is read and written by
    `self.write` and `self.read`, each in a transaction of its own, and the
    network is used when none is open.
    """

    def __init__(self, Model, id):
        self.Model = Model
        self.id = id
        self.lease = Lease(Model, id, configuration.lease())
        self.work = WorkDone()
        self.client = None
        self.open_errors = set()
        self.progress = 0
        self.started = utcnow()

    @property
    def name(self):
        return f'{self.Model.__name__},{self.id}'

    @property
    def service(self):
        "The service as it is now in the database"
        return self.Model(self.id)

    def __call__(self):
        "Return True if the run was done, False if there was nothing to run"
        transaction = Transaction()
        with transaction.set_user(0), transaction.reset_context(), \
                without_check_access():
            if not self.lease.take():
                logger.debug("%s is already running", self.name)
                short(self.busy)
                return False
            try:
                return self._run()
            except LeaseLost:
                transaction.rollback()
                logger.warning("the lease of %s was lost", self.name)
                return False
            finally:
                if self.client:
                    self.client.close()

    def busy(self):
        "What it was asked for may be too late for the run on its way"
        bookkeeping.update(self.Model, [self.id], {'next_sync': utcnow()})

    def steps(self):
        self.pull()
        # what was being sent when a run stopped, or is in doubt
        self.look_up(self.read(lambda service: service.google_unknown()))
        self.delete()
        self.transfer()
        self.push()
        keep_watch(self)

    def _run(self):
        try:
            self.check()
            self.open()
            self.steps()
        except RunFailed as error:
            return self.finish(error)
        except GoogleUnreachable:
            return self.finish(RunFailed('unreachable', {
                        'status': '',
                        'reason': '',
                        }))
        except (GoogleCredentialsError, OAuthError) as error:
            return self.finish(RunFailed('authorization', {
                        'reason': getattr(
                            error.__cause__ or error, 'code', ''),
                        }))
        except UserError as error:
            return self.finish(RunFailed('message', {
                        'message': error.message,
                        }))
        except GoogleError as error:
            return self.finish(self.google_failure(error))
        except LeaseLost:
            raise
        except Stopped:
            return self.finish()
        except Exception:
            Transaction().rollback()
            log_unexpected(logger, "the run of %s failed", self.name)
            return self.finish(RunFailed('unexpected'))
        return self.finish()

    def google_failure(self, error):
        code = self.Model.google_error_code(error)
        return RunFailed(code, {
                'status': error.status,
                'reason': error.reason,
                'message': error.message,
                }, retry_after=error.retry_after)

    # The database

    def read(self, func):
        "Call the function with the service and end the transaction"
        result = func(self.service)
        Transaction().rollback()
        return result

    def write(self, func):
        "Call the function with the service in a writing transaction"
        def write():
            self.lease.renew()
            return func(self.service)
        return short(write)

    def check(self):
        "Stop if the service was disabled"
        if not self.read(lambda service: service.google_can_run):
            raise Stopped

    def update(self, **values):
        self.write(lambda service: bookkeeping.update(
                self.Model, [self.id], values))

    # The run

    def open(self):
        "Prepare the client"
        service = self.service
        credentials = service.credentials
        parameters = service.google_parameters()
        Transaction().rollback()
        self.client = credentials.get_client(
            *self.Model.google_api, parameters)
        Transaction().commit()

    def pull(self):
        "Receive what has changed at Google, page by page"
        if not self.read(lambda service: service.google_receives):
            return
        self.retry_errors()
        cursor, listing = self.begin()
        expired = False
        more = True
        seen = set()
        while more:
            if cursor in seen:
                # Google turns in a circle
                raise RunFailed('cursor')
            seen.add(cursor)
            try:
                changes = self.Model.list_changes(self.client, cursor)
            except CursorExpired:
                if expired:
                    raise RunFailed('cursor')
                expired = True
                seen.clear()
                cursor, listing = self.begin(expired=True)
                continue
            self.Model.fetch(self.client, changes.items)
            self.apply(changes, listing)
            cursor, more = changes.cursor, changes.more
            # not two pages at a time
            del changes
            self.check()
        if listing is not None:
            self.reconcile(listing)

    def begin(self, expired=False):
        "Return the cursor and the number of the listing that goes on"
        service = self.service
        cursor, listing = service.cursor, service.listing or 0
        listed = service.listed or 0
        Transaction().rollback()
        if cursor is None or expired:
            cursor, listing = None, listing + 1
            self.update(cursor=None, listing=listing)
        elif listing == listed:
            listing = None
        return cursor, listing

    def apply(self, changes, listing=None):
        "Write a page in chunks, the cursor with the last"
        chunks = [
            list(c) for c in grouped_slice(changes.items, PULL_CHUNK)] or [[]]
        for i, chunk in enumerate(chunks, start=1):
            self.progress += len(chunk)
            books = {'progress': self.progress} if chunk else {}
            if i == len(chunks):
                books.update(changes.service, cursor=changes.cursor)
            self.apply_chunk(chunk, listing, books)

    def apply_chunk(self, chunk, listing, books):
        def apply(service, chunk=chunk, books=books):
            work, errors = service.apply_changes(chunk, listing)
            self.record(service, 'pull', [
                    (None, change.google_id, error)
                    for change, error in errors])
            failed = {change.google_id for change, _ in errors}
            self.settle(service, [
                    c.google_id for c in chunk if c.google_id not in failed])
            self.keep_books(service, books, listing)
            return work

        try:
            self.work += self.write(apply)
        except (LeaseLost, backend.DatabaseOperationalError):
            raise
        except Exception:
            # one by one the culprit is found, and its error kept
            if not chunk:
                raise
            logger.info("a chunk of %s is redone by item", self.name)
            for change in chunk:
                self.apply_item(change, apply)
            self.write(
                lambda service: self.keep_books(service, books, listing))

    def apply_item(self, change, apply):
        try:
            self.work += self.write(
                lambda service: apply(service, [change], {}))
        except (LeaseLost, backend.DatabaseOperationalError):
            raise
        except Exception as exception:
            error = self.item_error(exception)
            self.write(lambda service: self.record(
                    service, 'pull', [(None, change.google_id, error)]))
            self.work.errors += 1

    def item_error(self, exception):
        match exception:
            case ItemError():
                return exception
            case UserError():
                return ItemError('refused', {'message': exception.message})
        log_unexpected(logger, "an item of %s failed", self.name)
        return ItemError('unexpected')

    def keep_books(self, service, books, listing=None):
        if listing is None and service.cursor is None:
            # reset in the middle of the run: the next one lists everything
            books.pop('cursor', None)
        books = {
            name: value for name, value in books.items()
            if getattr(service, name) != value}
        if books:
            bookkeeping.update(self.Model, [self.id], books)

    def record(self, service, operation, errors):
        SyncError = Pool().get('google_integration.sync_error')
        for resource, google_id, error in errors:
            SyncError.record(service, operation, resource, google_id, error)
            self.open_errors.add(google_id)

    def settle(self, service, google_ids):
        "Forget the errors of the items that work now"
        SyncError = Pool().get('google_integration.sync_error')
        google_ids = [i for i in google_ids if i in self.open_errors]
        if google_ids:
            SyncError.settle(service, 'pull', google_ids)
            self.open_errors.difference_update(google_ids)

    def retry_errors(self):
        "Look again at the items of which the time to retry has come"
        SyncError = Pool().get('google_integration.sync_error')
        errors = SyncError.search([
                ('service', '=', self.name),
                ('operation', '=', 'pull'),
                ])
        self.open_errors = {e.google_id for e in errors}
        now = utcnow()
        google_ids = [
            e.google_id for e in errors if e.retry_at and e.retry_at <= now]
        Transaction().rollback()
        self.look_up(google_ids)

    def look_up(self, google_ids, listing=None):
        "Ask Google for the resources and apply what it answers"
        for sub_ids in grouped_slice(google_ids, PUSH_CHUNK):
            items = self.Model.look_up(self.client, list(sub_ids))
            self.Model.fetch(self.client, items)
            self.apply_chunk(items, listing, {})

    def reconcile(self, listing):
        "Look up what a full listing should have shown and did not"
        missing = self.read(
            lambda service: service.google_unlisted(listing))
        self.look_up(missing, listing)
        for sub_ids in grouped_slice(missing, PULL_CHUNK):
            self.write(
                lambda service, ids=list(sub_ids): service.google_found(ids))
        self.update(listed=listing)

    def delete(self):
        "Delete what Google has deleted, unless it is too much"
        count, total = self.read(lambda service: service.count_to_delete())
        self.brake('brake_tryton', count, total)
        while ids := self.read(lambda service: service.marked(PULL_CHUNK)):
            try:
                self.work.deleted += self.write(
                    lambda service: service.delete_marked(ids))
            except (LeaseLost, backend.DatabaseOperationalError):
                raise
            except Exception:
                # one by one the culprit is found, and its error kept
                self.delete_each(ids)

    def delete_each(self, ids):
        "Delete one by one what can not be deleted together"
        for id in ids:
            try:
                self.work.deleted += self.write(
                    lambda service: service.delete_marked([id]))
            except (LeaseLost, backend.DatabaseOperationalError):
                raise
            except Exception as exception:
                error = self.item_error(exception)
                record = self.write(
                    lambda service: service.keep_marked(id))
                self.write(lambda service: self.record(
                        service, 'push', [(record, None, error)]))
                self.work.errors += 1

    def brake(self, code, count, total):
        if count and not self.read(
                lambda service: service.may_delete(count, total)):
            raise Brake(code, {'count': count, 'total': total})

    def transfer(self):
        "Fetch the contents that were announced, chunk by chunk"
        while self.read(lambda service: service.awaits()):
            self.check()
            items = self.write(self.announced)
            if not items:
                continue
            come = []
            with closing(
                    self.Model.download_pieces(self.client, items)) as pieces:
                for some, answers in pieces:
                    self.receive(list(zip(some, answers, strict=True)))
                    come.extend(answers)
            self.stop_later(come)

    def announced(self, service):
        "Return what is to be fetched, as plain data"
        items, errors = service.incoming(PUSH_CHUNK)
        self.record(service, 'pull', errors)
        self.work.errors += len(errors)
        return items

    def receive(self, contents):
        "Write the contents, which are not fetched again then"
        def receive(service, contents=contents):
            work, errors = service.receive(contents)
            self.record(service, 'pull', errors)
            return work

        try:
            self.work += self.write(receive)
        except (LeaseLost, backend.DatabaseOperationalError):
            raise
        except Exception:
            # one by one the culprit is found, and its error kept
            logger.info("a chunk of %s is redone by item", self.name)
            for content in contents:
                self.receive_item(content, receive)

    def receive_item(self, content, receive):
        try:
            self.work += self.write(lambda service: receive(
                    service, [content]))
        except (LeaseLost, backend.DatabaseOperationalError):
            raise
        except Exception as exception:
            item, _ = content
            error = self.item_error(exception)
            self.write(lambda service: self.record(
                    service, 'pull', service.refuse(item, error)))
            self.work.errors += 1

    @staticmethod
    def stop_later(answers):
        "End the run where Google is out of breath"
        for answer in answers:
            if answer.status == 'later':
                # the state knows what is left
                raise RunFailed(
                    answer.error.code, answer.error.arguments,
                    answer.error.arguments.get('retry_after'))

    def push(self):
        "Send what has changed here, chunk by chunk"
        if not self.read(lambda service: service.google_sends):
            return
        self.brake('brake_google', *self.read(
                lambda service: service.count_tombstones()))
        while True:
            self.check()
            operations = self.write(self.prepare)
            if operations is None:
                break
            if not operations:
                continue
            come = []
            with closing(
                    self.Model.push_pieces(self.client, operations)) as pieces:
                for piece in pieces:
                    self.write(
                        lambda service, piece=piece: self.confirm(
                            service, *piece))
                    come.extend(piece[1])
            self.stop_later(come)
        self.settle_pushed()

    def settle_pushed(self):
        "Forget the errors of the records that are synchronised now"
        SyncError = Pool().get('google_integration.sync_error')
        settled = self.read(lambda service: SyncError.settled(service))
        if settled:
            self.write(lambda service: SyncError.delete(
                    SyncError.browse(settled)))

    def prepare(self, service):
        "Return the operations, None when nothing is pending"
        records = service.pending(PUSH_CHUNK)
        if not records:
            return
        operations, errors = service.prepare(records)
        self.record(service, 'push', [(r, None, e) for r, e in errors])
        self.work.errors += len(errors)
        return operations

    def confirm(self, service, operations, answers):
        work, errors = service.confirm(operations, answers)
        buried = {o.google_id for o in operations if o.kind == 'delete'}
        # what Google told of an item instead is looked up to be retried
        told = [e for e in errors if not e[0] and e[1] not in buried]
        self.record(service, 'pull', told)
        self.record(service, 'push', [e for e in errors if e not in told])
        self.work += work

    # The log

    def finish(self, failure=None):
        def finish(service):
            service.finish(failure, self.started, self.work, self.counters)
            self.lease.release()
        Transaction().rollback()
        self.write(finish)
        if failure:
            logger.warning("%s failed: %s", self.name, failure.code)
        else:
            logger.info("%s synchronized: %s", self.name, self.work)
        return not failure

    @property
    def counters(self):
        return self.client.counters if self.client else None
