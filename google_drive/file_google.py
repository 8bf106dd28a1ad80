# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The hooks by which files are mapped and sent."""
import mimetypes

from sql import Literal, Null
from sql.conditionals import Coalesce

from trytond.modules.google_integration import bookkeeping, media
from trytond.modules.google_integration.google_engine import due
from trytond.modules.google_integration.google_resource import GoogleResource
from trytond.modules.google_integration.merge import difference
from trytond.modules.google_integration.operation import ItemError, Operation
from trytond.pool import Pool

from . import encryption, mapping, store

__all__ = ['GoogleFile', 'guess_type', 'smallest_first']

SESSION = 'session'
# no version of Google's
UNSEEN = '0'
BINARY = 'application/octet-stream'


class GoogleFile(GoogleResource):
    "What the synchronisation knows of a file"
    __slots__ = ()

    google_service_field = 'drive'
    google_units = mapping.UNITS

    # Mapping

    @staticmethod
    def google_to_values(resource):
        return mapping.to_values(resource)

    @staticmethod
    def google_to_resource(values, units, baseline):
        return mapping.to_body(values, units)

    @staticmethod
    def google_is_deleted(resource):
        return mapping.is_trashed(resource)

    @staticmethod
    def google_updated(resource):
        return mapping.updated(resource)

    @staticmethod
    def google_etag_of(resource):
        return mapping.etag(resource)

    def google_is_stale(self, resource):
        return mapping.is_stale(resource, self.google_base)

    @property
    def google_policy(self):
        if self.rule:
            if not self.rule.receives_files:
                return 'tryton'
            return self.rule.conflict_policy
        return super().google_policy

    @classmethod
    def google_known(cls, resource):
        values = cls.google_to_values(resource)
        return {
            **super().google_known(resource),
            'google_md5': values['md5'],
            'google_parent': values['parent_google_id'],
            }

    @classmethod
    def google_record_values(cls, service, values, record=None):
        values = dict(values)
        content = values.keys() & {'md5', 'edition'}
        if record and content:
            md5 = values.get('md5', record.md5)
            # of a document only Google's edition tells
            values['incoming'] = bool(
                md5 is None or md5 != record.held_md5)
        return values

    @classmethod
    def _google_readonly_fields(cls):
        # people change the attachment
        return bookkeeping.readonly_fields(cls)

    # Sending

    @classmethod
    def google_pending(cls, service, limit=None):
        """The files of which something is to be sent, but no content

        Those that a rule does not send wait.
        """
        return cls._sending(service, lambda t: ~_content(t), limit)

    @classmethod
    def google_contents(cls, service, limit=None):
        "The files of which the content is to be sent, the smallest first"
        return cls._sending(service, _content, limit, smallest_first)

    @classmethod
    def google_without_session(cls, service, limit=None):
        """The large ones of these without an upload that can be gone on with

        What is encrypted is another content each time: it begins anew.
        """
        plain = [
            r.id for r in service.rules if r.sends_files and not r.encrypted]
        return cls._sending(
            service, lambda t: _content(t)
            & t.rule.in_(plain or [-1])
            & (t.size > media.MAXIMUM_SINGLE)
            & ((t.session_md5 == Null)
                | (t.session_md5 != t.md5)), limit)

    @classmethod
    def _sending(cls, service, where, limit=None, order=None):
        rules = [r.id for r in service.rules if r.sends_files]

        def condition(table):
            is_sent = table.rule.in_(rules or [-1])
            return (due(table) & where(table)
                & (is_sent & (table.to_place != Literal(True))
                    # what is only received is only moved
                    | ~is_sent
                    & (table.parent_google_id != table.google_parent))
                & (table.google_id != Null))
        return cls.google_rows(service, condition, limit, order)

    def google_operation(self):
        if self._too_often:
            raise ItemError('busy')
        values = self.google_values()
        base = self.google_base if self.google_etag else None
        units = None if base is None else difference(
            self.google_units, self.google_to_values(base), values)
        if base is not None and not (self.rule and self.rule.sends_files):
            units &= {'folder'}
        marks = {} if base is None else self.google_marks_missing(base)
        if units is not None and not units and not marks:
            return
        operation = Operation(
            'patch', self.__name__, self.id, self.google_id,
            revision=self.google_revision, etag=self.google_etag,
            body=self.google_to_resource(values, units, base))
        if marks:
            operation.body['appProperties'] = marks
        operation.parameters['parent'] = mapping.parent(base or {})
        operation.parameters['units'] = units
        self.google_add_lock(operation, units)
        if units is None:
            operation.kind, operation.etag = 'insert', None
            operation.body['id'] = self.google_id
        if units is None or 'content' in units:
            if base is not None:
                if mapping.is_native(base):
                    raise ItemError('google_drive.native_content')
                operation.kind = 'content'
            self._add_content(operation)
        return operation

    def google_marks_missing(self, base):
        "The marks that the file of a rule that sends has not, or others"
        if not (self.attachment and self.rule and self.rule.sends_files):
            return {}
        marks = self.google_marks()
        properties = base.get('appProperties')
        properties = properties if isinstance(properties, dict) else {}
        return {} if marks.items() <= properties.items() else marks

    def google_marks(self):
        "The properties by which the file tells whose it is"
        Configuration = Pool().get('ir.configuration')
        return mapping.marks(
            Configuration.get_google_installation(), self.attachment.id)

    def google_sought(self):
        "What tells that the file is there already"
        # a folder that is yet to be created holds nothing, and what everybody
        # can read is not what is to be encrypted
        is_there = not (self.rule and self.rule.encrypted) and (
            not self.place or self.place.state == 'known')
        return {
            'name': self.name,
            'md5': self.md5,
            'parent': self.parent_google_id if is_there else None,
            'marks': self.google_marks() if self.attachment else None,
            }

    def _add_content(self, operation):
        "What is needed to send the content of the attachment"
        Secret = Pool().get('google_integration.secret')
        if not self.attachment:
            raise ItemError('google_drive.store_missing')
        source, md5 = store.source(self.attachment), self.md5
        if self.rule and self.rule.encrypted:
            source, md5 = self._sealed(source)
        operation.body.update({
                'modifiedTime': mapping.time_text(
                    self.google_touched or bookkeeping.utcnow()),
                'appProperties': self.google_marks(),
                })
        operation.parameters.update({
                'path': source.path,
                'temporary': source.temporary,
                'size': source.size,
                'md5': md5,
                'mime_type': self.mime_type,
                'keep_revision': self.keep_revision,
                'revision': self.revision,
                'keep_forever': bool(
                    self.rule and self.rule.versions == 'revisions'),
                })
        if self.session_md5 and self.session_md5 == self.md5:
            operation.parameters.update({
                    'session': Secret.reveal(self, SESSION),
                    'keep_forever': bool(self.session_kept),
                    })

    def _sealed(self, source):
        "The encrypted content, which is another one each time"
        path = store.temporary()
        try:
            with source:
                sealed = encryption.seal(
                    source.path, path, encryption.keys())
        except BaseException:
            store.discard(path)
            raise
        # a lost answer is told by it
        bookkeeping.update(type(self), [self], {
                'md5': sealed.md5,
                'size': sealed.size,
                })
        return store.Source(path, sealed.size, temporary=True), sealed.md5

    @classmethod
    def google_settled(cls):
        return {
            'keep_revision': None,
            'keep_ours': False,
            }

    @classmethod
    def google_confirm(cls, service, operations, answers):
        cls._leave_unsent(operations, answers)
        result = super().google_confirm(service, operations, answers)
        Conflict = Pool().get('google_integration.conflict')
        SyncError = Pool().get('google_integration.sync_error')
        sent, lost = [], []
        for operation, answer in zip(operations, answers, strict=True):
            if operation.kind in {'insert', 'content'}:
                if answer.status == 'done':
                    sent.append(operation)
                elif answer.status == 'again':
                    lost.append(operation)
        cls.google_forget_sessions([o.id for o in sent + lost])
        records = {r.id: r for r in cls.search([
                    ('id', 'in', [
                            o.id for o in sent
                            if o.parameters.get('overwritten')
                            or 'kept' in o.parameters]),
                    ])}
        for operation in sent:
            record = records.get(operation.id)
            if record and 'kept' in operation.parameters:
                SyncError.tell_version(record, operation.parameters['kept'])
            if record and operation.parameters.get('overwritten'):
                Conflict.keep(
                    service, record, 'content', 'tryton', {
                        'md5': record.md5,
                        'revision': record.revision,
                        }, {
                        'md5': None,
                        'revision': operation.parameters['overwritten'],
                        })
                result[0].conflicts += 1
        return result

    @classmethod
    def _leave_unsent(cls, operations, answers):
        """Take out of the answers what somebody else has changed

        There is no precondition: what was not sent may have been changed
        between the look and the write. It is merged once it is told.
        """
        sent = {
            o.id: (o, a) for o, a in zip(operations, answers, strict=True)
            if a.status == 'done' and o.parameters.get('units')}
        for record in cls.search([('id', 'in', list(sent))]):
            operation, answer = sent[record.id]
            ours = mapping.without_units(
                answer.resource, record.google_base,
                operation.parameters['units'])
            if difference(
                    cls.google_units, cls.google_to_values(ours),
                    cls.google_to_values(answer.resource)):
                answer.resource = {**ours, 'version': UNSEEN}

    def google_keep_session(self, uri, operation):
        "Keep where an upload can be gone on with"
        Secret = Pool().get('google_integration.secret')
        Secret.store(self, SESSION, uri)
        bookkeeping.update(type(self), [self], {
                'session_size': operation.parameters['size'],
                'session_md5': operation.parameters['md5'],
                'session_kept': operation.parameters['keep_forever'],
                'session_at': bookkeeping.utcnow(),
                })
        if operation.parameters.get('kept') is False:
            SyncError = Pool().get('google_integration.sync_error')
            SyncError.tell_version(self, False)

    @classmethod
    def google_forget_sessions(cls, ids):
        "The contents are sent, or begin anew"
        if not ids:
            return
        Secret = Pool().get('google_integration.secret')
        Secret.forget(cls, ids, [SESSION])
        bookkeeping.update(cls, ids, {
                'session_size': None,
                'session_md5': None,
                'session_at': None,
                })

    @classmethod
    def on_delete(cls, records):
        pool = Pool()
        Secret = pool.get('google_integration.secret')
        SyncError = pool.get('google_integration.sync_error')
        actions = super().on_delete(records)
        ids = [r.id for r in records]
        actions.append(lambda: Secret.forget(cls, ids, [SESSION]))
        # what was told of files of which nothing is known any more
        errors = SyncError.search([
                ('service', 'in', list({str(r.drive) for r in records})),
                ('operation', '=', 'pull'),
                ('resource', '=', None),
                ('google_id', 'in', [
                        r.google_id for r in records if r.google_id]),
                ])
        if errors:
            actions.append(lambda: SyncError.delete(errors))
        return actions

    @classmethod
    def delete(cls, records):
        # what no rule sends is not deleted at Google
        apart = [
            r for r in records
            if not r.rule or not r.rule.sends_files
            or r.google_state == 'apart']
        bookkeeping.update(cls, apart, {'google_state': 'local'})
        # nobody has seen what was not fetched yet: it counts as changed since
        bookkeeping.update(
            cls, [
                r for r in records
                if r.attachment and r.incoming and r.google_etag],
            {'google_etag': UNSEEN})
        super().delete(records)


def _content(table):
    "The SQL condition of a content that Google does not have, never NULL"
    return ((table.google_etag == Null)
        | ((table.md5 != Null)
            & (table.md5 != Coalesce(table.google_md5, ''))))


def smallest_first(table):
    "The SQL expressions by which contents are ordered"
    return [Coalesce(table.size, 0), table.id]


def guess_type(name):
    "The MIME type that a name tells"
    return mimetypes.guess_type(name or '')[0] or BINARY
