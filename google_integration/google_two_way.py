# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What synchronises both ways: records that mirror resources of Google."""
from sql import Column, Null
from sql.aggregate import Count

from trytond.model import ModelView, fields
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import (
    Transaction, inactive_records, without_check_access)

from . import bookkeeping
from .apply import gone
from .client import GoogleError
from .google_service import GoogleService
from .operation import Answer, Change, ItemError, Operation

__all__ = ['CONFLICT_POLICIES', 'DIRECTIONS', 'GoogleTwoWay']

DIRECTIONS = [
    ('both', "Both Ways"),
    ('to_tryton', "From Google to Tryton"),
    ('to_google', "From Tryton to Google"),
    ]
CONFLICT_POLICIES = [
    ('newest', "The Newest Stands"),
    ('tryton', "Tryton Stands"),
    ('google', "Google Stands"),
    ('manual', "Ask"),
    ]
# a share of fewer records than these says nothing
DELETION_SHARE_MINIMUM = 10


class GoogleTwoWay(GoogleService):
    """A service of which the records are sent too.

    It states `google_resource`, the name of the model of its records.
    """
    __slots__ = ()

    google_resource = None

    direction = fields.Selection(
        list(DIRECTIONS), "Direction", required=True, sort=False)
    conflict_policy = fields.Selection(
        list(CONFLICT_POLICIES), "Conflicts", required=True, sort=False,
        help="What stands when the same was changed on both sides.")
    deletion_limit = fields.Integer(
        "Deletion Limit", required=True,
        domain=[('deletion_limit', '>=', 0)],
        help="More deletions than this at once must be confirmed.")
    deletion_share = fields.Integer(
        "Deletion Share", required=True,
        domain=[
            ('deletion_share', '>=', 0),
            ('deletion_share', '<=', 100),
            ],
        help="The percentage of the records of which the deletion at once "
        "must be confirmed.")
    deletions_allowed = fields.Integer("Deletions Allowed", readonly=True)
    deletions_waiting = fields.Function(
        fields.Boolean("Deletions Waiting"), 'get_deletions_waiting')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._buttons.update({
                'allow_deletions': {
                    'invisible': ~Eval('deletions_waiting', False),
                    'depends': ['deletions_waiting'],
                    },
                'refuse_deletions': {
                    'invisible': ~Eval('deletions_waiting', False),
                    'depends': ['deletions_waiting'],
                    },
                })

    @classmethod
    def default_direction(cls):
        return 'both'

    @classmethod
    def default_conflict_policy(cls):
        return 'newest'

    @classmethod
    def default_deletion_limit(cls):
        return 50

    @classmethod
    def default_deletion_share(cls):
        return 30

    def get_deletions_waiting(self, name):
        return self.error_code in {'brake_tryton', 'brake_google'}

    @classmethod
    def get_backlog(cls, services, name):
        Resource = cls._resource_model()
        Tombstone = Pool().get('google_integration.tombstone')
        table = Resource.__table__()
        service = Column(table, Resource.google_service_field)
        cursor = Transaction().connection.cursor()
        ids = [s.id for s in services]
        backlog = dict.fromkeys(ids, 0)
        cursor.execute(*table.select(
                service, Count(),
                where=service.in_(ids or [-1])
                & table.google_state.in_(
                    ['local', 'to_push', 'pushing', 'to_delete']),
                group_by=service))
        backlog.update(dict(cursor))
        for tombstone in Tombstone.search([
                    ('service', 'in', [f'{cls.__name__},{i}' for i in ids]),
                    ]):
            backlog[tombstone.service.id] += 1
        return backlog

    @classmethod
    def _resource_model(cls):
        return Pool().get(cls.google_resource)

    @classmethod
    def delete(cls, services):
        # a service is forgotten: nothing is deleted at Google
        Resource = cls._resource_model()
        with inactive_records(), without_check_access():
            records = Resource.search([
                    (Resource.google_service_field, 'in',
                        [s.id for s in services]),
                    ])
            bookkeeping.update(Resource, records, {'google_id': None})
            Resource.delete(Resource.browse([r.id for r in records]))
        super().delete(services)

    @property
    def google_receives(self):
        return self.direction in {'both', 'to_tryton'}

    @property
    def google_sends(self):
        return self.direction in {'both', 'to_google'}

    @property
    def google_remembers(self):
        "Tell if what is deleted here is to be deleted at Google one day"
        return self.direction != 'to_tryton'

    # The network, one by one: see `GoogleBatched` for what takes batches

    @classmethod
    def google_read(cls, client, google_id):
        "Return the request that reads the resource"
        raise NotImplementedError

    @classmethod
    def google_write(cls, client, operation):
        "Return the request that does the operation"
        raise NotImplementedError

    @classmethod
    def google_change(cls, resource):
        "Return the `Change` of a resource"
        return Change(
            resource['id'], resource,
            deleted=cls._resource_model().google_is_deleted(resource))

    @classmethod
    def look_up(cls, client, google_ids):
        changes = [cls._look_up_one(client, id) for id in google_ids]
        if None in changes:
            # raises the error of Google if it is the service that is missing
            cls.list_changes(client, None)
        return [
            change or gone(id)
            for id, change in zip(google_ids, changes, strict=True)]

    @classmethod
    def _look_up_one(cls, client, google_id):
        try:
            resource = client.execute(cls.google_read(client, google_id))
        except GoogleError as error:
            if error.status in {404, 410}:
                return
            raise
        return cls.google_change(resource)

    @classmethod
    def push(cls, client, operations):
        return [cls._push_one(client, o) for o in operations]

    @classmethod
    def _push_one(cls, client, operation):
        insert = operation.kind == 'insert'
        try:
            if not insert:
                # in place of a precondition that not all the APIs have
                now, = cls.look_up(client, [operation.google_id])
                if now.deleted:
                    return Answer('gone')
                etag = cls._resource_model().google_etag_of(now.resource)
                if operation.etag and etag != operation.etag:
                    return Answer('conflict', now.resource)
            answer = client.execute(
                cls.google_write(client, operation), idempotent=not insert)
        except GoogleError as error:
            return cls.google_failure(error)
        return Answer('done', answer or None)

    @classmethod
    def google_failure(cls, error):
        "Return the `Answer` of an operation that ended with an error"
        item = ItemError(cls.google_error_code(error), {
                'status': error.status,
                'reason': error.reason,
                'message': error.message,
                'retry_after': error.retry_after,
                })
        if item.code != 'insecure' and (
                error.transient or error.status in {0, 401, 404}
                or error.reason == 'quotaExceeded'):
            return Answer('later', error=item)
        return Answer('failed', error=item)

    def apply_changes(self, changes, listing=None):
        return self._resource_model().google_apply(self, changes, listing)

    def pending(self, limit):
        "The tombstones, then the records that are due"
        Tombstone = Pool().get('google_integration.tombstone')
        tombstones = Tombstone.search([
                ('service', '=', str(self)),
                ('state', '=', 'to_delete'),
                ], limit=limit, order=[('id', 'ASC')])
        if len(tombstones) >= limit:
            return tombstones
        return tombstones + self._resource_model().google_pending(
            self, limit - len(tombstones))

    def prepare(self, records):
        Resource = self._resource_model()
        tombstones = [r for r in records if not isinstance(r, Resource)]
        operations = [
            Operation(
                'delete', t.model, t.id, t.google_id, etag=t.google_etag,
                parameters=self.deletion_parameters(t))
            for t in tombstones]
        changed, errors = Resource.google_prepare(
            self, [r for r in records if isinstance(r, Resource)])
        return operations + changed, errors

    def deletion_parameters(self, tombstone):
        "What the push of the deletion needs to know besides"
        return bookkeeping.loads(tombstone.parameters) or {}

    def confirm(self, operations, answers):
        return self._resource_model().google_confirm(
            self, operations, answers)

    def google_unlisted(self, listing):
        "The identifiers that a full listing should have shown"
        table = self._resource_model().__table__()
        return self._google_ids(
            (table.google_etag != Null)
            & ~table.google_state.in_(['to_delete', 'apart'])
            & ((table.google_listing == Null)
                | (table.google_listing != listing)), table)

    def google_found(self, google_ids):
        "Settle what a full listing did not show and was looked up"
        self._resource_model().google_found(self, google_ids)

    def google_unknown(self):
        "The identifiers of what was being sent when a run stopped"
        table = self._resource_model().__table__()
        return self._google_ids(table.google_state == 'pushing', table)

    def _google_ids(self, where, table):
        Resource = self._resource_model()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.google_id,
                where=where & (table.google_id != Null)
                & (Column(table, Resource.google_service_field) == self.id),
                order_by=table.id))
        return [google_id for google_id, in cursor]

    # The brake on deletions

    def count_to_delete(self):
        return (
            self._count(lambda t: t.google_state == 'to_delete'),
            self._count(lambda t: t.google_etag != Null))

    def count_tombstones(self):
        Tombstone = Pool().get('google_integration.tombstone')
        count = Tombstone.search([
                ('service', '=', str(self)),
                ('state', '=', 'to_delete'),
                ], count=True)
        return count, count + self._count(lambda t: t.google_etag != Null)

    def _count(self, where):
        Resource = self._resource_model()
        table = Resource.__table__()
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                Count(),
                where=where(table)
                & (Column(table, Resource.google_service_field) == self.id)))
        return cursor.fetchone()[0]

    def may_delete(self, count, total):
        "Tell if so many of a side's records may be deleted unasked"
        if count <= (self.deletions_allowed or 0):
            return True
        if count > self.deletion_limit:
            return False
        return (count < DELETION_SHARE_MINIMUM
            or count * 100 <= total * self.deletion_share)

    def marked(self, limit):
        "The ids of the records that Google has deleted"
        return [r.id for r in self._resource_model().google_rows(
                self, lambda t: t.google_state == 'to_delete', limit)]

    def delete_marked(self, ids):
        "Delete the records but those that were changed since"
        Resource = self._resource_model()
        records = Resource.browse(ids)
        changed = [
            r for r in records
            if r.google_revision != r.google_confirmed_revision]
        Resource.google_forget(changed, 'to_push')
        records = [r for r in records if r not in changed]
        Resource.google_lost(self, records)
        Resource.delete(records)
        return len(records)

    def keep_marked(self, id):
        "Keep a record that can not be deleted"
        Resource = self._resource_model()
        record = Resource(id)
        Resource.google_forget([record], 'failed')
        return record

    def retry_tombstones(self, google_id):
        Tombstone = Pool().get('google_integration.tombstone')
        Tombstone.write(Tombstone.search([
                    ('service', '=', str(self)),
                    ('google_id', '=', google_id),
                    ]), {'state': 'to_delete', 'attempts': 0})

    def books_of_success(self):
        # what Google deleted along with what was deleted here is deleted
        # next, unasked
        count = self._count(lambda t: t.google_state == 'to_delete')
        books = {'deletions_allowed': count or None}
        if count:
            books['next_sync'] = bookkeeping.utcnow()
        return books

    @classmethod
    @ModelView.button
    def allow_deletions(cls, services):
        "Let the next run delete as many records as it asked for"
        bookkeeping.check_write(cls, services)
        for service in services:
            arguments = bookkeeping.loads(service.error_arguments) or {}
            bookkeeping.update(
                cls, [service],
                {'deletions_allowed': arguments.get('count')})
        cls.enqueue(services)

    @classmethod
    @ModelView.button
    def refuse_deletions(cls, services):
        "Bring back what was deleted on one side"
        bookkeeping.check_write(cls, services)
        pool = Pool()
        Tombstone = pool.get('google_integration.tombstone')
        Resource = cls._resource_model()
        for service in services:
            if service.error_code == 'brake_tryton':
                Resource.google_forget(
                    Resource.google_rows(
                        service, lambda t: t.google_state == 'to_delete'),
                    'to_push')
            elif service.error_code == 'brake_google':
                Tombstone.delete(Tombstone.search([
                            ('service', '=', str(service)),
                            ]))
        cls.reset_synchronization(services)

    @classmethod
    def verify(cls, services):
        Resource = cls._resource_model()
        for service in services:
            Resource.google_verify(service)
