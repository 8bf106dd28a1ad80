# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"users.drafts [Create and send draft emails]"
import random

from ..api import method
from . import conversation, delivery, errors, mime
from .calls import mailbox, refusing
from .messages import raw_of
from .resource import brief, labelled, resource


def _draft(call, box, name=None):
    name = call.params.get('id') if name is None else name
    found = box.drafts.get(name)
    if found is None:
        raise errors.not_found()
    return found


def _content(call):
    "The message of the body, checked"
    body = (call.body or {}).get('message') or {}
    raw = raw_of(call, body)
    # no recipient is needed, but an address must be one
    # (FlowCrypt/flowcrypt-browser#1370)
    refusing(delivery.recipients_of, raw, needed=False)
    size = call.state.options['message_limit']
    if len(raw) > size and mime.Mail(raw).content_size > size:
        raise errors.invalid("Message too large")
    return raw, body.get('threadId')


def _store(box, draft_id, raw, thread):
    message = box.add(raw, ['DRAFT'], thread=thread)
    message.draft_id = draft_id
    box.drafts[draft_id] = message
    return {'id': draft_id, 'message': labelled(message)}


@method('gmail.users.drafts.create')
def create(call):
    box = mailbox(call)
    raw, thread_id = _content(call)
    thread = conversation.asked(box, mime.Mail(raw), thread_id)
    return _store(box, f'r{random.randrange(10**18, 9 * 10**18)}', raw, thread)


@method('gmail.users.drafts.get')
def get(call):
    found = _draft(call, mailbox(call))
    return {'id': found.draft_id, 'message': resource(call, found)}


@method('gmail.users.drafts.update')
def update(call):
    """The content is replaced: the message has another id [Create and send
    draft emails]"""
    box = mailbox(call)
    old = _draft(call, box)
    raw, thread_id = _content(call)
    if thread_id:
        thread = conversation.asked(box, mime.Mail(raw), thread_id)
    else:
        # (unverified) it stays in its thread
        thread = old.thread_id
    answer = _store(box, old.draft_id, raw, thread)
    old.draft_id = None
    box.remove(old)
    return answer


@method('gmail.users.drafts.delete')
def delete(call):
    box = mailbox(call)
    box.remove(_draft(call, box))


@method('gmail.users.drafts.send')
def send(call):
    """The draft is deleted, and a message with another id and the label
    SENT is created [Create and send draft emails]"""
    box = mailbox(call)
    body = call.body or {}
    if not body.get('id'):
        # (unverified) the message
        raise errors.invalid("Draft id required")
    old = _draft(call, box, body['id'])
    raw, thread_id = old.raw, None
    if (body.get('message') or {}).get('raw'):
        # with another content than the draft has
        raw, thread_id = _content(call)
    recipients = refusing(delivery.recipients_of, raw)
    sent = refusing(
        delivery.send, call.state, box, raw, recipients,
        thread_id=thread_id, draft=old)
    return labelled(sent)


def listed(message):
    return {'id': message.draft_id, 'message': brief(message)}
