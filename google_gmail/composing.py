# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""How a mail is written, as the E-Mail dialog of Tryton does.

trytond.ir.email_ writes and sends in one step.
"""
import mimetypes
from email.message import EmailMessage
from email.utils import formatdate, getaddresses, make_msgid

import lxml.etree
import lxml.html

import trytond.config as config
from trytond.report import html_to_text
from trytond.tools.email_ import format_address, set_from_header
from trytond.url import host

from . import mime

__all__ = ['check_texts', 'dated', 'set_body', 'text_of', 'written']

_BLOCKS = ['br', 'div', 'h1', 'h2', 'h3', 'li', 'p', 'tr']


def dated():
    "A message with the headers that any has"
    message = EmailMessage()
    message['Date'] = formatdate()
    message['Message-ID'] = make_msgid(domain=host())
    return message


def set_body(message, html):
    "Set the HTML as the body, and its text besides"
    message.set_content(text_of(html))
    message.add_alternative(html, subtype='html')


def text_of(html):
    "The text of HTML"
    text = html_to_text(html)
    if text is not None:
        return text
    # html2text is not installed
    parser = lxml.html.HTMLParser(encoding='utf-8')
    try:
        document = lxml.html.document_fromstring(html.encode(), parser)
    except lxml.etree.ParserError:
        # there is nothing in it
        return ''
    lxml.etree.strip_elements(
        document, 'head', 'script', 'style', lxml.etree.Comment,
        with_tail=False)
    for block in document.iter(*_BLOCKS):
        block.tail = '\n' + (block.tail or '')
    return document.text_content().strip() + '\n'


def written(user, to, cc, bcc, subject, body, files):
    """The message that the user writes

    - ``user``: the record, of whom are the address and the signature.
    - ``to``, ``cc``, ``bcc``: the texts of the addresses, or None.
    - ``body``: HTML.
    - ``files``: the attachments, as (name, bytes).

    Raises MailRefused for a text that is no list of addresses.
    """
    message = dated()
    if user.signature:
        body = f'{body}<br/>\n-- <br/>\n{user.signature}'
    set_body(message, f'<!DOCTYPE html>\n<html><body>{body}</body></html>')
    for name, data in files:
        type_, _ = mimetypes.guess_type(name)
        main, sub = (type_ or 'application/octet-stream').split('/', 1)
        message.add_attachment(
            data, maintype=main, subtype=sub, filename=('utf-8', '', name))
    from_ = config.get('email', 'from')
    set_from_header(message, from_, user.email or from_)
    for name, text in [('To', to), ('Cc', cc), ('Bcc', bcc)]:
        if text:
            message[name] = _addresses(name, text)
    message['Subject'] = ' '.join((subject or '').split())
    return message


def check_texts(to, cc, bcc, subject):
    "Raise MailRefused for what can be no header"
    _check_line('Subject', subject or '')
    for name, text in [('To', to), ('Cc', cc), ('Bcc', bcc)]:
        if text:
            _addresses(name, text)


def _check_line(name, text):
    # where Python would break a line
    if text.splitlines() not in ([], [text]):
        raise mime.MailRefused('header', header=name)


def _addresses(name, text):
    _check_line(name, text)
    result = []
    for name, address in getaddresses([text]):
        if not address:
            raise mime.MailRefused('address', address=text)
        mime.address_of(address)
        result.append(format_address(address, name))
    return result
