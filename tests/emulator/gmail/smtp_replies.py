# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""The replies of smtp.gmail.com [Gmail SMTP errors and codes]

(unverified) the texts that the page does not have: those that users of the
port report."""

MORE = 'https://support.google.com/mail/?p='

AUTHENTICATION = (
    "530-5.7.0 Authentication Required. For more information, go to\n"
    f"530 5.7.0  {MORE}WantAuthError")
STARTTLS = "530 5.7.0 Must issue a STARTTLS command first."
HELLO = "503 5.5.1 EHLO/HELO first."
CREDENTIALS = (
    "535-5.7.8 Username and Password not accepted. For more information, go "
    f"to\n535 5.7.8  {MORE}BadCredentials")
DAILY = (
    "550-5.4.5 Daily user sending limit exceeded. For more information on "
    f"Gmail\n550 5.4.5 sending limits go to {MORE}UserSendingLimitExceeded")
SIZE = (
    "552-5.2.3 Your message exceeded Google's message size limits. To view "
    f"our\n552 5.2.3 message size guidelines, go to {MORE}MaxSizeError")
RECIPIENTS = "452 4.5.3 Your message has too many recipients."
UNKNOWN = (
    "550-5.1.1 The email account that you tried to reach does not exist. "
    "Please try\n550-5.1.1 double-checking the recipient's email address "
    f"for typos or\n550 5.1.1 unnecessary spaces. Learn more at {MORE}"
    "NoSuchUser")
ADDRESS = "553 5.1.3 The recipient address is not a valid RFC 5321 address."
TIMEOUT = "451 4.4.2 Timeout - closing connection."
SYNTAX = "555 5.5.2 Syntax error, cannot decode response."

# what an injected status says
_STATUSES = {
    421: "4.7.0 Try again later, closing connection.",
    450: "4.2.1 The user you are trying to contact is receiving mail too "
    "quickly. Please resend your message at a later time.",
    451: "4.3.0 Mail server temporarily rejected message.",
    452: "4.5.3 Your message has too many recipients.",
    454: "4.7.0 Cannot authenticate due to a temporary system problem. Try "
    "again later.",
    530: "5.7.0 Authentication Required.",
    534: "5.7.9 Application-specific password required.",
    535: "5.7.8 Username and Password not accepted.",
    550: "5.1.1 The email account that you tried to reach does not exist.",
    552: "5.2.3 Your message exceeded Google's message size limits.",
    553: "5.1.3 The recipient address is not a valid RFC 5321 address.",
    554: "5.6.0 Mail message is malformed. Not accepted.",
    555: "5.5.2 Syntax error, cannot decode response.",
    }
# what the library says, by its beginning
_LIBRARY = [
    ('500 Command line too long', SYNTAX),
    ('500 Line too long', "554 5.6.0 Mail message is malformed."),
    ('500 Error', "502 5.5.1 Unrecognized command."),
    ('501 Syntax', SYNTAX),
    ('501 Error', SYNTAX),
    ('503 Error: need MAIL', "503 5.5.1 MAIL first."),
    ('503 Error: need RCPT', "503 5.5.1 RCPT first."),
    ('503 Error', "503 5.5.1 Bad sequence of commands."),
    ('503 Already', "503 5.5.1 Already authenticated."),
    ('552 Error', SIZE),
    ('553 5.1.3', ADDRESS),
    ('555 ', SYNTAX),
    ('535 ', CREDENTIALS),
    ('235 ', "235 2.7.0 Accepted"),
    ('220 Ready', "220 2.0.0 Ready to start TLS"),
    ('354 ', "354  Go ahead"),
    ]
_DONE = {'MAIL': '2.1.0 OK', 'RCPT': '2.1.5 OK', 'RSET': '2.1.5 Flushed'}


def injected(status, message, name):
    "The reply of an injected status"
    if message is None:
        message = _STATUSES.get(status, '')
        if name == 'smtp.data' and status == 550:
            message = "5.4.5 Daily user sending limit exceeded."
    lines = message.split('\n')
    return '\n'.join([
            *(f'{status}-{line}' for line in lines[:-1]),
            f'{status} {lines[-1]}'])


def translated(text, command):
    "What Gmail says in the place of the library"
    if text == '250 OK':
        return f"250 {_DONE.get(command, '2.0.0 OK')}"
    for beginning, reply in _LIBRARY:
        if text.startswith(beginning):
            return reply
    return text


def signed(text, mark):
    "[Gmail SMTP errors and codes] gsmtp is added to all of them"
    lines = text.split('\n')
    if not text.startswith(('334', '354', '250-', '220 smtp')):
        lines[-1] += f' {mark} - gsmtp'
    return '\r\n'.join(lines)
