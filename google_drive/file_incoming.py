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

from . import mapping, store
from .file_google import smallest_first
from .naming import extension
from .tree import Tree
from .versions import version_name

__all__ = ['FileIncoming']

# the kinds of items that are no content of a file as it is
OTHERS = {'move', 'revision'}


class FileIncoming:
    "How contents come to attachments"
    __slots__ = ()

    @classmethod
    def google_incoming(cls, service, limit=None):
        "The files of which the content is to be fetched, smallest first"
        return cls.google_rows(
            service, lambda t: (
                (t.restored_revision != Null)
                | Literal(service.google_receives)
                & ((t.incoming == Literal(True))
                    | (t.moved == Literal(True))))
            & ~t.google_state.in_(['failed', 'apart', 'to_delete'])
            # what is to be sent as another file has nothing there
            & (t.google_baseline != Null),
            limit, smallest_first)

    @classmethod
    def google_fetch(cls, service, records):
        "What is to be fetched of the files, as plain data, and the errors"
        tree = Tree(service)
        tree.load([
                r.origin or mapping.parent(r.google_base) for r in records])
        rules = service.receiving_rules
        items, errors, known = [], [], {}
        found = defaultdict(list)
        for record in records:
            try:
                rule = record.rule
                if record.restored_revision:
                    items.append(record._revision_item())
                    continue
                if not record.incoming:
                    items.append(record._plain_item('move'))
                    continue
                if not record.attachment:
                    rule, target = record._find_record(tree, rules, known)
                    if not target:
                        continue
                    found[rule.id, target.record and str(target.record),
                        target.orphan].append(record)
                items.append(record._item(rule))
            except ItemError as error:
                errors.append((record, error))
        # read together, before writing makes forget what was read
        for (rule, target, orphan), of_record in found.items():
            bookkeeping.update(cls, of_record, {
                    'rule': rule,
                    'record': target,
                    # what has a record again goes back when it has it
                    **({'orphan': orphan} if orphan else {}),
                    })
        bookkeeping.update(
            cls, [r for r, _ in errors], {'google_state': 'failed'})
        return items, [(None, r.google_id, e) for r, e in errors]

    def _plain_item(self, kind, **values):
        return {
            'kind': kind,
            'id': self.id,
            'google_id': self.google_id,
            **values,
            }

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
        elif rule and (error := rule.too_large(base)):
            raise error
        return {
            'kind': kind,
            'id': self.id,
            'google_id': self.google_id,
            'md5': self.md5,
            'size': self.size,
            'edition': self.edition,
            'held_revision': self._exported_revision,
            'mime_type': mime_type,
            'target': (base.get('shortcutDetails') or {}).get('targetId'),
            'encrypted': bool(rule and rule.encrypted),
            # of what has no bytes there is none
            'keep': self.revision if (
                rule and rule.versions == 'revisions' and self.md5) else None,
            }

    @property
    def _exported_revision(self):
        "The revision of the document that the attachment has, else None"
        if self.held_md5 and not self.keep_ours and (
                not self.attachment or self.attachment.type == 'data'):
            return self.held_revision

    # The record

    def _find_record(self, tree, rules, known):
        """The rule and the target of the file, which is None without any

        ``known`` are the records that were found for others.
        """
        targets = self._targets(tree, rules, known)
        if not targets and self.origin:
            # the folder of before is gone
            bookkeeping.update(type(self), [self], {'incoming': False})
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
        if target.orphan and not target.record:
            bookkeeping.update(type(self), [self], {
                    'rule': rule.id,
                    'record': None,
                    })
            self._become_orphan(rule, target)
            return rule, None
        return rule, target

    def _tell_others(self, rule, others):
        SyncError = Pool().get('google_integration.sync_error')
        SyncError.record(self.drive, 'pull', self, None, ItemError(
                'google_drive.two_rules', {
                    'name': self.name or '',
                    'rule': rule.rec_name,
                    'other': ', '.join(r.rec_name for r in others),
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
        regained = [
            r for r, item, _ in contents
            if r.orphan and r.incoming and item['kind'] not in OTHERS]
        elsewhere = cls.google_attached_elsewhere([
                r for r, item, _ in contents if item['kind'] not in OTHERS])
        for record, item, result in contents:
            work.updated += record._take_other(item, result)
            if item['kind'] in OTHERS:
                if result.get('path'):
                    taken.append((record, {**item, 'kind': 'content'}, result))
                continue
            if not record.incoming or (record.md5, record.edition) != (
                    item['md5'], item['edition']):
                # Google has told of another one since
                store.forget(result.get('path'))
                continue
            if record in elsewhere:
                SyncError.record(
                    record.drive, 'pull', None, record.google_id,
                    elsewhere[record])
                bookkeeping.update(cls, [record], {'google_state': 'failed'})
                store.forget(result.get('path'))
                work.errors += 1
                continue
            if result.get('same'):
                # a document that was renamed
                bookkeeping.update(cls, [record], {'incoming': False})
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
            if record.makes_document:
                work += record.google_make_document(result)
                bookkeeping.update(cls, [record], _taken(result))
                continue
            values = record._attachment_values(result)
            if record.attachment:
                record._replace(
                    values, result, bool(conflict or record.keep_ours))
                bookkeeping.update(cls, [record], _taken(result))
                work.updated += 1
            else:
                values['resource'] = record._resource()
                new[record.rule].append((record, values, result))
        for rule, of_rule in new.items():
            cls._attach(rule, of_rule)
            work.created += len(of_rule)
        cls.google_received(taken)
        for record in regained:
            if record.attachment and record.orphan != 'record':
                record._regain()
        return work

    def _take_other(self, item, result):
        "Do what is to be done besides, and tell if something has changed"
        if item['kind'] == 'revision':
            self.google_take_revision(result)
            return True
        return self.moved and self.google_follow()

    @property
    def makes_document(self):
        "Tell if the content is no attachment but an incoming document"
        return False

    @classmethod
    def _attach(cls, rule, new):
        "Create the attachments of a rule, but for those that are there"
        Attachment = Pool().get('ir.attachment')
        attachments, to_create = cls._unsent(new), []
        for record, values, result in new:
            if record.id in attachments:
                store.forget(result.get('path'))
                continue
            if result.get('path'):
                values.update(store.values(result['path']))
            to_create.append((record.id, values))
        if to_create:
            with Attachment.written_by_google(), _acting(rule):
                attachments.update(zip(
                        [id for id, _ in to_create],
                        Attachment.create([v for _, v in to_create])))
        for record, _, result in new:
            bookkeeping.update(cls, [record], {
                    **_taken(result),
                    'attachment': attachments[record.id].id,
                    })

    @classmethod
    def _unsent(cls, new):
        """The attachments, by id of the file, that have what came already

        They wait to be sent, or for their rule, which is new, to find them.
        """
        Attachment = Pool().get('ir.attachment')
        waiting = defaultdict(list)
        for attachment in Attachment.search([
                    ('resource', 'in', list({
                                v['resource'] for _, v, _ in new})),
                    ('name', 'in', list({v['name'] for _, v, _ in new})),
                    ('type', '=', 'data'),
                    ('google_drive_version', '=', None),
                    ], order=[('id', 'ASC')]):
            waiting[str(attachment.resource), attachment.name].append(
                attachment)
        if not waiting:
            return {}
        files = {f.attachment: f for f in cls.search([
                    ('attachment', 'in', [
                            a.id for of_name in waiting.values()
                            for a in of_name]),
                    ])}
        found = {}
        for record, values, result in new:
            same = waiting[values['resource'], values['name']]
            for attachment in same if result.get('md5') else []:
                file = files.get(attachment)
                if (not (file and file.google_id)
                        and store.checksum(attachment) == result['md5']):
                    cls.delete([file] if file else [])
                    same.remove(attachment)
                    found[record.id] = attachment
                    break
        return found

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
        md5 = store.checksum(self.attachment)
        # without a content there is nothing that could be lost
        if md5 in {self.held_md5, self.md5, None}:
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
        values = {}
        if result.get('link'):
            values.update(type='link', link=result['link'])
        else:
            values['type'] = 'data'
        if not self.attachment:
            values['name'] = self.google_attachment_name(
                self.name or self.google_id)
            values['description'] = self.description
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
        store.exchange(attachment, kept)


def _acting(rule):
    return rule.acting() if rule else nullcontext()


def _taken(result):
    "What the books say of a file of which the content is there"
    return {
        'incoming': False,
        'keep_ours': False,
        'keep_revision': None,
        'record': None,
        'held_md5': result.get('md5'),
        'held_revision': result.get('revision'),
        'sha256': result.get('sha256'),
        }


def kept_name(name, time):
    "The name of what did not stand, which opens as it did"
    end = extension(name)
    stem = name.removesuffix(end)
    return f'{stem} (Tryton, {time:%Y-%m-%d %H:%M}){end}'
