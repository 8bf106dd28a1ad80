# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What people see on an attachment of its file of Drive."""
from trytond.model import ModelView, fields
from trytond.pool import Pool, PoolMeta
from trytond.pyson import Bool, Eval
from trytond.tools import grouped_slice
from trytond.transaction import check_access, without_check_access

from .tree import Tree

__all__ = ['Attachment']

SIZE = 500


def _known(name):
    "The states of what is shown only of attachments that have a file"
    return {'invisible': ~Bool(Eval(name))}


class Attachment(metaclass=PoolMeta):
    __name__ = 'ir.attachment'

    google_drive_state = fields.Function(
        fields.Selection(
            'get_google_drive_states', "Google Drive",
            states=_known('google_drive_state')),
        'get_google_drive')
    google_drive_error = fields.Function(
        fields.Char(
            "Error of Google Drive", states=_known('google_drive_error')),
        'get_google_drive')
    google_drive_name = fields.Function(
        fields.Char(
            "Name on Google Drive", states=_known('google_drive_name')),
        'get_google_drive')
    google_drive_folder = fields.Function(
        fields.Char(
            "Folder on Google Drive", states=_known('google_drive_folder')),
        'get_google_drive')
    google_drive_link = fields.Function(
        fields.Char(
            "Open in Google Drive", states=_known('google_drive_link')),
        'get_google_drive')
    google_drive_created = fields.Function(
        fields.Timestamp(
            "Created on Google Drive", states=_known('google_drive_created')),
        'get_google_drive')
    google_drive_modified = fields.Function(
        fields.Timestamp(
            "Modified on Google Drive",
            states=_known('google_drive_modified')),
        'get_google_drive')

    @classmethod
    def __setup__(cls):
        super().__setup__()
        cls._buttons.update({
                'google_drive_share': {
                    **_known('google_drive_link'),
                    'icon': 'tryton-public',
                    'depends': ['google_drive_link'],
                    },
                'google_drive_activity': {
                    **_known('google_drive_link'),
                    'icon': 'tryton-history',
                    'depends': ['google_drive_link'],
                    },
                })

    @classmethod
    def get_google_drive_states(cls):
        File = Pool().get('google_drive.file')
        return File.fields_get(['google_state'])['google_state']['selection']

    @classmethod
    def get_google_drive(cls, attachments, names):
        "What is known of the files to who may read the attachments"
        File = Pool().get('google_drive.file')
        ids = [int(a) for a in attachments]
        result = {n: dict.fromkeys(ids) for n in names}
        files = []
        with without_check_access():
            for sub_ids in grouped_slice(ids, SIZE):
                files.extend(File.search([
                            ('attachment', 'in', list(sub_ids)),
                            ]))
            shown = _shown(files, names)
        # it may tell of other records: only to who may read the file
        errors = _errors(files) if 'google_drive_error' in names else {}
        for file, attachment, values in shown:
            for name in names:
                if name == 'google_drive_error':
                    result[name][attachment] = errors.get(file)
                else:
                    result[name][attachment] = values[name]
        return result

    @classmethod
    @ModelView.button_action('google_drive.wizard_share_attachment')
    def google_drive_share(cls, attachments):
        pass

    @classmethod
    @ModelView.button_action('google_drive.wizard_activity')
    def google_drive_activity(cls, attachments):
        pass


def _shown(files, names):
    "The ids of the files and of their attachments, and what is shown"
    trees = {}
    if 'google_drive_folder' in names:
        for drive in {f.drive for f in files}:
            trees[drive] = Tree(drive)
            trees[drive].load({
                    f.parent_google_id for f in files if f.drive == drive})
    return [
        (file.id, file.attachment.id, {
                'google_drive_state': file.google_state,
                'google_drive_name': file.name,
                'google_drive_link': file.link,
                'google_drive_created': file.created,
                'google_drive_modified': file.modified,
                'google_drive_folder': file.drive in trees and _folder(
                    trees[file.drive], file) or None,
                })
        for file in files]


def _folder(tree, file):
    "The folder of the file, from the root folder of its rule on"
    rule = file.rule
    names = file.parent_google_id and tree.names(
        file.parent_google_id, rule and rule.root_id)
    if names is None or not file.parent_google_id:
        return None
    root = rule and rule.root_name or file.drive.name
    return ' / '.join([root, *names])


def _errors(files):
    "The errors of the files that the user may read"
    pool = Pool()
    File = pool.get('google_drive.file')
    ModelAccess = pool.get('ir.model.access')
    with check_access():
        if not ModelAccess.check(
                File.__name__, 'read', raise_exception=False):
            return {}
        readable = [
            f.id for sub_files in grouped_slice(files, SIZE)
            for f in File.search([('id', 'in', [f.id for f in sub_files])])]
    with without_check_access():
        return {f.id: f.google_error for f in File.browse(readable)}
