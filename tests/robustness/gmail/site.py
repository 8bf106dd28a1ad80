# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""An account of Gmail that sends, in each of its ways."""
import os
import uuid
from email.message import EmailMessage
from urllib.parse import parse_qs, urlsplit

import trytond.config as config
from tests.robustness.site import USER, BaseSite
from trytond.modules.google_gmail.delivery import Delivery
from trytond.modules.google_integration.tests.tools import set_option
from trytond.pool import Pool
from trytond.sendmail import SMTPDataManager, send_message_transactional
from trytond.transaction import Transaction

__all__ = [
    'DraftsSite', 'GmailSite', 'ReadSite', 'ReceivingSite', 'SendSite',
    'SmtpSite']

# seconds, so that no token is refreshed meanwhile
LIFE = 7 * 86400


class GmailSite(BaseSite):
    "An account that is the default of the database"
    modules = ['google_gmail']
    service = 'google_gmail.account'
    listing = 'gmail.users.history.list'
    # what its options are
    values = {}

    def credentials_values(self):
        self.admin.options(token_life=LIFE)
        # the limits of Gmail are those of a day
        self.admin.limit_sending(
            USER, daily_messages=10 ** 6, daily_recipients=10 ** 7,
            sends_per_minute=10 ** 6)
        return {}

    def prepared(self, account):
        "Let the account have its options, and the scopes for them"
        Account = Pool().get(self.service)
        Credentials = Pool().get('google_integration.google_credentials')
        Account.write([account], {'default': True, **self.values})
        credentials = account.credentials.id
        Transaction().commit()
        if Account(account.id).connection == 'valid':
            return
        url = str(Credentials.request_authorization(
                [Credentials(credentials)])['url'])
        Transaction().commit()
        answer = parse_qs(urlsplit(
                self.admin.consent(url, account=USER)).query)
        Credentials(credentials).authorize(
            answer['code'][0], answer['state'][0])

    # In the process of a trial

    def reach(self):
        "Point SMTP at the emulator of this process, and trust it"
        smtp = self.admin.smtp()
        path = os.path.join(self.laboratory.folder, f'{self.name}.pem')
        with open(path, 'w') as file:
            file.write(smtp['certificate'])
        os.environ['SSL_CERT_FILE'] = path
        set_option('smtp_uri', f"smtp+tls://{smtp['host']}:{smtp['port']}")

    def post(self, mails, strict=False):
        "Write a record and send the mails about it, in one transaction"
        config.set('email', 'uri', 'gmail://')
        with self.transaction(user=1) as transaction:
            # they stay when the database is restored for another trial
            Pool().get('res.group').create([
                    {'name': f"{m['subject']} {uuid.uuid4()}"} for m in mails])
            manager = SMTPDataManager(strict=strict)
            for mail in mails:
                send_message_transactional(
                    message(**mail), datamanager=manager)
            transaction.commit()

    def deliver(self):
        "Run the lane that sends and tell if it ran to its end"
        with self.transaction():
            return Delivery(Pool().get(self.service), self.id)()

    def hurry(self):
        "The time of what waits has come, and the leases of the dead are over"
        self.end_leases()
        self.sql(
            'UPDATE google_gmail_account SET send_until = 1 '
            'WHERE send_until IS NOT NULL')
        self.sql('UPDATE google_gmail_account SET next_delivery = NULL')
        self.sql(
            "UPDATE google_gmail_message SET next_attempt = NULL "
            "WHERE state <> 'uncertain'")
        self.sql(
            "UPDATE google_gmail_message SET next_attempt = at "
            "WHERE state = 'uncertain' AND next_attempt IS NOT NULL")

    def errors(self):
        return self.rows(
            'google_gmail_account', 'send_error_code, send_error_arguments')

    def messages(self):
        return self.rows('google_gmail_message', 'id, subject, state')


class DraftsSite(GmailSite):
    "Each mail is sent from a draft"
    values = {'drafts': True}


class SendSite(GmailSite):
    "With the right to send alone"
    values = {'drafts': False}


class ReadSite(GmailSite):
    "With the right to look for what was sent"
    values = {'drafts': False, 'receive_replies': True}


class ReceivingSite(GmailSite):
    "From drafts, and the answers come back"
    values = {'drafts': True, 'receive_replies': True}


class SmtpSite(GmailSite):
    values = {'transport': 'smtp'}


def message(subject, to, body="How are you?\n"):
    result = EmailMessage()
    result['From'] = USER
    result['To'] = to
    result['Subject'] = subject
    result.set_content(body)
    return result
