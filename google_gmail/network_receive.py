# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Receiving by the Gmail API: what is new, and the contents of it.

https://developers.google.com/workspace/gmail/api/guides/sync
"""
from trytond.modules.google_integration.client import GoogleError
from trytond.modules.google_integration.operation import (
    Answer, Change, Changes, CursorExpired, ItemError)

from . import mapping, mime
from .network import ME

__all__ = ['ReceiveNetwork']

# [users.history.list; users.messages.list]
PAGE = 500


class ReceiveNetwork:
    "The hooks of the network of an account that receives"
    __slots__ = ()

    @classmethod
    def list_changes(cls, client, cursor):
        """The mails that came since the cursor

        The first time there are none: what came before is nobody's answer.
        After the history is lost they are listed from some time before the
        last synchronisation on.
        """
        if cursor is None:
            profile = client.execute(
                client.api.users().getProfile(userId=ME))
            since = client.parameters.get('since')
            cursor = mapping.cursor_of(str(profile['historyId']), since=since)
            if since is None:
                return Changes([], cursor, service=cls._books(client))
            return cls._list_messages(client, mapping.loads_cursor(cursor))
        cursor = mapping.loads_cursor(cursor)
        if 'since' in cursor:
            return cls._list_messages(client, cursor)
        return cls._list_history(client, cursor)

    @classmethod
    def _list_messages(cls, client, cursor):
        answer = cls._page(client, cursor, client.api.users().messages().list(
                userId=ME, q=f'after:{cursor["since"]}', maxResults=PAGE,
                pageToken=cursor.get('page')))
        page = answer.get('nextPageToken')
        return Changes(
            [Change(m['id'], m) for m in answer.get('messages', [])],
            mapping.cursor_of(cursor['history'], page, cursor['since'])
            if page else mapping.cursor_of(cursor['history']),
            more=bool(page), service={} if page else cls._books(client))

    @staticmethod
    def _page(client, cursor, request):
        "The page; raises CursorExpired if what it is named by is not known"
        try:
            return client.execute(request)
        except GoogleError as error:
            if error.status == 404 or error.status == 400 and (
                    cursor.get('page')):
                raise CursorExpired from None
            raise

    @staticmethod
    def _books(client):
        "What is written with the last page: all until now is known"
        return {'received_until': client.parameters['now']}

    @classmethod
    def _list_history(cls, client, cursor):
        answer = cls._page(client, cursor, client.api.users().history().list(
                userId=ME, startHistoryId=cursor['history'],
                historyTypes=['messageAdded', 'labelRemoved'],
                maxResults=PAGE, pageToken=cursor.get('page')))
        page = answer.get('nextPageToken')
        history = cursor['history'] if page else str(
            answer.get('historyId', cursor['history']))
        return Changes(
            [Change(id, {'id': id})
                for id in mapping.appeared(answer.get('history', []))],
            mapping.cursor_of(history, page), more=bool(page),
            service={} if page else cls._books(client))

    @classmethod
    def fetch(cls, client, changes):
        "Get the headers of the mails"
        for change, answer in zip(
                changes, cls._headers(client, changes), strict=True):
            if not isinstance(answer, GoogleError):
                change.resource = answer
            elif answer.status == 404:
                # deleted since
                change.deleted = True
            elif answer.transient:
                raise answer
            else:
                change.error = ItemError('google_gmail.unreadable', {
                        'status': answer.status,
                        'reason': answer.reason,
                        })

    @classmethod
    def _headers(cls, client, changes):
        messages = client.api.users().messages()
        requests = [
            messages.get(
                userId=ME, id=c.google_id, format='metadata',
                metadataHeaders=mapping.HEADERS)
            for c in changes]
        answers = client.batch(requests)
        # what is listed before it can be read is asked for once more
        missing = [
            i for i, answer in enumerate(answers)
            if isinstance(answer, GoogleError) and answer.status == 404]
        again = client.batch([requests[i] for i in missing])
        for i, answer in zip(missing, again, strict=True):
            answers[i] = answer
        return answers

    @classmethod
    def look_up(cls, client, google_ids):
        return [Change(id, {'id': id}) for id in google_ids]

    @classmethod
    def download(cls, client, items):
        "Get the bytes of the mails, one by one"
        messages = client.api.users().messages()
        answers = []
        for item in items:
            try:
                answer = client.execute(messages.get(
                        userId=ME, id=item['gmail_id'], format='raw'))
            except GoogleError as error:
                answers.append(cls._failed(error))
            else:
                answers.append(Answer('done', {
                            'data': mime.from_google(answer['raw']),
                            }))
        return answers

    @staticmethod
    def _failed(error):
        if error.status == 404:
            return Answer('gone')
        item = ItemError('google', {
                'status': error.status,
                'reason': error.reason,
                'message': error.message,
                'retry_after': error.retry_after,
                })
        later = error.transient or error.status in {0, 401}
        return Answer('later' if later else 'failed', error=item)

    @classmethod
    def read_aliases(cls, client):
        """The other addresses from which Google lets the account send

        A list of dictionaries. [users.settings.sendAs.list]
        """
        answer = client.execute(
            client.api.users().settings().sendAs().list(userId=ME))
        return [{
                'address': a['sendAsEmail'].lower(),
                # only custom ones have a status
                'verified': a.get(
                    'verificationStatus', 'accepted') == 'accepted',
                }
            for a in answer.get('sendAs', [])
            if not a.get('isPrimary') and a.get('sendAsEmail')]
