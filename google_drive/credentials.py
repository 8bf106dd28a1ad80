# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the drives need of the credentials."""
from trytond.model import fields
from trytond.pool import PoolMeta

__all__ = ['GoogleCredentials']

PREFIX = 'https://www.googleapis.com/auth/'
# https://developers.google.com/workspace/drive/api/guides/api-specific-auth
SCOPES = {
    'file': (PREFIX + 'drive.file',),
    'all': (PREFIX + 'drive',),
    }


class GoogleCredentials(metaclass=PoolMeta):
    __name__ = 'google_integration.google_credentials'

    drive_access = fields.Selection([
            ('file', "Only Files of Tryton"),
            ('all', "All Files"),
            ], "Access to Google Drive", required=True, sort=False,
        help="What Google lets Tryton see.\n"
        "Shared drives, and files that people drop into folders, need the "
        "access to all files.\n"
        "After a change authorize again.")
    drives = fields.One2Many(
        'google_drive.drive', 'credentials', "Drives", readonly=True)

    @classmethod
    def default_drive_access(cls):
        return 'file'

    @property
    def drive_scopes(self):
        "The scopes that the chosen access to Google Drive needs"
        return SCOPES[self.drive_access or 'file']
