# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The administration of documents and uploads, for tests: no part of Google."
from .documents import Document
from .files import update_file
from .sessions import sessions_of


def edited(document, append=None, cell=None, number=None, value=None):
    "The document after one edit"
    if append is not None:
        return document.append(append)
    if cell is not None:
        return document.set_cell(cell, value)
    if document.kind == 'presentation':
        return document.set_slide(number, value)
    return document.set_paragraph(number, value)


class MediaCommands:
    def do_edit_document(self, user, file, **values):
        """A person writes in the browser: append a paragraph, a row or a
        slide; set the value of a cell (its name), or of the paragraph or
        slide of a number"""
        with self.state.lock:
            found = self._file(file)
            if not isinstance(found.content, Document):
                raise ValueError(f"{file} is no document")
            account = self._user(user)
            update_file(
                self.state, account, None, file, {},
                edited(found.content, **values),
                {'supportsAllDrives': True})
            return self._show(account, found)

    def do_uploads(self):
        "The resumable uploads that are known, oldest first"
        with self.state.lock:
            return [{
                    'method': s.found.id,
                    'user': s.token.email,
                    'name': s.metadata.get('name'),
                    'received': s.received,
                    'total': s.total,
                    'done': s.result is not None,
                    'expires': s.expires,
                    } for s in sessions_of(self.state).values()]
