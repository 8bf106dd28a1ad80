# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Channels of Drive [Notifications for resource changes]"
from .. import channels
from ..api import method
from . import access, changes

HOUR = 3600
WEEK = 7 * 86400


@method('drive.changes.watch')
def watch_changes(call):
    # [Retrieve changes] the pageToken is needed
    log = changes.log_of(call)
    changes.check_query(call)
    changes.position(call, log)
    return channels.open_channel(
        call, 'changes', log, HOUR, call.state.options['channel_life'])


@method('drive.files.watch')
def watch_file(call):
    file = access.find(call, call.params['fileId'])
    return channels.open_channel(
        call, 'files', file.id, HOUR,
        call.state.options['file_channel_life'])


@method('drive.channels.stop')
def stop(call):
    channels.stop(call)


def live(state, channel):
    "Whether the user may still know of what is watched"
    store = state.drive
    if channel.kind == 'files':
        file = store.files.get(channel.owner)
        # who lost the access is told once that it is gone
        return file is not None and access.role(
            state, file, channel.user) is not None
    if channel.owner == channel.user:
        return True
    return access.member(state, channel.owner, channel.user)


def messages(state, channel, types):
    "(state, what changed) of each message that the changes make"
    if channel.kind == 'changes':
        # the table has change, the example changed
        return [(state.options['change_state'], ())]
    result = []
    for event in ['add', 'update', 'trash', 'untrash', 'remove']:
        found = [t[1:] for t in types if t[0] == event]
        if found:
            result.append((event, sorted({w for f in found for w in f})))
    return result
