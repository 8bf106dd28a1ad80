# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Bringing back what did not stand in a conflict."""
from trytond.i18n import gettext
from trytond.model import ModelStorage
from trytond.modules.google_integration import bookkeeping
from trytond.pool import Pool
from trytond.transaction import check_access, without_check_access

from . import store
from .exceptions import DriveRestoreError

__all__ = ['FileRestore']


class FileRestore:
    "How the content that did not stand comes back"
    __slots__ = ()

    @classmethod
    def google_restore(cls, conflict, lost):
        """Give the file what it lost, as a change to send

        The content of Tryton is that of another attachment, with which it
        changes places. That of Google is a revision there, or still what
        Google has: the next run fetches it.
        """
        record = conflict.resource
        if conflict.unit == 'deletion':
            raise DriveRestoreError(gettext(
                    'google_drive.msg_restore_deletion',
                    file=conflict.rec_name))
        if not record or not record.attachment:
            raise DriveRestoreError(gettext(
                    'google_drive.msg_restore_gone', file=conflict.rec_name))
        record._check_attachment()
        if conflict.unit != 'content':
            super().google_restore(conflict, lost)
            record.google_tell_attachment(lost)
        elif conflict.stood == 'google':
            record._restore_ours(lost)
        else:
            record._restore_theirs(conflict, lost)

    @check_access
    def _check_attachment(self):
        "Who restores must have the right to change the attachment"
        Attachment = Pool().get('ir.attachment')
        Attachment.check_access([self.attachment.id], 'write')

    # What Tryton had

    def _restore_ours(self, lost):
        Attachment = Pool().get('ir.attachment')
        attachment = self.attachment
        with without_check_access():
            kept = self._kept(lost['md5'])
            if not kept:
                raise DriveRestoreError(gettext(
                        'google_drive.msg_restore_deleted',
                        attachment=attachment.rec_name))
            store.exchange(attachment, kept)
        bookkeeping.update(
            type(self), [self], {'keep_revision': self.revision})
        # a change of the person
        Attachment.write([Attachment(attachment.id)], {'type': 'data'})

    def _kept(self, md5):
        "The attachment that keeps the content, None if there is none"
        Attachment = Pool().get('ir.attachment')
        resource = self.attachment.resource
        if not isinstance(resource, ModelStorage):
            return None
        for other in Attachment.search([
                    ('resource', '=', str(resource)),
                    # others may have the same content
                    ('google_drive_current', '=', self.attachment.id),
                    ('type', '=', 'data'),
                    ], order=[('id', 'DESC')]):
            if store.checksum(other) == md5:
                return other

    # What Google had

    @without_check_access
    def _restore_theirs(self, conflict, lost):
        cls = type(self)
        if revision := lost.get('revision'):
            bookkeeping.update(cls, [self], {'restored_revision': revision})
        else:
            # a document, which nothing has overwritten
            conflict._write(lost)
            bookkeeping.update(cls, [self], {'keep_ours': True})
        bookkeeping.update(
            cls, [self], {'google_state': 'to_push'},
            lambda table: table.google_state == 'failed')
        Drive = type(self.drive)
        Drive.enqueue([self.drive])

    def _revision_item(self):
        return self._plain_item(
            'revision', revision=self.restored_revision,
            encrypted=bool(self.rule and self.rule.encrypted))

    def google_take_revision(self, result):
        """Give the attachment the revision, which is a change to send

        What is overwritten by it is kept, on Google or here.
        """
        cls = type(self)
        if not self.restored_revision or not self.attachment:
            store.forget(result['path'])
            return
        md5 = store.checksum(self.attachment)
        keep = (
            md5 not in {self.held_md5, None}
            or self.md5 != self.google_md5)
        self._replace({'type': 'data'}, result, keep)
        bookkeeping.update(cls, [self], {
                'restored_revision': None,
                'keep_revision': self.revision,
                'google_revision': bookkeeping.new_revision(),
                'google_touched': bookkeeping.utcnow(),
                })
        cls.google_touch([self])

    @classmethod
    def google_refuse_revision(cls, item):
        "What can not be fetched is not restored, and may be another time"
        Conflict = Pool().get('google_integration.conflict')
        bookkeeping.update(cls, [item['id']], {'restored_revision': None})
        conflicts = Conflict.search([
                ('resource', '=', f"{cls.__name__},{item['id']}"),
                ('unit', '=', 'content'),
                ('state', '=', 'restored'),
                ])
        Conflict.write([
                c for c in conflicts
                if (bookkeeping.loads(c.google_values) or {}).get('revision')
                == item['revision']], {'state': 'settled'})
