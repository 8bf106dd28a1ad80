# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The administration of Drive, for tests: no part of Google."
import base64
import hashlib

from ..api import Call
from ..model import AccessToken
from ..state import drive_document
from . import access, drives, trash
from .admin_media import MediaCommands
from .changes import track
from .content import Content
from .documents import Document, kind_of
from .files import create_file, update_file
from .model import ROLES, Grant, at_least, permission_id
from .resource import resource
from .sharing import mark_shared


def client_token(state, user, client, document):
    "A token of the application with every scope of the API"
    if client not in state.clients:
        raise ValueError(f"no client {client}")
    scopes = {s for m in document.methods.values() for s in m.scopes}
    return AccessToken(
        '', client, user.email, sorted(scopes), state.clock() + 3600)


def read_content(data=None, text=None, document=None, mime_type=None):
    "The content of the arguments: base64, text, or that of a document"
    if document is not None:
        return Document(kind_of(mime_type), document)
    if text is not None:
        return Content.from_bytes(text.encode())
    if data is not None:
        return Content.from_bytes(base64.b64decode(data))
    return None


class DriveCommands(MediaCommands):
    def _file(self, file_id):
        file = self.state.drive.files.get(file_id)
        if file is None:
            raise ValueError(f"no file {file_id}")
        return file

    def _show(self, user, file, client=None):
        token = client and client_token(
            self.state, user, client, drive_document())
        return resource(Call(self.state, user, {}, {}, {}, token), file)

    # -- what people do

    def do_create_file(self, user, name, data=None, text=None,
            document=None, parent=None, client=None, **metadata):
        """With the rules of files.create; client: by an application

        The content: data (base64), text, or the text of a document."""
        with self.state.lock:
            account = self._user(user)
            token = client and client_token(
                self.state, account, client, drive_document())
            metadata = {'name': name, **metadata}
            if parent:
                metadata['parents'] = [parent]
            content = read_content(
                data, text, document, metadata.get('mimeType'))
            if isinstance(content, Content) and not metadata.get('mimeType'):
                metadata['mimeType'] = (
                    'text/plain' if text is not None
                    else 'application/octet-stream')
            file = create_file(
                self.state, account, token, metadata, content,
                {'supportsAllDrives': True})
            return self._show(account, file, client)

    def do_edit_file(self, user, file, data=None, text=None, document=None,
            client=None, **metadata):
        "With the rules of files.update; parameters are those of act"
        with self.state.lock:
            account = self._user(user)
            token = client and client_token(
                self.state, account, client, drive_document())
            found = self._file(file)
            content = read_content(data, text, document, found.mime_type)
            update_file(
                self.state, account, token, file, metadata, content,
                {'supportsAllDrives': True})
            return self._show(account, found, client)

    def do_view_file(self, user, file):
        "The user opens it: viewedByMeTime; the version grows"
        with self.state.lock:
            account, found = self._user(user), self._file(file)
            if access.role(self.state, found, account.email) is None:
                raise ValueError(f"{user} may not see {file}")
            found.viewed[account.email] = int(self.state.now() * 1000)
            found.version += 1

    def do_open_file_with(self, user, file, client):
        "drive.file reaches it from now on"
        with self.state.lock:
            account, found = self._user(user), self._file(file)
            if client not in self.state.clients:
                raise ValueError(f"no client {client}")
            found.apps.add((account.email, client))

    def do_share_file(self, file, email, role, type='user', expires=None):
        """Set, change or remove (role None) a permission of the item,
        without the rules and without mails; expires: seconds from now"""
        with self.state.lock:
            found = self._file(file)
            if role not in ROLES:
                raise ValueError(f"unknown role {role}")
            value = email.lower() if email else None
            key = permission_id(type, value)
            with drives.membership(self.state, found), track(
                    self.state, found, 'update', 'permissions'):
                if role is None:
                    found.grants.pop(key, None)
                else:
                    found.grants[key] = Grant(
                        key, type, value, role, expires and int(
                            (self.state.clock() + expires) * 1000))
            if role:
                mark_shared(
                    self.state, found, found.grants[key],
                    found.owner or value)
            else:
                found.shared_to.pop(value, None)
            return key

    def do_revoke_access(self, file, email):
        "The user loses the permission on the item"
        self.do_share_file(file, email, None)

    def do_add_drive(self, user, name, members=None, restrictions=None):
        "A shared drive; members: e-mail -> role"
        with self.state.lock:
            drive = drives.add(self.state, self._user(user), name)
            drive.restrictions.update(restrictions or {})
            for email, role in (members or {}).items():
                if not at_least(role, 'reader') or role == 'owner':
                    raise ValueError(f"unknown role {role}")
                self.do_share_file(drive.id, email, role)
            return {'id': drive.id, 'name': name}

    # -- what happens to files

    def do_tamper_file(self, file, data=None, text=None, document=None,
            silent=False, **attributes):
        """Change the file behind everybody's back: no rules, no new
        revision; silent: not even a change in the log

        attributes: of the emulator's File, such as name, trashed,
        abusive, app_properties, modified (milliseconds)."""
        with self.state.lock:
            found = self._file(file)
            content = read_content(data, text, document, found.mime_type)
            for name in attributes:
                if not hasattr(found, name):
                    raise ValueError(f"unknown attribute {name}")
            if silent:
                self._tamper(found, content, attributes)
            else:
                with track(self.state, found, 'update', 'content'):
                    self._tamper(found, content, attributes)

    @staticmethod
    def _tamper(file, content, attributes):
        if content is not None:
            file.head.content = content
        for name, value in attributes.items():
            setattr(file, name, value)

    def do_destroy_file(self, file):
        "Gone, as if its owner had deleted it for good"
        with self.state.lock:
            trash.remove(self.state, self._file(file))

    def do_reject_change_tokens(self, user=None, drive=None):
        "The change tokens of the log until now are refused"
        with self.state.lock:
            log = drive or self._user(user).email
            epochs = self.state.drive.epochs
            epochs[log] = epochs.get(log, 0) + 1

    def do_set_quota(self, user, limit):
        "Bytes; None: unlimited"
        with self.state.lock:
            self.state.drive.quotas[self._user(user).email] = limit

    def forget_files(self, user):
        "What becomes of the files of a deleted account"
        store = self.state.drive
        store.deleted.add(user.email)
        root = store.roots.pop(user.email, None)
        for file in list(store.files.values()):
            if (file.owner == user.email and file.id in store.files
                    and file.id != root):
                trash.remove(self.state, file)
        if root:
            store.remove(store.files[root])
        for key in [k for k in store.app_folders if k[0] == user.email]:
            store.app_folders.pop(key)

    # -- what to look at

    def do_files(self, user=None, drive=None, trashed=True):
        """Every file, with all that is stored, the digest of its bytes and
        its path; user: of the owner; drive: of the shared drive"""
        with self.state.lock:
            store = self.state.drive
            owner = user and self._user(user).email
            return [
                self._dump(f) for f in store.files.values()
                if not f.root and owner in {None, f.owner}
                and drive in {None, f.drive_id}
                and (trashed or not store.is_trashed(f))]

    def do_file(self, file):
        with self.state.lock:
            return self._dump(self._file(file))

    def _dump(self, file):
        store = self.state.drive
        names = [f.name for f in store.ancestors(file)]
        answer = {
            n: getattr(file, n) for n in [
                'id', 'name', 'mime_type', 'owner', 'drive_id', 'parent',
                'space', 'description', 'created', 'modified', 'version',
                'properties', 'app_properties', 'restriction', 'target',
                'copy_needs_writer', 'writers_share', 'color', 'limited',
                'last_user', 'original_name']}
        answer.update({
                'path': '/'.join([*reversed(names), file.name]),
                'trashed': store.is_trashed(file),
                'explicitly_trashed': file.trashed,
                'starred': sorted(file.starred),
                'apps': sorted(file.apps),
                'revisions': len(file.revisions),
                'kept': [r.id for r in file.revisions if r.keep],
                'permissions': [
                    {'id': one.grant.id, 'type': one.grant.type,
                        'value': one.grant.value, 'role': one.role,
                        'inherited': one.inherited}
                    for one in access.effective(
                        self.state, file).values()],
                })
        content = file.content
        if isinstance(content, Content):
            answer.update({
                    'size': content.size, 'md5': content.md5,
                    'sha256': content.sha256})
        elif content is not None:
            answer['document'] = content.text
            answer['sha256'] = hashlib.sha256(
                content.plain.encode()).hexdigest()
        return answer

    def do_file_content(self, file, revision=None):
        "base64 of the bytes, or the text of a document"
        with self.state.lock:
            found = self._file(file)
            held = next(
                (r for r in found.revisions if r.id == revision),
                None) if revision else found.head
            if held is None:
                raise ValueError("no content")
            if isinstance(held.content, Content):
                return base64.b64encode(held.content.read()).decode()
            return held.content.text
