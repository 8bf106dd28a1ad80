# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"users.messages and users.messages.attachments"
import base64
import binascii
from email.utils import parsedate_to_datetime

from ..api import method
from ..errors import ApiError
from . import calls, conversation, delivery, errors, mime
from .calls import mailbox, message, refusing
from .model import HIDDEN
from .resource import encoded, labelled, part_at, resource

# [Manage labels] cannot be applied or removed by hand
_FIXED = {'SENT', 'DRAFT', 'CHAT'}


def raw_of(call, body):
    "The bytes of the message in the body of a request"
    text = (body or {}).get('raw')
    if isinstance(text, bytes):
        return text  # of an upload
    if not text:
        raise errors.invalid(
            "'raw' RFC822 payload message string or uploading message via "
            "/upload/* URL required")
    try:
        data = base64.b64decode(
            text.replace('-', '+').replace('_', '/')
            + '=' * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        # (unverified) the message
        raise errors.invalid("Invalid value for ByteString: raw")
    limit = call.state.options['json_limit']
    if limit is not None and len(data) > limit:
        # (unverified) google-api-nodejs-client#1491,
        # google-api-go-client#374: larger ones need an upload
        raise ApiError('uploadTooLarge', "Request Entity Too Large", 413)
    return data


def checked_labels(box, names, fixed=True):
    for name in names:
        if name not in box.labels or fixed and name in _FIXED:
            raise errors.invalid(f"Invalid label: {name}")
    return list(dict.fromkeys(names))


@method('gmail.users.messages.get')
def get(call):
    return resource(call, message(call, mailbox(call)))


@method('gmail.users.messages.attachments.get')
def get_attachment(call):
    found = message(call, mailbox(call), 'messageId')
    value = call.state.unseal('attachment', call.params['id'])
    if value is None or value[0] != found.id:
        raise errors.invalid("Invalid attachment token")
    part = part_at(found.mail.tree, value[1])
    if part is None:
        raise errors.not_found()
    data = part.get_payload(decode=True) or b''
    return {'size': len(data), 'data': encoded(data)}


@method('gmail.users.messages.send')
def send(call):
    box = mailbox(call)
    raw = raw_of(call, call.body)
    recipients = refusing(delivery.recipients_of, raw)
    # (unverified) labelIds of the body are ignored
    return labelled(refusing(
            delivery.send, call.state, box, raw, recipients,
            thread_id=call.body.get('threadId')))


@method('gmail.users.messages.insert')
def insert(call):
    return _store(call, 'receivedTime')


@method('gmail.users.messages.import')
def import_(call):
    return _store(call, 'dateHeader')


def _store(call, source):
    """Without sending [users.messages.insert, users.messages.import]

    (unverified) the labels are those of the body only."""
    box = mailbox(call)
    raw = raw_of(call, call.body)
    names = checked_labels(
        box, call.body.get('labelIds') or (), fixed=False)
    if 'DRAFT' in names:
        raise errors.invalid("Invalid label: DRAFT")
    mail = mime.Mail(raw)
    thread = conversation.asked(box, mail, call.body.get('threadId'))
    date = None
    if call.get('internalDateSource', source) == 'dateHeader':
        date = _date(mail)
    stored = box.add(raw, names, date, thread)
    if call.get('deleted'):
        # only in Google Vault
        box.remove(stored)
    return labelled(stored)


def _date(mail):
    try:
        return int(
            parsedate_to_datetime(mail.get('Date')).timestamp() * 1000)
    except (TypeError, ValueError):
        return None


# -- labels

def changes(box, body):
    "The labels to add and to remove of a request"
    add = checked_labels(box, body.get('addLabelIds') or ())
    remove = checked_labels(box, body.get('removeLabelIds') or ())
    if not add and not remove:
        raise errors.invalid("No label add or removes specified")
    if len(add) > 100 or len(remove) > 100:
        # [ModifyMessageRequest] up to 100 labels
        raise errors.invalid("Too many labels")
    if set(add) & set(remove):
        raise errors.invalid(
            "Cannot both add and remove the same label")
    if set(add) & HIDDEN:
        # (unverified) what is in spam or in the trash is in no inbox
        remove = list(dict.fromkeys([*remove, 'INBOX']))
    return add, remove


@method('gmail.users.messages.modify')
def modify(call):
    box = mailbox(call)
    found = message(call, box)
    box.relabel(found, *changes(box, call.body))
    return labelled(found)


def _several(call, box):
    ids = call.body.get('ids') or ()
    if not ids:
        raise errors.invalid("No message ids specified")
    if len(ids) > 1000:
        raise errors.invalid("Too many message ids specified")
    # [users.messages.batchDelete] no guarantees that they exist
    return [box.messages[i] for i in ids if i in box.messages]


@method('gmail.users.messages.batchModify')
def batch_modify(call):
    box = mailbox(call)
    add, remove = changes(box, call.body)
    for found in _several(call, box):
        box.relabel(found, add, remove)


@method('gmail.users.messages.batchDelete')
def batch_delete(call):
    box = mailbox(call)
    for found in _several(call, box):
        box.remove(found)


@method('gmail.users.messages.trash')
def trash(call):
    box = mailbox(call)
    found = message(call, box)
    box.relabel(found, ['TRASH'], ['INBOX'])
    return labelled(found)


@method('gmail.users.messages.untrash')
def untrash(call):
    "(unverified) it does not come back into the inbox"
    box = mailbox(call)
    found = message(call, box)
    box.relabel(found, [], ['TRASH'])
    return labelled(found)


@method('gmail.users.messages.delete')
def delete(call):
    box = mailbox(call)
    box.remove(calls.message(call, box))
