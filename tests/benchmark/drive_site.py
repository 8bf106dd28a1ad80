# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A drive that is synchronised.

What is attached is attached to groups, of which the rule makes folders.
"""
from tests.robustness.site import USER, BaseSite
from trytond.pool import Pool

__all__ = ['NAME', 'DriveSite']

RECORDS = 500
NAME = 'Record %03d'
# seconds, so that no token is refreshed meanwhile
LIFE = 7 * 86400


class DriveSite(BaseSite):
    "A drive with one rule: a folder for each record"
    modules = ['google_drive']
    service = 'google_drive.drive'
    listing = 'drive.changes.list'

    @staticmethod
    def warm():
        pool = Pool()
        pool.get('google_drive.rule').get_models()
        pool.get('google_drive.file').get_records()

    def credentials_values(self):
        self.admin.options(token_life=LIFE)
        return {'drive_access': 'all'}

    def prepared(self, drive):
        "Make the root folder, the records and the rule"
        root = self.admin.create_folder(USER, "Tryton")['id']
        self.add_rule(drive.id, root)
        return {
            'root': root,
            'records': [
                r.id for r in Pool().get('res.group').create([
                        {'name': NAME % n} for n in range(RECORDS)])],
            }

    @staticmethod
    def add_rule(drive, root):
        Pool().get('google_drive.rule').create([{
                    'name': "Records",
                    'drive': drive,
                    'model': 'res.group',
                    'domain': '[["name", "like", "Record %"]]',
                    'user': 1,
                    'root': root,
                    'path': '${record.name}',
                    }])
