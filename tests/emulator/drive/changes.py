# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The change logs [Retrieve changes; Track changes for users and shared
drives]

Each user and each shared drive has a log with the newest change of each
item.  What happens to a folder is not repeated for what it holds."""
from contextlib import contextmanager

from ..api import method
from ..errors import ApiError
from ..paging import cut
from ..state import stamp_text
from . import access, errors
from .model import Entry
from .resource import resource


def audience(state, file):
    "The logs that the changes of the item are in"
    if file.space == 'appDataFolder':
        return {file.owner}
    held = access.effective(state, file)
    result = set()
    if file.drive_id:
        result.add(file.drive_id)
        grants = list(file.grants.values()) if not file.root else []
    else:
        grants = [one.grant for one in held.values()]
    for email in state.users:
        named = any(
            g.type in {'user', 'group'} and access.matches(state, g, email)
            for g in grants)
        opened = email in file.viewed and not file.drive_id
        # members of a shared drive must read its own log
        if (named and not access.member(state, file.drive_id, email)
                or opened and access.role(state, file, email)):
            result.add(email)
    return result


def put(state, log, kind, item, removed=False):
    "Replace the item's entry of the log"
    store = state.drive
    store.seq += 1
    entries = store.logs.setdefault(log, {})
    entries[kind, item] = Entry(
        store.seq, int(state.now() * 1000), kind, item, removed)
    state.touch('changes', log)


@contextmanager
def track(state, file, event, *what):
    """Note what is done to the file within the block

    event: add, update, trash, untrash, remove; what: see
    [Notifications for resource changes] X-Goog-Changed"""
    before = audience(state, file) if file.id in state.drive.files else set()
    yield
    there = file.id in state.drive.files
    after = audience(state, file) if there else set()
    # (undocumented) steps of the version: not always one
    file.version += 1 + file.version % 2
    for log in sorted(before | after):
        put(state, log, 'file', file.id, log not in after)
    state.touch('files', file.id, (event, *what))


def mark(state, log):
    return seal(state, log, state.drive.seq)


def seal(state, log, after, empty=0):
    return state.seal('drive-changes', {
            'l': log, 'a': after, 'n': empty,
            'e': state.drive.epochs.get(log, 0)})


def log_of(call):
    drive_id = call.get('driveId') or call.get('teamDriveId')
    if drive_id is None:
        return call.user.email
    if not access.all_drives(call):
        # (undocumented) the reason
        raise errors.bad(
            "The driveId parameter requires supportsAllDrives.", 'driveId')
    if drive_id not in call.state.drive.drives:
        raise errors.drive_not_found(drive_id)
    if not access.member(call.state, drive_id, call.user.email):
        # [Resolve errors]
        raise ApiError('teamDriveMembershipRequired')
    return drive_id


@method('drive.changes.getStartPageToken')
def start(call):
    return {
        'kind': 'drive#startPageToken',
        'startPageToken': mark(call.state, log_of(call)),
        }


def position(call, log):
    "(after, number of empty pages sent); tokens do not expire"
    text = call.get('pageToken')
    value = call.state.unseal('drive-changes', text)
    if (value is None or value['l'] != log
            or value['e'] != call.state.drive.epochs.get(log, 0)):
        raise ApiError('invalid', location='pageToken')
    return [value['a']], value['n']


def spaces(call):
    "The spaces that are asked for, checked against the scopes"
    names = [n.strip() for n in call.get('spaces', 'drive').split(',')]
    for name in names:
        if name not in {'drive', 'appDataFolder'}:
            raise errors.bad(
                f"Invalid value {name}", 'spaces', 'invalid')
        if name == 'appDataFolder':
            access.resolve(call, name)
    if names == ['drive'] and call.token is not None and not (
            access.scopes(call.token) - {'drive.appdata'}) & (
            access.WIDE | access.CONTENT):
        raise ApiError(
            'insufficientScopes', "The granted scopes do not give access to "
            "all of the requested spaces.", code=403, location='spaces')
    return names


def check_query(call):
    log_of(call)
    wide = bool(
        call.get('includeItemsFromAllDrives')
        or call.get('includeTeamDriveItems'))
    if wide and not access.all_drives(call):
        # (undocumented) the reason
        raise errors.bad(
            "includeItemsFromAllDrives requires supportsAllDrives.",
            'includeItemsFromAllDrives')
    if not wide and call.user.email != log_of(call):
        raise errors.bad(
            "driveId requires includeItemsFromAllDrives.",
            'includeItemsFromAllDrives')
    if wide and call.get('restrictToMyDrive'):
        raise errors.bad(
            "restrictToMyDrive excludes items of shared drives.",
            'restrictToMyDrive')
    return wide


@method('drive.changes.list')
def changes(call):
    state = call.state
    log = log_of(call)
    wide, names = check_query(call), spaces(call)
    after, empty = position(call, log)
    items = []
    entries = state.drive.logs.get(log, {}).values()
    for entry in sorted(entries, key=lambda e: e.seq):
        if entry.seq > after[0]:
            shown = _show(call, entry, wide, names)
            if shown is not None:
                items.append(([entry.seq], shown))
    end = state.drive.seq
    limit = call.get('pageSize', 100)
    page, after, empty, more = cut(state, items, after, limit, empty)
    answer = {'kind': 'drive#changeList', 'changes': page}
    if more:
        answer['nextPageToken'] = seal(state, log, after[0], empty)
    else:
        answer['newStartPageToken'] = seal(state, log, end)
    return answer


def _show(call, entry, wide, names):
    answer = {
        'kind': 'drive#change',
        'changeType': entry.kind,
        'type': entry.kind,
        'time': stamp_text(entry.at),
        }
    if entry.kind == 'drive':
        return _show_drive(call, entry, answer) if wide else None
    return _show_file(call, entry, answer, wide, names)


def _show_drive(call, entry, answer):
    from .drives import resource as drive_resource
    drive = call.state.drive.drives.get(entry.id)
    there = drive is not None and access.member(
        call.state, entry.id, call.user.email)
    if not there and call.get('includeRemoved') is False:
        return None
    answer.update({
            'driveId': entry.id, 'teamDriveId': entry.id,
            'removed': not there})
    if there:
        answer['drive'] = drive_resource(call, drive)
    return answer


def _show_file(call, entry, answer, wide, names):
    state = call.state
    file = state.drive.files.get(entry.id)
    known = file or state.drive.gone[entry.id]
    if known.space not in names:
        return None
    if call.token is not None and not access.reaches(
            call.token, known, access.scopes(call.token)):
        return None
    removed = entry.removed
    there = file is not None and access.role(
        state, file, call.user.email) is not None
    if known.drive_id and not wide and not removed:
        return None
    if call.get('restrictToMyDrive') and not _in_my_drive(call, known):
        return None
    removed = removed or not there
    if removed and call.get('includeRemoved') is False:
        return None
    answer.update({'fileId': entry.id, 'removed': removed})
    if known.drive_id and not removed:
        answer['driveId'] = answer['teamDriveId'] = known.drive_id
    shown = there and (
        not known.drive_id or access.all_drives(call))
    # [Changes: list] includeCorpusRemovals: it is elsewhere now
    if not removed or shown and call.get('includeCorpusRemovals'):
        answer['file'] = resource(call, file)
    return answer


def _in_my_drive(call, file):
    store = call.state.drive
    if file.id not in store.files:
        return file.owner == call.user.email
    mine = store.roots.get(call.user.email)
    return any(f.id == mine for f in store.ancestors(file))
