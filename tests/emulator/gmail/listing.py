# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The lists of messages, threads, drafts and of the history."
from ..api import method
from . import calls, drafts, errors, resource
from .calls import mailbox
from .model import HIDDEN
from .query import Query


def _found(call, box, messages):
    "Those that the query, the labels and includeSpamTrash leave"
    labels = set(call.get('labelIds', ()))
    query = None
    # [users.messages.list] not with the scope gmail.metadata
    if 'q' in call.params and calls.metadata_only(call):
        raise errors.forbidden("Metadata scope does not support 'q' parameter")
    if unknown := labels - set(box.labels):
        raise errors.invalid(f"Invalid label: {min(unknown)}")
    if call.get('q'):
        query = Query(box, call.params['q'])
        # (unverified) the index of the search may be late
        shown = call.state.clock() - call.state.options['search_lag']
        messages = [m for m in messages if m.born <= shown]
    hidden = HIDDEN
    if (call.get('includeSpamTrash') or labels & HIDDEN
            or query and query.anywhere):
        hidden = set()
    return [
        m for m in messages
        if not hidden & set(m.labels) and labels <= set(m.labels)
        and (query is None or query.matches(m))]


@method('gmail.users.messages.list')
def list_messages(call):
    box = mailbox(call)
    found = _found(call, box, box.messages.values())
    return calls.page(
        call, box, 'messages', [(m.key, resource.brief(m)) for m in found],
        {}, 'messages')


@method('gmail.users.threads.list')
def list_threads(call):
    "Those with a message that is found, the newest first"
    box = mailbox(call)
    newest = {}
    for message in _found(call, box, box.messages.values()):
        key = newest.get(message.thread_id)
        if key is None or message.key < key:
            newest[message.thread_id] = message.key
    items = []
    for name, key in newest.items():
        last = max(box.threads[name], key=lambda m: (m.date, m.id))
        items.append((key, {
                    'id': name, 'snippet': resource.snippet(last),
                    'historyId': str(max(
                            m.history_id for m in box.threads[name]))}))
    return calls.page(call, box, 'threads', items, {}, 'threads')


@method('gmail.users.drafts.list')
def list_drafts(call):
    box = mailbox(call)
    found = _found(call, box, box.drafts.values())
    return calls.page(
        call, box, 'drafts', [(m.key, drafts.listed(m)) for m in found],
        {}, 'drafts')


_NAMES = {
    'messageAdded': 'messagesAdded', 'messageDeleted': 'messagesDeleted',
    'labelAdded': 'labelsAdded', 'labelRemoved': 'labelsRemoved'}


@method('gmail.users.history.list')
def list_history(call):
    """[users.history.list] what happened after startHistoryId, the oldest
    first"""
    box = mailbox(call)
    text = call.get('startHistoryId')
    if text is None or not text.isdecimal():
        # (unverified) the message
        raise errors.invalid("Missing or invalid startHistoryId")
    start = int(text)
    if not box.knows(start):
        # too old, or never given: list again
        raise errors.not_found()
    kinds = set(call.get('historyTypes', ())) or set(_NAMES)
    label = call.get('labelId')
    if label is not None and label not in box.labels:
        raise errors.invalid(f"Invalid label: {label}")
    items = [
        ([c.id], _record(c)) for c in box.history
        if c.id > start and c.kind in kinds
        and (label is None or label in c.labels or label in c.changed)]
    return calls.paged(
        call, box, 'history', items, {'historyId': str(box.history_id)},
        'history')


def _record(change):
    message = {'id': change.message_id, 'threadId': change.thread_id}
    entry = {'message': dict(message)}
    if change.labels:
        entry['message']['labelIds'] = list(change.labels)
    if change.changed:
        entry['labelIds'] = list(change.changed)
    return {
        'id': str(change.id), 'messages': [message],
        _NAMES[change.kind]: [entry]}
