# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"""What was done to a file, at Google: plain data in and out, no record.

https://developers.google.com/workspace/drive/activity/v2/reference/rest/v2/activity/query
"""
import datetime as dt

__all__ = ['activities', 'to_values']

# what Google names in the detail of an action, and what people read
ACTIONS = {
    'create': 'create', 'edit': 'edit', 'move': 'move', 'rename': 'rename',
    'delete': 'delete', 'restore': 'restore',
    'permissionChange': 'permission', 'comment': 'comment',
    'settingsChange': 'settings'}


def activities(client, google_id, size):
    "The latest activities of a file, the newest first"
    found, page_token, seen = [], None, set()
    while page_token not in seen and len(found) < size:
        seen.add(page_token)
        body = {
            'itemName': f'items/{google_id}',
            'pageSize': size - len(found),
            'consolidationStrategy': {'none': {}},
            }
        if page_token:
            body['pageToken'] = page_token
        answer = client.execute(client.api.activity().query(body=body))
        found.extend(answer.get('activities') or [])
        page_token = answer.get('nextPageToken')
        if not page_token:
            break
    return [to_values(a) for a in found[:size]]


def to_values(activity):
    "The time, the action, who did it, and between which names it renamed"
    detail = activity.get('primaryActionDetail') or {}
    name = next(iter(detail), None)
    rename = detail.get('rename') or {}
    return {
        'time': _time(
            activity.get('timestamp')
            or (activity.get('timeRange') or {}).get('endTime')),
        'action': ACTIONS.get(name, 'other'),
        'actor': _actor((activity.get('actors') or [{}])[0]),
        'old_name': rename.get('oldTitle'),
        'new_name': rename.get('newTitle'),
        }


def _actor(actor):
    "The kind of who did it: Google tells an identifier and no name"
    user = actor.get('user')
    if user is None:
        return 'google' if 'system' in actor else 'other'
    if (user.get('knownUser') or {}).get('isCurrentUser'):
        return 'account'
    return 'other'


def _time(text):
    try:
        time = dt.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    if time.tzinfo:
        time = time.astimezone(dt.timezone.utc).replace(tzinfo=None)
    return time.replace(microsecond=0)
