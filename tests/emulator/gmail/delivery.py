# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Sending and delivering [Create and send email messages; Manage aliases
and signatures; Gmail sending limits in Google Workspace]"""
import secrets
from email.utils import formatdate

from . import bounce, conversation, errors, limits, mime

_FIELDS = ['To', 'Cc', 'Bcc']


class Refused(Exception):
    "A message that is not accepted; the API and SMTP say it differently"

    def __init__(self, kind, message, moment=None):
        self.kind = kind  # from, to, raw, recipients, size, limit, rate
        self.message = message
        self.moment = moment  # when it may be tried again
        super().__init__(message)


def recipients_of(raw, needed=True):
    """The addresses of To, Cc and Bcc, each once [users.messages.send]

    raises Refused where one is none, or where there is none and it is
    needed."""
    mail = mime.Mail(raw)
    result = []
    for name in _FIELDS:
        for text in mail.all(name):
            try:
                found = mime.addresses(text, name)
            except mime.Invalid:
                raise Refused('to', f"Invalid {name} header")
            for _, address in found:
                if address.lower() not in map(str.lower, result):
                    result.append(address)
    if needed and not result:
        raise Refused('recipients', "Recipient address required")
    return result


def check(state, box, raw, recipients):
    """Refuse what is too large or too much; return whether it is
    delivered"""
    maximum = state.options['recipients_limit']
    if len(recipients) > maximum:
        # [Usage limits (Gmail)] (unverified) the error
        raise Refused(
            'recipients', f"Too many recipients: {len(recipients)} of "
            f"{maximum}")
    size = state.options['message_limit']
    if len(raw) > size and mime.Mail(raw).content_size > size:
        # (unverified) the error: the page says 25 MB of attachments
        raise Refused('size', "Message too large")
    return limits.check(state, box, recipients)


def prepared(state, box, raw, way):
    """The message as Gmail sends it: From, Message-ID, Date

    way: api, smtp."""
    raw = _sender(box, raw)
    mail = mime.Mail(raw)
    replace = state.options['replace_message_id']
    if not mail.message_id or replace in {'always', way}:
        # (unverified) gauteh/lieer#198, FlowCrypt/flowcrypt-browser#4269
        raw = mime.replaced(
            raw, 'Message-ID',
            f'<CA{secrets.token_urlsafe(30)}@mail.gmail.com>')
    if not mail.get('Date'):
        # (unverified) what is missing is added
        raw = mime.replaced(
            raw, 'Date', formatdate(state.now(), localtime=False))
    return raw


def _sender(box, raw):
    """[Manage aliases and signatures] only the account and its verified
    aliases are senders; (unverified) any other is replaced, and kept in
    X-Google-Original-From"""
    mail = mime.Mail(raw)
    text = mail.get('From')
    try:
        found = mime.addresses(text, 'From') if text else []
    except mime.Invalid:
        found = []
    name, address = found[0] if found else ('', '')
    alias = box.aliases.get(address.lower())
    if alias is not None and alias.status != 'pending':
        return raw
    own = box.email
    if name and len(found) == 1 and '<' in text:
        # the name stays as it is written
        own = f"{text[:text.rindex('<')]}<{own}>"
    raw = mime.replaced(raw, 'From', own)
    if text:
        raw = mime.replaced(raw, 'X-Google-Original-From', text)
    return raw


def send(state, box, raw, recipients, way='api', thread_id=None,
        sender=None, draft=None):
    """Send a message, and keep it in Sent; return the stored message

    recipients: of the envelope; sender: that of the envelope; draft: which
    it was until now."""
    delivered = check(state, box, raw, recipients)
    raw = prepared(state, box, raw, way)
    if draft is not None and not thread_id:
        # (unverified) it stays in the thread of the draft
        thread = draft.thread_id
    else:
        thread = conversation.asked(box, mime.Mail(raw), thread_id)
    sender = sender if sender in box.aliases else box.email
    places, lost, own = [], [], False
    for address in expanded(state, recipients) if delivered else ():
        target = state.gmail.find(state, address)
        if status := bounce.status(state, address, target):
            lost.append((address, status))
        elif target is box:
            own = True
        elif target is not None:
            places.append((address, target))
        elif address not in state.calendars:
            places.append((address, None))
    limits.count(state, box, recipients)
    # (unverified) a mail to oneself is one message
    message = box.add(
        raw, ['SENT', *(['INBOX', 'UNREAD'] if own else [])],
        thread=thread)
    if draft is not None:
        box.remove(draft)
    for address, target in places:
        arriving = arrived(state, raw, sender, address, way)
        if target is None:
            state.gmail.outside.append({
                    'to': address, 'sender': sender, 'user': box.email,
                    'raw': arriving, 'at': state.now()})
        else:
            receive(target, arriving)
    if lost:
        report = bounce.report(state, box, message, lost)
        state.gmail.held.append((box, report))
        if not state.options['hold_bounces']:
            release(state)
    return message


def release(state):
    "Deliver the reports of what came back; return how many"
    held, state.gmail.held = state.gmail.held, []
    for box, report in held:
        receive(box, report, any_subject=True)
    return len(held)


def expanded(state, recipients):
    "With the members instead of their group"
    result = []
    for address in recipients:
        members = state.members(address.lower())
        for one in members or [address]:
            if one not in result:
                result.append(one)
    return result


def arrived(state, raw, sender, address, way):
    """What a recipient gets: without Bcc, with the headers of the way

    (unverified) which headers Google adds, and their order."""
    date = formatdate(state.now(), localtime=False)
    mark = secrets.token_hex(6)
    received = {
        'api': 'Received: from 1064 named unknown by gmailapi.google.com '
        f'with HTTPREST; {date}',
        'smtp': 'Received: from localhost (localhost [127.0.0.1])\n'
        f'        by smtp.gmail.com with ESMTPSA id {mark};\n'
        f'        {date}',
        'outside': 'Received: from mail.outside.example\n'
        f'        by mx.google.com with ESMTPS id {mark};\n        {date}',
        }[way]
    return mime.prepended(
        mime.without(raw, 'bcc'),
        f'Delivered-To: {address}',
        f'Received: by 2002:a05:6402:{mark[:4]} with SMTP id {mark};\n'
        f'        {date}',
        f'Return-Path: <{sender}>', received)


def receive(box, raw, any_subject=False, labels=('INBOX', 'UNREAD'),
        thread=None):
    "A mail that arrives in a mailbox"
    thread = thread or conversation.found(box, mime.Mail(raw), any_subject)
    return box.add(raw, labels, thread=thread)


def api_error(refused):
    "The answer of the API to a message that is refused"
    if refused.kind == 'limit':
        # [Resolve errors (Gmail)] the time to retry is in the message
        return errors.error(429, 'rateLimitExceeded', refused.message)
    if refused.kind == 'rate':
        return errors.error(
            403, 'rateLimitExceeded', refused.message, 'PERMISSION_DENIED')
    return errors.invalid(refused.message)
