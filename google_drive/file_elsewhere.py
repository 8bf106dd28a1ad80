# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The files that several drives see, as two accounts may share a folder."""
from trytond.model import ModelStorage
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.operation import ItemError
from trytond.pool import Pool

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
            of_drive = found if file.drive == service else elsewhere
            of_drive.setdefault(file.google_id, file)
        return found, elsewhere

    def google_taken_elsewhere(self):
        "The error if the rule of this drive attaches it, else None"
        if (self.rule and self.rule.active and self.rule.drive == self.drive
                and self.google_state != 'apart'
                # or is about to
                and (self.attachment or self.incoming)):
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
                    ]) if t.service != service} if google_ids else set()

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
            error = other.google_taken_elsewhere()
            record = new[google_id]
            if error and (other.attachment or other.id < record.id):
                errors[record] = error
        return errors

    def google_is_of(self, rule):
        "Tell if it is attached to a record of the rule: it stays with that"
        resource = self.attachment.resource if self.attachment else None
        return (
            isinstance(resource, ModelStorage)
            and resource.__name__ == rule.model
            and bool(rule.matching([resource.id])))

    @classmethod
    def google_change_drive(cls, files, rule):
        "Go on with the files of other drives in that of the rule"
        SyncError = Pool().get('google_integration.sync_error')
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

        None if it has not looked yet.
        """
        drive = rule.drive
        if not (self.google_etag and rule.receives_files
                and drive.google_receives):
            return False
        if not drive.has_looked:
            return None
        known, _ = type(self).google_everywhere(drive, [self.google_id])
        return not known and rule.folders_of(
            self.google_parent, Tree(drive)) is not None
