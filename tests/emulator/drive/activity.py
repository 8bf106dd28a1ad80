# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"Drive Activity v2, in its simplest form [Method: activity.query]"
import hashlib
import json
import re

from ..api import method
from ..discovery import parse_datetime
from ..errors import ApiError
from ..state import stamp_text
from . import access

_CASES = {
    'CREATE', 'EDIT', 'MOVE', 'RENAME', 'DELETE', 'RESTORE',
    'PERMISSION_CHANGE', 'COMMENT', 'DLP_CHANGE', 'REFERENCE',
    'SETTINGS_CHANGE', 'APPLIED_LABEL_CHANGE'}
_ROLES = {
    'owner': 'OWNER', 'organizer': 'ORGANIZER',
    'fileOrganizer': 'FILE_ORGANIZER', 'writer': 'EDITOR',
    'commenter': 'COMMENTER', 'reader': 'VIEWER'}
_TERM = re.compile(
    r'\s*(?:AND\s+)?(-?)(?:(time)\s*(<=|>=|=|<|>)\s*("[^"]*"|\d+)'
    r'|(detail\.action_detail_case)\s*:\s*(\w+|\([\w\s]*\)))')


def note(state, user, file, **detail):
    "Keep the action: one of create, edit, move, rename..."
    store = state.drive
    store.activities.append({
            'n': len(store.activities) + 1,
            'at': int(state.now() * 1000),
            'user': user.email,
            'file': file,
            'name': file.name,
            'above': [file.id, *(f.id for f in store.ancestors(file))],
            'detail': detail,
            })


def reference(file):
    answer = {
        'name': f'items/{file.id}', 'title': file.name}
    if file.folder:
        answer['driveFolder'] = _folder(file)
    else:
        answer['driveFile'] = {}
    return {'driveItem': answer}


def _folder(file):
    kind = 'STANDARD_FOLDER'
    if file.root:
        kind = 'SHARED_DRIVE_ROOT' if file.drive_id else 'MY_DRIVE_ROOT'
    return {'type': kind}


def permission(grant):
    answer = {'role': _ROLES[grant.role]}
    if grant.type == 'user':
        answer['user'] = {'knownUser': {
                'personName': f'people/{grant.id}'}}
    elif grant.type == 'group':
        answer['group'] = {'email': grant.value}
    elif grant.type == 'domain':
        answer['domain'] = {'name': grant.value}
    else:
        answer['anyone'] = {}
    return answer


def _actor(state, email, me):
    user = state.users.get(email)
    known = {'personName': f'people/{user.sub}' if user else 'people/0'}
    if email == me:
        known['isCurrentUser'] = True
    return {'user': {'knownUser': known}}


def _show(call, one):
    file, detail = one['file'], one['detail']
    actor = _actor(call.state, one['user'], call.user.email)
    item = reference(file)['driveItem']
    item.update({'title': one['name'], 'mimeType': file.mime_type})
    at = stamp_text(one['at'])
    return {
        'primaryActionDetail': detail,
        'actors': [actor],
        'actions': [{'detail': detail}],
        'targets': [{'driveItem': item}],
        'timestamp': at,
        }


def _refuse(message):
    return ApiError(
        'badRequest', message, extra={'status': 'INVALID_ARGUMENT'})


def _filter(text):
    "Return a function of the activity"
    tests, position = [], 0
    while position < len(text.rstrip()):
        match = _TERM.match(text, position)
        if match is None:
            raise _refuse(f"Invalid filter: {text}")
        position = match.end()
        minus, time, operator, value, _, cases = match.groups()
        if time:
            if minus:
                raise _refuse(f"Invalid filter: {text}")
            tests.append(_time(operator, value))
        else:
            tests.append(_case(bool(minus), cases.strip('()').split()))
    return lambda one: all(t(one) for t in tests)


def _time(operator, value):
    if value.startswith('"'):
        moment = parse_datetime(value.strip('"'))
        if moment is None or moment.tzinfo is None:
            raise _refuse(f"Invalid time: {value}")
        wanted = moment.timestamp() * 1000
    else:
        wanted = int(value)
    compare = {
        '<': lambda a: a < wanted, '<=': lambda a: a <= wanted,
        '>': lambda a: a > wanted, '>=': lambda a: a >= wanted,
        '=': lambda a: a == wanted}[operator]
    return lambda one: compare(one['at'])


def _case(minus, cases):
    if not cases or set(cases) - _CASES:
        raise _refuse(f"Invalid action: {cases}")

    def test(one):
        name, = one['detail']
        words = re.sub('([A-Z])', r'_\1', name).upper()
        return (words in cases) is not minus
    return test


def _target(call, body):
    "(item, whether what is below counts too)"
    names = [n for n in ['itemName', 'ancestorName'] if body.get(n)]
    if len(names) > 1:
        raise _refuse("Only one of itemName and ancestorName may be set.")
    if not names:
        # the default: everything that the user's My Drive holds
        return access.root(call.state, call.user).id, True
    value = body[names[0]]
    match = re.fullmatch(r'items/([\w-]+)', value)
    if match is None:
        raise _refuse(f"Invalid name: {value}")
    store, item = call.state.drive, access.resolve(call, match[1])
    file = store.files.get(item) or store.gone.get(item)
    if file is None or item in store.files and access.role(
            call.state, file, call.user.email) is None:
        raise ApiError(
            'notFound', "Requested entity was not found.",
            extra={'status': 'NOT_FOUND'})
    if names[0] == 'ancestorName' and not file.folder:
        raise _refuse("ancestorName must be a folder.")
    return item, names[0] == 'ancestorName'


@method('driveactivity.activity.query')
def query(call):
    body, state = call.body, call.state
    item, below = _target(call, body)
    test = _filter(body.get('filter') or '')
    size = body.get('pageSize') or 50
    if size < 1:
        raise _refuse("Invalid page size.")
    # bound to the query
    key = hashlib.sha256(json.dumps(
            [body.get('filter'), item, below], sort_keys=True).encode(
            )).hexdigest()[:16]
    upto = len(state.drive.activities) + 1
    if body.get('pageToken'):
        value = state.unseal('activity', body['pageToken'])
        if (value is None or value['q'] != key
                or value['u'] != call.user.email):
            raise _refuse("Invalid page token.")
        upto = value['n']
    found = [
        one for one in reversed(state.drive.activities)
        if one['n'] < upto and _shown(call, one, item, below) and test(one)]
    limit = min(size, state.options['max_page'] or size)
    answer = {'activities': [_show(call, one) for one in found[:limit]]}
    if len(found) > limit:
        answer['nextPageToken'] = state.seal('activity', {
                'q': key, 'u': call.user.email,
                'n': found[limit - 1]['n']})
    return answer


def _shown(call, one, item, below):
    if (item not in one['above'] if below else item != one['file'].id):
        return False
    file = call.state.drive.files.get(one['file'].id)
    if file is None:
        owner = one['file'].owner
        return owner == call.user.email or owner is None
    return access.role(call.state, file, call.user.email) is not None
