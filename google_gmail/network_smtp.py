# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Sending by SMTP with XOAUTH2.

https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
"""
import re
import smtplib
import ssl
from urllib.parse import urlsplit

from trytond.modules.google_integration.operation import ItemError

from .network import PATIENCE, GmailNetwork
from .sending import Outcome

__all__ = ['SmtpNetwork']

_CONTROLS = re.compile(r'[\x00-\x1f\x7f-\x9f]+')
# the bytes that are handed over at a time
_PIECE = 2 ** 18
# of a connection that can not be used any more
_CLOSED = (OSError, smtplib.SMTPException)
# [Gmail SMTP errors and codes] of the limits of a day
_FULL = {'5.4.5', '5.7.28'}


class SmtpNetwork(GmailNetwork):
    "The lane of an account that sends by SMTP; it looks by the API"

    def __init__(self, client):
        super().__init__(client)
        self.drafts = False
        self.server = None

    def close(self):
        server, self.server = self.server, None
        if server is None:
            return
        try:
            server.quit()
        except _CLOSED:
            # it is closed already
            server.close()

    # The connection

    def _connect(self):
        "Open the connection, with a token that is renewed once if refused"
        parameters = self.client.parameters
        uri = urlsplit(parameters['smtp_uri'])
        self.client.renew_expiring()
        for renewable in [self.client.renewable, False]:
            token = self.client.credentials.token
            try:
                return self._login(
                    uri, parameters['timeout'], parameters['address'], token)
            except smtplib.SMTPAuthenticationError as error:
                if error.smtp_code != 535 or not renewable:
                    raise
            self.client.renew(token)

    @staticmethod
    def _login(uri, timeout, address, token):
        context = ssl.create_default_context()
        if uri.scheme == 'smtps':
            server = smtplib.SMTP_SSL(
                uri.hostname, uri.port or 465, timeout=timeout,
                context=context)
        else:
            server = smtplib.SMTP(
                uri.hostname, uri.port or 587, timeout=timeout)
        try:
            if uri.scheme == 'smtp+tls':
                server.starttls(context=context)
            server.ehlo_or_helo_if_needed()
            # what follows the challenge that tells an error is empty
            server.auth(
                'XOAUTH2', lambda challenge=None: '' if challenge else
                f'user={address}\x01auth=Bearer {token}\x01\x01')
        except BaseException:
            server.close()
            raise
        return server

    # Sending

    def send(self, attempt):
        """Send the message to the recipients of the envelope

        An answer that is lost after the content went is a doubt.
        """
        if attempt.draft_id:
            # of the time before: what has a draft is sent as that alone
            return super().send(attempt)
        try:
            if self.server is None:
                self.server = self._connect()
        except smtplib.SMTPResponseException as error:
            self._drop()
            outcome = self._refusal(error.smtp_code, error.smtp_error)
            if outcome.status == 'refused':
                # nothing of the message was told yet
                outcome.status = 'account'
            return outcome
        except _CLOSED:
            return self._lost()
        try:
            outcome = self._begin(attempt)
        except _CLOSED:
            # nothing of the content went
            return self._lost()
        return outcome or self._finish(attempt)

    def _lost(self, status='later', **values):
        "The Outcome of a connection that is lost"
        self._drop()
        error = (
            ItemError('google_gmail.doubt') if status == 'doubt'
            else self.answered('google_gmail.busy', 'unreachable'))
        return Outcome(status, error=error, **values)

    def _drop(self):
        if self.server is not None:
            self.server.close()
        self.server = None

    def _begin(self, attempt):
        "Tell the envelope; return the Outcome that ends it, else None"
        server = self.server
        options = []
        if server.has_extn('size'):
            options.append(f'size={len(attempt.data)}')
        if not attempt.data.isascii() and server.has_extn('8bitmime'):
            options.append('body=8bitmime')
        if not all(
                a.isascii() for a in [attempt.sender, *attempt.recipients]):
            if not server.has_extn('smtputf8'):
                return Outcome(
                    'refused', error=ItemError('google_gmail.smtputf8'))
            options.append('SMTPUTF8')
        code, answer = server.mail(attempt.sender, options)
        if code != 250:
            return self._reset(self._refusal(code, answer))
        self.refused, self.waiting, accepted = {}, {}, False
        for address in attempt.recipients:
            code, answer = server.rcpt(address)
            if code in {250, 251}:
                accepted = True
                continue
            outcome = self._refusal(code, answer)
            if outcome.status == 'full' or code == 421:
                return self._reset(outcome)
            kept = (
                self.waiting if outcome.status == 'later' else self.refused)
            kept[address] = outcome.error
        if not accepted:
            if self.waiting:
                error, = list(self.waiting.values())[:1]
                return self._reset(Outcome(
                        'later', refused=self.refused, error=error))
            return self._reset(Outcome(
                    'refused', refused=self.refused,
                    error=next(iter(self.refused.values()))))

    def _finish(self, attempt):
        "Hand over the content"
        server = self.server
        # RFC 5321 4.5.2
        content = re.sub(rb'(?m)^\.', b'..', attempt.data)
        if not content.endswith(b'\r\n'):
            content += b'\r\n'
        try:
            code, answer = server.docmd('data')
            if code != 354:
                return self._reset(self._refusal(code, answer))
            for start in range(0, len(content), _PIECE):
                # each has the time of the connection
                server.send(content[start:start + _PIECE])
        except _CLOSED:
            # without its end the content is none
            return self._lost()
        missing = {**self.refused, **self.waiting}
        try:
            server.send(b'.\r\n')
            code, answer = server.getreply()
        except _CLOSED:
            return self._lost('doubt', refused=missing)
        if code == 250:
            return Outcome('sent', refused=missing)
        if not 400 <= code < 600:
            # this tells nothing
            return self._lost('doubt', refused=missing)
        return self._reset(self._refusal(code, answer))

    def _reset(self, outcome):
        "Make the connection ready for the next message"
        try:
            code, _ = self.server.rset()
        except _CLOSED:
            code = 0
        if code != 250:
            self._drop()
        return outcome

    @classmethod
    def _refusal(cls, code, answer):
        """The Outcome of a negative reply

        [Gmail SMTP errors and codes]
        """
        if isinstance(answer, bytes):
            answer = answer.decode('utf-8', 'replace')
        text = _CONTROLS.sub(' ', answer).strip()[:500]
        match = re.match(r'\d\.\d{1,3}\.\d{1,3}', text)
        enhanced = match.group() if match else ''
        if enhanced in _FULL and code >= 500:
            return Outcome(
                'full', error=cls.answered('google_gmail.limit', code, text),
                retry_after=PATIENCE)
        if code in {530, 534, 535}:
            return Outcome(
                'account',
                error=cls.answered('google_gmail.login', code, text))
        if 400 <= code < 500:
            # 454 4.7.0: too many logins, or the account is busy
            return Outcome(
                'later', error=cls.answered('google_gmail.busy', code, text))
        return Outcome('refused', error=ItemError('google_gmail.smtp', {
                    'code': code,
                    'message': text,
                    }))
