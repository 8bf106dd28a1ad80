# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""A drive with two rules: the files of one of them are encrypted."""
import base64

import trytond.config as config
from tests.robustness.site import USER, BaseSite
from trytond.modules.google_integration import client
from trytond.pool import Pool

from . import sealed

__all__ = ['PLAIN', 'SEALED', 'DriveSite', 'USER']

# the first letter of the names of the records of each rule
PLAIN, SEALED = 'P', 'S'


class DriveSite(BaseSite):
    """My Drive of the account.

    ``roots`` and ``quarantines`` are the folders of the rules, by the letter
    with which the names of their records begin; ``outside`` is a folder that
    no rule has.
    """
    modules = ['google_drive', 'party']
    service = 'google_drive.drive'
    listing = 'drive.changes.list'
    written = BaseSite.written | {'party_party', 'ir_filestore_queue'}

    def __init__(self, *args):
        super().__init__(*args)
        if not config.has_section('google_drive'):
            config.add_section('google_drive')
        config.set(
            'google_drive', 'encryption_key',
            base64.urlsafe_b64encode(sealed.KEY).decode())
        # each of the processes that are forked would make it
        client._build('drive', 'v3', self.emulator.url + '/')

    def credentials_values(self):
        return {'drive_access': 'all'}

    def prepared(self, drive):
        "The brake is not what is tested"
        Rule = Pool().get('google_drive.rule')
        type(drive).write([drive], {
                'deletion_limit': 10 ** 6,
                'deletion_share': 100,
                'parallel': 2,
                })
        folder = self.admin.create_folder
        roots = {
            PLAIN: folder(USER, "Plain")['id'],
            SEALED: folder(USER, "Sealed")['id'],
            }
        quarantines = {
            # one is within the root of its rule, the other is not
            PLAIN: folder(USER, "Quarantine", parent=roots[PLAIN])['id'],
            SEALED: folder(USER, "Quarantine")['id'],
            }
        Rule.create([{
                    'name': letter,
                    'drive': drive.id,
                    'model': 'party.party',
                    'user': 1,
                    'domain': f'[["name", "like", "{letter}%"]]',
                    'root': roots[letter],
                    'path': '${record.name}',
                    'orphans': 'quarantine',
                    'quarantine': quarantines[letter],
                    'encrypted': letter == SEALED,
                    'document_format': 'txt',
                    } for letter in [PLAIN, SEALED]])
        return {
            'roots': roots,
            'quarantines': quarantines,
            'outside': folder(USER, "Outside")['id'],
            }
