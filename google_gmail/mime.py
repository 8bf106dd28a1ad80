# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Messages as bytes: what Tryton made is what Google is handed.

Pure: no record, no network, no clock.
"""
import base64
import copy
import io
import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.errors import MessageError
from email.generator import BytesGenerator
from email.header import decode_header, make_header
from email.policy import SMTP
from email.utils import formataddr, getaddresses
from itertools import zip_longest

__all__ = [
    'MAXIMUM_RECIPIENTS', 'MAXIMUM_SIZE', 'Mail', 'MailRefused', 'address_of',
    'body_of', 'clean', 'compose', 'from_google', 'header_text',
    'identifiers', 'with_hidden']

# [Gmail Help: Send attachments] of the attachments, as they are encoded
MAXIMUM_SIZE = 25 * 2 ** 20
# [Gmail sending limits in Google Workspace] of SMTP and of the API
MAXIMUM_RECIPIENTS = 100
KINDS = ['to', 'cc', 'bcc']
# RFC 5322: what follows the end of a line in a header begins with a blank
_BROKEN = re.compile(r'(\r\n|\r|\n)(?![ \t])')
_LINE_END = re.compile(rb'\r\n|\r|\n')
_ADDRESS = re.compile(r'[^\s@<>(),;:\\"\[\]\x00-\x1f\x7f]+@[^\s@<>(),;:\\"]+')
_IDENTIFIER = re.compile(r'<[^<>\s]+>')


class MailRefused(ValueError):
    """The message can not be sent as it is.

    ``code`` is the name of a message of google_gmail without its prefix
    ``msg_error_``, ``arguments`` what it is formatted with.
    """

    def __init__(self, code, **arguments):
        super().__init__(code)
        self.code = code
        self.arguments = arguments


@dataclass
class Mail:
    """What is to be sent.

    - ``data``: the bytes of the message, lines end with CR LF, without Bcc.
    - ``sender``: the address of the envelope.
    - ``author``: the address of the header From.
    - ``recipients``: ``(kind, address)`` of each of the envelope; the kind
      is ``to``, ``cc`` or ``bcc``.
    - ``unwanted``: addresses of the headers that are not in the envelope.
    - ``references``: the identifiers of In-Reply-To and References.
    """
    data: bytes = field(repr=False)
    sender: str
    author: str
    recipients: list
    unwanted: list
    subject: str
    message_id: str
    references: list


def clean(text):
    "The text without what a database can not keep"
    return text.replace('\x00', '').encode('utf-8', 'replace').decode()


def header_text(value):
    "The text of a header, decoded, in one line"
    try:
        text = str(make_header(decode_header(str(value or ''))))
    except (LookupError, UnicodeError, ValueError):
        text = str(value)
    return ' '.join(clean(text).split())


def address_of(text):
    """The address as it travels, its domain in ASCII.

    Raises MailRefused for what is no address.
    """
    address = text.strip()
    local, at, domain = address.rpartition('@')
    try:
        domain = domain.encode('idna').decode('ascii')
    except UnicodeError:
        raise MailRefused('address', address=address) from None
    address = local + at + domain
    if not _ADDRESS.fullmatch(address) or len(address) > 320:
        raise MailRefused('address', address=text.strip())
    return address


def identifiers(*values):
    "The identifiers <...> that the values of headers name, in order, once"
    return list(dict.fromkeys(
            found for value in values
            for found in _IDENTIFIER.findall(str(value or ''))))


def _named(value):
    "The names and addresses of the value of a header"
    # its text may have names with a comma, decoded
    for address in getattr(value, 'addresses', [value]):
        if hasattr(address, 'addr_spec'):
            yield address.display_name, address.addr_spec
        else:
            # a list of texts stays what it is
            found = getaddresses([str(address)])
            text = str(address).strip()
            if (found and not any(a for _, a in found)
                    and not text.endswith(';')):
                # neither an address nor an empty group: tell, do not lose it
                found = [('', text)]
            yield from found


def _addresses(message, name):
    return [
        address_of(a) for value in message.get_all(name, [])
        for _, a in _named(value) if a.strip(' <>')]


def _write_domains(message):
    "Write the domains in ASCII, as Google knows no other envelope"
    for name in ['From', 'Sender', 'Reply-To', 'To', 'Cc']:
        named = list(_named(message[name])) if name in message else []
        if not all(a.rpartition('@')[2].isascii() for _, a in named):
            message.replace_header(name, ', '.join(
                    formataddr((n, address_of(a))) for n, a in named
                    if a.strip(' <>')))


def _check_headers(message):
    for name, value in message.raw_items():
        if _BROKEN.search(name) or _BROKEN.search(str(value)):
            raise MailRefused('header', header=header_text(name))


def _flatten(message, addresses):
    "The bytes that smtplib would hand over, with no line changed"
    message = copy.copy(message)
    del message['Bcc']
    del message['Resent-Bcc']
    _write_domains(message)
    policy = message.policy
    if not all(a.isascii() for a in addresses):
        policy = policy.clone(utf8=True)
    file = io.BytesIO()
    generator = BytesGenerator(file, mangle_from_=False, policy=policy)
    generator.flatten(message, linesep='\r\n')
    # those within a header stay what they are
    data = _LINE_END.sub(b'\r\n', file.getvalue())
    _check_written(message, data)
    return data


def _check_written(message, data):
    "Refuse a header of which another one has been made"
    # old policies break a line wherever str.splitlines does
    head, _, _ = data.partition(b'\r\n\r\n')
    written = [
        line.partition(b':')[0] for line in head.split(b'\r\n')
        if not line.startswith((b' ', b'\t'))]
    names = [n.encode('utf-8', 'surrogateescape') for n in message.keys()]
    for i, (name, other) in enumerate(zip_longest(names, written)):
        if name != other:
            header = message.keys()[max(i - 1, 0)]
            raise MailRefused('header', header=header_text(header))


def compose(message, sender=None, recipients=None, draft=False):
    """Return the Mail of an email.message.Message

    ``sender`` and ``recipients`` are the envelope, None for what the headers
    say, as of smtplib.SMTP.send_message; a ``draft`` needs no recipient.
    Raises MailRefused.
    """
    _check_headers(message)
    if not message['Message-ID']:
        raise MailRefused('message_id')
    headers = {k: _addresses(message, k) for k in KINDS}
    authors = _addresses(message, 'From')
    if len(authors) != 1:
        raise MailRefused('author')
    author, = authors
    if sender:
        sender = address_of(getaddresses([sender])[0][1])
    else:
        sender = next(iter(_addresses(message, 'Sender')), author)
    kinds = {a.lower(): k for k in reversed(KINDS) for a in headers[k]}
    if recipients is None:
        envelope = [a for k in KINDS for a in headers[k]]
    else:
        if isinstance(recipients, str):
            recipients = [recipients]
        envelope = [
            address_of(a) for _, a in getaddresses(list(recipients))]
    envelope = list({a.lower(): a for a in envelope}.values())
    if not envelope and not draft:
        raise MailRefused('no_recipient')
    if len(envelope) > MAXIMUM_RECIPIENTS:
        raise MailRefused(
            'recipients', count=len(envelope), limit=MAXIMUM_RECIPIENTS)
    wanted = {a.lower() for a in envelope}
    try:
        data = _flatten(message, [sender, author, *envelope])
    except MailRefused:
        raise
    except (LookupError, MessageError, UnicodeError, ValueError) as error:
        raise MailRefused('message') from error
    if len(data) > MAXIMUM_SIZE:
        raise MailRefused(
            'size', size=round(len(data) / 2 ** 20, 1),
            limit=MAXIMUM_SIZE // 2 ** 20)
    return Mail(
        data, sender, author,
        [(kinds.get(a.lower(), 'bcc'), a) for a in envelope],
        [a for k in ['to', 'cc'] for a in headers[k]
            if a.lower() not in wanted],
        header_text(message['Subject']),
        str(message['Message-ID']).strip(),
        identifiers(message['In-Reply-To'], message['References']))


def with_hidden(data, addresses):
    """The bytes with the addresses in a header Bcc.

    The API has no envelope: it delivers to those whom the headers name, and
    removes this one [users.messages.send].
    """
    if not addresses:
        return data
    return b'Bcc: ' + ',\r\n '.join(addresses).encode() + b'\r\n' + data


def from_google(raw):
    "The bytes of the field raw [Message resource], padded or not"
    return base64.urlsafe_b64decode(raw + '==')


def body_of(data):
    "The bytes that follow the headers, without regard to the ends of lines"
    data = data.replace(b'\r\n', b'\n')
    return data.partition(b'\n\n')[2].rstrip(b'\n')


def parse(data):
    "The message of the bytes"
    return message_from_bytes(data, policy=SMTP)
