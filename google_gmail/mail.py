# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Everything that Tryton sends goes into the outbox, if it is for Gmail.

trytond.sendmail has no hook: its two ways out are replaced, once for a
process. Whatever address of a server is not gmail:// goes the way it went.
"""
from urllib.parse import unquote, urlsplit

import trytond.config as config
import trytond.sendmail as sendmail
from trytond.modules.google_integration import bookkeeping
from trytond.modules.google_integration.sync_log import format_error
from trytond.pool import Pool
from trytond.transaction import Transaction

from .exceptions import MailError, MailNotSent

__all__ = ['account_name', 'install', 'is_gmail', 'refused']

SCHEME = 'gmail'


def is_gmail(uri=None):
    "Tell if mails for the address go into the outbox"
    uri = uri or config.get('email', 'uri') or ''
    return urlsplit(uri).scheme == SCHEME


def account_name(uri=None):
    "The name of the account that the address tells, None if there is none"
    uri = uri or config.get('email', 'uri') or ''
    # not the host name, which is in lower case
    return unquote(urlsplit(uri).netloc) or None


def refused(error):
    "The MailError that tells people of a MailRefused"
    return MailError(format_error(
            f'google_gmail.{error.code}', bookkeeping.dumps(error.arguments)))


def outbox():
    "The model of the outbox; raises MailNotSent if nothing can be put there"
    transaction = Transaction()
    if not transaction.connection:
        raise MailNotSent(
            "A mail for Gmail can only be sent from within a transaction.")
    if transaction.readonly:
        raise MailNotSent(
            "A mail for Gmail can not be sent from a read-only transaction: "
            "it would not be kept.")
    try:
        return Pool().get('google_gmail.message')
    except KeyError:
        raise MailNotSent(
            "The module google_gmail is not activated in the database "
            f"{transaction.database.name}, but the option uri of the section "
            "[email] sends its mails by Gmail.") from None


class Server:
    "What trytond.sendmail uses of smtplib.SMTP"

    def __init__(self, uri, strict):
        self.uri = uri
        self.strict = strict

    def send_message(self, msg, from_addr=None, to_addrs=None):
        outbox().post(
            account_name(self.uri), [(from_addr, to_addrs, msg)], self.strict)
        return {}

    def quit(self):
        "Do nothing: there is no connection"

    close = quit


def install():
    "Replace the ways out of trytond.sendmail"
    manager = sendmail.SMTPDataManager
    if getattr(manager.put, 'for_gmail', False):
        return
    get_smtp_server = sendmail.get_smtp_server
    put, tpc_vote = manager.put, manager.tpc_vote

    def get_server(uri=None, strict=False):
        if not is_gmail(uri):
            return get_smtp_server(uri, strict=strict)
        # before send_message, which would only log it
        outbox()
        return Server(uri or config.get('email', 'uri'), strict)

    def put_checked(self, from_addr, to_addrs, msg):
        if is_gmail(self.uri):
            # nobody would ask again
            outbox()
        return put(self, from_addr, to_addrs, msg)

    def vote(self, trans):
        if not is_gmail(self.uri):
            return tpc_vote(self, trans)
        queue, self.queue = self.queue, []
        if queue:
            outbox().post(account_name(self.uri), queue, self.strict)

    put_checked.for_gmail = True
    sendmail.get_smtp_server = get_server
    manager.put, manager.tpc_vote = put_checked, vote
