# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""Pages and sync tokens [Synchronize resources efficiently]

A page token belongs to one query, a sync token to one set of parameters."""
import hashlib
import json

from .errors import ApiError

COMMON = {
    'alt', 'fields', 'key', 'oauth_token', 'prettyPrint', 'quotaUser',
    'userIp'}


def query_of(call, without=()):
    "The parameters that a token is bound to"
    return {
        k: v for k, v in sorted(call.params.items())
        if k not in COMMON and k not in {'pageToken', *without}}


def _digest(call):
    text = json.dumps(query_of(call), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def read_page_token(call, kind, owner, epoch):
    "Return (after, upto, number of empty pages sent) or None"
    text = call.get('pageToken')
    if text is None:
        return None
    value = call.state.unseal(f'{kind}-page', text)
    if (value is None or value['o'] != owner
            or value['u'] != call.user.email
            or value['q'] != _digest(call)):
        raise ApiError(
            'invalid', "Invalid page token value.", location='pageToken')
    if call.get('syncToken') and value['e'] != epoch:
        raise ApiError('fullSyncRequired', location='syncToken')
    return value['a'], value['s'], value['n']


def page_token(call, kind, owner, epoch, after, upto, empty):
    return call.state.seal(f'{kind}-page', {
            'o': owner, 'u': call.user.email, 'q': _digest(call),
            'e': epoch, 'a': after, 's': upto, 'n': empty})


def read_sync_token(call, kind, owner, epoch, kept=(), ignored=()):
    """Return (since, kept parameters) or None

    kept: names that the token carries and that may not be sent with it."""
    text = call.get('syncToken')
    if text is None:
        return None
    value = call.state.unseal(f'{kind}-sync', text)
    if value is None or value['o'] != owner:
        raise ApiError(
            'invalid', "Invalid sync token value.", location='syncToken')
    # [Handle API errors] expired, or the ACL has changed
    if (value['e'] != epoch or value['u'] != call.user.email
            or value['t'] + call.state.options['sync_token_life']
            < call.state.clock()):
        raise ApiError('fullSyncRequired', location='syncToken')
    # [Events: list] all other parameters should be the same
    now = query_of(call, {'syncToken', *kept, *ignored})
    if now != value['q']:
        names = sorted(
            n for n in {*now, *value['q']}
            if now.get(n) != value['q'].get(n))
        raise ApiError(
            'badRequest', "Parameters differ from those of the initial "
            f"synchronization: {', '.join(names)}", location='syncToken')
    return value['s'], value['k']


def sync_token(call, kind, owner, epoch, upto, kept=(), ignored=(),
        values=None):
    values = call.params if values is None else values
    return call.state.seal(f'{kind}-sync', {
            'o': owner, 'u': call.user.email, 'e': epoch, 's': upto,
            't': call.state.clock(),
            'k': {k: values[k] for k in kept if k in values},
            'q': query_of(call, {'syncToken', *kept, *ignored})})


def cut(state, items, after, limit, empty):
    """Return (page, after, empty, more) of the sorted (key, item) pairs

    A page may hold fewer items than asked, even none, while there is more
    [Events: list]."""
    if after is not None:
        items = [i for i in items if list(i[0]) > after]
    if state.options['max_page']:
        limit = min(limit, state.options['max_page'])
    if items and empty < state.options['empty_pages']:
        return [], after, empty + 1, True
    result = items[:limit]
    more = len(items) > limit
    if result:
        after = list(result[-1][0])
    return [i for _, i in result], after, 0, more


def page(call, kind, owner, entries, upto, answer, default, maximum,
        epoch='0', show_deleted=None, forbidden=()):
    """The list of a small collection with sync tokens

    entries: (change number, deleted, resource)"""
    if call.get('syncToken'):
        if call.get('showDeleted') is False:
            raise ApiError(
                'badRequest', "showDeleted may not be false with syncToken",
                location='showDeleted')
        for name in forbidden:
            if name in call.params:
                raise ApiError(
                    'badRequest', f"{name} cannot be used with syncToken",
                    location=name)
    ignored = {'showDeleted'}
    sync = read_sync_token(call, kind, owner, epoch, ignored=ignored)
    started = read_page_token(call, kind, owner, epoch)
    after, upto, empty = started or (None, upto, 0)
    since = sync[0] if sync else None
    items = []
    for seq, deleted, resource in entries:
        if since is not None:
            if since < seq <= upto:
                items.append(([seq], resource))
        elif not deleted or call.get('showDeleted'):
            items.append(([seq], resource))
    items.sort(key=lambda i: i[0])
    limit = min(call.get('maxResults', default), maximum)
    result, after, empty, more = cut(
        call.state, items, after, limit, empty)
    answer['items'] = result
    if more:
        answer['nextPageToken'] = page_token(
            call, kind, owner, epoch, after, upto, empty)
    elif not any(n in call.params for n in forbidden):
        answer['nextSyncToken'] = sync_token(
            call, kind, owner, epoch, upto, ignored=ignored)
    return answer
