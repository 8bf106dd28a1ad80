# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"users.threads"
from ..api import method
from . import errors, messages
from .calls import mailbox
from .resource import brief, resource


def _thread(call, box):
    found = box.threads.get(call.params['id'])
    if found is None:
        raise errors.not_found()
    return sorted(found, key=lambda m: (m.date, m.id))


def _answer(call, box, found, items):
    return {
        'id': call.params['id'],
        'historyId': str(max(m.history_id for m in found)),
        'messages': items}


@method('gmail.users.threads.get')
def get(call):
    box = mailbox(call)
    found = _thread(call, box)
    return _answer(call, box, found, [resource(call, m) for m in found])


def _relabel(call, box, add, remove):
    found = _thread(call, box)
    for message in found:
        box.relabel(message, add, remove)
    return _answer(call, box, found, [
            {**brief(m), 'labelIds': list(m.labels)} for m in found])


@method('gmail.users.threads.modify')
def modify(call):
    box = mailbox(call)
    _thread(call, box)
    return _relabel(call, box, *messages.changes(box, call.body))


@method('gmail.users.threads.trash')
def trash(call):
    return _relabel(call, mailbox(call), ['TRASH'], ['INBOX'])


@method('gmail.users.threads.untrash')
def untrash(call):
    return _relabel(call, mailbox(call), [], ['TRASH'])


@method('gmail.users.threads.delete')
def delete(call):
    box = mailbox(call)
    for message in _thread(call, box):
        box.remove(message)
