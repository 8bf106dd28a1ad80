# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The contents that are to be fetched, and what becomes of them."""
from collections import defaultdict
from contextlib import nullcontext

from sql import Literal, Null

from trytond.model import ModelStorage
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.merge import newest
from trytond.modules.google_integration.operation import ItemError, WorkDone
from trytond.pool import Pool
from trytond.transaction import Transaction

from . import mapping, store
from .file_google import smallest_first
from .naming import extension
from .tree import Tree
from .versions import version_name

__all__ = ['FileIncoming']


class FileIncoming:
    "How contents come to attachments"
    __slots__ = ()

    @classmethod
    def google_incoming(cls, service, limit=None):
        "The files of which the content is to be fetched, smallest first"
        return cls.google_rows(
            service, lambda t: (t.incoming == Literal(True))
            & ~t.google_state.in_(['failed', 'apart', 'to_delete']),
            limit, smallest_first)

    @classmethod
    def google_fetch(cls, service, records):
        "What is to be fetched of the files, as plain data, and the errors"
        tree = Tree(service)
        tree.load([mapping.parent(r.google_base) for r in records])
        rules = [r for r in service.rules if r.active and r.receives_files]
        items, errors, known = [], [], {}
        found = defaultdict(list)
        for record in records:
            try:
                rule = record.rule
                if not record.attachment:
                    rule, target = record._find_record(tree, rules, known)
                    if not target:
                        continue
                    found[rule.id, str(target)].append(record)
                items.append(record._item(rule))
            except ItemError as error:
                errors.append((record, error))
        # read together, before writing makes forget what was read
        for (rule, target), of_record in found.items():
            bookkeeping.update(cls, of_record, {
                    'rule': rule,
                    'record': target,
                    })
        bookkeeping.update(
            cls, [r for r, _ in errors], {'google_state': 'failed'})
        return items, [(None, r.google_id, e) for r, e in errors]

    def _item(self, rule):
        "How the content is fetched"
        base = self.google_base
        kind = 'content'
        mime_type = None
        storage = rule.storage_of(base) if rule else 'copy'
        if mapping.is_shortcut(base):
            kind = 'shortcut'
        elif storage == 'link':
            kind = 'link'
        elif mapping.is_native(base):
            kind = 'export'
            mime_type = rule.export_of(base).mime_type
        elif storage == 'thumbnail':
            kind = 'thumbnail'
        return {
            'kind': kind,
            'id': self.id,
            'google_id': self.google_id,
            'md5': self.md5,
            'size': self.size,
            'edition': self.edition,
            'mime_type': mime_type,
            'target': (base.get('shortcutDetails') or {}).get('targetId'),
            'encrypted': bool(rule and rule.encrypted),
            # of what has no bytes there is none
            'keep': self.revision if (
                rule and rule.versions == 'revisions' and self.md5) else None,
            }

    # The record

    def _find_record(self, tree, rules, known):
        """The rule and the record of the file, which is None without any

        ``known`` are the records that were found for others.
        """
        base = self.google_base
        targets = []
        for rule in rules:
            folders = tree.names(mapping.parent(base), rule.root_id)
            if folders is not None and rule.receives(base):
                targets.append((rule, rule.target(base, folders, known)))
        if not targets and self.orphan == 'quarantine':
            self._tell_orphan(self.rule)
            return self.rule, None
        if not targets:
            raise ItemError('google_drive.no_rule', {
                    'name': self.name or '',
                    })
        found = [(r, t) for r, t in targets if not t.orphan]
        rule, target = (found or targets)[0]
        others = [
            r for r, t in found[1:] if str(t.record) != str(target.record)]
        if others:
            self._tell_others(rule, others)
        if not target.record:
            bookkeeping.update(type(self), [self], {
                    'rule': rule.id,
                    'record': None,
                    })
            self._orphan(rule, target)
        return rule, target.record

    def _tell_others(self, rule, others):
        SyncError = Pool().get('google_integration.sync_error')
        SyncError.record(self.drive, 'pull', self, None, ItemError(
                'google_drive.two_rules', {
                    'name': self.name or '',
                    'rule': rule.rec_name,
                    'other': ', '.join(r.rec_name for r in others),
                    }))

    def _orphan(self, rule, target):
        "No record has the file: do with it what the rule says"
        values = {
            'incoming': False,
            'orphan': target.orphan,
            'orphaned_at': bookkeeping.utcnow(),
            }
        if target.orphan == 'quarantine' and target.folder:
            values['parent_google_id'] = target.folder
            values['google_revision'] = bookkeeping.new_revision()
            values['google_touched'] = bookkeeping.utcnow()
            values['google_state'] = 'to_push'
        bookkeeping.update(type(self), [self], values)
        self._tell_orphan(rule)

    def _tell_orphan(self, rule):
        bookkeeping.update(type(self), [self], {'incoming': False})
        if self.orphan == 'keep':
            return
        raise_as = (
            'quarantined' if self.orphan == 'quarantine' else 'orphan')
        SyncError = Pool().get('google_integration.sync_error')
        SyncError.record(self.drive, 'pull', None, self.google_id, ItemError(
                f'google_drive.{raise_as}', {
                    'name': self.name or '',
                    'rule': rule.rec_name if rule else '',
                    }))

    # The content

    @classmethod
    def google_take(cls, contents):
        """Give the attachments what was fetched and return the work done

        ``contents`` are the record, the item and what the network made of it.
        """
        SyncError = Pool().get('google_integration.sync_error')
        work = WorkDone()
        new, taken = defaultdict(list), []
        for record, item, result in contents:
            if not record.incoming or (record.md5, record.edition) != (
                    item['md5'], item['edition']):
                # Google has told of another one since
                store.forget(result.get('path'))
                continue
            conflict = record._changed_here()
            if conflict:
                work.conflicts += 1
            if conflict in {'tryton', 'manual'}:
                record._ours_stands(conflict)
                store.forget(result.get('path'))
                continue
            if item['keep']:
                SyncError.tell_version(record, result['kept'])
            if result.get('path'):
                taken.append((record, item, result))
            values = record._attachment_values(result)
            if record.attachment:
                record._replace(
                    values, result, bool(conflict or record.keep_ours))
                bookkeeping.update(cls, [record], _taken(result))
                work.updated += 1
            else:
                values['resource'] = record._resource()
                if result.get('path'):
                    values.update(store.values(result['path']))
                new[record.rule].append((record, values, result))
        for rule, of_rule in new.items():
            cls._attach(rule, of_rule)
            work.created += len(of_rule)
        cls.google_received(taken)
        return work

    @classmethod
    def _attach(cls, rule, new):
        "Create the attachments of the records of a rule"
        Attachment = Pool().get('ir.attachment')
        with Attachment.written_by_google(), _acting(rule):
            attachments = Attachment.create([values for _, values, _ in new])
        for (record, _, result), attachment in zip(
                new, attachments, strict=True):
            bookkeeping.update(cls, [record], {
                    **_taken(result),
                    'attachment': attachment.id,
                    })

    def _resource(self):
        "What the content is to be attached to"
        if not isinstance(self.record, ModelStorage):
            raise ItemError('google_drive.no_record', {
                    'name': self.name or '',
                    })
        return str(self.record)

    def _changed_here(self):
        """What stands if the attachment was changed meanwhile, else None
        """
        if not self.attachment or self.attachment.type != 'data':
            return None
        try:
            with store.source(self.attachment) as source:
                md5, _ = store.digests(source.path)
        except ItemError:
            # there is nothing that could be lost
            return None
        if md5 in {self.held_md5, self.md5}:
            return None
        if self.keep_ours:
            # it was decided already
            return None
        policy = self.google_policy
        if policy == 'newest':
            policy = newest(self.google_touched, self.google_modified)
        Conflict = Pool().get('google_integration.conflict')
        Conflict.keep(
            self.drive, self, 'content',
            None if policy == 'manual' else policy,
            {'md5': md5}, {'md5': self.md5, 'revision': self.revision})
        return policy

    def _ours_stands(self, policy):
        cls = type(self)
        bookkeeping.update(cls, [self], {
                'incoming': False,
                'held_md5': None,
                'to_place': True,
                'keep_revision': self.revision,
                'keep_ours': policy == 'manual',
                'google_state': (
                    'conflict' if policy == 'manual' else 'to_push'),
                })

    def _attachment_values(self, result):
        base = self.google_base
        values = {}
        if result.get('link'):
            values.update(type='link', link=result['link'])
        else:
            values['type'] = 'data'
        if not self.attachment:
            values['name'] = self.google_attachment_name(
                self.name or self.google_id)
            values['description'] = base.get('description')
        return values

    def google_attachment_name(self, name):
        "The name of the attachment of a file of this name"
        end = self._export_extension
        return name if name.lower().endswith(end) else name + end

    def google_file_name(self, name):
        """The name of the file of an attachment of this name

        The extension is that of the export, not of a document of Google.
        """
        end = self._export_extension
        if not end or not name.lower().endswith(end):
            return name
        if self.google_attachment_name(self.name or '') == name:
            return self.name
        return name[:-len(end)]

    @property
    def _export_extension(self):
        "The extension of what a document is exported as, '' of other files"
        export = self.rule and self.rule.export_of(self.google_base or {})
        return export.extension if export and export != 'link' else ''

    def _replace(self, values, result, keep):
        Attachment = Pool().get('ir.attachment')
        attachment = Attachment(self.attachment.id)
        replaced = [attachment]
        version = (
            self.rule and self.rule.versions == 'attachments'
            and result.get('md5') != self.held_md5)
        if (keep or version) and attachment.type == 'data':
            self._keep(attachment, keep)
            replaced = []
        if result.get('path'):
            values.update(store.values(result['path'], replaced))
        with Attachment.written_by_google(), _acting(self.rule):
            Attachment.write([Attachment(attachment.id)], values)

    def _keep(self, attachment, conflict):
        """The content of the attachment becomes that of another one

        That one is no file of its own: a rule would send it otherwise.
        """
        Attachment = Pool().get('ir.attachment')
        table = Attachment.__table__()
        cursor = Transaction().connection.cursor()
        number = attachment.google_drive_next_version
        now = bookkeeping.utcnow()
        with Attachment.written_by_google(), _acting(self.rule):
            kept, = Attachment.create([{
                        'name': kept_name(attachment.name, now) if conflict
                        else version_name(attachment.name, number, now),
                        'type': 'data',
                        'resource': str(attachment.resource),
                        }])
        bookkeeping.update(Attachment, [kept], {
                'google_drive_version': number,
                'google_drive_current': attachment.id,
                })
        columns = [table.data]
        if Attachment.data.file_id:
            columns.append(getattr(table, Attachment.data.file_id))
        cursor.execute(*table.select(
                *columns, where=table.id == attachment.id))
        row = cursor.fetchone()
        cursor.execute(*table.update(
                columns, list(row), where=table.id == kept.id))
        cursor.execute(*table.update(
                columns, [Null] * len(columns),
                where=table.id == attachment.id))


def _acting(rule):
    return rule.acting() if rule else nullcontext()


def _taken(result):
    "What the books say of a file of which the content is there"
    return {
        'incoming': False,
        'keep_ours': False,
        'keep_revision': None,
        'record': None,
        'orphan': None,
        'orphaned_at': None,
        'held_md5': result.get('md5'),
        'sha256': result.get('sha256'),
        }


def kept_name(name, time):
    "The name of what did not stand, which opens as it did"
    end = extension(name)
    stem = name.removesuffix(end)
    return f'{stem} (Tryton, {time:%Y-%m-%d %H:%M}){end}'
