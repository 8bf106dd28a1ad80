# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What a received mail is: an answer, a bounce, an automatic one. Pure."""
import json
import re
from dataclasses import dataclass, field
from email.utils import getaddresses
from itertools import islice
from pathlib import PurePosixPath

from . import mime

__all__ = [
    'Bounce', 'Content', 'HEADERS', 'Received', 'appeared', 'bounce_of',
    'content_of', 'cursor_of', 'loads_cursor', 'received']

# what is asked of each mail before it is known whom it concerns
HEADERS = [
    'From', 'To', 'Cc', 'Subject', 'Date', 'Message-ID', 'In-Reply-To',
    'References', 'Auto-Submitted', 'Precedence', 'Return-Path', 'List-Id',
    'Content-Type', 'X-Failed-Recipients', 'X-Auto-Response-Suppress']
# [System labels] what was not received, or is not to be seen
SKIPPED = {'DRAFT', 'SPAM', 'TRASH', 'CHAT'}
# the nearest of the mails that one names, and the bytes of an identifier
REFERENCES, IDENTIFIER = 100, 998
# the parts that are attachments of their own, and the letters of a name
PARTS, NAME = 200, 200
# the letters of why a mail did not arrive
REASON = 500
_ROBOTS = re.compile(
    r'(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)\b', re.I)


@dataclass
class Received:
    """What the headers of a mail tell.

    ``references`` are the identifiers of In-Reply-To and References, the
    nearest last; ``bounce`` tells that it is about a mail that did not
    arrive; ``automatic`` that nobody wrote it, or that it must not be answered
    automatically [RFC 3834].
    """
    gmail_id: str
    thread_id: str
    labels: set
    size: int
    author: str
    recipients: list
    subject: str
    at: object
    message_id: str
    references: list
    bounce: bool
    automatic: bool


@dataclass
class Bounce:
    """Whom a mail did not reach.

    ``references`` are the identifiers of the mails it may be about,
    ``failed`` the reason by address in lower case.
    """
    references: list
    failed: dict


@dataclass
class Content:
    "The texts of a mail, and its attachments as (name, type, bytes)"
    text: str | None
    html: str | None
    attachments: list = field(repr=False)


def loads_cursor(cursor):
    """The dictionary of a cursor

    ``history`` is the identifier from which on the history is read,
    ``page`` the token of the next page and ``since``, of a listing, the
    seconds since 1970 from which on the mails are listed.
    """
    return json.loads(cursor)


def cursor_of(history, page=None, since=None):
    values = {'history': history}
    if page:
        values.update(page=page)
    if since is not None:
        values.update(since=since)
    return json.dumps(values, sort_keys=True)


def appeared(history):
    """The identifiers of the mails that came, or left the spam, in order

    ``history`` is the list of [users.history.list], whose labels may be
    older than those of the mails.
    """
    added = [
        a['message'] for h in history for a in h.get('messagesAdded', [])]
    freed = [
        r['message']['id'] for h in history
        for r in h.get('labelsRemoved', []) if 'SPAM' in r.get('labelIds', [])]
    return list(dict.fromkeys([
                *(m['id'] for m in added
                    if not SKIPPED & set(m.get('labelIds', []))),
                *freed]))


def _values(headers, name):
    return [
        h.get('value', '') for h in headers
        if h.get('name', '').lower() == name.lower()]


def _first(headers, name):
    return next(iter(_values(headers, name)), '')


def _addresses(headers, *names):
    return [
        mime.clean(a.strip()) for n in names
        for _, a in getaddresses(_values(headers, n)) if '@' in a]


def _fits(identifier):
    # a longer one is nobody's, and too long for an index
    return len(identifier.encode()) <= IDENTIFIER


def _identifier(value):
    "The value of a header Message-ID, empty if it is none"
    text = ' '.join(mime.clean(value).split())
    return text if _fits(text) else ''


def _nearest(identifiers):
    found = map(mime.clean, identifiers[-REFERENCES:])
    return [i for i in found if _fits(i)]


def received(resource):
    "What the resource of a message, in the format metadata, tells"
    headers = resource.get('payload', {}).get('headers', [])
    author = next(iter(_addresses(headers, 'From')), '')
    try:
        at = int(resource.get('internalDate')) / 1000
    except (TypeError, ValueError):
        at = None
    type_ = _first(headers, 'Content-Type').lower()
    bounce = bool(
        _values(headers, 'X-Failed-Recipients')
        or ('multipart/report' in type_ and 'delivery-status' in type_))
    return Received(
        resource['id'], resource.get('threadId'),
        set(resource.get('labelIds', [])),
        int(resource.get('sizeEstimate') or 0),
        author, _addresses(headers, 'To', 'Cc'),
        mime.header_text(_first(headers, 'Subject')), at,
        _identifier(_first(headers, 'Message-ID')),
        _nearest(mime.identifiers(
                _first(headers, 'References'),
                _first(headers, 'In-Reply-To'))),
        bounce, bounce or _is_automatic(headers, author))


