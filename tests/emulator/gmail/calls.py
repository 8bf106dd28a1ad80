# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"What the methods of Gmail share."
from ..api import PREFIX
from ..paging import cut, page_token, read_page_token
from . import errors
from .delivery import Refused, api_error

METADATA = PREFIX + 'gmail.metadata'


def mailbox(call):
    "The mailbox of the path: me, or the address of the account"
    asked = call.params['userId']
    if asked != 'me' and asked.lower() != call.user.email:
        raise errors.forbidden(f"Delegation denied for {call.user.email}")
    if call.user.service:
        # (unverified) a service account has no mailbox of its own
        raise errors.precondition()
    return call.state.gmail.mailbox(call.state, call.user)


def message(call, box, name='id'):
    found = box.messages.get(call.params[name])
    if found is None:
        raise errors.not_found()
    return found


def metadata_only(call):
    """Whether the token shows no contents [Choose Gmail API scopes]

    (unverified) metadata_scope_wins: also where it has another scope that
    would, google-api-python-client#582."""
    if call.token is None:
        return False
    from ..state import gmail_document
    held = set(call.token.scopes) & set(
        gmail_document().methods[call.method_id].scopes)
    if call.state.options['metadata_scope_wins']:
        return METADATA in held
    return held == {METADATA}


def refusing(function, *args, **kwargs):
    "Call it; a message that is refused is the error of the API"
    try:
        return function(*args, **kwargs)
    except Refused as refused:
        raise api_error(refused)


def page(call, box, kind, items, answer, name):
    """A page of the (key, item) pairs; (unverified) a larger maxResults is
    the maximum"""
    items = sorted(items, key=lambda i: i[0])
    answer['resultSizeEstimate'] = len(items)
    return paged(call, box, kind, items, answer, name)


def paged(call, box, kind, items, answer, name):
    owner = f'{box.email}/{kind}'
    started = read_page_token(call, 'gmail', owner, '0')
    after, _, empty = started or (None, None, 0)
    limit = min(call.get('maxResults') or 100, 500)
    result, after, empty, more = cut(call.state, items, after, limit, empty)
    if result:
        answer[name] = result
    if more:
        answer['nextPageToken'] = page_token(
            call, 'gmail', owner, '0', after, None, empty)
    return answer
