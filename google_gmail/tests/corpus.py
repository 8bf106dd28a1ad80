# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Real and odd messages, made here.

Each function takes the author and the recipient and returns a message.
"""
from email import message_from_bytes, policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

__all__ = ['CORPUS', 'IMAGE', 'LARGE', 'parsed', 'plain']

# a dot of 1 x 1
IMAGE = (
    b'GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01'
    b'\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;')
TEXT = "Grüße aus Köln, 10 € — 日本語 😀\n"
LARGE = bytes(range(256)) * 8192
CORPUS = {}


def case(function):
    CORPUS[function.__name__] = function
    return function


def plain(author, to, body="Hello\n", subject="Hello", **options):
    message = EmailMessage()
    message['From'] = author
    message['To'] = to
    message['Subject'] = subject
    message['Date'] = "Mon, 30 Nov 2026 10:00:00 +0100"
    if body is not None:
        message.set_content(body, **options)
    return message


def parsed(author, to, lines, eol=b'\r\n', policy=policy.compat32):
    "A message that was read, such as one that is passed on"
    data = [
        f'From: {author}'.encode(),
        f'To: {to}'.encode(),
        *lines]
    return message_from_bytes(eol.join(data), policy=policy)


@case
def ascii(author, to):
    return plain(author, to)


@case
def empty_body(author, to):
    return plain(author, to, '')


@case
def no_body(author, to):
    return plain(author, to, None)


@case
def only_html(author, to):
    return plain(author, to, f'<p>{TEXT}</p>\n', subtype='html')


@case
def quoted_printable(author, to):
    return plain(author, to, TEXT, cte='quoted-printable')


@case
def base64(author, to):
    return plain(author, to, TEXT * 20, cte='base64')


@case
def eight_bit(author, to):
    return plain(author, to, TEXT, cte='8bit')


@case
def latin_1(author, to):
    return plain(author, to, "Grüße\n", charset='iso-8859-1')


@case
def utf_16(author, to):
    return plain(author, to, TEXT, charset='utf-16', cte='base64')


@case
def dots(author, to):
    return plain(author, to, ".\n..\n.begin\n\n.\n", cte='7bit')


@case
def long_lines(author, to):
    return plain(author, to, f'{"word " * 1000}\n{"x" * 2000}\n')


@case
def blanks(author, to):
    return plain(
        author, to, "  begin\ttab \nend   \n\n\n\x0cpage\n\n\n", cte='7bit')


@case
def from_line(author, to):
    return plain(author, to, "From here to there\n>From\n", cte='7bit')


@case
def no_end_of_line(author, to):
    message = plain(author, to, None)
    message['Content-Type'] = 'text/plain; charset="us-ascii"'
    message.set_payload("No end")
    return message


@case
def long_headers(author, to):
    message = plain(author, to, subject="Long word " * 60)
    message['References'] = ' '.join(
        f'<{"i" * 40}.{n}@customer.test>' for n in range(30))
    message['X-Unbroken'] = 'x' * 400
    message['X-Text'] = TEXT.strip() * 30
    return message


@case
def encoded_subject(author, to):
    return plain(author, to, subject=TEXT.strip() * 5)


@case
def display_names(author, to):
    message = plain(Address('Alice, "the" boss 😀', addr_spec=author), to)
    del message['To']
    message['To'] = [
        Address('Müller, "Bob" (Köln) \\ 😀', addr_spec=to),
        Address("O'Neil; x@y.z", addr_spec=f'second.{to}')]
    return message


@case
def idn(author, to):
    message = plain(author, to)
    message['Cc'] = 'someone@xn--bcher-kva.example'
    return message


@case
def repeated_headers(author, to):
    message = plain(author, to)
    for number in range(3):
        message['X-Again'] = str(number)
    message['X-Empty'] = ''
    return message


@case
def alternative(author, to):
    message = plain(author, to, TEXT)
    message.add_alternative(f'<p>{TEXT}</p>', subtype='html')
    return message


@case
def inline_image(author, to):
    message = plain(author, to, TEXT)
    message.add_alternative('<img src="cid:image@example.com">',
        subtype='html')
    _, html = message.iter_parts()
    html.add_related(IMAGE, 'image', 'gif', cid='<image@example.com>')
    message.add_attachment(
        b'%PDF-1.7\r\n\x00\xff', maintype='application', subtype='pdf',
        filename=('utf-8', 'de', "Angebot für Köln.pdf"))
    return message


@case
def nested(author, to):
    message = inline_image(author, to)
    for number in range(5):
        outer = plain(author, to, None)
        outer.make_mixed()
        outer.attach(_part(message, number))
        message = outer
    return message


def _part(message, number):
    "The message as a part, without its headers"
    for name in ['From', 'To', 'Subject', 'Date', 'MIME-Version']:
        del message[name]
    message['X-Level'] = str(number)
    return message


@case
def forwarded(author, to):
    message = plain(author, to, TEXT)
    inner = alternative('other@customer.test', 'third@customer.test')
    inner['Bcc'] = 'inner@customer.test'
    inner['Message-ID'] = '<inner@customer.test>'
    message.add_attachment(inner)
    return message


@case
def old_interface(author, to):
    message = MIMEMultipart()
    message['From'] = author
    message['To'] = to
    message['Subject'] = "Old"
    message.attach(MIMEText(TEXT, 'plain', 'utf-8'))
    message.attach(MIMEText("From here\n.\n", 'plain', 'us-ascii'))
    part = MIMEApplication(b'\x00\r\n.\r\n\xff')
    part.add_header('Content-Disposition', 'attachment', filename='x.bin')
    message.attach(part)
    return message


@case
def read_crlf(author, to):
    return parsed(author, to, [
            b'Subject: =?iso-8859-1?Q?Gr=FC=DFe?=',
            b'Content-Type: text/plain; charset=utf-8',
            b'Content-Transfer-Encoding: 8bit',
            b'',
            TEXT.strip().encode(),
            b'.',
            b''])


@case
def read_lf(author, to):
    return parsed(author, to, [
            b'Subject: folded',
            b'\tby a tab',
            b'  and blanks',
            b'Content-Type: text/plain; charset=utf-8',
            b'Content-Transfer-Encoding: 8bit',
            b'',
            TEXT.strip().encode(),
            b''], eol=b'\n')


@case
def read_strange(author, to):
    "A charset that nobody knows, a boundary with blanks, text around parts"
    return parsed(author, to, [
            b'Subject: strange',
            b'MIME-Version: 1.0 (by a comment)',
            b'Content-Type: multipart/mixed; boundary="== a b =="',
            b'',
            b'Before',
            b'--== a b ==',
            b'Content-Type: text/plain; charset=x-nobody',
            b'Content-Transfer-Encoding: 8bit',
            b'',
            b'\x80\x81\xfe',
            b'--== a b ==',
            b'',
            b'no headers',
            b'--== a b ==--',
            b'After',
            b''])


@case
def read_default_policy(author, to):
    return parsed(author, to, [
            b'Subject: read',
            b'Content-Type: text/plain; charset=utf-8',
            b'Content-Transfer-Encoding: quoted-printable',
            b'',
            b'soft =',
            b'break =C3=BC',
            b''], policy=policy.default)


@case
def large(author, to):
    "So large that it is not sent in JSON"
    message = plain(author, to, TEXT)
    message.add_attachment(
        LARGE, maintype='application', subtype='octet-stream',
        filename='large.bin')
    return message
