# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The files that have no record, or another one than before."""
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import Pool
from trytond.tools import grouped_slice
from trytond.transaction import Transaction, without_check_access

from . import mapping
from .tree import Tree

__all__ = ['FileOrphan']

# what was told of a file without record
TOLD = {
    'quarantine': 'google_drive.quarantined',
    'log': 'google_drive.orphan',
    }


class FileOrphan:
    "How files find their records, and what becomes of those without"
    __slots__ = ()

    # To which record it belongs

    def _targets(self, tree, rules=None, known=None):
        """The rules that take the file, and the `Target` that it has by each

        Of a file in the quarantine the folder of before counts. ``known``
        are the records that were found for others.
        """
        base = self.google_base
        parent = self.origin or mapping.parent(base)
        targets = []
        if rules is None:
            rules = self.drive.receiving_rules
        for rule in rules:
            folders = rule.folders_of(parent, tree)
            if (folders is None or not rule.receives(base)
                    or self._is_revealed(rule)):
                continue
            if rule == self.rule and self._has_record:
                # the folder alone tells of another one
                target = rule.folder_target(base, folders)
            else:
                target = rule.target(base, folders, known)
            targets.append((rule, target))
        return targets

    def _is_revealed(self, rule):
        "Tell if the rule would send what is encrypted so that all read it"
        return bool(
            self.attachment and self.rule and self.rule.encrypted
            and not rule.encrypted)

    @property
    def _has_record(self):
        "Tell if the attachment is on a record that was found"
        return bool(self.attachment and self.orphan != 'record')

    def has_new_record(self, tree):
        "Tell if the record of a file without is there by now"
        try:
            targets = self._targets(tree)
        except ItemError:
            # as it was told
            return False
        found = [t for _, t in targets if t and not t.orphan]
        if not self.attachment:
            return bool(found)
        resource = str(self.attachment.resource)
        return any(t.record and str(t.record) != resource for t in found)

    # Without record

    @classmethod
    @without_check_access
    def google_bereave(cls, records):
        """Do what the rules say with the files of what is to be deleted

        Their attachments are deleted with the records, but for those that go
        to another one.
        """
        names = {str(r) for r in records}
        for sub_names in grouped_slice(sorted(names), 500):
            for file in cls.search([
                        ('attachment.resource', 'in', list(sub_names)),
                        ('rule', '!=', None),
                        ]):
                if file.rule.active and file._is_on_google:
                    file._bereave(names)

    @property
    def _is_on_google(self):
        return self.google_state == 'pushing' or (
            self.google_etag and self.google_state != 'apart')

    def _bereave(self, names):
        Attachment = Pool().get('ir.attachment')
        rule = self.rule
        target = rule.orphan()
        if target.orphan == 'record' and str(target.record) in names:
            target = target._replace(record=None, orphan='log')
        if target.record:
            with Attachment.written_by_google(), Transaction().set_user(0):
                Attachment.write(
                    [self.attachment], {'resource': str(target.record)})
        else:
            self._detach()
        self._become_orphan(rule, target)

    def _detach(self):
        "The file has no attachment any more, only what Google has of it"
        values = {}
        if self.google_state != 'pushing':
            values = {
                **self.google_to_values(self.google_base),
                'google_state': 'synchronized',
                'google_confirmed_revision': self.google_revision,
                }
        type(self)._end_lock([self])
        bookkeeping.update(type(self), [self], {
                **values,
                'attachment': None,
                'held_md5': None,
                'sha256': None,
                'rendered_name': None,
                'rendered_path': None,
                'place': None,
                'to_place': False,
                })

    def google_may_restore(self):
        "Without attachment nothing is there to be sent again"
        return bool(self.attachment)

    @classmethod
    def google_judge_again(cls, rules):
        "Let the rules say again what becomes of the files without record"
        orphans = cls.search([
                ('rule', 'in', [r.id for r in rules]),
                ('orphan', '!=', None),
                ])
        for name, files in [
                ('moved', [f for f in orphans if f.attachment]),
                ('incoming', [f for f in orphans if not f.attachment])]:
            bookkeeping.update(cls, files, {name: True})

    def _become_orphan(self, rule, target):
        "Do with the file that has no record what the rule says"
        values = {
            'incoming': False,
            'orphan': target.orphan,
            'orphaned_at': self.orphaned_at or bookkeeping.utcnow(),
            }
        if target.orphan == 'record':
            self._attach_to(rule, target.record)
        elif (target.orphan == 'quarantine'
                and self.parent_google_id != target.folder):
            values['origin'] = self.origin or self.parent_google_id
            self._move_to(target.folder)
        bookkeeping.update(type(self), [self], values)
        self._tell_orphan(rule)

    def _tell_orphan(self, rule):
        SyncError = Pool().get('google_integration.sync_error')
        if self.orphan not in TOLD:
            return
        SyncError.record(self.drive, 'pull', None, self.google_id, ItemError(
                TOLD[self.orphan], {
                    'name': self.name or '',
                    'rule': rule.rec_name if rule else '',
                    }))

    def _move_to(self, folder):
        "Move the file on Google, whatever the direction of its rule"
        cls = type(self)
        bookkeeping.update(cls, [self], {
                'parent_google_id': folder,
                'google_revision': bookkeeping.new_revision(),
                'google_touched': bookkeeping.utcnow(),
                })
        bookkeeping.update(
            cls, [self], {'google_state': 'to_push', 'google_attempts': 0},
            lambda table: table.google_state.in_(
                ['synchronized', 'failed', 'apart']))

    def _regain(self):
        "It has a record: what was done as it had none is undone"
        if not self.orphan:
            return
        SyncError = Pool().get('google_integration.sync_error')
        if self.origin:
            tree = Tree(self.drive)
            is_there = any(
                r.folders_of(self.origin, tree) is not None
                for r in self.drive.rules)
            self._move_to(self.origin if is_there else self.rule.root_id)
        bookkeeping.update(type(self), [self], {
                'orphan': None,
                'orphaned_at': None,
                'origin': None,
                })
        SyncError.settle(self.drive, 'pull', [self.google_id])

    # With another record

    def _attach_to(self, rule, record):
        "Give the attachment to the record, as the rule's user may"
        Attachment = Pool().get('ir.attachment')
        if (not self.attachment
                or str(self.attachment.resource) == str(record)):
            return
        with Attachment.written_by_google(), rule.acting():
            Attachment.write(
                [Attachment(self.attachment.id)], {'resource': str(record)})

    def google_follow(self):
        """Attach it to the record of the folder into which it was put

        If the folder is no record's the attachment stays where it is. Tell
        if something has changed.
        """
        cls = type(self)
        bookkeeping.update(cls, [self], {'moved': False})
        if not self.attachment:
            return False
        tree = Tree(self.drive)
        if self._has_record and self._is_in_place(tree):
            self._regain()
            return False
        targets = [(r, t) for r, t in self._targets(tree) if t]
        # its own rule comes first
        targets.sort(key=lambda found: found[0] != self.rule)
        # an attachment becomes no document
        found = [(r, t) for r, t in targets if t.record and not t.orphan]
        if found:
            return self._change_record(*found[0])
        if targets and targets[0][0] == self.rule:
            self._become_orphan(*targets[0])
        elif not self.origin and self.rule.folders_of(
                self.parent_google_id, tree) is None:
            self._tell_moved_out()
        return False

    def _is_in_place(self, tree):
        "Tell if it is in the folder that was made for its record, or below"
        return bool(
            self.place and self.place.google_id and tree.names(
                self.parent_google_id, self.place.google_id) is not None)

    def _change_record(self, rule, target):
        is_another = str(self.attachment.resource) != str(target.record)
        self._attach_to(rule, target.record)
        self._regain()
        if is_another or rule != self.rule:
            bookkeeping.update(type(self), [self], {
                    'rule': rule.id,
                    **self._settled_place(rule),
                    })
        return is_another

    def _settled_place(self, rule):
        """It stays where it was put until the rule says something else

        The rule names again what it has named before.
        """
        Folder = Pool().get('google_drive.folder')
        if not rule.sends_files or not self.rendered_name:
            return {}
        values = {'to_place': True}
        try:
            path = rule.place(self.attachment).folders
        except ItemError:
            # who sends it is told so
            return values
        place = Folder.for_path(self.drive, rule.root_id, path)
        return {
            **values,
            'rendered_path': '/'.join(path),
            'place': place.id if place else None,
            }

    def _tell_moved_out(self):
        SyncError = Pool().get('google_integration.sync_error')
        bookkeeping.update(
            type(self), [self], {'google_state': 'apart'})
        SyncError.record(
            self.drive, 'pull', None, self.google_id, self.moved_out())

    def moved_out(self):
        "What is told of a file that left the root of its rule"
        return ItemError('google_drive.moved_out', {
                'name': self.name or '',
                'rule': self.rule.rec_name,
                })
