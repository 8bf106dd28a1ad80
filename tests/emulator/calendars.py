# This file is part of the Tryton Google modules.  The COPYRIGHT file at the
# top level of this repository has the full notices and license terms.
"calendars and acl [Calendars & events; Calendar sharing]"
import re
import secrets
import uuid

from .api import merge, method, strip_null
from .errors import ApiError, invalid, not_found, required
from .mails import share
from .model import ROLES, Calendar, at_least
from .paging import page
from .zones import zone

_DATA = [
    'summary', 'description', 'location', 'timeZone', 'labelProperties',
    'autoAcceptInvitations']
_HEX = re.compile('#[0-9a-fA-F]{6}$')
MAX_LABELS = 200


def etag_of(stamp):
    return f'"{stamp * 2}000"'


def resource(calendar):
    answer = {
        'kind': 'calendar#calendar',
        'etag': etag_of(calendar.data_stamp),
        'id': calendar.id,
        **calendar.data,
        'conferenceProperties': {
            'allowedConferenceSolutionTypes': ['hangoutsMeet']},
        }
    answer.update(shown(calendar))
    return answer


def shown(calendar):
    "What depends on the kind of the calendar"
    if calendar.resource:
        return {'autoAcceptInvitations': True}
    if calendar.primary or '@' not in calendar.owner:
        return {}
    # [Calendars resource] set only for secondary calendars
    return {'dataOwner': calendar.owner}


def _check(data):
    if not data.get('summary'):
        raise required("Missing title.")
    if zone(data.get('timeZone', 'UTC')) is None:
        raise invalid("Invalid time zone.")
    data.pop('autoAcceptInvitations', None)  # only of resource calendars
    if data.get('labelProperties') is not None:
        data['labelProperties'] = {'eventLabels': _labels(
                data['labelProperties'].get('eventLabels') or [])}
    return data


def _labels(labels):
    "[Calendars resource] labelProperties"
    if len(labels) > MAX_LABELS:
        raise invalid("Too many event labels.")
    result = []
    for label in labels:
        label = {k: v for k, v in label.items() if v is not None}
        if not _HEX.match(label.get('backgroundColor', '')):
            raise invalid("Invalid label color.")
        if len(label.get('name', '')) > 50:
            raise invalid("Label name is too long.")
        label.setdefault('id', str(uuid.uuid4()))
        try:
            uuid.UUID(label['id'])
        except ValueError:
            raise invalid("Invalid label id.")
        result.append(label)
    if len({v['id'] for v in result}) < len(result):
        raise invalid("Duplicate label id.")
    return result


@method('calendar.calendars.get')
def get(call):
    return resource(call.calendar())


@method('calendar.calendars.insert')
def insert(call):
    data = _check({
            k: v for k, v in strip_null(call.body).items() if k in _DATA})
    data.setdefault('timeZone', call.user.time_zone)
    calendar = Calendar(
        f'c_{secrets.token_hex(32)}@group.calendar.google.com',
        call.user.email, data,
        client_id=call.token.client_id if call.token else None)
    call.state.add_calendar(calendar, call.user)
    return resource(calendar)


def _write(call, change):
    calendar = call.calendar('owner')
    call.precondition(etag_of(calendar.data_stamp))
    labels = calendar.data.get('labelProperties')
    calendar.data = _check(change(
            calendar.data,
            {k: v for k, v in call.body.items() if k in _DATA}))
    if labels is not None:
        # [Calendars resource] unchanged if not specified
        calendar.data.setdefault('labelProperties', labels)
    calendar.data.setdefault('timeZone', 'UTC')
    call.state.touch_calendar(calendar)
    return resource(calendar)


@method('calendar.calendars.patch')
def patch(call):
    return _write(call, merge)


@method('calendar.calendars.update')
def update(call):
    return _write(call, lambda old, new: strip_null(new))


@method('calendar.calendars.delete')
def delete(call):
    calendar = call.calendar('owner')
    if calendar.primary:
        # [Calendars: delete] clear is for primary calendars
        raise invalid("Cannot delete primary calendar.")
    if calendar.owner != call.user.email:
        # [Release notes] only the data owner can delete it
        raise ApiError(
            'requiredAccessLevel',
            "You need to be the data owner of this calendar.")
    call.precondition(etag_of(calendar.data_stamp))
    call.state.delete_calendar(calendar)


