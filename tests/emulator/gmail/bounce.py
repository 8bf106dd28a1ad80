# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Mails that cannot be delivered, and what their sender is told (RFC 3464)

(unverified) the texts, the parts and the headers are those that Gmail's
reports were seen to have; no page documents them."""
import secrets
from email.message import EmailMessage, Message
from email.policy import SMTP
from email.utils import formatdate, make_msgid

from . import mime

_TEXTS = {
    '5.1.1': "550 5.1.1 The email account that you tried to reach does not "
    "exist.",
    '5.1.2': "DNS Error: domain name not found",
    '5.2.2': "552 5.2.2 The recipient's inbox is out of storage space.",
    }


def status(state, address, target=None):
    """Why the mails to an address come back, or None

    target: the mailbox that it has here."""
    address = address.lower()
    domain = address.rpartition('@')[2]
    known = state.gmail.bounces
    if found := known.get(address) or known.get(domain):
        return found
    if target is not None:
        return None
    own = {u.email.rpartition('@')[2]
        for u in state.users.values() if not u.service}
    if domain in own and address not in state.calendars:
        return '5.1.1'
    return None


def report(state, box, message, lost):
    "The delivery status notification for the sender, as bytes"
    mail = message.mail
    names = ', '.join(a for a, _ in lost)
    result = EmailMessage(policy=SMTP)
    result['From'] = (
        'Mail Delivery Subsystem <mailer-daemon@googlemail.com>')
    result['To'] = box.email
    result['Auto-Submitted'] = 'auto-replied'
    result['Subject'] = 'Delivery Status Notification (Failure)'
    result['References'] = mail.message_id
    result['In-Reply-To'] = mail.message_id
    result['Message-ID'] = make_msgid(domain='mx.google.com')
    result['Date'] = formatdate(state.now(), localtime=False)
    result['X-Failed-Recipients'] = names
    result['MIME-Version'] = '1.0'
    boundary = secrets.token_hex(14)
    text = ''.join(
        "\r\n** Address not found **\r\n\r\nYour message wasn't delivered "
        f"to {a} because the address couldn't be found, or is unable to "
        f"receive mail.\r\n\r\nThe response was:\r\n\r\n{_text(s)}\r\n"
        for a, s in lost)
    parts = [
        b'Content-Type: text/plain; charset="UTF-8"\r\n\r\n'
        + text.encode(),
        b'Content-Type: message/delivery-status\r\n\r\n'
        + _delivery_status(state, mail, lost),
        b'Content-Type: message/rfc822\r\n\r\n'
        + mime.without(message.raw, 'bcc'),
        ]
    line = b'--' + boundary.encode()
    head = (
        f'Delivered-To: {box.email}\r\nReturn-Path: <>\r\n'.encode()
        + result.as_bytes().rstrip() + b'\r\n'
        + b'Content-Type: multipart/report; boundary="' + boundary.encode()
        + b'"; report-type=delivery-status\r\n\r\n')
    return head + b''.join(
        line + b'\r\n' + p + b'\r\n' for p in parts) + line + b'--\r\n'


def _text(code):
    return _TEXTS.get(code, f"{'4' if code[0] == '4' else '5'}50 {code}")


def _delivery_status(state, mail, lost):
    first = Message()
    first['Reporting-MTA'] = 'dns; googlemail.com'
    first['Arrival-Date'] = formatdate(state.now(), localtime=False)
    first['X-Original-Message-ID'] = mail.message_id
    blocks = [first]
    for address, code in lost:
        block = Message()
        block['Final-Recipient'] = f'rfc822; {address}'
        block['Action'] = 'failed'
        block['Status'] = code
        block['Diagnostic-Code'] = f'smtp; {_text(code)}'
        block['Last-Attempt-Date'] = formatdate(
            state.now(), localtime=False)
        blocks.append(block)
    return b'\r\n'.join(
        ''.join(f'{n}: {v}\r\n' for n, v in b.items()).encode()
        for b in blocks)
