# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The client of the administration of Drive; the standard library only."
import base64

FOLDER = 'application/vnd.google-apps.folder'


class DriveAdmin:
    "content: bytes, a text, or (mimeType given) the text of a document"

    @staticmethod
    def _content(content, mime_type=None):
        if content is None:
            return {}
        if isinstance(content, bytes):
            return {'data': base64.b64encode(content).decode()}
        if isinstance(content, str) and not (mime_type or '').startswith(
                'application/vnd.google-apps.'):
            return {'text': content}
        return {'document': content}

    # -- what people do

    def create_file(self, user: str, name: str, content=None, parent=None,
            client=None, **metadata) -> dict:
        "With the rules; client: created by that application"
        return self._call(
            'create_file', user=user, name=name, parent=parent,
            client=client, **metadata,
            **self._content(content, metadata.get('mimeType')))

    def create_folder(self, user: str, name: str, parent=None, client=None,
            **metadata) -> dict:
        return self.create_file(
            user, name, parent=parent, client=client, mimeType=FOLDER,
            **metadata)

    def edit_file(self, user: str, file: str, content=None, client=None,
            document=None, **metadata) -> dict:
        values = (
            {'document': document} if document is not None
            else self._content(content))
        return self._call(
            'edit_file', user=user, file=file, client=client, **metadata,
            **values)

    def edit_document(self, user: str, file: str, append=None, cell=None,
            number=None, value=None) -> dict:
        """A person writes in the browser: append a paragraph, a row (list)
        or a slide (list of lines); set the value of a cell ('B3'), or of
        the paragraph or slide of a number"""
        return self._call(
            'edit_document', user=user, file=file, append=append, cell=cell,
            number=number, value=value)

    def rename_file(self, user: str, file: str, name: str) -> dict:
        return self.edit_file(user, file, name=name)

    def move_file(self, user: str, file: str, source: str,
            destination: str) -> dict:
        return self.act(
            user, 'drive.files.update', fileId=file, addParents=destination,
            removeParents=source, supportsAllDrives=True)

    def trash_file(self, user: str, file: str, trashed=True) -> dict:
        return self.edit_file(user, file, trashed=trashed)

    def delete_file(self, user: str, file: str) -> None:
        self.act(
            user, 'drive.files.delete', fileId=file, supportsAllDrives=True)

    def view_file(self, user: str, file: str) -> None:
        self._call('view_file', user=user, file=file)

    def open_file_with(self, user: str, file: str, client: str) -> None:
        "drive.file of the application reaches the file from now on"
        self._call('open_file_with', user=user, file=file, client=client)

    def share_file(self, file: str, email, role, type='user',
            expires=None) -> str:
        "Without rules and mails; expires: seconds from now"
        return self._call(
            'share_file', file=file, email=email, role=role, type=type,
            expires=expires)

    def revoke_access(self, file: str, email: str) -> None:
        self._call('revoke_access', file=file, email=email)

    def add_drive(self, user: str, name: str, members=None,
            restrictions=None) -> dict:
        "A shared drive; members: e-mail -> role"
        return self._call(
            'add_drive', user=user, name=name, members=members,
            restrictions=restrictions)

    # -- what happens to files

    def tamper_file(self, file: str, content=None, document=None,
            silent=False, **attributes) -> None:
        "Change it without rules and revision; silent: not in the log"
        values = (
            {'document': document} if document is not None
            else self._content(content))
        self._call(
            'tamper_file', file=file, silent=silent, **values, **attributes)

    def destroy_file(self, file: str) -> None:
        self._call('destroy_file', file=file)

    def reject_change_tokens(self, user=None, drive=None) -> None:
        "Those of the user's or of the shared drive's log until now"
        self._call('reject_change_tokens', user=user, drive=drive)

    def set_quota(self, user: str, limit) -> None:
        self._call('set_quota', user=user, limit=limit)

    # -- what to look at

    def files(self, user=None, drive=None, trashed=True) -> list:
        return self._call('files', user=user, drive=drive, trashed=trashed)

    def file(self, file: str) -> dict:
        return self._call('file', file=file)

    def uploads(self) -> list:
        "The resumable uploads that are known, oldest first"
        return self._call('uploads')

    def file_content(self, file: str, revision=None):
        "bytes, or the text of a document"
        value = self._call('file_content', file=file, revision=revision)
        return base64.b64decode(value) if isinstance(value, str) else value