@method('calendar.calendars.transferOwnership')
def transfer(call):
    """[Calendars: transferOwnership] for administrators only"""
    if call.get('useAdminAccess') is not True:
        raise invalid("useAdminAccess must be true.", 'useAdminAccess')
    calendar = call.state.calendars.get(call.params['calendarId'])
    target = call.state.user(call.params['newDataOwner'])
    if not call.user.admin:
        raise ApiError('forbidden')
    if calendar is None or calendar.deleted or calendar.primary:
        raise not_found()
    if target is None or target.type != 'internal':
        raise invalid("Invalid new data owner.", 'newDataOwner')
    calendar.owner = target.email
    call.state.set_role(calendar, 'user', target.email, 'owner')
    call.state.touch_calendar(calendar)


@method('calendar.calendars.clear')
def clear(call):
    calendar = call.calendar('owner')
    if not calendar.primary:
        # [Calendars: clear] clears a primary calendar
        raise invalid("Only a primary calendar can be cleared.")
    call.precondition(etag_of(calendar.data_stamp))
    from .propagation import cancel
    for record in list(calendar.events.values()):
        if not record.cancelled and not record.data.get('recurringEventId'):
            cancel(call, calendar, record)


# -- acl

def _rule(rule):
    return {
        'kind': 'calendar#aclRule',
        'etag': f'"{rule["seq"]:020}"',
        'id': rule['id'],
        'scope': dict(rule['scope']),
        'role': rule['role'],
        }


@method('calendar.acl.list')
def acl_list(call):
    # [Calendar sharing] readers of the list need writer access
    calendar = call.calendar('writer')
    rules = []
    for rule in calendar.acl.values():
        gone = rule['role'] == 'none'
        rules.append((
                rule['seq'], gone, dict(_rule(rule), role=rule['role'])))
    return page(
        call, 'acl', calendar.id, rules, calendar.acl_seq,
        {'kind': 'calendar#acl', 'etag': f'"p{calendar.acl_seq}0g"'},
        100, 250, epoch=str(calendar.epoch))


def _find_rule(call, calendar):
    rule = calendar.acl.get(call.params['ruleId'])
    if rule is None or rule['role'] == 'none':
        raise not_found()
    return rule


@method('calendar.acl.get')
def acl_get(call):
    return _rule(_find_rule(call, call.calendar('writer')))


@method('calendar.acl.insert')
def acl_insert(call):
    calendar = call.calendar('owner')
    body = strip_null(call.body)
    scope = body.get('scope', {})
    kind = scope.get('type', 'default')
    if body.get('role') not in ROLES:
        raise invalid("Invalid role")
    if kind not in {'default', 'user', 'group', 'domain'}:
        raise invalid("Invalid scope type")
    if kind != 'default' and not scope.get('value'):
        raise required("Missing scope value")
    value = scope.get('value', '').lower()
    if kind == 'default' and at_least(
            body['role'], 'writerWithoutPrivateAccess'):
        # (unverified) the public may read at most
        raise invalid("Invalid role for the scope.")
    _protect(call, calendar, kind, value)
    rule_id = 'default' if kind == 'default' else f'{kind}:{value}'
    before = calendar.acl.get(rule_id, {}).get('role', 'none')
    rule = call.state.set_role(calendar, kind, value or None, body['role'])
    share(call, calendar, rule['scope'], rule['role'], before)
    return _rule(rule)


def _protect(call, calendar, kind, value):
    "Whose access cannot be changed"
    if kind == 'user' and value == call.user.email:
        raise ApiError(
            'cannotChangeOwnAcl', "Cannot change your own access level.",
            code=403, domain='calendar')
    if kind == 'user' and value == calendar.owner:
        # [Calendars & events] the data owner stays owner; (unverified)
        # the reason
        raise ApiError(
            'cannotChangeOwnerAcl', "Cannot change the access level of the "
            "data owner.", code=403, domain='calendar')


def _acl_write(call):
    calendar = call.calendar('owner')
    rule = _find_rule(call, calendar)
    call.precondition(_rule(rule)['etag'])
    role = (call.body or {}).get('role', rule['role'])
    if role not in ROLES:
        raise invalid("Invalid role")
    scope = rule['scope']
    _protect(call, calendar, scope['type'], scope.get('value'))
    before = rule['role']
    rule = call.state.set_role(
        calendar, scope['type'], scope.get('value'), role)
    share(call, calendar, scope, role, before)
    return rule


@method('calendar.acl.patch')
def acl_patch(call):
    return _rule(_acl_write(call))


@method('calendar.acl.update')
def acl_update(call):
    return _rule(_acl_write(call))


@method('calendar.acl.delete')
def acl_delete(call):
    call.body = {'role': 'none'}
    _acl_write(call)
