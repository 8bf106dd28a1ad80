# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Sending by the Gmail API, and looking for what may have been sent.

No record and no database: plain data come in and go out.

https://developers.google.com/workspace/gmail/api/guides/sending
https://developers.google.com/workspace/gmail/api/guides/drafts
"""
import base64
import io

from googleapiclient.http import MediaIoBaseUpload

from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.operation import ItemError

from . import mime
from .sending import Outcome, Proof

__all__ = ['GmailNetwork']

ME = 'me'
# bytes from which on a message travels as it is, not in JSON
LARGE = 10 ** 6
# [Resolve errors (Gmail)] "may last hours": asked again after so many seconds
PATIENCE = 3600
# who is to wait for longer, in seconds, has no rate but a limit
MOMENT = 300
# what is sent at most in the time in which a message is looked for
CANDIDATES = 100
HEADERS = [
    'Message-ID', 'X-Google-Original-Message-ID', 'Subject', 'Date', 'To']


class GmailNetwork:
    "The lane of an account that sends by the API"

    def __init__(self, client):
        self.client = client
        self.drafts = client.parameters['drafts']
        self.can_read = client.parameters['can_read']

    def close(self):
        "Do nothing: the client is closed by who opened it"

    @property
    def users(self):
        return self.client.api.users()

    # Sending

    def create_draft(self, attempt):
        "Create the draft of which sending can be proved"
        try:
            answer = self._hand_over(
                self.users.drafts().create, attempt, lambda message: {
                    'message': message})
        except GoogleError as error:
            return self.failure(error)
        return self._drafted(answer)

    @staticmethod
    def _drafted(draft):
        message = draft.get('message', {})
        return Outcome(
            'drafted', draft_id=draft['id'], gmail_id=message.get('id'),
            thread_id=message.get('threadId'))

    def send(self, attempt):
        "Send the draft, or the message of which there is none"
        try:
            if attempt.draft_id:
                answer = self.client.execute(self.users.drafts().send(
                        userId=ME, body={'id': attempt.draft_id}),
                    idempotent=False)
            else:
                answer = self._hand_over(
                    self.users.messages().send, attempt,
                    lambda message: message)
        except GoogleError as error:
            if attempt.draft_id and error.status == 404:
                # sent by an earlier attempt, or deleted by a person
                return Outcome('doubt', error=ItemError('google_gmail.doubt'))
            return self.failure(error)
        return Outcome(
            'sent', gmail_id=answer.get('id'),
            thread_id=answer.get('threadId'))

    def _hand_over(self, method, attempt, body):
        "Hand over the bytes, as a part of the thread if it is there"
        thread_id = attempt.thread_id
        while True:
            try:
                return self.client.execute(
                    self._request(method, attempt, body, thread_id),
                    idempotent=False)
            except GoogleError as error:
                if not thread_id or error.status not in {400, 404}:
                    raise
                # a person may have deleted the thread: the headers tell it
                thread_id = None

    @staticmethod
    def _request(method, attempt, body, thread_id):
        data = mime.with_hidden(attempt.data, attempt.hidden)
        if len(data) > LARGE:
            # the headers tell the thread, too
            return method(userId=ME, media_body=MediaIoBaseUpload(
                    io.BytesIO(data), 'message/rfc822'))
        message = {'raw': base64.urlsafe_b64encode(data).decode()}
        if thread_id:
            message['threadId'] = thread_id
        return method(userId=ME, body=body(message))

    def delete_draft(self, draft_id):
        "Delete a draft, if it is still there"
        try:
            self.client.execute(self.users.drafts().delete(
                    userId=ME, id=draft_id))
        except GoogleError as error:
            if error.status != 404:
                raise

    # What an error means

    @classmethod
    def item(cls, error):
        "The error that is shown on the message"
        return ItemError('google_gmail.google', {
                'status': error.status or '',
                'reason': error.reason,
                'message': error.message,
                })

    @staticmethod
    def answered(code, *parts):
        "The error with what Google answered, in one text"
        return ItemError(code, {
                'answer': ' '.join(str(p) for p in parts if p),
                })

    @classmethod
    def failure(cls, error):
        """The Outcome of a request that ended with the error

        [Resolve errors (Gmail)]
        """
        item = cls.item(error)
        if error.unknown:
            return Outcome('doubt', error=ItemError('google_gmail.doubt'))
        answer = (error.status, error.reason, error.message)
        if error.status == 429 and (
                'Mail sending' in error.message
                or (error.retry_after or 0) > MOMENT) or (
                error.reason == 'dailyLimitExceeded'):
            return Outcome(
                'full', error=cls.answered('google_gmail.limit', *answer),
                retry_after=error.retry_after or PATIENCE)
        if error.transient:
            return Outcome(
                'later', error=cls.answered('google_gmail.busy', *answer),
                retry_after=error.retry_after)
        if error.status in {0, 401, 403, 404}:
            # the account can not, whatever the message
            return Outcome('account', error=ItemError(
                    'google_gmail.scope' if error.reason in {
                        'insufficientPermissions',
                        'ACCESS_TOKEN_SCOPE_INSUFFICIENT'} else 'google',
                    item.arguments))
        return Outcome('refused', error=item)

    # Looking for what may have been sent

    def look_up(self, attempt):
        """Return the Proof of what became of the attempt

        Raises GoogleError when Google can not be asked.
        """
        if attempt.draft_id:
            if self._has_draft(attempt.draft_id):
                return Proof('unsent', draft_id=attempt.draft_id)
        elif attempt.drafting:
            draft = self._find_draft(attempt)
            return Proof('unsent', draft_id=draft['id'] if draft else None)
        if not self.can_read:
            return Proof('unknown')
        return self._by_identifier(attempt) or self._by_content(attempt) or (
            Proof('unknown'))

    def find_draft(self, attempt):
        "The Outcome of a draft of which the answer was lost, if it is there"
        try:
            draft = self._find_draft(attempt)
        except GoogleError:
            # the doubt stays
            return
        return self._drafted(draft) if draft else None

    def look_up_draft(self, attempt):
        """Return the Proof of what became of a draft of a person

        Raises GoogleError when Google can not be asked.
        """
        if attempt.draft_id and self._has_draft(attempt.draft_id):
            return Proof('unsent', draft_id=attempt.draft_id)
        if not attempt.draft_id and (draft := self._find_draft(attempt)):
            return Proof('unsent', draft_id=draft['id'])
        if not self.can_read or not attempt.thread_id:
            return Proof('unknown')
        return self._sent_in(attempt.thread_id) or Proof('unknown')

    def _sent_in(self, thread_id):
        "The Proof of a mail of the thread that was sent"
        try:
            thread = self.client.execute(self.users.threads().get(
                    userId=ME, id=thread_id, format='minimal'))
        except GoogleError as error:
            if error.status == 404:
                return
            raise
        for message in thread.get('messages', []):
            if 'SENT' in message.get('labelIds', []):
                return Proof(
                    'sent', gmail_id=message['id'], thread_id=thread_id)

    def has_arrived(self, message_id, gmail_id=None):
        "Tell if the mail, which was sent by the account, is in its inbox"
        if gmail_id:
            # a mail to oneself is one message, whatever its Message-ID
            answer = self.client.execute(self.users.messages().get(
                    userId=ME, id=gmail_id, format='minimal'))
            if 'INBOX' in answer.get('labelIds', []):
                return True
        return bool(self._list(
                self.users.messages(), 'messages', 1,
                q=f'rfc822msgid:{message_id.strip("<>")}',
                labelIds=['INBOX'], includeSpamTrash=True))

    def _list(self, collection, name, limit, **values):
        """The first items of a list

        A page may hold less than was asked for, or nothing, and have a next.
        """
        found = []
        request = collection.list(userId=ME, maxResults=limit, **values)
        while request is not None and len(found) < limit:
            answer = self.client.execute(request)
            found += answer.get(name, [])
            request = collection.list_next(request, answer)
        return found[:limit]

    def _has_draft(self, draft_id):
        try:
            self.client.execute(self.users.drafts().get(
                    userId=ME, id=draft_id, format='minimal'))
        except GoogleError as error:
            if error.status == 404:
                return False
            raise
        return True

    def _find_draft(self, attempt):
        "The draft of the message, None if there is none"
        query = self._query(attempt)
        if not query:
            return
        found = self._list(self.users.drafts(), 'drafts', 1, q=query)
        return found[0] if found else None

    @staticmethod
    def _query(attempt):
        "How Gmail is asked for the header Message-ID"
        identifier = attempt.message_id.strip('<>')
        if identifier and not set(identifier) & set(' "(){}'):
            return f'rfc822msgid:{identifier}'

    def _by_identifier(self, attempt):
        "The proof by the header Message-ID, which Google may have replaced"
        query = self._query(attempt)
        if not query:
            return
        for message in self._list(
                self.users.messages(), 'messages', 1, q=query,
                labelIds=['SENT'], includeSpamTrash=True):
            return Proof(
                'sent', attempt.message_id, gmail_id=message['id'],
                thread_id=message.get('threadId'))

    def _by_content(self, attempt):
        "The proof by what was sent since, of the same headers and content"
        since = int(attempt.since or 0) - 3600
        found = self._list(
            self.users.messages(), 'messages', CANDIDATES,
            q=f'after:{since}', labelIds=['SENT'], includeSpamTrash=True)
        details = self.client.batch([
                self.users.messages().get(
                    userId=ME, id=m['id'], format='metadata',
                    metadataHeaders=HEADERS)
                for m in found])
        wanted = _headers(mime.parse(attempt.data).items())
        for detail in details:
            if isinstance(detail, GoogleError):
                raise detail
            headers = _headers(
                (h['name'], h['value'])
                for h in detail.get('payload', {}).get('headers', []))
            proof = Proof(
                'sent', headers.get('message-id'), gmail_id=detail['id'],
                thread_id=detail.get('threadId'))
            if attempt.message_id in {
                    headers.get('message-id'),
                    headers.get('x-google-original-message-id')}:
                return proof
            if all(headers.get(n) == wanted.get(n)
                    for n in ['subject', 'date', 'to']) and (
                    self._body(detail['id']) == mime.body_of(attempt.data)):
                return proof

    def _body(self, gmail_id):
        answer = self.client.execute(self.users.messages().get(
                userId=ME, id=gmail_id, format='raw'))
        return mime.body_of(mime.from_google(answer['raw']))


def _headers(items):
    "The headers by name in lower case, decoded, the first of each name"
    result = {}
    for name, value in items:
        result.setdefault(name.lower(), mime.header_text(value))
    return result
