# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"users.getProfile, watch, stop, and what there is of the settings"
import re

from ..api import method
from . import errors
from .calls import mailbox
from .model import Watch

_TOPIC = re.compile(r'projects/[^/]+/topics/[A-Za-z][\w\-.~+%]{2,254}$')


@method('gmail.users.getProfile')
def profile(call):
    box = mailbox(call)
    return {
        'emailAddress': box.email,
        'messagesTotal': len(box.messages),
        'threadsTotal': len(box.threads),
        'historyId': str(box.history_id)}


# -- notifications [Configure push notifications in Gmail API]

@method('gmail.users.watch')
def watch(call):
    box = mailbox(call)
    topic = call.body.get('topicName') or ''
    if not _TOPIC.match(topic):
        # (unverified) the project of the topic is not compared
        raise errors.invalid(
            "Invalid topicName does not match projects/<project>/topics/*")
    labels = call.body.get('labelIds') or []
    if unknown := [n for n in labels if n not in box.labels]:
        raise errors.invalid(f"Invalid label: {unknown[0]}")
    how = call.body.get('labelFilterBehavior') or call.body.get(
        'labelFilterAction')
    state = call.state
    life = state.options['watch_life']
    box.watch = Watch(
        topic, list(labels), how == 'exclude', state.clock() + life)
    # one is sent at once
    box.publish(box.watch.labels if how != 'exclude' else ())
    return {
        'historyId': str(box.history_id),
        'expiration': str(int((state.now() + life) * 1000))}


@method('gmail.users.stop')
def stop(call):
    mailbox(call).watch = None


# -- settings [Manage aliases and signatures]

def _send_as(alias):
    result = {
        'sendAsEmail': alias.email,
        'displayName': alias.name if not alias.primary else '',
        'replyToAddress': alias.reply_to,
        'signature': alias.signature,
        'isDefault': alias.default,
        }
    if alias.primary:
        result['isPrimary'] = True
    elif alias.status:
        # only of custom addresses
        result['treatAsAlias'] = True
        result['verificationStatus'] = alias.status
    return result


@method('gmail.users.settings.sendAs.list')
def list_aliases(call):
    return {
        'sendAs': [_send_as(a) for a in mailbox(call).aliases.values()]}


@method('gmail.users.settings.sendAs.get')
def get_alias(call):
    found = mailbox(call).aliases.get(call.params['sendAsEmail'].lower())
    if found is None:
        raise errors.not_found()
    return _send_as(found)


@method('gmail.users.settings.getVacation')
def vacation(call):
    mailbox(call)
    return {'enableAutoReply': False}


@method('gmail.users.settings.getAutoForwarding')
def auto_forwarding(call):
    mailbox(call)
    return {'enabled': False}