def _is_automatic(headers, author):
    "[RFC 3834 2] Tell if it must not be answered automatically"
    submitted = _first(headers, 'Auto-Submitted').partition(';')[0]
    if submitted.strip().lower() not in {'', 'no'}:
        return True
    if _first(headers, 'Precedence').strip().lower() in {
            'bulk', 'junk', 'list', 'auto_reply'}:
        return True
    if _values(headers, 'List-Id') or _values(
            headers, 'X-Auto-Response-Suppress'):
        return True
    paths = _values(headers, 'Return-Path')
    if paths and not _addresses(headers, 'Return-Path'):
        return True
    try:
        mime.address_of(author)
    except mime.MailRefused:
        # nobody to answer
        return True
    local = author.partition('@')[0]
    return bool(
        _ROBOTS.match(local) or local.lower().startswith('owner-')
        or local.lower().endswith('-request'))


def content_of(data):
    """The Content of the bytes of a message

    What has more parts than are attached, or deeper ones than can be read,
    is attached as it is.
    """
    whole = Content(None, None, [('message.eml', 'message/rfc822', data)])
    try:
        message = mime.parse(data)
        bodies = [message.get_body((kind,)) for kind in ['plain', 'html']]
        leaves = list(islice(_leaves(message), PARTS + 1))
    except RecursionError:
        return whole
    # a part without headers is false
    text, html = (_text(b) if b is not None else None for b in bodies)
    if len(leaves) > PARTS:
        return Content(text, html, whole.attachments)
    attachments = []
    for part in leaves:
        if any(part is b for b in bodies):
            continue
        if part.get_content_maintype() == 'message':
            name = part.get_filename() or 'message.eml'
            inner = part.get_payload()
            content = (
                inner[0].as_bytes() if isinstance(inner, list) and inner
                else b'')
        else:
            name = part.get_filename()
            content = part.get_payload(decode=True) or b''
            if not name:
                continue
        attachments.append((_name(name), part.get_content_type(), content))
    return Content(text, html, attachments)


def _name(text):
    "The name of a file, without its path"
    text = re.sub(r'[\x00-\x1f\x7f]+', ' ', mime.clean(str(text)))
    path = PurePosixPath(text.replace('\\', '/'))
    stem = ' '.join(path.stem.split())
    return f'{stem[:NAME]}{path.suffix[:NAME // 4].rstrip()}' or 'attachment'


def _leaves(part):
    "The parts that hold something; a mail that is attached is one"
    if part.is_multipart() and part.get_content_maintype() == 'multipart':
        for child in part.get_payload():
            yield from _leaves(child)
    else:
        yield part


def _text(part):
    try:
        text = part.get_content()
    except (LookupError, UnicodeError):
        # a character set that is none
        text = (part.get_payload(decode=True) or b'').decode(
            'utf-8', 'replace')
    return mime.clean(text)


def bounce_of(data):
    """The Bounce of the bytes of a message, None if it is none

    [RFC 3464]
    """
    try:
        message = mime.parse(data)
        parts = list(message.walk())
    except RecursionError:
        # no server tells so
        return
    failed, references = {}, []
    for value in message.get_all('X-Failed-Recipients', []):
        for _, address in getaddresses([str(value)]):
            failed[address.lower()] = ''
    for part in parts:
        match part.get_content_type():
            case 'message/delivery-status':
                blocks = part.get_payload()
                # of a broken one they are a text
                for block in blocks if isinstance(blocks, list) else []:
                    _read_status(block, failed)
            case 'message/rfc822' | 'text/rfc822-headers':
                references += _original(part)
    references += mime.identifiers(
        message['In-Reply-To'], message['References'])
    if failed or message.get_content_type() == 'multipart/report':
        return Bounce(_nearest(list(dict.fromkeys(references))), failed)


def _read_status(block, failed):
    action = str(block.get('Action', 'failed')).strip().lower()
    # of a forwarded one the mail was sent to the original
    for name in ['Original-Recipient', 'Final-Recipient']:
        recipient = str(block.get(name) or '')
        address = recipient.partition(';')[2].strip(' <>\t').lower()
        if address and action == 'failed':
            failed[address] = mime.header_text(
                block.get('Diagnostic-Code') or block.get('Status'))[:REASON]


def _original(part):
    "The identifiers of the mail that did not arrive"
    inner = part.get_payload()
    if isinstance(inner, list) and inner:
        return mime.identifiers(inner[0]['Message-ID'])
    found = re.search(
        r'(?im)^message-id:\s*(<[^<>\s]+>)', str(inner))
    return [found.group(1)] if found else []
