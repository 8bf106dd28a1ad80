# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a run of a drive receives."""
import json

from sql import Column, Literal, Null

from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.operation import WorkDone
from trytond.pool import Pool
from trytond.transaction import Transaction

from . import mapping, stages, store
from .tree import Tree

__all__ = ['ReceivingMixin']

# the fields of a rule that tell which files it takes, besides its root
LOOKS = [
    'mime_types_in', 'size_limit', 'match_folder', 'match_pattern',
    'match_fields', 'match_properties']


class ReceivingMixin:
    "The hooks of the drive that write what was received"
    __slots__ = ()

    @property
    def receiving_rules(self):
        return [r for r in self.rules if r.active and r.receives_files]

    def apply_changes(self, changes, listing=None):
        pool = Pool()
        Folder = pool.get('google_drive.folder')
        File = pool.get('google_drive.file')
        if listing is not None:
            self._listed_for_rules(listing)
        changes = list({c.google_id: c for c in changes}.values())
        known = {
            f.google_id for f in Folder.search([
                    ('drive', '=', self.id),
                    ('google_id', 'in', [
                            c.google_id for c in changes
                            if mapping.is_removed(c.resource)]),
                    ])}
        folders = [
            c for c in changes
            if mapping.is_folder(c.resource) or c.google_id in known]
        if folders:
            new, moved = Folder.google_apply(self, folders, listing)
            self._folders_changed(new, moved, listing)
        ids = {c.google_id for c in folders}
        files = [c for c in changes if c.google_id not in ids]
        if not files:
            return WorkDone(), []
        return File.google_apply(self, files, listing)

    def _folders_changed(self, new, moved, listing):
        """Look again at what is below the folders

        Google tells of a folder alone that it was moved or trashed.
        """
        pool = Pool()
        Folder = pool.get('google_drive.folder')
        File = pool.get('google_drive.file')
        below = Folder.below(self, moved) if moved else set()
        if below:
            bookkeeping.update(File, File.search([
                        ('drive', '=', self.id),
                        ('parent_google_id', 'in', list(below)),
                        ('google_etag', '!=', None),
                        ]), {'doubtful': True})
            # what is yet to be sent would go along into the trash
            bookkeeping.update(File, File.search([
                        ('drive', '=', self.id),
                        ('parent_google_id', 'in', list(below)),
                        ('google_etag', '=', None),
                        ]), {'to_place': True})
        if listing is None:
            self._read_folders(below | set(new))

    def _read_folders(self, google_ids):
        "What folders hold that came below the root of a rule"
        Folder = Pool().get('google_drive.folder')
        roots = {
            r.root_id for r in self.receiving_rules}
        if not roots or not google_ids:
            return
        tree = Tree(self)
        tree.load(google_ids)
        Folder.read_again(self, [
                i for i in google_ids
                if any(tree.names(i, root) is not None for root in roots)])

    # What rules look for that came after the listing

    def _wanted(self):
        "What the rules that receive look for, by rule"
        rules = self.receiving_rules
        return {
            str(r.id): [r.root_id] + [
                getattr(r, n) for n in LOOKS if n in r._fields]
            for r in rules}

    def _listed_for_rules(self, listing):
        "What is listed is listed for the rules that there are now"
        read = json.loads(self.rules_read or '{}')
        if read.get('listing') != listing:
            bookkeeping.update(type(self), [self.id], {
                    'rules_read': json.dumps({
                            'listing': listing,
                            'rules': self._wanted(),
                            }),
                    })

    def _unread_rules(self):
        read = json.loads(self.rules_read or '{}').get('rules', {})
        return [
            wanted[0] for id, wanted in self._wanted().items()
            if read.get(id) != wanted]

    def _read_for_rules(self, roots):
        "What is below the roots is listed again"
        Folder = Pool().get('google_drive.folder')
        Folder.known(self, roots)
        Folder.read_again(self, Folder.below(self, roots))
        read = json.loads(self.rules_read or '{}')
        bookkeeping.update(type(self), [self.id], {
                'rules_read': json.dumps({**read, 'rules': self._wanted()}),
                })

    # What a full listing should have shown, and what is in doubt

    def google_unlisted(self, listing):
        Folder = Pool().get('google_drive.folder')
        table = Folder.__table__()
        return self._folder_ids(
            (table.state == 'known') & (table.trashed == Literal(False))
            & ((table.listing == Null) | (table.listing != listing)),
            table) + super().google_unlisted(listing)

    def google_unknown(self):
        pool = Pool()
        table = pool.get('google_drive.folder').__table__()
        files = pool.get('google_drive.file').__table__()
        return (
            self._folder_ids(table.state == 'creating', table)
            + super().google_unknown()
            + self._google_ids(
                (files.doubtful == Literal(True))
                & (files.google_state != 'pushing'), files))

    def _folder_ids(self, where, table):
        cursor = Transaction().connection.cursor()
        cursor.execute(*table.select(
                table.google_id,
                where=where & (table.google_id != Null)
                & (Column(table, 'drive') == self.id),
                order_by=table.id))
        return [google_id for google_id, in cursor]

    # Contents

    def awaits(self):
        pool = Pool()
        File = pool.get('google_drive.file')
        return bool(
            self.google_receives and (self._unread_rules() or self._unread(1))
            or File.google_incoming(self, 1))

    @property
    def has_looked(self):
        "Tell if what is below the roots of the rules is known"
        return bool(
            self.listed and self.listing == self.listed
            and not self._unread_rules() and not self._unread(1))

    def _unread(self, limit):
        Folder = Pool().get('google_drive.folder')
        return Folder.search([
                ('drive', '=', self.id),
                ('unread', '=', True),
                ('google_id', '!=', None),
                ], limit=limit, order=[('id', 'ASC')])

    def incoming(self, limit):
        File = Pool().get('google_drive.file')
        if not self.google_receives:
            return File.google_fetch(self, File.google_incoming(self, limit))
        if roots := self._unread_rules():
            self._read_for_rules(roots)
            return [], []
        folders = self._unread(limit)
        if folders:
            return [{
                    'kind': 'folder',
                    'id': f.id,
                    'google_id': f.google_id,
                    'page': f.page,
                    } for f in folders], []
        return File.google_fetch(
            self, stages.at_a_time(
                File.google_incoming(self, stages.CONTENTS), self.parallel))

    def receive(self, contents):
        File = Pool().get('google_drive.file')
        work, errors = WorkDone(), []
        files = {f.id: f for f in File.search([
                    ('id', 'in', [
                            item['id'] for item, _ in contents
                            if item['kind'] != 'folder']),
                    ])}
        taken = []
        for item, answer in contents:
            if item['kind'] == 'folder':
                done, refused = self._receive_folder(item, answer)
                work += done
                errors += refused
            elif item['id'] not in files:
                # it was deleted while its content came
                store.forget((answer.resource or {}).get('path'))
            elif answer.status == 'done':
                taken.append((files[item['id']], item, answer.resource))
            elif answer.status != 'later':
                work += WorkDone(errors=1)
                errors += self.refuse(item, answer.error)
        work += File.google_take(taken)
        return work, errors

    def _receive_folder(self, item, answer):
        Folder = Pool().get('google_drive.folder')
        folders = Folder.search([('id', '=', item['id'])])
        if not folders or answer.status == 'later':
            return WorkDone(), []
        page = None
        work, errors = WorkDone(), []
        if answer.status == 'done':
            page = answer.resource['page']
            work, errors = self.apply_changes([
                    self.google_change(r) for r in answer.resource['files']])
        bookkeeping.update(Folder, folders, {
                'unread': bool(page),
                'page': page,
                })
        return work, [(None, c.google_id, e) for c, e in errors]

    def refuse(self, item, error):
        pool = Pool()
        if item['kind'] == 'folder':
            bookkeeping.update(
                pool.get('google_drive.folder'), [item['id']],
                {'unread': False, 'page': None})
        elif item['kind'] == 'revision':
            pool.get('google_drive.file').google_refuse_revision(item)
        else:
            bookkeeping.update(
                pool.get('google_drive.file'), [item['id']],
                {'google_state': 'failed'})
        return [(None, item['google_id'], error)]

    # Deletions

    def delete_marked(self, ids):
        "The attachments go with the files that are in the trash"
        pool = Pool()
        File = pool.get('google_drive.file')
        Attachment = pool.get('ir.attachment')
        attachments, noted = {}, {}
        for file in File.browse(ids):
            if file.attachment:
                attachments[file.id] = file.attachment.id
                noted[file.id] = file.google_whom()
        count = super().delete_marked(ids)
        for file in File.search([('id', 'in', ids)]):
            # it was changed since
            attachments.pop(file.id, None)
            noted.pop(file.id, None)
        Attachment.delete(Attachment.browse(list(attachments.values())))
        File.google_deleted_here(self, list(noted.values()))
        return count
