# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The folders of a drive, as Google has them."""
from trytond.model import Index, ModelSQL, ModelView, Unique, fields

__all__ = ['Folder']


class Folder(ModelSQL, ModelView):
    __name__ = 'google_drive.folder'
    _log = False

    drive = fields.Many2One(
        'google_drive.drive', "Drive", required=True, readonly=True,
        ondelete='CASCADE')
    google_id = fields.Char(
        "Google Folder", required=True, readonly=True, strip=False,
        help="The identifier of the folder at Google.")
    name = fields.Char("Name", required=True, readonly=True, strip=False)
    parent_google_id = fields.Char(
        "Parent Folder", readonly=True, strip=False,
        help="The identifier of the folder that holds it.")
    trashed = fields.Boolean("Trashed", readonly=True)
    listing = fields.Integer("Listing", readonly=True)
    state = fields.Selection([
            ('local', "To Create"),
            ('creating', "Being Created"),
            ('known', "On Google"),
            ], "State", required=True, readonly=True, sort=False)

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._order = [('name', 'ASC'), ('id', 'ASC')]
        table = cls.__table__()
        cls._sql_constraints.append((
                'google_id_unique',
                Unique(table, table.drive, table.google_id),
                'google_drive.msg_folder_unique'))
        cls._sql_indexes.update({
                Index(
                    table,
                    (table.drive, Index.Equality()),
                    (table.parent_google_id, Index.Equality())),
                Index(
                    table,
                    (table.drive, Index.Equality()),
                    where=table.state != 'known'),
                })

    @classmethod
    def default_state(cls):
        return 'local'

    @classmethod
    def default_trashed(cls):
        return False
