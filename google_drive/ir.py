# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What the module adds to Tryton's attachments."""
from trytond.model import fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Eval
from trytond.transaction import without_check_access

__all__ = ['Attachment']


class Attachment(metaclass=PoolMeta):
    __name__ = 'ir.attachment'

    google_drive_state = fields.Function(
        fields.Selection(
            'get_google_drive_states', "Google Drive",
            states={
                'invisible': ~Eval('google_drive_state'),
                }),
        'get_google_drive')
    google_drive_link = fields.Function(
        fields.Char(
            "Open in Google Drive",
            states={
                'invisible': ~Eval('google_drive_link'),
                }),
        'get_google_drive')

    @classmethod
    def get_google_drive_states(cls):
        File = Pool().get('google_drive.file')
        return File.fields_get(['google_state'])['google_state']['selection']

    @classmethod
    @without_check_access
    def get_google_drive(cls, attachments, names):
        "What is known of the file to who may read the attachment"
        File = Pool().get('google_drive.file')
        result = {n: dict.fromkeys(map(int, attachments)) for n in names}
        fields_of = {
            'google_drive_state': 'google_state',
            'google_drive_link': 'link',
            }
        for file in File.search([
                    ('attachment', 'in', list(map(int, attachments))),
                    ]):
            for name in names:
                result[name][file.attachment.id] = getattr(
                    file, fields_of[name])
        return result
