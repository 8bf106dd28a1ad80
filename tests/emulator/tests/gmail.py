# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the tests of Gmail share."
import base64
import copy
import smtplib
import ssl

import google_auth_httplib2
from googleapiclient.discovery import build_from_document
from googleapiclient.http import build_http

from tests.emulator.discovery import load

from .common import SCOPE
from .drive import ANN, BOB, EVE, DriveTestCase

FULL = 'https://mail.google.com/'
SEND = SCOPE + 'gmail.send'
OUT = 'out@elsewhere.example'


def mail(to=BOB, subject='Hello', text='A text', sender=ANN, **headers):
    "The bytes of a small message; headers: In_Reply_To, Bcc..."
    lines = [f'From: {sender}']
    if to is not None:
        lines.append(f'To: {to}')
    lines.append(f'Subject: {subject}')
    lines += [
        f"{n.replace('_', '-')}: {v}" for n, v in headers.items()]
    return '\r\n'.join([*lines, '', text, '']).encode()


def raw(data):
    return {'raw': base64.urlsafe_b64encode(data).decode()}


def header(data, name):
    "The values of a header of a message in bytes"
    from email import message_from_bytes
    return message_from_bytes(data).get_all(name, [])


def body(data):
    "What follows the header"
    return data[min(
            p + len(e) for e in [b'\r\n\r\n', b'\n\n']
            if (p := data.find(e)) >= 0):]


class GmailTestCase(DriveTestCase):
    "ann and bob share a domain, eve has another"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.gmail_document = load('gmail.v1')

    def granted(self, user, scopes, client):
        "A token that survives the days that a test lets pass"
        held = super().granted(user, scopes, client)
        self.emulator.state.access_tokens[held.token].expires += 1e9
        return held

    def gmail(self, user=ANN, scopes=(FULL,), credentials=None):
        "users() of Google's own client"
        document = copy.copy(self.gmail_document)
        document['rootUrl'] = document['baseUrl'] = self.emulator.url + '/'
        document.pop('mtlsRootUrl', None)
        http = google_auth_httplib2.AuthorizedHttp(
            credentials or self.granted(user, scopes, None),
            build_http())
        service = build_from_document(document, http=http)
        self.addCleanup(service.close)
        return service.users()

    def send(self, data=None, users=None, **values):
        data = mail(**values) if data is None else data
        return (users or self.gmail()).messages().send(
            userId='me', body=raw(data)).execute()

    def raws(self, user=BOB, label=None):
        return [m['raw'] for m in self.admin.mailbox(user, label)]

    def ids(self, users, **values):
        found = users.messages().list(userId='me', **values).execute()
        return [m['id'] for m in found.get('messages', ())]

    # -- SMTP

    def context(self):
        return ssl.create_default_context(
            cadata=self.admin.smtp()['certificate'])

    def connect(self):
        where = self.admin.smtp()
        smtp = smtplib.SMTP(
            where['host'], where['port'], local_hostname='test', timeout=60)
        self.addCleanup(smtp.close)
        return smtp

    def smtp(self, user=ANN, scopes=(FULL,), token=None, initial=True):
        "A connection that is secure and authenticated"
        smtp = self.connect()
        smtp.starttls(context=self.context())
        self.authenticate(smtp, user, scopes, token, initial)
        return smtp

    def authenticate(self, smtp, user=ANN, scopes=(FULL,), token=None,
            initial=True):
        token = token or self.granted(user, scopes, None).token
        text = f'user={user}\1auth=Bearer {token}\1\1'
        smtp.ehlo_or_helo_if_needed()
        return smtp.auth(
            'XOAUTH2', lambda challenge=None: '' if challenge else text,
            initial_response_ok=initial)


__all__ = [
    'ANN', 'BOB', 'EVE', 'FULL', 'OUT', 'SEND', 'GmailTestCase', 'body',
    'header', 'mail', 'raw']
