# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Where a file is: the path is derived from the folders that are known."""
from trytond.pool import Pool
from trytond.tools import grouped_slice

from .network import ROOT

__all__ = ['Tree']

# Google has 100 levels [Create and populate folders]
DEPTH = 200


class Tree:
    "The folders above the files of one drive, read when they are asked for"

    def __init__(self, drive):
        self.drive = drive
        self.folders = {}

    def load(self, google_ids):
        "Read the folders and all that are above them, a level at a time"
        Folder = Pool().get('google_drive.folder')
        wanted = set(google_ids)
        while wanted := {i for i in wanted if i and i not in self.folders}:
            self.folders.update(dict.fromkeys(wanted))
            for sub_ids in grouped_slice(sorted(wanted), 500):
                for folder in Folder.search([
                            ('drive', '=', self.drive.id),
                            ('google_id', 'in', list(sub_ids)),
                            ]):
                    self.folders[folder.google_id] = (
                        folder.name, folder.parent_google_id, folder.trashed)
            wanted = {
                self.folders[i][1] for i in wanted if self.folders[i]}

    def names(self, google_id, root=None):
        """The names of the folders from the root to the one, as a tuple

        None if it is not below the root, or something between is trashed.
        """
        root = root or self.drive.google_id
        # an application that sees only its own files is not told the
        # identifier of the drive's root: what is above is that
        anywhere = root == ROOT
        self.load([google_id])
        names = []
        for _ in range(DEPTH):
            if google_id == root:
                return tuple(reversed(names))
            folder = self.folders.get(google_id)
            if not folder and anywhere:
                return tuple(reversed(names))
            if not folder:
                break
            name, parent, trashed = folder
            if trashed:
                break
            names.append(name)
            google_id = parent
        return None
