# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"users.labels [Manage labels]"
from ..api import merge, method
from . import errors
from .calls import mailbox
from .model import SYSTEM, Label

# [LabelColor resource] the only ones
_COLORS = set('''
    000000 434343 666666 999999 cccccc efefef f3f3f3 ffffff fb4c2f ffad47
    fad165 16a766 43d692 4a86e8 a479e2 f691b3 f6c5be ffe6c7 fef1d1 b9e4d0
    c6f3de c9daf8 e4d7f5 fcdee8 efa093 ffd6a2 fce8b3 89d3b2 a0eac9 a4c2f4
    d0bcf1 fbc8d9 e66550 ffbc6b fcda83 44b984 68dfa9 6d9eeb b694e8 f7a7c0
    cc3a21 eaa041 f2c960 149e60 3dc789 3c78d8 8e63ce e07798 ac2b16 cf8933
    d5ae49 0b804b 2a9c68 285bac 653e9b b65775 822111 a46a21 aa8831 076239
    1a764d 1c4587 41236d 83334c 464646 e7e7e7 0d3472 b6cff5 0d3b44 98d7e4
    3d188e e3d7ff 711a36 fbd3e0 8a1c0a f2b2a8 7a2e0b ffc8af 7a4706 ffdeb5
    594c05 fbe983 684e07 fdedc1 0b4f30 b3efd3 04502e a2dcc1 c2c2c2 4986e7
    2da2bb b99aff 994a64 f691b2 ff7537 ffad46 662e37 ebdbde cca6ac 094228
    42d692 16a765 757575 1e53b8 007286 7858c3 c2185b d93025 54240e 633e04
    521d28 202124 083018
    '''.split())
# (unverified)
_LENGTH = 225


def listed(label):
    "What the list has of a label"
    return {
        'id': label.id, 'name': label.name, 'type': label.type,
        **{k: v for k, v in label.values.items() if v is not None}}


def resource(box, label):
    inside = [m for m in box.messages.values() if label.id in m.labels]
    unread = [m for m in inside if 'UNREAD' in m.labels]
    return {
        **listed(label),
        'messagesTotal': len(inside), 'messagesUnread': len(unread),
        'threadsTotal': len({m.thread_id for m in inside}),
        'threadsUnread': len({m.thread_id for m in unread})}


def _label(call, box):
    found = box.labels.get(call.params['id'])
    if found is None:
        raise errors.not_found()
    return found


def _values(body):
    result = {
        n: body.get(n) for n in [
            'messageListVisibility', 'labelListVisibility', 'color']}
    color = result['color']
    if color is not None:
        for name in ['backgroundColor', 'textColor']:
            value = color.get(name) or ''
            if value.lower().removeprefix('#') not in _COLORS:
                raise errors.invalid(
                    f"Label color {value} is not on the allowed color "
                    "palette")
    return {k: v for k, v in result.items() if v is not None}


def _check_name(box, name, own=None):
    """(unverified) the rules of a name: the levels of a nested label are
    not empty; the reserved names are refused"""
    if (not name or not name.strip() or len(name) > _LENGTH
            or any(not part.strip() for part in name.split('/'))
            or name.upper() in SYSTEM or name.strip() != name):
        raise errors.invalid("Invalid label name")
    found = box.label_named(name)
    if found is not None and found is not own:
        # gauteh/lieer#29 and #207: also with another case
        raise errors.conflict("Label name exists or conflicts")


@method('gmail.users.labels.list')
def list_(call):
    return {'labels': [listed(b) for b in mailbox(call).labels.values()]}


@method('gmail.users.labels.get')
def get(call):
    box = mailbox(call)
    return resource(box, _label(call, box))


@method('gmail.users.labels.create')
def create(call):
    box = mailbox(call)
    _check_name(box, call.body.get('name'))
    values = {
        'messageListVisibility': 'show', 'labelListVisibility': 'labelShow',
        **_values(call.body)}
    if len(box.labels) - len(SYSTEM) >= call.state.options['label_limit']:
        # [Manage labels] 10,000 in a mailbox; (unverified) the message
        raise errors.invalid("Label limit exceeded")
    box.label_number += 1
    label = Label(
        f'Label_{box.label_number}', call.body['name'], values=values)
    box.labels[label.id] = label
    return listed(label)


def _change(call, body):
    box = mailbox(call)
    label = _label(call, box)
    if label.type == 'system':
        raise errors.invalid("Invalid update request")
    if body.get('id') not in {None, label.id}:
        raise errors.invalid("Invalid label id")
    _check_name(box, body.get('name'), label)
    values = _values(body)
    label.name, label.values = body['name'], values
    return listed(label)


@method('gmail.users.labels.update')
def update(call):
    return _change(call, call.body)


@method('gmail.users.labels.patch')
def patch(call):
    box = mailbox(call)
    label = _label(call, box)
    return _change(
        call, merge({'name': label.name, **label.values}, call.body))


@method('gmail.users.labels.delete')
def delete(call):
    """It is removed from what it is applied to [users.labels.delete]

    (unverified) that the history has it."""
    box = mailbox(call)
    label = _label(call, box)
    if label.type == 'system':
        raise errors.invalid("Invalid delete request")
    drop(box, label)


def drop(box, label):
    for message in box.messages.values():
        box.relabel(message, [], [label.id])
    del box.labels[label.id]
