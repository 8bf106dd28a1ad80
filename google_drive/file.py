# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The cross-reference of the attachments and the files of Drive."""
from sql import Null

from trytond.model import Index, ModelSQL, ModelView, Unique, fields
from trytond.pool import Pool
from trytond.pyson import Eval, If

from .file_elsewhere import FileElsewhere
from .file_google import GoogleFile
from .file_incoming import FileIncoming
from .file_lock import FileLock
from .file_orphan import FileOrphan
from .file_place import FilePlace
from .file_receive import FileReceive
from .file_restore import FileRestore
from .file_restrict import FileRestrict
from .file_transfer import FileTransfer
from .orphans import ORPHANS

__all__ = ['File']


class BigInteger(fields.Integer):
    "A file may have more bytes than an integer of PostgreSQL"
    _sql_type = 'BIGINT'


class File(
        FileLock, FileRestrict, FileIncoming, FileOrphan, FileReceive,
        FileRestore, FilePlace, FileTransfer, FileElsewhere, GoogleFile,
        ModelSQL, ModelView):
    __name__ = 'google_drive.file'
    _log = False

    drive = fields.Many2One(
        'google_drive.drive', "Drive", required=True, readonly=True,
        ondelete='CASCADE')
    rule = fields.Many2One(
        'google_drive.rule', "Rule", readonly=True, ondelete='SET NULL')
    attachment = fields.Many2One(
        'ir.attachment', "Attachment", readonly=True, ondelete='CASCADE')
    resource = fields.Function(
        fields.Reference("Record", selection='get_records'), 'get_resource')
    name = fields.Char("Name", readonly=True, strip=False)
    description = fields.Text(
        "Description", readonly=True, strip=False, loading='eager')
    mime_type = fields.Char("MIME Type", readonly=True, strip=False)
    size = BigInteger("Size", readonly=True)
    md5 = fields.Char(
        "MD5", readonly=True, strip=False,
        help="The checksum of the content as Google has it.")
    edition = fields.Char(
        "Edition", readonly=True, strip=False,
        help="When a document of Google, which has no checksum, was changed.")
    sha256 = fields.Char(
        "SHA-256", readonly=True, strip=False,
        help="The checksum of the content of the attachment.")
    revision = fields.Char("Revision", readonly=True, strip=False)
    parent_google_id = fields.Char(
        "Folder", readonly=True, strip=False,
        help="The identifier of the folder at Google.")
    google_parent = fields.Char(
        "Folder on Google", readonly=True, strip=False,
        help="The identifier of the folder that Google told last.")
    link = fields.Char("Link", readonly=True, strip=False)
    created = fields.Timestamp("Created on Google", readonly=True)
    modified = fields.Timestamp("Content Modified", readonly=True)
    # what the templates of the rule said last: only another word of theirs
    # renames or moves what somebody has renamed or moved on Drive
    rendered_name = fields.Char(
        "Name of the Rule", readonly=True, strip=False)
    rendered_path = fields.Char(
        "Path of the Rule", readonly=True, strip=False)
    place = fields.Many2One(
        'google_drive.folder', "Folder of the Rule", readonly=True,
        ondelete='SET NULL')
    to_place = fields.Boolean(
        "To Place", readonly=True,
        help="The attachment, or what its place depends on, has changed.")
    incoming = fields.Boolean(
        "Incoming", readonly=True,
        help="The content of Google is to be fetched.")
    record = fields.Reference(
        "Record to Attach To", selection='get_records', readonly=True,
        help="The record that the content is to be attached to.")
    moved = fields.Boolean(
        "Moved on Google", readonly=True,
        help="Another folder may tell another record.")
    orphan = fields.Selection(
        [(None, "")] + ORPHANS, "Without Record", readonly=True, sort=False,
        help="What became of the file as it had no record.")
    orphaned_at = fields.Timestamp(
        "Without Record Since", readonly=True)
    origin = fields.Char(
        "Folder Before", readonly=True, strip=False,
        help="The identifier of the folder from which the file was moved to "
        "the quarantine.")
    doubtful = fields.Boolean(
        "To Look Up", readonly=True,
        help="A folder above has changed.")
    held_md5 = fields.Char(
        "MD5 of the Attachment", readonly=True, strip=False,
        help="The checksum of the content that the attachment has.")
    held_revision = fields.Char(
        "Revision of the Attachment", readonly=True, strip=False,
        help="The revision of the document of Google that was exported.")
    google_md5 = fields.Char(
        "MD5 on Google", readonly=True, strip=False,
        help="The checksum of the content that Google has.")
    keep_ours = fields.Boolean(
        "Keep the Attachment", readonly=True,
        help="The content of the attachment is kept as another one.")
    keep_revision = fields.Char(
        "Revision to Keep", readonly=True, strip=False,
        help="What is overwritten on Google is kept there for ever.")
    restored_revision = fields.Char(
        "Revision to Restore", readonly=True, strip=False,
        help="What did not stand on Google becomes the content again.")
    # the address itself is a secret
    session_size = BigInteger("Size of the Upload", readonly=True)
    session_md5 = fields.Char(
        "MD5 of the Upload", readonly=True, strip=False)
    session_kept = fields.Boolean(
        "Upload Kept", readonly=True,
        help="Google is to keep the uploaded content for ever.")
    session_at = fields.Timestamp("Upload Begun At", readonly=True)
    # a checksum, or what has none
    sending = fields.Char("Being Sent", readonly=True, strip=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('name', 'ASC'), ('id', 'ASC')]
        table = cls.__table__()
        cls._sql_constraints += [
            ('attachment_unique',
                Unique(table, table.attachment),
                'google_drive.msg_file_attachment_unique'),
            ('google_id_unique',
                Unique(table, table.drive, table.google_id),
                'google_drive.msg_file_unique'),
            ]
        cls._sql_indexes.update({
                Index(
                    table,
                    (table.drive, Index.Equality()),
                    (table.parent_google_id, Index.Equality())),
                Index(
                    table,
                    (table.drive, Index.Equality()),
                    where=table.incoming | table.moved | table.to_place
                    | table.doubtful | (table.restored_revision != Null)),
                Index(
                    table,
                    (table.drive, Index.Equality()),
                    (table.lock_reason, Index.Equality()),
                    where=(table.lock_reason != Null)
                    | (table.google_lock != Null)),
                Index(
                    table,
                    (table.lock_until, Index.Range()),
                    where=table.lock_side != Null),
                Index(
                    table,
                    (table.place, Index.Equality()),
                    where=table.place != Null),
                Index(
                    table,
                    (table.session_at, Index.Range()),
                    where=table.session_at != Null),
                Index(
                    table,
                    (table.orphaned_at, Index.Range()),
                    where=table.orphaned_at != Null),
                })

    @classmethod
    def view_attributes(cls):
        return super().view_attributes() + [
            ('/tree', 'visual',
                If(Eval('google_state').in_(['failed', 'conflict']),
                    'danger',
                    If(Eval('google_state') == 'apart', 'muted', ''))),
            ]

    @classmethod
    def default_incoming(cls):
        return False

    @classmethod
    def default_moved(cls):
        return False

    @classmethod
    def default_to_place(cls):
        return False

    @classmethod
    def default_doubtful(cls):
        return False

    @classmethod
    def default_keep_ours(cls):
        return False

    @classmethod
    def get_records(cls):
        Attachment = Pool().get('ir.attachment')
        return [(None, "")] + Attachment.get_models()

    def get_resource(self, name):
        resource = self.attachment.resource if self.attachment else None
        return str(resource) if resource else None
