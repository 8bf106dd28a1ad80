# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The record that mirrors a resource of Google."""
import json
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import chain, groupby

from sql import Column

from trytond.i18n import gettext
from trytond.model import Index, fields
from trytond.model.exceptions import AccessError
from trytond.pool import Pool
from trytond.pyson import Eval
from trytond.transaction import Transaction

from . import bookkeeping
from .checked_read import CheckedReadMixin
from .google_engine import GoogleEngine
from .operation import ItemError

__all__ = ['GoogleResource']

# set while the engine writes a record with its children
children_written = ContextVar('children_written', default=False)


@contextmanager
def children_of_google(of_google):
    "The children that are written with a record of the engine are no changes"
    token = children_written.set(of_google)
    try:
        yield
    finally:
        children_written.reset(token)


class GoogleResource(GoogleEngine, CheckedReadMixin):
    """A record that mirrors a resource of Google.

    A model states `google_service_field`, `google_units`, and the functions
    of its mapping: `google_to_values`, `google_to_resource`,
    `google_is_deleted` and `google_updated`.
    """
    __slots__ = ()

    # the name of the many2one to the service
    google_service_field = None
    # what changes together, see `merge.Unit`
    google_units = ()

    google_id = fields.Char("Google Identifier", readonly=True, strip=False)
    google_etag = fields.Char("Google ETag", readonly=True, strip=False)
    google_modified = fields.Timestamp("Modified on Google", readonly=True)
    google_state = fields.Selection([
            (None, ""),
            ('local', "Only Here"),
            ('to_push', "To Send"),
            ('pushing', "Being Sent"),
            ('synchronized', "Synchronized"),
            ('to_delete', "To Delete"),
            ('conflict', "Conflict"),
            ('failed', "Failed"),
            ('apart', "Left Apart"),
            ], "Google State", readonly=True, sort=False)
    # lazy: by RPC they cannot be read, not even along with the others
    google_revision = fields.Char(
        "Revision", readonly=True, strip=False, loading='lazy')
    google_confirmed_revision = fields.Char(
        "Confirmed Revision", readonly=True, strip=False, loading='lazy')
    google_touched = fields.Timestamp("Modified Here", readonly=True)
    google_attempts = fields.Integer("Attempts", readonly=True)
    google_baseline = fields.Text(
        "Baseline", readonly=True, strip=False, loading='lazy')
    google_listing = fields.Integer("Listing", readonly=True)
    google_error = fields.Function(
        fields.Char(
            "Google Error",
            states={
                'invisible': ~Eval('google_error'),
                }),
        'get_google_error')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        table = cls.__table__()
        service = Column(table, cls.google_service_field)
        cls._sql_indexes.update({
                Index(
                    table,
                    (service, Index.Equality()),
                    (table.google_id, Index.Equality())),
                Index(
                    table,
                    (service, Index.Equality()),
                    (table.google_state, Index.Equality()),
                    where=table.google_state != 'synchronized'),
                })

    # Mapping

    @staticmethod
    def google_to_values(resource):
        "The values of a resource, raise ItemError if it has none"
        raise NotImplementedError

    @staticmethod
    def google_to_resource(values, units, baseline):
        "The body that sends the units, all of them if None"
        raise NotImplementedError

    @staticmethod
    def google_is_deleted(resource):
        raise NotImplementedError

    @staticmethod
    def google_updated(resource):
        "When Google changed the resource, naive UTC, None if unknown"
        raise NotImplementedError

    @staticmethod
    def google_etag_of(resource):
        "The precondition of the next write, * if Google gives none"
        return resource.get('etag') or '*'

    @classmethod
    def google_new_id(cls):
        """Return the identity chosen for a new resource.

        Without one a lost answer could not be told from a lost request: by
        default nothing is created at Google.
        """
        raise ItemError('google_only')

    @classmethod
    def google_value_names(cls):
        return [name for unit in cls.google_units for name in unit.fields]

    def google_values(self):
        "The values of the record, in the terms of the mapping"
        return {n: getattr(self, n) for n in self.google_value_names()}

    @classmethod
    def google_record_values(cls, service, values, record=None):
        """The values to write on a record from values of the mapping

        ``record`` is the one to be written, None for a new one.
        """
        return dict(values)

    @classmethod
    def google_merge_units(cls, base, ours, theirs):
        "The units of one merge"
        return cls.google_units

    @property
    def google_service(self):
        return getattr(self, self.google_service_field)

    @property
    def google_base(self):
        "The JSON resource that Google last returned, None if there is none"
        return json.loads(self.google_baseline) \
            if self.google_baseline else None

    @classmethod
    def get_google_error(cls, records, name):
        SyncError = Pool().get('google_integration.sync_error')
        errors = dict.fromkeys(map(int, records))
        for error in SyncError.search([
                    ('resource', 'in', [str(r) for r in records]),
                    ]):
            errors[error.resource.id] = error.message
        return errors

    # What people do

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        if not values.get('google_revision'):
            values['google_revision'] = bookkeeping.new_revision()
            values['google_touched'] = bookkeeping.utcnow()
            if mode == 'create':
                values['google_state'] = 'local'
        return values

    @classmethod
    def create(cls, vlist):
        with children_of_google(
                all(v.get('google_revision') for v in vlist)):
            return cls._google_create(vlist)

    @classmethod
    def _google_create(cls, vlist):
        transaction = Transaction()
        if transaction.user and transaction.check_access:
            for values in vlist:
                # a copy gives none of them
                cls._google_refuse_external(
                    {n for n, v in values.items() if v is not None})
            with bookkeeping.without_defaults(cls._google_readonly_fields()):
                return super().create(vlist)
        return super().create(vlist)

    @classmethod
    def write(cls, *args):
        actions = zip(args[::2], args[1::2], strict=True)
        for of_google, group in groupby(
                actions, lambda a: bool(a[1].get('google_revision'))):
            with children_of_google(of_google):
                super().write(*chain.from_iterable(group))

    @classmethod
    def check_modification(cls, mode, records, values=None, external=False):
        super().check_modification(
            mode, records, values=values, external=external)
        if external and values:
            bookkeeping.check_rules(cls, records)
            cls._google_refuse_external(values)
        if (mode == 'write'
                and cls.google_service_field in (values or {})):
            for record in records:
                if (record.google_id
                        and (getattr(record, cls.google_service_field).id
                            != values[cls.google_service_field])):
                    raise AccessError(gettext(
                            'google_integration.msg_resource_move',
                            record=record.rec_name))

    @classmethod
    def _google_readonly_fields(cls):
        "The fields that Google and the synchronization alone write"
        editable = {
            name for unit in cls.google_units if not unit.read_only
            for name in unit.fields}
        return bookkeeping.readonly_fields(cls) - editable

    @classmethod
    def _google_refuse_external(cls, names):
        readonly = cls._google_readonly_fields()
        for name in names:
            if name.startswith('google_') or name in readonly:
                raise AccessError(gettext(
                        'google_integration.msg_resource_bookkeeping',
                        **cls.__names__(name)))

    @classmethod
    def on_modification(cls, mode, records, field_names=None):
        super().on_modification(mode, records, field_names=field_names)
        if mode == 'write' and 'google_revision' not in (field_names or []):
            cls.google_touch(records)

    @classmethod
    def google_touch(cls, records):
        "What a person changed is to be sent"
        bookkeeping.update(
            cls, records, {'google_state': 'to_push', 'google_attempts': 0},
            lambda table: table.google_state.in_(
                ['synchronized', 'failed', 'apart']))

    @classmethod
    def google_touch_from_child(cls, records):
        "Renew the token of the records of which a child has changed"
        if records and not children_written.get():
            bookkeeping.update(cls, records, {
                    'google_revision': bookkeeping.new_revision(),
                    'google_touched': bookkeeping.utcnow(),
                    })
            cls.google_touch(records)

    @classmethod
    def delete(cls, records):
        Tombstone = Pool().get('google_integration.tombstone')
        Tombstone.bury([
                r for r in records
                if r.google_id and r.google_state not in {
                    'local', 'to_delete'}])
        super().delete(records)

    @classmethod
    def on_delete(cls, records):
        pool = Pool()
        SyncError = pool.get('google_integration.sync_error')
        Conflict = pool.get('google_integration.conflict')
        actions = super().on_delete(records)
        names = [str(r) for r in records]
        errors = SyncError.search([('resource', 'in', names)])
        conflicts = Conflict.search([('resource', 'in', names)])
        if errors:
            actions.append(lambda: SyncError.delete(errors))
        if conflicts:
            # what they keep can still be restored
            actions.append(lambda: bookkeeping.update(
                    Conflict, conflicts, {'resource': None}))
        return actions

    @classmethod
    def copy(cls, records, default=None):
        default = default.copy() if default is not None else {}
        for name in cls._google_readonly_fields():
            default.setdefault(name)
        return super().copy(records, default=default)
