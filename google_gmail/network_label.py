# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Labels of Gmail: found or made, and set.

https://developers.google.com/workspace/gmail/api/guides/labels
"""
from trytond.modules.google_integration.client import GoogleError

from .network import ME

__all__ = ['set_label']


def set_label(client, name, gmail_ids):
    """Set the label of the name, which is made if there is none

    The messages that are gone are let be.
    """
    messages = client.api.users().messages()
    label = _find(client, name) or _make(client, name)
    body = {'addLabelIds': [label]}
    try:
        client.execute(messages.batchModify(
                userId=ME, body={'ids': list(gmail_ids), **body}))
        return
    except GoogleError as error:
        if error.status not in {400, 404}:
            raise
    # one of them is refused: all but that one
    for answer in client.batch([
                messages.modify(userId=ME, id=id, body=body)
                for id in gmail_ids]):
        if isinstance(answer, GoogleError) and (
                answer.status not in {400, 404}):
            raise answer


def _find(client, name):
    answer = client.execute(client.api.users().labels().list(userId=ME))
    for label in answer.get('labels', []):
        # Gmail knows no capitals in them
        if label['name'].casefold() == name.casefold():
            return label['id']


def _make(client, name):
    try:
        return client.execute(client.api.users().labels().create(
                userId=ME, body={
                    'name': name,
                    'labelListVisibility': 'labelShow',
                    'messageListVisibility': 'show',
                    }), idempotent=False)['id']
    except GoogleError as error:
        if error.status == 409 or error.unknown:
            # another one was quicker, or the answer was lost
            if found := _find(client, name):
                return found
        raise
