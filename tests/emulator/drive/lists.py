# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"The pages of Drive's lists [Files: list]: tokens live for several hours."
import hashlib
import json

from ..errors import ApiError
from ..paging import cut, query_of


def _digest(call):
    text = json.dumps(
        [call.method_id, query_of(call, {'pageSize'})], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def read_token(call):
    "(after, number of empty pages sent)"
    text = call.get('pageToken')
    if text is None:
        return None, 0
    value = call.state.unseal('drive-page', text)
    life = call.state.options['file_page_life']
    if (value is None or value['u'] != call.user.email
            or value['q'] != _digest(call)
            or value['t'] + life < call.state.clock()):
        raise ApiError('invalid', location='pageToken')
    return value['a'], value['n']


def page(call, name, kind, items, limit):
    "items: sorted (key, resource)"
    state = call.state
    after, empty = read_token(call)
    result, after, empty, more = cut(state, items, after, limit, empty)
    answer = {'kind': kind, name: result}
    if more:
        answer['nextPageToken'] = state.seal('drive-page', {
                'u': call.user.email, 'q': _digest(call), 'a': after,
                'n': empty, 't': state.clock()})
    return answer
