# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"capabilities, computed from the rights [Files resource]"
from .access import UNRESTRICTED, above, effective, member, role
from .model import ROLES, at_least


def capabilities(state, file, email):
    held = role(state, file, email)
    if file.drive_id:
        parent = held if file.root else above(state, file, email)
    else:
        parent = held

    def has(minimum, which=held):
        return which is not None and at_least(which, minimum)

    result = _common(state, file, email, has)
    if file.drive_id:
        result.update(_in_drive(state, file, email, has, parent))
    else:
        result.update(_in_my_drive(state, file, email, has))
    return result


def download_role(state, file):
    "The least role that may download, print and copy"
    restriction = file.download_restriction or {}
    drive = state.drive.drives.get(file.drive_id)
    restrictions = drive.restrictions if drive else {}
    if restriction.get('restrictedForWriters'):
        return 'organizer'
    if (file.copy_needs_writer or restriction.get('restrictedForReaders')
            or restrictions.get('copyRequiresWriterPermission')):
        return 'writer'
    return 'reader'


def _common(state, file, email, has):
    edit, folder = has('writer'), file.folder
    manage = has('organizer')
    content = edit and file.restriction is None
    download = has(download_role(state, file))
    restrict = file.mime_type not in UNRESTRICTED
    owner_only = bool(
        file.restriction and file.restriction.get('ownerRestricted'))
    editor = edit and restrict and (manage or not owner_only)
    return {
        'canEdit': edit,
        'canModifyContent': content,
        'canRename': content and not file.root,
        'canComment': has('commenter') and file.restriction is None,
        'canCopy': download and not folder,
        'canDownload': download,
        'canAddChildren': folder and edit,
        'canListChildren': folder and has('reader'),
        'canReadRevisions': edit and not folder,
        'canModifyEditorContentRestriction': editor,
        'canModifyContentRestriction': editor,
        'canModifyOwnerContentRestriction': manage and restrict,
        'canRemoveContentRestriction': (
            file.restriction is not None and (manage if owner_only
                else edit)),
        'canChangeCopyRequiresWriterPermission': edit and not folder,
        'canChangeViewersCanCopyContent': edit and not folder,
        'canChangeItemDownloadRestriction': manage and not folder,
        'canChangeSecurityUpdateEnabled': False,
        'canReadLabels': has('reader'),
        'canModifyLabels': edit,
        'canStartApproval': edit and not folder,
        'canDisableInheritedPermissions': (
            folder and manage and not file.root and not file.limited),
        'canEnableInheritedPermissions': (
            folder and manage and not file.root and file.limited),
        }


def _in_my_drive(state, file, email, has):
    owner, edit = has('owner'), has('writer')
    loose = not file.root
    shown = file.space == 'drive'
    pending = any(
        one.grant.pending and one.grant.value == email
        for one in effective(state, file).values())
    return {
        # [Trash or delete files and folders] only the owner
        'canDelete': owner and loose,
        'canTrash': owner and loose and shown,
        'canUntrash': owner and loose and shown,
        'canShare': shown and loose and (
            owner or edit and file.writers_share),
        'canRemoveChildren': file.folder and edit,
        'canMoveItemWithinDrive': edit and loose,
        'canMoveItemOutOfDrive': (
            edit and loose and shown and not file.folder),
        'canMoveChildrenWithinDrive': file.folder and edit,
        'canAddMyDriveParent': False,
        # [Roles and permissions] remove items from the folder
        'canRemoveMyDriveParent': loose and edit and (
            owner or above(state, file, email) in {'writer', 'owner'}),
        'canAcceptOwnership': pending,
        }


def _in_drive(state, file, email, has, parent):
    "[Roles and permissions] the notes: the role on a parent counts"
    organize, manage = has('fileOrganizer'), has('organizer')
    drive = state.drive.drives[file.drive_id]
    loose, folder = not file.root, file.folder
    if file.root:
        share = manage
    elif not folder:
        share = has('writer')
    else:
        share = manage if drive.restrictions.get(
            'sharingFoldersRequiresOrganizerPermission') else organize
    best = ROLES.index(parent)

    def over(minimum):
        return best >= ROLES.index(minimum)

    result = {
        'canDelete': loose and over('organizer'),
        'canTrash': loose and over('fileOrganizer'),
        'canUntrash': loose and over('fileOrganizer'),
        'canShare': share,
        'canRemoveChildren': False,
        'canMoveItemWithinDrive': loose and over('fileOrganizer'),
        'canMoveItemOutOfDrive': (
            loose and not folder and over('organizer')),
        'canAddFolderFromAnotherDrive': False,
        'canDeleteChildren': folder and manage,
        'canTrashChildren': folder and organize,
        'canMoveChildrenOutOfDrive': folder and manage,
        'canMoveChildrenWithinDrive': folder and organize,
        'canReadDrive': member(state, file.drive_id, email),
        }
    if file.root:
        # [Roles and permissions] the metadata of a shared drive
        result['canEdit'] = result['canModifyContent'] = manage
    return result
