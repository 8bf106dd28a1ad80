# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The files that several drives see, as two accounts may share a folder."""
from collections import defaultdict

from trytond.model import ModelStorage
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import Pool

from . import encryption, mapping
from .tree import Tree

__all__ = ['FileElsewhere']


class FileElsewhere:
    "A file is attached once, whatever the drives that see it"
    __slots__ = ()

    @classmethod
    def google_everywhere(cls, service, google_ids):
        "The files of the identifiers, and those that other drives have"
        drives = type(service).search([], order=[], query=True)
        found, elsewhere = {}, {}
        for file in cls.search([
                    ('drive', 'in', drives),
                    ('google_id', 'in', google_ids),
                    ]):
            if file.drive == service:
                found[file.google_id] = file
            elif (file.google_id not in elsewhere
                    or file.google_taken_elsewhere()):
                elsewhere[file.google_id] = file
        return found, elsewhere

    def google_taken_elsewhere(self):
        "The error if the rule of this drive attaches it, else None"
        if (self.rule and self.rule.active and self.rule.drive == self.drive
                and self.google_state != 'apart'
                # or is about to
                and (self.attachment or self.incoming)):
            return self.google_two_drives

    @property
    def google_two_drives(self):
        return ItemError(
            'google_drive.two_drives', {'name': self.name or ''})

    @classmethod
    def google_buried_elsewhere(cls, service, google_ids):
        "Those of the identifiers that other drives are to put into the trash"
        Tombstone = Pool().get('google_integration.tombstone')
        return {
            t.google_id for t in Tombstone.search([
                    ('model', '=', cls.__name__),
                    ('google_id', 'in', google_ids),
                    ('state', '=', 'to_delete'),
                    ])
            if t.service != service and t.service.google_can_run
            } if google_ids else set()

    @classmethod
    def google_attached_elsewhere(cls, records):
        """The errors, by record, of what another drive attaches already

        Of two that are about to do so at the same time the first one does.
        """
        new = {
            r.google_id: r for r in records
            if not r.attachment and not r.makes_document}
        if not new:
            return {}
        _, elsewhere = cls.google_everywhere(records[0].drive, list(new))
        errors = {}
        for google_id, other in elsewhere.items():
            record = new[google_id]
            error = other.google_taken_elsewhere()
            if error and (other.attachment or other.id < record.id):
                errors[record] = error
            elif record.rule and other.google_goes_to(record.rule):
                # who tries again goes on with that
                errors[record] = other.google_two_drives
        return errors

    def google_goes_to(self, rule):
        """Tell if the rule of another drive may go on with it

        It is attached to a record of the rule: it stays with that.
        """
        resource = self.attachment.resource if self.attachment else None
        return (
            isinstance(resource, ModelStorage)
            and not self.google_taken_elsewhere()
            and resource.__name__ == rule.model
            and bool(rule.matching([resource.id])))

    @classmethod
    def google_change_drive(cls, files, rule):
        "Go on with the files of other drives in that of the rule"
        SyncError = Pool().get('google_integration.sync_error')
        # what the drive could not attach
        rivals = cls.search([
                ('drive', '=', rule.drive.id),
                ('google_id', 'in', [f.google_id for f in files]),
                ('attachment', '=', None),
                ])
        bookkeeping.update(cls, rivals, {'google_id': None})
        cls.delete(cls.browse([r.id for r in rivals]))
        # an upload that was begun is that of another account
        cls.google_forget_sessions([f.id for f in files])
        bookkeeping.update(cls, files, {
                'drive': rule.drive.id,
                'rule': rule.id,
                'place': None,
                'to_place': True,
                'google_listing': None,
                })
        SyncError.delete(SyncError.search([
                    ('resource', 'in', list(map(str, files))),
                    ]))

    def google_is_seen(self, rule):
        """Tell if the drive of the rule sees the file below its root

        None if it has not looked since the file was there.
        """
        drive = rule.drive
        if not (self.google_etag and self.google_is_kept_as(rule)
                and rule.receives_files and drive.google_receives):
            return False
        if not drive.has_looked:
            return None
        known, _ = type(self).google_everywhere(drive, [self.google_id])
        if known and known[self.google_id].attachment:
            return False
        if rule.folders_of(self.google_parent, Tree(drive)) is not None:
            return True
        # the folder may be newer than what the drive knows
        has_looked = drive.last_sync and drive.last_sync >= self._told_at
        return False if has_looked else None

    @property
    def _told_at(self):
        "When the drive was told of the file, or of its folder"
        Folder = Pool().get('google_drive.folder')
        folders = Folder.search([
                ('drive', '=', self.drive.id),
                ('google_id', '=', self.google_parent),
                ('checked_at', '!=', None),
                ], limit=1)
        return max([self.create_date, *(f.checked_at for f in folders)])

    def google_is_kept_as(self, rule):
        "Tell if the content at Google is as the rule wants it"
        if not self.rule and not rule.encrypted:
            # the rule was deleted: it is sent so with the next change
            return True
        return self._is_encrypted == bool(rule.encrypted)

    @property
    def _is_encrypted(self):
        if self.rule:
            return bool(self.rule.encrypted)
        return self._is_another and self.size == encryption.sealed_size(
            self.attachment.data_size or 0)

    @property
    def _is_another(self):
        "Tell if the attachment has another content than Google"
        return bool(
            mapping.is_native(self.google_base or {})
            or self.md5 and self.held_md5 and self.md5 != self.held_md5)

    @classmethod
    def google_not_to_bury(cls, files):
        """Those of the files that are not put into the trash

        Another drive has the file at Google, or the attachment is but an
        export or a thumbnail of it.
        """
        drives = defaultdict(set)
        for file in cls.search([
                    ('google_id', 'in', [
                            f.google_id for f in files if f.google_id]),
                    ]) if files else []:
            drives[file.google_id].add(file.drive)
        return [
            f for f in files
            if drives[f.google_id] - {f.drive}
            or f._is_another and not f._is_encrypted]
