# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What of a drive belongs to which records."""
from trytond.model import (
    DeactivableMixin, ModelSQL, ModelView, fields, sequence_ordered)
from trytond.pool import Pool

__all__ = ['Rule']


class Rule(sequence_ordered(), DeactivableMixin, ModelSQL, ModelView):
    __name__ = 'google_drive.rule'

    name = fields.Char("Name", required=True)
    drive = fields.Many2One(
        'google_drive.drive', "Drive", required=True, ondelete='CASCADE')
    model = fields.Selection('get_models', "Model", required=True)
    domain = fields.Char(
        "Domain", required=True,
        help="A PYSON domain in JSON that the records match.")
    user = fields.Many2One(
        'res.user', "Acting User", required=True, ondelete='RESTRICT',
        help="The records are read and changed with the access of this user.")
    language = fields.Selection(
        'get_languages', "Language", translate=False,
        help="Leave empty for the language of the acting user.")
    root = fields.Char(
        "Root Folder", strip=False,
        help="The identifier of the folder at Google.")
    direction = fields.Selection([
            ('both', "Both Ways"),
            ('to_tryton', "From Google to Tryton"),
            ('to_google', "From Tryton to Google"),
            ], "Direction", required=True, sort=False)
    conflict_policy = fields.Selection([
            ('newest', "The Newest Stands"),
            ('tryton', "Tryton Stands"),
            ('google', "Google Stands"),
            ('manual', "Ask"),
            ], "Conflicts", required=True, sort=False,
        help="What stands when the same was changed on both sides.")

    @staticmethod
    def default_domain():
        return '[]'

    @staticmethod
    def default_direction():
        return 'both'

    @staticmethod
    def default_conflict_policy():
        return 'newest'

    @classmethod
    def get_models(cls):
        Attachment = Pool().get('ir.attachment')
        return Attachment.get_models()

    @classmethod
    def get_languages(cls):
        Language = Pool().get('ir.lang')
        return [(None, "")] + [
            (x.code, x.name) for x in Language.search([
                    ('translatable', '=', True),
                    ])]
