# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Trash and deletion [Trash or delete files and folders]"
from ..api import method
from . import access, activity, errors
from .changes import track

LIFE = 30 * 86400


def set_trashed(call, file, trashed):
    "The user's right is checked already"
    state = call.state
    if trashed == file.trashed:
        # (undocumented) what was trashed with its folder stays there
        return
    event = 'trash' if trashed else 'untrash'
    with track(state, file, event):
        file.trashed = trashed
        if trashed:
            file.trashed_by = call.user.email
            file.trashed_at = int(state.now() * 1000)
            state.drive.trash[file.id] = None
        else:
            file.trashed_by = file.trashed_at = None
            state.drive.trash.pop(file.id, None)
    if trashed:
        activity.note(state, call.user, file, delete={'type': 'TRASH'})
    else:
        activity.note(state, call.user, file, restore={'type': 'UNTRASH'})


def purge(state):
    "What is in the trash for 30 days is gone"
    store = state.drive
    limit = (state.now() - LIFE) * 1000
    for file_id in list(store.trash):
        file = store.files.get(file_id)
        if file is not None and file.trashed_at < limit:
            remove(state, file)


def remove(state, file):
    "Delete for good, with what the owner has below"
    store = state.drive
    mine = [
        f for f in reversed(store.below(file))
        if f.owner == file.owner]
    others = [f for f in store.below(file) if f.owner != file.owner]
    gone = {f.id for f in mine} | {file.id}
    for other in others:
        if other.parent in gone:
            _orphan(state, other)
    for one in mine:
        if state.options['delete_lists_children']:
            with track(state, one, 'remove'):
                store.remove(one)
        else:
            # (undocumented) the log lists the folder alone
            store.remove(one)
            state.touch('files', one.id, ('remove',))
    parent = file.parent
    with track(state, file, 'remove'):
        store.remove(file)
    if parent:
        state.touch('files', parent, ('update', 'children'))


def _orphan(state, file):
    "[Files: delete] under the root of its owner"
    owner = state.users.get(file.owner)
    with track(state, file, 'update', 'parents'):
        if owner is not None:
            state.drive.move(file, access.root(state, owner).id)
        else:
            state.drive.remove(file)


@method('drive.files.delete')
def delete(call):
    file = access.find(call, call.params['fileId'])
    access.require(call, file, 'canDelete')
    activity.note(
        call.state, call.user, file, delete={'type': 'PERMANENT_DELETE'})
    remove(call.state, file)


@method('drive.files.emptyTrash')
def empty_trash(call):
    "All of the user's trashed files, or those of a shared drive"
    state, drive_id = call.state, call.get('driveId')
    if drive_id:
        if drive_id not in state.drive.drives or not access.member(
                state, drive_id, call.user.email):
            raise errors.drive_not_found(drive_id)
        root = state.drive.files[drive_id]
        if not access.level(
                state, root, call.user.email, 'organizer'):
            raise errors.insufficient(root)
    for file_id in list(state.drive.trash):
        file = state.drive.files.get(file_id)
        if file is None:
            continue
        mine = (
            file.drive_id == drive_id if drive_id
            else file.owner == call.user.email)
        if mine:
            activity.note(
                state, call.user, file,
                delete={'type': 'PERMANENT_DELETE'})
            remove(state, file)
